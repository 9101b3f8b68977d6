"""The calibration error without what chance adds to it, and an interval that may hold zero.

Absolute differences do not cancel out: with few answers a bin, a system that is calibrated
perfectly shows an error, and more of it the fewer people there are. What is found is
therefore held against its law under errors that are supposed: by how much each bin may be
off moves from what was found towards zero, and away from it, in proportion to the bin's
variance (the likeliest way for bins that vary apart). The estimate is the error under which
what was found is what one expects; the interval holds those errors under which it is not
surprising.

The law is that of a sum of absolute values of normal variables: mean and variance exact for
one bin, covariances to the second order of the Hermite expansion, the shape that of a chi
variable of the same mean and variance (Wilson and Hilferty's cube root). Variances scale
with those of independent answers at the rates supposed; they are not taken as less than half
of them, nor as more than if people were wholly right or wholly wrong. So a group in which
every answer is right, which shows no variance, is not taken to be known exactly.

Near zero errors are surprising on one side only, so that side takes most of what may go wrong
there, and half of it as the error grows (unified intervals). The upper end is at least that of the
absolute difference between confidence and accuracy, which no calibration error is below.

Why this and not another: ``docs/adr/0012-calibration.md``, with the simulation.

References
----------
Guo, Pleiss, Sun and Weinberger (2017), ICML, eq. 3: the error. Bröcker (2012), *Climate
Dynamics* 39, and Kumar, Liang and Ma (2019), NeurIPS: its bias. Leone, Nelson and Nottingham
(1961), *Technometrics* 3(4): the folded normal. Chuang and Lai (2000), *Statistica Sinica*
10: intervals from laws along a path of supposed values. Feldman and Cousins (1998), *Physical
Review D* 57: unified intervals near a boundary. Wilson and Hilferty (1931), *PNAS* 17.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, stdtrit

from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats.calibration import (
    ConfidenceTally,
    calibration_error,
    overconfidence,
)
from facevalue.stats.jackknife import (
    CAUTION,
    IntervalSpec,
    Replicates,
    carriers,
    refuse,
)
from facevalue.stats.tally import FloatArray

__all__ = ["debiased_calibration_error", "expected_calibration_error"]

TINY = 1e-12
MUCH_CHANCE = 0.015
MANY_SUBJECTS = 30
"""If chance alone would show a larger error, or of fewer subjects, an interval is cautious."""

BELOW_AT_ZERO = 0.25
"""Part of the lower tail that is kept at zero: what people add is skewed, so that the upper
tail is heavier than that of the law."""

LEAST_SCALE = 0.2
"""Rates that are supposed near 0 or 1 leave no less than this part of the variance found."""

LEAST_DESIGN_EFFECT = 0.5
"""Spread found may be less than that of independent answers by chance, but not by more."""

METHOD = "test inversion over supposed errors, CR2 over subjects, t on effective subjects"


def expected_calibration_error(
    tally: ConfidenceTally, spec: IntervalSpec
) -> Estimate | NotEstimable:
    """Return the expected calibration error over 15 bins of equal width, as others report it.

    ``Σ_b n_b/n · |accuracy_b − confidence_b|``. The value is what was found, and biased upwards.
    The interval is about the error over these bins among all people like these
    (`debiased_calibration_error`), wide enough to hold the value.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), ICML, eq. 3.

    Examples
    --------
    >>> t = ConfidenceTally.from_answers(range(8), [0.9] * 8, [1, 1, 1, 1, 0, 0, 0, 0])
    >>> round(expected_calibration_error(t, IntervalSpec()).value, 3)   # |0.5 − 0.9|
    0.4
    """
    plain = tally.calibration_error()
    found = debiased_calibration_error([tally], spec)
    if isinstance(found, NotEstimable):
        return replace(found, value=plain.value if np.isfinite(plain.value) else None)
    return replace(
        found,
        value=plain.value,
        low=min(found.low, plain.value),
        high=max(found.high, plain.value),
    )


def debiased_calibration_error(
    tallies: Sequence[ConfidenceTally], spec: IntervalSpec
) -> Estimate | NotEstimable:
    """Estimate the calibration error over the bins among all people like these.

    Parameters
    ----------
    tallies
        Of the same answers: one, or one for each label, whose errors are averaged.

    Returns
    -------
    Estimate in [0, 1] whose interval holds zero where chance explains what was found; or
    NotEstimable for NO_ITEMS, TOO_FEW_CLUSTERS, UNSTABLE.

    Examples
    --------
    Of a system that is calibrated; what is found is due to chance:

    >>> rng = np.random.default_rng(1)
    >>> sure = rng.uniform(0.4, 1.0, 200)
    >>> t = ConfidenceTally.from_answers(np.arange(200) % 20, sure, rng.random(200) < sure)
    >>> found = expected_calibration_error(t, IntervalSpec()).value
    >>> e = debiased_calibration_error([t], IntervalSpec())
    >>> f"found {found:.3f}; {e.value:.3f} ({e.low:.3f} to {e.high:.3f})"
    'found 0.066; 0.005 (0.000 to 0.111)'
    """
    plain = calibration_error(tallies)
    refused = refuse(plain)
    if refused is not None:
        return replace(refused, value=None)
    bins = _bins_of(tallies, plain)
    value, low, high = bins.inverted(plain.value, spec.level)
    if len(tallies) == 1:
        whole = overconfidence(tallies[0], spec)
        assert isinstance(whole, Estimate)  # of the same subjects, and they are enough
        high = max(high, abs(whole.low), abs(whole.high))
    is_cautioned = bins.by_chance > MUCH_CHANCE or plain.n_subjects < MANY_SUBJECTS
    return Estimate(
        value=value, low=low, high=min(high, 1.0), level=spec.level,
        method=f"{METHOD}; {CAUTION}" if is_cautioned else METHOD,
        n_items=plain.n_items, n_answers=plain.n_answers, n_subjects=plain.n_subjects,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Law:
    """Mean and standard deviation of the error found, if a certain one is supposed."""

    supposed: float
    mean: float
    deviation: float

    def score(self, found: float) -> float:
        """Return how far ``found`` lies out, as a normal score (Wilson–Hilferty)."""
        second = self.mean**2 + self.deviation**2
        spread = min(self.deviation**2 / second, 1.0 - 2.0 / np.pi)
        # Of a chi variable with k degrees of freedom, second moment over variance is close to
        # 2k + 1/2 + 1/(4k), and 1 − 2/π for k = 1, the absolute value of one normal.
        y = 1.0 / spread - 0.5
        width = 2.0 / (9.0 * (y + np.sqrt(y * y - 2.0)) / 4.0)
        return float(((found**2 / second) ** (1 / 3) - 1.0 + width) / np.sqrt(width))


@dataclass(frozen=True, slots=True)
class _Bins:
    """Occupied bins: by how much they are off, and how that varies.

    Parameters
    ----------
    off, sign
        By how much, and to which side, shape ``(n_bins,)``.
    share, confidence
        Share of the answers and mean confidence of each.
    covariance
        Of what is found off, seen from the side it is on, shape ``(n_bins, n_bins)``.
    n
        Answers, counted once for each tally.
    df
        Degrees of freedom.
    design_effect
        The most there can be: that of people who are wholly right or wholly wrong.
    """

    off: FloatArray
    sign: FloatArray
    share: FloatArray
    confidence: FloatArray
    covariance: FloatArray
    n: float
    df: float
    design_effect: float

    @property
    def variance(self) -> FloatArray:
        """Variance of what each bin is off."""
        variance: FloatArray = np.diagonal(self.covariance)
        return variance

    def independent(self, size: FloatArray) -> FloatArray:
        """Return the variance of each bin if answers were independent, ``size`` off."""
        rate = np.clip(self.confidence - self.sign * size / self.share, 0.0, 1.0)
        variance: FloatArray = self.share * rate * (1.0 - rate) / self.n
        return variance

    @property
    def by_chance(self) -> float:
        """What a calibrated system would show if answers were independent."""
        return float(np.sqrt(2.0 / np.pi * self.independent(np.zeros(len(self.off)))).sum())

    def supposed(self, step: float) -> FloatArray:
        """Return by how much bins are off, ``step`` away from what was found (0)."""
        pace = self.variance / np.sqrt(self.variance.sum())
        size: FloatArray = np.maximum(self.off + step * pace, 0.0)
        return size

    def law(self, step: float) -> _Law:
        """Return the law of the error if bins are off as `supposed`."""
        size = self.supposed(step)
        found, alone = float(self.variance.sum()), float(self.independent(self.off).sum())
        alone = min(max(alone, found / self.design_effect), found / LEAST_DESIGN_EFFECT)
        scale = max(float(self.independent(size).sum()) / alone, LEAST_SCALE)
        mean, variance = _folded(size, scale * self.covariance)
        return _Law(float(size.sum()), mean, float(np.sqrt(max(variance, TINY * TINY))))

    def inverted(self, found: float, level: float) -> tuple[float, float, float]:
        """Return the estimate and both ends of the interval."""
        from scipy.optimize import brentq  # slow to load, and needed here only

        away = (1.0 - level) / 2.0
        t = float(stdtrit(self.df, 1.0 - away))

        def below(law: _Law) -> float:
            """Chance that lies below: half of all there is from ``t`` deviations on."""
            near = min(law.supposed / (law.deviation * t), 1.0)
            return away * (BELOW_AT_ZERO + (1.0 - BELOW_AT_ZERO) * near)

        def too_high(step: float) -> float:
            law = self.law(step)
            return law.score(found) - float(stdtrit(self.df, 1.0 - 2.0 * away + below(law)))

        def too_low(step: float) -> float:
            law = self.law(step)
            return law.score(found) + float(stdtrit(self.df, 1.0 - below(law)))

        pace = self.variance / np.sqrt(self.variance.sum())
        moved = pace > 0
        zero = -float((self.off[moved] / pace[moved]).max()) - TINY
        far = 1.0
        while too_low(far) > 0.0 and self.law(far).supposed < 2.0:
            far *= 2.0

        def crossed(f: Callable[[float], float]) -> float:
            if f(zero) <= 0.0:
                return self.law(zero).supposed
            return self.law(
                far if f(far) > 0.0 else brentq(f, zero, far, xtol=1e-9, maxiter=500)
            ).supposed

        value = crossed(lambda step: found - self.law(step).mean)
        low, high = crossed(too_high), crossed(too_low)
        return value, min(low, value), max(high, value)


def _folded(size: FloatArray, covariance: FloatArray) -> tuple[float, float]:
    """Return mean and variance of ``Σ|x_b|``, x normal with mean ``size`` and ``covariance``."""
    variance = np.diagonal(covariance)
    deviation = np.sqrt(variance)
    varies = deviation > 0
    ratio = np.full(len(size), 40.0)
    np.divide(size, deviation, out=ratio, where=varies)
    ratio = np.minimum(ratio, 40.0)
    density = np.exp(-(ratio**2) / 2.0) / np.sqrt(2.0 * np.pi)
    slope = 1.0 - 2.0 * ndtr(-ratio)  # mean derivative of |x|
    bend = np.zeros(len(size))  # mean second derivative
    np.divide(2.0 * density, deviation, out=bend, where=varies)
    mean = size * slope + 2.0 * deviation * density
    own = size**2 + variance - mean**2
    first = slope @ covariance @ slope - (slope**2 * variance).sum()
    second = bend @ covariance**2 @ bend - (bend**2 * variance**2).sum()
    return float(mean.sum()), float(own.sum() + first + second / 2.0)


def _bins_of(tallies: Sequence[ConfidenceTally], plain: Replicates) -> _Bins:
    used, n = plain.sizes, np.concatenate([t.n.sum(axis=0) for t in tallies])
    there, answers = n > 0, n.sum()
    sure = np.concatenate([t.confidence.sum(axis=0) for t in tallies])[there] / n[there]
    theirs = np.concatenate([t.confidence - t.correct for t in tallies], axis=1)
    theirs = theirs[tallies[0].sizes > 0][:, there]
    gap = theirs.sum(axis=0) / answers
    sign, off = np.where(gap >= 0.0, 1.0, -1.0), np.abs(gap)
    # What is off, less what is off without the subject, times the root of CR2: in one go.
    times = len(tallies)
    weight = np.sqrt(1.0 - plain.shares) / (answers - used * times)
    deviations = (theirs * sign - np.outer(used * times, off)) * weight[:, None]
    share = n[there] / answers
    covariance = deviations.T @ deviations
    silent = np.diagonal(covariance) <= TINY * np.trace(covariance)
    covariance[silent] = covariance[:, silent] = 0.0  # but for rounding
    if np.trace(covariance) <= TINY:
        # Nobody differs from anybody; then answers are taken as independent.
        covariance = np.diag(np.maximum(share * sure * (1.0 - sure) / answers, TINY * TINY))
    df = max(min(plain.effective_subjects - 1.0, carriers(deviations.sum(axis=1))), 1.0)
    most = max(plain.n_answers / plain.effective_subjects, 1.0)
    return _Bins(off, sign, share, sure, covariance, float(answers), df, most)
