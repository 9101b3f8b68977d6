"""What people score on the same items, and the most that any system can be expected to.

Raters agree with each other only so far, and a label made from their ratings is partly
chance. Every score here counts each item once. Ratings in words outside the taxonomy are
answers that cannot be right; they never become the label that others are scored against.
Which of several tied labels is the majority's is chance: each counts for an equal part.

Definitions and what they leave out: ``docs/adr/0011-human-ceiling.md``.

References
----------
Efron (1983), *JASA* 78: a share chosen and measured on the same data is too high, on other
data too low. Barsoum et al. (2016), ICMI: majority labels of ten raters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import comb

from facevalue.stats.jackknife import Replicates, mean_of
from facevalue.stats.ratings import Mask, RatingTally
from facevalue.stats.tally import FloatArray, IntArray

__all__ = [
    "ExpectedScore",
    "Halves",
    "best_possible",
    "half_panels",
    "majority_shares",
    "panel_score",
    "rater_score",
    "system_score",
]

MOST_RATINGS = 16
"""Panels are drawn from as many ratings of an item; of more, this many are drawn first."""


@dataclass(frozen=True, slots=True)
class ExpectedScore:
    """Right answers by subject and by the label that was right.

    Parameters
    ----------
    hits, items
        Expected right answers, and items, by label; shape ``(n_subjects, n_labels)`` each.
    n_ratings
        Ratings behind them, shape ``(n_subjects,)``.
    subjects
        Codes, shape ``(n_subjects,)``.
    n_items
        Items scored.
    """

    hits: FloatArray
    items: FloatArray
    n_ratings: FloatArray
    subjects: IntArray
    n_items: int

    def accuracy(self) -> Replicates:
        """Return the replicates of the expected share of right answers."""
        n, hits = self.items.sum(axis=1), self.hits.sum(axis=1)
        r = mean_of(n, hits, self.subjects, self.n_items)
        return replace(r, sizes=self.n_ratings[n > 0], weights=r.sizes)

    def uar(self, labels: IntArray) -> Replicates:
        """Return the replicates of the mean over ``labels`` of the share of right answers."""
        used = self.items.sum(axis=1) > 0
        hits, items = self.hits[used][:, labels], self.items[used][:, labels]
        n = items.sum(axis=0)
        shares = np.divide(items, n, out=np.zeros_like(items), where=n > 0)
        return Replicates(
            float(_mean_recall(hits.sum(axis=0), n)),
            _mean_recall(hits.sum(axis=0) - hits, n - items),
            self.n_ratings[used], self.subjects[used], self.n_items, shares.sum(axis=1),
        )  # fmt: skip


def _mean_recall(hits: FloatArray, items: FloatArray) -> FloatArray:
    # What is left of a label after its only subject is rounding.
    recalls = np.full(items.shape, np.nan)
    np.divide(hits, items, out=recalls, where=items > 1e-9)
    averaged: FloatArray = recalls.mean(axis=-1)
    return averaged


def rater_score(ratings: RatingTally, annotated: IntArray | None = None) -> ExpectedScore:
    """ExpectedScore a rater of each item, drawn at random from those who rated it.

    Against ``annotated``, or, where that is `None`, against the majority of the item's other
    raters: each rating in turn is taken out of the counts.

    Parameters
    ----------
    annotated
        Code of each item's label from elsewhere, shape ``(n_items,)``.

    Examples
    --------
    >>> r = RatingTally([[3, 1, 0], [2, 2, 0]], [0, 1])
    >>> round(rater_score(r).accuracy().value, 3)      # (3/4 · 1 + 1/4 · 0 + 0) / 2
    0.375
    """
    if annotated is not None:
        shares = ratings.counts / np.maximum(ratings.n_ratings, 1.0)[:, None]
        return _against_label(ratings, annotated, shares)
    rows, which = ratings.patterns
    reference, hits = _others(rows)
    return _score(ratings, hits[which], reference[which])


def system_score(
    ratings: RatingTally, predicted: IntArray, annotated: IntArray | None = None
) -> ExpectedScore:
    """ExpectedScore a system's answers against the same labels as `rater_score`.

    Parameters
    ----------
    predicted
        Code of each answer, ``n_labels`` outside the taxonomy; shape ``(n_items,)``.
    annotated
        As in `rater_score`.

    Examples
    --------
    >>> r = RatingTally([[3, 1, 0], [2, 2, 0]], [0, 1])
    >>> round(system_score(r, [0, 0]).accuracy().value, 3)        # (1 + 1/2) / 2
    0.75
    """
    answers = _one_hot(predicted, ratings.n_labels)
    if annotated is not None:
        return _against_label(ratings, annotated, answers)
    rows, which = ratings.patterns
    reference = _others(rows)[0][which]
    return _score(ratings, reference * answers, reference)


def panel_score(ratings: RatingTally, annotated: IntArray) -> ExpectedScore:
    """ExpectedScore the majority of all raters of an item against its label from elsewhere.

    Examples
    --------
    >>> r = RatingTally([[3, 1, 0], [2, 2, 0]], [0, 1])
    >>> panel_score(r, [0, 0]).accuracy().value                   # (1 + 1/2) / 2
    0.75
    """
    return _against_label(ratings, annotated, majority_shares(ratings))


def majority_shares(ratings: RatingTally) -> FloatArray:
    """Return how likely each label is to be an item's majority label, ``(n_items, n_labels)``.

    1 for the most frequent label, an equal part for each of several.

    Examples
    --------
    >>> majority_shares(RatingTally([[3, 1, 0], [2, 2, 0]], [0, 1])).tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    return _top(ratings.counts[:, :-1])


def _against_label(ratings: RatingTally, annotated: IntArray, answers: FloatArray) -> ExpectedScore:
    reference = _one_hot(annotated, ratings.n_labels)
    return _score(ratings, reference * answers[:, : ratings.n_labels], reference)


def _score(ratings: RatingTally, hits: FloatArray, reference: FloatArray) -> ExpectedScore:
    used = ratings.is_rated_twice
    return ExpectedScore(
        ratings.by_subject(np.where(used[:, None], hits, 0.0)),
        ratings.by_subject(np.where(used[:, None], reference, 0.0)),
        ratings.by_subject(np.where(used, ratings.n_ratings, 0.0)),
        ratings.subjects,
        int(np.count_nonzero(used)),
    )


def _one_hot(codes: IntArray, n_labels: int) -> FloatArray:
    hot: FloatArray = np.eye(n_labels + 1)[np.asarray(codes, dtype=np.int64)][:, :n_labels]
    return hot


def _top(counts: FloatArray) -> FloatArray:
    """1 for the largest of each row, an equal part if tied; 0 in a row of zeros."""
    is_top = (counts == counts.max(axis=-1, keepdims=True)) & (counts > 0)
    n_top = np.maximum(is_top.sum(axis=-1, keepdims=True), 1)
    shares: FloatArray = is_top / n_top
    return shares


def _others(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Take out one rating in turn, and look at the majority of the others.

    Returns
    -------
    How likely each label is to be that majority's, and how likely it is so when it is also
    what the rater said; shape ``(n_rows, n_labels)`` each.
    """
    n_labels = rows.shape[1] - 1
    weights = rows / np.maximum(rows.sum(axis=1), 1.0)[:, None]
    reference, hits = np.zeros((2, len(rows), n_labels))
    for said in range(n_labels + 1):
        others = rows[:, :n_labels].copy()
        if said < n_labels:
            others[:, said] -= 1.0
        expected = weights[:, said, None] * _top(others)
        reference += expected
        if said < n_labels:
            hits[:, said] = expected[:, said]
    return reference, hits


def best_possible(ratings: RatingTally, *, fresh_rater: bool = False) -> Replicates:
    """Return the replicates of the most that any system can be expected to score.

    Against the majority label, no system can do better than one that knows every rating and
    guesses which of the tied labels was written down: ``1 / (number of tied labels)``.

    Against one more rater (``fresh_rater``) the best answer is the label that most people
    would give, and the score is their share. The share among the ratings at hand is too high
    on average, since it is the largest of them: take it as "at most". `rater_score`, where the
    others' majority is held against a rater it has not seen, is too low: "at least".

    Examples
    --------
    >>> r = RatingTally([[3, 1, 0], [2, 2, 0]], [0, 1])
    >>> best_possible(r).value                                    # (1 + 1/2) / 2
    0.75
    >>> best_possible(r, fresh_rater=True).value                  # (3/4 + 2/4) / 2
    0.625
    """
    if fresh_rater:
        known = ratings.counts[:, :-1]
        return ratings.mean(known.max(axis=1) / np.maximum(known.sum(axis=1), 1.0))
    return ratings.mean(majority_shares(ratings).max(axis=1))


@dataclass(frozen=True, slots=True)
class Halves:
    """Two panels of raters for each item, half of its ratings each, drawn at random.

    Parameters
    ----------
    ratings
        Of the items.
    both
        How likely each label is to be the majority's of both halves, ``(n_items, n_labels)``.
    either
        How likely it is to be that of one half, same shape.
    """

    ratings: RatingTally
    both: FloatArray
    either: FloatArray

    def only(self, mask: Mask) -> Halves:
        """Return the items of ``mask``, shape ``(n_items,)``."""
        return Halves(self.ratings.only(mask), self.both[mask], self.either[mask])

    def accuracy(self) -> Replicates:
        """Return the replicates of how often two panels give the same majority label.

        What a panel scores against a panel. Halves disagree more than whole panels would, so
        a system can be expected to score more than this, if it does as well as half a panel.
        """
        return self.ratings.mean(self.both.sum(axis=1))

    def label_noise(self, predicted: IntArray) -> Replicates:
        """Return the replicates of the share of errors that hang on who was asked.

        Of the answers that are not the majority label of one half, the share where the
        majority label of the other half is a different one. Halves disagree more than whole
        panels would, so it is "at most".

        Parameters
        ----------
        predicted
            As in `system_score`.
        """
        used = self.ratings.is_rated_twice
        hot = _one_hot(predicted, self.ratings.n_labels)
        wrong = 1.0 - (self.either * hot).sum(axis=1)
        settled = (self.both * (1.0 - hot)).sum(axis=1)
        n = self.ratings.by_subject(np.where(used, wrong, 0.0))
        noise = self.ratings.by_subject(np.where(used, wrong - settled, 0.0))
        n, noise = (np.where(n > 1e-9, x, 0.0) for x in (n, noise))
        return mean_of(n, noise, self.ratings.subjects, int(np.count_nonzero(used)))


def half_panels(ratings: RatingTally, rng: np.random.Generator) -> Halves:
    """Split each item's ratings in halves in every possible way, and average.

    With an odd number, one half has one rating more. Nothing is drawn unless an item has more
    than 16 ratings in the taxonomy: then 16 of them are, so that panels have eight.

    Examples
    --------
    >>> r = RatingTally([[3, 1, 0]], [0])        # 2 + 0 | 1 + 1, whose tie is chance
    >>> round(half_panels(r, np.random.default_rng(0)).accuracy().value, 3)
    0.5
    """
    rows, which = ratings.patterns
    known = rows[:, :-1]
    n = known.sum(axis=1)
    if (n > MOST_RATINGS).any():
        # Every item draws its own: a draw for all items alike would not average out.
        known, which = ratings.counts[:, :-1], np.arange(len(which))
        known = _drawn(known, MOST_RATINGS, rng)
    order = np.argsort(-known, axis=1, kind="stable")
    shapes, of_shape = np.unique(
        np.take_along_axis(known, order, axis=1), axis=0, return_inverse=True
    )
    both, either = np.zeros((2, *known.shape))
    for values, found in zip(_split(shapes), (both, either), strict=True):
        np.put_along_axis(found, order, values[of_shape.reshape(-1)], axis=1)
    return Halves(ratings, both[which], either[which])


def _drawn(counts: FloatArray, most: int, rng: np.random.Generator) -> FloatArray:
    """Draw ``most`` ratings of each row that has more, without replacement."""
    drawn = counts.astype(np.int64)
    left = drawn.sum(axis=1)
    wanted = np.minimum(left, most)
    for k in range(drawn.shape[1]):
        left = left - counts[:, k].astype(np.int64)
        taken = rng.hypergeometric(drawn[:, k], left, wanted)
        wanted = wanted - taken
        drawn[:, k] = taken
    return drawn.astype(np.float64)


def _split(shapes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return `Halves.both` and `Halves.either` of rows of counts, shape ``(n_rows, n_labels)``."""
    size = np.floor(shapes.sum(axis=1) / 2)
    row = np.arange(len(shapes))
    taken = np.zeros_like(shapes)
    for k in range(shapes.shape[1]):
        # From each label as many as it has, but so many that the others can fill up the half.
        wanted = size[row] - taken.sum(axis=1)
        most = np.minimum(shapes[row, k], wanted)
        least = np.maximum(wanted - shapes[row, k + 1 :].sum(axis=1), 0.0)
        n = (most - least + 1).astype(np.int64)
        step = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        row, taken = np.repeat(row, n), np.repeat(taken, n, axis=0)
        taken[:, k] = np.repeat(least, n) + step
    ways = comb(shapes[row], taken).prod(axis=1)
    ways /= np.bincount(row, weights=ways)[row]
    one, other = _top(taken), _top(shapes[row] - taken)
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    both = np.add.reduceat(one * other * ways[:, None], starts, axis=0)
    either = np.add.reduceat((one + other) / 2 * ways[:, None], starts, axis=0)
    return both, either
