"""The page of a comparison: what it says, and that nothing of others acts in it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from axe_support import faults
from browser_support import chromium, opened
from facevalue.audits.findings import Adjusted, Finding, FindingSet, Place
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.report.comparison import (
    Comparison,
    Reading,
    RunSheet,
    Versus,
    build_comparison,
    ordered,
    reading_of,
    side_words,
    text_rows,
)
from report_factory import HOSTILE

RUN = RunSheet(
    folder="runs", title="Some faces", started="2026-11-30T12:00:00Z", version="9",
    audit_sha256="a" * 64, findings_sha256="f" * 64,
)  # fmt: skip
METHOD = "CR2 over subjects, t on effective subjects"


def finding(
    value: float, half: float = 0.05, p: float = 0.001, /, n: int = 90, **place: str | None
) -> Finding:
    usual: dict[str, Any] = {
        "system": "new − old", "dataset": "faces", "family": "comparison", "metric": "accuracy",
    }  # fmt: skip
    result = Estimate(
        value=value, low=value - half, high=value + half, level=0.95, method=METHOD, p_value=p,
        n_items=n, n_answers=n, n_subjects=30,
    )  # fmt: skip
    adjusted = Adjusted(p_value=p, by="Holm over 3")
    return Finding(place=Place(**(usual | place)), result=result, adjusted=adjusted)


def conditioned(n: int) -> list[Finding]:
    return [
        finding(0.3 - 0.01 * i, metric="unchanged", condition=f"blur-{i}:{1 + i % 5}")
        for i in range(n)
    ]


def compared(*findings: Finding, **more: Any) -> Comparison:
    pair = Versus(
        system="new − old", dataset="faces", first="old", second="new", n_items=90,
        n_subjects=30, subjects_declared=True, skill=("new is not shown to beat a guess.",),
    )  # fmt: skip
    usual: dict[str, Any] = {
        "first": RUN, "second": RUN, "pairs": (pair,), "findings": FindingSet(findings),
        "sides": {f.key: (0.5, 0.5 + (f.result.value or 0.0)) for f in findings},
        "left_out": ("faces: two items are left out.",), "version": "9",
    }  # fmt: skip
    return Comparison(**(usual | more))


WHOLE = compared(
    finding(0.1),
    finding(0.02, metric="uar"),
    *conditioned(30),
    finding(0.2, metric="unchanged_area", condition="blur"),
    finding(0.05, attribute="sex", group="f"),
    finding(0.15, attribute="sex", group="m"),
    finding(-0.1, attribute="sex", group="f", reference="rest"),
)


def words(html: str) -> str:
    text = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.fixture(scope="module")
def html() -> str:
    return build_comparison(WHOLE)


def test_the_page_says_what_is_compared_and_how_much_is_shown(html: str) -> None:
    said = words(html)
    assert "facevalue comparison" in said
    assert "<h1>new against old</h1>" in html
    assert (
        "Of 33 differences (second minus first, all looks allowed for): 27 shown to be above zero, "
        "0 below and 6 not shown to differ." in said
    )
    assert "First: old, in “Some faces”, folder runs, run of 2026-11-30T12:00:00Z." in said
    assert "Second: new, in “Some faces”" in said
    assert "faces: two items are left out." in said
    assert said.count("new is not shown to beat a guess.") == 2  # on top, and beside the figures
    assert "audit report" not in said


def test_figures_have_titles_units_and_how_many_are_behind_them(html: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", html, flags=re.S)
    assert len(drawings) == 4
    titles = []
    for drawing in drawings:
        root = ET.fromstring(drawing)  # our own drawing
        assert root.get("role") == "img"
        parts = {e.tag.rpartition("}")[2]: e for e in root if "title" in e.tag or "desc" in e.tag}
        titles.append(parts["title"].text)
        assert "30 subjects" in str(parts["desc"].text)
        text = "".join(root.itertext())
        assert "percentage points: new minus old" in text
        assert "no difference" in text
    assert titles == [
        "new − old: Answers to items as they are",
        "new − old: Answers unchanged, over severities, by scale",
        "new − old: Answers unchanged, by condition (the 24 largest of 30)",
        "new − old: accuracy by group",
    ]


def test_tables_hold_both_sides_the_difference_and_the_counts(html: str) -> None:
    said = words(html)
    assert "accuracy +10.0 points (+5.0 to +15.0) 50.0 % 60.0 % second higher 0.001 90 30" in said
    for head in (
        "old",
        "new",
        "Second − first (95 % interval)",
        "Read as",
        "p adjusted",
        "Answers",
    ):
        assert head in said
    assert "blur-29:5" in said  # below the figure, which ends with the 24th
    assert "sex: f, against rest" in said


def test_every_link_leads_somewhere_on_the_page(html: str) -> None:
    ids = set(re.findall(r'id="([^"]+)"', html))
    leads = set(re.findall(r'href="#([^"]+)"', html))
    assert leads <= ids
    assert not re.findall(r'(?:href|src)="(?!#)[^"]*"', html)


def test_the_same_comparison_gives_the_same_page(html: str) -> None:
    assert build_comparison(WHOLE) == html


@pytest.mark.parametrize("hostile", HOSTILE)
def test_words_from_outside_stay_words(hostile: str) -> None:
    pair = Versus(
        system=hostile, dataset=hostile, first=hostile, second=hostile, n_items=90, n_subjects=30,
        subjects_declared=True, skill=(hostile,),
    )  # fmt: skip
    run = RunSheet(
        folder=hostile, title=hostile, started=hostile, version=hostile, audit_sha256=hostile,
        findings_sha256=hostile,
    )  # fmt: skip
    place: dict[str, Any] = {"system": hostile, "dataset": hostile}
    found = FindingSet((
        finding(0.1, **place),
        finding(0.1, metric="unchanged", condition=hostile, **place),
        finding(0.1, attribute=hostile, group=hostile, **place),
    ))  # fmt: skip
    page = build_comparison(
        compared(first=run, second=run, pairs=(pair,), findings=found, left_out=(hostile,))
    )
    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert "{{ 7*7 }}" in page or "7*7" not in hostile
    assert page.count("<script>") == 1
    assert page.count("</style>") == 1


def test_only_what_all_looks_allow_is_shown() -> None:
    assert reading_of(finding(0.1)) is Reading.HIGHER
    assert reading_of(finding(-0.1)) is Reading.LOWER
    assert reading_of(finding(0.01)) is Reading.NOT_SHOWN
    assert reading_of(finding(0.05)) is Reading.NOT_SHOWN  # the interval ends at zero
    assert reading_of(finding(0.1, 0.05, 0.06)) is Reading.NOT_SHOWN  # once all looks are counted


def none(**place: Any) -> Finding:
    result = NotEstimable(
        reason=Reason.UNDEFINED, n_items=9, n_answers=9, n_subjects=9, detail="a reason", value=0.9
    )
    return Finding(place=finding(0.0, **place).place, result=result)


def test_the_largest_come_first_and_those_without_an_interval_last() -> None:
    told = [none(metric="uar"), finding(0.1), finding(-0.3, metric="unchanged")]
    assert [f.place.metric for f in ordered(told)] == ["unchanged", "accuracy", "uar"]


def test_a_difference_without_an_interval_says_why() -> None:
    c = compared(none())
    (row,) = text_rows(c, list(c.shown))
    assert row[4] == "+90.0"
    assert row[-1].startswith("not estimable: ")
    assert row[-1].endswith("(a reason)")
    assert "not estimable: " in words(build_comparison(c))
    assert "1 not estimable" in c.sentence()


def test_failures_under_stress_have_a_heading_of_their_own() -> None:
    blur: dict[str, Any] = {"condition": "gaussian-blur:3"}
    c = compared(
        finding(0.3, metric="failure_rate", **blur),
        finding(0.4, metric="failure_change", **blur),
        finding(0.01, metric="failure_rate", condition="light=day"),
    )
    said = words(build_comparison(c))
    assert "Failures, by condition" in said
    assert "Change in failures, by condition" in said
    # A part of the items is no condition that something was done under.
    assert "failure rate, light: day" in said
    rows = {row[1]: row for row in text_rows(c, list(c.shown))}
    assert rows["light=day"][2] == "50.0 %"
    change = next(f for f in c.shown if f.place.metric == "failure_change")
    assert side_words(change, -0.25) == "−25.0 points"


def test_where_neither_fails_under_stress_one_sentence_says_so() -> None:
    names = ("blur:1", "blur:2", "mirror:5")
    found = [
        finding(0.0, metric=m, condition=name)
        for m in ("failure_rate", "failure_change")
        for name in names
    ]
    none = dict.fromkeys((f.key for f in found), (0.0, 0.0))
    page = build_comparison(compared(*found, sides=none))
    assert "Under 3 conditions neither fails on any item." in words(page)
    assert "Under 3 conditions, as without them, neither fails on any item." in words(page)
    assert "<svg" not in page
    # Once one of them does in any condition, all are told.
    some = none | {found[0].key: (0.0, 0.1)}
    page = build_comparison(compared(*found, sides=some))
    assert "3 conditions neither fails" not in words(page)
    assert page.count("<svg") == 1


def test_without_a_shown_difference_the_page_does_not_call_them_equal() -> None:
    said = words(build_comparison(compared(finding(0.01))))
    assert (
        "No difference is shown once all looks are counted; the two may differ all the same."
        in said
    )
    assert "no proof that they are alike" in said
    assert "are equal" not in said.partition("Methods")[0]


def test_groups_of_few_people_are_neither_on_the_page_nor_in_the_rows() -> None:
    few = finding(0.123, attribute="sex", group="x")
    small = Finding(
        place=few.place,
        result=Estimate(
            value=0.123, low=0.0, high=0.2, level=0.95, method=METHOD, n_items=4, n_answers=4,
            n_subjects=3,
        ),
    )  # fmt: skip
    c = compared(finding(0.1), finding(0.1, attribute="sex", group="f"), small)
    page = words(build_comparison(c))
    assert "12.3" not in page
    assert "62.3" not in page  # what the second has there
    assert not any(
        "62.3" in cell or "12.3" in cell for row in text_rows(c, list(c.shown)) for cell in row
    )


def test_several_pairs_are_told_apart() -> None:
    first = compared().pairs[0]
    other = Versus(
        system="b − a", dataset="voices", first="a", second="b", n_items=9, n_subjects=9,
        subjects_declared=False,
    )  # fmt: skip
    c = compared(finding(0.1), finding(0.2, system="b − a", dataset="voices"), pairs=(first, other))
    page = build_comparison(c)
    assert "<h1>Two runs compared</h1>" in page
    assert "Systems and data" in page
    assert "b − a on voices" in words(page)
    assert "Compared on 9 items." in words(page)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_the_page_fits_and_can_be_read_by_everybody(
    width: int, scheme: Any, html: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(html, "utf-8")
    with chromium() as browser, opened(browser, path, width=width, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults(page) == []
