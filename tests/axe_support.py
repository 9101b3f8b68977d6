"""axe-core, the checker of accessible pages: fetched as a package, checked by digest, cached."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from facevalue.cache import cache_folder
from facevalue.canonical import digest_bytes
from facevalue.errors import SystemUnavailableError
from facevalue.systems.packages import Member, Package, download, unpack
from support import missing

__all__ = ["AXE", "axe_source", "faults"]

SCRIPT = Member(
    path="package/axe.min.js",
    target="axe.min.js",
    size_bytes=553446,
    sha256="880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb",
)
AXE = Package(
    name="axe-core",
    version="4.10.3",
    client="npm",
    sha256="0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292",
    members=(SCRIPT,),
)
GRAVE = ("serious", "critical")


def axe_source() -> str:
    """Return the script, fetched the first time with the package's own client."""
    folder = cache_folder("tests", f"{AXE.name}-{AXE.version}")
    path = folder / SCRIPT.target
    if not path.is_file() or digest_bytes(path.read_bytes()) != SCRIPT.sha256:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as work:
            arrived, ready = Path(work, "arrived"), Path(work, "ready")
            arrived.mkdir()
            ready.mkdir()
            try:
                unpack(download(AXE, arrived), AXE, ready)
            except SystemUnavailableError as error:
                missing(str(error))
            (ready / SCRIPT.target).replace(path)
    return path.read_text("utf-8")


def faults(page: Any) -> list[str]:
    """Return what axe-core calls serious or critical on a page, one line for each rule."""
    page.evaluate(axe_source())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{v['id']}: {v['help']}: {[n['html'][:120] for n in v['nodes'][:3]]}"
        for v in found["violations"]
        if v["impact"] in GRAVE
    ]
