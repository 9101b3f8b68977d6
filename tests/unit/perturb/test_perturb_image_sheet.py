"""The contact sheet, the pattern and the sound of nobody."""

from __future__ import annotations

import io
import sys
import wave

import numpy as np
import pytest

from facevalue.dataset.media import decode_image, decode_sound
from facevalue.domain import Media
from facevalue.errors import InputError, MissingExtraError
from facevalue.perturb import PERTURBATIONS
from facevalue.perturb.sheet import MADE_RATE_HZ, contact_sheet, made_sound, wav_bytes
from facevalue.perturb.sheet import drawn_pattern as pattern
from support import require

CELL, GAP, LABELS, HEAD = 128, 6, 190, 24


def media(image: np.ndarray) -> Media:
    return Media(item="a", sha256="a" * 64, image=image)


def cell(sheet: np.ndarray, row: int, column: int) -> np.ndarray:
    top, left = HEAD + row * (CELL + GAP), LABELS + column * (CELL + GAP)
    return sheet[top : top + CELL, left : left + CELL]


def test_a_row_holds_the_picture_and_every_severity_and_grey_where_there_is_none() -> None:
    picture = media(pattern(128))
    names = ["gaussian-blur", "mirror"]
    made = contact_sheet(picture, [PERTURBATIONS[n] for n in names], seed=3)
    sheet = decode_image(made)
    assert sheet.shape == (HEAD + 2 * (CELL + GAP), LABELS + 6 * (CELL + GAP), 3)
    for row, name in enumerate(names):
        assert (cell(sheet, row, 0) == picture.image).all()
        for severity in range(1, 6):
            if severity in PERTURBATIONS[name].steps:
                expected = PERTURBATIONS[name].at(severity, seed=3).apply(picture).image
                assert expected is not None
                assert (cell(sheet, row, severity) == expected).all()
            else:
                assert (cell(sheet, row, severity) == 238).all()
        # Something is written beside every row.
        assert (sheet[HEAD + row * (CELL + GAP) :][:CELL, :LABELS] < 128).any()


def test_a_small_picture_is_enlarged_into_squares_in_the_middle_of_its_cell() -> None:
    image = np.random.default_rng(1).integers(0, 256, (25, 20, 3)).astype(np.uint8)
    sheet = decode_image(contact_sheet(media(image), [PERTURBATIONS["mirror"]], seed=0))
    # 128 // 25 = 5: 125 by 100 pixels, one and fourteen from the edges.
    found = cell(sheet, 0, 0)
    assert (found[1:126, 14:114] == image.repeat(5, axis=0).repeat(5, axis=1)).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (700, 300)])
def test_a_picture_of_any_size_fits(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 9, np.uint8)
    sheet = decode_image(contact_sheet(media(image), [PERTURBATIONS["mirror"]], seed=0))
    assert (cell(sheet, 0, 0) == 9).any()


def test_the_same_sheet_has_the_same_bytes() -> None:
    chosen = [PERTURBATIONS["gaussian-noise"]]
    one, two, other = (contact_sheet(media(pattern()), chosen, seed=s) for s in (1, 1, 2))
    assert one == two != other


def test_without_pillow_the_extra_that_brings_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match=r"^this needs the package 'pillow'"):
        contact_sheet(media(pattern()), [PERTURBATIONS["mirror"]], seed=0)


def test_a_sheet_of_sounds_is_refused() -> None:
    sounds = [PERTURBATIONS[n] for n in PERTURBATIONS if PERTURBATIONS[n].media == "sound"]
    with pytest.raises(InputError, match="changes sounds, and this is none"):
        contact_sheet(media(pattern()), sounds[:1], seed=0)


@pytest.mark.parametrize("size", [8, 25, 112, 300])
def test_the_pattern_has_colours_and_both_ends_of_the_scale(size: int) -> None:
    image = pattern(size)
    assert image.shape == (size, size, 3)
    assert image.dtype == np.uint8
    assert image.min() <= 40
    assert image.max() >= 192
    assert (image.max(axis=2) != image.min(axis=2)).any()


def test_the_sound_has_pauses_and_stays_in_range() -> None:
    sound = made_sound()
    assert sound.shape == (1, 2 * MADE_RATE_HZ)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert 0.5 < np.abs(sound).max() <= 1.0
    loudness = np.abs(sound[0]).reshape(-1, MADE_RATE_HZ // 100).max(axis=1)
    assert 0.05 < (loudness < 1e-4).mean() < 0.6


def test_a_wav_file_is_read_back_as_it_was() -> None:
    require("soundfile")
    sound = np.array([[0.0, 0.5, -0.5, 1.0], [0.25, -1.0, 2.0, -2.0]], np.float32)
    data = wav_bytes(sound, 8000)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
    samples, rate_hz = decode_sound(data)
    assert rate_hz == 8000
    assert np.abs(samples - sound.clip(-1, 1)).max() < 1e-4
