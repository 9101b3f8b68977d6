"""Plain data to HTML, and figures to files.

The page is one file that asks for nothing: its style and its one script stand in it and
are named by digest in the content security policy, which forbids everything else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from facevalue.atomic import write_bytes, write_text
from facevalue.report.blocks import Block, Figure, Gallery, Link, Page, Pictures, Table
from facevalue.report.charts import picture, svg
from facevalue.report.model import ReportInput
from facevalue.report.sections import page_of
from facevalue.report.wording import clean

if TYPE_CHECKING:
    import jinja2

__all__ = ["MAX_FIGURES", "build_report", "page_html", "write_report"]

MAX_FIGURES = 48
"""Figures drawn in one report, first come first; past it the tables stand alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A figure with its drawing."""

    template: ClassVar[str] = "blocks/drawn.html"
    number: int
    file_name: str
    drawing: str
    note: str
    table: Table
    measure: Link | None

    def __html__(self) -> str:
        """Return the drawing, which holds escaped text and no active content."""
        return self.drawing


@dataclass(frozen=True, slots=True)
class DrawnGallery:
    """Drawn figures that may stand side by side."""

    template: ClassVar[str] = "blocks/gallery.html"
    figures: tuple[Drawn | Figure, ...]


def build_report(report: ReportInput) -> str:
    """Return the report as one HTML document; the same input gives the same bytes.

    Examples
    --------
    >>> from facevalue.audits.findings import FindingSet
    >>> from facevalue.report.model import Provenance
    >>> html = build_report(ReportInput(title="An audit", audit_text="", audit_sha256="",
    ...     findings=FindingSet(()), verdicts=(), datasets=(), systems=(),
    ...     provenance=Provenance(version="1")))
    >>> "No claim was put to the test" in html
    True
    """
    return page_html(page_of(report))


def write_report(folder: Path, report: ReportInput) -> None:
    """Write ``report.html`` and ``figures/*.svg`` and ``*.png`` into ``folder``.

    Each file is written whole or not at all, the page last. Figures that an earlier
    report left there and this one does not have are removed.
    """
    drawings = _Drawings()
    html = page_html(page_of(report), drawings)
    figures = folder / "figures"
    made = set()
    for drawn in drawings.made:
        write_text(figures / f"{drawn.file_name}.svg", drawn.drawing + "\n")
        write_bytes(figures / f"{drawn.file_name}.png", picture(drawn.drawing))
        made |= {f"{drawn.file_name}.svg", f"{drawn.file_name}.png"}
    _remove_left_over(figures, made)
    write_text(folder / "report.html", html)


def _remove_left_over(figures: Path, made: set[str]) -> None:
    for pattern in ("[0-9][0-9]-*.svg", "[0-9][0-9]-*.png"):
        for path in figures.glob(pattern):
            if path.name not in made:
                path.unlink()


class _Drawings:
    """Draws figures in the order they are met and remembers them."""

    def __init__(self) -> None:
        self.made: list[Drawn] = []

    def blocks(self, blocks: Iterable[Block]) -> Iterator[Block | DrawnGallery]:
        for block in blocks:
            if isinstance(block, Gallery):
                yield DrawnGallery(tuple(self._draw(figure) for figure in block.figures))
            else:
                yield block

    def _draw(self, figure: Figure) -> Drawn | Figure:
        number = len(self.made) + 1
        if number > MAX_FIGURES:
            return figure
        drawn = Drawn(
            number=number,
            file_name=f"{number:02d}-{figure.slug}".rstrip("-"),
            drawing=svg(figure.chart, name=f"figure-{number}", says=figure.says),
            note=figure.note,
            table=figure.table,
            measure=figure.measure,
        )
        self.made.append(drawn)
        return drawn


def page_html(
    page: Page,
    drawings: _Drawings | None = None,
    *,
    template: str = "page.html",
    more_style: str = "",
) -> str:
    """Return a page as one HTML document that asks for nothing.

    Parameters
    ----------
    page
        What it says.
    drawings
        Draws its figures, and remembers them for who wants them as files.
    template
        Of the page as a whole.
    more_style
        Style of our own behind that of all pages.
    """
    drawings = drawings or _Drawings()
    front = tuple(drawings.blocks(page.front))
    sections = [
        {"anchor": s.anchor, "title": s.title, "blocks": tuple(drawings.blocks(s.blocks))}
        for s in page.sections
    ]
    has_pictures = any(isinstance(b, Pictures) for s in page.sections for b in s.blocks)
    style = _static("report.css") + more_style
    script = _static("report.js") + _static("whatif.js")
    return (
        _environment()
        .get_template(template)
        .render(
            page=replace(page, front=(), sections=()),
            front=front,
            sections=sections,
            style=_Literal(style),
            script=_Literal(script),
            policy=_policy(style, script, has_pictures=has_pictures),
        )
    )


@dataclass(frozen=True, slots=True)
class _Literal:
    """Text of our own that goes into the page as it is."""

    text: str

    def __html__(self) -> str:
        return self.text


def _static(name: str) -> str:
    return (files("facevalue.report") / "static" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str, *, has_pictures: bool) -> str:
    """Return a policy under which nothing loads, and only our style and script count."""
    inside = "img-src data:; " if has_pictures else ""
    return (
        f"default-src 'none'; {inside}style-src 'sha256-{_sha256(style)}'; "
        f"script-src 'sha256-{_sha256(script)}'; base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _environment() -> jinja2.Environment:
    """Return an environment that escapes everything and refuses unknown names."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("facevalue.report", "templates"),
        autoescape=jinja2.select_autoescape(default=True, default_for_string=True),
        undefined=jinja2.StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _finalized(value: Any) -> Any:
    """Clean outside text on its way into the page; what knows its own HTML passes."""
    return clean(value) if type(value) is str else value
