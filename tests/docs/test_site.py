"""The documentation site: built with warnings as errors, no network, no link that is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from facevalue.audits import library_claims
from facevalue.simulate import scenario_names
from support import require

ROOT = Path(__file__).parents[2]
LOADS = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


@dataclass
class Read(HTMLParser):
    """What a page loads, where it leads, and where it can be entered."""

    loads: list[str] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    scripts: int = 0
    h1: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.scripts += tag == "script"
        self.h1 += tag == "h1"
        if "id" in given:
            self.anchors.add(given["id"])
        if tag in LOADS and LOADS[tag] in given:
            self.loads.append(given[LOADS[tag]])
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])


def build(root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Read]:
    require("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT, folder)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    pages: dict[Path, Read] = {}
    for path in sorted(folder.rglob("*.html")):
        pages[path] = Read()
        pages[path].feed(path.read_text("utf-8"))
    return pages


def _home(site: dict[Path, Read]) -> Path:
    return min((p for p in site if p.name == "index.html"), key=lambda path: len(path.parts))


def test_every_link_leads_somewhere(site: dict[Path, Read]) -> None:
    lost = []
    for path, page in site.items():
        for link in page.leads + page.loads:
            parts = urlsplit(link)
            if parts.scheme in ("https", "http", "data"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = site.get(target)
            missing = bool(parts.fragment) and (
                known is None or parts.fragment not in known.anchors
            )
            if not target.is_file() or missing:
                lost.append(f"{path.name}: {link}")
    assert lost == []


def test_nothing_is_loaded_from_the_network_and_nothing_runs(site: dict[Path, Read]) -> None:
    for path, page in site.items():
        assert page.scripts == 0, path.name
        assert page.h1 == 1, path.name
        assert [x for x in page.loads if urlsplit(x).scheme not in ("", "data")] == []
    style = (_home(site).parent / "style.css").read_text("utf-8")
    assert "url(" not in style
    assert "@import" not in style


def test_there_is_a_page_for_every_claim_scenario_and_example(site: dict[Path, Read]) -> None:
    names = {f"{path.parent.name}/{path.stem}" for path in site}
    assert {f"claims/{c.id}" for c in library_claims()} <= names
    assert {f"scenarios/{name}" for name in scenario_names()} <= names
    examples = {p.parent.name for p in (ROOT / "examples").glob("*/README.md")}
    assert {f"examples/{name}" for name in examples} <= names


def test_every_page_can_be_reached_from_the_contents(site: dict[Path, Read]) -> None:
    home = _home(site)
    reached = {(home.parent / urlsplit(x).path).resolve() for x in site[home].leads}
    assert set(site) <= reached | {home}


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path) -> None:
    require("mkdocs")
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns("predictions", "__pycache__", "*.png")
    for name in ("docs", "examples"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    for name in ("mkdocs.yml", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"):
        shutil.copy(ROOT / name, copy / name)
    links = ("gone.md", "../language.md#gone", "../../examples/gone/README.md")
    for i, link in enumerate(links):
        page = copy / "docs" / "guide" / f"lost-{i}.md"
        page.write_text(f"# Lost\n\n[gone]({link})\n", "utf-8")
    built = build(copy, tmp_path / "site")
    assert built.returncode == 1
    for i in range(len(links)):
        # A warning each, and any warning stops the build.
        told = [line for line in built.stderr.splitlines() if f"guide/lost-{i}.md" in line]
        assert [(line[:7], "gone" in line) for line in told] == [("WARNING", True)]
