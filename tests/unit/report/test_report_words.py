"""What the page says, in whole sentences."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from facevalue.audits.findings import FindingSet, Place
from facevalue.domain.claims import Outcome, Verdict
from facevalue.domain.estimates import NotEstimable, Reason
from facevalue.report import ReportInput
from facevalue.report.blocks import (
    Block,
    Bullets,
    Cards,
    EveryFinding,
    Facts,
    Gallery,
    Heading,
    Link,
    Measures,
    Notice,
    Page,
    Prose,
    Table,
    web_link,
)
from facevalue.report.blocks import Reason as Told
from facevalue.report.metrics import axis_words, definition, metric_words, unit_of
from facevalue.report.sections import page_of
from facevalue.report.wording import Unit, number, p_words, quantity, shorten, slug
from report_factory import (
    CREMA_D,
    EQUAL,
    FER,
    MISSING,
    PROVENANCE,
    controls,
    estimate,
    finding,
    not_estimable,
    realistic,
    small,
)


@cache
def realistic_page() -> Page:
    return page_of(realistic())


def blocks_of(page: Page, anchor: str) -> tuple[Block, ...]:
    return next(s.blocks for s in page.sections if s.anchor == anchor)


def said(page: Page, anchor: str) -> list[str]:
    """Return the paragraphs, bullets and headings of a section."""
    words: list[str] = []
    for block in blocks_of(page, anchor):
        if isinstance(block, Prose):
            words += [str(p) for p in block.paragraphs]
        elif isinstance(block, Bullets | Notice):
            words += [str(p) for p in block.items]
        elif isinstance(block, Heading):
            words.append(block.text)
    return words


def tables(page: Page, anchor: str) -> dict[str, Table]:
    return {b.caption: b for b in blocks_of(page, anchor) if isinstance(b, Table)}


def with_findings(*found: object, **parts: object) -> ReportInput:
    return small(findings=FindingSet(found), verdicts=(), **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.5744, Unit.SHARE, "57.4"),
        (0.0, Unit.SHARE, "0.0"),
        (-0.0001, Unit.POINTS, "0.0"),
        (0.032, Unit.POINTS, "+3.2"),
        (-0.032, Unit.POINTS, "−3.2"),
        (0.032, Unit.GAP, "3.2"),
        (-0.1234, Unit.INDEX, "−0.123"),
        (0.1234, Unit.INDEX_DIFFERENCE, "+0.123"),
        (0.871, Unit.RATIO, "0.87"),
    ],
)
def test_numbers_are_rounded_in_their_unit(value: float, unit: Unit, words: str) -> None:
    assert number(value, unit) == words


def test_a_number_stands_with_its_interval() -> None:
    # 0.5744 − 0.011 = 0.5634 and 0.5744 + 0.011 = 0.5854
    assert quantity(estimate(0.5744, 0.011), Unit.SHARE) == "57.4 % (56.3 to 58.5)"
    assert quantity(estimate(-0.03, 0.01), Unit.POINTS) == "−3.0 points (−4.0 to −2.0)"


def test_what_cannot_be_estimated_has_its_reason_and_the_bare_number() -> None:
    told = quantity(not_estimable("2, at least 5 needed"), Unit.SHARE)
    assert told == (
        "not estimable: too few subjects to say how uncertain the number is (2, at least 5 needed)"
    )
    bare = replace(not_estimable(), value=0.5)
    assert quantity(bare, Unit.SHARE).endswith("; the bare number is 50.0 %")


def test_p_values() -> None:
    assert [p_words(p) for p in (None, 0.0004, 0.0341, 1.0)] == ["–", "< 0.001", "0.034", "1.000"]


@pytest.mark.parametrize(
    ("metric", "reference", "unit"),
    [
        ("accuracy", None, Unit.SHARE),
        ("accuracy", "rest", Unit.POINTS),
        ("recall[anger]", "largest gap", Unit.GAP),
        ("mcc", None, Unit.INDEX),
        ("mcc", "random", Unit.INDEX_DIFFERENCE),
        ("ratio of accuracy", "rest", Unit.RATIO),
        ("something new", None, Unit.INDEX),
    ],
)
def test_units(metric: str, reference: str | None, unit: Unit) -> None:
    place = Place(system="s", dataset="d", family="f", metric=metric, reference=reference)
    assert unit_of(place) is unit


def test_metrics_in_words() -> None:
    assert metric_words("confusion[anger→fear]") == "annotated as “anger”, predicted “fear”"
    assert metric_words("accuracy[failures=wrong]") == "accuracy, failures counted as wrong"
    assert metric_words("failure_rate[timeout]") == "failure rate: timeout"
    assert metric_words("ratio of recall[fear]") == "ratio of recall of “fear”"
    assert metric_words("something new") == "something new"
    assert definition("something new") == (
        "something new",
        "Named so by the analysis that made it; facevalue holds no definition of it.",
    )


def test_axes_name_their_unit() -> None:
    place = Place(system="s", dataset="d", family="f", metric="accuracy", reference="rest")
    assert axis_words(place) == "percentage points of difference (this minus rest)"
    assert axis_words(replace(place, reference=None)) == "% of answers"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " https://example.org",
        "https://exa\nmple.org",
        "data:text/html,x",
        "//example.org",
        "https:",
        "https://[::1",
        "https://example.org/\u202e",
        "",
    ],
)
def test_only_plain_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == url


def test_a_web_address_becomes_a_link() -> None:
    assert web_link("https://example.org/a?b=1", "words") == Link(
        "words", "https://example.org/a?b=1"
    )


def test_file_names_hold_no_path() -> None:
    assert slug("groups", "../../etc/passwd", "<x>") == "groups-etc-passwd-x"
    assert shorten("a\n b" + "c" * 50, 10) == "a bcccccc…"


def test_the_summary_counts_verdicts() -> None:
    assert realistic_page().summary == (
        "4 verdicts: 1 not upheld, 1 inconclusive, 1 not testable and 1 upheld."
    )


def test_the_front_says_what_must_be_known_first() -> None:
    (notice,) = realistic_page().front
    assert isinstance(notice, Notice)
    assert notice.items == (
        "emodb-2s is not part of this report, because the data were not here. Set "
        "FACEVALUE_DATA to a folder that holds emodb-2s.",
        "crema-d: The emotions are acted. Accuracy on acted emotion says little about real life.",
        "lfw-subset: the data do not say which items show the same subject; each is taken as a "
        "subject of its own.",
    )


def test_a_change_after_the_lock_and_prohibited_outputs_come_first() -> None:
    page = page_of(
        small(
            provenance=replace(PROVENANCE, changed_since_lock=True),
            systems=(replace(FER, prohibited=("asian", "white")),),
            datasets=(MISSING,),
        )
    )
    (notice,) = page.front
    assert isinstance(notice, Notice)
    assert notice.items[:2] == (
        "The audit file is not the one that was locked on 2026-11-24 10:01 UTC. What was to be "
        "tested may have been chosen after the results were seen.",
        "fer has output labels that name ethnicity, race or religion: “asian” and “white”. "
        "Sorting people so by their biometrics is prohibited in the EU (Regulation 2024/1689, "
        "article 5). facevalue reports such outputs and does not evaluate them.",
    )


def test_a_prohibited_output_is_shown_where_the_system_is() -> None:
    none = NotEstimable(
        reason=Reason.PROHIBITED_OUTPUT, n_items=3, n_answers=3, n_subjects=0, detail="x"
    )
    found = finding(none, family="outputs", metric="prohibited_output", group="asian")
    blocks = blocks_of(page_of(with_findings(found)), "evidence")
    assert [b.title for b in blocks if isinstance(b, Notice)] == ["Prohibited output"]


def test_cards_say_all_of_a_verdict() -> None:
    cards = next(b for b in blocks_of(realistic_page(), "verdicts") if isinstance(b, Cards)).cards
    assert [c.words for c in cards] == ["not upheld", "inconclusive", "not testable", "upheld"]
    first, second, third, _ = cards
    assert first.where == "human raters on crema-d"
    titles = ["The claim", "What would settle it", "What there is", "The verdict"]
    assert all([step.title for step in card.steps] == titles for card in cards)
    claimed, settles, there_is, verdict = (step.lines for step in first.steps)
    assert claimed == (
        "Claimed by: experts quoted by a state newspaper",
        Link("a newspaper, 4 November 2019", "https://example.org/claim"),
    )
    assert settles[-1] == "Held against, in this audit: accuracy: at least 95 %."
    assert there_is == (
        "53.4 % (52.2 to 54.6): accuracy; from 2,480 items of 91 subjects.",
        Link("What this rests on", "#basis-1"),
    )
    assert verdict == (f"Not upheld. {realistic().verdicts[0].sentence}",)
    assert second.steps[3].lines[1:] == (
        "Why: The bound lies inside the interval.",
        "About 212 more subjects would settle it, if the number stayed where it is.",
    )
    assert second.steps[1].lines[-1] == (
        "Held against, in this audit: largest gap in accuracy between groups of sex and race: at "
        "most 5 points."
    )
    assert third.steps[1].lines[-1] == (
        "What it takes to be true or false: intent to commit a crime has no observable ground "
        "truth at the moment of looking"
    )
    assert len(third.steps[2].lines) == 1, "nothing to lead to"


def test_a_system_without_skill_is_told_so() -> None:
    verdict = Verdict(
        claim=EQUAL,
        system="coin",
        dataset="crema-d",
        outcome=Outcome.INCONCLUSIVE,
        sentence="The gap is 0.0 points.",
        skill_shown=False,
    )
    cards = next(
        b
        for b in blocks_of(page_of(small(verdicts=(verdict,))), "verdicts")
        if isinstance(b, Cards)
    )
    assert cards.cards[0].steps[3].lines[1:] == (
        "The system is not shown to beat systems that need no model. A system that answers at "
        "random is equal for all groups, and may be moved by nothing: neither counts for anything "
        "here.",
    )


def test_evidence_speaks_of_skill_width_gaps_labels_controls_and_failures() -> None:
    words = said(realistic_page(), "evidence")
    # Design effects 21.0, 11.6, 15.2, 14.4: square roots 4.58, 3.41, 3.90, 3.79.
    for sentence in (
        "human raters is shown to beat all three reference systems.",
        "Answers about one subject are alike, so many answers about few people tell less than "
        "their number suggests. The intervals allow for that: they are 3.4 to 4.6 times as wide "
        "as they would be if every answer were independent.",
        "sex: largest gap in accuracy between groups: 6.0 points (2.5 to 9.5), p\xa0=\xa00.030.",
        "Compared as if every group had the same mix of annotations: what remains is not due to "
        "groups showing different emotions in these data.",
        "100 items annotated “none”: there is no face, no voice or no expression in them. The "
        "right answer to each is to give none.",
        "The system named an emotion for 98.0 % (96.0 to 100.0) of them.",
        "Its mean score for the label it gave was 55.7 % (52.7 to 58.7).",
        "Its score was at least 0.9 for 12.0 % (6.0 to 18.0) of its answers.",
        "The system gave no usable answer to 2.0 % (1.0 to 3.0) of 2,480 items. Such items are "
        "left out of the other figures, unless a claim counts them as wrong.",
    ):
        assert sentence in words
    assert any(w.startswith("A system that answers at random is equal for all") for w in words)


def test_the_contrast_with_independent_answers_is_derived_from_the_design_effect() -> None:
    found = finding(estimate(0.5, 0.06, effect=9.0))
    table = tables(page_of(with_findings(found)), "evidence")[
        "What taking answers as independent would have claimed (95 % intervals)"
    ]
    # √9 = 3, so 0.06 / 3 = 0.02 on both sides.
    assert table.rows[0][:4] == ("all items", "44.0 to 56.0", "48.0 to 52.0", "3.0 ×")


def test_a_gap_whose_interval_reaches_zero_is_not_shown() -> None:
    found = finding(
        estimate(0.02, 0.02, p=0.4),
        family="disparity",
        attribute="sex",
        group="female − male",
        reference="largest gap",
    )
    assert (
        "sex: largest gap in accuracy between groups (female − male): 2.0 points (0.0 to 4.0), "
        "p\xa0=\xa00.400. The interval reaches zero: no gap is shown."
    ) in said(page_of(with_findings(found)), "evidence")


def test_a_system_that_never_failed_is_said_to_have_passed() -> None:
    found = finding(estimate(0.0, 0.0), family="failures", metric="failure_rate")
    words = said(page_of(with_findings(found)), "evidence")
    assert words[-2:] == ["Failures", "The system gave an answer to all of 2,480 items."]


def test_figures_of_one_audit_show_groups_in_the_order_of_the_data() -> None:
    galleries = [b for b in blocks_of(realistic_page(), "evidence") if isinstance(b, Gallery)]
    slugs = [f.slug for g in galleries for f in g.figures]
    assert slugs == [
        "claim-accuracy-95-human-raters",
        "claim-works-for-everyone-human-raters",
        "claim-beats-chance-human-raters",
        "skill-accuracy-human-raters-crema-d",
        "conditions-human-raters-crema-d",
        "confusion-human-raters-crema-d",
        "groups-sex-human-raters-crema-d",
        "groups-race-human-raters-crema-d",
        "groups-age-band-human-raters-crema-d",
        "groups-sex-race-human-raters-crema-d",
        "labels-human-raters-crema-d",
        "answers-fer-lfw-subset",
        "failures-fer-lfw-subset",
    ]
    race = next(f for g in galleries for f in g.figures if f.slug.startswith("groups-race"))
    assert [row[0] for row in race.table.rows] == [
        "African American",
        "Asian",
        "Caucasian",
        "Unknown",
    ]
    assert race.table.rows[3][1] == Told("fewer than 5 subjects: not shown")


def test_every_finding_is_in_the_table_and_none_is_blank() -> None:
    report = realistic()
    table = next(b for b in blocks_of(realistic_page(), "findings") if isinstance(b, EveryFinding))
    assert [row.cells[-1] for row in table.rows] == [f.key for f in report.findings]
    assert [row.key for row in table.rows] == [f.key for f in report.findings]
    assert all(cell.strip() for row in table.rows for cell in row.cells)
    assert {len(row.cells) for row in table.rows} == {len(table.columns)}
    assert table.legend == (
        ("M1", "difference, jackknife over subjects, Welch t on effective subjects"),
        ("M2", "jackknife over subjects, logit scale, t on effective subjects"),
        (
            "M3",
            "simultaneous pairwise intervals (Šidák); p by max-T permutation of groups over "
            "subjects",
        ),
    )


def test_each_method_and_metric_of_the_findings_is_explained() -> None:
    facts = [b for b in blocks_of(realistic_page(), "methods") if isinstance(b, Facts)]
    methods = facts[1].pairs
    (measures,) = [
        b.entries for b in blocks_of(realistic_page(), "methods") if isinstance(b, Measures)
    ]
    assert [term.partition(" · ")[0] for term, _ in methods] == ["M1", "M2", "M3"]
    assert all(told != "As its name says." for _, told in methods)
    assert not any("holds no definition" in line for m in measures for line in m.lines)
    assert all(m.formula is not None for m in measures)
    assert len(measures) == 14


def test_limits_of_every_audit_and_of_this_one() -> None:
    few = replace(CREMA_D, n_subjects=10)
    words = said(page_of(small(datasets=(few,), notes=("a note",))), "limits")
    for sentence in (
        "A failed claim is not proof of the opposite, and an inconclusive one is not a failed one.",
        "crema-d has 10 subjects. Intervals allow for so few, and are wide; subjects who differ "
        "from all of these are not represented.",
        "crema-d: The emotions are acted. Accuracy on acted emotion says little about real life.",
        "a note",
    ):
        assert sentence in words


def test_items_stand_for_subjects_where_none_are_declared() -> None:
    page = page_of(
        small(
            findings=FindingSet(tuple(controls("fer", "lfw-subset"))),
            verdicts=(),
            datasets=(replace(CREMA_D, id="lfw-subset", subjects_declared=False),),
        )
    )
    (table,) = tables(page, "evidence").values()
    assert [c.text for c in table.columns][-3:] == ["Items", "Answers", "Finding"]


def test_a_condition_is_shown_where_groups_are_told_within_one_only() -> None:
    found = finding(estimate(0.5), attribute="sex", group="female", condition="modality=face")
    galleries = [
        b for b in blocks_of(page_of(with_findings(found)), "evidence") if isinstance(b, Gallery)
    ]
    assert galleries[-1].figures[0].chart.title == (
        "human raters on crema-d: accuracy by sex, modality: face"
    )
