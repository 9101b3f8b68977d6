"""The ROC figure: those sought who are flagged against those not sought who are, by threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facevalue.report.blocks import Roc
from facevalue.report.charts import (
    BLUE,
    FAINT,
    GREY,
    INK,
    LINE,
    VERMILLION,
    _finished,
    _layer,
    _lines,
    _words,
)
from facevalue.report.reliability_figure import SIDE, TICKS, _across, _rules, _texts, _up, _x

if TYPE_CHECKING:
    import altair as alt

__all__ = ["roc"]

CLAIM, STAFF = "triangle-up", "square"


def roc(chart: Roc) -> alt.LayerChart:
    """Return the figure; all places are pixels, as in the other charts."""
    titles = _lines(chart.title)
    legend = _legend_rows(chart)
    top = LINE * (len(titles) + len(legend)) + 22
    height = top + SIDE + 44
    titled = [{"y": 12 + LINE * i, "text": t} for i, t in enumerate(titles)]
    layers = [
        *_grid(top, height),
        _words(titled, height, 0, fontWeight=600, fontSize=14),
        *_legend(legend, LINE * len(titles), height),
        *_curve(chart, top, height),
    ]
    return _finished(layers, height, top_axis=True)


def _grid(top: int, height: int) -> list[Any]:
    across = [{"x": _x(0), "x2": _x(100), "y": _up(t, top), "y2": _up(t, top)} for t in TICKS]
    along = [{"x": _x(t), "x2": _x(t), "y": _up(100, top), "y2": _up(0, top)} for t in TICKS]
    guess = [{"x": _x(0), "x2": _x(100), "y": _up(0, top), "y2": _up(100, top)}]
    foot = top + SIDE
    upright = [{"x": _x(0) - 6, "y": _up(t, top), "text": str(t)} for t in TICKS]
    lying = [{"x": _x(t), "y": foot + 12, "text": str(t)} for t in TICKS]
    said = [{"x": _x(3), "y": _up(100, top) - 12, "text": "flagged of those sought, %"}]
    below = [{"x": _x(50), "y": foot + 32, "text": "flagged of those not sought, %"}]
    return [
        _rules([*across, *along], height, color=FAINT),
        _rules(guess, height, color=GREY, strokeWidth=1, strokeDash=[5, 3]),
        _texts(upright, height, align="right"),
        _texts(lying, height, align="center"),
        _texts(said, height, align="left"),
        _texts(below, height, align="center"),
    ]


_Row = tuple[str, str, str]


def _legend_rows(chart: Roc) -> list[_Row]:
    rows = [("line", BLUE, "by threshold; the dot is the one in use, with its 95 % intervals")]
    if len(chart.points) == 1:
        rows = [("circle", BLUE, "as measured, with its 95 % intervals")]
    rows += [(CLAIM, VERMILLION, chart.claim_words)] if chart.claim is not None else []
    rows += [(STAFF, INK, chart.staff_words)] if chart.staff is not None else []
    return [*rows, ("dash", GREY, "flags at random")]


def _legend(rows: list[_Row], top: int, height: int) -> list[Any]:
    layers: list[Any] = []
    for i, (shape, colour, words) in enumerate(rows):
        middle = top + LINE * i + 9
        layers.append(_texts([{"x": 26.0, "y": middle, "text": words}], height, align="left"))
        if shape in ("line", "dash"):
            dash = [5, 3] if shape == "dash" else [1, 0]
            line = [{"x": 0.0, "x2": 18.0, "y": float(middle), "y2": float(middle)}]
            layers.append(_rules(line, height, color=colour, strokeWidth=2, strokeDash=dash))
        else:
            layers.append(_mark([{"x": 9.0, "y": middle}], height, shape, colour))
    return layers


def _mark(rows: list[dict[str, float]], height: int, shape: str, colour: str) -> Any:
    base, y = _layer(rows, height)
    mark = base.mark_point(size=80, shape=shape, fill=colour, stroke="#ffffff", opacity=1)
    return mark.encode(x=_across(), y=y)


def _curve(chart: Roc, top: int, height: int) -> list[Any]:
    def place(point: tuple[float, float]) -> dict[str, float]:
        return {"x": _x(point[0]), "y": _up(point[1], top)}

    layers: list[Any] = []
    steps = list(zip(chart.points, chart.points[1:], strict=False))
    if steps:
        joined = [
            {"x": _x(a[0]), "y": _up(a[1], top), "x2": _x(b[0]), "y2": _up(b[1], top)}
            for a, b in steps
        ]
        layers.append(_rules(joined, height, color=BLUE, strokeWidth=2))
    x, y = chart.points[chart.at]
    (left, right), (low, high) = chart.across, chart.up
    held = [
        {"x": _x(left), "x2": _x(right), "y": _up(y, top), "y2": _up(y, top)},
        {"x": _x(x), "x2": _x(x), "y": _up(low, top), "y2": _up(high, top)},
    ]
    layers += [
        _rules(held, height, color=BLUE, strokeWidth=2.5),
        _mark([place((x, y))], height, "circle", BLUE),
    ]
    if chart.claim is not None:
        layers.append(_mark([place(chart.claim)], height, CLAIM, VERMILLION))
    if chart.staff is not None:
        layers.append(_mark([place(chart.staff)], height, STAFF, INK))
    return layers
