from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facevalue.domain.predictions import Failure, FailureKind, Prediction
from facevalue.errors import StoreError
from facevalue.runs.answers import answer_table, checked, encode
from runs_fakes import LABELS

LATE = Failure(FailureKind.TIMEOUT, "no answer in 30 s")
NAN = float("nan")
TOO_MANY = dict.fromkeys(range(10_001), 0.0)
ODD = Failure("odd")  # type: ignore[arg-type] # as a system's code could


def hostile(label: Any, scores: Any) -> Prediction:
    """Build a prediction past its own checks, as a system's code could."""
    made = Prediction("calm")
    object.__setattr__(made, "label", label)
    object.__setattr__(made, "scores", scores)
    return made


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ("calm", "an answer of type str is neither a prediction nor a failure"),
        (None, "an answer of type NoneType is neither a prediction nor a failure"),
        (object(), "an answer of type object is neither a prediction nor a failure"),
        (hostile(3, {}), "its label is of type int, not text"),
        (hostile("", {}), "a label of 0 characters, expected 1 to 200"),
        (hostile("x" * 201, {}), "a label of 201 characters, expected 1 to 200"),
        (hostile("\ud800", {}), "its label is not valid Unicode"),
        (hostile("joy", {}), "'joy' is not one of the system's labels"),
        (hostile("calm", [0.5]), "its scores are of type list, not a mapping"),
        (hostile("calm", {"calm": NAN}), "score of 'calm' is nan, expected a number in [0, 1]"),
        (hostile("calm", {"calm": 1.5}), "score of 'calm' is 1.5, expected a number in [0, 1]"),
        (hostile("calm", {"calm": "much"}), "score of 'calm' is of type str, not a number"),
        (hostile("calm", {"joy": 0.5}), "'joy' is not one of the system's labels"),
        (hostile("calm", {"calm": 1.0}), "scores for 1 of the system's 3 labels"),
        (hostile("calm", TOO_MANY), "10001 scores, expected at most 10000"),
        (ODD, "a failure of a kind that there is not"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_a_malformed_one(answer: object, detail: str) -> None:
    assert checked(answer, LABELS) == Failure(FailureKind.MALFORMED_ANSWER, detail)


def test_a_system_that_names_no_labels_may_use_any() -> None:
    assert checked(Prediction("joy", {"joy": 1.0}), None) == Prediction("joy", {"joy": 1.0})


def test_numbers_of_other_libraries_become_plain_ones() -> None:
    found = checked(Prediction("a", {"a": np.float32(0.1)}), None)  # type: ignore[dict-item] # as systems do
    # float32 nearest to 0.1 is 13421773 / 2**27
    assert encode(found) == '{"label":"a","scores":{"a":0.10000000149011612}}'
    assert 13421773 / 2**27 == 0.10000000149011612


def test_a_failure_keeps_its_kind_and_a_bounded_printable_detail() -> None:
    found = checked(Failure(FailureKind.REFUSED, "\udc80" + "x" * 600), None)
    assert found == Failure(FailureKind.REFUSED, "?" + "x" * 499)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_scores_survive_to_the_last_bit(values: list[float]) -> None:
    scores = dict(zip(LABELS, values, strict=True))
    text = encode(Prediction("calm", scores))
    table = answer_table(["i"], ["k"], {"k": text}, LABELS)
    found = [table[f"score_{label}"].item() for label in LABELS]
    assert [x.hex() for x in found] == [x.hex() for x in values]


def test_table_has_a_row_an_item_in_order_and_its_columns_in_the_systems_order() -> None:
    kept = {
        "k1": encode(Prediction("anger", {"calm": 0.25, "anger": 0.5, "fear": 0.25})),
        "k2": encode(Failure(FailureKind.TIMEOUT, "no answer in 30 s")),
    }
    table = answer_table(["b", "a", "c"], ["k2", "k1", "k1"], kept, LABELS)
    expected = pl.DataFrame(
        {
            "item": ["b", "a", "c"],
            "label": [None, "anger", "anger"],
            "failure": ["timeout", None, None],
            "detail": ["no answer in 30 s", None, None],
            "score_calm": [None, 0.25, 0.25],
            "score_anger": [None, 0.5, 0.5],
            "score_fear": [None, 0.25, 0.25],
        }
    )
    assert table.equals(expected)
    assert table.schema == expected.schema


def test_labels_not_named_beforehand_come_in_alphabetical_order() -> None:
    kept = {"1": encode(Prediction("z", {"z": 1.0})), "2": encode(Prediction("b", {"b": 0.5}))}
    table = answer_table(["x", "y"], ["1", "2"], kept, None)
    assert table.columns == ["item", "label", "failure", "detail", "score_b", "score_z"]
    assert table.rows() == [("x", "z", None, None, None, 1.0), ("y", "b", None, None, 0.5, None)]


def test_without_scores_there_are_no_score_columns() -> None:
    table = answer_table(["x"], ["1"], {"1": encode(Prediction("calm"))}, LABELS)
    assert table.columns == ["item", "label", "failure", "detail"]
    assert table.schema["failure"] == pl.String


def test_a_table_made_in_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {str(i): encode(Prediction("b", {"b": i / 7})) for i in range(5)}
    kept |= {"5": encode(LATE), "6": encode(Prediction("a", {"a": 1.0}))}
    whole = answer_table(list("abcdefgh"), list("01234560"), kept, None)
    monkeypatch.setattr("facevalue.runs.answers.PIECE_ROWS", 2)
    assert answer_table(list("abcdefgh"), list("01234560"), kept, None).equals(whole)
    assert whole["score_b"].to_list() == [0.0, 1 / 7, 2 / 7, 3 / 7, 4 / 7, None, None, 0.0]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"label":"a","failure":"crashed"}', "null"])
def test_something_else_in_the_store_is_said(text: str) -> None:
    with pytest.raises(StoreError) as caught:
        answer_table(["x"], ["1"], {"1": text}, None)
    assert str(caught.value) == (
        "the store holds something that is not an answer. Move the file away and run the audit "
        "again: the answers in it will be asked for anew."
    )


def test_encoding_is_strict_json() -> None:
    text = encode(Prediction("<b>\u2028\x00", {"<b>\u2028\x00": 0.1 + 0.2}))
    assert json.loads(text) == {
        "label": "<b>\u2028\x00",
        "scores": {"<b>\u2028\x00": 0.30000000000000004},
    }
