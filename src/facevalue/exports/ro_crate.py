"""RO-Crate 1.2: ``ro-crate-metadata.json`` lists every file of the run with its digest.

It is written into the run folder, which becomes a crate that archives can take. It tells what
made the files, from which data, under which licence those are. The journal of the store is
left out: it is no part of a finished run. Nothing of what is in the files is told.

References
----------
RO-Crate Metadata Specification 1.2 (2025), https://w3id.org/ro/crate/1.2.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from facevalue.atomic import write_text
from facevalue.canonical import digest, digest_stream
from facevalue.errors import InputError
from facevalue.exports.source import Source
from facevalue.report.blocks import Link, web_link
from facevalue.report.model import DatasetSheet, Provenance, ReportInput, SystemSheet
from facevalue.report.wording import clean
from facevalue.runs.pictures import PICTURES

__all__ = ["RO_CRATE", "RoCrate", "crate"]

SPECIFICATION = "https://w3id.org/ro/crate/1.2"
METADATA = "ro-crate-metadata.json"
ENCODINGS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".sqlite": "application/vnd.sqlite3",
    ".svg": "image/svg+xml",
    ".yaml": "application/yaml",
}
ABOUT = {
    "audit.yaml": "The audit file as it was read: data, systems, analyses and claims.",
    "consequences.json": "What would follow for people in the uses that the audit file names.",
    "findings.json": "Every finding: a number with its uncertainty, or why there is none.",
    "findings.parquet": "Every finding, as a table.",
    "lock.json": "The audit file and the time, put down before any prediction was made.",
    "report.html": "The report: one page that works offline.",
    "run.json": "When and with which versions, systems and data the run was made.",
    "verdicts.json": "The verdict on each claim, with the findings it rests on.",
    "predictions/store.sqlite": "Every answer as it was given, in the order of asking.",
}
FOLDERS = {
    "figures": "A figure of the report.",
    "predictions": "The answers of one system on one dataset.",
}


class RoCrate:
    """The kind of export that makes a run folder a crate."""

    def send(self, source: Source, out: str | None) -> str:
        """Write the metadata into the run folder."""
        if out is not None:
            raise InputError(
                f"ro-crate: it describes the run folder and is written into it. Leave out "
                f"--out {out}."
            )
        if any((source.folder.path / PICTURES).glob("*")):
            raise InputError(
                f"ro-crate: {source.folder.path} holds pictures of single items, which an archive "
                "should not. Say worst_pictures: false in the audit file and run it again: "
                f"facevalue audit AUDIT.yaml --out {source.folder.path}"
            )
        path = source.folder.path / METADATA
        document = crate(source)
        write_text(path, json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n")
        return f"Written: {path}\n"


def crate(source: Source) -> dict[str, Any]:
    """Return the metadata of a run folder as JSON-LD."""
    report, made = source.material.report, source.material.report.provenance
    root = source.folder.path
    files = [_file(root, path) for path in _files(root)]
    sheets = [d for d in report.datasets if d.missing is None]
    data, systems = [_dataset(d) for d in sheets], [_system(s) for s in report.systems]
    stated = [d.licence for d in sheets] + [s.about.get("licence", "") for s in report.systems]
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "name": "Metadata of the run folder",
            "conformsTo": {"@id": SPECIFICATION},
            "about": {"@id": "./"},
        },
        _root(report, files, data),
        NO_LICENCE,
        OURS,
        *(_licence(words) for words in dict.fromkeys(stated) if words),
        *files,
        *data,
        *systems,
        _facevalue(made),
        _action(report, files, [*data, *systems]),
    ]
    return {"@context": f"{SPECIFICATION}/context", "@graph": graph}


NO_LICENCE = {
    "@id": "#no-licence-stated",
    "@type": "CreativeWork",
    "name": "No licence stated",
    "description": "The run does not say under which licence its results may be used. The "
    "licences of the data are told with each dataset.",
}
OURS = {
    "@id": "https://spdx.org/licenses/Apache-2.0",
    "@type": "CreativeWork",
    "name": "Apache License 2.0",
    "description": "The licence of facevalue, which made the run; not that of its results.",
}


def _licence(words: str) -> dict[str, str]:
    return {
        "@id": _licence_id(words),
        "@type": "CreativeWork",
        "name": clean(words),
        "description": "A licence as the data or the system state it.",
    }


def _licence_id(words: str) -> str:
    return f"#licence-{digest(words)[:16]}"


def _files(root: Path) -> Iterator[Path]:
    """Yield the files of a run in the order of their names; links and hidden ones are not ours."""
    for path in sorted(root.rglob("*"), key=lambda p: p.relative_to(root).as_posix()):
        inside = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.is_symlink() or not path.is_file() or hidden or inside.as_posix() == METADATA:
            continue
        if not path.name.endswith(("-wal", "-shm", "-journal")):
            yield path


def _file(root: Path, path: Path) -> dict[str, Any]:
    inside = path.relative_to(root).as_posix()
    with path.open("rb") as stream:
        sha256 = digest_stream(stream)
    about = ABOUT.get(inside) or FOLDERS.get(inside.partition("/")[0], "A file of the run.")
    return {
        "@id": quote(inside),
        "@type": "File",
        "name": clean(inside),
        "description": about,
        "encodingFormat": ENCODINGS.get(path.suffix, "application/octet-stream"),
        "contentSize": str(path.stat().st_size),
        "sha256": sha256,
    }


def _root(
    report: ReportInput, files: list[dict[str, Any]], data: list[dict[str, Any]]
) -> dict[str, Any]:
    verdicts = "; ".join(
        f"{v.claim.id} for {v.system or 'no system'}: {v.outcome.words}" for v in report.verdicts
    )
    said = f" Verdicts: {verdicts}." if verdicts else ""
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": clean(report.title),
        "description": clean(f"Audit of an emotion-recognition system by facevalue.{said}"),
        "datePublished": clean(report.provenance.started),
        "license": {"@id": NO_LICENCE["@id"]},
        "hasPart": _ids(files),
        "isBasedOn": _ids(data),
        "mentions": {"@id": "#run"},
    }


def _dataset(sheet: DatasetSheet) -> dict[str, Any]:
    found = {
        # Nothing of the data is in the crate: a work that it refers to, not a part of it.
        "@id": f"#dataset-{digest(sheet.id)[:16]}",
        "@type": "CreativeWork",
        "name": clean(sheet.title or sheet.id),
        "alternateName": clean(sheet.id),
        "description": clean(sheet.about),
        "license": {"@id": _licence_id(sheet.licence)} if sheet.licence else None,
        "creditText": clean(sheet.citation),
        "url": _address(sheet.url),
        "sha256": clean(sheet.sha256),
        "size": f"{sheet.n_items} items",
    }
    return {key: value for key, value in found.items() if value}


def _system(sheet: SystemSheet) -> dict[str, Any]:
    about = sheet.about
    url, version = _address(about.get("url", "")), clean(about.get("version", ""))
    licence = about.get("licence", "")
    found = {
        "@id": f"#system-{digest(sheet.name)[:16]}",
        # Software has an address and a version; raters, and answers from elsewhere, have none.
        "@type": "SoftwareApplication" if url and version else "Thing",
        "name": clean(sheet.name),
        "description": clean(about.get("title", "")) or "A system that was audited.",
        "version": version,
        "license": {"@id": _licence_id(licence)} if licence else None,
        "url": url,
        "identifier": clean(f"sha256:{sheet.identity_sha256}" if sheet.identity_sha256 else ""),
    }
    return {key: value for key, value in found.items() if value}


def _facevalue(made: Provenance) -> dict[str, Any]:
    return {
        "@id": "#facevalue",
        "@type": "SoftwareApplication",
        "name": "facevalue",
        "description": "Puts the claims made for emotion-recognition systems to the test.",
        "url": clean(f"pkg:pypi/facevalue@{made.version}"),
        "version": clean(made.version),
        "license": {"@id": OURS["@id"]},
        "runtimePlatform": clean(f"Python {made.python}, {made.platform}"),
        "softwareRequirements": [clean(f"{k} {v}") for k, v in sorted(made.packages.items())],
    }


def _action(
    report: ReportInput, files: list[dict[str, Any]], used: list[dict[str, Any]]
) -> dict[str, Any]:
    read = [f for f in files if f["@id"] in ("audit.yaml", "lock.json")]
    return {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "The audit",
        "description": clean(f"Made again with: {report.provenance.command}"),
        "startTime": clean(report.provenance.started),
        "instrument": {"@id": "#facevalue"},
        "object": _ids([*read, *used]),
        "result": _ids([f for f in files if f not in read]),
    }


def _ids(entities: list[dict[str, Any]]) -> Any:
    """Return references: one alone stands without a list, as the specification has it."""
    found = [{"@id": entity["@id"]} for entity in entities]
    return found[0] if len(found) == 1 else found


def _address(url: str) -> str:
    link = web_link(url)
    return link.href if isinstance(link, Link) else ""


RO_CRATE = RoCrate()
"""``--as ro-crate``."""
