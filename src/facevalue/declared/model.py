"""What every declared file is checked against, the same way for audit files and scenarios."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from facevalue.declared.faults import problems_of
from facevalue.declared.yamlfile import YamlFile
from facevalue.errors import AuditSpecError, Problem

__all__ = ["Declared", "checked", "json_schema"]


class Declared(BaseModel):
    """A part of a declared file: no key beyond its own, nothing converted, nothing changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Model = TypeVar("Model", bound=Declared)


def checked(file: YamlFile, model: type[Model]) -> Model:
    """Return the content of a file as ``model``.

    Raises
    ------
    AuditSpecError
        With every problem, its line and what was expected.
    """
    if not isinstance(file.data, dict):
        what = "expected keys and values (title: …), found something else"
        raise AuditSpecError(file.shown, [Problem("wrong_type", what, "line 1")])
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        raise AuditSpecError(file.shown, problems_of(error, file, model)) from error


def json_schema(model: type[Declared], title: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file, for editors."""
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = title
    return schema
