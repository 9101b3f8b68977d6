from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facevalue.domain.predictions import Failure, FailureKind, Prediction
from facevalue.errors import StoreError
from facevalue.runs import Advanced, Context, Event, Job, Store
from facevalue.runs.keeping import MAX_WAITING, Keeper
from runs_fakes import ignore

HERE, THERE = Context('{"a":1}'), Context('{"a":2}')


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def one(key: str, text: str = "calm") -> list[tuple[Job, Prediction | Failure]]:
    return [(Job(key, media=f"m{key}", asked_with="i", item=None), Prediction(text))]


def test_everything_given_is_on_disk_when_it_is_left(store: Store) -> None:
    events: list[Event] = []
    with Keeper(store, events.append) as keeper:
        for k in range(30):
            keeper.keep(HERE if k % 2 else THERE, one(str(k)))
        late = Failure(FailureKind.TIMEOUT, "late")
        keeper.keep(HERE, [(one("x")[0][0], late)])
    assert len(store.answers(HERE)) == 16
    assert len(store.answers(THERE)) == 15
    assert events == [*[Advanced(n_jobs=1, n_failed=0)] * 30, Advanced(n_jobs=1, n_failed=1)]


def test_it_waits_when_too_much_is_not_on_disk(store: Store) -> None:
    free = threading.Event()
    add_all = store.add_all

    def held(batches: Any) -> None:
        free.wait()
        add_all(batches)

    store.add_all = held  # type: ignore[method-assign]  # a disk that does not answer
    given: list[int] = []

    def give() -> None:
        with Keeper(store, ignore) as keeper:
            for k in range(20):
                keeper.keep(HERE, one(str(k)))
                given.append(k)

    thread = threading.Thread(target=give)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    assert len(given) <= MAX_WAITING
    free.set()
    thread.join()
    assert len(store.answers(HERE)) == 20


def test_the_order_of_answers_to_one_job_is_kept(store: Store) -> None:
    with Keeper(store, ignore) as keeper:
        for text in ("calm", "anger", "fear"):
            keeper.keep(HERE, one("k", text))
    assert store.answers(HERE) == {"k": '{"label":"fear","scores":{}}'}


def fill(store: Store) -> None:
    with Keeper(store, ignore) as keeper:
        for k in range(999):
            keeper.keep(HERE, one(str(k), "calm" * 40))


def test_a_full_disk_ends_it(store: Store) -> None:
    store.add(HERE, one("before"))
    store._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(StoreError) as caught:
        fill(store)
    assert str(caught.value) == (
        f"{store.path}: no space left to keep answers. "
        "Free some and run the audit again: it goes on from here."
    )
    assert "before" in store.answers(HERE)
    assert [t.name for t in threading.enumerate() if t.name.startswith("facevalue")] == []


def keep_and_stop(store: Store) -> None:
    with Keeper(store, ignore) as keeper:
        keeper.keep(HERE, one("k", "calm" * 4_000))
        raise KeyboardInterrupt


def test_what_ended_a_run_is_not_hidden_by_a_full_disk(store: Store) -> None:
    store._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(KeyboardInterrupt):
        keep_and_stop(store)
