"""The options of an adapter, read from an audit file: every problem at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from facevalue.errors import AuditSpecError, Problem
from facevalue.systems.answers import MAX_LABELS, label_fault
from facevalue.systems.base import SystemRequest

__all__ = ["Options"]

T = TypeVar("T")

HUGE = 1e300


class Options:
    """Takes options one by one, notes what is wrong, and complains once.

    Each method returns a usable value even when the option is wrong, so that the rest can
    be checked too; `done` must be called before any value is used.

    Parameters
    ----------
    request
        The entry of the audit file.
    base
        Folder of the audit file. A relative path is taken from it and may not leave it,
        links resolved; an absolute path is the user's explicit word and is taken as it is.

    Examples
    --------
    >>> options = Options(SystemRequest(name="mine", options={"sise": 3}), Path())
    >>> options.whole("size", low=1)
    1
    >>> options.done()
    Traceback (most recent call last):
    facevalue.errors.AuditSpecError: system 'mine': 2 problem(s)
      option size: is missing, expected a whole number of at least 1 [missing_option]
      option sise: there is no such option. Did you mean 'size'? Known: 'size' [unknown_option]
    """

    def __init__(self, request: SystemRequest, base: Path) -> None:
        self._name = request.name
        self._given = request.options
        self._base = base
        self._known: list[str] = []
        self._problems: list[Problem] = []

    def done(self) -> None:
        """Raise `AuditSpecError` with every problem noted, unknown options included."""
        for name in self._given:
            if name not in self._known:
                close = difflib.get_close_matches(str(name), self._known, n=1)
                guess = f" Did you mean {close[0]!r}?" if close else ""
                known = ", ".join(repr(k) for k in sorted(self._known)) or "none"
                what = f"there is no such option.{guess} Known: {known}"
                self._problems.append(Problem("unknown_option", what, f"option {name}"))
        if self._problems:
            raise AuditSpecError(f"system {self._name!r}", self._problems)

    def problem(self, name: str, what: str, code: str = "bad_option") -> None:
        """Note that option ``name`` is wrong."""
        self._problems.append(Problem(code, what, f"option {name}"))

    def has(self, name: str) -> bool:
        """Whether the option is given; it is known from here on."""
        self._known.append(name)
        return self._given.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; required without ``default``."""
        value = self._value(name, "a text", default)
        if isinstance(value, str) and value:
            return value
        return self._wrong(name, value, "a text", default or "")

    def choice(self, name: str, known: Sequence[str], default: str) -> str:
        """Return one of ``known``."""
        expected = "one of " + ", ".join(repr(k) for k in known)
        value = self._value(name, expected, default)
        return value if value in known else self._wrong(name, value, expected, default)

    def flag(self, name: str, default: bool) -> bool:
        """Return a truth value."""
        value = self._value(name, "true or false", default)
        return (
            value if isinstance(value, bool) else self._wrong(name, value, "true or false", False)
        )

    def whole(self, name: str, *, low: int, high: int = 10**9, default: int | None = None) -> int:
        """Return a whole number in [``low``, ``high``]."""
        expected = f"a whole number {_range(low, high)}"
        value = self._value(name, expected, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        return self._wrong(name, value, expected, default if default is not None else low)

    def number(self, name: str, *, low: float, high: float, default: float | None) -> float:
        """Return a number in [``low``, ``high``]."""
        expected = f"a number from {low:g} to {high:g}"
        value = self._value(name, expected, default)
        if _is_number(value) and low <= value <= high:
            return float(value)
        return self._wrong(name, value, expected, low)

    def numbers(
        self, name: str, sizes: Sequence[int], default: Sequence[float]
    ) -> tuple[float, ...]:
        """Return as many numbers as one of ``sizes``; a single number is a list of one."""
        expected = f"{' or '.join(str(s) for s in sizes)} number(s)"
        value = self._value(name, expected, list(default))
        values = [value] if _is_number(value) else value
        fine = isinstance(values, list | tuple) and all(_is_number(v) for v in values)
        if fine and len(values) in sizes:
            return tuple(float(v) for v in values)
        return self._wrong(name, value, expected, tuple(default))

    def strings(self, name: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts; required and not empty without ``default``."""
        value = self._value(name, "a list of texts", None if default is None else list(default))
        fine = isinstance(value, list | tuple) and all(isinstance(v, str) and v for v in value)
        if fine and (value or default is not None):
            return tuple(value)
        return self._wrong(name, value, "a list of texts", tuple(default or ()))

    def labels(self, name: str = "labels", *, required: bool = True) -> tuple[str, ...] | None:
        """Return the labels of a system, in order; `None` if they may be and are missing."""
        if not required and self._given.get(name) is None:
            self._known.append(name)
            return None
        labels = self.strings(name)
        for label in labels:
            if fault := label_fault(label):
                self.problem(name, fault)
        if len(set(labels)) != len(labels):
            self.problem(name, "a label is named twice")
        if len(labels) > MAX_LABELS:
            self.problem(name, f"{len(labels)} labels, at most {MAX_LABELS}")
        return labels

    def mapping(self, name: str) -> dict[str, str]:
        """Return a map from text to text; empty if not given."""
        value = self._value(name, "a map from text to text", {})
        texts = isinstance(value, Mapping) and all(
            isinstance(x, str) and x for pair in value.items() for x in pair
        )
        return dict(value) if texts else self._wrong(name, value, "a map from text to text", {})

    def file(self, name: str) -> Path:
        """Return an existing file; see the class for what a path may be."""
        given = self.text(name)
        if not given:
            return self._base
        path = (self._base / given).resolve()
        if not Path(given).is_absolute() and not path.is_relative_to(self._base.resolve()):
            what = f"{given!r} leaves the folder of the audit file. Write an absolute path"
            self.problem(name, f"{what} if that is meant", "outside_root")
        elif not path.is_file():
            self.problem(name, f"there is no file {given!r}", "missing_file")
        return path

    def sha256(self, name: str = "sha256") -> str | None:
        """Return a SHA-256 in lower case, or `None` if not given."""
        value = self._value(name, "a SHA-256", "")
        if value == "":
            return None
        text = value.lower() if isinstance(value, str) else ""
        if len(text) == 64 and set(text) <= set("0123456789abcdef"):
            return text
        return self._wrong(name, value, "a SHA-256 of 64 hexadecimal digits", None)

    def _value(self, name: str, expected: str, default: object) -> Any:
        self._known.append(name)
        value = self._given.get(name)
        if value is not None:
            return value
        if default is None:
            what = f"is missing, expected {expected}"
            self._problems.append(Problem("missing_option", what, f"option {name}"))
        return default

    def _wrong(self, name: str, value: object, expected: str, instead: T) -> T:
        # A missing option has been noted as such already.
        if value is not None:
            self.problem(name, f"{_shown(value)} is not {expected}")
        return instead


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # A whole number in a YAML file can be too large for a float.
    return abs(value) < HUGE


def _range(low: int, high: int) -> str:
    return f"of at least {low}" if high >= 10**9 else f"from {low} to {high}"


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
