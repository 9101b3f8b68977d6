"""`facevalue compare`: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from compare_support import stressed, tabled
from facevalue.cli.main import app
from facevalue.runs import RunFolder, stress_name


def right(p: int, k: int) -> str:
    return ("bright", "dark")[k % 2]


def good(p: int, k: int) -> str:
    """Wrong about the first item of the first six people."""
    return "dark" if k == 0 and p < 6 else right(p, k)


def guess(p: int, k: int) -> str:
    return ("bright", "dark")[(p + k // 2) % 2]


def run(*words: object) -> Any:
    result = CliRunner().invoke(app, ["compare", *map(str, words)])
    # Anything else is a bug of ours and keeps its traceback.
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def refused(*words: object) -> str:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("facevalue: ")
    return str(result.stderr.removeprefix("facevalue: ").removesuffix("\n"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("runs")
    return tabled(folder / "a", {"old": good}), tabled(folder / "b", {"new": right})


@pytest.fixture(scope="module")
def guessing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a good system and of one that guesses."""
    return tabled(tmp_path_factory.mktemp("guessing"), {"old": good, "guess": guess})


def test_it_tells_both_sides_the_difference_and_how_it_reads(runs: tuple[Path, Path]) -> None:
    result = run(*runs)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("First:  old · Answers in a table · run, run of ")
    assert lines[1].startswith("Second: new · Answers in a table · run, run of ")
    assert lines[2] == "        new − old on table: 40 items of 10 subjects"
    # One wrong item of four for six of ten people; the interval is worked out in test_compare_runs.
    assert "Of 5 differences (second minus first, all looks allowed for): 3 shown" in result.stdout
    accuracy = next(x for x in lines if x.startswith("accuracy  ")).split()
    assert accuracy[:6] == ["accuracy", "all", "85.0", "%", "100.0", "%"]
    assert accuracy[6] == "+15.0"
    assert accuracy[10:12] == ["40", "10"]
    assert accuracy[-2:] == ["second", "higher"]
    (recall,) = [x for x in lines if x.startswith("recall of “dark”")]
    assert recall.endswith("not shown to differ")
    assert "equal" not in result.stdout.replace("equal for all groups", "")
    # The largest first: bright ones gain most.
    assert lines[lines.index("Largest first, in percentage points:") + 2] == next(
        x for x in lines if x.startswith("recall of “bright”")
    )


def test_groups_stand_apart(runs: tuple[Path, Path]) -> None:
    text = run(*runs).stdout
    by_group = text[text.index("By group:") :]
    where = [line[10:].partition("  ")[0] for line in by_group.splitlines()[2:]]
    # In the order of the data: people are not ranked.
    assert where[:5] == [
        "sex: f", "sex: m", "sex: f, against rest", "sex: m, against rest",
        "sex: f − m, largest gap",
    ]  # fmt: skip


def test_a_guess_is_said_to_be_one_beside_groups(guessing: Path) -> None:
    text = " ".join(run(guessing, guessing, "--systems", "old,guess").stdout.split())
    assert (
        "Not shown to beat the reference systems (majority, random, shuffled labels) on table: "
        "guess." in text
    )


def test_of_many_rows_the_largest_are_printed(runs: tuple[Path, Path], tmp_path: Path) -> None:
    # Every word of a taxonomy of eleven has a recall: with three figures more, and groups.
    labels = ", ".join(f"l{i}" for i in range(24))
    made = tabled(tmp_path, {"s": right}, n_items=24)
    folder = made.parent
    for name in ("items.csv", "0.csv"):
        lines = (folder / name).read_text().splitlines()
        changed = [lines[0]]
        for line in lines[1:]:
            k = line.split(",")[0].partition("-")[2]
            changed.append(line.replace("bright", f"l{k}").replace("dark", f"l{k}"))
        (folder / name).write_text("\n".join(changed) + "\n")
    audit = (folder / "audit.yaml").read_text().replace("bright, dark", labels)
    (folder / "many.yaml").write_text(audit)
    done = CliRunner().invoke(app, ["audit", str(folder / "many.yaml"), "-o", str(folder / "m")])
    assert done.exit_code == 0, done.output
    cut, whole = (run(folder / "m", folder / "m", *more).stdout for more in ((), ("--all",)))
    assert "… and 7 more: --all prints them" in cut
    assert "--all prints them" not in whole
    assert len(whole.splitlines()) == len(cut.splitlines()) + 7 - 1


def test_json_holds_everything_and_nothing_else_is_printed(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    result = run(*runs, "--json", "--out", page)
    told = json.loads(result.stdout)
    assert (told["format"], told["version"]) == ("facevalue-comparison", 1)
    assert told["pairs"][0]["system"] == "new − old"
    (accuracy,) = [
        f for f in told["findings"] if f["metric"] == "accuracy" and f["attribute"] is None
    ]
    assert accuracy["estimate"] == pytest.approx(0.15)
    assert (accuracy["first"], accuracy["second"]) == pytest.approx((0.85, 1.0))
    assert accuracy["read_as"] == "second higher"
    assert (accuracy["system"], accuracy["family"]) == ("new − old", "comparison")
    assert result.stderr == f"Page: {page}\n"


@pytest.mark.parametrize("name", ["found.csv", "found.json"])
def test_findings_go_to_a_file(name: str, runs: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "new" / name
    result = run(*runs, "--findings", path)
    assert result.stdout.endswith(f"Findings: {path}\n")
    if name.endswith("csv"):
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
        (accuracy,) = [r for r in rows if r["metric"] == "accuracy" and not r["attribute"]]
        assert float(accuracy["estimate"]) == pytest.approx(0.15)
        assert accuracy["read_as"] == "second higher"
    else:
        assert json.loads(path.read_text("utf-8")) == json.loads(run(*runs, "--json").stdout)


def test_the_same_command_writes_the_same_bytes(runs: tuple[Path, Path], tmp_path: Path) -> None:
    pages = [tmp_path / "one.html", tmp_path / "two.html"]
    for page in pages:
        assert run(*runs, "--out", page).exit_code == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_names_of_systems_are_checked(guessing: Path) -> None:
    for given, found in (("old", "old"), ("old,guess,x", "old,guess,x"), ("old,", "old,")):
        assert refused(guessing, guessing, "--systems", given) == (
            "--systems takes two names with a comma between them: one of the first run and one of "
            f"the second, as --systems old,new; found {found!r}"
        )
    assert refused(guessing, guessing, "--systems", "old,gues") == (
        "unknown system of the second run 'gues'. Did you mean 'guess'? Known: 'guess', 'old'."
    )


def test_names_of_files_are_checked_before_anything_is_read(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert refused(nowhere, nowhere, "--out", "page.pdf") == (
        "--out takes a file that ends with .html, found page.pdf"
    )
    assert refused(nowhere, nowhere, "--findings", "f.xlsx") == (
        "--findings takes a file that ends with .csv or .json, found f.xlsx"
    )
    (tmp_path / "x.html").mkdir()
    assert refused(nowhere, nowhere, "--out", tmp_path / "x.html") == (
        f"--out: {tmp_path / 'x.html'} is a folder; give the name of a file"
    )
    assert refused(nowhere, nowhere) == (
        f"{nowhere}: not a run folder. Make one: facevalue audit AUDIT.yaml --out {nowhere}"
    )


def test_a_refused_comparison_leaves_nothing_behind(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    other = tabled(tmp_path / "c", {"s": right}, annotated=lambda p, k: right(p, k + 1))
    page, table = tmp_path / "page.html", tmp_path / "f.csv"
    said = refused(runs[0], other, "--out", page, "--findings", table)
    assert said == (
        f"{runs[0]} and {other}: there is nothing to compare.\n"
        "  table: the runs have it with different items; none is in both."
    )
    assert not page.exists()
    assert not table.exists()


def test_a_place_that_cannot_be_written_is_told(runs: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    page = tmp_path / "file" / "page.html"
    assert refused(*runs, "--out", page) == (
        f"{page}: cannot be written (File exists). Give another file."
    )


def test_a_difference_alike_for_everybody_comes_first(tmp_path: Path) -> None:
    made = tabled(tmp_path, {"good": right, "bad": lambda p, k: right(p, k + 1)})
    text = run(made, made, "--systems", "good,bad").stdout
    lines = text[text.index("Largest first") :].splitlines()
    assert lines[2].startswith("accuracy  ")
    assert "−100.0 (−100.0 to −38.3)" in lines[2]  # −1 + 2 (1 − 0.025^(1/10))
    assert lines[2].endswith("second lower")
    assert "not estimable" not in text[: text.index("By group:")]


def test_answers_under_stress_that_are_missing_or_damaged_are_told(tmp_path: Path) -> None:
    made = stressed(tmp_path, "[mirror]\n  worst: 3")
    path = RunFolder.open(made).answers_file("mine", stress_name("pictures"))
    how = f"Run: facevalue run AUDIT.yaml --out {made}"
    whole = RunFolder.open(made).read_answers("mine", stress_name("pictures"))
    damaged = (
        f"{path}: the answers are damaged: no column 'condition'. Expected the text columns item, "
        f"label, failure, condition; numbers in score_… and votes_…. Delete the file. {how}"
    )
    missing = f"{path}: no answers of 'mine' on 'pictures' under stress here. {how}"
    whole.drop("condition").write_parquet(path)
    for expected in (damaged, missing):
        for command in (("compare", made, made), ("measure", made), ("report", made)):
            result = CliRunner().invoke(app, list(map(str, command)))
            told = result.stderr.removeprefix("facevalue: ").removesuffix("\n")
            assert (result.exit_code, result.stdout, told) == (2, "", expected)
        path.unlink(missing_ok=True)
