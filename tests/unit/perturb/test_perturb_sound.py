"""What each perturbation of sounds does."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import signal

from facevalue.perturb import PERTURBATIONS
from facevalue.perturb.base import SoundChange
from facevalue.perturb.sound_channel import LowerRate, PacketLoss, Phone, a_law, mu_law
from facevalue.perturb.sound_filters import MicrophoneColour, PassFilter, SpectralTilt
from facevalue.perturb.sound_level import (
    Clipping,
    CoarseSteps,
    DynamicCompression,
    Gain,
    InvertedPolarity,
)
from facevalue.perturb.sound_loudness import NOMINAL_LEVEL, active_level, sounding_part
from facevalue.perturb.sound_noise import AddedNoise, LeastChange
from facevalue.perturb.sound_room import Echo, Room
from facevalue.perturb.sound_sources import SOURCES
from facevalue.perturb.sound_time import Crop, Padding, TimeOffset
from sounds_support import vowels

RATE_HZ = 16_000
SER_TESTS = (
    "small changes, additive tone",
    "small changes, append zeros",
    "small changes, clip",
    "small changes, crop beginning",
    "small changes, crop end",
    "small changes, gain",
    "small changes, highpass filter",
    "small changes, lowpass filter",
    "small changes, prepend zeros",
    "small changes, white noise",
    "background noise, babble noise",
    "background noise, coughing",
    "background noise, environmental noise",
    "background noise, music",
    "background noise, sneezing",
    "background noise, white noise",
    "low quality phone",
    "recording condition",
    "simulated recording condition, position",
    "simulated recording condition, room",
    "spectral tilt, downward",
    "spectral tilt, upward",
)


def changed(change: SoundChange, sound: np.ndarray, seed: int = 0) -> np.ndarray:
    return change.sound(sound, RATE_HZ, np.random.default_rng(seed))


def decibels(ratio: float) -> float:
    return float(20.0 * np.log10(ratio))


def tone(hz: float, seconds: float = 1.0, amplitude: float = 0.2) -> np.ndarray:
    angle = 2.0 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(angle))[None, :].astype(np.float32)


def vowel() -> np.ndarray:
    sound = vowels(RATE_HZ)[0].sound
    assert sound is not None
    return sound


def octave_levels(sound: np.ndarray, edges_hz: tuple[float, ...]) -> list[float]:
    hz, power = signal.welch(sound, RATE_HZ, nperseg=1_024)
    return [
        float(10.0 * np.log10(power[(hz >= low) & (hz < high)].sum()))
        for low, high in pairwise(edges_hz)
    ]


# What is covered


def test_every_family_of_ser_tests_robustness_is_covered() -> None:
    covered = [text for name in PERTURBATIONS for text in PERTURBATIONS[name].covers]
    for family in SER_TESTS:
        assert any(text.startswith(f"ser-tests: {family}") for text in covered), family


# Level


def test_the_active_level_is_that_of_the_part_with_sound() -> None:
    sound = np.zeros((1, 3_200), dtype=np.float32)
    sound[0, 1_600:2_240] = 0.25
    assert active_level(sound, RATE_HZ) == 0.25
    assert sounding_part(sound, RATE_HZ) == (1_600, 2_240)


def test_a_last_frame_that_is_not_full_counts_with_its_own_mean() -> None:
    sound = np.zeros((1, 330), dtype=np.float32)
    sound[0, 320:] = 0.5
    assert active_level(sound, RATE_HZ) == 0.5
    assert sounding_part(sound, RATE_HZ) == (320, 330)


def test_gain_is_in_decibels_and_cut_off_at_full_scale() -> None:
    assert changed(Gain(gain_db=-20.0), tone(440)).max() == pytest.approx(0.02, abs=1e-4)
    louder = changed(Gain(gain_db=20.0), tone(440))
    assert np.mean(np.abs(louder) == 1.0) > 0.5


def test_clipping_cuts_the_share_of_samples_it_says_and_keeps_the_level() -> None:
    sound = vowel()
    cut = changed(Clipping(share=0.1), sound)
    n_sounding = np.count_nonzero(sound)
    at_the_top = np.abs(cut) > 0.9999 * np.abs(cut).max()
    assert np.count_nonzero(at_the_top) / n_sounding == pytest.approx(0.1, abs=0.002)
    assert active_level(cut, RATE_HZ) == pytest.approx(active_level(sound, RATE_HZ), rel=1e-3)


def test_compression_brings_soft_parts_nearer_to_loud_ones() -> None:
    sound = np.concatenate([tone(300, amplitude=0.02), tone(300, amplitude=0.4)], axis=1)
    flat = changed(DynamicCompression(ratio=2.0, threshold_db=-60.0), sound)
    levels = [
        active_level(flat[:, part], RATE_HZ)
        for part in (slice(4_000, 12_000), slice(20_000, 28_000))
    ]
    # 26 dB apart before; a ratio of 2 leaves 13.
    assert decibels(levels[1] / levels[0]) == pytest.approx(13.0, abs=0.3)


def test_coarse_steps_leave_few_levels() -> None:
    coarse = changed(CoarseSteps(step=0.25), tone(440, amplitude=0.8))
    assert len(np.unique(coarse)) == 9
    assert np.abs(coarse).max() == pytest.approx(0.8)


def test_inverted_polarity_turns_every_sign() -> None:
    assert np.array_equal(changed(InvertedPolarity(), vowel()), -vowel())


# Noise


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("silence_s", [0.0, 2.0])
def test_the_ratio_is_that_of_the_sounding_parts(kind: str, silence_s: float) -> None:
    silence = np.zeros((1, round(silence_s * RATE_HZ)), dtype=np.float32)
    sound = np.concatenate([silence, tone(440, 2.0, 0.05)], axis=1)
    noise = changed(AddedNoise(kind=kind, snr_db=10.0), sound) - sound
    ratio = active_level(sound, RATE_HZ) / active_level(noise, RATE_HZ)
    assert decibels(ratio) == pytest.approx(10.0, abs=0.05)


@pytest.mark.parametrize("kind", SOURCES)
def test_silence_gets_the_noise_that_speech_of_usual_level_would_get(kind: str) -> None:
    silent = changed(AddedNoise(kind=kind, snr_db=20.0), np.zeros((1, RATE_HZ), np.float32))
    assert decibels(NOMINAL_LEVEL) == pytest.approx(-26.0)
    assert decibels(active_level(silent, RATE_HZ)) == pytest.approx(-46.0, abs=0.01)


def test_noise_is_the_same_in_every_channel() -> None:
    sound = np.concatenate([tone(440), 0.5 * tone(700)])
    noise = changed(AddedNoise(kind="white", snr_db=10.0), sound) - sound
    assert np.allclose(noise[0], noise[1], atol=1e-6)


@pytest.mark.parametrize("kind", SOURCES)
def test_stronger_noise_is_the_same_noise(kind: str) -> None:
    sound = tone(440, amplitude=0.02)
    weak, strong = (changed(AddedNoise(kind=kind, snr_db=db), sound) - sound for db in (20.0, 0.0))
    assert np.allclose(10.0 * weak, strong, atol=1e-5)


def test_a_sum_beyond_full_scale_is_turned_down_as_a_whole() -> None:
    sound = tone(440, amplitude=1.0)
    noise = SOURCES["white"](RATE_HZ, RATE_HZ, np.random.default_rng(0))
    loud = changed(AddedNoise(kind="white", snr_db=0.0), sound)[0]
    wanted = sound[0] + noise * active_level(sound, RATE_HZ) / active_level(noise[None], RATE_HZ)
    assert np.abs(loud).max() == 1.0
    assert np.allclose(loud, wanted / np.abs(wanted).max(), atol=1e-5)


def test_white_noise_is_flat_and_pink_noise_has_equal_octaves() -> None:
    edges = (125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0)
    rng = np.random.default_rng(1)
    white = np.diff(octave_levels(SOURCES["white"](160_000, RATE_HZ, rng), edges))
    pink = np.diff(octave_levels(SOURCES["pink"](160_000, RATE_HZ, rng), edges))
    # An octave holds twice the frequencies of the one below: 3.01 dB more of white noise.
    assert white == pytest.approx(3.01, abs=0.5)
    assert pink == pytest.approx(0.0, abs=0.5)


def test_babble_has_the_slope_of_speech_and_rises_and_falls() -> None:
    babble = SOURCES["babble"](160_000, RATE_HZ, np.random.default_rng(1))
    levels = octave_levels(babble, (250.0, 500.0, 1_000.0, 2_000.0, 4_000.0))
    assert levels == sorted(levels, reverse=True)
    frames = np.square(babble.reshape(-1, 800)).mean(axis=1)
    white = np.square(SOURCES["white"](160_000, RATE_HZ, np.random.default_rng(1)).reshape(-1, 800))
    assert frames.std() / frames.mean() > 4 * white.mean(axis=1).std() / white.mean()


def test_hum_stands_at_multiples_of_50_hz_and_a_tone_at_one_place() -> None:
    for kind, n_lines in (("hum", 10), ("tone", 1)):
        sound = SOURCES[kind](RATE_HZ, RATE_HZ, np.random.default_rng(3))
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(RATE_HZ)))
        peaks, _ = signal.find_peaks(spectrum, height=0.05 * spectrum.max())
        assert len(peaks) == n_lines
        if kind == "hum":
            assert peaks.tolist() == list(range(50, 501, 50))


def test_the_pitch_of_a_tone_stays_under_half_the_rate() -> None:
    for seed in range(30):
        sound = SOURCES["tone"](8_000, 8_000, np.random.default_rng(seed))
        assert 399 <= np.argmax(np.abs(np.fft.rfft(sound))) <= 3_600


def test_music_changes_chord_every_four_tenths_of_a_second() -> None:
    music = SOURCES["music"](4 * RATE_HZ, RATE_HZ, np.random.default_rng(2))
    frames = np.square(music.reshape(-1, 160)).mean(axis=1)
    onsets, _ = signal.find_peaks(np.diff(np.log(frames + 1e-9)), height=1.0, distance=20)
    assert set(onsets % 40) <= {38, 39, 0, 1}


def test_coughs_are_few_and_sudden() -> None:
    coughs = SOURCES["coughs"](4 * RATE_HZ, RATE_HZ, np.random.default_rng(2))
    frames = np.square(coughs.reshape(-1, 320)).mean(axis=1)
    assert np.mean(frames > 0.03 * frames.max()) < 0.5
    assert (frames[1:] / (frames[:-1] + 1e-9)).max() > 100


def test_the_least_change_is_one_part_in_ten_million() -> None:
    sound = np.linspace(-0.2, 0.2, 10_000, dtype=np.float32)[None, :]
    change = changed(LeastChange(amplitude=1e-7), sound).astype(np.float64) - sound
    assert 0.5e-7 < np.abs(change).max() <= 1.1e-7
    assert np.mean(change != 0.0) > 0.8
    assert PERTURBATIONS["least-change-sound"].steps[1] == LeastChange(amplitude=1e-7)


# Rooms


def test_the_direct_sound_stands_over_the_reflections_as_asked() -> None:
    click = np.zeros((1, RATE_HZ), dtype=np.float32)
    click[0, 0] = 1.0
    energy = np.square(changed(Room(rt60_s=0.4, direct_to_reverb_db=6.0), click)[0].astype(float))
    assert 10 * np.log10(energy[0] / energy[1:].sum()) == pytest.approx(6.0, abs=0.01)


def test_reverberation_decays_by_60_db_in_its_time() -> None:
    click = np.zeros((1, RATE_HZ), dtype=np.float32)
    click[0, 0] = 1.0
    heard = changed(Room(rt60_s=0.8, direct_to_reverb_db=0.0), click)[0].astype(float)
    # Schroeder's backward integral, between 0.1 and 0.5 s: 60 · 0.4 / 0.8 = 30 dB.
    remaining = 10 * np.log10(np.cumsum(np.square(heard)[::-1])[::-1] + 1e-30)
    assert remaining[1_600] - remaining[8_000] == pytest.approx(30.0, abs=1.5)


def test_a_room_keeps_onset_and_level() -> None:
    heard = changed(Room(rt60_s=0.5, direct_to_reverb_db=10.0), vowel())
    assert np.flatnonzero(np.abs(heard[0]) > 1e-3)[0] >= np.flatnonzero(vowel()[0])[0]
    assert active_level(heard, RATE_HZ) == pytest.approx(active_level(vowel(), RATE_HZ), rel=1e-3)


def test_an_echo_comes_later_and_weaker() -> None:
    click = np.zeros((1, RATE_HZ), dtype=np.float32)
    click[0, 100] = 0.5
    heard = changed(Echo(delay_s=0.25, weaker_db=6.0), click)[0]
    assert np.flatnonzero(heard).tolist() == [100, 4_100]
    assert decibels(heard[100] / heard[4_100]) == pytest.approx(6.0, abs=0.01)


# Channel


def mu_levels() -> np.ndarray:
    # ITU-T G.711, table 2a: ((2 m + 33) · 2^s) − 33 for 8 segments s and 16 steps m.
    return np.array([((2 * m + 33) << s) - 33 for s in range(8) for m in range(16)])


def a_levels() -> np.ndarray:
    # ITU-T G.711, table 1a: 2 m + 1 in the first segment, (2 m + 33) · 2^(s − 1) in the others.
    first = [2 * m + 1 for m in range(16)]
    return np.array(first + [(2 * m + 33) << (s - 1) for s in range(1, 8) for m in range(16)])


def test_mu_law_gives_the_levels_of_its_table_and_no_others() -> None:
    inputs = np.arange(8_160)
    found = np.rint(mu_law(inputs / 8_159.0) * 8_159.0).astype(int)
    assert np.unique(found).tolist() == mu_levels().tolist()
    # Decision values 31 and 4,063 of the table: the first inputs of the segments after them.
    assert found[[0, 1, 30, 31, 4_062, 4_063, 8_159]].tolist() == [
        0,
        2,
        30,
        33,
        3_999,
        4_191,
        8_031,
    ]


def test_a_law_gives_the_levels_of_its_table_and_no_others() -> None:
    inputs = np.arange(4_097)
    found = np.rint(a_law(inputs / 4_096.0) * 4_096.0).astype(int)
    assert np.unique(found).tolist() == a_levels().tolist()
    assert found[[0, 1, 2, 63, 64, 2_047, 2_048, 4_096]].tolist() == [
        1, 1, 3, 63, 66, 2_016, 2_112, 4_032,
    ]  # fmt: skip


@pytest.mark.parametrize("law", [mu_law, a_law])
def test_either_law_treats_both_signs_alike(law: object) -> None:
    assert callable(law)
    heights = np.linspace(0.01, 1.0, 777)
    assert np.array_equal(law(-heights), -law(heights))


@pytest.mark.parametrize("law", ["mu", "a"])
def test_a_telephone_passes_its_band_only(law: str) -> None:
    phone = PERTURBATIONS[f"{law}-law-phone"].steps[4]
    assert isinstance(phone, Phone)
    assert phone.law == law
    for hz, passes in ((50.0, False), (1_000.0, True), (5_000.0, False)):
        heard = changed(phone, tone(hz))
        lost_db = decibels(0.2 / np.sqrt(2.0) / float(heard[0, 1_000:-1_000].std()))
        assert (lost_db < 1.0) if passes else (lost_db > 20.0)


def test_packets_lost_at_one_severity_are_lost_at_a_higher_one() -> None:
    sound = np.full((1, RATE_HZ), 0.5, dtype=np.float32)
    few, many = (changed(PacketLoss(share=share), sound)[0] == 0.0 for share in (0.1, 0.5))
    assert few.any()
    assert many[few].all()
    assert set(np.diff(np.flatnonzero(np.diff(few.astype(int)))) % 320) == {0}


def test_a_lower_rate_takes_what_is_above_half_of_it_and_nothing_else() -> None:
    low = LowerRate(to_hz=8_000)
    assert np.abs(changed(low, tone(6_000))[:, 500:-500]).max() < 0.002
    inner = slice(500, -500)
    assert changed(low, tone(1_000))[:, inner] == pytest.approx(tone(1_000)[:, inner], abs=1e-3)
    assert np.array_equal(changed(LowerRate(to_hz=RATE_HZ), vowel()), vowel())


# Filters


def test_a_filter_takes_one_side() -> None:
    low = PassFilter(side="low", cutoff_hz=1_000.0)
    high = PassFilter(side="high", cutoff_hz=1_000.0)
    for change, kept_hz, lost_hz in ((low, 200.0, 4_000.0), (high, 4_000.0, 200.0)):
        kept, lost = (
            float(changed(change, tone(hz))[0, 2_000:].std()) for hz in (kept_hz, lost_hz)
        )
        assert decibels(kept / lost) > 45.0


def test_a_low_pass_above_half_the_rate_changes_nothing() -> None:
    assert np.array_equal(changed(PassFilter(side="low", cutoff_hz=8_000.0), vowel()), vowel())


def test_a_high_pass_above_half_the_rate_leaves_nothing() -> None:
    assert not changed(PassFilter(side="high", cutoff_hz=8_000.0), vowel()).any()


def test_a_tilt_is_so_many_decibels_an_octave_at_the_same_level() -> None:
    sound = tone(500.0, amplitude=0.1) + tone(2_000.0, amplitude=0.1)
    tilted = changed(SpectralTilt(db_per_octave=-3.0), sound)
    spectrum = np.abs(np.fft.rfft(tilted[0]))
    assert decibels(spectrum[500] / spectrum[2_000]) == pytest.approx(6.0, abs=0.1)
    assert active_level(tilted, RATE_HZ) == pytest.approx(active_level(sound, RATE_HZ), rel=1e-3)


def test_no_filter_that_keeps_time_moves_the_sound() -> None:
    click = np.zeros((1, 4_001), dtype=np.float32)
    click[0, 2_000] = 0.5
    for change in (SpectralTilt(db_per_octave=-4.0), MicrophoneColour(spread_db=5.0)):
        assert int(np.abs(changed(change, click)[0]).argmax()) == 2_000


def test_microphones_differ_by_item_and_not_by_severity() -> None:
    sound = tone(500.0, amplitude=0.1) + tone(2_000.0, amplitude=0.1)

    def ratio_db(spread_db: float, seed: int) -> float:
        spectrum = np.abs(np.fft.rfft(changed(MicrophoneColour(spread_db=spread_db), sound, seed)))
        return decibels(float(spectrum[0, 500] / spectrum[0, 2_000]))

    assert ratio_db(4.0, 0) == pytest.approx(2 * ratio_db(2.0, 0), abs=0.05)
    assert ratio_db(4.0, 0) != pytest.approx(ratio_db(4.0, 1), abs=0.5)


# Time


def test_cropping_counts_from_where_the_sound_is_heard() -> None:
    sound = np.zeros((1, 6_400), dtype=np.float32)
    sound[0, 1_600:4_800] = 0.5
    start = changed(Crop(end="start", share=0.25), sound)[0]
    end = changed(Crop(end="end", share=0.25), sound)[0]
    assert (np.flatnonzero(start)[[0, -1]] == [2_400, 4_799]).all()
    assert (np.flatnonzero(end)[[0, -1]] == [1_600, 3_999]).all()


def test_a_sound_shorter_than_what_is_cut_becomes_silence() -> None:
    for change in (
        Crop(end="start", share=1.0),
        Crop(end="end", share=1.0),
        TimeOffset(seconds=1.0),
    ):
        assert not changed(change, tone(440, 0.1)).any()


def test_padding_adds_silence_and_keeps_every_sample() -> None:
    before = changed(Padding(end="start", seconds=0.1), vowel())
    after = changed(Padding(end="end", seconds=0.1), vowel())
    assert not before[:, :1_600].any()
    assert np.array_equal(before[:, 1_600:], vowel())
    assert np.array_equal(after[:, :-1_600], vowel())


def test_an_offset_moves_the_sound_ahead() -> None:
    moved = changed(TimeOffset(seconds=0.1), vowel())
    assert np.array_equal(moved[:, :-1_600], vowel()[:, 1_600:])
    assert not moved[:, -1_600:].any()
