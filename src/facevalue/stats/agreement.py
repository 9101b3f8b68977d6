"""How far raters agree with each other, from counts by item and label.

Items with fewer than two ratings are left out. Ratings in words outside the taxonomy are one
more label: raters who chose such words are taken to agree, whatever the words.

References
----------
Krippendorff (2011), *Computing Krippendorff's alpha-reliability*, University of Pennsylvania,
section C: nominal data, any number of raters, missing ratings. Fleiss (1971),
*Psychological Bulletin* 76(5), eq. 3 to 7. Gwet (2014), *Handbook of Inter-Rater
Reliability*, 4th ed., ch. 2: Fleiss' kappa for unequal numbers of ratings.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from facevalue.stats.jackknife import Replicates
from facevalue.stats.metrics import Scale
from facevalue.stats.ratings import RatingTally
from facevalue.stats.tally import FloatArray

__all__ = ["fleiss_kappa", "krippendorff_alpha", "percent_agreement"]

ROUNDING = 1e-12
"""What one label only leaves over when shares are summed."""


def percent_agreement(ratings: RatingTally) -> Replicates:
    """Return the replicates of the share of pairs of ratings of an item that agree.

    Each item counts once, however many rated it.

    Examples
    --------
    >>> r = RatingTally([[2, 0, 0], [1, 2, 0]], [0, 1])   # 1 of 1 pair, 1 of 3 pairs
    >>> round(percent_agreement(r).value, 4)
    0.6667
    """
    return ratings.mean(_agreeing(ratings), ratings.n_ratings >= 2)


def krippendorff_alpha(ratings: RatingTally) -> Replicates:
    """Return the replicates of Krippendorff's alpha for nominal labels.

    ``1 − D_o / D_e``: observed over expected disagreement. 1 where all agree, 0 where ratings
    agree as often as if they were dealt to the items at random, NaN where only one label is
    used. Each rating counts once, so items with many ratings count for more.

    Examples
    --------
    >>> r = RatingTally([[4, 0, 0], [0, 4, 0], [2, 2, 0]], [0, 1, 2])
    >>> round(krippendorff_alpha(r).value, 4)    # D_o = 1/12 · 8/3, D_e = 72/132
    0.5926
    """
    counts = _pairable(ratings)
    n = counts.sum(axis=1)
    apart = np.zeros(len(n))
    np.divide(n**2 - (counts**2).sum(axis=1), n - 1.0, out=apart, where=n >= 2)
    sums = ratings.by_subject(np.column_stack([apart, counts]))
    return _replicates(ratings, sums, _alpha, sums[:, 1:].sum(axis=1))


def fleiss_kappa(ratings: RatingTally) -> Replicates:
    """Return the replicates of Fleiss' kappa, generalised to unequal numbers of ratings.

    ``(P − P_e) / (1 − P_e)``: P is the mean over items of the share of pairs that agree, P_e
    the sum of squares of the labels' shares, each the mean over items of its share of the
    item's ratings (Gwet 2014). With equal numbers this is Fleiss (1971). Gwet also lets items
    with a single rating into P_e; here they are left out of both, which keeps the value from
    falling below −1.

    Examples
    --------
    >>> r = RatingTally([[4, 0, 0], [0, 4, 0], [2, 2, 0]], [0, 1, 2])
    >>> round(fleiss_kappa(r).value, 4)          # P = 7/9, P_e = 1/2
    0.5556
    """
    counts = _pairable(ratings)
    n = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, n, out=np.zeros_like(counts), where=n >= 2)
    parts = np.column_stack([n >= 2, _agreeing(ratings), shares])
    sums = ratings.by_subject(parts)
    return _replicates(ratings, sums, _kappa, sums[:, 0])


def _pairable(ratings: RatingTally) -> FloatArray:
    return np.where((ratings.n_ratings >= 2)[:, None], ratings.counts, 0.0)


def _agreeing(ratings: RatingTally) -> FloatArray:
    """Share of the pairs of ratings of each item that agree; 0 without a pair."""
    n = ratings.n_ratings
    share = np.zeros(len(n))
    np.divide((ratings.counts**2).sum(axis=1) - n, n * (n - 1.0), out=share, where=n >= 2)
    return share


def _alpha(sums: FloatArray) -> FloatArray:
    apart, labels = sums[..., 0], sums[..., 1:]
    n = labels.sum(axis=-1)
    # D_o = apart / n and D_e = (n² − Σ n_k²) / (n (n − 1)).
    return _one_minus(apart * (n - 1.0), n**2 - (labels**2).sum(axis=-1))


def _kappa(sums: FloatArray) -> FloatArray:
    n = np.maximum(sums[..., 0], 1.0)
    by_chance = ((sums[..., 2:] / n[..., None]) ** 2).sum(axis=-1)
    # Without an item no share is taken, by_chance is 0, and nothing could be said.
    could_differ = np.where(sums[..., 0] > 0, 1.0 - by_chance, 0.0)
    return _one_minus(1.0 - sums[..., 1] / n, could_differ)


def _one_minus(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """``1 − top / bottom``, NaN where nothing could disagree."""
    out = np.full(np.shape(bottom), np.nan)
    np.divide(top, bottom, out=out, where=bottom > ROUNDING)
    return 1.0 - out


def _replicates(
    ratings: RatingTally,
    sums: FloatArray,
    statistic: Callable[[FloatArray], FloatArray],
    weights: FloatArray,
) -> Replicates:
    """Evaluate a statistic of sums by subject, on all and without each subject."""
    n_ratings = ratings.by_subject(np.where(ratings.n_ratings >= 2, ratings.n_ratings, 0.0))
    used = n_ratings > 0
    total = sums.sum(axis=0)
    return Replicates(
        float(statistic(total)), statistic(total - sums[used]), n_ratings[used],
        ratings.subjects[used], int(np.count_nonzero(ratings.n_ratings >= 2)), weights[used],
        Scale.CORRELATION,
    )  # fmt: skip
