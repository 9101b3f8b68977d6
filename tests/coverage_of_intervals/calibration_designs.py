"""Simulated audits of confidence: how sure a system is, how often right, the truth known.

Confidence takes few values (three a bin), so that an audit is drawn as counts by person and
value, and the truth is a sum over the values. Who is easy is easy at every confidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from facevalue.domain import Estimate, NotEstimable
from facevalue.stats import (
    CAUTION,
    ConfidenceTally,
    IntervalSpec,
    Replicates,
    Scale,
    ScoreTally,
    brier_score,
    confidence_auroc,
    debiased_calibration_error,
    interval,
    overconfidence,
    refuse,
)
from facevalue.stats.calibration import N_BINS

SPEC = IntervalSpec(0.95)
N_VALUES = 3 * N_BINS
VALUES = (np.arange(N_VALUES) + 0.5) / N_VALUES
BIN_OF = np.arange(N_VALUES) // 3
MIDDLE = 11  # the bin whose accuracy is told, 0.73–0.80
SPREADS = {
    "near 0.9": stats.beta(9, 1),
    "near 0.97": stats.beta(30, 1),
    "0.4 to 1": stats.uniform(0.4, 0.6),
}

Floats = npt.NDArray[np.float64]
Found = Estimate | NotEstimable


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationDesign:
    """One kind of audit of confidence.

    Parameters
    ----------
    what
        The statistic.
    people, items
        People, and mean items of each (geometric: few people hold most).
    confidence
        How confidence is spread: a key of `SPREADS`.
    over
        By how much it is too high; ``"mixed"``: 8 points too high above 0.87, too low below.
    icc
        Correlation of right answers about one person (beta-binomial).
    """

    what: str
    people: int
    confidence: str = "near 0.9"
    over: float | str = 0.0
    icc: float = 0.0
    items: int = 30

    @property
    def rates(self) -> Floats:
        """How often the system is right at each value."""
        if self.over == "mixed":
            return np.clip(VALUES + np.where(VALUES > 0.8667, -0.08, 0.08), 0.01, 0.99)
        return np.clip(VALUES - float(self.over), 0.01, 0.999)

    @property
    def shares(self) -> Floats:
        """How often it has each confidence."""
        drawn: Floats = np.diff(SPREADS[self.confidence].cdf(np.linspace(0.0, 1.0, N_VALUES + 1)))
        shares: Floats = drawn / drawn.sum()
        return shares


class Coverage(NamedTuple):
    """Share of intervals that hold the truth, their mean width, audits without one, warned."""

    covered: float
    width: float
    refused: float
    warned: float


def designs() -> list[CalibrationDesign]:
    """Return every design of the table."""
    return list(_designs())


def _designs() -> Iterator[CalibrationDesign]:
    all_over: tuple[float | str, ...] = (0.0, 0.05, 0.2, "mixed")
    for n, over, icc in product((10, 20, 50, 91), all_over, (0.0, 0.1)):
        yield CalibrationDesign(what="calibration error", people=n, over=over, icc=icc)
    for n, over, icc in product((20, 91), all_over, (0.0, 0.1)):
        yield CalibrationDesign(
            what="calibration error", people=n, over=over, icc=icc, confidence="0.4 to 1"
        )
    for n, over, icc in product((20, 91), (0.0, 0.02), (0.0, 0.1)):
        yield CalibrationDesign(
            what="calibration error", people=n, over=over, icc=icc, confidence="near 0.97"
        )
    for n, over, icc in product((8, 10, 20, 91), (0.0, 0.05, 0.2), (0.0, 0.1)):
        yield CalibrationDesign(what="overconfidence", people=n, over=over, icc=icc)
    for what, n, icc in product(
        ("accuracy of a bin", "brier", "confidence auroc", "confidence of errors"),
        (10, 20, 91),
        (0.0, 0.1),
    ):
        yield CalibrationDesign(what=what, people=n, over=0.05, icc=icc, confidence="0.4 to 1")


def run(design: CalibrationDesign, n: int, rng: np.random.Generator) -> Coverage:
    """Simulate ``n`` audits and count how often the interval holds the truth."""
    estimate, truth = _STATISTICS[design.what], _truth(design)
    covered, widths, refused, warned = 0, list[float](), 0, 0
    for answers, right in _audits(design, n, rng):
        found = estimate(answers, right)
        if isinstance(found, NotEstimable):
            refused += 1
            continue
        covered += found.low - 1e-12 <= truth <= found.high + 1e-12
        widths.append(found.high - found.low)
        warned += CAUTION in found.method
    told = max(n - refused, 1)
    return Coverage(covered / told, float(np.mean(widths)), refused / n, warned / told)


def _audits(
    design: CalibrationDesign, n: int, rng: np.random.Generator
) -> Iterator[tuple[Floats, Floats]]:
    """Yield answers and right answers by person and value, shape ``(n_people, N_VALUES)``."""
    chances = _chances(design)
    for _ in range(n):
        sizes = np.maximum(2, rng.geometric(1 / design.items, design.people))
        answers = rng.multinomial(sizes, design.shares)
        ease = rng.integers(0, len(chances), design.people)
        yield answers.astype(np.float64), rng.binomial(answers, chances[ease]).astype(np.float64)


@cache
def _chances(design: CalibrationDesign) -> Floats:
    """Chance to be right, by ease of the person and value; as often right as the rates say."""
    rates = design.rates
    if design.icc == 0.0:
        return rates[None]
    spread = (1 - design.icc) / design.icc
    ease = (np.arange(1001) + 0.5) / 1001
    drawn: Floats = special.betaincinv(rates * spread, (1 - rates) * spread, ease[:, None])
    chances: Floats = np.clip(drawn * rates / drawn.mean(axis=0), 0.0, 1.0)
    return chances


def _truth(design: CalibrationDesign) -> float:
    w, q, c = design.shares, design.rates, VALUES
    off = np.bincount(BIN_OF, weights=w * (c - q))
    match design.what:
        case "calibration error":
            return float(np.abs(off).sum())
        case "overconfidence":
            return float(off.sum())
        case "accuracy of a bin":
            here = BIN_OF == MIDDLE
            return float((w * q)[here].sum() / w[here].sum())
        case "brier":
            return float((w * (q * 2 * (1 - c) ** 2 + (1 - q) * 2 * c**2)).sum())
        case "confidence of errors":
            return float((w * (1 - q) * c).sum() / (w * (1 - q)).sum())
    right, wrong = w * q, w * (1 - q)
    pairs = (right[:, None] * wrong)[np.tril_indices(N_VALUES, -1)].sum()
    ties = (right * wrong).sum() / 2
    return float((pairs + ties) / (right.sum() * wrong.sum()))


def _tally(answers: Floats, right: Floats, values: Floats = VALUES) -> ConfidenceTally:
    def binned(by_value: Floats) -> Floats:
        order = by_value if values[0] < values[-1] else by_value[:, ::-1]
        summed: Floats = order.reshape(len(order), N_BINS, 3).sum(axis=2)
        return summed

    wrong = answers - right
    nobody = np.zeros(len(answers))
    return ConfidenceTally(
        binned(answers), binned(answers * values), binned(right), nobody,
        (wrong * values).sum(axis=1), nobody, np.arange(len(answers)), int(answers.sum()),
    )  # fmt: skip


def _share(r: Replicates) -> Found:
    return refuse(r) or interval(r, SPEC, Scale.SHARE)


def _brier(answers: Floats, right: Floats) -> Found:
    """Two labels: one has the confidence as its score, the other what is left."""
    wrong = answers - right
    squared = (2 * right * (1 - VALUES) ** 2 + 2 * wrong * VALUES**2).sum(axis=1)
    labels = _tally(answers, right), _tally(answers, wrong, 1.0 - VALUES)
    return brier_score(ScoreTally(labels, squared), SPEC)


def _auroc(answers: Floats, right: Floats) -> Found:
    person, value = np.indices(answers.shape).reshape(2, -1)
    n = np.concatenate([right.ravel(), (answers - right).ravel()]).astype(np.int64)
    return _share(
        confidence_auroc(
            np.repeat(np.tile(person, 2), n),
            np.repeat(np.tile(VALUES[value], 2), n),
            np.repeat([1, 0], [n[: len(value)].sum(), n[len(value) :].sum()]),
        )
    )


_STATISTICS: dict[str, Callable[[Floats, Floats], Found]] = {
    "calibration error": lambda n, right: debiased_calibration_error([_tally(n, right)], SPEC),
    "overconfidence": lambda n, right: overconfidence(_tally(n, right), SPEC),
    "accuracy of a bin": lambda n, right: _share(_tally(n, right).bin_accuracy(MIDDLE)),
    "brier": _brier,
    "confidence auroc": _auroc,
    "confidence of errors": lambda n, right: _share(
        _tally(n, right).mean_confidence_when(right=False)
    ),
}
