"""The library of reported claims, and the claims of an audit file."""

from __future__ import annotations

from collections import Counter

import pytest

from facevalue.audits import AuditSpec, claims_of, library_claims
from facevalue.audits.library import TESTABLE_KINDS, library_claim
from facevalue.domain import Claim, Comparison, Criterion
from facevalue.errors import UnknownNameError


def test_the_library() -> None:
    claims = library_claims()
    assert len(claims) == 20
    assert len({c.id for c in claims}) == 20
    for c in claims:
        assert all((c.id, c.says, c.who, c.kind, c.settles, c.scenario)), c.id
        assert c.sources, c.id
        for source in c.sources:
            assert source.title, c.id
            assert source.url == "" or source.url.startswith("https://"), c.id
        # Every claim says what would settle it; only what is prohibited needs nothing.
        assert c.needs or c.kind == "prohibited", c.id


def test_every_kind_of_claim_is_testable_or_says_why_not() -> None:
    untestable = {c.kind: c.why_untestable for c in library_claims() if c.why_untestable}
    testable = {c.kind for c in library_claims() if not c.why_untestable}
    assert testable <= set(TESTABLE_KINDS)
    assert "prohibited" in untestable
    for c in library_claims():
        assert bool(c.why_untestable) == (bool(c.construct) or c.kind not in TESTABLE_KINDS), c.id


def test_why_a_claim_cannot_be_tested() -> None:
    prohibited = next(c for c in library_claims() if c.kind == "prohibited")
    assert prohibited.why_untestable == (
        "facevalue neither reproduces nor evaluates outputs of this kind; it reports when a "
        "system's labels contain them"
    )
    constructed = next(c for c in library_claims() if c.construct)
    assert constructed.why_untestable == (
        f"there is no accepted ground truth: {constructed.construct}"
    )
    lacking = next(
        c
        for c in library_claims()
        if not c.construct and c.kind not in (*TESTABLE_KINDS, "prohibited")
    )
    assert lacking.why_untestable == (
        f"the data lack what the claim is about. It would need: {', '.join(lacking.needs)}"
    )
    assert library_claim("accuracy-95").why_untestable == ""


def test_an_unknown_claim_is_told_with_a_guess() -> None:
    with pytest.raises(UnknownNameError) as caught:
        library_claim("accuracy-59")
    known = ", ".join(repr(c) for c in sorted(c.id for c in library_claims()))
    assert str(caught.value) == (
        f"unknown claim 'accuracy-59'. Did you mean 'accuracy-95'? Known: {known}."
    )


def spec(*claims: dict[str, object]) -> AuditSpec:
    return AuditSpec.model_validate(
        {
            "facevalue": 1,
            "title": "Faces",
            "datasets": [{"id": "faces", "manifest": "faces.csv", "taxonomy": ["anger", "calm"]}],
            "systems": [{"name": "mine", "adapter": "predictions"}],
            "claims": list(claims),
        }
    )


def test_a_claim_of_ones_own() -> None:
    (claim,) = claims_of(
        spec(
            {
                "id": "fair", "says": "it is fair", "who": "they", "source": "a page",
                "metric": "accuracy", "largest_gap_at_most": 0.05, "over": ["sex", ["sex", "age"]],
                "condition": "light=day", "dataset": "faces", "systems": ["mine"],
                "failures": "wrong",
            }
        )
    )  # fmt: skip
    assert claim == Claim(
        id="fair",
        says="it is fair",
        who="they",
        source="a page",
        systems=("mine",),
        dataset="faces",
        criterion=Criterion(
            metric="accuracy",
            comparison=Comparison.AT_MOST,
            bound=0.05,
            condition="light=day",
            over=(("sex",), ("sex", "age")),
            failures="wrong",
        ),
    )


@pytest.mark.parametrize(
    ("key", "side"), [("at_least", Comparison.AT_LEAST), ("at_most", Comparison.AT_MOST)]
)
def test_bounds(key: str, side: Comparison) -> None:
    # A whole number is a number.
    (claim,) = claims_of(spec({"id": "c", "says": "s", "metric": "uar", key: 1}))
    assert claim.criterion == Criterion(metric="uar", comparison=side, bound=1.0)


def test_a_claim_of_the_library_brings_its_words_and_source() -> None:
    known = library_claim("accuracy-95")
    (claim,) = claims_of(spec({"library": "accuracy-95", "metric": "accuracy", "at_least": 0.95}))
    assert (claim.id, claim.says, claim.who) == ("accuracy-95", known.says, known.who)
    assert claim.source == "; ".join(str(s) for s in known.sources)
    assert claim.source == (
        "“China Using 'Emotion Recognition Technology' to Arrest People”, Breitbart "
        "(reports a Global Times article)"
    )
    assert claim.url == ""
    assert claim.untestable == ""
    assert claim.criterion is not None
    assert claim.criterion.bound == 0.95
    (linked,) = claims_of(spec({"library": "works-for-everyone"}))
    assert linked.url.startswith("https://www.techspot.com/")
    (own,) = claims_of(
        spec({"id": "x", "library": "accuracy-95", "says": "95!", "who": "us", "source": "here"})
    )
    assert (own.id, own.says, own.who, own.source) == ("x", "95!", "us", "here")


def test_a_claim_of_the_library_without_a_bound_says_what_it_would_need() -> None:
    (claim,) = claims_of(spec({"library": "accuracy-95"}))
    assert claim.criterion is None
    needs = ", ".join(library_claim("accuracy-95").needs)
    assert claim.untestable == (
        f"the audit file gives no metric and bound for it. It would need: {needs}"
    )


def test_a_metric_alone_is_no_bound() -> None:
    (claim,) = claims_of(spec({"library": "accuracy-95", "metric": "accuracy"}))
    assert claim.criterion is None
    assert claim.untestable.startswith("the audit file gives no metric and bound for it.")


def test_no_bound_makes_an_untestable_claim_testable() -> None:
    for known in library_claims():
        bounded = {"library": known.id, "metric": "accuracy", "at_least": 0.5}
        (claim,) = claims_of(spec(bounded))
        assert (claim.criterion is None) == bool(known.why_untestable)
        assert claim.untestable == known.why_untestable


def test_the_library_is_about_many_uses() -> None:
    uses = Counter(c.scenario for c in library_claims())
    assert len(uses) >= 8
