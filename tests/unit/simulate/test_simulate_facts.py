"""The cited figures: each whole and read at its source; derived ones are worked out again."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest
import yaml

from facevalue.errors import UnknownNameError
from facevalue.simulate import Fact, fact, facts

KEYS = {
    "id", "topic", "statement", "value", "unit", "n", "source_title", "source_year", "url",
    "verified", "note",
}  # fmt: skip


def shipped() -> list[dict[str, Any]]:
    text = files("facevalue.simulate").joinpath("facts.yaml").read_text("utf-8")
    found = yaml.safe_load(text)
    assert isinstance(found, list)
    return found


def value(fact_id: str) -> float:
    found = fact(fact_id).value
    assert isinstance(found, float | int)
    return found


def test_only_what_was_read_at_its_source_ships() -> None:
    assert [raw["id"] for raw in shipped() if raw["verified"] is not True] == []


def test_every_fact_is_whole() -> None:
    for raw in shipped():
        assert set(raw) == KEYS, raw["id"]
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", raw["id"]), raw["id"]
        assert all((raw["topic"], raw["statement"], raw["source_title"], raw["note"])), raw["id"]
        assert raw["value"] is None or raw["unit"], raw["id"]
        assert raw["url"] is None or raw["url"].startswith(("https://", "http://")), raw["id"]
        # What has no address was worked out here, and says so.
        assert raw["url"] is not None or raw["source_title"].startswith("Derived"), raw["id"]


def test_ids_are_unique_and_loaded_in_order() -> None:
    ids = [raw["id"] for raw in shipped()]
    assert len(ids) == len(set(ids)) == 148
    assert [f.id for f in facts()] == ids


def test_a_secondary_source_is_called_one() -> None:
    assert fact("spot_2011_2012_referrals").note.startswith("secondary source: ")
    assert fact("omnibus_in_force").note.startswith("secondary: ")


@pytest.mark.parametrize(
    ("fact_id", "expected", "within"),
    [
        ("spot_arrest_yield_2006_2008", 1266 / 160_000, 5e-6),  # 0.0079125
        ("ew_prison_assault_per_day", 356 / 1000 / 365, 5e-7),  # 0.00097534
        ("ew_prison_selfharm_per_day", 899 / 1000 / 365, 5e-7),  # 0.00246301
        ("gao_14_159_subjective", 21 / 25, 1e-12),  # 0.84
        ("ew_stop_search_2019_20", 437_139 / 577_054, 5e-3),  # 0.7575
        ("drowsy_crash_share", (0.088 + 0.095) / 2, 1e-12),  # 0.0915
        ("thermal_nguyen_2010", 64 / 2873, 5e-4),  # 0.02228
        # 0.91·0.022 / (0.91·0.022 + 0.14·0.978) = 0.02002 / 0.15694 = 0.12756; with the
        # prevalence not rounded, 64/2873, it is 0.12902.
        ("thermal_nguyen_ppv", 0.91 * 64 / (0.91 * 64 + 0.14 * (2873 - 64)), 5e-4),
        ("carehome_sex_2021", 23 / 33, 5e-4),  # 0.69697
    ],
)
def test_derived_figures(fact_id: str, expected: float, within: float) -> None:
    assert value(fact_id) == pytest.approx(expected, abs=within)


def test_what_the_law_facts_say_of_their_reading() -> None:
    # Read when this was written, in copies: the notes say where, and that EUR-Lex was not.
    for fact_id in ("gdpr_9", "gdpr_22", "gdpr_2_2_d", "led_11"):
        found = fact(fact_id)
        assert found.topic == "C.gdpr"
        assert found.note.startswith("read on 2026-11-24 in the "), fact_id
        assert "EUR-Lex itself not read" in found.note, fact_id
        assert found.url.startswith("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:")


def test_citation_names_the_year_once() -> None:
    assert fact("bond_depaulo_sens").citation == "Bond & DePaulo 2006"
    assert fact("gdpr_9").citation == "Regulation (EU) 2016/679 (GDPR)"
    assert fact("thermal_sens").citation == "Aggarwal et al., J Travel Med 27(8):taaa193 (2020)"
    # The year is not known: none is made up.
    assert fact("gao_10_763_missed").citation == "privacysos.org page on BDOs"


def test_what_has_no_unit_or_address_is_empty_text() -> None:
    found = fact("gao_10_763_unvalidated")
    assert (found.value, found.unit, found.n) == (None, "", None)
    assert fact("st_multi_look").url == ""
    assert isinstance(found, Fact)


def test_an_unknown_fact_is_told_with_a_guess() -> None:
    with pytest.raises(UnknownNameError) as caught:
        fact("bond_depaulo_sense")
    assert str(caught.value).startswith(
        "unknown fact 'bond_depaulo_sense'. Did you mean 'bond_depaulo_sens'? Known: "
        "'affectnet_agreement_60', 'aia_10_2_fg', "
    )
    assert str(caught.value).endswith("'wearable_stress_field', 'wearable_stress_lab_claim'.")
