"""Verdicts as JUnit XML: each claim of each system is a test case.

Not upheld is a failure; inconclusive and not testable are skipped, with the reason. JUnit
has no schema of its own; the elements are those that CI servers read.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

from facevalue.domain import Outcome, Verdict
from facevalue.exports.source import Document, Source
from facevalue.exports.tables import because
from facevalue.report.wording import clean

__all__ = ["JUNIT", "junit"]


def junit(source: Source) -> str:
    """Return one test suite with a case for each verdict."""
    report = source.material.report
    counts = Counter(v.outcome for v in report.verdicts)
    told = {
        "name": clean(report.title),
        "tests": str(len(report.verdicts)),
        "failures": str(counts[Outcome.NOT_UPHELD]),
        "errors": "0",
        "skipped": str(counts[Outcome.INCONCLUSIVE] + counts[Outcome.NOT_TESTABLE]),
    }
    suites = ET.Element("testsuites", told)
    # The time of the run without its zone, as JUnit has it.
    at = {"timestamp": clean(report.provenance.started.removesuffix("Z"))}
    suite = ET.SubElement(suites, "testsuite", told | at)
    for verdict in report.verdicts:
        _case(suite, verdict)
    ET.indent(suites)
    text = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(suite: ET.Element, verdict: Verdict) -> None:
    case = ET.SubElement(suite, "testcase", name=clean(verdict.claim.id), time="0")
    case.set("classname", clean(verdict.where or "no system"))
    said = f"“{verdict.claim.says}” {verdict.sentence}"
    if verdict.outcome is Outcome.UPHELD:
        ET.SubElement(case, "system-out").text = clean(said)
        return
    tag = "failure" if verdict.outcome is Outcome.NOT_UPHELD else "skipped"
    words = verdict.outcome.words
    found = ET.SubElement(
        case, tag, message=clean(f"{words}: {verdict.sentence}{because(verdict)}")
    )
    if tag == "failure":
        found.set("type", words)
    found.text = clean(f"{said}{because(verdict)}")


JUNIT = Document(junit)
"""``--as junit``."""
