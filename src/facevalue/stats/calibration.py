"""Does a system know when it is right? Confidence against correctness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats.jackknife import IntervalSpec, Replicates, interval, mean_of, refuse
from facevalue.stats.metrics import Scale
from facevalue.stats.tally import FloatArray, IntArray, coded

__all__ = ["N_BINS", "ConfidenceTally", "expected_calibration_error"]

N_BINS = 15
"""Bins of equal width, as in Guo et al. (2017)."""


@dataclass(frozen=True, slots=True)
class ConfidenceTally:
    """Answers, their confidence and their correctness by subject and bin of confidence.

    Parameters
    ----------
    n, confidence, correct
        Counts, summed confidence and summed correctness, each of shape
        ``(n_subjects, N_BINS)``.
    n_over
        Answers with a confidence of ``over`` or more, shape ``(n_subjects,)``.
    subjects
        Codes, shape ``(n_subjects,)``.
    n_items
        Items of the cell.
    """

    n: FloatArray
    confidence: FloatArray
    correct: FloatArray
    n_over: FloatArray
    subjects: IntArray
    n_items: int

    @classmethod
    def from_answers(
        cls,
        subject: npt.ArrayLike,
        confidence: npt.ArrayLike,
        correct: npt.ArrayLike,
        *,
        over: float = 0.9,
        n_items: int | None = None,
    ) -> ConfidenceTally:
        """Sort answers, shape ``(n_answers,)`` each, into bins ``(lower, upper]``."""
        codes, row = coded(subject)
        c = np.asarray(confidence, dtype=np.float64)
        right = np.asarray(correct, dtype=np.float64)
        edges = np.linspace(0.0, 1.0, N_BINS + 1)
        bins = np.clip(np.searchsorted(edges, c, side="left") - 1, 0, N_BINS - 1)
        flat, size = row * N_BINS + bins, len(codes) * N_BINS

        def summed(weights: FloatArray | None) -> FloatArray:
            counted = np.bincount(flat, weights=weights, minlength=size)
            return counted.reshape(len(codes), N_BINS).astype(np.float64)

        n_over = np.bincount(row, weights=(c >= over).astype(float), minlength=len(codes)).astype(
            np.float64
        )
        return cls(
            summed(None), summed(c), summed(right), n_over, codes,
            len(c) if n_items is None else n_items,
        )  # fmt: skip

    def mean_confidence(self) -> Replicates:
        """Return the replicates of the mean confidence of answers."""
        total = self.confidence.sum(axis=1)
        return mean_of(self.n.sum(axis=1), total, self.subjects, self.n_items)

    def share_over(self) -> Replicates:
        """Return the replicates of the share of answers given with high confidence."""
        return mean_of(self.n.sum(axis=1), self.n_over, self.subjects, self.n_items)

    def calibration_error(self) -> Replicates:
        """Return the replicates of the expected calibration error (see below)."""
        n = self.n.sum(axis=0)
        gap = self.correct.sum(axis=0) - self.confidence.sum(axis=0)
        value = float(np.abs(gap).sum() / n.sum()) if n.sum() else float("nan")
        sizes = self.n.sum(axis=1)
        left_gap = np.abs(gap[None] - (self.correct - self.confidence)).sum(axis=1)
        left_out = np.full(len(sizes), np.nan)
        left_n = n.sum() - sizes
        np.divide(left_gap, left_n, out=left_out, where=left_n > 0)
        return Replicates(value, left_out, sizes, self.subjects, self.n_items)


def expected_calibration_error(
    tally: ConfidenceTally, spec: IntervalSpec
) -> Estimate | NotEstimable:
    """Estimate the expected calibration error over 15 bins of equal width.

    ``Σ_b n_b/n · |accuracy_b − confidence_b|``. The plug-in value is biased upwards when
    bins hold few answers, since chance differences do not cancel out; the interval does not
    correct that and is too high for a system that is calibrated well.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), ICML, eq. 3.

    Examples
    --------
    >>> t = ConfidenceTally.from_answers(range(8), [0.9] * 8, [1, 1, 1, 1, 0, 0, 0, 0])
    >>> round(expected_calibration_error(t, IntervalSpec()).value, 3)   # |0.5 − 0.9|
    0.4
    """
    r = tally.calibration_error()
    return refuse(r) or interval(r, spec, Scale.UNIT)
