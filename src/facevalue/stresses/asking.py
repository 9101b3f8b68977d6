"""Ask systems about media as they are and under every condition, in rounds of whole people.

People come in a drawn order, so that a budget that is spent, or an interval that is narrow
enough, leaves a sample and no selection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from facevalue.audits import (
    BudgetSpec,
    ReadAudit,
    StressSpec,
)
from facevalue.dataset import Dataset
from facevalue.errors import InputError
from facevalue.runs import (
    Budget,
    Condition,
    Event,
    RunFolder,
    Subset,
    Terms,
    execute,
    stress,
    stress_name,
)
from facevalue.runs.answers import answer_table
from facevalue.stats import IntervalSpec, Scale, interval, level_of_look, mean_of, refuse
from facevalue.stresses.conditions import Planned, floor_of, media_kind, planned
from facevalue.systems import Recorded, System

__all__ = ["Asking", "Kept", "ask_under_stress", "stress_of"]

WORDS = ("name", "family")
BUDGET_ROUNDS = 10
"""In how many parts people are asked for under a budget."""


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
    is_deterministic
        Whether the system declares that it answers the same media alike.
    landmarks
        Those by which parts of a face were placed; empty where they are fixed places.
    """

    system: str
    dataset: str
    conditions: tuple[dict[str, Any], ...]
    floor: str | None
    n_looks: int
    stopped: tuple[str, ...]
    n_items: int
    says: str = ""
    is_deterministic: bool = True
    landmarks: tuple[str, ...] = ()

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
            lists["landmarks"] = tuple(told.get("landmarks", ()))
            kept = cls(**{**told, **lists})
            texts = [
                kept.system,
                kept.dataset,
                *kept.landmarks,
                *(c[k] for c in kept.conditions for k in WORDS),
            ]
            numbers = [kept.n_looks, kept.n_items, *(c["n_asked"] for c in kept.conditions)]
            scales = [(c["curve"], c["severity"]) for c in kept.conditions]
            steps = [severity for curve, severity in scales if curve is not None]
        except (LookupError, TypeError) as error:
            raise InputError("the record of the stress in the run folder is damaged") from error
        if not all(isinstance(x, str) for x in texts) or not all(
            isinstance(x, int) and x >= 0 for x in (*numbers, *steps)
        ):
            raise InputError("the record of the stress in the run folder is damaged")
        return kept


def _budget_of(spec: BudgetSpec | None) -> Budget | None:
    """Return a new budget for one system."""
    if spec is None:
        return None
    return Budget(items=spec.items, calls=spec.calls, seconds=spec.seconds)


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
        told = [kept.says for kept in self.kept if kept.says]
        sentence = told[-1] if told else "" if self.budget is None else self.budget.sentence
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
        for k, items in enumerate(rounds):
            going = [p.condition for p in conditions if p.condition.name not in stopped]
            for part in _parts(items, budget, 1 + len(going)):
                terms = Terms(budget=budget, batch_size=spec.batch_size)
                base.append(
                    execute(system, Subset(dataset, part), store, on_event=on_event, budget=budget,
                            batch_size=spec.batch_size)
                )  # fmt: skip
                for together, asked in _askable(going, part):
                    answers = stress(
                        system, dataset, store, together, on_event=on_event,
                        terms=replace(terms, asked=asked),
                    )  # fmt: skip
                    for name, table in answers.items():
                        found[name].append(table)
            if spec.stop is not None and k < len(rounds) - 1 and base:
                whole = pl.concat(base, how="diagonal_relaxed")
                one_level = level_of_look(level, spec.stop.looks)
                for name in (c.name for c in going if found[c.name]):
                    reach = _half_width(whole, found[name], dataset, one_level)
                    if reach <= spec.stop.half_width:
                        stopped.append(name)
    return _kept(system, dataset, spec, conditions, base, found, stopped, budget)


def _parts(items: Sequence[str], budget: Budget | None, n_each: int) -> Iterator[Sequence[str]]:
    """Yield items for which the budget lasts under all conditions, until it is spent.

    So no condition is less complete than another, but for the last item. What calls and seconds
    a question takes is not known before: of such budgets it holds to a round.
    """
    at = 0
    while at < len(items) and not (budget is not None and budget.is_spent):
        left = None if budget is None else budget.items_left
        n = len(items) if left is None else max(1, left // n_each)
        yield items[at : at + n]
        at += n


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
    # Person by person also within a round: the order of a manifest may go by label.
    drawn = sorted(
        zip(items["person"], items["item"], strict=True), key=lambda row: (place[row[0]], row[1])
    )
    for person, item in drawn:
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
    nothing = answer_table([], [], {}, system.spec.labels)
    base = base or [nothing]
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
        says="" if budget is None else _says(budget, told, base, dataset),
        is_deterministic=system.spec.deterministic,
        landmarks=tuple(spec.landmarks) if media_kind(dataset) == "image" else (),
    )
    under = long or [nothing.with_columns(condition=pl.lit(""))]
    return _in_order(base, dataset), pl.concat(under, how="diagonal_relaxed"), kept


def _says(
    budget: Budget, told: Sequence[dict[str, Any]], base: Sequence[pl.DataFrame], dataset: Dataset
) -> str:
    """Say how many of all questions have an answer, where the budget was spent before the rest."""
    n_all = len(dataset) * (1 + len(told))
    n_answered = sum(t.height for t in base) + sum(c["n_asked"] for c in told)
    if not budget.is_spent or n_answered >= n_all:
        return ""
    return (
        f"The budget of {budget.limits} is spent: {n_answered:,} of {n_all:,} questions were asked "
        f"(items, as they are and under {len(told):,} conditions), {n_all - n_answered:,} were not."
    )


def _in_order(tables: Sequence[pl.DataFrame], dataset: Dataset) -> pl.DataFrame:
    """Return the rows of all tables in the order of the dataset."""
    order = pl.DataFrame({"item": dataset.items["item"]}).with_row_index("row")
    table = pl.concat(list(tables), how="diagonal_relaxed")
    return table.join(order, on="item", how="left").sort("row").drop("row")


def _drawn(dataset: Dataset, read: ReadAudit) -> list[str]:
    """Return the items person by person, in a drawn order: a part of them is then no choice."""
    rounds = _rounds(dataset, max(dataset.items.height, 1), read.spec.seed)
    return [item for items in rounds for item in items]
