"""Agreement, soft-label scores and the rater model against other software and print.

Tolerances are 1e-12 where the arithmetic is the same but for the order of sums. Printed
figures are compared to the digits that are printed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from facevalue.stats import (
    RatingTally,
    cross_entropy,
    dawid_skene,
    fleiss_kappa,
    jensen_shannon,
    krippendorff_alpha,
    percent_agreement,
    rating_entropy,
    shared_errors,
)
from support import require

EXACT = 1e-12
N = 0  # not rated
Numbers = npt.NDArray[np.float64]

# Krippendorff (2011), section C: twelve units, four observers, five values.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
# Three coders, fifteen units: the example of the article on the coefficient in Wikipedia.
WIKIPEDIA = [
    [N, N, N, N, N, 3, 4, 1, 2, 1, 1, 3, 3, N, 3],
    [1, N, 2, 1, 3, 3, 4, 3, N, N, N, N, N, N, N],
    [N, N, 2, 1, 3, 4, 4, N, 2, 1, 1, 3, 3, N, 4],
]
# Fleiss (1971), table 1: how many of six psychiatrists gave each of 30 patients the diagnoses
# depression, personality disorder, schizophrenia, neurosis, other.
DIAGNOSES = [
    "00060", "03003", "01401", "00006", "03030", "20400", "00402", "20310", "20040", "00006",
    "10050", "11040", "03300", "10050", "02031", "00501", "30012", "51000", "02040", "10203",
    "00006", "01050", "02013", "20040", "10041", "05010", "40002", "02040", "10500", "00006",
]  # fmt: skip


def tally_of(ratings: Any, n_labels: int) -> RatingTally:
    """Return the counts of raters × items, labels from 1 on."""
    said = np.array(ratings)
    counts = np.stack([(said == k + 1).sum(axis=0) for k in range(n_labels)], axis=1)
    return RatingTally(np.column_stack([counts, np.zeros(len(counts))]), np.arange(len(counts)))


def diagnoses() -> RatingTally:
    counts = np.array([[int(n) for n in row] for row in DIAGNOSES], dtype=float)
    return RatingTally(np.column_stack([counts, np.zeros(30)]), np.arange(30))


def simulated(seed: int, most: int = 9) -> RatingTally:
    """Return unequal numbers of ratings, none and one among them."""
    rng = np.random.default_rng([20261124, seed])
    shares = rng.dirichlet([0.8, 0.5, 0.4, 0.3], 80)
    counts = rng.multinomial(rng.integers(0, most + 1, 80), shares)
    return RatingTally(np.column_stack([counts, np.zeros(80)]), np.arange(80))


def test_alpha_is_as_printed() -> None:
    assert krippendorff_alpha(tally_of(KRIPPENDORFF, 5)).value == pytest.approx(0.743, abs=5e-4)
    assert krippendorff_alpha(tally_of(WIKIPEDIA, 4)).value == pytest.approx(0.691, abs=5e-4)


def test_kappa_is_as_printed() -> None:
    # kappam.fleiss(diagnoses) of the R package irr: Kappa = 0.43; Fleiss (1971): 0.430.
    assert fleiss_kappa(diagnoses()).value == pytest.approx(0.430, abs=5e-4)


def test_kappa_of_unequal_numbers_is_gwets_without_items_rated_once() -> None:
    # irrCAC 0.4.4 (Gwet's package, also in R): fleiss.kappa.raw of Krippendorff's units 1 to 11
    # is 0.76248, with agreement 0.81818 and by chance 0.2345. With unit 12, which has a single
    # rating, it is 0.76117: Gwet counts it in what is expected by chance, and we do not.
    t = tally_of([row[:11] for row in KRIPPENDORFF], 5)
    assert percent_agreement(t).value == pytest.approx(0.81818, abs=5e-6)
    assert fleiss_kappa(t).value == pytest.approx(0.76248, abs=5e-6)
    whole = tally_of(KRIPPENDORFF, 5)
    assert fleiss_kappa(whole).value == pytest.approx(fleiss_kappa(t).value, abs=EXACT)
    # irrCAC's krippen.alpha.raw of all twelve: 0.74342.
    assert krippendorff_alpha(whole).value == pytest.approx(0.74342, abs=5e-6)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_equals_the_package_krippendorff(seed: int) -> None:
    krippendorff = require("krippendorff")
    t = simulated(seed)
    expected = krippendorff.alpha(value_counts=t.counts[:, :4], level_of_measurement="nominal")
    assert krippendorff_alpha(t).value == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("seed", range(5))
def test_kappa_equals_statsmodels_with_equal_numbers(seed: int) -> None:
    inter_rater = require("statsmodels.stats.inter_rater")
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(7, rng.dirichlet([1, 1, 1, 1], 40))
    t = RatingTally(np.column_stack([counts, np.zeros(40)]), np.arange(40))
    assert fleiss_kappa(t).value == pytest.approx(inter_rater.fleiss_kappa(counts), abs=EXACT)
    assert fleiss_kappa(diagnoses()).value == pytest.approx(
        inter_rater.fleiss_kappa(diagnoses().counts[:, :5]), abs=EXACT
    )


def test_soft_labels_equal_scipy_and_scikit_learn() -> None:
    metrics = require("sklearn.metrics")
    rng = np.random.default_rng(5)
    counts = rng.multinomial(10, rng.dirichlet([1, 1, 1, 1], 50)).astype(float)
    t = RatingTally(np.column_stack([counts, np.zeros(50)]), np.arange(50))
    scores = rng.dirichlet([3, 3, 3, 3], 50)  # none below the floor
    shares = counts / 10
    assert scores.min() > 0.001
    assert jensen_shannon(t, scores).value == pytest.approx(
        (jensenshannon(shares, scores, base=2, axis=1) ** 2).mean(), abs=EXACT
    )
    assert rating_entropy(t).value == pytest.approx(
        entropy(shares, base=2, axis=1).mean(), abs=EXACT
    )
    # Each rating as an answer of its own, with the item's scores: log loss is in nats.
    item, label = (
        np.repeat(x, counts.astype(int).ravel()) for x in np.indices((50, 4)).reshape(2, -1)
    )
    expected = metrics.log_loss(label, scores[item], labels=range(4)) / np.log(2)
    assert cross_entropy(t, scores).value == pytest.approx(expected, abs=EXACT)


@pytest.fixture(scope="module")
def crowd_kit() -> dict[str, Any]:
    path = Path(__file__).parent / "crowd_kit" / "expected.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@pytest.mark.parametrize("who", ["by_rater", "shared"])
def test_dawid_skene_equals_crowd_kit(crowd_kit: dict[str, Any], who: str) -> None:
    item, rater, answer = np.array(crowd_kit["ratings"]).T
    fit = dawid_skene(
        item, rater if who == "by_rater" else np.zeros_like(rater), answer, n_labels=3,
        max_steps=crowd_kit["steps"], tolerance=-1.0,
    )  # fmt: skip
    expected = {k: np.array(v) for k, v in crowd_kit[who].items()}
    assert fit.prior == pytest.approx(expected["prior"], abs=EXACT)
    assert fit.errors == pytest.approx(expected["errors"], abs=EXACT)
    # crowd-kit raises what is below 1e-10 to 1e-10 before it hands it over.
    assert fit.posterior == pytest.approx(expected["posterior"], abs=2e-10)


def test_counts_alone_go_where_crowd_kit_goes(crowd_kit: dict[str, Any]) -> None:
    item, _, answer = np.array(crowd_kit["ratings"]).T
    counts = np.zeros((120, 4))
    np.add.at(counts, (item, answer), 1)
    model = shared_errors(RatingTally(counts, np.arange(120)), np.random.default_rng(0))
    # Ours goes on until a step gains less than 1e-10 a rating; crowd-kit was stopped at 25.
    assert model.fit.n_steps > crowd_kit["steps"]
    shared = np.array(crowd_kit["shared"]["errors"])
    assert model.fit.errors[:, :, :3] == pytest.approx(shared, abs=0.15)
