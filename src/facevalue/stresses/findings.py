"""From the answers under stress that a run keeps to findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

import polars as pl

from facevalue.audits import (
    MeasureSpec,
    ReadAudit,
    Sample,
    Stressed,
    StressSpec,
    SystemEntry,
    measure_stress,
    words_findings,
)
from facevalue.audits.findings import Finding
from facevalue.dataset import Dataset
from facevalue.errors import InputError
from facevalue.perturb.pairs import PAIRS
from facevalue.runs import RunFolder, stress_name
from facevalue.stresses.asking import Kept
from facevalue.stresses.conditions import planned

__all__ = ["ReadSample", "findings_of_stress", "partner_codes"]


class ReadSample(Protocol):
    """From answers to a sample, as for unchanged media."""

    def __call__(
        self,
        entry: SystemEntry,
        key: str,
        dataset: Dataset,
        answers: pl.DataFrame,
        attributes: Sequence[str],
    ) -> Sample:
        """Return the sample."""
        ...


def findings_of_stress(
    read: ReadAudit,
    folder: RunFolder,
    kept: Sequence[Kept],
    measured: Mapping[tuple[str, str], tuple[Sample, MeasureSpec]],
    datasets: Mapping[str, Dataset],
    read_sample: ReadSample,
) -> list[Finding]:
    """Measure what every system answered under stress, and how far its answers go with words.

    Parameters
    ----------
    kept
        What is known of the answers under stress.
    measured
        System and dataset → its answers to unchanged media, and how they are measured.
    read_sample
        From answers under stress to a sample.

    Raises
    ------
    InputError
        If there are answers under stress of what is not part of the audit.
    """
    stress, found = read.spec.stress, []
    for (_, key), (base, spec) in measured.items():
        found += _of_words(base, datasets[key], stress, spec)
    for one in kept:
        if (one.system, one.dataset) not in measured or stress is None:
            raise InputError(f"{folder.path}: its record of the stress is of another audit file")
        base, spec = measured[one.system, one.dataset]
        spec = spec if stress.groups else replace(spec, groups=(), joint=(), no_gap_above=())
        entry = next(e for e in read.spec.systems if e.name == one.system)
        again = partial(
            read_sample, entry, one.dataset, datasets[one.dataset],
            attributes=[a for g in spec.groups for a in g],
        )  # fmt: skip
        partners = partner_codes(stress, datasets[one.dataset], read.spec.seed)
        found += _under_stress(base, folder, one, spec, again, partners)
    return found


def _of_words(
    sample: Sample, dataset: Dataset, spec: StressSpec | None, measured: MeasureSpec
) -> list[Finding]:
    """Measure how far answers go with the words, where the audit file says which are spoken."""
    if spec is None or spec.text not in dataset.attributes or sample.is_voted:
        return []
    if not spec.is_about(sample.system, sample.dataset):
        return []
    # Items are coded in the order of their names.
    texts = dataset.items.sort("item")[spec.text].to_list()
    return words_findings(sample, texts, measured)


def partner_codes(
    spec: StressSpec | None, dataset: Dataset, seed: int
) -> dict[str, dict[int, int]]:
    """Return, by the name of each swap, the code of every item's partner by the item's code."""
    if spec is None or not any(entry.name in PAIRS for entry in spec.entries):
        return {}
    # Items are coded in the order of their names.
    code = {item: i for i, item in enumerate(dataset.items["item"].sort().to_list())}
    return {
        str(p.curve): {code[item]: code[other] for item, other in p.condition.partners.items()}
        for p in planned(spec, dataset, seed)
        if p.condition.partners is not None
    }


def _under_stress(
    base: Sample,
    folder: RunFolder,
    kept: Kept,
    spec: MeasureSpec,
    read_sample: Callable[[pl.DataFrame], Sample],
    partners: Mapping[str, Mapping[int, int]],
) -> list[Finding]:
    """Measure what was answered under all conditions; ``partners`` as from `partner_codes`."""
    answers = folder.read_answers(kept.system, stress_name(kept.dataset))
    stressed = [
        Stressed(
            condition=told["name"],
            family=told["family"],
            answers=read_sample(
                answers.filter(pl.col("condition") == told["name"]).drop("condition")
            ),
            curve=told["curve"],
            severity=told["severity"],
            partners=partners.get(told["curve"]),
        )
        # Those that a budget left out as well: they are not estimable, and no area skips them.
        for told in kept.conditions
    ]
    return measure_stress(base, stressed, spec, floor=kept.floor, n_looks=kept.n_looks)
