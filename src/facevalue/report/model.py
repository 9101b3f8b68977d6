"""What a report is made from, and its findings put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facevalue.domain.claims import Verdict
from facevalue.report.small_cells import without_small_cells

if TYPE_CHECKING:
    from facevalue.audits.findings import Finding, FindingSet
    from facevalue.simulate import Simulated, Unsimulated

__all__ = [
    "REFERENCE",
    "DatasetSheet",
    "GroupCount",
    "Material",
    "Pair",
    "Provenance",
    "ReportInput",
    "StressSheet",
    "StressedCondition",
    "SystemSheet",
    "WorstItem",
]

REFERENCE = "reference: "
"""Start of a group in the skill family that stands for a system without a model."""


@dataclass(frozen=True, slots=True)
class GroupCount:
    """Size of a group; `None` where it is too small to be shown."""

    n_items: int | None
    n_subjects: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSheet:
    """What is known of a dataset.

    Parameters
    ----------
    label_counts
        Items for each annotated label.
    attribute_counts
        Attribute → group → its size.
    warnings
        Things a reader must know before any number from these data.
    missing
        `None` if the data were there; else how to get them. A missing dataset has no
        numbers in the report.
    """

    id: str
    title: str = ""
    licence: str = ""
    citation: str = ""
    url: str = ""
    sha256: str = ""
    about: str = ""
    population: str = ""
    n_items: int = 0
    n_subjects: int = 0
    subjects_declared: bool = True
    label_counts: Mapping[str, int] = field(default_factory=dict)
    attribute_counts: Mapping[str, Mapping[str, GroupCount]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSheet:
    """What is known of an audited system.

    Parameters
    ----------
    labels
        The system's own words; `None` if it never declared them.
    about
        Title, version, licence, address, preprocessing and the like, as given.
    identity_sha256
        Digest of everything that can change an answer.
    failure_counts
        Kind of failure → items.
    prohibited
        Output labels that name ethnicity, race or religion; reported, never evaluated.
    skill
        Whether the system is shown to beat the reference systems, in one sentence.
    label_map
        The system's label → label of the audit.
    """

    name: str
    adapter: str = ""
    labels: Sequence[str] | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    identity_sha256: str = ""
    failure_counts: Mapping[str, int] = field(default_factory=dict)
    prohibited: Sequence[str] = ()
    skill: str = ""
    label_map: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the numbers come from, all of it handed over: the report has no clock.

    Parameters
    ----------
    packages
        Package → version, those that can change a number.
    started, locked
        Times as they are to be printed; ``locked`` is `None` if the plan was not locked.
    changed_since_lock
        Whether the audit file is not the one that was locked.
    command
        The command that makes this run again.
    files
        File of the run folder → SHA-256.
    """

    version: str
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""
    seed: int = 0
    level: float = 0.95
    started: str = ""
    locked: str | None = None
    changed_since_lock: bool = False
    command: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StressedCondition:
    """One way in which media were changed, or asked about again, before a system answered.

    Parameters
    ----------
    name
        As in findings: ``gaussian-blur:3``, ``repeat``.
    family
        ``robustness``, ``controls`` or ``reliance``.
    curve, severity
        The scale that it is a step of, and which; `None` where there is no scale.
    title
        The scale, or what is done, in words.
    heading
        What the scale is listed under: ``blur``; empty where that is not known.
    n_asked
        Items asked under it.
    """

    name: str
    family: str
    n_asked: int
    curve: str | None = None
    severity: int | None = None
    title: str = ""
    heading: str = ""


@dataclass(frozen=True, slots=True)
class WorstItem:
    """An item whose answers change under many conditions."""

    item: str
    n_changed: int
    n_asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StressSheet:
    """What is known of the conditions of one system on one dataset.

    Parameters
    ----------
    floor
        The condition that is the smallest change there is.
    n_looks
        How often asking could stop because an interval was narrow enough; 1 where it could not.
    stopped
        Conditions where it did.
    n_items
        Items of the dataset.
    says
        What was left out, in a sentence; empty if nothing was.
    worst
        Items whose answers change most, where the audit file asks for them.
    is_deterministic
        Whether the system declares that it answers the same media alike.
    """

    system: str
    dataset: str
    conditions: Sequence[StressedCondition]
    n_items: int
    floor: str | None = None
    n_looks: int = 1
    stopped: Sequence[str] = ()
    says: str = ""
    worst: Sequence[WorstItem] = ()
    is_deterministic: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """Everything a report says. The same input gives the same bytes.

    Groups of fewer subjects than ``min_cell`` are not shown. Of a public one (`published`
    makes it) not even their names are.
    """

    title: str
    audit_text: str
    audit_sha256: str
    findings: FindingSet
    verdicts: Sequence[Verdict]
    datasets: Sequence[DatasetSheet]
    systems: Sequence[SystemSheet]
    provenance: Provenance
    notes: Sequence[str] = ()
    min_cell: int = 5
    is_public: bool = False
    simulated: Sequence[Simulated] = ()
    not_simulated: Sequence[Unsimulated] = ()
    stressed: Sequence[StressSheet] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One system on one dataset, with what was found of it."""

    system: str
    dataset: str
    findings: tuple[Finding, ...]
    subjects_declared: bool
    anchor: str

    @property
    def noun(self) -> str:
        """What the independent units are: subjects, or items where none are declared."""
        return "subject" if self.subjects_declared else "item"

    @property
    def title(self) -> str:
        """The pair in words."""
        return f"{self.system} on {self.dataset}"

    def of(self, *families: str) -> list[Finding]:
        """Return the findings of some families, in order."""
        return [f for f in self.findings if f.place.family in families]


@dataclass(frozen=True)
class Material:
    """A report's input with its findings sorted by system and dataset.

    What is not to be shown is taken out here, so that no section can show it.
    """

    report: ReportInput
    pairs: tuple[Pair, ...] = field(init=False)
    by_key: Mapping[str, Finding] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "report", without_small_cells(self.report))
        by_pair: dict[tuple[str, str], list[Finding]] = {}
        by_key: dict[str, Finding] = {}
        for finding in self.report.findings:
            place = finding.place
            by_key[finding.key] = finding
            by_pair.setdefault((place.system, place.dataset), []).append(finding)
        object.__setattr__(self, "by_key", by_key)
        object.__setattr__(self, "pairs", self._sorted_pairs(by_pair))

    def _sorted_pairs(self, by_pair: Mapping[tuple[str, str], list[Finding]]) -> tuple[Pair, ...]:
        systems = _order([s.name for s in self.report.systems], [s for s, _ in by_pair])
        datasets = _order([d.id for d in self.report.datasets], [d for _, d in by_pair])
        undeclared = {d.id for d in self.report.datasets if not d.subjects_declared}
        keys = sorted(by_pair, key=lambda k: (systems[k[0]], datasets[k[1]]))
        return tuple(
            Pair(
                system,
                dataset,
                tuple(by_pair[system, dataset]),
                dataset not in undeclared,
                f"pair-{i}",
            )
            for i, (system, dataset) in enumerate(keys, start=1)
        )

    def noun(self, dataset: str) -> str:
        """Return what the independent units of a dataset are: see `Pair.noun`."""
        return next((p.noun for p in self.pairs if p.dataset == dataset), "subject")

    def stress(self, pair: Pair) -> StressSheet | None:
        """Return what a pair was put under; `None` where its media were not changed."""
        at = (pair.system, pair.dataset)
        return next((s for s in self.report.stressed if (s.system, s.dataset) == at), None)

    def sheet(self, system: str) -> SystemSheet | None:
        """Return the sheet of a system, or `None`."""
        return next((s for s in self.report.systems if s.name == system), None)


def _order(first: Sequence[str], then: Sequence[str]) -> dict[str, int]:
    """Return the position of each name: the declared ones, then others as they come."""
    return {name: i for i, name in enumerate(dict.fromkeys([*first, *then]))}
