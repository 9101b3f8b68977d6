"""Counting answers by subject, annotated and predicted label."""

from __future__ import annotations

import math

import numpy as np
import pytest

from facevalue.stats import Tally, coded


def test_answers_are_counted_by_subject_annotated_and_predicted() -> None:
    # Subject 3: a→a, b→outside. Subject 7: a→a twice, a→b once.
    t = Tally.from_codes([7, 3, 7, 3, 7], [0, 0, 0, 1, 0], [0, 0, 0, 2, 1], n_labels=2)
    assert t.subjects.tolist() == [3, 7]
    assert t.counts.tolist() == [[[1, 0, 0], [0, 0, 1]], [[2, 1, 0], [0, 0, 0]]]
    assert t.total.tolist() == [[3, 1, 0], [0, 0, 1]]
    assert (t.n_subjects, t.n_answers, t.n_items) == (2, 5, 5)


def test_without_each_leaves_one_subject_out() -> None:
    t = Tally.from_codes([0, 1, 1], [0, 0, 1], [0, 1, 1], n_labels=2)
    assert t.without_each().tolist() == [[[0, 1, 0], [0, 1, 0]], [[1, 0, 0], [0, 0, 0]]]


def test_votes_count_as_often_as_they_were_given() -> None:
    t = Tally.from_codes([0, 0], [1, 1], [0, 1], n_labels=2, weight=[3, 7], n_items=1)
    assert t.total.tolist() == [[0, 0, 0], [3, 7, 0]]
    assert (t.n_answers, t.n_items) == (10, 1)


def test_expected_counts_are_rounded_not_cut() -> None:
    # Shares of answers add up to one answer but for rounding: one, not none.
    counts = np.zeros((1, 1, 2))
    counts[0, 0, 0] = math.nextafter(1.0, 0.0)
    assert counts.sum() < 1.0
    assert Tally(counts, np.arange(1), 1).n_answers == 1


def test_subjects_without_an_answer_do_not_count() -> None:
    counts = np.zeros((3, 1, 2))
    counts[1, 0, 0] = 4
    assert Tally(counts, np.arange(3), 4).n_subjects == 1


def test_no_answers_make_an_empty_tally() -> None:
    t = Tally.from_codes([], [], [], n_labels=2)
    assert t.counts.shape == (0, 2, 3)
    assert (t.n_subjects, t.n_answers) == (0, 0)


@pytest.mark.parametrize(
    ("annotated", "predicted"),
    [
        ([0], [-1]), ([-1], [0]), ([2], [0]), ([0], [3]),
        # Whatever the other rows hold.
        ([0, 1], [1, -1]), ([1, -1], [0, 1]), ([2, 0], [0, 1]), ([0, 1], [3, 0]),
    ],
)  # fmt: skip
def test_a_code_out_of_range_is_refused_not_counted_elsewhere(
    annotated: list[int], predicted: list[int]
) -> None:
    with pytest.raises(ValueError, match=r"^codes run from 0 to 1 \(predicted: 2\)$"):
        Tally.from_codes([0] * len(annotated), annotated, predicted, n_labels=2)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^shapes do not fit: \(1, 2, 2\), \(1,\)$"):
        Tally(np.zeros((1, 2, 2)), np.arange(1), 1)
    with pytest.raises(ValueError, match=r"^shapes do not fit: \(1, 2, 3\), \(2,\)$"):
        Tally(np.zeros((1, 2, 3)), np.arange(2), 1)


@pytest.mark.parametrize(
    "given", [[5, 1, 5, 3], [9_000_000_000, 2, 9_000_000_000], [-4, 7, -4], []]
)
def test_codes_are_distinct_ascending_and_point_back(given: list[int]) -> None:
    codes, row = coded(given)
    assert codes.tolist() == sorted(set(given))
    assert codes[row].tolist() == given
