"""What a simulation leaves behind: the scenario, the numbers and the draws, as plain JSON.

``consequences.json`` of a run holds these; a report is written from it alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from facevalue.atomic import write_text
from facevalue.errors import InputError
from facevalue.simulate.consequences import Consequences, Deployment, consequences
from facevalue.simulate.posterior import Correlation
from facevalue.simulate.rates import Basis, Rates, claimed_rates, published_rates
from facevalue.simulate.scenario import Observed, Scenario
from facevalue.simulate.sensitivity import sweep, tornado
from facevalue.simulate.words import sentences

__all__ = [
    "Simulated",
    "Unsimulated",
    "alone",
    "as_json",
    "read_consequences",
    "stored_rates",
    "write_consequences",
]

FloatArray = npt.NDArray[np.float64]

FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """One scenario with one system's rates: everything that its consequences follow from.

    ``system`` and ``dataset`` are empty where the rates are not measured in this run, and
    ``condition`` where they are measured on all items.
    """

    scenario: Scenario
    rates: Rates
    use: Deployment
    system: str = ""
    dataset: str = ""
    condition: str = ""

    @property
    def where(self) -> str:
        """System, dataset and condition that the rates were measured on, in words."""
        at = " on ".join(x for x in (self.system, self.dataset) if x)
        return ", ".join(x for x in (at, self.condition) if x)

    @cached_property
    def found(self) -> Consequences:
        """What follows."""
        return consequences(self.rates, self.use)

    @property
    def claimed(self) -> Rates | None:
        """The rates that the accuracy claimed for this use implies, if these are not they."""
        told = self.scenario.claimed
        if told is None or self.rates.basis == "claimed":
            return None
        return claimed_rates(sensitivity=told.at, specificity=told.at)

    @property
    def without(self) -> Rates | None:
        """What staff achieve without the system, where that is known."""
        told = self.scenario.without
        return None if told is None else observed(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsimulated:
    """A scenario whose consequences could not be worked out for a system, and why."""

    scenario: str
    system: str
    dataset: str
    reason: str


def observed(told: Observed, seed: int = 0) -> Rates:
    """Return the rates of a study, or of staff, as a scenario cites them."""
    sens, spec = told.sensitivity, told.specificity
    return published_rates(
        (sens.ends[0], sens.at, sens.ends[1]), (spec.ends[0], spec.at, spec.ends[1]),
        says=(told.says,), seed=seed,
    )  # fmt: skip


def alone(scenario: Scenario, seed: int = 0) -> Rates:
    """Return rates for a scenario without any measurement: published, or else claimed.

    Raises
    ------
    InputError
        If the scenario holds neither.
    """
    if scenario.published is not None:
        return observed(scenario.published, seed)
    if scenario.claimed is None:
        raise InputError(
            f"the scenario {scenario.name!r} names neither a study nor a claimed accuracy. "
            "Give --accuracy, or --sensitivity and --specificity"
        )
    accuracy = scenario.claimed.at
    said = scenario.claimed.why or ""
    return claimed_rates(
        sensitivity=accuracy, specificity=accuracy, says=(*([said] if said else []), both(accuracy))
    )


def both(accuracy: float) -> str:
    """Say what a bare accuracy is taken to mean."""
    return (
        f"A claimed accuracy of {accuracy * 100:.10g} % is taken at its word, and as both the "
        "share flagged of those sought and the share not flagged of those not sought. The claim "
        "says neither, and names no test that would tell how certain it is."
    )


def tested(accuracy: float, n_tested: int) -> str:
    """Say what an accuracy found on so many people is taken to mean."""
    return (
        f"A claimed accuracy of {accuracy * 100:.10g} % is taken as both the share flagged of "
        "those sought and the share not flagged of those not sought, each found on "
        f"{n_tested / 2:g} people looked at once."
    )


def as_json(one: Simulated) -> dict[str, Any]:
    """Return everything about a simulation as values that JSON can hold."""
    found = one.found
    rates = one.rates
    return {
        "scenario": one.scenario.model_dump(mode="json", exclude_none=True),
        "system": one.system,
        "dataset": one.dataset,
        "condition": one.condition,
        "use": asdict(one.use),
        "rates": stored_rates(rates),
        "sentences": list(sentences(one.scenario, rates, one.use, found)),
        "of_all": {name: asdict(value) for name, value in found.of_all.items()},
        "of_groups": {
            group: {name: asdict(value) for name, value in told.items()}
            for group, told in found.of_groups.items()
        },
        "thresholds": [
            {"threshold": s.threshold, **{k: asdict(v) for k, v in s.found.of_all.items()}}
            for s in sweep(rates, one.use)
        ],
        "assumptions": [asdict(s) for s in tornado(rates, one.use, one.scenario)],
    }


def stored_rates(rates: Rates) -> dict[str, Any]:
    """Return rates with all their draws as values that JSON can hold."""
    return {
        "basis": rates.basis,
        "says": list(rates.says),
        "notes": list(rates.notes),
        "attribute": rates.attribute,
        "groups": list(rates.groups),
        "shares": rates.shares.tolist(),
        "n_people": list(rates.n_people),
        "n_sought": list(rates.n_sought),
        "thresholds": None if rates.thresholds is None else list(rates.thresholds),
        "at": rates.at,
        "correlation": None if rates.correlation is None else asdict(rates.correlation),
        "shape": list(rates.sensitivity.shape),
        "sensitivity": _packed(rates.sensitivity),
        "false_flag_rate": _packed(rates.false_flag_rate),
    }


def write_consequences(
    folder: Path, simulated: Sequence[Simulated], not_simulated: Sequence[Unsimulated] = ()
) -> None:
    """Write ``consequences.json`` into a run folder."""
    document = {
        "format": "facevalue-consequences",
        "version": FORMAT_VERSION,
        "consequences": [as_json(one) for one in simulated],
        "not_possible": [asdict(one) for one in not_simulated],
    }
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
    write_text(folder / "consequences.json", text + "\n")


def read_consequences(folder: Path) -> tuple[list[Simulated], list[Unsimulated]]:
    """Read ``consequences.json``; a run without scenarios has none.

    Raises
    ------
    InputError
        If it is damaged.
    """
    path = folder / "consequences.json"
    if not path.is_file():
        return [], []
    try:
        document = _Document.model_validate_json(path.read_bytes())
        return [_simulated(one) for one in document.consequences], list(document.not_possible)
    except (OSError, ValueError, ArithmeticError, InputError) as error:
        raise InputError(
            f"{path}: the consequences are damaged. Run: facevalue simulate {folder}"
        ) from error


class _Stored(BaseModel):
    # What follows from the rest is in the file for other readers.
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class _StoredRates(_Stored):
    basis: Basis
    says: tuple[str, ...]
    notes: tuple[str, ...]
    attribute: str | None
    groups: tuple[str, ...]
    shares: tuple[float, ...]
    n_people: tuple[int, ...]
    n_sought: tuple[int, ...] = ()
    thresholds: tuple[float, ...] | None
    at: int
    correlation: Correlation | None
    shape: tuple[int, int, int]
    sensitivity: str
    false_flag_rate: str


class _StoredOne(_Stored):
    scenario: Scenario
    system: str
    dataset: str
    condition: str
    use: Deployment
    rates: _StoredRates


class _Document(_Stored):
    format: Literal["facevalue-consequences"]
    version: Literal[1]
    consequences: tuple[_StoredOne, ...]
    not_possible: tuple[Unsimulated, ...]


def _simulated(one: _StoredOne) -> Simulated:
    told = one.rates
    rates = Rates(
        groups=told.groups,
        shares=np.array(told.shares, dtype=np.float64),
        thresholds=told.thresholds,
        sensitivity=_unpacked(told.sensitivity, told.shape),
        false_flag_rate=_unpacked(told.false_flag_rate, told.shape),
        at=told.at,
        correlation=told.correlation,
        basis=told.basis,
        says=told.says,
        attribute=told.attribute,
        n_people=told.n_people,
        n_sought=told.n_sought,
        notes=told.notes,
    )
    return Simulated(
        scenario=one.scenario, rates=rates, use=one.use, system=one.system, dataset=one.dataset,
        condition=one.condition,
    )  # fmt: skip


def _packed(draws: FloatArray) -> str:
    """Return draws as 64-bit numbers if there is one of each, else as the 32-bit ones they are."""
    kind = "<f8" if draws.shape[2] == 1 else "<f4"
    return base64.b64encode(np.ascontiguousarray(draws).astype(kind).tobytes()).decode("ascii")


def _unpacked(text: str, shape: tuple[int, int, int]) -> FloatArray:
    kind = "<f8" if shape[2] == 1 else "<f4"
    flat = np.frombuffer(base64.b64decode(text, validate=True), dtype=kind)
    return flat.reshape(shape).astype(np.float64)
