"""The whole audit: one step after the other, each on what the step before left behind.

`audit` runs them all. The steps are also commands of their own, since each needs only the
run folder: `run_systems` asks, `measure_run` counts, `judge_run` decides, `report_run`
writes. Everything a later step has to know is in the folder.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import polars as pl

import facevalue
from facevalue.atomic import write_text
from facevalue.audits import (
    BudgetSpec,
    FindingSet,
    ReadAudit,
    Sample,
    SystemEntry,
    answer_labels,
    check_attributes,
    claims_of,
    dataset_spec,
    exit_status,
    judge,
    label_problems,
    measure,
    measure_spec,
    paired_sample,
    read_audit,
    read_verdicts,
    sample_of,
    write_verdicts,
)
from facevalue.dataset import Dataset, open_dataset
from facevalue.domain import LabelMap, Verdict
from facevalue.errors import (
    AuditSpecError,
    DataUnavailableError,
    InputError,
    MissingExtraError,
    Problem,
    UnknownNameError,
)
from facevalue.report.model import ReportInput
from facevalue.report.sheets import dataset_record, missing_record, report_input, system_record
from facevalue.runs import Event, RunFolder
from facevalue.simulate import Simulated, write_consequences
from facevalue.stresses import (
    Asking,
    check_stress,
    findings_of_stress,
    keep_pictures,
    stress_of,
)
from facevalue.systems import Recorded, System, SystemRequest, open_system, opener_of
from facevalue.uses import check_uses, simulate_uses, used_attributes

__all__ = [
    "Opened",
    "Run",
    "audit",
    "check_audit",
    "datasets_for",
    "judge_run",
    "lock_audit",
    "measure_run",
    "opened_again",
    "read_again",
    "read_record",
    "report_material",
    "report_run",
    "run_systems",
    "sample_for",
    "simulate_run",
]

OnEvent = Callable[[str, str, Event], None]
"""Is told about progress: system, dataset, event."""

RECORD = "run.json"
RECORD_VERSION = 1
PACKAGES = ("numpy", "polars", "pyarrow", "scipy", "ai-edge-litert", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Run:
    """A finished audit.

    Parameters
    ----------
    folder
        Where everything lies.
    findings, verdicts
        What was found and decided.
    """

    folder: Path
    findings: FindingSet
    verdicts: tuple[Verdict, ...]

    @property
    def report(self) -> Path:
        """The report."""
        return self.folder / "report.html"

    @property
    def exit_status(self) -> int:
        """What the command line ends with (design.md §7)."""
        return exit_status(self.verdicts)


@dataclass(frozen=True)
class Opened:
    """The datasets of an audit that are here, and why others are not."""

    datasets: dict[str, Dataset]
    missing: dict[str, str]


def audit(
    path: str | Path,
    out: str | Path,
    *,
    on_event: OnEvent = lambda *_: None,
    budget: BudgetSpec | None = None,
    now: datetime | None = None,
) -> Run:
    """Run an audit file to a report; what was begun in ``out`` is resumed.

    Parameters
    ----------
    path
        The audit file.
    out
        The run folder, new, empty or of the same audit.
    on_event
        Is told about progress.
    budget
        How much each system may be asked now; calling again goes on with the rest.
    now
        The time that goes into the run; by default the clock's.

    Raises
    ------
    InputError
        If the audit file, a dataset or a file of predictions cannot be used as it is.
    SystemUnavailableError
        If a system cannot be started or reached; calling again resumes.
    """
    read = read_audit(Path(path))
    opened = _open_datasets(read)
    folder = run_systems(read, Path(out), opened=opened, on_event=on_event, budget=budget, now=now)
    findings = measure_run(folder, read=read, opened=opened)
    verdicts = judge_run(folder, findings=findings)
    simulate_run(folder, read=read, opened=opened)
    report_run(folder, findings=findings, verdicts=verdicts)
    return Run(folder.path, findings, tuple(verdicts))


def lock_audit(read: ReadAudit, out: Path, *, now: datetime | None = None) -> RunFolder:
    """Write the digest of the audit file and the time into the run, before predictions."""
    at = datetime.now(UTC) if now is None else now
    return RunFolder.begin(out, audit=read.text, at=at, versions=_versions())


def check_audit(read: ReadAudit) -> tuple[int, list[str]]:
    """Open the datasets of an audit file; return how many are here and why others are not.

    Of systems only the names are looked up: what they need may come later.
    """
    problems: list[Problem] = []
    for i, entry in enumerate(read.spec.systems):
        try:
            opener_of(_request(entry))
        except UnknownNameError as error:
            problems.append(_unknown_system(i, entry, error))
    try:
        opened = _open_datasets(read)
    except AuditSpecError as error:
        raise AuditSpecError(str(read.path), [*error.problems, *problems]) from error
    if problems:
        raise AuditSpecError(str(read.path), problems)
    return len(opened.datasets), list(opened.missing.values())


def run_systems(
    read: ReadAudit,
    out: Path,
    *,
    opened: Opened | None = None,
    on_event: OnEvent = lambda *_: None,
    budget: BudgetSpec | None = None,
    now: datetime | None = None,
) -> RunFolder:
    """Ask every system for what it has not answered yet, and keep the answers."""
    opened = _open_datasets(read) if opened is None else opened
    systems = _open_systems(read, opened)
    try:
        # Answers made elsewhere are read before anything is written: they may be faulty.
        recorded = _recorded(read, systems, opened)
        folder = lock_audit(read, out, now=now)
        record = _begin_record(folder, read, opened, now)
        for entry, system in systems:
            counts: dict[str, int] = {}
            asking = Asking(read, system, folder, on_event, budget)
            for key, dataset in datasets_for(entry, opened):
                answers = recorded.get((entry.name, key))
                if answers is None:
                    answers = asking.answers(key, dataset)
                folder.write_answers(entry.name, key, answers)
                _count_failures(answers, counts)
            record["stress"] += [kept.as_json() for kept in asking.kept]
            _note(record, asking.says, [key for key, _ in datasets_for(entry, opened)])
            record["systems"].append(system_record(system.spec, entry.labels, counts))
        _write_record(folder, record)
    finally:
        for _, system in systems:
            _close(system)
    return folder


def measure_run(
    folder: RunFolder, *, read: ReadAudit | None = None, opened: Opened | None = None
) -> FindingSet:
    """Measure the stored answers of a run and write the findings."""
    read = read_again(folder) if read is None else read
    opened = opened_again(folder, read) if opened is None else opened
    claims = claims_of(read.spec)
    samples, specs = [], []
    for entry in read.spec.systems:
        for key, dataset in datasets_for(entry, opened):
            declared = next(d for d in read.spec.datasets if d.key == key)
            spec = measure_spec(read.spec, declared, dataset, claims)
            answers = folder.read_answers(entry.name, key)
            used = [*spec.conditions, *(a for g in spec.groups for a in g)]
            samples.append(sample_for(read, entry, key, dataset, answers, used))
            specs.append(spec)
    at = {(s.system, s.dataset): i for i, s in enumerate(samples)}
    for first, second in read.spec.analyses.compare:
        for key in opened.datasets:
            if (first, key) in at and (second, key) in at:
                samples.append(paired_sample(samples[at[first, key]], samples[at[second, key]]))
                specs.append(replace(specs[at[first, key]], joint=(), no_gap_above=()))
    found = [*measure(samples, specs)]
    told = {pair: (samples[i], specs[i]) for pair, i in at.items()}
    kept = stress_of(folder, read_record(folder))
    found += findings_of_stress(
        read, folder, kept, told, opened.datasets, partial(sample_for, read)
    )
    keep_pictures(folder, read, kept, opened.datasets)
    findings = FindingSet(tuple(found))
    findings.write(folder.path)
    return findings


def judge_run(folder: RunFolder, *, findings: FindingSet | None = None) -> list[Verdict]:
    """Hold the claims of a run against its findings and write the verdicts."""
    read = read_again(folder)
    found = FindingSet.read(folder.path) if findings is None else findings
    missing = dict(read_record(folder)["missing"])
    pairs = [
        (s.name, d.key)
        for s in read.spec.systems
        for d in read.spec.datasets
        if (not s.datasets or d.key in s.datasets) and d.key not in missing
    ]
    verdicts = judge(claims_of(read.spec), found, pairs, missing)
    write_verdicts(folder.path, verdicts)
    return verdicts


def simulate_run(
    folder: RunFolder, *, read: ReadAudit | None = None, opened: Opened | None = None
) -> list[Simulated]:
    """Work out what would follow for people in the uses that the audit file names."""
    read = read_again(folder) if read is None else read
    if not read.spec.scenarios:
        # What an earlier audit file of this folder named is no part of it any more.
        folder.consequences_file.unlink(missing_ok=True)
        return []
    opened = opened_again(folder, read) if opened is None else opened
    samples = [
        sample_for(
            read, entry, key, dataset, folder.read_answers(entry.name, key),
            used_attributes(read, key),
        )
        for entry in read.spec.systems
        for key, dataset in datasets_for(entry, opened)
    ]  # fmt: skip
    simulated, not_possible = simulate_uses(read, samples)
    write_consequences(folder.path, simulated, not_possible)
    return simulated


def report_material(
    folder: RunFolder,
    *,
    findings: FindingSet | None = None,
    verdicts: Sequence[Verdict] | None = None,
) -> ReportInput:
    """Return everything that the report of a run says; an export says it otherwise."""
    found = FindingSet.read(folder.path) if findings is None else findings
    judged = read_verdicts(folder.path) if verdicts is None else verdicts
    return report_input(folder, read_again(folder), read_record(folder), found, judged)


def report_run(
    folder: RunFolder,
    *,
    findings: FindingSet | None = None,
    verdicts: Sequence[Verdict] | None = None,
    is_public: bool = False,
    out: Path | None = None,
    as_pdf: bool = False,
) -> Path:
    """Write ``report.html`` and the figures of a run; return the path of the page.

    ``is_public`` writes ``report-public.html`` instead, or ``out``, without what may lead to
    a person. ``as_pdf`` prints the page as well, to a ``.pdf`` beside it.
    """
    from facevalue.report import write_report
    from facevalue.report.pdf import find_chromium, write_pdf
    from facevalue.report.publish import write_public_report

    if as_pdf:
        find_chromium()  # its absence is told before anything is written
    report = report_material(folder, findings=findings, verdicts=verdicts)
    if is_public:
        page = write_public_report(out or folder.path / "report-public.html", report)
    else:
        write_report(folder.path, report)
        page = folder.report_file
    if as_pdf:
        write_pdf(page, page.with_suffix(".pdf"), at=report.provenance.started)
    return page


def _open_datasets(read: ReadAudit) -> Opened:
    datasets: dict[str, Dataset] = {}
    missing: dict[str, str] = {}
    problems: list[Problem] = []
    claims = claims_of(read.spec)
    for i, entry in enumerate(read.spec.datasets):
        try:
            dataset = open_dataset(dataset_spec(entry), base=read.base)
        except (DataUnavailableError, MissingExtraError) as error:
            if not entry.optional:
                raise
            missing[entry.key] = str(error)
            continue
        except UnknownNameError as error:
            problems.append(Problem("unknown_name", str(error), f"datasets[{i}].name"))
            continue
        datasets[entry.key] = dataset
        problems += check_attributes(i, entry, dataset, claims)
    problems += check_uses(read, datasets)
    problems += check_stress(read, datasets)
    if problems:
        raise AuditSpecError(str(read.path), problems)
    return Opened(datasets, missing)


def opened_again(folder: RunFolder, read: ReadAudit) -> Opened:
    """Open the datasets that the systems were asked on, which must be as they were then."""
    record = read_record(folder)
    then = {d["id"]: d["sha256"] for d in record["datasets"] if d["id"] not in record["missing"]}
    opened = _open_datasets(read)
    changed = [
        key
        for key, sha256 in then.items()
        if key not in opened.datasets or opened.datasets[key].sha256 != sha256
    ]
    if changed:
        named = ", ".join(repr(key) for key in changed)
        raise InputError(
            f"{folder.path}: not what the systems were asked on any more: {named}. "
            f"Run: facevalue run AUDIT.yaml --out {folder.path}"
        )
    return Opened({key: opened.datasets[key] for key in then}, dict(record["missing"]))


def _request(entry: SystemEntry) -> SystemRequest:
    return SystemRequest(name=entry.name, adapter=entry.adapter, options=entry.options)


def _unknown_system(position: int, entry: SystemEntry, error: UnknownNameError) -> Problem:
    key = "name" if entry.adapter is None else "adapter"
    return Problem("unknown_name", str(error), f"systems[{position}].{key}")


def _open_systems(read: ReadAudit, opened: Opened) -> list[tuple[SystemEntry, System | Recorded]]:
    systems: list[tuple[SystemEntry, System | Recorded]] = []
    problems: list[Problem] = []
    try:
        for i, entry in enumerate(read.spec.systems):
            try:
                system = open_system(_request(entry), base=read.base)
            except AuditSpecError as error:
                # Options are told by the adapter, which names the system and not the file.
                problems += [replace(p, where=f"{error.path}, {p.where}") for p in error.problems]
                continue
            except UnknownNameError as error:
                problems.append(_unknown_system(i, entry, error))
                continue
            systems.append((entry, system))
            if not isinstance(system, Recorded):
                # Of answers made elsewhere every label is known once they are read.
                problems += _label_problems(entry, system, opened)
        if problems:
            raise AuditSpecError(str(read.path), problems)
    except BaseException:
        for _, system in systems:
            _close(system)
        raise
    return systems


def _label_problems(entry: SystemEntry, system: System, opened: Opened) -> list[Problem]:
    """Check the map of labels before anything is asked, where the labels are known."""
    labels = system.spec.labels
    found: dict[Problem, None] = {}
    for _, dataset in datasets_for(entry, opened):
        label_map = LabelMap(dataset.taxonomy, entry.labels)
        for problem in label_problems(entry.name, labels or (), label_map):
            found[problem] = None
    return list(found)


def _close(system: System | Recorded) -> None:
    close = getattr(system, "close", None)
    if close is not None:
        close()


def datasets_for(entry: SystemEntry, opened: Opened) -> list[tuple[str, Dataset]]:
    """Return the datasets that a system is asked about."""
    return [
        (key, dataset)
        for key, dataset in opened.datasets.items()
        if not entry.datasets or key in entry.datasets
    ]


def _recorded(
    read: ReadAudit,
    systems: Sequence[tuple[SystemEntry, System | Recorded]],
    opened: Opened,
) -> dict[tuple[str, str], pl.DataFrame]:
    tables: dict[tuple[str, str], pl.DataFrame] = {}
    problems: list[Problem] = []
    for entry, system in systems:
        if isinstance(system, Recorded):
            for key, dataset in datasets_for(entry, opened):
                answers = system.answers(dataset.items)
                tables[entry.name, key] = answers
                label_map = LabelMap(dataset.taxonomy, entry.labels)
                problems += label_problems(entry.name, answer_labels(answers), label_map)
    if problems:
        raise AuditSpecError(str(read.path), list(dict.fromkeys(problems)))
    return tables


def _note(record: dict[str, Any], says: str, datasets: Sequence[str]) -> None:
    """Add a note to the sheets of datasets that were not asked about in full."""
    for told in record["datasets"]:
        if says and told["id"] in datasets:
            told["notes"] = [*told["notes"], says]


def _count_failures(answers: pl.DataFrame, counts: dict[str, int]) -> None:
    for kind, n in answers["failure"].drop_nulls().value_counts().iter_rows():
        counts[kind] = counts.get(kind, 0) + int(n)


def sample_for(
    read: ReadAudit,
    entry: SystemEntry,
    key: str,
    dataset: Dataset,
    answers: pl.DataFrame,
    attributes: Sequence[str],
) -> Sample:
    """Return the answers of a system to a dataset, in the words of its taxonomy."""
    try:
        return sample_of(
            system=entry.name,
            dataset=key,
            items=dataset.items,
            answers=answers,
            taxonomy=dataset.taxonomy,
            labels=entry.labels,
            attributes={a: dataset.items[a] for a in attributes},
            subjects_declared=dataset.subjects_declared,
            group_order=dataset.group_order,
        )
    except AuditSpecError as error:
        raise AuditSpecError(str(read.path), error.problems) from error


def _versions() -> dict[str, str]:
    found = {"facevalue": facevalue.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            # Extras that are not installed took no part.
            continue
    return found


def _begin_record(
    folder: RunFolder, read: ReadAudit, opened: Opened, now: datetime | None
) -> dict[str, Any]:
    at = datetime.now(UTC) if now is None else now
    before = folder.path / RECORD
    started = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if before.is_file():
        # A damaged record is made anew, like everything else in it.
        started = str((_parsed(before) or {}).get("started", started))
    record: dict[str, Any] = {
        "format": "facevalue-run",
        "version": RECORD_VERSION,
        "started": started,
        # Relative, so that a folder that is passed on tells nothing about a machine.
        "base": Path(os.path.relpath(read.base.resolve(), folder.path.resolve())).as_posix(),
        "audit_file": read.path.name,
        "platform": f"{platform.system()} {platform.machine()}",
        "versions": _versions(),
        "missing": opened.missing,
        "datasets": [
            *(dataset_record(key, d) for key, d in opened.datasets.items()),
            *(
                missing_record(e, opened.missing[e.key])
                for e in read.spec.datasets
                if e.key in opened.missing
            ),
        ],
        "systems": [],
        "stress": [],
    }
    _write_record(folder, record)
    return record


def _write_record(folder: RunFolder, record: dict[str, Any]) -> None:
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, indent=1)
    write_text(folder.path / RECORD, text + "\n")


def read_record(folder: RunFolder) -> dict[str, Any]:
    """Return the record of a run: what was asked of whom, and when."""
    path = folder.path / RECORD
    if not path.is_file():
        where = f"{path}: the run was locked, but no system was asked yet"
        what = f"Run: facevalue run AUDIT.yaml --out {folder.path}"
        raise AuditSpecError(str(folder.path), [Problem("nothing_run", f"{where}. {what}")])
    record = _parsed(path)
    if record is None or not {"base", "audit_file", "datasets", "missing"} <= set(record):
        how = f"Run: facevalue run AUDIT.yaml --out {folder.path}"
        raise InputError(f"{path}: the record of the run is damaged. {how}")
    return record


def _parsed(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def read_again(folder: RunFolder) -> ReadAudit:
    """Read the audit file of the run, with paths relative to where it came from."""
    read = read_audit(folder.audit_file)
    record = read_record(folder)
    came_from = (folder.path / record["base"]).resolve() / record["audit_file"]
    return read.model_copy(update={"path": came_from})
