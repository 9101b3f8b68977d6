"""Who is held against whom."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facevalue.perturb.partners import choose_partners, same_text_pairs

Way = Literal["other-label", "same-label"]
WAYS: tuple[Way, ...] = ("other-label", "same-label")

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["joy", "fear", "anger", None]),
        st.sampled_from(["p", "q", "r", None]),
        st.sampled_from(["hello", "bye", "why", None]),
    ),
    max_size=24,
)


def people(n: int, seed: int = 0) -> tuple[list[str], list[str], list[str], list[str]]:
    rng = np.random.default_rng(seed)
    return (
        [f"item-{i}" for i in range(n)],
        [f"label-{k}" for k in rng.integers(0, 6, n)],
        [f"subject-{k}" for k in rng.integers(0, 20, n)],
        [f"text-{k}" for k in rng.integers(0, 8, n)],
    )


@pytest.mark.parametrize("way", WAYS)
@given(rows=ROWS, seed=st.integers(0, 2**32))
def test_everybody_who_can_have_a_partner_has_one_that_fits(
    way: Way, rows: list[tuple[str | None, str | None, str | None]], seed: int
) -> None:
    items = [f"i{n}" for n in range(len(rows))]
    labels, subjects = [r[0] for r in rows], [r[1] for r in rows]
    found = choose_partners(items, labels, subjects, seed=seed, label=way)

    def fits(a: int, b: int) -> bool:
        other_person = a != b and (subjects[a] is None or subjects[a] != subjects[b])
        labelled = labels[a] is not None and labels[b] is not None
        return other_person and labelled and (labels[a] == labels[b]) == (way == "same-label")

    for a, item in enumerate(items):
        able = {items[b] for b in range(len(items)) if fits(a, b)}
        assert (found[item] in able) if able else (item not in found)
    assert list(found) == [item for item in items if item in found]


@given(rows=ROWS, seed=st.integers(0, 2**32))
def test_text_partners_fit_and_differ_in_the_text_alone(
    rows: list[tuple[str | None, str | None, str | None]], seed: int
) -> None:
    items = [f"i{n}" for n in range(len(rows))]
    row = dict(zip(items, rows, strict=True))
    labels, subjects, texts = ([r[k] for r in rows] for k in range(3))
    found = same_text_pairs(items, texts, labels, subjects, seed=seed)
    for item, pair in found.items():
        label, subject, text = row[item]
        same, other = row[pair.same_text], row[pair.other_text]
        assert None not in (label, text, *same[::2], *other[::2])
        assert same[2] == text != other[2]
        assert same[0] == other[0] != label
        for partner, theirs in ((pair.same_text, same[1]), (pair.other_text, other[1])):
            assert partner != item
            assert subject is None or theirs != subject


def test_neither_the_order_nor_another_run_matters() -> None:
    items, labels, subjects, _ = people(200)
    once = choose_partners(items, labels, subjects, seed=3)
    assert once == choose_partners(items, labels, subjects, seed=3)
    turned = choose_partners(items[::-1], labels[::-1], subjects[::-1], seed=3)
    assert once == turned
    other = choose_partners(items, labels, subjects, seed=4)
    assert sum(once[i] != other[i] for i in items) > 150


@pytest.mark.parametrize("way", WAYS)
def test_a_new_item_changes_few_partners(way: Way) -> None:
    items, labels, subjects, _ = people(400)
    every = choose_partners(items, labels, subjects, seed=1, label=way)
    changed = 0
    for n in range(300, 400):
        few = choose_partners(items[:n], labels[:n], subjects[:n], seed=1, label=way)
        more = choose_partners(
            items[: n + 1], labels[: n + 1], subjects[: n + 1], seed=1, label=way
        )
        different = [i for i, partner in few.items() if more[i] != partner]
        # Only to the new one can anybody change.
        assert {more[i] for i in different} <= {items[n]}
        changed += len(different)
    assert len(every) == 400
    # One in all is expected for each new item; the number of a hundred has an s.d. of about 14.
    assert changed < 160


def test_partners_are_spread() -> None:
    items, labels, subjects, _ = people(1_000)
    used = Counter(choose_partners(items, labels, subjects, seed=2).values())
    # Chances are as long as the gaps on the ring: the longest of 1,000 is about ln 1,000 = 7 times
    # the mean, and some more where neighbours do not fit.
    assert max(used.values()) <= 16
    assert len(used) > 400


def test_labels_of_partners_are_as_common_as_they_are() -> None:
    items, labels, subjects, _ = people(3_000)
    label = dict(zip(items, labels, strict=True))
    found = choose_partners(items, labels, subjects, seed=5)
    share = Counter(label[p] for i, p in found.items() if label[i] == "label-0")
    # Five other labels, each about 100 of 500 times: s.d. 9.
    assert share["label-0"] == 0
    assert all(abs(n / sum(share.values()) - 0.2) < 0.08 for n in share.values() if n)


def test_the_comparison_is_spoken_by_the_same_where_it_can_be() -> None:
    items = ["a", "b", "c", "d"]
    texts = ["hello", "hello", "bye", "bye"]
    labels = ["joy", "fear", "fear", "fear"]
    for seed in range(20):
        found = same_text_pairs(items, texts, labels, ["p", "q", "r", "q"], seed=seed)
        assert (found["a"].same_text, found["a"].other_text) == ("b", "d")
    found = same_text_pairs(items, texts, labels, ["p", "q", "r", "p"], seed=0)
    # None by q says "bye"; d is by the same subject as a.
    assert (found["a"].same_text, found["a"].other_text) == ("b", "c")


def test_nobody_is_paired_where_nobody_fits() -> None:
    assert choose_partners([], [], [], seed=0) == {}
    assert same_text_pairs([], [], [], [], seed=0) == {}
    assert choose_partners(["a"], ["joy"], ["p"], seed=0) == {}
    assert choose_partners(["a", "b"], ["joy", "joy"], ["p", "q"], seed=0) == {}
    assert choose_partners(["a", "b"], ["joy", "fear"], ["p", "p"], seed=0) == {}
    assert choose_partners(["a", "b"], ["joy", None], ["p", "q"], seed=0) == {}
    assert choose_partners(["a", "b"], ["joy", "fear"], [None, None], seed=0) == {
        "a": "b",
        "b": "a",
    }


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^every item is given once$"):
        choose_partners(["a", "a"], ["joy", "fear"], ["p", "q"], seed=0)
    with pytest.raises(ValueError, match=r"^2 items and 1 values do not go together$"):
        choose_partners(["a", "b"], ["joy"], ["p", "q"], seed=0)
    with pytest.raises(ValueError, match=r"^2 items and 3 values do not go together$"):
        same_text_pairs(["a", "b"], ["x", "y", "z"], ["joy", "fear"], ["p", "q"], seed=0)
