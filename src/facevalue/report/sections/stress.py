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
from facevalue.report.model import AGAIN, REPEAT, SMALLEST, Material, Pair, StressedCondition
from facevalue.report.sections.reliance import nothing_left_blocks, reliance_blocks, words_blocks
from facevalue.report.sections.stress_curves import curve_figures
from facevalue.report.sections.stress_details import (
    change_blocks,
    group_gap_blocks,
    push_blocks,
    steps_table,
    worst_blocks,
)
from facevalue.report.sections.stress_view import (
    FAILED,
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
    p_phrase,
    p_words,
    quantity,
)

__all__ = ["stress_section"]

MAX_STOPPED = 6
NO_SKILL = "{} is not shown to have any skill here: answers that stay are no merit."

SEVERITY = (
    "Severity, from 1 to 5, says how far media are changed by one measure for all changes "
    "(structural similarity for pictures, distance of log-mel spectra for sounds), so that "
    "severity 3 of one change is about as far as severity 3 of another; 0 is the media as they "
    "are. The steps were set on reference media. On others, such as very small or grey pictures, a "
    "step can change less, or nothing."
)
STAYING = (
    "What is told is whether an answer stays what it was, not whether it is right: an answer that "
    "stays can be wrong, and a system that gives everybody the same label never changes it. An "
    "item that gets no answer any more counts as an answer that changed."
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
    area = (AREA_SAYS,) if any(v.nuisances for v in views) else ()
    return (SEVERITY, STAYING, *_skill_words(views), *area)


def _skill_words(views: list[StressView]) -> list[str]:
    """Say for whom it is no merit that answers stay, or may be none."""
    said = []
    if guesses := [v.pair.title for v in views if v.is_skill_shown is False]:
        said.append(
            f"Not shown to beat systems that need no model: {listed(guesses)}. That answers stay "
            "is no merit there: a system that guesses or always says the same may be moved by "
            "nothing."
        )
    if unknown := [v.pair.title for v in views if v.is_skill_shown is None]:
        said.append(
            f"Whether there is any skill was not measured for {listed(unknown)}. That answers stay "
            "is no merit by itself there."
        )
    return said


def anchor_of(pair: Pair) -> str:
    """Return where the page tells of one system on one dataset."""
    return f"stress-{pair.anchor}"


def _view_blocks(material: Material, view: StressView, *, is_alone: bool) -> list[Block]:
    blocks: list[Block] = [
        Heading(view.pair.title, 3, anchor_of(view.pair)),
        Prose(tuple(" ".join(said) for said in _paragraphs(view) if said)),
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


def _paragraphs(view: StressView) -> tuple[list[str], ...]:
    """Return in words how often answers stay, and what was left out."""
    no_skill = [NO_SKILL.format(view.pair.system)]
    return (
        _asked_words(view),
        _floor_words(view),
        [*_worst_words(view), *_beyond_words(view)],
        no_skill if view.is_skill_shown is False else [],
    )


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
        named = [f"“{view.words(c)}”" for c in sheet.stopped[:MAX_STOPPED]]
        more = len(sheet.stopped) - len(named)
        named += [f"{more:,} more"] if more > 0 else []
        said.append(
            f"Asking stopped early under {listed(named)}: the interval was narrow enough, and "
            f"allows for the {sheet.n_looks} looks at it."
        )
    return said


def _floor_words(view: StressView) -> list[str]:
    """Say what changes where media stay as they are, or nearly."""
    said = []
    smallest, floor = view.smallest, view.sheet.floor
    if smallest is not None and (found := view.of(smallest.name, UNCHANGED)) is not None:
        is_floor = ": what other changes are held against" if smallest.name == floor else ""
        said.append(
            f"Under the smallest change ({smallest.name}), {_stay(found.result)}{is_floor}."
        )
    if (again := view.of(REPEAT, UNCHANGED)) is not None:
        is_floor = ", which other changes are held against" if floor == REPEAT else ""
        said.append(f"Asked again about the same media, {_stay(again.result)}{is_floor}.")
        said += _again_words(view)
    if smallest is not None and view.sheet.floor_words(smallest.name):
        said += _smallest_words(view, smallest.name)
    others = [c for c in view.checks if c.name in CHECKS and c.name != REPEAT]
    moved = [
        f"{view.words(c.name)} ({quantity(f, Unit.SHARE)} unchanged{view.fails(c.name)})"
        for c in others
        if _is_moved(view, c.name) and (f := view.estimate(c.name, UNCHANGED)) is not None
    ]
    if moved:
        are = {view.are_others(c.name) for c in others if _is_moved(view, c.name)}
        what = (
            "Answers also change"
            if True in are
            else "Answers also change, or fail to come,"
            if None in are
            else "Answers also fail to come"
        )
        said.append(f"{what} though the media do not: {'; '.join(moved)}.")
    return said


def _is_moved(view: StressView, condition: str) -> bool:
    found = view.estimate(condition, UNCHANGED)
    return found is not None and found.value < 1.0


def _again_words(view: StressView) -> list[str]:
    """Say of a system that is asked again whether it answers otherwise, or fails."""
    found = view.of(REPEAT, UNCHANGED)
    value = None if found is None else found.result.value
    if value is None or value >= 1.0:
        return []
    said, are_others = [], view.are_others(REPEAT)
    fails = view.estimate(REPEAT, FAILED)
    if fails is not None and fails.value > 0.0:
        said.append(f"Asked again, it fails on {quantity(fails, Unit.SHARE)} of the items.")
    if are_others is False:
        said.append("Failures are all that changes: no other answer is given.")
    if are_others and view.sheet.is_deterministic:
        # One other answer is proof, and needs no p-value (`facevalue.audits.attribution`).
        said.append("It is declared to answer the same media alike, and does not.")
    return said


def _smallest_words(view: StressView, smallest: str) -> list[str]:
    """Hold the smallest change against asking again."""
    found = view.of(smallest, FLOOR)
    if found is None or not isinstance(found.result, Estimate):
        return []
    told = found.result
    more = (
        f"The smallest change changes {quantity(told, Unit.GAP)} more of the answers than "
        f"{view.sheet.floor_words(smallest)}"
    )
    p = found.p_adjusted
    if p is None:
        return [f"{more}."]
    is_shown = told.value > 0 and p < 1.0 - view.level
    if not is_shown:
        return [f"{more} (adjusted {p_phrase(p)}), which may be chance."]
    so = {
        True: ": answers hang on the last bits of the media",
        False: ": what changes are items that get no answer any more, and no label",
        None: ": other answers, or none",
    }[view.are_others(smallest)]
    return [f"{more} (adjusted {p_phrase(p)}){so}."]


def _stay(result: object) -> str:
    if isinstance(result, Estimate):
        return f"{quantity(result, Unit.SHARE)} of its answers stay what they were"
    return "it could not be estimated how many answers stay what they were"


def _worst_words(view: StressView) -> list[str]:
    said = []
    for severity in (1, 3):
        told = view.worst_at(severity)
        if told is None:
            continue
        n, worst, found = told
        title = worst.title or worst.name
        stay = f"{quantity(found, Unit.SHARE)} of the answers stay{view.fails(worst.name)}"
        if n > 1:
            said.append(
                f"Of {count(n, 'change')} at severity {severity}, “{title}” "
                f"({worst.name}) moves most: {stay}."
            )
        else:
            said.append(f"Under “{title}” ({worst.name}), {stay}.")
    if any(told is not None and told[0] > 1 for told in map(view.worst_at, (1, 3))):
        said.append("What is picked as the worst of several looks a little worse than it is.")
    return said


def _beyond_words(view: StressView) -> list[str]:
    """Say how many changes move more answers than what they are held against."""
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
    surest = f" The strongest is {view.words(moved[0].condition)}." if moved else ""
    are = "is" if len(moved) == 1 else "are"
    return [
        f"{len(moved):,} of {count(len(told), 'condition')} {are} shown to move more answers than "
        f"{view.sheet.floor_words(told[0])} does; their p-values allow for all conditions.{surest}"
    ]


def _ranking(view: StressView) -> Table:
    """Return every kind of change with its steps, those that move most answers first."""
    has_floor = view.sheet.floor is not None
    columns = [
        Column("What is done, up to severity"),
        Column("Over severities", "number"),
        Column("Severity with fewest", "number"),
        *([Column("p adjusted", "number")] * has_floor),
        Column("Finding"),
    ]
    rows = [_ranking_row(view, scale, with_floor=has_floor) for scale in view.ranked()]
    floor = AGAIN if view.sheet.floor == REPEAT else SMALLEST
    against = f"; p is of the severity with fewest, against {floor}" if has_floor else ""
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
        f"{scale.title} ({scale.reach_words})",
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
        row: list[Text] = [f"{scale.title} ({scale.reach_words})" if alike else scale.title]
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
        f"All systems were put under {count(n, 'kind')} of change. Most answers stay with {said} "
        "(ties count for nobody). Differences between systems are not tested here; the command "
        "facevalue compare holds two runs against each other, item by item."
    ]
