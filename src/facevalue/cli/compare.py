"""`facevalue compare`: the second of two runs against the first, on the items both have."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facevalue.cli.printing import WIDTH, print_table, safe

if TYPE_CHECKING:
    from facevalue.audits import Finding
    from facevalue.report.comparison import Comparison

__all__ = ["add_to"]

MAX_ROWS = 20
FORMAT = {"format": "facevalue-comparison", "version": 1}


def add_to(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("compare")(compare)


def compare(
    first: Annotated[Path, typer.Argument(help="A run folder.", metavar="FIRST")],
    second: Annotated[
        Path, typer.Argument(help="A run folder; may be the same.", metavar="SECOND")
    ],
    systems: Annotated[
        str | None,
        typer.Option(
            "--systems",
            metavar="A,B",
            help="A of the first against B of the second; else those of one name, or the only "
            "one of each.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write a page of its own.", metavar="PAGE.html"),
    ] = None,
    findings: Annotated[
        Path | None,
        typer.Option("--findings", help="Write all findings.", metavar="FILE.csv|FILE.json"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all findings as JSON.")] = False,
    all_rows: Annotated[
        bool, typer.Option("--all", help=f"Print every row, not the {MAX_ROWS} largest.")
    ] = False,
) -> None:
    """Tell how the second run differs from the first: person by person, on shared items.

    Reads stored answers; no system is asked. Groups that the report does not show are not shown
    here either. The status is 0 whenever there was something to compare.
    """
    from facevalue.compare import compare_runs

    named = _named(systems)
    _check(out, findings)
    found = compare_runs(first, second, systems=named)
    _write(found, out, findings)
    if as_json:
        typer.echo(_json(found), nl=False)
    else:
        _print(found, all_rows=all_rows)
    for what, path in (("Page", out), ("Findings", findings)):
        if path is not None:
            typer.echo(f"{what}: {path}", err=as_json)


def _named(systems: str | None) -> tuple[str, str] | None:
    from facevalue.errors import InputError

    if systems is None:
        return None
    names = [name.strip() for name in systems.split(",")]
    if len(names) != 2 or not all(names):
        raise InputError(
            "--systems takes two names with a comma between them: one of the first run and one of "
            f"the second, as --systems old,new; found {safe(systems)!r}"
        )
    return names[0], names[1]


def _check(out: Path | None, findings: Path | None) -> None:
    """Refuse names of files before anything is read."""
    from facevalue.errors import InputError

    if out is not None and out.suffix != ".html":
        raise InputError(f"--out takes a file that ends with .html, found {safe(out)}")
    if findings is not None and findings.suffix not in (".csv", ".json"):
        raise InputError(
            f"--findings takes a file that ends with .csv or .json, found {safe(findings)}"
        )
    for option, path in (("--out", out), ("--findings", findings)):
        if path is not None and path.is_dir():
            raise InputError(f"{option}: {safe(path)} is a folder; give the name of a file")


def _write(found: Comparison, out: Path | None, findings: Path | None) -> None:
    """Make everything, then write: a page that cannot be made leaves nothing behind."""
    from facevalue.atomic import write_text
    from facevalue.errors import InputError
    from facevalue.report.comparison import build_comparison

    texts: list[tuple[Path, str]] = []
    if findings is not None:
        texts.append((findings, _csv(found) if findings.suffix == ".csv" else _json(found)))
    if out is not None:
        texts.append((out, build_comparison(found)))
    for path, text in texts:
        try:
            write_text(path, text)
        except OSError as error:
            raise InputError(
                f"{safe(path)}: cannot be written ({error.strerror}). Give another file."
            ) from error


def _rows(found: Comparison) -> list[dict[str, Any]]:
    from facevalue.report.comparison import reading_of

    rows = []
    for f in found.shown:
        # The figures of both sides of a hidden group are as telling as their difference.
        is_told = bool(f.result.n_items)
        first, second = found.sides.get(f.key, (None, None)) if is_told else (None, None)
        rows.append(f.row() | {"first": first, "second": second, "read_as": reading_of(f).value})
    return rows


def _csv(found: Comparison) -> str:
    from facevalue.audits import COLUMNS
    from facevalue.exports.spreadsheet import csv_text

    head = [*COLUMNS, "first", "second", "read_as"]
    return csv_text([head, *([row[c] for c in head] for row in _rows(found))])


def _json(found: Comparison) -> str:
    from dataclasses import asdict

    document = {
        **FORMAT,
        "first": asdict(found.first),
        "second": asdict(found.second),
        "pairs": [asdict(v) for v in found.pairs],
        "says": found.sentence(),
        "left_out": found.left_out,
        "findings": _rows(found),
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _print(found: Comparison, *, all_rows: bool) -> None:
    from facevalue.report.comparison import ordered

    for word, run in (("First", found.first), ("Second", found.second)):
        named = ", ".join(dict.fromkeys(getattr(v, word.lower()) for v in found.pairs))
        started = f", run of {run.started}" if run.started else ""
        typer.echo(
            f"{word + ':':<8}{safe(named)} · {safe(run.title)} · {safe(run.folder)}{started}"
        )
    for v in found.pairs:
        who = f" of {v.n_subjects:,} subjects" if v.subjects_declared else ""
        typer.echo(f"        {safe(v.system)} on {safe(v.dataset)}: {v.n_items:,} items{who}")
    typer.echo()
    typer.echo(textwrap.fill(safe(found.sentence()), WIDTH))
    whole = [f for f in found.shown if f.place.attribute is None]
    groups = [f for f in found.shown if f.place.attribute is not None]
    _table("Largest first, in percentage points:", ordered(whole), found, all_rows=all_rows)
    # Groups stand in the order that the data declare: people are not ranked.
    _table("By group:", groups, found, all_rows=all_rows)
    for sentence in (*found.skill, *found.left_out):
        typer.echo("\n" + textwrap.fill(safe(sentence), WIDTH))


def _table(title: str, told: Sequence[Finding], c: Comparison, *, all_rows: bool) -> None:
    from facevalue.report.comparison import text_rows
    from facevalue.report.wording import level_words

    if not told:
        return
    shown = told[: None if all_rows else MAX_ROWS]
    level = level_words(c.level)
    head = ["METRIC", "CONDITION", "FIRST", "SECOND", f"SECOND − FIRST ({level})", "ANSWERS",
            "SUBJECTS", "P ADJUSTED", "READ AS"]  # fmt: skip
    lead: list[tuple[str, ...]] = [() for _ in shown]
    for name, values in (
        ("DATASET", [f.place.dataset for f in shown]),
        ("SYSTEMS", [f.place.system for f in shown]),
    ):
        if len({v.dataset if name == "DATASET" else v.system for v in c.pairs}) > 1:
            head.insert(0, name)
            lead = [(value, *row) for value, row in zip(values, lead, strict=True)]
    typer.echo(f"\n{title}")
    rows = text_rows(c, shown)
    print_table(head, [(*a, *b) for a, b in zip(lead, rows, strict=True)])
    if len(shown) < len(told):
        typer.echo(f"… and {len(told) - len(shown):,} more: --all prints them")
