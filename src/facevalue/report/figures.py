"""From findings to figures and the tables beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facevalue.audits.findings import Finding
from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.report.blocks import Column, Dot, Dots, Figure, Link, Reason, Table, Text
from facevalue.report.formulas import measure_anchor
from facevalue.report.metrics import axis_words, base_of, definition, unit_of
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import Unit, count, level_words, p_words, quantity, slug

__all__ = [
    "Entry",
    "Wanted",
    "as_if_independent",
    "counted",
    "dot_figure",
    "entry_table",
    "finding_link",
    "measure_link",
    "quantity_cell",
    "times_wider",
]

CLOSEST = 20.0
"""Narrowest span of a close view, in percentage points."""

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding with the label it has in a figure and in the table beside it.

    ``pooled`` is the finding after partial pooling, drawn and told beside it. ``n_group`` is
    how many subjects a group has of its own, where the finding rests on others as well.
    """

    label: str
    finding: Finding
    mark: str = "circle"
    pooled: Finding | None = None
    n_group: int | None = None


def finding_link(finding: Finding) -> Link:
    """Return a link to the finding's row in the table of all findings."""
    return Link(finding.key[:8], f"#f{finding.key}")


def measure_link(metric: str) -> Link:
    """Return a link to what a metric means.

    Examples
    --------
    >>> measure_link("recall[anger]")
    Link(text='What this measures: recall', href='#measure-recall')
    """
    base = base_of(metric)
    return Link(f"What this measures: {definition(base)[0]}", f"#{measure_anchor(base)}")


def quantity_cell(finding: Finding) -> Text:
    """Return the number with its interval as a cell, or the reason why there is none."""
    words = quantity(finding.result, unit_of(finding.place))
    return words if finding.is_estimated else Reason(words)


def counted(finding: Finding, n: int) -> str:
    """Return a count behind a finding; a dash where its cell is too small to be shown."""
    return "–" if is_hidden(finding) else f"{n:,}"


def times_wider(estimate: Estimate) -> float | None:
    """Return how many times as wide the interval is as one over independent answers.

    The square root of the design effect; `None` where there is no design effect.

    Examples
    --------
    >>> times_wider(Estimate(value=0.5, low=0.4, high=0.6, level=0.95, method="m",
    ...     n_items=9, n_answers=9, n_subjects=3, design_effect=4.0))
    2.0
    """
    effect = estimate.design_effect
    return math.sqrt(effect) if effect is not None and effect > 0 else None


def as_if_independent(estimate: Estimate) -> tuple[float, float] | None:
    """Return the interval as it would be if every answer were independent.

    Each half of the interval is divided by the square root of the design effect. The
    variance ratio carries over to the width because both intervals are of one form.

    Examples
    --------
    >>> low, high = as_if_independent(Estimate(value=0.5, low=0.4, high=0.7, level=0.95,
    ...     method="m", n_items=9, n_answers=9, n_subjects=3, design_effect=4.0))
    >>> round(low, 3), round(high, 3)
    (0.45, 0.6)
    """
    wider = times_wider(estimate)
    if wider is None:
        return None
    value = estimate.value
    return value - (value - estimate.low) / wider, value + (estimate.high - value) / wider


def entry_table(
    caption: str, first: str, entries: Sequence[Entry], *, noun: str, level: float
) -> Table:
    """Return the numbers of some findings as a table, one row each."""
    with_p = any(e.finding.is_estimated and _p_of(e.finding) != "–" for e in entries)
    columns = [Column(first), Column(f"Estimate ({level_words(level)} interval)", "number")]
    is_pooled = any(e.pooled for e in entries)
    columns += [Column("Partially pooled", "number")] if is_pooled else []
    columns += [Column("p", "number")] if with_p else []
    columns += [
        Column(f"{noun.capitalize()}s", "number"),
        Column("Answers", "number"),
        Column("Finding"),
    ]
    rows: list[tuple[Text, ...]] = []
    for entry in entries:
        result = entry.finding.result
        row: list[Text] = [entry.label, quantity_cell(entry.finding)]
        row += [quantity_cell(entry.pooled) if entry.pooled else "–"] if is_pooled else []
        row += [_p_of(entry.finding)] if with_p else []
        row += [counted(entry.finding, n) for n in (result.n_subjects, result.n_answers)]
        row.append(finding_link(entry.finding))
        rows.append(tuple(row))
    return Table(caption=caption, columns=tuple(columns), rows=tuple(rows))


def _p_of(finding: Finding) -> str:
    if finding.p_adjusted is not None:
        return f"{p_words(finding.p_adjusted)} adjusted"
    return p_words(finding.result.p_value) if isinstance(finding.result, Estimate) else "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a dot figure is to say besides its findings.

    ``bound`` and ``holds_above`` mark the claimed side; ``line`` is any other value to
    compare with. Values are in the unit of the findings, not yet in percent. ``is_close``
    shows a part of the axis, where intervals are to be compared.
    """

    name: Sequence[str]
    title: str
    first: str
    noun: str
    level: float
    note: str = ""
    line: float | None = None
    line_words: str = ""
    bound: float | None = None
    bound_words: str = ""
    holds_above: bool = True
    dot_words: str = ""
    diamond_words: str = ""
    hollow_words: str = ""
    contrast: bool = False
    is_close: bool = False


def dot_figure(entries: Sequence[Entry], wanted: Wanted) -> Figure:
    """Return a dot plot of findings of one unit, with its table.

    The axis is that of the first finding.
    """
    place = entries[0].finding.place
    unit = unit_of(place)
    rows = tuple(_dot(e, unit, wanted) for e in entries)
    extra = [v * unit.scale for v in (wanted.line, wanted.bound) if v is not None]
    domain, ticks = _axis(rows, extra, unit, wanted.is_close)
    is_cut = unit is Unit.SHARE and domain != (0.0, 100.0)
    cut = f"; from {domain[0]:g} to {domain[1]:g} % only" if is_cut else ""
    chart = Dots(
        title=wanted.title,
        axis=axis_words(place) + cut,
        domain=domain,
        ticks=ticks,
        rows=rows,
        line=extra[-1] if extra else None,
        line_words=wanted.bound_words or wanted.line_words,
        side=_side(domain, extra[-1], wanted.holds_above) if wanted.bound is not None else None,
        side_words="the side the claim is on" if wanted.bound is not None else "",
        dot_words=wanted.dot_words,
        diamond_words=wanted.diamond_words,
        hollow_words=wanted.hollow_words if any(r.hollow for r in rows) else "",
        thin_words=(
            "interval if every answer were independent, for contrast"
            if any(r.thin for r in rows)
            else ""
        ),
    )
    table = entry_table(wanted.title, wanted.first, entries, noun=wanted.noun, level=wanted.level)
    says = "; ".join(map(_said, entries, rows))
    note = f"{wanted.note} {_answers_words(entries)}".strip()
    return Figure(
        slug=slug(*wanted.name), says=says, note=note, chart=chart, table=table,
        measure=measure_link(place.metric),
    )  # fmt: skip


def _said(entry: Entry, row: Dot) -> str:
    pooled = entry.pooled
    is_told = pooled is not None and not is_hidden(pooled)
    beside = (
        f", partially pooled {quantity(pooled.result, unit_of(pooled.place))}"
        if pooled is not None and is_told
        else ""
    )
    return f"{row.label} ({row.detail}): {row.text}{beside}"


def _answers_words(entries: Sequence[Entry]) -> str:
    counts = [e.finding.result.n_answers for e in entries if not is_hidden(e.finding)]
    if not counts:
        return "No row has subjects enough to be shown."
    low, high = min(counts), max(counts)
    if low == high:
        return f"{count(low, 'answer')} {'in each row' if len(counts) > 1 else 'in all'}."
    return f"{low:,} to {high:,} answers a row."


def _dot(entry: Entry, unit: Unit, wanted: Wanted) -> Dot:
    result = entry.finding.result
    if isinstance(result, NotEstimable) and is_hidden(entry.finding):
        return Dot(label=entry.label, detail=result.detail, text="not shown")
    own = "" if entry.n_group is None else f"{entry.n_group:,} of "
    detail = own + count(result.n_subjects, wanted.noun)
    hollow = _hollow(entry.pooled, unit)
    if not isinstance(result, Estimate):
        return Dot(label=entry.label, detail=detail, text="not estimable", hollow=hollow)
    thin = as_if_independent(result) if wanted.contrast else None
    return Dot(
        label=entry.label,
        detail=detail,
        text=quantity(result, unit),
        value=_drawn(result.value, unit),
        low=_drawn(result.low, unit),
        high=_drawn(result.high, unit),
        thin=(_drawn(thin[0], unit), _drawn(thin[1], unit)) if thin else None,
        mark="diamond" if entry.mark == "diamond" else "circle",
        hollow=hollow,
    )


def _hollow(pooled: Finding | None, unit: Unit) -> tuple[float, float, float] | None:
    """Return where a pooled value and the ends of its interval are drawn."""
    if pooled is None or not isinstance(pooled.result, Estimate):
        return None
    r = pooled.result
    return _drawn(r.value, unit), _drawn(r.low, unit), _drawn(r.high, unit)


def _drawn(value: float, unit: Unit) -> float:
    """Return where a value is drawn: an interval past 0 or 100 % ends at the frame."""
    scaled = value * unit.scale
    return min(max(scaled, 0.0), 100.0) if unit is Unit.SHARE else scaled


def _side(domain: tuple[float, float], bound: float, above: bool) -> tuple[float, float]:
    return (bound, domain[1]) if above else (domain[0], bound)


def _axis(
    rows: Iterable[Dot], extra: Iterable[float], unit: Unit, is_close: bool
) -> tuple[tuple[float, float], tuple[float, ...]]:
    """Return the ends of the axis and its ticks; shares run from 0 to 100 %.

    A close view of shares spans twenty points or more, lest small gaps look large.
    """
    ends = [
        x for r in rows for x in (r.low, r.high, r.value, *(r.hollow or ())) if x is not None
    ] + [*extra]
    if unit is Unit.SHARE and is_close and ends:
        middle = min(max((min(ends) + max(ends)) / 2, CLOSEST / 2), 100 - CLOSEST / 2)
        return _ticks(
            min(*ends, middle - CLOSEST / 2), min(max(*ends, middle + CLOSEST / 2), 100.0)
        )
    if unit is Unit.SHARE:
        return (0.0, 100.0), (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
    ends.append(0.0)
    if unit in (Unit.POINTS, Unit.INDEX_DIFFERENCE):
        furthest = max(abs(x) for x in ends)
        ends += [furthest, -furthest]
    return _ticks(min(ends), max(ends))


def _ticks(low: float, high: float) -> tuple[tuple[float, float], tuple[float, ...]]:
    """Return a domain of whole steps around [low, high] and its ticks, about six.

    Examples
    --------
    >>> _ticks(-3.1, 3.1)
    ((-4.0, 4.0), (-4.0, -2.0, 0.0, 2.0, 4.0))
    """
    span = high - low or 1.0
    rough = span / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in _STEPS if s * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(round(i * step, 10) for i in range(first, last + 1))
    return (ticks[0], ticks[-1]), ticks
