"""ONNX and TFLite models: what is refused, what is done to an image, what comes out."""

from __future__ import annotations

import gzip
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facevalue.canonical import digest_bytes
from facevalue.domain import Media, Prediction
from facevalue.errors import ManifestError
from facevalue.systems import NAMED_SYSTEMS
from facevalue.systems.onnx_file import check_onnx_parts
from facevalue.systems.preprocess import ImageInput, grey
from support import require
from systems_support import LABELS, ONNX_OPTIONS, failure_of, fetched, opened, picture, write_onnx

onnxruntime = pytest.fixture(autouse=True)(lambda: require("onnxruntime"))


def refused(base: Path, adapter: str = "onnx", **options: Any) -> str:
    with pytest.raises(ManifestError) as caught:
        opened(base, adapter, **{**ONNX_OPTIONS, **options})
    return str(caught.value)


class _Bomb:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (self.trace.touch, ())


def test_files_that_can_run_code_are_refused_whatever_their_name(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    target = tmp_path / "model.onnx"
    path_of = {"onnx": target, "tflite": tmp_path / "model.tflite"}
    archive = tmp_path / "archive"
    with zipfile.ZipFile(archive, "w") as torch:
        torch.writestr("archive/data.pkl", pickle.dumps(_Bomb(trace)))
    run = "It can run code when loaded, so it is not"
    cases = {
        pickle.dumps(_Bomb(trace), protocol=4): "a Python pickle",
        archive.read_bytes(): (
            "a zip archive (PyTorch and Keras save such files, with pickles inside)"
        ),
        b"\x89HDF\r\n\x1a\n" + b"0" * 8: (
            "an HDF5 file (Keras saves such files, which can hold code)"
        ),
        gzip.compress(b"x"): "a gzip archive",
        b"x\x9c" + b"0" * 8: ("a zlib stream (joblib saves such files, with pickles inside)"),
        b"\x93NUMPY" + b"0" * 8: "a NumPy file",
        b"\x7fELF" + b"0" * 12: "a program",
        b"#!/bin/sh\n": "a script",
    }
    for data, kind in cases.items():
        for adapter, path in path_of.items():
            path.write_bytes(data)
            message = refused(tmp_path, adapter, model=path.name)
            end = f". {run}" if adapter == "onnx" else ""
            assert message == f"{path.name}: 1 problem(s)\n  this is {kind}{end} [refused_model]"
    assert not trace.exists()
    pickle.loads(pickle.dumps(_Bomb(trace)))  # it would have gone off
    assert trace.exists()


def test_other_endings_empty_files_and_other_digests_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(b"x")
    assert refused(tmp_path, model="model.pt") == (
        "model.pt: 1 problem(s)\n  the ending is '.pt', expected '.onnx' [refused_model]"
    )
    (tmp_path / "model.onnx").write_bytes(b"")
    assert refused(tmp_path) == "model.onnx: 1 problem(s)\n  the file is empty [empty_file]"
    found = digest_bytes(write_onnx(tmp_path / "model.onnx").read_bytes())
    assert refused(tmp_path, sha256="0" * 64) == (
        f"model.onnx: 1 problem(s)\n  SHA-256 is {found}, expected {'0' * 64} [wrong_sha256]"
    )
    assert opened(tmp_path, "onnx", **ONNX_OPTIONS, sha256=found.upper()).spec.labels == LABELS


@pytest.mark.parametrize("data", [b"hello, this is text", b"\x0a\xff", b"\x3a\x7f", b"\x0b\x01"])
def test_what_is_no_onnx_model_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "model.onnx").write_bytes(data)
    assert refused(tmp_path) == "model.onnx: 1 problem(s)\n  this is not an ONNX model [bad_model]"


def test_a_damaged_graph_is_refused(tmp_path: Path) -> None:
    write_onnx(tmp_path / "model.onnx", activation="NoSuchOperator")
    message = refused(tmp_path)
    assert message.startswith("model.onnx: 1 problem(s)\n  ONNX Runtime cannot load this model (")


def test_data_kept_in_other_files_stay_in_the_models_folder(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(b"secret")
    for name in ("../secret.bin", str(tmp_path / "secret.bin")):
        write_onnx(folder / "model.onnx", external=name)
        assert refused(folder) == (
            f"model.onnx: 1 problem(s)\n  its data {name!r} lie outside the model's folder "
            "[outside_root]"
        )
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    write_onnx(folder / "model.onnx", external="link.bin")
    assert "lie outside the model's folder" in refused(folder)
    write_onnx(folder / "model.onnx", external="absent.bin")
    assert refused(folder) == (
        "model.onnx: 1 problem(s)\n  its data 'absent.bin' are missing [missing_file]"
    )


def test_data_in_the_folder_are_part_of_the_identity(tmp_path: Path) -> None:
    weights = np.zeros((16, 3), np.float32).tobytes()
    (tmp_path / "weights.bin").write_bytes(weights)
    path = write_onnx(tmp_path / "model.onnx", external="weights.bin")
    assert check_onnx_parts(path) == {"weights.bin": digest_bytes(weights)}
    system = opened(tmp_path, "onnx", **ONNX_OPTIONS)
    assert system.spec.identity["parts"] == {"weights.bin": digest_bytes(weights)}
    # All weights are zero, so are the logits: every label a third.
    (answer,) = system.predict([picture()])
    assert isinstance(answer, Prediction)
    assert answer.scores == pytest.approx(dict.fromkeys(LABELS, 1 / 3))


def test_labels_and_sizes_are_compared_with_the_model(tmp_path: Path) -> None:
    write_onnx(tmp_path / "model.onnx")
    assert refused(tmp_path, labels=["calm", "angry"]) == (
        "model.onnx: 1 problem(s)\n  it gives 3 scores, 2 labels are named [bad_model]"
    )
    assert refused(tmp_path, size=5) == (
        "model.onnx: 1 problem(s)\n  it cannot take the input that the options make "
        "(InvalidArgument) [bad_model]"
    )


def test_an_onnx_model_is_asked_as_the_options_say(tmp_path: Path) -> None:
    write_onnx(tmp_path / "model.onnx")
    system = opened(tmp_path, "onnx", **ONNX_OPTIONS)
    # A grey of 51 is 0.2 everywhere. Weights are −1 + 2k/47 in rows of three; a column sums
    # to Σ(−1 + 2(3r + c)/47) over r = 0…15 = −16 + 2(360 + 16c)/47.
    logits = 0.2 * np.array([-16 + 2 * (360 + 16 * c) / 47 for c in range(3)])
    expected = np.exp(logits) / np.exp(logits).sum()
    (answer,) = system.predict([picture(grey=51)])
    assert isinstance(answer, Prediction)
    assert list(answer.scores.values()) == pytest.approx(expected.tolist(), abs=1e-6)
    assert answer.label == "sad"
    # The same from logits, with our softmax.
    write_onnx(tmp_path / "model.onnx", activation="Identity")
    system = opened(tmp_path, "onnx", **ONNX_OPTIONS, softmax=True)
    (again,) = system.predict([picture(grey=51)])
    assert isinstance(again, Prediction)
    assert again.scores == pytest.approx(answer.scores, abs=1e-6)


def test_logits_without_softmax_and_nan_are_malformed_answers(tmp_path: Path) -> None:
    write_onnx(tmp_path / "model.onnx", activation="Identity")
    system = opened(tmp_path, "onnx", **ONNX_OPTIONS)
    # −16 + 720/47 = −0.680851
    assert failure_of(system.predict([picture(grey=255)])[0]) == (
        "malformed_answer",
        "the score of 'calm' is -0.680851, expected a number in [0, 1]",
    )
    write_onnx(tmp_path / "model.onnx", nan=True)
    system = opened(tmp_path, "onnx", **ONNX_OPTIONS)
    assert failure_of(system.predict([picture()])[0]) == (
        "malformed_answer",
        "the score of 'calm' is nan, expected a number in [0, 1]",
    )
    assert failure_of(system.predict([Media(item="a", sha256="0")])[0]) == (
        "unreadable_media",
        "there is no image",
    )


def test_identity_holds_everything_that_changes_an_answer(tmp_path: Path) -> None:
    write_onnx(tmp_path / "model.onnx")
    spec = opened(tmp_path, "onnx", **ONNX_OPTIONS, mean=0.5).spec
    assert spec.identity["input"] == {
        "width": 4,
        "height": 4,
        "channels": "grey",
        "layout": "nchw",
        "divide_by": 255.0,
        "mean": [0.5],
        "std": [1.0],
        "resize": "cv2-linear",
    }
    assert set(spec.identity) == {
        "adapter", "model", "parts", "labels", "input", "softmax", "packages",
    }  # fmt: skip
    assert spec.about["preprocessing"] == (
        "resized to 4 × 4 pixels (cv2-linear), grey, divided by 255, minus (0.5), over (1), nchw"
    )


def test_tflite_models_are_checked_before_they_are_loaded(tmp_path: Path) -> None:
    fetched("fer")
    good = (NAMED_SYSTEMS["fer"].folder / "model.tflite").read_bytes()
    path = tmp_path / "model.tflite"
    path.write_bytes(good[: len(good) // 2])
    assert refused(tmp_path, "tflite", model="model.tflite") == (
        "model.tflite: 1 problem(s)\n  LiteRT cannot load this model [bad_model]"
    )
    path.write_bytes(b"\x08\0\0\0TFLX" + good[8:])
    assert refused(tmp_path, "tflite", model="model.tflite") == (
        "model.tflite: 1 problem(s)\n  this is not a TFLite model [refused_model]"
    )
    path.write_bytes(good)
    assert refused(tmp_path, "tflite", model="model.tflite", size=[32, 64]) == (
        "model.tflite: 1 problem(s)\n"
        "  the input is 1 × 64 × 64 × 1, the options make 1 × 64 × 32 × 1 [bad_model]"
    )
    assert refused(tmp_path, "tflite", model="model.tflite", size=64) == (
        "model.tflite: 1 problem(s)\n  it gives 7 scores, 3 labels are named [bad_model]"
    )


def test_the_tflite_adapter_does_what_the_named_system_does(tmp_path: Path) -> None:
    named = fetched("fer")
    model = NAMED_SYSTEMS["fer"].folder / "model.tflite"
    options: dict[str, Any] = {"mean": 0.5, "std": 0.5, "size": 64, "channels": "grey"}
    ours = opened(
        tmp_path, "tflite", model=str(model), labels=list(named.spec.labels or ()), **options
    )
    image = np.random.default_rng(3).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    media = [Media(item="a", sha256="0", image=image)]
    assert ours.predict(media) == named.predict(media)


def test_preprocessing_by_hand() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 0] = (255, 0, 0)
    base: dict[str, Any] = {"width": 2, "height": 2, "divide_by": 255.0}
    rgb = ImageInput(**base, channels="rgb").tensor(image)
    assert rgb.shape == (1, 2, 2, 3)
    assert rgb[0, 0, 0].tolist() == [1, 0, 0]
    bgr = ImageInput(**base, channels="bgr", layout="nchw").tensor(image)
    assert bgr.shape == (1, 3, 2, 2)
    assert bgr[0, :, 0, 0].tolist() == [0, 0, 1]
    # (1 − 0.5)/0.25 = 2, (0 − 0)/1 = 0, (0 − 1)/0.5 = −2
    scaled = ImageInput(**base, mean=(0.5, 0.0, 1.0), std=(0.25, 1.0, 0.5)).tensor(image)
    assert scaled[0, 0, 0].tolist() == [2, 0, -2]
    # 0.299 · 255 = 76.2; one channel
    single = ImageInput(**base, channels="grey").tensor(image)
    assert single.shape == (1, 2, 2, 1)
    assert single[0, 0, 0, 0] == pytest.approx(76 / 255)


@pytest.mark.parametrize("resize", ["cv2-linear", "cv2-area", "cv2-cubic", "skimage"])
def test_a_flat_picture_stays_flat_however_it_is_resized(resize: Any) -> None:
    image = np.full((30, 20, 3), 51, np.uint8)
    found = ImageInput(width=7, height=9, resize=resize).tensor(image)
    assert found.shape == (1, 9, 7, 3)
    assert found == pytest.approx(0.2, abs=1e-6)


def test_grey_of_rgb_is_grey_of_bgr() -> None:
    cv2 = require("cv2")
    image = np.random.default_rng(1).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    bgr = np.ascontiguousarray(image[:, :, ::-1])
    assert np.array_equal(grey(image), cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY))
