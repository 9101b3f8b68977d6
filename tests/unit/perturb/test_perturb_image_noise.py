"""Noise: its strength, where it grows, and the smallest change."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.perturb.image_noise import (
    GaussianNoise,
    ImpulseNoise,
    LeastChange,
    LowLight,
    ShotNoise,
)
from facevalue.perturb.image_pixels import grain


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def flat(value: int, side: int = 64) -> np.ndarray:
    return np.full((side, side, 3), value, np.uint8)


def test_grains_are_pixels_in_small_pictures_and_squares_in_large_ones() -> None:
    assert len(np.unique(grain(flat(0, 32), rng()))) == 32 * 32 * 3
    large = grain(flat(0, 192), rng())
    assert large.shape == (192, 192, 3)
    assert (large == large[::3, ::3].repeat(3, axis=0).repeat(3, axis=1)).all()
    assert large.std() == pytest.approx(1.0, abs=0.02)


def test_normal_noise_is_as_strong_as_said_everywhere() -> None:
    for value in (60, 180):
        noise = GaussianNoise(sigma=0.05).image(flat(value), rng()).astype(float) - value
        # 0.05 · 255 = 12.75; the error of a standard deviation of 12,288 draws is 0.6 %.
        assert noise.std() == pytest.approx(12.75, rel=0.03)
        assert noise.mean() == pytest.approx(0.0, abs=0.5)


def test_shot_noise_grows_with_the_root_of_the_value() -> None:
    def strength(value: int) -> float:
        return float(ShotNoise(photons=200).image(flat(value), rng()).astype(float).std())

    assert strength(160) / strength(40) == pytest.approx(2.0, rel=0.03)
    # A share s of white is 200 s photons: 255 · sqrt(s / 200), with s = 160 / 255.
    assert strength(160) == pytest.approx(255 * np.sqrt(160 / 255 / 200), rel=0.03)
    assert (ShotNoise(photons=200).image(flat(0), rng()) == 0).all()


def test_noise_of_a_higher_severity_is_the_same_noise_but_stronger() -> None:
    weak, strong = (
        GaussianNoise(sigma=s).image(flat(128), rng(3)).astype(float) - 128 for s in (0.02, 0.08)
    )
    assert np.corrcoef(weak.ravel(), strong.ravel())[0, 1] > 0.99


def test_specks_are_as_many_as_said_half_of_them_black() -> None:
    found = ImpulseNoise(share=0.2).image(flat(128), rng())[:, :, 0]
    assert set(np.unique(found)) == {0, 128, 255}
    # 4,096 grains: the standard error of a share of 0.1 is 0.005.
    assert (found == 0).mean() == pytest.approx(0.1, abs=0.02)
    assert (found == 255).mean() == pytest.approx(0.1, abs=0.02)


def test_little_light_is_darker_and_noisier() -> None:
    more, less = (LowLight(electrons=e, white=0.8).image(flat(150), rng()) for e in (5000, 50))
    # Where there are many electrons, 150 comes out as 0.8 · 150.
    assert more.mean() == pytest.approx(120, abs=2)
    assert less.std() > 5 * more.std()


def test_the_dark_itself_has_the_noise_of_reading_out() -> None:
    assert LowLight(electrons=100, white=0.8).image(flat(0), rng()).std() > 5


@pytest.mark.parametrize("value", [0, 1, 128, 254, 255])
def test_the_smallest_change_is_one_step_in_one_percent_of_the_pixels(value: int) -> None:
    image = flat(value, 100)
    change = LeastChange(share=0.01).image(image, rng()).astype(int) - image
    assert set(np.unique(np.abs(change))) == {0, 1}
    assert (change != 0).all(axis=2).sum() == (change != 0).any(axis=2).sum() == 100


def test_the_smallest_change_reaches_one_pixel_at_least() -> None:
    assert (LeastChange(share=0.01).image(flat(9, 3), rng()) != 9).any(axis=2).sum() == 1
