"""The figure of `facevalue power`: what is needed, or can be seen, by items a person."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facevalue.atomic import write_bytes, write_text
from facevalue.report.charts import (
    BLUE,
    FAINT,
    GREY,
    INK,
    SKY,
    VERMILLION,
    WIDTH,
    _from,
    picture,
    rendered,
)
from facevalue.report.wording import shorten

__all__ = ["Curve", "curve_svg", "write_curve"]

HEIGHT, LEFT, LINE, SMALL = 260, 70, 18, 15
BAND = "Diamond: as asked. Band: the chance of the simulation (95 %)."
STEPS = tuple(m * 10**k for k in range(7) for m in (1, 2, 5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What is drawn.

    Parameters
    ----------
    title, subtitle, says
        Title, what it rests on, and what the figure shows for those who cannot see it.
    across, up
        What the axes are, with their units.
    points
        Place across, value, and the ends of its range, in the units of the axes.
    asked
        Place across that was asked for.
    floor, floor_words
        A value that is never passed, and what it is.
    is_log
        Whether values are on a logarithmic axis.
    """

    title: str
    subtitle: str
    says: str
    across: str
    up: str
    points: tuple[tuple[float, float, float, float], ...]
    asked: float
    floor: float | None
    floor_words: str
    is_log: bool


def write_curve(path: Path, curve: Curve) -> None:
    """Write the figure as SVG, or as PNG if ``path`` ends so."""
    drawing = curve_svg(curve)
    if path.suffix.lower() == ".png":
        write_bytes(path, picture(drawing))
    else:
        write_text(path, drawing + "\n")


def curve_svg(curve: Curve) -> str:
    """Return the figure as SVG with title and description."""
    return rendered(_specification(curve), name="power", title=curve.title, says=curve.says)


def _specification(curve: Curve) -> dict[str, Any]:
    import altair as alt

    lines = textwrap.wrap(shorten(curve.title, 165), 56)
    small = [*textwrap.wrap(curve.subtitle, 74), BAND]
    head = LINE * len(lines) + SMALL * len(small) + 26
    chart = alt.LayerChart(
        layer=_layers(curve),
        title=alt.TitleParams(
            lines, anchor="start", frame="bounds", fontSize=14, fontWeight=600, color=INK,
            lineHeight=LINE, offset=12, subtitle=small, subtitleFontSize=12, subtitleColor=GREY,
            subtitleLineHeight=SMALL, subtitlePadding=6,
        ),
        width=WIDTH - LEFT,
        height=HEIGHT,
        autosize=alt.AutoSizeParams(type="none"),
        padding={"left": LEFT, "right": 24, "top": head, "bottom": 52},
        background="#ffffff",
        config=alt.Config(font="sans-serif", view=alt.ViewConfig(stroke=None)),
    )  # fmt: skip
    specification: dict[str, Any] = chart.to_dict(validate=False)
    return specification


def _layers(curve: Curve) -> list[Any]:
    import altair as alt

    rows = [
        {"x": x, "y": y, "low": low, "high": high, "is_asked": x == curve.asked}
        for x, y, low, high in curve.points
    ]
    data: Any = alt.Data  # without types in Altair
    base = alt.Chart(data(values=rows)).encode(
        x=alt.X("x:Q", **_channel(curve.across, [p[0] for p in curve.points], is_log=True))
    )
    values = [v for p in curve.points for v in p[1:]] + [curve.floor or curve.points[0][1]]
    up = _channel(curve.up, values, is_log=curve.is_log)
    y = alt.Y("y:Q", **up)
    dots: dict[str, Any] = {"filled": True, "opacity": 1}
    layers: list[Any] = [
        base.mark_area(color=SKY, opacity=0.4).encode(y=alt.Y("low:Q", **up), y2="high:Q"),
        base.mark_line(color=BLUE, strokeWidth=2).encode(y=y),
        base.transform_filter("!datum.is_asked")
        .mark_point(size=45, color=BLUE, **dots)
        .encode(y=y),
        base.transform_filter("datum.is_asked")
        .mark_point(size=110, color=VERMILLION, shape="diamond", **dots)
        .encode(y=y),
    ]
    if curve.floor is not None:
        falls = curve.points[0][1] > curve.floor
        ground = alt.Chart(data(values=[{"y": curve.floor, "text": curve.floor_words}]))
        layers.append(ground.mark_rule(color=INK, strokeDash=[5, 3], strokeWidth=1.5).encode(y=y))
        layers.append(
            ground.mark_text(
                align="left", dx=6, dy=-7 if falls else 15, color=INK, fontSize=12
            ).encode(x=_from(0), y=y, text="text:N")
        )
    return layers


def _channel(title: str, values: list[float], *, is_log: bool) -> dict[str, Any]:
    """Return scale and axis for ``values``; logarithmic ones in steps of 1, 2 and 5."""
    import altair as alt

    scale = alt.Scale(zero=False, nice=True)
    ticks: Any = alt.Undefined
    if is_log:
        below = [s for s in STEPS if s <= min(values)] or STEPS[:1]
        above = [s for s in STEPS if s >= max(values)] or STEPS[-1:]
        scale = alt.Scale(type="log", nice=False, domain=[below[-1], above[0]])
        ticks = [s for s in STEPS if below[-1] <= s <= above[0]]
    axis = alt.Axis(
        title=title, values=ticks, format=",~f", grid=True, gridColor=FAINT, domain=False,
        ticks=False, labelFontSize=12, labelColor=GREY, labelPadding=6, labelFlush=False,
        titleFontSize=12, titleFontWeight="normal", titleColor=GREY, titlePadding=8,
    )  # fmt: skip
    return {"scale": scale, "axis": axis}
