"""Dawid and Skene's model: what it finds, and what it says it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facevalue.stats import IntervalSpec, RatingTally, Scale, dawid_skene, interval, shared_errors

PRIOR = np.array([0.5, 0.3, 0.2])
ERRORS = np.array([[0.8, 0.15, 0.05], [0.1, 0.7, 0.2], [0.15, 0.25, 0.6]])
N_ITEMS = 4000


def rng() -> np.random.Generator:
    return np.random.default_rng(8)


def tally(counts: Any, subject: Any = None) -> RatingTally:
    rows = np.asarray(counts, dtype=float)
    return RatingTally(rows, np.arange(len(rows)) if subject is None else np.asarray(subject))


def simulated(n_raters: int = 7, errors: Any = ERRORS) -> RatingTally:
    r = np.random.default_rng(4)
    right = r.choice(3, N_ITEMS, p=PRIOR)
    counts = r.multinomial(n_raters, errors[right])
    return tally(np.column_stack([counts, np.zeros(N_ITEMS)]), np.arange(N_ITEMS) // 40)


def test_counts_alone_give_back_what_they_were_made_with() -> None:
    # A share of 4,000 items is off by less than 4 · √(0.25/4,000) = 0.03.
    model = shared_errors(simulated(), rng())
    assert model.fit.prior == pytest.approx(PRIOR, abs=0.03)
    assert model.fit.errors[0, :, :3] == pytest.approx(ERRORS, abs=0.03)
    accuracy = PRIOR @ np.diag(ERRORS)
    assert model.accuracy.value == pytest.approx(accuracy, abs=0.02)
    assert (model.doubt(), list(model.misnamed())) == ("", [])
    found = interval(model.accuracy, IntervalSpec(0.95), Scale.SHARE)
    assert found.low < accuracy < found.high
    assert found.high - found.low < 0.03
    assert (model.n_subjects, model.n_parts, model.most_ratings) == (100, 20, 7)
    shares = [r.value for r in model.shares]
    assert shares == pytest.approx(model.fit.prior.tolist())
    assert model.errors[1][2].value == pytest.approx(model.fit.errors[0, 1, 2])


def test_raters_by_name_are_told_apart() -> None:
    r = np.random.default_rng(6)
    right = r.choice(2, 500)
    skill = np.array([0.95, 0.85, 0.75, 0.6])
    said = np.where(r.random((500, 4)) < skill, right[:, None], 1 - right[:, None])
    item, rater = np.divmod(np.arange(2000), 4)
    fit = dawid_skene(item, rater, said.ravel(), n_labels=2)
    # 4 · √(0.25/500) = 0.09
    assert fit.accuracy == pytest.approx(skill, abs=0.09)
    assert (fit.posterior.argmax(axis=1) == right).mean() > 0.93
    assert fit.posterior.sum(axis=1) == pytest.approx(np.ones(500))
    assert fit.errors.sum(axis=2) == pytest.approx(np.ones((4, 2)))
    assert fit.is_converged


def test_each_step_gains_likelihood() -> None:
    item, rater = np.divmod(np.arange(60), 3)
    answer = np.random.default_rng(2).integers(0, 3, 60)
    seen = [
        dawid_skene(item, rater, answer, n_labels=3, max_steps=n, tolerance=-1).log_likelihood
        for n in range(1, 12)
    ]
    assert (np.diff(seen) >= -1e-9).all()
    assert not dawid_skene(item, rater, answer, n_labels=3, max_steps=2).is_converged


def test_counts_are_raters_without_a_name() -> None:
    r = np.random.default_rng(5)
    item, answer = np.repeat(np.arange(50), 4), r.integers(0, 3, 200)
    counts = np.zeros((50, 4))
    np.add.at(counts, (item, answer), 1)
    named = dawid_skene(item, np.zeros(200, int), answer, n_labels=3)
    model = shared_errors(tally(counts), rng())
    assert model.fit.prior == pytest.approx(named.prior, abs=1e-8)
    assert model.fit.log_likelihood == pytest.approx(named.log_likelihood, abs=1e-6)


def test_an_answer_outside_is_an_error_of_its_own() -> None:
    fit = dawid_skene([0, 0, 0, 1, 1, 1], [0, 1, 2] * 2, [0, 0, 2, 1, 1, 1], n_labels=2)
    assert fit.errors.shape == (3, 2, 3)
    assert fit.errors[2, 0] == pytest.approx([0, 0, 1], abs=1e-6)
    # An item that nobody has a word for starts from even shares.
    assert dawid_skene([0], [0], [2], n_labels=2).posterior.tolist() == [[0.5, 0.5]]


def test_two_ratings_an_item_are_not_enough() -> None:
    model = shared_errors(tally([[2, 0, 0], [1, 1, 0], [0, 2, 0]] * 10), rng())
    assert model.doubt() == "no item has 3 ratings"


def test_a_fit_that_was_stopped_is_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facevalue.stats.rater_model.MAX_STEPS", 3)
    assert shared_errors(simulated(), rng()).doubt() == "no solution in 3 steps"


def test_a_label_that_is_mostly_called_another_is_named() -> None:
    errors = ERRORS.copy()
    errors[2] = [0.55, 0.05, 0.4]
    assert list(shared_errors(simulated(9, errors), rng()).misnamed()) == [(2, 0)]


def test_a_label_nobody_uses_has_no_share() -> None:
    counts = np.column_stack([[3, 0] * 20, [0, 3] * 20, np.zeros(40), np.zeros(40)])
    model = shared_errors(tally(counts), rng())
    assert model.fit.prior[2] == pytest.approx(0.0, abs=1e-9)
    assert list(model.misnamed()) == []


def test_few_subjects_are_left_out_one_by_one() -> None:
    t = simulated().only(np.arange(N_ITEMS) < 6 * 40)
    model = shared_errors(t, rng())
    assert (model.n_parts, model.n_subjects) == (6, 6)
    without = shared_errors(t.only(t.subject != 0), rng())
    # Whoever is in the part that was left out, the refit finds the same as a fit without.
    nearest = np.abs(model.accuracy.left_out - without.accuracy.value).min()
    assert nearest < 1e-5
    assert np.isnan(shared_errors(t.only(t.subject == 0), rng()).accuracy.left_out).all()


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no item has a rating$"):
        shared_errors(tally([[0, 0, 0]]), rng())
    for bad in ([], [-1], [3]):
        zeros = np.zeros(len(bad), int)
        with pytest.raises(ValueError, match=r"^ratings are codes from 0 on, answers up to 2$"):
            dawid_skene(zeros, zeros, bad, n_labels=2)
