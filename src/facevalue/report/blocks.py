"""What a page is made of, as plain data: the only thing templates ever see.

Every block names its template, so that templates loop and include and decide nothing.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
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
    "Command",
    "Curves",
    "Details",
    "Dot",
    "Dots",
    "EveryFinding",
    "Facts",
    "Figure",
    "FindingRow",
    "Formula",
    "Gallery",
    "Heading",
    "Heat",
    "HeatCell",
    "Icons",
    "Link",
    "Measure",
    "Measures",
    "Notice",
    "Page",
    "Panel",
    "Picture",
    "Pictures",
    "Prose",
    "Reason",
    "Reliability",
    "Roc",
    "Section",
    "Slider",
    "Step",
    "StepPoint",
    "Table",
    "Text",
    "Told",
    "WhatIf",
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
class Roc:
    """Those sought who are flagged against those not sought who are, all in percent.

    ``points`` are pairs (not sought, sought) by rising threshold, ``at`` the place of the one
    in use, ``across`` and ``up`` its intervals. ``claim`` is where a claim says it is, ``staff``
    what people achieve without the system.
    """

    title: str
    points: tuple[tuple[float, float], ...]
    at: int
    across: tuple[float, float]
    up: tuple[float, float]
    claim: tuple[float, float] | None = None
    claim_words: str = ""
    staff: tuple[float, float] | None = None
    staff_words: str = ""


@dataclass(frozen=True, slots=True)
class StepPoint:
    """One step of a scale: where it stands, its value and the ends of its interval, in percent."""

    severity: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One small plot: for each name of the figure, the steps there are, rising.

    ``is_scale`` says that there are several steps, so that a line from 100 % at 0 makes sense.
    """

    title: str
    lines: tuple[tuple[StepPoint, ...], ...]
    is_scale: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Small plots of shares against severity, two in a row, all with the same axes."""

    title: str
    names: tuple[str, ...]
    panels: tuple[Panel, ...]
    interval_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart, what it shows in words, and the table with the same numbers.

    ``slug`` is part of a file name and holds lower-case letters, digits and hyphens only.
    ``measure`` leads to what the metric means.
    """

    template: ClassVar[str] = "blocks/undrawn.html"
    slug: str
    says: str
    note: str
    chart: Dots | Heat | Reliability | Roc | Curves
    table: Table
    measure: Link | None = None


@dataclass(frozen=True, slots=True)
class Gallery:
    """Figures that may stand side by side."""

    template: ClassVar[str] = "blocks/gallery.html"
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs."""

    template: ClassVar[str] = "blocks/prose.html"
    paragraphs: tuple[Text | Formula, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A small picture, as PNG, with what it shows in words."""

    png: bytes = field(repr=False)
    says: str

    @property
    def address(self) -> str:
        """The picture itself as an address, so that the page stays one file."""
        return f"data:image/png;base64,{b64encode(self.png).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Small pictures beside each other."""

    template: ClassVar[str] = "blocks/pictures.html"
    pictures: tuple[Picture, ...]


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


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in which ``_`` leads an index.

    Examples
    --------
    >>> Formula("Σ_a n(a, a) < N").__html__()
    'Σ<sub>a</sub> n(a, a) &lt; N'
    """

    text: str

    def __html__(self) -> str:
        """Return the formula as HTML, escaped, indices set low."""
        return re.sub(r"_(\w+)", r"<sub>\1</sub>", escape(clean(self.text)))


@dataclass(frozen=True, slots=True)
class Measure:
    """What a metric means: its formula, where there is one, and lines of words."""

    anchor: str
    title: str
    formula: Formula | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """All metrics of a report, each with a place to lead to."""

    template: ClassVar[str] = "blocks/measures.html"
    entries: tuple[Measure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Literal text behind a summary, such as the audit file."""

    template: ClassVar[str] = "blocks/details.html"
    summary: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way from a claim to a verdict."""

    title: str
    lines: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """Words for a terminal, with a button that copies them."""

    template: ClassVar[str] = "blocks/command.html"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One verdict: ``outcome`` is the stable code, ``words`` what is printed."""

    anchor: str
    outcome: str
    words: str
    says: str
    where: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """All verdicts."""

    template: ClassVar[str] = "blocks/cards.html"
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One row of the table of all findings.

    ``status`` is empty where there is a number, ``none`` where there is none, and ``few``
    where it is not shown.
    """

    key: str
    status: Literal["", "none", "few"]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryFinding:
    """The table of all findings, with what it can be filtered and ordered by.

    ``measures`` lead to what the metrics mean. ``filters`` and ``orders`` are pairs of a
    stable name and its words; ``printed`` stands in the place of the table on paper.
    """

    template: ClassVar[str] = "blocks/every.html"
    caption: str
    legend: tuple[tuple[str, str], ...]
    measures: tuple[Link, ...]
    columns: tuple[Column, ...]
    rows: tuple[FindingRow, ...]
    filters: tuple[tuple[str, str], ...]
    orders: tuple[tuple[str, str], ...]
    shown: str
    printed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Icons:
    """A thousand squares, of which the first ``n_right`` are of the one kind.

    ``right`` and ``wrong`` hold the squares as paths of a drawing of 40 by 25.
    """

    template: ClassVar[str] = "blocks/icons.html"
    says: str
    caption: str
    right: str
    wrong: str
    right_words: str
    wrong_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """One assumption that can be changed; values in the steps of a range input.

    ``scale`` says what the input holds: the value itself, its decimal logarithm, or the
    position of a threshold.
    """

    name: str
    label: str
    low: float
    high: float
    step: float
    at: float
    words: str
    scale: Literal["plain", "log", "place"] = "plain"


@dataclass(frozen=True, slots=True)
class Told:
    """One figure of a what-if table: its name, its words, and what it is now."""

    name: str
    words: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """A table of consequences whose assumptions a reader can change; stands alone without."""

    template: ClassVar[str] = "blocks/whatif.html"
    anchor: str
    caption: str
    data: str
    sliders: tuple[Slider, ...]
    shares: tuple[Slider, ...]
    told: tuple[Told, ...]
    groups: tuple[str, ...]
    by_group: tuple[tuple[Told, ...], ...]
    group_columns: tuple[str, ...]

    def __html__(self) -> str:
        """Return the data, in which nothing can end the element that holds them."""
        escaped = self.data.replace("&", "\\u0026")
        return escaped.replace("<", "\\u003c").replace(">", "\\u003e")


Block = (
    Prose
    | Bullets
    | Notice
    | Heading
    | Facts
    | Details
    | Command
    | Measures
    | Table
    | Figure
    | Gallery
    | Pictures
    | Cards
    | EveryFinding
    | Icons
    | WhatIf
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page that the navigation leads to."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page; ``answer`` stands before everything else, and alone on paper."""

    title: str
    lead: tuple[str, ...]
    summary: str
    version: str
    answer: Section
    front: tuple[Block, ...]
    sections: tuple[Section, ...]
