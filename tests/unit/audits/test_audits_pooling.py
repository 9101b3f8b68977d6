"""Partially pooled findings of the groups of an attribute."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl

from audits_support import LABELS, sampled
from facevalue.audits import Place, Sample
from facevalue.audits.cells import Cell, groups_of
from facevalue.audits.findings import Finding
from facevalue.audits.pooling import pooled_findings
from facevalue.domain import Estimate, NotEstimable, Reason
from facevalue.stats import IntervalSpec, metric_named, partial_pooling

AT = Place(system="mine", dataset="faces", family="correctness", metric="accuracy", attribute="age")
ACCURACY, RECALL = (metric_named(name, LABELS) for name in ("accuracy", "recall[anger]"))
SPEC = IntervalSpec(0.95)


def people(ages: dict[str, int]) -> Sample:
    """Return so many people of each age, half of each sex, with four items each."""
    rows = [
        (f"{age}{i}-{k}-{x}", f"{age}{i}", x, age, "fm"[i % 2])
        for age, n in ages.items()
        for i, k, x in product(range(n), range(2), LABELS)
    ]
    items = pl.DataFrame(rows, schema=["item", "subject", "annotated", "age", "sex"], orient="row")
    # Every third answer is wrong.
    said = [LABELS[(x == LABELS[0]) == (i % 3 == 0)] for i, (_, _, x, *_) in enumerate(rows)]
    schema = {"item": pl.String, "label": pl.String, "failure": pl.String}
    answers = pl.DataFrame({"item": items["item"], "label": said, "failure": None}, schema=schema)
    return sampled(items, answers)


def found(sample: Sample, *attributes: str, leave_out: str = "") -> list[Finding]:
    cell = Cell(sample, np.ones(len(sample.item), dtype=bool))
    masks = groups_of(sample, attributes, {attributes[0]: [leave_out]})
    cells = {group: cell.only(mask) for group, mask in masks.items()}
    at = replace(AT, attribute=" × ".join(attributes))
    return list(pooled_findings(at, cells, attributes, [ACCURACY, RECALL], SPEC))


def test_every_group_and_the_spread_are_told_for_every_metric() -> None:
    findings = found(people({"old": 6, "mid": 2, "young": 9}), "age")
    assert [(f.place.metric, f.place.group) for f in findings] == [
        ("pooled_accuracy", "mid"),
        ("pooled_accuracy", "old"),
        ("pooled_accuracy", "young"),
        ("group_spread[accuracy]", None),
        ("pooled_recall[anger]", "mid"),
        ("pooled_recall[anger]", "old"),
        ("pooled_recall[anger]", "young"),
        ("group_spread[recall[anger]]", None),
    ]
    assert all(isinstance(f.result, Estimate) for f in findings)
    assert {(f.place.family, f.place.attribute, f.place.reference) for f in findings} == {
        ("disparity", "age", None)
    }
    # Two people carry no interval of their own; pooled, they do.
    assert [f.result.n_subjects for f in findings[:4]] == [2, 6, 9, 17]


def test_it_is_what_pooling_says_of_the_tallies() -> None:
    sample = people({"old": 6, "mid": 2, "young": 9})
    cell = Cell(sample, np.ones(len(sample.item), dtype=bool))
    masks = groups_of(sample, ("age", "sex"), {})
    tallies = [cell.only(mask).tally for mask in masks.values()]
    levels = [name.split(" × ") for name in masks]
    expected = partial_pooling(ACCURACY, tallies, levels, SPEC)
    findings = found(sample, "age", "sex")
    assert tuple(f.result for f in findings[:6]) == expected.groups
    assert findings[6].result == expected.spread


def test_an_empty_group_has_a_reason() -> None:
    sample = people({"old": 6, "young": 9})
    coded = sample.attributes["age"]
    declared = replace(coded, values=(*coded.values, "infant"))
    ages = {**sample.attributes, "age": declared}
    findings = found(replace(sample, attributes=ages), "age", "sex")
    infants = [f.result for f in findings if (f.place.group or "").startswith("infant")]
    assert [isinstance(r, NotEstimable) and r.reason for r in infants] == [Reason.NO_ITEMS] * 4


def test_two_groups_have_no_others_to_borrow_from() -> None:
    assert found(people({"old": 6, "young": 9}), "age") == []
    assert found(people({"old": 6, "mid": 2, "young": 9}), "age", leave_out="mid") == []


def test_groups_that_share_people_are_not_pooled() -> None:
    sample = people({"old": 6, "mid": 2, "young": 9})
    assert found(replace(sample, subject=sample.subject % 5), "age") == []
