"""Where the bytes of named datasets are: found, or fetched when asked for, always checked.

Looked in, in this order: ``FACEVALUE_DATA/<name>``, then the cache (``FACEVALUE_CACHE``, or
the user's cache folder). Nothing is downloaded unless `fetch` is called.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from facevalue.cache import cache_folder
from facevalue.canonical import digest, digest_stream
from facevalue.dataset.base import Card, FileCard
from facevalue.dataset.named import DATASETS
from facevalue.errors import DataUnavailableError, InputError, MissingExtraError

__all__ = ["fetch", "fetch_card", "folder_digest", "located"]

Progress = Callable[[str, int, int], None]
"""Called with the name of a file, bytes so far and bytes in all."""

_TIMEOUT_S = 30
_CHUNK_BYTES = 1 << 16


def _folders(name: str) -> list[Path]:
    data = os.environ.get("FACEVALUE_DATA")
    folders = [Path(data).expanduser() / name] if data else []
    return [*folders, cache_folder("datasets", name)]


def located(card: Card) -> Path:
    """Return the folder that holds all files of a dataset, each with the right digest.

    Raises
    ------
    DataUnavailableError
        If they are nowhere; says how to get them.
    InputError
        If a file is there but is not the one that it should be.
    """
    for folder in _folders(card.name):
        if all((folder / file.name).exists() for file in card.files):
            for file in card.files:
                _check(folder / file.name, file, card)
            return folder
    raise DataUnavailableError(card.name, how(card))


def how(card: Card) -> str:
    """Return in words how the bytes of a dataset are had."""
    here = f"set FACEVALUE_DATA to a folder that holds {card.name}/ with " + _listed(
        [file.name for file in card.files]
    )
    if all(file.url for file in card.files):
        return f"Get it with: facevalue datasets fetch {card.name} — or {here}."
    return f"It cannot be fetched: {here}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def folder_digest(folder: Path) -> str:
    """Return the digest of a folder: of its files' names and digests, sorted by name."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return digest([[path.name, _file_digest(path)] for path in files])


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return digest_stream(stream)


def _check(path: Path, file: FileCard, card: Card) -> None:
    found = folder_digest(path) if path.is_dir() else _file_digest(path)
    if found == file.sha256:
        return
    is_fetched = path.parent == cache_folder("datasets", card.name) and file.url is not None
    again = f"Get it again with: facevalue datasets fetch {card.name}"
    raise InputError(
        f"dataset {card.name!r}: {file.name} is not the file it should be. "
        f"Expected SHA-256 {file.sha256}, found {found}. "
        f"{again if is_fetched else 'Replace the file in FACEVALUE_DATA'}."
    )


def fetch(name: str, *, on_progress: Progress | None = None) -> Path:
    """Return where a named dataset lies, downloading it first where that is needed.

    Raises
    ------
    UnknownNameError
        If there is no dataset of this name.
    DataUnavailableError
        If it cannot be downloaded.
    InputError
        If there is nothing to fetch, or what came is not what was expected.
    MissingExtraError
        If a package is needed that is not installed.
    """
    named = DATASETS[name]
    if named.locate is None:
        raise InputError(f"dataset {name!r} is made by facevalue itself: there is nothing to fetch")
    if named.card.files and all(file.url for file in named.card.files):
        return fetch_card(named.card, on_progress=on_progress)
    return named.locate()


def fetch_card(card: Card, *, on_progress: Progress | None = None) -> Path:
    """Download the files of ``card`` into the cache, unless they are here already.

    A file is kept only once its size and digest are right.

    Raises
    ------
    DataUnavailableError
        If the network or the server fails.
    InputError
        If what came has another digest than expected.
    MissingExtraError
        If Pooch is not installed.
    """
    folder = cache_folder("datasets", card.name)
    _discard_damaged(folder, card)
    try:
        return located(card)
    except DataUnavailableError:
        pass
    if find_spec("pooch") is None:
        raise MissingExtraError("pooch", "data")
    folder.mkdir(parents=True, exist_ok=True)
    for file in card.files:
        if not (folder / file.name).exists():
            _download(file, folder, card, on_progress)
    return folder


def _discard_damaged(folder: Path, card: Card) -> None:
    """Remove what was fetched once and is no longer what it was; only ever from the cache."""
    for file in card.files:
        path = folder / file.name
        if path.is_file() and _file_digest(path) != file.sha256:
            path.unlink()


def _plain(error: Exception) -> str:
    """Say in a few words why a download failed, without the wrappings of the client."""
    text = str(error) or type(error).__name__
    for sign, words in (
        ("resolve", "the address cannot be looked up (is there a connection?)"),
        ("refused", "the connection was refused"),
        ("timed out", "no answer in time"),
    ):
        if sign in text:
            return words
    return text


def _receive(url: str, output: Path, file: FileCard, on_progress: Progress | None) -> None:
    """Download into ``output``; stop where more comes than the file is known to have.

    Pooch's own downloader knows no bound, and leaves the connection open when it is stopped.
    """
    import requests

    n_bytes = 0
    with requests.get(url, stream=True, timeout=_TIMEOUT_S) as answer, output.open("wb") as stream:
        answer.raise_for_status()
        for piece in answer.iter_content(_CHUNK_BYTES):
            n_bytes += len(piece)
            if n_bytes > file.size:
                raise InputError(f"more than the expected {file.size:,} bytes came")
            stream.write(piece)
            if on_progress is not None:
                on_progress(file.name, n_bytes, file.size)


def _download(file: FileCard, folder: Path, card: Card, on_progress: Progress | None) -> None:
    import pooch

    pooch.get_logger().setLevel("ERROR")  # we say ourselves what goes on

    def downloader(url: str, output: str, _: object) -> None:
        _receive(url, Path(output), file, on_progress)

    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as temporary:
        try:
            # The digest is held against the card below, where both values can be told.
            got = Path(
                pooch.retrieve(
                    file.url, known_hash=None, fname="part", path=temporary, downloader=downloader
                )
            )
        except InputError as error:
            raise InputError(
                f"dataset {card.name!r}: {file.name}: {error}. Nothing is kept."
            ) from error
        except (OSError, ValueError) as error:
            raise DataUnavailableError(
                card.name, f"{file.url} cannot be fetched: {_plain(error)}. {how(card)}"
            ) from error
        found = _file_digest(got)
        if found != file.sha256:
            raise InputError(
                f"dataset {card.name!r}: {file.url} gave other bytes than expected. "
                f"Expected SHA-256 {file.sha256}, found {found}. Nothing is kept."
            )
        got.replace(folder / file.name)
