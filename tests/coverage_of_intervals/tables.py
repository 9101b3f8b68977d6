"""What every table of simulations needs: all processors, and the date of the run."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import TypeVar

__all__ = ["date", "simulated"]

Design = TypeVar("Design")
Row = TypeVar("Row")


def simulated(
    one: Callable[[tuple[int, Design]], Row], designs: Sequence[Design], *, chunk: int = 2
) -> list[Row]:
    """Return what ``one`` makes of every design and its number, in their order."""
    # Spawned rather than forked: the same on Linux and macOS, whatever threads there are.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return list(pool.map(one, enumerate(designs), chunksize=chunk))


def date() -> str:
    """Return the day of the run, or of SOURCE_DATE_EPOCH."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    when = datetime.now(UTC) if given is None else datetime.fromtimestamp(int(given), UTC)
    return f"{when:%Y-%m-%d}"
