"""Families of looks: what is allowed for when many comparisons are read together.

A *look* is a comparison with a p-value. Looks that the audit file puts into a family are
adjusted together; the others in families of their own: all comparisons of one system by one
kind of metric, in one condition, over the groups of one attribute, against the same kind of
reference. Raw and adjusted figures stand side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from facevalue.audits.findings import Adjusted, Finding, Place
from facevalue.domain.estimates import Estimate
from facevalue.stats import Deviations, benjamini_hochberg, holm, max_t

__all__ = [
    "BENJAMINI_HOCHBERG",
    "HOLM",
    "IMPACT_RATIO_OF",
    "LARGEST_GAP",
    "MAX_T",
    "METHODS",
    "MINUS",
    "NO_GAP_ABOVE",
    "RATIO_OF",
    "REST",
    "Family",
    "Look",
    "adjust",
    "no_gap_above",
    "sorted_looks",
]

REST = "rest"
LARGEST_GAP = "largest gap"
NO_GAP_ABOVE = "no gap above "
MINUS = " − "
"""Stands between the higher and the lower group of a pair."""

RATIO_OF = "ratio of "
IMPACT_RATIO_OF = "impact ratio of "
HOLM = "holm"
BENJAMINI_HOCHBERG = "benjamini-hochberg"
MAX_T = "max-t"
METHODS = {HOLM: "Holm", BENJAMINI_HOCHBERG: "Benjamini–Hochberg", MAX_T: "max-t"}

Ends = tuple[float, float]


def no_gap_above(bound: float) -> str:
    """Return what stands as reference where a gap is tested for equivalence.

    Examples
    --------
    >>> no_gap_above(0.05)
    'no gap above 0.05'
    """
    return f"{NO_GAP_ABOVE}{bound:.12g}"


@dataclass(frozen=True, slots=True)
class Look:
    """A finding that is one of many looks.

    Parameters
    ----------
    finding
        With its raw p-value.
    ends
        Level → the ends of the interval at that level.
    deviations
        Gives what each person adds to its error, where max-t can use it.
    is_mirrored
        Whether another look tells the same with the opposite sign (the second of two
        groups), so that it is no look of its own.
    """

    finding: Finding
    ends: Callable[[float], Ends | None] = lambda _: None
    deviations: Callable[[], Deviations] | None = None
    is_mirrored: bool = False

    @property
    def p_value(self) -> float | None:
        """The raw p-value."""
        result = self.finding.result
        return result.p_value if isinstance(result, Estimate) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Looks that the audit file wants to be read together.

    Parameters
    ----------
    name
        As it is printed.
    metrics, attributes, conditions, references
        What belongs to it; empty: everything. ``recall`` stands for all of ``recall[…]``; the
        condition of the whole sample is ``all``.
    adjust
        One of `METHODS`.
    """

    name: str
    metrics: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    adjust: str = HOLM

    def holds(self, look: Look) -> bool:
        """Whether a look belongs to the family."""
        p = look.finding.place
        if self.adjust == MAX_T and look.deviations is None:
            return False
        asked = (
            (self.metrics, {p.metric, p.metric.partition("[")[0]}),
            (self.attributes, {p.attribute}),
            (self.conditions, {p.condition or "all"}),
            (self.references, {p.reference}),
        )
        return all(not wanted or set(wanted) & is_ for wanted, is_ in asked)


def sorted_looks(looks: Iterable[Look], families: Sequence[Family]) -> dict[str, list[Look]]:
    """Sort looks with a p-value into families, by name; declared ones come first."""
    found: dict[str, list[Look]] = {}
    for look in looks:
        if look.p_value is None:
            continue
        declared = next((f.name for f in families if f.holds(look)), None)
        found.setdefault(_own(look.finding.place) if declared is None else declared, []).append(
            look
        )
    return found


def _own(p: Place) -> str:
    kind = p.metric.partition("[")[0]
    return "\n".join(
        map(str, (p.system, p.dataset, p.family, kind, p.condition, p.attribute, p.reference))
    )


def adjust(
    looks: Sequence[Look], how: str, level: float, rng: np.random.Generator, name: str = ""
) -> dict[str, Finding]:
    """Return the findings of one family, by key, with their looks allowed for."""
    counted = [x for x in looks if not x.is_mirrored] or list(looks)
    ps = [float(x.p_value or 0.0) for x in counted]
    adjusted, one_level = _adjusted(counted, ps, how, level, rng)
    by = f"{METHODS[how]} over {len(counted)}" + (f" ({name})" if name else "")
    by_raw = dict(zip(ps, adjusted, strict=True))
    found: dict[str, Finding] = {}
    for look in looks:
        raw = float(look.p_value or 0.0)
        # A mirrored look has the p-value of its twin, to a last digit.
        nearest = min(by_raw, key=lambda p: abs(p - raw)) if raw not in by_raw else raw
        ends = look.ends(one_level) if len(counted) > 1 else None
        low, high = (None, None) if ends is None else ends
        told = Adjusted(p_value=by_raw[nearest], by=by, low=low, high=high)
        found[look.finding.key] = replace(look.finding, adjusted=told)
    return found


def _adjusted(
    looks: Sequence[Look], ps: Sequence[float], how: str, level: float, rng: np.random.Generator
) -> tuple[list[float], float]:
    """Return adjusted p-values, and the level of single intervals that hold together."""
    alpha = 1.0 - level
    if how == HOLM:
        return holm(ps), 1.0 - alpha / len(ps)
    if how == BENJAMINI_HOCHBERG:
        # Intervals of the findings that are told (Benjamini and Yekutieli 2005, JASA 100).
        adjusted = benjamini_hochberg(ps)
        told = max(sum(p <= alpha for p in adjusted), 1)
        return adjusted, 1.0 - alpha * told / len(ps)
    deviations = [x.deviations() for x in looks if x.deviations is not None]
    return max_t(ps, deviations, level, rng)
