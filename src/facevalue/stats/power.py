"""How many people and items an audit needs, by simulating audits before there is one.

An audit is drawn again and again: people whose chance of a right answer varies around the
anticipated rate (beta-binomial, so that answers about one person correlate), a number of
items of each, and then the very interval that an audit would tell. A claim is settled where
that interval lies wholly on one side of the bound. What is asked for (people, a gap) is read
off a line through the probits of the simulated shares: power runs so along the root of the
number of people, and along the gap, where estimates are normal.

Past `MOST_SIMULATED` people the normal approximation is as good, and answers at once.

References
----------
Donner and Klar (2000), *Design and Analysis of Cluster Randomization Trials*, §5.2: sample
sizes with the design effect ``1 + (m − 1)·ICC``. Eldridge, Ashby and Kerry (2006),
*International Journal of Epidemiology* 35(5): unequal clusters, ``1 + ((1 + cv²)·m − 1)·ICC``.
Chow, Shao and Wang (2008), *Sample Size Calculations in Clinical Research*, ch. 4: differences
and equivalence of proportions. Finney (1971), *Probit Analysis*, ch. 4: the line, by scoring.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.special import betaincinv, expit, logit, ndtr, ndtri

from facevalue.domain.estimates import Estimate
from facevalue.stats.compare import difference
from facevalue.stats.gaps import largest_gap
from facevalue.stats.jackknife import PROMISED_SUBJECTS, IntervalSpec, estimate, replicate
from facevalue.stats.metrics import metric_named
from facevalue.stats.planning import MOST_SUBJECTS
from facevalue.stats.tally import FloatArray, IntArray, Tally

__all__ = [
    "MOST_SIMULATED",
    "NO_END",
    "Audits",
    "PowerSpec",
    "Simulated",
    "closed_form",
    "correlation_within",
    "error_ratio",
    "nearest_bound",
    "power_with",
    "simulate",
    "smallest_gap",
    "subjects_needed",
]

MOST_SIMULATED = 2_000
"""Past this many people the normal approximation answers."""

NO_END = 100_000
"""Items a person that stand for no end of them."""

RIGHT = metric_named("accuracy", ["right"])
SURE = float(ndtri(0.975))
ROUNDS, SCORINGS, LEAST_AUDITS = 20, 5, 20
WIDE, CLOSE = (0.8, 1.0, 1.25), (0.9, 0.95, 1.0, 1.06, 1.12)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSpec:
    """What is anticipated, and what is to be settled.

    Parameters
    ----------
    rate
        Anticipated share of right answers, in (0, 1); with groups their middle.
    bound
        What the claim is held against: a rate, or with ``gap`` a largest gap, where 0 asks
        whether a gap shows at all.
    items
        Items a person; in each condition if conditions are compared.
    icc
        Correlation between answers about one person, in [0, 1).
    items_cv
        Standard deviation of the number of items a person over its mean, at least 0.
    gap
        Anticipated largest gap between groups, at least 0; `None` for a claim about the rate.
        It lies between the two smallest groups, where it is hardest to see, with the others
        halfway; the smaller of the two has the rate that varies more.
    shares
        Each group's share of the people, summing to 1.
    shared
        For conditions within each person (every share then counts everybody): how much of the
        correlation within a person the conditions have in common, in [0, 1]. `None` where the
        groups are of different people.
    level, looks
        Level of the interval, and the number of findings of its family: Holm's first step
        leaves each of them ``(1 − level)/looks``.
    """

    rate: float
    bound: float
    items: int
    icc: float = 0.0
    items_cv: float = 0.0
    gap: float | None = None
    shares: tuple[float, ...] = (0.5, 0.5)
    shared: float | None = None
    level: float = 0.95
    looks: int = 1

    @property
    def truth(self) -> float:
        """The anticipated value of what the claim is about."""
        return self.rate if self.gap is None else self.gap

    @property
    def is_above(self) -> bool:
        """Whether the truth lies above the bound, so that the lower end decides."""
        return self.truth > self.bound

    @property
    def rates(self) -> tuple[float, ...]:
        """True rate of each group, in the order of ``shares``."""
        if self.gap is None:
            return (self.rate,)
        smallest, next_one, *_ = np.argsort(self.shares, kind="stable").tolist()
        # The spread of a share is largest at one half.
        towards_half = self.gap / 2 if self.rate < 0.5 else -self.gap / 2
        shift = {smallest: towards_half, next_one: -towards_half}
        return tuple(self.rate + shift.get(g, 0.0) for g in range(len(self.shares)))

    @property
    def n_pairs(self) -> int:
        """Pairs of groups that the largest gap is taken over."""
        return math.comb(len(self.shares), 2) if self.gap is not None else 1

    @property
    def interval(self) -> IntervalSpec:
        """The interval that decides, at Holm's first step."""
        return IntervalSpec(1.0 - (1.0 - self.level) / self.looks)

    @property
    def least_subjects(self) -> int:
        """Fewest people with enough in each group for intervals to hold their level."""
        if self.gap is None or self.shared is not None:
            return PROMISED_SUBJECTS
        return math.ceil(PROMISED_SUBJECTS / min(self.shares) - 1e-9)

    def group_sizes(self, n_subjects: int) -> IntArray:
        """Return how many of ``n_subjects`` are in each group, shape ``(n_groups,)``."""
        if self.gap is None or self.shared is not None:
            return np.full(len(self.rates), n_subjects)
        ends = np.rint(np.cumsum(self.shares) / sum(self.shares) * n_subjects).astype(np.int64)
        return np.diff(ends, prepend=0)


@dataclass(frozen=True, slots=True)
class Audits:
    """Ends of the intervals of simulated audits, shape ``(n_audits,)`` each.

    An audit that gave a reason in place of an interval has −∞ and ∞: it settles nothing.
    """

    low: FloatArray
    high: FloatArray

    def n_settled(self, spec: PowerSpec) -> int:
        """How many lie wholly on the side of the bound that the truth is on."""
        is_settled = self.low > spec.bound if spec.is_above else self.high < spec.bound
        return int(np.count_nonzero(is_settled))


@dataclass(frozen=True, slots=True)
class Simulated:
    """A number from ``n_audits`` simulated audits, with the 95 % range of its chance.

    Zero audits: by the normal approximation, without a range.
    """

    value: float
    low: float
    high: float
    n_audits: int


def simulate(spec: PowerSpec, n_subjects: int, n_audits: int, seed: int) -> Audits:
    """Draw ``n_audits`` audits of ``n_subjects`` people and tell the interval of each.

    Each number of people has its own stream of ``seed``, whatever was simulated before.
    """
    rng = np.random.default_rng([seed, n_subjects])
    ends = np.empty((n_audits, 2))
    for audit in range(n_audits):
        ends[audit] = _ends(spec, _tallies(spec, n_subjects, rng))
    return Audits(ends[:, 0], ends[:, 1])


def _ends(spec: PowerSpec, tallies: list[Tally]) -> tuple[float, float]:
    """Return the interval of one audit: of the rate, or of the largest gap."""
    if spec.gap is None:
        found = estimate(RIGHT, tallies[0], spec.interval)
    elif len(tallies) == 2:
        # The largest of one pair is that pair, and far quicker.
        first, second = (replicate(RIGHT, t) for t in tallies)
        found = difference(first, second, spec.interval)
    else:
        groups = {str(g): replicate(RIGHT, t) for g, t in enumerate(tallies)}
        found = largest_gap([groups], spec.interval).result
    if not isinstance(found, Estimate):
        return -math.inf, math.inf
    if spec.gap is None or len(tallies) > 2:
        return found.low, found.high
    return max(found.low, -found.high, 0.0), max(-found.low, found.high)


def _tallies(spec: PowerSpec, n_subjects: int, rng: np.random.Generator) -> list[Tally]:
    """Draw one audit, a tally for each group."""
    tallies, first = [], 0
    common = rng.standard_normal(n_subjects) if spec.shared else np.zeros(n_subjects)
    for n, rate in zip(spec.group_sizes(n_subjects).tolist(), spec.rates, strict=True):
        sizes = _items(spec, n, rng)
        right = rng.binomial(sizes, _chances(spec, rate, n, common, rng))
        counts = np.stack([right, sizes - right], axis=1)[:, None, :].astype(np.float64)
        tallies.append(Tally(counts, np.arange(first, first + n), int(sizes.sum())))
        first += 0 if spec.shared is not None else n
    return tallies


def _items(spec: PowerSpec, n: int, rng: np.random.Generator) -> IntArray:
    if spec.items_cv == 0.0:
        return np.full(n, spec.items)
    drawn = rng.gamma(spec.items_cv**-2, spec.items * spec.items_cv**2, size=n)
    return np.maximum(np.rint(drawn), 1).astype(np.int64)


def _chances(
    spec: PowerSpec, rate: float, n: int, common: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Draw each person's own rate; who is easy in one condition tends to be so in others."""
    if spec.icc == 0.0:
        return np.full(n, rate)
    if not spec.shared:
        spread = (1.0 - spec.icc) / spec.icc
        return rng.beta(rate * spread, (1.0 - rate) * spread, size=n)
    own = rng.standard_normal(n) if spec.shared < 1.0 else common
    ease = math.sqrt(spec.shared) * common + math.sqrt(1.0 - spec.shared) * own
    return np.interp(ease if spec.shared < 1.0 else common, _EASE, _quantiles(rate, spec.icc))


_EASE = np.linspace(-6.0, 6.0, 1201)


@lru_cache(maxsize=64)
def _quantiles(rate: float, icc: float) -> FloatArray:
    """Return the rates of people as hard or easy as `_EASE`: beta quantiles of normal scores."""
    spread = (1.0 - icc) / icc
    found: FloatArray = betaincinv(rate * spread, (1.0 - rate) * spread, ndtr(_EASE))
    return found


def power_with(spec: PowerSpec, n_subjects: int, n_audits: int, seed: int) -> Simulated:
    """Return the chance that an audit of ``n_subjects`` people settles the claim.

    Examples
    --------
    >>> spec = PowerSpec(rate=0.9, bound=0.8, items=10, icc=0.1)
    >>> found = power_with(spec, 40, n_audits=400, seed=0)
    >>> 0.8 < found.low < found.value < found.high < 1.0
    True
    """
    if n_subjects > MOST_SIMULATED:
        shown = _closed_power(spec, n_subjects)
        return Simulated(shown, shown, shown, 0)
    hits = simulate(spec, n_subjects, n_audits, seed).n_settled(spec)
    low, high = betaincinv(hits + 0.5, n_audits - hits + 0.5, [0.025, 0.975]).tolist()
    return Simulated(hits / n_audits, low, high, n_audits)


def subjects_needed(spec: PowerSpec, power: float, n_audits: int, seed: int) -> Simulated | None:
    """Return how many people settle the claim with the chance ``power``.

    Returns
    -------
    Whole people in all groups together, never fewer than carry an interval; `None` if more
    than `MOST_SUBJECTS` would be needed.

    Examples
    --------
    >>> found = subjects_needed(PowerSpec(rate=0.8, bound=0.7, items=1), 0.8, 400, seed=0)
    >>> 130 < found.value < 190, round(closed_form(PowerSpec(rate=0.8, bound=0.7, items=1), 0.8))
    (True, 169)
    """
    guess = closed_form(spec, power)
    if guess > MOST_SUBJECTS:
        return None

    def draw(x: float, n: int) -> tuple[float, int]:
        n_subjects = max(round(x * x), spec.least_subjects)
        return math.sqrt(n_subjects), simulate(spec, n_subjects, n, seed).n_settled(spec)

    # A little more than is simulated else, so that the search may end near the limit.
    ends = (math.sqrt(spec.least_subjects), math.sqrt(2 * MOST_SIMULATED))
    found = None
    if max(guess, spec.least_subjects) <= MOST_SIMULATED:
        found = _crossing(draw, math.sqrt(guess), ends, power, n_audits)
    if found is None:
        n = max(math.ceil(guess), spec.least_subjects)
        return Simulated(n, n, n, 0)
    least, *rest = (math.ceil(round(x * x, 6)) for x in (found.low, found.value, found.high))
    return Simulated(rest[0], least, rest[1], found.n_audits)


def smallest_gap(
    spec: PowerSpec, n_subjects: int, power: float, n_audits: int, seed: int
) -> Simulated | None:
    """Return the smallest gap between groups that shows with the chance ``power``.

    The gap and the bound of ``spec`` are put aside: a gap shows where the interval of the
    largest gap lies above zero.

    Returns
    -------
    A gap in (0, 1); `None` if the groups are too small, or no gap around this rate is
    large enough.
    """
    asked = replace(spec, gap=1e-6, bound=0.0)
    most = 2.0 * min(spec.rate, 1.0 - spec.rate) - 1e-6
    guess = _quantiles_needed(asked, power) * _unit_error(asked) / math.sqrt(n_subjects)
    if n_subjects < asked.least_subjects:
        return None
    if n_subjects > MOST_SIMULATED:
        return Simulated(guess, guess, guess, 0) if guess < most else None

    def draw(gap: float, n: int) -> tuple[float, int]:
        drawn = replace(asked, gap=gap)
        return gap, simulate(drawn, n_subjects, n, seed).n_settled(drawn)

    return _crossing(draw, min(guess, most), (1e-6, most), power, n_audits)


def nearest_bound(
    spec: PowerSpec, n_subjects: int, power: float, n_audits: int, seed: int
) -> Simulated | None:
    """Return the bound nearest to the truth that is settled with the chance ``power``.

    It lies on the side of the truth that the bound of ``spec`` is on: the quantile of the
    simulated ends that face it.

    Returns
    -------
    A rate, or a gap; `None` if the people carry no interval so often.
    """
    if n_subjects > MOST_SIMULATED:
        bound = _closed_bound(spec, n_subjects, power)
        return Simulated(bound, bound, bound, 0)
    audits = simulate(spec, n_subjects, n_audits, seed)
    share = 1.0 - power if spec.is_above else power
    ordered = np.sort(audits.low if spec.is_above else audits.high)
    # Ranks between which the quantile lies, by the normal approximation of their binomial.
    reach = SURE * math.sqrt(n_audits * share * (1.0 - share))
    ranks = np.array([share * n_audits - reach, share * n_audits, share * n_audits + reach])
    low, value, high = ordered[np.clip(np.rint(ranks), 0, n_audits - 1).astype(int)].tolist()
    return Simulated(value, low, high, n_audits) if math.isfinite(value) else None


def _crossing(
    draw: Callable[[float, int], tuple[float, int]],
    start: float,
    ends: tuple[float, float],
    power: float,
    n_audits: int,
) -> Simulated | None:
    """Search where the simulated share crosses ``power``, between ``ends``.

    ``draw`` simulates at one place and returns the place that was possible and how many
    audits were settled there. First wide and few, then close and many; the root of the fitted
    line, with its standard error by the delta method. The lowest place where that is enough
    already; `None` where the highest is not.
    """
    lowest, highest = ends
    x, n_close, seen = min(max(start, lowest), highest), 0, dict[float, int]()
    for _ in range(ROUNDS):
        is_close = n_close > 0
        places, n = (CLOSE, n_audits // len(CLOSE)) if is_close else (WIDE, n_audits // 20)
        n = max(n, LEAST_AUDITS)
        points = dict(draw(min(max(x * place, lowest), highest), n) for place in places)
        seen = (seen if n_close > 1 else {}) | points
        at = sorted(points)
        root, error = _probit_root(np.array(list(seen)), np.array(list(seen.values())), n, power)
        if root >= highest and at[-1] >= highest * 0.99:
            return None
        is_lowest = root <= lowest and at[0] <= lowest * 1.001
        is_inside = is_lowest or at[0] <= root <= at[-1]
        # Off the middle a line says less: once more, around its root.
        if (n_close > 1 and is_inside) or (
            n_close == 1 and (is_lowest or x * CLOSE[1] <= root <= x * CLOSE[-2])
        ):
            x = max(root, lowest)
            low, high = max(x - SURE * error, lowest), min(x + SURE * error, at[-1])
            if is_lowest and points[at[0]] / n - SURE * math.sqrt(0.25 / n) > power:
                high = lowest
            return Simulated(x, low, max(x, high), n * len(seen))
        n_close += is_close or is_inside
        x = min(max(root, lowest, x / 2), highest, 2 * x)
    return None


def _probit_root(x: FloatArray, hits: FloatArray, n: int, power: float) -> tuple[float, float]:
    """Fit a line to the probits of shares; return where it crosses ``power``, and its error."""
    share = (hits + 0.5) / (n + 1.0)
    probit = ndtri(share)
    slope = level = middle = spread = total = 0.0
    for _ in range(SCORINGS):
        density = np.exp(-(probit**2) / 2) / math.sqrt(2.0 * math.pi)
        fitted = ndtr(probit)
        weight = n * density**2 / (fitted * (1.0 - fitted))
        aim = probit + (share - fitted) / density
        total = float(weight.sum())
        middle, level = float(weight @ x) / total, float(weight @ aim) / total
        spread = float(weight @ (x - middle) ** 2)
        slope = float(weight @ ((x - middle) * (aim - level))) / spread if spread else 0.0
        # Farther out a share cannot be told from 0 or 1.
        probit = np.clip(level + slope * (x - middle), -6.0, 6.0)
    # A line that does not rise says nothing but the direction: go far.
    slope = max(slope, 1e-6 / max(middle, 1e-6))
    root = middle + (float(ndtri(power)) - level) / slope
    variance = 1.0 / total + ((root - middle) ** 2 / spread if spread else 0.0)
    return root, math.sqrt(variance) / slope


def closed_form(spec: PowerSpec, power: float) -> float:
    """Return about how many people settle the claim, by the normal approximation.

    Two-sample normal formula with the design effect ``1 + ((1 + cv²)·m − 1)·ICC``; a rate on
    the logit scale, as its interval is; Šidák's level for each pair of groups where a gap is to
    be seen.

    Examples
    --------
    >>> # (0.85·0.15 + 0.75·0.25) (1 + 19·0.1) (1.96 + 0.84)²/0.1² = 717 answers on each side.
    >>> spec = PowerSpec(rate=0.8, gap=0.1, bound=0.0, items=20, icc=0.1)
    >>> round(closed_form(spec, 0.8), 1)
    71.7
    """
    return (_quantiles_needed(spec, power) * _unit_error(spec) / _distance(spec)) ** 2


def _distance(spec: PowerSpec) -> float:
    if spec.gap is None:
        return abs(float(logit(spec.rate) - logit(spec.bound)))
    return abs(spec.gap - spec.bound)


def _level_quantile(spec: PowerSpec) -> float:
    # Only the lower end of the largest gap allows for all pairs.
    n_looks = spec.n_pairs if spec.is_above else 1
    return float(ndtri(0.5 + spec.interval.level ** (1.0 / n_looks) / 2))


def _quantiles_needed(spec: PowerSpec, power: float) -> float:
    if spec.gap == 0.0 and spec.bound > 0.0:
        # No gap: every pair has to stay within the bound on both sides.
        power = 0.5 + power ** (1.0 / spec.n_pairs) / 2
    return _level_quantile(spec) + float(ndtri(power))


def _closed_power(spec: PowerSpec, n_subjects: int) -> float:
    z = _distance(spec) * math.sqrt(n_subjects) / _unit_error(spec) - _level_quantile(spec)
    if spec.gap == 0.0 and spec.bound > 0.0:
        return float(max(2 * ndtr(z) - 1, 0.0) ** spec.n_pairs)
    return float(ndtr(z))


def _closed_bound(spec: PowerSpec, n_subjects: int, power: float) -> float:
    reach = _quantiles_needed(spec, power) * _unit_error(spec) / math.sqrt(n_subjects)
    signed = -reach if spec.is_above else reach
    return float(expit(logit(spec.rate) + signed)) if spec.gap is None else spec.gap + signed


def _unit_error(spec: PowerSpec) -> float:
    """Return the standard error of what decides with one person in all."""
    inflated = 1.0 + ((1.0 + spec.items_cv**2) * spec.items - 1.0) * spec.icc
    if spec.gap is None:
        return math.sqrt(inflated / (spec.items * spec.rate * (1.0 - spec.rate)))
    a, b = np.argsort(spec.shares, kind="stable")[:2].tolist()
    spread = [p * (1.0 - p) for p in spec.rates]
    if spec.shared is None:
        each = spread[a] / spec.shares[a] + spread[b] / spec.shares[b]
        return math.sqrt(each * inflated / spec.items)
    both = math.sqrt(spread[a] * spread[b])
    variance = (spread[a] + spread[b]) * inflated / spec.items - 2 * both * spec.icc * spec.shared
    return math.sqrt(variance)


def error_ratio(spec: PowerSpec, items: int) -> float:
    """Return the standard error with ``items`` a person over that of ``spec``.

    Its square is what people are exchanged for items at. For designs that take long to simulate.

    Examples
    --------
    >>> spec = PowerSpec(rate=0.8, bound=0.7, items=10, icc=0.2)
    >>> round(error_ratio(spec, 40) ** 2, 3)   # (1 + 39·0.2)/40 over (1 + 9·0.2)/10
    0.786
    """
    return _unit_error(replace(spec, items=items)) / _unit_error(spec)


def correlation_within(found: Estimate) -> float | None:
    """Return the correlation between answers about one person that an estimate shows.

    ``(design effect − 1)/(m − 1)`` with m answers a person, cut at 0. Of people with unequal
    numbers of answers it is a little too high, and right again for others like them.

    Returns
    -------
    In [0, 1); `None` if there is no design effect or one answer a person.

    Examples
    --------
    >>> e = Estimate(value=0.8, low=0.7, high=0.87, level=0.95, method="m", n_items=400,
    ...              n_answers=400, n_subjects=20, design_effect=2.9)
    >>> round(correlation_within(e), 3)   # (2.9 − 1)/(20 − 1)
    0.1
    """
    answers = found.n_answers / found.n_subjects if found.n_subjects else 0.0
    if found.design_effect is None or answers <= 1.0:
        return None
    return min(max((found.design_effect - 1.0) / (answers - 1.0), 0.0), 0.99)
