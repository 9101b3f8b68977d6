"""Consequences in words that a newspaper could print: counts of people, not percentages alone."""

from __future__ import annotations

import math
from dataclasses import replace

from facevalue.simulate.consequences import Consequences, Deployment, Spread, of_all
from facevalue.simulate.rates import Rates
from facevalue.simulate.scenario import Scenario

__all__ = [
    "about",
    "amount",
    "in_a_thousand",
    "natural_frequencies",
    "one_in",
    "percent",
    "plain",
    "ranged",
    "sentences",
]

MIN_CROWD = 1000


def about(x: float) -> str:
    """Return a count as people say it.

    Examples
    --------
    >>> [about(x) for x in (10017.81, 499.95, 12.4, 2.35, 1.0, 0.996, 0.95, 0.0042)]
    ['10,018', '500', '12', '2.4', '1', '1', '0.95', '0.0042']
    """
    if x >= 10 or x == 0:
        return f"{x:,.0f}"
    if x >= 1:
        return f"{x:.1f}".removesuffix(".0")
    return _short(x) if x >= 1e-6 else "under 0.000001"


def _short(x: float) -> str:
    """Return a small number with two digits, never as a power of ten."""
    return f"{float(f'{x:.2g}'):.12f}".rstrip("0").rstrip(".")


def plain(x: float) -> str:
    """Return an end of an assumption: whole from 1,000 on, else with three digits.

    Examples
    --------
    >>> [plain(x) for x in (100000.0, 0.3, 0.0547723, 1e-07, 20.0, 0.0)]
    ['100,000', '0.3', '0.0548', '0.0000001', '20', '0']
    """
    if x >= 1000:
        return f"{x:,.0f}"
    return f"{float(f'{x:.3g}'):.15f}".rstrip("0").rstrip(".")


def percent(p: float) -> str:
    """Return a share in percent, with digits enough for a small one.

    Examples
    --------
    >>> [percent(p) for p in (0.642, 0.05, 0.0019, 0.0000074, 1.0, 0.9999, 0.99999999)]
    ['64.2 %', '5.0 %', '0.19 %', '0.00074 %', '100 %', '99.99 %', 'over 99.99 %']
    """
    if p in (0.0, 1.0):
        return f"{p * 100:.0f} %"
    if p > 0.9999:
        return "over 99.99 %"
    if p > 0.99:
        return f"{100 - float(f'{(1 - p) * 100:.2g}'):.10f}".rstrip("0").rstrip(".") + " %"
    if p >= 0.01:
        return f"{p * 100:.1f} %"
    return f"{_short(p * 100)} %" if p > 1e-11 else "under 0.000000001 %"


def one_in(p: float) -> str:
    """Return a share as ``1 in 527``; ``about 9 in 10`` and its like for a large one.

    Examples
    --------
    >>> one_in(0.0018964), one_in(0.3), one_in(0.86)
    ('1 in 527', 'about 3 in 10', 'about 9 in 10')
    """
    if p <= 0:
        return "none"
    if p <= 0.15:
        return f"1 in {about(1 / p)}"
    if p >= 0.95:
        return "almost all" if p < 1 else "all"
    return f"about {round(p * 10)} in 10"


def in_a_thousand(p: float) -> tuple[int, int]:
    """Return how many of 1,000 are, and how many are not."""
    n = round(p * 1000)
    return n, 1000 - n


def amount(value: float | None, unit: str) -> str:
    """Return a number in its unit; a dash where it does not exist."""
    if value is None:
        return "–"
    if unit == "share":
        return percent(value)
    if unit == "minutes" and 0 < value < 0.1:
        return "under 0.1"
    return f"{about(value)}×" if unit == "ratio" else about(value)


def ranged(found: Spread, unit: str) -> str:
    """Return a number with its ends, as far as there are any.

    Examples
    --------
    >>> ranged(Spread(0.05, 0.03, 0.08), "share")
    '5.0 % (3.0 % to 8.0 %)'
    """
    middle = amount(found.value, unit)
    if found.low is None:
        return middle
    high = "no end" if found.high is None else amount(found.high, unit)
    return f"{middle} ({amount(found.low, unit)} to {high})"


def crowd_of(base_rate: float) -> int:
    """Return the smallest round number of looks among which one is expected to be sought."""
    digits = math.ceil(round(-math.log10(base_rate), 9))
    return max(MIN_CROWD, int(10**digits))


def natural_frequencies(scenario: Scenario, found: Consequences, use: Deployment) -> str:
    """Return what happens to a round number of looks, in counts.

    References
    ----------
    Gigerenzer & Hoffrage (1995), *Psychological Review* 102(4), 684–704: natural frequencies.
    """
    crowd = crowd_of(use.base_rate)
    sought = crowd * use.base_rate
    sens, false = found.of_all["sensitivity"].value, found.of_all["false_flag_rate"].value
    right = sought * (sens or 0.0)
    wrong = (crowd - sought) * (false or 0.0)
    if scenario.look == "look" and use.looks_a_day == 1:
        take = f"Take {crowd:,} {scenario.people}, each looked at once."
        those = f"About {about(sought)} of them {_are(sought)} among those who {scenario.sought}."
    else:
        take = f"Take {crowd:,} looks at {scenario.people}, each a {scenario.look}."
        if scenario.look == "look":
            take = f"Take {crowd:,} looks at {scenario.people}."
        those = (
            f"About {about(sought)} of them {_are(sought)} at one of those who {scenario.sought}."
        )
    return (
        f"{take} {those} The system flags about {about(_added(right, wrong))}: "
        f"{about(right)} rightly and {about(wrong)} wrongly."
    )


def _added(a: float, b: float) -> float:
    """Return the sum of what is printed of both, so that a reader who adds finds it."""
    return round(a) + round(b) if min(a, b) >= 10 else a + b


def _are(n: float) -> str:
    return "is" if round(n, 1) <= 1 else "are"


def sentences(
    scenario: Scenario, rates: Rates, use: Deployment, found: Consequences
) -> tuple[str, ...]:
    """Return what would follow, in plain sentences, the most telling first."""
    said = [natural_frequencies(scenario, found, use), *_worth(scenario, found, use)]
    said += _rarer(scenario, rates, use)
    said += [_daily(scenario, found, use), *_again(scenario, rates, found, use)]
    said += [*_review(found, use), *_needed(found, use), *_never(rates, found, use)]
    return tuple(said)


def _worth(scenario: Scenario, found: Consequences, use: Deployment) -> list[str]:
    ppv = found.of_all["ppv"]
    if ppv.value is None:
        return ["The system raises no flag at all."]
    right, wrong = in_a_thousand(ppv.value)
    once = scenario.look == "look" and use.looks_a_day == 1
    flagged, those = (
        ("people flagged", "among those who") if once else ("flags", "at one of those who")
    )
    be = "is" if right == 1 else "are"
    said = (
        f"Of 1,000 {flagged}, fewer than 1 is {those} {scenario.sought}"
        if right == 0
        else f"Of 1,000 {flagged}, {right} {be} {those} {scenario.sought}, and {wrong} are not"
    )
    ends = ""
    if ppv.low is not None and ppv.high is not None:
        ends = f", between {percent(ppv.low)} and {percent(ppv.high)} as far as the data tell"
    return [
        f"{said}: a flag is right in {percent(ppv.value)} of cases ({one_in(ppv.value)}){ends}."
    ]


def _rarer(scenario: Scenario, rates: Rates, use: Deployment) -> list[str]:
    """Say what a flag is worth at both ends of what is thought possible of the base rate."""
    low, high = scenario.base_rate.ends
    if not 0 < low < high < 1 or not low <= use.base_rate <= high:
        return []
    worth = [of_all(rates, replace(use, base_rate=end))["ppv"].value for end in (low, high)]
    return [
        f"How rare that is nobody can say exactly: if it were {_exactly(low)}, a flag would be "
        f"right in {amount(worth[0], 'share')} of cases; if it were {_exactly(high)}, in "
        f"{amount(worth[1], 'share')}."
    ]


def _daily(scenario: Scenario, found: Consequences, use: Deployment) -> str:
    flags, right = found.of_all["flags_a_day"], found.of_all["true_flags_a_day"]
    missed = ranged(found.of_all["missed_a_day"], "count")
    each = "" if use.looks_a_day == 1 else f", {about(use.looks_a_day)} looks at each,"
    return (
        f"With {about(use.people_a_day)} {scenario.people} a day{each} that is "
        f"{ranged(flags, 'count')} flags a day, of which {ranged(right, 'count')} are right; "
        f"what is sought is missed {'once' if missed == '1' else f'{missed} times'} a day."
    )


def _again(scenario: Scenario, rates: Rates, found: Consequences, use: Deployment) -> list[str]:
    if use.looks <= 1:
        return []
    alike, apart = found.of_all["flagged_once_alike"], found.of_all["flagged_once_independent"]
    times = "twice" if use.looks == 2 else f"{use.looks:,} times"
    look = "" if scenario.look == "look" else f" (each a {scenario.look})"
    who = (
        f"Of {scenario.people} who are looked at {times}{look} in {scenario.period}, and are "
        "never among those sought"
    )
    if "flagged_once" in found.of_all and use.correlation is not None:
        once = ranged(found.of_all["flagged_once"], "share")
        origin = "as measured" if rates.correlation is not None else "as assumed"
        return [
            f"{who}, {once} are flagged at least once all the same, at a correlation of "
            f"{use.correlation:.2f} between looks at one person, {origin}; "
            f"{amount(apart.value, 'share')} if looks were independent."
        ]
    return [
        f"{who}, between {amount(alike.value, 'share')} (if it is always the same people) and "
        f"{amount(apart.value, 'share')} (if looks are independent) are flagged at least once "
        "all the same. How alike looks at one person are is not known."
    ]


def _review(found: Consequences, use: Deployment) -> list[str]:
    hours, load = found.of_all["review_hours"], found.of_all["load"].value or 0.0
    said = f"Looking into every flag takes {ranged(hours, 'count')} hours of work a day"
    if load >= 1:
        return [
            f"{said}. {_staff(use.staff)} over {about(use.hours)} hours can do "
            f"{about(use.staff * use.hours)}: the work left over grows by "
            f"{about(found.of_all['left_over_hours'].value or 0.0)} hours every day."
        ]
    wait = found.of_all["wait_minutes"].value
    long = "less than a minute" if (wait or 0.0) < 1 else f"{about(wait or 0.0)} minutes"
    return [f"{said}; {_staff(use.staff)} can do it, and a flag waits {long} on average."]


def _staff(n: int) -> str:
    return "1 member of staff at a time" if n == 1 else f"{n:,} staff at a time"


def _needed(found: Consequences, use: Deployment) -> list[str]:
    most = found.of_all["needed_false_flag_rate"].value
    has = found.of_all["false_flag_rate"].value
    if not most or not has or has <= most:
        return []
    return [
        f"For every second flag to be right, at most {_exactly(most)} of the looks at people "
        f"not sought may end in a flag; here it is {_exactly(has)}."
    ]


def _exactly(p: float) -> str:
    """Return a share as one in so many, where that rounds it no more than percent do."""
    return one_in(p) if p <= 0.15 else percent(p)


def _never(rates: Rates, found: Consequences, use: Deployment) -> list[str]:
    sens, false = (found.of_all[name].value or 0.0 for name in ("sensitivity", "false_flag_rate"))
    right = use.base_rate * sens + (1 - use.base_rate) * (1 - false)
    if right >= 1 - use.base_rate:
        return []
    return [
        f"A device that never flags anybody would be right at {percent(1 - use.base_rate)} of "
        f"looks, more than this system ({percent(right)}): accuracy alone says nothing here."
    ]
