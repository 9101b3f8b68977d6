"""Runs to compare: from tables of answers, and from pictures under stress, by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from facevalue import flow
from facevalue.audits import FindingSet
from facevalue.audits.findings import Finding
from facevalue.report.comparison import Comparison
from flow_support import AUDIT, LOOKS, NOW, build
from support import require

__all__ = [
    "CONSTANT",
    "FAILING",
    "NOISED",
    "N_PEOPLE",
    "THROWN",
    "Edits",
    "one",
    "stressed",
    "tabled",
    "value",
]

N_PEOPLE = 10
CONSTANT = "def at(batch):\n    return [{'light': 0.1, 'dark': 0.8, 'murky': 0.1} for _ in batch]\n"
# The words of the system itself: a module that is imported by name would stay for other tests.
NOISED = f"""{LOOKS}

def noised(batch):
    # A picture that is not all of one grey is dark to it.
    return [
        answer(float(m.image.mean()) / 255) if m.image.max() == m.image.min()
        else {{"light": 0.1, "dark": 0.8, "murky": 0.1}}
        for m in batch
    ]
"""

# With noise in it a picture is nothing it has a word for.
THROWN = f"""{LOOKS}

def noised(batch):
    return [
        answer(float(m.image.mean()) / 255) if m.image.max() == m.image.min()
        else {{"light": 0.1, "dark": 0.1, "murky": 0.8}}
        for m in batch
    ]
"""
# It answers "dark" to everything, but fails on every picture of three in ten people with noise.
FAILING = f"""{LOOKS}

def noised(batch):
    return [
        None if m.image.max() > m.image.min() and m.item.split("-")[1] in "036"
        else {{"light": 0.1, "dark": 0.8, "murky": 0.1}}
        for m in batch
    ]
"""

Answer = Callable[[int, int], str]
Edits = Sequence[tuple[str, str]]


def tabled(
    folder: Path,
    answers: dict[str, Answer],
    *,
    n_items: int = 4,
    labels: tuple[str, str] = ("bright", "dark"),
    annotated: Answer | None = None,
    extra: str = "",
) -> Path:
    """Audit answers of systems to ``n_items`` items of each of ten people; return the run."""
    folder.mkdir(parents=True, exist_ok=True)
    right = annotated or (lambda _, k: labels[k % 2])
    items = [(p, k) for p in range(N_PEOPLE) for k in range(n_items)]
    rows = [f"i{p}-{k},p{p},{right(p, k)},{'fm'[p % 2]}" for p, k in items]
    (folder / "items.csv").write_text("\n".join(["item,subject,annotated,sex", *rows]) + "\n")
    entries = []
    for i, (name, answer) in enumerate(answers.items()):
        said = [f"i{p}-{k},{answer(p, k)}" for p, k in items]
        (folder / f"{i}.csv").write_text("\n".join(["item,label", *said]) + "\n")
        entries.append(f'  - {{name: "{name}", adapter: predictions, options: {{file: {i}.csv}}}}')
    audit = "\n".join([
        "facevalue: 1", "title: Answers in a table", "seed: 1", "datasets:",
        f"  - {{id: table, manifest: items.csv, taxonomy: [{', '.join(labels)}], groups: [sex]}}",
        "systems:", *entries, "analyses: {permutations: 99, shuffles: 99}", extra,
    ])  # fmt: skip
    (folder / "audit.yaml").write_text(audit + "\n")
    return flow.audit(folder / "audit.yaml", folder / "run", now=NOW).folder


def stressed(
    folder: Path, stress: str, code: str = "", name: str = "mine", *, instead: Edits = ()
) -> Path:
    """Audit the pictures of `flow_support` under stress; return the run.

    ``instead`` holds what is replaced in the audit file, and by what.
    """
    require("PIL")
    require("cv2")
    audit = AUDIT.replace("name: mine", f"name: {name}")
    for old, new in instead:
        audit = audit.replace(old, new)
    if code:
        function = "at" if code == CONSTANT else "noised"
        audit = audit.replace("looks:at", f"other:{function}")
    path = build(folder, f"{audit}stress:\n  perturbations: {stress}\n")
    (folder / "other.py").write_text(code)
    return flow.audit(path, folder / "run", now=NOW).folder


def one(found: Comparison | FindingSet, **place: str | None) -> Finding:
    """Return the one finding about a place; not of groups unless they are named."""
    findings = found.findings if isinstance(found, Comparison) else found
    wanted = {"condition": None, "attribute": None, "group": None, "reference": None} | place
    (finding,) = findings.where(**wanted)
    return finding


def value(found: Comparison | FindingSet, **place: str | None) -> float:
    """Return its number, with an interval or without."""
    result = one(found, **place).result
    assert result.value is not None
    return result.value
