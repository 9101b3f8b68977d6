"""The report of a real audit in real Chromium: layout, filter, no network, no scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facevalue import flow
from support import require_data

pytestmark = pytest.mark.browser

AUDIT = """
facevalue: 1
title: Raters in a browser
datasets:
  - name: crema-d
    conditions: [modality]
    groups: [sex, race]
    leave_out: {race: [Unknown]}
systems:
  - {name: human raters, adapter: ratings}
claims:
  - {library: accuracy-95, metric: accuracy, at_least: 0.95, condition: modality=face}
  - library: works-for-everyone
    metric: accuracy
    over: [sex, race]
    largest_gap_at_most: 0.05
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_data("crema-d", "tabulatedVotes.csv")
    folder = tmp_path_factory.mktemp("browser")
    (folder / "audit.yaml").write_text(AUDIT, "utf-8")
    return flow.audit(folder / "audit.yaml", folder / "run").report


@pytest.mark.parametrize("width", [1280, 768, 390])
def test_page_fits_and_asks_for_nothing(browser: Any, report: Path, width: int) -> None:
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    assert asked == [report.as_uri()]
    page.close()


def test_verdicts_come_first_and_say_so_in_words(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    text = page.inner_text("main")
    upper = text.upper()
    assert 0 <= upper.index("NOT UPHELD") < upper.index("WHAT THEY REST ON")
    assert "57.4" in text
    page.close()


def test_filter_narrows_the_findings_by_keyboard(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    field = page.locator("input[type=search]")
    assert field.count() == 1
    rows = "table tbody tr:visible"
    before = page.locator(rows).count()
    field.focus()
    page.keyboard.type("mcc")
    page.wait_for_timeout(400)
    after = page.locator(rows).count()
    assert 0 < after < before
    page.close()


def test_everything_is_there_without_scripts(browser: Any, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("input[type=search]:visible").count() == 0
    html = report.read_text("utf-8")
    assert page.locator("tr").count() == html.count("<tr")
    context.close()


def test_every_picture_has_words(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    figures = page.locator("svg[role=img]")
    assert figures.count() >= 3
    for i in range(figures.count()):
        assert figures.nth(i).locator("title").count() >= 1
        assert figures.nth(i).locator("desc").count() >= 1
    page.close()
