"""Two systems on the same items: how much better one is, and for whom.

The difference is taken person by person, so that what is hard about a person falls out. Its
comparison between groups is a difference in differences: does one system lose more on a group
than the other does?
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from facevalue.audits.cells import Cell
from facevalue.audits.families import annotated_mix
from facevalue.audits.sample import NO_ANNOTATION, Sample
from facevalue.audits.statistic import Statistic
from facevalue.stats import (
    Metric,
    Replicates,
    Scale,
    metric_named,
    paired_difference,
    replicate,
)

__all__ = ["COMPARISON", "of_both", "paired_sample", "paired_statistics"]

COMPARISON = "comparison"
"""Family of what two systems differ by."""


def paired_sample(first: Sample, second: Sample) -> Sample:
    """Return the sample of both systems on the items that both gave an answer to.

    It holds the answers of ``first``, and those of ``second`` in ``other``; items that only
    one of them answered are left out.
    """
    answered = [set(np.unique(s.item[s.predicted >= 0]).tolist()) for s in (first, second)]
    shared = np.array(sorted(answered[0] & answered[1]), dtype=np.int64)
    ours, theirs = (_only(s, shared) for s in (first, second))
    return replace(ours, system=f"{first.system} − {second.system}", other=theirs)


def _only(s: Sample, items: np.ndarray) -> Sample:
    """Drop the annotation of all other items: they then count for nothing."""
    kept = np.isin(s.item, items)
    return replace(s, annotated=np.where(kept, s.annotated, NO_ANNOTATION))


def paired_statistics(sample: Sample) -> list[Statistic]:
    """Return what two systems are compared by: accuracy, UAR and every recall."""
    assert sample.other is not None, "a sample of one system"
    labels = sample.taxonomy.labels
    present = [x for x, n in zip(labels, annotated_mix(sample), strict=True) if n > 0]
    names = ["accuracy", "uar", *(f"recall[{x}]" for x in present)]
    metrics = [metric_named(n, labels, present=present) for n in names]
    return [
        Statistic(
            m.name, COMPARISON, partial(_difference, m), scale=Scale.DIFFERENCE, by_group=True,
            compared=True,
        )
        for m in metrics
    ]  # fmt: skip


def of_both(metric: Metric, cell: Cell) -> tuple[Replicates, Replicates]:
    """Return the replicates of both systems on the items of a cell, those in ``other`` last."""
    other = cell.sample.other
    assert other is not None, "a sample of one system"
    items = np.unique(cell.sample.item[cell.mask])
    theirs = Cell(other, np.isin(other.item, items))
    return replicate(metric, cell.tally), replicate(metric, theirs.tally)


def _difference(metric: Metric, cell: Cell) -> Replicates:
    """Return one system minus the other, with each person left out of both."""
    return paired_difference(*of_both(metric, cell))
