"""A whole audit in a folder: generated pictures, a manifest, a system that notes what it is asked.

Ten people, five of each sex, have four pictures each, two annotated bright and two dark. The
system looks at the grey of a picture, gets some of them wrong, and cannot answer one.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

__all__ = [
    "AUDIT",
    "LOOKS",
    "NOW",
    "N_ITEMS",
    "SECRET",
    "asked",
    "build",
    "items",
]

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
SECRET = "sesame-5f1d"  # a key that nothing may write down
N_PEOPLE = 10
N_ITEMS = 4 * N_PEOPLE

AUDIT = """\
facevalue: 1
title: Light and dark
seed: 3
datasets:
  - id: pictures
    manifest: pictures.csv
    taxonomy: [bright, dark]
    conditions: [light]
    groups: [sex]
systems:
  - name: mine
    adapter: callable
    labels: {light: bright, murky: outside}
    options: {function: "looks:at", batch_size: 3}
analyses: {permutations: 99, shuffles: 99}
claims:
  - id: good
    says: it is right most of the time
    metric: accuracy
    at_least: 0.55
  - id: fair
    says: it works equally for everyone
    metric: accuracy
    largest_gap_at_most: 0.2
    over: [sex]
  - library: ethnic-tagging
"""

# Asked for the batch, it notes every item, and is in no hurry where a test wants to kill it.
LOOKS = """
import os
import time
from pathlib import Path

LOG = Path(__file__).with_name("asked.log")
PAUSE_S = float(os.environ.get("FACEVALUE_TEST_PAUSE_S", "0"))


def at(batch):
    with LOG.open("a", encoding="utf-8") as log:
        log.write("".join(f"{media.item}\\n" for media in batch))
        log.flush()
        os.fsync(log.fileno())
    time.sleep(PAUSE_S)
    return [answer(float(media.image.mean()) / 255) for media in batch]


def answer(grey):
    if grey > 0.99:
        return None
    return {"light": grey, "dark": (1 - grey) * 0.9, "murky": (1 - grey) * 0.1}
"""


def build(folder: Path, audit: str = AUDIT) -> Path:
    """Write everything into ``folder`` and return the audit file."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["item,subject,media,annotated,sex,light"]
    for name, person, k, grey in items():
        (folder / f"{name}.png").write_bytes(_png(grey))
        annotated, sex = ("bright", "dark")[k % 2], "fm"[person % 2]
        light = ("day", "night")[k // 2]
        rows.append(f"{name},person-{person},{name}.png,{annotated},{sex},{light}")
    (folder / "pictures.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "looks.py").write_text(LOOKS, "utf-8")
    path = folder / "audit.yaml"
    path.write_text(audit, "utf-8")
    return path


def items() -> list[tuple[str, int, int, int]]:
    """Return name, person, number and grey of every picture; no two are the same."""
    found = []
    for person in range(N_PEOPLE):
        for k in range(4):
            bright = k % 2 == 0
            # Of some people the picture is the other way round, and one picture is all white.
            if (person + k) % 7 == 3:
                bright = not bright
            grey = (180 if bright else 40) + person * 4 + k
            found.append((f"face-{person}-{k}", person, k, grey))
    found[0] = (*found[0][:3], 255)
    return found


def asked(folder: Path) -> Counter[str]:
    """Return how often each item was asked for."""
    log = folder / "asked.log"
    return Counter(log.read_text("utf-8").split() if log.exists() else [])


def _png(grey: int) -> bytes:
    side = 8
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + bytes([grey]) * side) * side)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
