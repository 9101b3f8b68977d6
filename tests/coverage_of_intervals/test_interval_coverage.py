"""Does a 95 % interval cover 95 %? 2,000 simulated audits a design, and a table of them.

`make test-long` runs this and writes ``docs/simulations/intervals.md``. The date in the table
is that of the run, or of SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from coverage_of_intervals.designs import LEVELS, Design, Row, designs, run

SEED = 20261124
N_AUDITS = 2000
CHANCE = 0.001
"""How often a design that covers exactly 95 % may be called short (or a test liberal)."""
TABLE = Path(__file__).parents[2] / "docs" / "simulations" / "intervals.md"


def lowest(n: int) -> float:
    """Return the lowest coverage that chance lets a true 95 % show in ``n`` audits."""
    return float(stats.binom.ppf(CHANCE, n, 0.95)) / n


def highest_alarms(n: int) -> float:
    """Return the highest rate of false alarms that chance lets a true 5 % show."""
    return float(stats.binom.ppf(1 - CHANCE, n, 0.05)) / n


def is_short(row: Row) -> bool:
    """Whether the interval does not hold its level, allowing for chance."""
    return row.covered < lowest(row.n)


def _one(task: tuple[int, Design]) -> Row:
    number, design = task
    return run(design, N_AUDITS, np.random.default_rng([SEED, number]))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    # Spawned rather than forked: the same on Linux and macOS, whatever threads there are.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = list(pool.map(_one, enumerate(designs()), chunksize=2))
    TABLE.write_text(_table(found, _date()), "utf-8")
    return found


@pytest.mark.slow
def test_intervals_hold_their_level_where_it_is_promised(rows: list[Row]) -> None:
    promised = [r for r in rows if r.design.is_promised]
    assert len(promised) >= 200
    assert [r for r in promised if is_short(r)] == []


@pytest.mark.slow
def test_tests_raise_no_more_false_alarms_than_promised(rows: list[Row]) -> None:
    tested = [r for r in rows if r.rejected is not None and r.design.is_promised]
    # Permuting is exact, whether or not the interval is promised.
    tested += [r for r in rows if r.design.what == "largest gap" and r.rejected is not None]
    assert len(tested) >= 50
    assert [r for r in tested if (r.rejected or 0.0) > highest_alarms(r.n)] == []


@pytest.mark.slow
def test_what_does_not_hold_is_listed(rows: list[Row]) -> None:
    listed = TABLE.read_text("utf-8").partition("## Where they fall short")[2]
    listed = listed.partition("\n## ")[0]
    for row in rows:
        assert (_line(row) in listed) == is_short(row)


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
        assert row.covered >= lowest(300)
        assert 0.0 < row.width < 0.6
        assert row.refused == 0.0


def _date() -> str:
    given = os.environ.get("SOURCE_DATE_EPOCH")
    when = datetime.now(UTC) if given is None else datetime.fromtimestamp(int(given), UTC)
    return f"{when:%Y-%m-%d}"


COLUMNS = (
    "statistic", "people", "items", "rate", "ICC", "covered %", "width", "false alarms %",
    "no interval %",
)  # fmt: skip
HEADER = (f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|")


def _line(row: Row) -> str:
    d = row.design
    people = " + ".join(map(str, d.people))
    rates = dict.fromkeys(f"{p:.3g}" for p in d.rates)
    what = d.what if d.holders is None else f"{d.what} ({d.holders} hold it)"
    alarms = "" if row.rejected is None else f"{100 * row.rejected:.1f}"
    refused = f"{100 * row.refused:.1f}" if row.refused else ""
    return (
        f"| {what} | {people} | {d.items}{' unequal' if d.unequal else ''} | {', '.join(rates)} "
        f"| {d.icc:g} | {100 * row.covered:.1f} | {row.width:.3f} | {alarms} | {refused} |"
    )


def _table(rows: Sequence[Row], date: str) -> str:
    promised = [r for r in rows if r.design.is_promised]
    levels = [r for r in promised if r.design.what in LEVELS]
    compared = [r for r in promised if r.design.what not in LEVELS]
    short = [r for r in rows if is_short(r)]
    least = f"{100 * lowest(N_AUDITS):.1f} %"
    most = f"{100 * highest_alarms(N_AUDITS):.1f} %"
    intro = f"""\
# How well the intervals hold

{N_AUDITS:,} simulated audits a design, {len(rows)} designs, intervals at 95 %. Seed {SEED}, {date},
NumPy {version("numpy")}, SciPy {version("scipy")}. Made by `make test-long`
(`tests/coverage_of_intervals`), which also checks what is promised here.

Chance alone lets a coverage of 95 % show as {least} or more, and 5 % of false alarms as {most} or
less ({100 * (1 - CHANCE):.1f} %, one-sided). A design that covers less does not hold.

*People*: of each group. *Items*: a person; *unequal*: geometric with that mean, so that a few
people hold most items. *Rate*: the truth, of each group (for a calibration error, that error).
*ICC*: correlation of answers about one person (beta-binomial). *Width*: mean width. *False alarms*:
how often p was 0.05 or less although there was no difference (for skill: how often a guesser was
shown to beat random answers). *No interval*: audits that gave a reason instead.

## What is promised

A 95 % interval covers 95 %, within chance, for

- accuracy, recall and UAR of one system: from 8 people, rates up to 0.98, an ICC up to 0.3, few or
  many items, equal or not ({len(levels)} designs, the lowest {_lowest(levels)});
- comparisons (difference, paired difference, ratio, largest gap, skill): at any rate where people
  do not differ, up to a rate of 0.8 where they do ({len(compared)} designs, the lowest
  {_lowest(compared)}).

Many cover more than they promise: with few people and rare errors an interval cannot be both short
and safe, and these are safe. The permutation test of the largest gap keeps its 5 % in every design.

## Where they fall short

{len(short)} of {len(rows)} designs. *Comparisons*: a small group of people who differ much, with a
rate near 1; those who would show the spread may not be in it. *UAR* where a handful of many people
hold a label: the average hangs on them. *Calibration error*: chance differences within bins do not
cancel out, so the value is too high for a system that is calibrated well, and its interval with it.
"""
    parts = [intro, *HEADER, *map(_line, short), ""]
    for what, members in groupby(rows, key=lambda r: r.design.what):
        parts += [f"## {what[0].upper()}{what[1:]}", "", *HEADER, *map(_line, members), ""]
    return "\n".join(parts)


def _lowest(rows: Sequence[Row]) -> str:
    return f"{100 * min(r.covered for r in rows):.1f} %"
