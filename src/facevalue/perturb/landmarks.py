"""The places of `facevalue.perturb.reliance` where landmarks of the data say that they lie.

Nothing is looked for in a picture: the landmarks come with the data, in pixels. The places are
moved, turned and resized together, by the similarity that brings the landmarks of an upright
frontal crop (`CANONICAL`) nearest to those that are given.

References
----------
Umeyama (1991), *IEEE Transactions on Pattern Analysis and Machine Intelligence* 13(4): the
similarity of least squares between two sets of points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from facevalue.canonical import digest
from facevalue.domain.predictions import Failure, FailureKind, Media
from facevalue.perturb.base import Applied
from facevalue.perturb.reliance import HideBox, HideEllipse, hidden

__all__ = ["CANONICAL", "Landmarks", "Placed", "Pose", "can_be_placed", "problem_of"]

Landmarks = Mapping[str, tuple[float, float]]
"""Name → pixels from the left and from the top of the picture."""

CANONICAL: Landmarks = {
    "left_eye": (0.30, 0.37),
    "right_eye": (0.70, 0.37),
    "nose": (0.50, 0.56),
    "mouth_left": (0.34, 0.76),
    "mouth_right": (0.66, 0.76),
}
"""Where each lies in an upright frontal crop that the face fills, in shares of its side. Left and
right are those of the picture, as its viewer sees them."""

VERSION = 1
LEFT_RIGHT = (("left_eye", "right_eye"), ("mouth_left", "mouth_right"))
ROWS = (("left_eye", "right_eye"), ("nose",), ("mouth_left", "mouth_right"))
"""From the top of a face downwards."""
MOST_PIXELS = 1e6
MIN_SIDE = 8.0
"""Pixels of a face of which parts can be told apart."""
MAX_MISFIT = 0.15
"""How far a landmark may be from where the others put it, in sides of the face."""


@dataclass(frozen=True, slots=True)
class Pose:
    """From shares of an upright crop to pixels: ``turn × size × share + (across, down)``.

    Parameters
    ----------
    along, athwart
        Cosine and sine of the turn, times the pixels that the crop's side would have.
    across, down
        Where the crop's upper left corner lies, in pixels.
    """

    along: float
    athwart: float
    across: float
    down: float

    @classmethod
    def of(cls, landmarks: Landmarks) -> Pose:
        """Return the pose that brings the canonical landmarks nearest to those given.

        Parameters
        ----------
        landmarks
            Two or more of `CANONICAL`, not all in one place.

        Examples
        --------
        >>> Pose.of({"left_eye": (30.0, 37.0), "right_eye": (70.0, 37.0)})
        Pose(along=100.0, athwart=0.0, across=0.0, down=0.0)
        """
        names = sorted(landmarks)
        ours = np.array([complex(*CANONICAL[n]) for n in names])
        theirs = np.array([complex(*landmarks[n]) for n in names])
        about = ours - ours.mean()
        turn = complex((theirs * about.conj()).sum() / (abs(about) ** 2).sum())
        origin = complex(theirs.mean() - turn * ours.mean())
        told = (round(x, 9) + 0.0 for x in (turn.real, turn.imag, origin.real, origin.imag))
        return cls(*told)

    def misfit(self, landmarks: Landmarks) -> float:
        """Return how far the landmark that fits worst is from where it should be, in pixels."""
        turn, origin = complex(self.along, self.athwart), complex(self.across, self.down)
        return max(
            abs(turn * complex(*CANONICAL[n]) + origin - complex(*xy))
            for n, xy in landmarks.items()
        )

    def shares(self, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where the middle of every pixel lies in the crop, each ``(height, width)``."""
        y, x = np.mgrid[0:height, 0:width] + 0.5
        found = (x + 1j * y - complex(self.across, self.down)) / complex(self.along, self.athwart)
        return found.real, found.imag


def problem_of(landmarks: Landmarks) -> str:
    """Say what is wrong with the landmarks of one picture; empty if nothing is.

    Examples
    --------
    >>> problem_of({"left_eye": (70.0, 37.0), "right_eye": (30.0, 37.0)})
    'left_eye is not left of right_eye; left and right are those of the picture'
    """
    if len(landmarks) < 2:
        return "a face is placed by two landmarks or more"
    if not all(abs(x) <= MOST_PIXELS for xy in landmarks.values() for x in xy):
        return f"a landmark is not within {MOST_PIXELS:,.0f} pixels"
    for left, right in LEFT_RIGHT:
        if left in landmarks and right in landmarks and landmarks[left][0] >= landmarks[right][0]:
            return f"{left} is not left of {right}; left and right are those of the picture"
    if wrong := _upside_down(landmarks):
        return wrong
    pose = Pose.of(landmarks)
    side = math.hypot(pose.along, pose.athwart)
    if side < MIN_SIDE:
        return (
            f"the face would have a side of {side:.1f} pixels, expected {MIN_SIDE:g} or more; "
            "landmarks are pixels, and no shares of the picture"
        )
    if pose.along <= 0.0:
        return "the face would be turned by more than 90 degrees"
    if pose.misfit(landmarks) > MAX_MISFIT * side:
        return "the landmarks do not lie as those of a face do"
    return ""


def _upside_down(landmarks: Landmarks) -> str:
    """Say which landmark is not below one that it should be below; empty if none is."""
    rows = [[n for n in row if n in landmarks] for row in ROWS]
    rows = [row for row in rows if row]
    for upper, lower in pairwise(rows):
        if _mean_y(landmarks, lower) <= _mean_y(landmarks, upper):
            return f"{lower[0]} is not below {upper[0]}; pixels are counted from the top"
    return ""


def _mean_y(landmarks: Landmarks, names: Sequence[str]) -> float:
    return sum(landmarks[n][1] for n in names) / len(names)


def can_be_placed(applied: Applied) -> bool:
    """Whether a change is about a place in the face, and not about a fixed part of the picture."""
    change = applied.perturbation.steps[applied.severity]
    is_place = isinstance(change, HideBox | HideEllipse)
    return is_place and applied.perturbation.family == "parts of the picture"


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A place that is hidden in every picture where its landmarks say that it lies.

    Parameters
    ----------
    applied
        What is done; `can_be_placed` holds of it.
    landmarks
        Those of each item.
    """

    applied: Applied
    landmarks: Mapping[str, Landmarks]

    @cached_property
    def identity(self) -> dict[str, Any]:
        """As of `Applied`, with the landmarks: other ones are asked about anew."""
        told = {
            item: {name: list(xy) for name, xy in sorted(points.items())}
            for item, points in sorted(self.landmarks.items())
        }
        placed = {"version": VERSION, "canonical": CANONICAL, "by": digest(told)}
        return {**self.applied.identity, "placed": placed}

    def apply(self, media: Media) -> Media | Failure:
        """Return the changed media; a failure where there are no landmarks, or none of use."""
        if media.item not in self.landmarks:
            return Failure(FailureKind.UNMADE, "no landmarks")
        assert media.image is not None, "landmarks are those of pictures"
        height, width = media.image.shape[:2]
        points = self.landmarks[media.item].values()
        if not all(-width / 2 <= x <= 1.5 * width and -height / 2 <= y <= 1.5 * height
                   for x, y in points):  # fmt: skip
            return Failure(FailureKind.UNMADE, "landmarks outside of the picture")
        change = self.applied.perturbation.steps[self.applied.severity]
        assert isinstance(change, HideBox | HideEllipse), "a place in the face"
        pose = Pose.of(self.landmarks[media.item])
        where = change.covers(*pose.shares(height, width))
        if where.all() or not where.any():
            return Failure(FailureKind.UNMADE, "nothing, or all, of the picture would be hidden")
        image = hidden(media.image, where, change.fill)
        sha256 = digest([media.sha256, self._digest])
        return replace(media, image=image, sha256=sha256, path=None)

    @cached_property
    def _digest(self) -> str:
        return digest(self.identity)
