"""Input that is well formed and hostile: labels that are HTML, and media that unfold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from facevalue.cli.main import app
from malformed.case import damaged, png, text_chunk
from support import require

ATTACK = "<script>alert(1)</script>"
QUOTE = '"><img src=x onerror=alert(1)>'
CLOSE = "</script></style><!-- ]]>"
FORMULA = "=HYPERLINK(1)"

# Every text that comes from outside is an attack: labels, groups, subjects, items, names.
AUDIT = f"""\
facevalue: 1
title: {json.dumps(f"T{ATTACK}{CLOSE}")}
about: {json.dumps(f"A{ATTACK}{QUOTE}")}
datasets:
  - id: {json.dumps(f"d{ATTACK}")}
    manifest: faces.csv
    taxonomy: {json.dumps([f"anger{ATTACK}", f"calm{QUOTE}", FORMULA])}
    conditions: [{json.dumps(f"light{QUOTE}")}]
    groups: [{json.dumps(f"sex{ATTACK}")}, [{json.dumps(f"sex{ATTACK}")}, place]]
systems:
  - name: {json.dumps(f"s{ATTACK}{QUOTE}")}
    adapter: predictions
    options: {{file: answers.csv}}
claims:
  - id: {json.dumps(f"c{ATTACK}")}
    says: {json.dumps(f"right{ATTACK}{CLOSE}")}
    who: {json.dumps(f"who{QUOTE}")}
    source: {json.dumps(f"source{ATTACK}")}
    metric: accuracy
    at_least: 0.5
  - id: gap
    says: equal
    metric: accuracy
    largest_gap_at_most: 0.5
    over: [{json.dumps(f"sex{ATTACK}")}]
"""


def hostile_tables() -> tuple[str, str]:
    """Return manifest and answers: twelve people, four items each, half of them right."""
    labels = (f"anger{ATTACK}", f"calm{QUOTE}", FORMULA)
    items = pl.DataFrame(
        [
            {
                "item": f"{person}-{i}{ATTACK}",
                "subject": f"p{person}{ATTACK}",
                "annotated": labels[i % 3],
                f"sex{ATTACK}": (f"f{ATTACK}", f"m{QUOTE}")[person % 2],
                "place": (CLOSE, "&amp;lt;script&gt;")[person % 3 == 0],
                f"light{QUOTE}": (f"dim{ATTACK}", f"day{QUOTE}")[i % 2],
            }
            for person in range(12)
            for i in range(4)
        ]
    )
    answers = items.select("item", label=pl.Series([labels[i % 2] for i in range(items.height)]))
    return items.write_csv(), answers.write_csv()


class Page(HTMLParser):
    """Collects what a browser would run, and the text that it would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self.images: list[str | None] = []
        self.handlers: list[str] = []
        self.text: list[str] = []
        self._in: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag == "img":
            self.images += [value for name, value in attrs if name == "src"]
        if tag in ("script", "style"):
            self._in.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style") and self._in:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        (self.scripts if self._in else self.text).append(data)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_hostile_words_that_are_allowed_are_text_and_nothing_else(folder: Path) -> None:
    (folder / "audit.yaml").write_text(AUDIT, "utf-8")
    faces, answers = hostile_tables()
    (folder / "faces.csv").write_text(faces, "utf-8")
    (folder / "answers.csv").write_text(answers, "utf-8")
    result = CliRunner().invoke(app, ["audit", "audit.yaml", "--out", "run"])
    assert result.exit_code in (0, 1, 3), result.stderr
    html = (folder / "run" / "report.html").read_text("utf-8")
    assert ATTACK not in html
    assert "<img src=x" not in html
    assert CLOSE not in html
    page = Page()
    page.feed(html)
    page.close()
    assert page.handlers == []
    assert "x" not in page.images
    assert not any("alert(1)" in script for script in page.scripts)
    # It is shown as what it is, and escaped once.
    shown = "".join(page.text)
    for word in (f"anger{ATTACK}", f"calm{QUOTE}", f"f{ATTACK}", f"s{ATTACK}{QUOTE}", FORMULA):
        assert word in shown
    assert escape(escape(ATTACK)) not in html


def test_hostile_names_make_no_files_elsewhere(folder: Path) -> None:
    (folder / "work").mkdir()
    os.chdir(folder / "work")
    text = AUDIT.replace(json.dumps(f"d{ATTACK}"), '"../../d"')
    text = text.replace(json.dumps(f"s{ATTACK}{QUOTE}"), '"/../../s:con"')
    faces, answers = hostile_tables()
    Path("audit.yaml").write_text(text, "utf-8")
    Path("faces.csv").write_text(faces, "utf-8")
    Path("answers.csv").write_text(answers, "utf-8")
    result = CliRunner().invoke(app, ["audit", "audit.yaml", "--out", "run"])
    assert result.exit_code in (0, 1, 3), result.stderr
    assert [p.name for p in folder.iterdir()] == ["work"]
    written = {p.name for p in Path().iterdir()}
    assert written == {"audit.yaml", "faces.csv", "answers.csv", "run"}
    names = [p.name for p in Path("run").rglob("*")]
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") for name in names)


MEDIA_AUDIT = """\
facevalue: 1
title: Faces
datasets:
  - {id: faces, manifest: faces.csv, taxonomy: [anger, calm]}
systems:
  - name: mine
    adapter: callable
    options: {function: "mine:predict", labels: [anger, calm], gives: images}
"""
MEDIA_FACES = """\
item,subject,annotated,media
comment,p1,anger,comment.png
pixels,p2,anger,pixels.png
damaged,p3,anger,damaged.png
sound,p4,anger,sound.png
"""
LARGE = 400_000_000


def test_media_that_unfold_while_decoding_are_failures_in_bounded_memory(folder: Path) -> None:
    """What a header cannot tell shows when decoding; it is an answer like any other then."""
    require("PIL")
    (folder / "audit.yaml").write_text(MEDIA_AUDIT)
    (folder / "faces.csv").write_text(MEDIA_FACES)
    (folder / "mine.py").write_text("def predict(images):\n    return ['anger' for _ in images]\n")
    (folder / "sound.png").write_bytes(png(16, 16))
    (folder / "damaged.png").write_bytes(damaged(png(16, 16)))
    (folder / "comment.png").write_bytes(png(16, 16, text_chunk(LARGE)))
    (folder / "pixels.png").write_bytes(png(16, 16, n_bytes=LARGE))
    status, peak, said = measured(folder, "audit", "audit.yaml", "--out", "run")
    assert status == 0, said
    # The bombs hold 400 MB each; all that facevalue needs itself is less than that.
    assert peak < LARGE
    answers = pl.read_parquet(folder / "run" / "predictions" / "mine--faces.parquet")
    assert answers.select("item", "label", "failure").rows() == [
        ("comment", None, "unreadable_media"),
        ("pixels", "anger", None),
        ("damaged", None, "unreadable_media"),
        ("sound", "anger", None),
    ]
    findings = pl.read_parquet(folder / "run" / "findings.parquet")
    rate = findings.filter(
        (pl.col("metric") == "failure_rate")
        & pl.col("condition").is_null()
        & pl.col("attribute").is_null()
    )
    # Two of four items could not be read.
    assert rate.select("n_items", "n_answers").rows() == [(4, 4)]
    assert rate["estimate"].to_list() == [0.5]
    assert "unreadable" in (folder / "run" / "report.html").read_text("utf-8")


# A process takes over the peak of the one that it is made from, and a test runner is large:
# the command is made from a small one.
MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "facevalue", *sys.argv[1:]], capture_output=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([done.returncode, peak, done.stderr.decode("utf-8")]))
"""


def measured(folder: Path, *words: str) -> tuple[int, int, str]:
    """Run the command; return its status, its peak of memory in bytes and its stderr."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *words],
        cwd=folder,
        capture_output=True,
        check=True,
        timeout=120,
    )
    status, peak, said = json.loads(done.stdout)
    # Linux counts in kibibytes, macOS in bytes.
    return status, peak * (1 if sys.platform == "darwin" else 1024), said


def test_a_picture_that_unfolds_is_refused_in_bounded_memory(folder: Path) -> None:
    require("PIL")
    (folder / "audit.yaml").write_text(MEDIA_AUDIT)
    (folder / "faces.csv").write_text(MEDIA_FACES.splitlines()[0] + "\na,p1,anger,a.png\n")
    (folder / "mine.py").write_text("raise RuntimeError('is not imported')\n")
    # 60,000 × 60,000 grey pixels are 3.6 GB.
    (folder / "a.png").write_bytes(png(60_000, 60_000))
    status, peak, said = measured(folder, "audit", "audit.yaml", "--out", "run")
    assert (status, said) == (
        2,
        "facevalue: faces.csv: 1 problem(s)\n"
        "  row 2, column media: more than 64,000,000 pixels [media_too_large]\n",
    )
    assert peak < LARGE
    assert not (folder / "run").exists()
