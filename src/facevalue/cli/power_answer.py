"""The answer of `facevalue power`: what is simulated, and how it reads in a terminal."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import isotonic_regression

from facevalue.report.power_figure import Curve
from facevalue.report.wording import Unit, count, exactly, number, with_unit
from facevalue.stats.power import (
    NO_END,
    PowerSpec,
    Simulated,
    closed_form,
    error_ratio,
    nearest_bound,
    power_with,
    smallest_gap,
    subjects_needed,
)

__all__ = ["Answer", "Point", "Question", "answer", "document", "drawing", "lines", "wrapped"]

STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
WIDTH, PLOT = 80, 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Parameters
    ----------
    n_subjects
        People there are; `None` where their number is what is asked for.
    has_claim
        Whether a bound (or a gap to show) was given, so that the chance of settling that
        can be told.
    is_claimed_above
        Whether the claim says that the value is at least the bound.
    """

    spec: PowerSpec
    power: float
    n_subjects: int | None
    has_claim: bool
    is_claimed_above: bool
    n_audits: int
    seed: int

    @property
    def unit(self) -> Unit | None:
        """Unit of what is asked for; `None` for people."""
        if self.n_subjects is None:
            return None
        return Unit.SHARE if self.spec.gap is None else Unit.GAP

    @property
    def is_about_a_gap_to_show(self) -> bool:
        """Whether the smallest gap that shows is asked for, or the people to show one."""
        return self.spec.gap is not None and self.spec.bound == 0.0

    def find(self, items: int, n_audits: int) -> Simulated | None:
        """Return what is asked for, with so many items a person."""
        spec = replace(self.spec, items=items)
        if self.n_subjects is None:
            return subjects_needed(spec, self.power, n_audits, self.seed)
        search = smallest_gap if self.is_about_a_gap_to_show else nearest_bound
        return search(spec, self.n_subjects, self.power, n_audits, self.seed)


@dataclass(frozen=True, slots=True)
class Point:
    """What is found with ``items`` a person."""

    items: int
    found: Simulated | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; the chance of settling the claim with those people; more or fewer items.

    ``floor`` is what is found with no end of items a person.
    """

    question: Question
    found: Simulated | None
    chance: Simulated | None
    curve: tuple[Point, ...]
    floor: Simulated | None

    @property
    def n_subjects(self) -> int | None:
        """People there are, or would be needed."""
        if self.question.n_subjects is not None:
            return self.question.n_subjects
        return None if self.found is None else int(self.found.value)

    @property
    def n_items(self) -> int | None:
        """Items in all."""
        return (
            None if self.n_subjects is None else items_in_all(self.question.spec, self.n_subjects)
        )


def items_in_all(spec: PowerSpec, n_subjects: int) -> int:
    """Return the items of so many people, in all conditions together."""
    return n_subjects * spec.items * (1 if spec.shared is None else len(spec.shares))


def answer(question: Question) -> Answer:
    """Simulate. The other points of the curve have a quarter of the audits each."""
    spec = question.spec
    found = question.find(spec.items, question.n_audits)
    last = next((s for s in STEPS if s >= max(spec.items, 100)), STEPS[-1])
    steps = sorted({s for s in STEPS if s <= last} | {spec.items, NO_END})
    points = [Point(s, found if s == spec.items else _beside(question, found, s)) for s in steps]
    *curve, end = _falling(question, points)
    made = Answer(question, found, None, tuple(curve), end.found)
    n = made.n_subjects
    if not question.has_claim or n is None:
        return made
    # Other audits than those that the number of people was found with.
    return replace(made, chance=power_with(spec, n, question.n_audits, question.seed + 1))


def _beside(question: Question, found: Simulated | None, items: int) -> Simulated | None:
    """Return what is found with other items; of many pairs by scaling, as each takes long."""
    if question.spec.n_pairs == 1 or found is None:
        return question.find(items, max(question.n_audits // 4, 100))
    factor = error_ratio(question.spec, items)
    truth = 0.0
    if question.unit is None:
        factor **= 2
    elif not question.is_about_a_gap_to_show:
        truth = question.spec.truth
    least = 0.0 if question.unit else float(question.spec.least_subjects)
    value, low, high = (max(truth + (x - truth) * factor, least) for x in _numbers(found))
    return Simulated(value, low, high, found.n_audits)


def _numbers(found: Simulated) -> tuple[float, float, float]:
    return found.value, found.low, found.high


def _falling(question: Question, points: list[Point]) -> list[Point]:
    """Smooth out the chance of simulation: with more items never more people are needed."""
    told = [(p, p.found) for p in points if p.found is not None]
    if not told:
        return points
    rises = question.unit is not None and not question.is_about_a_gap_to_show
    rises = rises and question.spec.is_above
    # The point that was asked stands, since it has the most audits.
    weights = [1e9 if p.items == question.spec.items else 1.0 for p, _ in told]
    columns = np.array([_numbers(found) for _, found in told]).T
    smooth = [isotonic_regression(c, weights=weights, increasing=rises).x for c in columns]
    if question.unit is None:
        smooth = [np.ceil(np.round(c, 6)) for c in smooth]
    by_items = {
        p.items: Simulated(float(value), float(low), float(high), found.n_audits)
        for (p, found), value, low, high in zip(told, *smooth, strict=True)
    }
    return [Point(p.items, by_items.get(p.items)) for p in points]


def shown(question: Question, value: float) -> str:
    """Return a value in the unit of what is asked for: ``66 people``, ``8.9 points``."""
    unit = question.unit
    return f"{int(value):,} people" if unit is None else with_unit(value, unit)


def _ranged(question: Question, found: Simulated) -> str:
    """Return a value with its range of chance."""
    return shown(question, found.value) + _range(found, question.unit)


def _range(found: Simulated, unit: Unit | None) -> str:
    if not found.n_audits:
        return ""
    ends = [f"{int(x):,}" if unit is None else number(x, unit) for x in (found.low, found.high)]
    return f" ({' to '.join(ends)})"


def lines(made: Answer) -> Iterator[str]:
    """Yield the answer: sentences, the curve, and how it was found."""
    for text in (_sentence(made), _chance(made), _floor(made)):
        yield from wrapped(text)
    yield ""
    yield from _curve(made)
    yield ""
    yield from wrapped(_how(made))


def wrapped(text: str, indent: str = "") -> Iterator[str]:
    """Yield lines of 80 characters that do not part a number from its percent sign."""
    kept = text.replace(" %", "\N{NO-BREAK SPACE}%")
    for line in textwrap.wrap(kept, WIDTH, initial_indent=indent, subsequent_indent=indent):
        yield line.replace("\N{NO-BREAK SPACE}", " ")


def _sentence(made: Answer) -> str:
    q, chance = made.question, f"with a chance of {exactly(made.question.power, Unit.SHARE)}"
    if made.n_subjects is None:
        return (
            f"No realistic number of people, up to 1,000,000, with {_each(q.spec)} is enough: "
            f"{_settled(q)} {chance}, if {_anticipated(q)}."
        )
    if q.n_subjects is None:
        return (
            f"About {_people(made)} with {_each(q.spec)} are needed, {made.n_items:,} items in "
            f"all. Then {_settled(q)} {chance}, if {_anticipated(q)}."
        )
    having = f"With {_people(made)} and {_each(q.spec)},"
    if q.is_about_a_gap_to_show:
        gap = "no gap around this rate" if made.found is None else (
            f"a gap of {_ranged(q, made.found)} or more"
        )  # fmt: skip
        return f"{having} {gap} shows {chance}, if {_anticipated(q)}."
    if made.found is None:
        return f"{having} nothing is settled {chance}, if {_anticipated(q)}."
    side = "at least" if q.spec.is_above else "at most"
    return (
        f"{having} the nearest bound that is settled {chance} is {side} "
        f"{_ranged(q, made.found)}, if {_anticipated(q)}."
    )


def _people(made: Answer) -> str:
    spec, n = made.question.spec, made.n_subjects
    assert n is not None
    people = f"{n:,} people"
    if spec.gap is None or spec.shared is not None:
        return people
    sizes = spec.group_sizes(n).tolist()
    detail = f" ({' + '.join(f'{size:,}' for size in sizes)})" if len(sizes) <= 6 else ""
    return f"{people} in {len(sizes)} groups{detail}"


def _each(spec: PowerSpec) -> str:
    if spec.gap is None or spec.shared is None:
        return f"{count(spec.items, 'item')} each"
    return f"{count(spec.items, 'item')} in each of {len(spec.shares)} conditions"


def _settled(question: Question) -> str:
    """Return what is to be seen of the interval."""
    spec = question.spec
    level = f"the {100 * spec.interval.level:.6g} % interval"
    if spec.gap is not None:
        level += " of the largest gap"
        level += f" (over {spec.n_pairs} pairs)" if spec.n_pairs > 1 else ""
    if question.is_about_a_gap_to_show:
        return f"{level} lies above zero"
    side = "above" if spec.is_above else "below"
    bound = exactly(spec.bound, Unit.SHARE) if spec.gap is None else _gap(spec.bound)
    outcome = "upheld" if question.is_claimed_above == spec.is_above else "not upheld"
    return f"{level} lies wholly {side} {bound} (claim {outcome})"


def _anticipated(question: Question) -> str:
    spec = question.spec
    what = f"the true rate is {exactly(spec.rate, Unit.SHARE)}"
    if spec.gap is not None and (
        question.n_subjects is None or not question.is_about_a_gap_to_show
    ):
        what += f", the largest gap {_gap(spec.gap)}" if spec.gap else " in every group"
    return f"{what} and the correlation within a person {spec.icc:g}"


def _gap(value: float) -> str:
    return "1 point" if value == 0.01 else exactly(value, Unit.GAP)


def _chance(made: Answer) -> str:
    q, chance = made.question, made.chance
    if chance is None or (q.n_subjects is None and not chance.n_audits):
        return ""
    share = f"{with_unit(chance.value, Unit.SHARE)}{_range(chance, Unit.SHARE)}"
    if q.n_subjects is None:
        return f"Checked: {made.n_subjects:,} people settle it in {share} of other audits."
    if q.is_about_a_gap_to_show:
        return f"A gap of {_gap(q.spec.truth)} shows with a chance of {share}."
    return f"The chance that {_settled(q)} is {share}."


def _floor(made: Answer) -> str:
    """Say what more items of the same people cannot do."""
    q, floor = made.question, made.floor
    icc = f"With ICC {q.spec.icc:g}"
    if q.spec.icc == 0.0:
        least = f", down to the {q.spec.least_subjects} people that intervals need"
        return f"{icc} only the number of items in all counts{least if not q.unit else ''}."
    if floor is None:
        return f"{icc} no number of items a person makes up for too few people."
    if q.unit is None:
        least = shown(q, floor.value)
        return f"{icc} no number of items a person makes up for fewer than {least}."
    past = "above" if q.spec.is_above and not q.is_about_a_gap_to_show else "below"
    return f"{icc} no number of items of these people brings that {past} {shown(q, floor.value)}."


def _how(made: Answer) -> str:
    q = made.question
    spec = q.spec
    parts = []
    if spec.looks > 1:
        parts.append(
            f"{count(spec.looks, 'look')} at {100 * spec.level:.6g} % together (Holm's first step)."
        )
    if spec.shared is not None:
        parts.append(f"Conditions have {spec.shared:.0%} of the correlation in common.")
    if spec.items_cv:
        parts.append(f"Items a person vary by {spec.items_cv:.0%} of their mean.")
    if any(x is not None and x.n_audits for x in (made.found, made.chance)):
        parts.append(
            f"Simulated with facevalue's own intervals, {q.n_audits:,} audits, seed {q.seed}; in "
            "brackets and beside the marks the range of chance of that (95 %)."
        )
        if spec.n_pairs > 1:
            parts.append("Other numbers of items are scaled from that by the standard error.")
    else:
        parts.append("By the normal approximation: too many people to simulate.")
    if q.has_claim and q.n_subjects is None and made.found is not None and made.found.n_audits:
        people = math.ceil(closed_form(spec, q.power))
        parts.append(f"The normal approximation says {people:,} people.")
    return " ".join(parts)


def _curve(made: Answer) -> Iterator[str]:
    """Yield a line for each number of items, with a mark on a common axis."""
    q = made.question
    points = [(f"{p.items:,}", p.items, p.found) for p in made.curve]
    if q.spec.icc:
        points.append(("no end", 0, made.floor))
    drawn = [f for _, _, f in points if f is not None]
    if not drawn:
        return
    low, high = min(f.low for f in drawn), max(f.high for f in drawn)
    names = ("people", "items in all") if q.unit is None else (_curve_name(q), "")
    axis = shown(q, low).removesuffix(" people"), shown(q, high).removesuffix(" people")
    head = f"  {'items each':>10} {names[0]:>12} {names[1]:>13}"
    yield f"{head}  {axis[0]}{axis[1]:>{PLOT - len(axis[0])}}".rstrip()
    for label, items, found in points:
        is_asked = items == q.spec.items
        value = "over 1,000,000" if q.unit is None else "–"
        total = ""
        if found is not None:
            value = shown(q, found.value).removesuffix(" people")
            if q.unit is None and items:
                total = f"{items_in_all(replace(q.spec, items=items), int(found.value)):,}"
        marks = "" if found is None else _mark(found, low, high, q.unit is None, is_asked)
        head = f"{'>' if is_asked else ' '} {label:>10} {value:>12} {total:>13}"
        yield f"{head}  {marks}".rstrip()


def _curve_name(question: Question) -> str:
    if question.is_about_a_gap_to_show:
        return "gap shown"
    return "at least" if question.spec.is_above else "at most"


def _mark(found: Simulated, low: float, high: float, on_log: bool, is_asked: bool) -> str:
    """Return a mark on the axis, within the range of its chance."""
    a, b = (math.log(low), math.log(high)) if on_log else (low, high)

    def place(value: float) -> int:
        share = ((math.log(value) if on_log else value) - a) / (b - a) if b > a else 0.5
        return min(max(round(share * (PLOT - 1)), 0), PLOT - 1)

    start, at, end = (place(x) for x in (found.low, found.value, found.high))
    row = [" "] * start + ["─"] * (end - start + 1)
    row[at] = "◆" if is_asked else "●"
    return "".join(row)


def drawing(made: Answer) -> Curve | None:
    """Return what the figure shows; `None` where no number of items is enough."""
    q = made.question
    scale = 1.0 if q.unit is None else q.unit.scale
    points = tuple(
        (float(p.items), scale * p.found.value, scale * p.found.low, scale * p.found.high)
        for p in made.curve
        if p.found is not None
    )
    if not points:
        return None
    n, spec = q.n_subjects, q.spec
    if n is None:
        what = f"People needed so that {_settled(q)}"
        up = "people"
    elif q.is_about_a_gap_to_show:
        what = f"Smallest gap between {len(spec.shares)} groups that shows with {n:,} people"
        up = "gap, percentage points"
    else:
        what = f"Nearest bound that is settled with {n:,} people"
        up = f"{_curve_name(q)}, {'%' if spec.gap is None else 'percentage points'}"
    has_floor = made.floor is not None and spec.icc > 0.0
    return Curve(
        title=what,
        subtitle=f"With a chance of {exactly(q.power, Unit.SHARE)}, if {_anticipated(q)}.",
        says=" ".join(t for t in (_sentence(made), _chance(made), _floor(made)) if t),
        across="items a person" + (" and condition" if spec.shared is not None else ""),
        up=up,
        points=points,
        asked=float(spec.items),
        floor=scale * made.floor.value if made.floor is not None and has_floor else None,
        floor_words=f"no end of items: {shown(q, made.floor.value)}" if made.floor else "",
        is_log=q.unit is None,
    )


def document(made: Answer) -> dict[str, Any]:
    """Return the answer as plain data."""
    q = made.question
    return {
        "format": "facevalue-power",
        "version": 1,
        "asked": {
            **asdict(q.spec), "power": q.power, "n_subjects": q.n_subjects,
            "simulations": q.n_audits, "seed": q.seed,
        },
        "found": _plain(made.found),
        "of": "people" if q.unit is None else _curve_name(q),
        "n_subjects": made.n_subjects,
        "n_items": made.n_items,
        "chance": _plain(made.chance),
        "floor": _plain(made.floor),
        "normal_approximation": closed_form(q.spec, q.power) if q.has_claim else None,
        "curve": [{"items": p.items, "found": _plain(p.found)} for p in made.curve],
        "words": [t for t in (_sentence(made), _chance(made), _floor(made)) if t],
    }  # fmt: skip


def _plain(found: Simulated | None) -> dict[str, float] | None:
    return None if found is None else asdict(found)
