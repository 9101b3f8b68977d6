"""Perturbations of time: ends cut, silence before or after, an early start.

Cut parts become silence, so that the number of samples stays; only padding makes a sound
longer. Tempo and pitch are left alone: both carry the expression that is to be recognised,
so an answer may rightly follow them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.sound_loudness import sounding_part

__all__ = [
    "CROP_END",
    "CROP_START",
    "PAD_END",
    "PAD_START",
    "TIME_OFFSET",
    "Crop",
    "Padding",
    "TimeOffset",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """One end of the sounding part silenced; length and time are kept.

    Parameters
    ----------
    end
        ``start`` or ``end``.
    share
        How much of the sounding part is lost, in (0, 1]; silence before or after it does not
        count.

    Examples
    --------
    >>> late = np.zeros((1, 1600), dtype=np.float32)
    >>> late[0, 640:1280] = 0.5
    >>> cut = Crop(end="start", share=0.5).sound(late, 16000, np.random.default_rng(0))
    >>> int(np.flatnonzero(cut)[0]), cut.shape
    (960, (1, 1600))
    """

    end: Literal["start", "end"]
    share: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound with one end silent."""
        first, last = sounding_part(sound, rate_hz)
        n_lost = max(1, round(self.share * (last - first)))
        cut = np.array(sound, dtype=np.float32)
        if self.end == "start":
            cut[:, : first + n_lost] = 0.0
        else:
            cut[:, last - n_lost :] = 0.0
        return cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Padding:
    """Silence before or after: the sound becomes longer.

    Parameters
    ----------
    end
        ``start`` or ``end``.
    seconds
        How much silence.

    Examples
    --------
    >>> tone = np.full((1, 800), 0.5, dtype=np.float32)
    >>> Padding(end="end", seconds=0.1).sound(tone, 8000, np.random.default_rng(0)).shape
    (1, 1600)
    """

    end: Literal["start", "end"]
    seconds: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the longer sound."""
        silence = np.zeros((sound.shape[0], max(1, round(self.seconds * rate_hz))), np.float32)
        parts = (silence, sound) if self.end == "start" else (sound, silence)
        return np.concatenate(parts, axis=1, dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOffset:
    """The recording begun too late: its start is lost, the rest comes earlier, silence follows.

    Parameters
    ----------
    seconds
        How much earlier. A sound that is not longer than that becomes silence.

    Examples
    --------
    >>> ramp = np.arange(4, dtype=np.float32)[None, :] / 4
    >>> TimeOffset(seconds=0.25).sound(ramp, 4, np.random.default_rng(0)).tolist()
    [[0.25, 0.5, 0.75, 0.0]]
    """

    seconds: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound moved ahead."""
        moved = np.zeros(sound.shape, dtype=np.float32)
        kept = sound[:, max(1, round(self.seconds * rate_hz)) :]
        moved[:, : kept.shape[1]] = kept
        return moved


CROP_START = Perturbation(
    name="crop-start",
    title="Beginning cut off",
    about=(
        "The first part of what is heard is silenced; the rest stays where it is, and the "
        "length is kept."
    ),
    media="sound",
    family="time",
    steps={
        1: Crop(end="start", share=0.022),
        2: Crop(end="start", share=0.048),
        3: Crop(end="start", share=0.088),
        4: Crop(end="start", share=0.16),
        5: Crop(end="start", share=0.37),
    },
    covers=("ser-tests: small changes, crop beginning",),
)

CROP_END = Perturbation(
    name="crop-end",
    title="End cut off",
    about="The last part of what is heard is silenced; the length is kept.",
    media="sound",
    family="time",
    steps={
        1: Crop(end="end", share=0.015),
        2: Crop(end="end", share=0.0385),
        3: Crop(end="end", share=0.09),
        4: Crop(end="end", share=0.19),
        5: Crop(end="end", share=0.42),
    },
    covers=("ser-tests: small changes, crop end",),
)

PAD_START = Perturbation(
    name="pad-start",
    title="Silence before",
    about="Silence is put before the sound, which becomes longer by it.",
    media="sound",
    family="time",
    steps={
        1: Padding(end="start", seconds=0.0018),
        2: Padding(end="start", seconds=0.0044),
        3: Padding(end="start", seconds=0.0092),
        4: Padding(end="start", seconds=0.019),
        5: Padding(end="start", seconds=0.045),
    },
    covers=("ser-tests: small changes, prepend zeros",),
)

PAD_END = Perturbation(
    name="pad-end",
    title="Silence after",
    about=(
        "Half a second of silence is put after the sound, which becomes longer by it. Below "
        "the scale: the measure is 0, and severity 1 is the only step."
    ),
    media="sound",
    family="time",
    steps={1: Padding(end="end", seconds=0.5)},
    covers=("ser-tests: small changes, append zeros",),
)

TIME_OFFSET = Perturbation(
    name="time-offset",
    title="Starts earlier",
    about=(
        "The sound is moved ahead: what was first falls off, and silence follows at the end; "
        "the length is kept."
    ),
    media="sound",
    family="time",
    steps={
        1: TimeOffset(seconds=0.0018),
        2: TimeOffset(seconds=0.0044),
        3: TimeOffset(seconds=0.0092),
        4: TimeOffset(seconds=0.019),
        5: TimeOffset(seconds=0.045),
    },
    covers=("ser-tests: small changes, crop beginning",),
)
