"""The scenarios that ship are whole, sourced and hedged; what is wrong in one is told at once."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from facevalue.audits import library_claims
from facevalue.domain.labels import TAXONOMIES, prohibited_labels
from facevalue.errors import AuditSpecError, UnknownNameError
from facevalue.simulate import (
    Amount,
    Scenario,
    facts,
    read_scenario,
    scenario,
    scenario_names,
    scenario_schema,
)

NAMES = [
    "call-centre", "care-home", "checkpoint", "classroom", "custody-intake", "custody-monitoring",
    "driver-monitoring", "entrance-screening", "job-interview", "public-space", "traffic-stop",
    "vr-headset", "wearable",
]  # fmt: skip
POLICE = {"checkpoint", "custody-intake", "custody-monitoring", "traffic-stop"}
FACTS = {f.id: f for f in facts()}

every = pytest.mark.parametrize("name", NAMES)


def inside(model: BaseModel, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield every field at every depth."""
    for key in type(model).model_fields:
        given = getattr(model, key)
        where = f"{path}.{key}".lstrip(".")
        yield where, given
        for i, one in enumerate(given if isinstance(given, list) else [given]):
            if isinstance(one, BaseModel):
                yield from inside(one, f"{where}[{i}]" if isinstance(given, list) else where)


def amounts(found: Scenario) -> dict[str, Amount]:
    return {where: given for where, given in inside(found) if isinstance(given, Amount)}


def test_all_that_the_design_names_ship() -> None:
    assert scenario_names() == NAMES


def test_an_unknown_scenario_is_told_with_a_guess() -> None:
    with pytest.raises(UnknownNameError) as caught:
        scenario("check-point")
    assert str(caught.value) == (
        "unknown scenario 'check-point'. Did you mean 'checkpoint'? Known: "
        + ", ".join(map(repr, NAMES)) + "."
    )  # fmt: skip


@every
def test_the_name_is_that_of_the_file(name: str) -> None:
    assert scenario(name).name == name


@every
def test_every_number_says_where_it_comes_from(name: str) -> None:
    found = amounts(scenario(name))
    assert len(found) >= 9
    for where, amount in found.items():
        assert amount.source is not None or amount.why, where
        low, high = amount.ends
        assert low <= amount.at <= high, where
        if amount.source is None:
            continue
        cited = amount.source.value
        # A cited fact holds a figure, and what is not the figure itself says how it came about.
        assert isinstance(cited, float | int), where
        assert amount.why or amount.ends == (cited, cited), where
        if amount.at != cited:
            assert re.search(r"\d\S*/\S*\d", amount.why or ""), where


@every
def test_what_is_no_figure_is_called_an_assumption_or_part_of_the_description(name: str) -> None:
    # Words that tell an assumption, a described use, arithmetic, or a claim taken at its word.
    told = re.compile(
        r"ssumption|how this use is described|for every day of a year|No figure (was|exists)"
    )
    for where, amount in amounts(scenario(name)).items():
        if amount.source is None:
            assert told.search(amount.why or ""), where


@every
def test_facts_that_are_named_in_words_exist(name: str) -> None:
    for where, given in inside(scenario(name)):
        if not isinstance(given, str):
            continue
        for named in re.findall(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b", given):
            assert named in FACTS, f"{where}: {named}"


@every
def test_lists_name_nothing_twice(name: str) -> None:
    found = scenario(name)
    for listed in (found.claims, found.background, [note.fact for note in found.law]):
        assert len(listed) == len(set(listed))
    assert found.background
    # Background is evidence; what the law says stands under law.
    assert not [f for f in found.background if FACTS[f].topic.startswith("C.")]


def test_every_claim_of_the_library_is_in_a_scenario() -> None:
    covered = {claim for name in NAMES for claim in scenario(name).claims}
    # None is left out: the one that is prohibited belongs to uses on the public, where its
    # legal note stands; the one about docility says that it is no property of the system.
    assert covered == {claim.id for claim in library_claims()}


def test_claims_about_one_use_stand_in_it_and_nowhere_else() -> None:
    for claim in library_claims():
        where = {name for name in NAMES if claim.id in scenario(name).claims}
        if claim.scenario != "any":
            assert where == {claim.scenario}, claim.id
    assert {n for n in NAMES if "ethnic-tagging" in scenario(n).claims} == {
        "checkpoint", "public-space",
    }  # fmt: skip


@every
def test_labels_that_make_a_flag_are_those_of_taxonomies(name: str) -> None:
    flag = scenario(name).flag
    if flag is None:
        # Falls, stress from the body, and temperature: no label of a face or voice makes them.
        assert name in {"care-home", "wearable", "entrance-screening"}
        return
    known = {label for taxonomy in TAXONOMIES.values() for label in taxonomy.labels}
    assert set(flag.labels) | set(flag.calm) <= known
    assert prohibited_labels([*flag.labels, *flag.calm]) == ()


def test_what_people_achieve_is_told_only_where_a_fact_is_near() -> None:
    assert [n for n in NAMES if scenario(n).without is not None] == ["checkpoint"]
    staff = scenario("checkpoint").without
    assert staff is not None
    assert (staff.sensitivity.at, staff.specificity.at) == (0.47, 0.61)
    assert [n for n in NAMES if scenario(n).published is not None] == ["entrance-screening"]


@every
def test_something_can_be_reckoned_from_the_scenario_alone(name: str) -> None:
    found = scenario(name)
    assert found.claimed is not None or found.published is not None
    if found.claimed is not None and found.claimed.source is None:
        assert found.claimed.at == 0.95
        assert "accuracy-95" in (found.claimed.why or "")


# Worked out by hand from the figures that are cited beside them; the last digit is rounded.
DERIVED = {
    ("checkpoint", "people_a_day"): (200_000.0, 100_000.0, 250_000.0),
    ("checkpoint", "base_rate"): (1 / 10_000, 1e-7, 1e-3),
    # (899 + 356) / 1,000 / 365 = 0.00343836; 160 / 1,000 / 365 = 0.00043836
    ("custody-monitoring", "base_rate"): (1255 / 365_000, 160 / 365_000, 0.01),
    ("custody-intake", "base_rate"): (160 / 1000, 0.05, 0.3),
    # 1.6 / 365 = 0.0043836; 0.6 / 365 = 0.0016438; 3.6 / 365 = 0.0098630
    ("care-home", "base_rate"): (1.6 / 365, 0.6 / 365, 3.6 / 365),
    # Of stop-and-searches 76 % ended in no further action: 1 - 0.76. No value: √(0.001 · 0.24).
    ("traffic-stop", "base_rate"): (0.0154919, 0.001, 1 - 0.76),
    # √(1e-9 · 1e-5)
    ("public-space", "base_rate"): (1e-7, 1e-9, 1e-5),
    ("classroom", "base_rate"): (0.33, 0.1, 0.6),
    ("classroom", "looks"): (5.0 * 190, 500.0, 1400.0),
    ("entrance-screening", "base_rate"): (0.022, 0.0005, 0.05),
    ("wearable", "claimed"): (0.9978, 0.9978, 0.9978),
}


@pytest.mark.parametrize(("name", "key"), DERIVED)
def test_derived_numbers(name: str, key: str) -> None:
    found = amounts(scenario(name))[key]
    assert (found.at, *found.ends) == pytest.approx(DERIVED[name, key], rel=5e-4)


def test_figures_that_are_worked_out_in_words() -> None:
    crowd = scenario("checkpoint")
    assert crowd.people_a_day.at * crowd.base_rate.at == pytest.approx(20)
    assert "it would be 20 people every day" in (crowd.base_rate.why or "")
    shop = scenario("public-space")
    attacks = [shop.people_a_day.at * 365 * rate for rate in shop.base_rate.ends]
    assert attacks[1] == pytest.approx(73)  # 20,000 · 365 / 100,000
    assert 1 / attacks[0] == pytest.approx(137, abs=0.5)  # 1 / 0.0073
    assert f"{0.78 / 365:.3f}" in (scenario("driver-monitoring").base_rate.why or "")  # 0.002


def test_intervals_of_the_published_study_are_those_that_the_facts_state() -> None:
    study = scenario("entrance-screening").published
    assert study is not None
    for rate in (study.sensitivity, study.specificity):
        assert rate.source is not None
        low, high = rate.ends
        assert f"(95% CI {low:.3f}-{high:.3f})" in rate.source.statement
        assert rate.at == rate.source.value
    assert "at hospitals" in (scenario("entrance-screening").base_rate.why or "")


@every
def test_shares_of_groups_name_words_of_the_data(name: str) -> None:
    mix = scenario(name).mix
    assert mix is not None
    assert mix.attribute == "sex"
    assert list(mix.shares) == ["female", "male"]


def test_shares_of_groups_that_are_cited() -> None:
    shares = {name: (scenario(name).mix or pytest.fail(name)).shares["female"] for name in NAMES}
    cited = {
        "care-home": FACTS["carehome_sex_2021"].value,
        "custody-intake": FACTS["ew_prison_receptions_women_2016"].value,
        "custody-monitoring": FACTS["ew_prison_women_2019"].value,
    }
    assert shares == {name: cited.get(name, 0.5) for name in NAMES}


@every
def test_the_law_is_there_dated_and_hedged(name: str) -> None:
    found = scenario(name)
    # The newest date that a fact gives for the reading of its source by others; what was read
    # when this was written says so in its own note, and does not make the rest newer.
    dated = {d for f in facts() for d in re.findall(r"note dated (\d{4}-\d\d-\d\d)", f.note)}
    assert found.law_checked == max(dated) == "2026-08-05"
    for note in found.law:
        assert "we read it" in note.here or "we read them" in note.here, note.fact
        assert FACTS[note.fact].topic[0] in "AC", note.fact
    cited = {note.fact for note in found.law}
    assert {"omnibus_in_force", "ico_2022"} <= cited
    # A provision that applies from a date goes with the date.
    for provision, date in (
        ("aia_annex3_1c", "aia_date_annex3"),
        ("aia_50_3", "aia_date_art50"),
        ("aia_5_1_d", "aia_date_art5"),
        ("aia_5_1_f", "aia_date_art5"),
        ("aia_5_1_g", "aia_date_art5"),
    ):
        assert provision not in cited or date in cited, provision


def test_the_law_that_each_use_must_not_leave_out() -> None:
    law = {name: {note.fact for note in scenario(name).law} for name in NAMES}
    for name, cited in law.items():
        if name in POLICE:
            # The GDPR does not apply to police and prisons; the notes say what does.
            assert {"gdpr_2_2_d", "led_11", "aia_5_1_d", "guid_other_domains"} <= cited, name
        else:
            assert {"gdpr_9", "gdpr_22"} <= cited, name
            assert "led_11" not in cited, name
    for name in ("classroom", "job-interview", "call-centre"):
        assert {"aia_5_1_f", "aia_date_art5", "aia_fine_art5", "guid_workplace"} <= law[name]
    assert "guid_education" in law["classroom"]
    assert {"nyc_ll144", "illinois_aivia", "illinois_hb3773", "colorado_replaced"} <= (
        law["job-interview"]
    )
    assert "aia_annex3_polygraph" in law["checkpoint"]
    for name in ("checkpoint", "public-space"):
        assert "aia_5_1_g" in law[name]
    # What is banned outright is not called high-risk, and temperature is no emotion.
    for name in ("classroom", "job-interview", "entrance-screening"):
        assert "aia_annex3_1c" not in law[name]


def test_dates_in_the_notes_are_those_of_the_facts() -> None:
    written = {
        "aia_date_art5": "2 February 2025",
        "aia_date_art50": "2 August 2026",
        "aia_date_annex3": "2 December 2027",
        "aia_legacy": "2 August 2030",
        "colorado_replaced": "1 January 2027",
    }
    months = dict(zip(("01", "02", "08", "12"), ("January", "February", "August", "December"),
                      strict=True))  # fmt: skip
    for fact_id, words in written.items():
        year, month, day = str(FACTS[fact_id].value).split("-")
        assert words == f"{int(day)} {months[month]} {year}"
        notes = [n.here for name in NAMES for n in scenario(name).law if n.fact == fact_id]
        assert notes, fact_id
        assert all(words in here for here in notes), fact_id


SMALL = """\
facevalue_scenario: 1
name: small
title: A test
who: Everyone who passes.
people: passers-by
sought: carry an umbrella
people_a_day: {value: 100, why: counted}
looks_a_day: {value: 1, why: counted}
base_rate: {low: 0.01, high: 0.04, why: guessed}
looks: {value: 5, why: guessed}
period: a week
leads_to: nothing
review:
  minutes: {value: 1, why: guessed}
  staff: {value: 1, why: guessed}
  hours: {value: 8, why: guessed}
settles: looking
"""

MANY = """\
facevalue_scenario: 2
name: Bad Name
title: 7
who: ""
people: passers-by
sough: carry an umbrella
look: [a, b]
people_a_day: {value: many, why: counted}
looks_a_day: {value: 0, why: counted}
base_rate: {value: 1, why: guessed}
looks: {value: 5}
period: a week
correlation: {value: 30, why: guessed}
leads_to: nothing
flag: {labels: [anger, fear], calm: [neutral, fear], why: a guess}
claimed: {fact: bond_depaulo_sense}
published:
  says: they
  sensitivity: {value: 0.9, low: 0.95, high: 0.99, why: guessed}
  specificity: {value: -0.1, why: guessed}
without: everything
mix: {attribute: sex, shares: {female: 0.5, male: 0.6}, why: guessed}
review:
  minutes: {low: 1, why: guessed}
  staff: {fact: gao_10_763_unvalidated}
  hours: {value: .inf, why: guessed}
cost: {currency: EUR, false_flag: {value: true, why: guessed}, missed: 100}
claims: accuracy-95
background: [no_such_fact, tsa_2024_firearm]
law:
  - {fact: gdpr_99, here: words}
  - {fact: gdpr_9}
law_checked: 2026-13-01
"""

TOLD = """\
{path}: 28 problem(s)
  line 1, facevalue_scenario: expected 1, found 2 [bad_value]
  line 1: 'sought' is required [missing_key]
  line 2, name: expected lower-case words with hyphens: custody-intake, found 'Bad Name' [bad_value]
  line 3, title: expected text, found 7; put it in quotes [wrong_type]
  line 4, who: expected at least 1 character(s), found '' [bad_value]
  line 6, sough: 'sough' is not a key of the format. Did you mean 'sought'? [unknown_key]
  line 7, look: expected text, found ['a', 'b'] [wrong_type]
  line 8, people_a_day.value: expected a number, found 'many' [wrong_type]
  line 9, looks_a_day: expected more than 0, found 0 [bad_value]
  line 10, base_rate: base_rate lies between 0 and 1, found 1 [bad_value]
  line 11, looks: say where it comes from: fact (a cited figure) or why (in words) [bad_value]
  line 13, correlation: 30 is not a share; write 0.01 for 1 % [bad_value]
  line 15, flag: 'fear' cannot be in labels and in calm [bad_value]
  line 16, claimed.fact: unknown fact 'bond_depaulo_sense'. Did you mean 'bond_depaulo_sens'? \
[bad_value]
  line 19, published.sensitivity: expected low <= value <= high, found 0.95, 0.9, 0.99 [bad_value]
  line 20, published.specificity.value: -0.1 is not a number of at least 0 [bad_value]
  line 21, without: expected keys and values, found 'everything' [wrong_type]
  line 22, mix: the shares add up to 1.1, expected 1 [bad_value]
  line 24, review.minutes: give low and high together [bad_value]
  line 25, review.staff: give value, or low and high, or a fact that holds a figure [bad_value]
  line 26, review.hours.value: inf is not a number of at least 0 [bad_value]
  line 27, cost.false_flag.value: expected a number, found True [wrong_type]
  line 27, cost.missed: a number goes with its source: write {{value: 100, why: …}} [bad_value]
  line 28, claims: expected a list, found 'accuracy-95' [wrong_type]
  line 29, background: unknown fact 'no_such_fact'; unknown fact 'tsa_2024_firearm'. \
Did you mean 'tsa_2024_firearms'? [bad_value]
  line 31, law[0].fact: unknown fact 'gdpr_99'. Did you mean 'gdpr_9'? [bad_value]
  line 32, law[1].here: 'here' is required [missing_key]
  line 33, law_checked: expected a date such as 2026-08-05, found '2026-13-01' [bad_value]"""

# One fault each, with the line that is put in the place of another and what is told of it.
ONE = [
    ("sought: carry an umbrella\n", "", "line 1: 'sought' is required [missing_key]"),
    (
        "period: a week", "period: a week\nlaw: [{fact: gdpr_9, here: words}]",
        "line 12, law: law goes with law_checked, the date on which it was read [bad_value]",
    ),
    (
        "period: a week", "period: a week\nmix: {attribute: sex, shares: {f: 1.2}, why: x}",
        "line 12, mix: expected more than 0 and at most 1 for 'f', found 1.2 [bad_value]",
    ),
    (
        "period: a week", "period: a week\nmix: {attribute: sex, shares: {f: .nan}, why: x}",
        "line 12, mix: expected more than 0 and at most 1 for 'f', found nan [bad_value]",
    ),
    (
        "{low: 0.01, high: 0.04, why: guessed}", "{low: 0.04, high: 0.01, why: guessed}",
        "line 9, base_rate: low lies above high: 0.04, 0.01 [bad_value]",
    ),
    (
        "{low: 0.01, high: 0.04, why: guessed}", "{value: 0.01, high: 0.04, why: guessed}",
        "line 9, base_rate: give low and high together [bad_value]",
    ),
    (
        "{low: 0.01, high: 0.04, why: guessed}", "{fact: ew_prison_selfharm_people}",
        "line 9, base_rate: 160 is not a share; write 0.01 for 1 % [bad_value]",
    ),
    (
        "{low: 0.01, high: 0.04, why: guessed}", "{low: 0, high: 0.04, why: guessed}",
        "line 9, base_rate: base_rate lies between 0 and 1, found 0 [bad_value]",
    ),
    (
        "{low: 0.01, high: 0.04, why: guessed}", "{why: guessed}",
        "line 9, base_rate: give value, or low and high, or a fact that holds a figure [bad_value]",
    ),
    (
        "{value: 5, why: guessed}", "{value: 5, low: 0, high: 9, why: guessed}",
        "line 10, looks: expected more than 0, found 0 [bad_value]",
    ),
    (
        "period: a week", 'period: "a\\e[31mweek"',
        "line 11: 'a\\x1b[31mweek' holds a control character [control_character]",
    ),
    ("name: small", f"name: {'a' * 61}",
     f"line 2, name: expected at most 60 characters, found '{'a' * 61}' [bad_value]"),
]  # fmt: skip


def problems(tmp_path: Path, text: str) -> str:
    file = tmp_path / "mine.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(AuditSpecError) as caught:
        read_scenario(file)
    return str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    assert problems(tmp_path, MANY) == TOLD.format(path=tmp_path / "mine.yaml")


@pytest.mark.parametrize(("old", "new", "told"), ONE)
def test_one_fault(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in SMALL
    found = problems(tmp_path, SMALL.replace(old, new))
    assert found == f"{tmp_path / 'mine.yaml'}: 1 problem(s)\n  {told}"


@pytest.mark.parametrize("text", ["- a\n", "words\n", "7\n"])
def test_what_holds_no_keys_is_no_scenario(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == (
        f"{tmp_path / 'mine.yaml'}: 1 problem(s)\n"
        "  line 1: expected keys and values (title: …), found something else [wrong_type]"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AuditSpecError) as caught:
        read_scenario(tmp_path / "none.yaml")
    assert str(caught.value) == (
        f"{tmp_path / 'none.yaml'}: 1 problem(s)\n  there is no such file [missing_file]"
    )


def test_a_small_scenario_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    # Markup is text like any other; who shows it escapes it.
    file.write_text(SMALL.replace("A test", "<script>alert(1)</script>"), "utf-8")
    found = read_scenario(file)
    assert (found.title, found.look, found.law_checked) == (
        "<script>alert(1)</script>",
        "look",
        None,
    )
    # No value and no fact: the geometric mean of the ends, √(0.01 · 0.04) = 0.02.
    assert found.base_rate.at == pytest.approx(0.02, abs=1e-15)
    assert found.base_rate.ends == (0.01, 0.04)
    assert (found.flag, found.claimed, found.mix, found.claims, found.law) == (
        None, None, None, [], [],
    )  # fmt: skip


def test_the_value_that_is_worked_with() -> None:
    cited = Amount(fact="bond_depaulo_sens")
    assert (cited.at, cited.ends, cited.is_range) == (0.47, (0.47, 0.47), False)
    # A figure with a range stays at the figure; the range alone is one without a figure.
    ranged = Amount(fact="bond_depaulo_sens", low=0.2, high=0.8)
    assert (ranged.at, ranged.ends, ranged.is_range) == (0.47, (0.2, 0.8), False)
    assert Amount(value=0.3, low=0.2, high=0.8, fact="bond_depaulo_sens", why="half").at == 0.3
    alone = Amount(low=0.2, high=0.8, why="guessed")
    assert alone.is_range
    assert alone.at == pytest.approx(0.4, abs=1e-15)
    assert alone.source is None
    # Ends whose product cannot be held stay within their ends.
    assert Amount(low=1e-200, high=1e-190, why="tiny").at == 1e-200
    assert math.isfinite(Amount(low=1e200, high=1e210, why="huge").at)


def test_the_schema_is_for_editors() -> None:
    schema = scenario_schema()
    assert json.loads(json.dumps(schema, allow_nan=False)) == schema
    assert schema["title"] == "facevalue scenario"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert schema["properties"]["name"]["pattern"] == "^[a-z0-9]+(-[a-z0-9]+)*$"
    assert set(schema["required"]) == {
        "facevalue_scenario", "name", "title", "who", "sought", "people_a_day", "base_rate",
        "leads_to",
    }  # fmt: skip


def test_ten_lines_are_enough_and_the_rest_is_said_to_be_assumed(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "facevalue_scenario: 1\nname: mine\ntitle: A door\nwho: Whoever enters.\n"
        "sought: carry a knife\npeople_a_day: {value: 100, why: counted}\n"
        "base_rate: {low: 0.001, high: 0.1, why: guessed}\nleads_to: A search.\n"
        "claimed: {value: 0.95, why: a leaflet}\n",
        "utf-8",
    )
    found = read_scenario(path)
    left_out = (found.looks_a_day, found.looks, found.review.minutes, found.review.staff,
                found.review.hours)  # fmt: skip
    assert [one.at for one in left_out] == [1, 1, 10, 1, 8]
    assert {one.why for one in left_out} == {"The scenario does not say; this is assumed."}
