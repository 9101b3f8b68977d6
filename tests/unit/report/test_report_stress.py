"""What a report says of changed media, in whole sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from facevalue.audits.findings import Adjusted, Finding, FindingSet
from facevalue.domain import Claim, Comparison, Criterion, Estimate, Outcome, Verdict
from facevalue.report import ReportInput, WorstItem, build_report
from facevalue.report.blocks import (
    Block,
    Bullets,
    Cards,
    Facts,
    Gallery,
    Heading,
    Heat,
    Link,
    Prose,
    Table,
    Text,
)
from facevalue.report.model import Material
from facevalue.report.publish import published
from facevalue.report.sections import page_of
from facevalue.report.sections.stress import AREA_SAYS, SEVERITY, STAYING
from facevalue.report.sections.stress_view import views_of
from report_factory import HOSTILE, estimate, finding, hostile, not_estimable, realistic, small
from stress_report_factory import conditions, stressed, under_stress

ONE = ("fer",)


def blocks_of(report: ReportInput, anchor: str = "stress") -> tuple[Block, ...]:
    return next(s.blocks for s in page_of(report).sections if s.anchor == anchor)


def said(report: ReportInput) -> str:
    return "\n".join(
        str(p) for b in blocks_of(report) if isinstance(b, Prose) for p in b.paragraphs
    )


def headings(report: ReportInput) -> list[str]:
    return [b.text for b in blocks_of(report) if isinstance(b, Heading)]


def table(report: ReportInput, words: str) -> Table:
    return next(b for b in blocks_of(report) if isinstance(b, Table) and words in b.caption)


def column(found: Table, name: str) -> list[Text]:
    (i,) = [i for i, c in enumerate(found.columns) if c.text == name]
    return [row[i] for row in found.rows]


def without(report: ReportInput, **places: object) -> ReportInput:
    """Return a report without the findings at some places."""
    kept = tuple(
        f
        for f in report.findings
        if any(getattr(f.place, name) != value for name, value in places.items())
    )
    return replace(report, findings=FindingSet(kept))


@pytest.mark.parametrize("report", [realistic(), small(), hostile()])
def test_a_report_without_stress_says_nothing_of_it(report: ReportInput) -> None:
    page = page_of(report)
    assert "stress" not in [s.anchor for s in page.sections]
    html = build_report(report)
    assert build_report(replace(report, stressed=())) == html
    for words in ("What moves", "severity", "Severity", "smallest change", "Changed media"):
        assert words not in html


def test_severity_is_said_once_and_that_what_stays_can_be_wrong() -> None:
    (first,) = [b for b in blocks_of(stressed())[:1] if isinstance(b, Prose)]
    assert first.paragraphs[:2] == (SEVERITY, STAYING)
    assert first.paragraphs[-1] == AREA_SAYS


def test_one_paragraph_tells_the_floor_the_repeat_and_the_worst() -> None:
    words = said(stressed(systems=ONE))
    assert "fer was asked about 200 of 200 items under 31 conditions besides" in words
    assert "Under the smallest change (least-change:1), 99.0 % (98.0 to 100.0) of its" in words
    assert "Asked again about the same media, 99.0 % (98.0 to 100.0) of its answers" in words
    # 99 % is not all, and one other answer is proof.
    undeclared = "It is declared to answer the same media alike, and does not."
    assert undeclared in words
    assert undeclared not in said(stressed(systems=ONE, is_deterministic=False))
    assert (
        "Of 2 changes at severity 1, “Blurred” (blur:1) moves most: 90.0 % (87.0 to 93.0) of the "
        "answers stay." in words
    )
    assert "Of 2 changes at severity 3, “Blurred” (blur:3) moves most: 70.0 %" in words
    assert (
        "4 of 8 conditions are shown to move more answers than the smallest change does; their "
        "p-values allow for all conditions. The strongest is Blurred, severity 5." in words
    )


def test_what_was_left_out_is_said() -> None:
    cut = tuple(
        replace(c, n_asked=0 if c.name == "jpeg:3" else 40 if c.name == "blur:1" else c.n_asked)
        for c in conditions()
    )
    report = stressed(
        systems=ONE,
        conditions=cut,
        says="The budget of 9 questions is spent: 9 of 10 open questions were asked, 1 were not.",
        stopped=("blur:5", "mirror:5"),
        n_looks=4,
    )
    words = said(report)
    assert "fer was asked about 40 to 200 of 200 items under 30 conditions" in words
    assert "1 condition of the audit file was not asked at all." in words
    assert "The budget of 9 questions is spent" in words
    assert (
        "Asking stopped early under “Blurred, severity 5” and “Mirror image”: the interval was "
        "narrow enough, and allows for the 4 looks at it." in words
    )
    assert column(table(report, "changes that move most"), "3")[-1] == "–", "jpeg:3"


def test_a_system_that_draws_its_answers_is_held_against_asking_it_again() -> None:
    report = stressed(systems=ONE, floor="repeat")
    words = said(report)
    assert "of its answers stay what they were, which other changes are held against." in words
    assert "Under the smallest change (least-change:1), 99.0 % (98.0 to 100.0) of its" in words
    assert "than asking again does; their p-values allow for all conditions." in words
    assert "than the smallest change" not in words
    assert table(report, "changes that move most").caption.endswith("against asking again")


def test_the_smallest_change_is_never_ranked_among_changes_whatever_the_floor() -> None:
    for floor in ("least-change:1", "repeat", None):
        report = replace_findings(
            stressed(systems=ONE, floor=floor), unchanged={"least-change:1": estimate(0.1, 0.05)}
        )
        assert "“Smallest change”" not in said(report)
        ranked = column(table(report, "changes that move most"), "What is done, up to severity")
        assert "Smallest change" not in str(ranked)
        checks = table(report, "media stay as they are")
        assert checks.rows[-1][0] == "Smallest change"


def test_a_change_below_the_scale_is_ranked_but_has_no_severity_that_others_have() -> None:
    below = tuple(
        replace(c, is_below_scale=True) if c.name == "blur:1" else c
        for c in conditions()
        if c.curve != "blur" or c.name == "blur:1"
    )
    report = stressed(systems=ONE, conditions=below)
    # 90 % stay under it, and 95 % under the only other change at severity 1.
    assert "Under “JPEG” (jpeg:1), 95.0 % (92.0 to 98.0) of the answers stay." in said(report)
    ranked = column(table(report, "changes that move most"), "What is done, up to severity")
    assert "Blurred (below the scale)" in ranked


def test_the_smallest_change_is_held_against_asking_again() -> None:
    (own,) = stressed(systems=ONE).stressed
    assert own.floor_words("least-change:1") == "asking again"
    chance = stressed(systems=ONE)
    assert (
        "The smallest change changes 0.0 points (−3.0 to 3.0) more of the answers than asking "
        "again (adjusted p = 1.000), which may be chance."
    ) in said(chance).replace("\xa0", " ")
    more = tuple(
        replace(
            f, result=estimate(0.2, 0.05, p=0.0001), adjusted=Adjusted(p_value=0.001, by="Holm")
        )
        if (f.place.metric, f.place.condition) == ("unchanged_below_floor", "least-change:1")
        else f
        for f in chance.findings
    )
    words = said(replace(chance, findings=FindingSet(more))).replace("\xa0", " ")
    assert (
        "The smallest change changes 20.0 points (15.0 to 25.0) more of the answers than asking "
        "again (adjusted p = 0.001): answers hang on the last bits of the media."
    ) in words


@pytest.mark.parametrize("is_shown", [True, False, None])
def test_answers_that_stay_are_called_no_merit_without_skill(*, is_shown: bool | None) -> None:
    report = stressed(systems=ONE)
    skill = (
        ()
        if is_shown is None
        else tuple(
            finding(
                estimate(0.2 if is_shown else 0.01, 0.05),
                family="skill", metric="uar", system="fer", dataset="faces", reference=name,
            )
            for name in ("majority", "random", "shuffled")
        )
    )  # fmt: skip
    report = replace(report, findings=FindingSet((*report.findings, *skill)))
    words, page = said(report), str(facts(report)["What moves the answers"])
    plain = "fer is not shown to have any skill here: answers that stay are no merit."
    assert (plain in words) is (is_shown is False)
    assert ("It is not shown to have skill" in page) is (is_shown is False)
    first = "Not shown to beat systems that need no model: fer on faces. That answers stay"
    assert (first in words) is (is_shown is False)
    unknown = "Whether there is any skill was not measured for fer on faces."
    assert (unknown in words) is (is_shown is None)


def replace_findings(report: ReportInput, **metrics: Mapping[str, Estimate]) -> ReportInput:
    """Return a report with other numbers of some metrics under some conditions."""
    kept = tuple(
        replace(f, result=metrics[f.place.metric][str(f.place.condition)])
        if f.place.condition in metrics.get(f.place.metric, {})
        else f
        for f in report.findings
    )
    return replace(report, findings=FindingSet(kept))


def failing(stay: float, fails: float, more: float) -> ReportInput:
    """Return a report of a system that, asked again, fails on a share of items."""
    return replace_findings(
        stressed(systems=ONE),
        unchanged={"repeat": estimate(stay, 0.01), "alone": estimate(stay, 0.01)},
        failure_rate={"repeat": estimate(fails, 0.01), "alone": estimate(fails, 0.01)},
        failure_change={"repeat": estimate(more, 0.01), "alone": estimate(more, 0.01)},
    )


DECLARED = "It is declared to answer the same media alike, and does not."
ONLY = "Failures are all that changes: no other answer is given."


def test_a_failure_when_asked_again_is_told_as_a_failure_and_not_as_another_answer() -> None:
    words = said(failing(0.9, 0.1, 0.1))
    assert "Asked again, it fails on 10.0 % (9.0 to 11.0) of the items. " + ONLY in words
    assert DECLARED not in words
    assert "Answers also fail to come though the media do not: the same media, one at" in words
    assert "90.0 % (89.0 to 91.0) unchanged, fails on 10.0 % (9.0 to 11.0) of the items)" in words


def test_other_answers_beside_failures_are_proof_all_the_same() -> None:
    words = said(failing(0.7, 0.1, 0.1))
    assert "Asked again, it fails on 10.0 % (9.0 to 11.0) of the items. " + DECLARED in words
    assert ONLY not in words


def test_what_may_be_failures_or_other_answers_is_called_neither() -> None:
    # 10 % fail at first and 10 % then: they are the same items, or all others.
    words = said(failing(0.95, 0.1, 0.0))
    assert "Asked again, it fails on 10.0 % (9.0 to 11.0) of the items." in words
    assert DECLARED not in words
    assert ONLY not in words


def test_the_worst_change_says_how_often_the_system_fails_under_it() -> None:
    report = replace_findings(
        stressed(systems=ONE),
        failure_rate={"blur:3": estimate(0.2, 0.05)},
        failure_change={"blur:3": estimate(0.2, 0.05)},
    )
    fails = "(67.0 to 73.0) of the answers stay, fails on 20.0 % (15.0 to 25.0) of the items."
    assert fails in said(report)
    page = str(facts(report)["What moves the answers"])
    assert "(Blurred, fails on 20.0 % (15.0 to 25.0) of the items), 70.0 %" in page


def test_failures_under_what_is_taken_away_are_counted_too() -> None:
    report = replace_findings(
        stressed(systems=ONE),
        failure_rate={"keep-background:5": estimate(0.2, 0.05)},
        failure_change={"keep-background:5": estimate(0.2, 0.05)},
    )
    assert (
        "Under 1 condition more items failed than without; for none of them that is told apart "
        "from chance" in said(report)
    )


def test_items_that_fail_under_the_smallest_change_are_no_last_bits() -> None:
    report = replace_findings(
        stressed(systems=ONE),
        unchanged={"least-change:1": estimate(0.9, 0.05)},
        failure_rate={"least-change:1": estimate(0.1, 0.05)},
        failure_change={"least-change:1": estimate(0.1, 0.05)},
        unchanged_below_floor={"least-change:1": estimate(0.1, 0.05, p=0.0001)},
    )
    found = tuple(
        replace(f, adjusted=Adjusted(p_value=0.001, by="Holm"))
        if (f.place.metric, f.place.condition) == ("unchanged_below_floor", "least-change:1")
        else f
        for f in report.findings
    )
    words = said(replace(report, findings=FindingSet(found)))
    assert "what changes are items that get no answer any more, and no label" in words
    assert "last bits" not in words


def test_how_many_items_have_no_landmarks_is_said() -> None:
    eyes = ("left_eye", "right_eye")
    fixed, placed = said(stressed(systems=ONE)), said(stressed(systems=ONE, landmarks=eyes))
    assert "fixed places in the picture" in fixed
    assert "(left eye and right eye). What has none of use is left out: no item." in placed
    fewer = tuple(
        replace(c, n_asked=c.n_asked - 7) if c.name.startswith("keep-") else c for c in conditions()
    )
    assert "left out: 7 items." in said(stressed(systems=ONE, landmarks=eyes, conditions=fewer))


def test_the_answer_page_says_what_a_budget_left_out() -> None:
    says = "The budget of 9 questions is spent: 9 of 10 questions were asked, 1 were not."
    told = facts(stressed(systems=ONE, says=says))
    assert str(told["What is missing"]).startswith(f"fer: {says} The same command goes on.")
    assert "Not all of them were asked about: see what is missing." in str(
        told["Who is in the data"]
    )
    whole = facts(stressed(systems=ONE))
    assert "Not all of them" not in str(whole["Who is in the data"])


def test_one_change_of_a_severity_is_not_the_worst_of_several() -> None:
    alone = tuple(c for c in conditions() if c.severity != 3 or c.curve == "blur")
    report = stressed(systems=ONE, conditions=alone)
    assert str(facts(report)["What moves the answers"]).startswith(
        "fer on faces: under “Blurred” (severity 3), 70.0 %"
    )


def test_changes_are_ranked_those_that_move_most_first() -> None:
    found = table(stressed(systems=ONE), "changes that move most")
    assert column(found, "What is done, up to severity") == [
        "Mirror image (5)",
        "Blurred (5)",
        "JPEG (3)",
    ]
    assert column(found, "Over severities")[1] == "75.0 (73.0 to 77.0)"
    assert [column(found, str(s))[1] for s in range(1, 6)] == [
        "90.0",
        "80.0",
        "70.0",
        "60.0",
        "50.0",
    ]
    assert column(found, "Severity with fewest")[2] == "3: 85.0 (82.0 to 88.0)"
    assert column(found, "p adjusted") == ["< 0.001", "< 0.001", "1.000"]
    assert all(isinstance(link, Link) for link in column(found, "Finding"))


def test_systems_stand_side_by_side_with_how_often_each_keeps_most() -> None:
    report = stressed()
    found = table(report, "faces: answers unchanged over severities")
    assert [c.text for c in found.columns][1:] == ["fer", "mine"]
    assert found.rows[1] == ("Blurred (5)", "75.0 (73.0 to 77.0)", "87.5 (85.5 to 89.5)")
    assert "Most answers stay with mine under 3 and fer under 0 (ties" in said(report)
    assert headings(report)[0] == "All systems on faces"


def test_areas_up_to_different_severities_say_so_and_are_not_counted() -> None:
    report = stressed()
    short = tuple(
        replace(c, n_asked=0) if c.name in ("blur:4", "blur:5") else c for c in conditions()
    )
    first, second = report.stressed
    mixed = replace(report, stressed=(first, replace(second, conditions=short)))
    found = table(mixed, "faces: answers unchanged over severities")
    row = next(r for r in found.rows if r[0] == "Blurred")
    assert row == ("Blurred", "75.0 (73.0 to 77.0), to 5", "87.5 (85.5 to 89.5), to 3")
    assert "All systems were put under 2 kinds of change." in said(mixed)


def test_one_system_alone_is_compared_with_none() -> None:
    assert "All systems on faces" not in headings(stressed(systems=ONE))


def test_pushes_are_told_in_words_largest_first() -> None:
    (pushed,) = [
        b
        for b in blocks_of(stressed(systems=ONE))
        if isinstance(b, Bullets) and str(b.items[0]).startswith("predicted")
    ]
    assert pushed.items[:2] == (
        "predicted “anger” 50.0 points more often (+45.0 to +55.0) under Blurred, severity 5 "
        "(blur:5)",
        "predicted “fear” 50.0 points less often (−55.0 to −45.0) under Blurred, severity 5 "
        "(blur:5)",
    )
    assert len(pushed.items) == 4, "the largest of each label under each kind of change"
    assert (
        "against how often it is without: 22 comparisons, of which 8 tell a change apart from "
        "chance, with p-values that allow for all." in said(stressed(systems=ONE))
    )


def test_where_nothing_is_told_apart_no_push_is_named() -> None:
    report = stressed(systems=ONE)
    calm = tuple(
        replace(f, adjusted=replace(f.adjusted, p_value=1.0)) if f.adjusted else f
        for f in report.findings
    )
    report = replace(report, findings=FindingSet(calm))
    assert "22 comparisons, of which none tell a change apart from chance" in said(report)
    assert "none has an adjusted p below 0.05" in said(report)
    assert "That no gap is shown does not mean that there is none" in said(report)
    assert not any(isinstance(b, Bullets) for b in blocks_of(report))


def test_correctness_and_confidence_are_told_by_severity() -> None:
    found = table(stressed(systems=ONE), "change in accuracy by severity")
    assert found.rows[0][:7] == (
        "Blurred",
        "−5.0",
        "−10.0",
        "−15.0",
        "−20.0",
        "−25.0",
        "5: −25.0 points (−28.0 to −22.0)",
    )
    assert table(stressed(systems=ONE), "change in confidence by severity").rows


def test_without_annotations_nothing_is_said_of_right_answers() -> None:
    report = without(stressed(systems=ONE), metric="accuracy_change")
    assert "No item has an annotated label" in said(report)
    assert not [b for b in blocks_of(report) if isinstance(b, Table) and "accuracy by" in b.caption]


def test_failures_that_changes_cause_are_listed() -> None:
    report = stressed(systems=ONE)
    assert "No change makes the system fail on more items" in said(report)
    broken = tuple(
        replace(
            f, result=estimate(0.2, 0.05, p=0.0001), adjusted=Adjusted(p_value=0.001, by="Holm")
        )
        if f.place.metric == "failure_change" and f.place.condition == "blur:5"
        else f
        for f in report.findings
    )
    report = replace(report, findings=FindingSet(broken))
    assert (
        "Under 1 condition more items failed than without; for 1 of them that is told apart from "
        "chance" in said(report)
    )
    assert table(report, "change in failures").rows[0][0] == "Blurred, severity 5"


def test_gaps_between_groups_are_told_the_clearest_first() -> None:
    report = stressed(systems=ONE)
    assert (
        "The clearest: under Blurred, severity 5, answers unchanged by sex (female − male): 10.0 "
        "points (8.0 to 12.0), adjusted p < 0.001." in said(report).replace("\xa0", " ")
    )
    found = table(report, "largest gaps between groups")
    assert column(found, "What is done")[0] == "Blurred, severity 5"
    assert len(found.rows) == 5


def test_gaps_of_small_groups_are_not_shown() -> None:
    report = stressed(systems=ONE)
    few = tuple(
        replace(f, result=estimate(0.6, n_subjects=3)) if f.place.group == "male" else f
        for f in report.findings
    )
    report = replace(report, findings=FindingSet(few))
    assert "Whether some are moved more than others" not in headings(report)


def test_conditions_that_few_were_asked_under_are_not_shown() -> None:
    report = stressed(systems=ONE)
    few = tuple(
        replace(f, result=estimate(0.1, n_subjects=3)) if f.place.condition == "blur:3" else f
        for f in report.findings
    )
    report = replace(report, findings=FindingSet(few))
    assert column(table(report, "changes that move most"), "3")[1] == "not shown"
    assert "10.0" not in str(table(report, "changes that move most").rows[1])


def test_what_is_scrambled_stands_beside_what_was_generated() -> None:
    report = stressed(systems=ONE)
    found = table(report, "nothing is left to answer")
    assert [str(r[0]) for r in found.rows] == [
        "Phases scrambled",
        "Link(text='lfw-subset (generated or without emotion)', href='#pair-2')",
    ]
    assert found.rows[0][3] == "“neutral”: 44.0 % (39.0 to 49.0)"


def test_scrambled_items_are_not_called_annotated_none() -> None:
    # The part on items annotated "none" is about the other dataset alone.
    report = stressed(systems=ONE)
    evidence = blocks_of(report, "evidence")
    at = [b.text for b in evidence if isinstance(b, Heading)]
    assert at.count("Items without an emotion to find") == 1
    assert at.index("fer on lfw-subset") < at.index("Items without an emotion to find")


def test_the_evidence_of_a_pair_leads_to_what_moves_its_answers() -> None:
    links = [
        p
        for b in blocks_of(stressed(systems=ONE), "evidence")
        if isinstance(b, Prose)
        for p in b.paragraphs
        if isinstance(p, Link)
    ]
    assert links == [Link("What moves its answers", "#stress-pair-1")]
    assert 'id="stress-pair-1"' in build_report(stressed(systems=ONE))


def test_a_map_is_drawn_where_all_sixteen_squares_are_there() -> None:
    report = stressed(systems=ONE)
    (heat,) = [
        f.chart
        for b in blocks_of(report)
        if isinstance(b, Gallery)
        for f in b.figures
        if isinstance(f.chart, Heat)
    ]
    assert [cell.text for cell in heat.rows[1][1]] == ["20.0", "25.0", "30.0", "35.0"]
    fewer = stressed(
        systems=ONE, conditions=tuple(c for c in conditions() if c.curve != "hide-r4c4")
    )
    charts = [f.chart for b in blocks_of(fewer) if isinstance(b, Gallery) for f in b.figures]
    assert not any(isinstance(c, Heat) for c in charts)
    assert "r1c1 hidden" in build_report(fewer), "the squares are told one by one"


def test_a_swap_stands_before_the_same_swap_within_a_label() -> None:
    found = table(stressed(systems=ONE), "how much of the score is left")
    assert [r[0] for r in found.rows] == [
        "Background without face",
        "Another background",
        "Another background, same label",
    ]
    assert found.rows[0][1] == "25.0 % (22.0 to 28.0)"
    words = said(stressed(systems=ONE))
    assert "Another background: put in from an item of another label, it stands beside" in words
    assert "it the other label that moves them" in words


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        (
            "swap-background-same-label",
            "Another background: the same with an item of the same label was not asked, so it is "
            "not known how much is due to the other label",
        ),
        (
            "swap-background",
            "Another background, same label: the same with an item of another label was not asked.",
        ),
    ],
)
def test_a_swap_without_its_twin_is_not_said_to_stand_beside_it(left_out: str, words: str) -> None:
    asked = tuple(c for c in conditions() if c.curve != left_out)
    told = said(stressed(systems=ONE, conditions=asked))
    assert words in told
    assert "it stands beside" not in told


def test_without_a_swap_nothing_is_said_of_swaps_and_without_a_part_gone_nothing_of_that() -> None:
    asked = tuple(c for c in conditions() if not str(c.curve).startswith(("swap-", "keep-")))
    told = said(stressed(systems=ONE, conditions=asked))
    assert "label" not in told.partition("A part is taken away")[2]
    assert "is gone" not in told
    assert "Answers that stay when the face is gone" in said(stressed(systems=ONE))


@pytest.mark.parametrize(
    ("floor", "condition", "words"),
    [
        ("least-change:1", "mirror:5", "answers changed beyond the smallest change, Mirror image"),
        ("repeat", "mirror:5", "answers changed beyond asking again, Mirror image (mirror:5)"),
        ("least-change:1", "alone", "answers changed beyond asking again, the same media, one at"),
    ],
)
def test_a_claim_names_what_its_condition_is_held_against(
    floor: str, condition: str, words: str
) -> None:
    report = stressed(systems=ONE, floor=floor)
    found = next(
        f
        for f in report.findings
        if (f.place.metric, f.place.condition) == ("unchanged_below_floor", condition)
    )
    claim = Claim(
        id="c", says="is moved by nothing",
        criterion=Criterion(
            metric="unchanged_below_floor", comparison=Comparison.AT_MOST, bound=0.05,
            condition=condition,
        ),
    )  # fmt: skip
    verdict = Verdict(
        claim=claim, system="fer", dataset="faces", outcome=Outcome.NOT_UPHELD,
        sentence="It is not.", finding_keys=(found.key,),
    )  # fmt: skip
    report = replace(report, verdicts=(verdict,))
    (cards,) = [b for b in blocks_of(report, "verdicts") if isinstance(b, Cards)]
    steps = {s.title: str(s.lines) for s in cards.cards[0].steps}
    assert words in steps["What would settle it"]
    assert words in steps["What there is"]
    (rows,) = [b.rows for b in page_of(report).answer.blocks if isinstance(b, Table)]
    assert words in str(rows)


def test_reliance_says_what_answers_hang_on_and_not_why() -> None:
    assert "That says what answers hang on, not why" in said(stressed(systems=ONE))


def test_worst_items_are_listed_where_asked_for_and_never_in_public() -> None:
    worst = (
        WorstItem("ann-7", 20, 31, condition="blur:1", before="anger", after="sadness"),
        WorstItem("bo-1", 3, 31, condition="mirror:5", before="anger", after=None),
    )
    report = stressed(systems=ONE, worst=worst)
    found = table(report, "items whose answers change most often")
    assert found.rows == (
        ("ann-7", "20 of 31", "Blurred, severity 1", "anger", "sadness"),
        ("bo-1", "3 of 31", "Mirror image", "anger", "fails"),
    )
    assert "ann-7" not in build_report(published(report))
    assert "Items whose answers change most" not in headings(published(report))


def test_a_public_report_tells_no_condition_that_few_were_asked_under() -> None:
    few = tuple(replace(c, n_asked=9) if c.name == "blur:2" else c for c in conditions())
    (sheet,) = published(stressed(systems=ONE, conditions=few)).stressed
    assert "blur:2" not in [c.name for c in sheet.conditions]
    assert len(sheet.conditions) == len(few) - 1


def test_the_answer_page_tells_the_worst_at_severity_3_and_the_floor() -> None:
    page = page_of(stressed())
    (facts,) = [b for b in page.answer.blocks if isinstance(b, Facts)]
    assert dict(facts.pairs)["What moves the answers"] == (
        "fer on faces: under the worst of 2 changes of severity 3 (Blurred), 70.0 % (67.0 to 73.0) "
        "of the answers stay what they were, and 99.0 % (98.0 to 100.0) under the smallest change. "
        "mine on faces: under the worst of 2 changes of severity 3 (Blurred), 85.0 % (82.0 to "
        "88.0) of the answers stay what they were, and 99.0 % (98.0 to 100.0) under the smallest "
        "change."
    )


def facts(report: ReportInput) -> dict[str, Text]:
    (found,) = [b for b in page_of(report).answer.blocks if isinstance(b, Facts)]
    return dict(found.pairs)


def test_the_answer_page_names_asking_again_where_that_is_the_floor() -> None:
    told = str(facts(stressed(systems=ONE, floor="repeat"))["What moves the answers"])
    assert told.endswith("and 99.0 % (98.0 to 100.0) when it is asked again.")
    assert "smallest change" not in told


def test_the_answer_page_cuts_no_words_of_a_change() -> None:
    title = "A change whose name is of very many words, all of which are to be read " * 2
    named = tuple(
        replace(c, title=title.strip()) if c.name == "blur:3" else c for c in conditions()
    )
    told = str(facts(stressed(systems=ONE, conditions=named))["What moves the answers"])
    assert f"({title.strip()})" in told


def test_what_could_not_be_estimated_gives_its_reason_and_breaks_nothing() -> None:
    report = stressed(systems=ONE)
    none = tuple(
        replace(f, result=not_estimable()) if f.place.condition else f for f in report.findings
    )
    report = replace(report, findings=FindingSet(none), min_cell=0)
    words = said(report)
    assert "it could not be estimated how many answers stay what they were" in words
    found = table(report, "changes that move most")
    assert set(column(found, "Severity with fewest")) == {"–"}
    assert "not estimable" in build_report(report)


def test_checks_alone_make_a_section() -> None:
    checks = tuple(c for c in conditions() if c.curve is None)
    report = stressed(systems=ONE, conditions=checks, floor="repeat")
    assert "Changes that should not matter" not in headings(report)
    assert table(report, "media stay as they are").rows[0][0] == "the same media, asked again"


def spoken(low: float) -> list[Finding]:
    """Return findings on words against voice; the gain is 0.1 and ends at ``low`` below."""
    at = {"system": "mine", "dataset": "speech", "family": "reliance"}
    return [
        finding(estimate(0.5), metric="same_answer", condition="same-text", **at),
        finding(estimate(0.4), metric="same_answer", condition="other-text", **at),
        finding(estimate(0.1, 0.1 - low, p=0.01), metric="same_answer_gain",
                condition="same-text", **at),
    ]  # fmt: skip


def test_words_against_voice_are_told_without_any_change_of_media() -> None:
    report = small(findings=FindingSet(tuple(spoken(0.04))))
    assert headings(report) == ["mine on speech", "Words or voice"]
    assert (
        "With the same words, answers agree more often by +10.0 points (+4.0 to +16.0)."
        in said(report).splitlines()
    )
    found = table(report, "words against voice")
    assert [r[1] for r in found.rows] == [
        "50.0 % (48.0 to 52.0)",
        "40.0 % (38.0 to 42.0)",
        "+10.0 points (+4.0 to +16.0)",
    ]
    assert SEVERITY not in said(report)


def test_words_that_may_not_matter_are_not_said_to() -> None:
    report = small(findings=FindingSet(tuple(spoken(-0.02))))
    assert "The interval reaches zero: that words matter is not shown." in said(report)


def test_words_stand_among_what_else_is_told_of_the_pair() -> None:
    report = stressed(systems=ONE)
    here = tuple(
        replace(f, place=replace(f.place, system="fer", dataset="faces")) for f in spoken(0.04)
    )
    report = replace(report, findings=FindingSet((*report.findings, *here)))
    assert headings(report).count("Words or voice") == 1
    assert headings(report).count("fer on faces") == 1


def test_a_pair_without_findings_under_stress_is_left_out() -> None:
    report = replace(stressed(systems=ONE), findings=realistic().findings)
    assert views_of(Material(report)) == []
    assert "stress" not in [s.anchor for s in page_of(report).sections]


def test_words_of_others_are_escaped_everywhere() -> None:
    system, dataset, label = HOSTILE[:3]
    found = [
        replace(f, place=replace(f.place, system=system, dataset=dataset))
        for f in under_stress("x", "y")
    ]
    place = found[0].place
    push = finding(
        estimate(0.3, p=0.0001),
        0.001,
        system=system,
        dataset=dataset,
        family="robustness",
        condition=place.condition,
        metric=f"prediction_rate_change[{label}]",
    )
    report = stressed(systems=ONE, worst=(WorstItem(HOSTILE[0], 1, 2),))
    sheet = replace(report.stressed[0], system=system, dataset=dataset, says=HOSTILE[1])
    bad = tuple(replace(c, title=HOSTILE[1], heading=HOSTILE[0]) for c in sheet.conditions)
    report = replace(
        report,
        findings=FindingSet((*found, push)),
        stressed=(replace(sheet, conditions=bad),),
    )
    html = build_report(report)
    for attack in ("<script>alert", "<img", "<a href=javascript"):
        assert attack not in html
