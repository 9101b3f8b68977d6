"""Does a 95 % interval cover 95 %? 2,000 simulated audits a design, and a table of them.

`make test-long` runs this and writes ``docs/simulations/intervals.md``. The date in the table
is that of the run, or of SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from coverage_of_intervals.designs import Design, Row, designs, run
from coverage_of_intervals.tables import date, simulated

SEED = 20261124
N_AUDITS = 2000
LOWEST, HIGHEST = 0.935, 0.965
"""Coverage that is promised from ten people a group, unless the finding itself warns."""
CHANCE = 0.001
"""How often a design that is just within may be called out, one-sided."""
ALARMS = (0.04, 0.06)
TABLE = Path(__file__).parents[2] / "docs" / "simulations" / "intervals.md"


def is_low(row: Row) -> bool:
    """Whether the interval covers less than promised, beyond chance about a true 95 %."""
    return row.covered < min(LOWEST, float(stats.binom.ppf(CHANCE, row.n, 0.95)) / row.n)


def is_high(row: Row) -> bool:
    """Whether it covers more than promised, beyond chance about the upper end."""
    return row.covered > float(stats.binom.ppf(1 - CHANCE, row.n, HIGHEST)) / row.n


def is_out(row: Row) -> bool:
    """Whether the coverage seen lies outside the band."""
    return not LOWEST <= row.covered <= HIGHEST


def highest_alarms(n: int) -> float:
    """Return the highest rate of false alarms that chance lets a true 5 % show."""
    return float(stats.binom.ppf(1 - CHANCE, n, 0.05)) / n


def _one(task: tuple[int, Design]) -> Row:
    number, design = task
    return run(design, N_AUDITS, np.random.default_rng([SEED, number]))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found = simulated(_one, designs())
    TABLE.write_text(_table(found, date()), "utf-8")
    return found


@pytest.mark.slow
def test_intervals_hold_their_level_where_it_is_promised(rows: list[Row]) -> None:
    promised = [r for r in rows if r.is_promised]
    assert len(promised) >= 200
    assert [r for r in promised if is_low(r)] == []
    # More than promised is no fault of safety, but it may be no more than one in twenty.
    assert sum(is_high(r) for r in promised) <= len(promised) / 20


@pytest.mark.slow
def test_intervals_that_warn_are_still_usable(rows: list[Row]) -> None:
    warned = [r for r in rows if not r.is_promised and r.design.has_enough and r.refused < 0.5]
    assert len(warned) >= 50
    assert min(r.covered for r in warned) >= 0.90


@pytest.mark.slow
def test_tests_raise_as_many_false_alarms_as_promised(rows: list[Row]) -> None:
    permuted = [r for r in rows if r.design.what == "largest gap" and r.rejected is not None]
    assert len(permuted) >= 20
    assert [r for r in permuted if (r.rejected or 0.0) > highest_alarms(r.n)] == []
    mean = float(np.mean([r.rejected for r in permuted]))
    assert ALARMS[0] <= mean <= ALARMS[1]
    tested = [r for r in rows if r.rejected is not None and r.is_promised]
    assert [r for r in tested if (r.rejected or 0.0) > highest_alarms(r.n)] == []


@pytest.mark.slow
def test_what_does_not_hold_is_listed(rows: list[Row]) -> None:
    listed = TABLE.read_text("utf-8").partition("## Outside the band")[2]
    listed = listed.partition("\n## ")[0]
    for row in rows:
        assert (_line(row) in listed) == (row.is_promised and is_out(row))


def test_a_few_designs_quickly() -> None:
    few = [
        Design(what="accuracy", people=(20,), items=50, unequal=True, rates=(0.98,), icc=0.3),
        Design(what="uar", people=(20,), items=30, unequal=True, rates=(0.65,), icc=0.0),
        Design(
            what="difference", people=(8, 40), items=5, unequal=False, rates=(0.98, 0.98), icc=0.0
        ),
        Design(
            what="largest gap", people=(8, 10, 20), items=10, unequal=False, rates=(0.6,) * 3,
            icc=0.1,
        ),
    ]  # fmt: skip
    for i, design in enumerate(few):
        row = run(design, 300, np.random.default_rng([SEED, i]), n_permutations=99)
        assert row.covered >= 0.9
        assert 0.0 < row.width < 0.6
        assert row.refused == 0.0


COLUMNS = (
    "statistic", "people", "items", "rate", "ICC", "covered %", "width", "false alarms %",
    "warned %", "no interval %",
)  # fmt: skip
HEADER = (f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|")


def _line(row: Row) -> str:
    d = row.design
    people = " + ".join(map(str, d.people)) if len(d.people) < 5 else f"{len(d.people)} groups"
    rates = dict.fromkeys(f"{p:.3g}" for p in d.rates)
    what = d.what if d.holders is None else f"{d.what} ({d.holders} hold it)"
    alarms = "" if row.rejected is None else f"{100 * row.rejected:.1f}"
    refused = f"{100 * row.refused:.1f}" if row.refused else ""
    return (
        f"| {what} | {people} | {d.items}{' unequal' if d.unequal else ''} | {', '.join(rates)} "
        f"| {d.icc:g} | {100 * row.covered:.1f} | {row.width:.3f} | {alarms} "
        f"| {100 * row.warned:.0f} | {refused} |"
    )


def _table(rows: Sequence[Row], day: str) -> str:
    promised = [r for r in rows if r.is_promised]
    outside = [r for r in promised if is_out(r)]
    warned = [r for r in rows if r.design.has_enough and not r.is_promised]
    few = [r for r in rows if not r.design.has_enough]
    permuted = [r for r in rows if r.design.what == "largest gap" and r.rejected is not None]
    alarms = [100 * (r.rejected or 0.0) for r in permuted]
    intro = f"""\
# How well the intervals hold

{N_AUDITS:,} simulated audits a design, {len(rows)} designs, intervals at 95 %. Seed {SEED}, {day},
NumPy {version("numpy")}, SciPy {version("scipy")}. Made by `make test-long`
(`tests/coverage_of_intervals`), which also checks what is promised here.

*People*: of each group (the twelve groups have 10 to 60 people). *Items*: a person; *unequal*:
geometric with that mean, so that a few people hold most items. *Rate*: the truth, of each group.
*ICC*: correlation of answers about one person (beta-binomial). *Width*: mean width. *False alarms*:
how often p was 0.05 or less although there was no difference (for skill: how often a guesser was
shown to beat random answers). *Warned*: how often the method of the finding said that the interval
is cautious. *No interval*: audits that gave a reason instead.

## What is promised

From ten people a group, and where the finding does not warn in most audits, a 95 % interval covers
between 93.5 and 96.5 %: {len(promised)} designs, of which {len(promised) - len(outside)} lie in
that band as seen. Chance alone puts a true 95 % outside it in 1 of 470 designs.

- Where most audits are warned: {len(warned)} designs, which cover {_range(warned)}.
- With 8 people: {len(few)} designs, which cover {_range(few)}.
- The test of the largest gap, at 5 %: {len(permuted)} designs without a gap, false alarms in
  {min(alarms):.1f} to {max(alarms):.1f} %, {np.mean(alarms):.1f} % on average.

## Outside the band

{len(outside)} of {len(promised)} promised designs.
"""
    parts = [intro, *HEADER, *map(_line, outside), ""]
    for what, members in groupby(rows, key=lambda r: r.design.what):
        parts += [f"## {what[0].upper()}{what[1:]}", "", *HEADER, *map(_line, members), ""]
    return "\n".join(parts)


def _range(rows: Sequence[Row]) -> str:
    covered = [100 * r.covered for r in rows]
    return f"{min(covered):.1f} to {max(covered):.1f} %"
