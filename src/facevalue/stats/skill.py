"""Reference systems that need no model, and whether a system beats them.

``majority`` gives the most frequent annotated label to every item; ``random`` answers
with the system's own label frequencies, whatever the item; ``shuffled`` gives the
system's own answers to other items. A system that does no better has learnt nothing from
its input, and would look equal for all groups and unmoved by noise.
"""

from __future__ import annotations

import numpy as np

from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats.jackknife import IntervalSpec, Replicates, interval, refuse, replicate
from facevalue.stats.metrics import Metric, Scale
from facevalue.stats.tally import FloatArray, IntArray, Tally

__all__ = ["advantage", "expected_random", "majority", "shuffled_values"]

TINY = 1e-12


def majority(tally: Tally) -> Tally:
    """Return the tally of always giving the most frequent annotated label.

    The label is the most frequent one of the very data it is scored on, so it is the best
    that a constant answer can do (the first label if tied).
    """
    best = int(np.argmax(tally.total.sum(axis=1)))
    counts = np.zeros_like(tally.counts)
    counts[:, :, best] = tally.counts.sum(axis=2)
    return Tally(counts, tally.subjects, tally.n_items)


def expected_random(tally: Tally) -> Tally:
    """Return the expected tally of answering at random with the system's own frequencies.

    Expected counts, not one draw: no chance of ours enters the comparison.

    Examples
    --------
    >>> t = Tally.from_codes([0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 1], n_labels=2)
    >>> expected_random(t).total.tolist()   # 3 of 4 answers are label 0
    [[1.5, 0.5, 0.0], [1.5, 0.5, 0.0]]
    """
    shares = tally.total.sum(axis=0) / tally.total.sum()
    counts = tally.counts.sum(axis=2)[:, :, None] * shares[None, None, :]
    return Tally(counts, tally.subjects, tally.n_items)


def advantage(
    metric: Metric, system: Tally, reference: Tally, spec: IntervalSpec
) -> Estimate | NotEstimable:
    """Estimate system minus reference system, on the same people and items.

    Returns
    -------
    Estimate, or NotEstimable for NO_ITEMS, UNDEFINED, TOO_FEW_CLUSTERS, UNSTABLE.
    """
    ours, theirs = replicate(metric, system), replicate(metric, reference)
    paired = Replicates(
        ours.value - theirs.value, ours.left_out - theirs.left_out, ours.sizes, ours.subjects,
        ours.n_items,
    )  # fmt: skip
    refused = refuse(paired)
    if refused is not None:
        return refused
    if paired.variance > TINY:
        return interval(paired, spec, Scale.DIFFERENCE)
    # Nobody differs from anybody (a perfect system, say): the system's own interval, shifted.
    alone = interval(ours, spec, metric.scale)
    return Estimate(
        value=paired.value, low=alone.low - theirs.value, high=alone.high - theirs.value,
        level=spec.level, method=f"{alone.method}, minus the reference system",
        n_items=ours.n_items, n_answers=ours.n_answers, n_subjects=ours.n_subjects,
    )  # fmt: skip


def shuffled_values(
    metric: Metric,
    answers: FloatArray,
    annotated: IntArray,
    n_draws: int,
    rng: np.random.Generator,
) -> FloatArray:
    """Evaluate ``metric`` with the annotated labels shuffled over items, many times.

    Parameters
    ----------
    answers
        Answers of each item by predicted label, shape ``(n_items, n_labels + 1)``.
    annotated
        Code of each item's annotated label, shape ``(n_items,)``.

    Returns
    -------
    Values, shape ``(n_draws,)``.
    """
    n_labels = answers.shape[1] - 1
    one_each = bool((answers.sum(axis=1) == 1).all() and (answers.max(axis=1) == 1).all())
    margins = answers.sum(axis=0).astype(np.int64), np.bincount(annotated, minlength=n_labels)
    values = np.empty(n_draws)
    for draw in range(n_draws):
        if one_each:
            sums = _table_of_margins(*margins, rng)
        else:
            sums = _sums_by_label(answers, rng.permutation(annotated), n_labels)
        values[draw] = metric.value(sums)
    return values


def _sums_by_label(answers: FloatArray, labels: IntArray, n_labels: int) -> FloatArray:
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(n_labels))
    sums = np.zeros((n_labels, n_labels + 1))
    present = np.flatnonzero(np.bincount(labels, minlength=n_labels))
    sums[present] = np.add.reduceat(answers[order], starts[present], axis=0)
    return sums


def _table_of_margins(
    predicted: IntArray, annotated: IntArray, rng: np.random.Generator
) -> FloatArray:
    """Draw the confusion counts of shuffled labels without shuffling a single one.

    With one answer an item, shuffling leaves both margins (how often each label is
    predicted, and annotated) as they are and makes every assignment equally likely: row by
    row, a multivariate hypergeometric draw from what is left of the answers.
    """
    left = predicted
    sums = np.zeros((len(annotated), len(predicted)))
    for k, n in enumerate(annotated):
        drawn = rng.multivariate_hypergeometric(left, int(n), method="marginals")
        sums[k] = drawn
        left = left - drawn
    return sums
