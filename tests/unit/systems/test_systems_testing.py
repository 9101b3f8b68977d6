"""The checks for authors of adapters find what they are there to find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from facevalue.domain import Answer, Failure, FailureKind, Media, Prediction
from facevalue.errors import PluginError
from facevalue.systems import SystemSpec
from facevalue.testing import FakeSystem, assert_conforms, check_system, sample_images

MEDIA = sample_images(4)
Change = Callable[[Sequence[Media], list[Answer]], Any]


class Changed(FakeSystem):
    """A fake whose answers are changed by a function."""

    def __init__(self, change: Change, **spec: Any) -> None:
        super().__init__()
        self.spec = replace(self.spec, **spec)
        self._change = change

    def predict(self, batch: Sequence[Media]) -> list[Answer]:
        found: list[Answer] = self._change(batch, super().predict(batch))
        return found


def failed(system: FakeSystem) -> dict[str, str]:
    return {c.name: c.text for c in check_system(system, MEDIA) if c.outcome == "failed"}


def raising(batch: Sequence[Media], answers: list[Answer]) -> list[Answer]:
    if any(media.item == "bad" for media in batch):
        raise ValueError("no pixels")
    return answers


def scaled(batch: Sequence[Media], answers: list[Answer]) -> list[Answer]:
    return [halved(a) if isinstance(a, Prediction) else a for a in answers]


def halved(answer: Prediction) -> Prediction:
    return replace(answer, scores={label: s / 2 for label, s in answer.scores.items()})


def by_name(batch: Sequence[Media], answers: list[Answer]) -> list[Answer]:
    return [
        Prediction("anger" if "picture" in m.item else "fear") if isinstance(a, Prediction) else a
        for m, a in zip(batch, answers, strict=True)
    ]


def by_size(batch: Sequence[Media], answers: list[Answer]) -> list[Answer]:
    label = "anger" if len(batch) == 1 else "fear"
    return [Prediction(label) if isinstance(a, Prediction) else a for a in answers]


@pytest.mark.parametrize(
    ("change", "name", "text"),
    [
        (
            raising,
            "bad media is answered with a failure",
            "it raised ValueError: no pixels",
        ),
        (
            lambda batch, answers: [Prediction("fear") for _ in batch],
            "bad media is answered with a failure",
            "media with nothing in it is answered with 'fear'",
        ),
        (
            scaled,
            "scores are probabilities",
            "item 'picture-0': the scores sum to 0.500000, not 1. If they need not, say so with "
            "about['scores'] = 'independent'",
        ),
        (
            by_name,
            "same input same answer",
            "item 'picture-0': 'anger'; asked again, under another name: 'fear'",
        ),
        (
            by_size,
            "batch size is irrelevant",
            "item 'picture-0': 'fear'; asked one by one: 'anger'",
        ),
        (
            lambda batch, answers: sorted(answers, key=str),
            "order is kept",
            None,
        ),
        (
            lambda batch, answers: answers[:3],
            "one answer each",
            "3 answers to 4 items",
        ),
        (
            lambda batch, answers: ["fear"] * len(batch),
            "one answer each",
            "an answer is of type str",
        ),
        (
            lambda batch, answers: [Failure(FailureKind.TIMEOUT) for _ in batch],
            "one answer each",
            "every answer is a failure, the first: Failure(kind=<FailureKind.TIMEOUT: 'timeout'>, "
            "detail='')",
        ),
        (
            lambda batch, answers: answers or [Prediction("fear")],
            "one answer each",
            "an empty batch has an answer",
        ),
        (
            lambda batch, answers: [Prediction("bored") for _ in batch],
            "labels are among the declared",
            "item 'picture-0': the label 'bored' is not declared",
        ),
    ],
)
def test_what_a_system_does_wrong_is_found(change: Change, name: str, text: str | None) -> None:
    found = failed(Changed(change))
    assert name in found
    if text is not None:
        assert found[name] == text


def test_a_stochastic_system_says_so() -> None:
    assert "same input same answer" in failed(Changed(by_name))
    assert "same input same answer" not in failed(Changed(by_name, deterministic=False))
    assert "scores are probabilities" not in failed(
        Changed(scaled, about={"scores": "independent"})
    )


def test_a_specification_that_is_not_sound() -> None:
    name = "specification is complete and stable"
    assert failed(Changed(lambda b, a: a, identity={}))[name] == (
        "its identity is empty: answers of different versions could not be told apart"
    )
    labels = ("anger", "fe\x00ar", "happiness")
    assert failed(Changed(lambda b, a: a, labels=labels))[name] == (
        "the label 'fe ar' holds control characters"
    )

    class Counting(FakeSystem):
        @property
        def spec(self) -> SystemSpec:
            return replace(self._spec, identity={"calls": self.calls})

        @spec.setter
        def spec(self, spec: SystemSpec) -> None:
            self._spec = spec

    assert failed(Counting())[name] == "its identity changed when it was asked"


def test_skipping_needs_a_reason_and_a_name() -> None:
    skip = {"order is kept": "the vendor says it is not"}
    checks = {c.name: c for c in check_system(FakeSystem(), MEDIA, skip=skip)}
    assert checks["order is kept"].outcome == "skipped"
    assert checks["order is kept"].text == "the vendor says it is not"
    with pytest.raises(ValueError, match="check 'order is kept' is skipped without a reason"):
        list(check_system(FakeSystem(), MEDIA, skip={"order is kept": " "}))
    with pytest.raises(ValueError, match="there is no check 'no such'"):
        list(check_system(FakeSystem(), MEDIA, skip={"no such": "x"}))
    with pytest.raises(ValueError, match=r"2 item\(s\), expected at least 3"):
        list(check_system(FakeSystem(), MEDIA[:2]))


def test_a_failed_check_can_be_raised() -> None:
    with pytest.raises(PluginError) as caught:
        assert_conforms(Changed(by_size), MEDIA)
    assert str(caught.value) == (
        "plugin 'fake' broke its contract: batch size is irrelevant: item 'picture-0': 'fear'; "
        "asked one by one: 'anger'"
    )


def test_the_fake_does_as_it_is_told() -> None:
    fake = FakeSystem(
        failures={"picture-0": FailureKind.TIMEOUT},
        answers={"picture-1": "fear"},
        raises={"picture-2": KeyboardInterrupt()},
        scored=False,
    )
    answers = fake.predict(MEDIA[:2])
    assert answers == [Failure(FailureKind.TIMEOUT, "as the fake was told"), Prediction("fear")]
    with pytest.raises(KeyboardInterrupt):
        fake.predict(MEDIA[1:])
    assert fake.asked == ["picture-0", "picture-1", "picture-1", "picture-2"]
    assert (fake.calls, fake.is_closed) == (2, False)
    fake.close()
    assert fake.is_closed
