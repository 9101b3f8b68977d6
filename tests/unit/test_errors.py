"""Every class of exception, its parts and its whole sentence."""

from __future__ import annotations

import inspect
import pickle

import pytest

from facevalue import errors
from facevalue.errors import (
    AuditSpecError,
    DataUnavailableError,
    FacevalueError,
    InputError,
    ManifestError,
    MissingExtraError,
    PluginError,
    Problem,
    StoreError,
    SystemUnavailableError,
    UnknownNameError,
)

TWO = (
    Problem("unknown_label", "'hapy' is not in taxonomy ekman6", "row 3, column label"),
    Problem("empty_file", "there is no row"),
)

# One of each class: the exception, its whole sentence, and what the command ends with.
TABLE: list[tuple[FacevalueError, str, int]] = [
    (FacevalueError("it broke"), "it broke", 4),
    (InputError("notes.txt: this is a file"), "notes.txt: this is a file", 2),
    (
        ManifestError("faces.csv", TWO),
        "faces.csv: 2 problem(s)\n"
        "  row 3, column label: 'hapy' is not in taxonomy ekman6 [unknown_label]\n"
        "  there is no row [empty_file]",
        2,
    ),
    (
        AuditSpecError("audit.yaml", TWO[1:]),
        "audit.yaml: 1 problem(s)\n  there is no row [empty_file]",
        2,
    ),
    (
        DataUnavailableError("emodb-2s", "Set FACEVALUE_DATA."),
        "dataset 'emodb-2s' is not available here. Set FACEVALUE_DATA.",
        2,
    ),
    (
        UnknownNameError("system", "fre", ["fer", "face-api"]),
        "unknown system 'fre'. Did you mean 'fer'? Known: 'face-api', 'fer'.",
        2,
    ),
    (
        MissingExtraError("onnxruntime", "onnx"),
        "this needs the package 'onnxruntime', which is not installed. "
        "Install it with: pip install 'facevalue[onnx]'",
        2,
    ),
    (SystemUnavailableError("the command ended"), "the command ended", 4),
    (StoreError("store.sqlite: locked"), "store.sqlite: locked", 4),
    (
        PluginError("vendor", "order: answers are in another order"),
        "plugin 'vendor' broke its contract: order: answers are in another order",
        4,
    ),
]


@pytest.mark.parametrize(
    ("error", "sentence", "status"), TABLE, ids=[type(e).__name__ for e, _, _ in TABLE]
)
def test_sentence_and_status(error: FacevalueError, sentence: str, status: int) -> None:
    assert str(error) == sentence
    assert error.exit_status == status


def test_no_class_was_forgotten() -> None:
    defined = {
        one
        for name, one in inspect.getmembers(errors, inspect.isclass)
        if issubclass(one, Exception) and not name.startswith("_")
    }
    assert {type(error) for error, _, _ in TABLE} == defined
    assert {one.__name__ for one in defined} | {"Problem"} == set(errors.__all__)


def test_every_class_stands_in_the_tree_with_its_status() -> None:
    tree = errors.__doc__ or ""
    for error, _, _ in TABLE:
        assert type(error).__name__ in tree


def test_parts_are_kept() -> None:
    manifest = ManifestError("faces.csv", list(TWO))
    assert (manifest.path, manifest.problems) == ("faces.csv", TWO)
    unknown = UnknownNameError("system", "x", iter(["b", "a"]))
    assert (unknown.kind, unknown.name, unknown.known) == ("system", "x", ("a", "b"))
    missing = MissingExtraError("httpx", "http")
    assert (missing.package, missing.extra) == ("httpx", "http")
    away = DataUnavailableError("d", "Get it.")
    assert (away.name, away.how) == ("d", "Get it.")
    plugin = PluginError("p", "c")
    assert (plugin.plugin, plugin.check) == ("p", "c")


def test_nothing_known_and_nothing_like_it() -> None:
    assert str(UnknownNameError("claim", "x", [])) == "unknown claim 'x'. Known: none."
    assert str(UnknownNameError("claim", "x", ["abc"])) == "unknown claim 'x'. Known: 'abc'."


def test_fifty_problems_are_shown_and_the_rest_counted() -> None:
    problems = [Problem("ragged_row", "2 fields", f"row {n}") for n in range(2, 54)]
    lines = str(ManifestError("faces.csv", problems)).split("\n")
    assert lines[0] == "faces.csv: 52 problem(s)"
    assert lines[1] == "  row 2: 2 fields [ragged_row]"
    assert lines[50] == "  row 51: 2 fields [ragged_row]"
    # 52 problems less the 50 that are shown.
    assert lines[51:] == ["  … and 2 more"]


def test_a_problem_travels_between_processes() -> None:
    assert pickle.loads(pickle.dumps(TWO)) == TWO
