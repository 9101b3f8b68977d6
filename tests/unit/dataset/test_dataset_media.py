"""Media: kept inside their root, bounded, digested and decoded."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from facevalue.dataset import Dataset, DatasetSpec, open_dataset
from facevalue.dataset.media import (
    FolderMedia,
    MediaLimits,
    decode_image,
    decode_sound,
)
from facevalue.domain import Failure, FailureKind, Media, Taxonomy
from facevalue.errors import InputError, MissingExtraError
from facevalue.tables.faults import Faults
from support import require

LABELS = Taxonomy("two", ("calm", "anger"))


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    image = require("PIL.Image")
    stream = io.BytesIO()
    image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def sound(samples: np.ndarray, kind: str = "WAV", subtype: str | None = None) -> bytes:
    stream = io.BytesIO()
    require("soundfile").write(stream, samples, 8_000, format=kind, subtype=subtype)
    return stream.getvalue()


def opened(folder: Path, *media: str) -> Dataset:
    rows = [f"i{n},p{n},anger,{path}" for n, path in enumerate(media)]
    text = "\n".join(["item,subject,annotated,media", *rows, ""])
    (folder / "m.csv").write_text(text, encoding="utf-8")
    spec = DatasetSpec(id="mine", manifest="m.csv", taxonomy=LABELS)
    return open_dataset(spec, base=folder)


def one(dataset: Dataset, item: str) -> Media:
    found = dataset.media([item])[0]
    assert isinstance(found, Media)
    return found


def failure(dataset: Dataset, item: str) -> Failure:
    found = dataset.media([item])[0]
    assert isinstance(found, Failure)
    assert found.kind is FailureKind.UNREADABLE_MEDIA
    return found


COLOURS = np.array([[[10, 20, 30], [40, 50, 60]]], dtype=np.uint8)  # one row of two pixels


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_images_come_as_rgb(kind: str) -> None:
    assert decode_image(encoded(COLOURS, kind)).tolist() == COLOURS.tolist()


@pytest.mark.parametrize(("kind", "options"), [("JPEG", {"quality": 95}), ("WEBP", {})])
def test_lossy_images_come_close(kind: str, options: dict[str, object]) -> None:
    flat = np.full((16, 16, 3), 100, dtype=np.uint8)
    found = decode_image(encoded(flat, kind, **options))
    assert found.shape == (16, 16, 3)
    assert np.abs(found.astype(int) - 100).max() <= 3


def test_grey_and_sixteen_bits_and_transparency() -> None:
    assert decode_image(encoded(np.array([[7]], np.uint8))).tolist() == [[[7, 7, 7]]]
    # 65,535 / 257 = 255 and 257 / 257 = 1: scaled, not cut off.
    deep = np.array([[65_535, 257]], np.uint16)
    assert decode_image(encoded(deep)).tolist() == [[[255] * 3, [1] * 3]]
    clear = np.array([[[1, 2, 3, 0]]], np.uint8)
    assert decode_image(encoded(clear)).tolist() == [[[1, 2, 3]]]


def test_the_orientation_of_the_camera_is_applied() -> None:
    image = require("PIL.Image")
    stream = io.BytesIO()
    exif = image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    image.fromarray(COLOURS).save(stream, "PNG", exif=exif)
    assert decode_image(stream.getvalue()).tolist() == [[[10, 20, 30]], [[40, 50, 60]]]


BAD_IMAGES = {
    "nothing": (b"", "not a readable PNG, JPEG, BMP or WebP image"),
    "text": (b"hello", "not a readable PNG, JPEG, BMP or WebP image"),
    "other format": (b"GIF89a" + bytes(40), "not a readable PNG, JPEG, BMP or WebP image"),
}


@pytest.mark.parametrize(("data", "expected"), BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_bytes_that_are_no_image(data: bytes, expected: str) -> None:
    require("PIL.Image")
    with pytest.raises(ValueError, match=f"^{expected}$"):
        decode_image(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP"])
def test_an_image_that_breaks_off(kind: str, rng: np.random.Generator) -> None:
    data = encoded(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8), kind)
    with pytest.raises(ValueError, match=r"^(the image is damaged|not a readable PNG, .* image)$"):
        decode_image(data[: len(data) // 2])


def test_no_damage_to_an_image_escapes(rng: np.random.Generator) -> None:
    whole = encoded(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8))
    n_refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for at in rng.integers(8, len(data), 4):
            data[at] = rng.integers(0, 256)
        try:
            decode_image(bytes(data))
        except ValueError:
            n_refused += 1
    assert n_refused > 200  # most damage breaks a check sum


def test_an_image_with_too_many_pixels() -> None:
    data = encoded(np.zeros((11, 10), np.uint8))
    with pytest.raises(ValueError, match=r"^110 pixels; at most 100 are read$"):
        decode_image(data, MediaLimits(max_pixels=100))
    assert decode_image(data, MediaLimits(max_pixels=110)).shape == (11, 10, 3)


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_sounds_come_as_channels_by_samples(kind: str) -> None:
    # 16-bit steps: 0.5 and −0.25 are exact.
    samples = np.array([[0.5, 0.0], [0.0, -0.25], [0.0, 0.0]])
    found, rate_hz = decode_sound(sound(samples, kind))
    assert found.dtype == np.float32
    assert found.tolist() == [[0.5, 0.0, 0.0], [0.0, -0.25, 0.0]]
    assert rate_hz == 8_000


def test_ogg_and_samples_beyond_full_scale() -> None:
    found, _ = decode_sound(sound(np.zeros(800), "OGG"))
    assert found.shape == (1, 800)
    loud, _ = decode_sound(sound(np.array([2.0, -3.0, 0.5]), "WAV", "FLOAT"))
    assert loud.tolist() == [[1.0, -1.0, 0.5]]


def test_bytes_that_are_no_sound() -> None:
    cases = {
        b"": "not a readable WAV, FLAC or Ogg sound",
        b"RIFF....": "not a readable WAV, FLAC or Ogg sound",
        sound(np.zeros(8), "AIFF"): "not a readable WAV, FLAC or Ogg sound",
        sound(np.zeros(0)): "the sound has no samples",
        sound(np.array([np.nan, 0.0]), "WAV", "FLOAT"): (
            "the sound has samples that are no numbers"
        ),
    }
    for data, expected in cases.items():
        with pytest.raises(ValueError, match=f"^{expected}$"):
            decode_sound(data)


def test_sounds_are_bounded() -> None:
    data = sound(np.zeros((16_001, 2)))
    with pytest.raises(ValueError, match=r"^2 channels; at most 1 are read$"):
        decode_sound(data, MediaLimits(max_channels=1))
    with pytest.raises(ValueError, match=r"^2 s long; at most 2 s are read$"):
        decode_sound(data, MediaLimits(max_seconds=2.0))


def test_a_dataset_of_images_and_sounds(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "a.png").write_bytes(encoded(COLOURS))
    (tmp_path / "b.WAV").write_bytes(sound(np.array([0.5, 0.0])))
    found = opened(tmp_path, "faces/a.png", "b.WAV", "")
    sha256 = found.items["sha256"].to_list()
    assert sha256[0] == hashlib.sha256((tmp_path / "faces" / "a.png").read_bytes()).hexdigest()
    image, voice, bare = one(found, "i0"), one(found, "i1"), one(found, "i2")
    assert image.image is not None
    assert image.image.tolist() == COLOURS.tolist()
    assert (image.sound, image.sha256) == (None, sha256[0])
    assert image.path == str((tmp_path / "faces" / "a.png").resolve())
    assert voice.sound is not None
    assert voice.sound.tolist() == [[0.5, 0.0]]
    assert voice.rate_hz == 8_000
    assert (bare.image, bare.sound, bare.path) == (None, None, None)
    assert found.notes == ("1 of 3 items have no media",)


def test_damage_is_a_failure_that_names_the_item_and_no_path(tmp_path: Path) -> None:
    (tmp_path / "jane-doe.png").write_bytes(b"no image")
    (tmp_path / "jane-doe.wav").write_bytes(b"no sound")
    found = opened(tmp_path, "jane-doe.png", "jane-doe.wav")
    assert failure(found, "i0").detail == ("item 'i0': not a readable PNG, JPEG, BMP or WebP image")
    assert failure(found, "i1").detail == "item 'i1': not a readable WAV, FLAC or Ogg sound"


def test_a_file_that_changes_or_goes_after_opening(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(encoded(COLOURS))
    found = opened(tmp_path, "a.png", "b.png", "c.png")
    (tmp_path / "a.png").write_bytes(encoded(COLOURS + 1))
    (tmp_path / "b.png").unlink()
    outside = tmp_path.parent / f"{tmp_path.name}-outside.png"
    outside.write_bytes(encoded(COLOURS))
    (tmp_path / "c.png").unlink()
    (tmp_path / "c.png").symlink_to(outside)
    assert failure(found, "i0").detail == (
        "item 'i0': the file has changed since the dataset was opened"
    )
    assert failure(found, "i1").detail == "item 'i1': the file cannot be read any more"
    assert failure(found, "i2").detail == "item 'i2': the file cannot be read any more"


def test_where_media_lie_is_no_part_of_the_fingerprint(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    (tmp_path / "one" / "a.png").write_bytes(encoded(COLOURS))
    (tmp_path / "two" / "b.png").write_bytes(encoded(COLOURS))
    one_, two = opened(tmp_path / "one", "a.png"), opened(tmp_path / "two", "b.png")
    assert one_.sha256 == two.sha256
    (tmp_path / "two" / "b.png").write_bytes(encoded(COLOURS + 1))
    assert opened(tmp_path / "two", "b.png").sha256 != two.sha256


LEADING_OUT = ["../x.png", "a/../../x.png", "a/../x.png", "/etc/x.png", "C:\\x.png", "..\\x.png",
               "~/x.png", "\\\\host\\x.png", "link/x.png", "linked.png"]  # fmt: skip


@pytest.mark.parametrize("path", LEADING_OUT)
def test_no_path_leads_out_of_the_root(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (tmp_path / "x.png").write_bytes(b"")
    (root / "link").symlink_to(tmp_path)
    (root / "linked.png").symlink_to(tmp_path / "x.png")
    faults = Faults("m.csv")
    FolderMedia(root).check([path], [2], "media", faults)
    assert str(faults.error()) == (
        "m.csv: 1 problem(s)\n"
        "  row 2, column media: the path leads out of the media folder; expected a relative path "
        "inside it [outside_root]"
    )
    with pytest.raises(InputError, match=r"^the path leads out of the media folder$"):
        FolderMedia(root).resolve(path)


def test_links_inside_the_root_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(COLOURS))
    (tmp_path / "b.png").symlink_to("a.png")
    assert one(opened(tmp_path, "b.png"), "i0").image is not None


def test_a_root_that_is_a_link_is_the_folder_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.png").write_bytes(encoded(COLOURS))
    (tmp_path / "root").symlink_to("real")
    assert FolderMedia(tmp_path / "root").resolve("a.png").name == "a.png"


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "a.gif").write_bytes(b"")
    (tmp_path / "big.png").write_bytes(bytes(101))
    limits = MediaLimits(max_bytes=100)
    faults = Faults("m.csv")
    names = ["none.png", "folder.png", "loop.png", "a.gif", "big.png", "x" * 300]
    FolderMedia(tmp_path, limits).check(names, [2, 3, 4, 5, 6, 7], "media", faults)
    none = "there is no such file in the media folder [missing_media]"
    assert str(faults.error()) == (
        "m.csv: 6 problem(s)\n"
        f"  row 2, column media: {none}\n"
        f"  row 3, column media: {none}\n"
        f"  row 4, column media: {none}\n"
        "  row 5, column media: expected a file that ends in one of .png, .jpg, .jpeg, .bmp, "
        ".webp, .wav, .flac, .ogg [unsupported_media]\n"
        "  row 6, column media: the file has 101 bytes; at most 100 are read [media_too_large]\n"
        f"  row 7, column media: {none}"
    )


def test_without_the_packages_a_manifest_opens_and_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(encoded(COLOURS))
    (tmp_path / "b.wav").write_bytes(sound(np.zeros(8)))
    for module in ("PIL", "PIL.Image", "PIL.ImageOps", "soundfile"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    found = opened(tmp_path, "a.png", "b.wav")
    for item, package, extra in (("i0", "pillow", "images"), ("i1", "soundfile", "sound")):
        with pytest.raises(MissingExtraError) as caught:
            found.media([item])
        assert (caught.value.package, caught.value.extra) == (package, extra)
