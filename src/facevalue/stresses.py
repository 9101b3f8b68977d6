"""Stress: from what an audit file says to conditions, from conditions to answers and findings.

Stands between `runs`, which asks, `perturb`, which changes media, and `audits`, which measures;
none of them knows the others. People are asked for in a drawn order and in rounds, so that a
budget that is spent, or an interval that is narrow enough, leaves a sample and no selection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, Protocol

import numpy as np
import polars as pl

from facevalue.audits import (
    CHECKS,
    CONTROLS,
    RELIANCE,
    ROBUSTNESS,
    BudgetSpec,
    MeasureSpec,
    ReadAudit,
    Sample,
    Stressed,
    StressSpec,
    measure_stress,
)
from facevalue.audits.findings import Finding
from facevalue.canonical import digest
from facevalue.dataset import Dataset
from facevalue.domain import Failure, Media
from facevalue.errors import InputError, Problem, UnknownNameError
from facevalue.perturb import PERTURBATIONS, Perturbation, Role
from facevalue.perturb.pairs import PAIRS, PairPerturbation
from facevalue.perturb.partners import choose_partners
from facevalue.runs import (
    Budget,
    Condition,
    Event,
    RunFolder,
    Subset,
    Terms,
    execute,
    stress,
)
from facevalue.stats import IntervalSpec, Scale, interval, level_of_look, mean_of, refuse
from facevalue.systems import Recorded, System

__all__ = [
    "Asking",
    "Kept",
    "Planned",
    "check_stress",
    "findings_under_stress",
    "floor_of",
    "media_kind",
    "planned",
    "stress_name",
    "stress_of",
]

FAMILY = {Role.NUISANCE: ROBUSTNESS, Role.CONTROL: CONTROLS, Role.RELIANCE: RELIANCE}
FLOORS = ("least-change", "least-change-sound")
REPEAT = "repeat"
MADE_WITH = {"image": ("numpy", "opencv-python-headless", "pillow"), "sound": ("numpy", "scipy")}
BUDGET_ROUNDS = 10
"""In how many parts people are asked for under a budget."""

Kind = Literal["image", "sound"]


class ReadSample(Protocol):
    """From an answer table to a sample, as for unchanged media."""

    def __call__(self, *, answers: pl.DataFrame) -> Sample:
        """Return the sample."""
        ...


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One condition: what is asked, and how its answers are read."""

    condition: Condition
    family: str
    curve: str | None = None
    severity: int | None = None


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is known of the conditions of one system on one dataset, beside its answers.

    Parameters
    ----------
    system, dataset
        Their names in the audit.
    conditions
        Name, family, curve and severity of each, with the items asked under it.
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
    """

    system: str
    dataset: str
    conditions: tuple[dict[str, Any], ...]
    floor: str | None
    n_looks: int
    stopped: tuple[str, ...]
    n_items: int
    says: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Kept:
        """Read it back.

        Raises
        ------
        InputError
            If it is damaged.
        """
        try:
            lists = {k: tuple(told[k]) for k in ("conditions", "stopped")}
            return cls(**{**told, **lists})
        except (LookupError, TypeError) as error:
            raise InputError("the record of the stress in the run folder is damaged") from error


def stress_name(dataset: str) -> str:
    """Return what the answers under stress are kept under; no dataset can be called so."""
    return f"{dataset}\nunder stress"


def _budget_of(spec: BudgetSpec | None) -> Budget | None:
    """Return a new budget for one system."""
    if spec is None:
        return None
    return Budget(items=spec.items, calls=spec.calls, seconds=spec.seconds)


def media_kind(dataset: Dataset) -> Kind | None:
    """Return what the items of a dataset are; `None` without media that can be read."""
    if not dataset.has_media:
        return None
    for item in dataset.items["item"].head(5).to_list():
        (media,) = dataset.media([item])
        if isinstance(media, Media):
            if media.image is not None:
                return "image"
            return None if media.sound is None else "sound"
    return None


def check_stress(read: ReadAudit, datasets: Mapping[str, Dataset]) -> list[Problem]:
    """Return what is wrong with the ``stress`` of an audit file, all at once."""
    spec = read.spec.stress
    if spec is None:
        return []
    problems: list[Problem] = []
    for i, entry in enumerate(spec.entries):
        where = f"stress.perturbations[{i}]"
        try:
            found = _named(entry.name)
        except UnknownNameError as error:
            # There are more than a message should list.
            guess = str(error).partition(" Known:")[0]
            what = f"{guess} All of them: facevalue perturbations list"
            problems.append(Problem("unknown_name", what, where))
            continue
        missing = [s for s in entry.severities if s not in _severities(found)]
        if missing:
            has = ", ".join(map(str, _severities(found)))
            what = f"{entry.name} has no severity {', '.join(map(str, missing))}; it has {has}"
            problems.append(Problem("bad_value", what, where))
    if not problems and datasets:
        problems += _fits_nothing(spec, datasets)
    return problems


def _fits_nothing(spec: StressSpec, datasets: Mapping[str, Dataset]) -> list[Problem]:
    used = {k: d for k, d in datasets.items() if not spec.datasets or k in spec.datasets}
    kinds = {media_kind(d) for d in used.values()} - {None}
    if not kinds:
        named = ", ".join(repr(k) for k in used) or "none"
        what = f"no dataset with media that can be changed; those asked on: {named}"
        return [Problem("no_media", what, "stress")]
    return [
        Problem(
            "bad_value",
            f"{entry.name} changes {_named(entry.name).media}s, and no dataset here has any",
            f"stress.perturbations[{i}]",
        )
        for i, entry in enumerate(spec.entries)
        if _named(entry.name).media not in kinds
    ]


def _named(name: str) -> Perturbation | PairPerturbation:
    if name in PAIRS:
        return PAIRS[name]
    if name not in PERTURBATIONS:
        raise UnknownNameError("perturbation", name, sorted({*PERTURBATIONS, *PAIRS}))
    return PERTURBATIONS[name]


def _severities(found: Perturbation | PairPerturbation) -> tuple[int, ...]:
    return (found.severity,) if isinstance(found, PairPerturbation) else found.severities


def planned(spec: StressSpec, dataset: Dataset, seed: int) -> list[Planned]:
    """Return the conditions that fit a dataset, in the order of the audit file; checks first."""
    kind = media_kind(dataset)
    if kind is None:
        return []
    found = [_check(name, seed) for name in CHECKS if name in spec.checks]
    for entry in spec.entries:
        one = _named(entry.name)
        if one.media != kind:
            continue
        if isinstance(one, PairPerturbation):
            found.append(_pair(one, dataset, seed))
        else:
            found += [_step(one, s, seed) for s in entry.severities or one.severities]
    return found


def _step(one: Perturbation, severity: int, seed: int) -> Planned:
    applied = one.at(severity, seed=seed)

    def change(media: Media, _: Media | None) -> Media | Failure:
        return applied.apply(media)

    identity = {**applied.identity, "made_with": _versions(one.media)}
    condition = Condition(name=applied.condition, identity=identity, change=change)
    return Planned(
        condition=condition, family=FAMILY[one.role], curve=one.name, severity=severity
    )  # fmt: skip


def _pair(one: PairPerturbation, dataset: Dataset, seed: int) -> Planned:
    applied = one.with_seed(seed)
    items = dataset.items
    partners = choose_partners(
        items["item"].to_list(), items["annotated"].to_list(), items["subject"].to_list(),
        seed=seed, label=one.partner,
    )  # fmt: skip

    def change(media: Media, other: Media | None) -> Media | Failure:
        if other is None:
            raise InputError(f"{one.name}: item {media.item!r} has no partner")
        return applied.apply(media, other)

    identity = {**applied.identity, "made_with": _versions(one.media)}
    condition = Condition(
        name=applied.condition, identity=identity, change=change, partners=partners
    )
    return Planned(condition=condition, family=RELIANCE, curve=one.name, severity=one.severity)


def _versions(kind: Kind) -> dict[str, str]:
    """Return the versions of what changes media: another one may round otherwise."""
    found = {}
    for package in MADE_WITH[kind]:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # what is not here changed nothing
    return found


def _check(name: str, seed: int) -> Planned:
    identity: dict[str, object] = {"check": name, "version": 1}
    if name == "shuffled":
        identity["seed"] = seed
    condition = Condition(
        name=name,
        identity=identity,
        change=_renamed if name == "renamed" else None,
        batch_size=1 if name == "alone" else None,
        order_seed=seed if name == "shuffled" else None,
    )
    return Planned(condition=condition, family=ROBUSTNESS)


def _renamed(media: Media, _: Media | None) -> Media:
    name = digest(["renamed", media.sha256])
    return replace(media, item=name[:16], sha256=name, path=None)


@dataclass
class Asking:
    """One system of an audit being asked, dataset after dataset, under one budget.

    Parameters
    ----------
    read
        The audit.
    system
        Who is asked; of answers made elsewhere only those there are can be had.
    folder
        Where answers are kept.
    on_event
        Is told about progress: system, dataset, event.
    limit
        How much may be asked now; by default what the audit file says under ``stress``.
    """

    read: ReadAudit
    system: System | Recorded
    folder: RunFolder
    on_event: Callable[[str, str, Event], None]
    limit: BudgetSpec | None = None
    kept: list[Kept] = field(default_factory=list)
    budget: Budget | None = field(init=False)

    def __post_init__(self) -> None:
        declared = None if self.read.spec.stress is None else self.read.spec.stress.budget
        self.budget = _budget_of(self.limit or declared)

    @property
    def says(self) -> str:
        """What was left out because the budget is spent; empty if nothing was."""
        sentence = "" if self.budget is None else self.budget.sentence
        return f"{self.system.spec.name}: {sentence}" if sentence else ""

    def answers(self, key: str, dataset: Dataset) -> pl.DataFrame:
        """Return the answers to unchanged media; those under stress are kept beside them."""
        spec, name = self.read.spec.stress, self.system.spec.name

        def tell(event: Event) -> None:
            self.on_event(name, key, event)

        if spec is not None and spec.is_about(name, key) and not isinstance(self.system, Recorded):
            found = ask_under_stress(
                self.system, dataset, spec, self.folder, seed=self.read.spec.seed,
                level=self.read.spec.level, budget=self.budget, on_event=tell,
            )  # fmt: skip
            if found is not None:
                base, under, kept = found
                self.folder.write_answers(name, stress_name(key), under)
                self.kept.append(kept)
                return base
        drawn = dataset if self.budget is None else Subset(dataset, _drawn(dataset, self.read))
        with closing(self.folder.open_store()) as store:
            table = execute(self.system, drawn, store, on_event=tell, budget=self.budget)
        return table if self.budget is None else _in_order([table], dataset)


def stress_of(folder: RunFolder, record: Mapping[str, Any]) -> list[Kept]:
    """Return what is known of the conditions that the systems of a run were asked under."""
    try:
        return [Kept.from_json(told) for told in record.get("stress", [])]
    except (InputError, TypeError) as error:
        how = f"Run: facevalue run AUDIT.yaml --out {folder.path}"
        raise InputError(f"{folder.path}: the record of the run is damaged. {how}") from error


def ask_under_stress(  # noqa: PLR0913 - one call site; each is a part of one audit
    system: System,
    dataset: Dataset,
    spec: StressSpec,
    folder: RunFolder,
    *,
    seed: int,
    level: float,
    budget: Budget | None,
    on_event: Callable[[Event], None],
) -> tuple[pl.DataFrame, pl.DataFrame, Kept] | None:
    """Ask a system about a dataset as it is and under every condition that fits.

    Returns
    -------
    The answers to unchanged media, those under conditions (with a column ``condition``), and what
    is known of them; `None` where no condition fits the dataset.
    """
    conditions = planned(spec, dataset, seed)
    if not conditions:
        return None
    n_rounds = spec.stop.looks if spec.stop else BUDGET_ROUNDS if budget else 1
    rounds = _rounds(dataset, n_rounds, seed)
    base: list[pl.DataFrame] = []
    found: dict[str, list[pl.DataFrame]] = {p.condition.name: [] for p in conditions}
    stopped: list[str] = []
    with closing(folder.open_store()) as store:
        for items in rounds:
            if budget is not None and budget.is_spent:
                break
            base.append(
                execute(system, Subset(dataset, items), store, on_event=on_event, budget=budget,
                        batch_size=spec.batch_size)
            )  # fmt: skip
            going = [p.condition for p in conditions if p.condition.name not in stopped]
            answers: dict[str, pl.DataFrame] = {}
            for together, asked in _askable(going, items):
                terms = Terms(asked=asked, budget=budget, batch_size=spec.batch_size)
                answers |= stress(
                    system, dataset, store, together, on_event=on_event, terms=terms
                )  # fmt: skip
            for name, table in answers.items():
                found[name].append(table)
            if spec.stop is not None:
                whole = pl.concat(base, how="diagonal_relaxed")
                one_level = level_of_look(level, spec.stop.looks)
                for name in answers:
                    reach = _half_width(whole, found[name], dataset, one_level)
                    if reach <= spec.stop.half_width:
                        stopped.append(name)
    return _kept(system, dataset, spec, conditions, base, found, stopped, budget)


def _askable(
    conditions: Sequence[Condition], items: Sequence[str]
) -> Iterator[tuple[list[Condition], list[str]]]:
    """Yield conditions with the items that can be asked under them: some have no partner."""
    alone = [c for c in conditions if c.partners is None]
    if alone:
        yield alone, list(items)
    for condition in conditions:
        if condition.partners is not None:
            asked = [item for item in items if item in condition.partners]
            if asked:
                yield [condition], asked


def _rounds(dataset: Dataset, n: int, seed: int) -> list[list[str]]:
    """Return the items of each round: whole people, in a drawn order."""
    items = dataset.items.select("item", "subject").with_columns(
        person=pl.col("subject").fill_null(pl.col("item"))
    )
    if n == 1:
        return [items["item"].to_list()]
    people = sorted(items["person"].unique().to_list())
    order = np.random.default_rng([seed, 0x57]).permutation(len(people))
    place = {people[p]: i for i, p in enumerate(order)}
    size = math.ceil(len(people) / n)
    rounds: list[list[str]] = [[] for _ in range(n)]
    for item, person in zip(items["item"], items["person"], strict=True):
        rounds[place[person] // size].append(item)
    return [r for r in rounds if r]


def _half_width(
    base: pl.DataFrame, tables: Sequence[pl.DataFrame], dataset: Dataset, level: float
) -> float:
    """Return half the width of the interval of the share unchanged; infinite if there is none."""
    changed = pl.concat(list(tables), how="diagonal_relaxed").select("item", now="label")
    joined = (
        base.filter(pl.col("label").is_not_null())
        .select("item", before="label")
        .join(changed, on="item")
        .join(dataset.items.select("item", "subject"), on="item")
        .with_columns(
            person=pl.col("subject").fill_null(pl.col("item")),
            same=pl.col("before").eq_missing(pl.col("now")).cast(pl.Float64),
        )
    )
    by = joined.group_by("person").agg(n=pl.len(), same=pl.col("same").sum()).sort("person")
    n, same = (by[c].cast(pl.Float64).to_numpy() for c in ("n", "same"))
    found = mean_of(n, same, np.arange(len(n)), joined.height)
    if refuse(found) is not None:
        return math.inf
    ends = interval(found, IntervalSpec(level), Scale.SHARE)
    return (ends.high - ends.low) / 2


def _kept(  # noqa: PLR0913 - a part of `ask_under_stress`
    system: System,
    dataset: Dataset,
    spec: StressSpec,
    conditions: Sequence[Planned],
    base: Sequence[pl.DataFrame],
    found: Mapping[str, Sequence[pl.DataFrame]],
    stopped: Sequence[str],
    budget: Budget | None,
) -> tuple[pl.DataFrame, pl.DataFrame, Kept]:
    long = [
        _in_order(tables, dataset).with_columns(condition=pl.lit(name))
        for name, tables in found.items()
        if tables
    ]
    asked = {t["condition"][0]: t.height for t in long if t.height}
    told = tuple(
        {
            "name": p.condition.name, "family": p.family, "curve": p.curve,
            "severity": p.severity, "n_asked": asked.get(p.condition.name, 0),
        }
        for p in conditions
    )  # fmt: skip
    names = {p.condition.name for p in conditions}
    kept = Kept(
        system=system.spec.name,
        dataset=dataset.id,
        conditions=told,
        floor=floor_of(names, is_deterministic=system.spec.deterministic),
        n_looks=spec.stop.looks if spec.stop else 1,
        stopped=tuple(stopped),
        n_items=len(dataset),
        says="" if budget is None else budget.sentence,
    )
    return _in_order(base, dataset), pl.concat(long, how="diagonal_relaxed"), kept


def _in_order(tables: Sequence[pl.DataFrame], dataset: Dataset) -> pl.DataFrame:
    """Return the rows of all tables in the order of the dataset."""
    order = pl.DataFrame({"item": dataset.items["item"]}).with_row_index("row")
    table = pl.concat(list(tables), how="diagonal_relaxed")
    return table.join(order, on="item", how="left").sort("row").drop("row")


def _drawn(dataset: Dataset, read: ReadAudit) -> list[str]:
    """Return the items person by person, in a drawn order: a part of them is then no choice."""
    rounds = _rounds(dataset, max(dataset.items.height, 1), read.spec.seed)
    return [item for items in rounds for item in items]


def floor_of(names: Iterable[str], *, is_deterministic: bool) -> str | None:
    """Return the smallest change: of a system that draws its answers, asking it again.

    Parameters
    ----------
    names
        Of all conditions.
    is_deterministic
        Whether the system declares that it answers the same media alike.

    Examples
    --------
    >>> asked = ["repeat", "least-change:1", "mirror:5"]
    >>> floor_of(asked, is_deterministic=True), floor_of(asked, is_deterministic=False)
    ('least-change:1', 'repeat')
    """
    least = [n for n in sorted(names) if n.partition(":")[0] in FLOORS]
    again = [n for n in names if n == REPEAT]
    return next(iter([*least, *again] if is_deterministic else [*again, *least]), None)


def findings_under_stress(
    base: Sample,
    folder: RunFolder,
    kept: Kept,
    spec: MeasureSpec,
    read_sample: ReadSample,
) -> list[Finding]:
    """Measure what was answered under all conditions.

    Parameters
    ----------
    base
        Answers to unchanged media.
    folder
        The run, with the answers under stress.
    kept
        What is known of them.
    spec
        How to measure.
    read_sample
        From an answer table to a sample, as for unchanged media.
    """
    answers = folder.read_answers(kept.system, stress_name(kept.dataset))
    stressed = [
        Stressed(
            condition=told["name"],
            family=told["family"],
            answers=read_sample(
                answers=answers.filter(pl.col("condition") == told["name"]).drop("condition")
            ),
            curve=told["curve"],
            severity=told["severity"],
        )
        for told in kept.conditions
        if told["n_asked"]
    ]
    return measure_stress(base, stressed, spec, floor=kept.floor, n_looks=kept.n_looks)
