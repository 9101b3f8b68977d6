"""What lossy compression leaves: JPEG, WebP, and frames of video.

Blocks are 8 pixels wide whatever the size of the picture, so one setting would mean much for a
small picture and little for a large one. All three therefore compress the picture as it looks at
64 pixels on the shorter side, and add to the picture, at its own size, what compression changed
there. A picture of 64 pixels becomes exactly what the codec gives back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.image_pixels import rounded, shorter_side
from facevalue.perturb.measure import import_cv2, resized

__all__ = ["JPEG", "VIDEO_COMPRESSION", "WEBP", "Still", "VideoFrame"]

_BLOCK = 8
_LONGEST = 8192
"""No codec is asked for more: a picture 128 times as long as it is wide is compressed smaller."""


def _at_size(image: np.ndarray, across: int) -> np.ndarray:
    scale = min(across / shorter_side(image), _LONGEST / max(image.shape[:2]))
    height, width = (max(1, round(n * scale)) for n in image.shape[:2])
    return resized(image, height, width)


def _with_change(image: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return ``image`` with what was changed at the working size."""
    if before.shape == image.shape:
        return after
    change = after.astype(np.float32) - before.astype(np.float32)
    return rounded(image + resized(change, *image.shape[:2]))


_CHROMA_QP = (
    29,
    30,
    31,
    32,
    32,
    33,
    34,
    34,
    35,
    35,
    36,
    36,
    37,
    37,
    37,
    38,
    38,
    38,
    39,
    39,
    39,
    39,
)
"""Of qp 30 to 51: colour is rounded less than brightness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """Compress as a still picture, and decompress.

    Parameters
    ----------
    codec
        ``jpeg`` (with halved chroma) or ``webp`` (lossy).
    quality
        1 to 100, as the codec understands it.
    across
        Pixels of the shorter side when it is compressed.
    """

    codec: Literal["jpeg", "webp"]
    quality: int
    across: int = 64

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the decompressed picture."""
        cv2 = import_cv2()
        option = cv2.IMWRITE_JPEG_QUALITY if self.codec == "jpeg" else cv2.IMWRITE_WEBP_QUALITY
        before = _at_size(image, self.across)
        # OpenCV takes channels as blue, green, red.
        swapped = cv2.cvtColor(before, cv2.COLOR_RGB2BGR)
        data = cv2.imencode(f".{self.codec}", swapped, [option, self.quality])[1]
        after = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return _with_change(image, before, np.asarray(after))


@cache
def _cosines() -> np.ndarray:
    """Return the orthonormal DCT-II of 8 points, shape ``(8, 8)``."""
    k, n = np.arange(_BLOCK)[:, None], np.arange(_BLOCK)[None, :]
    rows = np.cos(np.pi * k * (2 * n + 1) / (2 * _BLOCK)) * np.sqrt(2 / _BLOCK)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows, dtype=np.float32)


def _step(qp: int) -> float:
    return float(0.625 * 2 ** (qp / 6))


def _quantised(plane: np.ndarray, step: float) -> np.ndarray:
    """Return a plane after its blocks' coefficients were rounded to multiples of ``step``."""
    height, width = plane.shape
    basis, shape = _cosines(), (height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    blocks = plane.reshape(shape).transpose(0, 2, 1, 3) - np.float32(128)
    levels = (basis @ blocks @ basis.T) / np.float32(step)
    # Encoders round towards zero by a third of a step: fewer bits for hardly more error.
    levels = np.sign(levels) * np.floor(np.abs(levels) + np.float32(1 / 3))
    blocks = basis.T @ (levels * np.float32(step)) @ basis + np.float32(128)
    return np.asarray(blocks.transpose(0, 2, 1, 3).reshape(height, width)).clip(0, 255)


def _deblocked(plane: np.ndarray, qp: int) -> np.ndarray:
    """Smooth across the edges of blocks where the step there is small enough to be an artefact."""
    for _ in range(2):
        _smooth_columns(plane, qp)
        plane = np.ascontiguousarray(plane.T)
    return plane


def _smooth_columns(plane: np.ndarray, qp: int) -> None:
    alpha, beta = 0.8 * (2 ** (qp / 6) - 1), 0.5 * qp - 7
    sides = plane.reshape(len(plane), -1, _BLOCK)
    p2, p1, p0 = (sides[:, :-1, i] for i in (-3, -2, -1))
    q0, q1, q2 = (sides[:, 1:, i] for i in (0, 1, 2))
    artefact = np.abs(p0 - q0) < alpha
    artefact &= (np.abs(p1 - p0) < beta) & (np.abs(q1 - q0) < beta)
    both = p0 + q0
    new = {
        -1: (p2 + 2 * p1 + 2 * both + q1) / 8,
        -2: (p2 + p1 + both) / 4,
        0: (p1 + 2 * both + 2 * q1 + q2) / 8,
        1: (both + q1 + q2) / 4,
    }
    for at, values in new.items():
        side = sides[:, :-1, at] if at < 0 else sides[:, 1:, at]
        side[artefact] = values[artefact]


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFrame:
    """Compress as a key frame of H.264-like video would be, by its three lossy steps.

    Chroma is halved; blocks of 8 × 8 pixels are transformed and rounded; edges of blocks are
    smoothed. There is no prediction, neither within the frame nor from others, so no motion
    and no trails.

    Parameters
    ----------
    qp
        Quantisation parameter of H.264, 0 to 51; the step doubles with every 6.
    across
        Pixels of the shorter side when it is compressed.

    References
    ----------
    ITU-T H.264 (2019), 8.5.8 (parameter of chroma), 8.5.12 (step sizes: 0.625 at 0) and 8.7.2.4
    (filter of strength 4, here at every edge below the thresholds). The thresholds follow List et
    al. (2003), Adaptive deblocking filter, IEEE Transactions on Circuits and Systems for Video
    Technology 13(7), whose formulas approximate the tables of the standard.
    """

    qp: int
    across: int = 64

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the decompressed frame."""
        cv2 = import_cv2()
        before = _at_size(image, self.across)
        height, width = before.shape[:2]
        padding = (-height % (2 * _BLOCK), -width % (2 * _BLOCK))
        edges = (0, padding[0], 0, padding[1])
        padded = cv2.copyMakeBorder(before, *edges, cv2.BORDER_REPLICATE)
        planes = cv2.cvtColor(padded, cv2.COLOR_RGB2YCrCb).astype(np.float32)
        luma = _deblocked(_quantised(planes[:, :, 0], _step(self.qp)), self.qp)
        chroma = cv2.resize(planes[:, :, 1:], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        step = _step(_CHROMA_QP[self.qp - 30] if self.qp >= 30 else self.qp)
        rough = np.dstack([_quantised(chroma[:, :, i], step) for i in (0, 1)])
        whole = cv2.resize(rough, luma.shape[::-1], interpolation=cv2.INTER_LINEAR)
        coded = rounded(np.dstack([luma, whole]))
        after = cv2.cvtColor(coded, cv2.COLOR_YCrCb2RGB)[:height, :width]
        return _with_change(image, before, np.ascontiguousarray(after))


JPEG = Perturbation(
    name="jpeg",
    title="JPEG",
    about="Compressed as JPEG at 64 pixels across, with halved chroma.",
    media="image",
    family="compression",
    steps={s: Still(codec="jpeg", quality=q) for s, q in {1: 16, 2: 6, 3: 3}.items()},
    covers=("ImageNet-C: JPEG compression",),
)
WEBP = Perturbation(
    name="webp",
    title="WebP",
    about="Compressed as lossy WebP at 64 pixels across; its blocks are those of VP8 video.",
    media="image",
    family="compression",
    steps={s: Still(codec="webp", quality=q) for s, q in {1: 13, 2: 1}.items()},
)
VIDEO_COMPRESSION = Perturbation(
    name="video-compression",
    title="Compressed video",
    about=(
        "A key frame as H.264 leaves it, by its lossy steps at 64 pixels across: halved chroma, "
        "rounded 8 × 8 blocks, smoothed edges of blocks. No prediction, so no motion and no trails."
    ),
    media="image",
    family="compression",
    steps={s: VideoFrame(qp=q) for s, q in {1: 36, 2: 44, 3: 50}.items()},
)
