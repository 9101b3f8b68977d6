"""Blocks of a report as Markdown: every word from outside is escaped, tables stay tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from facevalue.report.blocks import (
    Block,
    Bullets,
    Facts,
    Formula,
    Heading,
    Link,
    Notice,
    Prose,
    Section,
    Table,
    Text,
)
from facevalue.report.wording import clean

__all__ = ["escaped", "markdown"]

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKS = re.compile(r"([\\`*_\[\]|~#$])")
_STARTS_A_BLOCK = re.compile(r"^([-+=](?=[-=\s]|$)|\d+(?=[.)](?:\s|$)))")


def escaped(text: str) -> str:
    r"""Return ``text`` on one line, so that Markdown prints it as it is.

    Examples
    --------
    >>> escaped("a | b <script>"), escaped("- [x](y)")
    ('a \\| b &lt;script&gt;', '\\- \\[x\\](y)')
    """
    flat = " ".join(clean(text).split())
    marked = _MARKS.sub(r"\\\1", flat.translate(_ENTITIES))
    return _STARTS_A_BLOCK.sub(_behind_a_backslash, marked)


def _behind_a_backslash(found: re.Match[str]) -> str:
    start = found[1]
    # A number is no list item any more if its point is escaped.
    return f"\\{start}" if not start.isdigit() else f"{start}\\"


def _text(text: Text | Formula) -> str:
    if isinstance(text, Link):
        words = escaped(text.text)
        # The address was checked to be http or https; brackets would end it early.
        address = text.href.replace("(", "%28").replace(")", "%29").replace("<", "%3C")
        return f"[{words}]({address})" if not text.href.startswith("#") else words
    return escaped(text if isinstance(text, str) else text.text)


def markdown(title: str, sections: Sequence[Section]) -> str:
    """Return a document: its title, then sections of headings, prose, lists and tables.

    Examples
    --------
    >>> print(markdown("T", [Section(anchor="a", title="S", blocks=(Prose(("Said.",)),))]))
    # T
    <BLANKLINE>
    ## S
    <BLANKLINE>
    Said.
    <BLANKLINE>
    """
    parts = [f"# {escaped(title)}"]
    for section in sections:
        parts.append(f"## {escaped(section.title)}")
        parts += [part for block in section.blocks for part in _block(block) if part]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> Iterable[str]:
    match block:
        case Heading():
            yield f"{'#' * block.level} {escaped(block.text)}"
        case Prose():
            yield from map(_text, block.paragraphs)
        case Bullets():
            yield _bullets(block.items)
        case Notice():
            yield f"**{escaped(block.title)}**"
            yield _bullets(block.items)
        case Facts():
            yield "\n".join(f"- **{escaped(term)}:** {_text(said)}" for term, said in block.pairs)
        case Table():
            yield f"**{escaped(block.caption)}**"
            yield _table(block)
        case _:
            raise TypeError(f"a {type(block).__name__} has no form in Markdown")


def _bullets(items: Sequence[Text]) -> str:
    return "\n".join(f"- {_text(item)}" for item in items)


def _table(table: Table) -> str:
    head = _row([escaped(column.text) for column in table.columns])
    rule = _row([":---" if c.style == "word" else "---:" for c in table.columns])
    return "\n".join([head, rule, *(_row([_text(cell) for cell in row]) for row in table.rows)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
