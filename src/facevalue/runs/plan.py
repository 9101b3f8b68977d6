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
    What is done to the media before the system sees it; null, for nothing. For media that
    are changed (`facevalue.runs.stress`) it is the identity of the condition: name,
    version, parameters and seed.

The job adds to the digest of its context:

``media``
    Digest of the bytes of the media.
``item``
    Null for a deterministic system: its answer to equal bytes is equal, so items with
    equal media are one job, asked once and shared. For any other system the item's id,
    since each item then has a draw of its own.
``partner``
    Digest of the other media that went into the change, as where backgrounds are swapped;
    the field is there only where there are such.

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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from itertools import repeat
from typing import TYPE_CHECKING, Protocol

from facevalue.canonical import canonical_json, digest, digest_bytes
from facevalue.domain.predictions import Failure, Media
from facevalue.errors import InputError
from facevalue.systems.base import MediaKind, SystemSpec

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FORMAT_VERSION", "Context", "Items", "Job", "Plan", "Subset", "plan", "rows_of"]

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


class Subset:
    """Some items of a dataset, in an order of their own.

    Parameters
    ----------
    whole
        The dataset.
    names
        The items, in the order in which they are to be asked.

    Raises
    ------
    InputError
        If an item is not part of the dataset.
    """

    def __init__(self, whole: Items, names: Sequence[str]) -> None:
        self._whole = whole
        self.items = rows_of(whole.items, names)

    def media(self, items: Sequence[str], /) -> Sequence[Media | Failure]:
        """Return the decoded media of ``items``, in order."""
        return self._whole.media(items)


def rows_of(table: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Return the rows of the items ``names``, in that order.

    Raises
    ------
    InputError
        If an item is not in the table.
    """
    places = {name: place for place, name in enumerate(table["item"])}
    if unknown := [name for name in names if name not in places]:
        raise InputError(f"the dataset has no item {', '.join(map(repr, unknown[:3]))}")
    return table[[places[name] for name in names]]


@dataclass(frozen=True)
class Context:
    """Everything of a job's key but the item, as canonical JSON."""

    document: str

    @cached_property
    def key(self) -> str:
        """Digest of the document."""
        return digest_bytes(self.document.encode("utf-8"))

    @classmethod
    def of(cls, spec: SystemSpec, perturbation: Mapping[str, object] | None = None) -> Context:
        """Return the context of a system that is given media as they are, or changed."""
        fields = {
            "format": FORMAT_VERSION,
            "adapter": spec.adapter,
            "system": dict(spec.identity),
            "labels": None if spec.labels is None else list(spec.labels),
            "decoders": _versions(_DECODERS[spec.media]),
            "perturbation": None if perturbation is None else dict(perturbation),
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
    partner
        Digest of the other media that goes into the change, if any does.
    """

    key: str
    media: str
    asked_with: str
    item: str | None
    partner: str | None = None

    @classmethod
    def of(
        cls, context: Context, asked_with: str, media: str, *, item: str | None, partner: str | None
    ) -> Job:
        """Return the job with its key.

        Examples
        --------
        >>> job = Job.of(Context("{}"), "a", "11", item=None, partner=None)
        >>> job.key == digest({"context": Context("{}").key, "item": None, "media": "11"})
        True
        """
        fields = {"context": context.key, "media": media, "item": item}
        if partner is not None:
            fields["partner"] = partner
        return cls(digest(fields), media, asked_with, item, partner)


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


def plan(
    spec: SystemSpec, items: pl.DataFrame, perturbation: Mapping[str, object] | None = None
) -> Plan:
    """Return the jobs for ``items``.

    Parameters
    ----------
    spec
        The system that will be asked.
    items
        Columns ``item`` and ``sha256``, both without nulls; a column ``partner`` holds the
        digest of the other media that goes into the change of each, or null.
    perturbation
        Identity of what is done to the media; `None` for media as they are.

    Examples
    --------
    >>> import polars as pl
    >>> spec = SystemSpec(name="mine", adapter="callable", labels=None, identity={"v": 1},
    ...                   media="none")
    >>> table = pl.DataFrame({"item": ["a", "b", "c"], "sha256": ["11", "22", "11"]})
    >>> [job.asked_with for job in plan(spec, table).jobs]
    ['a', 'b']
    """
    context = Context.of(spec, perturbation)
    names = items["item"].to_list()
    medias = items["sha256"].to_list()
    has_partners = "partner" in items.columns
    partners = items["partner"].to_list() if has_partners else repeat(None, len(names))
    jobs: dict[tuple[str, str | None, str | None], Job] = {}
    keys: list[str] = []
    for name, media, partner in zip(names, medias, partners, strict=True):
        item = None if spec.deterministic else name
        job = jobs.get((media, item, partner))
        if job is None:
            job = Job.of(context, name, media, item=item, partner=partner)
            jobs[media, item, partner] = job
        keys.append(job.key)
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
