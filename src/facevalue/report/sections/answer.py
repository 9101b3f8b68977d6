"""The answer on one page: what the person who decides has to know, in few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from facevalue.audits.findings import Finding
from facevalue.audits.scope import ANY_OF
from facevalue.domain.claims import Comparison, Outcome, Verdict
from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import Block, Column, Facts, Link, Prose, Section, Table, Text
from facevalue.report.metrics import unit_of
from facevalue.report.model import REPEAT, DatasetSheet, Material
from facevalue.report.sections.consequences import headline
from facevalue.report.sections.criteria import about, bound_words
from facevalue.report.sections.stress_view import UNCHANGED, StressView, views_of
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import Unit, count, level_words, listed, quantity, shorten

__all__ = ["MAX_ROWS", "answer_section"]

MAX_ROWS = 24
"""Verdicts on the page, fewer if their words are many; the cards below hold them all."""

MAX_LINES, A_LINE = 52, 40
"""Lines of a table on the page, and characters that a cell of claims or numbers holds in one."""

FEW_ROWS = 4
"""Up to so many verdicts there is room for longer words."""

MANY_ROWS = 12
"""Past so many verdicts the words below the table are fewer, so that it all fits a page."""

MAX_USES = 2
MAX_DATASETS = 3
MAX_MOVED = 3
MIDDLE = 3
"""The severity that is told of on this page."""


def answer_section(material: Material) -> Section:
    """Return the page: verdicts with their numbers, who is in the data, what is missing."""
    blocks: list[Block] = []
    verdicts = material.report.verdicts
    if verdicts:
        table = _table(material, verdicts[:MAX_ROWS])
        blocks.append(table)
        if len(verdicts) > len(table.rows):
            more = count(len(verdicts) - len(table.rows), "more verdict")
            blocks.append(Prose((Link(f"{more} below", "#verdicts"),)))
    else:
        blocks.append(Prose(("No claim was put to the test. What was measured stands below.",)))
    follows = _follows(material)
    facts = (
        *([("What would follow", follows)] if follows else []),
        *([("What moves the answers", moves)] if (moves := _moves(material)) else []),
        ("Who is in the data", " ".join(_who(material))),
        ("What they can say", _can_say(material)),
        ("What they cannot say", _cannot_say(material)),
        ("What is missing", " ".join(_missing(material)) or "Nothing that a claim asks for."),
    )
    blocks.append(Facts(facts))
    return Section(anchor="answer", title="The answer on one page", blocks=tuple(blocks))


def _follows(material: Material) -> str:
    """Return the most telling sentence of the uses that the audit file names."""
    report = material.report
    shown = report.simulated[:MAX_USES]
    said = []
    for one in shown:
        where = f" ({shorten(one.system, 40)})" if one.system else ""
        said.append(f"{shorten(one.scenario.title, 80)}{where}: {headline(one)}")
    more = len(report.simulated) - len(shown)
    return " ".join([*said, *([f"{count(more, 'more use')} below."] if more else [])])


def _moves(material: Material) -> str:
    """Return how many answers stay where nearly nothing is changed, and the worst at severity 3."""
    views = views_of(material)
    most = 1 if _has_many_rows(material) else MAX_MOVED
    said = [s for v in views[:most] if (s := _moved(v))]
    more = len(views) - most
    return " ".join([*said, *([f"{count(more, 'more pair')} below."] if said and more > 0 else [])])


def _moved(view: StressView) -> str:
    told = view.worst_at(MIDDLE)
    if told is None:
        return ""
    n, worst, found = told
    floor = view.sheet.floor
    same = None if floor is None else view.estimate(floor, UNCHANGED)
    where = "when it is asked again" if floor == REPEAT else "under the smallest change"
    beside = "" if same is None else f", and {quantity(same, Unit.SHARE)} {where}"
    no_skill = view.is_skill_shown is False
    none = " It is not shown to have skill: answers that stay are no merit." if no_skill else ""
    title = worst.title or worst.name
    under = f"under “{title}” (severity {MIDDLE}{view.fails(worst.name)})"
    if n > 1:
        under = (
            f"under the worst of {count(n, 'change')} of severity {MIDDLE} "
            f"({title}{view.fails(worst.name)})"
        )
    return (
        f"{view.pair.title}: {under}, {quantity(found, Unit.SHARE)} of "
        f"the answers stay what they were{beside}.{none}"
    )


def _table(material: Material, verdicts: Iterable[Verdict]) -> Table:
    shown = list(verdicts)
    many = len(shown) > FEW_ROWS
    with_system = len({(v.system, v.dataset) for v in shown}) > 1
    level = level_words(material.report.provenance.level)
    columns = [Column("Claim")]
    columns += [Column("System and data")] if with_system else []
    columns += [Column("Verdict"), Column(f"What decides it ({level} interval)"), Column("Claimed")]
    rows = []
    for i, verdict in enumerate(shown, start=1):
        row: list[Text] = [f"“{shorten(verdict.claim.says, 76 if many else 100)}”"]
        row += [_where(verdict)] if with_system else []
        row += [
            Link(verdict.outcome.words, f"#verdict-{i}"),
            _decides(material, verdict),
            bound_words(verdict.claim.criterion) if verdict.claim.criterion else "–",
        ]
        rows.append(tuple(row))
    return Table(caption="Claims and verdicts", columns=tuple(columns), rows=tuple(_that_fit(rows)))


def _that_fit(rows: list[tuple[Text, ...]]) -> list[tuple[Text, ...]]:
    """Return as many rows as a page holds with all of their words, at least one."""
    n_lines = 0
    for i, row in enumerate(rows):
        n_lines += max(-(-len(str(cell)) // A_LINE) for cell in row if isinstance(cell, str))
        if n_lines > MAX_LINES:
            return rows[: max(i, 1)]
    return rows


def _where(verdict: Verdict) -> str:
    return ", ".join(part for part in (verdict.system, verdict.dataset) if part) or "–"


def _decides(material: Material, verdict: Verdict) -> str:
    """Return the one number that decides, or why there is none."""
    finding = _deciding(material, verdict)
    if finding is not None:
        said = quantity(finding.result, unit_of(finding.place))
        if is_hidden(finding):
            return said
        gate = "; skill is not shown" if _stopped_for_skill(verdict, finding) else ""
        return f"{said} {about(material, finding)}{gate}"
    if verdict.finding_keys:
        return "not shown"
    if verdict.claim.needs and verdict.outcome is Outcome.NOT_TESTABLE:
        return f"nothing here; it needs {listed(list(verdict.claim.needs))}"
    return verdict.reason or verdict.claim.untestable or verdict.sentence


def _stopped_for_skill(verdict: Verdict, finding: Finding) -> bool:
    """Whether the number alone would uphold a claim that a system without skill cannot have."""
    criterion, found = verdict.claim.criterion, finding.result
    if verdict.outcome is not Outcome.INCONCLUSIVE or verdict.skill_shown:
        return False
    if criterion is None or not isinstance(found, Estimate):
        return False
    if criterion.comparison is Comparison.AT_LEAST:
        return found.low >= criterion.bound
    return found.high <= criterion.bound


def _deciding(material: Material, verdict: Verdict) -> Finding | None:
    first = verdict.finding_keys[0] if verdict.finding_keys else ""
    return material.by_key.get(first)


def _who(material: Material) -> list[str]:
    here = [d for d in material.report.datasets if d.missing is None]
    room = 90 if _has_many_rows(material) else 200
    said = [_who_in(d, room) for d in here[:MAX_DATASETS]]
    if len(here) > MAX_DATASETS:
        said.append(f"{count(len(here) - MAX_DATASETS, 'more dataset')} under Data.")
    if _unasked(material):
        said.append("Not all of them were asked about: see what is missing.")
    return said or ["No data were used."]


def _unasked(material: Material) -> list[str]:
    """Return what a budget left out, in a sentence for each system."""
    report = material.report
    begin = tuple(f"{system.name}: The budget of " for system in report.systems)
    noted = [n for d in report.datasets for n in d.notes if n.startswith(begin)]
    stressed = [f"{sheet.system}: {sheet.says}" for sheet in report.stressed if sheet.says]
    return list(dict.fromkeys([*noted, *stressed]))


def _has_many_rows(material: Material) -> bool:
    return len(material.report.verdicts) > MANY_ROWS


def _who_in(sheet: DatasetSheet, room: int) -> str:
    size = count(sheet.n_items, "item")
    if sheet.subjects_declared:
        size += f" of {count(sheet.n_subjects, 'subject')}"
    said = f"{shorten(sheet.id, 40)}: {size}."
    return f"{said} {shorten(sheet.population, room)}" if sheet.population else said


def _can_say(material: Material) -> str:
    families = {f.place.family for f in material.report.findings if f.is_estimated}
    said = [
        words
        for words, of in (
            ("how often predicted labels are the annotated ones", {"correctness", "skill"}),
            ("how far raters agree", {"ceiling"}),
            ("how sure the system is when it is wrong", {"calibration"}),
            ("what a system answers where there is no emotion to find", {"controls"}),
            ("how many answers stay what they were when media are changed", {"robustness"}),
            ("which parts of the media answers hang on", {"reliance"}),
        )
        if families & of
    ]
    attributes = _compared(material)
    if attributes:
        said.append(f"how far that differs between groups recorded by {listed(attributes)}")
    if not said:
        return "Nothing was measured."
    return f"For people and recordings as in these data: {listed(said)}."


def _compared(material: Material) -> list[str]:
    """Return the single attributes by which groups were compared."""
    found = dict.fromkeys(
        f.place.attribute
        for f in material.report.findings
        if f.place.attribute is not None and f.place.reference is not None
    )
    return [shorten(a, 40) for a in found if "×" not in a and ANY_OF not in a][:6]


def _cannot_say(material: Material) -> str:
    room, most = (100, 1) if _has_many_rows(material) else (150, 2)
    warned = [shorten(w, room) for d in material.report.datasets for w in d.warnings]
    return " ".join(
        (
            "What anyone feels: annotations are not feelings. How it goes with other people, "
            "recordings or uses. Anything of groups that the data do not record.",
            *warned[:most],
        )
    )


def _missing(material: Material) -> list[str]:
    report = material.report
    said = [f"{s} The same command goes on." for s in _unasked(material)]
    said += [f"The data {shorten(d.id, 40)}." for d in report.datasets if d.missing is not None]
    needs = dict.fromkeys(
        need for v in report.verdicts if v.outcome is Outcome.NOT_TESTABLE for need in v.claim.needs
    )
    if needs:
        said.append(f"For claims that could not be tested: {listed(list(needs))}.")
    unknown = dict.fromkeys(
        v.dataset
        for v in report.verdicts
        if v.skill_shown is None and (f := _deciding(material, v)) and _stopped_for_skill(v, f)
    )
    if unknown:
        said.append(
            f"A measure of skill on {listed(list(unknown))}, which takes annotated labels: without "
            "it no claim is upheld that answers stay, or are alike for groups."
        )
    said += [
        f"To settle “{v.claim.says}”{_of_whom(report.verdicts, v)}: about "
        f"{count(v.further_subjects, f'more {material.noun(v.dataset)}')}."
        for v in report.verdicts
        if v.further_subjects is not None
    ]
    if report.provenance.locked is None or report.provenance.changed_since_lock:
        said.append("A plan that was locked before any prediction and not changed since.")
    return [*said, *_without_number(material)]


def _of_whom(verdicts: Sequence[Verdict], verdict: Verdict) -> str:
    same = [v for v in verdicts if v.claim.id == verdict.claim.id]
    return f" ({_where(verdict)})" if len(same) > 1 else ""


def _without_number(material: Material) -> list[str]:
    found = material.report.findings
    n_hidden = sum(map(is_hidden, found))
    n_none = sum(not isinstance(f.result, Estimate) for f in found) - n_hidden
    said = []
    if n_none:
        said.append(f"{count(n_none, 'finding')} of {len(found):,} could not be estimated.")
    if n_hidden:
        said.append(f"Not shown, being about very few people: {count(n_hidden, 'finding')}.")
    return said
