"""``consequences.json``: what is written is read again, and what is damaged is refused."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facevalue.errors import InputError
from facevalue.simulate import (
    Answers,
    Scenario,
    Simulated,
    Unsimulated,
    alone,
    as_json,
    claimed_rates,
    deployment_of,
    measured_rates,
    read_consequences,
    scenario,
    sweep,
    tornado,
    write_consequences,
)
from facevalue.simulate.record import both
from facevalue.simulate.record import tested as found_on


@cache
def measured() -> Simulated:
    rng = np.random.default_rng(7)
    person = np.repeat(np.arange(24), 10)
    sought = np.arange(240) % 2 == 0
    given = Answers(
        score=rng.random(240) * 0.7 + 0.3 * sought, person=person, is_sought=sought,
        is_calm=~sought, weight=np.ones(240), group=person % 2, groups=("f", "m"),
        has_scores=True,
    )  # fmt: skip
    rates = measured_rates(given, threshold=0.5, attribute="sex", says=("One.", "Two."))
    one = scenario("checkpoint")
    use = replace(deployment_of(one, rates), cost_of_false_flag=12.5)
    return Simulated(scenario=one, rates=rates, use=use, system="mine", dataset="voices")


@cache
def unmeasured(name: str) -> Simulated:
    rates = alone(scenario(name), seed=3)
    return Simulated(scenario=scenario(name), rates=rates, use=deployment_of(scenario(name), rates))


def written(folder: Path) -> Any:
    write_consequences(
        folder,
        [measured(), unmeasured("care-home"), unmeasured("entrance-screening")],
        [Unsimulated(scenario="classroom", system="s", dataset="d", reason="no label “boredom”")],
    )
    return json.loads((folder / "consequences.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return written(tmp_path_factory.mktemp("record"))


def test_what_is_written_is_read_again_to_the_last_digit(tmp_path: Path) -> None:
    written(tmp_path)
    before = (tmp_path / "consequences.json").read_bytes()
    simulated, not_possible = read_consequences(tmp_path)
    own = [measured(), unmeasured("care-home"), unmeasured("entrance-screening")]
    assert [s.found for s in simulated] == [s.found for s in own]
    assert [s.scenario for s in simulated] == [s.scenario for s in own]
    assert [s.use for s in simulated] == [s.use for s in own]
    for mine, theirs in zip(own, simulated, strict=True):
        assert (theirs.rates.sensitivity == mine.rates.sensitivity).all()
        assert theirs.rates.correlation == mine.rates.correlation
        assert sweep(theirs.rates, theirs.use) == sweep(mine.rates, mine.use)
        assert tornado(theirs.rates, theirs.use, theirs.scenario) == tornado(
            mine.rates, mine.use, mine.scenario
        )
    assert not_possible == [
        Unsimulated(scenario="classroom", system="s", dataset="d", reason="no label “boredom”")
    ]
    write_consequences(tmp_path, simulated, not_possible)
    assert (tmp_path / "consequences.json").read_bytes() == before


def test_the_file_holds_what_follows_for_other_readers(tmp_path: Path) -> None:
    document = written(tmp_path)
    assert (document["format"], document["version"]) == ("facevalue-consequences", 1)
    first, own = document["consequences"][0], measured()
    assert first["of_all"]["ppv"] == asdict(own.found.of_all["ppv"])
    assert first["of_groups"]["m"]["burden"] == asdict(own.found.of_groups["m"]["burden"])
    assert [t["threshold"] for t in first["thresholds"]] == list(own.rates.thresholds or ())
    at = first["thresholds"][first["rates"]["at"]]
    assert at["ppv"] == first["of_all"]["ppv"]
    assert first["sentences"][0].startswith("Take 10,000 passengers")
    assert {a["quantity"] for a in first["assumptions"]} == {
        "ppv", "false_flags_a_day", "flagged_once", "review_hours",
    }  # fmt: skip
    # A claim has one draw, kept whole.
    assert document["consequences"][1]["rates"]["shape"] == [1, 1, 1]


def test_a_run_without_scenarios_has_none(tmp_path: Path) -> None:
    assert read_consequences(tmp_path) == ([], [])


def change(*path: Any, to: Any) -> Callable[[Any], None]:
    def changed(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return changed


def drop(*path: Any) -> Callable[[Any], None]:
    def changed(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return changed


FIRST = ("consequences", 0)
RATES = (*FIRST, "rates")


@pytest.mark.parametrize(
    "damage",
    [
        drop("consequences"),
        drop("not_possible"),
        drop("version"),
        drop(*RATES),
        drop(*RATES, "shape"),
        drop(*FIRST, "use", "looks"),
        change("format", to="facevalue-findings"),
        change("version", to=2),
        change("consequences", to={}),
        change(*FIRST, to=None),
        change(*FIRST, "system", to=["a"]),
        change(*FIRST, "scenario", "title", to=""),
        change(*FIRST, "scenario", "base_rate", "value", to=float("nan")),
        change(*FIRST, "scenario", "base_rate", "value", to=2),
        change(*FIRST, "scenario", "people_a_day", "value", to=10**400),
        change(*FIRST, "use", "base_rate", to=0),
        change(*FIRST, "use", "base_rate", to=float("nan")),
        change(*FIRST, "use", "people_a_day", to=float("inf")),
        change(*FIRST, "use", "people_a_day", to=10**4000),
        change(*FIRST, "use", "looks", to=1.5),
        change(*FIRST, "use", "looks", to=10**30),
        change(*FIRST, "use", "staff", to="3"),
        change(*FIRST, "use", "cost_of_miss", to=float("nan")),
        change(*FIRST, "use", "cost_of_miss", to=-1),
        change(*RATES, "basis", to="guessed"),
        change(*RATES, "says", to="text"),
        change(*RATES, "groups", to=["f"]),
        change(*RATES, "groups", to=[1, 2]),
        change(*RATES, "shares", to=[0.5, float("nan")]),
        change(*RATES, "shares", to=[1.5, -0.5]),
        change(*RATES, "shares", to=[1]),
        change(*RATES, "n_people", to=[3]),
        change(*RATES, "thresholds", to=None),
        change(*RATES, "thresholds", to=["0.1"]),
        change(*RATES, "at", to=99),
        change(*RATES, "at", to=-1),
        change(*RATES, "correlation", to={"value": 0.5}),
        change(*RATES, "correlation", to="high"),
        change(*RATES, "shape", to=[19, 2, 401]),
        change(*RATES, "shape", to=[19, 2, 0]),
        change(*RATES, "shape", to=[19, 2]),
        change(*RATES, "shape", to=[10**30, 2, 1]),
        change(*RATES, "sensitivity", to=""),
        change(*RATES, "sensitivity", to="not base64!"),
        # Draws of nothing but NaN.
        change(*RATES, "sensitivity", to="AADAfw==" * 3),
        change("not_possible", 0, "reason", to=None),
        change("not_possible", 0, to={"scenario": "a"}),
    ],
)
def test_damaged_files_are_refused_in_one_sentence(
    damage: Callable[[Any], None], whole: Any, tmp_path: Path
) -> None:
    document = copy.deepcopy(whole)
    damage(document)
    path = tmp_path / "consequences.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError) as error:
        read_consequences(tmp_path)
    assert str(error.value) == (
        f"{path}: the consequences are damaged. Run: facevalue simulate {tmp_path}"
    )


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 99_999, b'{"a": [' * 999, b"1" * 9999],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "consequences.json"
    path.write_bytes(raw)
    with pytest.raises(InputError) as error:
        read_consequences(tmp_path)
    assert str(error.value).startswith(f"{path}: the consequences are damaged. Run: ")


def test_draws_that_are_no_rates_are_refused(tmp_path: Path) -> None:
    document = written(tmp_path)
    told = document["consequences"][1]["rates"]
    for value in (np.nan, -0.1, 1.1, np.inf):
        told["sensitivity"] = base64.b64encode(np.array([value]).tobytes()).decode("ascii")
        (tmp_path / "consequences.json").write_text(json.dumps(document), "utf-8")
        with pytest.raises(InputError, match="the consequences are damaged"):
            read_consequences(tmp_path)


def bare(**given: Any) -> Scenario:
    told = scenario("checkpoint").model_dump(exclude_none=True)
    for name in ("claimed", "published"):
        told.pop(name, None)
    return Scenario.model_validate(told | given)


def test_a_scenario_alone_takes_a_study_before_a_claim() -> None:
    assert alone(scenario("entrance-screening")).basis == "published"
    claimed = alone(scenario("checkpoint"))
    assert claimed.basis == "claimed"
    assert claimed.says == (scenario("checkpoint").claimed.why, both(0.95))  # type: ignore[union-attr]
    study = {
        "says": "Somebody, at something.",
        "sensitivity": {"value": 0.8, "low": 0.7, "high": 0.9, "why": "w"},
        "specificity": {"value": 0.9, "why": "w"},
    }
    found = alone(bare(published=study, claimed={"value": 0.99, "why": "w"}))
    assert (found.basis, found.says) == ("published", ("Somebody, at something.",))
    assert found.n_draws == 400


def test_a_claim_that_is_only_cited_has_no_reason_of_its_own() -> None:
    found = alone(bare(claimed={"fact": "wearable_stress_lab_claim"}))
    assert len(found.says) == 1
    assert found.says[0].startswith("A claimed accuracy of 99.78 % is taken at its word")


def test_without_study_and_claim_nothing_follows() -> None:
    with pytest.raises(InputError) as error:
        alone(bare())
    assert str(error.value) == (
        "the scenario 'checkpoint' names neither a study nor a claimed accuracy. Give --accuracy, "
        "or --sensitivity and --specificity"
    )


def test_what_stands_beside_measured_rates() -> None:
    one = measured()
    assert one.claimed is not None
    assert one.claimed.sensitivity.item() == 0.95
    assert one.without is not None
    assert one.without.sensitivity.item() == 0.47
    # A claim is not set beside itself.
    assert unmeasured("checkpoint").claimed is None
    assert unmeasured("care-home").without is None
    assert Simulated(scenario=bare(), rates=one.rates, use=one.use).claimed is None


def test_what_an_accuracy_is_taken_to_mean() -> None:
    assert both(0.95) == (
        "A claimed accuracy of 95 % is taken at its word, and as both the share flagged of those "
        "sought and the share not flagged of those not sought. The claim says neither, and names "
        "no test that would tell how certain it is."
    )
    assert "of 99.999999 % is" in both(0.99999999)
    assert found_on(0.57, 101) == (
        "A claimed accuracy of 57 % is taken as both the share flagged of those sought and the "
        "share not flagged of those not sought, each found on 50.5 people looked at once."
    )


def test_nothing_that_json_cannot_hold_is_written() -> None:
    for one in (measured(), unmeasured("entrance-screening")):
        json.dumps(as_json(one), allow_nan=False)
    never = claimed_rates(sensitivity=0.0, specificity=1.0)
    quiet = Simulated(
        scenario=scenario("checkpoint"), rates=never, use=deployment_of(scenario("checkpoint"))
    )
    told = as_json(quiet)
    json.dumps(told, allow_nan=False)
    assert told["of_all"]["ppv"] == {"value": None, "low": None, "high": None}
