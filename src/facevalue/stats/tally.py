"""Counts by subject, annotated label and predicted label: all that estimates need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Tally", "coded"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def coded(subject: npt.ArrayLike) -> tuple[IntArray, IntArray]:
    """Return the distinct codes, ascending, and the position of each among them.

    Codes are counted rather than sorted where they are small, as ours are.

    Examples
    --------
    >>> [part.tolist() for part in coded([7, 3, 7])]
    [[3, 7], [1, 0, 1]]
    """
    given = np.asarray(subject, dtype=np.int64)
    if not len(given) or given.min() < 0 or given.max() > 4 * len(given) + 100_000:
        codes, row = np.unique(given, return_inverse=True)
        return codes, row.astype(np.int64)
    is_there = np.bincount(given) > 0
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[given]


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers counted by subject × annotated × predicted.

    Parameters
    ----------
    counts
        Shape ``(n_subjects, n_labels, n_labels + 1)``; the last predicted column counts
        answers outside the taxonomy. Subjects without an answer may be present.
    subjects
        Codes of the subjects, shape ``(n_subjects,)``; the same code in two tallies is the
        same person, so that comparisons know who is in both.
    n_items
        Items behind the counts (an item with ten votes counts ten answers).

    Examples
    --------
    >>> t = Tally.from_codes([0, 0, 1], [0, 1, 1], [0, 1, 0], n_labels=2)
    >>> t.total.astype(int).tolist()
    [[1, 0, 0], [1, 1, 0]]
    """

    counts: FloatArray
    subjects: IntArray
    n_items: int

    def __post_init__(self) -> None:
        n_subjects, n_labels, n_predicted = self.counts.shape
        if n_predicted != n_labels + 1 or self.subjects.shape != (n_subjects,):
            raise ValueError(f"shapes do not fit: {self.counts.shape}, {self.subjects.shape}")

    @classmethod
    def from_codes(
        cls,
        subject: npt.ArrayLike,
        annotated: npt.ArrayLike,
        predicted: npt.ArrayLike,
        *,
        n_labels: int,
        weight: npt.ArrayLike | None = None,
        n_items: int | None = None,
    ) -> Tally:
        """Count answers given as integer codes, shape ``(n_answers,)`` each.

        ``predicted`` runs from 0 to ``n_labels``, where ``n_labels`` means outside the
        taxonomy. ``weight`` counts a row more than once (votes).

        Raises
        ------
        ValueError
            If a code is out of range, which would be counted as another label.
        """
        codes, row = coded(subject)
        a = np.asarray(annotated, dtype=np.int64)
        p = np.asarray(predicted, dtype=np.int64)
        if len(a) and (min(a.min(), p.min()) < 0 or a.max() >= n_labels or p.max() > n_labels):
            raise ValueError(f"codes run from 0 to {n_labels - 1} (predicted: {n_labels})")
        w = np.ones(len(a)) if weight is None else np.asarray(weight, dtype=np.float64)
        flat = (row * n_labels + a) * (n_labels + 1) + p
        size = len(codes) * n_labels * (n_labels + 1)
        counts = np.bincount(flat, weights=w, minlength=size).astype(np.float64)
        shaped = counts.reshape(len(codes), n_labels, n_labels + 1)
        return cls(shaped, codes, len(a) if n_items is None else n_items)

    @property
    def total(self) -> FloatArray:
        """Confusion counts over all subjects, shape ``(n_labels, n_labels + 1)``."""
        summed: FloatArray = self.counts.sum(axis=0)
        return summed

    @property
    def n_subjects(self) -> int:
        """Subjects with at least one answer."""
        return int(np.count_nonzero(self.counts.sum(axis=(1, 2))))

    @property
    def n_answers(self) -> int:
        """Answers counted."""
        return round(float(self.counts.sum()))

    def without_each(self) -> FloatArray:
        """Confusion counts with each subject left out, shape as ``counts``."""
        left: FloatArray = self.total[None] - self.counts
        return left
