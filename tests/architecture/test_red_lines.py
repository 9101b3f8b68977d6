"""What facevalue never does (design.md §1), kept by tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from facevalue.domain import prohibited_labels
from facevalue.systems import NAMED_SYSTEMS

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "facevalue"
TEXTS = sorted(
    p for p in SOURCE.rglob("*") if p.suffix in {".py", ".mjs", ".js", ".html", ".yaml", ".css"}
)
SHOWN = [str(p.relative_to(SOURCE)) for p in TEXTS]

LIVE = re.compile(
    r"VideoCapture|getUserMedia|MediaRecorder|sounddevice|pyaudio|picamera|rtsp://|rtmp://"
    r"|v4l2|avfoundation|dshow|InputStream\(",
)
IDENTITY = re.compile(
    r"face_recognition|FaceRecognizer|insightface|deepface|faceRecognitionNet|ageGenderNet"
    r"|age_gender_model|face_recognition_model|withAgeAndGender|withFaceDescriptors"
    r"|computeFaceDescriptor",
    re.IGNORECASE,
)
TRAINING = {"fit", "fit_transform", "partial_fit", "train", "backward", "train_on_batch"}


@pytest.mark.parametrize("path", TEXTS, ids=SHOWN)
def test_nothing_captures_from_a_camera_a_microphone_or_a_stream(path: Path) -> None:
    assert LIVE.search(path.read_text("utf-8")) is None


@pytest.mark.parametrize("path", TEXTS, ids=SHOWN)
def test_nothing_identifies_or_infers_who_somebody_is(path: Path) -> None:
    assert IDENTITY.search(path.read_text("utf-8")) is None


@pytest.mark.parametrize(
    "path", [p for p in TEXTS if p.suffix == ".py"], ids=[s for s in SHOWN if s.endswith(".py")]
)
def test_nothing_is_trained(path: Path) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert called & TRAINING == set()


@pytest.mark.parametrize("path", TEXTS, ids=SHOWN)
def test_annotations_are_not_called_truth(path: Path) -> None:
    assert "y_true" not in path.read_text("utf-8")


def test_fetched_systems_hold_the_expression_model_and_no_other() -> None:
    for name in NAMED_SYSTEMS:
        for package in NAMED_SYSTEMS[name].packages:
            for member in package.members:
                assert IDENTITY.search(member.target) is None
                assert not re.search(r"\bage|_age|gender|recognition|landmark|ssd", member.target)


def test_named_systems_give_no_output_that_is_not_evaluated() -> None:
    for name in NAMED_SYSTEMS:
        assert prohibited_labels(NAMED_SYSTEMS[name].labels) == ()


def test_media_have_no_word_for_a_group() -> None:
    # What a system is shown carries no label, subject, sex, age or the like.
    from dataclasses import fields

    from facevalue.domain import Media

    names = {f.name for f in fields(Media)}
    assert names == {"item", "sha256", "image", "sound", "rate_hz", "path"}


def test_readme_says_what_it_never_does() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    part = text.partition("## What facevalue never does")[2]
    for words in ("live camera", "identity", "named person", "race, ethnicity, religion, sex, age"):
        assert words in part
