"""Scores against the distribution of ratings, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facevalue.domain.estimates import Reason
from facevalue.stats import (
    RatingTally,
    Scale,
    cross_entropy,
    jensen_shannon,
    rater_cross_entropy,
    rater_jensen_shannon,
    rating_entropy,
    refuse,
)
from facevalue.stats.soft_labels import FLOOR, has_scores

NONE = [np.nan, np.nan]


def tally(counts: Any, subject: Any = None) -> RatingTally:
    rows = np.asarray(counts, dtype=float)
    return RatingTally(rows, np.arange(len(rows)) if subject is None else np.asarray(subject))


def test_cross_entropy_by_hand() -> None:
    t = tally([[3, 1, 0], [0, 2, 1]])
    # Shares 3/4 and 1/4 at scores 1/2 and 1/4 of 3/4: q = (2/3, 1/3). Outside takes no part.
    one = -(0.75 * np.log2(2 / 3) + 0.25 * np.log2(1 / 3))
    two = -np.log2(0.8)
    r = cross_entropy(t, np.array([[0.5, 0.25], [0.2, 0.8]]))
    assert r.value == pytest.approx((one + two) / 2, abs=1e-12)
    assert (r.n_items, r.n_answers, r.scale) == (2, 7, Scale.DIFFERENCE)


def test_a_score_of_zero_counts_as_the_floor() -> None:
    r = cross_entropy(tally([[0, 2, 0]]), np.array([[1.0, 0.0]]))
    assert r.value == pytest.approx(-np.log2(FLOOR / (1 + FLOOR)), abs=1e-12)


def test_scores_equal_to_the_shares_reach_the_entropy() -> None:
    t = tally([[3, 1, 0], [2, 2, 0]])
    shares = np.array([[0.75, 0.25], [0.5, 0.5]])
    entropy = (-(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25)) + 1) / 2
    assert rating_entropy(t).value == pytest.approx(entropy, abs=1e-12)
    assert cross_entropy(t, shares).value == pytest.approx(entropy, abs=1e-12)
    assert jensen_shannon(t, shares).value == pytest.approx(0.0, abs=1e-12)


def test_the_raters_own_cross_entropy() -> None:
    # Of [3, 1]: a with others (2, 1): 2.5/4; b with others (3, 0): 0.5/4.
    expected = -(0.75 * np.log2(2.5 / 4) + 0.25 * np.log2(0.5 / 4))
    assert rater_cross_entropy(tally([[3, 1, 0]])).value == pytest.approx(expected, abs=1e-12)


def test_divergence_by_hand() -> None:
    # p = (1, 0), q = (1/2, 1/2): H(3/4, 1/4) − (0 + 1)/2.
    expected = -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25)) - 0.5
    t = tally([[2, 0, 0]])
    assert jensen_shannon(t, np.array([[3.0, 3.0]])).value == pytest.approx(expected, abs=1e-12)
    assert jensen_shannon(t, np.array([[0.0, 1.0]])).value == 1.0
    # A rater of [2, 1]: a against (1/2, 1/2), twice of three times; b against (1, 0).
    rater = rater_jensen_shannon(tally([[2, 1, 0]]))
    assert rater.value == pytest.approx((2 * expected + 1) / 3, abs=1e-12)
    assert rater.scale is Scale.SHARE


def test_items_without_scores_are_left_out() -> None:
    scores = np.array([[0.5, 0.5], NONE, [0.0, 0.0], [-0.1, 1.1], [np.inf, 0.0], [0.5, np.nan]])
    assert has_scores(scores).tolist() == [True, False, False, False, False, False]
    t = tally([[2, 0, 0]] * 6)
    for statistic in (cross_entropy, jensen_shannon):
        r = statistic(t, scores)
        assert (r.n_items, np.isfinite(r.value)) == (1, True)
    refused = refuse(cross_entropy(t, np.full((6, 2), np.nan)))
    assert refused is not None
    assert refused.reason is Reason.NO_ITEMS


def test_items_rated_once_are_left_out() -> None:
    t = tally([[1, 0, 0], [0, 0, 0], [2, 0, 0]])
    for r in (rater_cross_entropy(t), rater_jensen_shannon(t), rating_entropy(t)):
        assert (r.n_items, np.isfinite(r.value)) == (1, True)
