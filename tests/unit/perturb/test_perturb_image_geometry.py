"""Shifts, sizes, turns and crops, against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.perturb.image_geometry import (
    CropLooser,
    CropTighter,
    Elastic,
    Mirror,
    Rotation,
    Scale,
    Shift,
    Stretch,
)
from facevalue.perturb.image_pixels import affine


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def dot(height: int, width: int, row: int, column: int) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[row, column] = 255
    return image


def centre(image: np.ndarray) -> tuple[float, float]:
    """Where the light lies on average: down, across."""
    light = image[:, :, 0].astype(float)
    down, across = np.indices(light.shape)
    return float((light * down).sum() / light.sum()), float((light * across).sum() / light.sum())


@pytest.mark.parametrize("seed", range(6))
def test_a_shift_is_as_long_as_said_and_its_direction_is_drawn(seed: int) -> None:
    moved = Shift(by=0.1).image(dot(60, 40, 30, 20), rng(seed))
    down, across = centre(moved)
    # A tenth of the shorter side.
    assert np.hypot(down - 30, across - 20) == pytest.approx(4.0, abs=0.1)


def test_whole_pixels_are_moved_without_interpolation_and_mirrored_at_the_border() -> None:
    image = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    moved = affine(image, ((1.0, 0.0), (0.0, 1.0)), (1.0, 0.0))
    assert (moved[:, :4] == image[:, 1:]).all()
    assert (moved[:, 4] == image[:, 3]).all()


def test_a_quarter_turn_is_exact() -> None:
    image = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    turned = Rotation(degrees=90).image(image, rng())
    assert any((turned == np.rot90(image, k)).all() for k in (1, 3))


def test_the_side_of_a_turn_is_drawn() -> None:
    image = dot(41, 41, 10, 20)
    sides = {centre(Rotation(degrees=10).image(image, rng(seed)))[1] > 20 for seed in range(9)}
    assert sides == {True, False}


def test_a_tighter_crop_is_the_inner_part_enlarged() -> None:
    image = dot(101, 101, 50, 70)
    # A quarter off each edge leaves half: twice as large, so the dot lies twice as far out.
    assert centre(CropTighter(cut=0.25).image(image, rng()))[1] == pytest.approx(90, abs=0.5)


def test_a_looser_crop_is_the_whole_made_smaller() -> None:
    image = np.zeros((101, 101, 3), np.uint8)
    image[48:53, 78:83] = 255
    changed = CropLooser(margin=0.5).image(image, rng())
    # Half a side more at each edge: half the size, 30 pixels out become 15. What is mirrored in
    # from beyond the old edge, at 25 pixels out, is left aside.
    assert centre(changed[:, :75])[1] == pytest.approx(65, abs=0.5)


def test_scale_is_larger_for_some_items_and_smaller_for_others() -> None:
    image = np.zeros((101, 101, 3), np.uint8)
    image[47:54, 59:66] = 255
    found = {round(centre(Scale(by=0.5).image(image, rng(seed)))[1]) for seed in range(9)}
    # 12 pixels out become 18, or 12 / 1.5 = 8.
    assert found == {68, 58}


def test_stretching_is_wider_and_lower_or_the_reverse() -> None:
    image = np.zeros((101, 101, 3), np.uint8)
    image[69:72, 69:72] = 255
    found = {
        tuple(round(n) - 50 for n in centre(Stretch(by=0.25).image(image, rng(seed))[25:90, 25:90]))
        for seed in range(9)
    }
    # 20 pixels out become 25 and 16; the part that is looked at begins at 25.
    assert found == {(25 - 25, 16 - 25), (16 - 25, 25 - 25)}


def test_a_mirror_image_of_a_mirror_image_is_the_picture() -> None:
    image = rng().integers(0, 256, (7, 9, 3)).astype(np.uint8)
    once = Mirror().image(image, rng())
    assert (once[:, 0] == image[:, -1]).all()
    assert (Mirror().image(once, rng()) == image).all()


def test_an_elastic_pull_bends_straight_lines_and_leaves_flat_pictures() -> None:
    flat = np.full((40, 40, 3), 77, np.uint8)
    assert (Elastic(by=0.05).image(flat, rng()) == 77).all()
    lines = np.zeros((40, 40, 3), np.uint8)
    lines[:, 20] = 255
    columns = Elastic(by=0.05).image(lines, rng())[:, :, 0].argmax(axis=1)
    assert len(set(columns.tolist())) > 1
