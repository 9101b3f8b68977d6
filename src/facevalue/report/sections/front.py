"""What stands above the verdicts: what a reader must know before any number."""

from __future__ import annotations

from facevalue.report.blocks import Block, Notice
from facevalue.report.model import Material
from facevalue.report.sections.prohibited import prohibited_words

__all__ = ["front_blocks", "lead"]


def lead(material: Material) -> tuple[str, ...]:
    """Return the lines below the title."""
    made = material.report.provenance
    locked = (
        f"Plan locked {made.locked}, before any system was asked. Answers made elsewhere are older."
        if made.locked and not made.changed_since_lock and _is_recorded(material)
        else f"Plan locked {made.locked}, before any prediction was made."
        if made.locked and not made.changed_since_lock
        else "The audit file was changed after the plan was locked."
        if made.locked
        else "The plan was not locked before predictions were made."
    )
    started = f"Run of {made.started}." if made.started else ""
    return tuple(x for x in (_public(material), started, locked) if x)


def _public(material: Material) -> str:
    if not material.report.is_public:
        return ""
    return (
        f"Public version: groups of fewer than {material.report.min_cell} are left out, and where "
        "a single one would be, the next larger with it; so are notes, the audit file and "
        "whatever tells of single items."
    )


def _is_recorded(material: Material) -> bool:
    """Whether answers were read rather than asked for, so that they may be older."""
    return any(s.adapter in ("predictions", "ratings") for s in material.report.systems)


def front_blocks(material: Material) -> tuple[Block, ...]:
    """Return the notices above the verdicts."""
    items = (*_changed(material), *_prohibited(material), *_missing(material), *_warned(material))
    return (Notice(title="Read this first", items=items),) if items else ()


def _changed(material: Material) -> tuple[str, ...]:
    made = material.report.provenance
    if not made.changed_since_lock:
        return ()
    when = f" on {made.locked}" if made.locked else ""
    return (
        f"The audit file is not the one that was locked{when}. What was to be tested may have "
        "been chosen after the results were seen.",
    )


def _prohibited(material: Material) -> tuple[str, ...]:
    return tuple(
        prohibited_words(s.name, tuple(s.prohibited))
        for s in material.report.systems
        if s.prohibited
    )


def _missing(material: Material) -> tuple[str, ...]:
    return tuple(
        f"{d.id} is not part of this report, because the data were not here. {d.missing}"
        for d in material.report.datasets
        if d.missing is not None
    )


def _warned(material: Material) -> tuple[str, ...]:
    said: list[str] = []
    for d in material.report.datasets:
        said += [f"{d.id}: {warning}" for warning in d.warnings]
        if d.missing is None and not d.subjects_declared:
            said.append(
                f"{d.id}: the data do not say which items show the same subject; each "
                "is taken as a subject of its own."
            )
    return tuple(said)
