"""Does the interval of agreement hold its level? 1,000 simulated audits a design.

Raters who know the label say it, the others draw from the labels' own frequencies. A person's
share of raters who know is drawn from a beta distribution, so that what is expected of alpha,
and of kappa, is the mean of its square: two raters agree beyond chance if both know.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from facevalue.domain.estimates import Estimate
from facevalue.stats import (
    IntervalSpec,
    RatingTally,
    Replicates,
    fleiss_kappa,
    interval,
    krippendorff_alpha,
    refuse,
)

SEED = 20261124
N_AUDITS = 1000
PRIOR = np.array([0.4, 0.3, 0.2, 0.1])
KNOWING = ((2e6, 1e6), (6, 3), (2, 1))  # two thirds on average; people alike, and unlike
ITEMS = ((5, 5), (1, 99))


def simulated(
    n_subjects: int,
    knowing: tuple[float, float],
    items: tuple[int, int],
    rng: np.random.Generator,
) -> RatingTally:
    """Two to ten ratings for each item."""
    skill = rng.beta(*knowing, n_subjects)
    n_items: npt.NDArray[np.int64] = rng.integers(items[0], items[1] + 1, n_subjects)
    subject = np.repeat(np.arange(n_subjects), n_items)
    n_ratings = rng.integers(2, 11, len(subject))
    knows = rng.binomial(n_ratings, skill[subject])
    counts = rng.multinomial(n_ratings - knows, PRIOR)
    counts[np.arange(len(subject)), rng.choice(4, len(subject), p=PRIOR)] += knows
    return RatingTally(np.column_stack([counts, np.zeros(len(subject))]), subject)


@pytest.mark.slow
@pytest.mark.parametrize("statistic", [krippendorff_alpha, fleiss_kappa])
@pytest.mark.parametrize("items", ITEMS)
@pytest.mark.parametrize("knowing", KNOWING)
@pytest.mark.parametrize("n_subjects", [8, 20, 91])
def test_intervals_of_agreement_hold_their_level(
    n_subjects: int,
    knowing: tuple[float, float],
    items: tuple[int, int],
    statistic: Callable[[RatingTally], Replicates],
) -> None:
    a, b = knowing
    truth = (a / (a + b)) ** 2 + a * b / ((a + b) ** 2 * (a + b + 1))
    rng = np.random.default_rng([SEED, n_subjects, int(a), items[1]])
    covered = 0
    for _ in range(N_AUDITS):
        r = statistic(simulated(n_subjects, knowing, items, rng))
        found = refuse(r) or interval(r, IntervalSpec(0.95), r.scale)
        assert isinstance(found, Estimate)
        covered += found.low <= truth <= found.high
    # As often as chance lets a true 95 % show; with few people the interval may be wider.
    assert covered >= stats.binom.ppf(0.001, N_AUDITS, 0.95)
    assert covered <= N_AUDITS * 0.98
