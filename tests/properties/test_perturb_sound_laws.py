"""Laws that every perturbation of sounds keeps, ours and those that are added later."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from facevalue.domain import Media
from facevalue.perturb import PERTURBATIONS, Applied, Perturbation, Role
from facevalue.perturb.measure_sound import (
    BELOW_THE_SCALE,
    SOUND_BANDS,
    spectral_distance,
)
from sounds_support import RATES_HZ, named, reference_clips, vowels
from support import require, require_data

SOUNDS = [name for name in PERTURBATIONS if PERTURBATIONS[name].media == "sound"]
NUISANCES = [name for name in SOUNDS if PERTURBATIONS[name].role is Role.NUISANCE]
SCALED = [name for name in NUISANCES if name not in BELOW_THE_SCALE]
LENGTHEN = {"pad-end", "pad-start"}
N_CLIPS = 12
SEED = 1


def noise(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-1.0, 1.0, shape).astype(np.float32)


def odd_sounds() -> dict[str, Media]:
    rng = np.random.default_rng(7)
    square = np.tile(np.repeat(np.array([1.0, -1.0], np.float32), 40), 50)[None, :]
    return {
        "silence": named(np.zeros((1, 4_000), np.float32), 8_000),
        "one sample": named(np.full((1, 1), 0.5, np.float32), 16_000),
        "one silent sample": named(np.zeros((1, 1), np.float32), 16_000),
        "two samples": named(np.array([[1.0, -1.0]], np.float32), 16_000),
        "half a window": named(noise((1, 150), rng), 16_000),
        "stereo": named(noise((2, 4_001), rng), 16_000),
        "one silent channel": named(
            noise((2, 3_000), rng) * np.array([[1.0], [0.0]], np.float32), 16_000
        ),
        "8 kHz": named(noise((1, 4_000), rng), 8_000),
        "11,025 Hz": named(noise((1, 3_003), rng), 11_025),
        "44.1 kHz": named(noise((1, 9_001), rng), 44_100),
        "full scale": named(square, 16_000),
        "almost silent": named(np.float32(1e-30) * noise((1, 4_000), rng), 16_000),
    }


ODD = odd_sounds()


def samples(media: Media) -> np.ndarray:
    assert media.sound is not None
    return media.sound


def distance(applied: Applied, media: Media) -> float:
    assert media.rate_hz is not None
    return spectral_distance(samples(media), samples(applied.apply(media)), media.rate_hz)


def mean_distances(perturbation: Perturbation, media: tuple[Media, ...]) -> list[float]:
    return [
        float(np.mean([distance(perturbation.at(k, seed=SEED), one) for one in media]))
        for k in perturbation.severities
    ]


def draws(applied: Applied, media: Media) -> bool:
    """Whether the change asks its generator for anything."""
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    change = applied.perturbation.steps[applied.severity]
    change.sound(samples(media), media.rate_hz or 0, rng)  # type: ignore[union-attr]  # a sound
    return bool(rng.bit_generator.state != before)


@pytest.fixture(scope="module")
def clips() -> tuple[Media, ...]:
    require("soundfile")
    require_data("emodb-2s")
    return reference_clips(N_CLIPS)


@pytest.mark.parametrize("name", SCALED)
def test_every_step_lies_in_its_band_and_a_higher_one_changes_more(
    name: str, clips: tuple[Media, ...]
) -> None:
    perturbation = PERTURBATIONS[name]
    means = mean_distances(perturbation, clips)
    for severity, mean in zip(perturbation.severities, means, strict=True):
        low, high = SOUND_BANDS[severity]
        assert low <= mean < high, severity
    assert means == sorted(set(means))


@pytest.mark.parametrize("name", sorted(BELOW_THE_SCALE))
def test_what_is_below_the_scale_has_one_step_and_changes_less_than_severity_1(
    name: str, clips: tuple[Media, ...]
) -> None:
    perturbation = PERTURBATIONS[name]
    assert perturbation.severities == (1,)
    assert mean_distances(perturbation, clips)[0] < SOUND_BANDS[1][0]
    assert "Below the scale" in perturbation.about


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("name", SCALED)
def test_a_higher_severity_changes_vowels_no_less_at_any_rate(name: str, rate_hz: int) -> None:
    means = mean_distances(PERTURBATIONS[name], vowels(rate_hz))
    assert all(b >= a - 0.05 for a, b in pairwise(means)), means


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("name", SOUNDS)
def test_any_sound_gives_samples_of_the_same_form_within_range(name: str, kind: str) -> None:
    before = samples(ODD[kind]).copy()
    for severity in PERTURBATIONS[name].severities:
        changed = samples(PERTURBATIONS[name].at(severity, seed=SEED).apply(ODD[kind]))
        assert changed.dtype == np.float32
        assert changed.flags.c_contiguous
        assert np.isfinite(changed).all()
        assert np.abs(changed).max() <= 1.0
        assert changed.shape[0] == before.shape[0]
        if name in LENGTHEN:
            assert changed.shape[1] > before.shape[1]
        else:
            assert changed.shape[1] == before.shape[1]
    assert np.array_equal(samples(ODD[kind]), before)


@pytest.mark.parametrize("name", SOUNDS)
def test_a_changed_sound_shares_no_memory_with_the_given_one(name: str) -> None:
    for media in (ODD["silence"], ODD["8 kHz"]):
        for severity in PERTURBATIONS[name].severities:
            changed = PERTURBATIONS[name].at(severity, seed=SEED).apply(media)
            assert not np.shares_memory(samples(changed), samples(media))


@pytest.mark.parametrize("name", SOUNDS)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    for severity in PERTURBATIONS[name].severities:
        first, second = (
            samples(PERTURBATIONS[name].at(severity, seed=SEED).apply(ODD["stereo"]))
            for _ in range(2)
        )
        assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("name", SOUNDS)
def test_another_seed_gives_other_bytes_where_anything_is_drawn(name: str) -> None:
    perturbation = PERTURBATIONS[name]
    media = vowels(16_000)[0]
    strongest = max(perturbation.severities)
    first, other = (samples(perturbation.at(strongest, seed=s).apply(media)) for s in (1, 2))
    assert (first.tobytes() != other.tobytes()) == draws(perturbation.at(strongest, seed=1), media)


@pytest.mark.parametrize("name", SOUNDS)
def test_every_severity_takes_its_draws_from_the_same_place(name: str) -> None:
    perturbation = PERTURBATIONS[name]
    media = vowels(16_000)[0]
    drawn = {draws(perturbation.at(k, seed=SEED), media) for k in perturbation.severities}
    assert len(drawn) == 1
