"""Where answers are kept: one SQLite file a run, in WAL mode, append-only.

A store is open in one place at a time. SQLite's own exclusive lock says so, and goes away
with the process that holds it, also when that is killed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from facevalue.domain.predictions import Answer, Failure, FailureKind
from facevalue.errors import StoreError
from facevalue.runs import schema
from facevalue.runs.answers import encode
from facevalue.runs.plan import Context, Job

__all__ = ["Store"]

_IN_USE = (
    "another process is using this run folder. "
    "Wait until it has ended, or give another folder with --out."
)
_DAMAGED = (
    "the store is damaged. Move the file away and run the audit again: "
    "the answers in it will be asked for anew."
)
_UNWRITABLE = "the store cannot be opened for writing. Check that the folder is yours to write to."
_FULL = "no space left to keep answers. Free some and run the audit again: it goes on from here."
_UNREADABLE = (
    "reading or writing the store failed. Check the disk and run the audit again: "
    "it goes on from here."
)

_SENTENCES: dict[int, str] = {
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_ERROR: _DAMAGED,  # our statements are fixed: only the tables can be wrong
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_AUTH: _UNWRITABLE,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _UNREADABLE,
    sqlite3.SQLITE_PROTOCOL: _UNREADABLE,
    sqlite3.SQLITE_NOLFS: _UNREADABLE,
}
"""Faults of the file and its surroundings, by primary code. Any other is a bug of ours."""

# In this order of tables, so that a store with many contexts is not read from end to end.
_LATEST = (
    "FROM contexts CROSS JOIN jobs ON jobs.context = contexts.id"
    " CROSS JOIN results ON results.job = jobs.id WHERE contexts.key = ?"
    " ORDER BY jobs.id, results.id"
)


class Store:
    """The answers of one run.

    Examples
    --------
    >>> import tempfile
    >>> from facevalue.domain.predictions import Prediction
    >>> context, job = Context("{}"), Job("k", media="11", asked_with="a", item=None)
    >>> with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "s") as store:
    ...     store.add(context, [(job, Prediction("calm"))])
    ...     store.answers(context)
    {'k': '{"label":"calm","scores":{}}'}
    """

    def __init__(self, path: Path) -> None:
        """Open the store at ``path``, making it and its folder where there is none.

        Raises
        ------
        StoreError
            If it is open elsewhere, damaged, not a store, or of a newer version.
        """
        self.path = path
        with self._told():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"{path}: {_UNWRITABLE}") from error
            # Another thread may write, while this one does not use the store.
            self._connection = sqlite3.connect(
                path, timeout=0.0, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the store free for others."""
        self._connection.close()

    def add(self, context: Context, results: Sequence[tuple[Job, Answer]]) -> None:
        """Keep answers, and their jobs where they are new, in one transaction.

        When this returns the answers are on disk.
        """
        self.add_all([(context, results)])

    def add_all(self, batches: Sequence[tuple[Context, Sequence[tuple[Job, Answer]]]]) -> None:
        """Keep the answers of several contexts in one transaction, as `add` does.

        May be called from another thread, by one at a time.
        """
        encoded = [
            [
                (
                    answer.kind.value if isinstance(answer, Failure) else None,
                    encode(answer),
                    job.key,
                )
                for job, answer in results
            ]
            for _, results in batches
        ]
        with self._told(), self._transaction():
            for (context, results), rows in zip(batches, encoded, strict=True):
                self._insert(context, [job for job, _ in results], rows)

    def _insert(
        self, context: Context, jobs: Sequence[Job], rows: Sequence[tuple[str | None, str, str]]
    ) -> None:
        self._connection.execute(
            "INSERT INTO contexts (key, document) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
            (context.key, context.document),
        )
        (number,) = self._connection.execute(
            "SELECT id FROM contexts WHERE key = ?", (context.key,)
        ).fetchone()
        self._connection.executemany(
            "INSERT INTO jobs (key, context, media, item, partner) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (key) DO NOTHING",
            [(job.key, number, job.media, job.item, job.partner) for job in jobs],
        )
        self._connection.executemany(
            "INSERT INTO results (job, kind, answer) SELECT id, ?, ? FROM jobs WHERE key = ?",
            rows,
        )

    def kinds(self, context: Context) -> dict[str, FailureKind | None]:
        """Return, for each job that was asked, the kind of its last failure or `None`."""
        rows = self._rows(f"SELECT jobs.key, results.kind {_LATEST}", context)
        try:
            return {key: None if kind is None else FailureKind(kind) for key, kind in rows}
        except ValueError as error:
            raise StoreError(f"{self.path}: {_DAMAGED}") from error

    def answers(self, context: Context) -> dict[str, str]:
        """Return the last answer to each job, as canonical JSON, by the job's key."""
        # Later results come later and replace earlier ones.
        return dict(self._rows(f"SELECT jobs.key, results.answer {_LATEST}", context))

    def _rows(self, query: str, context: Context) -> list[tuple[str, Any]]:
        with self._told():
            return self._connection.execute(query, (context.key,)).fetchall()

    def _prepare(self) -> None:
        connection = self._connection
        # Must come before the first access: the lock is then taken once and kept, and no
        # shared memory is needed, so the folder may lie on a network drive.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Takes the write lock, which is not given back before the store is closed.
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise StoreError(f"{self.path}: {_DAMAGED}")
        self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        current = schema.version_of(self._connection)
        newest = schema.MIGRATIONS[-1].version
        if current is None:
            raise StoreError(
                f"{self.path}: this is an SQLite file, but not a store of facevalue. "
                "Move it away, or give another folder with --out."
            )
        if current > newest:
            raise StoreError(
                f"{self.path}: the store has version {current}, made by a newer facevalue; "
                f"this one knows versions up to {newest}. "
                "Upgrade facevalue, or give another folder with --out."
            )
        schema.migrate(self._connection, current)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what is wrong with the file, and what to do, in place of SQLite's words."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
            sentence = None if code is None else _SENTENCES.get(code & 0xFF)
            if sentence is None:
                raise
            raise StoreError(f"{self.path}: {sentence}") from error
