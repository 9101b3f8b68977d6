"""A scenario: a described use of a system, in YAML, checked wholly before it is used.

Every number is a figure with its source, or a value or range with the reason for taking it;
there is no number without one of the two.
"""

from __future__ import annotations

import math
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from facevalue.declared import (
    Declared,
    MisfitsError,
    checked,
    json_schema,
    parse_yaml,
    read_yaml,
)
from facevalue.errors import UnknownNameError
from facevalue.simulate.facts import Fact, fact

__all__ = [
    "Amount",
    "CostSpec",
    "FlagSpec",
    "LegalNote",
    "MixSpec",
    "Observed",
    "ReviewSpec",
    "Scenario",
    "read_scenario",
    "scenario",
    "scenario_names",
    "scenario_schema",
]

Words = Annotated[str, Field(min_length=1, max_length=1000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"


def _slug(given: str) -> str:
    if re.fullmatch(_SLUG, given) is None:
        raise ValueError(f"expected lower-case words with hyphens: custody-intake, found {given!r}")
    return given


Slug = Annotated[
    str, Field(max_length=60, json_schema_extra={"pattern": _SLUG}), AfterValidator(_slug)
]


UNSAID = "The scenario does not say; this is assumed."
"""Reason for a number that a user's own scenario leaves out."""


class Amount(Declared):
    """A number with where it comes from: `fact`, a cited figure, or `why`, the reason for it.

    The value worked with is `value`, else that of the fact. With `low` and `high` alone no figure
    exists: it is then their geometric mean, and every figure is shown at both ends as well.
    """

    value: float | None = Field(None, description="The value worked with; default: the fact's.")
    low: float | None = Field(None, description="Lowest that is thought possible.")
    high: float | None = Field(None, description="Highest that is thought possible.")
    fact: Name | None = Field(None, description="Id of a cited figure that it is taken from.")
    why: Words | None = Field(None, description="Why this value or range, in words.")

    @model_validator(mode="before")
    @classmethod
    def _not_bare(cls, given: object) -> object:
        if isinstance(given, int | float) and not isinstance(given, bool):
            raise ValueError(f"a number goes with its source: write {{value: {given}, why: …}}")
        return given

    @field_validator("value", "low", "high", mode="before")
    @classmethod
    def _number(cls, given: object) -> object:
        # A whole number beyond every float stays one, and is refused as no float.
        if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**300:
            return float(given)
        return given

    @field_validator("value", "low", "high")
    @classmethod
    def _finite(cls, given: float | None) -> float | None:
        if given is not None and not (math.isfinite(given) and given >= 0):
            raise ValueError(f"{given} is not a number of at least 0")
        return given

    @field_validator("fact")
    @classmethod
    def _known(cls, given: str | None) -> str | None:
        return given if given is None else _known_fact(given)

    @model_validator(mode="after")
    def _complete(self) -> Amount:
        if (self.low is None) != (self.high is None):
            raise ValueError("give low and high together")
        if self.value is None and self.low is None and not isinstance(self._cited, float):
            raise ValueError("give value, or low and high, or a fact that holds a figure")
        if self.fact is None and self.why is None:
            raise ValueError("say where it comes from: fact (a cited figure) or why (in words)")
        (low, high), value = self.ends, self.at
        if low > high:
            raise ValueError(f"low lies above high: {low:g}, {high:g}")
        if not low <= value <= high:
            raise ValueError(f"expected low <= value <= high, found {low:g}, {value:g}, {high:g}")
        return self

    @property
    def _cited(self) -> float | None:
        found = fact(self.fact).value if self.fact is not None else None
        return float(found) if isinstance(found, int | float) else None

    @property
    def at(self) -> float:
        """The value worked with."""
        given = self._cited if self.value is None else self.value
        if given is not None:
            return given
        assert self.low is not None  # checked when it was made
        assert self.high is not None
        return min(max(math.sqrt(self.low * self.high), self.low), self.high)

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value that are thought possible."""
        if self.low is None or self.high is None:
            return self.at, self.at
        return self.low, self.high

    @property
    def is_range(self) -> bool:
        """Whether no figure exists, but only a range."""
        return self.value is None and self._cited is None

    @property
    def source(self) -> Fact | None:
        """The cited figure it is taken from, if it is."""
        return None if self.fact is None else fact(self.fact)


class Share(Amount):
    """An `Amount` between 0 and 1."""

    @model_validator(mode="after")
    def _in_unit(self) -> Share:
        if not all(0 <= x <= 1 for x in (self.at, *self.ends)):
            raise ValueError(f"{self.at:g} is not a share; write 0.01 for 1 %")
        return self


class Positive(Amount):
    """An `Amount` above 0."""

    @model_validator(mode="after")
    def _above_zero(self) -> Positive:
        if self.at <= 0 or self.ends[0] <= 0:
            raise ValueError(f"expected more than 0, found {min(self.at, self.ends[0]):g}")
        return self


class FlagSpec(Declared):
    """From emotion to flag: which predicted labels raise one, and when."""

    labels: list[Name] = Field(min_length=1, description="Labels whose scores are added up.")
    calm: list[Name] = Field(
        min_length=1, description="Annotated labels of people who should not be flagged."
    )
    threshold: float = Field(0.5, gt=0.0, lt=1.0, description="A flag from this sum on.")
    why: Words = Field(description="Why these labels: what the claim says.")

    @model_validator(mode="after")
    def _apart(self) -> FlagSpec:
        both = sorted(set(self.labels) & set(self.calm))
        if both:
            raise ValueError(f"{', '.join(map(repr, both))} cannot be in labels and in calm")
        return self


class MixSpec(Declared):
    """Of which groups the people looked at are, as shares of one attribute."""

    attribute: Name
    shares: dict[Name, float] = Field(min_length=1)
    why: Words

    @model_validator(mode="after")
    def _whole(self) -> MixSpec:
        for group, share in self.shares.items():
            if not 0 < share <= 1:
                raise ValueError(
                    f"expected more than 0 and at most 1 for {group!r}, found {share:g}"
                )
        if not math.isclose(sum(self.shares.values()), 1.0, abs_tol=1e-9):
            raise ValueError(f"the shares add up to {sum(self.shares.values()):g}, expected 1")
        return self


class ReviewSpec(Declared):
    """What a flag costs the staff: minutes each, and how many people are there for it."""

    minutes: Positive = Field(
        default_factory=lambda: Positive(value=10, low=5, high=30, why=UNSAID),
        description="Minutes of one member of staff for one flag.",
    )
    staff: Positive = Field(
        default_factory=lambda: Positive(value=1, why=UNSAID),
        description="Members of staff at a time.",
    )
    hours: Positive = Field(
        default_factory=lambda: Positive(value=8, why=UNSAID),
        description="Hours a day in which looks are made and staff is there.",
    )


class CostSpec(Declared):
    """What a false flag and a missed case cost, if anybody can say."""

    currency: Name
    false_flag: Amount
    missed: Amount | None = None


class Observed(Declared):
    """What somebody is known or reported to achieve: staff alone, or a published study."""

    says: Words = Field(description="Who, at what.")
    sensitivity: Share
    specificity: Share


class LegalNote(Declared):
    """One provision, and what it means here. Not legal advice."""

    fact: Name = Field(description="Id of a fact that states the provision.")
    here: Words = Field(description="What it means for this use.")

    @field_validator("fact")
    @classmethod
    def _known(cls, given: str) -> str:
        return _known_fact(given)


class Scenario(Declared):
    """A described deployment: who is looked at, what is sought, and what a flag leads to."""

    facevalue_scenario: Literal[1] = Field(description="Version of the format.")
    name: Slug
    title: Words
    who: Words = Field(description="Who is looked at, where and how.")
    people: Name = Field("people", description="What the people are called: passengers, pupils.")
    sought: Words = Field(description="What is sought, after “who”: carry a weapon.")
    look: Name = Field("look", description="One look: look, prisoner-day, minute of driving.")
    people_a_day: Positive = Field(description="People looked at on one day.")
    looks_a_day: Positive = Field(
        default_factory=lambda: Positive(value=1, why=UNSAID),
        description="Looks at one of them on one day.",
    )
    base_rate: Share = Field(description="Share of looks at which what is sought is there.")
    looks: Positive = Field(
        default_factory=lambda: Positive(value=1, why=UNSAID),
        description="Looks at one person over the period.",
    )
    period: Words = Field("a day", description="The period, after “in”: a year of school days.")
    correlation: Share | None = Field(
        None, description="Between looks at one person, where data do not tell it."
    )
    leads_to: Words = Field(description="What a flag leads to for the person.")
    flag: FlagSpec | None = Field(None, description="From emotion to flag, where labels make it.")
    claimed: Share | None = Field(None, description="Accuracy claimed; its why says of what.")
    published: Observed | None = Field(None, description="A study of such a system at this use.")
    without: Observed | None = Field(None, description="What staff know without the system.")
    mix: MixSpec | None = None
    review: ReviewSpec = Field(default_factory=lambda: ReviewSpec())
    cost: CostSpec | None = None
    claims: list[Name] = Field(default_factory=list, description="Claims of the library.")
    settles: Words = Field(
        "what became of everyone who was looked at, flagged or not",
        description="What evidence would settle them.",
    )
    background: list[Name] = Field(default_factory=list, description="Facts worth knowing.")
    law: list[LegalNote] = Field(default_factory=list)
    law_checked: Name | None = Field(None, description="Date the law was read, as 2026-08-05.")

    @field_validator("base_rate")
    @classmethod
    def _neither_none_nor_all(cls, given: Share) -> Share:
        for found in (given.at, *given.ends):
            if not 0 < found < 1:
                raise ValueError(f"base_rate lies between 0 and 1, found {found:g}")
        return given

    @field_validator("background")
    @classmethod
    def _known_facts(cls, given: list[str]) -> list[str]:
        if unknown := [told for name in given if (told := _unknown_fact(name))]:
            raise ValueError("; ".join(unknown))
        return given

    @field_validator("law_checked")
    @classmethod
    def _dated(cls, given: str | None) -> str | None:
        if given is not None and re.fullmatch(_DATE, given, re.ASCII) is None:
            raise ValueError(f"expected a date such as 2026-08-05, found {given!r}")
        return given

    @model_validator(mode="after")
    def _fits(self) -> Scenario:
        if self.law and not self.law_checked:
            told = "law goes with law_checked, the date on which it was read"
            raise MisfitsError([(("law",), told)])
        return self


def _unknown_fact(fact_id: str) -> str:
    try:
        fact(fact_id)
    except UnknownNameError as error:
        # The list of all that are known would be longer than everything else.
        return str(error).partition(" Known:")[0].rstrip(".")
    return ""


def _known_fact(fact_id: str) -> str:
    if told := _unknown_fact(fact_id):
        raise ValueError(told)
    return fact_id


def scenario_names() -> list[str]:
    """Return the names of the scenarios that ship, sorted."""
    folder = files("facevalue.simulate") / "scenarios"
    return sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name[-5:] == ".yaml")


@cache
def scenario(name: str) -> Scenario:
    """Return a scenario that ships; `UnknownNameError` lists the known names."""
    known = scenario_names()
    if name not in known:
        raise UnknownNameError("scenario", name, known)
    file = files("facevalue.simulate") / "scenarios" / f"{name}.yaml"
    return checked(parse_yaml(file.read_text("utf-8"), f"{name}.yaml"), Scenario)


def read_scenario(path: Path) -> Scenario:
    """Read and check a scenario of the user's own.

    Raises
    ------
    AuditSpecError
        With every problem, its line and what was expected.
    """
    return checked(read_yaml(path), Scenario)


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of scenarios, for editors."""
    return json_schema(Scenario, "facevalue scenario")
