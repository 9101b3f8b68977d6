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
    SystemSheet,
)
from facevalue.report.render import build_report, write_report

__all__ = [
    "DatasetSheet",
    "GroupCount",
    "Provenance",
    "ReportInput",
    "SystemSheet",
    "build_report",
    "write_report",
]
