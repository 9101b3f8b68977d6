from __future__ import annotations

import pytest

from facevalue.audits.attribution import moved_by, moved_unequally_by
from facevalue.audits.findings import Adjusted, Finding, Place
from facevalue.audits.looks import LARGEST_GAP
from facevalue.domain.estimates import Estimate, NotEstimable, Reason


def finding(
    condition: str,
    metric: str = "unchanged_below_floor",
    *,
    value: float = 0.3,
    low: float = 0.2,
    p: float | None = 0.001,
    family: str = "robustness",
    system: str = "mine",
    attribute: str | None = None,
) -> Finding:
    place = Place(
        system=system, dataset="faces", family=family, metric=metric, condition=condition,
        attribute=attribute, group=None if attribute is None else "a − b",
        reference=None if attribute is None else LARGEST_GAP,
    )  # fmt: skip
    result = Estimate(
        value=value, low=low, high=max(value, 0.9), level=0.95, method="made up", p_value=p,
        n_items=200, n_answers=200, n_subjects=40,
    )  # fmt: skip
    adjusted = None if p is None else Adjusted(p_value=p, by="Holm over 3")
    return Finding(place=place, result=result, adjusted=adjusted)


def none(condition: str, value: float | None, metric: str = "unchanged_below_floor") -> Finding:
    place = Place(
        system="mine", dataset="faces", family="robustness", metric=metric, condition=condition
    )
    result = NotEstimable(
        reason=Reason.TOO_FEW_CLUSTERS, value=value, n_items=4, n_answers=4, n_subjects=2
    )
    return Finding(place=place, result=result)


def said(*findings: Finding, is_deterministic: bool = True) -> list[str]:
    moved = moved_by(findings, "mine", "faces", is_deterministic=is_deterministic)
    return [m.condition for m in moved]


def test_the_condition_with_the_highest_lower_end_comes_first() -> None:
    weak = finding("jpeg:2", value=0.4, low=0.1)
    assert said(weak, finding("mirror:5"), finding("alone", low=0.15)) == [
        "mirror:5", "alone", "jpeg:2",
    ]  # fmt: skip


def test_what_is_not_shown_is_not_said() -> None:
    assert said(finding("jpeg:2", p=0.051), finding("haze:1", p=None), none("shift:1", 0.5)) == []


def test_the_level_decides() -> None:
    found = [finding("jpeg:2", p=0.04)]
    assert said(*found) == ["jpeg:2"]
    assert moved_by(found, "mine", "faces", 0.99) == []


def test_fewer_changes_than_the_smallest_change_makes_move_nothing() -> None:
    assert said(finding("jpeg:2", value=-0.3, low=-0.4)) == []


def test_what_is_taken_away_counts_and_what_leaves_nothing_does_not() -> None:
    found = [finding("hide-mouth:2", family="reliance"), finding("noise:5", family="controls")]
    assert said(*found) == ["hide-mouth:2"]


def test_other_systems_groups_and_metrics_are_left_out() -> None:
    assert said(
        finding("jpeg:2", system="theirs"), finding("jpeg:2", attribute="sex"),
        finding("jpeg:2", "failure_change"),
    ) == []  # fmt: skip


def again(value: float | None, *, fails: float = 0.0, more: float = 0.0) -> list[Finding]:
    """Return what is found when the same is asked again."""
    failures = [
        finding("repeat", "failure_rate", value=fails, p=None),
        finding("repeat", "failure_change", value=more, p=None),
    ]
    if value is None:
        return [none("repeat", None, "unchanged"), *failures]
    return [finding("repeat", "unchanged", value=value, p=None), *failures]


def test_one_other_answer_to_the_same_question_is_proof() -> None:
    (moved,) = moved_by(again(0.995), "mine", "faces")
    assert (moved.condition, moved.p_value) == ("repeat", 0.0)
    assert moved.low == 1.0 - 0.995


def test_it_is_no_news_of_a_system_that_declares_to_draw() -> None:
    assert said(*again(0.9), is_deterministic=False) == []


@pytest.mark.parametrize(
    ("fails", "more"),
    # All that changed are failures; or it failed on others before, so that nobody knows.
    [(0.1, 0.1), (0.1, 0.0)],
)
def test_a_failure_is_no_other_answer(fails: float, more: float) -> None:
    assert said(*again(0.9, fails=fails, more=more)) == []


def test_more_changes_than_failures_are_other_answers() -> None:
    assert said(*again(0.8, fails=0.1, more=0.1)) == ["repeat"]


def test_nothing_is_said_where_all_answers_are_the_same_again() -> None:
    assert said(*again(1.0)) == []


def test_proof_needs_no_interval() -> None:
    _, *failures = again(0.75)
    (moved,) = moved_by([none("repeat", 0.75, "unchanged"), *failures], "mine", "faces")
    assert (moved.condition, moved.low) == ("repeat", 0.0)
    assert said(*again(None)) == []
    # Where nothing is known of failures, another answer is not known of either.
    assert said(finding("repeat", "unchanged", value=0.9, p=None)) == []


def test_the_same_of_other_checks_is_no_proof() -> None:
    assert said(finding("alone", "unchanged", value=0.9, p=None)) == []


def test_the_name_has_no_severity() -> None:
    moved = moved_by([finding("gaussian-blur:3"), finding("renamed")], "mine", "faces")
    assert {m.name for m in moved} == {"gaussian-blur", "renamed"}


def test_groups_that_are_moved_apart() -> None:
    found = [
        finding("jpeg:2", "unchanged", attribute="sex", family="disparity", low=0.1),
        finding("haze:1", "unchanged", attribute="age", family="disparity", low=0.2),
        finding("mirror:5", "unchanged", attribute="sex", family="disparity", p=0.2),
        finding("modality=voice", "unchanged", attribute="sex", family="disparity"),
        finding("jpeg:1", "accuracy_change", attribute="sex", family="disparity"),
        finding("jpeg:3", "unchanged"),
    ]
    assert [m.condition for m in moved_unequally_by(found, "mine", "faces")] == [
        "haze:1", "jpeg:2",
    ]  # fmt: skip
