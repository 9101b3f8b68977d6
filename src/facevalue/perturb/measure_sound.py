"""How much a sound has changed: one measure for every perturbation of sounds, and its bands.

The measure is the root of the mean squared difference, in decibels, of two log-mel spectra:
40 triangular bands, windows of 25 ms every 10 ms. What lies more than `FLOOR_DB` under the
strongest band of the louder sound counts as silence, and instants at which both sounds are
silent count for nothing: otherwise silence around a sentence would make every change look
smaller. Neither time nor level is aligned, since being late or loud is a change too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

__all__ = ["BELOW_THE_SCALE", "FLOOR_DB", "SOUND_BANDS", "sound_severity", "spectral_distance"]

SOUND_BANDS: Mapping[int, tuple[float, float]] = {
    1: (0.7, 2.0),
    2: (2.0, 4.0),
    3: (4.0, 7.0),
    4: (7.0, 11.0),
    5: (11.0, 18.0),
}
"""Severity → lowest and highest mean of `spectral_distance` over the reference clips, in dB."""

BELOW_THE_SCALE = frozenset({"inverted-polarity", "least-change-sound", "pad-end"})
"""Perturbations whose only step, 1, changes less than the measure can see."""

FLOOR_DB = 60.0
"""How far under the strongest band sound still counts, in dB."""

_N_BANDS = 40
_WINDOW_S = 0.025
_HOP_S = 0.010
_LOWEST_HZ = 20.0
_HIGHEST_HZ = 8_000.0
_WIDEST_BIN_HZ = 16.0


def spectral_distance(a: np.ndarray, b: np.ndarray, rate_hz: int) -> float:
    """Return by how many decibels the log-mel spectra of two sounds differ.

    Parameters
    ----------
    a, b
        Samples, shape ``(n_channels, n_samples)``, in [−1, 1]. The shorter one is taken to
        be followed by silence.
    rate_hz
        Samples a second of both. Bands reach from 20 Hz to 8 kHz, or to half the rate.

    Returns
    -------
    float
        Root of the mean squared difference over channels, instants and bands, in dB; from 0
        to `FLOOR_DB`. 0 for two silences.

    Raises
    ------
    ValueError
        If the sounds differ in their number of channels.

    Notes
    -----
    Mel scale of O'Shaughnessy (1987), *Speech Communication*, p. 150:
    ``2595 log10(1 + f / 700)``. A steady sound and the same at half its amplitude differ by
    6 dB, and silence around both does not lower that. Parts that come near the floor in either
    sound differ by less.

    Examples
    --------
    >>> tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)[None, :]
    >>> round(spectral_distance(tone, tone, 16000), 3)
    0.0
    >>> round(spectral_distance(tone, np.zeros_like(tone), 16000), 1) > 5
    True
    """
    if a.shape[0] != b.shape[0]:
        raise ValueError(f"{a.shape[0]} and {b.shape[0]} channels cannot be compared")
    n_samples = max(a.shape[1], b.shape[1])
    power_a, power_b = (_band_power(sound, n_samples, rate_hz) for sound in (a, b))
    loudest = max(float(power_a.max()), float(power_b.max()))
    if loudest <= 0.0:
        return 0.0
    floor = loudest * 10.0 ** (-FLOOR_DB / 10.0)
    sounding = np.maximum(power_a, power_b).max(axis=-1) > floor
    level_a, level_b = (np.log10(np.maximum(p[sounding], floor)) for p in (power_a, power_b))
    return float(10.0 * np.sqrt(np.mean(np.square(level_a - level_b, dtype=np.float64))))


def sound_severity(distance_db: float) -> int:
    """Return the severity whose band a distance falls into: 0 below all, 5 above all.

    Examples
    --------
    >>> [sound_severity(db) for db in (0.1, 0.9, 5.0, 40.0)]
    [0, 1, 3, 5]
    """
    return sum(distance_db >= low for low, _ in SOUND_BANDS.values())


def _band_power(sound: np.ndarray, n_samples: int, rate_hz: int) -> np.ndarray:
    """Power by band, shape ``(n_channels, n_instants, n_bands)``."""
    from scipy import fft

    window, bands = _analysis(rate_hz)
    hop = max(1, round(_HOP_S * rate_hz))
    width = len(window)
    padded = np.zeros((sound.shape[0], max(n_samples, width)), dtype=np.float32)
    padded[:, : sound.shape[1]] = sound
    frames = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)[:, ::hop] * window
    spectrum = fft.rfft(frames, 2 * (bands.shape[0] - 1), axis=-1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    banded: np.ndarray = power @ bands
    return banded


@lru_cache(maxsize=16)
def _analysis(rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the Hann window, and the weight of every frequency in every band."""
    width = max(1, round(_WINDOW_S * rate_hz))
    n_points = 1 << max(1, int(np.ceil(np.log2(max(width, rate_hz / _WIDEST_BIN_HZ)))))
    hz = np.arange(n_points // 2 + 1) * (rate_hz / n_points)
    ends = _mel(np.array([_LOWEST_HZ, min(_HIGHEST_HZ, rate_hz / 2)]))
    edges = 700.0 * (10.0 ** (np.linspace(ends[0], ends[1], _N_BANDS + 2) / 2595.0) - 1.0)
    rising = (hz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz[:, None]) / (edges[2:] - edges[1:-1])
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * (np.arange(width) + 0.5) / width)
    bands = np.maximum(0.0, np.minimum(rising, falling))
    return window.astype(np.float32), bands.astype(np.float32)


def _mel(hz: np.ndarray) -> np.ndarray:
    mel: np.ndarray = 2595.0 * np.log10(1.0 + hz / 700.0)
    return mel
