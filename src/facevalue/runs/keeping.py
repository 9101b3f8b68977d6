"""Answers on their way to the disk while the system is asked further.

A disk may take as long to confirm a write as a system takes to answer a batch. Under
stress, where questions are many and each is cheap, the two overlap; how far asking may run
ahead of the disk is bounded, so that a run that is killed asks no more than that again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Self

from facevalue.domain.predictions import Answer, Failure
from facevalue.errors import StoreError
from facevalue.runs.events import Advanced, Event
from facevalue.runs.plan import Context, Job
from facevalue.runs.store import Store

__all__ = ["MAX_WAITING", "Keeper"]

MAX_WAITING = 4
"""Batches that may be answered and not yet on disk, beside those that are being written."""

Results = Sequence[tuple[Job, Answer]]


class Keeper:
    """Writes answers to a store from another thread, in the order in which they are given.

    A context manager: when it is left, everything given is on disk, also after an error.

    Parameters
    ----------
    store
        Where answers are kept.
    on_event
        Is told, in the thread of whoever calls `keep`, what has come to be on disk.
    """

    def __init__(self, store: Store, on_event: Callable[[Event], None]) -> None:
        self._store = store
        self._on_event = on_event
        self._waiting: list[tuple[Context, Results]] = []
        self._written: list[tuple[Context, Results]] = []
        self._untold: list[Results] = []
        self._writing: Future[None] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="facevalue-store")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            # What ended the run is told; that the disk is full, too, would hide it.
            with suppress(*(() if error is None else (StoreError,))):
                self._wait()
                self._begin()
                self._wait()
        finally:
            self._pool.shutdown()
        if error is None:
            self._tell()

    def keep(self, context: Context, results: Results) -> None:
        """Take answers; wait only when too many are not on disk yet.

        Raises
        ------
        StoreError
            If those given before cannot be kept.
        """
        self._waiting.append((context, results))
        if self._writing is not None and (
            self._writing.done() or len(self._waiting) >= MAX_WAITING
        ):
            self._wait()
            self._tell()
        if self._writing is None:
            self._begin()

    def _begin(self) -> None:
        if self._waiting:
            self._written, self._waiting = self._waiting, []
            self._writing = self._pool.submit(self._store.add_all, self._written)

    def _wait(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()
            self._untold += [results for _, results in self._written]

    def _tell(self) -> None:
        while self._untold:
            results = self._untold.pop(0)
            n_failed = sum(isinstance(answer, Failure) for _, answer in results)
            self._on_event(Advanced(n_jobs=len(results), n_failed=n_failed))
