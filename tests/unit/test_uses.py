"""The scenarios of an audit file: from stored answers to what would follow, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from facevalue import flow
from facevalue.audits import FAILED, Sample, ScenarioEntry, read_audit
from facevalue.audits.sample import Coded
from facevalue.dataset import Dataset
from facevalue.domain import Taxonomy
from facevalue.errors import AuditSpecError, InputError
from facevalue.runs import RunFolder
from facevalue.simulate import (
    FlagSpec,
    Simulated,
    Unsimulated,
    alone,
    read_consequences,
    scenario,
)
from facevalue.simulate.posterior import Flagged, beta_draws, effective_looks
from facevalue.uses import answers_of, check_uses, named_uses, simulate_uses, used_attributes
from flow_support import AUDIT, NOW, build
from support import require

OWN = """\
facevalue_scenario: 1
name: door
title: A lamp at the door
who: Everyone at one door
people: guests
sought: bring a lamp
people_a_day: {value: 200, why: counted}
looks_a_day: {value: 1, why: one door}
base_rate: {value: 0.1, low: 0.05, high: 0.2, why: asked}
looks: {value: 4, why: counted}
period: a week
leads_to: a question
flag: {labels: [bright], calm: [dark], threshold: 0.5, why: Lamps are bright.}
claimed: {value: 0.9, why: a leaflet}
mix: {attribute: sex, shares: {f: 0.25, m: 0.75}, why: counted}
review:
  minutes: {value: 2, why: timed}
  staff: {value: 1, why: one guard}
  hours: {value: 8, why: opening hours}
settles: looking into bags
"""
USES = """\
scenarios:
  - file: door.yaml
  - file: door.yaml
    attribute: sex
  - file: door.yaml
    attribute: sex
    condition: light=day
  - name: checkpoint
  - name: entrance-screening
"""


def folder_with(folder: Path, scenarios: str, own: str = OWN, audit: str = AUDIT) -> Path:
    path = build(folder, audit + scenarios)
    (folder / "door.yaml").write_text(own, "utf-8")
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> flow.Run:
    require("PIL")
    folder = tmp_path_factory.mktemp("uses")
    return flow.audit(folder_with(folder, USES), folder / "run", now=NOW)


@pytest.fixture(scope="module")
def simulated(done: flow.Run) -> list[Simulated]:
    return read_consequences(done.folder)[0]


def used(path: Path) -> tuple[list[Simulated], list[Unsimulated]]:
    """Ask the systems and work out the uses, without a report."""
    run = flow.run_systems(read_audit(path), path.parent / "run", now=NOW)
    told = flow.simulate_run(run)
    simulated, not_possible = read_consequences(run.path)
    assert len(told) == len(simulated)
    return simulated, not_possible


def refused(path: Path, out: Path) -> str:
    with pytest.raises(AuditSpecError) as caught:
        flow.audit(path, out, now=NOW)
    return str(caught.value)


def test_the_false_flag_rate_is_that_counted_by_hand(simulated: list[Simulated]) -> None:
    first = simulated[0]
    assert (first.system, first.dataset, first.rates.basis) == ("mine", "pictures", "measured")
    # Two dark pictures of each of ten people, k = 1 and 3. Those with (person + k) mod 7 = 3 are
    # bright, and flagged: 0-3, 2-1, 7-3 and 9-1. Four in twenty.
    flags = np.zeros(10)
    flags[[0, 2, 7, 9]] = 1
    told = Flagged(np.full(10, 2.0), flags)
    drawn = np.sort(first.rates.false_flag_rate[first.rates.at, 0])
    levels = (np.arange(400) + 0.5) / 400
    assert drawn == pytest.approx(beta_draws(4 / 20, effective_looks(told), levels))
    # Bright pictures, k = 0 and 2, one of which has no answer; dark are 3-0, 1-2 and 8-2.
    looks = np.array([1.0, *[2.0] * 9])
    flags = looks - np.isin(np.arange(10), [1, 3, 8])
    sens = np.sort(first.rates.sensitivity[first.rates.at, 0])
    assert sens == pytest.approx(
        beta_draws(16 / 19, effective_looks(Flagged(looks, flags)), levels)
    )


def test_what_the_rates_rest_on_is_said(simulated: list[Simulated]) -> None:
    says = simulated[0].rates.says
    assert says[0] == (
        "A flag is raised where the scores of bright add up to 0.5 or more. Lamps are bright."
    )
    assert says[1] == (
        "The share flagged of those not sought is measured on answers annotated as dark, of 10 "
        "people, in pictures."
    )
    assert says[2].startswith(
        "That those sought look or sound like bright is the claim's own assumption; their share "
        "flagged is measured on answers annotated so, of 10 people. No data show that it is true"
    )


def test_groups_and_conditions(simulated: list[Simulated]) -> None:
    second, third = simulated[1:3]
    assert (second.where, third.where) == ("mine on pictures", "mine on pictures, light=day")
    assert third.rates.says[1].endswith(" in pictures, and only on items with light=day.")
    assert second.rates.attribute == "sex"
    assert second.rates.groups == ("f", "m")
    # In the mix of the scenario, not in halves.
    assert second.rates.shares.tolist() == [0.25, 0.75]
    assert second.rates.n_people == (5, 5)
    assert second.rates.notes == ()
    # By day each of ten people has one bright picture and one dark one, of which that of person
    # 0, one of five women, has no answer.
    assert "annotated so, of 9 people." in third.rates.says[2]
    assert third.rates.groups == ("all",)
    assert third.rates.notes == (
        "Groups are not told apart: fewer than two of them have 5 people, both among those "
        "sought and among those not.",
    )


def test_uses_that_cannot_be_measured_say_so(done: flow.Run, simulated: list[Simulated]) -> None:
    not_possible = read_consequences(done.folder)[1]
    (one,) = not_possible
    assert (one.scenario, one.system, one.dataset) == ("checkpoint", "mine", "pictures")
    assert one.reason == (
        "the data have no label 'anger', 'fear', 'neutral'; they have 'bright', 'dark'"
    )
    # What is claimed is told all the same, as that.
    claimed = next(s for s in simulated if s.scenario.name == "checkpoint")
    assert (claimed.system, claimed.rates.basis) == ("", "claimed")
    assert claimed.rates.notes == (
        "Nothing was measured for this use in this audit; it rests on what is told here.",
    )
    study = next(s for s in simulated if s.scenario.name == "entrance-screening")
    assert (study.system, study.rates.basis) == ("", "published")


def test_again_gives_the_same_bytes(done: flow.Run) -> None:
    path = done.folder / "consequences.json"
    before = path.read_bytes()
    path.unlink()
    assert len(flow.simulate_run(RunFolder.open(done.folder))) == 5
    assert path.read_bytes() == before


def test_without_uses_the_exit_status_is_the_same_and_nothing_is_left_of_earlier_ones(
    done: flow.Run, tmp_path: Path
) -> None:
    path = folder_with(tmp_path, USES)
    used(path)
    assert (tmp_path / "run" / "consequences.json").is_file()
    path.write_text(AUDIT, "utf-8")
    again = flow.audit(path, tmp_path / "run", now=NOW)
    assert (done.exit_status, again.exit_status) == (3, 3)
    assert [(v.claim.id, v.outcome) for v in done.verdicts] == [
        (v.claim.id, v.outcome) for v in again.verdicts
    ]
    assert done.findings == again.findings
    assert not (again.folder / "consequences.json").exists()
    assert "What it would mean" not in again.report.read_text("utf-8")


def test_a_use_that_names_no_rates_is_told_after_the_audit(tmp_path: Path) -> None:
    own = "".join(line for line in OWN.splitlines(True) if not line.startswith(("flag", "claimed")))
    simulated, (none,) = used(folder_with(tmp_path, "scenarios:\n  - file: door.yaml\n", own))
    assert simulated == []
    assert (none.scenario, none.system, none.dataset) == ("door", "", "")
    assert none.reason == (
        "the scenario 'door' names neither a study nor a claimed accuracy. Give --accuracy, or "
        "--sensitivity and --specificity"
    )


def test_groups_left_out_are_no_groups(tmp_path: Path) -> None:
    audit = AUDIT.replace("    groups: [sex]\n", "    groups: [sex]\n    leave_out: {sex: [m]}\n")
    uses = "scenarios:\n  - file: door.yaml\n    attribute: sex\n"
    ((one,), _) = used(folder_with(tmp_path, uses, audit=audit))
    assert one.rates.groups == ("all",)
    assert one.rates.notes == (
        "Groups are not told apart: fewer than two of them have 5 people, both among those "
        "sought and among those not.",
    )


@pytest.mark.parametrize(
    ("scenarios", "problems"),
    [
        (
            "  - name: chekpoint\n  - name: clasroom\n",
            ["scenarios[0].name: unknown scenario 'chekpoint'. Did you mean 'checkpoint'? Known: ",
             "scenarios[1].name: unknown scenario 'clasroom'. Did you mean 'classroom'? Known: "],
        ),
        (
            "  - file: ../door.yaml\n  - file: /etc/passwd\n",
            ["scenarios[0].file: '../door.yaml' leads out of the folder of the audit file; put it "
             "beside it [outside_root]",
             "scenarios[1].file: '/etc/passwd' leads out of the folder of the audit file; put it "
             "beside it [outside_root]"],
        ),
        (
            "  - file: nowhere.yaml\n",
            ["scenarios[0].file, nowhere.yaml: there is no such file [missing_file]"],
        ),
        (
            "  - file: door.yaml\n    attribute: gender\n  - file: door.yaml\n"
            "    condition: lihgt=day\n",
            ["scenarios[0].attribute: dataset 'pictures' has no attribute 'gender'. It has: ",
             "scenarios[1].condition: dataset 'pictures' has no attribute 'lihgt'. Did you mean "
             "'light'? It has: "],
        ),
        (
            "  - file: looks.py\n",
            ["scenarios[0].file, looks.py, line "],
        ),
    ],
)  # fmt: skip
def test_what_an_audit_file_names_and_there_is_not(
    scenarios: str, problems: list[str], tmp_path: Path
) -> None:
    path = folder_with(tmp_path / "a", "scenarios:\n" + scenarios)
    told = refused(path, tmp_path / "run").splitlines()
    assert told[0] == f"{path}: {len(problems)} problem(s)"
    assert len(told) == len(problems) + 1
    for line, problem in zip(told[1:], problems, strict=True):
        assert line.startswith(f"  {problem}"), line
    # Nothing was asked before.
    assert not (tmp_path / "a" / "asked.log").exists()


def test_faults_of_a_scenario_file_are_told_with_their_lines(tmp_path: Path) -> None:
    own = OWN.replace("value: 0.1, low", "value: 1.1, low").replace(
        "hours: {value: 8, ", "hours: {"
    )
    path = folder_with(tmp_path / "a", "scenarios:\n  - file: door.yaml\n", own)
    told = refused(path, tmp_path / "run").splitlines()
    assert told[0] == f"{path}: 2 problem(s)"
    assert told[1].startswith("  scenarios[0].file, door.yaml, line 9, base_rate: expected low <= ")
    assert told[2].startswith("  scenarios[0].file, door.yaml, line 19, review.hours: give value, ")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out.yaml").write_text(OWN, "utf-8")
    path = folder_with(tmp_path / "a", "scenarios:\n  - file: link.yaml\n")
    (tmp_path / "a" / "link.yaml").symlink_to(tmp_path / "out.yaml")
    with pytest.raises(AuditSpecError, match=r"'link\.yaml' leads out of the folder"):
        named_uses(read_audit(path))


def test_datasets_and_attributes_of_a_use(tmp_path: Path) -> None:
    path = folder_with(
        tmp_path,
        "scenarios:\n  - file: door.yaml\n    attribute: sex\n    condition: light=day\n"
        "  - name: checkpoint\n    datasets: [pictures]\n    attribute: sex\n",
    )
    read = read_audit(path)
    assert used_attributes(read, "pictures") == ["sex", "light"]
    assert used_attributes(read, "other") == ["sex", "light"]
    # A dataset that is not here is not asked, and neither is one that the use is not about.
    assert check_uses(read, {}) == []
    nothing = pl.DataFrame({"item": [], "subject": [], "annotated": []})
    two = Taxonomy("two", ("bright", "dark"))
    data = Dataset(id="other", items=nothing, taxonomy=two, attributes=("sex",), sha256="")
    other = check_uses(read, {"other": data})
    assert [p.where for p in other] == ["scenarios[0].condition"]
    assert [u.scenario.name for u in named_uses(read)] == ["door", "checkpoint"]


def sample(**given: Any) -> Sample:
    """Return six answers of three people, the last of which failed."""
    usual: dict[str, Any] = {
        "system": "s", "dataset": "d", "taxonomy": Taxonomy("t", ("anger", "calm", "joy")),
        "item": np.arange(6), "subject": np.array([0, 0, 1, 1, 2, 2]),
        "annotated": np.array([0, 1, 2, 1, 0, 1]), "predicted": np.array([0, 0, 1, 2, 2, FAILED]),
        "weight": np.array([1.0, 2.0, 1.0, 1.0, 1.0, 1.0]), "confidence": np.full(6, np.nan),
        "failure": np.array(["", "", "", "", "", "timeout"]),
        "attributes": {"sex": Coded(np.array([0, 0, 1, 1, -1, -1]), ("f", "m"))},
    }  # fmt: skip
    return Sample(**(usual | given))


FLAG = FlagSpec(labels=["anger"], calm=["calm"], threshold=0.5, why="w")


def test_answers_without_scores_count_what_is_predicted() -> None:
    found = answers_of(sample(), FLAG, ScenarioEntry(name="checkpoint", attribute="sex"))
    assert found.score.tolist() == [1, 1, 0, 0, 0]
    assert found.is_sought.tolist() == [True, False, False, False, True]
    assert found.is_calm.tolist() == [False, True, False, True, False]
    assert found.person.tolist() == [0, 0, 1, 1, 2]
    assert found.weight.tolist() == [1, 2, 1, 1, 1]
    assert (found.group.tolist(), found.groups) == ([0, 0, 1, 1, -1], ("f", "m"))
    assert not found.has_scores
    # Two of three calm looks are flagged.
    assert found.flagged(found.is_calm, 0.5).rate == pytest.approx(2 / 3)


def test_scores_are_summed_and_reach_the_threshold_that_they_add_up_to() -> None:
    scores = np.array(
        [[0.3, 0.6, 0.1], [0.2, 0.1, 0.7], [np.nan] * 3, [0.6, 0.3, 0.1], [1, 0, 0], [0, 0, 1]]
    )
    flag = FlagSpec(labels=["anger", "joy"], calm=["calm"], threshold=0.9, why="w")
    found = answers_of(sample(scores=scores), flag, ScenarioEntry(name="checkpoint"))
    # A row without scores is left out, and so is the one that failed.
    assert found.score.tolist() == [0.4, 0.9, 0.7, 1.0]
    assert 0.2 + 0.7 < 0.9  # as floats add
    assert (found.score >= 0.9).tolist() == [False, True, False, True]
    assert found.has_scores
    assert (found.groups, found.group.tolist()) == ((), [-1] * 4)


def test_only_items_of_a_condition_count() -> None:
    entry = ScenarioEntry(name="checkpoint", condition="sex=m")
    found = answers_of(sample(), FLAG, entry)
    assert found.person.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("flag", "entry", "message"),
    [
        ({"labels": ["fear", "anger"], "calm": ["neutral"]}, {},
         "the data have no label 'fear', 'neutral'; they have 'anger', 'calm', 'joy'"),
        ({}, {"condition": "sex=x"}, "the data have no items with sex=x"),
    ],
)  # fmt: skip
def test_answers_that_are_not_there(
    flag: Mapping[str, Any], entry: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as error:
        answers_of(
            sample(),
            FLAG.model_copy(update=dict(flag)),
            ScenarioEntry(name="checkpoint", **entry),
        )
    assert str(error.value) == message


def test_items_whose_people_are_not_known_have_no_correlation_of_people(tmp_path: Path) -> None:
    path = folder_with(tmp_path, "scenarios:\n  - file: door.yaml\n")
    table = tmp_path / "pictures.csv"
    rows = [line.split(",") for line in table.read_text("utf-8").splitlines()]
    kept = "\n".join(",".join([row[0], *row[2:]]) for row in rows)
    table.write_text(kept + "\n", "utf-8")
    ((one,), _) = used(path)
    assert one.rates.correlation is None
    assert one.use.correlation is None
    assert "of 20 items, each taken as a person of its own, in pictures." in one.rates.says[1]


def test_a_failed_measurement_is_told_once_and_not_as_a_missing_claim(tmp_path: Path) -> None:
    own = OWN.replace("claimed: {value: 0.9, why: a leaflet}\n", "")
    path = folder_with(tmp_path, "scenarios:\n  - file: door.yaml\n", own)
    alike = sample(dataset="pictures")
    simulated, (one, two) = simulate_uses(read_audit(path), [alike, alike])
    assert simulated == []
    assert one == two
    assert one.reason.startswith("the data have no label 'bright', 'dark'; they have 'anger', ")


def test_a_use_of_a_system_that_did_not_answer_is_told(tmp_path: Path) -> None:
    own = OWN.replace("claimed: {value: 0.9, why: a leaflet}\n", "")
    path = folder_with(tmp_path, "scenarios:\n  - file: door.yaml\n    systems: [mine]\n", own)
    simulated, (none,) = simulate_uses(read_audit(path), [sample()])
    assert simulated == []
    assert none.reason.startswith("the scenario 'door' names neither a study nor a claimed accur")
    # With a claim it is told what follows from that.
    (tmp_path / "door.yaml").write_text(OWN, "utf-8")
    (claimed,), nothing = simulate_uses(read_audit(path), [sample()])
    assert (claimed.rates.basis, nothing) == ("claimed", [])


def test_alone_and_in_an_audit_a_study_gives_the_same(simulated: list[Simulated]) -> None:
    study = next(s for s in simulated if s.scenario.name == "entrance-screening")
    own = alone(scenario("entrance-screening"), seed=3)  # the seed of the audit file
    assert (study.rates.sensitivity == own.sensitivity).all()
    document = json.loads(json.dumps(study.rates.says))
    assert document == list(own.says)
