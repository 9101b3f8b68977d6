"""Every code of a problem, found in the source: for the reference page and for the tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"
CODE = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
TELLS = re.compile(r"\bProblem\(|\bfaults\.add\(|\.problem\(|\brefuse\(")
# Functions that are told a code, and which of their arguments it is.
TOLD = {"Problem": 0, "faults.add": 0, "bad": 0, "problem": 2, "refuse": 2}


def problem_codes() -> dict[str, set[str]]:
    """Return every code, with the files that tell it."""
    found: dict[str, set[str]] = {}
    for path in sorted((SOURCE / "facevalue").rglob("*.py")):
        text = path.read_text("utf-8")
        if TELLS.search(text):
            for code in _codes(ast.parse(text)):
                found.setdefault(code, set()).add(path.relative_to(SOURCE).as_posix())
    return found


def _codes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            given = _told(node)
        elif isinstance(node, ast.FunctionDef):
            given = _default(node.args)
        elif isinstance(node, ast.Tuple):
            given = _on_its_way(node.elts)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            is_table = any(getattr(t, "id", "") == "_CODES" for t in node.targets)
            given = node.value.values if is_table else []
        for one in given:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value


def _told(call: ast.Call) -> list[ast.expr]:
    """Return the argument of a call that is a code."""
    called = ast.unparse(call.func)
    if called == "_CODES.get":
        return call.args[1:]
    name = called if called in TOLD else called.rpartition(".")[2]
    if name not in TOLD:
        return []
    at = TOLD[name]
    return [*call.args[at : at + 1], *(k.value for k in call.keywords if k.arg == "code")]


def _default(args: ast.arguments) -> list[ast.expr]:
    """Return what a function that takes a code takes when it is told none."""
    names = [a.arg for a in args.args][len(args.args) - len(args.defaults) :]
    pairs = zip(names, args.defaults, strict=True)
    return [default for name, default in pairs if name == "code"]


def _on_its_way(elements: list[ast.expr]) -> list[ast.expr]:
    """Return the code of ``(code, sentence)``, on its way to where the problem is made."""
    if len(elements) != 2:
        return []
    first, second = elements
    is_code = CODE.fullmatch(str(getattr(first, "value", ""))) is not None
    is_text = isinstance(second, ast.JoinedStr | ast.Constant)
    return [first] if is_code and (is_text or getattr(second, "id", "") == "what") else []
