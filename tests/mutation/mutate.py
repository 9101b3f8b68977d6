"""Change the statistics a little, one change at a time, and see whether a test notices.

A change that no test notices (a *survivor*) is either the same in every result that matters or
a test that is missing; ``docs/simulations/mutants.md`` explains each. Usage, from the
repository, and with what ``make test`` has installed::

    python tests/mutation/mutate.py --sample 400 --seed 3 --out mutants.jsonl

It works on a copy, in two processes by default; each mutant is imported in place of the module
and meets the module's unit tests first, then the reference tests and the laws, until one fails.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
MODULES = (
    "jackknife", "compare", "gaps", "permutation", "multiplicity", "metrics", "skill", "tally",
)  # fmt: skip
UNIT = {"multiplicity": "looks"}
"""Where the unit tests of a module have another name."""

MOST_BYTES = 3 * 2**30
"""What one mutant may take."""

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
TWINS = {
    "min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all",
    "all": "any", "argmax": "argmin", "zeros": "ones", "ones": "zeros",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: where it is, what it is, and the changed source."""

    module: str
    line: int
    change: str
    source: str


def _spots(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield every node that decides what is computed, in the order of the source."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop(0)
        yield node
        skipped: set[int] = set()
        if isinstance(node, ast.FunctionDef):
            skipped = {id(x) for x in [node.returns, *node.decorator_list] if x is not None}
        if isinstance(node, ast.ClassDef):
            skipped = {id(x) for x in node.decorator_list}
        if isinstance(node, ast.AnnAssign):
            skipped = {id(node.annotation)}
        waiting += [
            child
            for child in ast.iter_child_nodes(node)
            if id(child) not in skipped
            and not isinstance(child, ast.arg | ast.JoinedStr | ast.Import | ast.ImportFrom)
        ]


def _numbers(value: float) -> list[float]:
    is_tiny = 0 < abs(value) < 1e-3
    return [value + 1, value * 1e6 if is_tiny else value - 1]


def _changed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in the place of a node."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for op in COMPARISONS[type(node.ops[0])]:
            yield ast.Compare(node.left, [op()], node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        yield ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value)
        yield ast.Pass()
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield from (ast.Constant(x) for x in _numbers(node.value))
    else:
        yield from _changed_flow(node)


def _changed_flow(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Return) and node.value is not None:
        if not isinstance(node.value, ast.Constant) or node.value.value is not None:
            yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Call):
        called = node.func
        if isinstance(called, ast.Name) and called.id in TWINS:
            yield ast.Call(ast.Name(TWINS[called.id], ast.Load()), node.args, node.keywords)
        if isinstance(called, ast.Attribute) and called.attr in TWINS:
            twin = ast.Attribute(called.value, TWINS[called.attr], ast.Load())
            yield ast.Call(twin, node.args, node.keywords)


class _Replace(ast.NodeTransformer):
    def __init__(self, position: int, new: ast.AST) -> None:
        self.position, self.new = position, new

    def visit(self, node: ast.AST) -> ast.AST:
        if getattr(node, "position", None) == self.position:
            return ast.copy_location(self.new, node)
        return super().generic_visit(node)


def mutants_of(module: str, source: str) -> list[Mutant]:
    """Return every change of one module that leaves it valid."""
    tree = ast.parse(source)
    for position, node in enumerate(ast.walk(tree)):
        node.position = position  # type: ignore[attr-defined]  # a mark of ours
    found = []
    for node in _spots(tree):
        for new in _changed(node):
            position = node.position  # type: ignore[attr-defined]  # as set above
            changed = _Replace(position, copy.deepcopy(new)).visit(copy.deepcopy(tree))
            text = ast.unparse(ast.fix_missing_locations(changed))
            before = ast.unparse(node).splitlines()[0]
            after = ast.unparse(ast.fix_missing_locations(new)).splitlines()[0]
            line = getattr(node, "lineno", 0)
            found.append(Mutant(module, line, f"{before}  →  {after}", text))
    return sorted(found, key=lambda m: (m.line, m.change))


class _Import(importlib.abc.MetaPathFinder):
    """Imports a mutant where its module is asked for."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def pytest_sessionstart(self) -> None:
        # Before pytest's own importer, which takes the modules that are named to it.
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=_Loader(fullname, str(self.path), self.source)
        )


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> object:  # type: ignore[override]  # code is not public
        return compile(self.text, self.path, "exec", dont_inherit=True)


def _test_files(module: str) -> list[str]:
    own = f"tests/unit/stats/test_stats_{UNIT.get(module, module)}.py"
    others = sorted({f"tests/unit/stats/test_stats_{UNIT.get(m, m)}.py" for m in MODULES} - {own})
    # The laws come late: they see every module, at some cost.
    return [
        own, f"src/facevalue/stats/{module}.py", *others,
        "tests/reference/test_stats_reference.py", "tests/reference/test_comparisons_reference.py",
        "tests/properties/test_statistics.py", "tests/unit/audits/test_audits_comparisons.py",
    ]  # fmt: skip


def _run(folder: Path, mutant: Mutant) -> None:
    """Run the tests on a mutant; end with 0 if it survives all."""
    import hypothesis
    import pytest

    # That an example fails is enough; it need not be made small.
    plain = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", phases=plain)
    hypothesis.settings.load_profile("mutants")
    os.chdir(folder)
    os.environ["FACEVALUE_EXAMPLES"] = "10"
    # A mutant may count without end; what needs too much memory is killed, too.
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder / "src"))
    name = f"facevalue.stats.{mutant.module}"
    path = folder / "src" / "facevalue" / "stats" / f"{mutant.module}.py"
    plugins = [_Import(name, path, mutant.source)] if mutant.source else []
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore:Module already imported"]
    status = pytest.main([*options, *_test_files(mutant.module)], plugins=plugins)
    os._exit(int(status))


def _outcomes(
    folder: Path, mutants: Sequence[Mutant], n_processes: int, timeout_s: float
) -> Iterator[tuple[Mutant, str]]:
    """Yield each mutant with ``killed``, ``timeout`` or ``survived``."""
    context = get_context("fork")
    waiting = list(mutants)
    running: list[tuple[BaseProcess, Mutant, float]] = []
    while waiting or running:
        while waiting and len(running) < n_processes:
            mutant = waiting.pop(0)
            process: BaseProcess = context.Process(target=_run, args=(folder, mutant))
            process.start()
            running.append((process, mutant, time.monotonic() + timeout_s))
        time.sleep(0.05)
        for entry in list(running):
            process, mutant, deadline = entry
            is_late = time.monotonic() > deadline
            if process.is_alive() and not is_late:
                continue
            if is_late:
                process.kill()
            process.join()
            running.remove(entry)
            outcome = "timeout" if is_late else "survived" if process.exitcode == 0 else "killed"
            yield mutant, outcome


def _copied(folder: Path) -> None:
    for part in ("src", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "golden", "plugin_package")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)


def _survivors(mutants: Sequence[Mutant], outcomes: Path) -> list[Mutant]:
    """Return the mutants that survived before; lines may have moved since."""
    rows = [json.loads(line) for line in outcomes.read_text("utf-8").splitlines()]
    survived = [r for r in rows if r["outcome"] == "survived"]
    found = []
    for row in survived:
        same = [m for m in mutants if (m.module, m.change) == (row["module"], row["change"])]
        if same:
            found.append(min(same, key=lambda m: abs(m.line - row["line"])))
    return found


def main() -> None:
    """Run it and say what survived."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, default=400, help="how many; 0 for all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--modules", nargs="+", default=list(MODULES), choices=MODULES)
    parser.add_argument("--again", type=Path, help="only what survived in this file of outcomes")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=240.0, help="seconds for one mutant")
    parser.add_argument("--out", type=Path, help="a file for all outcomes, one JSON object a line")
    asked = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    # What every child needs, imported once; facevalue itself is not among it.
    for name in ("hypothesis", "pytest", "scipy.optimize", "scipy.sparse", "scipy.stats"):
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copied(folder)
        stats = folder / "src" / "facevalue" / "stats"
        everything = [
            m for x in asked.modules for m in mutants_of(x, (stats / f"{x}.py").read_text())
        ]
        chosen = everything if asked.again is None else _survivors(everything, asked.again)
        if asked.sample and asked.sample < len(chosen):
            picked = random.Random(asked.seed).sample(range(len(chosen)), asked.sample)
            chosen = [chosen[i] for i in sorted(picked)]
        unchanged = [Mutant(m, 0, "unchanged", "") for m in asked.modules]
        for mutant, outcome in _outcomes(folder, unchanged[:1], 1, 10 * asked.timeout):
            if outcome != "survived":
                sys.exit(f"the tests of {mutant.module} fail without any change")
        counts = {"killed": 0, "timeout": 0, "survived": 0}
        out = (asked.out or Path(os.devnull)).open("w", encoding="utf-8")
        with out:
            for mutant, outcome in _outcomes(folder, chosen, asked.processes, asked.timeout):
                counts[outcome] += 1
                row = {"module": mutant.module, "line": mutant.line, "change": mutant.change}
                out.write(json.dumps({**row, "outcome": outcome}, ensure_ascii=False) + "\n")
                out.flush()
                where = f"\n{mutant.module}.py:{mutant.line}  {mutant.change}\n"
                sys.stdout.write({"killed": ".", "timeout": "t"}.get(outcome, where))
                sys.stdout.flush()
    sys.stdout.write(f"\n{len(chosen)} of {len(everything)} mutants: {counts}\n")


if __name__ == "__main__":
    main()
