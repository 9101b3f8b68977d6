"""`audit_table`: measure a table of labels and predictions, without an audit file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from facevalue.audits.findings import FindingSet
from facevalue.audits.looks import RATIO_OF
from facevalue.audits.measure import measure
from facevalue.audits.sample import sample_of_counts
from facevalue.audits.scope import MeasureSpec
from facevalue.audits.spec import RESERVED_REFERENCES
from facevalue.domain.labels import NONE_LABEL, OUTSIDE, Taxonomy, prohibited_labels
from facevalue.errors import ManifestError, Problem, UnknownNameError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["audit_table"]

MAX_LABELS = 100
METRICS = (
    "abstention_rate", "accuracy", "confusion", "f1", "failure_rate", "group_spread", "mcc",
    "pooled_accuracy", "pooled_recall", "precision", "prediction_rate", "recall",
    "standardised_prediction_rate", "uar",
)  # fmt: skip
"""Statistics that can be asked for by name."""


def audit_table(  # noqa: PLR0913 - the public contract of design.md §7
    table: Any,
    *,
    annotated: str,
    predicted: str,
    subject: str | None = None,
    groups: Sequence[str | Sequence[str]] = (),
    conditions: Sequence[str] = (),
    references: Mapping[str, str] | None = None,
    metrics: Sequence[str] | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> FindingSet:
    """Measure a table with one row an answer.

    Parameters
    ----------
    table
        Any data frame that Narwhals knows: polars, pandas, pyarrow, a DuckDB relation.
    annotated, predicted
        Columns with the annotated and the predicted label; a missing prediction is a
        failure of the system.
    subject
        Column with the person; without one, rows are taken as independent.
    groups
        Attributes to compare, ``["sex", ["sex", "age"]]`` for an intersection.
    conditions
        Attributes whose values are told one by one.
    references
        Attribute → group that others are compared with.
    metrics
        Keep only these, e.g. ``["accuracy", "uar"]``; `None` for all. A name without
        brackets keeps all labels of it: ``recall``.
    level
        Of intervals, in (0, 1).
    seed
        Of the permutation and shuffling tests.

    Returns
    -------
    FindingSet; `FindingSet.to_polars` gives the findings table.

    Raises
    ------
    ManifestError
        If a column is missing or an annotated label is empty; all problems at once.
    UnknownNameError
        If ``metrics`` names something that is not measured here.

    Examples
    --------
    >>> import polars as pl
    >>> t = pl.DataFrame({"label": ["a", "b"] * 20, "guess": ["a", "b", "b", "b"] * 10,
    ...                   "person": [i // 4 for i in range(40)]})
    >>> found = audit_table(t, annotated="label", predicted="guess", subject="person",
    ...                     metrics=["accuracy"])
    >>> found.to_polars().filter(pl.col("family") == "correctness")["estimate"].to_list()
    [0.75]
    """
    frame = _frame(table)
    crossed = [(g,) if isinstance(g, str) else tuple(g) for g in groups]
    attributes = list(dict.fromkeys([*(a for g in crossed for a in g), *conditions]))
    people = [subject] if subject else []
    used = list(dict.fromkeys([annotated, predicted, *people, *attributes]))
    _check(frame, used, annotated, subject, references or {})
    counts = _counted(frame, annotated, predicted, subject, attributes)
    given = counts["annotated"].unique().to_list()
    answered = counts["predicted"].drop_nulls().unique().to_list()
    # What is not evaluated is no label either, of which shares would be told.
    left_out = {NONE_LABEL, OUTSIDE, *set(prohibited_labels(answered)).difference(given)}
    labels = sorted({*given, *answered} - left_out)
    if len(labels) > MAX_LABELS:
        what = f"{len(labels)} different labels, at most {MAX_LABELS} are a classification"
        raise ManifestError("table", [Problem("too_many_labels", what, f"column {annotated}")])
    taxonomy = Taxonomy("table", tuple(labels))
    sample = sample_of_counts(counts, taxonomy, attributes, subjects_declared=subject is not None)
    spec = MeasureSpec(
        level=level,
        seed=seed,
        conditions=tuple(conditions),
        groups=tuple(crossed),
        references=dict(references or {}),
        metrics=None if metrics is None else tuple(metrics),
    )
    found = measure([sample], [spec])
    _refuse_unknown(metrics or (), found)
    return found


def _string() -> Any:
    import polars as pl

    return pl.String


def _frame(table: Any) -> pl.DataFrame:
    import narwhals as nw

    try:
        native = nw.from_native(table)
    except TypeError as error:
        what = f"found {type(table).__name__}, expected polars, pandas, pyarrow or DuckDB"
        raise ManifestError("table", [Problem("not_a_table", what)]) from error
    eager = native.collect("polars") if isinstance(native, nw.LazyFrame) else native
    return eager.to_polars()


def _check(
    frame: pl.DataFrame,
    used: Sequence[str],
    annotated: str,
    subject: str | None,
    references: Mapping[str, str],
) -> None:
    known = ", ".join(repr(c) for c in frame.columns)
    problems = [
        Problem("missing_column", f"there is no column {c!r}; the table has {known}")
        for c in used
        if c not in frame.columns
    ]
    is_whole = not problems
    if is_whole and not frame.height:
        problems.append(Problem("empty_file", "the table has no rows"))
    if is_whole and (n := frame[annotated].null_count()):
        what = f"{n} row(s) have no annotated label; leave them out"
        problems.append(Problem("missing_label", what, f"column {annotated}"))
    if is_whole and (frame[annotated].cast(_string()) == OUTSIDE).any():
        what = f"{OUTSIDE!r} is reserved for answers that are no label; leave such rows out"
        problems.append(Problem("reserved_label", what, f"column {annotated}"))
    if is_whole and subject and (n := frame[subject].null_count()):
        what = f"{n} row(s) have no subject; give one in every row, or name no subject"
        problems.append(Problem("empty_subject", what, f"column {subject}"))
    for attribute, group in references.items():
        if group in RESERVED_REFERENCES:
            what = f"{group!r} is reserved: every group is compared with it anyway"
            problems.append(Problem("reserved_label", what, f"references, {attribute}"))
    if problems:
        raise ManifestError("table", problems)


def _refuse_unknown(metrics: Sequence[str], found: FindingSet) -> None:
    """Refuse a name that nothing is found under: a slip, not an empty table."""
    names = [f.place.metric.removeprefix(RATIO_OF) for f in found]
    known = {*names, *(name.partition("[")[0] for name in names)}
    for metric in metrics:
        if metric not in known:
            raise UnknownNameError("metric", metric, METRICS)


def _counted(
    frame: pl.DataFrame,
    annotated: str,
    predicted: str,
    subject: str | None,
    attributes: Sequence[str],
) -> pl.DataFrame:
    """Count the rows that are alike: the one pass over the table.

    What follows reads only counts, and does not depend on the order of rows.
    """
    import polars as pl

    person = pl.col(subject) if subject else pl.int_range(pl.len())
    keys = [
        person.alias("subject"),
        pl.col(annotated).alias("annotated"),
        pl.col(predicted).alias("predicted"),
        *(pl.col(a).alias(str(i)) for i, a in enumerate(attributes)),
    ]
    names = ["subject", "annotated", "predicted", *map(str, range(len(attributes)))]
    counted = frame.select(keys).group_by(names).agg(n=pl.len())
    return counted.with_columns(pl.col(names).cast(pl.String))
