"""The answer on one page: a row for each claim, who is in the data, and what is missing."""

from __future__ import annotations

from dataclasses import replace

from facevalue.report import Provenance
from facevalue.report.blocks import Facts, Link, Prose, Section, Table, Text
from facevalue.report.model import Material, ReportInput
from facevalue.report.sections.answer import MAX_ROWS, answer_section
from report_factory import CREMA_D, realistic, small


def answer(report: ReportInput) -> Section:
    return answer_section(Material(report))


def rows(report: ReportInput) -> tuple[tuple[Text, ...], ...]:
    (table,) = [b for b in answer(report).blocks if isinstance(b, Table)]
    return table.rows


def facts(report: ReportInput) -> dict[str, Text]:
    (block,) = [b for b in answer(report).blocks if isinstance(b, Facts)]
    return dict(block.pairs)


def test_each_claim_has_its_verdict_and_the_one_number_that_decides_it() -> None:
    assert rows(realistic()) == (
        (
            "“recognises a person's emotion with up to 95 % accuracy”",
            Link("not upheld", "#verdict-1"),
            "53.4 % (52.2 to 54.6) accuracy",
            "at least 95 %",
        ),
        (
            "“works equally for everyone”",
            Link("inconclusive", "#verdict-2"),
            "6.0 points (2.5 to 9.5) accuracy, sex, largest gap",
            "at most 5 points",
        ),
        (
            "“rapidly picks out criminal suspects from video by analysing their mental state”",
            Link("not testable", "#verdict-3"),
            "nothing here; it needs an outcome for everyone screened, also those not stopped and "
            "the base rate",
            "–",
        ),
        (
            "“recognises emotion better than chance”",
            Link("upheld", "#verdict-4"),
            "53.4 % (52.2 to 54.6) accuracy",
            "at least 16.67 %",
        ),
    )


def test_it_says_who_is_in_the_data_and_what_is_missing() -> None:
    told = facts(small(datasets=(CREMA_D,), verdicts=realistic().verdicts))
    assert told["Who is in the data"] == (
        "crema-d: 7,442 items of 91 subjects. 91 actors who were asked to act six emotions; rated "
        "by 2,443 people."
    )
    assert told["What they cannot say"] == (
        "What anyone feels: annotations are not feelings. How it goes with other people, "
        "recordings or uses. Anything of groups that the data do not record. The emotions are "
        "acted. Accuracy on acted emotion says little about real life."
    )
    missing = str(told["What is missing"])
    assert missing.startswith(
        "For claims that could not be tested: an outcome for everyone screened, also those not "
        "stopped and the base rate. To settle “works equally for everyone”: about 212 more "
        "subjects."
    )


def test_a_plan_that_was_not_locked_is_missing() -> None:
    told = facts(small(provenance=Provenance(version="1")))
    assert "A plan that was locked before any prediction and not changed since." in str(
        told["What is missing"]
    )


def test_without_claims_it_says_so() -> None:
    first = answer(small(verdicts=())).blocks[0]
    assert first == Prose(("No claim was put to the test. What was measured stands below.",))


def test_many_claims_are_cut_to_what_fits_a_page() -> None:
    one = realistic().verdicts[0]
    long = replace(one, claim=replace(one.claim, says="so says a vendor " * 20))
    section = answer(small(verdicts=(long,) * (MAX_ROWS + 3)))
    table, more = section.blocks[:2]
    assert isinstance(table, Table)
    assert len(table.rows) == MAX_ROWS
    assert max(len(str(row[0])) for row in table.rows) <= 86  # 84 characters and the quotes
    assert more == Prose((Link("3 more verdicts below", "#verdicts"),))
