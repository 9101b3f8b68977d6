"""`audit_table`: the same findings from every kind of table, in any order."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

import facevalue
from audits_support import one, small_audit, value
from facevalue import audit_table
from facevalue.audits import FindingSet
from facevalue.domain import NotEstimable, Reason
from facevalue.errors import ManifestError, UnknownNameError
from support import require


def table() -> pl.DataFrame:
    items, answers = small_audit()
    joined = items.join(answers.select("item", guess="label"), on="item", maintain_order="left")
    return joined.rename({"annotated": "label", "subject": "person"}).drop("item")


def audited(given: Any = None, **changes: Any) -> FindingSet:
    asked: dict[str, Any] = {
        "annotated": "label",
        "predicted": "guess",
        "subject": "person",
        "groups": ["sex", ["sex", "age"]],
        "conditions": ["light"],
        "references": {"sex": "m"},
    }
    return audit_table(table() if given is None else given, **{**asked, **changes})


@pytest.fixture(scope="module")
def found() -> FindingSet:
    return audited()


def test_numbers(found: FindingSet) -> None:
    # As derived in test_audits_measure.py: 31 of 48; women 12 of 24, men 19 of 24.
    accuracy = {"metric": "accuracy", "family": "correctness"}
    assert value(one(found, **accuracy)) == 31 / 48
    assert value(one(found, **accuracy, attribute="sex", group="f")) == 12 / 24
    against = one(found, metric="accuracy", attribute="sex", group="f", reference="m")
    assert value(against) == pytest.approx(-7 / 24)
    assert {f.place.system for f in found} == {"predictions"}
    assert {f.place.dataset for f in found} == {"table"}


def test_every_kind_of_table_gives_the_same_findings(found: FindingSet) -> None:
    duckdb, pandas = require("duckdb"), require("pandas")
    frame = table()
    arrow = frame.to_arrow()
    kinds = {
        "lazy polars": frame.lazy(),
        "pandas": pandas.DataFrame(frame.to_dict(as_series=False)),
        "pandas with categories": frame.to_pandas().astype("category"),
        "pyarrow": arrow,
        "duckdb": duckdb.from_arrow(arrow),
    }
    for name, given in kinds.items():
        assert audited(given).to_polars().equals(found.to_polars()), name


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_changes_nothing(found: FindingSet, seed: int) -> None:
    shuffled = table().sample(fraction=1.0, shuffle=True, seed=seed)
    columns = random.Random(seed).sample(shuffled.columns, len(shuffled.columns))
    assert audited(shuffled.select(columns)).to_polars().equals(found.to_polars())


@pytest.mark.parametrize("name", ["item", "subject", "annotated", "label", "failure", "weight"])
def test_columns_may_have_any_name(found: FindingSet, name: str) -> None:
    renamed = table().rename({"label": "emotion"}).rename({"sex": name})
    again = audited(
        renamed, annotated="emotion", groups=[name, [name, "age"]], references={name: "m"}
    )
    expected = found.to_polars().with_columns(pl.col("attribute").str.replace("sex", name))
    numbers = ["metric", "attribute", "group", "estimate", "low", "high", "n_items", "n_subjects"]
    assert again.to_polars().select(numbers).equals(expected.select(numbers))


def test_one_column_may_have_several_parts() -> None:
    found = audited(groups=["person"], conditions=["label"], references={})
    # Where anger is annotated 22 of 24 are right; that is not what was predicted.
    by_label = one(found, metric="accuracy", family="correctness", condition="label=anger")
    assert value(by_label) == 22 / 24


def test_without_a_subject_rows_are_taken_as_independent() -> None:
    found = audited(subject=None)
    accuracy = one(found, metric="accuracy", family="correctness").result
    assert (accuracy.n_subjects, accuracy.n_items) == (48, 48)


def test_a_missing_prediction_is_a_failure() -> None:
    silent = pl.when(pl.col("sex") == "f").then(pl.col("guess")).alias("guess")
    found = audited(table().with_columns(silent), groups=[], conditions=[], references={})
    assert value(one(found, metric="failure_rate")) == 24 / 48
    assert value(one(found, metric="failure_rate[refused]")) == 24 / 48
    assert value(one(found, metric="accuracy", family="correctness")) == 12 / 24
    assert value(one(found, metric="accuracy[failures=wrong]")) == 12 / 48


def test_labels_of_any_kind_are_words() -> None:
    numbered = table().with_columns(
        (pl.col("label") == "anger").cast(pl.Int64), (pl.col("guess") == "anger").cast(pl.Int64)
    )
    found = audited(numbered, groups=[], conditions=[], references={})
    assert value(one(found, metric="recall[1]")) == 22 / 24


def test_answers_outside_the_labels_are_wrong_and_none_is_no_answer() -> None:
    said = {"f0": pl.lit("outside"), "m0": pl.lit("none")}
    given = table().with_columns(
        pl.when(pl.col("person") == "f0")
        .then(said["f0"])
        .when(pl.col("person") == "m0")
        .then(said["m0"])
        .otherwise(pl.col("guess"))
        .alias("guess")
    )
    found = audited(given, groups=[], conditions=[])
    # f0 was right 3 times and is wrong now; m0's 4 answers, all right, are none.
    assert value(one(found, metric="accuracy", family="correctness")) == pytest.approx(24 / 44)
    assert value(one(found, metric="abstention_rate")) == pytest.approx(4 / 48)
    assert value(one(found, metric="confusion[anger→outside]")) == pytest.approx(2 / 22)


@pytest.mark.parametrize(
    ("metrics", "kept"),
    [
        (["accuracy"], {"accuracy", "ratio of accuracy", "impact ratio of accuracy"}),
        (["recall"], {"recall[anger]", "recall[calm]"}),
        (["recall[calm]", "uar"], {"recall[calm]", "uar"}),
        ([], set()),
    ],
)
def test_only_these_metrics(metrics: list[str], kept: set[str]) -> None:
    assert {f.place.metric for f in audited(metrics=metrics)} == kept


def test_a_subset_of_metrics_has_the_numbers_of_all(found: FindingSet) -> None:
    for f in audited(metrics=["uar", "recall"]):
        if f.place.family != "skill" and f.place.reference != "largest gap":
            assert f == found[f.key]


@pytest.mark.parametrize("metric", ["acuracy", "recall[joy]", "ratio of accuracy"])
def test_a_metric_that_is_not_measured_is_no_empty_table(metric: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        audited(metrics=["uar", metric])
    guess = {"acuracy": " Did you mean 'accuracy'?", "recall[joy]": " Did you mean 'recall'?"}
    assert str(caught.value) == (
        f"unknown metric {metric!r}.{guess.get(metric, guess['acuracy'])} Known: "
        "'abstention_rate', 'accuracy', 'confusion', 'f1', 'failure_rate', 'group_spread', 'mcc', "
        "'pooled_accuracy', 'pooled_recall', 'precision', 'prediction_rate', 'recall', "
        "'standardised_prediction_rate', 'uar'."
    )


@pytest.mark.parametrize(
    ("given", "changes", "says"),
    [
        (
            table().with_columns(
                pl.when(pl.col("person") != "f0").then(pl.col("person")).alias("person")
            ),
            {},
            "column person: 4 row(s) have no subject; give one in every row, or name no subject "
            "[empty_subject]",
        ),
        (
            table().with_columns(label=pl.lit("outside")),
            {},
            "column label: 'outside' is reserved for answers that are no label; leave such rows "
            "out [reserved_label]",
        ),
        (
            table(),
            {"references": {"sex": "rest"}},
            "references, sex: 'rest' is reserved: every group is compared with it anyway "
            "[reserved_label]",
        ),
    ],
)
def test_what_is_refused(given: pl.DataFrame, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ManifestError) as caught:
        audited(given, **changes)
    assert str(caught.value) == f"table: 1 problem(s)\n  {says}"


def test_it_is_the_public_function() -> None:
    assert facevalue.audit_table is audit_table


def test_prohibited_answers_are_taken_out_and_counted() -> None:
    # All eleven answers of calm become a prohibited word.
    guess = pl.when(pl.col("guess") == "calm").then(pl.lit("asian")).otherwise(pl.col("guess"))
    found = audited(table().with_columns(guess=guess))
    (told,) = found.where(family="outputs")
    assert told.place.group == "asian"
    assert isinstance(told.result, NotEstimable)
    assert (told.result.reason, told.result.n_answers) == (Reason.PROHIBITED_OUTPUT, 11)
    # 37 answers are left, all anger, 22 of them right: nothing is told of the word itself.
    accuracy = one(found, metric="accuracy", family="correctness")
    assert (value(accuracy), accuracy.result.n_items) == (22 / 37, 37)
    assert [f for f in found if "asian" in f.place.metric] == []
