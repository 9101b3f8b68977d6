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
    # A pair is set aside if its upper end is below the lower end of another, at the critical
    # value of all three pairs that holds with 99.5 %: Tukey's range is 4.45, over √2 3.15, and
    # as t with 78 degrees of freedom 3.26 standard errors of 0.0113, on both sides: 7.4 points.
    for share, is_told in ((0.73, True), (0.72, False)):
        b = people([round(1000 * share) + k for k in (-50, 50)] * 20, 100, items=1000)
        near = largest_gap([{**groups, "b": b}], SPEC).result
        assert isinstance(near, Estimate)
        assert (SEVERAL in near.method) is is_told
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


def test_it_warns_if_any_group_that_could_drive_it_does() -> None:
    few, enough = people([59, 60, 61, 60, 60], items=100), many(0.8, 100)
    assert few.is_cautioned
    assert not enough.is_cautioned
    for groups in ({"x": few, "y": enough}, {"y": enough, "x": few}):
        found = largest_gap([groups], SPEC).result
        assert isinstance(found, Estimate)
        assert found.method == f"max-t over pairs, CR2 over subjects; {CAUTION}"
    # A group that cannot drive it warns of nothing.
    middle = largest_gap([{"x": few, "y": many(0.9, 100), "z": many(0.1, 200)}], SPEC).result
    assert isinstance(middle, Estimate)
    assert CAUTION not in middle.method


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
    gap = largest_gap([same], SPEC)
    found = gap.result
    assert gap.pair == ("0", "1")
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
    gaps = [largest_gap(groups, SPEC, p_value=p) for p in (0.05, 0.0501)]
    shown, not_shown = (gap.result for gap in gaps)
    assert isinstance(shown, Estimate)
    assert isinstance(not_shown, Estimate)
    assert shown.low > 0.2
    assert not_shown.low == 0.0
    assert shown.high == not_shown.high
    # Nor at other levels: 0.0501 is no exclusion at 95 % or more, but one at 90 %.
    for level in (0.99, 0.95, 0.9):
        told, untold = (gap.at(level) for gap in gaps)
        assert told is not None
        assert told[0] > 0.2 or level == 0.99
        assert untold == ((0.0, told[1]) if level > 0.9499 else told)
    impact = largest_gap(groups, SPEC, p_value=0.3, as_ratio=True)
    assert isinstance(impact.result, Estimate)
    assert impact.result.high == 1.0
    assert impact.at(0.95) == (impact.result.low, 1.0)


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


def test_the_largest_gap_may_be_of_the_second_attribute() -> None:
    # The first sorts everybody, the second only some.
    first = {"f": many(0.5, 0), "m": many(0.52, 100)}
    second = {"old": many(0.3, 0), "young": people([85, 95] * 10, first=100, items=100)}
    gap = largest_gap([first, second], SPEC)
    alone = largest_gap([second], SPEC)
    assert gap.pair == ("young", "old")
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone.result, Estimate)
    assert gap.result.value == pytest.approx(0.6)
    assert gap.result.high == pytest.approx(alone.result.high)
    # 20 of those in the second are in the first, too; what is counted is the larger.
    assert (gap.result.n_items, gap.result.n_answers) == (8000, 8000)
    assert gap.result.n_subjects == 80


def test_groups_that_share_people_go_by_what_each_person_adds() -> None:
    # Two conditions of the same people, as in test_stats_compare.py.
    other = people([2, 1, 1, 0, 0])
    gap = largest_gap([{"x": MIXED, "y": other}], SPEC)
    paired = difference(MIXED, other, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(paired, Estimate)
    assert gap.result.high == pytest.approx(paired.high)
    assert gap.result.n_subjects == 5


@pytest.mark.parametrize("scale", [Scale.SHARE, Scale.CORRELATION])
def test_the_lower_end_goes_by_the_spread_of_the_differences(scale: Scale) -> None:
    # Forty people of very different ability, with 100 items in each condition: 12 points less in
    # the second, more or less. What people have in common falls out.
    ability = np.where(np.arange(40) % 2, 75, 25)
    less = np.where(np.arange(40) // 2 % 2, 9, 15)
    first, second = (
        replace(people(list(right), items=100), scale=scale) for right in (ability, ability - less)
    )
    gap = largest_gap([{"x": first, "y": second}], SPEC)
    paired = difference(first, second, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(paired, Estimate)
    assert paired.low > 0.0
    assert gap.result.high == pytest.approx(paired.high)
    half = paired.value - paired.low
    assert gap.result.low == pytest.approx(paired.low, abs=4 * 0.029 / 1.96 * half)


@pytest.mark.parametrize("as_ratio", [False, True])
def test_a_gap_that_hangs_on_one_of_many_shared_people_is_known_less(as_ratio: bool) -> None:
    other = people([2, 2, 1, 1, 2])  # as in test_stats_compare.py: 20/9 people carry it
    gap = largest_gap([{"x": MIXED, "y": other}], SPEC, as_ratio=as_ratio)
    alone = ratio(MIXED, other, SPEC) if as_ratio else difference(other, MIXED, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone, Estimate)
    if as_ratio:
        assert gap.result.low == pytest.approx(alone.low)
    else:
        assert gap.result.high == pytest.approx(alone.high)


def test_a_gap_that_hangs_on_one_person_is_known_less() -> None:
    # Fourteen people have 5 of 10 right and one has 6: squares 1 (14 times) and 196, sum 210,
    # mean 14: 210²/(14·13² + 182²) = 1.24 people carry the spread, so df = 1.5·1.24. In the
    # other group everybody has 8 right, so its spread is silent.
    x, y = people([5] * 14 + [6], items=10), people([8] * 15, first=20, items=10)
    assert x.degrees_of_freedom == pytest.approx(1.5 * 210**2 / (14 * 13**2 + 182**2))
    gap, alone = largest_gap([{"x": x, "y": y}], SPEC), difference(y, x, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone, Estimate)
    assert gap.result.high == pytest.approx(alone.high)
    # Each end is as far off as both sides' ends, by Pythagoras; the silent one's are exact.
    t = stats.t.ppf(0.975, x.degrees_of_freedom)
    reach = t * math.sqrt(x.variance) / (x.value * (1 - x.value))
    low = 1 / (1 + math.exp(reach) * (1 - x.value) / x.value)
    exact = stats.binomtest(120, 150).proportion_ci(method="exact").high
    assert alone.high == pytest.approx(
        y.value - x.value + math.hypot(exact - y.value, x.value - low), abs=1e-6
    )


def test_conditions_that_follow_from_one_another_are_no_obstacle() -> None:
    # The third is the mean of the other two, so its error is, too.
    first, second = np.array([40, 60, 80, 50] * 5), np.array([30, 70, 60, 44] * 5)
    columns = (first, second, (first + second) // 2, first // 2, second // 2)
    groups = {str(i): people(list(c), items=100) for i, c in enumerate(columns)}
    found = largest_gap([groups], SPEC).result
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(first.mean() / 100 - second.mean() / 200)


@pytest.mark.parametrize(("by", "is_silent"), [(1e-8, True), (1e-5, False)])
def test_a_spread_that_is_mere_rounding_is_silent(by: float, is_silent: bool) -> None:
    # Nobody moves the share by more than 1e-8: as everybody right equally often.
    wobble = by * np.where(np.arange(20) % 2, 1.0, -1.0)
    groups = {
        name: replace(people([p] * 20, first=first, items=10), left_out=p / 10 + wobble)
        for name, p, first in (("x", 5, 0), ("y", 8, 50))
    }
    gap, alone = largest_gap([groups], SPEC), difference(groups["y"], groups["x"], SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone, Estimate)
    assert gap.result.high == pytest.approx(alone.high)
    assert (alone.high > 0.3 + 0.05) is is_silent  # not certain


@pytest.mark.parametrize("as_ratio", [False, True])
def test_what_differs_by_the_same_for_everybody_tells_nothing_of_chance(as_ratio: bool) -> None:
    one, other = people([4, 2] * 10, items=5), people([2, 1] * 10, items=5)
    if not as_ratio:
        other = people([3, 1] * 10, items=5)
    third = people([5, 2] * 10, first=100, items=5)
    gap = largest_gap([{"x": one, "y": other, "z": third}], SPEC, as_ratio=as_ratio)
    assert isinstance(gap.result, NotEstimable)
    # 7/10 against 3/10 or 4/10
    assert gap.result.value == pytest.approx(3 / 7 if as_ratio else 3 / 10)
    assert replace(gap.result, value=None) == NotEstimable(
        reason=Reason.UNDEFINED,
        detail="no subject differs from another, so chance cannot be told",
        n_items=300, n_answers=300, n_subjects=40,
    )  # fmt: skip
    assert (gap.pair, gap.at(0.9), gap.no_gap_above(0.5)) == (None, None, None)


def test_all_right_against_all_wrong_is_a_gap() -> None:
    groups = {"x": people([2] * 20), "y": people([0] * 20, first=50)}
    found = largest_gap([groups], SPEC).result
    assert isinstance(found, Estimate)
    # Both spreads are silent, and the exact intervals count: 1 − √2·(1 − 0.025^(1/20)). The
    # error of the draws, 0.0035 of 0.05, is 0.003 of that.
    assert found.low == pytest.approx(1 - math.sqrt(2) * (1 - 0.025 ** (1 / 20)), abs=4 * 0.003)
    assert found.high == 1.0


def test_silent_pairs_are_allowed_for_like_others() -> None:
    # Four groups, all of them all right or all wrong: of six pairs four have a gap of one. Each
    # pair is a look of its own: single ends at a level whose sixth (fourth) power is 0.95.
    groups = {str(i): people([2 * (i % 2)] * 20, first=50 * i) for i in range(4)}
    found = largest_gap([groups], SPEC).result
    assert isinstance(found, Estimate)
    tail = (1 - 0.95 ** (1 / 4)) / 2
    assert found.low == pytest.approx(1 - math.sqrt(2) * (1 - tail ** (1 / 20)), abs=4 * 0.003)


@pytest.mark.parametrize("first", [0, 50])
def test_a_silent_group_of_few_people_says_little(first: int) -> None:
    # Five people, all right, have 4 degrees of freedom, and so has their difference.
    silent, other = people([2] * 5, first=first), people([1, 0, 1, 1] * 5, first=100)
    gap, alone = largest_gap([{"x": silent, "y": other}], SPEC), difference(silent, other, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone, Estimate)
    assert gap.result.high == pytest.approx(alone.high)
    reach = stats.t.ppf(0.975, 4) * math.sqrt(other.variance) / (other.value * (1 - other.value))
    low = 1 / (1 + math.exp(reach) * (1 - other.value) / other.value)
    assert alone.high == pytest.approx(1 - low)


@pytest.mark.parametrize("share", range(2, 19))
def test_the_same_answers_make_no_gap_whatever_their_share(share: int) -> None:
    one = people([share - 1, share, share + 1, share] * 5, items=20)
    found = largest_gap([{"x": one, "y": replace(one)}], SPEC).result
    assert isinstance(found, Estimate)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.p_value == pytest.approx(1.0)


def test_shared_people_of_whom_one_makes_both_spreads() -> None:
    # 210²/(14·13² + 182²) = 1.24 people carry either spread and that of the difference.
    x, y = people([5] * 14 + [6], items=10), people([8] * 14 + [10], items=10)
    gap, alone = largest_gap([{"x": x, "y": y}], SPEC), difference(y, x, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone, Estimate)
    assert gap.result.high == pytest.approx(alone.high)
    # In units that are no share: t with 1.86 degrees of freedom.
    x, y = (replace(r, scale=Scale.CORRELATION) for r in (x, y))
    plain = difference(y, x, SPEC)
    assert isinstance(plain, Estimate)
    error = float(np.linalg.norm(y.deviations - x.deviations))
    t = stats.t.ppf(0.975, 1.5 * 210**2 / 35_490)
    assert plain.high == pytest.approx(plain.value + t * error)


def test_the_unit_of_what_is_no_share_does_not_matter() -> None:
    groups = {"x": MIXED, "y": MOSTLY, "z": LOW}
    found = []
    for unit in (1.0, 1e-4):
        scaled = {
            g: replace(r, value=r.value * unit, left_out=r.left_out * unit, scale=Scale.DIFFERENCE)
            for g, r in groups.items()
        }
        result = largest_gap([scaled], SPEC).result
        assert isinstance(result, Estimate)
        found.append(result)
    assert found[1].high == pytest.approx(found[0].high * 1e-4, rel=1e-6, abs=0)
    assert found[1].p_value == pytest.approx(found[0].p_value)


def test_one_pair_that_tells_nothing_of_chance_is_enough() -> None:
    def flat(value: float, first: int) -> Replicates:
        r = people([2, 2, 1, 1, 0], first=first)
        return replace(r, value=value, left_out=np.full(5, value), scale=Scale.DIFFERENCE)

    varied = replace(MOSTLY, scale=Scale.DIFFERENCE)
    gap = largest_gap([{"x": flat(0.1, 50), "y": flat(0.2, 60), "z": varied}], SPEC)
    assert isinstance(gap.result, NotEstimable)
    assert gap.result.reason is Reason.UNDEFINED


@pytest.mark.parametrize("order", [("x", "y"), ("y", "x")])
def test_below_what_draws_can_tell_the_p_value_is_that_of_the_difference(
    order: tuple[str, str],
) -> None:
    # Near 1 the intervals are lopsided: the end towards no gap counts, whichever group is first.
    sides = {"x": people([95, 99] * 20, items=100), "y": people([60, 80] * 20, 100, items=100)}
    found = largest_gap([{g: sides[g] for g in order}], SPEC).result
    alone = difference(sides["x"], sides["y"], SPEC)
    assert isinstance(found, Estimate)
    assert isinstance(alone, Estimate)
    assert alone.p_value is not None
    assert 0.0 < alone.p_value < 1e-6
    assert found.p_value == pytest.approx(alone.p_value, rel=1e-6, abs=0)


def test_a_gap_that_cannot_be_told_says_why() -> None:
    flat = replace(MIXED, value=-0.5, left_out=np.full(5, -0.5), scale=Scale.DIFFERENCE)
    other = replace(flat, value=0.25, left_out=np.full(5, 0.25), subjects=np.arange(5, 10))
    gap = largest_gap([{"x": flat, "y": other}], SPEC)
    assert gap.result == NotEstimable(
        reason=Reason.UNDEFINED,
        detail="everybody in a group differs by the same, so chance cannot be told",
        n_items=20, n_answers=20, n_subjects=10, value=0.75,
    )  # fmt: skip
    assert gap.pair is None


def test_a_group_that_is_all_alike_is_no_certain_end_of_a_gap() -> None:
    # Of five people each differs by half; those of the other group differ from one another.
    flat = replace(MIXED, value=-0.5, left_out=np.full(5, -0.5), scale=Scale.DIFFERENCE)
    others = replace(MOSTLY, scale=Scale.DIFFERENCE, subjects=np.arange(5, 10))
    gap = largest_gap([{"x": flat, "y": others}], SPEC)
    assert isinstance(gap.result, NotEstimable)
    assert gap.result.value == pytest.approx(abs(others.value + 0.5))


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


@pytest.mark.parametrize("bound", [0.1, 0.2])
def test_equivalence_of_groups_that_are_all_right_is_exact(bound: float) -> None:
    # Twenty people all right reach down to p^(1/20) with p beyond; the others are at most 1. So
    # the gap is below the bound with p = (1 − bound)^20.
    groups = {"a": people([2] * 20), "b": people([2] * 20, first=50)}
    found = largest_gap([groups], SPEC).no_gap_above(bound)
    assert found == pytest.approx((1 - bound) ** 20, abs=1e-9)


def test_equivalence_is_decided_by_the_worst_pair() -> None:
    near, far = many(0.51, 100), many(0.55, 200)
    two = largest_gap([{"a": many(0.5, 0), "c": far}], SPEC).no_gap_above(0.08)
    three = largest_gap([{"a": many(0.5, 0), "b": near, "c": far}], SPEC).no_gap_above(0.08)
    assert two == pytest.approx(three)


def test_a_pair_may_have_a_single_degree_of_freedom() -> None:
    # Nine of ten people on one item each all right, twice: one error carries each spread.
    # Carriers of squares 81 and nine times 1: 45/32; of both sides together twice that, 2.8; with
    # one side silent, that of the silent side counts: no fewer than one, and no more than 45/32.
    one = people([1] * 9 + [0], items=1)
    silent = people([1] * 10, first=20, items=1)
    gap = largest_gap([{"x": one, "y": silent}], SPEC)
    alone = difference(silent, one, SPEC)
    assert isinstance(gap.result, Estimate)
    assert isinstance(alone, Estimate)
    assert one.degrees_of_freedom == pytest.approx(45 / 32)
    assert gap.result.high == pytest.approx(alone.high)
    assert gap.result.p_value == pytest.approx(alone.p_value, abs=4 * 0.008)


def test_groups_that_are_all_right_are_set_aside_at_their_own_level() -> None:
    # Forty people all right (three items each), forty all wrong, forty in the middle: only the
    # first two could be the largest, and the interval is that of their difference alone.
    groups = {
        "right": people([3] * 40, items=3),
        "wrong": people([0] * 40, first=100, items=3),
        "middle": many(0.5, 200),
    }
    found = largest_gap([groups], SPEC).result
    alone = difference(groups["right"], groups["wrong"], SPEC)
    assert isinstance(found, Estimate)
    assert isinstance(alone, Estimate)
    assert SEVERAL not in found.method
    assert found.high == pytest.approx(alone.high)
    # The draws of the critical value move a half-width by 0.029 of 1.96.
    assert found.low == pytest.approx(alone.low, abs=4 * 0.029 / 1.96 * (1.0 - alone.low))
