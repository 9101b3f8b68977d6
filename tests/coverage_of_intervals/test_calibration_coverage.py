"""Do the intervals of calibration cover 95 %? A table of them, and a check.

`make test-long` runs this and writes ``docs/simulations/calibration.md``.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from coverage_of_intervals.calibration_designs import CalibrationDesign, Coverage, designs, run
from coverage_of_intervals.tables import date, simulated

SEED = 20261124
N_AUDITS = 2000
LOWEST = 0.935
CHANCE = 0.001
TABLE = Path(__file__).parents[2] / "docs" / "simulations" / "calibration.md"

Row = tuple[CalibrationDesign, Coverage]


def _one(task: tuple[int, CalibrationDesign]) -> Row:
    number, design = task
    return design, run(design, N_AUDITS, np.random.default_rng([SEED, number]))


def is_promised(row: Row) -> bool:
    """Whether there are ten people, and most audits give an interval without a warning."""
    design, found = row
    return design.people >= 10 and found.warned + found.refused < 0.5


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found = simulated(_one, designs())
    TABLE.write_text(_table(found), "utf-8")
    return found


@pytest.mark.slow
def test_calibration_holds_its_level_where_it_does_not_warn(rows: list[Row]) -> None:
    promised = [r for r in rows if is_promised(r)]
    assert len(promised) >= 20
    least = min(LOWEST, float(stats.binom.ppf(CHANCE, N_AUDITS, 0.95)) / N_AUDITS)
    assert [r for r in promised if r[1].covered < least] == []


@pytest.mark.slow
def test_with_a_warning_it_is_too_wide_rather_than_too_short(rows: list[Row]) -> None:
    warned = [r for r in rows if r[0].people >= 10 and not is_promised(r) and r[1].refused < 0.5]
    assert min(found.covered for _, found in warned) >= 0.90


def test_one_design_of_calibration_quickly() -> None:
    design = next(d for d in designs() if d.what == "overconfidence" and d.people == 20)
    found = run(design, 300, np.random.default_rng([SEED, 0]))
    assert found.covered >= 0.9
    assert found.refused == 0.0


def _table(rows: list[Row]) -> str:
    promised = [found.covered for design, found in rows if is_promised((design, found))]
    head = f"""\
# How well the intervals of calibration hold

{N_AUDITS:,} simulated audits a design, {len(rows)} designs, intervals at 95 %. Seed {SEED},
{date()}, NumPy {version("numpy")}, SciPy {version("scipy")}. Made by `make test-long`
(`tests/coverage_of_intervals/test_calibration_coverage.py`).

*People* with 30 items on average, unequal (geometric: a few hold most). *Confidence*: how it is
spread. *Error*: confidence minus accuracy. *ICC*: correlation of answers about one person.
*Warned*: how often the method of the finding said that the interval is cautious.

From ten people, and where most audits are not warned, {len(promised)} designs cover
{100 * min(promised):.1f} to {100 * max(promised):.1f} %.
"""
    columns = "statistic", "people", "confidence", "error", "ICC", "covered %", "width", "warned %"
    lines = [head, f"| {' | '.join(columns)} |", "| --- " * len(columns) + "|"]
    for design, found in rows:
        cells = (
            design.what, design.people, design.confidence, design.over, f"{design.icc:g}",
            f"{100 * found.covered:.1f}", f"{found.width:.3f}", f"{100 * found.warned:.0f}",
        )  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])
