"""What follows for people: flags, their value, repeated looks, queues, burdens, and bounds.

Every quantity is worked out on each draw of the rates, so that what is unknown of them is
unknown of it. The page in a report computes the same from the same draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevalue.errors import InputError
from facevalue.simulate.looks import flagged_at_least_once
from facevalue.simulate.queue import queue_of
from facevalue.simulate.rates import Rates
from facevalue.simulate.scenario import Scenario

__all__ = [
    "ENDS",
    "MAX_LOOKS",
    "QUANTITIES",
    "Consequences",
    "Deployment",
    "Quantity",
    "Spread",
    "consequences",
    "deployment_of",
    "of_all",
    "spread",
    "whole",
]

FloatArray = npt.NDArray[np.float64]

ENDS = (0.025, 0.975)
"""Levels of the ends that are told of a quantity."""
ENDLESS = 1e12
MAX_LOOKS = 1_000_000
MAX_STAFF = 10_000


@dataclass(frozen=True, slots=True)
class Quantity:
    """Name in files, what it is in words, and its unit."""

    name: str
    words: str
    unit: str


QUANTITIES = tuple(
    Quantity(*row)
    for row in (
        ("flags_a_day", "flags a day", "count"),
        ("true_flags_a_day", "of these, at what is sought", "count"),
        ("false_flags_a_day", "of these, at what is not sought", "count"),
        ("missed_a_day", "missed a day", "count"),
        ("flagged_share", "share of looks that end in a flag", "share"),
        ("sensitivity", "share flagged of looks at what is sought (sensitivity)", "share"),
        ("false_flag_rate", "share flagged of looks at what is not sought", "share"),
        ("ppv", "chance that a flag is at what is sought (positive predictive value)", "share"),
        ("missed_among_unflagged", "chance that what is sought is there without a flag", "share"),
        ("lift", "that chance over the one at a look at random", "ratio"),
        ("random_hits_a_day", "found by as many looks at random", "count"),
        ("flagged_once", "share of people not sought flagged at least once", "share"),
        ("flagged_once_independent", "flagged at least once, if looks were independent", "share"),
        ("flagged_once_alike", "flagged at least once, if looks at a person were alike", "share"),
        ("false_flags_a_person", "false flags a person over all looks", "count"),
        ("review_hours", "hours of review a day", "count"),
        ("load", "review work over what the staff can do", "ratio"),
        ("wait_minutes", "mean wait for a review, in minutes", "minutes"),
        ("left_over_hours", "hours of review left over every day", "count"),
        ("needed_false_flag_rate", "highest false flag rate at which every second flag is right",
         "share"),
        ("needed_sensitivity", "sensitivity needed for that, over the highest there can be (1)",
         "ratio"),
        ("cost_a_day", "cost a day", "count"),
    )
)  # fmt: skip
"""Everything that is told of all people together, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The numbers of a use, each one an assumption that can be changed.

    Parameters
    ----------
    base_rate
        Share of looks at which what is sought is there, in (0, 1).
    looks
        Looks at one person over the period.
    correlation
        Between looks at one person, in [0, 1]; `None` if it is not known.
    staff
        Reviewers at a time, at least 1.
    cost_of_false_flag, cost_of_miss
        In one currency; `None` if nobody can say.
    """

    people_a_day: float
    looks_a_day: float
    base_rate: float
    looks: int
    minutes: float
    staff: int
    hours: float
    correlation: float | None = None
    cost_of_false_flag: float | None = None
    cost_of_miss: float | None = None

    def __post_init__(self) -> None:
        problems = []
        if not 0 < self.base_rate < 1:
            problems.append(f"the base rate is {self.base_rate:g}, expected more than 0, below 1")
        for name in ("people_a_day", "looks_a_day", "minutes", "hours"):
            value = getattr(self, name)
            if not 0 < value < ENDLESS:
                most = f" and less than {ENDLESS:g}" if value >= ENDLESS else ""
                told = f"{name.replace('_', ' ')} is {value:g}, expected more than 0{most}"
                problems.append(told)
        for name, most_ in (("looks", MAX_LOOKS), ("staff", MAX_STAFF)):
            value = getattr(self, name)
            if not (isinstance(value, int) and 1 <= value <= most_):
                problems.append(f"{name} is {value}, expected 1 to {most_:,}")
        for name in ("cost_of_false_flag", "cost_of_miss"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < ENDLESS:
                told = f"{name.replace('_', ' ')} is {value:g}, expected 0 or more"
                problems.append(told)
        if self.correlation is not None and not 0 <= self.correlation <= 1:
            problems.append(f"the correlation is {self.correlation:g}, expected 0 to 1")
        if problems:
            raise InputError("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Spread:
    """A quantity: median of its draws, and the ends of the middle 95 % of them.

    The ends are `None` where nothing is known of the uncertainty; all are `None` where the
    quantity does not exist (no mean wait at a queue that grows without end).
    """

    value: float | None
    low: float | None = None
    high: float | None = None


def spread(draws: FloatArray) -> Spread:
    """Return median and 95 % ends of draws, by linear interpolation between them.

    Examples
    --------
    >>> spread(np.array([1.0, 2.0, 4.0])).value
    2.0
    """
    # A draw without the quantity lies beyond every other: the queue there is endless.
    ordered = np.sort(np.where(np.isnan(draws), np.inf, draws))
    middle, low, high = (_finite(_quantile(ordered, q)) for q in (0.5, *ENDS))
    return Spread(middle) if len(draws) == 1 else Spread(middle, low, high)


def _quantile(ordered: FloatArray, q: float) -> float:
    """Return a quantile as the page in a report works it out, to the last digit."""
    position = q * (len(ordered) - 1)
    below = int(position)
    left, part = float(ordered[below]), position - below
    if part == 0:
        return left
    right = float(ordered[below + 1])
    return left + (right - left) * part if np.isfinite(right) else right


def _finite(x: float) -> float | None:
    return x if np.isfinite(x) else None


@dataclass(frozen=True, slots=True)
class Consequences:
    """What follows, of all people and by group.

    Parameters
    ----------
    of_all
        Name of a `QUANTITIES` → its spread.
    of_groups
        Group → name → its spread: ``false_flag_rate``, ``sensitivity``, ``ppv``,
        ``false_flags_a_day``, ``flagged_once`` and ``burden``, the group's false flag rate
        over that of everybody else.
    """

    of_all: Mapping[str, Spread]
    of_groups: Mapping[str, Mapping[str, Spread]]


def deployment_of(scenario: Scenario, rates: Rates | None = None) -> Deployment:
    """Return the numbers of a scenario, with the correlation that the data tell."""
    told = None if rates is None or rates.correlation is None else rates.correlation.value
    if told is None and scenario.correlation is not None:
        told = scenario.correlation.at
    cost = scenario.cost
    missed = None if cost is None or cost.missed is None else cost.missed.at
    return Deployment(
        people_a_day=scenario.people_a_day.at,
        looks_a_day=scenario.looks_a_day.at,
        base_rate=scenario.base_rate.at,
        looks=whole(scenario.looks.at),
        minutes=scenario.review.minutes.at,
        staff=whole(scenario.review.staff.at),
        hours=scenario.review.hours.at,
        correlation=told,
        cost_of_false_flag=None if cost is None else cost.false_flag.at,
        cost_of_miss=missed,
    )


def whole(x: float) -> int:
    """Return a number of looks or of staff, at least 1."""
    return max(1, round(x))


def consequences(rates: Rates, use: Deployment, at: int | None = None) -> Consequences:
    """Return what follows for people.

    Parameters
    ----------
    rates
        How often those sought and those not are flagged.
    use
        The numbers of the use.
    at
        Position of the threshold; by default the one of ``rates``.

    Examples
    --------
    >>> from facevalue.simulate.rates import claimed_rates
    >>> use = Deployment(people_a_day=10_000, looks_a_day=1, base_rate=1e-4, looks=20,
    ...     minutes=10, staff=2, hours=16)
    >>> found = consequences(claimed_rates(sensitivity=0.95, specificity=0.95), use)
    >>> round(found.of_all["ppv"].value, 4)
    0.0019
    """
    t = rates.at if at is None else at
    groups = _groups(rates, t, use) if len(rates.groups) > 1 else {}
    return Consequences(of_all=of_all(rates, use, t), of_groups=groups)


def of_all(rates: Rates, use: Deployment, at: int | None = None) -> dict[str, Spread]:
    """Return what follows of all people alone, as `consequences` tells it."""
    t = rates.at if at is None else at
    drawn = of_draws(rates.sensitivity[t], rates.false_flag_rate[t], rates.shares, use)
    return {q.name: spread(drawn[q.name]) for q in QUANTITIES if q.name in drawn}


def of_draws(
    sens: FloatArray, false: FloatArray, shares: FloatArray, use: Deployment
) -> dict[str, FloatArray]:
    """Return every quantity on every draw; rates have the shape ``(n_groups, n_draws)``."""
    looks = use.people_a_day * use.looks_a_day
    rate = use.base_rate
    s, f = shares @ sens, shares @ false
    hits, wrong = looks * rate * s, looks * (1 - rate) * f
    flags = hits + wrong
    with np.errstate(divide="ignore", invalid="ignore"):
        ppv = np.where(flags > 0, hits / flags, np.nan)
        quiet = rate * (1 - s) + (1 - rate) * (1 - f)
        unflagged = np.where(quiet > 0, rate * (1 - s) / quiet, np.nan)
    queue = queue_of(flags, minutes=use.minutes, staff=use.staff, hours=use.hours)
    found = {
        "flags_a_day": flags,
        "true_flags_a_day": hits,
        "false_flags_a_day": wrong,
        "missed_a_day": looks * rate * (1 - s),
        "flagged_share": flags / looks,
        "sensitivity": s,
        "false_flag_rate": f,
        "ppv": ppv,
        "missed_among_unflagged": unflagged,
        "lift": ppv / rate,
        "random_hits_a_day": flags * rate,
        "flagged_once_independent": shares @ flagged_at_least_once(false, use.looks, 0.0),
        "flagged_once_alike": shares @ flagged_at_least_once(false, use.looks, 1.0),
        "false_flags_a_person": use.looks * f,
        "review_hours": queue.hours,
        "load": queue.load,
        "wait_minutes": queue.wait_minutes,
        "left_over_hours": queue.left_over_hours,
        "needed_false_flag_rate": s * rate / (1 - rate),
        "needed_sensitivity": f * (1 - rate) / rate,
    }
    if use.correlation is not None:
        found["flagged_once"] = shares @ flagged_at_least_once(false, use.looks, use.correlation)
    if use.cost_of_false_flag is not None:
        missed = 0.0 if use.cost_of_miss is None else use.cost_of_miss
        found["cost_a_day"] = wrong * use.cost_of_false_flag + found["missed_a_day"] * missed
    return found


def _groups(rates: Rates, at: int, use: Deployment) -> dict[str, dict[str, Spread]]:
    sens, false = rates.sensitivity[at], rates.false_flag_rate[at]
    looks = use.people_a_day * use.looks_a_day
    found: dict[str, dict[str, Spread]] = {}
    for g, name in enumerate(rates.groups):
        one = of_draws(sens[g : g + 1], false[g : g + 1], np.ones(1), use)
        others = rates.shares.copy()
        others[g] = 0
        # Where a group is everybody, there are no others to compare it with.
        rest = others / others.sum() @ false if others.sum() > 0 else np.zeros(false.shape[1])
        with np.errstate(divide="ignore", invalid="ignore"):
            burden = np.where(rest > 0, false[g] / rest, np.nan)
        wrong = looks * rates.shares[g] * (1 - use.base_rate) * false[g]
        told = {
            "false_flag_rate": false[g], "sensitivity": sens[g], "ppv": one["ppv"],
            "false_flags_a_day": wrong, "burden": burden,
        }  # fmt: skip
        if "flagged_once" in one:
            told["flagged_once"] = one["flagged_once"]
        found[name] = {key: spread(draws) for key, draws in told.items()}
    return found
