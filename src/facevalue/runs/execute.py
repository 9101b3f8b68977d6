"""Ask a system for the answers that are not there yet.

Resuming has no code of its own: a run does the jobs that have no lasting result. Every
answer is on disk before the next batch is asked for. While the system answers one batch,
the media of the next are decoded in another thread; never more than that one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from facevalue.domain.predictions import Answer, Failure, FailureKind, Media
from facevalue.errors import FacevalueError, InputError, PluginError, SystemUnavailableError
from facevalue.runs.answers import answer_table, checked
from facevalue.runs.events import Advanced, Event, Finished, Started
from facevalue.runs.plan import Context, Items, Job, plan
from facevalue.runs.store import Store
from facevalue.systems.base import Recorded, System

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MAX_UNREACHED_BATCHES", "execute"]

_log = logging.getLogger(__name__)

MAX_UNREACHED_BATCHES = 10
"""Batches in a row that may come back wholly unavailable. Adapters try several times before
they say so: after ten the system is down, and asking for the rest would fill the run with
failures that are not its answers. Time-outs do not count: they are the system's answer to
an item, and on resuming they are the only items left."""


def execute(
    system: System | Recorded,
    items: Items,
    store: Store,
    *,
    on_event: Callable[[Event], None],
    batch_size: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
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
        How many items are asked for at once; by default what the system prefers.
    clock
        Seconds from any origin, for the duration in `Finished`.

    Returns
    -------
    polars.DataFrame
        The answer table (``item``, ``label``, ``failure``, ``detail``, ``score_<label>``),
        one row an item, in the order of the items.

    Raises
    ------
    SystemUnavailableError
        If the system cannot be started, was not reached for `MAX_UNREACHED_BATCHES` batches
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
    retried = [job for job in work.jobs if _is_passing(known.get(job.key))]
    open_jobs = [job for job in work.jobs if job.key not in known or _is_passing(known[job.key])]
    on_event(
        Started(
            system=system.spec.name,
            n_items=len(work.keys),
            n_jobs=len(work.jobs),
            n_done_before=len(work.jobs) - len(open_jobs),
            n_retried=len(retried),
        )
    )
    labels = system.spec.labels
    known_labels = None if labels is None else frozenset(labels)
    asking = _Asking(system, store, work.context, on_event, known_labels)
    size = batch_size or system.spec.batch_size
    with closing(_decoded(items, _batches(open_jobs, size))) as batches:
        for batch, media in batches:
            asking.settle(batch, media)
    asking.refuse_silence(was_reached=any(_is_reached(kind) for kind in known.values()))
    on_event(Finished(n_jobs=asking.n_jobs, n_failed=asking.n_failed, seconds=clock() - began))
    answers = store.answers(work.context)
    return answer_table(items.items["item"].to_list(), work.keys, answers, labels)


def _is_passing(kind: FailureKind | None) -> bool:
    return kind is not None and kind.is_passing


def _is_reached(kind: FailureKind | None) -> bool:
    """Whether a result of this kind came from the system itself."""
    return kind not in (FailureKind.UNAVAILABLE, FailureKind.UNREADABLE_MEDIA)


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


def _batches(jobs: Sequence[Job], size: int) -> Iterator[Sequence[Job]]:
    for start in range(0, len(jobs), size):
        yield jobs[start : start + size]


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


@dataclass(slots=True)
class _Asking:
    """One system being asked, batch after batch."""

    system: System
    store: Store
    context: Context
    on_event: Callable[[Event], None]
    labels: frozenset[str] | None
    n_jobs: int = 0
    n_failed: int = 0
    n_asked: int = 0
    n_reached: int = 0
    n_silent_batches: int = 0

    def settle(self, batch: Sequence[Job], media: Sequence[Media | Failure]) -> None:
        """Give every job of the batch a result, on disk."""
        readable: list[tuple[Job, Media]] = []
        unreadable: list[tuple[Job, Answer]] = []
        for job, one in zip(batch, media, strict=True):
            if isinstance(one, Failure):
                unreadable.append((job, checked(one, None)))
            else:
                self._refuse_other_media(one)
                readable.append((job, one))
        if unreadable:
            self._keep(unreadable)
        if readable:
            self._ask_batch(readable)

    def refuse_silence(self, *, was_reached: bool) -> None:
        """Refuse to call it done when the system was reached for no item, now or before."""
        if self.n_asked and not self.n_reached and not was_reached:
            raise SystemUnavailableError(
                f"system {self.system.spec.name!r} could not be reached for any of "
                f"{self.n_asked} items. Run the same command again when it can be."
            )

    def _ask_batch(self, batch: Sequence[tuple[Job, Media]]) -> None:
        reached_before = self.n_reached
        answers = self._ask([media for _, media in batch])
        if isinstance(answers, Failure) and len(batch) > 1:
            _log.warning(
                "system %s: a batch of %d failed (%s: %s); asking item by item",
                *(self.system.spec.name, len(batch), answers.kind, answers.detail),
            )
            for job, media in batch:
                alone = self._ask([media])
                answer = alone if isinstance(alone, Failure) else alone[0]
                self._keep_answers([(job, answer)])
        elif isinstance(answers, Failure):
            self._keep_answers([(batch[0][0], answers)])
        else:
            self._keep_answers([(job, a) for (job, _), a in zip(batch, answers, strict=True)])
        self._refuse_long_silence(is_reached=self.n_reached > reached_before)

    def _ask(self, batch: Sequence[Media]) -> list[Answer] | Failure:
        """Return one answer an item, or the failure of the batch as a whole."""
        try:
            given: object = self.system.predict(batch)
            if not isinstance(given, Iterable):
                return Failure(
                    FailureKind.MALFORMED_ANSWER,
                    f"something of type {type(given).__name__} in place of a list of answers",
                )
            # One more than wanted is enough to see that there are too many, also if endless.
            answers = list(islice(given, len(batch) + 1))
            if len(answers) == len(batch):
                return [checked(answer, self.labels) for answer in answers]
        except FacevalueError:
            raise  # the adapter says that it cannot work at all: no answer to these items
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the one place: theirs, not ours
            # Only the type: a message may hold a path, a key, or text about a person.
            return Failure(FailureKind.CRASHED, type(error).__name__[:80])
        count = f"{len(answers)}" if len(answers) < len(batch) else f"more than {len(batch)}"
        return Failure(FailureKind.MALFORMED_ANSWER, f"{count} answer(s) to {len(batch)} item(s)")

    def _keep_answers(self, results: Sequence[tuple[Job, Answer]]) -> None:
        self._keep(results)
        self.n_asked += len(results)
        self.n_reached += sum(
            not isinstance(answer, Failure) or answer.kind is not FailureKind.UNAVAILABLE
            for _, answer in results
        )

    def _keep(self, results: Sequence[tuple[Job, Answer]]) -> None:
        self.store.add(self.context, results)
        n_failed = sum(isinstance(answer, Failure) for _, answer in results)
        self.n_jobs += len(results)
        self.n_failed += n_failed
        self.on_event(Advanced(n_jobs=len(results), n_failed=n_failed))

    def _refuse_long_silence(self, *, is_reached: bool) -> None:
        self.n_silent_batches = 0 if is_reached else self.n_silent_batches + 1
        if self.n_silent_batches >= MAX_UNREACHED_BATCHES:
            raise SystemUnavailableError(
                f"system {self.system.spec.name!r} could not be reached for "
                f"{self.n_silent_batches} batches in a row. What it answered before is kept: "
                "run the same command again to go on."
            )

    def _refuse_other_media(self, media: Media) -> None:
        spec = self.system.spec
        lacks = (spec.media == "image" and media.image is None) or (
            spec.media == "sound" and media.sound is None
        )
        if lacks:
            raise InputError(
                f"system {spec.name!r} is given {spec.media} media, and item {media.item!r} has "
                f"none. Audit it on a dataset of {spec.media} media, or leave such items out "
                "with 'where'."
            )
