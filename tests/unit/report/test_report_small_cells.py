"""What a report says of groups of very few people: nothing, wherever one looks."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from zlib import crc32

import polars as pl
import pytest

import flow_support
from audits_support import measured, sampled
from facevalue import flow
from facevalue.audits.findings import Finding, FindingSet, Place
from facevalue.domain.claims import Outcome, Verdict
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.report import (
    DatasetSheet,
    GroupCount,
    Provenance,
    ReportInput,
    SystemSheet,
    build_report,
    write_report,
)
from facevalue.report.figures import Entry, Wanted, dot_figure
from facevalue.report.metrics import unit_of
from facevalue.report.model import Material
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import quantity
from report_factory import ACCURATE, EQUAL, estimate, finding, not_estimable, small

# Numbers that occur nowhere else, as they would be printed.
SECRETS = ("73.8", "68.3", "79.2", "4,321", "38,889", "0.077", "0.088", "+7.4", "7.38")
HERE = {"system": "mine", "dataset": "faces"}


def secret(**changes: object) -> Estimate:
    """Return an estimate of four people that nobody may see."""
    made = estimate(0.7377, 0.0547, n_subjects=4, n_items=4321, p=0.077)
    return replace(made, **changes)  # type: ignore[arg-type]  # parts of a known type


def found(
    result: Estimate | NotEstimable, p_adjusted: float | None = None, /, **place: str | None
) -> Finding:
    return finding(result, p_adjusted, **(HERE | place))


def report_of(*findings: Finding, **parts: object) -> ReportInput:
    sheet = DatasetSheet(
        id="faces",
        n_items=900,
        n_subjects=60,
        attribute_counts={
            "sex": {"f": GroupCount(500, 30), "m": GroupCount(379, 26), "x": GroupCount(4321, 4)}
        },
    )
    given: dict[str, object] = {
        "findings": FindingSet(findings),
        "verdicts": (),
        "datasets": (sheet,),
        "systems": (SystemSheet(name="mine"),),
    }
    return small(**(given | parts))


def shown(report: ReportInput, **place: str | None) -> Finding:
    """Return what a section is handed about a place."""
    usual = {"family": "correctness", "metric": "accuracy"} | HERE
    nothing = dict.fromkeys(("condition", "attribute", "group", "reference"))
    given: dict[str, str | None] = {**nothing, **usual, **place}
    (one,) = Material(report).report.findings.where(**given)
    return one


WHOLE = found(estimate(0.5, n_subjects=60))
LEVELS = (
    found(estimate(0.52, n_subjects=30), attribute="sex", group="f"),
    found(estimate(0.48, n_subjects=26), attribute="sex", group="m"),
    found(secret(), attribute="sex", group="x"),
)


def everywhere() -> tuple[Finding, ...]:
    """Return the secret in every kind of finding that is about the four people."""
    gap = secret(value=0.0738, low=0.0683, high=0.0792, n_subjects=34)
    of = {"family": "disparity", "attribute": "sex"}
    return (
        WHOLE,
        *LEVELS,
        found(secret(), attribute="sex", group="x", metric="pooled_accuracy", family="disparity"),
        found(secret(), attribute="sex", group="x", metric="recall[anger]"),
        found(secret(), attribute="sex", group="x", metric="mean_confidence", family="calibration"),
        found(secret(), attribute="sex", group="x", metric="failure_rate", family="failures"),
        found(secret(n_subjects=3), attribute="sex", group="x", condition="light=day"),
        found(replace(not_estimable("4, at least 5 needed"), value=0.7377, n_items=4321),
              attribute="age × sex", group="old × x"),
        found(gap, 0.088, group="x", reference="rest", **of),
        found(gap, 0.088, group="x", reference="f", **of),
        found(gap, 0.088, group="f", reference="x", **of),
        found(gap, 0.088, group="x", reference="rest", metric="ratio of accuracy", **of),
        found(gap, 0.088, group="f − x", reference="largest gap", **of),
        found(gap, 0.088, group="f − x", reference="largest gap",
              family="disparity", attribute="age or sex"),
        found(gap, 0.088, group="f − x", reference="largest gap",
              metric="impact ratio of accuracy", **of),
        found(gap, 0.088, group="f − x", reference="no gap above 0.05",
              family="equivalence", attribute="sex"),
    )  # fmt: skip


def test_a_hidden_number_is_nowhere_in_the_page_or_a_figure(tmp_path: Path) -> None:
    gap = next(f for f in everywhere() if f.place.reference == "largest gap")
    verdict = Verdict(
        claim=EQUAL,
        system="mine",
        dataset="faces",
        outcome=Outcome.NOT_UPHELD,
        sentence="Measured: 7.38 percentage points (6.83 to 7.92; 4,321 items).",
        reason="because of 7.38",
        further_subjects=4321,
        finding_keys=(gap.key, LEVELS[2].key),
    )
    report = report_of(*everywhere(), verdicts=(verdict,))
    write_report(tmp_path, report)
    files = [tmp_path / "report.html", *(tmp_path / "figures").glob("*.svg")]
    assert len(files) > 3
    for path in files:
        text = path.read_text("utf-8")
        assert [s for s in SECRETS if s in text] == [], path.name
    html = files[0].read_text("utf-8")
    assert "fewer than 5 subjects: not shown" in html
    assert "fewer than 5 subjects: the number is not shown here." in html
    # The same page without the rule shows them all, so the test could fail.
    bare = build_report(replace(report, min_cell=1))
    assert [s for s in SECRETS if s not in bare] == []


def test_what_is_about_others_is_shown() -> None:
    material = Material(report_of(*everywhere()))
    told = [f for f in material.report.findings if not is_hidden(f)]
    assert told == [WHOLE, *LEVELS[:2]]
    assert material.by_key[LEVELS[0].key] == LEVELS[0]
    sexes = material.report.datasets[0].attribute_counts["sex"]
    assert sexes["f"] == GroupCount(500, 30)
    assert sexes["x"] == GroupCount(None, None)


def test_a_hidden_finding_has_its_place_and_no_number() -> None:
    hidden = shown(report_of(WHOLE, *LEVELS), attribute="sex", group="x")
    assert hidden.key == LEVELS[2].key
    assert hidden.result == NotEstimable(
        reason=Reason.SMALL_CELL, detail="fewer than 5 subjects",
        n_items=0, n_answers=0, n_subjects=0,
    )  # fmt: skip
    assert quantity(hidden.result, unit_of(hidden.place)) == "fewer than 5 subjects: not shown"


def test_the_rest_of_the_other_group_of_two_is_the_hidden_one() -> None:
    gap = estimate(0.1, n_subjects=34)
    against = found(gap, attribute="sex", group="f", reference="rest", family="disparity")
    two = report_of(WHOLE, LEVELS[0], LEVELS[2], against)
    assert is_hidden(shown(two, attribute="sex", group="f", reference="rest", family="disparity"))
    # With a third group the rest is more than the hidden one: 4 + 26 people.
    three = report_of(WHOLE, *LEVELS, against)
    there = shown(three, attribute="sex", group="f", reference="rest", family="disparity")
    assert there == against


def test_a_statistic_of_few_is_hidden_in_a_group_of_many() -> None:
    rare = found(secret(), attribute="sex", group="f", metric="recall[fear]")
    gap = found(
        secret(n_subjects=30), attribute="sex", group="f", metric="recall[fear]",
        reference="m", family="disparity",
    )  # fmt: skip
    other = found(estimate(0.4, n_subjects=26), attribute="sex", group="m", metric="recall[fear]")
    report = report_of(WHOLE, *LEVELS, rare, other, gap)
    of = {"attribute": "sex", "metric": "recall[fear]"}
    assert is_hidden(shown(report, group="f", **of))
    assert is_hidden(shown(report, group="f", reference="m", family="disparity", **of))
    assert not is_hidden(shown(report, group="m", **of))
    assert not is_hidden(shown(report, attribute="sex", group="f"))


def test_a_small_condition_is_hidden_with_all_its_groups() -> None:
    night = {"condition": "light=night"}
    gap = estimate(0.2, n_subjects=7)
    report = report_of(
        WHOLE,
        found(secret(), **night),
        found(gap, attribute="sex", group="f − m", reference="largest gap", **night),
        found(estimate(0.6, n_subjects=9), condition="light=day"),
    )
    assert is_hidden(shown(report, **night))
    assert is_hidden(
        shown(report, attribute="sex", group="f − m", reference="largest gap", **night)
    )
    assert not is_hidden(shown(report, condition="light=day"))


def test_everybody_and_nobody_are_not_singled_out() -> None:
    four = DatasetSheet(
        id="faces", n_items=40, n_subjects=4,
        attribute_counts={"sex": {"f": GroupCount(40, 4), "m": GroupCount(0, 0)}},
    )  # fmt: skip
    nobody = NotEstimable(reason=Reason.NO_ITEMS, n_items=0, n_answers=0, n_subjects=0)
    report = report_of(
        found(secret()),
        found(secret(), condition="light=day"),
        found(secret(), attribute="sex", group="f"),
        found(nobody, attribute="sex", group="m"),
        found(secret(n_subjects=3), attribute="age", group="old"),
        datasets=(four,),
    )
    hidden = [f.place.group for f in Material(report).report.findings if is_hidden(f)]
    assert hidden == ["old"]
    assert Material(report).report.datasets[0] == four


def test_where_subjects_are_not_declared_items_are_counted() -> None:
    sheet = DatasetSheet(
        id="faces", n_items=50, n_subjects=50, subjects_declared=False,
        attribute_counts={"sex": {"f": GroupCount(46, 46), "x": GroupCount(4, 4)}},
    )  # fmt: skip
    report = report_of(WHOLE, *LEVELS, datasets=(sheet,))
    assert "fewer than 5 items: not shown" in build_report(report)
    assert '<td class="number">fewer than 5</td>' in build_report(report)


@pytest.mark.parametrize(("least", "hidden"), [(1, []), (5, ["x"]), (27, ["m", "x"])])
def test_how_few_are_few_is_in_the_audit_file(least: int, hidden: list[str]) -> None:
    report = report_of(WHOLE, *LEVELS, min_cell=least)
    assert [f.place.group for f in Material(report).report.findings if is_hidden(f)] == hidden


def test_a_group_whose_name_holds_a_sign_is_told_from_a_pair() -> None:
    # "f − x" is a group here, and no pair with the hidden "x".
    odd = found(estimate(0.5, n_subjects=20), attribute="sex", group="f − x")
    report = report_of(WHOLE, *LEVELS, odd)
    assert shown(report, attribute="sex", group="f − x") == odd


def test_an_attribute_whose_name_holds_or_is_one_attribute() -> None:
    place = {"attribute": "left or right", "group": "x"}
    against = found(estimate(0.1, n_subjects=34), reference="rest", family="disparity", **place)
    report = report_of(WHOLE, found(secret(), **place), against)
    assert is_hidden(shown(report, reference="rest", family="disparity", **place))


def test_a_verdict_on_what_is_shown_stays_as_it_is() -> None:
    verdict = Verdict(
        claim=ACCURATE, system="mine", dataset="faces", outcome=Outcome.UPHELD,
        sentence="So it is.", finding_keys=(WHOLE.key, LEVELS[2].key),
    )  # fmt: skip
    nothing_under = replace(verdict, finding_keys=())
    report = report_of(WHOLE, *LEVELS, verdicts=(verdict, nothing_under))
    assert Material(report).report.verdicts == (verdict, nothing_under)


def test_a_figure_says_that_a_row_is_not_shown() -> None:
    report = report_of(WHOLE, *LEVELS)
    entries = [
        Entry(f.place.group or "", f) for f in Material(report).report.findings if f.place.group
    ]
    wanted = Wanted(name=("a",), title="t", first="sex", noun="subject", level=0.95)
    figure = dot_figure(entries, wanted)
    assert figure.says.endswith("x (fewer than 5 subjects): not shown")
    assert [str(cell) for cell in figure.table.rows[2][2:4]] == ["–", "–"]
    assert figure.note == "22,320 answers in each row."
    alone = dot_figure(entries[2:], wanted)
    assert alone.note == "No row has subjects enough to be shown."


def test_the_limits_say_what_is_left_out_and_that_files_hold_it() -> None:
    words = re.sub("<[^>]+>", " ", build_report(report_of(WHOLE, *LEVELS)))
    assert (
        "Groups of fewer than 5 are not shown alone, nor what compares them with others "
        "(1 finding): so few people could be recognised, and say little about anybody else. What "
        "is left out can still be worked out, roughly, from totals and the groups that are shown. "
        "The findings and data files of the run hold all of it." in words
    )
    nothing = report_of(WHOLE, *LEVELS[:2], datasets=(DatasetSheet(id="faces", n_subjects=60),))
    assert "are not shown alone" not in build_report(nothing)


def test_nothing_that_was_measured_of_three_people_is_printed() -> None:
    """Measure for real, and look for every number of the three that nobody else has."""
    sizes = {"f": 14, "m": 11, "x": 3}
    rows = [
        (f"{g}{i}-{k}-{x}", f"{g}{i}", x, g, ("day", "night")[k % 2])
        for g, n in sizes.items()
        for i, k, x in product(range(n), range(4), ("anger", "calm"))
    ]
    items = pl.DataFrame(
        rows, schema=["item", "subject", "annotated", "sex", "light"], orient="row"
    )
    said = [
        "anger"
        if (crc32(item.encode()) % 100 < (30 if item[0] == "x" else 70)) == (x == "anger")
        else "calm"
        for item, _, x, *_ in rows
    ]
    answers = pl.DataFrame(
        {"item": items["item"], "label": said, "failure": None},
        schema={"item": pl.String, "label": pl.String, "failure": pl.String},
    )
    spec = {"conditions": ("light",), "groups": (("sex",),), "references": {"sex": "x"}}
    findings = measured(sampled(items, answers), **spec)
    report = ReportInput(
        title="Three people", audit_text="", audit_sha256="", findings=findings, verdicts=(),
        datasets=(DatasetSheet(id="faces", n_items=len(rows), n_subjects=28),),
        systems=(SystemSheet(name="mine"),), provenance=Provenance(version="1"),
    )  # fmt: skip
    shown = [f for f in Material(report).report.findings if not is_hidden(f)]
    hidden = [findings[f.key] for f in Material(report).report.findings if is_hidden(f)]
    assert all(f.place.group == "x" or f.place.reference == "x" for f in hidden)
    assert len(hidden) == sum("x" in (f.place.group, f.place.reference) for f in findings) > 40
    html = build_report(report)
    of_others = {quantity(f.result, unit_of(f.place)) for f in shown}
    of_three = {quantity(f.result, unit_of(f.place)) for f in hidden} - of_others
    assert len(of_three) > 20
    assert [words for words in of_three if words in html] == []
    told = {row[:16]: re.sub("<[^>]+>", "|", row) for row in html.split('<tr id="f')[1:]}
    for f in hidden:
        assert "fewer than 5 subjects: not shown" in told[f.key]
        assert not re.search(r"\|0\|", told[f.key]), "a count is never shown as zero"


def test_the_report_of_a_run_follows_the_audit_file_and_the_findings_hold_all(
    tmp_path: Path,
) -> None:
    # Ten people, five of each sex: six are more than any group has.
    few = flow_support.AUDIT.replace("shuffles: 99}", "shuffles: 99, min_cell: 6}")
    done = flow.audit(flow_support.build(tmp_path / "a", few), tmp_path / "run")
    html = done.report.read_text("utf-8")
    assert "fewer than 6 subjects: not shown" in html
    at = Place(
        system="mine", dataset="pictures", family="correctness", metric="accuracy",
        attribute="sex", group="f",
    )  # fmt: skip
    kept = FindingSet.read(done.folder).get(at)
    assert kept is not None
    assert kept.is_estimated
    assert quantity(kept.result, unit_of(at)) not in html
    fair = next(v for v in done.verdicts if v.claim.id == "fair")
    assert fair.sentence not in html
    assert "What this was measured on is fewer than 6 subjects: the number is not shown" in html
