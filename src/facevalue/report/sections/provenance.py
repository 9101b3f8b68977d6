"""Where the numbers come from and how to make them again; and the words used."""

from __future__ import annotations

from facevalue.report.blocks import (
    Block,
    Column,
    Command,
    Details,
    Facts,
    Heading,
    Prose,
    Section,
    Table,
    Text,
)
from facevalue.report.model import Material
from facevalue.report.wording import level_words

__all__ = ["glossary_section", "provenance_section"]

MAX_AUDIT_CHARACTERS = 120_000

GLOSSARY = (
    ("Item", "One clip, image, recording or row."),
    (
        "Subject",
        "The person in an item. Items of one subject are alike; subjects are the clusters.",
    ),
    ("Annotated", "The reference label, or the ratings, that came with an item. Not a feeling."),
    ("Predicted", "The label a system answers with."),
    ("System", "What is audited."),
    ("Reference system", "One that needs no model: the most frequent label, random, shuffled."),
    ("Attribute, group", "A declared property of subjects or recordings, and one of its values."),
    ("Intersection", "Several attributes at once, such as sex × age."),
    ("Condition", "A part of the items that were made in one way, such as face without voice."),
    ("Finding", "One number with its uncertainty, or the reason why there is none."),
    ("Interval", "The range of values that go well with the data at the level given."),
    ("Design effect", "Variance with subjects as clusters over variance with independent answers."),
    ("p", "How often a difference as large would come up if there were none."),
    ("Claim", "What somebody says of a system."),
    ("Verdict", "Upheld, not upheld, inconclusive or not testable."),
    ("Percentage points", "Difference between two shares: from 60 % to 55 % is 5 points."),
)

STRESS_GLOSSARY = (
    ("Severity", "How far media are changed, from 1 to 5, by one measure for all changes."),
    ("Smallest change", "One that nobody would see or hear; others are held against it."),
    ("Unchanged", "Of an answer: the same label as without the change, right or wrong."),
)


def provenance_section(material: Material) -> Section:
    """Return digests, versions, the audit file and the command to run it again."""
    report, made = material.report, material.report.provenance
    locked = made.locked or "not locked"
    changed = " (changed since)" if made.changed_since_lock else ""
    pairs: tuple[tuple[str, Text], ...] = (
        ("facevalue", made.version),
        ("Python", made.python),
        ("Platform", made.platform),
        ("Started", made.started),
        ("Plan locked", f"{locked}{changed}"),
        ("Seed", str(made.seed)),
        ("Level of intervals", level_words(made.level)),
        ("SHA-256 of the audit file", report.audit_sha256),
        ("Findings", f"{len(report.findings):,}"),
    )
    blocks: list[Block] = [Facts(tuple((term, said) for term, said in pairs if said))]
    if made.command:
        blocks += [
            Heading("To run it again"),
            Prose(
                (
                    "The same audit file, data, systems, seed and packages give the same findings, "
                    "and files with the digests below. RUN is a new folder.",
                )
            ),
            Command(made.command),
        ]
    if not report.is_public:
        blocks += [Heading("The audit file"), _audit_file(report.audit_text)]
    for caption, first, second, rows in (
        ("Files of the run", "File", "SHA-256", made.files),
        ("Packages that can change a number", "Package", "Version", made.packages),
    ):
        if rows:
            columns = (Column(first), Column(second))
            blocks.append(Table(caption=caption, columns=columns, rows=tuple(rows.items())))
    return Section(anchor="provenance", title="How to reproduce it", blocks=tuple(blocks))


def _audit_file(text: str) -> Details:
    if len(text) <= MAX_AUDIT_CHARACTERS:
        return Details(summary="The audit file as it was read", text=text)
    summary = f"The audit file as it was read, its first {MAX_AUDIT_CHARACTERS:,} characters"
    return Details(summary=summary, text=text[:MAX_AUDIT_CHARACTERS])


def glossary_section(material: Material) -> Section:
    """Return the words that the report uses in one sense only."""
    words = (*GLOSSARY, *(STRESS_GLOSSARY if material.report.stressed else ()))
    return Section(anchor="glossary", title="Words", blocks=(Facts(words),))
