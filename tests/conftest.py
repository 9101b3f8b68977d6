"""Fixtures only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write what golden tests compare with"
    )


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261124)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start one Chromium for the tests of a module."""
    from browser_support import chromium  # found by the path above

    with chromium() as started:
        yield started
