"""`--budget`: how much a system is asked, in what order, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from facevalue.cli.main import app
from flow_support import N_ITEMS, asked, build
from support import require


def run(*words: str) -> Any:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    require("PIL")
    monkeypatch.chdir(tmp_path)
    return build(tmp_path)


def people(folder: Path) -> set[str]:
    return {item.rpartition("-")[0] for item in asked(folder)}


def test_so_many_items_are_asked_person_by_person_and_the_report_says_so(audit: Path) -> None:
    done = run("audit", "audit.yaml", "--out", "run", "--budget", "22")
    assert done.exit_code in (0, 1, 3)
    assert sum(asked(audit.parent).values()) == 22
    # Five people with four pictures each, and the sixth in part: not the first six of the file.
    assert len(people(audit.parent)) == 6
    assert people(audit.parent) != {f"face-{i}" for i in range(6)}
    says = (
        f"mine: The budget of 22 questions is spent: 22 of {N_ITEMS} open questions were asked, "
        "18 were not."
    )
    (dataset,) = json.loads(Path("run/run.json").read_text("utf-8"))["datasets"]
    assert says in dataset["notes"]
    assert says in Path("run/report.html").read_text("utf-8")


def test_the_same_command_goes_on_and_ends_where_a_whole_audit_does(audit: Path) -> None:
    run("audit", "audit.yaml", "--out", "run", "--budget", "22 items")
    run("audit", "audit.yaml", "--out", "run")
    assert sum(asked(audit.parent).values()) == N_ITEMS
    (dataset,) = json.loads(Path("run/run.json").read_text("utf-8"))["datasets"]
    assert not [note for note in dataset["notes"] if "budget" in note]
    run("audit", "audit.yaml", "--out", "whole")
    assert Path("run/findings.parquet").read_bytes() == Path("whole/findings.parquet").read_bytes()


def test_calls_are_counted_in_batches(audit: Path) -> None:
    run("run", "audit.yaml", "--out", "run", "--budget", "2calls")
    assert sum(asked(audit.parent).values()) == 6, "the system is asked three at a time"


@pytest.mark.parametrize("words", ["0", "-3", "many", "5 minutes", "1e3"])
def test_words_that_are_no_budget(words: str, audit: Path) -> None:
    done = run("audit", "audit.yaml", "--out", "run", f"--budget={words}")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        f"facevalue: --budget {words!r}: expected a number of items (500), seconds (90s) or calls "
        "(20calls), more than 0\n"
    )
    assert not Path("run").exists()


def test_parts_of_an_item_are_no_budget(audit: Path) -> None:
    done = run("audit", str(audit), "--out", "run", "--budget", "1.5calls")
    assert done.exit_code == 2
    assert done.stderr == "facevalue: --budget '1.5calls': calls are counted in whole numbers\n"
