"""New York City Local Law 144: selection rates and impact ratios of every declared category.

The rate of a category is the share of answers about its people that give the label which
counts as selected. Its impact ratio is that rate over the rate of the most selected category.
"""

from __future__ import annotations

from collections.abc import Sequence

from facevalue.audits import Finding
from facevalue.audits.looks import IMPACT_RATIO_OF, LARGEST_GAP
from facevalue.domain import Estimate
from facevalue.errors import InputError
from facevalue.exports.law import NO_ADVICE, asked_for, not_from_this_run, run_facts
from facevalue.exports.markdown import markdown
from facevalue.exports.source import Document, Source
from facevalue.exports.tables import compared_table
from facevalue.report.blocks import Block, Bullets, Column, Facts, Heading, Prose, Section, Table
from facevalue.report.metrics import parts
from facevalue.report.model import Material, Pair
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import Unit, interval, level_words, number, quantity, with_unit

__all__ = ["LL144", "ll144"]

RATE = "prediction_rate"

NOT_HERE = (
    "whether the system is an automated employment decision tool, and for which positions",
    "the independent auditor, the date on which the tool was first used, and its published notice",
    "people who applied and were in fact selected: the rates are of answers about test data",
    "scoring rates (the share above the median score): only the label that is given was counted",
    "categories that the data do not record; facevalue infers nobody’s category",
)


def ll144(source: Source) -> str:
    """Return the tables as Markdown, for the label that counts as selected.

    Raises
    ------
    InputError
        If no label was given, or one that no answer of the run can have.
    """
    material = source.material
    selected = _selected(material, source.selected)
    title = f"Selection rates and impact ratios: {material.report.title}"
    return markdown(title, [_about(material, selected), *_pairs(material, selected),
                            not_from_this_run(NOT_HERE)])  # fmt: skip


def _selected(material: Material, given: str | None) -> str:
    labels = dict.fromkeys(
        parts(f.place.metric)[1]
        for f in material.report.findings
        if parts(f.place.metric)[0] == RATE and f.place.attribute is not None
    )
    if not labels:
        raise InputError(
            "ll144: the run has no selection rate of any category. Name groups of a dataset with "
            "annotated items in the audit file, and run it again."
        )
    if given in labels:
        return given
    listed = ", ".join(repr(label) for label in labels)
    said = "no label was given" if given is None else f"no answer can be {given!r} here"
    raise InputError(
        f"ll144: {said}. Say which label counts as selected with --selected. Labels: {listed}."
    )


def _about(material: Material, selected: str) -> Section:
    words = (
        NO_ADVICE,
        f"An answer “{selected}” counts as selected, as asked for with this export. Nothing in "
        "the run says that anyone would be selected for it.",
        "Selection rate: share of the answers about the people of a category that are "
        f"“{selected}”; several items of one person count each, and intervals allow for it. "
        "Impact ratio: the rate over that of the category with the highest rate, 1.00 for that "
        "category itself. Where the highest rate is 0 there is none.",
        f"Categories of fewer than {material.report.min_cell} people are not shown and take no "
        "part in the ratios.",
    )
    return Section(
        anchor="about",
        title="What this is",
        blocks=(
            Prose(words),
            Facts(run_facts(material)),
            Heading("What the law asks for"),
            Bullets(asked_for("nyc_ll144")),
        ),
    )


def _pairs(material: Material, selected: str) -> list[Section]:
    metric = f"{RATE}[{selected}]"
    found = []
    for pair in material.pairs:
        rates: dict[str, list[Finding]] = {}
        for f in pair.of("disparity"):
            place = f.place
            is_level = place.metric == metric and place.condition is place.reference is None
            if is_level and place.attribute is not None:
                rates.setdefault(place.attribute, []).append(f)
        if rates:
            blocks = [b for a in rates for b in _attribute(material, pair, a, rates[a], metric)]
            found.append(Section(anchor=pair.anchor, title=pair.title, blocks=tuple(blocks)))
    return found


def _attribute(
    material: Material, pair: Pair, attribute: str, rates: Sequence[Finding], metric: str
) -> list[Block]:
    level = material.report.provenance.level
    columns = (
        Column(attribute),
        Column("People" if pair.noun == "subject" else "People (not declared)", "number"),
        Column("Items", "number"),
        Column("Selection rate", "number"),
        Column(f"{level_words(level)} interval", "number"),
        Column("Impact ratio", "number"),
    )
    values = [f.result.value for f in rates if f.result.value is not None]
    highest = max(values, default=0.0)
    rows = tuple(_row(f, highest, pair.noun == "subject") for f in rates)
    table = Table(caption=f"Selection rates by {attribute}", columns=columns, rows=rows)
    lowest = [
        f
        for f in pair.of("disparity")
        if f.place.metric == IMPACT_RATIO_OF + metric
        and (f.place.attribute, f.place.condition) == (attribute, None)
        and f.place.reference == LARGEST_GAP
    ]
    caption = f"Lowest rate over highest, by {attribute}"
    return [
        Heading(f"By {attribute}"),
        table,
        Prose((_unknown(pair, rates, metric, material.report.min_cell),)),
        *((compared_table(caption, lowest, level=level),) if lowest else ()),
    ]


def _row(finding: Finding, highest: float, is_declared: bool) -> tuple[str, ...]:
    result, group = finding.result, str(finding.place.group)
    if is_hidden(finding):
        return group, "–", "–", quantity(result, Unit.SHARE), "–", "–"
    sizes = f"{result.n_subjects:,}" if is_declared else "–", f"{result.n_items:,}"
    if result.value is None:
        return group, *sizes, quantity(result, Unit.SHARE), "–", "–"
    ends = "not estimable"
    if isinstance(result, Estimate):
        ends = interval(result.low, result.high, Unit.SHARE)
    ratio = "–" if highest == 0.0 else number(result.value / highest, Unit.RATIO)
    return group, *sizes, with_unit(result.value, Unit.SHARE), ends, ratio


def _unknown(pair: Pair, rates: Sequence[Finding], metric: str, min_cell: int) -> str:
    """Return how many items have no category, unless that would tell of very few people."""
    if any(map(is_hidden, rates)):
        return (
            "How many items have an unknown category is not shown, since it would tell the size of "
            "a category that is not."
        )
    (whole,) = [
        f.result
        for f in pair.of("disparity")
        if f.place.metric == metric and f.place.attribute is f.place.condition is None
    ]
    n_items = whole.n_items - sum(f.result.n_items for f in rates)
    n_people = whole.n_subjects - sum(f.result.n_subjects for f in rates)
    # Somebody may be in several categories at different times, and then counts in each.
    is_few = n_items > 0 and n_people < min_cell
    shown = f"of fewer than {min_cell} people, not shown" if is_few else f"{n_items:,}"
    return f"Items whose category is unknown, or that the audit file leaves out: {shown}."


LL144 = Document(ll144)
"""``--as ll144``."""
