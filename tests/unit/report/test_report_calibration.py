"""How sure the system is and how often it is right, as the report tells it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

import pytest

from facevalue.audits.findings import Finding, FindingSet, Place
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.report.blocks import Bin, Block, Figure, Gallery, Heading, Prose, Reliability, Table
from facevalue.report.charts import _specification, svg
from facevalue.report.model import Material, Provenance, ReportInput
from facevalue.report.sections.calibration import calibration_blocks
from report_factory import estimate, not_estimable

Result = Estimate | NotEstimable
WHOLE: dict[str, Result] = {
    "mean_confidence": estimate(0.91),
    "overconfidence": estimate(0.32),
    "mean_confidence[wrong answers]": estimate(0.85),
    "mean_confidence[right answers]": estimate(0.95),
    "confident_errors[0.9]": estimate(0.4),
    "confidence_auroc": estimate(0.71),
    "ece": estimate(0.33),
    "ece_debiased": estimate(0.325),
    "classwise_ece": estimate(0.1),
    "classwise_ece[anger]": estimate(0.12),
    "brier": estimate(0.62),
    "reliability[0.20–0.27]": not_estimable("2, at least 5 needed"),
    "reliability_confidence[0.20–0.27]": not_estimable("2, at least 5 needed"),
    "reliability[0.60–0.67]": estimate(0.5, 0.1),
    "reliability_confidence[0.60–0.67]": estimate(0.63),
    "reliability[0.93–1.00]": estimate(0.7, 0.05),
    "reliability_confidence[0.93–1.00]": estimate(0.98),
}


def told(results: dict[str, Result], family: str = "calibration", **place: str) -> list[Finding]:
    at = {"system": "ours", "dataset": "data", "family": family, **place}
    return [Finding(place=Place(metric=m, **at), result=r) for m, r in results.items()]


def blocks(*found: Sequence[Finding]) -> list[Block]:
    given = ReportInput(
        title="t", audit_text="", audit_sha256="", verdicts=(), datasets=(), systems=(),
        findings=FindingSet(tuple(f for part in found for f in part)),
        provenance=Provenance(version="1"),
    )  # fmt: skip
    material = Material(given)
    return list(calibration_blocks(material, material.pairs[0]))


def words(made: list[Block]) -> list[str]:
    return [str(p) for b in made if isinstance(b, Prose) for p in b.paragraphs]


def tables(made: list[Block]) -> dict[str, Table]:
    return {b.caption: b for b in made if isinstance(b, Table)}


def figure(made: list[Block]) -> Figure:
    (gallery,) = [b for b in made if isinstance(b, Gallery)]
    return gallery.figures[0]


def test_what_is_said_of_the_whole_sample() -> None:
    made = blocks(told(WHOLE))
    assert made[0] == Heading("Confidence", 4)
    first, *said = words(made)
    assert "nothing says that it is a probability" in first
    assert said == [
        "On average the system gives its answers a confidence of 91.0 % and is right, as "
        "annotated, in 59.0 % of cases. The difference is +32.0 points (+30.0 to +34.0): the "
        "system is surer than it is right.",
        "Over 15 bins of confidence, accuracy and confidence lie 33.0 points apart on average "
        "(ECE). Chance alone sets them apart, the more so the fewer answers a bin holds; without "
        "what chance adds it is 32.5 % (30.5 to 34.5).",
        "The mean confidence of its wrong answers is 85.0 % (83.0 to 87.0), that of its right "
        "answers 95.0 % (93.0 to 97.0). Of its wrong answers, 40.0 % (38.0 to 42.0) come with a "
        "confidence of at least 0.9. Of a right and a wrong answer, the right one has more "
        "confidence in 71.0 % (69.0 to 73.0) of pairs; 50 % would mean that confidence tells "
        "nothing of errors.",
    ]


@pytest.mark.parametrize(
    ("value", "end"),
    [
        (0.01, "its interval holds zero, so neither over- nor underconfidence is shown."),
        (-0.1, "the system is right more often than it is sure."),
    ],
)
def test_other_ways_it_may_come_out(value: float, end: str) -> None:
    made = blocks(told({**WHOLE, "overconfidence": estimate(value)}))
    assert words(made)[1].endswith(end)


def test_an_error_that_chance_explains_is_said_to_be_so() -> None:
    made = blocks(told({**WHOLE, "ece_debiased": estimate(0.01, 0.01)}))
    assert words(made)[2].endswith("1.0 % (0.0 to 2.0). Chance alone may explain it.")


def test_the_diagram_has_bins_with_their_numbers() -> None:
    made = blocks(told(WHOLE))
    drawn = figure(made)
    assert isinstance(drawn.chart, Reliability)
    assert [b.n_answers for b in drawn.chart.bins] == [22320, 22320]
    second = drawn.chart.bins[1]
    assert (second.confidence, second.accuracy) == pytest.approx((98.0, 70.0))
    assert (second.low, second.high) == pytest.approx((65.0, 75.0))
    assert drawn.slug == "reliability-ours-data"
    assert drawn.says.startswith("confidence 63.0 %: accuracy 50.0 % (40.0 to 60.0), 22,320 answ")
    assert [row[0] for row in drawn.table.rows] == ["0.60–0.67", "0.93–1.00"]


def test_a_bin_of_few_people_is_drawn_without_an_interval() -> None:
    bare = NotEstimable(
        reason=Reason.TOO_FEW_CLUSTERS, value=0.75, n_items=4, n_answers=4, n_subjects=3
    )
    few: dict[str, Result] = {"reliability[0.20–0.27]": bare}
    few |= {"reliability_confidence[0.20–0.27]": bare}
    chart = figure(blocks(told({**WHOLE, **few}))).chart
    assert isinstance(chart, Reliability)
    assert chart.bins[0] == Bin(75.0, 75.0, 4)
    drawn = svg(chart, name="f", says="s")
    texts = ["".join(e.itertext()) for e in ET.fromstring(drawn).iter() if e.tag.endswith("text")]
    assert "bin without an interval: too few subjects" in texts
    assert "4" in texts
    assert "22k" in texts


def test_the_drawing_follows_the_schema_and_has_its_words() -> None:
    import altair as alt

    drawn = figure(blocks(told(WHOLE)))
    alt.LayerChart.from_dict(_specification(drawn.chart), validate=True)
    root = ET.fromstring(svg(drawn.chart, name="figure-1", says=drawn.says))
    texts = [" ".join("".join(e.itertext()) for e in root.iter() if e.tag.endswith("text"))]
    for said in (
        "as often right as it is sure", "surer than it is right", "answers in the bin",
        "accuracy of a bin, with 95 % interval", "right more often than it is sure",
    ):  # fmt: skip
        assert said in texts[0]


def test_measures_and_labels_have_tables() -> None:
    made = tables(blocks(told(WHOLE)))
    rows = made["Measures of confidence over all items"].rows
    assert [row[0] for row in rows] == [
        "overconfidence", "mean confidence", "mean confidence (right answers)",
        "mean confidence (wrong answers)", "errors given with a score of at least 0.9",
        "does confidence tell right from wrong", "ECE", "calibration error without chance",
        "calibration error without chance, mean over labels", "Brier score",
    ]  # fmt: skip
    labels = made["Calibration error of each label’s score, without what chance adds"]
    assert [row[0] for row in labels.rows] == ["score of “anger”"]


def test_groups_and_conditions_have_tables_and_gaps_sentences() -> None:
    gap = estimate(0.1, 0.02, p=0.01)
    made = blocks(
        told(WHOLE),
        told({"overconfidence": estimate(0.2)}, condition="light=day"),
        told({"overconfidence": estimate(0.3)}, attribute="sex", group="f"),
        told({"overconfidence": estimate(0.2)}, attribute="sex", group="m"),
        told({"overconfidence": gap}, "disparity", attribute="sex", group="f − m",
             reference="largest gap"),
        told({"overconfidence": gap}, "disparity", attribute="sex", group="f", reference="rest"),
    )  # fmt: skip
    shown = tables(made)
    assert [r[0] for r in shown["Confidence by condition (95 % intervals)"].rows] == [
        "all items", "light: day",
    ]  # fmt: skip
    assert shown["Confidence by sex (95 % intervals)"].rows == (
        ("f", "91", "+30.0 points (+28.0 to +32.0)"),
        ("m", "91", "+20.0 points (+18.0 to +22.0)"),
    )
    compared = shown["sex: overconfidence of groups compared (95 % intervals)"]
    assert [row[:3] for row in compared.rows] == [("f", "rest", "+10.0 points (+8.0 to +12.0)")]
    assert words(made)[-1] == (
        "sex: largest gap in overconfidence between groups (f − m): 10.0 points (8.0 to 12.0), "
        "p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}0.010."
    )


def test_a_gap_that_reaches_zero_or_cannot_be_told() -> None:
    place = {"attribute": "sex", "group": "f − m", "reference": "largest gap"}
    level = told({"overconfidence": estimate(0.3)}, attribute="sex", group="f")
    silent = NotEstimable(reason=Reason.UNDEFINED, n_items=9, n_answers=9, n_subjects=9)
    for result, end in (
        (estimate(0.02, 0.02), "(0.0 to 4.0). The interval reaches zero: no gap is shown."),
        (silent, "not defined on these counts (a division by zero)."),
    ):
        made = blocks(told(WHOLE), level, told({"overconfidence": result}, "disparity", **place))
        assert words(made)[-1].endswith(end)


def test_nothing_is_said_without_scores_but_that() -> None:
    none = NotEstimable(reason=Reason.NO_SCORES, n_items=9, n_answers=0, n_subjects=0)
    made = blocks(told({"ece": none, "mean_confidence": none}))
    assert words(made) == [
        "The system gives labels without scores: nothing can be told of how sure it is."
    ]
    assert len(made) == 2
    assert blocks(told({"accuracy": estimate(0.5)}, "correctness")) == []


def test_numbers_that_cannot_be_told_leave_their_sentences_out() -> None:
    made = blocks(told(dict.fromkeys(WHOLE, not_estimable())))
    assert len(words(made)) == 1
    assert not any(isinstance(b, Gallery) for b in made)
