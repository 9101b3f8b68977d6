"""All findings as one CSV table, in the columns of ``findings.parquet``."""

from __future__ import annotations

from facevalue.audits import COLUMNS
from facevalue.exports.source import Document, Source
from facevalue.exports.spreadsheet import csv_text

__all__ = ["FINDINGS_CSV", "findings_csv"]


def findings_csv(source: Source) -> str:
    """Return the findings table; a hidden cell has its reason in place of its numbers."""
    rows = (finding.row() for finding in source.material.report.findings)
    return csv_text([list(COLUMNS), *(list(row.values()) for row in rows)])


FINDINGS_CSV = Document(findings_csv)
"""``--as findings-csv``."""
