"""Differences, ratios and the largest gap, derived by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    IntervalSpec,
    Replicates,
    Tally,
    difference,
    largest_gap,
    mean_of,
    metric_named,
    permuted_gaps,
    ratio,
    replicate,
)

SPEC = IntervalSpec(0.95)
LABELS = ("a", "b")
ACCURACY = metric_named("accuracy", LABELS)
T_4 = 2.7764451  # 97.5 % quantile of Student's t with 4 degrees of freedom, from a table


def people(right: list[int], first: int = 0, items: int = 2) -> Replicates:
    """Return the accuracy of people with ``items`` items each, so many of them right."""
    n, k = np.full(len(right), float(items)), np.array(right, dtype=float)
    return mean_of(n, k, np.arange(first, first + len(right)), items * len(right))


# 6 of 10 right: variance 7/200, 4 degrees of freedom (test_stats_jackknife.py).
MIXED = people([2, 2, 1, 1, 0])
# 9 of 10 right. Without a person who got k right (9 − k)/8: deviations −1/40 four times and
# 4/40, so the variance is 4/5·(4·1 + 16)/1600 = 1/100; squares 1, 1, 1, 1, 16 have the sum 20
# and the mean 4: 20²/(4·3² + 12²) = 400/180 people carry it.
MOSTLY = people([2, 2, 2, 2, 1], first=5)


def test_difference_of_two_groups_by_hand() -> None:
    found = difference(MIXED, MOSTLY, SPEC)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(-0.3)  # the group minus what it is compared with
    # Variances 7/200 and 1/100; Welch: (9/200)² / ((7/200)²/4 + (1/100)²/(20/9))
    df = (9 / 200) ** 2 / ((7 / 200) ** 2 / 4 + (1 / 100) ** 2 * 9 / 20)
    error = math.sqrt(9 / 200)
    half = stats.t.ppf(0.975, df) * error
    assert (found.low, found.high) == pytest.approx((-0.3 - half, -0.3 + half))
    assert found.p_value == pytest.approx(2 * stats.t.sf(0.3 / error, df))
    assert (found.n_items, found.n_answers, found.n_subjects) == (20, 20, 10)
    assert found.method == "difference, jackknife over subjects, Welch t on effective subjects"


def test_difference_between_conditions_of_the_same_people_by_hand() -> None:
    # 2, 2, 1, 1, 0 right in one condition; 2, 1, 1, 0, 0 in the other. Deviations in 40ths:
    # −4, −4, 1, 1, 6 and −6, −1, −1, 4, 4. Each person's own: 2, −3, 2, −3, 2.
    found = difference(MIXED, people([2, 1, 1, 0, 0]), SPEC)
    assert isinstance(found, Estimate)
    error = math.sqrt(4 / 5 * (4 + 9 + 4 + 9 + 4) / 1600)  # √(3/200), not √(2·7/200)
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx(
        (0.2 - T_4 * error, 0.2 + T_4 * error), abs=1e-7
    )
    assert found.n_subjects == 5  # people, not sides
    assert found.n_answers == 20


def test_a_difference_that_hangs_on_one_of_many_shared_people_is_known_less() -> None:
    # 2, 2, 1, 1, 0 and 2, 2, 1, 1, 2 right: the last person alone makes the difference.
    # Deviations in 40ths −4, −4, 1, 1, 6 and −2, −2, 3, 3, −2; each person's own −2 (four times)
    # and 8: squares 4 and 64, sum 80, mean 16: 80² / (4·12² + 48²) = 20/9 people carry it, though
    # each side on its own has 4 degrees of freedom.
    found = difference(MIXED, people([2, 2, 1, 1, 2]), SPEC)
    assert isinstance(found, Estimate)
    half = stats.t.ppf(0.975, 20 / 9) * math.sqrt(4 / 5 * 80 / 1600)
    assert found.low == pytest.approx(max(-0.2 - half, -1.0))
    assert found.high == pytest.approx(half - 0.2)


def test_people_who_are_in_both_groups_once_count_once() -> None:
    # Persons 3 and 4 of MIXED are in both groups.
    found = difference(MIXED, people([2, 2, 2, 2, 1], first=3), SPEC)
    assert isinstance(found, Estimate)
    assert found.n_subjects == 8
    # Deviations in 40ths: −4, −4, 1, 1 − (−1), 6 − (−1) and 1, 1, −4 with the sign turned.
    error = math.sqrt(4 / 5 * (16 + 16 + 1 + 4 + 49 + 1 + 1 + 16) / 1600)
    # The side with fewer degrees of freedom bounds what is known: 20/9.
    half = stats.t.ppf(0.975, 20 / 9) * error
    assert (found.low, found.high) == pytest.approx((-1.0, half - 0.3))


def test_a_group_that_is_all_right_is_not_known_exactly() -> None:
    perfect = people([1] * 5, first=5, items=1)
    found = difference(perfect, MIXED, SPEC)
    assert isinstance(found, Estimate)
    # Five of five: from 0.025^(1/5) to 1. MIXED: 0.6, from 0.14695 to 0.92888 (a jackknife on
    # the logit scale). Newcombe: down √((1 − 0.4782)² + (0.92888 − 0.6)²), up 0.6 − 0.14695.
    reach = T_4 * math.sqrt(7 / 200) / 0.24
    low, high = (1 / (1 + math.exp(-(math.log(1.5) + s * reach))) for s in (-1, 1))
    assert found.value == pytest.approx(0.4)
    assert found.low == pytest.approx(0.4 - math.hypot(1 - 0.025**0.2, high - 0.6), abs=1e-6)
    assert found.high == pytest.approx(0.4 + (0.6 - low), abs=1e-6)
    assert found.p_value is not None
    assert found.p_value > 0.05  # as the interval holds zero
    assert found.method == (
        "difference from the intervals of both sides (Newcombe), as the spread is silent"
    )


def test_its_p_value_says_what_its_interval_says() -> None:
    perfect, bad = people([2] * 20, first=20), people([1, 0] * 10)
    found = difference(perfect, bad, SPEC)
    assert isinstance(found, Estimate)
    assert found.low > 0.0
    assert found.p_value is not None
    assert found.p_value < 0.05
    # Student's t that would have this interval: 19 degrees of freedom, as all of both sides
    # deviate alike; the end towards zero is the one that counts.
    error = (found.value - found.low) / stats.t.ppf(0.975, 19)
    assert found.p_value == pytest.approx(2 * stats.t.sf(found.value / error, 19))
    turned = difference(bad, perfect, SPEC)
    assert isinstance(turned, Estimate)
    assert turned.p_value == pytest.approx(found.p_value)


def test_two_groups_that_are_all_right_differ_by_nothing_known_not_certain() -> None:
    found = difference(people([2] * 5), people([2] * 5, first=5), SPEC)
    assert isinstance(found, Estimate)
    reach = 1 - 0.025**0.2
    assert (found.value, found.p_value) == (0.0, 1.0)
    assert (found.low, found.high) == pytest.approx((-reach, reach))


def test_the_same_answers_in_both_conditions_differ_by_nothing_not_certain() -> None:
    found = difference(MIXED, MIXED, SPEC)
    assert isinstance(found, Estimate)
    assert (found.value, found.p_value) == (0.0, 1.0)
    assert found.low < 0.0 < found.high


def test_a_difference_of_shares_stays_between_minus_one_and_one() -> None:
    found = difference(people([2, 2, 2, 2, 1]), people([0, 0, 0, 0, 1], first=5), SPEC)
    assert isinstance(found, Estimate)
    assert found.high == 1.0
    turned = difference(people([0, 0, 0, 0, 1]), people([2, 2, 2, 2, 1], first=5), SPEC)
    assert isinstance(turned, Estimate)
    assert turned.low == -1.0


FEW, NONE = people([2, 1, 0, 0], first=50), people([], first=90)
UNSTABLE = replace(MIXED, left_out=np.array([0.5, np.nan, 0.6, 0.6, 0.7]))
UNDEFINED = replace(MIXED, value=float("nan"))


@pytest.mark.parametrize("compare", [difference, ratio])
def test_each_side_may_be_the_one_that_cannot_be_told(compare: object) -> None:
    assert callable(compare)
    for side, reason, detail, value in (
        (NONE, Reason.NO_ITEMS, "", None),
        (UNDEFINED, Reason.UNDEFINED, "", None),
        (FEW, Reason.TOO_FEW_CLUSTERS, "4, at least 5 needed", 3 / 8),
        (UNSTABLE, Reason.UNSTABLE, "1 of 5 subjects", 6 / 10),
    ):
        for found, name in (
            (compare(side, MOSTLY, SPEC), "the group"),
            (compare(MOSTLY, side, SPEC), "what it is compared with"),
        ):
            assert isinstance(found, NotEstimable)
            assert found.reason is reason
            assert found.detail == (f"{name}: {detail}" if detail else name)
            assert (found.value is None) == (value is None)
    few = compare(FEW, MOSTLY, SPEC)
    assert few == NotEstimable(
        reason=Reason.TOO_FEW_CLUSTERS, detail="the group: 4, at least 5 needed",
        n_items=18, n_answers=18, n_subjects=9,
        value=3 / 8 - 9 / 10 if compare is difference else 3 / 8 / (9 / 10),
    )  # fmt: skip


def test_what_is_no_share_and_does_not_vary_has_no_difference() -> None:
    flat = replace(MIXED, value=-0.5, left_out=np.full(5, -0.5))
    found = difference(flat, MOSTLY, SPEC)
    assert found == NotEstimable(
        reason=Reason.UNDEFINED,
        detail="no subject differs from another, so chance cannot be told",
        n_items=20, n_answers=20, n_subjects=10, value=-0.5 - 0.9,
    )  # fmt: skip


def test_ratio_by_hand() -> None:
    found = ratio(MIXED, MOSTLY, SPEC)
    assert isinstance(found, Estimate)
    # On the log scale the variances are (7/200)/(6/10)² = 7/72 and (1/100)/(9/10)² = 1/81.
    a, b = 7 / 72, 1 / 81
    df = (a + b) ** 2 / (a**2 / 4 + b**2 / (20 / 9))
    half = stats.t.ppf(0.975, df) * math.sqrt(a + b)
    assert found.value == pytest.approx(2 / 3)
    assert found.low == pytest.approx(2 / 3 * math.exp(-half))
    assert found.high == pytest.approx(2 / 3 * math.exp(half))
    assert found.p_value == pytest.approx(2 * stats.t.sf(math.log(1.5) / math.sqrt(a + b), df))
    assert found.method == (
        "ratio, jackknife over subjects, log scale, Welch t on effective subjects"
    )


def test_ratio_with_a_side_that_is_all_right() -> None:
    found = ratio(people([1] * 5, first=5, items=1), MIXED, SPEC)
    assert isinstance(found, Estimate)
    reach = T_4 * math.sqrt(7 / 200) / 0.24
    low, high = (1 / (1 + math.exp(-(math.log(1.5) + s * reach))) for s in (-1, 1))
    down = math.hypot(math.log(0.025**0.2), math.log(high / 0.6))
    assert found.value == pytest.approx(1 / 0.6)
    assert found.low == pytest.approx(math.exp(-down) / 0.6, abs=1e-6)
    assert found.high == pytest.approx(1 / low, abs=1e-5)  # exp(ln(1/0.6) + ln(0.6/low))


@pytest.mark.parametrize("zero_first", [True, False])
def test_a_ratio_with_zero_has_no_logarithm(zero_first: bool) -> None:
    zero = people([0] * 5, first=5)
    found = ratio(zero, MIXED, SPEC) if zero_first else ratio(MIXED, zero, SPEC)
    assert found == NotEstimable(
        reason=Reason.UNDEFINED, detail="a ratio with zero on either side has no logarithm",
        n_items=20, n_answers=20, n_subjects=10,
    )  # fmt: skip


LOW = people([1, 0, 1, 0, 1], first=10)  # 3 of 10


def test_largest_gap_by_hand() -> None:
    families = [{"x": MIXED, "y": MOSTLY, "z": LOW}]
    gap = largest_gap(families, SPEC)
    found = gap.result
    assert isinstance(found, Estimate)
    # 9/10 − 3/10, with the higher group first.
    assert found.value == pytest.approx(0.6)
    assert gap.pair == ("y", "z")
    assert gap.left_out == ()
    # Three pairs: each at the level whose third power is 0.95.
    each = IntervalSpec(0.95 ** (1 / 3))
    pairs = [difference(a, b, each) for a, b in ((MIXED, MOSTLY), (MIXED, LOW), (MOSTLY, LOW))]
    assert all(isinstance(p, Estimate) for p in pairs)
    ends = [(p.low, p.high) for p in pairs if isinstance(p, Estimate)]
    # At least the highest lower end in either direction, and at least nothing.
    assert found.low == pytest.approx(max(0.0, *(max(low, -high) for low, high in ends)))
    assert found.high == pytest.approx(max(max(-low, high) for low, high in ends))
    smallest = min(p.p_value or 1.0 for p in pairs if isinstance(p, Estimate))
    assert found.p_value == pytest.approx(1 - (1 - smallest) ** 3)
    assert (found.n_items, found.n_answers, found.n_subjects) == (30, 30, 15)
    assert found.method == "simultaneous pairwise intervals (Šidák)"
    assert found.level == 0.95


def test_the_order_of_groups_does_not_matter() -> None:
    groups = {"low": people([1, 0] * 10), "high": people([2, 2, 2, 2, 1] * 4, first=20)}
    forth = largest_gap([groups], SPEC)
    back = largest_gap([dict(reversed(groups.items()))], SPEC)
    assert forth == back
    assert forth.pair == ("high", "low")
    assert isinstance(forth.result, Estimate)
    assert forth.result.low > 0.4


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
    assert 0.0 < lone.p_value < 1e-20
    assert found.p_value == pytest.approx(3 * lone.p_value)


def test_a_permutation_p_value_takes_the_place_of_sidaks() -> None:
    found = largest_gap([{"x": MIXED, "y": MOSTLY}], SPEC, p_value=0.125).result
    assert isinstance(found, Estimate)
    assert found.p_value == 0.125
    assert found.method == (
        "simultaneous pairwise intervals (Šidák); p by max-T permutation of groups over subjects"
    )


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
    each = IntervalSpec(0.95 ** (1 / 2))
    wide = difference(sexes["f"], sexes["m"], each)
    assert isinstance(wide, Estimate)
    assert found.high >= -wide.low


def test_a_gap_that_cannot_be_told_says_why() -> None:
    flat = replace(MIXED, value=-0.5, left_out=np.full(5, -0.5))
    gap = largest_gap([{"x": flat, "y": MOSTLY}], SPEC)
    assert isinstance(gap.result, NotEstimable)
    assert gap.result.reason is Reason.UNDEFINED
    assert gap.pair is None


def tally(right: list[int], items: int = 2) -> Tally:
    counts = np.zeros((len(right), 2, 3))
    counts[:, 0, 0], counts[:, 0, 1] = right, items - np.array(right)
    return Tally(counts, np.arange(len(right)), items * len(right))


def test_permuting_groups_gives_the_exact_share_of_equally_large_gaps() -> None:
    # Three people all right against three all wrong: of the 20 ways to choose three of six,
    # 2 are as extreme. 20,000 draws: standard error √(0.1·0.9/20000) = 0.0021.
    rng = np.random.default_rng(5)
    (p,) = permuted_gaps(
        tally([2, 2, 2, 0, 0, 0]), np.array([0, 0, 0, 1, 1, 1]), [ACCURACY], 20_000, rng
    )
    assert p == pytest.approx(2 / 20, abs=4 * 0.0021)


def test_people_without_a_group_take_no_part_in_the_permutation() -> None:
    rng = np.random.default_rng(5)
    member = np.array([0, 0, -1, 0, 1, 1, 1, -1])
    t = tally([2, 2, 0, 2, 0, 0, 0, 2])
    (p,) = permuted_gaps(t, member, [ACCURACY], 20_000, rng)
    assert p == pytest.approx(2 / 20, abs=4 * 0.0021)


def test_max_t_looks_at_all_pairs_and_weighs_them_by_size() -> None:
    # One person right; groups of 1, 1 and 2. Gaps 1 (over √(1/2 + 1/2) and √(1/2 + 1/4)) if the
    # one is alone: 1.155; if in the pair: 0.5/√(3/4) = 0.577. Alone in 2 of 4 places.
    rng = np.random.default_rng(5)
    (p,) = permuted_gaps(tally([2, 0, 0, 0]), np.array([0, 1, 2, 2]), [ACCURACY], 20_000, rng)
    assert p == pytest.approx(1 / 2, abs=4 * math.sqrt(0.25 / 20_000))


def test_a_gap_between_larger_groups_counts_more() -> None:
    # Two right, two wrong; groups of 1, 1 and 2 people. Both wrong in the group of two: a gap of
    # 1 over √(1/2 + 1/4). One of each: a gap of 1 between the single ones, over √(1/2 + 1/2),
    # which is less. The group of two is alike in 2 of 6 ways.
    rng = np.random.default_rng(5)
    (p,) = permuted_gaps(tally([2, 2, 0, 0]), np.array([0, 1, 2, 2]), [ACCURACY], 20_000, rng)
    assert p == pytest.approx(2 / 6, abs=4 * math.sqrt(2 / 9 / 20_000))


def test_no_draw_ever_makes_a_p_value_of_zero() -> None:
    t = tally([2] * 30 + [0] * 30)
    (p,) = permuted_gaps(t, np.repeat([0, 1], 30), [ACCURACY], 99, np.random.default_rng(0))
    assert p == 1 / 100


def test_equal_people_give_a_p_value_of_one() -> None:
    (p,) = permuted_gaps(
        tally([1] * 6), np.array([0, 0, 0, 1, 1, 1]), [ACCURACY], 99, np.random.default_rng(0)
    )
    assert p == 1.0


def test_draws_in_batches_are_the_draws() -> None:
    # 300,000 draws of 2 × 6 numbers go in several batches.
    (p,) = permuted_gaps(
        tally([2, 2, 2, 0, 0, 0]), np.array([0, 0, 0, 1, 1, 1]), [ACCURACY], 300_000,
        np.random.default_rng(5),
    )  # fmt: skip
    assert p == pytest.approx(2 / 20, abs=4 * math.sqrt(0.09 / 300_000))


def test_a_draw_in_which_the_metric_is_undefined_counts_against_the_finding() -> None:
    # Two of four people hold items of b, one in each group. Of the six ways to choose two, two
    # put both holders into one group: no recall in the other, which counts as a larger gap.
    counts = np.zeros((4, 2, 3))
    counts[:, 0, 0] = 1
    counts[0, 1, 1], counts[2, 1, 0] = 1, 1
    recall = metric_named("recall[b]", LABELS)
    (p,) = permuted_gaps(
        Tally(counts, np.arange(4), 6), np.array([0, 0, 1, 1]), [recall], 99,
        np.random.default_rng(3),
    )  # fmt: skip
    assert p == 1.0  # the other four draws have the same gap


def test_there_is_no_p_value_without_two_groups_or_a_statistic() -> None:
    rng, t = np.random.default_rng(0), tally([2, 0, 1, 1])
    assert permuted_gaps(t, np.zeros(4, int), [ACCURACY] * 2, 99, rng) == [None, None]
    assert permuted_gaps(t, np.full(4, -1), [ACCURACY], 99, rng) == [None]
    recall = metric_named("recall[b]", LABELS)
    assert permuted_gaps(t, np.array([0, 0, 1, 1]), [recall, ACCURACY], 99, rng)[0] is None


def test_the_groups_of_a_tally_make_the_same_gap() -> None:
    t = tally([2, 2, 1, 1, 0, 2, 2, 2, 2, 1])
    parts = [Tally(t.counts[s], t.subjects[s], 10) for s in (slice(0, 5), slice(5, 10))]
    found = difference(replicate(ACCURACY, parts[0]), replicate(ACCURACY, parts[1]), SPEC)
    assert found == difference(MIXED, MOSTLY, SPEC)
