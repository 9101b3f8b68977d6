"""What an audited system says is checked, cleaned, and never trusted."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from facevalue.domain import Answer, Failure, FailureKind, Media, Prediction
from facevalue.systems.answers import (
    Crash,
    answer_all,
    answer_from_array,
    answer_from_python,
    answer_from_wire,
    clean_text,
    guarded,
    label_fault,
    softmax,
    usable_image,
)
from facevalue.systems.secrets import Secrets
from systems_support import LABELS, failure_of, label_of, picture


def no_score(label: str, shown: str) -> str:
    return f"the score of {label!r} is {shown}, expected a number in [0, 1]"


KINDS = "timeout, unavailable, crashed, malformed_answer, unreadable_media, refused"
LONG = "no face " + "x" * 191 + "…"
UNKNOWN_KIND = f"an unknown kind of failure, expected one of {KINDS}"


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        ({"calm": 0.5, "angry": float("nan"), "sad": 0.5}, no_score("angry", "nan")),
        ({"calm": 0.5, "angry": -0.1, "sad": 0.5}, no_score("angry", "-0.1")),
        ({"calm": 1.5, "angry": 0, "sad": 0}, no_score("calm", "1.5")),
        ({"calm": "1", "angry": 0, "sad": 0}, no_score("calm", "of type str")),
        ({"calm": True, "angry": 0, "sad": 0}, no_score("calm", "true")),
        ({"calm": 10**400, "angry": 0, "sad": 0}, no_score("calm", "too large")),
        ({"calm": np.inf, "angry": 0, "sad": 0}, no_score("calm", "inf")),
        ({"calm": 0.5}, "scores for 1 of 3 labels"),
        ({}, "0 scores, expected 1 to 1,000"),
        ({1: 0.5}, "a label is of type int, expected a text"),
        ("bored", "the label 'bored' is not one of those the system is said to give"),
        ("", "a label is empty"),
        ("a\x1b[31m", "the label 'a [31m' holds control characters"),
        ("calm\u202e", "the label 'calm' holds control characters"),
        ("x" * 201, "a label has 201 characters, at most 200"),
        (None, "an answer of type NoneType, expected scores or a label"),
        (
            Prediction("bored", {"calm": 1, "angry": 0, "sad": 0}),
            "the label is not one of those with a score",
        ),
        (Prediction("bored"), "the label 'bored' is not one of those the system is said to give"),
    ],
)
def test_a_malformed_answer_is_a_failure_with_its_reason(raw: Any, detail: str) -> None:
    assert failure_of(answer_from_python(raw, LABELS)) == ("malformed_answer", detail)


def test_good_answers_of_every_form() -> None:
    # numpy numbers count, and the order is that of the declared labels.
    scores = {"sad": np.float32(0.25), "calm": 0.5, "angry": 0.25}
    answer = answer_from_python(scores, LABELS)
    assert answer == Prediction("calm", {"calm": 0.5, "angry": 0.25, "sad": 0.25})
    assert isinstance(answer, Prediction)
    assert list(answer.scores) == list(LABELS)
    assert answer_from_python("sad", LABELS) == Prediction("sad")
    assert answer_from_python(answer, LABELS) == answer
    refused = Failure(FailureKind.REFUSED, "no\nface")
    assert answer_from_python(refused, LABELS) == Failure(FailureKind.REFUSED, "no face")
    # A label with HTML is text like any other: it is the report that escapes.
    assert label_of(answer_from_python("<script>alert(1)</script>", None)).startswith("<script>")


def test_float32_rounding_is_not_a_wrong_answer() -> None:
    answer = answer_from_array(np.array([1.000001, -0.000001, 0.0], np.float32), LABELS)
    assert answer == Prediction("calm", {"calm": 1.0, "angry": 0.0, "sad": 0.0})
    assert failure_of(answer_from_array(np.zeros(2), LABELS))[1] == "2 scores, expected 3"


@pytest.mark.parametrize(
    ("raw", "kind", "detail"),
    [
        ("calm", "malformed_answer", "an answer is not a JSON object"),
        ({}, "malformed_answer", "an answer has neither 'scores' nor 'label' nor 'failed'"),
        ({"scores": [1]}, "malformed_answer", "the scores are not a JSON object"),
        ({"failed": "bored"}, "malformed_answer", UNKNOWN_KIND),
        (
            {"failed": "refused", "detail": "no\x00 face\n" + "x" * 300},
            "refused",
            "no face " + "x" * 191 + "…",
        ),
        ({"failed": "refused", "detail": 7}, "refused", ""),
    ],
)
def test_answers_in_json_are_checked(raw: Any, kind: str, detail: str) -> None:
    assert failure_of(answer_from_wire(raw, LABELS)) == (kind, detail)


def test_good_answers_in_json() -> None:
    scores = {"calm": 0.6, "angry": 0.4, "sad": 0}
    assert answer_from_wire({"scores": scores}, LABELS) == Prediction("calm", scores)
    # A system may say another label than its highest score.
    assert label_of(answer_from_wire({"scores": scores, "label": "angry"}, LABELS)) == "angry"
    assert answer_from_wire({"label": "calm"}, None) == Prediction("calm")


def test_softmax_by_hand() -> None:
    # e^0 : e^ln3 = 1 : 3
    assert softmax(np.array([0.0, np.log(3)])).tolist() == pytest.approx([0.25, 0.75])
    assert np.isnan(softmax(np.array([np.inf, 0.0]))).any()


def test_only_the_type_of_an_exception_is_for_failures() -> None:
    def raises() -> None:
        raise ValueError("cannot read /home/jane/face.jpg")

    def exits() -> None:
        raise SystemExit(3)

    found = guarded(raises)
    assert isinstance(found, Crash)
    assert (found.type, found.said) == ("ValueError", "cannot read /home/jane/face.jpg")
    assert isinstance(guarded(exits), Crash)
    with pytest.raises(KeyboardInterrupt):
        guarded(interrupt)


def interrupt() -> None:
    raise KeyboardInterrupt


def test_pixels_that_are_none_are_a_failure() -> None:
    float_image = Media(item="a", sha256="0", image=np.zeros((2, 2, 3)))
    assert failure_of(usable_image(float_image)) == (  # type: ignore[arg-type]
        "unreadable_media",
        "pixels of shape (2, 2, 3) and type float64, expected (h, w, 3) and uint8",
    )
    empty = Media(item="a", sha256="0", image=np.zeros((0, 2, 3), np.uint8))
    assert isinstance(usable_image(empty), Failure)


def test_text_is_cleaned_and_cut() -> None:
    assert clean_text("a\u2028b\x07\x1b[0m") == "a b [0m"
    assert len(clean_text("x" * 10_000)) == 200
    assert clean_text(3) == ""
    assert label_fault("   ") == "a label is empty"


class _Fragile:
    """Fails on a batch that holds a poisoned item."""

    def __init__(self, kind: FailureKind, poisoned: set[str]) -> None:
        self.kind, self.poisoned, self.asked = kind, poisoned, list[list[str]]()

    def __call__(self, batch: Sequence[Media]) -> list[Answer] | Failure:
        self.asked.append([media.item for media in batch])
        if self.poisoned & {media.item for media in batch}:
            return Failure(self.kind, "poison")
        return [Prediction("calm") for _ in batch]


def test_a_failed_batch_is_asked_item_by_item() -> None:
    ask = _Fragile(FailureKind.CRASHED, {"b"})
    batch = [picture(item) for item in "abc"]
    answers = answer_all(ask, batch)
    assert answers == [
        Prediction("calm"),
        Failure(FailureKind.CRASHED, "poison"),
        Prediction("calm"),
    ]
    assert ask.asked == [["a", "b", "c"], ["a"], ["b"], ["c"]]


def test_after_three_failures_in_a_row_the_rest_is_left_for_another_run() -> None:
    ask = _Fragile(FailureKind.TIMEOUT, set("abcdef"))
    answers = answer_all(ask, [picture(item) for item in "abcdef"])
    assert [failure_of(a)[0] for a in answers] == ["timeout"] * 3 + ["unavailable"] * 3
    assert failure_of(answers[-1])[1] == "not asked: the system failed 3 times in a row (timeout)"
    assert len(ask.asked) == 4


def test_a_system_that_cannot_be_reached_is_not_asked_item_by_item() -> None:
    ask = _Fragile(FailureKind.UNAVAILABLE, {"a"})
    answers = answer_all(ask, [picture(item) for item in "abc"])
    assert [failure_of(a)[0] for a in answers] == ["unavailable"] * 3
    assert len(ask.asked) == 1


KEY = "sk-Test/9f3a+77c1e2d4b6a8"


@pytest.mark.parametrize(
    "text",
    [
        f"Bearer {KEY}",
        KEY.upper(),
        "unknown key sk-Test/…",  # eight characters of it
        KEY.encode().hex(),
        "c2stVGVzdC85ZjNhKzc3YzFlMmQ0YjZhOA==",  # base64 of the key
        "QmVhcmVyIHNrLVRlc3QvOWYzYSs3N2MxZTJkNGI2YTg=",  # base64 of "Bearer " and the key
        "sk-Test%2F9f3a%2B77c1e2d4b6a8",
    ],
)
def test_a_repeated_key_is_withheld_in_whole_in_part_and_encoded(text: str) -> None:
    secrets = Secrets([KEY])
    assert secrets.are_in(text)
    assert secrets.withheld(text) == "(withheld: it repeats part of a secret)"
    answer = secrets.checked(Failure(FailureKind.REFUSED, text))
    assert answer == Failure(FailureKind.REFUSED, "(withheld: it repeats part of a secret)")
    label = secrets.checked(Prediction(text))
    assert failure_of(label) == ("malformed_answer", "a label repeats part of a secret")


def test_honest_text_passes_and_secrets_are_not_shown() -> None:
    secrets = Secrets([KEY, ""])
    assert secrets.checked(Prediction("surprised")) == Prediction("surprised")
    assert repr(secrets) == "Secrets(1)"
    with pytest.raises(TypeError, match="secrets are not written to disk"):
        pickle.dumps(secrets)
    assert not Secrets([]).are_in("anything")
