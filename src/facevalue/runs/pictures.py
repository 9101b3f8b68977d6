"""Where a run keeps pictures of single items: only if its audit file asks for them."""

from __future__ import annotations

from pathlib import Path

from facevalue.canonical import digest
from facevalue.runs.folder import RunFolder

__all__ = ["PICTURES", "picture_file"]

PICTURES = "pictures"


def picture_file(folder: RunFolder, dataset: str, item: str, condition: str) -> Path:
    """Return where the picture of an item lies, as it is (``""``) or under a condition.

    Nothing of the item is in the name.
    """
    return folder.path / PICTURES / f"{digest([dataset, item, condition])[:32]}.png"
