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
    """A statistic of confusion counts.

    Parameters
    ----------
    name
        As it is written in findings, e.g. ``recall[anger]``.
    value
        Counts ``(..., n_labels, n_labels + 1)`` → values ``(...)``, NaN where undefined.
    base
        Counts → how many answers the value rests on, shape ``(...)``.
    scale
        Range of the values.
    is_mean
        Whether the value is a plain mean over the answers of ``base``, so that a variance
        with answers as independent is defined.
    weights
        Counts by subject, shape ``(n_subjects, n_labels, n_labels + 1)`` → how much the value
        hangs on each subject, shape ``(n_subjects,)``; `None` where ``base`` says that.
    """

    name: str
    value: ValueFunction
    base: ValueFunction
    scale: Scale = Scale.SHARE
    is_mean: bool = False
    weights: ValueFunction | None = None


def _ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    out = np.full(np.shape(bottom), np.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out


def _all(counts: FloatArray) -> FloatArray:
    summed: FloatArray = counts.sum(axis=(-2, -1))
    return summed


def _correct(counts: FloatArray) -> FloatArray:
    n_labels = counts.shape[-2]
    picked: FloatArray = counts[..., np.arange(n_labels), np.arange(n_labels)]
    return picked


def _accuracy(counts: FloatArray) -> FloatArray:
    return _ratio(_correct(counts).sum(axis=-1), _all(counts))


def _recall(k: int, counts: FloatArray) -> FloatArray:
    return _ratio(counts[..., k, k], counts[..., k, :].sum(axis=-1))


def _annotated(k: int, counts: FloatArray) -> FloatArray:
    summed: FloatArray = counts[..., k, :].sum(axis=-1)
    return summed


def _predicted(k: int, counts: FloatArray) -> FloatArray:
    summed: FloatArray = counts[..., :, k].sum(axis=-1)
    return summed


def _precision(k: int, counts: FloatArray) -> FloatArray:
    return _ratio(counts[..., k, k], counts[..., :, k].sum(axis=-1))


def _f1(k: int, counts: FloatArray) -> FloatArray:
    return _ratio(2.0 * counts[..., k, k], _f1_weights(k, counts))


def _f1_base(k: int, counts: FloatArray) -> FloatArray:
    either: FloatArray = (
        counts[..., k, :].sum(axis=-1) + counts[..., :, k].sum(axis=-1) - counts[..., k, k]
    )
    return either


def _uar(labels: tuple[int, ...], counts: FloatArray) -> FloatArray:
    rows = counts[..., list(labels), :].sum(axis=-1)
    recalls = _ratio(counts[..., list(labels), list(labels)], rows)
    averaged: FloatArray = recalls.mean(axis=-1)
    return averaged


def _label_weights(weights: FloatArray, counts: FloatArray) -> FloatArray:
    """Weigh subjects by their share of each label's answers, labels by ``weights``.

    An average of recalls is an average over subjects with these weights: whoever gave half
    of the items of a rare label counts for half of that label.
    """
    by_label = counts.sum(axis=-1)
    shares = _ratio(by_label, np.broadcast_to(by_label.sum(axis=0), by_label.shape))
    weighed: FloatArray = np.nan_to_num(shares) @ weights
    return weighed


def _f1_weights(k: int, counts: FloatArray) -> FloatArray:
    both: FloatArray = counts[..., k, :].sum(axis=-1) + counts[..., :, k].sum(axis=-1)
    return both


def _mcc(counts: FloatArray) -> FloatArray:
    # Answers outside the taxonomy form a class of their own that is never annotated.
    s = _all(counts)
    c = _correct(counts).sum(axis=-1)
    t = counts.sum(axis=-1)
    p = counts.sum(axis=-2)
    n_labels = counts.shape[-2]
    cross = (t * p[..., :n_labels]).sum(axis=-1)
    spread = (s**2 - (p**2).sum(axis=-1)) * (s**2 - (t**2).sum(axis=-1))
    return _ratio(c * s - cross, np.sqrt(np.maximum(spread, 0.0)))


def _prediction_rate(k: int, counts: FloatArray) -> FloatArray:
    return _ratio(counts[..., :, k].sum(axis=-1), _all(counts))


def _standardised_rate(k: int, weights: FloatArray, counts: FloatArray) -> FloatArray:
    used = np.flatnonzero(weights)
    rates = _ratio(counts[..., used, k], counts[..., used, :].sum(axis=-1))
    summed: FloatArray = rates @ (weights[used] / weights[used].sum())
    return summed


def cell_share(labels: Sequence[str], annotated: str, predicted: str) -> Metric:
    """Return the share of items annotated ``annotated`` that are predicted ``predicted``.

    Named ``confusion[a→p]``; ``predicted`` may be ``outside``.
    """
    a = list(labels).index(annotated)
    p = list(labels).index(predicted) if predicted in labels else len(labels)

    def value(counts: FloatArray) -> FloatArray:
        return _ratio(counts[..., a, p], counts[..., a, :].sum(axis=-1))

    return Metric(
        f"confusion[{annotated}→{predicted}]", value, partial(_annotated, a), is_mean=True
    )


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
            return Metric(name, _accuracy, _all, is_mean=True)
        if head == "mcc":
            return Metric(name, _mcc, _all, scale=Scale.CORRELATION)
        if head == "uar":
            used = tuple(names.index(x) for x in (names if present is None else present))
            even = np.isin(np.arange(len(names)), used).astype(np.float64)
            return Metric(name, partial(_uar, used), _all, weights=partial(_label_weights, even))
        raise KeyError(name)
    label = rest.removesuffix("]")
    if label not in names:
        raise KeyError(name)
    k = names.index(label)
    if head == "standardised_prediction_rate":
        weights = np.ones(len(names)) if mix is None else mix
        by_mix = partial(_label_weights, weights)
        return Metric(name, partial(_standardised_rate, k, weights), _all, weights=by_mix)
    table: dict[str, tuple[ValueFunction, ValueFunction, bool]] = {
        "recall": (partial(_recall, k), partial(_annotated, k), True),
        "precision": (partial(_precision, k), partial(_predicted, k), True),
        "f1": (partial(_f1, k), partial(_f1_base, k), False),
        "prediction_rate": (partial(_prediction_rate, k), _all, True),
    }
    if head not in table:
        raise KeyError(name)
    value, base, is_mean = table[head]
    weigh = partial(_f1_weights, k) if head == "f1" else None
    return Metric(name, value, base, is_mean=is_mean, weights=weigh)
