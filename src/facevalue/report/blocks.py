"""What a page is made of, as plain data: the only thing templates ever see.

Every block names its template, so that templates loop and include and decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from facevalue.report.wording import clean

__all__ = [
    "Bin",
    "Block",
    "Bullets",
    "Card",
    "Cards",
    "Column",
    "Details",
    "Dot",
    "Dots",
    "EveryFinding",
    "Facts",
    "Figure",
    "Gallery",
    "Heading",
    "Heat",
    "HeatCell",
    "Link",
    "Notice",
    "Page",
    "Prose",
    "Reason",
    "Reliability",
    "Section",
    "Table",
    "Text",
    "web_link",
]


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere: to a place on the page or, checked, to the web.

    Examples
    --------
    >>> Link("a & b", "#x").__html__()
    '<a href="#x">a &amp; b</a>'
    """

    text: str
    href: str

    def __html__(self) -> str:
        """Return the link as HTML, both parts escaped."""
        return f'<a href="{escape(clean(self.href))}">{escape(clean(self.text))}</a>'


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason why there is no number, in a cell meant for one."""

    text: str

    def __html__(self) -> str:
        """Return the words as HTML, escaped."""
        return f'<span class="reason">{escape(clean(self.text))}</span>'


Text = str | Link | Reason


def web_link(url: str, text: str = "") -> Text:
    """Return a link if ``url`` is a plain http or https address, else its words.

    Examples
    --------
    >>> web_link("https://example.org/a")
    Link(text='https://example.org/a', href='https://example.org/a')
    >>> web_link("javascript:alert(1)")
    'javascript:alert(1)'
    """
    words = text or url
    if any(ord(c) <= 32 or ord(c) == 127 for c in url) or clean(url) != url:
        return words
    try:
        parts = urlsplit(url)
    except ValueError:  # a malformed address, such as an unclosed bracket
        return words
    if parts.scheme in ("http", "https") and parts.netloc:
        return Link(words, url)
    return words


@dataclass(frozen=True, slots=True)
class Column:
    """Heading of a column; numbers stand to the right."""

    text: str
    style: Literal["word", "number"] = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first cell of a row is its heading."""

    template: ClassVar[str] = "blocks/table.html"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One row of a dot plot, in the units of its axis.

    ``detail`` stands behind the label and is never cut off. ``thin`` is a second interval,
    drawn under the first for contrast; ``hollow`` a second value with its ends, drawn as a
    hollow circle. Without ``value`` the row has words only.
    """

    label: str
    detail: str
    text: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    thin: tuple[float, float] | None = None
    mark: Literal["circle", "diamond"] = "circle"
    hollow: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """A dot plot with intervals: labels above their dots, numbers to the right."""

    title: str
    axis: str
    domain: tuple[float, float]
    ticks: tuple[float, ...]
    rows: tuple[Dot, ...]
    line: float | None = None
    line_words: str = ""
    side: tuple[float, float] | None = None
    side_words: str = ""
    dot_words: str = ""
    diamond_words: str = ""
    hollow_words: str = ""
    thin_words: str = ""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell of a heat map: ``share`` in [0, 1] or `None`, and what is printed in it."""

    share: float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A heat map of shares; rows and columns bear the same labels where they can."""

    title: str
    across: str
    down: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a reliability diagram, in percent; without ends it has no interval."""

    confidence: float
    accuracy: float
    n_answers: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How often answers are right against how sure the system is of them, both in percent."""

    title: str
    bins: tuple[Bin, ...]
    interval_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart, what it shows in words, and the table with the same numbers.

    ``slug`` is part of a file name and holds lower-case letters, digits and hyphens only.
    """

    template: ClassVar[str] = "blocks/undrawn.html"
    slug: str
    says: str
    note: str
    chart: Dots | Heat | Reliability
    table: Table


@dataclass(frozen=True, slots=True)
class Gallery:
    """Figures that may stand side by side."""

    template: ClassVar[str] = "blocks/gallery.html"
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs."""

    template: ClassVar[str] = "blocks/prose.html"
    paragraphs: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short statements."""

    template: ClassVar[str] = "blocks/bullets.html"
    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a reader must not miss."""

    template: ClassVar[str] = "blocks/notice.html"
    title: str
    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section; ``level`` is 3 or 4, ``anchor`` may be empty."""

    text: str
    level: int = 3
    anchor: str = ""

    @property
    def template(self) -> str:
        """The template, by whether something leads here."""
        return "blocks/anchored_heading.html" if self.anchor else "blocks/heading.html"


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms with what is said of each."""

    template: ClassVar[str] = "blocks/facts.html"
    pairs: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Literal text behind a summary, such as the audit file."""

    template: ClassVar[str] = "blocks/details.html"
    summary: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One verdict: ``outcome`` is the stable code, ``words`` what is printed."""

    anchor: str
    outcome: str
    words: str
    says: str
    where: str
    sentence: str
    more: tuple[Text, ...]
    facts: tuple[tuple[str, Text], ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """All verdicts."""

    template: ClassVar[str] = "blocks/cards.html"
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryFinding:
    """The searchable table; each row ends with the key of its finding."""

    template: ClassVar[str] = "blocks/every.html"
    caption: str
    legend: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    shown: str


Block = (
    Prose
    | Bullets
    | Notice
    | Heading
    | Facts
    | Details
    | Table
    | Figure
    | Gallery
    | Cards
    | EveryFinding
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page that the navigation leads to."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page."""

    title: str
    lead: tuple[str, ...]
    summary: str
    version: str
    front: tuple[Block, ...]
    sections: tuple[Section, ...]
