"""`--budget`: how much a system is asked, in what order, and what is said of it."""

from __future__ import annotations

import json
import re
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


STRESS = "stress:\n  checks: [repeat, alone]\n"
SPENT = (
    "mine: The budget of 50 questions lasts for no further item: 48 of 120 questions were asked "
    "(items, as they are and under 2 conditions), 72 were not.\n"
)


@pytest.mark.parametrize("command", ["audit", "run"])
def test_a_spent_budget_is_told_once_in_the_words_of_the_report(audit: Path, command: str) -> None:
    audit.write_text(audit.read_text("utf-8") + STRESS, "utf-8")
    done = run(command, "audit.yaml", "--out", "run", "--budget", "50")
    first, more, answered, *left_out = done.stderr.splitlines(keepends=True)
    assert first == "mine on pictures: 16 to answer\n"
    assert more == "mine on pictures: and more, under stress\n"
    assert re.fullmatch(r"mine on pictures: \d+ answers \([\d.]+/s\), \d failed\n", answered)
    assert left_out == [SPENT]
    if command == "audit":
        assert SPENT.strip() in Path("run/report.html").read_text("utf-8")
    # The rest is asked, and nothing is said of a budget any more.
    again = run(command, "audit.yaml", "--out", "run")
    assert "budget" not in again.stderr


def test_a_spent_budget_is_told_without_stress(audit: Path) -> None:
    done = run("run", str(audit), "--out", "run", "--budget", "22")
    assert done.stderr.splitlines()[2:] == [
        f"mine: The budget of 22 questions is spent: 22 of {N_ITEMS} open questions were asked, "
        "18 were not."
    ]


@pytest.mark.parametrize(
    ("words", "n_asked"),
    [("7", 7), ("7 items", 7), ("7items", 7), (" 7 ", 7), ("3calls", 9), ("3 calls", 9),
     ("60s", N_ITEMS), ("60 s", N_ITEMS), ("60 seconds", N_ITEMS), ("60.5seconds", N_ITEMS)],
)  # fmt: skip
def test_words_that_are_a_budget(words: str, n_asked: int, audit: Path) -> None:
    assert run("run", str(audit), "--out", "run", "--budget", words).exit_code == 0
    assert sum(asked(audit.parent).values()) == n_asked


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
