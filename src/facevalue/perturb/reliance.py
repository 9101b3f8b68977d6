"""What is left when a part of a picture is taken away: the face, the background, a place.

Every place is fixed in the picture, in shares of its width and height. The named ones (eyes,
mouth, brows and forehead, the ellipse of the face) are where these lie in an upright frontal
crop that the face fills; in another kind of picture they hide something else. Landmarks that
come with the data move them to where they lie (`facevalue.perturb.landmarks`).

Hiding draws edges that no photograph has. A change of the answer can come from them; the grid
tells by how much a place matters more than another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from facevalue.perturb.base import ImageChange, Perturbation, Role
from facevalue.perturb.image_pixels import rounded, shorter_side
from facevalue.perturb.measure import import_cv2, resized

__all__ = [
    "FACE",
    "HIDE_BROWS_AND_FOREHEAD",
    "HIDE_EYES",
    "HIDE_MOUTH",
    "HIDE_R1C1",
    "HIDE_R1C2",
    "HIDE_R1C3",
    "HIDE_R1C4",
    "HIDE_R2C1",
    "HIDE_R2C2",
    "HIDE_R2C3",
    "HIDE_R2C4",
    "HIDE_R3C1",
    "HIDE_R3C2",
    "HIDE_R3C3",
    "HIDE_R3C4",
    "HIDE_R4C1",
    "HIDE_R4C2",
    "HIDE_R4C3",
    "HIDE_R4C4",
    "KEEP_BACKGROUND",
    "KEEP_BACKGROUND_BLUR",
    "KEEP_FACE",
    "KEEP_FACE_BLUR",
    "OCCLUSION_GRID",
    "Ellipse",
    "HideBox",
    "HideEllipse",
    "hidden",
]

Fill = Literal["mean", "blur"]
_BLUR_SHARE = 0.1
_BLUR_SIDE = 64
_GRID = 4
_GREY = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Ellipse:
    """An upright ellipse in a picture; as it stands, that of a face that fills its crop.

    Parameters
    ----------
    across, down
        Its middle, in shares of the width and of the height.
    half_width, half_height
        From the middle to its edge, likewise.
    """

    across: float = 0.5
    down: float = 0.5
    half_width: float = 0.38
    half_height: float = 0.48

    def depth(self, height: int, width: int) -> np.ndarray:
        """Return how deep every pixel lies: 1 in the middle, 0 on the edge, below 0 outside.

        Returns
        -------
        numpy.ndarray
            Shape ``(height, width)``.

        Examples
        --------
        >>> Ellipse(half_width=0.5, half_height=0.5).depth(1, 4).round(2).tolist()
        [[0.25, 0.75, 0.75, 0.25]]
        """
        x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
        return self.depth_at(x[None, :], y[:, None])

    def depth_at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return how deep points lie that are given in shares, of any shapes that go together."""
        across, down = (x - self.across) / self.half_width, (y - self.down) / self.half_height
        return np.asarray(1.0 - np.sqrt(across**2 + down**2))


FACE = Ellipse()
"""Where a face is taken to be in its crop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HideBox:
    """A box filled with the mean colour of the rest, or with the picture blurred.

    Of the rest, and not of the whole picture: the mean of the whole would still tell whether
    what is hidden was dark or light. A blur does tell, and keeps colours on purpose.

    Parameters
    ----------
    left, top, right, bottom
        Its edges, in shares of the width and of the height. Boxes that share an edge leave no
        pixel out and cover none twice. In a picture of few pixels a box may hold none.
    fill
        ``mean`` (mid-grey where nothing is left), or ``blur`` with a standard deviation of a
        tenth of the shorter side.

    Examples
    --------
    >>> steps = np.arange(4, dtype=np.uint8).reshape(1, 4, 1).repeat(3, axis=2) * 10
    >>> hide = HideBox(left=0.5, top=0.0, right=1.0, bottom=1.0)
    >>> hide.image(steps, np.random.default_rng(0))[0, :, 0].tolist()
    [0, 10, 5, 5]
    """

    left: float
    top: float
    right: float
    bottom: float
    fill: Fill = "mean"

    def covers(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return which points, given in shares, lie in the box."""
        across, down = (self.left < x) & (x <= self.right), (self.top < y) & (y <= self.bottom)
        return np.asarray(across & down)

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture without the box."""
        height, width = image.shape[:2]
        rows = slice(_pixel(self.top, height), _pixel(self.bottom, height))
        columns = slice(_pixel(self.left, width), _pixel(self.right, width))
        changed = image.copy()
        if self.fill == "blur":
            changed[rows, columns] = _blurred(image)[rows, columns]
            return changed
        part = image[rows, columns]
        n_kept = (image.size - part.size) // 3
        changed[rows, columns] = _mean(_sums(image) - _sums(part), n_kept)
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class HideEllipse:
    """What is inside of an ellipse, or what is outside, filled as by `HideBox`.

    Parameters
    ----------
    hides
        Which of the two is filled.

    Examples
    --------
    >>> steps = np.arange(4, dtype=np.uint8).reshape(1, 4, 1).repeat(3, axis=2) * 10
    >>> hide = HideEllipse(hides="outside", ellipse=Ellipse(half_width=0.25))
    >>> hide.image(steps, np.random.default_rng(0))[0, :, 0].tolist()
    [15, 10, 20, 15]
    """

    hides: Literal["inside", "outside"]
    ellipse: Ellipse = FACE
    fill: Fill = "mean"

    def covers(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return which points, given in shares, are filled."""
        inside = self.ellipse.depth_at(x, y) >= 0.0
        return inside if self.hides == "inside" else ~inside

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture without the inside or the outside of the ellipse."""
        inside = self.ellipse.depth(*image.shape[:2]) >= 0.0
        return hidden(image, inside if self.hides == "inside" else ~inside, self.fill)


def hidden(image: np.ndarray, where: np.ndarray, fill: Fill) -> np.ndarray:
    """Return the picture without the pixels of ``where``, filled as by `HideBox`.

    Parameters
    ----------
    image
        Pixels, shape ``(height, width, 3)``, ``uint8``.
    where
        Shape ``(height, width)``.
    fill
        With what.
    """
    kept = (~where).astype(np.uint8)
    cv2 = import_cv2()
    if fill == "blur":
        changed = _blurred(image)
    else:
        rest = np.asarray(cv2.bitwise_and(image, image, mask=kept))
        changed = np.empty_like(image)
        changed[:] = _mean(_sums(rest), int(kept.sum()))
    cv2.copyTo(image, kept, changed)
    return changed


def _pixel(share: float, n_pixels: int) -> int:
    return int(share * n_pixels + 0.5)


def _sums(image: np.ndarray) -> np.ndarray:
    """Return the sum of each channel: whole numbers, the same on every machine."""
    sums = import_cv2().sumElems(np.ascontiguousarray(image))[:3] if image.size else (0, 0, 0)
    return np.array(sums, dtype=np.int64)


def _mean(sums: np.ndarray, n_pixels: int) -> np.ndarray:
    """Return the mean colour, halves up; mid-grey of nothing."""
    if n_pixels == 0:
        return np.full(3, _GREY, dtype=np.uint8)
    return ((2 * sums + n_pixels) // (2 * n_pixels)).astype(np.uint8)


def _blurred(image: np.ndarray) -> np.ndarray:
    # A blur as wide as this is done on a small picture, and in floats: OpenCV's weights for whole
    # numbers would be too coarse.
    cv2 = import_cv2()
    height, width = image.shape[:2]
    scale = min(1.0, _BLUR_SIDE / shorter_side(image))
    small = resized(image.astype(np.float32), round(height * scale), round(width * scale))
    sigma = max(1.0, _BLUR_SHARE * shorter_side(small))
    blurred = cv2.GaussianBlur(small, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return rounded(resized(np.asarray(blurred), height, width))


def _region(name: str, title: str, what: str, severity: int, change: ImageChange) -> Perturbation:
    return Perturbation(
        name=name,
        title=title,
        about=f"{what} A fixed place in the picture, as it lies in an upright frontal crop.",
        media="image",
        family="parts of the picture",
        steps={severity: change},
        role=Role.RELIANCE,
    )


KEEP_FACE = _region(
    "keep-face",
    "Face without background",
    "All outside of the middle ellipse is replaced by the mean colour of the face: what the face "
    "alone says.",
    3,
    HideEllipse(hides="outside"),
)
KEEP_FACE_BLUR = _region(
    "keep-face-blur",
    "Face before a blur",
    "All outside of the middle ellipse is blurred: colours of the background stay, shapes go.",
    2,
    HideEllipse(hides="outside", fill="blur"),
)
KEEP_BACKGROUND = _region(
    "keep-background",
    "Background without face",
    "The middle ellipse is replaced by the mean colour of the rest. An answer can come only from "
    "hair, clothes and background: what survives is not read from the face.",
    5,
    HideEllipse(hides="inside"),
)
KEEP_BACKGROUND_BLUR = _region(
    "keep-background-blur",
    "Background and a blurred face",
    "The middle ellipse is blurred: skin colour and light stay, features go.",
    4,
    HideEllipse(hides="inside", fill="blur"),
)
HIDE_EYES = _region(
    "hide-eyes",
    "Eyes hidden",
    "A band where the eyes are is replaced by the mean colour of the rest.",
    3,
    HideBox(left=0.1, top=0.28, right=0.9, bottom=0.46),
)
HIDE_MOUTH = _region(
    "hide-mouth",
    "Mouth hidden",
    "A box where the mouth is is replaced by the mean colour of the rest.",
    2,
    HideBox(left=0.22, top=0.64, right=0.78, bottom=0.88),
)
HIDE_BROWS_AND_FOREHEAD = _region(
    "hide-brows-and-forehead",
    "Brows and forehead hidden",
    "A box from the upper edge to under the brows is replaced by the mean colour of the rest.",
    2,
    HideBox(left=0.1, top=0.0, right=0.9, bottom=0.28),
)


def _cell(row: int, column: int, severity: int) -> Perturbation:
    return Perturbation(
        name=f"hide-r{row}c{column}",
        title=f"Row {row}, column {column} hidden",
        about=(
            f"One of {_GRID**2} boxes, row {row} from the top and column {column} from the left, "
            "is replaced by the mean colour of the rest: a map of what the answer hangs on."
        ),
        media="image",
        family="occlusion map",
        steps={
            severity: HideBox(
                left=(column - 1) / _GRID,
                top=(row - 1) / _GRID,
                right=column / _GRID,
                bottom=row / _GRID,
            )
        },
        role=Role.RELIANCE,
    )


# As measured: the two boxes over the inner corners of the eyes change more than the others do.
_CHANGES_MORE = {(2, 2): 2, (2, 3): 2}

OCCLUSION_GRID = tuple(
    _cell(row, column, _CHANGES_MORE.get((row, column), 1))
    for row in range(1, _GRID + 1)
    for column in range(1, _GRID + 1)
)
"""The boxes of the occlusion map, row by row."""

HIDE_R1C1 = OCCLUSION_GRID[0]
HIDE_R1C2 = OCCLUSION_GRID[1]
HIDE_R1C3 = OCCLUSION_GRID[2]
HIDE_R1C4 = OCCLUSION_GRID[3]
HIDE_R2C1 = OCCLUSION_GRID[4]
HIDE_R2C2 = OCCLUSION_GRID[5]
HIDE_R2C3 = OCCLUSION_GRID[6]
HIDE_R2C4 = OCCLUSION_GRID[7]
HIDE_R3C1 = OCCLUSION_GRID[8]
HIDE_R3C2 = OCCLUSION_GRID[9]
HIDE_R3C3 = OCCLUSION_GRID[10]
HIDE_R3C4 = OCCLUSION_GRID[11]
HIDE_R4C1 = OCCLUSION_GRID[12]
HIDE_R4C2 = OCCLUSION_GRID[13]
HIDE_R4C3 = OCCLUSION_GRID[14]
HIDE_R4C4 = OCCLUSION_GRID[15]
