"""One cell as text: what numbers, truth values and dates read as, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from facevalue.tables.faults import Faults, quoted

__all__ = ["MAX_CHARACTERS", "check_text", "has_refused", "text_frame", "text_of"]

MAX_CHARACTERS = 200
"""Longest identifier, label or attribute value that is taken, in characters."""

# Control characters, line and paragraph separators, and the marks that turn the direction of
# writing around: none of them belongs in a label, and all can disguise one in a report.
_REFUSED = r"[\p{Cc}\u{2028}\u{2029}\u{202A}-\u{202E}\u{2066}-\u{2069}]"

# Up to here every whole number has a float64 of its own.
_EXACT = 2.0**53


def text_of(value: Any, name: str) -> str | None:
    """Return one JSON value as text; nothing for null.

    Raises
    ------
    ValueError
        If the value is a list or an object, or text that is not Unicode.

    Examples
    --------
    >>> text_of(3.0, "age"), text_of(True, "posed"), text_of(None, "sex")
    ('3', 'true', None)
    """
    if value is None or isinstance(value, str):
        _refuse_surrogates(value or "", name)
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return str(value)
    kind = "a list" if isinstance(value, list) else "an object"
    raise ValueError(f"the value of {quoted(name)} is {kind}; expected text or a number")


def _refuse_surrogates(text: str, name: str) -> None:
    try:
        text.encode("utf-8")
        name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"the value of {quoted(name)} is not valid Unicode") from error


def _number(value: float) -> str | None:
    if math.isnan(value):
        return None
    if value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    return repr(value)


def text_frame(frame: pl.DataFrame, *, keep_nan: bool = False) -> pl.DataFrame:
    """Return ``frame`` with every column as text, trimmed, and empty cells as null.

    A number with nothing after the point loses the point; NaN counts as empty unless
    ``keep_nan``.
    """
    return frame.with_columns(
        _text_column(frame[name], keep_nan).str.strip_chars(" \u00a0").replace("", None)
        for name in frame.columns
    )


def _text_column(column: pl.Series, keep_nan: bool) -> pl.Series:
    if column.dtype.is_float():
        # In 32 bits 0.1 is written 0.1, and not as the 64-bit number nearest to it.
        plain = column.cast(pl.String) if column.dtype == pl.Float32 else column
        nan = "nan" if keep_nan else None
        texts = [None if v is None else _number(float(v)) or nan for v in plain]
        return pl.Series(column.name, texts, dtype=pl.String)
    if column.dtype.is_decimal():
        text = column.cast(pl.String)
        return text.str.replace(r"(\.\d*?)0+$", "$1").str.replace(r"\.$", "")
    return column.cast(pl.String)


def has_refused(text: str) -> bool:
    r"""Whether ``text`` holds a control character or a mark that turns the writing around.

    Examples
    --------
    >>> has_refused("anger\x00"), has_refused("<b>anger</b>")
    (True, False)
    """
    return bool(pl.Series([text]).str.contains(_REFUSED)[0])


def check_text(
    frame: pl.DataFrame, columns: dict[str, str], numbers: tuple[int, ...], faults: Faults
) -> None:
    """Add a fault for every cell of ``columns`` that is too long or holds control characters.

    Parameters
    ----------
    columns
        Column of ``frame`` → its name in the user's file.
    """
    for ours, theirs in columns.items():
        cells = frame.get_column(ours)
        for i in cells.str.contains(_REFUSED).fill_null(value=False).arg_true():
            what = f"{quoted(cells[i])} holds a control character"
            faults.add("control_character", what, row=numbers[i], column=theirs)
        for i in (cells.str.len_chars() > MAX_CHARACTERS).fill_null(value=False).arg_true():
            what = f"{len(cells[i])} characters; at most {MAX_CHARACTERS} are taken"
            faults.add("too_long", what, row=numbers[i], column=theirs)
