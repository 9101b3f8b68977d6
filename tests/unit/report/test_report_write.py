"""Files: whole, named, and no left-overs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from facevalue.audits.findings import FindingSet
from facevalue.report import build_report, write_report
from report_factory import CREMA_D, RATERS, estimate, finding, hostile, small


def test_the_page_and_its_figures_are_written(tmp_path: Path) -> None:
    write_report(tmp_path, small())
    assert (tmp_path / "report.html").read_text("utf-8") == build_report(small())
    names = sorted(p.name for p in (tmp_path / "figures").iterdir())
    assert names == [
        "01-claim-accuracy-95-human-raters.png",
        "01-claim-accuracy-95-human-raters.svg",
        "02-conditions-human-raters-crema-d.png",
        "02-conditions-human-raters-crema-d.svg",
        "03-groups-race-human-raters-crema-d.png",
        "03-groups-race-human-raters-crema-d.svg",
    ]


def test_hostile_names_stay_in_the_folder(tmp_path: Path) -> None:
    write_report(tmp_path / "run", hostile())
    names = [p.name for p in (tmp_path / "run" / "figures").iterdir()]
    assert all(re.fullmatch(r"\d\d-[a-z0-9-]+\.(svg|png)", name) for name in names), names
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_figures_of_an_earlier_report_go_and_other_files_stay(tmp_path: Path) -> None:
    write_report(tmp_path, small())
    (tmp_path / "figures" / "mine.svg").write_text("kept")
    write_report(tmp_path, small(findings=FindingSet(()), verdicts=()))
    assert [p.name for p in (tmp_path / "figures").iterdir()] == ["mine.svg"]


def test_past_the_most_figures_tables_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facevalue.report.render.MAX_FIGURES", 1)
    html = build_report(small())
    assert html.count('role="img"') == 1
    assert "human raters on crema-d: accuracy by condition" in html


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_report(tmp_path, small())
    before = (tmp_path / "report.html").read_bytes()

    def broken(_: str) -> bytes:
        raise OSError("disk full")

    monkeypatch.setattr("facevalue.report.render.picture", broken)
    with pytest.raises(OSError, match="disk full"):
        write_report(tmp_path, small(title="Another"))
    assert (tmp_path / "report.html").read_bytes() == before


def test_importing_the_report_loads_nothing_that_draws() -> None:
    import subprocess
    import sys

    program = (
        "import sys, facevalue.report; "
        "print([m for m in ('altair', 'vl_convert', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert done.stdout == "[]\n"


def test_a_dataset_of_many_figures_is_drawn_up_to_the_limit(tmp_path: Path) -> None:
    found = FindingSet(
        tuple(finding(estimate(0.5), attribute=f"attribute {i}", group="g") for i in range(60))
    )
    report = small(findings=found, verdicts=(), datasets=(CREMA_D,), systems=(RATERS,))
    html = build_report(report)
    assert html.count('role="img"') == 48
    assert len(html.encode()) < 1_000_000
