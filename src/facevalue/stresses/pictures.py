"""Pictures of the items whose answers change most: kept only where the audit file asks for them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

import numpy as np

from facevalue.atomic import write_bytes
from facevalue.audits import ReadAudit, StressSpec
from facevalue.dataset import Dataset
from facevalue.domain import Media
from facevalue.errors import MissingExtraError
from facevalue.report.stress_sheets import worst_of
from facevalue.runs import RunFolder
from facevalue.runs.pictures import forget_pictures, picture_file
from facevalue.stresses.asking import Kept
from facevalue.stresses.conditions import media_kind, planned

__all__ = ["keep_pictures"]

SIDE = 160
"""Pixels of the longer side: enough to see what was changed."""


def keep_pictures(
    folder: RunFolder, read: ReadAudit, kept: Iterable[Kept], datasets: Mapping[str, Dataset]
) -> None:
    """Write what the report shows of single items, and take away what it no longer shows.

    Each item is kept as it is and under the mildest condition that changes its answer.
    """
    forget_pictures(folder)
    spec = read.spec.stress
    if spec is None or not spec.worst_pictures:
        return
    for one in kept:
        dataset = datasets[one.dataset]
        if media_kind(dataset) == "image":
            _keep(folder, read, spec, one, dataset)


def _keep(
    folder: RunFolder, read: ReadAudit, spec: StressSpec, kept: Kept, dataset: Dataset
) -> None:
    conditions = {p.condition.name: p.condition for p in planned(spec, dataset, read.spec.seed)}
    for rank, worst in enumerate(worst_of(folder, read, kept.as_json())):
        (media,) = dataset.media([worst.item])
        condition = conditions.get(worst.condition)
        if not isinstance(media, Media) or condition is None:
            continue
        changed = condition.apply(media, None)
        for way, shown in (("before", media), ("after", changed)):
            if isinstance(shown, Media) and shown.image is not None:
                path = picture_file(folder, kept.system, kept.dataset, rank, way)
                path.parent.mkdir(exist_ok=True)
                write_bytes(path, _png(shown.image))


def _png(image: np.ndarray) -> bytes:
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtraError("Pillow", "images") from error
    picture = Image.fromarray(image)
    picture.thumbnail((SIDE, SIDE))
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
