"""Folders that are no run, or a run of something else, and files that are no folder."""

from __future__ import annotations

import json
from pathlib import Path

from facevalue.dataset import DatasetSpec, open_dataset
from facevalue.domain import Taxonomy
from malformed.case import AUDIT, Case, Content, lines

__all__ = ["CASES"]

_RECORD = {
    "base": "..",
    "audit_file": "audit.yaml",
    "datasets": [{"id": "faces", "sha256": "0" * 64}],
    "missing": {},
}


def _lock(**changes: object) -> str:
    lock = {
        "format": "facevalue-lock",
        "version": 1,
        "locked_at": "2026-01-01T00:00:00Z",
        "audit_sha256": "0" * 64,
        "versions": {},
        "audit": AUDIT,
    }
    return json.dumps({**lock, **changes})


def _run(record: object = _RECORD, /, **more: Content) -> dict[str, Content]:
    """Return a run folder that was begun, with ``more`` files in it (``_`` for ``.``)."""
    files: dict[str, Content] = {"run/lock.json": _lock(), "run/audit.yaml": AUDIT}
    if record is not None:
        files["run/run.json"] = record if isinstance(record, str) else json.dumps(record)
    return files | {f"run/{name.replace('_', '.')}": content for name, content in more.items()}


def _asked_on_these_data(folder: Path) -> None:
    """Write into the record of the run what the manifest is really like."""
    spec = DatasetSpec(id="faces", manifest="faces.csv", taxonomy=Taxonomy("f", ("anger", "calm")))
    sha256 = open_dataset(spec, base=folder).sha256
    record = {**_RECORD, "datasets": [{"id": "faces", "sha256": sha256}]}
    (folder / "run" / "run.json").write_text(json.dumps(record))


CASES = (
    Case(
        name="out is a file",
        files={"run": "notes\n"},
        says=lines("run: this is a file. Give a folder with --out."),
    ),
    Case(
        name="out is inside a file",
        files={"notes": ""},
        command=("audit", "audit.yaml", "--out", "notes/run"),
        says=lines(
            "notes/run: the folder cannot be made or written (Not a directory). Give another "
            "folder with --out."
        ),
    ),
    Case(
        name="out has too long a name",
        command=("audit", "audit.yaml", "--out", "r" * 300),
        says=lines(
            "r" * 300 + ": the folder cannot be made or written (File name too long). "
            "Give another folder with --out."
        ),
    ),
    Case(
        name="out holds something else",
        files={f"run/{name}": "" for name in ("notes.txt", "photos/a.png", ".hidden", "y", "z")},
        says=lines(
            "run: the folder is not empty ('notes.txt', 'photos', 'y' and 1 more) and not a "
            "run folder; nothing was written. Give a new or empty folder with --out."
        ),
    ),
    Case(
        name="out holds another lock",
        files={"run/lock.json": '{"name": "web"}'},
        says=lines(
            "run: the folder is not empty ('lock.json') and not a run folder; nothing was "
            "written. Give a new or empty folder with --out."
        ),
    ),
    Case(
        name="out holds a lock of tomorrow",
        files=_run(lock_json=_lock(version=2)),
        says=lines(
            "run/lock.json: the lock has version 2; this facevalue knows version 1. Upgrade "
            "facevalue."
        ),
    ),
    Case(
        name="out holds a lock that was edited",
        files=_run(),
        says=lines(
            "run/lock.json: the lock was edited: its digest is not that of the audit file in "
            "it. Give another folder with --out, or put back the file."
        ),
    ),
    Case(
        name="out holds half a lock",
        files=_run(lock_json=_lock(versions=3)),
        says=lines(
            "run/lock.json: the lock is incomplete. Give another folder with --out, or put "
            "back the file."
        ),
    ),
    Case(
        name="run into a file",
        files={"run": "notes\n"},
        command=("run", "audit.yaml", "--out", "run"),
        says=lines("run: this is a file. Give a folder with --out."),
    ),
    Case(
        name="plan lock into a file",
        files={"run": "notes\n"},
        command=("plan", "lock", "audit.yaml", "--out", "run"),
        says=lines("run: this is a file. Give a folder with --out."),
    ),
    Case(
        name="plan new over a file",
        command=(
            "plan",
            "new",
            "audit.yaml",
            *("--title", "t", "--dataset", "d", "--system", "s"),
            *("--groups", "sex", "--accuracy", "0.9", "--gap", "0.1"),
        ),
        says=lines("audit.yaml: there is already a file; choose another name"),
    ),
    Case(
        name="measure nothing",
        command=("measure", "run"),
        says=lines("run: not a run folder. Make one: facevalue audit AUDIT.yaml --out run"),
    ),
    Case(
        name="measure a file",
        command=("measure", "faces.csv"),
        says=lines(
            "faces.csv: not a run folder. Make one: facevalue audit AUDIT.yaml --out faces.csv"
        ),
    ),
    Case(
        name="judge another folder",
        files={"run/a": ""},
        command=("judge", "run"),
        says=lines("run: not a run folder. Make one: facevalue audit AUDIT.yaml --out run"),
    ),
    Case(
        name="report on nothing",
        command=("report", "run"),
        says=lines("run: not a run folder. Make one: facevalue audit AUDIT.yaml --out run"),
    ),
    Case(
        name="measure what was not run",
        files=_run(None),
        command=("measure", "run"),
        says=lines(
            "run: 1 problem(s)",
            (
                "  run/run.json: the run was locked, but no system was asked yet. Run: facevalue "
                "run AUDIT.yaml --out run [nothing_run]"
            ),
        ),
    ),
    Case(
        name="judge what was not run",
        files=_run(None),
        command=("judge", "run"),
        says=lines(
            "run: 1 problem(s)",
            (
                "  run/run.json: the run was locked, but no system was asked yet. Run: facevalue "
                "run AUDIT.yaml --out run [nothing_run]"
            ),
        ),
    ),
    Case(
        name="report on what was not run",
        files=_run(None),
        command=("report", "run"),
        says=lines("run/findings.parquet: no findings here. Run: facevalue measure run"),
    ),
    Case(
        name="measure without its audit file",
        files=_run(audit_yaml=None),
        command=("measure", "run"),
        says=lines("run/audit.yaml: 1 problem(s)", "  there is no such file [missing_file]"),
    ),
    Case(
        name="measure with a damaged record",
        files=_run('{"base": "..'),
        command=("measure", "run"),
        says=lines(
            "run/run.json: the record of the run is damaged. Run: facevalue run AUDIT.yaml "
            "--out run"
        ),
    ),
    Case(
        name="measure with another record",
        files=_run({}),
        command=("measure", "run"),
        says=lines(
            "run/run.json: the record of the run is damaged. Run: facevalue run AUDIT.yaml "
            "--out run"
        ),
    ),
    Case(
        name="measure other data",
        files=_run(),
        command=("measure", "run"),
        says=lines(
            "run: not what the systems were asked on any more: 'faces'. Run: facevalue run "
            "AUDIT.yaml --out run"
        ),
    ),
    Case(
        name="measure without answers",
        files=_run(),
        then=_asked_on_these_data,
        command=("measure", "run"),
        says=lines(
            "run/predictions/mine--faces.parquet: no answers of 'mine' on 'faces' here. Run: "
            "facevalue run AUDIT.yaml --out run"
        ),
    ),
    Case(
        name="measure damaged answers",
        files=_run() | {"run/predictions/mine--faces.parquet": "PAR1"},
        then=_asked_on_these_data,
        command=("measure", "run"),
        says=lines(
            "run/predictions/mine--faces.parquet: the answers are damaged. Delete the file. "
            "Run: facevalue run AUDIT.yaml --out run"
        ),
    ),
    Case(
        name="judge without findings",
        files=_run(),
        command=("judge", "run"),
        says=lines("run/findings.parquet: no findings here. Run: facevalue measure run"),
    ),
    Case(
        name="judge damaged findings",
        files=_run(findings_parquet="PAR1"),
        command=("judge", "run"),
        says=lines("run/findings.parquet: the findings are damaged. Run: facevalue measure run"),
    ),
    Case(
        name="show a dataset nobody knows",
        command=("datasets", "show", "crema"),
        says=lines(
            "unknown dataset 'crema'. Did you mean 'crema-d'? Known: 'crema-d', 'emodb-2s', "
            "'ferplus', 'generated-control-sounds', 'generated-controls', 'lfw-subset'."
        ),
    ),
    Case(
        name="fetch what cannot be fetched",
        command=("datasets", "fetch", "emodb-2s"),
        says=lines(
            "dataset 'emodb-2s' is not available here. It cannot be fetched: set "
            "FACEVALUE_DATA to a folder that holds emodb-2s/ with items.csv and flac."
        ),
    ),
    Case(
        name="fetch a system nobody knows",
        command=("systems", "fetch", "fre"),
        says=lines("unknown system 'fre'. Did you mean 'fer'? Known: 'face-api', 'facex', 'fer'."),
    ),
)
