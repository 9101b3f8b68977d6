"""Scrambling: what is kept and what is destroyed."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.domain import Media
from facevalue.perturb import PERTURBATIONS, Role
from facevalue.perturb.base import ImageChange, SoundChange
from facevalue.perturb.controls import (
    BoxScramble,
    PhaseScramble,
    PhaseScrambleSound,
    ReversedSpeech,
    UpsideDown,
)
from facevalue.perturb.measure import IMAGE_BANDS, image_similarity
from facevalue.perturb.measure_sound import sound_severity, spectral_distance
from support import require

SIZES = [(1, 1), (1, 5), (3, 2), (8, 8), (9, 17), (25, 25), (64, 97)]
IMAGE_CHANGES: list[ImageChange] = [PhaseScramble(), BoxScramble(), UpsideDown()]
SOUND_CHANGES: list[SoundChange] = [PhaseScrambleSound(), ReversedSpeech()]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def soft(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Noise of little contrast: nothing of it is cut off when scrambled."""
    values = rng(seed).normal(128.0, 12.0, (height, width, 3))
    return np.rint(values).clip(60, 196).astype(np.uint8)


def astronaut() -> np.ndarray:
    picture: np.ndarray = require("skimage.data").astronaut()
    return picture[:220, 110:330]


def spoken(n_samples: int = 16_000, n_channels: int = 2) -> np.ndarray:
    """A buzz that swells, as a stand-in for speech."""
    t = np.arange(n_samples) / 16_000
    buzz = sum(np.sin(2 * np.pi * 120 * k * t + k) / k for k in range(1, 20))
    swell = np.sin(2 * np.pi * 3 * t) ** 2
    return np.stack([0.15 * buzz * swell * (1 - 0.3 * c) for c in range(n_channels)]).astype(
        np.float32
    )


@pytest.mark.parametrize("change", IMAGE_CHANGES, ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("size", SIZES)
def test_pictures_keep_shape_and_the_original_stays(
    change: ImageChange, size: tuple[int, int]
) -> None:
    image = soft(*size)
    before = image.copy()
    changed = change.image(image, rng(1))
    assert (changed.shape, changed.dtype.name) == (image.shape, "uint8")
    assert not np.shares_memory(changed, image)
    assert (image == before).all()
    assert (changed == change.image(image, rng(1))).all()


@pytest.mark.parametrize("change", SOUND_CHANGES, ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("n_samples", [1, 2, 7, 16_000])
def test_sounds_keep_shape_and_the_original_stays(change: SoundChange, n_samples: int) -> None:
    sound = spoken(n_samples)
    before = sound.copy()
    changed = change.sound(sound, 16_000, rng(1))
    assert (changed.shape, changed.dtype.name) == (sound.shape, "float32")
    assert not np.shares_memory(changed, sound)
    assert (sound == before).all()
    assert np.abs(changed).max() <= 1.0
    assert (changed == change.sound(sound, 16_000, rng(1))).all()
    assert not change.sound(np.zeros_like(sound), 16_000, rng(1)).any()


@pytest.mark.parametrize("size", [(64, 64), (25, 31), (48, 47)])
def test_amplitudes_of_a_scrambled_picture_are_kept(size: tuple[int, int]) -> None:
    image = soft(*size)
    scrambled = PhaseScramble().image(image, rng(2))
    before, after = (np.abs(np.fft.fft2(i.astype(float), axes=(0, 1))) for i in (image, scrambled))
    # Rounding moves each of n pixels by up to a half: variance 1/12. Each coefficient is a sum of
    # n such, s.d. √(n / 12); six of those are exceeded by none of 3n.
    assert np.abs(after - before).max() < 6 * np.sqrt(image[:, :, 0].size / 12)
    assert (scrambled != image).mean() > 0.9
    # The mean colour is what the coefficient of frequency 0 says.
    assert scrambled.mean(axis=(0, 1)) == pytest.approx(image.mean(axis=(0, 1)), abs=0.1)


def test_colours_stay_together_when_phases_are_scrambled() -> None:
    grey = np.repeat(soft(32, 32)[:, :, :1], 3, axis=2)
    scrambled = PhaseScramble().image(grey, rng(3))
    assert (scrambled[:, :, 0] == scrambled[:, :, 1]).all()
    assert (scrambled[:, :, 0] == scrambled[:, :, 2]).all()
    uniform = np.full((16, 9, 3), (10, 200, 77), np.uint8)
    assert (PhaseScramble().image(uniform, rng(3)) == uniform).all()


def test_what_is_cut_off_of_a_photograph() -> None:
    image = astronaut()
    scrambled = PhaseScramble().image(image, rng(4))
    cut = ((scrambled == 0) | (scrambled == 255)).mean()
    # A photograph with deep shadows becomes normal noise of the same spread, some of it beyond
    # black and white: contrast falls by as much, and no more than a fifth.
    assert cut < 0.2
    assert 0.8 < scrambled.std() / image.std() <= 1.0


def test_squares_are_a_permutation() -> None:
    # 16 × 16 in squares of 2: 64 of them, each of its own grey.
    greys = np.arange(64, dtype=np.uint8).reshape(8, 8)
    image = np.repeat(greys.repeat(2, axis=0).repeat(2, axis=1)[:, :, None], 3, axis=2)
    scrambled = BoxScramble().image(image, rng(5))
    squares = scrambled[:, :, 0].reshape(8, 2, 8, 2).swapaxes(1, 2).reshape(64, 4)
    assert (squares == squares[:, :1]).all()
    assert sorted(squares[:, 0].tolist()) == list(range(64))
    # One square of 64 is expected to keep its place; more than six in 1 of 10,000 draws.
    assert int((squares[:, 0] == greys.ravel()).sum()) <= 6


@pytest.mark.parametrize("size", SIZES)
def test_no_pixel_is_lost_in_scrambling_boxes(size: tuple[int, int]) -> None:
    image = soft(*size)
    scrambled = BoxScramble().image(image, rng(6))

    def counted(i: np.ndarray) -> list[list[int]]:
        return sorted(i.reshape(-1, 3).tolist())

    assert counted(scrambled) == counted(image)


def test_what_remains_at_the_edges_is_shuffled_in_its_own_shape() -> None:
    # 17 × 17: squares of 2 up to 16; a strip of one pixel at the right, one below, one corner.
    image = soft(17, 17)
    scrambled = BoxScramble().image(image, rng(7))
    right, below = np.s_[:16, 16], np.s_[16, :16]
    for strip in (right, below):
        assert sorted(scrambled[strip].tolist()) == sorted(image[strip].tolist())
        assert (scrambled[strip] != image[strip]).any()
    assert (scrambled[16, 16] == image[16, 16]).all()


def test_half_a_turn_twice_is_the_picture() -> None:
    image = soft(5, 8)
    turned = UpsideDown().image(image, rng())
    assert (turned[0, 0] == image[4, 7]).all()
    assert (UpsideDown().image(turned, rng()) == image).all()


@pytest.mark.parametrize("n_samples", [16_000, 15_999])
def test_scrambled_speech_is_steady_noise_of_its_spectrum(n_samples: int) -> None:
    sound = spoken(n_samples)
    noise = PhaseScrambleSound().sound(sound, 16_000, rng(8))
    before, after = (np.abs(np.fft.rfft(s.astype(np.float64))) for s in (sound, noise))
    # float32 keeps samples to 2⁻²⁴ of their size: a sum of 16,000 of them to about 1e-5.
    assert np.abs(after - before).max() < 1e-4
    power = [
        np.mean(s[0, :15_840].astype(float).reshape(-1, 1_440) ** 2, axis=1) for s in (sound, noise)
    ]
    # What swelled three times a second is even now, by 90 ms.
    assert power[1].std() / power[1].mean() < 0.6 * power[0].std() / power[0].mean()
    # Both channels got the same phases: they are as alike as they were.
    assert np.corrcoef(noise)[0, 1] == pytest.approx(1.0, abs=1e-5)


def test_loud_speech_is_cut_off_at_full_scale() -> None:
    impulse = np.zeros((1, 64), np.float32)
    impulse[0, :] = np.where(np.arange(64) % 2, 1.0, -1.0)
    impulse[0, 32:] *= 0.2
    changed = PhaseScrambleSound().sound(impulse, 8_000, rng(9))
    assert np.abs(changed).max() <= 1.0


def test_backwards_twice_is_the_sound() -> None:
    sound = spoken()
    backwards = ReversedSpeech().sound(sound, 16_000, rng())
    assert (backwards[:, 0] == sound[:, -1]).all()
    assert (ReversedSpeech().sound(backwards, 16_000, rng()) == sound).all()
    before, after = (np.abs(np.fft.rfft(s.astype(np.float64))) for s in (sound, backwards))
    assert np.allclose(before, after, atol=1e-9)


def test_only_what_leaves_nothing_to_answer_is_a_control() -> None:
    roles = {
        "phase-scramble": Role.CONTROL,
        "box-scramble": Role.CONTROL,
        "phase-scramble-sound": Role.CONTROL,
        "upside-down": Role.NUISANCE,
        "reversed-speech": Role.RELIANCE,
    }
    assert {name: PERTURBATIONS[name].role for name in roles} == roles


@pytest.mark.parametrize("name", ["phase-scramble", "box-scramble", "upside-down"])
def test_severity_of_pictures_as_measured(name: str) -> None:
    require("skimage")
    perturbation = PERTURBATIONS[name]
    (severity,) = perturbation.severities
    image = astronaut()
    media = Media(item="a", sha256="0" * 64, image=image)
    changed = perturbation.at(severity, seed=0).apply(media).image
    assert changed is not None
    assert severity == 5
    assert image_similarity(image, changed) < IMAGE_BANDS[5][1]


@pytest.mark.parametrize("name", ["phase-scramble-sound", "reversed-speech"])
def test_severity_of_sounds_as_measured(name: str) -> None:
    perturbation = PERTURBATIONS[name]
    (severity,) = perturbation.severities
    # A buzz whose swell is not the same from both ends.
    sound = spoken(32_000) * np.linspace(0.05, 1.0, 32_000, dtype=np.float32) ** 2
    media = Media(item="a", sha256="0" * 64, sound=sound, rate_hz=16_000)
    changed = perturbation.at(severity, seed=0).apply(media).sound
    assert changed is not None
    assert sound_severity(spectral_distance(sound, changed, 16_000)) == severity == 5
