"""EU AI Act, Annex IV, points 2(g), 3 and 4: technical documentation, filled from a run.

The tables hold what was measured, with its interval and the people behind it; what a
provider has to say and a run cannot know is listed as such, and never filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from facevalue.audits import Finding
from facevalue.audits.looks import LARGEST_GAP, REST
from facevalue.domain.estimates import Reason
from facevalue.exports.annex_iv_metrics import metric_section
from facevalue.exports.law import NO_ADVICE, asked_for, not_from_this_run, run_facts
from facevalue.exports.markdown import markdown
from facevalue.exports.source import Document, Source
from facevalue.exports.spreadsheet import csv_text
from facevalue.exports.tables import (
    because,
    compared_table,
    finding_table,
    is_whole,
    pair_tables,
)
from facevalue.report.blocks import (
    Block,
    Bullets,
    Column,
    Facts,
    Formula,
    Heading,
    Link,
    Notice,
    Prose,
    Section,
    Text,
)
from facevalue.report.blocks import Table as TableBlock
from facevalue.report.metrics import metric_words, parts
from facevalue.report.model import REFERENCE, Material, Pair
from facevalue.report.sections.consequences import shown
from facevalue.report.sections.limits import limits_section
from facevalue.report.sections.prohibited import prohibited_words
from facevalue.report.sections.sheets import data_section, systems_section
from facevalue.simulate.words import sentences

__all__ = ["CSV", "MARKDOWN", "annex_iv", "annex_iv_csv"]

VERSION = (
    "Text of the law: Regulation (EU) 2024/1689, Annex IV, as of 2024, and what is known of its "
    "amendment by Regulation (EU) 2026/1744. What a point asks for is put in our words."
)
NOT_TOLD = {"confusion", "reliability", "reliability_confidence"}
ALPHA = 0.05
CHANGED = (
    "Items were also put to the system changed, and again without a change, once under each "
    "condition. What is held against what stands with the name of the measure."
)

NOT_HERE = (
    "the signature of the person responsible, and the dates of tests other than this run "
    "(point 2(g))",
    "cybersecurity measures (point 2(h)), and tests against deliberate attack (point 2(g))",
    "the intended purpose, the provider and the versions on the market (point 1)",
    "training data, and how labels and people for it were chosen (point 2(d))",
    "people and groups on whom the system is intended to be used, beyond those in the test data "
    "(point 3)",
    "input specifications as the provider gives them; what is known of the media and their "
    "preparation stands with the systems tested (point 3)",
    "human oversight and what deployers need to read the outputs (points 2(e) and 3)",
    "harm to health, safety and fundamental rights in a given use, beyond what follows from the "
    "scenarios of the audit file, if it names any (point 3)",
    "why the metrics suit the intended purpose as the provider states it (point 4)",
    "points 5 to 9: risk management, changes over the life of the system, standards applied, the "
    "declaration of conformity, and the plan for after it is on the market",
)


def annex_iv(source: Source) -> str:
    """Return the tables as Markdown."""
    material = source.material
    title = f"Technical documentation, Annex IV points 2(g), 3 and 4: {material.report.title}"
    return markdown(title, sections(material))


def annex_iv_csv(source: Source) -> str:
    """Return the same as CSV, one cell of a table or one statement a row."""
    rows: list[list[str]] = [["section", "part", "row", "column", "value"]]
    for section in sections(source.material):
        part = ""
        for block in section.blocks:
            if isinstance(block, Heading):
                part = block.text
            rows += ([section.title, *cell] for cell in _cells(block, part))
    return csv_text(rows)


def _cells(block: Block, part: str) -> Iterator[tuple[str, str, str, str]]:
    def plain(text: Text | Formula) -> str:
        words = text if isinstance(text, str) else text.text
        return f"{words} {text.href}" if isinstance(text, Link) else words

    match block:
        case TableBlock():
            for i, row in enumerate(block.rows, start=1):
                for column, cell in zip(block.columns, row, strict=True):
                    yield block.caption, str(i), column.text, plain(cell)
        case Facts():
            yield from ((part, "", term, plain(said)) for term, said in block.pairs)
        case Bullets() | Notice():
            yield from ((part, "", "", plain(item)) for item in block.items)
        case Prose():
            yield from ((part, "", "", plain(words)) for words in block.paragraphs)
        case _:
            return


def sections(material: Material) -> tuple[Section, ...]:
    """Return all of it as plain data."""
    return (
        Section(
            anchor="about",
            title="What this is",
            blocks=(
                Prose((NO_ADVICE, VERSION)),
                Facts(run_facts(material)),
                Heading("From when it applies"),
                Bullets(asked_for("aia_date_annex3", "omnibus_in_force")),
            ),
        ),
        _point_2g(material),
        _point_3(material),
        metric_section(material, tuple(_told(material))),
        not_from_this_run(NOT_HERE),
    )


def _point_2g(material: Material) -> Section:
    blocks: list[Block] = [
        Heading("What it asks for"),
        Bullets(asked_for("aia_annex4_2g")),
        Heading("Procedure"),
        Bullets(
            (
                "The audit file states datasets, systems, analyses and claims. Every item was "
                "put to the system once, or its earlier answer was read; every answer is kept.",
                *((CHANGED,) if material.report.stressed else ()),
                "Intervals treat people as the independent units; groups are those that the data "
                "record. The metrics are defined under point 4.",
            )
        ),
        Heading("Test data"),
        _data_table(material),
        *_below(data_section(material)),
        Heading("Systems tested"),
        *_below(systems_section(material)),
        Heading("Accuracy"),
        *pair_tables(material, "Accuracy and calibration, all items", _accuracy),
        *_robustness(material),
        *_discrimination(material),
        Heading("Verdicts on what was claimed"),
        _verdicts(material),
        Heading("Logs and files of the run"),
        TableBlock(
            caption="Files with their digests",
            columns=(Column("File"), Column("SHA-256")),
            rows=tuple(material.report.provenance.files.items()),
        ),
    ]
    return Section(anchor="2g", title="Point 2(g): validation and testing", blocks=tuple(blocks))


def _below(section: Section) -> Iterator[Block]:
    """Yield the blocks of a section of the report, below a heading of this document."""
    for block in section.blocks:
        yield replace(block, level=4) if isinstance(block, Heading) else block


def _data_table(material: Material) -> TableBlock:
    columns = ("Data", "Items", "Subjects", "Used on", "SHA-256 of the content")
    started = material.report.provenance.started
    rows = tuple(
        (d.id, f"{d.n_items:,}", f"{d.n_subjects:,}" if d.subjects_declared else "not declared",
         started, d.sha256)
        if d.missing is None
        else (d.id, "not here", "not here", "not used", "not here")
        for d in material.report.datasets
    )  # fmt: skip
    return TableBlock(
        caption="Test data: size, date and digest", columns=tuple(map(Column, columns)), rows=rows
    )


def _accuracy(pair: Pair) -> Iterable[Finding]:
    found = pair.of("correctness", "calibration")
    return [f for f in found if is_whole(f) and parts(f.place.metric)[0] not in NOT_TOLD]


def _robustness(material: Material) -> list[Block]:
    def in_part(pair: Pair) -> Iterable[Finding]:
        return [
            f
            for f in pair.findings
            if f.place.condition is not None
            and f.place.attribute is f.place.group is f.place.reference is None
            and f.place.metric in ("accuracy", "uar")
            and f.place.family not in ("skill", "ceiling")
            and material.condition_at(f.place) is None
            # Of items that nobody annotated the controls tell.
            and getattr(f.result, "reason", None) is not Reason.NO_ANNOTATION
        ]

    def failed(pair: Pair) -> Iterable[Finding]:
        return [f for f in pair.of("failures") if is_whole(f)]

    def controls(pair: Pair) -> Iterable[Finding]:
        return [
            f
            for f in pair.of("controls", "perturbation")
            if f.place.attribute is f.place.reference is None
        ]

    def changed(pair: Pair) -> Iterable[Finding]:
        return [
            f
            for f in pair.of("robustness", "reliance")
            if f.place.attribute is f.place.reference is None
        ]

    found = [
        *pair_tables(material, "By how items were made", in_part),
        *pair_tables(material, "No usable answer", failed),
        *pair_tables(material, "Items without an emotion to find, or with none left", controls),
        *pair_tables(material, "Answers to changed media, beside the unchanged", changed),
    ]
    # A part of the data reads ``modality=face``; a change made on purpose ``gaussian-blur:3``.
    is_changed = any("=" not in (f.place.condition or "=") for f in material.report.findings)
    words = (
        "What stands here is how accuracy differs between the conditions that the data record, "
        "how often there was no answer, what is answered where there is nothing to find, and how "
        "answers differ when media are changed or asked about again. A table that is not here was "
        "not part of the run."
    )
    none = "No item was changed on purpose (blurred, cropped, with noise) in this run."
    lead = (words,) if is_changed else (words, none)
    return [Heading("Robustness"), Prose(lead), *found]


def _discrimination(material: Material) -> list[Block]:
    level = material.report.provenance.level
    blocks: list[Block] = [Heading("Potentially discriminatory impact")]
    for pair in material.pairs:
        compared = [
            f for f in pair.of("disparity", "failures", "equivalence") if f.place.condition is None
        ]
        gaps = [f for f in compared if f.place.reference == LARGEST_GAP]
        rests = [
            f
            for f in compared
            if f.place.reference not in (None, LARGEST_GAP)
            and parts(f.place.metric)[0] in ("accuracy", "uar", "failure_rate", "abstention_rate")
        ]
        equal = [f for f in compared if f.place.family == "equivalence"]
        for caption, rows in (
            ("Largest differences between groups", gaps),
            ("Each group against others", [f for f in rests if f not in equal]),
            ("Tests that no two groups differ by as much", equal),
        ):
            if rows:
                blocks.append(compared_table(f"{caption}: {pair.title}", rows, level=level))
    if len(blocks) == 1:
        blocks.append(Prose(("No groups were compared: the audit file names none.",)))
    return blocks


def _verdicts(material: Material) -> Block:
    verdicts = material.report.verdicts
    if not verdicts:
        return Prose(("The audit file makes no claim.",))
    columns = ("Claim", "System", "Data", "Verdict", "What was found")
    rows = tuple(
        (f"{v.claim.id}: “{v.claim.says}”", v.system, v.dataset or "–", v.outcome.words,
         v.sentence + because(v))
        for v in verdicts
    )  # fmt: skip
    return TableBlock(caption="Verdicts", columns=tuple(map(Column, columns)), rows=rows)


def _point_3(material: Material) -> Section:
    blocks: list[Block] = [
        Heading("What it asks for"),
        Bullets(asked_for("aia_annex4_3")),
        Heading("Accuracy overall and for groups of people"),
        *_by_group(material),
        Heading("Against systems that need no model"),
        *_skill(material),
        Heading("Foreseeable unintended outcomes and sources of risk, as measured"),
        *_outcomes(material),
        *_uses(material),
        Heading("Limits"),
        *(b for b in limits_section(material).blocks if isinstance(b, Bullets)),
    ]
    return Section(anchor="3", title="Point 3: capabilities and limits", blocks=tuple(blocks))


def _by_group(material: Material) -> list[Block]:
    def told(pair: Pair) -> Iterable[Finding]:
        return [
            f
            for f in pair.of("correctness")
            if f.place.metric in ("accuracy", "uar")
            and f.place.condition is f.place.reference is None
        ]

    found = pair_tables(material, "Overall and by group", told)
    return found or [Prose(("No item had an annotation to be right or wrong about.",))]


def _skill(material: Material) -> list[Block]:
    said = tuple(f"{s.name}: {s.skill}" for s in material.report.systems if s.skill)
    level = material.report.provenance.level
    tables: list[Block] = []
    for pair in material.pairs:
        found = [f for f in pair.of("skill") if f.place.condition is f.place.attribute is None]
        rows = [(_skill_words(f), f) for f in found]
        if rows:
            caption = f"Reference systems, and how far it is above them: {pair.title}"
            tables.append(finding_table(caption, "Measure", rows, level=level, noun=pair.noun))
    return [*((Bullets(said),) if said else ()), *tables]


def _skill_words(finding: Finding) -> str:
    place, metric = finding.place, metric_words(finding.place.metric)
    if place.reference is not None:
        return f"{metric}, minus that of “{place.reference.removeprefix(REFERENCE)}”"
    if place.group is None:
        return metric
    return f"{metric} of the reference system “{place.group.removeprefix(REFERENCE)}”"


def _outcomes(material: Material) -> list[Block]:
    said = [
        prohibited_words(s.name, tuple(s.prohibited))
        for s in material.report.systems
        if s.prohibited
    ]
    blocks: list[Block] = [Bullets(tuple(said))] if said else []
    blocks += pair_tables(
        material, "The most frequent other answer to items of each label", _wrong, first="Outcome"
    )
    blocks += pair_tables(material, "Errors given with confidence", _confident)
    level = material.report.provenance.level
    for pair in material.pairs:
        more = [
            f
            for f in pair.of("disparity")
            if f.place.reference == REST
            and f.place.condition is None
            and parts(f.place.metric)[0] == "standardised_prediction_rate"
            and f.p_adjusted is not None
            and f.p_adjusted < ALPHA
        ]
        if more:
            caption = f"Labels given to some groups more or less often (adjusted p below {ALPHA:g})"
            blocks.append(compared_table(f"{caption}: {pair.title}", more, level=level))
    return blocks or [Prose(("This run measured no outcome of this kind.",))]


def _uses(material: Material) -> Iterator[Block]:
    """Yield what would follow for people in the uses that the audit file names."""
    report = material.report
    if report.simulated:
        yield Heading("What would follow in the uses that the audit file names")
    for one in (shown(one, report.min_cell) for one in report.simulated):
        whose = f"{one.system} on {one.dataset}" if one.system else "rates from elsewhere"
        yield Heading(f"{one.scenario.title}: {whose}", 4)
        yield Bullets(sentences(one.scenario, one.rates, one.use, one.found))


def _wrong(pair: Pair) -> Iterator[Finding]:
    by_label: dict[str, list[Finding]] = {}
    for f in pair.of("correctness"):
        base, cell = parts(f.place.metric)
        annotated, _, predicted = cell.partition("→")
        if base == "confusion" and is_whole(f) and annotated != predicted:
            by_label.setdefault(annotated, []).append(f)
    for found in by_label.values():
        yield max(found, key=lambda f: f.result.value or 0.0)


def _confident(pair: Pair) -> Iterable[Finding]:
    found = pair.of("calibration")
    return [f for f in found if is_whole(f) and parts(f.place.metric)[0] == "confident_errors"]


def _told(material: Material) -> Iterator[Finding]:
    """Yield every finding whose metric point 4 has to explain."""
    for pair in material.pairs:
        for f in pair.findings:
            base = parts(f.place.metric)[0]
            if f.place.family not in ("ceiling", "skill", "comparison") and base not in NOT_TOLD:
                yield f


MARKDOWN = Document(annex_iv)
"""``--as annex-iv``."""

CSV = Document(annex_iv_csv)
"""``--as annex-iv-csv``."""
