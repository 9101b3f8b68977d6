"""Loss of sharpness: focus, motion, lenses, and too few pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.image_pixels import (
    affine,
    direction,
    filtered,
    grain,
    rounded,
    shorter_side,
    warped,
)
from facevalue.perturb.measure import import_cv2, resized

__all__ = [
    "FOCUS_BLUR",
    "GAUSSIAN_BLUR",
    "GLASS_BLUR",
    "MOTION_BLUR",
    "PIXELATE",
    "RESOLUTION_LOSS",
    "ZOOM_BLUR",
    "FocusBlur",
    "GaussianBlur",
    "GlassBlur",
    "MotionBlur",
    "Pixelate",
    "ResolutionLoss",
    "ZoomBlur",
    "line_weights",
]

_FINE = 8
_LARGEST_DISK = 3.5
_LARGEST_WINDOW = 11
"""Above it OpenCV changes to another method, five times as slow."""


def _blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    """Return a picture blurred by a Gaussian of ``sigma`` pixels."""
    cv2 = import_cv2()
    window = 2 * max(1, math.ceil(3.0 * sigma)) + 1
    border = cv2.BORDER_REFLECT_101
    # In float32: for bytes OpenCV is up to six times as slow.
    values = image.astype(np.float32)
    return rounded(cv2.GaussianBlur(values, (window, window), sigma, borderType=border))


def _disk(radius: float) -> np.ndarray:
    """Return the weights of a disk; a pixel at its edge counts by its share inside."""
    radius = max(0.5, radius)  # a disk inside one pixel is that pixel
    reach = math.ceil(radius)
    fine = (np.arange((2 * reach + 1) * _FINE) + 0.5) / _FINE - reach - 0.5
    inside = (fine[:, None] ** 2 + fine[None, :] ** 2 <= radius**2).astype(np.float64)
    size = 2 * reach + 1
    weights = inside.reshape(size, _FINE, size, _FINE).sum(axis=(1, 3))
    return np.asarray(weights / weights.sum(), dtype=np.float32)


def line_weights(across: float, down: float) -> np.ndarray:
    """Return the weights of a line through the middle, this long in pixels."""
    reach = math.ceil(max(abs(across), abs(down)) / 2)
    size = 2 * reach + 1
    n = max(2, math.ceil(math.hypot(across, down)) * _FINE)
    at = (np.arange(n) + 0.5) / n - 0.5
    x, y = at * across + reach, at * down + reach
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right_share, low_share = x - left, y - top
    # One row and column more than is kept: nothing but zeros falls on them.
    weights = np.zeros((size + 1, size + 1))
    np.add.at(weights, (top, left), (1 - low_share) * (1 - right_share))
    np.add.at(weights, (top, left + 1), (1 - low_share) * right_share)
    np.add.at(weights, (top + 1, left), low_share * (1 - right_share))
    np.add.at(weights, (top + 1, left + 1), low_share * right_share)
    return np.asarray(weights[:size, :size] / n, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianBlur:
    """Blur by a Gaussian.

    Parameters
    ----------
    sigma
        Standard deviation as a share of the shorter side.

    Examples
    --------
    >>> dot = np.zeros((9, 9, 3), np.uint8)
    >>> dot[4, 4] = 255
    >>> GaussianBlur(sigma=0.1).image(dot, None)[4, 2:7, 0].tolist()
    [4, 27, 50, 27, 4]
    """

    sigma: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the blurred picture."""
        return _blurred(image, self.sigma * shorter_side(image))


@dataclass(frozen=True, slots=True, kw_only=True)
class FocusBlur:
    """Blur by a disk, as a lens out of focus does.

    A disk of more than 3.5 pixels is applied to a smaller copy.

    Parameters
    ----------
    radius
        As a share of the shorter side.
    """

    radius: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture out of focus."""
        radius = self.radius * shorter_side(image)
        shrink = max(1.0, radius / _LARGEST_DISK)
        height, width = image.shape[:2]
        small = resized(image, max(1, round(height / shrink)), max(1, round(width / shrink)))
        weights = _disk(radius * shorter_side(small) / shorter_side(image))
        return resized(filtered(small, weights), height, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionBlur:
    """Blur along a line of drawn direction, as a moving head or camera does.

    Parameters
    ----------
    length
        As a share of the shorter side.
    """

    length: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture in motion."""
        across, down = (part * self.length * shorter_side(image) for part in direction(rng))
        if 2 * math.ceil(max(abs(across), abs(down)) / 2) + 1 <= _LARGEST_WINDOW:
            return filtered(image, line_weights(across, down))
        return _smeared(image, across, down)


def _smeared(image: np.ndarray, across: float, down: float) -> np.ndarray:
    """Return the mean of copies moved along a line, by whole pixels."""
    cv2 = import_cv2()
    reach = math.ceil(max(abs(across), abs(down)) / 2)
    n = 2 * reach + 1
    edges = cv2.copyMakeBorder(image, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
    total = np.zeros(image.shape, np.float32)
    height, width = image.shape[:2]
    for step in range(n):
        at = step / (n - 1) - 0.5
        x, y = reach + round(at * across), reach + round(at * down)
        cv2.accumulate(edges[y : y + height, x : x + width], total)
    return np.asarray(np.rint(total / np.float32(n)).astype(np.uint8))


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoomBlur:
    """Average the picture at rising sizes, as zooming or moving closer does.

    Parameters
    ----------
    by
        The largest copy is larger by this share.
    """

    by: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the zoomed picture."""
        cv2 = import_cv2()
        height, width = image.shape[:2]
        # Each pass doubles the copies that the mean is of: enough of them that, at the edges,
        # neighbours lie about a pixel apart.
        n_passes = math.ceil(math.log2(max(2.0, self.by * max(height, width) / 2 + 1)))
        step = (1.0 + self.by) ** (1.0 / (2**n_passes - 1))
        for n in range(n_passes):
            shrink = step ** -(2**n)
            larger = affine(image, ((shrink, 0.0), (0.0, shrink)))
            image = np.asarray(cv2.addWeighted(image, 0.5, larger, 0.5, 0.0))
        return image


@dataclass(frozen=True, slots=True, kw_only=True)
class GlassBlur:
    """Scatter grains about and blur a little, as frosted glass or a greasy lens does.

    Parameters
    ----------
    by
        Standard deviation of how far a grain is moved along each axis, as a share of the
        shorter side; half of it is the blur's.
    """

    by: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture behind glass."""
        length = self.by * shorter_side(image)
        moved = grain(image, rng, channels=2) * np.float32(length)
        scattered = warped(image, moved[:, :, 0], moved[:, :, 1])
        return _blurred(scattered, length / 2)


def _kept(image: np.ndarray, across: int) -> np.ndarray:
    scale = min(1.0, across / shorter_side(image))
    height, width = (max(1, round(n * scale)) for n in image.shape[:2])
    return resized(image, height, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionLoss:
    """Keep few pixels, and bring them to the old size smoothly.

    Parameters
    ----------
    across
        Pixels that the shorter side keeps. A picture that has no more is not changed.
    """

    across: int

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture of fewer pixels, at the old size."""
        kept = _kept(image, self.across)
        return image.copy() if kept is image else resized(kept, *image.shape[:2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixelate:
    """Keep few pixels, and bring them to the old size as squares.

    Parameters
    ----------
    across
        Squares along the shorter side. A picture of no more pixels is not changed.
    """

    across: int

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture in squares."""
        cv2 = import_cv2()
        size = (image.shape[1], image.shape[0])
        kept = _kept(image, self.across)
        return np.array(cv2.resize(kept, size, interpolation=cv2.INTER_NEAREST))


GAUSSIAN_BLUR = Perturbation(
    name="gaussian-blur",
    title="Gaussian blur",
    about="Blurred by a Gaussian: the textbook loss of sharpness.",
    media="image",
    family="blur",
    steps={
        s: GaussianBlur(sigma=x)
        for s, x in {1: 0.0156, 2: 0.0225, 3: 0.031, 4: 0.0445, 5: 0.078}.items()
    },
    covers=("ImageNet-C: gaussian blur",),
)
FOCUS_BLUR = Perturbation(
    name="focus-blur",
    title="Out of focus",
    about="Blurred by a disk: a lens out of focus.",
    media="image",
    family="blur",
    steps={
        s: FocusBlur(radius=x)
        for s, x in {1: 0.0265, 2: 0.0355, 3: 0.05, 4: 0.073, 5: 0.117}.items()
    },
    covers=("ImageNet-C: defocus blur",),
)
MOTION_BLUR = Perturbation(
    name="motion-blur",
    title="Moving head or camera",
    about="Blurred along a line of drawn direction.",
    media="image",
    family="blur",
    steps={
        s: MotionBlur(length=x) for s, x in {1: 0.054, 2: 0.085, 3: 0.128, 4: 0.19, 5: 0.4}.items()
    },
    covers=("ImageNet-C: motion blur",),
)
ZOOM_BLUR = Perturbation(
    name="zoom-blur",
    title="Zoomed while taken",
    about="The mean of copies at rising sizes: moving closer, or zooming.",
    media="image",
    family="blur",
    steps={s: ZoomBlur(by=x) for s, x in {1: 0.051, 2: 0.0946, 3: 0.156, 4: 0.26}.items()},
    covers=("ImageNet-C: zoom blur",),
)
GLASS_BLUR = Perturbation(
    name="glass-blur",
    title="Behind frosted glass",
    about="Grains scattered in a drawn pattern and blurred: frosted glass, a greasy lens.",
    media="image",
    family="blur",
    steps={
        s: GlassBlur(by=x) for s, x in {1: 0.0067, 2: 0.0122, 3: 0.02, 4: 0.0317, 5: 0.063}.items()
    },
    covers=("ImageNet-C: glass blur",),
)
RESOLUTION_LOSS = Perturbation(
    name="resolution-loss",
    title="Too few pixels",
    about="Made smaller and brought back smoothly: a face far from the camera.",
    media="image",
    family="resolution",
    steps={s: ResolutionLoss(across=x) for s, x in {1: 35, 2: 25, 3: 18, 4: 12, 5: 7}.items()},
)
PIXELATE = Perturbation(
    name="pixelate",
    title="In squares",
    about="Made smaller and brought back as squares: enlarged without smoothing.",
    media="image",
    family="resolution",
    steps={s: Pixelate(across=x) for s, x in {1: 44, 2: 25, 3: 22, 4: 14, 5: 8}.items()},
    covers=("ImageNet-C: pixelate",),
)
