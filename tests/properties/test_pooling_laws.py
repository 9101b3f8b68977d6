"""Laws of partial pooling.

Doubling everybody is not among them: more people borrow less, so values do move.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats import IntervalSpec, Pooling, Tally, metric_named, partial_pooling

laws = settings(derandomize=True, deadline=None, max_examples=25)
ACCURACY = metric_named("accuracy", ["right", "wrong"])
Groups = list[list[tuple[int, int]]]
LEVELS = [["f", "a"], ["f", "b"], ["f", "c"], ["m", "a"], ["m", "b"], ["m", "c"]]

# For each of six groups its subjects: answers, and how many of them are right.
subjects = st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
groups = st.lists(st.lists(subjects, max_size=8), min_size=6, max_size=6)


def tallies(data: Groups) -> list[Tally]:
    made = []
    for g, people in enumerate(data):
        counts = np.zeros((len(people), 2, 3))
        for i, (n, right) in enumerate(people):
            counts[i, 0, :2] = right, n - right
        made.append(Tally(counts, np.arange(len(people)) + 100 * g, int(counts.sum())))
    return made


def pooled(data: Groups, levels: list[list[str]] = LEVELS, level: float = 0.95) -> Pooling:
    return partial_pooling(ACCURACY, tallies(data), levels, IntervalSpec(level))


def _same(one: Estimate | NotEstimable, other: Estimate | NotEstimable) -> None:
    assert type(one) is type(other)
    if isinstance(one, Estimate) and isinstance(other, Estimate):
        ends = (other.value, other.low, other.high)
        assert (one.value, one.low, one.high) == pytest.approx(ends, abs=1e-6)
        assert one.n_answers == other.n_answers
    else:
        assert one == other


@laws
@given(data=groups, order=st.permutations(range(6)))
def test_the_order_of_groups_does_not_matter(data: Groups, order: list[int]) -> None:
    one = pooled(data)
    other = pooled([data[g] for g in order], [LEVELS[g] for g in order])
    for position, g in enumerate(order):
        _same(other.groups[position], one.groups[g])
    _same(other.spread, one.spread)


@laws
@given(data=groups)
def test_names_and_the_order_of_subjects_do_not_matter(data: Groups) -> None:
    renamed = [[a.upper(), f"old {b}"] for a, b in LEVELS]
    other = pooled([people[::-1] for people in data], renamed)
    for a, b in zip(pooled(data).groups, other.groups, strict=True):
        _same(a, b)


@laws
@given(data=groups)
def test_right_and_wrong_are_mirrored(data: Groups) -> None:
    mirrored = pooled([[(n, n - right) for n, right in people] for people in data])
    for a, b in zip(pooled(data).groups, mirrored.groups, strict=True):
        assert type(a) is type(b)
        if isinstance(a, Estimate) and isinstance(b, Estimate):
            ends = (1 - b.value, 1 - b.high, 1 - b.low)
            assert (a.value, a.low, a.high) == pytest.approx(ends, abs=1e-6)


@laws
@given(data=groups)
def test_inside_its_interval_and_wider_at_a_higher_level(data: Groups) -> None:
    narrow, wide = pooled(data, level=0.8), pooled(data, level=0.99)
    pairs = zip((*narrow.groups, narrow.spread), (*wide.groups, wide.spread), strict=True)
    for a, b in pairs:
        assert type(a) is type(b)
        if isinstance(a, Estimate) and isinstance(b, Estimate):
            assert 0.0 <= b.low <= a.low <= a.value <= a.high <= b.high
            assert a.value == b.value
    assert all(g.high < 1.0 for g in wide.groups if isinstance(g, Estimate))


@laws
@given(data=groups)
def test_a_number_for_whoever_has_answers_and_a_reason_for_the_others(data: Groups) -> None:
    found = pooled(data).groups
    n_groups, n_people = sum(map(bool, data)), sum(map(len, data))
    for people, result in zip(data, found, strict=True):
        assert result.n_subjects == len(people)
        enough = n_groups >= 3 and n_people >= 5
        assert isinstance(result, Estimate) == (enough and bool(people))
