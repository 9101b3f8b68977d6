"""What law tables say of the law: cited, dated, and no legal advice."""

from __future__ import annotations

from collections.abc import Sequence

from facevalue.report.blocks import Bullets, Section, Text, web_link
from facevalue.report.model import Material
from facevalue.report.wording import level_words
from facevalue.simulate import fact

__all__ = ["NO_ADVICE", "asked_for", "not_from_this_run", "run_facts"]

NO_ADVICE = (
    "Not legal advice. Whether a law applies, and whether this is enough for it, is for lawyers "
    "and authorities to say."
)

AFTER = " (Told after a secondary source; the text of the law itself was not read.)"


def asked_for(*fact_ids: str) -> tuple[Text, ...]:
    """Return what provisions ask for, in our words, each with the source that was read."""
    found = [fact(name) for name in fact_ids]
    sources = dict.fromkeys((f.citation, f.url) for f in found)
    return (
        *(f.statement + (AFTER if f.note.startswith("secondary") else "") for f in found),
        *(web_link(url, citation) for citation, url in sources),
    )


def run_facts(material: Material) -> tuple[tuple[str, Text], ...]:
    """Return what run the tables are filled from."""
    report, made = material.report, material.report.provenance
    locked = made.locked or "not locked"
    if made.locked:
        locked += ", changed since" if made.changed_since_lock else ", unchanged since"
    pairs = (
        ("Audit", report.title),
        ("Run of", made.started),
        ("Plan locked", locked),
        ("SHA-256 of the audit file", report.audit_sha256),
        ("Made with", f"facevalue {made.version}, seed {made.seed}"),
        ("Level of intervals", level_words(made.level)),
        ("To make it again", made.command),
    )
    return tuple((term, said) for term, said in pairs if said)


def not_from_this_run(items: Sequence[str]) -> Section:
    """Return what a table has to hold and the run cannot know."""
    return Section(
        anchor="not-from-this-run",
        title="Not from this run",
        blocks=(Bullets(tuple(f"Not from this run: {item}" for item in items)),),
    )
