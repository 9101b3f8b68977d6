"""What is known of a metric, and the metrics of answers to changed media."""

from __future__ import annotations

from dataclasses import dataclass

from facevalue.report.wording import Unit

__all__ = ["STRESS_METRICS", "Metric"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is called, without and with an argument, its unit, axis and definition."""

    title: str
    with_argument: str
    unit: Unit
    of: str
    definition: str


STRESS_METRICS: dict[str, Metric] = {
    "unchanged": Metric(
        "answers unchanged",
        "answers unchanged ({})",
        Unit.SHARE,
        "% of answers that stay the same",
        "Of the items that the system answered as they are, the share to which it gives the same "
        "label when they are changed. A failure is not the same label. An answer that stays can be "
        "wrong.",
    ),
    "unchanged_area": Metric(
        "answers unchanged, over severities",
        "answers unchanged, over severities ({})",
        Unit.SHARE,
        "% of answers that stay the same, mean over severities",
        "Area under the share of answers unchanged, from severity 0, where it is 100 %, to the "
        "highest that was asked, over its length. Areas up to different severities are not alike.",
    ),
    "unchanged_below_floor": Metric(
        "answers changed beyond the floor",
        "answers changed beyond the floor ({})",
        Unit.POINTS,
        "percentage points more answers changed than by the floor",
        "How many more answers change than under the floor, on the same items. The floor is the "
        "smallest change there is. It is asking again where the system is declared to draw its "
        "answers, where no smallest change was asked, and for the smallest change itself and other "
        "ways of asking.",
    ),
    "accuracy_change": Metric(
        "change in accuracy",
        "change in accuracy ({})",
        Unit.POINTS,
        "percentage points of accuracy, changed minus unchanged",
        "Share of answers that become right less the share that become wrong, on items that were "
        "answered both ways.",
    ),
    "confidence_change": Metric(
        "change in confidence",
        "change in confidence ({})",
        Unit.POINTS,
        "percentage points of confidence, changed minus unchanged",
        "Mean change of the highest score, on items that were answered both ways.",
    ),
    "failure_change": Metric(
        "change in failures",
        "change in failures ({})",
        Unit.POINTS,
        "percentage points of failures, changed minus unchanged",
        "Share of items that have no usable answer only when changed, less the share that have "
        "none only as they are.",
    ),
    "prediction_rate_change": Metric(
        "change in how often a label is predicted",
        "change in how often “{}” is predicted",
        Unit.POINTS,
        "percentage points of answers, changed minus unchanged",
        "How much more often the label is predicted when the same items are changed.",
    ),
    "same_answer": Metric(
        "same answer to another item",
        "same answer to another item ({})",
        Unit.SHARE,
        "% of pairs of items",
        "Pairs of items of different people and different annotated labels, with the same words "
        "or with others: the share that get the same answer.",
    ),
    "same_answer_gain": Metric(
        "same answer, for the same words",
        "same answer, for the same words ({})",
        Unit.POINTS,
        "percentage points, the same words minus other words",
        "How much more often two items of different people and different annotated labels get the "
        "same answer if their words are the same. A system that hears how something is said, and "
        "not what, has none.",
    ),
}
