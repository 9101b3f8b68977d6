"""Every adapter passes the checks that ship for authors of adapters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from facevalue.systems import ADAPTERS, NAMED_SYSTEMS
from facevalue.testing import CHECKS, FakeSystem, assert_conforms, check_system, sample_images
from support import require
from systems_support import (
    LABELS,
    ONNX_OPTIONS,
    fetched,
    opened,
    program,
    server,
    write_onnx,
)

FUNCTION = """
def by_brightness(images):
    calm = [float(image.mean()) / 255 for image in images]
    return [{"calm": c, "angry": 1 - c, "sad": 0.0} for c in calm]
"""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened_things:
        yield opened_things


def _open(name: str, base: Path, stack: ExitStack) -> Any:
    if name == "callable":
        (base / "vendor.py").write_text(FUNCTION)
        return opened(
            base, name, function="vendor:by_brightness", gives="images", labels=list(LABELS)
        )
    if name == "command":
        system = opened(base, name, command=program(base), labels=list(LABELS))
        return stack.enter_context(closing(system))
    if name == "http":
        require("httpx")
        url = stack.enter_context(server())
        return stack.enter_context(closing(opened(base, name, url=url, labels=list(LABELS))))
    if name == "onnx":
        require("onnxruntime")
        write_onnx(base / "model.onnx")
        return opened(base, name, **ONNX_OPTIONS)
    if name == "tflite":
        fetched("fer")
        options: dict[str, Any] = {"mean": 0.5, "std": 0.5, "size": 64, "channels": "grey"}
        model = NAMED_SYSTEMS["fer"].folder / "model.tflite"
        labels = list(NAMED_SYSTEMS["fer"].labels)
        return opened(base, name, model=str(model), labels=labels, **options)
    system = fetched(name)
    if hasattr(system, "close"):
        stack.callback(system.close)
    return system


RECORDED = {"predictions", "ratings"}  # answers are read, not asked for: nothing to check here
ASKED = sorted({*ADAPTERS, *NAMED_SYSTEMS} - RECORDED)


@pytest.mark.parametrize("name", ASKED)
def test_every_adapter_and_named_system_conforms(
    name: str, tmp_path: Path, stack: ExitStack
) -> None:
    system = _open(name, tmp_path, stack)
    found = {
        check.name: (check.outcome.value, check.text)
        for check in check_system(system, sample_images())
    }
    assert found == dict.fromkeys(CHECKS, ("passed", ""))


def test_the_fake_conforms() -> None:
    assert_conforms(FakeSystem(), sample_images())
