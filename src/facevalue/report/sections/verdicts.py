"""The verdicts, and for each the findings it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from facevalue.audits.findings import Finding
from facevalue.domain.claims import Claim, Comparison, Outcome, Verdict
from facevalue.report.blocks import (
    Block,
    Card,
    Cards,
    Figure,
    Gallery,
    Heading,
    Link,
    Prose,
    Section,
    Step,
    Text,
    web_link,
)
from facevalue.report.figures import Entry, Wanted, dot_figure, entry_table
from facevalue.report.metrics import unit_of
from facevalue.report.model import Material
from facevalue.report.sections.criteria import about, bound_words, criterion_unit, criterion_words
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import count, listed, quantity, shorten

__all__ = ["claim_blocks", "in_one_sentence", "verdicts_section"]

ORDER = (Outcome.NOT_UPHELD, Outcome.INCONCLUSIVE, Outcome.NOT_TESTABLE, Outcome.UPHELD)
MAX_DRAWN = 8
MAX_LISTED = 24


def in_one_sentence(verdicts: Sequence[Verdict]) -> str:
    """Return how many verdicts came out which way.

    Examples
    --------
    >>> in_one_sentence([])
    'No claim was put to the test in this audit; it reports what was measured.'
    """
    if not verdicts:
        return "No claim was put to the test in this audit; it reports what was measured."
    counts = Counter(v.outcome for v in verdicts)
    said = [f"{counts[o]} {o.words}" for o in ORDER if counts[o]]
    return f"{count(len(verdicts), 'verdict')}: {listed(said)}."


def verdicts_section(material: Material) -> Section:
    """Return one card per claim and system, in the order of the audit file."""
    verdicts = material.report.verdicts
    cards = tuple(_card(material, v, i) for i, v in enumerate(verdicts, start=1))
    key = (
        "Upheld: the whole interval lies on the claimed side of the bound. Not upheld: all of it "
        "lies on the other side. Inconclusive: the bound lies inside the interval, or the system "
        "is not shown to have the skill without which the number counts for nothing. Not testable: "
        "these data, or any data, lack what the claim is about."
    )
    blocks: tuple[Block, ...] = (Prose((in_one_sentence(verdicts),)),)
    if cards:
        blocks = (Prose((key,)), Cards(cards))
    return Section(anchor="verdicts", title="Verdicts", blocks=blocks)


def _card(material: Material, verdict: Verdict, position: int) -> Card:
    on = f" on {verdict.dataset}" if verdict.dataset else ""
    steps = (
        Step("The claim", tuple(_claimed(verdict.claim))),
        Step("What would settle it", tuple(_settles(material, verdict))),
        Step("What there is", tuple(_there_is(material, verdict, position))),
        Step("The verdict", tuple(_concluded(verdict))),
    )
    return Card(
        anchor=f"verdict-{position}",
        outcome=verdict.outcome.value,
        words=verdict.outcome.words,
        says=verdict.claim.says,
        where=f"{verdict.system or 'No system'}{on}",
        steps=steps,
    )


def _claimed(claim: Claim) -> list[Text]:
    source = web_link(claim.url, claim.source or claim.url) if claim.url else web_link(claim.source)
    said: list[Text] = [f"Claimed by: {claim.who}"] if claim.who else []
    said += [source] if source else []
    return said or ["Nobody is named as its source."]


def _settles(material: Material, verdict: Verdict) -> list[Text]:
    claim = verdict.claim
    said: list[Text] = []
    if claim.settles:
        said.append(f"{claim.settles[:1].upper()}{claim.settles[1:].rstrip('.')}.")
    if claim.needs:
        said.append(f"It needs {listed(list(claim.needs))}.")
    if claim.construct:
        said.append(f"What it takes to be true or false: {claim.construct}")
    if claim.criterion is not None:
        held = criterion_words(material, verdict, claim.criterion)
        said.append(f"Held against, in this audit: {held}.")
    return said or ["Nothing that its source, or this audit, names."]


def _there_is(material: Material, verdict: Verdict, position: int) -> list[Text]:
    found = _resting_on(material, verdict)
    if not found and verdict.finding_keys:
        return ["What it rests on is not shown: it is about very few people."]
    if not found:
        return [f"No finding that could settle it. {_why(verdict)}".strip()]
    first = found[0]
    result, noun = first.result, material.noun(verdict.dataset)
    size = (
        ""
        if is_hidden(first)
        else f"; from {count(result.n_items, 'item')} of {count(result.n_subjects, 'subject')}"
        if noun == "subject"
        else f"; from {count(result.n_items, 'item')}"
    )
    basis = Link("What this rests on", f"#basis-{position}")
    return [f"{quantity(result, unit_of(first.place))}: {about(material, first)}{size}.", basis]


def _why(verdict: Verdict) -> str:
    why = verdict.reason or verdict.claim.untestable
    return f"{why[:1].upper()}{why[1:].rstrip('.')}." if why else ""


def _concluded(verdict: Verdict) -> list[Text]:
    said: list[Text] = [f"{verdict.outcome.words.capitalize()}. {verdict.sentence}"]
    if verdict.finding_keys and verdict.reason and verdict.reason not in verdict.sentence:
        said.append(f"Why: {verdict.reason}")
    if verdict.further_subjects is not None:
        said.append(
            f"About {count(verdict.further_subjects, 'more subject')} would settle it, if the "
            "number stayed where it is."
        )
    if verdict.skill_shown is False:
        said.append(
            "The system is not shown to beat systems that need no model. A system that answers "
            "at random is equal for all groups, and may be moved by nothing: neither counts for "
            "anything here."
        )
    if verdict.claim.law:
        said.append(f"Law: {verdict.claim.law}")
    return said


def claim_blocks(material: Material) -> list[Block]:
    """Return, per verdict, its deciding findings with a figure."""
    blocks: list[Block] = []
    for position, verdict in enumerate(material.report.verdicts, start=1):
        found = _resting_on(material, verdict)
        if not found:
            continue
        says = shorten(verdict.claim.says, 90)
        anchor = f"basis-{position}"
        blocks.append(Heading(f"“{says}”, {verdict.system}: {verdict.outcome.words}", 4, anchor))
        drawn = _drawn(verdict, found)
        if drawn:
            blocks.append(Gallery((_figure(material, verdict, drawn),)))
        if len(drawn) == len(found):
            continue  # the table beside the figure holds them all
        left_out = len(found) - MAX_LISTED
        more = f"; {left_out} more are in the table of all findings" if left_out > 0 else ""
        blocks.append(
            entry_table(
                f"Findings the verdict rests on, the deciding one first{more}",
                "Finding about",
                [Entry(about(material, f), f) for f in found[:MAX_LISTED]],
                noun=material.noun(verdict.dataset),
                level=material.report.provenance.level,
            )
        )
    return blocks


def _resting_on(material: Material, verdict: Verdict) -> list[Finding]:
    """Return the findings named by a verdict; a key that is not there names nothing."""
    known = material.by_key
    return [known[key] for key in verdict.finding_keys if key in known]


def _drawn(verdict: Verdict, found: list[Finding]) -> list[Finding]:
    """Return the findings that can be drawn against the bound: those of its unit."""
    criterion = verdict.claim.criterion
    first = found[0].place
    unit = unit_of(first)
    if criterion is None or unit is not criterion_unit(criterion):
        return []  # what decided is not in the bound's unit, such as a missing skill
    same = [f for f in found if f.place.metric == first.metric and unit_of(f.place) is unit]
    return same[:MAX_DRAWN]


def _figure(material: Material, verdict: Verdict, drawn: list[Finding]) -> Figure:
    criterion = verdict.claim.criterion
    assert criterion is not None  # else nothing could be drawn
    return dot_figure(
        [Entry(about(material, f), f) for f in drawn],
        Wanted(
            name=("claim", verdict.claim.id, verdict.system),
            title=f"{verdict.system}: what was found, and what is claimed",
            first="Finding about",
            noun=material.noun(verdict.dataset),
            level=material.report.provenance.level,
            bound=criterion.bound,
            bound_words=f"claimed: {bound_words(criterion)}",
            holds_above=criterion.comparison is Comparison.AT_LEAST,
            dot_words="found",
        ),
    )
