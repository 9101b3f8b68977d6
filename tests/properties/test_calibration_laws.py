"""Laws of calibration: order, names, bounds, levels, and everybody doubled.

The calibration error without chance comes nearer to what is found the more people there are,
so it is not among those that stay as they are when everybody is doubled.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facevalue.domain import Estimate, NotEstimable
from facevalue.stats import (
    BRIER_PARTS,
    ConfidenceTally,
    IntervalSpec,
    Replicates,
    Scale,
    ScoreTally,
    brier_score,
    calibration_error,
    confidence_auroc,
    debiased_calibration_error,
    expected_calibration_error,
    interval,
    overconfidence,
    refuse,
)

laws = settings(
    derandomize=True, deadline=None, max_examples=int(os.environ.get("FACEVALUE_EXAMPLES", "25"))
)
Found = Estimate | NotEstimable


@dataclass(frozen=True)
class Answers:
    subject: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    label: npt.NDArray[np.int64]

    def rows(self, chosen: npt.NDArray[np.int64]) -> Answers:
        return Answers(self.subject[chosen], self.scores[chosen], self.label[chosen])

    @property
    def tally(self) -> ScoreTally:
        return ScoreTally.from_scores(self.subject, self.scores, self.label)

    @property
    def is_right(self) -> npt.NDArray[np.bool_]:
        right: npt.NDArray[np.bool_] = self.scores.argmax(axis=1) == self.label
        return right

    @property
    def top(self) -> ConfidenceTally:
        return ConfidenceTally.from_answers(self.subject, self.scores.max(axis=1), self.is_right)


def _share(r: Replicates, level: float) -> Found:
    return refuse(r) or interval(r, IntervalSpec(level), Scale.SHARE)


@dataclass(frozen=True)
class Statistic:
    found: Callable[[Answers, float], Found]
    bounds: tuple[float, float]
    stays_when_doubled: bool = True


TABLE = {
    "overconfidence": Statistic(
        lambda a, level: overconfidence(a.top, IntervalSpec(level)), (-1.0, 1.0)
    ),
    "auroc": Statistic(
        lambda a, level: _share(
            confidence_auroc(a.subject, a.scores.max(axis=1), a.is_right), level
        ),
        (0.0, 1.0),
    ),
    "brier": Statistic(lambda a, level: brier_score(a.tally, IntervalSpec(level)), (0.0, 2.0)),
    "confidence of errors": Statistic(
        lambda a, level: _share(a.top.mean_confidence_when(right=False), level), (0.0, 1.0)
    ),
    "ece": Statistic(
        lambda a, level: expected_calibration_error(a.top, IntervalSpec(level)), (0.0, 1.0)
    ),
    "debiased": Statistic(
        lambda a, level: debiased_calibration_error([a.top], IntervalSpec(level)),
        (0.0, 1.0),
        stays_when_doubled=False,
    ),
    "classwise": Statistic(
        lambda a, level: debiased_calibration_error(a.tally.by_label, IntervalSpec(level)),
        (0.0, 1.0),
        stays_when_doubled=False,
    ),
}
over_the_table = pytest.mark.parametrize("name", TABLE)


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    n_people = draw(st.integers(1, 9))
    # Weights of three labels, no two alike, so that which is highest does not hang on names.
    row = st.tuples(
        st.integers(0, n_people - 1), st.permutations((1, 3, 6)), st.integers(0, 2),
        st.integers(1, 4),
    )  # fmt: skip
    drawn = draw(st.lists(row, min_size=1, max_size=50))
    weights = np.array([[x**d for x in w] for _, w, _, d in drawn], dtype=np.float64)
    subject = np.array([s for s, *_ in drawn], dtype=np.int64)
    everybody = np.arange(n_people)
    return Answers(
        np.concatenate([subject, everybody]),
        np.concatenate(
            [weights / weights.sum(axis=1, keepdims=True), [[0.7, 0.2, 0.1]] * n_people]
        ),
        np.concatenate([[k for _, _, k, _ in drawn], everybody % 3]).astype(np.int64),
    )


def _same(one: Found, other: Found) -> None:
    assert type(one) is type(other)
    assert one.value == pytest.approx(other.value, abs=1e-7)
    if isinstance(one, Estimate) and isinstance(other, Estimate):
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-6)
        assert one.method == other.method


@over_the_table
@laws
@given(data=answers(), seed=st.integers(0, 2**32 - 1))
def test_invariant_to_order_and_names(name: str, data: Answers, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mixed = data.rows(rng.permutation(len(data.subject)))
    people, labels = rng.permutation(9) * 3 + 5, rng.permutation(3)
    renamed = Answers(
        people[mixed.subject], mixed.scores[:, np.argsort(labels)], labels[mixed.label]
    )
    _same(TABLE[name].found(data, 0.95), TABLE[name].found(renamed, 0.95))


@over_the_table
@laws
@given(data=answers())
def test_bounded_and_inside_its_interval(name: str, data: Answers) -> None:
    found, (low, high) = TABLE[name].found(data, 0.95), TABLE[name].bounds
    if isinstance(found, Estimate):
        assert low - 1e-12 <= found.low <= found.value <= found.high <= high + 1e-12
        assert found.n_answers <= len(data.subject)


@laws
@given(data=answers())
def test_without_chance_it_is_not_above_what_was_found(data: Answers) -> None:
    for tallies in ([data.top], data.tally.by_label):
        found = debiased_calibration_error(tallies, IntervalSpec(0.95))
        if isinstance(found, Estimate):
            assert found.value <= calibration_error(tallies).value + 1e-9


@over_the_table
@laws
@given(data=answers())
def test_wider_at_a_higher_level(name: str, data: Answers) -> None:
    narrow, wide = (TABLE[name].found(data, level) for level in (0.8, 0.99))
    assert type(narrow) is type(wide)
    if isinstance(narrow, Estimate) and isinstance(wide, Estimate):
        assert wide.low <= narrow.low + 1e-7
        assert wide.high >= narrow.high - 1e-7
        assert wide.value == pytest.approx(narrow.value, abs=1e-7)


@pytest.mark.parametrize("name", [n for n, s in TABLE.items() if s.stays_when_doubled])
@laws
@given(data=answers())
def test_unchanged_value_when_everybody_is_doubled(name: str, data: Answers) -> None:
    n = len(data.subject)
    twice = data.rows(np.tile(np.arange(n), 2))
    apart = Answers(twice.subject + 1000 * (np.arange(2 * n) >= n), twice.scores, twice.label)
    one, two = TABLE[name].found(data, 0.95), TABLE[name].found(apart, 0.95)
    if one.value is not None:
        assert two.value == pytest.approx(one.value, abs=1e-9)
    if isinstance(one, Estimate):
        # More people never take a number away, and are twice as many.
        assert isinstance(two, Estimate)
        assert two.n_subjects == 2 * one.n_subjects


@laws
@given(data=answers())
def test_many_people_bring_it_to_what_was_found(data: Answers) -> None:
    n, times = len(data.subject), 60
    many = data.rows(np.tile(np.arange(n), times))
    apart = Answers(many.subject + 100 * np.repeat(np.arange(times), n), many.scores, many.label)
    found = debiased_calibration_error([apart.top], IntervalSpec(0.95))
    plain = data.top.calibration_error().value
    assert isinstance(found, Estimate)
    # Chance is as small as a root of sixty; what is found stays as it is.
    assert abs(found.value - plain) <= 0.12
    assert found.low <= plain + 1e-9


@laws
@given(data=answers())
def test_parts_of_the_score_add_up(data: Answers) -> None:
    score, parts = data.tally.score(), data.tally.parts
    rel, res, unc, within = (parts[name] for name in BRIER_PARTS)
    both = np.isfinite(unc.left_out)
    if np.isfinite(unc.value):
        assert rel.value - res.value + unc.value + within.value == pytest.approx(score.value)
    summed = rel.left_out - res.left_out + unc.left_out + within.left_out
    assert summed[both] == pytest.approx(score.left_out[both])
