"""Means over pairs and triples of items, where one row counts two or three people.

A row holds an item beside another, so what is odd about either person is in it, and a person is
in many rows: with own items in the first role, and as a partner in others. Each person is left
out of all roles at once. This takes any two rows together that share a person, and errs on the
wide side where they share more than one: those are counted once for each person they share, and
so is every row with itself.

The number of people errs on the other side if nothing is done, for two rows of six people are two
observations, not six. So no more effective subjects are told than Kish's effective number of
people in any one role, and of sets of people. With this, rules on the number of subjects refuse
more than they would have to, as where the roles are held by the same few people unequally often.
Exact binomial bounds count fewer still: of two people in a row either may be the odd one, so half
as many rows are free of each other (`Replicates.independent_subjects`). Without this up to 15 % of
intervals missed where few people are odd, with it 4 % or less.

References
----------
Aronow, Samii and Assenova (2015), *Political Analysis* 23(4): variances of pairs that share
members. Kish (1965), *Survey Sampling*, §8.2: effective number under unequal weights. The cap is
ours, held by the simulations in ``tests/unit/stats/test_stats_shared_people.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facevalue.stats.jackknife import Replicates
from facevalue.stats.tally import FloatArray, IntArray

__all__ = ["mean_over_pairs"]


def mean_over_pairs(values: FloatArray, people: Sequence[IntArray], n_items: int) -> Replicates:
    """Return the replicates of the mean of rows that each count several people.

    Parameters
    ----------
    values
        Of each row, shape ``(n_rows,)``.
    people
        Codes of who is in each row, one array of shape ``(n_rows,)`` for each role; the same code
        in two roles is the same person.
    n_items
        Items of the cell.

    Returns
    -------
    Replicates
        The mean, and the mean of the rows in which a person has no part, for all people of any
        role in ascending order; NaN for who is in every row. ``sizes`` and with them
        ``n_subjects`` are those of the first role, ``weights`` the rows that a person has part
        in, and ``most_effective`` is the smallest of Kish's effective numbers of people in each
        role and of unordered sets of people.

    Raises
    ------
    ValueError
        If no role is given, or one has another number of rows.

    Examples
    --------
    >>> r = mean_over_pairs(np.array([1.0, 0.0, 0.0]), (np.arange(3), np.array([1, 2, 0])), 3)
    >>> r.left_out.tolist()                            # of rows (0, 1), (1, 2) and (2, 0)
    [0.0, 0.0, 1.0]
    """
    n = len(values)
    if not people or any(who.shape != (n,) for who in people):
        found = [who.shape for who in people]
        raise ValueError(f"people have shapes {found}, expected one or more of {(n,)}")
    everybody, flat = np.unique(np.concatenate(people), return_inverse=True)
    codes = flat.reshape(len(people), n)
    n_people = len(everybody)
    # Each person once a row, whatever roles they have in it.
    person, row = np.divmod(np.unique(codes * n + np.arange(n)), max(n, 1))
    weights = np.bincount(person, minlength=n_people).astype(np.float64)
    rest, total = n - weights, float(values.sum())
    left_out = np.full(n_people, np.nan)
    without = total - np.bincount(person, weights=values[row], minlength=n_people)
    np.divide(without, rest, out=left_out, where=rest > 0)
    return Replicates(
        total / n if n else float("nan"), left_out,
        np.bincount(codes[0], minlength=n_people).astype(np.float64), everybody, n_items, weights,
        most_effective=_most_effective(codes),
    )  # fmt: skip


def _most_effective(codes: IntArray) -> float:
    """Return the smallest of Kish's numbers of people by role and of sets of people."""
    n = codes.shape[1]
    if n == 0:
        return 0.0
    together = np.sort(codes, axis=0)
    together = together[:, np.lexsort(together)]
    begins = np.flatnonzero(np.any(np.diff(together, axis=1) != 0, axis=0)) + 1
    sets = np.diff(np.concatenate([[0], begins, [n]]))
    return min(_kish(sets), *(_kish(np.bincount(role)) for role in codes))


def _kish(counts: IntArray) -> float:
    # Whole numbers up to the division, so that five people alike are five and not a little less.
    return float(int(counts.sum()) ** 2 / int((counts**2).sum()))
