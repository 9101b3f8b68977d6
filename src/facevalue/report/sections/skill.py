"""Whether a system beats those that need no model."""

from __future__ import annotations

from facevalue.audits.findings import Finding
from facevalue.report.blocks import Block, Figure, Gallery, Heading, Prose
from facevalue.report.figures import Entry, Wanted, dot_figure, entry_table
from facevalue.report.metrics import metric_words
from facevalue.report.model import REFERENCE, Material, Pair

__all__ = ["skill_blocks"]

WHY = (
    "A system that answers at random is equal for all groups, and one that always gives the same "
    "answer is moved by nothing. So equal "
    "treatment counts for something only if the system is first shown to beat systems that "
    "need no model: always the most frequent label, random answers in the system’s own "
    "proportions, and annotated labels shuffled over the items."
)
METRICS = ("accuracy", "uar")


def skill_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return how the system compares with the reference systems of the same data."""
    differences = [
        f for f in pair.of("skill") if f.place.reference is not None and f.place.condition is None
    ]
    figures = [f for m in METRICS if (f := _figure(material, pair, m)) is not None]
    if not differences and not figures:
        return []
    sheet = material.sheet(pair.system)
    said = (sheet.skill, WHY) if sheet is not None and sheet.skill else (WHY,)
    blocks: list[Block] = [Heading("Is there any skill?", 4), Prose(said)]
    if figures:
        blocks.append(Gallery(tuple(figures)))
    if differences:
        blocks.append(
            entry_table(
                "The system minus each reference system",
                "Compared with",
                [Entry(_difference_words(f), f) for f in differences],
                noun=pair.noun,
                level=material.report.provenance.level,
            )
        )
    return blocks


def _difference_words(finding: Finding) -> str:
    return f"{finding.place.reference}: {metric_words(finding.place.metric)}"


def _figure(material: Material, pair: Pair, metric: str) -> Figure | None:
    own = [f for f in _whole(pair, metric) if f.place.group is None][:1]
    references = [f for f in _whole(pair, metric) if f.place.group is not None]
    if not own or not own[0].is_estimated or not references:
        return None
    entries = [Entry(pair.system, own[0])]
    entries += [
        Entry((f.place.group or "").removeprefix(REFERENCE), f, mark="diamond") for f in references
    ]
    return dot_figure(
        entries,
        Wanted(
            name=("skill", metric, pair.system, pair.dataset),
            title=f"{pair.title}: {metric_words(metric)} beside systems without a model",
            first="System",
            noun=pair.noun,
            level=material.report.provenance.level,
            dot_words="audited system",
            diamond_words="reference system, which needs no model",
        ),
    )


def _whole(pair: Pair, metric: str) -> list[Finding]:
    """Return what the system and the reference systems score on the whole sample."""
    return [
        f
        for f in pair.of("correctness", "skill")
        if f.place.metric == metric
        and f.place.condition is None
        and f.place.attribute is None
        and f.place.reference is None
        and (f.place.group is None or f.place.group.startswith(REFERENCE))
    ]
