"""The registry of kinds of export, and the one way to make one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevalue.exports.source import Export, Source
from facevalue.registry import Registry

if TYPE_CHECKING:
    from facevalue.report import ReportInput
    from facevalue.runs import RunFolder

__all__ = ["EXPORTS", "export"]

EXPORTS: Registry[Export] = Registry("kind of export", "facevalue.exports")
"""Every kind of export, by name; other packages add theirs as ``facevalue.exports``."""

for _name, _target in {
    "annex-iv": "annex_iv:MARKDOWN",
    "annex-iv-csv": "annex_iv:CSV",
    "findings-csv": "findings_csv:FINDINGS_CSV",
    "junit": "junit:JUNIT",
    "ll144": "ll144:LL144",
    "mlflow": "tracking:MLFLOW",
    "model-card": "model_card:MODEL_CARD",
    "ro-crate": "ro_crate:RO_CRATE",
    "sarif": "sarif:SARIF",
}.items():
    EXPORTS.add_lazy(_name, f"facevalue.exports.{_target}")


def export(
    folder: RunFolder,
    report: ReportInput,
    kind: str,
    *,
    out: str | None = None,
    selected: str | None = None,
) -> str:
    """Make an export of a run and return what is to be printed.

    Parameters
    ----------
    folder
        The run.
    report
        What its report says; small cells are taken out here.
    kind
        One of `EXPORTS`.
    out
        Where to write: a file, or for ``mlflow`` a folder or address. Without it a document
        is returned as text.
    selected
        Label that counts as being selected; for ``ll144``.

    Raises
    ------
    InputError
        If the kind is unknown, lacks an option, or cannot be written.

    Examples
    --------
    >>> sorted(EXPORTS)[:3]
    ['annex-iv', 'annex-iv-csv', 'findings-csv']
    """
    from facevalue.report.model import Material

    how = EXPORTS[kind]
    return how.send(Source(folder=folder, material=Material(report), selected=selected), out)
