"""Systems that misbehave under stress, through the real adapters: nothing is lost.

Each run has to end with a row for every item under every condition, each failure with its
kind, and a second run has to ask only for what may pass. A Python function that hangs is
not here: it cannot be ended from within its own process, and belongs behind ``command``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from facevalue.domain.predictions import Answer, Failure, Media
from facevalue.errors import SystemUnavailableError
from facevalue.runs import Condition, Store, stress
from facevalue.systems import SystemSpec
from facevalue.systems.base import System
from runs_fakes import ignore, sha_of
from support import require
from systems_support import LABELS, Reply, answer_by_brightness, opened, program, server

N_ITEMS = 12
BAD = "i06"
"""The item that a fault befalls, under every condition: its grey is 70, or 35 when halved."""


class Pictures:
    """Grey pictures, each brighter than the one before by 10."""

    def __init__(self, n_items: int = N_ITEMS) -> None:
        names = [f"i{k:02d}" for k in range(n_items)]
        self.items = pl.DataFrame({"item": names, "sha256": [sha_of(name) for name in names]})

    def media(self, items: Sequence[str], /) -> Sequence[Media | Failure]:
        return [self._one(item) for item in items]

    def _one(self, item: str) -> Media:
        grey = 10 * (int(item[1:]) % N_ITEMS + 1)
        return Media(item=item, sha256=sha_of(item), image=np.full((8, 8, 3), grey, np.uint8))


def halved(media: Media, partner: Media | None) -> Media:
    assert media.image is not None
    return replace(media, image=media.image // 2, sha256=sha_of(media.sha256 + "half"))


CONDITIONS = (
    Condition(name="half:1", identity={"name": "half"}, change=halved),
    Condition(name="repeat", identity={"name": "repeat"}),
    Condition(name="alone", identity={"name": "alone"}, batch_size=1),
)


class Watched:
    """A system and what it was asked, item by item."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.asked: list[str] = []

    @property
    def spec(self) -> SystemSpec:
        return self.system.spec

    def predict(self, batch: Sequence[Media]) -> Sequence[Answer]:
        self.asked += [media.item for media in batch]
        return self.system.predict(batch)


def asked_twice(
    system: System,
    base: Path,
    *,
    items: Pictures | None = None,
    conditions: Sequence[Condition] = CONDITIONS,
) -> dict[str, dict[str, str]]:
    """Run twice; check that all is there and only what may pass is asked again.

    Returns the failures of the first run: by condition, from item to kind.
    """
    items = items or Pictures()
    failures: dict[str, dict[str, str]] = {}
    with Store(base / "store.sqlite") as store:
        tables = stress(system, items, store, conditions, on_event=ignore)
        for name, table in tables.items():
            assert table["item"].to_list() == items.items["item"].to_list()
            assert (table["label"].is_null() == table["failure"].is_not_null()).all()
            failed = table.filter(pl.col("failure").is_not_null())
            failures[name] = dict(failed.select("item", "failure").iter_rows())
        again = Watched(system)
        stress(again, items, store, conditions, on_event=ignore)
    close: Callable[[], None] = getattr(system, "close", lambda: None)
    close()
    passing = [
        item
        for kinds in failures.values()
        for item, kind in kinds.items()
        if kind in ("timeout", "unavailable")
    ]
    # A batch that fails as a whole is asked again item by item.
    assert sorted(set(again.asked)) == sorted(set(passing))
    return failures


def only_bad(kind: str) -> dict[str, dict[str, str]]:
    return {condition.name: {BAD: kind} for condition in CONDITIONS}


NONE_FAILED: dict[str, dict[str, str]] = {condition.name: {} for condition in CONDITIONS}

FUNCTIONS = """
import itertools

calls = itertools.count(1)
kept = []

def calm(image):
    return {"calm": float(image.mean()) / 255, "angry": 1 - float(image.mean()) / 255, "sad": 0}

def is_bad(image):
    return int(image[0, 0, 0]) in (70, 35)

def crashes(images):
    if any(map(is_bad, images)):
        raise RuntimeError("faces/anna.png")
    return [calm(image) for image in images]

def leaves(images):
    if any(map(is_bad, images)):
        raise SystemExit(1)
    return [calm(image) for image in images]

def drops(images):
    return [calm(image) for image in images if not is_bad(image)]

def endless(images):
    if any(map(is_bad, images)):
        return None
    return [calm(image) for image in images]

def not_a_number(images):
    return [{**calm(i), "calm": float("nan")} if is_bad(i) else calm(i) for i in images]

def huge(images):
    return [{**calm(i), "calm": 1e308} if is_bad(i) else calm(i) for i in images]

def other_label(images):
    return ["joyful" if is_bad(image) else "calm" for image in images]

def backwards(images):
    return [calm(image) for image in images][::-1]

def every_50th(images):
    if next(calls) % 50 == 0:
        raise MemoryError
    return [calm(image) for image in images]

def leaks(images):
    kept.append(bytearray(1 << 20))
    return [calm(image) for image in images]
"""


def function(base: Path, name: str, **options: Any) -> System:
    (base / "functions.py").write_text(FUNCTIONS)
    options = {"batch_size": 4, "labels": list(LABELS), "gives": "images", **options}
    system: System = opened(base, "callable", function=f"functions:{name}", **options)
    return system


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("crashes", "crashed"),
        ("leaves", "crashed"),
        ("drops", "malformed_answer"),
        ("endless", "malformed_answer"),
        ("not_a_number", "malformed_answer"),
        ("huge", "malformed_answer"),
        ("other_label", "malformed_answer"),
    ],
)
def test_a_function_that_fails_on_one_item(tmp_path: Path, name: str, kind: str) -> None:
    assert asked_twice(function(tmp_path, name), tmp_path) == only_bad(kind)


def test_a_function_that_leaks_is_asked_to_the_end(tmp_path: Path) -> None:
    assert asked_twice(function(tmp_path, "leaks"), tmp_path) == NONE_FAILED


def test_a_function_that_dies_every_50th_call(tmp_path: Path) -> None:
    system = function(tmp_path, "every_50th", batch_size=1)
    failures = asked_twice(system, tmp_path, items=Pictures(40))
    # 120 questions, one a call
    assert sum(len(kinds) for kinds in failures.values()) == 2
    assert {kind for kinds in failures.values() for kind in kinds.values()} == {"crashed"}


@pytest.mark.parametrize(("name", "is_told"), [("backwards", True), ("leaks", False)])
def test_answers_out_of_order_are_told_by_asking_alone(
    tmp_path: Path, name: str, is_told: bool
) -> None:
    with Store(tmp_path / "s") as store:
        tables = stress(function(tmp_path, name), Pictures(), store, CONDITIONS, on_event=ignore)
    assert (not tables["repeat"].equals(tables["alone"])) is is_told


SOURCE = """
import base64, json, os, resource, sys, time

def grey(item):
    return base64.b64decode(item["image"]["rgb_base64"])[0]

def calm(item):
    return {"scores": {"calm": grey(item) / 255, "angry": 1 - grey(item) / 255, "sad": 0}}

with open("starts", "a") as stream:
    stream.write("started\\n")
fault, kept, n = sys.argv[1], [], 0
if fault == "leaks":
    room = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() + (64 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
for line in sys.stdin:
    request = json.loads(line)
    items, id, n = request["items"], request["id"], n + 1
    bad = [grey(item) in (70, 35) for item in items]
    answers = [calm(item) for item in items]
    if fault == "hangs" and any(bad):
        time.sleep(600)
    if fault == "crashes" and any(bad):
        os._exit(3)
    if fault == "every-50th" and n % 50 == 0:
        os._exit(4)
    if fault == "leaks":
        kept.append(bytearray(10 << 20))
    if fault == "too-few":
        answers = [answer for answer, is_bad in zip(answers, bad) if not is_bad]
    if fault == "backwards":
        answers = answers[::-1]
    if fault == "other-id":
        id -= 1
    for answer, is_bad in zip(answers, bad):
        if is_bad and fault == "nan":
            answer["scores"]["calm"] = float("nan")
        if is_bad and fault == "huge":
            answer["scores"]["calm"] = 1e308
        if is_bad and fault == "label":
            del answer["scores"]
            answer["label"] = "joyful"
    print(json.dumps({"id": id, "answers": answers}), flush=True)
    if fault == "noise" and any(bad):
        print("Done!", flush=True)
"""


def command(base: Path, fault: str, **options: Any) -> System:
    argv = [*program(base, SOURCE), fault]
    options = {"batch_size": 4, "labels": list(LABELS), "timeout_s": 20, **options}
    system: System = opened(base, "command", command=argv, **options)
    return system


def n_starts(base: Path) -> int:
    return len((base / "starts").read_text().splitlines())


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("crashes", "crashed"),
        ("too-few", "malformed_answer"),
        ("nan", "malformed_answer"),
        ("huge", "malformed_answer"),
        ("label", "malformed_answer"),
    ],
)
def test_a_command_that_fails_on_one_item(tmp_path: Path, fault: str, kind: str) -> None:
    assert asked_twice(command(tmp_path, fault), tmp_path) == only_bad(kind)


def test_a_command_that_hangs_is_ended_and_asked_on(tmp_path: Path) -> None:
    system = command(tmp_path, "hangs", timeout_s=1.0)
    assert asked_twice(system, tmp_path) == only_bad("timeout")


def test_a_command_that_dies_every_50th_call(tmp_path: Path) -> None:
    system = command(tmp_path, "every-50th", batch_size=1)
    failures = asked_twice(system, tmp_path, items=Pictures(40))
    # Started anew it counts from one again: the 50th and the 100th of 120 questions.
    assert sum(len(kinds) for kinds in failures.values()) == 2
    assert {kind for kinds in failures.values() for kind in kinds.values()} == {"crashed"}
    assert n_starts(tmp_path) == 3


def test_a_batch_that_a_command_dies_of_is_asked_item_by_item(tmp_path: Path) -> None:
    system = command(tmp_path, "every-50th")
    failures = asked_twice(system, tmp_path, items=Pictures(120), conditions=CONDITIONS[:2])
    assert failures == {"half:1": {}, "repeat": {}}
    assert n_starts(tmp_path) == 2


def test_a_command_that_leaks_is_started_anew_when_it_dies_of_it(tmp_path: Path) -> None:
    require("resource")
    failures = asked_twice(
        command(tmp_path, "leaks"), tmp_path, items=Pictures(60), conditions=CONDITIONS[:2]
    )
    assert failures == {"half:1": {}, "repeat": {}}
    assert n_starts(tmp_path) > 2


def test_a_line_too_many_is_taken_for_no_answer(tmp_path: Path) -> None:
    # The remark after the answer to the bad item is read as the answer to the next batch.
    failures = asked_twice(command(tmp_path, "noise"), tmp_path)
    assert {kind for kinds in failures.values() for kind in kinds.values()} <= {"malformed_answer"}


def test_answers_to_other_requests_are_refused(tmp_path: Path) -> None:
    failures = asked_twice(command(tmp_path, "other-id"), tmp_path, conditions=CONDITIONS[1:2])
    # Three in a row are enough to leave the rest of a batch for another time.
    assert sorted(failures["repeat"].values()) == ["malformed_answer"] * 9 + ["unavailable"] * 3


def test_a_command_that_answers_backwards_is_told_by_asking_alone(tmp_path: Path) -> None:
    system: Any = command(tmp_path, "backwards")
    with Store(tmp_path / "s") as store:
        tables = stress(system, Pictures(), store, CONDITIONS, on_event=ignore)
    system.close()
    assert not tables["repeat"].equals(tables["alone"])


Respond = Callable[[dict[str, Any], Mapping[str, str]], Reply]


def grey(item: Mapping[str, Any]) -> int:
    import base64

    return base64.b64decode(item["image"]["rgb_base64"])[0]


def on_bad(fault: Callable[[dict[str, Any]], Reply]) -> Respond:
    """Return an endpoint that does ``fault`` where the bad item is in a request."""

    def respond(request: dict[str, Any], headers: Mapping[str, str]) -> Reply:
        if any(grey(item) in (70, 35) for item in request["items"]):
            return fault(request)
        return answer_by_brightness(request, headers)

    return respond


def status(code: int) -> Callable[[dict[str, Any]], Reply]:
    return lambda request: (code, {}, b"")


def slowly(request: dict[str, Any]) -> Reply:
    time.sleep(2.5)
    return answer_by_brightness(request, {})


def ten_megabytes(request: dict[str, Any]) -> Reply:
    return 200, {}, b"x" * (10 << 20)


def padded(request: dict[str, Any]) -> Reply:
    code, headers, body = answer_by_brightness(request, {})
    return code, headers, body + b" " * (10 << 20)


def edited(**scores: float) -> Callable[[dict[str, Any]], Reply]:
    def fault(request: dict[str, Any]) -> Reply:
        document = json.loads(answer_by_brightness(request, {})[2])
        for item, answer in zip(request["items"], document["answers"], strict=True):
            if grey(item) in (70, 35):
                answer["scores"].update(scores)
        return 200, {}, json.dumps(document).encode()

    return fault


def too_few(request: dict[str, Any]) -> Reply:
    good = [item for item in request["items"] if grey(item) not in (70, 35)]
    return answer_by_brightness({"items": good}, {})


def endpoint(base: Path, url: str, **options: Any) -> System:
    require("httpx")
    options = {
        "labels": list(LABELS),
        "retries": 0,
        "max_wait_s": 0,
        "per_request": 2,
        "concurrency": 2,
        "timeout_s": 20,
        **options,
    }
    system: System = opened(base, "http", url=url, **options)
    return system


@pytest.mark.parametrize(
    ("fault", "kind", "options"),
    [
        (status(429), "unavailable", {"per_request": 1}),
        (status(500), "unavailable", {"per_request": 1}),
        (status(422), "refused", {}),
        (slowly, "timeout", {"timeout_s": 1.0}),
        (ten_megabytes, "malformed_answer", {}),
        (too_few, "malformed_answer", {}),
        (edited(calm=float("nan")), "malformed_answer", {}),
        (edited(calm=1e308), "malformed_answer", {}),
        (edited(joyful=0.5), "malformed_answer", {}),
    ],
    ids=["429", "500", "422", "slow", "10 MB", "too few", "NaN", "1e308", "label"],
)
def test_an_endpoint_that_fails_on_one_item(
    tmp_path: Path,
    fault: Callable[[dict[str, Any]], Reply],
    kind: str,
    options: dict[str, Any],
) -> None:
    with server(on_bad(fault)) as url:
        failures = asked_twice(endpoint(tmp_path, url, **options), tmp_path)
    assert failures == only_bad(kind)


def test_ten_megabytes_around_an_answer_are_read(tmp_path: Path) -> None:
    with server(on_bad(padded)) as url:
        assert asked_twice(endpoint(tmp_path, url), tmp_path) == NONE_FAILED


def test_an_endpoint_that_is_busy_every_third_time_is_waited_for(tmp_path: Path) -> None:
    n = 0

    def respond(request: dict[str, Any], headers: Mapping[str, str]) -> Reply:
        nonlocal n
        n += 1
        if n % 3 == 0:
            return 429, {"Retry-After": "0"}, b""
        return answer_by_brightness(request, headers)

    with server(respond) as url:
        system = endpoint(tmp_path, url, retries=4)
        assert asked_twice(system, tmp_path) == NONE_FAILED


def test_an_endpoint_that_goes_down_ends_the_run_and_is_gone_on_with(tmp_path: Path) -> None:
    is_down = False
    n = 0

    def respond(request: dict[str, Any], headers: Mapping[str, str]) -> Reply:
        nonlocal n
        n += 1
        return (503, {}, b"") if is_down or n > 8 else answer_by_brightness(request, headers)

    with server(respond) as url:
        system: Any = endpoint(tmp_path, url, concurrency=1)
        with Store(tmp_path / "store.sqlite") as store:
            with pytest.raises(SystemUnavailableError) as caught:
                stress(system, Pictures(36), store, CONDITIONS[:2], on_event=ignore)
            n = -10_000
            again = Watched(system)
            tables = stress(again, Pictures(36), store, CONDITIONS[:2], on_event=ignore)
        system.close()
    assert str(caught.value) == (
        "system 'mine' could not be reached for 10 batches in a row. What it answered before is "
        "kept: run the same command again to go on."
    )
    assert [table["failure"].null_count() for table in tables.values()] == [36, 36]
    assert len(again.asked) == 2 * 36 - 8 * 2
