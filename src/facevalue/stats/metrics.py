"""Metrics as functions of confusion counts, vectorised over leading axes.

Each takes counts of shape ``(..., n_labels, n_labels + 1)`` (annotated × predicted, the
last column answers outside the taxonomy) and returns shape ``(...)``; NaN marks where the
statistic is undefined, and never leaves this package.

References
----------
Sokolova and Lapalme (2009), *Information Processing & Management* 45(4): recall,
precision, F1. Gorodkin (2004), *Computational Biology and Chemistry* 28(5–6): MCC for
several classes. UAR: Schuller et al. (2009), Interspeech, unweighted average recall.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

from facevalue.stats.tally import FloatArray

__all__ = ["Metric", "Scale", "cell_share", "metric_named"]

ValueFunction = Callable[[FloatArray], FloatArray]


class Scale(StrEnum):
    """On which scale an interval is symmetric."""

    SHARE = "share"  # in [0, 1], a weighted average of shares of subjects: logit
    UNIT = "unit"  # in [0, 1], but no such average, and 0 is possible: as it is, cut
    CORRELATION = "correlation"  # in [−1, 1]: Fisher's z
    DIFFERENCE = "difference"  # of two values on the same people: as it is


@dataclass(frozen=True, slots=True)
class Metric:
    """A statistic of confusion counts, by way of a few sums that add up over people.

    Counts go into ``parts``, and parts into the value: so leaving out a person, or adding up
    a group, takes a handful of numbers a person and not the whole table.

    Parameters
    ----------
    name
        As it is written in findings, e.g. ``recall[anger]``.
    parts
        Counts ``(..., n_labels, n_labels + 1)`` → sums ``(..., n_parts)``; linear.
    of_parts
        Sums ``(..., n_parts)`` → values ``(...)``, NaN where undefined.
    n_of_parts
        Sums → how many answers the value rests on, shape ``(...)``.
    scale
        Range of the values.
    is_mean
        Whether the value is a plain mean over the answers it rests on, so that a variance
        with answers as independent is defined.
    weights_of_parts
        Sums by subject, shape ``(n_subjects, n_parts)`` → how much the value hangs on each
        subject, shape ``(n_subjects,)``; `None` where the answers say that.
    fewest_of_parts
        Sums by subject → people behind the label that fewest people have, where labels are
        averaged.
    """

    name: str
    parts: ValueFunction
    of_parts: ValueFunction
    n_of_parts: ValueFunction
    scale: Scale = Scale.SHARE
    is_mean: bool = False
    weights_of_parts: ValueFunction | None = None
    fewest_of_parts: Callable[[FloatArray], int] | None = None

    def value(self, counts: FloatArray) -> FloatArray:
        """Return the statistic of counts ``(..., n_labels, n_labels + 1)``, shape ``(...)``."""
        return self.of_parts(self.parts(counts))

    def base(self, counts: FloatArray) -> FloatArray:
        """Return how many answers the value rests on, shape ``(...)``."""
        return self.n_of_parts(self.parts(counts))


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    out = np.full(np.shape(bottom), np.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out


def _all(counts: FloatArray) -> FloatArray:
    summed: FloatArray = counts.sum(axis=(-2, -1))
    return summed


def _diagonal(counts: FloatArray) -> FloatArray:
    n_labels = counts.shape[-2]
    picked: FloatArray = counts[..., np.arange(n_labels), np.arange(n_labels)]
    return picked


def _share(parts: FloatArray) -> FloatArray:
    """Parts are hits and answers."""
    return _ratio(parts[..., 0], parts[..., 1])


def _last(parts: FloatArray) -> FloatArray:
    return parts[..., -1]


def _pair(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.stack([top, bottom], axis=-1)


def _accuracy_parts(counts: FloatArray) -> FloatArray:
    return _pair(_diagonal(counts).sum(axis=-1), _all(counts))


def _cell_parts(a: int, p: int, counts: FloatArray) -> FloatArray:
    return _pair(counts[..., a, p], counts[..., a, :].sum(axis=-1))


def _precision_parts(k: int, counts: FloatArray) -> FloatArray:
    return _pair(counts[..., k, k], counts[..., :, k].sum(axis=-1))


def _rate_parts(k: int, counts: FloatArray) -> FloatArray:
    return _pair(counts[..., :, k].sum(axis=-1), _all(counts))


def _f1_parts(k: int, counts: FloatArray) -> FloatArray:
    both = counts[..., k, :].sum(axis=-1) + counts[..., :, k].sum(axis=-1)
    hits = counts[..., k, k]
    return np.stack([2.0 * hits, both, both - hits], axis=-1)


def _f1_weights(parts: FloatArray) -> FloatArray:
    return parts[..., 1]


def _recall_parts(labels: tuple[int, ...], column: int | None, counts: FloatArray) -> FloatArray:
    """Hits of each label, then answers of each; a hit is its own label, or ``column``."""
    used = list(labels)
    hits = counts[..., used, used if column is None else column]
    return np.concatenate([hits, counts[..., used, :].sum(axis=-1)], axis=-1)


def _halves(parts: FloatArray) -> tuple[FloatArray, FloatArray]:
    n = parts.shape[-1] // 2
    return parts[..., :n], parts[..., n:]


def _weighted_recall(weights: FloatArray, parts: FloatArray) -> FloatArray:
    averaged: FloatArray = _ratio(*_halves(parts)) @ (weights / weights.sum())
    return averaged


def _n_of_halves(parts: FloatArray) -> FloatArray:
    summed: FloatArray = _halves(parts)[1].sum(axis=-1)
    return summed


def _fewest_holders(parts: FloatArray) -> int:
    return int((_halves(parts)[1] > 0).sum(axis=0).min()) if parts.size else 0


def _label_weights(weights: FloatArray, parts: FloatArray) -> FloatArray:
    """Weigh subjects by their share of each label's answers, labels by ``weights``.

    An average of recalls is an average over subjects with these weights: whoever gave half
    of the items of a rare label counts for half of that label.
    """
    by_label = _halves(parts)[1]
    shares = _ratio(by_label, np.broadcast_to(by_label.sum(axis=0), by_label.shape))
    weighed: FloatArray = np.nan_to_num(shares) @ weights
    return weighed


def _mcc_parts(counts: FloatArray) -> FloatArray:
    # Answers outside the taxonomy form a class of their own that is never annotated.
    hits = _diagonal(counts).sum(axis=-1, keepdims=True)
    return np.concatenate([hits, counts.sum(axis=-1), counts.sum(axis=-2)], axis=-1)


def _mcc(parts: FloatArray) -> FloatArray:
    n_labels = (parts.shape[-1] - 2) // 2
    c, t, p = parts[..., 0], parts[..., 1 : 1 + n_labels], parts[..., 1 + n_labels :]
    s = t.sum(axis=-1)
    cross = (t * p[..., :n_labels]).sum(axis=-1)
    spread = (s**2 - (p**2).sum(axis=-1)) * (s**2 - (t**2).sum(axis=-1))
    return _ratio(c * s - cross, np.sqrt(np.maximum(spread, 0.0)))


def _n_of_mcc(parts: FloatArray) -> FloatArray:
    n_labels = (parts.shape[-1] - 2) // 2
    summed: FloatArray = parts[..., 1 : 1 + n_labels].sum(axis=-1)
    return summed


def _recalls(
    name: str, labels: Sequence[int], weights: FloatArray, column: int | None = None
) -> Metric:
    """Return the weighted mean of the shares of hits by annotated label."""
    return Metric(
        name,
        partial(_recall_parts, tuple(labels), column),
        partial(_weighted_recall, weights),
        _n_of_halves,
        weights_of_parts=partial(_label_weights, weights),
        fewest_of_parts=_fewest_holders,
    )


def _mean(name: str, parts: ValueFunction) -> Metric:
    return Metric(name, parts, _share, _last, is_mean=True)


def cell_share(labels: Sequence[str], annotated: str, predicted: str) -> Metric:
    """Return the share of items annotated ``annotated`` that are predicted ``predicted``.

    Named ``confusion[a→p]``; ``predicted`` may be ``outside``.
    """
    a = list(labels).index(annotated)
    p = list(labels).index(predicted) if predicted in labels else len(labels)
    return _mean(f"confusion[{annotated}→{predicted}]", partial(_cell_parts, a, p))


def metric_named(
    name: str,
    labels: Sequence[str],
    *,
    present: Sequence[str] | None = None,
    mix: FloatArray | None = None,
) -> Metric:
    """Return the metric called ``name`` over the taxonomy ``labels``.

    Parameters
    ----------
    name
        ``accuracy``, ``uar``, ``mcc``, ``recall[x]``, ``precision[x]``, ``f1[x]``,
        ``prediction_rate[x]`` or ``standardised_prediction_rate[x]``.
    labels
        Labels of the taxonomy, in the order of the counts.
    present
        Labels that UAR averages over: those annotated anywhere in the data under audit.
        A cell that lacks one has no UAR, since it would not be comparable.
    mix
        For the standardised rate: how often each label is annotated in the whole sample,
        shape ``(n_labels,)``; every group is weighted to this mix (direct standardisation).

    Raises
    ------
    KeyError
        If there is no such metric or label.

    Examples
    --------
    >>> counts = np.array([[8.0, 2.0, 0.0], [3.0, 6.0, 1.0]])
    >>> float(metric_named("accuracy", ["calm", "angry"]).value(counts))
    0.7
    >>> float(metric_named("recall[angry]", ["calm", "angry"]).value(counts))
    0.6
    """
    head, _, rest = name.partition("[")
    names = list(labels)
    if not rest:
        if head == "accuracy":
            return _mean(name, _accuracy_parts)
        if head == "mcc":
            return Metric(name, _mcc_parts, _mcc, _n_of_mcc, scale=Scale.CORRELATION)
        if head == "uar":
            used = [names.index(x) for x in (names if present is None else present)]
            return _recalls(name, used, np.ones(len(used)))
        raise KeyError(name)
    label = rest.removesuffix("]")
    if label not in names:
        raise KeyError(name)
    k = names.index(label)
    if head == "standardised_prediction_rate":
        weights = np.ones(len(names)) if mix is None else mix
        used = [int(x) for x in np.flatnonzero(weights)]
        return _recalls(name, used, weights[used], column=k)
    if head == "f1":
        return Metric(name, partial(_f1_parts, k), _share, _last, weights_of_parts=_f1_weights)
    table: dict[str, ValueFunction] = {
        "recall": partial(_cell_parts, k, k),
        "precision": partial(_precision_parts, k),
        "prediction_rate": partial(_rate_parts, k),
    }
    if head not in table:
        raise KeyError(name)
    return _mean(name, table[head])
