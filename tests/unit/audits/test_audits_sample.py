"""Answers joined to items: labels mapped, votes counted, prohibited outputs taken out."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from audits_support import TAXONOMY, measured, sampled
from facevalue.audits import Sample, answer_labels, label_problems
from facevalue.audits.sample import ABSTAINED, CONTROL, FAILED, NO_ANNOTATION
from facevalue.domain import LabelMap
from facevalue.errors import AuditSpecError

ANGER, CALM, OUTSIDE = 0, 1, 2

ITEMS = pl.DataFrame(
    {
        "item": ["a", "b", "c", "d"],
        "subject": ["p2", "p1", "p2", "p1"],
        "annotated": ["anger", "calm", "none", None],
        "sex": ["f", "m", None, "m"],
    }
)


def labelled(labels: list[str | None], failures: list[str | None] | None = None) -> pl.DataFrame:
    failures = [None] * len(labels) if failures is None else failures
    table = {"item": ["a", "b", "c", "d"][: len(labels)], "label": labels, "failure": failures}
    return pl.DataFrame(table, schema=dict.fromkeys(table, pl.String))


def scored(**scores: list[float | None]) -> pl.DataFrame:
    """Return answers whose label is the highest score; nulls fail."""
    columns = {f"score_{label}": values for label, values in scores.items()}
    frame = pl.DataFrame({"item": ["a", "b", "c", "d"], **columns})
    names = list(scores)
    rows = list(zip(*scores.values(), strict=True))
    said = [None if None in r else names[int(np.argmax(np.array(r)))] for r in rows]
    failed = ["timeout" if label is None else None for label in said]
    return frame.with_columns(
        pl.Series("label", said, pl.String), pl.Series("failure", failed, pl.String)
    )


def test_codes() -> None:
    sample = sampled(ITEMS, labelled(["calm", "calm", "anger", "anger"]))
    assert sample.annotated.tolist() == [ANGER, CALM, CONTROL, NO_ANNOTATION]
    assert sample.predicted.tolist() == [CALM, CALM, ANGER, ANGER]
    assert sample.item.tolist() == [0, 1, 2, 3]
    # p1 comes first: codes follow the names, not the rows.
    assert sample.subject.tolist() == [2, 1, 2, 1]
    assert sample.is_annotated.tolist() == [True, True, False, False]
    assert sample.attributes["sex"].values == ("f", "m")
    assert sample.attributes["sex"].codes.tolist() == [0, 1, -1, 1]
    assert (sample.has_scores, sample.is_voted) == (False, False)


def test_labels_are_mapped_into_the_taxonomy_outside_it_or_to_none() -> None:
    labels = {"angry": "anger", "bored": "outside", "nobody": "none"}
    sample = sampled(ITEMS, labelled(["angry", "bored", "nobody", "calm"]), labels=labels)
    assert sample.predicted.tolist() == [ANGER, OUTSIDE, ABSTAINED, CALM]


def test_failures_are_kept_with_their_kind() -> None:
    answers = labelled(["anger", None, None, "calm"], [None, "timeout", "crashed", None])
    sample = sampled(ITEMS, answers)
    assert sample.predicted.tolist() == [ANGER, FAILED, FAILED, CALM]
    assert sample.failure.tolist() == ["", "timeout", "crashed", ""]


def test_without_declared_subjects_each_item_is_its_own() -> None:
    sample = sampled(ITEMS, labelled(["calm"] * 4), subjects_declared=False)
    assert len(set(sample.subject.tolist())) == 4
    assert sample.subjects_declared is False


def test_votes_are_answers_that_count_as_often_as_they_were_given() -> None:
    votes = {"votes_anger": [3, 0, 1, 0], "votes_calm": [1, 2, 0, 0], "votes_outside": [0, 1, 0, 0]}
    answers = pl.DataFrame({"item": ["a", "b", "c", "d"], **votes}).with_columns(
        label=pl.lit(None, pl.String), failure=pl.lit(None, pl.String)
    )
    sample = sampled(ITEMS, answers)
    rows = zip(sample.item.tolist(), sample.predicted.tolist(), sample.weight.tolist(), strict=True)
    assert sorted(rows) == [
        (0, ANGER, 3.0), (0, CALM, 1.0), (1, CALM, 2.0), (1, OUTSIDE, 1.0), (2, ANGER, 1.0),
    ]  # fmt: skip
    assert sample.is_voted
    assert not sample.has_scores
    assert sample.n_items(sample.is_annotated) == 2
    # Raters do not fail: no failure rate is told of them.
    found = measured(sample)
    assert found.where(metric="failure_rate") == []
    # Of annotated a and b: 3 + 2 of 7 votes are right.
    (accuracy,) = found.where(metric="accuracy", family="correctness")
    assert accuracy.result.value == pytest.approx(5 / 7)
    assert (accuracy.result.n_items, accuracy.result.n_answers) == (2, 7)


def test_confidence_is_the_highest_score() -> None:
    sample = sampled(ITEMS, scored(anger=[0.9, 0.2, 0.5, None], calm=[0.1, 0.8, 0.5, None]))
    assert sample.predicted.tolist() == [ANGER, CALM, ANGER, FAILED]
    assert sample.confidence[:3].tolist() == [0.9, 0.8, 0.5]
    assert np.isnan(sample.confidence[3])


def test_an_attribute_may_be_called_like_a_column_of_ours() -> None:
    # Every name that joining uses. None of them may take the place of the answers.
    names = ["item", "subject", "annotated", "label", "failure", "weight", "confidence"]
    names += ["row", "code", "_item"]
    values = pl.Series(["u", "v", "u", "v"])
    plain = sampled(ITEMS, labelled(["calm", "calm", "anger", "anger"]))
    sample = sampled(
        ITEMS.with_columns(label=pl.lit("anger")),
        labelled(["calm", "calm", "anger", "anger"]),
        attributes=dict.fromkeys(names, values),
    )
    assert sample.predicted.tolist() == plain.predicted.tolist()
    assert sample.annotated.tolist() == plain.annotated.tolist()
    assert sample.subject.tolist() == plain.subject.tolist()
    for name in names:
        assert sample.attributes[name].values == ("u", "v")
        assert sample.attributes[name].codes.tolist() == [0, 1, 0, 1]


def prohibited(sample: Sample) -> Any:
    return dict(sample.prohibited), sample.n_unevaluated


def test_a_system_that_names_ethnicity_by_label_has_those_answers_counted_and_left_out() -> None:
    answers = labelled(["anger", "asian", "calm", "asian"])
    sample = sampled(ITEMS, answers, labels={})
    assert prohibited(sample) == ({"asian": 2}, 2)
    assert sample.item.tolist() == [0, 2]
    (finding,) = measured(sample).where(metric="prohibited_output")
    assert (finding.place.group, finding.place.family) == ("asian", "outputs")
    assert finding.row()["reason"] == (
        "prohibited_output: the output is of a kind facevalue does not evaluate (the system's "
        "labels contain ethnicity, race or religion)"
    )
    assert (finding.result.n_answers, finding.result.n_items) == (2, 2)


def test_a_score_for_ethnicity_is_reported_and_the_rest_is_evaluated() -> None:
    scores: dict[str, list[float | None]] = {
        "anger": [0.3, 0.2, 0.1, 0.3],
        "calm": [0.1, 0.6, 0.2, 0.1],
    }
    answers = scored(**scores, asian=[0.6, 0.2, 0.7, 0.6])
    assert answers["label"].to_list() == ["asian", "calm", "asian", "asian"]
    sample = sampled(ITEMS, answers)
    # Three answers named it; each is judged by the best of the labels that are evaluated.
    assert prohibited(sample) == ({"asian": 3}, 0)
    assert sample.predicted.tolist() == [ANGER, CALM, CALM, ANGER]
    assert sample.confidence.tolist() == [0.3, 0.6, 0.2, 0.3]


def test_a_prohibited_label_is_reported_also_where_it_was_never_the_answer() -> None:
    answers = scored(anger=[0.9] * 4, calm=[0.05] * 4, religion=[0.05] * 4)
    sample = sampled(ITEMS, answers)
    assert prohibited(sample) == ({"religion": 0}, 0)
    assert [f.place.group for f in measured(sample).where(metric="prohibited_output")] == [
        "religion"
    ]


def test_a_system_with_nothing_else_is_not_evaluated_at_all() -> None:
    sample = sampled(ITEMS, scored(asian=[0.9] * 4, black=[0.1] * 4))
    assert prohibited(sample) == ({"asian": 4, "black": 0}, 4)
    assert len(sample.item) == 0
    (accuracy,) = measured(sample).where(metric="accuracy")
    assert accuracy.row()["reason"] == (
        "prohibited_output: the output is of a kind facevalue does not evaluate"
    )


def test_prohibited_votes_are_left_out() -> None:
    answers = pl.DataFrame(
        {"item": ["a", "b"], "votes_anger": [2, 1], "votes_asian": [1, 4]}
    ).with_columns(label=pl.lit(None, pl.String), failure=pl.lit(None, pl.String))
    sample = sampled(ITEMS, answers)
    assert prohibited(sample) == ({"asian": 5}, 5)
    assert sample.weight.tolist() == [2.0, 1.0]


def test_labels_that_are_not_mapped_or_mapped_to_nothing_are_all_told() -> None:
    answers = labelled(["anger", "furious", "glad", "calm"])
    with pytest.raises(AuditSpecError) as caught:
        sampled(ITEMS, answers, labels={"calm": "quiet"})
    assert str(caught.value) == (
        "audit file: 3 problem(s)\n"
        "  system 'mine', labels: the system's label 'furious' is not mapped; map it to one of "
        "'anger', 'calm', or to 'outside' [unmapped_label]\n"
        "  system 'mine', labels: the system's label 'glad' is not mapped; map it to one of "
        "'anger', 'calm', or to 'outside' [unmapped_label]\n"
        "  system 'mine', labels: 'quiet' is mapped to, but the labels are 'anger', 'calm' and "
        "'outside' [unknown_label]"
    )


def test_prohibited_labels_need_no_map() -> None:
    assert label_problems("mine", ["anger", "race: asian"], LabelMap(TAXONOMY, {})) == []


def test_the_labels_of_a_table_are_those_of_its_columns_and_of_its_answers() -> None:
    answers = scored(calm=[0.9] * 4, anger=[0.1] * 4)
    assert answer_labels(answers) == ["calm", "anger"]
    assert answer_labels(labelled(["b", "a", None, "b"], [None, None, "timeout", None])) == [
        "a", "b",
    ]  # fmt: skip
    votes = pl.DataFrame(
        {"item": ["a"], "votes_anger": [1], "label": pl.Series([None], dtype=pl.String)}
    )
    assert answer_labels(votes) == ["anger"]
