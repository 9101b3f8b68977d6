"""Where fetched data and packages are kept between runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder(*parts: str) -> Path:
    """Return the folder for fetched things, or one below it; nothing is made.

    ``FACEVALUE_CACHE`` if set, else the place that the operating system has for caches.

    Examples
    --------
    >>> cache_folder("systems").name
    'systems'
    """
    return _root().joinpath(*parts)


def _root() -> Path:
    if chosen := os.environ.get("FACEVALUE_CACHE"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "facevalue"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "facevalue"
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "facevalue"
