"""What is left when a part of a sound is taken away: the speech, the pauses, the pitch, a span.

What counts as speech is told by loudness alone: what comes within some decibels of the loudest
moment. Loud noise passes for speech, soft consonants pass for a pause; nothing is recognised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from facevalue.perturb.base import Perturbation, Role, SoundChange

__all__ = [
    "HIDE_T1",
    "HIDE_T2",
    "HIDE_T3",
    "HIDE_T4",
    "HIDE_T5",
    "HIDE_T6",
    "HIDE_T7",
    "HIDE_T8",
    "KEEP_PAUSES",
    "KEEP_SPEECH",
    "NO_PITCH",
    "SHUFFLED_SPEECH",
    "SPEECH",
    "TIME_MAP",
    "Gate",
    "HideSpan",
    "KeepByGate",
    "NoPitch",
    "ShuffledSpeech",
    "fades",
]

_RAMP_S = 0.005
_N_SPANS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Tells loud from quiet.

    Parameters
    ----------
    below_db
        How far under the loudest moment a moment may lie and still be loud.
    window_s
        Over how long loudness is taken, in seconds.
    margin_s
        How far before and after a loud moment all counts as loud, in seconds: the soft
        beginnings and ends of words.
    """

    below_db: float = 30.0
    window_s: float = 0.02
    margin_s: float = 0.03

    def loud(self, sound: np.ndarray, rate_hz: int) -> np.ndarray:
        """Return which samples are loud, shape ``(n_samples,)``; none of a silence.

        Examples
        --------
        >>> burst = np.zeros((1, 1000), np.float32)
        >>> burst[0, 500:600] = 0.5
        >>> loud = Gate(window_s=0.002, margin_s=0.01).loud(burst, 1000)
        >>> int(loud.argmax()), int(loud.sum())
        (490, 121)
        """
        from scipy import ndimage

        power = np.mean(np.square(sound, dtype=np.float64), axis=0)
        width = max(1, round(self.window_s * rate_hz))
        level = ndimage.uniform_filter1d(power, width, mode="constant")
        peak = float(level.max())
        if peak <= 0.0:
            return np.zeros(power.shape, dtype=bool)
        loud = level > peak * 10.0 ** (-self.below_db / 10.0)
        reach = 2 * round(self.margin_s * rate_hz) + 1
        return np.asarray(ndimage.maximum_filter1d(loud.astype(np.uint8), reach) > 0)


SPEECH = Gate()
"""What is taken to be speech."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepByGate:
    """The loud or the quiet parts of a sound, at their places, with silence between them.

    The parts taken away are gone to the last sample; the parts kept fade over 5 ms where they
    meet them. Their places in time stay, and with them the rhythm of the speech.

    Examples
    --------
    >>> sound = np.full((1, 400), 0.001, np.float32)
    >>> sound[0, 200:] = 0.5
    >>> gate = Gate(window_s=0.002, margin_s=0.0)
    >>> kept = KeepByGate(keep="quiet", gate=gate).sound(sound, 1000, np.random.default_rng(0))
    >>> float(kept[0, 100]) == float(sound[0, 100]), float(np.abs(kept[0, 200:]).max())
    (True, 0.0)
    """

    keep: Literal["loud", "quiet"]
    gate: Gate = SPEECH

    def sound(
        self,
        sound: np.ndarray,
        rate_hz: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return the sound with the other parts silenced."""
        loud = self.gate.loud(sound, rate_hz)
        kept = loud if self.keep == "loud" else ~loud
        return np.asarray(sound * fades(kept, rate_hz), dtype=np.float32)


def fades(kept: np.ndarray, rate_hz: int) -> np.ndarray:
    """Return weights: 0 where nothing is kept, from there rising to 1 within 5 ms.

    Parameters
    ----------
    kept
        Which samples are kept, shape ``(n_samples,)``.

    Examples
    --------
    >>> fades(np.array([False, True, True, True]), 200).tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    from scipy import ndimage

    ramp = max(1, round(_RAMP_S * rate_hz))
    if kept.all():
        return np.ones(kept.shape)
    # How far it is to the nearest sample that is not kept.
    away = ndimage.distance_transform_cdt(kept) if kept.any() else np.zeros(kept.shape)
    return np.asarray(np.minimum(away / (ramp + 1), 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class HideSpan:
    """A span of time silenced, with ramps of 5 ms inside of it.

    Parameters
    ----------
    start, end
        Its ends, in shares of the whole. Spans that share an end leave no sample out and cover
        none twice.

    Examples
    --------
    >>> sound = np.ones((1, 8), np.float32)
    >>> hide = HideSpan(start=0.25, end=0.75)
    >>> hide.sound(sound, 200, np.random.default_rng(0)).tolist()
    [[1.0, 1.0, 0.5, 0.0, 0.0, 0.5, 1.0, 1.0]]
    """

    start: float
    end: float

    def sound(
        self,
        sound: np.ndarray,
        rate_hz: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return the sound with the span silenced."""
        n_samples = sound.shape[1]
        first, last = (int(share * n_samples + 0.5) for share in (self.start, self.end))
        ramp = max(1, round(_RAMP_S * rate_hz))
        inside = np.arange(first, last)
        # At either end of the whole there is nothing to come from or to go to.
        before = inside - first + 1 if first > 0 else np.full(inside.shape, ramp + 1)
        after = last - inside if last < n_samples else np.full(inside.shape, ramp + 1)
        changed = sound.copy()
        weights = np.maximum(0.0, 1.0 - np.minimum(before, after) / (ramp + 1))
        changed[:, first:last] *= weights.astype(np.float32)
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffledSpeech:
    """The sound cut into short pieces, and the pieces in another order.

    Parameters
    ----------
    piece_s
        Length of a piece in seconds; what remains at the end stays at the end.

    References
    ----------
    Scherer (1971), Randomized splicing: a note on a simple technique for masking speech
    content, Journal of Experimental Research in Personality 5, 155–159. There, tape is cut by
    hand; here, the pieces are of one length and fade over 5 ms where they meet.

    Examples
    --------
    >>> sound = np.zeros((1, 8000), np.float32)
    >>> sound[0, :2000] = 0.5
    >>> mixed = ShuffledSpeech().sound(sound, 8000, np.random.default_rng(1))
    >>> int((mixed == 0.5).sum()), int((sound == 0.5).sum())
    (1920, 2000)
    """

    piece_s: float = 0.25

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound with its pieces in another order."""
        size = max(1, round(self.piece_s * rate_hz))
        n_pieces = sound.shape[1] // size
        if n_pieces < 2:
            return sound.copy()
        whole = n_pieces * size
        ramp = min(max(1, round(_RAMP_S * rate_hz)), size // 2)
        edge = (np.arange(size) + 0.5) / max(1, ramp)
        fade = np.minimum(1.0, np.minimum(edge, edge[::-1])).astype(np.float32)
        pieces = sound[:, :whole].reshape(sound.shape[0], n_pieces, size) * fade
        mixed = pieces[:, rng.permutation(n_pieces)].reshape(sound.shape[0], whole)
        return np.concatenate([mixed, sound[:, whole:]], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPitch:
    """Noise in the place of the voice: words and loudness stay, pitch goes.

    The sound is split into bands, each at least as wide as two steps between the harmonics of
    a voice, so that none of them follows one harmonic. White noise in the same band then takes
    on the loudness of the voice in it over time, smoothed so far that no single pulse of the
    voice is left. It sounds like whispering, and eight bands are enough to understand it.

    Parameters
    ----------
    smooth_s
        Standard deviation of the smoothing in time, by three running means, in seconds.

    References
    ----------
    Shannon, Zeng, Kamath, Wygonski and Ekelid (1995), Speech recognition with primarily
    temporal cues, Science 270, 303–304. There, up to four bands and envelopes up to 16 to
    500 Hz; here, eight bands of our choice, and loudness halved at about 22 Hz.

    Examples
    --------
    >>> buzz = np.zeros((1, 16000), np.float32)
    >>> buzz[0, ::100] = 0.9
    >>> hiss = NoPitch().sound(buzz, 16000, np.random.default_rng(0))
    >>> def likeness(sound): return float(np.corrcoef(sound[0, 100:], sound[0, :-100])[0, 1])
    >>> round(likeness(buzz), 2), abs(likeness(hiss)) < 0.1
    (1.0, True)
    """

    smooth_s: float = 0.008

    def sound(self, sound: np.ndarray, rate_hz: int, rng: np.random.Generator) -> np.ndarray:
        """Return the sound without its pitch; what lies under 50 Hz or over 8 kHz goes too."""
        n_channels, n_samples = sound.shape
        carrier = np.fft.rfft(rng.standard_normal(n_samples))
        spectra = np.fft.rfft(sound.astype(np.float64), axis=1)
        hz = np.fft.rfftfreq(n_samples, 1.0 / rate_hz)
        made = np.zeros((n_channels, n_samples))
        for weights in _bands(hz, rate_hz):
            noise = np.fft.irfft(carrier * weights, n=n_samples)
            parts = np.fft.irfft(spectra * weights, n=n_samples, axis=1)
            hiss = noise * np.sqrt(_smoothed(parts**2, self.smooth_s * rate_hz))
            made += hiss * _gain(parts, hiss)
        return np.asarray(made.clip(-1.0, 1.0), dtype=np.float32)


def _smoothed(power: np.ndarray, sigma: float) -> np.ndarray:
    """Return power smoothed over time by about a Gaussian, never below 0."""
    from scipy import ndimage

    # Three means over w samples have a variance of 3 (w² − 1) / 12.
    width = max(1, round((4.0 * sigma**2 + 1.0) ** 0.5))
    for _ in range(3):
        power = ndimage.uniform_filter1d(power, width, axis=1, mode="constant")
    return np.asarray(np.maximum(power, 0.0))


_SLOPE_HZ = 100.0
_BAND_EDGES_HZ = (50.0, 500.0, 950.0, 1_400.0, 2_000.0, 2_800.0, 4_000.0, 5_600.0, 8_000.0)


def _bands(hz: np.ndarray, rate_hz: int) -> Iterator[np.ndarray]:
    """Return the weight of every frequency in each band under half the rate.

    Bands pass into each other over 100 Hz: cut off sharply, they would ring into the pauses.
    """
    rising = [
        0.5 - 0.5 * np.cos(np.pi * ((hz - edge) / _SLOPE_HZ + 0.5).clip(0.0, 1.0))
        for edge in _BAND_EDGES_HZ
    ]
    for edge, low, high in zip(_BAND_EDGES_HZ, rising, rising[1:], strict=False):
        if edge < rate_hz / 2:
            yield low - high


def _gain(wanted: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Return what gives each channel the power that it had."""
    before, after = (np.mean(sound**2, axis=1, keepdims=True) for sound in (wanted, made))
    ratio = np.divide(before, after, out=np.zeros_like(before), where=after > 0.0)
    return np.asarray(np.sqrt(ratio))


def _sound(
    name: str, title: str, about: str, family: str, step: tuple[int, SoundChange]
) -> Perturbation:
    return Perturbation(
        name=name,
        title=title,
        about=about,
        media="sound",
        family=family,
        steps=dict([step]),
        role=Role.RELIANCE,
    )


KEEP_PAUSES = _sound(
    "keep-pauses",
    "Pauses without speech",
    "All that comes within 30 dB of the loudest moment is silenced. An answer can come only from "
    "breath, room and recording, and from when somebody spoke: what survives is not read from "
    "the voice.",
    "parts of the sound",
    (5, KeepByGate(keep="quiet")),
)
KEEP_SPEECH = _sound(
    "keep-speech",
    "Speech without pauses",
    "All that stays 30 dB under the loudest moment is silenced: what the voice says without the "
    "recording around it. Noise under the voice remains.",
    "parts of the sound",
    (1, KeepByGate(keep="loud")),
)
NO_PITCH = _sound(
    "no-pitch",
    "Pitch removed",
    "Noise takes the place of the voice in eight bands: words, rhythm and loudness stay, "
    "melody goes. What survives hangs on neither pitch nor voice quality.",
    "voice",
    (4, NoPitch()),
)
SHUFFLED_SPEECH = _sound(
    "shuffled-speech",
    "Pieces shuffled",
    "Cut into pieces of a quarter of a second in another order: no sentence is left; timbre, "
    "height and loudness of the voice stay. What survives does not hang on the sentence.",
    "voice",
    (5, ShuffledSpeech()),
)

# As measured: less is said at the beginning and towards the end of the reference clips.
_CHANGES_LESS = {1: 3, 7: 3, 8: 3}

TIME_MAP = tuple(
    _sound(
        f"hide-t{n}",
        f"Eighth {n} hidden",
        f"Eighth {n} of {_N_SPANS} of the sound is silenced: a map in time of what the answer "
        "hangs on.",
        "occlusion map",
        (_CHANGES_LESS.get(n, 4), HideSpan(start=(n - 1) / _N_SPANS, end=n / _N_SPANS)),
    )
    for n in range(1, _N_SPANS + 1)
)
"""The eighths of a sound, from the first to the last."""

HIDE_T1 = TIME_MAP[0]
HIDE_T2 = TIME_MAP[1]
HIDE_T3 = TIME_MAP[2]
HIDE_T4 = TIME_MAP[3]
HIDE_T5 = TIME_MAP[4]
HIDE_T6 = TIME_MAP[5]
HIDE_T7 = TIME_MAP[6]
HIDE_T8 = TIME_MAP[7]
