"""What would follow, as the report tells it: every number that of the engine, nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from facevalue.audits import FindingSet
from facevalue.report import Provenance, ReportInput, build_report
from facevalue.report.blocks import (
    Block,
    Bullets,
    Dots,
    Figure,
    Gallery,
    Heading,
    Icons,
    Notice,
    Prose,
    Roc,
    Section,
    Table,
    WhatIf,
)
from facevalue.report.model import Material
from facevalue.report.sections.consequences import consequences_section, headline, shown
from facevalue.report.whatif import whatif
from facevalue.simulate import (
    QUANTITIES,
    Answers,
    Scenario,
    Simulated,
    Spread,
    Unsimulated,
    alone,
    claimed_rates,
    consequences,
    deployment_of,
    measured_rates,
    scenario,
    scenario_names,
    sweep,
    tornado,
)
from facevalue.simulate.words import ranged, sentences
from report_factory import HOSTILE

UNITS = {q.name: q.unit for q in QUANTITIES}
WORDS = {q.name: q.words for q in QUANTITIES}


@cache
def measured(name: str = "checkpoint", sizes: tuple[int, ...] = (12, 6), **_: Any) -> Simulated:
    """Return a use with measured rates, of one group for each of ``sizes``."""
    rng = np.random.default_rng(3)
    person = np.repeat(np.arange(sum(sizes)), 10)
    sought = np.arange(len(person)) % 2 == 0
    group = np.repeat(np.arange(len(sizes)), [10 * n for n in sizes])
    given = Answers(
        score=rng.random(len(person)) * 0.7 + 0.3 * sought, person=person, is_sought=sought,
        is_calm=~sought, weight=np.ones(len(person)), group=group,
        groups=tuple("fmx"[: len(sizes)]), has_scores=True,
    )  # fmt: skip
    rates = measured_rates(given, threshold=0.5, attribute="sex", says=("One.", "Two."))
    one = scenario(name)
    return Simulated(
        scenario=one, rates=rates, use=deployment_of(one, rates), system="mine", dataset="voices",
        condition="light=day",
    )  # fmt: skip


def unmeasured(name: str) -> Simulated:
    rates = alone(scenario(name))
    return Simulated(scenario=scenario(name), rates=rates, use=deployment_of(scenario(name), rates))


def report(
    *simulated: Simulated, none: Sequence[Unsimulated] = (), min_cell: int = 5
) -> ReportInput:
    return ReportInput(
        title="Uses", audit_text="", audit_sha256="", findings=FindingSet(()), verdicts=(),
        datasets=(), systems=(), provenance=Provenance(version="1"), simulated=simulated,
        not_simulated=tuple(none), min_cell=min_cell,
    )  # fmt: skip


def section(*simulated: Simulated, **given: Any) -> Section:
    found = consequences_section(Material(report(*simulated, **given)))
    assert found is not None
    return found


def of(found: Section, kind: type) -> list[Any]:
    blocks: list[Block] = list(found.blocks)
    return [b for b in blocks if isinstance(b, kind)]


def figures(found: Section) -> list[Figure]:
    return [f for gallery in of(found, Gallery) for f in gallery.figures]


def table(found: Section, start: str) -> Table:
    (one,) = (t for t in of(found, Table) if t.caption.startswith(start))
    assert isinstance(one, Table)
    return one


def text(told: object) -> str:
    return told if isinstance(told, str) else str(getattr(told, "text", told))


def test_without_a_use_there_is_no_section() -> None:
    assert consequences_section(Material(report())) is None
    assert "What it would mean" not in build_report(report())


def test_the_sentences_are_those_of_the_engine() -> None:
    one, other = measured(), unmeasured("care-home")
    found = section(one, other)
    assert (found.anchor, found.title) == ("consequences", "What it would mean")
    told = [p.paragraphs for p in of(found, Prose)]
    assert "Not a forecast, and not legal advice." in told[0][0]
    for use in (one, other):
        assert sentences(use.scenario, use.rates, use.use, use.found) in told
        assert (f"{use.scenario.who} A flag leads to: {use.scenario.leads_to}",) in told
        assert headline(use) == sentences(use.scenario, use.rates, use.use, use.found)[1]
    heads = [h.text for h in of(found, Heading) if h.level == 3]
    assert heads == [
        "Screening of passengers at a checkpoint: mine on voices, light=day",
        "Watching residents of a care home for falls",
    ]


@pytest.mark.parametrize("name", ["checkpoint", "job-interview", "public-space"])
def test_a_thousand_squares_are_shared_out_as_flags_are(name: str) -> None:
    one = unmeasured(name)
    (icons,) = of(section(one), Icons)
    ppv = one.found.of_all["ppv"].value
    assert ppv is not None
    right = round(1000 * ppv)
    assert (icons.right.count("M"), icons.wrong.count("M")) == (right, 1000 - right)
    assert icons.right_words == f"{right} at what is sought"
    assert icons.wrong_words == f"{1000 - right} not"
    assert icons.says == (
        f"A thousand squares, one for each of 1,000 flags: {right} right, {1000 - right} wrong."
    )
    corners = re.findall(r"M(\d+) (\d+)h8v8h-8z", icons.right + icons.wrong)
    assert len(set(corners)) == 1000
    assert max(int(x) for x, _ in corners) + 8 < 400
    assert max(int(y) for _, y in corners) + 8 < 250


def test_where_nothing_is_flagged_there_are_no_squares() -> None:
    one = scenario("checkpoint")
    never = claimed_rates(sensitivity=0.0, specificity=1.0)
    quiet = Simulated(scenario=one, rates=never, use=deployment_of(one, never))
    found = section(quiet)
    assert of(found, Icons) == []
    assert ("No flag is raised, so none can be right or wrong.",) in [
        p.paragraphs for p in of(found, Prose)
    ]
    assert "No flag is raised" in build_report(report(quiet))


def test_the_what_if_table_holds_what_the_engine_says() -> None:
    one = measured()
    (told,) = of(section(one), WhatIf)
    assert {t.name: t.text for t in told.told} == {
        name: ranged(value, UNITS[name]) for name, value in one.found.of_all.items()
    }
    assert told.groups == ("f", "m")
    for group, row in zip(told.groups, told.by_group, strict=True):
        assert len(row) == len(told.group_columns)
        for cell in row:
            spread = one.found.of_groups[group][cell.name]
            unit = UNITS.get(cell.name, "ratio")
            assert cell.text == ranged(spread, unit)
    data = json.loads(told.data)
    assert data["use"]["base_rate"] == one.use.base_rate
    assert data["rates"]["shape"] == list(one.rates.sensitivity.shape)


def test_a_correlation_that_nobody_knows_starts_at_none_and_is_said_to() -> None:
    one = scenario("checkpoint").model_copy(update={"correlation": None})
    rates = alone(one)
    use = Simulated(scenario=one, rates=rates, use=deployment_of(one, rates))
    assert use.use.correlation is None
    found = section(use)
    prose = " ".join(p for block in of(found, Prose) for p in block.paragraphs)
    assert "the table starts as if they were independent" in prose
    (told,) = of(found, WhatIf)
    values = {t.name: t.text for t in told.told}
    assert values["flagged_once"] == values["flagged_once_independent"] == "64.2 %"
    # What hangs on it is drawn from end to end, without a dot where nobody knows it stands.
    (_, once) = (f.chart for f in figures(found))
    assert isinstance(once, Dots)
    assert [(row.label, row.value) for row in once.rows] == [("correlation of looks", None)]
    assert "What it hangs on" in build_report(report(use))
    # With one look there is nothing to know.
    single = replace(use, use=replace(use.use, looks=1))
    prose = " ".join(p for block in of(section(single), Prose) for p in block.paragraphs)
    assert "as if they were independent" not in prose


def test_sliders_stand_where_the_numbers_are_whatever_they_are() -> None:
    one = measured()
    extremes: list[dict[str, Any]] = [
        {}, {"base_rate": 0.9, "people_a_day": 9e11, "minutes": 500.0, "staff": 9999},
        {"base_rate": 1e-12, "people_a_day": 0.001, "minutes": 0.25, "looks": 1_000_000},
    ]  # fmt: skip
    for changes in extremes:
        told = whatif(replace(one, use=replace(one.use, **changes)), "w", "c")
        for slider in (*told.sliders, *told.shares):
            assert slider.low <= slider.at <= slider.high, (slider.name, changes)
            assert slider.low < slider.high
            assert slider.step > 0
    names = [s.name for s in whatif(one, "w", "c").sliders]
    assert names == [
        "base_rate", "at", "looks", "correlation", "people_a_day", "staff", "minutes",
    ]  # fmt: skip
    # A claim has no threshold, and no groups.
    claim = whatif(unmeasured("care-home"), "w", "c")
    assert "at" not in [s.name for s in claim.sliders]
    assert (claim.shares, claim.groups) == ((), ())


def test_beside_the_claim_and_staff_without_it() -> None:
    one = measured()
    found = table(section(one), "Beside what is claimed")
    heads = [c.text for c in found.columns]
    assert heads == ["What follows", "as measured", "as claimed", "staff without it"]
    assert one.claimed is not None
    assert one.without is not None
    spreads = [
        one.found.of_all,
        consequences(one.claimed, one.use).of_all,
        consequences(one.without, one.use).of_all,
    ]
    names = {words: name for name, words in WORDS.items()}
    for row in found.rows[:-1]:
        name = names[text(row[0])]
        assert [text(c) for c in row[1:]] == [ranged(s[name], UNITS[name]) for s in spreads]
    assert [text(c) for c in found.rows[-1]] == [
        "the same chance for looks picked at random", *["0.01 %"] * 3,
    ]  # fmt: skip
    # A claim is beside nothing but itself.
    alone_ = table(section(unmeasured("care-home")), "Beside what is claimed")
    assert [c.text for c in alone_.columns] == ["What follows", "as claimed"]


def test_every_threshold_is_what_the_engine_says() -> None:
    one = measured()
    found = table(section(one), "Every threshold")
    steps = sweep(one.rates, one.use)
    assert len(found.rows) == len(steps) == 19
    for i, (row, step) in enumerate(zip(found.rows, steps, strict=True)):
        in_use = " (in use)" if i == one.rates.at else ""
        assert text(row[0]) == f"{step.threshold:g}{in_use}"
        names = ("sensitivity", "false_flag_rate", "ppv", "flags_a_day")
        assert [text(c) for c in row[1:]] == [ranged(step.found.of_all[n], UNITS[n]) for n in names]
    assert not any(
        t.caption.startswith("Every threshold") for t in of(section(unmeasured("wearable")), Table)
    )


def test_the_curve_runs_through_what_was_measured() -> None:
    one = measured()
    (roc,) = (f for f in figures(section(one)) if isinstance(f.chart, Roc))
    assert isinstance(roc.chart, Roc)
    assert len(roc.chart.points) == 19
    x, y = roc.chart.points[roc.chart.at]
    spread: dict[str, Spread] = dict(one.found.of_all)
    assert x == pytest.approx(100 * (spread["false_flag_rate"].value or 0), rel=1e-9)
    assert y == pytest.approx(100 * (spread["sensitivity"].value or 0), rel=1e-9)
    assert roc.chart.across[0] < x < roc.chart.across[1]
    assert roc.chart.up[0] < y < roc.chart.up[1]
    assert roc.chart.claim == pytest.approx((5.0, 95.0))
    assert roc.chart.staff == pytest.approx((39.0, 47.0))
    assert "rest on 18 people" in roc.note
    assert [f for f in figures(section(unmeasured("care-home"))) if isinstance(f.chart, Roc)] == []


@pytest.mark.parametrize("name", scenario_names())
def test_bars_run_between_the_ends_of_each_assumption(name: str) -> None:
    one = unmeasured(name)
    swings = {(s.quantity, s.assumption): s for s in tornado(one.rates, one.use, one.scenario)}
    found = [f for f in figures(section(one)) if isinstance(f.chart, Dots)]
    assert len(found) == 2
    for figure, quantity in zip(found, ("ppv", "flagged_once"), strict=True):
        chart = figure.chart
        assert isinstance(chart, Dots)
        for row in chart.rows:
            swing = swings[quantity, row.label]
            ends = sorted(100 * (v or 0) for v in (swing.at_low, swing.at_high))
            assert [row.low, row.high] == pytest.approx(ends)
            assert row.value is not None
            assert ends[0] - 1e-9 <= row.value <= ends[1] + 1e-9
            assert chart.domain[0] <= ends[0]
            assert ends[1] <= chart.domain[1]
        assert not re.search(r"\d[eE][-+]?\d", figure.says)


def test_every_number_of_the_scenario_is_listed_with_its_reason() -> None:
    one = measured()
    found = table(section(one), "Every number of the scenario")
    rows = {text(r[0]): [text(c) for c in r[1:]] for r in found.rows}
    assert rows["base rate"][0] == "0.0001 (0.0000001 to 0.001)"
    assert rows["correlation of looks, where data do not tell it"][0] == "0.3 (0.05 to 0.7)"
    assert rows["accuracy claimed"][0] == "0.95"
    assert rows["sensitivity, staff without it"][2] == "Bond & DePaulo 2006"
    assert rows["share of people: female"][:2] == ["0.5", one.scenario.mix.why]  # type: ignore[union-attr]
    assert all(why or source != "–" for _, why, source in rows.values())
    # Where no figure exists, the range is told before the number that was taken.
    centre = table(section(unmeasured("call-centre")), "Every number of the scenario")
    values = {text(r[0]): text(r[1]) for r in centre.rows}
    assert values["base rate"] == "0.01 to 0.3, taken at about 0.055"
    study = table(section(unmeasured("entrance-screening")), "Every number of the scenario")
    assert "specificity, study" in {text(r[0]) for r in study.rows}


def test_costs_are_listed_in_their_currency() -> None:
    told = scenario("checkpoint").model_dump(exclude_none=True)
    cost = {
        "currency": "EUR", "false_flag": {"value": 30, "why": "an hour"},
        "missed": {"value": 1e6, "why": "guessed"},
    }  # fmt: skip
    one = Scenario.model_validate(told | {"cost": cost, "mix": None})
    rates = alone(one)
    use = Simulated(scenario=one, rates=rates, use=deployment_of(one, rates))
    rows = {
        text(r[0]): text(r[1]) for r in table(section(use), "Every number of the scenario").rows
    }
    assert rows["cost of a false flag, EUR"] == "30"
    assert rows["cost of a missed case, EUR"] == "1,000,000"
    assert not any(row.startswith("share of people") for row in rows)


def test_what_is_known_and_the_law_lead_to_their_sources() -> None:
    one = measured()
    found = section(one)
    known = table(found, "What is known about such uses")
    assert len(known.rows) == len(one.scenario.background)
    law = table(found, "What the law says of such uses")
    assert [text(r[1]) for r in law.rows] == [note.here for note in one.scenario.law]
    prose = [p for block in of(found, Prose) for p in block.paragraphs]
    assert f"As read on {one.scenario.law_checked}; not legal advice." in prose
    bare = one.scenario.model_copy(update={"background": [], "law": [], "law_checked": None})
    found = section(replace(one, scenario=bare))
    captions = " ".join(t.caption for t in of(found, Table))
    assert "What is known" not in captions
    assert "What the law says" not in captions
    assert of(found, Bullets)[0].items[:2] == ("One.", "Two.")


def test_groups_too_small_to_be_shown_are_told_as_one() -> None:
    one = measured(sizes=(12, 6))
    assert shown(one, 5) is one
    together = shown(one, 10)
    assert together.rates.groups == ("all",)
    assert together.rates.n_people == (18,)
    assert together.rates.attribute is None
    assert together.rates.notes == (
        "Groups are not told apart, since one of them has too few people to be shown.",
    )
    # Few people who are sought are as easily found out as few who are not.
    few_sought = replace(one, rates=replace(one.rates, n_people=(12, 12), n_sought=(12, 4)))
    assert shown(few_sought, 5).rates.groups == ("all",)
    assert shown(few_sought, 5).rates.n_sought == (16,)
    # What is told of all stays as it is, but for the rounding to 32 bits.
    for name, spread in one.found.of_all.items():
        if name in ("flagged_once", "flagged_once_independent"):
            continue  # people of groups with different rates are less alike than all together
        for end in ("value", "low", "high"):
            before, after = getattr(spread, end), getattr(together.found.of_all[name], end)
            assert (before is None) == (after is None)
            assert before is None or after == pytest.approx(before, rel=1e-6)
    html = build_report(report(one, min_cell=10))
    assert '"groups":["all"]' in html
    # A measurement of one group is shown, however small.
    assert shown(together, 1000) is together
    # So is one draw.
    claim = unmeasured("care-home")
    assert shown(claim, 1000) is claim


def test_what_could_not_be_worked_out_is_said_with_the_reason() -> None:
    none = (
        Unsimulated(scenario="classroom", system="mine", dataset="voices", reason="no such label"),
        Unsimulated(scenario="door", system="", dataset="", reason="no claim"),
    )
    (notice,) = of(section(none=none), Notice)
    assert notice.title == "Uses that could not be worked out"
    assert notice.items == ("classroom, mine on voices: no such label.", "door: no claim.")


def test_uses_told_twice_have_figures_and_tables_of_their_own() -> None:
    one = measured()
    found = section(one, replace(one, condition=""), one)
    slugs = [f.slug for f in figures(found)]
    assert len(slugs) == len(set(slugs)) == 9
    anchors = [w.anchor for w in of(found, WhatIf)]
    assert anchors == ["whatif-1", "whatif-2", "whatif-3"]
    html = build_report(report(one, replace(one, condition=""), one))
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_hostile_words_of_a_scenario_are_only_words() -> None:
    attack, image, sql, link, control, style = HOSTILE
    told = scenario("checkpoint").model_dump(exclude_none=True)
    told |= {
        "title": attack, "who": image, "people": sql, "sought": link, "look": style,
        "period": attack, "leads_to": image, "settles": control, "law_checked": "2026-08-05",
    }  # fmt: skip
    told["flag"] |= {"labels": [attack], "calm": [image], "why": style}
    told["mix"] = {"attribute": attack, "shares": {image: 0.5, style: 0.5}, "why": attack}
    told["claimed"] |= {"why": style}
    told["without"] |= {"says": attack}
    told["law"] = [{"fact": "gdpr_9", "here": image}]
    told["cost"] = {"currency": style, "false_flag": {"value": 1, "why": attack}}
    for name in ("base_rate", "people_a_day", "looks", "correlation"):
        told[name] |= {"why": attack}
    one = Scenario.model_validate(told)
    usual = measured()
    rates = replace(
        usual.rates, groups=(attack, image), attribute=style, says=(attack, link), notes=(style,)
    )
    use = Simulated(
        scenario=one, rates=rates, use=deployment_of(one, rates), system=attack, dataset=image,
        condition=style,
    )  # fmt: skip
    none = Unsimulated(scenario=attack, system=image, dataset=style, reason=attack)
    html = build_report(report(use, none=[none]))
    for tag in ("<script>alert", "<img", "</style></table>", "<a href=javascript"):
        assert tag not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;alert(1)" in html
    # The data of the table are in a script that only holds JSON: no tag can end it.
    (data,) = re.findall(r'class="whatif-data">(.*?)</script>', html, re.DOTALL)
    assert "<" not in data
    assert json.loads(data)["rates"]["groups"] == [attack, image]


def test_the_page_is_the_same_every_time() -> None:
    assert build_report(report(measured())) == build_report(report(measured()))
