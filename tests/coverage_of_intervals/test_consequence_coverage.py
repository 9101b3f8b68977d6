"""Do the draws of a flag rate say how uncertain it is? 1,000 simulated audits a design.

People have a flag rate of their own, drawn from a beta distribution. Told are how often the
middle 95 % of the draws hold the rate of all people, and the chance of a flag at least once in
20 looks at the true correlation; and how often the interval of the correlation holds it. A
table for the docs is written by ``make test-long``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from coverage_of_intervals.tables import date, simulated
from facevalue.simulate import flagged_at_least_once
from facevalue.simulate.posterior import (
    Flagged,
    beta_draws,
    effective_looks,
    intraclass_correlation,
)

PAGE = Path(__file__).parents[2] / "docs" / "simulations" / "consequences.md"
SEED, N_AUDITS, LOOKS = 20261124, 1000, 20
ENDS = np.array([0.025, 0.975])
PROMISED = 20
"""People from which on the draws are promised to hold their level, with ten flags in all."""


@dataclass(frozen=True)
class Design:
    """People, looks at each (or 1 to twice as many), flag rate and correlation."""

    n_people: int
    looks: int
    is_even: bool
    rate: float
    correlation: float


@dataclass(frozen=True)
class Row:
    """Shares of audits, and how often the correlation could be told."""

    design: Design
    rate: float
    too_low: float
    once: float
    correlation: float
    told: float
    bias: float


DESIGNS = [
    Design(*parts)
    for parts in product(
        (5, 10, 20, 50, 91), (5, 20), (True, False), (0.02, 0.1, 0.4), (0.0, 0.1, 0.4)
    )
]


def _one(numbered: tuple[int, Design]) -> Row:
    number, d = numbered
    rng = np.random.default_rng([SEED, number])
    held = low = once_held = told = correlation_held = 0
    gap = 0.0
    true_once = float(flagged_at_least_once([d.rate], LOOKS, d.correlation)[0])
    for _ in range(N_AUDITS):
        looks = (
            np.full(d.n_people, d.looks)
            if d.is_even
            else rng.integers(1, 2 * d.looks, d.n_people, endpoint=True)
        )
        people = np.full(d.n_people, d.rate)
        if d.correlation:
            total = (1 - d.correlation) / d.correlation
            people = rng.beta(d.rate * total, (1 - d.rate) * total, d.n_people)
        flagged = Flagged(looks.astype(float), rng.binomial(looks, people).astype(float))
        ends = beta_draws(flagged.rate, effective_looks(flagged), ENDS)
        held += bool(ends[0] <= d.rate <= ends[1])
        low += bool(ends[1] < d.rate)
        once = flagged_at_least_once(ends, LOOKS, d.correlation)
        once_held += bool(once[0] <= true_once <= once[1])
        found = intraclass_correlation(flagged)
        if found is not None:
            told += 1
            correlation_held += found.low <= d.correlation <= found.high
            gap += found.value - d.correlation
    return Row(
        design=d,
        rate=held / N_AUDITS,
        too_low=low / N_AUDITS,
        once=once_held / N_AUDITS,
        correlation=correlation_held / max(told, 1),
        told=told / N_AUDITS,
        bias=gap / max(told, 1),
    )


def _page(rows: list[Row]) -> str:
    lines = [
        "# How well the draws of a flag rate hold their level",
        "",
        f"{N_AUDITS:,} simulated audits for each of {len(rows)} designs; seed {SEED}; {date()}. "
        "Made by `make test-long`. People have a flag rate of their own, so that looks at one "
        "person are correlated. *rate* is how often the middle 95 % of the draws hold the rate, "
        "*too low* how often they lie below it altogether (nominal 2.5 %), *once* the same as "
        f"*rate* for the chance of a flag at least once in {LOOKS} looks at the true correlation. "
        "*correlation* is how often its 95 % interval holds it where the data tell it (*told*), "
        "and *bias* what the estimate is off on average.",
        "",
        f"Promised: with {PROMISED} people or more and at least ten flags expected, *rate* of 92 % "
        "or more. With few people and a rare flag the draws are cautious: the posterior has half "
        "an event added, and people without any flag count as one look each.",
        "",
        "| people | looks | rate | correlation | rate held | too low | once held | "
        "correlation held | told | bias |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for r in rows:
        d = r.design
        looks = f"{d.looks}" if d.is_even else f"1 to {2 * d.looks}"
        lines.append(
            f"| {d.n_people} | {looks} | {d.rate:g} | {d.correlation:g} | {r.rate:.1%} | "
            f"{r.too_low:.1%} | {r.once:.1%} | {r.correlation:.1%} | {r.told:.0%} | {r.bias:+.3f} |"
        )
    return "\n".join([*lines, ""])


def _is_promised(d: Design) -> bool:
    return d.n_people >= PROMISED and d.n_people * d.looks * d.rate >= 10


@pytest.mark.slow
def test_draws_of_a_flag_rate_hold_their_level() -> None:
    rows = simulated(_one, DESIGNS)
    PAGE.write_text(_page(rows), "utf-8")
    short = [r for r in rows if _is_promised(r.design) and r.rate < 0.92]
    assert short == []
