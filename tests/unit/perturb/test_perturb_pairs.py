"""Changes that need a partner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facevalue.canonical import canonical_json
from facevalue.dataset import DatasetSpec, open_dataset
from facevalue.domain import Media
from facevalue.errors import InputError
from facevalue.perturb.measure import IMAGE_BANDS, image_similarity
from facevalue.perturb.measure_sound import sound_severity, spectral_distance
from facevalue.perturb.pairs import (
    PAIRS,
    PairPerturbation,
    SwapBackground,
    SwapFace,
    SwapPauses,
)
from facevalue.perturb.partners import choose_partners
from facevalue.perturb.reliance import Ellipse
from support import require, require_data

RATE = 16_000


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def uniform(grey: int, height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), grey, np.uint8)


def picture(name: str, grey: int, size: tuple[int, int] = (32, 32)) -> Media:
    return Media(item=name, sha256=name * 64, image=uniform(grey, *size), path="/a/file.png")


def speech(seed: int = 0, noise: float = 0.0005) -> np.ndarray:
    """Two seconds: background noise, and a loud second from 0.5 s on."""
    sound = noise * rng(seed).standard_normal(2 * RATE)
    sound[8_000:24_000] += 0.2 * rng(seed + 1).standard_normal(16_000)
    return sound.clip(-1, 1).astype(np.float32)[np.newaxis]


def test_every_pair_perturbation_is_there_with_its_comparison() -> None:
    assert list(PAIRS) == [
        "swap-background",
        "swap-background-same-label",
        "swap-face",
        "swap-face-same-label",
        "swap-pauses",
        "swap-pauses-same-label",
    ]
    for name, found in PAIRS.items():
        assert found.name == name
        twin = PAIRS[name.removesuffix("-same-label")]
        assert (found.change, found.severity, found.media) == (
            twin.change,
            twin.severity,
            twin.media,
        )
        assert (found.partner == "same-label") == name.endswith("-same-label")


@pytest.mark.parametrize("name", list(PAIRS))
def test_the_words_of_a_swap_say_what_it_does_and_nothing_of_another(name: str) -> None:
    found = PAIRS[name]
    said = f"{found.title} {found.about}"
    part = name.removesuffix("-same-label").removeprefix("swap-")
    words = {"background": "Another background", "face": "Another face", "pauses": "Pauses of"}
    assert found.title.startswith(words[part])
    assert ("background" in said) is (part == "background")
    assert ("same label" in said) is (found.partner == "same-label")
    if found.partner == "same-label":
        assert found.about.endswith(
            f"swap-{part} is held against it, which does the same and brings another label."
        )


def test_the_middle_and_the_border_of_a_swap() -> None:
    this, other = uniform(40, 40, 30), uniform(200, 40, 30)
    before = SwapBackground().image_pair(this, other, rng())[:, :, 0]
    assert (before[20, 15], before[0, 0], before[39, 29]) == (40, 200, 200)
    after = SwapFace().image_pair(this, other, rng())[:, :, 0]
    # 40 + 200 = 240: what one keeps the other takes.
    assert (before.astype(int) + after == 240).all()
    assert len(np.unique(before)) > 5  # the edge is soft


def test_the_soft_edge_is_half_on_the_ellipse() -> None:
    # Middle 25, half axis 0.4 · 50 = 20: pixel 44 has its middle 19.5 away, 45 has 20.5. Depths
    # 0.025 and −0.025, over 0.2, plus a half: 0.625 and 0.375.
    ellipse = Ellipse(half_width=0.4, half_height=40.0)
    row = SwapBackground(ellipse=ellipse).image_pair(uniform(200, 1, 50), uniform(0, 1, 50), rng())[
        0, :, 0
    ]
    assert row[44:46].tolist() == [125, 75]
    # Half of the edge on either side: depth 0.1 is 18 from the middle, −0.1 is 22.
    assert (row[[42, 47]] == [200, 0]).all()


@pytest.mark.parametrize("size", [(1, 1), (2, 7), (25, 25), (64, 20)])
@pytest.mark.parametrize("other_size", [(1, 1), (9, 4), (120, 200)])
def test_pictures_of_any_size_go_together(
    size: tuple[int, int], other_size: tuple[int, int]
) -> None:
    this, other = uniform(10, *size), uniform(90, *other_size)
    for change in (SwapBackground(), SwapFace()):
        made = change.image_pair(this, other, rng())
        assert (made.shape, made.dtype.name) == (this.shape, "uint8")
        assert not np.shares_memory(made, this)
        assert set(np.unique(made)) <= set(range(10, 91))
    assert (this == 10).all()
    assert (other == 90).all()


def test_the_other_picture_is_cut_and_not_stretched() -> None:
    # Twice as wide as high; of its eight columns the middle four are used.
    other = np.repeat(np.arange(8, dtype=np.uint8)[None, :, None] * 30, 4, axis=0).repeat(3, axis=2)
    this = uniform(0, 4, 4)
    nothing = Ellipse(half_width=1e-3, half_height=1e-3)
    made = SwapBackground(ellipse=nothing).image_pair(this, other, rng())
    assert made[0, :, 0].tolist() == [60, 90, 120, 150]


def test_pauses_take_on_the_others_background() -> None:
    # The other recording hums at 1 kHz in its pauses.
    hum = 0.01 * np.sin(2 * np.pi * 1_000 * np.arange(2 * RATE) / RATE)
    this, other = speech(), speech(2, noise=0.0) + hum[np.newaxis].astype(np.float32)
    made = SwapPauses().sound_pair(this, RATE, other, RATE, rng(3))
    assert (made.shape, made.dtype.name) == (this.shape, "float32")
    # Speech is left to the last bit; the gate has 30 ms of margin.
    assert (made[0, 8_000:24_000] == this[0, 8_000:24_000]).all()
    pause = made[0, :7_000].astype(np.float64)
    # A sine of amplitude 0.01 has a root mean square of 0.0071. As noise in a band of about
    # 1 / 32 ms = 31 Hz, over 0.44 s: some 14 draws, so to ± 25 %.
    assert pause.std() == pytest.approx(0.0071, rel=0.3)
    power = np.abs(np.fft.rfft(pause)) ** 2
    hz = np.fft.rfftfreq(pause.size, 1 / RATE)
    assert power[np.abs(hz - 1_000) < 100].sum() > 0.95 * power.sum()


def test_levels_of_backgrounds_are_those_of_the_other() -> None:
    for rate_hz in (8_000, 16_000, 48_000):
        room = 0.02 * rng(4).standard_normal((2, 2 * rate_hz)).astype(np.float32)
        room[1] = room[0]
        made = SwapPauses(quietest=1.0).sound_pair(speech(), RATE, room, rate_hz, rng(5))
        density = 0.02**2 / (rate_hz / 2)  # power by hertz
        wanted = np.sqrt(density * min(rate_hz, RATE) / 2)
        # 7,000 samples: s.e. of a root mean square below 1.5 %, its band edges 1 %.
        assert made[0, :7_000].std() == pytest.approx(wanted, rel=0.05)


def test_what_has_no_pause_stays_and_silence_gives_silence() -> None:
    steady = (0.1 * rng(6).standard_normal((1, RATE))).astype(np.float32)
    assert (SwapPauses().sound_pair(steady, RATE, speech(), RATE, rng()) == steady).all()
    quiet = np.zeros((1, RATE), np.float32)
    made = SwapPauses().sound_pair(speech(), RATE, quiet, RATE, rng())
    assert not made[0, :7_000].any()
    assert not SwapPauses().sound_pair(quiet, RATE, quiet, RATE, rng()).any()


@pytest.mark.parametrize("n_samples", [1, 3, 500])
@pytest.mark.parametrize("n_others", [1, 3, 500])
def test_sounds_of_any_length_go_together(n_samples: int, n_others: int) -> None:
    this, other = speech()[:, :n_samples], speech(1)[:, 10_000 : 10_000 + n_others]
    made = SwapPauses().sound_pair(this, 8_000, other, 44_100, rng())
    assert (made.shape, made.dtype.name) == (this.shape, "float32")
    assert np.isfinite(made).all()
    assert np.abs(made).max() <= 1.0


def test_applied_to_media_it_is_the_same_item_and_another_digest() -> None:
    swap = PAIRS["swap-background"].with_seed(7)
    this, other = picture("a", 40), picture("b", 200)
    made = swap.apply(this, other)
    assert (made.item, made.path) == ("a", None)
    assert made.sha256 == swap.apply(this, other).sha256
    assert made.image is not None
    assert made.image[16, 16, 0] == 40
    digests = {
        made.sha256,
        swap.apply(this, picture("c", 200)).sha256,
        swap.apply(other, this).sha256,
        PAIRS["swap-background"].with_seed(8).apply(this, other).sha256,
        PAIRS["swap-background-same-label"].with_seed(7).apply(this, other).sha256,
        PAIRS["swap-face"].with_seed(7).apply(this, other).sha256,
    }
    assert len(digests) == 6


def test_the_same_pair_and_seed_give_the_same_sound() -> None:
    this, other = (
        Media(item=name, sha256=name * 64, sound=speech(i), rate_hz=RATE)
        for i, name in enumerate("ab")
    )
    swap = PAIRS["swap-pauses"]

    def made(seed: int) -> list[list[float]]:
        changed = swap.with_seed(seed).apply(this, other).sound
        assert changed is not None
        return [[float(sample) for sample in channel] for channel in changed]

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_the_identity_can_be_written_down() -> None:
    swap = PAIRS["swap-pauses"].with_seed(3)
    assert swap.condition == "swap-pauses:1"
    assert swap.identity == {
        "name": "swap-pauses",
        "version": 1,
        "severity": 1,
        "parameters": {
            "gate": {"below_db": 30.0, "window_s": 0.02, "margin_s": 0.03},
            "quietest": 0.1,
        },
        "partner": "other-label",
        "seed": 3,
    }
    for found in PAIRS.values():
        canonical_json(found.with_seed(0).identity)


def test_media_of_another_kind_are_refused() -> None:
    sound = Media(item="s", sha256="s" * 64, sound=speech(), rate_hz=RATE)
    for name, these, kind in (
        ("swap-face", (picture("a", 1), sound), "pictures"),
        ("swap-face", (sound, picture("a", 1)), "pictures"),
        ("swap-pauses", (picture("a", 1), sound), "sounds"),
        ("swap-pauses", (sound, picture("a", 1)), "sounds"),
    ):
        with pytest.raises(InputError) as caught:
            PAIRS[name].with_seed(0).apply(*these)
        assert str(caught.value) == f"{name} changes {kind}, and this is none"


def test_a_severity_is_one_of_five() -> None:
    with pytest.raises(ValueError, match=r"^odd: the severity is one from 1 to 5$"):
        PairPerturbation(
            name="odd",
            title="Odd",
            about="Odd.",
            media="image",
            family="swaps",
            severity=6,
            change=SwapFace(),
            partner="same-label",
        )


@pytest.mark.parametrize("name", ["swap-background", "swap-face"])
def test_severity_as_measured_on_faces(name: str) -> None:
    require("skimage")
    found = open_dataset(DatasetSpec(id="faces", name="lfw-subset"), base=Path())
    media = [m for m in found.media(found.items["item"].to_list()[:100]) if isinstance(m, Media)]
    swap = PAIRS[name].with_seed(0)
    similar = []
    for this, other in zip(media, media[37:] + media[:37], strict=True):
        made = swap.apply(this, other).image
        assert made is not None
        assert this.image is not None
        similar.append(image_similarity(this.image, made))
    low, high = IMAGE_BANDS[PAIRS[name].severity]
    assert low <= np.mean(similar) < high


@pytest.mark.parametrize("name", ["swap-pauses", "swap-pauses-same-label"])
def test_severity_as_measured_on_speech(name: str) -> None:
    require_data("emodb-2s")
    found = open_dataset(DatasetSpec(id="voices", name="emodb-2s"), base=Path())
    columns = (found.items[c].to_list() for c in ("item", "annotated", "subject"))
    partners = choose_partners(*columns, seed=0, label=PAIRS[name].partner)
    asked = list(partners)[::9]
    pairs = zip(found.media(asked), found.media([partners[i] for i in asked]), strict=True)
    distances = []
    for this, other in pairs:
        assert isinstance(this, Media)
        assert isinstance(other, Media)
        made = PAIRS[name].with_seed(0).apply(this, other).sound
        assert this.sound is not None
        assert made is not None
        distances.append(spectral_distance(this.sound, made, RATE))
    assert sound_severity(float(np.mean(distances))) == PAIRS[name].severity
