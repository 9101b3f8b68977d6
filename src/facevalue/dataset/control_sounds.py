"""Sounds without an emotion to find, made by us: the right answer is none.

Silence, tones, noises, clicks: nobody speaks in any of them. Every sample is a whole multiple
of 1/32768, as in a file of 16 bits: the same bytes with the same NumPy, and in practice with
another, where the last digit of a sine or a Fourier transform would have to fall on a half to
be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from facevalue.dataset.base import Card
from facevalue.dataset.controls import Bounds, control_table, kinds_option, whole_options
from facevalue.dataset.memory import MemorySounds
from facevalue.dataset.table import NamedDataset, Table
from facevalue.domain.labels import TAXONOMIES
from facevalue.tables.faults import Faults

__all__ = ["GENERATED_CONTROL_SOUNDS", "control_sound"]

_CARD = Card(
    name="generated-control-sounds",
    title="Negative controls: sounds with no emotion to find",
    licence="Apache-2.0, part of facevalue",
    citation="facevalue, dataset generated-control-sounds",
    url=None,
    version="1",
    files=(),
    about=(
        "Silence, the faintest noise of 16 bits (dither), tones, chords, sweeps, clicks, white, "
        "pink and brown noise, and noise with the spectrum of speech, steady "
        "(speech-shaped-noise) or rising and falling four times a second (modulated-noise). "
        "Nobody speaks in them: each is annotated 'none'. Options: n_per_kind (sounds of each "
        "kind; there is one silence, whatever is asked for, since all would be the same), "
        "seconds, rate_hz, seed, kinds (those wanted; all when not given)."
    ),
    population="Nobody: the sounds are made by arithmetic.",
)

_BOUNDS: Bounds = {
    "n_per_kind": (10, 1, 200),
    "seconds": (2, 1, 60),
    "rate_hz": (16_000, 4_000, 96_000),
    "seed": (0, 0, 2**63 - 1),
}

_FULL_SCALE = 32_768
_LOUDNESS_DB = (-36.0, -18.0)
_LOWEST_HZ = 40.0

# Standard speech spectrum level at normal vocal effort, dB: ANSI S3.5-1997, table 3.
_SPEECH_HZ = (
    *(160, 200, 250, 315, 400, 500, 630, 800, 1_000),
    *(1_250, 1_600, 2_000, 2_500, 3_150, 4_000, 5_000, 6_300, 8_000),
)
_SPEECH_DB = (
    *(32.41, 34.48, 34.75, 33.98, 34.59, 34.27, 32.06, 28.30, 25.01),
    *(23.00, 20.15, 17.32, 13.18, 11.55, 9.33, 5.31, 2.59, 1.13),
)
_DB_PER_OCTAVE_OUTSIDE = 12.0


@dataclass(frozen=True, slots=True)
class _Span:
    """How long a sound is, and in which steps."""

    n_samples: int
    rate_hz: int

    @property
    def times(self) -> np.ndarray:
        return np.arange(self.n_samples) / self.rate_hz

    @property
    def highest_hz(self) -> float:
        """The highest frequency of tones: well under half the rate."""
        return min(4_000.0, 0.4 * self.rate_hz)


def _silence(span: _Span, _: np.random.Generator) -> np.ndarray:
    """Nothing at all."""
    return np.zeros(span.n_samples)


def _dither(span: _Span, rng: np.random.Generator) -> np.ndarray:
    """Triangular noise of one step of 16 bits: −1, 0 or 1, a quarter, half and quarter."""
    steps = rng.integers(0, 2, (2, span.n_samples)).sum(axis=0) - 1
    return np.asarray(steps / _FULL_SCALE)


def _tone(span: _Span, rng: np.random.Generator) -> np.ndarray:
    """One steady tone, 80 Hz to 4 kHz, on a scale of octaves."""
    return _at_level(_sine(span, _pitch(80.0, span.highest_hz, rng)), rng)


def _chord(span: _Span, rng: np.random.Generator) -> np.ndarray:
    """Three tones at once, a major or a minor chord in just intonation."""
    ground_hz = _pitch(110.0, 440.0, rng)
    third = (6 / 5, 5 / 4)[int(rng.integers(0, 2))]
    tones = [_sine(span, ground_hz * step) for step in (1.0, third, 1.5)]
    return _at_level(np.sum(tones, axis=0), rng)


def _sweep(span: _Span, rng: np.random.Generator) -> np.ndarray:
    """Gliding from low to high or back, evenly in octaves."""
    low_hz, high_hz = _pitch(60.0, 120.0, rng), span.highest_hz
    octaves = np.log2(high_hz / low_hz)
    share = np.arange(span.n_samples) / span.n_samples
    seconds = span.n_samples / span.rate_hz
    # The integral of low · 2^(octaves · share) over time.
    turns = low_hz * seconds * (2.0 ** (octaves * share) - 1.0) / (octaves * np.log(2.0))
    gliding = np.sin(2.0 * np.pi * turns)
    return _at_level(gliding[::-1] if rng.integers(0, 2) else gliding, rng)


def _clicks(span: _Span, rng: np.random.Generator) -> np.ndarray:
    """Single samples of full height, one to twenty a second, evenly spaced."""
    apart = max(1, span.rate_hz // int(rng.integers(1, 21)))
    train = np.zeros(span.n_samples)
    train[int(rng.integers(0, apart)) :: apart] = 0.5
    return train


def _noise(shape: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    """Return a maker of steady noise; ``shape`` gives the gain in dB at frequencies in Hz."""

    def made(span: _Span, rng: np.random.Generator) -> np.ndarray:
        return _at_level(_shaped(span, shape, rng), rng)

    return made


def _shaped(
    span: _Span, shape: Callable[[np.ndarray], np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    spectrum = np.fft.rfft(rng.normal(0.0, 1.0, span.n_samples))
    frequency = np.fft.rfftfreq(span.n_samples, 1.0 / span.rate_hz)
    # Below what can be heard there is nothing, or brown noise would be all rumble.
    audible = frequency >= _LOWEST_HZ
    gain = np.zeros_like(frequency)
    gain[audible] = 10.0 ** (shape(frequency[audible]) / 20.0)
    return np.fft.irfft(spectrum * gain, n=span.n_samples)


def _falling(db_per_octave: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda hz: -db_per_octave * np.log2(hz)


def _speech_db(hz: np.ndarray) -> np.ndarray:
    """Level of the standard spectrum of speech, falling by 12 dB an octave beyond its table."""
    octave, known = np.log2(hz), np.log2(_SPEECH_HZ)
    inside = np.interp(octave, known, _SPEECH_DB)
    beyond = np.maximum(known[0] - octave, 0.0) + np.maximum(octave - known[-1], 0.0)
    return np.asarray(inside - _DB_PER_OCTAVE_OUTSIDE * beyond)


def _modulated(span: _Span, rng: np.random.Generator) -> np.ndarray:
    """Noise with the spectrum of speech that swells and fades as fast as syllables do."""
    swell = 0.5 - 0.5 * np.cos(2.0 * np.pi * (4.0 * span.times + rng.random()))
    return _at_level(_shaped(span, _speech_db, rng) * swell, rng)


def _sine(span: _Span, hz: float) -> np.ndarray:
    return np.asarray(np.sin(2.0 * np.pi * hz * span.times))


def _pitch(low_hz: float, high_hz: float, rng: np.random.Generator) -> float:
    return float(low_hz * (high_hz / low_hz) ** rng.random())


def _at_level(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the sound at a root mean square drawn from 36 to 18 dB under full scale."""
    level = 10.0 ** (rng.uniform(*_LOUDNESS_DB) / 20.0)
    return np.asarray(sound * (level / np.sqrt(np.mean(sound**2))))


# The place of a kind is part of the seed of its sounds: new ones go to the end.
_KINDS: dict[str, Callable[[_Span, np.random.Generator], np.ndarray]] = {
    "silence": _silence,
    "dither": _dither,
    "tone": _tone,
    "chord": _chord,
    "sweep": _sweep,
    "clicks": _clicks,
    "white-noise": _noise(_falling(0.0)),
    "pink-noise": _noise(_falling(10.0 * np.log10(2.0))),
    "brown-noise": _noise(_falling(20.0 * np.log10(2.0))),
    "speech-shaped-noise": _noise(_speech_db),
    "modulated-noise": _modulated,
}


def control_sound(
    kind: str, index: int, *, seconds: int = 2, rate_hz: int = 16_000, seed: int = 0
) -> np.ndarray:
    """Return one negative control.

    Parameters
    ----------
    kind
        ``silence``, ``dither``, ``tone``, ``chord``, ``sweep``, ``clicks``; ``white-noise``,
        ``pink-noise`` and ``brown-noise``, whose power falls by 0, 3 and 6 dB an octave;
        ``speech-shaped-noise``, or ``modulated-noise``, which is the same with a swell.
    index
        Which of its kind, from 0.
    seconds, rate_hz, seed
        As in the options of the dataset.

    Returns
    -------
    numpy.ndarray
        Shape ``(1, seconds · rate_hz)``, ``float32`` in [−1, 1], whole multiples of 1/32768.

    References
    ----------
    ANSI S3.5-1997, *Methods for Calculation of the Speech Intelligibility Index*, table 3:
    the spectrum level of speech at normal vocal effort, from 160 Hz to 8 kHz. Outside of it
    the noise falls by 12 dB an octave, which is ours.

    Examples
    --------
    >>> faint = control_sound("dither", 0)
    >>> faint.shape, (np.unique(faint) * 32768).tolist()
    ((1, 32000), [-1.0, 0.0, 1.0])
    """
    rng = np.random.default_rng([seed, list(_KINDS).index(kind), index])
    made = _KINDS[kind](_Span(seconds * rate_hz, rate_hz), rng)
    steps = np.rint(made * _FULL_SCALE).clip(-_FULL_SCALE, _FULL_SCALE - 1)
    return np.asarray(steps / _FULL_SCALE, dtype=np.float32)[np.newaxis]


def _sound(kind: str, index: int, options: Mapping[str, int]) -> np.ndarray:
    return control_sound(kind, index, **options)


def _read(given: Mapping[str, Any]) -> Table:
    faults = Faults("dataset generated-control-sounds")
    options = whole_options(given, _BOUNDS, faults)
    kinds = kinds_option(given, tuple(_KINDS), tuple(_KINDS), faults)
    faults.raise_if_any()
    n_per_kind = options.pop("n_per_kind")
    keys = {
        f"control-{kind}-{i:03d}": (kind, i)
        for kind in kinds
        for i in range(1 if kind == "silence" else n_per_kind)
    }
    media = MemorySounds(sound=lambda key: _sound(*keys[key], options), rate_hz=options["rate_hz"])
    return control_table({key: kind for key, (kind, _) in keys.items()}, media)


GENERATED_CONTROL_SOUNDS = NamedDataset(
    card=_CARD,
    taxonomy=TAXONOMIES["ekman6-neutral"],
    read=_read,
    options=(*_BOUNDS, "kinds"),
)
