"""`facevalue perturbations`: list and show."""

from __future__ import annotations

import errno
import io
import re
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from facevalue.cli.main import app
from facevalue.dataset.media import decode_image, decode_sound
from facevalue.domain import Media
from facevalue.errors import PluginError
from facevalue.perturb import PERTURBATIONS
from facevalue.perturb.measure import image_similarity
from facevalue.perturb.pairs import PAIRS
from facevalue.perturb.sheet import contact_sheet, drawn_pattern, wav_bytes
from support import require

PLAIN = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200", "TERMINAL_WIDTH": "200"}


def run(*words: str) -> Any:
    result = CliRunner().invoke(app, ["perturbations", *words], env=PLAIN)
    # Anything else is a bug of ours and keeps its traceback.
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def said(*words: str) -> str:
    result = run(*words)
    assert (result.exit_code, result.stderr) == (0, "")
    return str(result.stdout)


def refused(*words: str) -> str:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    return str(result.stderr).rstrip("\n")


def png(path: Path, image: np.ndarray) -> Path:
    pil = require("PIL.Image")
    pil.fromarray(image).save(path)
    return path


def test_all_are_listed_with_what_they_change() -> None:
    lines = said("list").splitlines()
    assert re.fullmatch(r"NAME +CHANGES +SEVERITIES +FAMILY +ROLE +ABOUT", lines[0])
    cells = {line.split()[0]: re.split(r"  +", line)[1:] for line in lines[1:]}
    assert list(cells) == sorted([*PERTURBATIONS, *PAIRS])
    assert cells["swap-face"] == ["pictures", "5", "swaps", "reliance", PAIRS["swap-face"].about]
    assert cells["gaussian-blur"] == [
        "pictures", "1–5", "blur", "nuisance", PERTURBATIONS["gaussian-blur"].about,
    ]  # fmt: skip
    assert cells["mirror"][1] == "5"
    assert cells["face-mask"][1] == "2–4"
    assert cells["pink-noise"][0] == "sounds"


def test_a_broken_one_is_a_marked_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PERTURBATIONS, "_entries", dict(PERTURBATIONS._entries))
    monkeypatch.setattr(PERTURBATIONS, "_lazy", {**PERTURBATIONS._lazy, "odd": "no_module:ODD"})
    with pytest.raises(PluginError):
        PERTURBATIONS["odd"]
    line = next(text for text in said("list").splitlines() if text.startswith("odd "))
    assert "BROKEN: plugin 'odd' broke its contract" in line


def test_parameters_and_measured_change_are_shown() -> None:
    out = said("show", "contrast-down", "mirror", "contrast-down")
    assert out.startswith("Measured on: a test pattern of nobody\n\ncontrast-down: Less contrast (")
    # Named twice, shown once.
    assert out.count("contrast-down:") == 1
    assert "Covers ImageNet-C: contrast.\n" in out
    rows = re.findall(r"^(\d) +(-?\d\.\d{3}) +factor (\S+)$", out, re.MULTILINE)
    assert [row[0] for row in rows] == list("12345")
    step: Any = PERTURBATIONS["contrast-down"].steps[3]
    changed = step.image(drawn_pattern(), np.random.default_rng(0))
    assert rows[2][1:] == (f"{image_similarity(drawn_pattern(), changed):.3f}", f"{step.factor}")


def test_without_a_name_all_of_pictures_are_shown_and_with_a_sound_all_of_sounds(
    tmp_path: Path,
) -> None:
    sound = tmp_path / "a.wav"
    sound.write_bytes(wav_bytes(np.zeros((1, 8000), np.float32) + 0.1, 8000))
    require("soundfile")
    for words, media in ((("show",), "image"), (("show", "--sound", str(sound)), "sound")):
        out = said(*words)
        shown = set(re.findall(r"^([a-z0-9-]+): ", out, re.MULTILINE))
        known = {n for n in PERTURBATIONS if PERTURBATIONS[n].media == media}
        assert shown == {n for n in known if not n.startswith(("hide-r", "hide-t"))}


def test_a_contact_sheet_of_a_picture_given_is_written(tmp_path: Path) -> None:
    image = np.random.default_rng(1).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    path, out = png(tmp_path / "face.png", image), tmp_path / "new" / "sheet.png"
    words = ("show", "shift", "grey", "--image", str(path), "--out", str(out), "--seed", "4")
    result = run(*words)
    assert result.exit_code == 0
    assert result.stdout.startswith("Measured on: face.png\n")
    assert result.stderr == f"Written: {out} (contact sheet)\n"
    from facevalue.canonical import digest_bytes

    media = Media(item="face", sha256=digest_bytes(path.read_bytes()), image=image)
    chosen = [PERTURBATIONS["shift"], PERTURBATIONS["grey"]]
    assert out.read_bytes() == contact_sheet(media, chosen, seed=4)
    assert decode_image(out.read_bytes()).shape[0] > 200
    run(*words)
    assert [p.name for p in out.parent.iterdir()] == ["sheet.png"]


def test_sounds_are_written_one_a_severity_beside_the_unchanged_one(tmp_path: Path) -> None:
    require("soundfile")
    out = tmp_path / "listen"
    result = run("show", "pink-noise", "gain-down", "--out", str(out))
    assert result.exit_code == 0
    assert result.stdout.startswith("Measured on: a test sound of nobody\n")
    assert re.search(r"^1 +\d+\.\d dB +", result.stdout, re.MULTILINE)
    expected = {"unchanged-0.wav"} | {
        f"{n}-{s}.wav" for n in ("pink-noise", "gain-down") for s in PERTURBATIONS[n].severities
    }
    assert {p.name for p in out.iterdir()} == expected
    assert result.stderr == f"Written: {out} ({len(expected)} sounds)\n"
    before, rate_hz = decode_sound((out / "unchanged-0.wav").read_bytes())
    after, _ = decode_sound((out / "pink-noise-5.wav").read_bytes())
    assert (before.shape, rate_hz) == (after.shape, 16_000)
    assert np.abs(before - after).max() > 0.01


def test_a_folder_of_sounds_may_have_a_dot_in_its_name(tmp_path: Path) -> None:
    made = tmp_path / "made.png"
    made.mkdir()
    for out in (made, tmp_path / "sounds.v2"):
        assert run("show", "gain-down", "--out", str(out)).exit_code == 0
        assert (out / "unchanged-0.wav").is_file()


def test_a_sound_given_keeps_its_rate_and_channels(tmp_path: Path) -> None:
    require("soundfile")
    tone = 0.3 * np.sin(np.arange(11_025) / 20)
    path = tmp_path / "two.wav"
    path.write_bytes(wav_bytes(np.stack([tone, -tone]).astype(np.float32), 11_025))
    assert run("show", "gain-down", "--sound", str(path), "-o", str(tmp_path / "o")).exit_code == 0
    with wave.open(io.BytesIO((tmp_path / "o" / "gain-down-1.wav").read_bytes())) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 11_025)


def test_what_cannot_be_shown_is_said_in_full(tmp_path: Path) -> None:
    broken, text = tmp_path / "broken.png", tmp_path / "notes.txt"
    for path in (broken, text):
        path.write_bytes(b"not a picture")
    silent = tmp_path / "silent.wav"
    silent.write_bytes(b"RIFF")
    cases = [
        (["gaussian-blr"], None),
        (["mirror", "--image", str(tmp_path / "no.png")],
         f"{tmp_path}/no.png: the file cannot be read (No such file or directory)"),
        (["mirror", "--image", str(tmp_path)],
         f"{tmp_path}: the file cannot be read (Is a directory)"),
        (["mirror", "--image", str(broken)],
         f"{broken}: not a readable PNG, JPEG, BMP or WebP image"),
        (["gain-down", "--sound", str(silent)],
         f"{silent}: not a readable WAV, FLAC or Ogg sound"),
        (["mirror", "--sound", str(silent)],
         "--sound is of no use here: mirror changes pictures"),
        (["gain-down", "--image", str(broken)],
         "--image is of no use here: gain-down changes sounds"),
        (["mirror", "gain-down", "--out", str(tmp_path / "o.png")],
         "--out takes a contact sheet of pictures or a folder of sounds, not both. "
         "Show pictures and sounds one after the other."),
        (["mirror", "--out", str(tmp_path / "sheet.jpg")],
         f"{tmp_path}/sheet.jpg: a contact sheet is a PNG file. Give a name ending in .png."),
        (["mirror", "--out", str(tmp_path)],
         f"{tmp_path}: a contact sheet is a PNG file, and this is a folder"),
        (["gain-down", "--out", str(tmp_path / "y.png")],
         f"{tmp_path}/y.png: sounds are written into a folder, and this is the name of a file. "
         "Give one without .png."),
        (["gain-down", "--out", str(tmp_path / "y.WAV")],
         f"{tmp_path}/y.WAV: sounds are written into a folder, and this is the name of a file. "
         "Give one without .WAV."),
        (["jpg", "shfit"],
         "unknown perturbation 'jpg'. Did you mean 'jpeg'? All of them: facevalue perturbations "
         "list\n"
         "unknown perturbation 'shfit'. Did you mean 'shift'? All of them: facevalue perturbations "
         "list"),
        (["gain-down", "--out", str(text)],
         f"{text}: sounds are written into a folder, and this is a file"),
    ]  # fmt: skip
    before = sorted(tmp_path.iterdir())
    for words, message in cases:
        found = refused("show", *words)
        if message is None:
            assert found.startswith("facevalue: unknown perturbation 'gaussian-blr'. Did you mean ")
        else:
            assert found == f"facevalue: {message}"
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_made_of_two_items_is_not_shown_on_one() -> None:
    assert refused("show", "swap-face", "shift") == (
        "facevalue: swap-face: made of two items, and cannot be shown on one. What it does: "
        "facevalue perturbations list"
    )


def test_a_place_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(**_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    # As root, who the tests may run as, every folder can be written.
    monkeypatch.setattr("facevalue.atomic.tempfile.mkstemp", denied)
    out = tmp_path / "sheet.png"
    result = run("show", "mirror", "--out", str(out))
    assert result.exit_code == 2
    assert result.stderr == f"facevalue: {out}: cannot be written (Permission denied)\n"


def test_a_place_below_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    out = tmp_path / "file" / "sheet.png"
    result = run("show", "mirror", "--out", str(out))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"facevalue: {out}: cannot be written (")


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as stream:
        stream.truncate((256 << 20) + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    found = refused("show", "mirror", "--image", str(path))
    assert found == f"facevalue: {path}: the file is larger than 256 MiB"


def test_names_of_files_cannot_steer_a_terminal(tmp_path: Path) -> None:
    path = png(tmp_path / "a\x1b[31m.png", drawn_pattern(20))
    assert "\x1b" not in said("show", "mirror", "--image", str(path))
