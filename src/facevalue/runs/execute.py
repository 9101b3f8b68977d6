"""Ask a system for the answers that are not there yet.

Resuming has no code of its own: a run does the jobs that have no lasting result. Every
answer is on disk before the next batch is asked for. While the system answers one batch,
the media of the next are decoded in another thread; never more than that one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from facevalue.domain.predictions import Failure, Media
from facevalue.errors import PluginError
from facevalue.runs.answers import answered
from facevalue.runs.asking import Asking, is_passing, is_reached
from facevalue.runs.budget import Budget
from facevalue.runs.events import Event, Finished, Started
from facevalue.runs.plan import Items, Job, plan
from facevalue.runs.store import Store
from facevalue.runs.tuning import BatchSize
from facevalue.systems.base import Recorded, System

if TYPE_CHECKING:
    import polars as pl

__all__ = ["execute"]


def execute(
    system: System | Recorded,
    items: Items,
    store: Store,
    *,
    on_event: Callable[[Event], None],
    batch_size: BatchSize = None,
    clock: Callable[[], float] = time.perf_counter,
    budget: Budget | None = None,
) -> pl.DataFrame:
    """Return the system's answer to every item, asking only for what is not in ``store``.

    Parameters
    ----------
    system
        The audited system. Answers made elsewhere (`Recorded`) are read and not stored:
        nothing of them can be lost.
    items
        The dataset.
    store
        Where answers are looked up and kept.
    on_event
        Is told about progress, in this thread.
    batch_size
        How many items are asked for at once; by default what the system prefers. ``auto``
        doubles it from 1 while that pays (`facevalue.runs.Tuning`); endpoints keep theirs.
    clock
        Seconds from any origin, for the duration in `Finished`.
    budget
        How much may be asked. Items are asked in their order: where that says something
        about them, hand over a `facevalue.runs.Subset` in an order that was drawn.

    Returns
    -------
    polars.DataFrame
        The answer table (``item``, ``label``, ``failure``, ``detail``, ``score_<label>``),
        one row an item, in the order of the items. Once a budget is spent, items that were
        not asked have no row.

    Raises
    ------
    SystemUnavailableError
        If the system cannot be started, was not reached for ten batches
        in a row, or was reached for no item at all. What it answered before is kept.
    InputError
        If the dataset does not hold the kind of media that the system is given.
    StoreError
        If answers cannot be kept.

    Notes
    -----
    A batch that makes the system crash, or comes back with the wrong number of answers, is
    asked again item by item, so that an item is not counted as failed for its neighbours.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import polars as pl
    >>> from facevalue.domain.predictions import Prediction
    >>> from facevalue.systems.base import SystemSpec
    >>> class Calm:
    ...     spec = SystemSpec(name="calm", adapter="callable", labels=None, identity={},
    ...                       media="any")
    ...     def predict(self, batch):
    ...         return [Prediction("calm") for _ in batch]
    >>> class Two:
    ...     items = pl.DataFrame({"item": ["a", "b"], "sha256": ["11", "22"]})
    ...     def media(self, items):
    ...         return [Media(item=i, sha256=i) for i in items]
    >>> with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "s") as store:
    ...     execute(Calm(), Two(), store, on_event=lambda event: None)["label"].to_list()
    ['calm', 'calm']
    """
    began = clock()
    if isinstance(system, Recorded):
        return _read(system, items.items, on_event, lambda: clock() - began)
    work = plan(system.spec, items.items)
    known = store.kinds(work.context)
    n_retried = sum(is_passing(known.get(job.key)) for job in work.jobs)
    open_jobs = [job for job in work.jobs if job.key not in known or is_passing(known[job.key])]
    on_event(
        Started(
            system=system.spec.name,
            n_items=len(work.keys),
            n_jobs=len(work.jobs),
            n_done_before=len(work.jobs) - len(open_jobs),
            n_retried=n_retried,
        )
    )
    asking = Asking.of(system, store, on_event, clock=clock, budget=budget, batch_size=batch_size)
    if budget is not None:
        budget.want(len(open_jobs))
    size = system.spec.batch_size if batch_size is None or batch_size == "auto" else batch_size
    tuning = asking.tuning
    cut = _batches(open_jobs, lambda: size if tuning is None else tuning.size)
    if not asking.is_over():
        with closing(_decoded(items, cut)) as batches:
            for batch, media in batches:
                asking.settle(work.context, batch, media)
                if asking.is_over():
                    break
    asking.refuse_silence(was_reached=any(is_reached(kind) for kind in known.values()))
    on_event(
        Finished(
            n_jobs=asking.n_jobs,
            n_failed=asking.n_failed,
            seconds=clock() - began,
            n_left=len(open_jobs) - asking.n_jobs,
        )
    )
    answers = store.answers(work.context)
    return answered(items.items["item"].to_list(), work.keys, answers, system.spec.labels)


def _read(
    system: Recorded,
    items: pl.DataFrame,
    on_event: Callable[[Event], None],
    elapsed: Callable[[], float],
) -> pl.DataFrame:
    n = items.height
    on_event(Started(system=system.spec.name, n_items=n, n_jobs=n, n_done_before=n, n_retried=0))
    table = system.answers(items)
    if table["item"].to_list() != items["item"].to_list():
        raise PluginError(
            system.spec.name,
            f"its answers have {table.height} rows that are not the {n} items in their order",
        )
    on_event(Finished(n_jobs=0, n_failed=0, seconds=elapsed()))
    return table


def _batches(jobs: Sequence[Job], size: Callable[[], int]) -> Iterator[Sequence[Job]]:
    start = 0
    while start < len(jobs):
        n = size()
        yield jobs[start : start + n]
        start += n


def _decoded(
    items: Items, batches: Iterable[Sequence[Job]]
) -> Generator[tuple[Sequence[Job], Sequence[Media | Failure]], None, None]:
    """Yield batches with their media, decoding one batch ahead in another thread."""

    def decode(batch: Sequence[Job]) -> Sequence[Media | Failure]:
        return items.media([job.asked_with for job in batch])

    rest = iter(batches)
    current = next(rest, None)
    if current is None:
        return
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="facevalue-media") as pool:
        ahead = pool.submit(decode, current)
        while current is not None:
            media, batch = ahead.result(), current
            current = next(rest, None)
            if current is not None:
                ahead = pool.submit(decode, current)
            yield batch, media
