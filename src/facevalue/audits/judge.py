"""Hold claims against findings: upheld, not upheld, inconclusive or not testable.

*Upheld*: the interval lies wholly on the claimed side. *Not upheld*: wholly on the other.
Else *inconclusive*. *Not testable*: the data lack what the claim is about, or there is no
accepted ground truth. A claim of equality is upheld only for a system that is shown to
beat the reference systems, and only if every group could be measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from facevalue.atomic import write_text
from facevalue.audits.findings import Finding, FindingSet
from facevalue.audits.looks import LARGEST_GAP, MINUS, no_gap_above
from facevalue.audits.references import is_skill_shown
from facevalue.audits.scope import ANY_OF
from facevalue.audits.stability import STABILITY
from facevalue.domain.claims import Claim, Comparison, Criterion, Outcome, Verdict
from facevalue.domain.estimates import Estimate
from facevalue.errors import InputError
from facevalue.stats import further_subjects

__all__ = ["FORMAT_VERSION", "exit_status", "judge", "read_verdicts", "write_verdicts"]

FORMAT_VERSION = 1

NO_SKILL = (
    "the system is not shown to beat the reference systems (majority, random, shuffled "
    "labels), and a system that guesses is equal for all groups"
)

NO_SKILL_UNMOVED = (
    "the system is not shown to beat the reference systems (majority, random, shuffled "
    "labels), and a system that guesses may be moved by nothing"
)

PLAIN = {
    "uar": "unweighted average recall (UAR)",
    "mcc": "Matthews' correlation (MCC)",
    "ece": "expected calibration error",
    "failure_rate": "share of items that the system fails on",
    "abstention_rate": "share of items that are answered with none",
    "mean_confidence": "mean confidence",
    "answer_rate": "share of items that are given an answer",
    "accuracy[failures=wrong]": "accuracy, failures counted as wrong,",
    "unchanged": "share of answers unchanged",
    "unchanged_area": "area under the share of answers unchanged, from severity 0 (100 %) to the "
    "highest asked,",
    "unchanged_below_floor": "share of answers changed beyond the floor (the smallest change there "
    "is, or asking again)",
    "accuracy_change": "change in accuracy",
    "confidence_change": "change in confidence",
    "failure_change": "change in the share of items that the system fails on",
}
"""Names of metrics in a sentence, where they are not words themselves."""

INDICES = ("mcc",)
"""Metrics that are no share and not told in percent."""

ABSENT = {
    "the system gives no scores": ("mean_confidence", "confident_share", "confidence_change"),
    "no annotated item was given a label": ("accuracy", "uar", "accuracy_change"),
    "no answer was none": ("abstention_rate",),
}
"""Why there is no such figure under stress, and of which metrics."""

OF_ALL_ITEMS = ("failure_rate", "abstention_rate", "answer_rate")
"""Metrics that leave nothing out: failures and answers of none are what they count."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One claim, one system, one dataset."""

    claim: Claim
    system: str
    dataset: str
    findings: FindingSet

    def verdict(self, outcome: Outcome, sentence: str, **more: Any) -> Verdict:
        return Verdict(
            claim=self.claim, system=self.system, dataset=self.dataset, outcome=outcome,
            sentence=sentence, **more,
        )  # fmt: skip


def judge(
    claims: Sequence[Claim],
    findings: FindingSet,
    pairs: Sequence[tuple[str, str]],
    missing: Mapping[str, str] | None = None,
) -> list[Verdict]:
    """Judge every claim for every system and dataset it is about.

    Parameters
    ----------
    claims
        In the order of the audit file.
    findings
        What `measure` found.
    pairs
        The (system, dataset) pairs that were run.
    missing
        Optional datasets that are not here → why.
    """
    verdicts: list[Verdict] = []
    for claim in claims:
        about = [
            (s, d)
            for s, d in pairs
            if (not claim.systems or s in claim.systems) and claim.dataset in (None, d)
        ]
        cases = [_Case(claim, s, d, findings) for s, d in about]
        if claim.untestable:
            verdicts.append(_untestable(claim, about))
        elif not cases:
            verdicts.append(_nothing_run(claim, missing or {}))
        else:
            judged = [_judge_one(case) for case in cases]
            verdicts += _worth_saying(judged)
    return verdicts


def _worth_saying(judged: list[Verdict]) -> list[Verdict]:
    """Drop datasets without what the claim is about, if another dataset has it."""
    tested = [v for v in judged if v.outcome is not Outcome.NOT_TESTABLE]
    systems = {v.system for v in tested}
    return [v for v in judged if v.outcome is not Outcome.NOT_TESTABLE or v.system not in systems]


def _untestable(claim: Claim, about: Sequence[tuple[str, str]]) -> Verdict:
    systems = ", ".join(dict.fromkeys(s for s, _ in about)) or "any system"
    return Verdict(
        claim=claim, system=systems, dataset="", outcome=Outcome.NOT_TESTABLE,
        sentence="This claim cannot be tested by this audit.", reason=claim.untestable,
    )  # fmt: skip


def _nothing_run(claim: Claim, missing: Mapping[str, str]) -> Verdict:
    reason = "no system was run on a dataset this claim is about"
    if claim.dataset in missing:
        reason = missing[str(claim.dataset)].rstrip(".")
    return Verdict(
        claim=claim, system="", dataset=claim.dataset or "", outcome=Outcome.NOT_TESTABLE,
        sentence="This claim could not be tested.", reason=reason,
    )  # fmt: skip


def _judge_one(case: _Case) -> Verdict:
    criterion = case.claim.criterion
    assert criterion is not None, "a claim without a criterion is untestable"
    finding = _deciding(case, criterion)
    if finding is None:
        reason = _what_lacks(case, criterion)
        return case.verdict(Outcome.NOT_TESTABLE, "This claim could not be tested.", reason=reason)
    if not isinstance(finding.result, Estimate):
        why = _unasked(case, criterion) or finding.result.sentence
        reason = f"{_subject_of(criterion)} could not be estimated: {why}"
        return case.verdict(
            Outcome.NOT_TESTABLE,
            "This claim could not be tested.",
            reason=reason,
            finding_keys=(finding.key,),
        )
    return _gated(case, criterion, finding, _by_interval(case, criterion, finding))


def _what_lacks(case: _Case, criterion: Criterion) -> str:
    """Say what is not there to decide by: in the data, or in what was answered under stress."""
    subject = _subject_of(criterion).removeprefix("a ")
    if not is_under_stress(criterion.condition):
        return f"the data have no {subject}"
    kind = criterion.metric.partition("[")[0]
    why = next((f": {why}" for why, kinds in ABSENT.items() if kind in kinds), "")
    if criterion.over and kind == "unchanged":
        why = f": there are no two groups by {attribute_of(criterion)}"
    what = f"what {case.system} answered on {case.dataset} gives no {subject}{why}"
    return _unasked(case, criterion) or what


def _unasked(case: _Case, criterion: Criterion) -> str:
    """Say that a system was not asked what a claim under stress is about; empty if it was."""
    if not is_under_stress(criterion.condition):
        return ""
    n_asked: dict[str, int] = {}
    for f in case.findings.where(system=case.system, dataset=case.dataset):
        at = f.place.condition or ""
        if criterion.condition in (at, at.partition(":")[0]) and f.place.metric != "unchanged_area":
            n_asked[at] = max(n_asked.get(at, 0), f.result.n_items)
    if n_asked and min(n_asked.values()):
        return ""
    under = " and ".join(at for at, n in n_asked.items() if not n) or criterion.condition
    why = " (a budget was spent before, or no item could be changed so)" if n_asked else ""
    return f"{case.system} was asked nothing on {case.dataset} under {under}{why}"


def _by_interval(case: _Case, criterion: Criterion, finding: Finding) -> Verdict:
    found = finding.result
    assert isinstance(found, Estimate)
    at_least = criterion.comparison is Comparison.AT_LEAST
    inner, outer = (found.low, found.high) if at_least else (found.high, found.low)
    sentence = _sentence(case, criterion, finding)
    keys = (finding.key, *_beside(case, criterion, finding))
    if criterion.comparison.holds(inner, criterion.bound):
        return case.verdict(Outcome.UPHELD, sentence, finding_keys=keys)
    if not criterion.comparison.holds(outer, criterion.bound):
        return case.verdict(Outcome.NOT_UPHELD, sentence, finding_keys=keys)
    more = further_subjects(found, criterion.bound)
    reason = "the interval reaches over the bound on both sides"
    return case.verdict(
        Outcome.INCONCLUSIVE, sentence, finding_keys=keys, reason=reason, further_subjects=more
    )


def _gated(case: _Case, criterion: Criterion, finding: Finding, verdict: Verdict) -> Verdict:
    """Let no claim of equality pass for a system that may be guessing, or on missing groups."""
    is_stressed = is_under_stress(criterion.condition)
    at = None if is_stressed else criterion.condition
    shown = is_skill_shown(case.findings, case.system, case.dataset, at)
    verdict = replace(verdict, skill_shown=shown)
    if not (criterion.over or is_stressed):
        return verdict
    if not shown and verdict.outcome is Outcome.INCONCLUSIVE:
        # No number of people settles it for a system that may be guessing.
        verdict = replace(verdict, further_subjects=None)
    if verdict.outcome is not Outcome.UPHELD:
        return verdict
    if not shown:
        why = NO_SKILL if criterion.over else NO_SKILL_UNMOVED
        return replace(verdict, outcome=Outcome.INCONCLUSIVE, reason=why)
    missing = _groups_without_estimate(case, criterion, finding)
    if missing:
        reason = f"these groups could not be measured: {', '.join(missing)}"
        return replace(verdict, outcome=Outcome.INCONCLUSIVE, reason=reason)
    return verdict


def _groups_without_estimate(case: _Case, criterion: Criterion, finding: Finding) -> list[str]:
    return [
        f"{f.place.attribute}={f.place.group}"
        for attributes in criterion.over
        for f in case.findings.where(
            system=case.system,
            dataset=case.dataset,
            # Of the deciding finding: it may be told under the plain name of the metric.
            metric=finding.place.metric,
            condition=criterion.condition,
            attribute=" × ".join(attributes),
            reference=None,
        )
        if not f.is_estimated
    ]


def metric_of(criterion: Criterion) -> str:
    """Return the metric that decides, with the claim's rule for failures."""
    wrong = criterion.failures == "wrong" and criterion.metric == "accuracy"
    return "accuracy[failures=wrong]" if wrong else criterion.metric


def attribute_of(criterion: Criterion) -> str | None:
    """Return the attribute of the deciding finding: one, or any of several."""
    names = [" × ".join(a) for a in criterion.over]
    return ANY_OF.join(names) if names else None


def _deciding(case: _Case, criterion: Criterion) -> Finding | None:
    parts: dict[str, str | None] = {
        "system": case.system,
        "dataset": case.dataset,
        "condition": criterion.condition,
        "attribute": attribute_of(criterion),
        "reference": LARGEST_GAP if criterion.over else None,
    }
    wanted = metric_of(criterion)
    for metric in dict.fromkeys([wanted, criterion.metric]):
        # Without a single failure both rules for failures give the same number, told once.
        found = [
            f
            for f in case.findings.where(**parts, metric=metric)
            if f.place.family not in ("skill", "equivalence")
            and (criterion.over or f.place.group is None)
        ]
        if found:
            return found[0]
    return None


def _beside(case: _Case, criterion: Criterion, finding: Finding) -> list[str]:
    """Keys of what is read beside the deciding finding: failure rate, groups."""
    beside = []
    for metric in ("failure_rate", "abstention_rate"):
        found = _failures(case, criterion, metric)
        beside += [] if found is None else [found.key]
    equivalent = _equivalence(case, criterion, finding)
    beside += [] if equivalent is None else [equivalent.key]
    for attributes in criterion.over:
        name = " × ".join(attributes)
        beside += [
            f.key
            for f in case.findings.where(
                system=case.system, dataset=case.dataset, metric=finding.place.metric,
                condition=criterion.condition, attribute=name, reference=None,
            )
        ]  # fmt: skip
    return beside


def _equivalence(case: _Case, criterion: Criterion, deciding: Finding) -> Finding | None:
    """Return the test that no pair differs by the claimed bound or more, if there is one."""
    found = case.findings.where(
        system=case.system, dataset=case.dataset, family="equivalence",
        metric=deciding.place.metric, condition=criterion.condition,
        attribute=attribute_of(criterion), reference=no_gap_above(criterion.bound),
    )  # fmt: skip
    return next(iter(found), None) if criterion.over else None


def _subject_of(criterion: Criterion) -> str:
    metric = metric_of(criterion)
    text = PLAIN.get(metric, metric)
    if metric.startswith("prediction_rate_change["):
        text = f"change in how often {metric[23:-1]} is predicted"
    if metric.startswith("confident_share["):
        text = f"share of answers with a confidence of {metric[16:-1]} or more"
    if criterion.over:
        text = f"a largest gap in {text} over {attribute_of(criterion)}"
    if is_under_stress(criterion.condition):
        return f"{text} under {criterion.condition}"
    return f"{text} where {criterion.condition}" if criterion.condition else text


def is_difference(metric: str) -> bool:
    """Whether a metric is a difference of shares, so that it is told in points."""
    return "_change" in metric or metric == "unchanged_below_floor"


def is_under_stress(condition: str | None) -> bool:
    """Whether a condition is something done to media, and no group of them."""
    return condition is not None and "=" not in condition


def _sentence(case: _Case, criterion: Criterion, finding: Finding) -> str:
    found = finding.result
    assert isinstance(found, Estimate)
    side = "at least" if criterion.comparison is Comparison.AT_LEAST else "at most"
    is_in_points = bool(criterion.over) or is_difference(criterion.metric)
    unit = "" if criterion.metric in INDICES else " percentage points" if is_in_points else " %"
    value, low, high = (_shown(criterion, x) for x in (found.value, found.low, found.high))
    what = _subject_of(criterion)
    claimed = f"The claim needs {what} of {side} {_bound(criterion)}{unit}. "
    driven = _driven_by(finding) if criterion.over else ""
    subjects = f"{found.n_subjects:,} subjects, {found.n_items:,} items"
    if found.n_subjects == found.n_items:
        subjects = f"{found.n_items:,} items, each its own subject"
    # Over several attributes the ends may come from other pairs than the one named.
    any_pair = " for the largest gap of any pair" if len(criterion.over) > 1 else ""
    measured = (
        f"Measured: {value}{unit}{driven} ({100 * found.level:.6g}% interval {low} to {high}"
        f"{any_pair}; "
        f"{subjects})."
    )
    return claimed + measured + _tested(case, criterion, finding) + _left_out(case, criterion)


def _tested(case: _Case, criterion: Criterion, finding_of_claim: Finding) -> str:
    """Say what the equivalence test of a claim of equality gives."""
    finding = _equivalence(case, criterion, finding_of_claim)
    if finding is None or not isinstance(finding.result, Estimate):
        return ""
    p = finding.result.p_value or 0.0
    shown = "p below 0.001" if p < 0.001 else f"p = {p:.3f}"
    # The test looks at one side at a time; the verdict at the whole interval.
    whole = finding_of_claim.result
    is_short = isinstance(whole, Estimate) and whole.high > criterion.bound
    more = "; the verdict asks for the whole interval" if p <= 0.05 and is_short else ""
    return f" Test that no pair differs by as much (equivalence): {shown}{more}."


def _left_out(case: _Case, criterion: Criterion) -> str:
    """Say how much the number leaves out: nobody may pass by failing on what is hard."""
    if criterion.failures == "wrong" or criterion.metric in OF_ALL_ITEMS:
        return ""
    if criterion.metric.startswith("unchanged"):
        # A failure is no unchanged answer.
        failed = _failures(case, criterion, "failure_rate")
        share = 0.0 if failed is None else failed.result.value or 0.0
        counts = "of the items; a failure counts as an answer that changed"
        return f" The system failed on {_percent(share)} % {counts}." if share > 0 else ""
    parts = []
    for metric, did in (("failure_rate", "failed on"), ("abstention_rate", "answered none to")):
        found = _failures(case, criterion, metric)
        share = 0.0 if found is None else found.result.value or 0.0
        if share > 0:
            parts.append(f"{did} {_percent(share)} %")
    return f" The system {' and '.join(parts)} of the items, which are left out." if parts else ""


def _failures(case: _Case, criterion: Criterion, metric: str) -> Finding | None:
    """Return the share of items without an answer, of the same items as the claim."""
    found = case.findings.where(
        system=case.system, dataset=case.dataset, metric=metric, condition=criterion.condition,
        attribute=None,
    )  # fmt: skip
    return next((f for f in found if f.place.family in ("failures", *STABILITY)), None)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if share >= 0.0005 else "less than 0.1"


def _driven_by(finding: Finding) -> str:
    top, minus, bottom = str(finding.place.group or "").partition(MINUS)
    return f", between {top} (higher) and {bottom} (lower)" if minus else ""


def _shown(criterion: Criterion, value: float) -> str:
    return f"{value:.3f}" if criterion.metric in INDICES else f"{100 * value:.1f}"


def _bound(criterion: Criterion) -> str:
    """Return the bound with the digits it was given: 99.95 % is not 100.0 %."""
    rounded = _shown(criterion, criterion.bound)
    exact = criterion.bound * (1 if criterion.metric in INDICES else 100)
    return rounded if abs(float(rounded) - exact) < 1e-9 else f"{exact:.10g}"


def exit_status(verdicts: Iterable[Verdict]) -> int:
    """Return the exit status that design.md §7 gives to a set of verdicts.

    0 every claim upheld or none made, 1 one not upheld, 3 one inconclusive or not testable
    and none not upheld.
    """
    outcomes = {v.outcome for v in verdicts}
    if Outcome.NOT_UPHELD in outcomes:
        return 1
    if outcomes & {Outcome.INCONCLUSIVE, Outcome.NOT_TESTABLE}:
        return 3
    return 0


def write_verdicts(folder: Path, verdicts: Sequence[Verdict]) -> None:
    """Write ``verdicts.json`` into a run folder."""
    document = {
        "format": "facevalue-verdicts",
        "version": FORMAT_VERSION,
        "exit_status": exit_status(verdicts),
        "verdicts": [_as_json(v) for v in verdicts],
    }
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)
    write_text(folder / "verdicts.json", text + "\n")


def _as_json(verdict: Verdict) -> dict[str, Any]:
    raw = asdict(verdict)
    raw["outcome"] = verdict.outcome.value
    if verdict.claim.criterion is not None:
        raw["claim"]["criterion"]["comparison"] = verdict.claim.criterion.comparison.value
    return raw


def read_verdicts(folder: Path) -> list[Verdict]:
    """Read ``verdicts.json`` of a run folder.

    Raises
    ------
    InputError
        If it is not there, damaged or of another version.
    """
    path = folder / "verdicts.json"
    if not path.is_file():
        raise InputError(f"{path}: no verdicts here. Run: facevalue judge {folder}")
    try:
        document = json.loads(path.read_text("utf-8"))
        found = document["version"]
        verdicts = [] if found != FORMAT_VERSION else [_from_json(v) for v in document["verdicts"]]
    except (OSError, LookupError, ValueError, TypeError, RecursionError) as error:
        what = "the verdicts are damaged"
        raise InputError(f"{path}: {what}. Run: facevalue judge {folder}") from error
    if found != FORMAT_VERSION:
        raise InputError(
            f"{path}: format version {found}, this facevalue reads {FORMAT_VERSION}. "
            f"Run: facevalue judge {folder}"
        )
    return verdicts


def _from_json(raw: Mapping[str, Any]) -> Verdict:
    claim = dict(raw["claim"])
    if claim["criterion"] is not None:
        criterion = dict(claim["criterion"])
        criterion["comparison"] = Comparison(criterion["comparison"])
        criterion["over"] = tuple(tuple(a) for a in criterion["over"])
        claim["criterion"] = Criterion(**criterion)
    for name in ("systems", "needs"):
        claim[name] = tuple(claim[name])
    rest = {k: v for k, v in raw.items() if k not in ("claim", "outcome", "finding_keys")}
    return Verdict(
        claim=Claim(**claim), outcome=Outcome(raw["outcome"]),
        finding_keys=tuple(raw["finding_keys"]), **rest,
    )  # fmt: skip
