"""Malformed input of every kind: refused with its place, wholly told, and nothing written."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from typer.testing import CliRunner

from facevalue.cli.main import app
from malformed import (
    asked,
    audit_files,
    folders,
    manifests,
    media,
    models,
    options,
    predictions,
    stress,
)
from malformed.case import Case
from support import require

TESTS = Path(__file__).parents[1]
TABLES = (manifests, media, audit_files, asked, predictions, options, models, folders, stress)
CASES = {
    f"{table.__name__.rpartition('.')[2]}: {case.name}": case
    for table in TABLES
    for case in table.CASES
}
BAD_INPUT = 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder a command is run in; everything else it could write to is beside it."""
    for name in ("work", "cache", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.delenv("FACEVALUE_DATA", raising=False)
    monkeypatch.setenv("FACEVALUE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def everything(root: Path) -> dict[str, bytes | str | None]:
    """Return all that lies under ``root``: bytes of files, targets of links."""
    return {path.relative_to(root).as_posix(): _content(path) for path in root.rglob("*")}


def _content(path: Path) -> bytes | str | None:
    if path.is_symlink():
        return str(path.readlink())
    return path.read_bytes() if path.is_file() else None


def prepared(case: Case, folder: Path) -> dict[str, bytes | str | None]:
    for package in case.needs:
        require(package)
    case.build(folder)
    return everything(folder.parent)


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    case = CASES[name]
    before = prepared(case, folder)
    result = CliRunner().invoke(app, list(case.command))
    assert result.stderr == case.says
    assert result.stdout == ""
    assert result.exit_code == BAD_INPUT
    assert isinstance(result.exception, SystemExit)
    assert everything(folder.parent) == before
    # Libraries write past Python.
    assert capfd.readouterr() == ("", "")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "facevalue", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "name",
    [
        "manifests: latin-1",
        "manifests: everything at once",
        "audit_files: control characters",
        "predictions: scores that are none",
        "models: a pickle called onnx",
        "folders: out holds something else",
    ],
)
def test_refused_by_the_real_command(name: str, folder: Path) -> None:
    case = CASES[name]
    before = prepared(case, folder)
    done = run(folder, *case.command)
    assert (done.returncode, done.stdout, done.stderr) == (BAD_INPUT, "", case.says)
    assert everything(folder.parent) == before


def test_an_audit_file_is_named_as_it_was_given(folder: Path) -> None:
    case = CASES["asked: a bound of 95"]
    before = prepared(case, folder)
    audit, out = folder / "audit.yaml", folder / "run"
    result = CliRunner().invoke(app, ["audit", str(audit), "--out", str(out)])
    assert result.stderr == case.says.replace("audit.yaml", str(audit))
    assert (result.exit_code, everything(folder.parent)) == (BAD_INPUT, before)


def test_a_pickle_would_have_left_a_file_behind(folder: Path) -> None:
    """What shows that no model was unpickled would have shown it."""
    import pickle

    pickle.loads(models.PICKLE).close()
    assert (folder / "unpickled").exists()


def test_every_message_begins_with_its_place() -> None:
    for name, case in CASES.items():
        assert case.says.startswith("facevalue: "), name
        assert case.says.endswith("\n"), name
        assert "Traceback" not in case.says, name
        # A place, a file or a name is told before anything else.
        assert re.match(r"facevalue: (\S+: |(unknown )?(dataset|system) |unknown )", case.says), (
            name
        )


def test_there_are_as_many_cases_as_promised() -> None:
    assert len(CASES) == sum(len(table.CASES) for table in TABLES)
    assert len(CASES) >= 40


def codes_in_the_source() -> set[str]:
    path = TESTS.parent / "docs" / "problem_codes.py"
    spec = spec_from_file_location("problem_codes", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return set(module.problem_codes())


def codes_told() -> Iterator[str]:
    """Yield the code at the end of each line that a case or another test expects."""
    texts = [case.says for case in CASES.values()]
    texts += [p.read_text("utf-8") for p in (TESTS / "unit").rglob("test_*.py")]
    for text in texts:
        yield from re.findall(r"\[([a-z]+(?:_[a-z0-9]+)+)\](?=\"|\\n|\n)", text)


def test_every_code_of_a_problem_is_told_in_a_whole_message() -> None:
    known = codes_in_the_source()
    assert {"duplicate_id", "unmapped_label", "unknown_key", "bad_model"} <= known
    assert known - set(codes_told()) == set()


def test_codes_are_looked_for_where_they_are_told() -> None:
    """The search for codes in the source misses none that a case is told."""
    told = {code for case in CASES.values() for code in re.findall(r"\[(\w+)\]\n", case.says)}
    assert told <= codes_in_the_source()
