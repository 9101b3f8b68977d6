"""What people score on the same items, and the most a system can: by hand."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from facevalue.domain.estimates import Reason
from facevalue.stats import (
    RatingTally,
    best_possible,
    half_panels,
    majority_shares,
    panel_score,
    rater_score,
    refuse,
    system_score,
)


def tally(counts: Any, subject: Any = None) -> RatingTally:
    rows = np.asarray(counts, dtype=float)
    return RatingTally(rows, np.arange(len(rows)) if subject is None else np.asarray(subject))


def codes(*given: int) -> Any:
    return np.array(given, dtype=np.int64)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([3, 1, 0, 0], 3 / 4),  # 3/4: others 2 a, 1 b, right; 1/4: others 3 a, wrong
        ([2, 2, 0, 0], 0.0),  # with one of them out, the other label is ahead
        ([2, 1, 1, 0], 1 / 6),  # 1/2: others tied in three, right by a third; 1/2: wrong
        ([1, 1, 0, 0], 0.0),
        ([2, 0, 0, 1], 2 / 3),  # the rating outside is wrong, and no label for others
        ([2, 0, 0, 4], 1 / 3),
        ([5, 0, 0, 0], 1.0),
    ],
)
def test_a_rater_against_the_majority_of_the_others(counts: list[int], expected: float) -> None:
    assert rater_score(tally([counts])).accuracy().value == pytest.approx(expected, abs=1e-12)


def brute(counts: list[int]) -> float:
    """A rater against the others, by taking raters one by one."""
    raters = [k for k, n in enumerate(counts) for _ in range(n)]
    score = 0.0
    for i, said in enumerate(raters):
        others = np.bincount(raters[:i] + raters[i + 1 :], minlength=len(counts))
        top = np.flatnonzero(others == others.max())
        score += (said in top) / len(top)
    return score / len(raters)


def test_a_rater_as_one_by_one() -> None:
    r = np.random.default_rng(7)
    rows = np.column_stack(
        [r.multinomial(n, [0.4, 0.3, 0.2, 0.1]) for n in r.integers(2, 11, 40)]
    ).T
    t = tally(np.column_stack([rows, np.zeros(len(rows))]))
    expected = np.mean([brute(row) for row in rows.tolist()])
    assert rater_score(t).accuracy().value == pytest.approx(expected, abs=1e-12)


def test_the_same_reference_for_a_system() -> None:
    t = tally([[3, 1, 0], [2, 2, 0]])
    # Others say a for the first; for the second a or b, by who is left out.
    assert system_score(t, codes(0, 0)).accuracy().value == pytest.approx(3 / 4, abs=1e-12)
    assert system_score(t, codes(1, 1)).accuracy().value == pytest.approx(1 / 4, abs=1e-12)
    assert system_score(t, codes(2, 2)).accuracy().value == 0.0  # outside is never right


def test_uar_averages_over_labels_of_the_reference() -> None:
    t = tally([[3, 1, 0], [2, 2, 0]])
    # Reference: a for 1 + 1/2 of the items, b for 1/2. Raters hit a on 3/4 of an item.
    assert rater_score(t).uar(codes(0, 1)).value == pytest.approx((0.75 / 1.5 + 0) / 2, abs=1e-12)
    assert system_score(t, codes(0, 0)).uar(codes(0, 1)).value == pytest.approx(0.5, abs=1e-12)
    assert np.isnan(rater_score(tally([[3, 1, 0]])).uar(codes(0, 1)).value)  # nothing is b


def test_leaving_a_subject_out_is_the_value_without() -> None:
    r = np.random.default_rng(3)
    counts = np.column_stack([r.multinomial(6, [0.5, 0.3, 0.2], 60), r.integers(0, 2, 60)])
    subject, predicted, labels = r.integers(0, 6, 60), r.integers(0, 4, 60), codes(0, 1, 2)

    def values(rest: Any) -> Any:
        t = tally(counts[rest], subject[rest])
        halves = half_panels(t, rng())
        return [
            rater_score(t).accuracy(), rater_score(t).uar(labels),
            system_score(t, predicted[rest]).accuracy(),
            system_score(t, predicted[rest]).uar(labels), best_possible(t),
            best_possible(t, fresh_rater=True), halves.accuracy(),
            halves.label_noise(predicted[rest]),
        ]  # fmt: skip

    whole = values(np.ones(60, bool))
    for code in range(6):
        rest = values(subject != code)
        for one, other in zip(whole, rest, strict=True):
            assert one.left_out[code] == pytest.approx(other.value, abs=1e-12)


def test_people_and_system_against_a_label_from_elsewhere() -> None:
    t = tally([[3, 1, 0], [2, 2, 0], [1, 2, 1]])
    annotated = codes(0, 0, 0)
    # A rater: 3/4, 2/4, 1/4. The majority: 1, a tie that falls well half the time, 0.
    assert rater_score(t, annotated).accuracy().value == pytest.approx(0.5, abs=1e-12)
    assert panel_score(t, annotated).accuracy().value == pytest.approx(0.5, abs=1e-12)
    assert system_score(t, codes(0, 1, 0), annotated).accuracy().value == pytest.approx(2 / 3)
    both = rater_score(t, codes(0, 1, 1)).uar(codes(0, 1))
    assert both.value == pytest.approx((3 / 4 + (2 / 4 + 2 / 4) / 2) / 2, abs=1e-12)


def test_each_tied_label_is_the_majoritys_for_an_equal_part() -> None:
    t = tally([[3, 1, 0, 0], [2, 2, 2, 9], [0, 0, 0, 2]])
    assert majority_shares(t).tolist() == [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0, 0, 0]]
    # The third item has no rating in words of the taxonomy.
    assert best_possible(t).value == pytest.approx((1 + 1 / 3) / 2, abs=1e-12)
    fresh = best_possible(t, fresh_rater=True)
    assert fresh.value == pytest.approx((3 / 4 + 2 / 6) / 2, abs=1e-12)
    assert (fresh.n_items, fresh.n_answers) == (2, 4 + 15)


@pytest.mark.parametrize(
    ("counts", "agree"),
    [
        ([4, 0, 0, 0], 1.0),
        ([2, 1, 0, 0], 1 / 3),  # {a} and {a, b}: right by half, two times of three; {b}, {a, a}
        ([2, 2, 0, 0], 1 / 3),  # {a, b} twice in 4 of 6 ways, the same label half the time
        ([3, 1, 0, 0], 1 / 2),
        ([1, 1, 1, 0], 0.0),
        ([4, 0, 0, 5], 1.0),  # ratings outside take no part
    ],
)
def test_two_halves_of_the_raters(counts: list[int], agree: float) -> None:
    halves = half_panels(tally([counts]), rng())
    assert halves.accuracy().value == pytest.approx(agree, abs=1e-12)
    assert halves.either.sum() == pytest.approx(1.0, abs=1e-12)


def split_brute(counts: list[int]) -> tuple[Any, Any]:
    """Every way of choosing half of the raters, one by one."""
    raters = [k for k, n in enumerate(counts) for _ in range(n)]
    both, either, ways = np.zeros(len(counts)), np.zeros(len(counts)), 0
    for chosen in combinations(range(len(raters)), len(raters) // 2):
        one, other = np.zeros((2, len(counts)))
        for i, k in enumerate(raters):
            (one if i in chosen else other)[k] += 1
        one, other = (np.where(x == x.max(), 1 / (x == x.max()).sum(), 0) for x in (one, other))
        both, either, ways = both + one * other, either + (one + other) / 2, ways + 1
    return both / ways, either / ways


def test_halves_as_one_by_one() -> None:
    r = np.random.default_rng(11)
    rows = [r.multinomial(n, [0.1, 0.4, 0.2, 0.3]).tolist() for n in r.integers(2, 11, 15)]
    halves = half_panels(tally([[*row, 0] for row in rows]), rng())
    for i, row in enumerate(rows):
        both, either = split_brute(row)
        assert halves.both[i] == pytest.approx(both, abs=1e-12)
        assert halves.either[i] == pytest.approx(either, abs=1e-12)


def test_label_noise_is_where_the_other_half_disagrees() -> None:
    halves = half_panels(tally([[2, 2, 0]]), rng())
    # Wrong half the time. Both halves say b in 4/6 · 1/4 of cases: 1/2 − 1/6 of 1/2 is noise.
    assert halves.label_noise(codes(0)).value == pytest.approx(2 / 3, abs=1e-12)
    # All raters say a: an error hangs on nobody.
    sure = half_panels(tally([[4, 0, 0]] * 6), rng())
    assert sure.label_noise(codes(1, 1, 1, 1, 1, 2)).value == 0.0


def test_without_errors_there_is_no_noise_in_them() -> None:
    refused = refuse(half_panels(tally([[4, 0, 0]] * 6), rng()).label_noise(codes(*[0] * 6)))
    assert refused is not None
    assert (refused.reason, refused.n_answers) == (Reason.NO_ITEMS, 0)


def test_of_many_ratings_sixteen_are_drawn() -> None:
    # The chance that two panels of 8 of 20 agree, from every split of every 16 of [12, 8]:
    # hypergeometric counts of each, by hand of NumPy.
    from scipy.stats import hypergeom

    expected = 0.0
    for a in range(8, 13):
        both, _ = split_brute_counts(a, 16 - a)
        expected += hypergeom.pmf(a, 20, 12, 16) * both
    many = half_panels(tally([[12, 8, 0]] * 4000), rng())
    found = many.accuracy().value
    spread = many.both.sum(axis=1).std() / np.sqrt(4000)
    assert found == pytest.approx(expected, abs=4 * spread)
    again = half_panels(tally([[12, 8, 0]] * 4000), rng())
    assert again.accuracy().value == found  # the same draws from the same generator
    assert half_panels(tally([[40, 0, 0], [2, 1, 0]]), rng()).accuracy().value == pytest.approx(
        (1 + 1 / 3) / 2
    )


def split_brute_counts(a: int, b: int) -> tuple[float, float]:
    from scipy.stats import hypergeom

    both = 0.0
    for x in range(max(0, 8 - b), min(a, 8) + 1):
        one, other = (x, 8 - x), (a - x, b - 8 + x)
        share = [0.5 if u == v else float(u > v) for u, v in (one, other)]
        both += hypergeom.pmf(x, a + b, a, 8) * (
            share[0] * share[1] + (1 - share[0]) * (1 - share[1])
        )
    return both, 1 - both


def test_a_part_of_the_items() -> None:
    t = tally([[3, 1, 0], [2, 2, 0], [4, 0, 0]], [1, 2, 2])
    halves = half_panels(t, rng()).only(np.array([False, True, True]))
    assert halves.accuracy().value == pytest.approx((1 / 3 + 1) / 2, abs=1e-12)
    assert halves.ratings.subjects.tolist() == [2]


def test_nothing_can_be_scored() -> None:
    t = tally([[1, 0, 3], [0, 0, 0]])
    for r in (
        rater_score(t).accuracy(), rater_score(t).uar(codes(0)), best_possible(t),
        system_score(t, codes(0, 0)).accuracy(), half_panels(t, rng()).accuracy(),
    ):  # fmt: skip
        refused = refuse(r)
        assert refused is not None
        assert refused.reason is Reason.NO_ITEMS


def test_bounds_hold_the_true_ceiling_between_them() -> None:
    # Items whose shares of ratings are known, drawn from a Dirichlet distribution; ten raters.
    # With 6,000 items a mean is off by less than 3 · 0.5/√6,000 = 0.02.
    r = np.random.default_rng(20261124)
    shares = r.dirichlet(np.full(4, 0.8), 6000)
    t = tally(np.column_stack([r.multinomial(10, shares), np.zeros(6000)]))
    truth = shares.max(axis=1).mean()
    low, high = rater_score(t).accuracy().value, best_possible(t, fresh_rater=True).value
    assert low < truth - 0.02
    assert truth + 0.02 < high
    # Against the majority of ten fresh raters, the best answer is the most frequent label.
    wins = np.mean(
        [majority_shares(tally(np.column_stack([r.multinomial(10, shares), np.zeros(6000)])))
         for _ in range(100)], axis=0,
    )  # fmt: skip
    truth = wins[np.arange(6000), shares.argmax(axis=1)].mean()
    assert half_panels(t, rng()).accuracy().value < truth - 0.02
    assert truth + 0.02 < best_possible(t).value
