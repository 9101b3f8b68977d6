"""Audits of planted systems: the real path from media to what is said to move the answers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from facevalue.audits import (
    Finding,
    MeasureSpec,
    Sample,
    Stressed,
    StressSpec,
    measure,
    measure_stress,
    sample_of,
)
from facevalue.audits.attribution import Moved, moved_by, moved_unequally_by
from facevalue.audits.looks import LARGEST_GAP
from facevalue.dataset import Dataset
from facevalue.domain import Estimate
from facevalue.perturb import PERTURBATIONS
from facevalue.runs import Event, Store, execute, stress
from facevalue.stresses import Planned, floor_of, partner_codes, planned
from facevalue.systems.base import System
from planted.pictures import LABELS, Population, pictures, sounds
from planted.systems import DRAWN, Panel, Planted, system_named

__all__ = [
    "DESIGNS", "ENOUGH", "FEWEST", "Design", "Outcome", "outcome", "outcomes_at_once", "panels",
]  # fmt: skip

CHECKS = ["repeat", "alone", "shuffled", "renamed"]
ON_PICTURES = [
    ("least-change", 1), ("mirror", 5), ("brightness-up", 2), ("brightness-down", 2),
    ("contrast-down", 2), ("gaussian-noise", 2), ("jpeg", 2), ("gaussian-blur", 2),
    ("keep-face", 3), ("swap-background", 3), ("hide-mouth", 2),
]  # fmt: skip
ON_SOUNDS = [
    ("least-change-sound", 1), ("reversed-speech", 5), ("shuffled-speech", 5), ("gain-down", 2),
    ("white-noise", 2), ("tilt-down", 2), ("inverted-polarity", 1), ("time-offset", 2),
    ("crop-start", 2),
]  # fmt: skip

EVERYBODY = MeasureSpec(
    metrics=("unchanged", "unchanged_below_floor", "failure_change", "failure_rate")
)
BY_GROUP = MeasureSpec(
    metrics=("unchanged", "accuracy"), groups=(("group",),), permutations=499, shuffles=1
)
LEVEL = 0.95
FEWEST = 20
"""The fewest people there are here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A planted system, who it is asked about, and what has to be found.

    Parameters
    ----------
    system
        Its name in `planted.systems`.
    expected
        Names of the perturbations or checks that may be named first; empty: nothing may be.
    by_group
        Whether what is asked is for whom, and not what: groups are looked at.
    """

    system: str
    expected: tuple[str, ...]
    of: Population
    by_group: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to find."""
        return not self.expected

    @property
    def has_noise(self) -> bool:
        """Whether answers change by chance, or as if by chance."""
        kind = system_named(self.system, 0)
        return kind.drawn or kind.hangs_on_last_bit

    @property
    def also(self) -> tuple[str, ...]:
        """What is true of the system beside the fault, and may be said as well."""
        if self.by_group or not system_named(self.system, 0).hangs_on_last_bit:
            return ()
        return LEAST

    @property
    def hears(self) -> bool:
        """Whether it is about sounds."""
        return system_named(self.system, 0).hears

    @property
    def is_promised(self) -> bool:
        """Whether people are enough for the fault to be found in nineteen audits of twenty."""
        return self.of.people >= ENOUGH[self.system]

    @property
    def quicker(self) -> Design:
        """The same with fewer items, for the fast suite."""
        return replace(self, of=replace(self.of, people=min(self.of.people, 30), items=3))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether an audit was right.

    Parameters
    ----------
    is_right
        The fault was found and attributed to what it is; of a clean system: nothing was said.
    is_silent
        Nothing was said.
    extra
        What was said as well and has nothing to do with the fault.
    """

    is_right: bool
    is_silent: bool
    extra: tuple[str, ...] = ()


SMALL = Population(people=FEWEST, items=3)
USUAL = Population(people=40, items=4)
LARGE = Population(people=80, items=3)
LARGEST = Population(people=160, items=3)
HEARD = Population(people=FEWEST, items=3)
MORE_HEARD = Population(people=40, items=3)

LEAST = ("least-change", "least-change-sound")
ORDER = ("alone", "shuffled")
BEHIND = ("swap-background", "keep-face")

ENOUGH = {
    "background": 20, "background and face": 20, "mouth": 20, "file name": 20,
    "position in the batch": 20, "neighbour in the batch": 20, "asked again": 20,
    "text rather than voice": 20, "tilt of the spectrum": 20,
    "last bit, often": 40, "last bit of a sound": 40, "last bit": 160, "mirror": 40, DRAWN: 40,
    "compression": 40, "blur": 40, "brightness": 80, "stability of a group": 80,
    "accuracy of a group": 80,
}  # fmt: skip
"""People from whom each fault is promised to be found: more where it goes with the person."""

_CLEAN = (
    "clean, steady", "clean, one item", "clean, drawn and declared",
    "clean, much drawn and declared",
)  # fmt: skip
_OF_ITEMS: Mapping[str, tuple[str, ...]] = {
    "last bit": LEAST,
    "last bit, often": LEAST,
    "mirror": ("mirror",),
    DRAWN: ("mirror",),
    "background": BEHIND,
    "background and face": BEHIND,
    "mouth": ("hide-mouth",),
    "compression": ("jpeg",),
    "blur": ("gaussian-blur",),
    "file name": ("renamed",),
    "position in the batch": ORDER,
    "neighbour in the batch": ORDER,
    "asked again": ("repeat",),
}
_OF_SOUNDS: Mapping[str, tuple[str, ...]] = {
    "last bit of a sound": LEAST,
    "text rather than voice": ("reversed-speech", "shuffled-speech"),
    "tilt of the spectrum": ("tilt-down",),
}
_OF_GROUPS: Mapping[str, tuple[str, ...]] = {
    "stability of a group": ("brightness-down",),
    "accuracy of a group": ("accuracy",),
}
_ALL = (SMALL, USUAL, LARGE)
DESIGNS = [
    *(Design(system=name, expected=(), of=of) for name in _CLEAN for of in _ALL),
    *(
        Design(system=name, expected=(), of=HEARD)
        for name in ("clean, sounds", "clean, sounds, drawn and declared")
    ),
    *(
        Design(system=name, expected=(), of=of, by_group=True)
        for name in ("last bit", "last bit, often")
        for of in _ALL
    ),
    *(Design(system=n, expected=e, of=of) for n, e in _OF_ITEMS.items() for of in (SMALL, USUAL)),
    *(Design(system=n, expected=LEAST, of=LARGE) for n in ("last bit", "last bit, often")),
    Design(system="last bit", expected=LEAST, of=LARGEST),
    *(Design(system="brightness", expected=("brightness-up",), of=of) for of in (USUAL, LARGE)),
    *(Design(system=name, expected=e, of=HEARD) for name, e in _OF_SOUNDS.items()),
    Design(system="last bit of a sound", expected=LEAST, of=MORE_HEARD),
    *(
        Design(system=name, expected=expected, of=of, by_group=True)
        for name, expected in _OF_GROUPS.items()
        for of in (USUAL, LARGE)
    ),
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Answers of one system, as they are and under every condition."""

    system: Planted
    base: Sample
    stressed: Sequence[Stressed]


def _ignore(_: Event) -> None:
    return None


def _spec(*, hears: bool) -> StressSpec:
    entries = [
        {"name": name, "severities": [severity]} if name in PERTURBATIONS else name
        for name, severity in (ON_SOUNDS if hears else ON_PICTURES)
    ]
    return StressSpec.model_validate({"perturbations": entries, "checks": CHECKS})


def _answers(
    system: System, dataset: Dataset, conditions: Sequence[Planned]
) -> tuple[pl.DataFrame, Mapping[str, pl.DataFrame]]:
    """Ask under every condition, through a store on disk."""
    asked = [p.condition for p in conditions]
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "store.sqlite") as store:
        base = execute(system, dataset, store, on_event=_ignore)
        return base, stress(system, dataset, store, asked, on_event=_ignore)


def outcome(design: Design, seed: int) -> Outcome:
    """Return whether an audit of one planted system was right."""
    system = system_named(design.system, seed)
    dataset = (sounds if system.hears else pictures)(design.of, seed)
    conditions = planned(_spec(hears=system.hears), dataset, seed)
    base, under = _answers(system, dataset, conditions)
    return _judged(design, _sorted(system, dataset, base, under, seed))


def panels() -> list[tuple[Design, ...]]:
    """Return the designs that can be asked at once: of the same people and media."""
    found: dict[tuple[Population, bool], list[Design]] = {}
    for design in DESIGNS:
        found.setdefault((design.of, design.hears), []).append(design)
    return [tuple(designs) for designs in found.values()]


def outcomes_at_once(designs: Sequence[Design], seed: int) -> list[Outcome]:
    """Return whether audits of many planted systems were right that are asked together."""
    names = list(dict.fromkeys(d.system for d in designs))
    members = [system_named(name, seed) for name in names]
    hears = members[0].hears
    dataset = (sounds if hears else pictures)(designs[0].of, seed)
    conditions = planned(_spec(hears=hears), dataset, seed)
    base, under = _answers(Panel(members), dataset, conditions)
    asked = {}
    for k, (name, member) in enumerate(zip(names, members, strict=True)):
        own = {c: _column(table, k) for c, table in under.items()}
        asked[name] = _sorted(member, dataset, _column(base, k), own, seed)
    return [_judged(d, asked[d.system]) for d in designs]


def _column(table: pl.DataFrame, number: int) -> pl.DataFrame:
    """Return the answers of one member of a panel."""
    letter = {label[0]: label for label in LABELS}
    told = pl.col("label").str.slice(number, 1).replace_strict(letter, return_dtype=pl.String)
    return table.with_columns(label=told)


def _sorted(
    system: Planted,
    dataset: Dataset,
    base: pl.DataFrame,
    under: Mapping[str, pl.DataFrame],
    seed: int,
) -> _Asked:
    spec = _spec(hears=system.hears)
    partners = partner_codes(spec, dataset, seed)

    def sample(answers: pl.DataFrame) -> Sample:
        return sample_of(
            system=system.name, dataset=dataset.id, items=dataset.items, answers=answers,
            taxonomy=dataset.taxonomy, labels={}, attributes={"group": dataset.items["group"]},
            subjects_declared=True,
        )  # fmt: skip

    stressed = [
        Stressed(
            condition=p.condition.name,
            family=p.family,  # type: ignore[arg-type]  # one of three names
            answers=sample(under[p.condition.name]),
            curve=p.curve,
            severity=p.severity,
            partners=partners.get(str(p.curve)),
        )
        for p in planned(spec, dataset, seed)
    ]
    return _Asked(system, sample(base), stressed)


def _judged(design: Design, asked: _Asked) -> Outcome:
    system, base, stressed = asked.system, asked.base, asked.stressed
    names = [s.condition for s in stressed]
    floor = floor_of(names, is_deterministic=system.says_deterministic)
    if design.expected == ("accuracy",):
        is_apart = _is_apart(measure([base], [BY_GROUP]))
        return Outcome(is_apart, not is_apart)
    if design.by_group:
        found = measure_stress(base, stressed, BY_GROUP, floor=floor)
        return _outcome(design, moved_unequally_by(found, system.name, base.dataset, LEVEL))
    found = measure_stress(base, stressed, EVERYBODY, floor=floor)
    moved = moved_by(
        found, system.name, base.dataset, LEVEL, is_deterministic=system.says_deterministic
    )
    return _outcome(design, moved)


def _outcome(design: Design, moved: Sequence[Moved]) -> Outcome:
    said = [m.name for m in moved]
    extra = tuple(name for name in said if name not in (*design.expected, *design.also))
    if design.is_clean:
        return Outcome(not said, not said, extra)
    return Outcome(bool(said) and said[0] in design.expected, not said, extra)


def _is_apart(findings: Iterable[Finding]) -> bool:
    return any(
        isinstance(f.result, Estimate) and f.p_adjusted is not None and f.p_adjusted <= 1.0 - LEVEL
        for f in findings
        if (f.place.metric, f.place.reference) == ("accuracy", LARGEST_GAP)
        and f.place.condition is None
    )
