"""From a system and items to jobs, each with the key its answer is kept under.

The key of a job is the digest of named fields, in two steps so that a million keys take
seconds. The *context* is everything but the item and is kept in the store as it reads:

``format``
    Version of this list.
``adapter``, ``system``
    The adapter's name and `SystemSpec.identity`: model digests, preprocessing and the
    versions of the packages that can change an answer.
``labels``
    The labels the system says it has: an answer is checked against them.
``decoders``
    Versions of the packages that turn files into pixels and samples; a new one may round
    otherwise. Only those for the kind of media that the system is given.
``perturbation``
    What is done to the media before the system sees it; null, for nothing.

The job adds to the digest of its context:

``media``
    Digest of the bytes of the media.
``item``
    Null for a deterministic system: its answer to equal bytes is equal, so items with
    equal media are one job, asked once and shared. For any other system the item's id,
    since each item then has a draw of its own.

Left out, and why:

- the system's name: what the audit file calls a system does not change its answers;
- item id (but for the above), subject, groups, annotated label: a system is never to
  depend on them, and all but the id it does not see;
- the path of the media: the same bytes elsewhere are the same media;
- the size of a batch, and the neighbours in it: that they do not matter is a check which
  every adapter has to pass;
- ``about`` of the specification: it is for readers;
- the version of facevalue: what of ours can change an answer, the preprocessing, is part
  of the identity;
- time, machine, number of cores: an answer that depends on them is not deterministic,
  and is kept as it was first given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Protocol

from facevalue.canonical import canonical_json, digest, digest_bytes
from facevalue.domain.predictions import Failure, Media
from facevalue.systems.base import MediaKind, SystemSpec

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FORMAT_VERSION", "Context", "Items", "Job", "Plan", "plan"]

FORMAT_VERSION = 1

# What `dataset` decodes media with.
_DECODERS: dict[MediaKind, tuple[str, ...]] = {
    "image": ("pillow",),
    "sound": ("soundfile",),
    "any": ("pillow", "soundfile"),
    "none": (),
}


class Items(Protocol):
    """What a run needs of a dataset."""

    @property
    def items(self) -> pl.DataFrame:
        """One row an item, with at least ``item`` and ``sha256``, both without nulls."""
        ...

    def media(self, items: Sequence[str], /) -> Sequence[Media | Failure]:
        """Return the decoded media of ``items``, in order. Called from another thread."""
        ...


@dataclass(frozen=True)
class Context:
    """Everything of a job's key but the item, as canonical JSON."""

    document: str

    @cached_property
    def key(self) -> str:
        """Digest of the document."""
        return digest_bytes(self.document.encode("utf-8"))

    @classmethod
    def of(cls, spec: SystemSpec) -> Context:
        """Return the context of a system that is given media as they are."""
        fields = {
            "format": FORMAT_VERSION,
            "adapter": spec.adapter,
            "system": dict(spec.identity),
            "labels": None if spec.labels is None else list(spec.labels),
            "decoders": _versions(_DECODERS[spec.media]),
            "perturbation": None,
        }
        return cls(canonical_json(fields))


@dataclass(frozen=True, slots=True)
class Job:
    """One question to a system.

    Parameters
    ----------
    key
        What the answer is kept under.
    media
        Digest of the media.
    asked_with
        The item whose media is handed over; the first of those that share the answer.
    item
        The item's id where it is part of the key, else `None`.
    """

    key: str
    media: str
    asked_with: str
    item: str | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs that a table of items comes to.

    Parameters
    ----------
    context
        What the jobs share.
    jobs
        One entry a key, in the order of first need.
    keys
        Key of the job of each item, shape ``(n_items,)``.
    """

    context: Context
    jobs: tuple[Job, ...]
    keys: tuple[str, ...]


def plan(spec: SystemSpec, items: pl.DataFrame) -> Plan:
    """Return the jobs for ``items``.

    Parameters
    ----------
    spec
        The system that will be asked.
    items
        Columns ``item`` and ``sha256``, both without nulls.

    Examples
    --------
    >>> import polars as pl
    >>> spec = SystemSpec(name="mine", adapter="callable", labels=None, identity={"v": 1},
    ...                   media="none")
    >>> table = pl.DataFrame({"item": ["a", "b", "c"], "sha256": ["11", "22", "11"]})
    >>> [job.asked_with for job in plan(spec, table).jobs]
    ['a', 'b']
    """
    context = Context.of(spec)
    jobs: dict[str, Job] = {}
    keys: list[str] = []
    by_media: dict[tuple[str, str | None], str] = {}
    for name, media in zip(items["item"], items["sha256"], strict=True):
        item = None if spec.deterministic else name
        key = by_media.get((media, item))
        if key is None:
            key = digest({"context": context.key, "media": media, "item": item})
            by_media[media, item] = key
            jobs[key] = Job(key, media, name, item)
        keys.append(key)
    return Plan(context, tuple(jobs.values()), tuple(keys))


def _versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the installed versions; a package that is not here decodes nothing."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
