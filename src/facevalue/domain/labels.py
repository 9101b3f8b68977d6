"""Label taxonomies and explicit maps between them.

A system and a dataset rarely use the same words. The map from one to the other is
written down by a person and is complete: a label without an entry is an error, and
a label without a counterpart is mapped to `OUTSIDE` on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["NONE_LABEL", "OUTSIDE", "TAXONOMIES", "LabelMap", "Taxonomy", "prohibited_labels"]

OUTSIDE = "outside"
"""Where labels go that the taxonomy of the audit has no word for."""

NONE_LABEL = "none"
"""Annotated label of a negative control: the right answer is to give none."""

# Words that make an output label one that facevalue reports and never evaluates:
# categorisation by race, ethnicity or religion. Compared as whole words, lower case.
_PROHIBITED_WORDS = frozenset(
    {
        "race",
        "races",
        "racial",
        "ethnicity",
        "ethnic",
        "ethnicities",
        "religion",
        "religious",
        "caste",
        "caucasian",
        "asian",
        "black",
        "white",
        "african",
        "latino",
        "latina",
        "hispanic",
        "indian",
        "arab",
        "arabic",
        "uyghur",
        "uighur",
        "han",
        "tibetan",
        "kazakh",
        "roma",
        "romani",
        "gypsy",
        "jewish",
        "jew",
        "muslim",
        "moslem",
        "islam",
        "islamic",
        "christian",
        "hindu",
        "buddhist",
        "sikh",
        "indigenous",
        "aboriginal",
        "mongoloid",
        "negroid",
        "caucasoid",
        "mideast",
        "eastasian",
        "southeastasian",
        "southasian",
    }
)
_PROHIBITED_PHRASES = ("middle eastern", "east asian", "south asian", "african american")


def prohibited_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Return those output labels that name ethnicity, race or religion.

    Examples
    --------
    >>> prohibited_labels(["anger", "race: asian", "fear", "ethnicity"])
    ('race: asian', 'ethnicity')
    >>> prohibited_labels(["embarrassment", "blackmail", "trace"])
    ()
    """
    return tuple(label for label in labels if _is_prohibited(label))


def _is_prohibited(label: str) -> bool:
    # Split camelCase and any punctuation, so "isAsian" and "race_asian" are seen.
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).casefold()
    words = re.findall(r"[a-z]+", spaced)
    if _PROHIBITED_WORDS.intersection(words):
        return True
    joined = " ".join(words)
    return any(phrase in joined for phrase in _PROHIBITED_PHRASES)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A named, ordered set of labels.

    Examples
    --------
    >>> Taxonomy("two", ("calm", "angry")).index("angry")
    1
    """

    name: str
    labels: tuple[str, ...]
    _positions: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError(f"taxonomy {self.name!r} has no labels")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError(f"taxonomy {self.name!r} names a label twice")
        if OUTSIDE in self.labels:
            raise ValueError(f"{OUTSIDE!r} is reserved and cannot be a label of a taxonomy")
        object.__setattr__(self, "_positions", {x: i for i, x in enumerate(self.labels)})

    def __contains__(self, label: object) -> bool:
        return label in self._positions

    def index(self, label: str) -> int:
        """Return the position of ``label``; `KeyError` if it is not one of ours."""
        return self._positions[label]


@dataclass(frozen=True, slots=True)
class LabelMap:
    """From the labels of one source to those of a taxonomy.

    Parameters
    ----------
    target
        The taxonomy mapped into.
    entries
        Source label → label of ``target`` or `OUTSIDE`. A source label that already is
        a label of ``target`` needs no entry and maps to itself.

    Examples
    --------
    >>> pair = Taxonomy("pair", ("anger", "joy"))
    >>> m = LabelMap(pair, {"angry": "anger", "bored": OUTSIDE})
    >>> m["angry"], m["joy"], m["bored"]
    ('anger', 'joy', 'outside')
    >>> m.unmapped(["angry", "sad"])
    ('sad',)
    """

    target: Taxonomy
    entries: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, label: str) -> str:
        if label in self.entries:
            return self.entries[label]
        if label in self.target or label in (OUTSIDE, NONE_LABEL):
            return label
        raise KeyError(label)

    def unmapped(self, labels: Iterable[str]) -> tuple[str, ...]:
        """Return the source labels that the map does not cover, in their order."""
        known = {*self.entries, *self.target.labels, OUTSIDE, NONE_LABEL}
        return tuple(label for label in labels if label not in known)

    def bad_targets(self) -> tuple[str, ...]:
        """Return the entries' targets that are neither in the taxonomy nor `OUTSIDE`."""
        fine = {*self.target.labels, OUTSIDE, NONE_LABEL}
        return tuple(sorted({t for t in self.entries.values() if t not in fine}))


TAXONOMIES: dict[str, Taxonomy] = {
    t.name: t
    for t in (
        Taxonomy("ekman6", ("anger", "disgust", "fear", "happiness", "sadness", "surprise")),
        Taxonomy(
            "ekman6-neutral",
            ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
        ),
        Taxonomy("crema-d", ("anger", "disgust", "fear", "happiness", "neutral", "sadness")),
        Taxonomy(
            "ferplus",
            (
                "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear",
                "contempt",
            ),
        ),
        Taxonomy(
            "emodb",
            ("anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"),
        ),
    )
}  # fmt: skip
