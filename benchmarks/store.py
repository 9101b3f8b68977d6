"""How fast answers are kept and read back: ``python benchmarks/store.py [ROWS]``."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from facevalue.canonical import digest_bytes
from facevalue.domain.predictions import Prediction
from facevalue.runs import Store, plan
from facevalue.runs.answers import answer_table
from facevalue.systems.base import SystemSpec

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
SPEC = SystemSpec(name="b", adapter="callable", labels=LABELS, identity={"v": 1}, media="none")
BATCH_SIZE = 32


@contextmanager
def timed(what: str, n_rows: int) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds = time.perf_counter() - began
    print(f"{what:<42} {seconds:8.2f} s {n_rows / seconds:12,.0f} rows/s")


def main(n_rows: int) -> None:
    names = [f"item{i}" for i in range(n_rows)]
    table = pl.DataFrame({"item": names, "sha256": [digest_bytes(n.encode()) for n in names]})
    answers = [
        Prediction.from_scores({x: (i * 7 + k) % 97 / 97 for k, x in enumerate(LABELS)})
        for i in range(1000)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        with timed("plan", n_rows):
            work = plan(SPEC, table)
        with Store(path) as store, timed(f"keep, {BATCH_SIZE} a transaction", n_rows):
            for start in range(0, n_rows, BATCH_SIZE):
                batch = work.jobs[start : start + BATCH_SIZE]
                given = [(job, answers[(start + i) % 1000]) for i, job in enumerate(batch)]
                store.add(work.context, given)
        print(f"{'size':<42} {path.stat().st_size / 1e6:8.0f} MB")
        with timed("open and check", n_rows):
            store = Store(path)
        with store:
            with timed("what is there (kinds)", n_rows):
                store.kinds(work.context)
            with timed("read back (answers)", n_rows):
                kept = store.answers(work.context)
            with timed("answer table", n_rows):
                answer_table(names, work.keys, kept, LABELS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
