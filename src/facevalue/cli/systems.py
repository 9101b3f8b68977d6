"""`facevalue systems`: adapters, and published systems that are known by name."""

from __future__ import annotations

from typing import Annotated

import typer

from facevalue.cli.printing import print_table, safe

__all__ = ["add_to"]

Name = Annotated[str, typer.Argument(help="Name of the system.", metavar="NAME")]

commands = typer.Typer(help="Systems and adapters: list, show, fetch.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(commands, name="systems")


@commands.command("list")
def list_systems() -> None:
    """List named systems, and the adapters through which any other is reached."""
    from facevalue.errors import PluginError
    from facevalue.systems import ADAPTERS, NAMED_SYSTEMS, is_fetched

    rows = []
    for name in NAMED_SYSTEMS:
        system = NAMED_SYSTEMS[name]
        here = "yes" if is_fetched(name) else "no"
        rows.append([name, here, system.version, system.about.get("title", "")])
    print_table(["SYSTEM", "HERE", "VERSION", "TITLE"], rows)
    typer.echo()
    rows = []
    for name in ADAPTERS:
        try:
            ADAPTERS[name]
        except PluginError as error:
            rows.append([name, ADAPTERS.origin(name), f"BROKEN: {error}"])
        else:
            rows.append([name, ADAPTERS.origin(name), ""])
    print_table(["ADAPTER", "FROM", ""], rows)


@commands.command("show")
def show(name: Name) -> None:
    """Show what is known of a named system: licence, labels, preprocessing, digests."""
    from facevalue.systems import NAMED_SYSTEMS, is_fetched

    system = NAMED_SYSTEMS[name]
    typer.echo(f"{'name:':<16}{system.name} {system.version}")
    typer.echo(f"{'labels:':<16}{', '.join(system.labels)}")
    for head, text in system.about.items():
        typer.echo(f"{head + ':':<16}{safe(text)}")
    for package in system.packages:
        typer.echo(f"{'package:':<16}{package.requirement}  sha256 {package.sha256}")
    typer.echo(f"{'here:':<16}{'yes' if is_fetched(name) else 'no'}")


@commands.command("fetch")
def fetch(name: Name) -> None:
    """Obtain a named system with the ordinary package client, check it, unpack it."""
    from facevalue.systems import fetch_system

    folder = fetch_system(name, lambda text: typer.echo(safe(text), err=True))
    typer.echo(f"Here: {folder}")
