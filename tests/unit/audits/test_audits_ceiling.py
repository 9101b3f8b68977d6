"""Findings about raters, the best possible and a system beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from audits_support import LABELS, measured, one, sampled
from facevalue.audits import Finding, FindingSet, Sample
from facevalue.domain import Estimate, NotEstimable, Reason

N_SUBJECTS = 12
PER_SUBJECT = (  # votes for anger, calm and outside; annotated; what the system says
    (4, 0, 0, "anger", "anger"),
    (3, 1, 0, "anger", "calm"),
    (1, 3, 0, "anger", "calm"),
    (2, 2, 0, "calm", "calm"),
    (0, 3, 1, "calm", "anger"),
    (1, 0, 0, "calm", "calm"),  # rated once: cannot be scored
)
# Against the majority of the others, by item: a rater's right answers, and the system's, whose
# label is the reference with a chance of 1, 0, 3/4 + 1/4, 1/2, 0.
RATER = (1, 3 / 4, 3 / 4, 0, 3 / 4)
SYSTEM = (1, 0, 1, 1 / 2, 0)


def items_and_answers() -> tuple[pl.DataFrame, pl.DataFrame]:
    items, answers = [], []
    for s in range(N_SUBJECTS):
        # One person lacks the first item, so that people differ.
        for i, (anger, calm, outside, annotated, said) in enumerate(PER_SUBJECT):
            if (s, i) == (0, 0):
                continue
            item = f"{s:02d}-{i}"
            items.append(
                {"item": item, "subject": f"s{s:02d}", "annotated": annotated}
                | {"votes_anger": anger, "votes_calm": calm, "votes_outside": outside}
                | {"sex": "f" if s % 2 else "m", "light": "day" if i < 3 else "night"}
            )
            score = 0.9 if said == "anger" else 0.2
            answers.append(
                {"item": item, "label": said, "failure": None}
                | {"score_anger": score, "score_calm": 1 - score}
            )
    schema = {"item": pl.String, "label": pl.String, "failure": pl.String}
    scores = {"score_anger": pl.Float64, "score_calm": pl.Float64}
    return pl.DataFrame(items), pl.DataFrame(answers, schema={**schema, **scores})


def recorded(items: pl.DataFrame) -> pl.DataFrame:
    """The raters' own ratings as the answers of a system."""
    nothing = pl.lit(None, pl.String)
    return items.select("item", pl.col("^votes_.*$"), label=nothing, failure=nothing)


def sample(*, voted: bool = False, **changes: Any) -> Sample:
    items, answers = items_and_answers()
    votes = recorded(items)
    given = {"attributes": {c: items[c] for c in ("sex", "light")}, **changes}
    return sampled(items, votes if voted else answers, **given)


def ceiling(found: FindingSet) -> list[Finding]:
    return found.where(family="ceiling")


def estimate(found: FindingSet, metric: str, **place: Any) -> Estimate:
    result = one(found, family="ceiling", metric=metric, **place).result
    assert isinstance(result, Estimate), result
    return result


@pytest.fixture(scope="module")
def found() -> FindingSet:
    return measured(sample(), conditions=("light",), groups=(("sex",),))


TIMES = (N_SUBJECTS - 1, *[N_SUBJECTS] * 4)
N_SCORED, N_RATINGS = sum(TIMES), 20 * N_SUBJECTS - 4


def mean(values: Any, used: Sequence[int] = range(5)) -> float:
    """Average over the items of all persons; ``values`` is that of each item of a person."""
    return float(sum(values[i] * TIMES[i] for i in used) / sum(TIMES[i] for i in used))


def test_people_by_hand(found: FindingSet) -> None:
    for metric, expected in (
        ("human_accuracy", mean(RATER)),
        ("panel_accuracy", mean([1, 1 / 2, 1 / 2, 1 / 3, 1])),
        ("best_possible_accuracy[majority]", mean([1, 1, 1, 1 / 2, 1])),
        ("best_possible_accuracy[fresh rater]", mean([1, 3 / 4, 3 / 4, 2 / 4, 1])),
        ("percent_agreement", mean([1, 1 / 2, 1 / 2, 1 / 3, 1 / 2])),
    ):
        e = estimate(found, metric)
        assert e.value == pytest.approx(expected, abs=1e-12)
        assert (e.n_items, e.n_answers, e.n_subjects) == (N_SCORED, N_RATINGS, N_SUBJECTS)
    # The majority of the others is anger for the first two items and for half of the tie.
    anger = (11 + 12 * 3 / 4) / (11 + 12 + 6)
    calm = (3 / 4 + 3 / 4) / 2.5
    assert estimate(found, "human_uar").value == pytest.approx((anger + calm) / 2, abs=1e-12)


def test_system_beside_people_by_hand(found: FindingSet) -> None:
    assert estimate(found, "accuracy[other raters]").value == pytest.approx(mean(SYSTEM))
    apart = estimate(found, "accuracy[other raters]", reference="human raters")
    assert apart.value == pytest.approx(mean(SYSTEM) - mean(RATER), abs=1e-12)
    assert apart.n_items == N_SCORED  # the same items, which count once
    assert apart.p_value is not None
    right = (1, 0, 1, 1 / 2, 0)  # against the majority of all
    assert estimate(found, "accuracy[majority]").value == pytest.approx(mean(right))
    short = estimate(found, "accuracy[majority]", reference="best possible")
    assert short.value == pytest.approx(mean(right) - mean([1, 1, 1, 1 / 2, 1]), abs=1e-12)


def test_label_noise_is_a_ratio_over_all_errors(found: FindingSet) -> None:
    # Wrong against one half: [4, 0] at anger 0; [3, 1] at calm 3/4, of which both halves agree
    # on anger 1/2; [1, 3] at calm 1/4, never both anger; [2, 2] at calm 1/2, both anger 1/6;
    # [0, 3] at anger 1, both calm.
    wrong, settled = (0, 3 / 4, 1 / 4, 1 / 2, 1), (0, 1 / 2, 0, 1 / 6, 1)
    expected = (sum(wrong) - sum(settled)) / sum(wrong)
    assert estimate(found, "label_noise_in_errors").value == pytest.approx(expected, abs=1e-12)


def test_labels_from_elsewhere_have_scores_of_their_own(found: FindingSet) -> None:
    # Annotated anger, anger, anger, calm, calm: shares of all ratings, outside is wrong.
    rater, panel = (1, 3 / 4, 1 / 4, 2 / 4, 3 / 4), (1, 1, 0, 1 / 2, 1)
    system = (1, 0, 0, 1, 0)
    assert estimate(found, "human_accuracy[annotated]").value == pytest.approx(mean(rater))
    assert estimate(found, "panel_accuracy[annotated]").value == pytest.approx(mean(panel))
    assert estimate(found, "accuracy[annotated]").value == pytest.approx(mean(system))
    apart = estimate(found, "accuracy[annotated]", reference="human raters")
    assert apart.value == pytest.approx(mean(system) - mean(rater), abs=1e-12)
    uar = estimate(found, "uar[annotated]").value  # of anger 11 of 11 + 12 + 12; of calm half
    assert uar == pytest.approx((11 / 35 + 1 / 2) / 2, abs=1e-12)


def test_labels_made_from_the_ratings_have_none() -> None:
    items, answers = items_and_answers()
    tied = pl.when(pl.col("votes_anger") >= pl.col("votes_calm"))
    items = items.with_columns(annotated=tied.then(pl.lit("anger")).otherwise(pl.lit("calm")))
    told = measured(sampled(items, answers, attributes={}))
    assert [f for f in ceiling(told) if "annotated]" in f.place.metric] == []
    assert estimate(told, "human_accuracy").value == pytest.approx(mean(RATER))


def test_scores_against_the_ratings(found: FindingSet) -> None:
    p = np.array([[1, 0], [3 / 4, 1 / 4], [1 / 4, 3 / 4], [1 / 2, 1 / 2], [0, 1]])
    q = np.array([[0.9, 0.1], [0.2, 0.8], [0.2, 0.8], [0.2, 0.8], [0.9, 0.1]])
    e = estimate(found, "cross_entropy")
    assert e.value == pytest.approx(mean(-(p * np.log2(q)).sum(axis=1)), abs=1e-12)
    assert e.low >= 0.0
    for metric in (
        "human_cross_entropy", "best_possible_cross_entropy", "jensen_shannon",
        "human_jensen_shannon",
    ):  # fmt: skip
        assert estimate(found, metric).n_items == N_SCORED


def test_agreement_is_told_by_condition_and_group(found: FindingSet) -> None:
    places = {
        (f.place.condition, f.place.group)
        for f in ceiling(found)
        if f.place.metric == "krippendorff_alpha"
    }
    conditions = (None, "light=day", "light=night")
    assert places == {(c, g) for c in conditions for g in (None, "f", "m")}
    # All persons have the same items: so agreement is the same but for the number of ratings.
    f = one(found, metric="krippendorff_alpha", attribute="sex", group="f").result
    assert f.value == pytest.approx(estimate(found, "krippendorff_alpha").value, abs=0.02)


def test_raters_as_the_system_are_not_compared_with_themselves() -> None:
    told = measured(sample(voted=True))
    metrics = {f.place.metric for f in ceiling(told)}
    assert {m for m in metrics if m.startswith(("accuracy", "uar", "label_noise"))} == set()
    assert not any(f.place.reference for f in ceiling(told))
    assert estimate(told, "human_accuracy").value == pytest.approx(mean(RATER))
    # What is told of the raters is the same beside any system.
    beside = {f.place.metric: f.result for f in ceiling(measured(sample(system="other")))}
    for f in ceiling(told):
        assert beside[f.place.metric] == f.result


def test_a_system_that_fails_is_compared_where_it_answered() -> None:
    items, answers = items_and_answers()
    failed = pl.col("item").str.ends_with("-1")
    answers = answers.with_columns(
        label=pl.when(failed).then(None).otherwise(pl.col("label")),
        failure=pl.when(failed).then(pl.lit("timeout")).otherwise(None),
        score_anger=pl.when(failed).then(None).otherwise(pl.col("score_anger")),
    )
    told = measured(sampled(items, answers, attributes={}))
    assert estimate(told, "human_accuracy").n_items == N_SCORED
    rest = (0, 2, 3, 4)
    apart = estimate(told, "accuracy[other raters]", reference="human raters")
    assert apart.value == pytest.approx(mean(SYSTEM, rest) - mean(RATER, rest), abs=1e-12)
    assert apart.n_items == estimate(told, "cross_entropy").n_items == N_SCORED - N_SUBJECTS
    silent = answers.with_columns(label=pl.lit(None, pl.String), failure=pl.lit("timeout"))
    told = measured(sampled(items, silent.drop("score_anger", "score_calm"), attributes={}))
    assert {f.place.reference for f in ceiling(told)} == {None}


def test_a_system_without_scores_has_none_of_them() -> None:
    items, answers = items_and_answers()
    told = measured(sampled(items, answers.drop("score_anger", "score_calm"), attributes={}))
    assert not any("entropy" in f.place.metric or "jensen" in f.place.metric for f in told)
    assert estimate(told, "accuracy[majority]").n_items == N_SCORED


def test_controls_take_no_part() -> None:
    items, answers = items_and_answers()
    control = pl.col("item").str.ends_with("-4")
    annotated = pl.when(control).then(pl.lit("none")).otherwise(pl.col("annotated"))
    told = measured(sampled(items.with_columns(annotated=annotated), answers, attributes={}))
    assert estimate(told, "human_accuracy").value == pytest.approx(mean(RATER, range(4)))


def test_without_ratings_nothing_is_told() -> None:
    items, answers = items_and_answers()
    bare = items.drop("votes_anger", "votes_calm", "votes_outside")
    assert ceiling(measured(sampled(bare, answers, attributes={}))) == []


def test_a_condition_without_ratings_says_so_once() -> None:
    items, answers = items_and_answers()
    day = pl.col("light") == "day"
    bare = items.with_columns(
        pl.when(day).then(0).otherwise(pl.col(f"votes_{x}")).alias(f"votes_{x}")
        for x in (*LABELS, "outside")
    )
    told = measured(
        sampled(bare, answers, attributes={"light": items["light"]}), conditions=("light",)
    )
    (only,) = told.where(family="ceiling", condition="light=day")
    assert only.place.metric == "krippendorff_alpha"
    assert isinstance(only.result, NotEstimable)
    assert only.result.reason is Reason.NO_ITEMS


def test_only_the_statistics_asked_for() -> None:
    told = measured(sample(), metrics=("human_accuracy", "accuracy"))
    names = [(f.place.metric, f.place.reference) for f in ceiling(told)]
    assert names == [
        ("human_accuracy", None),
        ("human_accuracy[annotated]", None),
        ("accuracy[other raters]", None),
        ("accuracy[other raters]", "human raters"),
        ("accuracy[majority]", None),
        ("accuracy[majority]", "best possible"),
        ("accuracy[annotated]", None),
        ("accuracy[annotated]", "human raters"),
    ]


def modelled(counts: Sequence[Sequence[int]], n_subjects: int = 40) -> FindingSet:
    """Each person has an item with each row of counts, and the system says anger."""
    items = pl.DataFrame(
        [
            {"item": f"{s:02d}-{i}", "subject": f"s{s:02d}", "annotated": None}
            | {"votes_anger": a, "votes_calm": c}
            for s in range(n_subjects)
            for i, (a, c) in enumerate(counts)
            if (s + i) % 5  # so that people differ
        ],
        schema_overrides={"annotated": pl.String},
    )
    return measured(sampled(items, recorded(items), attributes={}))


def test_the_model_says_over_what_it_was_left_out() -> None:
    told = modelled([(5, 1), (1, 5), (6, 0), (2, 4)])
    accuracy = estimate(told, "dawid_skene_accuracy")
    assert 0.5 < accuracy.value < 1.0
    assert "over 20 parts of the subjects" in accuracy.method
    assert accuracy.n_subjects == 40
    shares = [estimate(told, f"dawid_skene_share[{x}]").value for x in LABELS]
    assert sum(shares) == pytest.approx(1.0)
    row = [estimate(told, f"dawid_skene_confusion[anger→{x}]").value for x in LABELS]
    assert sum(row) == pytest.approx(1.0)
    assert told.where(metric="dawid_skene_confusion[anger→outside]") == []


def test_the_model_does_not_tell_what_it_cannot_identify() -> None:
    told = modelled([(2, 0), (1, 1), (0, 2)])
    result = one(told, metric="dawid_skene_accuracy").result
    assert isinstance(result, NotEstimable)
    assert result.sentence == "other numbers fit these data as well (no item has 3 ratings)"
    assert result.value is not None


def test_the_model_does_not_name_a_group_that_is_rated_otherwise() -> None:
    # Nobody says calm more often than anger: the second group of items is anger, too.
    told = modelled([(9, 0), (9, 0), (5, 4), (6, 3)])
    result = one(told, metric="dawid_skene_share[calm]").result
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.NOT_IDENTIFIED
    assert result.detail == "items it calls “calm” are rated “anger” more often"
    assert one(told, metric="dawid_skene_share[anger]").is_estimated
    assert not one(told, metric="dawid_skene_accuracy").is_estimated
    assert not one(told, metric="dawid_skene_confusion[calm→anger]").is_estimated


def test_few_subjects_are_left_out_by_name_and_too_few_not_at_all() -> None:
    told = modelled([(5, 1), (1, 5), (4, 2)], n_subjects=8)
    assert "over 8 parts of the subjects" in estimate(told, "dawid_skene_accuracy").method
    few = modelled([(5, 1), (1, 5), (4, 2)], n_subjects=3)
    result = one(few, metric="dawid_skene_accuracy").result
    assert isinstance(result, NotEstimable)
    assert result.reason is Reason.TOO_FEW_CLUSTERS


def test_the_model_keeps_answers_outside_apart() -> None:
    told = measured(replace(sample(), system="x"))
    assert one(told, metric="dawid_skene_confusion[calm→outside]").result.value is not None
