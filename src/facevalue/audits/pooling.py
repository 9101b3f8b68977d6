"""Groups after partial pooling: what a group's number is once it borrows from the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from facevalue.audits.cells import Cell
from facevalue.audits.findings import Finding, Place
from facevalue.stats import MIN_GROUPS, IntervalSpec, Metric, partial_pooling

__all__ = ["GROUP_SPREAD", "POOLED", "pooled_findings"]

POOLED = "pooled_"
"""Start of the metric of a partially pooled finding: ``pooled_accuracy``."""

GROUP_SPREAD = "group_spread"
"""Metric of how much groups differ in log-odds: ``group_spread[accuracy]``."""


def pooled_findings(
    at: Place,
    cells: Mapping[str, Cell],
    attributes: Sequence[str],
    metrics: Sequence[Metric],
    spec: IntervalSpec,
) -> Iterator[Finding]:
    """Yield the partially pooled value of every group, and how much groups differ.

    Nothing for fewer than three groups, and none where groups share people, since they would
    be pooled as if they were independent.

    Parameters
    ----------
    at
        The condition and the attribute.
    cells
        Its groups, as `facevalue.audits.comparisons.Partition` sorts them.
    attributes
        The attribute, or those it is an intersection of.
    metrics
        Means over answers to tell: accuracy and every recall.
    """
    tallies = [cell.tally for cell in cells.values()]
    if len(tallies) < MIN_GROUPS or not _is_disjoint([t.subjects for t in tallies]):
        return
    levels = [_values_of(cell, attributes) for cell in cells.values()]
    for metric in metrics:
        found = partial_pooling(metric, tallies, levels, spec)
        place = replace(at, family="disparity", metric=POOLED + metric.name)
        for group, result in zip(cells, found.groups, strict=True):
            yield Finding(place=replace(place, group=group), result=result)
        place = replace(place, metric=f"{GROUP_SPREAD}[{metric.name}]")
        yield Finding(place=place, result=found.spread)


def _is_disjoint(subjects: Sequence[np.ndarray]) -> bool:
    everybody = np.concatenate(subjects)
    return len(np.unique(everybody)) == len(everybody)


def _values_of(cell: Cell, attributes: Sequence[str]) -> tuple[str, ...]:
    """Return the values of the attributes that all rows of a group have; none if it is empty."""
    if not cell.n_rows:
        return ("",) * len(attributes)
    first = int(np.argmax(cell.mask))
    columns = [cell.sample.attributes[a] for a in attributes]
    return tuple(c.values[c.codes[first]] for c in columns)
