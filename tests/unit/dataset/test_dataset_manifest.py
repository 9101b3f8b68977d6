"""Manifests: every problem at once, each with its place; then what is made of a good one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from facevalue.dataset import Bands, Dataset, DatasetSpec, open_dataset
from facevalue.domain import Taxonomy
from facevalue.errors import InputError, ManifestError

EKMAN = Taxonomy("ekman6", ("anger", "disgust", "fear", "happiness", "sadness", "surprise"))


def opened(folder: Path, text: str, **asked: Any) -> Dataset:
    (folder / "m.csv").write_text(text, encoding="utf-8", newline="")
    spec = DatasetSpec(id="mine", manifest="m.csv", taxonomy=EKMAN, **asked)
    return open_dataset(spec, base=folder)


def problems(folder: Path, text: str, **asked: Any) -> str:
    with pytest.raises(ManifestError) as caught:
        opened(folder, text, **asked)
    return str(caught.value)


def test_a_good_manifest(tmp_path: Path) -> None:
    text = "item,subject,annotated,sex,age\na,p1,anger,female,29\nb,p1,fear,female,29\n"
    found = opened(tmp_path, text)
    assert found.items.drop("sha256").to_dicts() == [
        {
            "item": "a",
            "subject": "p1",
            "annotated": "anger",
            "media": None,
            "sex": "female",
            "age": "29",
        },
        {
            "item": "b",
            "subject": "p1",
            "annotated": "fear",
            "media": None,
            "sex": "female",
            "age": "29",
        },
    ]
    assert found.attributes == ("sex", "age")
    assert found.notes == ()
    assert found.subjects_declared
    assert not found.has_media
    assert found.items["sha256"].n_unique() == 2
    assert [m.item for m in found.media(["b", "a"]) if hasattr(m, "item")] == ["b", "a"]


def test_all_problems_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        "item,subject,annotated,votes_anger,votes_feer\n"
        "a,p1,hapy,1,0\n"
        "a,,anger,-1,0\n"
        ",p2,fear,1.5,NaN\n"
        "b,p2,fear,0,0\n"
        "c\x01,p2,fear,2.0,\n"
        "d,p2\n"
        f"{'e' * 201},p2,fear,1,1\n"
        "a,p1,hapy,1,0\n"
    )
    hint = "Map it under labels, if need be to 'outside'"
    assert problems(tmp_path, text) == (
        "m.csv: 14 problem(s)\n"
        "  row 1, column votes_feer: 'feer' is not in taxonomy ekman6. Did you mean 'fear'? "
        f"{hint} [unknown_label]\n"
        "  row 2, column annotated: 'hapy' is not in taxonomy ekman6 (in 2 rows). "
        f"Did you mean 'happiness'? {hint} [unknown_label]\n"
        "  row 3, column subject: no subject; give one in every row or leave the column out "
        "[empty_subject]\n"
        "  row 3: item id 'a' also on row 2 [duplicate_id]\n"
        "  row 3, column votes_anger: found '-1'; expected a whole number, 0 or more [bad_votes]\n"
        "  row 4, column item: every row needs an item id [empty_item]\n"
        "  row 4, column votes_anger: found '1.5'; expected a whole number, 0 or more [bad_votes]\n"
        "  row 4, column votes_feer: found 'NaN'; expected a whole number, 0 or more [bad_votes]\n"
        "  row 5: all rating counts are 0; expected at least one rating [no_votes]\n"
        "  row 6, column item: 'c\\x01' holds a control character [control_character]\n"
        "  row 6, column votes_feer: found nothing; expected a whole number, 0 or more "
        "[bad_votes]\n"
        "  row 7: 2 field(s); the header has 5 [ragged_row]\n"
        "  row 8, column item: 201 characters; at most 200 are taken [too_long]\n"
        "  row 9: item id 'a' also on row 2 [duplicate_id]"
    )


COLUMNS: dict[str, tuple[str, Mapping[str, str], str]] = {
    "item": (
        "itm,annotated\na,fear\n",
        {},
        "  row 1, column item: there is no column 'item'. Did you mean 'itm'? "
        "Say which column it is under columns: item [missing_column]",
    ),
    "annotated": (
        "item,emotion\na,fear\n",
        {},
        "  row 1, column annotated: there is no column 'annotated' or rating counts "
        "'votes_<label>'. Say which column it is under columns: annotated [missing_column]",
    ),
    "declared": (
        "item,annotated,persn\na,fear,p\n",
        {"subject": "person"},
        "  row 1, column person: there is no column 'person'. Did you mean 'persn'? "
        "Say which column it is under columns: subject [missing_column]",
    ),
    "not ours": (
        "item,annotated\na,fear\n",
        {"subjekt": "p"},
        "  columns: 'subjekt' is none of our columns. Did you mean 'subject'? "
        "Ours: item, subject, media, annotated [unknown_column]",
    ),
}


@pytest.mark.parametrize(("text", "columns", "line"), COLUMNS.values(), ids=COLUMNS)
def test_missing_columns(tmp_path: Path, text: str, columns: Mapping[str, str], line: str) -> None:
    assert problems(tmp_path, text, columns=columns) == f"m.csv: 1 problem(s)\n{line}"


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    columns = {"item": "clip", "subject": "actor", "annotated": "emotion"}
    found = opened(
        tmp_path, "clip,actor,emotion,item\na,p,fear,7\n", columns=columns, where={"actor": ("p",)}
    )
    assert found.items.select("item", "subject", "annotated").rows() == [("a", "p", "fear")]
    assert found.notes == ("column 'item' is left out: the name has a meaning here",)


def test_without_a_subject_column_each_item_stands_alone(tmp_path: Path) -> None:
    found = opened(tmp_path, "item,annotated,speaker\na,fear,s\n")
    assert not found.subjects_declared
    assert found.items["subject"].to_list() == [None]
    assert found.notes == (
        "if 'speaker' says who the person is, name it under columns: subject",
        "there is no subject id: each item is taken as its own subject",
    )


def test_markup_in_labels_and_attributes_is_kept_as_data(tmp_path: Path) -> None:
    found = opened(
        tmp_path,
        "item,subject,annotated,<b>sex</b>\n<script>a</script>,p,<i>rage</i>,<img src=x>\n",
        label_map={"<i>rage</i>": "anger"},
    )
    assert found.attributes == ("<b>sex</b>",)
    assert found.items["item"].to_list() == ["<script>a</script>"]
    assert found.items["<b>sex</b>"].to_list() == ["<img src=x>"]


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\u2028", "\x7f", "\x85", "\t"])
def test_marks_that_disguise_text_are_refused(tmp_path: Path, mark: str) -> None:
    found = problems(tmp_path, f'item,annotated\n"a{mark}",fear\n')
    assert found == (
        "m.csv: 1 problem(s)\n"
        f"  row 2, column item: {'a' + mark!r} holds a control character [control_character]"
    )


def test_column_names_are_checked_too(tmp_path: Path) -> None:
    long = "x" * 201
    found = problems(tmp_path, f"item,annotated,a\x02b,{long}\na,fear,1,2\n")
    assert found == (
        "m.csv: 2 problem(s)\n"
        "  row 1, column a\\x02b: the name of the column holds a control character "
        "[control_character]\n"
        f"  row 1, column {'x' * 59}…: the name has 201 characters; at most 200 are taken "
        "[too_long]"
    )


def test_columns_that_are_not_asked_for_are_not_checked(tmp_path: Path) -> None:
    text = f"item,subject,annotated,sex,transcript\na,p,fear,f,{'x' * 300}\n"
    assert opened(tmp_path, text, attributes=("sex",)).attributes == ("sex",)


VOTES = "item,subject,votes_anger,votes_rage,votes_fear,votes_bored\na,p,1,2,0,4\nb,p,0,0,3,1\n"


def test_rating_counts_are_mapped_and_added(tmp_path: Path) -> None:
    found = opened(tmp_path, VOTES, label_map={"rage": "anger", "bored": "outside"})
    # a: anger 1 + rage 2 = 3, bored 4 outside; b: fear 3, bored 1 outside. 4 + 1 = 5.
    assert found.items.select(pl.col("^votes_.*$")).to_dicts() == [
        {"votes_anger": 3, "votes_fear": 0, "votes_outside": 4},
        {"votes_anger": 0, "votes_fear": 3, "votes_outside": 1},
    ]
    assert found.vote_labels == ("anger", "fear", "outside")
    assert found.notes == (
        "5 rating(s) are outside the taxonomy ('bored')",
        "no item has an annotated label: correctness cannot be measured against one",
    )


def test_items_outside_the_taxonomy_are_left_out_and_counted(tmp_path: Path) -> None:
    text = "item,subject,annotated\na,p,fear\nb,p,bored\nc,q,\nd,q,none\n"
    found = opened(tmp_path, text, label_map={"bored": "outside"})
    assert found.items["annotated"].to_list() == ["fear", None, "none"]
    assert found.notes == (
        "1 item(s) annotated outside the taxonomy are left out",
        "1 of 3 items have no annotated label",
    )


def test_a_label_map_into_nowhere(tmp_path: Path) -> None:
    found = problems(
        tmp_path, "item,annotated\na,mad\nb,fear\n", label_map={"mad": "angr", "glad": "joy"}
    )
    assert found == (
        "m.csv: 2 problem(s)\n"
        "  labels, 'mad': 'angr' is not in taxonomy ekman6; expected one of its labels or "
        "'outside'. Did you mean 'anger'? [unknown_map_target]\n"
        "  labels, 'glad': 'joy' is not in taxonomy ekman6; expected one of its labels or "
        "'outside'. [unknown_map_target]"
    )


AGES = (
    "item,subject,annotated,sex,age\n"
    "a,p,fear,f,29\nb,q,fear,f,30\nc,r,anger,m,44.5\nd,s,fear,m,60\ne,t,fear,m,\n"
)


def test_bands_are_derived_with_their_order(tmp_path: Path) -> None:
    found = opened(tmp_path, AGES, bands={"age_band": Bands(of="age", edges=(30, 45, 60))})
    # 29 < 30; 30 is on the edge of the band above; 44.5 < 45; 60 is on the last edge.
    expected = ["under 30", "30–44", "30–44", "60+", None]
    assert found.items["age_band"].to_list() == expected
    assert found.attributes == ("sex", "age", "age_band")
    assert found.group_order == {"age_band": ("under 30", "30–44", "45–59", "60+")}


def test_bands_can_replace_their_column_and_be_filtered_on(tmp_path: Path) -> None:
    found = opened(
        tmp_path,
        AGES,
        attributes=("sex",),
        bands={"age_band": Bands(of="age", edges=(30,))},
        where={"age_band": ("30+",), "sex": ("m",), "annotated": ("fear",)},
    )
    assert found.items.select("item", "sex", "age_band").rows() == [("d", "m", "30+")]
    assert "age" not in found.items.columns


def test_what_is_asked_of_columns_that_are_not_there(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        AGES.replace(",30\n", ",old\n"),
        attributes=("sexx", "age"),
        bands={
            "sex": Bands(of="age", edges=(30,)),
            "weight_band": Bands(of="weight", edges=(50,)),
        },
        where={"sex": ("f", "man"), "modality": ("voice",)},
    )
    assert found == (
        "m.csv: 6 problem(s)\n"
        "  attributes: there is no column 'sexx'. Did you mean 'sex'? There are: 'sex', 'age', "
        "'weight_band' [unknown_column]\n"
        "  bands.sex: a column of this name is there already [duplicate_column]\n"
        "  bands.weight_band: there is no column 'weight'. There are: 'sex', 'age' "
        "[unknown_column]\n"
        "  where.sex: no item has 'man'. Did you mean 'm'? Values there: 'f', 'm' [unknown_value]\n"
        "  where.modality: there is no column 'modality'. There are: 'sex', 'age', 'weight_band', "
        "'item', 'subject', 'annotated' [unknown_column]\n"
        "  row 3, column age: 'old' is not a number, which bands.sex needs [not_a_number]"
    )


def test_a_filter_that_leaves_nothing(tmp_path: Path) -> None:
    found = problems(tmp_path, AGES, where={"sex": ("f",), "annotated": ("anger",)})
    assert found == (
        "m.csv: 1 problem(s)\n"
        "  where: no item is left after 'where' and the label map [nothing_left]"
    )


def test_the_fingerprint_knows_content_and_not_columns_order(tmp_path: Path) -> None:
    one = opened(tmp_path, "item,subject,annotated,x,y\na,p,fear,1,2\n")
    other = opened(tmp_path, "y,annotated,item,x,subject\n2,fear,a,1,p\n")
    changed = opened(tmp_path, "item,subject,annotated,x,y\na,p,anger,1,2\n")
    assert one.sha256 == other.sha256 != changed.sha256
    assert one.items["sha256"].to_list() == other.items["sha256"].to_list()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "dataset 'x': give either a name or a manifest"),
        (
            {"name": "crema-d", "manifest": "m.csv"},
            "dataset 'x': give either a name or a manifest",
        ),
        ({"manifest": "m.csv"}, "dataset 'x': a manifest needs a taxonomy"),
        (
            {"manifest": "m.csv", "taxonomy": EKMAN, "options": {"size": 3}},
            "dataset 'x': a manifest has no options, found 'size'",
        ),
        (
            {"name": "crema"},
            "unknown dataset 'crema'. Did you mean 'crema-d'? Known: 'crema-d', 'emodb-2s', "
            "'ferplus', 'generated-control-sounds', 'generated-controls', 'lfw-subset'.",
        ),
    ],
)
def test_a_specification_that_contradicts_itself(asked: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError) as caught:
        open_dataset(DatasetSpec(id="x", **asked), base=Path())
    assert str(caught.value) == expected


@pytest.mark.parametrize("edges", [(), (3, 2), (1, 1)])
def test_edges_of_bands_ascend(edges: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="edges of a band must be ascending numbers"):
        Bands(of="age", edges=edges)


def test_bands_of_one_year_and_of_fractions() -> None:
    assert Bands(of="age", edges=(30, 31)).labels == ("under 30", "30", "31+")
    assert Bands(of="w", edges=(0.5, 1)).labels == ("under 0.5", "0.5 to under 1", "1+")


def test_an_item_that_is_not_there_is_said(tmp_path: Path) -> None:
    found = opened(tmp_path, "item,annotated\na,fear\n")
    with pytest.raises(InputError) as caught:
        found.media(["a", "b"])
    assert str(caught.value) == "dataset 'mine' has no item 'b'"
