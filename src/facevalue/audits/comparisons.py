"""The groups of an attribute within a cell, and what comparing them takes.

Groups of people are disjoint in rows, so the rest of a group is what all groups hold less
what it holds itself, and no row is looked at twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from facevalue.audits.cells import Cell, groups_of
from facevalue.audits.statistic import Statistic
from facevalue.stats import (
    Replicates,
    permuted_gaps,
    refuse,
    replicate_parts,
    scores_of,
)

__all__ = ["Partition"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass
class Partition:
    """A cell sorted into the groups of an attribute.

    Parameters
    ----------
    cell
        What is sorted.
    cells
        Group → its part of the cell; groups are disjoint in rows.
    """

    cell: Cell
    cells: Mapping[str, Cell]
    _replicates: dict[str, dict[str, Replicates]] = field(default_factory=dict)
    _parts: dict[str, dict[str, FloatArray]] = field(default_factory=dict)
    _sums: dict[str, FloatArray] = field(default_factory=dict)

    @classmethod
    def of(
        cls, cell: Cell, attributes: tuple[str, ...], leave_out: Mapping[str, Sequence[str]]
    ) -> Partition:
        """Sort a cell by one attribute, or by an intersection of several."""
        masks = groups_of(cell.sample, attributes, leave_out)
        return cls(cell, {g: cell.only(mask) for g, mask in masks.items()})

    def replicates(self, s: Statistic) -> dict[str, Replicates]:
        """Return the replicates of a statistic by group."""
        if s.name not in self._replicates:
            self._replicates[s.name] = {g: self._replicated(s, g) for g in self.cells}
        return self._replicates[s.name]

    def _replicated(self, s: Statistic, group: str) -> Replicates:
        if s.metric is None:
            return s.replicates(self.cells[group])
        tally = self.cells[group].tally
        parts = self._by_group(s)[group]
        return replicate_parts(s.metric, parts, tally.subjects, tally.n_items)

    def rests(self, s: Statistic) -> dict[str, Replicates]:
        """Return, by group, the replicates of all other groups together."""
        if len(self.cells) < 2:
            return {}
        if s.metric is None:
            return {g: s.replicates(self._cell_of(set(self.cells) - {g})) for g in self.cells}
        n_items = sum(c.tally.n_items for c in self.cells.values())
        found = {}
        for group, c in self.cells.items():
            parts = self._inside(s).copy()
            parts[self._rows[group]] -= self._by_group(s)[group]
            n_rest = n_items - c.tally.n_items
            found[group] = replicate_parts(s.metric, parts, self._subjects, n_rest)
        return found

    def permuted(
        self, statistics: Sequence[Statistic], n: int, rng: np.random.Generator
    ) -> dict[str, tuple[float, str]]:
        """Test the largest gap of each statistic over the very groups it is told of.

        Returns
        -------
        p-value by statistic, and how it was made: those told of fewer groups may have few
        enough permutations to go through all. Nothing where a subject is in two groups, or
        fewer than two can be told.
        """
        by_groups: dict[tuple[str, ...], list[Statistic]] = {}
        for s in statistics:
            usable = tuple(g for g, r in self.replicates(s).items() if refuse(r) is None)
            by_groups.setdefault(usable, []).append(s)
        found: dict[str, tuple[float, str]] = {}
        for usable, tested in by_groups.items():
            membership = self._membership(usable)
            if len(usable) < 2 or membership is None:
                continue
            subjects, codes = membership
            everybody = [self._everybody(s, usable) for s in tested]
            scores = [scores_of(r) for r in everybody]
            ps, method = permuted_gaps(scores, subjects, codes, n, rng)
            told = zip(tested, ps, strict=True)
            found |= {s.name: (p, method) for s, p in told if p is not None}
        return found

    def _everybody(self, s: Statistic, usable: tuple[str, ...]) -> Replicates:
        if s.metric is None:
            return s.replicates(self._cell_of(set(usable)))
        parts = self._inside(s)
        for group in set(self.cells) - set(usable):
            parts = parts.copy()
            parts[self._rows[group]] -= self._by_group(s)[group]
        return replicate_parts(s.metric, parts, self._subjects, 0)

    def _membership(self, usable: tuple[str, ...]) -> tuple[IntArray, IntArray] | None:
        """Return everybody in a usable group and their group; `None` if anybody is in two."""
        sample = self.cell.sample
        people = [np.unique(sample.subject[self.cells[g].mask]) for g in usable]
        subjects = np.concatenate(people) if people else np.empty(0, dtype=np.int64)
        codes = np.repeat(np.arange(len(people)), [len(p) for p in people])
        order = np.argsort(subjects, kind="stable")
        subjects, codes = subjects[order], codes[order]
        return None if (np.diff(subjects) == 0).any() else (subjects, codes)

    def _cell_of(self, groups: set[str]) -> Cell:
        masks = [c.mask for g, c in self.cells.items() if g in groups]
        return self.cell.only(np.logical_or.reduce(masks))

    @cached_property
    def _subjects(self) -> IntArray:
        return np.unique(np.concatenate([c.tally.subjects for c in self.cells.values()]))

    @cached_property
    def _rows(self) -> dict[str, IntArray]:
        """Where the subjects of each group stand among everybody."""
        return {g: np.searchsorted(self._subjects, c.tally.subjects) for g, c in self.cells.items()}

    def _by_group(self, s: Statistic) -> dict[str, FloatArray]:
        assert s.metric is not None
        if s.name not in self._parts:
            self._parts[s.name] = {g: s.metric.parts(c.tally.counts) for g, c in self.cells.items()}
        return self._parts[s.name]

    def _inside(self, s: Statistic) -> FloatArray:
        """Return the sums by subject over all groups."""
        if s.name in self._sums:
            return self._sums[s.name]
        by_group = self._by_group(s)
        summed = np.zeros((len(self._subjects), next(iter(by_group.values())).shape[1]))
        for group, parts in by_group.items():
            summed[self._rows[group]] += parts
        self._sums[s.name] = summed
        return summed
