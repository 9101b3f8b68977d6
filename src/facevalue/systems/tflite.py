"""TFLite models through LiteRT: one image at a time, on the processor."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facevalue.domain.predictions import Answer, Failure, FailureKind, Media
from facevalue.errors import MissingExtraError
from facevalue.systems.answers import (
    Crash,
    answer_from_array,
    guarded,
    softmax,
    usable_image,
)
from facevalue.systems.base import SystemRequest, SystemSpec
from facevalue.systems.modelfile import check_model_file, refuse
from facevalue.systems.options import Options
from facevalue.systems.preprocess import package_versions, read_image_input

__all__ = ["TfliteModel", "TfliteSystem", "open_tflite"]


class TfliteModel:
    """A loaded TFLite model with one input and one output.

    Parameters
    ----------
    path
        The model file.
    sha256
        What it must be; `None` for any.

    Raises
    ------
    ManifestError
        If the file is refused or cannot be loaded.
    """

    def __init__(self, path: Path, *, sha256: str | None = None) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise MissingExtraError("ai-edge-litert", "tflite") from error
        self.sha256 = check_model_file(path, suffix=".tflite", sha256=sha256)
        self._path = path
        try:
            with _quiet_stderr():
                self._interpreter = Interpreter(model_path=str(path))
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            raise refuse(path, "LiteRT cannot load this model", "bad_model") from error
        inputs, outputs = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )
        if len(inputs) != 1 or len(outputs) != 1:
            what = f"{len(inputs)} inputs and {len(outputs)} outputs, expected one of each"
            raise refuse(path, what, "bad_model")
        self._input, self._output = inputs[0], outputs[0]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input, with the leading axis of one."""
        return tuple(int(n) for n in self._input["shape"])

    @property
    def n_outputs(self) -> int:
        """How many scores it gives for one image."""
        return int(np.prod(self._output["shape"][1:]))

    def check(self, shape: tuple[int, ...], n_labels: int) -> None:
        """Refuse a model whose input or output is not what the options say.

        Raises
        ------
        ManifestError
            If the shapes differ.
        """
        if self.input_shape != shape:
            what = f"the input is {_by(self.input_shape)}, the options make {_by(shape)}"
            raise refuse(self._path, what, "bad_model")
        if self.n_outputs != n_labels:
            what = f"it gives {self.n_outputs} scores, {n_labels} labels are named"
            raise refuse(self._path, what, "bad_model")

    def scores(self, tensor: np.ndarray) -> np.ndarray:
        """Return the output for one input of shape ``(1, …)``, as float64, flat."""
        self._interpreter.set_tensor(self._input["index"], _quantised(tensor, self._input))
        self._interpreter.invoke()
        output = np.asarray(self._interpreter.get_tensor(self._output["index"]))
        return _dequantised(output, self._output).reshape(-1)


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep LiteRT's remarks, which it writes past Python and has no switch for, off stderr."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _by(shape: Sequence[int]) -> str:
    return " × ".join(str(n) for n in shape)


def _quantised(tensor: np.ndarray, details: Mapping[str, Any]) -> np.ndarray:
    dtype = np.dtype(details["dtype"])
    if dtype.kind == "f":
        return tensor.astype(dtype, copy=False)
    scale, zero = details["quantization"]
    values = tensor / scale + zero if scale else tensor
    limits = np.iinfo(dtype)
    return np.asarray(np.clip(np.rint(values), limits.min, limits.max), dtype)


def _dequantised(output: np.ndarray, details: Mapping[str, Any]) -> np.ndarray:
    values: np.ndarray = output.astype(np.float64)
    scale, zero = details["quantization"]
    if output.dtype.kind in "iu" and scale:
        values = (values - zero) * scale
    return values


class TfliteSystem:
    """Images through a function to a TFLite model, one by one.

    Parameters
    ----------
    spec
        What is known of the system; ``labels`` must be set.
    model
        The loaded model.
    prepare
        From RGB pixels, shape ``(height, width, 3)``, ``uint8``, to the model's input.
    apply_softmax
        Whether the model's outputs are logits.
    """

    def __init__(
        self,
        spec: SystemSpec,
        model: TfliteModel,
        prepare: Callable[[np.ndarray], np.ndarray],
        *,
        apply_softmax: bool = False,
    ) -> None:
        self.spec = spec
        self._model = model
        self._prepare = prepare
        self._softmax = apply_softmax

    def predict(self, batch: Sequence[Media]) -> list[Answer]:
        """Answer each image of ``batch``, in order."""
        return [self._answer(media) for media in batch]

    def _answer(self, media: Media) -> Answer:
        image = usable_image(media)
        if isinstance(image, Failure):
            return image
        output = guarded(lambda: self._model.scores(self._prepare(image)))
        if isinstance(output, Crash):
            return Failure(FailureKind.CRASHED, f"the model raised {output.type}")
        assert self.spec.labels is not None  # every way to build one sets them
        return answer_from_array(softmax(output) if self._softmax else output, self.spec.labels)


def open_tflite(request: SystemRequest, base: Path) -> TfliteSystem:
    """Open a TFLite model with the options of an audit file."""
    options = Options(request, base)
    path = options.file("model")
    labels = options.labels() or ()
    image = read_image_input(options, layout="nhwc")
    apply_softmax = options.flag("softmax", False)
    sha256 = options.sha256()
    options.done()
    model = TfliteModel(path, sha256=sha256)
    depth = 1 if image.channels == "grey" else 3
    sized = (image.height, image.width)
    shape = (1, *sized, depth) if image.layout == "nhwc" else (1, depth, *sized)
    model.check(shape, len(labels))
    spec = SystemSpec(
        name=request.name,
        adapter="tflite",
        labels=labels,
        media="image",
        identity={
            "adapter": "tflite",
            "model": model.sha256,
            "labels": list(labels),
            "input": image.identity,
            "softmax": apply_softmax,
            "packages": package_versions(
                "ai-edge-litert", "opencv-python-headless", "opencv-python", "scikit-image"
            ),
        },
        about={
            "title": f"TFLite model {path.name}",
            "version": f"SHA-256 {model.sha256}",
            "preprocessing": image.sentence,
        },
    )
    return TfliteSystem(spec, model, image.tensor, apply_softmax=apply_softmax)
