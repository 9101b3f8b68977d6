"""The uses that an audit file names: from stored answers to what would follow for people.

Stands between `audits`, which knows answers and findings, and `simulate`, which takes
numbers; neither knows the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from facevalue.audits import FAILED, ReadAudit, Sample, ScenarioEntry, no_attribute
from facevalue.canonical import digest
from facevalue.dataset import Dataset
from facevalue.errors import AuditSpecError, InputError, Problem, UnknownNameError
from facevalue.simulate import (
    Answers,
    FlagSpec,
    Scenario,
    Simulated,
    Unsimulated,
    alone,
    deployment_of,
    measured_rates,
    read_scenario,
    scenario,
)

__all__ = [
    "NamedUse",
    "answers_of",
    "check_uses",
    "named_uses",
    "simulate_uses",
    "used_attributes",
]


@dataclass(frozen=True, slots=True)
class NamedUse:
    """A scenario of an audit file, read."""

    entry: ScenarioEntry
    scenario: Scenario


def named_uses(read: ReadAudit) -> list[NamedUse]:
    """Return the scenarios of an audit file.

    Raises
    ------
    AuditSpecError
        If one is not known, or its file has faults; all of them at once.
    """
    found: list[NamedUse] = []
    problems: list[Problem] = []
    for i, entry in enumerate(read.spec.scenarios):
        where = f"scenarios[{i}].{'name' if entry.name else 'file'}"
        try:
            if entry.name is not None:
                one = scenario(entry.name)
            else:
                one = read_scenario(_inside(read, entry.file or ""))
        except UnknownNameError as error:
            problems.append(Problem("unknown_name", str(error), where))
        except AuditSpecError as error:
            problems += [
                Problem(p.code, p.what, f"{where}, {entry.file}, {p.where}".rstrip(", "))
                for p in error.problems
            ]
        except InputError as error:
            problems.append(Problem("outside_root", str(error), where))
        else:
            found.append(NamedUse(entry, one))
    if problems:
        raise AuditSpecError(str(read.path), problems)
    return found


def _inside(read: ReadAudit, name: str) -> Path:
    base = read.base.resolve()
    path = (base / name).resolve()
    if not path.is_relative_to(base):
        raise InputError(f"{name!r} leads out of the folder of the audit file; put it beside it")
    return read.base / name


def check_uses(read: ReadAudit, datasets: Mapping[str, Dataset]) -> list[Problem]:
    """Return what the scenarios of an audit file name and the data lack."""
    try:
        uses = named_uses(read)
    except AuditSpecError as error:
        return list(error.problems)
    return [
        no_attribute(f"scenarios[{i}].{field}", attribute, dataset)
        for i, use in enumerate(uses)
        for key, dataset in datasets.items()
        if use.entry.is_about(key)
        for field, attribute in use.entry.needs.items()
        if attribute not in dataset.attributes
    ]


def used_attributes(read: ReadAudit, dataset: str) -> list[str]:
    """Return the attributes of a dataset that scenarios need."""
    entries = (entry for entry in read.spec.scenarios if entry.is_about(dataset))
    return list(dict.fromkeys(a for entry in entries for a in entry.needs.values()))


def simulate_uses(
    read: ReadAudit, samples: Iterable[Sample]
) -> tuple[list[Simulated], list[Unsimulated]]:
    """Return what would follow of every use, for every system and dataset it is about.

    A use for which nothing could be measured, or whose flags no label makes, is simulated once,
    from what is published or claimed.
    """
    simulated: list[Simulated] = []
    not_possible: list[Unsimulated] = []
    samples = list(samples)
    for use in named_uses(read):
        mine: list[Simulated] = []
        failed = len(not_possible)
        for sample in samples if use.scenario.flag is not None else ():
            if not use.entry.is_about(sample.dataset, sample.system):
                continue
            try:
                mine.append(_measured(use, sample, read))
            except InputError as error:
                not_possible.append(
                    Unsimulated(
                        scenario=use.scenario.name, system=sample.system, dataset=sample.dataset,
                        reason=str(error),
                    )
                )  # fmt: skip
        if mine:
            simulated += mine
            continue
        try:
            simulated.append(_unmeasured(use.scenario, read.spec.seed))
        except InputError as error:
            # Where measuring failed, the reasons of that are told already.
            if len(not_possible) == failed:
                reason = str(error)
                not_possible.append(
                    Unsimulated(scenario=use.scenario.name, system="", dataset="", reason=reason)
                )
    return simulated, not_possible


def _unmeasured(one: Scenario, seed: int) -> Simulated:
    rates = alone(one, seed)
    said = "Nothing was measured for this use in this audit; it rests on what is told here."
    rates = replace(rates, notes=(*rates.notes, said))
    return Simulated(scenario=one, rates=rates, use=deployment_of(one, rates))


def _measured(use: NamedUse, sample: Sample, read: ReadAudit) -> Simulated:
    flag = use.scenario.flag
    assert flag is not None  # the caller looked
    declared = next(d for d in read.spec.datasets if d.key == sample.dataset)
    leave_out = declared.leave_out.get(use.entry.attribute or "", [])
    answers = answers_of(sample, flag, use.entry, leave_out)
    shares = None
    mix = use.scenario.mix
    if mix is not None and mix.attribute == use.entry.attribute:
        shares = mix.shares
    own = digest([read.spec.seed, use.scenario.name, sample.system, sample.dataset])
    rates = measured_rates(
        answers,
        threshold=flag.threshold,
        attribute=use.entry.attribute,
        shares=shares,
        says=_says(use, sample, answers),
        seed=int(own[:12], 16),
    )
    if not sample.subjects_declared:
        # Several answers on one item are not several looks at one person.
        rates = replace(rates, correlation=None)
    return Simulated(
        scenario=use.scenario, rates=rates, use=deployment_of(use.scenario, rates),
        system=sample.system, dataset=sample.dataset, condition=use.entry.condition or "",
    )  # fmt: skip


def answers_of(
    sample: Sample, flag: FlagSpec, entry: ScenarioEntry, leave_out: Sequence[str] = ()
) -> Answers:
    """Return the flag scores of a sample: the summed scores of the labels that raise a flag.

    Where the system gives no scores, an answer that is one of the labels counts as 1. Answers
    that failed are left out; an answer of "none" raises no flag. Groups of ``leave_out`` are no
    groups of people.

    Raises
    ------
    InputError
        If a label is not in the taxonomy of the data.
    """
    names = list(sample.taxonomy.labels)
    unknown = [x for x in (*flag.labels, *flag.calm) if x not in names]
    if unknown:
        listed = ", ".join(repr(x) for x in dict.fromkeys(unknown))
        known = ", ".join(repr(x) for x in names)
        raise InputError(f"the data have no label {listed}; they have {known}")
    raising = [names.index(x) for x in flag.labels]
    resting = [names.index(x) for x in flag.calm]
    rows = (sample.predicted != FAILED) & sample.is_annotated
    if entry.condition is not None:
        attribute, _, wanted = entry.condition.partition("=")
        coded = sample.attributes[attribute]
        if wanted not in coded.values:
            raise InputError(f"the data have no items with {entry.condition}")
        rows &= coded.codes == coded.values.index(wanted)
    has_scores = sample.scores is not None
    if sample.scores is not None:
        # So that 0.3 and 0.6 reach a threshold of 0.9, which floats alone miss by 1e-16.
        score = sample.scores[:, raising].sum(axis=1, dtype=np.float64).round(9)
        rows &= np.isfinite(score)
    else:
        score = np.isin(sample.predicted, raising).astype(np.float64)
    group = np.full(len(score), -1)
    groups: tuple[str, ...] = ()
    if entry.attribute is not None:
        told = sample.attributes[entry.attribute]
        groups = tuple(g for g in told.values if g not in leave_out)
        place = [groups.index(g) if g in groups else -1 for g in told.values]
        group = np.array([*place, -1])[told.codes]
    return Answers(
        score=score[rows],
        person=sample.subject[rows],
        is_sought=np.isin(sample.annotated, raising)[rows],
        is_calm=np.isin(sample.annotated, resting)[rows],
        weight=sample.weight[rows],
        group=group[rows],
        groups=groups,
        has_scores=has_scores,
    )


def _says(use: NamedUse, sample: Sample, answers: Answers) -> tuple[str, ...]:
    flag = use.scenario.flag
    assert flag is not None  # the caller looked
    raising, calm = " or ".join(flag.labels), " or ".join(flag.calm)
    made = (
        f"A flag is raised where the scores of {' and '.join(flag.labels)} add up to "
        f"{flag.threshold:g} or more."
        if answers.has_scores
        else f"A flag is raised where {raising} is predicted; the system gives no scores."
    )
    n_calm = len(np.unique(answers.person[answers.is_calm]))
    n_sought = len(np.unique(answers.person[answers.is_sought]))
    only = f", and only on items with {use.entry.condition}" if use.entry.condition else ""
    noun = "people" if sample.subjects_declared else "items, each taken as a person of its own"
    return (
        f"{made} {flag.why}",
        f"The share flagged of those not sought is measured on answers annotated as {calm}, of "
        f"{n_calm:,} {noun}, in {sample.dataset}{only}.",
        f"That those sought look or sound like {raising} is the claim's own assumption; their "
        f"share flagged is measured on answers annotated so, of {n_sought:,} {noun}. No data "
        "show that it is true, and if it is not, fewer of them may be flagged.",
        "The data were not made at the place of use: other light, cameras, voices and people "
        "may raise more or fewer flags.",
    )
