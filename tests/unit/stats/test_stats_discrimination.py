"""Whether confidence tells right answers from wrong ones, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.domain.estimates import Reason
from facevalue.stats import confidence_auroc, refuse


def test_pairs_in_order_and_ties_by_hand() -> None:
    # Right at 0.9 and 0.6, wrong at 0.6 and 0.3: three pairs in order, one tied: 3.5 of 4.
    r = confidence_auroc([0, 1, 2, 3], [0.9, 0.6, 0.6, 0.3], [1, 1, 0, 0])
    assert r.value == pytest.approx(3.5 / 4)
    # Without a right answer: (0.6; 0.6, 0.3) 1.5 of 2, or (0.9; …) 2 of 2. Without a wrong one:
    # (0.9, 0.6; 0.3) 2 of 2, or (…; 0.6) 1.5 of 2.
    assert r.left_out.tolist() == pytest.approx([0.75, 1.0, 1.0, 0.75])
    assert (r.n_subjects, r.n_answers, r.n_items) == (4, 4, 4)
    assert confidence_auroc([0, 1], [0.9, 0.1], [1, 0], n_items=9).n_items == 9


def test_pairs_of_one_person_go_with_that_person() -> None:
    # Person 0 has both a right and a wrong answer; without them one pair is left, in order.
    r = confidence_auroc([0, 0, 1, 2], [0.2, 0.8, 0.7, 0.5], [1, 0, 1, 0])
    # Right 0.2 and 0.7 against wrong 0.8 and 0.5: one of four in order.
    assert r.value == pytest.approx(1 / 4)
    # Without 0: 0.7 > 0.5. Without 1: 0.2 against 0.8 and 0.5, none. Without 2: against 0.8, none.
    assert r.left_out.tolist() == pytest.approx([1.0, 0.0, 0.0])
    # Half of the right and half of the wrong answers are of 0, half of the right of 1, …
    assert r.weights is not None
    assert r.weights.tolist() == pytest.approx([1.0, 0.5, 0.5])


def test_a_sure_order_and_none() -> None:
    assert confidence_auroc([0, 1], [0.9, 0.1], [1, 0]).value == 1.0
    assert confidence_auroc([0, 1], [0.1, 0.9], [1, 0]).value == 0.0
    assert confidence_auroc(range(6), [0.5] * 6, [1, 0] * 3).value == 0.5


@pytest.mark.parametrize("correct", [[1] * 6, [0] * 6])
def test_without_right_or_wrong_answers_there_is_no_pair(correct: list[int]) -> None:
    refused = refuse(confidence_auroc(range(6), np.linspace(0, 1, 6), correct))
    assert refused is not None
    assert refused.reason is Reason.UNDEFINED


def test_errors_of_one_person_alone_are_unstable() -> None:
    refused = refuse(confidence_auroc(range(6), np.linspace(0, 1, 6), [0, 1, 1, 1, 1, 1]))
    assert refused is not None
    assert refused.reason is Reason.UNSTABLE


def test_no_answers() -> None:
    refused = refuse(confidence_auroc([], [], []))
    assert refused is not None
    assert refused.reason is Reason.NO_ITEMS
