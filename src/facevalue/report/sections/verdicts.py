"""The verdicts, and for each the findings it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from facevalue.audits.findings import Finding
from facevalue.audits.looks import LARGEST_GAP
from facevalue.domain.claims import Claim, Comparison, Criterion, Outcome, Verdict
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
    Text,
    web_link,
)
from facevalue.report.figures import Entry, Wanted, dot_figure, entry_table
from facevalue.report.metrics import metric_words, unit_of
from facevalue.report.model import Material
from facevalue.report.wording import Unit, condition_words, count, exactly, listed, shorten

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
    cards = tuple(_card(v, i) for i, v in enumerate(verdicts, start=1))
    key = (
        "Upheld: the whole interval lies on the claimed side of the bound. Not upheld: all of it "
        "lies on the other side. Inconclusive: the bound lies inside the interval. Not "
        "testable: these data, or any data, lack what the claim is about."
    )
    blocks: tuple[Block, ...] = (Prose((in_one_sentence(verdicts),)),)
    if cards:
        blocks = (Prose((key,)), Cards(cards))
    return Section(anchor="verdicts", title="Verdicts", blocks=blocks)


def _card(verdict: Verdict, position: int) -> Card:
    claim = verdict.claim
    on = f" on {verdict.dataset}" if verdict.dataset else ""
    return Card(
        anchor=f"verdict-{position}",
        outcome=verdict.outcome.value,
        words=verdict.outcome.words,
        says=claim.says,
        where=f"{verdict.system or 'No system'}{on}",
        sentence=verdict.sentence,
        more=tuple(_more(verdict)),
        facts=tuple(_facts(claim, verdict)),
        links=(Link("What this rests on", f"#basis-{position}"),) if verdict.finding_keys else (),
    )


def _more(verdict: Verdict) -> list[Text]:
    more: list[Text] = []
    if verdict.reason and verdict.reason not in verdict.sentence:
        more.append(f"Why: {verdict.reason}")
    elif not verdict.reason and verdict.claim.untestable:
        more.append(f"Why: {verdict.claim.untestable}")
    if verdict.further_subjects is not None:
        more.append(
            f"About {count(verdict.further_subjects, 'more subject')} would settle it, if the "
            "number stayed where it is."
        )
    if verdict.skill_shown is False:
        more.append(
            "The system is not shown to beat systems that need no model. A system that answers "
            "at random is equal for all groups, so equality counts for nothing here."
        )
    return more


def _facts(claim: Claim, verdict: Verdict) -> list[tuple[str, Text]]:
    source = web_link(claim.url, claim.source or claim.url) if claim.url else web_link(claim.source)
    facts: list[tuple[str, Text]] = [
        ("Claimed by", claim.who),
        ("Source", source),
        ("Held against", _criterion_words(claim.criterion)),
        ("Would be settled by", claim.settles if claim.criterion is None else ""),
        ("Needs", listed(list(claim.needs)) if verdict.outcome is Outcome.NOT_TESTABLE else ""),
        ("What it takes to be true or false", claim.construct),
        ("Law", claim.law),
    ]
    return [(term, said) for term, said in facts if said]


def _criterion_words(criterion: Criterion | None) -> str:
    if criterion is None:
        return ""
    bound = _bound_words(criterion)
    name = metric_words(criterion.metric)
    if criterion.over:
        over = listed([" × ".join(attributes) for attributes in criterion.over])
        name = f"largest gap in {name} between groups of {over}"
    where = f", {condition_words(criterion.condition)}" if criterion.condition is not None else ""
    wrong = "; failures count as wrong answers" if criterion.failures == "wrong" else ""
    return f"{name}{where}: {bound}{wrong}"


def _bound_words(criterion: Criterion) -> str:
    side = "at least" if criterion.comparison is Comparison.AT_LEAST else "at most"
    return f"{side} {exactly(criterion.bound, _unit(criterion))}"


def _unit(criterion: Criterion) -> Unit:
    from facevalue.audits.findings import Place

    reference = LARGEST_GAP if criterion.over else None
    return unit_of(
        Place(system="", dataset="", family="", metric=criterion.metric, reference=reference)
    )


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
                [Entry(_about(f), f) for f in found[:MAX_LISTED]],
                noun=material.noun(verdict.dataset),
                level=material.report.provenance.level,
            )
        )
    return blocks


def _resting_on(material: Material, verdict: Verdict) -> list[Finding]:
    """Return the findings named by a verdict; a key that is not there names nothing."""
    known = material.by_key
    return [known[key] for key in verdict.finding_keys if key in known]


def _about(finding: Finding) -> str:
    place = finding.place
    said = [metric_words(place.metric)]
    if place.attribute is not None:
        said.append(f"{place.attribute}: {place.group}" if place.group else place.attribute)
    if place.reference is not None:
        said.append(
            place.reference if place.reference == LARGEST_GAP else f"minus {place.reference}"
        )
    if place.condition is not None:
        said.append(condition_words(place.condition))
    return ", ".join(said)


def _drawn(verdict: Verdict, found: list[Finding]) -> list[Finding]:
    """Return the findings that can be drawn against the bound: those of its unit."""
    criterion = verdict.claim.criterion
    first = found[0].place
    unit = unit_of(first)
    if criterion is None or unit is not _unit(criterion):
        return []  # what decided is not in the bound's unit, such as a missing skill
    same = [f for f in found if f.place.metric == first.metric and unit_of(f.place) is unit]
    return same[:MAX_DRAWN]


def _figure(material: Material, verdict: Verdict, drawn: list[Finding]) -> Figure:
    criterion = verdict.claim.criterion
    assert criterion is not None  # else nothing could be drawn
    return dot_figure(
        [Entry(_about(f), f) for f in drawn],
        Wanted(
            name=("claim", verdict.claim.id, verdict.system),
            title=f"{verdict.system}: what was found, and what is claimed",
            first="Finding about",
            noun=material.noun(verdict.dataset),
            level=material.report.provenance.level,
            bound=criterion.bound,
            bound_words=f"claimed: {_bound_words(criterion)}",
            holds_above=criterion.comparison is Comparison.AT_LEAST,
            dot_words="found",
        ),
    )
