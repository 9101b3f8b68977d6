"""The published system ``facex``: its TFLite model, fed exactly as the package feeds it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facevalue.systems.base import SystemRequest, SystemSpec
from facevalue.systems.options import Options
from facevalue.systems.packages import Member, NamedSystem, Package
from facevalue.systems.preprocess import grey, import_skimage_transform, package_versions
from facevalue.systems.tflite import TfliteModel, TfliteSystem

__all__ = ["FACEX", "facex_input"]

VERSION = "1.1.0"
LABELS = ("anger", "disgust", "fear", "happy", "neutral", "sadness", "surprised")
SHAPE = (200, 200, 3)


def facex_input(image: np.ndarray) -> np.ndarray:
    """Return what the network of ``facex`` sees of a crop, shape ``(1, 200, 200, 3)``, float32.

    The steps of ``facex.utils.input_resize`` (facex 1.1.0) on the grey crop. The resize
    brings values to [0, 1] already; the division after it, for greater ones, is the
    package's and is kept.

    Parameters
    ----------
    image
        RGB pixels, shape ``(height, width, 3)``, ``uint8``.
    """
    resized = np.asarray(import_skimage_transform().resize(grey(image), SHAPE))[np.newaxis]
    if np.max(resized) > 1:
        resized = resized / 255.0
    return np.asarray(resized, dtype=np.float32)


def _open(request: SystemRequest, folder: Path) -> TfliteSystem:
    options = Options(request, folder)
    options.done()
    model = TfliteModel(folder / "model.tflite")
    model.check((1, *SHAPE), len(LABELS))
    spec = SystemSpec(
        name=request.name,
        adapter="facex",
        labels=LABELS,
        media="image",
        identity={
            "adapter": "facex",
            "version": VERSION,
            "model": model.sha256,
            "packages": package_versions(
                "ai-edge-litert", "opencv-python-headless", "opencv-python", "scikit-image"
            ),
        },
        about=FACEX.about,
    )
    return TfliteSystem(spec, model, facex_input)


FACEX = NamedSystem(
    name="facex",
    version=VERSION,
    labels=LABELS,
    about={
        "title": "facex, facial expression classifier (Hasby Fahrudin)",
        "version": VERSION,
        "licence": "MIT",
        "url": "https://github.com/hfahrudin/facex",
        "preprocessing": (
            "grey, 200 × 200 pixels in three equal channels (scikit-image, with its "
            "anti-aliasing), from 0 to 1"
        ),
        "notes": "The crop is what the network sees; the package looks for faces first.",
    },
    packages=(
        Package(
            name="facex",
            version=VERSION,
            client="pip",
            sha256="2e9bddb8fcf563020dac1f50879071b02560d60d8aae124164f20e04660a8c2e",
            members=(
                Member(
                    "facex/assets/model_optimized.tflite",
                    "model.tflite",
                    2_615_520,
                    "181e9dc6b5b19b7a4a3ee661d8de9969249b72c317b2080d79ac12d2b7027da5",
                ),
                Member(
                    "facex-1.1.0.dist-info/LICENSE",
                    "LICENSE",
                    1_088,
                    "42fda295e6f0a14b4c26746c670472ef6f714b92594332dab89d2d4339009130",
                ),
            ),
        ),
    ),
    opener=_open,
)
