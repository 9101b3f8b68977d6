"""The whole page of a small report, as text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from facevalue.report import build_report
from report_factory import small

EXPECTED = Path(__file__).with_name("report_small.html")


def normalised(html: str) -> str:
    """Leave out what has a file of its own, or belongs to the version of the renderer.

    The style and the script are files in ``report/static``, drawings change with
    vl-convert and have tests of their own.
    """
    html = re.sub(r"<svg width=.*?</svg>", "<svg>drawing</svg>", html, flags=re.DOTALL)
    html = re.sub(r"(?<=<style>).*?(?=</style>)", "style", html, flags=re.DOTALL)
    html = re.sub(r"(?<=<script>).*?(?=</script>)", "script", html, flags=re.DOTALL)
    return re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-digest", html)


def test_the_page_is_as_it_was(request: pytest.FixtureRequest) -> None:
    html = normalised(build_report(small()))
    if request.config.getoption("--update-golden"):
        EXPECTED.write_text(html, encoding="utf-8")
    assert html == EXPECTED.read_text(encoding="utf-8")
