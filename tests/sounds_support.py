"""Sounds that perturbations are calibrated and tested on."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from facevalue.canonical import digest_bytes
from facevalue.dataset import DatasetSpec, open_dataset
from facevalue.domain import Media

__all__ = ["N_CLIPS", "RATES_HZ", "SEED", "named", "reference_clips", "vowels"]

SEED = 20261130
N_CLIPS = 60
RATES_HZ = (8_000, 16_000, 44_100)

_FORMANTS_HZ = {"a": (730.0, 1_090.0, 2_440.0), "i": (270.0, 2_290.0, 3_010.0)}
"""Peterson & Barney (1952), table II, men."""


@cache
def reference_clips(n: int = N_CLIPS) -> tuple[Media, ...]:
    """Return the first ``n`` of the 60 clips of emodb-2s that the seed chooses."""
    dataset = open_dataset(DatasetSpec(id="emodb", name="emodb-2s"), base=Path())
    items = sorted(dataset.items["item"].to_list())
    chosen = np.random.default_rng(SEED).choice(len(items), N_CLIPS, replace=False)[:n]
    found = dataset.media([items[i] for i in chosen])
    return tuple(media for media in found if isinstance(media, Media))


@cache
def vowels(rate_hz: int) -> tuple[Media, ...]:
    """Return two vowels of 0.6 s made by arithmetic, with a falling pitch and silence around."""
    return tuple(
        named(_vowel(rate_hz, pitch_hz, formants), rate_hz)
        for pitch_hz, formants in zip((120.0, 210.0), _FORMANTS_HZ.values(), strict=True)
    )


def named(sound: np.ndarray, rate_hz: int) -> Media:
    """Return samples as an item whose digest is theirs."""
    sha256 = digest_bytes(np.ascontiguousarray(sound).tobytes())
    return Media(item="sound", sha256=sha256, sound=sound, rate_hz=rate_hz)


def _vowel(rate_hz: int, pitch_hz: float, formants_hz: tuple[float, ...]) -> np.ndarray:
    seconds = np.arange(round(0.6 * rate_hz)) / rate_hz
    turns = pitch_hz * (seconds - 0.15 * np.square(seconds))
    sound = np.zeros(len(seconds))
    for multiple in range(1, int(min(8_000.0, rate_hz / 2) / pitch_hz)):
        hz = multiple * pitch_hz
        peaks = sum(1.0 / (1.0 + ((hz - formant) / 80.0) ** 2) for formant in formants_hz)
        sound += (peaks + 0.01) / multiple * np.sin(2.0 * np.pi * multiple * turns)
    rise = np.minimum(1.0, np.minimum(seconds, seconds[::-1]) / 0.03)
    sound *= rise * 0.6 / np.abs(sound).max()
    silence = np.zeros(round(0.1 * rate_hz))
    return np.concatenate([silence, sound, silence])[None, :].astype(np.float32)
