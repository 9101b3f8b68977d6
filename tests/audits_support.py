"""A small audit whose numbers can be worked out by hand, and findings made of nothing.

Twelve subjects, six in each of two groups (``sex``), are shown by day and by night
(``light``), each with one item annotated anger and one annotated calm: 48 items. How many of
the two a system gets right is in `RIGHT`; one right means that both are predicted anger, none
right that the two are swapped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from facevalue.audits import Finding, FindingSet, MeasureSpec, Place, Sample, measure, sample_of
from facevalue.domain import Estimate, NotEstimable, Reason, Taxonomy

LABELS = ("anger", "calm")
TAXONOMY = Taxonomy("two", LABELS)

# By condition and group: of two, how many are right for each of the six subjects.
RIGHT: Mapping[tuple[str, str], Sequence[int]] = {
    ("day", "f"): (2, 2, 1, 1, 1, 1),  # 8 of 12
    ("day", "m"): (2, 2, 2, 2, 2, 1),  # 11 of 12
    ("night", "f"): (1, 1, 1, 0, 1, 0),  # 4 of 12
    ("night", "m"): (2, 1, 2, 1, 1, 1),  # 8 of 12
}
_SAID = {2: ("anger", "calm"), 1: ("anger", "anger"), 0: ("calm", "anger")}


def small_audit() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return items (with attributes sex, age, light) and answers."""
    items: list[dict[str, Any]] = []
    answers: list[dict[str, Any]] = []
    for (light, sex), right in RIGHT.items():
        for k, n_right in enumerate(right):
            for annotated, said in zip(LABELS, _SAID[n_right], strict=True):
                item = f"{light}-{sex}{k}-{annotated}"
                age = "young" if k % 2 else "old"
                items.append(
                    {"item": item, "subject": f"{sex}{k}", "annotated": annotated, "sex": sex}
                    | {"age": age, "light": light}
                )
                # Both kinds of answer are as sure as each other, in steps that are no binary
                # fractions, so that sums show the order they were made in.
                sure = 0.6 + 0.037 * k
                scores = {f"score_{x}": sure if x == said else 1 - sure for x in LABELS}
                answers.append({"item": item, "label": said, "failure": None, **scores})
    schema = {"item": pl.String, "label": pl.String, "failure": pl.String}
    scored = {f"score_{x}": pl.Float64 for x in LABELS}
    return pl.DataFrame(items), pl.DataFrame(answers, schema={**schema, **scored})


def sampled(items: pl.DataFrame, answers: pl.DataFrame, **changes: Any) -> Sample:
    """Return the sample; every column of ``items`` that is not ours is an attribute."""
    ours = ("item", "subject", "annotated")
    given: dict[str, Any] = {
        "system": "mine",
        "dataset": "faces",
        "taxonomy": TAXONOMY,
        "labels": {},
        "attributes": {c: items[c] for c in items.columns if c not in ours},
        "subjects_declared": True,
    }
    return sample_of(items=items, answers=answers, **{**given, **changes})


def measured(sample: Sample | None = None, **spec: Any) -> FindingSet:
    """Measure a sample (the small audit's) with few draws."""
    found = sampled(*small_audit()) if sample is None else sample
    return measure([found], [MeasureSpec(**{"permutations": 199, "shuffles": 99, **spec})])


def one(found: FindingSet, **parts: str | None) -> Finding:
    """Return the only finding whose place has ``parts`` and nothing else beside the family."""
    where: dict[str, str | None] = dict.fromkeys(("condition", "attribute", "group", "reference"))
    matching = found.where(**{**where, **parts})
    assert len(matching) == 1, [f.place for f in matching]
    return matching[0]


def value(finding: Finding) -> float:
    """Return the bare number, whether or not it carries an interval."""
    assert finding.result.value is not None, finding
    return finding.result.value


def estimate(
    number: float, low: float | None = None, high: float | None = None, **changes: Any
) -> Estimate:
    """Return an estimate made of nothing: 40 subjects, 400 items."""
    given: dict[str, Any] = {
        "value": number,
        "low": number - 0.05 if low is None else low,
        "high": number + 0.05 if high is None else high,
        "level": 0.95,
        "method": "made up",
        "n_items": 400,
        "n_answers": 400,
        "n_subjects": 40,
    }
    return Estimate(**{**given, **changes})


def none(reason: Reason = Reason.TOO_FEW_CLUSTERS, **changes: Any) -> NotEstimable:
    """Return no estimate, of 2 subjects and 8 items."""
    given: dict[str, Any] = {"reason": reason, "n_items": 8, "n_answers": 8, "n_subjects": 2}
    return NotEstimable(**{**given, **changes})


def finding(result: Estimate | NotEstimable, metric: str = "accuracy", **place: Any) -> Finding:
    """Return a finding about system ``mine`` on dataset ``faces``."""
    at = {"system": "mine", "dataset": "faces", "family": "correctness", "metric": metric}
    return Finding(place=Place(**{**at, **place}), result=result)


def skill(low: float, condition: str | None = None, **place: Any) -> list[Finding]:
    """Return what the skill gate reads: UAR minus each reference system, from ``low`` on."""
    return [
        finding(
            estimate(low + 0.1, low, low + 0.2), "uar",
            family="skill", reference=reference, condition=condition, **place,
        )
        for reference in ("majority", "random", "shuffled")
    ]  # fmt: skip
