"""Markdown from plain text: whatever the text holds, the page shows it and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from facevalue.simulate import Fact

SPECIAL = re.compile(r"([\\`*_\[\]|])")


def escaped(text: str) -> str:
    """Return text in which nothing is markup."""
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(r"\\\1", plain)


def cell(text: str) -> str:
    """Return text for a cell of a table."""
    return escaped(text)


def quoted(text: str) -> str:
    """Return text as a quotation."""
    return f"> {escaped(text)}"


def bullets(texts: Sequence[str], *, raw: bool = False) -> str:
    """Return a list; ``raw`` texts are Markdown already."""
    return "".join(f"- {text if raw else escaped(text)}\n" for text in texts)


def slug_link(name: str, folder: str = "") -> str:
    """Return a link to the page of a claim or a scenario."""
    return f"[{name}]({folder}{name}.md)"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [f"| {' | '.join(heads)} |", "| " + " | ".join("---" for _ in heads) + " |"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def cited(found: Fact) -> str:
    """Return the source of a figure, as a link where it has one."""
    shown = escaped(found.citation)
    return f"[{shown}]({found.url})." if found.url else f"{shown}."


def stated(found: Fact) -> str:
    """Return a figure in words, with its source and what a reader has to know."""
    text = escaped(found.statement)
    if isinstance(found.value, float | int) and not _is_told(found.value, found.statement):
        shown = f"{found.value:,.0f}" if found.value >= 1000 else f"{found.value:g}"
        text += f" Figure: {shown} ({escaped(found.unit)})."
    note = f" *Note: {escaped(found.note)}.*" if found.note else ""
    return f"{text} {cited(found)}{note}"


def _is_told(value: float, statement: str) -> bool:
    plain = statement.replace(",", "")
    forms = {f"{value:g}", f"{value:.0f}", f"{100 * value:g}%", f"{100 * value:.1f}%"} - {"0"}
    forms |= {f"{value / 1e6:g} million", f"{value * 1e6:g} per million"}
    return any(re.search(rf"(?<![\d.]){re.escape(shown)}", plain) for shown in forms)
