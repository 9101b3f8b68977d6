"""Small plots under stress: valid, told apart by shape, and in the right place."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from facevalue.report import ReportInput
from facevalue.report.blocks import Curves, Figure, Gallery, Panel, StepPoint
from facevalue.report.charts import _specification, picture, svg
from facevalue.report.model import Material
from facevalue.report.sections import page_of
from facevalue.report.sections.stress_curves import MAX_PANELS, curve_figures
from facevalue.report.sections.stress_view import StressView, views_of
from facevalue.report.stress_figures import MARKS, curves
from report_factory import HOSTILE
from stress_report_factory import conditions, stressed


def figures_of(report: ReportInput) -> list[Figure]:
    section = next(s for s in page_of(report).sections if s.anchor == "stress")
    return [f for b in section.blocks if isinstance(b, Gallery) for f in b.figures]


def chart(*points: StepPoint, is_scale: bool = True, names: tuple[str, ...] = ("a",)) -> Curves:
    lines = (points, *(() for _ in names[1:]))
    panel = Panel(title="Blurred", lines=lines, is_scale=is_scale)
    return Curves(title="A title", names=names, panels=(panel,), interval_words="95 % intervals")


def drawn(made: Curves) -> str:
    return svg(made, name="figure-1", says="what it shows")


def view(report: ReportInput) -> list[StressView]:
    return views_of(Material(report))


def test_specifications_follow_the_schema() -> None:
    import altair as alt

    for figure in figures_of(stressed()):
        alt.LayerChart.from_dict(_specification(figure.chart), validate=True)


def test_a_drawing_has_words_and_becomes_a_picture() -> None:
    (figure, *_) = figures_of(stressed())
    assert isinstance(figure.chart, Curves)
    made = svg(figure.chart, name="figure-7", says=figure.says)
    root = ET.fromstring(made)
    texts = ["".join(e.itertext()) for e in root]
    assert texts[:2] == [figure.chart.title, figure.says]
    assert "Blurred: fer 1: 90 % 2: 80 %" in figure.says
    assert made == svg(figure.chart, name="figure-7", says=figure.says)
    assert picture(made).startswith(b"\x89PNG")


def test_the_table_beside_it_holds_every_number_with_its_interval() -> None:
    (figure, *_) = figures_of(stressed())
    assert [c.text for c in figure.table.columns] == ["Change, severity", "fer", "mine"]
    assert figure.table.rows[2] == (
        "Blurred, 3",
        "70.0 % (67.0 to 73.0)",
        "85.0 % (82.0 to 88.0)",
    )
    assert len(figure.table.rows) == 8
    assert "1,800 answers behind each mark" in figure.note


def test_marks_stand_at_their_severity_and_share() -> None:
    # A plot is 190 pixels wide for −0.25 to 5.25, 118 high for 0 to 100 %, and begins at x = 34,
    # below a title, a name, a line on intervals and its own title: 18 · 3 + 10 + 30 = 94.
    made = drawn(chart(StepPoint(3, 50.0, 40.0, 60.0), is_scale=False))
    x, y = 34 + 190 * 3.25 / 5.5, 94 + 118 * 0.5
    places = [
        (float(m[1]), float(m[2])) for m in re.finditer(r"translate\(([\d.]+),([\d.]+)\)", made)
    ]
    assert any(abs(a - x) < 0.01 and abs(b - y) < 0.01 for a, b in places)


def test_a_scale_is_joined_from_all_unchanged_and_a_single_step_is_not() -> None:
    point = StepPoint(2, 50.0, 40.0, 60.0)
    joined, alone = (drawn(chart(point, is_scale=yes)) for yes in (True, False))
    assert joined.count("<line") == alone.count("<line") + 1


def test_an_interval_past_the_ends_stays_in_its_plot() -> None:
    made = drawn(chart(StepPoint(1, 99.0, 96.0, 102.0), is_scale=False))
    assert drawn(chart(StepPoint(1, 99.0, 96.0, 100.0), is_scale=False)) == made


def test_systems_differ_in_shape_colour_and_place() -> None:
    assert len({shape for shape, _ in MARKS}) == len({colour for _, colour in MARKS}) == len(MARKS)
    point = (StepPoint(3, 50.0, 40.0, 60.0),)
    made = Curves(
        title="t",
        names=("a", "b"),
        panels=(Panel(title="p", lines=(point, point), is_scale=False),),
        interval_words="i",
    )
    marks = re.findall(
        r'<path transform="translate\(([\d.]+),[\d.]+\)" d="([^"]+)" fill="([^"]+)"', drawn(made)
    )
    # The last two are those of the plot; others stand beside the names.
    (x, shape, colour), (x2, shape2, colour2) = marks[-2:]
    assert float(x2) - float(x) == pytest.approx(4.5)
    assert shape != shape2
    assert (colour, colour2) == (MARKS[0][1], MARKS[1][1])


def test_a_figure_holds_so_many_plots_and_no_more() -> None:
    one = next(c for c in conditions() if c.name == "mirror:5")
    many = tuple(
        replace(
            one, name=f"change-{i}:5", curve=f"change-{i}", title=f"Change {i}", heading="light"
        )
        for i in range(2 * MAX_PANELS + 1)
    )
    report = stressed(systems=("fer",), conditions=many, floor=None)
    unchanged = next(
        f
        for f in report.findings
        if f.place.metric == "unchanged" and f.place.condition == "mirror:5"
    )
    found = type(report.findings)(
        tuple(replace(unchanged, place=replace(unchanged.place, condition=c.name)) for c in many)
    )
    figures = curve_figures(view(replace(report, findings=found)))
    charts = [f.chart for f in figures]
    assert [len(c.panels) for c in charts if isinstance(c, Curves)] == [MAX_PANELS, MAX_PANELS, 1]
    assert len({f.slug for f in figures}) == 3


def test_more_systems_than_can_be_told_apart_are_counted_and_told_in_tables() -> None:
    names = tuple(f"system {i}" for i in range(len(MARKS) + 2))
    (figure, *_) = figures_of(stressed(systems=names))
    assert isinstance(figure.chart, Curves)
    assert figure.chart.names == names[: len(MARKS)]
    assert "The first 5 systems are drawn; 2 more are told below." in figure.note


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_draw_nothing_active(words: str) -> None:
    panel = Panel(title=words, lines=((StepPoint(1, 50.0, 40.0, 60.0),),))
    made = Curves(title=words, names=(words,), panels=(panel,), interval_words=words)
    root = ET.fromstring(svg(made, name="figure-1", says=words))
    tags = {e.tag.removeprefix("{http://www.w3.org/2000/svg}") for e in root.iter()}
    assert tags <= {"svg", "title", "desc", "g", "rect", "line", "path", "text", "tspan"}


def test_a_drawing_without_a_point_is_a_drawing() -> None:
    assert curves(chart()).to_dict(validate=False)
    assert "<svg" in drawn(chart())
