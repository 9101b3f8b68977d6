"""From the record of a run to what a report says of changed media."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from facevalue import flow
from facevalue.audits.spec import ReadAudit, read_audit
from facevalue.errors import InputError
from facevalue.report.stress_sheets import stress_sheets, worst_items
from facevalue.runs import RunFolder
from facevalue.stresses import Kept
from flow_support import AUDIT, N_ITEMS, NOW, build

STRESS = """
stress:
  worst: 2
  checks: [repeat]
  perturbations: [least-change, {name: brightness-up, severities: [4, 5]}]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stressed")
    audit = build(folder, AUDIT + STRESS)
    return flow.audit(audit, folder / "run", now=NOW).folder


def record(**parts: Any) -> dict[str, Any]:
    kept = Kept(
        system="mine", dataset="pictures", floor=None, n_looks=1, stopped=(), n_items=40,
        conditions=(
            {"name": "gone-plugin:2", "family": "robustness", "curve": "gone-plugin",
             "severity": 2, "n_asked": 40},
            {"name": "swap-face:5", "family": "reliance", "curve": "swap-face", "severity": 5,
             "n_asked": 40},
            {"name": "alone", "family": "robustness", "curve": None, "severity": None,
             "n_asked": 40},
        ),
    )  # fmt: skip
    return {"stress": [kept.as_json() | parts]}


def plain(folder: Path) -> tuple[RunFolder, ReadAudit]:
    return RunFolder.open(folder), read_audit(build(folder.parent / "plain"))


def test_what_is_no_step_of_the_scale_is_told_apart(run: Path) -> None:
    steps = [("least-change", 1), ("pad-end", 1), ("brightness-up", 1), ("swap-face", 5)]
    told = record(
        conditions=[
            {"name": f"{curve}:{s}", "family": "robustness", "curve": curve, "severity": s,
             "n_asked": 40}
            for curve, s in steps
        ]
    )  # fmt: skip
    (sheet,) = stress_sheets(*plain(run), told)
    assert [(c.curve, c.is_smallest, c.is_below_scale) for c in sheet.conditions] == [
        ("least-change", True, True),
        ("pad-end", False, True),
        ("brightness-up", False, False),
        ("swap-face", False, False),
    ]


def test_the_record_of_a_run_is_read_with_titles_and_headings(run: Path) -> None:
    (sheet,) = flow.report_material(RunFolder.open(run)).stressed
    assert (sheet.system, sheet.dataset, sheet.floor) == ("mine", "pictures", "least-change:1")
    assert [(c.name, c.title, c.heading, c.n_asked) for c in sheet.conditions] == [
        ("repeat", "the same media, asked again", "", N_ITEMS),
        ("least-change:1", "Smallest change", "noise", N_ITEMS),
        ("brightness-up:4", "Brighter", "light", N_ITEMS),
        ("brightness-up:5", "Brighter", "light", N_ITEMS),
    ]


def test_worst_items_are_read_from_the_answers_only_where_asked_for(run: Path) -> None:
    folder = RunFolder.open(run)
    (sheet,) = flow.report_material(folder).stressed
    assert len(sheet.worst) == 2
    first, second = sheet.worst
    assert first.n_changed / first.n_asked >= second.n_changed / second.n_asked > 0
    assert first.n_asked == 4
    told = {"stress": list(flow.read_record(folder)["stress"])}
    assert stress_sheets(folder, plain(run)[1], told)[0].worst == ()


def test_names_that_are_no_longer_known_stand_for_themselves(run: Path) -> None:
    (sheet,) = stress_sheets(*plain(run), record())
    assert (sheet.conditions[0].title, sheet.conditions[0].heading) == ("gone-plugin", "")
    assert sheet.conditions[1].title == "Another face"
    assert sheet.conditions[2].title == "the same media, one at a time"


def test_a_record_of_a_run_without_stress_is_empty(run: Path) -> None:
    assert stress_sheets(*plain(run), {}) == ()


@pytest.mark.parametrize("damaged", [{"conditions": [{"name": "x"}]}, {"conditions": 3}])
def test_a_damaged_record_is_told(run: Path, damaged: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        stress_sheets(*plain(run), record(**damaged))
    assert str(caught.value) == "the record of the stress in the run folder is damaged"


def answers(*rows: tuple[str, str | None, str]) -> pl.DataFrame:
    return pl.DataFrame(
        {"item": [r[0] for r in rows], "label": [r[1] for r in rows],
         "condition": [r[2] for r in rows],
         "failure": ["timeout" if r[1] is None else None for r in rows]},
        schema=dict.fromkeys(("item", "label", "condition", "failure"), pl.String),
    )  # fmt: skip


def worst(
    base: pl.DataFrame, under: pl.DataFrame, labels: dict[str, str] | None = None
) -> list[tuple[str, int, int]]:
    found = worst_items(base, under, labels or {}, ["x:1", "x:2"])
    return [(w.item, w.n_changed, w.n_asked) for w in found]


def test_labels_that_mean_the_same_are_no_change() -> None:
    base = answers(("a", "sad", ""), ("b", "sad", ""))
    under = answers(("a", "unhappy", "x:1"), ("b", "glad", "x:1"))
    labels = {"unhappy": "sadness", "sad": "sadness"}
    assert worst(base, under, labels) == [("b", 1, 1)]


def test_a_failure_is_a_change_and_a_failure_before_is_none() -> None:
    base = answers(("a", "sad", ""), ("b", None, ""))
    under = answers(("a", None, "x:1"), ("b", "glad", "x:1"))
    assert worst(base, under) == [("a", 1, 1)]


def test_what_could_not_be_changed_was_not_asked() -> None:
    base = answers(("a", "sad", ""))
    under = answers(("a", None, "x:1"), ("a", "glad", "x:2"))
    unmade = under.with_columns(failure=pl.lit("unmade"))
    assert worst(base, unmade.with_columns(label=pl.lit(None, pl.String))) == []
    assert worst(base, under.tail(1)) == [("a", 1, 1)]


def test_only_the_conditions_that_should_not_matter_count() -> None:
    base = answers(("a", "sad", ""))
    under = answers(("a", "glad", "hide:1"), ("a", "sad", "x:1"))
    assert worst(base, under) == []


def test_the_share_decides_then_the_count_then_the_name() -> None:
    base = answers(*((i, "sad", "") for i in "abcd"))
    under = answers(
        ("a", "glad", "x:1"), ("a", "sad", "x:2"),
        ("b", "glad", "x:1"),
        ("c", "glad", "x:1"), ("c", "glad", "x:2"),
        ("d", "glad", "x:1"), ("d", "glad", "x:2"),
    )  # fmt: skip
    assert [item for item, _, _ in worst(base, under)] == ["c", "d", "b", "a"]


def test_the_first_condition_that_changes_an_answer_is_told_with_both_answers() -> None:
    base = answers(("a", "sad", ""), ("b", "sad", ""))
    under = answers(
        ("b", "cross", "x:3"), ("a", "glad", "x:2"), ("a", "sad", "x:1"), ("b", None, "x:1"),
        ("a", "cross", "x:3"), ("b", "sad", "x:2"),
    )  # fmt: skip
    a, b = worst_items(base, under, {"glad": "joy"}, ["x:1", "x:2", "x:3"])
    assert (a.item, a.condition, a.before, a.after) == ("a", "x:2", "sad", "joy")
    assert (b.item, b.condition, b.before, b.after) == ("b", "x:1", "sad", None)


def test_labels_that_are_never_evaluated_are_no_answers_before_and_a_change_after() -> None:
    base = answers(("a", "race: asian", ""), ("b", "sad", ""))
    under = answers(("a", "sad", "x:1"), ("b", "race: asian", "x:1"), ("b", "sad", "x:2"))
    (found,) = worst_items(base, under, {}, ["x:1", "x:2"])
    assert (found.item, found.n_changed, found.n_asked) == ("b", 1, 2)
    assert found.after == "a label that is not evaluated"
