"""Things before a face, drawn by arithmetic as plain shapes at fixed places of the picture.

Nothing is looked for in the picture: the shapes lie where an upright face has its mouth, eyes and
forehead if it fills the crop (eyes at 36 % of the height and 32 % and 68 % of the width, mouth
at 72 %). On other crops they cover something else. They are flat, without folds or shadows, and
stand for how much is hidden, not for how masks or glasses look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.image_pixels import rounded
from facevalue.perturb.measure import import_cv2, resized

__all__ = [
    "FACE_MASK",
    "HAIR",
    "HAND",
    "SUNGLASSES",
    "FaceMask",
    "Hair",
    "Hand",
    "Sunglasses",
]

_FINE = 256
_EYES = ((0.32, 0.36), (0.68, 0.36))
_CLOTH = (176, 202, 214)
_DARK = (24, 24, 28)
_HAIR = (58, 46, 40)
_TURNS = np.arange(32) * (2.0 * np.pi / 32)
_CIRCLE = np.column_stack([np.cos(_TURNS), np.sin(_TURNS)])

Points = Sequence[tuple[float, float]] | np.ndarray


class _Stencil:
    """What of the picture is covered: grows shape by shape, with smooth edges."""

    def __init__(self, image: np.ndarray) -> None:
        self._cv2 = import_cv2()
        # Drawn finer than the picture, so that a pixel at an edge is covered in part.
        height, width = image.shape[:2]
        finer = min(8, max(1, math.ceil(_FINE / min(height, width))))
        self._drawn = np.zeros((height * finer, width * finer), np.uint8)

    def _placed(self, points: Points) -> np.ndarray:
        placed = np.asarray(points) * self._drawn.shape[::-1] - 0.5
        return np.asarray(np.rint(placed), dtype=np.int32)

    def polygon(self, points: Points) -> None:
        """Cover a polygon, its corners in shares of width and height."""
        self._cv2.fillPoly(self._drawn, [self._placed(points)], 255)

    def ellipse(self, middle: tuple[float, float], radii: tuple[float, float]) -> None:
        """Cover an upright ellipse, all in shares of width and height."""
        self.polygon(np.array(middle) + _CIRCLE * radii)

    def laid_on(self, image: np.ndarray, colour: Sequence[float]) -> np.ndarray:
        """Return the picture with what is covered in one colour."""
        cover = resized(self._drawn, *image.shape[:2])
        share = cover[:, :, None].astype(np.float32) / np.float32(255.0)
        return rounded(image + (np.array(colour, np.float32) - image) * share)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceMask:
    """Cover the picture from the chin up with a light cloth.

    Parameters
    ----------
    top
        Where the cloth ends in the middle, as a share of the height from above: 0.5 is over
        the nose, 0.8 below the mouth.

    Examples
    --------
    >>> masked = FaceMask(top=0.5).image(np.zeros((50, 50, 3), np.uint8), None)
    >>> masked[[10, 40], 25].tolist()
    [[0, 0, 0], [176, 202, 214]]
    """

    top: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the masked picture."""
        stencil = _Stencil(image)
        edge = self.top + 0.06
        low = (edge + 1.0) / 2
        stencil.polygon(
            [
                (0.5, self.top), (0.66, self.top + 0.02), (0.88, edge), (0.83, low), (0.64, 1.0),
                (0.36, 1.0), (0.17, low), (0.12, edge), (0.34, self.top + 0.02),
            ]
        )  # fmt: skip
        return stencil.laid_on(image, _CLOTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunglasses:
    """Cover the eyes with dark glasses.

    Parameters
    ----------
    lens
        Half the width of a lens, as a share of the width.
    """

    lens: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture with glasses."""
        stencil = _Stencil(image)
        (left, y), (right, _) = _EYES
        for x in (left, right):
            stencil.ellipse((x, y), (self.lens, 0.8 * self.lens))
        # Bridge and arms, in line with the upper part of the lenses.
        over, under = y - 0.3 * self.lens, y - 0.1 * self.lens
        stencil.polygon([(0.02, over), (0.98, over), (0.98, under), (0.02, under)])
        return stencil.laid_on(image, _DARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Cover a drawn part of the face with a patch the size of a hand, in the picture's own tone.

    Parameters
    ----------
    size
        Width of the patch as a share of the picture's width; it is a third higher.
    """

    size: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture with a hand before it."""
        x, y = rng.uniform(0.3, 0.7), rng.uniform(0.35, 0.75)
        height, width = image.shape[:2]
        # The tone of this face, so that the patch is nobody else's.
        middle = image[height // 4 : 3 * height // 4 + 1, width // 4 : 3 * width // 4 + 1]
        tone = middle.reshape(-1, 3).mean(axis=0)
        across, down = self.size / 2, self.size / 1.5
        stencil = _Stencil(image)
        # A rounded box: an ellipse of the fourth degree.
        bulging = np.sign(_CIRCLE) * np.sqrt(np.abs(_CIRCLE))
        stencil.polygon(np.array((x, y)) + bulging * (across, down))
        return stencil.laid_on(image, tone * 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hair:
    """Let dark hair fall over the forehead, in strands of drawn length.

    Parameters
    ----------
    low
        How far down the strands reach on average, as a share of the height; eyes are at 0.36.
    """

    low: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture with hair."""
        lengths = self.low * (1.0 + 0.25 * rng.uniform(-1.0, 1.0, _STRANDS))
        points = [(0.0, 0.0)]
        for strand, length in enumerate(lengths):
            left = strand / _STRANDS
            points += [(left, 0.75 * self.low), (left + 0.6 / _STRANDS, float(length))]
        stencil = _Stencil(image)
        stencil.polygon([*points, (1.0, 0.75 * self.low), (1.0, 0.0)])
        return stencil.laid_on(image, _HAIR)


_STRANDS = 9

FACE_MASK = Perturbation(
    name="face-mask",
    title="Face mask",
    about=(
        "A flat light shape from the chin up, at a fixed place of the picture: below the mouth "
        "(2), to the lips (3), to just under the eyes (4)."
    ),
    media="image",
    family="occlusion",
    steps={s: FaceMask(top=t) for s, t in {2: 0.79, 3: 0.625, 4: 0.4}.items()},
)
SUNGLASSES = Perturbation(
    name="sunglasses",
    title="Sunglasses",
    about="Two flat dark ellipses with a bar, at a fixed place of the picture.",
    media="image",
    family="occlusion",
    steps={s: Sunglasses(lens=x) for s, x in {2: 0.094, 3: 0.146, 4: 0.2}.items()},
)
HAND = Perturbation(
    name="hand",
    title="Hand before the face",
    about=(
        "A flat patch in the picture's own mean tone, at a drawn place of its middle: from a "
        "finger's width (1) to most of the face (5)."
    ),
    media="image",
    family="occlusion",
    steps={s: Hand(size=x) for s, x in {1: 0.186, 2: 0.3, 3: 0.416, 4: 0.545, 5: 0.72}.items()},
)
HAIR = Perturbation(
    name="hair",
    title="Hair over the forehead",
    about="Flat dark strands of drawn length from the top edge down; from 3 on to the eyes.",
    media="image",
    family="occlusion",
    steps={s: Hair(low=x) for s, x in {1: 0.1, 2: 0.205, 3: 0.325, 4: 0.46}.items()},
)
