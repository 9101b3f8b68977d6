"""`facevalue scenarios`: the described uses: list, show, and a new one to start from."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facevalue.cli.printing import print_table, safe

if TYPE_CHECKING:
    from facevalue.simulate import Amount, Scenario

__all__ = ["add_to"]

commands = typer.Typer(
    help="The described uses that consequences are worked out for: list, show, new, schema.",
    no_args_is_help=True,
)

DRAFT = """\
# A use of your own. Every number says where it comes from: why (in words), or fact (a cited
# figure). What is left out is assumed, and said to be. Next: facevalue simulate {file}
facevalue_scenario: 1
name: "{name}"
title: Say in a few words what the use is
who: Say who is looked at, where and how.
people: visitors
sought: carry what is not allowed in
people_a_day: {{value: 1000, low: 500, high: 2000, why: counted on a weekday}}
base_rate: {{low: 0.0001, high: 0.01, why: nobody has counted; a guess between these}}
claimed: {{value: 0.95, why: the seller's leaflet of May 2026}}
leads_to: A search of the bag by a guard.

# More that can be said (facevalue scenarios schema lists all of it):
looks: {{value: 12, low: 1, high: 50, why: a visit a month}}
period: a year
review:
  minutes: {{value: 5, low: 2, high: 10, why: timed at the entrance}}
  staff: {{value: 1, why: one guard at a time}}
  hours: {{value: 10, why: opening hours}}
settles: search outcomes, also of a random sample of people who were not flagged
# To measure the flags in an audit, say which labels raise one:
# flag: {{labels: [anger, fear], calm: [neutral], threshold: 0.5, why: as the leaflet says}}
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(commands, name="scenarios")


@commands.command("list")
def list_scenarios() -> None:
    """List the scenarios that ship."""
    from facevalue.simulate import scenario, scenario_names

    found = [scenario(name) for name in scenario_names()]
    print_table(
        ["NAME", "BASE RATE", "RATES FROM", "TITLE"],
        [[s.name, _number(s.base_rate), _rates_from(s), s.title] for s in found],
    )


@commands.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Name of a scenario, or a file.", metavar="NAME")],
) -> None:
    """Show a scenario: every number with its source, the claims about it, and the law."""
    from facevalue.cli.simulate import read_target
    from facevalue.simulate import fact

    one = read_target(name)
    for head, text in (
        ("name", one.name), ("title", one.title), ("who", one.who),
        ("sought", f"{one.people} who {one.sought}"), ("leads to", one.leads_to),
        ("settled by", one.settles), ("claims", ", ".join(one.claims)),
    ):  # fmt: skip
        _entry(head, text)
    if one.flag is not None:
        labels = " + ".join(one.flag.labels)
        _entry("flag", f"{labels} at {one.flag.threshold:g} or more. {one.flag.why}")
    typer.echo("\nNumbers")
    for head, amount in _amounts(one):
        _entry(head, f"{_number(amount)} · {_source(amount)}")
    if one.background:
        typer.echo("\nWhat is known")
        for entry in one.background:
            known = fact(entry)
            _entry("-", f"{known.statement} {known.citation}. {known.url}")
    if one.law:
        typer.echo(f"\nThe law, as read on {one.law_checked}. Not legal advice.")
        for note in one.law:
            _entry("-", f"{note.here} ({fact(note.fact).statement})")


@commands.command("new")
def new(
    file: Annotated[Path, typer.Argument(help="File to write, .yaml.", metavar="FILE.yaml")],
) -> None:
    """Write a scenario of your own to start from, ready to run."""
    from facevalue.atomic import write_text
    from facevalue.errors import InputError

    if file.suffix not in (".yaml", ".yml"):
        raise InputError(f"{file}: a scenario is a .yaml file")
    if file.exists():
        raise InputError(f"{file}: is there already; nothing was written. Give another name")
    if not file.parent.is_dir():
        raise InputError(f"{file.parent}: there is no such folder")
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in file.stem.lower())
    name = "-".join(filter(None, name[:60].split("-"))) or "my-use"
    write_text(file, DRAFT.format(file=safe(file.name), name=name))
    typer.echo(f"Written: {safe(file)}. Next: facevalue simulate {safe(file)}")


@commands.command("schema")
def schema() -> None:
    """Print the JSON Schema of scenarios, for editors."""
    import json

    from facevalue.simulate import scenario_schema

    typer.echo(json.dumps(scenario_schema(), indent=2, ensure_ascii=False))


def _rates_from(one: Scenario) -> str:
    kinds = [
        word
        for word, there in (
            ("labels", one.flag), ("study", one.published), ("claim", one.claimed),
        )
        if there is not None
    ]  # fmt: skip
    return ", ".join(kinds) or "given"


def _amounts(one: Scenario) -> list[tuple[str, Amount]]:
    found = [
        ("people a day", one.people_a_day), ("looks a day", one.looks_a_day),
        ("base rate", one.base_rate), ("looks", one.looks),
        ("review minutes", one.review.minutes), ("staff", one.review.staff),
        ("hours", one.review.hours), ("claimed", one.claimed), ("correlation", one.correlation),
    ]  # fmt: skip
    if one.cost is not None:
        found += [("false flag, cost", one.cost.false_flag), ("missed, cost", one.cost.missed)]
    for told, head in ((one.published, "study"), (one.without, "without it")):
        if told is not None:
            found += [(f"{head}, sens.", told.sensitivity), (f"{head}, spec.", told.specificity)]
    return [(head, amount) for head, amount in found if amount is not None]


def _number(amount: Amount) -> str:
    from facevalue.simulate.words import plain

    low, high = map(plain, amount.ends)
    if amount.is_range:
        return f"{low} to {high}"
    return plain(amount.at) + (f" ({low} to {high})" if low != high else "")


def _source(amount: Amount) -> str:
    words = [amount.why] if amount.why else []
    if amount.source is not None:
        words.append(f"{amount.source.citation}: {amount.source.statement}")
    return " ".join(words)


def _entry(head: str, text: str) -> None:
    if text:
        start = "- " if head == "-" else f"{head + ':':<16}"
        filled = textwrap.fill(
            safe(text), 96, initial_indent=start, subsequent_indent=" " * len(start),
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
        typer.echo(filled)
