"""Differences of two systems under one condition: their reach, failures, and who is in a row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from facevalue.audits.differences import Both, Differences
from facevalue.audits.findings import Place
from facevalue.audits.sample import FAILED, Sample
from facevalue.audits.scope import MeasureSpec
from facevalue.domain import Estimate, NotEstimable
from facevalue.domain.labels import Taxonomy
from facevalue.perturb.partners import choose_partners

Codes = npt.NDArray[np.int64]
PLACE = Place(system="b − a", dataset="d", family="comparison", metric="accuracy")
TAXONOMY = Taxonomy("two", ("bright", "dark"))
N_PEOPLE, N_ITEMS = 10, 4
SUBJECT = np.repeat(np.arange(N_PEOPLE), N_ITEMS)
RIGHT = np.tile([0, 1], N_PEOPLE * N_ITEMS // 2)
WRONG = 1 - RIGHT
COULD = 1 - 0.025**0.1
"""Of ten people none of whom differs from another: how many could."""


def sample(predicted: Codes, subject: Codes = SUBJECT, annotated: Codes = RIGHT) -> Sample:
    n = len(subject)
    return Sample(
        system="s", dataset="d", taxonomy=TAXONOMY, item=np.arange(n), subject=subject,
        annotated=annotated, predicted=predicted, weight=np.ones(n), confidence=np.full(n, np.nan),
        failure=np.full(n, ""), attributes={},
    )  # fmt: skip


def differences(both: Both) -> dict[str, Estimate | NotEstimable]:
    run = Differences(PLACE, MeasureSpec())
    run.condition("swap:5", both)
    return {look.finding.place.metric: look.finding.result for look in run.looks}


def told(first: tuple[Codes, Codes], second: tuple[Codes, Codes]) -> dict[str, Estimate]:
    """Return what differs, of answers before and after of the first and of the second."""
    a, b = ((sample(x), sample(y)) for x, y in (first, second))
    found = differences(Both.of(a, b))
    assert all(isinstance(x, Estimate) for x in found.values())
    return {name: x for name, x in found.items() if isinstance(x, Estimate)}


def test_a_change_of_accuracy_may_differ_by_two() -> None:
    # The first gains everything and the second loses everything: each item by −1 − 1.
    found = told((WRONG, RIGHT), (RIGHT, WRONG))["accuracy_change"]
    assert (found.value, found.low, found.high) == pytest.approx((-2, -2, -2 + 4 * COULD))
    # 2 (2 / (2 + 2))^10
    assert found.p_value == pytest.approx(2 * 0.5**10)
    # Both lose everything: nobody differs, and each could by two either way.
    same = told((RIGHT, WRONG), (RIGHT, WRONG))["accuracy_change"]
    assert (same.value, same.low, same.high) == pytest.approx((0, -2 * COULD, 2 * COULD))


def test_no_interval_goes_further_than_what_is_possible() -> None:
    # The second keeps one answer of forty, the first all: −39/40, with a reach past −1.
    found = told((RIGHT, RIGHT), (RIGHT, np.where(np.arange(40) == 0, RIGHT, WRONG)))
    kept = found["unchanged"]
    assert kept.value == pytest.approx(-39 / 40)
    assert kept.low == -1.0
    assert kept.high > -0.95
    # A change of accuracy may reach further than that, and does.
    assert found["accuracy_change"].low < -1.0


def test_failures_are_compared_after_a_change_and_in_what_changed() -> None:
    # Before, the first fails on the first item of everybody; after, the second on the last two.
    place = np.arange(N_PEOPLE * N_ITEMS) % N_ITEMS
    first = (np.where(place == 0, FAILED, RIGHT), RIGHT)
    second = (RIGHT, np.where((place > 1) & (SUBJECT < 9), FAILED, RIGHT))
    found = told(first, second)
    assert found["failure_rate"].value == pytest.approx(18 / 40)
    assert found["failure_change"].value == pytest.approx(18 / 40 + 10 / 40)
    assert found["failure_rate"].n_answers == 40
    # An answer that is a failure now is not unchanged; those that were failures do not count.
    assert found["unchanged"].value == pytest.approx(-18 / 30)
    assert found["unchanged"].n_answers == 30


def swapped(rng: np.random.Generator) -> Both:
    """Two systems alike in the long run, moved by the person and by who lends the background.

    Each has people that throw it, whichever role they have.
    """
    n_people, n_items = 20, 6
    subject = np.repeat(np.arange(n_people), n_items)
    annotated = np.tile(np.arange(n_items) % 2, n_people)
    names = [f"{i:03d}" for i in range(len(subject))]
    chosen = choose_partners(
        names, [str(x) for x in annotated], [str(x) for x in subject],
        seed=int(rng.integers(1 << 30)),
    )  # fmt: skip
    partner = np.array([int(chosen[name]) for name in names])
    pairs = []
    for _ in range(2):
        throws = rng.normal(size=n_people)
        keeps = rng.random(len(subject)) < 1 / (
            1 + np.exp(-1 - throws[subject] - throws[subject[partner]])
        )
        before, after = annotated, np.where(keeps, annotated, 1 - annotated)
        pairs.append(tuple(sample(x, subject, annotated) for x in (before, after)))
    who = dict(enumerate(partner.tolist()))
    (a, b), (c, d) = pairs
    return Both.of((a, b), (c, d), [who, who])


def test_intervals_of_a_swap_miss_no_more_often_than_they_say() -> None:
    # With the person of the item alone 20 % of a thousand miss; with the partner's, 3 %.
    rng, n, missed = np.random.default_rng(3), 150, 0
    for _ in range(n):
        found = differences(swapped(rng))["unchanged"]
        assert isinstance(found, Estimate)
        missed += not found.low <= 0.0 <= found.high
    assert missed / n <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / n)


def test_partners_of_both_runs_count_once_where_they_are_the_same() -> None:
    pair = (sample(RIGHT), sample(WRONG))
    ring = {i: (i + N_ITEMS) % 40 for i in range(40)}
    other = {i: (i + 2 * N_ITEMS) % 40 for i in range(40)}
    for maps, expected in (([ring, ring], 1), ([ring, other], 2), ([None, ring], 1), ([], 0)):
        assert len(Both.of(pair, pair, maps).partners) == expected
    (codes,) = Both.of(pair, pair, [ring, ring]).partners
    assert codes.tolist() == ((SUBJECT + 1) % N_PEOPLE).tolist()
