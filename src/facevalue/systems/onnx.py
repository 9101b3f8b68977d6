"""ONNX models through ONNX Runtime, on the processor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facevalue.domain.predictions import Answer, Failure, FailureKind, Media
from facevalue.errors import MissingExtraError
from facevalue.systems.answers import Crash, answer_from_array, guarded, softmax, usable_image
from facevalue.systems.base import SystemRequest, SystemSpec
from facevalue.systems.modelfile import check_model_file, refuse
from facevalue.systems.onnx_file import check_onnx_parts
from facevalue.systems.options import Options
from facevalue.systems.preprocess import ImageInput, package_versions, read_image_input

__all__ = ["OnnxSystem", "open_onnx"]

_INPUT_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
_FATAL_ONLY = 4


class OnnxSystem:
    """Images through an ONNX model, one by one.

    One by one because some kernels give other last digits for other batch sizes, and a
    resumed run, whose batches are cut elsewhere, must give the same findings.

    Parameters
    ----------
    spec
        What is known of the system; ``labels`` must be set.
    session
        ONNX Runtime session with one input.
    image
        What is done to an image first.
    apply_softmax
        Whether the model's outputs are logits.
    """

    def __init__(
        self, spec: SystemSpec, session: Any, image: ImageInput, *, apply_softmax: bool
    ) -> None:
        self.spec = spec
        self._session = session
        self._image = image
        self._softmax = apply_softmax
        entry = session.get_inputs()[0]
        self._input, self._dtype = entry.name, _INPUT_TYPES[entry.type]
        self._output = session.get_outputs()[0].name

    def predict(self, batch: Sequence[Media]) -> list[Answer]:
        """Answer each image of ``batch``, in order."""
        return [self._answer(media) for media in batch]

    def run(self, image: np.ndarray) -> np.ndarray:
        """Return the model's output for RGB pixels, shape ``(n_labels,)``, float64."""
        tensor = self._image.tensor(image)
        if np.dtype(self._dtype).kind == "u":
            tensor = np.rint(tensor)
        found = self._session.run([self._output], {self._input: tensor.astype(self._dtype)})
        return np.asarray(found[0], dtype=np.float64).reshape(-1)

    def _answer(self, media: Media) -> Answer:
        image = usable_image(media)
        if isinstance(image, Failure):
            return image
        output = guarded(lambda: self.run(image))
        if isinstance(output, Crash):
            return Failure(FailureKind.CRASHED, f"the model raised {output.type}")
        assert self.spec.labels is not None  # open_onnx sets them
        return answer_from_array(softmax(output) if self._softmax else output, self.spec.labels)


def open_onnx(request: SystemRequest, base: Path) -> OnnxSystem:
    """Open an ONNX model with the options of an audit file."""
    options = Options(request, base)
    path = options.file("model")
    labels = options.labels() or ()
    image = read_image_input(options, layout="nchw")
    apply_softmax = options.flag("softmax", False)
    sha256 = options.sha256()
    options.done()
    found = check_model_file(path, suffix=".onnx", sha256=sha256)
    parts = check_onnx_parts(path)
    session = _session(path)
    spec = SystemSpec(
        name=request.name,
        adapter="onnx",
        labels=labels,
        media="image",
        identity={
            "adapter": "onnx",
            "model": found,
            "parts": parts,
            "labels": list(labels),
            "input": image.identity,
            "softmax": apply_softmax,
            "packages": package_versions(
                "onnxruntime", "opencv-python-headless", "opencv-python", "scikit-image"
            ),
        },
        about={
            "title": f"ONNX model {path.name}",
            "version": f"SHA-256 {found}",
            "preprocessing": image.sentence,
        },
    )
    system = OnnxSystem(spec, session, image, apply_softmax=apply_softmax)
    _check_output(path, system, labels)
    return system


def _session(path: Path) -> Any:
    try:
        import onnxruntime as ort
    except ImportError as error:
        raise MissingExtraError("onnxruntime", "onnx") from error
    settings = ort.SessionOptions()
    settings.log_severity_level = _FATAL_ONLY
    settings.use_deterministic_compute = True
    session = guarded(
        lambda: ort.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    )
    if isinstance(session, Crash):
        what = f"ONNX Runtime cannot load this model ({session.type})"
        raise refuse(path, what, "bad_model")
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type not in _INPUT_TYPES:
        listed = ", ".join(f"{i.name}: {i.type}" for i in inputs) or "none"
        what = f"the inputs are {listed}; expected one tensor of numbers"
        raise refuse(path, what, "bad_model")
    return session


def _check_output(path: Path, system: OnnxSystem, labels: Sequence[str]) -> None:
    """Ask once about a black image: wrong sizes show before the run, not on every item."""
    output = guarded(lambda: system.run(np.zeros((8, 8, 3), np.uint8)))
    if isinstance(output, Crash):
        what = f"it cannot take the input that the options make ({output.type})"
        raise refuse(path, what, "bad_model")
    if output.size != len(labels):
        what = f"it gives {output.size} scores, {len(labels)} labels are named"
        raise refuse(path, what, "bad_model")
