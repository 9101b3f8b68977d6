"""The audit file: what is audited, on what, how, and which claims are held against it.

YAML, read once, checked wholly before anything runs. Every fault is reported at once with
its line. `audit_schema` gives the JSON Schema that editors use.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from facevalue.audits.library import library_claim
from facevalue.audits.looks import LARGEST_GAP, MAX_T, REST
from facevalue.audits.stress_claims import never_measured, no_condition
from facevalue.audits.stress_spec import StressSpec
from facevalue.canonical import digest_bytes
from facevalue.declared import Declared, MisfitsError, YamlFile, checked, json_schema, read_yaml
from facevalue.domain.labels import NONE_LABEL, OUTSIDE, TAXONOMIES, Taxonomy
from facevalue.errors import InputError

__all__ = [
    "AnalysisSpec",
    "AuditSpec",
    "BandSpec",
    "ClaimSpec",
    "DatasetEntry",
    "FamilySpec",
    "ReadAudit",
    "ScenarioEntry",
    "SystemEntry",
    "audit_schema",
    "read_audit",
]

Name = Annotated[str, Field(min_length=1, max_length=200)]
Group = Name | list[Name]

METRIC = re.compile(
    r"accuracy|uar|mcc|ece|failure_rate|abstention_rate|mean_confidence|answer_rate"
    r"|confident_share\[0\.\d+\]|(recall|precision|f1|prediction_rate|standardised_prediction_rate)\[[^\[\]]+\]"
    r"|unchanged|unchanged_area|unchanged_below_floor"
    r"|(accuracy|confidence|failure)_change|prediction_rate_change\[[^\[\]]+\]"
)

COMPARED = re.compile(
    r"accuracy|uar|failure_rate|abstention_rate|unchanged|accuracy_change"
    r"|(recall|standardised_prediction_rate)\[[^\[\]]+\]"
)
"""Metrics whose gaps between groups are measured."""

RESERVED_REFERENCES = (REST, LARGEST_GAP)
"""What else stands where a reference group stands."""


MEASURED_UNDER_STRESS = re.compile(r"unchanged.*|.*_change(\[.*\])?")
"""Metrics that only media that were changed have."""


def _attribute_is_group(given: str | None) -> str | None:
    if given is not None and not all(given.partition("=")):
        raise ValueError(f"{given!r} is not of the form attribute=group, as modality=face")
    return given


class BandSpec(Declared):
    """Bands of a number: ``{of: age, edges: [30, 45, 60]}`` makes under 30, 30–44 and so on."""

    of: Name = Field(description="Column that holds the number.")
    edges: list[int | float] = Field(min_length=1, description="Lower ends of the upper bands.")

    @field_validator("edges")
    @classmethod
    def _ascending(cls, edges: list[int | float]) -> list[int | float]:
        if sorted(set(edges)) != edges or not all(map(math.isfinite, edges)):
            raise ValueError("edges must rise, each once")
        return edges


class DatasetEntry(Declared):
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
                raise ValueError("a taxonomy lists its labels, each once")
            if {OUTSIDE, NONE_LABEL} & set(given):
                raise ValueError(f"{OUTSIDE!r} and {NONE_LABEL!r} are reserved")
        return given

    @field_validator("references")
    @classmethod
    def _real_groups(cls, given: dict[str, str]) -> dict[str, str]:
        for group in given.values():
            if group in RESERVED_REFERENCES:
                raise ValueError(f"{group!r} is reserved: every group is compared with it anyway")
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


class SystemEntry(Declared):
    """One system: a named one (fer, facex, face-api), or an adapter with its options."""

    name: Name = Field(description="Name in findings; without adapter, a named system.")
    adapter: Name | None = Field(None, description="How to reach it (facevalue systems list).")
    labels: dict[Name, Name] = Field(default_factory=dict, description="System's label → ours.")
    datasets: list[Name] = Field(default_factory=list, description="Only on these; default all.")
    options: dict[Name, Any] = Field(default_factory=dict)


class ClaimSpec(Declared):
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
    def _share(cls, given: float | None, info: ValidationInfo) -> float | None:
        lowest = -1.0 if "_change" in (info.data.get("metric") or "") else 0.0
        if given is not None and not lowest <= given <= 1.0:
            raise ValueError(f"{given} is not a share; write 0.95 for 95 %")
        return given

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, given: str | None) -> str | None:
        if given is not None and not METRIC.fullmatch(given):
            raise ValueError(
                f"unknown metric {given!r}; known: accuracy, uar, mcc, ece, failure_rate, "
                "abstention_rate, mean_confidence, answer_rate, confident_share[0.9], "
                "recall[label], precision[label], f1[label], prediction_rate[label], "
                "standardised_prediction_rate[label], and under stress unchanged, "
                "unchanged_area, unchanged_below_floor, accuracy_change, confidence_change, "
                "failure_change, prediction_rate_change[label]"
            )
        return given

    @field_validator("condition")
    @classmethod
    def _one_group(cls, given: str | None) -> str | None:
        if given is None or "=" in given:
            return _attribute_is_group(given)
        if why := no_condition(given):
            raise ValueError(why)
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
        if self.over and self.metric is not None and not COMPARED.fullmatch(self.metric):
            raise ValueError(
                f"groups are not compared by {self.metric}, but by accuracy, uar, failure_rate, "
                "abstention_rate, recall[label] and standardised_prediction_rate[label], and "
                "under stress by unchanged and accuracy_change"
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


class FamilySpec(Declared):
    """Looks that are read together, so that looking at all of them is allowed for."""

    name: Name
    metrics: list[Name] = Field(default_factory=list, description="recall for all of recall[…].")
    attributes: list[Name] = Field(default_factory=list, description="As sex, or sex × age.")
    conditions: list[Name] = Field(
        default_factory=list, description="As modality=face; all is the whole sample."
    )
    references: list[Name] = Field(
        default_factory=list, description="rest, largest gap, or a reference group."
    )
    adjust: Literal["holm", "benjamini-hochberg", "max-t"] = "holm"

    @model_validator(mode="after")
    def _can_be_adjusted(self) -> FamilySpec:
        if self.adjust == MAX_T and LARGEST_GAP in self.references:
            raise ValueError(
                "max-t is for differences from the rest or from a group; a largest gap has "
                "allowed for its pairs already: leave it out, or adjust by holm"
            )
        return self


class AnalysisSpec(Declared):
    """What is computed for every dataset and system."""

    permutations: int = Field(2000, ge=99, le=100_000, description="Draws for tests of gaps.")
    shuffles: int = Field(200, ge=99, le=10_000, description="Draws of shuffled labels.")
    confident: float = Field(0.9, gt=0.0, lt=1.0, description="What counts as confident.")
    min_cell: int = Field(
        5, ge=1, description="Fewest subjects of a group that the report shows; 1 shows all."
    )
    families: list[FamilySpec] = Field(
        default_factory=list, description="Looks read together; the first that fits counts."
    )
    compare: list[Annotated[list[Name], Field(min_length=2, max_length=2)]] = Field(
        default_factory=list, description="Pairs of systems compared on the same items."
    )


class ScenarioEntry(Declared):
    """One use whose consequences are worked out from what is measured."""

    name: Name | None = Field(None, description="A shipped one (facevalue scenarios list).")
    file: Name | None = Field(None, description="One of your own, beside this file.")
    systems: list[Name] = Field(default_factory=list, description="Default: all.")
    datasets: list[Name] = Field(default_factory=list, description="Default: all.")
    attribute: Name | None = Field(None, description="People are told apart by its groups.")
    condition: Name | None = Field(None, description="Only these items, as modality=face.")

    @property
    def needs(self) -> dict[str, str]:
        """The attributes that it needs of the data, by the key that names each."""
        of_condition = (self.condition or "").partition("=")[0]
        named = {"attribute": self.attribute, "condition": of_condition}
        return {key: attribute for key, attribute in named.items() if attribute}

    def is_about(self, dataset: str, system: str | None = None) -> bool:
        """Whether it is worked out on a dataset, and for a system if one is named."""
        return (not self.datasets or dataset in self.datasets) and (
            system is None or not self.systems or system in self.systems
        )

    @model_validator(mode="after")
    def _one_origin(self) -> ScenarioEntry:
        if (self.name is None) == (self.file is None):
            raise ValueError("give either name (a shipped scenario) or file (one of your own)")
        return self

    @field_validator("condition")
    @classmethod
    def _one_group(cls, given: str | None) -> str | None:
        return _attribute_is_group(given)


class AuditSpec(Declared):
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
    scenarios: list[ScenarioEntry] = Field(default_factory=list)
    stress: StressSpec | None = Field(None, description="What media are put under.")

    @model_validator(mode="after")
    def _names_fit(self) -> AuditSpec:
        datasets = [d.key for d in self.datasets]
        systems = [s.name for s in self.systems]
        misfits = [
            *_twice("datasets", datasets),
            *_twice("systems", systems),
            *_twice("claims", [c.key for c in self.claims]),
            *_twice("analyses.families", [f.name for f in self.analyses.families]),
            *_cannot_compare(self.analyses.compare, systems),
        ]
        for i, system in enumerate(self.systems):
            misfits += _unknown(("systems", i, "datasets"), system.datasets, datasets)
        for i, entry in enumerate(self.scenarios):
            misfits += _unknown(("scenarios", i, "systems"), entry.systems, systems)
            misfits += _unknown(("scenarios", i, "datasets"), entry.datasets, datasets)
        if self.stress is not None:
            misfits += _unknown(("stress", "systems"), self.stress.systems, systems)
            misfits += _unknown(("stress", "datasets"), self.stress.datasets, datasets)
        for i, claim in enumerate(self.claims):
            misfits += _unknown(("claims", i, "systems"), claim.systems, systems)
            misfits += _not_under_stress(("claims", i), claim, self.stress)
            if claim.dataset is not None and claim.dataset not in datasets:
                misfits.append((("claims", i, "dataset"), _no_such(claim.dataset, datasets)))
            told = f"confident_share[{self.analyses.confident:g}]"
            if (claim.metric or "").startswith("confident_share") and claim.metric != told:
                what = f"{claim.metric} is not measured; with analyses.confident it is {told}"
                misfits.append((("claims", i, "metric"), what))
        if misfits:
            raise MisfitsError(misfits)
        return self


_Misfit = tuple[tuple[str | int, ...], str]


def _twice(kind: str, names: list[str]) -> Iterator[_Misfit]:
    for i, name in enumerate(names):
        first = names.index(name)
        if first < i:
            says = f"{name!r} is there already, as {kind}[{first}]; give another name"
            yield (*kind.split("."), i), says


def _cannot_compare(pairs: list[list[str]], systems: Sequence[str]) -> Iterator[_Misfit]:
    for i, pair in enumerate(pairs):
        path = ("analyses", "compare", i)
        yield from _unknown(path, pair, systems)
        if pair[0] == pair[1]:
            yield path, "a system differs from itself in nothing"
        elif pair in pairs[:i]:
            yield path, f"these two are compared already, in analyses.compare[{pairs.index(pair)}]"


def _not_under_stress(
    path: tuple[str | int, ...], claim: ClaimSpec, stress: StressSpec | None
) -> Iterator[_Misfit]:
    """Tell what a claim names under stress and the file's stress does not measure."""
    asked, metric = claim.condition, claim.metric or ""
    if asked is None or "=" in asked:
        if MEASURED_UNDER_STRESS.fullmatch(metric):
            what = f"{metric} is measured under stress; name it, as condition: jpeg:3"
            yield (*path, "condition"), what
        return
    faults = never_measured(stress, asked, metric, is_of_groups=bool(claim.over))
    yield from (((*path, key), what) for key, what in faults)


def _unknown(
    path: tuple[str | int, ...], asked: Sequence[str], known: Sequence[str]
) -> Iterator[_Misfit]:
    for i, name in enumerate(asked):
        if name not in known:
            yield (*path, i), _no_such(name, known)


def _no_such(name: str, known: Sequence[str]) -> str:
    listed = ", ".join(repr(k) for k in dict.fromkeys(known))
    return f"there is no {name!r} in this file. Known: {listed}"


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
    return checked(file, AuditSpec)


def audit_schema() -> dict[str, Any]:
    """Return the JSON Schema of audit files, for editors."""
    return json_schema(AuditSpec, "facevalue audit file")
