"""What moves the answers: how often they stay what they were when media are changed."""

from __future__ import annotations

from facevalue.audits import CHECKS
from facevalue.audits.attribution import moved_by
from facevalue.audits.findings import Finding
from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import (
    Block,
    Bullets,
    Column,
    Gallery,
    Heading,
    Link,
    Prose,
    Section,
    Table,
    Text,
)
from facevalue.report.figures import Entry, entry_table, finding_link, quantity_cell
from facevalue.report.model import Material, Pair, StressedCondition
from facevalue.report.sections.reliance import (
    nothing_left_blocks,
    reliance_blocks,
    words_blocks,
)
from facevalue.report.sections.stress_curves import curve_figures
from facevalue.report.sections.stress_details import (
    change_blocks,
    group_gap_blocks,
    push_blocks,
    steps_table,
    worst_blocks,
)
from facevalue.report.sections.stress_view import (
    FLOOR,
    UNCHANGED,
    Scale,
    StressView,
    views_of,
)
from facevalue.report.wording import (
    Unit,
    count,
    interval,
    level_words,
    listed,
    number,
    p_words,
    quantity,
)

__all__ = ["stress_section"]

MAX_STOPPED = 6

SEVERITY = (
    "Severity, from 1 to 5, says how far media are changed by one measure for all changes "
    "(structural similarity for pictures, distance of log-mel spectra for sounds), so that "
    "severity 3 of one change is about as far as severity 3 of another; 0 is the media as they are."
)
STAYING = (
    "What is told is whether an answer stays what it was, not whether it is right: an answer that "
    "stays can be wrong, and a system that gives everybody the same label never changes it."
)
AREA_SAYS = (
    "“Over severities” is the area under the share of answers unchanged, from severity 0, where it "
    "is 100 %, to the highest asked; a change that has one step only has its share there. Areas up "
    "to different severities are not alike: the highest stands beside the name."
)


def stress_section(material: Material) -> Section | None:
    """Return the section; `None` where no media were changed."""
    views = views_of(material)
    level = material.report.provenance.level
    # What goes with the words is told of answers to unchanged media, too.
    viewed = [view.pair for view in views]
    others = [p for p in material.pairs if p not in viewed and words_blocks(p, level)]
    if not views and not others:
        return None
    blocks: list[Block] = [Prose(_first_words(views))] if views else []
    links = tuple(Link(p.title, f"#{anchor_of(p)}") for p in (*viewed, *others))
    if len(links) > 1:
        blocks.append(Bullets(links))
    by_dataset: dict[str, list[StressView]] = {}
    for view in views:
        by_dataset.setdefault(view.pair.dataset, []).append(view)
    for dataset, same in by_dataset.items():
        if len(same) > 1:
            blocks += _compared_blocks(dataset, same)
        for view in same:
            blocks += _view_blocks(material, view, is_alone=len(same) == 1)
    for pair in others:
        blocks += [Heading(pair.title, 3, anchor_of(pair)), *words_blocks(pair, level)]
    return Section(anchor="stress", title="What moves the answers", blocks=tuple(blocks))


def _first_words(views: list[StressView]) -> tuple[str, ...]:
    return (SEVERITY, STAYING, *((AREA_SAYS,) if any(v.nuisances for v in views) else ()))


def anchor_of(pair: Pair) -> str:
    """Return where the page tells of one system on one dataset."""
    return f"stress-{pair.anchor}"


def _view_blocks(material: Material, view: StressView, *, is_alone: bool) -> list[Block]:
    blocks: list[Block] = [
        Heading(view.pair.title, 3, anchor_of(view.pair)),
        Prose((" ".join(_paragraph(view)),)),
    ]
    if view.nuisances:
        blocks += [Heading("Changes that should not matter", 4), _ranking(view)]
        if is_alone:
            blocks += _figures([view])
    checks = [
        Entry(view.words(c.name), f)
        for c in view.checks
        if (f := view.of(c.name, UNCHANGED)) is not None
    ]
    if checks:
        caption = f"{view.pair.title}: answers unchanged where media stay as they are, or nearly"
        blocks.append(
            entry_table(caption, "What is done", checks, noun=view.pair.noun, level=view.level)
        )
    blocks += push_blocks(view)
    blocks += change_blocks(view)
    blocks += group_gap_blocks(view)
    blocks += nothing_left_blocks(material, view)
    blocks += reliance_blocks(view)
    blocks += words_blocks(view.pair, view.level)
    blocks += worst_blocks(view)
    return blocks


def _figures(views: list[StressView]) -> list[Block]:
    figures = curve_figures(views)
    return [Gallery(figures)] if figures else []


def _paragraph(view: StressView) -> list[str]:
    """Return in words how often answers stay, and what was left out."""
    return [
        *_asked_words(view),
        *_floor_words(view),
        *_worst_words(view),
        *_beyond_words(view),
    ]


def _asked_words(view: StressView) -> list[str]:
    sheet = view.sheet
    asked = [c.n_asked for c in view.asked.values()]
    low, high = min(asked), max(asked)
    many = f"{high:,}" if low == high else f"{low:,} to {high:,}"
    of_all = f"{many} of {count(sheet.n_items, 'item')}"
    said = [
        f"{view.pair.system} was asked about {of_all} under {count(len(asked), 'condition')} "
        "besides the media as they are."
    ]
    n_none = len(sheet.conditions) - len(asked)
    if n_none:
        were = "was" if n_none == 1 else "were"
        said.append(f"{count(n_none, 'condition')} of the audit file {were} not asked at all.")
    if sheet.says:
        said.append(sheet.says)
    if sheet.stopped:
        named = [view.words(c) for c in sheet.stopped[:MAX_STOPPED]]
        more = len(sheet.stopped) - len(named)
        named += [f"{more:,} more"] if more > 0 else []
        said.append(
            f"Asking stopped early under {listed(named)}: the interval was narrow enough, and "
            f"allows for the {sheet.n_looks} looks at it."
        )
    return said


def _floor_words(view: StressView) -> list[str]:
    said = []
    floor = view.sheet.floor
    again = view.of("repeat", UNCHANGED)
    if floor is not None and floor != "repeat" and (found := view.of(floor, UNCHANGED)) is not None:
        said.append(
            f"Under the smallest change ({floor}), {_stay(found.result)}: what other changes are "
            "held against."
        )
    if again is not None:
        beside = ", which other changes are held against" if floor == "repeat" else ""
        said.append(f"Asked again about the same media, {_stay(again.result)}{beside}.")
        value = again.result.value
        if view.sheet.is_deterministic and value is not None and value < 1.0:
            # One other answer is proof, and needs no p-value (`facevalue.audits.attribution`).
            said.append("It is declared to answer the same media alike, and does not.")
    others = [c for c in view.checks if c.name in CHECKS and c.name != "repeat"]
    moved = [
        f"{view.words(c.name)} ({quantity(f.result, Unit.SHARE)})"
        for c in others
        if (f := view.of(c.name, UNCHANGED)) is not None
        and isinstance(f.result, Estimate)
        and f.result.value < 1.0
    ]
    if moved:
        said.append(f"Answers also change though the media do not: {'; '.join(moved)}.")
    return said


def _stay(result: object) -> str:
    if isinstance(result, Estimate):
        return f"{quantity(result, Unit.SHARE)} of its answers stay what they were"
    return "it could not be estimated how many answers stay what they were"


def _worst_words(view: StressView) -> list[str]:
    said = []
    for severity in (1, 3):
        steps = [
            (e.value, c, e)
            for s in view.nuisances
            for c in s.steps
            if c.severity == severity and (e := view.estimate(c.name, UNCHANGED)) is not None
        ]
        if not steps:
            continue
        _, worst, found = min(steps, key=lambda t: t[0])
        title = worst.title or worst.name
        stay = f"{quantity(found, Unit.SHARE)} of the answers stay"
        if len(steps) > 1:
            said.append(
                f"Of {count(len(steps), 'change')} at severity {severity}, “{title}” "
                f"({worst.name}) moves most: {stay}."
            )
        else:
            said.append(f"Under “{title}” ({worst.name}), {stay}.")
    if said:
        said.append("What is picked as the worst of several looks a little worse than it is.")
    return said


def _beyond_words(view: StressView) -> list[str]:
    """Say how many changes move more answers than the smallest change does."""
    told = [
        c.name
        for s in view.nuisances
        for c in s.steps
        if (f := view.of(c.name, FLOOR)) is not None and f.p_adjusted is not None
    ]
    if not told:
        return []
    pair = view.pair
    moved = [
        m
        for m in moved_by(
            pair.findings, pair.system, pair.dataset, view.level, is_deterministic=False
        )
        if m.condition in told
    ]
    surest = f"; the strongest is {view.words(moved[0].condition)}" if moved else ""
    against = "asking again does" if view.sheet.floor == "repeat" else "the smallest change"
    return [
        f"{len(moved):,} of {count(len(told), 'condition')} are shown to move more answers than "
        f"{against}, all of them allowed for{surest}."
    ]


def _ranking(view: StressView) -> Table:
    """Return every kind of change with its steps, those that move most answers first."""
    has_floor = view.sheet.floor is not None
    columns = [
        Column("What is done, up to severity"),
        Column("Over severities", "number"),
        Column("Lowest step", "number"),
        *([Column("p adjusted", "number")] * has_floor),
        Column("Finding"),
    ]
    rows = [_ranking_row(view, scale, with_floor=has_floor) for scale in view.ranked()]
    floor = "asking again" if view.sheet.floor == "repeat" else "the smallest change"
    against = f"; p is of the lowest step against {floor}" if has_floor else ""
    table = Table(
        caption=f"{view.pair.title}: answers unchanged, % ({level_words(view.level)} intervals), "
        f"the changes that move most first{against}",
        columns=tuple(columns),
        rows=tuple(rows),
    )
    return steps_table(view, table, UNCHANGED, view.ranked(), at=2)


def _ranking_row(view: StressView, scale: Scale, *, with_floor: bool) -> tuple[Text, ...]:
    found, worst = view.summary(scale), view.worst_step(scale)
    row: list[Text] = [
        f"{scale.title} ({scale.reach})",
        "–" if found is None else _without_unit(found),
        _lowest(view, worst),
    ]
    if with_floor:
        against = None if worst is None else view.of(worst.name, FLOOR)
        row.append(p_words(None if against is None else against.p_adjusted))
    row.append("–" if found is None else finding_link(found))
    return tuple(row)


def _lowest(view: StressView, worst: StressedCondition | None) -> str:
    found = None if worst is None else view.estimate(worst.name, UNCHANGED)
    if worst is None or found is None:
        return "–"
    return f"{worst.severity}: {_percent(found)}"


def _without_unit(finding: Finding) -> Text:
    """Return a share of a column whose unit is in the caption."""
    result = finding.result
    return _percent(result) if isinstance(result, Estimate) else quantity_cell(finding)


def _percent(result: Estimate) -> str:
    ends = interval(result.low, result.high, Unit.SHARE)
    return f"{number(result.value, Unit.SHARE)} ({ends})"


def _compared_blocks(dataset: str, views: list[StressView]) -> list[Block]:
    """Return all systems on one dataset side by side."""
    blocks: list[Block] = [Heading(f"All systems on {dataset}", 3)]
    table = _side_by_side(dataset, views)
    if table.rows:
        said = _most_often(views)
        blocks += [Prose(tuple(said)), table] if said else [table]
    return [*blocks, *_figures(views)]


def _shared(views: list[StressView]) -> list[tuple[Scale, list[Scale | None]]]:
    """Return every kind of change with that of each system, least unchanged first."""
    every: dict[str, Scale] = {}
    for view in views:
        for scale in view.nuisances:
            every.setdefault(scale.name, scale)
    rows = [
        (scale, [next((s for s in v.nuisances if s.name == name), None) for v in views])
        for name, scale in every.items()
    ]
    return sorted(rows, key=lambda row: _mean(views, row[1]))


def _mean(views: list[StressView], scales: list[Scale | None]) -> float:
    told = [v for v in map(_value, views, scales) if v is not None]
    return sum(told) / len(told) if told else 2.0


def _value(view: StressView, scale: Scale | None) -> float | None:
    found = None if scale is None else view.summary(scale)
    return found.result.value if found is not None and found.is_estimated else None


def _side_by_side(dataset: str, views: list[StressView]) -> Table:
    rows: list[tuple[Text, ...]] = []
    for scale, each in _shared(views):
        reaches = {s.reach for s in each if s is not None}
        alike = len(reaches) == 1
        row: list[Text] = [f"{scale.title} ({scale.reach})" if alike else scale.title]
        for view, own in zip(views, each, strict=True):
            found = None if own is None else view.summary(own)
            if own is None or found is None:
                row.append("–")
            elif not alike and found.is_estimated:
                row.append(f"{_without_unit(found)}, to {own.reach}")
            else:
                row.append(_without_unit(found))
        rows.append(tuple(row))
    level = level_words(views[0].level)
    return Table(
        caption=f"{dataset}: answers unchanged over severities, % ({level} intervals), "
        "the changes that move most first",
        columns=(
            Column("What is done, up to severity"),
            *(Column(v.pair.system, "number") for v in views),
        ),
        rows=tuple(rows),
    )


def _most_often(views: list[StressView]) -> list[str]:
    """Say how often each system keeps most answers, over changes that all were put under."""
    wins = dict.fromkeys((v.pair.system for v in views), 0)
    n = 0
    for _, each in _shared(views):
        values = [_value(v, s) for v, s in zip(views, each, strict=True)]
        told = [v for v in values if v is not None]
        reaches = {s.reach for s in each if s is not None}
        if len(told) < len(views) or len(reaches) > 1:
            continue
        n += 1
        best = max(told)
        if told.count(best) == 1:
            wins[views[told.index(best)].pair.system] += 1
    if n == 0:
        return []
    ranked = sorted(wins.items(), key=lambda kv: -kv[1])
    said = listed([f"{name} under {k}" for name, k in ranked])
    return [
        f"Of {count(n, 'change')} that all were put under, the most answers stay with: {said} "
        "(ties count for nobody). Differences between systems are not tested here; two runs are "
        "held against each other, item by item, by facevalue compare."
    ]
