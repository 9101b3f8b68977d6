"""Who is held against whom: a partner of another subject for every item.

Every item has a place on a ring and a point to start from, both drawn from the seed and its own
name. Its partner is the first one from there round the ring that fits. So the choice does not
hang on the order of the items, and a new item becomes the partner of the few that would have
walked past it; all others keep theirs.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from facevalue.canonical import digest

__all__ = ["TextPartners", "choose_partners", "same_text_pairs"]

_NONE = -1


@dataclass(frozen=True, slots=True)
class TextPartners:
    """The two that an item is held against when words and voice are to be told apart.

    Parameters
    ----------
    same_text
        An item with the same words, another label and another subject: the voice is swapped and
        the sentence kept.
    other_text
        The comparison: other words, and else like ``same_text``: its label, and its subject
        where that one has spoken other words under this label.
    """

    same_text: str
    other_text: str


def choose_partners(
    items: Sequence[str],
    labels: Sequence[str | None],
    subjects: Sequence[str | None],
    *,
    seed: int,
    label: Literal["other-label", "same-label"] = "other-label",
) -> dict[str, str]:
    """Return for each item a partner of another subject, with another label or the same.

    Parameters
    ----------
    items
        Identifiers, each once.
    labels
        Annotated label of each; items without one get no partner and are none.
    subjects
        Subject of each; one without is its own subject.
    label
        Whether the partner's label is another one or the same.

    Returns
    -------
    dict
        Item → its partner, in the order of ``items``. Items for which nobody fits are left out.

    Raises
    ------
    ValueError
        If an item is there twice, or the lengths differ.

    Examples
    --------
    >>> items, labels = ["a", "b", "c"], ["joy", "joy", "fear"]
    >>> choose_partners(items, labels, ["p", "q", "p"], seed=0)
    {'b': 'c', 'c': 'b'}
    >>> choose_partners(items, labels, ["p", "q", "p"], seed=0, label="same-label")
    {'a': 'b', 'b': 'a'}
    """
    ring = _Ring(items, seed)
    has, who = ring.codes(labels), ring.codes(subjects, own=True)
    if label == "same-label":
        found = ring.first(has, has, differ=(who,))
    else:
        labelled = np.where(has == _NONE, _NONE, 0)
        found = ring.first(labelled, labelled, differ=(has, who))
    return {items[i]: items[found[i]] for i in range(len(items)) if found[i] != _NONE}


def same_text_pairs(
    items: Sequence[str],
    texts: Sequence[str | None],
    labels: Sequence[str | None],
    subjects: Sequence[str | None],
    *,
    seed: int,
) -> dict[str, TextPartners]:
    """Return for each item one with the same words and one with others, spoken otherwise.

    Where a system's answers to an item and to its ``same_text`` agree more often than those to
    the item and its ``other_text``, they hang on the words: all else that is annotated differs
    from the item alike.

    Parameters
    ----------
    items, labels, subjects, seed
        As in `choose_partners`.
    texts
        What is spoken in each, or a name for it; items without one are left out.

    Returns
    -------
    dict
        Item → its two partners, in the order of ``items``. Items for which either is missing
        are left out.

    Raises
    ------
    ValueError
        If an item is there twice, or the lengths differ.

    Examples
    --------
    >>> found = same_text_pairs(
    ...     ["a", "b", "c"], ["Hello.", "Hello.", "Bye."], ["joy", "fear", "fear"],
    ...     ["p", "q", "q"], seed=0)
    >>> found
    {'a': TextPartners(same_text='b', other_text='c')}
    """
    ring = _Ring(items, seed)
    said, has = ring.codes(texts), ring.codes(labels)
    who = ring.codes(subjects, own=True)
    said = np.where(has == _NONE, _NONE, said)
    has = np.where(said == _NONE, _NONE, has)
    same = ring.first(said, said, differ=(has, who))
    # Of what the first one is: its label and subject, or else its label.
    both = np.where(has == _NONE, _NONE, has * (who.max(initial=0) + 1) + who)
    other = ring.first(_of(both, same), both, differ=(said,))
    by_label = ring.first(_of(has, same), has, differ=(said, who))
    other = np.where(other == _NONE, by_label, other)
    return {
        items[i]: TextPartners(items[same[i]], items[other[i]])
        for i in range(len(items))
        if same[i] != _NONE and other[i] != _NONE
    }


def _of(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the value of the one chosen for each item."""
    return np.where(chosen == _NONE, _NONE, values[chosen]) if len(values) else values


class _Ring:
    """Items on a ring, each at a place and with a point to start from."""

    def __init__(self, items: Sequence[str], seed: int) -> None:
        if len(set(items)) != len(items):
            raise ValueError("every item is given once")
        self._n = len(items)
        self._place, self._start = (
            np.array([int(digest([seed, what, i])[:15], 16) for i in items], dtype=np.int64)
            for what in ("place", "start")
        )

    def codes(self, values: Sequence[str | None], *, own: bool = False) -> np.ndarray:
        """Return a whole number for each value; for a missing one −1, or one of its own."""
        if len(values) != self._n:
            raise ValueError(f"{self._n} items and {len(values)} values do not go together")
        known: dict[Hashable, int] = {}
        keys = ((i, None) if value is None and own else value for i, value in enumerate(values))
        return np.array(
            [_NONE if key is None else known.setdefault(key, len(known)) for key in keys],
            dtype=np.int64,
        )

    def first(
        self, wanted: np.ndarray, keys: np.ndarray, *, differ: Sequence[np.ndarray]
    ) -> np.ndarray:
        """Return the first one that fits each item, or −1.

        Parameters
        ----------
        wanted, keys
            Key that the item looks for, and key that each has; −1 looks for and is nothing.
        differ
            Values in which the two must not agree.
        """
        order = np.lexsort((self._place, keys))
        sorted_keys = keys[order]
        begin = np.searchsorted(sorted_keys, wanted, side="left")
        size = np.searchsorted(sorted_keys, wanted, side="right") - begin
        size[wanted == _NONE] = 0
        for values in differ:
            size[self._hopeless(values, order, begin, size)] = 0
        step = np.zeros(self._n, dtype=np.int64)
        for i in np.flatnonzero(size):
            places = self._place[order[begin[i] : begin[i] + size[i]]]
            step[i] = np.searchsorted(places, self._start[i])
        return self._walk(order, begin, step, size, differ)

    @staticmethod
    def _hopeless(
        values: np.ndarray, order: np.ndarray, begin: np.ndarray, size: np.ndarray
    ) -> np.ndarray:
        """Return for whom all that have the key agree in a value that must differ."""
        ordered = values[order]
        changes = np.concatenate([[0], np.cumsum(ordered[1:] != ordered[:-1])])
        hopeless = np.zeros(len(values), dtype=bool)
        some = np.flatnonzero(size)
        last = begin[some] + size[some] - 1
        alike = changes[begin[some]] == changes[last]
        hopeless[some] = alike & (ordered[begin[some]] == values[some])
        return hopeless

    def _walk(
        self,
        order: np.ndarray,
        begin: np.ndarray,
        step: np.ndarray,
        size: np.ndarray,
        differ: Sequence[np.ndarray],
    ) -> np.ndarray:
        found = np.full(self._n, _NONE, dtype=np.int64)
        looking = np.flatnonzero(size)
        walked = 0
        while looking.size:
            there = order[begin[looking] + (step[looking] + walked) % size[looking]]
            fits = np.ones(looking.shape, dtype=bool)
            for values in differ:
                fits &= values[looking] != values[there]
            found[looking[fits]] = there[fits]
            walked += 1
            looking = looking[~fits]
            looking = looking[size[looking] > walked]
        return found
