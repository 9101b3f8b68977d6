"""What a perturbation does, to look at and to listen to: a contact sheet, a pattern, a sound.

The picture and the sound that changes are shown on, if no other is given, are made by arithmetic
and are nobody's.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from facevalue.domain.predictions import Media
from facevalue.errors import MissingExtraError
from facevalue.perturb.base import SEVERITIES, Perturbation
from facevalue.perturb.measure import resized

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

__all__ = ["MADE_RATE_HZ", "contact_sheet", "drawn_pattern", "made_sound", "wav_bytes"]

MADE_RATE_HZ = 16_000
"""Samples a second of the test sound."""

_CELL, _GAP, _LABELS, _HEAD = 128, 6, 190, 24
_INK, _PAPER, _ABSENT = (20, 20, 20), (255, 255, 255), (238, 238, 238)


def drawn_pattern(size: int = 112) -> np.ndarray:
    """Return a picture of nobody: bars of colour, a ramp, rings that get finer, squares, lines.

    Parameters
    ----------
    size
        Width and height, in pixels, at least 8.

    Returns
    -------
    numpy.ndarray
        Shape ``(size, size, 3)``, RGB, ``uint8``.

    Examples
    --------
    >>> drawn_pattern(64)[0, [0, 63]].tolist()
    [[192, 192, 192], [40, 40, 40]]
    """
    half, steps = size // 2, np.arange(size)
    picture = np.full((size, size, 3), 128, np.uint8)
    bars = steps * 7 // size
    colours = [[192 if (6 - bar) >> bit & 1 else 40 for bit in (1, 2, 0)] for bar in range(7)]
    colours[0] = [192, 192, 192]
    top, middle, low = size // 5, size * 3 // 10, size * 3 // 4
    picture[:top] = np.array(colours, np.uint8)[bars]
    picture[top:middle] = (steps * 255 // (size - 1))[None, :, None]
    # Rings: cosines of squared distances, four between the centre and the nearer edge.
    down, across = np.arange(size - middle) - half * 0.7, steps - half
    squared = (down[:, None] ** 2 + across[None, :] ** 2) / half**2
    rings = np.rint(127.5 + 70 * np.cos(8 * np.pi * squared))
    picture[middle:] = rings[:, :, None].astype(np.uint8)
    picture[low:, : size // 4] = np.array([214, 150, 60], np.uint8)
    corner, square = steps[: size - low] * 16 // size, steps[: size // 4] * 16 // size
    chequered = (corner[:, None] + square[None, :]) % 2
    picture[low:, size - size // 4 :] = (40 + 180 * chequered)[:, :, None]
    lines = (steps[half:low] - half) * 24 // size % 3 == 0
    picture[half:low, : size // 6][lines] = np.array([30, 60, 120], np.uint8)
    return picture


def made_sound(rate_hz: int = MADE_RATE_HZ) -> np.ndarray:
    """Return a sound of nobody: a gliding buzz with two resonances and pauses, two seconds.

    Parameters
    ----------
    rate_hz
        Samples a second.

    Returns
    -------
    numpy.ndarray
        Shape ``(1, 2 × rate_hz)``, ``float32`` in [−1, 1].

    Examples
    --------
    >>> sound = made_sound(8000)
    >>> sound.shape, round(float(np.abs(sound).max()), 2)
    ((1, 16000), 0.6)
    """
    seconds = np.arange(2 * rate_hz) / rate_hz
    pitch = 140 + 40 * np.sin(2 * np.pi * 0.8 * seconds)
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    sound = np.zeros_like(seconds)
    for harmonic in range(1, min(25, int(rate_hz / 2 / 180))):
        at = harmonic * pitch
        resonance = sum(width / (width + abs(at - f)) for f, width in ((600, 120), (1700, 200)))
        sound += resonance / harmonic**0.5 * np.sin(harmonic * phase)
    # Four syllables a second, with a real pause in each.
    sound *= np.clip(1.4 * np.sin(np.pi * 2 * seconds % np.pi) - 0.3, 0, 1)
    return np.asarray((0.6 * sound / np.abs(sound).max())[None, :], dtype=np.float32)


def wav_bytes(sound: np.ndarray, rate_hz: int) -> bytes:
    """Return a sound as a WAV file of 16 bits.

    Parameters
    ----------
    sound
        Shape ``(n_channels, n_samples)``, in [−1, 1]; cut off outside.

    Examples
    --------
    >>> len(wav_bytes(np.zeros((1, 8), np.float32), 8000))
    60
    """
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(len(sound))
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        samples = np.rint(sound.clip(-1.0, 1.0) * 32767).astype("<i2")
        file.writeframes(np.ascontiguousarray(samples.T).tobytes())
    return stream.getvalue()


def _pillow() -> Any:
    try:
        import PIL.Image
        import PIL.ImageDraw
        import PIL.ImageFont
    except ImportError as error:
        raise MissingExtraError("pillow", "images") from error
    return PIL


def _cell(image: np.ndarray) -> np.ndarray:
    """Return a picture as it lies in a cell: squares for small pixels, so that they are seen."""
    height, width = image.shape[:2]
    larger = max(1, _CELL // max(height, width))
    image = image.repeat(larger, axis=0).repeat(larger, axis=1)
    scale = min(1.0, _CELL / max(image.shape[:2]))
    return resized(image, *(max(1, round(n * scale)) for n in image.shape[:2]))


def contact_sheet(media: Media, perturbations: Sequence[Perturbation], *, seed: int) -> bytes:
    r"""Return a sheet of one picture, changed: a row a perturbation, a column a severity from 0.

    A cell is left grey where a perturbation has no such step.

    Parameters
    ----------
    media
        The picture.
    perturbations
        All of them change pictures.
    seed
        For what they draw.

    Returns
    -------
    bytes
        A PNG file.

    Raises
    ------
    InputError
        If one of them changes sounds.
    MissingExtraError
        If Pillow is not installed.

    Examples
    --------
    >>> from facevalue.perturb import PERTURBATIONS
    >>> picture = Media(item="pattern", sha256="0" * 64, image=drawn_pattern())
    >>> sheet = contact_sheet(picture, [PERTURBATIONS["mirror"]], seed=1)
    >>> sheet[:4], int.from_bytes(sheet[16:20], "big"), int.from_bytes(sheet[20:24], "big")
    (b'\x89PNG', 994, 158)
    """
    pil = _pillow()
    columns = (0, *SEVERITIES)
    width = _LABELS + len(columns) * (_CELL + _GAP)
    sheet = pil.Image.new("RGB", (width, _HEAD + len(perturbations) * (_CELL + _GAP)), _PAPER)
    pen, font = pil.ImageDraw.Draw(sheet), pil.ImageFont.load_default(size=15)
    for i, severity in enumerate(columns):
        x = _LABELS + i * (_CELL + _GAP) + _CELL / 2
        pen.text((x, _HEAD / 2), str(severity), fill=_INK, font=font, anchor="mm")
    for row, perturbation in enumerate(perturbations):
        top = _HEAD + row * (_CELL + _GAP)
        pen.text((_GAP, top + _CELL / 2), perturbation.name, fill=_INK, font=font, anchor="lm")
        for i, severity in enumerate(columns):
            left = _LABELS + i * (_CELL + _GAP)
            image = _changed(media, perturbation, severity, seed)
            if image is None:
                _absent(pen, left, top)
                continue
            cell = _cell(image)
            down, across = ((_CELL - n) // 2 for n in cell.shape[:2])
            sheet.paste(pil.Image.fromarray(cell), (left + across, top + down))
    stream = io.BytesIO()
    sheet.save(stream, "PNG")
    return stream.getvalue()


def _changed(
    media: Media, perturbation: Perturbation, severity: int, seed: int
) -> np.ndarray | None:
    if severity == 0:
        return media.image
    if severity not in perturbation.steps:
        return None
    return perturbation.at(severity, seed=seed).apply(media).image


def _absent(pen: ImageDraw, left: int, top: int) -> None:
    pen.rectangle((left, top, left + _CELL - 1, top + _CELL - 1), fill=_ABSENT)
