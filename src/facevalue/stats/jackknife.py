"""Intervals that take a person's items together, from leaving out one subject at a time.

The variance is the cluster-robust one with the CR2 correction, written with the values that
the statistic takes when each subject is left out. The interval is symmetric on the logit
scale for shares and on Fisher's z for correlations, with Student's t on *effective* degrees
of freedom: a few people with many items tell less than their number says, and so does a
spread that hangs on a few people (rare errors, all of two persons). An average of shares
varies most if each person is wholly right or wholly wrong, so its interval is never wider
than the exact binomial one over effective subjects. Where nothing varies the spread is
silent: then the interval is that one if every answer is right, or none, and the exact
binomial one over answers if everybody is right equally often.

Where a share rests on few effective errors (or few effective hits) no interval can be both
short and safe. Then it is the safer one, and its method says so (`CAUTION`).

Why this and not another: ``docs/adr/0004-intervals.md``, with the simulation.

References
----------
Bell and McCaffrey (2002), *Survey Methodology* 28(2): CR2. Efron and Tibshirani (1993), *An
Introduction to the Bootstrap*, ch. 11: the jackknife. Kish (1965), *Survey Sampling*, §8.2:
effective number under unequal weights. Satterthwaite (1946), *Biometrics Bulletin* 2: degrees
of freedom from the variance of a variance; we take three quarters of the plug-in value,
which few people overstate, and half of it with caution. Korn and Graubard (1998), *Survey
Methodology* 24(2): exact binomial intervals on an effective sample size. Clopper and Pearson
(1934), *Biometrika* 26.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import betaincinv, stdtrit

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats.metrics import Metric, Scale
from facevalue.stats.tally import FloatArray, IntArray, Tally

__all__ = [
    "CAUTION",
    "MIN_SUBJECTS",
    "IntervalSpec",
    "Replicates",
    "clopper_pearson",
    "estimate",
    "interval",
    "mean_of",
    "refuse",
    "replicate",
    "replicate_parts",
    "share_ends",
]

MIN_SUBJECTS = 5
"""Fewer subjects than this carry no interval."""

TINY = 1e-12

FEW_ERRORS = 15.0
"""Fewer effective errors, or hits, than this and the method of an interval says so."""

VERY_FEW_ERRORS = 10.0
"""Fewer than this and the interval is made the safer for it."""

TRUSTED = 1.5
"""Carriers of a spread that count as degrees of freedom: three quarters of Satterthwaite's."""

FEW_CARRIERS = 6.0
"""Fewer people than this who carry the spread of what is no share: the same."""

FEW_HOLDERS = 10
"""Fewer people than this behind one of the labels that are averaged: the same."""

PROMISED_SUBJECTS = 8
"""Fewer subjects than this carry an interval, but not the promise that it holds its level."""

CAUTION = "few subjects, errors or hits: cautious"
"""Ends the method of an interval that may cover more, or a little less, than it says."""

METHOD_LOGIT = "CR2 over subjects, logit scale, t on effective subjects"
METHOD_FISHER = "CR2 over subjects, Fisher's z, t on effective subjects"
METHOD_EXACT = "exact binomial over subjects (no variation between subjects)"
METHOD_ANSWERS = "exact binomial over answers (no variation between subjects)"
METHOD_CUT = "CR2 over subjects, cut at 0 and 1, t on effective subjects"
METHOD_WHOLE = "whole range (no variation between subjects)"
METHOD_PAIRED = "CR2 over subjects, t on effective subjects"


@dataclass(frozen=True, slots=True)
class IntervalSpec:
    """How sure an interval is to be: ``level`` in (0, 1)."""

    level: float = 0.95

    def __post_init__(self) -> None:
        if not 0.5 <= self.level < 1.0:
            raise ValueError(f"level is {self.level}, expected a number from 0.5 to below 1")


@dataclass(frozen=True)
class Replicates:
    """A statistic, and what it becomes when each subject is left out.

    Parameters
    ----------
    value
        The statistic on all subjects; NaN if undefined.
    left_out
        Its value without each contributing subject, shape ``(n_clusters,)``.
    sizes
        Answers of each contributing subject that the statistic rests on, same shape.
    subjects
        Their codes, same shape.
    n_items
        Items of the cell.
    weights
        How much the statistic hangs on each subject, same shape, in any unit; `None` where
        that is their share of the answers.
    scale
        Of the value.
    fewest_holders
        Where labels are averaged: people behind the label that fewest people have.
    most_effective
        Where a row counts several people (`facevalue.stats.mean_over_pairs`): more subjects than
        this it is not worth. Then ``sizes`` are those of the first role, and may be zero.
    """

    value: float
    left_out: FloatArray
    sizes: FloatArray
    subjects: IntArray
    n_items: int
    weights: FloatArray | None = None
    scale: Scale = Scale.SHARE
    fewest_holders: int | None = None
    most_effective: float | None = None

    @cached_property
    def n_subjects(self) -> int:
        """Subjects that contribute; where a row counts several, those of the first role."""
        if self.most_effective is None:
            return len(self.sizes)
        return int(np.count_nonzero(self.sizes))

    @property
    def counted_subjects(self) -> float:
        """Subjects that a rule on their number looks at: no more than ``most_effective``."""
        if self.most_effective is None:
            return self.n_subjects
        return min(self.n_subjects, self.most_effective)

    @cached_property
    def n_answers(self) -> int:
        """Answers that contribute."""
        return round(float(self.sizes.sum()))

    @cached_property
    def shares(self) -> FloatArray:
        """How much of the statistic hangs on each subject, shape ``(n_clusters,)``, sum 1."""
        weights = self.sizes if self.weights is None else self.weights
        divided: FloatArray = weights / max(float(weights.sum()), TINY)
        return divided

    @cached_property
    def effective_subjects(self) -> float:
        """Kish's effective number of subjects under their unequal weights, or the cap on it."""
        squares = float((self.shares**2).sum())
        effective = 1.0 / squares if squares > 0 else 0.0
        return effective if self.most_effective is None else min(effective, self.most_effective)

    @cached_property
    def independent_subjects(self) -> float:
        """Chances there were to see somebody who is otherwise, for exact binomial bounds.

        Where a row counts several people, any of them may be the one: of as many people there are
        so many times fewer rows that are free of each other.
        """
        if self.most_effective is None or self.weights is None:
            return self.effective_subjects
        per_row = float(self.weights.sum()) / self.n_answers
        return min(self.most_effective, 1.0 / float((self.shares**2).sum()) / per_row)

    @cached_property
    def deviations(self) -> FloatArray:
        """What each subject adds: their squares sum to the CR2 variance.

        ``sqrt(1 − share) · (value − value without the subject)``. For a mean with equal
        shares this is the usual variance of a mean of subjects.
        """
        scaled: FloatArray = np.sqrt(np.maximum(1.0 - self.shares, 0.0)) * (
            self.value - self.left_out
        )
        return scaled

    @cached_property
    def variance(self) -> float:
        """Cluster-robust variance of the value (CR2)."""
        return float((self.deviations**2).sum())

    @property
    def is_constant(self) -> bool:
        """Whether leaving anyone out changes nothing, so that the spread is silent."""
        return self.variance <= TINY

    @cached_property
    def effective_errors(self) -> float:
        """Errors, or hits if fewer, among the answers the share is worth; else infinite.

        An item of a person whose items are alike is worth less than one answer.
        """
        p = self.value
        if self.scale is not Scale.SHARE or not 0.0 <= p <= 1.0:
            return float("inf")
        spread, variance = p * (1.0 - p), self.variance
        n = min(spread / variance, self.n_answers) if variance > TINY else self.effective_subjects
        return n * min(p, 1.0 - p)

    @property
    def is_cautioned(self) -> bool:
        """Whether the interval rests on few subjects, effective errors or effective hits."""
        if self.counted_subjects < PROMISED_SUBJECTS:
            return True
        if self.fewest_holders is not None and self.fewest_holders < FEW_HOLDERS:
            return True
        if self.scale is Scale.SHARE:
            return self.effective_errors < FEW_ERRORS
        return carriers(self.deviations) < FEW_CARRIERS

    @cached_property
    def degrees_of_freedom(self) -> float:
        """Effective subjects minus one, or fewer if few carry the variance; at least one."""
        trusted = 1.0 if self.effective_errors < VERY_FEW_ERRORS else TRUSTED
        carried = trusted * carriers(self.deviations)
        return max(min(self.effective_subjects - 1.0, carried), 1.0)


def carriers(deviations: FloatArray) -> float:
    """Return how many subjects carry a variance, from their deviations, shape ``(n_subjects,)``.

    ``(Σd²)² / Σ(d² − mean d²)²``: half of Satterthwaite's degrees of freedom. Infinite where
    all deviate alike.

    Examples
    --------
    >>> round(carriers(np.array([-9.0] + [1.0] * 9)), 2)   # one of ten errs: 90²/5,760
    1.41
    """
    squares = deviations**2
    unequal = float(((squares - squares.mean()) ** 2).sum())
    total = float(squares.sum())
    return total**2 / unequal if unequal > TINY * total**2 else float("inf")


def replicate(metric: Metric, tally: Tally) -> Replicates:
    """Evaluate ``metric`` on all subjects of ``tally`` and without each of them."""
    return replicate_parts(metric, metric.parts(tally.counts), tally.subjects, tally.n_items)


def replicate_parts(
    metric: Metric, parts: FloatArray, subjects: IntArray, n_items: int
) -> Replicates:
    """Evaluate ``metric`` from its parts by subject, shape ``(n_subjects, n_parts)``."""
    sizes = metric.n_of_parts(parts)
    used = sizes > 0
    if not used.all():
        parts, sizes, subjects = parts[used], sizes[used], subjects[used]
    total = parts.sum(axis=0)
    weights = None if metric.weights_of_parts is None else metric.weights_of_parts(parts)
    fewest = None if metric.fewest_of_parts is None else metric.fewest_of_parts(parts)
    return Replicates(
        float(metric.of_parts(total)), metric.of_parts(total - parts), sizes, subjects, n_items,
        weights, metric.scale, fewest,
    )  # fmt: skip


def mean_of(n: FloatArray, total: FloatArray, subjects: IntArray, n_items: int) -> Replicates:
    """Return the replicates of a mean: ``total`` over ``n``, each by subject.

    Parameters
    ----------
    n, total
        Answers and their sum (of confidence, of failures …), shape ``(n_subjects,)`` each.
    """
    used = n > 0
    left_n = n.sum() - n[used]
    left_out = np.full(int(used.sum()), np.nan)
    np.divide(total.sum() - total[used], left_n, out=left_out, where=left_n > 0)
    value = float(total.sum() / n.sum()) if n.sum() > 0 else float("nan")
    return Replicates(value, left_out, n[used], subjects[used], n_items)


def refuse(replicates: Replicates, why_undefined: str = "") -> NotEstimable | None:
    """Return the reason why these replicates carry no interval, or `None`."""
    r = replicates
    reason: Reason | None = None
    detail = ""
    value: float | None = r.value if np.isfinite(r.value) else None
    if r.n_answers == 0:
        reason = Reason.NO_ITEMS
    elif value is None:
        reason, detail = Reason.UNDEFINED, why_undefined
    elif r.counted_subjects < MIN_SUBJECTS:
        reason = Reason.TOO_FEW_CLUSTERS
        # Rounded down, so that what is too few never reads as enough.
        least = np.floor(10 * r.counted_subjects) / 10
        worth = "" if r.most_effective is None else f" worth {least:g}"
        detail = f"{r.n_subjects}{worth}, at least {MIN_SUBJECTS} needed"
    elif not np.isfinite(r.left_out).all():
        n_bad = int((~np.isfinite(r.left_out)).sum())
        reason, detail = Reason.UNSTABLE, f"{n_bad} of {r.n_subjects} subjects"
    if reason is None:
        return None
    return NotEstimable(
        reason=reason, detail=detail, value=value,
        n_items=r.n_items, n_answers=r.n_answers, n_subjects=r.n_subjects,
    )  # fmt: skip


def estimate(metric: Metric, tally: Tally, spec: IntervalSpec) -> Estimate | NotEstimable:
    """Estimate ``metric`` on ``tally`` with an interval clustered by subject.

    Returns
    -------
    Estimate, or NotEstimable for NO_ITEMS, UNDEFINED, TOO_FEW_CLUSTERS, UNSTABLE.

    Examples
    --------
    >>> from facevalue.stats.metrics import metric_named
    >>> rng = np.random.default_rng(1)
    >>> t = Tally.from_codes(np.repeat(np.arange(20), 5), rng.integers(0, 2, 100),
    ...                      rng.integers(0, 2, 100), n_labels=2)
    >>> e = estimate(metric_named("accuracy", ["a", "b"]), t, IntervalSpec())
    >>> f"{e.value:.2f} ({e.low:.2f} to {e.high:.2f})"
    '0.54 (0.43 to 0.64)'
    """
    replicates = replicate(metric, tally)
    refused = refuse(replicates)
    if refused is not None:
        return refused
    return interval(replicates, spec, metric.scale, is_mean=metric.is_mean)


def interval(
    replicates: Replicates, spec: IntervalSpec, scale: Scale, *, is_mean: bool = False
) -> Estimate:
    """Put an interval around replicates that `refuse` has let pass."""
    r = replicates if replicates.scale is scale else replace(replicates, scale=scale)
    t = float(stdtrit(r.degrees_of_freedom, 0.5 + spec.level / 2))
    low, high, method = _ends(r, t, spec.level)
    return Estimate(
        value=r.value, low=low, high=high, level=spec.level,
        method=f"{method}; {CAUTION}" if r.is_cautioned else method,
        n_items=r.n_items, n_answers=r.n_answers, n_subjects=r.n_subjects,
        design_effect=_design_effect(r) if is_mean else None,
    )  # fmt: skip


def _ends(r: Replicates, t: float, level: float) -> tuple[float, float, str]:
    p, half = r.value, t * float(np.sqrt(r.variance))
    if r.scale is Scale.DIFFERENCE:
        return p - half, p + half, METHOD_PAIRED
    if r.scale is Scale.UNIT and not r.is_constant:
        return max(p - half, 0.0), min(p + half, 1.0), METHOD_CUT
    if r.scale is Scale.CORRELATION:
        inside = 1.0 - p * p
        if inside <= TINY or r.is_constant:
            return -1.0, 1.0, METHOD_WHOLE
        z, reach = np.arctanh(p), half / inside
        return float(np.tanh(z - reach)), float(np.tanh(z + reach)), METHOD_FISHER
    return share_ends(r, t, level)


def share_ends(r: Replicates, t: float, level: float) -> tuple[float, float, str]:
    """Return the ends of the interval of a share, ``t`` standard errors away, and the method.

    Parameters
    ----------
    t
        Critical value: standard errors on the logit scale.
    level
        Of the exact binomial interval, where that one is taken.
    """
    p = r.value
    spread = p * (1.0 - p)
    if spread > TINY and r.is_constant and r.scale is Scale.SHARE:
        # Everybody is right equally often, so nobody is wholly right or wholly wrong.
        return *_exact(p, r.n_answers, level), METHOD_ANSWERS
    low, high = _exact(p, r.independent_subjects, level)
    if spread <= TINY or r.is_constant:
        return low, high, METHOD_EXACT
    logit, reach = np.log(p / (1.0 - p)), t * np.sqrt(r.variance) / spread
    return max(_expit(logit - reach), low), min(_expit(logit + reach), high), METHOD_LOGIT


def _expit(x: float) -> float:
    # Two branches keep the exponential from overflowing for intervals that reach 0 or 1.
    return float(1.0 / (1.0 + np.exp(-x))) if x >= 0 else float(np.exp(x) / (1.0 + np.exp(x)))


def _exact(p: float, n: float, level: float) -> tuple[float, float]:
    # Where n is not whole, rounding must not push an end over the value.
    low, high = clopper_pearson(p, n, level)
    return min(low, p), max(high, p)


def clopper_pearson(p: float, n: float, level: float) -> tuple[float, float]:
    """Return the exact binomial interval of a share ``p`` of ``n`` independent trials.

    ``n`` may be an effective number and need not be whole (Korn and Graubard 1998, eq. 3).
    """
    tail = (1.0 - level) / 2
    x = p * n
    low = 0.0 if x <= 0 else float(betaincinv(x, n - x + 1, tail))
    high = 1.0 if x >= n else float(betaincinv(x + 1, n - x, 1 - tail))
    return low, high


def _design_effect(r: Replicates) -> float | None:
    independent = r.value * (1.0 - r.value) / r.n_answers
    return r.variance / independent if independent > TINY else None
