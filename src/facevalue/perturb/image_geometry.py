"""Where the face lies in the picture: shifts, sizes, turns, crops.

What comes into view at a border is the picture mirrored at it. Places between pixels are
interpolated linearly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.image_pixels import (
    affine,
    direction,
    shorter_side,
    sign,
    smooth_field,
    warped,
)

__all__ = [
    "CROP_LOOSER",
    "CROP_TIGHTER",
    "ELASTIC",
    "MIRROR",
    "ROTATION",
    "SCALE",
    "SHIFT",
    "STRETCH",
    "CropLooser",
    "CropTighter",
    "Elastic",
    "Mirror",
    "Rotation",
    "Scale",
    "Shift",
    "Stretch",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Move the picture in a drawn direction.

    Parameters
    ----------
    by
        How far, as a share of the shorter side.

    Examples
    --------
    >>> dot = np.zeros((9, 9, 3), np.uint8)
    >>> dot[4, 4] = 255
    >>> int((Shift(by=0.2).image(dot, np.random.default_rng(1)) > 0).any(axis=2).sum())
    4
    """

    by: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the moved picture."""
        across, down = direction(rng)
        length = self.by * shorter_side(image)
        return affine(image, ((1.0, 0.0), (0.0, 1.0)), (across * length, down * length))


def _zoomed(image: np.ndarray, factor: float) -> np.ndarray:
    return affine(image, ((1.0 / factor, 0.0), (0.0, 1.0 / factor)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Make everything larger or smaller about the middle; which of the two is drawn.

    Parameters
    ----------
    by
        0.1: by a factor of 1.1 or of 1 / 1.1.
    """

    by: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture at another scale."""
        return _zoomed(image, (1.0 + self.by) ** sign(rng))


@dataclass(frozen=True, slots=True, kw_only=True)
class CropTighter:
    """Cut the same share off every edge, and bring the rest to the old size.

    Parameters
    ----------
    cut
        Share of width and height that is cut off at each edge, below 0.5.
    """

    cut: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the tighter crop."""
        return _zoomed(image, 1.0 / (1.0 - 2.0 * self.cut))


@dataclass(frozen=True, slots=True, kw_only=True)
class CropLooser:
    """Add a margin at every edge, mirrored from the picture, and bring all to the old size.

    Parameters
    ----------
    margin
        Share of width and height that is added at each edge.
    """

    margin: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the looser crop."""
        return _zoomed(image, 1.0 / (1.0 + 2.0 * self.margin))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Make everything wider and less high, or the reverse; which of the two is drawn.

    Parameters
    ----------
    by
        0.1: one axis by a factor of 1.1, the other by 1 / 1.1.
    """

    by: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture with another aspect."""
        factor = (1.0 + self.by) ** sign(rng)
        return affine(image, ((1.0 / factor, 0.0), (0.0, factor)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """Turn the picture about its middle, to a drawn side.

    Parameters
    ----------
    degrees
        By how much.
    """

    degrees: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the turned picture."""
        angle = math.radians(self.degrees) * sign(rng)
        cosine, sine = math.cos(angle), math.sin(angle)
        return affine(image, ((cosine, sine), (-sine, cosine)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """Swap left and right.

    Examples
    --------
    >>> Mirror().image(np.arange(6, dtype=np.uint8).reshape(1, 2, 3), None).tolist()
    [[[3, 4, 5], [0, 1, 2]]]
    """

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the mirror image."""
        return image[:, ::-1].copy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elastic:
    """Pull the picture about smoothly, in a drawn pattern.

    Parameters
    ----------
    by
        Standard deviation of how far a place is pulled along each axis, as a share of the
        shorter side.
    """

    by: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the distorted picture."""
        length = np.float32(self.by * shorter_side(image))
        across = smooth_field(image, rng, across=_POINTS) * length
        down = smooth_field(image, rng, across=_POINTS) * length
        return warped(image, across, down)


_POINTS = 4

SHIFT = Perturbation(
    name="shift",
    title="Shifted crop",
    about="Moved in a drawn direction, as when the box of a face finder lies a little off.",
    media="image",
    family="geometry",
    steps={
        s: Shift(by=by) for s, by in {1: 0.0087, 2: 0.0145, 3: 0.0216, 4: 0.031, 5: 0.049}.items()
    },
)
SCALE = Perturbation(
    name="scale",
    title="Larger or smaller face",
    about="Larger or smaller about the middle, which is drawn: boxes of different sizes.",
    media="image",
    family="geometry",
    steps={s: Scale(by=by) for s, by in {1: 0.024, 2: 0.04, 3: 0.061, 4: 0.091, 5: 0.15}.items()},
)
CROP_TIGHTER = Perturbation(
    name="crop-tighter",
    title="Tighter crop",
    about="The same share cut off every edge: a face finder with smaller boxes.",
    media="image",
    family="geometry",
    steps={
        s: CropTighter(cut=c)
        for s, c in {1: 0.0116, 2: 0.0198, 3: 0.03, 4: 0.042, 5: 0.065}.items()
    },
)
CROP_LOOSER = Perturbation(
    name="crop-looser",
    title="Looser crop",
    about="A margin added at every edge, mirrored from the picture: a finder with larger boxes.",
    media="image",
    family="geometry",
    steps={
        s: CropLooser(margin=m)
        for s, m in {1: 0.0122, 2: 0.02, 3: 0.03, 4: 0.045, 5: 0.073}.items()
    },
)
STRETCH = Perturbation(
    name="stretch",
    title="Wider or narrower",
    about="One axis longer and the other shorter: a crop that is squeezed into a square.",
    media="image",
    family="geometry",
    steps={s: Stretch(by=by) for s, by in {1: 0.026, 2: 0.045, 3: 0.068, 4: 0.1, 5: 0.18}.items()},
)
ROTATION = Perturbation(
    name="rotation",
    title="Turned picture",
    about="Turned about the middle to a drawn side: a head held a little aslant.",
    media="image",
    family="geometry",
    steps={s: Rotation(degrees=d) for s, d in {1: 1.6, 2: 3.0, 3: 4.8, 4: 7.6, 5: 13.0}.items()},
)
MIRROR = Perturbation(
    name="mirror",
    title="Mirror image",
    about="Left and right swapped, as front cameras show it. There is no scale.",
    media="image",
    family="geometry",
    steps={5: Mirror()},
)
ELASTIC = Perturbation(
    name="elastic",
    title="Elastic distortion",
    about=(
        "Pulled about smoothly in a drawn pattern: a cheap lens, or rolling shutter. Beyond 3 it "
        "would bend mouth and brows into another expression."
    ),
    media="image",
    family="geometry",
    steps={s: Elastic(by=by) for s, by in {1: 0.0072, 2: 0.0127, 3: 0.0205}.items()},
    covers=("ImageNet-C: elastic transform",),
)
