"""What every metric is called, which unit it has and how it is defined."""

from __future__ import annotations

import re
from dataclasses import dataclass

from facevalue.audits.findings import Place
from facevalue.report.wording import Unit

__all__ = ["LARGEST_GAP", "axis_words", "definition", "metric_words", "parts", "unit_of"]

LARGEST_GAP = "largest gap"
_RATIO = "ratio of "
_WITH_ARGUMENT = re.compile(r"^([^\[]+)\[(.*)\]$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Metric:
    title: str
    with_argument: str
    unit: Unit
    of: str
    definition: str


_METRICS: dict[str, _Metric] = {
    "accuracy": _Metric(
        "accuracy",
        "accuracy ({})",
        Unit.SHARE,
        "% of answers",
        "Share of the answers whose predicted label is the annotated label. Items the system "
        "failed on are left out; with “failures=wrong” they count as wrong answers.",
    ),
    "uar": _Metric(
        "UAR (balanced accuracy)",
        "UAR ({})",
        Unit.SHARE,
        "mean recall, %",
        "Unweighted average recall: the recall of each annotated label, averaged with equal "
        "weight, so that a frequent label counts no more than a rare one.",
    ),
    "mcc": _Metric(
        "MCC",
        "MCC ({})",
        Unit.INDEX,
        "Matthews correlation, −1 to 1",
        "Matthews correlation coefficient over all labels (Gorodkin 2004): 1 for complete "
        "agreement with the annotations, 0 for none beyond chance.",
    ),
    "recall": _Metric(
        "recall",
        "recall of “{}”",
        Unit.SHARE,
        "% of answers to items so annotated",
        "Of the answers to items annotated with the label, the share that predict it.",
    ),
    "precision": _Metric(
        "precision",
        "precision of “{}”",
        Unit.SHARE,
        "% of answers so predicted",
        "Of the answers that predict the label, the share whose items are annotated with it.",
    ),
    "f1": _Metric(
        "F1",
        "F1 of “{}”",
        Unit.SHARE,
        "%",
        "Harmonic mean of the precision and the recall of the label.",
    ),
    "confusion": _Metric(
        "confusion",
        "annotated → predicted “{}”",
        Unit.SHARE,
        "% of answers to items so annotated",
        "Of the answers to items annotated with the first label, the share that predict the "
        "second. Each row of the matrix adds up to 100 %.",
    ),
    "prediction_rate": _Metric(
        "how often a label is predicted",
        "predicted “{}”",
        Unit.SHARE,
        "% of answers",
        "Share of all answers that predict the label, whatever the items are annotated as.",
    ),
    "standardised_prediction_rate": _Metric(
        "how often a label is predicted, annotations alike",
        "predicted “{}”, annotations alike",
        Unit.SHARE,
        "% of answers",
        "Share of answers that predict the label if every group had the same mix of "
        "annotations (direct standardisation to the mix of the whole sample). A difference "
        "that remains is not due to groups showing different emotions in these data.",
    ),
    "failure_rate": _Metric(
        "failure rate",
        "failure rate: {}",
        Unit.SHARE,
        "% of items",
        "Share of items for which the system gave no usable answer, in all and by kind.",
    ),
    "abstention_rate": _Metric(
        "abstention rate",
        "abstention rate ({})",
        Unit.SHARE,
        "% of items",
        "Share of items to which the system answered that there is no emotion. Such items are "
        "not part of its accuracy.",
    ),
    "answer_rate": _Metric(
        "answer rate",
        "answer rate ({})",
        Unit.SHARE,
        "% of items",
        "Share of the items without any emotion to find for which the system named one. The "
        "right answer to each of them is to give none.",
    ),
    "ece": _Metric(
        "ECE",
        "ECE ({})",
        Unit.SHARE,
        "%",
        "Expected calibration error: the difference between how sure the system says it is "
        "and how often it agrees with the annotations, averaged over bins of confidence.",
    ),
    "mean_confidence": _Metric(
        "mean confidence",
        "mean confidence ({})",
        Unit.SHARE,
        "mean score of the predicted label, %",
        "Mean of the score that the system gives to the label it predicts.",
    ),
    "confident_share": _Metric(
        "share of confident answers",
        "answers with a score of at least {}",
        Unit.SHARE,
        "% of answers",
        "Share of answers whose predicted label has at least the score in brackets.",
    ),
    "prohibited_output": _Metric(
        "prohibited output",
        "prohibited output ({})",
        Unit.SHARE,
        "% of answers",
        "An output label that names ethnicity, race or religion. It is reported and never "
        "evaluated.",
    ),
}

_UNKNOWN = _Metric("", "", Unit.INDEX, "", "")


def parts(metric: str) -> tuple[str, str]:
    """Return the base name and the argument of a metric.

    Examples
    --------
    >>> parts("recall[anger]"), parts("accuracy")
    (('recall', 'anger'), ('accuracy', ''))
    """
    found = _WITH_ARGUMENT.match(metric)
    return (found[1], found[2]) if found else (metric, "")


def _known(metric: str) -> _Metric:
    return _METRICS.get(parts(metric.removeprefix(_RATIO))[0], _UNKNOWN)


def unit_of(place: Place) -> Unit:
    """Return the unit of a finding: a comparison of shares is in points.

    Examples
    --------
    >>> unit_of(Place(system="s", dataset="d", family="f", metric="accuracy")).value
    'share'
    """
    if place.metric.startswith(_RATIO):
        return Unit.RATIO
    unit = _known(place.metric).unit
    if place.reference is None:
        return unit
    if unit is Unit.INDEX:
        return Unit.INDEX if place.reference == LARGEST_GAP else Unit.INDEX_DIFFERENCE
    return Unit.GAP if place.reference == LARGEST_GAP else Unit.POINTS


def metric_words(metric: str) -> str:
    """Return a metric in words.

    Examples
    --------
    >>> metric_words("recall[anger]"), metric_words("ratio of accuracy")
    ('recall of “anger”', 'ratio of accuracy')
    """
    if metric.startswith(_RATIO):
        return _RATIO + metric_words(metric.removeprefix(_RATIO))
    base, argument = parts(metric)
    known = _METRICS.get(base)
    if known is None:
        return metric
    if base == "confusion":
        annotated, _, predicted = argument.partition("→")
        return f"annotated as “{annotated}”, predicted “{predicted}”"
    if base in ("accuracy", "uar") and argument == "failures=wrong":
        return f"{known.title}, failures counted as wrong"
    return known.with_argument.format(argument) if argument else known.title


def axis_words(place: Place) -> str:
    """Return the title of an axis, with its unit."""
    unit = unit_of(place)
    if unit is Unit.SHARE:
        return _known(place.metric).of
    if unit is Unit.GAP:
        return "percentage points between the two groups furthest apart"
    if unit is Unit.POINTS:
        return f"percentage points of difference (this minus {place.reference})"
    return metric_words(place.metric)


def definition(base: str) -> tuple[str, str]:
    """Return a metric's title and definition, by its base name."""
    if base.startswith(_RATIO):
        return (
            _RATIO + metric_words(base.removeprefix(_RATIO)),
            "The group's value divided by that of the reference; 1 where they are equal.",
        )
    known = _METRICS.get(base)
    if known is None:
        return base, "Named so by the analysis that made it; facevalue holds no definition of it."
    return known.title, known.definition
