"""What lies between camera and face: haze and snow."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.image_blur import line_weights
from facevalue.perturb.image_pixels import filtered, grain, rounded, shorter_side, smooth_field

__all__ = ["HAZE", "SNOW", "Haze", "Snow"]

_VEIL = np.float32(225.0)
_DENSEST = 0.93
"""Something is left to see everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Haze:
    """Lay a light veil over the picture, in drawn swathes.

    Parameters
    ----------
    density
        Mean share of the light that is the veil's; it varies by about a quarter of that.
    """

    density: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the veiled picture."""
        swathes = 1 + np.float32(0.25) * smooth_field(image, rng, across=3)
        veil = (swathes * np.float32(self.density)).clip(0.0, _DENSEST)[:, :, None]
        return rounded(image + (_VEIL - image) * veil)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snow:
    """Let white flakes fall through the picture, in a drawn direction near the vertical.

    Parameters
    ----------
    share
        Share of grains that are a flake.
    """

    share: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture in snow."""
        lean = rng.uniform(-0.6, 0.6)
        drawn = grain(image, rng, channels=1, uniform=True)
        flakes = (drawn < self.share).astype(np.float32)
        length = 0.05 * shorter_side(image)
        streaks = filtered(flakes, line_weights(length * math.sin(lean), length * math.cos(lean)))
        # A streak is as wide as a grain and fainter than the flake, as it moved on.
        veil = np.minimum(streaks * np.float32(1.6), np.float32(0.9))[:, :, None]
        return rounded(image + (np.float32(255.0) - image) * veil)


HAZE = Perturbation(
    name="haze",
    title="Haze",
    about="A light veil in drawn swathes: fog, smoke, breath on the lens.",
    media="image",
    family="weather",
    steps={
        s: Haze(density=d) for s, d in {1: 0.165, 2: 0.32, 3: 0.475, 4: 0.635, 5: 0.875}.items()
    },
    covers=("ImageNet-C: fog",),
)
SNOW = Perturbation(
    name="snow",
    title="Falling snow",
    about="White streaks in a drawn pattern: snow or rain before the face.",
    media="image",
    family="weather",
    steps={
        s: Snow(share=x) for s, x in {1: 0.0073, 2: 0.022, 3: 0.047, 4: 0.096, 5: 0.215}.items()
    },
    covers=("ImageNet-C: snow", "ImageNet-C: spatter"),
)
