"""Read a YAML file that a stranger may have written, and know the line of everything.

Only plain data is built. Anchors and aliases are refused, since a few lines of them can
unfold into gigabytes; so are duplicate keys, of which YAML would silently keep the last.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class YamlFile:
    """Plain data, the text it came from, and the line of every entry."""

    shown: str
    text: str
    data: Any
    lines: dict[_Path, int]

    def where(self, path: Sequence[str | int]) -> str:
        """Say where ``path`` stands: ``line 12, claims[1].at_least``."""
        known = tuple(path)
        while known and known not in self.lines:
            known = known[:-1]
        line = self.lines.get(known, 1)
        dotted = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
        return f"line {line}, {dotted.lstrip('.')}" if dotted else f"line {line}"


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file.

    Raises
    ------
    AuditSpecError
        If it is missing, empty, too large, not UTF-8, not YAML, uses anchors, or names a key
        twice; with the line.
    """
    shown = str(path)
    if not path.is_file():
        raise AuditSpecError(shown, [Problem("missing_file", "there is no such file")])
    raw = path.read_bytes()
    if len(raw) > MAX_BYTES:
        what = f"the file has {len(raw)} bytes, at most {MAX_BYTES} are read"
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
    loader = yaml.SafeLoader(text)
    try:
        _refuse_aliases(text)
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
        raise AuditSpecError(shown, [_from_yaml(error)]) from error
    finally:
        loader.dispose()
    return YamlFile(shown, text, data, lines)


def _refuse_aliases(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            _refuse(event, "anchors and aliases (& and *) are not read; write the value out")
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
            name = str(key.value)
            if name in seen:
                what = f"{name!r} is given twice, first on line {seen[name]}"
                problems.append(Problem("duplicate_key", what, f"line {line}"))
            seen.setdefault(name, line)
            lines[(*path, name)] = line
            _walk(value, (*path, name), lines, problems)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _walk(value, (*path, i), lines, problems)


def _from_yaml(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Problem("not_yaml", f"this is not valid here: {what}", where)
