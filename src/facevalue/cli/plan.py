"""`facevalue plan`: write, check and lock an audit file before the data are seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["add_to"]

AuditFile = Annotated[Path, typer.Argument(help="The audit file (YAML).", metavar="AUDIT.yaml")]

commands = typer.Typer(help="The audit file: new, check, lock, schema.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(commands, name="plan")


@commands.command("new")
def new(
    path: Annotated[Path, typer.Argument(metavar="AUDIT.yaml")] = Path("audit.yaml"),
    title: Annotated[str, typer.Option(prompt="What is audited, in a few words")] = "My audit",
    dataset: Annotated[
        str,
        typer.Option(prompt="Dataset: a name (facevalue datasets list) or a manifest file"),
    ] = "crema-d",
    system: Annotated[
        str,
        typer.Option(
            prompt="System: ratings, predictions, callable, onnx, tflite, command, http, "
            "or a name (facevalue systems list)"
        ),
    ] = "ratings",
    groups: Annotated[
        str, typer.Option(prompt="Attributes to compare, with commas (may be empty)")
    ] = "sex",
    accuracy: Annotated[
        float,
        typer.Option(min=0, max=1, prompt="Accuracy that is claimed, as a share (0.95 for 95 %)"),
    ] = 0.95,
    gap: Annotated[
        float,
        typer.Option(
            min=0, max=1, prompt="Largest gap between groups that would still be called equal"
        ),
    ] = 0.05,
) -> None:
    """Ask a few questions and write a commented audit file."""
    from facevalue.atomic import write_text
    from facevalue.audits.drafting import Draft, draft
    from facevalue.errors import InputError

    if path.exists():
        raise InputError(f"{path}: there is already a file; choose another name")
    listed = tuple(g.strip() for g in groups.split(",") if g.strip())
    text = draft(
        Draft(
            title=title, dataset=dataset, system=system, groups=listed, accuracy=accuracy, gap=gap
        )
    )
    write_text(path, text)
    typer.echo(f"Written: {path}\nNext: facevalue plan check {path}")


@commands.command("check")
def check(path: AuditFile) -> None:
    """Read the audit file and its datasets; report every problem at once."""
    from facevalue import flow
    from facevalue.audits import read_audit

    read = read_audit(path)
    n_here, missing = flow.check_audit(read)
    typer.echo(
        f"{path}: fine. {n_here} dataset(s), {len(read.spec.systems)} system(s), "
        f"{len(read.spec.claims)} claim(s)."
    )
    for why in missing:
        typer.echo(f"optional and not here: {why}")


@commands.command("lock")
def lock(path: AuditFile, out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN")]) -> None:
    """Write the digest of the audit file and the time into a run folder."""
    from facevalue import flow
    from facevalue.audits import read_audit
    from facevalue.errors import DataUnavailableError, MissingExtraError

    read = read_audit(path)
    try:
        flow.check_audit(read)
    except (DataUnavailableError, MissingExtraError) as error:
        # A plan may be locked before there are data.
        typer.echo(f"Only the file itself was checked: {error}", err=True)
    folder = flow.lock_audit(read, out)
    locked = folder.lock
    typer.echo(f"Locked at {locked.locked_at}: sha256 {locked.audit_sha256}")


@commands.command("schema")
def schema() -> None:
    """Print the JSON Schema of audit files, for editors."""
    from facevalue.audits import audit_schema

    typer.echo(json.dumps(audit_schema(), ensure_ascii=False, indent=1))
