"""Confidence against correctness, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import ConfidenceTally, IntervalSpec, expected_calibration_error, refuse
from facevalue.stats.calibration import N_BINS

SPEC = IntervalSpec(0.95)


def test_fifteen_bins_that_hold_their_upper_end() -> None:
    # 1/15 is in the first bin, a little more in the second; 0 is in the first, 1 in the last.
    given = [0.0, 1 / 15, 1 / 15 + 1e-9, 0.5, 1.0]
    t = ConfidenceTally.from_answers([0] * 5, given, [1] * 5)
    assert N_BINS == 15
    assert np.flatnonzero(t.n[0]).tolist() == [0, 1, 7, 14]
    assert t.n[0, 0] == 2


def test_counts_by_subject_and_bin() -> None:
    t = ConfidenceTally.from_answers([4, 2, 4], [0.95, 0.95, 0.3], [1, 0, 1], over=0.9)
    assert t.subjects.tolist() == [2, 4]
    assert t.n[:, 14].tolist() == [1, 1]
    assert t.confidence[:, 14].tolist() == [0.95, 0.95]
    assert t.correct[:, 14].tolist() == [0, 1]
    assert t.n[1].sum() == 2
    assert t.n_over.tolist() == [1, 1]
    assert t.n_items == 3
    assert ConfidenceTally.from_answers([1], [0.5], [1], n_items=9).n_items == 9


# Six people: confidence 0.9 (one bin) for all, two of six wrong; and 0.5 (another bin), right.
SIX = ConfidenceTally.from_answers(
    [*range(6), *range(6)], [0.9] * 6 + [0.5] * 6, [1, 1, 1, 1, 0, 0, *[1] * 6]
)


def test_calibration_error_by_hand() -> None:
    found = expected_calibration_error(SIX, SPEC)
    assert isinstance(found, Estimate)
    # |4 − 6·0.9| = 1.4 in one bin and |6 − 6·0.5| = 3 in the other: 4.4/12.
    assert found.value == pytest.approx(4.4 / 12)
    r = SIX.calibration_error()
    # Without one who is right in both: |3 − 4.5| + |5 − 2.5| = 4 of 10; without one who is wrong
    # in the first: |4 − 4.5| + 2.5 = 3 of 10.
    assert r.left_out.tolist() == pytest.approx([0.4] * 4 + [0.3] * 2)
    # Deviations 1/30 four times and −2/30 twice: 5/6 · (4 + 8)/900 = 1/90. Squares 1 (four
    # times) and 4 (twice): sum 12, mean 2: 144 / (4·1 + 2·4) = 12 people carry it; Kish: 6 − 1.
    half = 2.5705818 * (1 / 90) ** 0.5  # t with 5 degrees of freedom
    assert (found.low, found.high) == pytest.approx((4.4 / 12 - half, 4.4 / 12 + half), abs=1e-7)


def test_mean_confidence_and_confident_answers_by_hand() -> None:
    assert SIX.mean_confidence().value == pytest.approx(0.7)  # (5.4 + 3) / 12
    over = SIX.share_over()
    assert over.value == pytest.approx(6 / 12)  # 0.9 is 0.9 or more
    assert over.left_out.tolist() == pytest.approx([5 / 10] * 6)
    assert over.n_subjects == 6


def test_errors_in_opposite_directions_cancel_out_within_a_bin_only() -> None:
    # Same bin: 0.94 wrong and 0.94 right; |1 − 1.88|/2. Other bins: |1 − 0.94| + |0 − 0.1| over 2.
    same = ConfidenceTally.from_answers([0, 1], [0.94, 0.94], [0, 1]).calibration_error()
    assert same.value == pytest.approx(0.44)
    apart = ConfidenceTally.from_answers([0, 1], [0.94, 0.1], [1, 0]).calibration_error()
    assert apart.value == pytest.approx((0.06 + 0.1) / 2)


def test_no_answers_and_few_people_have_no_calibration_error() -> None:
    empty = ConfidenceTally.from_answers([], [], [])
    assert expected_calibration_error(empty, SPEC) == NotEstimable(
        reason=Reason.NO_ITEMS, n_items=0, n_answers=0, n_subjects=0
    )
    few = expected_calibration_error(
        ConfidenceTally.from_answers([0, 1, 2, 3], [0.9] * 4, [1] * 4), SPEC
    )
    assert isinstance(few, NotEstimable)
    assert few.reason is Reason.TOO_FEW_CLUSTERS
    assert few.value == pytest.approx(0.1)


def test_one_person_alone_leaves_nothing_when_left_out() -> None:
    r = ConfidenceTally.from_answers([0], [0.9], [1]).calibration_error()
    assert np.isnan(r.left_out).all()
    assert refuse(r) is not None


def test_people_who_are_all_alike_do_not_make_the_error_certain() -> None:
    found = expected_calibration_error(
        ConfidenceTally.from_answers(range(10), [0.9] * 10, [1] * 10), SPEC
    )
    assert isinstance(found, Estimate)
    assert found.low < found.value < found.high
