"""Every metric that a report can name has a formula, a source and a place to lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from facevalue.report import metrics
from facevalue.report.blocks import Formula, Link
from facevalue.report.figures import measure_link
from facevalue.report.formulas import FORMULAS, formula_of, measure_anchor

DOCS = Path(__file__).parents[3]


def test_every_metric_has_a_formula_and_no_formula_lacks_its_metric() -> None:
    assert set(FORMULAS) == set(metrics._METRICS)
    assert all(f.text.strip() and f.source.strip() for f in FORMULAS.values())


def test_no_two_metrics_share_a_place() -> None:
    assert len({measure_anchor(base) for base in FORMULAS}) == len(FORMULAS)


@pytest.mark.parametrize("tested", sorted({f.tested for f in FORMULAS.values() if f.tested}))
def test_pages_on_intervals_are_there_with_their_headings(tested: str) -> None:
    path, _, anchor = tested.partition("#")
    text = DOCS.joinpath(path).read_text("utf-8")
    headings = {
        "".join(c for c in line.lstrip("# ").lower() if c.isalnum() or c in " -").replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    assert not anchor or anchor in headings


def test_ratios_have_formulas_of_their_own_and_outside_metrics_none() -> None:
    ratio, impact = formula_of("ratio of accuracy"), formula_of("impact ratio of accuracy")
    assert ratio is not None
    assert ratio.text == "value of the group / value of the reference"
    assert impact is not None
    assert impact.text == "lowest value of any group / highest"
    assert formula_of("something new") is None


def test_indices_are_set_low_and_outside_words_escaped() -> None:
    assert Formula("θ_jk < 1").__html__() == "θ<sub>jk</sub> &lt; 1"


def test_a_figure_leads_to_what_its_metric_means() -> None:
    assert measure_link("ratio of recall[anger]") == Link(
        "What this measures: ratio of recall", "#measure-ratio-of-recall"
    )
