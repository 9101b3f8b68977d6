"""Small plots of how often answers stay what they were, against how far media are changed.

All plots of a figure have the same axes, so that they can be held against each other. Systems
differ in colour, in the shape of their marks and in where these stand beside the tick.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from facevalue.report.blocks import Curves, Panel, StepPoint
from facevalue.report.charts import (
    BLUE,
    FAINT,
    INK,
    LINE,
    VERMILLION,
    _finished,
    _layer,
    _lines,
    _words,
)
from facevalue.report.reliability_figure import _across, _rules, _texts
from facevalue.report.wording import shorten

if TYPE_CHECKING:
    import altair as alt

__all__ = ["MARKS", "curves"]

GREEN, PURPLE = "#009E73", "#AA4499"  # the second is of Tol (2021): it is seen better on white
MARKS = (
    ("circle", BLUE),
    ("square", VERMILLION),
    ("triangle-up", GREEN),
    ("diamond", PURPLE),
    ("cross", INK),
)
"""Shape and colour of each line: as many as can be told apart."""

COLUMNS = 2
LEFT, WIDE, APART = 34, 190, 42
"""Room for the numbers of the axis, width of a plot, and where the next one begins."""
HIGH, HEAD, FOOT = 118, 30, 46
SEVERITIES = (0, 1, 2, 3, 4, 5)
TICKS = (0, 50, 100)
MARK = 42
BESIDE = 4.5
"""Pixels between the marks of two systems at one severity."""

_Rows = list[dict[str, float]]


def curves(chart: Curves) -> alt.LayerChart:
    """Return the figure; all places are pixels, as in the other charts."""
    titles = _lines(chart.title)
    top = LINE * (len(titles) + len(chart.names) + 1) + 10
    n_rows = -(-len(chart.panels) // COLUMNS)
    height = top + n_rows * (HEAD + HIGH + FOOT)
    titled = [{"y": 12 + LINE * i, "text": t} for i, t in enumerate(titles)]
    placed = [
        (panel, _left(i), top + (i // COLUMNS) * (HEAD + HIGH + FOOT) + HEAD)
        for i, panel in enumerate(chart.panels)
    ]
    layers = [
        _words(titled, height, 0, fontWeight=600, fontSize=14),
        *_legend(chart, LINE * len(titles), height),
        *_ground(placed, height),
        *_drawn(chart, placed, height),
    ]
    return _finished(layers, height, top_axis=True)


def _left(i: int) -> int:
    return LEFT + (i % COLUMNS) * (WIDE + APART)


def _x(severity: float, left: float) -> float:
    return left + WIDE * (severity + 0.25) / (SEVERITIES[-1] + 0.5)


def _up(percent: float, top: float) -> float:
    return top + HIGH * (1.0 - min(max(percent, 0.0), 100.0) / 100.0)


def _legend(chart: Curves, top: int, height: int) -> list[Any]:
    layers: list[Any] = []
    for i, name in enumerate(chart.names):
        middle = top + LINE * i + 9.0
        colour = MARKS[i][1]
        line = [{"x": 0.0, "x2": 18.0, "y": middle, "y2": middle}]
        layers += [
            _rules(line, height, color=colour, strokeWidth=1.5),
            _marks([{"x": 9.0, "y": middle}], height, i),
            _texts([{"x": 26.0, "y": middle, "text": shorten(name, 60)}], height, align="left"),
        ]
    words = shorten(f"upright lines: {chart.interval_words}", 66)
    foot = {"x": 0.0, "y": top + LINE * len(chart.names) + 9.0, "text": words}
    return [*layers, _texts([foot], height, align="left")]


def _ground(placed: list[tuple[Panel, int, int]], height: int) -> list[Any]:
    """Return grids, numbers and words of all plots."""
    grid = [
        {"x": _x(-0.25, left), "x2": _x(5.25, left), "y": _up(t, top), "y2": _up(t, top)}
        for _, left, top in placed
        for t in TICKS
    ]
    upright = [
        {"x": left - 5.0, "y": _up(t, top), "text": str(t)}
        for _, left, top in placed
        for t in TICKS
    ]
    lying = [
        {"x": _x(s, left), "y": top + HIGH + 12.0, "text": str(s)}
        for _, left, top in placed
        for s in SEVERITIES
    ]
    below = [
        {"x": _x(2.5, left), "y": top + HIGH + 28.0, "text": "severity"} for _, left, top in placed
    ]
    titled = [
        {"x": left - 26.0, "y": top - 18.0, "text": shorten(panel.title, 30)}
        for panel, left, top in placed
    ]
    return [
        _rules(grid, height, color=FAINT),
        _texts(upright, height, align="right", fontSize=11),
        _texts(lying, height, align="center", fontSize=11),
        _texts(below, height, align="center", fontSize=11),
        _texts(titled, height, align="left", color=INK, fontWeight=600, fontSize=12),
    ]


def _drawn(chart: Curves, placed: list[tuple[Panel, int, int]], height: int) -> list[Any]:
    layers: list[Any] = []
    for i in range(len(chart.names)):
        shift = BESIDE * (i - (len(chart.names) - 1) / 2)
        joined: _Rows = []
        held: _Rows = []
        points: _Rows = []
        for panel, left, top in placed:
            at = [(_x(p.severity, left) + shift, p) for p in panel.lines[i]]
            points += [{"x": x, "y": _up(p.value, top)} for x, p in at]
            held += [{"x": x, "x2": x, "y": _up(p.low, top), "y2": _up(p.high, top)} for x, p in at]
            if panel.is_scale:
                joined += _joined([(_x(0, left), StepPoint(0, 100.0, 100.0, 100.0)), *at], top)
        colour = MARKS[i][1]
        if joined:
            layers.append(_rules(joined, height, color=colour, strokeWidth=1.2))
        if points:
            layers.append(_rules(held, height, color=colour, strokeWidth=1.5))
            layers.append(_marks(points, height, i))
    return layers


def _joined(at: list[tuple[float, StepPoint]], top: int) -> _Rows:
    steps = pairwise(at)
    return [
        {"x": x, "y": _up(p.value, top), "x2": x2, "y2": _up(q.value, top)}
        for (x, p), (x2, q) in steps
    ]


def _marks(rows: _Rows, height: int, i: int) -> Any:
    shape, colour = MARKS[i]
    base, y = _layer(rows, height)
    mark = base.mark_point(size=MARK, shape=shape, filled=True, color=colour, opacity=1)
    return mark.encode(x=_across(), y=y)
