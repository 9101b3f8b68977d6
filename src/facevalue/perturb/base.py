"""What a perturbation is: a named change to media, in steps of one calibrated scale.

Severity 0 is the identity and needs no code. Severities 1 to 5 are bands of one measure for
each kind of media (`facevalue.perturb.measure`), so that "blur 3" and "noise 3" change a
picture by as much. A perturbation that has no scale, like a mirror image, has the one step
whose band it falls into.

A change is a frozen dataclass whose fields are its parameters. It draws from the generator it
is given and from nothing else. All lengths are shares of the picture's shorter side, or seconds
of the sound, so that a severity means the same for large and small media.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from facevalue.canonical import digest
from facevalue.domain.predictions import Media
from facevalue.errors import InputError

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "SEVERITIES",
    "Applied",
    "Change",
    "ImageChange",
    "Perturbation",
    "Role",
    "SoundChange",
]

SEVERITIES = (1, 2, 3, 4, 5)
"""The steps of the scale; 0 is the media as they are."""


class Role(StrEnum):
    """What the answer should do when media are changed so."""

    NUISANCE = "nuisance"
    """The answer should stay what it is."""
    CONTROL = "control"
    """Nothing is left to answer: the right answer is none."""
    RELIANCE = "reliance"
    """A part is taken away: how far the answer changes tells what it hangs on."""


class ImageChange(Protocol):
    """A change of pixels."""

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a changed copy; shape ``(height, width, 3)``, RGB, ``uint8``, as given."""
        ...


class SoundChange(Protocol):
    """A change of samples."""

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return changed samples, shape ``(n_channels, n_samples)``, ``float32`` in [−1, 1]."""
        ...


Change = ImageChange | SoundChange


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """A kind of change, with its steps.

    Parameters
    ----------
    name
        As in audit files and findings: ``gaussian-blur``.
    title
        Two to five words for headings.
    about
        What is done, and what it stands for, in one or two sentences.
    media
        What it changes.
    family
        Heading it is listed under: ``blur``, ``noise``, ``geometry`` …
    steps
        Severity → the change with its parameters. One step where there is no scale.
    role
        What the answer should do.
    covers
        Families of other suites that it stands for, as ``ImageNet-C: defocus blur``.
    version
        Raised whenever the same step gives other bytes than before: part of the key of answers.

    Examples
    --------
    >>> import numpy as np
    >>> @dataclass(frozen=True)
    ... class Darker:
    ...     by: int
    ...     def image(self, image, rng):
    ...         return image - np.minimum(image, self.by)
    >>> dark = Perturbation(name="darker", title="Darker", about="Less light.", media="image",
    ...                     family="light", steps={1: Darker(9), 2: Darker(30)})
    >>> changed = dark.at(2, seed=0)
    >>> changed.condition, changed.identity["parameters"]
    ('darker:2', {'by': 30})
    """

    name: str
    title: str
    about: str
    media: Literal["image", "sound"]
    family: str
    steps: Mapping[int, Change]
    role: Role = Role.NUISANCE
    covers: tuple[str, ...] = ()
    version: int = 1

    def __post_init__(self) -> None:
        if not self.steps or not set(self.steps) <= set(SEVERITIES):
            raise ValueError(f"{self.name}: the steps are severities from 1 to 5, at least one")

    @property
    def severities(self) -> tuple[int, ...]:
        """The severities that it has, rising."""
        return tuple(sorted(self.steps))

    def at(self, severity: int, *, seed: int) -> Applied:
        """Return the perturbation at one severity.

        Raises
        ------
        InputError
            If it has no such step.
        """
        if severity not in self.steps:
            known = ", ".join(map(str, self.severities))
            raise InputError(f"{self.name} has no severity {severity}; it has {known}")
        return Applied(perturbation=self, severity=severity, seed=seed)


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A perturbation at one severity with a seed: what is done to every item."""

    perturbation: Perturbation
    severity: int
    seed: int

    @property
    def condition(self) -> str:
        """As it stands in findings: ``gaussian-blur:3``."""
        return f"{self.perturbation.name}:{self.severity}"

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that decides what is done: part of the key that answers are kept under."""
        change = self.perturbation.steps[self.severity]
        return {
            "name": self.perturbation.name,
            "version": self.perturbation.version,
            "severity": self.severity,
            "parameters": asdict(change),  # type: ignore[call-overload]  # all are dataclasses
            "seed": self.seed,
        }

    def apply(self, media: Media) -> Media:
        """Return the changed media: same item, another digest, no file.

        The draws depend on the seed, the name and the media, and not on the severity or on
        what else is asked: noise of severity 3 is that of severity 1, but stronger.

        Raises
        ------
        InputError
            If the media are not of the kind that it changes.
        """
        rng = self._stream(media)
        change: Any = self.perturbation.steps[self.severity]
        sha256 = digest([media.sha256, self._digest])
        if self.perturbation.media == "image":
            if media.image is None:
                raise InputError(f"{self.perturbation.name} changes pictures, and this is none")
            image = change.image(media.image, rng)
            return replace(media, image=image, sha256=sha256, path=None)
        if media.sound is None or media.rate_hz is None:
            raise InputError(f"{self.perturbation.name} changes sounds, and this is none")
        sound = change.sound(media.sound, media.rate_hz, rng)
        return replace(media, sound=sound, sha256=sha256, path=None)

    @property
    def _digest(self) -> str:
        return digest(self.identity)

    def _stream(self, media: Media) -> np.random.Generator:
        import numpy as np

        name = digest([self.perturbation.name, media.sha256])
        return np.random.default_rng([self.seed, int(name[:16], 16)])
