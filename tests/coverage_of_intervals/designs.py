"""Simulated audits: people who differ, items of theirs that are alike, and the truth known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import stats

from facevalue.domain import Estimate, NotEstimable
from facevalue.stats import (
    CAUTION,
    IntervalSpec,
    Tally,
    advantage,
    against_zero,
    difference,
    estimate,
    expected_random,
    largest_gap,
    metric_named,
    paired_difference,
    permuted_gaps,
    ratio,
    reference_score,
    replicate,
    scores_of,
)

SPEC = IntervalSpec(0.95)
ACCURACY = metric_named("accuracy", ["right", "wrong"])
N_LABELS = 6
LABELS = [str(k) for k in range(N_LABELS)]
UAR = metric_named("uar", LABELS)
SMALL = ["a", "b", "c"]
MIX = np.array([0.5, 0.3, 0.2])
CONFUSED = {name: metric_named(name, SMALL) for name in ("f1[c]", "precision[c]", "mcc")}

GAPS = ("difference", "paired difference", "system difference", "ratio", "largest gap")

Rng = np.random.Generator
Shares = npt.NDArray[np.float64]
Found = Estimate | NotEstimable


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """One kind of audit.

    Parameters
    ----------
    what
        The statistic.
    people
        People of each group.
    items
        Items a person, or their mean where ``unequal`` (geometric: few people hold most).
    rates
        True rate of each group.
    icc
        Correlation of answers about one person (beta-binomial).
    holders
        People who hold the rare label; `None` where everybody holds every label.
    """

    what: str
    people: tuple[int, ...]
    items: int
    unequal: bool
    rates: tuple[float, ...]
    icc: float
    holders: int | None = None

    @property
    def has_enough(self) -> bool:
        """Whether every group has the ten people from which the level is promised."""
        return min(self.people) >= 10


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one design.

    Parameters
    ----------
    covered, rejected
        Shares of the audits that gave an interval.
    warned
        Share of them whose method warns that the level may be missed.
    refused
        Share of audits that gave a reason in place of an interval.
    """

    design: Design
    n: int
    covered: float
    width: float
    refused: float
    warned: float
    rejected: float | None = field(default=None)

    @property
    def is_promised(self) -> bool:
        """Whether the level is promised: ten people a group, and no warning as a rule."""
        return self.design.has_enough and self.warned + self.refused < 0.5


def designs() -> list[Design]:
    """Return every design of the table."""
    return [*_levels(), *_confused(), *_differences(), *_largest_gaps(), *_others()]


SIZES = ((5, False), (50, True))


def _levels() -> Iterator[Design]:
    for n, (items, unequal), p, icc in product(
        (8, 10, 20, 50, 91, 500), SIZES, (0.5, 0.6, 0.9, 0.98), (0.0, 0.02, 0.1, 0.3)
    ):
        yield Design(
            what="accuracy", people=(n,), items=items, unequal=unequal, rates=(p,), icc=icc
        )
    for n, p, icc in product((10, 20, 91), (0.3, 0.9), (0.0, 0.1, 0.3)):
        yield Design(what="recall", people=(n,), items=3, unequal=True, rates=(p,), icc=icc)
    for n, p, icc in product((8, 10, 20, 50, 91), (0.5, 0.65, 0.9, 0.98), (0.0, 0.1, 0.3)):
        yield Design(what="uar", people=(n,), items=30, unequal=True, rates=(p,), icc=icc)
    for n, items, p, icc in product((20, 91), (12, 60), (0.65, 0.9, 0.98), (0.0, 0.1)):
        yield Design(
            what="uar, rare label", people=(n,), items=items, unequal=True, rates=(p,), icc=icc,
            holders=6,
        )  # fmt: skip


def _confused() -> Iterator[Design]:
    for what, n, (items, unequal), p, icc in product(
        CONFUSED, (8, 10, 20, 50, 91), ((10, False), (50, True)), (0.6, 0.9), (0.0, 0.1, 0.3)
    ):
        yield Design(what=what, people=(n,), items=items, unequal=unequal, rates=(p,), icc=icc)


def _differences() -> Iterator[Design]:
    pairs = ((0.5, 0.5), (0.6, 0.8), (0.9, 0.9), (0.98, 0.98), (0.9, 0.98))
    for people, (items, unequal), rates, icc in product(
        ((8, 40), (10, 10), (10, 40), (20, 71), (45, 46)), SIZES, pairs, (0.0, 0.1, 0.3)
    ):
        yield Design(
            what="difference", people=people, items=items, unequal=unequal, rates=rates, icc=icc
        )
    for n, rates, icc in product((10, 20, 91), ((0.6, 0.8), (0.9, 0.9)), (0.1, 0.3)):
        yield Design(
            what="paired difference", people=(n, n), items=10, unequal=True, rates=rates, icc=icc
        )
    for n, rates, icc in product((10, 20, 91), ((0.6, 0.7), (0.9, 0.9)), (0.0, 0.1, 0.3)):
        yield Design(
            what="system difference", people=(n,), items=20, unequal=True, rates=rates, icc=icc
        )


def _largest_gaps() -> Iterator[Design]:
    twelve = (10, 10, 10, 10, 12, 12, 15, 15, 20, 20, 40, 60)
    for people, p, icc in product(
        ((10, 25), (20, 71), (10, 20, 21, 40), twelve), (0.6, 0.9), (0.0, 0.1, 0.3)
    ):
        yield Design(
            what="largest gap", people=people, items=20, unequal=True, rates=(p,) * len(people),
            icc=icc,
        )  # fmt: skip
    for people, icc in product(((10, 25), (10, 20, 21, 40), twelve), (0.0, 0.1)):
        # One group is 20 points below the others; or all lie evenly 30 points apart.
        below = (0.6, *(0.8,) * (len(people) - 1))
        apart = tuple(float(x) for x in np.linspace(0.5, 0.8, len(people)))
        for rates in (below, apart):
            yield Design(
                what="largest gap", people=people, items=20, unequal=True, rates=rates, icc=icc
            )


def _others() -> Iterator[Design]:
    for people, rates, icc in product(((10, 40), (20, 20)), ((0.5, 0.8), (0.9, 0.9)), (0.0, 0.1)):
        yield Design(what="ratio", people=people, items=20, unequal=True, rates=rates, icc=icc)
    for n, icc in product((10, 20, 91), (0.0, 0.1)):
        yield Design(
            what="skill", people=(n,), items=30, unequal=True, rates=(1 / N_LABELS,), icc=icc
        )


def run(design: Design, n: int, rng: Rng, n_permutations: int = 199) -> Row:
    """Simulate ``n`` audits of a design and count how often the interval holds the truth."""
    simulate = _SIMULATIONS[design.what]
    covered, refused, rejected, warned, widths = 0, 0, 0, 0, list[float]()
    truth = _truth(design)
    for _ in range(n):
        found, is_rejected = simulate(design, rng, n_permutations)
        if isinstance(found, NotEstimable):
            # No interval, so none that could be wrong; told in a column of its own.
            refused += 1
            continue
        covered += found.low <= truth <= found.high
        warned += CAUTION in found.method or "cautious" in found.method
        rejected += is_rejected
        widths.append(found.high - found.low)
    told = max(n - refused, 1)
    has_test = design.what == "skill" or (design.what in GAPS and len(set(design.rates)) == 1)
    return Row(
        design, n, covered / told, float(np.mean(widths)), refused / n,
        warned / told, rejected / told if has_test else None,
    )  # fmt: skip


def _truth(design: Design) -> float:
    first, last = design.rates[0], design.rates[-1]
    match design.what:
        case "difference" | "paired difference" | "system difference":
            return first - last
        case "ratio":
            return first / last
        case "largest gap":
            return max(design.rates) - min(design.rates)
        case "skill":
            return 0.0
        case "f1[c]" | "precision[c]" | "mcc":
            return float(CONFUSED[design.what].value(_expected(first)))
    return first


def _sizes(design: Design, n: int, rng: Rng, smallest: int = 2) -> npt.NDArray[np.int64]:
    if not design.unequal:
        return np.full(n, design.items)
    return np.maximum(smallest, rng.geometric(1 / design.items, size=n))


def _chances(p: float, icc: float, n: int, rng: Rng) -> Shares:
    if icc == 0.0:
        return np.full(n, p)
    spread = (1 - icc) / icc
    return rng.beta(p * spread, (1 - p) * spread, size=n)


def _counted(right: npt.ArrayLike, sizes: npt.NDArray[np.int64], first: int = 0) -> Tally:
    counts = np.zeros((len(sizes), 2, 3))
    counts[:, 0, 0], counts[:, 0, 1] = right, sizes - np.asarray(right)
    return Tally(counts, np.arange(first, first + len(sizes)), int(sizes.sum()))


def _group(design: Design, group: int, first: int, rng: Rng) -> Tally:
    n = design.people[group]
    sizes = _sizes(design, n, rng)
    chances = _chances(design.rates[group], design.icc, n, rng)
    return _counted(rng.binomial(sizes, chances), sizes, first)


def _accuracy(design: Design, rng: Rng, _: int) -> tuple[Found, bool]:
    return estimate(ACCURACY, _group(design, 0, 0, rng), SPEC), False


def _recall(design: Design, rng: Rng, _: int) -> tuple[Found, bool]:
    # Items of one label: some people have none.
    sizes = _sizes(design, design.people[0], rng) - 2
    chances = _chances(design.rates[0], design.icc, len(sizes), rng)
    tally = _counted(rng.binomial(sizes, chances), sizes)
    return estimate(metric_named("recall[right]", ["right", "wrong"]), tally, SPEC), False


def _uar(design: Design, rng: Rng, _: int) -> tuple[Found, bool]:
    (n,), (p,) = design.people, design.rates
    per_label = rng.multinomial(_sizes(design, n, rng), np.full(N_LABELS, 1 / N_LABELS))
    if design.holders is not None:
        per_label[rng.permutation(n)[design.holders :], -1] = 0
    reach = min(0.25, 0.75 * (1 - p))
    recalls = p + np.linspace(-reach, reach, N_LABELS)
    chances = np.broadcast_to(recalls, (n, N_LABELS))
    if design.icc:
        # One and the same person is easy, or hard, on all labels.
        spread = (1 - design.icc) / design.icc
        ease = rng.random((n, 1))
        chances = stats.beta.ppf(ease, recalls * spread, (1 - recalls) * spread)
    right = rng.binomial(per_label, chances)
    counts = np.zeros((n, N_LABELS, N_LABELS + 1))
    k = np.arange(N_LABELS)
    counts[:, k, k], counts[:, k, N_LABELS] = right, per_label - right
    return estimate(UAR, Tally(counts, np.arange(n), int(per_label.sum())), SPEC), False


def _expected(p: float) -> Shares:
    """Expected confusion counts: right with chance ``p``, else one of the other two."""
    expected = np.zeros((3, 4))
    expected[:, :3] = MIX[:, None] * (np.eye(3) * (p - (1 - p) / 2) + (1 - p) / 2)
    return expected


def _of_confusion(design: Design, rng: Rng, _: int) -> tuple[Found, bool]:
    (n,), (p,) = design.people, design.rates
    per_label = rng.multinomial(_sizes(design, n, rng), MIX)
    chances = _chances(p, design.icc, n, rng)[:, None]
    right = rng.binomial(per_label, chances)
    first_wrong = rng.binomial(per_label - right, 0.5)
    counts = np.zeros((n, 3, 4))
    for k in range(3):
        others = [j for j in range(3) if j != k]
        counts[:, k, k] = right[:, k]
        counts[:, k, others[0]] = first_wrong[:, k]
        counts[:, k, others[1]] = per_label[:, k] - right[:, k] - first_wrong[:, k]
    tally = Tally(counts, np.arange(n), int(per_label.sum()))
    return estimate(CONFUSED[design.what], tally, SPEC), False


def _skill(design: Design, rng: Rng, _: int) -> tuple[Found, bool]:
    """A system that guesses; with an ICC above 0 it has a favourite answer to each person."""
    (n,) = design.people
    per_label = rng.multinomial(_sizes(design, n, rng), np.full(N_LABELS, 1 / N_LABELS))
    weights = np.ones(N_LABELS) / N_LABELS
    if design.icc:
        spread = (1 - design.icc) / design.icc
        answers = rng.dirichlet(weights * spread, size=n)
    else:
        answers = np.broadcast_to(weights, (n, N_LABELS))
    counts = np.zeros((n, N_LABELS, N_LABELS + 1))
    counts[:, :, :N_LABELS] = rng.multinomial(per_label, answers[:, None, :])
    tally = Tally(counts, np.arange(n), int(per_label.sum()))
    random = reference_score(UAR, tally, expected_random)
    found = advantage(replicate(UAR, tally), random, SPEC)
    return found, isinstance(found, Estimate) and found.low > 0.0


def _difference(design: Design, rng: Rng, _: int) -> tuple[Found, bool]:
    a, b = (_group(design, g, 1000 * g, rng) for g in (0, 1))
    compare = ratio if design.what == "ratio" else difference
    found = compare(replicate(ACCURACY, a), replicate(ACCURACY, b), SPEC)
    return found, isinstance(found, Estimate) and (found.p_value or 0.0) <= 0.05


def _paired(design: Design, rng: Rng, _: int) -> tuple[Found, bool]:
    """The same people in two conditions; who is easy in one is easy in the other."""
    n = design.people[0]
    spread, ease = (1 - design.icc) / design.icc, rng.random(n)
    sides = []
    for p in design.rates:
        sizes = _sizes(design, n, rng)
        chances = stats.beta.ppf(ease, p * spread, (1 - p) * spread)
        sides.append(replicate(ACCURACY, _counted(rng.binomial(sizes, chances), sizes)))
    found = difference(sides[0], sides[1], SPEC)
    return found, isinstance(found, Estimate) and (found.p_value or 0.0) <= 0.05


def _systems(design: Design, rng: Rng, _: int) -> tuple[Found, bool]:
    """Two systems on the same items; who is hard for one is hard for the other."""
    (n,) = design.people
    sizes, ease = _sizes(design, n, rng), rng.random(n)
    sides = []
    for p in design.rates:
        chances: Shares = np.full(n, p)
        if design.icc:
            spread = (1 - design.icc) / design.icc
            chances = stats.beta.ppf(ease, p * spread, (1 - p) * spread)
        sides.append(replicate(ACCURACY, _counted(rng.binomial(sizes, chances), sizes)))
    found = against_zero(paired_difference(sides[0], sides[1]), SPEC)
    return found, isinstance(found, Estimate) and (found.p_value or 0.0) <= 0.05


def _largest_gap(design: Design, rng: Rng, n_permutations: int) -> tuple[Found, bool]:
    starts = np.concatenate([[0], np.cumsum(design.people)])
    tallies = [_group(design, g, int(starts[g]), rng) for g in range(len(design.people))]
    replicates = {str(g): replicate(ACCURACY, t) for g, t in enumerate(tallies)}
    everyone = Tally(np.concatenate([t.counts for t in tallies]), np.arange(starts[-1]), 1)
    member = np.repeat(np.arange(len(design.people)), design.people)
    scores = scores_of(replicate(ACCURACY, everyone))
    (p_value,), _ = permuted_gaps([scores], everyone.subjects, member, n_permutations, rng)
    found = largest_gap([replicates], SPEC, p_value=p_value).result
    return found, p_value is not None and p_value <= 0.05


_SIMULATIONS: dict[str, Callable[[Design, Rng, int], tuple[Found, bool]]] = {
    "accuracy": _accuracy,
    "recall": _recall,
    "uar": _uar,
    "uar, rare label": _uar,
    "skill": _skill,
    **dict.fromkeys(CONFUSED, _of_confusion),
    "difference": _difference,
    "ratio": _difference,
    "paired difference": _paired,
    "system difference": _systems,
    "largest gap": _largest_gap,
}
