"""Noises made by arithmetic: no recording of anybody or anything is in them.

Each source gives samples of shape ``(n_samples,)`` at a level of its own and draws the same
numbers at every severity. Where they stand in for something (babble, music, coughs) they
have its spectrum and its rise and fall, and nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import gcd

import numpy as np

__all__ = ["SOURCES"]

_LOWEST_HZ = 20.0
_MAINS_HZ = 50
_N_VOICES = 6
_TABLE_BITS = 12
_CONTROLS_HZ = 50


def _white(n_samples: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Every sample its own draw from a normal distribution."""
    return rng.standard_normal(n_samples, dtype=np.float32)


def _pink(n_samples: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """As much power in every octave."""
    white = _white(n_samples, rate_hz, rng)
    return _shaped(white, rate_hz, lambda hz: 1.0 / np.sqrt(np.maximum(hz, _LOWEST_HZ)))


def _babble(n_samples: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Six voices without words: pitched and breathy parts that rise and fall by syllables."""
    n_controls = n_samples * _CONTROLS_HZ // rate_hz + 2
    shape = (_N_VOICES, n_controls)
    pitch = rng.uniform(90.0, 240.0, (_N_VOICES, 1))
    hz = pitch * np.exp(0.12 * _slow(rng.standard_normal(shape), 12))
    loudness = np.exp(1.2 * _slow(rng.standard_normal(shape), 6))
    breath = _slow(rng.standard_normal(shape), 6) > 0.8
    voiced = np.where(breath, 0.0, loudness)
    breaths = np.sqrt(np.square(np.where(breath, loudness, 0.03 * loudness)).sum(axis=0))
    sound = np.zeros(n_samples, dtype=np.float32)
    for voice, start in enumerate(rng.random(_N_VOICES)):  # one by one: less memory
        tone = _sung(hz[voice], float(start), n_samples, rate_hz)
        sound += tone * _drawn_out(voiced[voice], n_samples, rate_hz)
    hiss = _white(n_samples, rate_hz, rng) * _drawn_out(breaths, n_samples, rate_hz)
    return _shaped(sound + np.float32(0.5) * hiss, rate_hz, _speech_shape)


def _sung(hz: np.ndarray, start: float, n_samples: int, rate_hz: int) -> np.ndarray:
    """Give a tone whose pitch changes `_CONTROLS_HZ` times a second and whose phase runs on."""
    width = _control_width(rate_hz)
    # A turn is 2³² steps: whole numbers wrap by themselves.
    steps = np.rint(hz * (2.0**32 / rate_hz)).astype(np.uint32)
    whole = steps * np.uint32(width)
    begun = np.cumsum(whole, dtype=np.uint32) - whole + np.uint32(int(start * 2.0**32))
    turns = np.add(begun[:, None], steps[:, None] * np.arange(width, dtype=np.uint32))
    table = _tone_table(max(1, min(40, int(rate_hz / 2 / 320.0))))
    places = np.right_shift(turns, np.uint32(32 - _TABLE_BITS))
    sung: np.ndarray = table[places].reshape(-1)[:n_samples]
    return sung


def _music(n_samples: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Chords of three struck notes over a bass, every 0.4 s, from one major scale."""
    scale = (0, 2, 4, 5, 7, 9, 11)
    key = float(rng.uniform(0.0, 12.0))
    every = max(1, round(0.4 * rate_hz))
    length = 2 * every
    seconds = np.arange(length, dtype=np.float32) / np.float32(rate_hz)
    struck = np.minimum(seconds / np.float32(0.008), 1.0) * np.exp(-seconds / np.float32(0.25))
    places = np.arange(length, dtype=np.uint32)
    sound = np.zeros(n_samples + length, dtype=np.float32)
    for start in range(0, n_samples, every):
        root = int(rng.integers(7))
        chord = np.zeros(length, dtype=np.float32)
        for degree in (root, root + 7, root + 9, root + 11):
            hz = 82.4 * 2.0 ** ((key + 12 * (degree // 7) + scale[degree % 7]) / 12.0)
            turns = places * np.uint32(round(hz * 2.0**32 / rate_hz) % 2**32)
            table = _tone_table(max(1, min(10, int(rate_hz / 2 / hz))))
            chord += table[turns >> np.uint32(32 - _TABLE_BITS)]
        sound[start : start + length] += struck * chord
    return sound[:n_samples]


def _environment(n_samples: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Low rumble with a hiss above it, swelling and fading as traffic does, and knocks."""
    n_controls = n_samples * _CONTROLS_HZ // rate_hz + 2
    swell = np.exp(0.8 * _slow(rng.standard_normal((1, n_controls)), 50))[0]
    white = _white(n_samples, rate_hz, rng) * _drawn_out(swell, n_samples, rate_hz)
    rumble = _shaped(white, rate_hz, lambda hz: 1.0 / np.maximum(hz, 60.0) + 0.00003)
    knocks = np.zeros(n_samples, dtype=np.float32)
    for _ in range(1 + n_samples // rate_hz):
        start = int(rng.integers(n_samples))
        seconds = np.arange(min(n_samples - start, rate_hz // 2 + 1)) / rate_hz
        hz = float(rng.uniform(200.0, 1_500.0))
        knock = np.exp(-seconds / 0.05) * np.sin(2.0 * np.pi * hz * seconds)
        knocks[start : start + len(seconds)] += knock.astype(np.float32)
    rumble += np.abs(rumble).max() * knocks
    return rumble


def _coughs(n_samples: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Bursts of wide noise, one in every second or less: sudden, then a weaker second part."""
    envelope = np.zeros(n_samples, dtype=np.float32)
    for _ in range(max(1, round(n_samples / rate_hz))):
        start = int(rng.integers(max(1, n_samples - rate_hz // 4)))
        seconds = np.arange(min(n_samples - start, rate_hz // 2)) / rate_hz
        first = np.minimum(seconds / 0.004, 1.0) * np.exp(-seconds / 0.05)
        later = np.maximum(seconds - 0.15, 0.0)
        second = 0.35 * np.minimum(later / 0.02, 1.0) * np.exp(-later / 0.07)
        envelope[start : start + len(seconds)] += (first + second).astype(np.float32)
    return _shaped(_white(n_samples, rate_hz, rng), rate_hz, _cough_shape) * envelope


def _hum(n_samples: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """Mains hum: 50 Hz with ten multiples, their phases drawn."""
    n_period = rate_hz // gcd(rate_hz, _MAINS_HZ)
    angle = 2.0 * np.pi * _MAINS_HZ * np.arange(n_period) / rate_hz
    period = np.zeros(n_period)
    for multiple, phase in enumerate(rng.uniform(0.0, 2.0 * np.pi, 10), start=1):
        if _MAINS_HZ * multiple < rate_hz / 2:
            period += np.sin(multiple * angle + phase) / multiple
    return np.resize(period.astype(np.float32), n_samples)


def _tone(n_samples: int, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
    """One tone throughout, its pitch drawn between 400 Hz and 7 kHz (or 0.45 of the rate)."""
    highest = min(7_000.0, 0.45 * rate_hz)
    hz = 400.0 * (highest / 400.0) ** float(rng.random())
    phase = float(rng.uniform(0.0, 2.0 * np.pi))
    angle = 2.0 * np.pi * hz * np.arange(n_samples) / rate_hz
    sound: np.ndarray = np.sin(angle + phase).astype(np.float32)
    return sound


SOURCES: Mapping[str, Callable[[int, int, np.random.Generator], np.ndarray]] = {
    "white": _white,
    "pink": _pink,
    "babble": _babble,
    "music": _music,
    "environment": _environment,
    "coughs": _coughs,
    "hum": _hum,
    "tone": _tone,
}
"""Kind → samples, from their number, their rate and a generator."""


def _speech_shape(hz: np.ndarray) -> np.ndarray:
    """Flat from 100 to 500 Hz and 9 dB an octave lower above, roughly as speech on average."""
    high: np.ndarray = np.minimum(1.0, (np.maximum(hz, 1.0) / 500.0) ** -1.5)
    return high * (hz**2 / (hz**2 + 100.0**2))


def _cough_shape(hz: np.ndarray) -> np.ndarray:
    """Strongest about 1 kHz, 6 dB an octave lower below 400 Hz and above 2.5 kHz."""
    shape: np.ndarray = hz / np.hypot(hz, 400.0) / np.hypot(1.0, hz / 2_500.0)
    return shape


def _shaped(
    sound: np.ndarray, rate_hz: int, shape: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Weigh the spectrum, by the amplitude wanted at each frequency; no constant part is left."""
    from scipy import fft

    n_points = fft.next_fast_len(len(sound), real=True)
    spectrum = fft.rfft(sound.astype(np.float32, copy=False), n_points)
    weight = shape(np.arange(len(spectrum)) * (rate_hz / n_points)).astype(np.float32)
    weight[0] = 0.0
    shaped: np.ndarray = fft.irfft(spectrum * weight, n_points)[: len(sound)]
    return shaped


def _slow(draws: np.ndarray, width: int) -> np.ndarray:
    """Average draws over runs along the last axis, with the spread of the draws."""
    sums = np.cumsum(np.concatenate([draws[:, -1:] * 0.0, draws], axis=1), axis=1)
    places = np.arange(draws.shape[1])
    low, high = np.maximum(places - width // 2, 0), np.minimum(places + width // 2 + 1, len(places))
    slow: np.ndarray = (sums[:, high] - sums[:, low]) / np.sqrt(high - low)
    return slow


def _control_width(rate_hz: int) -> int:
    return max(1, -(-rate_hz // _CONTROLS_HZ))


def _drawn_out(controls: np.ndarray, n_samples: int, rate_hz: int) -> np.ndarray:
    """Interpolate linearly from `_CONTROLS_HZ` values a second to one a sample."""
    width = _control_width(rate_hz)
    part = np.arange(width, dtype=np.float32) / np.float32(width)
    controls = controls.astype(np.float32)
    drawn: np.ndarray = controls[:-1, None] + np.diff(controls)[:, None] * part
    return drawn.reshape(-1)[:n_samples]


@lru_cache(maxsize=64)
def _tone_table(n_harmonics: int) -> np.ndarray:
    """One period of a tone with harmonics whose amplitude falls as one over their number."""
    angle = 2.0 * np.pi * np.arange(1 << _TABLE_BITS) / (1 << _TABLE_BITS)
    table = sum((np.sin(k * angle) / k for k in range(1, n_harmonics + 1)), np.zeros(len(angle)))
    return table.astype(np.float32)
