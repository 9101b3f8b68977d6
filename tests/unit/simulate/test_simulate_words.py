"""What is said: numbers as people say them, and sentences that hold for every use."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from facevalue.simulate import (
    Deployment,
    Rates,
    Scenario,
    Spread,
    alone,
    claimed_rates,
    consequences,
    deployment_of,
    published_rates,
    scenario,
    scenario_names,
)
from facevalue.simulate.posterior import Correlation
from facevalue.simulate.words import (
    about,
    amount,
    crowd_of,
    in_a_thousand,
    natural_frequencies,
    one_in,
    percent,
    plain,
    ranged,
    sentences,
)

CHECKPOINT = scenario("checkpoint")
USE = deployment_of(CHECKPOINT)
CLAIM = claimed_rates(sensitivity=0.95, specificity=0.95)


def said(
    one: Scenario = CHECKPOINT, rates: Rates = CLAIM, **changes: float | None
) -> tuple[str, ...]:
    use = replace(deployment_of(one, rates), **changes)  # type: ignore[arg-type]
    return sentences(one, rates, use, consequences(rates, use))


def only(found: tuple[str, ...], start: str) -> str:
    (sentence,) = (s for s in found if s.startswith(start))
    return sentence


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (0.0, "0"), (1e-9, "under 0.000001"), (1e-6, "0.000001"), (0.00421, "0.0042"),
        (0.95, "0.95"), (0.996, "1"), (1.0, "1"), (1.04, "1"), (2.35, "2.4"), (9.94, "9.9"),
        (9.96, "10"), (12.5, "12"), (999.6, "1,000"), (1e9, "1,000,000,000"),
    ],
)  # fmt: skip
def test_a_count(x: float, expected: str) -> None:
    assert about(x) == expected


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.0, "0 %"), (1.0, "100 %"), (1e-15, "under 0.000000001 %"), (1e-9, "0.0000001 %"),
        (0.0018964, "0.19 %"), (0.009996, "1 %"), (0.01, "1.0 %"), (0.5, "50.0 %"),
        (0.99, "99.0 %"), (0.99004, "99 %"), (0.9981, "99.81 %"), (0.99989, "99.989 %"),
        (0.99999, "over 99.99 %"),
    ],
)  # fmt: skip
def test_a_share_in_percent(p: float, expected: str) -> None:
    assert percent(p) == expected


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (0.0, "none"), (1e-4, "1 in 10,000"), (0.05, "1 in 20"), (0.15, "1 in 6.7"),
        (0.151, "about 2 in 10"), (0.86, "about 9 in 10"), (0.95, "almost all"), (1.0, "all"),
    ],
)  # fmt: skip
def test_a_share_as_one_in_so_many(p: float, expected: str) -> None:
    assert one_in(p) == expected


def test_an_end_of_an_assumption_is_no_power_of_ten() -> None:
    given = (1e-9, 0.000438, 0.0547722, 0.3, 1.0, 12.5, 365.25, 1000.0, 1e6)
    assert [plain(x) for x in given] == [
        "0.000000001", "0.000438", "0.0548", "0.3", "1", "12.5", "365", "1,000", "1,000,000",
    ]  # fmt: skip


def test_a_thousand_are_shared_out() -> None:
    for p in (0.0, 0.0004, 0.0006, 0.5, 0.9996, 1.0):
        right, wrong = in_a_thousand(p)
        assert right + wrong == 1000
    assert [in_a_thousand(p)[0] for p in (0.0004, 0.0006, 0.9996)] == [0, 1, 1000]


def test_an_amount_in_its_unit() -> None:
    assert [amount(None, u) for u in ("share", "count", "ratio")] == ["–"] * 3
    assert amount(0.05, "share") == "5.0 %"
    assert amount(2.0, "ratio") == "2×"
    assert amount(2.0, "count") == "2"


def test_a_range_says_where_it_does_not_end() -> None:
    assert ranged(Spread(0.05), "share") == "5.0 %"
    assert ranged(Spread(3.6, 0.65, 9.0), "count") == "3.6 (0.65 to 9)"
    assert ranged(Spread(3.6, 0.65), "count") == "3.6 (0.65 to no end)"
    assert ranged(Spread(None, 0.65), "count") == "– (0.65 to no end)"
    assert ranged(Spread(None), "count") == "–"


@pytest.mark.parametrize(
    ("base_rate", "crowd"),
    [(0.5, 1000), (0.01, 1000), (0.001, 1000), (0.00099, 10_000), (1e-4, 10_000), (1e-7, 10**7)],
)
def test_the_crowd_is_large_enough_to_hold_one(base_rate: float, crowd: int) -> None:
    assert crowd_of(base_rate) == crowd
    assert crowd * base_rate >= 1 - 1e-9


def test_of_a_checkpoint_in_words_a_newspaper_could_print() -> None:
    found = said()
    assert found[0] == (
        "Take 10,000 passengers, each looked at once. About 1 of them is among those who intend "
        "to attack others. The system flags about 501: 0.95 rightly and 500 wrongly."
    )
    assert found[1] == (
        "Of 1,000 people flagged, 2 are among those who intend to attack others, and 998 are "
        "not: a flag is right in 0.19 % of cases (1 in 527)."
    )
    # 200,000 a day: 20 sought, 19 of them flagged; 5 % of 199,980 others are 9,999.
    assert only(found, "With ") == (
        "With 200,000 passengers a day that is 10,018 flags a day, of which 19 are right; what is "
        "sought is missed once a day."
    )
    # 10,018 of 15 minutes are 2,504.5 hours; 20 staff in 18 hours do 360.
    assert only(found, "Looking ") == (
        "Looking into every flag takes 2,504 hours of work a day. 20 staff at a time over 18 hours "
        "can do 360: the work left over grows by 2,144 hours every day."
    )
    # 0.95 · 0.0001 / 0.9999 is one in 10,525.3.
    assert only(found, "For every ") == (
        "For every second flag to be right, at most 1 in 10,525 of the looks at people not sought "
        "may end in a flag; here it is 1 in 20."
    )
    assert only(found, "A device ") == (
        "A device that never flags anybody would be right at 99.99 % of looks, more than this "
        "system (95.0 %): accuracy alone says nothing here."
    )
    assert only(found, "Of passengers ") == (
        "Of passengers who are looked at 20 times in a year of travel, and are never among those "
        "sought, 25.3 % are flagged at least once all the same, at a correlation of 0.30 between "
        "looks at one person, as assumed; 64.2 % if looks were independent."
    )


def test_what_is_printed_adds_up() -> None:
    # A third of 1,000: 330 · 0.95 = 313.5 and 670 · 0.05 = 33.5 print as 314 and 34.
    found = said(scenario("classroom"))
    told = [int(n) for n in re.findall(r"(\d+)(?=:| rightly| wrongly)", found[0])]
    assert told == [348, 314, 34]
    for name in scenario_names():
        sentence = said(scenario(name), alone(scenario(name)))[0]
        assert "  " not in sentence


def test_looks_that_are_no_single_look_are_named() -> None:
    found = said(scenario("classroom"))
    assert found[0].startswith("Take 1,000 looks at pupils, each a lesson. About 330 of them are ")
    assert only(found, "With ").startswith("With 1,000 pupils a day, 5 looks at each, that is ")
    assert "looked at 950 times (each a lesson) in a year of school days" in " ".join(found)
    passed = natural_frequencies(
        CHECKPOINT, consequences(CLAIM, replace(USE, looks_a_day=2)), replace(USE, looks_a_day=2)
    )
    assert passed.startswith("Take 10,000 looks at passengers. About 1 of them is at one of ")


@pytest.mark.parametrize(("looks", "words"), [(2, "twice"), (3, "3 times"), (1200, "1,200 times")])
def test_numbers_of_looks_in_words(looks: int, words: str) -> None:
    assert f"who are looked at {words} in" in only(said(looks=looks), "Of passengers ")


def test_one_look_is_not_told_as_many() -> None:
    assert not any("at least once" in s for s in said(looks=1))


def test_a_correlation_that_nobody_knows_gives_both_ends() -> None:
    assert only(said(correlation=None), "Of passengers ") == (
        "Of passengers who are looked at 20 times in a year of travel, and are never among those "
        "sought, between 5.0 % (if it is always the same people) and 64.2 % (if looks are "
        "independent) are flagged at least once all the same. How alike looks at one person are "
        "is not known."
    )


def test_a_measured_correlation_is_called_measured() -> None:
    rates = replace(CLAIM, correlation=Correlation(0.3, 0.1, 0.5))
    assert ", as measured; " in only(said(rates=rates), "Of passengers ")


def test_no_flag_at_all_is_said() -> None:
    never = claimed_rates(sensitivity=0.0, specificity=1.0)
    found = said(rates=never)
    assert found[1] == "The system raises no flag at all."
    assert "is missed 20 times a day" in only(found, "With ")
    assert not any(s.startswith(("For every", "A device")) for s in found)


def test_fewer_than_one_in_a_thousand_right_is_no_zero() -> None:
    found = said(base_rate=1e-7)
    assert found[1] == (
        "Of 1,000 people flagged, fewer than 1 is among those who intend to attack others: a flag "
        "is right in 0.00019 % of cases (1 in 526,317)."
    )
    assert found[0].startswith("Take 10,000,000 passengers, ")


def test_one_right_flag_is_singular() -> None:
    # 0.95 p / (0.95 p + 0.05 (1 − p)) = 0.001 at p = 5.27e-5.
    assert "Of 1,000 people flagged, 1 is among those who" in said(base_rate=5.27e-5)[1]


def test_a_perfect_system_needs_no_warning() -> None:
    found = said(rates=claimed_rates(sensitivity=1.0, specificity=1.0))
    assert found[1].endswith("1000 are among those who intend to attack others, and 0 are not: a "
                             "flag is right in 100 % of cases (all).")  # fmt: skip
    assert not any(s.startswith(("For every", "A device")) for s in found)


def test_what_is_needed_is_never_rounded_up() -> None:
    # 0.8 · 0.25/0.75 = 26.7 %: “3 in 10” would be too many.
    found = said(rates=claimed_rates(sensitivity=0.8, specificity=0.7), base_rate=0.25)
    assert only(found, "For every ") == (
        "For every second flag to be right, at most 26.7 % of the looks at people not sought may "
        "end in a flag; here it is 30.0 %."
    )


@pytest.mark.parametrize(
    ("staff", "words"), [(1, "1 member of staff at a time"), (2, "2 staff at a time")]
)
def test_staff_that_can_do_it(staff: int, words: str) -> None:
    found = only(said(people_a_day=100, staff=staff), "Looking ")
    # 5.0095 flags of 15 minutes.
    assert found.startswith(f"Looking into every flag takes 1.3 hours of work a day; {words} can ")
    assert found.endswith((" minutes on average.", " less than a minute on average."))


def test_an_uncertain_value_has_its_ends() -> None:
    rates = published_rates((0.7, 0.8, 0.9), (0.8, 0.9, 0.95))
    found = said(rates=rates, base_rate=0.02)
    assert re.search(r"\), between \d+\.\d % and \d+\.\d % as far as the data tell\.$", found[1])


def test_how_rare_is_told_at_both_ends_where_they_are_thought_possible() -> None:
    assert any("1 in 10,000,000" in s and "1 in 1,000," in s for s in said())
    # A base rate from outside of the scenario has no ends of the scenario's.
    assert not any("1 in 10,000,000" in s for s in said(base_rate=0.2))
    odd = CHECKPOINT.base_rate.model_copy(update={"low": None, "high": None})
    assert not any(
        "nobody can say" in s for s in said(CHECKPOINT.model_copy(update={"base_rate": odd}))
    )


@pytest.mark.parametrize("name", scenario_names())
def test_sentences_of_every_use_are_whole(name: str) -> None:
    one = scenario(name)
    for sentence in said(one, alone(one)):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert not re.search(r"  |\.\.|None|nan|inf\b|\de[-+]\d|\bare 1\b", sentence), sentence
        assert not re.search(r"\b1 (are|looks|times|minutes)\b", sentence), sentence


@pytest.mark.parametrize("base_rate", [1e-12, 0.5, 0.999])
@pytest.mark.parametrize("rate", [0.0, 1e-9, 0.5, 1.0])
def test_nothing_is_too_small_or_large_to_be_said(base_rate: float, rate: float) -> None:
    use = Deployment(
        people_a_day=1e9, looks_a_day=0.1, base_rate=base_rate, looks=1_000_000, minutes=0.01,
        staff=1, hours=24,
    )  # fmt: skip
    for sensitivity in (0.0, 1.0):
        rates = claimed_rates(sensitivity=sensitivity, specificity=1 - rate)
        for sentence in sentences(CHECKPOINT, rates, use, consequences(rates, use)):
            assert not re.search(r"None|nan|inf\b|\de[-+]\d", sentence), sentence


def test_the_claim_of_a_group_says_nothing_of_people_not_looked_at() -> None:
    # Draws of several groups: the sentences speak of all, in their shares.
    rates = Rates(
        groups=("a", "b"), shares=np.array([0.5, 0.5]), thresholds=None,
        sensitivity=np.full((1, 2, 1), 0.95),
        false_flag_rate=np.array([0.02, 0.08])[None, :, None],
    )  # fmt: skip
    assert said(rates=rates)[:2] == said()[:2]
