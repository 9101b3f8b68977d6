"""Stress runs killed with SIGKILL at random moments, some of them again and again."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
from stress_to_kill import CONDITIONS, N_ITEMS, Noting

from facevalue.runs import Store, Terms, stress
from facevalue.runs.keeping import MAX_WAITING
from runs_fakes import FakeItems, ignore

SCRIPT = Path(__file__).with_name("stress_to_kill.py")
BATCH_SIZE = 4
RUN_S = 0.4  # eighty calls of at least 5 ms
N_KILLS = 3


def finish(store: Path, asked: list[str]) -> dict[str, pl.DataFrame]:
    with Store(store) as opened:
        system = Noting(asked.extend)
        return stress(
            system,
            FakeItems(N_ITEMS),
            opened,
            CONDITIONS,
            on_event=ignore,
            terms=Terms(batch_size=BATCH_SIZE),
        )


def killed(folder: Path, moments: list[float]) -> list[int]:
    folder.mkdir()
    statuses = []
    for seconds in moments:
        command = [sys.executable, str(SCRIPT), str(folder / "s"), str(folder / "log")]
        done = subprocess.run([*command, f"{seconds}"], check=False, capture_output=True)
        assert done.stderr == b""
        statuses.append(done.returncode)
    return statuses


@pytest.mark.parametrize("n_folders", [4, pytest.param(10, marks=pytest.mark.slow)])
def test_killed_at_random_moments(tmp_path: Path, n_folders: int) -> None:
    once: list[str] = []
    expected = finish(tmp_path / "undisturbed", once)
    # Three conditions leave the media as they are: one question to the eye of the system.
    undisturbed = Counter(once)
    assert len(once) == N_ITEMS * len(CONDITIONS)
    rng = random.Random(20261130)
    moments = [[rng.uniform(0, RUN_S / 2) for _ in range(N_KILLS)] for _ in range(n_folders)]
    folders = [tmp_path / f"run{i}" for i in range(n_folders)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        statuses = list(pool.map(killed, folders, moments))
    # A timer may fire late on a busy machine and find the run done; most do not.
    flat = [status for one in statuses for status in one]
    assert set(flat) <= {-signal.SIGKILL, 0}
    assert flat.count(-signal.SIGKILL) >= len(flat) // 2
    for folder, ended in zip(folders, statuses, strict=True):
        asked: list[str] = []
        found = finish(folder / "s", asked)
        for name, table in expected.items():
            assert found[name].equals(table)
            assert found[name].write_csv() == table.write_csv()
        # Killed before the first question on a slow machine, there is no log yet.
        log = folder / "log"
        asked += log.read_text("utf-8").split() if log.exists() else []
        again = Counter(asked)
        again.subtract(undisturbed)
        n_kills = ended.count(-signal.SIGKILL)
        assert min(again.values()) == 0
        # Each kill costs what was not on disk yet: the batch under way, those that wait to
        # be written and those that are being written.
        assert sum(again.values()) <= n_kills * (2 * MAX_WAITING + 1) * BATCH_SIZE
        assert max(again[q] for q in again if undisturbed[q] == 1) <= n_kills
