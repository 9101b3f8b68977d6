"""Allowing for many looks at the same data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.special import ndtr, ndtri

from facevalue.stats.tally import FloatArray, IntArray

__all__ = ["Deviations", "benjamini_hochberg", "holm", "max_t"]

N_DRAWS = 10_000

Deviations = tuple[IntArray, FloatArray]
"""Codes of the people behind an estimate, and what each adds to its error."""


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values, in the order given.

    They bound the chance of any false alarm in the family, however the looks depend.

    Parameters
    ----------
    p_values
        Raw p-values in [0, 1], shape ``(n_tests,)``.

    References
    ----------
    Holm (1979), *Scandinavian Journal of Statistics* 6(2), 65–70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return [float(x) for x in adjusted]


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return Benjamini and Hochberg's step-up adjusted p-values, in the order given.

    They bound the expected share of false alarms among the alarms, for looks that are
    independent or positively dependent.

    Parameters
    ----------
    p_values
        Raw p-values in [0, 1], shape ``(n_tests,)``.

    References
    ----------
    Benjamini and Hochberg (1995), *Journal of the Royal Statistical Society B* 57(1).

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03])      # 0.01 · 3/1, 0.04 · 3/3, 0.03 · 3/2
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(-p, kind="stable")
    stepped = p[order] * len(p) / np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(stepped), 1.0)
    return [float(x) for x in adjusted]


def max_t(
    p_values: Sequence[float],
    deviations: Sequence[Deviations],
    level: float,
    rng: np.random.Generator,
) -> tuple[list[float], float]:
    """Adjust for many looks by how they hang together: single-step max-t.

    Looks at the same people go up and down together, and Holm's method pays for them as if
    they were separate. Here the largest of all looks is drawn, with the correlations that
    people give them.

    Parameters
    ----------
    p_values
        Raw two-sided p-values in [0, 1], shape ``(n_tests,)``.
    deviations
        Of each test's estimate: people, and what each adds to its error.
    level
        Of simultaneous intervals, in (0, 1).
    rng
        For 10,000 draws; their own error is 0.002 at p = 0.05.

    Returns
    -------
    Adjusted p-values in the order given, and the level at which single intervals hold
    together with ``level``.

    References
    ----------
    Hothorn, Bretz and Westfall (2008), *Biometrical Journal* 50(3), 346–363.
    """
    drawn = _drawn(deviations, rng)
    largest = np.sort(np.abs(drawn).max(axis=1))
    reached = -ndtri(np.clip(np.asarray(p_values, dtype=np.float64), 1e-300, 1.0) / 2.0)
    as_far = len(largest) - np.searchsorted(largest, reached - 1e-9)
    # An adjusted p-value is never below the raw one, nor zero, nor above Bonferroni's.
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.maximum((as_far + 1) / (len(largest) + 1), p)
    adjusted = np.minimum(adjusted, np.minimum(len(p) * p, 1.0))
    tail = float(ndtr(-np.quantile(largest, level)))
    return [float(x) for x in adjusted], 1.0 - 2.0 * tail


def _drawn(deviations: Sequence[Deviations], rng: np.random.Generator) -> FloatArray:
    """Draw all estimates' errors together, in standard errors; ``(N_DRAWS, n_tests)``."""
    codes = np.unique(np.concatenate([subjects for subjects, _ in deviations]))
    rows = np.concatenate([np.searchsorted(codes, subjects) for subjects, _ in deviations])
    columns = np.repeat(np.arange(len(deviations)), [len(s) for s, _ in deviations])
    scaled = [d / max(float(np.sqrt((d**2).sum())), 1e-300) for _, d in deviations]
    by_person = sparse.csc_matrix(
        (np.concatenate(scaled), (rows, columns)), shape=(len(codes), len(deviations))
    )
    correlation = np.asarray((by_person.T @ by_person).todense())
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn: FloatArray = rng.standard_normal((N_DRAWS, len(values))) @ root.T
    return drawn
