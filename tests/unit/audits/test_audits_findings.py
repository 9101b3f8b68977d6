"""Findings as a table, as files, and read back."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from audits_support import estimate, finding, measured, none
from facevalue.audits import COLUMNS, FindingSet
from facevalue.audits.findings import Adjusted
from facevalue.domain import Reason
from facevalue.errors import InputError

FINDINGS = FindingSet(
    (
        finding(estimate(0.8, p_value=0.25, design_effect=1.5)).with_looks(
            Adjusted(p_value=0.5, by="Holm over 2", low=0.7, high=0.875)
        ),
        finding(estimate(0.1, -0.2, 0.4), attribute="sex × age", group="f × 60+", reference="rest"),
        finding(none(detail="2, at least 5 needed", value=0.5), condition="light=day"),
        finding(none(Reason.UNDEFINED, detail="all (of them)"), "mcc"),
        finding(none(Reason.NO_ITEMS, n_items=0, n_answers=0, n_subjects=0), "uar"),
    )
)


def test_the_table_has_the_columns_of_the_contract() -> None:
    table = FINDINGS.to_polars()
    # design.md §7, in order; further columns come behind.
    assert table.columns[:20] == [
        "key", "system", "dataset", "family", "metric", "condition", "attribute", "group",
        "reference", "estimate", "low", "high", "level", "method", "n_items", "n_subjects",
        "p_value", "p_adjusted", "status", "reason",
    ]  # fmt: skip
    assert table.schema == pl.Schema(COLUMNS)
    assert FindingSet(()).to_polars().schema == pl.Schema(COLUMNS)


def test_rows() -> None:
    first, second, third, fourth, fifth = FINDINGS.to_polars().to_dicts()
    assert first == {
        "key": FINDINGS.findings[0].key,
        "system": "mine", "dataset": "faces", "family": "correctness", "metric": "accuracy",
        "condition": None, "attribute": None, "group": None, "reference": None,
        "estimate": 0.8, "low": 0.75, "high": 0.8500000000000001, "level": 0.95,
        "method": "made up", "n_items": 400, "n_subjects": 40, "p_value": 0.25,
        "p_adjusted": 0.5, "status": "estimated", "reason": None, "n_answers": 400,
        "design_effect": 1.5, "adjusted_by": "Holm over 2", "low_adjusted": 0.7,
        "high_adjusted": 0.875,
    }  # fmt: skip
    assert (second["attribute"], second["group"]) == ("sex × age", "f × 60+")
    # What carries no interval has none, whatever else is known of it.
    assert (third["estimate"], third["low"], third["high"], third["level"]) == (0.5, *[None] * 3)
    assert (third["status"], third["n_subjects"]) == ("not_estimable", 2)
    assert third["reason"] == (
        "too_few_clusters: too few subjects to say how uncertain the number is "
        "(2, at least 5 needed)"
    )
    assert fourth["estimate"] is None
    assert fifth["reason"] == "no_items: no item belongs to this cell"


def test_findings_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    for found in (FINDINGS, FindingSet(()), measured(groups=(("sex",), ("sex", "age")))):
        found.write(tmp_path)
        assert FindingSet.read(tmp_path) == found
        document = json.loads((tmp_path / "findings.json").read_text("utf-8"))
        assert (document["format"], document["version"]) == ("facevalue-findings", 1)
        assert FindingSet.from_rows(document["findings"]) == found


def test_the_same_findings_give_the_same_bytes(tmp_path: Path) -> None:
    FINDINGS.write(tmp_path / "a")
    FindingSet.read(tmp_path / "a").write(tmp_path / "b")
    for name in ("findings.parquet", "findings.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_no_finding_holds_what_is_no_number(number: float) -> None:
    with pytest.raises(ValueError, match="an Estimate holds finite numbers only"):
        estimate(number)
    with pytest.raises(ValueError, match="an Estimate holds finite numbers only"):
        estimate(0.5, p_value=number)


def test_no_number_of_a_measurement_is_none() -> None:
    numbers = measured(groups=(("sex",), ("sex", "age"))).to_polars().select(pl.col(pl.Float64))
    for column in numbers.iter_columns():
        assert column.is_finite().all(), column.name


def test_two_findings_about_one_place_are_a_bug_of_ours() -> None:
    with pytest.raises(ValueError, match=r"^two findings are about the same place$"):
        FindingSet((finding(estimate(0.8)), finding(estimate(0.9))))


def test_findings_are_found_by_key_place_and_parts() -> None:
    first = FINDINGS.findings[0]
    assert FINDINGS[first.key] is first
    assert FINDINGS.get(first.place) is first
    assert FINDINGS.get(finding(estimate(0.1), "absent").place) is None
    assert FINDINGS.where(metric="accuracy", condition=None, reference=None) == [first]
    assert len(FINDINGS.where(metric="accuracy")) == 3


def test_no_findings_are_said(tmp_path: Path) -> None:
    path = tmp_path / "findings.parquet"
    with pytest.raises(InputError) as caught:
        FindingSet.read(tmp_path)
    assert str(caught.value) == (f"{path}: no findings here. Run: facevalue measure {tmp_path}")


def test_damaged_findings_are_said(tmp_path: Path) -> None:
    path = tmp_path / "findings.parquet"
    says = f"{path}: the findings are damaged. Run: facevalue measure {tmp_path}"
    path.write_bytes(b"PAR1")
    with pytest.raises(InputError) as caught:
        FindingSet.read(tmp_path)
    assert str(caught.value) == says
    # A table of something else, and one whose intervals are upside down.
    FINDINGS.write(tmp_path)
    table = pl.read_parquet(path)
    for damaged in (table.drop("method"), table.with_columns(low=pl.col("high") + 1)):
        damaged.write_parquet(path)
        with pytest.raises(InputError) as caught:
            FindingSet.read(tmp_path)
        assert str(caught.value) == says
