"""The generated pages are what the code says, and every command is in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pages_are_fresh_and_links_lead_somewhere() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "build.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_has_help_and_stands_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
    for words in ("audit", "demo", "run", "measure", "judge", "report", "plan new", "plan check"):
        assert f"## `facevalue {words}`\n\n" in page
    assert "\n\n\n" not in page


def test_readme_starts_with_the_two_commands() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    head = "\n".join(lines[:20])
    assert head.index("make demo") < head.index("make test")
