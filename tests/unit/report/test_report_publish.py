"""The public version: no small groups, nothing to subtract them from, no free text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from facevalue.audits.findings import FindingSet
from facevalue.report import DatasetSheet, GroupCount, ReportInput, build_report
from facevalue.report.model import Material
from facevalue.report.publish import published, write_public_report
from report_factory import RATERS, estimate, finding, small

AT = {"system": "mine", "dataset": "faces"}


def report(**sizes: int) -> ReportInput:
    """Return an audit of 100 people with the groups of one attribute."""
    found = [finding(estimate(0.6, n_subjects=100), **AT)]
    for group, n in sizes.items():
        here = {**AT, "attribute": "town", "group": group}
        found.append(finding(estimate(0.5, n_subjects=n), **here))
        found.append(
            finding(estimate(-0.1, n_subjects=100), family="disparity", reference="rest", **here)
        )
    sheet = DatasetSheet(
        id="faces",
        n_items=1000,
        n_subjects=100,
        attribute_counts={"town": {g: GroupCount(10 * n, n) for g, n in sizes.items()}},
        label_counts={"anger": 900, "fear": 9},
        notes=("item ann-7 was read twice",),
    )
    system = replace(
        RATERS,
        name="mine",
        about={"title": "mine", "url": "https://example.org/ann"},
        failure_counts={"timeout": 9, "crashed": 91},
    )
    return small(
        findings=FindingSet(tuple(found)),
        datasets=(sheet,),
        systems=(system,),
        verdicts=(),
        notes=("for Ann",),
        audit_text="# Ann asked for it\n",
    )


def groups_of(made: ReportInput) -> set[str | None]:
    return {f.place.group for f in Material(published(made)).report.findings}


def test_one_small_group_takes_the_next_larger_with_it() -> None:
    # 9 is fewer than 10; 100 less 60 less 20 would give it, so 11 goes too.
    assert groups_of(report(ash=9, birch=60, cedar=20, dale=11)) == {None, "birch", "cedar"}


def test_two_small_groups_hide_each_other() -> None:
    assert groups_of(report(ash=9, birch=60, cedar=22, dale=9)) == {None, "birch", "cedar"}


def test_of_two_groups_none_is_left_where_one_is_small() -> None:
    assert groups_of(report(ash=9, birch=91)) == {None}


def test_ten_people_are_enough() -> None:
    assert groups_of(report(ash=10, birch=90)) == {None, "ash", "birch"}


def test_the_audits_own_report_hides_no_more_than_before() -> None:
    made = Material(report(ash=4, birch=60, cedar=20, dale=16)).report
    hidden = {f.place.group for f in made.findings if not f.is_estimated}
    assert hidden == {"ash"}
    assert "ash" in build_report(made), "its name is told, with the reason"


def test_a_stricter_audit_stays_stricter() -> None:
    made = published(replace(report(ash=10, birch=90), min_cell=20))
    assert made.min_cell == 20


def test_names_of_small_groups_and_free_text_are_nowhere(tmp_path: Path) -> None:
    path = write_public_report(
        tmp_path / "public.html", report(ashford=9, birch=60, cedar=20, dale=11)
    )
    html = path.read_text("utf-8")
    for word in (
        "ashford",
        "dale",
        "for Ann",
        "# Ann",
        "ann-7",
        "/ann",
        "The audit file as it was read",
    ):
        assert word not in html, word
    assert "birch" in html
    assert "timeout" not in html, "nine items"
    assert "crashed: 91" in html
    assert (
        "Public version: groups of fewer than 10 are left out, and where a single one would be, "
        "the next larger with it; so are notes, the audit file and whatever tells of single items."
    ) in html


def test_a_verdict_that_rests_on_few_people_says_so_without_them() -> None:
    made = report(ash=9, birch=91)
    claimed = small().verdicts
    assert claimed, "the small audit has a claim"
    few = next(f for f in made.findings if f.place.group == "ash")
    verdict = replace(claimed[0], finding_keys=(few.key,), system="mine", dataset="faces")
    html = build_report(published(replace(made, verdicts=(verdict,))))
    assert "What it rests on is not shown: it is about very few people." in html
    assert "not shown</td>" in html
