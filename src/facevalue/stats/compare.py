"""Differences and ratios between groups, and the largest gap over all of them.

Two groups may share people (conditions within a person) or not; the variance of a
difference follows from each person's own contribution to both sides. A side on which nobody
differs from anybody (five people, every answer right) shows no variance, yet is not known
exactly: then the two sides' own intervals are combined, as if they shared nobody.

References
----------
Welch (1947), *Biometrika* 34, and Satterthwaite (1946), *Biometrics Bulletin* 2: degrees
of freedom. Newcombe (1998), *Statistics in Medicine* 17, method 10, and Zou and Donner
(2008), *Statistics in Medicine* 27: intervals of a difference from those of its sides.
Šidák (1967), *JASA* 62: simultaneous intervals. Westfall and Young (1993),
*Resampling-Based Multiple Testing*: max-T permutation. Phipson and Smyth (2010),
*Statistical Applications in Genetics and Molecular Biology* 9(1): p-values from
permutations are never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import stdtr, stdtrit

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats.jackknife import (
    MIN_SUBJECTS,
    IntervalSpec,
    Replicates,
    carriers,
    interval,
    refuse,
)
from facevalue.stats.metrics import Metric, Scale
from facevalue.stats.tally import FloatArray, IntArray, Tally

__all__ = ["LargestGap", "difference", "largest_gap", "permuted_gaps", "ratio"]

TINY = 1e-12
METHOD_DIFFERENCE = "difference, jackknife over subjects, Welch t on effective subjects"
METHOD_RATIO = "ratio, jackknife over subjects, log scale, Welch t on effective subjects"
METHOD_SIDES = "from the intervals of both sides (Newcombe), as the spread is silent"
METHOD_GAP = "simultaneous pairwise intervals (Šidák)"
METHOD_PERMUTATION = "max-T permutation of groups over subjects"


@dataclass(frozen=True, slots=True)
class _Spread:
    """Standard error and degrees of freedom of a difference."""

    error: float
    df: float


def difference(
    group: Replicates, reference: Replicates, spec: IntervalSpec
) -> Estimate | NotEstimable:
    """Estimate group minus reference, both of them shares in [0, 1].

    Returns
    -------
    Estimate with a two-sided p-value against no difference, or NotEstimable with the
    reason of the side that has none (NO_ITEMS, UNDEFINED, TOO_FEW_CLUSTERS, UNSTABLE), or
    UNDEFINED if a side that is no share does not vary at all.
    """
    value = group.value - reference.value
    refused = _refuse_either(group, reference, value if np.isfinite(value) else None)
    if refused is not None:
        return refused
    spread = _spread(group.deviations, reference.deviations, group, reference)
    if group.is_constant or reference.is_constant or spread.error <= TINY:
        return _by_sides(group, reference, spec, on_log=False)
    half = float(stdtrit(spread.df, 0.5 + spec.level / 2)) * spread.error
    p_value = float(2 * stdtr(spread.df, -abs(value) / spread.error))
    return _estimate(
        group, reference, spec.level, METHOD_DIFFERENCE,
        (value, max(value - half, -1.0), min(value + half, 1.0)), p_value,
    )  # fmt: skip


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
            detail="a ratio with zero on either side has no logarithm",
            **_counts(group, reference),
        )
    spread = _spread(
        group.deviations / group.value, reference.deviations / reference.value, group, reference
    )
    if group.is_constant or reference.is_constant or spread.error <= TINY:
        return _by_sides(group, reference, spec, on_log=True)
    log_value = float(np.log(group.value / reference.value))
    half = float(stdtrit(spread.df, 0.5 + spec.level / 2)) * spread.error
    ends = np.exp([log_value, log_value - half, log_value + half])
    p_value = float(2 * stdtr(spread.df, -abs(log_value) / spread.error))
    triple = (float(ends[0]), float(ends[1]), float(ends[2]))
    return _estimate(group, reference, spec.level, METHOD_RATIO, triple, p_value)


def _by_sides(
    group: Replicates, reference: Replicates, spec: IntervalSpec, *, on_log: bool
) -> Estimate | NotEstimable:
    """Combine the intervals of two shares, where the spread between subjects is silent.

    The distance from the value to either end is the root of the sum of squares of the
    distances on both sides; the p-value is that of Student's t which has such an interval.
    """
    value = group.value / reference.value if on_log else group.value - reference.value
    if not (0.0 <= group.value <= 1.0 and 0.0 <= reference.value <= 1.0):
        return _no_variation(group, reference, value)
    sides = [interval(r, spec, Scale.SHARE) for r in (group, reference)]
    (a, a_low, a_high), (b, b_low, b_high) = [
        np.log([s.value, s.low, s.high]) if on_log else (s.value, s.low, s.high) for s in sides
    ]
    down, up = np.hypot(a - a_low, b_high - b), np.hypot(a_high - a, b - b_low)
    df = min(group.degrees_of_freedom, reference.degrees_of_freedom)
    t = float(stdtrit(df, 0.5 + spec.level / 2))
    towards_zero = down if a > b else up
    p_value = float(2 * stdtr(df, -t * abs(a - b) / towards_zero)) if a != b else 1.0
    ends = [float(np.exp(a - b + x) if on_log else a - b + x) for x in (0.0, -down, up)]
    method = f"{'ratio' if on_log else 'difference'} {METHOD_SIDES}"
    return _estimate(group, reference, spec.level, method, (ends[0], ends[1], ends[2]), p_value)


@dataclass(frozen=True, slots=True)
class LargestGap:
    """The largest gap, which pair drives it (higher first), and which groups are left out."""

    result: Estimate | NotEstimable
    pair: tuple[str, str] | None
    left_out: tuple[str, ...]


def largest_gap(
    families: Sequence[Mapping[str, Replicates]],
    spec: IntervalSpec,
    *,
    p_value: float | None = None,
) -> LargestGap:
    """Estimate the largest difference between any two groups of the same attribute.

    The interval follows from simultaneous intervals for all pairs: the true largest gap
    is at least the highest lower end (and at least 0), and at most the highest upper end.
    So it contains zero when no pair differs clearly; max minus min alone cannot.

    Parameters
    ----------
    families
        For each attribute the replicates by group; one attribute is the usual case. Groups
        that carry no interval are left out and named; with no pair left there is no gap to
        tell.
    p_value
        From `permuted_gaps`, if there is one; else Šidák's over the pairs.

    Returns
    -------
    LargestGap whose result is an Estimate, or NotEstimable for TOO_FEW_CLUSTERS or, if no
    subject differs from another, UNDEFINED.
    """
    left_out = tuple(g for family in families for g, r in family.items() if refuse(r) is not None)
    usable = [{g: r for g, r in family.items() if refuse(r) is None} for family in families]
    pairs = [(f[a], f[b], a, b) for f in usable for a, b in combinations(f, 2)]
    counts = _all_counts(usable)
    if not pairs:
        n_usable, n_all = sum(map(len, usable)), sum(map(len, families))
        detail = f"{n_usable} of {n_all} groups have {MIN_SUBJECTS} subjects or more"
        few = NotEstimable(reason=Reason.TOO_FEW_CLUSTERS, detail=detail, **counts)
        return LargestGap(few, None, left_out)
    level = spec.level ** (1 / len(pairs))
    lows, highs, ps = [0.0], [0.0], [1.0]
    for a, b, _, _ in pairs:
        found = difference(a, b, IntervalSpec(level))
        if isinstance(found, NotEstimable):
            return LargestGap(found, None, left_out)
        lows += [found.low, -found.high]
        highs.append(max(abs(found.low), abs(found.high)))
        ps.append(1.0 if found.p_value is None else found.p_value)
    a, b, a_name, b_name = max(pairs, key=lambda pair: abs(pair[0].value - pair[1].value))
    driven_by = (a_name, b_name) if a.value >= b.value else (b_name, a_name)
    # 1 − (1 − p)^m, exact for the smallest p too: a p-value is never zero.
    sidak = float(-np.expm1(len(pairs) * np.log1p(-min(ps)))) if min(ps) < 1.0 else 1.0
    method = METHOD_GAP + ("" if p_value is None else f"; p by {METHOD_PERMUTATION}")
    result = Estimate(
        value=abs(a.value - b.value), low=max(lows), high=max(highs), level=spec.level,
        method=method, p_value=sidak if p_value is None else p_value, **counts,
    )  # fmt: skip
    return LargestGap(result, driven_by, left_out)


def _all_counts(families: Sequence[Mapping[str, Replicates]]) -> dict[str, int]:
    # An attribute sorts the same people again, so families are not added up.
    largest = max(families, key=lambda f: sum(r.n_answers for r in f.values()), default={})
    subjects = [r.subjects for family in families for r in family.values()]
    return {
        "n_items": sum(r.n_items for r in largest.values()),
        "n_answers": sum(r.n_answers for r in largest.values()),
        "n_subjects": len(_union(subjects)),
    }


def permuted_gaps(
    tally: Tally,
    membership: IntArray,
    metrics: Sequence[Metric],
    n_permutations: int,
    rng: np.random.Generator,
) -> list[float | None]:
    """Test the largest gap of each metric by permuting groups over subjects.

    The statistic is the largest absolute difference over pairs of groups, each divided by
    what chance alone would let it vary, ``sqrt(1/n_a + 1/n_b)`` of their sizes, so that a
    small group cannot dominate. Whatever the statistic, the test is exact for the null
    that people's groups do not matter, with unequal group sizes too.

    Parameters
    ----------
    tally
        All subjects of the comparison.
    membership
        Group code of each subject of ``tally``, shape ``(n_subjects,)``; −1 for subjects
        in no group. Every subject must be in one group only.
    metrics
        Tested together on the same permutations.
    n_permutations, rng
        How many draws, and from where.

    Returns
    -------
    One p-value a metric; `None` where the observed statistic is undefined.
    """
    kept = membership >= 0
    counts, codes = tally.counts[kept], membership[kept]
    n_groups = int(codes.max()) + 1 if len(codes) else 0
    if n_groups < 2:
        return [None] * len(metrics)
    flat = counts.reshape(len(codes), -1)
    observed = [_max_t(m, _group_sums(flat, codes[None], n_groups, counts.shape)) for m in metrics]
    exceed = np.zeros(len(metrics))
    done = 0
    batch = max(1, min(n_permutations, 2_000_000 // max(1, n_groups * flat.shape[1])))
    while done < n_permutations:
        size = min(batch, n_permutations - done)
        drawn = rng.permuted(np.tile(codes, (size, 1)), axis=1)
        sums = _group_sums(flat, drawn, n_groups, counts.shape)
        for i, metric in enumerate(metrics):
            # An undefined draw counts against the finding: cautious.
            t = np.nan_to_num(_max_t(metric, sums), nan=np.inf)
            exceed[i] += np.count_nonzero(t >= observed[i][0] - TINY)
        done += size
    return [
        float((exceed[i] + 1) / (n_permutations + 1)) if np.isfinite(observed[i][0]) else None
        for i in range(len(metrics))
    ]


def _group_sums(
    flat: FloatArray, codes: IntArray, n_groups: int, shape: tuple[int, ...]
) -> FloatArray:
    """Count by permutation and group, shape ``(n_draws, n_groups, n_labels, n_labels+1)``."""
    onehot = (codes[:, None, :] == np.arange(n_groups)[None, :, None]).astype(np.float64)
    sums: FloatArray = (onehot.reshape(-1, flat.shape[0]) @ flat).reshape(
        len(codes), n_groups, *shape[1:]
    )
    return sums


def _max_t(metric: Metric, sums: FloatArray) -> FloatArray:
    values, sizes = metric.value(sums), metric.base(sums)
    best = np.full(len(sums), np.nan)
    for a, b in combinations(range(sums.shape[1]), 2):
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.abs(values[:, a] - values[:, b]) / np.sqrt(1 / sizes[:, a] + 1 / sizes[:, b])
        best = np.fmax(best, t)
    return best


def _spread(
    group_parts: FloatArray, reference_parts: FloatArray, group: Replicates, reference: Replicates
) -> _Spread:
    """Combine each person's contributions to both sides."""
    everyone = _union([group.subjects, reference.subjects])
    parts = np.zeros(len(everyone))
    parts[np.searchsorted(everyone, group.subjects)] += group_parts
    parts[np.searchsorted(everyone, reference.subjects)] -= reference_parts
    error = float(np.sqrt((parts**2).sum()))
    if len(everyone) < len(group.subjects) + len(reference.subjects):
        # Shared people: the smaller side bounds what is known, which is cautious.
        dfs = group.degrees_of_freedom, reference.degrees_of_freedom, carriers(parts)
        return _Spread(error, max(min(dfs), 1.0))
    va, vb = float((group_parts**2).sum()), float((reference_parts**2).sum())
    bottom = va**2 / group.degrees_of_freedom + vb**2 / reference.degrees_of_freedom
    df = (va + vb) ** 2 / bottom if bottom > 0 else 1.0
    return _Spread(error, max(df, 1.0))


def _union(parts: Sequence[IntArray]) -> IntArray:
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)


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
        detail="no subject differs from another, so chance cannot be told",
        value=value,
        **_counts(group, reference),
    )


def _counts(group: Replicates, reference: Replicates) -> dict[str, int]:
    return {
        "n_items": group.n_items + reference.n_items,
        "n_answers": group.n_answers + reference.n_answers,
        "n_subjects": len(_union([group.subjects, reference.subjects])),
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
    return Estimate(
        value=value, low=low, high=high, level=level, method=method, p_value=p_value,
        **_counts(group, reference),
    )  # fmt: skip
