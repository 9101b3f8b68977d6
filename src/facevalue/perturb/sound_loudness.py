"""How loud the sounding part of a sound is, and how sounds are mixed without being cut off.

Signal-to-noise ratios are those of the sounding parts: silence before, after or within a
sentence would otherwise make the same noise stronger or weaker.
"""

from __future__ import annotations

import numpy as np

__all__ = ["NOMINAL_LEVEL", "active_level", "at_level", "fitted", "mixed", "sounding_part"]

NOMINAL_LEVEL = 10.0 ** (-26.0 / 20.0)
"""The level that silence is given noise for: 26 dB under full scale, as is usual for speech."""

_FRAME_S = 0.020
_ACTIVE_WITHIN_DB = 30.0
_SOUNDING_WITHIN_DB = 40.0


def active_level(sound: np.ndarray, rate_hz: int) -> float:
    """Return the root mean square over the frames in which there is sound.

    Parameters
    ----------
    sound
        Samples, shape ``(n_channels, n_samples)``, in [−1, 1].
    rate_hz
        Samples a second.

    Returns
    -------
    float
        Level over all channels, 1 for full scale; 0 for silence.

    Notes
    -----
    A frame of 20 ms counts if it is at most 30 dB weaker than the strongest. Simpler than the
    method of ITU-T P.56, which follows the envelope with a hangover.

    Examples
    --------
    >>> halves = np.zeros((1, 16000), dtype=np.float32)
    >>> halves[0, :8000] = 0.5
    >>> active_level(halves, 16000)
    0.5
    """
    power = _frame_power(sound, rate_hz)
    loudest = float(power.max())
    if loudest <= 0.0:
        return 0.0
    return float(np.sqrt(power[power >= loudest * 10.0 ** (-_ACTIVE_WITHIN_DB / 10.0)].mean()))


def sounding_part(sound: np.ndarray, rate_hz: int) -> tuple[int, int]:
    """Return the first sample of the sounding part and the one after its last.

    The part between the first and the last frame of 20 ms that is at most 40 dB weaker than
    the strongest one; all of a silence.

    Examples
    --------
    >>> late = np.zeros((1, 1600), dtype=np.float32)
    >>> late[0, 640:960] = 0.5
    >>> sounding_part(late, 16000)
    (640, 960)
    """
    power = _frame_power(sound, rate_hz)
    active = np.flatnonzero(power >= float(power.max()) * 10.0 ** (-_SOUNDING_WITHIN_DB / 10.0))
    width = _frame_width(rate_hz)
    return int(active[0]) * width, min(sound.shape[1], (int(active[-1]) + 1) * width)


def fitted(sound: np.ndarray) -> np.ndarray:
    """Return samples in [−1, 1], ``float32``: the whole turned down where a peak is beyond.

    Examples
    --------
    >>> fitted(np.array([[0.5, -2.0]])).tolist()
    [[0.25, -1.0]]
    """
    peak = float(np.abs(sound).max())
    if peak > 1.0:
        sound = sound / peak
    return np.ascontiguousarray(sound, dtype=np.float32)


def at_level(sound: np.ndarray, like: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return ``sound`` with the active level of ``like``, fitted into the range.

    Examples
    --------
    >>> loud = np.full((1, 400), 0.5, dtype=np.float32)
    >>> float(at_level(loud / 8, loud, 16000)[0, 0])
    0.5
    """
    level = active_level(sound, rate_hz)
    if level <= 0.0:
        return np.array(sound, dtype=np.float32)
    return fitted(sound * np.float32(active_level(like, rate_hz) / level))


def mixed(sound: np.ndarray, noise: np.ndarray, snr_db: float, rate_hz: int) -> np.ndarray:
    """Return ``sound`` with ``noise`` in every channel, at a signal-to-noise ratio.

    Parameters
    ----------
    sound
        Samples, shape ``(n_channels, n_samples)``, in [−1, 1].
    noise
        Samples, shape ``(n_samples,)``, at any level.
    snr_db
        Ratio of the active levels of both, in dB. Silence has none: it is taken to be at
        `NOMINAL_LEVEL`, so that it gets the noise that speech of usual level would get.
    rate_hz
        Samples a second of both.

    Examples
    --------
    >>> hiss = np.tile(np.array([1.0, -1.0], dtype=np.float32), 200)
    >>> silent = mixed(np.zeros((1, 400), dtype=np.float32), hiss, 20.0, 16000)
    >>> round(float(20 * np.log10(active_level(silent, 16000))), 1)
    -46.0
    """
    noise_level = active_level(noise[None, :], rate_hz)
    if noise_level <= 0.0:  # too short to hold any noise of its kind
        return np.array(sound, dtype=np.float32)
    level = active_level(sound, rate_hz) or NOMINAL_LEVEL
    return fitted(sound + noise * np.float32(level / noise_level * 10.0 ** (-snr_db / 20.0)))


def _frame_width(rate_hz: int) -> int:
    return max(1, round(_FRAME_S * rate_hz))


def _frame_power(sound: np.ndarray, rate_hz: int) -> np.ndarray:
    """Mean power of every frame, the last one perhaps shorter; float64."""
    width = _frame_width(rate_hz)
    power = np.square(sound, dtype=np.float64).mean(axis=0)
    starts = np.arange(0, len(power), width)
    lengths = np.minimum(width, len(power) - starts)
    means: np.ndarray = np.add.reduceat(power, starts) / lengths
    return means
