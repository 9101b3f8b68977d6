"""A system's scores against the distribution of ratings, in bits.

A majority label throws away how the raters were divided; these do not. Scores of the labels
of the taxonomy are scaled to add up to one, and so are the ratings in its words: what lies
outside it takes no part.

References
----------
Cover and Thomas (2006), *Elements of Information Theory*, 2nd ed., §2.1, §2.3: entropy and
relative entropy; cross-entropy is their sum. Lin (1991), *IEEE Transactions on Information
Theory* 37(1), eq. 4.1: Jensen–Shannon divergence. Krichevsky and Trofimov (1981), *IEEE
Transactions on Information Theory* 27(2): one half added to each count.
"""

from __future__ import annotations

import numpy as np

from facevalue.stats.jackknife import Replicates
from facevalue.stats.metrics import Scale
from facevalue.stats.ratings import Mask, RatingTally
from facevalue.stats.tally import FloatArray

__all__ = [
    "FLOOR",
    "cross_entropy",
    "has_scores",
    "jensen_shannon",
    "rater_cross_entropy",
    "rater_jensen_shannon",
    "rating_entropy",
]

FLOOR = 0.001
"""Least score a label counts with: a score of zero for what one rater said is not infinitely
bad. Raised scores are scaled to add up to one again."""


def has_scores(scores: FloatArray) -> Mask:
    """Return which rows of scores can be scaled: finite, none negative, one above zero."""
    known = np.isfinite(scores).all(axis=1) & (scores >= 0).all(axis=1)
    mask: Mask = known & (np.where(np.isfinite(scores), scores, 0.0).sum(axis=1) > 0)
    return mask


def cross_entropy(ratings: RatingTally, scores: FloatArray) -> Replicates:
    """Return the replicates of the mean cross-entropy of ratings and scores, in bits.

    ``−Σ_k p_k log2 q_k``: p the shares of the ratings, q the scores, none below `FLOOR`. It is
    the mean surprise at a rater's label; never below `rating_entropy`.

    Parameters
    ----------
    scores
        Shape ``(n_items, n_labels)``. Items without (see `has_scores`) are left out.

    Examples
    --------
    >>> r = RatingTally([[3, 1, 0]], [0])
    >>> cross_entropy(r, np.array([[0.5, 0.5]])).value       # −log2 ½ for either label
    1.0
    """
    used = ratings.is_rated_twice & has_scores(scores)
    raised = np.maximum(_scaled(np.where(used[:, None], scores, 1.0)), FLOOR)
    surprise = -(_shares(ratings.counts) * np.log2(_scaled(raised))).sum(axis=1)
    return ratings.mean(surprise, used, Scale.DIFFERENCE)


def rater_cross_entropy(ratings: RatingTally) -> Replicates:
    """Return the replicates of the raters' own cross-entropy, in bits.

    Each rating in turn is taken out and predicted by the shares of the others, with one half
    added to each label's count. A yardstick for `cross_entropy` on the same items.

    Examples
    --------
    >>> r = RatingTally([[2, 0, 0]], [0])                    # −log2 (1 + ½) / (1 + 2 · ½)
    >>> round(rater_cross_entropy(r).value, 3)
    0.415
    """
    rows, which = ratings.patterns
    known = rows[:, :-1]
    n = np.maximum(known.sum(axis=1, keepdims=True), 1.0)
    others = np.maximum(known - 1.0, 0.0) + 0.5
    surprise = -(_shares(rows) * np.log2(others / (n - 1.0 + known.shape[1] / 2))).sum(axis=1)
    return ratings.mean(surprise[which], scale=Scale.DIFFERENCE)


def rating_entropy(ratings: RatingTally) -> Replicates:
    """Return the replicates of the mean entropy of an item's ratings, in bits.

    No scores have a lower cross-entropy to these ratings. It is too low on average for what
    other raters would say: few ratings look more alike than many.

    Examples
    --------
    >>> rating_entropy(RatingTally([[1, 1, 0]], [0])).value
    1.0
    """
    rows, which = ratings.patterns
    return ratings.mean(_entropy(_shares(rows))[which], scale=Scale.DIFFERENCE)


def jensen_shannon(ratings: RatingTally, scores: FloatArray) -> Replicates:
    """Return the replicates of the mean Jensen–Shannon divergence of ratings and scores.

    ``H((p + q) / 2) − (H(p) + H(q)) / 2`` with entropies in bits: 0 where both are the same,
    1 where they share no label. No floor is needed.

    Parameters
    ----------
    scores
        As in `cross_entropy`.

    Examples
    --------
    >>> r = RatingTally([[4, 0, 0]], [0])
    >>> jensen_shannon(r, np.array([[0.0, 1.0]])).value
    1.0
    """
    used = ratings.is_rated_twice & has_scores(scores)
    q = _scaled(np.where(used[:, None], scores, 1.0))
    return ratings.mean(_divergence(_shares(ratings.counts), q), used)


def rater_jensen_shannon(ratings: RatingTally) -> Replicates:
    """Return the replicates of the divergence of one rating from those of the other raters.

    A rater as a system that is sure of one label. A yardstick for `jensen_shannon`.

    Examples
    --------
    >>> rater_jensen_shannon(RatingTally([[3, 0, 0]], [0])).value   # all say the same
    0.0
    """
    rows, which = ratings.patterns
    known, shares = rows[:, :-1], _shares(rows)
    n_others = np.maximum(known.sum(axis=1, keepdims=True) - 1.0, 1.0)
    apart = np.zeros(len(rows))
    for said, one in enumerate(np.eye(known.shape[1])):
        others = np.maximum(known - one, 0.0) / n_others
        apart += shares[:, said] * _divergence(others, np.broadcast_to(one, known.shape))
    return ratings.mean(apart[which])


def _shares(counts: FloatArray) -> FloatArray:
    return _scaled(counts[:, :-1])


def _scaled(values: FloatArray) -> FloatArray:
    """Rows that add up to one; rows of zeros as they are."""
    total = values.sum(axis=1, keepdims=True)
    out: FloatArray = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    return out


def _entropy(shares: FloatArray) -> FloatArray:
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    bits: FloatArray = -(shares * logs).sum(axis=1)
    return bits + 0.0  # never minus zero


def _divergence(p: FloatArray, q: FloatArray) -> FloatArray:
    bits = _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2
    clipped: FloatArray = np.clip(bits, 0.0, 1.0)
    return clipped
