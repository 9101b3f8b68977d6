"""From the answers under stress that a run keeps to findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import polars as pl

from facevalue.audits import (
    MeasureSpec,
    Sample,
    Stressed,
    StressSpec,
    measure_stress,
    words_findings,
)
from facevalue.audits.findings import Finding
from facevalue.dataset import Dataset
from facevalue.perturb.pairs import PAIRS
from facevalue.runs import (
    RunFolder,
)
from facevalue.stresses.asking import Kept, stress_name
from facevalue.stresses.conditions import planned

__all__ = ["ReadSample", "findings_of_words", "findings_under_stress", "partner_codes"]


class ReadSample(Protocol):
    """From an answer table to a sample, as for unchanged media."""

    def __call__(self, *, answers: pl.DataFrame) -> Sample:
        """Return the sample."""
        ...


def findings_of_words(
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


def findings_under_stress(
    base: Sample,
    folder: RunFolder,
    kept: Kept,
    spec: MeasureSpec,
    read_sample: ReadSample,
    partners: Mapping[str, Mapping[int, int]],
) -> list[Finding]:
    """Measure what was answered under all conditions.

    Parameters
    ----------
    base
        Answers to unchanged media.
    folder
        The run, with the answers under stress.
    kept
        What is known of them.
    spec
        How to measure.
    read_sample
        From an answer table to a sample, as for unchanged media.
    partners
        As from `partner_codes`.
    """
    answers = folder.read_answers(kept.system, stress_name(kept.dataset))
    stressed = [
        Stressed(
            condition=told["name"],
            family=told["family"],
            answers=read_sample(
                answers=answers.filter(pl.col("condition") == told["name"]).drop("condition")
            ),
            curve=told["curve"],
            severity=told["severity"],
            partners=partners.get(told["curve"]),
        )
        # Those that a budget left out as well: they are not estimable, and no area skips them.
        for told in kept.conditions
    ]
    return measure_stress(base, stressed, spec, floor=kept.floor, n_looks=kept.n_looks)
