"""A report on paper: the page printed by a Chromium that is already here.

Why Chromium and not a library is in ``docs/adr/0017-pdf.md``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from facevalue.atomic import write_bytes
from facevalue.errors import InputError

__all__ = ["dated", "find_chromium", "write_pdf"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLAYWRIGHT = "chromium-*/chrome-*/chrome"
"""Where Playwright keeps the Chromium that it installs, under its folder."""

OLDEST = 131
"""The first version that prints what stands in the margins of a page: its number."""

TIMEOUT_S = 120.0
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
HOW = (
    "Install Chromium or Google Chrome, version 131 or newer, so that `chromium` or "
    "`google-chrome` is on the PATH, or run: playwright install chromium"
)
_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}([^)]*)\)")


def write_pdf(page: Path, out: Path, *, at: str = "") -> Path:
    """Print a report to A4 and write it whole or not at all; return its path.

    Parameters
    ----------
    page
        The report, an HTML file.
    out
        The file to write.
    at
        Time that the file says it was made, as in the report (``2026-11-24T19:38:29Z``): a
        print made later is of the same audit.

    Raises
    ------
    InputError
        If there is no Chromium that can do it, or it did not.
    """
    program = find_chromium()
    with tempfile.TemporaryDirectory(prefix="facevalue-pdf-") as work:
        made = Path(work, "report.pdf")
        done = _run(
            [
                program,
                *FLAGS,
                *_sandbox(),
                f"--user-data-dir={Path(work, 'profile')}",
                f"--print-to-pdf={made}",
                page.resolve().as_uri(),
            ]
        )
        if not made.is_file():
            raise InputError(
                f"{program} did not print {page.name} (exit status {done.returncode}): "
                f"{_last_words(done.stderr)}. {HOW}"
            )
        write_bytes(out, dated(made.read_bytes(), at))
    return out


def find_chromium() -> str:
    """Return the path of a Chromium that prints page numbers.

    Raises
    ------
    InputError
        If there is none, or only older ones.
    """
    found = list(_candidates())
    for program in found:
        if _version(program) >= OLDEST:
            return program
    if found:
        raise InputError(
            f"a PDF needs Chromium {OLDEST} or newer for its page numbers; {found[0]} is older "
            f"or does not start. {HOW}"
        )
    raise InputError(f"a PDF needs Chromium, and none was found. {HOW}")


def _candidates() -> Iterator[str]:
    for name in NAMES:
        if path := shutil.which(name):
            yield path
    folder = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    cache = Path(folder) if folder else Path.home() / ".cache" / "ms-playwright"
    yield from (str(path) for path in sorted(cache.glob(PLAYWRIGHT), reverse=True))


def _version(program: str) -> int:
    """Return the first number of a program's version; 0 where it tells none."""
    try:
        done = _run([program, "--version"])
    except InputError:
        return 0
    found = re.search(rb"(\d+)\.\d+", done.stdout)
    return int(found[1]) if found else 0


def _sandbox() -> tuple[str, ...]:
    # Chromium refuses to start its sandbox as root; the page is ours and loads nothing.
    is_root = sys.platform != "win32" and os.geteuid() == 0
    return ("--no-sandbox",) if is_root else ()


def _run(argv: list[str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{argv[0]} could not be run to print a PDF: {error}. {HOW}") from error


def _last_words(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    return next((line[:300] for line in reversed(lines) if line), "it gave no reason")


def dated(pdf: bytes, at: str) -> bytes:
    r"""Return a PDF with its two dates set to ``at``, of the same length.

    Examples
    --------
    >>> dated(b"/CreationDate (D:20300101120000+00'00')", "2026-11-24T19:38:29Z")
    b"/CreationDate (D:20261124193829+00'00')"
    """
    digits = re.sub(r"\D", "", at)
    stamp = (digits if len(digits) == 14 else "19700101000000").encode("ascii")
    return _DATE.sub(lambda m: b"/%s (D:%s%s)" % (m[1], stamp, m[2]), pdf)
