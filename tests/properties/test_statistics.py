"""Laws of the statistics, in a table; one test a law, and one that nobody is missing."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import facevalue.stats
from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats import (
    ConfidenceTally,
    IntervalSpec,
    Metric,
    Replicates,
    Scale,
    Tally,
    advantage,
    cell_share,
    difference,
    estimate,
    expected_calibration_error,
    expected_random,
    further_subjects,
    holm,
    interval,
    largest_gap,
    majority,
    mean_of,
    metric_named,
    permuted_gaps,
    ratio,
    refuse,
    replicate,
    shuffled_values,
)
from facevalue.stats.tally import coded

Found = Estimate | NotEstimable
Codes = npt.NDArray[np.int64]
N_LABELS = 3
LABELS = "abc"
N_GROUPS = 3
MOST_PEOPLE = 14

laws = settings(
    derandomize=True, deadline=None, max_examples=int(os.environ.get("FACEVALUE_EXAMPLES", "25"))
)


@dataclass(frozen=True)
class Answers:
    """One row an answer: who, annotated, predicted, in which condition, how sure."""

    subject: Codes
    annotated: Codes
    predicted: Codes
    condition: Codes
    confidence: npt.NDArray[np.float64]
    group_of: dict[int, int]
    label: int = 1

    def rows(self, chosen: npt.NDArray[np.bool_] | Codes) -> Answers:
        return replace(
            self,
            subject=self.subject[chosen],
            annotated=self.annotated[chosen],
            predicted=self.predicted[chosen],
            condition=self.condition[chosen],
            confidence=self.confidence[chosen],
        )

    @property
    def group(self) -> Codes:
        return np.array([self.group_of[s] for s in self.subject.tolist()], dtype=np.int64)

    @property
    def tally(self) -> Tally:
        return Tally.from_codes(self.subject, self.annotated, self.predicted, n_labels=N_LABELS)

    @property
    def mix(self) -> npt.NDArray[np.float64]:
        return np.bincount(self.annotated, minlength=N_LABELS).astype(np.float64)

    def metric(self, head: str) -> Metric:
        one = LABELS[self.label]
        if head == "confusion":
            return cell_share(LABELS, one, LABELS[(self.label + 1) % N_LABELS])
        present = [LABELS[k] for k in sorted(set(self.annotated.tolist()))]
        name = head if head in ("accuracy", "uar", "mcc") else f"{head}[{one}]"
        return metric_named(name, LABELS, present=present, mix=self.mix)


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    n_people = draw(st.integers(1, MOST_PEOPLE))
    row = st.tuples(
        st.integers(0, n_people - 1),
        st.integers(0, N_LABELS - 1),
        st.integers(0, N_LABELS),  # the last is outside the taxonomy
        st.integers(0, 1),
        st.integers(0, 20),
    )
    rows = np.array(draw(st.lists(row, min_size=1, max_size=60)), dtype=np.int64)
    # Everybody answers something, so that most draws have people enough for an interval.
    more = draw(st.lists(row, min_size=n_people, max_size=n_people))
    rows = np.concatenate([rows, np.array(more, dtype=np.int64)])
    rows[-n_people:, 0] = np.arange(n_people)
    groups = draw(st.lists(st.integers(0, N_GROUPS - 1), min_size=n_people, max_size=n_people))
    return Answers(
        subject=rows[:, 0],
        annotated=rows[:, 1],
        predicted=rows[:, 2],
        condition=rows[:, 3],
        confidence=rows[:, 4] / 20,
        group_of=dict(enumerate(groups)),
    )


def _of(head: str) -> Callable[[Answers, float], Found]:
    return lambda a, level: estimate(a.metric(head), a.tally, IntervalSpec(level))


def _side(a: Answers, group: int, *, by_condition: bool) -> Replicates:
    chosen = (a.condition if by_condition else a.group) == group
    return replicate(a.metric("accuracy"), a.rows(chosen).tally)


def _compared(
    compare: Callable[[Replicates, Replicates, IntervalSpec], Found], *, by_condition: bool
) -> Callable[[Answers, float], Found]:
    def found(a: Answers, level: float) -> Found:
        sides = [_side(a, g, by_condition=by_condition) for g in (0, 1)]
        return compare(sides[0], sides[1], IntervalSpec(level))

    return found


def _largest_gap(a: Answers, level: float) -> Found:
    families = [
        {str(g): _side(a, g, by_condition=False) for g in range(N_GROUPS)},
        {str(c): _side(a, c, by_condition=True) for c in range(2)},
    ]
    return largest_gap(families, IntervalSpec(level)).result


def _calibration(a: Answers, level: float) -> Found:
    t = ConfidenceTally.from_answers(a.subject, a.confidence, a.predicted == a.annotated)
    return expected_calibration_error(t, IntervalSpec(level))


def _mean_confidence(a: Answers, level: float) -> Found:
    codes, row = coded(a.subject)
    total = np.bincount(row, weights=a.confidence, minlength=len(codes)).astype(np.float64)
    n = np.bincount(row, minlength=len(codes)).astype(np.float64)
    r = mean_of(n, total, codes, len(row))
    return refuse(r) or interval(r, IntervalSpec(level), Scale.SHARE)


def _over(reference: Callable[[Tally], Tally], head: str) -> Callable[[Answers, float], Found]:
    return lambda a, level: advantage(
        a.metric(head), a.tally, reference(a.tally), IntervalSpec(level)
    )


@dataclass(frozen=True)
class Statistic:
    """One statistic with its laws. ``uses``: public names that the laws are thereby of."""

    found: Callable[[Answers, float], Found]
    bounds: tuple[float, float]
    uses: tuple[str, ...] = ("estimate", "metric_named", "replicate", "refuse", "interval")
    label_may_be_renamed: bool = True


SHARE = (0.0, 1.0)
TABLE: dict[str, Statistic] = {
    "accuracy": Statistic(_of("accuracy"), SHARE),
    "uar": Statistic(_of("uar"), SHARE),
    "mcc": Statistic(_of("mcc"), (-1.0, 1.0)),
    "recall": Statistic(_of("recall"), SHARE),
    "precision": Statistic(_of("precision"), SHARE),
    "f1": Statistic(_of("f1"), SHARE),
    "prediction_rate": Statistic(_of("prediction_rate"), SHARE),
    "standardised_prediction_rate": Statistic(_of("standardised_prediction_rate"), SHARE),
    # Which other label it is confused with follows from the position, so it is not renamed.
    "confusion": Statistic(
        _of("confusion"), SHARE, ("cell_share",), label_may_be_renamed=False
    ),
    "calibration error": Statistic(_calibration, SHARE, ("expected_calibration_error",)),
    "mean confidence": Statistic(_mean_confidence, SHARE, ("mean_of", "refuse", "interval")),
    "difference": Statistic(_compared(difference, by_condition=False), (-1, 1), ("difference",)),
    "paired difference": Statistic(
        _compared(difference, by_condition=True), (-1, 1), ("difference",)
    ),
    "ratio": Statistic(_compared(ratio, by_condition=False), (0, math.inf), ("ratio",)),
    "paired ratio": Statistic(_compared(ratio, by_condition=True), (0, math.inf), ("ratio",)),
    "largest gap": Statistic(_largest_gap, SHARE, ("largest_gap",)),
    "over random": Statistic(
        _over(expected_random, "uar"), (-2, 2), ("advantage", "expected_random")
    ),
    # Among labels that are equally frequent the first is taken, so names matter.
    "over majority": Statistic(
        _over(majority, "accuracy"), (-2, 2), ("advantage", "majority"),
        label_may_be_renamed=False,
    ),
}  # fmt: skip

OTHER_LAWS = {
    "coded": "test_stats_tally.py",
    "holm": "test_holm_keeps_order_and_bounds",
    "further_subjects": "test_further_subjects_settle_the_claim",
    "permuted_gaps": "test_permuted_gaps_are_p_values",
    "shuffled_values": "test_shuffled_values_are_values_of_the_metric",
}


def test_no_public_statistic_is_missing_from_the_table() -> None:
    public = {
        name
        for name in facevalue.stats.__all__
        if inspect.isfunction(getattr(facevalue.stats, name))
    }
    assert public == {name for s in TABLE.values() for name in s.uses} | set(OTHER_LAWS)
    for where in OTHER_LAWS.values():
        assert where.endswith(".py") or where in globals()


over_the_table = pytest.mark.parametrize("name", TABLE)


def _same(one: Found, other: Found) -> None:
    assert type(one) is type(other)
    assert (one.n_items, one.n_answers, one.n_subjects) == (
        other.n_items, other.n_answers, other.n_subjects,
    )  # fmt: skip
    assert one.value == pytest.approx(other.value, abs=1e-9)
    if isinstance(one, Estimate) and isinstance(other, Estimate):
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-7, rel=1e-7)
        assert one.p_value == pytest.approx(other.p_value, abs=1e-7)
        assert one.method == other.method
    elif isinstance(one, NotEstimable) and isinstance(other, NotEstimable):
        assert (one.reason, one.detail) == (other.reason, other.detail)


@over_the_table
@laws
@given(data=answers(), seed=st.integers(0, 2**32 - 1))
def test_invariant_to_the_order_of_answers(name: str, data: Answers, seed: int) -> None:
    mixed = data.rows(np.random.default_rng(seed).permutation(len(data.subject)))
    _same(TABLE[name].found(data, 0.95), TABLE[name].found(mixed, 0.95))


@over_the_table
@laws
@given(data=answers(), order=st.permutations(range(MOST_PEOPLE)))
def test_invariant_to_renaming_subjects(name: str, data: Answers, order: list[int]) -> None:
    new = 3 * np.array(order) + 7
    renamed = replace(
        data,
        subject=new[data.subject],
        group_of={int(new[s]): g for s, g in data.group_of.items()},
    )
    _same(TABLE[name].found(data, 0.95), TABLE[name].found(renamed, 0.95))


@pytest.mark.parametrize("name", [n for n, s in TABLE.items() if s.label_may_be_renamed])
@laws
@given(data=answers(), order=st.permutations(range(N_LABELS)))
def test_invariant_to_renaming_labels(name: str, data: Answers, order: list[int]) -> None:
    new = np.array([*order, N_LABELS])  # outside stays outside
    renamed = replace(
        data, annotated=new[data.annotated], predicted=new[data.predicted], label=order[data.label]
    )
    _same(TABLE[name].found(data, 0.95), TABLE[name].found(renamed, 0.95))


@over_the_table
@laws
@given(data=answers())
def test_bounded_and_inside_its_interval(name: str, data: Answers) -> None:
    found = TABLE[name].found(data, 0.95)
    low, high = TABLE[name].bounds
    if found.value is not None:
        assert low <= found.value <= high
    if isinstance(found, Estimate):
        assert found.low <= found.value <= found.high
        if name not in ("over random", "over majority"):  # an interval as it is, not cut
            assert low <= found.low
            assert found.high <= high
        if found.p_value is not None:
            assert 0.0 <= found.p_value <= 1.0


@over_the_table
@laws
@given(data=answers())
def test_wider_at_a_higher_level(name: str, data: Answers) -> None:
    narrow, wide = TABLE[name].found(data, 0.8), TABLE[name].found(data, 0.99)
    assert type(narrow) is type(wide)
    if isinstance(narrow, Estimate) and isinstance(wide, Estimate):
        assert wide.low <= narrow.low + 1e-12
        assert wide.high >= narrow.high - 1e-12
        assert wide.value == narrow.value


@over_the_table
@laws
@given(data=answers())
def test_unchanged_value_when_everybody_is_doubled(name: str, data: Answers) -> None:
    n = len(data.subject)
    twice = data.rows(np.concatenate([np.arange(n), np.arange(n)]))
    twice.subject[n:] += 1000
    twice = replace(twice, group_of=data.group_of | {s + 1000: g for s, g in data.group_of.items()})
    one, two = TABLE[name].found(data, 0.95), TABLE[name].found(twice, 0.95)
    if isinstance(one, Estimate):
        # More people never take a number away, and are twice as many.
        assert isinstance(two, Estimate)
        if name != "largest gap":  # groups that were too small take part now
            assert two.value == pytest.approx(one.value, abs=1e-9)
            assert two.n_subjects == 2 * one.n_subjects
    elif one.value is not None and name != "largest gap":
        assert two.value == pytest.approx(one.value, abs=1e-9)


@pytest.mark.parametrize("by_condition", [False, True])
@laws
@given(data=answers())
def test_differences_are_antisymmetric_and_ratios_reciprocal(
    by_condition: bool, data: Answers
) -> None:
    a, b = (_side(data, g, by_condition=by_condition) for g in (0, 1))
    spec = IntervalSpec(0.95)
    forth, back = difference(a, b, spec), difference(b, a, spec)
    assert type(forth) is type(back)
    if isinstance(forth, Estimate) and isinstance(back, Estimate):
        assert (forth.value, forth.low, forth.high) == pytest.approx(
            (-back.value, -back.high, -back.low), abs=1e-9
        )
        assert forth.p_value == pytest.approx(back.p_value)
        # What the interval says of "no difference" the p-value says, too.
        assert forth.p_value is not None
        if abs(forth.p_value - 0.05) > 1e-9:
            assert (forth.low <= 0.0 <= forth.high) == (forth.p_value > 0.05)
    over, under = ratio(a, b, spec), ratio(b, a, spec)
    assert type(over) is type(under)
    if isinstance(over, Estimate) and isinstance(under, Estimate):
        assert (over.value, over.low, over.high) == pytest.approx(
            (1 / under.value, 1 / under.high, 1 / under.low), rel=1e-6
        )
        assert over.p_value == pytest.approx(under.p_value)


@laws
@given(data=answers(), seed=st.integers(0, 1000))
def test_permuted_gaps_are_p_values(data: Answers, seed: int) -> None:
    t = data.tally
    member = np.array([data.group_of[int(s)] for s in t.subjects], dtype=np.int64)
    metrics = [data.metric("accuracy"), data.metric("recall")]
    given_once = permuted_gaps(t, member, metrics, 99, np.random.default_rng(seed))
    assert given_once == permuted_gaps(t, member, metrics, 99, np.random.default_rng(seed))
    for p in given_once:
        assert p is None or 1 / 100 <= p <= 1.0
    # The names of the groups do not matter: the same draws, the same gaps.
    swapped = permuted_gaps(t, N_GROUPS - 1 - member, metrics, 99, np.random.default_rng(seed))
    if len(set(member.tolist())) == N_GROUPS:
        assert swapped == given_once


@laws
@given(data=answers(), seed=st.integers(0, 1000))
def test_shuffled_values_are_values_of_the_metric(data: Answers, seed: int) -> None:
    each = np.eye(N_LABELS + 1)[data.predicted]
    draws = [
        shuffled_values(
            data.metric("accuracy"), weight * each, data.annotated, 20, np.random.default_rng(seed)
        )
        for weight in (1, 2)
    ]
    possible = np.arange(len(data.subject) + 1) / len(data.subject)
    for values in draws:
        assert np.abs(values[:, None] - possible[None]).min(axis=1).max() < 1e-9


@laws
@given(data=answers())
def test_reference_systems_keep_what_was_annotated(data: Answers) -> None:
    t = data.tally
    for other in (majority(t), expected_random(t)):
        assert other.counts.sum(axis=2) == pytest.approx(t.counts.sum(axis=2))
        assert other.n_answers == t.n_answers
    assert expected_random(t).total.sum(axis=0) == pytest.approx(t.total.sum(axis=0))


@laws
@given(p=st.lists(st.floats(0.0, 1.0), max_size=12), data=st.data())
def test_holm_keeps_order_and_bounds(p: list[float], data: st.DataObject) -> None:
    adjusted = holm(p)
    for before, after in zip(p, adjusted, strict=True):
        assert before <= after <= min(1.0, before * len(p) + 1e-12)
    order = sorted(range(len(p)), key=lambda i: p[i])
    assert [adjusted[i] for i in order] == sorted(adjusted)
    mixed = data.draw(st.permutations(range(len(p))))
    assert holm([p[i] for i in mixed]) == [adjusted[i] for i in mixed]


@laws
@given(
    value=st.floats(0.05, 0.95), half=st.floats(0.01, 0.5), share=st.floats(0.01, 0.99),
    n=st.integers(5, 500), above=st.booleans(),
)  # fmt: skip
def test_further_subjects_settle_the_claim(
    value: float, half: float, share: float, n: int, above: bool
) -> None:
    found = Estimate(
        value=value, low=value - half, high=value + half, level=0.95, method="m", n_items=n,
        n_answers=n, n_subjects=n,
    )  # fmt: skip
    bound = value + (half if above else -half) * share
    more = further_subjects(found, bound)
    distance = abs(value - bound)
    if more is None:
        assert n * (half / distance) ** 2 > 1_000_000
    else:
        # With so many more, the half-width is at most the distance; with one fewer, it is not.
        assert more >= 1
        assert half * math.sqrt(n / (n + more)) <= distance * (1 + 1e-6)
        assert more == 1 or half * math.sqrt(n / (n + more - 1)) > distance * (1 - 1e-6)
