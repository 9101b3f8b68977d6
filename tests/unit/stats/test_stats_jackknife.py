"""Intervals by leaving out one subject at a time, derived by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    IntervalSpec,
    Metric,
    Replicates,
    Scale,
    Tally,
    estimate,
    interval,
    mean_of,
    metric_named,
    refuse,
    replicate,
)
from facevalue.stats.jackknife import (
    CAUTION,
    METHOD_ANSWERS,
    METHOD_CUT,
    METHOD_EXACT,
    METHOD_FISHER,
    METHOD_LOGIT,
    METHOD_PAIRED,
    METHOD_WHOLE,
    carriers,
    clopper_pearson,
)

SPEC = IntervalSpec(0.95)
LABELS = ("a", "b")
ACCURACY = metric_named("accuracy", LABELS)
T_4 = 2.7764451  # 97.5 % quantile of Student's t with 4 degrees of freedom, from a table


def tally(right: list[int], sizes: list[int], first: int = 0) -> Tally:
    counts = np.zeros((len(sizes), 2, 3))
    counts[:, 0, 0], counts[:, 0, 1] = right, np.subtract(sizes, right)
    return Tally(counts, np.arange(first, first + len(sizes)), sum(sizes))


# Five people with two items each, 2, 2, 1, 1 and 0 of them right.
FIVE = tally([2, 2, 1, 1, 0], [2] * 5)


def expit(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def test_replicates_by_hand() -> None:
    r = replicate(ACCURACY, FIVE)
    assert r.value == pytest.approx(6 / 10)
    # Without a person who got k right: (6 − k) / 8.
    assert r.left_out.tolist() == pytest.approx([4 / 8, 4 / 8, 5 / 8, 5 / 8, 6 / 8])
    assert (r.n_subjects, r.n_answers, r.n_items) == (5, 10, 10)
    # Deviations −1/10, −1/10, 1/40, 1/40, 6/40; 4/5 of the sum of their squares:
    # 4/5 · (16 + 16 + 1 + 1 + 36)/1600 = 4/5 · 70/1600 = 7/200
    assert r.variance == pytest.approx(7 / 200)
    assert not r.is_constant


def test_accuracy_with_its_interval_by_hand() -> None:
    found = estimate(ACCURACY, FIVE, SPEC)
    assert isinstance(found, Estimate)
    # Squared deviations are in the ratio 16, 16, 1, 1, 36: sum 70, mean 14, and
    # 70² / (2² + 2² + 13² + 13² + 22²) = 4900/830 = 5.9 people carry the variance: more than
    # the 5 − 1 that Kish gives, so t has 4 degrees of freedom.
    assert replicate(ACCURACY, FIVE).degrees_of_freedom == pytest.approx(4.0)
    reach = T_4 * math.sqrt(7 / 200) / (0.6 * 0.4)
    assert found.value == pytest.approx(0.6)
    assert found.low == pytest.approx(expit(math.log(1.5) - reach), abs=1e-7)
    assert found.high == pytest.approx(expit(math.log(1.5) + reach), abs=1e-7)
    assert (round(found.low, 3), round(found.high, 3)) == (0.147, 0.929)
    assert found.method == f"{METHOD_LOGIT}; {CAUTION}"
    # Answers as independent: 0.6·0.4/10. Design effect (7/200) / (24/1000) = 35/24.
    assert found.design_effect == pytest.approx(35 / 24)
    assert found.p_value is None


def test_unequal_people_are_corrected_for_their_share() -> None:
    # Sizes 1, 1, 1, 1, 4 with 1, 0, 1, 0, 2 right: 4/8. Left out: 3/7, 4/7, 3/7, 4/7, 2/4.
    # CR2: (1 − 1/8)·(1/14)² four times, and the one with four items moves nothing:
    # 4 · 7/8 · 1/196 = 1/56.
    r = replicate(ACCURACY, tally([1, 0, 1, 0, 2], [1, 1, 1, 1, 4]))
    assert r.left_out.tolist() == pytest.approx([3 / 7, 4 / 7, 3 / 7, 4 / 7, 2 / 4])
    assert r.variance == pytest.approx(1 / 56)
    assert r.shares.tolist() == [1 / 8, 1 / 8, 1 / 8, 1 / 8, 1 / 2]


def test_effective_errors_by_hand() -> None:
    # 0.6·0.4 / (7/200) = 48/7 answers are what the ten are worth; 4/10 of them are errors.
    assert replicate(ACCURACY, FIVE).effective_errors == pytest.approx(48 / 7 * 0.4)
    # Of hits, if they are fewer: 0.4 right, the same.
    mirrored = tally([0, 0, 1, 1, 2], [2] * 5)
    assert replicate(ACCURACY, mirrored).effective_errors == pytest.approx(48 / 7 * 0.4)
    # Never more than there are: each of 20 people right on 1 of 2, but for two who differ.
    alike = replicate(ACCURACY, tally([1] * 18 + [0, 2], [2] * 20))
    assert alike.effective_errors == pytest.approx(40 / 2)
    # Where nobody differs, people count.
    silent = replicate(ACCURACY, tally([3] * 10, [3] * 10))
    assert silent.effective_errors == 0.0
    # What is no share has no errors to count.
    as_difference = Replicates(0.4, np.full(5, 0.4), np.ones(5), np.arange(5), 5)
    assert replace(as_difference, scale=Scale.DIFFERENCE).effective_errors == math.inf


def people(n: int, right: int, of: int) -> Replicates:
    """Return ``n`` people with ``of`` items, half of them one right more and half one less."""
    hits = [right + (1 if i % 2 else -1) for i in range(n)]
    return replicate(ACCURACY, tally(hits, [of] * n))


def test_when_an_interval_warns() -> None:
    # 40 people with 10 items, 9 ± 1 right: variance of a mean of subjects (0.1²)·40/39/40;
    # 0.9·0.1 / (0.01/39) = 351 answers, 35 of them errors: no warning.
    enough = people(40, 9, 10)
    assert enough.effective_errors == pytest.approx(35.1)
    assert not enough.is_cautioned
    # The same of 16 people: 0.09 / (0.01/15) = 135 answers, 13.5 errors: fewer than 15.
    few = people(16, 9, 10)
    assert few.effective_errors == pytest.approx(13.5)
    assert few.is_cautioned
    # Seven people warn however many errors there are; eight do not.
    assert people(7, 50, 100).is_cautioned
    assert not people(8, 50, 100).is_cautioned


def test_degrees_of_freedom_trust_the_spread_less_with_very_few_errors() -> None:
    # Ten of twenty people are on one side by 2/10, ten on the other by 1/10 or so.
    hits = [7] * 14 + [1] * 6  # 104 of 200
    r = replicate(ACCURACY, tally(hits, [10] * 20))
    assert r.effective_errors >= 10
    assert r.degrees_of_freedom == pytest.approx(min(19.0, 1.5 * carriers(r.deviations)))
    rare = replicate(ACCURACY, tally([10] * 17 + [9, 8, 7], [10] * 20))
    assert rare.effective_errors < 10
    assert rare.degrees_of_freedom == pytest.approx(min(19.0, carriers(rare.deviations)))


@pytest.mark.parametrize(("n", "trusted"), [(19, 1.0), (20, 1.5)])
def test_ten_errors_are_not_very_few(n: int, trusted: float) -> None:
    # One answer a person, half of them right, so n/2 errors: 9.5 or 10. Only one person's leaving
    # matters: squares 1 and zeros, 1/(1 − 1/n) people carry the spread.
    left_out = np.full(n, 0.5)
    left_out[0] = 0.51
    r = Replicates(0.5, left_out, np.ones(n), np.arange(n), n)
    assert r.effective_errors == n / 2
    assert r.degrees_of_freedom == pytest.approx(max(trusted / (1 - 1 / n), 1.0))


@pytest.mark.parametrize(("n", "is_cautioned"), [(29, True), (30, False)])
def test_fifteen_errors_are_not_few(n: int, is_cautioned: bool) -> None:
    # One answer a person, half of them right: 14.5 errors, or 15.
    left_out = 0.5 + 0.001 * np.where(np.arange(n) % 2, 1.0, -1.0)
    r = Replicates(0.5, left_out, np.ones(n), np.arange(n), n)
    assert r.effective_errors == n / 2
    assert r.is_cautioned is is_cautioned


def test_degrees_of_freedom_are_at_least_one() -> None:
    # Sizes 100, 1, 1, 1, 1 are worth 104²/10,004 = 1.08 people.
    r = replicate(ACCURACY, tally([50, 1, 0, 1, 0], [100, 1, 1, 1, 1]))
    assert r.effective_subjects == pytest.approx(104**2 / 10_004)
    assert r.degrees_of_freedom == 1.0


def test_a_small_spread_is_a_spread() -> None:
    # Fifty people who move the share by a millionth each: a variance of 49/50 · 50 · 1e-12.
    left_out = 0.5 + 1e-6 * np.where(np.arange(50) % 2, 1.0, -1.0)
    r = Replicates(0.5, left_out, np.full(50, 1e9), np.arange(50), 50)
    assert r.variance == pytest.approx(4.9e-11)
    assert not r.is_constant
    assert interval(r, SPEC, Scale.SHARE).method == METHOD_LOGIT


def test_a_label_of_few_people_warns() -> None:
    def held_by(n: int) -> Replicates:
        counts = np.zeros((60, 2, 3))
        counts[:, 0, 0], counts[:, 0, 1] = 6, 4
        counts[::2, 0, 0], counts[::2, 0, 1] = 5, 5
        counts[:n, 1, 1], counts[:n, 1, 0] = 10, 10
        return replicate(metric_named("uar", LABELS), Tally(counts, np.arange(60), 600 + 20 * n))

    assert (held_by(9).fewest_holders, held_by(9).is_cautioned) == (9, True)
    assert (held_by(10).fewest_holders, held_by(10).is_cautioned) == (10, False)


def test_what_is_no_share_warns_where_few_people_carry_the_spread() -> None:
    def carried_by(n: int) -> Replicates:
        left_out = 0.2 + np.array([0.01 * (-1) ** i for i in range(n)] + [0.0] * (20 - n))
        return Replicates(0.2, left_out, np.ones(20), np.arange(20), 20, scale=Scale.CORRELATION)

    # n equal squares and 20 − n zeros: n² / (n − n²/20) = 20·n/(20 − n): 4 → 5, 5 → 6.7.
    assert carriers(carried_by(4).deviations) == pytest.approx(5.0)
    assert carried_by(4).is_cautioned
    assert not carried_by(5).is_cautioned
    # Five of 50: 50·5/45 = 5.6.
    left_out = 0.2 + np.array([0.01, -0.01, 0.01, -0.01, 0.01] + [0.0] * 45)
    r = Replicates(0.2, left_out, np.ones(50), np.arange(50), 50, scale=Scale.CORRELATION)
    assert r.is_cautioned


def test_kish_effective_number_by_hand() -> None:
    # Sizes 1, 1, 1, 1, 4: 8² / (4·1 + 16) = 64/20.
    r = replicate(ACCURACY, tally([1, 0, 1, 0, 2], [1, 1, 1, 1, 4]))
    assert r.effective_subjects == pytest.approx(3.2)
    assert r.degrees_of_freedom <= 2.2


def test_weights_replace_sizes_in_the_effective_number() -> None:
    sizes = np.ones(4)
    r = Replicates(0.5, np.array([0.4, 0.5, 0.5, 0.6]), sizes, np.arange(4), 4)
    assert r.effective_subjects == pytest.approx(4.0)
    weighted = Replicates(
        0.5, r.left_out, sizes, r.subjects, 4, weights=np.array([3.0, 1.0, 1.0, 1.0])
    )
    assert weighted.effective_subjects == pytest.approx(36 / 12)  # 6² / (9 + 3)


def test_uar_hangs_on_those_who_hold_a_label() -> None:
    # Six people with two items of a; two of them have the only items of b. Of the weight of
    # both labels they hold 1/6 + 1/2 each, the others 1/6: 2² / (2·(2/3)² + 4·(1/6)²) = 4/1.
    r = replicate(*_uar(2))
    assert r.effective_subjects == pytest.approx(4 / (2 * 4 / 9 + 4 / 36))
    # By their answers alone it would be 14² / (2·3² + 4·2²).
    assert r.effective_subjects < 14**2 / 34


def test_a_spread_that_hangs_on_one_person_has_few_degrees_of_freedom() -> None:
    # Ten people, one item each, one wrong. Deviations −1/90 nine times and 9/90: squares in
    # the ratio 1 (nine times) and 81, sum 90, mean 9: 90² / (9·8² + 72²) = 8100/5760 = 45/32.
    r = replicate(ACCURACY, tally([1] * 9 + [0], [1] * 10))
    assert r.degrees_of_freedom == pytest.approx(45 / 32)
    # Nine right and one wrong weigh 9/10·(9/90² + 81/90²) = 1/100.
    assert r.variance == pytest.approx(1 / 100)


def test_an_interval_is_never_wider_than_the_exact_binomial_over_subjects() -> None:
    found = estimate(ACCURACY, tally([1] * 9 + [0], [1] * 10), SPEC)
    assert isinstance(found, Estimate)
    # The logit interval with 45/32 degrees of freedom would reach from 0.006 to 0.99996; one
    # answer a person is exactly binomial: 9 of 10, from a table.
    assert (round(found.low, 4), round(found.high, 4)) == (0.5550, 0.9975)
    assert found.method == f"{METHOD_LOGIT}; {CAUTION}"


def test_carriers() -> None:
    assert carriers(np.array([1.0, -1.0, 1.0])) == math.inf  # all alike
    assert carriers(np.zeros(3)) == math.inf
    # Squares 0, 0, 0, 4: sum 4, mean 1, 16 / (3 + 9) = 4/3; the unit does not matter.
    assert carriers(np.array([0.0, 0.0, 0.0, 2.0])) == pytest.approx(4 / 3)
    assert carriers(np.array([0.0, 0.0, 0.0, 2e-5])) == pytest.approx(4 / 3)
    assert carriers(np.array([0.0, 0.0, 0.0, 2e-8])) == pytest.approx(4 / 3)
    assert carriers(np.array([0.0, 0.0, 0.0, 2e8])) == pytest.approx(4 / 3)


@pytest.mark.parametrize("n", [5, 10, 91])
def test_all_right_is_not_certainty(n: int) -> None:
    found = estimate(ACCURACY, tally([3] * n, [3] * n), SPEC)
    assert isinstance(found, Estimate)
    # n people, all wholly right: the lower end solves q^n = 0.025.
    assert found.low == pytest.approx(0.025 ** (1 / n))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.method == f"{METHOD_EXACT}; {CAUTION}"
    assert found.design_effect is None  # the answers have no variance to compare with


def test_all_wrong_mirrors_all_right() -> None:
    found = estimate(ACCURACY, tally([0] * 10, [3] * 10), SPEC)
    assert isinstance(found, Estimate)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 10))


def test_all_right_with_unequal_sizes_counts_effective_people() -> None:
    # Sizes 1, 1, 1, 1, 4 are worth 3.2 people.
    found = estimate(ACCURACY, tally([1, 1, 1, 1, 4], [1, 1, 1, 1, 4]), SPEC)
    assert isinstance(found, Estimate)
    assert found.low == pytest.approx(0.025 ** (1 / 3.2))


def test_everybody_right_equally_often_is_binomial_over_answers() -> None:
    # One of two right for each of five people: 5 of 10 answers, from a table.
    found = estimate(ACCURACY, tally([1] * 5, [2] * 5), SPEC)
    assert isinstance(found, Estimate)
    assert (round(found.low, 4), round(found.high, 4)) == (0.1871, 0.8129)
    assert found.method == f"{METHOD_ANSWERS}; {CAUTION}"
    assert found.design_effect == pytest.approx(0.0)


def test_clopper_pearson() -> None:
    assert clopper_pearson(0.0, 5, 0.9) == pytest.approx((0.0, 1 - 0.05 ** (1 / 5)))
    assert clopper_pearson(1.0, 5, 0.9) == pytest.approx((0.05 ** (1 / 5), 1.0))
    low, high = clopper_pearson(0.5, 7.5, 0.95)  # an effective number need not be whole
    assert 0 < low < 0.5 < high < 1


def test_mean_of_by_hand() -> None:
    # Subject 1 has no answers and takes no part. Without 0: 3/3; without 2: 1/2.
    r = mean_of(np.array([2.0, 0.0, 3.0]), np.array([1.0, 0.0, 3.0]), np.array([4, 5, 6]), 9)
    assert r.value == pytest.approx(4 / 5)
    assert r.left_out.tolist() == pytest.approx([1.0, 0.5])
    assert (r.subjects.tolist(), r.sizes.tolist(), r.n_items) == ([4, 6], [2.0, 3.0], 9)


def test_mean_of_single_answers_by_hand() -> None:
    r = mean_of(np.ones(2), np.array([1.0, 0.0]), np.arange(2), 2)
    assert (r.value, r.left_out.tolist()) == (0.5, [0.0, 1.0])
    assert mean_of(np.ones(1), np.ones(1), np.arange(1), 1).value == 1.0


def test_mean_of_nothing_or_of_one_person_is_no_number() -> None:
    nothing = mean_of(np.zeros(2), np.zeros(2), np.arange(2), 0)
    assert math.isnan(nothing.value)
    assert len(nothing.left_out) == 0
    alone = mean_of(np.array([2.0]), np.array([1.0]), np.array([0]), 2)
    assert alone.value == 0.5
    assert np.isnan(alone.left_out).all()


def test_a_correlation_is_symmetric_on_fishers_scale() -> None:
    metric = metric_named("mcc", LABELS)
    counts = np.zeros((5, 2, 3))
    counts[:, 0, 0], counts[:, 1, 1] = 2, 2
    counts[:, 0, 1] = [0, 0, 1, 1, 2]
    t = Tally(counts, np.arange(5), 24)
    found = estimate(metric, t, SPEC)
    assert isinstance(found, Estimate)
    # Annotated 14 and 10, predicted 10 and 14, 20 of 24 right:
    # (20·24 − 14·10 − 10·14) / (24² − 14² − 10²) = 200/280
    assert found.value == pytest.approx(5 / 7)
    z = [math.atanh(x) for x in (found.low, found.value, found.high)]
    assert z[1] - z[0] == pytest.approx(z[2] - z[1])
    r = replicate(metric, t)
    # The slope of Fisher's z is 1/(1 − r²) = 49/24; Kish: 24²/(4² + 4² + 5² + 5² + 6²) − 1.
    assert r.effective_subjects == pytest.approx(576 / 118)
    reach = stats.t.ppf(0.975, r.degrees_of_freedom) * math.sqrt(r.variance) * 49 / 24
    assert z[2] - z[1] == pytest.approx(reach)
    assert found.method == f"{METHOD_FISHER}; {CAUTION}"
    assert -1 < found.low < found.high < 1


def test_a_perfect_correlation_is_not_narrowed_down() -> None:
    counts = np.zeros((5, 2, 3))
    counts[:, 0, 0], counts[:, 1, 1] = 2, 2
    found = estimate(metric_named("mcc", LABELS), Tally(counts, np.arange(5), 20), SPEC)
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.high) == (1.0, -1.0, 1.0)
    assert found.method == f"{METHOD_WHOLE}; {CAUTION}"


def test_a_difference_and_what_is_no_average_stay_on_their_scale() -> None:
    r = replicate(ACCURACY, FIVE)
    half = T_4 * math.sqrt(7 / 200)
    assert interval(r, SPEC, Scale.SHARE).design_effect is None  # not said to be a mean
    paired = interval(r, SPEC, Scale.DIFFERENCE)
    assert (paired.low, paired.high) == pytest.approx((0.6 - half, 0.6 + half), abs=1e-7)
    assert paired.method == f"{METHOD_PAIRED}; {CAUTION}"
    cut = interval(r, SPEC, Scale.UNIT)
    assert (cut.low, cut.high) == pytest.approx((0.6 - half, 1.0), abs=1e-7)
    assert cut.method == f"{METHOD_CUT}; {CAUTION}"
    rare = interval(replace(r, value=0.1, left_out=r.left_out - 0.5), SPEC, Scale.UNIT)
    assert (rare.low, rare.high) == pytest.approx((0.0, 0.1 + half), abs=1e-7)


def test_a_correlation_that_nobody_moves_is_not_narrowed_down_either() -> None:
    r = Replicates(0.5, np.full(10, 0.5), np.ones(10), np.arange(10), 10)
    found = interval(r, SPEC, Scale.CORRELATION)
    assert (found.low, found.high, found.method) == (-1.0, 1.0, METHOD_WHOLE)


def test_what_is_no_average_and_does_not_vary_is_not_certain_either() -> None:
    r = Replicates(0.1, np.full(10, 0.1), np.ones(10), np.arange(10), 10)
    found = interval(r, SPEC, Scale.UNIT)
    # As 1 of 10 people, from a table.
    assert (round(found.low, 4), round(found.high, 4)) == (0.0025, 0.4450)
    assert found.method == METHOD_EXACT  # ten people, and nobody carries more than another


def test_far_from_the_middle_nothing_overflows() -> None:
    r = Replicates(
        1e-9, np.array([0.0] + [1e-9] * 5 + [1e-2]), np.ones(7), np.arange(7), 7
    )  # fmt: skip
    found = interval(r, SPEC, Scale.SHARE)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def _uar(holders: int) -> tuple[Metric, Tally]:
    """Six people, of whom ``holders`` have items of b."""
    counts = np.zeros((6, 2, 3))
    counts[:, 0, 0] = 2
    counts[:holders, 1, 1] = 1
    return metric_named("uar", LABELS), Tally(counts, np.arange(6), 12 + holders)


def test_every_reason_why_there_is_no_interval() -> None:
    none = estimate(ACCURACY, tally([], []), SPEC)
    assert none == NotEstimable(reason=Reason.NO_ITEMS, n_items=0, n_answers=0, n_subjects=0)
    nobody = estimate(metric_named("recall[b]", LABELS), FIVE, SPEC)
    assert nobody == NotEstimable(reason=Reason.NO_ITEMS, n_items=10, n_answers=0, n_subjects=0)
    undefined = estimate(*_uar(0), SPEC)
    assert undefined == NotEstimable(
        reason=Reason.UNDEFINED, n_items=12, n_answers=12, n_subjects=6
    )
    few = estimate(ACCURACY, tally([2, 2, 1, 0], [2] * 4), SPEC)
    assert few == NotEstimable(
        reason=Reason.TOO_FEW_CLUSTERS, n_items=8, n_answers=8, n_subjects=4, value=5 / 8,
        detail="4, at least 5 needed",
    )  # fmt: skip
    unstable = estimate(*_uar(1), SPEC)  # without the one who holds b there is no UAR
    assert unstable == NotEstimable(
        reason=Reason.UNSTABLE, n_items=13, n_answers=13, n_subjects=6, value=1.0,
        detail="1 of 6 subjects",
    )  # fmt: skip
    assert isinstance(estimate(*_uar(2), SPEC), Estimate)


def test_why_it_is_undefined_may_be_told() -> None:
    refused = refuse(replicate(*_uar(0)), why_undefined="nobody is annotated b")
    assert refused is not None
    assert refused.detail == "nobody is annotated b"
    assert refuse(replicate(ACCURACY, FIVE)) is None


@pytest.mark.parametrize("level", [0.0, 0.49, 1.0, 95.0])
def test_a_level_is_a_share(level: float) -> None:
    words = rf"^level is {level}, expected a number from 0.5 to below 1$"
    with pytest.raises(ValueError, match=words):
        IntervalSpec(level)
