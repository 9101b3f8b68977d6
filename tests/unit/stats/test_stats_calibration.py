"""Confidence against correctness, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    CAUTION,
    ConfidenceTally,
    IntervalSpec,
    Scale,
    calibration_error,
    debiased_calibration_error,
    expected_calibration_error,
    interval,
    mean_of,
    overconfidence,
    refuse,
)
from facevalue.stats.calibration import N_BINS, bin_names

SPEC = IntervalSpec(0.95)


def test_fifteen_bins_that_hold_their_upper_end() -> None:
    # 1/15 is in the first bin, a little more in the second; 0 is in the first, 1 in the last.
    given = [0.0, 1 / 15, 1 / 15 + 1e-9, 0.5, 1.0]
    t = ConfidenceTally.from_answers([0] * 5, given, [1] * 5)
    assert N_BINS == 15
    assert np.flatnonzero(t.n[0]).tolist() == [0, 1, 7, 14]
    assert t.n[0, 0] == 2


def test_bins_are_called_by_their_ends() -> None:
    assert len(set(bin_names())) == N_BINS
    assert bin_names()[:2] == ["0.00–0.07", "0.07–0.13"]
    assert bin_names()[-1] == "0.93–1.00"


def test_counts_by_subject_and_bin() -> None:
    t = ConfidenceTally.from_answers([4, 2, 4], [0.95, 0.95, 0.3], [1, 0, 1], over=0.9)
    assert t.subjects.tolist() == [2, 4]
    assert t.n[:, 14].tolist() == [1, 1]
    assert t.confidence[:, 14].tolist() == [0.95, 0.95]
    assert t.correct[:, 14].tolist() == [0, 1]
    assert t.sizes.tolist() == [1, 2]
    assert t.n_over.tolist() == [1, 1]
    assert t.wrong_confidence.tolist() == [0.95, 0]
    assert t.n_wrong_over.tolist() == [1, 0]
    assert t.n_items == 3
    assert ConfidenceTally.from_answers([1], [0.5], [1], n_items=9).n_items == 9


# Six people: confidence 0.9 (one bin) for all, two of six wrong; and 0.5 (another bin), right.
SIX = ConfidenceTally.from_answers(
    [*range(6), *range(6)], [0.9] * 6 + [0.5] * 6, [1, 1, 1, 1, 0, 0, *[1] * 6]
)


def test_calibration_error_by_hand() -> None:
    r = SIX.calibration_error()
    # |4 − 6·0.9| = 1.4 in one bin and |6 − 6·0.5| = 3 in the other: 4.4/12.
    assert r.value == pytest.approx(4.4 / 12)
    # Without one who is right in both: |3 − 4.5| + |5 − 2.5| = 4 of 10; without one who is wrong
    # in the first: |4 − 4.5| + 2.5 = 3 of 10.
    assert r.left_out.tolist() == pytest.approx([0.4] * 4 + [0.3] * 2)
    found = expected_calibration_error(SIX, SPEC)
    assert isinstance(found, Estimate)
    assert found.value == r.value
    assert found.low <= found.value <= found.high


def test_confidence_of_right_and_wrong_answers_by_hand() -> None:
    assert SIX.mean_confidence().value == pytest.approx(0.7)  # (5.4 + 3) / 12
    over = SIX.share_over()
    assert over.value == pytest.approx(6 / 12)  # 0.9 is 0.9 or more
    assert over.left_out.tolist() == pytest.approx([5 / 10] * 6)
    assert over.n_subjects == 6
    wrong = SIX.mean_confidence_when(right=False)  # two answers of two people, both at 0.9
    assert wrong.value == pytest.approx(0.9)
    assert (wrong.n_answers, wrong.n_subjects) == (2, 2)
    right = SIX.mean_confidence_when(right=True)  # (4·0.9 + 6·0.5) / 10
    assert right.value == pytest.approx(0.66)
    assert right.n_answers == 10
    assert SIX.wrong_share_over().value == 1.0


def test_accuracy_and_confidence_of_a_bin_by_hand() -> None:
    accuracy, confidence = SIX.bin_accuracy(13), SIX.bin_confidence(13)  # 0.87–0.93
    assert accuracy.value == pytest.approx(4 / 6)
    assert accuracy.n_answers == 6
    assert confidence.value == pytest.approx(0.9)
    assert refuse(SIX.bin_accuracy(0)) == NotEstimable(
        reason=Reason.NO_ITEMS, n_items=12, n_answers=0, n_subjects=0
    )


def test_overconfidence_is_seen_from_the_interval_of_the_accuracy() -> None:
    found = overconfidence(SIX, SPEC)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(0.7 - 10 / 12)
    # Everybody is as sure as everybody else, so only the accuracy varies.
    accuracy = mean_of(SIX.sizes, SIX.correct.sum(axis=1), SIX.subjects, 12)
    there = interval(accuracy, SPEC, Scale.SHARE)
    assert (found.low, found.high) == pytest.approx((0.7 - there.high, 0.7 - there.low))
    assert found.method.endswith("; of the accuracy, confidence taken along")
    assert SIX.overconfidence().scale is Scale.DIFFERENCE


def test_overconfidence_is_not_certain_where_every_answer_is_right() -> None:
    sure = np.tile([0.9, 0.97], 10)
    found = overconfidence(ConfidenceTally.from_answers(range(20), sure, [1] * 20), SPEC)
    assert isinstance(found, Estimate)
    # Exact binomial: 20 of 20 reach down to 0.025^(1/20) = 0.8316, and confidence is 0.935.
    assert (found.low, found.high) == pytest.approx((-0.065, 0.935 - 0.025 ** (1 / 20)))


def test_errors_in_opposite_directions_cancel_out_within_a_bin_only() -> None:
    # Same bin: 0.94 wrong and 0.94 right; |1 − 1.88|/2. Other bins: |1 − 0.94| + |0 − 0.1| over 2.
    same = ConfidenceTally.from_answers([0, 1], [0.94, 0.94], [0, 1]).calibration_error()
    assert same.value == pytest.approx(0.44)
    apart = ConfidenceTally.from_answers([0, 1], [0.94, 0.1], [1, 0]).calibration_error()
    assert apart.value == pytest.approx((0.06 + 0.1) / 2)


def test_error_over_labels_is_the_mean_of_their_errors() -> None:
    rng = np.random.default_rng(3)
    subject, scores, label = np.arange(40) % 8, rng.dirichlet([1, 1, 1], 40), rng.integers(0, 3, 40)
    labels = [
        ConfidenceTally.from_answers(subject, scores[:, k], label == k, n_items=40)
        for k in range(3)
    ]
    r = calibration_error(labels)
    each = [t.calibration_error() for t in labels]
    assert r.value == pytest.approx(np.mean([e.value for e in each]))
    assert r.left_out == pytest.approx(np.mean([e.left_out for e in each], axis=0))
    assert (r.n_answers, r.n_items, r.n_subjects) == (40, 40, 8)


def test_no_answers_and_few_people_have_no_calibration_error() -> None:
    empty = ConfidenceTally.from_answers([], [], [])
    nothing = NotEstimable(reason=Reason.NO_ITEMS, n_items=0, n_answers=0, n_subjects=0)
    assert expected_calibration_error(empty, SPEC) == nothing
    assert debiased_calibration_error([empty], SPEC) == nothing
    assert overconfidence(empty, SPEC) == nothing
    few = ConfidenceTally.from_answers([0, 1, 2, 3], [0.9] * 4, [1] * 4)
    plain, debiased = (
        expected_calibration_error(few, SPEC), debiased_calibration_error([few], SPEC),
    )  # fmt: skip
    assert isinstance(plain, NotEstimable)
    assert plain.reason is Reason.TOO_FEW_CLUSTERS
    assert plain.value == pytest.approx(0.1)
    # What was found is no estimate of the error without chance.
    assert isinstance(debiased, NotEstimable)
    assert debiased.value is None


def test_one_person_alone_leaves_nothing_when_left_out() -> None:
    r = ConfidenceTally.from_answers([0], [0.9], [1]).calibration_error()
    assert np.isnan(r.left_out).all()
    assert refuse(r) is not None


def test_scores_that_are_no_numbers_have_a_reason() -> None:
    for bad in (np.nan, np.inf):
        t = ConfidenceTally.from_answers(range(8), [0.5] * 7 + [bad], [1] * 8)
        for found in (
            expected_calibration_error(t, SPEC), debiased_calibration_error([t], SPEC),
            overconfidence(t, SPEC),
        ):  # fmt: skip
            assert isinstance(found, NotEstimable)
            assert (found.reason, found.value) == (Reason.UNDEFINED, None)


def test_people_who_are_all_alike_do_not_make_the_error_certain() -> None:
    # All right at 0.9: as answers are, that is no rarity of ten (0.9^10 = 0.35).
    t = ConfidenceTally.from_answers(range(10), [0.9] * 10, [1] * 10)
    found = expected_calibration_error(t, SPEC)
    assert isinstance(found, Estimate)
    assert found.low == 0.0
    assert found.low < found.value < found.high
    # Nor is it if their confidence differs a little.
    nearly = ConfidenceTally.from_answers(range(10), np.linspace(0.89, 0.91, 10), [1] * 10)
    found = debiased_calibration_error([nearly], SPEC)
    assert isinstance(found, Estimate)
    assert found.low == 0.0


def test_wholly_sure_and_wholly_right_is_calibrated_as_far_as_can_be_told() -> None:
    t = ConfidenceTally.from_answers(range(20), [1.0] * 20, [1] * 20)
    found = debiased_calibration_error([t], SPEC)
    assert isinstance(found, Estimate)
    # As the accuracy, which is at least 0.025^(1/20).
    assert (found.value, found.low) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 20))


def test_a_large_error_is_estimated_as_it_is_found() -> None:
    # 400 people, one answer each: 0.9 sure, half of them right. Far from zero nothing is due to
    # chance: 0.4, and an interval of ±1.966·√(0.25/399).
    t = ConfidenceTally.from_answers(range(400), [0.9] * 400, [1, 0] * 200)
    found = debiased_calibration_error([t], SPEC)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(0.4, abs=1e-6)
    half = 1.966 * np.sqrt(0.25 / 399)
    assert (found.low, found.high) == pytest.approx((0.4 - half, 0.4 + half), abs=0.001)
    # By chance alone √(2/π · 0.09/400) = 0.012 would show, little enough for no caution.
    assert found.method == (
        "test inversion over supposed errors, CR2 over subjects, t on effective subjects"
    )


@pytest.mark.parametrize(("n_people", "is_cautious"), [(29, True), (30, False)])
def test_few_people_are_cautioned(n_people: int, is_cautious: bool) -> None:
    # 60 answers each, nine of ten right at 0.9: chance alone would show
    # √(2/π · 0.09/(60·29)) = 0.0064, little enough.
    n = 60 * n_people
    correct = np.arange(n) % 10 != np.arange(n) // 60 % 10
    t = ConfidenceTally.from_answers(np.arange(n) // 60, [0.9] * n, correct)
    found = debiased_calibration_error([t], SPEC)
    assert isinstance(found, Estimate)
    assert (CAUTION in found.method) is is_cautious


def test_few_answers_a_bin_are_cautioned() -> None:
    # 100 people, one answer each, always 0.9 sure: √(2/π · 0.09/100) = 0.024 by chance.
    t = ConfidenceTally.from_answers(range(100), [0.9] * 100, np.arange(100) % 10 > 0)
    found = debiased_calibration_error([t], SPEC)
    assert isinstance(found, Estimate)
    assert CAUTION in found.method


def test_chance_is_taken_out() -> None:
    # Calibrated: about 0.04 is found by chance in each of forty audits, a quarter of it is left.
    rng = np.random.default_rng(8)
    values = []
    for _ in range(40):
        sure = rng.uniform(0.3, 1.0, 900)
        t = ConfidenceTally.from_answers(np.arange(900) % 30, sure, rng.random(900) < sure)
        plain, found = expected_calibration_error(t, SPEC), debiased_calibration_error([t], SPEC)
        assert isinstance(plain, Estimate)
        assert isinstance(found, Estimate)
        assert 0.0 <= found.low <= found.value <= plain.value
        assert (plain.low, plain.high) == (found.low, max(found.high, plain.value))
        values.append((plain.value, found.value))
    of_plain, without_chance = np.mean(values, axis=0)
    assert 0.03 < of_plain < 0.05
    assert without_chance < of_plain / 3


def test_the_upper_end_is_not_below_that_of_overconfidence() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        sure = rng.uniform(0.4, 1.0, 120)
        t = ConfidenceTally.from_answers(np.arange(120) % 12, sure, rng.random(120) < sure - 0.1)
        error, whole = debiased_calibration_error([t], SPEC), overconfidence(t, SPEC)
        assert isinstance(error, Estimate)
        assert isinstance(whole, Estimate)
        assert error.high >= max(abs(whole.low), abs(whole.high))
