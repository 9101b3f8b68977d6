"""The audit file: what is audited, on what, how, and which claims are held against it.

YAML, read once, checked wholly before anything runs. Every fault is reported at once with
its line. `audit_schema` gives the JSON Schema that editors use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from facevalue.audits.library import library_claim
from facevalue.audits.yamlfile import YamlFile, read_yaml
from facevalue.canonical import digest_bytes
from facevalue.domain.labels import NONE_LABEL, OUTSIDE, TAXONOMIES, Taxonomy
from facevalue.errors import AuditSpecError, InputError, Problem

__all__ = [
    "AnalysisSpec",
    "AuditSpec",
    "BandSpec",
    "ClaimSpec",
    "DatasetEntry",
    "ReadAudit",
    "SystemEntry",
    "audit_schema",
    "read_audit",
]

Name = Annotated[str, Field(min_length=1, max_length=200)]
Group = Name | list[Name]

METRIC = re.compile(
    r"accuracy|uar|mcc|ece|failure_rate|mean_confidence|answer_rate|confident_share\[0\.\d+\]"
    r"|(recall|precision|f1|prediction_rate|standardised_prediction_rate)\[[^\[\]]+\]"
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class BandSpec(_Strict):
    """Bands of a number: ``{of: age, edges: [30, 45, 60]}`` makes under 30, 30–44 and so on."""

    of: Name = Field(description="Column that holds the number.")
    edges: list[int | float] = Field(min_length=1, description="Lower ends of the upper bands.")

    @field_validator("edges")
    @classmethod
    def _ascending(cls, edges: list[int | float]) -> list[int | float]:
        if sorted(set(edges)) != edges:
            raise ValueError("edges must rise, each once")
        return edges


class DatasetEntry(_Strict):
    """One dataset: a named one, or a manifest of your own."""

    id: Name | None = Field(None, description="Short name in findings; default: name or file.")
    name: Name | None = Field(None, description="A named dataset (facevalue datasets list).")
    manifest: Name | None = Field(None, description="CSV, Parquet or JSON Lines, beside this file.")
    root: Name | None = Field(None, description="Folder of the media; default: the manifest's.")
    taxonomy: Name | list[Name] | None = Field(None, description="Name of a taxonomy, or labels.")
    labels: dict[Name, Name] = Field(default_factory=dict, description="Dataset's label → ours.")
    columns: dict[Name, Name] = Field(default_factory=dict, description="Our column → theirs.")
    attributes: list[Name] = Field(default_factory=list, description="Columns kept as attributes.")
    bands: dict[Name, BandSpec] = Field(default_factory=dict)
    where: dict[Name, list[Name]] = Field(default_factory=dict, description="Keep these items.")
    conditions: list[Name] = Field(default_factory=list, description="Each value on its own.")
    groups: list[Group] = Field(default_factory=list, description="Attributes, [a, b] crossed.")
    references: dict[Name, Name] = Field(default_factory=dict, description="Attribute → group.")
    leave_out: dict[Name, list[Name]] = Field(
        default_factory=dict, description="Groups that are no group of people (Unknown)."
    )
    optional: bool = Field(False, description="Go on without it if it is not here; say so.")
    options: dict[Name, Any] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """The short name used in findings."""
        return self.id or self.name or Path(self.manifest or "dataset").stem

    @model_validator(mode="after")
    def _one_source(self) -> DatasetEntry:
        if (self.name is None) == (self.manifest is None):
            raise ValueError("give either name (a named dataset) or manifest (a file)")
        if self.manifest is not None and self.taxonomy is None:
            known = ", ".join(sorted(TAXONOMIES))
            raise ValueError(f"a manifest needs a taxonomy: a list of labels, or one of {known}")
        return self

    @field_validator("taxonomy")
    @classmethod
    def _known_taxonomy(cls, given: str | list[str] | None) -> str | list[str] | None:
        if isinstance(given, str) and given not in TAXONOMIES:
            raise ValueError(f"unknown taxonomy {given!r}; known: {', '.join(sorted(TAXONOMIES))}")
        if isinstance(given, list):
            if len(set(given)) != len(given) or not given:
                raise ValueError("a taxonomy lists each label once")
            if {OUTSIDE, NONE_LABEL} & set(given):
                raise ValueError(f"{OUTSIDE!r} and {NONE_LABEL!r} are reserved")
        return given

    def own_taxonomy(self) -> Taxonomy | None:
        """Return the declared taxonomy, or `None` for the named dataset's own."""
        if self.taxonomy is None:
            return None
        if isinstance(self.taxonomy, str):
            return TAXONOMIES[self.taxonomy]
        return Taxonomy(self.key, tuple(self.taxonomy))

    @property
    def crossed(self) -> list[tuple[str, ...]]:
        """Groups as tuples of attributes."""
        return [(g,) if isinstance(g, str) else tuple(g) for g in self.groups]


class SystemEntry(_Strict):
    """One system: a named one (fer, facex, face-api), or an adapter with its options."""

    name: Name = Field(description="Name in findings; without adapter, a named system.")
    adapter: Name | None = Field(None, description="How to reach it (facevalue systems list).")
    labels: dict[Name, Name] = Field(default_factory=dict, description="System's label → ours.")
    datasets: list[Name] = Field(default_factory=list, description="Only on these; default all.")
    options: dict[Name, Any] = Field(default_factory=dict)


class ClaimSpec(_Strict):
    """One claim: its words, and the finding and bound that decide it."""

    id: Name | None = None
    library: Name | None = Field(None, description="Take words and source from the library.")
    says: str = Field("", max_length=2000)
    who: str = Field("", max_length=500)
    source: str = Field("", max_length=1000)
    metric: Name | None = None
    at_least: float | None = None
    at_most: float | None = None
    largest_gap_at_most: float | None = None
    over: list[Group] = Field(default_factory=list)
    condition: Name | None = Field(None, description="As modality=face.")
    dataset: Name | None = None
    systems: list[Name] = Field(default_factory=list, description="Default: all.")
    failures: Literal["excluded", "wrong"] = "excluded"

    @field_validator("at_least", "at_most", "largest_gap_at_most", mode="before")
    @classmethod
    def _number(cls, given: object) -> object:
        if isinstance(given, int) and not isinstance(given, bool):
            return float(given)
        return given

    @field_validator("at_least", "at_most", "largest_gap_at_most")
    @classmethod
    def _share(cls, given: float | None) -> float | None:
        if given is not None and not 0.0 <= given <= 1.0:
            raise ValueError(f"{given} is not a share; write 0.95 for 95 %")
        return given

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, given: str | None) -> str | None:
        if given is not None and not METRIC.fullmatch(given):
            raise ValueError(
                f"unknown metric {given!r}; known: accuracy, uar, mcc, ece, failure_rate, "
                "mean_confidence, answer_rate, confident_share[0.9], recall[label], "
                "precision[label], f1[label], prediction_rate[label], "
                "standardised_prediction_rate[label]"
            )
        return given

    @model_validator(mode="after")
    def _complete(self) -> ClaimSpec:
        bounds = [self.at_least, self.at_most, self.largest_gap_at_most]
        n_bounds = sum(b is not None for b in bounds)
        if self.library is None:
            self._check_own()
        if n_bounds > 1:
            raise ValueError("give one bound: at_least, at_most or largest_gap_at_most")
        if n_bounds and self.metric is None:
            raise ValueError("a bound needs a metric, e.g. metric: accuracy")
        if (self.largest_gap_at_most is not None) != bool(self.over):
            raise ValueError(
                "largest_gap_at_most goes with over (the attributes), and over with it"
            )
        if self.failures == "wrong" and self.metric not in (None, "accuracy"):
            raise ValueError("failures: wrong is defined for accuracy only")
        return self

    def _check_own(self) -> None:
        if not self.says or self.id is None:
            raise ValueError("a claim of your own needs id and says (its words)")
        if self.metric is None:
            raise ValueError("a claim of your own needs a metric and a bound")
        if self.at_least is None and self.at_most is None and self.largest_gap_at_most is None:
            raise ValueError("a claim needs a bound: at_least, at_most or largest_gap_at_most")

    @field_validator("library")
    @classmethod
    def _known_claim(cls, given: str | None) -> str | None:
        if given is not None:
            try:
                library_claim(given)
            except InputError as error:
                raise ValueError(str(error)) from error
        return given

    @property
    def key(self) -> str:
        """Its id."""
        return self.id or self.library or "claim"


class AnalysisSpec(_Strict):
    """What is computed for every dataset and system."""

    permutations: int = Field(2000, ge=99, le=100_000, description="Draws for tests of gaps.")
    shuffles: int = Field(200, ge=99, le=10_000, description="Draws of shuffled labels.")
    confident: float = Field(0.9, gt=0.0, lt=1.0, description="What counts as confident.")


class AuditSpec(_Strict):
    """The whole audit file."""

    facevalue: Literal[1] = Field(description="Version of the format.")
    title: Name
    about: str = Field("", max_length=5000)
    seed: int = Field(0, ge=0, le=2**32 - 1)
    level: float = Field(0.95, ge=0.5, lt=1.0)
    datasets: list[DatasetEntry] = Field(min_length=1)
    systems: list[SystemEntry] = Field(min_length=1)
    analyses: AnalysisSpec = Field(default_factory=AnalysisSpec)
    claims: list[ClaimSpec] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_fit(self) -> AuditSpec:
        problems = [
            *_twice("dataset", [d.key for d in self.datasets]),
            *_twice("system", [s.name for s in self.systems]),
            *_twice("claim", [c.key for c in self.claims]),
        ]
        datasets = {d.key for d in self.datasets}
        systems = {s.name for s in self.systems}
        for system in self.systems:
            problems += _unknown(f"system {system.name!r}", "dataset", system.datasets, datasets)
        for claim in self.claims:
            asked = [claim.dataset] if claim.dataset else []
            problems += _unknown(f"claim {claim.key!r}", "dataset", asked, datasets)
            problems += _unknown(f"claim {claim.key!r}", "system", claim.systems, systems)
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _twice(kind: str, names: list[str]) -> list[str]:
    return [f"{kind} {n!r} is given twice" for n in sorted(set(names)) if names.count(n) > 1]


def _unknown(who: str, kind: str, asked: Iterable[str], known: set[str]) -> list[str]:
    listed = ", ".join(sorted(known))
    return [f"{who} names the {kind} {n!r}, known: {listed}" for n in asked if n not in known]


class ReadAudit(BaseModel):
    """An audit file as read: its content, its text, its digest and where it lies."""

    model_config = ConfigDict(frozen=True)

    spec: AuditSpec
    text: str
    sha256: str
    path: Path

    @property
    def base(self) -> Path:
        """The folder that relative paths start from."""
        return self.path.parent


def read_audit(path: Path) -> ReadAudit:
    """Read and check an audit file.

    Raises
    ------
    AuditSpecError
        With every problem, its line and what was expected.
    """
    file = read_yaml(path)
    return ReadAudit(
        spec=parse_audit(file),
        text=file.text,
        sha256=digest_bytes(file.text.encode("utf-8")),
        path=path,
    )


def parse_audit(file: YamlFile) -> AuditSpec:
    """Check the content of an audit file."""
    if not isinstance(file.data, dict):
        what = "expected keys and values (title: …), found something else"
        raise AuditSpecError(file.shown, [Problem("wrong_type", what, "line 1")])
    try:
        return AuditSpec.model_validate(file.data)
    except ValidationError as error:
        problems = [_problem(file, dict(raw)) for raw in error.errors(include_url=False)]
        raise AuditSpecError(file.shown, _merged(problems)) from error


def audit_schema() -> dict[str, Any]:
    """Return the JSON Schema of audit files, for editors."""
    schema = AuditSpec.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "facevalue audit file"
    return schema


def _problem(file: YamlFile, raw: dict[str, Any]) -> Problem:
    # Names of union members ("constrained-str") are pydantic's, not the user's.
    path = [p for p in raw["loc"] if isinstance(p, int) or p in _keys(file)]
    kind = str(raw["type"])
    code = {
        "extra_forbidden": "unknown_key",
        "missing": "missing_key",
        "value_error": "bad_value",
    }.get(kind, "wrong_type" if kind.endswith("_type") else "bad_value")
    return Problem(code, _sentence(kind, raw), file.where(path))


def _keys(file: YamlFile) -> set[str | int]:
    return {part for path in file.lines for part in path}


def _sentence(kind: str, raw: dict[str, Any]) -> str:
    last = str(raw["loc"][-1]) if raw["loc"] else ""
    if kind == "missing":
        return f"{last!r} is required"
    if kind == "extra_forbidden":
        return f"{last!r} is not a key of the format"
    if kind == "value_error":
        return str(raw["ctx"]["error"])
    shown = repr(raw.get("input"))
    found = shown if len(shown) <= 80 else shown[:77] + "…"
    return f"{str(raw['msg'])[0].lower()}{str(raw['msg'])[1:]}, found {found}"


def _merged(problems: list[Problem]) -> list[Problem]:
    """Drop repeats: a value that fits none of several types is reported once each."""
    kept: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        kept.setdefault((problem.where, problem.code), problem)
    return list(kept.values())
