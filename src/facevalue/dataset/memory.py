"""Images made or held in memory, as the media of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from facevalue.canonical import digest_bytes
from facevalue.domain import Media

__all__ = ["MemoryImages"]


@dataclass(frozen=True, slots=True)
class MemoryImages:
    """Images that a function gives by their key.

    Parameters
    ----------
    image
        From the key in the ``media`` column to pixels, shape ``(height, width, 3)``, ``uint8``.
    """

    image: Callable[[str], np.ndarray]

    def digests(self, media: Sequence[str | None]) -> list[str | None]:
        """Return the SHA-256 of the pixels of each image, row by row."""
        return [None if key is None else self._digest(key) for key in media]

    def _digest(self, key: str) -> str:
        return digest_bytes(np.ascontiguousarray(self.image(key)).tobytes())

    def load(self, item: str, sha256: str, media: str | None) -> Media:
        """Return one item with its pixels."""
        image = None if media is None else self.image(media)
        return Media(item=item, sha256=sha256, image=image)
