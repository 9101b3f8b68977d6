"""CSV, JSON Lines and Parquet, read into one frame of text with the row numbers kept.

Row numbers are those a person sees: the line in an editor for CSV (the header is row 1) and
JSON Lines, the position from 1 for Parquet.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from facevalue.tables.cells import text_frame, text_of
from facevalue.tables.faults import Faults, quoted

__all__ = ["EXTENSIONS", "Limits", "Rows", "read_rows"]

EXTENSIONS = (".csv", ".parquet", ".jsonl", ".ndjson")
_MIB = 1 << 20
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is read at most: bytes of a file, rows, columns, characters of a field."""

    max_bytes: int = 256 * _MIB
    max_rows: int = 5_000_000
    max_columns: int = 1_000
    max_field: int = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a table file holds, as text.

    Parameters
    ----------
    frame
        Every column as text; empty cells are null.
    numbers
        Row number of each row of ``frame``, as a person sees it.
    header
        Row number of the header; `None` where the format has none.
    notes
        What was left out.
    """

    frame: pl.DataFrame
    numbers: tuple[int, ...]
    header: int | None = None
    notes: tuple[str, ...] = ()


def read_rows(
    path: Path, faults: Faults, limits: Limits | None = None, *, keep_nan: bool = False
) -> Rows:
    r"""Read a table file; faults of single rows are added to ``faults``.

    Parameters
    ----------
    path
        The file; its extension says the format.
    faults
        Collects what is wrong. Rows with a fault of form are left out of the result.
    keep_nan
        Read NaN in a Parquet file as the text ``nan``; else as an empty cell.

    Raises
    ------
    ManifestError
        If the file cannot be read as a table at all, with everything found so far.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "m.csv"
    ...     _ = path.write_text("item,label\na,joy\n")
    ...     rows = read_rows(path, Faults("m.csv"))
    >>> rows.frame.rows(), rows.numbers
    ([('a', 'joy')], (2,))
    """
    limits = limits or Limits()
    suffix = path.suffix.lower()
    if suffix not in EXTENSIONS:
        listed = ", ".join(EXTENSIONS)
        faults.add("unsupported_format", f"expected a file that ends in one of {listed}")
        raise faults.error()
    size = _size(path, faults)
    if size > limits.max_bytes:
        faults.add(
            "too_large", f"the file has {size:,} bytes; at most {limits.max_bytes:,} are read"
        )
        raise faults.error()
    if suffix == ".parquet":
        rows = _read_parquet(path, faults, limits, keep_nan)
    else:
        read = _read_csv if suffix == ".csv" else _read_json_lines
        rows = read(_text(path, faults), faults, limits)
    if not rows.frame.height and not faults:
        faults.add("no_rows", "there is no row of data")
    if not rows.frame.height:
        raise faults.error()
    return rows


def _size(path: Path, faults: Faults) -> int:
    if not path.exists():
        faults.add("missing_file", "there is no such file")
        raise faults.error()
    if not path.is_file():
        faults.add("unreadable_file", "this is not a file")
        raise faults.error()
    size = path.stat().st_size
    if not size:
        faults.add("empty_file", "the file is empty")
        raise faults.error()
    return size


def _text(path: Path, faults: Faults) -> str:
    """Return the text of a UTF-8 file without its byte order mark."""
    try:
        data = path.read_bytes()
    except OSError as error:
        faults.add("unreadable_file", f"the file cannot be read: {error.strerror}")
        raise faults.error() from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        faults.add(
            "wrong_encoding", "the file is in UTF-16; expected UTF-8. Save it as UTF-8", row=1
        )
        raise faults.error()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = 1 + len(_LINE_END.findall(data[: error.start]))
        faults.add(
            "wrong_encoding",
            f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8. Save the file as UTF-8",
            row=row,
        )
        raise faults.error() from error
    if not text.strip():
        faults.add("empty_file", "the file is empty")
        raise faults.error()
    return text


# --- CSV ------------------------------------------------------------------------------------


def _csv_records(
    text: str, faults: Faults, limits: Limits
) -> Generator[tuple[int, list[str]], None, None]:
    """Yield (number of the first line, cells) of each record that is not blank."""
    before = csv.field_size_limit(limits.max_field)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        while True:
            row = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # What follows a broken quote cannot be told apart: this ends the reading.
                faults.add("bad_csv", f"this row cannot be read: {error}", row=row)
                return
            if cells:
                yield row, cells
    finally:
        csv.field_size_limit(before)


def _read_csv(text: str, faults: Faults, limits: Limits) -> Rows:
    # Closed at once, also on an error: the field limit is the whole process's.
    with closing(_csv_records(text, faults, limits)) as records:
        return _from_records(records, faults, limits)


def _from_records(records: Iterator[tuple[int, list[str]]], faults: Faults, limits: Limits) -> Rows:
    header_row, header = next(records, (1, []))
    if not header:
        raise faults.error()
    header = [name.strip() for name in header]
    _check_header(header, header_row, faults, limits)
    numbers: list[int] = []
    kept: list[list[str]] = []
    for row, cells in records:
        if len(kept) >= limits.max_rows:
            faults.add("too_large", f"at most {limits.max_rows:,} rows are read", row=row)
            raise faults.error()
        if len(cells) != len(header):
            what = f"{len(cells)} field(s); the header has {len(header)}"
            faults.add("ragged_row", what, row=row)
            continue
        numbers.append(row)
        kept.append(cells)
    named = [i for i, name in enumerate(header) if name]
    unnamed = [str(i + 1) for i, name in enumerate(header) if not name]
    notes = (f"column {', '.join(unnamed)} has no name and is left out",) if unnamed else ()
    columns = list(zip(*kept, strict=True)) if kept else [()] * len(header)
    frame = pl.DataFrame({header[i]: pl.Series(columns[i], dtype=pl.String) for i in named})
    return Rows(frame=text_frame(frame), numbers=tuple(numbers), header=header_row, notes=notes)


def _check_header(header: list[str], row: int, faults: Faults, limits: Limits) -> None:
    if len(header) == 1:
        for sign, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if sign in header[0]:
                what = f"the columns look separated by {name}; expected commas"
                faults.add("bad_csv", what, row=row)
                raise faults.error()
    if len(header) > limits.max_columns:
        what = f"{len(header):,} columns; at most {limits.max_columns:,} are read"
        faults.add("too_large", what, row=row)
        raise faults.error()
    twice = [name for name, n in Counter(header).items() if name and n > 1]
    for name in twice:
        faults.add("duplicate_column", "two columns have this name", row=row, column=name)
    if twice:
        raise faults.error()


# --- JSON Lines -----------------------------------------------------------------------------


class _RowError(ValueError):
    """One line is valid JSON but not a row; the message says why."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(k for k, n in Counter(k for k, _ in pairs).items() if n > 1)
        raise _RowError(f"the key {quoted(twice)} is there twice")
    return found


def _constant(name: str) -> Any:
    raise _RowError(f"{name} is not JSON; use null where there is no value")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _parse(line: str) -> dict[str, str | None]:
    try:
        found = _DECODER.decode(line.strip())
    except json.JSONDecodeError as error:
        what = f"not JSON: {error.msg} at character {error.pos + 1}"
        raise _RowError(what) from error
    except RecursionError as error:
        raise _RowError("not a row: nested too deeply") from error
    except _RowError:
        raise
    except ValueError as error:  # a whole number with thousands of digits
        raise _RowError("not a row: a number is too long") from error
    if not isinstance(found, dict):
        raise _RowError('expected an object such as {"item": "a1"}')
    return {name.strip(): text_of(value, name) for name, value in found.items()}


def _read_json_lines(text: str, faults: Faults, limits: Limits) -> Rows:
    numbers: list[int] = []
    records: list[dict[str, str | None]] = []
    names: dict[str, None] = {}
    # Not splitlines(): U+2028 and its like are legal inside a JSON string.
    for row, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if not line.strip():
            continue
        if len(records) >= limits.max_rows:
            faults.add("too_large", f"at most {limits.max_rows:,} rows are read", row=row)
            raise faults.error()
        try:
            record = _parse(line)
        except ValueError as error:
            faults.add("bad_json", str(error), row=row)
            continue
        names |= dict.fromkeys(record)
        if len(names) > limits.max_columns:
            what = f"more than {limits.max_columns:,} different keys; at most that many are read"
            faults.add("too_large", what, row=row)
            raise faults.error()
        numbers.append(row)
        records.append(record)
    columns = {
        name: pl.Series([record.get(name) for record in records], dtype=pl.String)
        for name in names
        if name
    }
    return Rows(frame=text_frame(pl.DataFrame(columns)), numbers=tuple(numbers))


# --- Parquet --------------------------------------------------------------------------------


def _read_parquet(path: Path, faults: Faults, limits: Limits, keep_nan: bool) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_parquet_size(file.metadata, faults, limits)
            frame = pl.DataFrame(file.read())
    except (pa.ArrowException, OSError) as error:
        faults.add("not_parquet", "the file cannot be read as Parquet; it may be damaged")
        raise faults.error() from error
    for name, dtype in frame.schema.items():
        if dtype.is_nested() or dtype in (pl.Binary, pl.Object, pl.Unknown):
            what = f"values are of type {dtype}; expected text, numbers, booleans or dates"
            faults.add("unsupported_type", what, column=name)
    if faults:
        raise faults.error()
    stripped = {name: name.strip() for name in frame.columns}
    for name, n in Counter(stripped.values()).items():
        if n > 1:
            faults.add("duplicate_column", "two columns have this name", column=name)
    if faults:
        raise faults.error()
    named = [name for name in frame.columns if stripped[name]]
    frame = text_frame(frame.select(named), keep_nan=keep_nan).rename(
        {name: stripped[name] for name in named}
    )
    return Rows(frame=frame, numbers=tuple(range(1, frame.height + 1)))


def _check_parquet_size(metadata: Any, faults: Faults, limits: Limits) -> None:
    # A few kilobytes of Parquet can unfold to gigabytes: what counts is the size unfolded.
    unfolded = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    too_much = (
        (metadata.num_rows, limits.max_rows, "rows"),
        (metadata.num_columns, limits.max_columns, "columns"),
        (unfolded, 4 * limits.max_bytes, "bytes when unfolded"),
    )
    for found, most, unit in too_much:
        if found > most:
            faults.add("too_large", f"the file has {found:,} {unit}; at most {most:,} are read")
    if faults:
        raise faults.error()
