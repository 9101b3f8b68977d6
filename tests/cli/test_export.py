"""`facevalue export`: what is printed, what is written, and numbers that are the findings'."""

from __future__ import annotations

import csv
import json
import re
import shlex
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import typer.main
import yaml
from typer.testing import CliRunner

from exports_support import tables
from facevalue import flow
from facevalue.cli.main import app
from facevalue.exports import EXPORTS
from flow_support import NOW, build
from support import require

PLAIN = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require("PIL")
    folder = tmp_path_factory.mktemp("export")
    flow.audit(build(folder), folder / "run", now=NOW)
    return folder / "run"


def export(run: Path, *words: str) -> Any:
    result = CliRunner().invoke(app, ["export", str(run), *words], env=PLAIN)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def text(run: Path, *words: str) -> str:
    result = export(run, *words)
    assert (result.exit_code, result.stderr) == (0, "")
    return str(result.stdout)


def findings(run: Path, **place: str | None) -> list[dict[str, Any]]:
    """Return the rows of findings.json that have all of ``place``."""
    document = json.loads((run / "findings.json").read_text("utf-8"))
    whole = {"condition": None, "attribute": None, "group": None, "reference": None} | place
    return [f for f in document["findings"] if all(f[k] == v for k, v in whole.items())]


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def test_every_kind_is_named_in_the_help() -> None:
    shown = CliRunner().invoke(app, ["export", "--help"], env=PLAIN).stdout
    assert all(kind in shown for kind in EXPORTS)


def test_annex_iv_has_the_numbers_of_the_findings(run: Path) -> None:
    found = tables(text(run, "--as", "annex-iv"))
    rows = {r["Measure"]: r for r in found["Overall and by group: mine on pictures"]}
    (whole,) = findings(run, family="correctness", metric="accuracy")
    cases = [("accuracy", whole)] + [
        (f"accuracy (sex: {g})",
         findings(run, family="correctness", metric="accuracy", attribute="sex", group=g)[0])
        for g in ("f", "m")
    ]  # fmt: skip
    for words, f in cases:
        assert rows[words] == {
            "Measure": words,
            "Value": f"{percent(f['estimate'])} %",
            "95 % interval": f"{percent(f['low'])} to {percent(f['high'])}",
            "Items": str(f["n_items"]),
            "Subjects": str(f["n_subjects"]),
        }
    files = {r["File"]: r["SHA-256"] for r in found["Files with their digests"]}
    assert set(files) > {"audit.yaml", "lock.json", "findings.json", "verdicts.json"}


def test_ll144_has_the_rates_of_the_findings_and_their_ratio(run: Path) -> None:
    found = tables(text(run, "--as", "ll144", "--selected", "bright"))
    f, m = (
        findings(run, metric="prediction_rate[bright]", attribute="sex", group=g)[0]
        for g in ("f", "m")
    )
    highest = max(f["estimate"], m["estimate"])
    assert [
        (r["sex"], r["Selection rate"], r["Impact ratio"]) for r in found["Selection rates by sex"]
    ] == [
        ("f", f"{percent(f['estimate'])} %", f"{f['estimate'] / highest:.2f}"),
        ("m", f"{percent(m['estimate'])} %", f"{m['estimate'] / highest:.2f}"),
    ]
    (lowest,) = [
        x
        for group in ("f − m", "m − f")
        for x in findings(
            run, metric="impact ratio of prediction_rate[bright]", attribute="sex", group=group,
            reference="largest gap",
        )
    ]  # fmt: skip
    assert found["Lowest rate over highest, by sex"][0]["Value"] == f"{lowest['estimate']:.2f}"


def test_ll144_needs_the_label_that_counts_as_selected(run: Path) -> None:
    result = export(run, "--as", "ll144")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "facevalue: ll144: no label was given. Say which label counts as selected with "
        "--selected. Labels: 'bright', 'dark'.\n"
    )


def test_ci_forms_have_the_verdicts_of_the_run(run: Path) -> None:
    document = json.loads((run / "verdicts.json").read_text("utf-8"))
    judged = [(v["claim"]["id"], v["outcome"]) for v in document["verdicts"]]
    results = json.loads(text(run, "--as", "sarif"))["runs"][0]["results"]
    assert [(r["ruleId"], r["properties"]["outcome"]) for r in results] == judged
    # The line of the audit file on which the claim has its id.
    lines = (run / "audit.yaml").read_text("utf-8").splitlines()
    at = [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in results]
    assert [lines[i - 1].strip() for i in at] == [
        "- id: good", "- id: fair", "- library: ethnic-tagging",
    ]  # fmt: skip
    (suite,) = ET.fromstring(text(run, "--as", "junit"))
    assert [c.get("name") for c in suite] == [claim for claim, _ in judged]
    assert suite.get("timestamp") == "2026-11-24T12:00:00"


def test_findings_as_csv_are_those_of_the_run(run: Path) -> None:
    rows = list(csv.DictReader(StringIO(text(run, "--as", "findings-csv"))))
    document = json.loads((run / "findings.json").read_text("utf-8"))["findings"]
    assert [r["key"] for r in rows] == [f["key"] for f in document]
    told = [(r, f) for r, f in zip(rows, document, strict=True) if "small_cell" not in r["reason"]]
    assert [r["estimate"] for r, _ in told] == [
        "" if f["estimate"] is None else repr(f["estimate"]) for _, f in told
    ]
    hidden = [r for r in rows if "small_cell" in r["reason"]]
    assert {r["estimate"] for r in hidden} == {""}
    assert 0 < len(hidden) < len(told)


def test_a_document_goes_to_a_file(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "card.md"
    assert text(run, "--as", "model-card", "--out", str(out)) == f"Written: {out}\n"
    assert out.read_text("utf-8") == text(run, "--as", "model-card")


def test_a_crate_goes_into_the_run(run: Path) -> None:
    said = text(run, "--as", "ro-crate")
    assert said == f"Written: {run / 'ro-crate-metadata.json'}\n"
    assert (run / "ro-crate-metadata.json").is_file()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--as", "pdf"), "unknown kind of export 'pdf'."),
        (("--as", "mlflow"), "mlflow: no place to log to."),
        (("--as", "junit", "--out", "/"), "/: cannot be written"),
    ],
)
def test_faults_are_said_with_status_2(run: Path, words: tuple[str, ...], says: str) -> None:
    result = export(run, *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"facevalue: {says}")


def test_a_folder_that_is_no_run_is_said_to_be_none(tmp_path: Path) -> None:
    result = export(tmp_path, "--as", "junit")
    assert result.exit_code == 2
    assert result.stderr == (
        f"facevalue: {tmp_path}: not a run folder. "
        f"Make one: facevalue audit AUDIT.yaml --out {tmp_path}\n"
    )


def test_the_workflow_of_the_guide_calls_commands_that_there_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "guide" / "ci.md").read_text("utf-8")
    (workflow,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    steps = yaml.safe_load(workflow)["jobs"]["audit"]["steps"]
    lines = [line for step in steps for line in str(step.get("run", "")).splitlines()]
    called = [shlex.split(line)[1:] for line in lines if line.startswith("facevalue ")]
    assert [words[0] for words in called] == ["audit", "export", "export"]
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # it is a group
    for name, *words in called:
        # Options that are not there, or a missing one, would be refused here.
        commands[name].make_context(name, words)
    assert {w for _, *words in called for w in words if w in EXPORTS} == {"sarif", "junit"}
