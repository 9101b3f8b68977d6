"""The Brier score of a system's scores, and what it is made of.

``Σ_k (score_k − annotated_k)²`` over the labels, averaged over answers: 0 is best, 2 the worst.
Murphy's parts, over the bins of each label's score and summed over labels: *reliability* (how
far scores lie from how often they come true; smaller is better) minus *resolution* (how much
the bins tell annotations apart; larger is better) plus *uncertainty* (of the annotations, no
merit or fault of the system). What scores do inside a bin remains: ``within bins``.

A plug-in of squares is biased, the more so the fewer answers a bin holds. So squares are
products of different people's answers only: no one is held against themselves. With one
answer a person that is the correction of Bröcker, and of Ferro and Fricker. An unbiased
square may come out below zero.

References
----------
Brier (1950), *Monthly Weather Review* 78(1): the score. Murphy (1973), *Journal of Applied
Meteorology* 12(4): the parts. Stephenson, Coelho and Jolliffe (2008), *Weather and
Forecasting* 23(4): what remains within bins. Bröcker (2012), *Climate Dynamics* 39, and Ferro
and Fricker (2012), *Quarterly Journal of the Royal Meteorological Society* 138: bias.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats.calibration import ConfidenceTally
from facevalue.stats.jackknife import IntervalSpec, Replicates, interval, mean_of, refuse
from facevalue.stats.metrics import Scale
from facevalue.stats.tally import FloatArray, coded

__all__ = ["BRIER_PARTS", "ScoreTally", "brier_score"]

BRIER_PARTS = ("reliability", "resolution", "uncertainty", "within bins")


@dataclass(frozen=True)
class ScoreTally:
    """Scores of every label by subject and bin, and their squared distances.

    Parameters
    ----------
    by_label
        For each label its scores against "is annotated so".
    squared
        Summed squared distance of each subject, over answers and labels, shape
        ``(n_subjects,)``.
    """

    by_label: tuple[ConfidenceTally, ...]
    squared: FloatArray

    @classmethod
    def from_scores(
        cls,
        subject: npt.ArrayLike,
        scores: npt.ArrayLike,
        annotated: npt.ArrayLike,
        *,
        n_items: int | None = None,
    ) -> ScoreTally:
        """Count scores in [0, 1], shape ``(n_answers, n_labels)``, and annotated label codes."""
        given = np.asarray(scores, dtype=np.float64)
        label = np.asarray(annotated, dtype=np.int64)
        hit = label[:, None] == np.arange(given.shape[1])
        codes, row = coded(subject)
        squared = np.bincount(
            row, weights=((given - hit) ** 2).sum(axis=1), minlength=len(codes)
        ).astype(np.float64)
        by_label = tuple(
            ConfidenceTally.from_answers(subject, given[:, k], hit[:, k], n_items=n_items)
            for k in range(given.shape[1])
        )
        return cls(by_label, squared)

    def score(self) -> Replicates:
        """Return the replicates of the Brier score, in [0, 2]."""
        one = self.by_label[0]
        r = mean_of(one.sizes, self.squared, one.subjects, one.n_items)
        return replace(r, scale=Scale.DIFFERENCE)

    @cached_property
    def parts(self) -> dict[str, Replicates]:
        """The replicates of each of `BRIER_PARTS`.

        Score = reliability − resolution + uncertainty + within bins, also with any subject
        left out.
        """
        whole = self.score()
        each = np.sum([_murphy(t) for t in self.by_label], axis=0)
        scores = np.concatenate([[whole.value], whole.left_out])
        rest = scores - (each[0] - each[1] + each[2])
        return {
            name: replace(whole, value=float(part[0]), left_out=part[1:])
            for name, part in zip(BRIER_PARTS, [*each, rest], strict=True)
        }


def brier_score(tally: ScoreTally, spec: IntervalSpec) -> Estimate | NotEstimable:
    """Estimate the Brier score over all labels, from 0 (best) to 2.

    Half of it is a mean of values from 0 to 1, and has the interval of a share.

    Returns
    -------
    Estimate, or NotEstimable for NO_ITEMS, TOO_FEW_CLUSTERS, UNSTABLE.

    Examples
    --------
    >>> scores = [[0.8, 0.2]] * 6 + [[0.5, 0.5]] * 4
    >>> t = ScoreTally.from_scores(range(10), scores, [0] * 5 + [1] + [0, 1, 0, 1])
    >>> round(brier_score(t, IntervalSpec()).value, 3)   # (5·0.08 + 1.28 + 4·0.5)/10
    0.368
    """
    r = tally.score()
    refused = refuse(r)
    if refused is not None:
        return refused
    half = replace(r, value=r.value / 2.0, left_out=r.left_out / 2.0, scale=Scale.SHARE)
    found = interval(half, spec, Scale.SHARE)
    return replace(found, value=r.value, low=2.0 * found.low, high=2.0 * found.high)


def _murphy(tally: ConfidenceTally) -> FloatArray:
    """Return reliability, resolution and uncertainty of one label.

    Shape ``(3, 1 + n_subjects)``: on all subjects first, then without each that has answers.
    """
    used = tally.sizes > 0
    n, right = tally.n[used], tally.correct[used]
    off = tally.confidence[used] - right
    pairs = _of_different_people(n, n)
    share = _without(n) / np.maximum(_without(n.sum(axis=1)), 1.0)[:, None]
    known = pairs > 0
    gap = np.zeros(pairs.shape)
    rate = np.zeros(pairs.shape)
    np.divide(_of_different_people(off, off), pairs, out=gap, where=known)
    np.divide(_of_different_people(right, right), pairs, out=rate, where=known)
    all_n, all_right = n.sum(axis=1), right.sum(axis=1)
    all_pairs = _of_different_people(all_n, all_n)
    square = np.full(all_pairs.shape, np.nan)
    np.divide(
        _of_different_people(all_right, all_right), all_pairs, out=square, where=all_pairs > 0
    )
    left_n = _without(all_n)
    mean = np.full(left_n.shape, np.nan)
    np.divide(_without(all_right), left_n, out=mean, where=left_n > 0)
    # A bin that one person fills tells nothing of others: neither gap nor resolution.
    resolution = (share * known * (rate - square[:, None])).sum(axis=1)
    return np.stack([(share * gap).sum(axis=1), resolution, mean - square])


def _without(by_subject: FloatArray) -> FloatArray:
    """Return the sum over all subjects, then without each, along the first axis."""
    total = by_subject.sum(axis=0)
    return np.concatenate([total[None], total[None] - by_subject])


def _of_different_people(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the sum of products of two different people's values, then without each person."""
    return _without(a) * _without(b) - _without(a * b)
