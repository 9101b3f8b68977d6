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
    Tally,
    cell_share,
    estimate,
    metric_named,
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
    # answers and G people, statsmodels (CR1, with its small-sample factor) has
    # G/(G − 1) · Σe_g²/N². CR2 has Σe_g²/N² / (1 − n_g/N), the same for n_g = N/G.
    t, subject, right = people(np.random.default_rng(seed), np.full(12, 7))
    r = replicate(ACCURACY, t)
    fitted = clustered(subject, right)
    assert r.value == pytest.approx(fitted.params[0], abs=EXACT)
    assert np.sqrt(r.variance) == pytest.approx(fitted.bse[0], abs=EXACT)


def cr2(design: Any, outcome: Any, subject: Ints, contrast: Any) -> tuple[float, Any]:
    """Return Bell and McCaffrey's CR2 variance with an identity working model, by matrices.

    And what each person adds, ``contrast @ (X'X)⁻¹ X_g' (I − H_gg)^(−1/2) e_g``, whose squares
    sum to it.
    """
    bread = np.linalg.inv(design.T @ design)
    residuals = outcome - design @ (bread @ design.T @ outcome)
    added = []
    for g in np.unique(subject):
        rows = subject == g
        leverage = design[rows] @ bread @ design[rows].T
        values, vectors = np.linalg.eigh(np.eye(len(leverage)) - leverage)
        root = np.where(values > 1e-9, 1.0 / np.sqrt(np.maximum(values, 1e-9)), 0.0)
        adjusted = vectors @ (root * (vectors.T @ residuals[rows]))
        added.append(contrast @ bread @ design[rows].T @ adjusted)
    return float(np.sum(np.square(added))), np.array(added)


@pytest.mark.parametrize("is_equal", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_variance_of_a_mean_is_cr2_exactly(seed: int, is_equal: bool) -> None:
    # Without a person the mean moves by e_g/(N − n_g), and √(1 − n_g/N) of that is
    # e_g/(N·√(1 − n_g/N)): CR2's term, whatever the sizes.
    rng = np.random.default_rng(seed)
    sizes = np.full(15, 6) if is_equal else rng.integers(1, 30, 15)
    t, subject, right = people(rng, sizes)
    r = replicate(ACCURACY, t)
    variance, added = cr2(np.ones((len(right), 1)), right, subject, np.ones(1))
    assert r.variance == pytest.approx(variance, abs=EXACT)
    assert r.deviations == pytest.approx(added, abs=EXACT)
    # A mean over unequal sizes lies within what leverage allows of CR1, person by person.
    fitted = clustered(subject, right)
    factor = (1 - 1 / 15) / (1 - sizes / sizes.sum())
    assert factor.min() - EXACT <= r.variance / fitted.bse[0] ** 2 <= factor.max() + EXACT


def labelled(rng: np.random.Generator, sizes: Ints) -> tuple[Ints, Ints, Any]:
    """Return subject, annotated label (of two) and correctness; ``sizes`` by person and label."""
    subject = np.repeat(np.arange(len(sizes)), sizes.sum(axis=1))
    annotated = np.concatenate([np.repeat([0, 1], n) for n in sizes])
    chance = rng.beta(3, 2, len(sizes))[subject]
    return subject, annotated, (rng.random(len(subject)) < chance).astype(float)


@pytest.mark.parametrize("is_equal", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_variance_of_uar_is_cr2_exactly_if_everybody_has_as_much_of_each_label(
    seed: int, is_equal: bool
) -> None:
    # UAR is a contrast of the regression on one indicator a label, (1/2, 1/2). With h_gk the
    # part of label k's items that person g has, CR2 adds Σ_k e_gk/(2 N_k √(1 − h_gk)), and ours
    # √(1 − s_g) Σ_k e_gk/(2 N_k (1 − h_gk)), where s_g is the mean of h_gk over labels. The same
    # if h_gk = s_g; else to first order in h: term by term a factor √((1 − s_g)/(1 − h_gk)).
    rng = np.random.default_rng(seed)
    counts = rng.integers(2, 12, 20)
    sizes = np.outer(counts, [1, 2]) if is_equal else rng.integers(1, 12, (20, 2))
    subject, annotated, right = labelled(rng, sizes)
    predicted = np.where(right > 0, annotated, 1 - annotated)
    t = Tally.from_codes(subject, annotated, predicted, n_labels=2)
    r = replicate(metric_named("uar", ["a", "b"]), t)
    design = np.eye(2)[annotated]
    variance, added = cr2(design, right, subject, np.full(2, 0.5))
    h = sizes / sizes.sum(axis=0)
    recalls = np.array([right[annotated == k].mean() for k in (0, 1)])
    sums = np.array([
        [(right - recalls[k])[(subject == g) & (annotated == k)].sum() for k in (0, 1)]
        for g in range(20)
    ])  # fmt: skip
    terms = np.abs(sums) / (2 * sizes.sum(axis=0) * np.sqrt(1 - h))
    factor = np.abs(np.sqrt((1 - h.mean(axis=1, keepdims=True)) / (1 - h)) - 1)
    allowed = (terms * factor).sum(axis=1)
    assert (np.abs(r.deviations - added) <= allowed + EXACT).all()
    assert abs(np.sqrt(r.variance) - np.sqrt(variance)) <= np.linalg.norm(allowed) + EXACT
    if is_equal:
        assert r.variance == pytest.approx(variance, abs=EXACT)


@pytest.mark.parametrize("name", ["mcc", "f1[anger]"])
def test_variance_of_what_is_no_average_is_cr2_to_first_order(name: str) -> None:
    # Of the statistic linearised at all counts: what a person adds is the gradient times their
    # counts, and CR2 of that is Σ(…)²/(1 − 1/G) for G people alike in size. Leaving a person out
    # adds the second order of a step of 1/G: a part of 1/G of each term times a constant of the
    # statistic's curvature; a hundredth leaves room for a curvature of four at G = 400.
    rng = np.random.default_rng(11)
    n_people, n = 400, 30
    subject = np.repeat(np.arange(n_people), n)
    annotated = rng.integers(0, N_LABELS, n_people * n)
    chance = rng.beta(3, 2, n_people)[subject]
    noise = rng.integers(0, N_LABELS + 1, n_people * n)
    predicted = np.where(rng.random(n_people * n) < chance, annotated, noise)
    t = Tally.from_codes(subject, annotated, predicted, n_labels=N_LABELS)
    metric, step = metric_named(name, LABELS), 1e-3
    gradient = np.zeros_like(t.total)
    for at in np.ndindex(*t.total.shape):
        more, less = t.total.copy(), t.total.copy()
        more[at] += step
        less[at] -= step
        gradient[at] = (metric.value(more) - metric.value(less)) / (2 * step)
    added = (t.counts * gradient).sum(axis=(1, 2))
    assert added.sum() == pytest.approx(0.0, abs=1e-6)  # no change if all counts grow alike
    expected = (added**2).sum() / (1 - 1 / n_people)
    assert replicate(metric, t).variance == pytest.approx(expected, rel=4 / n_people)


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
