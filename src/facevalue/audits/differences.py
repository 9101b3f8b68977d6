"""How much two systems differ on the same items: accuracy, failures, and what moves them.

Every difference is the second minus the first, person by person. Where it is the same for
everybody, as where no item differs at all, the spread between people is silent: the interval then
rests on the exact binomial bound on the share of people who could differ otherwise, and on the
most that an item can differ by. Where another person's media went into a change, that person is in
the row, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from facevalue.audits.cells import Cell, conditions_of
from facevalue.audits.disparities import Disparities
from facevalue.audits.families import annotated_mix
from facevalue.audits.findings import Finding, Place, label_of
from facevalue.audits.looks import HOLM, Look, adjust, sorted_looks
from facevalue.audits.paired import COMPARISON, of_both
from facevalue.audits.sample import ABSTAINED, CONTROL, FAILED, Sample
from facevalue.audits.scope import MeasureSpec, stream
from facevalue.audits.stability import stressed_pair
from facevalue.audits.statistic import Statistic
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    IntervalSpec,
    Replicates,
    Scale,
    against_zero,
    area_weights,
    at_looks,
    level_of_look,
    mean_over_pairs,
    metric_named,
    paired_difference,
)
from facevalue.stats.compare import NO_SPREAD, NO_SPREAD_IN_GROUP

__all__ = ["Both", "Differences"]

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Partners = Mapping[int, int]
"""Code of an item → code of the item whose media went into its change."""


@dataclass(frozen=True)
class Both:
    """Answers of both systems to the same items, as they are and changed.

    ``before`` and ``after`` hold those of the second, and in ``other`` those of the first;
    ``partners`` who else is in each row, one array of codes like those of subjects for each run.
    """

    before: Sample
    after: Sample
    partners: tuple[IntArray, ...] = ()

    @classmethod
    def of(
        cls,
        first: tuple[Sample, Sample],
        second: tuple[Sample, Sample],
        partners: Sequence[Partners | None] = (),
    ) -> Both:
        """Pair answers before and after a change, of the first and of the second.

        ``partners`` are those of either run; where both are the same they count once.
        """
        ours, theirs = (stressed_pair(*pair) for pair in (second, first))
        assert ours.other is not None, "just paired"
        assert theirs.other is not None, "just paired"
        after = stressed_pair(ours.other, theirs.other)
        before = stressed_pair(replace(ours, other=None), replace(theirs, other=None))
        found: list[IntArray] = []
        for who in partners:
            # Looked up among all who were asked, not only among those asked under the change.
            told = None if who is None else stressed_pair(second[0], before, who).partner
            if told is not None and not any(np.array_equal(told, x) for x in found):
                found.append(told)
        return cls(before, after, tuple(found))

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
    def failed(self) -> tuple[list[FloatArray], list[FloatArray]]:
        """1 where a system failed, of the first and of the second: before, and after."""
        first, second = self.sides
        before, after = ([_failed(x[i]) for x in (first, second)] for i in (0, 1))
        return before, after

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
        failed = [_failed(s) for s in (other, pair)]
        answered = [_answered(s) for s in (other, pair)]
        is_control = pair.annotated == CONTROL
        for condition, mask in conditions_of(pair, self.spec.conditions):
            at = replace(self.place, condition=condition)
            cell = Cell(pair, mask)
            self._add(_within("failure_rate", failed), cell, at)
            if (mask & is_control).any():
                self._add(_within("answer_rate", answered, is_control), cell, at)

    def labels(self, pair: Sample) -> None:
        """Tell of accuracy, UAR and recalls, and of accuracy by group."""
        labels = pair.taxonomy.labels
        present = [x for x, n in zip(labels, annotated_mix(pair), strict=True) if n > 0]
        if not present:
            self.has_nothing_annotated = True
            return
        names = ["accuracy", "uar", *(f"recall[{x}]" for x in present)]
        metrics = [metric_named(n, labels, present=present) for n in names]
        figures = [_Figure(m.name, partial(of_both, m)) for m in metrics]
        for condition, mask in conditions_of(pair, self.spec.conditions):
            at, cell = replace(self.place, condition=condition), Cell(pair, mask)
            if not cell.tally.n_answers:
                continue
            for figure in figures:
                self._add(figure, cell, at)
            if self.spec.groups:
                self._groups(figures[0], cell, at)

    def _groups(self, figure: _Figure, cell: Cell, at: Place) -> None:
        told = Disparities(cell, [figure.statistic()], self.spec, at)
        self.looks += told.looks()
        for attributes in dict.fromkeys(self.spec.groups):
            parted = told.partitions[label_of(attributes)]
            for group, part in parted.cells.items():
                there = replace(
                    at, metric=figure.name, attribute=label_of(attributes), group=group
                )  # fmt: skip
                self._remember(there, figure, part)

    def condition(self, name: str, both: Both) -> None:
        """Tell how the share unchanged, failures, and what becomes of accuracy, differ."""
        at, cell = replace(self.place, condition=name), _all_of(both.before)
        who, (before, after) = both.partners, both.failed
        more = [now - then for now, then in zip(after, before, strict=True)]
        self._add(_within("unchanged", both.same, both.were_answered, partners=who), cell, at)
        self._add(_within("failure_rate", after, partners=who), cell, at)
        self._add(_within("failure_change", more, partners=who, reach=2.0), cell, at)
        if both.are_named.any():
            gained = _within(
                "accuracy_change", both.gained(), both.are_named, partners=who, reach=2.0
            )
            self._add(gained, cell, at)

    def control(self, name: str, both: Both) -> None:
        """Tell of answers where nothing is left to answer."""
        first, second = both.sides
        answered = [_answered(first[1]), _answered(second[1])]
        figure = _within("answer_rate", answered, partners=both.partners)
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
        # The part of the area next to no change at all is the same for everybody.
        figure = _within(
            "unchanged_area", full, first.were_answered & is_in, reach=1.0 - float(weights[0])
        )
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
        second, first = (side.value for side in figure.sides(cell))
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
    silent = (NO_SPREAD, NO_SPREAD_IN_GROUP)
    if isinstance(result, NotEstimable) and result.detail in silent:
        return replace(finding, result=replace(result, reason=Reason.NOT_IDENTIFIED))
    return finding


def _all_of(sample: Sample) -> Cell:
    return Cell(sample, np.ones(len(sample.item), dtype=bool))


def _failed(sample: Sample) -> FloatArray:
    failed: FloatArray = (sample.predicted == FAILED).astype(np.float64)
    return failed


def _answered(sample: Sample) -> FloatArray:
    is_given = (sample.predicted != FAILED) & (sample.predicted != ABSTAINED)
    given: FloatArray = is_given.astype(np.float64)
    return given


@dataclass(frozen=True)
class _Figure:
    """A figure that both systems have in a cell.

    Parameters
    ----------
    sides
        Cell → replicates of the second and of the first, over the same people.
    reach
        The most that one item can differ by.
    """

    name: str
    sides: Callable[[Cell], tuple[Replicates, Replicates]]
    reach: float = 1.0

    def statistic(self) -> Statistic:
        """Return it as what groups are compared by."""
        return Statistic(
            self.name, COMPARISON, self.difference, scale=Scale.DIFFERENCE, by_group=True,
            compared=True, estimate=self.estimate,
        )  # fmt: skip

    def difference(self, cell: Cell) -> Replicates:
        """Return second minus first, with each person left out of both."""
        return paired_difference(*self.sides(cell))

    def estimate(self, cell: Cell, spec: IntervalSpec) -> Estimate | NotEstimable:
        """Return the difference against zero, within what it can be."""
        found = against_zero(self.difference(cell), spec, reach=self.reach)
        if not isinstance(found, Estimate):
            return found
        # A value at the very end may miss it by a last digit.
        low = min(max(found.low, -self.reach), found.value)
        return replace(found, low=low, high=max(min(found.high, self.reach), found.value))


def _within(
    name: str,
    values: Iterable[FloatArray],
    among: BoolArray | None = None,
    *,
    partners: Sequence[IntArray] = (),
    reach: float = 1.0,
) -> _Figure:
    """Return a mean over items, of the first and of the second, on the same rows."""
    first, second = values

    def mean(told: FloatArray, cell: Cell) -> Replicates:
        if not partners:
            return cell.mean(told, among)
        used = cell.mask if among is None else cell.mask & among
        people = [codes[used] for codes in (cell.sample.subject, *partners)]
        return mean_over_pairs(told[used], people, cell.sample.n_items(used))

    return _Figure(name, lambda cell: (mean(second, cell), mean(first, cell)), reach)
