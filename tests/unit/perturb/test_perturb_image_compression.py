"""JPEG, WebP and frames of video: what is lost, at which size, and what cannot be held."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facevalue.perturb.image_compression import Still, VideoFrame
from facevalue.perturb.sheet import drawn_pattern as pattern
from support import require


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def far(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


CHANGES: list[Any] = [
    Still(codec="jpeg", quality=30),
    Still(codec="webp", quality=30),
    VideoFrame(qp=35),
]


@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_grey_stays_nearly_what_it_is(change: Any) -> None:
    image = np.full((50, 70, 3), 120, np.uint8)
    assert np.abs(change.image(image, rng()).astype(int) - 120).max() <= 6


@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_red_stays_red(change: Any) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:] = (200, 30, 30)
    found = change.image(image, rng()).reshape(-1, 3).mean(axis=0)
    assert found[0] > 150
    assert found[1:].max() < 80


def test_a_picture_of_64_pixels_is_what_the_codec_gives_back() -> None:
    cv2 = require("cv2")
    image = pattern(64)
    data = cv2.imencode(".jpeg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 10])[1]
    expected = cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1]
    assert (Still(codec="jpeg", quality=10).image(image, rng()) == expected).all()


def test_detail_finer_than_64_pixels_is_kept_and_the_change_is_added() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[::2] = 200
    # At 64 pixels the stripes are one grey, of which the codec makes another.
    found = Still(codec="jpeg", quality=5).image(stripes, rng()).astype(int) - stripes
    assert np.unique(found).tolist() == [8]


def test_coarser_steps_lose_more() -> None:
    image = pattern(64)
    found = [far(VideoFrame(qp=qp).image(image, rng()), image) for qp in (10, 25, 40, 51)]
    assert found == sorted(found)


def test_one_block_is_the_discrete_cosine_transform_of_opencv_rounded() -> None:
    from facevalue.perturb.image_compression import _quantised

    cv2 = require("cv2")
    block = np.random.default_rng(2).integers(60, 200, (8, 8)).astype(np.float32)
    coefficients = cv2.dct(block - 128)
    levels = np.sign(coefficients) * np.floor(np.abs(coefficients) / 20 + 1 / 3)
    expected = (cv2.idct(levels * 20) + 128).clip(0, 255)
    assert np.abs(_quantised(block, 20.0) - expected).max() < 1e-3


def test_the_edge_of_a_block_is_smoothed_where_the_step_is_small_only() -> None:
    from facevalue.perturb.image_compression import _deblocked

    small, large = (np.full((16, 16), 100, np.float32) for _ in range(2))
    small[:, 8:], large[:, 8:] = 108, 220
    smooth = _deblocked(small.copy(), 36)[0]
    # p and q of 100 and 108: (p2 + 2 p1 + 2 p0 + 2 q0 + q1) / 8 = (300 + 200 + 216 + 108) / 8.
    assert smooth[7] == pytest.approx((300 + 200 + 216 + 108) / 8)
    assert smooth[6] == pytest.approx((100 + 100 + 100 + 108) / 4)
    assert list(smooth[:5]) == [100] * 5
    assert (_deblocked(large.copy(), 36) == large).all()


@pytest.mark.parametrize("change", CHANGES, ids=repr)
def test_a_picture_too_long_for_a_codec_is_compressed_smaller(change: Any) -> None:
    image = np.full((2, 1000, 3), 90, np.uint8)
    assert np.abs(change.image(image, rng()).astype(int) - 90).max() <= 6
