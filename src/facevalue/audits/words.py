"""Words against voice: whether answers agree more where the same words are spoken otherwise.

Every item is held beside two others of other people and of another annotated label: one with the
same words, and one with other words that is else like the first. A system that hears how something
is said agrees with neither more than with the other. Nothing has to be asked for this: the answers
to unchanged media are enough.

People are in it twice, with their own items and as partners of others. So each person is left out
in both roles at once, as in `facevalue.stats.shared_people`, which errs on the wide side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from facevalue.audits.findings import Finding, Place
from facevalue.audits.sample import FAILED, Sample
from facevalue.audits.scope import MeasureSpec
from facevalue.audits.stability import RELIANCE
from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.perturb.partners import same_text_pairs
from facevalue.stats import (
    IntervalSpec,
    Scale,
    change_within,
    interval,
    mean_over_pairs,
    refuse,
)

__all__ = ["GAIN", "OTHER_TEXT", "SAME_ANSWER", "SAME_TEXT", "words_findings"]

SAME_TEXT = "same-text"
OTHER_TEXT = "other-text"
SAME_ANSWER = "same_answer"
GAIN = "same_answer_gain"
"""How much more often answers agree with the same words than with others."""

IntArray = npt.NDArray[np.int64]


def words_findings(sample: Sample, texts: Sequence[str | None], spec: MeasureSpec) -> list[Finding]:
    """Measure how far answers go with the words.

    Parameters
    ----------
    sample
        Answers to unchanged media, one row an item.
    texts
        What is spoken in each item, by the sample's code of the item; `None` where not known.
    spec
        For the level and the seed.

    Returns
    -------
    Three findings of the family ``reliance``: ``same_answer`` under ``same-text`` and under
    ``other-text``, and ``same_answer_gain``, the first minus the second, against no difference.
    """
    rows = _rows(sample, texts, spec.seed)
    mine, same, other = rows
    agree = [
        (sample.predicted[mine] == sample.predicted[theirs]).astype(np.float64)
        for theirs in (same, other)
    ]
    place = Place(
        system=sample.system, dataset=sample.dataset, family=RELIANCE, metric=SAME_ANSWER
    )  # fmt: skip
    level = IntervalSpec(spec.level)
    found = []
    for name, values, theirs in ((SAME_TEXT, agree[0], same), (OTHER_TEXT, agree[1], other)):
        r = mean_over_pairs(values, (sample.subject[mine], sample.subject[theirs]), len(mine))
        result: Estimate | NotEstimable = refuse(r) or interval(r, level, Scale.SHARE)
        found.append(Finding(place=replace(place, condition=name), result=result))
    people = [sample.subject[x] for x in rows]
    gain = mean_over_pairs(agree[0] - agree[1], people, len(mine))
    alike = mean_over_pairs((agree[0] == agree[1]).astype(np.float64), people, len(mine))
    result = change_within(replace(gain, scale=Scale.DIFFERENCE), alike, level)
    at = replace(place, metric=GAIN, condition=SAME_TEXT)
    return [*found, Finding(place=at, result=result)]


def _rows(
    sample: Sample, texts: Sequence[str | None], seed: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return rows of items, of their partners with the same words, and with others."""
    labels = sample.taxonomy.labels
    usable = np.flatnonzero((sample.annotated >= 0) & (sample.predicted != FAILED))
    names = [str(i) for i in sample.item[usable]]
    pairs = same_text_pairs(
        names,
        [texts[i] for i in sample.item[usable]],
        [labels[code] for code in sample.annotated[usable]],
        [str(s) for s in sample.subject[usable]],
        seed=seed,
    )
    row_of = dict(zip(names, usable.tolist(), strict=True))
    told = [(row_of[n], row_of[p.same_text], row_of[p.other_text]) for n, p in pairs.items()]
    columns = np.array(told, dtype=np.int64).reshape(-1, 3)
    return columns[:, 0], columns[:, 1], columns[:, 2]
