"""What the tests of systems share: small models, a small server, a small program."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from facevalue.domain import Answer, Failure, Media, Prediction
from facevalue.errors import SystemUnavailableError
from facevalue.systems import (
    Recorded,
    System,
    SystemRequest,
    SystemSpec,
    fetch_system,
    open_system,
)
from support import missing, require

LABELS = ("calm", "angry", "sad")
SPEC = SystemSpec(
    name="mine", adapter="test", labels=LABELS, identity={"test": 1}, media="image", batch_size=4
)


def opened(base: Path, adapter: str | None, name: str = "mine", **options: Any) -> Any:
    """Open a system as an audit file in ``base`` would."""
    return open_system(SystemRequest(name=name, adapter=adapter, options=options), base=base)


def fetched(name: str, **options: Any) -> System:
    """Open a named system, fetching it first; a missing registry fails or skips the test."""
    if name != "face-api":
        require("ai_edge_litert")
    try:
        fetch_system(name)
        system = open_system(SystemRequest(name=name, options=options), base=Path())
    except SystemUnavailableError as error:
        missing(f"the system {name!r} ({error})")
        raise
    assert not isinstance(system, Recorded)
    return system


def picture(item: str = "a", grey: int = 128, size: tuple[int, int] = (8, 8)) -> Media:
    image = np.full((*size, 3), grey, np.uint8)
    return Media(item=item, sha256=f"{grey:064x}", image=image)


def label_of(answer: Answer) -> str:
    assert isinstance(answer, Prediction), answer
    return answer.label


def failure_of(answer: Answer) -> tuple[str, str]:
    assert isinstance(answer, Failure), answer
    return answer.kind.value, answer.detail


def write_onnx(
    path: Path,
    *,
    n_labels: int = 3,
    activation: str = "Softmax",
    side: int = 4,
    external: str | None = None,
    nan: bool = False,
) -> Path:
    """Write a grey ``side × side`` classifier: flatten, multiply by fixed weights, activate."""
    onnx = require("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    weights = np.linspace(-1, 1, side * side * n_labels, dtype=np.float32).reshape(-1, n_labels)
    if nan:
        weights[:] = np.nan
    tensor = onnx.numpy_helper.from_array(weights, "weights")
    if external is not None:
        onnx.external_data_helper.set_external_data(tensor, location=external)
        tensor.ClearField("raw_data")
        tensor.data_location = kinds.EXTERNAL
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
        helper.make_node(activation, ["logits"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", kinds.FLOAT, [1, 1, side, side])],
        [helper.make_tensor_value_info("y", kinds.FLOAT, [1, n_labels])],
        [tensor],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


ONNX_OPTIONS: dict[str, Any] = {
    "model": "model.onnx",
    "labels": list(LABELS),
    "size": 4,
    "channels": "grey",
}

# A system in ten lines: calm when bright, angry when dark.
PROGRAM = """
import base64, json, sys
for line in sys.stdin:
    request = json.loads(line)
    answers = []
    for item in request["items"]:
        pixels = base64.b64decode(item["image"]["rgb_base64"])
        calm = sum(pixels) / len(pixels) / 255
        answers.append({"scores": {"calm": calm, "angry": 1 - calm, "sad": 0}})
    print(json.dumps({"id": request["id"], "answers": answers}), flush=True)
"""


def program(base: Path, source: str = PROGRAM) -> list[str]:
    """Write a Python program and return the command that runs it."""
    (base / "program.py").write_text(source)
    return [sys.executable, "program.py"]


Reply = tuple[int, Mapping[str, str], bytes]
Respond = Callable[[dict[str, Any], Mapping[str, str]], Reply]


def answer_by_brightness(request: dict[str, Any], headers: Mapping[str, str]) -> Reply:
    import base64

    answers = []
    for item in request["items"]:
        pixels = base64.b64decode(item["image"]["rgb_base64"])
        calm = sum(pixels) / len(pixels) / 255
        answers.append({"scores": {"calm": calm, "angry": 1 - calm, "sad": 0}})
    return 200, {}, json.dumps({"answers": answers}).encode()


@contextmanager
def server(respond: Respond = answer_by_brightness) -> Iterator[str]:
    """Serve ``respond`` on a local address, which is yielded."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, reply = respond(json.loads(body), dict(self.headers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}/predict"
        finally:
            http.shutdown()
            thread.join()


def n_failed(answers: Sequence[Answer]) -> int:
    return sum(isinstance(answer, Failure) for answer in answers)
