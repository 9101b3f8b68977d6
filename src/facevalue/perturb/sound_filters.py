"""Perturbations of the spectrum: parts of it weakened, tilted, or coloured by a microphone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.sound_loudness import at_level, fitted

__all__ = [
    "HIGH_PASS",
    "LOW_PASS",
    "MICROPHONE_COLOUR",
    "TILT_DOWN",
    "TILT_UP",
    "MicrophoneColour",
    "PassFilter",
    "SpectralTilt",
]

_GainDb = Callable[[np.ndarray], np.ndarray]
_OCTAVE_BANDS_HZ = (62.5, 125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassFilter:
    """A Butterworth filter of fourth order, run forwards as an analogue one would.

    Parameters
    ----------
    side
        ``low`` keeps what is below the cutoff, ``high`` what is above.
    cutoff_hz
        Where the power is half. At half the rate or above a low-pass leaves the sound as it is,
        and a high-pass leaves nothing.

    Examples
    --------
    >>> hiss = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 8000)).astype(np.float32)
    >>> dull = PassFilter(side="low", cutoff_hz=500.0)
    >>> bool(dull.sound(hiss, 8000, np.random.default_rng(0)).std() < 0.5 * hiss.std())
    True
    """

    side: Literal["low", "high"]
    cutoff_hz: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the filtered sound, as long as before."""
        from scipy import signal

        if self.cutoff_hz >= 0.499 * rate_hz:
            return np.array(sound * (self.side == "low"), dtype=np.float32)
        sections = signal.butter(4, self.cutoff_hz, self.side, fs=rate_hz, output="sos")
        return fitted(signal.sosfilt(sections, sound, axis=-1))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralTilt:
    """High parts weaker or stronger by a fixed number of decibels an octave; the level is kept.

    Parameters
    ----------
    db_per_octave
        Slope from 100 Hz to 8 kHz; flat beyond. Below 0 duller, above 0 brighter.

    Examples
    --------
    >>> hiss = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 8000)).astype(np.float32)
    >>> dull = SpectralTilt(db_per_octave=-6.0).sound(hiss, 8000, np.random.default_rng(0))
    >>> bool(np.abs(np.diff(dull)).mean() < np.abs(np.diff(hiss)).mean())
    True
    """

    db_per_octave: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the tilted sound."""
        slope = self.db_per_octave

        def gain_db(hz: np.ndarray) -> np.ndarray:
            tilt: np.ndarray = slope * np.log2(hz.clip(100.0, 8_000.0) / 1_000.0)
            return tilt

        return at_level(_weighed(sound, rate_hz, gain_db), sound, rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneColour:
    """A smooth drawn curve of gains, as another microphone would have; the level is kept.

    Parameters
    ----------
    spread_db
        Standard deviation of the gains at the octaves from 62.5 Hz to 8 kHz, which are drawn
        from a normal distribution; between them gains run straight over the octaves.

    Examples
    --------
    >>> hiss = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 8000)).astype(np.float32)
    >>> other = MicrophoneColour(spread_db=6.0).sound(hiss, 8000, np.random.default_rng(0))
    >>> bool(0.9 < other.std() / hiss.std() < 1.1)
    True
    """

    spread_db: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the coloured sound."""
        gains = self.spread_db * rng.standard_normal(len(_OCTAVE_BANDS_HZ))
        octaves = np.log2(_OCTAVE_BANDS_HZ)

        def gain_db(hz: np.ndarray) -> np.ndarray:
            colour: np.ndarray = np.interp(np.log2(np.maximum(hz, 1.0)), octaves, gains)
            return colour

        return at_level(_weighed(sound, rate_hz, gain_db), sound, rate_hz)


def _weighed(sound: np.ndarray, rate_hz: int, gain_db: _GainDb) -> np.ndarray:
    """Weigh the spectrum without moving anything in time; silence is added against wrapping."""
    from scipy import fft

    n_samples = sound.shape[1]
    n_points = fft.next_fast_len(n_samples + rate_hz // 10, real=True)
    spectrum = fft.rfft(sound.astype(np.float32, copy=False), n_points, axis=-1)
    hz = np.arange(spectrum.shape[1]) * (rate_hz / n_points)
    weight = (10.0 ** (gain_db(hz) / 20.0)).astype(np.float32)
    weighed: np.ndarray = fft.irfft(spectrum * weight, n_points, axis=-1)[:, :n_samples]
    return weighed


LOW_PASS = Perturbation(
    name="low-pass",
    title="High frequencies lost",
    about="What is above a cutoff is weakened, as through a wall or a cheap microphone.",
    media="sound",
    family="filter",
    steps={
        1: PassFilter(side="low", cutoff_hz=6_900.0),
        2: PassFilter(side="low", cutoff_hz=6_000.0),
        3: PassFilter(side="low", cutoff_hz=4_450.0),
        4: PassFilter(side="low", cutoff_hz=2_700.0),
        5: PassFilter(side="low", cutoff_hz=1_050.0),
    },
    covers=("ser-tests: small changes, lowpass filter",),
)

HIGH_PASS = Perturbation(
    name="high-pass",
    title="Low frequencies lost",
    about="What is below a cutoff is weakened, as by a small loudspeaker or a rumble filter.",
    media="sound",
    family="filter",
    steps={
        1: PassFilter(side="high", cutoff_hz=77.0),
        2: PassFilter(side="high", cutoff_hz=195.0),
        3: PassFilter(side="high", cutoff_hz=330.0),
        4: PassFilter(side="high", cutoff_hz=550.0),
        5: PassFilter(side="high", cutoff_hz=1_300.0),
    },
    covers=("ser-tests: small changes, highpass filter",),
)

TILT_DOWN = Perturbation(
    name="tilt-down",
    title="Duller",
    about="Every octave is weaker than the one below by a fixed amount; the level is kept.",
    media="sound",
    family="filter",
    steps={
        1: SpectralTilt(db_per_octave=-0.67),
        2: SpectralTilt(db_per_octave=-1.45),
        3: SpectralTilt(db_per_octave=-2.7),
        4: SpectralTilt(db_per_octave=-4.5),
        5: SpectralTilt(db_per_octave=-8.7),
    },
    covers=("ser-tests: spectral tilt, downward",),
)

TILT_UP = Perturbation(
    name="tilt-up",
    title="Brighter",
    about="Every octave is stronger than the one below by a fixed amount; the level is kept.",
    media="sound",
    family="filter",
    steps={
        1: SpectralTilt(db_per_octave=0.8),
        2: SpectralTilt(db_per_octave=1.9),
        3: SpectralTilt(db_per_octave=3.7),
        4: SpectralTilt(db_per_octave=6.2),
        5: SpectralTilt(db_per_octave=10.4),
    },
    covers=("ser-tests: spectral tilt, upward",),
)

MICROPHONE_COLOUR = Perturbation(
    name="microphone-colour",
    title="Another microphone",
    about="A smooth curve of gains over the octaves, drawn for each item; the level is kept.",
    media="sound",
    family="filter",
    steps={
        1: MicrophoneColour(spread_db=1.8),
        2: MicrophoneColour(spread_db=3.9),
        3: MicrophoneColour(spread_db=7.3),
        4: MicrophoneColour(spread_db=12.2),
    },
    covers=(
        "ser-tests: recording condition (a made microphone; the test itself needs paired "
        "recordings)",
    ),
)
