"""The measure of how much a sound has changed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facevalue.perturb.measure_sound import (
    FLOOR_DB,
    SOUND_BANDS,
    sound_severity,
    spectral_distance,
)
from sounds_support import RATES_HZ, vowels


def hiss(n_samples: int = 16_000, seed: int = 0, n_channels: int = 1) -> np.ndarray:
    draws = np.random.default_rng(seed).normal(0.0, 0.1, (n_channels, n_samples))
    return draws.clip(-1.0, 1.0).astype(np.float32)


def test_equal_sounds_differ_by_nothing() -> None:
    assert spectral_distance(hiss(), hiss(), 16_000) == 0.0


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_half_the_amplitude_of_a_steady_wide_sound_is_six_decibels(rate_hz: int) -> None:
    # 20 log10(2) = 6.02 in every band at every instant: no band of noise reaches the floor.
    assert spectral_distance(hiss(), hiss() / 2, rate_hz) == pytest.approx(6.0206, abs=1e-3)


def test_a_common_level_changes_nothing() -> None:
    a, b = hiss(), hiss() / 2
    expected = spectral_distance(a, b, 16_000)
    assert spectral_distance(a / 100, b / 100, 16_000) == pytest.approx(expected, abs=1e-3)


def test_silence_around_both_sounds_does_not_lower_the_distance() -> None:
    # Silence of whole windows, so that every window sees what it saw before; those across the
    # edges see less of both sounds, in the same proportion.
    silence = np.zeros((1, 16_000), dtype=np.float32)
    a, b = (np.concatenate([silence, x, silence], axis=1) for x in (hiss(), hiss() / 2))
    assert spectral_distance(a, b, 16_000) == pytest.approx(6.02, abs=0.05)


def test_a_shorter_sound_is_taken_to_be_followed_by_silence() -> None:
    longer = np.concatenate([hiss(), np.zeros((1, 8_000), np.float32)], axis=1)
    assert spectral_distance(hiss(), longer, 16_000) == 0.0
    assert spectral_distance(longer, hiss(), 16_000) == 0.0


def test_sound_against_silence_reaches_towards_the_floor() -> None:
    distance = spectral_distance(hiss(), np.zeros((1, 16_000), np.float32), 16_000)
    assert 40.0 < distance < FLOOR_DB


def test_silences_do_not_differ() -> None:
    silence = np.zeros((2, 100), np.float32)
    assert spectral_distance(silence, silence[:, :1], 8_000) == 0.0


def test_a_change_far_under_the_loudest_band_counts_for_nothing() -> None:
    loud = vowels(16_000)[0].sound
    assert loud is not None
    # 60 dB under the strongest band of a vowel is about 1e-3 of its amplitude.
    assert spectral_distance(loud, loud + 1e-6 * hiss(loud.shape[1]), 16_000) < 0.01


def test_a_late_sound_is_a_changed_sound() -> None:
    vowel = vowels(16_000)[0].sound
    assert vowel is not None
    moved = [spectral_distance(vowel, np.roll(vowel, n, axis=1), 16_000) for n in (16, 160, 800)]
    assert moved == sorted(moved)
    assert moved[0] > 0.1


def test_channels_count_equally() -> None:
    # One of two channels differs by 6.02 dB, so the root mean square is 6.02 / √2 = 4.26.
    a = np.repeat(hiss(), 2, axis=0)
    b = a * np.array([[1.0], [0.5]], np.float32)
    assert spectral_distance(a, b, 16_000) == pytest.approx(6.0206 / np.sqrt(2.0), abs=1e-3)


def test_sounds_of_other_channels_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="2 and 1 channels cannot be compared"):
        spectral_distance(hiss(n_channels=2), hiss(), 16_000)


@given(
    seed=st.integers(0, 2**32 - 1),
    n_samples=st.integers(1, 2_000),
    gain=st.floats(0.01, 1.0),
    rate_hz=st.sampled_from(RATES_HZ),
)
@settings(max_examples=40, deadline=None)
def test_the_distance_is_the_same_both_ways_and_within_the_floor(
    seed: int, n_samples: int, gain: float, rate_hz: int
) -> None:
    a = hiss(n_samples, seed)
    b = np.float32(gain) * hiss(n_samples, seed + 1)
    there, back = spectral_distance(a, b, rate_hz), spectral_distance(b, a, rate_hz)
    assert there == back
    assert 0.0 <= there <= FLOOR_DB


def test_the_bands_follow_each_other_without_a_gap() -> None:
    bands = list(SOUND_BANDS.values())
    assert list(SOUND_BANDS) == [1, 2, 3, 4, 5]
    assert all(a[1] == b[0] for a, b in pairwise(bands))


def test_a_distance_has_the_severity_of_its_band() -> None:
    found = [sound_severity(db) for db in (0.0, 0.69, 0.7, 1.99, 2.0, 4.0, 7.0, 11.0, 60.0)]
    assert found == [0, 0, 1, 1, 2, 3, 4, 5, 5]
