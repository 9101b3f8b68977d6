"""What is done under one name: a perturbation of items or of pairs, and its severities."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from facevalue.errors import UnknownNameError
from facevalue.perturb.base import Perturbation, Role
from facevalue.perturb.names import PERTURBATIONS
from facevalue.perturb.pairs import PAIRS, PairPerturbation

__all__ = ["SMALLEST", "Scale", "is_known", "unknown_name"]

SMALLEST = ("least-change", "least-change-sound")
"""The smallest change there is, of a picture and of a sound."""


def is_known(name: str) -> bool:
    """Whether there is a perturbation of that name, of items or of pairs."""
    return name in PAIRS or name in PERTURBATIONS


def unknown_name(name: str) -> str:
    """Say that nothing has that name, with the nearest: there are more than should be listed.

    Examples
    --------
    >>> unknown_name("jpg")
    "unknown perturbation 'jpg'. Did you mean 'jpeg'? All of them: facevalue perturbations list"
    """
    close = difflib.get_close_matches(name, sorted({*PERTURBATIONS, *PAIRS}))
    guess = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    return f"unknown perturbation {name!r}.{guess} All of them: facevalue perturbations list"


@dataclass(frozen=True, slots=True)
class Scale:
    """A perturbation of items or of pairs, at the severities that are asked for.

    Parameters
    ----------
    name
        Its registered name.
    asked
        The severities; empty for all that it has.

    Raises
    ------
    UnknownNameError
        When it is looked up, if nothing has that name.

    Examples
    --------
    >>> Scale("mirror").steps, Scale("jpeg", (1,)).lacks("3")
    ((5,), 'stress asks jpeg at severity 1, not at 3; add it there')
    """

    name: str
    asked: tuple[int, ...] = ()

    @property
    def found(self) -> Perturbation | PairPerturbation:
        """What is registered under the name."""
        if not is_known(self.name):
            raise UnknownNameError("perturbation", self.name, [*PERTURBATIONS, *PAIRS])
        return PAIRS[self.name] if self.name in PAIRS else PERTURBATIONS[self.name]

    @property
    def media(self) -> Literal["image", "sound"]:
        """What it changes."""
        return self.found.media

    @property
    def role(self) -> Role:
        """What answers should do: those to swapped items tell what they hang on."""
        found = self.found
        return found.role if isinstance(found, Perturbation) else Role.RELIANCE

    @property
    def severities(self) -> tuple[int, ...]:
        """All that it has."""
        found = self.found
        return found.severities if isinstance(found, Perturbation) else (found.severity,)

    @property
    def steps(self) -> tuple[int, ...]:
        """Those that are asked for."""
        return self.asked or self.severities

    def lacks(self, severity: str) -> str:
        """Say why nothing is asked at a severity, as given; empty if something is."""
        steps, has = (", ".join(map(str, x)) for x in (self.steps, self.severities))
        if not severity:
            return f"{self.name!r} lacks its severity, as {self.name}:{self.steps[0]}"
        if int(severity) not in self.severities:
            return f"{self.name} has no severity {severity}; it has {has}"
        if int(severity) not in self.steps:
            return f"stress asks {self.name} at severity {steps}, not at {severity}; add it there"
        return ""
