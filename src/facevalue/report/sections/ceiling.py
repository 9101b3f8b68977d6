"""What people score on the same items, the most any system can, and the system beside them."""

from __future__ import annotations

from collections.abc import Sequence

from facevalue.audits.findings import Finding
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
    dot_figure,
    entry_table,
    measure_link,
    quantity_cell,
)
from facevalue.report.metrics import metric_words, parts, unit_of
from facevalue.report.model import Material, Pair
from facevalue.report.wording import Unit, condition_words, level_words, number, quantity, slug

__all__ = ["ceiling_blocks"]

WHY = (
    "Raters do not always agree, and a label made from their ratings is partly chance. A system "
    "is not to blame for what people do not agree on, and not to be praised for agreeing with "
    "chance. So it is shown beside people, on the same items and against the same labels."
)
SCORED = {
    "human_accuracy": "a rater against the others",
    "accuracy[other raters]": "system against the others",
    "panel_accuracy": "half against the other half",
    "accuracy[majority]": "system against majority",
    "best_possible_accuracy[majority]": "best possible, majority",
    "best_possible_accuracy[fresh rater]": "best possible, one more rater",
    "human_accuracy[annotated]": "a rater against annotated",
    "panel_accuracy[annotated]": "all raters against annotated",
    "accuracy[annotated]": "system against annotated",
    "percent_agreement": "two ratings agree",
}
"""What stands on one axis, in short words; the label that is right stands behind “against”."""

BITS = (
    "cross_entropy", "human_cross_entropy", "best_possible_cross_entropy", "jensen_shannon",
    "human_jensen_shannon",
)  # fmt: skip


def ceiling_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return agreement, people, bounds and the system, where items were rated by people."""
    found = pair.of("ceiling")
    whole = _at(found)
    if not any(f.is_estimated for f in whole.values()):
        return []
    level = material.report.provenance.level
    blocks: list[Block] = [Heading("What people score on the same items", 4)]
    blocks.append(Prose((WHY, *_said_of_people(whole), *_said_of_system(whole))))
    blocks.append(Gallery((_figure(pair, whole, level),)))
    blocks += _by_condition(found, level)
    blocks += _compared(pair, found, level)
    blocks += _scores(pair, whole, level)
    if pair is next(p for p in material.pairs if p.dataset == pair.dataset and p.of("ceiling")):
        # Of the raters alone: told once for all systems on the dataset.
        blocks += _by_group(pair, found, level)
        blocks += _model(pair, whole, level)
    return blocks


def _at(found: Sequence[Finding], condition: str | None = None) -> dict[str, Finding]:
    """Return what is told of all groups in a condition, by metric, but for comparisons."""
    return {
        f.place.metric: f
        for f in found
        if f.place.condition == condition and f.place.group is None and f.place.reference is None
    } | {
        f"{f.place.metric} − {f.place.reference}": f
        for f in found
        if f.place.condition == condition and f.place.reference is not None
    }


def _told(whole: dict[str, Finding], metric: str) -> str:
    """Return a number with its interval; empty where there is none."""
    f = whole.get(metric)
    return quantity(f.result, unit_of(f.place)) if f is not None and f.is_estimated else ""


def _said_of_people(whole: dict[str, Finding]) -> list[str]:
    said = []
    if agree := _told(whole, "percent_agreement"):
        said.append(
            f"Two ratings of an item agree in {agree} of cases. Krippendorff’s alpha is "
            f"{_told(whole, 'krippendorff_alpha')}: 1 is full agreement, 0 is what chance gives."
        )
    human, panel = _told(whole, "human_accuracy"), _told(whole, "panel_accuracy")
    best = _told(whole, "best_possible_accuracy[majority]")
    fresh = _told(whole, "best_possible_accuracy[fresh rater]")
    if human and panel and best and fresh:
        said += [
            f"A rater gives the majority label of the others to {human} of the items. Two panels, "
            f"half of the raters each, give the same label to {panel}.",
            f"No system can be expected to give the majority label to more than {best} of the "
            "items: where labels are tied, which one is written down is chance. Nor can it be "
            f"expected to agree with one more rater on more than {fresh}. Both bounds are on the "
            "high side; what half a panel and a single rater score is on the low side.",
        ]
    rater, everyone = (
        _told(whole, f"{m}[annotated]") for m in ("human_accuracy", "panel_accuracy")
    )
    if rater and everyone:
        said.append(
            "The annotated label is not made from these ratings. A rater gives it to "
            f"{rater} of the items, the majority of all raters to {everyone}."
        )
    return said


def _said_of_system(whole: dict[str, Finding]) -> list[str]:
    said = []
    for reference, words in (
        ("other raters", "majority of the other raters"),
        ("annotated", "annotated label"),
    ):
        if apart := _told(whole, f"accuracy[{reference}] − human raters"):
            said.append(
                f"Held against the {words}, the system scores "
                f"{_told(whole, f'accuracy[{reference}]')}. System minus a rater: {apart}."
            )
    noise = _told(whole, "label_noise_in_errors")
    pair = [whole.get(m) for m in ("best_possible_accuracy[majority]", "accuracy[majority]")]
    best, accuracy = (None if f is None else f.result.value for f in pair)
    if noise and best is not None and accuracy is not None:
        missed, ties, reach = (
            number(x, Unit.SHARE) for x in (1 - accuracy, 1 - best, best - accuracy)
        )
        said.append(
            f"The system misses the majority label of {missed} % of the items: {ties} points are "
            f"ties, out of reach for any system, {reach} points are within reach. Of its errors "
            f"against the label of one panel, at most {noise} are on items that a second panel "
            "would have given another label."
        )
    return said


def _figure(pair: Pair, whole: dict[str, Finding], level: float) -> Figure:
    entries = [
        Entry(words, whole[m], mark="circle" if words.startswith("system") else "diamond")
        for m, words in SCORED.items()
        if m in whole
    ]
    has_system = any(e.mark == "circle" for e in entries)
    return dot_figure(
        entries,
        Wanted(
            name=("ceiling", pair.system, pair.dataset),
            title=f"{pair.title}: what people score, and the best possible",
            first="Who, against what",
            noun=pair.noun,
            level=level,
            dot_words="audited system" if has_system else "",
            diamond_words="people, or the most that can be expected",
            note="Intervals allow for other items, not for other raters: who gave a rating is "
            "not known.",
        ),
    )


def _by_condition(found: Sequence[Finding], level: float) -> list[Block]:
    conditions = list(dict.fromkeys(f.place.condition for f in found))
    if len(conditions) < 2:
        return []
    cells = {c: _at(found, c) for c in conditions}
    used = [m for m in ("krippendorff_alpha", *SCORED) if any(m in row for row in cells.values())]
    rows = tuple((_row_words(m), *(_cell(cells[c].get(m)) for c in conditions)) for m in used)
    columns = (
        Column("Who, against what"),
        *(Column(condition_words(c), "number") for c in conditions),
    )
    caption = f"The same by condition ({level_words(level)} intervals)"
    return [Table(caption=caption, columns=columns, rows=rows)]


def _row_words(metric: str) -> str:
    return SCORED.get(metric) or metric_words(metric)


def _cell(finding: Finding | None) -> Text:
    return "not measured" if finding is None else quantity_cell(finding)


def _compared(pair: Pair, found: Sequence[Finding], level: float) -> list[Block]:
    entries = [
        Entry(f"{condition_words(f.place.condition)}: {_difference_words(f)}", f)
        for f in found
        if f.place.reference is not None
    ]
    if not entries:
        return []
    caption = "The system minus people, and minus the best possible"
    return [entry_table(caption, "On the same items", entries, noun=pair.noun, level=level)]


def _difference_words(f: Finding) -> str:
    base, against = parts(f.place.metric)
    name = "UAR" if base == "uar" else base
    other = "a rater" if f.place.reference == "human raters" else str(f.place.reference)
    return f"{name} against {against}, minus {other}"


def _scores(pair: Pair, whole: dict[str, Finding], level: float) -> list[Block]:
    entries = [Entry(metric_words(m), whole[m]) for m in BITS if m in whole]
    if not entries:
        return []
    return [
        entry_table(
            "Scores against the distribution of ratings (bits: less is closer)",
            "Measure", entries, noun=pair.noun, level=level,
        )
    ]  # fmt: skip


def _by_group(pair: Pair, found: Sequence[Finding], level: float) -> list[Block]:
    entries = [
        Entry(f"{f.place.attribute}: {f.place.group}", f)
        for f in found
        if f.place.group is not None and f.place.condition is None
    ]
    if not entries:
        return []
    caption = "Krippendorff’s alpha by group: how far raters agree about whom"
    return [entry_table(caption, "Group", entries, noun=pair.noun, level=level)]


def _model(pair: Pair, whole: dict[str, Finding], level: float) -> list[Block]:
    told = [
        f for m, f in whole.items() if parts(m)[0] in ("dawid_skene_accuracy", "dawid_skene_share")
    ]
    if not told:
        return []
    lead = (
        "Dawid and Skene’s model takes every item to have one right label that nobody knows, and "
        "raters to err by one table, whatever the item. Where items are ambiguous in themselves "
        "that does not hold, and what the model calls an error is a difference of opinion."
    )
    entries = [Entry(metric_words(f.place.metric), f) for f in told]
    table = entry_table("What the model finds", "Measure", entries, noun=pair.noun, level=level)
    return [Prose((lead,)), table, *_errors(pair, whole)]


def _errors(pair: Pair, whole: dict[str, Finding]) -> list[Block]:
    found = {
        tuple(parts(m)[1].split("→", 1)): f
        for m, f in whole.items()
        if parts(m)[0] == "dawid_skene_confusion"
    }
    down, across = (list(dict.fromkeys(k[i] for k in found)) for i in (0, 1))
    # A label that the model cannot name has no row.
    down = [a for a in down if all(found[a, p].is_estimated for p in across)]
    if not down:
        return []
    title = f"{pair.dataset}: what raters say, by the label that the model finds"
    words = [[number(_value(found[a, p]), Unit.SHARE) for p in across] for a in down]
    table = Table(
        caption=f"{title} (% of ratings)",
        columns=(
            Column("Label the model finds"),
            *(Column(f"called {p}", "number") for p in across),
        ),
        rows=tuple((a, *row) for a, row in zip(down, words, strict=True)),
    )
    heat = Heat(
        title=title, across="what raters say", down="what the model finds", columns=tuple(across),
        rows=tuple(
            (a, tuple(HeatCell(_value(found[a, p]), w) for p, w in zip(across, row, strict=True)))
            for a, row in zip(down, words, strict=True)
        ),
    )  # fmt: skip
    says = "Share of ratings with each label, by the label that the model finds; in the table."
    note = "Rows of labels that the model cannot name are left out."
    name = slug("model", pair.system, pair.dataset)
    means = measure_link("dawid_skene_confusion")
    figure = Figure(slug=name, says=says, note=note, chart=heat, table=table, measure=means)
    return [Gallery((figure,))]


def _value(finding: Finding) -> float:
    return finding.result.value or 0.0
