"""Fixtures only."""

from __future__ import annotations

import sys
from pathlib import Path

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
