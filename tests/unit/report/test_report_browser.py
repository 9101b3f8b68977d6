"""The page in a browser: no sideways scroll, and the filter filters."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from facevalue.report import build_report
from report_factory import hostile, realistic
from support import missing

pytestmark = pytest.mark.browser

WRAPPER = """<!doctype html><iframe id=f src="report.html" width=WIDTH height=900></iframe>
<pre id=out></pre><script>
f.onload = () => {
  const d = f.contentDocument, root = d.documentElement;
  const out = {scroll: root.scrollWidth, seen: root.clientWidth, hidden: d.getElementById("filter").hidden};
  const input = d.getElementById("filter-words");
  input.value = "ACCURACY female  rest";
  input.dispatchEvent(new Event("input"));
  setTimeout(() => {
    out.rows = d.querySelectorAll("#every tbody tr:not([hidden])").length;
    out.count = d.getElementById("filter-count").textContent;
    out.scripts = f.contentWindow.hacked === undefined;
    document.getElementById("out").textContent = JSON.stringify(out);
  }, 400);
};
</script>"""  # noqa: E501


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def browser() -> str:
    found = next((b for n in ("chromium", "google-chrome") if (b := shutil.which(n))), None)
    if found is None:
        missing("Chromium")
        raise AssertionError
    return found


def seen(folder: Path, html: str, width: int) -> dict[str, object]:
    program = browser()
    (folder / "report.html").write_text(html, encoding="utf-8")
    (folder / "frame.html").write_text(WRAPPER.replace("WIDTH", str(width)), encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            done = subprocess.run(
                [
                    program,
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    f"--user-data-dir={folder / 'profile'}",
                    "--virtual-time-budget=5000",
                    "--window-size=1400,1000",
                    "--dump-dom",
                    f"http://127.0.0.1:{server.server_port}/frame.html",
                ],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
        finally:
            server.shutdown()
            thread.join()
    found = re.search(r'<pre id="out">(.*?)</pre>', done.stdout)
    assert found, done.stdout[:500]
    return dict(json.loads(found[1]))


@pytest.mark.parametrize("width", [390, 1280])
def test_no_sideways_scroll_and_a_filter_that_works(tmp_path: Path, width: int) -> None:
    out = seen(tmp_path, build_report(realistic()), width)
    assert out["scroll"] == out["seen"]
    assert out["hidden"] is False
    # accuracy against rest: female, and the three intersections of it
    assert (out["rows"], out["count"]) == (4, "4 of 223 findings")


def test_a_hostile_page_does_not_scroll_sideways_on_a_phone(tmp_path: Path) -> None:
    out = seen(tmp_path, build_report(hostile()), 390)
    assert out["scroll"] == out["seen"]
