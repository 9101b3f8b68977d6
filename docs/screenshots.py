"""Take the pictures of the documentation: reports in headless Chromium.

``python docs/screenshots.py runs/demo runs/crema-d``, after ``make demo`` and
``facevalue audit examples/crema-d/audit.yaml --out runs/crema-d``: the first run from its top, the
second at what would follow.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TOP = {
    "report-desktop": {"viewport": {"width": 1280, "height": 1500}},
    "report-phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
    "report-dark": {"viewport": {"width": 1280, "height": 1000}, "color_scheme": "dark"},
}
SECTIONS = {
    "consequences-desktop": {"viewport": {"width": 1280, "height": 1400}},
    "consequences-phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}


def main(run: Path, follows: Path) -> None:
    """Write one picture a shot into ``docs/screenshots``."""
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    browser_path = next((path for path in found if path), None)
    if browser_path is None:
        raise SystemExit("no Chromium here; install it, e.g. apt-get install chromium")
    folder = Path(__file__).parent / "screenshots"
    folder.mkdir(exist_ok=True)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=browser_path, args=FLAGS)
        for name, options in (TOP | SECTIONS).items():
            page = browser.new_context(**options).new_page()
            page.goto(((run if name in TOP else follows) / "report.html").resolve().as_uri())
            if name in SECTIONS:
                page.locator(f"#{name.partition('-')[0]}").evaluate("s => s.scrollIntoView()")
            page.screenshot(path=folder / f"{name}.png")
            print(folder / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:] or ["runs/demo", "runs/crema-d"]))
