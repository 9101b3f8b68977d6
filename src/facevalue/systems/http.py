"""An HTTP endpoint that takes batches as JSON; see `facevalue.systems.wire`.

Attempts that failed for a passing reason (408, 425, 429, 5xx, no connection) are repeated
with exponentially growing waits; ``Retry-After`` is heeded up to a bound. Redirects are
never followed: the key and people's pictures go to the named host only. The key is read
from an environment variable and reaches nothing but the request: not a log, not an
exception, not the system's identity, and no answer, also when the endpoint repeats it.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from facevalue.domain.predictions import Answer, Failure, FailureKind, Media
from facevalue.errors import MissingExtraError
from facevalue.systems.answers import answer_all, malformed
from facevalue.systems.base import SystemRequest, SystemSpec
from facevalue.systems.options import Options
from facevalue.systems.secrets import Secrets, WithholdFilter
from facevalue.systems.wire import FORMAT, Encoding, read_answers, read_encoding

if TYPE_CHECKING:
    import httpx

__all__ = ["Clock", "HttpSettings", "HttpSystem", "open_http"]

MAX_RESPONSE_BYTES = 16 << 20
FIRST_WAIT_S = 0.5
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
# Libraries below us that write requests and headers to their logs.
TALKATIVE = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time, passed in so that tests need not wait."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How an endpoint is asked.

    Parameters
    ----------
    url
        Address; https, or a loopback address.
    headers
        Headers of each request, the one with the key included; never shown.
    timeout_s
        Longest wait for one attempt, in seconds.
    retries
        How often an attempt is repeated.
    max_wait_s
        Longest wait between attempts, in seconds.
    concurrency
        How many requests are under way at once.
    per_request
        How many items one request holds.
    encoding
        How items are written.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 30.0
    retries: int = 4
    max_wait_s: float = 60.0
    concurrency: int = 4
    per_request: int = 8
    encoding: Encoding = field(default_factory=Encoding)


@dataclass(frozen=True, slots=True)
class _Passing:
    """An attempt that may be repeated: what it comes to if it is not, and how long to wait."""

    failure: Failure
    wait_s: float | None = None


class HttpSystem:
    """A system behind an HTTP endpoint.

    Parameters
    ----------
    spec
        What is known of the system.
    settings
        How it is asked.
    secrets
        What must not be seen again.
    clock
        Time.
    transport
        What carries the requests; for tests.
    """

    def __init__(
        self,
        spec: SystemSpec,
        settings: HttpSettings,
        secrets: Secrets,
        *,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        try:
            import httpx
        except ImportError as error:
            raise MissingExtraError("httpx", "http") from error
        self.spec = spec
        self._httpx = httpx
        self._settings = settings
        self._secrets = secrets
        self._clock = clock or Clock()
        self._filter = WithholdFilter(secrets)
        for name in TALKATIVE:
            logging.getLogger(name).addFilter(self._filter)
        self._client = httpx.Client(
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            timeout=settings.timeout_s,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=settings.concurrency),
            transport=transport,
            # Proxies of the environment are for the outside; a local server is not there.
            trust_env=not _is_loopback(urlsplit(settings.url).hostname or ""),
        )
        self._pool = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="facevalue-http")

    def predict(self, batch: Sequence[Media]) -> list[Answer]:
        """Answer each item of ``batch``, in order."""
        size = self._settings.per_request
        parts = [batch[i : i + size] for i in range(0, len(batch), size)]
        return [answer for part in self._pool.map(self._answer_part, parts) for answer in part]

    def close(self) -> None:
        """End the connections."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()
        for name in TALKATIVE:
            logging.getLogger(name).removeFilter(self._filter)

    def _answer_part(self, part: Sequence[Media]) -> list[Answer]:
        items = [self._settings.encoding.item(media) for media in part]
        readable = [m for m, item in zip(part, items, strict=True) if not isinstance(item, Failure)]
        answers = iter(answer_all(self._ask, readable) if readable else [])
        return [item if isinstance(item, Failure) else next(answers) for item in items]

    def _ask(self, batch: Sequence[Media]) -> list[Answer] | Failure:
        items = [self._settings.encoding.item(media) for media in batch]
        body = json.dumps({"facevalue": FORMAT, "items": items}, ensure_ascii=False).encode("utf-8")
        attempt = 0
        while True:
            outcome = self._attempt(body)
            if not isinstance(outcome, _Passing):
                break
            if attempt >= self._settings.retries:
                return outcome.failure
            self._clock.sleep(self._wait_s(outcome, attempt, batch[0].sha256))
            attempt += 1
        if isinstance(outcome, Failure):
            return outcome
        answers = read_answers(_parsed(outcome), len(batch), self.spec.labels)
        if isinstance(answers, Failure):
            return answers
        return [self._secrets.checked(answer) for answer in answers]

    def _attempt(self, body: bytes) -> bytes | Failure | _Passing:
        httpx = self._httpx
        until = self._clock.monotonic() + self._settings.timeout_s
        headers = {"Content-Type": "application/json", **self._settings.headers}
        try:
            with self._client.stream(
                "POST", self._settings.url, content=body, headers=headers
            ) as response:
                if response.status_code != 200:
                    return self._refused(response)
                return self._body(response, until)
        # No "from": an exception of the client holds the request, and that the key.
        except (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.NetworkError):
            return _Passing(Failure(FailureKind.UNAVAILABLE, "no connection"))
        except httpx.TimeoutException:
            return Failure(FailureKind.TIMEOUT, f"no answer in {self._settings.timeout_s:g} s")
        except httpx.RemoteProtocolError:
            return _Passing(Failure(FailureKind.UNAVAILABLE, "the connection was cut"))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Failure(FailureKind.UNAVAILABLE, f"no answer ({type(error).__name__})")

    def _refused(self, response: httpx.Response) -> Failure | _Passing:
        """Return what a status other than 200 comes to. Its text is not read."""
        status = response.status_code
        what = f"HTTP status {status}"
        if status in RETRIED:
            kind = FailureKind.TIMEOUT if status in (408, 504) else FailureKind.UNAVAILABLE
            return _Passing(Failure(kind, what), self._retry_after_s(response))
        if 300 <= status < 400:
            what = f"{what}: redirects are not followed, give the final address"
            return Failure(FailureKind.UNAVAILABLE, what)
        if status in (401, 403, 404, 405) or status >= 500 or status < 400:
            return Failure(FailureKind.UNAVAILABLE, what)
        return Failure(FailureKind.REFUSED, what)

    def _body(self, response: httpx.Response, until: float) -> bytes | Failure:
        encoding = response.headers.get("content-encoding", "identity")
        if encoding.lower() not in ("identity", ""):
            # A few kilobytes can unpack to gigabytes; none was asked for.
            return malformed("the response is compressed, which was not asked for")
        body = bytearray()
        for chunk in response.iter_raw(1 << 16):
            body.extend(chunk)
            if len(body) > MAX_RESPONSE_BYTES:
                return malformed(f"a response of more than {MAX_RESPONSE_BYTES:,} bytes")
            if self._clock.monotonic() > until:
                what = f"no whole answer in {self._settings.timeout_s:g} s"
                return Failure(FailureKind.TIMEOUT, what)
        return bytes(body)

    def _retry_after_s(self, response: httpx.Response) -> float | None:
        given = response.headers.get("retry-after", "").strip()
        if given.isascii() and given.isdigit():
            return float(min(int(given[:9]), 10**9))
        try:
            moment = parsedate_to_datetime(given)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self._clock.now()).total_seconds())

    def _wait_s(self, outcome: _Passing, attempt: int, sha256: str) -> float:
        """Return how long to wait before the next attempt, in seconds.

        The jitter (a factor from 0.5 to 1.5) keeps requests that failed together from
        coming back together. It is drawn from the item, so a run can be repeated.
        """
        longest = self._settings.max_wait_s
        if outcome.wait_s is not None:
            return min(outcome.wait_s, longest)
        jitter = 0.5 + int(sha256[attempt * 4 : attempt * 4 + 4] or "8000", 16) / 0xFFFF
        return float(min(FIRST_WAIT_S * 2**attempt * jitter, longest))


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def open_http(request: SystemRequest, base: Path) -> HttpSystem:
    """Open an endpoint with the options of an audit file; ``base`` is of no use to it."""
    options = Options(request, base)
    url = options.text("url")
    plain = options.flag("allow_plain_http", False)
    key, headers = _key(options)
    labels = options.labels(required=False)
    encoding = read_encoding(options, ("pixels", "png", "sound"))
    settings = HttpSettings(
        url=url,
        headers=headers,
        timeout_s=options.number("timeout_s", low=0.001, high=3_600, default=30.0),
        retries=options.whole("retries", low=0, high=12, default=4),
        max_wait_s=options.number("max_wait_s", low=0, high=3_600, default=60.0),
        concurrency=options.whole("concurrency", low=1, high=64, default=4),
        per_request=options.whole("per_request", low=1, high=1024, default=8),
        encoding=encoding,
    )
    deterministic = options.flag("deterministic", True)
    version = options.text("version", "not stated")
    secrets = Secrets([key] if key else [])
    if url:
        _check_url(options, url, plain, secrets)
    options.done()
    spec = SystemSpec(
        name=request.name,
        adapter="http",
        labels=labels,
        media="sound" if encoding.gives == "sound" else "image",
        batch_size=settings.per_request * settings.concurrency,
        deterministic=deterministic,
        identity={
            "adapter": "http",
            "url": url,
            "version": version,
            "labels": list(labels) if labels else None,
            "gives": encoding.gives,
            "item_names": encoding.item_names,
        },
        about={"title": f"endpoint {urlsplit(url).netloc}", "version": version, "url": url},
    )
    return HttpSystem(spec, settings, secrets)


def _key(options: Options) -> tuple[str, dict[str, str]]:
    """Return the key and the header it goes into; both empty if there is none."""
    name = options.text("key_env", "") if options.has("key_env") else ""
    header = options.text("key_header", "Authorization")
    if not name:
        return "", {}
    key = os.environ.get(name, "")
    if not key:
        options.problem("key_env", f"the variable {name} is not set", "missing_variable")
    elif not key.isascii() or not key.isprintable() or " " in key:
        what = f"the value of {name} is not a key: it holds spaces or other signs"
        options.problem("key_env", what)
    if not header.replace("-", "").isalnum() or not header.isascii():
        options.problem("key_header", f"{header!r} is not the name of a header")
    value = f"Bearer {key}" if header.lower() == "authorization" else key
    return key, {header: value}


def _check_url(options: Options, url: str, plain: bool, secrets: Secrets) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        options.problem("url", "this is not an address")
        return
    if parts.username is not None or parts.password is not None or secrets.are_in(url):
        options.problem("url", "there is a name or a key in the address. Use key_env for the key")
    elif parts.scheme not in ("http", "https") or not host:
        options.problem("url", f"{url!r} is not an address that begins with https://")
    elif parts.scheme == "http" and not (plain or _is_loopback(host)):
        what = "pictures of people would travel unencrypted. Use https://, or set"
        options.problem("url", f"{what} allow_plain_http: true")
