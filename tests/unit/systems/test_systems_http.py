"""An endpoint: it may be busy, slow, gone, or hostile, and the key stays where it is."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from facevalue.domain import Media, Prediction
from facevalue.errors import AuditSpecError
from facevalue.systems import http
from facevalue.systems.http import Clock, HttpSettings, HttpSystem
from facevalue.systems.secrets import Secrets
from support import require
from systems_support import (
    LABELS,
    SPEC,
    Reply,
    answer_by_brightness,
    failure_of,
    label_of,
    opened,
    picture,
    server,
)

httpx_is_here = pytest.fixture(autouse=True)(lambda: require("httpx"))

KEY = "sk-live-4f9a77c1e2d4b6a8"
BATCH = [picture(f"i{n}", 10 * n) for n in range(1, 6)]


class Slept:
    """A clock that only notes how long it was told to sleep."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    @property
    def clock(self) -> Clock:
        return Clock(
            monotonic=lambda: 0.0,
            sleep=self.waits.append,
            now=lambda: datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC),
        )


@pytest.fixture
def ask() -> Iterator[Callable[..., Any]]:
    """Return a function that answers a batch through a transport made of a function."""
    httpx = require("httpx")
    with ExitStack() as stack:

        def asked(respond: Any, batch: Any = None, **settings: Any) -> tuple[Any, list[float]]:
            slept = Slept()
            base: dict[str, Any] = {"url": "https://vendor.example/v1", "per_request": 8}
            system = HttpSystem(
                SPEC,
                HttpSettings(**{**base, **settings}),
                Secrets([KEY]),
                clock=slept.clock,
                transport=httpx.MockTransport(respond),
            )
            stack.enter_context(closing(system))
            return system.predict(BATCH[:1] if batch is None else batch), slept.waits

        yield asked


def good(request: Any) -> Any:
    _, _, body = answer_by_brightness(json.loads(request.content), {})
    return reply(200, content=body)


def reply(status: int, **parts: Any) -> Any:
    """Return a response whose body has not been read yet, as from a connection."""
    httpx = require("httpx")
    if "json" in parts:
        parts["content"] = json.dumps(parts.pop("json")).encode()
    return httpx.Response(status, stream=httpx.ByteStream(parts.pop("content", b"")), **parts)


def one_after_another(*replies: Any) -> Callable[[Any], Any]:
    left = iter(replies)

    def respond(request: Any) -> Any:
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return good(request) if found == "good" else found

    return respond


def test_batches_are_cut_sent_and_put_together_in_order() -> None:
    sizes: list[int] = []
    under_way: list[int] = [0, 0]
    lock = threading.Lock()
    barrier = threading.Barrier(2, timeout=10)

    def respond(request: dict[str, Any], headers: Mapping[str, str]) -> Reply:
        with lock:
            sizes.append(len(request["items"]))
            under_way[0] += 1
            under_way[1] = max(under_way)
        if len(request["items"]) == 2:
            barrier.wait()  # two requests must be under way at once to get past
        with lock:
            under_way[0] -= 1
        return answer_by_brightness(request, headers)

    with server(respond) as url:
        options: dict[str, Any] = {
            "url": url,
            "per_request": 2,
            "concurrency": 2,
            "labels": list(LABELS),
        }
        with closing(opened(Path(), "http", **options)) as system:
            assert system.spec.batch_size == 4
            answers = system.predict(BATCH)
    assert sorted(sizes) == [1, 2, 2]
    assert under_way[1] == 2
    # Pictures are 10, 20 … 50 bright of 255.
    assert [a.scores["calm"] for a in answers] == pytest.approx([n / 25.5 for n in range(1, 6)])


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_passing_failures_are_asked_again_after_a_growing_wait(ask: Any, status: int) -> None:
    busy = reply(status)
    answers, waits = ask(one_after_another(busy, busy, busy, "good"))
    assert label_of(answers[0]) == "angry"
    # The digest of the picture begins with zeros: the jitter is 0.5. 0.5 · 2^k · 0.5
    assert waits == [0.25, 0.5, 1.0]


def test_no_connection_is_asked_again_and_then_unavailable(ask: Any) -> None:
    httpx = require("httpx")
    gone = httpx.ConnectError(f"cannot connect with {KEY}")
    answers, waits = ask(one_after_another(gone, "good"))
    assert (label_of(answers[0]), waits) == ("angry", [0.25])
    answers, waits = ask(one_after_another(*[gone] * 3), retries=2)
    assert failure_of(answers[0]) == ("unavailable", "no connection")
    assert len(waits) == 2
    cut = httpx.RemoteProtocolError("x")
    answers, _ = ask(one_after_another(cut), retries=0)
    assert failure_of(answers[0]) == ("unavailable", "the connection was cut")


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("86400", 60.0),  # the bound
        ("9" * 400, 60.0),
        ("Tue, 24 Nov 2026 12:00:07 GMT", 7.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", 0.25),
        ("-5", 0.25),
    ],
)
def test_retry_after_is_heeded_up_to_a_bound(ask: Any, given: str, wait: float) -> None:
    busy = reply(429, headers={"Retry-After": given})
    answers, waits = ask(one_after_another(busy, "good"))
    assert (label_of(answers[0]), waits) == ("angry", [wait])


def test_jitter_comes_from_the_item(ask: Any) -> None:
    media = Media(item="x", sha256="ffff8000" + "0" * 56, image=BATCH[0].image)
    _, waits = ask(one_after_another(reply(503), reply(503), "good"), batch=[media])
    # ffff → 1.5, 8000 → 0.5 + 32768/65535
    assert waits == pytest.approx([0.75, 0.5 + 32768 / 65535])


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "refused"), (413, "refused"), (422, "refused"), (401, "unavailable"),
     (403, "unavailable"), (404, "unavailable"), (501, "unavailable"), (204, "unavailable")],
)  # fmt: skip
def test_lasting_failures_are_not_asked_again(ask: Any, status: int, kind: str) -> None:
    answers, waits = ask(lambda request: reply(status, content=f"your key {KEY} is wrong".encode()))
    assert failure_of(answers[0]) == (kind, f"HTTP status {status}")
    assert waits == []


def test_an_item_that_is_refused_is_found(ask: Any) -> None:
    def respond(request: Any) -> Any:
        items = json.loads(request.content)["items"]
        return reply(422) if any(i["item"] == "1" * 16 for i in items) else good(request)

    batch = [Media(item=m.item, sha256=f"{n}" * 64, image=m.image) for n, m in enumerate(BATCH)]
    answers, _ = ask(respond, batch=batch)
    assert [type(a).__name__ for a in answers] == ["Prediction", "Failure"] + ["Prediction"] * 3


def test_redirects_are_not_followed(ask: Any) -> None:
    seen: list[str] = []

    def respond(request: Any) -> Any:
        seen.append(str(request.url))
        return reply(307, headers={"Location": "https://elsewhere.example/"})

    answers, _ = ask(respond)
    assert failure_of(answers[0]) == (
        "unavailable",
        "HTTP status 307: redirects are not followed, give the final address",
    )
    assert seen == ["https://vendor.example/v1"]


def test_time_limits(ask: Any) -> None:
    httpx = require("httpx")
    answers, waits = ask(one_after_another(httpx.ReadTimeout("x")), timeout_s=2)
    assert (failure_of(answers[0]), waits) == (("timeout", "no answer in 2 s"), [])
    answers, _ = ask(one_after_another(httpx.UnsupportedProtocol("x")))
    assert failure_of(answers[0]) == ("unavailable", "no answer (UnsupportedProtocol)")


def test_an_answer_that_trickles_in_is_given_up() -> None:
    httpx = require("httpx")
    from httpx import SyncByteStream

    ticks = iter(range(0, 1000, 4))

    class Trickle(SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b" " * (1 << 16)

    system = HttpSystem(
        SPEC,
        HttpSettings(url="https://vendor.example/", timeout_s=30),
        Secrets([]),
        clock=Clock(monotonic=lambda: float(next(ticks))),
        transport=httpx.MockTransport(lambda request: httpx.Response(200, stream=Trickle())),
    )
    with closing(system):
        assert failure_of(system.predict(BATCH[:1])[0]) == ("timeout", "no whole answer in 30 s")


@pytest.mark.parametrize(
    ("parts", "detail"),
    [
        ({"content": b"<html>"}, "the response has no list 'answers'"),
        ({"content": b"[" * 100_000}, "the response has no list 'answers'"),
        ({"json": {"answers": []}}, "0 answers to 1 items"),
        ({"json": {"answers": [{"scores": {"calm": 1}}]}}, "scores for 1 of 3 labels"),
        ({"json": {"answers": [{"label": "a\u0000"}]}}, "the label 'a' holds control characters"),
        (
            {"content": b"x", "headers": {"Content-Encoding": "gzip"}},
            "the response is compressed, which was not asked for",
        ),
    ],
)
def test_malformed_responses(ask: Any, parts: dict[str, Any], detail: str) -> None:
    answers, _ = ask(lambda request: reply(200, **parts))
    assert failure_of(answers[0]) == ("malformed_answer", detail)


def test_an_oversized_response_is_not_read_to_its_end(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_RESPONSE_BYTES", 1_000_000)
    answers, _ = ask(lambda request: reply(200, content=b" " * 2_000_000))
    assert failure_of(answers[0]) == ("malformed_answer", "a response of more than 1,000,000 bytes")


def test_media_without_a_picture_are_not_sent(ask: Any) -> None:
    batch = [BATCH[0], Media(item="x", sha256="0"), BATCH[2]]
    answers, _ = ask(good, batch=batch)
    assert [type(a).__name__ for a in answers] == ["Prediction", "Failure", "Prediction"]
    answers, _ = ask(good, batch=[Media(item="x", sha256="0")])
    assert failure_of(answers[0]) == ("unreadable_media", "there is no image")


def echo(request: dict[str, Any], headers: Mapping[str, str]) -> Reply:
    """Send the key back in every place there is."""
    key = headers.get("Authorization", "") or headers.get("X-Api-Key", "")
    answers = [
        {"failed": "refused", "detail": f"the key {key} may not do this"},
        {"label": key},
        {"label": "calm", "scores": {"calm": 1, "angry": 0, key: 0}},
        {"failed": key},
        {"label": "calm"},
    ]
    return (
        200,
        {"X-Echo": key, "Set-Cookie": f"key={key}"},
        json.dumps({"answers": answers}).encode(),
    )


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key"])
def test_the_key_reaches_the_endpoint_and_nothing_else(
    header: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    got: list[str] = []

    def respond(request: dict[str, Any], headers: Mapping[str, str]) -> Reply:
        got.append(headers.get(header, ""))
        return echo(request, headers)

    caplog.set_level(logging.DEBUG)
    with server(respond) as url:
        options: dict[str, Any] = {
            "url": url,
            "key_env": "VENDOR_KEY",
            "key_header": header,
            "retries": 0,
        }
        with closing(opened(Path(), "http", **options)) as system:
            answers = system.predict(BATCH)
            seen = [repr(system), repr(system.spec), repr(vars(system)), repr(system._settings)]
    assert got == [f"Bearer {KEY}" if header == "Authorization" else KEY]
    seen += [repr(answers), caplog.text, *(repr(vars(record)) for record in caplog.records)]
    assert caplog.records  # the libraries below did write to their logs
    assert not [text for text in seen if "4f9a77c1" in text or KEY in text]
    assert [failure_of(a)[1] for a in answers[:2]] == [
        "(withheld: it repeats part of a secret)",
        "a label repeats part of a secret",
    ]
    assert answers[4] == Prediction("calm")


def said(**options: Any) -> str:
    with pytest.raises(AuditSpecError) as caught:
        opened(Path(), "http", **options)
    return str(caught.value)


def test_addresses_that_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    head = "system 'mine': 1 problem(s)\n  option url: "
    plain = (
        "pictures of people would travel unencrypted. Use https://, or set allow_plain_http: true"
    )
    assert said(url="http://vendor.example/") == f"{head}{plain} [bad_option]"
    inside = "there is a name or a key in the address. Use key_env for the key [bad_option]"
    assert said(url="https://me:pw@vendor.example/") == head + inside
    assert said(url=f"https://vendor.example/?key={KEY}", key_env="VENDOR_KEY") == head + inside
    assert said(url="ftp://vendor.example/") == (
        f"{head}'ftp://vendor.example/' is not an address that begins with https:// [bad_option]"
    )
    assert said(url="https://[::1/") == f"{head}this is not an address [bad_option]"
    with closing(opened(Path(), "http", url="http://vendor.example/", allow_plain_http=True)):
        pass
    for url in ("http://localhost:1/", "http://127.9.9.9/", "http://[::1]/"):
        opened(Path(), "http", url=url).close()


def test_keys_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VENDOR_KEY", raising=False)
    url = "https://vendor.example/"
    assert said(url=url, key_env="VENDOR_KEY") == (
        "system 'mine': 1 problem(s)\n"
        "  option key_env: the variable VENDOR_KEY is not set [missing_variable]"
    )
    monkeypatch.setenv("VENDOR_KEY", "line\nX-Other: header")
    message = said(url=url, key_env="VENDOR_KEY", key_header="X Key:")
    assert message == (
        "system 'mine': 2 problem(s)\n"
        "  option key_env: the value of VENDOR_KEY is not a key: it holds spaces or other signs "
        "[bad_option]\n"
        "  option key_header: 'X Key:' is not the name of a header [bad_option]"
    )


def test_identity_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", KEY)
    options: dict[str, Any] = {
        "url": "https://vendor.example/v1",
        "key_env": "VENDOR_KEY",
        "version": "2026-11",
    }
    with closing(opened(Path(), "http", **options)) as system:
        assert system.spec.identity == {
            "adapter": "http",
            "url": "https://vendor.example/v1",
            "version": "2026-11",
            "labels": None,
            "gives": "pixels",
            "item_names": "digest",
        }
