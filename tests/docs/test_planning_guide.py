"""Every command of the planning guide runs, and answers as the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from facevalue.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "planning-an-audit.md"
SHOWN = re.findall(r"```console\n\$ facevalue ([^\n]*)\n(.*?)```", PAGE.read_text("utf-8"), re.S)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SIMULATED = 0.1
"""Simulation differs a little between versions of NumPy, and where intervals become better."""


def words_and_numbers(text: str) -> tuple[list[str], list[float]]:
    """Return words apart from numbers; marks of the curve and line breaks do not count."""
    plain = re.sub(r"[─●◆]", " ", text)
    numbers = [float(n.replace(",", "")) for n in NUMBER.findall(plain)]
    return NUMBER.sub("N", plain).split(), numbers


@pytest.mark.parametrize(("command", "says"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_page_says_what_the_command_says(command: str, says: str) -> None:
    result = CliRunner().invoke(app, command.split())
    assert (result.exit_code, result.stderr) == (0, "")
    words, numbers = words_and_numbers(result.stdout)
    expected_words, expected = words_and_numbers(says)
    assert words == expected_words
    assert numbers == pytest.approx(expected, rel=SIMULATED, abs=2.0)
    # The table stands in 80 columns, each row where the page has it.
    assert max(map(len, says.splitlines())) <= 80
    assert len(result.stdout.splitlines()) == pytest.approx(len(says.splitlines()), abs=2)


def test_the_page_shows_each_kind_of_question() -> None:
    shown = " ".join(command for command, _ in SHOWN)
    assert len(SHOWN) >= 5
    for option in ("--at-least", "--gap", "--no-gap-above", "--subjects", "--looks", "--within"):
        assert option in shown
