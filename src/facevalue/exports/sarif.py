"""Verdicts as SARIF 2.1.0: each claim is a rule, each verdict a result.

The rule is that the data show the claim to hold. Upheld passes; not upheld is an error,
inconclusive a warning, not testable a note. SARIF allows levels for failures only (§3.27.9),
so the last two are of kind ``fail``, too: what failed is the showing, and the message says so.

References
----------
OASIS (2020), *Static Analysis Results Interchange Format (SARIF) Version 2.1.0*.
"""

from __future__ import annotations

import json
import re
from typing import Any

from facevalue.canonical import digest
from facevalue.domain import Claim, Outcome, Verdict
from facevalue.exports.source import Document, Source
from facevalue.exports.tables import because
from facevalue.report.model import Material
from facevalue.report.wording import clean

__all__ = ["SARIF", "sarif"]

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {
    Outcome.UPHELD: "none",
    Outcome.NOT_UPHELD: "error",
    Outcome.INCONCLUSIVE: "warning",
    Outcome.NOT_TESTABLE: "note",
}


def sarif(source: Source) -> str:
    """Return the verdicts as a SARIF log with one run."""
    material = source.material
    report = material.report
    claims = {v.claim.id: v.claim for v in report.verdicts}
    positions = {claim: i for i, claim in enumerate(claims)}
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "facevalue",
                        "semanticVersion": report.provenance.version,
                        "rules": [_rule(claim) for claim in claims.values()],
                    }
                },
                "artifacts": [
                    {
                        "location": {"uri": "audit.yaml"},
                        "mimeType": "application/yaml",
                        "hashes": {"sha-256": report.audit_sha256},
                    }
                ],
                "results": [_result(v, positions[v.claim.id], material) for v in report.verdicts],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }
    return json.dumps(_cleaned(document), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _rule(claim: Claim) -> dict[str, Any]:
    settled = f" Would be settled by: {claim.settles}" if claim.settles else ""
    said_by = f" Said by: {claim.who}." if claim.who else ""
    return {
        "id": claim.id,
        "shortDescription": {"text": f"The data show that it holds: “{claim.says}”"},
        "fullDescription": {"text": f"“{claim.says}”{said_by}{settled}"},
        "help": {"text": claim.settles or claim.construct or "See the report of the run."},
        "defaultConfiguration": {"level": "error"},
        "properties": {"kind": claim.kind, "source": claim.source},
    }


def _result(verdict: Verdict, position: int, material: Material) -> dict[str, Any]:
    where = verdict.where or "no system"
    said = f"{verdict.outcome.words.capitalize()} for {where}: {verdict.sentence}{because(verdict)}"
    place = [verdict.claim.id, verdict.system, verdict.dataset]
    return {
        "ruleId": verdict.claim.id,
        "ruleIndex": position,
        "kind": "pass" if verdict.outcome is Outcome.UPHELD else "fail",
        "level": LEVELS[verdict.outcome],
        "message": {"text": said},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "audit.yaml", "index": 0},
                    "region": {"startLine": _line(material.report.audit_text, verdict.claim.id)},
                }
            }
        ],
        "partialFingerprints": {"claimSystemDataset/v1": digest(place)},
        "properties": {
            "outcome": verdict.outcome.value,
            "system": verdict.system,
            "dataset": verdict.dataset,
            "findings": list(verdict.finding_keys),
        },
    }


def _line(audit_text: str, claim_id: str) -> int:
    """Return the line of the audit file that names a claim; 1 if none does plainly."""
    named = re.compile(rf"\b(id|library):\s*['\"]?{re.escape(claim_id)}['\"]?\s*([,}}#]|$)")
    lines = enumerate(audit_text.splitlines(), start=1)
    return next((i for i, line in lines if named.search(line)), 1)


def _cleaned(value: Any) -> Any:
    """Return a document without characters that are no text."""
    if isinstance(value, dict):
        return {key: _cleaned(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_cleaned(part) for part in value]
    return clean(value) if isinstance(value, str) else value


SARIF = Document(sarif)
"""``--as sarif``."""
