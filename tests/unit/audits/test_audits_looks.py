"""Which looks are read together, and what is then allowed for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from audits_support import estimate, finding, measured, none, one
from facevalue.audits.findings import Adjusted, Finding
from facevalue.audits.looks import Family, Look, adjust, sorted_looks
from facevalue.domain import Estimate
from facevalue.stats import Deviations

RNG = np.random.default_rng(0)


def look(p: float | None, metric: str = "accuracy", *, mirrored: bool = False, **at: Any) -> Look:
    """Return a look with a p-value, whose ends are the level and its negative."""
    place = {"family": "disparity", "attribute": "sex", "group": "f", "reference": "rest"}
    given = finding(estimate(0.1, p_value=p), metric, **{**place, **at})
    return Look(given, lambda level: (-level, level), is_mirrored=mirrored)


def by_group(found: dict[str, Finding]) -> dict[str | None, Adjusted | None]:
    return {f.place.group: f.adjusted for f in found.values()}


def check(found: dict[str, Finding], group: str, p: float, by: str, level: float) -> None:
    told = by_group(found)[group]
    assert told is not None
    assert told.by == by
    assert told.p_value == pytest.approx(p)
    assert (told.low, told.high) == pytest.approx((-level, level))


def test_looks_of_one_kind_make_a_family_of_their_own() -> None:
    first = look(0.1, "recall[anger]")
    same = [first, look(0.2, "recall[calm]"), look(0.3, "recall[anger]", group="m")]
    others = [
        look(0.1, "accuracy"),
        look(0.1, "recall[anger]", attribute="age"),
        look(0.1, "recall[anger]", condition="light=day"),
        look(0.1, "recall[anger]", reference="m"),
        look(0.1, "recall[anger]", family="comparison"),
        look(0.1, "recall[anger]", system="theirs"),
        look(0.1, "recall[anger]", dataset="voices"),
    ]
    families = list(sorted_looks([*same, *others], ()).values())
    assert families[0] == same
    assert families[1:] == [[x] for x in others]


def test_what_has_no_p_value_is_no_look() -> None:
    told = Look(finding(none(), family="disparity"))
    assert told.p_value is None
    assert look(None).p_value is None
    assert sorted_looks([told, look(None)], [Family(name="all")]) == {}


@pytest.mark.parametrize(
    ("wanted", "is_held"),
    [
        ({}, True),
        ({"metrics": ("recall",)}, True),  # stands for all of recall[…]
        ({"metrics": ("recall[anger]",)}, True),
        ({"metrics": ("recall[calm]", "accuracy")}, False),
        ({"attributes": ("age", "sex × age")}, True),
        ({"attributes": ("sex",)}, False),
        ({"conditions": ("all",)}, True),
        ({"conditions": ("light=day",)}, False),
        ({"references": ("rest",)}, True),
        ({"references": ("largest gap",)}, False),
        ({"metrics": ("recall",), "attributes": ("sex",)}, False),  # all have to fit
        ({"adjust": "max-t"}, False),  # without what people add
    ],
)
def test_a_family_holds_what_fits_in_everything(wanted: dict[str, Any], is_held: bool) -> None:
    one_look = look(0.1, "recall[anger]", attribute="sex × age", group="f × 60+")
    assert Family(name="mine", **wanted).holds(one_look) is is_held


def test_the_whole_sample_is_not_a_condition_of_another_name() -> None:
    by_day = look(0.1, condition="light=day")
    assert Family(name="mine", conditions=("light=day",)).holds(by_day)
    assert not Family(name="mine", conditions=("all",)).holds(by_day)


def test_the_first_family_that_fits_counts() -> None:
    families = [Family(name="recalls", metrics=("recall",)), Family(name="sexes")]
    looks = [look(0.1), look(0.2, "recall[calm]"), look(0.3, "uar")]
    assert sorted_looks(looks, families) == {
        "sexes": [looks[0], looks[2]], "recalls": [looks[1]],
    }  # fmt: skip


def test_holm_by_hand() -> None:
    looks = [look(p, group=g) for g, p in (("a", 0.01), ("b", 0.04), ("c", 0.03))]
    found = adjust(looks, "holm", 0.95, RNG)
    # 0.01·3; 0.03·2; and 0.04·1 is raised to that. Single intervals at 1 − 0.05/3.
    level = 1 - 0.05 / 3
    for group, p in {"a": 0.03, "b": 0.06, "c": 0.06}.items():
        check(found, group, p, "Holm over 3", level)
    # The raw figures stay as they are, and every finding is told under its own key.
    assert {key: f.result for key, f in found.items()} == {
        x.finding.key: x.finding.result for x in looks
    }


@pytest.mark.parametrize(
    ("ps", "adjusted", "n_told"),
    [
        # 0.01·3/1, 0.04·3/3 and 0.03·3/2 lowered to it: all three are told.
        ((0.01, 0.04, 0.03), (0.03, 0.04, 0.04), 3),
        # 0.01·3 is told, 0.2·3/2 and 0.3·3/3 are not: an interval at 1 − 0.05·1/3.
        ((0.01, 0.2, 0.3), (0.03, 0.3, 0.3), 1),
        # None is told: as for one.
        ((0.5, 0.2, 0.3), (0.5, 0.45, 0.45), 1),
        # On the level itself still told: 0.025·2 = 0.05.
        ((0.025, 0.9), (0.05, 0.9), 1),
    ],
)
def test_benjamini_hochberg_by_hand(
    ps: tuple[float, ...], adjusted: tuple[float, ...], n_told: int
) -> None:
    looks = [look(p, group=str(i)) for i, p in enumerate(ps)]
    found = adjust(looks, "benjamini-hochberg", 0.95, RNG, "mine")
    by = f"Benjamini–Hochberg over {len(ps)} (mine)"
    for i, p in enumerate(adjusted):
        check(found, str(i), p, by, 1 - 0.05 * n_told / len(ps))


def test_a_look_told_twice_is_one_look() -> None:
    # The second of two groups, whose p-value differs in a last digit.
    twin = look(np.nextafter(0.02, 1), group="m", mirrored=True)
    found = by_group(adjust([look(0.02), twin, look(0.5, group="x")], "holm", 0.95, RNG))
    assert {g: a.p_value for g, a in found.items() if a} == {"f": 0.04, "m": 0.04, "x": 0.5}
    assert {a.by for a in found.values() if a} == {"Holm over 2"}
    # Where only mirrored looks are in a family they are looks all the same.
    alone = by_group(adjust([twin], "holm", 0.95, RNG))
    assert alone == {"m": Adjusted(p_value=twin.p_value or 0.0, by="Holm over 1")}


def test_one_look_needs_no_other_interval() -> None:
    found = by_group(adjust([look(0.02)], "benjamini-hochberg", 0.95, RNG))
    assert found == {"f": Adjusted(p_value=0.02, by="Benjamini–Hochberg over 1")}


def test_an_interval_that_cannot_be_made_again_is_left_out() -> None:
    bare = Look(look(0.02).finding)
    found = by_group(adjust([bare, look(0.5, group="x")], "holm", 0.95, RNG))
    assert found["f"] == Adjusted(p_value=0.04, by="Holm over 2")


def added_by(people: np.ndarray) -> Callable[[], Deviations]:
    return lambda: (people, np.linspace(-1, 1, len(people)))


def test_max_t_pays_less_for_looks_that_go_together() -> None:
    def looks(apart: int) -> list[Look]:
        return [
            Look(x.finding, x.ends, added_by(np.arange(i * apart, i * apart + 20)))
            for i, x in enumerate([look(0.02), look(0.2, group="m")])
        ]

    def found(apart: int) -> dict[str | None, Adjusted | None]:
        return by_group(adjust(looks(apart), "max-t", 0.95, np.random.default_rng(1), "mine"))

    same, separate = found(0)["f"], found(20)["f"]
    assert same is not None
    assert separate is not None
    assert same.by == "max-t over 2 (mine)"
    # The same people in the same way: one look. Different people: 1 − 0.98². Four standard
    # errors of 10,000 draws: 4·√(0.02·0.98/10,000) = 0.0056.
    assert same.p_value == pytest.approx(0.02, abs=0.0056)
    assert separate.p_value == pytest.approx(1 - 0.98**2, abs=0.008)
    # Single intervals at 95 %, and at √0.95.
    assert same.high == pytest.approx(0.95, abs=0.009)
    assert separate.high == pytest.approx(0.95**0.5, abs=0.0045)
    assert separate.low == -(separate.high or 0.0)


def test_families_of_the_audit_file_reach_over_conditions() -> None:
    at: dict[str, Any] = {"metric": "accuracy", "attribute": "sex"}
    spec: dict[str, Any] = {"groups": (("sex",),), "conditions": ("light",)}
    family = Family(name="by light", metrics=("accuracy",), conditions=("light=day", "light=night"))
    plain, together = measured(**spec), measured(**spec, families=(family,))
    day, night = (
        one(together, **at, condition=f"light={light}", group="f", reference="rest")
        for light in ("day", "night")
    )
    gaps = [
        one(together, **at, condition=f"light={light}", group="m − f", reference="largest gap")
        for light in ("day", "night")
    ]
    # Two differences (each told twice) and two largest gaps: four looks.
    ps = [f.result.p_value for f in (day, night, *gaps) if isinstance(f.result, Estimate)]
    assert len(ps) == 4
    for f in (day, night, *gaps):
        assert f.adjusted is not None
        assert f.adjusted.by == "Holm over 4 (by light)"
    smallest = min(p for p in ps if p is not None)
    told = [f.p_adjusted for f in (day, night, *gaps)]
    assert min(p for p in told if p is not None) == pytest.approx(4 * smallest)
    # All else is as without: the whole sample, other metrics, raw figures and their order.
    assert [f.place for f in plain] == [f.place for f in together]
    for without, with_family in zip(plain, together, strict=True):
        assert without.result == with_family.result
        inside = without.place.metric == "accuracy" and without.place.condition is not None
        if without.adjusted is not None and not inside:
            assert without == with_family


def test_simultaneous_intervals_are_wider_ones_of_the_same_comparison() -> None:
    family = Family(name="recalls", references=("rest",))
    spec: dict[str, Any] = {"groups": (("sex",),), "metrics": ("recall",)}
    found = measured(**spec, families=(family,))
    # Two looks, each told from both sides: single intervals at 97.5 %.
    at_level = measured(**spec, level=0.975)
    wide = found.where(reference="rest")
    assert len(wide) == 4
    for f in wide:
        single = at_level[f.key].result
        assert isinstance(single, Estimate)
        assert f.adjusted is not None
        assert (f.adjusted.low, f.adjusted.high) == pytest.approx((single.low, single.high))
