"""Laws of agreement, of the human ceiling and of soft-label scores, in a table."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats import (
    IntervalSpec,
    RatingTally,
    Replicates,
    best_possible,
    cross_entropy,
    dawid_skene,
    fleiss_kappa,
    half_panels,
    interval,
    jensen_shannon,
    krippendorff_alpha,
    majority_shares,
    panel_score,
    percent_agreement,
    rater_cross_entropy,
    rater_jensen_shannon,
    rater_score,
    rating_entropy,
    refuse,
    shared_errors,
    system_score,
)
from facevalue.stats.soft_labels import FLOOR

N_LABELS = 3
MOST_PEOPLE = 10

laws = settings(
    derandomize=True, deadline=None, max_examples=int(os.environ.get("FACEVALUE_EXAMPLES", "25"))
)


@dataclass(frozen=True)
class Rated:
    """Items: who, ratings by label, annotated and predicted label, scores."""

    subject: npt.NDArray[np.int64]
    counts: npt.NDArray[np.float64]
    annotated: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]

    @property
    def tally(self) -> RatingTally:
        return RatingTally(self.counts, self.subject)

    def rows(self, chosen: npt.NDArray[np.int64]) -> Rated:
        return Rated(
            self.subject[chosen], self.counts[chosen], self.annotated[chosen],
            self.predicted[chosen], self.scores[chosen],
        )  # fmt: skip


@st.composite
def rated(draw: st.DrawFn) -> Rated:
    # Every subject has an item, so that most draws have people enough for an interval.
    n_people = draw(st.integers(1, MOST_PEOPLE))
    count = st.integers(0, 4)
    row = st.tuples(
        st.integers(0, n_people - 1), *[count] * (N_LABELS + 1),
        st.integers(0, N_LABELS - 1), st.integers(0, N_LABELS), *[st.integers(0, 8)] * N_LABELS,
    )  # fmt: skip
    rows = np.array(draw(st.lists(row, min_size=n_people, max_size=40)), dtype=np.int64)
    rows[:n_people, 0] = np.arange(n_people)
    return Rated(
        rows[:, 0], rows[:, 1:5].astype(float), rows[:, 5], rows[:, 6], rows[:, 7:].astype(float)
    )


Statistic = Callable[[Rated], Replicates]
EVERY = np.arange(N_LABELS)
SHARE, INDEX, BITS = (0.0, 1.0), (-1.0, 1.0), (0.0, math.inf)


def _halves(r: Rated) -> Replicates:
    return half_panels(r.tally, np.random.default_rng(0)).accuracy()


def _noise(r: Rated) -> Replicates:
    return half_panels(r.tally, np.random.default_rng(0)).label_noise(r.predicted)


TABLE: dict[str, tuple[Statistic, tuple[float, float]]] = {
    "krippendorff_alpha": (lambda r: krippendorff_alpha(r.tally), INDEX),
    "fleiss_kappa": (lambda r: fleiss_kappa(r.tally), INDEX),
    "percent_agreement": (lambda r: percent_agreement(r.tally), SHARE),
    "rater_score": (lambda r: rater_score(r.tally).accuracy(), SHARE),
    "rater_score uar": (lambda r: rater_score(r.tally).uar(EVERY), SHARE),
    "rater_score annotated": (lambda r: rater_score(r.tally, r.annotated).accuracy(), SHARE),
    "system_score": (lambda r: system_score(r.tally, r.predicted).accuracy(), SHARE),
    "system_score uar": (lambda r: system_score(r.tally, r.predicted).uar(EVERY), SHARE),
    "panel_score": (lambda r: panel_score(r.tally, r.annotated).accuracy(), SHARE),
    "half_panels": (_halves, SHARE),
    "half_panels noise": (_noise, SHARE),
    "best_possible": (lambda r: best_possible(r.tally), (1 / N_LABELS, 1.0)),
    "best_possible fresh": (
        lambda r: best_possible(r.tally, fresh_rater=True), (1 / N_LABELS, 1.0),
    ),
    "cross_entropy": (
        lambda r: cross_entropy(r.tally, r.scores), (0.0, math.log2((1 + 3 * FLOOR) / FLOOR)),
    ),
    "rater_cross_entropy": (lambda r: rater_cross_entropy(r.tally), BITS),
    "rating_entropy": (lambda r: rating_entropy(r.tally), (0.0, math.log2(N_LABELS))),
    "jensen_shannon": (lambda r: jensen_shannon(r.tally, r.scores), SHARE),
    "rater_jensen_shannon": (lambda r: rater_jensen_shannon(r.tally), SHARE),
}  # fmt: skip

over_the_table = pytest.mark.parametrize("name", TABLE)


def told(r: Replicates) -> Estimate | NotEstimable:
    return refuse(r) or interval(r, IntervalSpec(0.95), r.scale)


def _same(one: Replicates, other: Replicates) -> None:
    a, b = told(one), told(other)
    assert type(a) is type(b)
    assert (a.n_items, a.n_answers, a.n_subjects) == (b.n_items, b.n_answers, b.n_subjects)
    assert a.value == pytest.approx(b.value, abs=1e-9)
    if isinstance(a, Estimate) and isinstance(b, Estimate):
        assert (a.low, a.high) == pytest.approx((b.low, b.high), abs=1e-7)


@over_the_table
@laws
@given(data=rated(), seed=st.integers(0, 2**32 - 1))
def test_invariant_to_the_order_of_items(name: str, data: Rated, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(data.subject))
    _same(TABLE[name][0](data), TABLE[name][0](data.rows(order)))


@over_the_table
@laws
@given(data=rated(), order=st.permutations(range(MOST_PEOPLE)))
def test_invariant_to_renaming_subjects(name: str, data: Rated, order: list[int]) -> None:
    renamed = replace(data, subject=3 * np.array(order)[data.subject] + 7)
    _same(TABLE[name][0](data), TABLE[name][0](renamed))


@over_the_table
@laws
@given(data=rated(), order=st.permutations(range(N_LABELS)))
def test_invariant_to_renaming_labels(name: str, data: Rated, order: list[int]) -> None:
    new = np.array([*order, N_LABELS])  # outside stays outside
    counts, scores = np.empty_like(data.counts), np.empty_like(data.scores)
    counts[:, new], scores[:, order] = data.counts, data.scores
    renamed = Rated(data.subject, counts, new[data.annotated], new[data.predicted], scores)
    _same(TABLE[name][0](data), TABLE[name][0](renamed))


@over_the_table
@laws
@given(data=rated())
def test_unchanged_value_when_everybody_is_doubled(name: str, data: Rated) -> None:
    if name == "krippendorff_alpha":
        return  # its correction for few ratings shrinks: see below
    n = len(data.subject)
    twice = data.rows(np.tile(np.arange(n), 2))
    twice = replace(twice, subject=twice.subject + 1000 * (np.arange(2 * n) >= n))
    one, two = TABLE[name][0](data), TABLE[name][0](twice)
    assert two.value == pytest.approx(one.value, abs=1e-9, nan_ok=True)
    assert two.n_subjects == 2 * one.n_subjects


@laws
@given(data=rated())
def test_alpha_of_everybody_doubled_follows_from_the_number_of_ratings(data: Rated) -> None:
    # D_o stays, and D_e = n/(n − 1) · (1 − Σ p_k²) falls as n becomes 2n.
    n = len(data.subject)
    one, two = (
        krippendorff_alpha(t) for t in (data.tally, data.rows(np.tile(np.arange(n), 2)).tally)
    )
    if np.isfinite(one.value):
        m = one.n_answers
        factor = (m / (m - 1)) / (2 * m / (2 * m - 1))
        assert 1 - two.value == pytest.approx((1 - one.value) * factor, abs=1e-9)


@over_the_table
@laws
@given(data=rated())
def test_bounded_and_inside_its_interval(name: str, data: Rated) -> None:
    r = TABLE[name][0](data)
    low, high = TABLE[name][1]
    if np.isfinite(r.value):
        assert low - 1e-12 <= r.value <= high + 1e-12
    finite = r.left_out[np.isfinite(r.left_out)]
    assert ((finite >= low - 1e-9) & (finite <= high + 1e-9)).all()
    found = told(r)
    if isinstance(found, Estimate):
        assert found.low <= found.value <= found.high


@laws
@given(data=rated())
def test_nobody_scores_more_than_the_best_possible(data: Rated) -> None:
    t = data.tally
    if not t.is_rated_twice.any():
        return
    inside = replace(data, counts=data.counts * [1, 1, 1, 0]).tally
    best, fresh = best_possible(t).value, best_possible(t, fresh_rater=True).value
    assert fresh <= best + 1e-12
    # Ratings in words outside are wrong, so a rater is no better with them than without.
    assert rater_score(t).accuracy().value <= rater_score(inside).accuracy().value + 1e-12
    assert rater_score(inside).accuracy().value <= fresh + 1e-12
    shares = majority_shares(t)
    hits = np.column_stack([shares, np.zeros(len(shares))])[np.arange(len(shares)), data.predicted]
    assert t.mean(hits).value <= best + 1e-12
    assert shares.sum(axis=1) == pytest.approx((data.counts[:, :3].sum(axis=1) > 0).astype(float))


@laws
@given(data=rated())
def test_halves_are_chances(data: Rated) -> None:
    halves = half_panels(data.tally, np.random.default_rng(0))
    used = data.tally.is_rated_twice
    assert halves.either[used].sum(axis=1) == pytest.approx(np.ones(used.sum()))
    assert (halves.both <= halves.either + 1e-12).all()


@laws
@given(data=rated())
def test_no_scores_are_closer_than_the_ratings_themselves(data: Rated) -> None:
    t = data.tally
    used = data.scores.sum(axis=1) > 0
    shares = data.counts[:, :3]
    ours = cross_entropy(t.only(used), data.scores[used]).value
    if np.isfinite(ours):
        assert ours >= rating_entropy(t.only(used)).value - 1e-12
    if t.is_rated_twice.any():
        assert jensen_shannon(t, shares).value == pytest.approx(0.0, abs=1e-12)
    # Only the direction of scores counts.
    assert cross_entropy(t.only(used), 7 * data.scores[used]).value == pytest.approx(
        ours, abs=1e-9, nan_ok=True
    )


@laws
@given(data=rated(), seed=st.integers(0, 100))
def test_the_model_is_made_of_chances(data: Rated, seed: int) -> None:
    if not data.counts.any():
        return
    model = shared_errors(data.tally, np.random.default_rng(seed))
    again = shared_errors(data.tally, np.random.default_rng(seed))
    assert np.array_equal(model.accuracy.left_out, again.accuracy.left_out, equal_nan=True)
    assert model.fit.prior.sum() == pytest.approx(1.0)
    assert model.fit.errors.sum(axis=2) == pytest.approx(np.ones((1, N_LABELS)))
    assert ((model.fit.posterior >= 0) & (model.fit.posterior <= 1)).all()
    item, answer = np.nonzero(data.counts)
    named = dawid_skene(item, np.zeros_like(item), answer, n_labels=N_LABELS)
    assert 0.0 <= named.accuracy[0] <= 1.0
