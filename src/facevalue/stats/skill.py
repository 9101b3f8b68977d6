"""Reference systems that need no model, and whether a system beats them.

``majority`` gives the most frequent annotated label to every item; ``random`` answers
with the system's own label frequencies, whatever the item; ``shuffled`` gives the
system's own answers to other items. A system that does no better has learnt nothing from
its input, and would look equal for all groups and unmoved by noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats.compare import paired_difference
from facevalue.stats.jackknife import IntervalSpec, Replicates, interval, refuse, replicate
from facevalue.stats.metrics import Metric, Scale
from facevalue.stats.tally import FloatArray, IntArray, Tally

__all__ = [
    "Reference",
    "advantage",
    "expected_random",
    "majority",
    "reference_score",
    "shuffled_counts",
    "shuffled_items",
]

TINY = 1e-12

Reference = Callable[[FloatArray], FloatArray]
"""Confusion counts ``(..., n_labels, n_labels + 1)`` of the system → those of a reference."""


def majority(counts: FloatArray) -> FloatArray:
    """Return the counts of always giving the most frequent annotated label.

    The label is the most frequent one of the very data it is scored on, so it is the best
    that a constant answer can do (the first label if tied).

    Examples
    --------
    >>> majority(np.array([[1.0, 2.0, 0.0], [1.0, 0.0, 0.0]])).tolist()
    [[3.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """
    annotated = counts.sum(axis=-1)
    given = np.zeros_like(counts)
    best = np.argmax(annotated, axis=-1)
    np.put_along_axis(given, best[..., None, None], annotated[..., None], axis=-1)
    return given


def expected_random(counts: FloatArray) -> FloatArray:
    """Return the expected counts of answering at random with the system's own frequencies.

    Expected counts, not one draw: no chance of ours enters the comparison.

    Examples
    --------
    >>> counts = np.array([[2.0, 0.0, 0.0], [1.0, 1.0, 0.0]])    # 3 of 4 answers are label 0
    >>> expected_random(counts).tolist()
    [[1.5, 0.5, 0.0], [1.5, 0.5, 0.0]]
    """
    total = np.maximum(counts.sum(axis=(-2, -1), keepdims=True), TINY)
    expected: FloatArray = (
        counts.sum(axis=-1, keepdims=True) * counts.sum(axis=-2, keepdims=True) / total
    )
    return expected


def reference_score(metric: Metric, tally: Tally, reference: Reference) -> Replicates:
    """Return what a reference system scores, with everything recomputed for each left out."""
    own = replicate(metric, tally)
    counts = tally.counts
    if own.n_subjects < len(counts):
        counts = counts[np.isin(tally.subjects, own.subjects)]
    return Replicates(
        float(metric.value(reference(tally.total))),
        metric.value(reference(tally.total - counts)), own.sizes, own.subjects, own.n_items,
        own.weights, metric.scale,
    )  # fmt: skip


def advantage(ours: Replicates, theirs: Replicates, spec: IntervalSpec) -> Estimate | NotEstimable:
    """Estimate system minus reference system, on the same people and items.

    Parameters
    ----------
    ours, theirs
        From `replicate` and `reference_score`, of the same metric and tally.

    Returns
    -------
    Estimate, or NotEstimable for NO_ITEMS, UNDEFINED, TOO_FEW_CLUSTERS, UNSTABLE.
    """
    paired = paired_difference(ours, theirs)
    refused = refuse(paired)
    if refused is not None:
        return refused
    if paired.variance > TINY:
        return interval(paired, spec, Scale.DIFFERENCE)
    # Nobody differs from anybody (a perfect system, say): the system's own interval, shifted.
    alone = interval(ours, spec, ours.scale)
    return Estimate(
        value=paired.value, low=alone.low - theirs.value, high=alone.high - theirs.value,
        level=spec.level, method=f"{alone.method}, minus the reference system",
        n_items=ours.n_items, n_answers=ours.n_answers, n_subjects=ours.n_subjects,
    )  # fmt: skip


def shuffled_items(
    answers: FloatArray, annotated: IntArray, n_draws: int, rng: np.random.Generator
) -> FloatArray:
    """Draw confusion counts with the annotated labels shuffled over items.

    Parameters
    ----------
    answers
        Answers of each item by predicted label, shape ``(n_items, n_labels + 1)``.
    annotated
        Code of each item's annotated label, shape ``(n_items,)``.

    Returns
    -------
    Counts, shape ``(n_draws, n_labels, n_labels + 1)``.
    """
    n_labels = answers.shape[1] - 1
    draws = [_sums_by_label(answers, rng.permutation(annotated), n_labels) for _ in range(n_draws)]
    return np.stack(draws)


def shuffled_counts(counts: FloatArray, n_draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw the same as `shuffled_items` where every item has one answer, from counts alone.

    Parameters
    ----------
    counts
        Confusion counts, shape ``(n_labels, n_labels + 1)``.

    Returns
    -------
    Counts, shape ``(n_draws, n_labels, n_labels + 1)``; their margins are those of ``counts``.
    """
    # Shuffling leaves both margins as they are and makes every assignment equally likely: cell
    # by cell, a hypergeometric draw from what is left of the answers; all draws at once.
    annotated, predicted = counts.sum(axis=1).astype(np.int64), counts.sum(axis=0)
    left = np.tile(predicted.astype(np.int64), (n_draws, 1))
    drawn = np.zeros((n_draws, *counts.shape))
    for k, n in enumerate(annotated):
        wanted = np.full(n_draws, n)
        others = left.sum(axis=1)
        for j in range(left.shape[1]):
            others -= left[:, j]
            taken = rng.hypergeometric(left[:, j], others, wanted)
            drawn[:, k, j] = taken
            wanted -= taken
        left -= drawn[:, k].astype(np.int64)
    return drawn


def _sums_by_label(answers: FloatArray, labels: IntArray, n_labels: int) -> FloatArray:
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(n_labels))
    sums = np.zeros((n_labels, n_labels + 1))
    present = np.flatnonzero(np.bincount(labels, minlength=n_labels))
    sums[present] = np.add.reduceat(answers[order], starts[present], axis=0)
    return sums
