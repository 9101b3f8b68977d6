"""Does a pooled interval cover 95 %, averaged over the groups? And the group unlike the others?

`make test-long` runs this and writes ``docs/simulations/pooling.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import expit, logit

from coverage_of_intervals.tables import date, simulated
from facevalue.domain import Estimate
from facevalue.stats import IntervalSpec, Tally, estimate, metric_named, partial_pooling

SEED, N_AUDITS = 20261124, 300
ACCURACY = metric_named("accuracy", ["right", "wrong"])
SPEC = IntervalSpec(0.95)
LOWEST, HIGHEST = 0.93, 0.975
"""Coverage of groups that vary as modelled, averaged over them, within chance."""
TABLE = Path(__file__).parents[2] / "docs" / "simulations" / "pooling.md"

CROSSED = tuple(product("fm", "abcd", "xyz"))
KINDS: dict[str, tuple[tuple[int, ...], tuple[tuple[str, ...], ...]]] = {
    "24 crossed, 1 to 9 people": (
        (1, 2, 3, 5, 4, 1, 2, 6, 3, 2, 8, 1, 5, 3, 2, 4, 6, 1, 9, 2, 3, 5, 2, 4), CROSSED,
    ),
    "6 crossed, 3 to 31": ((9, 4, 30, 13, 3, 31), tuple(product("fm", "xyz"))),
    "12 groups, 1 to 20": (
        (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 5), tuple((str(g),) for g in range(12)),
    ),
    "4 groups, 3 to 60": ((3, 8, 20, 60), tuple((str(g),) for g in range(4))),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Groups whose log-odds vary by ``spread``; the first has ``apart`` points less.

    ``spread`` is on top of main effects with a standard deviation of 0.3.
    """

    kind: str
    items: int
    rate: float
    icc: float
    spread: float
    apart: float = 0.0
    first: int | None = None

    @property
    def people(self) -> tuple[int, ...]:
        """People of each group."""
        people, _ = KINDS[self.kind]
        return people if self.first is None else (self.first, *people[1:])


@dataclass(frozen=True, slots=True)
class Row:
    """Coverage averaged over groups, lowest of a group, and of the first group, raw as well."""

    design: Design
    covered: float
    lowest: float
    width: float
    first: float
    value: float
    raw_first: float | None


def designs() -> list[Design]:
    """Return the designs: groups that vary as modelled, and a group unlike the others."""
    usual = product(KINDS, ((5, 0.0), (5, 0.1), (20, 0.1), (50, 0.3)), (0.6, 0.9), (0.0, 0.3, 0.8))
    return [
        *(
            Design(kind=k, items=n, rate=p, icc=icc, spread=spread)
            for k, (n, icc), p, spread in usual
        ),
        *(
            Design(kind="12 groups, 1 to 20", items=20, rate=0.7, icc=0.1, spread=spread,
                   apart=0.2, first=first)
            for spread, first in product((0.0, 0.3), (3, 8, 20))
        ),
    ]  # fmt: skip


def _truth(design: Design, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    _, levels = KINDS[design.kind]
    odds = np.full(len(levels), float(logit(design.rate)))
    if len(levels[0]) > 1:
        for values in zip(*levels, strict=True):
            effect = {v: rng.normal(0.0, 0.3) for v in sorted(set(values))}
            odds += [effect[v] for v in values]
    rates: npt.NDArray[np.float64] = expit(odds + rng.normal(0.0, design.spread, len(odds)))
    if design.apart:
        rates[0] = design.rate - design.apart
    return rates


def _group(rate: float, n: int, design: Design, first: int, rng: np.random.Generator) -> Tally:
    sizes = np.maximum(2, rng.geometric(1 / design.items, n))
    chance = np.full(n, rate)
    if design.icc:
        weight = (1 - design.icc) / design.icc
        chance = rng.beta(rate * weight, (1 - rate) * weight, n)
    counts = np.zeros((n, 2, 3))
    counts[:, 0, 0] = rng.binomial(sizes, chance)
    counts[:, 0, 1] = sizes - counts[:, 0, 0]
    return Tally(counts, np.arange(first, first + n), int(sizes.sum()))


def run(design: Design, n: int, rng: np.random.Generator) -> Row:
    """Simulate ``n`` audits of a design."""
    _, levels = KINDS[design.kind]
    covered, widths, first, raw = [], [], [], []
    for _ in range(n):
        truth = _truth(design, rng)
        groups = [
            _group(p, size, design, 1000 * g, rng)
            for g, (p, size) in enumerate(zip(truth, design.people, strict=True))
        ]
        found = partial_pooling(ACCURACY, groups, levels, SPEC).groups
        told = [e for e in found if isinstance(e, Estimate)]
        assert len(told) == len(groups)
        covered.append([e.low <= p <= e.high for e, p in zip(told, truth, strict=True)])
        widths.append(np.mean([e.high - e.low for e in told]))
        first.append(told[0].value)
        alone = estimate(ACCURACY, groups[0], SPEC)
        if isinstance(alone, Estimate):
            raw.append(alone.low <= truth[0] <= alone.high)
    by_group = np.mean(covered, axis=0)
    return Row(
        design, float(by_group.mean()), float(by_group.min()), float(np.mean(widths)),
        float(by_group[0]), float(np.mean(first)), float(np.mean(raw)) if raw else None,
    )  # fmt: skip


def _one(task: tuple[int, Design]) -> Row:
    number, design = task
    return run(design, N_AUDITS, np.random.default_rng([SEED, number]))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found = simulated(_one, designs())
    TABLE.write_text(_table(found), "utf-8")
    return found


@pytest.mark.slow
def test_pooled_intervals_hold_averaged_over_groups(rows: list[Row]) -> None:
    varying = [r for r in rows if r.design.spread > 0 and not r.design.apart]
    assert len(varying) == 64
    # Chance moves the average over the groups of 300 audits by less than a point.
    assert min(r.covered for r in varying) >= LOWEST - 0.01
    assert LOWEST <= float(np.mean([r.covered for r in varying])) <= 0.97
    assert sum(r.covered > HIGHEST for r in varying) <= len(varying) / 4


@pytest.mark.slow
def test_pooled_intervals_are_safe_where_groups_do_not_vary(rows: list[Row]) -> None:
    same = [r for r in rows if r.design.spread == 0 and not r.design.apart]
    assert len(same) == 32
    assert min(r.covered for r in same) >= 0.94


@pytest.mark.slow
def test_a_group_unlike_the_others_is_pulled_to_them_and_the_raw_interval_is_not(
    rows: list[Row],
) -> None:
    odd = [r for r in rows if r.design.apart]
    assert len(odd) == 6
    for r in odd:
        assert 0.5 < r.value < 0.7
        assert r.first < 0.9
        assert r.raw_first is None or r.raw_first >= 0.92


def test_a_design_quickly() -> None:
    design = Design(kind="6 crossed, 3 to 31", items=20, rate=0.6, icc=0.1, spread=0.3)
    row = run(design, 60, np.random.default_rng(SEED))
    assert row.covered >= 0.9
    assert 0.1 < row.width < 0.4


def _line(row: Row) -> str:
    d = row.design
    raw = "" if row.raw_first is None else f"{100 * row.raw_first:.1f}"
    apart = f"{100 * d.apart:.0f} points below, {d.first} people" if d.apart else ""
    shown = f"{100 * row.first:.1f} | {row.value:.3f} | {raw}" if d.apart else " | | "
    return (
        f"| {d.kind} | {d.items} | {d.rate:g} | {d.icc:g} | {d.spread:g} | {100 * row.covered:.1f} "
        f"| {100 * row.lowest:.1f} | {row.width:.2f} | {apart} | {shown} |"
    )


def _table(rows: Sequence[Row]) -> str:
    columns = (
        "groups", "items", "rate", "ICC", "spread", "covered %", "lowest %", "width",
        "first group", "covered %", "mean value", "raw covered %",
    )  # fmt: skip
    intro = f"""\
# How well partially pooled intervals hold

{N_AUDITS} simulated audits a design, {len(rows)} designs, intervals at 95 %. Seed {SEED},
{date()}. Made by `make test-long` (`tests/coverage_of_intervals`).

*Items*: a person, geometric with that mean. *Spread*: standard deviation of the groups' log-odds,
beyond main effects of 0.3. *Covered*: averaged over the groups, and the lowest of any group. The
last six designs: the first group lies 20 points below the rate of the others, so at 0.5; *raw* is
its own interval, which needs five people.

| {" | ".join(columns)} |
{"| --- " * len(columns)}|
"""
    return intro + "\n".join(map(_line, rows)) + "\n"
