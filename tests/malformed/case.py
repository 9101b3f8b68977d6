"""One malformed input: the files it is made of, the command, and the whole message."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "ANSWERS",
    "AUDIT",
    "FACES",
    "Case",
    "Content",
    "audit",
    "damaged",
    "lines",
    "png",
    "text_chunk",
    "wav",
]

Content = str | bytes | None
"""Text is written in UTF-8; `None` is a file that is not there."""

AUDIT = """\
facevalue: 1
title: Faces
datasets:
  - id: faces
    manifest: faces.csv
    taxonomy: [anger, calm]
systems:
  - name: mine
    adapter: predictions
    options: {file: answers.csv}
"""

FACES = """\
item,subject,annotated,sex
a,p1,anger,female
b,p1,calm,female
c,p2,anger,male
d,p2,calm,male
"""

ANSWERS = """\
item,label
a,anger
b,calm
c,calm
d,calm
"""

# Together these are an audit that runs; each case spoils something of it.
SOUND: Mapping[str, Content] = {"audit.yaml": AUDIT, "faces.csv": FACES, "answers.csv": ANSWERS}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A malformed input.

    Parameters
    ----------
    name
        Names the test.
    files
        What differs from `SOUND`, by path.
    then
        Does what cannot be said as files: links, folders.
    command
        The words after ``facevalue``, run in the folder of the files.
    says
        The whole of stderr.
    needs
        Packages without which the fault cannot be seen.
    """

    name: str
    says: str
    files: Mapping[str, Content] = field(default_factory=dict)
    then: Callable[[Path], None] = lambda folder: None
    command: tuple[str, ...] = ("audit", "audit.yaml", "--out", "run")
    needs: tuple[str, ...] = ()

    def build(self, folder: Path) -> None:
        """Write everything into ``folder``."""
        for name, content in {**SOUND, **self.files}.items():
            if content is None:
                continue
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.then(folder)


def lines(*parts: str) -> str:
    """Return a message of ``parts``, one a line."""
    return "\n".join(["facevalue: " + parts[0], *parts[1:], ""])


def audit(*edits: tuple[str, str], more: str = "") -> dict[str, Content]:
    """Return the sound audit file with each text replaced by another, and ``more`` behind."""
    text = AUDIT
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return {"audit.yaml": text + more}


def png(width: int, height: int, *chunks: bytes, n_bytes: int = 17 * 16) -> bytes:
    """Return a grey PNG whose header says ``width`` × ``height``.

    Its pixels unfold to ``n_bytes``, which is right for 16 × 16.
    """
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = _zeros(n_bytes)
    parts = (_chunk(b"IHDR", header), *chunks, _chunk(b"IDAT", pixels), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def damaged(picture: bytes) -> bytes:
    """Return a PNG whose header is sound and whose pixels are cut off."""
    return picture[: picture.index(b"IDAT") + 6]


def text_chunk(n_bytes: int) -> bytes:
    """Return a compressed comment that unfolds to ``n_bytes``."""
    return _chunk(b"zTXt", b"Comment\0\0" + _zeros(n_bytes))


def wav(n_samples: int, n_channels: int) -> bytes:
    """Return a silent sound at one sample a second."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setparams((n_channels, 2, 1, 0, "NONE", ""))
        sound.writeframes(b"\0\0" * n_samples * n_channels)
    return stream.getvalue()


def _zeros(n_bytes: int) -> bytes:
    """Compress zeros piece by piece: what makes a bomb must not swallow one."""
    packer, piece = zlib.compressobj(9), b"\0" * 1_000_000
    packed = [packer.compress(piece) for _ in range(n_bytes // len(piece))]
    packed.append(packer.compress(b"\0" * (n_bytes % len(piece))))
    return b"".join([*packed, packer.flush()])


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
