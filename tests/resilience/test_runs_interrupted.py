"""Stopped with Ctrl-C at every moment: nothing is lost, nothing is asked three times."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facevalue.runs import Event, Store, execute
from runs_fakes import FakeItems, FakeSystem, ignore

N_ITEMS = 11
N_CALLS = 4  # batches of 3, 3, 3 and 2

Contents = list[tuple[Any, ...]]


def contents(path: Path) -> Contents:
    """Return everything that counts in a store, with jobs and results in their order."""
    connection = sqlite3.connect(path)
    rows: Contents = connection.execute("SELECT key, document FROM contexts").fetchall()
    rows += connection.execute("SELECT key, media, item FROM jobs ORDER BY id").fetchall()
    rows += connection.execute(
        "SELECT jobs.key, kind, answer FROM results JOIN jobs ON jobs.id = job ORDER BY results.id"
    ).fetchall()
    connection.close()
    return rows


def run(path: Path, system: FakeSystem, **hooks: Any) -> None:
    items = FakeItems(N_ITEMS)
    items.on_decode = hooks.get("on_decode", items.on_decode)
    with Store(path) as store:
        execute(system, items, store, on_event=hooks.get("on_event", ignore))


@pytest.fixture
def undisturbed(tmp_path: Path) -> Contents:
    run(tmp_path / "undisturbed", FakeSystem())
    return contents(tmp_path / "undisturbed")


def at(k: int) -> Callable[..., None]:
    """Return a hook that interrupts when it is called for the ``k``-th time."""
    calls = iter(range(1, 1000))

    def hook(*_: Any) -> None:
        if next(calls) == k:
            raise KeyboardInterrupt

    return hook


@pytest.mark.parametrize("k", range(1, N_CALLS + 1))
def test_interrupted_while_asking(tmp_path: Path, undisturbed: Contents, k: int) -> None:
    stopped, resumed = FakeSystem(at(k)), FakeSystem()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "s", stopped)
    run(tmp_path / "s", resumed)
    assert contents(tmp_path / "s") == undisturbed
    asked = Counter([*stopped.asked, *resumed.asked])
    interrupted = set(stopped.calls[k - 1])
    assert asked == {f"i{i:02d}": 1 + (f"i{i:02d}" in interrupted) for i in range(N_ITEMS)}


def test_interrupted_at_every_call_in_turn(tmp_path: Path, undisturbed: Contents) -> None:
    systems = []
    for _ in range(N_CALLS - 1):
        systems.append(FakeSystem(at(2)))
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "s", systems[-1])
    systems.append(FakeSystem())
    run(tmp_path / "s", systems[-1])
    assert contents(tmp_path / "s") == undisturbed
    asked = Counter(name for system in systems for name in system.asked)
    assert set(asked.values()) == {1, 2}


@pytest.mark.parametrize("k", range(1, N_CALLS + 3))
def test_interrupted_while_telling_of_progress(
    tmp_path: Path, undisturbed: Contents, k: int
) -> None:
    # Started, one event a call, Finished
    stopped, resumed = FakeSystem(), FakeSystem()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "s", stopped, on_event=at(k))
    run(tmp_path / "s", resumed)
    assert contents(tmp_path / "s") == undisturbed
    assert set(Counter([*stopped.asked, *resumed.asked]).values()) == {1}


@pytest.mark.parametrize("k", range(1, N_CALLS + 1))
def test_interrupted_while_decoding(tmp_path: Path, undisturbed: Contents, k: int) -> None:
    stopped, resumed = FakeSystem(), FakeSystem()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "s", stopped, on_decode=at(k))
    run(tmp_path / "s", resumed)
    assert contents(tmp_path / "s") == undisturbed
    assert set(Counter([*stopped.asked, *resumed.asked]).values()) == {1}


STATEMENTS = ("BEGIN IMMEDIATE", "INSERT INTO jobs", "INSERT INTO results", "COMMIT")


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("k", range(1, N_CALLS + 1))
def test_interrupted_while_writing(
    tmp_path: Path, undisturbed: Contents, statement: str, k: int
) -> None:
    hook = at(k)

    class Interrupting(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            done = super().execute(sql, *rest)
            if sql.startswith(statement):
                hook()
            return done

        def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            done = super().executemany(sql, *rest)
            if sql.startswith(statement):
                hook()
            return done

    stopped, resumed = FakeSystem(), FakeSystem()
    with Store(tmp_path / "s") as store:
        store._connection.close()
        store._connection = sqlite3.connect(
            tmp_path / "s", isolation_level=None, factory=Interrupting
        )
        with pytest.raises(KeyboardInterrupt):
            execute(stopped, FakeItems(N_ITEMS), store, on_event=ignore)
    run(tmp_path / "s", resumed)
    assert contents(tmp_path / "s") == undisturbed
    asked = Counter([*stopped.asked, *resumed.asked])
    # Right after the commit the batch is kept; before it, its items are asked for again.
    assert set(asked.values()) == ({1} if statement == "COMMIT" else {1, 2})


def test_an_interrupt_leaves_no_thread_behind(tmp_path: Path) -> None:
    import threading

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "s", FakeSystem(at(2)))
    assert [t.name for t in threading.enumerate() if t.name.startswith("facevalue")] == []


def test_events_of_both_runs_add_up(tmp_path: Path) -> None:
    events: list[Event] = []
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "s", FakeSystem(at(3)), on_event=events.append)
    run(tmp_path / "s", FakeSystem(), on_event=events.append)
    assert sum(getattr(event, "n_jobs", 0) for event in events if "Adv" in repr(event)) == N_ITEMS
