"""How often a system flags those sought and those not, with what is uncertain about it.

Measured on answers, claimed by a seller, or published by a study: always draws in the same
shape, so that everything after it works alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from facevalue.errors import InputError
from facevalue.simulate.posterior import (
    HALF_LEVEL,
    Correlation,
    Flagged,
    beta_draws,
    effective_looks,
    intraclass_correlation,
    kept,
)

__all__ = [
    "ALL",
    "MIN_PEOPLE",
    "N_DRAWS",
    "THRESHOLDS",
    "Answers",
    "Basis",
    "Rates",
    "claimed_rates",
    "measured_rates",
    "published_rates",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

N_DRAWS = 400
ALL = "all"
"""The one group where people are not told apart."""
THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(1, 20))
MIN_PEOPLE = 5
"""Fewest people of a group, sought or not, for rates of its own."""

Basis = Literal["measured", "claimed", "published"]

_Group = tuple[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Sensitivity and false flag rate by threshold, group and draw.

    Parameters
    ----------
    groups, shares
        Names of the groups, and of which share the people looked at are, adding up to 1.
    thresholds
        Ascending; `None` for a system that flags or does not, without a score.
    sensitivity, false_flag_rate
        In [0, 1], shape ``(n_thresholds, n_groups, n_draws)``: share flagged of looks at
        people who are sought, and of looks at people who are not. One draw means that nothing
        is known of the uncertainty.
    at
        Position of the threshold that is used.
    correlation
        Between looks at one person who is not sought; `None` if it is not known.
    basis
        Where the rates come from.
    says
        What they rest on, in sentences; with what was assumed.
    attribute, n_people, n_sought, notes
        What the groups are values of, how many people of each the rates of those not sought
        and of those sought rest on, and what is said of groups left out.
    """

    groups: tuple[str, ...]
    shares: FloatArray
    thresholds: tuple[float, ...] | None
    sensitivity: FloatArray
    false_flag_rate: FloatArray
    at: int = 0
    correlation: Correlation | None = None
    basis: Basis = "measured"
    says: tuple[str, ...] = ()
    attribute: str | None = None
    n_people: tuple[int, ...] = ()
    n_sought: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        shape = self.sensitivity.shape
        n = 1 if self.thresholds is None else len(self.thresholds)
        if self.false_flag_rate.shape != shape or shape[:2] != (n, len(self.groups)):
            raise ValueError(f"shapes do not fit: {shape}, {self.false_flag_rate.shape}")
        if self.shares.shape != shape[1:2] or not np.isclose(self.shares.sum(), 1.0):
            raise ValueError(f"the shares add up to {self.shares.sum():g}, of {shape[1]} groups")
        for drawn in (self.sensitivity, self.false_flag_rate, self.shares):
            if drawn.size == 0 or not ((drawn >= 0) & (drawn <= 1)).all():
                raise ValueError("a rate or a share does not lie between 0 and 1")
        numbers = {len(self.n_people), len(self.n_sought)}
        if not 0 <= self.at < n or not numbers <= {0, len(self.groups)}:
            raise ValueError(f"at is {self.at} of {n}, with {max(numbers)} numbers of people")

    @property
    def n_draws(self) -> int:
        """Draws; 1 if nothing is known of the uncertainty."""
        return int(self.sensitivity.shape[2])

    def together(self, why: str) -> Rates:
        """Return the rates of all people, no group told apart; ``why`` is noted."""

        def mixed(drawn: FloatArray) -> FloatArray:
            of_all: FloatArray = np.einsum("g,tgd->td", self.shares, drawn)[:, None]
            return kept(of_all) if self.n_draws > 1 else of_all

        return replace(
            self, groups=(ALL,), shares=np.ones(1), sensitivity=mixed(self.sensitivity),
            false_flag_rate=mixed(self.false_flag_rate), attribute=None,
            n_people=(sum(self.n_people),), n_sought=(sum(self.n_sought),), notes=(why,),
        )  # fmt: skip

    @property
    def threshold(self) -> float | None:
        """The threshold that is used."""
        return None if self.thresholds is None else self.thresholds[self.at]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Flag scores of looks at people.

    Parameters
    ----------
    score
        Sum of the scores of the labels that raise a flag, in [0, 1]; or 1 for an answer that
        is one of them and else 0. Shape ``(n_looks,)``.
    person
        Whole number per person, shape as ``score``.
    is_sought, is_calm
        Looks that should be flagged, and that should not; others count as neither.
    weight
        Looks that a row stands for.
    group, groups
        Position in ``groups`` per look, -1 for none.
    has_scores
        Whether ``score`` is a score, so that the threshold matters.
    """

    score: FloatArray
    person: IntArray
    is_sought: npt.NDArray[np.bool_]
    is_calm: npt.NDArray[np.bool_]
    weight: FloatArray
    group: IntArray
    groups: tuple[str, ...]
    has_scores: bool

    def flagged(self, rows: npt.NDArray[np.bool_], threshold: float) -> Flagged:
        """Count looks and flags by person among ``rows``."""
        _, person = np.unique(self.person[rows], return_inverse=True)
        weight = self.weight[rows]
        hit = weight * (self.score[rows] >= threshold)
        size = int(person.max()) + 1 if len(person) else 0
        looks: FloatArray = np.bincount(person, weights=weight, minlength=size).astype(np.float64)
        flags: FloatArray = np.bincount(person, weights=hit, minlength=size).astype(np.float64)
        return Flagged(looks, flags)


def claimed_rates(
    *,
    sensitivity: float,
    specificity: float,
    n_tested: int | None = None,
    says: Sequence[str] = (),
    seed: int = 0,
) -> Rates:
    """Return the rates that a claim implies, taken at its word.

    Parameters
    ----------
    sensitivity, specificity
        As claimed, in [0, 1].
    n_tested
        People that the claim rests on, half of them sought and half not, each looked at
        once; without it the claim has no uncertainty that could be told.

    Raises
    ------
    InputError
        If a rate is not a share, or fewer than 2 people were tested.

    Examples
    --------
    >>> float(claimed_rates(sensitivity=0.95, specificity=0.95).false_flag_rate.item())
    0.05
    """
    for name, value in (("sensitivity", sensitivity), ("specificity", specificity)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value:g}, expected a share from 0 to 1 (0.95 for 95 %)")
    if n_tested is not None and n_tested < 2:
        raise InputError(f"tested on {n_tested} people; expected at least 2, or leave it out")
    if n_tested is None:
        drawn = _kept(np.array([sensitivity])), _kept(np.array([1 - specificity]))
    else:
        u = _uniform(2, seed)
        drawn = (
            beta_draws(sensitivity, n_tested / 2, u[0]),
            beta_draws(1 - specificity, n_tested / 2, u[1]),
        )
    return Rates(
        groups=(ALL,), shares=np.ones(1), thresholds=None, basis="claimed", says=tuple(says),
        sensitivity=drawn[0][None, None], false_flag_rate=drawn[1][None, None],
    )  # fmt: skip


def published_rates(
    sensitivity: tuple[float, float, float],
    specificity: tuple[float, float, float],
    *,
    says: Sequence[str] = (),
    seed: int = 0,
) -> Rates:
    """Return rates of a published study from value and 95 % interval of each.

    On the logit scale, a normal distribution on each side of the value whose 2.5 % points are
    the ends of the interval; without an interval, the value alone.

    Parameters
    ----------
    sensitivity, specificity
        Each as lower end, value and upper end, in [0, 1].

    Examples
    --------
    >>> published_rates((0.8, 0.8, 0.8), (0.9, 0.9, 0.9)).n_draws
    1
    """
    u = _uniform(2, seed)
    if sensitivity[0] == sensitivity[2] and specificity[0] == specificity[2]:
        u = np.full((2, 1), 0.5)
    sens, spec = (_two_sided(*one, u[i]) for i, one in enumerate((sensitivity, specificity)))
    return Rates(
        groups=(ALL,), shares=np.ones(1), thresholds=None, basis="published", says=tuple(says),
        sensitivity=_kept(sens)[None, None], false_flag_rate=_kept(1 - spec)[None, None],
    )  # fmt: skip


def _kept(drawn: FloatArray) -> FloatArray:
    """Round draws to what a report keeps: 32 bits of many, twelve decimals of one."""
    if len(drawn) == 1:
        # 1 − 0.95 is a little off 0.05; what is claimed or published is a decimal number.
        return np.round(drawn, 12)
    return kept(drawn)


def _two_sided(low: float, value: float, high: float, u: FloatArray) -> FloatArray:
    if low == high:
        return np.full(len(u), value)
    tiny = 1e-6
    left, middle, right = (
        float(special.logit(min(1 - tiny, max(tiny, x)))) for x in (low, value, high)
    )
    z = special.ndtri(u)
    reach = float(special.ndtri(HALF_LEVEL))
    width = np.where(z < 0, (middle - left) / reach, (right - middle) / reach)
    drawn: FloatArray = special.expit(middle + z * width)
    return drawn


def measured_rates(
    answers: Answers,
    *,
    threshold: float,
    attribute: str | None = None,
    shares: dict[str, float] | None = None,
    says: Sequence[str] = (),
    seed: int = 0,
) -> Rates:
    """Return the rates measured on real answers, by group where there are enough people.

    Parameters
    ----------
    threshold
        From which score on a flag is raised; put on the grid of `THRESHOLDS` beside it.
    attribute
        What the groups are values of.
    shares
        Group → share of the people looked at; by default that of the people in the data.
    seed
        For the order in which draws of different rates meet.

    Raises
    ------
    InputError
        If there are fewer than `MIN_PEOPLE` people to flag, or not to flag.
    """
    sought, calm = answers.is_sought, answers.is_calm
    for rows, what in ((sought, "one of the labels that raise a flag"), (calm, "a calm label")):
        n = len(np.unique(answers.person[rows]))
        if n < MIN_PEOPLE:
            raise InputError(
                f"{n} people have an answered item annotated with {what}; at least "
                f"{MIN_PEOPLE} are needed to say how often they are flagged"
            )
    groups, notes = _kept_groups(answers)
    if len(groups) < 2:
        attribute = None
    grid = tuple(sorted({*THRESHOLDS, round(threshold, 6)})) if answers.has_scores else None
    points = (threshold,) if grid is None else grid
    uniform = _uniform(2 * len(groups), seed).reshape(len(groups), 2, N_DRAWS)
    drawn = [
        _drawn(answers, rows, groups, points, uniform[:, k])
        for k, rows in enumerate((sought, calm))
    ]
    at = 0 if grid is None else grid.index(round(threshold, 6))
    mixed, told = _shares(answers, groups, shares)
    return Rates(
        groups=tuple(name for name, _ in groups),
        shares=mixed,
        thresholds=grid,
        sensitivity=drawn[0],
        false_flag_rate=drawn[1],
        at=at,
        correlation=intraclass_correlation(answers.flagged(calm, points[at])),
        basis="measured",
        says=tuple(says),
        attribute=attribute,
        n_people=tuple(_n_people(answers, calm, code) for _, code in groups),
        n_sought=tuple(_n_people(answers, sought, code) for _, code in groups),
        notes=(*notes, *told),
    )


def _drawn(
    answers: Answers,
    rows: npt.NDArray[np.bool_],
    groups: Sequence[_Group],
    points: Sequence[float],
    uniform: FloatArray,
) -> FloatArray:
    """Return draws of a rate, shape ``(n_thresholds, n_groups, n_draws)``."""
    masks = [rows if code is None else rows & (answers.group == code) for _, code in groups]
    pooled = [answers.flagged(np.logical_or.reduce(masks), point) for point in points]
    alike = _nearest([intraclass_correlation(one) for one in pooled])
    looks = np.array([float(answers.weight[mask].sum()) for mask in masks])
    found = np.empty((len(points), len(groups), N_DRAWS))
    for t, point in enumerate(points):
        for g, mask in enumerate(masks):
            flagged = answers.flagged(mask, point)
            worth = effective_looks(flagged, alike[t])
            found[t, g] = beta_draws(flagged.rate, worth, uniform[g])
        if len(groups) > 1:
            worth = effective_looks(pooled[t], alike[t])
            found[t] = _raked(found[t], looks / looks.sum(), pooled[t].rate, worth)
    return found


def _nearest(told: Sequence[Correlation | None]) -> list[float | None]:
    """Return each correlation, or that of the nearest threshold where the data tell one."""
    known = [i for i, one in enumerate(told) if one is not None]
    values = {i: one.value for i, one in enumerate(told) if one is not None}
    return [
        values[min(known, key=lambda k: (abs(k - i), k))] if known else None
        for i in range(len(told))
    ]


def _raked(drawn: FloatArray, weights: FloatArray, rate: float, worth: float) -> FloatArray:
    """Scale draws of groups so that together they are those of all people in the data.

    Each group's posterior brings half an event of its own; with small groups and rare flags
    these would add up to a rate that nobody saw. The draws of all, in the order of the groups'
    mixture, take its place; rates above one half are scaled as their complements.
    """
    mixture = weights @ drawn
    ranks = np.argsort(np.argsort(mixture, kind="stable"), kind="stable")
    target = beta_draws(rate, worth, (ranks + 0.5) / len(mixture))
    if rate <= 0.5:
        scaled = np.minimum(1.0, drawn * _over(target, mixture))
    else:
        scaled = 1 - np.minimum(1.0, (1 - drawn) * _over(1 - target, 1 - mixture))
    return kept(scaled)


def _over(target: FloatArray, mixture: FloatArray) -> FloatArray:
    """Return the factor between two rates; 1 where the 32 bits of a draw have come to nothing."""
    factor: FloatArray = np.divide(target, mixture, out=np.ones_like(target), where=mixture > 0)
    return factor


def _uniform(n: int, seed: int) -> FloatArray:
    """Return evenly spread levels in an order of their own for each rate (a Latin hypercube)."""
    rng = np.random.default_rng(seed)
    levels = (np.arange(N_DRAWS) + 0.5) / N_DRAWS
    return np.stack([rng.permutation(levels) for _ in range(n)])


def _kept_groups(answers: Answers) -> tuple[list[_Group], list[str]]:
    """Return the groups with people enough, and what is said of the others."""
    kept: list[_Group] = []
    notes: list[str] = []
    for code, name in enumerate(answers.groups):
        mine = answers.group == code
        fewest = min(
            len(np.unique(answers.person[mine & rows]))
            for rows in (answers.is_sought, answers.is_calm)
        )
        if fewest >= MIN_PEOPLE:
            kept.append((name, code))
        else:
            notes.append(
                f"{name} has fewer than {MIN_PEOPLE} people to measure a rate on and is left out."
            )
    if len(kept) > 1:
        return kept, notes
    told = (
        f"Groups are not told apart: fewer than two of them have {MIN_PEOPLE} people, both among "
        "those sought and among those not."
    )
    return [(ALL, None)], [told] if answers.groups else []


def _shares(
    answers: Answers, groups: Sequence[_Group], given: dict[str, float] | None
) -> tuple[FloatArray, list[str]]:
    """Return of which groups the people looked at are, and what is said of it."""
    names = [name for name, _ in groups]
    told: list[str] = []
    if given is not None and set(names) <= set(given):
        wanted = np.array([given[name] for name in names])
        if rest := [name for name in given if name not in names]:
            told = [f"Without {', '.join(rest)}, of whom nothing is measured, the shares of the "
                    "other groups add up to 1."]  # fmt: skip
    else:
        wanted = np.array([float(_n_people(answers, answers.is_calm, code)) for _, code in groups])
        if len(names) > 1:
            why = "" if given is None else ", since those of the scenario are of other groups"
            told = [f"The shares of the groups are those of the people in the data{why}."]
    shares: FloatArray = wanted / wanted.sum()
    return shares, told


def _n_people(answers: Answers, rows: npt.NDArray[np.bool_], code: int | None) -> int:
    mine = rows if code is None else rows & (answers.group == code)
    return len(np.unique(answers.person[mine]))
