"""What all changes of pictures share: lengths, rounding, grain, smooth fields, warps.

A length is a share of the picture's shorter side. Noise has a grain of one pixel, or of 1/64 of
the shorter side where that is more: noise of single pixels would vanish in a large picture once a
system has made it smaller.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from facevalue.perturb.measure import import_cv2, resized

__all__ = [
    "affine",
    "direction",
    "distance",
    "filtered",
    "grain",
    "looked_up",
    "noise_gain",
    "rounded",
    "shorter_side",
    "sign",
    "smooth_field",
    "warped",
]

_GRAINS = 64


def shorter_side(image: np.ndarray) -> int:
    """Return the shorter side of a picture, in pixels."""
    return int(min(image.shape[:2]))


def sign(rng: np.random.Generator) -> int:
    """Draw −1 or 1."""
    return 1 if rng.random() < 0.5 else -1


def rounded(values: np.ndarray) -> np.ndarray:
    """Return values as pixels: rounded, cut off at 0 and 255.

    Examples
    --------
    >>> rounded(np.array([-3.0, 1.6, 300.0])).tolist()
    [0, 2, 255]
    """
    return np.asarray(np.rint(values).clip(0, 255), dtype=np.uint8)


def looked_up(image: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return ``table[pixel]`` for every pixel, of the table's type.

    Parameters
    ----------
    table
        Shape ``(256,)``, or ``(256, 3)`` for one table a channel.
    """
    cv2 = import_cv2()
    shaped = table.reshape(1, 256, -1)
    if shaped.shape[2] == 1 and image.shape[2] == 3:
        shaped = shaped[:, :, 0]
    return np.asarray(cv2.LUT(np.ascontiguousarray(image), np.ascontiguousarray(shaped)))


def _spread(values: np.ndarray, shape: tuple[int, ...], way: int) -> np.ndarray:
    if values.shape[:2] == shape[:2]:
        return values
    cv2 = import_cv2()
    return np.asarray(cv2.resize(values, (shape[1], shape[0]), interpolation=way))


def grain(
    image: np.ndarray, rng: np.random.Generator, *, channels: int = 3, uniform: bool = False
) -> np.ndarray:
    """Draw noise for a picture: independent grains, of standard deviation 1.

    Returns
    -------
    numpy.ndarray
        Shape ``(height, width, channels)``, or without the last axis for one channel;
        ``float32``; normal, or uniform in [0, 1) if asked for.
    """
    height, width = image.shape[:2]
    scale = min(1.0, _GRAINS / min(height, width))
    size = (round(height * scale), round(width * scale), channels)
    shape = size[: 3 if channels > 1 else 2]
    if uniform:
        drawn = rng.random(shape, dtype=np.float32)
    else:
        drawn = rng.standard_normal(shape, dtype=np.float32)
    return _spread(drawn, image.shape, import_cv2().INTER_NEAREST)


@lru_cache(maxsize=1024)
def noise_gain(side: int) -> float:
    """Return by how much noise must be stronger to show as much at 64 pixels as it does there.

    1 where the shorter side is 64 pixels or a multiple of it. Elsewhere the measure's averages
    mix parts of neighbouring grains, which takes away a known share of their variance.

    Parameters
    ----------
    side
        The shorter side of the picture, in pixels.

    Examples
    --------
    >>> [round(noise_gain(n), 2) for n in (64, 128, 112, 25)]
    [1.0, 1.0, 1.4, 1.47]
    """
    n_grains = min(side, _GRAINS)
    # Row by row, the shares of the grains in a pixel at the measure's size, along one axis.
    shares = _spread(np.eye(n_grains), (side, n_grains), import_cv2().INTER_NEAREST)
    shares = resized(shares, _GRAINS, n_grains)
    # Along two axes the variance is divided by this twice, so the deviation once.
    return float(1.0 / (shares**2).sum(axis=1).mean())


def smooth_field(image: np.ndarray, rng: np.random.Generator, *, across: int) -> np.ndarray:
    """Draw a smooth field: normal values at ``across`` points of the shorter side, and between.

    Returns
    -------
    numpy.ndarray
        Shape ``(height, width)``, ``float32``; standard deviation 1 at the points drawn.
    """
    height, width = image.shape[:2]
    step = min(height, width) / across
    points = (max(2, round(height / step)), max(2, round(width / step)))
    drawn = rng.standard_normal(points, dtype=np.float32)
    return _spread(drawn, image.shape, import_cv2().INTER_CUBIC)


def distance(image: np.ndarray, across: float, down: float) -> np.ndarray:
    """Return how far every pixel lies from a place, in shares of the shorter side.

    Parameters
    ----------
    across, down
        The place, in shares of the width and of the height.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    x = (np.arange(width, dtype=np.float32) + np.float32(0.5 - across * width)) / side
    y = (np.arange(height, dtype=np.float32) + np.float32(0.5 - down * height)) / side
    return np.asarray(np.sqrt(x[None, :] ** 2 + y[:, None] ** 2))


def affine(
    image: np.ndarray,
    linear: tuple[tuple[float, float], tuple[float, float]],
    shift: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """Return a picture taken from other places of itself.

    Parameters
    ----------
    linear
        What turns a place in the new picture into one in the old, both from the middle.
    shift
        What is then added, in pixels to the right and down.
    """
    cv2 = import_cv2()
    height, width = image.shape[:2]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.array(linear, dtype=np.float64)
    offset = middle - matrix @ middle + np.array(shift)
    return np.asarray(
        cv2.warpAffine(
            image,
            np.column_stack([matrix, offset]),
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
    )


def warped(image: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return a picture whose pixels come from ``across`` and ``down`` pixels further on.

    Parameters
    ----------
    across, down
        Shape ``(height, width)``, ``float32``, in pixels.
    """
    cv2 = import_cv2()
    height, width = image.shape[:2]
    x = across + np.arange(width, dtype=np.float32)[None, :]
    y = down + np.arange(height, dtype=np.float32)[:, None]
    border = cv2.BORDER_REFLECT_101
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=border))


def filtered(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean about every pixel; ``weights`` of odd size, summing to 1."""
    cv2 = import_cv2()
    return np.asarray(cv2.filter2D(image, -1, weights, borderType=cv2.BORDER_REFLECT_101))


def direction(rng: np.random.Generator) -> tuple[float, float]:
    """Draw a direction: its part to the right and its part down."""
    angle = rng.uniform(0.0, 2.0 * math.pi)
    return math.cos(angle), math.sin(angle)
