"""What differs between groups: against the rest, against a reference, and at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from facevalue.audits.cells import Cell
from facevalue.audits.comparisons import Partition
from facevalue.audits.findings import Finding, Place, label_of
from facevalue.audits.looks import (
    IMPACT_RATIO_OF,
    LARGEST_GAP,
    MINUS,
    RATIO_OF,
    REST,
    Look,
    no_gap_above,
)
from facevalue.audits.pooling import POOLED, pooled_findings
from facevalue.audits.scope import ANY_OF, MeasureSpec, stream
from facevalue.audits.statistic import Statistic
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    IntervalSpec,
    LargestGap,
    Replicates,
    deviations_between,
    difference,
    interval,
    largest_gap,
    ratio,
    refuse,
)

__all__ = ["Disparities", "estimated"]

METHOD_EQUIVALENCE = "two one-sided tests over all pairs (intersection–union)"


def estimated(s: Statistic, cell: Cell, spec: IntervalSpec) -> Estimate | NotEstimable:
    """Return a statistic of a cell with its interval, or the reason why there is none."""
    refused = s.refuse(cell)
    if refused is not None:
        return refused
    return (
        s.estimate(cell, spec) if s.estimate is not None else _around(s, s.replicates(cell), spec)
    )


def _around(s: Statistic, r: Replicates, spec: IntervalSpec) -> Estimate | NotEstimable:
    return refuse(r) or interval(r, spec, s.scale, is_mean=s.is_mean)


@dataclass
class Disparities:
    """All comparisons of groups within one condition.

    Parameters
    ----------
    cell
        The condition.
    statistics
        What groups are told and compared by.
    spec
        Which groups, and how.
    place
        Where the condition is told.
    """

    cell: Cell
    statistics: Sequence[Statistic]
    spec: MeasureSpec
    place: Place
    partitions: dict[str, Partition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        told = [s for s in self.statistics if s.refuse(self.cell) is None]
        self.by_group = [s for s in told if s.by_group]
        self.compared = [s for s in told if s.compared]
        self.interval = IntervalSpec(self.spec.level)

    def looks(self) -> Iterator[Look]:
        """Yield every finding about groups; those without a p-value are no looks."""
        for attributes in dict.fromkeys(self.spec.groups):
            name = label_of(attributes)
            parted = Partition.of(self.cell, attributes, self.spec.leave_out)
            self.partitions[name] = parted
            at = replace(self.place, attribute=name)
            for s in self.by_group:
                place = replace(at, family=s.family, metric=s.name)
                yield from map(Look, self._levels(place, s, parted))
            yield from map(Look, self._pooled(at, attributes, parted))
            for s in self.compared:
                yield from self._against(at, s, parted)
            yield from self._gaps(at, parted)
        yield from self._joint_gaps()

    def _levels(self, place: Place, s: Statistic, parted: Partition) -> Iterator[Finding]:
        for group, cell in parted.cells.items():
            if s.estimate is not None:
                result = estimated(s, cell, self.interval)
            else:
                result = _around(s, parted.replicates(s)[group], self.interval)
            yield Finding(place=replace(place, group=group), result=result)

    def _pooled(
        self, at: Place, attributes: tuple[str, ...], parted: Partition
    ) -> Iterator[Finding]:
        """Tell accuracy and every recall of small groups with what they borrow from others."""
        metrics = [
            s.metric
            for s in self.by_group
            if s.metric is not None and s.metric.is_mean and s.family == "correctness"
            and self.spec.wants(POOLED + s.name)
        ]  # fmt: skip
        yield from pooled_findings(at, parted.cells, attributes, metrics, self.interval)

    def _against(self, at: Place, s: Statistic, parted: Partition) -> Iterator[Look]:
        """Compare each group with the rest, and with the named reference."""
        place = replace(at, family=_family(s), metric=s.name)
        per_group = parted.replicates(s)
        for i, (group, rest) in enumerate(parted.rests(s).items()):
            there = replace(place, group=group, reference=REST)
            # Of two groups each is the rest of the other.
            mirrored = i == 1 and len(per_group) == 2
            yield from self._pair(there, s, per_group[group], rest, is_mirrored=mirrored)
        reference = self.spec.references.get(str(at.attribute))
        if reference is None:
            return
        for group, r in per_group.items():
            there = replace(place, group=group, reference=reference)
            if reference not in per_group:
                counts = {"n_items": r.n_items, "n_answers": 0, "n_subjects": 0}
                absent = NotEstimable(reason=Reason.NO_SUCH_GROUP, detail=reference, **counts)
                yield Look(Finding(place=there, result=absent))
            elif group != reference:
                yield from self._pair(there, s, r, per_group[reference])

    def _pair(
        self,
        place: Place,
        s: Statistic,
        group: Replicates,
        other: Replicates,
        *,
        is_mirrored: bool = False,
    ) -> Iterator[Look]:
        kinds: list[tuple[str, _Compare]] = [(s.name, difference)]
        if s.as_ratio:
            kinds.append((f"{RATIO_OF}{s.name}", ratio))
        for name, compare in kinds:
            result = compare(group, other, self.interval)

            def ends(level: float, compare: _Compare = compare) -> tuple[float, float] | None:
                again = compare(group, other, IntervalSpec(level))
                return (again.low, again.high) if isinstance(again, Estimate) else None

            yield Look(
                Finding(place=replace(place, metric=name), result=result),
                ends,
                partial(deviations_between, group, other),
                is_mirrored,
            )

    def _gaps(self, at: Place, parted: Partition) -> Iterator[Look]:
        rng = stream(self.spec.seed, at.system, at.dataset, at.condition, at.attribute)
        permuted = parted.permuted(self.compared, self.spec.permutations, rng)
        for s in self.compared:
            p_value, p_method = permuted.get(s.name, (None, ""))
            gap = largest_gap(
                [parted.replicates(s)], self.interval, p_value=p_value, p_method=p_method
            )
            yield from self._largest(replace(at, family=_family(s), metric=s.name), gap)
        for s in self.statistics:
            if s.as_impact_ratio and s in self.by_group:
                found = largest_gap([parted.replicates(s)], self.interval, as_ratio=True)
                place = replace(at, family=_family(s), metric=f"{IMPACT_RATIO_OF}{s.name}")
                yield from self._largest(place, found)

    def _joint_gaps(self) -> Iterator[Look]:
        """Tell the largest gap over any of several attributes, as claims ask for it."""
        for attributes in dict.fromkeys(self.spec.joint):
            names = [label_of(a) for a in attributes]
            at = replace(self.place, attribute=ANY_OF.join(names))
            for s in self.compared:
                families = [self.partitions[n].replicates(s) for n in names]
                gap = largest_gap(families, self.interval)
                yield from self._largest(replace(at, family=_family(s), metric=s.name), gap)

    def _largest(self, at: Place, gap: LargestGap) -> Iterator[Look]:
        driven_by = MINUS.join(gap.pair) if gap.pair else None
        place = replace(at, group=driven_by, reference=LARGEST_GAP)
        yield Look(Finding(place=place, result=gap.result), gap.at)
        for asked in self.spec.no_gap_above:
            same = (asked.metric, asked.attribute, asked.condition)
            if same == (at.metric, at.attribute, at.condition) and at.family == "disparity":
                yield from map(Look, self._equivalence(place, gap, asked.bound))

    def _equivalence(self, at: Place, gap: LargestGap, bound: float) -> Iterator[Finding]:
        """Test that no pair of groups differs by ``bound`` or more."""
        place = replace(at, family="equivalence", reference=no_gap_above(bound))
        result = gap.result
        p_value = gap.no_gap_above(bound) if bound > 0 else 1.0
        level = 2.0 * self.spec.level - 1.0
        ends = gap.at(level) if level > 0 else None
        if isinstance(result, Estimate) and p_value is not None and ends is not None:
            method = f"{METHOD_EQUIVALENCE}; {result.method}"
            result = replace(
                result, low=ends[0], high=ends[1], level=level, p_value=p_value, method=method
            )
        yield Finding(place=place, result=result)


def _family(s: Statistic) -> str:
    return "comparison" if s.family == "comparison" else "disparity"


_Compare = Callable[[Replicates, Replicates, IntervalSpec], Estimate | NotEstimable]
