"""Findings and verdicts to one HTML file that works offline, and its figures.

`model` says what a report is made from, `sections` turn it into plain data, `charts`
draw, `render` writes. May import everything from `audits` down; must never measure
anything, read a clock, or go to the network.
"""

from facevalue.report.model import (
    DatasetSheet,
    GroupCount,
    Provenance,
    ReportInput,
    StressedCondition,
    StressSheet,
    SystemSheet,
    WorstItem,
)
from facevalue.report.render import build_report, write_report

__all__ = [
    "DatasetSheet",
    "GroupCount",
    "Provenance",
    "ReportInput",
    "StressSheet",
    "StressedCondition",
    "SystemSheet",
    "WorstItem",
    "build_report",
    "write_report",
]
