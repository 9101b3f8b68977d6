"""What a system is given and what it answers: media in, prediction or failure out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Answer", "Failure", "FailureKind", "Media", "Prediction"]


class FailureKind(StrEnum):
    """How a system failed on one item."""

    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    CRASHED = "crashed"
    MALFORMED_ANSWER = "malformed_answer"
    UNREADABLE_MEDIA = "unreadable_media"
    REFUSED = "refused"
    UNMADE = "unmade"
    """The media could not be changed as a condition asks: the system was not asked."""

    @property
    def is_theirs(self) -> bool:
        """Whether it can be a system's answer, and not only a word of ours."""
        return self is not FailureKind.UNMADE

    @property
    def is_passing(self) -> bool:
        """Whether trying again later may help; such failures are retried on resume."""
        return self in (FailureKind.TIMEOUT, FailureKind.UNAVAILABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One item as a system sees it: no label, no subject, no group.

    Parameters
    ----------
    item
        Identifier of the item.
    sha256
        Digest of the bytes of the media, or of the row where there are none.
    image
        Pixels, shape ``(height, width, 3)``, RGB, ``uint8``; `None` if not an image.
    sound
        Samples, shape ``(n_channels, n_samples)``, ``float32`` in [−1, 1]; `None` if not
        a sound.
    rate_hz
        Samples a second of ``sound``.
    path
        Where the file lies, for systems that read it themselves; `None` for media made in
        memory.
    """

    item: str
    sha256: str
    image: np.ndarray | None = field(default=None, repr=False, compare=False)
    sound: np.ndarray | None = field(default=None, repr=False, compare=False)
    rate_hz: int | None = None
    path: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer of a system to one item, in the system's own words.

    Parameters
    ----------
    label
        The label the system gives; with scores, the one with the highest score unless
        the system says otherwise.
    scores
        Score of every label the system knows, in [0, 1]; empty if it gives labels only.

    Examples
    --------
    >>> Prediction.from_scores({"anger": 0.2, "fear": 0.8}).label
    'fear'
    """

    label: str
    scores: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.label:
            raise ValueError("a prediction needs a label")
        for label, score in self.scores.items():
            if not (math.isfinite(score) and 0.0 <= score <= 1.0):
                raise ValueError(f"score of {label!r} is {score}, expected a number in [0, 1]")

    @classmethod
    def from_scores(cls, scores: Mapping[str, float]) -> Prediction:
        """Return the prediction whose label has the highest score (the first, if tied)."""
        if not scores:
            raise ValueError("a prediction needs at least one score")
        return cls(label=max(scores, key=lambda k: scores[k]), scores=dict(scores))


@dataclass(frozen=True, slots=True)
class Failure:
    """The system gave no usable answer to one item. Data, not an exception."""

    kind: FailureKind
    detail: str = ""


Answer = Prediction | Failure
