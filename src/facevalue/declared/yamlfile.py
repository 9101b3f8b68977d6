"""Read a YAML file that a stranger may have written, and know the line of everything.

Only plain data is built, by the rules of YAML 1.2: a date, ``no`` and ``12:30`` are text.
Anchors and aliases are refused, since a few lines of them can unfold into gigabytes; so are
tags, keys that are no text, duplicate keys, of which YAML would silently keep the last, and
control characters, which could disguise a name in a report or steer a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from facevalue.errors import AuditSpecError, Problem

__all__ = ["YamlFile", "parse_yaml", "read_yaml"]

MAX_BYTES = 1_000_000
MAX_DEPTH = 30

_Path = tuple[str | int, ...]

# Line ends and tabs may stand in a text; marks that turn the writing around may not.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class _Loader(yaml.SafeLoader):
    """Builds texts, numbers, true, false and null, and nothing else."""


# Those of YAML 1.1 are not taken over.
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    # Few enough digits to be printed; a zero in front would be read as octal.
    ("int", r"[-+]?(0|[1-9][0-9]{0,99})", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


@dataclass(frozen=True, slots=True)
class YamlFile:
    """Plain data, the text it came from, and the line of every entry."""

    shown: str
    text: str
    data: Any
    lines: dict[_Path, int]

    def where(self, path: Sequence[str | int]) -> str:
        """Say where ``path`` stands: ``line 12, claims[1].at_least``."""
        line = self.line(path)
        dotted = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
        return f"line {line}, {dotted.lstrip('.')}" if dotted else f"line {line}"

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line of ``path``, or of the nearest entry around it that is there."""
        known = tuple(path)
        while known and known not in self.lines:
            known = known[:-1]
        return self.lines.get(known, 1)


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file.

    Raises
    ------
    AuditSpecError
        If it is missing, empty, too large, not UTF-8, not YAML, uses anchors or tags, names a
        key twice, or holds control characters; with the line.
    """
    shown = str(path)
    try:
        if not path.is_file():
            raise AuditSpecError(shown, [Problem("missing_file", "there is no such file")])
        raw = path.read_bytes()
    except OSError as error:
        what = f"the file cannot be read: {error.strerror}"
        raise AuditSpecError(shown, [Problem("missing_file", what)]) from error
    if len(raw) > MAX_BYTES:
        what = f"the file has {len(raw):,} bytes, at most {MAX_BYTES:,} are read"
        raise AuditSpecError(shown, [Problem("too_large", what)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        what = f"byte {raw[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        raise AuditSpecError(shown, [Problem("wrong_encoding", what, f"line {line}")]) from error
    return parse_yaml(text, shown)


def parse_yaml(text: str, shown: str) -> YamlFile:
    """Parse YAML text; ``shown`` names it in messages."""
    try:
        _refuse_more_than_data(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise AuditSpecError(shown, [Problem("empty_file", "the file holds nothing")])
        lines: dict[_Path, int] = {}
        problems: list[Problem] = []
        _walk(node, (), lines, problems)
        if problems:
            raise AuditSpecError(shown, problems)
        data = loader.construct_document(node)
    except yaml.YAMLError as error:
        raise AuditSpecError(shown, [_from_yaml(error, text)]) from error
    return YamlFile(shown, text, data, lines)


def _refuse_more_than_data(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse(event, "anchors and aliases (& and *) are not read; write the value out")
        if getattr(event, "tag", None) is not None:
            _refuse(event, "tags (!) are not read; write the value alone")
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > MAX_DEPTH:
            _refuse(event, f"nested more than {MAX_DEPTH} levels deep")


def _refuse(event: yaml.Event, problem: str) -> None:
    mark: Any = event.start_mark
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _walk(node: yaml.Node, path: _Path, lines: dict[_Path, int], problems: list[Problem]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if fault := _key_fault(key, seen):
                problems.append(Problem(*fault, f"line {line}"))
                continue
            seen[key.value] = line
            lines[(*path, key.value)] = line
            _walk(value, (*path, key.value), lines, problems)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _walk(value, (*path, i), lines, problems)
    elif _CONTROL.search(node.value):
        what = f"{_shown(node.value)} holds a control character"
        problems.append(Problem("control_character", what, f"line {node.start_mark.line + 1}"))


def _key_fault(key: yaml.Node, seen: dict[str, int]) -> tuple[str, str] | None:
    """Return code and sentence for a key that cannot be used."""
    if not isinstance(key, yaml.ScalarNode):
        return "wrong_type", "a key has to be text, found a list or keys and values"
    if key.tag != "tag:yaml.org,2002:str":
        return "wrong_type", f"a key has to be text; put it in quotes: '{key.value}'"
    if _CONTROL.search(key.value) or "\n" in key.value:
        return "control_character", f"the key {_shown(key.value)} holds a control character"
    if key.value in seen:
        what = f"{_shown(key.value)} is given twice, first on line {seen[key.value]}"
        return "duplicate_key", what
    return None


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


def _from_yaml(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        what = f"the control character U+{ord(text[error.position]):04X} is not read; take it out"
        return Problem("control_character", what, f"line {line}")
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    # "expected a single document in the stream" is told in two halves.
    if what.startswith("but "):
        what = f"{getattr(error, 'context', '')} {what}".strip()
    return Problem("not_yaml", f"this is not valid here: {what}", where)
