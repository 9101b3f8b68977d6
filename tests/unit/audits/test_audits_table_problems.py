"""Tables that `audit_table` refuses, with the whole message."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from facevalue import audit_table
from facevalue.errors import ManifestError


def refused(table: Any, **changes: Any) -> str:
    with pytest.raises(ManifestError) as caught:
        audit_table(table, **{"annotated": "label", "predicted": "guess", **changes})
    return str(caught.value)


def test_no_table() -> None:
    assert refused("answers.csv") == (
        "table: 1 problem(s)\n  found str, expected polars, pandas, pyarrow or DuckDB [not_a_table]"
    )


def test_every_missing_column_is_named() -> None:
    table = pl.DataFrame({"label": ["a"], "sex": ["f"]})
    assert refused(table, subject="person", groups=["sex", ["sex", "age"]]) == (
        "table: 3 problem(s)\n"
        "  there is no column 'guess'; the table has 'label', 'sex' [missing_column]\n"
        "  there is no column 'person'; the table has 'label', 'sex' [missing_column]\n"
        "  there is no column 'age'; the table has 'label', 'sex' [missing_column]"
    )


def test_no_rows() -> None:
    table = pl.DataFrame({"label": [], "guess": []}, schema=dict.fromkeys(["label", "guess"], str))
    assert refused(table) == "table: 1 problem(s)\n  the table has no rows [empty_file]"


def test_rows_without_annotated_label() -> None:
    table = pl.DataFrame({"label": ["a", None, None], "guess": ["a", "b", "a"]})
    assert refused(table) == (
        "table: 1 problem(s)\n"
        "  column label: 2 row(s) have no annotated label; leave them out [missing_label]"
    )


def test_a_column_of_numbers_is_no_classification() -> None:
    table = pl.DataFrame({"label": list(range(101)), "guess": list(range(101))})
    assert refused(table) == (
        "table: 1 problem(s)\n"
        "  column label: 101 different labels, at most 100 are a classification "
        "[too_many_labels]"
    )


def test_labels_and_people_that_cannot_be_told() -> None:
    table = pl.DataFrame(
        {"label": ["a", "outside"], "guess": ["a", "a"], "person": ["p", None], "sex": ["f", "m"]}
    )
    assert refused(table, subject="person", groups=["sex"], references={"sex": "rest"}) == (
        "table: 3 problem(s)\n"
        "  column label: 'outside' is reserved for answers that are no label; leave such rows out "
        "[reserved_label]\n"
        "  column person: 1 row(s) have no subject; give one in every row, or name no subject "
        "[empty_subject]\n"
        "  references, sex: 'rest' is reserved: every group is compared with it anyway "
        "[reserved_label]"
    )
