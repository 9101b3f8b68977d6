"""Run the statistics over conditions and groups: samples in, findings out.

Order and parallelism change nothing: each random test draws from a stream derived from the
audit's seed and the place it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from facevalue.audits.cells import Cell, conditions_of, groups_of
from facevalue.audits.families import (
    Statistic,
    control_statistics,
    output_statistics,
    statistics_of,
)
from facevalue.audits.findings import Finding, FindingSet, Place, label_of
from facevalue.audits.references import SKILL_METRICS, skill_findings
from facevalue.audits.sample import Sample
from facevalue.canonical import digest
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    IntervalSpec,
    Metric,
    Replicates,
    difference,
    holm,
    interval,
    largest_gap,
    permuted_gaps,
    ratio,
    refuse,
)

__all__ = ["ANY_OF", "LARGEST_GAP", "REST", "MeasureSpec", "measure", "stream"]

T = TypeVar("T")

REST = "rest"
LARGEST_GAP = "largest gap"
ANY_OF = " or "
"""Joins attributes in a finding about the largest gap over any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSpec:
    """How a sample is measured.

    Parameters
    ----------
    level
        Of intervals, in (0, 1).
    seed
        Of every random test.
    conditions
        Attributes whose values are told one by one.
    groups
        Attributes, and intersections of them, whose groups are compared.
    references
        Attribute → the group that others are compared with.
    leave_out
        Attribute → values that are no group of people.
    joint
        Sets of attributes for which the largest gap over any of them is told.
    permutations, shuffles
        Draws of the tests.
    confident
        Confidence from which an answer counts as confident.
    metrics
        Names of the statistics to tell, ``recall`` standing for all of ``recall[…]``; `None`
        for all.
    """

    level: float = 0.95
    seed: int = 0
    conditions: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    leave_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    joint: tuple[tuple[tuple[str, ...], ...], ...] = ()
    permutations: int = 2000
    shuffles: int = 200
    confident: float = 0.9
    metrics: tuple[str, ...] | None = None

    def wants(self, name: str) -> bool:
        """Whether the statistic ``name`` is asked for."""
        return self.metrics is None or bool({name, name.partition("[")[0]} & set(self.metrics))


def _once(names: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(names))


def stream(seed: int, *parts: str | None) -> np.random.Generator:
    """Return the random stream that belongs to ``parts`` of an audit with ``seed``."""
    return np.random.default_rng([seed, int(digest(list(parts))[:16], 16)])


def measure(samples: Sequence[Sample], specs: Sequence[MeasureSpec]) -> FindingSet:
    """Measure each sample by its spec; findings come in a stable order."""
    findings: list[Finding] = []
    for sample, spec in zip(samples, specs, strict=True):
        findings += _Measurement(sample, spec).findings()
    return FindingSet(tuple(_adjusted(findings)))


@dataclass(frozen=True)
class _Measurement:
    sample: Sample
    spec: MeasureSpec

    @property
    def _interval(self) -> IntervalSpec:
        return IntervalSpec(self.spec.level)

    def findings(self) -> Iterator[Finding]:
        """Yield all findings of the sample."""
        whole = [s for s in statistics_of(self.sample) if self.spec.wants(s.name)]
        skills = [name for name in SKILL_METRICS if self.spec.wants(name)]
        for condition, mask in conditions_of(self.sample, _once(self.spec.conditions)):
            cell = Cell(self.sample, mask, self.spec.confident)
            yield from self._levels(cell, whole, condition)
            yield from self._elsewhere(cell, condition)
            if cell.tally.n_answers:
                rng = stream(self.spec.seed, self.sample.system, self.sample.dataset, condition)
                yield from skill_findings(
                    skills, self._place(condition), cell, self._interval, self.spec.shuffles, rng
                )
            yield from self._disparities(cell, whole, condition)
        yield from self._prohibited()

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
                yield Finding(place=place, result=self._estimated(s, cell))
            elif s.name == "accuracy":
                # Said once: without annotation nothing of the family can be told.
                refused = s.refuse(cell)
                assert refused is not None
                yield Finding(place=place, result=refused)

    def _estimated(self, s: Statistic, cell: Cell) -> Estimate | NotEstimable:
        refused = s.refuse(cell)
        if refused is not None:
            return refused
        replicates = s.replicates(cell)
        return refuse(replicates) or interval(
            replicates, self._interval, s.scale, is_mean=s.is_mean
        )

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
                        yield Finding(place=place, result=self._estimated(s, part))

    def _disparities(
        self, cell: Cell, statistics: Sequence[Statistic], condition: str | None
    ) -> Iterator[Finding]:
        compared = [s for s in statistics if s.compared and s.refuse(cell) is None]
        by_group = [s for s in statistics if s.by_group and s.refuse(cell) is None]
        replicates: dict[tuple[str, str], dict[str, Replicates]] = {}
        for attributes in _once(self.spec.groups):
            name = label_of(attributes)
            cells = {
                g: cell.only(mask)
                for g, mask in groups_of(self.sample, attributes, self.spec.leave_out).items()
            }
            at = replace(self._place(condition), attribute=name)
            rests = {
                g: cell.only(np.logical_or.reduce([c.mask for h, c in cells.items() if h != g]))
                for g in (cells if len(cells) > 1 else ())
            }
            for s in by_group:
                per_group = {g: s.replicates(c) for g, c in cells.items()}
                replicates[s.name, name] = per_group
                yield from self._by_group(replace(at, family=s.family, metric=s.name), s, per_group)
            for s in compared:
                yield from self._against(at, s, replicates[s.name, name], rests)
            yield from self._gaps(at, compared, replicates, cells, cell)
        yield from self._joint_gaps(condition, compared, replicates)

    def _by_group(
        self, place: Place, s: Statistic, per_group: Mapping[str, Replicates]
    ) -> Iterator[Finding]:
        for group, r in per_group.items():
            result = refuse(r) or interval(r, self._interval, s.scale, is_mean=s.is_mean)
            yield Finding(place=replace(place, group=group), result=result)

    def _against(
        self,
        at: Place,
        s: Statistic,
        per_group: Mapping[str, Replicates],
        rests: Mapping[str, Cell],
    ) -> Iterator[Finding]:
        """Compare each group with the rest, and with the named reference."""
        place = replace(at, family="disparity", metric=s.name)
        for group, rest in rests.items():
            there = replace(place, group=group, reference=REST)
            yield from self._pair(there, s, per_group[group], s.replicates(rest))
        reference = self.spec.references.get(str(at.attribute))
        if reference is None:
            return
        for group, r in per_group.items():
            there = replace(place, group=group, reference=reference)
            if reference not in per_group:
                counts = {"n_items": r.n_items, "n_answers": 0, "n_subjects": 0}
                absent = NotEstimable(reason=Reason.NO_SUCH_GROUP, detail=reference, **counts)
                yield Finding(place=there, result=absent)
            elif group != reference:
                yield from self._pair(there, s, r, per_group[reference])

    def _pair(
        self, place: Place, s: Statistic, group: Replicates, other: Replicates
    ) -> Iterator[Finding]:
        yield Finding(place=place, result=difference(group, other, self._interval))
        if s.as_ratio:
            there = replace(place, metric=f"ratio of {s.name}")
            yield Finding(place=there, result=ratio(group, other, self._interval))

    def _gaps(
        self,
        at: Place,
        compared: Sequence[Statistic],
        replicates: Mapping[tuple[str, str], Mapping[str, Replicates]],
        cells: Mapping[str, Cell],
        cell: Cell,
    ) -> Iterator[Finding]:
        known = {s.name: replicates[s.name, str(at.attribute)] for s in compared}
        p_values = self._permuted(at, compared, known, cells, cell)
        for s in compared:
            gap = largest_gap([known[s.name]], self._interval, p_value=p_values.get(s.name))
            driven_by = " − ".join(gap.pair) if gap.pair else None
            place = replace(
                at, family="disparity", metric=s.name, group=driven_by, reference=LARGEST_GAP
            )
            yield Finding(place=place, result=gap.result)

    def _permuted(
        self,
        at: Place,
        compared: Sequence[Statistic],
        known: Mapping[str, Mapping[str, Replicates]],
        cells: Mapping[str, Cell],
        cell: Cell,
    ) -> dict[str, float | None]:
        """Permutation p-values over the very groups that each gap is told of."""
        by_groups: dict[tuple[str, ...], list[Metric]] = {}
        for s in compared:
            if s.metric is not None:
                usable = tuple(g for g, r in known[s.name].items() if refuse(r) is None)
                by_groups.setdefault(usable, []).append(s.metric)
        p_values: dict[str, float | None] = {}
        for usable, metrics in by_groups.items():
            p_values |= self._permuted_among(at, [cells[g] for g in usable], metrics, cell)
        return p_values

    def _permuted_among(
        self, at: Place, usable: Sequence[Cell], metrics: Sequence[Metric], cell: Cell
    ) -> dict[str, float | None]:
        """Permutation p-values, where every subject is in one group only."""
        if len(usable) < 2:
            return {}
        tally = cell.only(np.logical_or.reduce([c.mask for c in usable])).tally
        membership = np.full(len(tally.subjects), -1, dtype=np.int64)
        for code, c in enumerate(usable):
            here = np.isin(tally.subjects, self.sample.subject[c.mask])
            if (membership[here] >= 0).any():
                return {}
            membership[here] = code
        rng = stream(self.spec.seed, at.system, at.dataset, at.condition, at.attribute)
        ps = permuted_gaps(tally, membership, metrics, self.spec.permutations, rng)
        return {m.name: p for m, p in zip(metrics, ps, strict=True)}

    def _joint_gaps(
        self,
        condition: str | None,
        compared: Sequence[Statistic],
        replicates: Mapping[tuple[str, str], Mapping[str, Replicates]],
    ) -> Iterator[Finding]:
        """Tell the largest gap over any of several attributes, as claims ask for it."""
        for attributes in _once(self.spec.joint):
            names = [label_of(a) for a in attributes]
            for s in compared:
                gap = largest_gap([replicates[s.name, n] for n in names], self._interval)
                place = replace(
                    self._place(condition),
                    family="disparity",
                    metric=s.name,
                    attribute=ANY_OF.join(names),
                    group=" − ".join(gap.pair) if gap.pair else None,
                    reference=LARGEST_GAP,
                )
                yield Finding(place=place, result=gap.result)

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


def _adjusted(findings: Sequence[Finding]) -> list[Finding]:
    """Allow for the looks of each family by Holm's method.

    A family is all comparisons of one system by one kind of metric, in one condition, over
    the groups of one attribute, against the same kind of reference.
    """
    families: dict[tuple[str | None, ...], list[int]] = {}
    for i, f in enumerate(findings):
        if isinstance(f.result, Estimate) and f.result.p_value is not None:
            p = f.place
            kind = p.metric.partition("[")[0]
            family = (p.system, p.dataset, p.family, kind, p.condition, p.attribute, p.reference)
            families.setdefault(family, []).append(i)
    adjusted = list(findings)
    for members in families.values():
        raw = [r.p_value for r in (findings[i].result for i in members) if isinstance(r, Estimate)]
        for i, p_adjusted in zip(members, holm([p for p in raw if p is not None]), strict=True):
            adjusted[i] = adjusted[i].adjusted(p_adjusted)
    return adjusted
