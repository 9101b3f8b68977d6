"""The report of an audit under stress in real Chromium, with hostile words in every place."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from axe_support import faults
from browser_support import opened
from facevalue import flow
from facevalue.report.sections.stress import SEVERITY
from facevalue.runs import RunFolder

pytestmark = pytest.mark.browser

N_PEOPLE, EACH = 24, 3


def hostile(place: str) -> str:
    """Return words that would run, load, break out or push the page apart, and say where."""
    return (
        f"</script><img src=x onerror=alert('{place}')><svg/onload=alert(1)>"
        f"{{{{7*7}}}}=cmd|' /C calc'!A0 \"'`--> {place} {'W' * 40}"
    )


LABELS = [hostile("label a"), hostile("label b")]
ATTRIBUTE = hostile("attribute")
SYSTEMS = [hostile("system one"), hostile("system two")]

# One looks at the middle of a picture, the other at its upper left corner, which is background.
LOOKS = f"""
LABELS = {LABELS!r}


def told(grey, media):
    if media.image.mean() > 235:
        return None
    sure = min(max(grey / 255, 0.0), 1.0)
    return {{LABELS[0]: sure, LABELS[1]: 1.0 - sure}}


def middle(batch):
    return [told(float(m.image[10:22, 10:22].mean()), m) for m in batch]


def corner(batch):
    return [told(float(m.image[:8, :8].mean()), m) for m in batch]
"""


def write_pictures(folder: Path) -> list[dict[str, str]]:
    """Write pictures of 24 people in two groups, and return the rows of their manifest."""
    from PIL import Image

    rng = np.random.default_rng(5)
    rows = []
    for person in range(N_PEOPLE):
        for k in range(EACH):
            bright = (person + k) % 2 == 0
            picture = rng.normal(128, 25, (32, 32, 3))
            picture[8:24, 8:24] += 18 if bright else -18
            name = f"p{person}-{k}.png"
            Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / name)
            rows.append(
                {
                    "item": f"{hostile('item')} {person}-{k}",
                    "subject": f"{hostile('subject')} {person}",
                    "annotated": LABELS[0 if bright else 1],
                    "media": name,
                    ATTRIBUTE: f"{hostile('group')} {person % 2}",
                }
            )
    return rows


def audit_file() -> dict[str, Any]:
    """Return the audit file: floor, scales, checks, controls, a map and swapped pairs."""
    squares = [f"hide-r{r}c{c}" for r in range(1, 5) for c in range(1, 5)]
    return {
        "facevalue": 1,
        "title": hostile("title"),
        "datasets": [
            {
                "id": hostile("dataset"),
                "manifest": "items.csv",
                "taxonomy": LABELS,
                "attributes": [ATTRIBUTE],
                "groups": [ATTRIBUTE],
            }
        ],
        "systems": [
            {"name": name, "adapter": "callable", "options": {"function": f"looks:{function}"}}
            for name, function in zip(SYSTEMS, ("middle", "corner"), strict=True)
        ],
        "analyses": {"permutations": 99, "shuffles": 99},
        "stress": {
            "checks": ["repeat", "shuffled"],
            "worst": 5,
            "perturbations": [
                "least-change", "brightness-up", "gaussian-blur", "mirror",
                {"name": "jpeg", "severities": [1, 3]}, "phase-scramble", "keep-face",
                "keep-background", "swap-background", "swap-background-same-label", *squares,
            ],
        },
        "claims": [
            {
                "id": hostile("claim"),
                "says": hostile("says"),
                "metric": "unchanged",
                "at_least": 0.9,
                "condition": "gaussian-blur:3",
            }
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("stress")
    rows = write_pictures(folder)
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    (folder / "looks.py").write_text(LOOKS, "utf-8")
    # JSON is YAML.
    (folder / "audit.yaml").write_text(json.dumps(audit_file()), "utf-8")
    run = flow.audit(folder / "audit.yaml", folder / "run")
    public = flow.report_run(RunFolder.open(run.folder), is_public=True)
    return {"private": run.report, "public": public}


@pytest.mark.parametrize(("kind", "width"), [("private", 1280), ("public", 390)])
def test_the_section_fits_runs_nothing_and_is_accessible(
    browser: Any, reports: dict[str, Path], kind: str, width: int
) -> None:
    # `opened` fails on any dialog, word on the console, error or request.
    with opened(browser, reports[kind], width=width) as page:
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide == 0
        assert page.locator("#stress").count() == 1
        assert page.locator("img[src=x], svg[onload], [onerror]").count() == 0
        assert "49=cmd" not in page.inner_text("main"), "an expression was worked out"
        assert faults(page) == []


def test_without_scripts_the_section_is_complete(browser: Any, reports: dict[str, Path]) -> None:
    with opened(browser, reports["private"], java_script_enabled=False) as page:
        said = page.inner_text("#stress")
        headings = page.locator("#stress h3, #stress h4").all_inner_texts()
        assert page.locator("#stress figure svg").count() == 5
    assert SEVERITY in said
    for words in (
        "Changes that should not matter",
        "Where answers are pushed",
        "Correctness, confidence and failures",
        "Whether some are moved more than others",
        "Nothing left to answer",
        "What the answer hangs on",
        "Items whose answers change most",
    ):
        assert headings.count(words) == 2, "once for each system"
    assert "Another background, same label" in said


def test_every_figure_has_its_numbers_as_a_table(browser: Any, reports: dict[str, Path]) -> None:
    with opened(browser, reports["private"]) as page:
        figures = page.locator("#stress figure")
        for figure in figures.all():
            assert figure.locator("svg > title").inner_html()
            assert figure.locator("svg > desc").inner_html()
            assert figure.locator("details table tbody tr").count() > 0


def test_items_are_named_in_the_audits_own_report_only(reports: dict[str, Path]) -> None:
    own, public = (reports[kind].read_text("utf-8") for kind in ("private", "public"))
    assert "alert(&#39;item&#39;)" in own
    assert "alert(&#39;item&#39;)" not in public
