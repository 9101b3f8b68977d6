"""What is in a dataset, counted."""

from __future__ import annotations

import json
from pathlib import Path

from facevalue.dataset import Bands, DatasetSpec, describe, open_dataset
from facevalue.domain import Taxonomy

TEXT = """\
item,subject,annotated,votes_calm,votes_anger,sex,age
a,p,calm,2,1,f,20
b,p,anger,0,3,f,20
c,q,anger,1,2,m,70
d,r,,1,1,,9
"""


def test_counts_by_label_group_and_intersection(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(TEXT)
    spec = DatasetSpec(
        id="mine",
        manifest="m.csv",
        taxonomy=Taxonomy("three", ("calm", "anger", "joy")),
        bands={"band": Bands(of="age", edges=(30, 60))},
    )
    found = describe(open_dataset(spec, base=tmp_path))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["n_items"], found["n_subjects"], found["n_with_media"]) == (4, 3, 0)
    assert found["labels"] == [
        {"label": "calm", "n_items": 1},
        {"label": "anger", "n_items": 2},
        {"label": "joy", "n_items": 0},
    ]
    assert found["n_without_label"] == 1
    assert found["ratings"] == [
        {"label": "calm", "n_ratings": 4},  # 2 + 0 + 1 + 1
        {"label": "anger", "n_ratings": 7},  # 1 + 3 + 2 + 1
    ]
    by_name = {a["attribute"]: a for a in found["attributes"]}
    assert by_name["sex"] == {
        "attribute": "sex",
        "n_groups": 2,
        "n_missing": 1,
        "groups": [
            {"group": "f", "n_items": 2, "n_subjects": 1},
            {"group": "m", "n_items": 1, "n_subjects": 1},
        ],
    }
    assert [g["group"] for g in by_name["age"]["groups"]] == ["9", "20", "70"]
    # A band that nobody falls into keeps its row, here and in every intersection.
    crossed = {c["attribute"]: c["groups"] for c in found["intersections"]}
    assert list(crossed) == ["sex × age", "sex × band", "age × band"]
    assert crossed["sex × band"] == [
        {"group": "f × under 30", "n_items": 2, "n_subjects": 1},
        {"group": "f × 30–59", "n_items": 0, "n_subjects": 0},
        {"group": "f × 60+", "n_items": 0, "n_subjects": 0},
        {"group": "m × under 30", "n_items": 0, "n_subjects": 0},
        {"group": "m × 30–59", "n_items": 0, "n_subjects": 0},
        {"group": "m × 60+", "n_items": 1, "n_subjects": 1},
    ]


def test_without_subjects_none_are_counted() -> None:
    spec = DatasetSpec(id="blank", name="generated-controls", options={"n_per_kind": 1})
    found = describe(open_dataset(spec, base=Path()))
    assert found["n_subjects"] is None
    assert found["labels"][-1] == {"label": "none", "n_items": 5}
    assert found["card"]["name"] == "generated-controls"
    assert found["n_with_media"] == 5
