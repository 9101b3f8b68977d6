"""Canonical JSON and digests: the one way a cache key or a fingerprint is made.

Two values with the same meaning give the same bytes: keys sorted, no spaces,
UTF-8, no NaN or infinity. Digests are SHA-256 in lower-case hexadecimal.
"""

from __future__ import annotations

import hashlib
import json
from typing import BinaryIO

__all__ = ["canonical_json", "digest", "digest_bytes", "digest_stream"]

CHUNK_BYTES = 1 << 20


def canonical_json(value: object) -> str:
    """Return ``value`` as canonical JSON.

    Raises
    ------
    ValueError
        If a number is NaN or infinite.
    TypeError
        If something is not a JSON type.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest(value: object) -> str:
    """Return the SHA-256 of the canonical JSON of ``value``.

    Examples
    --------
    >>> digest({"a": 1})[:12]
    '015abd7f5cc5'
    """
    return digest_bytes(canonical_json(value).encode("utf-8"))


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_stream(stream: BinaryIO) -> str:
    """Return the SHA-256 of a binary stream, read in pieces of 1 MiB."""
    sha = hashlib.sha256()
    while chunk := stream.read(CHUNK_BYTES):
        sha.update(chunk)
    return sha.hexdigest()
