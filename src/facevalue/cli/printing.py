"""What is printed: verdicts in plain words, tables as aligned text, progress."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from facevalue.domain import Verdict
    from facevalue.runs import Event

__all__ = ["print_table", "print_verdicts", "progress", "safe"]

WIDTH = 100
NARROW = 30
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def safe(text: object) -> str:
    """Return text from outside without characters that would steer a terminal."""
    return _CONTROL.sub("�", str(text))


def _columns() -> int | None:
    """Return how wide the terminal is; `None` where lines are read by a program."""
    return shutil.get_terminal_size((WIDTH, 24)).columns if sys.stdout.isatty() else None


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print aligned columns; the last one may run on, within a terminal over further lines."""
    cells = [[safe(c) for c in row] for row in [header, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header) - 1)]
    columns = _columns() or sys.maxsize
    for row in cells:
        first = "".join(f"{c.ljust(w)}  " for c, w in zip(row[:-1], widths, strict=True))
        room = columns - len(first)
        # Beside the other columns if that leaves enough of a line to read, else below.
        indent = first if room >= NARROW or len(row[-1]) <= room else "    "
        if indent != first:
            typer.echo(first.rstrip())
        lines = textwrap.wrap(row[-1], columns - len(indent), break_on_hyphens=False)
        if columns == sys.maxsize:
            lines = [row[-1]]
        for i, line in enumerate(lines or [""]):
            typer.echo(f"{' ' * len(indent) if i else indent}{line}".rstrip())


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
            n = verdict.further_subjects
            lines.append(
                f"About {n:,} more {'subject' if n == 1 else 'subjects'} would settle it if the "
                "estimate stayed where it is."
            )
        for line in lines:
            typer.echo(textwrap.indent(_filled(line), " " * 14))
        typer.echo()


def _filled(line: str) -> str:
    """Break between words only: ``gaussian-blur:3`` is one."""
    width = max(min(WIDTH, _columns() or WIDTH) - 14, NARROW)
    return textwrap.fill(safe(line), width, break_on_hyphens=False)


@contextmanager
def progress() -> Iterator[Callable[[str, str, Event], None]]:
    """Yield what draws progress: bars on a terminal, quiet lines elsewhere.

    A system is told once on a dataset, in however many rounds it is asked.
    """
    if not sys.stderr.isatty():
        quiet = _Quiet()
        yield quiet.tell
        quiet.end()
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
            if key not in tasks:
                from rich.markup import escape

                tasks[key] = bars.add_task(escape(safe(f"{system} on {dataset}")), total=0, rate="")
            task = bars.tasks[bars.task_ids.index(tasks[key])]
            if isinstance(event, Started):
                # Of a further round only now is known how much it is.
                bars.update(task.id, total=(task.total or 0) + event.n_jobs)
                bars.advance(task.id, event.n_done_before)
            elif isinstance(event, Advanced):
                bars.advance(task.id, event.n_jobs)
                if task.speed:
                    bars.update(task.id, rate=f"{task.speed:.1f}/s")

        yield draw


@dataclass
class _Quiet:
    """Writes a line when a system is first asked on a dataset, and one when that is over."""

    about: tuple[str, str] | None = None
    n_jobs: int = 0
    n_failed: int = 0
    seconds: float = 0.0
    n_rounds: int = 0

    def tell(self, system: str, dataset: str, event: Event) -> None:
        """Take an event."""
        from facevalue.runs import Finished, Started

        if self.about != (system, dataset):
            self.end()
            self.about = (system, dataset)
        if isinstance(event, Started):
            self.n_rounds += 1
            before = f", {event.n_done_before:,} answered before" if event.n_done_before else ""
            if self.n_rounds == 1:
                self._say(f"{event.n_jobs:,} to answer{before}")
            elif self.n_rounds == 2:
                self._say("and more, under stress")
        elif isinstance(event, Finished):
            self.n_jobs += event.n_jobs
            self.n_failed += event.n_failed
            self.seconds += event.seconds

    def end(self) -> None:
        """Sum up what was answered of the last system on the last dataset."""
        if self.about is not None:
            rate = f" ({self.n_jobs / self.seconds:.1f}/s)" if self.seconds > 0 else ""
            self._say(f"{self.n_jobs:,} answers{rate}, {self.n_failed:,} failed")
        self.about, self.n_jobs, self.n_failed = None, 0, 0
        self.seconds, self.n_rounds = 0.0, 0

    def _say(self, what: str) -> None:
        system, dataset = self.about or ("", "")
        typer.echo(f"{safe(f'{system} on {dataset}')}: {what}", err=True)
