"""What tests of exports share: a source from a report, and the tables of a document."""

from __future__ import annotations

import re
from pathlib import Path

from facevalue.exports import Source
from facevalue.report import ReportInput
from facevalue.report.model import Material
from facevalue.runs import RunFolder

__all__ = ["source_of", "tables"]

Rows = list[dict[str, str]]


def source_of(
    report: ReportInput, *, folder: Path = Path("run"), selected: str | None = None
) -> Source:
    """Return what an export of ``report`` is made from."""
    return Source(folder=RunFolder(folder), material=Material(report), selected=selected)


def tables(document: str) -> dict[str, Rows]:
    """Return the tables of a Markdown document: caption → rows by column."""
    found: dict[str, Rows] = {}
    caption = ""
    for block in document.split("\n\n"):
        lines = block.splitlines()
        if not lines[0].startswith("| "):
            caption = block
            continue
        head, _, *rows = [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
        ]
        found[caption.strip("*")] = [dict(zip(head, row, strict=True)) for row in rows]
    return found
