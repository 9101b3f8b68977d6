"""Table files: what is read, and the whole message where one cannot be."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from facevalue.errors import ManifestError
from facevalue.tables.faults import Faults
from facevalue.tables.rows import Limits, Rows, read_rows


def read(folder: Path, name: str, data: bytes | str, limits: Limits | None = None) -> Rows:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    faults = Faults(name)
    rows = read_rows(path, faults, limits)
    faults.raise_if_any()
    return rows


def message(folder: Path, name: str, data: bytes | str, limits: Limits | None = None) -> str:
    with pytest.raises(ManifestError) as caught:
        read(folder, name, data, limits)
    return str(caught.value)


def test_csv_rows_are_numbered_as_an_editor_shows_them(tmp_path: Path) -> None:
    # Line 1 header; line 2 blank; a record over lines 3–4; then line 5.
    rows = read(tmp_path, "m.csv", 'item,note\n\na,"two\nlines"\nb,one\n')
    assert rows.numbers == (3, 5)
    assert rows.frame.rows() == [("a", "two\nlines"), ("b", "one")]


@pytest.mark.parametrize("data", ["\ufeffitem,x\r\na,1\r\n", "item,x\ra,1\r", " item , x\n a ,1"])
def test_marks_line_ends_and_spaces_around_cells_do_not_matter(tmp_path: Path, data: str) -> None:
    rows = read(tmp_path, "m.csv", data)
    assert rows.frame.to_dicts() == [{"item": "a", "x": "1"}]


def test_empty_cells_are_null_and_a_nameless_column_is_left_out(tmp_path: Path) -> None:
    rows = read(tmp_path, "m.csv", ",item,x\n0,a,\n")
    assert rows.frame.to_dicts() == [{"item": "a", "x": None}]
    assert rows.notes == ("column 1 has no name and is left out",)


def test_json_values_become_text(tmp_path: Path) -> None:
    line = (
        '{"item": 7, "age": 31.0, "w": 0.1, "posed": true, "x": null, "big": 12345678901234567890}'
    )
    rows = read(tmp_path, "m.jsonl", f'\n{line}\n{{"item": "b", "extra": "y"}}\n')
    assert rows.numbers == (2, 3)
    assert rows.frame.to_dicts() == [
        {
            "item": "7",
            "age": "31",
            "w": "0.1",
            "posed": "true",
            "x": None,
            "big": "12345678901234567890",
            "extra": None,
        },
        {
            "item": "b",
            "age": None,
            "w": None,
            "posed": None,
            "x": None,
            "big": None,
            "extra": "y",
        },
    ]


def test_json_lines_may_hold_a_line_separator(tmp_path: Path) -> None:
    rows = read(tmp_path, "m.jsonl", '{"item": "a\u2028b"}\n')
    assert rows.frame["item"].to_list() == ["a\u2028b"]


def test_parquet_numbers_become_clean_text(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "item": [1, 2],
            "age": [31.0, float("nan")],
            "w": pl.Series([0.1, 2.0], dtype=pl.Float32),
            "d": pl.Series(["1.50", "3.00"]).cast(pl.Decimal(6, 2)),
            "c": pl.Series(["x", "y"], dtype=pl.Categorical),
            "posed": [True, None],
        }
    )
    frame.write_parquet(tmp_path / "m.parquet")
    rows = read_rows(tmp_path / "m.parquet", Faults("m.parquet"))
    assert rows.numbers == (1, 2)
    assert rows.frame.rows() == [
        ("1", "31", "0.1", "1.5", "x", "true"),
        ("2", None, "2", "3", "y", None),
    ]


LONG_NUMBER = "9" * 5000
BAD_TEXT = {
    "empty": ("m.csv", b"", "m.csv: 1 problem(s)\n  the file is empty [empty_file]"),
    "blank": ("m.csv", b" \n\n", "m.csv: 1 problem(s)\n  the file is empty [empty_file]"),
    "header only": (
        "m.csv",
        b"item,label\n",
        "m.csv: 1 problem(s)\n  there is no row of data [no_rows]",
    ),
    "extension": (
        "m.xlsx",
        b"x",
        "m.xlsx: 1 problem(s)\n"
        "  expected a file that ends in one of .csv, .parquet, .jsonl, .ndjson "
        "[unsupported_format]",
    ),
    "latin 1": (
        # Line 1 is "item,x\n" (7 bytes), line 2 "a,1\n" (4): "é" of "bé" is byte 7 + 4 + 1 = 12.
        "m.csv",
        b"item,x\na,1\nb\xe9,2\n",
        "m.csv: 1 problem(s)\n"
        "  row 3: byte 12 (0xe9) is not UTF-8. Save the file as UTF-8 [wrong_encoding]",
    ),
    "utf-16": (
        "m.jsonl",
        "{}".encode("utf-16"),
        "m.jsonl: 1 problem(s)\n"
        "  row 1: the file is in UTF-16; expected UTF-8. Save it as UTF-8 [wrong_encoding]",
    ),
    "ragged": (
        "m.csv",
        b"item,x\na\nb,1\nc,1,2\n",
        "m.csv: 2 problem(s)\n"
        "  row 2: 1 field(s); the header has 2 [ragged_row]\n"
        "  row 4: 3 field(s); the header has 2 [ragged_row]",
    ),
    "quote": (
        "m.csv",
        b'item,x\na,1\nb,"2"3\n',
        "m.csv: 1 problem(s)\n  row 3: this row cannot be read: ',' expected after '\"' [bad_csv]",
    ),
    "semicolons": (
        "m.csv",
        b"item;x\na;1\n",
        "m.csv: 1 problem(s)\n"
        "  row 1: the columns look separated by semicolons; expected commas [bad_csv]",
    ),
    "twice": (
        "m.csv",
        b"item,x,x\na,1,2\n",
        "m.csv: 1 problem(s)\n  row 1, column x: two columns have this name [duplicate_column]",
    ),
    "bad json": (
        "m.jsonl",
        b'{"item": "a"}\n{"item": }\n[1]\n{"x": NaN}\n{"x": [1]}\n{"x": {}}\n{"x": 1, "x": 2}\n'
        b'{"x": "\\ud800"}\n{"x": ' + LONG_NUMBER.encode() + b"}\n" + b"[" * 100_000 + b"\n",
        "m.jsonl: 9 problem(s)\n"
        "  row 2: not JSON: Expecting value at character 10 [bad_json]\n"
        '  row 3: expected an object such as {"item": "a1"} [bad_json]\n'
        "  row 4: NaN is not JSON; use null where there is no value [bad_json]\n"
        "  row 5: the value of 'x' is a list; expected text or a number [bad_json]\n"
        "  row 6: the value of 'x' is an object; expected text or a number [bad_json]\n"
        "  row 7: the key 'x' is there twice [bad_json]\n"
        "  row 8: the value of 'x' is not valid Unicode [bad_json]\n"
        "  row 9: not a row: a number is too long [bad_json]\n"
        "  row 10: not a row: nested too deeply [bad_json]",
    ),
    "not parquet": (
        "m.parquet",
        b"item,x\na,1\n",
        "m.parquet: 1 problem(s)\n"
        "  the file cannot be read as Parquet; it may be damaged [not_parquet]",
    ),
}


@pytest.mark.parametrize(("name", "data", "expected"), BAD_TEXT.values(), ids=BAD_TEXT)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, data: bytes, expected: str) -> None:
    assert message(tmp_path, name, data) == expected


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        read_rows(tmp_path / "no.csv", Faults("no.csv"))
    assert str(caught.value) == "no.csv: 1 problem(s)\n  there is no such file [missing_file]"
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(ManifestError) as caught:
        read_rows(tmp_path / "d.csv", Faults("d.csv"))
    assert str(caught.value) == "d.csv: 1 problem(s)\n  this is not a file [unreadable_file]"


SMALL = Limits(max_bytes=40, max_rows=2, max_columns=2, max_field=10)
TOO_LARGE = {
    "bytes": (
        "m.csv",
        "x" * 41,
        "  the file has 41 bytes; at most 40 are read [too_large]",
    ),
    "rows": ("m.csv", "i\n1\n2\n3\n", "  row 4: at most 2 rows are read [too_large]"),
    "columns": ("m.csv", "a,b,c\n1,2,3\n", "  row 1: 3 columns; at most 2 are read [too_large]"),
    "field": (
        "m.csv",
        "i\n" + "x" * 11,
        "  row 2: this row cannot be read: field larger than field limit (10) [bad_csv]",
    ),
    "lines": ("m.jsonl", '{"i":1}\n' * 3, "  row 3: at most 2 rows are read [too_large]"),
    "keys": (
        "m.jsonl",
        '{"a":1,"b":1,"c":1}',
        "  row 1: more than 2 different keys; at most that many are read [too_large]",
    ),
}


@pytest.mark.parametrize(("name", "text", "line"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_sizes_are_bounded(tmp_path: Path, name: str, text: str, line: str) -> None:
    assert message(tmp_path, name, text, SMALL) == f"{name}: 1 problem(s)\n{line}"


def test_parquet_is_bounded_by_what_it_unfolds_to(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    pl.DataFrame({"item": ["x"] * 3}).write_parquet(path)
    with pytest.raises(ManifestError) as caught:
        read_rows(path, Faults("m.parquet"), Limits(max_rows=2))
    assert str(caught.value) == (
        "m.parquet: 1 problem(s)\n  the file has 3 rows; at most 2 are read [too_large]"
    )


def test_parquet_with_nested_values_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    pl.DataFrame({"item": ["a"], "x": [[1, 2]], "y": [b"ab"]}).write_parquet(path)
    with pytest.raises(ManifestError) as caught:
        read_rows(path, Faults("m.parquet"))
    expected = "expected text, numbers, booleans or dates [unsupported_type]"
    assert str(caught.value) == (
        "m.parquet: 2 problem(s)\n"
        f"  column x: values are of type List(Int64); {expected}\n"
        f"  column y: values are of type Binary; {expected}"
    )


def test_a_cut_off_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    pl.DataFrame({"item": [str(i) for i in range(1000)]}).write_parquet(path)
    data = bytearray(path.read_bytes())
    data[40:200] = bytes(160)
    path.write_bytes(data)
    with pytest.raises(ManifestError) as caught:
        read_rows(path, Faults("m.parquet"))
    assert str(caught.value) == (
        "m.parquet: 1 problem(s)\n"
        "  the file cannot be read as Parquet; it may be damaged [not_parquet]"
    )
