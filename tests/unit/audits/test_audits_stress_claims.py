"""What a claim may name under stress is what is measured there, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audits_support import sampled, small_audit
from facevalue.audits import MeasureSpec, Sample, Stressed, measure_stress
from facevalue.audits.sample import ABSTAINED
from facevalue.audits.stability import Kind
from facevalue.audits.stress_claims import OF_CHANGES, OF_CONTROLS, OF_GROUPS, never_measured
from facevalue.audits.stress_spec import CHECKS, StressSpec
from facevalue.perturb import PERTURBATIONS
from facevalue.perturb.pairs import PAIRS

EVERY = StressSpec(perturbations=[*PERTURBATIONS, *PAIRS], checks=[*CHECKS])  # type: ignore[list-item]  # all four words
SPEC = MeasureSpec(permutations=99, shuffles=99, groups=(("sex",),))


def kind(metric: str) -> str:
    return metric.partition("[")[0]


def answers() -> Sample:
    """Return answers with confidences, one of them none."""
    sample = sampled(*small_audit())
    predicted = sample.predicted.copy()
    predicted[0] = ABSTAINED
    scores = np.tile([0.6, 0.4], (len(predicted), 1))
    return replace(sample, predicted=predicted, scores=scores, confidence=scores[:, 0])


def measured(family: Kind, *, compared: bool = False) -> set[str]:
    base = answers()
    one = Stressed(condition="any:1", family=family, answers=base, curve="any", severity=1)
    least = Stressed(condition="least:1", family="robustness", answers=base)
    found = measure_stress(base, [least, one], SPEC, floor="least:1")
    return {
        kind(f.place.metric)
        for f in found
        if f.place.condition == "any:1" and (f.place.reference == "largest gap") is compared
    }


def allowed(condition: str, *, is_of_groups: bool = False) -> set[str]:
    names = {*OF_CONTROLS, *OF_CHANGES, "ece", "recall[anger]"}
    return {
        kind(m)
        for m in names
        if not list(never_measured(EVERY, condition, m, is_of_groups=is_of_groups))
    }


@pytest.mark.parametrize(
    ("family", "condition"),
    [("robustness", "jpeg:1"), ("reliance", "keep-face:3"), ("controls", "box-scramble:5")],
)
def test_claims_may_name_what_is_measured_and_no_more(family: Kind, condition: str) -> None:
    assert allowed(condition) == measured(family)


def test_claims_on_groups_may_name_what_is_compared_and_no_more() -> None:
    assert allowed("jpeg:1", is_of_groups=True) == measured("robustness", compared=True)
    assert allowed("jpeg:1", is_of_groups=True) == set(OF_GROUPS)
    for condition, family in (("keep-face:3", "reliance"), ("box-scramble:5", "controls")):
        assert allowed(condition, is_of_groups=True) == set()
        assert measured(family, compared=True) == set()  # type: ignore[arg-type]  # one of three words


def test_swaps_have_no_uar() -> None:
    assert allowed("swap-face:5") == allowed("keep-face:3") - {"uar"}


def test_a_claim_without_a_metric_is_held_by_its_condition_only() -> None:
    assert list(never_measured(EVERY, "box-scramble:5", "", is_of_groups=False)) == []
    assert list(never_measured(EVERY, "box-scramble:1", "", is_of_groups=False)) == [
        ("condition", "box-scramble has no severity 1; it has 5")
    ]


def test_what_stress_does_is_listed_up_to_a_length() -> None:
    spec = StressSpec(perturbations=[f"odd-{i}" for i in range(12)])
    ((key, what),) = never_measured(spec, "jpeg:1", "unchanged", is_of_groups=False)
    assert key == "condition"
    assert what == (
        "'jpeg:1' is none of what stress does: 'odd-0', 'odd-1', 'odd-2', 'odd-3', 'odd-4', "
        "'odd-5', 'odd-6', 'odd-7', 'odd-8', 'odd-9', …; add jpeg to stress.perturbations"
    )
