"""SVG from data, no state. Vega-Altair draws, vl-convert renders, without network.

Everything is placed in pixels of our own choosing, so that a drawing does not depend on
the fonts of the machine it is made on. Colours are those of Okabe and Ito (2008), and
nothing is told by colour alone.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from typing import TYPE_CHECKING, Any

from facevalue.report.blocks import Curves, Dot, Dots, Heat, Reliability, Roc
from facevalue.report.wording import clean, shorten

if TYPE_CHECKING:
    import altair as alt

__all__ = ["picture", "rendered", "svg"]

WIDTH = 460
MARGIN = 10
ROW = 44
LINE = 18
FULL = 66
"""Characters that fit a line."""
AXIS = 44
DARK = 0.8
"""Share from which white words on a cell of a heat map are seen better than black ones."""

INK, GREY, FAINT = "#1b2430", "#55606e", "#dfe4ea"
BLUE, ORANGE, VERMILLION, SKY = "#0072B2", "#E69F00", "#D55E00", "#56B4E9"

HOLLOW: dict[str, Any] = {
    "shape": "circle", "size": 45, "fill": "#ffffff", "stroke": BLUE, "strokeWidth": 1.5,
    "opacity": 1,
}  # fmt: skip

_SVG = "http://www.w3.org/2000/svg"
_DRAWN = {"svg", "g", "path", "line", "rect", "text", "tspan"}
_KEPT = {
    "width", "height", "viewBox", "transform", "d", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy",
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap",
    "stroke-opacity", "opacity", "text-anchor", "font-size", "font-weight", "font-style",
}  # fmt: skip


def svg(chart: Dots | Heat | Reliability | Roc | Curves, *, name: str, says: str) -> str:
    """Return a chart as SVG with viewBox, title and description, safe to place in a page.

    Parameters
    ----------
    name
        Prefix of the ids in the drawing; unique in the page.
    says
        What the chart shows, for those who cannot see it.
    """
    return rendered(_specification(chart), name=name, title=chart.title, says=says)


def rendered(specification: dict[str, Any], *, name: str, title: str, says: str) -> str:
    """Return a Vega-Lite specification as `svg` does a chart."""
    import vl_convert

    raw = vl_convert.vegalite_to_svg(specification, vl_version=_vl_version(), allowed_base_urls=[])
    return _tidy(raw, name=name, title=title, says=says)


def picture(drawing: str) -> bytes:
    """Return an SVG as PNG, two pixels for one."""
    import vl_convert

    png: bytes = vl_convert.svg_to_png(drawing, scale=2)
    return png


def _specification(chart: Dots | Heat | Reliability | Roc | Curves) -> dict[str, Any]:
    """Return a chart in Vega-Lite.

    Altair's check against the schema at every step takes longer than all the drawing; the
    finished specifications are checked in the tests.
    """
    from altair.utils.schemapi import debug_mode

    with debug_mode(False):
        specification: dict[str, Any] = _drawn(chart).to_dict(validate=False)
    return specification


def _drawn(chart: Dots | Heat | Reliability | Roc | Curves) -> alt.LayerChart:
    if isinstance(chart, Reliability):
        from facevalue.report.reliability_figure import reliability  # it draws with parts of ours

        return reliability(chart)
    if isinstance(chart, Roc):
        from facevalue.report.roc_figure import roc  # as above

        return roc(chart)
    if isinstance(chart, Curves):
        from facevalue.report.stress_figures import curves  # as above

        return curves(chart)
    return _dots(chart) if isinstance(chart, Dots) else _heat(chart)


@cache
def _vl_version() -> str:
    """Return the Vega-Lite version that the installed Altair writes."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


def _tidy(raw: str, *, name: str, title: str, says: str) -> str:
    """Keep what is drawn, drop the rest, and give the drawing its words.

    Only a list of elements and attributes passes: no link, style, script or image could.
    """
    root = ET.fromstring(raw)  # noqa: S314  # our own renderer's output, no outside document
    tree = _kept(root) or ET.Element("svg")
    width, height = root.get("width", "0"), root.get("height", "0")
    tree.attrib.update(
        {
            "xmlns": _SVG,
            "role": "img",
            "viewBox": f"0 0 {width} {height}",
            "aria-labelledby": f"{name}-title {name}-desc",
            "font-family": "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif",
        }
    )
    for tag, text in (("desc", says), ("title", title)):
        element = ET.Element(tag, {"id": f"{name}-{tag}"})
        element.text = clean(text)
        tree.insert(0, element)
    return ET.tostring(tree, encoding="unicode", short_empty_elements=True)


def _kept(element: ET.Element) -> ET.Element | None:
    tag = element.tag.removeprefix(f"{{{_SVG}}}")
    is_empty_path = tag == "path" and element.get("d", "") in ("", "M0,0h0v0h0Z")
    if tag not in _DRAWN or is_empty_path or element.get("display") == "none":
        return None
    plain = {k: _rounded(v) for k, v in element.attrib.items() if k in _KEPT and "url(" not in v}
    if plain.get("opacity") == "1":
        del plain["opacity"]
    copy = ET.Element(tag, plain)
    copy.text = element.text
    copy.extend(child for child in map(_kept, element) if child is not None)
    if tag == "g" and len(copy) == 0:
        return None
    if tag == "g" and len(copy) == 1 and not _moves(plain):
        return copy[0]
    return copy


def _rounded(numbers: str) -> str:
    """Cut coordinates to a hundredth of a pixel."""
    return re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}", numbers)


def _moves(attributes: dict[str, str]) -> bool:
    return not re.fullmatch(r"(translate\(0,0\))?", attributes.get("transform", "")) or bool(
        attributes.keys() - {"transform", "stroke-miterlimit", "fill"}
    )


def _from(pixel: float) -> Any:
    """Return a fixed horizontal place; Altair gives these two classes no types."""
    import altair as alt

    untyped: Any = alt.XValue
    return untyped(pixel)


def _to(pixel: float) -> Any:
    """Return a fixed horizontal end."""
    import altair as alt

    untyped: Any = alt.X2Value
    return untyped(pixel)


def _layer(rows: list[dict[str, Any]], height: int) -> tuple[Any, Any]:
    """Return a chart over ``rows`` and its vertical channel, in pixels from the top."""
    import altair as alt

    pixels = alt.Scale(domain=[0, height], range=[0, height], nice=False, zero=False)
    data: Any = alt.Data  # without types in Altair
    return alt.Chart(data(values=rows)), alt.Y("y:Q", scale=pixels, axis=None)


def _words(rows: list[dict[str, Any]], height: int, x: int, **mark: Any) -> alt.Chart:
    """Return text at a fixed horizontal place: rows hold ``y`` and ``text``."""
    import altair as alt

    base, y = _layer(rows, height)
    style = {"align": "left", "baseline": "alphabetic", "fontSize": 13, "color": INK} | mark
    made: alt.Chart = base.mark_text(**style).encode(x=_from(x), y=y, text=alt.Text("text:N"))
    return made


def _finished(layers: list[Any], height: int, top_axis: bool = False) -> alt.LayerChart:
    import altair as alt

    foot = MARGIN if top_axis else AXIS
    # Built in one step: each method of a chart would copy all its layers.
    return alt.LayerChart(
        layer=layers,
        width=WIDTH,
        height=height,
        autosize=alt.AutoSizeParams(type="none"),
        padding={"left": MARGIN, "right": MARGIN, "top": MARGIN, "bottom": foot},
        background="#ffffff",
        config=alt.Config(font="sans-serif", view=alt.ViewConfig(stroke=None)),
    )


def _lines(text: str, width: int = 50) -> list[str]:
    import textwrap

    return textwrap.wrap(shorten(text, 3 * width), width) or [""]


def _legend(chart: Dots) -> list[tuple[str, str]]:
    entries = [
        ("dot", chart.dot_words),
        ("diamond", chart.diamond_words),
        ("hollow", chart.hollow_words),
        ("thin", chart.thin_words),
        ("line", chart.line_words),
        ("side", chart.side_words),
    ]
    return [(kind, words) for kind, words in entries if words]


def _dots(chart: Dots) -> alt.LayerChart:
    """Return a dot plot: a label and a number above each dot, its interval through it."""
    titles, legend = _lines(chart.title), _legend(chart)
    head = LINE * len(titles) + LINE * len(legend) + 8
    height = head + _pitch(chart) * max(len(chart.rows), 1)
    titled = [{"y": 12 + LINE * i, "text": t} for i, t in enumerate(titles)]
    layers = [
        *_ground(chart, head, height),
        _words(titled, height, 0, fontWeight=600, fontSize=14),
        *_legend_layers(legend, LINE * len(titles), height),
        *_row_layers(chart, head, height),
    ]
    return _finished(layers, height)


def _across(chart: Dots, field: str = "x") -> Any:
    import altair as alt

    axis = alt.Axis(
        values=list(chart.ticks), format=".6~f", grid=False, domain=False, ticks=False,
        labelPadding=6, labelFontSize=12, labelColor=GREY, labelFlush=True, labelOverlap=False,
        title=shorten(chart.axis, 64), titleFontSize=12, titleFontWeight="normal",
        titleColor=GREY, titlePadding=6,
    )  # fmt: skip
    scale = alt.Scale(domain=list(chart.domain), range=[0, WIDTH], nice=False, zero=False)
    return alt.X(f"{field}:Q", scale=scale, axis=axis)


def _ground(chart: Dots, head: int, height: int) -> list[Any]:
    """Return the claimed side, the grid and the line of comparison."""
    import altair as alt

    layers: list[Any] = []
    if chart.side is not None:
        low, high = chart.side
        base, y = _layer([{"x": low, "x2": high, "y": head, "y2": height}], height)
        layers.append(
            base.mark_rect(color=SKY, opacity=0.22).encode(
                x=_across(chart), x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q")
            )
        )
    grid = [{"x": t, "y": head, "y2": height} for t in chart.ticks]
    base, y = _layer(grid, height)
    layers.append(base.mark_rule(color=FAINT).encode(x=_across(chart), y=y, y2=alt.Y2("y2:Q")))
    if chart.line is not None:
        base, y = _layer([{"x": chart.line, "y": head, "y2": height}], height)
        rule = base.mark_rule(color=INK, strokeWidth=1.5, strokeDash=[5, 3])
        layers.append(rule.encode(x=_across(chart), y=y, y2=alt.Y2("y2:Q")))
    return layers


def _legend_layers(legend: list[tuple[str, str]], top: int, height: int) -> list[Any]:
    import altair as alt

    layers: list[Any] = []
    for i, (kind, words) in enumerate(legend):
        middle = top + LINE * i + 9
        base, y = _layer([{"y": middle, "text": shorten(words, 66)}], height)
        layers.append(
            base.mark_text(align="left", baseline="middle", fontSize=12, color=GREY).encode(
                x=_from(26), y=y, text=alt.Text("text:N")
            )
        )
        if kind == "hollow":
            layers.append(
                base.mark_rule(color=BLUE, strokeWidth=1.5).encode(x=_from(0), x2=_to(18), y=y)
            )
            layers.append(base.mark_point(**HOLLOW).encode(x=_from(9), y=y))
        elif kind in ("dot", "diamond"):
            shape, colour = ("circle", BLUE) if kind == "dot" else ("diamond", VERMILLION)
            layers.append(
                base.mark_rule(color=colour, strokeWidth=2.5).encode(x=_from(0), x2=_to(18), y=y)
            )
            mark = base.mark_point(shape=shape, filled=True, size=70, color=colour, opacity=1)
            layers.append(mark.encode(x=_from(9), y=y))
        elif kind == "side":
            mark = base.mark_rect(color=SKY, opacity=0.22, height=12)
            layers.append(mark.encode(x=_from(0), x2=_to(18), y=y))
        else:
            colour, dash = (ORANGE, [1, 0]) if kind == "thin" else (INK, [5, 3])
            mark = base.mark_rule(color=colour, strokeWidth=2, strokeDash=dash)
            layers.append(mark.encode(x=_from(0), x2=_to(18), y=y))
    return layers


def _row_layers(chart: Dots, head: int, height: int) -> list[Any]:
    import altair as alt

    pitch = _pitch(chart)
    above = pitch - ROW
    placed = [(row, head + pitch * i + above) for i, row in enumerate(chart.rows)]
    labels = [words for row, top in placed for words in _labels(row, top + 16, above)]
    values = [{"y": top + 16, "text": row.text} for row, top in placed]
    base, y = _layer([{"y": top - above, "y2": top + 21} for _, top in placed], height)
    layers: list[Any] = [
        # Words stand on white, so that no line of the ground runs through them.
        base.mark_rect(color="#ffffff", opacity=1).encode(
            x=_from(-1), x2=_to(WIDTH + 1), y=y, y2=alt.Y2("y2:Q")
        ),
        _words(labels, height, 0),
        _words(values, height, WIDTH, align="right", color=GREY),
    ]
    for kind in ("circle", "diamond"):
        layers += _marks(chart, [(r, top) for r, top in placed if r.mark == kind], kind, height)
    return layers + _hollow_layers(chart, placed, height)


def _hollow_layers(chart: Dots, placed: list[tuple[Dot, int]], height: int) -> list[Any]:
    """Return second values and their intervals, below the first."""
    import altair as alt

    rows = [
        {"x": r.hollow[0], "low": r.hollow[1], "high": r.hollow[2], "y": top + 39}
        for r, top in placed
        if r.hollow is not None
    ]
    if not rows:
        return []
    base, y = _layer(rows, height)
    rule = base.mark_rule(color=BLUE, strokeWidth=1.5)
    return [
        rule.encode(x=_across(chart, "low"), x2=alt.X2("high:Q"), y=y),
        base.mark_point(**HOLLOW).encode(x=_across(chart), y=y),
    ]


def _labels(row: Dot, y: int, above: int) -> list[dict[str, Any]]:
    """Return the words of a row; a label stands on lines of its own where there is room above."""
    if not above:
        return [{"y": y, "text": f"{row.label} · {row.detail}"}]
    lines = [*_lines(row.label, FULL - 4), row.detail]
    return [{"y": y - LINE * (len(lines) - i), "text": t} for i, t in enumerate(lines, start=1)]


def _pitch(chart: Dots) -> int:
    """Return the height of a row: with lines more where a label has no room by its number."""
    is_long = any(len(r.label) > FULL - 4 - len(r.text) - len(r.detail) for r in chart.rows)
    n_lines = max((len(_lines(r.label, FULL - 4)) for r in chart.rows), default=1)
    return ROW + LINE * n_lines if is_long else ROW


def _marks(chart: Dots, placed: list[tuple[Dot, int]], kind: str, height: int) -> list[Any]:
    """Return intervals and dots of one shape; rows without a number have neither."""
    import altair as alt

    colour = BLUE if kind == "circle" else VERMILLION
    layers: list[Any] = []
    thin = [{"x": row.thin[0], "x2": row.thin[1], "y": top + 36} for row, top in placed if row.thin]
    if thin:
        base, y = _layer(thin, height)
        mark = base.mark_rule(color=ORANGE, strokeWidth=3)
        layers.append(mark.encode(x=_across(chart), x2=alt.X2("x2:Q"), y=y))
    held = [
        {"x": row.low, "x2": row.high, "y": top + 29}
        for row, top in placed
        if row.low is not None and row.high is not None
    ]
    if held:
        base, y = _layer(held, height)
        mark = base.mark_rule(color=colour, strokeWidth=2.5)
        layers.append(mark.encode(x=_across(chart), x2=alt.X2("x2:Q"), y=y))
    points = [{"x": row.value, "y": top + 29} for row, top in placed if row.value is not None]
    if points:
        base, y = _layer(points, height)
        mark = base.mark_point(shape=kind, filled=True, size=80, color=colour, opacity=1)
        layers.append(mark.encode(x=_across(chart), y=y))
    return layers


def _heat(chart: Heat) -> alt.LayerChart:
    """Return a heat map with its numbers in the cells."""
    titles = _lines(chart.title)
    left, cell = 96, 36
    room, angle, limit = (118, 290, 16) if _is_steep(chart) else (78, 322, 12)
    head = LINE * len(titles) + room
    height = head + cell * len(chart.rows) + 4
    step = (WIDTH - left) / max(len(chart.columns), 1)
    names = [
        {"y": head + cell * (i + 0.5) + 12 * (j - (len(lines) - 1) / 2), "text": line}
        for i, (r, _) in enumerate(chart.rows)
        for lines in [_lines(shorten(r, 28), 14)]
        for j, line in enumerate(lines)
    ]
    axes = [{"y": LINE * len(titles) + 10, "text": f"down: {chart.down}; across: {chart.across}"}]
    titled = [{"y": 12 + LINE * i, "text": t} for i, t in enumerate(titles)]
    layers: list[Any] = [
        _words(titled, height, 0, fontWeight=600, fontSize=14),
        _words(axes, height, 0, color=GREY, fontSize=12),
        *_cells(chart, head, step, height),
        _words(names, height, left - 8, align="right", baseline="middle", fontSize=12),
        *(
            _words(
                [{"y": head - 8, "text": shorten(column, limit)}], height,
                round(left + step * (i + 0.5) - 4), fontSize=12, angle=angle,
            )
            for i, column in enumerate(chart.columns)
        ),
    ]  # fmt: skip
    return _finished(layers, height, top_axis=True)


def _is_steep(chart: Heat) -> bool:
    """Whether names of columns are too long to lie; they then stand, and have more room."""
    return any(len(column) > 12 for column in chart.columns)


def _cells(chart: Heat, head: int, step: float, height: int) -> list[Any]:
    import altair as alt

    cells = [
        {
            "x": 96 + step * j + 1,
            "x2": 96 + step * (j + 1) - 1,
            "mid": 96 + step * (j + 0.5),
            "y": head + 36 * i + 1,
            "y2": head + 36 * (i + 1) - 1,
            "ymid": head + 36 * i + 18,
            "share": cell.share,
            "text": cell.text,
            "colour": _shade(cell.share),
            "ink": "#ffffff" if (cell.share or 0.0) > DARK else "#000000",
        }
        for i, (_, row) in enumerate(chart.rows)
        for j, cell in enumerate(row)
    ]
    base, y = _layer(cells, height)
    pixels = alt.Scale(domain=[0, WIDTH], range=[0, WIDTH], nice=False, zero=False)
    plain = alt.Color("colour:N", scale=None, legend=None)
    x = alt.X("x:Q", scale=pixels, axis=None)
    rects = base.mark_rect().encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"), color=plain)
    text = base.mark_text(fontSize=12, baseline="middle").encode(
        x=alt.X("mid:Q", scale=pixels, axis=None),
        y=alt.Y("ymid:Q", axis=None),
        text=alt.Text("text:N"),
        color=alt.Color("ink:N", scale=None, legend=None),
    )
    return [rects, text]


def _shade(share: float | None) -> str:
    """Return a colour between white and blue; a light grey where there is no number.

    Darkness grows evenly with the share, so the order survives without colour vision.
    """
    if share is None:
        return "#eef0f3"
    low, high = (244, 248, 251), (0, 92, 148)
    mixed = (round(a + (b - a) * min(max(share, 0.0), 1.0)) for a, b in zip(low, high, strict=True))
    return "#{:02x}{:02x}{:02x}".format(*mixed)
