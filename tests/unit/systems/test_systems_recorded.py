"""Predictions made elsewhere, and the raters of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from facevalue.errors import InputError, ManifestError
from facevalue.systems import Recorded
from systems_support import opened

ITEMS = pl.DataFrame({"item": ["a", "b", "c"], "sha256": ["1", "2", "3"]})
FIXED = {"item": pl.String, "label": pl.String, "failure": pl.String, "detail": pl.String}


def answers(base: Path, text: str | bytes, name: str = "p.csv", **options: Any) -> pl.DataFrame:
    data = text if isinstance(text, bytes) else text.encode()
    (base / name).write_bytes(data)
    system = opened(base, "predictions", file=name, **options)
    assert isinstance(system, Recorded)
    return system.answers(ITEMS)


def said(base: Path, text: str | bytes, name: str = "p.csv", **options: Any) -> str:
    with pytest.raises(ManifestError) as caught:
        answers(base, text, name, **options)
    return str(caught.value)


def test_labels_are_read_in_the_order_of_the_items(tmp_path: Path) -> None:
    table = answers(tmp_path, "label,item,note\nsad,c,x\ncalm,a,y\nangry,b,z\n")
    assert table.schema == FIXED
    assert table.rows() == [
        ("a", "calm", None, None),
        ("b", "angry", None, None),
        ("c", "sad", None, None),
    ]


def test_scores_give_the_label_and_failures_are_kept(tmp_path: Path) -> None:
    table = answers(
        tmp_path,
        "item,score_calm,score_angry,failed\na,0.25,0.75,\nb,,,timeout\nc,0.5,0.5,\n",
        normalised=True,
    )
    assert table.schema == {**FIXED, "score_calm": pl.Float64, "score_angry": pl.Float64}
    # Equal scores: the first column wins.
    assert table.rows() == [
        ("a", "angry", None, None, 0.25, 0.75),
        ("b", None, "timeout", None, None, None),
        ("c", "calm", None, None, 0.5, 0.5),
    ]


def test_columns_of_other_names_and_labels_beside_scores(tmp_path: Path) -> None:
    text = "id,guess,p0,p1\na,calm,0.1,0.9\nb,angry,0.1,0.9\nc,,0.8,0.2\n"
    table = answers(tmp_path, text, item="id", label="guess", scores={"calm": "p0", "angry": "p1"})
    # The given label stands, also where another has the higher score.
    assert table["label"].to_list() == ["calm", "angry", "calm"]
    assert table["score_angry"].to_list() == [0.9, 0.9, 0.2]


def test_json_lines_and_parquet_say_the_same_as_csv(tmp_path: Path) -> None:
    expected = answers(tmp_path, "item,score_x,score_y\na,0.1,0.9\nb,1,0\nc,0.3,0.7\n")
    lines = (
        '{"item": "a", "score_x": 0.1, "score_y": 0.9}\n'
        '{"item": "b", "score_x": 1, "score_y": 0}\n\n'
        '{"item": "c", "score_x": 0.3, "score_y": 0.7}\n'
    )
    assert answers(tmp_path, lines, "p.jsonl").equals(expected)
    frame = pl.DataFrame({"item": ["a", "b", "c"], "score_x": [0.1, 1, 0.3]})
    frame = frame.with_columns(score_y=pl.Series([0.9, 0, 0.7]))
    frame.write_parquet(tmp_path / "p.parquet")
    assert opened(tmp_path, "predictions", file="p.parquet").answers(ITEMS).equals(expected)


def test_numbered_items_are_text(tmp_path: Path) -> None:
    pl.DataFrame({"item": [1.0, 2.0], "label": ["x", "y"]}).write_parquet(tmp_path / "p.parquet")
    system = opened(tmp_path, "predictions", file="p.parquet")
    assert system.answers(pl.DataFrame({"item": ["2", "1"]}))["label"].to_list() == ["y", "x"]


def test_every_problem_of_a_file_has_its_place(tmp_path: Path) -> None:
    text = (
        "item,label,score_calm,score_angry,failed\n"
        "a,,0.5,NaN,\n"
        "a,,0.5,0.5,\n"
        "zz,,inf,-0.1,\n"
        ",,0.5,0.5,\n"
        "b,bored,0.5,0.5,\n"
        "d,calm,,,gone\n"
        "e,calm,,,timeout\n"
        "f,,0.5,,\n"
        "g,,x,0.5,\n"
        "h,,0.5,0.6,\n"
    )
    where = "expected a number in [0, 1] [bad_score]"
    kinds = "timeout, unavailable, crashed, malformed_answer, unreadable_media, refused"
    unknown = "is not in the dataset [unknown_item]"
    assert said(tmp_path, text, normalised=True) == (
        "p.csv: 17 problem(s)\n"
        f"  row 2, column score_angry: the score of 'angry' is 'NaN', {where}\n"
        "  row 3, column item: item 'a' is also on row 2 [duplicate_id]\n"
        f"  row 4, column item: item 'zz' {unknown}\n"
        f"  row 4, column score_calm: the score of 'calm' is 'inf', {where}\n"
        f"  row 4, column score_angry: the score of 'angry' is '-0.1', {where}\n"
        "  row 5, column item: there is no item [missing_value]\n"
        "  row 6, column label: label 'bored' has no column of scores [unknown_label]\n"
        f"  row 7, column item: item 'd' {unknown}\n"
        f"  row 7, column failed: 'gone' is no kind of failure, expected {kinds} "
        "[unknown_failure]\n"
        f"  row 8, column item: item 'e' {unknown}\n"
        "  row 8, column failed: there is an answer and a failure [two_answers]\n"
        f"  row 9, column item: item 'f' {unknown}\n"
        f"  row 9, column score_angry: the score of 'angry' is empty, {where}\n"
        f"  row 10, column item: item 'g' {unknown}\n"
        f"  row 10, column score_calm: the score of 'calm' is 'x', {where}\n"
        f"  row 11, column item: item 'h' {unknown}\n"
        "  row 11, column score_calm: the scores of this row sum to 1.1, expected 1 [bad_sum]\n"
        "  1 item(s) of the dataset have no row: 'c'. Add them, or set missing: failed "
        "[missing_items]"
    ).replace("17 problem(s)", "18 problem(s)")


def test_items_without_a_row_are_failures_where_that_is_said(tmp_path: Path) -> None:
    assert said(tmp_path, "item,label\nzz,calm\n") == (
        "p.csv: 2 problem(s)\n"
        "  row 2, column item: item 'zz' is not in the dataset [unknown_item]\n"
        "  3 item(s) of the dataset have no row: 'a', 'b', 'c'. Add them, or set missing: failed "
        "[missing_items]"
    )
    table = answers(tmp_path, "item,label\nzz,calm\nb,sad\n", missing="failed", others="ignored")
    lost = ("unavailable", "no row in the predictions file")
    assert table.rows() == [("a", None, *lost), ("b", "sad", None, None), ("c", None, *lost)]


def test_many_missing_items_are_counted(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("item,label\nx0,calm\n")
    system = opened(tmp_path, "predictions", file="p.csv")
    with pytest.raises(ManifestError) as caught:
        system.answers(pl.DataFrame({"item": [f"x{i}" for i in range(2000)]}))
    assert str(caught.value) == (
        "p.csv: 1 problem(s)\n"
        "  1,999 item(s) of the dataset have no row: 'x1', 'x2', 'x3', 'x4', 'x5' and 1,994 more. "
        "Add them, or set missing: failed [missing_items]"
    )


def test_a_row_with_no_answer_is_a_problem(tmp_path: Path) -> None:
    assert said(tmp_path, "item,label\na,calm\nb,\nc,sad\n") == (
        "p.csv: 1 problem(s)\n"
        "  row 3, column label: there is no label, and no kind of failure in column 'failed' "
        "[missing_value]"
    )


def test_columns_that_are_named_but_not_there(tmp_path: Path) -> None:
    message = said(tmp_path, "item,label\na,calm\n", scores={"calm": "p0"})
    assert message == (
        "p.csv: 1 problem(s)\n  there is no column 'p0' for the scores of 'calm' [missing_column]"
    )


def test_html_in_labels_is_only_text(tmp_path: Path) -> None:
    table = answers(tmp_path, "item,label\na,<img src=x onerror=alert(1)>\nb,x\nc,x\n")
    assert table["label"][0] == "<img src=x onerror=alert(1)>"
    assert said(tmp_path, f"item,label\na,{'x' * 201}\nb,x\nc,x\n") == (
        "p.csv: 1 problem(s)\n"
        "  row 2, column label: a label has 201 characters, at most 200 [bad_label]"
    )


def test_identity_is_that_of_the_file_and_how_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("item,label\na,calm\n")
    first = opened(tmp_path, "predictions", file="p.csv").spec
    other = opened(tmp_path, "predictions", file="p.csv", missing="failed").spec
    (tmp_path / "p.csv").write_text("item,label\na,angry\n")
    changed = opened(tmp_path, "predictions", file="p.csv").spec
    assert len({str(s.identity) for s in (first, other, changed)}) == 3
    assert first.media == "none"


def test_raters_votes_are_answers() -> None:
    rated = pl.DataFrame(
        {"item": ["a", "b"], "sex": ["f", "m"], "votes_calm": [3, 0], "votes_sad": [None, 0]},
        schema_overrides={"votes_sad": pl.Int64},
    )
    table = opened(Path(), "ratings").answers(rated)
    assert table.schema == {**FIXED, "votes_calm": pl.Int64, "votes_sad": pl.Int64}
    assert table.rows() == [
        ("a", None, None, None, 3, 0),
        ("b", None, "unavailable", "nobody rated this item", None, None),
    ]


def test_a_dataset_without_votes_has_no_raters() -> None:
    with pytest.raises(InputError) as caught:
        opened(Path(), "ratings").answers(ITEMS)
    assert str(caught.value) == (
        "system 'mine' is the raters of the dataset, but the dataset has no votes. "
        "Expected columns votes_<label>"
    )
