"""Closed forms, by hand and by throwing the dice."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from facevalue.errors import InputError
from facevalue.simulate import Deployment, claimed_rates, consequences, flagged_at_least_once
from facevalue.simulate.consequences import of_draws, spread
from facevalue.simulate.queue import queue_of

USE = Deployment(
    people_a_day=10_000, looks_a_day=1, base_rate=1e-4, looks=20, minutes=10, staff=2, hours=16
)


def test_a_claim_of_95_percent_at_1_in_10_000() -> None:
    found = consequences(claimed_rates(sensitivity=0.95, specificity=0.95), USE).of_all
    # 10,000 looks: 1 sought, flagged 0.95 times; 9,999 not sought, 5 % of them 499.95.
    assert found["true_flags_a_day"].value == pytest.approx(0.95, rel=1e-12)
    assert found["false_flags_a_day"].value == pytest.approx(499.95, rel=1e-12)
    assert found["ppv"].value == pytest.approx(0.95 / 500.9, rel=1e-12)
    assert f"{found['ppv'].value:.2%}" == "0.19%"
    assert found["missed_a_day"].value == pytest.approx(0.05, rel=1e-9)
    # Every second flag is right where as many of those not sought are flagged as of those
    # sought: f × 9,999 = 0.95.
    assert found["needed_false_flag_rate"].value == pytest.approx(0.95 / 9999, rel=1e-12)
    assert found["needed_sensitivity"].value == pytest.approx(499.95, rel=1e-12)
    # Without a flag: 0.05 sought of 9,499.1 unflagged.
    assert found["missed_among_unflagged"].value == pytest.approx(0.05 / 9499.1, rel=1e-9)


def test_repeated_looks_at_one_person() -> None:
    assert float(flagged_at_least_once([0.05], 20, 0.0)[0]) == pytest.approx(1 - 0.95**20)
    assert float(flagged_at_least_once([0.05], 20, 1.0)[0]) == 0.05
    # At ρ = 0.3: a = 0.05 · 7/3 = 7/60, b = 0.95 · 7/3 = 133/60, and the product by fractions.
    b, total = Fraction(133, 60), Fraction(7, 3)
    none = Fraction(1)
    for i in range(20):
        none *= (b + i) / (total + i)
    found = float(flagged_at_least_once([0.05], 20, 0.3)[0])
    assert found == pytest.approx(float(1 - none), rel=1e-13)
    assert f"{found:.3f}" == "0.253"


@pytest.mark.parametrize("correlation", [1e-14, 1e-9, 1e-4, 0.02])
def test_many_looks_keep_their_digits_at_small_correlations(correlation: float) -> None:
    f, looks = 0.001, 4000
    total = (1 - correlation) / correlation
    slowly = math.fsum(math.log1p(-f * total / (total + i)) for i in range(looks))
    found = float(flagged_at_least_once([f], looks, correlation)[0])
    assert found == pytest.approx(-math.expm1(slowly), rel=1e-10)


def test_one_look_is_the_rate_itself_at_any_correlation() -> None:
    for correlation in (0.0, 0.001, 0.3, 0.999, 1.0):
        found = flagged_at_least_once([0.0, 0.05, 0.7, 1.0], 1, correlation)
        assert found == pytest.approx([0.0, 0.05, 0.7, 1.0], abs=1e-13)


@pytest.mark.parametrize("looks", [2, 20, 999, 1001, 50_000])
@pytest.mark.parametrize("correlation", [0.01, 0.3, 0.9])
def test_repeated_looks_equal_scipy(looks: int, correlation: float) -> None:
    f = 0.05
    a, b = f * (1 - correlation) / correlation, (1 - f) * (1 - correlation) / correlation
    expected = 1 - stats.betabinom(looks, a, b).pmf(0)
    # SciPy's log-gamma functions lose up to 1e-11 where both are large.
    assert float(flagged_at_least_once([f], looks, correlation)[0]) == pytest.approx(
        expected, abs=1e-10
    )


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8])
def test_repeated_looks_equal_simulated_people(correlation: float) -> None:
    rng = np.random.default_rng(5)
    f, looks, people = 0.05, 20, 200_000
    if correlation == 0:
        rate = np.full(people, f)
    else:
        total = (1 - correlation) / correlation
        rate = rng.beta(f * total, (1 - f) * total, people)
    flagged = float((rng.random((people, looks)) < rate[:, None]).any(axis=1).mean())
    expected = float(flagged_at_least_once([f], looks, correlation)[0])
    # Five standard errors of a share over so many people.
    assert abs(flagged - expected) < 5 * math.sqrt(expected * (1 - expected) / people)


def test_flags_and_their_value_equal_simulated_days() -> None:
    rng = np.random.default_rng(11)
    use = Deployment(
        people_a_day=2000, looks_a_day=1, base_rate=0.02, looks=1, minutes=5, staff=1, hours=8
    )
    days, sens, false = 4000, 0.8, 0.1
    sought = rng.binomial(2000, use.base_rate, days)
    hits = rng.binomial(sought, sens)
    wrong = rng.binomial(2000 - sought, false)
    found = consequences(claimed_rates(sensitivity=sens, specificity=1 - false), use).of_all
    for name, drawn in (
        ("true_flags_a_day", hits), ("false_flags_a_day", wrong), ("flags_a_day", hits + wrong),
    ):  # fmt: skip
        value = found[name].value
        assert value is not None
        assert abs(drawn.mean() - value) < 5 * drawn.std() / math.sqrt(days)
    pooled = hits.sum() / (hits + wrong).sum()
    assert found["ppv"].value == pytest.approx(pooled, abs=5 * 0.35 / math.sqrt(len(hits) * 228))


def test_the_queue_equals_a_simulated_one() -> None:
    # 18 flags an hour, 6 minutes each, 3 reviewers: load 0.6.
    found = queue_of([18.0 * 8], minutes=6, staff=3, hours=8)
    assert found.load == pytest.approx([0.6])
    rng = np.random.default_rng(3)
    n = 200_000
    arrivals = np.cumsum(rng.exponential(60 / 18, n))
    work = rng.exponential(6.0, n)
    free = np.zeros(3)
    waited = np.empty(n)
    for i in range(n):
        first = int(free.argmin())
        begin = max(arrivals[i], free[first])
        waited[i] = begin - arrivals[i]
        free[first] = begin + work[i]
    # Waits are correlated; batch means give their error.
    batches = waited.reshape(100, -1).mean(axis=1)
    error = batches.std(ddof=1) / 10
    assert abs(waited.mean() - float(found.wait_minutes[0])) < 4 * error


def test_an_overloaded_queue_has_no_mean_wait_and_grows() -> None:
    found = queue_of([200.0], minutes=10, staff=2, hours=16)
    # 2,000 minutes are 33.3 hours; two reviewers do 32.
    assert np.isnan(found.wait_minutes[0])
    assert found.left_over_hours == pytest.approx([2000 / 60 - 32])


def test_a_spread_without_end_says_so() -> None:
    told = spread(np.array([1.0, 2.0, np.nan]))
    assert told.value == 2.0
    assert told.low == pytest.approx(1.05)
    assert told.high is None


def test_the_burden_of_a_group_is_its_rate_over_that_of_all_others() -> None:
    from dataclasses import replace

    rates = claimed_rates(sensitivity=0.9, specificity=0.9)
    three = replace(
        rates,
        groups=("a", "b", "c"),
        shares=np.array([0.5, 0.25, 0.25]),
        sensitivity=np.full((1, 3, 1), 0.9),
        false_flag_rate=np.array([0.1, 0.2, 0.4])[None, :, None],
    )
    found = consequences(three, USE).of_groups
    # The others of a are b and c in equal parts: 0.3; those of c are a twice as often as b.
    assert found["a"]["burden"].value == pytest.approx(0.1 / 0.3)
    assert found["c"]["burden"].value == pytest.approx(0.4 / ((0.1 * 2 + 0.2) / 3))
    # c: a quarter of 10,000 people, 9,999 in 10,000 not sought, 0.4 of them flagged.
    assert found["c"]["false_flags_a_day"].value == pytest.approx(2500 * 0.9999 * 0.4)


def test_numbers_that_cannot_be_are_all_told_at_once() -> None:
    with pytest.raises(InputError) as error:
        Deployment(
            people_a_day=0, looks_a_day=1, base_rate=1.0, looks=0, minutes=5, staff=0, hours=8,
            correlation=2.0,
        )  # fmt: skip
    assert str(error.value) == (
        "the base rate is 1, expected more than 0, below 1; people a day is 0, expected more "
        "than 0; looks is 0, expected 1 to 1,000,000; staff is 0, expected 1 to 10,000; the "
        "correlation is 2, expected 0 to 1"
    )


def test_nobody_flagged_leaves_no_value_to_tell() -> None:
    drawn = of_draws(np.zeros((1, 1)), np.zeros((1, 1)), np.ones(1), USE)
    assert spread(drawn["ppv"]).value is None
    assert spread(drawn["flags_a_day"]).value == 0.0
