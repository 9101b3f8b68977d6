"""Planning: what is simulated, what is searched for, and by which formula it begins.

Numbers from simulation are held against a derivation within their own Monte-Carlo error.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from facevalue.domain import Estimate
from facevalue.stats import (
    IntervalSpec,
    Tally,
    estimate,
    further_subjects,
    largest_gap,
    metric_named,
    replicate,
)
from facevalue.stats.planning import MOST_SUBJECTS
from facevalue.stats.power import (
    MOST_SIMULATED,
    NO_END,
    PowerSpec,
    Simulated,
    _crossing,
    _tallies,
    closed_form,
    correlation_within,
    error_ratio,
    nearest_bound,
    power_with,
    simulate,
    smallest_gap,
    subjects_needed,
)

RATE = PowerSpec(rate=0.9, bound=0.85, items=20, icc=0.1)
GAP = PowerSpec(rate=0.8, gap=0.1, bound=0.0, items=20, icc=0.1)


def binomial_error(share: float, n: int) -> float:
    """Three standard errors of a simulated share."""
    return 3 * math.sqrt(share * (1 - share) / n)


@pytest.mark.parametrize(
    ("spec", "rates"),
    [
        (RATE, (0.9,)),
        # The two smallest groups are apart, the smaller one nearer to a half; others halfway.
        (replace(GAP, shares=(0.7, 0.1, 0.2)), (0.8, 0.75, 0.85)),
        (replace(GAP, rate=0.3, shares=(0.7, 0.1, 0.2)), (0.3, 0.35, 0.25)),
        (replace(GAP, shares=(0.25,) * 4), (0.75, 0.85, 0.8, 0.8)),
    ],
)
def test_the_gap_lies_where_it_is_hardest_to_see(spec: PowerSpec, rates: tuple[float, ...]) -> None:
    assert spec.rates == pytest.approx(rates)


@pytest.mark.parametrize(
    ("spec", "n", "sizes"),
    [
        (RATE, 30, [30]),
        (GAP, 31, [16, 15]),
        (replace(GAP, shares=(0.7, 0.2, 0.1)), 100, [70, 20, 10]),
        # Everybody is in each condition.
        (replace(GAP, shared=0.75), 31, [31, 31]),
    ],
)
def test_group_sizes(spec: PowerSpec, n: int, sizes: list[int]) -> None:
    assert spec.group_sizes(n).tolist() == sizes


def test_fewest_people_have_eight_in_each_group() -> None:
    assert RATE.least_subjects == 8
    assert GAP.least_subjects == 16
    assert replace(GAP, shares=(0.7, 0.2, 0.1)).least_subjects == 80
    assert replace(GAP, shared=1.0).least_subjects == 8


def test_the_level_of_the_first_of_many_looks() -> None:
    assert RATE.interval.level == pytest.approx(0.95)
    assert replace(RATE, looks=10).interval.level == pytest.approx(0.995)


Z = 1.959964 + 0.841621


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        # Logit scale: ln 9 − ln(0.85/0.15) = 0.462624; deff 2.9 over 20·0.09.
        (RATE, Z**2 * 2.9 / (20 * 0.09) / 0.462624**2),
        # Below the bound it is as far.
        (replace(RATE, rate=0.85, bound=0.9), Z**2 * 2.9 / (20 * 0.1275) / 0.462624**2),
        # Items vary by half of their mean: deff 1 + (20·1.25 − 1)·0.1 = 3.4.
        (replace(RATE, items_cv=0.5), Z**2 * 3.4 / (20 * 0.09) / 0.462624**2),
        # Ten looks: z of 0.5 % on two sides is 2.807034.
        (replace(RATE, looks=10), (2.807034 + 0.841621) ** 2 * 2.9 / (20 * 0.09) / 0.462624**2),
        # Two groups of half each: (0.85·0.15 + 0.75·0.25)/0.5 = 0.63 for one person in all.
        (GAP, Z**2 * 0.63 * 2.9 / 20 / 0.01),
        # Three groups, three pairs: the level of a pair is 0.95^(1/3), z = 2.387738; the two
        # smallest have 0.1 (at 0.75) and 0.2 (at 0.85): 0.1875/0.1 + 0.1275/0.2 = 2.5125.
        (
            replace(GAP, shares=(0.7, 0.2, 0.1)),
            (2.387738 + 0.841621) ** 2 * 2.5125 * 2.9 / 20 / 0.01,
        ),
        # Within people: (0.1275 + 0.1875)·2.9/20 − 2·√(0.1275·0.1875)·0.1·0.75 = 0.022482.
        (replace(GAP, shared=0.75), Z**2 * 0.022482 / 0.01),
        # No gap above 5 points, and there is none: both ends, so z of 0.9 is 1.281552;
        # 2·0.16/0.5 = 0.64.
        (
            replace(GAP, gap=0.0, bound=0.05),
            (1.959964 + 1.281552) ** 2 * 0.64 * 2.9 / 20 / 0.0025,
        ),
        # Three pairs have to stay within: each with 0.8^(1/3), so z of (1 + 0.928318)/2 is
        # 1.801131; its level is not shared out. Shares of a third: 2·0.16·3 = 0.96.
        (
            replace(GAP, gap=0.0, bound=0.05, shares=(1 / 3,) * 3),
            (1.959964 + 1.801131) ** 2 * 0.96 * 2.9 / 20 / 0.0025,
        ),
    ],
)  # fmt: skip
def test_closed_form_by_hand(spec: PowerSpec, expected: float) -> None:
    assert closed_form(spec, 0.8) == pytest.approx(expected, rel=1e-4)


def test_people_are_drawn_with_the_correlation_that_was_asked() -> None:
    spec = replace(GAP, shared=0.75, gap=0.1, items=20, icc=0.2)
    first, second = _tallies(spec, 40_000, np.random.default_rng(1))
    shares = [t.counts[:, 0, 0] / t.counts[:, 0].sum(axis=1) for t in (first, second)]
    assert first.subjects.tolist() == second.subjects.tolist()
    for share, p in zip(shares, spec.rates, strict=True):
        # Variance of a share p(1 − p)(1 + 19·0.2)/20; 40,000 people: 0.2 % and about 1 %.
        assert share.mean() == pytest.approx(p, abs=0.005)
        assert share.var() == pytest.approx(p * (1 - p) * 4.8 / 20, rel=0.03)
    # Covariance √(v₁v₂)·0.2·0.75, less what normal scores lose in skewed shares.
    both = math.sqrt(0.75 * 0.25 * 0.85 * 0.15)
    assert np.cov(*shares)[0, 1] == pytest.approx(both * 0.15, rel=0.06)


@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_conditions_have_nothing_or_all_in_common(shared: float) -> None:
    spec = replace(GAP, shared=shared, gap=0.1, items=NO_END, icc=0.2)
    first, second = _tallies(spec, 4_000, np.random.default_rng(1))
    assert first.subjects.tolist() == second.subjects.tolist()
    shares = [t.counts[:, 0, 0] / t.counts[:, 0].sum(axis=1) for t in (first, second)]
    found = stats.spearmanr(*shares).statistic
    assert found == pytest.approx(shared, abs=3 / math.sqrt(4_000) if shared == 0 else 0.001)


def test_groups_are_of_different_people_and_items_vary() -> None:
    spec = replace(GAP, shares=(0.5, 0.25, 0.25), items_cv=0.5, items=40)
    tallies = _tallies(spec, 40_000, np.random.default_rng(1))
    assert [len(t.subjects) for t in tallies] == [20_000, 10_000, 10_000]
    assert len({*np.concatenate([t.subjects for t in tallies]).tolist()}) == 40_000
    items = np.concatenate([t.counts.sum(axis=(1, 2)) for t in tallies])
    assert items.min() >= 1
    assert items.mean() == pytest.approx(40, rel=0.01)
    assert items.std() / items.mean() == pytest.approx(0.5, rel=0.02)


def test_without_correlation_everybody_is_alike() -> None:
    (tally,) = _tallies(replace(RATE, icc=0.0, items=NO_END), 50, np.random.default_rng(1))
    shares = tally.counts[:, 0, 0] / NO_END
    assert np.abs(shares - 0.9).max() < 5 * math.sqrt(0.09 / NO_END)


@pytest.mark.parametrize(("rate", "bound", "n"), [(0.9, 0.8, 100), (0.6, 0.7, 60)])
def test_one_item_a_person_is_the_binomial(rate: float, bound: float, n: int) -> None:
    # Every possible count of right answers has its interval and its binomial chance.
    accuracy = metric_named("accuracy", ["right"])
    settled = 0.0
    for k in range(n + 1):
        counts = np.zeros((n, 1, 2))
        counts[:k, 0, 0], counts[k:, 0, 1] = 1, 1
        found = estimate(accuracy, Tally(counts, np.arange(n), n), IntervalSpec(0.95))
        assert isinstance(found, Estimate)
        is_settled = found.low > bound if rate > bound else found.high < bound
        settled += is_settled * stats.binom.pmf(k, n, rate)
    spec = PowerSpec(rate=rate, bound=bound, items=1)
    found_share = power_with(spec, n, 2_000, 3)
    assert found_share.value == pytest.approx(settled, abs=binomial_error(settled, 2_000))
    assert found_share.n_audits == 2_000


def test_too_few_people_settle_nothing() -> None:
    audits = simulate(RATE, 4, 20, 0)
    assert (audits.low == -math.inf).all()
    assert (audits.high == math.inf).all()
    assert audits.n_settled(RATE) == 0
    assert nearest_bound(RATE, 4, 0.8, 200, 0) is None
    assert smallest_gap(GAP, 15, 0.8, 200, 0) is None


@pytest.mark.parametrize(
    "spec",
    [
        RATE,
        replace(RATE, rate=0.8, bound=0.86, looks=5),
        GAP,
        replace(GAP, shared=0.75),
        replace(GAP, gap=0.0, bound=0.1, items_cv=0.5),
    ],
)
def test_so_many_people_settle_it_with_the_chance_asked(spec: PowerSpec) -> None:
    found = subjects_needed(spec, 0.8, 2_000, 0)
    assert found is not None
    # Other audits of so many people: their chance and that of the search.
    again = power_with(spec, int(found.value), 2_000, 1)
    assert again.value == pytest.approx(0.8, abs=2 * binomial_error(0.8, 2_000))
    # Within the normal approximation, where it is one.
    assert found.value == pytest.approx(closed_form(spec, 0.8), rel=0.25)


def test_a_rate_far_from_its_bound_needs_the_fewest() -> None:
    found = subjects_needed(replace(RATE, bound=0.3), 0.8, 400, 0)
    assert found is not None
    assert (found.value, found.low, found.high) == (8.0, 8.0, 8.0)


def test_more_groups_are_seen_through_the_largest_gap() -> None:
    spec = replace(GAP, gap=0.2, shares=(0.5, 0.3, 0.2))
    found = subjects_needed(spec, 0.8, 300, 0)
    assert found is not None
    assert found.value == pytest.approx(closed_form(spec, 0.8), rel=0.3)
    assert found.value > spec.least_subjects


def test_past_what_is_simulated_the_formula_answers() -> None:
    near = replace(RATE, bound=0.895)
    n = math.ceil(closed_form(near, 0.8))
    assert MOST_SIMULATED < n < MOST_SUBJECTS
    assert subjects_needed(near, 0.8, 400, 0) == Simulated(n, n, n, 0)
    assert power_with(near, n, 400, 0).value == pytest.approx(0.8, abs=1e-4)
    assert subjects_needed(replace(RATE, bound=0.8999), 0.8, 400, 0) is None
    # With equal shares 63 % at one person in all: √(0.63·2.9/20)·2.8016/√10,000 = 0.00847, but
    # for the spread at no gap, 4·0.16 = 0.64.
    gap = smallest_gap(GAP, 10_000, 0.8, 400, 0)
    assert gap is not None
    assert gap.value == pytest.approx(Z * math.sqrt(0.64 * 2.9 / 20 / 10_000), rel=1e-3)
    # No gap above so much, if there is none: both ends, 2·Φ(z) − 1.
    equal = replace(GAP, gap=0.0, bound=0.025)
    z = 0.025 / math.sqrt(0.64 * 2.9 / 20 / 5_000) - 1.959964
    chance = 2 * float(stats.norm.cdf(z)) - 1
    assert power_with(equal, 5_000, 400, 0).value == pytest.approx(chance, abs=1e-5)
    # And the bound that is settled: from 0 towards it.
    bound = nearest_bound(replace(GAP, gap=0.0, bound=0.1), 10_000, 0.8, 400, 0)
    assert bound is not None
    assert bound.value == pytest.approx(
        (1.959964 + 1.281552) * math.sqrt(0.64 * 2.9 / 20 / 10_000), rel=1e-3
    )


def test_where_simulation_ends_the_formula_goes_on() -> None:
    # About 1,960 people: so large that both agree within the chance of the simulation.
    spec = replace(RATE, bound=0.8905)
    found = subjects_needed(spec, 0.8, 400, 0)
    assert found is not None
    assert found.n_audits > 0
    assert found.value == pytest.approx(closed_form(spec, 0.8), rel=0.15)
    assert power_with(spec, 2_000, 500, 0).value == pytest.approx(
        power_with(spec, 2_001, 500, 0).value, abs=binomial_error(0.8, 500) + 0.01
    )


def test_the_smallest_gap_shows_with_the_chance_asked() -> None:
    found = smallest_gap(GAP, 91, 0.8, 1_000, 0)
    assert found is not None
    assert found.low < found.value < found.high
    shown = power_with(replace(GAP, gap=found.value), 91, 2_000, 1)
    assert shown.value == pytest.approx(0.8, abs=2 * binomial_error(0.8, 1_000))
    # Around 99 % no gap is above 2 points, which 16 people do not show.
    assert smallest_gap(replace(GAP, rate=0.99), 16, 0.8, 200, 0) is None
    assert smallest_gap(replace(GAP, rate=0.9999), 3_000, 0.8, 200, 0) is None


@pytest.mark.parametrize(
    "spec", [RATE, replace(RATE, bound=0.95), replace(GAP, gap=0.0, bound=0.3)]
)
def test_the_nearest_bound_is_settled_with_the_chance_asked(spec: PowerSpec) -> None:
    found = nearest_bound(spec, 91, 0.8, 2_000, 0)
    assert found is not None
    assert (found.value < spec.truth) == spec.is_above
    settled = power_with(replace(spec, bound=found.value), 91, 2_000, 1)
    assert settled.value == pytest.approx(0.8, abs=2 * binomial_error(0.8, 2_000))


def test_a_search_without_a_crossing_gives_up() -> None:
    # Nothing is ever settled, so the highest place is not enough; or the shares make no sense.
    assert _crossing(lambda x, n: (x, 0), 5.0, (2.0, 40.0), 0.8, 400) is None
    turns = iter(range(1_000))
    assert (
        _crossing(lambda x, n: (x, n * (next(turns) // 3 % 2)), 5.0, (2.0, 40.0), 0.8, 400) is None
    )


def test_a_search_finds_where_a_probit_line_crosses() -> None:
    # Φ(x/2 − 3) is 0.8 at x = 2·(3 + 0.841621); shares without chance, from a wrong start.
    found = _crossing(
        lambda x, n: (x, round(n * stats.norm.cdf(x / 2 - 3))), 2.0, (1.0, 40.0), 0.8, 100_000
    )
    assert found is not None
    assert found.value == pytest.approx(7.683242, rel=1e-3)
    assert found.low < found.value < found.high


def test_more_items_of_the_same_people_tell_ever_less() -> None:
    floor = closed_form(replace(RATE, items=NO_END), 0.8)
    # The design effect over items tends to the correlation.
    assert floor == pytest.approx(Z**2 * 0.1 / 0.09 / 0.462624**2, rel=1e-3)
    assert error_ratio(RATE, NO_END) ** 2 == pytest.approx(0.1 / (2.9 / 20), rel=1e-3)


def found(design_effect: float | None, n_answers: int = 400) -> Estimate:
    return Estimate(
        value=0.8, low=0.7, high=0.9, level=0.95, method="m", n_items=n_answers,
        n_answers=n_answers, n_subjects=20, design_effect=design_effect,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("estimated", "expected"),
    [
        (found(2.9), 1.9 / 19),
        # People differ less than chance alone lets them.
        (found(0.5), 0.0),
        (found(30.0), 0.99),
        # One answer a person, or no design effect: nothing is known.
        (found(1.0, n_answers=20), None),
        (found(None), None),
    ],
)
def test_the_correlation_of_a_finding(estimated: Estimate, expected: float | None) -> None:
    assert correlation_within(estimated) == pytest.approx(expected)


def test_further_subjects_settle_it_with_an_even_chance() -> None:
    # The middle audit of 40 people, whose estimate is then taken as the truth.
    spec = replace(RATE, rate=0.9, bound=0.85)
    (tally,) = _tallies(spec, 40, np.random.default_rng(7))
    result = estimate(metric_named("accuracy", ["right"]), tally, IntervalSpec(0.95))
    assert isinstance(result, Estimate)
    icc = correlation_within(result)
    assert icc is not None
    bound = result.low + 0.6 * (result.value - result.low)
    more = further_subjects(result, bound)
    assert more is not None
    again = replace(spec, rate=result.value, bound=bound, icc=icc)
    chance = power_with(again, 40 + more, 1_000, 0).value
    # Intervals with fewer people are wider by Student's t and caution, so it is rather more.
    assert 0.45 < chance < 0.7


@pytest.mark.parametrize("shared", [None, 0.75])
def test_the_largest_gap_of_two_groups_is_their_difference(shared: float | None) -> None:
    # `simulate` takes the quicker one of the two.
    spec = replace(GAP, shared=shared)
    audits = simulate(spec, 40, 15, 3)
    rng = np.random.default_rng([3, 40])
    accuracy = metric_named("accuracy", ["right"])
    for low, high in zip(audits.low, audits.high, strict=True):
        groups = {str(g): replicate(accuracy, t) for g, t in enumerate(_tallies(spec, 40, rng))}
        found = largest_gap([groups], spec.interval).result
        assert isinstance(found, Estimate)
        # Critical values of the largest gap are drawn, to about two in a hundred.
        assert (low, high) == pytest.approx((found.low, found.high), abs=0.01)
