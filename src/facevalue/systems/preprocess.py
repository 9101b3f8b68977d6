"""What is done to an image before a network sees it, as data and as an exact operation.

Two libraries resize differently in the last digit, which can change a label; so the
library is part of the parameters, and its version of the system's identity.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import numpy as np

from facevalue.errors import MissingExtraError
from facevalue.systems.options import Options

__all__ = ["ImageInput", "grey", "package_versions", "read_image_input"]

Channels = Literal["grey", "rgb", "bgr"]
Resize = Literal["cv2-linear", "cv2-area", "cv2-cubic", "skimage"]
RESIZES: tuple[Resize, ...] = ("cv2-linear", "cv2-area", "cv2-cubic", "skimage")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInput:
    """How pixels become the input of a network: channels, resize, then numbers.

    The numbers are ``(pixel / divide_by − mean) / std`` in float32.

    Parameters
    ----------
    width, height
        Size of the input, in pixels.
    channels
        ``grey`` (weights 0.299, 0.587, 0.114), ``rgb`` or ``bgr``.
    layout
        ``nchw`` or ``nhwc``.
    mean, std
        One number, or one a channel in the order of ``channels``.
    resize
        Library and interpolation; ``cv2`` resizes ``uint8``, ``skimage`` numbers in [0, 1]
        with its anti-aliasing, brought back to [0, 255] without rounding.

    Examples
    --------
    >>> half = ImageInput(width=2, height=2, channels="rgb", mean=(0.5,), std=(0.5,))
    >>> half.tensor(np.full((2, 2, 3), 255, np.uint8)).shape
    (1, 2, 2, 3)
    """

    width: int
    height: int
    channels: Channels = "rgb"
    layout: Literal["nchw", "nhwc"] = "nhwc"
    divide_by: float = 255.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    resize: Resize = "cv2-linear"

    @property
    def identity(self) -> dict[str, object]:
        """The parameters as JSON."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @property
    def sentence(self) -> str:
        """The parameters in words, for the system sheet."""
        mean, std = (", ".join(f"{v:g}" for v in values) for values in (self.mean, self.std))
        return (
            f"resized to {self.width} × {self.height} pixels ({self.resize}), {self.channels}, "
            f"divided by {self.divide_by:g}, minus ({mean}), over ({std}), {self.layout}"
        )

    def tensor(self, image: np.ndarray) -> np.ndarray:
        """Return the input for one image, with a leading axis of one, ``float32``.

        Parameters
        ----------
        image
            RGB pixels, shape ``(height, width, 3)``, ``uint8``.
        """
        sized = self._resized(_with_channels(image, self.channels))
        if sized.ndim == 2:
            sized = sized[:, :, np.newaxis]
        if self.layout == "nchw":
            sized = sized.transpose(2, 0, 1)
        x: np.ndarray = sized.astype(np.float32, order="C")
        x /= np.float32(self.divide_by)
        # Nothing less and over one leaves every float as it is, to the last bit.
        if any(self.mean):
            x -= self._per_channel(self.mean)
        if any(value != 1.0 for value in self.std):
            x /= self._per_channel(self.std)
        return x[np.newaxis]

    def _per_channel(self, values: tuple[float, ...]) -> np.ndarray:
        numbers = np.asarray(values, np.float32)
        return numbers[:, np.newaxis, np.newaxis] if self.layout == "nchw" else numbers

    def _resized(self, image: np.ndarray) -> np.ndarray:
        if self.resize == "skimage":
            transform = import_skimage_transform()
            shape = (self.height, self.width, *image.shape[2:])
            return np.asarray(transform.resize(image, shape)) * 255.0
        cv2 = import_cv2()
        ways = {"linear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA, "cubic": cv2.INTER_CUBIC}
        way = ways[self.resize.removeprefix("cv2-")]
        return np.asarray(cv2.resize(image, (self.width, self.height), interpolation=way))


def grey(image: np.ndarray) -> np.ndarray:
    """Return the grey values of RGB pixels as OpenCV makes them, shape ``(height, width)``.

    Examples
    --------
    >>> grey(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)).tolist()
    [[76, 150, 29]]
    """
    cv2 = import_cv2()
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def _with_channels(image: np.ndarray, channels: Channels) -> np.ndarray:
    if channels == "grey":
        return grey(image)
    return np.ascontiguousarray(image[:, :, ::-1]) if channels == "bgr" else image


def read_image_input(options: Options, *, layout: str) -> ImageInput:
    """Take the options that describe the input of a network; ``layout`` is the usual one."""
    sizes = options.numbers("size", (1, 2), (224,))
    if not all(s == int(s) and 1 <= s <= 4096 for s in sizes):
        options.problem("size", "expected one or two whole numbers (width, height) up to 4096")
        sizes = (224,)
    channels = options.choice("channels", ("grey", "rgb", "bgr"), "rgb")
    per_channel = (1,) if channels == "grey" else (1, 3)
    divide_by = options.number("divide_by", low=1e-6, high=1e6, default=255.0)
    std = options.numbers("std", per_channel, (1.0,))
    if any(abs(s) < 1e-9 for s in std):
        options.problem("std", "is zero, expected a number to divide by")
    return ImageInput(
        width=int(sizes[0]),
        height=int(sizes[-1]),
        channels=channels,  # type: ignore[arg-type]  # choice() returns one of the three
        layout=options.choice("layout", ("nchw", "nhwc"), layout),  # type: ignore[arg-type]
        divide_by=divide_by,
        mean=options.numbers("mean", per_channel, (0.0,)),
        std=std,
        resize=options.choice("resize", RESIZES, "cv2-linear"),  # type: ignore[arg-type]
    )


def import_cv2() -> Any:
    """Return OpenCV, or say which extra brings it."""
    try:
        import cv2
    except ImportError as error:
        raise MissingExtraError("opencv-python-headless", "images") from error
    return cv2


def import_skimage_transform() -> Any:
    """Return ``skimage.transform``, or say which extra brings it."""
    try:
        import skimage.transform
    except ImportError as error:
        raise MissingExtraError("scikit-image", "images") from error
    return skimage.transform


def package_versions(*names: str) -> dict[str, str]:
    """Return the version of each distribution that is installed, for a system's identity.

    Examples
    --------
    >>> package_versions("no-such-distribution")
    {}
    """
    found: dict[str, str] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
