"""One system being asked, batch after batch, with every answer kept.

What the system does is data: a crash, a wrong number of answers, a label that it does not
have become failures of the items. Only an adapter that says it cannot work at all, and a
system that is not reached any more, end the run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from facevalue.domain.predictions import Answer, Failure, FailureKind, Media
from facevalue.errors import FacevalueError, InputError, SystemUnavailableError
from facevalue.runs.answers import checked
from facevalue.runs.budget import Budget
from facevalue.runs.events import Advanced, Event
from facevalue.runs.keeping import Keeper
from facevalue.runs.plan import Context, Job
from facevalue.runs.store import Store
from facevalue.runs.tuning import BatchSize, Tuning, tuning_for
from facevalue.systems.base import System

__all__ = ["MAX_UNREACHED_BATCHES", "Asking", "is_passing", "is_reached", "size_bytes"]

_log = logging.getLogger(__name__)

MAX_UNREACHED_BATCHES = 10
"""Batches in a row that may come back wholly unavailable. Adapters try several times before
they say so: after ten the system is down, and asking for the rest would fill the run with
failures that are not its answers. Time-outs do not count: they are the system's answer to
an item, and on resuming they are the only items left."""


def is_passing(kind: FailureKind | None) -> bool:
    """Whether a job whose last result is of this kind is asked again."""
    return kind is not None and kind.is_passing


def is_reached(kind: FailureKind | None) -> bool:
    """Whether a result of this kind came from the system itself."""
    return kind not in (
        FailureKind.UNAVAILABLE,
        FailureKind.UNREADABLE_MEDIA,
        FailureKind.UNMADE,
    )


@dataclass(slots=True)
class Asking:
    """One system being asked.

    Parameters
    ----------
    system, store, on_event
        As for `facevalue.runs.execute`.
    labels
        The labels that the system says it can give.
    clock
        Seconds from any origin; only looked at for a budget and a tuning.
    budget
        How much may be asked.
    tuning
        What finds the size of batches.
    keeper
        Keeps answers while the system is asked further; without one each is on disk before
        the next batch is asked for.
    """

    system: System
    store: Store
    on_event: Callable[[Event], None]
    labels: frozenset[str] | None
    clock: Callable[[], float]
    budget: Budget | None = None
    tuning: Tuning | None = None
    keeper: Keeper | None = None
    since: float = 0.0
    n_jobs: int = 0
    n_failed: int = 0
    n_asked: int = 0
    n_reached: int = 0
    n_silent_batches: int = 0

    @classmethod
    def of(
        cls,
        system: System,
        store: Store,
        on_event: Callable[[Event], None],
        *,
        clock: Callable[[], float],
        budget: Budget | None,
        batch_size: BatchSize,
    ) -> Asking:
        """Return the asking of a system of which nothing was asked yet."""
        labels = system.spec.labels
        return cls(
            system,
            store,
            on_event,
            None if labels is None else frozenset(labels),
            clock,
            budget,
            tuning_for(system.spec, batch_size),
            since=clock() if budget is not None else 0.0,
        )

    def is_over(self) -> bool:
        """Whether the budget is spent."""
        return self.budget is not None and self.budget.is_spent

    def settle(
        self,
        context: Context,
        jobs: Sequence[Job],
        media: Sequence[Media | Failure],
        size: Callable[[], int] | None = None,
    ) -> None:
        """Give every job a result, on disk; fewer when the budget is spent on the way.

        Parameters
        ----------
        context
            What the jobs share.
        jobs, media
            The jobs and what the system is given for each, of shape ``(n_jobs,)``.
        size
            Gives the most that is asked for at once, before each batch; `None` for all.
        """
        readable: list[tuple[Job, Media]] = []
        unreadable: list[tuple[Job, Answer]] = []
        for job, one in zip(jobs, media, strict=True):
            if isinstance(one, Failure):
                unreadable.append((job, checked(one, None, is_theirs=False)))
            else:
                self._refuse_other_media(one)
                readable.append((job, one))
        if unreadable:
            self._keep(context, unreadable)
        at = 0
        while at < len(readable) and not self.is_over():
            n = len(readable) if size is None else size()
            left = self.budget.items_left if self.budget is not None else None
            batch = readable[at : at + (n if left is None else min(n, left))]
            self._ask_batch(context, batch)
            at += len(batch)

    def refuse_silence(self, *, was_reached: bool) -> None:
        """Refuse to call it done when the system was reached for no item, now or before."""
        if self.n_asked and not self.n_reached and not was_reached:
            raise SystemUnavailableError(
                f"system {self.system.spec.name!r} could not be reached for any of "
                f"{self.n_asked} items. Run the same command again when it can be."
            )

    def _ask_batch(self, context: Context, batch: Sequence[tuple[Job, Media]]) -> None:
        reached_before = self.n_reached
        answers = self._ask([media for _, media in batch])
        if isinstance(answers, Failure) and len(batch) > 1:
            _log.warning(
                "system %s: a batch of %d failed (%s: %s); asking item by item",
                *(self.system.spec.name, len(batch), answers.kind, answers.detail),
            )
            for job, media in batch:
                if self.is_over():
                    break
                alone = self._ask([media])
                answer = alone if isinstance(alone, Failure) else alone[0]
                self._keep_answers(context, [(job, answer)])
        elif isinstance(answers, Failure):
            self._keep_answers(context, [(batch[0][0], answers)])
        else:
            given = [(job, a) for (job, _), a in zip(batch, answers, strict=True)]
            self._keep_answers(context, given)
        self._refuse_long_silence(is_reached=self.n_reached > reached_before)

    def _ask(self, batch: Sequence[Media]) -> list[Answer] | Failure:
        """Return one answer an item, or the failure of the batch as a whole; count both."""
        began = self.clock() if self.tuning is not None else 0.0
        answers = self._answers(batch)
        if self.tuning is not None and not isinstance(answers, Failure):
            self.tuning.tell(len(batch), self.clock() - began, sum(map(size_bytes, batch)))
        if self.budget is not None:
            now = self.clock()
            self.budget.count(items=len(batch), seconds=now - self.since)
            self.since = now
        return answers

    def _answers(self, batch: Sequence[Media]) -> list[Answer] | Failure:
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

    def _keep_answers(self, context: Context, results: Sequence[tuple[Job, Answer]]) -> None:
        self._keep(context, results)
        self.n_asked += len(results)
        self.n_reached += sum(
            not isinstance(answer, Failure) or answer.kind is not FailureKind.UNAVAILABLE
            for _, answer in results
        )

    def _keep(self, context: Context, results: Sequence[tuple[Job, Answer]]) -> None:
        n_failed = sum(isinstance(a, Failure) and a.kind.is_theirs for _, a in results)
        if self.keeper is not None:
            self.keeper.keep(context, results)
        else:
            self.store.add(context, results)
        self.n_jobs += len(results)
        self.n_failed += n_failed
        if self.budget is not None:
            self.budget.settle(len(results))
        if self.keeper is None:
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


def size_bytes(media: Media | Failure) -> int:
    """Return the memory that the pixels and samples of an item take."""
    if isinstance(media, Failure):
        return 0
    return sum(part.nbytes for part in (media.image, media.sound) if part is not None)
