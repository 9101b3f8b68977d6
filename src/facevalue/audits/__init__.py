"""From stored predictions to verdicts: the audit file, measuring, judging.

May import `runs` and everything below it. Must never ask a system for an answer, draw
a page, or print. (The package is not called `audit`, so that `facevalue.audit` can be the
function; ADR 0002.)
"""

from facevalue.audits.claims import claims_of
from facevalue.audits.datasets import (
    check_attributes,
    dataset_spec,
    measure_spec,
    no_attribute,
)
from facevalue.audits.findings import COLUMNS, Finding, FindingSet, Place
from facevalue.audits.judge import exit_status, judge, read_verdicts, write_verdicts
from facevalue.audits.library import LibraryClaim, library_claims
from facevalue.audits.measure import measure
from facevalue.audits.paired import paired_sample
from facevalue.audits.references import is_skill_shown
from facevalue.audits.sample import FAILED, Sample, answer_labels, label_problems, sample_of
from facevalue.audits.scope import MeasureSpec
from facevalue.audits.spec import (
    AuditSpec,
    DatasetEntry,
    ReadAudit,
    ScenarioEntry,
    SystemEntry,
    audit_schema,
    read_audit,
)
from facevalue.audits.stability import (
    CONTROLS,
    RELIANCE,
    ROBUSTNESS,
    Stressed,
    measure_stress,
)
from facevalue.audits.stress_spec import CHECKS, BudgetSpec, StressSpec, read_budget
from facevalue.audits.words import words_findings

__all__ = [
    "CHECKS",
    "COLUMNS",
    "CONTROLS",
    "FAILED",
    "RELIANCE",
    "ROBUSTNESS",
    "AuditSpec",
    "BudgetSpec",
    "DatasetEntry",
    "Finding",
    "FindingSet",
    "LibraryClaim",
    "MeasureSpec",
    "Place",
    "ReadAudit",
    "Sample",
    "ScenarioEntry",
    "StressSpec",
    "Stressed",
    "SystemEntry",
    "answer_labels",
    "audit_schema",
    "check_attributes",
    "claims_of",
    "dataset_spec",
    "exit_status",
    "is_skill_shown",
    "judge",
    "label_problems",
    "library_claims",
    "measure",
    "measure_spec",
    "measure_stress",
    "no_attribute",
    "paired_sample",
    "read_audit",
    "read_budget",
    "read_verdicts",
    "sample_of",
    "words_findings",
    "write_verdicts",
]
