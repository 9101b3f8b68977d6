"""What tests share: where the data are, and what may be missing."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from types import ModuleType

import pytest

REQUIRE_ALL = os.environ.get("FACEVALUE_REQUIRE_ALL") == "1"


def missing(what: str) -> None:
    """Fail where everything is required, else skip with the reason."""
    if REQUIRE_ALL:
        pytest.fail(f"{what} is required here (FACEVALUE_REQUIRE_ALL=1)", pytrace=False)
    pytest.skip(f"{what} is not here")


def require(module: str) -> ModuleType:
    """Return an optional package."""
    try:
        return importlib.import_module(module)
    except ImportError:
        missing(f"the package {module!r}")
        raise


def require_data(*parts: str) -> Path:
    """Return a file or folder under FACEVALUE_DATA."""
    root = os.environ.get("FACEVALUE_DATA")
    path = Path(root or "absent-data").joinpath(*parts).absolute()
    if not path.exists():
        missing(f"FACEVALUE_DATA with {'/'.join(parts) or 'the data'}")
    return path
