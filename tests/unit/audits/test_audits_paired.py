"""Two systems on the same items, by hand on the small audit."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from audits_support import LABELS, RIGHT, measured, one, sampled, small_audit, value
from facevalue.audits import FindingSet, Sample, paired_sample
from facevalue.audits.looks import Family
from facevalue.domain import Estimate, NotEstimable, Reason
from facevalue.stats import mean_of

EXACT = 1e-12


def other_answers(answers: pl.DataFrame) -> pl.DataFrame:
    """Return a second system: always anger by day, always calm by night."""
    day = pl.col("item").str.starts_with("day")
    label = pl.when(day).then(pl.lit("anger")).otherwise(pl.lit("calm"))
    return answers.with_columns(label=label)


def pair(*, keep: pl.Expr | None = None, fail: pl.Expr | None = None) -> Sample:
    """Return both samples as one; the second answers only ``keep`` and fails on ``fail``."""
    items, answers = small_audit()
    second = other_answers(answers)
    if keep is not None:
        second = second.filter(keep)
    if fail is not None:
        second = second.with_columns(
            label=pl.when(fail).then(None).otherwise(pl.col("label")),
            failure=pl.when(fail).then(pl.lit("timeout")).otherwise(pl.col("failure")),
        )
    first = sampled(items, answers)
    return paired_sample(first, sampled(items, second, system="theirs"))


@pytest.fixture(scope="module")
def found() -> FindingSet:
    return measured(pair(), groups=(("sex",),), conditions=("light",))


def test_it_is_told_under_both_names_in_a_family_of_its_own(found: FindingSet) -> None:
    assert {f.place.system for f in found} == {"mine − theirs"}
    assert {f.place.family for f in found} == {"comparison"}
    assert {f.place.metric for f in found} == {"accuracy", "uar", "recall[anger]", "recall[calm]"}


def test_differences_by_hand(found: FindingSet) -> None:
    # Mine: 31 of 48 right. Theirs gets one of two right whatever the person: 24 of 48.
    accuracy = one(found, metric="accuracy")
    assert value(accuracy) == pytest.approx(7 / 48, abs=EXACT)
    assert value(one(found, metric="uar")) == pytest.approx(7 / 48, abs=EXACT)
    # Person by person, over both lights (two items each time): right in all, less 2 of 4.
    extra = np.array([
        RIGHT["day", sex][k] + RIGHT["night", sex][k] - 2 for sex in "fm" for k in range(6)
    ])  # fmt: skip
    assert extra.sum() == 7
    deviations = (extra - extra.mean()) / 4 / 12
    variance = (deviations**2).sum() * 12 / 11  # of a mean of twelve people
    assert isinstance(accuracy.result, Estimate)
    assert accuracy.result.p_value is not None
    squares = deviations**2
    carried = squares.sum() ** 2 / ((squares - squares.mean()) ** 2).sum()
    paired = mean_of(np.full(12, 4.0), extra.astype(float), np.arange(12), 48)
    assert paired.variance == pytest.approx(variance)
    assert min(11.0, 1.5 * carried) == 11.0
    half = 2.2009852 * variance**0.5  # t with 11 degrees of freedom, from a table
    assert (accuracy.result.low, accuracy.result.high) == pytest.approx(
        (7 / 48 - half, 7 / 48 + half), abs=1e-7
    )
    counts = accuracy.result.n_items, accuracy.result.n_answers, accuracy.result.n_subjects
    assert counts == (48, 48, 12)


def test_recall_differs_by_who_says_what(found: FindingSet) -> None:
    # Anger: mine is right where a person has 1 or 2 right: 22 of 24; theirs by day: 12 of 24.
    n_anger = sum(k > 0 for right in RIGHT.values() for k in right)
    assert n_anger == 22
    assert value(one(found, metric="recall[anger]")) == pytest.approx(10 / 24, abs=EXACT)
    # Calm: 31 − 22 = 9 of 24 and 12 of 24.
    assert value(one(found, metric="recall[calm]")) == pytest.approx(-3 / 24, abs=EXACT)


def test_a_comparison_of_groups_is_a_difference_in_differences(found: FindingSet) -> None:
    sex: dict[str, str | None] = {"metric": "accuracy", "attribute": "sex"}
    # Women: 12 of 24 and 12 of 24; men: 19 and 12.
    assert value(one(found, **sex, group="f")) == pytest.approx(0.0, abs=EXACT)
    assert value(one(found, **sex, group="m")) == pytest.approx(7 / 24, abs=EXACT)
    for group, reference in (("f", "rest"), ("m", "rest")):
        sign = -1 if group == "f" else 1
        apart = one(found, **sex, group=group, reference=reference)
        assert value(apart) == pytest.approx(sign * 7 / 24, abs=EXACT)
        assert apart.adjusted is not None
    largest = one(found, **sex, group="m − f", reference="largest gap")
    assert value(largest) == pytest.approx(7 / 24, abs=EXACT)
    assert isinstance(largest.result, Estimate)
    assert "permutation" in largest.result.method
    # No ratios of differences.
    assert found.where(metric="ratio of accuracy") == []
    assert found.where(metric="impact ratio of accuracy") == []


def test_in_a_condition_only_its_items_count(found: FindingSet) -> None:
    # By day mine has 19 of 24 right and theirs 12; by night 12 and 12.
    for light, expected in (("day", 7 / 24), ("night", 0.0)):
        told = one(found, metric="accuracy", condition=f"light={light}")
        assert value(told) == pytest.approx(expected, abs=EXACT)
        assert told.result.n_items == 24
    # Recall of anger by day: 12 of 12 and 12 of 12; nobody differs, and nobody from another.
    day = one(found, metric="recall[anger]", condition="light=day")
    assert isinstance(day.result, Estimate)
    assert (day.result.value, day.result.p_value) == (0.0, 1.0)


def test_a_difference_that_is_the_same_for_all_is_no_certainty() -> None:
    # By night theirs is never right about anger, and mine here always.
    items, answers = small_audit()
    perfect = answers.with_columns(label=pl.col("item").str.extract(r"-(\w+)$"))
    paired = paired_sample(
        sampled(items, perfect), sampled(items, other_answers(answers), system="theirs")
    )
    found = measured(paired, conditions=("light",))
    night = one(found, metric="recall[anger]", condition="light=night")
    assert night.result == NotEstimable(
        reason=Reason.UNDEFINED,
        detail="no subject differs from another, so chance cannot be told",
        value=1.0, n_items=24, n_answers=12, n_subjects=12,
    )  # fmt: skip


@pytest.mark.parametrize("how", ["keep", "fail"])
def test_items_that_only_one_of_them_answered_are_left_out_of_both(how: str) -> None:
    # Theirs gives no answer by night, by leaving items out or by failing on them.
    night = pl.col("item").str.starts_with("night")
    sample = pair(keep=~night) if how == "keep" else pair(fail=night)
    found = measured(sample, groups=(("sex",),))
    told = one(found, metric="accuracy")
    # By day: 19 and 12 of 24.
    assert value(told) == pytest.approx(7 / 24, abs=EXACT)
    assert (told.result.n_items, told.result.n_answers) == (24, 24)
    # Failures are no matter of the comparison.
    assert {f.place.family for f in found} == {"comparison"}


def test_a_system_differs_from_the_other_the_other_way_round(found: FindingSet) -> None:
    items, answers = small_audit()
    back = measured(
        paired_sample(
            sampled(items, other_answers(answers), system="theirs"), sampled(items, answers)
        ),
        groups=(("sex",),),
    )
    forth = one(found, metric="uar").result
    turned = one(back, metric="uar").result
    assert isinstance(forth, Estimate)
    assert isinstance(turned, Estimate)
    assert (turned.value, turned.low, turned.high) == pytest.approx(
        (-forth.value, -forth.high, -forth.low)
    )
    assert turned.p_value == pytest.approx(forth.p_value)


def test_votes_of_raters_may_be_one_side() -> None:
    # Three raters, of whom two always say what is annotated and one says anger.
    items, answers = small_audit()
    is_anger = pl.col("item").str.ends_with("-anger")
    votes = answers.select(
        "item",
        pl.lit(None, pl.String).alias("label"),
        pl.lit(None, pl.String).alias("failure"),
        pl.when(is_anger).then(3).otherwise(1).alias("votes_anger"),
        pl.when(is_anger).then(0).otherwise(2).alias("votes_calm"),
    )
    raters = sampled(items, votes, system="raters")
    found = measured(paired_sample(sampled(items, answers), raters))
    # Mine 31/48; raters 3/3 of anger and 2/3 of calm: 5/6 of the votes.
    assert value(one(found, metric="accuracy")) == pytest.approx(31 / 48 - 5 / 6, abs=EXACT)
    assert value(one(found, metric="recall[calm]")) == pytest.approx(9 / 24 - 2 / 3, abs=EXACT)
    assert {f.place.metric for f in found} == {
        "accuracy", "uar", *(f"recall[{x}]" for x in LABELS),
    }  # fmt: skip


def test_a_family_of_the_audit_file_may_hold_it() -> None:
    together: dict[str, Any] = {"groups": (("sex",),), "metrics": ("accuracy", "uar")}
    family = Family(name="systems", references=("rest",), adjust="max-t")
    found = measured(pair(), **together, families=(family,))
    told = found.where(group="f", reference="rest")
    assert [f.adjusted.by for f in told if f.adjusted] == ["max-t over 2 (systems)"] * 2
    # Against no difference: looks of a family of their own, one metric each.
    whole = one(found, metric="accuracy")
    assert whole.adjusted is not None
    assert whole.adjusted.by == "Holm over 1"


def test_looks_against_no_difference_may_be_read_together() -> None:
    asked: dict[str, Any] = {"metrics": ("accuracy", "recall")}
    found = measured(pair(), **asked, families=(Family(name="all", adjust="max-t"),))
    wholes = [one(found, metric=m) for m in ("accuracy", "recall[anger]", "recall[calm]")]
    assert [f.adjusted.by for f in wholes if f.adjusted] == ["max-t over 3 (all)"] * 3
    for f in wholes:
        assert isinstance(f.result, Estimate)
        assert f.adjusted is not None
        assert f.result.p_value is not None
        assert f.result.p_value <= f.adjusted.p_value <= min(1.0, 3 * f.result.p_value)
        assert f.adjusted.low is not None
        assert f.adjusted.low < f.result.low
    # Both recalls in a family of their own: single intervals at 97.5 %, which are those of the
    # same difference.
    plain, wide = measured(pair(), **asked), measured(pair(), **asked, level=0.975)
    for label in LABELS:
        told = one(plain, metric=f"recall[{label}]")
        single = one(wide, metric=f"recall[{label}]").result
        assert told.adjusted is not None
        assert isinstance(single, Estimate)
        assert told.adjusted.by == "Holm over 2"
        assert (told.adjusted.low, told.adjusted.high) == pytest.approx((single.low, single.high))
