"""Changes within items: by hand, against SciPy, and in how often their intervals hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate
from scipy import stats as scipy_stats

from facevalue.domain import Estimate, NotEstimable, Reason
from facevalue.stats import (
    IntervalSpec,
    Replicates,
    Scale,
    area_weights,
    at_looks,
    change_within,
    interval,
    level_of_look,
    mean_of,
)
from facevalue.stats.stability import METHOD_UNMOVED

SPEC = IntervalSpec(0.95)


def change(values: np.ndarray) -> tuple[Replicates, Replicates]:
    """Return the replicates of a mean change, and of the share unchanged; rows are people."""
    n = np.full(len(values), float(values.shape[1]))
    people = np.arange(len(values))
    total = mean_of(n, values.sum(axis=1).astype(float), people, values.size)
    same = mean_of(n, (values == 0).sum(axis=1).astype(float), people, values.size)
    return Replicates(
        total.value, total.left_out, total.sizes, people, values.size, None, Scale.DIFFERENCE
    ), same


def test_a_change_is_that_of_a_paired_t_test_of_people() -> None:
    rng = np.random.default_rng(4)
    values = rng.choice([-1, 0, 0, 1], size=(30, 8))
    found = change_within(*change(values), SPEC)
    assert isinstance(found, Estimate)
    # With equal numbers of items the deviations of people are those of their means.
    means = values.mean(axis=1)
    assert found.value == pytest.approx(means.mean(), abs=1e-12)
    t = scipy_stats.ttest_1samp(means, 0.0)
    # The same t; ours has fewer degrees of freedom at most, so a p-value no smaller.
    assert found.p_value is not None
    assert found.p_value >= t.pvalue - 1e-12
    error = means.std(ddof=1) / np.sqrt(30)
    assert (found.high - found.low) / 2 >= scipy_stats.t.ppf(0.975, 29) * error - 1e-9


@pytest.mark.parametrize("n_people", [5, 20, 91])
def test_where_nothing_changed_the_bound_is_that_of_people_who_could(n_people: int) -> None:
    found = change_within(*change(np.zeros((n_people, 3), dtype=int)), SPEC)
    assert isinstance(found, Estimate)
    # Clopper–Pearson with no hit: 1 − 0.025 ** (1 / n).
    reach = 1 - 0.025 ** (1 / n_people)
    assert (found.value, found.p_value, found.method) == (0.0, 1.0, METHOD_UNMOVED)
    assert (found.low, found.high) == pytest.approx((-reach, reach), abs=1e-12)
    assert found.n_subjects == n_people


def test_too_few_people_are_said_not_guessed() -> None:
    found = change_within(*change(np.zeros((4, 3), dtype=int)), SPEC)
    assert isinstance(found, NotEstimable)
    assert found.reason is Reason.TOO_FEW_CLUSTERS


@pytest.mark.parametrize("sign", [-1, 1])
def test_where_everything_changed_people_are_counted(sign: int) -> None:
    found = change_within(*change(sign * np.ones((9, 2), dtype=int)), SPEC)
    assert isinstance(found, Estimate)
    # Clopper–Pearson with nine hits of nine, and a sign test of nine people.
    ends = sorted([sign * 0.025 ** (1 / 9), sign * 1.0])
    assert (found.low, found.high) == pytest.approx(ends, abs=1e-12)
    assert found.value == sign
    assert found.p_value == pytest.approx(2 / 2**9)


def test_people_who_change_by_the_same_part_are_counted_as_answers_are() -> None:
    found = change_within(*change(np.tile([0, 1], (9, 1))), SPEC)
    assert isinstance(found, Estimate)
    exact = scipy_stats.binomtest(9, 18).proportion_ci(0.95, method="exact")
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert found.p_value == pytest.approx(2 / 2**9)


def test_opposite_changes_that_everybody_shares_leave_chance_untold() -> None:
    # Everybody gains two answers and loses one: nobody differs, yet neither did all change alike.
    found = change_within(*change(np.tile([1, 1, -1], (9, 1))), SPEC)
    assert isinstance(found, NotEstimable)
    assert found.reason is Reason.UNDEFINED
    assert found.value == pytest.approx(1 / 3)


def test_the_area_is_that_of_the_trapezoids() -> None:
    # From 1 at severity 0 over 0.8, 0.5 and 0.5 at 1, 2 and 4:
    # 0.9 + 0.65 + 2 × 0.5 = 2.55, over a length of 4.
    weights = area_weights([1, 2, 4])
    assert weights[0] + weights[1:] @ [0.8, 0.5, 0.5] == pytest.approx(2.55 / 4, abs=1e-12)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    curve = [1.0, 0.8, 0.5, 0.5]
    assert integrate.trapezoid(curve, [0, 1, 2, 4]) / 4 == pytest.approx(2.55 / 4, abs=1e-12)


@pytest.mark.parametrize("severities", [[], [0, 1], [2, 1], [1, 1]])
def test_severities_have_to_rise(severities: list[int]) -> None:
    with pytest.raises(ValueError, match="severities have to rise from above 0"):
        area_weights(severities)


def test_looks_share_the_error() -> None:
    assert level_of_look(0.95, 1) == 0.95
    assert level_of_look(0.9, 4) == pytest.approx(0.975)
    with pytest.raises(ValueError, match="0 looks, expected at least one"):
        level_of_look(0.9, 0)
    found = change_within(
        *change(np.tril(np.ones((8, 9), dtype=int))), IntervalSpec(level_of_look(0.95, 4))
    )
    assert isinstance(found, Estimate)
    told = at_looks(found, 0.95, 4)
    assert isinstance(told, Estimate)
    assert (told.low, told.high, told.level) == (found.low, found.high, 0.95)
    assert told.p_value == pytest.approx(min(4 * (found.p_value or 0), 1))
    assert told.method.endswith("; allows for 4 looks (Bonferroni)")
    assert at_looks(found, 0.95, 1) is found


def stopped(rng: np.random.Generator, share: float, looks: int, half_width: float) -> Estimate:
    """Return the interval at which asking stops: narrow enough, or the last of ``looks``."""
    people = rng.binomial(6, share, size=80)
    found = None
    for k in range(1, looks + 1):
        n = 80 * k // looks
        sizes = np.full(n, 6.0)
        r = mean_of(sizes, people[:n].astype(float), np.arange(n), 6 * n)
        found = interval(r, IntervalSpec(level_of_look(0.95, looks)), Scale.SHARE)
        if (found.high - found.low) / 2 <= half_width:
            break
    assert found is not None
    return found


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_intervals_hold_when_asking_stops_for_being_narrow(share: float) -> None:
    rng = np.random.default_rng(20261130)
    n = 600
    held = sum((found := stopped(rng, share, 4, 0.08)).low <= share <= found.high for _ in range(n))
    # At least 95 %, less three standard errors of 600 trials.
    assert held / n >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / n)
