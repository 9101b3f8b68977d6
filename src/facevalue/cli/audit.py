"""`audit`, `demo` and the steps one by one: `run`, `measure`, `judge`, `report`."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facevalue.cli.printing import print_verdicts, progress, safe

if TYPE_CHECKING:
    from facevalue.audits import BudgetSpec, ReadAudit

__all__ = ["add_to"]

AuditFile = Annotated[Path, typer.Argument(help="The audit file (YAML).", metavar="AUDIT.yaml")]
RunFolderArgument = Annotated[Path, typer.Argument(help="A run folder.", metavar="RUN")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The run folder.", metavar="RUN")]
Fetch = Annotated[
    bool, typer.Option("--fetch", help="First obtain the named systems and datasets it needs.")
]
Limit = Annotated[
    str | None,
    typer.Option(
        "--budget",
        help="Most to ask each system now: items (500), seconds (90s) or calls (20calls). "
        "The same command again goes on.",
        metavar="N",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command("demo")(demo)
    app.command("audit")(audit)
    app.command("run")(run)
    app.command("measure")(measure)
    app.command("judge")(judge)
    app.command("report")(report)


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN")] = Path("runs/demo"),
) -> None:
    """Audit a real, published system out of the box, and human raters beside it.

    The first time, the system is obtained from the package registry with the ordinary
    client and checked. The status is 0 when the demonstration ran, whatever the verdicts.
    """
    with as_file(files("facevalue.cli").joinpath("demo.yaml")) as path:
        status = _audit(path, out, fetch=True)
    typer.echo(f"(As an audit this would end with status {status}.)", err=True)


def audit(path: AuditFile, out: Out, fetch: Fetch = False, budget: Limit = None) -> None:
    """Do everything: ask the systems, measure, judge, report. Resumes what was begun."""
    raise typer.Exit(_audit(path, out, fetch=fetch, budget=budget))


def _audit(path: Path, out: Path, *, fetch: bool, budget: str | None = None) -> int:
    from facevalue import flow

    limit = _limit(budget)
    if fetch:
        _fetch(path)
    with progress() as on_event:
        done = flow.audit(path, out, on_event=on_event, budget=limit)
    print_verdicts(done.verdicts)
    typer.echo(f"Report: {done.report}")
    _tell_left_out(done.folder)
    return done.exit_status


def run(path: AuditFile, out: Out, fetch: Fetch = False, budget: Limit = None) -> None:
    """Ask the systems for what they have not answered yet, and keep the answers."""
    from facevalue import flow
    from facevalue.audits import read_audit

    limit = _limit(budget)
    if fetch:
        _fetch(path)
    with progress() as on_event:
        folder = flow.run_systems(read_audit(path), out, on_event=on_event, budget=limit)
    typer.echo(f"Answers: {folder.predictions}")
    _tell_left_out(folder.path)


def _tell_left_out(run_folder: Path) -> None:
    """Say what was not asked because a budget is spent, in the words of the report."""
    from facevalue import flow
    from facevalue.runs import RunFolder

    record = flow.read_record(RunFolder.open(run_folder))
    begin = tuple(f"{system['name']}: The budget of " for system in record["systems"])
    notes = [note for dataset in record["datasets"] for note in dataset.get("notes", ())]
    for note in dict.fromkeys(note for note in notes if note.startswith(begin)):
        typer.echo(safe(note), err=True)


def _limit(budget: str | None) -> BudgetSpec | None:
    from facevalue.audits import read_budget

    return None if budget is None else read_budget(budget)


def measure(run_folder: RunFolderArgument) -> None:
    """Count the answers of a run and write its findings."""
    from facevalue import flow
    from facevalue.runs import RunFolder

    folder = RunFolder.open(run_folder)
    findings = flow.measure_run(folder)
    n_none = sum(not f.is_estimated for f in findings)
    typer.echo(f"Findings: {len(findings):,}, of which {n_none:,} not estimable")
    # What would follow rests on the same answers, and must not stay as it was before.
    if simulated := flow.simulate_run(folder):
        typer.echo(f"Consequences: of {len(simulated):,} uses")


def judge(run_folder: RunFolderArgument) -> None:
    """Hold the claims of a run against its findings and write the verdicts."""
    from facevalue import flow
    from facevalue.audits import exit_status
    from facevalue.runs import RunFolder

    verdicts = flow.judge_run(RunFolder.open(run_folder))
    print_verdicts(verdicts)
    raise typer.Exit(exit_status(verdicts))


def report(
    run_folder: RunFolderArgument,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print it to A4 as well (needs Chromium).")
    ] = False,
    publish: Annotated[
        bool,
        typer.Option(
            "--publish",
            help="Write report-public.html instead: without groups of fewer than 10, items, "
            "notes and the audit file.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="With --publish: the file to write.", metavar="FILE.html"),
    ] = None,
) -> None:
    """Write the report and the figures of a run."""
    from facevalue import flow
    from facevalue.errors import InputError
    from facevalue.runs import RunFolder

    if out is not None and (not publish or out.suffix != ".html"):
        raise InputError("--out takes a file that ends with .html, and only with --publish")
    folder = RunFolder.open(run_folder)
    page = flow.report_run(folder, is_public=publish, out=out, as_pdf=pdf)
    typer.echo(f"Report: {page}")
    if pdf:
        typer.echo(f"PDF: {page.with_suffix('.pdf')}")


def _fetch(path: Path) -> None:
    """Obtain what an audit file names and is not here; optional datasets may stay away."""
    from facevalue.audits import read_audit

    read = read_audit(path)
    _fetch_systems(read)
    _fetch_datasets(read)


def _fetch_systems(read: ReadAudit) -> None:
    from facevalue.systems import NAMED_SYSTEMS, fetch_system, is_fetched

    for entry in read.spec.systems:
        name = entry.adapter or entry.name
        if name in NAMED_SYSTEMS and not is_fetched(name):
            fetch_system(name, lambda text: typer.echo(safe(text), err=True))


def _fetch_datasets(read: ReadAudit) -> None:
    from facevalue.dataset import card, fetch
    from facevalue.dataset.named import DATASETS
    from facevalue.errors import InputError

    for entry in read.spec.datasets:
        if entry.name is None or entry.name not in DATASETS:
            continue
        fetchable = [f for f in card(entry.name).files if f.url]
        if not fetchable:
            continue
        try:
            fetch(entry.name)
        except InputError as error:
            if not entry.optional:
                raise
            typer.echo(f"goes on without {entry.name}: {error}", err=True)
