"""Model files are untrusted: checked before a runtime is given them.

A pickle, a PyTorch or Keras archive or a joblib dump can run code when it is loaded; they
are known by their first bytes, whatever their name says.
"""

from __future__ import annotations

from pathlib import Path

from facevalue.canonical import digest_stream
from facevalue.errors import ManifestError, Problem

__all__ = ["check_model_file", "refuse"]

MAX_MODEL_BYTES = 2 << 30
_HEAD = 16

# (first bytes, what they belong to). Every pickle of protocol 2 or newer starts with \x80.
_REFUSED = (
    (b"\x80", "a Python pickle"),
    (b"PK\x03\x04", "a zip archive (PyTorch and Keras save such files, with pickles inside)"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras saves such files, which can hold code)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"x\x9c", "a zlib stream (joblib saves such files, with pickles inside)"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"#!", "a script"),
)


def refuse(path: Path, what: str, code: str = "refused_model") -> ManifestError:
    """Return the error for a model file that is not used."""
    return ManifestError(path.name, [Problem(code, what)])


def check_model_file(path: Path, *, suffix: str, sha256: str | None) -> str:
    """Refuse what is not a model of the kind that ``suffix`` says; return its SHA-256.

    Raises
    ------
    ManifestError
        If the file has another ending, is empty or too large, is of a kind that can run
        code when loaded, or is not the one expected.
    """
    if path.suffix.lower() != suffix:
        raise refuse(path, f"the ending is {path.suffix!r}, expected {suffix!r}")
    size = path.stat().st_size
    if size == 0:
        raise refuse(path, "the file is empty", "empty_file")
    if size > MAX_MODEL_BYTES:
        raise refuse(path, f"{size:,} bytes, at most {MAX_MODEL_BYTES:,} are read", "too_large")
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
        stream.seek(0)
        found = digest_stream(stream)
    # The name of a flatbuffer's format stands after its first offset; ONNX has no mark.
    if suffix == ".tflite" and head[4:8] != b"TFL3":
        raise refuse(path, f"this is {_kind(head) or 'not a TFLite model'}")
    if suffix != ".tflite" and (kind := _kind(head)):
        raise refuse(path, f"this is {kind}. It can run code when loaded, so it is not")
    if sha256 is not None and found != sha256:
        raise refuse(path, f"SHA-256 is {found}, expected {sha256}", "wrong_sha256")
    return found


def _kind(head: bytes) -> str | None:
    return next((kind for mark, kind in _REFUSED if head.startswith(mark)), None)
