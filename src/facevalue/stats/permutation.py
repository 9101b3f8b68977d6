"""Whether groups differ at all: permuting who belongs to which group.

A person is permuted with everything that is known of them, so several items of one person are
allowed for. The statistic is the largest difference over all pairs of groups, each divided by
its own standard error, of *scores*: what each person adds to the statistic over everybody.

References
----------
Westfall and Young (1993), *Resampling-Based Multiple Testing*: max-T permutation. Chung and
Romano (2013), *Annals of Statistics* 41(2): a studentised permutation test holds its level
also where groups vary differently. Phipson and Smyth (2010), *Statistical Applications in
Genetics and Molecular Biology* 9(1): p-values from drawn permutations are never zero.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import comb

import numpy as np
from scipy import sparse

from facevalue.stats.jackknife import Replicates
from facevalue.stats.tally import FloatArray, IntArray

__all__ = ["METHOD_ALL", "METHOD_DRAWN", "Scores", "permuted_gaps", "scores_of"]

Orders = np.ndarray[tuple[int, int], np.dtype[np.int32]]

TINY = 1e-12
METHOD_DRAWN = "max-T permutation of groups over subjects"
METHOD_ALL = "max-T over all permutations of groups over subjects"
MOST_AT_ONCE = 500_000
"""Subjects times permutations of a batch: small enough to stay near the processor."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What each subject adds to a statistic, over everybody.

    Parameters
    ----------
    score
        Share times the distance of the subject's own value from the statistic, shape
        ``(n_subjects,)``; the scores of a group over its shares are its distance, to first
        order.
    share
        How much of the statistic hangs on each subject, same shape.
    subjects
        Their codes, ascending, same shape.
    """

    score: FloatArray
    share: FloatArray
    subjects: IntArray


def scores_of(everybody: Replicates) -> Scores:
    """Return the scores behind replicates over all subjects of a comparison."""
    shares = everybody.shares
    score = (everybody.value - everybody.left_out) * (1.0 - shares)
    return Scores(np.nan_to_num(score), shares, everybody.subjects)


def permuted_gaps(
    scores: Sequence[Scores],
    subjects: IntArray,
    membership: IntArray,
    n_permutations: int,
    rng: np.random.Generator,
) -> tuple[list[float | None], str]:
    """Test the largest gap of each statistic by permuting groups over subjects.

    Every statistic is tested on the same permutations. If there are no more permutations
    than asked for, all are gone through and the p-values are exact.

    Parameters
    ----------
    scores
        Of each statistic, over everybody.
    subjects
        Codes of the people in any group, ascending, shape ``(n_subjects,)``.
    membership
        Group code from 0 of each of them, same shape; every subject is in one group only.
    n_permutations, rng
        How many draws, and from where.

    Returns
    -------
    One p-value a statistic (`None` with fewer than two groups), and how they were made.

    Examples
    --------
    >>> score = np.array([0.4, 0.3, 0.5, -0.5, -0.3, -0.4])
    >>> s = Scores(score, np.full(6, 1 / 6), np.arange(6))
    >>> permuted_gaps([s], np.arange(6), np.array([0, 0, 0, 1, 1, 1]), 2000,
    ...               np.random.default_rng(1))      # 2 of the 20 ways are as far apart
    ([0.1], 'max-T over all permutations of groups over subjects')
    """
    sizes = np.bincount(membership)
    sizes = sizes[sizes > 0]
    if len(sizes) < 2:
        return [None] * len(scores), METHOD_DRAWN
    columns = np.concatenate([_columns(s, subjects) for s in scores], axis=1)
    observed = _largest(_sums(columns, np.argsort(membership, kind="stable")[None], sizes))
    n_ways = _n_ways(sizes, at_most=n_permutations)
    is_exact = n_ways is not None
    ways = _all_ways(sizes) if is_exact else _drawn_ways(len(subjects), n_permutations, rng)

    def as_far(draw: Callable[[], Orders]) -> FloatArray:
        # An undefined draw is infinite and counts against the finding: cautious.
        far = _largest(_sums(columns, draw(), sizes)) >= observed - 1e-9
        n_far: FloatArray = np.count_nonzero(far, axis=0).astype(np.float64)
        return n_far

    # Each batch has a generator of its own, so that threads change nothing.
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        exceed = np.sum(list(pool.map(as_far, ways)), axis=0)
    p = exceed / n_ways if n_ways is not None else (exceed + 1) / (n_permutations + 1)
    return [float(x) for x in p], METHOD_ALL if is_exact else METHOD_DRAWN


def _n_ways(sizes: IntArray, at_most: int) -> int | None:
    """Return in how many ways people can be sorted into groups of these sizes, unless more."""
    ways, left = 1, int(sizes.sum())
    for n in sizes:
        # Stop before the whole numbers grow long.
        if ways > at_most or (n < left and left > at_most):
            return None
        ways *= comb(left, int(n))
        left -= int(n)
    return ways if ways <= at_most else None


def _columns(scores: Scores, subjects: IntArray) -> FloatArray:
    """Return the sums that the statistic needs, by subject: score, share, and their products."""
    u, n = np.zeros(len(subjects)), np.zeros(len(subjects))
    there = np.isin(scores.subjects, subjects, assume_unique=True)
    at = np.searchsorted(subjects, scores.subjects[there])
    u[at], n[at] = scores.score[there], scores.share[there]
    # In units of a mean share, so that squares stay far from rounding.
    scale = len(subjects)
    u, n = u * scale, n * scale
    return np.stack([u, n, u * u, u * n, n * n], axis=1)


def _drawn_ways(
    n: int, n_permutations: int, rng: np.random.Generator
) -> list[Callable[[], Orders]]:
    """Return what draws each batch of orders."""
    size = max(1, MOST_AT_ONCE // n)
    sizes = [min(size, n_permutations - start) for start in range(0, n_permutations, size)]
    return [partial(_drawn, n, k, own) for k, own in zip(sizes, rng.spawn(len(sizes)), strict=True)]


def _drawn(n: int, n_permutations: int, rng: np.random.Generator) -> Orders:
    orders = np.empty((n_permutations, n), dtype=np.int32)
    order = np.arange(n)
    for row in orders:
        rng.shuffle(order)
        row[:] = order
    return orders


def _all_ways(sizes: IntArray) -> list[Callable[[], Orders]]:
    """Return every way to sort people into groups of these sizes, once each."""
    everybody = tuple(range(int(sizes.sum())))
    ways = np.array(list(_sorted_into(everybody, tuple(map(int, sizes)))), dtype=np.int32)
    return [lambda: ways]


def _sorted_into(left: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[list[int]]:
    if len(sizes) == 1:
        yield list(left)
        return
    for chosen in combinations(left, sizes[0]):
        rest = tuple(x for x in left if x not in chosen)
        for tail in _sorted_into(rest, sizes[1:]):
            yield [*chosen, *tail]


def _sums(columns: FloatArray, orders: Orders | IntArray, sizes: IntArray) -> FloatArray:
    """Sum columns by group: the first ``sizes[0]`` people of an order, and so on.

    Returns shape ``(n_orders, n_groups, n_statistics, 5)``.
    """
    n_orders, n = orders.shape
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    pointer = np.append((np.arange(n_orders)[:, None] * n + starts).ravel(), n_orders * n)
    ones = np.ones(n_orders * n)
    matrix = sparse.csr_matrix((ones, orders.ravel(), pointer), shape=(len(pointer) - 1, n))
    summed: FloatArray = np.asarray(matrix @ columns)
    return summed.reshape(n_orders, len(sizes), -1, 5)


def _largest(sums: FloatArray) -> FloatArray:
    """Largest studentised difference over pairs, shape ``(n_orders, n_statistics)``."""
    u, n, uu, un, nn = np.moveaxis(sums, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = u / n
        spread = np.maximum(uu - 2 * mean * un + mean**2 * nn, 0.0) / n**2
        variance = spread / np.maximum(1.0 - nn / n**2, TINY)
    # A group without an answer (0 / 0) is as far apart as can be.
    mean = np.where(np.isfinite(mean), mean, np.inf)
    variance = np.where(np.isfinite(variance), variance, 0.0)
    best = np.zeros((len(u), u.shape[2]))
    for a in range(u.shape[1] - 1):
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = np.abs(mean[:, a : a + 1] - mean[:, a + 1 :])
            t = apart / np.sqrt(variance[:, a : a + 1] + variance[:, a + 1 :])
        # Two silent groups: the same (0 / 0), or nothing explains how far apart they are.
        t[~(apart > TINY)] = 0.0
        best = np.maximum(best, t.max(axis=1))
    return best
