"""The application: its commands, how errors are printed, and what it ends with."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from facevalue import __version__
from facevalue.cli.printing import safe
from facevalue.errors import FacevalueError

__all__ = ["app", "run"]

INTERRUPTED = 130
NOT_COMPLETED = 4
"""Status of a run that a bug of ours ended; Python's own 1 would read as a verdict."""

EPILOG = (
    "Exit status: 0 every claim upheld (or none made) · 1 one not upheld · 2 bad input · "
    "3 one inconclusive or not testable, none not upheld · 4 the run could not be completed."
)


class Group(TyperGroup):
    """Turns errors of ours into one message and a status; a bug keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except FacevalueError as error:
            # Messages quote files and programs of others, which must not steer a terminal.
            text = "\n".join(safe(line) for line in str(error).split("\n"))
            typer.echo(f"facevalue: {text}", err=True)
            raise typer.Exit(error.exit_status) from error
        except KeyboardInterrupt as error:
            typer.echo("facevalue: stopped. The same command goes on from here.", err=True)
            raise typer.Exit(INTERRUPTED) from error


app = typer.Typer(
    cls=Group,
    name="facevalue",
    help="Puts the claims made for emotion-recognition systems to the test.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(shown: bool) -> None:
    if shown:
        typer.echo(f"facevalue {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Put the claims made for emotion-recognition systems to the test."""


def run() -> None:
    """Start the command line."""
    # A pipe may be of any encoding; the results hold ×, – and people's own words.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except Exception:  # noqa: BLE001 - a bug keeps its traceback, and is no verdict
        traceback.print_exc()
        sys.exit(NOT_COMPLETED)


# Each module adds its commands to the application above.
from facevalue.cli import (  # noqa: E402
    audit,
    claims,
    compare,
    datasets,
    export,
    perturbations,
    plan,
    power,
    scenarios,
    simulate,
    systems,
)

audit.add_to(app)
plan.add_to(app)
power.add_to(app)
simulate.add_to(app)
scenarios.add_to(app)
compare.add_to(app)
export.add_to(app)
datasets.add_to(app)
systems.add_to(app)
perturbations.add_to(app)
claims.add_to(app)
