"""Perturbations by added noise, at a ratio to the sounding part; and the smallest change of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.sound_loudness import mixed
from facevalue.perturb.sound_sources import SOURCES

__all__ = [
    "ADDITIVE_TONE",
    "BABBLE_NOISE",
    "COUGH_NOISE",
    "ENVIRONMENT_NOISE",
    "LEAST_CHANGE_SOUND",
    "MAINS_HUM",
    "MUSIC_NOISE",
    "PINK_NOISE",
    "WHITE_NOISE",
    "AddedNoise",
    "LeastChange",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedNoise:
    """Noise in every channel, the same in all of them.

    Parameters
    ----------
    kind
        A name in `facevalue.perturb.sound_sources.SOURCES`.
    snr_db
        Level of the sounding part of the sound over that of the noise, in dB. Silence gets
        the noise that speech 26 dB under full scale would get.

    Notes
    -----
    Where the sum goes beyond full scale the whole is turned down, so that nothing is cut off.

    Examples
    --------
    >>> hiss = AddedNoise(kind="white", snr_db=20.0)
    >>> changed = hiss.sound(np.full((1, 8000), 0.5), 8000, np.random.default_rng(0))
    >>> round(float(20 * np.log10(0.5 / changed.std())), 1)
    20.0
    """

    kind: str
    snr_db: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound with noise."""
        noise = SOURCES[self.kind](sound.shape[1], rate_hz, rng)
        return mixed(sound, noise, self.snr_db, rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastChange:
    """Noise so weak that no 16-bit file could hold it.

    Parameters
    ----------
    amplitude
        Largest change of a sample, 1 for full scale, before it is rounded to ``float32``
        (whose own steps are 6e-8 near full scale).

    Examples
    --------
    >>> least = LeastChange(amplitude=1e-7)
    >>> changed = least.sound(np.zeros((1, 4)), 8000, np.random.default_rng(0))
    >>> bool(0.0 < float(np.abs(changed).max()) <= 1e-7)
    True
    """

    amplitude: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound with every sample changed a little."""
        change = rng.uniform(-self.amplitude, self.amplitude, sound.shape)
        return (sound + change).clip(-1.0, 1.0).astype(np.float32)


def _steps(kind: str, snrs_db: tuple[float, ...]) -> Mapping[int, AddedNoise]:
    return {k: AddedNoise(kind=kind, snr_db=snr_db) for k, snr_db in enumerate(snrs_db, start=1)}


WHITE_NOISE = Perturbation(
    name="white-noise",
    title="White noise",
    about="Hiss, as strong at every frequency, as of a poor microphone.",
    media="sound",
    family="noise",
    steps=_steps("white", (39.5, 34.0, 28.5, 22.0, 13.0)),
    covers=("ser-tests: small changes, white noise", "ser-tests: background noise, white noise"),
)

PINK_NOISE = Perturbation(
    name="pink-noise",
    title="Pink noise",
    about="Noise with as much power in every octave, as of wind or a fan.",
    media="sound",
    family="noise",
    steps=_steps("pink", (37.5, 32.0, 26.5, 20.0, 11.5)),
)

BABBLE_NOISE = Perturbation(
    name="babble-noise",
    title="Babble-like noise",
    about=(
        "Six voices without words, made by arithmetic: pitched and breathy sounds with the "
        "average spectrum of speech that rise and fall by syllables."
    ),
    media="sound",
    family="noise",
    steps=_steps("babble", (38.0, 29.0, 19.5, 9.0, -3.0)),
    covers=("ser-tests: background noise, babble noise (made by arithmetic, not recorded)",),
)

MUSIC_NOISE = Perturbation(
    name="music-noise",
    title="Music-like noise",
    about="Struck chords over a bass, made by arithmetic, as of music in the room.",
    media="sound",
    family="noise",
    steps=_steps("music", (39.5, 32.5, 25.0, 17.0, 7.0)),
    covers=("ser-tests: background noise, music (made by arithmetic, not recorded)",),
)

ENVIRONMENT_NOISE = Perturbation(
    name="environment-noise",
    title="Rumble and knocks",
    about="A rumble that swells and fades, with knocks, made by arithmetic, as of a street.",
    media="sound",
    family="noise",
    steps=_steps("environment", (36.5, 27.5, 19.0, 11.0, -1.5)),
    covers=("ser-tests: background noise, environmental noise (made by arithmetic)",),
)

COUGH_NOISE = Perturbation(
    name="cough-noise",
    title="Cough-like bursts",
    about=(
        "About one burst of noise a second, sudden and with a weaker second part, made by "
        "arithmetic, as of coughs or sneezes nearby."
    ),
    media="sound",
    family="noise",
    steps=_steps("coughs", (33.5, 24.5, 15.5, 5.0, -12.0)),
    covers=(
        "ser-tests: background noise, coughing (made by arithmetic, not recorded)",
        "ser-tests: background noise, sneezing (made by arithmetic, not recorded)",
    ),
)

MAINS_HUM = Perturbation(
    name="mains-hum",
    title="Mains hum",
    about="A hum of 50 Hz with its multiples, as of a bad cable.",
    media="sound",
    family="tone",
    steps=_steps("hum", (38.0, 29.0, 19.0, 6.5)),
    covers=("ser-tests: small changes, additive tone",),
)

ADDITIVE_TONE = Perturbation(
    name="additive-tone",
    title="One tone",
    about="A steady tone, its pitch drawn for each item between 400 Hz and 7 kHz.",
    media="sound",
    family="tone",
    steps=_steps("tone", (40.0, 28.0, 14.5, -1.5)),
    covers=("ser-tests: small changes, additive tone",),
)

LEAST_CHANGE_SOUND = Perturbation(
    name="least-change-sound",
    title="Smallest change",
    about=(
        "Noise of one part in ten million of full scale, a three-hundredth of a step of a "
        "16-bit file: the noise floor of answers. Below the scale: the measure does not "
        "see it, and severity 1 is the only step."
    ),
    media="sound",
    family="noise",
    steps={1: LeastChange(amplitude=1e-7)},
)
