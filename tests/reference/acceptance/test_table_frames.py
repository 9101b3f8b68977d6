"""`audit_table` gives identical findings whatever the data frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import facevalue as fv
from support import require


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    rng = np.random.default_rng(2)
    n = 600
    person = rng.integers(0, 40, n)
    labels = np.array(["anger", "calm", "fear"])
    annotated = rng.integers(0, 3, n)
    guess = np.where(rng.random(n) < 0.6, annotated, rng.integers(0, 3, n))
    predicted = [None if rng.random() < 0.02 else str(labels[g]) for g in guess]
    return pl.DataFrame(
        {
            "label": labels[annotated],
            "guess": predicted,
            "person": [f"p{p:02d}" for p in person],
            "sex": np.where(person % 2 == 0, "female", "male"),
            "age": np.where(person % 3 == 0, "60+", "under 60"),
        }
    )


def _findings(table: Any) -> pl.DataFrame:
    return fv.audit_table(
        table, annotated="label", predicted="guess", subject="person",
        groups=["sex", ["sex", "age"]], metrics=["accuracy", "uar", "failure_rate"], level=0.95,
        seed=3,
    ).to_polars()  # fmt: skip


def test_polars_pandas_pyarrow_and_duckdb_agree_to_the_last_digit(table: pl.DataFrame) -> None:
    duckdb, pandas = require("duckdb"), require("pandas")
    expected = _findings(table)
    assert expected.height > 40
    arrow = table.to_arrow()
    assert _findings(arrow).equals(expected)
    assert _findings(pandas.DataFrame(table.to_dict(as_series=False))).equals(expected)
    relation = duckdb.connect().from_arrow(arrow)
    assert _findings(relation).equals(expected)
    assert _findings(table.lazy()).equals(expected)


def test_contract_columns_come_first_and_in_order(table: pl.DataFrame) -> None:
    promised = [
        "key",
        "system",
        "dataset",
        "family",
        "metric",
        "condition",
        "attribute",
        "group",
        "reference",
        "estimate",
        "low",
        "high",
        "level",
        "method",
        "n_items",
        "n_subjects",
        "p_value",
        "p_adjusted",
        "status",
        "reason",
    ]
    assert _findings(table).columns[:20] == promised
