"""How much two systems differ on the same items: accuracy, failures, and what moves them.

Every difference is the second minus the first, person by person. Where no item differs at all
the spread between people is silent: the interval is then the exact binomial one of the share of
items that could have differed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from facevalue.audits.cells import Cell, conditions_of
from facevalue.audits.comparisons import Partition
from facevalue.audits.disparities import Disparities
from facevalue.audits.families import annotated_mix
from facevalue.audits.findings import Finding, Place, label_of
from facevalue.audits.looks import HOLM, Look, adjust, sorted_looks
from facevalue.audits.paired import COMPARISON
from facevalue.audits.sample import ABSTAINED, CONTROL, FAILED, Sample
from facevalue.audits.scope import MeasureSpec, stream
from facevalue.audits.stability import stressed_pair
from facevalue.audits.statistic import Statistic
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    IntervalSpec,
    Metric,
    Replicates,
    Scale,
    against_zero,
    area_weights,
    at_looks,
    change_within,
    level_of_look,
    metric_named,
    paired_difference,
    refuse,
    replicate,
)
from facevalue.stats.compare import NO_SPREAD

__all__ = ["Both", "Differences"]

METHOD_ALIKE = (
    "no item differs between the two: exact binomial bound on the share that could, over subjects"
)
NETS_TO_NOTHING = "what differs adds up to nothing for everybody, so chance cannot be told"
ALL_BY_ONE = "everybody differs by the same, so chance cannot be told"
TINY = 1e-12

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Both:
    """Answers of both systems to the same items, as they are and changed.

    ``before`` and ``after`` hold those of the second, and in ``other`` those of the first.
    """

    before: Sample
    after: Sample

    @classmethod
    def of(cls, first: tuple[Sample, Sample], second: tuple[Sample, Sample]) -> Both:
        """Pair answers before and after a change, of the first and of the second."""
        ours, theirs = (stressed_pair(*pair) for pair in (second, first))
        assert ours.other is not None, "just paired"
        assert theirs.other is not None, "just paired"
        after = stressed_pair(ours.other, theirs.other)
        before = stressed_pair(replace(ours, other=None), replace(theirs, other=None))
        return cls(before, after)

    @property
    def sides(self) -> tuple[tuple[Sample, Sample], tuple[Sample, Sample]]:
        """Before and after: of the first, then of the second."""
        before, after = self.before.other, self.after.other
        assert before is not None, "answers of both"
        assert after is not None, "answers of both"
        return (before, after), (self.before, self.after)

    @property
    def same(self) -> list[FloatArray]:
        """1 where an answer stayed what it was, of the first and of the second."""
        return [(x.predicted == y.predicted).astype(np.float64) for x, y in self.sides]

    @property
    def were_answered(self) -> BoolArray:
        """Items that both answered as they are."""
        first, second = (x.predicted != FAILED for x, _ in self.sides)
        return np.asarray(first & second)

    @property
    def are_named(self) -> BoolArray:
        """Annotated items that both named a label for, before and after."""
        found = self.before.is_annotated
        for pair in self.sides:
            for sample in pair:
                found = found & (sample.predicted >= 0)
        return found

    def gained(self) -> list[FloatArray]:
        """Return, for each, 1 where an answer became right, −1 where it became wrong."""
        annotated = self.before.annotated
        return [
            (y.predicted == annotated).astype(np.float64) - (x.predicted == annotated)
            for x, y in self.sides
        ]


@dataclass
class Differences:
    """Collects the looks of one comparison, with the figures of both sides."""

    place: Place
    spec: MeasureSpec
    n_looks: int = 1
    looks: list[Look] = field(default_factory=list)
    sides: dict[str, tuple[float, float]] = field(default_factory=dict)
    has_nothing_annotated: bool = False

    def whole(self, pair: Sample) -> None:
        """Tell of failures, and of answers where there is nothing to answer."""
        other = pair.other
        assert other is not None, "answers of both"
        failed = [(s.predicted == FAILED).astype(np.float64) for s in (other, pair)]
        answered = [_answered(s) for s in (other, pair)]
        is_control = pair.annotated == CONTROL
        for condition, mask in conditions_of(pair, self.spec.conditions):
            at = replace(self.place, condition=condition)
            cell = Cell(pair, mask)
            self._add(_within("failure_rate", failed), cell, at)
            if (mask & is_control).any():
                self._add(_within("answer_rate", answered, is_control), cell, at)

    def labels(self, pair: Sample, *, is_aligned: bool) -> None:
        """Tell of accuracy, UAR and recalls, and of accuracy by group."""
        labels = pair.taxonomy.labels
        present = [x for x, n in zip(labels, annotated_mix(pair), strict=True) if n > 0]
        if not present:
            self.has_nothing_annotated = True
            return
        names = ["accuracy", "uar", *(f"recall[{x}]" for x in present)]
        figures = [_of_metric(metric_named(n, labels, present=present), pair, is_aligned)
                   for n in names]  # fmt: skip
        for condition, mask in conditions_of(pair, self.spec.conditions):
            at, cell = replace(self.place, condition=condition), Cell(pair, mask)
            if not cell.tally.n_answers:
                continue
            for figure in figures:
                self._add(figure, cell, at)
            if self.spec.groups:
                self._groups(figures[0], cell, at)

    def _groups(self, figure: _Figure, cell: Cell, at: Place) -> None:
        self.looks += Disparities(cell, [figure.statistic()], self.spec, at).looks()
        for attributes in dict.fromkeys(self.spec.groups):
            parted = Partition.of(cell, attributes, self.spec.leave_out)
            for group, part in parted.cells.items():
                there = replace(
                    at, metric=figure.name, attribute=label_of(attributes), group=group
                )  # fmt: skip
                self._remember(there, figure, part)

    def condition(self, name: str, both: Both) -> None:
        """Tell how the share unchanged, and what becomes of accuracy, differ."""
        at, cell = replace(self.place, condition=name), _all_of(both.before)
        self._add(_within("unchanged", both.same, both.were_answered), cell, at)
        if both.are_named.any():
            figure = _within("accuracy_change", both.gained(), both.are_named, reach=2.0)
            self._add(figure, cell, at)

    def control(self, name: str, both: Both) -> None:
        """Tell of answers where nothing is left to answer."""
        first, second = both.sides
        figure = _within("answer_rate", [_answered(first[1]), _answered(second[1])])
        self._add(figure, _all_of(both.before), replace(self.place, condition=name))

    def area(self, curve: str, steps: Sequence[tuple[int, Both]]) -> None:
        """Tell of the area under the share unchanged, over the items of all steps."""
        shared = steps[0][1].before.item
        for _, both in steps[1:]:
            shared = np.intersect1d(shared, both.before.item)
        weights = area_weights([severity for severity, _ in steps])
        values = [np.full(len(shared), weights[0]) for _ in range(2)]
        for weight, (_, both) in zip(weights[1:], steps, strict=True):
            rows = np.searchsorted(both.before.item, shared)
            values = [v + weight * same[rows] for v, same in zip(values, both.same, strict=True)]
        first = steps[0][1]
        is_in = np.isin(first.before.item, shared)
        full = [np.zeros(len(is_in)) for _ in range(2)]
        for whole, part in zip(full, values, strict=True):
            whole[is_in] = part
        figure = _within("unchanged_area", full, first.were_answered & is_in)
        self._add(figure, _all_of(first.before), replace(self.place, condition=curve))

    def _add(self, figure: _Figure, cell: Cell, at: Place) -> None:
        place = replace(at, metric=figure.name)
        level = level_of_look(self.spec.level, self.n_looks)
        found = figure.estimate(cell, IntervalSpec(level))
        told = at_looks(found, self.spec.level, self.n_looks)

        def ends(level: float) -> tuple[float, float] | None:
            again = figure.estimate(cell, IntervalSpec(level_of_look(level, self.n_looks)))
            return (again.low, again.high) if isinstance(again, Estimate) else None

        self.looks.append(Look(Finding(place=place, result=told), ends))
        self._remember(place, figure, cell)

    def _remember(self, place: Place, figure: _Figure, cell: Cell) -> None:
        first, second = figure.first(cell).value, figure.second(cell).value
        if np.isfinite(first) and np.isfinite(second):
            self.sides[place.key] = (float(first), float(second))

    def adjusted(self, *, over_conditions: bool = False) -> list[Finding]:
        """Return the findings with their looks allowed for (Holm)."""
        families: dict[str, list[Look]] = {}
        if over_conditions:
            # Which of the conditions moves one more than the other is one question.
            for look in self.looks:
                if look.p_value is not None:
                    families.setdefault(f"stress\n{look.finding.place.metric}", []).append(look)
        else:
            families = sorted_looks(self.looks, ())
        found: dict[str, Finding] = {}
        for name, members in families.items():
            rng = stream(self.spec.seed, self.place.system, self.place.dataset, name)
            found |= adjust(members, HOLM, self.spec.level, rng)
        return [_reasoned(found.get(x.finding.key, x.finding)) for x in self.looks]


def _reasoned(finding: Finding) -> Finding:
    """Give the reason that fits: groups that do not vary have a difference, and no interval."""
    result = finding.result
    if isinstance(result, NotEstimable) and result.detail == NO_SPREAD:
        return replace(finding, result=replace(result, reason=Reason.NOT_IDENTIFIED))
    return finding


def _all_of(sample: Sample) -> Cell:
    return Cell(sample, np.ones(len(sample.item), dtype=bool))


def _answered(sample: Sample) -> FloatArray:
    is_given = (sample.predicted != FAILED) & (sample.predicted != ABSTAINED)
    given: FloatArray = is_given.astype(np.float64)
    return given


@dataclass(frozen=True)
class _Figure:
    """A figure that both systems have in a cell.

    Parameters
    ----------
    first, second
        Cell → replicates of the one and of the other, over the same people.
    is_alike
        Cell → whether no item differs.
    reach
        The most that one item can differ by.
    """

    name: str
    first: Callable[[Cell], Replicates]
    second: Callable[[Cell], Replicates]
    is_alike: Callable[[Cell], bool]
    reach: float = 1.0

    def statistic(self) -> Statistic:
        """Return it as what groups are compared by."""
        return Statistic(
            self.name, COMPARISON, self.difference, scale=Scale.DIFFERENCE, by_group=True,
            compared=True, estimate=self.estimate,
        )  # fmt: skip

    def difference(self, cell: Cell) -> Replicates:
        """Return second minus first, with each person left out of both."""
        return paired_difference(self.second(cell), self.first(cell))

    def estimate(self, cell: Cell, spec: IntervalSpec) -> Estimate | NotEstimable:
        """Return the difference against zero; where nothing differs, bounded by what could."""
        r = self.difference(cell)
        refused = refuse(r)
        if refused is not None:
            return refused
        if not r.is_constant:
            return against_zero(r, spec)
        if not self.is_alike(cell):
            is_nothing = abs(r.value) <= TINY
            return NotEstimable(
                reason=Reason.NOT_IDENTIFIED, detail=NETS_TO_NOTHING if is_nothing else ALL_BY_ONE,
                value=0.0 if is_nothing else r.value, n_items=r.n_items, n_answers=r.n_answers,
                n_subjects=r.n_subjects,
            )  # fmt: skip
        # A share of 1, whoever is left out: no item differs.
        alike = replace(r, value=1.0, left_out=np.ones_like(r.left_out), scale=Scale.SHARE)
        found = change_within(replace(r, value=0.0), alike, spec)
        if not isinstance(found, Estimate):
            return found
        low, high = self.reach * found.low, self.reach * found.high
        return replace(found, low=low, high=high, method=METHOD_ALIKE)


def _within(
    name: str,
    values: Iterable[FloatArray],
    among: BoolArray | None = None,
    *,
    reach: float = 1.0,
) -> _Figure:
    """Return a mean over items, of the first and of the second, on the same rows."""
    ours, theirs = values

    def is_alike(cell: Cell) -> bool:
        used = cell.mask if among is None else cell.mask & among
        return bool(np.allclose(ours[used], theirs[used], atol=TINY))

    return _Figure(
        name, lambda cell: cell.mean(ours, among), lambda cell: cell.mean(theirs, among), is_alike,
        reach,
    )  # fmt: skip


def _of_metric(metric: Metric, pair: Sample, is_aligned: bool) -> _Figure:
    """Return a metric of confusion counts, of the sample in ``other`` and of the pair itself."""
    other = pair.other
    assert other is not None, "answers of both"

    def first(cell: Cell) -> Replicates:
        items = np.unique(cell.sample.item[cell.mask])
        return replicate(metric, Cell(other, np.isin(other.item, items)).tally)

    asked = pair.is_annotated
    if metric.name.startswith("recall["):
        label = metric.name.removeprefix("recall[").removesuffix("]")
        asked = pair.annotated == pair.taxonomy.labels.index(label)

    def is_alike(cell: Cell) -> bool:
        used = cell.mask & asked
        if not is_aligned:
            return False
        ours, theirs = (s.predicted[used] == pair.annotated[used] for s in (other, pair))
        return bool((ours == theirs).all())

    return _Figure(metric.name, first, lambda cell: replicate(metric, cell.tally), is_alike)
