"""How uncertain a flag rate is, by hand: effective looks, Beta draws, likeness of looks."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from facevalue.simulate import flagged_at_least_once
from facevalue.simulate.posterior import (
    Flagged,
    beta_draws,
    effective_looks,
    intraclass_correlation,
)


def flagged(looks: npt.ArrayLike, flags: npt.ArrayLike) -> Flagged:
    return Flagged(np.asarray(looks, dtype=np.float64), np.asarray(flags, dtype=np.float64))


def t_factor(degrees: float) -> float:
    return float((stats.norm.ppf(0.975) / stats.t.ppf(0.975, degrees)) ** 2)


def test_looks_and_people_are_counted() -> None:
    told = flagged([4, 0, 6], [1, 0, 2])
    assert (told.n_looks, told.n_people, told.rate) == (10.0, 2, 0.3)


def test_effective_looks_of_equal_looks_by_hand() -> None:
    # Four people with 5 looks each and 0, 1, 2 and 3 flags: rate 6/20 = 0.3, people's own rates
    # 0, 0.2, 0.4 and 0.6. Variance of their mean: 0.2/3/4 = 1/60, with which the bias-reduced
    # jackknife agrees for equal people; degrees of freedom 3.
    told = flagged([5, 5, 5, 5], [0, 1, 2, 3])
    assert told.replicates.degrees_of_freedom == pytest.approx(3.0)
    assert effective_looks(told) == pytest.approx(0.21 * 60 * t_factor(3), rel=1e-9)


def test_independent_looks_are_worth_about_what_they_are() -> None:
    rng = np.random.default_rng(8)
    worth = []
    for _ in range(40):
        told = flagged(np.full(200, 5), rng.binomial(5, 0.3, 200))
        worth.append(effective_looks(told))
    # 1,000 looks; the variance of 200 people is known to about 10 %, and cut at the looks.
    assert 900 < float(np.median(worth)) <= 1000
    assert max(worth) == 1000.0


def test_people_always_alike_are_worth_one_look_each() -> None:
    told = flagged(np.full(20, 10), [10, 0] * 10)
    # 0.25 over the variance of 20 values of 0 and 1, 0.25 · 20/19 / 20 = 0.25/19: 19, by t.
    assert effective_looks(told) == pytest.approx(19 * t_factor(19), rel=1e-9)


@pytest.mark.parametrize("share", [0, 1])
def test_where_nobody_or_everybody_is_flagged_each_person_counts_once(share: int) -> None:
    looks = np.array([2.0, 2.0, 8.0])
    # Kish: 12² over 4 + 4 + 64.
    assert effective_looks(flagged(looks, share * looks)) == pytest.approx(144 / 72)


def test_of_one_person_nothing_is_known_of_people() -> None:
    assert effective_looks(flagged([10], [3])) == 1.0


def test_equal_rates_of_all_people_do_not_tell_that_looks_are_worth_more() -> None:
    # No variance between people at all: each counts once, 3 people of 4 looks.
    assert effective_looks(flagged([4, 4, 4], [2, 2, 2])) == pytest.approx(3.0)


def test_people_without_a_look_change_nothing() -> None:
    told = flagged([5, 5, 5, 5], [0, 1, 2, 3])
    more = flagged([5, 0, 5, 5, 5, 0], [0, 0, 1, 2, 3, 0])
    assert effective_looks(more) == pytest.approx(effective_looks(told), rel=1e-12)
    assert intraclass_correlation(more) == intraclass_correlation(told)


@pytest.mark.parametrize("rate", [0.0, 0.013, 0.4, 1.0])
@pytest.mark.parametrize("worth", [2.0, 37.5, 12_000.0])
def test_draws_are_quantiles_of_the_beta_distribution(rate: float, worth: float) -> None:
    levels = (np.arange(400) + 0.5) / 400
    drawn = beta_draws(rate, worth, levels)
    expected = stats.beta(rate * worth + 0.5, (1 - rate) * worth + 0.5).ppf(levels)
    # Rounded to 32 bits: half a unit of 2⁻²³.
    assert drawn == pytest.approx(expected, rel=1.2e-7, abs=1e-15)
    assert (drawn.astype(np.float32) == drawn).all()
    assert (np.diff(drawn) >= 0).all()


def test_correlation_equals_a_table_worked_by_hand() -> None:
    # Three people with 4 looks and 4, 2 and 0 flags. Mean squares: between people
    # 4 · (¼ + 0 + ¼) / 2 = 1, within 4 · ½ · ½ / 9 = 1/9. (1 − 1/9) / (1 + 3/9) = 2/3.
    told = intraclass_correlation(flagged([4, 4, 4], [4, 2, 0]))
    assert told is not None
    assert told.value == pytest.approx(2 / 3, rel=1e-12)
    # One left out: of (2, 0) 4 · 2/16 = ½ between, 1/6 within, (1/3)/(½ + ½) = 1/3, and of
    # (4, 2) the same; of (4, 0) 1.
    others = np.array([1 / 3, 1.0, 1 / 3])
    error = math.sqrt(2 / 3 * ((others - others.mean()) ** 2).sum())
    reach = float(stats.t.ppf(0.975, 2)) * error
    assert told.low == pytest.approx(max(0.0, 2 / 3 - reach))
    assert told.high == pytest.approx(min(1.0, 2 / 3 + reach))


def test_the_interval_of_a_correlation_is_that_of_leaving_out_each_person() -> None:
    rng = np.random.default_rng(9)
    flags = rng.binomial(10, rng.beta(1.5, 3.0, 40))
    told = intraclass_correlation(flagged(np.full(40, 10), flags))
    assert told is not None
    others = []
    for i in range(40):
        rest = intraclass_correlation(flagged(np.full(39, 10), np.delete(flags, i)))
        assert rest is not None
        others.append(rest.value)
    # The jackknife over 40 people: 39/40 of the squares, and t with 39 degrees of freedom.
    reach = stats.t.ppf(0.975, 39) * math.sqrt(39 / 40 * 40 * np.var(others))
    assert 0 < told.low < told.value < told.high < 1
    assert told.low == pytest.approx(told.value - reach, rel=1e-9)
    assert told.high == pytest.approx(told.value + reach, rel=1e-9)


def test_correlation_of_unequal_looks_by_hand() -> None:
    # People with 2, 4 and 6 looks and 2, 1 and 3 flags: 6 of 12, rates 1, ¼ and ½.
    # Between: (2 · ¼ + 4 · 1/16 + 0) / 2 = 3/8. Within: (0 + ¾ + 3/2) / 9 = ¼.
    # Typical looks: (12 − 56/12) / 2 = 11/3. (1/8) / (3/8 + 8/3 · ¼) = (1/8) / (25/24) = 3/25.
    told = intraclass_correlation(flagged([2, 4, 6], [2, 1, 3]))
    assert told is not None
    assert told.value == pytest.approx(0.12, rel=1e-12)


@pytest.mark.parametrize("true", [0.05, 0.3, 0.7])
def test_correlation_is_found_again_in_simulated_people(true: float) -> None:
    rng = np.random.default_rng(12)
    total, rate = (1 - true) / true, 0.2
    found = []
    for _ in range(200):
        own = rng.beta(rate * total, (1 - rate) * total, 60)
        told = intraclass_correlation(flagged(np.full(60, 12), rng.binomial(12, own)))
        assert told is not None
        found.append(told.value)
    error = float(np.std(found)) / math.sqrt(len(found))
    # The estimator is biased low by a few in a hundred with so few people.
    assert abs(float(np.mean(found)) - true) < 0.02 + 4 * error


@pytest.mark.parametrize(
    ("looks", "flags"),
    [
        ([4, 4, 4], [0, 0, 0]),
        ([4, 4, 4], [4, 4, 4]),
        ([1, 1, 1, 1], [1, 0, 1, 0]),
        ([4, 4], [4, 1]),
        # Without the one person that is flagged nobody is.
        ([4, 4, 4], [3, 0, 0]),
    ],
)
def test_a_correlation_that_the_data_do_not_tell_is_not_told(
    looks: list[int], flags: list[int]
) -> None:
    assert intraclass_correlation(flagged(looks, flags)) is None


def test_looks_less_alike_than_chance_are_told_as_not_alike() -> None:
    told = intraclass_correlation(flagged([4, 4, 4], [2, 2, 2]))
    assert told is not None
    assert (told.value, told.low, told.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("looks", "correlation"), [(0, 0.5), (-1, 0.5), (2, -0.1), (2, 1.1), (2, math.nan)]
)
def test_looks_that_cannot_be(looks: int, correlation: float) -> None:
    with pytest.raises(ValueError, match=f"^looks is {looks}, correlation {correlation:g}$"):
        flagged_at_least_once([0.1], looks, correlation)


def test_many_people_are_no_burden() -> None:
    rng = np.random.default_rng(1)
    n = 100_000
    told = intraclass_correlation(flagged(np.full(n, 5), rng.binomial(5, 0.3, n)))
    assert told is not None
    assert told.value < 0.01
