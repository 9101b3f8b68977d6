"""Answers made elsewhere: a file of predictions, or the human raters of a dataset."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from facevalue.canonical import digest_stream
from facevalue.domain.predictions import FailureKind
from facevalue.errors import InputError, ManifestError, Problem
from facevalue.systems.answers import clean_text, label_fault
from facevalue.systems.base import SystemRequest, SystemSpec
from facevalue.systems.options import Options
from facevalue.tables import Faults, quoted, read_rows

__all__ = ["PredictionsFile", "PredictionsSettings", "Ratings", "open_predictions", "open_ratings"]

SCORE = "score_"
VOTES = "votes_"
# Scores that are said to sum to one may have been rounded to two decimals.
SUM_TOLERANCE = 0.01
N_NAMED = 5
_KINDS = tuple(kind.value for kind in FailureKind if kind.is_theirs)

_Bad = Callable[[str, str, str], None]
"""Notes a problem: code, what is wrong, column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionsSettings:
    """How a file of predictions is read.

    Parameters
    ----------
    item, label, failed
        Names of the columns.
    scores
        From label to column; empty for every column ``score_<label>``.
    missing
        ``error``, or ``failed``: an item without a row is a failure of the system.
    others
        ``error``, or ``ignored``: rows of items that are not in the dataset.
    normalised
        Whether the scores of a row must sum to 1 (within 0.01).
    """

    item: str = "item"
    label: str = "label"
    failed: str = "failed"
    scores: tuple[tuple[str, str], ...] = ()
    missing: str = "error"
    others: str = "error"
    normalised: bool = False


class PredictionsFile:
    """Predictions in a CSV, JSON Lines or Parquet file. Columns of no use are passed over.

    Parameters
    ----------
    name
        Name of the system.
    path
        The file.
    settings
        How it is read.
    shown
        What messages call the file.

    Raises
    ------
    ManifestError
        If the file is no table, or lacks columns.
    """

    def __init__(self, name: str, path: Path, settings: PredictionsSettings, shown: str) -> None:
        self._shown = shown
        self._settings = settings
        faults = Faults(shown)
        self._table = read_rows(path, faults, keep_nan=True)
        faults.raise_if_any()
        self._scores = dict(settings.scores) or _score_columns(self._table.frame.columns)
        if problems := list(self._bad_columns()):
            raise ManifestError(shown, problems)
        with path.open("rb") as stream:
            sha256 = digest_stream(stream)
        self.spec = SystemSpec(
            name=name,
            adapter="predictions",
            labels=tuple(self._scores) or None,
            media="none",
            identity={
                "adapter": "predictions",
                "file": sha256,
                "columns": [settings.item, settings.label, settings.failed],
                "scores": dict(self._scores),
                "missing": settings.missing,
                "others": settings.others,
            },
            about={"title": f"predictions in {Path(shown).name}", "version": f"SHA-256 {sha256}"},
        )

    def answers(self, items: pl.DataFrame) -> pl.DataFrame:
        """Return the answer table for ``items``, in their order.

        Raises
        ------
        ManifestError
            With every problem: unknown and duplicate items, values that are no scores,
            rows with no answer, items without a row.
        """
        settings = self._settings
        wanted: dict[str, None] = dict.fromkeys(items["item"].to_list())
        problems: list[Problem] = []
        rows: dict[str, dict[str, object]] = {}
        first: dict[str, int] = {}
        for position, record in enumerate(self._table.frame.iter_rows(named=True)):
            item = record[settings.item]
            if item not in wanted and item is not None and settings.others == "ignored":
                continue
            problems.extend(self._bad_item(position, item, wanted, first))
            row, bad = self._row(position, record)
            problems.extend(bad)
            if item is not None:
                rows.setdefault(item, row)
        absent = [item for item in wanted if item not in rows]
        if absent and settings.missing == "error":
            problems.append(_absent(absent))
        if problems:
            raise ManifestError(self._shown, problems)
        lost = {
            "failure": FailureKind.UNAVAILABLE.value,
            "detail": "no row in the predictions file",
        }
        return pl.DataFrame(
            [{"item": item, **rows.get(item, lost)} for item in wanted],
            schema=_schema(SCORE, self._scores, pl.Float64()),
        )

    def _where(self, position: int, column: str) -> str:
        # The name of a column comes from the file, so it is escaped like a value.
        return f"row {self._table.numbers[position]}, column {quoted(column)[1:-1]}"

    def _bad_columns(self) -> Iterator[Problem]:
        settings, columns = self._settings, self._table.frame.columns
        if settings.item not in columns:
            known = ", ".join(repr(c) for c in columns)
            what = f"there is no column {settings.item!r} for the items. Columns: {known}"
            yield Problem("missing_column", what)
        for label, column in self._scores.items():
            if column not in columns:
                what = f"there is no column {column!r} for the scores of {label!r}"
                yield Problem("missing_column", what)
            if fault := label_fault(label):
                yield Problem("bad_label", fault, f"column {clean_text(column)}")
        if not self._scores and settings.label not in columns:
            what = f"there is neither a column {settings.label!r} nor a column 'score_<label>'"
            yield Problem("missing_column", what)

    def _bad_item(
        self, position: int, item: str | None, wanted: dict[str, None], first: dict[str, int]
    ) -> Iterator[Problem]:
        where = self._where(position, self._settings.item)
        if item is None:
            yield Problem("missing_value", "there is no item", where)
        elif item in first:
            what = f"item {quoted(item)} is also on row {self._table.numbers[first[item]]}"
            yield Problem("duplicate_id", what, where)
        else:
            first[item] = position
            if item not in wanted:
                what = f"item {quoted(item)} is not in the dataset"
                yield Problem("unknown_item", what, where)

    def _row(
        self, position: int, record: dict[str, str | None]
    ) -> tuple[dict[str, object], list[Problem]]:
        """Return one row of the answer table without its item, and what is wrong with it."""
        settings, problems = self._settings, list[Problem]()

        def bad(code: str, what: str, column: str) -> None:
            problems.append(Problem(code, what, self._where(position, column)))

        label = record.get(settings.label)
        failed = record.get(settings.failed)
        given = {x: record[column] for x, column in self._scores.items()}
        is_scored = any(value is not None for value in given.values())
        if failed is not None:
            if failed not in _KINDS:
                what = f"{quoted(failed)} is no kind of failure, expected {', '.join(_KINDS)}"
                bad("unknown_failure", what, settings.failed)
            elif label is not None or is_scored:
                bad("two_answers", "there is an answer and a failure", settings.failed)
            return {"failure": failed}, problems
        scores: dict[str, float] = {}
        if is_scored or (self._scores and label is None):
            scores = self._checked_scores(given, bad)
        if label is None and len(scores) == len(given) and scores:
            label = max(scores, key=lambda x: scores[x])
        elif label is None and not self._scores:
            what = f"there is no label, and no kind of failure in column {settings.failed!r}"
            bad("missing_value", what, settings.label)
        elif label is not None and (fault := label_fault(label)):
            bad("bad_label", fault, settings.label)
        elif label is not None and scores and label not in given:
            what = f"label {quoted(label)} has no column of scores"
            bad("unknown_label", what, settings.label)
        return {"label": label, **{f"{SCORE}{x}": v for x, v in scores.items()}}, problems

    def _checked_scores(self, given: dict[str, str | None], bad: _Bad) -> dict[str, float]:
        scores: dict[str, float] = {}
        for label, value in given.items():
            score = _number(value)
            if score is None or not 0.0 <= score <= 1.0:
                shown = "empty" if value is None else quoted(value)
                what = f"the score of {label!r} is {shown}, expected a number in [0, 1]"
                bad("bad_score", what, self._scores[label])
            else:
                scores[label] = score
        total = math.fsum(scores.values())
        whole = len(scores) == len(given)
        if self._settings.normalised and whole and abs(total - 1.0) > SUM_TOLERANCE:
            first = next(iter(self._scores.values()))
            bad("bad_sum", f"the scores of this row sum to {total:.4g}, expected 1", first)
        return scores


class Ratings:
    """The human raters of a dataset as a system: every vote is an answer.

    Parameters
    ----------
    name
        Name of the system.
    """

    def __init__(self, name: str) -> None:
        self.spec = SystemSpec(
            name=name,
            adapter="ratings",
            labels=None,
            media="none",
            identity={"adapter": "ratings"},
            about={
                "title": "human raters of the dataset",
                "notes": "Each vote of a rater counts as one answer to the item.",
            },
        )

    def answers(self, items: pl.DataFrame) -> pl.DataFrame:
        """Return the votes on ``items``; an item that nobody rated is a failure.

        Raises
        ------
        InputError
            If the dataset has no votes.

        Examples
        --------
        >>> rated = pl.DataFrame({"item": ["a"], "votes_calm": [3], "votes_angry": [1]})
        >>> Ratings("people").answers(rated).select("item", "votes_calm", "votes_angry").rows()
        [('a', 3, 1)]
        """
        votes = [column for column in items.columns if column.startswith(VOTES)]
        if not votes:
            raise InputError(
                f"system {self.spec.name!r} is the raters of the dataset, but the dataset has "
                "no votes. Expected columns votes_<label>"
            )
        counts = [pl.col(column).cast(pl.Int64).fill_null(0) for column in votes]
        is_rated = pl.sum_horizontal(counts) > 0
        nobody, detail = FailureKind.UNAVAILABLE.value, "nobody rated this item"
        return items.select(
            pl.col("item").cast(pl.String),
            pl.lit(None, pl.String).alias("label"),
            pl.when(~is_rated).then(pl.lit(nobody)).alias("failure"),
            pl.when(~is_rated).then(pl.lit(detail)).alias("detail"),
            *(pl.when(is_rated).then(count) for count in counts),
        )


def _schema(prefix: str, labels: Iterable[str], kind: pl.DataType) -> dict[str, pl.DataType]:
    fixed = dict.fromkeys(("item", "label", "failure", "detail"), pl.String())
    return {**fixed, **{f"{prefix}{label}": kind for label in labels}}


def _score_columns(columns: Sequence[str]) -> dict[str, str]:
    return {c.removeprefix(SCORE): c for c in columns if c.startswith(SCORE) and c != SCORE}


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _absent(items: Sequence[str]) -> Problem:
    named = ", ".join(quoted(item) for item in items[:N_NAMED])
    more = f" and {len(items) - N_NAMED:,} more" if len(items) > N_NAMED else ""
    what = f"{len(items):,} item(s) of the dataset have no row: {named}{more}. Add them, or set"
    return Problem("missing_items", f"{what} missing: failed")


def open_predictions(request: SystemRequest, base: Path) -> PredictionsFile:
    """Open a file of predictions with the options of an audit file.

    A relative path is taken from the audit file's folder and may not leave it; an absolute
    path is taken as it is.
    """
    options = Options(request, base)
    path = options.file("file")
    settings = PredictionsSettings(
        item=options.text("item", "item"),
        label=options.text("label", "label"),
        failed=options.text("failed", "failed"),
        scores=tuple(options.mapping("scores").items()),
        missing=options.choice("missing", ("error", "failed"), "error"),
        others=options.choice("others", ("error", "ignored"), "error"),
        normalised=options.flag("normalised", False),
    )
    options.done()
    return PredictionsFile(request.name, path, settings, str(request.options["file"]))


def open_ratings(request: SystemRequest, base: Path) -> Ratings:
    """Open the raters of the dataset; there are no options."""
    options = Options(request, base)
    options.done()
    return Ratings(request.name)
