"""Limits, missing packages, and what a model can be that no tool of ours would make."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from facevalue.domain import Media, Prediction
from facevalue.errors import ManifestError, MissingExtraError
from facevalue.systems import NAMED_SYSTEMS, is_fetched, modelfile
from facevalue.systems.facex import facex_input
from facevalue.systems.http import HttpSettings, HttpSystem
from facevalue.systems.onnx import OnnxSystem
from facevalue.systems.onnx_file import check_onnx_parts
from facevalue.systems.preprocess import ImageInput, grey
from facevalue.systems.secrets import Secrets
from facevalue.systems.tflite import TfliteModel, TfliteSystem, _dequantised, _quantised
from support import require
from systems_support import (
    ONNX_OPTIONS,
    SPEC,
    failure_of,
    fetched,
    opened,
    picture,
    write_onnx,
)


def said(call: Callable[[], object]) -> str:
    with pytest.raises(ManifestError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("module", "package", "extra", "call"),
    [
        ("cv2", "opencv-python-headless", "images", lambda: grey(np.zeros((1, 1, 3), np.uint8))),
        (
            "skimage.transform",
            "scikit-image",
            "images",
            lambda: ImageInput(width=1, height=1, resize="skimage").tensor(
                np.zeros((1, 1, 3), np.uint8)
            ),
        ),
        ("ai_edge_litert.interpreter", "ai-edge-litert", "tflite", lambda: TfliteModel(Path("x"))),
        (
            "httpx",
            "httpx",
            "http",
            lambda: HttpSystem(SPEC, HttpSettings(url="https://a.example"), Secrets([])),
        ),
    ],
)
def test_a_missing_package_is_said_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, module: str, package: str, extra: str, call: Any
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        call()
    assert str(caught.value) == (
        f"this needs the package {package!r}, which is not installed. "
        f"Install it with: pip install 'facevalue[{extra}]'"
    )


def test_onnx_without_its_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_onnx(tmp_path / "model.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match="pip install 'facevalue\\[onnx\\]'"):
        opened(tmp_path, "onnx", **ONNX_OPTIONS)


def test_a_model_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = write_onnx(tmp_path / "model.onnx").stat().st_size
    monkeypatch.setattr(modelfile, "MAX_MODEL_BYTES", 10)
    assert said(lambda: opened(tmp_path, "onnx", **ONNX_OPTIONS)) == (
        f"model.onnx: 1 problem(s)\n  {size} bytes, at most 10 are read [too_large]"
    )


def test_quantised_tensors_by_hand() -> None:
    details = {"dtype": np.int8, "quantization": (0.5, -10)}
    # 1.0 / 0.5 − 10 = −8; 100 / 0.5 − 10 = 190, cut to 127
    quantised = _quantised(np.array([1.0, 100.0], np.float32), details)
    assert quantised.tolist() == [-8, 127]
    assert quantised.dtype == np.dtype(np.int8)
    # (−8 + 10) · 0.5 = 1
    assert _dequantised(np.array([-8], np.int8), details).tolist() == [1.0]
    plain = {"dtype": np.uint8, "quantization": (0.0, 0)}
    assert _quantised(np.array([254.6], np.float32), plain).tolist() == [255]
    assert _dequantised(np.array([7], np.uint8), plain).tolist() == [7.0]


class _Session:
    """As much of an ONNX Runtime session as is used."""

    def __init__(self, output: Any) -> None:
        self.output, self.given = output, list[Any]()

    def get_inputs(self) -> list[Any]:
        return [type("Entry", (), {"name": "x", "type": "tensor(uint8)"})]

    def get_outputs(self) -> list[Any]:
        return [type("Entry", (), {"name": "y"})]

    def run(self, outputs: list[str], inputs: dict[str, Any]) -> list[Any]:
        self.given.append(inputs["x"])
        if isinstance(self.output, Exception):
            raise self.output
        return [self.output]


def test_models_of_bytes_get_bytes_and_a_crash_is_a_failure() -> None:
    require("cv2")
    image = ImageInput(width=2, height=2, divide_by=1.0)
    session = _Session(np.array([[0.2, 0.3, 0.5]], np.float32))
    (answer,) = OnnxSystem(SPEC, session, image, apply_softmax=False).predict([picture(grey=77)])
    assert isinstance(answer, Prediction)
    assert (session.given[0].dtype, session.given[0].max()) == (np.uint8, 77)
    broken = _Session(RuntimeError("with the path of a person"))
    (answer,) = OnnxSystem(SPEC, broken, image, apply_softmax=False).predict([picture()])
    assert failure_of(answer) == ("crashed", "the model raised RuntimeError")


def test_a_tflite_model_that_crashes_is_a_failure() -> None:
    class Broken:
        def scores(self, tensor: np.ndarray) -> np.ndarray:
            raise RuntimeError("x")

    broken: Any = Broken()
    (answer,) = TfliteSystem(SPEC, broken, lambda image: image).predict([picture()])
    assert failure_of(answer) == ("crashed", "the model raised RuntimeError")


def test_models_with_several_inputs_are_refused(tmp_path: Path) -> None:
    onnx = require("onnx")
    require("onnxruntime")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    values = [helper.make_tensor_value_info(name, kind, [1, 3]) for name in ("a", "b", "y")]
    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["y"])], "two", values[:2], values[2:]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    assert said(lambda: opened(tmp_path, "onnx", **ONNX_OPTIONS)) == (
        "model.onnx: 1 problem(s)\n"
        "  the inputs are a: tensor(float), b: tensor(float); expected one tensor of numbers "
        "[bad_model]"
    )


def test_onnx_messages_nested_without_end_are_refused(tmp_path: Path) -> None:
    # graph(7) holds node(1) holds attribute(5) holds graph(6) holds node(1) …
    data = b""
    for depth in range(240):
        tag = [0x32, 0x2A, 0x0A][depth % 3]  # from the inside out
        data = bytes([tag]) + _varint(len(data)) + data
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x3a" + _varint(len(data)) + data)
    expected = "model.onnx: 1 problem(s)\n  this is not an ONNX model [bad_model]"
    assert said(lambda: check_onnx_parts(path)) == expected
    # Fields of fixed size are skipped, but not beyond the end; numbers end.
    for data in (b"\x0d\0\0\0\0\x09" + b"\0" * 7, b"\x08" + b"\xff" * 11, b"\x08"):
        path.write_bytes(data)
        assert said(lambda: check_onnx_parts(path)) == expected
    path.write_bytes(b"\x0d\0\0\0\0\x09" + b"\0" * 8 + b"\x08\x07")
    assert check_onnx_parts(path) == {}


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def test_scores_in_parquet_are_numbers_not_truth_values(tmp_path: Path) -> None:
    frame = pl.DataFrame({"item": ["a"], "score_x": [True]})
    frame.write_parquet(tmp_path / "p.parquet")
    system = opened(tmp_path, "predictions", file="p.parquet")
    assert said(lambda: system.answers(pl.DataFrame({"item": ["a"]}))) == (
        "p.parquet: 1 problem(s)\n"
        "  row 1, column score_x: the score of 'x' is 'true', expected a number in [0, 1] "
        "[bad_score]"
    )


def test_facex_divides_only_what_is_above_one(monkeypatch: pytest.MonkeyPatch) -> None:
    transform = require("skimage.transform")
    monkeypatch.setattr(transform, "resize", lambda image, shape: np.full(shape, 51.0))
    assert facex_input(picture().image).max() == pytest.approx(0.2)  # type: ignore[arg-type]


def test_a_named_system_may_have_another_name_in_the_audit(tmp_path: Path) -> None:
    fetched("fer")
    assert is_fetched("fer")
    system = opened(tmp_path, "fer", name="with margin", margin_px=10)
    assert (system.spec.name, system.spec.adapter) == ("with margin", "fer")
    assert system.spec.identity != opened(tmp_path, "fer").spec.identity
    assert system.spec.labels == NAMED_SYSTEMS["fer"].labels


def test_one_pixel_is_a_picture() -> None:
    fetched("fer")
    tiny = Media(item="a", sha256="0", image=np.zeros((1, 1, 3), np.uint8))
    for name in ("fer", "facex"):
        (answer,) = fetched(name).predict([tiny])
        assert isinstance(answer, Prediction)
