"""Two systems on the same items: how much better one is, and whether it is for everybody."""

from __future__ import annotations

from facevalue.audits.findings import Finding
from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import Block, Gallery, Heading, Prose
from facevalue.report.figures import Entry, Wanted, dot_figure, entry_table
from facevalue.report.metrics import metric_words, unit_of
from facevalue.report.model import Material, Pair
from facevalue.report.wording import condition_words, level_words, p_phrase, quantity

__all__ = ["compared_blocks"]

MAX_ROWS = 100
"""Rows of a table; the others are in the table of all findings."""

WHY = (
    "Both systems are held against the same items, and the difference is taken person by person, "
    "so that what is hard about a person falls out. Above zero the first system has the higher "
    "figure. Items that only one of them answered are left out."
)
IN_DIFFERENCES = (
    "Compared with the rest, a row says whether one system loses more on a group than the other "
    "does: a difference in differences."
)


def compared_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return what two systems differ by, over everybody and by group."""
    found = pair.of("comparison")
    if not found:
        return []
    level = material.report.provenance.level
    whole = [f for f in found if f.place.attribute is None and f.place.condition is None]
    elsewhere = [f for f in found if f.place.attribute is None and f.place.condition is not None]
    groups = [
        f
        for f in found
        if f.place.attribute is not None
        and f.place.condition is None
        and f.place.metric == "accuracy"
    ]
    blocks: list[Block] = [Heading("One system against the other", 4), Prose((WHY, *_said(whole)))]
    entries = [Entry(metric_words(f.place.metric), f) for f in whole]
    figure = dot_figure(
        entries,
        Wanted(
            name=("compared", pair.system, pair.dataset),
            title=f"{pair.title}: the first minus the second",
            first="Measure",
            noun=pair.noun,
            level=level,
            line=0.0,
            line_words="no difference",
            dot_words=f"first minus second, with {level_words(level)} interval",
        ),
    )
    blocks.append(Gallery((figure,)))
    if elsewhere:
        rows = [Entry(f"{metric_words(f.place.metric)}, {_where(f)}", f) for f in elsewhere]
        blocks.append(
            entry_table(
                "The first system minus the second, by condition", "Measure", rows[:MAX_ROWS],
                noun=pair.noun, level=level,
            )
        )  # fmt: skip
    if groups:
        rows = [Entry(_group_words(f), f) for f in groups]
        blocks += [
            Prose((IN_DIFFERENCES,)),
            entry_table(
                "Accuracy by group: the first system minus the second", "Group",
                rows[:MAX_ROWS], noun=pair.noun, level=level,
            ),
        ]  # fmt: skip
    return blocks


def _where(finding: Finding) -> str:
    return condition_words(str(finding.place.condition))


def _group_words(finding: Finding) -> str:
    place = finding.place
    group = place.group or "all groups"
    against = "" if place.reference is None else f", against {place.reference}"
    return f"{place.attribute}: {group}{against}"


def _said(whole: list[Finding]) -> tuple[str, ...]:
    """Say what the overall differences allow to say."""
    said = []
    for f in whole:
        if f.place.metric not in ("accuracy", "uar") or not isinstance(f.result, Estimate):
            continue
        shown = f.result.low > 0 or f.result.high < 0
        p = "" if f.result.p_value is None else f", {p_phrase(f.result.p_value)}"
        end = "" if shown else " The interval reaches zero: no difference is shown."
        words = metric_words(f.place.metric)
        said.append(f"{words}: {quantity(f.result, unit_of(f.place))}{p}.{end}")
    return tuple(said)
