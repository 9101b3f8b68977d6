"""What people score on the same items, as the report tells it."""

from __future__ import annotations

from collections.abc import Sequence

from facevalue.audits.findings import Finding, FindingSet, Place
from facevalue.domain.estimates import NotEstimable, Reason
from facevalue.report.blocks import Dots, Gallery, Heading, Heat, Prose, Table
from facevalue.report.model import Material, Provenance, ReportInput
from facevalue.report.sections.ceiling import ceiling_blocks
from report_factory import estimate

LABELS = ("anger", "calm")
PEOPLE = {
    "krippendorff_alpha": 0.43, "percent_agreement": 0.53, "human_accuracy": 0.63,
    "panel_accuracy": 0.71, "best_possible_accuracy[majority]": 0.96,
    "best_possible_accuracy[fresh rater]": 0.69,
}  # fmt: skip
MODEL = {
    "dawid_skene_accuracy": 0.7, "dawid_skene_share[anger]": 0.4, "dawid_skene_share[calm]": 0.6,
    "dawid_skene_confusion[anger→anger]": 0.9, "dawid_skene_confusion[anger→calm]": 0.1,
    "dawid_skene_confusion[calm→anger]": 0.3, "dawid_skene_confusion[calm→calm]": 0.7,
}  # fmt: skip
SYSTEM = {"accuracy[other raters]": 0.5, "accuracy[majority]": 0.6, "label_noise_in_errors": 0.2}
BITS = {"cross_entropy": 2.48, "human_cross_entropy": 1.37, "jensen_shannon": 0.45}


def told(
    values: dict[str, float], *, system: str = "ours", condition: str | None = None,
    reference: str | None = None, group: str | None = None,
) -> list[Finding]:  # fmt: skip
    attribute = None if group is None else "sex"
    return [
        Finding(
            place=Place(
                family="ceiling", system=system, dataset="data", metric=metric,
                condition=condition, reference=reference, attribute=attribute, group=group,
            ),
            result=estimate(value, effect=None, p=None if reference is None else 0.01),
        )
        for metric, value in values.items()
    ]  # fmt: skip


def blocks(*found: Sequence[Finding], system: str = "ours") -> list[object]:
    findings = FindingSet(tuple(f for part in found for f in part))
    given = ReportInput(
        title="t", audit_text="", audit_sha256="", findings=findings, verdicts=(), datasets=(),
        systems=(), provenance=Provenance(version="1"),
    )  # fmt: skip
    material = Material(given)
    (pair,) = [p for p in material.pairs if p.system == system and p.of("ceiling")]
    return list(ceiling_blocks(material, pair))


def words(made: list[object]) -> str:
    return "\n".join(str(p) for b in made if isinstance(b, Prose) for p in b.paragraphs)


def tables(made: list[object]) -> dict[str, Table]:
    return {b.caption: b for b in made if isinstance(b, Table)}


def dots(made: list[object]) -> Dots:
    (gallery, *_) = [b for b in made if isinstance(b, Gallery)]
    chart = gallery.figures[0].chart
    assert isinstance(chart, Dots)
    return chart


def test_people_alone() -> None:
    made = blocks(told(PEOPLE))
    assert made[0] == Heading("What people score on the same items", 4)
    said = words(made)
    assert (
        "Two ratings of an item agree in 53.0 % (51.0 to 55.0) of cases. Krippendorff’s alpha is "
        "0.430 (0.410 to 0.450): 1 is full agreement, 0 is what chance gives." in said
    )
    assert "A rater gives the majority label of the others to 63.0 % (61.0 to 65.0)" in said
    assert "give the majority label to more than 96.0 % (94.0 to 98.0)" in said
    assert "agree with one more rater on more than 69.0 % (67.0 to 71.0)" in said
    assert "system minus" not in said.casefold()
    chart = dots(made)
    assert (chart.dot_words, {row.mark for row in chart.rows}) == ("", {"diamond"})
    assert chart.axis.startswith("% of items")
    assert tables(made) == {}


def test_the_system_stands_beside_people() -> None:
    differences = told({"accuracy[other raters]": -0.13}, reference="human raters")
    short = told({"accuracy[majority]": -0.36}, reference="best possible")
    made = blocks(told(PEOPLE | SYSTEM | BITS), differences, short)
    said = words(made)
    assert (
        "Held against the majority of the other raters, the system scores 50.0 % (48.0 to 52.0). "
        "System minus a rater: −13.0 points (−15.0 to −11.0)." in said
    )
    assert (
        "The system misses the majority label of 40.0 % of the items: 4.0 points are ties, out of "
        "reach for any system, 36.0 points are within reach. Of its errors against the label of "
        "one panel, at most 20.0 % (18.0 to 22.0) are on items that a second panel would have "
        "given another label." in said
    )
    marks = {row.label: row.mark for row in dots(made).rows}
    assert marks["system against the others"] == marks["system against majority"] == "circle"
    assert marks["a rater against the others"] == "diamond"
    found = tables(made)
    apart = found["The system minus people, and minus the best possible"]
    assert [row[0] for row in apart.rows] == [
        "all items: accuracy against other raters, minus a rater",
        "all items: accuracy against majority, minus best possible",
    ]
    scores = found["Scores against the distribution of ratings (bits: less is closer)"]
    assert [row[:2] for row in scores.rows] == [
        ("cross-entropy", "2.480 bits (2.460 to 2.500)"),
        ("cross-entropy of the other raters", "1.370 bits (1.350 to 1.390)"),
        ("Jensen–Shannon divergence", "0.450 bits (0.430 to 0.470)"),
    ]


def test_a_label_from_elsewhere_is_said_to_be_one() -> None:
    elsewhere = {
        "human_accuracy[annotated]": 0.57, "panel_accuracy[annotated]": 0.68,
        "accuracy[annotated]": 0.5,
    }  # fmt: skip
    apart = told({"accuracy[annotated]": -0.07, "uar[annotated]": -0.08}, reference="human raters")
    made = blocks(told(PEOPLE | elsewhere), apart)
    said = words(made)
    assert "The annotated label is not made from these ratings." in said
    assert "Held against the annotated label, the system scores 50.0 % (48.0 to 52.0)." in said
    rows = tables(made)["The system minus people, and minus the best possible"].rows
    assert rows[1][0] == "all items: UAR against annotated, minus a rater"
    assert "misses the majority label" not in said


def test_conditions_and_groups_are_tables() -> None:
    by_group = told({"krippendorff_alpha": 0.4}, group="f") + told(
        {"krippendorff_alpha": 0.3}, group="m", condition="light=day"
    )
    made = blocks(told(PEOPLE), told({"human_accuracy": 0.5}, condition="light=day"), by_group)
    found = tables(made)
    by_condition = found["The same by condition (95 % intervals)"]
    assert [c.text for c in by_condition.columns] == [
        "Who, against what",
        "all items",
        "light: day",
    ]
    rows = {row[0]: row[1:] for row in by_condition.rows}
    assert rows["Krippendorff’s alpha"] == ("0.430 (0.410 to 0.450)", "not measured")
    assert rows["a rater against the others"][1] == "50.0 % (48.0 to 52.0)"
    groups = found["Krippendorff’s alpha by group: how far raters agree about whom"]
    assert [row[0] for row in groups.rows] == ["sex: f"]  # conditions are in the table of all


def test_the_model_is_told_once_for_all_systems_and_without_what_it_cannot_name() -> None:
    doubtful = NotEstimable(
        reason=Reason.NOT_IDENTIFIED, n_items=9, n_answers=9, n_subjects=9, value=0.3, detail="why"
    )
    first = [
        Finding(place=f.place, result=doubtful) if "calm→" in f.place.metric else f
        for f in told(PEOPLE | MODEL)
    ]
    second = told(PEOPLE | MODEL, system="theirs")
    made = blocks(first, second)
    assert "Dawid and Skene’s model takes every item to have one right label" in words(made)
    (heat,) = [
        b.figures[0].chart
        for b in made
        if isinstance(b, Gallery) and isinstance(b.figures[0].chart, Heat)
    ]
    assert heat.rows[0][0] == "anger"
    assert [cell.text for cell in heat.rows[0][1]] == ["90.0", "10.0"]
    assert len(heat.rows) == 1
    assert "Dawid" not in words(blocks(first, second, system="theirs"))


def test_a_model_that_names_nothing_has_no_figure() -> None:
    result = NotEstimable(reason=Reason.NOT_IDENTIFIED, n_items=9, n_answers=9, n_subjects=9)
    model = [Finding(place=f.place, result=result) for f in told(MODEL)]
    made = blocks(told(PEOPLE), model)
    assert len([b for b in made if isinstance(b, Gallery)]) == 1
    assert "not estimable" in str(tables(made)["What the model finds"].rows[0][1])


def test_nothing_is_shown_where_nothing_is_known() -> None:
    result = NotEstimable(reason=Reason.NO_ITEMS, n_items=0, n_answers=0, n_subjects=0)
    only = [Finding(place=f.place, result=result) for f in told({"krippendorff_alpha": 0.0})]
    assert blocks(only) == []


def test_an_audit_that_asks_for_one_statistic_gets_its_figure() -> None:
    made = blocks(told({"human_accuracy": 0.6}))
    assert [row.label for row in dots(made).rows] == ["a rater against the others"]
    assert words(made).count("\n") == 0  # why people are shown at all, and no more
