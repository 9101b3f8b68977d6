"""From what an audited system says to an `Answer`: checked, cleaned, never trusted.

The one ``except Exception`` of facevalue is here, around the call to the audited system.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from facevalue.domain.predictions import Answer, Failure, FailureKind, Media, Prediction

__all__ = [
    "MAX_LABELS",
    "MAX_LABEL_CHARS",
    "Crash",
    "answer_all",
    "answer_from_array",
    "answer_from_python",
    "answer_from_wire",
    "clean_text",
    "guarded",
    "label_fault",
    "malformed",
    "softmax",
    "usable_image",
]

MAX_LABELS = 1_000
MAX_LABEL_CHARS = 200
MAX_DETAIL_CHARS = 200
MAX_IN_A_ROW = 3
# What float32 rounding can add to a probability; more is a wrong answer.
ROUNDING = 1e-5

# Control, format (bidirectional overrides, zero-width), surrogates, line and paragraph
# separators: what can make a label look like another one, or break a terminal.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

T = TypeVar("T")


class Crash:
    """What is kept of an exception of the audited system.

    ``type`` is for failures on items. ``said`` is what it said, cleaned; it may name a
    person's file once there are items, so it is only shown when a system is loaded.
    """

    def __init__(self, error: BaseException) -> None:
        self.type = type(error).__name__
        self.said = clean_text(str(error))


def guarded(call: Callable[[], T]) -> T | Crash:
    """Return what ``call`` returns, or a `Crash` if code of the audited system raised."""
    try:
        return call()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the audited system may raise anything
        return Crash(error)


def label_fault(label: object) -> str | None:
    """Return why ``label`` cannot be a label, or `None` if it can."""
    if not isinstance(label, str):
        return f"a label is of type {type(label).__name__}, expected a text"
    if not label.strip():
        return "a label is empty"
    if len(label) > MAX_LABEL_CHARS:
        return f"a label has {len(label):,} characters, at most {MAX_LABEL_CHARS}"
    if any(unicodedata.category(c) in _UNSAFE for c in label):
        return f"the label {clean_text(label)!r} holds control characters"
    return None


def clean_text(text: object) -> str:
    """Return at most 200 characters of a foreign text, in one line, without control characters."""
    cut = str(text)[: 4 * MAX_DETAIL_CHARS] if isinstance(text, str) else ""
    safe = "".join(" " if unicodedata.category(c) in _UNSAFE else c for c in cut)
    joined = " ".join(safe.split())
    return joined if len(joined) <= MAX_DETAIL_CHARS else f"{joined[: MAX_DETAIL_CHARS - 1]}…"


def malformed(detail: str) -> Failure:
    """Return the failure for an answer that cannot be used."""
    return Failure(FailureKind.MALFORMED_ANSWER, detail)


def usable_image(media: Media) -> np.ndarray | Failure:
    """Return the pixels, shape ``(height, width, 3)``, ``uint8``, or why there are none."""
    image = media.image
    if image is None:
        return Failure(FailureKind.UNREADABLE_MEDIA, "there is no image")
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        what = f"pixels of shape {tuple(image.shape)} and type {image.dtype}"
        return Failure(FailureKind.UNREADABLE_MEDIA, f"{what}, expected (h, w, 3) and uint8")
    return np.ascontiguousarray(image)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return the probabilities for logits, shape ``(n_labels,)``, in float64.

    Examples
    --------
    >>> softmax(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    # A model may give infinities; the result is then NaN and refused as a score.
    with np.errstate(all="ignore"):
        powers = np.exp(logits - np.max(logits))
        return np.asarray(powers / powers.sum())


def answer_from_scores(scores: Mapping[Any, object], labels: Sequence[str] | None) -> Answer:
    """Return the prediction for a map from label to score."""
    if not 0 < len(scores) <= MAX_LABELS:
        return malformed(f"{len(scores):,} scores, expected 1 to {MAX_LABELS:,}")
    clean: dict[str, float] = {}
    for label, score in scores.items():
        if fault := _label_fault(label, labels):
            return malformed(fault)
        number = _score(score)
        if number is None:
            what = f"the score of {label!r} is {_shown(score)}, expected a number in [0, 1]"
            return malformed(what)
        clean[str(label)] = number
    if labels is not None and len(clean) != len(labels):
        return malformed(f"scores for {len(clean)} of {len(labels)} labels")
    ordered = clean if labels is None else {label: clean[label] for label in labels}
    return Prediction.from_scores(ordered)


def _score(score: object) -> float | None:
    if isinstance(score, bool) or not isinstance(score, int | float | np.integer | np.floating):
        return None
    # Compared before it is converted: a whole number can be too large for a float.
    if not -ROUNDING <= score <= 1 + ROUNDING:
        return None
    return min(1.0, max(0.0, float(score)))


def _shown(score: object) -> str:
    if isinstance(score, bool):
        return str(score).lower()
    if not isinstance(score, int | float | np.integer | np.floating):
        return f"of type {type(score).__name__}"
    try:
        return f"{float(score):.6g}"
    except OverflowError:
        return "too large"


def _label_fault(label: object, labels: Sequence[str] | None) -> str | None:
    if fault := label_fault(label):
        return fault
    if labels is not None and label not in labels:
        return f"the label {label!r} is not one of those the system is said to give"
    return None


def answer_from_array(values: np.ndarray, labels: Sequence[str]) -> Answer:
    """Return the prediction for scores in the order of ``labels``, shape ``(n_labels,)``."""
    flat = np.asarray(values, dtype=np.float64).reshape(-1)
    if flat.size != len(labels):
        return malformed(f"{flat.size} scores, expected {len(labels)}")
    return answer_from_scores(dict(zip(labels, flat.tolist(), strict=True)), labels)


def answer_from_label(label: object, labels: Sequence[str] | None) -> Answer:
    """Return the prediction for a bare label."""
    if fault := _label_fault(label, labels):
        return malformed(fault)
    return Prediction(str(label))


def answer_from_python(raw: object, labels: Sequence[str] | None) -> Answer:
    """Return the answer for what a callable returned: scores, a label, or an `Answer`."""
    if isinstance(raw, Failure):
        return Failure(raw.kind, clean_text(raw.detail))
    if isinstance(raw, Prediction):
        return _labelled_scores(raw.label, raw.scores, labels)
    if isinstance(raw, Mapping):
        return answer_from_scores(raw, labels)
    if isinstance(raw, str):
        return answer_from_label(raw, labels)
    return malformed(f"an answer of type {type(raw).__name__}, expected scores or a label")


def answer_from_wire(raw: object, labels: Sequence[str] | None) -> Answer:
    """Return the answer for one JSON object of a command or an endpoint.

    ``{"scores": {…}}``, ``{"label": "…"}``, both, or ``{"failed": kind, "detail": "…"}``.
    """
    if not isinstance(raw, dict):
        return malformed("an answer is not a JSON object")
    if "failed" in raw:
        known = [kind.value for kind in FailureKind if kind.is_theirs]
        if raw["failed"] not in known:
            return malformed(f"an unknown kind of failure, expected one of {', '.join(known)}")
        return Failure(FailureKind(raw["failed"]), clean_text(raw.get("detail", "")))
    scores = raw.get("scores", {})
    if not isinstance(scores, dict):
        return malformed("the scores are not a JSON object")
    if "label" in raw:
        return _labelled_scores(raw["label"], scores, labels)
    if "scores" in raw:
        return answer_from_scores(scores, labels)
    return malformed("an answer has neither 'scores' nor 'label' nor 'failed'")


def _labelled_scores(
    label: object,
    scores: Mapping[Any, object],
    labels: Sequence[str] | None,
) -> Answer:
    if not scores:
        return answer_from_label(label, labels)
    scored = answer_from_scores(dict(scores), labels)
    if isinstance(scored, Failure):
        return scored
    if label not in scored.scores:
        return malformed("the label is not one of those with a score")
    return Prediction(str(label), scored.scores)


def answer_all(
    ask: Callable[[Sequence[Media]], list[Answer] | Failure], batch: Sequence[Media]
) -> list[Answer]:
    """Ask for ``batch``; when it fails as a whole, ask for its items one by one.

    One item that crashes a system must not be counted as a failure on its neighbours,
    who may belong to another group. After three failures in a row the rest is not asked
    and is marked unavailable, which a resumed run asks again. A system that cannot be
    reached is not asked item by item.
    """
    whole = ask(batch)
    if isinstance(whole, list):
        return whole
    if len(batch) == 1 or whole.kind is FailureKind.UNAVAILABLE:
        return [whole] * len(batch)
    answers: list[Answer] = []
    in_a_row = 0
    for media in batch:
        if in_a_row >= MAX_IN_A_ROW:
            what = f"not asked: the system failed {MAX_IN_A_ROW} times in a row ({whole.kind})"
            answers.append(Failure(FailureKind.UNAVAILABLE, what))
            continue
        alone = ask([media])
        in_a_row = in_a_row + 1 if isinstance(alone, Failure) else 0
        answers.append(alone if isinstance(alone, Failure) else alone[0])
    return answers
