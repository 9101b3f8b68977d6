"""`facevalue claims`: the library of claims as reported."""

from __future__ import annotations

from typing import Annotated

import typer

from facevalue.cli.printing import print_table

__all__ = ["add_to"]

commands = typer.Typer(help="The library of reported claims: list, show.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(commands, name="claims")


@commands.command("list")
def list_claims() -> None:
    """List the claims, and whether a finding of this version can settle them."""
    from facevalue.audits import library_claims

    rows = [
        [c.id, c.scenario, c.kind, "no" if c.why_untestable else "yes", c.says]
        for c in library_claims()
    ]
    print_table(["ID", "SCENARIO", "KIND", "TESTABLE", "SAYS"], rows)


@commands.command("show")
def show(claim: Annotated[str, typer.Argument(help="Id of the claim.", metavar="ID")]) -> None:
    """Show one claim: its words, its source, and the evidence that would settle it."""
    from facevalue.audits.library import library_claim

    c = library_claim(claim)
    typer.echo(f"{'id:':<14}{c.id}")
    for head, text in (
        ("says", c.says),
        ("who", c.who),
        *(("source", f"{s} {s.url}".strip()) for s in c.sources),
        ("scenario", c.scenario),
        ("kind", c.kind),
        ("needs", "; ".join(c.needs) or "nothing"),
        ("settled by", c.settles),
        ("construct", c.construct),
        ("law", c.law),
        ("not testable", c.why_untestable),
    ):
        if text:
            typer.echo(f"{head + ':':<14}{text}")
