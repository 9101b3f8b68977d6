"""How often a system agrees with the annotations, by condition and by label."""

from __future__ import annotations

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
    Prose,
    Table,
    Text,
)
from facevalue.report.figures import (
    Entry,
    Wanted,
    as_if_independent,
    dot_figure,
    entry_table,
    finding_link,
    measure_link,
    quantity_cell,
    times_wider,
)
from facevalue.report.metrics import metric_words, parts, unit_of
from facevalue.report.model import Material, Pair
from facevalue.report.wording import Unit, condition_words, interval, level_words, number, slug

__all__ = ["correctness_blocks", "main_metric"]

MAIN = ("accuracy", "uar", "mcc")
PER_LABEL = ("recall", "precision", "f1")
MAX_HEAT_LABELS = 12


def main_metric(pair: Pair) -> str | None:
    """Return the metric that figures of a pair show: accuracy, or what there is."""
    present = {f.place.metric for f in pair.of("correctness") if f.place.reference is None}
    return next((m for m in MAIN if m in present), None)


def correctness_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return agreement by condition, all overall measures, measures per label, confusion."""
    whole = [
        f for f in pair.of("correctness") if f.place.attribute is None and f.place.reference is None
    ]
    if not whole:
        return []
    level = material.report.provenance.level
    blocks: list[Block] = [Heading("Agreement with the annotations", 4)]
    blocks += _by_condition(pair, [f for f in whole if f.place.metric == main_metric(pair)], level)
    blocks += _overall(pair, whole, level)
    blocks += _per_label(whole, level)
    blocks += _confusions(whole, pair)
    return blocks


def _by_condition(pair: Pair, found: list[Finding], level: float) -> list[Block]:
    if not any(f.is_estimated for f in found):
        return []  # the table of overall measures gives the reason
    name = metric_words(found[0].place.metric)
    entries = [Entry(condition_words(f.place.condition), f) for f in found]
    figure = dot_figure(
        entries,
        Wanted(
            name=("conditions", pair.system, pair.dataset),
            title=f"{pair.title}: {name} by condition",
            first="Condition",
            noun=pair.noun,
            level=level,
            contrast=True,
            is_close=True,
            dot_words=f"{level_words(level)} interval with {pair.noun}s as clusters",
        ),
    )
    blocks: list[Block] = [Prose(tuple(_wider_sentences(found))), Gallery((figure,))]
    contrast = _contrast_table(found, level, pair.noun)
    return [*blocks, contrast] if contrast.rows else blocks


def _wider_sentences(found: list[Finding]) -> list[str]:
    widest = [
        (times, f)
        for f in found
        if isinstance(f.result, Estimate) and (times := times_wider(f.result)) is not None
    ]
    if not widest:
        return ["The intervals allow for several answers about one subject being alike."]
    low, high = min(t for t, _ in widest), max(t for t, _ in widest)
    span = f"{low:.1f}" if f"{low:.1f}" == f"{high:.1f}" else f"{low:.1f} to {high:.1f}"
    return [
        "Answers about one subject are alike, so many answers about few people tell less than "
        "their number suggests. The intervals allow for that: they are "
        f"{span} times as wide as they would be if every answer were independent."
    ]


def _contrast_table(found: list[Finding], level: float, noun: str) -> Table:
    rows: list[tuple[Text, ...]] = []
    for f in found:
        if not isinstance(f.result, Estimate):
            continue
        naive, wider = as_if_independent(f.result), times_wider(f.result)
        if naive is None or wider is None:
            continue
        unit = unit_of(f.place)
        rows.append(
            (
                condition_words(f.place.condition),
                interval(f.result.low, f.result.high, unit),
                interval(*naive, unit),
                f"{wider:.1f} ×",
                finding_link(f),
            )
        )
    return Table(
        caption="What taking answers as independent would have claimed "
        f"({level_words(level)} intervals)",
        columns=(
            Column("Condition"),
            Column(f"{noun.capitalize()}s as clusters", "number"),
            Column("Answers as independent", "number"),
            Column("Times as wide", "number"),
            Column("Finding"),
        ),
        rows=tuple(rows),
    )


def _overall(pair: Pair, whole: list[Finding], level: float) -> list[Block]:
    plain = [f for f in whole if f.place.condition is None and not _is_per_label(f.place.metric)]
    if not plain:
        return []
    entries = [Entry(metric_words(f.place.metric), f) for f in plain]
    return [entry_table("Measures over all items", "Measure", entries, noun=pair.noun, level=level)]


def _is_per_label(metric: str) -> bool:
    return parts(metric)[0] in (*PER_LABEL, "confusion") and bool(parts(metric)[1])


def _per_label(whole: list[Finding], level: float) -> list[Block]:
    cells: dict[str, dict[str, Finding]] = {}
    for f in whole:
        base, label = parts(f.place.metric)
        if f.place.condition is None and base in PER_LABEL and label:
            cells.setdefault(label, {})[base] = f
    if not cells:
        return []
    present = [m for m in PER_LABEL if any(m in row for row in cells.values())]
    columns = [Column("Label"), *(Column(m if m != "f1" else "F1", "number") for m in present)]
    rows = [(label, *(_cell(row.get(m)) for m in present)) for label, row in cells.items()]
    caption = f"Measures per label, all items ({level_words(level)} intervals)"
    return [Table(caption=caption, columns=tuple(columns), rows=tuple(rows))]


def _cell(finding: Finding | None) -> Text:
    return "not measured" if finding is None else quantity_cell(finding)


def _confusions(whole: list[Finding], pair: Pair) -> list[Block]:
    found: dict[tuple[str, str], Finding] = {}
    for f in whole:
        base, labels = parts(f.place.metric)
        if base == "confusion" and f.place.condition is None:
            annotated, _, predicted = labels.partition("→")
            found[annotated, predicted] = f
    if not found:
        return []
    down = list(dict.fromkeys(a for a, _ in found))
    across = list(dict.fromkeys(p for _, p in found))
    title = f"{pair.title}: which label the answers carry, by annotated label"
    table = Table(
        caption=f"{title} (% of the answers to items so annotated)",
        columns=(Column("Annotated as"), *(Column(f"predicted {p}", "number") for p in across)),
        rows=tuple((a, *(_share_words(found.get((a, p))) for p in across)) for a in down),
    )
    if max(len(down), len(across)) > MAX_HEAT_LABELS:
        return [table]
    heat = Heat(
        title=title,
        across="predicted",
        down="annotated as",
        columns=tuple(across),
        rows=tuple((a, tuple(_heat_cell(found.get((a, p))) for p in across)) for a in down),
    )
    figure = Figure(
        slug=slug("confusion", pair.system, pair.dataset),
        says="Share of answers with each predicted label, by annotated label; in the table.",
        note="Numbers are % of the answers to items annotated with the label of the row. The "
        "intervals are in the table of all findings.",
        chart=heat,
        table=table,
        measure=measure_link("confusion"),
    )
    return [Gallery((figure,))]


def _share_words(finding: Finding | None) -> str:
    value = None if finding is None else finding.result.value
    return "not estimable" if value is None else number(value, Unit.SHARE)


def _heat_cell(finding: Finding | None) -> HeatCell:
    value = None if finding is None else finding.result.value
    return HeatCell(value, "–" if value is None else number(value, Unit.SHARE))
