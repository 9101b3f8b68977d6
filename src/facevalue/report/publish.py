"""What of a report may be handed to anybody: no small groups, no items, no free text.

What this protects from, and what not, is in ``docs/adr/0014-small-cells.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from facevalue.atomic import write_text
from facevalue.report.model import DatasetSheet, ReportInput, StressSheet, SystemSheet
from facevalue.report.render import build_report

__all__ = ["MIN_CELL", "published", "write_public_report"]

MIN_CELL = 10
"""Fewest subjects behind anything that a published report shows."""

KEPT_ABOUT = ("title", "version", "licence")
"""What a published system says of itself; the rest, and the title of one that is not
published, may hold paths and addresses."""


def write_public_report(path: Path, report: ReportInput) -> Path:
    """Write the public version of a report, one file without figures beside it."""
    write_text(path, build_report(published(report)))
    return path


def published(report: ReportInput) -> ReportInput:
    """Return what a report is made from, without what may lead to a person.

    Groups of fewer than ten (or ``min_cell``, if that is more) go, names included, and the
    next larger where one group would be left to subtract. So do notes and the audit file, as
    both are free text, the names of the run's files, counts of few items, and what systems
    say of themselves beyond title, version and licence.

    Examples
    --------
    >>> from facevalue.audits.findings import FindingSet
    >>> from facevalue.report.model import Provenance
    >>> public = published(ReportInput(title="An audit", audit_text="# for Ann", notes=["Ann"],
    ...     audit_sha256="", findings=FindingSet(()), verdicts=(), datasets=(), systems=(),
    ...     provenance=Provenance(version="1")))
    >>> public.audit_text, list(public.notes), public.min_cell
    ('', [], 10)
    """
    min_cell = max(MIN_CELL, report.min_cell)
    return replace(
        report,
        is_public=True,
        min_cell=min_cell,
        audit_text="",
        notes=(),
        datasets=tuple(_dataset(d, min_cell) for d in report.datasets),
        systems=tuple(_system(s, min_cell) for s in report.systems),
        stressed=tuple(_stressed(s, min_cell) for s in report.stressed),
        provenance=replace(report.provenance, command="", files=_digests(report)),
    )


def _dataset(sheet: DatasetSheet, min_cell: int) -> DatasetSheet:
    """Take out notes, which are free text, where data would lie, and counts of few items."""
    missing = None if sheet.missing is None else "How to get them is in the audit's own report."
    labels = _of_many(sheet.label_counts, min_cell)
    return replace(sheet, notes=(), missing=missing, label_counts=labels)


def _system(sheet: SystemSheet, min_cell: int) -> SystemSheet:
    kept = KEPT_ABOUT if "licence" in sheet.about else ("version",)
    about = {term: sheet.about[term] for term in kept if term in sheet.about}
    failures = _of_many(sheet.failure_counts, min_cell)
    return replace(sheet, about=about, failure_counts=failures)


def _stressed(sheet: StressSheet, min_cell: int) -> StressSheet:
    """Take out single items, and conditions that few were asked under."""
    shown = tuple(c for c in sheet.conditions if c.n_asked == 0 or c.n_asked >= min_cell)
    return replace(sheet, worst=(), conditions=shown)


def _of_many(counts: Mapping[str, int], min_cell: int) -> dict[str, int]:
    return {name: n for name, n in counts.items() if n == 0 or n >= min_cell}


def _digests(report: ReportInput) -> dict[str, str]:
    """Return the digests of the files that the page names; others bear names of their own."""
    named = ("findings.json", "verdicts.json")
    return {
        name: report.provenance.files[name] for name in named if name in report.provenance.files
    }
