"""The largest gap over all groups, derived by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    CAUTION,
    IntervalSpec,
    Replicates,
    Scale,
    difference,
    largest_gap,
    mean_of,
    ratio,
)

SPEC = IntervalSpec(0.95)
SEVERAL = "several pairs could be the largest: cautious"


def people(right: list[int], first: int = 0, items: int = 2) -> Replicates:
    """Return the accuracy of people with ``items`` items each, so many of them right."""
    n, k = np.full(len(right), float(items)), np.array(right, dtype=float)
    return mean_of(n, k, np.arange(first, first + len(right)), items * len(right))


MIXED, MOSTLY = people([2, 2, 1, 1, 0]), people([2, 2, 2, 2, 1], first=5)
LOW = people([1, 0, 1, 0, 1], first=10)  # 3 of 10
FEW, NONE = people([2, 1, 0, 0], first=50), people([], first=90)


def many(share: float, first: int) -> Replicates:
    """Forty people with 100 items, five more or five less right than ``share`` of them."""
    k = round(100 * share)
    return people([k - 5, k + 5] * 20, first=first, items=100)


def test_of_two_groups_it_is_their_difference() -> None:
    gap = largest_gap([{"x": MIXED, "y": MOSTLY}], SPEC)
    alone = difference(MOSTLY, MIXED, SPEC)
    found = gap.result
    assert isinstance(found, Estimate)
    assert isinstance(alone, Estimate)
    assert gap.pair == ("y", "x")
    assert found.value == pytest.approx(alone.value)
    # One pair: nothing to allow for, but that it cannot be below zero. What is drawn for the
    # critical value has an error of its own: √(0.05·0.95/4000) = 0.0034 of 0.05.
    assert found.high == pytest.approx(alone.high)
    assert found.low == 0.0
    assert alone.low < 0.0
    assert found.p_value == pytest.approx(alone.p_value, abs=4 * 0.008)
    assert (found.n_items, found.n_answers, found.n_subjects) == (20, 20, 10)
    assert found.method == f"max-t over pairs, CR2 over subjects; {CAUTION}"


def test_largest_gap_by_hand() -> None:
    gap = largest_gap([{"x": MIXED, "y": MOSTLY, "z": LOW}], SPEC)
    found = gap.result
    assert isinstance(found, Estimate)
    # 9/10 − 3/10, with the higher group first.
    assert found.value == pytest.approx(0.6)
    assert (gap.pair, gap.left_out) == (("y", "z"), ())
    # The upper end is the highest of any pair at the plain level.
    pairs = [difference(a, b, SPEC) for a, b in ((MIXED, MOSTLY), (MIXED, LOW), (MOSTLY, LOW))]
    highs = [max(-p.low, p.high) for p in pairs if isinstance(p, Estimate)]
    assert found.high == pytest.approx(max(highs))
    # The widest pair alone reaches below zero, so all together do, and there a gap ends.
    assert isinstance(pairs[2], Estimate)
    assert pairs[2].low < 0.0
    assert found.low == 0.0
    assert (found.n_items, found.n_answers, found.n_subjects) == (30, 30, 15)
    assert found.method == f"max-t over pairs, CR2 over subjects; {SEVERAL}; {CAUTION}"
    assert found.level == 0.95


def test_the_lower_end_allows_for_all_pairs_but_not_for_more() -> None:
    groups = {"a": many(0.5, 0), "b": many(0.51, 100), "c": many(0.6, 200)}
    found = largest_gap([groups], SPEC).result
    alone = difference(groups["c"], groups["a"], SPEC)
    # Three pairs: lower than alone, not lower than at Šidák's level.
    sidak = difference(groups["c"], groups["a"], IntervalSpec(0.95 ** (1 / 3)))
    assert isinstance(found, Estimate)
    assert isinstance(alone, Estimate)
    assert isinstance(sidak, Estimate)
    assert sidak.low - 0.001 <= found.low < alone.low


def test_pairs_that_cannot_be_the_largest_are_set_aside() -> None:
    # 20 %, 79 % and 80 %: only the pairs with the first could be the largest; their critical
    # value is that of two pairs that share the first, not of three.
    groups = {"a": many(0.2, 0), "b": many(0.79, 100), "c": many(0.8, 200)}
    gap = largest_gap([groups], SPEC)
    assert isinstance(gap.result, Estimate)
    assert SEVERAL in gap.result.method
    assert CAUTION not in gap.result.method
    # 20 %, 50 % and 80 %: one pair, so the ends are those of that difference alone.
    apart = {"a": many(0.2, 0), "b": many(0.5, 100), "c": many(0.8, 200)}
    one = largest_gap([apart], SPEC)
    alone = difference(apart["c"], apart["a"], SPEC)
    assert isinstance(one.result, Estimate)
    assert isinstance(alone, Estimate)
    assert one.result.method == "max-t over pairs, CR2 over subjects"
    assert one.result.high == pytest.approx(alone.high)
    # But for the draws: the 95 % quantile of |z| has a standard error of 0.029 (of 1.96).
    half = alone.value - alone.low
    assert one.result.low == pytest.approx(alone.low, abs=4 * 0.029 / 1.96 * half)


def test_the_order_of_groups_does_not_matter() -> None:
    groups = {"low": people([1, 0] * 10), "high": people([2, 2, 2, 2, 1] * 4, first=20)}
    forth = largest_gap([groups], SPEC)
    back = largest_gap([dict(reversed(groups.items()))], SPEC)
    assert isinstance(forth.result, Estimate)
    assert isinstance(back.result, Estimate)
    assert forth.pair == back.pair == ("high", "low")
    assert forth.result.low == pytest.approx(back.result.low, abs=0.01)
    assert forth.result.high == pytest.approx(back.result.high)
    assert forth.result.low > 0.4


def test_the_same_input_gives_the_same_interval() -> None:
    groups = {"a": many(0.5, 0), "b": many(0.55, 100), "c": many(0.6, 200)}
    assert largest_gap([groups], SPEC).result == largest_gap([groups], SPEC).result
    seeded = [
        largest_gap([groups], SPEC, rng=np.random.default_rng(seed)).result for seed in (1, 1, 2)
    ]
    assert seeded[0] == seeded[1] != seeded[2]


def test_the_largest_gap_can_be_nothing() -> None:
    same = {str(i): people([2, 2, 1, 1, 0], first=5 * i) for i in range(3)}
    found = largest_gap([same], SPEC).result
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.p_value) == (0.0, 0.0, 1.0)
    assert found.high > 0.0


def test_groups_that_are_all_right_do_not_hide_one_that_is_not() -> None:
    bad = people([1, 0] * 10, first=60)
    groups = {"x": people([2] * 20), "y": people([2] * 20, first=30), "bad": bad}
    gap = largest_gap([groups], SPEC)
    assert isinstance(gap.result, Estimate)
    assert gap.pair == ("x", "bad")
    assert gap.result.value == pytest.approx(0.75)
    assert gap.result.low > 0.3


def test_a_p_value_of_many_pairs_is_never_zero() -> None:
    # 1 − (1 − p)³ in floating point is 0 for p below 1e-16.
    groups = {
        str(i): people([k - 10, k + 10] * 20, first=100 * i, items=100)
        for i, k in enumerate((30, 55, 80))
    }
    found = largest_gap([groups], SPEC).result
    lone = difference(groups["0"], groups["2"], SPEC)
    assert isinstance(found, Estimate)
    assert isinstance(lone, Estimate)
    assert lone.p_value is not None
    assert 0.0 < lone.p_value < 1e-15
    # No draw is as far: Šidák's bound over the three pairs.
    assert found.p_value == pytest.approx(3 * lone.p_value)


def test_a_permutation_p_value_takes_its_place() -> None:
    found = largest_gap([{"x": MIXED, "y": MOSTLY}], SPEC, p_value=0.125, p_method="so").result
    assert isinstance(found, Estimate)
    assert found.p_value == 0.125
    assert found.method == f"max-t over pairs, CR2 over subjects; p by so; {CAUTION}"


def test_what_the_test_does_not_exclude_the_interval_does_not_either() -> None:
    groups = [{"a": many(0.2, 0), "b": many(0.5, 100)}]
    shown, not_shown = (largest_gap(groups, SPEC, p_value=p).result for p in (0.05, 0.0501))
    assert isinstance(shown, Estimate)
    assert isinstance(not_shown, Estimate)
    assert shown.low > 0.2
    assert not_shown.low == 0.0
    assert shown.high == not_shown.high
    impact = largest_gap(groups, SPEC, p_value=0.3, as_ratio=True).result
    assert isinstance(impact, Estimate)
    assert impact.high == 1.0


def test_groups_with_few_people_take_no_part_and_are_named() -> None:
    gap = largest_gap([{"x": MIXED, "few": FEW, "y": MOSTLY, "none": NONE}], SPEC)
    assert gap.left_out == ("few", "none")
    assert gap.pair == ("y", "x")
    assert isinstance(gap.result, Estimate)
    assert gap.result.n_subjects == 10


def test_one_group_has_no_gap() -> None:
    gap = largest_gap([{"x": MIXED, "few": FEW}], SPEC)
    assert gap.result == NotEstimable(
        reason=Reason.TOO_FEW_CLUSTERS, detail="1 of 2 groups have 5 subjects or more",
        n_items=10, n_answers=10, n_subjects=5,
    )  # fmt: skip
    assert (gap.pair, gap.left_out) == (None, ("few",))
    assert (gap.at(0.9), gap.no_gap_above(0.5)) == (None, None)
    nothing = largest_gap([], SPEC)
    assert isinstance(nothing.result, NotEstimable)
    assert nothing.result.n_subjects == 0


def test_over_several_attributes_people_are_not_added_up() -> None:
    sexes = {"f": people([2, 2, 1, 1, 0]), "m": people([2, 2, 2, 2, 1], first=5)}
    ages = {"old": people([2, 1, 2, 1, 0]), "young": people([2, 2, 2, 1, 2], first=5)}
    found = largest_gap([sexes, ages], SPEC).result
    assert isinstance(found, Estimate)
    assert (found.n_items, found.n_subjects) == (20, 10)
    # Groups of different attributes are not compared: two pairs, not six.
    highs = []
    for family in (sexes, ages):
        a, b = family.values()
        one = difference(a, b, SPEC)
        assert isinstance(one, Estimate)
        highs.append(max(-one.low, one.high))
    assert found.high == pytest.approx(max(highs))


def test_groups_that_share_people_go_by_what_each_person_adds() -> None:
    # Two conditions of the same people, as in test_stats_compare.py.
    other = people([2, 1, 1, 0, 0])
    gap = largest_gap([{"x": MIXED, "y": other}], SPEC)
    paired = difference(MIXED, other, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(paired, Estimate)
    assert gap.result.high == pytest.approx(paired.high)
    assert gap.result.n_subjects == 5


def test_a_gap_that_cannot_be_told_says_why() -> None:
    flat = replace(MIXED, value=-0.5, left_out=np.full(5, -0.5), scale=Scale.DIFFERENCE)
    other = replace(flat, value=0.25, left_out=np.full(5, 0.25), subjects=np.arange(5, 10))
    gap = largest_gap([{"x": flat, "y": other}], SPEC)
    assert gap.result == NotEstimable(
        reason=Reason.UNDEFINED,
        detail="no subject differs from another, so chance cannot be told",
        n_items=20, n_answers=20, n_subjects=10, value=0.75,
    )  # fmt: skip
    assert gap.pair is None


def test_what_is_no_share_has_symmetric_pairs() -> None:
    a, b = (replace(r, scale=Scale.DIFFERENCE) for r in (MIXED, MOSTLY))
    gap = largest_gap([{"x": a, "y": b}], SPEC)
    alone = difference(b, a, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone, Estimate)
    assert gap.result.high == pytest.approx(alone.high)


def test_another_level_is_nested() -> None:
    gap = largest_gap([{"a": many(0.2, 0), "b": many(0.3, 100), "c": many(0.35, 200)}], SPEC)
    wide, same, narrow = (gap.at(level) for level in (0.99, 0.95, 0.8))
    assert isinstance(gap.result, Estimate)
    assert wide is not None
    assert narrow is not None
    assert same == (gap.result.low, gap.result.high)
    assert wide[0] < same[0] < narrow[0] <= gap.result.value <= narrow[1] < same[1] < wide[1]


def test_the_impact_ratio_of_two_groups_is_their_ratio() -> None:
    groups = {"a": many(0.6, 0), "b": many(0.8, 100)}
    gap = largest_gap([groups], SPEC, as_ratio=True)
    alone = ratio(groups["a"], groups["b"], SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone, Estimate)
    assert gap.pair == ("b", "a")
    assert gap.result.value == pytest.approx(0.75)
    assert gap.result.low == pytest.approx(alone.low)
    assert gap.result.high == pytest.approx(alone.high, abs=0.005)
    assert gap.at(0.95) == pytest.approx((gap.result.low, gap.result.high))


def test_the_impact_ratio_can_be_one_and_needs_logarithms() -> None:
    same = {str(i): people([2, 2, 1, 1, 0], first=5 * i) for i in range(3)}
    one = largest_gap([same], SPEC, as_ratio=True).result
    assert isinstance(one, Estimate)
    assert (one.value, one.high) == (1.0, 1.0)
    assert 0.0 < one.low < 1.0
    zero = largest_gap([{"x": MIXED, "y": people([0] * 5, first=5)}], SPEC, as_ratio=True)
    assert zero.result == NotEstimable(
        reason=Reason.UNDEFINED, detail="a ratio with zero on either side has no logarithm",
        n_items=20, n_answers=20, n_subjects=10,
    )  # fmt: skip


def test_equivalence_by_hand() -> None:
    # 50 % and 51 %, 40 people each: ± 0.05 a person, variance of a mean 0.0025·40/39/40.
    groups = {"a": many(0.5, 0), "b": many(0.51, 100)}
    gap = largest_gap([groups], SPEC)
    error, df = math.sqrt(2 * 0.0025 / 39), 78
    for bound in (0.02, 0.03, 0.05):
        p = gap.no_gap_above(bound)
        # Near ½ both sides are all but symmetric: t = (bound − 0.01) / error.
        assert p == pytest.approx(float(stats.t.sf((bound - 0.01) / error, df)), rel=0.05)
    # A gap as large as the bound is never shown to be smaller.
    assert gap.no_gap_above(0.01) == 1.0
    assert gap.no_gap_above(0.005) == 1.0


def test_equivalence_is_decided_by_the_worst_pair() -> None:
    near, far = many(0.51, 100), many(0.55, 200)
    two = largest_gap([{"a": many(0.5, 0), "c": far}], SPEC).no_gap_above(0.08)
    three = largest_gap([{"a": many(0.5, 0), "b": near, "c": far}], SPEC).no_gap_above(0.08)
    assert two == pytest.approx(three)
