"""Many looks at the same data, and how many more people would settle a claim."""

from __future__ import annotations

import pytest

from facevalue.domain.estimates import Estimate
from facevalue.stats import further_subjects, holm


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        ([0.04], [0.04]),
        # Sorted 0.01·3, then max(0.03, 0.03·2), then max(0.06, 0.04·1).
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        # 0.5·2 = 1, and 0.9·1 is raised to it.
        ([0.9, 0.5], [1.0, 1.0]),
        # Ties get the same value: 0.02·3, then 0.06 is kept over 0.02·2, then over 0.02·1.
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
        ([0.0, 1.0], [0.0, 1.0]),
    ],
)
def test_holm_by_hand(given: list[float], expected: list[float]) -> None:
    assert holm(given) == pytest.approx(expected)


def found(value: float, low: float, high: float, n: int = 25) -> Estimate:
    return Estimate(
        value=value, low=low, high=high, level=0.95, method="m", n_items=100, n_answers=100,
        n_subjects=n,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "bound", "expected"),
    [
        # Half-width 0.1 below, distance 0.05: (0.1/0.05)² = 4 times the 25, so 75 more.
        (found(0.6, 0.5, 0.7), 0.55, 75),
        # Above, the other half-width counts: 0.2/0.05, 16 times, 375 more.
        (found(0.6, 0.5, 0.8), 0.65, 375),
        # 25·(0.1/0.03)² = 277.8: 278 people, rounded up.
        (found(0.6, 0.5, 0.7), 0.57, 253),
        # Just inside the interval: at least one more.
        (found(0.6, 0.5, 0.7), 0.5000001, 1),
        # Outside it: settled already, so one more keeps it settled.
        (found(0.6, 0.5, 0.7), 0.45, 1),
        # On the bound no number settles it, and near it no realistic one.
        (found(0.6, 0.5, 0.7), 0.6, None),
        (found(0.6, 0.5, 0.7), 0.5999, None),
    ],
)
def test_further_subjects_by_hand(estimate: Estimate, bound: float, expected: int | None) -> None:
    assert further_subjects(estimate, bound) == expected


def test_a_million_is_the_most_that_is_told() -> None:
    # 100·(0.1/0.001)² is one million.
    assert further_subjects(found(0.6, 0.5, 0.7, n=100), 0.599) == 1_000_000 - 100
    assert further_subjects(found(0.6, 0.5, 0.7, n=101), 0.599) is None
