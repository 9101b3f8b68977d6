"""Model cards: metadata that a hub reads, and the sections of a card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from exports_support import source_of, tables
from facevalue.exports.model_card import model_card
from facevalue.report import ReportInput
from report_factory import FER, RATERS, hostile, realistic, small


def metadata(report: ReportInput) -> dict[str, Any]:
    _, front, _ = model_card(source_of(report)).split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(front)
    return found


def test_the_index_holds_the_estimates_with_their_intervals() -> None:
    report = realistic()
    card = metadata(report)
    assert [m["name"] for m in card["model-index"]] == ["human raters", "fer"]
    (result,) = card["model-index"][0]["results"]
    assert result["dataset"] == {
        "type": "crema-d", "name": "CREMA-D ratings", "revision": "3f" * 32,
    }  # fmt: skip
    whole = report.findings.findings[0].result
    assert result["metrics"][0] == {
        "type": "accuracy", "name": "accuracy", "value": whole.value,
        "args": {"low": 0.5342 - 0.012, "high": 0.5342 + 0.012, "level": 0.95,
                 "n_items": 2480, "n_subjects": 91},
    }  # fmt: skip
    # Every estimate of the whole sample, and of nothing else.
    assert {m["type"] for m in result["metrics"]} == {
        "accuracy", "ece", "f1", "mcc", "precision", "recall", "uar",
    }  # fmt: skip
    assert card["datasets"] == ["crema-d", "lfw-subset"]
    assert card["metrics"] == sorted({*card["metrics"], "failure_rate"})


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        ("MIT", {"license": "mit"}),
        ("Apache 2.0", {"license": "apache-2.0"}),
        ("for research only", {"license": "other", "license_name": "for research only"}),
        ("GPL-3.0", {"license": "gpl-3.0"}),
    ],
)
def test_the_licence_is_one_that_hubs_know_or_another(licence: str, told: dict[str, str]) -> None:
    card = metadata(small(systems=(replace(FER, about={"licence": licence}),)))
    assert {k: v for k, v in card.items() if k.startswith("license")} == told


def test_two_licences_are_no_licence_of_all() -> None:
    systems = tuple(replace(FER, name=x, about={"licence": x}) for x in ("MIT", "BSD"))
    assert "license" not in metadata(small(systems=systems))
    # Nor is one that only one of two states.
    assert "license" not in metadata(small(systems=(systems[0], RATERS)))


def test_controls_are_part_of_the_analyses() -> None:
    found = tables(model_card(source_of(realistic())))
    rows = found["Items without an emotion to find, or with none left: fer on lfw-subset"]
    assert rows[0]["Value"] == "98.0 %"
    # The pictures declare no subjects: their number is not told as one of people.
    (result,) = metadata(realistic())["model-index"][1]["results"]
    assert "n_subjects" not in result["metrics"][0]["args"]


def test_the_card_has_the_sections_and_says_what_is_unknown() -> None:
    text = model_card(source_of(realistic()))
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        "Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data",
        "Quantitative analyses", "Ethical considerations", "Caveats and recommendations",
    ]  # fmt: skip
    assert text.count("Not known from this run.") == 2
    found = tables(text)
    one = found["Unitary: by one attribute: human raters on crema-d"]
    several = found["Intersectional: human raters on crema-d"]
    assert not any("×" in r["Measure"] for r in one)
    assert all("×" in r["Measure"] for r in several)
    assert "**Groups of people told apart:** sex, race, age\\_band and sex × race" in text
    assert "not upheld: accuracy-95, “recognises a person's emotion" in text


def test_a_system_that_names_groups_is_said_to() -> None:
    text = model_card(source_of(small(systems=(replace(RATERS, prohibited=("asian",)),))))
    assert "human raters has output labels that name ethnicity, race or religion: “asian”" in text


def test_hostile_names_stay_text_in_yaml() -> None:
    report = hostile()
    card = metadata(report)
    assert card["model-index"][0]["name"] == report.systems[0].name
    assert set(card) == {"tags", "datasets", "metrics", "model-index"}
