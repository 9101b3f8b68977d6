"""What is answered when nothing is left to be seen or heard, and what the answer hangs on."""

from __future__ import annotations

import re

from facevalue.audits import CONTROLS, RELIANCE
from facevalue.audits.findings import Finding
from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import (
    Block,
    Column,
    Figure,
    Gallery,
    Heading,
    Heat,
    HeatCell,
    Link,
    Prose,
    Table,
    Text,
)
from facevalue.report.figures import (
    Entry,
    Wanted,
    dot_figure,
    entry_table,
    finding_link,
    measure_link,
    quantity_cell,
)
from facevalue.report.metrics import metric_words, parts
from facevalue.report.model import Material, Pair, StressedCondition
from facevalue.report.sections.stress_view import UNCHANGED, StressView
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import Unit, count, level_words, listed, number, quantity, slug

__all__ = ["nothing_left_blocks", "reliance_blocks", "words_blocks"]

SIDE = 4
_CELL = re.compile(r"hide-r([1-4])c([1-4])")
_PIECE = re.compile(r"hide-t[1-8]")
SWAP, TWIN = "swap-", "-same-label"

HANGS_ON = (
    "A part is taken away or put in from elsewhere. The more answers change, the more they hang on "
    "it. That says what answers hang on, not why, and not that the part is a wrong one to look at. "
    "Hiding draws edges and leaves a grey or quiet place, which can move answers by itself."
)
TWINS = (
    "{}: put in from an item of another label, it stands beside the same done with an item of the "
    "same label. Edges and strangeness are alike in both, so only where the first moves more "
    "answers than the second is it the other label that moves them."
)
NO_TWIN = (
    "{}: the same with an item of the same label was not asked, so it is not known how much is due "
    "to the other label, and how much to edges and strangeness."
)
ONLY_TWIN = (
    "{}: the same with an item of another label was not asked. This tells how much edges and "
    "strangeness move, and nothing about labels."
)
WORDS = (
    "Each item is held beside two others of other people and of another annotated label: one with "
    "the same words, and one with other words. An answer that goes with how something is said "
    "agrees with both equally often; one that goes with the words agrees more often with the first."
)
PLACES = (
    "hide-eyes", "hide-mouth", "hide-brows-and-forehead", "keep-face", "keep-face-blur",
    "keep-background", "keep-background-blur",
)  # fmt: skip
"""What is about a part of a face."""
FIXED = (
    "Eyes, mouth and face are taken to be where they lie in an upright crop that the face fills: "
    "fixed places in the picture. No face is looked for."
)
PLACED = (
    "Eyes, mouth and face are hidden where landmarks of the data say that they are ({}). What has "
    "none of use is left out: {}."
)
GONE = {"keep-background": "face", "keep-pauses": "speech"}
"""What is gone where nothing but the rest is kept."""
WITHOUT = (
    "Answers that stay when the {} is gone are not read from it. They may also be what the system "
    "says to everything."
)


def nothing_left_blocks(material: Material, view: StressView) -> list[Block]:
    """Return what is answered to media scrambled past recognition, beside generated ones."""
    conditions = view.conditions(CONTROLS)
    if not conditions:
        return []
    rows = [_control_row(view.words(c.name), _told(view, c)) for c in conditions]
    rows += [
        _control_row(Link(f"{pair.dataset} (generated or without emotion)", f"#{pair.anchor}"), own)
        for pair in material.pairs
        if pair.system == view.pair.system and pair.dataset != view.pair.dataset
        if (own := _whole_controls(pair))
    ]
    shown = max(c.n_asked for c in conditions)
    said = (
        f"{count(shown, 'item')} changed so that no expression can be made out. Whatever they were "
        "annotated with, the right answer is to give none. Confidence is the mean score of the "
        "label given."
    )
    table = Table(
        caption=f"{view.pair.title}: answers where nothing is left to answer "
        f"({level_words(view.level)} intervals)",
        columns=(
            Column("What is shown"),
            Column("Answered with an emotion", "number"),
            Column("Confidence", "number"),
            Column("Most frequent answer"),
            Column("Finding"),
        ),
        rows=tuple(rows),
    )
    return [Heading("Nothing left to answer", 4), Prose((said,)), table]


def _told(view: StressView, condition: StressedCondition) -> dict[str, Finding]:
    return {m: f for (c, m), f in view.found.items() if c == condition.name}


def _whole_controls(pair: Pair) -> dict[str, Finding]:
    """Return what is told of all items without an emotion to find."""
    return {
        f.place.metric: f
        for f in pair.of(CONTROLS)
        if f.place.condition is None and f.place.attribute is None and f.place.reference is None
    }


def _control_row(words: Text, found: dict[str, Finding]) -> tuple[Text, ...]:
    answered, sure = found.get("answer_rate"), found.get("mean_confidence")
    rates = [f for m, f in found.items() if parts(m)[0] == "prediction_rate" and f.is_estimated]
    most = max(rates, key=lambda f: f.result.value or 0.0, default=None)
    named = (
        "–"
        if most is None
        else f"“{parts(most.place.metric)[1]}”: {quantity(most.result, Unit.SHARE)}"
    )
    return (
        words,
        "–" if answered is None else quantity_cell(answered),
        "–" if sure is None else quantity_cell(sure),
        named,
        "–" if answered is None else finding_link(answered),
    )


def reliance_blocks(view: StressView) -> list[Block]:
    """Return what answers hang on: parts taken away, maps, and pieces put in from elsewhere."""
    conditions = view.conditions(RELIANCE)
    if not conditions:
        return []
    grid = _grid(conditions)
    pieces = [c for c in conditions if _PIECE.fullmatch(c.curve or "")]
    apart = {c.name for c in (*grid.values(), *pieces)}
    others = _twins_together([c for c in conditions if c.name not in apart])
    figures = [
        figure
        for figure in (
            _dots(view, others, "parts", "parts taken away or put in"),
            _map(view, grid) if len(grid) == SIDE * SIDE else None,
            _dots(view, pieces, "pieces", "one eighth of the sound hidden"),
        )
        if figure is not None
    ]
    said = [HANGS_ON, *_place_words(view), *_swap_words(others)]
    said += [WITHOUT.format(GONE[c.curve]) for c in others if c.curve in GONE]
    blocks: list[Block] = [Heading("What the answer hangs on", 4), Prose(tuple(said))]
    if figures:
        blocks.append(Gallery(tuple(figures)))
    right = _right_table(view, others)
    return [*blocks, right] if right.rows else blocks


def _place_words(view: StressView) -> list[str]:
    """Say where eyes, mouth and face are taken to be, where pictures are asked about."""
    if view.sheet.landmarks:
        named = listed([name.replace("_", " ") for name in view.sheet.landmarks])
        placed = [c.n_asked for c in view.conditions(RELIANCE) if c.curve in PLACES and c.n_asked]
        none = max((c.n_asked for c in view.asked.values()), default=0) - max(placed, default=0)
        return [PLACED.format(named, count(none, "item") if placed and none > 0 else "no item")]
    return [FIXED] if any(c.curve in PLACES for c in view.conditions(RELIANCE)) else []


def _swap_words(conditions: list[StressedCondition]) -> list[str]:
    """Say of everything that is put in from elsewhere what it is to be held against."""
    titles = {c.curve: c.title or c.name for c in conditions if c.curve is not None}
    twins = [name for name in titles if name.endswith(TWIN)]
    swaps = [name for name in titles if name.startswith(SWAP) and name not in twins]
    told = (
        (TWINS, [s for s in swaps if f"{s}{TWIN}" in twins]),
        (NO_TWIN, [s for s in swaps if f"{s}{TWIN}" not in twins]),
        (ONLY_TWIN, [t for t in twins if t.removesuffix(TWIN) not in swaps]),
    )
    return [words.format(listed([titles[n] for n in names])) for words, names in told if names]


def _grid(conditions: list[StressedCondition]) -> dict[tuple[int, int], StressedCondition]:
    """Return the squares of the map, by row and column; none unless all sixteen are there."""
    found = {(int(m[1]), int(m[2])): c for c in conditions if (m := _CELL.fullmatch(c.curve or ""))}
    return found if len(found) == SIDE * SIDE else {}


def _twins_together(conditions: list[StressedCondition]) -> list[StressedCondition]:
    """Put a swap with an item of the same label right after that with another label."""
    firsts = {
        name: i
        for i, name in reversed(
            [*enumerate((c.curve or "").removesuffix(TWIN) for c in conditions)]
        )
    }
    return sorted(
        conditions,
        key=lambda c: (firsts[(c.curve or "").removesuffix(TWIN)], (c.curve or "").endswith(TWIN)),
    )


def _dots(
    view: StressView, conditions: list[StressedCondition], name: str, what: str
) -> Figure | None:
    entries = [
        Entry(view.words(c.name), f)
        for c in conditions
        if (f := view.of(c.name, UNCHANGED)) is not None
    ]
    if not entries:
        return None
    return dot_figure(
        entries,
        Wanted(
            name=("hangs-on", name, view.pair.system, view.pair.dataset),
            title=f"{view.pair.title}: answers unchanged, {what}",
            first="What is done",
            noun=view.pair.noun,
            level=view.level,
            dot_words=f"answers that stay what they were, with {level_words(view.level)} interval",
        ),
    )


def _map(view: StressView, grid: dict[tuple[int, int], StressedCondition]) -> Figure:
    """Return how many answers change when each square of the picture is hidden."""
    rows = range(1, SIDE + 1)
    title = f"{view.pair.title}: answers changed when one square is hidden, %"
    columns = tuple(f"column {i}" for i in rows)
    heat = Heat(
        title=title,
        across="left to right",
        down="top to bottom",
        columns=columns,
        rows=tuple(
            (f"row {r}", tuple(_heat_cell(view, grid[r, c].name) for c in rows)) for r in rows
        ),
    )
    table = Table(
        caption=f"{view.pair.title}: answers unchanged when one square is hidden "
        f"({level_words(view.level)} intervals)",
        columns=(Column("Row from the top"), *(Column(c, "number") for c in columns)),
        rows=tuple((f"row {r}", *(_map_words(view, grid[r, c].name) for c in rows)) for r in rows),
    )
    said = "; ".join(
        f"row {r}: {', '.join(_heat_cell(view, grid[r, c].name).text for c in rows)}" for r in rows
    )
    return Figure(
        slug=slug("hangs-on", "map", view.pair.system, view.pair.dataset),
        says=f"Answers changed (%) when one of sixteen squares is hidden, from the left: {said}",
        note="Numbers are % of answers that change when this square of the picture, and no other, "
        "is hidden: 100 less the share unchanged. Intervals are in the table. The squares are of "
        "the picture; no face is looked for.",
        chart=heat,
        table=table,
        measure=measure_link(UNCHANGED),
    )


def _heat_cell(view: StressView, condition: str) -> HeatCell:
    found = view.estimate(condition, UNCHANGED)
    if found is None:
        return HeatCell(None, "–")
    changed = 1.0 - found.value
    return HeatCell(changed, number(changed, Unit.SHARE))


def _map_words(view: StressView, condition: str) -> Text:
    found = view.found.get((condition, UNCHANGED))
    if found is None:
        return "–"
    if is_hidden(found):
        return "not shown"
    if isinstance(found.result, Estimate):
        return quantity(found.result, Unit.SHARE)
    return "not estimable"


def _right_table(view: StressView, conditions: list[StressedCondition]) -> Table:
    """Return how right answers still are with a part gone, where items are annotated."""
    metrics = [m for m in ("accuracy", "uar", "accuracy_change") if m in view.metrics()]
    rows = [
        (view.words(c.name), *(_cell(view, c.name, m) for m in metrics))
        for c in conditions
        if any(view.of(c.name, m) is not None for m in metrics)
    ]
    return Table(
        caption=f"{view.pair.title}: how much of the score is left "
        f"({level_words(view.level)} intervals)",
        columns=(Column("What is done"), *(Column(metric_words(m), "number") for m in metrics)),
        rows=tuple(rows),
    )


def _cell(view: StressView, condition: str, metric: str) -> Text:
    found = view.of(condition, metric)
    return "–" if found is None else quantity_cell(found)


def words_blocks(pair: Pair, level: float) -> list[Block]:
    """Return whether answers go with the words, where the audit file says which are spoken."""
    told = [
        (words, f)
        for metric, condition, words in (
            ("same_answer", "same-text", "same answer to an item with the same words"),
            ("same_answer", "other-text", "same answer to an item with other words"),
            ("same_answer_gain", "same-text", "the first minus the second"),
        )
        for f in pair.of(RELIANCE)
        if (f.place.metric, f.place.condition) == (metric, condition)
        if f.place.attribute is None and f.place.reference is None
    ]
    if not told:
        return []
    said = [WORDS]
    gain = next((f.result for _, f in told if f.place.metric == "same_answer_gain"), None)
    if isinstance(gain, Estimate):
        shown = gain.low > 0 or gain.high < 0
        end = "" if shown else " The interval reaches zero: that words matter is not shown."
        said.append(
            f"With the same words, answers agree more often by {quantity(gain, Unit.POINTS)}.{end}"
        )
    entries = [Entry(words, f) for words, f in told]
    caption = f"{pair.title}: words against voice"
    table = entry_table(caption, "Measure", entries, noun=pair.noun, level=level)
    return [Heading("Words or voice", 4), Prose(tuple(said)), table]
