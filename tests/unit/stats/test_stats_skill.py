"""Reference systems and whether a system beats them, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    CAUTION,
    IntervalSpec,
    Metric,
    Reference,
    Tally,
    advantage,
    estimate,
    expected_random,
    majority,
    metric_named,
    reference_score,
    replicate,
    shuffled_counts,
    shuffled_items,
)

SPEC = IntervalSpec(0.95)
LABELS = ("a", "b")
ACCURACY, UAR = metric_named("accuracy", LABELS), metric_named("uar", LABELS)
T_4 = 2.7764451  # 97.5 % quantile of Student's t with 4 degrees of freedom, from a table


def tally(right_a: list[int], right_b: list[int], items: int = 2) -> Tally:
    """Each person has ``items`` items of a and as many of b, so many of them right."""
    counts = np.zeros((len(right_a), 2, 3))
    counts[:, 0, 0], counts[:, 0, 1] = right_a, items - np.array(right_a)
    counts[:, 1, 1], counts[:, 1, 0] = right_b, items - np.array(right_b)
    return Tally(counts, np.arange(len(right_a)), 2 * items * len(right_a))


def beats(metric: Metric, t: Tally, reference: Reference) -> Estimate | NotEstimable:
    return advantage(replicate(metric, t), reference_score(metric, t, reference), SPEC)


def test_majority_gives_everybody_the_most_frequent_label() -> None:
    # Annotated a twice, b three times, whatever was predicted.
    t = Tally.from_codes([0, 0, 1, 1, 1], [0, 1, 0, 1, 1], [0, 0, 0, 2, 1], n_labels=2)
    assert majority(t.total).tolist() == [[0, 2, 0], [0, 3, 0]]
    assert float(ACCURACY.value(majority(t.total))) == 3 / 5
    assert float(UAR.value(majority(t.total))) == 1 / 2  # one over the number of labels
    # Of several tables each has its own most frequent label.
    assert majority(np.stack([t.total, t.total[::-1]])).tolist() == [
        [[0, 2, 0], [0, 3, 0]], [[3, 0, 0], [2, 0, 0]],
    ]  # fmt: skip


def test_tied_labels_give_the_first() -> None:
    t = Tally.from_codes([0, 0], [1, 0], [0, 0], n_labels=2)
    assert majority(t.total)[:, 0].tolist() == [1, 1]


def test_random_answers_keep_the_systems_own_frequencies() -> None:
    # 3 of 5 answers a, 1 b, 1 outside; annotated a twice and b three times.
    t = Tally.from_codes([0, 0, 1, 1, 1], [0, 1, 0, 1, 1], [0, 0, 0, 2, 1], n_labels=2)
    expected = [[6 / 5, 2 / 5, 2 / 5], [9 / 5, 3 / 5, 3 / 5]]
    assert expected_random(t.total).tolist() == [pytest.approx(row) for row in expected]
    # Right by chance: 2/5·3/5 + 3/5·1/5.
    assert float(ACCURACY.value(expected_random(t.total))) == pytest.approx(9 / 25)
    assert expected_random(t.total).sum() == pytest.approx(5)


def test_a_reference_is_made_anew_when_somebody_is_left_out() -> None:
    # Six people, one item each: a, a, a, b, b, b annotated; a, a, b, b, b, b predicted.
    t = Tally.from_codes(range(6), [0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1], n_labels=2)
    constant = reference_score(ACCURACY, t, majority)
    # Without an a, 3 of 5 are b, and the other way round: always the most frequent label.
    assert constant.value == 3 / 6
    assert constant.left_out.tolist() == pytest.approx([3 / 5] * 6)
    # Random: 3/6·2/6 + 3/6·4/6 = 1/2. Without an a that is called a: 2/5·1/5 + 3/5·4/5 = 14/25;
    # called b: 2/5·2/5 + 3/5·3/5 = 13/25; without a b: 3/5·2/5 + 2/5·3/5 = 12/25.
    random = reference_score(ACCURACY, t, expected_random)
    assert random.value == pytest.approx(1 / 2)
    assert random.left_out.tolist() == pytest.approx(
        [14 / 25, 14 / 25, 13 / 25, 12 / 25, 12 / 25, 12 / 25]
    )
    assert random.sizes.tolist() == [1.0] * 6


def test_who_holds_nothing_of_the_label_is_not_left_out_one_by_one() -> None:
    # Recall of b: persons 1 and 2 hold one b each, right and wrong; person 0 has only items of a,
    # which still count among what random answers are made of: 4 of 6 answers are a, 2 are b.
    t = Tally.from_codes(
        [0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 0, 1], [0, 0, 1, 1, 0, 0], n_labels=2
    )  # fmt: skip
    random = reference_score(metric_named("recall[b]", LABELS), t, expected_random)
    assert random.subjects.tolist() == [1, 2]
    # All: 2/6. Without person 1 no answer of four is b; without person 2 two of four.
    assert random.value == pytest.approx(1 / 3)
    assert random.left_out.tolist() == pytest.approx([0.0, 1 / 2])


def test_advantage_by_hand() -> None:
    # As in test_stats_jackknife.py, 2, 2, 1, 1, 0 right of each label: UAR 6/10, variance 7/200.
    # Random answers and the majority have a UAR of 1/2 whoever is left out.
    t = tally([2, 2, 1, 1, 0], [2, 2, 1, 1, 0])
    for reference in (expected_random, majority):
        found = beats(UAR, t, reference)
        assert isinstance(found, Estimate)
        half = T_4 * math.sqrt(7 / 200)
        assert found.value == pytest.approx(0.1)
        assert (found.low, found.high) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-7)
        assert found.method == f"CR2 over subjects, t on effective subjects; {CAUTION}"
        assert (found.n_answers, found.n_subjects) == (20, 5)


def test_a_perfect_system_beats_chance_by_what_the_binomial_allows() -> None:
    t = tally([2] * 10, [2] * 10)
    found = beats(UAR, t, majority)
    assert isinstance(found, Estimate)
    # Ten people, all right: at least 0.025^(1/10) = 0.69, less the 1/2 of the majority.
    assert found.value == pytest.approx(0.5)
    assert (found.low, found.high) == pytest.approx((0.025 ** (1 / 10) - 0.5, 0.5))
    assert found.method == (
        f"exact binomial over subjects (no variation between subjects); {CAUTION}, "
        "minus the reference system"
    )


def test_a_constant_answer_has_no_advantage_over_the_majority() -> None:
    t = tally([2] * 6, [0] * 6)
    found = beats(ACCURACY, t, majority)
    assert isinstance(found, Estimate)
    assert found.value == 0.0
    assert found.low < 0.0 < found.high


def test_a_perfect_correlation_does_not_narrow_its_advantage_down() -> None:
    t = tally([2] * 6, [2] * 6)
    mcc = replicate(metric_named("mcc", LABELS), t)
    system = advantage(mcc, mcc, SPEC)
    assert isinstance(system, Estimate)
    assert (system.value, system.low, system.high) == (0.0, -2.0, 0.0)


def test_there_is_no_advantage_without_the_people_to_show_it() -> None:
    few = tally([2, 1, 0, 1], [2, 1, 1, 0])
    found = beats(UAR, few, majority)
    assert isinstance(found, NotEstimable)
    assert (found.reason, found.value) == (Reason.TOO_FEW_CLUSTERS, 0.0)
    only_a = Tally.from_codes(range(6), [0] * 6, [0] * 6, n_labels=2)
    undefined = beats(UAR, only_a, majority)
    assert isinstance(undefined, NotEstimable)
    assert undefined.reason is Reason.UNDEFINED
    nobody = Tally.from_codes([], [], [], n_labels=2)
    nothing = beats(ACCURACY, nobody, majority)
    assert isinstance(nothing, NotEstimable)
    assert nothing.reason is Reason.NO_ITEMS
    one_holds_b = Tally.from_codes(range(7), [0] * 6 + [1], [0] * 5 + [1, 1], n_labels=2)
    unstable = beats(UAR, one_holds_b, majority)
    assert isinstance(unstable, NotEstimable)
    assert unstable.reason is Reason.UNSTABLE


def _answers(codes: list[int]) -> np.ndarray:
    return np.eye(3)[codes]


def test_shuffled_labels_give_the_share_of_matches_that_chance_allows() -> None:
    # Labels a, a, b; answers a, b, b. The b goes to the first item (2 of 3 wrong: 1 right), to
    # the second or the third (all right, or 1 right): of three places, accuracy 1/3, 3/3 or …
    # first: b, a, a → 0 right; second: a, b, a → 2 right; third: a, a, b → 2 right.
    rng = np.random.default_rng(0)
    values = ACCURACY.value(shuffled_items(_answers([0, 1, 1]), np.array([0, 0, 1]), 3000, rng))
    assert sorted(set(values.round(6))) == [0.0, round(2 / 3, 6)]
    # 2/3 in two of three: standard error √(2/9/3000) = 0.0086.
    assert np.mean(values > 0.5) == pytest.approx(2 / 3, abs=4 * 0.0086)


def test_shuffling_votes_keeps_the_votes_of_an_item_together() -> None:
    # Items with 3 votes for a, and with 1 for a and 1 outside; one label a, one b. Either the
    # first is a (3 of 5 right) or the second (1 of 5 right).
    answers = np.array([[3.0, 0.0, 0.0], [1.0, 0.0, 1.0]])
    rng = np.random.default_rng(0)
    values = ACCURACY.value(shuffled_items(answers, np.array([0, 1]), 400, rng))
    assert sorted(set(values.round(6))) == [0.2, 0.6]
    assert np.mean(values > 0.5) == pytest.approx(0.5, abs=4 * 0.025)


def test_both_ways_of_shuffling_agree() -> None:
    # One answer an item: from the counts, or item by item.
    rng = np.random.default_rng(2)
    codes, annotated = rng.integers(0, 3, 60).tolist(), rng.integers(0, 2, 60)
    t = Tally.from_codes(range(60), annotated, codes, n_labels=2)
    counts = shuffled_counts(t.total, 4000, np.random.default_rng(3))
    assert (counts.sum(axis=2) == t.total.sum(axis=1)).all()
    assert (counts.sum(axis=1) == t.total.sum(axis=0)).all()
    one = UAR.value(counts)
    items = shuffled_items(_answers(codes), annotated, 4000, np.random.default_rng(4))
    two = UAR.value(items)
    error = math.sqrt((one.var() + two.var()) / 4000)
    assert one.mean() == pytest.approx(two.mean(), abs=4 * error)
    assert one.std() == pytest.approx(two.std(), rel=0.06)  # 1/√(2·4000) = 1.1 % each
    # On average as random answers with the same frequencies.
    expected = float(UAR.value(expected_random(t.total)))
    assert one.mean() == pytest.approx(expected, abs=4 * error)


def test_a_label_that_nobody_is_annotated_with_makes_no_shuffle_up() -> None:
    metric = metric_named("uar", "abc", present="ac")
    answers = np.eye(4)[[0, 2, 3]] * 2
    drawn = shuffled_items(answers, np.array([0, 2, 2]), 50, np.random.default_rng(0))
    assert np.isfinite(metric.value(drawn)).all()


def test_skill_is_what_is_left_of_a_good_score() -> None:
    # 90 % of items are annotated a, and the system always says so: 90 % right, and no skill.
    counts = np.zeros((10, 2, 3))
    counts[:, 0, 0], counts[:, 1, 0] = 9, 1
    t = Tally(counts, np.arange(10), 100)
    right = estimate(ACCURACY, t, SPEC)
    skill = beats(UAR, t, expected_random)
    assert isinstance(right, Estimate)
    assert isinstance(skill, Estimate)
    assert right.value == 0.9
    assert skill.value == 0.0
    assert skill.low <= 0.0
