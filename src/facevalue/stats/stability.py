"""What becomes of answers when media are changed: paired by item, clustered by subject.

A change is a mean of differences within items, so everything that is hard about an item falls
out. Where no answer changes at all the spread between subjects is silent: the interval is then
the exact binomial one of the share that could have changed. Where everybody's answers change
alike it is silent too, and the interval is the exact binomial one of the share that changed.

References
----------
Clopper and Pearson (1934), *Biometrika* 26, on effective subjects as in
`facevalue.stats.jackknife`. Pocock (1977), *Biometrika* 64: looking several times; we divide the
error by the looks (Bonferroni), which holds for any dependence between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats.compare import against_zero
from facevalue.stats.jackknife import IntervalSpec, Replicates, interval, refuse
from facevalue.stats.metrics import Scale
from facevalue.stats.tally import FloatArray

__all__ = ["METHOD_UNMOVED", "area_weights", "at_looks", "change_within", "level_of_look"]

TINY = 1e-12
METHOD_UNMOVED = "no answer changed: exact binomial bound on the share that could, over subjects"


def change_within(
    change: Replicates, unchanged: Replicates, spec: IntervalSpec
) -> Estimate | NotEstimable:
    """Estimate a mean difference within items, against no difference.

    Parameters
    ----------
    change
        Replicates of the mean of the differences, each in [−1, 1].
    unchanged
        Replicates of the share of the same items in which nothing differs.

    Returns
    -------
    Estimate with a two-sided p-value, or NotEstimable as `against_zero` says.

    Examples
    --------
    >>> none = Replicates(0.0, np.zeros(9), np.full(9, 4.0), np.arange(9), 36)
    >>> all_alike = Replicates(1.0, np.ones(9), np.full(9, 4.0), np.arange(9), 36)
    >>> found = change_within(none, all_alike, IntervalSpec())
    >>> f"{found.low:.3f} to {found.high:.3f}"           # 1 − 0.025 ** (1 / 9)
    '-0.336 to 0.336'
    """
    refused = refuse(change)
    if refused is not None:
        return refused
    if unchanged.n_answers == 0 or unchanged.value < 1.0:
        moved = 1.0 - unchanged.value
        # Whether whatever differs does so in one direction and by all there is.
        is_one_way = abs(abs(change.value) - moved) <= TINY
        if change.is_constant and moved > TINY and is_one_way:
            return _alike(change, spec)
        return _within_bounds(against_zero(change, spec))
    reach = 1.0 - interval(unchanged, spec, Scale.SHARE).low
    return Estimate(
        value=0.0, low=-reach, high=reach, level=spec.level, method=METHOD_UNMOVED, p_value=1.0,
        n_items=change.n_items, n_answers=change.n_answers, n_subjects=change.n_subjects,
    )  # fmt: skip


def _within_bounds(found: Estimate | NotEstimable) -> Estimate | NotEstimable:
    """Cut an interval where a difference of shares ends."""
    if not isinstance(found, Estimate):
        return found
    return replace(found, low=max(found.low, -1.0), high=min(found.high, 1.0))


def _alike(change: Replicates, spec: IntervalSpec) -> Estimate:
    """Estimate a change that is the same, in one direction, for everybody.

    The p-value is that of the sign test over effective subjects.
    """
    size = abs(change.value)
    share = replace(change, value=size, left_out=np.full_like(change.left_out, size))
    found = interval(share, spec, Scale.SHARE)
    p_value = min(2.0 * 0.5**change.effective_subjects, 1.0)
    low, high = (found.low, found.high) if change.value > 0 else (-found.high, -found.low)
    return replace(found, value=change.value, low=low, high=high, p_value=p_value)


def area_weights(severities: Sequence[int]) -> FloatArray:
    """Return what each severity counts in the area under a curve that starts at 1.

    The trapezoid rule from severity 0, where the value is 1, to the highest, over its length: the
    area is ``weights[0] + weights[1:] @ values``.

    Parameters
    ----------
    severities
        Rising, each above 0, at least one.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_severities + 1,)``, summing to 1.

    Raises
    ------
    ValueError
        If they do not rise from above 0.

    Examples
    --------
    >>> area_weights([1, 3]).round(3).tolist()           # (0.5, 0.5 + 1, 1) / 3
    [0.167, 0.5, 0.333]
    """
    points = np.array([0, *severities], dtype=np.float64)
    steps = np.diff(points)
    if len(points) < 2 or (steps <= 0).any():
        raise ValueError(f"severities have to rise from above 0, found {list(severities)}")
    weights = np.zeros(len(points))
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    found: FloatArray = weights / points[-1]
    return found


def level_of_look(level: float, n_looks: int) -> float:
    """Return the level of one interval such that ``n_looks`` of them hold together.

    Examples
    --------
    >>> round(level_of_look(0.95, 4), 4)
    0.9875
    """
    if n_looks < 1:
        raise ValueError(f"{n_looks} looks, expected at least one")
    return 1.0 - (1.0 - level) / n_looks


def at_looks(found: Estimate | NotEstimable, level: float, n_looks: int) -> Estimate | NotEstimable:
    """Return an estimate made at `level_of_look` as one of ``level`` over all looks."""
    if n_looks == 1 or not isinstance(found, Estimate):
        return found
    p_value = None if found.p_value is None else min(found.p_value * n_looks, 1.0)
    method = f"{found.method}; allows for {n_looks} looks (Bonferroni)"
    return replace(found, level=level, p_value=p_value, method=method)
