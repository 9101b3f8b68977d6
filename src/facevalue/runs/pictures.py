"""Where a run keeps pictures of single items: only if its audit file asks for them."""

from __future__ import annotations

import re
from pathlib import Path

from facevalue.canonical import digest
from facevalue.errors import InputError
from facevalue.runs.folder import RunFolder

__all__ = ["PICTURES", "forget_pictures", "picture_file"]

PICTURES = "pictures"
OURS = re.compile(r"[0-9a-f]{32}\.png")


def picture_file(folder: RunFolder, system: str, dataset: str, rank: int, way: str) -> Path:
    """Return where the picture of the item at a place in the list lies.

    Nothing of the item is in the name, so that nobody can try names of items on it.

    Parameters
    ----------
    rank
        Its place in the list of the system on the dataset, from 0.
    way
        ``before`` or ``after`` the change.
    """
    return folder.path / PICTURES / f"{digest([system, dataset, rank, way])[:32]}.png"


def forget_pictures(folder: RunFolder) -> None:
    """Delete the pictures that a run keeps, and nothing else that lies there.

    Raises
    ------
    InputError
        If that cannot be done, or the folder is a link to another place.
    """
    place = folder.path / PICTURES
    if place.is_symlink():
        raise InputError(f"{place}: this is a link, and pictures of a run stay in it. Remove it.")
    if not place.is_dir():
        return
    try:
        for path in place.iterdir():
            if OURS.fullmatch(path.name):
                path.unlink()
        if not any(place.iterdir()):
            place.rmdir()
    except OSError as error:
        raise InputError(f"{place}: pictures of items cannot be removed: {error}") from error
