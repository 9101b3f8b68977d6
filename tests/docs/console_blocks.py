"""Console blocks of the documentation: each command runs, and answers as the page shows.

A block is ``$ facevalue …`` and what it prints; a line ``…`` stands for lines that are left out.
Numbers may differ a little where they are simulated. Pages share one folder, so that a second
page finds the run of the first.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["Shown", "assert_shows", "shown_in"]

BLOCK = re.compile(r"```console\n(.*?)```", re.S)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
LEFT_OUT = "…"
SIMULATED = 0.02
"""Simulation differs a little between versions of NumPy."""


@dataclass(frozen=True)
class Shown:
    """One command of a page, and the pieces of its output that the page shows."""

    page: Path
    command: str
    pieces: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The command's own words, without ``facevalue``."""
        program, *words = shlex.split(self.command)
        assert program == "facevalue", f"{self.page.name}: $ {self.command}"
        return words


def shown_in(page: Path) -> list[Shown]:
    """Return the commands of a page, in order."""
    found: list[Shown] = []
    for block in BLOCK.findall(page.read_text("utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            pieces = re.split(rf"^{LEFT_OUT}$", output, flags=re.M)
            found.append(Shown(page, command, tuple(p.strip() for p in pieces if p.strip())))
    return found


def assert_shows(shown: Shown, stdout: str) -> None:
    """Fail unless each piece is in the output, one after the other."""
    left = " ".join(stdout.split())
    for piece in shown.pieces:
        plain = " ".join(piece.split())
        pattern = NUMBER.sub("\0", plain)
        parts = [re.escape(part) for part in pattern.split("\0")]
        match = re.search(rf"({NUMBER.pattern})".join(parts), left)
        where = f"{shown.page.name}: $ {shown.command}"
        assert match is not None, f"{where}\nshows\n{piece}\nbut prints\n{stdout}"
        printed = [float(n.replace(",", "")) for n in match.groups()]
        said = [float(n.replace(",", "")) for n in NUMBER.findall(plain)]
        assert printed == pytest.approx(said, rel=SIMULATED, abs=0.11), where
        left = left[match.end() :]
