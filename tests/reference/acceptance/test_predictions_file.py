"""A file of 7,178 predictions with seven score columns, against scikit-learn and NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from facevalue import flow
from facevalue.domain import Estimate
from support import require

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
N = 7178
N_SUBJECTS = 300
TOLERANCE = 1e-9  # the same sums in another order: rounding only


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7178)
    annotated = rng.choice(7, size=N, p=[0.13, 0.02, 0.14, 0.25, 0.17, 0.17, 0.12])
    logits = rng.normal(size=(N, 7))
    logits[np.arange(N), annotated] += 1.2
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    folder = tmp_path_factory.mktemp("predictions")
    items = [f"i{k}" for k in range(N)]
    pl.DataFrame(
        {
            "item": items,
            "subject": [f"s{k}" for k in rng.integers(0, N_SUBJECTS, N)],
            "annotated": [LABELS[a] for a in annotated],
        }
    ).write_csv(folder / "items.csv")
    pl.DataFrame(
        {"item": items, **{f"score_{x}": scores[:, k] for k, x in enumerate(LABELS)}}
    ).write_csv(folder / "predictions.csv")
    (folder / "audit.yaml").write_text(
        "facevalue: 1\ntitle: Against references\n"
        "datasets: [{manifest: items.csv, taxonomy: ekman6-neutral}]\n"
        "systems: [{name: vendor, adapter: predictions, options: {file: predictions.csv}}]\n",
        "utf-8",
    )
    return folder, annotated, scores


def test_findings_equal_scikit_learn_and_numpy(
    case: tuple[Path, np.ndarray, np.ndarray],
) -> None:
    metrics = require("sklearn.metrics")
    folder, annotated, scores = case
    run = flow.audit(folder / "audit.yaml", folder / "run")
    predicted = scores.argmax(axis=1)

    def value(name: str, family: str = "correctness") -> float:
        (finding,) = run.findings.where(metric=name, family=family, reference=None)
        assert isinstance(finding.result, Estimate)
        assert finding.result.n_items == N
        return finding.result.value

    close = pytest.approx
    assert value("accuracy") == close(metrics.accuracy_score(annotated, predicted), abs=TOLERANCE)
    uar = metrics.balanced_accuracy_score(annotated, predicted)
    assert value("uar") == close(uar, abs=TOLERANCE)
    mcc = metrics.matthews_corrcoef(annotated, predicted)
    assert value("mcc") == close(mcc, abs=TOLERANCE)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(annotated, predicted)
    confusion = metrics.confusion_matrix(annotated, predicted, normalize="true")
    for k, label in enumerate(LABELS):
        counts = run.findings.where(metric=f"recall[{label}]", reference=None)[0].result
        assert counts.value == close(recall[k], abs=TOLERANCE)
        (p,) = run.findings.where(metric=f"precision[{label}]")
        assert p.result.value == close(precision[k], abs=TOLERANCE)
        (f,) = run.findings.where(metric=f"f1[{label}]")
        assert f.result.value == close(f1[k], abs=TOLERANCE)
        for j, other in enumerate(LABELS):
            (c,) = run.findings.where(metric=f"confusion[{label}→{other}]")
            assert c.result.value == close(confusion[k, j], abs=TOLERANCE)
    assert value("ece", "calibration") == close(_ece(annotated, scores), abs=TOLERANCE)


def _ece(annotated: np.ndarray, scores: np.ndarray) -> float:
    """Guo et al. (2017), eq. 3, with 15 bins (lower, upper]; written apart from ours."""
    confidence = scores.max(axis=1)
    correct = scores.argmax(axis=1) == annotated
    total = 0.0
    for b in range(15):
        inside = (confidence > b / 15) & (confidence <= (b + 1) / 15)
        if inside.any():
            gap = abs(correct[inside].mean() - confidence[inside].mean())
            total += inside.mean() * gap
    return total
