"""Our statistics against scikit-learn, SciPy, statsmodels and NumPy.

Tolerances are 1e-12 where the arithmetic is the same but for the order of sums; where a
method differs, the test derives the exact relation and compares that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import stats

import facevalue as fv
from facevalue.domain import Estimate
from facevalue.stats import (
    ConfidenceTally,
    IntervalSpec,
    Replicates,
    Tally,
    cell_share,
    difference,
    estimate,
    holm,
    metric_named,
    permuted_gaps,
    replicate,
)
from facevalue.stats.jackknife import clopper_pearson
from support import require

EXACT = 1e-12
LABELS = ("anger", "calm", "fear", "joy", "neutral")
N_LABELS = len(LABELS)
Ints = npt.NDArray[np.int64]
SPEC = IntervalSpec(0.95)
ACCURACY = metric_named("accuracy", LABELS)


@pytest.fixture(params=range(5))
def case(request: pytest.FixtureRequest) -> tuple[Ints, Ints, Ints]:
    """Subject, annotated and predicted codes; the last predicted code is outside."""
    rng = np.random.default_rng([20261124, request.param])
    n = 400
    annotated = rng.choice(N_LABELS, size=n, p=[0.4, 0.3, 0.2, 0.08, 0.02])
    annotated[:N_LABELS] = np.arange(N_LABELS)
    noise = rng.integers(0, N_LABELS + 1, n)
    predicted = np.where(rng.random(n) < 0.6, annotated, noise)
    return rng.integers(0, 30, n), annotated, predicted


def ours(name: str, case: tuple[Ints, Ints, Ints]) -> float:
    return float(metric_named(name, LABELS).value(tally(case).total))


def tally(case: tuple[Ints, Ints, Ints]) -> Tally:
    return Tally.from_codes(*case, n_labels=N_LABELS)


def test_metrics_equal_scikit_learn(case: tuple[Ints, Ints, Ints]) -> None:
    metrics = require("sklearn.metrics")
    _, annotated, predicted = case
    known = list(range(N_LABELS))
    accuracy = metrics.accuracy_score(annotated, predicted)
    assert ours("accuracy", case) == pytest.approx(accuracy, abs=EXACT)
    # Answers outside the taxonomy are a class of their own that is never annotated.
    uar = metrics.recall_score(annotated, predicted, labels=known, average="macro")
    assert ours("uar", case) == pytest.approx(uar, abs=EXACT)
    mcc = metrics.matthews_corrcoef(annotated, predicted)
    assert ours("mcc", case) == pytest.approx(mcc, abs=EXACT)
    each = metrics.precision_recall_fscore_support(annotated, predicted, labels=known)
    for name, values in zip(("precision", "recall", "f1"), each, strict=False):
        for label, value in zip(LABELS, values, strict=True):
            assert ours(f"{name}[{label}]", case) == pytest.approx(value, abs=EXACT)


def test_confusion_equals_scikit_learn(case: tuple[Ints, Ints, Ints]) -> None:
    metrics = require("sklearn.metrics")
    _, annotated, predicted = case
    everything = list(range(N_LABELS + 1))
    t = tally(case)
    counts = metrics.confusion_matrix(annotated, predicted, labels=everything)
    assert t.total.tolist() == counts[:N_LABELS].tolist()
    shares = counts[:N_LABELS] / counts[:N_LABELS].sum(axis=1, keepdims=True)
    for a, annotated_label in enumerate(LABELS):
        for p, predicted_label in enumerate((*LABELS, "outside")):
            cell = cell_share(LABELS, annotated_label, predicted_label)
            assert float(cell.value(t.total)) == pytest.approx(shares[a, p], abs=EXACT)


def test_balanced_accuracy_equals_scikit_learn_without_answers_outside() -> None:
    metrics = require("sklearn.metrics")
    rng = np.random.default_rng(3)
    annotated, predicted = rng.integers(0, N_LABELS, (2, 200))
    expected = metrics.balanced_accuracy_score(annotated, predicted)
    found = ours("uar", (np.zeros(200, int), annotated, predicted))
    assert found == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_calibration_error_equals_numpy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 2000
    confidence = np.concatenate([rng.beta(4, 2, n - 16), np.linspace(0, 1, 16)])  # edges, too
    right = rng.random(n) < confidence**1.5
    found = ConfidenceTally.from_answers(rng.integers(0, 40, n), confidence, right)
    # Written apart from ours: bins (lower, upper], by digitize; zero belongs to the first.
    edges = np.linspace(0, 1, 16)
    which = np.clip(np.digitize(confidence, edges, right=True), 1, 15)
    error = sum(
        (which == b).mean() * abs(right[which == b].mean() - confidence[which == b].mean())
        for b in range(1, 16)
        if (which == b).any()
    )
    assert found.calibration_error().value == pytest.approx(error, abs=EXACT)


def people(rng: np.random.Generator, sizes: Ints, first: int = 0) -> tuple[Tally, Ints, Any]:
    """Return a tally of correctness, and its rows: subject and correct."""
    subject = np.repeat(np.arange(first, first + len(sizes)), sizes)
    chance = np.repeat(rng.beta(3, 2, len(sizes)), sizes)
    right = rng.random(len(subject)) < chance
    t = Tally.from_codes(subject, np.zeros(len(subject), int), ~right, n_labels=N_LABELS)
    return t, subject, right.astype(float)


def clustered(subject: Ints, right: Any) -> Any:
    api = require("statsmodels.api")
    model = api.OLS(right, np.ones(len(right)))
    return model.fit(cov_type="cluster", cov_kwds={"groups": subject})


@pytest.mark.parametrize("seed", range(5))
def test_variance_equals_cluster_robust_regression_with_equal_sizes(seed: int) -> None:
    # The regression of correctness on a constant. With e_g the sum of a person's residuals, N
    # answers and G people, statsmodels (CR1) has G/(G − 1) · Σe_g²/N². Leaving a person with n
    # answers out moves the mean by e_g/(N − n), so the jackknife has (G − 1)/G · Σe_g²/(N − n)²;
    # for n = N/G both are the same.
    t, subject, right = people(np.random.default_rng(seed), np.full(12, 7))
    r = replicate(ACCURACY, t)
    fitted = clustered(subject, right)
    assert r.value == pytest.approx(fitted.params[0], abs=EXACT)
    assert np.sqrt(r.variance) == pytest.approx(fitted.bse[0], abs=EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_variance_relates_to_cluster_robust_regression_with_unequal_sizes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 30, 15)
    t, subject, right = people(rng, sizes)
    fitted = clustered(subject, right)
    r = replicate(ACCURACY, t)
    # CR3 divides each person's residuals by one minus their leverage; the jackknife is
    # (G − 1)/G of it, exactly.
    leverage = np.bincount(subject, weights=fitted.get_influence().hat_matrix_diag)
    residuals = np.bincount(subject, weights=fitted.resid)
    cr3 = ((residuals / (1 - leverage)) ** 2).sum() / len(right) ** 2
    assert r.variance == pytest.approx(14 / 15 * cr3, abs=EXACT)
    # And lies within what the sizes allow of CR1: term by term (N·(G−1)/G / (N − n))².
    factor = (len(right) * 14 / 15 / (len(right) - sizes)) ** 2
    assert factor.min() <= r.variance / fitted.bse[0] ** 2 <= factor.max()


@pytest.mark.parametrize("seed", range(5))
def test_difference_is_welchs_t_on_means_of_people_with_equal_sizes(seed: int) -> None:
    # With equal sizes the mean is the mean of people's means, and the jackknife variance their
    # sample variance over G: leaving one out moves the mean by (their mean − mean)/(G − 1).
    rng = np.random.default_rng(seed)
    (a, _, x), (b, _, y) = (people(rng, np.full(g, 8), first) for g, first in ((9, 0), (14, 100)))
    means = x.reshape(9, 8).mean(axis=1), y.reshape(14, 8).mean(axis=1)
    expected = stats.ttest_ind(*means, equal_var=False)
    sides = replicate(ACCURACY, a), replicate(ACCURACY, b)
    found = difference(*sides, SPEC)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(means[0].mean() - means[1].mean(), abs=EXACT)
    error = np.sqrt(sides[0].variance + sides[1].variance)
    assert found.value / error == pytest.approx(expected.statistic, abs=1e-10)
    # Where few people carry the spread our degrees of freedom are fewer: more cautious.
    assert found.p_value is not None
    assert found.p_value >= expected.pvalue - EXACT


def test_difference_has_welchs_p_and_interval_where_everybody_carries_the_spread() -> None:
    # Two kinds of people, equally many of each: everybody deviates alike.
    def side(low: int, high: int, n: int, first: int) -> Replicates:
        counts = np.zeros((n, N_LABELS, N_LABELS + 1))
        counts[:, 0, 0] = np.where(np.arange(n) % 2, low, high)
        counts[:, 0, 1] = 10 - counts[:, 0, 0]
        return replicate(ACCURACY, Tally(counts, np.arange(first, first + n), 10 * n))

    found = difference(side(4, 8, 10, 0), side(6, 9, 16, 50), SPEC)
    means = np.tile([0.8, 0.4], 5), np.tile([0.9, 0.6], 8)
    expected = stats.ttest_ind(*means, equal_var=False)
    ends = expected.confidence_interval(0.95)
    assert isinstance(found, Estimate)
    assert found.p_value == pytest.approx(expected.pvalue, abs=EXACT)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), abs=EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_paired_difference_is_the_paired_t_with_equal_sizes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    (a, _, x), (b, _, y) = (people(rng, np.full(12, 8)) for _ in range(2))
    means = x.reshape(12, 8).mean(axis=1), y.reshape(12, 8).mean(axis=1)
    expected = stats.ttest_rel(*means)
    found = difference(replicate(ACCURACY, a), replicate(ACCURACY, b), SPEC)
    assert isinstance(found, Estimate)
    ends = expected.confidence_interval(0.95)
    # The same centre; as wide, or wider where few people carry the spread.
    assert found.value == pytest.approx((ends.low + ends.high) / 2, abs=EXACT)
    assert found.low <= ends.low + EXACT
    assert found.high >= ends.high - EXACT
    assert found.p_value is not None
    assert found.p_value >= expected.pvalue - EXACT


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_exact_binomial_equals_scipy_and_statsmodels(level: float) -> None:
    proportion = require("statsmodels.stats.proportion")
    for n in (1, 5, 8, 91):
        for k in sorted({0, 1, n // 2, n - 1, n}):
            found = clopper_pearson(k / n, n, level)
            theirs = stats.binomtest(k, n).proportion_ci(level, method="exact")
            assert found == pytest.approx((theirs.low, theirs.high), abs=1e-9)  # SciPy's root
            beta = proportion.proportion_confint(k, n, alpha=1 - level, method="beta")
            assert found == pytest.approx(beta, abs=EXACT)


@pytest.mark.parametrize("n", [5, 20])
def test_everybody_right_has_the_exact_interval_of_as_many_trials(n: int) -> None:
    t = Tally.from_codes(np.repeat(np.arange(n), 3), [0] * 3 * n, [0] * 3 * n, n_labels=N_LABELS)
    found = estimate(ACCURACY, t, SPEC)
    theirs = stats.binomtest(n, n).proportion_ci(0.95, method="exact")
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_holm_equals_statsmodels(seed: int) -> None:
    multitest = require("statsmodels.stats.multitest")
    rng = np.random.default_rng(seed)
    p = np.round(rng.beta(0.5, 3, 20), 3)  # rounded, so that some are tied
    expected = multitest.multipletests(p, method="holm")[1]
    assert holm(p.tolist()) == pytest.approx(expected.tolist(), abs=EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_permutation_of_two_groups_equals_scipys_exact_test(seed: int) -> None:
    # Ten people with equal sizes in groups of five: 252 ways to choose. Our draws have a
    # standard error of √(p(1 − p)/20000).
    rng = np.random.default_rng(seed)
    t, _, right = people(rng, np.full(10, 6))
    means = right.reshape(10, 6).mean(axis=1)

    def gap(x: Any, y: Any, axis: int) -> Any:
        # Rounded: equal gaps must tie, whatever the order of the sums.
        return np.round(np.abs(x.mean(axis=axis) - y.mean(axis=axis)), 9)

    expected = stats.permutation_test(
        (means[:5], means[5:]), gap, vectorized=True, n_resamples=np.inf, alternative="greater"
    ).pvalue
    member = np.repeat([0, 1], 5)
    (found,) = permuted_gaps(t, member, [ACCURACY], 20_000, np.random.default_rng(seed))
    assert found == pytest.approx(
        expected, abs=4 * np.sqrt(expected * (1 - expected) / 20_000) + 1 / 20_000
    )


def test_public_table_of_7178_rows_equals_scikit_learn() -> None:
    metrics = require("sklearn.metrics")
    rng = np.random.default_rng(7178)
    annotated = rng.choice(N_LABELS, size=7178, p=[0.4, 0.3, 0.2, 0.08, 0.02])
    predicted = np.where(rng.random(7178) < 0.6, annotated, rng.integers(0, N_LABELS, 7178))
    names = np.array(LABELS)
    table = pl.DataFrame(
        {
            "label": names[annotated],
            "guess": names[predicted],
            "person": rng.integers(0, 300, 7178),
        }
    )
    found = fv.audit_table(
        table, annotated="label", predicted="guess", subject="person",
        metrics=["accuracy", "uar", "recall"],
    )  # fmt: skip

    def value(name: str) -> float | None:
        (one,) = found.where(metric=name, family="correctness")
        assert one.result.n_items == 7178 or name.startswith("recall")
        return one.result.value

    each = metrics.recall_score(annotated, predicted, average=None)
    assert value("accuracy") == pytest.approx(metrics.accuracy_score(annotated, predicted), 1e-9)
    assert value("uar") == pytest.approx(
        metrics.balanced_accuracy_score(annotated, predicted), abs=1e-9
    )
    for label, recall in zip(LABELS, each, strict=True):
        assert value(f"recall[{label}]") == pytest.approx(recall, abs=1e-9)
