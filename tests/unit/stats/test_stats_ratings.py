"""Ratings counted by item and label."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facevalue.stats import RatingTally, Scale


def tally(counts: Any, subject: Any = None) -> RatingTally:
    rows = np.asarray(counts, dtype=float)
    return RatingTally(rows, np.arange(len(rows)) if subject is None else np.asarray(subject))


def test_items_rated_once_or_in_other_words_cannot_be_scored() -> None:
    t = tally([[2, 0, 0], [1, 1, 0], [1, 0, 5], [0, 0, 3], [0, 0, 0]])
    assert t.n_labels == 2
    assert t.n_ratings.tolist() == [2, 2, 6, 3, 0]
    assert t.is_rated_twice.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("most", [3, 2**35])
def test_patterns_are_the_distinct_rows(most: int) -> None:
    # Counts so large that a row is no whole number of 62 bits take the slower way.
    rows = np.array([[most, 0, 1, 0], [0, 2, 0, most], [most, 0, 1, 0], [most, 1, 0, most]])
    t = tally(rows)
    distinct, which = t.patterns
    assert len(distinct) == 3
    assert distinct[which].tolist() == rows.tolist()


def test_mean_counts_each_item_once_and_keeps_its_ratings() -> None:
    # Person 4 has two items, person 9 one; the item rated once has no say.
    t = tally([[2, 0, 0], [2, 2, 0], [3, 0, 1], [1, 0, 0]], [4, 4, 9, 9])
    r = t.mean(np.array([1.0, 0.0, 0.5, 7.0]))
    assert r.value == 0.5  # (1 + 0 + 0.5) / 3
    assert r.left_out.tolist() == [0.5, 0.5]  # without 4: 0.5 / 1; without 9: 1 / 2
    assert r.sizes.tolist() == [6, 4]
    assert r.weights is not None
    assert r.weights.tolist() == [2, 1]
    assert (r.subjects.tolist(), r.n_items, r.n_answers) == ([4, 9], 3, 10)
    assert t.mean(np.zeros(4), scale=Scale.UNIT).scale is Scale.UNIT


def test_without_items_there_is_no_value() -> None:
    empty = tally(np.zeros((0, 3)), [])
    r = empty.mean(np.zeros(0))
    assert np.isnan(r.value)
    assert (r.n_subjects, r.n_items) == (0, 0)
    assert empty.by_subject(np.zeros((0, 2))).shape == (0, 2)
    assert empty.by_subject(np.zeros((0, 0))).shape == (0, 0)


def test_shapes_and_counts_are_checked() -> None:
    with pytest.raises(ValueError, match=r"^shapes do not fit: \(2, 3\), \(1,\)$"):
        tally([[1, 0, 0], [1, 0, 0]], [1])
    for bad in (-1.0, 0.5, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"^counts of ratings are whole numbers from 0 on$"):
            tally([[bad, 0, 0]])
