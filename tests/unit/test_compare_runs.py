"""Two runs against each other, by hand: what differs, by how much, and what cannot be compared."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compare_support import (
    CONSTANT,
    FAILING,
    N_PEOPLE,
    NOISED,
    THROWN,
    Edits,
    one,
    stressed,
    tabled,
    value,
)
from facevalue import flow
from facevalue.audits import FindingSet
from facevalue.compare import compare_runs, looks_of
from facevalue.domain import Estimate, NotEstimable, Reason
from facevalue.errors import InputError, UnknownNameError
from facevalue.perturb.partners import choose_partners
from facevalue.report.comparison import Comparison, Reading, ordered, reading_of
from facevalue.runs import RunFolder, stress_name
from facevalue.stats import (
    IntervalSpec,
    Replicates,
    Scale,
    against_zero,
    mean_of,
    mean_over_pairs,
)
from facevalue.stresses import Kept
from flow_support import items

EXACT = 1e-12
NOISE = "[mirror, {name: gaussian-noise, severities: [1, 2]}]"


def right(p: int, k: int) -> str:
    return ("bright", "dark")[k % 2]


def wrong(p: int, k: int) -> str:
    return ("dark", "bright")[k % 2]


def dark(p: int, k: int) -> str:
    return "dark"


def good(p: int, k: int) -> str:
    """Right but for one item of every person below 6."""
    return wrong(p, k) if k == 0 and p < 6 else right(p, k)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The system of pictures, and one that is thrown by any noise; under the same stress."""
    folder = tmp_path_factory.mktemp("compared")
    return (
        stressed(folder / "a", NOISE),
        stressed(folder / "b", "[grey, {name: gaussian-noise, severities: [1, 2]}]", NOISED),
    )


@pytest.fixture(scope="module")
def under_stress(runs: tuple[Path, Path]) -> Comparison:
    return compare_runs(*runs)


@pytest.fixture(scope="module")
def constant(runs: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("constant")
    return compare_runs(runs[0], stressed(folder, "[mirror]", CONSTANT))


# Of the forty pictures the first system fails on the all-white one (person 0). Of the other 39 it
# has seven wrong, the swapped ones: one each of persons 0, 1, 2, 3, 7, 8 and 9. The second says
# "dark" to all: right for the two dark pictures of everybody.
EXTRA = np.array([2 - 2, 2 - 3, 2 - 3, 2 - 3, 2 - 4, 2 - 4, 2 - 4, 2 - 3, 2 - 3, 2 - 3])
ANSWERS = np.array([3.0, *[4.0] * 9])


def test_differences_by_hand(constant: Comparison) -> None:
    assert EXTRA.sum() == 20 - 32
    assert value(constant, metric="accuracy") == pytest.approx(-12 / 39, abs=EXACT)
    assert constant.sides[one(constant, metric="accuracy").key] == pytest.approx((32 / 39, 20 / 39))
    # Bright: 16 of 19 and none; dark: 16 of 20 and all.
    assert value(constant, metric="recall[bright]") == pytest.approx(-16 / 19, abs=EXACT)
    assert value(constant, metric="recall[dark]") == pytest.approx(4 / 20, abs=EXACT)
    assert value(constant, metric="uar") == pytest.approx((-16 / 19 + 4 / 20) / 2, abs=EXACT)
    # Failures are told of all items.
    failures = one(constant, metric="failure_rate")
    assert failures.result.n_items == 40
    assert failures.result.value == pytest.approx(-1 / 40, abs=EXACT)
    assert {f.place.system for f in constant.findings} == {"mine (second) − mine (first)"}
    assert {f.place.family for f in constant.findings} == {"comparison"}


def test_the_interval_is_that_of_differences_person_by_person(constant: Comparison) -> None:
    by_person = mean_of(ANSWERS, EXTRA.astype(float), np.arange(N_PEOPLE), 39)
    by_person = Replicates(
        by_person.value, by_person.left_out, by_person.sizes, by_person.subjects, 39,
        scale=Scale.DIFFERENCE,
    )  # fmt: skip
    expected = against_zero(by_person, IntervalSpec(0.95))
    found = one(constant, metric="accuracy").result
    assert isinstance(found, Estimate)
    assert isinstance(expected, Estimate)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.p_value == pytest.approx(expected.p_value)
    assert (found.n_items, found.n_subjects) == (39, 10)
    assert reading_of(one(constant, metric="accuracy")) is Reading.LOWER


def test_groups_are_a_difference_in_differences(constant: Comparison) -> None:
    # Women are the even persons: 0 − 1 − 2 − 2 − 1 over 19 answers; men − 6 over 20.
    for group, expected in (("f", -6 / 19), ("m", -6 / 20)):
        told = one(constant, metric="accuracy", attribute="sex", group=group)
        assert told.result.value == pytest.approx(expected, abs=EXACT)
    first, second = constant.sides[one(constant, metric="accuracy", attribute="sex", group="f").key]
    assert (first, second) == pytest.approx((16 / 19, 10 / 19))
    apart = one(constant, metric="accuracy", attribute="sex", group="f", reference="rest")
    assert apart.result.value == pytest.approx(-6 / 19 + 6 / 20, abs=EXACT)
    assert apart.adjusted is not None
    assert reading_of(apart) is Reading.NOT_SHOWN


def test_what_holds_in_a_part_of_the_items_is_told_of_that_part(constant: Comparison) -> None:
    # By day the first two pictures of everybody: 19 answers, wrong of persons 2 and 3, 9.
    day = one(constant, metric="accuracy", condition="light=day")
    assert day.result.value == pytest.approx((10 - 16) / 19, abs=EXACT)
    assert one(constant, metric="failure_rate", condition="light=night").result.value == 0.0


def test_stress_by_hand(under_stress: Comparison) -> None:
    # The first keeps its 39 answers under noise. The second says "dark" to whatever has noise in
    # it, so it keeps those that were dark: 16 right ones, and the three bright ones it has wrong.
    for severity in (1, 2):
        noise = one(under_stress, metric="unchanged", condition=f"gaussian-noise:{severity}")
        assert noise.result.value == pytest.approx(19 / 39 - 1, abs=EXACT)
        assert under_stress.sides[noise.key] == pytest.approx((1.0, 19 / 39))
        assert reading_of(noise) is Reading.LOWER
        # Right before 32, after 20, of the same 39; the first loses nothing.
        change = one(under_stress, metric="accuracy_change", condition=f"gaussian-noise:{severity}")
        assert change.result.value == pytest.approx(-12 / 39, abs=EXACT)
    # Area from 1 at severity 0: a quarter, a half, a quarter.
    area = one(under_stress, metric="unchanged_area", condition="gaussian-noise")
    assert area.result.value == pytest.approx(0.75 * (19 / 39 - 1), abs=EXACT)
    assert area.adjusted is not None
    # Two severities are looked at.
    p = [
        one(under_stress, metric="unchanged", condition=f"gaussian-noise:{s}").adjusted
        for s in (1, 2)
    ]
    assert all(x is not None and x.by == "Holm over 2" for x in p)


def test_failures_under_stress_are_compared(tmp_path: Path, runs: tuple[Path, Path]) -> None:
    found = compare_runs(runs[0], stressed(tmp_path, NOISE, FAILING))
    # The first fails on the all-white picture, with noise no more. The second fails on none as
    # they are, and with noise on three pictures in ten: those of persons 0, 3 and 6.
    for severity in (1, 2):
        at = {"condition": f"gaussian-noise:{severity}"}
        rate, change = (one(found, metric=m, **at) for m in ("failure_rate", "failure_change"))
        assert found.sides[rate.key] == pytest.approx((0.0, 12 / 40))
        assert rate.result.value == pytest.approx(12 / 40, abs=EXACT)
        assert found.sides[change.key] == pytest.approx((-1 / 40, 12 / 40))
        assert change.result.value == pytest.approx(13 / 40, abs=EXACT)
        assert (rate.result.n_items, rate.result.n_answers) == (40, 40)
        assert rate.adjusted is not None
        assert rate.adjusted.by == "Holm over 3"
    assert one(found, metric="failure_rate", condition="mirror:5").result.value == -1 / 40


def test_what_changes_every_answer_of_one_and_none_of_the_other_comes_first(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    found = compare_runs(runs[0], stressed(tmp_path, NOISE, THROWN))
    noise = one(found, metric="unchanged", condition="gaussian-noise:1")
    assert found.sides[noise.key] == (1.0, 0.0)
    assert isinstance(noise.result, Estimate)
    # 39 answers of ten people; one has three.
    could = 1 - 0.025 ** (1 / (39**2 / (3**2 + 9 * 4**2)))
    assert (noise.result.low, noise.result.high) == pytest.approx((-1.0, 2 * could - 1), abs=EXACT)
    assert reading_of(noise) is Reading.LOWER
    first = ordered(list(found.shown))[0]
    assert (first.place.metric, first.result.value) == ("unchanged", -1.0)


# Person 0 is not in it, so that the items of all others have other places.
WITHOUT = ("[light]\n", "[light]\n    where: {subject: [" + ", ".join(
    f"person-{i}" for i in range(1, N_PEOPLE)) + "]}\n")  # fmt: skip


def in_rows(item: str, of: dict[str, str], seed: int, left_out: str = "") -> str:
    """Return who else is in the row of an item: the person of its partner, chosen with a seed."""
    labels = [("bright", "dark")[int(i[-1]) % 2] for i in of]
    kept = [i for i in of if of[i] != left_out]
    chosen = choose_partners(
        kept, [x for i, x in zip(of, labels, strict=True) if i in kept], [of[i] for i in kept],
        seed=seed,
    )  # fmt: skip
    return of[chosen[item]]


@pytest.mark.parametrize(
    ("instead", "seeds", "left_out"),
    [((), (3,), ""), ((("seed: 3", "seed: 4"),), (3, 4), ""), ((WITHOUT,), (3, 3), "person-0")],
    ids=["the same partners", "others", "other items"],
)
def test_who_lends_a_background_counts_as_a_person_of_the_row(
    instead: Edits, seeds: tuple[int, ...], left_out: str, tmp_path: Path
) -> None:
    first = stressed(tmp_path / "a", "[swap-background]")
    second = stressed(tmp_path / "b", "[swap-background]", CONSTANT, instead=instead)
    found = compare_runs(first, second)
    (name,) = {f.place.condition for f in found.findings.where(metric="unchanged")}
    told = one(found, metric="unchanged", condition=name).result
    of = {item: f"person-{p}" for item, p, _, _ in items()}
    folder = RunFolder.open(first)
    base = folder.read_answers("mine", "pictures")
    under = folder.read_answers("mine", stress_name("pictures")).filter(condition=name)
    rows = base.filter(label="light").vstack(base.filter(label="dark")).join(under, on="item")
    rows = rows.filter([of[i] != left_out for i in rows["item"]])
    same = (rows["label"] == rows["label_right"]).fill_null(value=False).to_numpy()
    people = [[of[i] for i in rows["item"]]]
    for which, seed in enumerate(seeds):
        absent = left_out if which else ""
        people.append([in_rows(i, of, seed, absent) for i in rows["item"]])
    codes = [np.array([int(x.rpartition("-")[2]) for x in who]) for who in people]
    values = 1.0 - same  # the second always says the same
    assert 0 < values.mean() < 1
    expected = against_zero(
        replace(mean_over_pairs(values, codes, len(values)), scale=Scale.DIFFERENCE),
        IntervalSpec(0.95),
    )
    assert isinstance(told, Estimate)
    assert isinstance(expected, Estimate)
    assert (told.value, told.low, told.high) == pytest.approx(
        (expected.value, max(expected.low, -1.0), min(expected.high, 1.0)), abs=1e-9
    )
    assert (told.n_answers, told.n_subjects) == (len(values), len(set(people[0])))


def test_conditions_of_one_run_only_are_named_and_left_out(under_stress: Comparison) -> None:
    asked = {f.place.condition for f in under_stress.findings.where(metric="unchanged")}
    assert asked == {"gaussian-noise:1", "gaussian-noise:2"}
    assert under_stress.left_out == (
        "pictures: only the first was asked under mirror:5.",
        "pictures: only the second was asked under grey:1.",
    )


def test_a_system_without_stress_leaves_all_conditions_out(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    from flow_support import NOW, build

    plain = flow.audit(build(tmp_path), tmp_path / "run", now=NOW).folder
    found = compare_runs(runs[0], plain)
    assert not found.findings.where(metric="unchanged")
    assert found.left_out == (
        "pictures: only the first was asked under mirror:5, gaussian-noise:1, gaussian-noise:2.",
    )
    # Where only accuracy overall and by group is compared, skill still stands beside groups.
    assert found.findings.where(attribute="sex")


def test_nothing_differs_of_a_run_from_itself(runs: tuple[Path, Path]) -> None:
    found = compare_runs(runs[1], runs[1])
    assert found.pairs[0].system == "mine (second) − mine (first)"
    told = [f for f in found.findings if f.place.attribute is None]
    assert {f.place.metric for f in told} == {
        "accuracy", "uar", "recall[bright]", "recall[dark]", "failure_rate", "unchanged",
        "unchanged_area", "accuracy_change", "failure_change",
    }  # fmt: skip
    for f in told:
        # No spread between people says nothing; what could differ bounds it.
        assert isinstance(f.result, Estimate)
        assert f.result.value == 0.0
        assert f.result.low < 0 < f.result.high
        assert f.result.p_value == 1.0
        assert reading_of(f) is Reading.NOT_SHOWN
        assert f.result.method == (
            "nobody differs: exact binomial bound on the share of subjects who could"
        )
    assert all(first == second for first, second in found.sides.values())
    # Groups are held against each other by their spread, and there is none.
    for f in found.findings:
        assert f.result.value == 0.0 or isinstance(f.result, NotEstimable)
        assert reading_of(f) in (Reading.NOT_SHOWN, Reading.NONE)
        if isinstance(f.result, NotEstimable):
            assert f.result.sentence == (
                "other numbers fit these data as well (no subject differs from another, so chance "
                "cannot be told)"
            )
    # Accuracy of ten people, three or four answers each: 1 − 0.025^(1/effective people).
    accuracy = one(found, metric="accuracy").result
    assert isinstance(accuracy, Estimate)
    effective = 39**2 / (3**2 + 9 * 4**2)
    assert accuracy.high == pytest.approx(1 - 0.025 ** (1 / effective))
    change = one(found, metric="accuracy_change", condition="gaussian-noise:1").result
    assert isinstance(change, Estimate)
    assert change.high == pytest.approx(2 * accuracy.high)  # an item can go from −1 to 1
    # A quarter of the area over two severities is that next to no change, which all have.
    area = one(found, metric="unchanged_area", condition="gaussian-noise").result
    assert isinstance(area, Estimate)
    assert area.high == pytest.approx(0.75 * accuracy.high)


def test_the_other_way_round_every_sign_turns(
    runs: tuple[Path, Path], under_stress: Comparison
) -> None:
    turned = compare_runs(runs[1], runs[0])
    for f in under_stress.findings:
        if f.place.reference == "largest gap":
            continue  # its pair is named with the higher first
        (other,) = [
            g for g in turned.findings
            if (g.place.metric, g.place.condition, g.place.attribute, g.place.group,
                g.place.reference)
            == (f.place.metric, f.place.condition, f.place.attribute, f.place.group,
                f.place.reference)
        ]  # fmt: skip
        assert isinstance(f.result, Estimate) == isinstance(other.result, Estimate)
        if isinstance(f.result, Estimate) and isinstance(other.result, Estimate):
            ends = (-other.result.value, -other.result.high, -other.result.low)
            assert (f.result.value, f.result.low, f.result.high) == pytest.approx(ends, abs=1e-9)
        first, second = under_stress.sides.get(f.key, (0.0, 0.0))
        assert turned.sides.get(other.key, (0.0, 0.0)) == (second, first)
    words = {Reading.HIGHER: Reading.LOWER, Reading.LOWER: Reading.HIGHER}
    there, back = one(under_stress, metric="accuracy"), one(turned, metric="accuracy")
    assert reading_of(back) is words.get(reading_of(there), reading_of(there))


def test_the_same_comparison_gives_the_same_numbers(
    runs: tuple[Path, Path], under_stress: Comparison
) -> None:
    again = compare_runs(*runs)
    assert again.findings.to_polars().equals(under_stress.findings.to_polars())
    assert again.sides == under_stress.sides


def test_nothing_is_asked_and_nothing_written(runs: tuple[Path, Path]) -> None:
    folder = runs[0].parent
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    compare_runs(*runs)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


SAID = "everybody in a group differs by the same, so chance cannot be told"


def test_a_difference_alike_for_everybody_is_no_certainty(tmp_path: Path) -> None:
    run = tabled(tmp_path, {"good": right, "bad": wrong})
    found = compare_runs(run, run, systems=("good", "bad"))
    # All ten people lose all. Up to 1 − 0.025^(1/10) of people could do otherwise, and gain all.
    could = 1 - 0.025**0.1
    accuracy = one(found, metric="accuracy")
    assert isinstance(accuracy.result, Estimate)
    ends = (accuracy.result.value, accuracy.result.low, accuracy.result.high)
    assert ends == pytest.approx((-1.0, -1.0, -1.0 + 2 * could), abs=EXACT)
    assert accuracy.result.p_value == pytest.approx(2 * 0.5**10)  # the sign test
    assert accuracy.result.method == (
        "the same for everybody: exact binomial bound on the share of subjects who could differ "
        "otherwise"
    )
    assert reading_of(accuracy) is Reading.LOWER
    assert ordered(list(found.shown))[0].result.value == -1.0
    # So are groups told, but no gap of theirs: nobody in them differs from another.
    women = one(found, metric="accuracy", attribute="sex", group="f").result
    assert isinstance(women, Estimate)
    assert women.high == pytest.approx(-1.0 + 2 * (1 - 0.025**0.2), abs=EXACT)
    (gap,) = found.findings.where(metric="accuracy", attribute="sex", reference="largest gap")
    assert isinstance(gap.result, NotEstimable)
    assert (gap.result.reason, gap.result.value) == (Reason.NOT_IDENTIFIED, 0.0)
    assert gap.result.detail == SAID


def test_a_group_of_people_who_all_differ_alike_is_not_taken_for_certain(tmp_path: Path) -> None:
    # Of the women everybody loses all, of the men every other one.
    run = tabled(
        tmp_path,
        {"good": right, "bad": lambda p, k: wrong(p, k) if p % 4 != 1 else right(p, k)},
    )
    found = compare_runs(run, run, systems=("good", "bad"))
    women, men = (
        one(found, metric="accuracy", attribute="sex", group=group).result for group in "fm"
    )
    assert isinstance(women, Estimate)
    assert isinstance(men, Estimate)
    assert (women.value, men.value) == pytest.approx((-1.0, -2 / 5), abs=EXACT)
    apart = found.findings.where(attribute="sex", reference="rest")
    gap = found.findings.where(attribute="sex", reference="largest gap")
    for f in [*apart, *gap]:
        assert isinstance(f.result, NotEstimable)
        assert (f.result.reason, f.result.detail) == (Reason.NOT_IDENTIFIED, SAID)
        assert abs(f.result.value or 0.0) == pytest.approx(3 / 5)


def test_differences_that_cancel_in_everybody_are_bounded_by_people(tmp_path: Path) -> None:
    # One has the bright ones right and the other the dark ones: everybody gains and loses two.
    run = tabled(tmp_path, {"light": lambda *_: "bright", "night": dark})
    found = compare_runs(run, run, systems=("light", "night"))
    accuracy = one(found, metric="accuracy")
    assert isinstance(accuracy.result, Estimate)
    assert (accuracy.result.low, accuracy.result.high) == pytest.approx(
        (0.025**0.1 - 1, 1 - 0.025**0.1), abs=EXACT
    )
    assert reading_of(accuracy) is Reading.NOT_SHOWN
    recall = one(found, metric="recall[dark]")
    assert (recall.result.value, reading_of(recall)) == (1.0, Reading.HIGHER)


def test_systems_of_one_name_are_paired_else_the_only_ones(tmp_path: Path) -> None:
    first = tabled(tmp_path / "a", {"x": right, "y": good})
    second = tabled(tmp_path / "b", {"y": dark, "z": right})
    found = compare_runs(first, second)
    assert [v.system for v in found.pairs] == ["y (second) − y (first)"]
    lone = [tabled(tmp_path / n, {n: answer}) for n, answer in (("old", good), ("new", right))]
    found = compare_runs(*lone)
    assert [v.system for v in found.pairs] == ["new − old"]
    # Six people gain one item of four: (6 · 1) / 40.
    assert value(found, metric="accuracy") == pytest.approx(6 / 40, abs=EXACT)


def test_systems_have_to_be_named_where_it_is_not_plain_which(tmp_path: Path) -> None:
    first = tabled(tmp_path / "a", {"x": right, "y": good})
    second = tabled(tmp_path / "b", {"z": dark})
    expected = (
        "the runs have no system of one name. Say which two with --systems FIRST,SECOND. "
        "The first run has: 'x', 'y'. The second has: 'z'."
    )
    with pytest.raises(InputError, match=f"^{re.escape(expected)}$"):
        compare_runs(first, second)
    expected = "unknown system of the second run 'zz'. Did you mean 'z'? Known: 'z'."
    with pytest.raises(UnknownNameError, match=f"^{re.escape(expected)}$"):
        compare_runs(first, second, systems=("x", "zz"))


def test_only_items_with_the_same_annotation_are_compared(tmp_path: Path) -> None:
    first = tabled(tmp_path / "a", {"s": right})

    def changed(p: int, k: int) -> str:
        return "bright" if p == 0 else right(p, k)

    # Two items of person 0 are annotated otherwise, and everybody has one item more.
    second = tabled(tmp_path / "b", {"s": good}, n_items=5, annotated=changed)
    found = compare_runs(first, second)
    assert found.left_out == (
        "table: the runs have it with different items. 38 with the same media, subject and "
        "annotation are compared; 2 of the first and 12 of the second are left out.",
    )
    # Of the 38 the second has the first item of six people wrong.
    assert value(found, metric="accuracy") == pytest.approx(-6 / 38, abs=EXACT)
    assert (found.pairs[0].n_items, found.pairs[0].n_subjects) == (38, 10)


def test_runs_that_share_nothing_are_refused(tmp_path: Path) -> None:
    first = tabled(tmp_path / "a", {"s": right})
    other = tabled(tmp_path / "b", {"s": right}, annotated=wrong)
    for second, why in (
        (other, "table: the runs have it with different items; none is in both."),
        (
            tabled(tmp_path / "c", {"s": lambda p, k: "loud"}, labels=("loud", "quiet")),
            "table: the labels differ: bright, dark; and loud, quiet.",
        ),
    ):
        expected = f"{first} and {second}: there is nothing to compare.\n  {why}"
        with pytest.raises(InputError, match=f"^{re.escape(expected)}$"):
            compare_runs(first, second)


def test_a_dataset_of_one_run_only_is_named(tmp_path: Path) -> None:
    first = tabled(tmp_path / "a", {"s": right})
    (tmp_path / "b").mkdir()
    second = tabled(tmp_path / "b", {"s": right})
    text = (tmp_path / "b" / "audit.yaml").read_text().replace("id: table", "id: other")
    (tmp_path / "b" / "audit.yaml").write_text(text)
    second = flow.audit(tmp_path / "b" / "audit.yaml", tmp_path / "b2").folder
    expected = (
        f"{first} and {second}: there is nothing to compare.\n"
        "  Dataset 'table' is in the first run only.\n"
        "  Dataset 'other' is in the second run only."
    )
    with pytest.raises(InputError, match=f"^{re.escape(expected)}$"):
        compare_runs(first, second)


def test_skill_stands_beside_robustness_and_groups(constant: Comparison) -> None:
    assert constant.pairs[0].skill == (
        "Not shown to beat the reference systems (majority, random, shuffled labels) on pictures: "
        "mine (second). That its answers are moved less, or are alike for groups, is then no "
        "merit, as a system that guesses may be moved by nothing and is equal for all groups.",
    )


def test_a_folder_that_is_no_run_or_has_no_findings_is_refused(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="not a run folder"):
        compare_runs(runs[0], tmp_path)
    unmeasured = tabled(tmp_path / "a", {"s": right})
    (unmeasured / "findings.parquet").unlink()
    expected = (
        f"{unmeasured / 'findings.parquet'}: no findings here. Run: facevalue measure {unmeasured}"
    )
    with pytest.raises(InputError, match=f"^{re.escape(expected)}$"):
        compare_runs(unmeasured, runs[0])


def test_data_that_changed_since_the_run_are_refused(tmp_path: Path) -> None:
    first = tabled(tmp_path / "a", {"s": right})
    items = tmp_path / "a" / "items.csv"
    items.write_text(items.read_text().replace("i0-0,p0,bright", "i0-0,p0,dark"))
    with pytest.raises(InputError, match="not what the systems were asked on any more: 'table'"):
        compare_runs(first, first)


def test_other_versions_and_levels_are_told(tmp_path: Path) -> None:
    first = tabled(tmp_path / "a", {"s": right})
    second = tabled(tmp_path / "b", {"s": good}, extra="level: 0.9")
    record = json.loads((second / "run.json").read_text())
    record["versions"]["facevalue"] = "0.0.1"
    (second / "run.json").write_text(json.dumps(record))
    found = compare_runs(first, second)
    assert found.left_out[0].endswith(
        "and 0.0.1: a condition of one name may not be the same change in both."
    )
    assert found.left_out[1] == "The levels of the runs differ (0.95 and 0.9); 0.95 is used."
    assert {f.result.level for f in found.findings if isinstance(f.result, Estimate)} == {0.95}


def test_small_groups_are_not_shown(tmp_path: Path) -> None:
    first = tabled(tmp_path / "a", {"s": right}, extra="")
    second = tabled(tmp_path / "b", {"s": good})
    text = (tmp_path / "b" / "audit.yaml").read_text().replace("99,", "99, min_cell: 6,", 1)
    (tmp_path / "b" / "audit.yaml").write_text(text)
    second = flow.audit(tmp_path / "b" / "audit.yaml", tmp_path / "b2").folder
    found = compare_runs(first, second)
    assert found.min_cell == 6
    hidden = [f for f in found.shown if f.place.attribute == "sex"]
    assert hidden
    assert {f.result.value for f in hidden} == {None}
    assert one(found.shown, metric="accuracy").result.value is not None


def test_votes_of_raters_are_compared_by_their_labels_only(tmp_path: Path) -> None:
    run = tabled(tmp_path, {"s": good})
    rows = ["item,subject,annotated,sex,votes_bright,votes_dark"]
    for line in (tmp_path / "items.csv").read_text().splitlines()[1:]:
        rows.append(f"{line},{'3,1' if ',bright,' in line else '1,3'}")
    (tmp_path / "items.csv").write_text("\n".join(rows) + "\n")
    text = (tmp_path / "audit.yaml").read_text()
    text = text.replace("analyses:", "  - {name: raters, adapter: ratings}\nanalyses:")
    (tmp_path / "audit.yaml").write_text(text)
    run = flow.audit(tmp_path / "audit.yaml", tmp_path / "voted").folder
    found = compare_runs(run, run, systems=("s", "raters"))
    # The system has 34 of 40 right, raters 3 of 4 votes.
    assert value(found, metric="accuracy") == pytest.approx(0.75 - 34 / 40, abs=EXACT)
    assert not found.findings.where(metric="failure_rate")
    assert RunFolder.open(run).read_answers("raters", "table").height == 40


def test_stopping_early_is_allowed_for(tmp_path: Path) -> None:
    run = stressed(tmp_path, "[mirror]\n  stop: {half_width: 0.01, looks: 2}")
    found = compare_runs(run, run)
    told = one(found, metric="unchanged", condition="mirror:5").result
    assert isinstance(told, Estimate)
    assert told.method.endswith("allows for 2 looks (Bonferroni)")
    # Three or four answers each of ten people, at half of 5 %.
    effective = 39**2 / (3**2 + 9 * 4**2)
    assert told.high == pytest.approx(1 - 0.0125 ** (1 / effective))
    assert told.level == 0.95


@pytest.mark.parametrize(
    ("looks", "is_same_seed", "expected"),
    [((1, 1), False, 1), ((4, 4), True, 4), ((4, 4), False, 16), ((2, 3), True, 6)],
)
def test_looks_of_both_runs_are_allowed_for(
    looks: tuple[int, int], is_same_seed: bool, expected: int
) -> None:
    first, second = (
        Kept(
            system="s", dataset="d", conditions=(), floor=None, n_looks=n, stopped=(), n_items=9
        )
        for n in looks
    )  # fmt: skip
    assert looks_of(first, second, is_same_seed=is_same_seed) == expected


def test_a_damaged_record_of_stress_is_told(tmp_path: Path) -> None:
    run = stressed(tmp_path, "[mirror]")
    record = json.loads((run / "run.json").read_text())
    del record["stress"][0]["conditions"][0]["n_asked"]
    (run / "run.json").write_text(json.dumps(record))
    expected = f"{run}: the record of the run is damaged. Run: facevalue run AUDIT.yaml --out {run}"
    with pytest.raises(InputError, match=f"^{re.escape(expected)}$"):
        compare_runs(run, run)


DRAWS = """
import numpy as np

DRAWN = np.random.default_rng(1)


def noised(batch):
    return ["light" if DRAWN.random() < 0.5 else "dark" for _ in batch]
"""


def test_answers_that_are_drawn_anew_are_said_to_be_part_of_every_difference(
    tmp_path: Path,
) -> None:
    checked = "[mirror]\n  checks: [repeat]"
    steady = stressed(tmp_path / "a", checked)
    drawn = stressed(tmp_path / "b", checked, DRAWS, name="dice")
    found = compare_runs(steady, drawn, systems=("mine", "dice"))
    same = one(FindingSet.read(drawn), metric="unchanged", condition="repeat").result.value
    assert same is not None
    said = [x for x in found.pairs[0].skill if x.startswith("Asked again")]
    assert said == [
        f"Asked again about the same media, dice keeps {100 * same:.1f} % of its answers on "
        "pictures. What it loses so is part of every difference under another condition."
    ]


def test_what_a_budget_left_out_stands_beside_the_differences(tmp_path: Path) -> None:
    whole = stressed(tmp_path / "a", "[mirror]")
    part = stressed(tmp_path / "b", "[mirror]\n  budget: {items: 41}")
    found = compare_runs(whole, part)
    assert found.pairs[0].n_items == 20
    assert [x for x in found.pairs[0].skill if "budget" in x] == [
        "mine (second) on pictures: The budget of 41 questions lasts for no further item: 40 of 80 "
        "questions were asked (items, as they are and under 1 condition), 40 were not."
    ]
