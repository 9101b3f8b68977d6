"""What is asked of scores, on the small audit: numbers by hand, and reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from audits_support import measured, one, sampled, small_audit, value
from facevalue.audits import FindingSet, Sample
from facevalue.audits.calibration import calibration_statistics
from facevalue.domain import Estimate, NotEstimable, Reason

# How many of the eight answers about subjects k = 0 … 5 of both sexes are wrong (RIGHT), and how
# sure they are.
WRONG = np.array([1, 2, 2, 4, 3, 5])
RIGHT = 8 - WRONG
SURE = 0.6 + 0.037 * np.arange(6)
FAMILY = "calibration"


@pytest.fixture(scope="module")
def found() -> FindingSet:
    return measured(groups=(("sex",),), conditions=("light",), references={"sex": "m"})


def told(found: FindingSet, metric: str, **place: str | None) -> float:
    return value(one(found, metric=metric, **{"family": FAMILY, **place}))


def test_confidence_of_right_and_wrong_answers(found: FindingSet) -> None:
    # 17 wrong answers, whose k add up to 55; 31 right ones.
    assert told(found, "mean_confidence[wrong answers]") == pytest.approx(0.6 + 0.037 * 55 / 17)
    right = (48 * 0.6925 - 17 * 0.6 - 0.037 * 55) / 31
    assert told(found, "mean_confidence[right answers]") == pytest.approx(right)
    # Only k = 5, sure by 0.785, comes near: of 17 errors none has 0.9 or more.
    assert told(found, "confident_errors[0.9]") == 0.0
    again = measured(confident=0.75)
    assert told(again, "confident_errors[0.75]") == pytest.approx(5 / 17)


def test_confidence_tells_right_from_wrong_less_than_chance_here(found: FindingSet) -> None:
    wins = sum(RIGHT[k] * (WRONG[:k].sum() + WRONG[k] / 2) for k in range(6))
    assert told(found, "confidence_auroc") == pytest.approx(wins / (17 * 31))
    assert wins / (17 * 31) < 0.5  # the system is surer of its errors


def test_overconfidence_overall_by_condition_and_by_group(found: FindingSet) -> None:
    assert told(found, "overconfidence") == pytest.approx(0.6925 - 31 / 48)
    assert told(found, "overconfidence", condition="light=day") == pytest.approx(0.6925 - 19 / 24)
    by_group = {
        sex: told(found, "overconfidence", attribute="sex", group=sex) for sex in ("f", "m")
    }
    assert by_group == pytest.approx({"f": 0.6925 - 12 / 24, "m": 0.6925 - 19 / 24})
    gap = found.where(metric="overconfidence", reference="largest gap", condition=None)
    assert [f.place.group for f in gap] == ["f − m"]
    assert value(gap[0]) == pytest.approx(7 / 24)
    (against,) = found.where(metric="overconfidence", reference="m", condition=None)
    assert value(against) == pytest.approx(7 / 24)


def test_overconfidence_in_gaps_is_that_of_the_counts() -> None:
    sample = sampled(*small_audit())
    (s,) = [s for s in calibration_statistics(sample, 0.9) if s.name == "overconfidence"]
    from facevalue.audits.cells import Cell

    cell = Cell(sample, np.arange(48) % 3 > 0)
    rows, counts = s.replicates(cell), cell.confidence.overconfidence()
    assert rows.value == pytest.approx(counts.value)
    assert rows.left_out == pytest.approx(counts.left_out)
    assert (rows.sizes.tolist(), rows.scale) == (counts.sizes.tolist(), counts.scale)


def test_error_over_bins_as_found_and_without_chance(found: FindingSet) -> None:
    # 0.6 and 0.637, 0.674 and 0.711, 0.748 and 0.785 lie in a bin each, but for 0.6 = 9/15,
    # which is the upper end of the bin below.
    bins = [[0], [1], [2, 3], [4, 5]]
    off = [abs(float((8 * SURE[b] - RIGHT[b]).sum())) for b in bins]
    assert told(found, "ece") == pytest.approx(sum(off) / 48)
    debiased = one(found, metric="ece_debiased").result
    assert isinstance(debiased, Estimate)
    assert debiased.low <= debiased.value <= sum(off) / 48
    assert [f.place.group for f in found.where(metric="ece_debiased", attribute="sex")] == (
        ["f", "m"] * 3
    )


def test_bins_that_are_used_are_told(found: FindingSet) -> None:
    bins = {"0.53–0.60": [0], "0.60–0.67": [1], "0.67–0.73": [2, 3], "0.73–0.80": [4, 5]}
    curve = [
        f.place.metric for f in found.where(family=FAMILY, condition=None, attribute=None)
        if f.place.metric.startswith("reliability")
    ]  # fmt: skip
    assert curve == [f"reliability{x}[{b}]" for b in bins for x in ("", "_confidence")]
    for name, k in bins.items():
        accuracy = one(found, metric=f"reliability[{name}]").result
        assert accuracy.value == pytest.approx(RIGHT[k].sum() / (8 * len(k)))
        assert accuracy.n_answers == 8 * len(k)
        assert told(found, f"reliability_confidence[{name}]") == pytest.approx(SURE[k].mean())


def test_scores_of_all_labels(found: FindingSet) -> None:
    score = (RIGHT * 2 * (1 - SURE) ** 2 + WRONG * 2 * SURE**2).sum() / 48
    assert told(found, "brier") == pytest.approx(score)
    parts = [told(found, f"brier_{p}") for p in ("reliability", "resolution", "uncertainty")]
    rest = told(found, "brier_within_bins")
    assert parts[0] - parts[1] + parts[2] + rest == pytest.approx(score)
    for metric in ("classwise_ece[anger]", "classwise_ece[calm]", "classwise_ece"):
        error = one(found, metric=metric).result
        assert isinstance(error, Estimate)
        assert (error.n_answers, error.n_subjects) == (48, 12)


def _with(scores: object) -> Sample:
    sample = sampled(*small_audit())
    assert sample.scores is not None
    changed = sample.scores * np.nan if scores is None else np.array(scores, dtype=np.float64)
    return replace(sample, scores=changed)


def test_answers_without_scores_of_all_labels_are_left_out() -> None:
    sample = sampled(*small_audit())
    assert sample.scores is not None
    scores = sample.scores.copy()
    scores[:3] = np.nan
    scores[3, 0] = np.inf
    brier = one(measured(replace(sample, scores=scores)), metric="brier").result
    assert (brier.n_answers, brier.n_items) == (44, 44)
    nothing = one(measured(_with(None)), metric="brier").result
    assert isinstance(nothing, NotEstimable)
    assert nothing.reason is Reason.NO_ITEMS


def test_scores_that_are_all_the_same_give_numbers() -> None:
    items, answers = small_audit()
    halves = answers.with_columns(score_anger=pl.lit(0.5), score_calm=pl.lit(0.5))
    found = measured(sampled(items, halves), groups=(("sex",),))
    assert told(found, "confidence_auroc") == 0.5
    assert told(found, "overconfidence") == pytest.approx(0.5 - 31 / 48)
    assert told(found, "brier") == pytest.approx(0.5)
    assert told(found, "ece") == pytest.approx(31 / 48 - 0.5)


def test_a_system_without_scores_has_a_reason_and_no_more() -> None:
    items, answers = small_audit()
    sample = sampled(items, answers.drop("score_anger", "score_calm"))
    found = measured(sample).where(family=FAMILY)
    assert [f.place.metric for f in found] == ["ece", "mean_confidence"]
    for f in found:
        assert isinstance(f.result, NotEstimable)
        assert f.result.reason is Reason.NO_SCORES


def test_scores_without_those_of_all_labels_have_no_brier_score() -> None:
    sample = replace(sampled(*small_audit()), scores=None)
    names = {s.name for s in calibration_statistics(sample, 0.9)}
    assert "overconfidence" in names
    assert not any(n.startswith(("brier", "classwise")) for n in names)
