"""Reference systems that need no model, and whether the audited system beats them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from facevalue.audits.cells import Cell
from facevalue.audits.families import annotated_mix
from facevalue.audits.findings import Finding, FindingSet, Place
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats import (
    IntervalSpec,
    Replicates,
    Tally,
    advantage,
    expected_random,
    interval,
    majority,
    metric_named,
    reference_score,
    refuse,
    replicate,
    shuffled_counts,
    shuffled_items,
)
from facevalue.stats.tally import FloatArray

__all__ = ["GATE_METRIC", "REFERENCES", "SKILL_METRICS", "is_skill_shown", "skill_findings"]

REFERENCES = ("majority", "random", "shuffled")
CONSTANT = 1e-20
"""A variance below this is rounding."""
GATE_METRIC = "uar"
"""Skill is judged by UAR, on which a constant answer and a guess both score one over the
number of labels, however unbalanced the labels are (ADR 0005)."""
SKILL_METRICS = ("accuracy", GATE_METRIC)


def skill_findings(
    metrics: Sequence[str],
    at: Place,
    cell: Cell,
    spec: IntervalSpec,
    n_shuffles: int,
    rng: np.random.Generator,
) -> Iterator[Finding]:
    """Yield what the reference systems score, and system minus reference system."""
    sample = cell.sample
    labels = sample.taxonomy.labels
    present = [x for x, n in zip(labels, annotated_mix(sample), strict=True) if n > 0]
    drawn = _shuffles(cell, n_shuffles, rng) if metrics else None
    for name in metrics:
        assert drawn is not None, "there is a metric"
        metric = metric_named(name, labels, present=present)
        place = replace(at, family="skill", metric=name)
        system = replicate(metric, cell.tally)
        constant = reference_score(metric, cell.tally, majority)
        random = reference_score(metric, cell.tally, expected_random)
        for reference in REFERENCES:
            # Shuffling keeps the system's frequencies, so it expects what random answers do.
            other = constant if reference == "majority" else random
            own = _own(other, spec, is_mean=metric.is_mean)
            if reference == "shuffled":
                own = _distribution(metric.value(drawn), cell.tally, spec)
            better = advantage(system, other, spec)
            yield Finding(place=replace(place, group=f"reference: {reference}"), result=own)
            yield Finding(place=replace(place, reference=reference), result=better)


def _shuffles(cell: Cell, n_shuffles: int, rng: np.random.Generator) -> FloatArray:
    if not cell.sample.is_voted:
        return shuffled_counts(cell.tally.total, n_shuffles, rng)
    return shuffled_items(*_by_item(cell), n_shuffles, rng)


def _own(r: Replicates, spec: IntervalSpec, *, is_mean: bool) -> Estimate | NotEstimable:
    """Estimate what a reference system scores; a constant needs no interval."""
    refused = refuse(r)
    if refused is not None:
        return refused
    if r.variance > CONSTANT:
        return interval(r, spec, r.scale, is_mean=is_mean)
    return Estimate(
        value=r.value, low=r.value, high=r.value, level=spec.level,
        method="exact by construction, whatever the sample",
        n_items=r.n_items, n_answers=r.n_answers, n_subjects=r.n_subjects,
    )  # fmt: skip


def _distribution(drawn: FloatArray, tally: Tally, spec: IntervalSpec) -> Estimate | NotEstimable:
    n_items, n_answers, n_subjects = tally.n_items, tally.n_answers, tally.n_subjects
    if not np.isfinite(drawn).all():
        return NotEstimable(
            reason=Reason.UNDEFINED, n_items=n_items, n_answers=n_answers, n_subjects=n_subjects
        )
    tail = (1 - spec.level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    mean = float(drawn.mean())
    return Estimate(
        value=mean, low=min(float(low), mean), high=max(float(high), mean), level=spec.level,
        method=f"range of {len(drawn)} shuffles of the annotated labels over items",
        n_items=n_items, n_answers=n_answers, n_subjects=n_subjects,
    )  # fmt: skip


def _by_item(cell: Cell) -> tuple[FloatArray, np.ndarray]:
    """Return answers of each item by label, and each item's annotated code."""
    s = cell.sample
    used = cell.mask & s.is_annotated & (s.predicted >= 0)
    _, first, row = np.unique(s.item[used], return_index=True, return_inverse=True)
    n_predicted = len(s.taxonomy.labels) + 1
    flat = row * n_predicted + s.predicted[used]
    counts = np.bincount(flat, weights=s.weight[used], minlength=len(first) * n_predicted)
    return counts.reshape(len(first), n_predicted).astype(np.float64), s.annotated[used][first]


def is_skill_shown(
    findings: FindingSet, system: str, dataset: str, condition: str | None
) -> bool | None:
    """Whether the system is shown to beat every reference system; `None` if not measured."""
    known = findings.where(
        system=system, dataset=dataset, family="skill", metric=GATE_METRIC, condition=condition
    )
    against = [f for f in known if f.place.reference in REFERENCES]
    if not against:
        return None
    return all(isinstance(f.result, Estimate) and f.result.low > 0.0 for f in against)
