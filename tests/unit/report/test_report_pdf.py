"""A report on paper: found browsers, messages, and pages that come out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from facevalue.errors import InputError
from facevalue.report import build_report
from facevalue.report.pdf import dated, find_chromium, write_pdf
from report_factory import realistic
from support import missing

HOW = (
    "Install Chromium or Google Chrome, version 131 or newer, so that `chromium` or "
    "`google-chrome` is on the PATH, or run: playwright install chromium"
)


def program(folder: Path, script: str) -> Path:
    path = folder / "chromium"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "browsers"))
    return tmp_path


def told(call: object) -> str:
    with pytest.raises(InputError) as error:
        call()  # type: ignore[operator]  # a function without arguments
    return str(error.value)


def test_without_a_browser_it_says_what_to_install(nowhere: Path) -> None:
    assert told(find_chromium) == f"a PDF needs Chromium, and none was found. {HOW}"


def test_an_old_browser_is_refused(nowhere: Path) -> None:
    old = program(nowhere, "echo Chromium 130.0.1")
    assert told(find_chromium) == (
        f"a PDF needs Chromium 131 or newer for its page numbers; {old} is older or does not "
        f"start. {HOW}"
    )


def test_the_browser_of_playwright_is_found(nowhere: Path) -> None:
    folder = nowhere / "browsers" / "chromium-1200" / "chrome-linux"
    folder.mkdir(parents=True)
    new = program(folder, "echo Chromium 140.0.1").rename(folder / "chrome")
    assert find_chromium() == str(new)


def test_a_browser_that_prints_nothing_is_told(nowhere: Path) -> None:
    broken = program(
        nowhere, 'case "$1" in --version) echo Chromium 140.0;; *) echo no room >&2; exit 3;; esac'
    )
    page = nowhere / "report.html"
    page.write_text("<!doctype html>", "utf-8")
    assert told(lambda: write_pdf(page, nowhere / "report.pdf")) == (
        f"{broken} did not print report.html (exit status 3): no room. {HOW}"
    )
    assert not (nowhere / "report.pdf").exists()


def test_dates_are_those_of_the_run() -> None:
    made = b"/CreationDate (D:20300101120000+00'00')\n/ModDate (D:20300101120000+00'00')>>"
    assert dated(made, "2026-11-24T19:38:29Z") == (
        b"/CreationDate (D:20261124193829+00'00')\n/ModDate (D:20261124193829+00'00')>>"
    )
    assert b"19700101000000" in dated(made, ""), "no time is no reason to take the clock's"


@pytest.mark.browser
def test_a_report_is_printed_on_a4_with_the_time_of_its_run(tmp_path: Path) -> None:
    try:
        find_chromium()
    except InputError:
        missing("Chromium")
    page = tmp_path / "report.html"
    page.write_text(build_report(realistic()), "utf-8")
    out = tmp_path / "report.pdf"
    assert write_pdf(page, out, at="2026-11-24T19:38:29Z") == out
    printed = out.read_bytes()
    dates = re.findall(rb"/(?:CreationDate|ModDate) \(D:(\d{14})", printed)
    assert dates == [b"20261124193829"] * 2
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(boxes) > 3
    # A4 is 210 × 297 mm: 595.28 × 841.89 points.
    assert all(abs(float(w) - 595.28) < 1 and abs(float(h) - 841.89) < 1 for w, h in boxes)
