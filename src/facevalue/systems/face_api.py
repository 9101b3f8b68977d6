"""The published system ``face-api``: its own code in its own runtime, Node.js, asked in lines.

The bridge in ``bridges/face_api.mjs`` hands pixels to ``predictExpressions`` of the package
and writes down what it says. Squaring, resizing and normalising are the package's own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.resources import as_file, files
from pathlib import Path

from facevalue.canonical import digest_bytes
from facevalue.errors import SystemUnavailableError
from facevalue.systems.base import SystemRequest, SystemSpec
from facevalue.systems.command import CommandSettings, CommandSystem
from facevalue.systems.options import Options
from facevalue.systems.packages import Member, NamedSystem, Package

__all__ = ["FACE_API"]

VERSION = "1.7.15"
LABELS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
BRIDGE = "face_api.mjs"
MIN_NODE = 18


def _open(request: SystemRequest, folder: Path) -> CommandSystem:
    options = Options(request, folder)
    timeout_s = options.number("timeout_s", low=1, high=3_600, default=120.0)
    options.done()
    node, version = _node()
    bridge = files("facevalue.systems") / "bridges" / BRIDGE
    source = bridge.read_bytes()
    spec = SystemSpec(
        name=request.name,
        adapter="face-api",
        labels=LABELS,
        media="image",
        batch_size=16,
        identity={
            "adapter": "face-api",
            "version": VERSION,
            "packages": {p.requirement: p.sha256 for p in FACE_API.packages},
            "bridge": digest_bytes(source),
            "node": version,
        },
        about={**FACE_API.about, "runtime": f"Node.js {version}"},
    )
    # Installed packages are plain folders: the bridge stays where it is while Node runs it.
    with as_file(bridge) as path:
        settings = CommandSettings(
            argv=(node, "--no-warnings", str(path), str(folder)),
            cwd=folder,
            timeout_s=timeout_s,
            handshake=True,
        )
        return CommandSystem(spec, settings)


def _node() -> tuple[str, str]:
    """Return the path of Node.js and its version."""
    needed = f"system 'face-api' runs in Node.js {MIN_NODE} or newer, which"
    node = shutil.which("node")
    if node is None:
        raise SystemUnavailableError(f"{needed} is not installed")
    try:
        said = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SystemUnavailableError(f"{needed} does not start") from error
    found = re.match(r"v(\d+)\.\d+\.\d+", said)
    if found is None or int(found[1]) < MIN_NODE:
        raise SystemUnavailableError(f"{needed} is older here ({said.strip()[:40] or 'unknown'})")
    return node, found[0]


FACE_API = NamedSystem(
    name="face-api",
    version=VERSION,
    labels=LABELS,
    about={
        "title": "face-api, face expression recognition (Vladimir Mandic)",
        "version": VERSION,
        "licence": "MIT",
        "url": "https://github.com/vladmandic/face-api",
        "preprocessing": (
            "the package's own: padded with zeros to a square, 112 × 112 pixels (bilinear), "
            "RGB minus (122.782, 117.001, 104.298), over 255"
        ),
        "notes": (
            "The crop is what the network sees; the package looks for faces first. Runs in "
            "Node.js on the WebAssembly backend of TensorFlow.js 4.22.0, without network."
        ),
    },
    packages=(
        Package(
            name="@vladmandic/face-api",
            version=VERSION,
            client="npm",
            sha256="0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
            members=(
                # Node takes the kind of module from the ending: the package's own is .js.
                Member(
                    "package/dist/face-api.esm.js",
                    "face-api.esm.mjs",
                    1_333_462,
                    "14f0e9813f6d9f14a9cdafb6543a74835ebb13085090e2942310a7a737f55d9a",
                ),
                Member(
                    "package/model/face_expression_model-weights_manifest.json",
                    "face_expression_model-weights_manifest.json",
                    6_980,
                    "5b349c17c7836da506e03422cd6461c74085d8bb2713ad4114647dc5d28174c8",
                ),
                Member(
                    "package/model/face_expression_model.bin",
                    "face_expression_model.bin",
                    329_468,
                    "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d",
                ),
                Member(
                    "package/LICENSE",
                    "LICENSE",
                    1_067,
                    "9a3442b79acaf4fbc7c2e07b7e2d8f84af9bb3871bf08a69d80304ab00640e9a",
                ),
            ),
        ),
        Package(
            name="@tensorflow/tfjs-backend-wasm",
            version="4.22.0",
            client="npm",
            sha256="5cd6f5e18657c12fb94f4ec3dcef485c8c1a9ca39f3ef1d261c1cb13c1a231c3",
            members=(
                Member(
                    "package/dist/tfjs-backend-wasm.wasm",
                    "tfjs-backend-wasm.wasm",
                    311_123,
                    "70a5d516060464e5269f01c74bac1772d6b8ab6cb612acf16b5cdaf61f78d892",
                ),
                Member(
                    "package/dist/tfjs-backend-wasm-simd.wasm",
                    "tfjs-backend-wasm-simd.wasm",
                    424_594,
                    "77ebb28a6d34f371dbbf2086b7f2de8994acd8ea5a3cf1fa24d2c26c840cac7b",
                ),
                Member(
                    "package/package.json",
                    "tfjs-backend-wasm.package.json",
                    1_762,
                    "d7d4fe59694dab9a96bdc086ebc5f0a0dbd6f48a6c28f477a065634c22e2c92f",
                ),
            ),
        ),
    ),
    opener=_open,
)
