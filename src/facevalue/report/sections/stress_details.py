"""Where changed media push the answers, what that does to correctness, and to whom."""

from __future__ import annotations

from dataclasses import replace

from facevalue.audits import ROBUSTNESS
from facevalue.audits.findings import Finding
from facevalue.audits.looks import LARGEST_GAP
from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import (
    Block,
    Bullets,
    Column,
    Heading,
    Picture,
    Pictures,
    Prose,
    Table,
    Text,
)
from facevalue.report.figures import Entry, entry_table, finding_link, quantity_cell
from facevalue.report.metrics import metric_words, parts, unit_of
from facevalue.report.model import WorstItem
from facevalue.report.sections.stress_view import (
    FAILURES,
    UNCHANGED,
    Scale,
    StressView,
    adjusted_ends,
)
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import (
    Unit,
    count,
    interval,
    level_words,
    number,
    p_phrase,
    p_words,
    quantity,
)

__all__ = [
    "change_blocks",
    "group_gap_blocks",
    "push_blocks",
    "steps_table",
    "worst_blocks",
]

MAX_PUSHES = 10
MAX_GAPS = 10
MAX_FAILURES = 10
FAILS = "fails"
SEVERITIES = (1, 2, 3, 4, 5)
ACCURACY, CONFIDENCE = "accuracy_change", "confidence_change"
RATE = "prediction_rate_change"
GAPS_IN = (UNCHANGED, ACCURACY)


def steps_table(
    view: StressView, table: Table, metric: str, scales: list[Scale], *, at: int
) -> Table:
    """Return a table with one row a scale, its steps of a metric put in as columns at ``at``."""
    columns = tuple(Column(str(s), "number") for s in SEVERITIES)
    rows = tuple(
        (*row[:at], *_steps(view, scale, metric), *row[at:])
        for row, scale in zip(table.rows, scales, strict=True)
    )
    return replace(table, columns=(*table.columns[:at], *columns, *table.columns[at:]), rows=rows)


def _steps(view: StressView, scale: Scale, metric: str) -> list[Text]:
    by_severity = {c.severity: c.name for c in scale.steps}
    cells: list[Text] = []
    for severity in SEVERITIES:
        name = by_severity.get(severity)
        found = None if name is None else view.found.get((name, metric))
        if found is None:
            cells.append("–")
        elif is_hidden(found):
            cells.append("not shown")
        elif isinstance(found.result, Estimate):
            cells.append(number(found.result.value, unit_of(found.place)))
        else:
            cells.append("not estimable")
    return cells


def _is_clear(view: StressView, finding: Finding) -> bool:
    """Whether a change is told apart from none, all looks allowed for."""
    p = finding.p_adjusted
    if p is None:
        p = finding.result.p_value if isinstance(finding.result, Estimate) else None
    return p is not None and p < 1.0 - view.level


def push_blocks(view: StressView) -> list[Block]:
    """Return in words which labels are predicted more or less often, and under what."""
    found = [
        f
        for f in view.pair.of(ROBUSTNESS)
        if parts(f.place.metric)[0] == RATE
        and f.place.attribute is None
        and f.place.reference is None
        and isinstance(f.result, Estimate)
    ]
    if not found:
        return []
    clear = [f for f in found if _is_clear(view, f)]
    tell = "tells" if len(clear) == 1 else "tell"
    head = (
        "How often each label is predicted was held, under every condition, against how often it "
        f"is without: {count(len(found), 'comparison')}, of which {len(clear) or 'none':} {tell} a "
        "change apart from chance, with p-values that allow for all."
    )
    blocks: list[Block] = [Heading("Where answers are pushed", 4)]
    if not clear:
        return [*blocks, Prose((head,))]
    largest = _largest_pushes(view, clear)
    beyond = (
        " The largest of each label under each kind of change"
        f"{', ten at most' if len(largest) == MAX_PUSHES else ''}, with intervals that allow for "
        "all:"
    )
    return [
        *blocks,
        Prose((head + beyond,)),
        Bullets(tuple(_push_words(view, f) for f in largest)),
    ]


def _largest_pushes(view: StressView, clear: list[Finding]) -> list[Finding]:
    by_size = sorted(clear, key=lambda f: -abs(f.result.value or 0.0))
    kept: dict[tuple[str, str], Finding] = {}
    for f in by_size:
        name = str(f.place.condition)
        condition = view.asked.get(name)
        curve = name if condition is None else condition.curve or name
        kept.setdefault((f.place.metric, curve), f)
    return list(kept.values())[:MAX_PUSHES]


def _push_words(view: StressView, finding: Finding) -> str:
    value = finding.result.value or 0.0
    label, condition = parts(finding.place.metric)[1], str(finding.place.condition)
    more = "more" if value > 0 else "less"
    points = number(abs(value), Unit.SHARE)
    ends = adjusted_ends(finding)
    among = "" if ends is None else f" ({interval(*ends, Unit.POINTS)})"
    words = view.words(condition)
    where = condition if words == condition else f"{words} ({condition})"
    return f"predicted “{label}” {points} points {more} often{among} under {where}"


def change_blocks(view: StressView) -> list[Block]:
    """Return what changes do to correctness, to confidence, and how often nothing comes back."""
    tables = [
        table
        for metric, title in (
            (ACCURACY, "change in accuracy"),
            (CONFIDENCE, "change in confidence"),
        )
        if (table := _change_table(view, metric, title)).rows
    ]
    failed = _failure_blocks(view)
    if not tables and not failed:
        return []
    blocks: list[Block] = [Heading("Correctness, confidence and failures", 4)]
    if all(metric != ACCURACY for metric in view.metrics()):
        blocks.append(
            Prose(("No item has an annotated label, so nothing is said of how right answers are.",))
        )
    return [*blocks, *tables, *failed]


def _change_table(view: StressView, metric: str, title: str) -> Table:
    told = [
        (s, worst) for s in view.nuisances if (worst := _most_changed(view, s, metric)) is not None
    ]
    told.sort(key=lambda t: t[1].result.value or 0.0)  # most lost first
    level = level_words(view.level)
    table = Table(
        caption=f"{view.pair.title}: {title} by severity, percentage points, most lost first",
        columns=(
            Column("What is done"),
            Column(f"Largest change ({level} interval)", "number"),
            Column("p adjusted", "number"),
            Column("Finding"),
        ),
        rows=tuple(
            (
                s.title,
                f"{_severity(view, f)}: {quantity(f.result, Unit.POINTS)}",
                p_words(f.p_adjusted),
                finding_link(f),
            )
            for s, f in told
        ),
    )
    return steps_table(view, table, metric, [s for s, _ in told], at=1)


def _most_changed(view: StressView, scale: Scale, metric: str) -> Finding | None:
    told = [
        f
        for c in scale.steps
        if (f := view.of(c.name, metric)) is not None and isinstance(f.result, Estimate)
    ]
    return max(told, key=lambda f: abs(f.result.value or 0.0)) if told else None


def _severity(view: StressView, finding: Finding) -> str:
    condition = view.asked.get(str(finding.place.condition))
    return str(condition.severity if condition is not None else finding.place.condition)


def _failure_blocks(view: StressView) -> list[Block]:
    found = [
        f
        for c in view.asked.values()
        if (f := view.of(c.name, FAILURES)) is not None and isinstance(f.result, Estimate)
    ]
    more = sorted(
        (f for f in found if (f.result.value or 0.0) > 0), key=lambda f: -(f.result.value or 0.0)
    )
    if not found:
        return []
    if not more:
        return [Prose(("No change makes the system fail on more items than it does without.",))]
    clear = sum(_is_clear(view, f) for f in more)
    shown = "none" if not clear else f"{clear:,}"
    said = (
        f"Under {count(len(more), 'condition')} more items failed than without; for {shown} of "
        "them that is told apart from chance, with p-values that allow for all."
    )
    cut = f" The {MAX_FAILURES} where it fails most:" if len(more) > MAX_FAILURES else ""
    entries = [Entry(view.words(str(f.place.condition)), f) for f in more[:MAX_FAILURES]]
    caption = f"{view.pair.title}: change in failures, percentage points"
    return [
        Prose((said + cut,)),
        entry_table(caption, "What is done", entries, noun=view.pair.noun, level=view.level),
    ]


def group_gap_blocks(view: StressView) -> list[Block]:
    """Return whether changed media move the answers of some groups more than of others."""
    found = [
        f
        for f in view.pair.of("disparity", ROBUSTNESS)
        if f.place.reference == LARGEST_GAP
        and f.place.metric in GAPS_IN
        and f.place.condition in view.asked
        and isinstance(f.result, Estimate)
    ]
    if not found:
        return []
    clear = sum(_is_clear(view, f) for f in found)
    adjusted = "an adjusted " if any(f.p_adjusted is not None for f in found) else "a "
    threshold = f"{1.0 - view.level:.6g}"
    head = (
        f"Of {count(len(found), 'largest gap')} between groups (of answers unchanged, and of the "
        f"change in accuracy where items are annotated), {clear or 'none':} "
        f"{'has' if clear in (0, 1) else 'have'} {adjusted}p below {threshold}."
    )
    said = [head]
    if clear:
        first = min(found, key=_clarity)
        said.append(
            f"The clearest: under {view.words(str(first.place.condition))}, "
            f"{metric_words(first.place.metric)} by {first.place.attribute}"
            f"{_between(first)}: {quantity(first.result, unit_of(first.place))}{_p(first)}."
        )
    else:
        said.append(
            "That no gap is shown does not mean that there is none: with few people in a group "
            "only large ones can be seen."
        )
    gaps = sorted((f for f in found if (f.result.value or 0.0) > 0), key=_clarity)
    blocks: list[Block] = [
        Heading("Whether some are moved more than others", 4),
        Prose(tuple(said)),
    ]
    return [*blocks, _gap_table(view, gaps[:MAX_GAPS], len(gaps))] if gaps else blocks


def _clarity(finding: Finding) -> tuple[float, float]:
    p = finding.p_adjusted
    if p is None:
        p = finding.result.p_value if isinstance(finding.result, Estimate) else None
    return (1.0 if p is None else p, -(finding.result.value or 0.0))


def _p(finding: Finding) -> str:
    p = finding.p_adjusted
    return "" if p is None else f", adjusted {p_phrase(p)}"


def _between(finding: Finding) -> str:
    return "" if finding.place.group is None else f" ({finding.place.group})"


def _gap_table(view: StressView, shown: list[Finding], n: int) -> Table:
    cut = f", the {len(shown)} clearest of {n:,}" if n > len(shown) else ""
    return Table(
        caption=f"{view.pair.title}: largest gaps between groups under changed media{cut} "
        f"({level_words(view.level)} intervals)",
        columns=(
            Column("What is done"),
            Column("Measure"),
            Column("Attribute"),
            Column("Groups furthest apart"),
            Column("Largest gap", "number"),
            Column("p", "number"),
            Column("p adjusted", "number"),
            Column("Finding"),
        ),
        rows=tuple(
            (
                view.words(str(f.place.condition)),
                metric_words(f.place.metric),
                f.place.attribute or "",
                f.place.group or "–",
                quantity_cell(f),
                p_words(f.result.p_value if isinstance(f.result, Estimate) else None),
                p_words(f.p_adjusted),
                finding_link(f),
            )
            for f in shown
        ),
    )


def worst_blocks(view: StressView) -> list[Block]:
    """Return the items whose answers change under most conditions, where that is asked for."""
    worst = view.sheet.worst
    if not worst:
        return []
    said = (
        "Items whose answers change under most of the changes that should not matter and ways of "
        "asking again. Somebody has to come first; the list says where to look, and nothing about "
        "the people shown. It is not part of a public report."
    )
    table = Table(
        caption=f"{view.pair.title}: items whose answers change most often",
        columns=(
            Column("Item"),
            Column("Conditions that change its answer", "number"),
            Column("The mildest of them"),
            Column("Predicted as it is"),
            Column("Predicted then"),
        ),
        rows=tuple(
            (w.item, f"{w.n_changed:,} of {w.n_asked:,}", view.words(w.condition),
             w.before or FAILS, w.after or FAILS)
            for w in worst
        ),
    )  # fmt: skip
    pictures = tuple(p for w in worst for p in _pictures(view, w))
    blocks: list[Block] = [Heading("Items whose answers change most", 4), Prose((said,)), table]
    return [*blocks, Pictures(pictures)] if pictures else blocks


def _pictures(view: StressView, worst: WorstItem) -> list[Picture]:
    """Return an item as it is and changed, each with what is predicted of it."""
    if len(worst.pictures) != 2:
        return []
    ways = (("as it is", worst.before), (view.words(worst.condition), worst.after))
    return [
        Picture(png=png, says=f"{worst.item}, {way}: predicted {label or 'nothing'}")
        for png, (way, label) in zip(worst.pictures, ways, strict=True)
    ]
