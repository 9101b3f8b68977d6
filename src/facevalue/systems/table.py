"""Read a table that somebody else wrote: CSV, JSON Lines or Parquet.

The values stay as they were written: every column of a CSV file is text, an empty cell is
null. Each row knows its place in the file, so that problems can be reported where the
reader will look for them: CSV rows count as in a spreadsheet (the header is row 1), JSON
rows as lines of the file, Parquet rows from 1.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facevalue.errors import ManifestError, Problem

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Table", "read_table"]

MAX_FILE_BYTES = 1 << 30
MAX_ROWS = 50_000_000
MAX_COLUMNS = 10_000
READERS = (".csv", ".jsonl", ".ndjson", ".parquet")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was written, with the place of each row.

    Parameters
    ----------
    frame
        The values; text from CSV files, text, numbers and truth values from the others.
    rows
        Number of each row in the file, shape ``(n_rows,)``.
    """

    frame: pl.DataFrame
    rows: Sequence[int]

    def where(self, position: int, column: str | None = None) -> str:
        """Return the place of a cell as it is written in messages."""
        place = f"row {self.rows[position]}"
        return f"{place}, column {column}" if column is not None else place


def read_table(path: Path, *, shown: str | None = None) -> Table:
    r"""Read ``path`` by its ending: ``.csv``, ``.jsonl``, ``.ndjson`` or ``.parquet``.

    Parameters
    ----------
    path
        The file.
    shown
        What messages call the file; its name if not given.

    Raises
    ------
    ManifestError
        If there is no such file, it is empty, too large, not in UTF-8, or not a table.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "answers.csv"
    ...     _ = path.write_text("item,label\na,calm\nb,\n")
    ...     table = read_table(path)
    >>> table.frame.rows(), table.where(1, "label")
    ([('a', 'calm'), ('b', None)], 'row 3, column label')
    """
    name = shown or path.name
    if problem := _unusable(path):
        raise ManifestError(name, [problem])
    problems: list[Problem] = []
    if path.suffix.lower() == ".parquet":
        table = _read_parquet(path, problems)
    elif path.suffix.lower() == ".csv":
        table = _read_csv(path, problems)
    else:
        table = _read_json_lines(path, problems)
    if problems or table is None:
        raise ManifestError(name, problems)
    if table.frame.height == 0:
        raise ManifestError(name, [Problem("empty_file", "there is no row below the header")])
    return table


def _unusable(path: Path) -> Problem | None:
    if not path.is_file():
        return Problem("missing_file", "there is no such file")
    if path.suffix.lower() not in READERS:
        known = ", ".join(READERS)
        what = f"the ending {path.suffix!r} is not one of a table, expected {known}"
        return Problem("unsupported_format", what)
    size = path.stat().st_size
    if size == 0:
        return Problem("empty_file", "the file is empty")
    if size > MAX_FILE_BYTES:
        return Problem("too_large", f"{size:,} bytes, at most {MAX_FILE_BYTES:,} are read")
    return None


def _text(path: Path, problems: list[Problem]) -> str | None:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = "this is not UTF-8. Save the file as UTF-8"
        problems.append(Problem("wrong_encoding", what, f"line {line}"))
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        what = "there is a null character here. Save the file as UTF-8 text"
        problems.append(Problem("wrong_encoding", what, f"line {line}"))
        return None
    if not text.strip():
        problems.append(Problem("empty_file", "the file is empty"))
        return None
    return text


def _bad_header(header: Sequence[str]) -> Iterator[Problem]:
    if len(header) > MAX_COLUMNS:
        yield Problem("too_many_columns", f"{len(header):,} columns, at most {MAX_COLUMNS:,}")
        return
    seen: set[str] = set()
    for position, name in enumerate(header, start=1):
        if not name:
            yield Problem("unnamed_column", f"column {position} has no name", "row 1")
        elif name in seen:
            yield Problem("duplicate_column", f"there are two columns {name!r}", "row 1")
        seen.add(name)


def _read_csv(path: Path, problems: list[Problem]) -> Table | None:
    import polars as pl

    text = _text(path, problems)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    values: list[list[str]] = []
    rows: list[int] = []
    header: list[str] = []
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if not header:
                header = [cell.strip() for cell in cells]
            elif cells and len(cells) != len(header):
                what = f"{len(cells)} cells, the header has {len(header)}"
                problems.append(Problem("ragged_row", what, f"row {number}"))
            elif cells:
                values.append(cells)
                rows.append(number)
    except csv.Error as error:
        problems.append(Problem("bad_csv", f"this is not CSV ({error})", f"row {number + 1}"))
    problems.extend(_bad_header(header))
    if problems:
        return None
    columns = list(zip(*values, strict=True)) if values else [()] * len(header)
    frame = pl.DataFrame(
        {
            name: pl.Series(name, column, pl.String)
            for name, column in zip(header, columns, strict=True)
        }
    ).with_columns(pl.all().replace("", None))
    return Table(frame, rows)


def _read_json_lines(path: Path, problems: list[Problem]) -> Table | None:
    text = _text(path, problems)
    if text is None:
        return None
    records: list[dict[str, Any]] = []
    rows: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        record = _record(line)
        if isinstance(record, str):
            problems.append(Problem("bad_json", record, f"line {number}"))
        else:
            records.append(record)
            rows.append(number)
    if problems:
        return None
    names = list(dict.fromkeys(name for record in records for name in record))
    problems.extend(_bad_header(names))
    if problems:
        return None
    return Table(_frame_of(records, names), rows)


def _record(line: str) -> dict[str, Any] | str:
    """Return the object on a line, or what is wrong with it."""
    try:
        record = json.loads(line, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        return "this is not a JSON object in one line"
    if not isinstance(record, dict):
        return "this is not a JSON object in one line"
    for name, value in record.items():
        if isinstance(value, dict | list):
            return f"{name!r} is not a single value"
    return record


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a name is used twice")
    return record


def _frame_of(records: list[dict[str, Any]], names: list[str]) -> pl.DataFrame:
    """Return a frame whose columns are text unless all their values are numbers."""
    import polars as pl

    columns: dict[str, pl.Series] = {}
    for name in names:
        values = [record.get(name) for record in records]
        kinds = {type(value) for value in values if value is not None}
        if kinds and kinds <= {int, float}:
            columns[name] = pl.Series(name, [None if v is None else float(v) for v in values])
        else:
            columns[name] = pl.Series(name, [_as_text(v) for v in values], pl.String)
    return pl.DataFrame(columns)


def _as_text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _read_parquet(path: Path, problems: list[Problem]) -> Table | None:
    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet as pq

    # The sizes are read first: a small file can unpack to more than the memory holds.
    try:
        meta = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        problems.append(Problem("not_parquet", "this is not a Parquet file"))
        return None
    unpacked = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    if unpacked > 4 * MAX_FILE_BYTES or meta.num_rows > MAX_ROWS:
        what = f"{meta.num_rows:,} rows of {unpacked:,} bytes unpacked are more than is read"
        problems.append(Problem("too_large", what))
        return None
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError, ValueError):
        problems.append(Problem("not_parquet", "this Parquet file is damaged"))
        return None
    problems.extend(
        Problem("not_a_value", f"column {name!r} does not hold single values")
        for name, kind in frame.schema.items()
        if kind.is_nested() or kind in (pl.Binary, pl.Object)
    )
    problems.extend(_bad_header(frame.columns))
    return Table(frame, range(1, frame.height + 1))
