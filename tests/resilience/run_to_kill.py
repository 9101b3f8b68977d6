"""A run that kills itself: ``python run_to_kill.py STORE LOG SECONDS``.

The system takes its time and writes each item it is asked for to the log, synced, before it
answers. A timer that starts with the first question sends SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from facevalue.runs import Store, execute
from runs_fakes import FakeItems, FakeSystem, ignore

N_ITEMS = 60
BATCH_SIZE = 4
PAUSE_S = 0.01


def main(store: Path, log: Path, seconds: float) -> None:
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True

    def slowly(call: int, names: list[str]) -> None:
        if call == 1:
            timer.start()
        note(log, names)
        time.sleep(PAUSE_S)

    with Store(store) as opened:
        system = FakeSystem(slowly)
        execute(system, FakeItems(N_ITEMS), opened, on_event=ignore, batch_size=BATCH_SIZE)


def note(log: Path, names: list[str]) -> None:
    with log.open("a", encoding="utf-8") as stream:
        stream.write("".join(f"{name}\n" for name in names))
        stream.flush()
        os.fsync(stream.fileno())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
