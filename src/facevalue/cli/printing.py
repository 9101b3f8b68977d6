"""What is printed: verdicts in plain words, tables as aligned text, progress."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from facevalue.domain import Verdict
    from facevalue.runs import Event

__all__ = ["print_table", "print_verdicts", "progress", "safe"]

WIDTH = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def safe(text: object) -> str:
    """Return text from outside without characters that would steer a terminal."""
    return _CONTROL.sub("�", str(text))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print aligned columns; the last one may run on."""
    cells = [[safe(c) for c in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header) - 1)]
    for row in cells:
        padded = [c.ljust(w) for c, w in zip(row[:-1], widths, strict=True)]
        typer.echo("  ".join([*padded, row[-1]]).rstrip())


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print each verdict with what it rests on."""
    for verdict in verdicts:
        typer.echo(
            f"{verdict.outcome.words.upper():<13} {safe(verdict.claim.id)} · {safe(verdict.where)}"
        )
        lines = [f"“{verdict.claim.says}”", verdict.sentence]
        if verdict.reason and verdict.reason not in verdict.sentence:
            lines.append(f"Because {verdict.reason}.")
        if verdict.further_subjects is not None:
            lines.append(
                f"About {verdict.further_subjects:,} more subjects would settle it if the "
                "estimate stayed where it is."
            )
        for line in lines:
            typer.echo(textwrap.indent(textwrap.fill(safe(line), WIDTH - 14), " " * 14))
        typer.echo()


@contextmanager
def progress() -> Iterator[Callable[[str, str, Event], None]]:
    """Yield what draws progress: bars on a terminal, quiet lines elsewhere."""
    if not sys.stderr.isatty():
        yield _quiet
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    from facevalue.runs import Advanced, Started

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[tuple[str, str], TaskID] = {}

        def draw(system: str, dataset: str, event: Event) -> None:
            key = (system, dataset)
            if isinstance(event, Started):
                from rich.markup import escape

                name = escape(safe(f"{system} on {dataset}"))
                tasks[key] = bars.add_task(
                    name, total=event.n_jobs, completed=event.n_done_before, rate=""
                )
            elif isinstance(event, Advanced):
                bars.advance(tasks[key], event.n_jobs)
                speed = bars.tasks[bars.task_ids.index(tasks[key])].speed
                if speed:
                    bars.update(tasks[key], rate=f"{speed:.1f}/s")

        yield draw


def _quiet(system: str, dataset: str, event: Event) -> None:
    from facevalue.runs import Finished, Started

    name = safe(f"{system} on {dataset}")
    if isinstance(event, Started):
        before = f", {event.n_done_before:,} answered before" if event.n_done_before else ""
        typer.echo(f"{name}: {event.n_jobs:,} to answer{before}", err=True)
    elif isinstance(event, Finished):
        rate = f" ({event.n_jobs / event.seconds:.1f}/s)" if event.seconds > 0 else ""
        typer.echo(f"{name}: {event.n_jobs:,} answers{rate}, {event.n_failed:,} failed", err=True)
