"""What the documentation site has beside the pages of ``docs``: MkDocs calls this while building.

Pages in the repository outside ``docs`` (examples, change log) become pages of the site, their
links are turned round to it, files they link to are copied, and the navigation is made from what
there is, so that a new page needs no second place to be named in.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ELSEWHERE = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
LINK = re.compile(r"(\]\()(?!https?://|#|mailto:)([^)#\s]+)")
FENCE = re.compile(r"(^```.*?^```$)", re.M | re.S)
TABLE = re.compile(r"<table>.*?</table>", re.S)
CELL = re.compile(r"<td>(.*?)</td>", re.S)
LONG_CELL = 90
ROLES_OF = {
    "thead": "rowgroup",
    "tbody": "rowgroup",
    "tr": "row",
    "th": "columnheader",
    "td": "cell",
}
ROLES = ("regulator", "buyer", "researcher", "journalist", "vendor")
SECTIONS = {
    "Start here": ["index.md", "guide/first-audit.md"],
    "By role": [f"roles/{role}.md" for role in ROLES],
    "Guides": ["guide/*.md", "language.md"],
    "Claims": ["claims/index.md", "claims/*.md"],
    "Scenarios": ["scenarios/index.md", "scenarios/*.md"],
    "Statistics": ["statistics/index.md", "statistics/*.md"],
    "Simulations": ["simulations/*.md"],
    "Examples": ["examples/index.md", "examples/*.md"],
    "Reference": ["reference/*.md"],
    "Decisions": ["adr/index.md", "adr/*.md"],
    "Project": list(ELSEWHERE.values()),
}


def outside() -> dict[str, str]:
    """Return pages of the site that lie outside ``docs``: path in the repository by page."""
    found = {page: path for path, page in ELSEWHERE.items()}
    found["examples/index.md"] = "examples/README.md"
    for path in sorted((ROOT / "examples").glob("*/README.md")):
        found[f"examples/{path.parent.name}.md"] = path.relative_to(ROOT).as_posix()
    return found


def decisions() -> str:
    """Return the list of decisions."""
    lines = ["# Decisions", "", "Why things are as they are, one page each.", ""]
    for path in sorted((DOCS / "adr").glob("0*.md")):
        lines.append(f"- [{_title(path.read_text('utf-8'))}]({path.name})")
    return "\n".join([*lines, ""])


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside, and every file that a page links to."""
    for page, path in outside().items():
        files.append(File.generated(config, page, content=(ROOT / path).read_text("utf-8")))
    files.append(File.generated(config, "adr/index.md", content=decisions()))
    linked = {
        place
        for file in files.documentation_pages()
        for target in _targets(file.content_string)
        if (place := _place(_origin(file.src_uri), target)) and _page_of(place) is None
    }
    for place in sorted(linked):
        if (ROOT / place).is_file():
            files.append(File.generated(config, f"files/{place}", abs_src_path=str(ROOT / place)))
    config.nav = navigation({f.src_uri: f.content_string for f in files.documentation_pages()})
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links to places of the repository into links to pages of the site."""
    here = page.file.src_uri

    def turned(found: re.Match[str]) -> str:
        place = _place(_origin(here), found[2])
        if place is None:
            return found[0]
        target = _page_of(place) or f"files/{place}"
        return found[1] + posixpath.relpath(target, posixpath.dirname(here) or ".")

    parts = FENCE.split(markdown)
    return "".join(p if p.startswith("```") else LINK.sub(turned, p) for p in parts)


def on_page_content(html: str, **_: Any) -> str:
    """Let wide tables scroll by themselves, so that the page does not."""
    html = html.replace("\n\n</code></pre>", "\n</code></pre>")  # what a doctest ends with
    return TABLE.sub(_boxed, html)


def _boxed(found: re.Match[str]) -> str:
    """Put a table into a box; one of prose becomes a list on a phone, and stays a table to read."""
    html, name = found[0], "table"
    if any(len(text) > LONG_CELL for text in CELL.findall(html)):
        html, name = html.replace("<table>", '<table class="prose" role="table">'), "prose"
        for tag, role in ROLES_OF.items():
            html = html.replace(f"<{tag}>", f'<{tag} role="{role}">')
    return f'<div class="box {name}" role="region" aria-label="Table" tabindex="0">{html}</div>'


def navigation(pages: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the navigation: every page once, in the first section that asks for it.

    Pages stand in the order in which the first page of their section links to them.
    """
    left = sorted(pages)
    sections: list[dict[str, Any]] = []
    for heading, patterns in SECTIONS.items():
        chosen: list[str] = []
        for pattern in patterns:
            glob = re.compile(re.escape(pattern).replace(r"\*", "[^/]*"))
            found = [p for p in left if glob.fullmatch(p) and p not in chosen]
            linked = _linked(chosen[0], pages[chosen[0]]) if len(chosen) == 1 else []
            chosen += sorted(found, key=lambda p: linked.index(p) if p in linked else len(linked))
        left = [p for p in left if p not in chosen]
        if chosen:
            sections.append({heading: [{_title(pages[p]): p} for p in chosen]})
    return sections


def _linked(page: str, text: str) -> list[str]:
    places = (_place(_origin(page), target) for target in _targets(text))
    return [found for place in places if place and (found := _page_of(place))]


def _title(text: str) -> str:
    return next(line[2:] for line in text.splitlines() if line.startswith("# ")).replace("`", "")


def _targets(text: str) -> list[str]:
    return [target for _, target in LINK.findall(FENCE.sub("", text))]


def _origin(page: str) -> str:
    """Return where a page of the site lies in the repository."""
    return outside().get(page, f"docs/{page}")


def _place(origin: str, target: str) -> str | None:
    """Return what a link leads to, from the root of the repository; `None` if it is not there."""
    place = posixpath.normpath(posixpath.join(posixpath.dirname(origin), target))
    known = place.startswith("docs/") or (ROOT / place).exists()
    return None if place.startswith("..") or not known else place


def _page_of(place: str) -> str | None:
    """Return the path on the site of a place in the repository, if it is part of the site."""
    pages = {path: page for page, path in outside().items()}
    if place in pages:
        return pages[place]
    if f"{place}/README.md" in pages:
        return pages[f"{place}/README.md"]
    if place in ("README.md", "docs"):
        return "index.md"
    if place.startswith("docs/") and not place.endswith((".py", ".json")):
        inner = place.removeprefix("docs/")
        return f"{inner}/index.md" if (ROOT / place).is_dir() else inner
    return None


def on_post_build(config: MkDocsConfig, **_: Any) -> None:
    """Take away the site map: it is for search engines, and dates itself."""
    for name in ("sitemap.xml", "sitemap.xml.gz"):
        (Path(config.site_dir) / name).unlink(missing_ok=True)
