"""Inputs for report tests: a realistic audit, a small one, and a hostile one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from facevalue.audits.findings import Adjusted, Finding, FindingSet, Place
from facevalue.domain.claims import Claim, Comparison, Criterion, Outcome, Verdict
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.report import (
    DatasetSheet,
    GroupCount,
    Provenance,
    ReportInput,
    SystemSheet,
)

LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")
SHARE = "jackknife over subjects, logit scale, t on effective subjects"
PAIRED = "difference, jackknife over subjects, Welch t on effective subjects"
MAX_T = "simultaneous pairwise intervals (Šidák); p by max-T permutation of groups over subjects"

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'; DROP TABLE x;-- & {{ 7*7 }} {% raw %}",
    "javascript:alert(3)",
    "\u202eerehwyna\u0000]]>",
    "</style></table><a href=javascript:alert(4)>x</a>",
)


def estimate(
    value: float,
    half: float = 0.02,
    *,
    method: str = SHARE,
    n_subjects: int = 91,
    n_items: int = 2480,
    p: float | None = None,
    effect: float | None = 9.0,
) -> Estimate:
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        level=0.95,
        method=method,
        n_items=n_items,
        n_answers=n_items * 9,
        n_subjects=n_subjects,
        p_value=p,
        design_effect=effect,
    )


def finding(
    result: Estimate | NotEstimable, p_adjusted: float | None = None, /, **place: str | None
) -> Finding:
    usual: dict[str, str | None] = {
        "system": "human raters",
        "dataset": "crema-d",
        "family": "correctness",
        "metric": "accuracy",
    }
    return Finding(
        place=Place(**(usual | place)),  # type: ignore[arg-type]  # the usual four are words
        result=result,
        adjusted=None if p_adjusted is None else Adjusted(p_value=p_adjusted, by="Holm over 6"),
    )


def not_estimable(detail: str = "") -> NotEstimable:
    return NotEstimable(
        reason=Reason.TOO_FEW_CLUSTERS, n_items=24, n_answers=216, n_subjects=2, detail=detail
    )


GROUPS = {
    "sex": (("female", 43), ("male", 48)),
    "race": (("African American", 22), ("Asian", 7), ("Caucasian", 61), ("Unknown", 1)),
    "age_band": (("under 30", 39), ("30–44", 29), ("45–59", 17), ("60+", 6)),
    "sex × race": (
        ("female × African American", 9),
        ("female × Asian", 4),
        ("female × Caucasian", 30),
        ("male × African American", 13),
        ("male × Asian", 3),
        ("male × Caucasian", 31),
        ("male × Unknown", 1),
    ),
}


def correctness(system: str, dataset: str, labels: Sequence[str] = LABELS) -> list[Finding]:
    at = {"system": system, "dataset": dataset}
    found = [
        finding(estimate(v, h, effect=e), condition=c, **at)
        for c, v, h, e in (
            (None, 0.5342, 0.012, 21.0),
            ("modality=voice", 0.4000, 0.014, 11.6),
            ("modality=face", 0.5744, 0.017, 15.2),
            ("modality=both", 0.6307, 0.016, 14.4),
        )
    ]
    found += [
        finding(estimate(0.5098, 0.014), metric="uar", **at),
        finding(estimate(0.4421, 0.016), metric="mcc", **at),
        finding(estimate(0.5301, 0.013), metric="accuracy[failures=wrong]", **at),
        finding(estimate(0.0412, 0.01), family="calibration", metric="ece", **at),
        finding(estimate(0.6612, 0.01), family="calibration", metric="mean_confidence", **at),
    ]
    n = len(labels)
    for i, annotated in enumerate(labels):
        right = 0.35 + 0.08 * i
        for j, metric in enumerate(("recall", "precision", "f1")):
            found.append(
                finding(estimate(right + 0.03 * j, 0.03), metric=f"{metric}[{annotated}]", **at)
            )
        for j, predicted in enumerate(labels):
            share = right if i == j else (1 - right) / (n - 1)
            found.append(
                finding(estimate(share, 0.02), metric=f"confusion[{annotated}→{predicted}]", **at)
            )
    return found


def disparity(system: str, dataset: str, labels: Sequence[str] = LABELS) -> list[Finding]:
    at = {"system": system, "dataset": dataset}
    found = []
    for a, (attribute, groups) in enumerate(GROUPS.items()):
        for g, (group, n_subjects) in enumerate(groups):
            here = {**at, "attribute": attribute, "group": group}
            value = 0.5342 + 0.03 * ((g + a) % 3 - 1)
            result: Estimate | NotEstimable = not_estimable()
            gap: Estimate | NotEstimable = not_estimable("2 subjects, at least 5 are needed")
            if n_subjects > 2:
                half = 0.11 / n_subjects**0.5
                result = estimate(value, half, n_subjects=n_subjects, n_items=27 * n_subjects)
                gap = estimate(
                    value - 0.5342, 1.3 * half, method=PAIRED, n_subjects=n_subjects, p=0.04
                )
            found.append(finding(result, **here))
            found.append(finding(gap, 0.11, family="disparity", reference="rest", **here))
            for i, label in enumerate(labels):
                shift = 0.012 * ((i + g) % 3 - 1)
                rate = estimate(shift, 0.01, method=PAIRED, n_subjects=n_subjects, p=0.01 * i)
                found.append(
                    finding(
                        rate,
                        family="disparity",
                        metric=f"standardised_prediction_rate[{label}]",
                        reference="rest",
                        **here,
                    )
                )
        found.append(
            finding(
                estimate(0.06, 0.035 + 0.02 * (a % 2), method=MAX_T, p=0.012 * (a + 1)),
                0.03 * (a + 1),
                family="disparity",
                attribute=attribute,
                reference="largest gap",
                **at,
            )
        )
    return found


def skill(system: str, dataset: str) -> list[Finding]:
    at = {"system": system, "dataset": dataset, "family": "skill"}
    found = []
    for name, value in (("majority", 0.1708), ("random", 0.1712), ("shuffled", 0.1709)):
        found.append(finding(estimate(value, 0.004), group=f"reference: {name}", **at))
        difference = estimate(0.5342 - value, 0.012, method=PAIRED, p=0.0001)
        found.append(finding(difference, reference=name, **at))
    return found


def controls(system: str, dataset: str, labels: Sequence[str] = LABELS) -> list[Finding]:
    at = {"system": system, "dataset": dataset, "family": "controls"}
    one = partial(estimate, n_subjects=100, n_items=100, effect=None)
    found = [
        finding(one(0.98, 0.02), metric="answer_rate", **at),
        finding(one(0.557, 0.03), metric="mean_confidence", **at),
        finding(one(0.12, 0.06), metric="confident_share[0.9]", **at),
    ]
    shares = (0.08, 0.0, 0.21, 0.06, 0.44, 0.21)
    found += [
        finding(one(share, min(share, 0.05)), metric=f"prediction_rate[{label}]", **at)
        for label, share in zip(labels, shares, strict=True)
    ]
    return found


def failures(system: str, dataset: str) -> list[Finding]:
    at = {"system": system, "dataset": dataset, "family": "failures"}
    found = [
        finding(estimate(0.02, 0.01), metric="failure_rate", **at),
        finding(estimate(0.02, 0.01), metric="failure_rate[timeout]", **at),
        finding(estimate(0.0, 0.0), metric="failure_rate[crashed]", **at),
    ]
    found += [
        finding(
            estimate(value, 0.012),
            metric="failure_rate",
            attribute="sex",
            group=group,
            **at,
        )
        for group, value in (("female", 0.031), ("male", 0.011))
    ]
    return found


ACCURATE = Claim(
    id="accuracy-95",
    says="recognises a person's emotion with up to 95 % accuracy",
    source="a newspaper, 4 November 2019",
    url="https://example.org/claim",
    who="experts quoted by a state newspaper",
    criterion=Criterion(metric="accuracy", comparison=Comparison.AT_LEAST, bound=0.95),
)
EQUAL = Claim(
    id="works-for-everyone",
    says="works equally for everyone",
    who="implied by use",
    kind="equity",
    criterion=Criterion(
        metric="accuracy", comparison=Comparison.AT_MOST, bound=0.05, over=(("sex",), ("race",))
    ),
)
SUSPECTS = Claim(
    id="suspects-from-video",
    says="rapidly picks out criminal suspects from video by analysing their mental state",
    who="a policing expert",
    kind="prognostic",
    needs=("an outcome for everyone screened, also those not stopped", "the base rate"),
    settles="AUROC and positive predictive value against the outcome",
    construct="intent to commit a crime has no observable ground truth at the moment of looking",
    untestable="these data hold no outcome",
)
BEATS_CHANCE = Claim(
    id="beats-chance",
    says="recognises emotion better than chance",
    criterion=Criterion(metric="accuracy", comparison=Comparison.AT_LEAST, bound=0.1667),
)


def verdicts(found: FindingSet) -> list[Verdict]:
    verdict = partial(Verdict, system="human raters", dataset="crema-d")
    at = {"system": "human raters", "dataset": "crema-d"}
    whole = found.where(**at, metric="accuracy", condition=None, attribute=None, reference=None)
    gaps = found.where(**at, metric="accuracy", reference="largest gap")
    return [
        verdict(
            claim=ACCURATE,
            outcome=Outcome.NOT_UPHELD,
            sentence="Accuracy is 53.4 % (52.2 to 54.6), wholly below the claimed 95 %.",
            finding_keys=(whole[0].key,),
            skill_shown=True,
        ),
        verdict(
            claim=EQUAL,
            outcome=Outcome.INCONCLUSIVE,
            sentence="The largest gap is 6.0 points (2.5 to 9.5); the claim allows 5 points.",
            reason="The bound lies inside the interval.",
            finding_keys=tuple(g.key for g in gaps),
            further_subjects=212,
            skill_shown=True,
        ),
        verdict(
            claim=SUSPECTS,
            outcome=Outcome.NOT_TESTABLE,
            sentence="These data cannot settle the claim.",
            reason="The data hold no outcome for the people in them.",
        ),
        verdict(
            claim=BEATS_CHANCE,
            outcome=Outcome.UPHELD,
            sentence="Accuracy is 53.4 % (52.2 to 54.6), wholly above one in six.",
            finding_keys=(whole[0].key,),
            skill_shown=True,
        ),
    ]


CREMA_D = DatasetSheet(
    id="crema-d",
    title="CREMA-D ratings",
    licence="ODbL 1.0, contents DbCL 1.0",
    citation="Cao et al. (2014), IEEE Transactions on Affective Computing",
    url="https://doi.org/10.1109/TAFFC.2014.2336244",
    sha256="3f" * 32,
    population="91 actors who were asked to act six emotions; rated by 2,443 people.",
    n_items=7442,
    n_subjects=91,
    label_counts=dict.fromkeys(LABELS, 1271),
    attribute_counts={
        attribute: {g: GroupCount(n_items=82 * n, n_subjects=n) for g, n in groups}
        for attribute, groups in GROUPS.items()
        if "×" not in attribute
    },
    notes=("27 items annotated outside the taxonomy are left out.",),
    warnings=("The emotions are acted. Accuracy on acted emotion says little about real life.",),
)
FACES = DatasetSheet(
    id="lfw-subset",
    title="Labelled Faces in the Wild, subset of scikit-image",
    licence="no copyright restrictions known",
    sha256="a1" * 32,
    n_items=200,
    n_subjects=200,
    subjects_declared=False,
    label_counts={"none": 100},
)
MISSING = DatasetSheet(
    id="emodb-2s",
    title="EmoDB, cut to two seconds",
    missing="Set FACEVALUE_DATA to a folder that holds emodb-2s.",
)
RATERS = SystemSheet(
    name="human raters",
    adapter="ratings",
    labels=LABELS,
    about={"title": "The raters of CREMA-D", "notes": "Each vote is an answer."},
    identity_sha256="5e" * 32,
    skill="human raters is shown to beat all three reference systems.",
)
FER = SystemSheet(
    name="fer",
    adapter="tflite",
    labels=("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"),
    about={"title": "fer", "version": "25.10.3", "licence": "MIT", "url": "https://example.org"},
    identity_sha256="77" * 32,
    failure_counts={"timeout": 4},
    label_map={"angry": "anger", "happy": "happiness", "surprise": "outside"},
)
PROVENANCE = Provenance(
    version="0.1.0",
    python="3.11.9",
    packages={"numpy": "2.3.0", "polars": "1.30.0"},
    platform="Linux x86_64",
    seed=7,
    started="2026-11-24 10:02 UTC",
    locked="2026-11-24 10:01 UTC",
    command="facevalue audit audit.yaml --out run",
    files={"findings.parquet": "0c" * 32, "lock.json": "1d" * 32},
)
AUDIT = """# What human raters achieve
title: What human raters themselves achieve on CREMA-D
datasets: [{id: crema-d, name: crema-d}]
seed: 7
"""


def realistic() -> ReportInput:
    found = FindingSet(
        (
            *correctness("human raters", "crema-d"),
            *disparity("human raters", "crema-d"),
            *skill("human raters", "crema-d"),
            *controls("fer", "lfw-subset"),
            *failures("fer", "lfw-subset"),
        )
    )
    return ReportInput(
        title="What human raters themselves achieve on CREMA-D",
        audit_text=AUDIT,
        audit_sha256="9b" * 32,
        findings=found,
        verdicts=verdicts(found),
        datasets=(CREMA_D, FACES, MISSING),
        systems=(RATERS, FER),
        provenance=PROVENANCE,
        notes=("Answers were taken from an earlier run.",),
    )


def small(**parts: object) -> ReportInput:
    found = FindingSet(
        (
            finding(estimate(0.5744, 0.011)),
            finding(estimate(0.4, 0.014), condition="modality=voice"),
            finding(not_estimable(), attribute="race", group="Unknown"),
        )
    )
    verdict = Verdict(
        claim=ACCURATE,
        system="human raters",
        dataset="crema-d",
        outcome=Outcome.NOT_UPHELD,
        sentence="Accuracy is 57.4 % (56.3 to 58.5), wholly below the claimed 95 %.",
        finding_keys=(found.findings[0].key,),
    )
    given: dict[str, object] = {
        "title": "A small audit",
        "audit_text": AUDIT,
        "audit_sha256": "9b" * 32,
        "findings": found,
        "verdicts": (verdict,),
        "datasets": (CREMA_D,),
        "systems": (RATERS,),
        "provenance": PROVENANCE,
    }
    return ReportInput(**(given | parts))  # type: ignore[arg-type]  # parts of a known type


def hostile() -> ReportInput:
    """Return a report in which every outside word is an attack."""
    system, dataset, attribute, group, label, source = HOSTILE
    labels = HOSTILE
    at = {"system": system, "dataset": dataset}
    found = FindingSet(
        (
            *correctness(system, dataset, labels),
            *controls(system, dataset, labels),
            *failures(system, dataset),
            finding(estimate(0.5, method=label), condition=f"{attribute}={group}", **at),
            finding(estimate(0.5), attribute=attribute, group=group, **at),
            finding(
                estimate(0.1, p=0.01),
                family="disparity",
                metric=f"prediction_rate[{label}]",
                attribute=attribute,
                group=group,
                reference=source,
                **at,
            ),
            finding(
                not_estimable(detail=source),
                family="disparity",
                attribute=attribute,
                reference="largest gap",
                **at,
            ),
            finding(estimate(0.3), group=f"reference: {group}", family="skill", **at),
            finding(estimate(0.2), family="skill", reference=group, **at),
        )
    )
    claim = Claim(
        id=attribute,
        says=system,
        source=dataset,
        who=attribute,
        url=group,
        needs=(label,),
        settles=source,
        construct=system,
        law=dataset,
        criterion=ACCURATE.criterion,
    )
    verdict = Verdict(
        claim=claim,
        outcome=Outcome.NOT_TESTABLE,
        sentence=system,
        reason=dataset,
        finding_keys=(found.findings[0].key, "no such key"),
        system=system,
        dataset=dataset,
    )
    sheet = DatasetSheet(
        id=dataset,
        title=system,
        licence=attribute,
        citation=label,
        url=group,
        sha256=source,
        about=system,
        population=dataset,
        n_items=3,
        n_subjects=2,
        label_counts=dict.fromkeys(labels, 1),
        attribute_counts={attribute: {group: GroupCount(1, 1)}},
        notes=labels,
        warnings=labels,
    )
    system_sheet = SystemSheet(
        name=system,
        adapter=dataset,
        labels=labels,
        about={label: group, attribute: "JaVaScRiPt:alert(5)", "url": "data:text/html,x"},
        identity_sha256=source,
        failure_counts={source: 3},
        prohibited=labels,
        skill=system,
        label_map={label: source},
    )
    made = Provenance(
        version="0.1.0",
        python=system,
        packages={label: source},
        platform=dataset,
        started=system,
        locked=dataset,
        changed_since_lock=True,
        command=system,
        files={source: label},
    )
    return ReportInput(
        title=system,
        audit_text="\n".join(labels),
        audit_sha256=source,
        findings=found,
        verdicts=(verdict,),
        datasets=(sheet, DatasetSheet(id=attribute, missing=source)),
        systems=(system_sheet,),
        provenance=made,
        notes=labels,
    )


def large(n_groups: int) -> ReportInput:
    """Return the realistic report with many more findings about single groups."""
    base = realistic()
    more = tuple(
        finding(
            estimate(0.5, 0.01 + i * 1e-7),
            family="disparity",
            metric=f"recall[{LABELS[i % 6]}]",
            condition="modality=face",
            attribute="sex × race × age_band",
            group=f"female × African American × band number {i}",
            reference="rest",
        )
        for i in range(n_groups)
    )
    return ReportInput(
        title=base.title,
        audit_text=base.audit_text,
        audit_sha256=base.audit_sha256,
        findings=FindingSet((*base.findings, *more)),
        verdicts=base.verdicts,
        datasets=base.datasets,
        systems=base.systems,
        provenance=base.provenance,
    )
