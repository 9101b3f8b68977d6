"""Permuting groups over people, derived by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from facevalue.stats import (
    Scores,
    Tally,
    metric_named,
    permuted_gaps,
    replicate,
    scores_of,
)
from facevalue.stats.permutation import METHOD_ALL, METHOD_DRAWN

LABELS = ("a", "b")
ACCURACY = metric_named("accuracy", LABELS)


def tally(right: list[int], items: int = 2) -> Tally:
    counts = np.zeros((len(right), 2, 3))
    counts[:, 0, 0], counts[:, 0, 1] = right, items - np.array(right)
    return Tally(counts, np.arange(len(right)), items * len(right))


def p_of(right: list[int], member: list[int], n: int = 2000, seed: int = 5) -> tuple[float, str]:
    scores = scores_of(replicate(ACCURACY, tally(right)))
    ps, method = permuted_gaps(
        [scores], np.arange(len(right)), np.array(member), n, np.random.default_rng(seed)
    )
    assert ps[0] is not None
    return ps[0], method


def test_scores_by_hand() -> None:
    # 2, 2, 1, 1, 0 of 2 right: 6/10. Each holds 1/5; own rates 1, 1, ½, ½, 0 less 6/10.
    s = scores_of(replicate(ACCURACY, tally([2, 2, 1, 1, 0])))
    assert s.share.tolist() == [0.2] * 5
    assert s.score.tolist() == pytest.approx([0.08, 0.08, -0.02, -0.02, -0.12])
    assert s.score.sum() == pytest.approx(0.0)
    assert s.subjects.tolist() == [0, 1, 2, 3, 4]


def test_with_few_people_all_ways_are_gone_through() -> None:
    # Three people all right against three all wrong: of the 20 ways to choose three of six,
    # 2 are as extreme. Both are as far apart as can be: nothing varies within.
    assert p_of([2, 2, 2, 0, 0, 0], [0, 0, 0, 1, 1, 1]) == (2 / 20, METHOD_ALL)
    # Groups of 2, 2 and 2: 90 ways. Two of each kind: 6 ways keep all kinds together.
    assert p_of([2, 2, 1, 1, 0, 0], [0, 0, 1, 1, 2, 2]) == (6 / 90, METHOD_ALL)


def test_with_more_people_ways_are_drawn() -> None:
    # 20 ways, asked for 19: drawn. Standard error √(0.1·0.9/19).
    p, method = p_of([2, 2, 2, 0, 0, 0], [0, 0, 0, 1, 1, 1], n=19)
    assert method == METHOD_DRAWN
    assert p == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 19))
    # 924 ways with 12 people: drawn 900 times against all of them.
    right, member = [2, 2, 2, 1, 1, 2, 0, 1, 0, 1, 2, 0], [0] * 6 + [1] * 6
    exact, how = p_of(right, member, n=924)
    drawn, _ = p_of(right, member, n=900)
    assert how == METHOD_ALL
    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 900))


def test_an_exact_p_value_is_that_of_scipy() -> None:
    # Equal items: Student's t of people's rates, with unequal variances.
    right, member = [9, 7, 8, 3, 5, 2, 4, 6], [0, 0, 0, 1, 1, 1, 1, 1]
    scores = scores_of(replicate(ACCURACY, tally(right, items=10)))
    (p,), method = permuted_gaps(
        [scores], np.arange(8), np.array(member), 2000, np.random.default_rng(0)
    )

    def welch(x: np.ndarray, y: np.ndarray) -> float:
        return abs(float(stats.ttest_ind(x, y, equal_var=False).statistic))

    rates = np.array(right) / 10
    theirs = stats.permutation_test(
        (rates[:3], rates[3:]), welch, permutation_type="independent", alternative="greater",
        n_resamples=np.inf,
    )  # fmt: skip
    assert method == METHOD_ALL
    assert p == pytest.approx(theirs.pvalue, abs=1e-12)


def test_people_who_count_for_nothing_change_nothing() -> None:
    # Someone without an answer is permuted along, and adds nothing wherever they are.
    scores = scores_of(replicate(ACCURACY, tally([2, 2, 2, 0, 0, 0])))
    with_one_more = np.array([0, 1, 2, 3, 4, 5, 9])
    (p,), _ = permuted_gaps(
        [scores], with_one_more, np.array([0, 0, 0, 1, 1, 1, 1]), 2000, np.random.default_rng(1)
    )
    # Of C(7, 3) = 35 ways to choose the first group, those that leave all right and all wrong
    # apart: the three right, the three wrong, or three of either kind with the one more.
    assert p == pytest.approx(2 / 35)


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_the_unit_of_the_statistic_does_not_matter(unit: float) -> None:
    s = scores_of(replicate(ACCURACY, tally([2, 2, 1, 1, 0, 1])))
    scaled = Scores(s.score * unit, s.share, s.subjects)
    member, rng = np.array([0, 0, 0, 1, 1, 1]), np.random.default_rng(0)
    expected, _ = permuted_gaps([s], s.subjects, member, 20, rng)
    found, _ = permuted_gaps([scaled], s.subjects, member, 20, rng)
    assert expected[0] is not None
    assert expected[0] < 1.0
    assert found == expected


def test_no_draw_ever_makes_a_p_value_of_zero() -> None:
    p, _ = p_of([2] * 30 + [0] * 30, [0] * 30 + [1] * 30, n=99)
    assert p == 1 / 100


def test_equal_people_give_a_p_value_of_one() -> None:
    assert p_of([1] * 6, [0, 0, 0, 1, 1, 1])[0] == 1.0
    assert p_of([1] * 40, [0, 1] * 20, n=99)[0] == 1.0


def test_draws_in_batches_and_threads_are_the_same_every_time() -> None:
    rng = np.random.default_rng(2)
    right = rng.integers(0, 3, 3000).tolist()
    member = np.repeat([0, 1, 2], 1000).tolist()
    # 3,000 people: batches of 166 draws.
    assert p_of(right, member, n=500) == p_of(right, member, n=500)
    assert p_of(right, member, n=500) != p_of(right, member, n=500, seed=6)


def test_statistics_are_tested_together_on_the_same_permutations() -> None:
    t = tally([2, 2, 1, 1, 2, 0, 1, 0, 0, 1, 2, 1] * 2)
    scores = [scores_of(replicate(ACCURACY, t))] * 2
    member = np.array([0] * 12 + [1] * 12)
    ps, _ = permuted_gaps(scores, t.subjects, member, 500, np.random.default_rng(0))
    assert ps[0] == ps[1]


def test_there_is_no_p_value_without_two_groups() -> None:
    scores = scores_of(replicate(ACCURACY, tally([2, 0, 1, 1])))
    nothing = permuted_gaps(
        [scores] * 2, np.arange(4), np.zeros(4, int), 99, np.random.default_rng(0)
    )
    assert nothing == ([None, None], METHOD_DRAWN)


def test_a_group_that_a_permutation_leaves_without_an_answer_counts_as_far_apart() -> None:
    # Two of four people count; of the six ways to choose two, two put both into one group.
    scores = Scores(np.array([0.5, -0.5]), np.array([0.5, 0.5]), np.array([0, 2]))
    (p,), _ = permuted_gaps(
        [scores], np.arange(4), np.array([0, 0, 1, 1]), 99, np.random.default_rng(0)
    )
    assert p == 1.0  # the other four are as far apart as what was seen


def test_false_alarms_where_groups_vary_differently() -> None:
    # Equal means, spreads of 1 and 4, 8 against 40 people: a test that is not studentised
    # raises far more than 5 % false alarms. 400 trials: 5 % ± 4 · 1.1 %.
    rng, alarms = np.random.default_rng(9), 0
    for _ in range(400):
        y = np.concatenate([4 * rng.standard_normal(8), rng.standard_normal(40)])
        share = np.full(48, 1 / 48)
        scores = Scores(share * (y - y.mean()), share, np.arange(48))
        member = np.array([0] * 8 + [1] * 40)
        (p,), _ = permuted_gaps([scores], np.arange(48), member, 199, rng)
        alarms += p is not None and p <= 0.05
    assert alarms / 400 <= 0.05 + 4 * 0.011
