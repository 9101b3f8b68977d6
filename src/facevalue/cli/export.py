"""`facevalue export`: a run in the form that somebody else asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("export")(export)


def export(
    run_folder: Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")],
    kind: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="KIND",
            help="annex-iv, annex-iv-csv, ll144, model-card, ro-crate, sarif, junit, "
            "findings-csv or mlflow.",
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", help="File to write; for mlflow the tracking folder or address."
        ),
    ] = None,
    selected: Annotated[
        str | None,
        typer.Option("--selected", help="For ll144: the label that counts as selected."),
    ] = None,
) -> None:
    """Write a finished run as law tables, a model card, a crate, or for CI and trackers.

    A document is printed unless --out names a file. Groups that the report does not show are
    not shown here either. ro-crate writes into the run folder.
    """
    from facevalue import flow
    from facevalue.exports import export as send
    from facevalue.runs import RunFolder

    folder = RunFolder.open(run_folder)
    report = flow.report_material(folder)
    typer.echo(send(folder, report, kind, out=out, selected=selected), nl=False)
