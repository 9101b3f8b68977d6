"""Words against voice: systems that hear the one or the other, and how often it is said wrongly."""

from __future__ import annotations

import numpy as np
import pytest

from facevalue.audits import FindingSet, MeasureSpec, Sample
from facevalue.audits.words import GAIN, OTHER_TEXT, SAME_ANSWER, SAME_TEXT, words_findings
from facevalue.domain import Estimate, NotEstimable, Reason, Taxonomy

TAXONOMY = Taxonomy("three", ("a", "b", "c"))
N_PEOPLE = 12
SUBJECT = np.repeat(np.arange(N_PEOPLE), 18)
ANNOTATED = np.tile(np.repeat(np.arange(3), 6), N_PEOPLE)
TEXT = np.tile(np.arange(6), 3 * N_PEOPLE)


def sample(predicted: np.ndarray, keep: np.ndarray | None = None) -> Sample:
    rows = np.arange(len(SUBJECT)) if keep is None else np.flatnonzero(keep)
    n = len(rows)
    return Sample(
        system="mine", dataset="voices", taxonomy=TAXONOMY, item=rows, subject=SUBJECT[rows],
        annotated=ANNOTATED[rows], predicted=predicted[rows], weight=np.ones(n),
        confidence=np.full(n, np.nan), failure=np.full(n, ""), attributes={},
    )  # fmt: skip


def found(predicted: np.ndarray, seed: int = 0, keep: np.ndarray | None = None) -> FindingSet:
    texts = [f"sentence {t}" for t in TEXT]
    return FindingSet(tuple(words_findings(sample(predicted, keep), texts, MeasureSpec(seed=seed))))


def told(findings: FindingSet, metric: str, condition: str) -> Estimate:
    (finding,) = findings.where(metric=metric, condition=condition)
    assert finding.place.family == "reliance"
    assert isinstance(finding.result, Estimate), finding.result
    return finding.result


def test_a_system_that_hears_only_words_agrees_with_whoever_says_them() -> None:
    findings = found(TEXT % 3)
    assert told(findings, SAME_ANSWER, SAME_TEXT).value == 1.0
    gain = told(findings, GAIN, SAME_TEXT)
    assert gain.low > 0.4
    assert gain.p_value is not None
    assert gain.p_value < 0.001
    # 216 items of 12 people: each has both partners.
    assert (gain.n_items, gain.n_subjects) == (216, N_PEOPLE)


def test_a_system_that_hears_only_the_voice_agrees_with_neither() -> None:
    findings = found(ANNOTATED)
    # Both partners are of another label, so a system that is always right agrees with none.
    assert told(findings, SAME_ANSWER, SAME_TEXT).value == 0.0
    assert told(findings, SAME_ANSWER, OTHER_TEXT).value == 0.0
    assert told(findings, GAIN, SAME_TEXT).value == 0.0


def test_systems_that_lean_by_person_are_seldom_said_to_hear_words() -> None:
    flagged = 0
    n = 120
    for seed in range(n):
        rng = np.random.default_rng(seed)
        leaning = rng.dirichlet(np.full(3, 1.5), N_PEOPLE)
        guess = np.array([rng.choice(3, p=leaning[s]) for s in SUBJECT])
        predicted = np.where(rng.random(len(SUBJECT)) < 0.5, ANNOTATED, guess)
        p_value = told(found(predicted, seed), GAIN, SAME_TEXT).p_value
        assert p_value is not None
        flagged += p_value <= 0.05
    # At most 5 %, with three standard errors of 120 trials; it errs on the wide side.
    assert flagged / n <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / n)


def test_items_without_a_partner_or_an_answer_are_left_out() -> None:
    predicted = TEXT % 3
    predicted = np.where(SUBJECT == 0, -1, predicted)
    assert told(found(predicted), GAIN, SAME_TEXT).n_subjects == N_PEOPLE - 1
    alone = found(TEXT % 3, keep=SUBJECT == 0)
    for finding in alone:
        assert isinstance(finding.result, NotEstimable)
        assert finding.result.reason is Reason.NO_ITEMS


def one_item_each(
    texts: list[int], labels: list[int], predicted: np.ndarray, seed: int = 0
) -> FindingSet:
    n = len(texts)
    answers = Sample(
        system="mine", dataset="voices", taxonomy=TAXONOMY, item=np.arange(n),
        subject=np.arange(n), annotated=np.array(labels), predicted=predicted, weight=np.ones(n),
        confidence=np.full(n, np.nan), failure=np.full(n, ""), attributes={},
    )  # fmt: skip
    spoken = [f"sentence {t}" for t in texts]
    return FindingSet(tuple(words_findings(answers, spoken, MeasureSpec(seed=seed))))


def test_partners_do_not_make_few_people_enough() -> None:
    # Four of six people have both partners, and two are only partners of others.
    findings = one_item_each([0, 0, 1, 2, 2, 3], [0, 1, 1, 0, 1, 1], np.zeros(6, dtype=int))
    assert len(findings) == 3
    for finding in findings:
        assert isinstance(finding.result, NotEstimable)
        assert finding.result.reason is Reason.TOO_FEW_CLUSTERS
        assert finding.result.n_subjects == 4


def test_intervals_of_people_with_an_item_each_miss_no_more_often_than_they_say() -> None:
    share = np.array([0.95, 0.03, 0.02])
    true, missed, n = float((share**2).sum()), 0, 100
    rng = np.random.default_rng(5)
    for seed in range(n):
        texts, labels = rng.integers(0, 20, 40).tolist(), rng.integers(0, 3, 40).tolist()
        findings = one_item_each(texts, labels, rng.choice(3, 40, p=share), seed)
        same = told(findings, SAME_ANSWER, SAME_TEXT)
        missed += not same.low <= true <= same.high
    # At most 5 %, with three standard errors of 100 trials.
    assert missed / n <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / n)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_partners(seed: int) -> None:
    rng = np.random.default_rng(9)
    predicted = rng.integers(0, 3, len(SUBJECT))
    rows = [[f.row() for f in found(predicted, s)] for s in (seed, seed, seed + 5)]
    assert rows[0] == rows[1]
    assert rows[0] != rows[2]
