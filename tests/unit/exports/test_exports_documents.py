"""Documents: one way to make them, and words from outside that stay words."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from exports_support import source_of, tables
from facevalue.audits import COLUMNS, FindingSet
from facevalue.errors import InputError, UnknownNameError
from facevalue.exports import EXPORTS, Document, export
from facevalue.exports.findings_csv import findings_csv
from facevalue.exports.markdown import escaped, markdown
from facevalue.exports.spreadsheet import csv_text
from facevalue.report.blocks import Bullets, Details, Facts, Heading, Link, Notice, Prose, Section
from facevalue.runs import RunFolder
from report_factory import HOSTILE, estimate, finding, hostile, realistic, small

KINDS = [
    "annex-iv", "annex-iv-csv", "findings-csv", "junit", "ll144", "mlflow", "model-card",
    "ro-crate", "sarif",
]  # fmt: skip
TEXTS = [k for k in KINDS if k not in ("mlflow", "ro-crate")]


def text_of(kind: str, *, is_hostile: bool = False) -> str:
    report = hostile() if is_hostile else realistic()
    label = HOSTILE[4] if is_hostile else "anger"
    return export(RunFolder(Path("run")), report, kind, selected=label)


def test_the_kinds() -> None:
    assert list(EXPORTS) == KINDS


def test_an_unknown_kind_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError) as caught:
        export(RunFolder(Path("run")), realistic(), "model-crad")
    listed = ", ".join(repr(k) for k in KINDS)
    assert str(caught.value) == (
        f"unknown kind of export 'model-crad'. Did you mean 'model-card'? Known: {listed}."
    )


def test_a_document_is_returned_or_written(tmp_path: Path) -> None:
    document = Document(lambda source: f"{source.material.report.title}\n")
    source = source_of(small())
    assert document.send(source, None) == "A small audit\n"
    out = tmp_path / "deep" / "x.md"
    assert document.send(source, str(out)) == f"Written: {out}\n"
    assert out.read_text("utf-8") == "A small audit\n"


def test_a_document_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Document(lambda _: "").send(source_of(small()), str(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}: cannot be written (Is a directory). Give another file with --out."
    )


@pytest.mark.parametrize("kind", [k for k in TEXTS if k != "ll144"])
def test_the_same_report_gives_the_same_bytes(kind: str) -> None:
    assert text_of(kind) == text_of(kind)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a | b", r"a \| b"),
        ("*x* _y_ `z` ~~q~~ $m$", r"\*x\* \_y\_ \`z\` \~\~q\~\~ \$m\$"),
        ("<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;"),
        ("[x](javascript:y)", r"\[x\](javascript:y)"),
        ("one\ntwo\u202e", "one two�"),
        ("# head", r"\# head"),
        ("- item", r"\- item"),
        ("-0.5 %", "-0.5 %"),
        ("---", r"\---"),
        ("12. item", r"12\. item"),
        ("12.5 %", "12.5 %"),
    ],
)
def test_words_are_printed_as_they_are(text: str, printed: str) -> None:
    assert escaped(text) == printed


def test_every_block_has_its_form() -> None:
    blocks = (
        Heading("Head"),
        Prose(("One.", Link("a [b]", "https://example.org/x_(y)"), Link("here", "#there"))),
        Bullets(("x",)),
        Notice(title="Warning", items=("y",)),
        Facts((("term", "said"),)),
    )
    assert markdown("T*", [Section(anchor="a", title="S", blocks=blocks)]) == (
        "# T\\*\n\n## S\n\n### Head\n\nOne.\n\n[a \\[b\\]](https://example.org/x_%28y%29)\n\nhere"
        "\n\n- x\n\n**Warning**\n\n- y\n\n- **term:** said\n"
    )
    with pytest.raises(TypeError, match=r"^a Details has no form in Markdown$"):
        markdown("T", [Section(anchor="a", title="S", blocks=(Details(summary="s", text="t"),))])


@pytest.mark.parametrize("kind", ["annex-iv", "model-card", "ll144"])
def test_hostile_words_make_no_markup_and_break_no_table(kind: str) -> None:
    # A card begins with its metadata between two lines of dashes.
    text = text_of(kind, is_hostile=True).rpartition("\n---\n")[2]
    page = MarkdownIt("commonmark").enable("table").render(text)
    for tag in ("<script", "<img", "<style", "</style", 'href="javascript', 'href="data'):
        assert tag not in page.lower()
    assert "\x00" not in text
    assert "\u202e" not in text
    # As many tables are read as were written, and each row has as many cells as its head.
    assert page.count("<table>") == text.count("\n| :--- |") == len(tables(text))


def test_cells_that_start_a_formula_are_text() -> None:
    cells = ["=1", "+1", "-1", "@x", " =1", "\t=1", "\n=1", "＝1", "a=1", "", "−1"]
    rows = list(csv.reader(StringIO(csv_text([[c] for c in cells]))))
    assert [row[0] if row else "" for row in rows] == [
        "'=1", "'+1", "'-1", "'@x", "' =1", "'\t=1", "'\n=1", "'＝1", "a=1", "", "−1",
    ]  # fmt: skip
    assert csv_text([[-0.5, None, 3]]) == "-0.5,,3\n"


def test_findings_are_all_there_in_the_columns_of_the_table() -> None:
    report = realistic()
    rows = list(csv.DictReader(StringIO(findings_csv(source_of(report)))))
    assert list(rows[0]) == list(COLUMNS)
    assert [r["key"] for r in rows] == [f.key for f in report.findings]
    first = report.findings.findings[0].result
    assert (float(rows[0]["estimate"]), int(rows[0]["n_items"])) == (first.value, first.n_items)


def test_a_small_cell_is_in_no_document() -> None:
    # 0.7377 of 4 people, and 4,321 items: numbers that occur nowhere else.
    secret = estimate(0.7377, 0.0547, n_subjects=4, n_items=4321)
    report = realistic()
    places = [
        finding(secret, attribute="eyes", group="green", metric=metric, family=family)
        for metric, family in (
            ("accuracy", "correctness"), ("uar", "correctness"),
            ("prediction_rate[anger]", "disparity"),
        )
    ]  # fmt: skip
    rate = finding(
        estimate(0.3, n_subjects=80),
        attribute="eyes",
        group="blue",
        metric="prediction_rate[anger]",
        family="disparity",
    )
    whole = finding(
        estimate(0.4, n_subjects=91), metric="prediction_rate[anger]", family="disparity"
    )
    found = FindingSet((*report.findings, *places, rate, whole))
    report = small(findings=found, verdicts=report.verdicts)
    for kind in TEXTS:
        text = export(RunFolder(Path("run")), report, kind, selected="anger")
        for told in ("73.8", "0.7377", "4,321", "4321", "68.3", "79.2"):
            assert told not in text, kind
