"""The sections of a report, one module each, in the order they are read.

Each turns material (findings, verdicts, sheets) into blocks of plain data. May import
`audits.findings`, `domain` and its neighbours in `report`; must never draw, render HTML
or read a file.
"""

from facevalue.report.sections.compose import page_of

__all__ = ["page_of"]
