"""What a dataset is asked for with, and what it is once it has been read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import polars as pl

from facevalue.domain import Failure, Media, Taxonomy
from facevalue.errors import InputError

__all__ = ["Bands", "Card", "Dataset", "DatasetSpec", "FileCard", "MediaSource"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """An attribute derived from a number: the band that it falls into.

    Parameters
    ----------
    of
        Column that holds the number.
    edges
        Lower edges of all bands but the first, ascending. A value on an edge belongs to the
        band above it.

    Examples
    --------
    >>> ages = Bands(of="age", edges=(30, 45, 60))
    >>> ages.labels
    ('under 30', '30–44', '45–59', '60+')
    >>> ages.label(45.0)
    '45–59'
    """

    of: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        ascending = all(a < b for a, b in zip(self.edges, self.edges[1:], strict=False))
        if not self.edges or not ascending:
            raise ValueError(f"edges of a band must be ascending numbers, found {self.edges}")

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the bands, lowest first."""
        whole = all(float(edge).is_integer() for edge in self.edges)
        names = [
            f"{edge:g}" if not float(edge).is_integer() else f"{edge:.0f}" for edge in self.edges
        ]
        between = []
        for i in range(len(names) - 1):
            top = f"{self.edges[i + 1] - 1:.0f}"
            # Whole edges are read as ages are: 30–44 is everyone not yet 45.
            text = f"{names[i]}–{top}" if whole else f"{names[i]} to under {names[i + 1]}"
            between.append(names[i] if whole and top == names[i] else text)
        return (f"under {names[0]}", *between, f"{names[-1]}+")

    def label(self, value: float) -> str:
        """Return the name of the band that ``value`` falls into."""
        return self.labels[bisect_right(self.edges, value)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSpec:
    """Which dataset to read, and how its columns and labels are to be understood.

    Parameters
    ----------
    id
        Short name used in findings.
    name
        A named dataset; exactly one of ``name`` and ``manifest`` is given.
    manifest
        Path of a manifest (``.csv``, ``.parquet``, ``.jsonl``, ``.ndjson``), relative to the
        base folder.
    taxonomy
        Labels of the audit; `None` for a named dataset's own. A manifest needs one.
    label_map
        The dataset's label → label of the taxonomy, ``outside`` or ``none``.
    columns
        Ours → theirs, for ``item``, ``subject``, ``media``, ``annotated``.
    attributes
        Columns to keep as attributes. Empty: all that the dataset declares, or every column
        of a manifest that is none of ours and no rating count.
    bands
        Name of a derived attribute → how it is derived.
    where
        Column → values; items with another value are left out.
    root
        Folder that media paths are relative to, relative to the base folder. `None`: the
        folder of the manifest.
    options
        Parameters of datasets that are made rather than read.
    """

    id: str
    name: str | None = None
    manifest: str | None = None
    taxonomy: Taxonomy | None = None
    label_map: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    bands: Mapping[str, Bands] = field(default_factory=dict)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    root: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCard:
    """One file of a named dataset: what it must be and where it can be had.

    ``url`` is `None` where the file cannot be fetched; ``size`` is in bytes.
    """

    name: str
    sha256: str
    url: str | None = None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is known of a named dataset; the bytes are never part of the package.

    Parameters
    ----------
    url
        Where it is published; `None` for what facevalue makes itself.
    population
        Who is in it, and how the labels were made.
    warnings
        What every report that uses the dataset has to say.
    """

    name: str
    title: str
    licence: str
    citation: str
    url: str | None
    version: str
    files: tuple[FileCard, ...]
    about: str
    population: str
    warnings: tuple[str, ...] = ()


class MediaSource(Protocol):
    """Where the media of a dataset come from."""

    def load(self, item: str, sha256: str, media: str | None) -> Media | Failure:
        """Return the decoded media of one item, or a failure where they are damaged."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """A dataset that has been read and checked.

    Parameters
    ----------
    items
        One row an item. Columns: ``item`` (unique), ``subject``, ``annotated`` (a label of
        the taxonomy, ``none`` for a negative control, or null), ``media``, ``sha256`` (of the
        bytes of the media, or of the row where there are none), ``votes_<label>`` (counts;
        ``votes_outside`` where raters used labels that the taxonomy has no word for),
        ``count_<name>`` (counts that are no label), then the attributes as text.
    sha256
        Fingerprint of taxonomy and items; does not depend on the file format or on where the
        media lie.
    notes
        What a reader of the report has to know.
    group_order
        Attribute → its groups in the order they are to be shown, where that is known: the
        bands of a derived attribute, those included that no item falls into.
    subjects_declared
        `False` where there is no subject id: each item is then taken as its own subject.
    """

    id: str
    items: pl.DataFrame
    taxonomy: Taxonomy
    attributes: tuple[str, ...]
    sha256: str
    card: Card | None = None
    notes: tuple[str, ...] = ()
    subjects_declared: bool = True
    group_order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: MediaSource | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.items.height

    @property
    def has_media(self) -> bool:
        """Whether there is anything to show to a system."""
        return self.source is not None

    @property
    def vote_labels(self) -> tuple[str, ...]:
        """Labels that raters' votes are counted for, in column order."""
        return tuple(
            name.removeprefix("votes_") for name in self.items.columns if name.startswith("votes_")
        )

    @cached_property
    def _rows(self) -> dict[str, tuple[str, str | None]]:
        columns = self.items.select("item", "sha256", "media")
        return {item: (sha256, media) for item, sha256, media in columns.iter_rows()}

    def media(self, items: Sequence[str]) -> list[Media | Failure]:
        """Return the decoded media of ``items``, in their order.

        An item without media is returned with its identifier and digest only.

        Raises
        ------
        InputError
            If an item is not part of this dataset.
        MissingExtraError
            If the package that decodes this kind of media is not installed.
        """
        unknown = [item for item in items if item not in self._rows]
        if unknown:
            listed = ", ".join(repr(item) for item in unknown[:3])
            raise InputError(f"dataset {self.id!r} has no item {listed}")
        return [self._load(item) for item in items]

    def _load(self, item: str) -> Media | Failure:
        sha256, media = self._rows[item]
        if self.source is None:
            return Media(item=item, sha256=sha256)
        return self.source.load(item, sha256, media)
