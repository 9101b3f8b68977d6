"""The example with all claims of the library comes out as its page says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from test_examples import ROUNDING, assert_page_says, rows_of, told

from examples_support import EXAMPLES, Ran, example_run


@pytest.fixture(scope="module")
def all_claims(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    run = tmp_path_factory.mktemp("all-claims") / "run"
    return example_run("all-claims", run, tmp_path_factory)


def test_all_twenty_claims_get_a_verdict(all_claims: Ran) -> None:
    tested = {
        "accuracy-95-voice": "not_upheld", "accuracy-95-face": "not_upheld",
        "accuracy-95-both": "not_upheld", "accuracy-95-web": "not_upheld",
        "all-signals": "not_upheld", "works-for-everyone": "inconclusive",
    }  # fmt: skip
    outcomes = {v["claim"]["id"]: v["outcome"] for v in all_claims.verdicts}
    assert {c: o for c, o in outcomes.items() if o != "not_testable"} == tested
    # Twenty claims, of which three are tested: accuracy in four places.
    assert len(outcomes) - len(tested) == 17
    assert all(v["reason"] for v in all_claims.verdicts if v["outcome"] == "not_testable")
    assert all_claims.status == 1
    assert told(all_claims, "**Seventeen claims are not testable**")


def test_page_of_all_claims(all_claims: Ran) -> None:
    page = rows_of(all_claims, "claim")
    places: dict[str, dict[str, Any]] = {
        "accuracy-95, voice": {"condition": "modality=voice", "dataset": "crema-d"},
        "accuracy-95, face": {"condition": "modality=face", "dataset": "crema-d"},
        "accuracy-95, both": {"condition": "modality=both", "dataset": "crema-d"},
        "accuracy-95": {"dataset": "ferplus"},
        "all-signals": {"condition": "modality=both", "dataset": "crema-d"},
    }
    assert list(page) == [*places, "works-for-everyone"]
    for name, place in places.items():
        assert_page_says(page[name][1], all_claims.estimate("accuracy", **place), ROUNDING)
    for group, words in (
        ("both", "5.6 points more often than the face alone (5.0 to 6.3)"),
        ("voice", "17.4 points less often than the face alone (16.1 to 18.8)"),
    ):
        found = all_claims.estimate(
            "accuracy", dataset="crema-d", attribute="modality", group=group, reference="face"
        )
        said = [float(x) for x in re.findall(r"\d+\.\d", words)]
        measured = sorted(100 * abs(x) for x in (found.value, found.low, found.high))
        assert sorted(said) == pytest.approx(measured, abs=ROUNDING)
        assert told(all_claims, words)
    notes = (EXAMPLES.parent / "docs" / "claims" / "notes.yaml").read_text("utf-8")
    assert "5.6 points more often than the face alone (5.0 to 6.3)" in notes
