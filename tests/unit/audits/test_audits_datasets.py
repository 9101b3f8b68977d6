"""From a dataset entry to what is read and measured, and what is asked in vain."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from facevalue.audits import (
    AuditSpec,
    MeasureSpec,
    check_attributes,
    claims_of,
    dataset_spec,
    measure_spec,
)
from facevalue.audits.looks import Family
from facevalue.audits.scope import Equivalence
from facevalue.dataset import Bands, Dataset, DatasetSpec
from facevalue.domain import Taxonomy

DATASET = Dataset(
    id="faces",
    items=pl.DataFrame(
        {
            "item": ["a", "b", "c"],
            "sex": ["f", "m", None],
            "light": ["day", "night", "day"],
            "age_band": ["30–44", "60+", None],
        }
    ),
    taxonomy=Taxonomy("two", ("anger", "calm")),
    attributes=("sex", "light", "age_band"),
    sha256="0" * 64,
    group_order={"age_band": ("under 30", "30–44", "45–59", "60+")},
)


def spec(entry: dict[str, Any], *claims: dict[str, Any], **more: Any) -> AuditSpec:
    faces = {"id": "faces", "manifest": "faces.csv", "taxonomy": ["anger", "calm"]}
    return AuditSpec.model_validate(
        {
            "facevalue": 1,
            "title": "Faces",
            "datasets": [{**faces, **entry}, {"name": "crema-d"}],
            "systems": [{"name": "mine", "adapter": "predictions"}],
            "claims": [{"id": f"c{i}", "says": "s", **c} for i, c in enumerate(claims)],
            **more,
        }
    )


def checked(entry: dict[str, Any], *claims: dict[str, Any]) -> list[str]:
    given = spec(entry, *claims)
    problems = check_attributes(0, given.datasets[0], DATASET, claims_of(given))
    return [str(p) for p in problems]


def measured(entry: dict[str, Any], *claims: dict[str, Any], **more: Any) -> MeasureSpec:
    given = spec(entry, *claims, **more)
    return measure_spec(given, given.datasets[0], DATASET, claims_of(given))


def test_what_the_dataset_layer_is_asked_for() -> None:
    entry = {
        "labels": {"angry": "anger"},
        "columns": {"item": "file"},
        "attributes": ["sex"],
        "bands": {"age_band": {"of": "age", "edges": [30, 45]}},
        "where": {"split": ["test", "dev"]},
        "root": "media",
        "options": {"x": 1},
    }
    assert dataset_spec(spec(entry).datasets[0]) == DatasetSpec(
        id="faces",
        manifest="faces.csv",
        taxonomy=Taxonomy("faces", ("anger", "calm")),
        label_map={"angry": "anger"},
        columns={"item": "file"},
        attributes=("sex",),
        bands={"age_band": Bands(of="age", edges=(30, 45))},
        where={"split": ("test", "dev")},
        root="media",
        options={"x": 1},
    )
    named = dataset_spec(spec({}).datasets[1])
    assert (named.id, named.name, named.taxonomy) == ("crema-d", "crema-d", None)


def test_how_it_is_measured() -> None:
    entry = {
        "conditions": ["light"],
        "groups": ["sex", ["sex", "age_band"]],
        "references": {"sex": "f"},
        "leave_out": {"sex": ["m"]},
    }
    analyses = {"permutations": 100, "shuffles": 101, "confident": 0.5}
    assert measured(entry, level=0.9, seed=5, analyses=analyses) == MeasureSpec(
        level=0.9,
        seed=5,
        conditions=("light",),
        groups=(("sex",), ("sex", "age_band")),
        references={"sex": "f"},
        leave_out={"sex": ["m"]},
        permutations=100,
        shuffles=101,
        confident=0.5,
    )


GAP = {"metric": "accuracy", "largest_gap_at_most": 0.1}
LEVEL = {"metric": "accuracy", "at_least": 0.5}


def test_what_claims_ask_for_is_measured_too() -> None:
    over = ["sex", ["sex", "age_band"]]
    spec = measured({"groups": ["sex"]}, {**GAP, "over": over}, {**LEVEL, "condition": "light=day"})
    assert spec.conditions == ("light",)
    assert spec.groups == (("sex",), ("sex", "age_band"))
    assert spec.joint == ((("sex",), ("sex", "age_band")),)
    # One attribute alone has its largest gap told anyway.
    assert measured({}, {**GAP, "over": ["sex"]}).joint == ()


def test_claims_of_equality_are_tested_for_equivalence() -> None:
    crossed = {**GAP, "over": ["sex", ["sex", "age_band"]], "condition": "light=day"}
    plain = {**GAP, "over": ["sex"]}
    spec = measured({}, crossed, plain, plain, {**plain, "largest_gap_at_most": 0.05}, LEVEL)
    assert spec.no_gap_above == tuple(
        Equivalence(metric="accuracy", attribute=a, condition=c, bound=b)
        for a, c, b in (
            ("sex or sex × age_band", "light=day", 0.1), ("sex", None, 0.1), ("sex", None, 0.05),
        )
    )  # fmt: skip
    # Where failures count as wrong the test is of that accuracy, if there are failures.
    strict = measured({}, {**plain, "failures": "wrong"})
    assert [e.metric for e in strict.no_gap_above] == ["accuracy[failures=wrong]", "accuracy"]


def test_families_of_looks_are_handed_on() -> None:
    wanted = {
        "name": "recalls", "metrics": ["recall"], "attributes": ["sex"],
        "conditions": ["all"], "references": ["rest"], "adjust": "max-t",
    }  # fmt: skip
    spec = measured({}, analyses={"families": [wanted, {"name": "others"}]})
    assert spec.families == (
        Family(
            name="recalls", metrics=("recall",), attributes=("sex",), conditions=("all",),
            references=("rest",), adjust="max-t",
        ),
        Family(name="others"),
    )  # fmt: skip


def test_what_claims_about_other_datasets_ask_for_is_not() -> None:
    elsewhere = {**GAP, "over": ["sex"], "condition": "light=day", "dataset": "crema-d"}
    spec = measured({}, elsewhere)
    assert (spec.conditions, spec.groups, spec.joint) == ((), (), ())
    # Nor is what this dataset does not have, where a claim names no dataset.
    spec = measured({}, {**GAP, "over": ["race"], "condition": "modality=face"})
    assert (spec.conditions, spec.groups, spec.joint) == ((), (), ())


def test_nothing_to_complain_about() -> None:
    entry = {
        "conditions": ["light"],
        "groups": ["sex", ["sex", "age_band"]],
        # An empty band is a group all the same; that of an intersection is told when measured.
        "references": {"sex": "f", "age_band": "45–59", "sex × age_band": "f × 60+"},
        "leave_out": {"sex": ["m"]},
    }
    assert checked(entry, {**GAP, "over": ["sex"], "dataset": "faces"}) == []


def test_every_attribute_and_group_that_is_not_there() -> None:
    entry = {
        "conditions": ["lihgt"],
        "groups": ["race", ["sex", "race"]],
        # That there is no race is said once.
        "references": {"sex": "female", "race": "x", "height": "x"},
        "leave_out": {"light": ["dusk"], "age": ["x"]},
    }
    has = "It has: 'sex', 'light', 'age_band' [unknown_attribute]"
    no = "dataset 'faces' has no attribute"
    assert checked(entry) == [
        f"datasets[0] (faces).conditions: {no} 'lihgt'. Did you mean 'light'? {has}",
        f"datasets[0] (faces).groups: {no} 'race'. {has}",
        f"datasets[0] (faces).references: {no} 'height'. Did you mean 'light'? {has}",
        f"datasets[0] (faces).leave_out: {no} 'age'. {has}",
        "datasets[0] (faces).references.sex: 'sex' has no group 'female'. It has: 'f', 'm' "
        "[unknown_group]",
        "datasets[0] (faces).leave_out.light: 'light' has no group 'dusk'. It has: 'day', 'night' "
        "[unknown_group]",
    ]


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        (
            {**GAP, "over": ["sex", ["sex", "race"]]},
            "dataset 'faces' has no attribute 'race'. It has: 'sex', 'light', 'age_band' "
            "[unknown_attribute]",
        ),
        (
            {**LEVEL, "condition": "modality=face"},
            "dataset 'faces' has no attribute 'modality'. It has: 'sex', 'light', 'age_band' "
            "[unknown_attribute]",
        ),
        (
            {"metric": "recall[joy]", "at_least": 0.5},
            "recall[joy]: 'joy' is not in the taxonomy. It has: 'anger', 'calm' [unknown_label]",
        ),
    ],
)
def test_claims_about_what_a_dataset_lacks(claim: dict[str, Any], says: str) -> None:
    assert checked({}, {**claim, "dataset": "faces"}) == [f"claim 'c0': {says}"]
    # Of a claim that names no dataset another one may have it.
    assert checked({}, claim) == []


def test_a_share_of_confident_answers_is_no_label() -> None:
    sure = {"metric": "confident_share[0.9]", "at_most": 0.5, "dataset": "faces"}
    assert checked({}, sure) == []


def test_a_claim_about_a_group_that_the_data_lack_is_left_to_the_judge() -> None:
    # The data lack what the claim is about: not testable, and no fault of the audit file.
    claim = {**LEVEL, "condition": "light=dusk", "dataset": "faces"}
    assert checked({}, claim) == []
