"""Agreement of raters, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facevalue.domain.estimates import Estimate, Reason
from facevalue.stats import (
    IntervalSpec,
    RatingTally,
    Replicates,
    Scale,
    fleiss_kappa,
    interval,
    krippendorff_alpha,
    percent_agreement,
    refuse,
)

ALL = (krippendorff_alpha, fleiss_kappa, percent_agreement)


def tally(counts: Any, subject: Any = None) -> RatingTally:
    rows = np.asarray(counts, dtype=float)
    return RatingTally(rows, np.arange(len(rows)) if subject is None else np.asarray(subject))


def test_by_hand_with_unequal_numbers_of_raters() -> None:
    t = tally([[2, 0, 0], [1, 2, 0], [0, 3, 1], [1, 0, 0]])
    # Pairs that agree: 1 of 1, 1 of 3, 3 of 6; the item rated once has none.
    assert percent_agreement(t).value == pytest.approx((1 + 1 / 3 + 1 / 2) / 3, abs=1e-12)
    # Nine ratings: 3 a, 5 b, 1 outside. n² − Σ n_k² by item: 0, 9 − 5, 16 − 10; over n − 1:
    # 0 + 4/2 + 6/3 = 4, so D_o = 4/9. D_e = (81 − 9 − 25 − 1) / (9 · 8) = 46/72.
    assert krippendorff_alpha(t).value == pytest.approx(1 - (4 / 9) / (46 / 72), abs=1e-12)
    # Shares by item: (1, 0, 0), (1/3, 2/3, 0), (0, 3/4, 1/4); their means 4/9, 17/36, 1/12.
    by_chance = (4 / 9) ** 2 + (17 / 36) ** 2 + (1 / 12) ** 2
    expected = (11 / 18 - by_chance) / (1 - by_chance)
    assert fleiss_kappa(t).value == pytest.approx(expected, abs=1e-12)


def test_leaving_a_subject_out_is_the_value_without() -> None:
    rng = np.random.default_rng(3)
    counts = np.column_stack([rng.multinomial(4, [0.5, 0.3, 0.2], 30), rng.integers(0, 2, 30)])
    subject = rng.integers(0, 6, 30)
    for statistic in ALL:
        r = statistic(tally(counts, subject))
        for code, left in zip(r.subjects, r.left_out, strict=True):
            rest = subject != code
            assert left == pytest.approx(
                statistic(tally(counts[rest], subject[rest])).value, abs=1e-12
            )
        assert (r.n_items, r.n_answers) == (30, int(counts.sum()))


def test_full_and_least_agreement() -> None:
    for statistic in ALL:
        assert statistic(tally([[3, 0, 0], [0, 2, 0]])).value == 1.0
    apart = tally([[1, 1, 0]] * 50)  # every pair disagrees, on two labels
    assert percent_agreement(apart).value == 0.0
    assert fleiss_kappa(apart).value == -1.0  # P_e = 1/2
    assert krippendorff_alpha(apart).value == pytest.approx(1 - 99 / 50, abs=1e-12)


def test_one_label_only_has_no_chance_to_disagree() -> None:
    t = tally([[3, 0, 0]] * 8)
    for statistic in (krippendorff_alpha, fleiss_kappa):
        refused = refuse(statistic(t))
        assert refused is not None
        assert (refused.reason, refused.value) == (Reason.UNDEFINED, None)
    assert percent_agreement(t).value == 1.0


def test_a_label_of_one_subject_alone_makes_it_unstable() -> None:
    refused = refuse(krippendorff_alpha(tally([[3, 0, 0]] * 7 + [[1, 2, 0]])))
    assert refused is not None
    assert refused.reason is Reason.UNSTABLE


def test_nothing_rated_twice() -> None:
    for statistic in ALL:
        refused = refuse(statistic(tally([[1, 0, 0], [0, 0, 0]])))
        assert refused is not None
        assert (refused.reason, refused.n_items) == (Reason.NO_ITEMS, 0)


def told(r: Replicates) -> Estimate:
    found = interval(r, IntervalSpec(0.95), r.scale)
    assert isinstance(found, Estimate)
    return found


def test_intervals_are_on_the_scale_of_each() -> None:
    rng = np.random.default_rng(5)
    t = tally(
        np.column_stack([rng.multinomial(5, [0.7, 0.3], 60), np.zeros(60)]), np.arange(60) // 5
    )
    assert [statistic(t).scale for statistic in ALL] == [
        Scale.CORRELATION, Scale.CORRELATION, Scale.SHARE,
    ]  # fmt: skip
    for statistic in ALL:
        found = told(statistic(t))
        assert -1 < found.low < found.value < found.high < 1
        assert found.n_subjects == 12
