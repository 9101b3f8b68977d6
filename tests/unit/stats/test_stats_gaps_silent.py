"""The largest gap of differences where nobody in a group differs, derived by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import IntervalSpec, Replicates, Scale, difference, largest_gap, mean_of

SPEC = IntervalSpec(0.95)


def changes(by: list[float], first: int = 0) -> Replicates:
    """Return the mean change of people with one item each."""
    n = len(by)
    mean = mean_of(np.ones(n), np.array(by), np.arange(first, first + n), n)
    return replace(mean, scale=Scale.DIFFERENCE)


FIVE, TWENTY, FORTY = changes([0.0] * 5), changes([0.0] * 20, 100), changes([0.0] * 40, 200)
LOSING = changes([-1.0, 0.0, 0.0] * 10, 300)


def bound(n: int, level: float = 0.95) -> float:
    """Return the upper Clopper–Pearson end of none among ``n``."""
    return 1.0 - math.pow((1.0 - level) / 2.0, 1.0 / n)


def test_where_nobody_in_any_group_differs_the_gap_is_bounded() -> None:
    gap = largest_gap([{"a": FIVE, "b": TWENTY, "c": FORTY}], SPEC)
    found = gap.result
    assert isinstance(found, Estimate)
    # The pair of the smallest groups is the least known.
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.p_value == pytest.approx(1.0)
    assert found.high == pytest.approx(math.hypot(bound(5), bound(20)))
    assert gap.at(0.8) == pytest.approx((0.0, math.hypot(bound(5, 0.8), bound(20, 0.8))))
    assert (found.n_items, found.n_subjects) == (65, 65)


@pytest.mark.parametrize("silent", [FIVE, TWENTY])
def test_of_two_groups_it_is_their_difference(silent: Replicates) -> None:
    gap = largest_gap([{"none": silent, "some": LOSING}], SPEC)
    alone = difference(silent, LOSING, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone, Estimate)
    # Ten of thirty lose all: variance of a mean (1/3)(2/3)/29.
    t = stats.t.ppf(0.975, silent.n_subjects - 1)
    reach = math.hypot(bound(silent.n_subjects), t * math.sqrt(2 / 9 / 29))
    assert gap.pair == ("none", "some")
    assert gap.result.value == pytest.approx(1 / 3)
    assert gap.result.high == pytest.approx(1 / 3 + reach)
    assert gap.result.high == pytest.approx(alone.high)
    assert gap.result.p_value == pytest.approx(alone.p_value, abs=4 * 0.008)  # it is drawn


def test_groups_that_vary_keep_their_ends_beside_a_silent_one() -> None:
    # Losing and gaining are a third each: their gap is the largest, and neither is silent.
    gaining = changes([1.0, 0.0, 0.0] * 10, 400)
    gap = largest_gap([{"none": FORTY, "less": LOSING, "more": gaining}], SPEC).result
    alone = difference(gaining, LOSING, SPEC)
    assert isinstance(gap, Estimate)
    assert isinstance(alone, Estimate)
    assert gap.value == pytest.approx(2 / 3)
    assert gap.high == pytest.approx(alone.high)
    half = stats.t.ppf(0.975, 58) * math.sqrt(2 * 2 / 9 / 29)
    assert gap.high == pytest.approx(2 / 3 + half)


def test_shared_people_who_do_not_differ_hang_together_with_nothing() -> None:
    # The same thirty people by another attribute: nobody of those differs.
    same = changes([0.0] * 30, 300)
    found = largest_gap([{"none": same, "some": LOSING}], SPEC).result
    alone = difference(same, LOSING, SPEC)
    assert isinstance(found, Estimate)
    assert isinstance(alone, Estimate)
    half = stats.t.ppf(0.975, LOSING.degrees_of_freedom) * math.sqrt(2 / 9 / 29)
    assert found.high == pytest.approx(1 / 3 + math.hypot(bound(30), half))
    assert found.high == pytest.approx(alone.high)


def test_a_group_that_changes_by_the_same_for_everybody_is_still_not_told() -> None:
    by_half = changes([0.5] * 9, 500)
    found = largest_gap([{"none": FIVE, "half": by_half}], SPEC).result
    assert isinstance(found, NotEstimable)
    assert (found.reason, found.value) == (Reason.UNDEFINED, 0.5)


def test_no_gap_above_a_bound_needs_enough_people_who_do_not_differ() -> None:
    # Two groups of n reach √2·(1 − p^(1/n)) with p beyond each end (p is half of 1 − level).
    gap = largest_gap([{"a": FORTY, "b": changes([0.0] * 40, 600)}], SPEC)
    assert gap.no_gap_above(0.1) == pytest.approx((1 - 0.1 / math.sqrt(2)) ** 40, abs=1e-9)
    few = largest_gap([{"a": FIVE, "b": changes([0.0] * 5, 600)}], SPEC).no_gap_above(0.1)
    assert few is not None
    assert few > 0.05


def test_a_few_people_none_of_whom_happened_to_change_hide_no_gap() -> None:
    # Six people lose 25 % and sixty lose 3 %: none of the six happens to in 0.75^6 = 18 % of
    # rounds. The upper end may lie below the gap of 0.22 in 2.5 %: 7.5 of 300, with an error of
    # 2.7.
    draw = np.random.default_rng(7)
    n_below = n_shown = 0
    for _ in range(300):
        few = changes(list(-(draw.random(6) < 0.25).astype(float)))
        most = changes(list(-(draw.random(60) < 0.03).astype(float)), 100)
        gap = largest_gap([{"few": few, "most": most}], SPEC)
        assert isinstance(gap.result, Estimate)
        n_below += gap.result.high < 0.22
        p_value = gap.no_gap_above(0.22)
        n_shown += p_value is not None and p_value < 0.05
    assert n_below <= 7.5 + 2 * 2.7
    # One-sided at 5 %: 15 of 300, with an error of 3.8.
    assert n_shown <= 15 + 2 * 3.8
