"""Answers as they are checked, kept and handed back.

What a system answers is untrusted. Here it becomes a `Prediction` with a text label and
finite scores, or a `Failure`; then one line of canonical JSON; then a row of the answer
table. Numbers survive all of it to the last digit.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from facevalue.canonical import canonical_json
from facevalue.domain.predictions import Answer, Failure, FailureKind, Prediction
from facevalue.errors import StoreError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["answer_table", "answered", "checked", "encode"]

MAX_LABEL_CHARS = 200
MAX_LABELS = 10_000
MAX_DETAIL_CHARS = 500
PIECE_ROWS = 50_000


def checked(answer: object, labels: Collection[str] | None, *, is_theirs: bool = True) -> Answer:
    """Return ``answer`` if it is one, else the failure that it amounts to.

    Parameters
    ----------
    answer
        Whatever the system gave for one item.
    labels
        The labels it says it can give; `None` if it does not say.
    is_theirs
        Whether the system gave it; if not, we did.

    Examples
    --------
    >>> checked(Prediction("joy"), ["calm"]).detail
    "'joy' is not one of the system's labels"
    """
    if isinstance(answer, Failure):
        known = [kind for kind in FailureKind if kind.is_theirs or not is_theirs]
        if answer.kind not in known:
            return _malformed("a failure of a kind that there is not")
        return Failure(FailureKind(answer.kind), _printable(str(answer.detail), MAX_DETAIL_CHARS))
    if not isinstance(answer, Prediction):
        return _malformed(f"an answer {_type(answer)} is neither a prediction nor a failure")
    fault = _label_fault(answer.label, labels) or _scores_fault(answer.scores, labels)
    if fault:
        return _malformed(fault)
    return Prediction(answer.label, {name: float(x) for name, x in answer.scores.items()})


def _type(thing: object) -> str:
    return f"of type {type(thing).__name__}"


def _malformed(detail: str) -> Failure:
    return Failure(FailureKind.MALFORMED_ANSWER, _printable(detail, MAX_DETAIL_CHARS))


def _printable(text: str, limit: int) -> str:
    # A lone surrogate cannot be written as UTF-8, neither into the store nor anywhere else.
    return text[:limit].encode("utf-8", "replace").decode("utf-8")


def _label_fault(label: object, labels: Collection[str] | None) -> str:
    if not isinstance(label, str):
        return f"its label is {_type(label)}, not text"
    if fault := _text_fault(label):
        return fault
    if labels is not None and label not in labels:
        return f"{label!r} is not one of the system's labels"
    return ""


@lru_cache(maxsize=1_024)
def _text_fault(label: str) -> str:
    # Asked for each label of each answer, and the labels are always the same few.
    if not 1 <= len(label) <= MAX_LABEL_CHARS:
        return f"a label of {len(label)} characters, expected 1 to {MAX_LABEL_CHARS}"
    if _printable(label, MAX_LABEL_CHARS) != label:
        return "its label is not valid Unicode"
    return ""


def _scores_fault(scores: object, labels: Collection[str] | None) -> str:
    if not isinstance(scores, Mapping):
        return f"its scores are {_type(scores)}, not a mapping"
    if len(scores) > MAX_LABELS:
        return f"{len(scores)} scores, expected at most {MAX_LABELS}"
    for name, score in scores.items():
        if fault := _label_fault(name, labels) or _score_fault(name, score):
            return fault
    if scores and labels is not None and len(scores) != len(labels):
        return f"scores for {len(scores)} of the system's {len(labels)} labels"
    return ""


def _score_fault(name: str, score: Any) -> str:
    try:
        value = float(score)
    except (TypeError, ValueError, OverflowError):
        return f"score of {name!r} is {_type(score)}, not a number"
    if not (math.isfinite(value) and 0.0 <= value <= 1.0):
        return f"score of {name!r} is {value}, expected a number in [0, 1]"
    return ""


def encode(answer: Answer) -> str:
    """Return the answer as canonical JSON.

    Examples
    --------
    >>> encode(Failure(FailureKind.TIMEOUT, "no answer in 30 s"))
    '{"detail":"no answer in 30 s","failure":"timeout"}'
    """
    if isinstance(answer, Failure):
        return canonical_json({"failure": answer.kind.value, "detail": answer.detail})
    return canonical_json({"label": answer.label, "scores": dict(answer.scores)})


def answer_table(
    items: Sequence[str],
    keys: Sequence[str],
    answers: Mapping[str, str],
    labels: Sequence[str] | None,
) -> pl.DataFrame:
    """Return the answer table: one row an item, in the order of ``items``.

    Parameters
    ----------
    items, keys
        Items and the keys of their jobs, both of shape ``(n_items,)``.
    answers
        Canonical JSON of the answers, by key.
    labels
        The system's labels, which then are the order of the score columns; `None` puts
        those that occur in alphabetical order. There are score columns only if some
        answer has scores.

    Raises
    ------
    StoreError
        If what was kept is no answer.

    Examples
    --------
    >>> kept = {"k": '{"label":"calm","scores":{}}'}
    >>> answer_table(["a"], ["k"], kept, None).row(0)
    ('a', 'calm', None, None)
    """
    import polars as pl

    # Equal media share an answer: each is parsed once, in pieces so that memory holds.
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    unique = list(places)
    pieces = [
        _piece([answers[key] for key in unique[start : start + PIECE_ROWS]])
        for start in range(0, len(unique), PIECE_ROWS)
    ]
    table = pl.concat([_piece([]), *pieces], how="diagonal", rechunk=True)
    seen = [name.removeprefix("score_") for name in table.columns[3:]]
    names = sorted(seen) if labels is None or not seen else labels
    if len(unique) != len(keys):
        table = table[[places[key] for key in keys]]
    return table.select(
        pl.Series("item", items, dtype=pl.String),
        *("label", "failure", "detail"),
        *(f"score_{name}" for name in names),
    )


def answered(
    items: Sequence[str],
    keys: Sequence[str],
    answers: Mapping[str, str],
    labels: Sequence[str] | None,
) -> pl.DataFrame:
    """Return the answer table of the items that have an answer, as `answer_table` does.

    Examples
    --------
    >>> kept = {"k": '{"label":"calm","scores":{}}'}
    >>> answered(["a", "b"], ["k", "l"], kept, None)["item"].to_list()
    ['a']
    """
    places = [place for place, key in enumerate(keys) if key in answers]
    if len(places) < len(keys):
        items, keys = [items[i] for i in places], [keys[i] for i in places]
    return answer_table(items, keys, answers, labels)


def _piece(texts: Sequence[str]) -> pl.DataFrame:
    import polars as pl

    rows = [_parse(text) for text in texts]
    columns = {
        name: pl.Series(name, [row.get(name) or None for row in rows], dtype=pl.String)
        for name in ("label", "failure", "detail")
    }
    scores: list[dict[str, float]] = [row.get("scores") or {} for row in rows]
    for name in {name: None for one in scores for name in one}:
        values = [one.get(name) for one in scores]
        columns[f"score_{name}"] = pl.Series(f"score_{name}", values, dtype=pl.Float64)
    return pl.DataFrame(columns)


def _parse(text: str) -> dict[str, Any]:
    try:
        row = json.loads(text)
    except ValueError as error:
        raise _no_answer() from error
    if not isinstance(row, dict) or ("label" in row) == ("failure" in row):
        raise _no_answer()
    return row


def _no_answer() -> StoreError:
    return StoreError(
        "the store holds something that is not an answer. Move the file away and run the audit "
        "again: the answers in it will be asked for anew."
    )
