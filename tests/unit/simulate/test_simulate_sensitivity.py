"""What the answer hangs on: each assumption moved alone, and every threshold."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from facevalue.simulate import (
    Deployment,
    Rates,
    Scenario,
    Swing,
    claimed_rates,
    consequences,
    deployment_of,
    published_rates,
    scenario,
    sweep,
    tornado,
)
from facevalue.simulate.posterior import Correlation

CHECKPOINT = scenario("checkpoint")
CLAIM = claimed_rates(sensitivity=0.95, specificity=0.95)


def swings(
    one: Scenario = CHECKPOINT, rates: Rates = CLAIM, use: Deployment | None = None
) -> dict[tuple[str, str], Swing]:
    found = tornado(rates, use or deployment_of(one, rates), one)
    return {(s.quantity, s.assumption): s for s in found}


def changed(**given: Any) -> Scenario:
    return Scenario.model_validate(CHECKPOINT.model_dump(exclude_none=True) | given)


def test_each_range_is_moved_alone() -> None:
    use = deployment_of(CHECKPOINT)
    found = swings()
    for assumption, name, low, high in (
        ("base rate", "base_rate", 1e-7, 0.001),
        ("people a day", "people_a_day", 100_000, 250_000),
        ("looks at a person", "looks", 2, 200),
        ("minutes of a review", "minutes", 5, 60),
        ("correlation of looks", "correlation", 0.05, 0.7),
    ):
        moved = [s for (_, a), s in found.items() if a == assumption]
        assert moved, assumption
        for swing in moved:
            assert (swing.low, swing.high) == (low, high)
            for end, value in ((low, swing.at_low), (high, swing.at_high)):
                one = replace(use, **{name: end})  # type: ignore[arg-type]
                assert consequences(CLAIM, one).of_all[swing.quantity].value == value


def test_what_does_not_depend_on_an_assumption_has_no_swing_of_it() -> None:
    assert set(swings()) == {
        ("ppv", "base rate"),
        ("false_flags_a_day", "base rate"), ("false_flags_a_day", "people a day"),
        ("flagged_once", "looks at a person"), ("flagged_once", "correlation of looks"),
        ("review_hours", "base rate"), ("review_hours", "people a day"),
        ("review_hours", "minutes of a review"),
    }  # fmt: skip
    # In the call centre the arithmetic moves the last digit of what does not move.
    assert all(s.width > 1e-6 for s in tornado(CLAIM, deployment_of(CHECKPOINT), CHECKPOINT))
    centre = scenario("call-centre")
    assert {a for q, a in swings(centre) if q == "ppv"} == {"base rate"}


def test_the_widest_stands_first() -> None:
    found = tornado(CLAIM, deployment_of(CHECKPOINT), CHECKPOINT)
    order = ["ppv", "false_flags_a_day", "flagged_once", "review_hours"]
    places = [order.index(s.quantity) for s in found]
    assert places == sorted(places)
    for quantity in order:
        widths = [s.width for s in found if s.quantity == quantity]
        assert widths == sorted(widths, reverse=True)


def test_by_hand() -> None:
    found = swings()
    # 0.95/(0.95 + 0.05 · 999) at 1 in 1,000.
    assert found["ppv", "base rate"].at_high == pytest.approx(0.95 / 50.9, rel=1e-12)
    # 5 % of 250,000 · 0.9999.
    assert found["false_flags_a_day", "people a day"].at_high == pytest.approx(12_498.75)
    once = found["flagged_once", "looks at a person"]
    # Two looks at ρ = 0.3: 1 − 0.95 · (133/60 + 1)/(7/3 + 1) = 1 − 0.95 · 193/200.
    assert once.at_low == pytest.approx(1 - 0.95 * 193 / 200, rel=1e-12)


def test_an_unknown_correlation_runs_from_none_to_alike() -> None:
    one = changed(correlation=None)
    swing = swings(one)["flagged_once", "correlation of looks"]
    assert (swing.low, swing.high) == (0.0, 1.0)
    assert swing.at_low == pytest.approx(1 - 0.95**20)
    assert swing.at_high == pytest.approx(0.05)


def test_a_measured_correlation_runs_over_its_interval() -> None:
    rates = replace(CLAIM, correlation=Correlation(0.2, 0.1, 0.4))
    swing = swings(rates=rates)["flagged_once", "correlation of looks"]
    assert (swing.low, swing.high) == (0.1, 0.4)
    # One that is known exactly does not move.
    rates = replace(CLAIM, correlation=Correlation(0.2, 0.2, 0.2))
    assert ("flagged_once", "correlation of looks") not in swings(rates=rates)


def test_a_number_set_outside_of_its_range_is_not_moved() -> None:
    use = replace(deployment_of(CHECKPOINT), base_rate=0.3, correlation=0.9)
    found = swings(use=use)
    assert not any(a in ("base rate", "correlation of looks") for _, a in found)
    assert ("flagged_once", "looks at a person") in found


def test_a_number_without_a_range_is_not_moved() -> None:
    one = changed(
        base_rate={"value": 0.01, "why": "w"}, correlation={"value": 0.3, "why": "w"},
        people_a_day={"value": 10, "low": 10, "high": 10, "why": "w"},
    )  # fmt: skip
    assert {a for _, a in swings(one)} == {"looks at a person", "minutes of a review"}


def test_ends_of_looks_are_whole_and_can_be_looked() -> None:
    one = changed(looks={"value": 3, "low": 0.2, "high": 5e6, "why": "w"})
    swing = swings(one)["flagged_once", "looks at a person"]
    assert (swing.low, swing.high) == (1, 1_000_000)
    assert swing.at_low == pytest.approx(0.05)


def test_an_uncertain_rate_is_moved_with_the_other_at_its_median() -> None:
    rates = published_rates((0.7, 0.8, 0.9), (0.85, 0.9, 0.95), seed=2)
    use = deployment_of(CHECKPOINT, rates)
    found = swings(rates=rates)
    s = float(np.median(rates.sensitivity))
    swing = found["ppv", "flagged, not sought"]
    assert (swing.low, swing.high) == pytest.approx((0.05, 0.15), rel=0.02)
    for end, value in ((swing.low, swing.at_low), (swing.high, swing.at_high)):
        hits, wrong = use.base_rate * s, (1 - use.base_rate) * end
        assert value == pytest.approx(hits / (hits + wrong), rel=1e-9)
    # More flags of those not sought make a flag worth less; of those sought, more.
    assert swing.at_low is not None
    assert swing.at_high is not None
    assert swing.at_low > swing.at_high
    other = found["ppv", "flagged, sought"]
    assert other.at_low is not None
    assert other.at_high is not None
    assert other.at_low < other.at_high
    # The flags of those not sought are not moved by the rate of those sought.
    assert ("false_flags_a_day", "flagged, sought") not in found


def test_groups_move_together() -> None:
    rates = published_rates((0.7, 0.8, 0.9), (0.85, 0.9, 0.95), seed=2)
    both = Rates(
        groups=("a", "b"), shares=np.array([0.3, 0.7]), thresholds=None,
        sensitivity=np.repeat(rates.sensitivity, 2, axis=1),
        false_flag_rate=np.repeat(rates.false_flag_rate, 2, axis=1),
    )  # fmt: skip
    one, two = swings(rates=rates), swings(rates=both)
    assert set(one) == set(two)
    for key, swing in one.items():
        assert two[key].at_high == pytest.approx(swing.at_high, rel=1e-6)


def test_what_ceases_to_exist_is_the_widest() -> None:
    swing = Swing(assumption="a", low=0, high=1, quantity="ppv", at_low=0.1, at_high=None)
    assert swing.width == math.inf
    assert replace(swing, at_low=None).width == 0.0
    assert replace(swing, at_high=0.4).width == pytest.approx(0.3)
    # Where no flag is raised a flag has no worth, at either end.
    never = claimed_rates(sensitivity=0.0, specificity=1.0)
    assert not any(q == "ppv" for q, _ in swings(rates=never))


def test_a_sweep_is_what_follows_at_every_threshold() -> None:
    rates = Rates(
        groups=("all",), shares=np.ones(1), thresholds=(0.2, 0.5, 0.8), at=1,
        sensitivity=np.array([0.9, 0.8, 0.5]).reshape(3, 1, 1),
        false_flag_rate=np.array([0.4, 0.1, 0.01]).reshape(3, 1, 1),
    )  # fmt: skip
    use = deployment_of(CHECKPOINT, rates)
    found = sweep(rates, use)
    assert [s.threshold for s in found] == [0.2, 0.5, 0.8]
    assert found[1].found == consequences(rates, use)
    assert found[2].found == consequences(rates, use, 2)
    values = [s.found.of_all["flags_a_day"].value for s in found]
    # 200,000 looks, 20 sought: 18 + 79,992; 16 + 19,998; 10 + 1,999.8.
    assert values == pytest.approx([80_010.0, 20_014.0, 2009.8])
    assert sweep(CLAIM, use) == []
