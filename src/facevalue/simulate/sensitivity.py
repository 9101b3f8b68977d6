"""What the answer hangs on: one assumption at a time, and one threshold after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from facevalue.simulate.consequences import (
    ENDS,
    MAX_LOOKS,
    Consequences,
    Deployment,
    consequences,
    of_all,
    whole,
)
from facevalue.simulate.rates import Rates
from facevalue.simulate.scenario import Amount, Scenario

__all__ = ["Sweep", "Swing", "sweep", "tornado"]

SHOWN = ("ppv", "false_flags_a_day", "flagged_once", "review_hours")
"""Quantities whose swings are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """What becomes of a quantity when one assumption goes to its ends, all else held equal.

    Parameters
    ----------
    assumption
        Its name in words.
    low, high
        The ends that it was put to.
    quantity
        Name of a quantity; ``at_low`` and ``at_high`` its medians there, `None` where it does
        not exist.
    """

    assumption: str
    low: float
    high: float
    quantity: str
    at_low: float | None
    at_high: float | None

    @property
    def width(self) -> float:
        """How far the quantity moves; endless where it ceases to exist."""
        if self.at_low is None or self.at_high is None:
            return 0.0 if self.at_low is self.at_high else float("inf")
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Consequences at one threshold."""

    threshold: float
    found: Consequences


def sweep(rates: Rates, use: Deployment) -> list[Sweep]:
    """Return the consequences at every threshold; none where the system has no score."""
    if rates.thresholds is None:
        return []
    return [
        Sweep(threshold, consequences(rates, use, t))
        for t, threshold in enumerate(rates.thresholds)
    ]


def tornado(rates: Rates, use: Deployment, scenario: Scenario) -> list[Swing]:
    """Return the swings of `SHOWN` quantities, the widest of each quantity first.

    An assumption that has no range in the scenario is not varied. A correlation that was
    estimated runs over its interval, one that nobody knows from 0 to 1.

    Examples
    --------
    >>> from facevalue.simulate.scenario import scenario
    >>> from facevalue.simulate.consequences import deployment_of
    >>> from facevalue.simulate.rates import claimed_rates
    >>> rates = claimed_rates(sensitivity=0.95, specificity=0.95)
    >>> checkpoint = scenario("checkpoint")
    >>> tornado(rates, deployment_of(checkpoint), checkpoint)[0].quantity
    'ppv'
    """
    found: list[Swing] = []
    for words, (low, high), at_low, at_high in _ends(rates, use, scenario):
        ends = [of_all(*one) for one in (at_low, at_high)]
        for quantity in SHOWN:
            if quantity in ends[0]:
                found.append(
                    Swing(
                        assumption=words, low=low, high=high, quantity=quantity,
                        at_low=ends[0][quantity].value, at_high=ends[1][quantity].value,
                    )
                )  # fmt: skip
    found = [s for s in found if not _is_still(s)]
    return sorted(found, key=lambda s: (SHOWN.index(s.quantity), -s.width))


def _is_still(swing: Swing) -> bool:
    """Whether nothing moves but the last digits of the arithmetic."""
    largest = max(abs(swing.at_low or 0.0), abs(swing.at_high or 0.0))
    return swing.width <= 1e-9 * largest


_Case = tuple[Rates, Deployment]


def _ends(
    rates: Rates, use: Deployment, scenario: Scenario
) -> Iterator[tuple[str, tuple[float, float], _Case, _Case]]:
    for words, amount, name in (
        ("base rate", scenario.base_rate, "base_rate"),
        ("people a day", scenario.people_a_day, "people_a_day"),
        ("looks a day", scenario.looks_a_day, "looks_a_day"),
        ("looks at a person", scenario.looks, "looks"),
        ("minutes of a review", scenario.review.minutes, "minutes"),
    ):
        ends = _around(amount, getattr(use, name))
        if ends is not None:
            if name == "looks":
                ends = whole(ends[0]), min(whole(ends[1]), MAX_LOOKS)
            low, high = (replace(use, **{name: end}) for end in ends)  # type: ignore[arg-type]
            yield words, ends, (rates, low), (rates, high)
    around = _correlation(rates, use, scenario)
    if around is not None:
        low, high = (replace(use, correlation=end) for end in around)
        yield "correlation of looks", around, (rates, low), (rates, high)
    if rates.n_draws > 1:
        yield from _rate_ends(rates, use)


def _rate_ends(
    rates: Rates, use: Deployment
) -> Iterator[tuple[str, tuple[float, float], _Case, _Case]]:
    """Put one rate to the ends of its draws, with the other at its median."""
    middle = replace(
        rates,
        sensitivity=np.median(rates.sensitivity, axis=2, keepdims=True),
        false_flag_rate=np.median(rates.false_flag_rate, axis=2, keepdims=True),
    )
    for words, name in (
        ("flagged, sought", "sensitivity"),
        ("flagged, not sought", "false_flag_rate"),
    ):
        drawn = getattr(rates, name)
        totals = rates.shares @ drawn[rates.at]
        # The draws whose rate of all people is at the ends, so that groups move together
        # as far as they do in the data.
        order = np.argsort(totals, kind="stable")
        places = [order[round(q * (len(order) - 1))] for q in ENDS]
        low, high = (replace(middle, **{name: drawn[:, :, [p]]}) for p in places)
        ends = float(totals[places[0]]), float(totals[places[1]])
        yield words, ends, (low, use), (high, use)


def _correlation(rates: Rates, use: Deployment, scenario: Scenario) -> tuple[float, float] | None:
    if rates.correlation is not None:
        return rates.correlation.low, rates.correlation.high
    if use.correlation is None or scenario.correlation is None:
        return 0.0, 1.0
    return _around(scenario.correlation, use.correlation)


def _around(amount: Amount, used: float) -> tuple[float, float] | None:
    """Return the ends of an assumption, unless it has none or was set outside of them."""
    low, high = amount.ends
    if low == high or not low <= used <= high:
        return None
    return low, high
