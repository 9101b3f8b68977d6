"""Whether confidence tells right answers from wrong ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facevalue.stats.jackknife import Replicates
from facevalue.stats.tally import FloatArray, IntArray, coded

__all__ = ["confidence_auroc"]


def confidence_auroc(
    subject: npt.ArrayLike,
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    n_items: int | None = None,
) -> Replicates:
    """Return how often a right answer has more confidence than a wrong one; ties count half.

    The area under the ROC curve of confidence for correctness, exact, from ranks; pairs of
    answers of one person count as others do. 0.5: confidence says nothing of it; below, the
    system is surer of its errors.

    Parameters
    ----------
    subject, confidence, correct
        Codes, finite numbers, and 0 or 1, shape ``(n_answers,)`` each.

    Returns
    -------
    Replicates; the value is NaN without a right or without a wrong answer. A subject weighs
    as much as the share of right answers and of wrong ones that are theirs.

    References
    ----------
    Hanley and McNeil (1982), *Radiology* 143(1); ties as in Mann and Whitney (1947). Obuchowski
    (1997), *Biometrics* 53(2): several answers of one person.

    Examples
    --------
    >>> r = confidence_auroc([0, 1, 2, 3], [0.9, 0.8, 0.8, 0.7], [1, 1, 0, 0])
    >>> r.value   # of four pairs three are in order and one is tied: 3.5/4
    0.875
    """
    codes, row = coded(subject)
    right = np.asarray(correct, dtype=bool)
    _, rank = np.unique(np.asarray(confidence, dtype=np.float64), return_inverse=True)
    n_subjects, n_ranks = len(codes), int(rank.max()) + 1 if len(rank) else 0
    theirs_right = np.bincount(row[right], minlength=n_subjects).astype(np.float64)
    theirs_wrong = np.bincount(row[~right], minlength=n_subjects).astype(np.float64)
    at_right = np.bincount(rank[right], minlength=n_ranks).astype(np.float64)
    at_wrong = np.bincount(rank[~right], minlength=n_ranks).astype(np.float64)
    wrong_below = np.cumsum(at_wrong) - at_wrong / 2.0
    right_above = at_right.sum() - (np.cumsum(at_right) - at_right / 2.0)
    won = np.where(right, wrong_below[rank], right_above[rank])
    # Each pair is won once by its right and once by its wrong answer.
    pairs_of = np.bincount(row, weights=won, minlength=n_subjects)
    total = float(won[right].sum())
    own = _own_pairs(row * max(n_ranks, 1) + rank, right, n_ranks, n_subjects)
    n_right, n_wrong = theirs_right.sum(), theirs_wrong.sum()
    left_pairs = (n_right - theirs_right) * (n_wrong - theirs_wrong)
    left_out = np.full(n_subjects, np.nan)
    np.divide(total - pairs_of + own, left_pairs, out=left_out, where=left_pairs > 0)
    has_pairs = n_right * n_wrong > 0
    return Replicates(
        float(total / (n_right * n_wrong)) if has_pairs else float("nan"),
        left_out,
        theirs_right + theirs_wrong,
        codes,
        len(row) if n_items is None else n_items,
        theirs_right / n_right + theirs_wrong / n_wrong if has_pairs else None,
    )


def _own_pairs(
    place: IntArray, right: npt.NDArray[np.bool_], n_ranks: int, n_subjects: int
) -> FloatArray:
    """Return how many pairs inside each subject are in order, shape ``(n_subjects,)``.

    ``place`` orders answers by subject, then by rank.
    """
    if not len(place):
        return np.zeros(n_subjects)
    order = np.argsort(place, kind="stable")
    sorted_place, is_right = place[order], right[order].astype(np.float64)
    starts = np.flatnonzero(np.diff(sorted_place, prepend=-1))
    n_right = np.add.reduceat(is_right, starts)
    n_wrong = np.add.reduceat(1.0 - is_right, starts)
    subject = sorted_place[starts] // n_ranks
    below = np.cumsum(n_wrong) - n_wrong
    first = np.flatnonzero(np.diff(subject, prepend=-1))
    before = np.repeat(below[first], np.diff(np.append(first, len(subject))))
    pairs = n_right * (below - before + n_wrong / 2.0)
    return np.bincount(subject, weights=pairs, minlength=n_subjects).astype(np.float64)
