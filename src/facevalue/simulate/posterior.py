"""How uncertain a flag rate is, as draws; and how alike looks at one person are.

A rate measured on people with several looks each gets a Beta posterior with the number of
looks that would be as informative if they were independent. That number comes from the same
variance by person that intervals of findings rest on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from facevalue.stats import Replicates, mean_of

__all__ = [
    "HALF_LEVEL",
    "Correlation",
    "Flagged",
    "beta_draws",
    "effective_looks",
    "intraclass_correlation",
    "kept",
]

FloatArray = npt.NDArray[np.float64]

HALF_LEVEL = 0.975
"""The upper level of a 95 % interval, at which t and normal quantiles are taken."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """Looks and flags by person.

    Parameters
    ----------
    looks, flags
        Counts, shape ``(n_people,)`` each, ``0 <= flags <= looks``.

    Examples
    --------
    >>> Flagged(np.array([4.0, 4.0]), np.array([1.0, 0.0])).rate
    0.125
    """

    looks: FloatArray
    flags: FloatArray

    @property
    def n_looks(self) -> float:
        """Looks in all."""
        return float(self.looks.sum())

    @property
    def n_people(self) -> int:
        """People looked at."""
        return int(np.count_nonzero(self.looks))

    @property
    def rate(self) -> float:
        """Share of looks that end in a flag."""
        return float(self.flags.sum() / self.looks.sum())

    @property
    def replicates(self) -> Replicates:
        """The rate with each person left out."""
        people = np.arange(len(self.looks))
        return mean_of(self.looks, self.flags, people, round(self.n_looks))


@dataclass(frozen=True, slots=True)
class Correlation:
    """Correlation between looks at one person, with the ends of its interval, in [0, 1]."""

    value: float
    low: float
    high: float


def effective_looks(flagged: Flagged, correlation: float | None = None) -> float:
    """Return how many independent looks a rate is worth.

    The binomial variance divided by the variance by person, times ``(z / t)²``, so that what
    few people leave unknown about the variance widens the posterior. Never more than the
    looks there are.

    Parameters
    ----------
    correlation
        Between looks at one person, for a rate of 0 or 1, where the looks themselves do not
        tell it: taken from elsewhere. Without it every person counts as one look (Kish's
        number of them), as if all looks at a person were alike.

    References
    ----------
    Korn & Graubard (1998), *Survey Methodology* 24, 193–201, for the effective sample size and
    its correction by degrees of freedom; Kish (1965), *Survey Sampling*, ch. 8, for the design
    effect. Departure: the variance is the bias-reduced one (CR2) of
    ``docs/adr/0004-intervals.md``.

    Examples
    --------
    >>> everyone_alike = Flagged(np.full(20, 10.0), np.array([10.0, 0.0] * 10))
    >>> 10 < effective_looks(everyone_alike) < 20
    True
    """
    rate = flagged.rate
    alike = 1.0 if correlation is None else correlation
    squares = float((flagged.looks**2).sum())
    assumed = flagged.n_looks**2 / (alike * squares + (1 - alike) * flagged.n_looks)
    if not 0 < rate < 1 or flagged.n_people < 2:
        return assumed
    replicates = flagged.replicates
    variance = replicates.variance
    if not (math.isfinite(variance) and variance > 0):
        return assumed
    degrees = max(1.0, replicates.degrees_of_freedom)
    shrink = special.ndtri(HALF_LEVEL) / special.stdtrit(degrees, HALF_LEVEL)
    worth = rate * (1 - rate) / variance * float(shrink) ** 2
    return float(min(worth, flagged.n_looks))


def beta_draws(rate: float, n_effective: float, uniform: FloatArray) -> FloatArray:
    """Return draws of a rate from its Beta posterior under Jeffreys' prior.

    Parameters
    ----------
    rate
        Observed share, in [0, 1].
    n_effective
        Independent looks that it is worth.
    uniform
        Levels in (0, 1), shape ``(n_draws,)``; the draws are their quantiles, rounded to what
        a 32-bit number holds, as a report keeps them.

    References
    ----------
    Brown, Cai & DasGupta (2001), *Statistical Science* 16(2), eq. 6.

    Examples
    --------
    >>> beta_draws(0.0, 20.0, np.array([0.025, 0.5, 0.975])).round(4).tolist()
    [0.0, 0.0112, 0.1166]
    """
    a = rate * n_effective + 0.5
    b = (1 - rate) * n_effective + 0.5
    return kept(special.betaincinv(a, b, uniform))


def kept(draws: FloatArray) -> FloatArray:
    """Round draws to what 32-bit numbers hold, as a report keeps them and its page reads them."""
    short: FloatArray = draws.astype(np.float32).astype(np.float64)
    return short


def intraclass_correlation(flagged: Flagged) -> Correlation | None:
    """Return the correlation between looks at one person, or `None` if the data do not tell.

    The analysis-of-variance estimator, its interval by leaving out each person in turn, both
    cut to [0, 1]. `None` where nobody or everybody is flagged at every look, where each person
    is looked at once, or with fewer than three people.

    References
    ----------
    Ridout, Demétrio & Firth (1999), *Biometrics* 55, 137–148, eq. 2 (ANOVA estimator).

    Examples
    --------
    >>> intraclass_correlation(Flagged(np.full(4, 5.0), np.array([5.0, 0.0, 5.0, 0.0]))).value
    1.0
    """
    seen = flagged.looks > 0
    n, x = flagged.looks[seen], flagged.flags[seen]
    if len(n) < 3 or not 0 < x.sum() < n.sum() or n.max() <= 1:
        return None
    sums = np.stack([np.ones(len(n)), n, x, x**2 / n, n**2])
    whole = sums.sum(axis=1, keepdims=True)
    value = float(_anova(whole).item())
    others = _anova(whole - sums)
    if not (math.isfinite(value) and np.isfinite(others).all()):
        return None
    spread = math.sqrt((len(n) - 1) / len(n) * float(((others - others.mean()) ** 2).sum()))
    reach = float(special.stdtrit(len(n) - 1, HALF_LEVEL)) * spread
    low, middle, high = (min(1.0, max(0.0, x)) for x in (value - reach, value, value + reach))
    return Correlation(middle, low, high)


def _anova(sums: FloatArray) -> FloatArray:
    """Return the estimator from sums over people, or NaN where it does not exist.

    Rows of ``sums`` are those of 1, n, x, x²/n and n², for n looks and x flags of a person.
    """
    k, total, flags, squares, sizes = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (squares - flags**2 / total) / (k - 1)
        within = (flags - squares) / (total - k)
        typical = (total - sizes / total) / (k - 1)
        spread = between + (typical - 1) * within
        # Sums of weights may miss nothing and all by the rounding of computers.
        mixed = np.minimum(flags, total - flags) > 1e-9 * total
        exists = (total > k) & mixed & (spread > 0)
        value: FloatArray = np.where(exists, (between - within) / spread, np.nan)
    return value
