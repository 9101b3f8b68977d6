"""What moves the answers of a system: which conditions, and for which groups more than for others.

The rule, in one place. A condition is said to move the answers if more of them change than under
the smallest change there is, with a p-value of at most 5 % (one minus the level) that allows for
all conditions; checks, where the media stay the same, and the smallest change itself are held
against asking again. Of a system that declares itself deterministic a single other answer to the
same question is proof, and needs no p-value; a failure is none. What moves the answers most is the
condition whose lower end is the highest.

How often the rule is wrong is simulated in ``tests/planted`` (docs/simulations/planted-faults.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from facevalue.audits.findings import Finding
from facevalue.audits.looks import LARGEST_GAP
from facevalue.audits.stability import STABILITY
from facevalue.domain.estimates import Estimate

__all__ = ["Moved", "are_others", "moved_by", "moved_unequally_by"]

REPEAT = "repeat"
BELOW_FLOOR = "unchanged_below_floor"
UNCHANGED = "unchanged"
TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A condition that moves the answers.

    Parameters
    ----------
    condition
        As in findings: ``gaussian-blur:3``, ``renamed``.
    low
        Lower end of the share of answers that it changes and that should not change; of a gap,
        of how much larger that share is in one group than in another.
    p_value
        Allowing for all conditions; 0 where one change is proof.
    finding
        What it is read from.
    """

    condition: str
    low: float
    p_value: float
    finding: Finding

    @property
    def name(self) -> str:
        """The perturbation or the check, without its severity."""
        return self.condition.partition(":")[0]


def moved_by(
    findings: Iterable[Finding],
    system: str,
    dataset: str,
    level: float = 0.95,
    *,
    is_deterministic: bool = True,
) -> list[Moved]:
    """Return the conditions that move the answers of a system, the strongest first.

    Parameters
    ----------
    findings
        From `facevalue.audits.measure_stress`, among others.
    system, dataset
        About whom, and on what.
    level
        One minus the chance that any is named where none does, in (0, 1).
    is_deterministic
        Whether the system declares that it answers the same media alike.

    Examples
    --------
    >>> from facevalue.audits.findings import Adjusted, Place
    >>> def more(condition, value, low, p):
    ...     place = Place(system="mine", dataset="faces", family="robustness",
    ...                   metric="unchanged_below_floor", condition=condition)
    ...     found = Estimate(value=value, low=low, high=0.5, level=0.95, method="", p_value=p / 2,
    ...                      n_items=200, n_answers=200, n_subjects=40)
    ...     allowed = Adjusted(p_value=p, by="Holm over 2")
    ...     return Finding(place=place, result=found, adjusted=allowed)
    >>> found = [more("jpeg:1", 0.01, -0.02, 0.4), more("mirror:5", 0.3, 0.2, 0.001)]
    >>> [m.condition for m in moved_by(found, "mine", "faces")]
    ['mirror:5']
    """
    told = [
        f
        for f in findings
        if (f.place.system, f.place.dataset) == (system, dataset)
        and f.place.family in STABILITY
        and f.place.attribute is None
    ]
    moved = [m for f in told if f.place.metric == BELOW_FLOOR for m in _beyond(f, level)]
    if is_deterministic:
        moved += _asked_again({f.place.metric: f for f in told if f.place.condition == REPEAT})
    return sorted(moved, key=lambda m: -m.low)


def moved_unequally_by(
    findings: Iterable[Finding], system: str, dataset: str, level: float = 0.95
) -> list[Moved]:
    """Return the conditions that change more answers of one group than of another.

    Parameters are those of `moved_by`. The groups stand in the place of the finding, and the
    strongest comes first. A gap by chance is as rare over all conditions of one attribute.
    """
    moved = [
        m
        for f in findings
        if (f.place.system, f.place.dataset) == (system, dataset)
        and (f.place.metric, f.place.reference) == (UNCHANGED, LARGEST_GAP)
        and f.place.condition is not None
        and "=" not in f.place.condition
        for m in _beyond(f, level)
    ]
    return sorted(moved, key=lambda m: -m.low)


def _beyond(finding: Finding, level: float) -> list[Moved]:
    found, p = finding.result, finding.p_adjusted
    if not isinstance(found, Estimate) or p is None:
        return []
    if found.value <= 0.0 or p > 1.0 - level:
        return []
    condition = str(finding.place.condition)
    return [Moved(condition=condition, low=found.low, p_value=p, finding=finding)]


def are_others(same: float | None, more: float | None, now: float | None) -> bool | None:
    """Whether some answers that change are other answers, and not all of them failures.

    Of the items that were answered, those that fail now are at most all that fail now, and at
    least as many as fail more than before.

    Parameters
    ----------
    same, more, now
        Share unchanged, change of the share of failures, and that share under the condition;
        `None` where it is not known.

    Returns
    -------
    `None` where that leaves it open.

    Examples
    --------
    >>> are_others(0.9, 0.0, 0.0), are_others(0.9, 0.1, 0.1)
    (True, False)
    """
    if same is None or more is None or now is None:
        return None
    changed = (1.0 - same) * (1.0 - now + more)  # of all items
    if changed > now + TINY:
        return True
    return None if changed > max(more, 0.0) + TINY else False


def _asked_again(found: Mapping[str, Finding]) -> list[Moved]:
    """Return the proof that the same question got another answer; findings by their metric."""
    names = (UNCHANGED, "failure_change", "failure_rate")
    same, more, now = (found[m].result.value if m in found else None for m in names)
    if same is None or same >= 1.0 or not are_others(same, more, now):
        return []
    finding = found[UNCHANGED]
    # Without an interval (few people) the proof stands, and nothing is known of how much.
    low = 1.0 - finding.result.high if isinstance(finding.result, Estimate) else 0.0
    return [Moved(condition=REPEAT, low=low, p_value=0.0, finding=finding)]
