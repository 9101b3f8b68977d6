"""Does a 95 % interval cover 95 %? 2,000 simulated audits a design, and a table of them.

`make test-long` runs this and writes ``docs/simulations/intervals.md``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from coverage_of_intervals.designs import (
    Design,
    Row,
    accuracy_designs,
    gap_designs,
    run,
    uar_designs,
)

SEED = 20261124
N_AUDITS = 2000
TABLE = Path(__file__).parents[2] / "docs" / "simulations" / "intervals.md"

# What is promised where (ADR 0004). Up to 99.5 %: cautious, as with few people and rare errors.
LOWEST, HIGHEST = 0.935, 0.995


def _one(task: tuple[int, Design, int]) -> Row:
    number, design, n = task
    return run(design, n, np.random.default_rng([SEED, number]))


def _simulate(designs: Sequence[Design], n: int) -> list[Row]:
    tasks = [(i, d, n) for i, d in enumerate(designs)]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(_one, tasks, chunksize=4))


def _band(n: int) -> float:
    """Half-width of what chance alone lets a coverage of 95 % vary, at 99.9 %."""
    return float(stats.norm.ppf(0.9995) * np.sqrt(0.95 * 0.05 / n))


@pytest.mark.slow
def test_intervals_hold_their_level_where_it_is_promised() -> None:
    rows = _simulate([*accuracy_designs(), *uar_designs(), *gap_designs()], N_AUDITS)
    TABLE.write_text(_table(rows), "utf-8")
    slack = _band(N_AUDITS)
    promised = [r for r in rows if r.design.is_promised]
    assert len(promised) > 40
    short = [r for r in promised if r.covered < LOWEST - slack or r.covered > HIGHEST + slack]
    assert short == []
    for row in rows:
        if row.design.what == "largest gap":
            # The permutation test is exact: five percent of true nulls, within chance.
            assert row.rejected is not None
            assert row.rejected == pytest.approx(0.05, abs=slack + 0.005)


def test_a_few_designs_quickly() -> None:
    designs = [
        Design("accuracy", (20,), 5, False, 0.5, 0.1),
        Design("uar", (20,), 30, True, 0.6, 0.0),
        Design("largest gap", (8, 10, 20), 10, False, 0.6, 0.1),
    ]
    for i, design in enumerate(designs):
        row = run(design, 300, np.random.default_rng([SEED, i]), n_permutations=99)
        assert row.covered >= 0.95 - _band(300)
        assert 0.0 < row.width < 0.6


def _table(rows: Sequence[Row]) -> str:
    short = [r for r in rows if r.covered < LOWEST]
    lines = [
        "# How well the intervals hold",
        "",
        f"{N_AUDITS:,} simulated audits a design, intervals at 95 %. Seed {SEED}, "
        f"{datetime.now(UTC):%Y-%m-%d}, NumPy {version('numpy')}, SciPy {version('scipy')}. Chance "
        f"alone lets a coverage of 95 % vary by ±{100 * _band(N_AUDITS):.1f} points (99.9 %).",
        "",
        "Made by `make test-long` (`tests/coverage_of_intervals`). *Unequal*: items a person are",
        "geometric with the mean given, so that a few people hold most items. ICC: correlation of",
        "answers about one person (beta-binomial).",
        "",
        f"**Promised** is a coverage of {100 * LOWEST:.1f} % or more, within chance, for designs "
        "with at least 8 people a group, an ICC of up to 0.1 and a rate of up to 0.9 (comparisons "
        "of groups with an ICC above 0: up to 0.6).",
        "",
        f"**Not promised** is the rest. {len(short)} designs cover less than {100 * LOWEST:.1f} %, "
        f"down to {100 * min(r.covered for r in rows):.1f} %. They have a rate near 1 and people "
        "who differ much: with few people the rare errors may not have been seen, and no method "
        "that looks at the data alone can know. Read such intervals as too short.",
        "",
        "| statistic | people | items | rate | ICC | covered % | width | false alarms % | held |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for r in rows:
        d = r.design
        people = " + ".join(map(str, d.subjects))
        items = f"{d.items}{' unequal' if d.unequal else ''}"
        alarms = "" if r.rejected is None else f"{100 * r.rejected:.1f}"
        mark = "promised" if d.is_promised else ""
        covered = f"{100 * r.covered:.1f}"
        if r.covered < LOWEST:
            covered = f"**{covered}**"
        lines.append(
            f"| {d.what} | {people} | {items} | {d.p:g} | {d.icc:g} | {covered} | {r.width:.3f} "
            f"| {alarms} | {mark} |"
        )
    return "\n".join([*lines, ""])
