"""Malformed model files."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from malformed.case import Case, Content, audit, lines
from systems_support import write_onnx

__all__ = ["CASES"]


class _Payload:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, ("unpickled", "w")


def _archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("model/data.pkl", PICKLE)
    return stream.getvalue()


def _model(name: str, content: Content, *options: str) -> dict[str, Content]:
    """Return the audit file with a model of one grey input of 4 × 4 and two labels."""
    adapter = "tflite" if name.endswith(".tflite") else "onnx"
    given = ", ".join([f"model: {name}, labels: [anger, calm], size: 4, channels: grey", *options])
    edits = (("adapter: predictions", f"adapter: {adapter}"), ("file: answers.csv", given))
    return {**audit(*edits), name: content}


def _sound(**changes: Any) -> Callable[[Path], None]:
    """Write a model that loads, with ``changes``."""

    def write(folder: Path) -> None:
        write_onnx(folder / "model.onnx", **{"n_labels": 2, **changes})

    return write


PICKLE = pickle.dumps(_Payload())

CASES = (
    Case(
        name="missing",
        files=_model("model.onnx", None),
        says=lines(
            "audit.yaml: 1 problem(s)",
            "  system 'mine', option model: there is no file 'model.onnx' [missing_file]",
        ),
    ),
    Case(
        name="leaves its folder",
        files=_model("../model.onnx", None),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  system 'mine', option model: '../model.onnx' leaves the folder of the audit "
                "file. Write an absolute path if that is meant [outside_root]"
            ),
        ),
    ),
    Case(
        name="empty",
        files=_model("model.onnx", ""),
        says=lines("model.onnx: 1 problem(s)", "  the file is empty [empty_file]"),
    ),
    Case(
        name="a pickle",
        files=_model("model.pkl", PICKLE),
        says=lines(
            "model.pkl: 1 problem(s)", "  the ending is '.pkl', expected '.onnx' [refused_model]"
        ),
    ),
    Case(
        name="a pickle called onnx",
        files=_model("model.onnx", PICKLE),
        says=lines(
            "model.onnx: 1 problem(s)",
            (
                "  this is a Python pickle. It can run code when loaded, so it is not "
                "[refused_model]"
            ),
        ),
    ),
    Case(
        name="an old pickle called onnx",
        files=_model("model.onnx", pickle.dumps(_Payload(), 0)),
        says=lines("model.onnx: 1 problem(s)", "  this is not an ONNX model [bad_model]"),
    ),
    Case(
        name="a pickle called tflite",
        files=_model("model.tflite", PICKLE),
        says=lines("model.tflite: 1 problem(s)", "  this is a Python pickle [refused_model]"),
        needs=("ai_edge_litert",),
    ),
    Case(
        name="a torch archive",
        files=_model("model.pt", _archive()),
        says=lines(
            "model.pt: 1 problem(s)", "  the ending is '.pt', expected '.onnx' [refused_model]"
        ),
    ),
    Case(
        name="a torch archive called onnx",
        files=_model("model.onnx", _archive()),
        says=lines(
            "model.onnx: 1 problem(s)",
            (
                "  this is a zip archive (PyTorch and Keras save such files, with pickles inside). "
                "It can run code when loaded, so it is not [refused_model]"
            ),
        ),
    ),
    Case(
        name="a numpy file called onnx",
        files=_model("model.onnx", b"\x93NUMPY\1\0v\0{'descr': '|O'}"),
        says=lines(
            "model.onnx: 1 problem(s)",
            "  this is a NumPy file. It can run code when loaded, so it is not [refused_model]",
        ),
    ),
    Case(
        name="a script called onnx",
        files=_model("model.onnx", "#!/bin/sh\ntouch unpickled\n"),
        says=lines(
            "model.onnx: 1 problem(s)",
            "  this is a script. It can run code when loaded, so it is not [refused_model]",
        ),
    ),
    Case(
        name="text called onnx",
        files=_model("model.onnx", "a model\n"),
        says=lines("model.onnx: 1 problem(s)", "  this is not an ONNX model [bad_model]"),
    ),
    Case(
        name="truncated tflite",
        files=_model("model.tflite", b"\x1c\0\0\0TFL3" + b"\x14\0\x20\0" * 20),
        says=lines("model.tflite: 1 problem(s)", "  LiteRT cannot load this model [bad_model]"),
        needs=("ai_edge_litert",),
    ),
    Case(
        name="another digest",
        files=_model("model.onnx", "a model\n", f"sha256: '{'0' * 64}'"),
        says=lines(
            "model.onnx: 1 problem(s)",
            (
                "  SHA-256 is 1706adee00751036563a808eb4375501f6e5bcefb3c7b32bbdfd416a48d43f94, "
                "expected 0000000000000000000000000000000000000000000000000000000000000000 "
                "[wrong_sha256]"
            ),
        ),
    ),
    Case(
        name="another number of labels",
        files=_model("model.onnx", None),
        then=_sound(n_labels=3),
        says=lines(
            "model.onnx: 1 problem(s)", "  it gives 3 scores, 2 labels are named [bad_model]"
        ),
        needs=("onnx", "onnxruntime"),
    ),
    Case(
        name="another size",
        files=_model("model.onnx", None),
        then=_sound(side=5),
        says=lines(
            "model.onnx: 1 problem(s)",
            "  it cannot take the input that the options make (InvalidArgument) [bad_model]",
        ),
        needs=("onnx", "onnxruntime"),
    ),
    Case(
        name="data outside its folder",
        files=_model("model.onnx", None),
        then=_sound(external="../weights.bin"),
        says=lines(
            "model.onnx: 1 problem(s)",
            "  its data '../weights.bin' lie outside the model's folder [outside_root]",
        ),
        needs=("onnx",),
    ),
    Case(
        name="data that are not there",
        files=_model("model.onnx", None),
        then=_sound(external="weights.bin"),
        says=lines(
            "model.onnx: 1 problem(s)", "  its data 'weights.bin' are missing [missing_file]"
        ),
        needs=("onnx",),
    ),
)
