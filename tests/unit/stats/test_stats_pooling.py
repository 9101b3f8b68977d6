"""Partial pooling: limits that can be derived by hand, and what few data do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import IntervalSpec, Tally, metric_named, partial_pooling
from facevalue.stats.pooling import METHOD, METHOD_SPREAD, _Cells, _fit, _main_effects, _Nodes

ACCURACY = metric_named("accuracy", ["right", "wrong"])
SPEC = IntervalSpec(0.95)


def group(right: Sequence[int], n: Sequence[int] | int, first: int) -> Tally:
    """Return a group in which subject i is right in ``right[i]`` of ``n[i]`` answers."""
    sizes = np.broadcast_to(np.asarray(n), len(right))
    counts = np.zeros((len(right), 2, 3))
    counts[:, 0, 0], counts[:, 0, 1] = right, sizes - np.asarray(right)
    return Tally(counts, np.arange(first, first + len(right)), int(sizes.sum()))


def groups(*shares: tuple[Sequence[int], Sequence[int] | int]) -> list[Tally]:
    return [group(right, n, 10_000 * i) for i, (right, n) in enumerate(shares)]


def names(n: int) -> list[list[str]]:
    return [[f"g{i}"] for i in range(n)]


def estimates(found: Sequence[Estimate | NotEstimable]) -> list[Estimate]:
    assert all(isinstance(e, Estimate) for e in found)
    return [e for e in found if isinstance(e, Estimate)]


def modes_at(
    tallies: Sequence[Tally], levels: Sequence[Sequence[str]], spread: float, precision: float
) -> np.ndarray:
    """Return the modes of the rates at a known spread, answers as independent."""
    cells = _Cells.of(ACCURACY, tallies)
    nodes = _Nodes(cells.total[None], np.array([[spread**2]]), np.zeros(1))
    design = _main_effects(levels)
    fit = _fit(cells, replace(design, precision=0 * design.precision + precision), nodes)
    rates: np.ndarray = expit(fit.mode[0])
    return rates


SOME = groups(([3, 5], 8), ([6, 7, 4], 8), ([2], 8), ([7, 8, 8, 6], 8))


def test_an_endless_spread_leaves_every_group_its_own_rate() -> None:
    # 8 of 16, 17 of 24, 2 of 8, 29 of 32
    assert modes_at(SOME, names(4), 1e4, 1e-9) == pytest.approx([1 / 2, 17 / 24, 1 / 4, 29 / 32])


def test_without_a_spread_all_groups_have_the_common_rate() -> None:
    # (8 + 17 + 2 + 29) / (16 + 24 + 8 + 32) = 56/80
    assert modes_at(SOME, names(4), 0.0, 1e-9) == pytest.approx([0.7] * 4, abs=1e-8)


def test_without_a_spread_an_intersection_has_its_main_effects() -> None:
    # Each attribute adds: the margins of the fit are those of the data (Birch 1963).
    levels = [["f", "old"], ["f", "young"], ["m", "old"], ["m", "young"]]
    p, n = modes_at(SOME, levels, 0.0, 1e-9), np.array([16, 24, 8, 32])
    right = np.array([8, 17, 2, 29])
    for members in ([0, 1], [2, 3], [0, 2], [1, 3]):
        assert (p * n)[members].sum() == pytest.approx(right[members].sum(), abs=1e-6)
    odds = p / (1 - p)
    assert odds[0] * odds[3] == pytest.approx(odds[1] * odds[2])  # no interaction


def test_a_value_lies_between_the_groups_own_and_the_others() -> None:
    found = partial_pooling(ACCURACY, SOME, names(4), SPEC)
    raw, common = [1 / 2, 17 / 24, 1 / 4, 29 / 32], 0.7
    for g, e in enumerate(estimates(found.groups)):
        if g != 1:  # it lies at the common rate already
            assert min(raw[g], common) < e.value < max(raw[g], common)
        assert e.low < e.value < e.high
        assert e.method == METHOD
        assert e.level == 0.95
    # The single subject is drawn furthest.
    drawn = [abs(e.value - own) for e, own in zip(estimates(found.groups), raw, strict=True)]
    assert max(drawn) == drawn[2]


def test_counts_are_those_of_the_group_and_of_all() -> None:
    found = partial_pooling(ACCURACY, SOME, names(4), SPEC)
    counted = [(e.n_items, e.n_answers, e.n_subjects) for e in found.groups]
    assert counted == [(16, 16, 2), (24, 24, 3), (8, 8, 1), (32, 32, 4)]
    spread = found.spread
    assert (spread.n_items, spread.n_answers, spread.n_subjects) == (80, 80, 10)
    assert isinstance(spread, Estimate)
    assert spread.method == METHOD_SPREAD
    assert 0.0 <= spread.low <= spread.value <= spread.high <= 3.0


def test_answers_of_one_person_count_for_less_the_more_alike_they_are() -> None:
    # Everybody is wholly right or wholly wrong: eight answers are worth hardly more than one.
    alike = groups(([8, 0, 8, 8], 8), ([8, 8, 0, 8, 0], 8), ([0, 8, 8], 8), ([8] * 5, 8))
    found = partial_pooling(ACCURACY, alike, names(4), SPEC)
    assert found.icc > 0.7
    # Kish: n/(1 + 7·ICC); with ICC from 0.7 to 1 that is 5.9 to 8 answers for one.
    assert all(5.9 < (e.design_effect or 0) < 8 for e in estimates(found.groups))
    # Everybody is right equally often, which is less variation than chance would make.
    even = groups(([6] * 4, 8), ([6] * 5, 8), ([6] * 3, 8), ([6] * 5, 8))
    narrow = partial_pooling(ACCURACY, even, names(4), SPEC)
    assert narrow.icc < 0.05
    width = [[e.high - e.low for e in estimates(f.groups)] for f in (narrow, found)]
    assert all(a < b / 1.5 for a, b in zip(*width, strict=True))


def test_one_answer_each_tells_nothing_of_the_correlation_and_needs_none() -> None:
    single = groups(([1, 0, 1, 1, 1], 1), ([1, 1, 0, 0], 1), ([1, 1, 1], 1))
    found = partial_pooling(ACCURACY, single, names(3), SPEC)
    assert [e.design_effect for e in estimates(found.groups)] == pytest.approx([1.0] * 3)


def test_a_group_without_answers_is_not_estimable_and_the_others_do_not_mind() -> None:
    nobody = Tally(np.zeros((0, 2, 3)), np.arange(0), 0)
    without = partial_pooling(ACCURACY, SOME, names(4), SPEC)
    found = partial_pooling(ACCURACY, [*SOME, nobody], names(5), SPEC)
    assert found.groups[4] == NotEstimable(
        reason=Reason.NO_ITEMS, n_items=0, n_answers=0, n_subjects=0
    )
    assert [e.value for e in estimates(found.groups[:4])] == pytest.approx(
        [e.value for e in estimates(without.groups)]
    )


@pytest.mark.parametrize("right", [0, 8])
def test_a_perfect_or_hopeless_system_has_an_interval_inside_the_range(right: int) -> None:
    all_alike = groups(([right] * 3, 8), ([right] * 4, 8), ([right], 8))
    for e in estimates(partial_pooling(ACCURACY, all_alike, names(3), SPEC).groups):
        assert 0.0 < e.low < e.value < e.high < 1.0
        # 64 answers of 8 people, all alike: some 8 independent ones, 3/8 at most is left open.
        assert abs(e.value - right / 8) < 0.1
        assert e.high - e.low < 3 / 8


def test_too_few_groups_or_subjects_are_said() -> None:
    two = partial_pooling(ACCURACY, groups(([3, 4], 8), ([5, 4, 2], 8), ([], 8)), names(3), SPEC)
    assert [(e.reason, e.detail) for e in two.groups if isinstance(e, NotEstimable)] == [
        (Reason.TOO_FEW_CLUSTERS, "2 groups have answers, at least 3 needed"),
        (Reason.TOO_FEW_CLUSTERS, "2 groups have answers, at least 3 needed"),
        (Reason.NO_ITEMS, ""),
    ]
    four = partial_pooling(ACCURACY, groups(([3, 4], 8), ([5], 8), ([2], 8)), names(3), SPEC)
    assert four.spread == NotEstimable(
        reason=Reason.TOO_FEW_CLUSTERS, detail="4 in all groups, at least 5 needed",
        n_items=32, n_answers=32, n_subjects=4,
    )  # fmt: skip
    assert four.icc == 0.0


def test_a_recall_rests_on_the_subjects_who_have_the_label() -> None:
    recall = metric_named("recall[wrong]", ["right", "wrong"])
    tallies = groups(([3, 5], 8), ([6, 7, 4], 8), ([7, 8, 8, 6], 8))
    for t in tallies:
        t.counts[1:, 1, 1] = 2  # all but the first subject of a group
    found = partial_pooling(recall, tallies, names(3), SPEC)
    assert [e.n_subjects for e in found.groups] == [1, 2, 3]
    assert [e.n_answers for e in found.groups] == [2, 4, 6]


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^uar: 4 groups, 4 levels of them"):
        partial_pooling(metric_named("uar", ["right", "wrong"]), SOME, names(4), SPEC)
    with pytest.raises(ValueError, match=r"^accuracy: 4 groups, 3 levels of them"):
        partial_pooling(ACCURACY, SOME, names(3), SPEC)
    shared = [SOME[0], SOME[0], SOME[1]]
    with pytest.raises(ValueError, match=r"^groups share subjects"):
        partial_pooling(ACCURACY, shared, names(3), SPEC)


def test_many_subjects_with_the_same_counts_are_gone_through_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(5)
    many = groups(*((rng.binomial(4, p, 400).tolist(), 4) for p in (0.5, 0.6, 0.7)))
    one_by_one = partial_pooling(ACCURACY, many, names(3), SPEC)
    monkeypatch.setattr("facevalue.stats.pooling.MANY", 0)
    at_once = partial_pooling(ACCURACY, many, names(3), SPEC)
    # The answers were drawn independently: an ICC of 0, known to 1/√(1,200 · 6) = 0.012.
    assert at_once.icc < 0.03
    values = [[e.value for e in estimates(f.groups)] for f in (at_once, one_by_one)]
    assert values[0] == pytest.approx([0.5, 0.6, 0.7], abs=0.03)
    assert values[0] == pytest.approx(values[1], abs=1e-9)


@pytest.mark.parametrize(("name", "most"), [("MAX_STEPS", 2), ("MAX_ZOOMS", 0)])
def test_a_search_that_is_cut_short_is_still_near(
    name: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = partial_pooling(ACCURACY, SOME, names(4), SPEC)
    monkeypatch.setattr(f"facevalue.stats.pooling.{name}", most)
    short = partial_pooling(ACCURACY, SOME, names(4), SPEC)
    for a, b in zip(estimates(found.groups), estimates(short.groups), strict=True):
        assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=0.03)


def test_every_spread_and_correlation_that_the_data_leave_open_is_tried() -> None:
    far = groups(([0] * 20, 5), ([1] * 20, 5), ([5] * 20, 5), ([4] * 20, 5), ([3] * 20, 5))
    found = partial_pooling(ACCURACY, far, names(5), SPEC)
    assert isinstance(found.spread, Estimate)
    assert found.spread.low > 0.5
    alike = groups(*[([3, 4, 2, 3, 3] * 4, 5)] * 5)
    near = partial_pooling(ACCURACY, alike, names(5), SPEC).spread
    assert isinstance(near, Estimate)
    assert near.low == 0.0
    assert near.high < 0.5
