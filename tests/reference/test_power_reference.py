"""Planned numbers of people against statsmodels.

The normal approximation is statsmodels' own formula with the design effect as the exchange rate
between answers and independent answers; what is simulated is compared with the formulas where
they hold, within the chance of the simulation.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from facevalue.stats.power import (
    PowerSpec,
    closed_form,
    power_with,
    smallest_gap,
    subjects_needed,
)
from support import require

GAP = PowerSpec(rate=0.8, gap=0.1, bound=0.0, items=20, icc=0.1)


def deff(spec: PowerSpec) -> float:
    return 1 + (spec.items - 1) * spec.icc


@pytest.mark.parametrize("power", [0.7, 0.8, 0.95])
@pytest.mark.parametrize("share", [0.5, 0.3])
@pytest.mark.parametrize("icc", [0.0, 0.1, 0.3])
def test_two_groups_are_the_two_sample_formula(power: float, share: float, icc: float) -> None:
    normal = require("statsmodels.stats.power").NormalIndPower()
    spec = replace(GAP, icc=icc, shares=(share, 1 - share))
    ratio = (1 - share) / share
    # Groups vary differently: one standard deviation that gives the same standard error.
    first, second = (p * (1 - p) for p in spec.rates)
    deviation = math.sqrt((first + second / ratio) / (1 + 1 / ratio))
    answers = normal.solve_power(
        effect_size=spec.truth / deviation, alpha=0.05, power=power, ratio=ratio
    )
    people = answers * (1 + ratio) * deff(spec) / spec.items
    # statsmodels counts rejections on the wrong side as power, too: less than 1e-5.
    assert closed_form(spec, power) == pytest.approx(people, rel=1e-4)


@pytest.mark.parametrize(("rate", "bound"), [(0.9, 0.89), (0.5, 0.53), (0.7, 0.68)])
def test_a_rate_is_near_the_arcsine_formula(rate: float, bound: float) -> None:
    module = require("statsmodels.stats.power")
    effect = require("statsmodels.stats.proportion").proportion_effectsize(rate, bound)
    answers = module.NormalIndPower(ddof=0).solve_power(
        effect_size=effect, alpha=0.05, power=0.8, ratio=0
    )
    spec = PowerSpec(rate=rate, bound=bound, items=20, icc=0.1)
    # Logits and arcsines of a share differ by less than a tenth so near.
    people = answers * deff(spec) / spec.items
    assert closed_form(spec, 0.8) == pytest.approx(people, rel=0.1)


@pytest.mark.parametrize(
    ("rate", "gap", "icc"), [(0.7, 0.1, 0.1), (0.6, 0.15, 0.3), (0.75, 0.1, 0.02)]
)
def test_a_simulated_gap_needs_what_a_t_test_of_means_needs(
    rate: float, gap: float, icc: float
) -> None:
    solve = require("statsmodels.stats.power").tt_ind_solve_power
    spec = PowerSpec(rate=rate, gap=gap, bound=0.0, items=20, icc=icc)
    deviation = math.sqrt(
        np.mean([p * (1 - p) for p in spec.rates]) * deff(spec) / spec.items
    )  # of a person's mean
    people = 2 * solve(effect_size=gap / deviation, alpha=0.05, power=0.8)
    found = subjects_needed(spec, 0.8, 2_000, 0)
    assert found is not None
    # A standard error of the search is 2.5 %; the interval may need a few people more.
    assert people * 0.93 < found.value < people * 1.12


def test_simulated_power_is_that_of_the_normal_test_with_many_people() -> None:
    module = require("statsmodels.stats.power")
    spec = PowerSpec(rate=0.8, gap=0.03, bound=0.0, items=20, icc=0.1)
    n = 700
    deviation = math.sqrt(np.mean([p * (1 - p) for p in spec.rates]))
    answers = n / 2 * spec.items / deff(spec)
    expected = module.NormalIndPower().power(spec.truth / deviation, answers, 0.05)
    found = power_with(spec, n, 2_000, 0)
    # Three standard errors of 2,000 audits, and a point for Student's t.
    assert found.value == pytest.approx(expected, abs=3 * math.sqrt(0.25 / 2_000) + 0.01)


def test_paired_conditions_are_the_one_sample_formula_of_differences() -> None:
    solve = require("statsmodels.stats.power").tt_solve_power
    spec = replace(GAP, shared=1.0, rate=0.7, gap=0.05, icc=0.2)
    first, second = (p * (1 - p) for p in spec.rates)
    # Each side's variance, less twice their covariance, which is all of the correlation.
    variance = (first + second) * deff(spec) / spec.items - 2 * math.sqrt(first * second) * 0.2
    people = solve(effect_size=0.05 / math.sqrt(variance), alpha=0.05, power=0.8)
    found = subjects_needed(spec, 0.8, 2_000, 0)
    assert found is not None
    # A standard error of the search is 2.5 %; the smaller side's degrees of freedom are taken.
    assert people * 0.93 < found.value < people * 1.15


def test_the_smallest_gap_is_that_of_the_t_test() -> None:
    solve = require("statsmodels.stats.power").tt_ind_solve_power
    spec = PowerSpec(rate=0.6, gap=0.1, bound=0.0, items=20, icc=0.1)
    effect = solve(nobs1=50, alpha=0.05, power=0.8)
    found = smallest_gap(spec, 100, 0.8, 2_000, 0)
    assert found is not None
    expected = effect * math.sqrt(0.24 * deff(spec) / spec.items)
    assert found.value == pytest.approx(expected, rel=0.06)
