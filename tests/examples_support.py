"""Examples audited once for all tests of a session, in whichever process asks first.

What is expensive is made in a folder of its own and renamed when it is whole; others wait for
it behind a lock. Nobody gets that folder: every test module is given a copy.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from facevalue.audits import Finding, FindingSet
from facevalue.domain import Estimate
from support import missing, require_data

__all__ = ["EXAMPLES", "SHARED", "Ran", "audited", "example_run", "made_once", "started"]

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SHARED = {
    "crema-d": ("crema-d",),
    "all-claims": ("crema-d", "ferplus"),
}
"""Examples that several test modules look at, and the data that each needs."""
LOCKED_FIRST = ("all-claims",)
"""Examples whose plan is locked before they are audited, as the page for regulators says."""


@dataclass(frozen=True)
class Ran:
    """An example after `facevalue audit`."""

    folder: Path
    run: Path
    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def findings(self) -> FindingSet:
        return FindingSet.read(self.run)

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.run / "verdicts.json").read_text("utf-8"))[
            "verdicts"
        ]
        return found

    @property
    def outcomes(self) -> dict[tuple[str, str], str]:
        return {(v["claim"]["id"], v["system"]): v["outcome"] for v in self.verdicts}

    @property
    def report(self) -> str:
        return (self.run / "report.html").read_text("utf-8")

    def finding(self, metric: str, **place: Any) -> Finding:
        """The one finding there, of all of a dataset unless more is said."""
        whole = {"condition": None, "attribute": None, "group": None, "reference": None}
        found = self.findings.where(metric=metric, **{**whole, **place})
        (one,) = [f for f in found if f.place.family != "skill"]
        return one

    def estimate(self, metric: str, **place: Any) -> Estimate:
        result = self.finding(metric, **place).result
        assert isinstance(result, Estimate), result
        return result


def started(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python with a command, to its end."""
    return subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


def audited(folder: Path, run: Path, *options: str, cwd: Path | None = None) -> Ran:
    """Audit the example in a folder."""
    begun = time.perf_counter()
    audit = folder / "audit.yaml"
    done = started("-m", "facevalue", "audit", audit, "--out", run, *options, cwd=cwd)
    seconds = time.perf_counter() - begun
    if done.returncode == 4:  # a system cannot be obtained or started
        missing(f"what {folder.name} audits ({done.stderr.strip()})")
    # A crash of ours ends with status 1 as well.
    assert "Report: " in done.stdout, done.stderr
    return Ran(folder, run, done.returncode, done.stdout, done.stderr, seconds)


def made_once(
    name: str, tmp_path_factory: pytest.TempPathFactory, make: Callable[[Path], None]
) -> Path:
    """Return what ``make`` writes into a folder; it is made once a session. Only ever read it."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # the folder that all workers of this session have in common
    (base / "made-once").mkdir(exist_ok=True)
    made = base / "made-once" / name
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # freed when the file is closed, also by a crash
        if not made.exists():
            unfinished = Path(tempfile.mkdtemp(dir=made.parent))
            make(unfinished)
            unfinished.rename(made)
    return made


def example_run(name: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return the run of an example of `SHARED`, as a copy at ``folder``."""
    for data in SHARED[name]:
        require_data(data)

    def make(desk: Path) -> None:
        # The words of the pages, where the pages say they are run.
        (desk / "examples").symlink_to(EXAMPLES, target_is_directory=True)
        example, run = Path("examples", name), Path("runs", name)
        if name in LOCKED_FIRST:
            plan = ("plan", "lock", example / "audit.yaml", "--out", run)
            assert started("-m", "facevalue", *plan, cwd=desk).returncode == 0
        ran = audited(example, run, cwd=desk)
        said = {k: getattr(ran, k) for k in ("status", "stdout", "stderr", "seconds")}
        (desk / "said.json").write_text(json.dumps(said), "utf-8")

    desk = made_once(name, tmp_path_factory, make)
    shutil.copytree(desk / "runs" / name, folder)
    said = json.loads((desk / "said.json").read_text("utf-8"))
    return Ran(EXAMPLES / name, folder, **said)
