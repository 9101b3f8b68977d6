"""Whether the system's confidence can be read as a probability, and how sure it is when wrong."""

from __future__ import annotations

from collections.abc import Sequence

from facevalue.audits.findings import Finding
from facevalue.audits.looks import LARGEST_GAP
from facevalue.domain.estimates import Estimate, Reason
from facevalue.report.blocks import (
    Bin,
    Block,
    Column,
    Figure,
    Gallery,
    Heading,
    Prose,
    Reliability,
    Table,
    Text,
)
from facevalue.report.figures import Entry, entry_table, finding_link, measure_link, quantity_cell
from facevalue.report.metrics import metric_words, parts, unit_of
from facevalue.report.model import Material, Pair
from facevalue.report.wording import (
    Unit,
    condition_words,
    level_words,
    p_phrase,
    p_words,
    quantity,
    slug,
    with_unit,
)

__all__ = ["calibration_blocks"]

WHAT = (
    "A score is what a system prints; nothing says that it is a probability. Here it is asked "
    "whether it can be read as one: of the answers given with a confidence of 90 %, are 90 % as "
    "annotated? Confidence is the highest of its scores."
)
CONFIDENT = "confident_errors"
SUMMED_UP = (
    "overconfidence", "mean_confidence", "mean_confidence[right answers]",
    "mean_confidence[wrong answers]", CONFIDENT, "confidence_auroc", "ece",
    "ece_debiased", "classwise_ece", "brier", "brier_reliability", "brier_resolution",
    "brier_uncertainty", "brier_within_bins",
)  # fmt: skip
BY_GROUP = ("mean_confidence", "overconfidence", "ece_debiased", CONFIDENT)
BY_CONDITION = ("overconfidence", "ece_debiased", "mean_confidence[wrong answers]")


def calibration_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return confidence against accuracy, its bins, its errors, and both by group."""
    found = [f for f in pair.of("calibration") if f.place.reference is None]
    whole = _at(found)
    if not whole:
        return []
    blocks: list[Block] = [Heading("Confidence", 4)]
    if all(_has_no_scores(f) for f in whole.values()):
        said = "The system gives labels without scores: nothing can be told of how sure it is."
        return [*blocks, Prose((said,))]
    level = material.report.provenance.level
    blocks.append(Prose((WHAT, *_sentences(whole))))
    if (figure := _diagram(pair, whole, level)) is not None:
        blocks.append(Gallery((figure,)))
    told = [f for m in SUMMED_UP if (f := _find(whole, m)) is not None]
    blocks.append(
        entry_table(
            "Measures of confidence over all items", "Measure",
            [Entry(metric_words(f.place.metric), f) for f in told], noun=pair.noun, level=level,
        )
    )  # fmt: skip
    labels = [f for m, f in whole.items() if parts(m)[0] == "classwise_ece" and parts(m)[1]]
    if labels:
        entries = [Entry(f"score of “{parts(f.place.metric)[1]}”", f) for f in labels]
        caption = "Calibration error of each label’s score, without what chance adds"
        blocks.append(entry_table(caption, "Label", entries, noun=pair.noun, level=level))
    return [*blocks, *_by_condition(pair, found, level), *_by_group(pair, found, level)]


def _has_no_scores(finding: Finding) -> bool:
    return not finding.is_estimated and getattr(finding.result, "reason", None) is Reason.NO_SCORES


def _at(found: Sequence[Finding], condition: str | None = None) -> dict[str, Finding]:
    """Return what is told of everybody in a condition, by metric."""
    return {
        f.place.metric: f
        for f in found
        if f.place.condition == condition and f.place.attribute is None
    }


def _find(found: dict[str, Finding], metric: str) -> Finding | None:
    """Return a finding by its metric; of confident errors, whatever counts as confident."""
    if metric == CONFIDENT:
        return next((f for m, f in found.items() if parts(m)[0] == CONFIDENT), None)
    return found.get(metric)


def _said(found: dict[str, Finding], metric: str) -> str:
    """Return a number with its interval; empty where there is none."""
    f = _find(found, metric)
    return quantity(f.result, unit_of(f.place)) if f is not None and f.is_estimated else ""


def _sentences(whole: dict[str, Finding]) -> list[str]:
    return [*_overconfidence(whole), *_error(whole), *_on_errors(whole)]


def _overconfidence(whole: dict[str, Finding]) -> list[str]:
    sure, over = (whole.get(m) for m in ("mean_confidence", "overconfidence"))
    if sure is None or over is None or not isinstance(over.result, Estimate):
        return []
    if sure.result.value is None:
        return []
    mean, gap = sure.result.value, over.result
    apart = f"The difference is {quantity(gap, Unit.POINTS)}"
    if gap.low <= 0.0 <= gap.high:
        end = "its interval holds zero, so neither over- nor underconfidence is shown."
    elif gap.value > 0:
        end = "the system is surer than it is right."
    else:
        end = "the system is right more often than it is sure."
    return [
        f"On average the system gives its answers a confidence of {with_unit(mean, Unit.SHARE)} "
        f"and is right, as annotated, in {with_unit(mean - gap.value, Unit.SHARE)} of cases. "
        f"{apart}: {end}"
    ]


def _error(whole: dict[str, Finding]) -> list[str]:
    plain, error = (whole.get(m) for m in ("ece", "ece_debiased"))
    if plain is None or error is None or not isinstance(error.result, Estimate):
        return []
    if plain.result.value is None:
        return []
    said = (
        "Over 15 bins of confidence, accuracy and confidence lie "
        f"{with_unit(plain.result.value, Unit.GAP)} apart on average (ECE). Chance alone sets "
        "them apart, the more so the fewer answers a bin holds; without what chance adds it is "
        f"{quantity(error.result, Unit.SHARE)}."
    )
    reaches_zero = " Chance alone may explain it." if error.result.low <= 0.0 else ""
    return [said + reaches_zero]


def _on_errors(whole: dict[str, Finding]) -> list[str]:
    wrong, right = (_said(whole, f"mean_confidence[{w} answers]") for w in ("wrong", "right"))
    if not wrong or not right:
        return []
    said = [
        f"The mean confidence of its wrong answers is {wrong}, that of its right answers {right}."
    ]
    sure = _find(whole, CONFIDENT)
    if sure is not None and sure.is_estimated:
        at_least = parts(sure.place.metric)[1]
        said.append(
            f"Of its wrong answers, {quantity(sure.result, Unit.SHARE)} come with a confidence of "
            f"at least {at_least}."
        )
    if order := _said(whole, "confidence_auroc"):
        said.append(
            f"Of a right and a wrong answer, the right one has more confidence in {order} of "
            "pairs; 50 % would mean that confidence tells nothing of errors."
        )
    return [" ".join(said)]


def _diagram(pair: Pair, whole: dict[str, Finding], level: float) -> Figure | None:
    rows = [
        (parts(m)[1], f, sure)
        for m, f in whole.items()
        if parts(m)[0] == "reliability"
        and f.result.value is not None
        and (sure := whole.get(f"reliability_confidence[{parts(m)[1]}]")) is not None
        and sure.result.value is not None
    ]
    if not rows:
        return None
    title = f"{pair.title}: how often it is right, by how sure it is"
    chart = Reliability(
        title=title,
        bins=tuple(_bin(f, sure.result.value or 0.0) for _, f, sure in rows),
        interval_words=f"accuracy of a bin, with {level_words(level)} interval",
    )
    table = Table(
        caption=f"{title} ({level_words(level)} intervals)",
        columns=(
            Column("Confidence"),
            Column("Mean confidence", "number"),
            Column("Accuracy", "number"),
            Column(f"{pair.noun.capitalize()}s", "number"),
            Column("Answers", "number"),
            Column("Finding"),
        ),
        rows=tuple(_row(name, f, sure) for name, f, sure in rows),
    )
    says = "; ".join(
        f"confidence {with_unit(sure.result.value or 0.0, Unit.SHARE)}: accuracy "
        f"{quantity(f.result, Unit.SHARE)}, {f.result.n_answers:,} answers"
        for _, f, sure in rows
    )
    note = (
        "Bars show how many answers each bin holds. A bin below the dashed line: surer than right."
    )
    return Figure(
        slug=slug("reliability", pair.system, pair.dataset), says=says, note=note, chart=chart,
        table=table, measure=measure_link("reliability"),
    )  # fmt: skip


def _bin(accuracy: Finding, confidence: float) -> Bin:
    result = accuracy.result
    ends = (result.low, result.high) if isinstance(result, Estimate) else (None, None)
    low, high = (None if x is None else 100.0 * x for x in ends)
    return Bin(100.0 * confidence, 100.0 * (result.value or 0.0), result.n_answers, low, high)


def _row(name: str, accuracy: Finding, sure: Finding) -> tuple[Text, ...]:
    result = accuracy.result
    return (
        name,
        with_unit(sure.result.value or 0.0, Unit.SHARE),
        quantity_cell(accuracy),
        f"{result.n_subjects:,}",
        f"{result.n_answers:,}",
        finding_link(accuracy),
    )


def _by_condition(pair: Pair, found: Sequence[Finding], level: float) -> list[Block]:
    conditions = dict.fromkeys(f.place.condition for f in found if f.place.attribute is None)
    if len(conditions) < 2:
        return []
    cells = {condition_words(c): _at(found, c) for c in conditions}
    caption = f"Confidence by condition ({level_words(level)} intervals)"
    return [_cells(caption, "Condition", cells, BY_CONDITION, pair.noun)]


def _by_group(pair: Pair, found: Sequence[Finding], level: float) -> list[Block]:
    blocks: list[Block] = []
    attributes = dict.fromkeys(f.place.attribute for f in found if f.place.attribute is not None)
    for attribute in attributes:
        here = [f for f in found if f.place.attribute == attribute and f.place.condition is None]
        groups: dict[str, dict[str, Finding]] = {}
        for f in here:
            groups.setdefault(f.place.group or "", {})[f.place.metric] = f
        if not groups:
            continue
        compared = [
            f
            for f in pair.of("disparity")
            if f.place.metric == "overconfidence"
            and f.place.attribute == attribute
            and f.place.condition is None
        ]
        blocks.append(Prose(tuple(_gap(f) for f in compared if f.place.reference == LARGEST_GAP)))
        caption = f"Confidence by {attribute} ({level_words(level)} intervals)"
        blocks.append(_cells(caption, str(attribute), groups, BY_GROUP, pair.noun))
        blocks += _comparisons(attribute, compared, level)
    return [b for b in blocks if not (isinstance(b, Prose) and not b.paragraphs)]


def _gap(finding: Finding) -> str:
    place, result = finding.place, finding.result
    between = f" ({place.group})" if place.group is not None else ""
    start = f"{place.attribute}: largest gap in overconfidence between groups{between}"
    said = f"{start}: {quantity(result, unit_of(place))}"
    if not isinstance(result, Estimate):
        return f"{said}."
    p = finding.p_adjusted if finding.p_adjusted is not None else result.p_value
    end = "" if result.low > 0 else " The interval reaches zero: no gap is shown."
    return f"{said}{'' if p is None else f', {p_phrase(p)}'}.{end}"


def _cells(
    caption: str,
    first: str,
    rows: dict[str, dict[str, Finding]],
    metrics: Sequence[str],
    noun: str,
) -> Table:
    """Return a table with one row a group or condition, one column a metric."""
    found = [{m: f for m in metrics if (f := _find(row, m)) is not None} for row in rows.values()]
    heads = {m: metric_words(f.place.metric) for row in found for m, f in row.items()}
    shown = [m for m in metrics if m in heads]
    columns = [Column(heads[m], "number") for m in shown]
    made: list[tuple[Text, ...]] = []
    for name, row in zip(rows, found, strict=True):
        n = max((f.result.n_subjects for f in row.values()), default=0)
        told = [quantity_cell(row[m]) if m in row else "not measured" for m in shown]
        made.append((name, f"{n:,}" if n else "–", *told))
    head = (Column(first), Column(f"{noun.capitalize()}s", "number"))
    return Table(caption=caption, columns=(*head, *columns), rows=tuple(made))


def _comparisons(attribute: str, compared: Sequence[Finding], level: float) -> list[Block]:
    pairs = [f for f in compared if f.place.reference != LARGEST_GAP]
    if not pairs:
        return []
    return [
        Table(
            caption=f"{attribute}: overconfidence of groups compared "
            f"({level_words(level)} intervals)",
            columns=(
                Column("Group"),
                Column("Compared with"),
                Column("Difference", "number"),
                Column("p adjusted", "number"),
                Column("Finding"),
            ),
            rows=tuple(
                (
                    f.place.group or "",
                    f.place.reference or "",
                    quantity_cell(f),
                    p_words(f.p_adjusted),
                    finding_link(f),
                )
                for f in pairs
            ),
        )
    ]
