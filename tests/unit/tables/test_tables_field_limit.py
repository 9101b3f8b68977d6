"""The field limit of the csv module belongs to the whole process."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from facevalue.errors import ManifestError
from facevalue.tables import Faults
from facevalue.tables.rows import Limits, read_rows


def test_the_limit_is_given_back_when_a_file_is_refused(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    path = tmp_path / "items.csv"
    path.write_text("item,item\na,b\n", "utf-8")
    # The error is kept, and with it whatever its traceback holds on to.
    with pytest.raises(ManifestError) as kept:
        read_rows(path, Faults(path.name), Limits(max_field=10, max_columns=1))
    assert csv.field_size_limit() == before
    assert kept.value.problems
