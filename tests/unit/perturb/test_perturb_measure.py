"""The measure of pictures: against scikit-image, by hand, and its bands."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from facevalue.errors import MissingExtraError
from facevalue.perturb import SEVERITIES
from facevalue.perturb.measure import IMAGE_BANDS, image_band, image_similarity, resized
from facevalue.perturb.sheet import drawn_pattern as pattern
from support import require


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (*shape, 3)).astype(np.uint8)


@pytest.mark.parametrize("amount", [2, 20, 90])
def test_the_measure_is_that_of_scikit_image_at_64_pixels(amount: int) -> None:
    metrics = require("skimage.metrics")
    a = pattern(64)
    b = np.clip(a + np.random.default_rng(1).normal(0, amount, a.shape), 0, 255).astype(np.uint8)
    theirs = metrics.structural_similarity(
        a, b, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        data_range=255,
    )  # fmt: skip
    # The same algorithm; scikit-image truncates the same window of 11 and sums in float64.
    assert image_similarity(a, b) == pytest.approx(theirs, abs=1e-9)


def test_two_flat_pictures_differ_in_luminance_only() -> None:
    a, b = np.full((64, 64, 3), 100, np.uint8), np.full((64, 64, 3), 50, np.uint8)
    # (2 · 100 · 50 + C1) / (100² + 50² + C1), with C1 = (0.01 · 255)² = 6.5025.
    assert image_similarity(a, b) == pytest.approx((10_000 + 6.5025) / (12_500 + 6.5025), abs=1e-6)


def test_equal_pictures_are_wholly_alike_whatever_their_size() -> None:
    for shape in ((1, 1), (2, 3), (25, 25), (48, 64), (300, 200)):
        assert image_similarity(noise(*shape), noise(*shape)) == 1.0


def test_the_measure_does_not_depend_on_which_comes_first() -> None:
    a, b = noise(40, 50), noise(40, 50) // 2
    assert image_similarity(a, b) == pytest.approx(image_similarity(b, a), abs=1e-12)


def test_pictures_of_two_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^pictures of one size are compared, not \(4, 4, 3\)"):
        image_similarity(noise(4, 4), noise(4, 5))


def test_large_pictures_are_measured_as_small_ones_are() -> None:
    small, other = pattern(64), noise(64, 64)
    large, others = (i.repeat(5, axis=0).repeat(5, axis=1) for i in (small, other))
    assert image_similarity(large, others) == image_similarity(small, other)


def test_resizing_averages_where_it_shrinks_and_keeps_what_has_the_size() -> None:
    image = noise(8, 8)
    means = image.reshape(4, 2, 4, 2, 3).mean(axis=(1, 3))
    assert np.abs(resized(image, 4, 4) - means).max() <= 0.5
    assert resized(image, 8, 8) is image


def test_without_opencv_the_extra_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'facevalue\[images\]'$"):
        image_similarity(noise(4, 4), noise(4, 4))


def test_bands_follow_on_each_other_without_a_gap() -> None:
    assert tuple(IMAGE_BANDS) == SEVERITIES
    edges = list(IMAGE_BANDS.values())
    assert all(low < high for low, high in edges)
    assert [low for low, _ in edges[:-1]] == [high for _, high in edges[1:]]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_band_holds_its_lower_edge_and_not_its_upper_one(severity: int) -> None:
    low, high = IMAGE_BANDS[severity]
    assert image_band(low) == image_band((low + high) / 2) == severity
    assert image_band(high) == severity - 1
