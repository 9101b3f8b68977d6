"""The pages of the claims tell verdicts of runs that were made, of the audit files there are."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from examples_support import example_run
from facevalue.audits import library_claims

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "claims"


@pytest.fixture(scope="module")
def made() -> Any:
    """The module that makes the pages: a script, so not in a package."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import claims  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(ROOT / "docs"))
    return claims


def recorded() -> dict[str, Any]:
    document = json.loads((FOLDER / "verdicts.json").read_text("utf-8"))
    assert (document["format"], document["version"]) == ("facevalue-docs-verdicts", 1)
    found: dict[str, Any] = document["examples"]
    return found


def test_no_audit_file_has_changed_since_its_verdicts_were_recorded(made: Any) -> None:
    assert made.stale() == []
    assert sorted(recorded()) == sorted(made.EXAMPLES)


def test_a_run_of_today_says_what_was_recorded(
    made: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ran = example_run("crema-d", tmp_path / "run", tmp_path_factory)
    assert made.recorded("crema-d", ran.run) == recorded()["crema-d"]


def test_every_claim_has_a_verdict_and_a_reason_where_it_is_not_testable() -> None:
    verdicts = recorded()["all-claims"]["verdicts"]
    by_claim = {c.id: [v for v in verdicts if v["claim"] == c.id] for c in library_claims()}
    assert len(by_claim) == 20
    for claim in library_claims():
        assert by_claim[claim.id], claim.id
        for v in by_claim[claim.id]:
            if claim.why_untestable:
                assert (v["outcome"], v["reason"]) == ("not_testable", claim.why_untestable)
            assert (v["n_items"] is None) == (v["outcome"] == "not_testable")
    tested = {c for c, found in by_claim.items() if any(v["n_items"] for v in found)}
    assert tested == {"accuracy-95", "all-signals", "works-for-everyone"}


def test_a_page_has_all_its_parts() -> None:
    for claim in library_claims():
        text = (FOLDER / f"{claim.id}.md").read_text("utf-8")
        for heading in (
            "## What would have to exist", "## What evidence would settle it",
            "## What public data allow", "### Verdicts", "## What to ask", "## What is known",
            "## What would follow", "## In an audit file",
        ):  # fmt: skip
            assert f"{heading}\n" in text, (claim.id, heading)
        if claim.law:
            assert "This is not legal advice" in text
        if claim.scenario != "any":
            assert f"](../scenarios/{claim.scenario}.md)" in text, claim.id


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", "a \\| b"),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("[x](javascript:y) *z* `q`", "\\[x\\](javascript:y) \\*z\\* \\`q\\`"),
        ("two\nlines & more", "two lines &amp; more"),
    ],
)
def test_whatever_a_text_holds_a_page_shows_it(made: Any, text: str, shown: str) -> None:
    assert made.escaped(text) == shown
