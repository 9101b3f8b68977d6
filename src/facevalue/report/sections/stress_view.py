"""The findings of one system under stress on one dataset, sorted by what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from facevalue.audits import CONTROLS, RELIANCE, ROBUSTNESS
from facevalue.audits.findings import Finding
from facevalue.domain.estimates import Estimate
from facevalue.report.model import Material, Pair, StressedCondition, StressSheet
from facevalue.report.small_cells import is_hidden

__all__ = [
    "AREA",
    "FLOOR",
    "UNCHANGED",
    "Scale",
    "StressView",
    "adjusted_ends",
    "ordered_heads",
    "views_of",
]

UNCHANGED = "unchanged"
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
            if c.curve is not None and c.name != self.sheet.floor:
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
        return [c for c in found if c.curve is None or c.name == self.sheet.floor]

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
        """Return a condition in words: ``Gaussian blur, severity 3``."""
        c = self.asked.get(condition)
        if c is None or not c.title:
            return condition
        steps = [o for o in self.asked.values() if o.curve == c.curve]
        if c.curve is None or len(steps) == 1:
            return c.title
        return f"{c.title}, severity {c.severity}"


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
