"""From files to changed media, in worker threads, never more than a few batches ahead.

One thread decodes; several change. What is at hand at any time is the items that are being
asked about, the next ones, and one changed batch more than there are workers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from facevalue.domain.predictions import Failure, Media
from facevalue.runs.asking import size_bytes
from facevalue.runs.budget import Budget
from facevalue.runs.conditions import Line, Work
from facevalue.runs.plan import Items, Job

__all__ = ["MAX_CHUNK_BYTES", "Chunk", "chunks_of", "prepared"]

MAX_CHUNK_BYTES = 64 << 20
"""How much media are decoded at a time; at least one item."""


@dataclass(slots=True)
class _Pass:
    """The conditions that are asked in one order, and how far they are."""

    lines: list[Line]
    places: list[int]
    at: int = 0

    @property
    def is_done(self) -> bool:
        return self.at >= len(self.places)


@dataclass(slots=True)
class Chunk:
    """A few items, decoded, and the conditions that they are asked under."""

    lines: list[Line]
    media: dict[int, Media | Failure] = field(default_factory=dict)
    partners: dict[str, Media | Failure] = field(default_factory=dict)

    @property
    def n_questions(self) -> int:
        """How many of the questions about these items are open."""
        places = list(self.media)
        return sum(int(line.is_open[places].sum()) for line in self.lines)


def _passes(work: Work) -> list[_Pass]:
    by_order: dict[int | None, list[Line]] = {}
    for line in work.lines:
        if line.n_open:
            by_order.setdefault(line.condition.order_seed, []).append(line)
    passes = []
    for seed, lines in by_order.items():
        order = work.order if seed is None else np.random.default_rng(seed).permutation(work.order)
        is_open = np.logical_or.reduce([line.is_open for line in lines])
        passes.append(_Pass(lines, order[is_open[order]].tolist()))
    return passes


def chunks_of(
    items: Items, work: Work, size: Callable[[], int], budget: Budget | None
) -> Iterator[Chunk]:
    """Decode a few items at a time, in turn for each order; the last few to fit the budget."""
    passes = _passes(work)
    n_lines = sum(len(one.lines) for one in passes)
    left = None if budget is None else budget.items_left
    while not all(one.is_done for one in passes):
        n = size()
        if left is not None:
            n = max(1, min(n, left // n_lines))
        for one in passes:
            if not one.is_done:
                chunk = _decoded(items, work, one, n)
                if left is not None:
                    left -= chunk.n_questions
                yield chunk


def _decoded(items: Items, work: Work, one: _Pass, n_items: int) -> Chunk:
    chunk, n_bytes = Chunk(one.lines), 0
    while not one.is_done and len(chunk.media) < n_items and n_bytes < MAX_CHUNK_BYTES:
        place = one.places[one.at]
        name = work.names[place]
        one.at += 1
        (chunk.media[place],) = items.media([name])
        n_bytes += size_bytes(chunk.media[place])
        for line in one.lines:
            partner = line.partner(name) if line.is_open[place] else None
            if partner is not None and partner not in chunk.partners:
                (chunk.partners[partner],) = items.media([partner])
                n_bytes += size_bytes(chunk.partners[partner])
    return chunk


Batch = tuple[list[Job], list[Media | Failure]]


def prepared(
    chunks: Iterator[Chunk], work: Work, n_workers: int
) -> Generator[tuple[Line, list[Job], list[Media | Failure]], None, None]:
    """Yield what to ask next; beside it, one batch more than there are workers is at hand."""
    pending: deque[tuple[Line, Future[Batch]]] = deque()
    pool = ThreadPoolExecutor(n_workers, thread_name_prefix="facevalue-change")
    try:
        with closing(_ahead(chunks)) as decoded:
            for chunk in decoded:
                for line in chunk.lines:
                    places = [place for place in chunk.media if line.is_open[place]]
                    if not places:
                        continue
                    pending.append((line, pool.submit(_changed, work, line, chunk, places)))
                    if len(pending) > n_workers + 1:
                        done, batch = pending.popleft()
                        yield done, *batch.result()
        while pending:
            done, batch = pending.popleft()
            yield done, *batch.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ahead(chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
    """Yield chunks, decoding one ahead in another thread."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="facevalue-media") as pool:
        ahead = pool.submit(next, chunks, None)
        while (chunk := ahead.result()) is not None:
            ahead = pool.submit(next, chunks, None)
            yield chunk


def _changed(work: Work, line: Line, chunk: Chunk, places: Sequence[int]) -> Batch:
    jobs = [work.job(line, place) for place in places]
    media: list[Media | Failure] = []
    for place, job in zip(places, jobs, strict=True):
        partner = line.partner(job.asked_with)
        other = None if partner is None else chunk.partners[partner]
        media.append(line.condition.apply(chunk.media[place], other))
    return jobs, media
