"""Is every planted fault found and told for what it is, and is a clean system cleared?

`make test-long` runs this over 200 seeds and writes ``docs/simulations/planted-faults.md``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
from scipy import stats

from coverage_of_intervals.tables import date, simulated
from planted.designs import DESIGNS, ENOUGH, Design, Outcome, outcome, outcomes_at_once, panels
from planted.systems import KINDS

FIRST_SEED = 20261130
N_SEEDS = 200
N_QUICK = 10
WRONG = 0.05
"""Share of audits that may be wrong: of a clean system, and of one with a fault."""
TABLE = Path(__file__).parents[2] / "docs" / "simulations" / "planted-faults.md"


@dataclass(frozen=True, slots=True)
class Row:
    """What came of the audits of one design."""

    design: Design
    outcomes: tuple[Outcome, ...]

    @property
    def n_wrong(self) -> int:
        """Clean systems that were not cleared, faults that were not found or told as others."""
        return sum(not o.is_right for o in self.outcomes)

    @property
    def n_silent(self) -> int:
        """Audits in which nothing was said."""
        return sum(o.is_silent for o in self.outcomes)

    @property
    def n_extra(self) -> int:
        """Audits in which something was said that has nothing to do with the fault."""
        return sum(bool(o.extra) for o in self.outcomes)

    @property
    def extra(self) -> Counter[str]:
        """What that was, and how often."""
        return Counter(name for o in self.outcomes for name in set(o.extra))


def most(n: int) -> int:
    """Return how many of ``n`` audits may be wrong where one in twenty is, by chance (97.5 %)."""
    return int(stats.binom.ppf(0.975, n, WRONG))


def _one(task: tuple[int, tuple[int, int]]) -> tuple[int, list[Outcome]]:
    _, (number, seed) = task
    return number, outcomes_at_once(panels()[number], seed)


def rows_of(seeds: range) -> list[Row]:
    """Ask the systems of each panel together: media are changed once for all of them."""
    tasks = [(number, seed) for seed in seeds for number in range(len(panels()))]
    found: dict[Design, list[Outcome]] = {}
    for number, outcomes in simulated(_one, tasks):
        for design, one in zip(panels()[number], outcomes, strict=True):
            found.setdefault(design, []).append(one)
    return [Row(d, tuple(found[d])) for d in DESIGNS]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found = rows_of(range(FIRST_SEED, FIRST_SEED + N_SEEDS))
    TABLE.write_text(_table(found), "utf-8")
    return found


def _named(rows: list[Row]) -> list[tuple[str, int, int]]:
    return [(r.design.system, r.design.of.people, r.n_wrong) for r in rows]


@pytest.mark.slow
def test_clean_systems_are_cleared(rows: list[Row]) -> None:
    clean = [r for r in rows if r.design.is_clean]
    assert len(clean) >= 10
    assert _named([r for r in clean if r.n_wrong > most(N_SEEDS)]) == []


@pytest.mark.slow
def test_what_cannot_move_is_never_said_to_move(rows: list[Row]) -> None:
    still = [r for r in rows if r.design.is_clean and not r.design.has_noise]
    assert len(still) >= 3
    assert _named([r for r in still if r.n_wrong]) == []


@pytest.mark.slow
def test_faults_are_found_and_told_for_what_they_are(rows: list[Row]) -> None:
    faults = [r for r in rows if not r.design.is_clean and r.design.is_promised]
    assert len(faults) >= 10
    assert _named([r for r in faults if r.n_wrong > most(N_SEEDS)]) == []


@pytest.mark.slow
def test_nothing_else_is_said_of_a_fault(rows: list[Row]) -> None:
    faults = [r for r in rows if not r.design.is_clean]
    assert [(r.design.system, r.extra) for r in faults if r.n_extra > most(N_SEEDS)] == []


def test_every_planted_system_has_a_design_with_people_enough() -> None:
    assert {d.system for d in DESIGNS if d.is_clean or d.is_promised} == set(KINDS)


def test_a_few_seeds() -> None:
    asked = [d for d in panels()[0] if (d.is_clean or d.is_promised) and not d.by_group]
    seeds = range(FIRST_SEED, FIRST_SEED + N_QUICK)
    found = list(zip(*(outcomes_at_once(asked, seed) for seed in seeds), strict=True))
    quick = [Row(d, o) for d, o in zip(asked, found, strict=True)]
    assert len(quick) >= 11
    assert _named([r for r in quick if r.n_wrong > most(N_QUICK)]) == []
    assert _named([r for r in quick if r.n_wrong and not r.design.has_noise]) == []


@pytest.mark.parametrize("system", ["last bit, often", "file name", "mirror", "asked again"])
def test_a_system_that_is_asked_alone_is_judged_as_in_a_panel(system: str) -> None:
    smallest = panels()[0]
    number = [(d.system, d.by_group) for d in smallest].index((system, False))
    alone = outcome(smallest[number], FIRST_SEED)
    assert alone == outcomes_at_once(smallest[: number + 1], FIRST_SEED)[number]


@pytest.mark.parametrize("system", ["clean, sounds, drawn and declared", "text rather than voice"])
def test_one_system_that_hears(system: str) -> None:
    design = next(d for d in DESIGNS if d.system == system)
    assert outcome(design, FIRST_SEED).is_right


COLUMNS = (
    "system", "people", "items", "to be told", "promised from", "wrong %", "of it nothing said %",
    "other things said %", "which",
)  # fmt: skip


def _line(row: Row) -> str:
    d, n = row.design, len(row.outcomes)
    told = " or ".join(d.expected) or "nothing"
    which = ", ".join(f"{name} {k}" for name, k in row.extra.most_common(3)) or "–"
    silent = "–" if d.is_clean else f"{100 * row.n_silent / n:.1f}"
    groups = ", by group" if d.by_group else ""
    enough = "–" if d.is_clean else ENOUGH[d.system]
    cells = (
        f"{d.system}{groups}", d.of.people, d.of.items, told, enough,
        f"{100 * row.n_wrong / n:.1f}", silent, f"{100 * row.n_extra / n:.1f}", which,
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def _range(counts: list[int], n: int) -> str:
    return f"{100 * min(counts) / n:.1f} to {100 * max(counts) / n:.1f} %"


def _table(rows: list[Row]) -> str:
    n = len(rows[0].outcomes)
    clean = [r.n_wrong for r in rows if r.design.is_clean]
    faults = [r.n_wrong for r in rows if not r.design.is_clean and r.design.is_promised]
    extra = [r.n_extra for r in rows if not r.design.is_clean]
    head = f"""\
# Are planted faults found, and clean systems cleared?

{n} audits a design, {len(rows)} designs, at 5 %. Seeds {FIRST_SEED} to {FIRST_SEED + n - 1},
{date()}, NumPy {version("numpy")}, SciPy {version("scipy")}. Made by `make test-long`
(`tests/planted/test_planted_faults.py`). Where one audit in twenty is wrong, up to {most(n)} of
{n} are by chance (97.5 %).

Systems are built to be sensitive to one thing. All are asked about drawn patterns (or sounds of
syllables) made by arithmetic, through the perturbations and the store of a real audit; those about
the same people together, so that media are changed once. *Items*: of each person, on average, from
two upwards; a few people have many. Most answers are noisy: of 2 % (hard people: 25 %; often or
much: 15 and 45 %) the last bit of a picture decides, which is a fault and may be said beside
another; or chance, where noise is drawn. A steady system has none; of one item one answer changes
under one condition.

The rule is `facevalue.audits.attribution.moved_by`: what changes more answers than the smallest
change there is (the smallest change and other ways of asking: than asking again), p at most 5 %
allowing for all conditions (Holm), the highest lower end first; by group `moved_unequally_by`.
*Wrong*: a clean system of which anything was said; a fault that was not found, or before which
something else was told. *Promised from*: people from whom no more than one audit in twenty is
wrong; what goes with the person or the group needs more of them. *Other things said*: conditions
that have nothing to do with the fault, beside it.

Of clean systems something is said in {_range(clean, n)} of audits. Faults that are promised to be
found are missed or mistaken in {_range(faults, n)}, and something else is said of them as well in
{_range(extra, n)}.

Of a system whose answers hang on the neighbour in the batch, other things are said most often:
people's answers are then not independent of each other, which every interval takes for granted.
"""
    lines = [head, f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|"]
    return "\n".join([*lines, *map(_line, rows), ""])
