"""Pictures of single items: only where the audit file asks for them, and never in public."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facevalue import flow
from facevalue.errors import AuditSpecError, InputError
from facevalue.runs import RunFolder
from flow_support import AUDIT, NOW, build
from support import require

LISTED = """\
stress:
  perturbations: [least-change, {name: brightness-up, severities: [3, 5]}]
  worst: 2
"""
SHOWN = LISTED + "  worst_pictures: true\n"
INLINE = re.compile(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)">')


def audited(folder: Path, stress: str) -> flow.Run:
    require("PIL")
    require("cv2")
    return flow.audit(build(folder, AUDIT + stress), folder / "run", now=NOW)


def shown(page: Path) -> list[tuple[str, str]]:
    return INLINE.findall(page.read_text("utf-8"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> flow.Run:
    return audited(tmp_path_factory.mktemp("shown"), SHOWN)


def test_each_listed_item_is_shown_as_it_is_and_changed_with_what_is_predicted(
    run: flow.Run,
) -> None:
    image: Any = require("PIL.Image")
    folder = RunFolder.open(run.folder)
    (sheet,) = flow.report_material(folder).stressed
    assert len(sheet.worst) == 2
    found = shown(run.report)
    assert [says for _, says in found] == [
        f"{w.item}, {way}: predicted {label or 'nothing'}"
        for w in sheet.worst
        for way, label in (("as it is", w.before), (sheet.words(w.condition), w.after))
    ]
    before, after = (
        np.asarray(image.open(io.BytesIO(base64.b64decode(png)))) for png, _ in found[:2]
    )
    assert before.shape == after.shape
    assert after.mean() > before.mean() + 10
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', run.report.read_text("utf-8"))
    assert policy is not None
    assert "img-src data:;" in policy[1]


def test_no_picture_is_in_a_public_report_and_no_item_in_a_name(run: flow.Run) -> None:
    page = flow.report_run(RunFolder.open(run.folder), is_public=True)
    assert shown(page) == []
    assert "data:image" not in page.read_text("utf-8")
    files = sorted((run.folder / "pictures").iterdir())
    assert len(files) == 4
    assert all(re.fullmatch(r"[0-9a-f]{32}\.png", file.name) for file in files)


def test_without_being_asked_nothing_is_kept_or_shown(tmp_path: Path) -> None:
    run = audited(tmp_path, SHOWN)
    assert (run.folder / "pictures").is_dir()
    again = audited(tmp_path, LISTED)
    assert not (again.folder / "pictures").exists()
    page = again.report.read_text("utf-8")
    assert "items whose answers change most often" in page
    assert "data:image" not in page
    assert "img-src" not in page


def test_a_picture_that_is_gone_leaves_the_list(tmp_path: Path) -> None:
    run = audited(tmp_path, SHOWN)
    gone = shown(run.report)
    for file in (run.folder / "pictures").iterdir():
        file.unlink()
    page = flow.report_run(RunFolder.open(run.folder))
    assert gone
    assert shown(page) == []


def test_what_else_lies_in_the_folder_stays(tmp_path: Path) -> None:
    run = audited(tmp_path, SHOWN)
    theirs = run.folder / "pictures" / "mine.txt"
    theirs.write_text("a note", "utf-8")
    audited(tmp_path, LISTED)
    assert [path.name for path in theirs.parent.iterdir()] == ["mine.txt"]


def test_pictures_are_written_through_no_link(tmp_path: Path) -> None:
    run = audited(tmp_path, LISTED)
    other = tmp_path / "other"
    other.mkdir()
    (run.folder / "pictures").symlink_to(other)
    with pytest.raises(InputError, match="this is a link"):
        audited(tmp_path, SHOWN)
    assert list(other.iterdir()) == []


def test_pictures_of_no_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AuditSpecError) as caught:
        audited(tmp_path, SHOWN.replace("  worst: 2\n", ""))
    (problem,) = caught.value.problems
    assert problem.what == "worst_pictures shows the items of worst: add worst, as worst: 10"
