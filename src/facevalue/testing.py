"""For authors of adapters: a system that is a fake, and checks that every system must pass.

Our own adapters run the same checks. May import anything; nothing may import it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from facevalue.canonical import canonical_json, digest
from facevalue.domain.predictions import Answer, Failure, FailureKind, Media, Prediction
from facevalue.errors import PluginError
from facevalue.systems.answers import label_fault
from facevalue.systems.base import System, SystemSpec

__all__ = [
    "CHECKS",
    "Check",
    "FakeSystem",
    "Outcome",
    "assert_conforms",
    "check_system",
    "sample_images",
]

# What the same item may differ by when it is asked in another batch: float32 kernels may
# add in another order.
SCORE_TOLERANCE = 1e-5
SUM_TOLERANCE = 1e-3
MAX_IN_BATCHES = 4


class Outcome(StrEnum):
    """What a check came to."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that every system must do, and whether this one does.

    ``text`` says what was found, or why the check was skipped.
    """

    name: str
    outcome: Outcome
    text: str = ""


class FakeSystem:
    """A system without a model: its answers follow from the digest of the media.

    Parameters
    ----------
    name
        Name of the system.
    labels
        Its labels.
    failures
        From item to the kind of failure it gives on that item.
    answers
        From item to the label it gives; the others are derived from the digest.
    raises
        From item to an exception raised when the item is asked, for testing what calls it.
    scored
        Whether it gives scores.
    batch_size
        As in its specification.

    Examples
    --------
    >>> fake = FakeSystem(labels=("calm", "angry"), answers={"a": "angry"})
    >>> fake.predict([Media(item="a", sha256="0")])[0].label, fake.calls, fake.asked
    ('angry', 1, ['a'])
    """

    def __init__(
        self,
        name: str = "fake",
        labels: Sequence[str] = ("anger", "fear", "happiness"),
        *,
        failures: Mapping[str, FailureKind] | None = None,
        answers: Mapping[str, str] | None = None,
        raises: Mapping[str, BaseException] | None = None,
        scored: bool = True,
        batch_size: int = 32,
    ) -> None:
        self.spec = SystemSpec(
            name=name,
            adapter="fake",
            labels=tuple(labels),
            identity={"adapter": "fake", "labels": list(labels)},
            media="any",
            batch_size=batch_size,
        )
        self.calls = 0
        """How often `predict` was called."""
        self.asked: list[str] = []
        """Every item that was asked, in order, as often as it was."""
        self.is_closed = False
        """Whether `close` was called."""
        self._labels = tuple(labels)
        self._failures = dict(failures or {})
        self._answers = dict(answers or {})
        self._raises = dict(raises or {})
        self._scored = scored

    def predict(self, batch: Sequence[Media]) -> list[Answer]:
        """Answer each item of ``batch``, in order."""
        self.calls += 1
        answers: list[Answer] = []
        for media in batch:
            self.asked.append(media.item)
            if media.item in self._raises:
                raise self._raises[media.item]
            answers.append(self._answer(media))
        return answers

    def close(self) -> None:
        """Note that nothing more will be asked."""
        self.is_closed = True

    def _answer(self, media: Media) -> Answer:
        if media.item in self._failures:
            return Failure(self._failures[media.item], "as the fake was told")
        if media.image is None and media.sound is None and media.path is None:
            is_empty = media.item not in self._answers and media.sha256 == ""
            if is_empty:
                return Failure(FailureKind.UNREADABLE_MEDIA, "there is nothing")
        # Eight digits of the digest give the score of each label, before they are scaled.
        raw = [int(digest([media.sha256, label])[:8], 16) + 1 for label in self._labels]
        scores = {x: r / sum(raw) for x, r in zip(self._labels, raw, strict=True)}
        found = Prediction.from_scores(scores)
        label = self._answers.get(media.item, found.label)
        return Prediction(label, scores if self._scored else {})


def sample_images(n_items: int = 5) -> list[Media]:
    """Return generated pictures, of several sizes and none of them of a face.

    Examples
    --------
    >>> [media.image.shape for media in sample_images(2)]
    [(48, 48, 3), (61, 48, 3)]
    """
    media = []
    for i in range(n_items):
        height, width = 48 + 13 * (i % 4), 48 + 7 * (i // 2)
        rows = np.linspace(0, 255, height)[:, np.newaxis, np.newaxis]
        columns = np.linspace(0, 40 * (i + 1), width)[np.newaxis, :, np.newaxis]
        image = np.broadcast_to((rows + columns) % 256, (height, width, 3)).astype(np.uint8)
        media.append(Media(item=f"picture-{i}", sha256=digest([i, "picture"]), image=image))
    return media


_Problem = str | None
_Run = Callable[[System, Sequence[Media]], _Problem]


def check_system(
    system: System, media: Sequence[Media], *, skip: Mapping[str, str] | None = None
) -> Iterator[Check]:
    """Yield one `Check` after another for an open system.

    Parameters
    ----------
    system
        The system; it is asked several times and not closed.
    media
        At least three usable items of the kind that it takes.
    skip
        From the name of a check to the reason why it is skipped; a reason is required.

    Raises
    ------
    ValueError
        If a check is skipped that does not exist, or without a reason, or there are fewer
        than three items.

    Examples
    --------
    >>> for check in check_system(FakeSystem(), sample_images()):
    ...     print(check.outcome, check.name)
    passed specification is complete and stable
    passed one answer each
    passed order is kept
    passed batch size is irrelevant
    passed same input same answer
    passed scores are probabilities
    passed labels are among the declared
    passed bad media is answered with a failure
    """
    skip = skip or {}
    if unknown := sorted(set(skip) - set(CHECKS)):
        raise ValueError(f"there is no check {unknown[0]!r}. Known: {', '.join(CHECKS)}")
    if unfounded := [name for name, reason in skip.items() if not reason.strip()]:
        raise ValueError(f"check {unfounded[0]!r} is skipped without a reason")
    if len(media) < 3:
        raise ValueError(f"{len(media)} item(s), expected at least 3")
    for name, run in CHECKS.items():
        if name in skip:
            yield Check(name, Outcome.SKIPPED, skip[name])
            continue
        try:
            problem = run(system, media)
        except Exception as error:  # noqa: BLE001 - what is checked may raise anything
            problem = f"it raised {type(error).__name__}: {error}"
        yield Check(name, Outcome.FAILED if problem else Outcome.PASSED, problem or "")


def assert_conforms(
    system: System, media: Sequence[Media], *, skip: Mapping[str, str] | None = None
) -> None:
    """Raise `PluginError` for the first check that ``system`` does not pass.

    Examples
    --------
    >>> assert_conforms(FakeSystem(), sample_images())
    """
    for check in check_system(system, media, skip=skip):
        if check.outcome is Outcome.FAILED:
            raise PluginError(system.spec.name, f"{check.name}: {check.text}")


def _spec_is_sound(system: System, media: Sequence[Media]) -> _Problem:
    before = canonical_json(system.spec.identity)
    system.predict(media[:1])
    if canonical_json(system.spec.identity) != before:
        return "its identity changed when it was asked"
    if not system.spec.identity:
        return "its identity is empty: answers of different versions could not be told apart"
    for label in system.spec.labels or ():
        if fault := label_fault(label):
            return fault
    return None


def _one_answer_each(system: System, media: Sequence[Media]) -> _Problem:
    answers: Sequence[object] = system.predict(media)
    if len(answers) != len(media):
        return f"{len(answers)} answers to {len(media)} items"
    for answer in answers:
        if not isinstance(answer, Prediction | Failure):
            return f"an answer is of type {type(answer).__name__}"
    if not any(isinstance(answer, Prediction) for answer in answers):
        return f"every answer is a failure, the first: {answers[0]}"
    if len(system.predict(())) != 0:
        return "an empty batch has an answer"
    return None


def _order_is_kept(system: System, media: Sequence[Media]) -> _Problem:
    if not system.spec.deterministic:
        return None
    forwards = system.predict(media)
    backwards = system.predict(list(reversed(media)))
    return _difference(media, forwards, list(reversed(backwards)), "in reverse order")


def _batch_size_is_irrelevant(system: System, media: Sequence[Media]) -> _Problem:
    if not system.spec.deterministic:
        return None
    some = media[:MAX_IN_BATCHES]
    together = system.predict(some)
    alone = [answer for one in some for answer in system.predict([one])]
    return _difference(some, together, alone, "one by one")


def _same_input_same_answer(system: System, media: Sequence[Media]) -> _Problem:
    if not system.spec.deterministic:
        return None
    renamed = [replace(one, item=f"other-{i}") for i, one in enumerate(media)]
    first, again = system.predict(media), system.predict(renamed)
    return _difference(media, first, again, "again, under another name")


def _difference(
    media: Sequence[Media], first: Sequence[Answer], second: Sequence[Answer], how: str
) -> _Problem:
    for one, a, b in zip(media, first, second, strict=True):
        if not _are_same(a, b):
            return f"item {one.item!r}: {_shown(a)}; asked {how}: {_shown(b)}"
    return None


def _are_same(a: Answer, b: Answer) -> bool:
    if isinstance(a, Failure) or isinstance(b, Failure):
        return isinstance(a, Failure) and isinstance(b, Failure) and a.kind is b.kind
    if a.label != b.label or set(a.scores) != set(b.scores):
        return False
    return all(math.isclose(a.scores[x], b.scores[x], abs_tol=SCORE_TOLERANCE) for x in a.scores)


def _shown(answer: Answer) -> str:
    if isinstance(answer, Failure):
        return f"failure {answer.kind}"
    score = answer.scores.get(answer.label)
    return f"{answer.label!r}" if score is None else f"{answer.label!r} ({score:.6f})"


def _scores_are_probabilities(system: System, media: Sequence[Media]) -> _Problem:
    sums_to_one = system.spec.about.get("scores") != "independent"
    for one, answer in zip(media, system.predict(media), strict=True):
        if isinstance(answer, Failure) or not answer.scores:
            continue
        for label, score in answer.scores.items():
            if not 0.0 <= score <= 1.0:
                return f"item {one.item!r}: the score of {label!r} is {score}, not in [0, 1]"
        total = math.fsum(answer.scores.values())
        if sums_to_one and abs(total - 1.0) > SUM_TOLERANCE:
            return (
                f"item {one.item!r}: the scores sum to {total:.6f}, not 1. If they need not, "
                "say so with about['scores'] = 'independent'"
            )
    return None


def _labels_are_declared(system: System, media: Sequence[Media]) -> _Problem:
    for one, answer in zip(media, system.predict(media), strict=True):
        if isinstance(answer, Failure):
            continue
        for label in (answer.label, *answer.scores):
            if fault := label_fault(label):
                return f"item {one.item!r}: {fault}"
            if system.spec.labels is not None and label not in system.spec.labels:
                return f"item {one.item!r}: the label {label!r} is not declared"
    return None


def _bad_media_fails(system: System, media: Sequence[Media]) -> _Problem:
    bad = Media(item="bad", sha256="")
    answers = system.predict([media[0], bad, media[1]])
    if len(answers) != 3:
        return f"{len(answers)} answers to 3 items"
    if not isinstance(answers[1], Failure):
        return f"media with nothing in it is answered with {_shown(answers[1])}"
    good = system.predict([media[0], media[1]])
    neighbours = [answers[0], answers[2]]
    if not system.spec.deterministic:
        return None
    return _difference(media[:2], good, neighbours, "beside bad media")


CHECKS: dict[str, _Run] = {
    "specification is complete and stable": _spec_is_sound,
    "one answer each": _one_answer_each,
    "order is kept": _order_is_kept,
    "batch size is irrelevant": _batch_size_is_irrelevant,
    "same input same answer": _same_input_same_answer,
    "scores are probabilities": _scores_are_probabilities,
    "labels are among the declared": _labels_are_declared,
    "bad media is answered with a failure": _bad_media_fails,
}
"""Every check by its name, in the order in which they are made."""
