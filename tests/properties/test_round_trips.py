"""What is written is read back as it was, whatever it was."""

from __future__ import annotations

import json
import math
import string
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from facevalue.audits import Finding, FindingSet, Place, read_audit
from facevalue.audits.judge import read_verdicts, write_verdicts
from facevalue.canonical import canonical_json, digest
from facevalue.domain import (
    Claim,
    Comparison,
    Criterion,
    Estimate,
    NotEstimable,
    Outcome,
    Reason,
    Verdict,
)

SEEDED = settings(max_examples=60, deadline=None, derandomize=True)

# Surrogates are no text: they cannot be written in UTF-8.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@SEEDED
@given(JSON)
def test_canonical_json_is_json(value: Any) -> None:
    assert json.loads(canonical_json(value)) == value


@SEEDED
@given(JSON)
def test_canonical_json_is_its_own_canonical_form(value: Any) -> None:
    text = canonical_json(value)
    assert canonical_json(json.loads(text)) == text


@SEEDED
@given(st.dictionaries(TEXT, JSON, max_size=6), st.randoms(use_true_random=False))
def test_a_digest_does_not_depend_on_the_order_of_keys(value: dict[str, Any], rng: Any) -> None:
    keys = list(value)
    rng.shuffle(keys)
    assert digest({key: value[key] for key in keys}) == digest(value)


@SEEDED
@given(JSON, JSON)
def test_different_values_have_different_digests(one: Any, other: Any) -> None:
    assert (digest(one) == digest(other)) == (canonical_json(one) == canonical_json(other))


PLACES = st.builds(
    Place,
    system=TEXT,
    dataset=TEXT,
    family=TEXT,
    metric=TEXT,
    condition=st.none() | TEXT,
    attribute=st.none() | TEXT,
    group=st.none() | TEXT,
    reference=st.none() | TEXT,
)
COUNT = st.integers(0, 2**40)
COUNTS = {"n_items": COUNT, "n_answers": COUNT, "n_subjects": COUNT}


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    low, value, high = sorted(draw(st.tuples(NUMBER, NUMBER, NUMBER)))
    counts = {name: draw(count) for name, count in COUNTS.items()}
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=draw(st.floats(0.5, 0.999)),
        method=draw(TEXT),
        p_value=draw(st.none() | st.floats(0, 1)),
        design_effect=draw(st.none() | NUMBER),
        **counts,
    )


# A detail is a phrase: what stands around it is not kept.
DETAIL = st.text(string.ascii_letters + string.digits + " ,;:.()–×", max_size=30)
REASONS = st.builds(
    NotEstimable,
    reason=st.sampled_from(Reason),
    detail=DETAIL,
    value=st.none() | NUMBER,
    **COUNTS,
)
FINDINGS = st.lists(
    st.builds(Finding, place=PLACES, result=estimates() | REASONS),
    max_size=8,
    unique_by=lambda finding: finding.key,
).map(lambda found: FindingSet(tuple(found)))


@SEEDED
@given(FINDINGS)
def test_findings(found: FindingSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found.write(Path(folder))
        assert FindingSet.read(Path(folder)) == found
        document = json.loads((Path(folder) / "findings.json").read_text("utf-8"))
    assert FindingSet.from_rows(document["findings"]) == found


CRITERIA = st.builds(
    Criterion,
    metric=TEXT,
    comparison=st.sampled_from(Comparison),
    bound=NUMBER,
    condition=st.none() | TEXT,
    over=st.lists(st.lists(TEXT, max_size=3).map(tuple), max_size=3).map(tuple),
    failures=st.sampled_from(["excluded", "wrong"]),
)
CLAIMS = st.builds(
    Claim,
    id=TEXT,
    says=TEXT,
    systems=st.lists(TEXT, max_size=2).map(tuple),
    dataset=st.none() | TEXT,
    criterion=st.none() | CRITERIA,
    needs=st.lists(TEXT, max_size=2).map(tuple),
    untestable=TEXT,
)
VERDICTS = st.lists(
    st.builds(
        Verdict,
        claim=CLAIMS,
        system=TEXT,
        dataset=TEXT,
        outcome=st.sampled_from(Outcome),
        sentence=TEXT,
        finding_keys=st.lists(TEXT, max_size=3).map(tuple),
        further_subjects=st.none() | COUNT,
        skill_shown=st.none() | st.booleans(),
    ),
    max_size=4,
)


@SEEDED
@given(VERDICTS)
def test_verdicts(verdicts: list[Verdict]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_verdicts(Path(folder), verdicts)
        assert read_verdicts(Path(folder)) == verdicts


# Names as people write them; control characters are refused, which other tests see to.
NAME = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp"]),
    min_size=1,
    max_size=30,
)
SHARE = st.floats(0, 1)


@st.composite
def audit_files(draw: st.DrawFn) -> dict[str, Any]:
    labels = draw(
        st.lists(NAME.filter(lambda x: x not in ("outside", "none")), min_size=1, unique=True)
    )
    system = draw(NAME)
    claims = draw(st.lists(st.tuples(NAME, NAME, SHARE), max_size=3, unique_by=lambda c: c[0]))
    groups = draw(st.lists(NAME | st.lists(NAME, min_size=1, max_size=2), max_size=3))
    return {
        "facevalue": 1,
        "title": draw(NAME),
        "seed": draw(st.integers(0, 2**32 - 1)),
        "level": draw(st.floats(0.5, 0.999)),
        "datasets": [
            {
                "id": draw(NAME),
                "manifest": "faces.csv",
                "taxonomy": labels,
                "labels": draw(st.dictionaries(NAME, st.sampled_from(labels), max_size=3)),
                "groups": groups,
            }
        ],
        "systems": [
            {
                "name": system,
                "adapter": "predictions",
                "options": draw(st.dictionaries(NAME, NAME | SHARE | st.booleans(), max_size=3)),
            }
        ],
        "claims": [
            {"id": key, "says": says, "metric": "accuracy", "at_least": bound, "systems": [system]}
            for key, says, bound in claims
        ],
    }


@SEEDED
@given(audit_files(), st.booleans())
def test_audit_files(document: dict[str, Any], is_indented: bool) -> None:
    # JSON is YAML, whatever is in it.
    text = json.dumps(document, ensure_ascii=False, indent=2 if is_indented else None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.yaml"
        path.write_text(text, "utf-8")
        read = read_audit(path)
    assert read.text == text
    found = read.spec.model_dump(exclude_unset=True)
    assert found == document


@SEEDED
@given(st.floats())
def test_canonical_json_refuses_what_is_no_number(value: float) -> None:
    if math.isfinite(value):
        assert json.loads(canonical_json([value])) == [value]
        return
    try:
        canonical_json([value])
    except ValueError:
        return
    raise AssertionError(f"{value} was taken for a number")
