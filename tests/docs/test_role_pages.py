"""The pages by role and of statistics: every command runs, and what a page must have is there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer.main
from console_blocks import Shown, assert_shows, shown_in
from typer.testing import CliRunner

from examples_support import example_run
from facevalue.cli.main import app

ROOT = Path(__file__).parents[2]
ROLES = ("regulator", "buyer", "researcher", "journalist", "vendor")
PAGES = [
    *(ROOT / "docs" / "roles" / f"{role}.md" for role in ROLES),
    ROOT / "docs" / "statistics" / "power.md",
    ROOT / "docs" / "statistics" / "consequences.md",
]
VERDICTS = (0, 1, 3)
"""Exit statuses of a command that could do what it was asked."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples, as in the repository, and room for runs."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    return folder


class Typed:
    """What is typed at a desk: no command twice, and audits as all tests of a session share."""

    def __init__(self, desk: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        self.desk = desk
        self.tmp_path_factory = tmp_path_factory
        self.answers: dict[str, tuple[int, str]] = {}

    def answer(self, shown: Shown) -> tuple[int, str]:
        """Return the exit status of a command and what it prints."""
        if shown.command not in self.answers:
            audit = shown.words[0] == "audit"
            self.answers[shown.command] = self.audited(shown) if audit else self.ran(shown)
        return self.answers[shown.command]

    def ran(self, shown: Shown) -> tuple[int, str]:
        result = CliRunner().invoke(app, shown.words)
        assert result.exit_code in VERDICTS, result.output
        return result.exit_code, result.stdout

    def audited(self, shown: Shown) -> tuple[int, str]:
        name = Path(shown.words[1]).parent.name
        assert shown.words == f"audit examples/{name}/audit.yaml --out runs/{name}".split()
        run = self.desk / "runs" / name
        if run.exists():  # the plan was locked; so it was where the audit was run
            assert sorted(path.name for path in run.iterdir()) == ["audit.yaml", "lock.json"]
            shutil.rmtree(run)
        ran = example_run(name, run, self.tmp_path_factory)
        return ran.status, ran.stdout


@pytest.fixture(scope="module")
def typed(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    return Typed(desk, tmp_path_factory)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_commands_of_a_page_answer_as_the_page_says(
    page: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(typed.desk)
    commands = shown_in(page)
    assert commands
    for shown in commands:
        status, stdout = typed.answer(shown)
        assert status in VERDICTS
        assert_shows(shown, stdout)


@pytest.mark.parametrize("role", ROLES)
def test_a_page_for_a_role_says_what_to_ask_how_to_read_and_what_not_to_conclude(
    role: str,
) -> None:
    text = (ROOT / "docs" / "roles" / f"{role}.md").read_text("utf-8")
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert any("ask" in heading for heading in headings)
    assert any(heading.startswith("How to read") for heading in headings)
    assert headings[-1] == "What not to conclude"
    assert "```console" in text


def test_every_page_of_statistics_has_its_parts() -> None:
    pages = sorted((ROOT / "docs" / "statistics").glob("*.md"))
    assert len(pages) == 12
    for page in pages:
        if page.stem == "index":
            continue
        text = page.read_text("utf-8")
        for part in ("**In plain words.**", "## Sources", "## How well it holds"):
            assert part in text, (page.name, part)
        assert ">>> " in text or "$ facevalue" in text, page.name


def _known_commands() -> dict[tuple[str, ...], set[str]]:
    """Every command with its options."""
    found: dict[tuple[str, ...], set[str]] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        for name, child in getattr(command, "commands", {}).items():
            walk(child, (*words, name))
        found[words] = {option for p in command.params for option in p.opts}

    walk(typer.main.get_command(app), ())
    return found


def test_every_command_that_a_page_names_exists() -> None:
    known = _known_commands()
    written = [
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
        ROOT / "README.md",
    ]
    for page in written:
        for named in re.findall(
            r"(?:`|^\$ |^    )facevalue ([a-z][^`\n#]*)", page.read_text("utf-8"), re.M
        ):
            words = [w for w in named.split() if w != "\\"]
            path = max((p for p in known if list(p) == words[: len(p)]), key=len)
            assert path, (page.name, named)
            options = {w.split("=")[0] for w in words if w.startswith("--")}
            assert options <= known[path] | {"--help"}, (page.name, named)


def test_the_runner_notices_a_page_that_is_wrong() -> None:
    shown = Shown(Path("a.md"), "facevalue power", ("About 60 people", "in 80 % of"))
    assert_shows(shown, "x About 60 people are\nneeded in\n80 % of audits")
    for wrong in ("About 75 people; in 80 % of", "in 80 % of. About 60 people", "About 60 people"):
        with pytest.raises(AssertionError):
            assert_shows(shown, wrong)
