"""Perturbations of level: softer, louder, cut off, compressed, coarse, turned upside down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.sound_loudness import active_level, at_level

__all__ = [
    "CLIPPING",
    "COARSE_STEPS",
    "DYNAMIC_COMPRESSION",
    "GAIN_DOWN",
    "GAIN_UP",
    "INVERTED_POLARITY",
    "Clipping",
    "CoarseSteps",
    "DynamicCompression",
    "Gain",
    "InvertedPolarity",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Every sample times the same number; what goes beyond full scale is cut off.

    Parameters
    ----------
    gain_db
        How much louder, in dB; below 0 softer.

    Examples
    --------
    >>> Gain(gain_db=-20.0).sound(np.full((1, 2), 0.5), 8000, np.random.default_rng(0)).tolist()
    [[0.05000000074505806, 0.05000000074505806]]
    """

    gain_db: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the samples at the new level."""
        changed = sound * np.float32(10.0 ** (self.gain_db / 20.0))
        return changed.clip(-1.0, 1.0).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clipping:
    """The highest peaks cut off flat, the level of the sounding part kept.

    Parameters
    ----------
    share
        Share of the samples that are cut off, those of silence (exact zeros) not counted.

    Examples
    --------
    >>> ramp = np.arange(1, 11, dtype=np.float32)[None, :] / 10
    >>> cut = Clipping(share=0.5).sound(ramp, 8000, np.random.default_rng(0))[0]
    >>> bool(cut[3] < cut[4] == cut[9])
    True
    """

    share: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the samples, cut off at one height in all channels; silence stays."""
        heights = np.abs(sound)
        heights = heights[heights > 0.0]
        n_kept = len(heights) - round(self.share * len(heights))
        if not heights.size or n_kept == len(heights):
            return np.array(sound, dtype=np.float32)
        place = max(0, n_kept - 1)
        most = np.partition(heights, place)[place]
        return at_level(sound.clip(-most, most), sound, rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicCompression:
    """Soft parts brought nearer to loud ones, the level of the sounding part kept.

    Parameters
    ----------
    ratio
        Decibels of level above the threshold that become one; the larger, the flatter.
    threshold_db
        Where it begins, relative to the active level.

    Notes
    -----
    The level is followed by a first-order filter of the power with a time constant of 10 ms,
    the same for rising and falling.

    Examples
    --------
    >>> rising = np.linspace(0.01, 0.5, 8000, dtype=np.float32)[None, :]
    >>> flatter = DynamicCompression(ratio=4.0, threshold_db=-30.0)
    >>> changed = flatter.sound(rising, 8000, np.random.default_rng(0))
    >>> bool(changed[0, -1] / changed[0, 800] < rising[0, -1] / rising[0, 800])
    True
    """

    ratio: float
    threshold_db: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the compressed samples; silence stays."""
        from scipy import signal

        level = active_level(sound, rate_hz)
        if level <= 0.0:
            return np.array(sound, dtype=np.float32)
        keep = float(np.exp(-1.0 / (0.010 * rate_hz)))
        power = np.square(sound, dtype=np.float64).mean(axis=0)
        followed = signal.lfilter([1.0 - keep], [1.0, -keep], power, zi=[keep * power[0]])[0]
        threshold = level**2 * 10.0 ** (self.threshold_db / 10.0)
        over = np.maximum(followed / threshold, 1.0)
        gain = over ** (0.5 * (1.0 / self.ratio - 1.0))
        return at_level(sound * gain, sound, rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoarseSteps:
    """Samples rounded to few levels.

    Parameters
    ----------
    step
        Distance of two levels, as a share of the largest sample.

    Examples
    --------
    >>> fine = np.array([[0.1, 0.4, 1.0]], dtype=np.float32)
    >>> CoarseSteps(step=0.5).sound(fine, 8000, np.random.default_rng(0)).tolist()
    [[0.0, 0.5, 1.0]]
    """

    step: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the rounded samples; silence stays."""
        width = np.float32(self.step * float(np.abs(sound).max()))
        if width <= 0.0:
            return np.array(sound, dtype=np.float32)
        coarse: np.ndarray = (np.rint(sound / width) * width).clip(-1.0, 1.0)
        return coarse.astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvertedPolarity:
    """Every sample times −1: a plug turned round.

    Examples
    --------
    >>> InvertedPolarity().sound(np.full((1, 1), 0.5), 8000, np.random.default_rng(0)).tolist()
    [[-0.5]]
    """

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the samples with their signs turned."""
        return -sound.astype(np.float32)


_GAIN = ("ser-tests: small changes, gain",)

GAIN_DOWN = Perturbation(
    name="gain-down",
    title="Softer",
    about="The whole sound is made softer, as by a lower recording level.",
    media="sound",
    family="level",
    steps={
        1: Gain(gain_db=-1.5),
        2: Gain(gain_db=-3.4),
        3: Gain(gain_db=-6.2),
        4: Gain(gain_db=-10.6),
        5: Gain(gain_db=-18.4),
    },
    covers=_GAIN,
)

GAIN_UP = Perturbation(
    name="gain-up",
    title="Louder, cut off at full scale",
    about=(
        "The whole sound is made louder, as by too high a recording level; what goes beyond "
        "full scale is cut off."
    ),
    media="sound",
    family="level",
    steps={
        1: Gain(gain_db=1.4),
        2: Gain(gain_db=3.1),
        3: Gain(gain_db=5.8),
        4: Gain(gain_db=9.6),
        5: Gain(gain_db=16.0),
    },
    covers=_GAIN,
)

CLIPPING = Perturbation(
    name="clipping",
    title="Peaks cut off",
    about="The highest peaks are cut off flat, as by an overloaded input; the level is kept.",
    media="sound",
    family="level",
    steps={
        1: Clipping(share=0.0047),
        2: Clipping(share=0.032),
        3: Clipping(share=0.12),
        4: Clipping(share=0.32),
        5: Clipping(share=0.67),
    },
    covers=("ser-tests: small changes, clip",),
)

DYNAMIC_COMPRESSION = Perturbation(
    name="dynamic-compression",
    title="Loud and soft evened out",
    about="Soft parts are brought nearer to loud ones, as broadcasting and calls do.",
    media="sound",
    family="level",
    steps={
        1: DynamicCompression(ratio=1.13, threshold_db=-35.0),
        2: DynamicCompression(ratio=1.4, threshold_db=-35.0),
        3: DynamicCompression(ratio=2.0, threshold_db=-35.0),
        4: DynamicCompression(ratio=12.0, threshold_db=-35.0),
    },
    covers=("ser-tests: low quality phone (its dynamic range compressor)",),
)

COARSE_STEPS = Perturbation(
    name="coarse-steps",
    title="Rounded to few levels",
    about="Samples are rounded to few levels, as by a poor converter.",
    media="sound",
    family="level",
    steps={
        1: CoarseSteps(step=0.0056),
        2: CoarseSteps(step=0.012),
        3: CoarseSteps(step=0.029),
        4: CoarseSteps(step=0.084),
    },
)

INVERTED_POLARITY = Perturbation(
    name="inverted-polarity",
    title="Signs turned",
    about=(
        "Every sample is turned round, which nobody can hear. Below the scale: the measure "
        "is 0, and severity 1 is the only step."
    ),
    media="sound",
    family="level",
    steps={1: InvertedPolarity()},
)
