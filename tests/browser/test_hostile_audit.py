"""An audit with hostile words in every field that takes words, from the files to the page."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from axe_support import faults
from browser_support import opened
from facevalue import flow
from facevalue.runs import RunFolder

pytestmark = pytest.mark.browser


def hostile(place: str) -> str:
    """Return words that would run, load, break out or push the page apart, and say where."""
    return (
        f"</script><img src=x onerror=alert('{place}')><svg/onload=alert(1)>"
        f"{{{{7*7}}}}${{7*7}}=cmd|' /C calc'!A0 \"'`--> {place} {'W' * 60}"
    )


LABELS = [hostile("label a"), hostile("label b")]
ATTRIBUTE = hostile("attribute")


def rows() -> list[dict[str, str]]:
    """Return 120 items of 20 people, in two groups, under three conditions."""
    return [
        {
            "item": f"{hostile('item')} {i}",
            "subject": f"{hostile('subject')} {i // 6}",
            "annotated": LABELS[i % 2],
            ATTRIBUTE: f"{hostile('group')} {i // 6 % 2}",
            "light": f"{hostile('condition')} {i % 3}",
        }
        for i in range(120)
    ]


def answers() -> list[list[str]]:
    """Return answers: every seventh wrong, every seventeenth a failure."""
    wrong = {LABELS[0]: LABELS[1], LABELS[1]: LABELS[0]}
    told = [["item", "label", "failed", "detail"]]
    for i, row in enumerate(rows()):
        annotated = row["annotated"]
        if i % 17 == 0:
            told.append([row["item"], "", "refused", hostile("detail")])
        else:
            told.append([row["item"], wrong[annotated] if i % 7 == 0 else annotated, "", ""])
    return told


def number(value: float, place: str) -> dict[str, Any]:
    """Return a number of a scenario with its reason."""
    return {"value": value, "low": value / 2, "high": min(value * 2, 1e6), "why": hostile(place)}


def scenario() -> dict[str, Any]:
    """Return a use of one's own."""
    return {
        "facevalue_scenario": 1,
        "name": "own",
        "title": hostile("scenario title"),
        "who": hostile("scenario who"),
        "people": hostile("people"),
        "sought": hostile("sought"),
        "people_a_day": number(1000, "people a day"),
        "base_rate": number(0.001, "base rate"),
        "claimed": {"value": 0.95, "why": hostile("claimed")},
        "leads_to": hostile("leads to"),
        "looks": number(12, "looks"),
        "period": hostile("period"),
        "review": {k: number(5, k) for k in ("minutes", "staff", "hours")},
        "settles": hostile("settles"),
        "flag": {"labels": [LABELS[0]], "calm": [LABELS[1]], "why": hostile("flag")},
    }


def audit_file() -> dict[str, Any]:
    """Return the audit file."""
    return {
        "facevalue": 1,
        "title": hostile("title"),
        "about": hostile("about"),
        "datasets": [
            {
                "id": hostile("dataset"),
                "manifest": "items.csv",
                "taxonomy": LABELS,
                "attributes": [ATTRIBUTE, "light"],
                "groups": [ATTRIBUTE],
                "conditions": ["light"],
            }
        ],
        "systems": [
            {
                "name": hostile("system"),
                "adapter": "predictions",
                "options": {"file": "answers.csv"},
            }
        ],
        "claims": [
            {
                "id": hostile("claim"),
                "says": hostile("says"),
                "who": hostile("who"),
                "source": hostile("source"),
                "metric": "accuracy",
                "at_least": 0.9,
            },
            {
                "id": hostile("claim of a gap"),
                "says": hostile("says of a gap"),
                "metric": "accuracy",
                "largest_gap_at_most": 0.05,
                "over": [ATTRIBUTE],
            },
        ],
        "scenarios": [{"file": "own.yaml", "attribute": ATTRIBUTE}],
    }


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("hostile")
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows()[0])
        writer.writeheader()
        writer.writerows(rows())
    with (folder / "answers.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(answers())
    # JSON is YAML.
    (folder / "own.yaml").write_text(json.dumps(scenario()), "utf-8")
    (folder / "audit.yaml").write_text(json.dumps(audit_file()), "utf-8")
    run = flow.audit(folder / "audit.yaml", folder / "run")
    public = flow.report_run(RunFolder.open(run.folder), is_public=True)
    return {"private": run.report, "public": public}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("kind", ["private", "public"])
def test_nothing_runs_and_nothing_breaks_the_layout(
    browser: Any, reports: dict[str, Path], kind: str, width: int
) -> None:
    # `opened` fails on any dialog, word on the console, error or request.
    with opened(browser, reports[kind], width=width) as page:
        for control in page.locator("input:visible, select:visible").all():
            control.focus()
            page.keyboard.press("ArrowRight")
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide == 0
        injected = "img[src=x], svg[onload], [onerror]"
        assert page.locator(injected).count() == 0
        assert "49$" not in page.inner_text("main"), "an expression was worked out"
        assert faults(page) == []


def test_the_words_are_there_to_be_read(reports: dict[str, Path]) -> None:
    page = reports["private"].read_text("utf-8")
    told = ["title", "says", "system", "dataset", "group", "label a", "scenario title", "leads to"]
    assert [place for place in told if f"alert(&#39;{place}&#39;)" not in page] == []
