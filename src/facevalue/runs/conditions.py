"""Conditions that items are asked under, and what is open under each.

The jobs of a condition are found by planning it as if it were a system of its own. Only
which items are open is held on to: keys are made again when they are needed, so that memory
does not grow with conditions times items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from facevalue.canonical import canonical_json
from facevalue.domain.predictions import Failure, FailureKind, Media
from facevalue.errors import InputError
from facevalue.runs.answers import answered
from facevalue.runs.asking import is_passing, is_reached
from facevalue.runs.plan import Context, Items, Job, plan, rows_of
from facevalue.runs.store import Store
from facevalue.systems.base import SystemSpec

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Change", "Condition", "Line", "Work", "open_questions", "survey"]

Change = Callable[[Media, Media | None], Media | Failure]
"""From media, and those of the partner if there is one, to media under another digest.

It may depend on nothing else: the answer is kept under the condition's identity and the
digests of both. It may give a `Failure` for media it cannot change (kept as ``unmade``);
whatever it raises is a bug of ours and ends the run. It runs in several threads at once.
"""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One thing that is done to every item before, or in how, the system is asked.

    Parameters
    ----------
    name
        As in findings: ``gaussian-blur:3``, ``repeat``, ``alone``.
    identity
        Everything that decides what is done, as JSON: part of the key that answers are kept
        under. ``batch_size`` and ``order_seed`` are not looked at: name them here.
    change
        What is done to the media; `None` leaves them as they are.
    partners
        From item to the other item whose media the change also gets.
    batch_size
        How many items are asked for at once; by default as in `Terms`.
    order_seed
        Ask in another order, drawn from this seed.
    """

    name: str
    identity: Mapping[str, object]
    change: Change | None = None
    partners: Mapping[str, str] | None = None
    batch_size: int | None = None
    order_seed: int | None = None

    def apply(self, media: Media | Failure, partner: Media | Failure | None) -> Media | Failure:
        """Return what the system is given for one item.

        Raises
        ------
        TypeError
            If the change gave something else than media or a failure: a bug of ours.
        """
        if self.change is None or isinstance(media, Failure):
            return media
        if isinstance(partner, Failure):
            what = "the other media that go into the change cannot be read"
            return Failure(FailureKind.UNMADE, what)
        changed: object = self.change(media, partner)
        if not isinstance(changed, Media | Failure):
            what = f"gave something of type {type(changed).__name__}, not media"
            raise TypeError(f"the change of condition {self.name!r} {what}")
        if isinstance(changed, Failure):
            return Failure(FailureKind.UNMADE, changed.detail)
        return changed


@dataclass(slots=True)
class Line:
    """A condition with the places of the items that are asked under it."""

    condition: Condition
    context: Context
    is_open: np.ndarray
    n_jobs: int
    n_retried: int

    @property
    def n_open(self) -> int:
        """How many questions have no lasting answer."""
        return int(self.is_open.sum())

    def partner(self, name: str) -> str | None:
        """Return the item whose media goes into the change of ``name``."""
        return (self.condition.partners or {}).get(name)


@dataclass(slots=True)
class Work:
    """What there is to ask. Places are those of ``table``, in the order of the dataset."""

    table: pl.DataFrame
    names: list[str]
    digests: Mapping[str, str]
    order: np.ndarray
    is_deterministic: bool
    was_reached: bool = False
    lines: list[Line] = field(default_factory=list)

    def job(self, line: Line, place: int) -> Job:
        """Return the question about one item under one condition."""
        name = self.names[place]
        partner = line.partner(name)
        return Job.of(
            line.context,
            name,
            self.digests[name],
            item=None if self.is_deterministic else name,
            partner=None if partner is None else self.digests[partner],
        )

    def table_of(self, line: Line, spec: SystemSpec, store: Store) -> pl.DataFrame:
        """Return the answers under a condition, in the order of the dataset."""
        planned = plan(spec, _with_partners(self, line.condition), line.condition.identity)
        return answered(self.names, planned.keys, store.answers(planned.context), spec.labels)


def survey(
    spec: SystemSpec,
    items: Items,
    store: Store,
    conditions: Sequence[Condition],
    asked: Sequence[str] | None,
) -> Work:
    """Find out what is open, condition by condition: the keys of one are held at a time."""
    whole = items.items.select("item", "sha256")
    digests = dict(whole.iter_rows())
    _refuse_unusable(conditions, digests)
    if asked is None:
        table, order = whole, np.arange(whole.height)
    else:
        chosen = set(rows_of(whole, asked)["item"])
        table = whole.filter(whole["item"].is_in(list(chosen)))
        at = {name: place for place, name in enumerate(table["item"])}
        order = np.array([at[name] for name in dict.fromkeys(asked)], dtype=np.intp)
    work = Work(table, table["item"].to_list(), digests, order, spec.deterministic)
    places = {name: place for place, name in enumerate(work.names)}
    for condition in conditions:
        planned = plan(spec, _with_partners(work, condition), condition.identity)
        known = store.kinds(planned.context)
        is_open = np.zeros(len(work.names), dtype=bool)
        n_retried = 0
        for job in planned.jobs:
            kind = known.get(job.key)
            n_retried += is_passing(kind)
            is_open[places[job.asked_with]] = job.key not in known or is_passing(kind)
            work.was_reached |= job.key in known and is_reached(kind)
        line = Line(condition, planned.context, is_open, len(planned.jobs), n_retried)
        work.lines.append(line)
    return work


def open_questions(
    spec: SystemSpec,
    items: Items,
    store: Store,
    conditions: Sequence[Condition],
    asked: Sequence[str],
) -> np.ndarray:
    """Return how many questions about each item have no lasting answer, as it is and changed.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_asked,)``. An item that has no partner is not asked where one goes into a change;
        one with the media of another is asked with it.
    """
    work = survey(spec, items, store, conditions, asked)
    base = plan(spec, work.table)
    known = store.kinds(base.context)
    open_base = {j.asked_with for j in base.jobs if j.key not in known or is_passing(known[j.key])}
    n_open = np.array([name in open_base for name in work.names], dtype=np.intp)
    for line in work.lines:
        needs = line.condition.partners is not None
        can_be = np.array([not needs or line.partner(n) is not None for n in work.names], bool)
        n_open += line.is_open & can_be
    found: np.ndarray = n_open[work.order]
    return found


def _refuse_unusable(conditions: Sequence[Condition], digests: Mapping[str, str]) -> None:
    contexts: dict[str, str] = {}
    names: set[str] = set()
    for condition in conditions:
        if condition.name in names:
            raise ValueError(f"two conditions are named {condition.name!r}")
        names.add(condition.name)
        other = contexts.setdefault(canonical_json(dict(condition.identity)), condition.name)
        if other != condition.name:
            raise ValueError(f"conditions {other!r} and {condition.name!r} have one identity")
        for partner in (condition.partners or {}).values():
            if partner not in digests:
                what = f"the dataset has no item {partner!r}"
                raise InputError(f"condition {condition.name!r}: {what}")


def _with_partners(work: Work, condition: Condition) -> pl.DataFrame:
    if condition.partners is None:
        return work.table
    import polars as pl

    partners = [condition.partners.get(name) for name in work.names]
    digests = [None if partner is None else work.digests[partner] for partner in partners]
    return work.table.with_columns(pl.Series("partner", digests, dtype=pl.String))
