"""Which statistics there are: each a name, a family, and how a cell yields its replicates.

Add a statistic here and it is measured for every cell it applies to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from facevalue.audits.calibration import calibration_statistics
from facevalue.audits.cells import Cell
from facevalue.audits.sample import ABSTAINED, FAILED, Sample
from facevalue.audits.statistic import Statistic
from facevalue.domain.labels import OUTSIDE
from facevalue.stats import (
    Metric,
    Replicates,
    cell_share,
    metric_named,
    replicate,
)
from facevalue.stats.tally import FloatArray

__all__ = ["control_statistics", "output_statistics", "statistics_of"]


def statistics_of(sample: Sample, confident: float) -> list[Statistic]:
    """Return the statistics of annotated items, in the order of the report."""
    return [
        *_correctness(sample),
        *_confusions(sample),
        *_frequencies(sample),
        *calibration_statistics(sample, confident),
        *(() if sample.is_voted else _failures(sample)),
    ]


def _of_metric(
    metric: Metric,
    family: str,
    *,
    by_group: bool = False,
    compared: bool = False,
    as_ratio: bool = False,
    as_impact_ratio: bool = False,
) -> Statistic:
    return Statistic(
        metric.name,
        family,
        lambda cell: replicate(metric, cell.tally),
        scale=metric.scale,
        is_mean=metric.is_mean,
        by_group=by_group,
        compared=compared,
        as_ratio=as_ratio,
        as_impact_ratio=as_impact_ratio,
        metric=metric,
    )


def annotated_mix(sample: Sample) -> FloatArray:
    """Return how often each label is annotated in the whole sample, shape ``(n_labels,)``."""
    used = sample.is_annotated
    return np.bincount(
        sample.annotated[used],
        weights=sample.weight[used],
        minlength=len(sample.taxonomy.labels),
    ).astype(np.float64)


def _correctness(sample: Sample) -> Iterator[Statistic]:
    labels = sample.taxonomy.labels
    mix = annotated_mix(sample)
    present = [x for x, n in zip(labels, mix, strict=True) if n > 0]
    named = partial(metric_named, labels=labels, present=present)
    yield _of_metric(
        named("accuracy"), "correctness", by_group=True, compared=True, as_ratio=True,
        as_impact_ratio=True,
    )  # fmt: skip
    if (sample.predicted[sample.is_annotated] < 0).any():
        # An answer of "none" to an annotated item is no right answer either.
        yield Statistic(
            "accuracy[failures=wrong]",
            "correctness",
            lambda cell: cell.share(
                cell.sample.predicted == cell.sample.annotated, among=cell.sample.is_annotated
            ),
            is_mean=True,
            by_group=True,
            compared=True,
        )
    yield _of_metric(named("uar"), "correctness", by_group=True, compared=True)
    yield _of_metric(named("mcc"), "correctness")
    for label in present:
        yield _of_metric(named(f"recall[{label}]"), "correctness", by_group=True, compared=True)
    for label in labels:
        yield _of_metric(named(f"precision[{label}]"), "correctness")
    for label in present:
        yield _of_metric(named(f"f1[{label}]"), "correctness")


def _confusions(sample: Sample) -> Iterator[Statistic]:
    labels = sample.taxonomy.labels
    mix = annotated_mix(sample)
    answered_outside = bool((sample.predicted == len(labels)).any())
    columns = [*labels, OUTSIDE] if answered_outside else list(labels)
    for annotated, n in zip(labels, mix, strict=True):
        if n > 0:
            for predicted in columns:
                yield _of_metric(cell_share(labels, annotated, predicted), "correctness")


def _frequencies(sample: Sample) -> Iterator[Statistic]:
    labels = sample.taxonomy.labels
    mix = annotated_mix(sample)
    for label in labels:
        metric = metric_named(f"prediction_rate[{label}]", labels)
        yield _of_metric(metric, "disparity", by_group=True, as_impact_ratio=True)
    for label in labels:
        metric = metric_named(f"standardised_prediction_rate[{label}]", labels, mix=mix)
        yield _of_metric(metric, "disparity", by_group=True, compared=True)


def _failures(sample: Sample) -> Iterator[Statistic]:
    some = bool((sample.predicted == FAILED).any())
    yield Statistic(
        "failure_rate",
        "failures",
        lambda cell: cell.share(cell.sample.predicted == FAILED),
        is_mean=True,
        by_group=some,
        compared=some,
    )
    if (sample.predicted == ABSTAINED).any():
        # Items the system answers "none" to are not in its accuracy; their share is told.
        yield Statistic(
            "abstention_rate",
            "failures",
            lambda cell: cell.share(cell.sample.predicted == ABSTAINED),
            is_mean=True,
            by_group=True,
            compared=True,
        )
    failed = sample.failure[sample.predicted == FAILED]
    for kind in sorted({str(k) for k in failed if k}):
        yield Statistic(
            f"failure_rate[{kind}]",
            "failures",
            partial(_failed_as, kind),
            is_mean=True,
            by_group=True,
        )


def _failed_as(kind: str, cell: Cell) -> Replicates:
    return cell.share(cell.sample.failure == kind)


def control_statistics(sample: Sample, confident: float) -> list[Statistic]:
    """Return what is asked of answers to items that have no right answer but "none"."""
    answered = Statistic(
        "answer_rate",
        "controls",
        lambda cell: cell.share(
            (cell.sample.predicted != FAILED) & (cell.sample.predicted != ABSTAINED)
        ),
        is_mean=True,
    )
    return [answered, *_outputs(sample, "controls", confident)]


def output_statistics(sample: Sample, confident: float) -> list[Statistic]:
    """Return what can be told of answers to items nobody annotated."""
    return _outputs(sample, "outputs", confident)


def _outputs(sample: Sample, family: str, confident: float) -> list[Statistic]:
    labels: Sequence[str] = sample.taxonomy.labels
    rates = [
        Statistic(m.name, family, partial(_output_rate, m), is_mean=True)
        for m in (metric_named(f"prediction_rate[{x}]", labels) for x in labels)
    ]
    if not sample.has_scores:
        return rates
    return [
        Statistic("mean_confidence", family, lambda cell: cell.any_confidence.mean_confidence()),
        Statistic(
            f"confident_share[{confident:g}]",
            family,
            lambda cell: cell.any_confidence.share_over(),
            is_mean=True,
        ),
        *rates,
    ]


def _output_rate(metric: Metric, cell: Cell) -> Replicates:
    return replicate(metric, cell.outputs)
