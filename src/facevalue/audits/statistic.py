"""What a statistic is: a name, a family, and how a cell yields its replicates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from facevalue.audits.cells import Cell
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import IntervalSpec, Metric, Replicates, Scale

__all__ = ["Statistic"]


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic of a cell.

    Parameters
    ----------
    name, family
        As written in findings.
    replicates
        Cell → replicates over subjects.
    scale, is_mean
        As of `facevalue.stats.Metric`.
    by_group
        Whether it is told for every group, too.
    compared
        Whether groups are compared by it (gap, rest, reference).
    as_ratio, as_impact_ratio
        Whether ratios are told as well, and the lowest over the highest.
    metric
        The metric of confusion counts behind it, if there is one.
    estimate
        Its own estimate, where the interval of its replicates is not the right one.
    """

    name: str
    family: str
    replicates: Callable[[Cell], Replicates]
    scale: Scale = Scale.SHARE
    is_mean: bool = False
    by_group: bool = False
    compared: bool = False
    as_ratio: bool = False
    metric: Metric | None = None
    estimate: Callable[[Cell, IntervalSpec], Estimate | NotEstimable] | None = None
    as_impact_ratio: bool = False

    def refuse(self, cell: Cell) -> NotEstimable | None:
        """Return the reason why the cell cannot have this statistic at all, or `None`."""
        if not cell.n_rows:
            only_prohibited = cell.sample.n_unevaluated and not len(cell.sample.item)
            return _none(cell, Reason.PROHIBITED_OUTPUT if only_prohibited else Reason.NO_ITEMS)
        if self.family in ("correctness", "disparity") and not self._has_annotation(cell):
            return _none(cell, Reason.NO_ANNOTATION)
        if self.family == "calibration" and not cell.sample.has_scores:
            return _none(cell, Reason.NO_SCORES)
        return None

    @staticmethod
    def _has_annotation(cell: Cell) -> bool:
        return bool((cell.mask & cell.sample.is_annotated).any())


def _none(cell: Cell, reason: Reason) -> NotEstimable:
    return NotEstimable(reason=reason, n_items=cell.n_items, n_answers=0, n_subjects=0)
