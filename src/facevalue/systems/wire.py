"""How items and answers look as JSON, for commands and endpoints alike.

A request is ``{"facevalue": 1, "items": […]}``; each item has a name and either an image
or a sound::

    {"item": "3f2a…", "image": {"width": 48, "height": 48, "rgb_base64": "…"}}
    {"item": "3f2a…", "image": {"png_base64": "…"}}
    {"item": "3f2a…", "sound": {"rate_hz": 16000, "n_channels": 1, "float32_base64": "…"}}
    {"item": "3f2a…", "path": "/…/a.jpg"}

The name is the start of the media's SHA-256, not the name in the dataset: file names often
say the annotated emotion or whose face it is. ``item_names: given`` sends the real one.

An answer is ``{"answers": […]}`` with as many entries, in order:
``{"scores": {"calm": 0.8, "angry": 0.2}}``, ``{"label": "calm"}`` or
``{"failed": "refused", "detail": "no face found"}``.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facevalue.domain.predictions import Answer, Failure, FailureKind, Media
from facevalue.systems.answers import answer_from_wire, malformed, usable_image
from facevalue.systems.options import Options

__all__ = ["FORMAT", "Encoding", "png_bytes", "read_answers", "read_encoding"]

FORMAT = 1
ITEM_NAME_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How an item is written: ``pixels``, ``png``, ``sound`` or ``path``; under which name."""

    gives: str = "pixels"
    item_names: str = "digest"

    def item(self, media: Media) -> dict[str, Any] | Failure:
        """Return the JSON object for one item, or why there is none."""
        name = media.item if self.item_names == "given" else media.sha256[:ITEM_NAME_DIGITS]
        content = self._content(media)
        return content if isinstance(content, Failure) else {"item": name, **content}

    def _content(self, media: Media) -> dict[str, Any] | Failure:
        if self.gives == "sound":
            return _sound(media)
        if self.gives == "path":
            if media.path is None:
                return Failure(FailureKind.UNREADABLE_MEDIA, "there is no file")
            return {"path": media.path}
        image = usable_image(media)
        if isinstance(image, Failure):
            return image
        if self.gives == "png":
            return {"image": {"png_base64": _base64(png_bytes(image))}}
        height, width = image.shape[:2]
        pixels = _base64(image.tobytes())
        return {"image": {"width": width, "height": height, "rgb_base64": pixels}}


def _sound(media: Media) -> dict[str, Any] | Failure:
    if media.sound is None or media.rate_hz is None or media.sound.ndim != 2:
        return Failure(FailureKind.UNREADABLE_MEDIA, "there is no sound")
    samples = np.ascontiguousarray(media.sound, dtype="<f4")
    return {
        "sound": {
            "rate_hz": media.rate_hz,
            "n_channels": samples.shape[0],
            "float32_base64": _base64(samples.tobytes()),
        }
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def png_bytes(image: np.ndarray) -> bytes:
    r"""Return RGB pixels as a PNG file; the same pixels give the same bytes.

    Written here because the encoders of image libraries differ by version, and an
    endpoint may cache by digest.

    Parameters
    ----------
    image
        Shape ``(height, width, 3)``, ``uint8``.

    Examples
    --------
    >>> png_bytes(np.zeros((1, 1, 3), np.uint8))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    height, width = image.shape[:2]
    # Each row starts with its filter: 0, none.
    rows = np.concatenate([np.zeros((height, 1), np.uint8), image.reshape(height, -1)], axis=1)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def read_encoding(options: Options, gives: Sequence[str]) -> Encoding:
    """Take the options that say how items are written."""
    return Encoding(
        gives=options.choice("gives", gives, gives[0]),
        item_names=options.choice("item_names", ("digest", "given"), "digest"),
    )


def read_answers(
    document: object, n_items: int, labels: tuple[str, ...] | None
) -> list[Answer] | Failure:
    """Return the answers in a parsed document, or why the whole of it cannot be used."""
    if not isinstance(document, dict) or not isinstance(document.get("answers"), list):
        return malformed("the response has no list 'answers'")
    answers = document["answers"]
    if len(answers) != n_items:
        return malformed(f"{len(answers)} answers to {n_items} items")
    return [answer_from_wire(raw, labels) for raw in answers]
