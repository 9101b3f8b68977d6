"""A whole audit killed with SIGKILL at twenty random moments goes on to the same findings."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from facevalue import flow
from facevalue.audits import read_audit
from facevalue.runs import Event
from flow_support import N_ITEMS, NOW, asked, build
from support import require

SCRIPT = Path(__file__).with_name("audit_to_kill.py")
PAUSE_S = 0.03
# Fourteen batches of at least 30 ms, then what measuring and writing take.
RUN_S = 0.8

RESULTS = (
    "audit.yaml",
    "findings.json",
    "findings.parquet",
    "lock.json",
    "predictions/mine--pictures.parquet",
    "run.json",
    "verdicts.json",
)


def finish(audit: Path, out: Path) -> dict[str, bytes]:
    """Go on with a run, or do it, and return what it wrote."""
    folder = flow.run_systems(read_audit(audit), out, now=NOW)
    flow.judge_run(folder, findings=flow.measure_run(folder))
    return {name: (out / name).read_bytes() for name in RESULTS}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    require("PIL")
    folder = tmp_path_factory.mktemp("undisturbed")
    return finish(build(folder), folder / "run")


def killed(folder: Path, seconds: float) -> int:
    command = [sys.executable, str(SCRIPT), str(build(folder)), str(folder / "run"), str(seconds)]
    environment = {**os.environ, "FACEVALUE_TEST_PAUSE_S": str(PAUSE_S)}
    done = subprocess.run(command, check=False, capture_output=True, timeout=120, env=environment)
    assert done.stderr == b""
    return done.returncode


@pytest.mark.parametrize("n_kills", [6, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments(
    tmp_path: Path, undisturbed: dict[str, bytes], n_kills: int
) -> None:
    moments = [random.Random(20261124 + i).uniform(0, RUN_S) for i in range(n_kills)]
    folders = [tmp_path / f"run{i}" for i in range(n_kills)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        statuses = list(pool.map(killed, folders, moments))
    # A timer may fire late on a busy machine and find the run done; most do not.
    assert set(statuses) <= {-signal.SIGKILL, 0}
    assert statuses.count(-signal.SIGKILL) >= n_kills // 2
    for folder in folders:
        # Byte for byte: findings, verdicts, answers, record and lock.
        assert finish(folder / "audit.yaml", folder / "run") == undisturbed
        counts = asked(folder)
        assert len(counts) == N_ITEMS
        assert max(counts.values()) <= 2
        # At most the one batch of three that was under way is asked for a second time.
        assert sum(n == 2 for n in counts.values()) in (0, 1, 3)


def interrupting(k: int) -> Iterator[None]:
    yield from [None] * k
    raise KeyboardInterrupt


@pytest.mark.parametrize("k", [0, 1, 5, 14])
def test_interrupted_with_ctrl_c(tmp_path: Path, undisturbed: dict[str, bytes], k: int) -> None:
    audit, moments = build(tmp_path), interrupting(k)

    def on_event(system: str, dataset: str, event: Event) -> None:
        next(moments)

    with pytest.raises(KeyboardInterrupt):
        flow.audit(audit, tmp_path / "run", on_event=on_event, now=NOW)
    assert finish(audit, tmp_path / "run") == undisturbed
    # What was answered is on disk before progress is told: nothing is asked twice.
    assert set(asked(tmp_path).values()) == {1}


def test_a_run_may_be_moved_with_its_audit_file(
    tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    build(tmp_path / "here")
    finish(tmp_path / "here" / "audit.yaml", tmp_path / "here" / "run")
    shutil.move(tmp_path / "here", tmp_path / "there")
    folder = tmp_path / "there"
    assert finish(folder / "audit.yaml", folder / "run") == undisturbed
    assert set(asked(folder).values()) == {1}
