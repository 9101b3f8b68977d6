"""Control sounds."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facevalue.dataset import Dataset, DatasetSpec, open_dataset
from facevalue.dataset.control_sounds import control_sound
from facevalue.dataset.memory import MemorySounds
from facevalue.domain import Media
from facevalue.errors import ManifestError

KINDS = (
    *("silence", "dither", "tone", "chord", "sweep", "clicks", "white-noise", "pink-noise"),
    *("brown-noise", "speech-shaped-noise", "modulated-noise"),
)
LEVELLED = tuple(kind for kind in KINDS if kind not in ("silence", "dither", "clicks"))


def opened(**options: Any) -> Dataset:
    name = "generated-control-sounds"
    return open_dataset(DatasetSpec(id="here", name=name, options=options), base=Path())


def level_db(sound: np.ndarray) -> float:
    return float(10.0 * np.log10(np.mean(np.square(sound, dtype=np.float64))))


def octave_db(sound: np.ndarray, middle_hz: float, rate_hz: int = 16_000) -> float:
    """Return the mean power by hertz in the octave about a frequency, in dB."""
    power = np.abs(np.fft.rfft(sound[0].astype(np.float64))) ** 2
    hz = np.fft.rfftfreq(sound.shape[1], 1.0 / rate_hz)
    return float(
        10.0 * np.log10(power[(hz >= middle_hz / 2**0.5) & (hz < middle_hz * 2**0.5)].mean())
    )


def test_every_kind_is_there_and_silence_once() -> None:
    found = opened(n_per_kind=2, seconds=1)
    assert found.items["control"].to_list() == ["silence", *(k for k in KINDS[1:] for _ in (1, 2))]
    assert set(found.items["annotated"]) == {"none"}
    assert found.items["sha256"].n_unique() == found.items.height == 21
    assert found.attributes == ("control",)
    assert opened(n_per_kind=2, seconds=1).sha256 == found.sha256
    assert opened(n_per_kind=2, seconds=1, seed=1).sha256 != found.sha256


def test_sounds_reach_systems_with_their_rate() -> None:
    found = opened(n_per_kind=1, seconds=3, rate_hz=8_000, kinds=["tone"])
    (media,) = found.media(["control-tone-000"])
    assert isinstance(media, Media)
    assert media.sound is not None
    assert (media.sound.shape, media.sound.dtype.name) == ((1, 24_000), "float32")
    assert media.rate_hz == 8_000
    assert media.image is None


@pytest.mark.parametrize("rate_hz", [4_000, 16_000, 44_100])
@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_those_of_sixteen_bits(kind: str, rate_hz: int) -> None:
    sounds = [control_sound(kind, i, seconds=1, rate_hz=rate_hz) for i in range(6)]
    assert {(s.shape, s.dtype.name) for s in sounds} == {((1, rate_hz), "float32")}
    steps = np.concatenate(sounds) * 32_768.0
    assert (steps == np.rint(steps)).all()
    assert np.abs(steps).max() < 32_768  # nothing is cut off
    assert (sounds[5] == control_sound(kind, 5, seconds=1, rate_hz=rate_hz)).all()
    assert len({s.tobytes() for s in sounds}) == (1 if kind == "silence" else 6)


@pytest.mark.parametrize("kind", LEVELLED)
def test_levels_lie_where_they_are_drawn_from(kind: str) -> None:
    levels = [level_db(control_sound(kind, i)) for i in range(12)]
    # Rounding to 16 bits adds noise of −101 dB, which is nothing beside −36 dB.
    assert min(levels) > -36.01
    assert max(levels) < -17.99
    assert max(levels) - min(levels) > 6.0


def test_silence_and_the_faintest_noise() -> None:
    assert not control_sound("silence", 0).any()
    steps, counts = np.unique(control_sound("dither", 0, seconds=10) * 32_768, return_counts=True)
    assert steps.tolist() == [-1, 0, 1]
    # A quarter, a half, a quarter of 160,000: s.e. below 0.0013.
    assert counts / 160_000 == pytest.approx([0.25, 0.5, 0.25], abs=0.005)


def test_clicks_are_evenly_spaced() -> None:
    for i in range(5):
        (at,) = np.nonzero(control_sound("clicks", i)[0])
        assert len(set(np.diff(at).tolist())) == 1
        assert 1 <= 16_000 / np.diff(at)[0] <= 20.1


@pytest.mark.parametrize(("kind", "n_tones"), [("tone", 1), ("chord", 3)])
def test_tones_are_few_and_steady(kind: str, n_tones: int) -> None:
    power = np.abs(np.fft.rfft(control_sound(kind, 2)[0] * np.hanning(32_000))) ** 2
    peaks = (
        (power[1:-1] > power[:-2]) & (power[1:-1] > power[2:]) & (power[1:-1] > 1e-3 * power.max())
    )
    assert int(peaks.sum()) == n_tones


def test_a_sweep_rises_or_falls_by_octaves() -> None:
    def middle_hz(part: np.ndarray) -> float:
        return float(np.abs(np.fft.rfft(part)).argmax() * 16_000 / part.size)

    for i in range(4):
        at = [middle_hz(part) for part in np.split(control_sound("sweep", i)[0], 8)]
        ratios = np.divide(at[1:], at[:-1])
        assert (ratios > 1.2).all() or (ratios < 1 / 1.2).all()
        # Evenly in octaves: steps alike, but for the width of what 4,000 samples resolve, 4 Hz.
        assert ratios[2:5].std() / ratios[2:5].mean() < 0.15


@pytest.mark.parametrize(
    ("kind", "db_per_octave"), [("white-noise", 0.0), ("pink-noise", -3.01), ("brown-noise", -6.02)]
)
def test_noise_has_the_spectrum_of_its_name(kind: str, db_per_octave: float) -> None:
    sound = control_sound(kind, 0, seconds=20)
    low, high = octave_db(sound, 250.0), octave_db(sound, 2_000.0)
    # 3,500 frequencies in the lower octave: s.e. 4.34 / √3,500 = 0.07 dB. Three octaves.
    # The mean over an octave is a bit above its middle, alike in both.
    assert high - low == pytest.approx(3 * db_per_octave, abs=0.3)


def test_speech_shaped_noise_has_the_standard_spectrum() -> None:
    sound = control_sound("speech-shaped-noise", 0, seconds=20)
    # ANSI S3.5-1997, table 3: 34.27 at 500 Hz, 17.32 at 2 kHz. An octave holds the third-octaves
    # beside the middle as well: 34.59, 34.27, 32.06 and 20.15, 17.32, 13.18 → means of power,
    # weighted by their widths (0.8 : 1 : 1.26), of 33.6 and 17.3 dB.
    assert octave_db(sound, 500.0) - octave_db(sound, 2_000.0) == pytest.approx(16.3, abs=0.6)


def test_modulated_noise_swells_four_times_a_second() -> None:
    sound = control_sound("modulated-noise", 0)[0].astype(np.float64)
    power = np.mean(sound.reshape(-1, 160) ** 2, axis=1)  # by 10 ms, over 2 s
    rhythm = np.abs(np.fft.rfft(power - power.mean()))
    assert int(rhythm.argmax()) == 8  # cycles in two seconds


def test_nothing_lies_below_what_can_be_heard() -> None:
    for kind in ("brown-noise", "speech-shaped-noise"):
        sound = control_sound(kind, 0)[0]
        power = np.abs(np.fft.rfft(sound.astype(np.float64))) ** 2
        assert power[:80].sum() < 1e-6 * power.sum()  # steps of half a hertz: below 40 Hz


def test_what_whole_numbers_make_never_changes() -> None:
    made = b"".join(
        control_sound(kind, i, seconds=1).astype("<f4").tobytes()
        for kind in ("dither", "clicks")
        for i in range(3)
    )
    assert hashlib.sha256(made).hexdigest() == WHOLE_NUMBERS_SHA256


WHOLE_NUMBERS_SHA256 = "e883e39d81e5969ce1645d0c9d77fcd7d0dc8f56f678730a41669a0aba1ed456"


def test_options_are_checked() -> None:
    with pytest.raises(ManifestError) as caught:
        opened(seconds=0, rate_hz=1e4, kinds=["tones"])
    assert str(caught.value) == (
        "dataset generated-control-sounds: 3 problem(s)\n"
        "  options.seconds: found 0; expected a whole number from 1 to 60 [bad_option]\n"
        "  options.rate_hz: found 10000.0; expected a whole number from 4000 to 96000 "
        "[bad_option]\n"
        "  options.kinds: found 'tones'. Did you mean 'tone'? There are: silence, dither, tone, "
        "chord, sweep, clicks, white-noise, pink-noise, brown-noise, speech-shaped-noise, "
        "modulated-noise [bad_option]"
    )


def test_sounds_in_memory_are_told_apart_by_samples_and_rate() -> None:
    samples = {"a": np.zeros((1, 4), np.float32), "b": np.zeros((2, 2), np.float32)}
    at_8k, at_16k = (
        MemorySounds(sound=samples.__getitem__, rate_hz=rate).digests(["a", "b", None])
        for rate in (8_000, 16_000)
    )
    assert at_8k[2] is None
    assert len({at_8k[0], at_8k[1], at_16k[0], at_16k[1]}) == 4
    bare = MemorySounds(sound=samples.__getitem__, rate_hz=8_000).load("x", "0" * 64, None)
    assert (bare.sound, bare.rate_hz) == (None, None)
