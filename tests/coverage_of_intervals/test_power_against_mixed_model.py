"""Does our test of a gap see as much as a mixed model does? Both on the same simulated audits.

With as many items of each person, the linear mixed model with a random intercept (REML) is the
t-test on people's means: Welch's where groups vary differently. With unequal numbers of items
it weighs people by what they tell; then its variance components are taken as known, which no
model fitted to the data can beat. The likelihood of the beta-binomial, from which the answers
are drawn, is the highest bar: it also learns from the shape of how people differ.

`make test-long` runs this and writes ``docs/simulations/power.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import optimize, stats
from scipy.special import betaln, expit, logit

from coverage_of_intervals.tables import date, simulated
from facevalue.domain import Estimate
from facevalue.stats import (
    IntervalSpec,
    Tally,
    difference,
    metric_named,
    permuted_gaps,
    replicate,
    scores_of,
)
from support import require

SEED = 20261124
N_AUDITS = 1_000
N_PERMUTATIONS = 499
WITHIN = 0.05
"""Power that may be lost against the mixed model."""
TABLE = Path(__file__).parents[2] / "docs" / "simulations" / "power.md"
ACCURACY = metric_named("accuracy", ["right"])

Rng = np.random.Generator
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Two groups of different people; ``unequal`` items are geometric with that mean."""

    people: tuple[int, int]
    items: int
    unequal: bool = False
    rates: tuple[float, float]
    icc: float

    @property
    def is_promised(self) -> bool:
        """Whether no more than `WITHIN` may be lost: unless people weigh very unequally.

        We tell the share of answers that are right, in which whoever gave many counts for many.
        """
        return not self.unequal or self.icc <= 0.02


@dataclass(frozen=True, slots=True)
class Answers:
    """Right answers and items of each person, with the design and the group they are in."""

    design: Design
    right: Numbers
    items: Numbers
    group: npt.NDArray[np.int64]

    @property
    def share(self) -> Numbers:
        return self.right / self.items

    def tally(self, group: int | None = None) -> Tally:
        used = np.full(len(self.group), True) if group is None else self.group == group
        counts = np.stack([self.right, self.items - self.right], axis=1)[used, None, :]
        return Tally(counts, np.flatnonzero(used), int(self.items[used].sum()))


DESIGNS = [
    Design(people=(38, 38), items=20, rates=(0.75, 0.85), icc=0.1),
    Design(people=(20, 20), items=20, rates=(0.625, 0.775), icc=0.2),
    Design(people=(46, 45), items=50, rates=(0.875, 0.925), icc=0.05),
    Design(people=(36, 84), items=10, rates=(0.85, 0.95), icc=0.3),
    Design(people=(20, 20), items=5, rates=(0.5, 0.7), icc=0.0),
    Design(people=(250, 250), items=5, rates=(0.57, 0.63), icc=0.05),
    Design(people=(100, 100), items=1, rates=(0.6, 0.78), icc=0.0),
    Design(people=(46, 45), items=20, unequal=True, rates=(0.75, 0.85), icc=0.02),
    Design(people=(46, 45), items=20, unequal=True, rates=(0.75, 0.85), icc=0.1),
]


def drawn(design: Design, rng: Rng) -> Answers:
    group = np.repeat([0, 1], design.people)
    rate = np.array(design.rates)[group]
    items = np.full(len(group), design.items)
    if design.unequal:
        items = np.maximum(2, rng.geometric(1 / design.items, size=len(group)))
    if design.icc:
        spread = (1 - design.icc) / design.icc
        rate = rng.beta(rate * spread, (1 - rate) * spread)
    right = rng.binomial(items, rate).astype(np.float64)
    return Answers(design, right, items.astype(np.float64), group)


def interval_excludes_zero(a: Answers, _: Rng) -> bool:
    first, second = (replicate(ACCURACY, a.tally(g)) for g in (0, 1))
    found = difference(first, second, IntervalSpec(0.95))
    return isinstance(found, Estimate) and (found.low > 0.0 or found.high < 0.0)


def permutation(a: Answers, rng: Rng) -> bool:
    scores = scores_of(replicate(ACCURACY, a.tally()))
    (p_value,), _ = permuted_gaps([scores], np.arange(len(a.group)), a.group, N_PERMUTATIONS, rng)
    return p_value is not None and p_value <= 0.05


def mixed_model(a: Answers, _: Rng) -> bool:
    if not a.design.unequal:
        return bool(stats.ttest_ind(*_by_group(a, a.share), equal_var=False).pvalue <= 0.05)
    rate = np.array(a.design.rates)[a.group]
    icc = a.design.icc
    weight = 1 / (rate * (1 - rate) * (icc + (1 - icc) / a.items))
    first, second = zip(_by_group(a, a.share), _by_group(a, weight), strict=True)
    gap = np.average(first[0], weights=first[1]) - np.average(second[0], weights=second[1])
    error = np.sqrt(1 / first[1].sum() + 1 / second[1].sum())
    return bool(2 * stats.norm.sf(abs(gap) / error) <= 0.05)


def _by_group(a: Answers, values: Numbers) -> tuple[Numbers, Numbers]:
    return values[a.group == 0], values[a.group == 1]


def likelihood(a: Answers, _: Rng) -> bool:
    """Likelihood ratio of the beta-binomial that the answers are drawn from."""
    start = float(logit(np.clip(a.right.sum() / a.items.sum(), 0.01, 0.99)))

    def unlikely(theta: Numbers) -> float:
        apart = theta[1] if len(theta) == 3 else 0.0
        rate = expit(theta[0] + apart * a.group)
        icc = np.clip(expit(theta[-1]), 1e-6, 1 - 1e-6)
        first, second = rate * (1 - icc) / icc, (1 - rate) * (1 - icc) / icc
        chance = betaln(a.right + first, a.items - a.right + second) - betaln(first, second)
        return -float(chance.sum())

    null = optimize.minimize(unlikely, [start, -2.0], method="Nelder-Mead", tol=1e-4)
    full = optimize.minimize(unlikely, [null.x[0], 0.0, null.x[1]], method="Nelder-Mead", tol=1e-4)
    return bool(stats.chi2.sf(2 * max(null.fun - full.fun, 0.0), 1) <= 0.05)


TESTS: dict[str, Callable[[Answers, Rng], bool]] = {
    "interval": interval_excludes_zero,
    "permutation": permutation,
    "mixed model": mixed_model,
    "likelihood": likelihood,
}


@dataclass(frozen=True, slots=True)
class Row:
    """Power of each test by name."""

    design: Design
    power: dict[str, float]

    @property
    def lost(self) -> float:
        """Power of our interval below that of the mixed model."""
        return self.power["mixed model"] - self.power["interval"]


def run(design: Design, n: int, rng: Rng) -> Row:
    hits = dict.fromkeys(TESTS, 0)
    for _ in range(n):
        answers = drawn(design, rng)
        for name, test in TESTS.items():
            hits[name] += test(answers, rng)
    return Row(design, {name: h / n for name, h in hits.items()})


def _one(task: tuple[int, Design]) -> Row:
    number, design = task
    return run(design, N_AUDITS, np.random.default_rng([SEED, number]))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    found = simulated(_one, DESIGNS, chunk=1)
    TABLE.write_text(_table(found), "utf-8")
    return found


@pytest.mark.slow
def test_little_power_is_lost_against_a_mixed_model(rows: list[Row]) -> None:
    promised = [r for r in rows if r.design.is_promised]
    assert len(promised) >= 8
    assert [r for r in promised if r.lost > WITHIN] == []


@pytest.mark.slow
def test_what_is_lost_is_told(rows: list[Row]) -> None:
    page = TABLE.read_text("utf-8")
    assert all(_line(row) in page for row in rows)


def test_equal_items_make_a_mixed_model_a_t_test_on_means() -> None:
    smf = require("statsmodels.regression.mixed_linear_model")
    a = drawn(DESIGNS[1], np.random.default_rng(SEED))
    whose = np.repeat(np.arange(len(a.group)), a.items.astype(int))
    nth = np.concatenate([np.arange(n) for n in a.items])
    is_right = (nth < a.right[whose]).astype(float)
    x = np.column_stack([np.ones(len(whose)), a.group[whose]])
    fitted = smf.MixedLM(is_right, x, groups=whose).fit(reml=True)
    first, second = _by_group(a, a.share)
    tested = stats.ttest_ind(second, first)
    # REML is found by an optimiser, to about six digits.
    assert fitted.fe_params[1] == pytest.approx(second.mean() - first.mean(), rel=1e-4)
    assert fitted.fe_params[1] / fitted.bse_fe[1] == pytest.approx(tested.statistic, rel=1e-3)


def test_one_design_quickly() -> None:
    row = run(DESIGNS[6], 150, np.random.default_rng(SEED))
    # 150 audits, the same for both tests: three standard errors of a difference in 5 % of them.
    assert abs(row.lost) <= 0.055
    # 0.18 apart, 100 people each: 0.18/√(0.24/100 + 0.1716/100) = 2.81 errors, Φ(0.85) = 0.80.
    assert row.power["interval"] == pytest.approx(0.80, abs=3 * np.sqrt(0.16 / 150))


COLUMNS = ("people", "items", "rates", "ICC", *(f"{name} %" for name in TESTS))
HEADER = (f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|")


def _line(row: Row) -> str:
    d = row.design
    told = " | ".join(f"{100 * p:.1f}" for p in row.power.values())
    return (
        f"| {d.people[0]} + {d.people[1]} | {d.items}{' unequal' if d.unequal else ''} "
        f"| {d.rates[0]:g}, {d.rates[1]:g} | {d.icc:g} | {told} |"
    )


def _table(rows: Sequence[Row]) -> str:
    most = max(r.lost for r in rows if r.design.is_promised)
    other = max(r.lost for r in rows if not r.design.is_promised)
    intro = f"""\
# How much a test of a gap sees

{N_AUDITS:,} simulated audits of two groups a design, all tests at 5 % on the same answers.
Seed {SEED}, {date()}, NumPy {version("numpy")}, SciPy {version("scipy")}. Made by
`make test-long` (`tests/coverage_of_intervals/test_power_against_mixed_model.py`). Chance: up to 3
points (95 %) for each number, about 1 point for what two tests are apart.

*Interval*: that of the gap excludes zero. *Permutation*: p of the largest gap is 5 % or less.
*Mixed model*: linear, with a random intercept for people; with equal items Welch's t-test on
people's means, with unequal ones with its variance components known, better than any fitted to the
data. *Likelihood*: that of the beta-binomial which the answers are drawn from.

With equal numbers of items the interval sees as much as the mixed model, less at most
{100 * most:.1f} points. Where a few people hold most items and people differ, it sees up to
{100 * other:.1f} points less: the share of answers that are right counts answers, a mixed model
counts people. `facevalue power` plans with that (`--items-cv`). The likelihood sees more where
rates are near 1, as it learns from the shape of how people differ, which an audit does not presume
to know. Permuting answers of one item a person is as cautious as Fisher's exact test.
"""
    return "\n".join([intro, *HEADER, *map(_line, rows), ""])
