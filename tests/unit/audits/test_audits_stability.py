"""Answers to changed media beside those to unchanged ones, by hand on the small audit.

48 items: 31 right (8 + 11 + 4 + 8), the rest wrong. 12 people with four items each.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from audits_support import one, sampled, small_audit
from facevalue.audits import FindingSet, MeasureSpec, Sample, Stressed, measure_stress
from facevalue.audits.sample import UNEVALUATED
from facevalue.audits.scope import Equivalence
from facevalue.audits.stability import stressed_pair
from facevalue.domain import Estimate, NotEstimable, Reason

EXACT = 1e-12
DAY = pl.col("item").str.starts_with("day")
SWAPPED = pl.when(pl.col("label") == "anger").then(pl.lit("calm")).otherwise(pl.lit("anger"))


def answers(
    flip: pl.Expr | None = None,
    fail: pl.Expr | None = None,
    only: pl.Expr | None = None,
    kind: str = "timeout",
) -> Sample:
    """Return the system's answers, some of them flipped, failed or never asked for."""
    items, given = small_audit()
    if flip is not None:
        label = pl.when(flip).then(SWAPPED).otherwise(pl.col("label"))
        given = given.with_columns(label=label)
    if fail is not None:
        given = given.with_columns(
            label=pl.when(fail).then(None).otherwise(pl.col("label")),
            failure=pl.when(fail).then(pl.lit(kind)).otherwise(pl.col("failure")),
        )
    return sampled(items, given if only is None else given.filter(only))


def under(name: str, sample: Sample, family: str = "robustness", **more: Any) -> Stressed:
    return Stressed(condition=name, family=family, answers=sample, **more)  # type: ignore[arg-type]  # one of three words


def found(
    *stressed: Stressed, floor: str | None = None, n_looks: int = 1, **spec: Any
) -> FindingSet:
    made = MeasureSpec(**{"permutations": 199, "shuffles": 99, **spec})
    return FindingSet(
        tuple(measure_stress(answers(), stressed, made, floor=floor, n_looks=n_looks))
    )


def told(findings: FindingSet, metric: str, condition: str) -> Estimate:
    result = one(findings, metric=metric, condition=condition).result
    assert isinstance(result, Estimate), result
    return result


def test_flipped_answers_are_counted_by_item() -> None:
    # All 24 items by day are flipped: of 19 right ones all become wrong, 5 wrong ones right.
    findings = found(under("dusk:2", answers(flip=DAY)))
    assert told(findings, "unchanged", "dusk:2").value == pytest.approx(24 / 48, abs=EXACT)
    change = told(findings, "accuracy_change", "dusk:2")
    assert change.value == pytest.approx((5 - 19) / 48, abs=EXACT)
    assert (change.n_items, change.n_subjects) == (48, 12)
    # Right under the condition: 12 by night, and the 5.
    assert told(findings, "accuracy", "dusk:2").value == pytest.approx((12 + 5) / 48, abs=EXACT)
    items, given = small_audit()
    by_day = given.filter(DAY)["label"].to_list()
    more = by_day.count("calm") - by_day.count("anger")
    rate = told(findings, "prediction_rate_change[anger]", "dusk:2").value
    assert rate == pytest.approx(more / 48, abs=EXACT)
    other = told(findings, "prediction_rate_change[calm]", "dusk:2").value
    assert other == pytest.approx(-rate, abs=EXACT)
    assert told(findings, "failure_change", "dusk:2").value == 0.0
    assert items.height == 48


def test_a_failure_is_a_changed_answer_and_no_wrong_one() -> None:
    findings = found(under("dusk:2", answers(fail=DAY)))
    assert told(findings, "unchanged", "dusk:2").value == pytest.approx(0.5, abs=EXACT)
    assert told(findings, "failure_change", "dusk:2").value == pytest.approx(0.5, abs=EXACT)
    change = told(findings, "accuracy_change", "dusk:2")
    assert (change.value, change.n_items) == (0.0, 24)


def test_an_item_that_could_not_be_changed_was_not_asked() -> None:
    findings = found(under("swap:3", answers(fail=DAY, kind="unmade"), "reliance"))
    same = told(findings, "unchanged", "swap:3")
    assert (same.value, same.n_items) == (1.0, 24)
    assert told(findings, "failure_rate", "swap:3").value == 0.0
    # A file that cannot be read as it is stays a failure, as everywhere; so does an answer that
    # only looks as if nothing could be asked.
    unreadable = answers(fail=DAY, kind="unreadable_media")
    assert len(stressed_pair(unreadable, unreadable).item) == 48
    assert told(found(under("dusk:2", unreadable)), "unchanged", "dusk:2").value == 0.5


def test_a_failure_under_a_condition_is_told_and_can_count_as_wrong() -> None:
    findings = found(under("dusk:2", answers(fail=DAY)))
    assert told(findings, "failure_rate", "dusk:2").value == pytest.approx(0.5, abs=EXACT)
    # By night 12 of 24 are right; by day nothing is answered.
    assert told(findings, "accuracy", "dusk:2").value == pytest.approx(12 / 24, abs=EXACT)
    wrong = told(findings, "accuracy[failures=wrong]", "dusk:2")
    assert wrong.value == pytest.approx(12 / 48, abs=EXACT)
    assert wrong.n_items == 48


def test_no_area_skips_a_severity_that_was_not_asked() -> None:
    steps = [
        under("dusk:1", answers(), curve="dusk", severity=1),
        under("dusk:3", answers(flip=DAY), curve="dusk", severity=3),
        under("dusk:5", answers(only=pl.lit(False)), curve="dusk", severity=5),
    ]
    (area,) = found(*steps).where(metric="unchanged_area")
    assert isinstance(area.result, NotEstimable)
    assert area.result.reason is Reason.NO_ITEMS


def test_the_level_of_equivalence_is_that_of_all_looks() -> None:
    bound = Equivalence(metric="unchanged", attribute="sex", condition="dusk:2", bound=0.9)
    levels = {
        n: [
            f.result.level
            for f in found(
                under("dusk:2", answers(flip=DAY)), n_looks=n, groups=(("sex",),),
                no_gap_above=(bound,),
            ).where(family="equivalence")
            if isinstance(f.result, Estimate)
        ]
        for n in (1, 4)
    }  # fmt: skip
    assert [len(x) for x in levels.values()] == [1, 1]
    assert levels[1] == pytest.approx([0.9])
    assert levels[4] == pytest.approx([0.9])


def test_only_items_asked_both_ways_count() -> None:
    findings = found(under("dusk:2", answers(only=DAY)))
    same = told(findings, "unchanged", "dusk:2")
    assert (same.value, same.n_items, same.n_subjects) == (1.0, 24, 12)
    pair = stressed_pair(answers(), answers(only=DAY))
    assert pair.other is not None
    assert np.array_equal(pair.item, pair.other.item)
    assert len(pair.item) == 24


def test_changes_are_held_against_the_smallest_change_there_is() -> None:
    first = pl.col("item").str.contains("0-anger")  # 4 items: f0 and m0, by day and by night
    findings = found(
        under("least-change:1", answers(flip=first)),
        under("dusk:2", answers(flip=DAY)),
        floor="least-change:1",
    )
    below = told(findings, "unchanged_below_floor", "dusk:2")
    # 24 of 48 change under dusk, 4 of 48 under the smallest change.
    assert below.value == pytest.approx((24 - 4) / 48, abs=EXACT)
    metrics = {f.place.metric for f in findings.where(condition="least-change:1")}
    assert "unchanged_below_floor" not in metrics


def test_the_smallest_change_itself_is_held_against_asking_again() -> None:
    first = pl.col("item").str.contains("0-anger")  # 4 items: f0 and m0, by day and by night
    once = pl.col("item") == "day-f0-anger"
    findings = found(
        under("repeat", answers(flip=once)),
        under("least-change:1", answers(flip=first)),
        under("dusk:2", answers(flip=DAY)),
        floor="least-change:1",
    )
    least = told(findings, "unchanged_below_floor", "least-change:1")
    assert least.value == pytest.approx((4 - 1) / 48, abs=EXACT)
    assert not findings.where(metric="unchanged_below_floor", condition="repeat")
    dusk = told(findings, "unchanged_below_floor", "dusk:2")
    assert dusk.value == pytest.approx((24 - 4) / 48, abs=EXACT)


@pytest.mark.parametrize("turned", [DAY, pl.lit(True)], ids=["half of the items", "all items"])
def test_an_answer_that_is_not_evaluated_is_another_answer_and_no_label(turned: pl.Expr) -> None:
    items, given = small_audit()
    labels_alone = given.drop("score_anger", "score_calm")
    base = sampled(items, labels_alone)
    label = pl.when(turned).then(pl.lit("asian")).otherwise(pl.col("label"))
    changed = sampled(items, labels_alone.with_columns(label=label))
    spec = MeasureSpec(permutations=199, shuffles=99)
    findings = FindingSet(tuple(measure_stress(base, [under("dusk:2", changed)], spec)))
    n = items.filter(turned).height
    same = told(findings, "unchanged", "dusk:2")
    assert same.value == pytest.approx((48 - n) / 48, abs=EXACT)
    assert same.n_items == 48
    assert told(findings, "failure_rate", "dusk:2").value == 0.0
    before = given.filter(turned & (pl.col("label") == "anger")).height
    rate = told(findings, "prediction_rate_change[anger]", "dusk:2")
    assert rate.value == pytest.approx(-before / 48, abs=EXACT)
    pair = stressed_pair(base, changed)
    assert pair.other is not None
    assert pair.other.item.tolist() == base.item.tolist()
    assert int((pair.other.predicted == UNEVALUATED).sum()) == n


def test_controls_count_an_answer_that_is_not_evaluated_as_an_answer() -> None:
    items, given = small_audit()
    labels_alone = given.drop("score_anger", "score_calm")
    label = pl.when(DAY).then(pl.lit("asian")).otherwise(None)
    failure = pl.when(DAY).then(None).otherwise(pl.lit("refused"))
    changed = sampled(items, labels_alone.with_columns(label=label, failure=failure))
    spec = MeasureSpec(permutations=199, shuffles=99)
    stressed = [under("scramble:5", changed, "controls")]
    findings = FindingSet(tuple(measure_stress(sampled(items, labels_alone), stressed, spec)))
    assert told(findings, "answer_rate", "scramble:5").value == pytest.approx(0.5, abs=EXACT)


def test_the_area_is_that_under_the_share_unchanged() -> None:
    steps = [
        under("dusk:1", answers(), curve="dusk", severity=1),
        under("dusk:3", answers(flip=DAY), curve="dusk", severity=3),
    ]
    area = told(found(*steps), "unchanged_area", "dusk")
    # 1 at 0 and 1, a half at 3: (1 + 2 × 0.75) / 3.
    assert area.value == pytest.approx(2.5 / 3, abs=EXACT)
    assert area.low <= area.value <= area.high
    assert not found(steps[0]).where(metric="unchanged_area")


def test_groups_and_their_gaps_are_told_for_what_should_change_nothing() -> None:
    women = pl.col("item").str.contains("-f")
    findings = found(
        under("dusk:2", answers(flip=women)),
        under("gone:5", answers(flip=women), "reliance"),
        groups=(("sex",),),
    )
    shares = {
        f.place.group: f.result.value
        for f in findings.where(metric="unchanged", condition="dusk:2", reference=None)
        if f.place.attribute == "sex"
    }
    assert shares == {"f": 0.0, "m": 1.0}
    (gap,) = findings.where(
        metric="unchanged", condition="dusk:2", attribute="sex", reference="largest gap"
    )
    assert (gap.result.value, gap.place.group, gap.place.family) == (1.0, "m − f", "disparity")
    assert not [f for f in findings.where(condition="gone:5") if f.place.attribute]


def test_controls_ask_only_whether_there_is_an_answer() -> None:
    findings = found(under("scramble:5", answers(fail=DAY), "controls"))
    assert told(findings, "answer_rate", "scramble:5").value == pytest.approx(0.5, abs=EXACT)
    assert {f.place.family for f in findings} == {"controls"}
    assert not findings.where(metric="unchanged")


def test_p_values_allow_for_all_conditions_together() -> None:
    conditions = [under(f"dusk:{k}", answers(flip=DAY)) for k in (1, 2, 3)]
    findings = found(*conditions)
    for k in (1, 2, 3):
        finding = one(findings, metric="accuracy_change", condition=f"dusk:{k}")
        assert isinstance(finding.result, Estimate)
        assert finding.result.p_value is not None
        # Three looks with one and the same p-value: Holm multiplies it by three.
        assert finding.p_adjusted == pytest.approx(min(1.0, 3 * finding.result.p_value))
        assert finding.adjusted is not None
        assert finding.adjusted.by == "Holm over 3"


def test_intervals_allow_for_the_looks_at_which_asking_could_stop() -> None:
    once = told(found(under("dusk:2", answers(flip=DAY))), "unchanged", "dusk:2")
    often = told(found(under("dusk:2", answers(flip=DAY)), n_looks=4), "unchanged", "dusk:2")
    assert often.low <= once.low
    assert often.high >= once.high
    assert (often.high - often.low) > 1.05 * (once.high - once.low)
    assert often.level == once.level == 0.95
    assert often.method.endswith("; allows for 4 looks (Bonferroni)")


def test_nothing_changed_is_not_known_to_be_nothing() -> None:
    change = told(found(under("repeat", answers())), "accuracy_change", "repeat")
    # 12 people, none of whom differs: 1 − 0.025 ** (1 / 12).
    reach = 1 - 0.025 ** (1 / 12)
    assert (change.low, change.high) == pytest.approx((-reach, reach), abs=1e-9)


def test_the_order_of_conditions_changes_no_number() -> None:
    a, b = under("dusk:2", answers(flip=DAY)), under("dawn:2", answers(fail=DAY))
    rows = [
        {f.key: f.row() for f in found(*order, groups=(("sex",),))} for order in ((a, b), (b, a))
    ]
    assert rows[0] == rows[1]


def test_people_of_partners_are_left_out_with_their_own() -> None:
    # Every item's partner is the item of the next person: a person is in two rows of each kind.
    n = 48
    partners = {i: (i + 8) % n for i in range(n)}
    alone = told(found(under("swap:3", answers(flip=DAY), "reliance")), "unchanged", "swap:3")
    swapped = under("swap:3", answers(flip=DAY), "reliance", partners=partners)
    both = told(found(swapped), "unchanged", "swap:3")
    assert both.value == alone.value
    assert both.n_items == alone.n_items == n
    pair = stressed_pair(answers(), answers(flip=DAY), partners)
    assert pair.partner is not None
    assert (pair.partner != pair.subject).all()
    assert not found(swapped).where(metric="uar", condition="swap:3")
