"""A statistic is a number with its uncertainty, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Estimate", "NotEstimable", "Reason"]


class Reason(StrEnum):
    """Why a statistic could not be estimated. Codes are stable and never reused."""

    NO_ITEMS = "no_items"
    NO_ANNOTATION = "no_annotation"
    NO_SCORES = "no_scores"
    NO_SUCH_LABEL = "no_such_label"
    NO_SUCH_GROUP = "no_such_group"
    TOO_FEW_CLUSTERS = "too_few_clusters"
    UNDEFINED = "undefined"
    UNSTABLE = "unstable"
    NOT_IDENTIFIED = "not_identified"
    SMALL_CELL = "small_cell"
    PROHIBITED_OUTPUT = "prohibited_output"
    NOT_IMPLEMENTED_FOR_OUTPUT = "not_for_this_output"


REASON_TEXT: dict[Reason, str] = {
    Reason.NO_ITEMS: "no item belongs to this cell",
    Reason.NO_ANNOTATION: "the items carry no annotated label",
    Reason.NO_SCORES: "the system gives labels without scores",
    Reason.NO_SUCH_LABEL: "no item is annotated with this label",
    Reason.NO_SUCH_GROUP: "the data have no such group",
    Reason.TOO_FEW_CLUSTERS: "too few subjects to say how uncertain the number is",
    Reason.UNDEFINED: "the statistic is not defined on these counts (a division by zero)",
    Reason.UNSTABLE: "the statistic is undefined when single subjects are left out",
    Reason.NOT_IDENTIFIED: "other numbers fit these data as well",
    Reason.SMALL_CELL: "the cell is smaller than the audit file allows to be shown",
    Reason.PROHIBITED_OUTPUT: "the output is of a kind facevalue does not evaluate",
    Reason.NOT_IMPLEMENTED_FOR_OUTPUT: "the system's kind of output has no such statistic",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with an interval.

    Parameters
    ----------
    value
        Point estimate.
    low, high
        Ends of the two-sided interval, ``low <= value <= high`` unless the method
        says otherwise.
    level
        Confidence level in (0, 1).
    method
        How the interval was made, in words a statistician recognises.
    n_items, n_answers, n_subjects
        Items, answers (votes count one each) and distinct subjects behind it.
    p_value
        Two-sided p-value against "no difference", for comparisons; else `None`.
    design_effect
        Variance with subjects as clusters over variance with answers taken as
        independent; `None` where it has no meaning.

    Raises
    ------
    ValueError
        If a number is not finite. Not estimable is a type, not a NaN.

    Examples
    --------
    >>> Estimate(value=0.5, low=0.4, high=0.6, level=0.95, method="m",
    ...          n_items=10, n_answers=10, n_subjects=5).value
    0.5
    """

    value: float
    low: float
    high: float
    level: float
    method: str
    n_items: int
    n_answers: int
    n_subjects: int
    p_value: float | None = None
    design_effect: float | None = None

    def __post_init__(self) -> None:
        numbers = [self.value, self.low, self.high, self.level]
        numbers += [x for x in (self.p_value, self.design_effect) if x is not None]
        if not all(math.isfinite(x) for x in numbers):
            raise ValueError(f"an Estimate holds finite numbers only: {numbers}")
        if self.low > self.high:
            raise ValueError(f"interval is upside down: [{self.low}, {self.high}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEstimable:
    """The reason why there is no number, and what is known all the same.

    ``value`` may hold a point estimate whose uncertainty could not be told; it is
    shown only beside the reason and decides nothing.
    """

    reason: Reason
    n_items: int
    n_answers: int
    n_subjects: int
    detail: str = ""
    value: float | None = None

    @property
    def sentence(self) -> str:
        """The reason in words, with the detail."""
        text = REASON_TEXT[self.reason]
        return f"{text} ({self.detail})" if self.detail else text
