"""Names for things that can be added from outside: adapters, datasets, systems.

A registry knows its kind, refuses a second entry under one name, accepts a lazy
``"module:attribute"`` so that heavy packages load when used, and fails with the
list of known names and a guess. Outside packages use entry points, which are
read when a name is first missed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from facevalue.errors import PluginError, UnknownNameError

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """Entries of one kind, by name.

    Parameters
    ----------
    kind
        What the entries are, in the singular, for messages: ``"adapter"``.
    group
        Entry-point group in which outside packages announce theirs.

    Examples
    --------
    >>> colours = Registry[str]("colour")
    >>> colours.add("red", "#f00")
    >>> colours["red"]
    '#f00'
    >>> colours["rde"]
    Traceback (most recent call last):
    facevalue.errors.UnknownNameError: unknown colour 'rde'. Did you mean 'red'? Known: 'red'.
    """

    def __init__(self, kind: str, group: str | None = None) -> None:
        self.kind = kind
        self._group = group
        self._entries: dict[str, T] = {}
        self._lazy: dict[str, str] = {}
        self._outside: dict[str, EntryPoint] | None = None

    def add(self, name: str, entry: T) -> None:
        """Register ``entry``; a name can be taken once."""
        self._refuse_taken(name)
        self._entries[name] = entry

    def add_lazy(self, name: str, target: str) -> None:
        """Register ``"module:attribute"``, imported when first looked up."""
        self._refuse_taken(name)
        if target.count(":") != 1:
            raise PluginError(name, f"{target!r} is not of the form 'module:attribute'")
        self._lazy[name] = target

    def __getitem__(self, name: str) -> T:
        if name in self._entries:
            return self._entries[name]
        if name in self._lazy:
            self._entries[name] = self._load(name, self._lazy[name])
            return self._entries[name]
        outside = self._read_entry_points()
        if name in outside:
            self._entries[name] = self._load(name, outside[name].value)
            return self._entries[name]
        raise UnknownNameError(self.kind, name, self)

    def __contains__(self, name: object) -> bool:
        return name in set(self)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._entries, *self._lazy, *self._read_entry_points()}))

    def origin(self, name: str) -> str:
        """Return where ``name`` comes from: ``"facevalue"`` or the outside package."""
        point = self._read_entry_points().get(name)
        if point is None:
            return "facevalue"
        return point.dist.name if point.dist is not None else point.value

    def _refuse_taken(self, name: str) -> None:
        if name in self._entries or name in self._lazy:
            raise PluginError(name, f"there is already a {self.kind} of this name")

    def _read_entry_points(self) -> dict[str, EntryPoint]:
        if self._outside is None:
            points = entry_points(group=self._group) if self._group else ()
            self._outside = {
                p.name: p
                for p in points
                if p.name not in self._entries and p.name not in self._lazy
            }
        return self._outside

    def _load(self, name: str, target: str) -> T:
        module, _, attribute = target.partition(":")
        try:
            return cast(T, getattr(importlib.import_module(module), attribute))
        except (ImportError, AttributeError) as error:
            raise PluginError(name, f"{target!r} cannot be loaded: {error}") from error
