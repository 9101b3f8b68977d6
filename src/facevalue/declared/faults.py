"""From what the check of a declared file finds to problems with their lines, in our words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from facevalue.declared.yamlfile import YamlFile
from facevalue.errors import Problem

__all__ = ["MisfitsError", "problems_of"]

SHOWN_CHARACTERS = 80

_Path = tuple[str | int, ...]

_CODES = {
    "extra_forbidden": "unknown_key",
    "missing": "missing_key",
    "literal_error": "bad_value",
    "string_type": "wrong_type",
    "list_type": "wrong_type",
    "dict_type": "wrong_type",
    "model_type": "wrong_type",
    "bool_type": "wrong_type",
    "int_type": "wrong_type",
    "float_type": "wrong_type",
}

# Kinds of Pydantic, whose own sentences speak of dictionaries and of validation.
_EXPECTED = {
    "string_type": "expected text",
    "list_type": "expected a list",
    "dict_type": "expected keys and values",
    "model_type": "expected keys and values",
    "bool_type": "expected true or false",
    "int_type": "expected a whole number",
    "float_type": "expected a number",
    "literal_error": "expected {expected}",
    "too_short": "expected at least {min_length} item(s)",
    "string_too_short": "expected at least {min_length} character(s)",
    "string_too_long": "expected at most {max_length:,} characters",
    "greater_than_equal": "expected at least {ge}",
    "greater_than": "expected more than {gt}",
    "less_than_equal": "expected at most {le}",
    "less_than": "expected less than {lt}",
}


class MisfitsError(ValueError):
    """Entries that are fine each, but do not fit each other; holds place and words of each."""

    def __init__(self, found: Sequence[tuple[_Path, str]]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(what for _, what in found))


def problems_of(error: ValidationError, file: YamlFile, model: type[BaseModel]) -> list[Problem]:
    """Return one problem for each fault of what ``model`` describes, in the order of the file."""
    keys = {part for path in file.lines for part in path}
    found: list[tuple[_Path, Problem]] = []
    for raw in error.errors(include_url=False):
        # Names of union members ("constrained-str") are Pydantic's, not the user's.
        path = tuple(p for p in raw["loc"] if isinstance(p, int) or p in keys)
        cause = raw.get("ctx", {}).get("error")
        if isinstance(cause, MisfitsError):
            found += [(at, Problem("bad_value", what, file.where(at))) for at, what in cause.found]
            continue
        code = _CODES.get(raw["type"], "bad_value")
        is_extra = code == "unknown_key"
        what = _unknown_key(raw["loc"], model) if is_extra else _sentence(dict(raw))
        found.append((path, Problem(code, what, file.where(path))))
    found.sort(key=lambda one: file.line(one[0]))
    return _merged(found)


def _unknown_key(path: Sequence[str | int], model: type[BaseModel]) -> str:
    for part in path[:-1]:
        field = model.model_fields.get(str(part))
        model = (field and _model_in(field.annotation)) or model
    known, name = list(model.model_fields), str(path[-1])
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known)}"
    return f"{name!r} is not a key of the format. {hint}"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model in ``list[Model]`` and its like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, (_model_in(part) for part in get_args(annotation))), None)


def _sentence(raw: dict[str, Any]) -> str:
    kind = str(raw["type"])
    last = str(raw["loc"][-1]) if raw["loc"] else ""
    if kind == "missing":
        return f"{last!r} is required"
    if kind == "value_error":
        return str(raw["ctx"]["error"])
    given = raw.get("input")
    shown = repr(given)
    found = shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[: SHOWN_CHARACTERS - 1]}…"
    expected = _EXPECTED.get(kind, str(raw["msg"])).format(**raw.get("ctx", {}))
    is_bare = kind == "string_type" and isinstance(given, bool | int | float)
    return f"{expected}, found {found}{'; put it in quotes' if is_bare else ''}"


def _merged(found: Iterable[tuple[_Path, Problem]]) -> list[Problem]:
    """Keep one problem a place, and the deepest where a value may be of several types.

    What fits none of the types is reported for each of them: as no text at its own place,
    and as a list whose third entry is wrong at the entry's.
    """
    kept: dict[tuple[_Path, str], Problem] = {}
    for path, problem in found:
        kept.setdefault((path, problem.code), problem)
    places = {path for path, _ in kept}
    parents = {place[:n] for place in places for n in range(1, len(place))}
    return [
        problem
        for (path, code), problem in kept.items()
        if not (code == "wrong_type" and path in parents)
    ]
