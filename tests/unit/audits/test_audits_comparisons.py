"""A cell sorted into groups: what groups hold is what everybody holds less the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from audits_support import RIGHT, sampled, small_audit
from facevalue.audits.cells import Cell
from facevalue.audits.comparisons import Partition
from facevalue.audits.families import statistics_of
from facevalue.audits.sample import Sample, sample_of_counts
from facevalue.audits.statistic import Statistic
from facevalue.domain.labels import Taxonomy
from facevalue.stats import Replicates, permuted_gaps, scores_of
from facevalue.stats.permutation import METHOD_ALL, METHOD_DRAWN


def sample(**changes: pl.Expr) -> Sample:
    """Return the small audit with other columns of items."""
    items, answers = small_audit()
    return sampled(items.with_columns(**changes), answers)


def everything(s: Sample) -> Cell:
    return Cell(s, np.ones(len(s.item), dtype=bool))


def parted(s: Sample, *attributes: str) -> Partition:
    return Partition.of(everything(s), attributes, {})


def told(s: Sample, *names: str) -> list[Statistic]:
    known = {x.name: x for x in statistics_of(s, 0.9)}
    return [known[n] for n in names]


def without_metric(s: Statistic) -> Statistic:
    """Return the same statistic, counted anew for every cell."""
    return replace(s, metric=None)


def check_same(one: Replicates, other: Replicates) -> None:
    assert one.subjects.tolist() == other.subjects.tolist()
    assert one.value == pytest.approx(other.value, nan_ok=True)
    assert one.left_out == pytest.approx(other.left_out, nan_ok=True)
    assert one.sizes == pytest.approx(other.sizes)
    assert one.shares == pytest.approx(other.shares)
    assert (one.n_items, one.scale) == (other.n_items, other.scale)


THREE = pl.col("subject").str.slice(-1).cast(pl.Int64) % 3
"""Three groups of four people: the number of a person's name, by three."""

NAMES = (
    "accuracy", "uar", "mcc", "recall[anger]", "precision[calm]", "f1[anger]",
    "prediction_rate[calm]", "standardised_prediction_rate[anger]",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_sums_of_parts_give_what_counting_gives(name: str) -> None:
    s = sample(third=THREE.cast(pl.String))
    (statistic,) = told(s, name)
    parts = parted(s, "third")
    again = without_metric(statistic)
    anew = parted(s, "third")
    assert list(parts.cells) == ["0", "1", "2"]
    for by_parts, counted in (
        (parts.replicates(statistic), anew.replicates(again)),
        (parts.rests(statistic), anew.rests(again)),
    ):
        assert list(by_parts) == list(counted) == ["0", "1", "2"]
        for group in counted:
            check_same(by_parts[group], counted[group])


def test_the_rest_by_hand() -> None:
    s = sample()
    (accuracy,) = told(s, "accuracy")
    rest = parted(s, "sex").rests(accuracy)
    # Of 48 items women have 12 of 24 right and men 19 of 24; each is the other's rest.
    assert rest["m"].value == 12 / 24
    assert rest["f"].value == pytest.approx(19 / 24)
    assert rest["f"].n_items == 24
    assert rest["f"].sizes.tolist() == [4.0] * 6


def test_people_in_several_groups_are_in_the_rest_with_what_they_hold_there() -> None:
    s = sample()
    (accuracy,) = told(s, "accuracy")
    rest = parted(s, "light").rests(accuracy)["day"]
    night = [k for sex in "fm" for k in RIGHT["night", sex]]
    assert rest.n_subjects == 12
    assert rest.value == pytest.approx(sum(night) / 24)
    assert rest.left_out == pytest.approx([(sum(night) - k) / 22 for k in night])


def test_rows_in_no_group_are_in_no_rest() -> None:
    # Persons 0 of both sexes are in no group.
    s = sample(
        sex=pl.when(pl.col("subject").str.ends_with("0")).then(None).otherwise(pl.col("sex"))
    )
    (accuracy,) = told(s, "accuracy")
    assert parted(s, "sex").rests(accuracy)["m"].sizes.tolist() == [4.0] * 5
    leave_out = Partition.of(everything(sample()), ("sex",), {"sex": ["m"]})
    assert list(leave_out.cells) == ["f"]


def test_one_group_has_no_rest() -> None:
    s = sample(sex=pl.lit("x"))
    assert parted(s, "sex").rests(told(s, "accuracy")[0]) == {}


def test_what_was_worked_out_is_kept() -> None:
    s = sample()
    (accuracy,) = told(s, "accuracy")
    parts = parted(s, "sex")
    assert parts.replicates(accuracy) is parts.replicates(accuracy)


def split(permuted: dict[str, tuple[float, str]]) -> tuple[dict[str, float], set[str]]:
    return {name: p for name, (p, _) in permuted.items()}, {how for _, how in permuted.values()}


def test_each_statistic_says_how_its_own_p_value_was_made() -> None:
    # Groups of 5, 5 and 7 people; the last have no item of b, so that the recall of b is told
    # of two groups: C(10, 5) = 252 ways, all gone through. Accuracy has far more: drawn.
    rows = [
        {"subject": f"{group}{i}", "annotated": label, "predicted": "ab"[i % 2], "0": group, "n": 2}
        for group, n, labels in (("x", 5, "ab"), ("y", 5, "ab"), ("z", 7, "a"))
        for i in range(n)
        for label in labels
    ]
    s = sample_of_counts(
        pl.DataFrame(rows), Taxonomy("t", ("a", "b")), ["group"], subjects_declared=True
    )
    found = parted(s, "group").permuted(
        told(s, "accuracy", "recall[b]"), 300, np.random.default_rng(1)
    )
    assert {name: how for name, (_, how) in found.items()} == {
        "accuracy": METHOD_DRAWN, "recall[b]": METHOD_ALL,
    }  # fmt: skip


def test_the_permutation_is_of_everybody_in_a_group_that_can_be_told() -> None:
    s = sample()
    statistics = told(s, "accuracy", "uar")
    found, methods = split(parted(s, "sex").permuted(statistics, 924, np.random.default_rng(1)))
    assert methods == {METHOD_ALL}  # 12!/(6!·6!) = 924 ways
    scores = [scores_of(x.replicates(everything(s))) for x in statistics]
    subjects = np.unique(s.subject)
    sex = s.attributes["sex"].codes
    member = np.array([sex[s.subject == x][0] for x in subjects])
    expected, _ = permuted_gaps(scores, subjects, member, 924, np.random.default_rng(1))
    assert found == dict(zip(("accuracy", "uar"), expected, strict=True))
    # The same by counting anew, and by drawing.
    again = [without_metric(x) for x in statistics]
    anew, _ = split(parted(s, "sex").permuted(again, 924, np.random.default_rng(1)))
    assert anew == pytest.approx(found)
    drawn, methods = split(parted(s, "sex").permuted(statistics, 900, np.random.default_rng(1)))
    assert methods == {METHOD_DRAWN}
    # Four standard errors of 900 draws.
    for name, p in found.items():
        assert drawn[name] == pytest.approx(p, abs=4 * (p * (1 - p) / 900) ** 0.5 + 1 / 900)


def test_groups_too_small_take_no_part_in_the_permutation() -> None:
    # A third group of two people (numbers 0): the others permute as if it were not there.
    few = pl.col("subject").str.ends_with("0")
    small = sample(sex=pl.when(few).then(pl.lit("x")).otherwise(pl.col("sex")))
    none = sample(sex=pl.when(few).then(None).otherwise(pl.col("sex")))
    for again in (False, True):
        results = []
        for s in (small, none):
            (accuracy,) = told(s, "accuracy")
            statistic = without_metric(accuracy) if again else accuracy
            made = parted(s, "sex").permuted([statistic], 252, np.random.default_rng(1))
            results.append(split(made))
        (with_it, methods), without = results
        assert methods == {METHOD_ALL}  # 10!/(5!·5!) = 252 ways
        assert with_it == pytest.approx(without[0])


@pytest.mark.parametrize("attribute", ["light", "alone", "few"])
def test_without_two_groups_of_people_there_is_no_permutation(attribute: str) -> None:
    # Everybody is in both lights; "alone" is one group; of "few" one of two can be told.
    s = sample(
        alone=pl.lit("x"),
        few=pl.when(pl.col("subject") == "f0").then(pl.lit("one")).otherwise(pl.lit("others")),
    )
    found = parted(s, attribute).permuted(told(s, "accuracy"), 99, np.random.default_rng(1))
    assert found == {}


def test_intersections_make_groups_of_all_values() -> None:
    s = sample(third=THREE.cast(pl.String))
    groups = parted(s, "sex", "third")
    assert list(groups.cells) == ["f × 0", "f × 1", "f × 2", "m × 0", "m × 1", "m × 2"]
    (accuracy,) = told(s, "accuracy")
    assert groups.replicates(accuracy)["m × 2"].n_subjects == 2
