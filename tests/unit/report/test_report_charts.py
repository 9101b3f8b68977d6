"""Drawings: valid, inert, and in the right place."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from facevalue.report import ReportInput
from facevalue.report.blocks import Dots, Figure, Gallery, Heat, HeatCell
from facevalue.report.charts import _shade, _specification, picture, svg
from facevalue.report.figures import Entry, Wanted, dot_figure
from facevalue.report.sections import page_of
from report_factory import HOSTILE, estimate, finding, hostile, not_estimable, realistic

WANTED = Wanted(name=("x",), title="A title", first="Group", noun="subject", level=0.95)


def figures_of(report: ReportInput) -> list[Figure]:
    return [
        figure
        for section in page_of(report).sections
        for block in section.blocks
        if isinstance(block, Gallery)
        for figure in block.figures
    ]


@pytest.mark.parametrize("report", [realistic(), hostile()], ids=["realistic", "hostile"])
def test_specifications_follow_the_schema(report: ReportInput) -> None:
    import altair as alt

    for figure in figures_of(report):
        alt.LayerChart.from_dict(_specification(figure.chart), validate=True)


def test_hostile_drawings_hold_no_active_element_and_parse() -> None:
    for figure in figures_of(hostile()):
        root = ET.fromstring(svg(figure.chart, name="figure-1", says=figure.says))
        tags = {e.tag.removeprefix("{http://www.w3.org/2000/svg}") for e in root.iter()}
        assert tags <= {"svg", "title", "desc", "g", "rect", "line", "path", "text", "tspan"}
        assert not any("href" in k or k.startswith("on") for e in root.iter() for k in e.attrib)


def test_a_drawing_has_words_and_scales() -> None:
    figure = dot_figure([Entry("female", finding(estimate(0.5)))], WANTED)
    root = ET.fromstring(svg(figure.chart, name="figure-7", says=figure.says))
    assert root.attrib["viewBox"] == f"0 0 {root.attrib['width']} {root.attrib['height']}"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "figure-7-title figure-7-desc"
    texts = ["".join(e.itertext()) for e in root]
    assert texts[:2] == ["A title", "female (91 subjects): 50.0 % (48.0 to 52.0)"]


def test_drawings_are_the_same_each_time_and_become_pictures() -> None:
    figure = dot_figure([Entry("female", finding(estimate(0.5)))], WANTED)
    first, second = (svg(figure.chart, name="a", says="b") for _ in range(2))
    assert first == second
    assert picture(first).startswith(b"\x89PNG")
    assert not re.search(r"\d\.\d{3}", first.replace(figure.says, ""))


def test_dots_stand_where_their_values_are() -> None:
    # The axis is 460 pixels for 0 to 100 %: 50 % is at 230, 25 % at 115.
    figure = dot_figure([Entry("g", finding(estimate(0.5, 0.25)))], WANTED)
    drawn = svg(figure.chart, name="a", says="b")
    assert 'transform="translate(230,' in drawn
    assert re.search(r'translate\(115,\d+\)" x2="230"', drawn), "from 25 % over 50 points"


def test_a_group_without_a_number_has_words_and_no_dot() -> None:
    figure = dot_figure([Entry("g", finding(not_estimable()))], WANTED)
    assert isinstance(figure.chart, Dots)
    (row,) = figure.chart.rows
    assert (row.text, row.value, row.low) == ("not estimable", None, None)
    assert "not estimable" in svg(figure.chart, name="a", says="b")


def test_intervals_past_the_ends_stop_at_the_frame() -> None:
    figure = dot_figure([Entry("g", finding(estimate(0.99, 0.03)))], WANTED)
    assert isinstance(figure.chart, Dots)
    assert figure.chart.rows[0].high == 100.0
    assert figure.chart.rows[0].text == "99.0 % (96.0 to 102.0)"


def test_shares_run_from_0_to_100_and_a_close_view_spans_20_points_and_says_so() -> None:
    entries = [Entry("g", finding(estimate(0.5, 0.01)))]
    whole = dot_figure(entries, WANTED).chart
    close = dot_figure(entries, replace(WANTED, is_close=True)).chart
    at_the_end = dot_figure(
        [Entry("g", finding(estimate(0.995, 0.005)))], replace(WANTED, is_close=True)
    ).chart
    assert isinstance(whole, Dots)
    assert isinstance(close, Dots)
    assert isinstance(at_the_end, Dots)
    assert (whole.domain, whole.axis) == ((0.0, 100.0), "% of answers")
    assert (close.domain, close.axis) == ((40.0, 60.0), "% of answers; from 40 to 60 % only")
    assert at_the_end.domain == (80.0, 100.0)


def test_differences_have_zero_in_the_middle_and_gaps_start_at_zero() -> None:
    difference = finding(estimate(0.03, 0.01), reference="rest", group="g")
    gap = finding(estimate(0.03, 0.01), reference="largest gap")
    first, second = (dot_figure([Entry("g", f)], WANTED).chart for f in (difference, gap))
    assert isinstance(first, Dots)
    assert isinstance(second, Dots)
    assert first.domain == (-4.0, 4.0)
    assert second.domain == (0.0, 4.0)


def test_the_claimed_side_reaches_from_the_bound_to_the_end() -> None:
    entries = [Entry("g", finding(estimate(0.5)))]
    above = dot_figure(entries, replace(WANTED, bound=0.95, bound_words="claimed")).chart
    below = dot_figure(entries, replace(WANTED, bound=0.95, holds_above=False)).chart
    assert isinstance(above, Dots)
    assert isinstance(below, Dots)
    assert (above.side, above.line) == ((95.0, 100.0), 95.0)
    assert below.side == (0.0, 95.0)


def test_cells_without_a_number_are_grey_and_long_labels_are_cut() -> None:
    heat = Heat(
        title="t",
        across="predicted",
        down="annotated as",
        columns=(HOSTILE[0], "b"),
        rows=(("a" * 40, (HeatCell(None, "–"), HeatCell(1.0, "100.0"))),),
    )
    drawn = svg(heat, name="a", says="b")
    assert "#eef0f3" in drawn
    assert "#005c94" in drawn
    assert f">{'a' * 13}…<" in drawn


def test_long_labels_of_rows_are_wrapped_and_not_cut() -> None:
    label = "answers changed beyond the smallest change, " + "under a change of many words " * 4
    figure = dot_figure([Entry(label.strip(), finding(estimate(0.5)))], WANTED)
    made = svg(figure.chart, name="a", says="b")
    assert "…" not in made
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", made)
    told = [w for t in texts for w in t.split()]
    assert " ".join(label.split()) in " ".join(told)


def test_names_of_labels_in_a_heat_map_are_wrapped_and_not_cut() -> None:
    heat = Heat(
        title="t", across="a", down="d", columns=("disappointment",),
        rows=(("disappointment and sorrow", (HeatCell(0.6, "60.0"),)),),
    )  # fmt: skip
    made = svg(heat, name="a", says="b")
    assert "…" not in made
    assert made.count("disappointment") == 2
    assert ">and sorrow<" in made


def test_numbers_of_a_heat_map_are_seen_on_every_shade() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for share in (0.0, 0.5, 0.56, 0.7, 0.8, 0.81, 1.0):
        one = HeatCell(share, "x")
        made = svg(
            Heat(title="t", across="a", down="d", columns=("c",), rows=(("r", (one,)),)),
            name="a", says="b",
        )  # fmt: skip
        ink = re.search(r'fill="(#[0-9a-f]{6})"[^>]*>x<', made)
        assert ink is not None
        light, dark = sorted((luminance(ink[1]), luminance(_shade(share))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
