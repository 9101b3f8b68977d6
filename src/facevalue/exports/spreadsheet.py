"""CSV that a spreadsheet reads as text and numbers, and never as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from facevalue.report.wording import clean

__all__ = ["csv_text"]

_STARTS_A_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def csv_text(rows: Iterable[Sequence[str | float | None]]) -> str:
    r"""Return rows as CSV; text that would start a formula stands behind an apostrophe.

    Examples
    --------
    >>> csv_text([["group", "estimate"], ["=1+1", -0.5], ["a, b", None]])
    'group,estimate\n\'=1+1,-0.5\n"a, b",\n'
    """
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


def _cell(value: str | float | None) -> str | float | None:
    if not isinstance(value, str):
        return value
    text = clean(value).replace("\r", " ")
    # A spreadsheet may drop white space before it looks at the first character.
    starts = text.lstrip().startswith(_STARTS_A_FORMULA) or text.startswith(("\t", "\n"))
    return f"'{text}" if starts else text
