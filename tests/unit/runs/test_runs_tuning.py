from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from facevalue.domain.predictions import Answer, Media
from facevalue.runs import Store, Tuning, execute
from facevalue.runs.tuning import MAX_BATCH, MAX_BATCH_BYTES, N_TRIALS
from runs_fakes import FakeItems, FakeSystem, ignore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def tuned(seconds: Callable[[int], float], n_bytes: int = 0) -> int:
    tuning = Tuning()
    while not tuning.is_settled:
        tuning.tell(tuning.size, seconds(tuning.size), n_bytes * tuning.size)
    return tuning.size


@pytest.mark.parametrize(
    ("seconds", "size"),
    [
        (lambda n: 0.001 * n, 1),  # no gain at all
        (lambda n: 0.1, MAX_BATCH),  # a call costs the same whatever is in it
        (lambda n: 0.010 + 0.001 * n, 64),  # 64 → 865 a second, 128 → 928: less than a tenth
        (lambda n: 0.0, 1),  # too fast to tell
    ],
)
def test_the_batch_doubles_while_that_pays(seconds: Callable[[int], float], size: int) -> None:
    assert tuned(seconds) == size


def test_no_size_is_tried_that_would_not_fit() -> None:
    assert tuned(lambda n: 0.1, n_bytes=MAX_BATCH_BYTES // 8) == 8


def test_the_fastest_of_some_calls_counts() -> None:
    tuning = Tuning()
    for seconds in (9.0, 0.1, 0.1):  # the first call loads the model
        tuning.tell(1, seconds)
    for seconds in (0.1, 0.1, 5.0):
        tuning.tell(2, seconds)
    assert (tuning.size, tuning.is_settled) == (4, False)


def test_batches_of_another_size_tell_nothing() -> None:
    tuning = Tuning()
    for _ in range(9):
        tuning.tell(7, 1.0)
    assert tuning.size == 1


class Clocked(FakeSystem):
    """Takes 10 s a call and 1 s an item, on a clock of its own."""

    now = 0.0

    def predict(self, batch: Sequence[Media]) -> Sequence[Answer]:
        self.now += 10.0 + len(batch)
        return super().predict(batch)


def test_answers_got_while_tuning_are_kept(store: Store) -> None:
    system = Clocked()
    table = execute(
        system,
        FakeItems(2_000),
        store,
        on_event=ignore,
        batch_size="auto",
        clock=lambda: system.now,
    )
    assert table["label"].null_count() == 0
    assert len(system.asked) == len(set(system.asked)) == 2_000
    sizes = [len(call) for call in system.calls]
    assert sizes[:N_TRIALS] == [1] * N_TRIALS
    assert max(sizes) == 128
    assert sizes[-2] == 64


def test_endpoints_keep_their_batch_size(store: Store) -> None:
    system = FakeSystem(adapter="http")
    execute(system, FakeItems(9), store, on_event=ignore, batch_size="auto")
    assert [len(call) for call in system.calls] == [3, 3, 3]
