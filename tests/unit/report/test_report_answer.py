"""The answer on one page: a row for each claim, who is in the data, and what is missing."""

from __future__ import annotations

from dataclasses import replace

from facevalue.domain import Outcome
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


def test_everything_that_is_needed_is_named_in_full() -> None:
    first, second, third, *_ = realistic().verdicts
    needs = tuple(f"thing {i} of which there is {'very ' * 20}much to say" for i in range(9))
    none = replace(third, claim=replace(third.claim, needs=needs))
    short = [
        replace(second, system=f"system {i}", dataset="crema-d", further_subjects=100 + i)
        for i in range(4)
    ]
    told = str(facts(small(verdicts=(first, none, *short)))["What is missing"])
    for need in needs:
        assert need in told
    for i in range(4):
        whom = f"“works equally for everyone” (system {i}, crema-d): about {100 + i} more subjects."
        assert whom in told


def test_what_decides_and_who_it_is_about_are_not_cut() -> None:
    first, _, third, *_ = realistic().verdicts
    needs = ("a need of so many words that a line does not hold them, " * 4).strip()
    whom = "a system with a name of very many words " * 3
    long = replace(
        third, system=whom.strip(), dataset="", claim=replace(third.claim, needs=(needs,))
    )
    shown = rows(small(verdicts=(first, long) * 6))[1]
    assert shown[1] == whom.strip()
    assert shown[3] == f"nothing here; it needs {needs}"


def test_a_number_on_the_claimed_side_says_that_skill_stood_in_the_way() -> None:
    report = realistic()
    found = report.findings[report.verdicts[3].finding_keys[0]]
    assert rows(report)[3][2] == "53.4 % (52.2 to 54.6) accuracy"
    stopped = replace(report.verdicts[3], outcome=Outcome.INCONCLUSIVE, skill_shown=False)
    assert found.is_estimated
    shown = rows(replace(report, verdicts=(stopped,)))[0]
    assert shown[2] == "53.4 % (52.2 to 54.6) accuracy; skill is not shown"
    open_still = replace(report.verdicts[1], skill_shown=False)
    assert "skill is not shown" not in str(rows(replace(report, verdicts=(open_still,))))


def test_a_measure_of_skill_is_missing_where_a_claim_was_stopped_for_want_of_one() -> None:
    report = realistic()
    words = (
        "A measure of skill on crema-d, which takes annotated labels: without it no claim is "
        "upheld that answers stay, or are alike for groups."
    )
    stopped = replace(
        report.verdicts[3], dataset="crema-d", outcome=Outcome.INCONCLUSIVE, skill_shown=None
    )
    told = facts(replace(report, verdicts=(stopped,)))["What is missing"]
    assert words in str(told)
    measured = replace(stopped, skill_shown=False)
    told = facts(replace(report, verdicts=(measured,)))["What is missing"]
    assert words not in str(told)
