"""The reliability diagram: accuracy against confidence, and how many answers each bin holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facevalue.report.blocks import Bin, Reliability
from facevalue.report.charts import (
    BLUE,
    FAINT,
    GREY,
    INK,
    LINE,
    WIDTH,
    _finished,
    _layer,
    _lines,
    _words,
)

if TYPE_CHECKING:
    import altair as alt

__all__ = ["reliability"]

LEFT, SIDE, BARS, GAP = 44, 400, 60, 22
TICKS = (0, 20, 40, 60, 80, 100)


def reliability(chart: Reliability) -> alt.LayerChart:
    """Return the diagram; all places are pixels, as in the other charts."""
    titles = _lines(chart.title)
    legend = [chart.interval_words, "as often right as it is sure"]
    is_bare = any(b.low is None for b in chart.bins)
    legend += ["bin without an interval: too few subjects"] if is_bare else []
    top = LINE * (len(titles) + len(legend)) + 22
    bars = top + SIDE + GAP
    height = bars + BARS + 44
    titled = [{"y": 12 + LINE * i, "text": t} for i, t in enumerate(titles)]
    layers = [
        *_grid(top, bars, height),
        _words(titled, height, 0, fontWeight=600, fontSize=14),
        *_legend(legend, LINE * len(titles), height),
        *_points(chart.bins, top, height),
        *_counts(chart.bins, bars, height),
    ]
    return _finished(layers, height, top_axis=True)


def _x(percent: float) -> float:
    return LEFT + (WIDTH - LEFT - 8) * percent / 100.0


def _up(percent: float, top: int) -> float:
    return top + SIDE * (1.0 - percent / 100.0)


def _across(field: str = "x") -> Any:
    import altair as alt

    scale = alt.Scale(domain=[0, WIDTH], range=[0, WIDTH], nice=False, zero=False)
    return alt.X(f"{field}:Q", scale=scale, axis=None)


def _rules(rows: list[dict[str, float]], height: int, **mark: Any) -> Any:
    """Return straight lines from ``x``, ``y`` to ``x2``, ``y2``."""
    import altair as alt

    base, y = _layer(rows, height)
    return base.mark_rule(**mark).encode(x=_across(), x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"))


def _texts(rows: list[dict[str, Any]], height: int, **mark: Any) -> Any:
    import altair as alt

    base, y = _layer(rows, height)
    style = {"fontSize": 12, "color": GREY, "baseline": "middle"} | mark
    return base.mark_text(**style).encode(x=_across(), y=y, text=alt.Text("text:N"))


def _grid(top: int, bars: int, height: int) -> list[Any]:
    across = [{"x": _x(0), "x2": _x(100), "y": _up(t, top), "y2": _up(t, top)} for t in TICKS]
    along = [{"x": _x(t), "x2": _x(t), "y": _up(100, top), "y2": _up(0, top)} for t in TICKS]
    diagonal = [{"x": _x(0), "x2": _x(100), "y": _up(0, top), "y2": _up(100, top)}]
    foot = bars + BARS
    upright = [{"x": LEFT - 6, "y": _up(t, top), "text": str(t)} for t in TICKS]
    lying = [{"x": _x(t), "y": foot + 12, "text": str(t)} for t in TICKS]
    sides = [
        {"x": _x(3), "y": _up(96, top), "text": "right more often than it is sure"},
        {"x": _x(3), "y": _up(100, top) - 12, "text": "accuracy, % of answers in the bin"},
        {"x": _x(3), "y": bars - 10, "text": "answers in the bin"},
    ]
    return [
        _rules([*across, *along], height, color=FAINT),
        _rules([{"x": _x(0), "x2": _x(100), "y": foot, "y2": foot}], height, color=FAINT),
        _rules(diagonal, height, color=INK, strokeWidth=1.5, strokeDash=[5, 3]),
        _texts(upright, height, align="right"),
        _texts(lying, height, align="center"),
        _texts(sides, height, align="left"),
        _texts(
            [{"x": _x(97), "y": _up(4, top), "text": "surer than it is right"}], height,
            align="right",
        ),
        _texts(
            [{"x": _x(50), "y": foot + 32, "text": "confidence, mean of the bin, %"}], height,
            align="center",
        ),
    ]  # fmt: skip


def _legend(words: list[str], top: int, height: int) -> list[Any]:
    middles = [top + LINE * i + 9 for i in range(len(words))]
    said = [{"x": 26.0, "y": m, "text": w} for m, w in zip(middles, words, strict=True)]
    layers = [
        _texts(said, height, align="left"),
        _rules([{"x": 9, "x2": 9, "y": middles[0] - 8, "y2": middles[0] + 8}], height,
               color=BLUE, strokeWidth=2.5),
        _dots([{"x": 9, "y": middles[0]}], height, filled=True),
        _rules([{"x": 0, "x2": 18, "y": middles[1], "y2": middles[1]}], height,
               color=INK, strokeWidth=1.5, strokeDash=[5, 3]),
    ]  # fmt: skip
    if len(words) > 2:
        layers.append(_dots([{"x": 9, "y": middles[2]}], height, filled=False))
    return layers


def _dots(rows: list[dict[str, float]], height: int, *, filled: bool) -> Any:
    base, y = _layer(rows, height)
    fill = BLUE if filled else "#ffffff"
    mark = base.mark_point(size=64, fill=fill, stroke=BLUE, strokeWidth=2, opacity=1)
    return mark.encode(x=_across(), y=y)


def _points(bins: tuple[Bin, ...], top: int, height: int) -> list[Any]:
    held = [
        {
            "x": _x(b.confidence),
            "x2": _x(b.confidence),
            "y": _up(b.low, top),
            "y2": _up(b.high, top),
        }
        for b in bins
        if b.low is not None and b.high is not None
    ]
    places = {
        filled: [
            {"x": _x(b.confidence), "y": _up(b.accuracy, top)}
            for b in bins
            if (b.low is not None) is filled
        ]
        for filled in (True, False)
    }
    layers = [_rules(held, height, color=BLUE, strokeWidth=2.5)] if held else []
    return [
        *layers,
        *(_dots(rows, height, filled=filled) for filled, rows in places.items() if rows),
    ]


def _counts(bins: tuple[Bin, ...], top: int, height: int) -> list[Any]:
    """Bars of the number of answers, each with its number."""
    import altair as alt

    most = max((b.n_answers for b in bins), default=1)
    foot, room = top + BARS, BARS - 14
    rows = [
        {"x": _x(b.confidence) - 10, "x2": _x(b.confidence) + 10, "y2": foot,
         "y": foot - max(room * b.n_answers / most, 1.0)}
        for b in bins
    ]  # fmt: skip
    base, y = _layer(rows, height)
    drawn = base.mark_rect(color=GREY, opacity=0.45).encode(
        x=_across(), x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q")
    )
    numbers = [
        {"x": row["x"] + 10, "y": row["y"] - 7, "text": _short(b.n_answers)}
        for row, b in zip(rows, bins, strict=True)
    ]
    return [drawn, _texts(numbers, height, align="center", fontSize=10, color=INK)]


def _short(n: int) -> str:
    """Return a count in at most four characters.

    Examples
    --------
    >>> [_short(n) for n in (950, 1_249, 36_000, 2_300_000)]
    ['950', '1.2k', '36k', '2.3M']
    """
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if n >= size:
            scaled = n / size
            return f"{scaled:.1f}{letter}" if scaled < 9.95 else f"{scaled:.0f}{letter}"
    return str(n)
