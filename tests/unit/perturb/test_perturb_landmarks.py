"""Places in a face that follow the landmarks of the data, and those that stay where they are."""

from __future__ import annotations

import math
from typing import Any, get_args

import numpy as np
import pytest

from facevalue.audits.stress_spec import Landmark
from facevalue.domain import Failure, Media
from facevalue.perturb import PERTURBATIONS
from facevalue.perturb.landmarks import CANONICAL, Placed, Pose, can_be_placed, problem_of
from facevalue.perturb.reliance import OCCLUSION_GRID
from support import require

PLACES = [
    "hide-eyes", "hide-mouth", "hide-brows-and-forehead", "keep-face", "keep-background",
    "keep-face-blur", "keep-background-blur",
]  # fmt: skip
SIDE = 64


def _applied(name: str) -> Any:
    one = PERTURBATIONS[name]
    return one.at(one.severities[0], seed=0)


def _picture(rng: np.random.Generator, side: int = SIDE) -> Media:
    image = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Media(item="one", sha256="5" * 64, image=image)


def _moved(size: float, turn: float, across: float, down: float) -> dict[str, tuple[float, float]]:
    """Return the canonical landmarks moved into pixels."""
    cos, sin = size * math.cos(turn), size * math.sin(turn)
    return {
        name: (cos * x - sin * y + across, sin * x + cos * y + down)
        for name, (x, y) in CANONICAL.items()
    }


def test_audit_files_know_the_landmarks_that_there_are() -> None:
    assert set(get_args(Landmark)) == set(CANONICAL)


def test_places_in_a_face_can_be_placed_and_a_grid_cannot() -> None:
    require("cv2")
    assert all(can_be_placed(_applied(name)) for name in PLACES)
    for other in ("gaussian-blur", "face-mask", *(p.name for p in OCCLUSION_GRID)):
        assert not can_be_placed(_applied(other))


@pytest.mark.parametrize("name", PLACES)
def test_landmarks_of_an_upright_crop_give_the_fixed_places(
    name: str, rng: np.random.Generator
) -> None:
    require("cv2")
    media = _picture(rng)
    upright = _moved(SIDE, 0.0, 0.0, 0.0)
    placed = Placed(applied=_applied(name), landmarks={"one": upright}).apply(media)
    fixed = _applied(name).apply(media)
    assert isinstance(placed, Media)
    assert placed.image is not None
    assert np.array_equal(placed.image, fixed.image)
    # Another way to the same pixels is another question.
    assert placed.sha256 != fixed.sha256


@pytest.mark.parametrize("turn", [-0.5, 0.0, 0.3])
@pytest.mark.parametrize(
    "given", [["left_eye", "right_eye"], ["left_eye", "mouth_right"], list(CANONICAL)]
)
def test_the_pose_is_found_from_any_two_landmarks(turn: float, given: list[str]) -> None:
    moved = _moved(40.0, turn, 20.0, 9.0)
    pose = Pose.of({name: moved[name] for name in given})
    expected = (40.0 * math.cos(turn), 40.0 * math.sin(turn), 20.0, 9.0)
    assert (pose.along, pose.athwart, pose.across, pose.down) == pytest.approx(expected)


def test_the_pose_of_landmarks_that_do_not_fit_is_that_of_least_squares() -> None:
    # The eyes of a crop of 100 pixels, the mouth 10 pixels lower: by hand, the size that fits best
    # is 100 × (1 + 0.1 × Σ dy about / Σ |about|²).
    upright = _moved(100.0, 0.0, 0.0, 0.0)
    given = {n: (x, y + (10.0 if n.startswith("mouth") else 0.0)) for n, (x, y) in upright.items()}
    xs, ys = (np.array([CANONICAL[n][k] for n in given]) for k in (0, 1))
    dx, dy = xs - xs.mean(), ys - ys.mean()
    low = np.array([0.1 if n.startswith("mouth") else 0.0 for n in given])
    size = 100.0 * (1.0 + (low * dy).sum() / (dx**2 + dy**2).sum())
    pose = Pose.of(given)
    assert pose.along == pytest.approx(size)
    assert pose.athwart == pytest.approx(0.0, abs=1e-6)


def test_a_turned_and_moved_face_has_its_eyes_hidden_and_not_its_mouth() -> None:
    require("cv2")
    landmarks = _moved(30.0, 0.4, 24.0, 26.0)
    image = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    at = {n: (int(y), int(x)) for n, (x, y) in landmarks.items()}
    for place in at.values():
        image[place] = 255
    media = Media(item="one", sha256="5" * 64, image=image)
    placed = Placed(applied=_applied("hide-eyes"), landmarks={"one": landmarks}).apply(media)
    assert isinstance(placed, Media)
    assert placed.image is not None
    seen = {n: int(placed.image[place].max()) for n, place in at.items()}
    hidden = {n for n, value in seen.items() if value < 255}
    assert hidden == {"left_eye", "right_eye"}
    fixed = _applied("hide-eyes").apply(media)
    assert int(fixed.image[at["left_eye"]].max()) == 255


def test_an_item_without_landmarks_cannot_be_asked(rng: np.random.Generator) -> None:
    placed = Placed(applied=_applied("hide-eyes"), landmarks={})
    found = placed.apply(_picture(rng))
    assert isinstance(found, Failure)
    assert found.kind == "unmade"


@pytest.mark.parametrize("across", [-500.0, 500.0])
def test_landmarks_outside_of_the_picture_change_nothing(
    across: float, rng: np.random.Generator
) -> None:
    require("cv2")
    landmarks = {"one": _moved(40.0, 0.0, across, 9.0)}
    found = Placed(applied=_applied("hide-eyes"), landmarks=landmarks).apply(_picture(rng))
    assert isinstance(found, Failure)
    assert found.detail == "landmarks outside of the picture"


def test_a_place_that_lies_outside_hides_nothing(rng: np.random.Generator) -> None:
    require("cv2")
    landmarks = {"one": _moved(40.0, 0.0, 10.0, -50.0)}
    landmarks["one"] = {n: xy for n, xy in landmarks["one"].items() if xy[1] > -32.0}
    found = Placed(applied=_applied("hide-eyes"), landmarks=landmarks).apply(_picture(rng))
    assert isinstance(found, Failure)
    assert found.detail == "nothing, or all, of the picture would be hidden"


def test_other_landmarks_are_another_question() -> None:
    applied = _applied("hide-eyes")
    here, there = (
        Placed(applied=applied, landmarks={"one": _moved(40.0, 0.0, x, 0.0)}).identity
        for x in (0.0, 1.0)
    )
    assert here != there
    assert here["name"] == "hide-eyes"


@pytest.mark.parametrize(
    ("landmarks", "says"),
    [
        ({"left_eye": (1.0, 2.0)}, "a face is placed by two landmarks or more"),
        (
            {"mouth_left": (9.0, 2.0), "mouth_right": (3.0, 2.0)},
            "mouth_left is not left of mouth_right; left and right are those of the picture",
        ),
        (
            {"left_eye": (3.0, 2.0), "nose": (3.0, 2.0)},
            "nose is not below left_eye; pixels are counted from the top",
        ),
        (
            {"left_eye": (0.3, 0.37), "right_eye": (0.7, 0.37)},
            "the face would have a side of 1.0 pixels, expected 8 or more; landmarks are pixels, "
            "and no shares of the picture",
        ),
        (
            {"left_eye": (1e308, 2.0), "right_eye": (1.1e308, 2.0)},
            "a landmark is not within 1,000,000 pixels",
        ),
        (
            {"left_eye": (30.0, 63.0), "right_eye": (70.0, 63.0), "mouth_left": (34.0, 24.0)},
            "mouth_left is not below left_eye; pixels are counted from the top",
        ),
        (
            {"left_eye": (30.0, 37.0), "right_eye": (70.0, 37.0), "nose": (95.0, 40.0)},
            "the landmarks do not lie as those of a face do",
        ),
        (
            {"left_eye": (50.0, 20.0), "mouth_right": (10.0, 40.0)},
            "the face would be turned by more than 90 degrees",
        ),
        ({"left_eye": (3.0, 2.0), "right_eye": (9.0, 2.0)}, ""),
        ({n: (100 * x, 100 * y) for n, (x, y) in CANONICAL.items()}, ""),
        # A face that is turned, and a long one.
        (_moved(40.0, 0.7, 20.0, 9.0), ""),
        ({n: (100 * x, 130 * y) for n, (x, y) in CANONICAL.items()}, ""),
    ],
)
def test_what_is_no_face_is_told(landmarks: dict[str, tuple[float, float]], says: str) -> None:
    assert problem_of(landmarks) == says
