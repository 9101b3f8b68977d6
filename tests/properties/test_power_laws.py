"""Laws of planning: what takes more people, and what takes as many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from facevalue.domain import Estimate
from facevalue.stats import further_subjects
from facevalue.stats.power import (
    MOST_SIMULATED,
    PowerSpec,
    closed_form,
    correlation_within,
    error_ratio,
    nearest_bound,
    power_with,
    simulate,
    smallest_gap,
    subjects_needed,
)

laws = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
few = settings(laws, max_examples=10)
POWER = 0.8


@st.composite
def specs(draw: st.DrawFn, *, n_groups: int | None = None) -> PowerSpec:
    """Return a claim about a rate, a gap to show or a gap to exclude."""
    rate = draw(st.floats(0.3, 0.95))
    spec = PowerSpec(
        rate=rate, bound=draw(st.floats(0.1, 0.9)), items=draw(st.integers(1, 50)),
        icc=draw(st.sampled_from([0.0, 0.05, 0.3])), items_cv=draw(st.sampled_from([0.0, 0.6])),
        level=draw(st.sampled_from([0.9, 0.95])), looks=draw(st.integers(1, 10)),
    )  # fmt: skip
    what = draw(st.sampled_from(["rate", "show", "exclude"]))
    if what == "rate":
        assume(abs(rate - spec.bound) > 0.05)
        return spec
    parts = draw(st.lists(st.integers(1, 5), min_size=n_groups or 2, max_size=n_groups or 4))
    shares = tuple(p / sum(parts) for p in parts)
    shared = draw(st.sampled_from([None, 0.0, 0.75, 1.0]))
    if shared is not None:
        shares = (1 / len(shares),) * len(shares)
    gap = draw(st.floats(0.04, min(rate, 1 - rate))) if what == "show" else 0.0
    bound = 0.0 if what == "show" else draw(st.floats(0.04, 0.4))
    return replace(spec, gap=gap, bound=bound, shares=shares, shared=shared)


@laws
@given(spec=specs(), n=st.integers(50, 5000))
def test_everybody_is_in_a_group_and_groups_are_large_enough(spec: PowerSpec, n: int) -> None:
    sizes = spec.group_sizes(n)
    assert len(sizes) == len(spec.rates)
    if spec.gap is None or spec.shared is not None:
        assert set(sizes.tolist()) == {n}
    else:
        assert sizes.sum() == n
        assert np.abs(sizes - np.array(spec.shares) * n).max() < 1.0 + 1e-9
    assert spec.group_sizes(spec.least_subjects).min() >= 8
    assert max(spec.rates) - min(spec.rates) == pytest.approx(spec.gap or 0.0)
    assert all(0.0 < p < 1.0 for p in spec.rates)


@laws
@given(spec=specs())
def test_what_takes_more_people(spec: PowerSpec) -> None:
    needed = closed_form(spec, POWER)
    assert closed_form(spec, 0.9) > needed
    assert closed_form(replace(spec, level=0.99), POWER) > needed
    assert closed_form(replace(spec, looks=spec.looks + 1), POWER) > needed
    assert closed_form(replace(spec, items=spec.items + 1), POWER) <= needed * (1 + 1e-12)
    if spec.items > 1 and spec.shared is None:
        assert closed_form(replace(spec, icc=spec.icc + 0.1), POWER) > needed
    if spec.items > 1 and spec.icc and spec.shared is not None:
        # What conditions have in common cancels out.
        more = min(spec.shared + 0.2, 1.0)
        assert closed_form(replace(spec, shared=more), POWER) <= needed


@laws
@given(spec=specs(), items=st.integers(1, 100))
def test_people_for_items_at_the_square_of_the_error(spec: PowerSpec, items: int) -> None:
    changed = closed_form(replace(spec, items=items), POWER)
    assert changed == pytest.approx(closed_form(spec, POWER) * error_ratio(spec, items) ** 2)


@laws
@given(spec=specs(), n=st.integers(MOST_SIMULATED + 1, 50_000))
def test_the_normal_approximation_agrees_with_itself(spec: PowerSpec, n: int) -> None:
    chance = power_with(spec, n, 200, 0)
    assert (chance.low, chance.high, chance.n_audits) == (chance.value, chance.value, 0)
    bound = nearest_bound(spec, n, POWER, 200, 0)
    assert bound is not None
    if spec.bound > 0.0 and 0.0 < bound.value < 1.0:
        # An audit settles the nearest bound with just that chance.
        assert power_with(replace(spec, bound=bound.value), n, 200, 0).value == pytest.approx(POWER)
    if 0.01 < chance.value < 0.99:
        assert closed_form(spec, chance.value) == pytest.approx(n, rel=1e-6)


@few
@given(spec=specs(n_groups=2), n=st.integers(30, 120), seed=st.integers(0, 1000))
def test_simulated_audits_hang_on_seed_and_people_only(spec: PowerSpec, n: int, seed: int) -> None:
    n = max(n, spec.least_subjects)
    one, other = simulate(spec, n, 20, seed), simulate(spec, n, 20, seed)
    assert np.array_equal(one.low, other.low)
    assert np.array_equal(one.high, other.high)
    assert (one.low <= one.high).all()
    assert 0 <= one.n_settled(spec) <= 20
    # More audits begin with the same ones.
    assert np.array_equal(simulate(spec, n, 25, seed).low[:20], one.low)


@few
@given(spec=specs(n_groups=2), seed=st.integers(0, 1000))
def test_what_is_found_lies_within_its_range(spec: PowerSpec, seed: int) -> None:
    needed = subjects_needed(spec, POWER, 200, seed)
    if needed is not None:
        assert spec.least_subjects <= needed.low <= needed.value <= needed.high
        assert needed.value == int(needed.value)
    n = max(60, spec.least_subjects)
    if spec.gap is not None:
        gap = smallest_gap(spec, n, POWER, 200, seed)
        assert gap is None or 0.0 < gap.low <= gap.value <= gap.high < 1.0
    bound = nearest_bound(spec, n, POWER, 200, seed)
    if bound is not None:
        assert bound.low <= bound.value <= bound.high
        assert (bound.value < spec.truth) == spec.is_above or bound.value == spec.truth


@laws
@given(
    p=st.floats(0.02, 0.98), down=st.floats(0.1, 0.9), nearer=st.floats(0.1, 0.9),
    n=st.integers(8, 500),
)  # fmt: skip
def test_further_subjects_of_a_share(p: float, down: float, nearer: float, n: int) -> None:
    def more(value: float, low: float, high: float, bound: float) -> float:
        found = Estimate(
            value=value, low=low, high=high, level=0.95, method="m", n_items=n, n_answers=n,
            n_subjects=n,
        )  # fmt: skip
        return further_subjects(found, bound) or float("inf")

    low, high = p * down, 1 - (1 - p) * down
    bound = low + (p - low) * nearer
    below = more(p, low, high, bound)
    # The nearer the bound, the more; and right answers are as good as wrong ones.
    assert below <= more(p, low, high, (bound + p) / 2)
    other = more(1 - p, 1 - high, 1 - low, 1 - bound)
    assert other == below or abs(other - below) <= 1 + 1e-6 * below


@laws
@given(
    icc=st.floats(0.0, 0.9), items=st.integers(2, 200), n=st.integers(5, 100),
    p=st.floats(0.05, 0.95),
)  # fmt: skip
def test_the_correlation_behind_a_design_effect(icc: float, items: int, n: int, p: float) -> None:
    found = Estimate(
        value=p, low=0.0, high=1.0, level=0.95, method="m", n_items=n * items,
        n_answers=n * items, n_subjects=n, design_effect=1 + (items - 1) * icc,
    )  # fmt: skip
    assert correlation_within(found) == pytest.approx(icc, abs=1e-9)
