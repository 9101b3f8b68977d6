from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from facevalue.domain.predictions import Failure, FailureKind
from facevalue.runs import Budget, Event, Finished, Started, Store, Subset, execute
from runs_fakes import FakeItems, FakeSystem, ignore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite") as opened:
        yield opened


@pytest.mark.parametrize(
    ("limits", "what"),
    [({"items": 0}, "0 items"), ({"seconds": -1.5}, "-1.5 seconds"), ({"calls": 0}, "0 calls")],
)
def test_a_budget_of_nothing_is_refused(limits: Any, what: str) -> None:
    with pytest.raises(ValueError, match=rf"^a budget of {what} is none, expected more than 0$"):
        Budget(**limits)


def test_a_budget_without_limits_is_never_spent() -> None:
    budget = Budget()
    budget.want(9)
    budget.count(items=5, seconds=1e9)
    assert (budget.is_spent, budget.sentence, budget.items_left) == (False, "", None)


def test_each_limit_spends_it_and_is_named() -> None:
    budget = Budget(items=1_000, calls=7, seconds=2.5)
    budget.want(20)
    for _ in range(7):
        budget.count(items=2, seconds=0.1)
        budget.settle(2)
    assert budget.sentence == (
        "The budget of 1,000 questions or 7 calls or 2.5 seconds is spent: "
        "14 of 20 open questions were asked, 6 were not."
    )


def test_items_are_never_exceeded_and_rows_are_those_asked(store: Store) -> None:
    budget, system, events = Budget(items=5), FakeSystem(), list[Event]()
    table = execute(system, FakeItems(9), store, on_event=events.append, budget=budget)
    assert system.calls == [["i00", "i01", "i02"], ["i03", "i04"]]
    assert table["item"].to_list() == ["i00", "i01", "i02", "i03", "i04"]
    assert events[0] == Started(system="fake", n_items=9, n_jobs=9, n_done_before=0, n_retried=0)
    assert isinstance(events[-1], Finished)
    assert (events[-1].n_jobs, events[-1].n_left) == (5, 4)
    assert budget.sentence == (
        "The budget of 5 questions is spent: 5 of 9 open questions were asked, 4 were not."
    )


def test_a_spent_budget_asks_nothing_and_reads_what_there_is(store: Store) -> None:
    budget = Budget(calls=1)
    execute(FakeSystem(), FakeItems(9), store, on_event=ignore, budget=budget)
    again, items = FakeSystem(), FakeItems(9)
    table = execute(again, items, store, on_event=ignore, budget=budget)
    assert (again.calls, items.decoded) == ([], [])
    assert table.height == 3


def test_the_next_run_goes_on_where_the_budget_ended(store: Store) -> None:
    for _ in range(3):
        execute(FakeSystem(), FakeItems(9), store, on_event=ignore, budget=Budget(items=4))
    whole = FakeSystem()
    assert execute(whole, FakeItems(9), store, on_event=ignore).height == 9
    assert whole.calls == []


def test_one_budget_is_shared_by_systems(store: Store) -> None:
    budget = Budget(items=7)
    execute(FakeSystem(), FakeItems(5), store, on_event=ignore, budget=budget)
    other = FakeSystem(identity={"v": 2})
    assert execute(other, FakeItems(5), store, on_event=ignore, budget=budget).height == 2


def test_seconds_are_looked_at_after_each_batch(store: Store) -> None:
    ticks = count()
    budget = Budget(seconds=2)
    table = execute(
        FakeSystem(),
        FakeItems(99),
        store,
        on_event=ignore,
        budget=budget,
        clock=lambda: float(next(ticks)),
    )
    assert table.height == 6


def test_asking_item_by_item_counts_every_question(store: Store) -> None:
    def crash(call: int, names: list[str]) -> None:
        if "i01" in names:
            raise RuntimeError

    budget, system = Budget(items=5), FakeSystem(crash)
    table = execute(system, FakeItems(9), store, on_event=ignore, budget=budget)
    assert system.calls == [["i00", "i01", "i02"], ["i00"], ["i01"]]
    assert table["failure"].to_list() == [None, "crashed"]
    assert (budget.n_items, budget.n_calls, budget.n_settled) == (5, 3, 2)


def test_unreadable_media_cost_nothing(store: Store) -> None:
    budget = Budget(items=2)
    items = FakeItems(3, damaged=["i00"])
    table = execute(FakeSystem(), items, store, on_event=ignore, budget=budget)
    assert table["failure"].to_list() == ["unreadable_media", None, None]
    assert budget.sentence == ""


def test_failures_that_may_pass_are_open_questions(store: Store) -> None:
    late = Failure(FailureKind.TIMEOUT, "late")
    execute(FakeSystem(lambda call, names: [late] * 3), FakeItems(3), store, on_event=ignore)
    budget = Budget(items=2)
    table = execute(FakeSystem(), FakeItems(3), store, on_event=ignore, budget=budget)
    assert table["failure"].to_list() == [None, None, "timeout"]
    assert (budget.n_open, budget.n_settled) == (3, 2)


def test_a_subset_is_asked_in_its_own_order(store: Store) -> None:
    system = FakeSystem()
    some = Subset(FakeItems(9), ["i07", "i02", "i05", "i01"])
    table = execute(system, some, store, on_event=ignore, budget=Budget(items=3))
    assert system.asked == table["item"].to_list() == ["i07", "i02", "i05"]
