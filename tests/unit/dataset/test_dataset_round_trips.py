"""The same rows in CSV, JSON Lines and Parquet are the same dataset."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facevalue.dataset import Dataset, DatasetSpec, open_dataset
from facevalue.domain import Taxonomy

LABELS = Taxonomy("two", ("calm", "anger"))

# All that a cell may hold: no control characters, no marks that turn the writing around, no
# halves of a character; spaces at the ends are no part of a value.
TEXT = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf")), max_size=12)
    .map(lambda s: s.strip(" \u00a0"))
    .filter(bool)
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "item": TEXT,
            "subject": TEXT,
            "annotated": st.sampled_from(["calm", "anger", "none"]) | st.none(),
            "votes_calm": st.integers(0, 99),
            "votes_anger": st.integers(1, 99),
            "sex": TEXT | st.none(),
            "<b>, \"quoted\" 'name'": TEXT | st.none(),
        }
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row["item"],
)
Row = dict[str, str | int | None]


def opened(folder: Path, name: str) -> Dataset:
    return open_dataset(DatasetSpec(id="x", manifest=name, taxonomy=LABELS), base=folder)


def written(folder: Path, rows: list[Row]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (folder / "m.csv").write_text(stream.getvalue(), encoding="utf-8", newline="")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "m.jsonl").write_text(lines, encoding="utf-8", newline="")
    schema = {k: pl.Int64 if k.startswith("votes_") else pl.String for k in rows[0]}
    pl.DataFrame(rows, schema=schema).write_parquet(folder / "m.parquet")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
def test_the_file_format_is_no_part_of_a_dataset(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, rows)
        found = [opened(folder, f"m.{kind}") for kind in ("csv", "jsonl", "parquet")]
        assert len({dataset.sha256 for dataset in found}) == 1
        for dataset in found[1:]:
            assert dataset.items.equals(found[0].items)
        kept = found[0].items.select(list(rows[0])).to_dicts()
        assert kept == rows


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, data=st.data())
def test_any_change_of_a_value_changes_the_fingerprint(
    rows: list[Row], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, rows)
        before = opened(folder, "m.csv").sha256
        changed = dict(data.draw(st.sampled_from(rows)))
        others = [row for row in rows if row["item"] != changed["item"]]
        changed["votes_anger"] = 1 + int(changed["votes_anger"] or 0)
        written(folder, [*others, changed])
        assert opened(folder, "m.csv").sha256 != before
