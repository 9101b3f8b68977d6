"""What a published report does not print: groups of very few people, alone.

Everything that a page is made of passes here once, before any section sees it. The numbers
stay in the files of the run, which are the audit's own. What this protects from, and what
not, is in ``docs/adr/0014-small-cells.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from facevalue.audits.looks import MINUS, REST
from facevalue.audits.scope import ANY_OF
from facevalue.domain.claims import Verdict
from facevalue.domain.estimates import NotEstimable, Reason
from facevalue.report.metrics import bare

if TYPE_CHECKING:
    from facevalue.audits.findings import Finding, Place
    from facevalue.report.model import DatasetSheet, GroupCount, ReportInput

__all__ = ["is_hidden", "without_small_cells"]

NOT_SHOWN = "What this was measured on is {few}: the number is not shown here."

_Cell = tuple[str, str | None, str | None, str | None]
"""Dataset, condition, attribute and group."""


def is_hidden(finding: Finding) -> bool:
    """Whether a finding is about a cell that is not shown."""
    result = finding.result
    return isinstance(result, NotEstimable) and result.reason is Reason.SMALL_CELL


def without_small_cells(report: ReportInput) -> ReportInput:
    """Return what a report is made from, without the numbers of small cells.

    A cell is a group, a condition, or a group within a condition, as far as a statistic is
    told of it; it is small with fewer subjects than ``report.min_cell``, unless that is
    everybody. What compares a small cell with anything is left out as well, and so is the
    sentence of a verdict that rests on one.

    Of a public report the rows go altogether, since the name of a small group may tell whom it
    is about. Where one group of an attribute is small, the next larger one is left out with it:
    else the total, less the groups that are shown, would give the small one.
    """
    from facevalue.audits.findings import FindingSet

    if report.min_cell <= 1:
        return report
    sizes = _Sizes.of(report)
    nouns = {d.id: "subject" if d.subjects_declared else "item" for d in report.datasets}
    shown = tuple(
        _hidden(f, f"fewer than {report.min_cell} {nouns.get(f.place.dataset, 'subject')}s")
        if sizes.is_small(f)
        else f
        for f in report.findings
    )
    hidden = {f.key: f for f in shown if is_hidden(f)}
    if report.is_public:
        shown = tuple(f for f in shown if not is_hidden(f))
    return replace(
        report,
        findings=FindingSet(shown),
        verdicts=tuple(_verdict(v, hidden) for v in report.verdicts),
        datasets=tuple(_sheet(d, report) for d in report.datasets),
    )


def _hidden(finding: Finding, few: str) -> Finding:
    none = NotEstimable(reason=Reason.SMALL_CELL, detail=few, n_items=0, n_answers=0, n_subjects=0)
    return replace(finding, result=none, adjusted=None)


def _verdict(verdict: Verdict, hidden: Mapping[str, Finding]) -> Verdict:
    """Take the numbers out of a verdict whose deciding finding is hidden; the outcome stays."""
    deciding = hidden.get(verdict.finding_keys[0]) if verdict.finding_keys else None
    if deciding is None or not isinstance(deciding.result, NotEstimable):
        return verdict
    sentence = NOT_SHOWN.format(few=deciding.result.detail)
    return replace(verdict, sentence=sentence, reason="", further_subjects=None)


def _sheet(sheet: DatasetSheet, report: ReportInput) -> DatasetSheet:
    """Take the counts of small groups out of a data sheet; of a public one their names, too."""

    def shown(groups: Mapping[str, GroupCount]) -> dict[str, GroupCount]:
        sizes = {g: size.n_subjects or 0 for g, size in groups.items()}
        few = {g for g, n in sizes.items() if _is_few(n, sheet.n_subjects, report.min_cell)}
        if report.is_public:
            few |= _next_larger(sizes, few)
            return {g: size for g, size in groups.items() if g not in few}
        return {
            g: replace(size, n_items=None, n_subjects=None) if g in few else size
            for g, size in groups.items()
        }

    counts = {a: shown(groups) for a, groups in sheet.attribute_counts.items()}
    return replace(sheet, attribute_counts={a: c for a, c in counts.items() if c})


def _next_larger(sizes: Mapping[str, int], few: set[str]) -> set[str]:
    """Return the group that has to go with a single small one; the first of equals."""
    others = {g: n for g, n in sizes.items() if g not in few and n > 0}
    return {min(others, key=others.__getitem__)} if len(few) == 1 and others else set()


def _is_few(n: int, everybody: int, min_cell: int) -> bool:
    # Nobody is no one's secret, and everybody is not singled out.
    return 0 < n < min(min_cell, everybody)


@dataclass
class _Sizes:
    """How many subjects are in each cell, and behind each statistic of it.

    Parameters
    ----------
    min_cell
        Fewer are few.
    everybody
        Dataset → its subjects.
    cells
        Cell → subjects, the most that any statistic rests on.
    told
        Cell and metric → subjects behind that statistic.
    groups
        Dataset, condition and attribute → groups.
    sums
        Dataset, condition, attribute, system and metric → subjects of all groups.
    with_small
        Cells that are left out so that a small one cannot be worked out.
    """

    min_cell: int
    everybody: dict[str, int] = field(default_factory=dict)
    cells: dict[_Cell, int] = field(default_factory=dict)
    told: dict[tuple[_Cell, str, str], int] = field(default_factory=dict)
    groups: dict[tuple[str, str | None, str], set[str]] = field(default_factory=dict)
    sums: dict[tuple[str | None, ...], tuple[int, int]] = field(default_factory=dict)
    with_small: set[_Cell] = field(default_factory=set)

    @classmethod
    def of(cls, report: ReportInput) -> _Sizes:
        sizes = cls(report.min_cell, {d.id: d.n_subjects for d in report.datasets})
        for finding in report.findings:
            sizes._add(finding)
        if report.is_public:
            sizes._add_next_larger()
        return sizes

    def _add_next_larger(self) -> None:
        for (dataset, condition, attribute), groups in self.groups.items():
            sizes = {g: self.cells[dataset, condition, attribute, g] for g in sorted(groups)}
            few = {g for g, n in sizes.items() if self._is_few(n, dataset)}
            for group in _next_larger(sizes, few):
                self.with_small.add((dataset, condition, attribute, group))

    def _add(self, finding: Finding) -> None:
        place, n = finding.place, finding.result.n_subjects
        if place.attribute is None and place.condition is None:
            self.everybody[place.dataset] = max(n, self.everybody.get(place.dataset, 0))
        if place.reference is not None:
            return
        cell = (place.dataset, place.condition, place.attribute, _group_of(place))
        self.cells[cell] = max(n, self.cells.get(cell, 0))
        self.told[cell, place.system, place.metric] = n
        if place.attribute is not None and place.group is not None:
            key = (place.dataset, place.condition, place.attribute)
            self.groups.setdefault(key, set()).add(place.group)

    def is_small(self, finding: Finding) -> bool:
        """Whether a finding is about a small cell, or compares one with something."""
        place = finding.place
        if place.condition is None and place.attribute is None:
            return False
        own = finding.result.n_subjects
        condition = (place.dataset, place.condition, None, None)
        return (
            self._is_few(own, place.dataset)
            or self._is_few(self.cells.get(condition, 0), place.dataset)
            or any(self._is_few(n, place.dataset) for n in self._sides(place))
        )

    def _is_few(self, n: int, dataset: str) -> bool:
        return _is_few(n, self.everybody.get(dataset, self.min_cell), self.min_cell)

    def _sides(self, place: Place) -> Iterable[int]:
        """Yield how many subjects are on each side of a finding about groups."""
        told = place.group or ""
        # An attribute may have " or " in its own name.
        for attribute in {place.attribute or "", *(place.attribute or "").split(ANY_OF)}:
            groups = self.groups.get((place.dataset, place.condition, attribute), set())
            named = groups & {told, place.reference}
            if place.reference is not None and MINUS in told:
                named |= {g for g in groups if _is_in_pair(g, told)}
            if any(
                (place.dataset, place.condition, attribute, g) in self.with_small for g in named
            ):
                yield 1  # as if it were small itself
            sides = [self._subjects(place, attribute, g) for g in named]
            yield from (n for side in sides for n in side)
            if place.reference == REST and sides:
                everybody = self._in_all(place, attribute, groups)
                yield from (n - sides[0][i] for i, n in enumerate(everybody))

    def _subjects(self, place: Place, attribute: str, group: str) -> tuple[int, int]:
        """Return the subjects of a group, and those behind the statistic."""
        cell = (place.dataset, place.condition, attribute, group)
        whole = self.cells[cell]
        return whole, self.told.get((cell, place.system, bare(place.metric)), whole)

    def _in_all(self, place: Place, attribute: str, groups: set[str]) -> tuple[int, int]:
        """Return the same, added up over all groups; kept, as every group asks for it."""
        key = (place.dataset, place.condition, attribute, place.system, bare(place.metric))
        if key not in self.sums:
            each = [self._subjects(place, attribute, g) for g in groups]
            self.sums[key] = sum(n for n, _ in each), sum(n for _, n in each)
        return self.sums[key]


def _is_in_pair(group: str, pair: str) -> bool:
    return pair.startswith(group + MINUS) or pair.endswith(MINUS + group)


def _group_of(place: Place) -> str | None:
    # Without an attribute, a group is a system without a model, or an output label.
    return place.group if place.attribute is not None else None
