"""Claims, the criterion that would settle one, and the verdict on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Claim", "Comparison", "Criterion", "Outcome", "Verdict"]


class Comparison(StrEnum):
    """On which side of the bound the claim says the value lies."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"

    def holds(self, value: float, bound: float) -> bool:
        """Whether ``value`` lies on the claimed side of ``bound`` (the bound included)."""
        return value >= bound if self is Comparison.AT_LEAST else value <= bound


class Outcome(StrEnum):
    """What an audit can say of a claim."""

    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    INCONCLUSIVE = "inconclusive"
    NOT_TESTABLE = "not_testable"

    @property
    def words(self) -> str:
        """The outcome as it is printed."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """The finding that decides a claim, and the bound it is held against.

    Parameters
    ----------
    metric
        Name of the metric, e.g. ``accuracy`` or ``recall[anger]``.
    comparison, bound
        Claimed side and bound.
    condition
        ``modality=face`` or `None` for everything.
    over
        Attributes (or intersections, as tuples of attributes) whose largest gap must meet
        the bound. Empty for a claim on the level of the metric itself.
    failures
        ``excluded``: items the system failed on are left out and the failure rate is
        reported beside it. ``wrong``: they count as wrong answers.
    """

    metric: str
    comparison: Comparison
    bound: float
    condition: str | None = None
    over: tuple[tuple[str, ...], ...] = ()
    failures: str = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody says of a system.

    ``criterion`` is `None` where no finding could settle the claim; ``untestable``
    then holds the reason in words.
    """

    id: str
    says: str
    source: str = ""
    who: str = ""
    kind: str = "performance"
    systems: tuple[str, ...] = ()
    dataset: str | None = None
    criterion: Criterion | None = None
    needs: tuple[str, ...] = ()
    settles: str = ""
    construct: str = ""
    law: str = ""
    untestable: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of one claim for one system, with what it rests on.

    Parameters
    ----------
    outcome
        Upheld, not upheld, inconclusive or not testable.
    sentence
        The verdict in one plain sentence, with the numbers.
    reason
        Why it is inconclusive or not testable, or which gate stopped it; else empty.
    finding_keys
        Keys of the findings it rests on, the deciding one first.
    further_subjects
        About how many more subjects would settle an inconclusive claim if the estimate
        stayed where it is; `None` where no number would, or where it does not apply.
    """

    claim: Claim
    system: str
    dataset: str
    outcome: Outcome
    sentence: str
    reason: str = ""
    finding_keys: tuple[str, ...] = field(default=())
    further_subjects: int | None = None
    skill_shown: bool | None = None

    @property
    def where(self) -> str:
        """The system and the data it was held against, as far as there are any."""
        return " on ".join(part for part in (self.system, self.dataset) if part)
