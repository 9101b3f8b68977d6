"""One Chromium for tests that look at reports, and how each of them opens a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support import missing, require

__all__ = ["chromium", "opened"]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a Chromium, or skip (fail, where everything is required) without one."""
    require("playwright")
    from playwright.sync_api import sync_playwright

    found = [shutil.which(n) for n in ("chromium", "chromium-browser", "google-chrome")]
    path = next((p for p in found if p), None)
    if path is None:
        missing("Chromium")
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, path: Path, *, width: int = 1280, **context: Any) -> Iterator[Any]:
    """Open a page; any word on the console, error or request beyond it fails the test."""
    made = browser.new_context(viewport={"width": width, "height": 900}, **context)
    page = made.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    assert said == []
    assert {url for url in asked if not url.startswith("blob:")} == {path.as_uri()}
    made.close()
