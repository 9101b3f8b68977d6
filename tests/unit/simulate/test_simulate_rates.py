"""Rates: measured on answers, claimed by a seller, or published, all in the same shape."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from facevalue.errors import InputError
from facevalue.simulate import Answers, Rates, claimed_rates, measured_rates, published_rates
from facevalue.simulate.posterior import Flagged, beta_draws, effective_looks
from facevalue.simulate.rates import ALL, N_DRAWS, THRESHOLDS


def answers(n_people: int = 30, looks: int = 12, seed: int = 2, has_scores: bool = True) -> Answers:
    """Return people of two groups in turn, half of whose looks are sought."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_people), looks)
    sought = np.arange(len(person)) % 2 == 0
    leaning = rng.normal(0, 0.5, n_people)[person]
    score = 1 / (1 + np.exp(-(rng.normal(0, 1, len(person)) + 1.5 * sought - 1 + leaning)))
    if not has_scores:
        score = (score > 0.5).astype(np.float64)
    return Answers(
        score=score, person=person, is_sought=sought, is_calm=~sought,
        weight=np.ones(len(person)), group=person % 2, groups=("f", "m"), has_scores=has_scores,
    )  # fmt: skip


def ungrouped(given: Answers) -> Answers:
    return replace(given, groups=(), group=np.full(len(given.score), -1))


def picked(given: Answers, rows: np.ndarray) -> Answers:
    names = ("score", "person", "is_sought", "is_calm", "weight", "group")
    return replace(given, **{name: getattr(given, name)[rows] for name in names})


def same(a: Rates, b: Rates) -> bool:
    return bool(
        (a.sensitivity == b.sensitivity).all()
        and (a.false_flag_rate == b.false_flag_rate).all()
        and (a.shares == b.shares).all()
        and a.correlation == b.correlation
        and (a.groups, a.notes, a.n_people) == (b.groups, b.notes, b.n_people)
    )


def test_measured_rates_are_beta_draws_of_flags_by_person() -> None:
    given = ungrouped(answers())
    found = measured_rates(given, threshold=0.5)
    # By hand, apart from the class: flags and looks of each person at calm looks.
    calm = given.is_calm
    hits = np.array([((given.score >= 0.5) & calm & (given.person == p)).sum() for p in range(30)])
    told = Flagged(np.full(30, 6.0), hits.astype(np.float64))
    levels = np.random.default_rng(0)
    levels.permutation(N_DRAWS)  # those of the sensitivity
    u = (levels.permutation(N_DRAWS) + 0.5) / N_DRAWS
    expected = beta_draws(float(hits.sum()) / 180, effective_looks(told), u)
    assert sorted(found.false_flag_rate[found.at, 0]) == pytest.approx(sorted(expected))
    assert (found.groups, found.n_people, found.basis) == ((ALL,), (30,), "measured")
    assert found.shares.tolist() == [1.0]
    assert (found.notes, found.attribute) == ((), None)


def test_a_higher_threshold_flags_no_more() -> None:
    found = measured_rates(ungrouped(answers(n_people=200)), threshold=0.5)
    assert found.thresholds == THRESHOLDS
    for drawn in (found.sensitivity, found.false_flag_rate):
        middle = np.median(drawn[:, 0], axis=1)
        # Where next to nobody is flagged, or everybody, the width decides over the median.
        inner = (middle > 0.02) & (middle < 0.98)
        assert inner.sum() >= 15
        assert (np.diff(middle[inner]) < 0).all()


def test_a_threshold_beside_the_grid_is_put_on_it() -> None:
    found = measured_rates(answers(), threshold=0.525)
    assert found.thresholds is not None
    assert len(found.thresholds) == len(THRESHOLDS) + 1
    assert list(found.thresholds) == sorted(found.thresholds)
    assert found.threshold == 0.525
    assert found.sensitivity.shape == (20, 2, N_DRAWS)


def test_a_system_without_scores_has_no_threshold() -> None:
    given = answers(has_scores=False)
    found = measured_rates(given, threshold=0.5, attribute="sex")
    assert (found.thresholds, found.threshold, found.at) == (None, None, 0)
    assert found.sensitivity.shape == (1, 2, N_DRAWS)
    # What is asked for as a threshold changes nothing: an answer is 0 or 1.
    assert same(found, measured_rates(given, threshold=0.9, attribute="sex"))


def test_the_correlation_is_that_of_looks_at_people_not_sought() -> None:
    given = answers()
    found = measured_rates(given, threshold=0.5)
    assert found.correlation is not None
    swapped = replace(given, is_calm=given.is_sought, is_sought=given.is_calm)
    other = measured_rates(swapped, threshold=0.5).correlation
    assert other is not None
    assert found.correlation.value != other.value


def test_shares_are_of_people_in_the_data_unless_given() -> None:
    given = picked(answers(), answers().person < 25)  # 13 of f, 12 of m
    found = measured_rates(given, threshold=0.5, attribute="sex")
    assert found.groups == ("f", "m")
    assert found.n_people == (13, 12)
    assert found.n_sought == (13, 12)
    assert found.shares.tolist() == [13 / 25, 12 / 25]
    assert found.notes == ("The shares of the groups are those of the people in the data.",)

    mixed = measured_rates(given, threshold=0.5, attribute="sex", shares={"m": 0.9, "f": 0.1})
    assert mixed.shares.tolist() == [0.1, 0.9]
    assert mixed.notes == ()

    more = measured_rates(
        given, threshold=0.5, attribute="sex", shares={"f": 0.3, "m": 0.5, "x": 0.2}
    )
    assert more.shares == pytest.approx([3 / 8, 5 / 8])
    assert more.notes == (
        "Without x, of whom nothing is measured, the shares of the other groups add up to 1.",
    )

    other = measured_rates(given, threshold=0.5, attribute="sex", shares={"female": 1.0})
    assert other.shares.tolist() == [13 / 25, 12 / 25]
    assert other.notes == (
        "The shares of the groups are those of the people in the data, since those of the "
        "scenario are of other groups.",
    )


def test_a_group_of_few_people_is_left_out_and_said_to_be() -> None:
    given = answers()
    group = np.where(given.person < 4, 2, given.group)
    found = measured_rates(
        replace(given, group=group, groups=("f", "m", "x")), threshold=0.5, attribute="sex"
    )
    assert found.groups == ("f", "m")
    assert found.n_people == (13, 13)
    assert found.notes[0] == "x has fewer than 5 people to measure a rate on and is left out."


def test_with_one_group_left_people_are_not_told_apart() -> None:
    given = answers()
    few = replace(given, group=np.where(given.person < 26, 0, 1))
    found = measured_rates(few, threshold=0.5, attribute="sex")
    assert (found.groups, found.attribute, found.n_people) == ((ALL,), None, (30,))
    assert found.notes == (
        "Groups are not told apart: fewer than two of them have 5 people, both among those "
        "sought and among those not.",
    )
    # All are in, those of the small group as well.
    plain = measured_rates(ungrouped(given), threshold=0.5)
    assert (found.false_flag_rate == plain.false_flag_rate).all()


@pytest.mark.parametrize(
    ("lacking", "what"),
    [("is_sought", "one of the labels that raise a flag"), ("is_calm", "a calm label")],
)
def test_too_few_people_are_said_not_guessed(lacking: str, what: str) -> None:
    given = answers()
    few = replace(given, **{lacking: getattr(given, lacking) & (given.person < 4)})
    with pytest.raises(InputError) as error:
        measured_rates(few, threshold=0.5)
    assert str(error.value) == (
        f"4 people have an answered item annotated with {what}; at least 5 are needed to say how "
        "often they are flagged"
    )


def test_of_no_answers_no_rate_is_told() -> None:
    none = picked(answers(), np.zeros(360, dtype=bool))
    with pytest.raises(InputError, match=r"^0 people have an answered item"):
        measured_rates(none, threshold=0.5)


def test_a_weight_is_so_many_rows() -> None:
    given = answers()
    rng = np.random.default_rng(6)
    times = rng.integers(1, 4, len(given.score))
    weighted = replace(given, weight=times.astype(np.float64))
    repeated = picked(given, np.repeat(np.arange(len(times)), times))
    assert same(
        measured_rates(weighted, threshold=0.4, attribute="sex"),
        measured_rates(repeated, threshold=0.4, attribute="sex"),
    )


@pytest.mark.parametrize(
    "changed",
    [
        lambda a: picked(a, np.random.default_rng(3).permutation(len(a.score))),
        # Numbers of people are names: any others do.
        lambda a: replace(a, person=1000 - 7 * a.person),
    ],
)
def test_order_of_rows_and_numbers_of_people_change_nothing(
    changed: Callable[[Answers], Answers],
) -> None:
    given = answers()
    before = measured_rates(given, threshold=0.5, attribute="sex")
    after = measured_rates(changed(given), threshold=0.5, attribute="sex")
    assert after.sensitivity == pytest.approx(before.sensitivity, rel=3e-7)
    assert after.false_flag_rate == pytest.approx(before.false_flag_rate, rel=3e-7)
    assert (after.groups, after.n_people) == (before.groups, before.n_people)


def test_a_seed_orders_the_draws_and_changes_none() -> None:
    given = ungrouped(answers())
    one, two = (measured_rates(given, threshold=0.5, seed=s) for s in (1, 2))
    assert same(one, measured_rates(given, threshold=0.5, seed=1))
    assert not (one.false_flag_rate == two.false_flag_rate).all()
    assert (np.sort(one.false_flag_rate) == np.sort(two.false_flag_rate)).all()


def test_draws_of_different_rates_meet_at_random() -> None:
    found = measured_rates(answers(), threshold=0.5, attribute="sex")
    drawn = np.concatenate([found.sensitivity[found.at], found.false_flag_rate[found.at]])
    correlations = np.corrcoef(drawn)[np.triu_indices(4, 1)]
    # Five standard errors of a correlation of 400 pairs.
    assert (np.abs(correlations) < 5 / 20).all()


def test_a_claim_is_kept_as_the_decimal_it_is() -> None:
    found = claimed_rates(sensitivity=0.9, specificity=0.95, says=("so",))
    assert found.sensitivity.tolist() == [[[0.9]]]
    assert found.false_flag_rate.tolist() == [[[0.05]]]
    assert (found.n_draws, found.basis, found.says) == (1, "claimed", ("so",))


def test_a_claim_tested_on_people_is_a_beta_distribution() -> None:
    found = claimed_rates(sensitivity=0.9, specificity=0.8, n_tested=100)
    # Half of 100 people each: Beta(45.5, 5.5) and Beta(10.5, 40.5).
    for drawn, law in (
        (found.sensitivity, stats.beta(45.5, 5.5)), (found.false_flag_rate, stats.beta(10.5, 40.5)),
    ):  # fmt: skip
        levels = (np.arange(N_DRAWS) + 0.5) / N_DRAWS
        assert np.sort(drawn.ravel()) == pytest.approx(law.ppf(levels), rel=2e-7)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sensitivity": 1.2}, "sensitivity is 1.2, expected a share from 0 to 1 (0.95 for 95 %)"),
        ({"specificity": -0.1},
         "specificity is -0.1, expected a share from 0 to 1 (0.95 for 95 %)"),
        ({"specificity": float("nan")},
         "specificity is nan, expected a share from 0 to 1 (0.95 for 95 %)"),
        ({"sensitivity": float("inf")},
         "sensitivity is inf, expected a share from 0 to 1 (0.95 for 95 %)"),
        ({"n_tested": 1}, "tested on 1 people; expected at least 2, or leave it out"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be(given: dict[str, float], message: str) -> None:
    with pytest.raises(InputError) as error:
        claimed_rates(**({"sensitivity": 0.9, "specificity": 0.9} | given))  # type: ignore[arg-type]
    assert str(error.value) == message


@pytest.mark.parametrize("ends", [(0.759, 0.818, 0.866), (0.05, 0.3, 0.31), (0.9, 0.99, 0.9999)])
def test_a_published_interval_is_reproduced(ends: tuple[float, float, float]) -> None:
    found = published_rates(ends, (0.7, 0.8, 0.9), seed=4)
    drawn = np.sort(found.sensitivity.ravel())
    # Draws stand at odd 800ths, 2.5 % between the 10th and the 11th of 400.
    assert drawn[9] < ends[0] < drawn[10]
    assert drawn[199] < ends[1] < drawn[200]
    assert drawn[389] < ends[2] < drawn[390]
    assert found.false_flag_rate.min() > 0
    assert (found.basis, found.n_draws) == ("published", N_DRAWS)


def test_a_published_value_without_an_interval_is_one_draw() -> None:
    found = published_rates((0.8, 0.8, 0.8), (0.9, 0.9, 0.9))
    assert found.sensitivity.tolist() == [[[0.8]]]
    assert found.false_flag_rate.tolist() == [[[0.1]]]
    # With one interval both have draws, of which those of the other are all the same.
    both = published_rates((0.8, 0.8, 0.8), (0.85, 0.9, 0.95))
    assert set(both.sensitivity.ravel()) == {float(np.float32(0.8))}
    assert len(set(both.false_flag_rate.ravel())) == N_DRAWS


def test_a_published_end_of_0_or_1_stays_a_rate() -> None:
    found = published_rates((0.0, 0.5, 1.0), (0.0, 1.0, 1.0))
    for drawn in (found.sensitivity, found.false_flag_rate):
        assert np.isfinite(drawn).all()
        assert ((drawn >= 0) & (drawn <= 1)).all()


GOOD = claimed_rates(sensitivity=0.9, specificity=0.9)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"groups": ("a", "b")}, "shapes do not fit: (1, 1, 1), (1, 1, 1)"),
        ({"thresholds": (0.1, 0.2)}, "shapes do not fit: (1, 1, 1), (1, 1, 1)"),
        ({"false_flag_rate": np.zeros((1, 1, 2))}, "shapes do not fit: (1, 1, 1), (1, 1, 2)"),
        ({"shares": np.array([0.9])}, "the shares add up to 0.9, of 1 groups"),
        ({"shares": np.array([0.5, 0.5])}, "the shares add up to 1, of 1 groups"),
        ({"sensitivity": np.full((1, 1, 1), np.nan)},
         "a rate or a share does not lie between 0 and 1"),
        ({"false_flag_rate": np.full((1, 1, 1), 1.5)},
         "a rate or a share does not lie between 0 and 1"),
        ({"at": 1}, "at is 1 of 1, with 0 numbers of people"),
        ({"n_people": (1, 2)}, "at is 0 of 1, with 2 numbers of people"),
    ],
)  # fmt: skip
def test_rates_that_do_not_fit_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(GOOD, **given)  # type: ignore[arg-type]
