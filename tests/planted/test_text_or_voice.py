"""Sentence kept and voice swapped: a system that goes by the words agrees with the same words."""

from __future__ import annotations

import polars as pl

from facevalue.audits import MeasureSpec, sample_of
from facevalue.audits.words import OTHER_TEXT, SAME_ANSWER, SAME_TEXT, words_findings
from facevalue.domain import Estimate, Media
from planted.pictures import Population, sounds
from planted.systems import system_named


def agreement(system: str) -> dict[str, Estimate]:
    """Return how often answers agree with the same words of others, and with other words."""
    dataset = sounds(Population(people=20, items=4), 3)
    items = dataset.items["item"].to_list()
    media = [m for m in dataset.media(items) if isinstance(m, Media)]
    labels = [answer.label for answer in system_named(system, 0).predict(media)]
    table = {"item": items, "label": labels, "failure": [None] * len(items)}
    sample = sample_of(
        system=system, dataset=dataset.id, items=dataset.items, taxonomy=dataset.taxonomy,
        answers=pl.DataFrame(table, schema_overrides={"failure": pl.String}), labels={},
        attributes={}, subjects_declared=True,
    )  # fmt: skip
    texts = dataset.items.sort("item")["text"].to_list()
    return {
        str(f.place.condition): f.result
        for f in words_findings(sample, texts, MeasureSpec())
        if f.place.metric == SAME_ANSWER and isinstance(f.result, Estimate)
    }


def test_answers_by_the_words_agree_with_the_same_words_from_another_voice() -> None:
    found = agreement("text rather than voice")
    assert found[SAME_TEXT].low > 0.5
    assert found[OTHER_TEXT].high < 0.5


def test_answers_by_the_voice_do_not() -> None:
    found = agreement("clean, sounds")
    assert found[SAME_TEXT].high < 0.5
    assert abs(found[SAME_TEXT].value - found[OTHER_TEXT].value) < 0.1
