"""`facevalue power --run`: what an audit tells for planning the next one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from facevalue.audits import FindingSet, read_verdicts
from facevalue.audits.looks import MINUS
from facevalue.cli.power_answer import wrapped
from facevalue.cli.printing import safe
from facevalue.domain import Estimate, Outcome, Verdict
from facevalue.errors import InputError
from facevalue.report.wording import Unit, count, exactly, with_unit
from facevalue.stats.power import PowerSpec, correlation_within, subjects_needed

__all__ = ["run_lines"]

TINY = 1e-9
SEVERAL = "several attributes decide together: plan each with --gap and --groups"
WITHIN = "people are in several of these groups: plan it with --within"
NO_SPREAD = "there is no spread between people to plan from"
OTHER = "only shares of answers, and gaps in them, can be simulated"


def run_lines(folder: Path, power: float, n_audits: int, seed: int) -> Iterator[str]:
    """Yield the correlations within a person, and what each inconclusive claim would need.

    Raises
    ------
    InputError
        If the findings or verdicts of the run cannot be read, or do not belong together.
    """
    findings, verdicts = FindingSet.read(folder), read_verdicts(folder)
    yield from _correlations(findings)
    undecided = [v for v in verdicts if v.outcome is Outcome.INCONCLUSIVE]
    if not undecided:
        yield from ("", "No claim of this run is inconclusive.")
    for verdict in undecided:
        yield from ("", safe(f"{verdict.claim.id} · {verdict.system} on {verdict.dataset}"))
        try:
            planned = _planned(verdict, findings)
        except KeyError as error:
            raise InputError(
                f"{folder}: the verdicts are of other findings. Run: facevalue judge {folder}"
            ) from error
        for text in _needs(verdict, planned, power, n_audits, seed):
            yield from wrapped(text, indent="  ")


def _correlations(findings: FindingSet) -> Iterator[str]:
    yield "Correlation between answers about one person (--icc), from accuracy:"
    wanted = {"metric": "accuracy", "family": "correctness", "attribute": None, "reference": None}
    told = []
    for f in findings.where(**wanted):
        icc = correlation_within(f.result) if isinstance(f.result, Estimate) else None
        if icc is not None:
            where = f"{f.place.system} on {f.place.dataset}, {f.place.condition or 'all items'}"
            each = f"{f.result.n_answers / f.result.n_subjects:,.1f} answers each"
            told.append(f"{icc:.3f}  {where}: {count(f.result.n_subjects, 'subject')}, {each}")
    for line in told or ["none, as no accuracy here rests on several answers about one person"]:
        yield from wrapped(safe(line), indent="  ")


def _planned(verdict: Verdict, findings: FindingSet) -> tuple[PowerSpec, Estimate] | str:
    """Return what to simulate, if what was measured is true; or why nothing can be."""
    criterion, keys = verdict.claim.criterion, verdict.finding_keys
    if criterion is None or not keys or verdict.further_subjects is None:
        return verdict.reason
    deciding = findings[keys[0]]
    place, found = deciding.place, deciding.result
    whole = findings.get(
        replace(place, attribute=None, group=None, reference=None, family="correctness")
    )
    alike = whole.result if whole is not None else found
    if not isinstance(found, Estimate) or not isinstance(alike, Estimate):
        return OTHER
    if alike.design_effect is None:
        return NO_SPREAD if alike.value in (0.0, 1.0) else OTHER
    spec = PowerSpec(
        rate=found.value, bound=criterion.bound, level=found.level,
        icc=correlation_within(alike) or 0.0,  # none with one answer a person
        items=max(round(found.n_answers / found.n_subjects), 1),
    )  # fmt: skip
    if criterion.over:
        return _gap_planned(verdict, findings, spec, found)
    return spec, found


def _gap_planned(
    verdict: Verdict, findings: FindingSet, spec: PowerSpec, found: Estimate
) -> tuple[PowerSpec, Estimate] | str:
    """Return what to simulate of a gap: the groups as they are, the gap in the smallest two."""
    place = findings[verdict.finding_keys[0]].place
    beside = [findings[key] for key in verdict.finding_keys[1:]]
    groups = {
        f.place.group: f.result
        for f in beside
        if f.place.attribute == place.attribute and isinstance(f.result, Estimate)
    }
    higher, _, lower = str(place.group).partition(MINUS)
    if higher not in groups or lower not in groups:
        return SEVERAL
    people = [g.n_subjects for g in groups.values()]
    if sum(people) > found.n_subjects:
        return WITHIN
    middle = (groups[higher].value + groups[lower].value) / 2
    if not found.value / 2 < min(middle, 1.0 - middle) - TINY:
        return NO_SPREAD
    shares = tuple(n / sum(people) for n in people)
    return replace(spec, rate=middle, gap=found.value, shares=shares), found


def _needs(
    verdict: Verdict,
    planned: tuple[PowerSpec, Estimate] | str,
    power: float,
    n_audits: int,
    seed: int,
) -> Iterator[str]:
    """Yield what would settle an inconclusive claim."""
    if verdict.further_subjects is not None:
        yield (
            f"About {count(verdict.further_subjects, 'more subject')} would have an even chance "
            "of settling it, if the estimate is true."
        )
    if isinstance(planned, str):
        yield f"No more can be told: {safe(planned)}."
        return
    spec, found = planned
    needed = subjects_needed(spec, power, n_audits, seed)
    chance = f"For a chance of {exactly(power, Unit.SHARE)}"
    if needed is None:
        yield f"{chance} more than 1,000,000 would be needed."
        return
    more = max(int(needed.value) - found.n_subjects, 0)
    share = with_unit(spec.rate, Unit.SHARE)
    truth = share if spec.gap is None else f"{with_unit(spec.gap, Unit.GAP)} around {share}"
    yield (
        f"{chance}: {int(needed.value):,} in all, {more:,} more than there are, with "
        f"{count(spec.items, 'answer')} each (if the truth is {truth}, correlation {spec.icc:.3f})."
    )
