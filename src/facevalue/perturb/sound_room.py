"""Perturbations by a room: reverberation, distance from the microphone, a single echo.

Rooms are simulated: the direct sound, eight early reflections at drawn times, and noise that
decays exponentially. No measured impulse response and no image-source geometry is behind
them, so "distance" means the ratio of direct to reverberant sound and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.sound_loudness import at_level

__all__ = ["ECHO", "FAR_MICROPHONE", "ROOM", "Echo", "Room"]

_N_EARLY = 8
_EARLY_S = (0.003, 0.040)
_AIR_HZ = 4_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The sound as heard in a simulated room: length, level and onset are kept.

    Parameters
    ----------
    rt60_s
        Seconds until the reverberation has decayed by 60 dB.
    direct_to_reverb_db
        Energy of the direct sound over that of all reflections, in dB.

    Notes
    -----
    Reflections are noise times ``10^(−3 t / rt60)`` (Polack 1988, thesis, Université du Maine)
    after a first-order low-pass at 4 kHz, as walls and air take the high parts. They lose half
    their energy to eight early reflections between 3 and 40 ms. All channels get the same.

    Examples
    --------
    >>> click = np.zeros((1, 8000), dtype=np.float32)
    >>> click[0, 0] = 1.0
    >>> heard = Room(rt60_s=0.5, direct_to_reverb_db=0.0).sound(
    ...     click, 8000, np.random.default_rng(0))
    >>> energy = np.square(heard[0], dtype=np.float64)
    >>> round(float(energy[0] / energy[1:].sum()), 2)
    1.0
    """

    rt60_s: float
    direct_to_reverb_db: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound in the room."""
        from scipy import signal

        response = self._response(rate_hz, rng)[None, :]
        heard = signal.oaconvolve(sound.astype(np.float32, copy=False), response, axes=-1)
        return at_level(heard[:, : sound.shape[1]], sound, rate_hz)

    def _response(self, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        from scipy import signal

        # Draws first, and as many at each severity: the same room, more of it.
        early_s = rng.uniform(*_EARLY_S, _N_EARLY)
        signs = rng.choice([-1.0, 1.0], _N_EARLY)
        n_samples = max(round(self.rt60_s * rate_hz), round(_EARLY_S[1] * rate_hz) + 1) + 1
        decay = np.exp(-3.0 * np.log(10.0) / (self.rt60_s * rate_hz) * np.arange(n_samples))
        late = rng.standard_normal(n_samples) * decay
        keep = float(np.exp(-2.0 * np.pi * _AIR_HZ / rate_hz))
        late = signal.lfilter([1.0 - keep], [1.0, -keep], late)
        late[0] = 0.0
        places = np.maximum(1, np.rint(early_s * rate_hz)).astype(int)
        early = np.zeros(n_samples)
        np.add.at(early, places, signs * decay[places])
        reflected = _unit(late) + _unit(early)
        response = 10.0 ** (-self.direct_to_reverb_db / 20.0) * _unit(reflected)
        response[0] = 1.0
        whole: np.ndarray = response.astype(np.float32)
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """The sound once more, later and weaker; the level is kept.

    Parameters
    ----------
    delay_s
        How much later, in seconds. A shorter sound ends before its echo and stays as it is.
    weaker_db
        How much weaker, in dB.

    Examples
    --------
    >>> click = np.zeros((1, 8000), dtype=np.float32)
    >>> click[0, 0] = 1.0
    >>> heard = Echo(delay_s=0.5, weaker_db=20.0).sound(click, 8000, np.random.default_rng(0))
    >>> round(float(heard[0, 4000] / heard[0, 0]), 3)
    0.1
    """

    delay_s: float
    weaker_db: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound with its echo."""
        heard = np.array(sound, dtype=np.float32)
        later = max(1, round(self.delay_s * rate_hz))
        heard[:, later:] += np.float32(10.0 ** (-self.weaker_db / 20.0)) * sound[:, :-later]
        return at_level(heard, sound, rate_hz)


def _unit(response: np.ndarray) -> np.ndarray:
    """Scale to an energy of 1; nothing stays nothing."""
    energy = float(np.square(response).sum())
    return response / np.sqrt(energy) if energy > 0.0 else response


ROOM = Perturbation(
    name="room",
    title="Reverberant room",
    about="A simulated room, the larger and more reflecting the higher the severity.",
    media="sound",
    family="room",
    steps={
        1: Room(rt60_s=0.2, direct_to_reverb_db=23.5),
        2: Room(rt60_s=0.3, direct_to_reverb_db=17.0),
        3: Room(rt60_s=0.45, direct_to_reverb_db=10.5),
        4: Room(rt60_s=0.7, direct_to_reverb_db=3.0),
        5: Room(rt60_s=1.5, direct_to_reverb_db=-8.0),
    },
    covers=("ser-tests: simulated recording condition, room (simulated, not measured)",),
)

FAR_MICROPHONE = Perturbation(
    name="far-microphone",
    title="Microphone farther away",
    about="One simulated room (0.4 s) with less and less direct sound, as by moving away.",
    media="sound",
    family="room",
    steps={
        1: Room(rt60_s=0.4, direct_to_reverb_db=28.0),
        2: Room(rt60_s=0.4, direct_to_reverb_db=19.0),
        3: Room(rt60_s=0.4, direct_to_reverb_db=10.0),
        4: Room(rt60_s=0.4, direct_to_reverb_db=-2.5),
    },
    covers=("ser-tests: simulated recording condition, position (simulated, not measured)",),
)

ECHO = Perturbation(
    name="echo",
    title="Single echo",
    about="The sound is heard once more 0.15 s later, as on a call.",
    media="sound",
    family="room",
    steps={
        1: Echo(delay_s=0.15, weaker_db=35.0),
        2: Echo(delay_s=0.15, weaker_db=25.5),
        3: Echo(delay_s=0.15, weaker_db=16.0),
        4: Echo(delay_s=0.15, weaker_db=6.0),
    },
)
