"""What a system answers where there is no emotion to find, or no annotation of it."""

from __future__ import annotations

from facevalue.audits.findings import Finding
from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import Block, Gallery, Heading, Prose
from facevalue.report.figures import Entry, Wanted, dot_figure, entry_table
from facevalue.report.metrics import metric_words, parts, unit_of
from facevalue.report.model import Material, Pair
from facevalue.report.wording import condition_words, count, level_words, quantity

__all__ = ["control_blocks", "output_blocks"]


def control_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return the answers to items that have none, such as pictures without a face."""
    # Media that were changed until nothing is left are told under what moves the answers.
    sheet = material.stress(pair)
    changed = set() if sheet is None else {c.name for c in sheet.conditions}
    found = [f for f in pair.of("controls") if f.place.condition not in changed]
    shown = count(max((f.result.n_items for f in found), default=0), "item")
    lead = (
        f"{shown} annotated “none”: there is no face, no voice or no expression in them. The "
        "right answer to each is to give none."
    )
    return _blocks(material, pair, found, "Items without an emotion to find", lead)


def output_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return what can be told of answers to items that nobody annotated."""
    found = [f for f in pair.of("outputs") if f.place.metric != "prohibited_output"]
    shown = count(max((f.result.n_items for f in found), default=0), "item")
    lead = f"{shown} without an annotation: nothing can be said of how right the answers are."
    return _blocks(material, pair, found, "Items that nobody annotated", lead)


def _blocks(
    material: Material, pair: Pair, found: list[Finding], heading: str, lead: str
) -> list[Block]:
    found = [f for f in found if f.place.reference is None]
    if not found:
        return []
    level = material.report.provenance.level
    whole = [f for f in found if f.place.attribute is None and f.place.condition is None]
    rates = [f for f in whole if parts(f.place.metric)[0] == "prediction_rate"]
    others = [f for f in found if parts(f.place.metric)[0] != "prediction_rate"]
    blocks: list[Block] = [Heading(heading, 4), Prose((lead, *_sentences(whole)))]
    if rates:
        figure = dot_figure(
            [Entry(f"predicted “{parts(f.place.metric)[1]}”", f) for f in rates],
            Wanted(
                name=("answers", pair.system, pair.dataset),
                title=f"{pair.title}: {heading[0].lower()}{heading[1:]}, and what it answers",
                first="Answer",
                noun=pair.noun,
                level=level,
                dot_words=f"share of answers, with {level_words(level)} interval",
            ),
        )
        blocks.append(Gallery((figure,)))
    if others:
        entries = [Entry(_where(f), f) for f in others]
        blocks.append(
            entry_table("All of these answers", "Measure", entries, noun=pair.noun, level=level)
        )
    return blocks


def _sentences(whole: list[Finding]) -> list[str]:
    sentences = []
    for f in whole:
        base, argument = parts(f.place.metric)
        said = quantity(f.result, unit_of(f.place))
        if not isinstance(f.result, Estimate):
            continue
        if base == "answer_rate":
            sentences.append(f"The system named an emotion for {said} of them.")
        elif base == "mean_confidence":
            sentences.append(f"Its mean score for the label it gave was {said}.")
        elif base == "confident_share" and argument:
            sentences.append(f"Its score was at least {argument} for {said} of its answers.")
    return sentences


def _where(finding: Finding) -> str:
    place = finding.place
    inside = [
        condition_words(place.condition) if place.condition is not None else "",
        f"{place.attribute}: {place.group}" if place.attribute is not None else "",
    ]
    said = ", ".join(x for x in inside if x)
    return f"{metric_words(place.metric)} ({said})" if said else metric_words(place.metric)
