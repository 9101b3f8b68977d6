"""Claims held against findings: every outcome, every gate, every sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from audits_support import estimate, finding, measured, none, sampled, skill
from facevalue.audits import (
    Finding,
    FindingSet,
    exit_status,
    judge,
    read_verdicts,
    write_verdicts,
)
from facevalue.domain import Claim, Comparison, Criterion, Outcome, Reason, Verdict
from facevalue.errors import InputError

PAIRS = [("mine", "faces")]


def claim(bound: float = 0.8, metric: str = "accuracy", **criterion: Any) -> Claim:
    given: dict[str, Any] = {"comparison": Comparison.AT_LEAST, **criterion}
    return Claim(id="c", says="it works", criterion=Criterion(metric=metric, bound=bound, **given))


def equality(bound: float = 0.1, metric: str = "accuracy", **criterion: Any) -> Claim:
    return claim(
        bound, metric, **{"comparison": Comparison.AT_MOST, "over": (("sex",),), **criterion}
    )


def judged(about: Claim, *findings: Finding) -> Verdict:
    (verdict,) = judge([about], FindingSet(findings), PAIRS)
    return verdict


AT_LEAST, AT_MOST = Comparison.AT_LEAST, Comparison.AT_MOST
DECIDED = [
    # side, bound, low, high, outcome; an end that lies on the bound is on the claimed side
    (AT_LEAST, 0.8, 0.81, 0.9, Outcome.UPHELD),
    (AT_LEAST, 0.8, 0.80, 0.9, Outcome.UPHELD),
    (AT_LEAST, 0.8, 0.79, 0.9, Outcome.INCONCLUSIVE),
    (AT_LEAST, 0.8, 0.70, 0.80, Outcome.INCONCLUSIVE),
    (AT_LEAST, 0.8, 0.70, 0.79, Outcome.NOT_UPHELD),
    (AT_MOST, 0.2, 0.1, 0.19, Outcome.UPHELD),
    (AT_MOST, 0.2, 0.1, 0.20, Outcome.UPHELD),
    (AT_MOST, 0.2, 0.1, 0.21, Outcome.INCONCLUSIVE),
    (AT_MOST, 0.2, 0.20, 0.3, Outcome.INCONCLUSIVE),
    (AT_MOST, 0.2, 0.21, 0.3, Outcome.NOT_UPHELD),
]


@pytest.mark.parametrize(("side", "bound", "low", "high", "outcome"), DECIDED)
def test_the_whole_interval_decides(
    side: Comparison, bound: float, low: float, high: float, outcome: Outcome
) -> None:
    verdict = judged(claim(bound, comparison=side), finding(estimate((low + high) / 2, low, high)))
    assert verdict.outcome is outcome


def test_an_upheld_claim_says_what_was_measured() -> None:
    accuracy = finding(estimate(0.85, 0.81, 0.88))
    failures = finding(estimate(0.02, 0.01, 0.03), "failure_rate", family="failures")
    silent = finding(estimate(0.02, 0.01, 0.03), "abstention_rate", family="failures")
    verdict = judged(claim(), accuracy, failures, silent, *skill(0.2))
    assert verdict == Verdict(
        claim=claim(),
        system="mine",
        dataset="faces",
        outcome=Outcome.UPHELD,
        sentence="The claim needs accuracy of at least 80.0 %. Measured: 85.0 % (95% interval "
        "81.0 to 88.0; 40 subjects, 400 items). The system failed on 2.0 % and answered none to "
        "2.0 % of the items, which are left out.",
        # The failures are read beside it.
        finding_keys=(accuracy.key, failures.key, silent.key),
        skill_shown=True,
    )


def test_failures_under_a_change_are_told_beside_the_answers_that_stay() -> None:
    place = {"condition": "jpeg:3", "family": "robustness"}
    same = finding(estimate(0.85, 0.81, 0.88), "unchanged", **place)
    failures = finding(estimate(0.1, 0.05, 0.2), "failure_rate", **place)
    about = claim(metric="unchanged", condition="jpeg:3")
    verdict = judged(about, same, failures, *skill(0.2))
    assert verdict.sentence.endswith(
        "The system failed on 10.0 % of the items; a failure counts as an answer that changed."
    )
    assert "failed" not in judged(about, same, *skill(0.2)).sentence


@pytest.mark.parametrize(
    ("about", "share", "says"),
    [
        (claim(), 0.6, " The system failed on 60.0 % of the items, which are left out."),
        (
            claim(),
            0.0001,
            " The system failed on less than 0.1 % of the items, which are left out.",
        ),
        (claim(), 0.0, ""),
        # Here they are not left out.
        (claim(failures="wrong"), 0.6, ""),
        (claim(metric="answer_rate"), 0.6, ""),
        # Failures elsewhere are not told.
        (claim(condition="light=day"), 0.6, ""),
    ],
)
def test_what_is_left_out_is_told(about: Claim, share: float, says: str) -> None:
    assert about.criterion is not None
    place = {"condition": about.criterion.condition}
    findings = [
        finding(estimate(0.85), about.criterion.metric, **place),
        finding(estimate(share), "failure_rate", family="failures"),
    ]
    sentence = judged(about, *findings).sentence
    assert sentence.partition("items).")[2] == says


def test_an_inconclusive_claim_says_how_many_subjects_would_settle_it() -> None:
    # An exact interval ends on 0.775 with 276.7 trials, on 0.8 with 999.8 (scipy.stats.beta.ppf):
    # 40 · 3.6135 = 144.5 subjects in all, 105 more.
    verdict = judged(claim(0.8), finding(estimate(0.825, 0.775, 0.875)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "the interval reaches over the bound on both sides"
    assert verdict.further_subjects == 105
    # An estimate on the bound is settled by no number.
    on_it = judged(claim(0.8), finding(estimate(0.8, 0.7, 0.9)))
    assert (on_it.outcome, on_it.further_subjects) == (Outcome.INCONCLUSIVE, None)


SENTENCES = [
    (
        claim(0.9995),
        estimate(0.5, 0.4, 0.6),
        "The claim needs accuracy of at least 99.95 %. Measured: 50.0 % (95% interval 40.0 to "
        "60.0; 40 subjects, 400 items).",
    ),
    (
        claim(0.5, "mcc"),
        estimate(0.25, 0.125, 0.375, level=0.975),
        "The claim needs Matthews' correlation (MCC) of at least 0.500. Measured: 0.250 (97.5% "
        "interval 0.125 to 0.375; 40 subjects, 400 items).",
    ),
    (
        claim(0.5, "uar", condition="light=day"),
        estimate(0.25, 0.125, 0.375, n_subjects=400),
        "The claim needs unweighted average recall (UAR) where light=day of at least 50.0 %. "
        "Measured: 25.0 % (95% interval 12.5 to 37.5; 400 items, each its own subject).",
    ),
    (
        claim(0.05, "confident_share[0.9]", comparison=AT_MOST),
        estimate(0.25, 0.125, 0.375),
        "The claim needs share of answers with a confidence of 0.9 or more of at most 5.0 %. "
        "Measured: 25.0 % (95% interval 12.5 to 37.5; 40 subjects, 400 items).",
    ),
]


@pytest.mark.parametrize(("about", "result", "sentence"), SENTENCES)
def test_sentences(about: Claim, result: Any, sentence: str) -> None:
    assert about.criterion is not None
    at = {"condition": about.criterion.condition}
    assert judged(about, finding(result, about.criterion.metric, **at)).sentence == sentence


def test_the_level_is_not_mistaken_for_what_a_reference_system_scores() -> None:
    guess = finding(estimate(0.99), family="skill", group="reference: majority")
    female = finding(estimate(0.99), attribute="sex", group="f")
    other = finding(estimate(0.99), condition="light=day")
    verdict = judged(claim(), guess, female, other, finding(estimate(0.5)))
    assert verdict.outcome is Outcome.NOT_UPHELD


def gap(low: float, high: float, **place: Any) -> Finding:
    at = {"family": "disparity", "attribute": "sex", "group": "m − f", **place}
    return finding(estimate((low + high) / 2, low, high), reference="largest gap", **at)


def groups(*small: str, metric: str = "accuracy", attribute: str = "sex") -> list[Finding]:
    return [
        finding(none() if name in small else estimate(0.8), metric, attribute=attribute, group=name)
        for name in ("f", "m", "x")
    ]


def test_an_equality_claim_is_upheld_for_a_system_with_skill() -> None:
    largest, by_group = gap(0.0, 0.08), groups()
    verdict = judged(equality(), largest, *by_group, *skill(0.2))
    assert verdict.outcome is Outcome.UPHELD
    assert verdict.skill_shown is True
    assert verdict.finding_keys == (largest.key, *(f.key for f in by_group))
    assert verdict.sentence == (
        "The claim needs a largest gap in accuracy over sex of at most 10.0 percentage points. "
        "Measured: 4.0 percentage points, between m (higher) and f (lower) (95% interval 0.0 to "
        "8.0; 40 subjects, 400 items)."
    )


def equivalence(p_value: float, bound: float = 0.1, metric: str = "accuracy") -> Finding:
    at = {"family": "equivalence", "attribute": "sex", "group": "m − f"}
    result = estimate(0.04, p_value=p_value, level=0.9)
    return finding(result, metric, reference=f"no gap above {bound:g}", **at)


@pytest.mark.parametrize(
    ("p_value", "high", "says"),
    [
        (0.0004, 0.08, "p below 0.001."),
        (0.001, 0.08, "p = 0.001."),
        (0.05, 0.1, "p = 0.050."),
        # One side at a time is less than the whole interval, which decides.
        (0.05, 0.101, "p = 0.050; the verdict asks for the whole interval."),
        (0.0511, 0.101, "p = 0.051."),
    ],
)
def test_an_equality_claim_tells_its_equivalence_test(
    p_value: float, high: float, says: str
) -> None:
    tested, elsewhere = equivalence(p_value), equivalence(0.5, bound=0.2)
    verdict = judged(equality(), gap(0.0, high), *groups(), tested, elsewhere, *skill(0.2))
    sentence = f" Test that no pair differs by as much (equivalence): {says}"
    assert verdict.sentence.endswith(f"40 subjects, 400 items).{sentence}")
    assert tested.key in verdict.finding_keys
    assert elsewhere.key not in verdict.finding_keys
    # It decides nothing.
    assert verdict.outcome is (Outcome.UPHELD if high <= 0.1 else Outcome.INCONCLUSIVE)


def test_an_equivalence_test_that_could_not_be_made_is_not_told() -> None:
    at: dict[str, Any] = {"family": "equivalence", "attribute": "sex", "group": "m − f"}
    failed = finding(none(), reference="no gap above 0.1", **at)
    verdict = judged(equality(), gap(0.0, 0.08), failed, *skill(0.2))
    assert "equivalence" not in verdict.sentence


def test_the_equivalence_test_is_that_of_the_number_that_decides() -> None:
    # With failures both accuracies are tested; the claim is about the strict one.
    strict_gap = finding(
        estimate(0.04, 0.0, 0.08), "accuracy[failures=wrong]", family="disparity",
        attribute="sex", group="m − f", reference="largest gap",
    )  # fmt: skip
    plain, strict = equivalence(0.002), equivalence(0.003, metric="accuracy[failures=wrong]")
    both = [gap(0.0, 0.08), strict_gap, plain, strict, *skill(0.2)]
    assert "p = 0.003." in judged(equality(failures="wrong"), *both).sentence
    assert "p = 0.002." in judged(equality(), *both).sentence
    # Without a failure there is one accuracy.
    assert "p = 0.002." in judged(equality(failures="wrong"), gap(0.0, 0.08), plain).sentence


NO_SKILL = (
    "the system is not shown to beat the reference systems (majority, random, shuffled "
    "labels), and a system that guesses is equal for all groups"
)


@pytest.mark.parametrize("shown", [skill(0.0), skill(-0.1), [], skill(0.2)[:2] + skill(-0.1)[2:]])
def test_no_equality_claim_is_upheld_for_a_system_that_may_be_guessing(
    shown: Sequence[Finding],
) -> None:
    verdict = judged(equality(), gap(0.0, 0.08), *groups(), *shown)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == NO_SKILL


def test_skill_is_asked_for_where_the_claim_is_made() -> None:
    by_day: dict[str, Any] = {"condition": "light=day"}
    findings = [gap(0.0, 0.08, **by_day), *skill(0.2)]
    verdict = judged(equality(**by_day), *findings)
    assert (verdict.outcome, verdict.skill_shown) == (Outcome.INCONCLUSIVE, None)
    verdict = judged(equality(**by_day), *findings, *skill(0.2, **by_day))
    assert verdict.outcome is Outcome.UPHELD


def test_the_gate_lets_claims_fail() -> None:
    # A gap that is too large is one, whether or not the system has skill.
    verdict = judged(equality(), gap(0.15, 0.3), *groups("x"))
    assert verdict.outcome is Outcome.NOT_UPHELD
    assert verdict.reason == ""


def test_no_equality_claim_is_upheld_while_a_group_is_too_small_to_tell() -> None:
    verdict = judged(equality(), gap(0.0, 0.08), *groups("m", "x"), *skill(0.2))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "these groups could not be measured: sex=m, sex=x"


def test_small_groups_count_also_where_failures_count_as_wrong_and_none_failed() -> None:
    # Without a failure the gap is told under the plain name, and so are its groups.
    verdict = judged(equality(failures="wrong"), gap(0.0, 0.08), *groups("x"), *skill(0.2))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "these groups could not be measured: sex=x"


def test_equality_over_any_of_several_attributes() -> None:
    about = equality(over=(("sex",), ("sex", "age")))
    largest = gap(0.0, 0.08, attribute="sex or sex × age")
    crossed = groups("x", attribute="sex × age")
    verdict = judged(about, largest, *groups(), *crossed, *skill(0.2))
    assert verdict.reason == "these groups could not be measured: sex × age=x"
    assert "over sex or sex × age of" in verdict.sentence


def test_failures_count_as_wrong_where_the_claim_says_so() -> None:
    plain = finding(estimate(0.9, 0.85, 0.95))
    strict = finding(estimate(0.5, 0.45, 0.55), "accuracy[failures=wrong]")
    assert judged(claim(), plain, strict).outcome is Outcome.UPHELD
    verdict = judged(claim(failures="wrong"), plain, strict)
    assert verdict.outcome is Outcome.NOT_UPHELD
    assert verdict.sentence == (
        "The claim needs accuracy, failures counted as wrong, of at least 80.0 %. Measured: "
        "50.0 % (95% interval 45.0 to 55.0; 40 subjects, 400 items)."
    )
    assert judged(claim(failures="wrong"), plain).outcome is Outcome.UPHELD


NOT_TESTED = "This claim could not be tested."


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        (claim(), "the data have no accuracy"),
        (claim(condition="light=day"), "the data have no accuracy where light=day"),
        (equality(), "the data have no largest gap in accuracy over sex"),
        (claim(0.1, "failure_rate"), "the data have no share of items that the system fails on"),
    ],
)
def test_what_the_data_lack_is_not_testable(about: Claim, reason: str) -> None:
    verdict = judged(about, finding(estimate(0.9), "mcc"))
    assert verdict.outcome is Outcome.NOT_TESTABLE
    assert (verdict.sentence, verdict.reason, verdict.finding_keys) == (NOT_TESTED, reason, ())


def under(n_items: int, metric: str = "failure_rate", condition: str = "jpeg:3") -> Finding:
    found = estimate(0.1) if n_items else none(Reason.NO_ITEMS)
    told = finding(found, metric, family="robustness", condition=condition)
    return replace(told, result=replace(found, n_items=n_items))


NOTHING = "mine was asked nothing on faces under jpeg:3"
SPENT = " (a budget was spent before, or no item could be changed so)"
UNDER: dict[str, Any] = {"condition": "jpeg:3"}


@pytest.mark.parametrize(
    ("about", "findings", "reason"),
    [
        (claim(metric="unchanged", **UNDER), [under(9, condition="jpeg:1")], NOTHING),
        (claim(metric="unchanged_area", condition="jpeg"), [under(9, condition="shift:1")],
         "mine was asked nothing on faces under jpeg"),
        (claim(metric="accuracy", **UNDER), [under(0)], NOTHING + SPENT),
        (claim(metric="unchanged", **UNDER), [under(0, "unchanged"), under(0)],
         f"share of answers unchanged under jpeg:3 could not be estimated: {NOTHING}{SPENT}"),
        (claim(metric="unchanged", **UNDER), [under(0, "unchanged"), under(9)],
         "share of answers unchanged under jpeg:3 could not be estimated: no item belongs to this "
         "cell"),
        (claim(metric="unchanged_area", condition="jpeg"),
         [under(9, condition="jpeg:1"), under(0), under(0, "unchanged_area", "jpeg")],
         "area under the share of answers unchanged, from severity 0 (100 %) to the highest asked, "
         f"under jpeg could not be estimated: {NOTHING}{SPENT}"),
        (claim(metric="confidence_change", **UNDER), [under(9)],
         "what mine answered on faces gives no change in confidence under jpeg:3: the system gives "
         "no scores"),
        (claim(metric="accuracy_change", **UNDER), [under(9)],
         "what mine answered on faces gives no change in accuracy under jpeg:3: no annotated item "
         "was given a label"),
        (claim(metric="abstention_rate", **UNDER), [under(9)],
         "what mine answered on faces gives no share of items that are answered with none under "
         "jpeg:3: no answer was none"),
        (equality(metric="unchanged", **UNDER), [under(9)],
         "what mine answered on faces gives no largest gap in share of answers unchanged over sex "
         "under jpeg:3: there are no two groups by sex"),
    ],
)  # fmt: skip
def test_what_is_missing_under_stress_is_said_of_stress(
    about: Claim, findings: list[Finding], reason: str
) -> None:
    verdict = judged(about, finding(estimate(0.9)), *findings)
    assert verdict.outcome is Outcome.NOT_TESTABLE
    assert (verdict.sentence, verdict.reason) == (NOT_TESTED, reason)


def test_what_could_not_be_estimated_is_not_testable() -> None:
    few = finding(none(detail="2, at least 5 needed"))
    verdict = judged(claim(), few)
    assert verdict.outcome is Outcome.NOT_TESTABLE
    assert verdict.finding_keys == (few.key,)
    assert verdict.reason == (
        "accuracy could not be estimated: too few subjects to say how uncertain the number is "
        "(2, at least 5 needed)"
    )


def test_a_claim_without_ground_truth_is_said_once_for_all_systems() -> None:
    about = Claim(id="c", says="it sees guilt", untestable="there is no accepted ground truth")
    pairs = [("mine", "faces"), ("mine", "more"), ("theirs", "faces")]
    (verdict,) = judge([about], FindingSet(()), pairs)
    assert (verdict.system, verdict.dataset) == ("mine, theirs", "")
    assert verdict.sentence == "This claim cannot be tested by this audit."
    assert verdict.reason == "there is no accepted ground truth"
    (alone,) = judge([about], FindingSet(()), [])
    assert alone.system == "any system"


def test_a_claim_about_what_was_not_run() -> None:
    about = replace(claim(), dataset="absent")
    (verdict,) = judge([about], FindingSet(()), PAIRS)
    assert (verdict.outcome, verdict.dataset) == (Outcome.NOT_TESTABLE, "absent")
    assert verdict.reason == "no system was run on a dataset this claim is about"
    (missing,) = judge([about], FindingSet(()), PAIRS, {"absent": "it is not here. Fetch it."})
    assert missing.reason == "it is not here. Fetch it"


def test_each_system_and_dataset_is_judged_alone() -> None:
    pairs = [("mine", "faces"), ("mine", "more"), ("theirs", "faces")]
    findings = FindingSet(
        (
            finding(estimate(0.9)),
            finding(estimate(0.5), dataset="more"),
            finding(estimate(0.8), system="theirs"),
        )
    )
    assert [(v.system, v.dataset, v.outcome) for v in judge([claim()], findings, pairs)] == [
        ("mine", "faces", Outcome.UPHELD),
        ("mine", "more", Outcome.NOT_UPHELD),
        ("theirs", "faces", Outcome.INCONCLUSIVE),
    ]
    theirs = judge([replace(claim(), systems=("theirs",))], findings, pairs)
    assert [v.system for v in theirs] == ["theirs"]
    more = judge([replace(claim(), dataset="more")], findings, pairs)
    assert [v.dataset for v in more] == ["more"]


def test_a_dataset_without_what_a_claim_is_about_is_passed_over_if_another_has_it() -> None:
    pairs = [("mine", "faces"), ("mine", "controls")]
    findings = FindingSet((finding(estimate(0.9)),))
    assert [v.dataset for v in judge([claim()], findings, pairs)] == ["faces"]
    # With nothing anywhere, each place is told.
    assert [v.dataset for v in judge([claim()], FindingSet(()), pairs)] == ["faces", "controls"]


def test_a_random_system_passes_no_claim_of_equality() -> None:
    """Forty people of two groups, answered at random: the gap is small, and that is no merit."""
    rng = np.random.default_rng(7)
    n = 40 * 50
    items = pl.DataFrame(
        {
            "item": [f"{i:04d}" for i in range(n)],
            "subject": [f"s{i // 50}" for i in range(n)],
            "annotated": rng.choice(["anger", "calm"], n),
            "sex": [("f", "m")[i // 50 % 2] for i in range(n)],
        }
    )
    answers = pl.DataFrame(
        {"item": items["item"], "label": rng.choice(["anger", "calm"], n)}
    ).with_columns(failure=pl.lit(None, pl.String))
    found = measured(sampled(items, answers), groups=(("sex",),))
    largest = found.where(metric="accuracy", attribute="sex", reference="largest gap")[0]
    assert isinstance(largest.result, type(estimate(0.0)))
    assert largest.result.high < 0.2
    (verdict,) = judge([equality(0.2)], found, PAIRS)
    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, NO_SKILL)


STATUS = {
    (): 0,
    (Outcome.UPHELD,): 0,
    (Outcome.NOT_UPHELD,): 1,
    (Outcome.INCONCLUSIVE,): 3,
    (Outcome.NOT_TESTABLE,): 3,
    (Outcome.UPHELD, Outcome.INCONCLUSIVE): 3,
    (Outcome.NOT_TESTABLE, Outcome.INCONCLUSIVE, Outcome.UPHELD): 3,
    (Outcome.INCONCLUSIVE, Outcome.NOT_UPHELD, Outcome.NOT_TESTABLE): 1,
}


@pytest.mark.parametrize("outcomes", STATUS)
def test_exit_status(outcomes: tuple[Outcome, ...]) -> None:
    verdicts = [
        Verdict(claim=claim(), system="", dataset="", outcome=o, sentence="") for o in outcomes
    ]
    assert exit_status(verdicts) == STATUS[outcomes]


VERDICTS = [
    judged(equality(over=(("sex",), ("sex", "age"))), finding(none(Reason.UNDEFINED))),
    judged(claim(0.8, condition="light=day"), finding(estimate(0.825), condition="light=day")),
    judged(Claim(id="u", says="“quoted”", untestable="–", needs=("a", "b"), systems=("mine",))),
]


def test_verdicts_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    write_verdicts(tmp_path, VERDICTS)
    assert read_verdicts(tmp_path) == VERDICTS
    document = json.loads((tmp_path / "verdicts.json").read_text("utf-8"))
    assert (document["format"], document["version"]) == ("facevalue-verdicts", 1)
    assert document["exit_status"] == 3
    before = (tmp_path / "verdicts.json").read_bytes()
    write_verdicts(tmp_path, read_verdicts(tmp_path))
    assert (tmp_path / "verdicts.json").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "no verdicts here"),
        ("[]", "the verdicts are damaged"),
        ('{"version": 1', "the verdicts are damaged"),
        ('{"version": 1, "verdicts": [{}]}', "the verdicts are damaged"),
        ('{"version": 2}', "format version 2, this facevalue reads 1"),
    ],
)
def test_verdicts_that_cannot_be_read(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "verdicts.json"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        read_verdicts(tmp_path)
    assert str(caught.value) == f"{path}: {says}. Run: facevalue judge {tmp_path}"
