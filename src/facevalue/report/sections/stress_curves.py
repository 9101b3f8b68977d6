"""From findings under stress to the figures of small plots and their tables."""

from __future__ import annotations

from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import Column, Curves, Figure, Panel, StepPoint, Table, Text
from facevalue.report.figures import measure_link, quantity_cell
from facevalue.report.sections.stress_view import UNCHANGED, Scale, StressView, ordered_heads
from facevalue.report.stress_figures import MARKS
from facevalue.report.wording import Unit, count, level_words, listed, quantity, slug

__all__ = ["curve_figures"]

MAX_PANELS = 8


def curve_figures(views: list[StressView]) -> tuple[Figure, ...]:
    """Return figures of up to eight small plots, changes of one kind together."""
    drawn = views[: len(MARKS)]
    every: dict[str, Scale] = {}
    for view in drawn:
        for scale in view.nuisances:
            known = every.get(scale.name)
            if known is None or len(known.steps) < len(scale.steps):
                every[scale.name] = scale
    scales = [s for s in ordered_heads(list(every.values())) if _has_points(drawn, s)]
    chunks = _chunks(scales)
    return tuple(
        _figure(drawn, len(views) - len(drawn), chunk, number)
        for number, chunk in enumerate(chunks, start=1)
    )


def _has_points(views: list[StressView], scale: Scale) -> bool:
    return any(v.estimate(c.name, UNCHANGED) for v in views for c in scale.steps)


def _chunks(scales: list[Scale]) -> list[list[Scale]]:
    """Return scales in parts that fit one figure; a heading is cut only if it must be."""
    by_head: dict[str, list[Scale]] = {}
    for scale in scales:
        by_head.setdefault(scale.heading, []).append(scale)
    chunks: list[list[Scale]] = []
    for same in by_head.values():
        parts = [same[i : i + MAX_PANELS] for i in range(0, len(same), MAX_PANELS)]
        for part in parts:
            if chunks and len(chunks[-1]) + len(part) <= MAX_PANELS:
                chunks[-1] += part
            else:
                chunks.append(list(part))
    return chunks


def _figure(views: list[StressView], n_left: int, scales: list[Scale], number: int) -> Figure:
    level = level_words(views[0].level)
    dataset = views[0].pair.dataset
    heads = [h for h in dict.fromkeys(s.heading for s in scales) if h]
    about = f": {listed(heads)}" if heads else ""
    whose = views[0].pair.title if len(views) == 1 else dataset
    chart = Curves(
        title=f"{whose}, answers unchanged (%) by severity{about}",
        names=tuple(v.pair.system for v in views),
        panels=tuple(_panel(views, s) for s in scales),
        interval_words=f"{level} intervals",
    )
    counts = [
        e.n_answers
        for v in views
        for s in scales
        for c in s.steps
        if (e := v.estimate(c.name, UNCHANGED))
    ]
    low, high = min(counts), max(counts)
    each = count(high, "answer") if low == high else f"{low:,} to {high:,} answers"
    note = (
        "Share of answers that stay what they were (%) against severity; at 0 all do. "
        f"{each} behind each mark."
    )
    if n_left:
        note += f" The first {len(views)} systems are drawn; {n_left} more are told below."
    return Figure(
        slug=slug("stress", str(number), *heads, dataset),
        says="; ".join(_said(views, s) for s in scales),
        note=note,
        chart=chart,
        table=_table(views, scales, chart.title),
        measure=measure_link(UNCHANGED),
    )


def _panel(views: list[StressView], scale: Scale) -> Panel:
    lines = []
    for view in views:
        points = []
        for c in scale.steps:
            e = view.estimate(c.name, UNCHANGED)
            if e is not None and c.severity is not None:
                points.append(StepPoint(c.severity, *(100 * x for x in (e.value, e.low, e.high))))
        lines.append(tuple(points))
    return Panel(title=scale.title, lines=tuple(lines), is_scale=scale.is_scale)


def _said(views: list[StressView], scale: Scale) -> str:
    each = [f"{v.pair.system} {' '.join(_steps(v, scale))}" for v in views]
    return f"{scale.title}: {', '.join(each)}"


def _steps(view: StressView, scale: Scale) -> list[str]:
    return [
        f"{c.severity}: {100 * e.value:.0f} %"
        for c in scale.steps
        if (e := view.estimate(c.name, UNCHANGED)) is not None
    ]


def _table(views: list[StressView], scales: list[Scale], caption: str) -> Table:
    rows: list[tuple[Text, ...]] = []
    for scale in scales:
        for c in scale.steps:
            row: list[Text] = [f"{scale.title}, {c.severity}"]
            for view in views:
                found = view.of(c.name, UNCHANGED)
                if found is not None and isinstance(found.result, Estimate):
                    row.append(quantity(found.result, Unit.SHARE))
                else:
                    row.append("–" if found is None else quantity_cell(found))
            rows.append(tuple(row))
    columns = (Column("Change, severity"), *(Column(v.pair.system, "number") for v in views))
    return Table(caption=caption, columns=columns, rows=tuple(rows))
