"""A run in the forms that others ask for: law tables, cards, crates, CI reports, trackers.

One module per kind, each named in `names`. May import `report` and everything below it.
Must never measure, judge or read a clock; what is hidden in the report is hidden here.
"""

from facevalue.exports.names import EXPORTS, export
from facevalue.exports.source import Document, Export, Source

__all__ = ["EXPORTS", "Document", "Export", "Source", "export"]
