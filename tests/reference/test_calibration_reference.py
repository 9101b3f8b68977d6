"""Calibration against scikit-learn and SciPy, and against formulas as they are published.

No printed example of the bias-corrected parts was found, so that their formulas are written
out here, apart from ours, for one answer a person, where both are defined.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from facevalue.stats import (
    ConfidenceTally,
    ScoreTally,
    confidence_auroc,
)
from facevalue.stats.miscalibration import _folded
from support import require

SAME = 1e-12  # the same sums in another order
RNG = np.random.default_rng(20261124)
N = 500
SUBJECT = RNG.integers(0, 40, N)
SCORES = np.round(RNG.dirichlet([0.7, 0.7, 0.7], N), 2)  # rounded, so that there are ties
LABEL = RNG.integers(0, 3, N)
SURE = SCORES.max(axis=1)
RIGHT = SCORES.argmax(axis=1) == LABEL


def test_auroc_equals_scikit_learn_with_anybody_left_out() -> None:
    metrics = require("sklearn.metrics")
    r = confidence_auroc(SUBJECT, SURE, RIGHT)
    assert r.value == pytest.approx(metrics.roc_auc_score(RIGHT, SURE), abs=SAME)
    for subject, value in zip(r.subjects, r.left_out, strict=True):
        kept = subject != SUBJECT
        assert value == pytest.approx(metrics.roc_auc_score(RIGHT[kept], SURE[kept]), abs=SAME)


def test_brier_score_equals_scikit_learn_summed_over_labels() -> None:
    metrics = require("sklearn.metrics")
    found = ScoreTally.from_scores(SUBJECT, SCORES, LABEL).score().value
    wanted = sum(metrics.brier_score_loss(k == LABEL, SCORES[:, k]) for k in range(3))
    assert found == pytest.approx(wanted, abs=SAME)


def test_bins_equal_scikit_learn() -> None:
    calibration = require("sklearn.calibration")
    accuracy, confidence = calibration.calibration_curve(RIGHT, SURE, n_bins=15)
    t = ConfidenceTally.from_answers(SUBJECT, SURE, RIGHT)
    used = np.flatnonzero(t.n.sum(axis=0)).tolist()
    assert [t.bin_accuracy(b).value for b in used] == pytest.approx(accuracy.tolist(), abs=SAME)
    assert [t.bin_confidence(b).value for b in used] == pytest.approx(confidence.tolist(), abs=SAME)


def test_parts_equal_ferro_and_fricker_with_one_answer_a_person() -> None:
    """Ferro and Fricker (2012), eqs. 8 to 10, on forecasts that are the means of their bins."""
    scores = RNG.integers(0, 15, 300) / 15 + 1 / 30
    hit = RNG.random(300) < scores**1.5
    t = ScoreTally.from_scores(range(300), np.stack([scores, 1 - scores], axis=1), 1 - hit)
    parts = {name: r.value / 2 for name, r in t.parts.items()}  # both labels tell the same
    n, rate = len(hit), hit.mean()
    reliability = resolution = 0.0
    for f in np.unique(scores):
        here = scores == f
        n_k, o_k = here.sum(), hit[here].mean()
        noise = o_k * (1 - o_k) / (n_k - 1)
        reliability += n_k / n * ((f - o_k) ** 2 - noise)
        resolution += n_k / n * ((o_k - rate) ** 2 - noise)
    resolution += rate * (1 - rate) / (n - 1)
    assert parts["reliability"] == pytest.approx(reliability, abs=SAME)
    assert parts["resolution"] == pytest.approx(resolution, abs=SAME)
    assert parts["uncertainty"] == pytest.approx(rate * (1 - rate) * n / (n - 1), abs=SAME)
    assert parts["within bins"] == pytest.approx(0.0, abs=SAME)


def test_folded_normals_equal_scipy() -> None:
    size, deviation = np.array([0.0, 0.3, 1.2, 5.0]), np.array([1.0, 0.5, 0.4, 0.2])
    laws = [stats.foldnorm(m / s, scale=s) for m, s in zip(size, deviation, strict=True)]
    mean, variance = _folded(size, np.diag(deviation**2))
    assert mean == pytest.approx(sum(law.mean() for law in laws), abs=1e-9)
    assert variance == pytest.approx(sum(law.var() for law in laws), abs=1e-9)


def test_folded_normals_that_vary_together_equal_their_simulation() -> None:
    size = np.array([0.0, 0.4, 2.0])
    covariance = np.array([[1.0, 0.6, 0.3], [0.6, 1.0, -0.2], [0.3, -0.2, 0.5]])
    rng = np.random.default_rng(1)
    drawn = np.abs(rng.multivariate_normal(size, covariance, 400_000)).sum(axis=1)
    mean, variance = _folded(size, covariance)
    # Monte-Carlo error: of a mean σ/√n, of a variance σ²·√(2/n); four of them. The series of the
    # covariances stops after two terms; the third is below ρ⁴/12, 0.6 % for the largest ρ.
    error = drawn.std() / np.sqrt(len(drawn))
    assert mean == pytest.approx(drawn.mean(), abs=4 * error)
    assert variance == pytest.approx(drawn.var(), rel=4 * np.sqrt(2 / len(drawn)) + 0.006)
