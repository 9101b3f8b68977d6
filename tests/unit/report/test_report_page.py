"""The page: what is on it, in which order, and that nothing on it acts."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import time
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from facevalue.audits.findings import FindingSet
from facevalue.report import Provenance, ReportInput, build_report
from report_factory import HOSTILE, hostile, large, realistic, small

_ALLOWED = """html head meta title style body a header p h1 nav ul li main aside section h2 h3 h4
    article svg circle path rect g line text desc span q dl div dt dd figure figcaption details
    summary table caption thead tbody tr th td b label input output pre footer script
    ol sub select option button"""
ALLOWED = frozenset(re.findall(r"\w+", _ALLOWED))
VOID = {"meta", "input"}
WORDS = ("alert(", "onerror", "DROP TABLE", "7*7", "erehwyna")


class Reader(HTMLParser):
    """Reads a page into what tests ask about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        self._inside = tag

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside == "style":
            self.styles.append(data)
        else:
            self.text.append(data)

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@cache
def html_of(name: str) -> str:
    made = {"realistic": realistic, "hostile": hostile, "small": small}[name]()
    return build_report(made)


@pytest.fixture(params=["realistic", "hostile", "small"])
def page(request: pytest.FixtureRequest) -> Reader:
    return Reader(html_of(request.param))


def test_sections_come_in_the_order_they_are_read() -> None:
    page = Reader(html_of("realistic"))
    assert [a["id"] for a in page.of("section")] == [
        "answer",
        "verdicts",
        "evidence",
        "findings",
        "methods",
        "limits",
        "data",
        "systems",
        "provenance",
        "glossary",
    ]


def test_nothing_outside_the_allowed_elements_is_on_the_page(page: Reader) -> None:
    assert {tag for tag, _ in page.tags} <= ALLOWED


def test_no_attribute_acts_or_loads(page: Reader) -> None:
    for tag, attributes in page.tags:
        names = set(attributes)
        assert not {n for n in names if n.startswith("on")}, tag
        assert not names & {"src", "srcset", "style", "xlink:href", "action", "formaction"}, tag


def test_links_lead_to_the_page_or_the_web_and_all_inner_ones_arrive(page: Reader) -> None:
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids)), "an id is used twice"
    for link in page.of("a"):
        href = link["href"]
        assert href.startswith(("#", "https://", "http://")), href
        if href.startswith("#"):
            assert href[1:] in ids, href


def test_one_script_and_one_style_and_both_are_named_in_the_policy(page: Reader) -> None:
    (script,), (style,) = page.scripts, page.styles
    policy = next(
        a["content"] for a in page.of("meta") if a.get("http-equiv") == "Content-Security-Policy"
    )
    named = [
        base64.b64encode(hashlib.sha256(x.encode()).digest()).decode() for x in (style, script)
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{named[0]}'; script-src 'sha256-{named[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_words_stand_on_the_page_as_words() -> None:
    html = html_of("hostile")
    page = Reader(html)
    for word in WORDS:
        assert word in page.words, word
        assert not any(word in text for text in page.scripts + page.styles), word
    assert "<script>alert" not in html
    assert "{{ 7*7 }}" in html, "outside text is no template"
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", html)


def test_lone_surrogates_are_replaced() -> None:
    html = build_report(small(notes=("a\ud800b",)))
    assert "a\N{REPLACEMENT CHARACTER}b" in html
    html.encode("utf-8")


def test_every_table_has_caption_and_scoped_headings(page: Reader) -> None:
    assert len(page.of("caption")) == len(page.of("table"))
    assert all(a.get("scope") in ("row", "col") for a in page.of("th"))


def test_headings_skip_no_level(page: Reader) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_every_drawing_has_words_and_a_table() -> None:
    page = Reader(html_of("realistic"))
    drawings = [a for a in page.of("svg") if a.get("role") == "img"]
    assert len(drawings) == 13
    assert all(a["aria-labelledby"].split()[0].endswith("-title") for a in drawings)
    assert page.words.count("Numbers of figure") == len(drawings)


def test_the_filter_is_hidden_until_the_script_shows_it() -> None:
    page = Reader(html_of("realistic"))
    assert next(a for a in page.of("div") if a.get("id") == "filter")["hidden"] == ""


def test_the_same_input_gives_the_same_bytes_in_another_process() -> None:
    program = "import report_factory as f, facevalue.report as r; print(r.build_report(f.small()))"
    tests = Path(__file__).parents[2]
    made = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(tests)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert made == {html_of("small").encode() + b"\n"}


def test_a_large_report_stays_small_and_says_what_it_left_out() -> None:
    report = large(6_000)
    started = time.perf_counter()
    html = build_report(report)
    assert time.perf_counter() - started < 10
    assert len(html.encode()) < 2_000_000
    n_rows = len(re.findall(r'<tr id="f', html))
    assert n_rows <= 5_000
    left_out = f"{len(report.findings) - n_rows:,} more findings of the finest cells are left out"
    assert left_out in html
    deciding = {key for verdict in report.verdicts for key in verdict.finding_keys}
    assert all(f'<tr id="f{key}">' in html for key in deciding)


def test_a_report_of_nothing_is_complete() -> None:
    nothing = ReportInput(
        title="Nothing",
        audit_text="",
        audit_sha256="",
        findings=FindingSet(()),
        verdicts=(),
        datasets=(),
        systems=(),
        provenance=Provenance(version="1"),
    )
    words = Reader(build_report(nothing)).words
    for said in (
        "No claim was put to the test in this audit; it reports what was measured.",
        "Nothing was measured in this audit.",
        "There are no findings in this audit.",
        "No dataset was used.",
        "No system was audited.",
        "The plan was not locked before predictions were made.",
    ):
        assert said in words


def test_hostile_words_reach_every_place() -> None:
    # If a field of the factory were left out of the page, the other tests would prove less.
    words = Reader(html_of("hostile")).words
    assert all(words.count(h[:12]) >= 5 for h in HOSTILE if h.isascii())
    assert void_tags_only(html_of("small"))


def void_tags_only(html: str) -> bool:
    """Whether every element that must be closed is closed, table cells aside."""
    opened: dict[str, int] = {}
    for close, tag in re.findall(r"<(/?)([a-z][a-z0-9]*)", html.split("<script>")[0]):
        opened[tag] = opened.get(tag, 0) + (-1 if close else 1)
    drawn = {"path", "rect", "line", "circle"}
    free = VOID | drawn | {"td", "th", "tr", "body", "html", "script", "footer"}
    return all(n == 0 for tag, n in opened.items() if tag not in free)
