"""From a manifest on disk, or a name, to a checked `Dataset`.

Reads tables (Polars) and decodes media (Pillow, soundfile, loaded when used). May import
``domain`` and the layers below. Must never know about systems or statistics, follow a path
out of its root, load anything that can run code, or ship anybody's data.
"""

from facevalue.dataset.base import Bands, Card, Dataset, DatasetSpec, FileCard, MediaSource
from facevalue.dataset.describe import describe
from facevalue.dataset.fetch import fetch
from facevalue.dataset.named import card, named_datasets
from facevalue.dataset.opening import open_dataset

__all__ = [
    "Bands",
    "Card",
    "Dataset",
    "DatasetSpec",
    "FileCard",
    "MediaSource",
    "card",
    "describe",
    "fetch",
    "named_datasets",
    "open_dataset",
]
