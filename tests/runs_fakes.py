"""A system and a dataset made of nothing, for tests of runs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from facevalue.domain.predictions import Answer, Failure, FailureKind, Media, Prediction
from facevalue.runs import Event
from facevalue.systems.base import SystemSpec

LABELS = ("calm", "anger", "fear")
SPEC = SystemSpec(
    name="fake", adapter="callable", labels=LABELS, identity={"v": 1}, media="image", batch_size=3
)


def sha_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def scores_of(sha256: str) -> dict[str, float]:
    """Three scores with long fractions that depend on the media alone."""
    parts = [int(sha256[i : i + 8], 16) + 1 for i in (0, 8, 16)]
    return {label: part / sum(parts) for label, part in zip(LABELS, parts, strict=True)}


class FakeItems:
    """Items ``i00``, ``i01`` …; those in ``damaged`` cannot be read."""

    def __init__(self, n: int, *, damaged: Sequence[str] = (), same: bool = False) -> None:
        names = [f"i{k:02d}" for k in range(n)]
        digests = [sha_of("same" if same else name) for name in names]
        self.items = pl.DataFrame(
            {"item": names, "sha256": digests},
            schema={"item": pl.String, "sha256": pl.String},
        )
        self.digests = dict(zip(names, digests, strict=True))
        self.damaged = damaged
        self.decoded: list[list[str]] = []
        self.threads: set[str] = set()
        self.on_decode: Callable[[int], None] = lambda call: None

    def media(self, items: Sequence[str], /) -> list[Media | Failure]:
        self.decoded.append(list(items))
        self.threads.add(threading.current_thread().name)
        self.on_decode(len(self.decoded))
        return [self._one(item) for item in items]

    def _one(self, item: str) -> Media | Failure:
        if item in self.damaged:
            return Failure(FailureKind.UNREADABLE_MEDIA, "cut short")
        image = np.zeros((1, 1, 3), dtype=np.uint8)
        return Media(item=item, sha256=self.digests[item], image=image)


class FakeSystem:
    """Answers from the digest; ``on_call`` sees each call (from 1) before it is answered.

    What ``on_call`` returns is the answer to the batch, unless it is `None`.
    """

    def __init__(
        self, on_call: Callable[[int, list[str]], Any] | None = None, **changes: Any
    ) -> None:
        self._spec = replace(SPEC, **changes)
        self.on_call = on_call
        self.calls: list[list[str]] = []

    @property
    def spec(self) -> SystemSpec:
        return self._spec

    def predict(self, batch: Sequence[Media]) -> Sequence[Answer]:
        names = [media.item for media in batch]
        self.calls.append(names)
        if self.on_call is not None:
            given = self.on_call(len(self.calls), names)
            if given is not None:
                answers: Sequence[Answer] = given
                return answers
        return [Prediction.from_scores(scores_of(media.sha256)) for media in batch]

    @property
    def asked(self) -> list[str]:
        return [name for call in self.calls for name in call]


def ignore(event: Event) -> None:
    """Take an event and do nothing."""
