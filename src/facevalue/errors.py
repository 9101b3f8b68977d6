"""Every exception facevalue raises on purpose.

The tree, with the exit status each one leads to on the command line::

    FacevalueError
    ├── InputError                    caller must change something        exit 2
    │   ├── ManifestError             .path .problems
    │   ├── AuditSpecError            .path .problems
    │   ├── DataUnavailableError      .name .how   (a dataset is not here)
    │   ├── UnknownNameError          .kind .name .known
    │   └── MissingExtraError         .package .extra
    ├── SystemUnavailableError        the audited system cannot be started  exit 4
    ├── StoreError                    locked, newer format, damaged         exit 4
    └── PluginError                   a plugin broke its contract           exit 4

Attributes hold the parts; ``str()`` holds the sentence. A failure of the audited
system on one item is *not* an exception: it is a
:class:`facevalue.domain.predictions.Failure`, which is data.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "AuditSpecError",
    "DataUnavailableError",
    "FacevalueError",
    "InputError",
    "ManifestError",
    "MissingExtraError",
    "PluginError",
    "Problem",
    "StoreError",
    "SystemUnavailableError",
    "UnknownNameError",
]

MAX_PROBLEMS_SHOWN = 50


class FacevalueError(Exception):
    """Base of everything facevalue raises on purpose."""

    exit_status = 4


class InputError(FacevalueError):
    """The caller has to change something: a file, a name, an argument."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file the user wrote.

    ``where`` names the place (``row 3, column label``), ``what`` says what was
    found and what was expected, ``code`` is stable and never reused.
    """

    code: str
    what: str
    where: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} [{self.code}]"


class _ProblemsError(InputError):
    """Several faults in one file, all reported at once."""

    def __init__(self, path: str, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = tuple(problems)
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        shown = [f"  {problem}" for problem in self.problems[:MAX_PROBLEMS_SHOWN]]
        hidden = len(self.problems) - len(shown)
        if hidden:
            shown.append(f"  … and {hidden} more")
        return "\n".join([f"{self.path}: {len(self.problems)} problem(s)", *shown])


class ManifestError(_ProblemsError):
    """A manifest, predictions file or media file cannot be used as it is."""


class AuditSpecError(_ProblemsError):
    """An audit file cannot be used as it is."""


class DataUnavailableError(InputError):
    """A named dataset is known but its bytes are not here and cannot be had."""

    def __init__(self, name: str, how: str) -> None:
        self.name = name
        self.how = how
        super().__init__(f"dataset {name!r} is not available here. {how}")


class UnknownNameError(InputError):
    """A name was asked for that nothing is registered under."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(sorted(known))
        close = difflib.get_close_matches(name, self.known, n=1)
        guess = f" Did you mean {close[0]!r}?" if close else ""
        listed = ", ".join(repr(k) for k in self.known) or "none"
        super().__init__(f"unknown {kind} {name!r}.{guess} Known: {listed}.")


class MissingExtraError(InputError):
    """A package that is not part of the bare installation is needed."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(
            f"this needs the package {package!r}, which is not installed. "
            f"Install it with: pip install 'facevalue[{extra}]'"
        )


class SystemUnavailableError(FacevalueError):
    """The audited system cannot be started or reached at all."""


class StoreError(FacevalueError):
    """The store of predictions is locked, damaged or of a newer format."""


class PluginError(FacevalueError):
    """A plugin broke its contract; names the plugin and the check."""

    def __init__(self, plugin: str, check: str) -> None:
        self.plugin = plugin
        self.check = check
        super().__init__(f"plugin {plugin!r} broke its contract: {check}")
