"""Guides that make their own files: made as the page says, and the commands run on them."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest
from console_blocks import assert_shows, shown_in
from typer.testing import CliRunner

from facevalue.cli.main import app

GUIDE = Path(__file__).parents[2] / "docs" / "guide"


@pytest.mark.parametrize(
    ("name", "expected"), [("first-audit", [0, 0, 1, 0]), ("own-scenario", [0]), ("stress", [1, 0])]
)
def test_the_commands_of_a_guide_run_on_the_files_it_makes(
    name: str, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = GUIDE / f"{name}.md"
    test = doctest.DocTestParser().get_doctest(
        page.read_text("utf-8"), {}, page.name, str(page), None
    )
    assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
    monkeypatch.chdir(test.globs["folder"])
    statuses = []
    for shown in shown_in(page):
        result = CliRunner().invoke(app, shown.words)
        assert_shows(shown, result.stdout)
        statuses.append(result.exit_code)
    assert statuses == expected
