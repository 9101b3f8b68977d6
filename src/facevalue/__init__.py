"""facevalue puts the claims made for emotion-recognition systems to the test.

The whole public face: `audit` runs an audit file to a report, `audit_table` measures a
table of labels and predictions. Everything heavy loads when it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["__version__", "audit", "audit_table"]

if TYPE_CHECKING:
    from facevalue.audits.table import audit_table
    from facevalue.flow import audit

_HOMES = {"audit": "facevalue.flow", "audit_table": "facevalue.audits.table"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        found = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module 'facevalue' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
