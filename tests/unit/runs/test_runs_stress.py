from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from facevalue.domain.predictions import Answer, Failure, FailureKind, Media, Prediction
from facevalue.errors import InputError, SystemUnavailableError
from facevalue.runs import (
    Advanced,
    Budget,
    Condition,
    Event,
    Finished,
    Started,
    Store,
    Terms,
    execute,
    stress,
)
from facevalue.runs.pipeline import MAX_CHUNK_BYTES
from runs_fakes import FakeItems, FakeSystem, ignore, scores_of, sha_of

GONE = Failure(FailureKind.UNAVAILABLE, "refused")
LATE = Failure(FailureKind.TIMEOUT, "no answer in 30 s")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


def changed(name: str, strength: int) -> Condition:
    """Return a condition under which the digest, and so the answer, is another."""

    def change(media: Media, partner: Media | None) -> Media:
        with_partner = "" if partner is None else partner.sha256
        return replace(media, sha256=sha_of(f"{media.sha256}{name}{strength}{with_partner}"))

    identity = {"name": name, "strength": strength}
    return Condition(name=f"{name}:{strength}", identity=identity, change=change)


BLUR = [changed("blur", k) for k in (1, 2, 3)]
REPEAT = Condition(name="repeat", identity={"name": "repeat"})
ALONE = Condition(name="alone", identity={"name": "alone"}, batch_size=1)
SHUFFLED = Condition(name="shuffled", identity={"name": "shuffled", "seed": 5}, order_seed=5)


def test_every_item_is_answered_under_every_condition(store: Store) -> None:
    tables = stress(FakeSystem(), FakeItems(7), store, [*BLUR, REPEAT], on_event=ignore)
    assert list(tables) == ["blur:1", "blur:2", "blur:3", "repeat"]
    for condition in BLUR:
        for row in tables[condition.name].iter_rows(named=True):
            media = Media(item=row["item"], sha256=sha_of(row["item"]))
            given = condition.apply(media, None)
            assert isinstance(given, Media)
            scores = {name: row[f"score_{name}"] for name in ("calm", "anger", "fear")}
            assert scores == scores_of(given.sha256)
    assert tables["repeat"].equals(execute(FakeSystem(), FakeItems(7), store, on_event=ignore))


def test_a_second_run_asks_and_decodes_nothing(store: Store) -> None:
    conditions = [*BLUR, REPEAT, ALONE, SHUFFLED]
    first = stress(FakeSystem(), FakeItems(7), store, conditions, on_event=ignore)
    again, items = FakeSystem(), FakeItems(7)
    second = stress(again, items, store, conditions, on_event=ignore)
    assert (again.calls, items.decoded) == ([], [])
    assert all(second[name].equals(first[name]) for name in first)


def test_a_further_severity_asks_only_for_what_is_new(store: Store) -> None:
    stress(FakeSystem(), FakeItems(4), store, BLUR[:2], on_event=ignore)
    more, items = FakeSystem(), FakeItems(5)
    tables = stress(more, items, store, BLUR, on_event=ignore)
    assert Counter(more.asked) == {"i00": 1, "i01": 1, "i02": 1, "i03": 1, "i04": 3}
    assert tables["blur:1"].height == 5


def test_answers_to_media_as_they_are_stay_apart(store: Store) -> None:
    execute(FakeSystem(), FakeItems(4), store, on_event=ignore)
    system = FakeSystem()
    stress(system, FakeItems(4), store, [REPEAT], on_event=ignore)
    assert len(system.asked) == 4


def test_an_item_is_decoded_once_for_all_conditions(store: Store) -> None:
    items = FakeItems(8)
    stress(FakeSystem(), items, store, [*BLUR, REPEAT, ALONE], on_event=ignore)
    assert items.decoded == [[f"i{k:02d}"] for k in range(8)]
    assert items.threads == {"facevalue-media_0"}


def test_a_batch_holds_one_condition_and_goes_item_by_item(store: Store) -> None:
    system = FakeSystem()
    stress(system, FakeItems(5), store, BLUR[:2], on_event=ignore)
    assert system.calls == [
        ["i00", "i01", "i02"],
        ["i00", "i01", "i02"],
        ["i03", "i04"],
        ["i03", "i04"],
    ]


def test_alone_is_asked_one_by_one_beside_the_rest(store: Store) -> None:
    system = FakeSystem()
    stress(system, FakeItems(3), store, [REPEAT, ALONE], on_event=ignore)
    assert system.calls == [["i00", "i01", "i02"], ["i00"], ["i01"], ["i02"]]


def test_a_larger_batch_of_its_own_is_decoded_for(store: Store) -> None:
    many = Condition(name="many", identity={"name": "many"}, batch_size=5)
    system = FakeSystem()
    stress(system, FakeItems(5), store, [REPEAT, many], on_event=ignore)
    assert [len(call) for call in system.calls] == [3, 2, 5]


def test_another_order_is_one_of_all_items(store: Store) -> None:
    system = FakeSystem()
    tables = stress(system, FakeItems(40), store, [SHUFFLED], on_event=ignore)
    names = [f"i{k:02d}" for k in range(40)]
    assert sorted(system.asked) == names != system.asked
    # First neighbours come from all over the dataset, not from what lay next to them.
    assert max(int(name[1:]) for name in system.calls[0]) > 5
    assert tables["shuffled"]["item"].to_list() == names
    again = FakeSystem(identity={"v": 2})
    stress(again, FakeItems(40), store, [SHUFFLED], on_event=ignore)
    assert again.asked == system.asked


def test_the_partner_is_handed_to_the_change_and_part_of_the_key(store: Store) -> None:
    def swapped(i00: str) -> Condition:
        return replace(changed("swap", 1), partners={"i00": i00, "i01": "i05"})

    first, items = FakeSystem(), FakeItems(6)
    terms = Terms(asked=["i00", "i01", "i02"])
    one = stress(first, items, store, [swapped("i04")], on_event=ignore, terms=terms)["swap:1"]
    assert items.decoded == [["i00"], ["i04"], ["i01"], ["i05"], ["i02"]]
    again = FakeSystem()
    two = stress(again, FakeItems(6), store, [swapped("i03")], on_event=ignore, terms=terms)
    assert again.asked == ["i00"]
    assert (one["score_calm"] == two["swap:1"]["score_calm"]).to_list() == [False, True, True]


def test_a_partner_that_cannot_be_read_is_a_failure_of_the_item(store: Store) -> None:
    swap = replace(changed("swap", 1), partners={"i00": "i02"})
    tables = stress(FakeSystem(), FakeItems(3, damaged=["i02"]), store, [swap], on_event=ignore)
    assert tables["swap:1"]["detail"].to_list() == [
        "the other media that go into the change cannot be read",
        None,
        "cut short",
    ]


def test_equal_media_share_an_answer_but_not_with_another_partner(store: Store) -> None:
    system = FakeSystem()
    stress(system, FakeItems(3, same=True), store, BLUR[:1], on_event=ignore)
    assert system.calls == [["i00"]]
    stochastic = FakeSystem(deterministic=False)
    stress(stochastic, FakeItems(3, same=True), store, BLUR[:1], on_event=ignore)
    assert stochastic.calls == [["i00", "i01", "i02"]]


def test_a_change_may_refuse_media(store: Store) -> None:
    def refuse(media: Media, partner: Media | None) -> Media | Failure:
        if media.item == "i01":
            return Failure(FailureKind.UNREADABLE_MEDIA, "too small to be cropped")
        return media

    system = FakeSystem()
    crop = Condition(name="crop:1", identity={"name": "crop"}, change=refuse)
    table = stress(system, FakeItems(3), store, [crop], on_event=ignore)["crop:1"]
    assert table.row(1)[:4] == ("i01", None, "unmade", "too small to be cropped")
    assert system.asked == ["i00", "i02"]
    stress(again := FakeSystem(), FakeItems(3), store, [crop], on_event=ignore)
    assert again.calls == []


def raising(media: Media, partner: Media | None) -> Media:
    if media.item == "i04":
        raise ZeroDivisionError("a bug of ours")
    return media


def giving_nothing(media: Media, partner: Media | None) -> Any:
    return None


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (raising, ZeroDivisionError, "a bug of ours"),
        (
            giving_nothing,
            TypeError,
            "the change of condition 'bad' gave something of type NoneType, not media",
        ),
    ],
)
def test_a_change_that_fails_is_our_bug(
    store: Store, change: Any, error: type[Exception], text: str
) -> None:
    bad = Condition(name="bad", identity={"name": "bad"}, change=change)
    with pytest.raises(error) as caught:
        stress(FakeSystem(), FakeItems(9), store, [REPEAT, bad], on_event=ignore)
    assert str(caught.value) == text
    assert no_threads()


def no_threads() -> bool:
    return not [t.name for t in threading.enumerate() if t.name.startswith("facevalue")]


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ([REPEAT, replace(ALONE, name="repeat")], "two conditions are named 'repeat'"),
        (
            [REPEAT, replace(REPEAT, name="again")],
            "conditions 'repeat' and 'again' have one identity",
        ),
    ],
)
def test_conditions_that_cannot_be_told_apart_are_refused(
    store: Store, conditions: list[Condition], text: str
) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        stress(FakeSystem(), FakeItems(2), store, conditions, on_event=ignore)


def test_unknown_items_are_refused(store: Store) -> None:
    terms = Terms(asked=["i00", "x", "y"])
    with pytest.raises(InputError) as caught:
        stress(FakeSystem(), FakeItems(2), store, [REPEAT], on_event=ignore, terms=terms)
    assert str(caught.value) == "the dataset has no item 'x', 'y'"
    swap = replace(BLUR[0], partners={"i00": "z"})
    with pytest.raises(InputError) as caught:
        stress(FakeSystem(), FakeItems(2), store, [swap], on_event=ignore)
    assert str(caught.value) == "condition 'blur:1': the dataset has no item 'z'"


def test_only_asked_items_have_rows_in_the_order_of_the_dataset(store: Store) -> None:
    system = FakeSystem()
    terms = Terms(asked=["i06", "i01", "i04", "i02"])
    table = stress(system, FakeItems(9), store, [REPEAT], on_event=ignore, terms=terms)["repeat"]
    assert system.asked == ["i06", "i01", "i04", "i02"]
    assert table["item"].to_list() == ["i01", "i02", "i04", "i06"]


def test_no_items_give_empty_tables(store: Store) -> None:
    tables = stress(FakeSystem(), FakeItems(0), store, [REPEAT], on_event=ignore)
    assert tables["repeat"].schema == dict.fromkeys(
        ("item", "label", "failure", "detail"), pl.String()
    )
    assert stress(FakeSystem(), FakeItems(3), store, [], on_event=ignore) == {}


def test_progress_is_told_as_events_in_this_thread(store: Store) -> None:
    events: list[Event] = []
    threads: set[str] = set()

    def tell(event: Event) -> None:
        events.append(event)
        threads.add(threading.current_thread().name)

    ticks = iter([100.0, 102.5])
    items = FakeItems(5, damaged=["i04"])
    terms = Terms(clock=lambda: next(ticks))
    stress(FakeSystem(), items, store, BLUR, on_event=tell, terms=terms)
    assert events[0] == Started(
        system="fake", n_items=5, n_jobs=15, n_done_before=0, n_retried=0, n_conditions=3
    )
    assert events[-1] == Finished(n_jobs=15, n_failed=3, seconds=2.5)
    told = [event for event in events if isinstance(event, Advanced)]
    assert sum(event.n_jobs for event in told) == 15
    assert sum(event.n_failed for event in told) == 3
    assert threads == {threading.current_thread().name}


def test_what_may_pass_is_asked_again(store: Store) -> None:
    first = FakeSystem(
        lambda call, names: [LATE if n == "i01" else Prediction("calm") for n in names]
    )
    stress(first, FakeItems(3), store, BLUR[:2], on_event=ignore)
    events: list[Event] = []
    again = FakeSystem()
    tables = stress(again, FakeItems(3), store, BLUR[:2], on_event=events.append)
    assert again.calls == [["i01"], ["i01"]]
    assert isinstance(events[0], Started)
    assert (events[0].n_done_before, events[0].n_retried) == (4, 2)
    assert tables["blur:2"]["failure"].null_count() == 3


def test_a_long_silence_ends_the_run_and_keeps_what_there_is(store: Store) -> None:
    system = FakeSystem(lambda call, names: None if call <= 2 else [GONE for _ in names])
    with pytest.raises(SystemUnavailableError) as caught:
        stress(system, FakeItems(99), store, BLUR, on_event=ignore)
    assert str(caught.value) == (
        "system 'fake' could not be reached for 10 batches in a row. What it answered before is "
        "kept: run the same command again to go on."
    )
    again = FakeSystem()
    stress(again, FakeItems(99), store, BLUR, on_event=ignore)
    assert len(again.asked) == 3 * 99 - 6
    assert no_threads()


def test_reached_under_one_condition_is_reached(store: Store) -> None:
    gone = FakeSystem(lambda call, names: [GONE for _ in names])
    with pytest.raises(SystemUnavailableError):
        stress(gone, FakeItems(2), store, BLUR[:1], on_event=ignore)
    stress(FakeSystem(), FakeItems(2), store, BLUR[:1], on_event=ignore)
    tables = stress(gone, FakeItems(2), store, BLUR[:2], on_event=ignore)
    assert tables["blur:2"]["failure"].to_list() == ["unavailable"] * 2


def test_asking_never_runs_far_ahead_of_the_disk(store: Store, tmp_path: Path) -> None:
    slow = threading.Event()
    behind: list[int] = []
    n_asked = 0
    add_all = store.add_all

    def slowly(batches: Any) -> None:
        slow.wait(0.01)
        add_all(batches)
        behind.append(n_asked)

    store.add_all = slowly  # type: ignore[method-assign]  # a disk that takes its time

    def note(call: int, names: list[str]) -> None:
        nonlocal n_asked
        n_asked += 1

    stress(FakeSystem(note), FakeItems(60), store, BLUR, on_event=ignore)
    kept = store._connection.execute("SELECT count(*) FROM results").fetchone()
    assert kept == (180,)
    # Four that wait, four that are being written, one under way; several go at a time.
    assert max(np.diff([0, *behind])) <= 9
    assert len(behind) < n_asked == 60


def test_few_batches_are_at_hand_however_many_there_are(store: Store) -> None:
    alive, most = 0, 0
    lock = threading.Lock()

    class Held(np.ndarray):
        """An array that says when it is let go."""

        def __del__(self) -> None:
            nonlocal alive
            with lock:
                alive -= 1

    def held(media: Media, partner: Media | None) -> Media:
        nonlocal alive, most
        with lock:
            alive += 1
            most = max(most, alive)
        return replace(media, image=np.zeros((1, 1, 3), np.uint8).view(Held))

    conditions = [Condition(name=f"c:{k}", identity={"k": k}, change=held) for k in range(8)]
    slow = FakeSystem(lambda call, names: time.sleep(0.001))
    terms = Terms(n_workers=2)
    stress(slow, FakeItems(90), store, conditions, on_event=ignore, terms=terms)
    # Three at hand beside two workers, one just taken, one asked about: seven batches of 3.
    assert most <= 7 * 3


def test_large_media_are_taken_a_few_at_a_time(store: Store) -> None:
    class Large(FakeItems):
        def _one(self, item: str) -> Media:
            image = np.broadcast_to(np.uint8(0), (MAX_CHUNK_BYTES // 6 + 1, 1, 3))
            return Media(item=item, sha256=self.digests[item], image=image)

    system = FakeSystem(batch_size=32)
    stress(system, Large(5), store, [REPEAT], on_event=ignore)
    assert [len(call) for call in system.calls] == [2, 2, 1]


@pytest.mark.parametrize("n_workers", [1, 4])
def test_the_number_of_workers_changes_nothing(tmp_path: Path, n_workers: int) -> None:
    found: list[tuple[list[list[str]], dict[str, pl.DataFrame]]] = []
    for n in (2, n_workers):
        with Store(tmp_path / f"s{len(found)}") as store:
            system = FakeSystem()
            terms = Terms(n_workers=n)
            conditions = [*BLUR, ALONE, SHUFFLED]
            tables = stress(system, FakeItems(20), store, conditions, on_event=ignore, terms=terms)
            found.append((system.calls, tables))
    assert found[0][0] == found[1][0]
    assert all(found[0][1][name].equals(found[1][1][name]) for name in found[0][1])


def test_a_budget_of_items_leaves_all_conditions_equally_complete(store: Store) -> None:
    budget, system = Budget(items=26), FakeSystem()
    conditions = [*BLUR, ALONE, SHUFFLED]
    events: list[Event] = []
    tables = stress(
        system,
        FakeItems(40),
        store,
        conditions,
        on_event=events.append,
        terms=Terms(budget=budget),
    )
    assert len(system.asked) == 26
    heights = sorted(table.height for table in tables.values())
    assert heights == [5, 5, 5, 5, 6]
    assert budget.sentence == (
        "The budget of 26 questions is spent: 26 of 200 open questions were asked, 174 were not."
    )
    assert isinstance(events[-1], Finished)
    assert events[-1].n_left == 174


def test_a_budget_of_calls_leaves_them_within_a_batch(store: Store) -> None:
    budget = Budget(calls=8)
    tables = stress(
        FakeSystem(), FakeItems(40), store, BLUR, on_event=ignore, terms=Terms(budget=budget)
    )
    assert [tables[c.name].height for c in BLUR] == [9, 9, 6]
    assert budget.n_calls == 8


def test_a_budget_goes_on_and_comes_to_an_end(store: Store) -> None:
    total = 0
    tables: dict[str, pl.DataFrame] = {}
    for _ in range(20):
        system = FakeSystem()
        terms = Terms(budget=Budget(items=7))
        tables = stress(system, FakeItems(10), store, BLUR, on_event=ignore, terms=terms)
        total += len(system.asked)
    assert total == 30
    assert {table.height for table in tables.values()} == {10}


def test_tuning_keeps_every_answer(store: Store) -> None:
    now = 0.0

    class Slow(FakeSystem):
        def predict(self, batch: Sequence[Media]) -> Sequence[Answer]:
            nonlocal now
            now += 10.0 + len(batch)
            return super().predict(batch)

    system = Slow()
    terms = Terms(batch_size="auto", clock=lambda: now)
    tables = stress(system, FakeItems(600), store, [REPEAT, *BLUR], on_event=ignore, terms=terms)
    assert len(system.asked) == 2_400
    assert {table.height for table in tables.values()} == {600}
    assert [len(call) for call in system.calls[:4]] == [1, 1, 1, 2]
    sizes = Counter(len(call) for call in system.calls)
    assert sizes.most_common(1)[0][0] == 64


def at(k: int) -> Callable[..., None]:
    """Return a hook that interrupts when it is called for the ``k``-th time."""
    calls = iter(range(1, 1000))

    def hook(*_: Any) -> None:
        if next(calls) == k:
            raise KeyboardInterrupt

    return hook


@pytest.mark.parametrize("k", range(1, 13))
def test_interrupted_while_asking(tmp_path: Path, k: int) -> None:
    with Store(tmp_path / "undisturbed") as store:
        expected = stress(FakeSystem(), FakeItems(11), store, BLUR, on_event=ignore)
    stopped, resumed = FakeSystem(at(k)), FakeSystem()
    with Store(tmp_path / "s") as store, pytest.raises(KeyboardInterrupt):
        stress(stopped, FakeItems(11), store, BLUR, on_event=ignore)
    assert no_threads()
    with Store(tmp_path / "s") as store:
        tables = stress(resumed, FakeItems(11), store, BLUR, on_event=ignore)
    assert all(tables[name].equals(expected[name]) for name in expected)
    # What was answered before the interrupt is kept: only the batch under way is asked again.
    assert len(stopped.asked) + len(resumed.asked) == 33 + len(stopped.calls[-1])


@pytest.mark.parametrize("k", range(1, 9))
def test_interrupted_while_telling_of_progress(tmp_path: Path, k: int) -> None:
    stopped, resumed = FakeSystem(), FakeSystem()
    with Store(tmp_path / "s") as store, pytest.raises(KeyboardInterrupt):
        stress(stopped, FakeItems(11), store, BLUR, on_event=at(k))
    assert no_threads()
    with Store(tmp_path / "s") as store:
        stress(resumed, FakeItems(11), store, BLUR, on_event=ignore)
    assert len(stopped.asked) + len(resumed.asked) == 33
