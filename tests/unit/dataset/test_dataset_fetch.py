"""Named datasets are found, fetched when asked for, and always checked."""

from __future__ import annotations

import hashlib
import importlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from facevalue.dataset import Card, FileCard, fetch
from facevalue.dataset.fetch import fetch_card, folder_digest, located
from facevalue.errors import DataUnavailableError, InputError, MissingExtraError
from support import require

GOOD = b"item,annotated\na,fear\n" * 10_000  # 220,000 bytes: more than one piece of a download
OTHER = b"something else"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def made_card(base: str | None, path: str = "good", data: bytes = GOOD) -> Card:
    url = None if base is None else f"{base}/{path}"
    return Card(
        name="small",
        title="A small dataset",
        licence="CC0",
        citation="nobody",
        url=None,
        version="1",
        files=(FileCard(name="a.csv", sha256=sha(data), url=url, size=len(data)),),
        about="",
        population="",
    )


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/small-pieces":
            self._in_pieces(GOOD)
        elif self.path == "/endless":
            self._in_pieces(GOOD + GOOD)
        elif self.path == "/cut":
            self._whole(200, GOOD[:1_000], said=len(GOOD))
        else:
            bodies = {"/good": GOOD, "/other": OTHER}
            self._whole(200 if self.path in bodies else 404, bodies.get(self.path, b""))

    def _whole(self, status: int, body: bytes, said: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if said is None else said))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def _in_pieces(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for i in range(0, len(body), 8_000):
                piece = body[i : i + 8_000]
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:  # the client has had enough, as it should
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""


@pytest.fixture
def server() -> Iterator[str]:
    require("pooch")
    Handler.asked = []
    with Server(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("FACEVALUE_DATA", raising=False)
    monkeypatch.setenv("FACEVALUE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache" / "datasets" / "small"


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*"))


@pytest.mark.parametrize("path", ["good", "small-pieces"])
def test_a_download_is_checked_and_kept(server: str, cache: Path, path: str) -> None:
    told: list[tuple[str, int, int]] = []
    card = made_card(server, path)
    assert fetch_card(card, on_progress=lambda *t: told.append(t)) == cache
    assert left_in(cache) == ["a.csv"]
    assert (cache / "a.csv").read_bytes() == GOOD
    assert told[-1] == ("a.csv", 220_000, 220_000)
    assert [n for _, n, _ in told] == sorted(n for _, n, _ in told)
    assert fetch_card(card) == located(card) == cache
    assert Handler.asked == [f"/{path}"]


def test_other_bytes_than_expected_are_not_kept(server: str, cache: Path) -> None:
    with pytest.raises(InputError) as caught:
        fetch_card(made_card(server, "other"))
    assert str(caught.value) == (
        f"dataset 'small': {server}/other gave other bytes than expected. "
        f"Expected SHA-256 {sha(GOOD)}, found {sha(OTHER)}. Nothing is kept."
    )
    assert left_in(cache) == []


def test_a_download_that_does_not_end_is_stopped(server: str, cache: Path) -> None:
    with pytest.raises(InputError) as caught:
        fetch_card(made_card(server, "endless"))
    assert str(caught.value) == (
        "dataset 'small': a.csv: more than the expected 220,000 bytes came. Nothing is kept."
    )
    assert left_in(cache) == []


def test_a_server_without_the_file(server: str, cache: Path) -> None:
    with pytest.raises(DataUnavailableError) as caught:
        fetch_card(made_card(server, "gone"))
    assert str(caught.value) == (
        f"dataset 'small' is not available here. {server}/gone cannot be fetched: 404 Client "
        f"Error: Not Found for url: {server}/gone. Get it with: facevalue datasets fetch small — "
        "or set FACEVALUE_DATA to a folder that holds small/ with a.csv."
    )
    assert left_in(cache) == []


def test_a_download_that_breaks_off(server: str, cache: Path) -> None:
    # What the client says of it differs from version to version: only our part is compared.
    with pytest.raises((DataUnavailableError, InputError)) as caught:
        fetch_card(made_card(server, "cut"))
    assert f"{server}/cut" in str(caught.value)
    assert left_in(cache) == []


def test_no_network(cache: Path) -> None:
    require("pooch")
    with pytest.raises(DataUnavailableError) as caught:
        fetch_card(made_card("http://127.0.0.1:9"))  # the discard port: nobody listens
    assert str(caught.value) == (
        "dataset 'small' is not available here. http://127.0.0.1:9/good cannot be fetched: the "
        "connection was refused. Get it with: facevalue datasets fetch small — or set "
        "FACEVALUE_DATA to a folder that holds small/ with a.csv."
    )
    assert left_in(cache) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "Failed to resolve 'a.example'",
            "the address cannot be looked up (is there a connection?)",
        ),
        ("Read timed out. (read timeout=30)", "no answer in time"),
    ],
)
def test_what_the_client_says_is_put_plainly(
    monkeypatch: pytest.MonkeyPatch, said: str, words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise require("requests").ConnectionError(f"HTTPSConnectionPool(host='a', port=1): {said}")

    monkeypatch.setattr(require("requests"), "get", fail)
    with pytest.raises(DataUnavailableError) as caught:
        fetch_card(made_card("http://a.example"))
    assert str(caught.value) == (
        "dataset 'small' is not available here. http://a.example/good cannot be fetched: "
        f"{words}. Get it with: facevalue datasets fetch small — or set FACEVALUE_DATA to a "
        "folder that holds small/ with a.csv."
    )


def test_a_damaged_file_in_the_cache_is_told_and_fetched_again(server: str, cache: Path) -> None:
    card = made_card(server)
    fetch_card(card)
    (cache / "a.csv").write_bytes(OTHER)
    with pytest.raises(InputError) as caught:
        located(card)
    assert str(caught.value) == (
        "dataset 'small': a.csv is not the file it should be. "
        f"Expected SHA-256 {sha(GOOD)}, found {sha(OTHER)}. "
        "Get it again with: facevalue datasets fetch small."
    )
    assert fetch_card(card) == cache
    assert (cache / "a.csv").read_bytes() == GOOD


def test_facevalue_data_comes_first_and_is_never_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVALUE_DATA", str(tmp_path / "data"))
    mine = tmp_path / "data" / "small"
    mine.mkdir(parents=True)
    (mine / "a.csv").write_bytes(GOOD)
    card = made_card(None)
    assert fetch_card(card) == located(card) == mine
    (mine / "a.csv").write_bytes(OTHER)
    with pytest.raises(InputError) as caught:
        fetch_card(card)
    assert str(caught.value) == (
        "dataset 'small': a.csv is not the file it should be. "
        f"Expected SHA-256 {sha(GOOD)}, found {sha(OTHER)}. Replace the file in FACEVALUE_DATA."
    )
    assert (mine / "a.csv").read_bytes() == OTHER


def test_what_cannot_be_fetched_says_so() -> None:
    with pytest.raises(DataUnavailableError) as caught:
        fetch("emodb-2s")
    assert str(caught.value) == (
        "dataset 'emodb-2s' is not available here. It cannot be fetched: set FACEVALUE_DATA to a "
        "folder that holds emodb-2s/ with items.csv and flac."
    )
    with pytest.raises(InputError) as nothing:
        fetch("generated-controls")
    assert str(nothing.value) == (
        "dataset 'generated-controls' is made by facevalue itself: there is nothing to fetch"
    )


def test_without_pooch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # By its module: the package has a function of the same name.
    module = importlib.import_module("facevalue.dataset.fetch")
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as caught:
        fetch_card(made_card("http://127.0.0.1:9"))
    assert str(caught.value) == (
        "this needs the package 'pooch', which is not installed. "
        "Install it with: pip install 'facevalue[data]'"
    )


def test_the_digest_of_a_folder_is_of_names_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    listed = f'[["a","{sha(b"1")}"],["b","{sha(b"2")}"]]'
    assert folder_digest(tmp_path) == sha(listed.encode())
