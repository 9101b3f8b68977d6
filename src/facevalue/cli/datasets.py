"""`facevalue datasets`: what is known, where it is, what is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from facevalue.cli.printing import print_table, safe

__all__ = ["add_to"]

Name = Annotated[str, typer.Argument(help="Name of the dataset.", metavar="NAME")]

commands = typer.Typer(help="Named datasets: list, show, fetch, describe.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(commands, name="datasets")


@commands.command("list")
def list_datasets() -> None:
    """List the datasets that are known by name, and whether they are here."""
    from facevalue.dataset import named_datasets

    rows = [[c.name, _presence(c.name), c.licence, c.title] for c in named_datasets()]
    print_table(["NAME", "HERE", "LICENCE", "TITLE"], rows)


def _presence(name: str) -> str:
    from facevalue.dataset import DatasetSpec, open_dataset
    from facevalue.errors import DataUnavailableError, FacevalueError

    try:
        open_dataset(DatasetSpec(id=name, name=name), base=Path())
    except DataUnavailableError:
        return "no"
    except FacevalueError as error:
        return f"no ({type(error).__name__})"
    return "yes"


@commands.command("show")
def show(name: Name) -> None:
    """Show licence, citation, addresses, digests and warnings of a dataset."""
    from facevalue.dataset import card

    c = card(name)
    for head, text in (
        ("Name", c.name),
        ("Title", c.title),
        ("Version", c.version),
        ("Licence", c.licence),
        ("Citation", c.citation),
        ("Address", c.url or "none: facevalue makes it itself"),
        ("About", c.about),
        ("Population", c.population),
        *(("WARNING", w) for w in c.warnings),
    ):
        typer.echo(f"{head + ':':<12}{text}")
    for file in c.files:
        where = file.url or "cannot be fetched"
        typer.echo(f"{'File:':<12}{file.name}  {file.size:,} bytes  sha256 {file.sha256}  {where}")


@commands.command("fetch")
def fetch_dataset(name: Name) -> None:
    """Fetch a dataset into the cache and check its digests."""
    from facevalue.dataset import fetch

    typer.echo(f"Here: {fetch(name)}")


@commands.command("describe")
def describe_dataset(
    name: Name,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Count the items and subjects of a dataset by label, attribute and intersection."""
    from facevalue.dataset import DatasetSpec, describe, open_dataset

    found = describe(open_dataset(DatasetSpec(id=name, name=name), base=Path()))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1))
        return
    subjects = (
        "no subject ids" if found["n_subjects"] is None else f"{found['n_subjects']} subjects"
    )
    typer.echo(f"{name}: {found['n_items']:,} items, {subjects}\n")
    print_table(["ITEMS", "ANNOTATED AS"], [[r["n_items"], r["label"]] for r in found["labels"]])
    for attribute in found["attributes"]:
        typer.echo()
        rows = [
            [g["n_items"], "" if g["n_subjects"] is None else g["n_subjects"], g["group"]]
            for g in attribute["groups"][:30]
        ]
        print_table(["ITEMS", "SUBJECTS", attribute["attribute"]], rows)
        if len(attribute["groups"]) > 30:
            typer.echo(f"… and {len(attribute['groups']) - 30} more groups")
    for note in found["notes"]:
        typer.echo(f"\nNote: {safe(note)}")
