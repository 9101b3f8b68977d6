"""EU AI Act, Annex IV, point 4: which metrics, what each means, and why it was taken."""

from __future__ import annotations

from collections.abc import Sequence

from facevalue.audits import Finding
from facevalue.audits.looks import IMPACT_RATIO_OF, RATIO_OF
from facevalue.domain import Criterion
from facevalue.exports.law import asked_for
from facevalue.exports.tables import is_whole, pair_tables
from facevalue.report.blocks import Block, Bullets, Column, Heading, Prose, Section, Table
from facevalue.report.metrics import base_of, definition, metric_words, parts
from facevalue.report.model import Material, Pair
from facevalue.report.wording import Unit, exactly

__all__ = ["metric_section"]

WHY = {
    "accuracy": "It is what claims such as “95 % accurate” name. It depends on how often each "
    "label occurs, so it never stands alone.",
    "uar": "Every annotated label counts the same, so that a system gains nothing by always "
    "giving the most frequent one.",
    "mcc": "Without skill it is 0, whatever the mix of labels.",
    "recall": "One rate over all labels can hide a label that is hardly ever found. Uses often "
    "turn on a single label.",
    "precision": "Says how often an answer agrees with the annotation at the mix of labels of "
    "these data. Where a label is rarer, it is lower.",
    "f1": "Often asked for; it has no reading in numbers of people.",
    "prediction_rate": "Whom a label is given to more often matters where an answer has "
    "consequences, right or wrong.",
    "standardised_prediction_rate": "Whom a label is given to more often, with the annotations "
    "of the groups alike.",
    "failure_rate": "No answer is an outcome too, and it can fall on some groups more often.",
    "abstention_rate": "Items answered “none” are not in the accuracy; their share says how many.",
    "answer_rate": "Whether an emotion is named where there is none to find.",
    "ece": "A use that acts on a score needs the score to mean what it says.",
    "mean_confidence": "Beside the accuracy it shows whether scores are too high or too low.",
    "confident_errors": "Errors with a high score are the ones that a threshold lets through.",
    "unchanged": "Media in use are seldom as those of a test. Says how often answers hang on that.",
    "unchanged_area": "The same over all severities of one change, in one number.",
    "unchanged_below_floor": "Says what a change does beyond what changes without it, or nearly.",
    "accuracy_change": "An answer that changes can become right as well as wrong.",
    "confidence_change": "A use that acts on a score acts on changed media by another score.",
    "failure_change": "No answer is an outcome too, and changed media can bring it.",
    "prediction_rate_change": "Says which labels changed media push answers to.",
    "pooled_accuracy": "Small groups: says what they borrow from the others, beside the raw "
    "figure.",
    "pooled_recall": "Small groups: says what they borrow from the others, beside the raw figure.",
}
PART_OF_EVERY_RUN = "Part of every run; no verdict rests on it unless a claim names it."
YARDSTICKS = ("human_accuracy", "best_possible_accuracy", "krippendorff_alpha", "panel_accuracy")


def metric_section(material: Material, findings: Sequence[Finding]) -> Section:
    """Return point 4, for the metrics of ``findings``."""
    blocks: list[Block] = [
        Heading("What it asks for"),
        Bullets(asked_for("aia_annex4_4")),
        Heading("What the audit file chose before the results"),
        _claimed(material),
        Heading("Metrics"),
        _metrics(findings),
    ]
    yardsticks = pair_tables(material, "What people who rated the items reach", _ceiling)
    if yardsticks:
        lead = "A metric is read against what is possible with these annotations."
        blocks += [Heading("Yardsticks"), Prose((lead,)), *yardsticks]
    return Section(anchor="4", title="Point 4: why these metrics", blocks=tuple(blocks))


def _claimed(material: Material) -> Block:
    claims = {v.claim.id: v.claim for v in material.report.verdicts}.values()
    rows = tuple(
        (c.id, c.says, metric_words(c.criterion.metric), _bound(c.criterion))
        for c in claims
        if c.criterion is not None
    )
    if not rows:
        return Prose(("No claim of the audit file is held against a metric.",))
    columns = tuple(map(Column, ("Claim", "Its words", "Metric", "Bound")))
    return Table(caption="Claims and the metric that decides them", columns=columns, rows=rows)


def _bound(criterion: Criterion) -> str:
    side = criterion.comparison.value.replace("_", " ")
    bound = exactly(criterion.bound, Unit.SHARE)
    if criterion.over:
        over = ", ".join(" × ".join(attributes) for attributes in criterion.over)
        return f"largest difference over {over} {side} {exactly(criterion.bound, Unit.POINTS)}"
    where = f", {criterion.condition}" if criterion.condition else ""
    return f"{side} {bound}{where}"


def _metrics(findings: Sequence[Finding]) -> Block:
    bases = dict.fromkeys(base_of(f.place.metric) for f in findings)
    rows = tuple((*definition(base), _why(base)) for base in bases)
    columns = tuple(map(Column, ("Metric", "What it is", "Why it is told")))
    return Table(caption="Metrics of this document and of the run", columns=columns, rows=rows)


def _why(base: str) -> str:
    if base.startswith(IMPACT_RATIO_OF):
        return "The form in which adverse impact is often judged (lowest over highest)."
    if base.startswith(RATIO_OF):
        return "The same difference, as a ratio."
    return WHY.get(base, PART_OF_EVERY_RUN)


def _ceiling(pair: Pair) -> list[Finding]:
    found = pair.of("ceiling")
    return [f for f in found if is_whole(f) and parts(f.place.metric)[0] in YARDSTICKS]
