"""Perturbations by a channel: telephone codecs, lost packets, a lower sampling rate.

Codecs are done by formula. GSM and AMR are not here: they are linear-prediction coders of
some thousand lines, and a stand-in that only sounds like one would claim what it does not do.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Literal

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.sound_level import DynamicCompression
from facevalue.perturb.sound_loudness import at_level, fitted, mixed

__all__ = [
    "A_LAW_PHONE",
    "LOWER_RATE",
    "LOW_QUALITY_PHONE",
    "MU_LAW_PHONE",
    "PACKET_LOSS",
    "LowQualityPhone",
    "LowerRate",
    "PacketLoss",
    "Phone",
    "a_law",
    "mu_law",
]

_PHONE_HZ = 8_000
_PHONE_BAND_HZ = (300.0, 3_400.0)
_PACKET_S = 0.020


def mu_law(sound: np.ndarray) -> np.ndarray:
    """Return samples as they come out of a μ-law coder of 8 bits and its decoder.

    Parameters
    ----------
    sound
        Samples in [−1, 1], any shape; full scale is the coder's 8,159.

    Returns
    -------
    numpy.ndarray
        One of 255 values each, float64.

    Notes
    -----
    ITU-T G.711 (1988), table 2a: segments double in width from 2 to 256, 16 steps each.

    Examples
    --------
    >>> (mu_law(np.array([0.0, 1.0, -1.0])) * 8159).round().tolist()
    [0.0, 8031.0, -8031.0]
    """
    height = np.minimum(np.rint(np.abs(sound) * 8_159.0), 8_158.0) + 33.0
    exponent = np.frexp(height)[1] - 6
    step = np.ldexp(1.0, exponent + 1)
    decoded = (np.floor(height / step) + 0.5) * step - 33.0
    coded: np.ndarray = np.copysign(decoded, sound) / 8_159.0
    return coded


def a_law(sound: np.ndarray) -> np.ndarray:
    """Return samples as they come out of an A-law coder of 8 bits and its decoder.

    Parameters
    ----------
    sound
        Samples in [−1, 1], any shape; full scale is the coder's 4,096.

    Returns
    -------
    numpy.ndarray
        One of 256 values each, float64; none of them is 0.

    Notes
    -----
    ITU-T G.711 (1988), table 1a: two segments of width 2, then doubling to 128, 16 steps each.

    Examples
    --------
    >>> (a_law(np.array([0.0, 1.0, -1.0])) * 4096).round().tolist()
    [1.0, 4032.0, -4032.0]
    """
    height = np.minimum(np.floor(np.abs(sound) * 4_096.0), 4_095.0)
    exponent = np.maximum(np.frexp(height)[1] - 6, 0)
    step = np.ldexp(1.0, exponent + 1)
    decoded = (np.floor(height / step) + 0.5) * step
    coded: np.ndarray = np.copysign(decoded, sound) / 4_096.0
    return coded


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A telephone line: 8 kHz, 300 to 3,400 Hz, G.711; brought back to the rate it had.

    Parameters
    ----------
    law
        ``mu`` (North America, Japan) or ``a`` (elsewhere).

    Notes
    -----
    The band is cut by Butterworth filters of second order (28 dB at 60 Hz).
    A sound of another rate than 8 kHz is resampled there and back.

    Examples
    --------
    >>> hiss = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 16000)).astype(np.float32)
    >>> Phone(law="mu").sound(hiss, 16000, np.random.default_rng(0)).shape
    (1, 16000)
    """

    law: Literal["mu", "a"]

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound at the other end of the line."""
        line = _phone_band(_resampled(sound, rate_hz, _PHONE_HZ)).clip(-1.0, 1.0)
        heard = mu_law(line) if self.law == "mu" else a_law(line)
        return fitted(_back(heard.astype(np.float32), rate_hz, sound.shape[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class LowQualityPhone:
    """A poor call: compressed, band-limited, coarsely coded, with noise above 3 kHz.

    Parameters
    ----------
    step_db
        How far apart neighbouring levels of the coder are, in dB: levels are equal steps of
        the logarithm.
    snr_db
        Level of the speech over the noise, in dB.

    Notes
    -----
    After audEERING's "low quality phone", with its compressor and its pink noise above 3 kHz.
    Its AMR coder is left out; the coarse logarithmic steps are no model of AMR.

    Examples
    --------
    >>> hiss = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 16000)).astype(np.float32)
    >>> poor = LowQualityPhone(step_db=6.0, snr_db=25.0)
    >>> poor.sound(hiss, 16000, np.random.default_rng(0)).shape
    (1, 16000)
    """

    step_db: float
    snr_db: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound at the other end of the call."""
        from scipy import signal

        from facevalue.perturb.sound_sources import SOURCES

        pink = SOURCES["pink"](sound.shape[1], rate_hz, rng)
        high = signal.butter(2, min(3_000.0, 0.45 * rate_hz), "high", fs=rate_hz, output="sos")
        noise = signal.sosfilt(high, pink)
        even = DynamicCompression(ratio=4.0, threshold_db=-10.0).sound(sound, rate_hz, rng)
        line = _phone_band(_resampled(even, rate_hz, _PHONE_HZ))
        heard = _back(_log_steps(line, self.step_db), rate_hz, sound.shape[1])
        return mixed(at_level(heard, sound, rate_hz), noise, self.snr_db, rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketLoss:
    """Packets of 20 ms lost, silence in their place.

    Parameters
    ----------
    share
        Chance that a packet is lost, each on its own. What is lost at one severity is also
        lost at a higher one.

    Examples
    --------
    >>> tone = np.full((1, 16000), 0.5, dtype=np.float32)
    >>> lost = PacketLoss(share=0.2).sound(tone, 16000, np.random.default_rng(0)) == 0
    >>> round(float(lost.mean()), 2)
    0.18
    """

    share: float

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound with gaps."""
        width = max(1, round(_PACKET_S * rate_hz))
        kept = rng.random(-(-sound.shape[1] // width)) >= self.share
        with_gaps: np.ndarray = sound * np.repeat(kept, width)[: sound.shape[1]]
        return with_gaps.astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class LowerRate:
    """Resampled to a lower rate and back; nothing above half that rate is left.

    Parameters
    ----------
    to_hz
        The lower rate. A sound of this rate or a lower one stays as it is.

    Notes
    -----
    Polyphase filtering (`scipy.signal.resample_poly`), length and onset kept.

    Examples
    --------
    >>> hiss = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 16000)).astype(np.float32)
    >>> dull = LowerRate(to_hz=4000).sound(hiss, 16000, np.random.default_rng(0))
    >>> round(float(dull.std() / hiss.std()), 1)
    0.5
    """

    to_hz: int

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound at the rate it had."""
        if self.to_hz >= rate_hz:
            return np.array(sound, dtype=np.float32)
        low = _resampled(sound, rate_hz, self.to_hz)
        return fitted(_resampled(low, self.to_hz, rate_hz)[:, : sound.shape[1]])


def _resampled(sound: np.ndarray, from_hz: int, to_hz: int) -> np.ndarray:
    from scipy import signal

    if from_hz == to_hz:
        return sound.astype(np.float32, copy=False)
    common = gcd(from_hz, to_hz)
    resampled: np.ndarray = signal.resample_poly(
        sound.astype(np.float32, copy=False), to_hz // common, from_hz // common, axis=-1
    )
    return resampled


def _back(line: np.ndarray, rate_hz: int, n_samples: int) -> np.ndarray:
    """From the rate of the line to that of the sound, as long as it was."""
    return _resampled(line, _PHONE_HZ, rate_hz)[:, :n_samples]


def _phone_band(line: np.ndarray) -> np.ndarray:
    from scipy import signal

    sections = signal.butter(2, _PHONE_BAND_HZ, "band", fs=_PHONE_HZ, output="sos")
    band: np.ndarray = signal.sosfilt(sections, line, axis=-1).astype(np.float32)
    return band


def _log_steps(line: np.ndarray, step_db: float) -> np.ndarray:
    """Round the logarithm of every sample to steps under the largest; 60 dB under it, to 0."""
    heights = np.abs(line)
    most = float(heights.max())
    if most <= 0.0:
        return line
    under_db = 20.0 * np.log10(np.maximum(heights, 1e-9 * most) / most)
    rounded = most * 10.0 ** (np.rint(under_db / step_db) * step_db / 20.0)
    coarse: np.ndarray = np.where(under_db < -60.0, 0.0, np.copysign(rounded, line))
    return coarse.astype(np.float32)


MU_LAW_PHONE = Perturbation(
    name="mu-law-phone",
    title="Telephone, μ-law",
    about="A telephone line: 8 kHz, 300 to 3,400 Hz, coded with 8 bits by μ-law (G.711).",
    media="sound",
    family="channel",
    steps={4: Phone(law="mu")},
    covers=("ser-tests: low quality phone (its band limit)",),
)

A_LAW_PHONE = Perturbation(
    name="a-law-phone",
    title="Telephone, A-law",
    about="A telephone line: 8 kHz, 300 to 3,400 Hz, coded with 8 bits by A-law (G.711).",
    media="sound",
    family="channel",
    steps={4: Phone(law="a")},
    covers=("ser-tests: low quality phone (its band limit)",),
)

LOW_QUALITY_PHONE = Perturbation(
    name="low-quality-phone",
    title="Poor call",
    about=(
        "A call that is compressed, limited to 300 to 3,400 Hz and coarsely coded, with noise "
        "above 3 kHz. The coder is equal steps of the logarithm, not AMR or GSM."
    ),
    media="sound",
    family="channel",
    steps={5: LowQualityPhone(step_db=9.0, snr_db=18.0)},
    covers=("ser-tests: low quality phone (without its AMR coder)",),
)

PACKET_LOSS = Perturbation(
    name="packet-loss",
    title="Lost packets",
    about="Packets of 20 ms are lost, each on its own, with silence in their place.",
    media="sound",
    family="channel",
    steps={
        1: PacketLoss(share=0.014),
        2: PacketLoss(share=0.048),
        3: PacketLoss(share=0.147),
        4: PacketLoss(share=0.3),
        5: PacketLoss(share=0.55),
    },
)

LOWER_RATE = Perturbation(
    name="lower-rate",
    title="Lower sampling rate",
    about="Resampled to a lower rate and back: what is above half of it is lost.",
    media="sound",
    family="channel",
    steps={
        1: LowerRate(to_hz=14_100),
        2: LowerRate(to_hz=12_700),
        3: LowerRate(to_hz=10_400),
        4: LowerRate(to_hz=7_400),
        5: LowerRate(to_hz=3_300),
    },
)
