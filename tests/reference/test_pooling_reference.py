"""Partial pooling against statsmodels, brute force and a published example."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from scipy.special import expit, xlog1py, xlogy

from facevalue.domain.estimates import Estimate
from facevalue.stats import IntervalSpec, Tally, metric_named, partial_pooling
from facevalue.stats.pooling import PRIOR_SD, SPREADS, _Cells, _Design, _fit, _main_effects, _Nodes

FloatArray = npt.NDArray[np.float64]
ACCURACY = metric_named("accuracy", ["right", "wrong"])

# Tarone (1982), Biometrics 38: rats with a tumour, and rats, in 71 control groups; the example
# of Gelman et al. (2013), *Bayesian Data Analysis*, 3rd ed., table 5.1.
TUMOURS = [0] * 14 + [1] * 8 + [2] * 9 + [
    1, 5, 2, 5, 3, 2, 7, 7, 3, 3, 2, 9, 10, 4, 4, 4, 4, 4, 4, 4, 10, 4, 4, 4, 5, 11, 12, 5, 5, 6,
    5, 6, 6, 6, 6, 16, 15, 15, 9, 4,
]  # fmt: skip
RATS = [20] * 7 + [19] * 4 + [18, 18, 17] + [20] * 4 + [19, 19, 18, 18, 25, 24, 23] + [20] * 6 + [
    10, 49, 19, 46, 27, 17, 49, 47, 20, 20, 13, 48, 50, 20, 20, 20, 20, 20, 20, 20, 48, 19, 19, 19,
    22, 46, 49, 20, 20, 23, 19, 22, 20, 20, 20, 52, 46, 47, 24, 14,
]  # fmt: skip


def single_answers(right: Sequence[int], n: Sequence[int]) -> list[Tally]:
    """Return groups of subjects with one answer each."""
    tallies = []
    for group, (hits, size) in enumerate(zip(right, n, strict=True)):
        counts = np.zeros((size, 2, 3))
        counts[:hits, 0, 0] = counts[hits:, 0, 1] = 1
        tallies.append(Tally(counts, np.arange(size) + 1000 * group, size))
    return tallies


def pooled(right: Sequence[int], n: Sequence[int]) -> tuple[FloatArray, FloatArray, float]:
    names = [[str(g)] for g in range(len(n))]
    found = partial_pooling(ACCURACY, single_answers(right, n), names, IntervalSpec(0.95))
    ends = [(e.low, e.high) for e in found.groups if isinstance(e, Estimate)]
    assert found.spread.value is not None
    return np.array([e.value for e in found.groups]), np.array(ends), found.spread.value


def test_without_a_spread_it_is_the_logistic_regression_of_statsmodels() -> None:
    """Weighted by effective answers, which need not be whole; 1e-6, where both have converged."""
    rng = np.random.default_rng(3)
    levels = list(product("fm", "abcd", "xyz"))
    tallies = single_answers(rng.integers(2, 9, 24).tolist(), [9] * 24)
    cells, design = _Cells.of(ACCURACY, tallies), _main_effects(levels)
    effective = cells.effective(np.array([0.1])) * rng.uniform(0.3, 1.0, 24)
    nodes = _Nodes(effective, np.zeros((1, 1)), np.zeros(1))
    # Treatment coding for both: with the superfluous columns a flat prior would not do.
    kept = np.delete(design.columns, [1, 3, 7], axis=1)
    fit = _fit(cells, _Design(kept, np.zeros(kept.shape[1])), nodes)
    model = sm.GLM(cells.rate, kept, family=sm.families.Binomial(), var_weights=effective[0])
    expected = model.fit(tol=1e-14)
    assert expit(fit.mode[0]) == pytest.approx(expected.fittedvalues, abs=1e-6)
    errors = expected.get_prediction(kept).summary_frame()["mean_se"]
    slope = expected.fittedvalues * (1 - expected.fittedvalues)
    assert np.sqrt(fit.variance[0]) == pytest.approx(errors / slope, rel=1e-5)


def exact(right: Sequence[int], n: Sequence[int]) -> tuple[FloatArray, float]:
    """Integrate the model over mean, spread and each group's deviation, in the plainest way."""
    mean, spread = np.linspace(-6, 6, 121), np.linspace(0.0, 3.0, 61)
    z, weight = np.polynomial.hermite_e.hermegauss(61)
    weight = weight / weight.sum()
    rates = np.clip(expit(mean[:, None, None] + spread[None, :, None] * z), 1e-300, 1 - 1e-16)
    log_likelihood, means = -0.5 * (mean[:, None] / PRIOR_SD) ** 2 + 0 * spread, []
    for hits, size in zip(right, n, strict=True):
        own = xlogy(hits, rates) + xlog1py(size - hits, -rates)
        top = own.max(axis=2, keepdims=True)
        each = np.exp(own - top) * weight
        log_likelihood = log_likelihood + np.log(each.sum(axis=2)) + top[..., 0]
        means.append((each * rates).sum(axis=2) / each.sum(axis=2))
    mass = np.exp(log_likelihood - log_likelihood.max())
    mass /= mass.sum()
    below = np.cumsum(mass.sum(axis=0))
    return np.array([(mass * m).sum() for m in means]), float(np.interp(0.5, below, spread))


@pytest.mark.parametrize(
    ("right", "n"),
    [
        ((3, 9, 6, 14), (5, 12, 12, 16)),
        ((8, 8, 10, 7), (10, 10, 12, 9)),
        ((0, 2, 6, 40, 3), (3, 4, 30, 50, 3)),
        ((1, 5, 12, 20, 29, 36), (40, 40, 40, 40, 40, 40)),
    ],
)
def test_it_agrees_with_brute_force(right: tuple[int, ...], n: tuple[int, ...]) -> None:
    """Laplace's approximation at each node costs less than a point (0.006 seen at most).

    That is less than 3 % of the width of an interval.
    """
    values, ends, spread = pooled(right, n)
    expected, median = exact(right, n)
    assert values == pytest.approx(expected, abs=0.01)
    assert (np.abs(values - expected) < 0.03 * (ends[:, 1] - ends[:, 0])).all()
    assert spread == pytest.approx(median, abs=0.05)


def test_rats_of_bayesian_data_analysis() -> None:
    """The book has a beta in place of a logit-normal between groups: (2.4 + y)/(16.7 + n).

    The two priors differ most where they say most, in groups without a tumour (0.065 against
    0.075); from one tumour on they agree to a point. Brute force with ours: to 0.006.
    """
    assert (len(RATS), sum(TUMOURS), sum(RATS)) == (71, 267, 1739)
    values, ends, _ = pooled(TUMOURS, RATS)
    book = (2.4 + np.array(TUMOURS)) / (2.4 + 14.3 + np.array(RATS))
    assert values == pytest.approx(book, abs=0.015)
    assert values[14:] == pytest.approx(book[14:], abs=0.01)
    expected, _ = exact(TUMOURS, RATS)
    assert values == pytest.approx(expected, abs=0.006)
    # The current experiment, 4 of 14: 0.21, from about 0.1 to 0.4 (figure 5.4).
    assert (values[70], *ends[70]) == pytest.approx((0.21, 0.1, 0.37), abs=0.03)
    assert SPREADS[0] == 0.0
