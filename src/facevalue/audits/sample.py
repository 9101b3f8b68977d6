"""The answers of one system to one dataset, in the words of the dataset's taxonomy.

This is where labels are mapped, once and explicitly, and where outputs that facevalue does
not evaluate (ethnicity, race, religion) are taken out and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from facevalue.domain.labels import NONE_LABEL, OUTSIDE, LabelMap, Taxonomy, prohibited_labels
from facevalue.errors import AuditSpecError, Problem

__all__ = [
    "Coded",
    "Sample",
    "answer_labels",
    "evaluated",
    "label_problems",
    "sample_of",
    "sample_of_counts",
]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

NO_ANNOTATION = -1
CONTROL = -2
FAILED = -1
ABSTAINED = -2
UNEVALUATED = -3


@dataclass(frozen=True)
class Coded:
    """One attribute over the rows of a sample.

    Parameters
    ----------
    codes
        Position in ``values``, −1 where the value is not known; shape ``(n_rows,)``.
    values
        Its values, sorted.
    """

    codes: IntArray
    values: tuple[str, ...]

    @classmethod
    def of(cls, column: pl.Series, order: Sequence[str] = ()) -> Coded:
        """Code a column of strings; values come in ``order``, others sorted behind it.

        A value of ``order`` that no row has is kept: a declared group may be empty.
        """
        found = set(column.drop_nulls().unique().to_list())
        values = (*order, *sorted(found.difference(order)))
        return cls(_codes(column, {v: i for i, v in enumerate(values)}, -1), values)


@dataclass(frozen=True)
class Sample:
    """Answers as integer codes, one row an answer (a vote count is one row).

    Parameters
    ----------
    system, dataset
        Names used in findings.
    taxonomy
        Labels that ``annotated`` and ``predicted`` are codes of.
    item, subject
        Codes, shape ``(n_rows,)``.
    annotated
        Code of the label, `NO_ANNOTATION` or `CONTROL` (annotated "none").
    predicted
        Code of the label, ``n_labels`` for an answer outside the taxonomy, `FAILED`, or
        `ABSTAINED` (the system answered "none"). Under a condition also `UNEVALUATED`: a label
        that facevalue does not evaluate (see ``prohibited``).
    weight
        Answers a row stands for.
    confidence
        Highest score; NaN where the system gives none.
    failure
        Kind of failure; empty where there is none.
    attributes
        Values by attribute.
    prohibited
        Output labels that are not evaluated, with how many answers named each.
    n_unevaluated
        Answers left out because of them.
    unevaluated
        Codes of the items that they were given to; none of votes.
    subjects_declared
        Whether subjects are people; if not, each item is its own subject.
    is_voted
        Whether the answers are votes of raters, who cannot fail on an item.
    scores
        Scores of each row in the words of the taxonomy, shape ``(n_rows, n_labels)``; a row of
        NaN where the system gave none; `None` where it gives none at all. Scores of labels
        that are mapped to one label are summed; what is outside the taxonomy is left out, so
        a row may sum to less than one.
    ratings
        How many raters called each item what, shape ``(n_item_codes, n_labels + 1)``, the last
        column for words outside the taxonomy; rows are item codes. `None` without ratings.
    is_counted
        Whether a row stands for all items that are alike in everything told here, ``weight``
        of them, and not for one answer.
    other
        Another system's answers to the same items, where two are compared.
    partner
        Whose media went into a change of each row's, as codes like ``subject``; `None` where no
        other item did.
    """

    system: str
    dataset: str
    taxonomy: Taxonomy
    item: IntArray
    subject: IntArray
    annotated: IntArray
    predicted: IntArray
    weight: FloatArray
    confidence: FloatArray
    failure: npt.NDArray[np.str_]
    attributes: Mapping[str, Coded]
    prohibited: Mapping[str, int] = field(default_factory=dict)
    n_unevaluated: int = 0
    unevaluated: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    subjects_declared: bool = True
    is_voted: bool = False
    scores: FloatArray | None = None
    ratings: FloatArray | None = None
    is_counted: bool = False
    other: Sample | None = None
    partner: IntArray | None = None

    @property
    def has_scores(self) -> bool:
        """Whether any answer came with a confidence."""
        return bool(np.isfinite(self.confidence).any())

    def n_items(self, mask: npt.NDArray[np.bool_]) -> int:
        """Return how many items the rows of ``mask`` belong to."""
        if self.is_counted:
            return round(float(self.weight[mask].sum()))
        if self._has_one_row_each:
            return int(np.count_nonzero(mask))
        return int(np.count_nonzero(np.bincount(self.item[mask])))

    @cached_property
    def _has_one_row_each(self) -> bool:
        return len(self.item) == 0 or int(np.bincount(self.item).max()) <= 1

    @property
    def is_annotated(self) -> npt.NDArray[np.bool_]:
        """Rows that have a label to be right or wrong about."""
        mask: npt.NDArray[np.bool_] = self.annotated >= 0
        return mask


def sample_of(  # noqa: PLR0913 - one call site; all are columns or names of one table
    *,
    system: str,
    dataset: str,
    items: pl.DataFrame,
    answers: pl.DataFrame,
    taxonomy: Taxonomy,
    labels: Mapping[str, str],
    attributes: Mapping[str, pl.Series],
    subjects_declared: bool,
    group_order: Mapping[str, Sequence[str]] | None = None,
) -> Sample:
    """Join answers to items and map the system's labels into the taxonomy.

    Parameters
    ----------
    items
        Columns ``item``, ``subject`` and ``annotated``, one row an item.
    answers
        Answer table: ``item``, ``label``, ``failure`` and ``score_…`` or ``votes_…``.
    labels
        The system's label → taxonomy label, ``outside`` or ``none``.
    attributes
        Attribute → its values, one for each row of ``items``. Apart from ``items``, since an
        attribute may have any name, also that of a column of answers.
    group_order
        Attribute → its groups in the order they are told; else sorted.

    Raises
    ------
    AuditSpecError
        If a label of the system is not mapped, or is mapped to what is no label.
    """
    label_map = LabelMap(taxonomy, labels)
    order = group_order or {}
    rows, prohibited, n_unevaluated = _long(answers)
    _check_labels(system, label_map, answers)
    # In an order of our own: sums of scores must not depend on that of the manifest.
    ordered = items.select("item", "subject", "annotated").with_row_index("row").sort("item")
    ordered = ordered.with_row_index("code")
    joined = ordered.join(rows, on="item", how="inner", maintain_order="left_right")
    columns = {a: values.cast(pl.String).gather(joined["row"]) for a, values in attributes.items()}
    subject = joined["subject"] if subjects_declared else joined["item"]
    return Sample(
        system=system,
        dataset=dataset,
        taxonomy=taxonomy,
        item=joined["code"].to_numpy().astype(np.int64),
        subject=subject.fill_null("?").rank("dense").to_numpy().astype(np.int64),
        annotated=_codes(joined["annotated"], _annotated_codes(taxonomy), NO_ANNOTATION),
        predicted=_codes(joined["label"], _predicted_codes(label_map, joined["label"]), FAILED),
        weight=joined["weight"].to_numpy().astype(np.float64),
        confidence=joined["confidence"].fill_null(float("nan")).to_numpy().astype(np.float64),
        failure=joined["failure"].fill_null("").to_numpy().astype(np.str_),
        attributes={a: Coded.of(values, order.get(a, ())) for a, values in columns.items()},
        prohibited=prohibited,
        n_unevaluated=n_unevaluated,
        unevaluated=_left_out(ordered, rows, answers) if n_unevaluated else np.zeros(0, np.int64),
        subjects_declared=subjects_declared,
        is_voted=any(c.startswith("votes_") for c in answers.columns),
        scores=_scores(answers, joined["item"], label_map),
        ratings=_ratings(items, ordered["row"], taxonomy),
    )


def _left_out(ordered: pl.DataFrame, rows: pl.DataFrame, answers: pl.DataFrame) -> IntArray:
    """Return the codes of items that were answered, and of whose answer nothing is left."""
    gone = answers.join(rows, on="item", how="anti").select("item")
    return ordered.join(gone, on="item", how="semi")["code"].to_numpy().astype(np.int64)


def sample_of_counts(
    counts: pl.DataFrame, taxonomy: Taxonomy, attributes: Sequence[str], *, subjects_declared: bool
) -> Sample:
    """Make a sample from counted answers, without any item by name.

    Parameters
    ----------
    counts
        Columns ``subject``, ``annotated``, ``predicted`` (null: a failure), ``n`` and the
        attributes, named ``0``, ``1`` … in the order of ``attributes``.
    """
    named = counts["predicted"].drop_nulls().unique().sort().to_list()
    bad = prohibited_labels(named)
    found = {b: int(counts.filter(pl.col("predicted") == b)["n"].sum()) for b in bad}
    if bad:
        counts = counts.filter(~pl.col("predicted").is_in(bad) | pl.col("predicted").is_null())
    n_rows = counts.height
    people = counts["subject"].unique().sort()
    predicted = counts["predicted"]
    label_map = LabelMap(taxonomy, {})
    return Sample(
        system="predictions",
        dataset="table",
        taxonomy=taxonomy,
        item=np.arange(n_rows),
        subject=_codes(counts["subject"], {x: i for i, x in enumerate(people)}, 0),
        annotated=_codes(counts["annotated"], _annotated_codes(taxonomy), NO_ANNOTATION),
        predicted=_codes(predicted, _predicted_codes(label_map, predicted), FAILED),
        weight=counts["n"].to_numpy().astype(np.float64),
        confidence=np.full(n_rows, np.nan),
        failure=np.where(predicted.is_null().to_numpy(), "refused", ""),
        attributes={a: Coded.of(counts[str(i)]) for i, a in enumerate(attributes)},
        prohibited=found,
        n_unevaluated=sum(found.values()),
        subjects_declared=subjects_declared,
        is_counted=True,
    )


def _scores(answers: pl.DataFrame, items: pl.Series, label_map: LabelMap) -> FloatArray | None:
    """Scores of the rows of ``items`` by label of the taxonomy."""
    given = [c.removeprefix("score_") for c in answers.columns if c.startswith("score_")]
    bad = prohibited_labels(given)
    names = label_map.target.labels
    theirs = {x: [g for g in given if g not in bad and label_map[g] == x] for x in names}
    if not any(theirs.values()):
        return None
    nothing = pl.lit(float("nan"))
    summed = [
        pl.sum_horizontal([pl.col(f"score_{g}") for g in theirs[x]], ignore_nulls=False)
        .fill_null(nothing)
        .alias(str(i))
        if theirs[x]
        else pl.lit(0.0).alias(str(i))
        for i, x in enumerate(names)
    ]
    rows = pl.DataFrame({"item": items}).join(
        answers.select("item", *summed), on="item", how="left", maintain_order="left"
    )
    return rows.select(str(i) for i in range(len(names))).to_numpy().astype(np.float64)


def _ratings(items: pl.DataFrame, order: pl.Series, taxonomy: Taxonomy) -> FloatArray | None:
    """Rating counts by item code and label; ``order`` is the row of each code."""
    if not any(c.startswith("votes_") for c in items.columns):
        return None
    wanted = [f"votes_{x}" for x in (*taxonomy.labels, OUTSIDE)]
    return (
        items.select(
            (pl.col(c) if c in items.columns else pl.lit(0)).cast(pl.Float64).alias(c)
            for c in wanted
        )
        .fill_null(0.0)[order]
        .to_numpy()
    )


def _long(answers: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int], int]:
    """One row an answer: item, label, weight, confidence, failure."""
    votes = [c for c in answers.columns if c.startswith("votes_")]
    scores = [c for c in answers.columns if c.startswith("score_")]
    if votes:
        return _from_votes(answers, votes)
    return _from_labels(answers, scores)


def _from_votes(
    answers: pl.DataFrame, votes: list[str]
) -> tuple[pl.DataFrame, dict[str, int], int]:
    long = (
        answers.select("item", *votes)
        .unpivot(index="item", variable_name="label", value_name="weight")
        .filter(pl.col("weight") > 0)
        .with_columns(pl.col("label").str.strip_prefix("votes_"))
    )
    bad = prohibited_labels(long["label"].unique().sort().to_list())
    found = {b: int(long.filter(pl.col("label") == b)["weight"].sum()) for b in bad}
    kept = long.filter(~pl.col("label").is_in(bad)).with_columns(
        confidence=pl.lit(None, pl.Float64), failure=pl.lit(None, pl.String)
    )
    return kept, found, sum(found.values())


def evaluated(answers: pl.DataFrame) -> pl.DataFrame:
    """Return answers with a label that is evaluated, wherever there are scores to choose it by.

    Among the labels that are evaluated the answer is the one with the highest score.
    """
    scores = [c for c in answers.columns if c.startswith("score_")]
    bad = prohibited_labels(answer_labels(answers))
    fair = [c for c in scores if c.removeprefix("score_") not in bad]
    if not bad or not fair:
        return answers
    best = pl.concat_list(fair).list.arg_max()
    names = pl.Series("names", [c.removeprefix("score_") for c in fair])
    chosen = best.replace_strict(dict(enumerate(names)), default=None, return_dtype=pl.String)
    swap = pl.col("label").is_in(bad)
    return answers.with_columns(label=pl.when(swap).then(chosen).otherwise(pl.col("label")))


def _from_labels(
    answers: pl.DataFrame, scores: list[str]
) -> tuple[pl.DataFrame, dict[str, int], int]:
    bad = prohibited_labels(answer_labels(answers))
    found = {b: answers.filter(pl.col("label") == b).height for b in bad}
    fair = [c for c in scores if c.removeprefix("score_") not in bad]
    frame = evaluated(answers)
    kept = ~pl.col("label").is_in(bad) | pl.col("label").is_null()
    confidence = pl.max_horizontal(fair) if fair else pl.lit(None, pl.Float64)
    rows = frame.filter(kept).select(
        "item",
        "label",
        pl.lit(1, pl.Int64).alias("weight"),
        confidence.alias("confidence"),
        "failure",
    )
    return rows, found, 0 if fair else sum(found.values())


def answer_labels(answers: pl.DataFrame) -> list[str]:
    """Return every label that an answer table names, those that are scored first."""
    columns = answers.columns
    scored = [c.removeprefix("score_") for c in columns if c.startswith("score_")]
    voted = [c.removeprefix("votes_") for c in columns if c.startswith("votes_")]
    used = answers["label"].drop_nulls().unique().sort().to_list()
    return list(dict.fromkeys([*scored, *voted, *used]))


def _check_labels(system: str, label_map: LabelMap, answers: pl.DataFrame) -> None:
    problems = label_problems(system, answer_labels(answers), label_map)
    if problems:
        raise AuditSpecError("audit file", problems)


def label_problems(system: str, labels: Sequence[str], label_map: LabelMap) -> list[Problem]:
    """Return what is wrong with the map of a system that gives ``labels``."""
    known = ", ".join(repr(x) for x in label_map.target.labels)
    where = f"system {system!r}, labels"
    bad = prohibited_labels(labels)
    unmapped = [
        Problem(
            "unmapped_label",
            f"the system's label {label!r} is not mapped; map it to one of {known}, or to "
            f"{OUTSIDE!r}",
            where,
        )
        for label in label_map.unmapped([x for x in labels if x not in bad])
    ]
    wrong = [
        Problem(
            "unknown_label",
            f"{target!r} is mapped to, but the labels are {known} and {OUTSIDE!r}",
            where,
        )
        for target in label_map.bad_targets()
    ]
    return [*unmapped, *wrong]


def _annotated_codes(taxonomy: Taxonomy) -> dict[str, int]:
    return {**{x: i for i, x in enumerate(taxonomy.labels)}, NONE_LABEL: CONTROL}


def _predicted_codes(label_map: LabelMap, labels: pl.Series) -> dict[str, int]:
    taxonomy = label_map.target
    code = {x: i for i, x in enumerate(taxonomy.labels)}
    special = {OUTSIDE: len(taxonomy.labels), NONE_LABEL: ABSTAINED}
    mapped = {x: label_map[x] for x in labels.drop_nulls().unique().to_list()}
    return {x: code.get(m, special.get(m, len(code))) for x, m in mapped.items()}


def _codes(values: pl.Series, code: dict[str, int], missing: int) -> IntArray:
    if not code:
        return np.full(len(values), missing, dtype=np.int64)
    # Values without a code become null, and stand behind the last code.
    position = values.cast(pl.Enum(list(code)), strict=False).to_physical().fill_null(len(code))
    coded: IntArray = np.array([*code.values(), missing], dtype=np.int64)[position.to_numpy()]
    return coded
