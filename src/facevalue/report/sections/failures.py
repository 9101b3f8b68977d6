"""Where a system gave no answer at all."""

from __future__ import annotations

from facevalue.audits.findings import Finding
from facevalue.report.blocks import Block, Gallery, Heading, Prose
from facevalue.report.figures import Entry, Wanted, dot_figure, entry_table
from facevalue.report.metrics import metric_words, unit_of
from facevalue.report.model import Material, Pair
from facevalue.report.wording import condition_words, count, level_words, quantity

__all__ = ["failure_blocks"]

MAX_ROWS = 40


def failure_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return failure rates, in all, by kind and by group; a pass is said as well."""
    found = [f for f in pair.of("failures") if f.place.reference is None]
    if not found:
        return []
    level = material.report.provenance.level
    heading = Heading("Failures", 4)
    failed = [f for f in found if (f.result.value or 0.0) > 0]
    n_items = max(f.result.n_items for f in found)
    if not failed:
        return [heading, Prose((f"The system gave an answer to all of {count(n_items, 'item')}.",))]
    blocks: list[Block] = [heading, Prose(tuple(_lead(found)))]
    groups = [
        f for f in found if f.place.attribute is not None and f.place.metric == "failure_rate"
    ]
    drawn = [f for f in groups if f.place.condition is None][:16]
    if drawn:
        figure = dot_figure(
            [Entry(_where(f), f) for f in drawn],
            Wanted(
                name=("failures", pair.system, pair.dataset),
                title=f"{pair.title}: no usable answer, by group",
                first="Group",
                noun=pair.noun,
                level=level,
                dot_words=f"failure rate, with {level_words(level)} interval",
            ),
        )
        blocks.append(Gallery((figure,)))
    rows = [f for f in found if f.place.attribute is None][:MAX_ROWS]
    if rows:
        entries = [Entry(_named(f), f) for f in rows]
        blocks.append(
            entry_table(
                "Failures in all and by kind", "Measure", entries, noun=pair.noun, level=level
            )
        )
    return blocks


def _lead(found: list[Finding]) -> list[str]:
    whole = [
        f
        for f in found
        if f.place.metric == "failure_rate"
        and f.place.attribute is None
        and f.place.condition is None
    ]
    return [
        f"The system gave no usable answer to {quantity(f.result, unit_of(f.place))} of "
        f"{count(f.result.n_items, 'item')}. Such items are left out of the other figures, "
        "unless a claim counts them as wrong."
        for f in whole[:1]
    ]


def _where(finding: Finding) -> str:
    return f"{finding.place.attribute}: {finding.place.group}"


def _named(finding: Finding) -> str:
    condition = finding.place.condition
    where = f" ({condition_words(condition)})" if condition is not None else ""
    return metric_words(finding.place.metric) + where
