"""The Brier score and its parts, by hand and by going through all pairs of people."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    BRIER_PARTS,
    IntervalSpec,
    Scale,
    ScoreTally,
    brier_score,
    interval,
    mean_of,
)

SPEC = IntervalSpec(0.95)
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


def drawn(seed: int = 0, n: int = 60) -> tuple[Codes, Floats, Codes]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 7, n), rng.dirichlet([1.0, 1.0, 1.0], n), rng.integers(0, 3, n)


def test_score_by_hand() -> None:
    # One person right at (0.8, 0.2): 0.04 + 0.04; another wrong: 0.64 + 0.64.
    t = ScoreTally.from_scores([0, 1], [[0.8, 0.2], [0.8, 0.2]], [0, 1])
    assert t.squared.tolist() == pytest.approx([0.08, 1.28])
    r = t.score()
    assert r.value == pytest.approx(0.68)
    assert r.left_out.tolist() == pytest.approx([1.28, 0.08])
    assert [x.n_items for x in t.by_label] == [2, 2]
    assert ScoreTally.from_scores([0], [[1.0]], [0], n_items=5).score().n_items == 5


def test_interval_is_twice_that_of_half_the_score() -> None:
    subject, scores, label = drawn()
    t = ScoreTally.from_scores(subject, scores, label)
    found = brier_score(t, SPEC)
    assert isinstance(found, Estimate)
    one = t.by_label[0]
    half = interval(mean_of(one.sizes, t.squared / 2, one.subjects, one.n_items), SPEC, Scale.SHARE)
    assert (found.value, found.low, found.high) == pytest.approx(
        (2 * half.value, 2 * half.low, 2 * half.high)
    )
    assert 0.0 <= found.low <= found.value <= found.high <= 2.0


def test_nothing_to_score_has_a_reason() -> None:
    empty = ScoreTally.from_scores([], np.empty((0, 3)), [])
    assert brier_score(empty, SPEC) == NotEstimable(
        reason=Reason.NO_ITEMS, n_items=0, n_answers=0, n_subjects=0
    )


def test_parts_by_hand_with_one_answer_a_person() -> None:
    # One label told by 0.5 or 0.9, of four people each; two and three of them are so annotated.
    # Reliability, from products of different people: in the first bin the differences are ±0.5,
    # two each, whose products sum to (0² − 4·0.25)/12 = −1/12; in the second three times −0.1 and
    # once 0.9, (0.6² − 0.84)/12 = −0.04. Resolution: (2² − 2)/12 = 1/6 and (3² − 3)/12 = 1/2,
    # less (5² − 5)/56 = 5/14. Uncertainty 5/8 − 5/14.
    scores = np.array([0.5] * 4 + [0.9] * 4)
    hit = np.array([1, 1, 0, 0, 1, 1, 1, 0])
    # The other label tells the same from its side, so that each part is twice that of one.
    t = ScoreTally.from_scores(range(8), np.stack([scores, 1 - scores], axis=1), 1 - hit)
    parts = {name: r.value / 2 for name, r in t.parts.items()}
    assert tuple(parts) == BRIER_PARTS
    assert parts["reliability"] == pytest.approx((-1 / 12 - 0.04) / 2)
    assert parts["resolution"] == pytest.approx((1 / 6 + 1 / 2) / 2 - 5 / 14)
    assert parts["uncertainty"] == pytest.approx(5 / 8 - 5 / 14)
    # Scores are the same inside each bin and nobody answers twice: nothing remains.
    assert parts["within bins"] == pytest.approx(0.0, abs=1e-12)
    # (4·0.25 + 3·0.01 + 0.81)/8
    assert t.score().value / 2 == pytest.approx(0.23)


def test_parts_add_up_with_anybody_left_out() -> None:
    t = ScoreTally.from_scores(*drawn())
    parts, score = t.parts, t.score()
    rel, res, unc, within = (parts[name] for name in BRIER_PARTS)
    assert rel.value - res.value + unc.value + within.value == pytest.approx(score.value)
    assert rel.left_out - res.left_out + unc.left_out + within.left_out == pytest.approx(
        score.left_out
    )


@pytest.mark.parametrize("left", [None, 0, 3])
def test_squares_are_products_of_different_people(left: int | None) -> None:
    subject, scores, label = drawn(4)
    t = ScoreTally.from_scores(subject, scores, label)
    kept = np.ones(len(subject), dtype=bool) if left is None else subject != left
    wanted = np.sum(
        [_parts_by_pairs(subject[kept], scores[kept, k], label[kept] == k) for k in range(3)],
        axis=0,
    )
    for name, value in zip(BRIER_PARTS[:3], wanted, strict=True):
        r = t.parts[name]
        found = r.value if left is None else r.left_out[r.subjects.tolist().index(left)]
        assert found == pytest.approx(value)


def _parts_by_pairs(
    subject: Codes, score: Floats, hit: npt.NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Go through all ordered pairs of two different people."""
    bins = np.clip(np.ceil(score * 15).astype(int) - 1, 0, 14)

    def mean_product(values: Floats, where: npt.NDArray[np.bool_]) -> float | None:
        sums = {s: values[where & (subject == s)].sum() for s in set(subject.tolist())}
        n = {s: (where & (subject == s)).sum() for s in sums}
        pairs = list(permutations(sums, 2))
        weight = sum(n[a] * n[b] for a, b in pairs)
        return sum(sums[a] * sums[b] for a, b in pairs) / weight if weight else None

    y = hit.astype(np.float64)
    square = mean_product(y, np.ones(len(y), dtype=bool))
    assert square is not None
    reliability = resolution = 0.0
    for b in set(bins.tolist()):
        here = bins == b
        gap, rate = mean_product(score - y, here), mean_product(y, here)
        if gap is not None and rate is not None:  # a bin of one person tells nothing of others
            reliability += here.mean() * gap
            resolution += here.mean() * (rate - square)
    return reliability, resolution, float(y.mean()) - square


def test_one_person_has_a_score_and_no_parts() -> None:
    t = ScoreTally.from_scores([0, 0], [[0.8, 0.2], [0.6, 0.4]], [0, 1])
    assert t.score().value == pytest.approx((0.08 + 0.72) / 2)
    assert np.isnan(t.parts["resolution"].value)
    assert np.isnan(t.parts["uncertainty"].value)
