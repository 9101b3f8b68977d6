"""Metrics of confusion counts, on one table by hand.

annotated a: 8 predicted a, 2 predicted b; annotated b: 3 predicted a, 6 b, 1 outside.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from facevalue.stats import Scale, cell_share, metric_named

LABELS = ("a", "b")
COUNTS = np.array([[8.0, 2.0, 0.0], [3.0, 6.0, 1.0]])

BY_HAND = {
    "accuracy": (8 + 6) / 20,
    "recall[a]": 8 / 10,
    "recall[b]": 6 / 10,
    "uar": (8 / 10 + 6 / 10) / 2,
    "precision[a]": 8 / 11,
    "precision[b]": 6 / 8,
    "f1[a]": 2 * 8 / (10 + 11),
    "f1[b]": 2 * 6 / (10 + 8),
    "prediction_rate[a]": 11 / 20,
    "prediction_rate[b]": 8 / 20,
    # s = 20, c = 14, annotated 10 and 10, predicted 11, 8 and 1 (outside):
    # (14·20 − (10·11 + 10·8)) / √((20² − 11² − 8² − 1²)(20² − 10² − 10²)) = 90 / √(214·200)
    "mcc": 90 / math.sqrt(214 * 200),
}
BASES = {
    "accuracy": 20, "uar": 20, "mcc": 20, "recall[a]": 10, "recall[b]": 10, "precision[a]": 11,
    "precision[b]": 8, "prediction_rate[a]": 20, "prediction_rate[b]": 20,
    # annotated or predicted so: 10 + 11 − 8, and 10 + 8 − 6
    "f1[a]": 13, "f1[b]": 12,
}  # fmt: skip
MEANS = {"accuracy", "recall", "precision", "prediction_rate"}


@pytest.mark.parametrize(("name", "expected"), BY_HAND.items())
def test_metrics_by_hand(name: str, expected: float) -> None:
    metric = metric_named(name, LABELS)
    assert metric.name == name
    assert float(metric.value(COUNTS)) == pytest.approx(expected, abs=1e-15)
    assert float(metric.base(COUNTS)) == BASES[name]
    assert metric.is_mean == (name.partition("[")[0] in MEANS)
    assert metric.scale is (Scale.CORRELATION if name == "mcc" else Scale.SHARE)


def test_standardised_rate_weighs_every_group_to_one_mix() -> None:
    # a is annotated three times as often as b in the whole sample:
    # (3·8/10 + 1·3/10) / 4 = 27/40 are predicted a.
    metric = metric_named("standardised_prediction_rate[a]", LABELS, mix=np.array([30.0, 10.0]))
    assert float(metric.value(COUNTS)) == pytest.approx(27 / 40, abs=1e-15)
    # Without a mix all labels weigh the same: (8/10 + 3/10) / 2.
    even = metric_named("standardised_prediction_rate[a]", LABELS)
    assert float(even.value(COUNTS)) == pytest.approx(11 / 20, abs=1e-15)


def test_standardised_rate_does_not_change_with_the_mix_of_a_group() -> None:
    metric = metric_named("standardised_prediction_rate[a]", LABELS, mix=np.array([1.0, 1.0]))
    more_a = COUNTS * np.array([[5.0], [1.0]])  # five times as many items annotated a
    assert float(metric.value(more_a)) == pytest.approx(float(metric.value(COUNTS)), abs=1e-15)
    rate = metric_named("prediction_rate[a]", LABELS)
    assert float(rate.value(more_a)) == pytest.approx(43 / 60)  # (40 + 3) / (50 + 10)


def test_cells_of_the_confusion_are_shares_of_their_row() -> None:
    wrong, outside = cell_share(LABELS, "a", "b"), cell_share(LABELS, "b", "outside")
    assert (wrong.name, outside.name) == ("confusion[a→b]", "confusion[b→outside]")
    assert float(wrong.value(COUNTS)) == 2 / 10
    assert float(outside.value(COUNTS)) == 1 / 10
    assert float(outside.base(COUNTS)) == 10


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("accuracy", [[0, 0, 0], [0, 0, 0]]),
        ("recall[b]", [[8, 2, 0], [0, 0, 0]]),
        ("uar", [[8, 2, 0], [0, 0, 0]]),  # an average over other labels would not compare
        ("precision[b]", [[8, 0, 2], [3, 0, 0]]),  # never predicted
        ("f1[b]", [[8, 0, 2], [0, 0, 0]]),  # neither annotated nor predicted
        ("mcc", [[8, 0, 0], [3, 0, 0]]),  # one and the same answer always
        ("mcc", [[8, 3, 0], [0, 0, 0]]),  # one and the same annotation always
        ("prediction_rate[a]", [[0, 0, 0], [0, 0, 0]]),
        ("standardised_prediction_rate[a]", [[8, 2, 0], [0, 0, 0]]),
    ],
)
def test_divisions_by_zero_are_marked(name: str, counts: list[list[int]]) -> None:
    assert np.isnan(metric_named(name, LABELS).value(np.array(counts, dtype=float)))


def test_uar_averages_over_the_labels_that_are_present() -> None:
    counts = np.array([[8.0, 2.0, 0.0, 0.0], [3.0, 6.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    assert np.isnan(metric_named("uar", "abc").value(counts))
    assert float(metric_named("uar", "abc", present="ab").value(counts)) == pytest.approx(0.7)


def test_mix_leaves_out_labels_nobody_is_annotated_with() -> None:
    counts = np.array([[8.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    metric = metric_named("standardised_prediction_rate[a]", LABELS, mix=np.array([4.0, 0.0]))
    assert float(metric.value(counts)) == pytest.approx(0.8)


def test_metrics_take_any_leading_axes() -> None:
    stack = np.stack([COUNTS, COUNTS.sum() - COUNTS])[None]
    for name, expected in BY_HAND.items():
        values = metric_named(name, LABELS).value(stack)
        assert values.shape == (1, 2)
        assert values[0, 0] == pytest.approx(expected)


def test_uar_hangs_on_subjects_by_their_share_of_each_label() -> None:
    # Subject 0 gave 9 of 10 items of a and none of b; subject 1 one of a and both of b.
    counts = np.zeros((2, 2, 3))
    counts[0, 0, 0], counts[1, 0, 0], counts[1, 1, 1] = 9, 1, 2
    uar = metric_named("uar", LABELS)
    assert uar.weights_of_parts is not None
    # 9/10 + 0 and 1/10 + 1 (each label weighs one).
    assert uar.weights_of_parts(uar.parts(counts)).tolist() == pytest.approx([0.9, 1.1])
    # Two people hold a, one holds b.
    assert uar.fewest_of_parts is not None
    assert uar.fewest_of_parts(uar.parts(counts)) == 1
    by_mix = metric_named("standardised_prediction_rate[a]", LABELS, mix=np.array([3.0, 1.0]))
    assert by_mix.weights_of_parts is not None
    # 3·9/10 + 0 and 3·1/10 + 1
    assert by_mix.weights_of_parts(by_mix.parts(counts)).tolist() == pytest.approx([2.7, 1.3])


def test_f1_hangs_on_subjects_by_annotations_and_predictions() -> None:
    counts = np.zeros((1, 2, 3))
    counts[0] = COUNTS
    f1 = metric_named("f1[a]", LABELS)
    assert f1.weights_of_parts is not None
    assert f1.weights_of_parts(f1.parts(counts)).tolist() == [10 + 11]


@pytest.mark.parametrize(
    "name",
    ["accuracy", "uar", "mcc", "recall[a]", "precision[b]", "f1[a]", "prediction_rate[b]",
     "standardised_prediction_rate[a]"],
)  # fmt: skip
def test_parts_add_up_over_people(name: str) -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 9, (7, 2, 3)).astype(float)
    metric = metric_named(name, LABELS)
    summed = metric.parts(counts).sum(axis=0)
    assert summed.tolist() == pytest.approx(metric.parts(counts.sum(axis=0)).tolist())
    assert float(metric.of_parts(summed)) == pytest.approx(float(metric.value(counts.sum(axis=0))))


@pytest.mark.parametrize("name", ["auroc", "recall[c]", "auroc[a]", "uar[a]", "f1[]"])
def test_what_is_no_metric_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        metric_named(name, LABELS)
