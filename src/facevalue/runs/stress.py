"""Ask a system about media that were changed, and about the same media in other ways.

A *condition* is one thing that is done to every item: a perturbation at one severity, or
only another way of asking (again, alone, in another order). Each item is decoded once for
all its open conditions and changed in worker threads while the system answers; the answers
are kept and resumed as those of `facevalue.runs.execute` are.

How it goes, and why:

Item by item
    A handful of items is decoded and asked under all conditions before the next: the media
    in memory are those of a few batches, whatever the number of items and conditions, and
    a budget that is spent leaves all conditions equally complete.
One condition a batch
    A system whose answers hang on the neighbours in the batch is then told by the
    conditions ``batch_size`` and ``order_seed``, and the neighbours of an item are the same
    items under every perturbation.
Threads, not processes
    OpenCV, and NumPy on whole pictures, let other threads run. Processes would have to be
    handed each picture and to hand it back: two of them take 0.25 ms for the 0.18 ms that
    two threads take to change a picture of 112 × 112 pixels, and five times as long for one
    of 448 × 448 (24 conditions, two cores). And a change would have to be something that can
    be sent to them.
Orders of their own
    Conditions that are asked in another order decode their items again: the other order
    is one of all items, not of those that happen to be in memory.

A system that hangs is ended by its adapter where it is a process or an endpoint
(``timeout_s``). A Python function that hangs cannot be ended from within the process: run
it behind the adapter ``command``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from facevalue.runs.asking import Asking
from facevalue.runs.budget import Budget
from facevalue.runs.conditions import Condition, Work, survey
from facevalue.runs.events import Event, Finished, Started
from facevalue.runs.keeping import Keeper
from facevalue.runs.pipeline import chunks_of, prepared
from facevalue.runs.plan import Items
from facevalue.runs.store import Store
from facevalue.runs.tuning import BatchSize
from facevalue.systems.base import System

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Terms", "stress"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a system is asked.

    Parameters
    ----------
    asked
        The items that are asked, in this order; by default all in theirs. Under a budget
        the order has to be a draw, of subjects rather than of items.
    budget
        How much may be asked.
    n_workers
        Threads that change media; by default one less than there are cores to run on, which
        leaves one to the system, but at least one.
    batch_size
        How many items are asked for at once, as for `facevalue.runs.execute`.
    clock
        Seconds from any origin.
    """

    asked: Sequence[str] | None = None
    budget: Budget | None = None
    n_workers: int | None = None
    batch_size: BatchSize = None
    clock: Callable[[], float] = time.perf_counter


def stress(
    system: System,
    items: Items,
    store: Store,
    conditions: Sequence[Condition],
    *,
    on_event: Callable[[Event], None],
    terms: Terms | None = None,
) -> dict[str, pl.DataFrame]:
    """Return the system's answers under each condition, asking only for what is not there.

    Parameters
    ----------
    system
        The audited system. It is called from this thread alone.
    items
        The dataset.
    store
        Where answers are looked up and kept.
    conditions
        What is done to each item.
    on_event
        Is told about progress, in this thread.
    terms
        How the system is asked.

    Returns
    -------
    dict of polars.DataFrame
        The answer table of each condition, as from `facevalue.runs.execute`: one row an
        item that was asked, in the order of the dataset. Rows are missing only where the
        budget was spent before.

    Raises
    ------
    SystemUnavailableError, StoreError
        As `facevalue.runs.execute` does.
    InputError
        If an asked item or a partner is not part of the dataset, or the media are not of
        the kind that the system is given.
    ValueError
        If two conditions have one name or one identity.

    Examples
    --------
    >>> import tempfile
    >>> from dataclasses import replace
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import polars as pl
    >>> from facevalue.domain.predictions import Media, Prediction
    >>> from facevalue.systems.base import SystemSpec
    >>> class Bright:
    ...     spec = SystemSpec(name="bright", adapter="callable", labels=None, identity={},
    ...                       media="image")
    ...     def predict(self, batch):
    ...         return [Prediction("day" if m.image.mean() > 99 else "night") for m in batch]
    >>> class Two:
    ...     items = pl.DataFrame({"item": ["a", "b"], "sha256": ["11", "22"]})
    ...     def media(self, items):
    ...         grey = {"a": 120, "b": 240}
    ...         return [Media(item=i, sha256=i, image=np.full((2, 2, 3), grey[i], np.uint8))
    ...                 for i in items]
    >>> half = Condition(name="half:1", identity={"name": "half"},
    ...                  change=lambda m, _: replace(m, sha256=m.sha256 + "h", image=m.image // 2))
    >>> with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "s") as store:
    ...     found = stress(Bright(), Two(), store, [half], on_event=lambda event: None)
    >>> found["half:1"]["label"].to_list()
    ['night', 'day']
    """
    terms = terms or Terms()
    began = terms.clock()
    work = survey(system.spec, items, store, conditions, terms.asked)
    on_event(
        Started(
            system=system.spec.name,
            n_items=len(work.names),
            n_jobs=sum(line.n_jobs for line in work.lines),
            n_done_before=sum(line.n_jobs - line.n_open for line in work.lines),
            n_retried=sum(line.n_retried for line in work.lines),
            n_conditions=len(conditions),
        )
    )
    asking = Asking.of(
        system,
        store,
        on_event,
        clock=terms.clock,
        budget=terms.budget,
        batch_size=terms.batch_size,
    )
    n_open = sum(line.n_open for line in work.lines)
    if terms.budget is not None:
        terms.budget.want(n_open)
    if n_open and not asking.is_over():
        _ask(asking, items, work, terms)
    asking.refuse_silence(was_reached=work.was_reached)
    seconds = terms.clock() - began
    on_event(
        Finished(
            n_jobs=asking.n_jobs,
            n_failed=asking.n_failed,
            seconds=seconds,
            n_left=n_open - asking.n_jobs,
        )
    )
    return {line.condition.name: work.table_of(line, system.spec, store) for line in work.lines}


def _ask(asking: Asking, items: Items, work: Work, terms: Terms) -> None:
    tuning, fixed = asking.tuning, terms.batch_size
    usual = asking.system.spec.batch_size if fixed is None or fixed == "auto" else fixed
    largest = max([usual, *(line.condition.batch_size or 1 for line in work.lines)])

    def at_once(own: int | None) -> int:
        return own or (usual if tuning is None else tuning.size)

    def decoded() -> int:
        if tuning is None:
            return largest
        return tuning.size if tuning.is_settled else max(largest, 2 * tuning.size)

    chunks = chunks_of(items, work, decoded, terms.budget)
    n_workers = terms.n_workers or max(1, n_cores() - 1)
    with (
        Keeper(asking.store, asking.on_event) as asking.keeper,
        closing(prepared(chunks, work, n_workers)) as batches,
    ):
        for line, jobs, media in batches:
            asking.settle(line.context, jobs, media, partial(at_once, line.condition.batch_size))
            if asking.is_over():
                return


def n_cores() -> int:
    """Return how many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
