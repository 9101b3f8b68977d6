"""What each package shows of itself is exactly what it says."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "facevalue"
PACKAGES = sorted(p.parent for p in SOURCE.rglob("__init__.py") if p.parent != SOURCE)


def _name(package: Path) -> str:
    return ".".join(package.relative_to(SOURCE.parent).parts)


@pytest.mark.parametrize("package", PACKAGES, ids=_name)
def test_a_package_holds_a_docstring_imports_and_all(package: Path) -> None:
    docstring, *rest = ast.parse((package / "__init__.py").read_text("utf-8")).body
    assert isinstance(docstring, ast.Expr)
    imported: list[str] = []
    exported: list[str] = []
    for node in rest:
        if isinstance(node, ast.ImportFrom):
            imported += [alias.asname or alias.name for alias in node.names]
        else:
            # No logic lives here.
            assert isinstance(node, ast.Assign), ast.unparse(node)
            assert ast.unparse(node.targets[0]) == "__all__"
            exported = ast.literal_eval(node.value)
    names = [n for n in imported if n not in ("annotations",)]
    assert sorted(exported) == sorted(names)
    # Constants, classes, then the rest, each in order.
    assert exported == sorted(exported, key=lambda n: (not n.isupper(), not n[0].isupper(), n))


@pytest.mark.parametrize("package", PACKAGES, ids=_name)
def test_every_name_is_there(package: Path) -> None:
    module = importlib.import_module(_name(package))
    for name in getattr(module, "__all__", ()):
        assert getattr(module, name, None) is not None


MODULES = sorted(p for p in SOURCE.rglob("*.py") if p.name not in ("__init__.py", "__main__.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_every_module_says_what_it_is_and_what_it_shows(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    stated = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert len(stated) == 1
    defined = {
        getattr(node, "name", None)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    } | {
        ast.unparse(target)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    }
    assert set(stated[0]) <= defined
