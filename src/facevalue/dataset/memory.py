"""Images and sounds made or held in memory, as the media of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from facevalue.canonical import digest_bytes
from facevalue.domain import Media

__all__ = ["MemoryImages", "MemorySounds"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySounds:
    """Sounds of one rate that a function gives by their key.

    Parameters
    ----------
    sound
        From the key in the ``media`` column to samples, shape ``(n_channels, n_samples)``,
        ``float32`` in [−1, 1].
    rate_hz
        Samples a second, of all of them.

    Examples
    --------
    >>> quiet = MemorySounds(sound=lambda key: np.zeros((1, 8), np.float32), rate_hz=8_000)
    >>> quiet.load("a", *quiet.digests(["a"]), "a").sound.shape
    (1, 8)
    """

    sound: Callable[[str], np.ndarray]
    rate_hz: int

    def digests(self, media: Sequence[str | None]) -> list[str | None]:
        """Return the SHA-256 of the rate and the samples of each sound, row by row."""
        return [None if key is None else self._digest(key) for key in media]

    def _digest(self, key: str) -> str:
        # Little-endian, so that every machine has the same; the same samples at another rate
        # are another sound.
        samples = np.ascontiguousarray(self.sound(key)).astype("<f4")
        head = f"{self.rate_hz} Hz, {samples.shape[0]} channel(s)\n"
        return digest_bytes(head.encode() + samples.tobytes())

    def load(self, item: str, sha256: str, media: str | None) -> Media:
        """Return one item with its samples."""
        if media is None:
            return Media(item=item, sha256=sha256)
        return Media(item=item, sha256=sha256, sound=self.sound(media), rate_hz=self.rate_hz)
