"""Parts of sounds taken away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facevalue.dataset import DatasetSpec, open_dataset
from facevalue.domain import Media
from facevalue.perturb import PERTURBATIONS, Role
from facevalue.perturb.base import SoundChange
from facevalue.perturb.measure_sound import sound_severity, spectral_distance
from facevalue.perturb.reliance_sound import (
    TIME_MAP,
    Gate,
    HideSpan,
    KeepByGate,
    NoPitch,
    ShuffledSpeech,
    fades,
)
from support import require_data

RATE = 16_000
NAMES = [
    *("keep-pauses", "keep-speech", "no-pitch", "shuffled-speech"),
    *(f"hide-t{n}" for n in range(1, 9)),
]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def change_of(name: str) -> SoundChange:
    (severity,) = PERTURBATIONS[name].severities
    change = PERTURBATIONS[name].steps[severity]
    assert isinstance(change, HideSpan | KeepByGate | NoPitch | ShuffledSpeech)
    return change


def buzz(n_samples: int = 2 * RATE, pitch_hz: float = 125.0) -> np.ndarray:
    """A voice without words: harmonics of one pitch, as strong as 1/k."""
    t = np.arange(n_samples) / RATE
    harmonics = [np.sin(2 * np.pi * pitch_hz * k * t + k) / k for k in range(1, 30)]
    return np.asarray(np.sum(harmonics, axis=0))


def spoken() -> np.ndarray:
    """Two seconds of room noise with two stretches of voice, 0.5–0.9 s and 1.2–1.6 s."""
    sound = 0.001 * rng(5).standard_normal(2 * RATE)
    for start in (0.5, 1.2):
        part = slice(int(start * RATE), int((start + 0.4) * RATE))
        sound[part] += 0.2 * buzz()[part]
    return sound.astype(np.float32)[np.newaxis]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate_hz", [8_000, 44_100])
@pytest.mark.parametrize("n_samples", [1, 2, 7, 50, 16_000])
def test_shape_is_kept_and_the_original_stays(name: str, rate_hz: int, n_samples: int) -> None:
    sound = np.stack([spoken()[0, 9_000 : 9_000 + n_samples]] * 2)
    sound[1] *= 0.5
    before = sound.copy()
    changed = change_of(name).sound(sound, rate_hz, rng(1))
    assert (changed.shape, changed.dtype.name) == (sound.shape, "float32")
    assert np.isfinite(changed).all()
    assert np.abs(changed).max() <= 1.0
    assert (sound == before).all()
    assert not np.shares_memory(changed, sound)
    assert (changed == change_of(name).sound(sound, rate_hz, rng(1))).all()


@pytest.mark.parametrize("name", NAMES)
def test_silence_stays_silence(name: str) -> None:
    assert not change_of(name).sound(np.zeros((2, 4_000), np.float32), RATE, rng()).any()


def test_all_of_them_are_registered_as_reliance() -> None:
    for name in NAMES:
        found = PERTURBATIONS[name]
        assert (found.name, found.role, found.media) == (name, Role.RELIANCE, "sound")
    assert [p.name for p in TIME_MAP] == NAMES[4:]


def test_the_gate_opens_where_somebody_speaks() -> None:
    loud = Gate().loud(spoken(), RATE)
    starts, ends = (np.flatnonzero(np.diff(loud.astype(int)) == way) / RATE for way in (1, -1))
    # 30 ms of margin and up to 10 ms of the window's half before and after.
    assert starts == pytest.approx([0.465, 1.165], abs=0.006)
    assert ends == pytest.approx([0.935, 1.635], abs=0.006)


def test_steady_noise_has_no_pauses() -> None:
    noise = 0.1 * rng(1).standard_normal((1, RATE)).astype(np.float32)
    assert Gate().loud(noise, RATE).all()
    assert (change_of("keep-speech").sound(noise, RATE, rng()) == noise).all()
    assert not change_of("keep-pauses").sound(noise, RATE, rng()).any()


def test_pauses_and_speech_are_each_others_rest() -> None:
    sound = spoken()
    loud = Gate().loud(sound, RATE)
    pauses, speech = (
        change_of(name).sound(sound, RATE, rng())[0] for name in ("keep-pauses", "keep-speech")
    )
    assert not pauses[loud].any()
    assert not speech[~loud].any()
    # Away from the ramps of 5 ms, what is kept is as it was.
    away = ~np.convolve(np.abs(np.diff(loud, prepend=loud[0])), np.ones(200), "same").astype(bool)
    assert (pauses[~loud & away] == sound[0][~loud & away]).all()
    assert (speech[loud & away] == sound[0][loud & away]).all()


def test_fades_rise_from_what_is_not_kept() -> None:
    kept = np.array([True, True, True, False, False, True])
    # 5 ms at 600 Hz are three samples: quarters.
    assert fades(kept, 600).tolist() == [0.75, 0.5, 0.25, 0.0, 0.0, 0.25]
    assert fades(np.ones(3, bool), 600).tolist() == [1.0, 1.0, 1.0]
    assert fades(np.zeros(3, bool), 600).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("n_samples", [16_000, 8_003])
def test_eighths_cover_every_sample_once(n_samples: int) -> None:
    sound = np.ones((1, n_samples), np.float32)
    hidden = [change_of(f"hide-t{n}").sound(sound, RATE, rng())[0] != 1.0 for n in range(1, 9)]
    assert (np.sum(hidden, axis=0) == 1).all()
    assert {int(h.sum()) for h in hidden} <= {n_samples // 8, n_samples // 8 + 1}


def test_a_hidden_span_is_silent_between_its_ramps() -> None:
    sound = np.ones((1, 16_000), np.float32)
    middle = change_of("hide-t3").sound(sound, RATE, rng())[0]
    assert not middle[4_080:5_920].any()  # 4,000 to 6,000, less 80 samples on either side
    assert (np.diff(middle[4_000:4_081]) < 0).all()
    # The first begins with the sound: nothing rings out.
    first = change_of("hide-t1").sound(sound, RATE, rng())[0]
    assert not first[:1_920].any()


def test_pieces_are_a_permutation() -> None:
    # Eight pieces of a quarter of a second, each of its own height; 5 ms fade at both ends.
    heights = np.arange(1, 9, dtype=np.float32) / 10
    sound = np.repeat(heights, 4_000)[np.newaxis]
    mixed = ShuffledSpeech().sound(sound, RATE, rng(2))[0].reshape(8, 4_000)
    inner = mixed[:, 80:-80]
    assert (inner == inner[:, :1]).all()
    assert sorted(inner[:, 0].tolist()) == heights.tolist()
    assert inner[:, 0].tolist() != heights.tolist()
    assert (mixed[:, 0] < mixed[:, 40]).all()
    assert (mixed[:, -1] < mixed[:, 40]).all()


def test_what_is_shorter_than_two_pieces_is_left() -> None:
    sound = spoken()[:, 8_000:15_999]
    assert (ShuffledSpeech().sound(sound, RATE, rng()) == sound).all()


def likeness(sound: np.ndarray, lag: int) -> float:
    return float(np.corrcoef(sound[lag:], sound[:-lag])[0, 1])


@pytest.mark.parametrize("pitch_hz", [80.0, 125.0, 200.0, 400.0])
def test_pitch_is_gone(pitch_hz: float) -> None:
    sound = (0.2 * buzz(pitch_hz=pitch_hz)).astype(np.float32)[np.newaxis]
    hiss = NoPitch().sound(sound, RATE, rng(3))
    lag = round(RATE / pitch_hz)
    assert likeness(sound[0], lag) > 0.98
    # Two seconds of noise in bands of 450 Hz and more: s.d. of a correlation about
    # 1 / √(2 · 450 · 2) = 0.024 from the narrowest band alone.
    assert abs(likeness(hiss[0], lag)) < 0.12
    # Nor in its loudness, which would be heard as a buzz.
    envelope = np.abs(hiss[0].astype(np.float64))
    assert abs(likeness(envelope, lag)) < 0.12


def test_pitches_in_one_band_cannot_be_told_apart() -> None:
    def powers(pitch_hz: float) -> np.ndarray:
        sound = (0.2 * buzz(pitch_hz=pitch_hz)).astype(np.float32)[np.newaxis]
        power = np.abs(np.fft.rfft(NoPitch().sound(sound, RATE, rng(4))[0])) ** 2
        parts: np.ndarray = power[200:800].reshape(12, 50).sum(axis=1)  # 100 to 400 Hz, by 25 Hz
        return np.asarray(parts / parts.sum())

    # The same noise carries both: what differs is its overall loudness alone, but for what the
    # beating of harmonics does to the loudness of a band.
    assert np.abs(powers(150.0) - powers(170.0)).max() < 0.02


def test_loudness_over_time_and_over_frequency_stays() -> None:
    sound = spoken()
    hiss = NoPitch().sound(sound, RATE, rng(5))
    before, after = (
        np.log10(np.mean(s[0].astype(float).reshape(-1, 800) ** 2, axis=1) + 1e-8)
        for s in (sound, hiss)
    )
    # By 50 ms. Smoothing carries loudness over the edges of speech, into the parts beside it.
    beside = [9, 10, 17, 18, 23, 24, 31, 32]
    before, after = (np.delete(levels, beside) for levels in (before, after))
    # 50 ms hold 800 samples in bands of 450 Hz and more: s.d. of a level below 1.5 dB.
    assert 10 * np.abs(before - after).max() < 4.5
    power = [np.abs(np.fft.rfft(s[0].astype(float))) ** 2 for s in (sound, hiss)]
    for low, high in ((100, 450), (550, 900), (1_500, 1_900), (2_100, 2_700)):
        part = slice(2 * low, 2 * high)  # two coefficients a hertz
        assert power[1][part].sum() == pytest.approx(power[0][part].sum(), rel=0.35)


@pytest.fixture(scope="module")
def clips() -> list[tuple[np.ndarray, int]]:
    require_data("emodb-2s")
    found = open_dataset(DatasetSpec(id="voices", name="emodb-2s"), base=Path())
    media = found.media(found.items["item"].to_list()[::9])
    return [(m.sound, m.rate_hz) for m in media if isinstance(m, Media) and m.sound is not None
            and m.rate_hz is not None]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_severity_as_measured_on_speech(name: str, clips: list[tuple[np.ndarray, int]]) -> None:
    change = change_of(name)
    measured = np.mean(
        [spectral_distance(s, change.sound(s, rate, rng()), rate) for s, rate in clips]
    )
    assert (sound_severity(float(measured)),) == PERTURBATIONS[name].severities
