"""Tables that a stranger wrote: CSV, JSON Lines and Parquet, read as text with their places.

Shared by manifests (`dataset`) and files of predictions (`systems`), which may not know each
other. May import `errors` only. Must never guess: what cannot be read is a fault with its row.
"""

from facevalue.tables.cells import MAX_CHARACTERS, check_text, has_refused
from facevalue.tables.faults import Faults, guess, listing, quoted
from facevalue.tables.rows import EXTENSIONS, Limits, Rows, read_rows

__all__ = [
    "EXTENSIONS",
    "MAX_CHARACTERS",
    "Faults",
    "Limits",
    "Rows",
    "check_text",
    "guess",
    "has_refused",
    "listing",
    "quoted",
    "read_rows",
]
