"""Tables of the store, and the steps that bring an older store up to date.

A step and the record that it was taken are one transaction: a store is at one version or
at the next, never between. Steps are only ever added; a released step is never edited.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["APPLICATION_ID", "MIGRATIONS", "Migration", "migrate", "version_of"]

APPLICATION_ID = 0x46564C55
"""Marks the file as ours: the letters FVLU."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: ``take`` leads from ``version - 1`` to ``version``."""

    version: int
    about: str
    take: Callable[[sqlite3.Connection], None]


MIGRATIONS: list[Migration] = []


def _step(version: int, about: str) -> Callable[[Callable[[sqlite3.Connection], None]], None]:
    def register(take: Callable[[sqlite3.Connection], None]) -> None:
        MIGRATIONS.append(Migration(version, about, take))

    return register


@_step(1, "contexts, jobs and results")
def _first(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(
        "CREATE TABLE contexts (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
        " document TEXT NOT NULL)"
    )
    connection.execute(
        "CREATE TABLE jobs (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
        " context INTEGER NOT NULL REFERENCES contexts (id), media TEXT NOT NULL, item TEXT)"
    )
    # A job that is asked again gets a further result; the last one counts. `kind` repeats
    # what is in `answer`, so that resuming need not parse every answer.
    connection.execute(
        "CREATE TABLE results (id INTEGER PRIMARY KEY,"
        " job INTEGER NOT NULL REFERENCES jobs (id), kind TEXT, answer TEXT NOT NULL)"
    )
    for table in ("contexts", "jobs", "results"):
        for change in ("UPDATE", "DELETE"):
            connection.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'the store is append-only'); END"
            )


@_step(2, "partners of jobs, and ways to the jobs of a context and the results of a job")
def _second(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE jobs ADD COLUMN partner TEXT")
    # Under stress a store holds dozens of contexts, each of which is read by itself.
    connection.execute("CREATE INDEX jobs_of_context ON jobs (context)")
    connection.execute("CREATE INDEX results_of_job ON results (job)")


def version_of(connection: sqlite3.Connection) -> int | None:
    """Return the version of the store; 0 for an empty file, `None` if it is not ours."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return 0
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID or "schema_version" not in tables:
        return None
    (version,) = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    return int(version)


def migrate(
    connection: sqlite3.Connection, current: int, steps: Sequence[Migration] = MIGRATIONS
) -> None:
    """Take the steps that lead beyond version ``current``.

    The connection must be in autocommit mode (``isolation_level=None``).
    """
    for step in steps:
        if step.version <= current:
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_version"
                " (version INTEGER PRIMARY KEY, about TEXT NOT NULL)"
            )
            step.take(connection)
            connection.execute(
                "INSERT INTO schema_version VALUES (?, ?)", (step.version, step.about)
            )
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
