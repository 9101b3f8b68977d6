"""Ratings counted by item and label: all that agreement and the human ceiling need.

Who gave a rating need not be known. Items with the same counts have the same statistics, so
whatever is costly is computed once for each distinct row of counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from facevalue.stats.jackknife import Replicates, mean_of
from facevalue.stats.metrics import Scale
from facevalue.stats.tally import FloatArray, IntArray, coded

__all__ = ["RatingTally"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RatingTally:
    """How many raters called each item what.

    Parameters
    ----------
    counts
        Whole numbers, shape ``(n_items, n_labels + 1)``; the last column counts ratings in
        words outside the taxonomy.
    subject
        Code of each item's subject, shape ``(n_items,)``.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a count is negative or not whole.

    Examples
    --------
    >>> RatingTally([[3, 1, 0], [0, 2, 0], [1, 0, 0]], [7, 7, 9]).is_rated_twice.tolist()
    [True, True, False]
    """

    counts: FloatArray
    subject: IntArray

    def __post_init__(self) -> None:
        counts = np.asarray(self.counts, dtype=np.float64)
        subject = np.asarray(self.subject, dtype=np.int64)
        if counts.ndim != 2 or subject.shape != counts.shape[:1]:
            raise ValueError(f"shapes do not fit: {counts.shape}, {subject.shape}")
        if not (np.isfinite(counts).all() and (counts >= 0).all() and (counts % 1 == 0).all()):
            raise ValueError("counts of ratings are whole numbers from 0 on")
        object.__setattr__(self, "counts", counts)
        object.__setattr__(self, "subject", subject)

    @property
    def n_labels(self) -> int:
        """Labels of the taxonomy."""
        return int(self.counts.shape[1]) - 1

    @cached_property
    def n_ratings(self) -> FloatArray:
        """Ratings of each item, in whatever words, shape ``(n_items,)``."""
        summed: FloatArray = self.counts.sum(axis=1)
        return summed

    @cached_property
    def is_rated_twice(self) -> Mask:
        """Items with two ratings or more in words of the taxonomy, shape ``(n_items,)``.

        Only these can be scored: with any rater left out, another one is left.
        """
        mask: Mask = self.counts[:, :-1].sum(axis=1) >= 2
        return mask

    @cached_property
    def patterns(self) -> tuple[FloatArray, IntArray]:
        """The distinct rows of counts, and which of them each item has."""
        most = self.counts.max(axis=0, initial=0.0).astype(np.int64) + 1
        if np.log2(most.astype(np.float64)).sum() < 62:
            # One whole number a row sorts faster than the row.
            code = self.counts.astype(np.int64) @ np.cumprod([1, *most[:-1]])
            _, first, which = np.unique(code, return_index=True, return_inverse=True)
            return self.counts[first], which.astype(np.int64)
        rows, which = np.unique(self.counts, axis=0, return_inverse=True)
        return rows, which.reshape(-1).astype(np.int64)

    @cached_property
    def _people(self) -> tuple[IntArray, IntArray]:
        return coded(self.subject)

    @property
    def subjects(self) -> IntArray:
        """Codes of the subjects, ascending, shape ``(n_subjects,)``."""
        return self._people[0]

    def only(self, mask: Mask) -> RatingTally:
        """Return the items of ``mask``, shape ``(n_items,)``."""
        return RatingTally(self.counts[mask], self.subject[mask])

    def by_subject(self, values: FloatArray) -> FloatArray:
        """Sum values of items, shape ``(n_items,)`` or ``(n_items, n)``, over each subject."""
        codes, row = self._people
        if values.ndim == 1:
            return np.bincount(row, weights=values, minlength=len(codes)).astype(np.float64)
        columns = [self.by_subject(column) for column in values.T]
        return np.stack(columns, axis=1) if columns else np.zeros((len(codes), 0))

    def mean(
        self, values: FloatArray, used: Mask | None = None, scale: Scale = Scale.SHARE
    ) -> Replicates:
        """Return the replicates of a mean over items, each counting once.

        Parameters
        ----------
        values
            One an item, shape ``(n_items,)``.
        used
            Items that have one; `None` for those rated twice or more.
        """
        among = self.is_rated_twice if used is None else used
        n = self.by_subject(among.astype(np.float64))
        total = self.by_subject(np.where(among, values, 0.0))
        ratings = self.by_subject(np.where(among, self.n_ratings, 0.0))
        r = mean_of(n, total, self.subjects, int(np.count_nonzero(among)))
        return replace(r, sizes=ratings[n > 0], weights=r.sizes, scale=scale)
