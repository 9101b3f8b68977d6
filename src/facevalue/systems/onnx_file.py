"""Look into an ONNX file without loading it, for the other files that it would read.

An ONNX model may keep tensors in other files and name them by path. Those names are
untrusted: each must lie in the model's own folder. The file is Protocol Buffers; only the
messages that can hold a tensor are walked (numbers of fields: onnx/onnx.proto3).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from facevalue.canonical import digest_stream
from facevalue.errors import ManifestError, Problem

__all__ = ["check_onnx_parts"]

MAX_DEPTH = 64
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# message → {field number: message in that field}
_MESSAGES = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
}


class _DamagedError(ValueError):
    """The bytes are not the message they should be."""


def check_onnx_parts(path: Path) -> dict[str, str]:
    """Return the SHA-256 of every other file that the model reads, by its name.

    Raises
    ------
    ManifestError
        If the file is damaged, or names a file outside its own folder or one that is not
        there.
    """
    try:
        names = sorted(set(_locations(memoryview(path.read_bytes()), "model", 0)))
    except _DamagedError as error:
        raise ManifestError(
            path.name, [Problem("bad_model", "this is not an ONNX model")]
        ) from error
    folder = path.parent.resolve()
    problems: list[Problem] = []
    parts: dict[str, str] = {}
    for name in names:
        part = (folder / name).resolve()
        if Path(name).is_absolute() or not part.is_relative_to(folder):
            what = f"its data {name!r} lie outside the model's folder"
            problems.append(Problem("outside_root", what))
        elif not part.is_file():
            problems.append(Problem("missing_file", f"its data {name!r} are missing"))
        else:
            with part.open("rb") as stream:
                parts[name] = digest_stream(stream)
    if problems:
        raise ManifestError(path.name, problems)
    return parts


def _locations(data: memoryview, message: str, depth: int) -> Iterator[str]:
    """Yield the value of every ``location`` entry of an externally kept tensor."""
    if depth > MAX_DEPTH:
        raise _DamagedError("nested too deeply")
    if message == "entry":
        entry = {number: bytes(value) for number, value in _fields(data)}
        if entry.get(1) == b"location":
            yield entry.get(2, b"").decode("utf-8", "replace")
        return
    inside = _MESSAGES[message]
    for number, value in _fields(data):
        if number in inside:
            yield from _locations(value, inside[number], depth + 1)


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield number and bytes of each length-delimited field; skip the others."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            _, at = _varint(data, at)
        elif wire == _BYTES:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise _DamagedError("a field is longer than its message")
            yield number, data[at : at + size]
            at += size
        elif wire in (_FIXED32, _FIXED64):
            at += 4 if wire == _FIXED32 else 8
        else:
            raise _DamagedError("an unknown kind of field")
    if at > len(data):
        raise _DamagedError("the message is cut off")


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise _DamagedError("a number is cut off")
