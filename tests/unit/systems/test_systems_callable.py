"""Python functions as systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facevalue.domain import Failure, FailureKind, Media, Prediction
from facevalue.errors import AuditSpecError, SystemUnavailableError
from facevalue.systems.callable import CallableSystem
from systems_support import LABELS, SPEC, failure_of, label_of, opened, picture


def system(function: Any, **options: Any) -> CallableSystem:
    return CallableSystem(SPEC, function, **options)


NUMBER = "expected a number in [0, 1]"
BATCH = [picture("a", 10), picture("b", 20)]


def test_media_go_in_and_answers_come_out_in_order() -> None:
    answers = system(lambda batch: ["calm" if m.item == "a" else "sad" for m in batch]).predict(
        BATCH
    )
    assert answers == [Prediction("calm"), Prediction("sad")]


def test_images_go_in_where_pixels_are_asked_for() -> None:
    seen: list[Any] = []

    def function(images: list[Any]) -> list[str]:
        seen.extend(images)
        return ["calm"] * len(images)

    missing = Media(item="c", sha256="0")
    answers = system(function, gives_images=True).predict([BATCH[0], missing, BATCH[1]])
    assert [image.mean() for image in seen] == [10, 20]
    assert answers == [
        Prediction("calm"),
        Failure(FailureKind.UNREADABLE_MEDIA, "there is no image"),
        Prediction("calm"),
    ]
    assert system(function, gives_images=True).predict([missing]) == [answers[1]]


def test_an_exception_is_a_failure_of_its_item_with_the_type_only() -> None:
    def function(batch: list[Media]) -> list[str]:
        if any(media.item == "a" for media in batch):
            raise RuntimeError("secret path of a person")
        return ["calm"] * len(batch)

    answers = system(function).predict(BATCH)
    assert answers == [
        Failure(FailureKind.CRASHED, "the function raised RuntimeError"),
        Prediction("calm"),
    ]


@pytest.mark.parametrize(
    ("returned", "detail"),
    [
        (["calm"] * 5, "5 answers to 1 items"),
        (None, "the function did not return a list of answers"),
        ("calm", "the function did not return a list of answers"),
        ({"calm": 1}, "the function did not return a list of answers"),
        ([3], "an answer of type int, expected scores or a label"),
        ([{"calm": np.nan, "angry": 0, "sad": 0}], "the score of 'calm' is nan, " + NUMBER),
        ([{"calm": -1, "angry": 0, "sad": 0}], "the score of 'calm' is -1, " + NUMBER),
    ],
)
def test_malformed_answers(returned: object, detail: str) -> None:
    (answer,) = system(lambda batch: returned).predict(BATCH[:1])
    assert failure_of(answer) == ("malformed_answer", detail)


def test_generators_and_exits_are_dealt_with() -> None:
    assert label_of(system(lambda batch: (x for x in ["sad"])).predict(BATCH[:1])[0]) == "sad"

    def endless(batch: list[Media]) -> Any:
        raise SystemExit

    assert failure_of(system(endless).predict(BATCH[:1])[0])[0] == "crashed"


def test_two_audits_may_each_have_a_module_of_the_same_name(tmp_path: Path) -> None:
    answers = []
    for label in ("calm", "angry"):
        base = tmp_path / label
        base.mkdir()
        (base / "helper.py").write_text("")
        (base / "vendor.py").write_text(
            "class Model:\n    @staticmethod\n"
            f"    def ask(batch): return ['{label}' for _ in batch]\n"
        )
        found = opened(base, "callable", function="vendor:Model.ask", labels=list(LABELS))
        answers.append(label_of(found.predict(BATCH[:1])[0]))
    assert answers == ["calm", "angry"]


def test_identity_changes_with_the_source(tmp_path: Path) -> None:
    source = tmp_path / "vendor.py"
    source.write_text("def ask(batch): return ['calm' for _ in batch]\n")
    first = opened(tmp_path, "callable", function="vendor:ask", version="1").spec
    again = opened(tmp_path, "callable", function="vendor:ask", version="1").spec
    source.write_text("def ask(batch): return ['sad' for _ in batch]\n")
    changed = opened(tmp_path, "callable", function="vendor:ask", version="1").spec
    assert first.identity == again.identity
    assert first.identity != changed.identity
    assert first.about == {"title": "Python function vendor:ask", "version": "1"}


def test_a_function_may_come_from_an_installed_module(tmp_path: Path) -> None:
    found = opened(tmp_path, "callable", function="operator:length_hint", media="any")
    assert failure_of(found.predict(BATCH)[0])[1] == "the function did not return a list of answers"


def test_what_cannot_be_loaded_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import no_such_module_anywhere\n")
    with pytest.raises(SystemUnavailableError) as caught:
        opened(tmp_path, "callable", function="broken:ask")
    assert str(caught.value) == (
        "system 'mine': the module 'broken' cannot be imported "
        "(ModuleNotFoundError: No module named 'no_such_module_anywhere')"
    )
    (tmp_path / "empty.py").write_text("ask = 3\n")
    with pytest.raises(SystemUnavailableError) as caught:
        opened(tmp_path, "callable", function="empty:ask")
    assert str(caught.value) == (
        "system 'mine': 'ask' in the module is not there or cannot be called"
    )
    with pytest.raises(AuditSpecError) as wrong:
        opened(tmp_path, "callable", function="os.system('x')")
    assert str(wrong.value) == (
        "system 'mine': 1 problem(s)\n"
        "  option function: \"os.system('x')\" is not of the form 'module:attribute' [bad_option]"
    )
