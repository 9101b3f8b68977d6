"""Findings: one number with its uncertainty each, or the reason why there is none.

A `FindingSet` is what `measure` makes and everything after it reads. It is kept as
``findings.parquet`` and ``findings.json``; the columns are part of the public contract.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from facevalue.atomic import write_bytes, write_text
from facevalue.canonical import digest
from facevalue.domain.estimates import REASON_TEXT, Estimate, NotEstimable, Reason
from facevalue.errors import InputError

__all__ = [
    "COLUMNS",
    "FORMAT_VERSION",
    "Adjusted",
    "Finding",
    "FindingSet",
    "Place",
    "label_of",
]

FORMAT_VERSION = 1

COLUMNS: dict[str, pl.DataType] = {
    "key": pl.String(),
    "system": pl.String(),
    "dataset": pl.String(),
    "family": pl.String(),
    "metric": pl.String(),
    "condition": pl.String(),
    "attribute": pl.String(),
    "group": pl.String(),
    "reference": pl.String(),
    "estimate": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "level": pl.Float64(),
    "method": pl.String(),
    "n_items": pl.Int64(),
    "n_subjects": pl.Int64(),
    "p_value": pl.Float64(),
    "p_adjusted": pl.Float64(),
    "status": pl.String(),
    "reason": pl.String(),
    "n_answers": pl.Int64(),
    "design_effect": pl.Float64(),
    "adjusted_by": pl.String(),
    "low_adjusted": pl.Float64(),
    "high_adjusted": pl.Float64(),
}
"""Name and type of every column, in order. The first twenty are the public contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a finding is about: everything but the number.

    ``condition`` reads ``modality=voice``; ``attribute`` ``sex × age`` and ``group``
    ``female × 60+`` for an intersection; ``reference`` is a group, ``rest`` or
    ``largest gap`` for a comparison. All are `None` where there is none.
    """

    system: str
    dataset: str
    family: str
    metric: str
    condition: str | None = None
    attribute: str | None = None
    group: str | None = None
    reference: str | None = None

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits that name this finding in every run."""
        return _key_of(self)


@lru_cache(maxsize=100_000)
def _key_of(place: Place) -> str:
    return digest([getattr(place, f.name) for f in fields(place)])[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """What becomes of a finding when the looks of its family are allowed for.

    Parameters
    ----------
    p_value
        Adjusted p-value.
    by
        How, and over how many looks: ``Holm over 6``.
    low, high
        Ends of the simultaneous interval, where one was made.
    """

    p_value: float
    by: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One number with its uncertainty, or the reason why there is none."""

    place: Place
    result: Estimate | NotEstimable
    adjusted: Adjusted | None = None

    @property
    def p_adjusted(self) -> float | None:
        """The p-value adjusted for the looks of its family, if there is one."""
        return None if self.adjusted is None else self.adjusted.p_value

    @property
    def key(self) -> str:
        """The key of its place."""
        return self.place.key

    @property
    def is_estimated(self) -> bool:
        """Whether there is a number with an interval."""
        return isinstance(self.result, Estimate)

    def row(self) -> dict[str, Any]:
        """Return the finding as one row of the findings table."""
        place, result = self.place, self.result
        row: dict[str, Any] = {f.name: getattr(place, f.name) for f in fields(place)}
        row |= {"key": place.key, "n_items": result.n_items, "n_answers": result.n_answers}
        row |= {"n_subjects": result.n_subjects, "estimate": result.value}
        if isinstance(result, Estimate):
            row |= {"low": result.low, "high": result.high, "level": result.level}
            row |= {"method": result.method, "p_value": result.p_value}
            row |= {"p_adjusted": self.p_adjusted, "design_effect": result.design_effect}
            if self.adjusted is not None:
                a = self.adjusted
                row |= {"adjusted_by": a.by, "low_adjusted": a.low, "high_adjusted": a.high}
            row |= {"status": "estimated", "reason": None}
        else:
            row |= {"status": "not_estimable", "reason": f"{result.reason}: {result.sentence}"}
        return {name: row.get(name) for name in COLUMNS}

    def with_looks(self, adjusted: Adjusted) -> Finding:
        """Return a copy that allows for the looks of its family."""
        return replace(self, adjusted=adjusted)


@dataclass(frozen=True)
class FindingSet:
    """All findings of an audit, in a stable order.

    Examples
    --------
    >>> FindingSet(()).to_polars().shape
    (0, 25)
    """

    findings: tuple[Finding, ...]
    _by_key: dict[str, Finding] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_key = {f.key: f for f in self.findings}
        if len(by_key) != len(self.findings):
            raise ValueError("two findings are about the same place")
        object.__setattr__(self, "_by_key", by_key)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, key: str) -> Finding:
        return self._by_key[key]

    def get(self, place: Place) -> Finding | None:
        """Return the finding about ``place``, or `None`."""
        return self._by_key.get(place.key)

    def where(self, **parts: str | None) -> list[Finding]:
        """Return the findings whose place has all of ``parts``, in order."""
        return [f for f in self.findings if all(getattr(f.place, k) == v for k, v in parts.items())]

    def to_polars(self) -> pl.DataFrame:
        """Return the findings table as a Polars data frame."""
        return pl.DataFrame([f.row() for f in self.findings], schema=COLUMNS)

    def write(self, folder: Path) -> None:
        """Write ``findings.parquet`` and ``findings.json`` into ``folder``."""
        table = self.to_polars()
        buffer = BytesIO()
        table.write_parquet(buffer, compression="zstd", statistics=False)
        write_bytes(folder / "findings.parquet", buffer.getvalue())
        document = {"format": "facevalue-findings", "version": FORMAT_VERSION}
        rows = ",\n".join(
            json.dumps(row, ensure_ascii=False, allow_nan=False) for row in table.to_dicts()
        )
        head = json.dumps(document, ensure_ascii=False)[:-1]
        write_text(folder / "findings.json", f'{head}, "findings": [\n{rows}\n]}}\n')

    @classmethod
    def read(cls, folder: Path) -> FindingSet:
        """Read ``findings.parquet`` of a run folder.

        Raises
        ------
        InputError
            If it is not there or damaged.
        """
        path = folder / "findings.parquet"
        if not path.is_file():
            raise InputError(f"{path}: no findings here. Run: facevalue measure {folder}")
        try:
            return cls.from_rows(pl.read_parquet(path).to_dicts())
        except (pl.exceptions.PolarsError, OSError, LookupError, ValueError, TypeError) as error:
            raise InputError(
                f"{path}: the findings are damaged. Run: facevalue measure {folder}"
            ) from error

    @classmethod
    def from_rows(cls, rows: Iterable[dict[str, Any]]) -> FindingSet:
        """Build the set from rows of a findings table."""
        return cls(tuple(_from_row(row) for row in rows))


def _from_row(row: dict[str, Any]) -> Finding:
    place = Place(**{f.name: row[f.name] for f in fields(Place)})
    counts = {name: row[name] for name in ("n_items", "n_answers", "n_subjects")}
    if row["status"] == "estimated":
        result: Estimate | NotEstimable = Estimate(
            value=row["estimate"],
            low=row["low"],
            high=row["high"],
            level=row["level"],
            method=row["method"],
            p_value=row["p_value"],
            design_effect=row["design_effect"],
            **counts,
        )
    else:
        code, _, sentence = row["reason"].partition(": ")
        result = _not_estimable(code, sentence, row["estimate"], counts)
    return Finding(place=place, result=result, adjusted=_adjusted(row))


def _adjusted(row: dict[str, Any]) -> Adjusted | None:
    if row["p_adjusted"] is None:
        return None
    return Adjusted(
        p_value=row["p_adjusted"], by=row["adjusted_by"],
        low=row["low_adjusted"], high=row["high_adjusted"],
    )  # fmt: skip


def _not_estimable(
    code: str, sentence: str, value: float | None, counts: dict[str, int]
) -> NotEstimable:
    reason = Reason(code)
    detail = sentence.removeprefix(REASON_TEXT[reason]).strip().removeprefix("(").removesuffix(")")
    return NotEstimable(reason=reason, detail=detail, value=value, **counts)


def label_of(parts: Sequence[str]) -> str:
    """Return the name of an intersection: ``("sex", "age")`` reads ``sex × age``."""
    return " × ".join(parts)
