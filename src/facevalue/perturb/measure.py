"""The one measure of how much a picture was changed, and its bands: the scale of severity.

Mean structural similarity over red, green and blue, of both pictures brought to 64 pixels on the
shorter side, so that a picture of 48 pixels and one of 512 are held against the same yardstick.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from facevalue.errors import MissingExtraError

__all__ = ["IMAGE_BANDS", "image_band", "image_similarity", "import_cv2", "resized"]

IMAGE_BANDS: Mapping[int, tuple[float, float]] = {
    1: (0.92, 0.98),
    2: (0.83, 0.92),
    3: (0.70, 0.83),
    4: (0.54, 0.70),
    5: (0.30, 0.54),
}
"""Severity → where the mean similarity over the reference media lies, from low (included) to
high (excluded)."""

_SIDE = 64
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def import_cv2() -> Any:
    """Return OpenCV, or say which extra brings it.

    Raises
    ------
    MissingExtraError
        If it is not installed.

    Examples
    --------
    >>> import_cv2().__name__
    'cv2'
    """
    try:
        import cv2
    except ImportError as error:
        raise MissingExtraError("opencv-python-headless", "images") from error
    return cv2


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a picture at another size: area averages where it shrinks, bilinear where it grows.

    Examples
    --------
    >>> resized(np.array([[0, 10], [20, 30]], np.uint8), 1, 1).tolist()
    [[15]]
    """
    if image.shape[:2] == (height, width):
        return image
    cv2 = import_cv2()
    shrinks = height <= image.shape[0] and width <= image.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=way))


def image_similarity(a: np.ndarray, b: np.ndarray) -> float:
    """Return how alike two pictures of one size are.

    Parameters
    ----------
    a, b
        RGB pixels, shape ``(height, width, 3)``, ``uint8``.

    Returns
    -------
    float
        1 for equal pictures, about 0 for unrelated ones, at least −1.

    Raises
    ------
    ValueError
        If the pictures differ in size.

    Notes
    -----
    Every pixel is compared through a window of 11 × 11 pixels with Gaussian weights (σ = 1.5);
    the mean is taken where the window lies inside the picture.

    References
    ----------
    Wang, Bovik, Sheikh and Simoncelli (2004), Image quality assessment: from error visibility to
    structural similarity, IEEE Transactions on Image Processing 13(4), eq. 13–17, with
    K₁ = 0.01 and K₂ = 0.03. There, grey pictures at their own size; here, the mean of three
    channels at 64 pixels.

    Examples
    --------
    >>> stripes = np.zeros((64, 64, 3), np.uint8)
    >>> stripes[:, ::8] = 200
    >>> image_similarity(stripes, stripes)
    1.0
    >>> round(image_similarity(stripes, stripes // 2), 2)
    0.65
    """
    if a.shape != b.shape:
        raise ValueError(f"pictures of one size are compared, not {a.shape} and {b.shape}")
    cv2 = import_cv2()
    scale = _SIDE / min(a.shape[:2])
    size = [max(_SIDE, round(n * scale)) for n in a.shape[:2]]
    x, y = (resized(i, *size).astype(np.float64) for i in (a, b))
    edge = _WINDOW // 2

    def mean(values: np.ndarray) -> np.ndarray:
        blurred = cv2.GaussianBlur(values, (_WINDOW, _WINDOW), _SIGMA)
        return np.asarray(blurred)[edge:-edge, edge:-edge]

    mean_x, mean_y = mean(x), mean(y)
    product, squares = mean_x * mean_y, mean_x**2 + mean_y**2
    covariance = mean(x * y) - product
    variances = mean(x * x) + mean(y * y) - squares
    similarity = (2 * product + _C1) * (2 * covariance + _C2)
    similarity /= (squares + _C1) * (variances + _C2)
    return float(similarity.mean())


def image_band(similarity: float) -> int:
    """Return the severity whose band a similarity falls into.

    0 above the first band: less than severity 1; 5 below the last one.

    Examples
    --------
    >>> [image_band(s) for s in (0.999, 0.95, 0.92, 0.75, 0.1)]
    [0, 1, 1, 3, 5]
    """
    if similarity >= IMAGE_BANDS[1][1]:
        return 0
    return next((s for s, (low, _) in IMAGE_BANDS.items() if similarity >= low), 5)
