from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import count, repeat
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from facevalue.domain.predictions import Failure, FailureKind, Media, Prediction
from facevalue.errors import InputError, MissingExtraError, PluginError, SystemUnavailableError
from facevalue.runs import Advanced, Event, Finished, Started, Store, execute
from facevalue.systems.base import SystemSpec
from runs_fakes import LABELS, SPEC, FakeItems, FakeSystem, ignore, scores_of, sha_of

CALM = Prediction("calm")
GONE = Failure(FailureKind.UNAVAILABLE, "refused")
LATE = Failure(FailureKind.TIMEOUT, "no answer in 30 s")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def test_every_item_is_answered_in_item_order(store: Store) -> None:
    system = FakeSystem()
    table = execute(system, FakeItems(4), store, on_event=ignore)
    assert table["item"].to_list() == ["i00", "i01", "i02", "i03"]
    assert table.columns[4:] == [f"score_{label}" for label in LABELS]
    for row in table.iter_rows(named=True):
        assert {x: row[f"score_{x}"] for x in LABELS} == scores_of(sha_of(row["item"]))
    assert system.calls == [["i00", "i01", "i02"], ["i03"]]


def test_nothing_is_asked_twice(store: Store) -> None:
    first = execute(FakeSystem(), FakeItems(4), store, on_event=ignore)
    again, items = FakeSystem(), FakeItems(4)
    assert execute(again, items, store, on_event=ignore).equals(first)
    assert (again.calls, items.decoded) == ([], [])


def test_only_new_items_are_asked_for(store: Store) -> None:
    execute(FakeSystem(), FakeItems(4), store, on_event=ignore)
    more = FakeSystem()
    assert execute(more, FakeItems(6), store, on_event=ignore).height == 6
    assert more.calls == [["i04", "i05"]]


def test_equal_media_are_asked_once_and_shared(store: Store) -> None:
    system = FakeSystem()
    table = execute(system, FakeItems(3, same=True), store, on_event=ignore)
    assert system.calls == [["i00"]]
    assert table.drop("item").is_duplicated().all()


def test_a_system_that_draws_is_asked_for_equal_media_again(store: Store) -> None:
    system = FakeSystem(deterministic=False)
    execute(system, FakeItems(3, same=True), store, on_event=ignore)
    assert system.calls == [["i00", "i01", "i02"]]


def test_two_systems_in_one_store_do_not_mix(store: Store) -> None:
    execute(FakeSystem(), FakeItems(2), store, on_event=ignore)
    other = FakeSystem(lambda call, names: [CALM for _ in names], identity={"v": 2})
    table = execute(other, FakeItems(2), store, on_event=ignore)
    assert table["label"].to_list() == ["calm", "calm"]
    assert table.columns == ["item", "label", "failure", "detail"]


def test_no_items_give_an_empty_table(store: Store) -> None:
    table = execute(FakeSystem(), FakeItems(0), store, on_event=ignore)
    assert table.schema == dict.fromkeys(("item", "label", "failure", "detail"), pl.String())
    assert table.is_empty()


def test_batch_size_can_be_set(store: Store) -> None:
    system = FakeSystem()
    execute(system, FakeItems(4), store, on_event=ignore, batch_size=2)
    assert [len(call) for call in system.calls] == [2, 2]


def test_progress_is_told_as_events(store: Store) -> None:
    events: list[Event] = []
    ticks = iter([100.0, 102.5])
    items = FakeItems(5, damaged=["i04"])
    execute(
        FakeSystem(), items, store, on_event=events.append, batch_size=2, clock=lambda: next(ticks)
    )
    assert events == [
        Started(system="fake", n_items=5, n_jobs=5, n_done_before=0, n_retried=0),
        Advanced(n_jobs=2, n_failed=0),
        Advanced(n_jobs=2, n_failed=0),
        Advanced(n_jobs=1, n_failed=1),
        Finished(n_jobs=5, n_failed=1, seconds=2.5),
    ]
    events.clear()
    execute(FakeSystem(), items, store, on_event=events.append, clock=lambda: 0.0)
    assert events == [
        Started(system="fake", n_items=5, n_jobs=5, n_done_before=5, n_retried=0),
        Finished(n_jobs=0, n_failed=0, seconds=0.0),
    ]


def test_an_answer_is_on_disk_before_the_next_batch_is_asked_for(store: Store) -> None:
    kept: list[int] = []

    def count_kept(call: int, names: list[str]) -> None:
        rows = store._connection.execute("SELECT count(*) FROM results").fetchone()
        assert not store._connection.in_transaction
        kept.append(rows[0])

    execute(FakeSystem(count_kept), FakeItems(9), store, on_event=ignore)
    assert kept == [0, 3, 6]


def test_media_are_decoded_one_batch_ahead_and_never_more(store: Store) -> None:
    items = FakeItems(15)
    lead: list[int] = []

    def look(call: int, names: list[str]) -> None:
        lead.append(len(items.decoded) - call)

    execute(FakeSystem(look), items, store, on_event=ignore)
    assert items.decoded == [[f"i{k:02d}" for k in range(s, s + 3)] for s in range(0, 15, 3)]
    # At call k batch k is decoded and k + 1 may be; whether it is yet is up to the threads.
    assert set(lead) <= {0, 1}
    assert items.threads == {"facevalue-media_0"}


def test_unreadable_media_are_failures_and_the_system_is_not_asked(store: Store) -> None:
    system = FakeSystem()
    table = execute(system, FakeItems(3, damaged=["i01"]), store, on_event=ignore)
    assert system.asked == ["i00", "i02"]
    assert table.row(1)[:4] == ("i01", None, "unreadable_media", "cut short")
    again = FakeSystem()
    execute(again, FakeItems(3, damaged=["i01"]), store, on_event=ignore)
    assert again.calls == []


def test_one_bad_item_does_not_take_its_neighbours_down(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(call: int, names: list[str]) -> None:
        if "i01" in names:
            raise RuntimeError("faces/anna.png")

    system = FakeSystem(crash)
    with caplog.at_level(logging.DEBUG):
        table = execute(system, FakeItems(5), store, on_event=ignore)
    assert table["failure"].to_list() == [None, "crashed", None, None, None]
    # Only the type: the message may hold a path or text about a person.
    assert table["detail"].to_list() == [None, "RuntimeError", None, None, None]
    assert system.calls == [["i00", "i01", "i02"], ["i00"], ["i01"], ["i02"], ["i03", "i04"]]
    assert caplog.messages == [
        "system fake: a batch of 3 failed (crashed: RuntimeError); asking item by item"
    ]


def test_a_crash_is_the_answer_and_not_asked_for_again(store: Store) -> None:
    def crash(call: int, names: list[str]) -> None:
        raise RuntimeError

    execute(FakeSystem(crash), FakeItems(2), store, on_event=ignore)
    again = FakeSystem()
    table = execute(again, FakeItems(2), store, on_event=ignore)
    assert again.calls == []
    assert table["failure"].to_list() == ["crashed", "crashed"]


def test_a_system_that_exits_has_crashed(store: Store) -> None:
    def leave(call: int, names: list[str]) -> None:
        raise SystemExit(0)

    table = execute(FakeSystem(leave), FakeItems(1), store, on_event=ignore)
    assert table.row(0) == ("i00", None, "crashed", "SystemExit")


def broken_halfway() -> Iterator[Prediction]:
    yield CALM
    raise OSError


@pytest.mark.parametrize(
    ("given", "failure", "detail"),
    [
        ([], "malformed_answer", "0 answer(s) to 1 item(s)"),
        ([CALM, CALM], "malformed_answer", "more than 1 answer(s) to 1 item(s)"),
        (repeat(CALM), "malformed_answer", "more than 1 answer(s) to 1 item(s)"),
        (7, "malformed_answer", "something of type int in place of a list of answers"),
        (
            ["calm"],
            "malformed_answer",
            "an answer of type str is neither a prediction nor a failure",
        ),
        ([Prediction("joy")], "malformed_answer", "'joy' is not one of the system's labels"),
        (broken_halfway(), "crashed", "OSError"),
        ([Failure(FailureKind.REFUSED, "no face")], "refused", "no face"),
    ],
)
def test_a_bad_answer_is_data(store: Store, given: Any, failure: str, detail: str) -> None:
    table = execute(FakeSystem(lambda call, names: given), FakeItems(1), store, on_event=ignore)
    assert table.row(0) == ("i00", None, failure, detail)


def test_a_wrong_number_of_answers_is_traced_to_the_item(store: Store) -> None:
    # As a system does that drops what it finds no face in.
    system = FakeSystem(lambda call, names: [CALM for name in names if name != "i01"])
    table = execute(system, FakeItems(3), store, on_event=ignore)
    assert table["label"].to_list() == ["calm", None, "calm"]
    assert table.row(1) == ("i01", None, "malformed_answer", "0 answer(s) to 1 item(s)")


@pytest.mark.parametrize("passing", [LATE, GONE])
def test_what_may_pass_is_asked_again_on_resuming(store: Store, passing: Failure) -> None:
    first = FakeSystem(lambda call, names: [passing if n == "i01" else CALM for n in names])
    table = execute(first, FakeItems(3), store, on_event=ignore)
    assert table["failure"].to_list() == [None, passing.kind.value, None]
    events: list[Event] = []
    again = FakeSystem(lambda call, names: [CALM for _ in names])
    table = execute(again, FakeItems(3), store, on_event=events.append)
    assert again.calls == [["i01"]]
    assert events[0] == Started(system="fake", n_items=3, n_jobs=3, n_done_before=2, n_retried=1)
    assert table["label"].to_list() == ["calm"] * 3


def test_a_long_silence_ends_the_run_and_keeps_what_there_is(store: Store) -> None:
    system = FakeSystem(lambda call, names: None if call == 1 else [GONE for _ in names])
    with pytest.raises(SystemUnavailableError) as caught:
        execute(system, FakeItems(99), store, on_event=ignore)
    assert str(caught.value) == (
        "system 'fake' could not be reached for 10 batches in a row. What it answered before is "
        "kept: run the same command again to go on."
    )
    assert len(system.calls) == 11
    again = FakeSystem()
    table = execute(again, FakeItems(99), store, on_event=ignore)
    assert table["failure"].null_count() == 99
    assert again.asked == [f"i{k:02d}" for k in range(3, 99)]


def test_a_silence_with_an_answer_in_it_is_not_long(store: Store) -> None:
    def sometimes(call: int, names: list[str]) -> Sequence[Any] | None:
        return None if call % 10 == 0 else [GONE for _ in names]

    table = execute(FakeSystem(sometimes), FakeItems(90), store, on_event=ignore)
    # 30 batches of 3, of which the 10th, 20th and 30th are answered
    assert table["failure"].null_count() == 9


def test_time_outs_are_answers_however_many(store: Store) -> None:
    late = FakeSystem(lambda call, names: [LATE for _ in names])
    for _ in range(2):
        table = execute(late, FakeItems(60), store, on_event=ignore)
        assert table["failure"].to_list() == ["timeout"] * 60


def test_a_system_reached_for_no_item_was_not_audited(store: Store) -> None:
    gone = FakeSystem(lambda call, names: [GONE for _ in names])
    with pytest.raises(SystemUnavailableError) as caught:
        execute(gone, FakeItems(4, damaged=["i00"]), store, on_event=ignore)
    assert str(caught.value) == (
        "system 'fake' could not be reached for any of 3 items. "
        "Run the same command again when it can be."
    )


def test_a_last_item_out_of_reach_is_a_failure_of_that_item(store: Store) -> None:
    execute(FakeSystem(), FakeItems(3), store, on_event=ignore)
    gone = FakeSystem(lambda call, names: [GONE for _ in names])
    table = execute(gone, FakeItems(4), store, on_event=ignore)
    assert table["failure"].to_list() == [None, None, None, "unavailable"]


@pytest.mark.parametrize(
    "error",
    [SystemUnavailableError("gone"), MissingExtraError("cv2", "images"), PluginError("p", "c")],
)
def test_an_adapter_that_cannot_work_stops_the_run_after_keeping_answers(
    store: Store, error: Exception
) -> None:
    def stop(call: int, names: list[str]) -> None:
        if call == 2:
            raise error

    with pytest.raises(type(error)) as caught:
        execute(FakeSystem(stop), FakeItems(9), store, on_event=ignore)
    assert caught.value is error
    again = FakeSystem()
    execute(again, FakeItems(9), store, on_event=ignore)
    assert again.calls == [["i03", "i04", "i05"], ["i06", "i07", "i08"]]


def test_a_stop_while_asking_item_by_item_keeps_those_answered(store: Store) -> None:
    def stop(call: int, names: list[str]) -> None:
        if call == 1:
            raise RuntimeError
        if call == 3:
            raise SystemUnavailableError("gone")

    with pytest.raises(SystemUnavailableError):
        execute(FakeSystem(stop), FakeItems(3), store, on_event=ignore)
    again = FakeSystem()
    execute(again, FakeItems(3), store, on_event=ignore)
    assert again.calls == [["i01", "i02"]]


def test_a_fault_of_the_dataset_is_not_the_systems(store: Store) -> None:
    items = FakeItems(9)

    def lost(call: int) -> None:
        if call == 3:
            raise OSError("the drive is gone")

    items.on_decode = lost
    with pytest.raises(OSError, match=r"^the drive is gone$"):
        execute(FakeSystem(), items, store, on_event=ignore)
    again = FakeSystem()
    execute(again, FakeItems(9), store, on_event=ignore)
    assert again.asked == ["i06", "i07", "i08"]


@pytest.mark.parametrize("kind", ["image", "sound"])
def test_media_of_another_kind_are_refused(store: Store, kind: Any) -> None:
    class Bare(FakeItems):
        def _one(self, item: str) -> Media:
            return Media(item=item, sha256=self.digests[item])

    system = FakeSystem(media=kind)
    with pytest.raises(InputError) as caught:
        execute(system, Bare(1), store, on_event=ignore)
    assert str(caught.value) == (
        f"system 'fake' is given {kind} media, and item 'i00' has none. Audit it on a dataset of "
        f"{kind} media, or leave such items out with 'where'."
    )
    assert system.calls == []


class Written:
    """Answers made elsewhere."""

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table

    @property
    def spec(self) -> SystemSpec:
        return SPEC

    def answers(self, items: pl.DataFrame) -> pl.DataFrame:
        return self.table


def test_answers_made_elsewhere_are_read_and_not_stored(store: Store) -> None:
    table = pl.DataFrame({"item": ["i00", "i01"], "label": ["calm", "fear"]})
    events: list[Event] = []
    ticks = count(start=3.0, step=0.5)
    found = execute(
        Written(table), FakeItems(2), store, on_event=events.append, clock=lambda: next(ticks)
    )
    assert found.equals(table)
    assert events == [
        Started(system="fake", n_items=2, n_jobs=2, n_done_before=2, n_retried=0),
        Finished(n_jobs=0, n_failed=0, seconds=0.5),
    ]
    assert store._connection.execute("SELECT count(*) FROM results").fetchone() == (0,)


def test_answers_made_elsewhere_have_to_be_to_the_items(store: Store) -> None:
    with pytest.raises(PluginError) as caught:
        execute(Written(pl.DataFrame({"item": ["i01"]})), FakeItems(2), store, on_event=ignore)
    assert str(caught.value) == (
        "plugin 'fake' broke its contract: "
        "its answers have 1 rows that are not the 2 items in their order"
    )
