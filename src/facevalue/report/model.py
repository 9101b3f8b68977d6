"""What a report is made from, and its findings put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facevalue.audits.stress_spec import CHECKS
from facevalue.domain.claims import Verdict
from facevalue.report.small_cells import without_small_cells
from facevalue.report.wording import condition_words

if TYPE_CHECKING:
    from facevalue.audits.findings import Finding, FindingSet, Place
    from facevalue.simulate import Simulated, Unsimulated

__all__ = [
    "AGAIN",
    "REFERENCE",
    "REPEAT",
    "SMALLEST",
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

AGAIN = "asking again"
SMALLEST = "the smallest change"
REPEAT = "repeat"
"""The condition that changes nothing: the same media, asked again."""


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
    is_smallest
        Whether it is the smallest change there is, and no change to be ranked among others.
    is_below_scale
        Whether it changes less than the measure of severity can see: its severity is a name.
    """

    name: str
    family: str
    n_asked: int
    curve: str | None = None
    severity: int | None = None
    title: str = ""
    heading: str = ""
    is_smallest: bool = False
    is_below_scale: bool = False


@dataclass(frozen=True, slots=True)
class WorstItem:
    """An item whose answers change under many conditions.

    Parameters
    ----------
    condition
        The mildest that changes its answer.
    before, after
        Its answer as it is, and under that condition; `None` for a failure.
    pictures
        As PNG, as it is and under that condition, where the audit file asks for them.
    """

    item: str
    n_changed: int
    n_asked: int
    condition: str = ""
    before: str | None = None
    after: str | None = None
    pictures: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StressSheet:
    """What is known of the conditions of one system on one dataset.

    Parameters
    ----------
    floor
        The condition that others are held against: the smallest change there is, or asking again.
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
    landmarks
        Those of the data by which parts of a face were placed; empty where they are fixed places.
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
    landmarks: Sequence[str] = ()

    def words(self, condition: str) -> str:
        """Return a condition in words, ``Gaussian blur, severity 3``; empty where none are known.

        A severity is told where there are several.
        """
        c = next((c for c in self.conditions if c.name == condition), None)
        if c is None:
            return ""
        n_steps = sum(o.curve == c.curve for o in self.conditions if o.n_asked)
        return c.title if c.curve is None or n_steps < 2 else f"{c.title}, severity {c.severity}"

    def floor_words(self, condition: str | None) -> str:
        """Return in words what a condition is held against; empty where that is nothing.

        Other ways of asking, and the smallest change itself, are held against asking again.

        Examples
        --------
        >>> again = StressedCondition(name="repeat", family="robustness", n_asked=9)
        >>> sheet = StressSheet(system="mine", dataset="faces", conditions=(again,), n_items=9,
        ...                     floor="least-change:1")
        >>> [sheet.floor_words(c) for c in ("mirror:5", "least-change:1", "renamed", "repeat")]
        ['the smallest change', 'asking again', 'asking again', '']
        """
        if condition is None or condition == REPEAT:
            return ""
        floor = self.floor
        if condition in CHECKS or condition == floor:
            is_asked = any(c.name == REPEAT for c in self.conditions)
            floor = REPEAT if is_asked else None if condition == floor else floor
        return "" if floor is None else AGAIN if floor == REPEAT else SMALLEST


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

    def stress(self, of: Pair | Place) -> StressSheet | None:
        """Return what a pair was put under; `None` where its media were not changed."""
        at = (of.system, of.dataset)
        return next((s for s in self.report.stressed if (s.system, s.dataset) == at), None)

    def condition_at(self, place: Place) -> StressedCondition | None:
        """Return the condition under which something was found; `None` for a part of the data."""
        sheet = self.stress(place)
        named = () if sheet is None else sheet.conditions
        return next((c for c in named if c.name == place.condition), None)

    def condition_words(self, place: Place) -> str:
        """Return the condition of a place in words, with the name it has in the audit file."""
        sheet = self.stress(place)
        words = "" if sheet is None else sheet.words(str(place.condition))
        return f"{words} ({place.condition})" if words else condition_words(place.condition)

    def floor_words(self, place: Place) -> str:
        """Return what the condition of a place is held against, in words; empty for nothing."""
        sheet = self.stress(place)
        return "" if sheet is None else sheet.floor_words(place.condition)

    def sheet(self, system: str) -> SystemSheet | None:
        """Return the sheet of a system, or `None`."""
        return next((s for s in self.report.systems if s.name == system), None)


def _order(first: Sequence[str], then: Sequence[str]) -> dict[str, int]:
    """Return the position of each name: the declared ones, then others as they come."""
    return {name: i for i, name in enumerate(dict.fromkeys([*first, *then]))}
