"""Two runs held against each other: what was found, in words, and its page.

`facevalue.compare` makes a `Comparison`; here it is put into sentences, a table and one HTML
file of the same parts as the report. Every difference is the second minus the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from facevalue.audits.findings import Finding, FindingSet, Place
from facevalue.audits.judge import is_under_stress
from facevalue.audits.looks import LARGEST_GAP
from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import (
    Block,
    Bullets,
    Column,
    EveryFinding,
    Facts,
    Figure,
    Gallery,
    Heading,
    Link,
    Notice,
    Page,
    Prose,
    Section,
    Table,
    Text,
)
from facevalue.report.figures import Entry, Wanted, counted, dot_figure, finding_link, quantity_cell
from facevalue.report.metrics import metric_words, unit_of
from facevalue.report.model import DatasetSheet, Material, Provenance, ReportInput
from facevalue.report.render import page_html
from facevalue.report.sections.every import every_section
from facevalue.report.sections.methods import methods_section
from facevalue.report.sections.provenance import glossary_section
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import (
    Unit,
    clean,
    condition_words,
    count,
    level_words,
    listed,
    number,
    p_words,
    with_unit,
)

__all__ = [
    "Comparison",
    "Reading",
    "RunSheet",
    "Versus",
    "build_comparison",
    "ordered",
    "reading_of",
    "text_rows",
]

MAX_DOTS = 24
"""Rows of a figure; the table beside it holds more."""

MAX_ROWS = 200
"""Rows of a table; the table of all findings holds the others."""

TOLD = (
    ("", "Answers to items as they are"),
    ("unchanged_area", "Answers unchanged, over severities, by scale"),
    ("unchanged", "Answers unchanged, by condition"),
    ("accuracy_change", "Change in accuracy, by condition"),
    ("failure_rate", "Failures, by condition"),
    ("failure_change", "Change in failures, by condition"),
    ("answer_rate", "Answers given where nothing is left to answer, by condition"),
)
PRINTED = (
    '@page { @bottom-left { content: "facevalue comparison"; font: 8pt sans-serif; '
    "color: #555; } }\n"
)
CONDITIONED = {metric for metric, _ in TOLD if metric}
FAILURES = {"failure_rate": "", "failure_change": ", as without them,"}
MEANING = (
    (
        "Difference",
        "The second minus the first, on the same items, person by person, so that what is hard "
        "about a person or an item falls out. Above zero the second has the higher figure.",
    ),
    (
        "First, second",
        "The figures of both sides on the items that are compared; they may differ from those of "
        "the runs, which rest on all items of each.",
    ),
    (
        "Answers unchanged",
        "Of the items that both systems answer as they are: how many get the same answer when "
        "they are changed.",
    ),
    (
        "Answers unchanged, over severities",
        "The share unchanged over the severities of a scale that both runs have, from 1 at no "
        "change (trapezoid rule): 100 % if no answer ever changes.",
    ),
    (
        "Change in accuracy",
        "Accuracy on changed items minus accuracy on the same items as they are. The difference "
        "says whether the second loses less than the first.",
    ),
    (
        "Failures under a condition",
        "The share of changed items that a system gives no usable answer to; their change is that "
        "share minus that of the same items as they are. A failure is no answer unchanged.",
    ),
    (
        "The same for everybody",
        "Where everybody differs by the same, as where nobody differs, the interval rests on how "
        "many people there are: on the share of them who could differ otherwise.",
    ),
    (
        "Not shown to differ",
        "The interval contains zero, or the p-value that allows for all looks is not small "
        "enough. The two may differ all the same: it is no proof that they are alike.",
    ),
)


class Reading(StrEnum):
    """What a difference allows to say."""

    HIGHER = "second higher"
    LOWER = "second lower"
    NOT_SHOWN = "not shown to differ"
    NONE = "not estimable"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSheet:
    """What is said of a run: the name of its folder, its audit, when, with what, its digests."""

    folder: str
    title: str
    started: str
    version: str
    audit_sha256: str
    findings_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """Two systems on one dataset.

    Parameters
    ----------
    system
        As in the findings: second − first.
    first, second
        Names of the sides, told apart where both systems have one name.
    n_items, n_subjects
        What is compared.
    skill
        What has to be said beside robustness and groups, where a side is not shown to beat the
        reference systems, answers otherwise when it is asked again, or was not asked in full.
    """

    system: str
    dataset: str
    first: str
    second: str
    n_items: int
    n_subjects: int
    subjects_declared: bool
    skill: tuple[str, ...] = ()

    @property
    def noun(self) -> str:
        """What the independent units are."""
        return "subject" if self.subjects_declared else "item"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that comparing two runs found.

    Parameters
    ----------
    first, second
        The runs.
    pairs
        Which systems on which datasets.
    findings
        Differences, second minus first, family ``comparison``.
    sides
        Key of a finding → the figure of the first and of the second on the same items.
    left_out
        What could not be compared, in sentences.
    level
        Of intervals.
    min_cell
        Groups of fewer subjects are not shown.
    """

    first: RunSheet
    second: RunSheet
    pairs: tuple[Versus, ...]
    findings: FindingSet
    sides: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    level: float = 0.95
    min_cell: int = 5
    version: str = ""

    @cached_property
    def material(self) -> Material:
        """Return the findings as the report takes them, small groups taken out."""
        datasets = {
            v.dataset: DatasetSheet(
                id=v.dataset, n_items=v.n_items, n_subjects=v.n_subjects,
                subjects_declared=v.subjects_declared,
            )
            for v in self.pairs
        }  # fmt: skip
        return Material(
            ReportInput(
                title=self.title, audit_text="", audit_sha256="", findings=self.findings,
                verdicts=(), datasets=tuple(datasets.values()), systems=(),
                provenance=Provenance(version=self.version, level=self.level),
                min_cell=self.min_cell,
            )
        )  # fmt: skip

    @property
    def shown(self) -> FindingSet:
        """Return the findings without the numbers of small groups."""
        return self.material.report.findings

    @property
    def title(self) -> str:
        """Return what is compared with what."""
        named = list(dict.fromkeys(f"{v.second} against {v.first}" for v in self.pairs))
        return named[0] if len(named) == 1 else "Two runs compared"

    @property
    def skill(self) -> tuple[str, ...]:
        """Return what has to be said of skill, each sentence once."""
        return tuple(dict.fromkeys(s for v in self.pairs for s in v.skill))

    def sentence(self) -> str:
        """Say how many differences are shown."""
        told = [f for f in self.shown if f.place.attribute is None and not is_hidden(f)]
        counts = {r: sum(reading_of(f) is r for f in told) for r in Reading}
        parts = [
            f"{counts[Reading.HIGHER]:,} shown to be above zero",
            f"{counts[Reading.LOWER]:,} below",
            f"{counts[Reading.NOT_SHOWN]:,} not shown to differ",
        ]
        if counts[Reading.NONE]:
            parts.append(f"{counts[Reading.NONE]:,} not estimable")
        what = count(len(told), "difference")
        return f"Of {what} (second minus first, all looks allowed for): {listed(parts)}."


def reading_of(finding: Finding) -> Reading:
    """Return what a difference allows to say, with the looks of its family allowed for.

    Examples
    --------
    >>> from facevalue.audits.findings import Place
    >>> place = Place(system="b − a", dataset="d", family="comparison", metric="accuracy")
    >>> found = Estimate(value=0.1, low=0.02, high=0.18, level=0.95, method="m", p_value=0.02,
    ...     n_items=90, n_answers=90, n_subjects=30)
    >>> reading_of(Finding(place=place, result=found)).value
    'second higher'
    """
    result = finding.result
    if not isinstance(result, Estimate):
        return Reading.NONE
    p = finding.p_adjusted
    if result.low <= 0.0 <= result.high or (p is not None and p > 1.0 - result.level):
        return Reading.NOT_SHOWN
    return Reading.HIGHER if result.value > 0 else Reading.LOWER


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings with the largest difference first, those without a number last."""

    def weight(finding: Finding) -> tuple[bool, float]:
        result = finding.result
        # Rounded, so that what is the same stays in order.
        return not isinstance(result, Estimate), -round(abs(result.value or 0.0), 9)

    return sorted(findings, key=weight)


def side_words(finding: Finding, value: float | None) -> str:
    """Return the figure of one side in its unit."""
    if value is None or not finding.result.n_answers:
        return "–"
    unit = Unit.POINTS if finding.place.metric.endswith("_change") else Unit.SHARE
    return with_unit(value, unit)


def build_comparison(comparison: Comparison) -> str:
    """Return the page as one HTML document; the same input gives the same bytes.

    Examples
    --------
    >>> run = RunSheet(folder="a", title="An audit", started="", version="1", audit_sha256="",
    ...     findings_sha256="")
    >>> html = build_comparison(Comparison(first=run, second=run, pairs=(),
    ...     findings=FindingSet(())))
    >>> "Two runs compared" in html
    True
    """
    return page_html(_page(comparison), template="comparison.html", more_style=PRINTED)


def _page(c: Comparison) -> Page:
    named = _Named(c)
    return Page(
        title=c.title,
        lead=(
            f"First: {_names([v.first for v in c.pairs])}{_run_words(c.first)}",
            f"Second: {_names([v.second for v in c.pairs])}{_run_words(c.second)}",
        ),
        summary=c.sentence(),
        version=c.version,
        answer=_answer(c),
        front=(Notice(title="Read this first", items=c.skill),) if c.skill else (),
        sections=(
            *(named.section(i, v) for i, v in enumerate(c.pairs, start=1)),
            _every(c.material),
            methods_section(c.material),
            _runs(c),
            glossary_section(c.material),
        ),
    )


def _names(names: Sequence[str]) -> str:
    return f"{listed(list(dict.fromkeys(names)))}, in " if names else ""


def _run_words(run: RunSheet) -> str:
    started = f", run of {run.started}" if run.started else ""
    return f"“{run.title}”, folder {run.folder}{started}."


def _answer(c: Comparison) -> Section:
    blocks: list[Block] = [Facts(MEANING)]
    largest = [
        f
        for f in ordered([f for f in c.shown if f.place.attribute is None])
        if reading_of(f) in (Reading.HIGHER, Reading.LOWER)
    ][:8]
    if largest:
        named = _Named(c)
        blocks.insert(0, named.table("The largest differences that are shown", largest))
    else:
        said = "No difference is shown once all looks are counted; the two may differ all the same."
        blocks.insert(0, Prose((said,)))
    if c.left_out:
        blocks += [Heading("What is left out"), Bullets(c.left_out)]
    return Section(anchor="answer", title="What differs", blocks=tuple(blocks))


def _every(material: Material) -> Section:
    section = every_section(material)
    blocks = tuple(
        replace(b, caption="Every finding of this comparison", printed=_PRINTED)
        if isinstance(b, EveryFinding)
        else b
        for b in section.blocks
    )
    return replace(section, blocks=blocks)


_PRINTED = (
    "The table of all findings is not printed. It is in the page itself; “facevalue compare” "
    "writes it as CSV or JSON, too (--findings)."
)


def _runs(c: Comparison) -> Section:
    told = ("folder", "title", "started", "version", "audit_sha256", "findings_sha256")
    names = ("Folder", "Audit", "Started", "facevalue", "Audit file", "findings.parquet")
    rows = tuple(
        (name, *(getattr(run, part) or "–" for run in (c.first, c.second)))
        for name, part in zip(names, told, strict=True)
    )
    said = (
        "Only stored answers were read: no system was asked again. The digests are SHA-256. "
        f"Groups of fewer than {c.min_cell} are not shown."
    )
    columns = (Column("Of the run"), Column("First"), Column("Second"))
    table = Table(caption="The two runs", columns=columns, rows=rows)
    return Section(anchor="runs", title="The two runs", blocks=(Prose((said,)), table))


@dataclass(frozen=True)
class _Named:
    """Figures and tables of a comparison."""

    c: Comparison

    def section(self, position: int, v: Versus) -> Section:
        """Return everything about two systems on one dataset."""
        found = [f for f in self.c.shown if self._is_of(f, v)]
        whole = [f for f in found if f.place.attribute is None]
        who = f" of {count(v.n_subjects, 'subject')}" if v.subjects_declared else ""
        said = f"Compared on {count(v.n_items, 'item')}{who}."
        blocks: list[Block] = [Prose((said, *v.skill))]
        for metric, title in TOLD:
            told = [f for f in whole if _part_of(f) == metric]
            if told:
                blocks += self._told(v, told, metric, title)
        groups = [f for f in found if f.place.attribute is not None]
        if groups:
            blocks += self._groups(v, groups)
        return Section(
            anchor=f"pair-{position}", title=f"{v.system} on {v.dataset}", blocks=tuple(blocks)
        )

    @staticmethod
    def _is_of(f: Finding, v: Versus) -> bool:
        return (f.place.system, f.place.dataset) == (v.system, v.dataset)

    def _told(self, v: Versus, told: list[Finding], metric: str, title: str) -> list[Block]:
        sides = {x for f in told for x in self.c.sides.get(f.key, (None,))}
        if metric in FAILURES and sides == {0.0}:
            said = (
                f"Under {count(len(told), 'condition')}{FAILURES[metric]} neither fails on any "
                "item. The table of every finding says how far the two could differ all the same."
            )
            return [Heading(title, 3), Prose((said,))]
        cut = len(told) > MAX_DOTS
        first = ordered(told) if cut else told
        kept = f" (the {MAX_DOTS} largest of {len(told)})" if cut else ""
        figure = self._figure(v, first[:MAX_DOTS], metric or "whole", f"{title}{kept}")
        return [Heading(title, 3), Gallery((figure,)), self.table(title, first, v)]

    def _figure(self, v: Versus, told: Sequence[Finding], name: str, title: str) -> Figure:
        level = level_words(self.c.level)
        figure = dot_figure(
            [Entry(_label(f, is_short=_is_titled(f)), f) for f in told],
            Wanted(
                name=("compared", name, v.system, v.dataset), title=f"{v.system}: {title}",
                first="Difference", noun=v.noun, level=self.c.level, line=0.0,
                line_words="no difference",
                dot_words=f"second minus first, with {level} interval",
            ),
        )  # fmt: skip
        axis = f"percentage points: {v.second} minus {v.first}"
        chart = replace(figure.chart, axis=axis)  # type: ignore[arg-type]  # a dot plot is a chart
        return replace(figure, chart=chart, table=self.table(title, told, v))

    def table(self, caption: str, told: Sequence[Finding], v: Versus | None = None) -> Table:
        """Return both sides, the difference, how many are behind it and how it reads.

        Of one pair of systems on one dataset where that is given; else each row says of which.
        """
        level = level_words(self.c.level)
        cut = f" (first {MAX_ROWS} of {len(told)})" if len(told) > MAX_ROWS else ""
        where = self._where if v is None else ""
        columns = (
            Column("Compared"), Column(f"Second − first ({level} interval)", "number"),
            *([Column(where)] if where else []), Column(v.first if v else "First", "number"),
            Column(v.second if v else "Second", "number"), Column("Read as"),
            Column("p adjusted", "number"), Column("Answers", "number"),
            Column("Subjects", "number"),
        )  # fmt: skip
        rows = tuple(self._row(f, v, where) for f in told[:MAX_ROWS])
        return Table(caption=f"{caption}{cut}", columns=columns, rows=rows)

    @property
    def _where(self) -> str:
        """Return the heading of what tells rows of different pairs apart."""
        if len({v.system for v in self.c.pairs}) > 1:
            return "Systems and data"
        return "Data" if len(self.c.pairs) > 1 else ""

    def _row(self, f: Finding, v: Versus | None, where: str) -> tuple[Text, ...]:
        result, place = f.result, f.place
        first, second = self.c.sides.get(f.key, (None, None))
        both = f"{place.system} on {place.dataset}"
        told = [] if not where else [place.dataset if where == "Data" else both]
        n = [counted(f, x) for x in (result.n_answers, result.n_subjects)]
        # Within a section its heading says what is compared.
        label = _label(f, is_short=v is not None and _is_titled(f))
        reading = reading_of(f).value.replace(" ", "\N{NO-BREAK SPACE}")
        return (
            Link(label, finding_link(f).href), quantity_cell(f), *told, side_words(f, first),
            side_words(f, second), reading, p_words(f.p_adjusted), *n,
        )  # fmt: skip

    def _groups(self, v: Versus, groups: list[Finding]) -> list[Block]:
        levels = [f for f in groups if f.place.reference is None]
        against = [f for f in groups if f.place.reference is not None]
        said = (
            "Does the second gain or lose more on one group than on another? A difference in "
            "differences is that of the group minus that of the others."
        )
        blocks: list[Block] = [Heading("Accuracy by group", 3), Prose((said,))]
        drawn = [f for f in levels if f.is_estimated][:MAX_DOTS]
        if drawn:
            blocks.append(Gallery((self._figure(v, drawn, "groups", "accuracy by group"),)))
        if levels:
            blocks.append(self.table("Accuracy by group", levels, v))
        if against:
            blocks.append(self.table("Differences in differences", against, v))
        return blocks


def _part_of(f: Finding) -> str:
    """Return which heading of `TOLD` a finding stands under."""
    metric = f.place.metric
    is_stressed = metric in CONDITIONED and is_under_stress(f.place.condition)
    return metric if is_stressed else ""


def _is_titled(f: Finding) -> bool:
    """Whether the heading that a row stands under says already what is compared."""
    return f.place.attribute is not None or bool(_part_of(f))


def _label(f: Finding, *, is_short: bool = False) -> str:
    """Return what a row is about, without the metric where the heading says it."""
    p = f.place
    words = [] if is_short else [metric_words(p.metric)]
    if p.condition is not None:
        words.append(condition_words(p.condition))
    if p.attribute is not None:
        words.append(f"{p.attribute}: {p.group or 'all groups'}{_against(p)}")
    return clean(", ".join(words))


def text_rows(c: Comparison, told: Sequence[Finding]) -> list[tuple[str, ...]]:
    """Return rows for a terminal: what, where, both sides, difference, n, adjusted p, reading."""
    rows: list[tuple[str, ...]] = []
    for f in told:
        result, unit = f.result, unit_of(f.place)
        first, second = c.sides.get(f.key, (None, None))
        difference = "–"
        if isinstance(result, Estimate):
            ends = f"{number(result.low, unit)} to {number(result.high, unit)}"
            difference = f"{number(result.value, unit)} ({ends})"
        elif result.value is not None:
            difference = number(result.value, unit)
        rows.append(
            (
                metric_words(f.place.metric), _where(f), side_words(f, first),
                side_words(f, second), difference, counted(f, result.n_answers),
                counted(f, result.n_subjects), p_words(f.p_adjusted), _read_as(f),
            )
        )  # fmt: skip
    return rows


def _where(f: Finding) -> str:
    p = f.place
    if p.attribute is None:
        return p.condition or "all"
    group = f"{p.attribute}: {p.group or 'all'}{_against(p)}"
    return f"{p.condition}, {group}" if p.condition is not None else group


def _against(place: Place) -> str:
    if place.reference is None or place.reference == LARGEST_GAP:
        return f", {place.reference}" if place.reference else ""
    return f", against {place.reference}"


def _read_as(f: Finding) -> str:
    reading = reading_of(f)
    if reading is Reading.NONE and not isinstance(f.result, Estimate):
        return f"{reading.value}: {f.result.sentence}"
    return reading.value
