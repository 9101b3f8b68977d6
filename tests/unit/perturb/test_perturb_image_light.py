"""Brightness, contrast, tone and colour, worked out by hand; haze and snow."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.perturb.image_light import (
    Backlight,
    Brightness,
    ColourCast,
    Contrast,
    Gamma,
    Grey,
)
from facevalue.perturb.image_weather import Haze, Snow


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def pixels(*values: int) -> np.ndarray:
    return np.array([[[v, v, v] for v in values]], np.uint8)


def test_brightness_multiplies_and_is_cut_off() -> None:
    found = Brightness(gain=1.5).image(pixels(0, 100, 200), rng())
    assert found[0, :, 0].tolist() == [0, 150, 255]
    found = Brightness(gain=0.25).image(pixels(0, 100, 250), rng())
    assert found[0, :, 0].tolist() == [0, 25, 62]  # 62.5 is rounded to even


def test_contrast_keeps_the_mean() -> None:
    # Mean 100: 40 and 160 lie 60 away, half of it is 30.
    assert Contrast(factor=0.5).image(pixels(40, 160), rng())[0, :, 0].tolist() == [70, 130]
    assert Contrast(factor=2.0).image(pixels(40, 160), rng())[0, :, 0].tolist() == [0, 220]


def test_gamma_keeps_black_and_white() -> None:
    found = Gamma(exponent=2.0).image(pixels(0, 51, 255), rng())
    # 51 is a fifth of white, its square a twenty-fifth: 10.2.
    assert found[0, :, 0].tolist() == [0, 10, 255]


@pytest.mark.parametrize("seed", range(5))
def test_a_cast_tints_grey_without_making_it_brighter(seed: int) -> None:
    found = ColourCast(strength=0.3).image(pixels(100, 100), rng(seed))[0, 0].astype(float)
    assert found.mean() == pytest.approx(100, abs=1)
    assert found.max() - found.min() > 40


def test_grey_has_three_equal_channels_and_the_weights_of_bt_601() -> None:
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    found = Grey().image(image, rng())
    # 0.299 · 255 = 76.2, 0.587 · 255 = 149.7, 0.114 · 255 = 29.1.
    assert found.tolist() == [[[76] * 3, [150] * 3, [29] * 3]]


def test_light_from_behind_darkens_the_middle_and_brightens_the_corners() -> None:
    image = np.full((100, 100, 3), 120, np.uint8)
    found = Backlight(strength=0.5).image(image, rng())
    assert found[55, 50].tolist() == [60, 60, 60]
    assert found[0, 0, 0] > 180


def test_haze_brings_everything_nearer_to_a_light_veil() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, 20:] = 200
    found = Haze(density=0.5).image(image, rng()).astype(float)
    veil = found[:, :20] / 225  # what was black shows the veil alone
    assert 0.0 <= veil.min() < veil.mean() - 0.05
    assert veil.mean() + 0.05 < veil.max() < 0.94
    assert veil.mean() == pytest.approx(0.5, abs=0.15)
    assert (found[:, 20:] >= 200).all()


def test_snow_only_brightens_and_more_of_it_covers_more() -> None:
    image = np.full((80, 80, 3), 100, np.uint8)
    few, many = (Snow(share=share).image(image, rng(4)) for share in (0.01, 0.1))
    assert (few >= 100).all()
    # The same flakes and more.
    assert (many >= few).all()
    assert 0 < (few > 100).mean() < (many > 100).mean()
