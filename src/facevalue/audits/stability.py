"""What systems answer when media are changed, beside what they answer when they are not.

Every number is paired: the same items, asked as they are and under one condition. Three kinds
of condition are told apart by what the answer should do (`facevalue.perturb.Role`): nuisances
and other ways of asking should change nothing, controls leave nothing to answer, and what is
taken away for reliance tells what the answer hangs on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal

import numpy as np
import numpy.typing as npt

from facevalue.audits.cells import Cell
from facevalue.audits.disparities import Disparities
from facevalue.audits.families import control_statistics
from facevalue.audits.findings import Finding, Place
from facevalue.audits.looks import HOLM, Look, adjust
from facevalue.audits.sample import ABSTAINED, CONTROL, FAILED, UNEVALUATED, Coded, Sample
from facevalue.audits.scope import MeasureSpec, stream
from facevalue.audits.statistic import Statistic
from facevalue.audits.stress_spec import CHECKS
from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.domain.predictions import FailureKind
from facevalue.stats import (
    IntervalSpec,
    Replicates,
    Scale,
    area_weights,
    at_looks,
    change_within,
    interval,
    level_of_look,
    metric_named,
    refuse,
    replicate,
)

__all__ = [
    "CONTROLS",
    "RELIANCE",
    "ROBUSTNESS",
    "STABILITY",
    "Stressed",
    "measure_stress",
    "stressed_pair",
]

ROBUSTNESS = "robustness"
CONTROLS = "controls"
RELIANCE = "reliance"
STABILITY = (ROBUSTNESS, RELIANCE)
"""Families in which a change of the answer is measured."""

Kind = Literal["robustness", "controls", "reliance"]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
FLOOR = "unchanged_below_floor"
REPEAT = "repeat"
AREA = "unchanged_area"
UNMADE = str(FailureKind.UNMADE)


@dataclass(frozen=True, kw_only=True)
class Stressed:
    """The answers of one system to one dataset under one condition.

    Parameters
    ----------
    condition
        As in findings: ``gaussian-blur:3``, ``repeat``.
    family
        Which questions are asked of it.
    answers
        To the items that were asked under it.
    curve, severity
        Name of the scale that it is a step of, and which; `None` where there is no scale.
    partners
        Code of an item → code of the item whose media went into the change, where one did.
    """

    condition: str
    family: Kind
    answers: Sample
    curve: str | None = None
    severity: int | None = None
    partners: Mapping[int, int] | None = None


def stressed_pair(
    base: Sample, changed: Sample, partners: Mapping[int, int] | None = None
) -> Sample:
    """Return the answers to unchanged media with those to changed media in ``other``.

    Only items are kept that were asked both ways; rows of both are the same items. Where other
    items went into the change their people are in the rows, too. An answer that becomes one that
    is not evaluated is another answer, and no label. Where the change could not be made, as with a
    partner whose file is damaged, the system was not asked.
    """
    shared = np.intersect1d(base.item, np.union1d(changed.item, changed.unevaluated))
    shared = shared[~np.isin(shared, changed.item[changed.failure == UNMADE])]
    ours = _rows(base, np.searchsorted(base.item, shared))
    is_there = np.isin(shared, changed.item)
    at = np.searchsorted(changed.item, shared[is_there])

    def taken(values: np.ndarray, otherwise: float | str) -> np.ndarray:
        found = np.full((len(shared), *values.shape[1:]), otherwise, dtype=values.dtype)
        found[is_there] = values[at]
        return found

    # Whose item it is is known from the first: codes of subjects hang on who was asked.
    theirs = replace(
        changed, item=shared, subject=ours.subject, annotated=ours.annotated, weight=ours.weight,
        attributes=ours.attributes, predicted=taken(changed.predicted, UNEVALUATED),
        confidence=taken(changed.confidence, math.nan), failure=taken(changed.failure, ""),
        scores=None if changed.scores is None else taken(changed.scores, math.nan),
    )  # fmt: skip
    if partners is None:
        return replace(ours, other=theirs)
    # A partner that was not asked itself is a person of its own.
    person = dict(zip(base.item.tolist(), base.subject.tolist(), strict=True))
    unknown = int(base.subject.max(initial=0)) + 1
    whose = [partners.get(i, i) for i in shared.tolist()]
    partner = np.array([person.get(i, unknown + i) for i in whose], dtype=np.int64)
    return replace(ours, other=theirs, partner=partner)


def _rows(s: Sample, rows: np.ndarray) -> Sample:
    attributes = {a: Coded(c.codes[rows], c.values) for a, c in s.attributes.items()}
    return replace(
        s, item=s.item[rows], subject=s.subject[rows], annotated=s.annotated[rows],
        predicted=s.predicted[rows], weight=s.weight[rows], confidence=s.confidence[rows],
        failure=s.failure[rows], attributes=attributes,
        scores=None if s.scores is None else s.scores[rows],
    )  # fmt: skip


def measure_stress(
    base: Sample,
    stressed: Sequence[Stressed],
    spec: MeasureSpec,
    *,
    floor: str | None = None,
    n_looks: int = 1,
) -> list[Finding]:
    """Measure the answers under all conditions of one system on one dataset.

    Parameters
    ----------
    base
        Its answers to the media as they are.
    stressed
        Its answers under each condition.
    spec
        How; groups are told where ``spec.groups`` names some.
    floor
        The condition that is the smallest change there is, which others are held against. It is
        held itself against ``repeat`` where that was asked, as checks are; ``repeat`` against
        nothing.
    n_looks
        How often asking could have stopped; intervals allow for it.

    Returns
    -------
    Findings in the order of the conditions, p-values over all conditions adjusted together.
    """
    pairs = {s.condition: stressed_pair(base, s.answers, s.partners) for s in stressed}
    at = Place(
        system=base.system, dataset=base.dataset, family=ROBUSTNESS, metric="unchanged"
    )  # fmt: skip
    # A p-value of permutations must be able to outlast the allowance for all conditions.
    enough = math.ceil(2 * len(stressed) * n_looks / (1.0 - spec.level))
    spec = replace(spec, permutations=max(spec.permutations, enough))
    run = _Stress(at, spec, n_looks)
    looks: list[Look] = []
    for one in stressed:
        told = pairs.get(_floor_of(one.condition, floor, pairs))
        looks += run.condition(one, pairs[one.condition], told)
    looks += run.curves([s for s in stressed if s.family == ROBUSTNESS], pairs)
    return _with_looks(looks, spec, at)


def _floor_of(condition: str, floor: str | None, pairs: Mapping[str, Sample]) -> str:
    """Return what a condition is held against; empty where that is nothing.

    Checks hand over the same media, so no more should change than when it is asked again; what
    the smallest change changes beyond that hangs on the last bits of the media.
    """
    if condition == REPEAT:
        return ""
    if (condition in CHECKS or condition == floor) and REPEAT in pairs:
        return REPEAT
    return "" if condition == floor else floor or ""


def _with_looks(looks: Sequence[Look], spec: MeasureSpec, at: Place) -> list[Finding]:
    """Adjust over all conditions: which of them moves the answers is one question.

    So is which of them moves the answers of one group more than those of another.
    """
    families: dict[str, list[Look]] = {}
    for look in looks:
        if look.p_value is not None:
            p = look.finding.place
            is_apart = () if p.attribute is None else (p.family, p.attribute, str(p.reference))
            name = "\n".join((p.metric.partition("[")[0], *is_apart))
            families.setdefault(name, []).append(look)
    adjusted: dict[str, Finding] = {}
    for name, members in families.items():
        rng = stream(spec.seed, at.system, at.dataset, name)
        adjusted |= adjust(members, HOLM, spec.level, rng)
    return [adjusted.get(x.finding.key, x.finding) for x in looks]


@dataclass(frozen=True)
class _Pair:
    """Rows of a pair that can be asked about."""

    sample: Sample

    @property
    def other(self) -> Sample:
        assert self.sample.other is not None, "a sample of one way of asking"
        return self.sample.other

    @cached_property
    def was_answered(self) -> BoolArray:
        answered: BoolArray = self.sample.predicted != FAILED
        return answered

    @cached_property
    def are_answered(self) -> BoolArray:
        both: BoolArray = self.was_answered & (self.other.predicted != FAILED)
        return both

    @cached_property
    def are_named(self) -> BoolArray:
        named: BoolArray = (self.sample.predicted >= 0) & (self.other.predicted >= 0)
        return named & self.sample.is_annotated

    @cached_property
    def are_sure(self) -> BoolArray:
        found = np.isfinite(self.sample.confidence) & np.isfinite(self.other.confidence)
        return found & self.are_answered

    @cached_property
    def same(self) -> BoolArray:
        # A failure is not the answer that was there before.
        is_same: BoolArray = self.sample.predicted == self.other.predicted
        return is_same

    def gained(self) -> FloatArray:
        """Return 1 where the answer became right, −1 where it became wrong, else 0."""
        s = self.sample
        now, before = self.other.predicted == s.annotated, s.predicted == s.annotated
        gained: FloatArray = now.astype(np.float64) - before
        return gained


def _change(
    values: FloatArray, among: BoolArray, name: str, family: str, *, by_group: bool = False
) -> Statistic:
    """Return the statistic of a mean difference within items."""

    def replicates(cell: Cell) -> Replicates:
        return replace(cell.mean(values, among), scale=Scale.DIFFERENCE)

    def estimate(cell: Cell, spec: IntervalSpec) -> Estimate | NotEstimable:
        same = cell.mean(values == 0, among)
        return change_within(replicates(cell), same, spec)

    return Statistic(
        name, family, replicates, Scale.DIFFERENCE, estimate=estimate, by_group=by_group,
        compared=by_group,
    )  # fmt: skip


def _pair_statistics(pair: Sample, family: str, floor: Sample | None) -> Iterator[Statistic]:
    p = _Pair(pair)
    yield Statistic(
        "unchanged", family, lambda cell: cell.mean(p.same, p.was_answered), is_mean=True,
        by_group=True, compared=True,
    )  # fmt: skip
    if floor is not None:
        yield _below(pair, floor, family)
    failed = (p.other.predicted == FAILED).astype(np.float64) - (pair.predicted == FAILED)
    yield _change(failed, np.ones(len(pair.item), dtype=bool), "failure_change", family)
    fails, abstains = p.other.predicted == FAILED, p.other.predicted == ABSTAINED
    yield Statistic("failure_rate", family, lambda cell: cell.mean(fails), is_mean=True)
    if abstains.any():
        yield Statistic("abstention_rate", family, lambda cell: cell.mean(abstains), is_mean=True)
    right = p.other.predicted == pair.annotated
    now_named = pair.is_annotated & (p.other.predicted >= 0)
    if pair.is_annotated.any():
        among = pair.is_annotated & (p.other.predicted != UNEVALUATED)
        yield Statistic(
            "accuracy[failures=wrong]", family, lambda cell: cell.mean(right, among), is_mean=True
        )  # fmt: skip
    if now_named.any():
        yield Statistic("accuracy", family, lambda cell: cell.mean(right, now_named), is_mean=True)
        if pair.partner is None:  # of recalls there are no replicates over pairs of people
            yield Statistic("uar", family, partial(_uar, p, now_named))
    if p.are_named.any():
        yield _change(p.gained(), p.are_named, "accuracy_change", family, by_group=True)
    if p.are_sure.any():
        yield _change(p.other.confidence - pair.confidence, p.are_sure, "confidence_change", family)
    for code, label in enumerate(pair.taxonomy.labels):
        more = (p.other.predicted == code).astype(np.float64) - (pair.predicted == code)
        yield _change(more, p.are_answered, f"prediction_rate_change[{label}]", family)


def _uar(p: _Pair, named: BoolArray, cell: Cell) -> Replicates:
    labels = p.sample.taxonomy.labels
    present = [x for i, x in enumerate(labels) if (p.sample.annotated[named] == i).any()]
    metric = metric_named("uar", labels, present=present)
    changed = Cell(replace(p.other, annotated=p.sample.annotated), cell.mask & named)
    return replicate(metric, changed.tally)


def _below(pair: Sample, floor: Sample, family: str) -> Statistic:
    """Tell how much more answers change than under the smallest change, on the same items."""
    p, f = _Pair(pair), _Pair(floor)
    at = np.searchsorted(floor.item, pair.item).clip(max=max(len(floor.item) - 1, 0))
    is_there = floor.item[at] == pair.item if len(floor.item) else np.zeros(len(at), dtype=bool)
    values = f.same[at].astype(np.float64) - p.same if len(floor.item) else np.zeros(len(at))
    return _change(values, p.was_answered & is_there, FLOOR, family)


@dataclass(frozen=True)
class _Stress:
    at: Place
    spec: MeasureSpec
    n_looks: int

    @property
    def _interval(self) -> IntervalSpec:
        return IntervalSpec(level_of_look(self.spec.level, self.n_looks))

    def condition(self, one: Stressed, pair: Sample, floor: Sample | None) -> Iterator[Look]:
        """Yield everything about one condition."""
        at = replace(self.at, condition=one.condition)
        if one.family == CONTROLS:
            assert pair.other is not None, "a sample of one way of asking"
            # Nothing is left to answer, whatever the item was annotated with.
            emptied = replace(pair.other, annotated=np.full(len(pair.item), CONTROL))
            told = control_statistics(emptied, self.spec.confident)
            cell = Cell(emptied, np.ones(len(pair.item), dtype=bool), self.spec.confident)
            yield from self._told(told, cell, at)
            return
        told = list(_pair_statistics(pair, one.family, floor))
        cell = Cell(pair, np.ones(len(pair.item), dtype=bool), self.spec.confident)
        yield from self._told(told, cell, at)
        if self.spec.groups and one.family == ROBUSTNESS:
            spec = replace(self.spec, level=self._interval.level)
            for look in Disparities(cell, told, spec, at).looks():
                ends = partial(self._ends, look)
                yield replace(look, finding=self._at_looks(look.finding), ends=ends)

    def _ends(self, look: Look, level: float) -> tuple[float, float] | None:
        return look.ends(level_of_look(level, self.n_looks))

    def _told(self, told: Sequence[Statistic], cell: Cell, at: Place) -> Iterator[Look]:
        for s in told:
            if not self.spec.wants(s.name):
                continue
            place = replace(at, family=s.family, metric=s.name)
            yield self._look(place, s, cell)

    def _look(self, place: Place, s: Statistic, cell: Cell) -> Look:
        def at(spec: IntervalSpec) -> Estimate | NotEstimable:
            refused = s.refuse(cell)
            if refused is not None:
                return refused
            if s.estimate is not None:
                return s.estimate(cell, spec)
            r = s.replicates(cell)
            return refuse(r) or interval(r, spec, s.scale, is_mean=s.is_mean)

        def ends(level: float) -> tuple[float, float] | None:
            found = at(IntervalSpec(level_of_look(level, self.n_looks)))
            return (found.low, found.high) if isinstance(found, Estimate) else None

        return Look(self._at_looks(Finding(place=place, result=at(self._interval))), ends)

    def _at_looks(self, finding: Finding) -> Finding:
        found = finding.result
        if not isinstance(found, Estimate):
            return finding
        # What all looks hold together at; a test of equivalence has a level of its own.
        level = round(1.0 - self.n_looks * (1.0 - found.level), 12)
        return replace(finding, result=at_looks(found, level, self.n_looks))

    def curves(self, stressed: Sequence[Stressed], pairs: Mapping[str, Sample]) -> Iterator[Look]:
        """Yield the area under the share unchanged of every scale with two steps or more."""
        scales: dict[str, list[Stressed]] = {}
        for one in stressed:
            if one.curve is not None and one.severity is not None:
                scales.setdefault(one.curve, []).append(one)
        for name, steps in scales.items():
            if len(steps) > 1:
                yield self._area(name, sorted(steps, key=lambda s: s.severity or 0), pairs)

    def _area(self, name: str, steps: Sequence[Stressed], pairs: Mapping[str, Sample]) -> Look:
        parts = [_Pair(pairs[s.condition]) for s in steps]
        shared = parts[0].sample.item
        for p in parts[1:]:
            shared = np.intersect1d(shared, p.sample.item)
        weights = area_weights([s.severity or 0 for s in steps])
        rows = [np.searchsorted(p.sample.item, shared) for p in parts]
        values = weights[0] + sum(
            w * p.same[r] for w, p, r in zip(weights[1:], parts, rows, strict=True)
        )
        first = _rows(replace(parts[0].sample, other=None), rows[0])
        cell = Cell(first, np.ones(len(shared), dtype=bool))
        s = Statistic(
            AREA, ROBUSTNESS, lambda c: c.mean(np.asarray(values), first.predicted != FAILED)
        )
        return self._look(replace(self.at, metric=AREA, condition=name), s, cell)
