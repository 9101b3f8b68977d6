"""`facevalue simulate`: from a claim, a file or a run, in words, tables and JSON; and refusals."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from facevalue import flow
from facevalue.audits import read_audit
from facevalue.cli.main import app
from facevalue.simulate import (
    Simulated,
    alone,
    as_json,
    claimed_rates,
    deployment_of,
    scenario,
    scenario_names,
)
from facevalue.simulate.record import both
from flow_support import AUDIT, NOW, build
from support import require

PLAIN = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}
CLAIM = ("--accuracy", "0.95")

OWN = """\
facevalue_scenario: 1
name: door
title: A lamp at the door
who: Everyone at one door
people: guests
sought: bring a lamp
people_a_day: {value: 200, why: counted}
looks_a_day: {value: 1, why: one door}
base_rate: {low: 0.003, high: 0.3, why: nobody has counted}
looks: {value: 2, why: counted}
period: a week
leads_to: a question
claimed: {value: 0.9, why: a leaflet}
review:
  minutes: {value: 2, why: timed}
  staff: {value: 1, why: one guard}
  hours: {value: 8, why: opening hours}
settles: looking into bags
"""


def run(*words: str) -> Any:
    result = CliRunner().invoke(app, ["simulate", *words], env=PLAIN)
    # Anything else is a bug of ours and keeps its traceback.
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def said(*words: str) -> str:
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, "")
    return str(result.stdout)


def refused(*words: str) -> str:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    text = str(result.stderr)
    assert text.endswith("\n")
    assert text.startswith("facevalue: ")
    return text.removeprefix("facevalue: ").rstrip("\n")


def test_a_claim_of_95_percent_at_1_in_10_000() -> None:
    out = said("checkpoint", *CLAIM, "--base-rate", "0.0001")
    assert out.startswith(
        "Screening of passengers at a checkpoint\n"
        "\n"
        "Take 10,000 passengers, each looked at once. About 1 of them is among those who intend "
        "to attack\n"
        "others. The system flags about 501: 0.95 rightly and 500 wrongly.\n"
        "Of 1,000 people flagged, 2 are among those who intend to attack others, and 998 are not: "
        "a flag\n"
        "is right in 0.19 % of cases (1 in 527).\n"
    )
    assert re.search(r"^chance that a flag is at what is sought .+  0\.19 %$", out, re.MULTILINE)
    assert out.endswith("\nNot legal advice. A scenario is a described use, not a forecast.\n")


def test_what_was_assumed_is_listed() -> None:
    out = said("checkpoint", *CLAIM)
    assumed = out[out.index("\nAssumed:\n") : out.index("\nQUANTITY")]
    text = " ".join(assumed.split())
    assert text.startswith(f"Assumed: - {both(0.95)} - Base rate 0.0001: No figure exists for ")
    assert "- A flag leads to: Being taken aside, " in text
    assert text.endswith("Every other number and its reason: facevalue scenarios show checkpoint")
    # Without a claim of one's own, that of the scenario with its reason.
    assert "“Up to 95 %” in the claim library" in said("checkpoint")


def test_a_base_rate_that_nobody_knows_is_told_with_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "door.yaml"
    path.write_text(OWN, "utf-8")
    out = said(str(path))
    # The geometric mean of 0.003 and 0.3 is 0.03.
    assert "- Base rate 0.03, a number between 0.003 and 0.3: nobody has counted\n" in out
    assert " who are looked at twice in a week" in out
    text = " ".join(said("call-centre").split())
    assert "- Base rate 0.055, a number between 0.01 and 0.3: No figure was read." in text


def test_numbers_given_take_the_place_of_the_scenarios() -> None:
    words = ("--base-rate", "0.01", "--people", "1000", "--looks", "3", "--correlation", "0.5",
             "--minutes", "6", "--staff", "4")  # fmt: skip
    out = said("checkpoint", *CLAIM, *words)
    text = " ".join(out.split())
    assert (
        "- As given, in place of the scenario's own: people a day 1,000, base rate 0.01, looks 3, "
        "minutes 6, staff 4, correlation 0.5." in text
    )
    assert "- Base rate" not in text
    # 10 sought, 9.5 flagged; 5 % of 990 are 49.5. 59 flags of 6 minutes are 5.9 hours.
    assert "With 1,000 passengers a day that is 59 flags a day, of which 9.5 are right" in text
    assert "takes 5.9 hours of work a day; 4 staff at a time can do it" in text
    assert "at a correlation of 0.50 between looks at one person, as assumed" in text


def test_a_number_and_its_sign_stay_on_one_line() -> None:
    for name in scenario_names():
        assert not re.search(r"^\s*%", said(name), re.MULTILINE), name


def test_no_number_is_a_power_of_ten_and_no_line_runs_on() -> None:
    for name in scenario_names():
        out = said(name)
        assert not re.search(r"\d[eE][-+]?\d|\bnan\b|\binf\b|None", out), name
        paragraphs = out[: out.index("\nQUANTITY")]
        assert max(len(line) for line in paragraphs.splitlines()) <= 96


def test_the_worth_of_a_flag_hangs_on_what_moves_it() -> None:
    out = said("call-centre")
    told = out[out.index("THE CHANCE THAT") :].splitlines()
    assert [line.split("  ")[0] for line in told[1:3]] == ["base rate", ""]
    # 0.0095/(0.0095 + 0.0495) and 0.285/(0.285 + 0.035).
    assert re.fullmatch(r"base rate +0\.01 to 0\.3 +16\.1 % to 89\.1 %", told[1])


def test_sensitivity_and_specificity_are_taken_as_given() -> None:
    out = said("checkpoint", "--sensitivity", "0.47", "--specificity", "0.61")
    assert "- Sensitivity 0.47 and specificity 0.61 are taken as given.\n" in out
    assert re.search(r"\(sensitivity\) +47\.0 %\n.+ not sought +39\.0 %\n", out)


def test_a_claim_tested_on_people_is_uncertain() -> None:
    out = said("checkpoint", *CLAIM, "--tested-on", "200")
    assert "each found on 100 people looked at once." in " ".join(out.split())
    assert re.search(r"\(sensitivity\) +94\.8 % \(89\.\d % to 98\.\d %\)\n", out)
    assert out != said("checkpoint", *CLAIM, "--tested-on", "200", "--seed", "1")
    assert out == said("checkpoint", *CLAIM, "--tested-on", "200", "--seed", "0")


def test_json_is_what_the_engine_says() -> None:
    one = scenario("checkpoint")
    rates = claimed_rates(sensitivity=0.95, specificity=0.95, says=(both(0.95),))
    own = Simulated(scenario=one, rates=rates, use=deployment_of(one, rates))
    (told,) = json.loads(said("checkpoint", *CLAIM, "--json"))
    assert told == json.loads(json.dumps(as_json(own)))
    study = scenario("entrance-screening")
    drawn = alone(study, 5)
    own = Simulated(scenario=study, rates=drawn, use=deployment_of(study, drawn))
    (told,) = json.loads(said("entrance-screening", "--seed", "5", "--json"))
    assert told == json.loads(json.dumps(as_json(own)))


TWO = "give either --accuracy, or --sensitivity and --specificity"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--sensitivity", "0.9"), "give --sensitivity and --specificity together"),
        (("--specificity", "0.9"), "give --sensitivity and --specificity together"),
        ((*CLAIM, "--sensitivity", "0.9", "--specificity", "0.9"), TWO),
        (("--tested-on", "100"),
         "--tested-on goes with --accuracy, or --sensitivity and --specificity"),
        (("--accuracy", "95"),
         "accuracy is 95, expected a share from 0 to 1 (0.95 for 95 %)"),
        (("--accuracy", "nan"),
         "accuracy is nan, expected a share from 0 to 1 (0.95 for 95 %)"),
        (("--sensitivity", "0.9", "--specificity", "-1"),
         "specificity is -1, expected a share from 0 to 1 (0.95 for 95 %)"),
        (("--base-rate", "0"), "the base rate is 0, expected more than 0, below 1"),
        (("--base-rate", "1"), "the base rate is 1, expected more than 0, below 1"),
        (("--base-rate", "nan"), "the base rate is nan, expected more than 0, below 1"),
        (("--base-rate", "-0.1"), "the base rate is -0.1, expected more than 0, below 1"),
        (("--people", "0"), "people a day is 0, expected more than 0"),
        (("--people", "-5"), "people a day is -5, expected more than 0"),
        (("--people", "nan"), "people a day is nan, expected more than 0"),
        (("--people", "inf"), "people a day is inf, expected more than 0 and less than 1e+12"),
        (("--people", "1e12"), "people a day is 1e+12, expected more than 0 and less than 1e+12"),
        (("--looks", "0"), "looks is 0, expected 1 to 1,000,000"),
        (("--looks", "1000001"), "looks is 1000001, expected 1 to 1,000,000"),
        (("--correlation", "1.1"), "the correlation is 1.1, expected 0 to 1"),
        (("--correlation", "nan"), "the correlation is nan, expected 0 to 1"),
        (("--minutes", "0"), "minutes is 0, expected more than 0"),
        (("--minutes", "inf"), "minutes is inf, expected more than 0 and less than 1e+12"),
        (("--staff", "0"), "staff is 0, expected 1 to 10,000"),
        (("--staff", "-3", "--looks", "-2"),
         "looks is -2, expected 1 to 1,000,000; staff is -3, expected 1 to 10,000"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(words: tuple[str, ...], message: str) -> None:
    assert refused("checkpoint", *words) == message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--accuracy", "high"), "Invalid value for '--accuracy': Input should be a valid number"),
        (("--looks", "1.5"), "Invalid value for '--looks': Input should be a valid integer"),
        (("--staff", "inf"), "Invalid value for '--staff': Input should be a valid integer"),
        (
            (*CLAIM, "--tested-on", "1"),
            "Invalid value for '--tested-on': Input should be greater than or equal to 2",
        ),
        (
            ("--seed", "-1"),
            "Invalid value for '--seed': Input should be greater than or equal to 0",
        ),
        (("--acuracy", "0.9"), "No such option: --acuracy"),
    ],
)
def test_what_is_no_number_is_refused(words: tuple[str, ...], message: str) -> None:
    result = run("checkpoint", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_nothing_large_or_small_ends_in_a_traceback() -> None:
    for words in (
        ("--accuracy", "0"), ("--accuracy", "1"), ("--base-rate", "1e-300"),
        ("--base-rate", "0.999999999"), ("--people", "1e-300"), ("--people", "999999999999"),
        ("--looks", "1000000"), ("--correlation", "0"), ("--correlation", "1"),
        ("--minutes", "1e-300"), ("--staff", "10000"), (*CLAIM, "--tested-on", "1000000000000"),
        (*CLAIM, "--tested-on", "2", "--seed", "99999999999999999999"),
    ):  # fmt: skip
        assert run("checkpoint", *words).exit_code == 0, words
        assert json.loads(said("checkpoint", *words, "--json")), words


def test_a_target_that_is_not_there(tmp_path: Path) -> None:
    assert refused("chekpoint") == (
        "unknown scenario 'chekpoint'. Did you mean 'checkpoint'? Known: "
        + ", ".join(map(repr, scenario_names()))
        + "."
    )
    path = tmp_path / "nowhere.yaml"
    assert refused(str(path)) == (f"{path}: 1 problem(s)\n  there is no such file [missing_file]")
    assert refused("x" * 5000).startswith("unknown scenario 'xxx")


def test_a_file_of_ones_own_without_a_claim_needs_one(tmp_path: Path) -> None:
    path = tmp_path / "door.yaml"
    path.write_text(OWN.replace("claimed: {value: 0.9, why: a leaflet}\n", ""), "utf-8")
    assert refused(str(path)) == (
        "the scenario 'door' names neither a study nor a claimed accuracy. Give --accuracy, or "
        "--sensitivity and --specificity"
    )
    assert said(str(path), *CLAIM).startswith("A lamp at the door\n")


@pytest.mark.parametrize("sign", ["\x1b[2J", "\x07", "\u202e", "\x9b31m"])
def test_signs_that_steer_a_terminal_never_reach_it(sign: str, tmp_path: Path) -> None:
    path = tmp_path / "door.yaml"
    for field in ("title: ", "who: ", "people: ", "sought: ", "leads_to: ", "period: "):
        # In a file they are refused …
        path.write_text(OWN.replace(f"{field}", f"{field}x{sign}", 1), "utf-8")
        assert sign not in refused(str(path))
        # … and as an escape of YAML as well, which names no sign.
        code = f'"\\u{ord(sign[0]):04x}"'
        lines = (field + code if x.startswith(field) else x for x in OWN.splitlines())
        text = "\n".join(lines)
        path.write_text(text, "utf-8")
        assert "control" in refused(str(path))


def test_the_printing_itself_lets_no_such_sign_through() -> None:
    from facevalue.cli.simulate import print_simulated

    one = scenario("checkpoint")
    rates = alone(one)
    bad = "a\x1b[2Jb\u202ec\nd"
    hostile = one.model_copy(
        update=dict.fromkeys(("title", "people", "sought", "period", "leads_to", "name"), bad)
    )
    own = Simulated(
        scenario=hostile, rates=rates, use=deployment_of(one, rates), system=bad, dataset=bad
    )
    from contextlib import redirect_stdout
    from io import StringIO

    with redirect_stdout(StringIO()) as out:
        print_simulated(own)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out.getvalue())
    assert "a�[2Jb�c�d" in out.getvalue()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("PIL")
    folder = tmp_path_factory.mktemp("simulate")
    own = OWN + "flag: {labels: [bright], calm: [dark], why: Lamps are bright.}\n"
    uses = (
        "scenarios:\n  - file: door.yaml\n    attribute: sex\n"
        "  - name: checkpoint\n  - name: entrance-screening\n"
    )
    path = build(folder, AUDIT + uses)
    (folder / "door.yaml").write_text(own, "utf-8")
    flow.run_systems(read_audit(path), folder / "run", now=NOW)
    return folder / "run"


def test_a_run_is_simulated_from_its_answers(done: Path) -> None:
    out = said(str(done))
    assert out.startswith("A lamp at the door · mine on pictures\n\nTake 1,000 guests, ")
    assert re.search(r"^SEX +OF PEOPLE +FLAGGED, NOT SOUGHT +OVER ALL OTHERS$", out, re.MULTILINE)
    assert re.search(r"^f +50\.0 % +\d", out, re.MULTILINE)
    assert "\nTaking the temperature at the door\n\n" in out
    assert (
        "checkpoint · mine on pictures: not possible: the data have no label 'anger', 'fear', "
        "'neutral'; they have 'bright', 'dark' Consequences: "
    ) in " ".join(out.split())
    assert out.endswith(f"\nConsequences: {done / 'consequences.json'}\n")
    told = json.loads((done / "consequences.json").read_text("utf-8"))
    assert json.loads(said(str(done), "--json")) == told["consequences"]


def test_measuring_again_works_out_what_follows_again(done: Path) -> None:
    before = (done / "consequences.json").read_bytes()
    (done / "consequences.json").write_text("{}", "utf-8")
    result = CliRunner().invoke(app, ["measure", str(done)])
    assert (result.exit_code, result.stdout.splitlines()[1:]) == (0, ["Consequences: of 3 uses"])
    assert (done / "consequences.json").read_bytes() == before


@pytest.mark.parametrize(
    "words", [CLAIM, ("--base-rate", "0.1"), ("--tested-on", "9"), ("--staff", "2")]
)
def test_a_run_takes_no_numbers(words: tuple[str, ...], done: Path) -> None:
    assert refused(str(done), *words) == (
        f"{done} is a run folder: its rates are measured and its numbers are those of its "
        "scenarios. Change the scenario, or name a scenario instead of the run"
    )


def test_a_run_without_scenarios_is_told_how_to_name_one(tmp_path: Path) -> None:
    require("PIL")
    flow.run_systems(read_audit(build(tmp_path)), tmp_path / "run", now=NOW)
    assert refused(str(tmp_path / "run")) == (
        f"{tmp_path / 'run'}: the audit file names no scenario. Add one, as\n"
        "  scenarios:\n    - name: checkpoint\n"
        "and run facevalue audit again; or: facevalue simulate checkpoint --accuracy 0.95"
    )


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    result = run(str(tmp_path))
    assert result.exit_code == 2
    assert str(tmp_path) in result.stderr


def test_a_folder_called_like_a_scenario_hides_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "checkpoint").mkdir()
    monkeypatch.chdir(tmp_path)
    assert said("checkpoint").startswith("Screening of passengers at a checkpoint\n")
    assert run("./checkpoint").exit_code == 2


def test_every_scenario_is_worked_out_in_seconds() -> None:
    def as_a_command(name: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "facevalue", "simulate", name],
            capture_output=True, text=True, env=os.environ | PLAIN, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def here(name: str) -> tuple[int, str, str]:
        result = run(name)
        return result.exit_code, result.stdout, result.stderr

    took = {}
    for i, name in enumerate(scenario_names()):
        begun = time.perf_counter()
        status, stdout, stderr = (here if i else as_a_command)(name)
        took[name] = time.perf_counter() - begun
        assert (status, stderr) == (0, ""), name
        assert stdout.startswith(scenario(name).title), name
    # Two seconds are promised of a machine that does nothing else.
    assert max(took.values()) < 5, took
