"""Differences and ratios of two groups, or of two conditions of the same people.

A difference of two shares takes the ends of both sides' own intervals, at one critical
value of Student's t: so it stays short where rates are near 0 or 1 and holds its level where
a symmetric one does not (docs/adr/0004-intervals.md). Two sides may share people; each
person's contribution to both gives the correlation. Where each side is itself a mean of
differences and nobody on one side differs, that side's spread is silent: its ends are then the
exact binomial bound on the share of subjects who could, and both sides' ends combine likewise.
A difference taken person by person that is the same for everybody is bounded likewise: as far
from it as it would be if so many subjects differed by all there is, one way or the other.

References
----------
Newcombe (1998), *Statistics in Medicine* 17, method 10, and Zou and Donner (2008),
*Statistics in Medicine* 27: intervals of a difference, and of a ratio, from those of its
sides, with correlation. Welch (1947), *Biometrika* 34, and Satterthwaite (1946), *Biometrics
Bulletin* 2: degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats.jackknife import (
    CAUTION,
    TRUSTED,
    IntervalSpec,
    Replicates,
    carriers,
    clopper_pearson,
    interval,
    refuse,
    share_ends,
)
from facevalue.stats.metrics import Scale
from facevalue.stats.tally import FloatArray, IntArray

__all__ = [
    "against_zero",
    "deviations_between",
    "difference",
    "is_fixed",
    "nobody_differs",
    "paired_difference",
    "people",
    "ratio",
    "silent_reach",
]

TINY = 1e-12
NO_SPREAD = "no subject differs from another, so chance cannot be told"
NO_SPREAD_IN_GROUP = "everybody in a group differs by the same, so chance cannot be told"
NO_LOGARITHM = "a ratio with zero on either side has no logarithm"
METHOD_ALIKE = "nobody differs: exact binomial bound on the share of subjects who could"
METHOD_SAME = (
    "the same for everybody: exact binomial bound on the share of subjects who could differ "
    "otherwise"
)
METHOD_SIDES = "from both sides' logit intervals (Newcombe), CR2 over subjects, Welch t"
METHOD_ONE_ALIKE = (
    "from both sides' intervals (Newcombe), exact binomial where nobody differs, "
    "CR2 over subjects, Welch t"
)
METHOD_WELCH = "CR2 over subjects, Welch t on effective subjects"


@dataclass(frozen=True, slots=True)
class _Spread:
    """Standard error, degrees of freedom, and correlation of the two sides."""

    error: float
    df: float
    correlation: float

    @property
    def is_fixed(self) -> bool:
        """Whether everybody differs between the sides by the same, so that chance is silent."""
        return self.error <= TINY and self.correlation > 0.5


def difference(
    group: Replicates, reference: Replicates, spec: IntervalSpec
) -> Estimate | NotEstimable:
    """Estimate group minus reference.

    Returns
    -------
    Estimate with a two-sided p-value against no difference, or NotEstimable with the
    reason of the side that has none (NO_ITEMS, UNDEFINED, TOO_FEW_CLUSTERS, UNSTABLE), or
    UNDEFINED if a side that is a mean of differences is the same for everybody and not zero,
    neither side varies and one that is no share is not zero, or everybody who is on both sides
    differs between them by the same.
    """
    value = group.value - reference.value
    refused = _refuse_either(group, reference, value if np.isfinite(value) else None)
    if refused is not None:
        return refused
    if (_is_share(group) and _is_share(reference)) or _has_silent_side(group, reference):
        return _by_sides(group, reference, spec, on_log=False)
    spread = _spread(group.deviations, reference.deviations, group, reference)
    if spread.error <= TINY:
        return _no_variation(group, reference, value)
    if is_fixed(group) or is_fixed(reference):
        return replace(_no_variation(group, reference, value), detail=NO_SPREAD_IN_GROUP)
    half = float(stdtrit(spread.df, 0.5 + spec.level / 2)) * spread.error
    p_value = float(2 * stdtr(spread.df, -abs(value) / spread.error))
    ends = (value, value - half, value + half)
    return _estimate(group, reference, spec.level, f"difference: {METHOD_WELCH}", ends, p_value)


def paired_difference(ours: Replicates, theirs: Replicates) -> Replicates:
    """Return the replicates of ours minus theirs, taken person by person.

    Parameters
    ----------
    ours, theirs
        Of the same people and items.

    Examples
    --------
    >>> one = Replicates(0.8, np.array([0.9, 0.7]), np.ones(2), np.arange(2), 2)
    >>> other = Replicates(0.5, np.array([0.5, 0.5]), np.ones(2), np.arange(2), 2)
    >>> apart = paired_difference(one, other)
    >>> round(apart.value, 2), apart.left_out.round(2).tolist()
    (0.3, [0.4, 0.2])
    """
    caps = [r.most_effective for r in (ours, theirs) if r.most_effective is not None]
    return Replicates(
        ours.value - theirs.value, ours.left_out - theirs.left_out, ours.sizes, ours.subjects,
        ours.n_items, ours.weights, Scale.DIFFERENCE, most_effective=min(caps, default=None),
    )  # fmt: skip


def against_zero(
    paired: Replicates, spec: IntervalSpec, *, reach: float | None = None
) -> Estimate | NotEstimable:
    """Estimate a difference that was taken person by person, and test it against zero.

    Parameters
    ----------
    reach
        The most that one subject can differ by; `None` if that is not known.

    Returns
    -------
    Estimate with a two-sided p-value, or NotEstimable as `refuse` says. Where everybody differs by
    the same the spread is silent, and the interval rests on the exact binomial bound on the share
    of subjects who could differ otherwise; without ``reach`` that is so where nobody differs at all
    (by no more than one), else UNDEFINED.

    Examples
    --------
    >>> every = Replicates(-1.0, np.full(9, -1.0), np.ones(9), np.arange(9), 9)
    >>> found = against_zero(every, IntervalSpec(), reach=1.0)
    >>> f"{found.low:.3f} to {found.high:.3f}"           # −1 + 2 · (1 − 0.025 ** (1 / 9))
    '-1.000 to -0.327'
    """
    refused = refuse(paired)
    if refused is not None:
        return refused
    if paired.is_constant and (reach is not None or abs(paired.value) <= TINY):
        return _same_for_all(paired, spec, 1.0 if reach is None else reach)
    if paired.is_constant:
        return NotEstimable(
            reason=Reason.UNDEFINED,
            detail=NO_SPREAD,
            value=paired.value, n_items=paired.n_items, n_answers=paired.n_answers,
            n_subjects=paired.n_subjects,
        )  # fmt: skip
    found = interval(paired, spec, Scale.DIFFERENCE)
    error = float(np.sqrt(paired.variance))
    t = abs(paired.value) / error if error > TINY else 0.0
    return replace(found, p_value=float(2 * stdtr(paired.degrees_of_freedom, -t)))


def _same_for_all(r: Replicates, spec: IntervalSpec, reach: float) -> Estimate:
    """Estimate a difference that is the same for everybody, each within ± ``reach``.

    No more than a share ``u`` of subjects could differ otherwise, so the mean is no further off
    than ``u`` times the way from the value to either end of what is possible. The p-value is
    the error at which the interval ends on zero: with ``reach`` the sign test.
    """
    value = 0.0 if abs(r.value) <= TINY else r.value
    furthest, n = max(reach, abs(value)), r.independent_subjects
    share = silent_reach(r, spec.level)
    low, high = value - share * (furthest + value), value + share * (furthest - value)
    return Estimate(
        value=value, low=low, high=high, level=spec.level,
        method=METHOD_SAME if value else METHOD_ALIKE,
        p_value=min(2.0 * (furthest / (furthest + abs(value))) ** n, 1.0),
        n_items=r.n_items, n_answers=r.n_answers, n_subjects=r.n_subjects,
    )  # fmt: skip


def nobody_differs(r: Replicates) -> bool:
    """Whether ``r`` is a mean of differences to which nobody adds anything.

    Its spread is silent: all that bounds such a value is how many people there are.

    Examples
    --------
    >>> none = Replicates(0.0, np.zeros(9), np.ones(9), np.arange(9), 9, scale=Scale.DIFFERENCE)
    >>> nobody_differs(none)
    True
    """
    return r.scale is Scale.DIFFERENCE and abs(r.value) <= TINY and r.is_constant


def silent_reach(r: Replicates, level: float) -> float:
    """Return how far from zero a mean of differences may be to which nobody adds anything.

    The exact binomial bound on the share of subjects who could differ, each by at most one.

    Examples
    --------
    >>> none = Replicates(0.0, np.zeros(9), np.ones(9), np.arange(9), 9, scale=Scale.DIFFERENCE)
    >>> round(silent_reach(none, 0.95), 3)               # 1 − 0.025 ** (1 / 9)
    0.336
    """
    return clopper_pearson(0.0, r.independent_subjects, level)[1]


def ratio(group: Replicates, reference: Replicates, spec: IntervalSpec) -> Estimate | NotEstimable:
    """Estimate group over reference, both of them shares, on the log scale.

    Returns
    -------
    As `difference`; UNDEFINED also where a side is zero.
    """
    known = group.value > TINY and reference.value > TINY
    refused = _refuse_either(group, reference, group.value / reference.value if known else None)
    if refused is not None:
        return refused
    if not known:
        return NotEstimable(
            reason=Reason.UNDEFINED,
            detail=NO_LOGARITHM,
            **_counts(group, reference),
        )
    return _by_sides(group, reference, spec, on_log=True)


def _is_share(r: Replicates) -> bool:
    return r.scale in (Scale.SHARE, Scale.UNIT) and 0.0 <= r.value <= 1.0


def is_fixed(r: Replicates) -> bool:
    """Whether everybody differs by the same, and not by nothing: no spread to go by, no bound."""
    return r.scale is Scale.DIFFERENCE and r.is_constant and not nobody_differs(r)


def _has_silent_side(group: Replicates, reference: Replicates) -> bool:
    """Whether nobody differs on a side, while the other one has ends of its own, too."""
    sides = (group, reference)
    return any(map(nobody_differs, sides)) and all(
        r.scale is Scale.DIFFERENCE and (nobody_differs(r) or not r.is_constant) for r in sides
    )


def _by_sides(
    group: Replicates, reference: Replicates, spec: IntervalSpec, *, on_log: bool
) -> Estimate | NotEstimable:
    """Combine the intervals of two shares, or of two differences one of which is silent.

    The distance from the value to either end is the root of the sum of squares of the
    distances on both sides (less twice their product times the correlation, where the sides
    share people); the p-value is that of Student's t which has such an interval.
    """
    # On the log scale a side counts by its relative spread.
    units = (group.value, reference.value) if on_log else (1.0, 1.0)
    spread = _spread(group.deviations / units[0], reference.deviations / units[1], group, reference)
    value = group.value / reference.value if on_log else group.value - reference.value
    if spread.is_fixed and abs(group.value - reference.value) > TINY:
        return _no_variation(group, reference, value)
    t = float(stdtrit(spread.df, 0.5 + spec.level / 2))
    a, a_low, a_high = _side(group, t, spec, on_log=on_log)
    b, b_low, b_high = _side(reference, t, spec, on_log=on_log)
    is_silent = nobody_differs(group) or nobody_differs(reference)
    # What is nothing but rounding hangs together with nothing.
    shared = 0.0 if is_silent else 2.0 * spread.correlation
    down = _reach(a - a_low, b_high - b, shared)
    up = _reach(a_high - a, b - b_low, shared)
    towards_zero = down if a > b else up
    p_value = 1.0
    if a != b and towards_zero > TINY:
        p_value = float(2 * stdtr(spread.df, -t * abs(a - b) / towards_zero))
    ends = [float(np.exp(a - b + x) if on_log else a - b + x) for x in (-down, up)]
    how = METHOD_ONE_ALIKE if is_silent else METHOD_SIDES
    method = f"{'ratio' if on_log else 'difference'} {how}"
    # Exponents of logarithms may miss the value by a last digit.
    triple = (value, min(ends[0], value), max(ends[1], value))
    return _estimate(group, reference, spec.level, method, triple, p_value)


def _side(
    r: Replicates, t: float, spec: IntervalSpec, *, on_log: bool
) -> tuple[float, float, float]:
    if r.scale is Scale.DIFFERENCE and not on_log:
        half = t * float(np.sqrt(r.variance))
        if nobody_differs(r):
            half = silent_reach(r, spec.level)
        return r.value, r.value - half, r.value + half
    low, high, _ = share_ends(r, t, spec.level)
    low, high = max(low, 0.0), min(high, 1.0)
    if not on_log:
        return r.value, low, high
    return float(np.log(r.value)), float(np.log(max(low, TINY))), float(np.log(high))


def _reach(one: float, other: float, shared: float) -> float:
    return float(np.sqrt(max(one**2 + other**2 - shared * one * other, 0.0)))


def _spread(
    group_parts: FloatArray, reference_parts: FloatArray, group: Replicates, reference: Replicates
) -> _Spread:
    """Combine each person's contributions to both sides."""
    va, vb = float((group_parts**2).sum()), float((reference_parts**2).sum())
    _, a, b = np.intersect1d(
        group.subjects, reference.subjects, assume_unique=True, return_indices=True
    )
    if len(a):
        both, root = float(group_parts[a] @ reference_parts[b]), float(np.sqrt(va * vb))
        # Shared people: the smaller side bounds what is known, which is cautious.
        apart = np.concatenate(
            [group_parts[a] - reference_parts[b], np.delete(group_parts, a),
             np.delete(reference_parts, b)]
        )  # fmt: skip
        dfs = group.degrees_of_freedom, reference.degrees_of_freedom, TRUSTED * carriers(apart)
        error = float(np.sqrt((apart**2).sum()))
        return _Spread(error, max(min(dfs), 1.0), both / root if root > 0 else 0.0)
    bottom = va**2 / group.degrees_of_freedom + vb**2 / reference.degrees_of_freedom
    # A silent side adds nothing to the spread; its own interval still counts.
    silent = min(group.degrees_of_freedom, reference.degrees_of_freedom)
    df = (va + vb) ** 2 / bottom if bottom > 0 and min(va, vb) > TINY else silent
    return _Spread(float(np.sqrt(va + vb)), max(df, 1.0), 0.0)


def people(parts: Sequence[IntArray]) -> IntArray:
    """Return the codes of everybody in any of ``parts``, ascending."""
    if not parts:
        return np.empty(0, dtype=np.int64)
    codes = np.sort(np.concatenate(parts))
    return codes[np.append(True, np.diff(codes) > 0)] if len(codes) else codes


def deviations_between(group: Replicates, reference: Replicates) -> tuple[IntArray, FloatArray]:
    """Return everybody on either side, and what each adds to the error of the difference."""
    everyone = people([group.subjects, reference.subjects])
    apart = np.zeros(len(everyone))
    apart[np.searchsorted(everyone, group.subjects)] += group.deviations
    apart[np.searchsorted(everyone, reference.subjects)] -= reference.deviations
    return everyone, apart


def _refuse_either(
    group: Replicates, reference: Replicates, value: float | None
) -> NotEstimable | None:
    """Return the reason of the side that carries no interval, with the bare ``value``."""
    for side, name in ((group, "the group"), (reference, "what it is compared with")):
        refused = refuse(side)
        if refused is not None:
            detail = f"{name}: {refused.detail}" if refused.detail else name
            return NotEstimable(
                reason=refused.reason, detail=detail,
                value=value, **_counts(group, reference),
            )  # fmt: skip
    return None


def _no_variation(group: Replicates, reference: Replicates, value: float) -> NotEstimable:
    return NotEstimable(
        reason=Reason.UNDEFINED,
        detail=NO_SPREAD,
        value=value,
        **_counts(group, reference),
    )


def _counts(group: Replicates, reference: Replicates) -> dict[str, int]:
    return {
        "n_items": group.n_items + reference.n_items,
        "n_answers": group.n_answers + reference.n_answers,
        "n_subjects": group.n_subjects
        + int(np.count_nonzero(~np.isin(reference.subjects, group.subjects, assume_unique=True))),
    }


def _estimate(
    group: Replicates,
    reference: Replicates,
    level: float,
    method: str,
    ends: tuple[float, float, float],
    p_value: float,
) -> Estimate:
    value, low, high = ends
    if group.is_cautioned or reference.is_cautioned:
        method = f"{method}; {CAUTION}"
    return Estimate(
        value=value, low=low, high=high, level=level, method=method, p_value=p_value,
        **_counts(group, reference),
    )  # fmt: skip
