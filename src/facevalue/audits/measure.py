"""Run the statistics over conditions and groups: samples in, findings out.

Order and parallelism change nothing: each random test draws from a stream derived from the
audit's seed and the place it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from facevalue.audits.ceiling import ceiling_findings
from facevalue.audits.cells import Cell, conditions_of
from facevalue.audits.disparities import Disparities, estimated
from facevalue.audits.families import (
    control_statistics,
    output_statistics,
    statistics_of,
)
from facevalue.audits.findings import Finding, FindingSet, Place
from facevalue.audits.looks import HOLM, Look, adjust, sorted_looks
from facevalue.audits.paired import COMPARISON, paired_statistics
from facevalue.audits.references import SKILL_METRICS, skill_findings
from facevalue.audits.sample import Sample
from facevalue.audits.scope import MeasureSpec, stream
from facevalue.audits.statistic import Statistic
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import Deviations, IntervalSpec, Replicates, against_zero

__all__ = ["measure"]


def measure(samples: Sequence[Sample], specs: Sequence[MeasureSpec]) -> FindingSet:
    """Measure each sample by its spec; findings come in a stable order."""
    findings: list[Finding] = []
    for sample, spec in zip(samples, specs, strict=True):
        findings += _Measurement(sample, spec).findings()
    return FindingSet(tuple(findings))


def _deviations(r: Replicates) -> Deviations:
    return r.subjects, r.deviations


def _ends_against_zero(r: Replicates, level: float) -> tuple[float, float] | None:
    found = against_zero(r, IntervalSpec(level))
    return (found.low, found.high) if isinstance(found, Estimate) else None


@dataclass(frozen=True)
class _Measurement:
    sample: Sample
    spec: MeasureSpec

    @property
    def _interval(self) -> IntervalSpec:
        return IntervalSpec(self.spec.level)

    @cached_property
    def _statistics(self) -> list[Statistic]:
        """What is told of every condition alike."""
        if self.sample.other is not None:
            told = paired_statistics(self.sample)
        else:
            told = statistics_of(self.sample, self.spec.confident)
        return [s for s in told if self.spec.wants(s.name)]

    def findings(self) -> list[Finding]:
        """Return all findings of the sample, with the looks of each family allowed for."""
        found: list[Finding] = []
        waiting: list[Look] = []
        for condition, mask in conditions_of(
            self.sample, tuple(dict.fromkeys(self.spec.conditions))
        ):
            looks = list(self._condition(condition, Cell(self.sample, mask, self.spec.confident)))
            # Looks of declared families wait for the other conditions.
            declared = [x for x in looks if any(f.holds(x) for f in self.spec.families)]
            waiting += declared
            keys = {x.finding.key for x in declared}
            own = self._allowed([x for x in looks if x.finding.key not in keys])
            found += [own.get(x.finding.key, x.finding) for x in looks]
        found += self._prohibited()
        late = self._allowed(waiting)
        return [late.get(f.key, f) for f in found]

    def _allowed(self, looks: Sequence[Look]) -> dict[str, Finding]:
        """Return the findings of looks, by key, adjusted within their families."""
        declared = {f.name: f for f in self.spec.families}
        found: dict[str, Finding] = {}
        for name, members in sorted_looks(looks, self.spec.families).items():
            family = declared.get(name)
            how, shown = (HOLM, "") if family is None else (family.adjust, family.name)
            rng = stream(self.spec.seed, self.sample.system, self.sample.dataset, name)
            found |= adjust(members, how, self.spec.level, rng, shown)
        return found

    def _condition(self, condition: str | None, cell: Cell) -> Iterator[Look]:
        if self.sample.other is not None:
            place = replace(self._place(condition), family=COMPARISON)
            yield from self._differences(cell, self._statistics, place)
            yield from Disparities(cell, self._statistics, self.spec, place).looks()
            return
        yield from map(Look, self._levels(cell, self._statistics, condition))
        yield from map(Look, self._elsewhere(cell, condition))
        if cell.tally.n_answers:
            skills = [name for name in SKILL_METRICS if self.spec.wants(name)]
            rng = stream(self.spec.seed, self.sample.system, self.sample.dataset, condition)
            yield from map(
                Look,
                skill_findings(
                    skills, self._place(condition), cell, self._interval, self.spec.shuffles, rng
                ),
            )
        yield from map(Look, ceiling_findings(cell, self._place(condition), self.spec))
        place = self._place(condition)
        yield from Disparities(cell, self._statistics, self.spec, place).looks()

    def _differences(
        self, cell: Cell, statistics: Sequence[Statistic], at: Place
    ) -> Iterator[Look]:
        """Tell how much better one system is than the other, against no difference."""
        for s in statistics:
            r = s.replicates(cell)
            result = against_zero(r, self._interval)
            yield Look(
                Finding(place=replace(at, metric=s.name), result=result),
                partial(_ends_against_zero, r),
                partial(_deviations, r),
            )

    def _place(self, condition: str | None) -> Place:
        return Place(
            system=self.sample.system,
            dataset=self.sample.dataset,
            family="correctness",
            metric="accuracy",
            condition=condition,
        )

    def _levels(
        self, cell: Cell, statistics: Sequence[Statistic], condition: str | None
    ) -> Iterator[Finding]:
        has_annotation = bool((cell.mask & self.sample.is_annotated).any())
        for s in statistics:
            place = replace(self._place(condition), family=s.family, metric=s.name)
            if has_annotation or s.family == "failures":
                yield Finding(place=place, result=estimated(s, cell, self._interval))
            elif s.name == "accuracy":
                # Said once: without annotation nothing of the family can be told.
                refused = s.refuse(cell)
                assert refused is not None
                yield Finding(place=place, result=refused)

    def _elsewhere(self, cell: Cell, condition: str | None) -> Iterator[Finding]:
        """Measure controls, and items nobody annotated."""
        for part, statistics in (
            (cell.controls, control_statistics(self.sample, self.spec.confident)),
            (cell.unannotated, output_statistics(self.sample, self.spec.confident)),
        ):
            if part.n_rows:
                for s in statistics:
                    if self.spec.wants(s.name):
                        place = replace(self._place(condition), family=s.family, metric=s.name)
                        yield Finding(place=place, result=estimated(s, part, self._interval))

    def _prohibited(self) -> Iterator[Finding]:
        for label, n in self.sample.prohibited.items():
            place = replace(
                self._place(None), family="outputs", metric="prohibited_output", group=label
            )
            result = NotEstimable(
                reason=Reason.PROHIBITED_OUTPUT, n_items=n, n_answers=n, n_subjects=0,
                detail="the system's labels contain ethnicity, race or religion",
            )  # fmt: skip
            yield Finding(place=place, result=result)
