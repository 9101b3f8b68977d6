"""A dataset's table before the audit's labels, filters and bands are applied to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from facevalue.dataset.base import Card, MediaSource
from facevalue.domain import Taxonomy

__all__ = ["OURS", "RESERVED", "Digests", "NamedDataset", "Table"]

OURS = ("item", "subject", "media", "annotated")
"""Columns with a meaning of their own, that a manifest may give other names."""

RESERVED = (*OURS, "sha256")

Digests = Callable[[Sequence[str | None]], list[str | None]]
"""From the ``media`` column to the digest of the bytes of each, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a reader hands over.

    Parameters
    ----------
    frame
        ``item``, ``subject``, ``annotated``, ``media`` and every attribute as text;
        ``votes_<label>`` and ``count_<name>`` as ``int64``. Labels are the dataset's own.
    attributes
        Columns that are attributes unless the audit names its own.
    digests
        Digests of the media; `None` where there are none.
    rows
        Row number of each row as a person sees it; `None` where there is no file to look at.
    names
        Our column → theirs, for messages.
    subjects_declared
        Whether ``subject`` says who the person is.
    """

    frame: pl.DataFrame
    attributes: tuple[str, ...]
    source: MediaSource | None = None
    digests: Digests | None = None
    rows: tuple[int, ...] | None = None
    header: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    subjects_declared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDataset:
    """A dataset known by name: its card, its own labels, and how it is read.

    Parameters
    ----------
    read
        From options to the table. Raises `DataUnavailableError` where the bytes are not here.
    locate
        Where its bytes are, checked; raises like ``read``. `None` where there are none to get.
    options
        Names of the options that ``read`` understands.
    """

    card: Card
    taxonomy: Taxonomy
    read: Callable[[Mapping[str, Any]], Table]
    locate: Callable[[], Path] | None = None
    options: tuple[str, ...] = ()
