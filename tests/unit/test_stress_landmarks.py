"""Landmarks of a manifest: read, checked, and used where parts of a face are hidden."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from facevalue import flow
from facevalue.errors import AuditSpecError
from flow_support import AUDIT, NOW, asked, build
from support import require

STRESS = """\
stress:
  checks: [repeat]
  perturbations: [hide-eyes, {name: jpeg, severities: [1]}]
  landmarks: {left_eye: [lx, ly], right_eye: [rx, ry]}
"""
AT = {"lx": "5", "ly": "6", "rx": "11", "ry": "6"}


def built(folder: Path, audit: str = STRESS, **changes: dict[str, str]) -> Path:
    """Write an audit whose manifest has landmarks; ``changes`` by item, - for _."""
    require("PIL")
    require("cv2")
    path = build(folder, AUDIT + audit)
    manifest = folder / "pictures.csv"
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with manifest.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [*rows[0], *AT])
        table.writeheader()
        for row in rows:
            table.writerow({**row, **AT, **changes.get(row["item"].replace("-", "_"), {})})
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(AuditSpecError) as caught:
        flow.audit(path, path.parent / "run", now=NOW)
    assert not asked(path.parent)
    assert not (path.parent / "run" / "run.json").exists()
    return [p.what for p in caught.value.problems]


def told(run: flow.Run) -> dict[str, int]:
    (record,) = json.loads((run.folder / "run.json").read_text("utf-8"))["stress"]
    assert record["landmarks"] == ["left_eye", "right_eye"]
    return {c["name"]: c["n_asked"] for c in record["conditions"]}


def test_only_what_is_placed_is_asked_anew_when_landmarks_change(tmp_path: Path) -> None:
    run = flow.audit(built(tmp_path), tmp_path / "run", now=NOW)
    assert told(run) == {"repeat": 40, "hide-eyes:3": 40, "jpeg:1": 40}
    before = sum(asked(tmp_path).values())
    flow.audit(built(tmp_path, face_1_1={"lx": "4"}), tmp_path / "run", now=NOW)
    # No two pictures are equal: each is one question under the one condition.
    assert sum(asked(tmp_path).values()) == before + 40


def test_items_without_landmarks_are_left_out_where_they_are_needed(tmp_path: Path) -> None:
    nothing = dict.fromkeys(AT, "")
    path = built(tmp_path, face_1_1=nothing, face_2_0=nothing)
    run = flow.audit(path, tmp_path / "run", now=NOW)
    shares = {
        f.place.condition: f.result
        for f in run.findings.where(metric="unchanged", attribute=None, reference=None)
    }
    # One of 40 is not answered as it is.
    assert shares["jpeg:1"].n_items == 39
    assert shares["hide-eyes:3"].n_items == 37
    failures = {
        f.place.condition: f.result.value
        for f in run.findings.where(metric="failure_rate", attribute=None)
    }
    assert failures["hide-eyes:3"] == pytest.approx(1 / 38)


def test_what_is_no_landmark_is_told_for_every_item_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    path = built(
        tmp_path,
        face_0_0={"lx": "left"},
        face_1_0={"ly": "nan"},
        face_2_0={"lx": "12"},
        face_3_0={"rx": ""},
        face_4_0={"rx": "", "ry": ""},
        face_5_0={"rx": "5.4"},
    )
    assert problems(path) == [
        "dataset 'pictures', item 'face-0-0': lx is 'left', expected pixels, as 31.5",
        "dataset 'pictures', item 'face-1-0': ly is 'nan', expected pixels, as 31.5",
        "dataset 'pictures', item 'face-2-0': left_eye is not left of right_eye; left and right "
        "are those of the picture",
        "dataset 'pictures', item 'face-3-0': right_eye has one coordinate of two",
        "dataset 'pictures', item 'face-4-0': a face is placed by two landmarks or more",
        "dataset 'pictures': and 1 more like these",
    ]


def test_landmarks_that_no_item_has_are_refused(tmp_path: Path) -> None:
    nothing = {f"face_{p}_{k}": dict.fromkeys(AT, "") for p in range(10) for k in range(4)}
    assert problems(built(tmp_path, STRESS, **nothing)) == [
        "dataset 'pictures': no item has landmarks"
    ]


def test_landmarks_outside_of_a_picture_hide_nothing_and_are_left_out(tmp_path: Path) -> None:
    far = {"lx": "5005", "rx": "5011"}
    run = flow.audit(built(tmp_path, STRESS, face_1_1=far), tmp_path / "run", now=NOW)
    assert told(run) == {"repeat": 40, "hide-eyes:3": 39, "jpeg:1": 40}


def test_many_wrong_items_are_counted(tmp_path: Path) -> None:
    wrong = {f"face_{p}_{k}": {"lx": "?"} for p in range(2) for k in range(4)}
    assert problems(built(tmp_path, STRESS, **wrong))[-1] == (
        "dataset 'pictures': and 3 more like these"
    )


@pytest.mark.parametrize(
    ("stress", "says"),
    [
        (STRESS.replace("[rx, ry]", "[rx, ly]"), "column 'ly' stands for two things"),
        (
            STRESS.replace("[rx, ry]", "[rx, top]"),
            "dataset 'pictures' has no column 'top'; give it there, or leave the dataset out with "
            "stress.datasets",
        ),
        (
            STRESS.replace("hide-eyes", "mirror"),
            "landmarks place parts of a face, and none is asked about: add hide-eyes, hide-mouth "
            "or keep-face to stress.perturbations",
        ),
        (STRESS.replace(", right_eye: [rx, ry]", ""), "a face is placed by two landmarks or more"),
        (STRESS.replace("[rx, ry]", "[rx]"), "expected at least 2 item(s), found ['rx']"),
    ],
)
def test_landmarks_that_cannot_be_used_are_refused(tmp_path: Path, stress: str, says: str) -> None:
    assert [p for p in problems(built(tmp_path, stress)) if p == says or says in p]
