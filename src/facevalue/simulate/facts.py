"""Cited figures: what is known of base rates, of what people achieve, and of the law.

Only figures that were read at their source ship. Each names where it was read, and what a
reader has to know before using it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from facevalue.errors import UnknownNameError

__all__ = ["Fact", "fact", "facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One cited figure.

    Parameters
    ----------
    value, unit
        The figure, where there is one, in its unit; dates are text.
    n
        What it rests on, as far as the source tells.
    note
        What a reader has to know: a secondary source, an upper bound, a derived number.
    """

    id: str
    topic: str
    statement: str
    value: float | str | None
    unit: str
    n: float | None
    source_title: str
    source_year: int | None
    url: str
    note: str

    @property
    def citation(self) -> str:
        """Title and year of the source."""
        if self.source_year is None or str(self.source_year) in self.source_title:
            return self.source_title
        return f"{self.source_title} ({self.source_year})"


@cache
def facts() -> tuple[Fact, ...]:
    """Return all facts that ship, in the order of the file.

    Examples
    --------
    >>> [f.value for f in facts() if f.id == "bond_depaulo_sens"]
    [0.47]
    """
    text = files("facevalue.simulate").joinpath("facts.yaml").read_text("utf-8")
    return tuple(_fact(raw) for raw in yaml.safe_load(text))


def fact(fact_id: str) -> Fact:
    """Return one fact; `UnknownNameError` lists the known ids."""
    by_id = {f.id: f for f in facts()}
    if fact_id not in by_id:
        raise UnknownNameError("fact", fact_id, by_id)
    return by_id[fact_id]


def _fact(raw: dict[str, Any]) -> Fact:
    return Fact(
        id=raw["id"], topic=raw["topic"], statement=raw["statement"], value=raw["value"],
        unit=raw["unit"] or "", n=raw["n"], source_title=raw["source_title"],
        source_year=raw["source_year"], url=raw["url"] or "", note=raw.get("note", ""),
    )  # fmt: skip
