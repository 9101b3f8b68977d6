"""`facevalue scenarios`: list, show, new and schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from facevalue.cli.main import app
from facevalue.simulate import fact, read_scenario, scenario, scenario_names, scenario_schema

PLAIN = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}


def run(*words: str) -> Any:
    result = CliRunner().invoke(app, list(words), env=PLAIN)
    # Anything else is a bug of ours and keeps its traceback.
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def said(*words: str) -> str:
    result = run("scenarios", *words)
    assert (result.exit_code, result.stderr) == (0, "")
    return str(result.stdout)


def refused(*words: str) -> str:
    result = run("scenarios", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    return str(result.stderr).rstrip("\n")


def test_all_are_listed() -> None:
    lines = said("list").splitlines()
    assert re.fullmatch(r"NAME +BASE RATE +RATES FROM +TITLE", lines[0])
    assert [line.split()[0] for line in lines[1:]] == scenario_names()
    told = {line.split()[0]: re.split(r"  +", line)[1:] for line in lines[1:]}
    assert told["checkpoint"] == [
        "0.0001 (0.0000001 to 0.001)", "labels, claim", "Screening of passengers at a checkpoint",
    ]  # fmt: skip
    assert told["entrance-screening"][1] == "study"
    # Where no figure exists, only the range is told.
    assert told["call-centre"][0] == "0.01 to 0.3"


@pytest.mark.parametrize("name", scenario_names())
def test_all_is_shown_with_its_source(name: str) -> None:
    out, one = said("show", name), scenario(name)
    text = " ".join(out.split())
    for told in (one.title, one.who, one.leads_to, one.settles, f"{one.people} who {one.sought}"):
        assert " ".join(told.split()) in text
    for amount in (one.people_a_day, one.base_rate, one.looks, one.review.minutes, one.claimed):
        if amount is None:
            continue
        assert amount.why is None or " ".join(amount.why.split()) in text
        assert amount.source is None or " ".join(amount.source.statement.split()) in text
    for entry in one.background:
        assert fact(entry).url in text
    if one.law:
        assert f"The law, as read on {one.law_checked}. Not legal advice." in out
        for note in one.law:
            assert " ".join(note.here.split()) in text
    assert not re.search(r"\d[eE][-+]\d|None", out)


def test_what_is_not_there_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    said("new", str(path))
    out = said("show", str(path))
    assert "The law" not in out
    assert "What is known" not in out
    assert "flag:" not in out
    assert "claims:" not in out
    assert "base rate:      0.0001 to 0.01 · nobody has counted; a guess between these\n" in out


def test_costs_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    said("new", str(path))
    cost = (
        "cost:\n  currency: EUR\n  false_flag: {value: 30, why: an hour}\n"
        "  missed: {low: 100, high: 10000, why: guessed}\n"
    )
    path.write_text(path.read_text("utf-8") + cost, "utf-8")
    out = said("show", str(path))
    assert re.search(r"^false flag, cost: *30 · an hour$", out, re.MULTILINE)
    assert re.search(r"^missed, cost: *100 to 10,000 · guessed$", out, re.MULTILINE)
    assert "cost a day" in run("simulate", str(path)).stdout


def test_one_that_is_not_known() -> None:
    assert refused("show", "chekpoint").startswith(
        "facevalue: unknown scenario 'chekpoint'. Did you mean 'checkpoint'? Known: 'call-centre', "
    )
    assert refused("show", "no.yaml") == (
        "facevalue: no.yaml: 1 problem(s)\n  there is no such file [missing_file]"
    )


def test_a_new_one_is_ready_to_run(tmp_path: Path) -> None:
    path = tmp_path / "My Door 2.yaml"
    out = said("new", str(path))
    assert out == f"Written: {path}. Next: facevalue simulate {path}\n"
    assert read_scenario(path).name == "my-door-2"
    text = path.read_text("utf-8")
    assert "Next: facevalue simulate My Door 2.yaml\n" in text
    found = run("simulate", str(path))
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout.startswith("Say in a few words what the use is\n\nTake 1,000 visitors, ")
    # The line that is left for a flag is one that can be read.
    path.write_text(text.replace("# flag:", "flag:"), "utf-8")
    flag = read_scenario(path).flag
    assert flag is not None
    assert flag.labels == ["anger", "fear"]
    assert run("simulate", str(path)).stdout == found.stdout


@pytest.mark.parametrize(("file", "name"), [("Ärger!.yml", "rger"), ("___.yaml", "my-use")])
def test_a_name_is_made_of_that_of_the_file(file: str, name: str, tmp_path: Path) -> None:
    said("new", str(tmp_path / file))
    assert read_scenario(tmp_path / file).name == name


def test_a_long_name_of_a_file_still_gives_a_scenario(tmp_path: Path) -> None:
    path = tmp_path / f"{'long-' * 30}.yaml"
    said("new", str(path))
    assert len(read_scenario(path).name) <= 60


@pytest.mark.parametrize("file", ["a{b}.yaml", "{0}.yaml", "a\x1b[2Jb.yaml", "a\nb.yaml"])
def test_a_strange_name_of_a_file_breaks_nothing(file: str, tmp_path: Path) -> None:
    out = said("new", str(tmp_path / file))
    assert "\x1b" not in out
    assert out.count("\n") == 1
    assert read_scenario(tmp_path / file).people == "visitors"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("mine", "utf-8")
    assert refused("new", str(path)) == (
        f"facevalue: {path}: is there already; nothing was written. Give another name"
    )
    assert path.read_text("utf-8") == "mine"


def test_where_none_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    assert refused("new", str(path)) == f"facevalue: {path}: a scenario is a .yaml file"
    path = tmp_path / "nowhere" / "mine.yaml"
    assert refused("new", str(path)) == f"facevalue: {path.parent}: there is no such folder"
    assert list(tmp_path.iterdir()) == []


def test_the_schema_is_that_of_scenarios() -> None:
    assert json.loads(said("schema")) == json.loads(json.dumps(scenario_schema()))


def test_without_a_command_the_commands_are_told() -> None:
    result = run("scenarios")
    assert result.exit_code == 2
    for command in ("list", "show", "new", "schema"):
        assert command in result.stdout + result.stderr


@pytest.mark.parametrize("stem", ["2026", "true", "null", "1e5"])
def test_a_name_that_yaml_would_take_for_something_else(stem: str, tmp_path: Path) -> None:
    said("new", str(tmp_path / f"{stem}.yaml"))
    assert read_scenario(tmp_path / f"{stem}.yaml").name == stem
