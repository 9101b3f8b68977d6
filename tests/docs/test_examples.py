"""Every example runs as its page says, and comes out as its page says."""

from __future__ import annotations

import csv
import html
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from examples_support import EXAMPLES, Ran, audited, example_run, started
from facevalue.audits import Finding
from facevalue.dataset import DatasetSpec, card, open_dataset
from facevalue.domain import Estimate
from facevalue.simulate import read_consequences
from facevalue.simulate.words import about, percent, ranged
from support import require, require_data

ROUNDING = 0.0501  # points: a page shows one decimal
OTHER_VERSIONS = 2.0  # points: openSMILE, scikit-learn and the linear algebra may change a little
SHARE = re.compile(r"(\d+\.\d) %(?: \((\d+\.\d) to (\d+\.\d)\))?")
EMOTIONS = {"ANG": "A", "DIS": "D", "FEA": "F", "HAP": "H", "NEU": "N", "SAD": "S"}
MODALITIES = {"1": "voice", "2": "face", "3": "both"}
NON_FACE = "content=non-face"


@pytest.fixture(scope="module")
def crema_d(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return example_run("crema-d", tmp_path_factory.mktemp("crema-d") / "run", tmp_path_factory)


@pytest.fixture(scope="module")
def fer(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    for module in ("ai_edge_litert", "cv2", "skimage"):
        require(module)
    run = tmp_path_factory.mktemp("fer-in-the-box") / "run"
    return audited(EXAMPLES / "fer-in-the-box", run, "--fetch")


def after_baseline(name: str, folder: Path, *through: Path) -> Ran:
    """Run the baseline of an example and audit it, in a copy: a test writes nothing into ours."""
    copy = folder / name
    shutil.copytree(EXAMPLES / name, copy, ignore=shutil.ignore_patterns("predictions"))
    made = started(*through, copy / "baseline.py")
    assert made.returncode == 0, made.stderr
    assert "ConvergenceWarning" not in made.stderr
    return audited(copy, folder / "run")


@pytest.fixture(scope="module")
def emodb_2s(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """As the page says: openSMILE takes half a minute."""
    require_data("emodb-2s")
    for module in ("opensmile", "sklearn", "soundfile"):
        require(module)
    return after_baseline("emodb-2s", tmp_path_factory.mktemp("emodb-2s"))


@pytest.fixture(scope="module")
def quick_emodb(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The same clips, speakers and models on features that take a second."""
    require_data("emodb-2s")
    for module in ("opensmile", "sklearn", "soundfile"):
        require(module)
    through = Path(__file__).with_name("quick_features.py")
    return after_baseline("emodb-2s", tmp_path_factory.mktemp("quick-emodb"), through)


@pytest.fixture(scope="module")
def ferplus(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    require_data("ferplus")
    return after_baseline("ferplus", tmp_path_factory.mktemp("ferplus"))


def rows_of(ran: Ran, heading: str) -> dict[str, list[str]]:
    """The table of the page whose heading starts so: first cell → the other cells."""
    lines = (ran.folder / "README.md").read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows: dict[str, list[str]] = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        first, *rest = [cell.strip() for cell in line.strip("|").split("|")]
        rows[first if first not in rows else f"{first}, {rest[0]}"] = rest
    return rows


def told(ran: Ran, text: str) -> bool:
    page = (ran.folder / "README.md").read_text("utf-8")
    return text in " ".join(page.split())


def assert_page_says(cell: str, found: Estimate, tolerance: float) -> None:
    """Compare ``40.0 % (38.4 to 41.6)``, or the number alone, with what was found."""
    said = SHARE.search(cell)
    assert said is not None, cell
    numbers = [float(x) for x in said.groups() if x is not None]
    measured = [100 * x for x in (found.value, found.low, found.high)][: len(numbers)]
    assert numbers == pytest.approx(measured, abs=tolerance), f"the page says {cell}"


def plain(text: str) -> str:
    """Text without tags and white space: lines are wrapped, also after a hyphen."""
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", text)))


def assert_all_agree(ran: Ran) -> None:
    """The terminal, the verdicts, the findings and the report say the same."""
    findings = {f.key: f for f in ran.findings}
    report = ran.report
    shown, terminal = plain(report), plain(ran.stdout)
    for verdict in ran.verdicts:
        sentence = verdict["sentence"]
        assert plain(sentence) in terminal
        assert plain(sentence) in shown
        deciding = findings[verdict["finding_keys"][0]].result
        assert isinstance(deciding, Estimate)
        value, low, high = (f"{100 * x:.1f}" for x in (deciding.value, deciding.low, deciding.high))
        assert f"Measured: {value} " in sentence
        # Over several attributes the ends may come from other pairs than the one named.
        several = len(verdict["claim"]["criterion"]["over"]) > 1
        joint = " for the largest gap of any pair" if several else ""
        assert f"interval {low} to {high}{joint};" in sentence
        unit = "points" if "percentage points" in sentence else "%"
        assert plain(f"{value} {unit} ({low} to {high})") in shown
    assert [key for key in findings if key not in report] == []
    assert "report.html" in ran.stdout.splitlines()[-1]


def votes_by_hand(folder: Path) -> dict[str, float]:
    """Share of votes for the intended emotion, from the file as published."""
    right = dict.fromkeys(MODALITIES.values(), 0)
    votes = dict.fromkeys(MODALITIES.values(), 0)
    with (folder / "tabulatedVotes.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            modality = MODALITIES[row[""][0]]
            right[modality] += int(row[EMOTIONS[row["fileName"].split("_")[2]]])
            votes[modality] += sum(int(row[letter]) for letter in EMOTIONS.values())
    return {m: right[m] / votes[m] for m in votes}


def test_crema_d_gives_the_known_accuracies(crema_d: Ran) -> None:
    by_hand = votes_by_hand(require_data("crema-d"))
    for modality, known in (("voice", 0.4000), ("face", 0.5744), ("both", 0.6307)):
        found = crema_d.estimate("accuracy", condition=f"modality={modality}")
        assert found.value == pytest.approx(known, abs=0.0005)
        assert found.value == pytest.approx(by_hand[modality], abs=1e-12)
        assert (found.n_items, found.n_subjects) == (7442, 91)


def test_intervals_of_crema_d_are_wider_than_over_votes(crema_d: Ran) -> None:
    for modality in MODALITIES.values():
        found = crema_d.estimate("accuracy", condition=f"modality={modality}")
        # 1.96 √(p (1 − p) / n): voice, 0.40 and 68,568 votes, 0.0037 on each side.
        over_votes = 1.96 * (found.value * (1 - found.value) / found.n_answers) ** 0.5
        assert (found.high - found.low) / 2 > 3 * over_votes
    assert plain("What taking answers as independent would have claimed") in plain(crema_d.report)


def test_verdicts_of_crema_d(crema_d: Ran) -> None:
    raters = "human raters"
    assert crema_d.outcomes == {
        ("accuracy-95-voice", raters): "not_upheld",
        ("accuracy-95-face", raters): "not_upheld",
        ("accuracy-95-both", raters): "not_upheld",
        ("works-for-everyone", raters): "inconclusive",
    }
    assert crema_d.status == 1
    assert_all_agree(crema_d)


def test_crema_d_is_quick_and_its_report_small(
    crema_d: Ran, capsys: pytest.CaptureFixture[str]
) -> None:
    size = (crema_d.run / "report.html").stat().st_size
    with capsys.disabled():
        sys.stdout.write(f"\ncrema-d: {crema_d.seconds:.1f} s, report {size / 1e6:.2f} MB\n")
    assert size < 2_000_000
    # 10 s is what is promised on two idle cores; here other tests run beside it, and the
    # machine may be a slow one.
    assert crema_d.seconds < 120


def test_page_of_crema_d(crema_d: Ran) -> None:
    modalities = rows_of(crema_d, "modality")
    assert list(modalities) == ["voice", "face", "both"]
    for modality, (cell, actors, answers, as_independent) in modalities.items():
        found = crema_d.estimate("accuracy", condition=f"modality={modality}")
        assert_page_says(cell, found, ROUNDING)
        assert (actors, answers) == (f"{found.n_subjects}", f"{found.n_answers:,}")
        half = 1.96 * (found.value * (1 - found.value) / found.n_answers) ** 0.5
        ends = [float(x) for x in as_independent.split(" to ")]
        assert ends == pytest.approx(
            [100 * (found.value - half), 100 * (found.value + half)], abs=ROUNDING
        )
    attributes = ("sex", "race", "age_band")
    groups = {f.place.group: f for a in attributes for f in _groups(crema_d, a)}
    page = rows_of(crema_d, "group")
    assert list(page) == list(groups)
    for group, (cell, actors) in page.items():
        result = groups[group].result
        assert isinstance(result, Estimate)
        assert_page_says(cell, result, ROUNDING)
        assert actors == f"{result.n_subjects}"


def _groups(ran: Ran, attribute: str) -> Sequence[Finding]:
    return ran.findings.where(
        metric="accuracy", family="correctness", condition=None, attribute=attribute, reference=None
    )


def test_page_of_crema_d_tells_what_makes_the_largest_gap(crema_d: Ran) -> None:
    def gap(attribute: str) -> tuple[str | None, str]:
        (finding,) = crema_d.findings.where(
            metric="accuracy", condition=None, attribute=attribute, reference="largest gap"
        )
        found = finding.result
        assert isinstance(found, Estimate)
        value, low, high = (f"{100 * x:.1f}" for x in (found.value, found.low, found.high))
        return finding.place.group, f"{value} {low} to {high}"

    assert gap("sex or race or age_band") == ("45–59 − 60+", "7.1 1.0 to 16.8")
    assert told(crema_d, "is 7.1 points, with an interval from 1.0 to 16.8")
    assert gap("sex") == ("female − male", "5.4 2.3 to 8.4")
    assert told(crema_d, "5.4 points more often than clips of men (2.3 to 8.4)")
    assert gap("age_band") == ("45–59 − 60+", "7.1 0.0 to 16.8")
    assert told(crema_d, "six actors of 60 and older, 7.1 points (0.0 to 16.8 for age alone")
    assert gap("race") == ("African American − Asian", "2.6 0.0 to 7.2")
    assert told(crema_d, "By recorded race no gap is shown: 2.6 points (0.0 to 7.2).")


PEOPLE = {
    "Krippendorff’s alpha": "krippendorff_alpha",
    "two ratings agree": "percent_agreement",
    "a rater against the majority of the others": "human_accuracy",
    "half of the raters against the other half": "panel_accuracy",
    "best possible, one more rater (at most)": "best_possible_accuracy[fresh rater]",
    "best possible against one more rater (at most)": "best_possible_accuracy[fresh rater]",
    "best possible, majority label (at most)": "best_possible_accuracy[majority]",
    "best possible against the majority label (at most)": "best_possible_accuracy[majority]",
    "a rater against the script": "human_accuracy[annotated]",
    "the majority of all raters against the script": "panel_accuracy[annotated]",
}


def assert_index_says(cell: str, found: Estimate, decimals: int = 3) -> None:
    """Compare ``0.281 (0.268 to 0.294)`` with what was found."""
    numbers = [float(x.replace("−", "-")) for x in re.findall(r"−?\d+\.\d+", cell)]
    expected = [found.value, found.low, found.high]
    assert numbers == pytest.approx(expected, abs=0.501 * 10**-decimals), f"the page says {cell}"


def test_page_of_crema_d_tells_how_far_raters_agree(crema_d: Ran) -> None:
    page = rows_of(crema_d, "each clip counts once")
    assert len(page) == 7
    for words, cells in page.items():
        for modality, cell in zip(("voice", "face", "both"), cells, strict=True):
            found = crema_d.estimate(PEOPLE[words], condition=f"modality={modality}")
            assert found.n_items == 7442
            if words == "Krippendorff’s alpha":
                assert_index_says(cell, found)
            else:
                assert_page_says(cell, found, ROUNDING)
    text = plain(crema_d.report)
    assert plain("What people score on the same items") in text
    assert plain("The annotated label is not made from these ratings.") in text
    model = [
        crema_d.finding("dawid_skene_accuracy", condition=f"modality={m}").result
        for m in ("both", "face", "voice")
    ]
    assert [isinstance(r, Estimate) for r in model] == [True, True, False]
    assert [f"{100 * (r.value or 0):.1f}" for r in model[:2]] == ["71.8", "69.4"]
    assert told(crema_d, "calls 71.8 % of the votes right (both) and 69.4 % (face)")
    assert "items it calls “sadness” are rated “neutral” more often" in str(model[2])
    for group, words in (("female", "0.441 (0.424 to 0.457)"), ("male", "0.409 (0.391 to 0.427)")):
        assert_index_says(
            words, crema_d.estimate("krippendorff_alpha", attribute="sex", group=group)
        )
        assert told(crema_d, words)


def neutral_by_voice(folder: Path) -> tuple[float, float]:
    """How often the majority calls a clip neutral, and how often that was asked for."""
    called = asked = clips = 0.0
    with (folder / "tabulatedVotes.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if MODALITIES[row[""][0]] == "voice":
                counts = {letter: int(row[letter]) for letter in EMOTIONS.values()}
                top = [x for x, n in counts.items() if n == max(counts.values())]
                called += ("N" in top) / len(top)
                asked += row["fileName"].split("_")[2] == "NEU"
                clips += 1
    return called / clips, asked / clips


def test_page_of_crema_d_tells_what_the_majority_calls_by_voice() -> None:
    called, asked = neutral_by_voice(require_data("crema-d"))
    page = " ".join((EXAMPLES / "crema-d" / "README.md").read_text("utf-8").split())
    assert "more than half of the clips neutral, which was asked for in one of seven" in page
    assert called > 0.5
    assert asked == pytest.approx(1 / 7, abs=0.01)


def test_page_of_crema_d_tells_what_it_would_mean_at_a_checkpoint(crema_d: Ran) -> None:
    simulated, not_possible = read_consequences(crema_d.run)
    assert (len(simulated), not_possible) == (1, [])
    found = simulated[0].found
    page = " ".join((crema_d.folder / "README.md").read_text("utf-8").split())
    # Shares in percent with one decimal, as the page tells them.
    rate, sens = found.of_all["false_flag_rate"], found.of_all["sensitivity"]
    ends = [f"{100 * x:.1f}" for x in (rate.value, rate.low, rate.high, sens.value) if x]
    assert f"{ends[0]} % ({ends[1]} to {ends[2]}) of the answers" in page
    assert f"{ends[3]} % of those to clips acted as anger or fear" in page
    assert f"a flag would be right in {ranged(found.of_all['ppv'], 'share')}" in page
    once = found.of_all["flagged_once"].value
    assert f"{percent(once or 0.0)} would be flagged at least once" in page
    burden = found.of_groups["female"]["burden"]
    assert f"Women {about(burden.value or 0)} times as often as men" in page
    assert f"({about(burden.low or 0)} to {about(burden.high or 0)})" in page


def test_page_of_crema_d_tells_which_intersections_have_no_interval(crema_d: Ran) -> None:
    crossed = [f for a in ("sex × race", "sex × age_band") for f in _groups(crema_d, a)]
    without = {f.place.group: f.result.n_subjects for f in crossed if not f.is_estimated}
    assert (len(crossed), without) == (14, {"female × Asian": 2, "female × 60+": 1})
    assert told(
        crema_d, "Of the 14 intersections (sex × race, sex × age band) two have no interval"
    )


def test_page_of_ferplus(ferplus: Ran) -> None:
    page = rows_of(ferplus, "35,711 pictures rated twice or more")
    assert len(page) == 6
    for words, (cell,) in page.items():
        found = ferplus.estimate(PEOPLE[words], system="human raters")
        assert (found.n_items, found.n_subjects) == (35_711, 35_711)
        if words == "Krippendorff’s alpha":
            assert_index_says(cell, found)
        else:
            assert_page_says(cell, found, ROUNDING)
    itself = ferplus.estimate("accuracy", system="human raters")
    assert itself.n_items == 31_412
    assert_page_says("81.6 % (81.4 to 81.7)", itself, ROUNDING)
    assert told(
        ferplus, "count that have a majority, as the authors define it: 81.6 % (81.4 to 81.7)."
    )
    assert {(c, s): o for (c, s), o in ferplus.outcomes.items()} == {
        ("ninety-percent", "human raters"): "not_upheld",
        ("ninety-percent", "no picture"): "not_upheld",
    }
    assert ferplus.status == 1
    assert_all_agree(ferplus)


def test_page_of_ferplus_tells_of_a_baseline_without_a_picture(ferplus: Ran) -> None:
    page = list(rows_of(ferplus, "no picture looked at").values())
    told_of = (
        ("accuracy[other raters]", None), ("accuracy[other raters]", "human raters"),
        ("label_noise_in_errors", None), ("cross_entropy", None), ("human_cross_entropy", None),
        ("best_possible_cross_entropy", None), ("jensen_shannon", None),
        ("human_jensen_shannon", None),
    )  # fmt: skip
    for (cell,), (metric, reference) in zip(page, told_of, strict=True):
        found = ferplus.estimate(metric, system="no picture", reference=reference)
        if reference is not None:
            points = replace(
                found, value=100 * found.value, low=100 * found.low, high=100 * found.high
            )
            assert_index_says(cell, points, decimals=1)
        elif "%" in cell:
            assert_page_says(cell, found, ROUNDING)
        else:
            assert_index_says(cell, found)


def test_page_of_ferplus_tells_which_labels_the_model_cannot_name(ferplus: Ran) -> None:
    unnamed = [
        f.place.metric
        for f in ferplus.findings.where(system="human raters", family="ceiling")
        if f.place.metric.startswith(("dawid_skene_accuracy", "dawid_skene_share"))
        and not f.is_estimated
    ]
    assert unnamed == [
        "dawid_skene_accuracy", "dawid_skene_share[disgust]", "dawid_skene_share[contempt]",
    ]  # fmt: skip
    items = open_dataset(DatasetSpec(id="ferplus", name="ferplus"), base=ferplus.folder).items
    counts = dict(items["annotated"].value_counts().iter_rows())
    assert (counts["disgust"], counts["contempt"]) == (161, 148)
    assert told(ferplus, "“disgust” for 161 pictures and “contempt” for 148")


def test_ferplus_is_quick_and_its_report_small(
    ferplus: Ran, capsys: pytest.CaptureFixture[str]
) -> None:
    size = (ferplus.run / "report.html").stat().st_size
    with capsys.disabled():
        sys.stdout.write(f"\nferplus: {ferplus.seconds:.1f} s, report {size / 1e6:.2f} MB\n")
    assert size < 2_000_000
    assert ferplus.seconds < 30  # ten seconds on two idle cores; other tests run beside it


def test_verdicts_of_fer_in_the_box(fer: Ran) -> None:
    plainly, kindly = ("{}", "{}, neutral as none")
    expected = {
        ("no-label-without-a-face", plainly): ("not_upheld", "not_upheld", "not_upheld"),
        ("no-emotion-without-a-face", kindly): ("not_upheld", "not_upheld", "not_upheld"),
        ("not-confident-without-a-face", plainly): ("upheld", "inconclusive", "not_upheld"),
        ("not-confident-of-an-emotion", kindly): ("upheld", "inconclusive", "inconclusive"),
    }
    systems = ("fer", "facex", "face-api")
    assert fer.outcomes == {
        (claim, name.format(system)): outcome
        for (claim, name), outcomes in expected.items()
        for system, outcome in zip(systems, outcomes, strict=True)
    }
    assert fer.status == 1
    assert_all_agree(fer)


def test_page_of_fer_in_the_box(fer: Ran) -> None:
    page = rows_of(fer, "system")
    assert len(page) == 9
    for first, (pictures, score, confident, neutral) in page.items():
        place: dict[str, Any] = {
            "system": first.partition(",")[0],
            "dataset": "generated-controls" if pictures == "generated" else "lfw-subset",
            "condition": None if pictures == "generated" else f"content={pictures}",
        }
        sure = fer.estimate("mean_confidence", **place)
        assert float(score) == pytest.approx(sure.value, abs=0.000501)
        assert_page_says(confident, fer.estimate("confident_share[0.9]", **place), ROUNDING)
        assert_page_says(neutral, fer.estimate("prediction_rate[neutral]", **place), ROUNDING)
    angry = fer.estimate(
        "prediction_rate[anger]", system="fer", dataset="lfw-subset", condition=NON_FACE
    )
    assert angry.value == 0.54
    assert told(fer, "Of the 100 pieces of background, `fer` calls 54 angry.")


def test_page_of_fer_in_the_box_tells_both_readings_of_neutral(fer: Ran) -> None:
    page = rows_of(fer, "claim of ours, on pieces of background")
    claims = list(dict.fromkeys(v["claim"]["id"] for v in fer.verdicts))
    for claim, cells in zip(claims, page.values(), strict=True):
        judged = [v for v in fer.verdicts if v["claim"]["id"] == claim]
        for cell, verdict in zip(cells, judged, strict=True):
            metric = verdict["claim"]["criterion"]["metric"]
            found = fer.estimate(metric, system=verdict["system"], condition=NON_FACE)
            assert_page_says(cell, found, ROUNDING)
            assert cell.endswith(f": {verdict['outcome'].replace('_', ' ')}")

    def confident(system: str) -> tuple[int, int]:
        found = fer.estimate("confident_share[0.9]", system=system, condition=NON_FACE)
        return round(found.value * found.n_answers), found.n_answers

    assert (confident("face-api"), confident("face-api, neutral as none")) == ((18, 100), (3, 23))
    assert told(fer, "15 of its 18 confident answers to background. What is left, 3 of 23, is")


def test_nothing_is_asked_twice_for_the_other_reading(fer: Ran) -> None:
    for system in ("fer", "facex", "face-api"):
        before = f"{system}, neutral as none on lfw-subset: 200 to answer, 200 answered before"
        assert before in fer.stderr.splitlines()


def uar_by_hand(ran: Ran, name: str) -> float:
    """Mean over labels of the share of clips whose highest score is the annotated label's."""
    with (require_data("emodb-2s") / "items.csv").open(encoding="utf-8") as stream:
        annotated = {r["file"].removesuffix(".flac"): r["emotion"] for r in csv.DictReader(stream)}
    hits: dict[str, list[bool]] = {label: [] for label in annotated.values()}
    with (ran.folder / "predictions" / f"{name}.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            label = annotated[row.pop("item")]
            best = max(row, key=lambda column: float(row[column]))
            hits[label].append(best == f"score_{label}")
    return sum(sum(h) / len(h) for h in hits.values()) / len(hits)


def by_split(ran: Ran) -> tuple[Estimate, Estimate]:
    """What was found with speakers apart, and leaked: of all clips, as counted by hand."""
    apart, leaked = (ran.estimate("uar", system=f"speakers {how}") for how in ("apart", "leaked"))
    assert apart.value == pytest.approx(uar_by_hand(ran, "apart"), abs=1e-12)
    assert leaked.value == pytest.approx(uar_by_hand(ran, "leaked"), abs=1e-12)
    for found in (apart, leaked):
        assert (found.n_items, found.n_subjects) == (535, 10)
    return apart, leaked


def test_leaking_speakers_flatters_whatever_the_features(quick_emodb: Ran) -> None:
    apart, leaked = by_split(quick_emodb)
    assert apart.value + 0.05 < leaked.value
    assert quick_emodb.status == 1
    assert_all_agree(quick_emodb)


@pytest.mark.slow
def test_leaking_speakers_changes_a_verdict(emodb_2s: Ran) -> None:
    apart, leaked = by_split(emodb_2s)
    assert (apart.value, leaked.value) == pytest.approx((0.613, 0.727), abs=OTHER_VERSIONS / 100)
    assert emodb_2s.outcomes == {
        ("sixty-percent", "speakers apart"): "inconclusive",
        ("sixty-percent", "speakers leaked"): "upheld",
        ("eighty-percent", "speakers apart"): "not_upheld",
        ("eighty-percent", "speakers leaked"): "not_upheld",
    }
    assert emodb_2s.status == 1
    assert_all_agree(emodb_2s)


def test_the_report_of_emodb_2s_opens_with_its_warning(quick_emodb: Ran) -> None:
    (warning,) = card("emodb-2s").warnings
    text = plain(quick_emodb.report)
    assert "never publish it as EmoDB accuracy" in warning
    assert text.index(plain(warning)) < text.index(plain(quick_emodb.verdicts[0]["sentence"]))


@pytest.mark.slow
def test_page_of_emodb_2s(emodb_2s: Ran) -> None:
    page = rows_of(emodb_2s, "system")
    assert list(page) == ["speakers apart", "speakers leaked"]
    for system, (uar, accuracy, speakers) in page.items():
        assert_page_says(uar, emodb_2s.estimate("uar", system=system), OTHER_VERSIONS)
        assert_page_says(accuracy, emodb_2s.estimate("accuracy", system=system), OTHER_VERSIONS)
        assert speakers == "10"
    leaked = "speakers leaked − speakers apart"
    told_by_audit = []
    for metric in ("uar", "accuracy"):
        better = emodb_2s.estimate(metric, system=leaked)
        told_by_audit += [100 * better.value, 100 * better.low, 100 * better.high]
    assert told_by_audit == pytest.approx([11.4, -1.2, 23.9, 10.3, 0.1, 20.5], abs=OTHER_VERSIONS)
    assert told(emodb_2s, "Leaking speakers adds 11.4 points")
    assert told(emodb_2s, "the interval of the difference is −1.2 to +23.9 points")
    assert told(emodb_2s, "(10.3 points, +0.1 to +20.5, p = 0.049)")
    assert told_by_audit[1] < 0 < told_by_audit[2]  # as the page says: not shown
