"""The library of claims as reported: words, source, and what evidence would settle each.

The entries are paraphrases of claims that were published about systems of this kind. An
audit file takes one by its id. Where a claim has no accepted ground truth, or the data an
audit reads cannot hold what it is about, the verdict can only be "not testable".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from facevalue.errors import UnknownNameError

__all__ = ["TESTABLE_KINDS", "LibraryClaim", "library_claim", "library_claims"]

TESTABLE_KINDS = ("performance", "equity", "generalisation")
"""Kinds that a finding of this version can settle, if the audit file says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a claim was reported."""

    title: str
    publisher: str = ""
    date: str = ""
    url: str = ""
    note: str = ""

    def __str__(self) -> str:
        parts = [f"“{self.title}”", self.publisher, self.date]
        text = ", ".join(part for part in parts if part)
        return f"{text} ({self.note})" if self.note else text


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryClaim:
    """One reported claim."""

    id: str
    scenario: str
    says: str
    who: str
    sources: tuple[Source, ...]
    kind: str
    needs: tuple[str, ...]
    settles: str
    construct: str = ""
    law: str = ""

    @property
    def why_untestable(self) -> str:
        """Why no finding of this version can settle it; empty if one can."""
        if self.kind == "prohibited":
            return (
                "facevalue neither reproduces nor evaluates outputs of this kind; it reports "
                "when a system's labels contain them"
            )
        if self.construct:
            return f"there is no accepted ground truth: {self.construct}"
        if self.kind not in TESTABLE_KINDS:
            lacking = ", ".join(self.needs)
            return f"the data lack what the claim is about. It would need: {lacking}"
        return ""


@cache
def library_claims() -> tuple[LibraryClaim, ...]:
    """Return all claims of the library, in the order of the file."""
    text = files("facevalue.audits").joinpath("claims.yaml").read_text("utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    sources = {name: _source(raw) for name, raw in document["sources"].items()}
    return tuple(_claim(raw, sources) for raw in document["claims"])


def library_claim(claim_id: str) -> LibraryClaim:
    """Return one claim; `UnknownNameError` lists the known ids."""
    by_id = {c.id: c for c in library_claims()}
    if claim_id not in by_id:
        raise UnknownNameError("claim", claim_id, by_id)
    return by_id[claim_id]


def _source(raw: dict[str, Any]) -> Source:
    return Source(**{k: str(v) for k, v in raw.items()})


def _claim(raw: dict[str, Any], sources: dict[str, Source]) -> LibraryClaim:
    named = raw["source"] if isinstance(raw["source"], list) else [raw["source"]]
    return LibraryClaim(
        id=raw["id"], scenario=raw["scenario"], says=raw["says"], who=raw["who"],
        sources=tuple(sources[n] for n in named), kind=raw["kind"], needs=tuple(raw["needs"]),
        settles=raw["settles"], construct=raw.get("construct", ""), law=raw.get("law", ""),
    )  # fmt: skip
