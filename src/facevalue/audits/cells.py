"""Cells of a sample: everything, one condition, one group; each with its counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from facevalue.audits.findings import label_of
from facevalue.audits.sample import CONTROL, NO_ANNOTATION, Sample
from facevalue.errors import InputError
from facevalue.stats import (
    ConfidenceTally,
    Replicates,
    ScoreTally,
    Tally,
    coded,
    mean_of,
    mean_over_pairs,
)

__all__ = ["Cell", "conditions_of", "groups_of"]

Mask = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass
class Cell:
    """Some rows of a sample, with the counts that statistics need (made when asked for).

    Parameters
    ----------
    sample
        Where the rows come from.
    mask
        Which rows, shape ``(n_rows,)``.
    confident
        Confidence from which an answer counts as confident.
    """

    sample: Sample
    mask: Mask
    confident: float = 0.9

    def only(self, mask: Mask) -> Cell:
        """Return the cell of those rows that are also in ``mask``."""
        return Cell(self.sample, self.mask & mask, self.confident)

    @cached_property
    def tally(self) -> Tally:
        """Answers to annotated items."""
        return self._tally(self.mask & self.sample.is_annotated)

    @cached_property
    def controls(self) -> Cell:
        """Rows annotated "none"."""
        return self.only(self.sample.annotated == CONTROL)

    @cached_property
    def unannotated(self) -> Cell:
        """Rows without any annotation."""
        return self.only(self.sample.annotated == NO_ANNOTATION)

    @cached_property
    def outputs(self) -> Tally:
        """Answers whatever the annotation: all counted in the first row."""
        return self._tally(self.mask, ignore_annotation=True)

    @cached_property
    def confidence(self) -> ConfidenceTally:
        """Confidence of answers to annotated items, with their correctness."""
        return self._confidence(self.mask & self.sample.is_annotated)

    @property
    def is_sure(self) -> Mask:
        """Rows of annotated items whose answer has a confidence."""
        return self._with_confidence(self.mask & self.sample.is_annotated)

    @cached_property
    def scored(self) -> ScoreTally:
        """Scores of every label, of answers to annotated items; the sample must have them."""
        s = self.sample
        assert s.scores is not None  # asked for only where they are
        used = self.mask & s.is_annotated & (s.predicted >= 0)
        used[used] = np.isfinite(s.scores[used]).all(axis=1)
        return ScoreTally.from_scores(
            s.subject[used], s.scores[used], s.annotated[used], n_items=s.n_items(used)
        )

    @cached_property
    def any_confidence(self) -> ConfidenceTally:
        """Confidence of all answers."""
        return self._confidence(self.mask)

    @property
    def n_rows(self) -> int:
        """Rows in the cell."""
        return int(np.count_nonzero(self.mask))

    @property
    def n_items(self) -> int:
        """Items in the cell."""
        return self.sample.n_items(self.mask)

    def share(self, chosen: Mask, among: Mask | None = None) -> Replicates:
        """Return the replicates of the share of answers that are ``chosen``."""
        return self.mean(chosen, among)

    def mean(self, values: Mask | FloatArray, among: Mask | None = None) -> Replicates:
        """Return the replicates of the mean over answers of ``values``, shape ``(n_rows,)``."""
        used = self.mask if among is None else self.mask & among
        if self.sample.partner is not None:
            people = (self.sample.subject[used], self.sample.partner[used])
            told = np.asarray(values[used], dtype=np.float64)
            return mean_over_pairs(told, people, self.sample.n_items(used))
        codes, row = coded(self.sample.subject[used])
        weight = self.sample.weight[used]
        n = np.bincount(row, weights=weight, minlength=len(codes)).astype(np.float64)
        total = np.bincount(row, weights=weight * values[used], minlength=len(codes))
        n_items = self.sample.n_items(used)
        return mean_of(n, total.astype(np.float64), codes, n_items)

    def _tally(self, mask: Mask, *, ignore_annotation: bool = False) -> Tally:
        s = self.sample
        # Failures and abstentions are no answers; they have statistics of their own.
        used = mask & (s.predicted >= 0)
        # A group is few of all rows: their positions are found once.
        rows = np.flatnonzero(used)
        annotated = np.zeros(len(rows), int) if ignore_annotation else s.annotated[rows]
        return Tally.from_codes(
            s.subject[rows],
            annotated,
            s.predicted[rows],
            n_labels=len(s.taxonomy.labels),
            weight=s.weight[rows],
            n_items=s.n_items(used),
        )

    def _with_confidence(self, mask: Mask) -> Mask:
        s = self.sample
        return mask & (s.predicted >= 0) & np.isfinite(s.confidence)

    def _confidence(self, mask: Mask) -> ConfidenceTally:
        s = self.sample
        used = self._with_confidence(mask)
        return ConfidenceTally.from_answers(
            s.subject[used],
            s.confidence[used],
            s.predicted[used] == s.annotated[used],
            over=self.confident,
        )


def conditions_of(sample: Sample, attributes: Sequence[str]) -> Iterator[tuple[str | None, Mask]]:
    """Yield everything, then each value of each condition: ``modality=face``."""
    yield None, np.ones(len(sample.item), dtype=bool)
    for attribute in attributes:
        column = sample.attributes[attribute]
        for code, value in enumerate(column.values):
            yield f"{attribute}={value}", column.codes == code


def groups_of(
    sample: Sample, attributes: tuple[str, ...], leave_out: Mapping[str, Sequence[str]]
) -> dict[str, Mask]:
    """Return the rows of each group of an attribute, or of an intersection of several.

    A row with an unknown value, or one the audit file leaves out, is in no group.

    Raises
    ------
    InputError
        If two groups have one name, as ``a × b`` and ``c`` have with ``a`` and ``b × c``.
    """
    groups: dict[str, Mask] = {}
    columns = [sample.attributes[a] for a in attributes]
    for values in product(*(column.values for column in columns)):
        pairs = list(zip(attributes, values, strict=True))
        if any(value in leave_out.get(a, ()) for a, value in pairs):
            continue
        mask = np.ones(len(sample.item), dtype=bool)
        for column, value in zip(columns, values, strict=True):
            mask &= column.codes == column.values.index(value)
        name = label_of(values)
        if name in groups:
            over = label_of(attributes)
            raise InputError(f"two groups of {over} are both called {name!r}; rename one of them")
        groups[name] = mask
    return groups
