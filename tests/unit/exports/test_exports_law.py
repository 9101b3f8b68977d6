"""Law tables hold the numbers of the findings, and say what they cannot know."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

import pytest

from exports_support import source_of, tables
from facevalue.audits import FindingSet
from facevalue.domain import Claim, Comparison, Criterion, NotEstimable, Outcome, Reason, Verdict
from facevalue.errors import InputError
from facevalue.exports.annex_iv import annex_iv, annex_iv_csv
from facevalue.exports.ll144 import ll144
from facevalue.report import DatasetSheet, GroupCount, ReportInput, SystemSheet
from facevalue.report.metrics import definition
from facevalue.report.stress_metrics import STRESS_METRICS
from facevalue.simulate import Simulated, claimed_rates, deployment_of, scenario
from report_factory import FER, PROVENANCE, estimate, finding, not_estimable, realistic, small
from stress_report_factory import stressed

METRICS = "Metrics of this document and of the run"
RATE = {"family": "disparity", "metric": "prediction_rate[anger]"}
PEOPLE = DatasetSheet(id="crema-d", n_items=1000, n_subjects=60)


def rates(*groups: tuple[str, float, int], whole: int = 60, **parts: object) -> ReportInput:
    """Return a report with a rate of "anger" for each group: its name, the rate, its people."""
    found = [
        finding(
            estimate(rate, 0.02, n_subjects=n, n_items=10 * n), attribute="sex", group=name, **RATE
        )
        for name, rate, n in groups
    ]
    everybody = finding(estimate(0.2, 0.02, n_subjects=whole, n_items=10 * whole), **RATE)
    return small(findings=FindingSet((everybody, *found)), verdicts=(), datasets=(PEOPLE,), **parts)


def test_impact_ratio_is_the_rate_over_the_highest() -> None:
    # 0.10 / 0.25 = 0.40
    text = ll144(source_of(rates(("f", 0.25, 30), ("m", 0.10, 30)), selected="anger"))
    assert tables(text)["Selection rates by sex"] == [
        {"sex": "f", "People": "30", "Items": "300", "Selection rate": "25.0 %",
         "95 % interval": "23.0 to 27.0", "Impact ratio": "1.00"},
        {"sex": "m", "People": "30", "Items": "300", "Selection rate": "10.0 %",
         "95 % interval": "8.0 to 12.0", "Impact ratio": "0.40"},
    ]  # fmt: skip
    assert "An answer “anger” counts as selected" in text
    assert "Not legal advice." in text
    assert "scoring rates (the share above the median score)" in text
    assert "leaves out: 0." in text


def test_a_small_category_is_not_shown_and_takes_no_part_in_ratios() -> None:
    # The four people have the highest rate: without them 0.10 / 0.20 = 0.50.
    text = ll144(
        source_of(rates(("f", 0.20, 30), ("m", 0.10, 26), ("x", 0.90, 4)), selected="anger")
    )
    rows = tables(text)["Selection rates by sex"]
    assert [r["Impact ratio"] for r in rows] == ["1.00", "0.50", "–"]
    assert rows[2]["Selection rate"] == "fewer than 5 subjects: not shown"
    assert "How many items have an unknown category is not shown" in text
    assert "90.0" not in text


@pytest.mark.parametrize(
    ("n_m", "says"),
    [(30, "leaves out: 0."), (27, "of fewer than 5 people, not shown."), (20, "leaves out: 100.")],
)
def test_how_many_have_no_category(n_m: int, says: str) -> None:
    # Of 60 people 30 are f; 30, 27 or 20 are m, with ten items each.
    text = ll144(source_of(rates(("f", 0.2, 30), ("m", 0.1, n_m)), selected="anger"))
    assert says in text


def test_without_a_selected_person_there_is_no_ratio() -> None:
    nobody = replace(estimate(0.0, 0.0), n_subjects=30)
    found = [finding(nobody, attribute="sex", group=g, **RATE) for g in ("f", "m")]
    whole = finding(estimate(0.0, 0.0, n_subjects=60), **RATE)
    report = small(findings=FindingSet((whole, *found)), datasets=(PEOPLE,))
    rows = tables(ll144(source_of(report, selected="anger")))["Selection rates by sex"]
    assert [r["Impact ratio"] for r in rows] == ["–", "–"]


def test_a_rate_without_an_interval_says_so() -> None:
    bare = NotEstimable(
        reason=Reason.TOO_FEW_CLUSTERS, n_items=40, n_answers=40, n_subjects=4, value=0.5
    )
    none = NotEstimable(reason=Reason.NO_ITEMS, n_items=0, n_answers=0, n_subjects=0)
    found = [
        finding(estimate(0.25, n_subjects=56), attribute="sex", group="f", **RATE),
        finding(bare, attribute="sex", group="m", **RATE),
        finding(none, attribute="sex", group="x", **RATE),
        finding(estimate(0.2, n_subjects=60), **RATE),
    ]
    report = small(findings=FindingSet(tuple(found)), datasets=(PEOPLE,), min_cell=1)
    rows = tables(ll144(source_of(report, selected="anger")))["Selection rates by sex"]
    assert [(r["Selection rate"], r["95 % interval"], r["Impact ratio"]) for r in rows] == [
        ("25.0 %", "23.0 to 27.0", "0.50"),
        ("50.0 %", "not estimable", "1.00"),
        ("not estimable: no item belongs to this cell", "–", "–"),
    ]


@pytest.mark.parametrize(
    ("given", "said"), [(None, "no label was given"), ("joy", "no answer can be 'joy' here")]
)
def test_the_selected_label_is_asked_for(given: str | None, said: str) -> None:
    with pytest.raises(InputError) as caught:
        ll144(source_of(rates(("f", 0.2, 30)), selected=given))
    assert str(caught.value) == (
        f"ll144: {said}. Say which label counts as selected with --selected. Labels: 'anger'."
    )


def test_a_run_without_groups_has_no_such_table() -> None:
    with pytest.raises(InputError) as caught:
        ll144(source_of(small(), selected="anger"))
    assert str(caught.value) == (
        "ll144: the run has no selection rate of any category. Name groups of a dataset with "
        "annotated items in the audit file, and run it again."
    )


def test_annex_iv_has_the_points_and_what_is_not_from_the_run() -> None:
    text = annex_iv(source_of(realistic()))
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## What this is",
        "## Point 2(g): validation and testing",
        "## Point 3: capabilities and limits",
        "## Point 4: why these metrics",
        "## Not from this run",
    ]
    assert "Not legal advice." in text
    assert "Regulation (EU) 2026/1744" in text
    # What was read of the amendment is a note on it, and the document says so.
    assert text.count("(Told after a secondary source") == 2
    assert text.count("- Not from this run: ") >= 9
    assert "No item was changed on purpose" in text


def test_annex_iv_tells_the_findings() -> None:
    found = tables(annex_iv(source_of(realistic())))
    whole = found["Accuracy and calibration, all items: human raters on crema-d"]
    assert whole[0] == {
        "Measure": "accuracy", "Value": "53.4 %", "95 % interval": "52.2 to 54.6",
        "Items": "2,480", "Subjects": "91",
    }  # fmt: skip
    # Recall of each of six labels, with precision and F1; confusion is told under point 3.
    assert sum(r["Measure"].startswith("recall") for r in whole) == 6
    assert not any("→" in r["Measure"] or "annotated as" in r["Measure"] for r in whole)
    groups = found["Overall and by group: human raters on crema-d"]
    assert [r["Measure"] for r in groups[:4]] == [
        "accuracy", "UAR (balanced accuracy)", "accuracy (sex: female)", "accuracy (sex: male)",
    ]  # fmt: skip
    hidden = next(r for r in groups if r["Measure"] == "accuracy (race: Unknown)")
    assert hidden["Value"] == "fewer than 5 subjects: not shown"
    gaps = found["Largest differences between groups: human raters on crema-d"]
    assert gaps[0] == {
        "Measure": "accuracy", "Attribute": "sex", "Group": "–",
        "Compared with": "largest gap of any two groups", "Value": "6.0 points",
        "95 % interval": "2.5 to 9.5", "p": "0.012", "p, adjusted": "0.030",
    }  # fmt: skip
    data = found["Test data: size, date and digest"]
    assert [r["Data"] for r in data] == ["crema-d", "lfw-subset", r"emodb-2s"]
    assert (data[0]["Items"], data[1]["Subjects"], data[2]["Items"]) == (
        "7,442", "not declared", "not here",
    )  # fmt: skip
    verdicts = found["Verdicts"]
    assert [r["Verdict"] for r in verdicts] == [
        "not upheld", "inconclusive", "not testable", "upheld",
    ]  # fmt: skip
    assert verdicts[1]["What was found"].endswith("Because The bound lies inside the interval.")


def test_annex_iv_tells_the_most_frequent_other_answer() -> None:
    # In the factory the shares of other labels are equal: the first other one is told.
    found = tables(annex_iv(source_of(realistic())))
    rows = found["The most frequent other answer to items of each label: human raters on crema-d"]
    assert rows[0]["Outcome"] == "annotated as “anger”, predicted “disgust”"
    assert rows[1]["Outcome"] == "annotated as “disgust”, predicted “anger”"
    assert rows[0]["Value"] == "13.0 %"  # (1 − 0.35) / 5


def test_annex_iv_sets_the_system_beside_systems_without_a_model_and_human_raters() -> None:
    report = realistic()
    rater = finding(estimate(0.6321), family="ceiling", metric="human_accuracy")
    other = finding(estimate(0.5), family="skill", metric="uar")
    report = replace(report, findings=FindingSet((*report.findings, rater, other)))
    found = tables(annex_iv(source_of(report)))
    skill = found["Reference systems, and how far it is above them: human raters on crema-d"]
    assert [(r["Measure"], r["Value"]) for r in skill[:2]] == [
        ("accuracy of the reference system “majority”", "17.1 %"),
        ("accuracy, minus that of “majority”", "+36.3 points"),
    ]
    assert skill[-1]["Measure"] == "UAR (balanced accuracy)"
    raters = found["What people who rated the items reach: human raters on crema-d"]
    assert [(r["Measure"], r["Value"]) for r in raters] == [("accuracy of a rater", "63.2 %")]


def test_annex_iv_says_whether_the_plan_was_locked() -> None:
    for parts, said in (
        ({}, "2026-11-24 10:01 UTC, unchanged since"),
        ({"changed_since_lock": True}, "2026-11-24 10:01 UTC, changed since"),
        ({"locked": None}, "not locked"),
    ):
        report = small(provenance=replace(PROVENANCE, **parts))
        assert f"- **Plan locked:** {said}\n" in annex_iv(source_of(report))


def test_annex_iv_says_why_each_metric_was_taken() -> None:
    found = tables(annex_iv(source_of(realistic())))
    metrics = {
        r["Metric"]: r["Why it is told"] for r in found["Metrics of this document and of the run"]
    }
    assert metrics["accuracy"].startswith("It is what claims such as “95 % accurate” name.")
    assert all(metrics.values())
    claims = found["Claims and the metric that decides them"]
    assert [(r["Claim"], r["Bound"]) for r in claims] == [
        ("accuracy-95", "at least 95 %"),
        ("works-for-everyone", "largest difference over sex, race at most 5 points"),
        ("beats-chance", "at least 16.67 %"),
    ]


def test_annex_iv_of_an_audit_with_nothing_in_it() -> None:
    report = small(findings=FindingSet(()), verdicts=(), datasets=(), systems=())
    text = annex_iv(source_of(report))
    for said in (
        "No groups were compared: the audit file names none.",
        "The audit file makes no claim.",
        "No claim of the audit file is held against a metric.",
        "No item had an annotation to be right or wrong about.",
        "This run measured no outcome of this kind.",
        "No system was audited.",
        "No dataset was used.",
    ):
        assert said in text


def test_annex_iv_tells_changes_on_purpose_prohibited_outputs_and_equivalence() -> None:
    system = replace(FER, name="human raters", prohibited=("asian",))
    equal = {"attribute": "sex", "reference": "no gap above 0.05", "family": "equivalence"}
    more = {
        "attribute": "sex", "group": "f", "reference": "rest", "family": "disparity",
        "metric": "standardised_prediction_rate[anger]",
    }  # fmt: skip
    found = (
        finding(estimate(0.5)),
        finding(estimate(0.4), condition="gaussian-blur:3"),
        finding(estimate(0.1), family="calibration", metric="confident_errors[0.9]"),
        finding(estimate(0.02, p=0.2), **equal),
        finding(estimate(0.1, p=0.001), 0.01, **more),
        finding(not_estimable(), metric="uar"),
    )
    claim = Claim(
        id="c", says="s",
        criterion=Criterion(
            metric="recall[fear]", comparison=Comparison.AT_LEAST, bound=0.5, condition="a=b"
        ),
    )  # fmt: skip
    verdict = Verdict(claim=claim, system="human raters", dataset="", outcome=Outcome.UPHELD,
                      sentence="It is.")  # fmt: skip
    report = small(findings=FindingSet(found), systems=(system,), verdicts=(verdict,),
                   datasets=(PEOPLE,))  # fmt: skip
    text = annex_iv(source_of(report))
    here = tables(text)
    assert "No item was changed on purpose" not in text
    blurred = here["By how items were made: human raters on crema-d"]
    assert [r["Measure"] for r in blurred] == ["accuracy (gaussian-blur:3)"]
    assert "human raters has output labels that name ethnicity, race or religion: “asian”" in text
    for caption in (
        "Errors given with confidence: human raters on crema-d",
        "Tests that no two groups differ by as much: human raters on crema-d",
        "Labels given to some groups more or less often (adjusted p below 0.05): "
        "human raters on crema-d",
    ):
        assert len(here[caption]) == 1
    assert here["Claims and the metric that decides them"][0]["Bound"] == "at least 50 %, a=b"
    assert here["Verdicts"][0]["Data"] == "–"


def test_annex_iv_tells_what_would_follow_in_a_use() -> None:
    use = scenario("checkpoint")
    claimed = claimed_rates(sensitivity=0.95, specificity=0.95)
    one = Simulated(scenario=use, rates=claimed, use=deployment_of(use, claimed))
    measured = replace(one, system="fer", dataset="faces")
    text = annex_iv(source_of(small(simulated=(one, measured))))
    assert f"#### {use.title}: rates from elsewhere" in text
    assert f"#### {use.title}: fer on faces" in text
    # 0.95 · 0.0001 / (0.95 · 0.0001 + 0.05 · 0.9999) = 0.0019
    assert text.count("0.19 %") >= 2


def test_the_csv_holds_what_the_tables_hold() -> None:
    source = source_of(realistic())
    rows = list(csv.DictReader(StringIO(annex_iv_csv(source))))
    assert list(rows[0]) == ["section", "part", "row", "column", "value"]
    by_table: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_table.setdefault(row["part"], []).append(row)
    caption = "Accuracy and calibration, all items: human raters on crema-d"
    first = {r["column"]: r["value"] for r in by_table[caption] if r["row"] == "1"}
    assert first == tables(annex_iv(source))[caption][0]
    assert any(r["value"].startswith("Not from this run: the signature") for r in rows)


def test_a_hidden_group_of_the_data_is_hidden_in_the_data_tables() -> None:
    sheet = replace(
        PEOPLE, attribute_counts={"sex": {"f": GroupCount(900, 56), "x": GroupCount(77, 4)}}
    )
    text = annex_iv(source_of(small(datasets=(sheet,), systems=(SystemSheet(name="s"),))))
    assert tables(text)["Groups of sex"][1] == {
        "sex": "x", "Items": "–", "Subjects": "fewer than 5",
    }  # fmt: skip


def test_without_declared_subjects_no_number_of_people_is_told() -> None:
    report = rates(("f", 0.25, 30), ("m", 0.10, 30))
    report = replace(report, datasets=(replace(PEOPLE, subjects_declared=False),))
    rows = tables(ll144(source_of(report, selected="anger")))["Selection rates by sex"]
    assert [r["People (not declared)"] for r in rows] == ["–", "–"]
    found = tables(annex_iv(source_of(realistic())))
    assert list(found["No usable answer: fer on lfw-subset"][0]) == [
        "Measure", "Value", "95 % interval", "Items",
    ]  # fmt: skip


def test_annex_iv_tells_changed_media_apart_and_names_what_they_are_held_against() -> None:
    for floor, beside in (("least-change:1", "the smallest change"), ("repeat", "asking again")):
        found = tables(annex_iv(source_of(stressed(systems=("fer",), floor=floor))))
        changed = found["Answers to changed media, beside the unchanged: fer on faces"]
        told = [r["Measure"] for r in changed]
        assert f"answers changed beyond {beside}: Mirror image (mirror:5)" in told
        assert "answers changed beyond asking again: the same media, one at a time (alone)" in told
        assert "accuracy: Background without face (keep-background:5)" in told
        assert "By how items were made: fer on faces" not in found
        nothing = found["Items without an emotion to find, or with none left: fer on faces"]
        assert all("Phases scrambled" in r["Measure"] for r in nothing)


def test_annex_iv_says_that_items_were_asked_about_again_and_why_that_is_told() -> None:
    again, once = (annex_iv(source_of(r)) for r in (stressed(systems=("fer",)), realistic()))
    words = "Items were also put to the system changed, and again without a change"
    assert words in again
    assert words not in once
    told = {r["Metric"]: r["Why it is told"] for r in tables(again)[METRICS]}
    every = "Part of every run; no verdict rests on it unless a claim names it."
    of_stress = [definition(base)[0] for base in STRESS_METRICS if definition(base)[0] in told]
    assert len(of_stress) >= 6
    assert every not in [told[name] for name in of_stress]
