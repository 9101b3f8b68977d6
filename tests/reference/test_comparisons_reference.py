"""Our comparisons and tests against SciPy, statsmodels and closed forms.

Tolerances are 1e-12 where the arithmetic is the same but for the order of sums; where numbers
are drawn, four standard errors computed from the number of draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import optimize, stats

from facevalue.domain import Estimate
from facevalue.stats import (
    Deviations,
    IntervalSpec,
    Replicates,
    Scale,
    Scores,
    against_zero,
    benjamini_hochberg,
    difference,
    holm,
    largest_gap,
    max_t,
    mean_of,
    permuted_gaps,
    scores_of,
)
from facevalue.stats.gaps import N_DRAWS as N_GAP_DRAWS
from facevalue.stats.multiplicity import N_DRAWS
from support import require

EXACT = 1e-12
Floats = npt.NDArray[np.float64]
SPEC = IntervalSpec(0.95)


def means_of(rng: np.random.Generator, n_people: int, n_items: int = 8) -> Floats:
    """Return the share of right answers of people who differ in ability."""
    shares: Floats = rng.binomial(n_items, rng.beta(3, 2, n_people)) / n_items
    return shares


def side(means: Floats, first: int = 0, scale: Scale = Scale.SHARE, items: int = 8) -> Replicates:
    """Return the mean over people with ``items`` items each."""
    n = np.full(len(means), float(items))
    r = mean_of(n, n * means, np.arange(first, first + len(means)), items * len(means))
    return replace(r, scale=scale)


def two_kinds(low: float, high: float, n: int) -> Floats:
    """Equally many of two kinds of people: everybody deviates alike, so all carry the spread."""
    return np.where(np.arange(n) % 2, low, high)


@pytest.mark.parametrize("seed", range(5))
def test_difference_of_what_is_no_share_is_welchs_t(seed: int) -> None:
    # With equal sizes CR2 is the sample variance of people's means over their number.
    rng = np.random.default_rng(seed)
    a, b = means_of(rng, 9), means_of(rng, 14)
    expected = stats.ttest_ind(a, b, equal_var=False)
    sides = side(a, 0, Scale.UNIT), side(b, 100, Scale.CORRELATION)
    found = difference(*sides, SPEC)
    assert isinstance(found, Estimate)
    error = np.sqrt(sides[0].variance + sides[1].variance)
    assert found.value / error == pytest.approx(expected.statistic, abs=1e-10)
    # Where few people carry the spread our degrees of freedom are fewer: more cautious.
    assert found.p_value is not None
    assert found.p_value >= expected.pvalue - EXACT


def test_difference_has_welchs_p_and_interval_where_everybody_carries_the_spread() -> None:
    a, b = two_kinds(0.4, 0.8, 10), two_kinds(0.6, 0.9, 16)
    found = difference(side(a, 0, Scale.CORRELATION, 10), side(b, 50, Scale.CORRELATION, 10), SPEC)
    expected = stats.ttest_ind(a, b, equal_var=False)
    ends = expected.confidence_interval(0.95)
    assert isinstance(found, Estimate)
    assert found.p_value == pytest.approx(expected.pvalue, abs=EXACT)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), abs=EXACT)


def test_difference_of_shares_approaches_welchs_t_as_it_gets_sharp() -> None:
    # A side at p reaches h ± h²(1 − 2p)/(2p(1 − p)) − 4h³/3 where Welch's reaches h. The sides
    # are at 0.45 and 0.555 with h = 0.048 and 0.051: at most 0.0006 + 0.0007 in all, a part of
    # 0.02 of the half-width; with t near 3 that is 0.02·t·2·pdf(t) = 0.0005 of p.
    a, b = two_kinds(0.3, 0.6, 40), two_kinds(0.36, 0.75, 60)
    found = difference(side(a, 0, items=100), side(b, 100, items=100), SPEC)
    expected = stats.ttest_ind(a, b, equal_var=False)
    ends = expected.confidence_interval(0.95)
    assert isinstance(found, Estimate)
    assert 0.0 < expected.pvalue < 0.05
    assert found.p_value == pytest.approx(expected.pvalue, abs=0.0005)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), abs=0.0013)


@pytest.mark.parametrize("seed", range(5))
def test_difference_taken_person_by_person_is_the_paired_t(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = means_of(rng, 12), means_of(rng, 12)
    expected = stats.ttest_rel(a, b)
    paired = side(a - b, scale=Scale.DIFFERENCE)
    found = against_zero(paired, SPEC)
    assert isinstance(found, Estimate)
    assert found.value / np.sqrt(paired.variance) == pytest.approx(expected.statistic, abs=1e-10)
    ends = expected.confidence_interval(0.95)
    # The same centre; as wide, or wider where few people carry the spread.
    assert (found.low + found.high) / 2 == pytest.approx((ends.low + ends.high) / 2, abs=EXACT)
    assert found.low <= ends.low + EXACT
    assert found.p_value is not None
    assert found.p_value >= expected.pvalue - EXACT
    # The same from both sides, who are the same people: their differences are what counts.
    apart = difference(side(a, scale=Scale.UNIT), side(b, scale=Scale.CORRELATION), SPEC)
    assert isinstance(apart, Estimate)
    assert (apart.low + apart.high) / 2 == pytest.approx((ends.low + ends.high) / 2, abs=EXACT)
    assert apart.high - apart.low >= ends.high - ends.low - EXACT


def test_it_has_the_paired_ts_p_and_interval_where_everybody_carries_the_spread() -> None:
    a = two_kinds(0.3, 0.6, 20)
    b = a - two_kinds(0.2, -0.1, 20)
    expected = stats.ttest_rel(a, b)
    found = against_zero(side(a - b, scale=Scale.DIFFERENCE), SPEC)
    ends = expected.confidence_interval(0.95)
    assert isinstance(found, Estimate)
    assert found.p_value == pytest.approx(expected.pvalue, abs=EXACT)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), abs=EXACT)


# Equivalence: two one-sided tests.


@pytest.mark.parametrize("bound", [0.02, 0.1, 0.2, 0.3])
def test_equivalence_is_statsmodels_tost(bound: float) -> None:
    # Welch's t as everybody deviates alike; the p-value is found by bisection to 1e-9.
    weightstats = require("statsmodels.stats.weightstats")
    a, b = two_kinds(0.4, 0.6, 24), two_kinds(0.35, 0.75, 40)
    expected = weightstats.ttost_ind(a, b, -bound, bound, usevar="unequal")[0]
    groups = {"a": side(a, 0, Scale.CORRELATION), "b": side(b, 100, Scale.CORRELATION)}
    found = largest_gap([groups], SPEC).no_gap_above(bound)
    # Above one half no two one-sided tests differ from saying nothing.
    assert found == pytest.approx(1.0 if expected > 0.5 else expected, abs=1e-9)


def test_equivalence_of_shares_is_tost_with_a_logit_interval() -> None:
    # Two groups at one half: each side reaches tanh(2ts)/2, so the p-value solves
    # √(tanh²(2ts₁) + tanh²(2ts₂))/2 = bound; by Brent's method. It is that of statsmodels' TOST,
    # whose sides reach ts, to a part of 4(ts)²/3 in t: below 1 % of t here, times its density.
    weightstats = require("statsmodels.stats.weightstats")
    a, b = two_kinds(0.4, 0.6, 60), two_kinds(0.3, 0.7, 60)
    groups = {"a": side(a, 0, items=100), "b": side(b, 100, items=100)}
    found = largest_gap([groups], SPEC).no_gap_above(0.06)
    errors = [np.sqrt(r.variance) for r in groups.values()]
    df = sum(e**2 for e in errors) ** 2 / sum(e**4 / 59 for e in errors)
    t = optimize.brentq(
        lambda t: math.hypot(*(np.tanh(2 * t * e) for e in errors)) / 2 - 0.06, 0, 9
    )
    assert found == pytest.approx(stats.t.sf(t, df), abs=1e-9)
    expected = weightstats.ttost_ind(a, b, -0.06, 0.06, usevar="unequal")[0]
    assert found == pytest.approx(expected, abs=0.01 * t * stats.t.pdf(t, df))


# Many looks.


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("ours", "theirs"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_step_wise_adjustments_equal_statsmodels(
    ours: Callable[[list[float]], list[float]], theirs: str, seed: int
) -> None:
    multitest = require("statsmodels.stats.multitest")
    rng = np.random.default_rng(seed)
    p = np.round(rng.beta(0.5, 3, 20), 3)  # rounded, so that some are tied
    expected = multitest.multipletests(p, method=theirs)[1]
    assert ours(p.tolist()) == pytest.approx(expected.tolist(), abs=EXACT)


PS = [0.0005, 0.01, 0.03, 0.2, 0.7]


def drawn_error(p: Any, n: int = N_DRAWS) -> Any:
    """Four standard errors of a share ``p`` of ``n`` draws, and one draw for the add-one rule."""
    return 4 * np.sqrt(p * (1 - p) / n) + 1 / n


def test_max_t_of_independent_looks_is_sidaks() -> None:
    # Each look at people of its own: the largest is within reach with the product of chances.
    looks: list[Deviations] = [
        (np.arange(20 * i, 20 * i + 20), np.linspace(-1, 1, 20)) for i in range(len(PS))
    ]
    adjusted, level = max_t(PS, looks, 0.95, np.random.default_rng(3))
    for p, found in zip(PS, adjusted, strict=True):
        expected = 1 - (1 - p) ** len(PS)
        assert found == pytest.approx(expected, abs=drawn_error(expected))
    # The level is that of single intervals: the quantile's error divided among the looks.
    assert level == pytest.approx(0.95 ** (1 / 5), abs=drawn_error(0.05) / 5)


def test_max_t_of_one_look_told_five_times_allows_for_nothing() -> None:
    people, added = np.arange(30), np.random.default_rng(0).normal(size=30)
    # In other units, and with the sign turned: the same look all the same.
    looks: list[Deviations] = [(people, k * added) for k in (1.0, 2.0, -1.0, 0.1, -30.0)]
    adjusted, level = max_t(PS, looks, 0.95, np.random.default_rng(3))
    for p, found in zip(PS, adjusted, strict=True):
        assert p <= found <= p + drawn_error(p)
    assert level == pytest.approx(0.95, abs=drawn_error(0.05))


def test_max_t_of_looks_that_share_people_is_the_multivariate_normal() -> None:
    # Looks at persons 0–19, 10–29 and 20–39, who all deviate by one: neighbours share ten of
    # twenty people, so their correlation is 10/√(20·20).
    looks: list[Deviations] = [(np.arange(s, s + 20), np.ones(20)) for s in (0, 10, 20)]
    correlation = np.array([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]])
    normal = stats.multivariate_normal(np.zeros(3), correlation)
    adjusted, level = max_t([0.01, 0.04, 0.3], looks, 0.95, np.random.default_rng(8))
    for p, found in zip([0.01, 0.04, 0.3], adjusted, strict=True):
        z = stats.norm.isf(p / 2) * np.ones(3)
        expected = 1 - normal.cdf(z, lower_limit=-z)
        assert found == pytest.approx(expected, abs=drawn_error(expected) + 1e-4)  # its own error
    z = stats.norm.isf((1 - level) / 2) * np.ones(3)
    assert normal.cdf(z, lower_limit=-z) == pytest.approx(0.95, abs=drawn_error(0.05) + 1e-4)


@pytest.mark.parametrize("n_groups", [2, 4, 8])
def test_largest_gap_has_the_p_value_of_tukeys_range(n_groups: int) -> None:
    # Groups of 2,000 people with the same spread: the largest difference in standard errors is
    # the studentised range over √2, with as good as infinitely many degrees of freedom. The
    # spread is 0.3/√2000 = 0.0067, the difference 3 standard errors of √2·0.0067.
    gap = 3 * math.sqrt(2) * 0.3 / math.sqrt(2000)
    groups = {
        str(i): side(two_kinds(-0.3, 0.3, 2000) + gap * (i == 0), 5000 * i, Scale.CORRELATION)
        for i in range(n_groups)
    }
    found = largest_gap([groups], SPEC).result
    assert isinstance(found, Estimate)
    expected = float(stats.studentized_range.sf(3 * math.sqrt(2), n_groups, np.inf))
    # The variance of people divides by one less than their number: 1/4000 of the statistic.
    assert found.p_value == pytest.approx(expected, abs=drawn_error(expected, N_GAP_DRAWS) + 1e-4)


# Permutations.


def welch(x: Any, y: Any, axis: int) -> Any:
    # Rounded: equal values must tie, whatever the order of the sums.
    apart = np.round(np.abs(x.mean(axis=axis) - y.mean(axis=axis)), 9)
    spread = x.var(axis=axis, ddof=1) / x.shape[axis] + y.var(axis=axis, ddof=1) / y.shape[axis]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = apart / np.sqrt(np.round(spread, 12))
    return np.round(np.where(apart > 0, t, 0.0), 9)


def scored(means: Floats) -> tuple[Scores, npt.NDArray[np.int64]]:
    return scores_of(side(means)), np.arange(len(means))


@pytest.mark.parametrize("sizes", [(5, 5), (4, 6), (3, 7)])
@pytest.mark.parametrize("seed", range(3))
def test_permutation_of_two_groups_equals_scipys_exact_test(
    seed: int, sizes: tuple[int, int]
) -> None:
    # With equal items a person scores are people's means, about their mean, and the variance of
    # a group's is their sample variance over their number: the statistic is Welch's t.
    means = means_of(np.random.default_rng(seed), 10, n_items=40)
    expected = stats.permutation_test(
        (means[: sizes[0]], means[sizes[0] :]), welch, vectorized=True, n_resamples=np.inf,
        alternative="greater",
    ).pvalue  # fmt: skip
    scores, subjects = scored(means)
    member = np.repeat([0, 1], sizes)
    (found,), method = permuted_gaps([scores], subjects, member, 1000, np.random.default_rng(seed))
    assert method == "max-T over all permutations of groups over subjects"
    assert found == pytest.approx(expected, abs=EXACT)
    # Drawn, with fewer draws than there are ways (120 at least): within their error.
    drawn = [
        permuted_gaps([scores], subjects, member, 119, np.random.default_rng([seed, i]))
        for i in range(40)
    ]
    assert {m for _, m in drawn} == {"max-T permutation of groups over subjects"}
    average = np.mean([p for (p,), _ in drawn if p is not None])
    error = 4 * np.sqrt(expected * (1 - expected) / (119 * 40))
    # Adding one to both draws and hits takes the average to (119p + 1)/120.
    assert average == pytest.approx((119 * expected + 1) / 120, abs=error)


@pytest.mark.parametrize("seed", range(4))
def test_permutations_that_are_nearly_as_far_do_not_count(seed: int) -> None:
    # 924 ways to choose six of twelve, with statistics as close to each other as chance has it.
    means = means_of(np.random.default_rng([7, seed]), 12, n_items=10**6)
    expected = stats.permutation_test(
        (means[:6], means[6:]), welch, vectorized=True, n_resamples=np.inf,
        alternative="greater",
    ).pvalue  # fmt: skip
    scores, subjects = scored(means)
    (found,), _ = permuted_gaps(
        [scores], subjects, np.repeat([0, 1], 6), 924, np.random.default_rng(seed)
    )
    assert found == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_permutation_of_three_groups_equals_scipys_exact_test(seed: int) -> None:
    # 8!/(3!·3!·2!) = 560 ways; the largest of three Welch statistics.
    means = means_of(np.random.default_rng(seed), 8, n_items=40)

    def largest(x: Any, y: Any, z: Any, axis: int) -> Any:
        return np.maximum(np.maximum(welch(x, y, axis), welch(x, z, axis)), welch(y, z, axis))

    parts = means[:3], means[3:6], means[6:]
    expected = stats.permutation_test(
        parts, largest, vectorized=True, n_resamples=np.inf, alternative="greater"
    ).pvalue
    scores, subjects = scored(means)
    (found,), _ = permuted_gaps(
        [scores], subjects, np.repeat([0, 1, 2], [3, 3, 2]), 560, np.random.default_rng(seed)
    )
    assert found == pytest.approx(expected, abs=EXACT)
