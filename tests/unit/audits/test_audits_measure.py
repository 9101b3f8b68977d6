"""The whole of measuring on a small audit whose numbers are worked out in the comments."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import polars as pl
import pytest

from audits_support import LABELS, RIGHT, measured, one, sampled, small_audit, value
from facevalue.audits import FindingSet, MeasureSpec, Place, measure
from facevalue.audits.cells import Cell, conditions_of
from facevalue.audits.findings import Adjusted
from facevalue.audits.scope import Equivalence
from facevalue.domain import Estimate, NotEstimable, Reason
from facevalue.errors import InputError
from facevalue.stats import IntervalSpec, difference, metric_named, replicate
from facevalue.stats import estimate as estimated

EXACT = 1e-12


@pytest.fixture(scope="module")
def found() -> FindingSet:
    return measured(
        groups=(("sex",), ("age",)),
        conditions=("light",),
        references={"sex": "m"},
        joint=((("sex",), ("age",)),),
    )


# Right: 8 + 11 + 4 + 8 = 31 of 48. Anger is right for 6 + 6 + 4 + 6 = 22 of 24 (wrong only
# where the two are swapped), calm for 2 + 5 + 0 + 2 = 9 of 24. Predicted anger: the 22 and the
# 24 − 9 = 15 calm ones, 37 of 48.
LEVELS: dict[str, float] = {
    "accuracy": 31 / 48,
    "uar": (22 / 24 + 9 / 24) / 2,
    # (tp·tn − fp·fn) / √(predicted anger · annotated anger · annotated calm · predicted calm)
    "mcc": (22 * 9 - 15 * 2) / math.sqrt(37 * 24 * 24 * 11),
    "recall[anger]": 22 / 24,
    "recall[calm]": 9 / 24,
    "precision[anger]": 22 / 37,
    "precision[calm]": 9 / 11,
    "f1[anger]": 2 * 22 / (24 + 37),
    "f1[calm]": 2 * 9 / (24 + 11),
    "confusion[anger→anger]": 22 / 24,
    "confusion[anger→calm]": 2 / 24,
    "confusion[calm→anger]": 15 / 24,
    "confusion[calm→calm]": 9 / 24,
    "prediction_rate[anger]": 37 / 48,
    "prediction_rate[calm]": 11 / 48,
    # Both labels are annotated equally often, so the standardised rate is the mean of the two
    # shares predicted anger: (22/24 + 15/24) / 2.
    "standardised_prediction_rate[anger]": (22 / 24 + 15 / 24) / 2,
    "standardised_prediction_rate[calm]": (2 / 24 + 9 / 24) / 2,
    # 0.6 + 0.037·k, k = 0 … 5, equally often: 0.6 + 0.037 · 2.5.
    "mean_confidence": 0.6925,
    "failure_rate": 0.0,
}


@pytest.mark.parametrize("metric", LEVELS)
def test_levels(found: FindingSet, metric: str) -> None:
    (finding,) = (
        f
        for f in found.where(metric=metric, condition=None, attribute=None, reference=None)
        if f.place.family != "skill"
    )
    assert value(finding) == pytest.approx(LEVELS[metric], abs=EXACT)
    result = finding.result
    assert isinstance(result, Estimate)
    # Calm is predicted for f0, f1, f3, f5 and m0 to m4 only.
    n_subjects = 9 if metric == "precision[calm]" else 12
    assert (result.n_subjects, result.level) == (n_subjects, 0.95)
    assert result.low <= result.value <= result.high


def test_no_level_is_forgotten(found: FindingSet) -> None:
    levels = found.where(condition=None, attribute=None, reference=None)
    names = {f.place.metric for f in levels if f.place.family not in ("skill", "calibration")}
    assert names == set(LEVELS) - {"mean_confidence"}


def test_intervals_are_those_of_the_statistics(found: FindingSet) -> None:
    sample = sampled(*small_audit())
    (_, everything), *_ = conditions_of(sample, ())
    tally = Cell(sample, everything).tally
    assert tally.total.tolist() == [[22, 2, 0], [15, 9, 0]]
    for name in ("accuracy", "uar", "mcc"):
        expected = estimated(metric_named(name, LABELS), tally, IntervalSpec(0.95))
        (got,) = (f for f in found.where(metric=name, **NOWHERE) if f.place.family != "skill")
        assert got.result == expected


NOWHERE: dict[str, None] = dict.fromkeys(("condition", "attribute", "group", "reference"))


def test_conditions_and_groups(found: FindingSet) -> None:
    for light in ("day", "night"):
        there = {"metric": "accuracy", "condition": f"light={light}"}
        both = RIGHT[light, "f"], RIGHT[light, "m"]
        (whole,) = (
            f
            for f in found.where(**there, attribute=None, group=None, reference=None)
            if f.place.family == "correctness"
        )
        assert value(whole) == pytest.approx(sum(map(sum, both)) / 24, abs=EXACT)
        for sex, right in zip("fm", both, strict=True):
            group = one(found, **there, attribute="sex", group=sex)
            assert value(group) == pytest.approx(sum(right) / 12, abs=EXACT)
            assert (group.result.n_items, group.result.n_subjects) == (12, 6)
    # Of both conditions: 8 + 4 = 12 and 11 + 8 = 19 of 24.
    assert value(one(found, metric="accuracy", attribute="sex", group="f")) == 12 / 24
    assert value(one(found, metric="accuracy", attribute="sex", group="m")) == 19 / 24


def test_gaps_against_the_rest_the_reference_and_the_largest(found: FindingSet) -> None:
    sex: dict[str, str | None] = {"metric": "accuracy", "attribute": "sex"}
    gap = 12 / 24 - 19 / 24
    against_rest = one(found, **sex, group="f", reference="rest")
    named = one(found, **sex, group="f", reference="m")
    largest = one(found, **sex, group="m − f", reference="largest gap")
    assert value(against_rest) == pytest.approx(gap, abs=EXACT)
    assert value(one(found, **sex, group="m", reference="rest")) == pytest.approx(-gap, abs=EXACT)
    assert value(named) == pytest.approx(gap, abs=EXACT)
    assert value(largest) == pytest.approx(-gap, abs=EXACT)
    ratio = one(found, metric="ratio of accuracy", attribute="sex", group="f", reference="rest")
    assert value(ratio) == pytest.approx(12 / 19, abs=EXACT)
    # With two groups the rest is the other one: the same estimate under two names.
    assert against_rest.result == named.result
    assert found.where(metric="accuracy", attribute="sex", group="m", reference="m") == []
    for finding in (against_rest, named, largest, ratio):
        assert (finding.place.family, finding.result.n_subjects) == ("disparity", 12)


def test_differences_are_those_of_the_statistics(found: FindingSet) -> None:
    sample = sampled(*small_audit())
    (_, everything), *_ = conditions_of(sample, ())
    cell = Cell(sample, everything)
    accuracy = metric_named("accuracy", LABELS)
    f, m = (
        replicate(accuracy, cell.only(sample.attributes["sex"].codes == code).tally)
        for code in (0, 1)
    )
    got = one(found, metric="accuracy", attribute="sex", group="f", reference="rest")
    assert got.result == difference(f, m, IntervalSpec(0.95))


def test_the_largest_gap_over_several_attributes(found: FindingSet) -> None:
    # Age: subjects 0, 2, 4 are old. Old, day and night, f and m: (2+1+1) + (2+2+2) + (1+1+1) +
    # (2+2+1) = 18 of 24; young: 31 − 18 = 13 of 24. 5/24 is less than the 7/24 between sexes.
    age = {"metric": "accuracy", "attribute": "age"}
    assert value(one(found, **age, group="old")) == 18 / 24
    assert value(one(found, **age, group="young")) == 13 / 24
    joint = one(
        found,
        metric="accuracy",
        attribute="sex or age",
        group="m − f",
        reference="largest gap",
    )
    alone = one(found, metric="accuracy", attribute="sex", group="m − f", reference="largest gap")
    assert value(joint) == pytest.approx(7 / 24, abs=EXACT)
    # Looking at more pairs lowers the lower end; the upper end needs no allowance.
    assert isinstance(joint.result, Estimate)
    assert isinstance(alone.result, Estimate)
    assert joint.result.low <= alone.result.low
    assert joint.result.high == alone.result.high


def test_reference_systems(found: FindingSet) -> None:
    skill = {"family": "skill", "condition": None, "attribute": None}

    def scored(metric: str, name: str) -> float:
        (finding,) = found.where(**skill, metric=metric, group=f"reference: {name}")
        return value(finding)

    def advantage(metric: str, name: str) -> float:
        (finding,) = found.where(**skill, metric=metric, reference=name)
        return value(finding)

    for metric in ("accuracy", "uar"):
        # Always anger is right for half the items, and so is a guess: 37/48 · ½ + 11/48 · ½.
        assert scored(metric, "majority") == pytest.approx(1 / 2, abs=EXACT)
        assert scored(metric, "random") == pytest.approx(1 / 2, abs=EXACT)
        # The mean of 99 shuffles is near their expectation, which is that of random answers.
        assert scored(metric, "shuffled") == pytest.approx(1 / 2, abs=0.03)
        for name in ("majority", "random", "shuffled"):
            assert advantage(metric, name) == pytest.approx(31 / 48 - 1 / 2, abs=EXACT)


def test_families_of_looks_are_adjusted_by_holm(found: FindingSet) -> None:
    sex: dict[str, str | None] = {"attribute": "sex", "condition": None, "reference": "rest"}
    accuracy = found.where(**sex, metric="accuracy")
    # Of two groups each is the rest of the other: one difference told twice, one look.
    assert len(accuracy) == 2
    for f in accuracy:
        assert isinstance(f.result, Estimate)
        assert f.result.p_value is not None
        assert f.p_adjusted == pytest.approx(f.result.p_value, abs=EXACT)
        assert f.adjusted == Adjusted(p_value=f.p_adjusted or 0.0, by="Holm over 1")
    # Recall is one family over both labels: two looks; the smallest p is taken twice, and the
    # interval that is right for both at once is the one at 97.5 %.
    recall = [
        *found.where(**sex, metric="recall[anger]"),
        *found.where(**sex, metric="recall[calm]"),
    ]
    ps = [f.result.p_value for f in recall if isinstance(f.result, Estimate)]
    assert len(ps) == 4
    smallest = min(p for p in ps if p is not None)
    adjusted = min(f.p_adjusted for f in recall if f.p_adjusted is not None)
    assert adjusted == pytest.approx(min(1.0, 2 * smallest), abs=EXACT)
    for f in recall:
        assert isinstance(f.result, Estimate)
        assert f.adjusted is not None
        assert f.adjusted.by == "Holm over 2"
        assert f.adjusted.low is not None
        assert f.adjusted.low < f.result.low
    # One look is not adjusted.
    largest = one(found, metric="accuracy", attribute="sex", group="m − f", reference="largest gap")
    assert isinstance(largest.result, Estimate)
    assert largest.p_adjusted == largest.result.p_value


def test_what_has_no_p_value_is_not_adjusted(found: FindingSet) -> None:
    for f in found:
        has_p = isinstance(f.result, Estimate) and f.result.p_value is not None
        assert (f.p_adjusted is not None) == has_p


def test_keys_are_unique_and_stay_what_they_are(found: FindingSet) -> None:
    assert len({f.key for f in found}) == len(found)
    # A key names a finding in every run that was ever made: it must not change.
    place = Place(system="mine", dataset="faces", family="correctness", metric="accuracy")
    # printf '["mine","faces","correctness","accuracy",null,null,null,null]' | sha256sum
    assert place.key == "bbbe9090aa4bd719"
    assert [f.name for f in fields(Place)] == [
        "system", "dataset", "family", "metric", "condition", "attribute", "group", "reference",
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_items_and_answers_changes_nothing(found: FindingSet, seed: int) -> None:
    items, answers = small_audit()
    shuffled = sampled(
        items.sample(fraction=1.0, shuffle=True, seed=seed),
        answers.sample(fraction=1.0, shuffle=True, seed=seed + 10),
    )
    again = measured(
        shuffled,
        groups=(("sex",), ("age",)),
        conditions=("light",),
        references={"sex": "m"},
        joint=((("sex",), ("age",)),),
    )
    # To the last digit, p-values from permutations and shuffles included.
    assert again.to_polars().equals(found.to_polars())


def test_another_seed_changes_only_what_is_drawn(found: FindingSet) -> None:
    other = measured(
        seed=1,
        groups=(("sex",), ("age",)),
        conditions=("light",),
        references={"sex": "m"},
        joint=((("sex",), ("age",)),),
    )
    differing = [f.place for f in found if other[f.key] != f]
    assert differing
    assert {(p.family, p.reference or p.group) for p in differing} <= {
        ("skill", "shuffled"),
        ("skill", "reference: shuffled"),
        ("disparity", "largest gap"),
    }


def test_attributes_and_conditions_named_twice_are_measured_once() -> None:
    once = measured(groups=(("sex",),), conditions=("light",))
    twice = measured(groups=(("sex",), ("sex",)), conditions=("light", "light"))
    assert twice.to_polars().equals(once.to_polars())


def test_an_intersection_keeps_a_row_for_every_group() -> None:
    found = measured(groups=(("sex", "age"),))
    groups = [
        f.place.group for f in found.where(metric="accuracy", attribute="sex × age", reference=None)
    ]
    assert groups == ["f × old", "f × young", "m × old", "m × young"]
    # Three subjects carry no interval; their number is shown beside the reason. Old women:
    # subjects 0, 2, 4 by day 2 + 1 + 1, by night 1 + 1 + 1: 7 of 12.
    few = one(found, metric="accuracy", attribute="sex × age", group="f × old").result
    assert few == NotEstimable(
        reason=Reason.TOO_FEW_CLUSTERS,
        detail="3, at least 5 needed",
        value=7 / 12,
        n_items=12,
        n_answers=12,
        n_subjects=3,
    )
    largest = one(found, metric="accuracy", attribute="sex × age", reference="largest gap")
    assert isinstance(largest.result, NotEstimable)
    assert largest.result.detail == "0 of 4 groups have 5 subjects or more"


def test_a_declared_group_that_nobody_is_in_is_told() -> None:
    items, answers = small_audit()
    sample = sampled(items, answers, group_order={"sex": ("x", "f", "m")})
    found = measured(sample, groups=(("sex",),), conditions=("sex",))
    groups = found.where(metric="accuracy", attribute="sex", condition=None, reference=None)
    assert [f.place.group for f in groups] == ["x", "f", "m"]
    empty = groups[0].result
    assert isinstance(empty, NotEstimable)
    assert (empty.reason, empty.n_items) == (Reason.NO_ITEMS, 0)
    nobody = one(found, metric="accuracy", condition="sex=x").result
    assert isinstance(nobody, NotEstimable)
    assert nobody.reason is Reason.NO_ITEMS


def test_groups_left_out_are_no_groups() -> None:
    found = measured(groups=(("sex",),), leave_out={"sex": ["m"]})
    assert {f.place.group for f in found.where(metric="accuracy", attribute="sex")} == {"f", None}
    (largest,) = found.where(metric="accuracy", attribute="sex", reference="largest gap")
    assert isinstance(largest.result, NotEstimable)
    assert largest.result.detail == "1 of 1 groups have 5 subjects or more"
    assert found.where(attribute="sex", reference="rest") == []


def test_a_reference_that_the_data_lack_is_said() -> None:
    found = measured(groups=(("sex",),), references={"sex": "x"})
    for group in ("f", "m"):
        absent = one(found, metric="accuracy", attribute="sex", group=group, reference="x").result
        assert isinstance(absent, NotEstimable)
        assert absent.sentence == "the data have no such group (x)"


def test_two_groups_of_one_name_are_refused() -> None:
    items, answers = small_audit()
    clash = items.with_columns(
        a=pl.when(pl.col("sex") == "f").then(pl.lit("p × q")).otherwise(pl.lit("p")),
        b=pl.when(pl.col("sex") == "f").then(pl.lit("r")).otherwise(pl.lit("q × r")),
    )
    with pytest.raises(InputError) as caught:
        measured(sampled(clash, answers), groups=(("a", "b"),))
    assert str(caught.value) == (
        "two groups of a × b are both called 'p × q × r'; rename one of them"
    )


def test_where_people_are_in_several_groups_chance_is_told_without_permutations() -> None:
    found = measured(groups=(("light",),))
    (largest,) = found.where(metric="accuracy", attribute="light", reference="largest gap")
    assert isinstance(largest.result, Estimate)
    assert largest.result.method == (
        "max-t over pairs, CR2 over subjects; few subjects, errors or hits: cautious"
    )
    assert largest.result.n_subjects == 12
    (apart,) = measured(groups=(("sex",),)).where(
        metric="accuracy", attribute="sex", reference="largest gap"
    )
    assert isinstance(apart.result, Estimate)
    assert "p by max-T permutation of groups over subjects;" in apart.result.method
    # Six people a group: C(12, 6) = 924 ways, all gone through if that many draws are asked for.
    (exact,) = measured(groups=(("sex",),), permutations=924).where(
        metric="accuracy", attribute="sex", reference="largest gap"
    )
    assert isinstance(exact.result, Estimate)
    assert "p by max-T over all permutations of groups over subjects;" in exact.result.method


def test_a_bound_on_the_largest_gap_is_tested_for_equivalence() -> None:
    def bounds(*given: float, condition: str | None = None, of: str = "sex") -> Any:
        return tuple(
            Equivalence(metric="accuracy", attribute=of, condition=condition, bound=b)
            for b in given
        )

    joint = bounds(0.9, of="sex or age")
    found = measured(
        groups=(("sex",), ("age",)), conditions=("light",), joint=((("sex",), ("age",)),),
        no_gap_above=(*bounds(0.9, 0.2, 0.0), *bounds(0.9, condition="light=day"), *joint),
    )  # fmt: skip
    told = found.where(family="equivalence")
    assert [(f.place.condition, f.place.attribute, f.place.reference) for f in told] == [
        (None, "sex", "no gap above 0.9"),
        (None, "sex", "no gap above 0.2"),
        (None, "sex", "no gap above 0"),
        (None, "sex or age", "no gap above 0.9"),
        ("light=day", "sex", "no gap above 0.9"),
    ]
    sex: dict[str, str | None] = {"metric": "accuracy", "attribute": "sex", "group": "m − f"}
    plain = one(found, **sex, reference="largest gap").result
    wide, narrow, none = (
        one(found, **sex, reference=f"no gap above {b}").result for b in ("0.9", "0.2", "0")
    )
    assert isinstance(plain, Estimate)
    for result in (wide, narrow, none):
        assert isinstance(result, Estimate)
        assert result.value == plain.value
        assert result.level == pytest.approx(0.9)
        assert plain.low <= result.low <= result.high <= plain.high
        assert result.method == (
            f"two one-sided tests over all pairs (intersection–union); {plain.method}"
        )
    assert isinstance(wide, Estimate)
    assert isinstance(narrow, Estimate)
    assert isinstance(none, Estimate)
    # The test at 5 % says what the upper end at 90 % says: 7/24 is more than 0.2 anyway.
    assert wide.p_value is not None
    assert (wide.p_value < 0.05) == (wide.high < 0.9)
    assert (narrow.p_value, none.p_value) == (1.0, 1.0)


def test_a_bound_where_no_gap_can_be_told_has_the_reason() -> None:
    bound = Equivalence(metric="accuracy", attribute="sex", condition=None, bound=0.5)
    found = measured(groups=(("sex",),), leave_out={"sex": ["m"]}, no_gap_above=(bound,))
    (told,) = found.where(family="equivalence")
    assert isinstance(told.result, NotEstimable)
    assert told.result.reason is Reason.TOO_FEW_CLUSTERS
    # Nor are there ends at a level that leaves nothing.
    low = measured(groups=(("sex",),), level=0.5, no_gap_above=(bound,))
    (told,) = low.where(family="equivalence")
    (plain,) = low.where(metric="accuracy", attribute="sex", reference="largest gap")
    assert told.result == plain.result


def with_failures() -> FindingSet:
    items, answers = small_audit()
    # All of subject f0's four items fail: three right ones and a wrong one (day 2, night 1).
    failing = pl.col("item").str.contains("-f0-")
    answers = answers.with_columns(
        pl.when(~failing).then(pl.col("label")).alias("label"),
        pl.when(failing).then(pl.lit("timeout")).alias("failure"),
        *(pl.when(~failing).then(pl.col(f"score_{x}")).alias(f"score_{x}") for x in LABELS),
    )
    return measured(sampled(items, answers), groups=(("sex",),))


def test_failures_are_left_out_or_counted_as_wrong() -> None:
    found = with_failures()
    assert value(one(found, metric="failure_rate")) == pytest.approx(4 / 48, abs=EXACT)
    assert value(one(found, metric="failure_rate[timeout]")) == pytest.approx(4 / 48, abs=EXACT)
    plain = one(found, metric="accuracy", family="correctness")
    assert value(plain) == pytest.approx(28 / 44, abs=EXACT)
    assert (plain.result.n_items, plain.result.n_subjects) == (44, 11)
    wrong = one(found, metric="accuracy[failures=wrong]")
    assert value(wrong) == pytest.approx(28 / 48, abs=EXACT)
    assert (wrong.result.n_items, wrong.result.n_subjects) == (48, 12)
    # By group: women 12 − 3 = 9 right, of 20 answered and of 24 asked.
    female: dict[str, str | None] = {"attribute": "sex", "group": "f"}
    assert value(one(found, metric="accuracy", **female)) == pytest.approx(9 / 20, abs=EXACT)
    assert value(one(found, metric="accuracy[failures=wrong]", **female)) == 9 / 24
    assert value(one(found, metric="failure_rate", **female)) == pytest.approx(1 / 6, abs=EXACT)
    gap = one(found, metric="failure_rate", **female, reference="rest")
    assert value(gap) == pytest.approx(1 / 6, abs=EXACT)


def test_without_a_failure_both_rules_give_one_number_told_once() -> None:
    found = measured(groups=(("sex",),))
    assert found.where(metric="accuracy[failures=wrong]") == []
    assert found.where(metric="failure_rate", attribute="sex") == []


def test_answers_of_none_are_no_answers_and_are_told() -> None:
    items, answers = small_audit()
    # All that f1 is asked by night (one right of two) is answered with none.
    silent = pl.col("item").str.starts_with("night-f1-")
    said = pl.when(silent).then(pl.lit("none")).otherwise(pl.col("label"))
    sample = sampled(items, answers.with_columns(said.alias("label")))
    found = measured(sample, groups=(("sex",),))
    assert value(one(found, metric="abstention_rate")) == pytest.approx(2 / 48, abs=EXACT)
    assert value(one(found, metric="accuracy", family="correctness")) == pytest.approx(30 / 46)
    assert value(one(found, metric="accuracy[failures=wrong]")) == pytest.approx(30 / 48)
    assert value(one(found, metric="failure_rate")) == 0.0


def with_controls() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Six controls and six items that nobody annotated, of six subjects each."""
    items = [
        {"item": f"{kind}{k}", "subject": f"{kind}{k}", "annotated": annotated, "kind": kind}
        for kind, annotated in (("noise", "none"), ("street", None))
        for k in range(6)
    ]
    said = {"noise": ["anger", "anger", "calm", "none", "none", None]}
    said["street"] = ["anger", "calm", "calm", "calm", "calm", "calm"]
    sure = [0.95, 0.9, 0.5, 0.99, 0.5, None]
    answers: list[dict[str, Any]] = [
        {
            "item": f"{kind}{k}",
            "label": label,
            "failure": None if label else "refused",
            "score_anger": sure[k] if label else None,
            "score_none": 0.0 if label else None,
        }
        for kind, labels in said.items()
        for k, label in enumerate(labels)
    ]
    schema = {"item": pl.String, "label": pl.String, "failure": pl.String}
    scores = {"score_anger": pl.Float64, "score_none": pl.Float64}
    return pl.DataFrame(items), pl.DataFrame(answers, schema={**schema, **scores})


def test_controls_and_items_nobody_annotated() -> None:
    found = measured(sampled(*with_controls()), conditions=("kind",))

    def share(metric: str, family: str, condition: str | None = None) -> Any:
        return value(one(found, metric=metric, family=family, condition=condition))

    # Of six controls three are given an emotion, two none, one fails.
    assert share("answer_rate", "controls") == pytest.approx(3 / 6, abs=EXACT)
    # Of the three answers two are anger; their confidences are 0.95, 0.9 and 0.5.
    assert share("prediction_rate[anger]", "controls") == pytest.approx(2 / 3, abs=EXACT)
    assert share("mean_confidence", "controls") == pytest.approx(2.35 / 3, abs=EXACT)
    assert share("confident_share[0.9]", "controls") == pytest.approx(2 / 3, abs=EXACT)
    # Nobody annotated the street: what is said of it is told, nothing of right and wrong.
    assert share("prediction_rate[anger]", "outputs", "kind=street") == pytest.approx(1 / 6)
    assert found.where(family="outputs", metric="answer_rate") == []
    for condition in (None, "kind=noise", "kind=street"):
        refused = one(found, metric="accuracy", condition=condition).result
        assert isinstance(refused, NotEstimable)
        assert refused.sentence == "the items carry no annotated label"
    assert found.where(family="skill") == []


def test_only_the_metrics_that_are_asked_for() -> None:
    found = measured(groups=(("sex",),), metrics=("accuracy", "recall"))
    assert {f.place.metric for f in found} == {
        "accuracy", "impact ratio of accuracy", "ratio of accuracy", "recall[anger]",
        "recall[calm]",
    }  # fmt: skip
    assert found.where(family="skill") != []


def test_only_the_metrics_that_are_asked_for_of_controls() -> None:
    found = measured(sampled(*with_controls()), metrics=("answer_rate",))
    assert [f.place.metric for f in found] == ["answer_rate"]


def test_several_samples_keep_their_names() -> None:
    items, answers = small_audit()
    samples = [sampled(items, answers), sampled(items, answers, system="theirs")]
    spec = MeasureSpec(permutations=99, shuffles=99)
    found = measure(samples, [spec, spec])
    assert [f.place.system for f in found] == sorted(f.place.system for f in found)
    assert {f.place.system for f in found} == {"mine", "theirs"}
