"""How a sample is measured: what is told, for whom, against what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from facevalue.audits.looks import Family
from facevalue.canonical import digest

__all__ = ["ANY_OF", "Equivalence", "MeasureSpec", "stream"]

ANY_OF = " or "
"""Joins attributes in a finding about the largest gap over any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """A bound that the largest gap of a metric is claimed not to exceed."""

    metric: str
    attribute: str
    condition: str | None
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureSpec:
    """How a sample is measured.

    Parameters
    ----------
    level
        Of intervals, in (0, 1).
    seed
        Of every random test.
    conditions
        Attributes whose values are told one by one.
    groups
        Attributes, and intersections of them, whose groups are compared.
    references
        Attribute → the group that others are compared with.
    leave_out
        Attribute → values that are no group of people.
    joint
        Sets of attributes for which the largest gap over any of them is told.
    no_gap_above
        Bounds that a largest gap is tested against for equivalence.
    families
        Looks that are read together; others are sorted by `facevalue.audits.looks`.
    permutations, shuffles
        Draws of the tests.
    confident
        Confidence from which an answer counts as confident.
    metrics
        Names of the statistics to tell, ``recall`` standing for all of ``recall[…]``; `None`
        for all.
    """

    level: float = 0.95
    seed: int = 0
    conditions: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    leave_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    joint: tuple[tuple[tuple[str, ...], ...], ...] = ()
    no_gap_above: tuple[Equivalence, ...] = ()
    families: tuple[Family, ...] = ()
    permutations: int = 2000
    shuffles: int = 200
    confident: float = 0.9
    metrics: tuple[str, ...] | None = None

    def wants(self, name: str) -> bool:
        """Whether the statistic ``name`` is asked for."""
        return self.metrics is None or bool({name, name.partition("[")[0]} & set(self.metrics))


def stream(seed: int, *parts: str | None) -> np.random.Generator:
    """Return the random stream that belongs to ``parts`` of an audit with ``seed``."""
    return np.random.default_rng([seed, int(digest(list(parts))[:16], 16)])
