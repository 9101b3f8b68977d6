"""Ask systems about media as they are and under every condition, in rounds of whole people.

People come in a drawn order, so that a budget that is spent, or an interval that is narrow
enough, leaves a sample and no selection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from facevalue.audits import (
    BudgetSpec,
    ReadAudit,
    StressSpec,
)
from facevalue.audits.sample import evaluated
from facevalue.dataset import Dataset
from facevalue.domain.predictions import FailureKind
from facevalue.errors import InputError
from facevalue.runs import (
    Budget,
    Condition,
    Event,
    RunFolder,
    Store,
    Subset,
    Terms,
    execute,
    open_questions,
    stress,
    stress_name,
)
from facevalue.runs.answers import answer_table
from facevalue.stats import IntervalSpec, Scale, interval, level_of_look, mean_of, refuse
from facevalue.stresses.conditions import Planned, floor_of, media_kind, planned
from facevalue.systems import Recorded, System

__all__ = ["Asking", "Kept", "ask_under_stress", "stress_of"]

WORDS = ("name", "family")
UNMADE = str(FailureKind.UNMADE)
IntArray = npt.NDArray[np.intp]
BUDGET_ROUNDS = 10
"""In how many parts people are asked for under a budget of calls or seconds."""
DRAWN = 0
"""One round, of people in a drawn order."""


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
    rounds = _rounds(dataset, spec.stop.looks if spec.stop else _n_rounds(budget), seed)
    base: list[pl.DataFrame] = []
    found: dict[str, list[pl.DataFrame]] = {p.condition.name: [] for p in conditions}
    stopped: list[str] = []
    with closing(folder.open_store()) as store:
        for k, items in enumerate(rounds):
            going = [p.condition for p in conditions if p.condition.name not in stopped]
            part = _lasts_for(system, dataset, store, going, items, budget)
            if not part:
                break
            base.append(
                execute(system, Subset(dataset, part), store, on_event=on_event, budget=budget,
                        batch_size=spec.batch_size)
            )  # fmt: skip
            for together, asked in _askable(going, part):
                terms = Terms(asked=asked, budget=budget, batch_size=spec.batch_size)
                answers = stress(
                    system, dataset, store, together, on_event=on_event, terms=terms
                )  # fmt: skip
                for name, table in answers.items():
                    found[name].append(table)
            if budget is not None and len(part) < len(items):
                budget.close()
            if spec.stop is not None and k < len(rounds) - 1:
                whole = pl.concat(base, how="diagonal_relaxed")
                one_level = level_of_look(level, spec.stop.looks)
                for name in (c.name for c in going if found[c.name]):
                    reach = _half_width(whole, found[name], dataset, one_level)
                    if reach <= spec.stop.half_width:
                        stopped.append(name)
    return _kept(system, dataset, spec, conditions, base, found, stopped, budget)


def _n_rounds(budget: Budget | None) -> int:
    """Return in how many rounds people are asked; what an item costs is known of items alone."""
    if budget is None:
        return 1
    return BUDGET_ROUNDS if budget.calls is not None or budget.seconds is not None else DRAWN


def _lasts_for(
    system: System,
    dataset: Dataset,
    store: Store,
    conditions: Sequence[Condition],
    items: Sequence[str],
    budget: Budget | None,
) -> Sequence[str]:
    """Return the first of the items for which the budget lasts under all conditions.

    So no condition is less complete than another, and none is asked of an item alone that others
    ask in batches. Of a budget that lasts for no item one is asked as far as it goes. What calls
    and seconds a question takes is not known before: of such budgets it holds to a round.
    """
    if budget is None:
        return items
    left = budget.items_left
    if budget.is_spent or left is None:
        return () if budget.is_spent else items
    asked = Subset(dataset, items).items["item"].to_list()
    n_open = open_questions(system.spec, dataset, store, conditions, asked)
    n = int(np.searchsorted(np.cumsum(n_open), left, side="right"))
    if n == len(items):
        return items
    if not n_open[:n].any():
        n += 1  # the first that is open, as far as it goes
    several = int((n_open[:n] > 0).sum()) > 1
    return items[:n] if several else _one_alone(conditions, items[:n], n_open, budget)


def _one_alone(
    conditions: Sequence[Condition],
    items: Sequence[str],
    n_open: IntArray,
    budget: Budget,
) -> Sequence[str]:
    """Return the items although only one of them is open, unless others should be asked with it.

    Raises
    ------
    InputError
        If that is so from the first question on: nothing could be seen of neighbours.
    """
    together = [c.name for c in conditions if c.batch_size == 1 or c.order_seed is not None]
    if not together:
        return items
    if budget.n_items:
        budget.close()
        return ()
    each = int(n_open.max())
    raise InputError(
        f"a budget of {budget.limits} lasts for 1 item ({each} questions each). Items that are "
        f"asked together are compared by: {', '.join(together)}. Give {2 * each} questions or "
        "more, or leave these checks out."
    )


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
    """Return the items of each round: whole people, in a drawn order (in theirs for one round)."""
    items = dataset.items.select("item", "subject").with_columns(
        person=pl.col("subject").fill_null(pl.col("item"))
    )
    if n == 1:
        return [items["item"].to_list()]
    n = max(n, 1)
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
    under = evaluated(pl.concat(list(tables), how="diagonal_relaxed"))
    changed = under.filter(pl.col("failure").ne_missing(UNMADE)).select("item", now="label")
    joined = (
        evaluated(base)
        .filter(pl.col("label").is_not_null())
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
    made = pl.col("failure").ne_missing(UNMADE)
    asked = {t["condition"][0]: t.filter(made).height for t in long if t.height}
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
    many = "condition" if len(told) == 1 else "conditions"
    ends = "lasts for no further item" if budget.is_closed else "is spent"
    return (
        f"The budget of {budget.limits} {ends}: {n_answered:,} of {n_all:,} questions were asked "
        f"(items, as they are and under {len(told):,} {many}), {n_all - n_answered:,} were not."
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
