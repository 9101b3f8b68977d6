"""Findings as plain tables: value, interval, and how many items and people are behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from facevalue.audits import Finding
from facevalue.audits.looks import IMPACT_RATIO_OF, LARGEST_GAP
from facevalue.domain import Estimate, Verdict
from facevalue.report.blocks import Block, Column, Table
from facevalue.report.metrics import metric_words, unit_of
from facevalue.report.model import Material, Pair
from facevalue.report.wording import (
    condition_words,
    interval,
    level_words,
    p_words,
    quantity,
    with_unit,
)

__all__ = [
    "because",
    "compared_table",
    "finding_table",
    "is_whole",
    "measure",
    "pair_tables",
    "where_words",
]

NO_GROUP = "–"


def is_whole(finding: Finding) -> bool:
    """Whether a finding is about the whole sample: no part of it, no group, no comparison."""
    place = finding.place
    return place.condition is place.attribute is place.group is place.reference is None


def because(verdict: Verdict) -> str:
    """Return the reason of a verdict as a sentence after its own, if it adds to that."""
    if not verdict.reason or verdict.reason in verdict.sentence:
        return ""
    return f" Because {verdict.reason.rstrip('.')}."


def where_words(material: Material, finding: Finding) -> str:
    """Return what part of the sample a finding is about."""
    place = finding.place
    inside = [
        material.condition_words(place) if place.condition is not None else "",
        f"{place.attribute}: {place.group}" if place.attribute is not None else "",
    ]
    return ", ".join(x for x in inside if x) or "all items"


def measure(material: Material, finding: Finding) -> str:
    """Return the metric of a finding, with the part of the sample if it is not all of it."""
    place = finding.place
    metric = metric_words(place.metric, material.floor_words(place))
    where = where_words(material, finding)
    if material.condition_at(place) is not None:
        return f"{metric}: {where}"
    return metric if where == "all items" else f"{metric} ({where})"


def finding_table(
    caption: str,
    first: str,
    rows: Sequence[tuple[str, Finding]],
    *,
    level: float,
    noun: str = "subject",
) -> Table:
    """Return findings with value, interval and sizes, one a row."""
    columns = (
        Column(first),
        Column("Value", "number"),
        Column(f"{level_words(level)} interval", "number"),
        Column("Items", "number"),
        # Without declared subjects each item is its own.
        *((Column("Subjects", "number"),) if noun == "subject" else ()),
    )
    cells = tuple((words, *_numbers(f), *_sizes(f))[: len(columns)] for words, f in rows)
    return Table(caption=caption, columns=columns, rows=cells)


def compared_table(caption: str, rows: Sequence[Finding], *, level: float) -> Table:
    """Return comparisons of groups with value, interval and p, one a row."""
    columns = (
        Column("Measure"),
        Column("Attribute"),
        Column("Group"),
        Column("Compared with"),
        Column("Value", "number"),
        Column(f"{level_words(level)} interval", "number"),
        Column("p", "number"),
        Column("p, adjusted", "number"),
    )
    return Table(caption=caption, columns=columns, rows=tuple(map(_compared, rows)))


def pair_tables(
    material: Material,
    caption: str,
    chosen: Callable[[Pair], Iterable[Finding]],
    first: str = "Measure",
) -> list[Block]:
    """Return a table for each system and dataset that has findings to tell."""
    level = material.report.provenance.level
    found = ((pair, list(chosen(pair))) for pair in material.pairs)
    return [
        finding_table(
            f"{caption}: {pair.title}",
            first,
            [(measure(material, f), f) for f in findings],
            level=level,
            noun=pair.noun,
        )
        for pair, findings in found
        if findings
    ]


def _numbers(finding: Finding) -> tuple[str, str]:
    result, unit = finding.result, unit_of(finding.place)
    if isinstance(result, Estimate):
        return with_unit(result.value, unit), interval(result.low, result.high, unit)
    return quantity(result, unit), "–"


def _sizes(finding: Finding) -> tuple[str, str]:
    result = finding.result
    if not isinstance(result, Estimate) and not result.n_items:
        return "–", "–"
    return f"{result.n_items:,}", f"{result.n_subjects:,}"


def _compared(finding: Finding) -> tuple[str, ...]:
    place, result = finding.place, finding.result
    against = place.reference or NO_GROUP
    if place.reference == LARGEST_GAP:
        is_ratio = place.metric.startswith(IMPACT_RATIO_OF)
        against = "lowest over highest" if is_ratio else "largest gap of any two groups"
    return (
        metric_words(place.metric)
        + ("" if place.condition is None else f" ({condition_words(place.condition)})"),
        place.attribute or NO_GROUP,
        place.group or NO_GROUP,
        against,
        *_numbers(finding),
        p_words(result.p_value if isinstance(result, Estimate) else None),
        p_words(finding.p_adjusted),
    )
