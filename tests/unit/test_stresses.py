"""Stress in a whole audit: what is asked, how far, what is kept, and what is said of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from facevalue import flow
from facevalue.audits import FindingSet, read_audit
from facevalue.dataset import DatasetSpec, open_dataset
from facevalue.errors import AuditSpecError, InputError
from facevalue.runs import RunFolder, stress_name
from facevalue.stresses import Kept, check_stress, media_kind, planned, stress_of
from facevalue.stresses.asking import _rounds
from flow_support import AUDIT, N_ITEMS, NOW, asked, build
from support import require

STRESS = """\
stress:
  checks: [repeat, alone]
  perturbations: [least-change, {name: brightness-down, severities: [1, 5]}, mirror]
"""


def audited(folder: Path, stress: str = STRESS, audit: str = AUDIT) -> flow.Run:
    require("PIL")
    require("cv2")
    return flow.audit(build(folder, audit + stress), folder / "run", now=NOW)


def record(run: flow.Run) -> Any:
    return json.loads((run.folder / "run.json").read_text("utf-8"))["stress"]


def under(run: flow.Run) -> pl.DataFrame:
    return RunFolder.open(run.folder).read_answers("mine", stress_name("pictures"))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> flow.Run:
    return audited(tmp_path_factory.mktemp("stress"))


def shares(findings: FindingSet, metric: str = "unchanged") -> dict[str | None, float | None]:
    return {
        f.place.condition: f.result.value for f in findings.where(metric=metric, attribute=None)
    }


def test_every_item_is_asked_once_under_every_condition(done: flow.Run) -> None:
    (told,) = record(done)
    names = [c["name"] for c in told["conditions"]]
    assert names == [
        "repeat", "alone", "least-change:1", "brightness-down:1", "brightness-down:5", "mirror:5",
    ]  # fmt: skip
    assert {c["n_asked"] for c in told["conditions"]} == {N_ITEMS}
    assert (told["floor"], told["n_looks"], told["stopped"]) == ("least-change:1", 1, [])
    assert told["says"] == ""
    table = under(done)
    assert table.height == 6 * N_ITEMS
    assert table["condition"].unique(maintain_order=True).to_list() == names


def test_what_a_system_hangs_on_is_found(done: flow.Run) -> None:
    # It answers by the mean grey: a mirror image has the same, darkness another.
    found = shares(done.findings)
    assert found["repeat"] == found["alone"] == found["mirror:5"] == 1.0
    darkest = found["brightness-down:5"]
    assert darkest is not None
    assert darkest < 0.7
    assert shares(done.findings, "unchanged_area").keys() == {"brightness-down"}


def test_the_answers_to_unchanged_media_are_those_of_an_audit_without_stress(
    done: flow.Run, tmp_path: Path
) -> None:
    plain = audited(tmp_path, stress="")
    ours, theirs = (
        [f.row() for f in run.findings if f.place.family not in ("robustness", "reliance")
         and ":" not in (f.place.condition or "")
         and f.place.condition not in ("repeat", "alone")]
        for run in (done, plain)
    )  # fmt: skip
    assert ours == theirs
    assert json.loads((plain.folder / "run.json").read_text("utf-8"))["stress"] == []


def test_asked_again_nothing_is_asked_and_another_severity_asks_only_for_itself(
    tmp_path: Path,
) -> None:
    run = audited(tmp_path)
    before = sum(asked(tmp_path).values())
    again = audited(tmp_path)
    assert sum(asked(tmp_path).values()) == before
    assert (run.folder / "findings.parquet").read_bytes() == (
        again.folder / "findings.parquet"
    ).read_bytes()
    audited(tmp_path, STRESS.replace("[1, 5]", "[1, 2, 5]"))
    # Items with equal pictures are one question.
    first = len({row["sha256"] for row in _items(tmp_path).iter_rows(named=True)})
    assert sum(asked(tmp_path).values()) == before + first


def _items(folder: Path) -> pl.DataFrame:
    spec = read_audit(folder / "audit.yaml").spec.datasets[0]
    assert spec.manifest is not None
    made = DatasetSpec(id="pictures", manifest=spec.manifest, taxonomy=spec.own_taxonomy())
    return open_dataset(made, base=folder).items


def test_a_budget_leaves_whole_people_in_a_drawn_order(tmp_path: Path) -> None:
    run = audited(tmp_path, STRESS + "  budget: {items: 90}\n")
    (told,) = record(run)
    n = {c["name"]: c["n_asked"] for c in told["conditions"]}
    assert 0 < min(n.values()) <= max(n.values()) < N_ITEMS
    # Conditions are equally complete, but for the item at which it was spent.
    assert max(n.values()) - min(n.values()) <= 1
    assert told["says"].startswith("The budget of 90 questions lasts for no further item: ")
    assert sum(asked(tmp_path).values()) <= 90
    base = RunFolder.open(run.folder).read_answers("mine", "pictures")
    assert base.height == max([base.height, *n.values()])
    # What was not asked is no failure: it is not there.
    failed = run.findings.where(metric="failure_rate", condition=None, attribute=None)
    assert failed[0].result.n_items == base.height


def test_a_budget_leaves_swaps_and_other_orders_as_complete_as_the_rest(tmp_path: Path) -> None:
    stress = (
        "stress:\n  checks: [repeat, shuffled]\n"
        "  perturbations: [least-change, swap-background, mirror]\n  budget: {items: 100}\n"
    )
    (told,) = record(audited(tmp_path, stress))
    n = {c["name"]: c["n_asked"] for c in told["conditions"]}
    assert set(n) == {"repeat", "shuffled", "least-change:1", "swap-background:3", "mirror:5"}
    assert max(n.values()) - min(n.values()) <= 1
    assert max(n.values()) >= 15


def test_a_budget_that_lasts_for_one_item_cannot_tell_of_neighbours(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        audited(tmp_path, STRESS + "  budget: {items: 9}\n")
    assert str(caught.value) == (
        "a budget of 9 questions lasts for 1 item (7 questions each). Items that are asked "
        "together are compared by: alone. Give 14 questions or more, or leave these checks out."
    )
    assert not asked(tmp_path)
    run = audited(tmp_path, STRESS.replace(", alone", "") + "  budget: {items: 9}\n")
    (told,) = record(run)
    assert {c["n_asked"] for c in told["conditions"]} == {1}


def test_a_finished_store_is_read_at_once_whatever_the_budget(tmp_path: Path) -> None:
    audited(tmp_path)
    before = sum(asked(tmp_path).values())
    (told,) = record(audited(tmp_path, STRESS + "  budget: {items: 20}\n"))
    assert {c["n_asked"] for c in told["conditions"]} == {N_ITEMS}
    assert told["says"] == ""
    assert sum(asked(tmp_path).values()) == before


def test_a_small_budget_does_not_hide_that_answers_hang_on_neighbours(tmp_path: Path) -> None:
    first = (
        "def at(batch):\n    return ['light' if i == 0 else 'dark' for i, _ in enumerate(batch)]\n"
    )
    build(tmp_path, AUDIT + STRESS)
    (tmp_path / "looks.py").write_text(first, "utf-8")
    path = tmp_path / "audit.yaml"
    path.write_text(path.read_text("utf-8") + "  budget: {items: 60}\n", "utf-8")
    for _ in range(4):
        flow.audit(path, tmp_path / "run", now=NOW)
    run = flow.audit(path, tmp_path / "run", now=NOW)
    assert shares(run.findings)["repeat"] == 1.0
    alone = shares(run.findings)["alone"]
    assert alone is not None
    assert alone < 0.6


def test_going_on_with_a_larger_budget_asks_for_the_rest(tmp_path: Path) -> None:
    audited(tmp_path, STRESS + "  budget: {items: 90}\n")
    run = audited(tmp_path, STRESS)
    (told,) = record(run)
    assert {c["n_asked"] for c in told["conditions"]} == {N_ITEMS}
    whole = audited(tmp_path / "whole", STRESS)
    assert run.findings.to_polars().equals(whole.findings.to_polars())


def test_asking_stops_where_an_interval_is_narrow_enough(tmp_path: Path) -> None:
    run = audited(tmp_path, STRESS + "  stop: {half_width: 0.3, looks: 2}\n")
    (told,) = record(run)
    assert told["n_looks"] == 2
    assert told["stopped"]
    n = {c["name"]: c["n_asked"] for c in told["conditions"]}
    # Half of ten people with four pictures each.
    assert {n[name] for name in told["stopped"]} == {N_ITEMS // 2}
    (found,) = run.findings.where(metric="unchanged", condition="repeat", attribute=None)
    assert "allows for 2 looks" in found.row()["method"]


def test_claims_under_stress_are_judged_and_gated(tmp_path: Path) -> None:
    claims = """\
  - id: steady
    says: it is not moved by darkness
    metric: unchanged
    at_least: 0.9
    condition: brightness-down:5
  - id: mirrored
    says: it is not moved by a mirror
    metric: unchanged
    at_least: 0.3
    condition: mirror:5
"""
    run = audited(tmp_path, STRESS, AUDIT + claims)
    verdicts = {v.claim.id: v for v in run.verdicts}
    assert verdicts["steady"].outcome.value == "not_upheld"
    assert "share of answers unchanged under brightness-down:5" in verdicts["steady"].sentence
    assert verdicts["mirrored"].skill_shown
    assert verdicts["mirrored"].outcome.value == "upheld"


GUESS = "def at(batch):\n    return [{'light': 1.0, 'dark': 0.0, 'murky': 0.0} for _ in batch]\n"
NEVER = "def at(batch):\n    return [{'light': 0.0, 'dark': 0.0, 'murky': 1.0} for _ in batch]\n"


@pytest.mark.parametrize(
    ("code", "metric", "bound", "condition"),
    [
        (GUESS, "unchanged", "at_least: 0.3", "mirror:5"),
        (GUESS, "accuracy_change", "at_least: -0.9", "mirror:5"),
        (NEVER, "answer_rate", "at_most: 0.9", "box-scramble:5"),
    ],
)
def test_no_claim_under_stress_is_upheld_for_a_system_that_guesses(
    tmp_path: Path, code: str, metric: str, bound: str, condition: str
) -> None:
    claim = f"""\
  - id: steady
    says: it is not moved
    metric: {metric}
    {bound}
    condition: {condition}
"""
    stress = "stress:\n  perturbations: [mirror, box-scramble]\n"
    audit = (AUDIT + claim + stress).replace("looks:at", "guess:at")
    path = build(tmp_path, audit.replace("murky: outside", "murky: none"))
    (tmp_path / "guess.py").write_text(code)
    verdicts = {v.claim.id: v for v in flow.audit(path, tmp_path / "run", now=NOW).verdicts}
    assert verdicts["steady"].outcome.value == "inconclusive", verdicts["steady"]
    assert "a system that guesses may be moved by nothing" in str(verdicts["steady"].reason)
    assert verdicts["steady"].further_subjects is None


def test_people_come_one_after_the_other_whatever_the_order_of_the_manifest() -> None:
    items = pl.DataFrame(
        {"item": [f"{label}{p}" for label in "ab" for p in range(20)], "subject": [
            f"p{p}" for _ in "ab" for p in range(20)]}
    )  # fmt: skip
    rounds = _rounds(SimpleNamespace(items=items), 4, 3)  # type: ignore[arg-type]  # its items are all that is asked for
    assert [len(r) for r in rounds] == [10] * 4
    order = [item for items in rounds for item in items]
    # Both items of a person, then both of the next: a cut leaves as many of either label.
    assert [item[1:] for item in order[::2]] == [item[1:] for item in order[1::2]]
    assert {item[0] for item in order[::2]} == {"a"}


def test_a_budget_that_is_spent_on_the_first_dataset_leaves_the_second_unasked(
    tmp_path: Path,
) -> None:
    second = "  - {id: again, manifest: pictures.csv, taxonomy: [bright, dark]}\nsystems:"
    run = audited(tmp_path, STRESS + "  budget: {items: 30}\n", AUDIT.replace("systems:", second))
    told = {kept["dataset"]: kept for kept in record(run)}
    assert {c["n_asked"] for c in told["again"]["conditions"]} == {0}
    assert told["again"]["says"].startswith(
        "The budget of 30 questions lasts for no further item: 0 of 280 "
    )
    (found,) = run.findings.where(
        dataset="again", metric="unchanged", condition="mirror:5", attribute=None
    )
    assert found.row()["reason"].startswith("no_items")


def test_swaps_without_any_partner_are_not_asked_and_end_in_no_error(tmp_path: Path) -> None:
    run = audited(
        tmp_path,
        "stress:\n  perturbations: [swap-background]\n",
        AUDIT.replace(
            "conditions: [light]\n", "conditions: [light]\n    where: {subject: [person-1]}\n"
        ),
    )
    (told,) = record(run)
    assert [c["n_asked"] for c in told["conditions"]] == [0]


def test_pairs_ask_only_items_that_have_a_partner(tmp_path: Path) -> None:
    run = audited(tmp_path, "stress:\n  perturbations: [swap-background]\n")
    (told,) = record(run)
    (condition,) = told["conditions"]
    assert (condition["family"], condition["n_asked"]) == ("reliance", N_ITEMS)
    assert Counter(under(run)["item"].to_list()).most_common(1)[0][1] == 1


def test_sounds_are_not_changed_like_pictures(tmp_path: Path) -> None:
    read = read_audit(build(tmp_path, AUDIT + "stress:\n  perturbations: [shift]\n"))
    assert read.spec.stress is not None
    dataset = open_dataset(
        DatasetSpec(id="pictures", manifest="pictures.csv",
                    taxonomy=read.spec.datasets[0].own_taxonomy()),
        base=tmp_path,
    )  # fmt: skip
    assert media_kind(dataset) == "image"
    assert check_stress(read, {"pictures": dataset}) == []
    names = [p.condition.name for p in planned(read.spec.stress, dataset, 0)]
    assert names == [f"shift:{k}" for k in range(1, 6)]


def test_a_damaged_record_is_told(done: flow.Run) -> None:
    folder = RunFolder.open(done.folder)
    with pytest.raises(InputError) as error:
        stress_of(folder, {"stress": [{"system": "mine"}]})
    assert str(error.value) == (
        f"{done.folder}: the record of the run is damaged. "
        f"Run: facevalue run AUDIT.yaml --out {done.folder}"
    )
    (told,) = record(done)
    assert Kept.from_json(told).as_json() == json.loads(json.dumps(told), object_hook=None) | {
        k: tuple(told[k]) for k in ("conditions", "stopped", "landmarks")
    }


def test_words_are_measured_from_answers_that_are_there(tmp_path: Path) -> None:
    run = audited(tmp_path, "stress:\n  text: light\n")
    assert record(run) == []
    found = {(f.place.metric, f.place.condition) for f in run.findings.where(family="reliance")}
    assert found == {
        ("same_answer", "same-text"),
        ("same_answer", "other-text"),
        ("same_answer_gain", "same-text"),
    }
    assert sum(asked(tmp_path).values()) == N_ITEMS


def test_an_attribute_of_words_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AuditSpecError) as error:
        audited(tmp_path, "stress:\n  text: sentence\n")
    (problem,) = error.value.problems
    assert (problem.code, problem.where) == ("unknown_attribute", "line 28, stress.text")
    assert problem.what == (
        "dataset 'pictures' has no attribute 'sentence'. It has: 'sex', 'light'"
    )


@pytest.mark.parametrize(
    "damage",
    [
        {"conditions": [{"name": "repeat"}]},
        {"n_looks": "four"},
        {"n_items": None},
        {"dataset": 3},
        {"stopped": None},
        {"more": 1},
    ],
)
def test_a_record_with_other_values_is_told(done: flow.Run, damage: dict[str, Any]) -> None:
    (told,) = record(done)
    with pytest.raises(InputError, match="the record of the run is damaged"):
        stress_of(RunFolder.open(done.folder), {"stress": [told | damage]})
