"""A system that guesses upholds no claim that it is steady or fair, whatever the numbers say."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import facevalue
from facevalue.domain import Estimate, Outcome, Verdict
from facevalue.flow import Run
from planted.pictures import Population, pictures
from support import require

AUDIT = """\
facevalue: 1
title: Guesses
seed: 4
datasets:
  - id: drawn
    manifest: drawn.csv
    taxonomy: [joy, sadness]
    groups: [group]
systems:
  - {name: by-digest, adapter: callable, options: {function: "guess:by_digest"}}
  - {name: anew, adapter: callable, options: {function: "guess:anew"}}
  - {name: constant, adapter: callable, options: {function: "guess:constant"}}
stress:
  checks: [repeat, renamed]
  perturbations:
    - least-change
    - {name: gaussian-blur, severities: [1, 2]}
    - mirror
analyses: {permutations: 199, shuffles: 99}
claims:
"""

UNDER = [
    ("unchanged", "at_least: 0.02", "mirror:5"),
    ("unchanged", "at_least: 0.02", "repeat"),
    ("unchanged", "at_least: 0.02", "renamed"),
    ("unchanged_area", "at_least: 0.02", "gaussian-blur"),
    ("unchanged_below_floor", "at_most: 0.9", "gaussian-blur:2"),
    ("accuracy_change", "at_least: -0.9", "gaussian-blur:1"),
    ("failure_change", "at_most: 0.9", "gaussian-blur:1"),
    ("prediction_rate_change[joy]", "at_most: 0.9", "gaussian-blur:1"),
]
"""Claims that their numbers alone would uphold even for a guess."""

APART = [
    ("unchanged", "gaussian-blur:1"),
    ("unchanged", "repeat"),
    ("accuracy_change", "mirror:5"),
    ("accuracy", None),
]
"""What is claimed to be no more than 0.9 apart between groups."""

GUESS = """
import numpy as np

ANEW = np.random.default_rng(7)


def by_digest(batch):
    return ["joy" if int(m.sha256[:8], 16) % 2 else "sadness" for m in batch]


def anew(batch):
    return ["joy" if x < 0.5 else "sadness" for x in ANEW.random(len(batch))]


def constant(batch):
    return ["joy" for _ in batch]
"""


def _claims() -> str:
    lines = []
    for i, (metric, bound, condition) in enumerate(UNDER):
        lines.append(
            f"  - {{id: steady-{i}, says: it is steady, metric: '{metric}', {bound},"
            f" condition: '{condition}'}}"
        )
    for i, (metric, at) in enumerate(APART):
        condition = "" if at is None else f", condition: '{at}'"
        lines.append(
            f"  - {{id: fair-{i}, says: it is fair, metric: {metric},"
            f" largest_gap_at_most: 0.9, over: [group]{condition}}}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    cv2 = require("cv2")
    folder = tmp_path_factory.mktemp("guesses")
    dataset = pictures(Population(people=24, items=4), 0)
    with (folder / "drawn.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["item", "subject", "media", "annotated", "group"])
        for row in dataset.items.to_dicts():
            # A name without the label in it.
            name = f"{row['sha256'][:12]}.png"
            (media,) = dataset.media([row["item"]])
            image: np.ndarray = media.image  # type: ignore[union-attr, assignment]  # in memory
            cv2.imwrite(str(folder / name), image)
            values = [row["subject"], name, row["annotated"], row["group"]]
            table.writerow([name.removesuffix(".png"), *values])
    (folder / "guess.py").write_text(GUESS, "utf-8")
    (folder / "audit.yaml").write_text(AUDIT + _claims(), "utf-8")
    return facevalue.audit(folder / "audit.yaml", folder / "run")


def _numbers_uphold(run: Run, verdict: Verdict) -> bool:
    criterion = verdict.claim.criterion
    found = run.findings[verdict.finding_keys[0]].result
    assert criterion is not None
    if not isinstance(found, Estimate):
        return False
    return all(criterion.comparison.holds(x, criterion.bound) for x in (found.low, found.high))


def test_every_claim_is_judged_for_every_guess(run: Run) -> None:
    assert len(run.verdicts) == 3 * (len(UNDER) + len(APART))


def test_no_guess_upholds_a_claim(run: Run) -> None:
    open_or_not = (Outcome.INCONCLUSIVE, Outcome.NOT_UPHELD)
    assert [v for v in run.verdicts if v.outcome not in open_or_not] == []


def test_where_numbers_alone_would_uphold_a_claim_the_reference_systems_are_named(
    run: Run,
) -> None:
    alone = [v for v in run.verdicts if _numbers_uphold(run, v)]
    assert len(alone) >= len(run.verdicts) - 4
    assert [v for v in alone if "reference systems" not in v.reason] == []
    assert {v.outcome for v in alone} == {Outcome.INCONCLUSIVE}


def test_numbers_alone_would_uphold_every_claim_for_a_constant(run: Run) -> None:
    constant = [v for v in run.verdicts if v.system == "constant"]
    assert [v.claim.id for v in constant if not _numbers_uphold(run, v)] == []


def test_no_guess_is_shown_to_beat_the_reference_systems(run: Run) -> None:
    assert not any(v.skill_shown for v in run.verdicts)
