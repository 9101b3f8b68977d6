"""A hundred small faces and a hundred non-faces, as bundled with scikit-image."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from facevalue.canonical import digest_stream
from facevalue.dataset.base import Card, FileCard
from facevalue.dataset.memory import MemoryImages
from facevalue.dataset.table import NamedDataset, Table
from facevalue.domain.labels import NONE_LABEL, TAXONOMIES
from facevalue.errors import InputError, MissingExtraError

__all__ = ["LFW_SUBSET"]

_SHA256 = "9560ec2f5edfac01973f63a8a99d00053fecd11e21877e18038fbe500f8e872c"
_N_FACES = 100

_CARD = Card(
    name="lfw-subset",
    title="Labeled Faces in the Wild: the subset bundled with scikit-image",
    licence="distributed with scikit-image (BSD-3-Clause); cropped from news photographs",
    citation=(
        "Huang, G., Mattar, M., Lee, H. & Learned-Miller, E. (2012). Learning to Align from "
        "Scratch. NIPS 2012; as bundled in scikit-image, skimage.data.lfw_subset"
    ),
    url="https://github.com/scikit-image/scikit-image",
    version="lfw_subset.npy",
    files=(FileCard(name="lfw_subset.npy", sha256=_SHA256, size=1_000_080),),
    about=(
        "100 faces and 100 pieces of background (non-faces) of 25 × 25 grey pixels. There are no "
        "emotion labels: a face has no annotated label, a non-face is annotated 'none', the only "
        "right answer to a picture without a face."
    ),
    population=(
        "Faces of people in news photographs; who they are is not part of the subset, and no "
        "attribute of theirs is used or inferred."
    ),
    warnings=(
        "lfw-subset has no emotion labels and pictures of 25 × 25 pixels: it shows how a system "
        "answers, not how often it is right.",
    ),
)


def _locate() -> Path:
    spec = find_spec("skimage")
    if spec is None or spec.origin is None:
        raise MissingExtraError("scikit-image", "images")
    path = Path(spec.origin).parent / "data" / "lfw_subset.npy"
    if not path.is_file():
        raise InputError(
            "dataset 'lfw-subset': the installed scikit-image does not bundle data/lfw_subset.npy. "
            "Install another version of scikit-image."
        )
    with path.open("rb") as stream:
        found = digest_stream(stream)
    if found != _SHA256:
        raise InputError(
            "dataset 'lfw-subset': lfw_subset.npy of the installed scikit-image is not the file it "
            f"should be. Expected SHA-256 {_SHA256}, found {found}."
        )
    return path


def _read(_: Mapping[str, Any]) -> Table:
    # The digest was checked, and nothing in it could run code if it had not been.
    grey = np.load(_locate(), allow_pickle=False)
    pixels = np.rint(255.0 * grey).astype(np.uint8)
    n_others = len(pixels) - _N_FACES
    items = [f"lfw-face-{i:03d}" for i in range(_N_FACES)]
    items += [f"lfw-nonface-{i:03d}" for i in range(n_others)]
    position = {item: i for i, item in enumerate(items)}

    def image(item: str) -> np.ndarray:
        return np.repeat(pixels[position[item]][:, :, None], 3, axis=2)

    media = MemoryImages(image)
    frame = pl.DataFrame(
        {
            "item": items,
            "subject": pl.Series([None] * len(items), dtype=pl.String),
            "annotated": [None] * _N_FACES + [NONE_LABEL] * n_others,
            "media": items,
            "content": ["face"] * _N_FACES + ["non-face"] * n_others,
        }
    )
    return Table(
        frame=frame,
        attributes=("content",),
        source=media,
        digests=media.digests,
        subjects_declared=False,
    )


LFW_SUBSET = NamedDataset(
    card=_CARD, taxonomy=TAXONOMIES["ekman6-neutral"], read=_read, locate=_locate
)
