"""A run logged with MLflow, into a folder: what was logged is what was found."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exports_support import source_of
from facevalue.audits import FindingSet
from facevalue.domain import Estimate
from facevalue.errors import InputError, MissingExtraError
from facevalue.exports.findings_csv import findings_csv
from facevalue.exports.tracking import FOLDER_ALLOWED, MLFLOW
from facevalue.report import ReportInput, build_report
from facevalue.report.model import WorstItem
from report_factory import PROVENANCE, estimate, finding, hostile, realistic, small
from stress_report_factory import stressed
from support import require


def started(report: ReportInput) -> ReportInput:
    return replace(report, provenance=replace(PROVENANCE, started="2026-11-24T12:00:00Z"))


def logged(report: ReportInput, tmp_path: Path) -> tuple[Any, Any]:
    require("mlflow")
    source = source_of(started(report), folder=tmp_path)
    out = tmp_path / "tracking"
    said = MLFLOW.send(source, str(out))
    from mlflow import MlflowClient

    run_id = said.rstrip("\n").rpartition(" ")[2]
    assert said == f"Logged to {out}: MLflow run {run_id}\n"
    os.environ[FOLDER_ALLOWED] = "true"
    try:
        client = MlflowClient(out.as_uri())
        return client, client.get_run(run_id)
    finally:
        del os.environ[FOLDER_ALLOWED]


def test_estimates_of_the_whole_sample_are_metrics_with_their_intervals(tmp_path: Path) -> None:
    report = realistic()
    _, run = logged(report, tmp_path)
    metrics = run.data.metrics
    whole = report.findings.findings[0].result
    assert isinstance(whole, Estimate)
    key = "human-raters/crema-d/accuracy"
    assert [metrics[key], metrics[f"{key}.low"], metrics[f"{key}.high"]] == [
        whole.value, whole.low, whole.high,
    ]  # fmt: skip
    estimated = [
        f
        for f in report.findings
        if isinstance(f.result, Estimate)
        and f.place.condition is f.place.attribute is f.place.group is f.place.reference is None
    ]
    assert len(metrics) == 3 * len(estimated)


def test_parameters_tags_and_artifacts(tmp_path: Path) -> None:
    client, run = logged(realistic(), tmp_path)
    params = run.data.params
    assert params["title"] == "What human raters themselves achieve on CREMA-D"
    assert (params["seed"], params["audit_sha256"]) == ("7", "9b" * 32)
    assert params["dataset/crema-d/sha256"] == "3f" * 32
    assert params["dataset/emodb-2s/sha256"] == "not here"
    assert params["system/fer/identity_sha256"] == "77" * 32
    assert run.data.tags["verdict/accuracy-95-human-raters-crema-d"] == (
        "not upheld: Accuracy is 53.4 % (52.2 to 54.6), wholly below the claimed 95 %."
    )
    # 12:00 UTC on 24 November 2026; the run ends when it began: no clock is read.
    assert run.info.start_time == run.info.end_time == 1795521600000
    paths = [a.path for a in client.list_artifacts(run.info.run_id)]
    assert paths == ["findings.csv", "report.html"]
    uri = run.info.artifact_uri.removeprefix("file://")
    logged_csv = Path(uri, "findings.csv").read_text("utf-8")
    assert logged_csv == findings_csv(source_of(started(realistic())))


def test_nothing_of_single_items_leaves_with_the_report(tmp_path: Path) -> None:
    worst = WorstItem(
        "ann-7", 20, 31, condition="blur:1", before="anger", after="sadness",
        pictures=(b"as it is", b"changed"),
    )  # fmt: skip
    report = stressed(systems=("fer",), worst=(worst,))
    assert "ann-7" in build_report(report)
    assert "data:image" in build_report(report)
    _, run = logged(report, tmp_path)
    uri = run.info.artifact_uri.removeprefix("file://")
    for name in ("report.html", "findings.csv"):
        text = Path(uri, name).read_text("utf-8")
        assert "ann-7" not in text
        assert "data:image" not in text


def test_a_second_run_joins_the_same_experiment(tmp_path: Path) -> None:
    _, first = logged(small(), tmp_path)
    _, second = logged(small(), tmp_path)
    assert first.info.experiment_id == second.info.experiment_id
    assert first.info.run_id != second.info.run_id


def test_names_that_look_alike_stay_apart(tmp_path: Path) -> None:
    found = tuple(finding(estimate(0.1 * i), system=s) for i, s in enumerate(("a b", "a-b", "…")))
    _, run = logged(small(findings=FindingSet(found), verdicts=(), systems=()), tmp_path)
    values = {k: v for k, v in run.data.metrics.items() if not k.endswith(("low", "high"))}
    assert values == {
        "a-b/crema-d/accuracy": 0.0,
        "a-b-2/crema-d/accuracy": 0.1,
        "unnamed/crema-d/accuracy": 0.2,
    }


def test_hostile_names_are_logged(tmp_path: Path) -> None:
    _, run = logged(hostile(), tmp_path)
    assert run.data.params["title"] == "<script>alert(1)</script>"


def test_a_place_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        MLFLOW.send(source_of(small(), folder=tmp_path), None)
    assert str(caught.value) == (
        "mlflow: no place to log to. Give a folder or the address of a tracking server with --out."
    )


def test_without_mlflow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError) as caught:
        MLFLOW.send(source_of(small(), folder=tmp_path), "x")
    assert str(caught.value) == (
        "this needs the package 'mlflow-skinny', which is not installed. "
        "Install it with: pip install 'facevalue[mlflow]'"
    )


def test_a_place_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    require("mlflow")
    out = "no-such-scheme://x"
    with pytest.raises(InputError) as caught:
        MLFLOW.send(source_of(started(small()), folder=tmp_path), out)
    assert str(caught.value).startswith(f"mlflow: {out} cannot be logged to. It said: ")
    assert not {FOLDER_ALLOWED, "MLFLOW_DISABLE_TELEMETRY"} & set(os.environ)
