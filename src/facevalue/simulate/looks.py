"""Repeated looks at one person, which are not independent of each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = ["MAX_LOOP", "flagged_at_least_once"]

FloatArray = npt.NDArray[np.float64]

MAX_LOOP = 1000
"""Looks up to which the product is multiplied out; past it log-gamma functions are used."""

SMALLEST = 1e-15
"""A correlation below this is none: the chance is the same to the last digit."""

LARGE = 20.0
"""From here on differences of log-gamma functions are taken by Stirling's series."""


def flagged_at_least_once(rate: npt.ArrayLike, looks: int, correlation: float) -> FloatArray:
    """Return the chance of at least one flag in several looks at one person.

    The beta-binomial model: each person has a rate of their own, Beta-distributed with mean
    ``rate`` and intraclass correlation ``correlation``. Then the chance is
    ``1 − B(a, b + k) / B(a, b)`` with ``a = f(1 − ρ)/ρ`` and ``b = (1 − f)(1 − ρ)/ρ``. At
    ρ = 0 looks are independent, ``1 − (1 − f)^k``; at ρ = 1 a person is always flagged or
    never, and it is ``f``.

    Parameters
    ----------
    rate
        Flag rate of a look, in [0, 1], any shape.
    looks
        Looks at one person, at least 1.
    correlation
        Between two looks at one person, in [0, 1].

    Returns
    -------
    Chances in [0, 1], in the shape of ``rate``.

    References
    ----------
    The beta-binomial distribution, e.g. Johnson, Kemp & Kotz (2005), *Univariate Discrete
    Distributions*, 3rd ed., section 6.2.

    Examples
    --------
    >>> flagged_at_least_once([0.05], 20, 0.0).round(3).tolist()
    [0.642]
    >>> flagged_at_least_once([0.05], 20, 0.3).round(3).tolist()
    [0.253]
    """
    f = np.asarray(rate, dtype=np.float64)
    if looks < 1 or not 0 <= correlation <= 1:
        raise ValueError(f"looks is {looks}, correlation {correlation:g}")
    if correlation >= 1:
        return f.copy()
    if correlation < SMALLEST:
        # expm1 and log1p keep small rates exact.
        with np.errstate(divide="ignore"):
            independent: FloatArray = -np.expm1(looks * np.log1p(-f))
        return independent
    total = (1 - correlation) / correlation
    a, b = f * total, (1 - f) * total
    certain = b <= 0
    a, b = np.where(certain, 0.0, a), np.where(certain, 1.0, b)
    if looks <= MAX_LOOP:
        log_none = np.zeros_like(f)
        for i in range(looks):
            log_none += np.log1p(-a / (total + i))
    else:
        log_none = np.where(
            b >= LARGE,
            looks * np.log1p(-np.where(certain, 0.0, f))
            + _beyond(b, looks)
            - _beyond(total, looks),
            special.gammaln(b + looks)
            - special.gammaln(b)
            + special.gammaln(total)
            - special.gammaln(total + looks),
        )
    once: FloatArray = np.where(certain, 1.0, -np.expm1(log_none))
    return once


def _beyond(x: npt.ArrayLike, n: int) -> FloatArray:
    """Return ``lgamma(x + n) − lgamma(x) − n log x``, without the loss of large terms."""
    y = np.asarray(x, dtype=np.float64)
    beyond: FloatArray = (y + n - 0.5) * np.log1p(n / y) - n + _series(y + n) - _series(y)
    return beyond


def _series(x: FloatArray) -> FloatArray:
    z = 1 / (x * x)
    small: FloatArray = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / x
    return small
