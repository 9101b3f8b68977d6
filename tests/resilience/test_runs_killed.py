"""Killed with SIGKILL at random moments, and stores that others have hurt."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from facevalue.domain.predictions import Prediction
from facevalue.errors import StoreError
from facevalue.runs import Context, Job, Store, execute
from runs_fakes import FakeItems, FakeSystem, ignore

SCRIPT = Path(__file__).with_name("run_to_kill.py")
N_ITEMS = 60
BATCH_SIZE = 4
RUN_S = 0.15  # fifteen calls of at least 10 ms


def finish(store: Path, system: FakeSystem) -> pl.DataFrame:
    with Store(store) as opened:
        return execute(system, FakeItems(N_ITEMS), opened, on_event=ignore, batch_size=BATCH_SIZE)


def killed(folder: Path, seconds: float) -> int:
    folder.mkdir()
    command = [sys.executable, str(SCRIPT), str(folder / "s"), str(folder / "log"), str(seconds)]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)
    assert done.stderr == b""
    return done.returncode


@pytest.mark.parametrize("n_kills", [8, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments(tmp_path: Path, n_kills: int) -> None:
    expected = finish(tmp_path / "undisturbed", FakeSystem())
    moments = [random.Random(20261124 + i).uniform(0, RUN_S) for i in range(n_kills)]
    folders = [tmp_path / f"run{i}" for i in range(n_kills)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        statuses = list(pool.map(killed, folders, moments))
    # A timer may fire late on a busy machine and find the run done; most do not.
    assert set(statuses) <= {-signal.SIGKILL, 0}
    assert statuses.count(-signal.SIGKILL) >= n_kills // 2
    for folder, status in zip(folders, statuses, strict=True):
        resumed = FakeSystem()
        assert finish(folder / "s", resumed).equals(expected)
        # Killed before the first question on a slow machine, there is no log yet.
        log = folder / "log"
        asked = Counter(log.read_text("utf-8").split() if log.exists() else [])
        asked.update(resumed.asked)
        assert set(asked) == {f"i{i:02d}" for i in range(N_ITEMS)}
        # At most the one batch that was under way is asked for a second time.
        assert max(asked.values()) <= 2
        assert sum(n == 2 for n in asked.values()) in ({0, BATCH_SIZE} if status else {0})


def filled(path: Path) -> bytes:
    jobs = [Job(f"key{i}", media=f"{i}", asked_with="i", item=None) for i in range(2_000)]
    with Store(path) as store:
        store.add(Context("{}"), [(job, Prediction("calm" * 20)) for job in jobs])
    return path.read_bytes()


@pytest.mark.parametrize("share", [0.001, 0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_store_is_said(tmp_path: Path, share: float) -> None:
    path = tmp_path / "s"
    whole = filled(path)
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value) == (
        f"{path}: the store is damaged. Move the file away and run the audit again: "
        "the answers in it will be asked for anew."
    )


def test_an_overwritten_page_is_said(tmp_path: Path) -> None:
    path = tmp_path / "s"
    hurt = bytearray(filled(path))
    hurt[4096 * 10 : 4096 * 11] = b"\xa5" * 4096
    path.write_bytes(hurt)
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value) == (
        f"{path}: the store is damaged. Move the file away and run the audit again: "
        "the answers in it will be asked for anew."
    )


HOLDER = """
import sys
from pathlib import Path
from facevalue.runs import Store
with Store(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "s")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        yield process
        process.kill()


def test_a_store_held_by_another_process_is_said_and_free_when_that_is_killed(
    tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    path = tmp_path / "s"
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value) == (
        f"{path}: another process is using this run folder. "
        "Wait until it has ended, or give another folder with --out."
    )
    holder.kill()
    holder.wait()
    Store(path).close()
