"""Partially pooled figures beside the raw ones."""

from __future__ import annotations

import re
from dataclasses import replace

from facevalue.audits.findings import Finding, FindingSet
from facevalue.report import ReportInput
from facevalue.report.blocks import Dots, Figure, Gallery, Prose, Table
from facevalue.report.charts import svg
from facevalue.report.metrics import definition, metric_words, unit_of
from facevalue.report.sections import page_of
from facevalue.report.sections.methods import explained
from facevalue.report.wording import Unit
from facevalue.stats.pooling import METHOD
from report_factory import estimate, finding, not_estimable, small


def groups(n: int, attribute: str = "town", *, with_spread: bool = True) -> list[Finding]:
    """Return raw and pooled accuracy of ``n`` groups, each drawn halfway to 50 %."""
    found = [finding(estimate(0.5, 0.01))]
    for i in range(n):
        at = {"attribute": attribute, "group": f"g{i}"}
        value = 0.4 + 0.2 * i / (n - 1)
        found.append(finding(estimate(value, 0.08, n_subjects=9), **at))
        pooled = estimate((value + 0.5) / 2, 0.05, n_subjects=9, method=METHOD)
        found.append(finding(pooled, metric="pooled_accuracy", family="disparity", **at))
    if with_spread:
        spread = replace(estimate(0.2), low=0.0, high=0.6)
        found.append(
            finding(
                spread, metric="group_spread[accuracy]", family="disparity", attribute=attribute
            )
        )
    return found


def blocks(report: ReportInput) -> tuple[list[str], list[Figure], list[Table]]:
    """Return the sentences, figures and tables of the evidence."""
    section = next(s for s in page_of(report).sections if s.anchor == "evidence")
    said = [str(p) for b in section.blocks if isinstance(b, Prose) for p in b.paragraphs]
    figures = [f for b in section.blocks if isinstance(b, Gallery) for f in b.figures]
    return said, figures, [b for b in section.blocks if isinstance(b, Table)]


def evidence(found: list[Finding]) -> tuple[list[str], list[Figure], list[Table]]:
    return blocks(small(findings=FindingSet(tuple(found)), verdicts=()))


def test_hollow_marks_stand_beside_the_raw_ones() -> None:
    said, figures, _ = evidence(groups(5))
    figure = next(f for f in figures if f.slug.startswith("groups-town"))
    assert isinstance(figure.chart, Dots)
    first = figure.chart.rows[0]
    assert first.value == 40.0
    assert first.hollow is not None
    assert [round(x, 6) for x in first.hollow] == [45.0, 40.0, 50.0]
    assert figure.chart.hollow_words == "partially pooled with the other groups"
    head = [c.text for c in figure.table.columns]
    assert head == [
        "town", "Estimate (95 % interval)", "Partially pooled", "Subjects", "Answers", "Finding"
    ]  # fmt: skip
    assert figure.table.rows[0][1:3] == ("40.0 % (32.0 to 48.0)", "45.0 % (40.0 to 50.0)")
    assert "g0 (9 subjects): 40.0 % (32.0 to 48.0), partially pooled 45.0 % (40.0 to 50.0)" in (
        figure.says
    )
    assert sum(s.startswith("Partially pooled numbers (hollow marks) let each group") for s in said)
    drawn = svg(figure.chart, name="f", says=figure.says)
    # Five groups and the legend.
    assert len(re.findall('<path[^>]* fill="#ffffff" stroke="#0072B2"', drawn)) == 6


def test_the_spread_is_told_in_points_where_it_can_be_known() -> None:
    # 0.2 · 0.5 · 0.5 = 0.05, and 0.6 · 0.25 = 0.15
    told = "town: pooled, groups differ with a standard deviation of 5.0 points (0.0 to 15.0)."
    assert told in evidence(groups(5))[0]
    crossed = evidence(groups(5, "town × age"))[0]
    assert (
        "town × age: pooled, groups differ beyond what each attribute adds by itself with a "
        "standard deviation of 5.0 points (0.0 to 15.0)." in crossed
    )
    for few in (groups(4), groups(5, with_spread=False)):
        assert not any("standard deviation" in s for s in evidence(few)[0])


def test_many_groups_have_a_table_in_place_of_a_figure() -> None:
    _, figures, tables = evidence(groups(17))
    assert not any(f.slug.startswith("groups") for f in figures)
    table = next(t for t in tables if t.caption == "human raters on crema-d: accuracy by town")
    assert len(table.rows) == 17
    assert table.rows[0][2] == "45.0 % (40.0 to 50.0)"


def test_a_group_without_a_raw_number_has_its_pooled_one() -> None:
    found = groups(5)
    found[1] = finding(not_estimable(), attribute="town", group="g0")
    pooled = replace(found[2].result, n_subjects=2)
    found[2] = replace(found[2], result=pooled)
    report = small(findings=FindingSet(tuple(found)), verdicts=(), min_cell=1)
    _, figures, _ = blocks(report)
    figure = next(f for f in figures if f.slug.startswith("groups-town"))
    assert isinstance(figure.chart, Dots)
    first = figure.chart.rows[0]
    assert (first.text, first.value) == ("not estimable", None)
    assert first.hollow is not None
    assert str(figure.table.rows[0][2]) == "45.0 % (40.0 to 50.0)"


def test_a_row_without_a_pooled_number_has_a_dash() -> None:
    found = groups(5)
    del found[2]
    figure = next(f for f in evidence(found)[1] if f.slug.startswith("groups-town"))
    assert figure.table.rows[0][2] == "–"


def test_pooled_measures_have_words() -> None:
    assert metric_words("pooled_accuracy") == "accuracy, partially pooled"
    assert metric_words("pooled_recall[anger]") == "recall of “anger”, partially pooled"
    assert metric_words("group_spread[accuracy]") == "spread between groups (accuracy)"
    for base in ("pooled_accuracy", "pooled_recall", "group_spread"):
        assert "holds no definition" not in definition(base)[1]
    assert unit_of(finding(estimate(0.2), metric="group_spread[accuracy]").place) is Unit.INDEX
    assert explained(METHOD).startswith("A hierarchical logistic model")
