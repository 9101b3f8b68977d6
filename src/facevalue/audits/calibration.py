"""Whether scores can be read as probabilities, and how sure the system is of its errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from facevalue.audits.cells import Cell
from facevalue.audits.sample import Sample
from facevalue.audits.statistic import Statistic
from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats import (
    BRIER_PARTS,
    ConfidenceTally,
    IntervalSpec,
    Replicates,
    Scale,
    brier_score,
    calibration_error,
    coded,
    confidence_auroc,
    debiased_calibration_error,
    expected_calibration_error,
    mean_of,
    overconfidence,
)
from facevalue.stats.calibration import bin_names

__all__ = ["calibration_statistics"]

FAMILY = "calibration"
Tallies = Callable[[Cell], tuple[ConfidenceTally, ...]]


def calibration_statistics(sample: Sample, confident: float) -> Iterator[Statistic]:
    """Yield what is asked of the scores of answers to annotated items.

    Parameters
    ----------
    confident
        Confidence from which an answer counts as confident.
    """
    yield _error("ece", _alone, _as_reported)
    yield _mean("mean_confidence", lambda c: c.confidence.mean_confidence(), by_group=True)
    if not sample.has_scores:
        return  # said once or twice is enough
    yield _error("ece_debiased", _alone, debiased_calibration_error, by_group=True)
    yield Statistic(
        "overconfidence", FAMILY, _overconfidence, scale=Scale.DIFFERENCE, by_group=True,
        compared=True, estimate=lambda c, spec: overconfidence(c.confidence, spec),
    )  # fmt: skip
    yield from _errors(confident)
    if sample.scores is not None:
        yield from _scores(sample)
    yield from _curve(sample)


def _as_reported(
    tallies: tuple[ConfidenceTally, ...], spec: IntervalSpec
) -> Estimate | NotEstimable:
    """Return the error as others report it; ``tallies`` holds one."""
    return expected_calibration_error(tallies[0], spec)


def _alone(cell: Cell) -> tuple[ConfidenceTally, ...]:
    return (cell.confidence,)


def _error(
    name: str,
    tallies: Tallies,
    estimate: Callable[[tuple[ConfidenceTally, ...], IntervalSpec], Estimate | NotEstimable],
    *,
    by_group: bool = False,
) -> Statistic:
    return Statistic(
        name, FAMILY, lambda cell: calibration_error(tallies(cell)), scale=Scale.UNIT,
        by_group=by_group, estimate=lambda cell, spec: estimate(tallies(cell), spec),
    )  # fmt: skip


def _mean(
    name: str, replicates: Callable[[Cell], Replicates], *, by_group: bool = False
) -> Statistic:
    return Statistic(name, FAMILY, replicates, by_group=by_group)


def _overconfidence(cell: Cell) -> Replicates:
    """Sum it up by person alone: the rest of each group asks for this many times."""
    s, used = cell.sample, cell.is_sure
    codes, row = coded(s.subject[used])
    off = s.confidence[used] - (s.predicted[used] == s.annotated[used])
    n = np.bincount(row, minlength=len(codes)).astype(np.float64)
    total = np.bincount(row, weights=off, minlength=len(codes)).astype(np.float64)
    return replace(mean_of(n, total, codes, s.n_items(used)), scale=Scale.DIFFERENCE)


def _errors(confident: float) -> Iterator[Statistic]:
    """Yield how sure the system is of wrong answers, and of right ones."""
    for right, which in ((False, "wrong answers"), (True, "right answers")):
        of = partial(_confidence_when, right)
        yield _mean(f"mean_confidence[{which}]", of, by_group=not right)
    yield Statistic(
        f"confident_errors[{confident:g}]", FAMILY,
        lambda cell: cell.confidence.wrong_share_over(), is_mean=True, by_group=True,
    )  # fmt: skip
    yield _mean("confidence_auroc", _auroc)


def _confidence_when(right: bool, cell: Cell) -> Replicates:
    return cell.confidence.mean_confidence_when(right=right)


def _auroc(cell: Cell) -> Replicates:
    s, used = cell.sample, cell.is_sure
    return confidence_auroc(
        s.subject[used], s.confidence[used], s.predicted[used] == s.annotated[used],
        n_items=s.n_items(used),
    )  # fmt: skip


def _scores(sample: Sample) -> Iterator[Statistic]:
    """Yield what is asked of the scores of all labels."""
    yield _error("classwise_ece", lambda cell: cell.scored.by_label, debiased_calibration_error)
    for k, label in enumerate(sample.taxonomy.labels):
        yield _error(f"classwise_ece[{label}]", partial(_of_label, k), debiased_calibration_error)
    yield Statistic(
        "brier", FAMILY, lambda cell: cell.scored.score(), scale=Scale.DIFFERENCE,
        estimate=lambda cell, spec: brier_score(cell.scored, spec),
    )  # fmt: skip
    for part in BRIER_PARTS:
        name = f"brier_{part.replace(' ', '_')}"
        yield Statistic(name, FAMILY, partial(_part, part), scale=Scale.DIFFERENCE)


def _of_label(k: int, cell: Cell) -> tuple[ConfidenceTally, ...]:
    return (cell.scored.by_label[k],)


def _part(name: str, cell: Cell) -> Replicates:
    return cell.scored.parts[name]


def _curve(sample: Sample) -> Iterator[Statistic]:
    """Yield accuracy and mean confidence of every bin that is used at all."""
    everything = Cell(sample, np.ones(len(sample.item), dtype=bool))
    used = everything.confidence.n.sum(axis=0) > 0
    for b, name in enumerate(bin_names()):
        if used[b]:
            yield Statistic(f"reliability[{name}]", FAMILY, partial(_accuracy, b), is_mean=True)
            yield _mean(f"reliability_confidence[{name}]", partial(_confidence, b))


def _accuracy(b: int, cell: Cell) -> Replicates:
    return cell.confidence.bin_accuracy(b)


def _confidence(b: int, cell: Cell) -> Replicates:
    return cell.confidence.bin_confidence(b)
