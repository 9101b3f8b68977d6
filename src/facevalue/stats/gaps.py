"""The largest gap over all groups: an interval that can contain zero, and a test.

The lower end asks whether any pair differs by more, allowing for all pairs that could be the
largest; the upper end needs no such allowance, since it is wrong only if that of the truly
largest pair is. So the interval holds its level without a gap and with one. Max minus min
alone is never below zero, and a bootstrap of it excludes "no gap" even where there is none.
A group in which nobody differs (of a mean of differences) has the exact binomial bound on the
share of its subjects who could.

References
----------
Chernozhukov, Lee and Rosen (2013), *Econometrica* 81(2), and Romano, Shaikh and Wolf (2014),
*Econometrica* 82(5): bounds on a largest value, with those that cannot be the largest set
aside first. Hothorn, Bretz and Westfall (2008), *Biometrical Journal* 50(3): simultaneous
critical values from correlations. Berger (1982), *Technometrics* 24(4): intersection–union
tests, of which "no gap above" is one. Schuirmann (1987), *Journal of Pharmacokinetics and
Biopharmaceutics* 15(6): two one-sided tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import ndtr, stdtr, stdtrit

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats.compare import (
    NO_LOGARITHM,
    NO_SPREAD,
    NO_SPREAD_IN_GROUP,
    is_fixed,
    nobody_differs,
    people,
    silent_reach,
)
from facevalue.stats.jackknife import (
    CAUTION,
    MIN_SUBJECTS,
    TRUSTED,
    IntervalSpec,
    Replicates,
    carriers,
    refuse,
    share_ends,
)
from facevalue.stats.metrics import Scale
from facevalue.stats.permutation import METHOD_DRAWN
from facevalue.stats.tally import FloatArray, IntArray

__all__ = ["LargestGap", "largest_gap"]

Draws = npt.NDArray[np.float32]

TINY = 1e-12
N_DRAWS = 4000
"""Draws for simultaneous critical values: their own error is about 0.03 standard errors."""

SET_ASIDE = 0.005
"""Chance of wrongly setting aside the largest pair; a tenth of the usual 5 %."""

METHOD_GAP = "max-t over pairs, CR2 over subjects"
SEVERAL = "several pairs could be the largest: cautious"


@dataclass(frozen=True, slots=True)
class LargestGap:
    """The largest gap, and what goes with it.

    Parameters
    ----------
    result
        The gap, at least zero; or the impact ratio, in (0, 1].
    pair
        Which pair drives it (higher first).
    left_out
        Groups that carry no interval.
    """

    result: Estimate | NotEstimable
    pair: tuple[str, str] | None
    left_out: tuple[str, ...]
    _pairs: _Pairs | None = None
    _draws: Draws | None = None
    _p_value: float | None = None

    def no_gap_above(self, bound: float) -> float | None:
        """Return the p-value of two one-sided tests against a gap of ``bound`` or more.

        Small values show that no pair differs by as much. The largest p-value over all pairs
        decides (an intersection–union test), so looking at many pairs needs no allowance.
        `None` where there is no gap to tell.
        """
        return None if self._pairs is None else self._pairs.equivalence(bound)

    def at(self, level: float) -> tuple[float, float] | None:
        """Return the ends of the interval at another level, or `None`."""
        if self._pairs is None or self._draws is None:
            return None
        low, high, _ = _tested_bounds(self._pairs, self._draws, level, self._p_value)
        return low, high


@dataclass(frozen=True, slots=True)
class _Pairs:
    """All pairs of groups: differences, standard errors, degrees of freedom.

    ``has_ends`` tells of which pairs both sides have ends though nobody in them may vary.
    """

    a: IntArray
    b: IntArray
    groups: tuple[Replicates, ...]
    gap: FloatArray
    error: FloatArray
    df: FloatArray
    correlation: FloatArray
    covariance: FloatArray
    has_ends: npt.NDArray[np.bool_]
    on_log: bool

    def told(self, gap: float) -> float:
        """Return a gap as it is told: itself, or the ratio behind a gap of logarithms."""
        return float(np.exp(-gap)) if self.on_log else gap

    def ends(self, tail: float, level: float) -> tuple[FloatArray, FloatArray]:
        """Return lower and upper ends of every difference, with ``tail`` beyond each."""
        t = stdtrit(self.df, 1.0 - tail)
        values = np.array([(r.value, np.sqrt(r.variance)) for r in self.groups])
        if _is_share(self.groups):
            exact = np.array([share_ends(r, np.inf, level)[:2] for r in self.groups])
            (a, a_low, a_high), (b, b_low, b_high) = (
                _ends_at(values[side], exact[side], t, on_log=self.on_log)
                for side in (self.a, self.b)
            )
        else:
            silent = _silent_reach(self.groups, level)
            (a, a_low, a_high), (b, b_low, b_high) = (
                _symmetric_ends(values[side], silent[side], t) for side in (self.a, self.b)
            )
        shared = 2.0 * self.correlation
        down = (a - a_low) ** 2 + (b_high - b) ** 2 - shared * (a - a_low) * (b_high - b)
        up = (a_high - a) ** 2 + (b - b_low) ** 2 - shared * (a_high - a) * (b - b_low)
        return (
            self.gap - np.sqrt(np.maximum(down, 0.0)),
            self.gap + np.sqrt(np.maximum(up, 0.0)),
        )

    def equivalence(self, bound: float) -> float:
        """Return the largest p-value of two one-sided tests over all pairs, by bisection."""
        low, high = 1e-12, 0.5
        if not self._within(bound, high):
            return 1.0
        for _ in range(40):
            middle = float(np.sqrt(low * high))
            low, high = (low, middle) if self._within(bound, middle) else (middle, high)
        return high

    def _within(self, bound: float, tail: float) -> bool:
        down, up = self.ends(tail, 1.0 - 2.0 * tail)
        return bool((np.maximum(-down, up) < bound).all())


def _silent_reach(groups: Sequence[Replicates], level: float) -> FloatArray:
    """How far a group in which nobody differs can be from zero; NaN for the others."""
    return np.array([
        silent_reach(r, level) if nobody_differs(r) else np.nan
        for r in groups
    ])  # fmt: skip


def _symmetric_ends(
    values: FloatArray, silent: FloatArray, t: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Value, lower and upper end of one side of each pair, where it is no share.

    ``silent`` holds the reach of sides whose spread tells nothing, NaN for the others;
    shape ``(n_pairs,)``.
    """
    p, error = values.T
    reach = np.where(np.isnan(silent), t * error, silent)
    return p, p - reach, p + reach


def _ends_at(
    values: FloatArray, exact: FloatArray, t: FloatArray, *, on_log: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Value, lower and upper end of one side of each pair at its critical value.

    ``values`` holds value and standard error, ``exact`` the ends that no share goes past;
    shape ``(n_pairs, 2)`` each.
    """
    p, error = values.T
    spread = p * (1.0 - p)
    silent = (spread <= TINY) | (error**2 <= TINY)
    inside = np.where(silent, 0.5, p)
    logit = np.log(inside / (1.0 - inside))
    reach = np.where(silent, np.inf, t * error / np.where(silent, 1.0, spread))
    low = np.maximum(1.0 / (1.0 + np.exp(np.minimum(reach - logit, 700.0))), exact[:, 0])
    high = np.minimum(1.0 / (1.0 + np.exp(-np.minimum(reach + logit, 700.0))), exact[:, 1])
    return (np.log(p), np.log(low), np.log(high)) if on_log else (p, low, high)


def largest_gap(
    families: Sequence[Mapping[str, Replicates]],
    spec: IntervalSpec,
    *,
    p_value: float | None = None,
    p_method: str = METHOD_DRAWN,
    rng: np.random.Generator | None = None,
    as_ratio: bool = False,
) -> LargestGap:
    """Estimate the largest difference between any two groups of the same attribute.

    Parameters
    ----------
    families
        For each attribute the replicates by group; one attribute is the usual case. Groups
        that carry no interval are left out and named; with no pair left there is no gap to
        tell. Groups may share people.
    p_value, p_method
        From `permuted_gaps`, if there is one; else from the critical values of the interval.
    rng
        For the draws behind the critical values; by default always the same ones.
    as_ratio
        Tell the impact ratio instead: the lowest over the highest share, in (0, 1].

    Returns
    -------
    LargestGap whose result is an Estimate, or NotEstimable for TOO_FEW_CLUSTERS or, if no
    subject of a pair differs from another (but for shares, and differences that are all zero),
    or a share is zero and has no ratio, UNDEFINED.

    Examples
    --------
    >>> from facevalue.stats import Tally, metric_named, replicate
    >>> accuracy = metric_named("accuracy", ["a", "b"])
    >>> draw = np.random.default_rng(5)
    >>> groups = {}
    >>> for name, p in (("x", 0.9), ("y", 0.6), ("z", 0.6)):
    ...     right = (draw.random(200) < p).astype(int)
    ...     tally = Tally.from_codes(np.arange(200) // 10 + 100 * len(groups),
    ...                              np.zeros(200, int), 1 - right, n_labels=2)
    ...     groups[name] = replicate(accuracy, tally)
    >>> found = largest_gap([groups], IntervalSpec())
    >>> found.pair, round(found.result.value, 2), found.result.low > 0.1
    (('x', 'y'), 0.27, True)
    """
    left_out = tuple(g for family in families for g, r in family.items() if refuse(r) is not None)
    usable = [{g: r for g, r in family.items() if refuse(r) is None} for family in families]
    counts = _all_counts(usable)
    if as_ratio and any(r.value <= TINY for family in usable for r in family.values()):
        none = NotEstimable(reason=Reason.UNDEFINED, detail=NO_LOGARITHM, **counts)
        return LargestGap(none, None, left_out)
    pairs, names = _pairs_of(usable, on_log=as_ratio)
    if pairs is None:
        n_usable, n_all = sum(map(len, usable)), sum(map(len, families))
        detail = f"{n_usable} of {n_all} groups have {MIN_SUBJECTS} subjects or more"
        few = NotEstimable(reason=Reason.TOO_FEW_CLUSTERS, detail=detail, **counts)
        return LargestGap(few, None, left_out)
    if any(map(is_fixed, pairs.groups)):
        return LargestGap(_silent(pairs, counts, NO_SPREAD_IN_GROUP), None, left_out)
    # Everybody differs between two groups by the same: chance is silent about their gap.
    fixed = (pairs.error <= TINY) & (pairs.correlation > 0.5) & (np.abs(pairs.gap) > TINY)
    if fixed.any() or ((pairs.error <= TINY) & ~pairs.has_ends).any():
        return LargestGap(_silent(pairs, counts, NO_SPREAD), None, left_out)
    largest = _drawn(pairs, np.random.default_rng(0) if rng is None else rng)
    low, high, contact = _tested_bounds(pairs, largest, spec.level, p_value)
    top = int(np.argmax(np.abs(pairs.gap)))
    a, b = names[pairs.a[top]], names[pairs.b[top]]
    result = Estimate(
        value=pairs.told(float(np.abs(pairs.gap[top]))), low=low, high=high, level=spec.level,
        method=_method(pairs, contact, None if p_value is None else p_method),
        p_value=_p_of_draws(pairs, largest, spec) if p_value is None else p_value, **counts,
    )  # fmt: skip
    pair = (a, b) if pairs.gap[top] >= 0 else (b, a)
    return LargestGap(result, pair, left_out, pairs, largest, p_value)


def _method(pairs: _Pairs, contact: npt.NDArray[np.bool_], p_method: str | None) -> str:
    said = [METHOD_GAP if p_method is None else f"{METHOD_GAP}; p by {p_method}"]
    if np.count_nonzero(contact) > 1:
        # With several near the largest both ends reach further than they would have to.
        said.append(SEVERAL)
    among = {*pairs.a[contact], *pairs.b[contact]}
    if any(pairs.groups[i].is_cautioned for i in among):
        said.append(CAUTION)
    return "; ".join(said)


def _is_share(groups: Sequence[Replicates]) -> bool:
    return all(r.scale is Scale.SHARE and 0.0 <= r.value <= 1.0 for r in groups)


def _silent(pairs: _Pairs, counts: dict[str, int], detail: str) -> NotEstimable:
    return NotEstimable(
        reason=Reason.UNDEFINED,
        detail=detail,
        value=pairs.told(float(np.abs(pairs.gap).max())),
        **counts,
    )


def _tested_bounds(
    pairs: _Pairs, draws: Draws, level: float, p_value: float | None
) -> tuple[float, float, npt.NDArray[np.bool_]]:
    """Return both ends as they are told, and which pairs could be the largest."""
    low, high, contact = _bounds(pairs, draws, level)
    if p_value is not None and p_value > 1.0 - level:
        # What the test does not exclude is not excluded by the interval either.
        low = 0.0
    ends = sorted((pairs.told(low), pairs.told(high)))
    return ends[0], ends[1], contact


def _bounds(
    pairs: _Pairs, draws: Draws, level: float
) -> tuple[float, float, npt.NDArray[np.bool_]]:
    """Return both ends, and which pairs could be the largest."""
    first = _tail(draws.max(axis=0), 1.0 - SET_ASIDE)
    down, up = pairs.ends(first, 1.0 - 2.0 * first)
    at_least = float(np.maximum(np.maximum(down, -up), 0.0).max())
    contact = np.maximum(-down, up) >= at_least
    tail = _tail(draws[contact].max(axis=0), level)
    down, up = pairs.ends(tail, 1.0 - 2.0 * tail)
    low = float(np.maximum(np.maximum(down, -up), 0.0)[contact].max())
    down, up = pairs.ends((1.0 - level) / 2.0, level)
    return low, float(np.maximum(-down, up).max()), contact


def _tail(largest: Draws, level: float) -> float:
    """Return the chance beyond each end that all pairs together hold at ``level``."""
    return max(float(ndtr(-np.quantile(largest, level))), 1e-15)


def _drawn(pairs: _Pairs, rng: np.random.Generator) -> Draws:
    """Draw how far pairs are apart by chance, in standard errors; ``(n_pairs, N_DRAWS)``."""
    values, vectors = np.linalg.eigh(pairs.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    # Single precision: far finer than the error of the draws, and half the work.
    drawn = rng.standard_normal((N_DRAWS, len(values)), dtype=np.float32)
    by_group = (root.astype(np.float32) @ drawn.T).astype(np.float32)
    silent = pairs.error <= TINY
    error = np.where(silent, np.inf, pairs.error).astype(np.float32)
    apart: Draws = by_group[pairs.a]
    apart -= by_group[pairs.b]
    apart /= error[:, None]
    if silent.any():
        # Nothing says how silent pairs hang together with others: looks of their own.
        shape = (int(np.count_nonzero(silent)), N_DRAWS)
        apart[silent] = rng.standard_normal(shape, dtype=np.float32)
    np.abs(apart, out=apart)
    return apart


def _p_of_draws(pairs: _Pairs, draws: Draws, spec: IntervalSpec) -> float:
    """Return how often the largest of all pairs is as far from zero by chance."""
    tail = (1.0 - spec.level) / 2.0
    t = stdtrit(pairs.df, 1.0 - tail)
    down, up = pairs.ends(tail, spec.level)
    towards = np.where(pairs.gap > 0, pairs.gap - down, up - pairs.gap)
    far = np.divide(t * np.abs(pairs.gap), towards, out=np.zeros(len(t)), where=towards > TINY)
    smallest = max(float((2.0 * stdtr(pairs.df, -far)).min()), 1e-300)
    as_far = np.count_nonzero(2.0 * ndtr(-draws.max(axis=0)) <= smallest + TINY)
    # Below what draws can tell, Šidák's bound over the pairs.
    sidak = float(-np.expm1(len(far) * np.log1p(-min(smallest, 1.0 - 1e-16))))
    drawn = (as_far + 1) / (draws.shape[1] + 1)
    return float(min(sidak, 1.0) if as_far < 10 else min(drawn, sidak, 1.0))


def _pairs_of(
    families: Sequence[Mapping[str, Replicates]], *, on_log: bool
) -> tuple[_Pairs | None, list[str]]:
    groups = [r for family in families for r in family.values()]
    names = [g for family in families for g in family]
    index: list[tuple[int, int]] = []
    start = 0
    for family in families:
        index += combinations(range(start, start + len(family)), 2)
        start += len(family)
    if not index:
        return None, names
    a, b = np.array(index, dtype=np.int64).T
    values = np.array([r.value for r in groups])
    covariance, by_person = _covariance(groups)
    if on_log:
        # What people add to a logarithm is relative to the value.
        covariance = covariance / np.outer(values, values)
        by_person = None if by_person is None else (by_person @ sparse.diags(1.0 / values)).tocsc()
        values = np.log(values)
    variance = np.diag(covariance)
    both = covariance[a, b]
    df = _pair_df(variance, np.array([r.degrees_of_freedom for r in groups]), a, b)
    for k in np.flatnonzero(both != 0.0) if by_person is not None else ():
        assert by_person is not None
        apart = np.asarray((by_person[:, [a[k]]] - by_person[:, [b[k]]]).todense()).ravel()
        dfs = groups[a[k]].degrees_of_freedom, groups[b[k]].degrees_of_freedom
        df[k] = max(min(*dfs, TRUSTED * carriers(apart)), 1.0)
    root = np.sqrt(variance[a] * variance[b])
    silent = np.array([nobody_differs(r) for r in groups])
    # What is nothing but rounding hangs together with nothing.
    hangs = (root > TINY) & ~silent[a] & ~silent[b]
    return _Pairs(
        a=a, b=b, groups=tuple(groups), gap=values[a] - values[b],
        error=np.sqrt(np.maximum(variance[a] + variance[b] - 2.0 * both, 0.0)), df=df,
        correlation=np.divide(both, root, out=np.zeros(len(a)), where=hangs),
        covariance=covariance, has_ends=(silent[a] & silent[b]) | _is_share(groups), on_log=on_log,
    ), names  # fmt: skip


def _pair_df(variance: FloatArray, df: FloatArray, a: IntArray, b: IntArray) -> FloatArray:
    """Welch's degrees of freedom; where a side is silent, the fewer of the two."""
    va, vb = variance[a], variance[b]
    bottom = va**2 / df[a] + vb**2 / df[b]
    welch = np.divide((va + vb) ** 2, bottom, out=np.ones(len(a)), where=bottom > 0)
    silent = np.minimum(va, vb) <= TINY
    return np.maximum(np.where(silent, np.minimum(df[a], df[b]), welch), 1.0)


def _covariance(groups: Sequence[Replicates]) -> tuple[FloatArray, sparse.csc_matrix | None]:
    """Covariance of the groups' values, and what each person adds where people are shared."""
    everyone = people([r.subjects for r in groups])
    if len(everyone) == sum(len(r.subjects) for r in groups):
        return np.diag([r.variance for r in groups]), None
    rows = np.concatenate([np.searchsorted(everyone, r.subjects) for r in groups])
    columns = np.repeat(np.arange(len(groups)), [len(r.subjects) for r in groups])
    parts = np.concatenate([r.deviations for r in groups])
    by_person = sparse.csc_matrix((parts, (rows, columns)), shape=(len(everyone), len(groups)))
    return np.asarray((by_person.T @ by_person).todense()), by_person


def _all_counts(families: Sequence[Mapping[str, Replicates]]) -> dict[str, int]:
    # An attribute sorts the same people again, so families are not added up.
    largest = max(families, key=lambda f: sum(r.n_answers for r in f.values()), default={})
    subjects = [r.subjects for family in families for r in family.values()]
    return {
        "n_items": sum(r.n_items for r in largest.values()),
        "n_answers": sum(r.n_answers for r in largest.values()),
        "n_subjects": len(people(subjects)),
    }
