"""Means of rows that count several people: by hand, and in how often their intervals hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from facevalue.domain import Estimate, Reason
from facevalue.stats import (
    CAUTION,
    IntervalSpec,
    Scale,
    change_within,
    interval,
    mean_of,
    mean_over_pairs,
    refuse,
)

Codes = npt.NDArray[np.int64]
Drawn = tuple[npt.NDArray[np.float64], Codes, Codes]
SPEC = IntervalSpec(0.95)
N_AUDITS = 150


def test_people_in_a_ring_are_left_out_with_both_their_rows() -> None:
    values = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    people = np.arange(6)
    r = mean_over_pairs(values, (people, (people + 1) % 6), 12)
    # Who is left out takes the own row and the one before along: (3 - 1) / 4, (3 - 2) / 4, ...
    assert r.left_out.tolist() == [0.5, 0.25, 0.25, 0.5, 0.75, 0.75]
    assert (r.value, r.n_items, r.n_answers, r.n_subjects) == (0.5, 12, 6, 6)
    # Four deviate by a quarter, each with a share of one in six: 4 * (5 / 6) / 16.
    assert r.variance == pytest.approx(5 / 24, abs=1e-12)
    assert r.effective_subjects == pytest.approx(6.0, abs=1e-12)


def test_equals_the_mean_of_people_where_both_roles_are_the_same_person() -> None:
    rng = np.random.default_rng(2)
    who = np.sort(rng.integers(0, 12, 70)) * 3
    values = rng.integers(0, 2, 70).astype(float)
    people, row = np.unique(who, return_inverse=True)
    n, total = (np.bincount(row, w).astype(np.float64) for w in (np.ones(70), values))
    plain = mean_of(n, total, people, 70)
    paired = mean_over_pairs(values, (who, who), 70)
    assert paired.left_out == pytest.approx(plain.left_out, abs=1e-12)
    assert paired.subjects.tolist() == people.tolist()
    assert paired.effective_subjects == pytest.approx(plain.effective_subjects, rel=1e-12)
    one, other = (interval(r, SPEC, Scale.SHARE) for r in (plain, paired))
    assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-9)
    assert (other.method, other.n_subjects) == (one.method, one.n_subjects)


def test_leaving_out_is_that_of_the_rows_without_the_person() -> None:
    rng = np.random.default_rng(3)
    people = [rng.integers(0, 9, 40) for _ in range(3)]
    values = rng.normal(size=40)
    r = mean_over_pairs(values, people, 40)
    for k, person in enumerate(r.subjects):
        has_part = np.any([who == person for who in people], axis=0)
        assert r.left_out[k] == pytest.approx(values[~has_part].mean(), abs=1e-12)
        assert r.weights is not None
        assert r.weights[k] == has_part.sum()
    again = mean_over_pairs(values[::-1], [who[::-1] for who in reversed(people)], 40)
    assert again.left_out == pytest.approx(r.left_out, abs=1e-12)
    assert again.effective_subjects == r.effective_subjects


def test_two_rows_of_six_people_are_two_observations() -> None:
    r = mean_over_pairs(np.zeros(2), [np.array(c) for c in ([0, 1], [2, 3], [4, 5])], 2)
    assert (r.n_subjects, r.effective_subjects) == (2, 2.0)
    refused = refuse(r)
    assert refused is not None
    assert (refused.reason, refused.n_subjects) == (Reason.TOO_FEW_CLUSTERS, 2)
    # It stays so whatever else is changed.
    assert refuse(replace(r, scale=Scale.DIFFERENCE)) is not None


def test_a_pair_held_both_ways_is_one_observation() -> None:
    mine = np.arange(8)
    refused = refuse(mean_over_pairs(np.zeros(8), (mine, mine ^ 1), 8))
    assert refused is not None
    assert refused.detail == "8 worth 4, at least 5 needed"
    more = np.arange(10)
    r = mean_over_pairs(np.ones(10), (more, more ^ 1), 10)
    assert refuse(r) is None
    found = interval(r, SPEC, Scale.SHARE)
    # All of five agree: 0.025 ** (1 / 5).
    assert (found.low, found.high) == pytest.approx((0.025**0.2, 1.0), abs=1e-12)
    assert found.method.endswith(CAUTION)


def test_no_change_in_pairs_is_bounded_by_the_pairs() -> None:
    mine = np.arange(12)
    people = (mine, mine ^ 1)
    none, alike = (mean_over_pairs(np.full(12, x), people, 12) for x in (0.0, 1.0))
    found = change_within(replace(none, scale=Scale.DIFFERENCE), alike, SPEC)
    assert isinstance(found, Estimate)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 6), abs=1e-12)


def test_one_pair_with_most_of_the_rows_is_worth_little() -> None:
    # Four pairs of a row each, and one of 16 in both directions: 20 ** 2 / (16 ** 2 + 4).
    mine = np.concatenate([np.tile([0, 1], 8), [2, 4, 6, 8]])
    theirs = np.concatenate([np.tile([1, 0], 8), [3, 5, 7, 9]])
    r = mean_over_pairs(np.zeros(20), (mine, theirs), 20)
    assert r.effective_subjects == pytest.approx(400 / 260, abs=1e-12)


def test_rows_that_all_hold_one_person_cannot_do_without() -> None:
    r = mean_over_pairs(np.ones(6), (np.arange(6), np.full(6, 9)), 6)
    assert np.isnan(r.left_out[-1])
    refused = refuse(r)
    assert refused is not None
    assert refused.detail == "6 worth 1, at least 5 needed"


def test_without_rows_there_is_nothing_to_tell() -> None:
    none = np.empty(0, dtype=np.int64)
    refused = refuse(mean_over_pairs(np.empty(0), (none, none), 0))
    assert refused is not None
    assert refused.reason is Reason.NO_ITEMS


def test_roles_have_a_person_for_every_row() -> None:
    with pytest.raises(ValueError, match=r"\(2,\)"):
        mean_over_pairs(np.ones(3), (np.arange(3), np.arange(2)), 3)
    with pytest.raises(ValueError, match="one or more"):
        mean_over_pairs(np.ones(3), (), 3)


def swapped(rng: np.random.Generator, n_people: int, n_items: int, partners: float) -> Drawn:
    """Each item beside one of another person; how often it changes is of both people."""
    own = np.repeat(np.arange(n_people), n_items)
    theirs = (own + rng.integers(1, n_people, len(own))) % n_people
    by_own, by_partner = rng.beta(2, 6, (2, n_people))
    rate = partners * by_partner[theirs] + (1 - partners) * by_own[own]
    return (rng.random(len(own)) >= rate).astype(float), own, theirs


def rarely_odd(rng: np.random.Generator, n_people: int, share: float) -> Drawn:
    """Each item beside one of another person; it changes where either of the two is odd."""
    own = np.repeat(np.arange(n_people), 10)
    theirs = (own + rng.integers(1, n_people, len(own))) % n_people
    odd = rng.random(n_people) < share
    return (~(odd[own] | odd[theirs])).astype(float), own, theirs


def held_twice(rng: np.random.Generator, n_pairs: int, share: float) -> Drawn:
    """Pairs of people who agree or do not, each from both sides."""
    mine = np.arange(2 * n_pairs)
    return (rng.random(n_pairs) < share)[mine // 2].astype(float), mine, mine ^ 1


def held_unequally_often(rng: np.random.Generator, share: float) -> Drawn:
    """Six pairs of ten rows in both directions, and six of one."""
    pair = np.concatenate([np.repeat(np.arange(6), 10), np.arange(6, 12)])
    side = np.arange(len(pair)) % 2
    return (rng.random(12) < share)[pair].astype(float), 2 * pair + side, 2 * pair + 1 - side


@pytest.mark.parametrize(
    ("draw", "true"),
    [
        (lambda rng: swapped(rng, 20, 10, 0.5), 0.75),
        (lambda rng: swapped(rng, 20, 10, 1.0), 0.75),
        (lambda rng: swapped(rng, 40, 10, 1.0), 0.75),
        (lambda rng: held_twice(rng, 6, 0.65), 0.65),
        (lambda rng: held_twice(rng, 10, 0.82), 0.82),
        (lambda rng: held_twice(rng, 40, 0.95), 0.95),
        (lambda rng: held_unequally_often(rng, 0.7), 0.7),
        (lambda rng: rarely_odd(rng, 20, 0.08), 0.92**2),
        (lambda rng: rarely_odd(rng, 80, 0.03), 0.97**2),
    ],
    ids=[
        "both people",
        "partner",
        "partner of 40",
        "6 pairs",
        "10 pairs",
        "40 pairs",
        "unequal",
        "few odd people of 20",
        "few odd people of 80",
    ],
)
def test_intervals_miss_no_more_often_than_they_say(
    draw: Callable[[np.random.Generator], Drawn], true: float
) -> None:
    rng = np.random.default_rng(11)
    missed = 0
    for _ in range(N_AUDITS):
        values, mine, theirs = draw(rng)
        r = mean_over_pairs(values, (mine, theirs), len(values))
        assert refuse(r) is None
        found = interval(r, SPEC, Scale.SHARE)
        missed += not found.low <= true <= found.high
    # At most 5 %, with three standard errors of 150 audits.
    assert missed / N_AUDITS <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / N_AUDITS)
