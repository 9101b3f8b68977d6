"""`facevalue report`: the public version and the print, and what stands in their way."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from facevalue import flow
from facevalue.cli.main import app
from flow_support import NOW, build


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("options")
    return flow.audit(build(root), root / "run", now=NOW).folder


def report(*words: str) -> Result:
    return CliRunner().invoke(app, ["report", *words], env={"NO_COLOR": "1", "TERM": "dumb"})


def test_the_public_version_stands_beside_the_audits_own(folder: Path, tmp_path: Path) -> None:
    own = (folder / "report.html").read_bytes()
    done = report(str(folder), "--publish")
    assert (done.exit_code, done.stdout) == (0, f"Report: {folder / 'report-public.html'}\n")
    assert (folder / "report.html").read_bytes() == own
    elsewhere = tmp_path / "for-all.html"
    done = report(str(folder), "--publish", "--out", str(elsewhere))
    assert (done.exit_code, done.stdout) == (0, f"Report: {elsewhere}\n")
    html = elsewhere.read_text("utf-8")
    # Five people of each sex are fewer than ten.
    assert "Public version: groups of fewer than 10 are left out" in html
    assert "looks:at" not in html, "the audit file names where the system is"
    assert elsewhere.read_bytes() == (folder / "report-public.html").read_bytes()


@pytest.mark.parametrize("words", [("--out", "x.html"), ("--publish", "--out", "x.pdf")])
def test_out_is_a_page_of_the_public_version(folder: Path, words: tuple[str, ...]) -> None:
    refused = report(str(folder), *words)
    assert refused.exit_code == 2
    assert refused.stderr == (
        "facevalue: --out takes a file that ends with .html, and only with --publish\n"
    )


def test_without_chromium_nothing_is_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    out = tmp_path / "public.html"
    refused = report(str(folder), "--publish", "--out", str(out), "--pdf")
    assert refused.exit_code == 2
    assert refused.stderr == (
        "facevalue: a PDF needs Chromium, and none was found. Install Chromium or Google Chrome, "
        "version 131 or newer, so that `chromium` or `google-chrome` is on the PATH, or run: "
        "playwright install chromium\n"
    )
    assert not out.exists()


def test_a_print_stands_beside_its_page(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "chromium"
    program.write_text(
        "#!/bin/sh\n"
        'for word; do case "$word" in\n'
        "  --version) echo Chromium 140.0;;\n"
        "  --print-to-pdf=*) printf '%s' \"/ModDate (D:20990101000000+00'00')\" "
        '> "${word#--print-to-pdf=}";;\n'
        "esac; done\n",
        "utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = report(str(folder), "--pdf")
    assert (done.exit_code, done.stdout) == (
        0,
        f"Report: {folder / 'report.html'}\nPDF: {folder / 'report.pdf'}\n",
    )
    # The time is that of the run.
    assert (folder / "report.pdf").read_bytes() == b"/ModDate (D:20261124120000+00'00')"
