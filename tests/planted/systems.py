"""Systems that are sensitive to one thing, and systems that are not.

All of those that look start from the same reader, which takes mouth and brows together and is
moved by nothing in the designs. To be harder to tell from clean ones, its answers are noisy. With
most systems a share of them hangs on the last bit of the picture (a digest of it), more so for
people whose pictures are hard: a fault of its own, as large under every change of the picture as
under the smallest. With others chance is drawn, and they say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from facevalue.domain import Media, Prediction
from facevalue.systems.base import SystemSpec
from planted import features
from planted.pictures import LABELS

__all__ = ["DRAWN", "KINDS", "Look", "Panel", "Planted", "system_named"]

JOY, SADNESS = LABELS
OTHER = {JOY: SADNESS, SADNESS: JOY}
BATCH = 16

NOISE, MUCH_NOISE, NO_NOISE = (0.02, 0.25), (0.15, 0.45), (0.0, 0.0)
"""Share of noisy answers about people whose pictures are easy, and hard."""

Fault = Callable[[str, "Asked"], str]
"""From the answer that would be given, and what is asked, to the answer that is given."""


@dataclass(eq=False)
class Look:
    """What there is to be seen in a picture or heard in a sound, looked at when needed."""

    media: Media

    @property
    def picture(self) -> np.ndarray:
        """The pixels."""
        assert self.media.image is not None, "asked about no picture"
        return self.media.image

    @property
    def sound(self) -> np.ndarray:
        """The samples."""
        assert self.media.sound is not None, "asked about no sound"
        return self.media.sound

    @cached_property
    def grey(self) -> float:
        """Mean of all pixels."""
        return features.grey(self.picture)

    @cached_property
    def light(self) -> float:
        """How much lighter the left half is."""
        return features.light(self.picture)

    @cached_property
    def behind(self) -> str:
        """What the stripes say."""
        level, upright = features.stripes(self.picture)
        return JOY if level > upright else SADNESS

    @cached_property
    def mouth(self) -> float:
        """Which way the mouth bends."""
        return features.mouth(self.picture)

    @cached_property
    def overtones(self) -> float:
        """How strong overtones are, in dB."""
        return features.overtones(self.sound)

    @property
    def is_lit(self) -> bool:
        """Whether light comes from a side: so of two items in three, mirrored or not."""
        return abs(self.light) > 6.0

    @cached_property
    def read(self) -> tuple[str, bool]:
        """What a reader says that is moved by little, and whether the person is hard."""
        if self.media.image is None:
            return (JOY if self.overtones > -8.0 else SADNESS), False
        bends = self.mouth + 2.0 * features.brows(self.picture)
        return (JOY if bends > 0.0 else SADNESS), features.bar(self.picture) > 12.0

    @cached_property
    def chance(self) -> float:
        """A number in [0, 1) that hangs on the last bit of the media."""
        raw = self.sound if self.media.image is None else self.picture[:, :, 1]
        found = hashlib.blake2b(raw.tobytes(), digest_size=8).digest()
        return int.from_bytes(found, "big") / 2.0**64


@dataclass(frozen=True, slots=True)
class Asked:
    """One item of a batch, as a fault sees it."""

    look: Look
    position: int
    before: str | None
    chance: float


@dataclass(eq=False)
class Planted:
    """A system with one fault, or none.

    Parameters
    ----------
    fault
        What is done to the answer of the reader.
    hears
        Whether it is about sounds.
    noise
        Share of answers that hang on the last bit of the media, about easy and about hard people.
    drawn
        Whether that noise is drawn anew at every question instead.
    says_deterministic
        What it declares.
    """

    name: str
    fault: Fault
    seed: int = 0
    hears: bool = False
    noise: tuple[float, float] = NOISE
    drawn: bool = False
    says_deterministic: bool = True
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng([self.seed, 3])

    @property
    def hangs_on_last_bit(self) -> bool:
        """Whether answers change when one bit does."""
        return self.noise != NO_NOISE and not self.drawn

    @property
    def spec(self) -> SystemSpec:
        """What is known of it."""
        return SystemSpec(
            name=self.name, adapter="callable", labels=LABELS, identity={"planted": self.name},
            media="sound" if self.hears else "image", batch_size=BATCH,
            deterministic=self.says_deterministic,
        )  # fmt: skip

    def predict(self, batch: Sequence[Media]) -> list[Prediction]:
        """Answer each item, in order."""
        return [Prediction(label) for label in self.labels_of([Look(media) for media in batch])]

    def labels_of(self, looks: Sequence[Look]) -> list[str]:
        """Answer each item of a batch, in order."""
        read = [self._read(look) for look in looks]
        chances = self.rng.random(len(looks))
        return [
            self.fault(read[i], Asked(look, i, read[i - 1] if i else None, float(chances[i])))
            for i, look in enumerate(looks)
        ]

    def _read(self, look: Look) -> str:
        answer, is_hard = look.read
        if self.noise == NO_NOISE:
            return answer
        chance = float(self.rng.random()) if self.drawn else look.chance
        return OTHER[answer] if chance < self.noise[is_hard] else answer


@dataclass(eq=False)
class Panel:
    """Many planted systems asked at once, so that media are changed once for all of them.

    Its answer to an item has one letter for each member; every member sees the batches that it
    would see alone.
    """

    members: Sequence[Planted]

    @property
    def spec(self) -> SystemSpec:
        """What is known of it."""
        first = self.members[0].spec
        return SystemSpec(
            name="panel", adapter="callable", labels=None,
            identity={"members": [m.name for m in self.members]}, media=first.media,
            batch_size=BATCH,
        )  # fmt: skip

    def predict(self, batch: Sequence[Media]) -> list[Prediction]:
        """Answer each item, in order."""
        looks = [Look(media) for media in batch]
        columns = [member.labels_of(looks) for member in self.members]
        return [Prediction("".join(x[0] for x in row)) for row in zip(*columns, strict=True)]


def _turned(when: Callable[[Asked], bool]) -> Fault:
    """Return a fault that gives the other label where ``when`` holds."""
    return lambda answer, asked: OTHER[answer] if when(asked) else answer


def _seen(when: Callable[[Look], bool]) -> Fault:
    """Return a fault that gives the other label where something is seen."""
    return _turned(lambda asked: when(asked.look))


def _instead(other: Callable[[Look], str | None]) -> Fault:
    """Return a fault that answers something else where there is something else."""
    return lambda answer, asked: other(asked.look) or answer


def _in_name(look: Look) -> str:
    name = look.media.item.rpartition("-")[2]
    return name if name in LABELS else SADNESS


def _none(answer: str, _: Asked) -> str:
    return answer


FAULTS: Mapping[str, Fault] = {
    "brightness": _seen(lambda look: look.grey > 142.0),
    "mirror": _seen(lambda look: look.light > 6.0),
    "background": _instead(lambda look: look.behind),
    "background and face": _instead(lambda look: look.behind if look.is_lit else None),
    "mouth": _instead(lambda look: JOY if look.mouth > 2.0 else SADNESS),
    "compression": _seen(lambda look: look.is_lit and features.blocks(look.picture) > 0.24),
    "blur": _seen(lambda look: look.is_lit and features.sharpness(look.picture) < 20.0),
    "file name": _instead(_in_name),
    "position in the batch": _turned(lambda asked: asked.position % 4 == 1),
    "neighbour in the batch": _turned(lambda asked: asked.before == JOY),
    "asked again": _turned(lambda asked: asked.chance < 0.1),
    "stability of a group": _seen(lambda look: look.grey < 60.0),
    "accuracy of a group": _instead(lambda look: JOY if look.grey < 88.0 else None),
}
"""Fault of a system that looks."""

SOUND_FAULTS: Mapping[str, Fault] = {
    "text rather than voice": _instead(
        lambda look: JOY if features.rising(look.sound) > 0.0 else SADNESS
    ),
    "tilt of the spectrum": _instead(lambda look: JOY if look.overtones > -3.5 else SADNESS),
}
"""Fault of a system that hears."""

DRAWN = "mirror, noise drawn and declared"
KINDS: Mapping[str, Planted] = {
    planted.name: planted
    for planted in (
        Planted("clean, steady", _none, noise=NO_NOISE),
        Planted("clean, drawn and declared", _none, drawn=True, says_deterministic=False),
        Planted(
            "clean, much drawn and declared",
            _none,
            noise=MUCH_NOISE,
            drawn=True,
            says_deterministic=False,
        ),
        # One answer of all changes, under the one change that makes this picture lighter.
        Planted(
            "clean, one item",
            _seen(lambda look: look.media.item.startswith("p17-0-") and look.grey > 126.0),
            noise=NO_NOISE,
        ),
        Planted("clean, sounds", _none, hears=True, noise=NO_NOISE),
        Planted(
            "clean, sounds, drawn and declared",
            _none,
            hears=True,
            drawn=True,
            says_deterministic=False,
        ),
        Planted("last bit", _none),
        Planted("last bit, often", _none, noise=MUCH_NOISE),
        Planted("last bit of a sound", _none, hears=True, noise=MUCH_NOISE),
        *(Planted(name, fault) for name, fault in FAULTS.items()),
        Planted(DRAWN, FAULTS["mirror"], drawn=True, says_deterministic=False),
        *(Planted(name, fault, hears=True) for name, fault in SOUND_FAULTS.items()),
    )
}
"""Every planted system, by name."""


def system_named(name: str, seed: int) -> Planted:
    """Return a planted system; its draws go with the seed."""
    return replace(KINDS[name], seed=seed)
