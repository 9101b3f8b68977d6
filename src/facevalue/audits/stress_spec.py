"""What an audit file says under ``stress``: what is done to media before systems are asked."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from facevalue.declared import Declared
from facevalue.errors import InputError

__all__ = [
    "CHECKS",
    "BudgetSpec",
    "PerturbationEntry",
    "StopSpec",
    "StressSpec",
    "read_budget",
]

_BUDGET = re.compile(r"(\d{1,12}(?:\.\d+)?) ?(items|s|seconds|calls|)")

Name = Annotated[str, Field(min_length=1, max_length=200)]
Severity = Annotated[int, Field(ge=1, le=5)]
Pair = Annotated[list[Name], Field(min_length=2, max_length=2)]
Landmark = Literal["left_eye", "right_eye", "nose", "mouth_left", "mouth_right"]
"""Left and right are those of the picture."""

CHECKS: dict[str, str] = {
    "repeat": "the same media, asked again",
    "alone": "the same media, one at a time",
    "shuffled": "the same media, in another order and among other neighbours",
    "renamed": "the same media as a new copy, under a name that says nothing",
}
"""Ways of asking that should not change the answer, and what each does."""


class PerturbationEntry(Declared):
    """One perturbation, at all its severities or at some."""

    name: Name = Field(description="Registered name (facevalue perturbations list).")
    severities: list[Severity] = Field(
        default_factory=list, description="From 1 to 5; default: all that it has."
    )

    @field_validator("severities")
    @classmethod
    def _each_once(cls, given: list[int]) -> list[int]:
        if len(set(given)) != len(given):
            raise ValueError("each severity once")
        return sorted(given)


class StopSpec(Declared):
    """When asking under a condition may stop: its interval is narrow enough."""

    half_width: float = Field(
        gt=0.0, lt=0.5, description="Of the interval of the share unchanged, as 0.03."
    )
    looks: int = Field(4, ge=2, le=20, description="How often that is looked at.")


class BudgetSpec(Declared):
    """How much each system may be asked, its unchanged media included."""

    items: int | None = Field(None, ge=1, description="Questions: items × conditions.")
    calls: int | None = Field(None, ge=1, description="Calls, a batch each.")
    seconds: float | None = Field(None, gt=0.0, description="Time of asking.")

    @field_validator("seconds", mode="before")
    @classmethod
    def _number(cls, given: object) -> object:
        is_whole = isinstance(given, int) and not isinstance(given, bool)
        return float(given) if is_whole else given  # type: ignore[arg-type]  # an int, see above

    @model_validator(mode="after")
    def _some(self) -> BudgetSpec:
        if self.items is None and self.calls is None and self.seconds is None:
            raise ValueError("a budget limits items, calls or seconds")
        return self


def read_budget(text: str) -> BudgetSpec:
    """Return the budget that words on a command line name.

    Raises
    ------
    InputError
        If they name none.

    Examples
    --------
    >>> read_budget("500").items, read_budget("90s").seconds, read_budget("20 calls").calls
    (500, 90.0, 20)
    """
    found = _BUDGET.fullmatch(text.strip())
    if found is None or not float(found[1]) > 0:
        raise InputError(
            f"--budget {text!r}: expected a number of items (500), seconds (90s) or calls "
            "(20calls), more than 0"
        )
    unit = {"": "items", "s": "seconds"}.get(found[2], found[2])
    if unit == "seconds":
        return BudgetSpec(seconds=float(found[1]))
    if "." in found[1]:
        raise InputError(f"--budget {text!r}: {unit} are counted in whole numbers")
    n = int(found[1])
    return BudgetSpec(items=n) if unit == "items" else BudgetSpec(calls=n)


class StressSpec(Declared):
    """What systems are put under, and how far."""

    perturbations: list[Name | PerturbationEntry] = Field(
        default_factory=list, description="Names, or {name: jpeg, severities: [1, 3, 5]}."
    )
    checks: list[Literal["repeat", "alone", "shuffled", "renamed"]] = Field(
        default_factory=list, description="Other ways of asking that should change nothing."
    )
    text: Name | None = Field(
        None, description="Attribute that says which words are spoken: do answers go with them?"
    )
    landmarks: dict[Landmark, Pair] = Field(
        default_factory=dict,
        description="Columns of the manifest with pixels from the left and from the top: parts of "
        "a face are hidden where they lie in each picture, as {left_eye: [x1, y1], …}.",
    )
    systems: list[Name] = Field(default_factory=list, description="Default: all.")
    datasets: list[Name] = Field(default_factory=list, description="Default: all with media.")
    groups: bool = Field(True, description="Also tell groups, and their gaps.")
    stop: StopSpec | None = Field(None, description="Stop where an interval is narrow enough.")
    budget: BudgetSpec | None = Field(None, description="How much each system may be asked.")
    batch_size: int | Literal["auto"] | None = Field(
        None, description="Items asked at once; auto tries; default: what the system prefers."
    )
    worst: int = Field(
        0, ge=0, le=100, description="Items whose answers change most to list; none in public."
    )
    worst_pictures: bool = Field(
        False,
        description="Also show the pictures of those items, as they are and changed: pictures of "
        "people, where the data are. Never in public.",
    )

    @model_validator(mode="after")
    def _something(self) -> StressSpec:
        if not self.perturbations and not self.checks and self.text is None:
            raise ValueError(
                "give perturbations, checks or text, e.g. perturbations: [gaussian-blur]"
            )
        if self.worst_pictures and not self.worst:
            raise ValueError("worst_pictures shows the items of worst: add worst, as worst: 10")
        names = [entry.name for entry in self.entries]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is there twice; list its severities in one place")
        if len(set(self.checks)) != len(self.checks):
            raise ValueError("each of checks once")
        return self

    @field_validator("landmarks")
    @classmethod
    def _two_or_more(cls, given: dict[str, list[str]]) -> dict[str, list[str]]:
        if len(given) == 1:
            raise ValueError("a face is placed by two landmarks or more")
        return given

    @field_validator("batch_size", mode="before")
    @classmethod
    def _at_least_one(cls, given: object) -> object:
        is_number = isinstance(given, int) and not isinstance(given, bool)
        if given in (None, "auto") or (is_number and 1 <= given <= 4096):  # type: ignore[operator]  # an int, see above
            return given
        raise ValueError(f"a batch has from 1 to 4096 items, or auto; found {given!r}")

    @property
    def entries(self) -> list[PerturbationEntry]:
        """The perturbations, each with its severities (none: all that it has)."""
        return [PerturbationEntry(name=p) if isinstance(p, str) else p for p in self.perturbations]

    def is_about(self, system: str, dataset: str) -> bool:
        """Whether a system is put under stress on a dataset."""
        return (not self.systems or system in self.systems) and (
            not self.datasets or dataset in self.datasets
        )
