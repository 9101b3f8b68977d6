"""A stress run that kills itself: ``python stress_to_kill.py STORE LOG SECONDS``.

The system takes its time and writes each question that it is asked to the log, synced,
before it answers. A timer that starts with the first question sends SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from run_to_kill import note

from facevalue.domain.predictions import Answer, Media
from facevalue.runs import Condition, Store, Terms, stress
from runs_fakes import FakeItems, FakeSystem, ignore, sha_of

N_ITEMS = 40
PAUSE_S = 0.005


def changed(name: str) -> Condition:
    def change(media: Media, partner: Media | None) -> Media:
        return replace(media, sha256=sha_of(media.sha256 + name))

    return Condition(name=name, identity={"name": name}, change=change)


CONDITIONS = (
    changed("blur:1"),
    changed("blur:2"),
    Condition(name="repeat", identity={"name": "repeat"}),
    Condition(name="alone", identity={"name": "alone"}, batch_size=1),
    Condition(name="shuffled", identity={"name": "shuffled"}, order_seed=3),
)


class Noting(FakeSystem):
    """Notes each question: the item and the digest of what it was given."""

    def __init__(self, on_questions: Callable[[list[str]], None]) -> None:
        super().__init__()
        self.on_questions = on_questions

    def predict(self, batch: Sequence[Media]) -> Sequence[Answer]:
        self.on_questions([f"{media.item}/{media.sha256[:8]}" for media in batch])
        return super().predict(batch)


def main(store: Path, log: Path, seconds: float) -> None:
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True

    def slowly(questions: list[str]) -> None:
        if not timer.is_alive():
            timer.start()
        note(log, questions)
        time.sleep(PAUSE_S)

    with Store(store) as opened:
        stress(
            Noting(slowly),
            FakeItems(N_ITEMS),
            opened,
            CONDITIONS,
            on_event=ignore,
            terms=Terms(batch_size=4),
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
