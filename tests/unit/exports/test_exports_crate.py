"""The run folder as an RO-Crate: every file with its digest, and who made it from what.

The rules are those that version 1.2 of the specification marks as MUST for an attached crate.
The file is also read by the reference library. (By hand, roc-validator 0.13.0 finds no fault
of severity REQUIRED by the profile ro-crate-1.2.)
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from rocrate.rocrate import ROCrate

from exports_support import source_of
from facevalue import flow
from facevalue.errors import InputError
from facevalue.exports import export
from facevalue.exports.ro_crate import METADATA, RO_CRATE, crate
from facevalue.runs import RunFolder
from flow_support import NOW, build
from report_factory import hostile, realistic, small
from support import require


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("PIL")
    folder = tmp_path_factory.mktemp("crate")
    flow.audit(build(folder), folder / "run", now=NOW)
    return folder / "run"


def written(run: Path) -> Any:
    folder = RunFolder.open(run)
    said = export(folder, flow.report_material(folder), "ro-crate")
    assert said == f"Written: {run / METADATA}\n"
    return json.loads((run / METADATA).read_text("utf-8"))


def entities(document: Any) -> dict[str, dict[str, Any]]:
    found = {entity["@id"]: entity for entity in document["@graph"]}
    assert len(found) == len(document["@graph"])
    return found


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [x for part in value for x in references(part)]
    if isinstance(value, dict):
        own = [value["@id"]] if set(value) == {"@id"} else []
        return own + [x for k, part in value.items() if k != "@id" for x in references(part)]
    return []


def check_musts(document: Any) -> dict[str, dict[str, Any]]:
    found = entities(document)
    assert document["@context"] == "https://w3id.org/ro/crate/1.2/context"
    descriptor, root = found["ro-crate-metadata.json"], found["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    assert root["@type"] == "Dataset"
    assert {"name", "description", "datePublished", "license"} <= set(root)
    files = {name for name, e in found.items() if e["@type"] == "File"}
    assert files <= set(references(root["hasPart"]))
    for name, entity in found.items():
        assert entity["@type"], name
        assert entity["name"], name
        if entity["@type"] == "SoftwareApplication":
            assert entity["url"], name
            assert entity["version"], name
    # Every reference inside the crate leads to an entity.
    inside = {x for x in references(document["@graph"]) if not x.startswith("https://w3id.org")}
    assert inside <= set(found)
    return found


def test_every_file_is_listed_with_its_digest(run: Path) -> None:
    (run / "predictions" / "store.sqlite-wal").write_bytes(b"journal")
    (run / ".hidden").write_bytes(b"left by a desktop")
    found = check_musts(written(run))
    files = {unquote(name): e for name, e in found.items() if e["@type"] == "File"}
    there = {p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file()}
    assert set(files) == there - {METADATA, ".hidden", "predictions/store.sqlite-wal"}
    assert {"audit.yaml", "lock.json", "run.json", "report.html", "findings.parquet",
            "predictions/store.sqlite"} < set(files)  # fmt: skip
    for name, entity in files.items():
        content = (run / name).read_bytes()
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content))


def test_a_run_that_holds_pictures_of_items_becomes_no_crate(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    RO_CRATE.send(source_of(small(), folder=tmp_path), None)
    (tmp_path / METADATA).unlink()
    (tmp_path / "pictures" / f"{'0' * 32}.png").write_bytes(b"somebody")
    with pytest.raises(InputError) as caught:
        RO_CRATE.send(source_of(small(), folder=tmp_path), None)
    assert str(caught.value) == (
        f"ro-crate: {tmp_path} holds pictures of single items, which an archive should not. Say "
        "worst_pictures: false in the audit file and run it again: "
        f"facevalue audit AUDIT.yaml --out {tmp_path}"
    )
    assert not (tmp_path / METADATA).exists()


def test_the_same_run_gives_the_same_bytes(run: Path) -> None:
    written(run)
    first = (run / METADATA).read_bytes()
    written(run)
    assert (run / METADATA).read_bytes() == first


def test_the_crate_says_who_made_it_when_and_from_what(run: Path) -> None:
    found = entities(written(run))
    action = found["#run"]
    assert action["@type"] == "CreateAction"
    assert action["startTime"] == found["./"]["datePublished"] == "2026-11-24T12:00:00Z"
    assert action["instrument"] == {"@id": "#facevalue"}
    assert found["#facevalue"]["@type"] == "SoftwareApplication"
    used = [found[x] for x in references(action["object"])]
    assert [e["name"] for e in used] == ["audit.yaml", "lock.json", "pictures", "mine"]
    assert "good for mine: " in found["./"]["description"]


def test_the_reference_library_reads_it(run: Path) -> None:
    document = written(run)
    read = ROCrate(str(run))
    assert read.root_dataset["name"] == "Light and dark"
    files = [e for e in read.data_entities if e.type == "File"]
    assert len(files) == sum(e["@type"] == "File" for e in document["@graph"])


def test_a_crate_is_written_nowhere_else(run: Path) -> None:
    folder = RunFolder.open(run)
    with pytest.raises(InputError) as caught:
        export(folder, flow.report_material(folder), "ro-crate", out="crate.json")
    assert str(caught.value) == (
        "ro-crate: it describes the run folder and is written into it. Leave out --out crate.json."
    )


def test_data_and_systems_have_their_licences(tmp_path: Path) -> None:
    found = check_musts(crate(source_of(realistic(), folder=tmp_path)))
    data = [e for name, e in found.items() if name.startswith("#dataset-")]
    # Data that were not here took no part.
    assert [e["alternateName"] for e in data] == ["crema-d", "lfw-subset"]
    assert found[data[0]["license"]["@id"]]["name"] == "ODbL 1.0, contents DbCL 1.0"
    assert data[0]["creditText"].startswith("Cao et al. (2014)")
    systems = {e["name"]: e for name, e in found.items() if name.startswith("#system-")}
    assert systems["human raters"]["@type"] == "Thing"
    assert systems["fer"]["@type"] == "SoftwareApplication"
    assert systems["fer"]["version"] == "25.10.3"


def test_hostile_names_make_a_crate_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a b#?%.txt").write_text("x")
    (tmp_path / "link").symlink_to("a b#?%.txt")
    found = check_musts(crate(source_of(hostile(), folder=tmp_path)))
    assert found["a%20b%23%3F%25.txt"]["name"] == "a b#?%.txt"
    assert "link" not in found
    assert "javascript" not in " ".join(str(e.get("url")) for e in found.values())
