"""What holds of consequences whatever the rates and the use are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facevalue.simulate import Deployment, Rates, consequences, flagged_at_least_once

SHARE = st.floats(0.001, 0.999)


@st.composite
def _rates(draw: st.DrawFn) -> Rates:
    n = draw(st.integers(1, 4))
    parts = np.array(draw(st.lists(st.floats(0.1, 1.0), min_size=n, max_size=n)))
    sens = np.array(draw(st.lists(SHARE, min_size=3 * n, max_size=3 * n))).reshape(1, n, 3)
    false = np.array(draw(st.lists(SHARE, min_size=3 * n, max_size=3 * n))).reshape(1, n, 3)
    return Rates(
        groups=tuple("abcd"[:n]), shares=parts / parts.sum(), thresholds=None,
        sensitivity=sens, false_flag_rate=false,
    )  # fmt: skip


@st.composite
def _use(draw: st.DrawFn) -> Deployment:
    return Deployment(
        people_a_day=draw(st.floats(1, 1e6)),
        looks_a_day=draw(st.floats(1, 10)),
        base_rate=draw(st.floats(1e-7, 0.5)),
        looks=draw(st.integers(1, 500)),
        minutes=draw(st.floats(1, 60)),
        staff=draw(st.integers(1, 50)),
        hours=draw(st.floats(1, 24)),
        correlation=draw(st.floats(0, 1)),
    )


def _one(rates: Rates, use: Deployment, name: str) -> float:
    value = consequences(rates, use).of_all[name].value
    assert value is not None
    return value


@settings(max_examples=60, deadline=None)
@given(_rates(), _use(), st.floats(1.01, 3.0))
def test_a_flag_is_worth_more_where_what_is_sought_is_less_rare(
    rates: Rates, use: Deployment, times: float
) -> None:
    more = replace(use, base_rate=min(0.99, use.base_rate * times))
    assert _one(rates, more, "ppv") >= _one(rates, use, "ppv") * (1 - 1e-12)


@settings(max_examples=60, deadline=None)
@given(_rates(), _use())
def test_flags_and_no_flags_add_up_to_the_looks(rates: Rates, use: Deployment) -> None:
    alone = replace(
        rates,
        sensitivity=rates.sensitivity[:, :, :1],
        false_flag_rate=rates.false_flag_rate[:, :, :1],
    )
    looks = use.people_a_day * use.looks_a_day
    flags = _one(alone, use, "flags_a_day")
    right, wrong = _one(alone, use, "true_flags_a_day"), _one(alone, use, "false_flags_a_day")
    missed = _one(alone, use, "missed_a_day")
    assert right + wrong == pytest.approx(flags, rel=1e-12)
    assert right + missed == pytest.approx(looks * use.base_rate, rel=1e-9)
    # What is not flagged, sought or not, is the rest of all looks.
    quiet = looks - flags
    unflagged = missed / _one(alone, use, "missed_among_unflagged")
    assert unflagged == pytest.approx(quiet, rel=1e-6, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(_rates(), _use(), st.floats(0.05, 0.95))
def test_splitting_a_group_into_two_alike_changes_nothing_for_all(
    rates: Rates, use: Deployment, part: float
) -> None:
    split = _split(rates, part)
    before, after = consequences(rates, use).of_all, consequences(split, use).of_all
    for name, told in before.items():
        if told.value is None:
            assert after[name].value is None
        else:
            assert after[name].value == pytest.approx(told.value, rel=1e-9, abs=1e-12)


def _split(rates: Rates, part: float) -> Rates:
    first = rates.shares[0]
    return Rates(
        groups=(*rates.groups, "z"),
        shares=np.array([first * part, *rates.shares[1:], first * (1 - part)]),
        thresholds=None,
        sensitivity=np.concatenate([rates.sensitivity, rates.sensitivity[:, :1]], axis=1),
        false_flag_rate=np.concatenate(
            [rates.false_flag_rate, rates.false_flag_rate[:, :1]], axis=1
        ),
    )


@settings(max_examples=100, deadline=None)
@given(SHARE, st.integers(1, 3000), st.floats(0.001, 0.99), st.floats(0.0, 0.009))
def test_looks_at_one_person_add_flags_and_correlation_takes_them(
    rate: float, looks: int, correlation: float, more: float
) -> None:
    once = float(flagged_at_least_once([rate], looks, correlation)[0])
    again = float(flagged_at_least_once([rate], looks + 1, correlation)[0])
    tighter = float(flagged_at_least_once([rate], looks, min(1.0, correlation + more))[0])
    loose = float(flagged_at_least_once([rate], looks, 0.0)[0])
    slack = 1e-9
    assert rate - slack <= once <= loose + slack
    assert once <= again + slack
    assert tighter <= once + slack


@settings(max_examples=60, deadline=None)
@given(_rates(), _use())
def test_shares_stay_shares(rates: Rates, use: Deployment) -> None:
    found = consequences(rates, use).of_all
    for name in ("ppv", "flagged_once", "flagged_share", "missed_among_unflagged"):
        for value in (found[name].value, found[name].low, found[name].high):
            assert value is not None
            assert -1e-12 <= value <= 1 + 1e-12
