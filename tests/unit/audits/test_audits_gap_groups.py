"""The p-value of a largest gap is about the groups that the gap is told of."""

from __future__ import annotations

import polars as pl

import facevalue as fv
from facevalue.domain import Estimate


def _table(*, with_small_group: bool) -> pl.DataFrame:
    # Ten people in x and in y; in z, six people of whom two have items of fear. On fear, x and y
    # are right half of the time; z is always wrong.
    rows = []
    for group, n_people in (("x", 10), ("y", 10), ("z", 6)):
        for k in range(n_people):
            holds_fear = group != "z" or k < 2
            for item in range(4):
                label = "fear" if item < 2 and holds_fear else "calm"
                right = label == "calm" or (group != "z" and (k + item) % 2 == 0)
                rows.append((f"{group}{k}", group, label, label if right else "other"))
    table = pl.DataFrame(rows, schema=["person", "group", "label", "guess"], orient="row")
    return table if with_small_group else table.filter(pl.col("group") != "z")


def _gap(table: pl.DataFrame, metric: str) -> Estimate:
    found = fv.audit_table(
        table, annotated="label", predicted="guess", subject="person", groups=["group"], seed=5
    )
    (finding,) = found.where(metric=metric, attribute="group", reference="largest gap")
    assert isinstance(finding.result, Estimate)
    return finding.result


def test_a_group_too_small_for_the_gap_takes_no_part_in_its_test() -> None:
    # Recall of fear has two people in z: too few, so the gap is that of x and y, and so is p.
    whole, without = (_gap(_table(with_small_group=w), "recall[fear]") for w in (True, False))
    assert (whole.value, whole.low, whole.high) == (without.value, without.low, without.high)
    assert whole.value == 0.0
    assert whole.p_value == 1.0
    assert without.p_value == 1.0


def test_a_group_large_enough_for_another_metric_takes_part_in_that() -> None:
    whole = _gap(_table(with_small_group=True), "accuracy")
    assert whole.n_subjects == 26
