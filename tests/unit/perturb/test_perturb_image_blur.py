"""Blur and resolution: weights, reach, and what stays of flat pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facevalue.perturb.image_blur import (
    FocusBlur,
    GaussianBlur,
    GlassBlur,
    MotionBlur,
    Pixelate,
    ResolutionLoss,
    ZoomBlur,
    line_weights,
)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def dot(side: int, value: int = 255) -> np.ndarray:
    image = np.zeros((side, side, 3), np.uint8)
    image[side // 2, side // 2] = value
    return image


CHANGES: list[Any] = [
    GaussianBlur(sigma=0.2),
    FocusBlur(radius=0.02),
    FocusBlur(radius=0.3),
    MotionBlur(length=0.05),
    MotionBlur(length=0.6),
    ZoomBlur(by=0.4),
    GlassBlur(by=0.05),
    ResolutionLoss(across=5),
    Pixelate(across=5),
]


@pytest.mark.parametrize("change", CHANGES, ids=repr)
@pytest.mark.parametrize("value", [0, 77, 255])
def test_a_flat_picture_stays_flat(change: Any, value: int) -> None:
    image = np.full((60, 50, 3), value, np.uint8)
    assert (change.image(image, rng()) == value).all()


def test_a_disk_is_flat_inside_and_nothing_outside() -> None:
    found = FocusBlur(radius=0.03).image(dot(101), rng())[:, :, 0]
    # Radius 3.03 pixels: 255 / (π · 3.03²) = 8.8 in every pixel that is wholly inside.
    assert set(found[49:52, 49:52].ravel().tolist()) == {9}
    assert found[50, 54] == found[54, 50] == found[46, 50] == 0


def test_a_large_disk_on_a_smaller_copy_reaches_as_far() -> None:
    image = np.zeros((120, 120, 3), np.uint8)
    image[:, 60:] = 200
    found = FocusBlur(radius=0.1).image(image, rng())[60, :, 0].astype(float)
    # An edge under a disk of 12 pixels: untouched 13 pixels away, half-way at the edge.
    assert found[45] < 3
    assert found[75] > 197
    assert found[59:61].mean() == pytest.approx(100, abs=4)


@pytest.mark.parametrize(("across", "down"), [(7.0, 0.0), (0.0, 7.0), (3.2, -4.1), (0.4, 0.1)])
def test_the_weights_of_a_line_sum_to_one_about_the_middle(across: float, down: float) -> None:
    weights = line_weights(across, down)
    middle = weights.shape[0] // 2
    y, x = np.indices(weights.shape) - middle
    assert weights.sum() == pytest.approx(1.0, abs=1e-6)
    assert (weights * x).sum() == pytest.approx(0.0, abs=1e-6)
    assert (weights * y).sum() == pytest.approx(0.0, abs=1e-6)
    # The variance of a uniform line of length L is L² / 12, and bilinear weights add a little.
    assert (weights * x * x).sum() == pytest.approx(across**2 / 12, abs=0.26)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("length", [0.08, 0.4])
def test_motion_smears_along_a_line_of_the_length_said(seed: int, length: float) -> None:
    found = MotionBlur(length=length).image(dot(101), rng(seed))[:, :, 0].astype(float)
    down, across = np.nonzero(found)
    reach = np.hypot(down.max() - down.min(), across.max() - across.min())
    assert reach == pytest.approx(101 * length, abs=2.9)


def test_zooming_leaves_the_middle_sharp_and_smears_the_corners() -> None:
    checks = (np.indices((101, 101)).sum(axis=0) // 5 % 2 * 255).astype(np.uint8)
    image = checks[:, :, None].repeat(3, axis=2)
    found = ZoomBlur(by=0.3).image(image, rng()).astype(float)
    assert found[47:54, 47:54].std() > 2 * found[:10, :10].std()


def test_glass_scatters_grains_before_it_blurs() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 255
    found = GlassBlur(by=0.02).image(image, rng())
    edges = (found[:, :, 0] > 127).argmax(axis=1)
    assert len(set(edges.tolist())) > 2


def test_resolution_is_what_a_smaller_picture_holds() -> None:
    image = rng().integers(0, 256, (40, 40, 3)).astype(np.uint8)
    squares = Pixelate(across=10).image(image, rng())
    means = image.reshape(10, 4, 10, 4, 3).mean(axis=(1, 3))
    assert np.abs(squares[::4, ::4] - means).max() <= 0.5
    assert (squares == squares[::4, ::4].repeat(4, axis=0).repeat(4, axis=1)).all()
    smooth = ResolutionLoss(across=10).image(image, rng())
    assert len(np.unique(smooth[0])) > len(np.unique(squares[0]))


@pytest.mark.parametrize("change", [ResolutionLoss(across=30), Pixelate(across=30)], ids=repr)
def test_a_picture_that_has_no_more_pixels_stays(change: Any) -> None:
    image = rng().integers(0, 256, (25, 30, 3)).astype(np.uint8)
    found = change.image(image, rng())
    assert (found == image).all()
    assert found is not image
