"""Data sheets and system sheets: made when a run begins, kept with it, read by the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facevalue.audits import DatasetEntry, FindingSet, ReadAudit, is_skill_shown
from facevalue.canonical import digest, digest_bytes
from facevalue.dataset import Dataset, describe
from facevalue.domain import Verdict
from facevalue.errors import InputError
from facevalue.report.model import DatasetSheet, GroupCount, Provenance, ReportInput, SystemSheet
from facevalue.report.stress_sheets import stress_sheets
from facevalue.runs import RunFolder
from facevalue.simulate import read_consequences
from facevalue.systems import SystemSpec

__all__ = ["dataset_record", "missing_record", "report_input", "system_record"]

MAX_GROUPS = 60
"""Groups of an attribute shown in a data sheet; an attribute with more is a free text."""


def dataset_record(key: str, dataset: Dataset) -> dict[str, Any]:
    """Return what a report says of a dataset, as values that JSON can hold."""
    about = describe(dataset)
    card = about["card"] or {}
    return {
        "id": key,
        "title": card.get("title") or "",
        "licence": card.get("licence") or "",
        "citation": card.get("citation") or "",
        "url": card.get("url") or "",
        "about": card.get("about") or "",
        "population": card.get("population") or "",
        "warnings": list(card.get("warnings", ())),
        "sha256": dataset.sha256,
        "n_items": about["n_items"],
        "n_subjects": about["n_subjects"] or about["n_items"],
        "subjects_declared": dataset.subjects_declared,
        "label_counts": {row["label"]: row["n_items"] for row in about["labels"]},
        "attribute_counts": {
            row["attribute"]: {
                g["group"]: [g["n_items"], g["n_subjects"] or g["n_items"]] for g in row["groups"]
            }
            for row in about["attributes"]
            if len(row["groups"]) <= MAX_GROUPS
        },
        "notes": [n for n in dataset.notes if n not in card.get("warnings", ())],
        "missing": None,
    }


def missing_record(entry: DatasetEntry, why: str) -> dict[str, Any]:
    """Return the record of an optional dataset that is not here, with how to get it."""
    return {"id": entry.key, "title": entry.name or entry.manifest or "", "missing": why}


def system_record(
    spec: SystemSpec, labels: Mapping[str, str], failures: Mapping[str, int]
) -> dict[str, Any]:
    """Return what a report says of a system, as values that JSON can hold."""
    return {
        "name": spec.name,
        "adapter": spec.adapter,
        "labels": None if spec.labels is None else list(spec.labels),
        "about": dict(spec.about),
        "identity_sha256": digest(spec.identity),
        "failure_counts": dict(sorted(failures.items())),
        "label_map": dict(labels),
    }


def report_input(
    folder: RunFolder,
    read: ReadAudit,
    record: Mapping[str, Any],
    findings: FindingSet,
    verdicts: Sequence[Verdict],
) -> ReportInput:
    """Put together everything that the report of a run says."""
    datasets = [_dataset_sheet(raw) for raw in record["datasets"]]
    simulated, not_simulated = read_consequences(folder.path)
    return ReportInput(
        title=read.spec.title,
        audit_text=read.text,
        audit_sha256=read.sha256,
        findings=findings,
        verdicts=tuple(verdicts),
        datasets=datasets,
        systems=[_system_sheet(raw, findings) for raw in record["systems"]],
        provenance=_provenance(folder, read, record),
        notes=[read.spec.about] if read.spec.about else [],
        min_cell=read.spec.analyses.min_cell,
        simulated=simulated,
        not_simulated=not_simulated,
        stressed=stress_sheets(folder, read, record),
    )


def _dataset_sheet(raw: Mapping[str, Any]) -> DatasetSheet:
    counts = {
        attribute: {g: GroupCount(n_items, n_subjects) for g, (n_items, n_subjects) in rows.items()}
        for attribute, rows in raw.get("attribute_counts", {}).items()
    }
    return DatasetSheet(**{**raw, "attribute_counts": counts})


def _system_sheet(raw: Mapping[str, Any], findings: FindingSet) -> SystemSheet:
    prohibited = dict.fromkeys(
        str(f.place.group) for f in findings.where(system=raw["name"], metric="prohibited_output")
    )
    return SystemSheet(**raw, prohibited=tuple(prohibited), skill=_skill(raw["name"], findings))


def _skill(system: str, findings: FindingSet) -> str:
    found = findings.where(system=system, family="skill", condition=None)
    shown = {
        d: is_skill_shown(findings, system, d, None)
        for d in sorted({f.place.dataset for f in found})
    }
    if not shown:
        return (
            "Skill could not be measured: no item it was run on has an annotated label to be "
            "right or wrong about."
        )
    return " ".join(
        f"On {dataset}, it is shown to beat the reference systems (majority label, random "
        f"answers, shuffled labels)."
        if yes
        else f"On {dataset}, it is not shown to beat the reference systems (majority label, "
        f"random answers, shuffled labels)."
        for dataset, yes in shown.items()
    )


def _provenance(folder: RunFolder, read: ReadAudit, record: Mapping[str, Any]) -> Provenance:
    versions = dict(record["versions"])
    lock = folder.lock
    return Provenance(
        version=versions.pop("facevalue"),
        python=versions.pop("python"),
        packages=versions,
        platform=record["platform"],
        seed=read.spec.seed,
        level=read.spec.level,
        started=record["started"],
        locked=lock.locked_at,
        changed_since_lock=folder.changed_since_lock,
        command=f"facevalue audit {record['audit_file']} --out RUN",
        files=_digests(folder),
    )


def _digests(folder: RunFolder) -> dict[str, str]:
    listed = [
        folder.audit_file,
        folder.lock_file,
        *folder.findings_files,
        folder.verdicts_file,
        *sorted(folder.predictions.glob("*.parquet")),
    ]
    listed += [folder.consequences_file] if folder.consequences_file.is_file() else []
    missing = [p.name for p in listed if not p.is_file()]
    if missing:
        raise InputError(
            f"{folder.path}: the run lacks {', '.join(missing)}. "
            f"Run: facevalue audit AUDIT.yaml --out {folder.path}"
        )
    return {p.relative_to(folder.path).as_posix(): digest_bytes(p.read_bytes()) for p in listed}
