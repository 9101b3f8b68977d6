"""Does a system know when it is right? Confidence against correctness, counted by bin.

A score is what a system prints; nothing says that it is a probability. These statistics ask
whether it can be read as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats.jackknife import IntervalSpec, Replicates, interval, mean_of, refuse
from facevalue.stats.metrics import Scale
from facevalue.stats.tally import FloatArray, IntArray, coded

__all__ = ["N_BINS", "ConfidenceTally", "bin_names", "calibration_error", "overconfidence"]

N_BINS = 15
"""Bins of equal width, as in Guo et al. (2017)."""

METHOD_BESIDE = "of the accuracy, confidence taken along"


def bin_names() -> list[str]:
    """Return what the bins are called: their ends, the upper one inside.

    Examples
    --------
    >>> bin_names()[9]
    '0.60–0.67'
    """
    return [f"{b / N_BINS:.2f}–{(b + 1) / N_BINS:.2f}" for b in range(N_BINS)]


@dataclass(frozen=True, slots=True)
class ConfidenceTally:
    """Answers, their confidence and their correctness by subject and bin of confidence.

    Also that of one label: its score is the confidence, and "correct" is annotated so.

    Parameters
    ----------
    n, confidence, correct
        Counts, summed confidence and summed correctness, each of shape
        ``(n_subjects, N_BINS)``.
    n_over
        Answers with a confidence of ``over`` or more, shape ``(n_subjects,)``.
    wrong_confidence, n_wrong_over
        Summed confidence of wrong answers, and how many of them have ``over`` or more.
    subjects
        Codes, shape ``(n_subjects,)``.
    n_items
        Items of the cell.
    """

    n: FloatArray
    confidence: FloatArray
    correct: FloatArray
    n_over: FloatArray
    wrong_confidence: FloatArray
    n_wrong_over: FloatArray
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
        given = np.asarray(confidence, dtype=np.float64)
        c = np.where(np.isfinite(given), given, np.nan)  # then everything of it is undefined
        right = np.asarray(correct, dtype=np.float64)
        edges = np.linspace(0.0, 1.0, N_BINS + 1)
        bins = np.clip(np.searchsorted(edges, c, side="left") - 1, 0, N_BINS - 1)
        flat, n_codes = row * N_BINS + bins, len(codes)

        def summed(where: IntArray, weights: FloatArray | None, width: int) -> FloatArray:
            counted = np.bincount(where, weights=weights, minlength=n_codes * width)
            return counted.reshape(n_codes, width).astype(np.float64)

        is_over, is_wrong = (c >= over).astype(np.float64), right == 0
        return cls(
            summed(flat, None, N_BINS), summed(flat, c, N_BINS), summed(flat, right, N_BINS),
            summed(row, is_over, 1)[:, 0], summed(row, np.where(is_wrong, c, 0.0), 1)[:, 0],
            summed(row, is_wrong * is_over, 1)[:, 0], codes, len(c) if n_items is None else n_items,
        )  # fmt: skip

    @property
    def sizes(self) -> FloatArray:
        """Answers of each subject, shape ``(n_subjects,)``."""
        summed: FloatArray = self.n.sum(axis=1)
        return summed

    def _mean(self, n: FloatArray, total: FloatArray) -> Replicates:
        return mean_of(n, total, self.subjects, self.n_items)

    def mean_confidence(self) -> Replicates:
        """Return the replicates of the mean confidence of answers."""
        return self._mean(self.sizes, self.confidence.sum(axis=1))

    def mean_confidence_when(self, *, right: bool) -> Replicates:
        """Return the replicates of the mean confidence of right answers, or of wrong ones."""
        n_right = self.correct.sum(axis=1)
        if right:
            return self._mean(n_right, self.confidence.sum(axis=1) - self.wrong_confidence)
        return self._mean(self.sizes - n_right, self.wrong_confidence)

    def share_over(self) -> Replicates:
        """Return the replicates of the share of answers given with high confidence."""
        return self._mean(self.sizes, self.n_over)

    def wrong_share_over(self) -> Replicates:
        """Return the replicates of the share of wrong answers given with high confidence."""
        return self._mean(self.sizes - self.correct.sum(axis=1), self.n_wrong_over)

    def bin_accuracy(self, b: int) -> Replicates:
        """Return the replicates of the share of right answers in bin ``b``."""
        return self._mean(self.n[:, b], self.correct[:, b])

    def bin_confidence(self, b: int) -> Replicates:
        """Return the replicates of the mean confidence in bin ``b``."""
        return self._mean(self.n[:, b], self.confidence[:, b])

    def overconfidence(self) -> Replicates:
        """Return the replicates of mean confidence minus accuracy, in [−1, 1]."""
        total = (self.confidence - self.correct).sum(axis=1)
        return replace(self._mean(self.sizes, total), scale=Scale.DIFFERENCE)

    def calibration_error(self) -> Replicates:
        """Return the replicates of the expected calibration error, as it is (plug-in)."""
        return calibration_error([self])


def calibration_error(tallies: Sequence[ConfidenceTally]) -> Replicates:
    """Return the replicates of the plug-in calibration error, averaged over ``tallies``.

    Parameters
    ----------
    tallies
        Of the same answers: one, or one for each label.
    """
    first, times = tallies[0], len(tallies)
    used = first.sizes > 0
    sizes, n = first.sizes[used], first.sizes.sum()
    off = np.concatenate([t.confidence[used] - t.correct[used] for t in tallies], axis=1)
    total, left_n = off.sum(axis=0), (n - sizes) * times
    left_out = np.full(len(sizes), np.nan)
    np.divide(np.abs(total - off).sum(axis=1), left_n, out=left_out, where=left_n > 0)
    value = float(np.abs(total).sum() / (n * times)) if n > 0 else float("nan")
    return Replicates(value, left_out, sizes, first.subjects[used], first.n_items, scale=Scale.UNIT)


def overconfidence(tally: ConfidenceTally, spec: IntervalSpec) -> Estimate | NotEstimable:
    """Estimate by how much the mean confidence lies above the accuracy.

    Confidence hardly differs between people; how often the system is right does, and near 1
    that is skewed. So the interval is that of the accuracy (logit scale), with each person's
    confidence taken along, seen from the mean confidence.

    Returns
    -------
    Estimate in [−1, 1], below zero for a system that is right more often than it is sure; or
    NotEstimable for NO_ITEMS, TOO_FEW_CLUSTERS, UNSTABLE.

    Examples
    --------
    >>> t = ConfidenceTally.from_answers(range(8), [0.9] * 8, [1, 1, 1, 1, 0, 0, 0, 0])
    >>> e = overconfidence(t, IntervalSpec())   # 0.9 − 0.5; half of the answers are right
    >>> f"{e.value:.2f} ({e.low:.2f} to {e.high:.2f})"
    '0.40 (0.06 to 0.74)'
    """
    r = tally.overconfidence()
    refused = refuse(r)
    if refused is not None:
        return refused
    confidence = float(tally.confidence.sum() / tally.n.sum())
    accuracy = confidence - r.value
    beside = replace(
        r, value=accuracy, left_out=accuracy - (r.left_out - r.value), scale=Scale.SHARE
    )
    found = interval(beside, spec, Scale.SHARE)
    return replace(
        found, value=r.value, low=confidence - found.high, high=confidence - found.low,
        method=f"{found.method}; {METHOD_BESIDE}",
    )  # fmt: skip
