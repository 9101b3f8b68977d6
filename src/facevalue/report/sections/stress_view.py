"""The findings of one system under stress on one dataset, sorted by what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from facevalue.audits import CONTROLS, RELIANCE, ROBUSTNESS, is_skill_shown
from facevalue.audits.attribution import are_others
from facevalue.audits.findings import Finding, FindingSet
from facevalue.domain.estimates import Estimate
from facevalue.report.model import Material, Pair, StressedCondition, StressSheet
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import Unit, quantity

__all__ = [
    "AREA",
    "FAILED",
    "FAILURES",
    "FLOOR",
    "UNCHANGED",
    "Scale",
    "StressView",
    "adjusted_ends",
    "ordered_heads",
    "views_of",
]

UNCHANGED = "unchanged"
FAILURES = "failure_change"
FAILED = "failure_rate"
TINY = 1e-9
AREA = "unchanged_area"
FLOOR = "unchanged_below_floor"


@dataclass(frozen=True, slots=True)
class Scale:
    """One kind of change with the steps that were asked, rising."""

    name: str
    title: str
    heading: str
    steps: tuple[StressedCondition, ...]

    @property
    def reach(self) -> int:
        """The highest severity that was asked."""
        return self.steps[-1].severity or 0

    @property
    def reach_words(self) -> str:
        """The highest severity that was asked, where it is one of the scale."""
        return "below the scale" if self.steps[-1].is_below_scale else str(self.reach)

    @property
    def is_scale(self) -> bool:
        """Whether there are several steps."""
        return len(self.steps) > 1


@dataclass(frozen=True)
class StressView:
    """One system on one dataset: what was done, and what was found of everybody.

    Parameters
    ----------
    pair
        With all its findings.
    sheet
        What it was put under.
    level
        Of the intervals.
    """

    pair: Pair
    sheet: StressSheet
    level: float
    asked: Mapping[str, StressedCondition] = field(init=False)
    found: Mapping[tuple[str, str], Finding] = field(init=False)

    def __post_init__(self) -> None:
        asked = {c.name: c for c in self.sheet.conditions if c.n_asked}
        object.__setattr__(self, "asked", asked)
        found = {
            (str(f.place.condition), f.place.metric): f
            for f in self.pair.of(ROBUSTNESS, RELIANCE, CONTROLS)
            if f.place.condition is not None
            and f.place.attribute is None
            and f.place.reference is None
        }
        object.__setattr__(self, "found", found)

    def of(self, condition: str, metric: str) -> Finding | None:
        """Return a finding about everybody; `None` if there is none, or it is not shown."""
        found = self.found.get((condition, metric))
        return None if found is None or is_hidden(found) else found

    def estimate(self, condition: str, metric: str) -> Estimate | None:
        """Return the number of `of`, if there is one."""
        found = self.of(condition, metric)
        return found.result if found is not None and isinstance(found.result, Estimate) else None

    def metrics(self) -> list[str]:
        """Return every metric that is told of everybody, in order."""
        return list(dict.fromkeys(metric for _, metric in self.found))

    def conditions(self, family: str) -> list[StressedCondition]:
        """Return the conditions of a family that were asked, in order."""
        return [c for c in self.asked.values() if c.family == family]

    @property
    def nuisances(self) -> list[Scale]:
        """The kinds of change that should not move the answer, without the smallest change."""
        scales: dict[str, list[StressedCondition]] = {}
        for c in self.conditions(ROBUSTNESS):
            if c.curve is not None and not self._is_ground(c):
                scales.setdefault(c.curve, []).append(c)
        return [
            Scale(
                name,
                steps[0].title or name,
                steps[0].heading,
                tuple(sorted(steps, key=lambda c: c.severity or 0)),
            )
            for name, steps in scales.items()
        ]

    @property
    def checks(self) -> list[StressedCondition]:
        """Other ways of asking, and the smallest change."""
        found = self.conditions(ROBUSTNESS)
        return [c for c in found if c.curve is None or self._is_ground(c)]

    def _is_ground(self, condition: StressedCondition) -> bool:
        # Held against asking again, it is still no change to be ranked among others.
        return condition.is_smallest or condition.name == self.sheet.floor

    @property
    def smallest(self) -> StressedCondition | None:
        """The smallest change, if it was asked."""
        return next((c for c in self.checks if c.curve is not None), None)

    def worst_at(self, severity: int) -> tuple[int, StressedCondition, Estimate] | None:
        """Return how many changes have a step of a severity, and under which fewest answers stay.

        A change below the scale has no severity that others could be held against.
        """
        steps = [
            (e.value, c, e)
            for s in self.nuisances
            for c in s.steps
            if c.severity == severity and not c.is_below_scale
            if (e := self.estimate(c.name, UNCHANGED)) is not None
        ]
        if not steps:
            return None
        _, worst, found = min(steps, key=lambda t: t[0])
        return len(steps), worst, found

    @cached_property
    def is_skill_shown(self) -> bool | None:
        """Whether the system is shown to beat those without a model; `None` if not measured."""
        told, at = FindingSet(self.pair.findings), self.pair
        return is_skill_shown(told, at.system, at.dataset, None)

    def fails(self, condition: str) -> str:
        """Say on how many items the system fails under a condition, if on more than without."""
        more, now = (self.estimate(condition, m) for m in (FAILURES, FAILED))
        if more is None or now is None or more.value <= 0.0:
            return ""
        return f", fails on {quantity(now, Unit.SHARE)} of the items"

    def are_others(self, condition: str) -> bool | None:
        """Whether some answers that change are other answers; `None` where that is open."""
        found = [self.of(condition, m) for m in (UNCHANGED, FAILURES, FAILED)]
        return are_others(*(None if f is None else f.result.value for f in found))

    def summary(self, scale: Scale) -> Finding | None:
        """Return the area under the share unchanged; of a single step, the share itself."""
        if scale.is_scale:
            return self.of(scale.name, AREA)
        return self.of(scale.steps[0].name, UNCHANGED)

    def ranked(self) -> list[Scale]:
        """Return the kinds of change, those that move most answers first."""
        return sorted(self.nuisances, key=lambda s: (self._stays(s) is None, self._stays(s) or 0.0))

    def _stays(self, scale: Scale) -> float | None:
        found = self.summary(scale)
        return found.result.value if found is not None and found.is_estimated else None

    def worst_step(self, scale: Scale) -> StressedCondition | None:
        """Return the step under which fewest answers stay."""
        told = [(e.value, c) for c in scale.steps if (e := self.estimate(c.name, UNCHANGED))]
        return min(told, key=lambda t: t[0])[1] if told else None

    def words(self, condition: str) -> str:
        """Return a condition in words; its name where there are none."""
        return self.sheet.words(condition) or condition


def adjusted_ends(finding: Finding) -> tuple[float, float] | None:
    """Return the interval that allows for all looks of the family; its own where none is made."""
    told = finding.adjusted
    if told is not None and told.low is not None and told.high is not None:
        return told.low, told.high
    result = finding.result
    return (result.low, result.high) if isinstance(result, Estimate) else None


def ordered_heads(scales: list[Scale]) -> list[Scale]:
    """Return scales by their heading, headings as they first come."""
    heads = {h: i for i, h in enumerate(dict.fromkeys(s.heading for s in scales))}
    return sorted(scales, key=lambda s: heads[s.heading])


def views_of(material: Material) -> list[StressView]:
    """Return every system and dataset that was put under stress and has findings of it."""
    level = material.report.provenance.level
    made = [
        StressView(pair, sheet, level)
        for pair in material.pairs
        if (sheet := material.stress(pair)) is not None
    ]
    return [view for view in made if view.asked and view.found]
