"""Many looks at the same data, and how many more people would settle a claim."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.domain.estimates import Estimate
from facevalue.stats import benjamini_hochberg, further_subjects, holm, max_t


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        ([0.04], [0.04]),
        # Sorted 0.01·3, then max(0.03, 0.03·2), then max(0.06, 0.04·1).
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        # 0.5·2 = 1, and 0.9·1 is raised to it.
        ([0.9, 0.5], [1.0, 1.0]),
        # Ties get the same value: 0.02·3, then 0.06 is kept over 0.02·2, then over 0.02·1.
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
        ([0.0, 1.0], [0.0, 1.0]),
    ],
)
def test_holm_by_hand(given: list[float], expected: list[float]) -> None:
    assert holm(given) == pytest.approx(expected)


def found(
    value: float, low: float, high: float, n: int = 25, p_value: float | None = None
) -> Estimate:
    return Estimate(
        value=value, low=low, high=high, level=0.95, method="m", n_items=100, n_answers=100,
        n_subjects=n, p_value=p_value,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "bound", "expected"),
    [
        # A comparison. Half-width 0.1 below, distance 0.05: 2² = 4 times the 25, so 75 more.
        (found(0.6, 0.5, 0.7, p_value=0.2), 0.55, 75),
        # Above, the other half-width counts: 0.2/0.05, 16 times, 375 more.
        (found(0.6, 0.5, 0.8, p_value=0.2), 0.65, 375),
        # 25·(0.1/0.03)² = 277.8: 278 people, rounded up.
        (found(0.6, 0.5, 0.7, p_value=0.2), 0.57, 253),
        # Below zero there are no shares: the same as for a comparison.
        (found(0.2, -0.2, 0.6), 0.0, 75),
        # All 25 right, an interval from 0.9: without an error n trials reach down to 0.025^(1/n),
        # so n is in proportion to 1/ln: 25·ln 0.9/ln 0.95 = 51.4, 27 more.
        (found(1.0, 0.9, 1.0), 0.95, 27),
        # None right, up to 0.1: likewise.
        (found(0.0, 0.0, 0.1), 0.05, 27),
        # A share. Its exact binomial interval ends on 0.5 with 105.37 trials and on 0.55 with
        # 397.74 (scipy.stats.beta.ppf): 25·3.7748 = 94.4.
        (found(0.6, 0.5, 0.7), 0.55, 70),
        # On 0.8 with 22.02 trials, on 0.65 with 374.32: 25·17.002 = 425.1.
        (found(0.6, 0.5, 0.8), 0.65, 401),
        # Near 0 the lower end shrinks slower than the root: 0.0164 with 100 trials, 0.0265 with
        # 250.6, where (0.0336/0.0235)² would say 204.4.
        (found(0.05, 0.0164, 0.1128, n=100), 0.0265, 151),
        # And the upper end faster: 172.2, not (0.0628/0.044)²·100 = 203.7.
        (found(0.05, 0.0164, 0.1128, n=100), 0.094, 73),
        # Just inside the interval: at least one more.
        (found(0.6, 0.5, 0.7), 0.5000001, 1),
        # Outside it, or at its end: settled already, so one more keeps it settled.
        (found(0.6, 0.5, 0.7), 0.45, 1),
        (found(0.6, 0.6, 0.7), 0.55, 1),
        (found(0.6, 0.5, 0.7), 1.0, 1),
        (found(0.6, 0.5, 0.7), -0.2, 1),
        # An end that was cut at 0 tells nothing of trials: (0.3/0.2)²·25 = 56.25.
        (found(0.3, 0.0, 0.7), 0.1, 32),
        # On the bound no number settles it, and near it no realistic one.
        (found(0.6, 0.5, 0.7), 0.6, None),
        (found(0.6, 0.5, 0.7), 0.5999, None),
    ],
)
def test_further_subjects_by_hand(estimate: Estimate, bound: float, expected: int | None) -> None:
    assert further_subjects(estimate, bound) == expected


def test_a_million_is_the_most_that_is_told() -> None:
    # 100·(0.1/0.001)² is one million.
    gap = found(0.6, 0.5, 0.7, n=100, p_value=0.2)
    assert further_subjects(gap, 0.599) == 1_000_000 - 100
    assert further_subjects(found(0.6, 0.5, 0.7, n=101, p_value=0.2), 0.599) is None


def test_benjamini_hochberg_by_hand() -> None:
    assert benjamini_hochberg([]) == []
    # Sorted 0.01·3/1, 0.03·3/2 lowered to 0.04·3/3.
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    # The largest stays as it is, and others are not above it.
    assert benjamini_hochberg([1.0, 0.9]) == [1.0, 1.0]


def test_max_t_tells_no_less_than_its_draws_can() -> None:
    # One look told fifty times. Of 10,000 draws none is as far as p = 3e-6 (with a chance of
    # 0.97): one of 10,001 is what can be told, above the raw one and below Bonferroni's 1.5e-4.
    added = (np.arange(30), np.linspace(-1.0, 1.0, 30))
    adjusted, _ = max_t([3e-6] * 50, [added] * 50, 0.95, np.random.default_rng(4))
    assert adjusted == [1 / 10_001] * 50
    # Bonferroni's bound is kept where it says more, and the raw p-value where it says less.
    tiny, _ = max_t([1e-9] * 50, [added] * 50, 0.95, np.random.default_rng(4))
    assert tiny == pytest.approx([5e-8] * 50)
    assert max_t([0.0, 1.0], [added] * 2, 0.95, np.random.default_rng(4))[0] == [0.0, 1.0]


def test_who_adds_nothing_to_an_error_is_no_obstacle() -> None:
    people = np.arange(30)
    looks = [(people, np.zeros(30)), (people, np.linspace(-1.0, 1.0, 30))]
    adjusted, level = max_t([0.5, 0.02], looks, 0.95, np.random.default_rng(4))
    # The first look never goes anywhere: one look. √(0.02·0.98/10,000) = 0.0014.
    assert adjusted[1] == pytest.approx(0.02, abs=4 * 0.0014)
    assert level == pytest.approx(0.95, abs=4 * 0.0022)
