"""Simulated audits: people who differ, items of theirs that are alike, and the truth known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from facevalue.domain import Estimate
from facevalue.stats import (
    IntervalSpec,
    Metric,
    Tally,
    difference,
    estimate,
    largest_gap,
    metric_named,
    permuted_gaps,
    replicate,
)

SPEC = IntervalSpec(0.95)
ACCURACY = metric_named("accuracy", ["right", "wrong"])
N_LABELS = 6


@dataclass(frozen=True, slots=True)
class Design:
    """One kind of audit. ``unequal`` sizes are geometric with mean ``items``."""

    what: str
    subjects: tuple[int, ...]
    items: int
    unequal: bool
    p: float
    icc: float

    @property
    def is_promised(self) -> bool:
        """Where the product promises its level (ADR 0004)."""
        compares = len(self.subjects) > 1
        highest = 0.6 if compares and self.icc > 0 else 0.9
        return min(self.subjects) >= 8 and self.p <= highest and self.icc <= 0.1


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one design."""

    design: Design
    n: int
    covered: float
    width: float
    rejected: float | None = None


def accuracy_designs() -> Iterator[Design]:
    """Yield the grid for accuracy."""
    sizes = ((5, False), (50, True))
    for g, (items, unequal), p, icc in product(
        (8, 10, 20, 91), sizes, (0.5, 0.9, 0.98), (0.0, 0.1, 0.3)
    ):
        yield Design("accuracy", (g,), items, unequal, p, icc)


def uar_designs() -> Iterator[Design]:
    """Yield the grid for unweighted average recall over six labels."""
    for g, p, icc in product((10, 20, 91), (0.6, 0.9), (0.0, 0.1)):
        yield Design("uar", (g,), 30, True, p, icc)


def gap_designs() -> Iterator[Design]:
    """Yield designs without any difference between groups."""
    for groups, p, icc in product(((8, 12), (20, 71), (8, 10, 20, 50)), (0.6, 0.9), (0.0, 0.1)):
        what = "difference" if len(groups) == 2 else "largest gap"
        yield Design(what, groups, 20, True, p, icc)


def run(design: Design, n: int, rng: np.random.Generator, n_permutations: int = 199) -> Row:
    """Simulate ``n`` audits of a design and count how often the interval holds the truth."""
    covered, widths, rejected = 0, [], 0
    for _ in range(n):
        if design.what in ("accuracy", "uar"):
            found, truth = _level(design, rng), design.p
            p_value = None
        else:
            found, p_value = _gap(design, rng, n_permutations)
            truth = 0.0
        if not isinstance(found, Estimate):
            # Refusing is no failure to cover; it is counted as covered and shows in the width.
            covered += 1
            widths.append(1.0)
            continue
        covered += found.low <= truth <= found.high
        widths.append(found.high - found.low)
        rejected += p_value is not None and p_value <= 0.05
    has_test = design.what in ("difference", "largest gap")
    return Row(design, n, covered / n, float(np.mean(widths)), rejected / n if has_test else None)


def _sizes(design: Design, n: int, rng: np.random.Generator) -> np.ndarray:
    if not design.unequal:
        return np.full(n, design.items)
    return np.maximum(2, rng.geometric(1 / design.items, size=n))


def _chances(design: Design, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    if design.icc == 0.0:
        return np.full(shape, design.p)
    spread = (1 - design.icc) / design.icc
    return rng.beta(design.p * spread, (1 - design.p) * spread, size=shape)


def _tally(design: Design, n: int, rng: np.random.Generator) -> Tally:
    sizes = _sizes(design, n, rng)
    right = rng.binomial(sizes, _chances(design, (n,), rng))
    counts = np.zeros((n, 2, 3))
    counts[:, 0, 0], counts[:, 0, 1] = right, sizes - right
    return Tally(counts, np.arange(n), int(sizes.sum()))


def _level(design: Design, rng: np.random.Generator) -> object:
    (n,) = design.subjects
    if design.what == "accuracy":
        return estimate(ACCURACY, _tally(design, n, rng), SPEC)
    per_label = rng.multinomial(_sizes(design, n, rng), np.full(N_LABELS, 1 / N_LABELS))
    chances = np.repeat(_chances(design, (n, 1), rng), N_LABELS, axis=1)
    right = rng.binomial(per_label, chances)
    counts = np.zeros((n, N_LABELS, N_LABELS + 1))
    k = np.arange(N_LABELS)
    counts[:, k, k], counts[:, k, N_LABELS] = right, per_label - right
    labels = [str(x) for x in k]
    return estimate(metric_named("uar", labels), Tally(counts, np.arange(n), 1), SPEC)


def _gap(
    design: Design, rng: np.random.Generator, n_permutations: int
) -> tuple[object, float | None]:
    tallies, start = [], 0
    for n in design.subjects:
        made = _tally(design, n, rng)
        tallies.append(Tally(made.counts, made.subjects + start, made.n_items))
        start += n
    replicates = {str(i): replicate(ACCURACY, t) for i, t in enumerate(tallies)}
    if design.what == "difference":
        found = difference(replicates["0"], replicates["1"], SPEC)
        return found, found.p_value if isinstance(found, Estimate) else None
    everyone = Tally(np.concatenate([t.counts for t in tallies]), np.arange(start), 1)
    member = np.repeat(np.arange(len(design.subjects)), design.subjects)
    metrics: list[Metric] = [ACCURACY]
    (p_value,) = permuted_gaps(everyone, member, metrics, n_permutations, rng)
    return largest_gap([replicates], SPEC, p_value=p_value).result, p_value
