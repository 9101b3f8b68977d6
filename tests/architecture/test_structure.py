"""The shape of the code: layers, sizes, public names, and what loads when."""

from __future__ import annotations

import ast
import importlib
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import facevalue

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "facevalue"
MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = sorted(p.parent for p in SOURCE.glob("*/__init__.py"))

# docs/adr/0010-budgets.md: lines of code, without blank lines, comments and docstrings.
BUDGETS = {
    "domain": 500,
    "stats": 3200,
    "dataset": 1900,
    "systems": 2900,
    "runs": 1600,
    "perturb": 3550,
    "audits": 4150,
    "report": 8000,
    "cli": 2100,
    "tables": 500,
    "declared": 300,
    "simulate": 1700,
    "exports": 1600,
    "stresses": 850,
    ".": 1600,
}
HEAVY = (
    "altair", "cv2", "httpx", "jinja2", "narwhals", "numpy", "onnxruntime", "pandas", "polars",
    "pooch", "pyarrow", "pydantic", "scipy", "skimage", "soundfile", "vl_convert", "yaml",
)  # fmt: skip


def _code_lines(path: Path) -> int:
    text = path.read_text("utf-8")
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                docstrings.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in silent and token.type != tokenize.ENDMARKER:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def test_imports_run_downwards_only() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_packages_keep_their_budgets() -> None:
    found: dict[str, int] = {}
    for path in MODULES:
        parts = path.relative_to(SOURCE).parts
        name = parts[0] if len(parts) > 1 else "."
        found[name] = found.get(name, 0) + _code_lines(path)
    assert set(found) == set(BUDGETS)
    assert {name: n for name, n in found.items() if n > BUDGETS[name]} == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 600
    assert path.stem not in {"utils", "helpers", "common", "misc", "tools"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if body:
                length = (body[-1].end_lineno or 0) - body[0].lineno + 1
                assert length <= 50, f"{node.name} has {length} lines"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_packages_say_what_they_are(package: Path) -> None:
    module = importlib.import_module(f"facevalue.{package.name}")
    assert module.__doc__ is not None
    assert 3 <= len(module.__doc__.strip().splitlines()) <= 9
    exported = list(getattr(module, "__all__", []))
    # Constants, then classes, then functions, each sorted: ruff's own order.
    assert len(exported) == len(set(exported))
    assert all(hasattr(module, name) for name in exported)


def test_public_face_is_exactly_what_it_says() -> None:
    assert facevalue.__all__ == ["__version__", "audit", "audit_table"]
    assert dir(facevalue) == facevalue.__all__
    assert callable(facevalue.audit)
    assert callable(facevalue.audit_table)
    with pytest.raises(AttributeError, match=r"^module 'facevalue' has no attribute 'nothing'$"):
        _ = facevalue.nothing


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['facevalue', '--help']\nfrom facevalue.cli.main import run\n"
        "try:\n    run()\nexcept SystemExit:\n    pass\n"
        f"print('LOADED', sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_readme_does_not_name_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    hosts = ("pypi" + ".org", "npmjs" + ".org", "npmjs" + ".com", "pythonhosted" + ".org")
    for name in filter(None, listed):
        path = ROOT / name
        if path.suffix in {".png", ".parquet"} or not path.is_file():
            continue
        text = path.read_text("utf-8", errors="replace")
        assert not any(host in text for host in hosts), name
