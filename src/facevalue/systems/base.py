"""What a system is to facevalue: a specification and one method.

A system is handed media and answers each with a `Prediction` or a `Failure`, in order. It
never sees a label, a subject or a group. Everything else (keeping answers, resuming,
timing, progress) is the business of `runs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from facevalue.canonical import canonical_json
from facevalue.domain.predictions import Answer, Media
from facevalue.errors import PluginError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MediaKind", "Recorded", "System", "SystemRequest", "SystemSpec"]

MediaKind = Literal["image", "sound", "any", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSpec:
    """What is known of a system before it is asked anything.

    Parameters
    ----------
    name
        Name in the audit file; part of every finding.
    adapter
        Registered name of the adapter, or of the named system.
    labels
        The labels the system can give, in its own words; `None` when they are known
        only from its answers.
    identity
        Everything that can change an answer: digests of model files, preprocessing,
        versions of packages. Must be JSON, must not hold a secret, and must be the same
        whenever the same system is opened again: it is part of the key of each answer.
    media
        What the system is given; ``none`` for answers made elsewhere.
    batch_size
        How many items `System.predict` is best called with.
    deterministic
        Whether the same input gives the same answer.
    about
        For the system sheet of the report: title, version, licence, url, preprocessing,
        notes.

    Examples
    --------
    >>> spec = SystemSpec(name="mine", adapter="callable", labels=("calm", "angry"),
    ...                   identity={"v": 1}, media="image")
    >>> spec.batch_size
    32
    """

    name: str
    adapter: str
    labels: tuple[str, ...] | None
    identity: Mapping[str, object]
    media: MediaKind
    batch_size: int = 32
    deterministic: bool = True
    about: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            canonical_json(self.identity)
        except (TypeError, ValueError) as error:
            raise PluginError(self.name, f"its identity is not JSON: {error}") from error
        if self.batch_size < 1:
            raise PluginError(self.name, f"its batch size is {self.batch_size}, not at least 1")


class System(Protocol):
    """Something that can be asked. The one seam for adapters.

    A system may also have ``close()``, which is called when nothing more will be asked.
    """

    @property
    def spec(self) -> SystemSpec:
        """What is known of the system."""
        ...

    def predict(self, batch: Sequence[Media]) -> Sequence[Answer]:
        """Answer each item of ``batch``, in order. A failure on an item is an answer."""
        ...


@runtime_checkable
class Recorded(Protocol):
    """Answers that were made elsewhere: read, not asked for."""

    @property
    def spec(self) -> SystemSpec:
        """What is known of the system."""
        ...

    def answers(self, items: pl.DataFrame) -> pl.DataFrame:
        """Return the answer table for ``items`` (column ``item``), in their order.

        The columns are ``item``, ``label``, ``failure``, ``detail`` (strings) and
        ``score_<label>`` (f64) or ``votes_<label>`` (i64).

        Raises
        ------
        ManifestError
            If the recording is malformed or does not fit the items, with every problem.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRequest:
    """One entry under ``systems`` of an audit file.

    Parameters
    ----------
    name
        Name of the system in the audit. Without ``adapter`` it is the name of a system
        that facevalue knows.
    adapter
        Registered name of an adapter or of a named system.
    options
        The adapter's own options, unchecked.
    """

    name: str
    adapter: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
