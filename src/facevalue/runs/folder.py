"""The folder of one run: where everything that an audit produced lies.

``lock.json`` is the first thing in it and marks it as ours; without it, or a store, a
folder that holds anything is left alone. Times are handed in; nothing here reads a clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from facevalue.atomic import write_bytes, write_text
from facevalue.canonical import digest_bytes
from facevalue.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from facevalue.runs.store import Store

__all__ = ["LOCK_VERSION", "Lock", "RunFolder", "slug", "stress_name"]

LOCK_VERSION = 1
MAX_LOCK_BYTES = 16 << 20
MAX_SLUG_CHARS = 40
MAX_NAMED = 3

_FORMAT = "facevalue-lock"
_PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ENDS_LIKE_A_DIGEST = re.compile(r"-[0-9a-f]{8}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What was to be audited, put down before any prediction was made.

    Parameters
    ----------
    audit
        The audit file as it read then.
    locked_at
        When that was: ISO 8601 in UTC, to the second.
    versions
        Versions of what took part, by name.
    """

    audit: str
    locked_at: str
    versions: Mapping[str, str]

    @property
    def audit_sha256(self) -> str:
        """Digest of the audit file's bytes; what ``sha256sum`` prints for it."""
        return _text_digest(self.audit)

    def to_json(self) -> str:
        """Return the text of ``lock.json``."""
        document = {
            "format": _FORMAT,
            "version": LOCK_VERSION,
            "locked_at": self.locked_at,
            "audit_sha256": self.audit_sha256,
            "versions": dict(sorted(self.versions.items())),
            "audit": self.audit,
        }
        return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a ``lock.json``.

        Raises
        ------
        InputError
            If it is not a lock, is of a newer version, or was edited.
        """
        document = _json_object(path)
        if document is None or document.get("format") != _FORMAT:
            raise InputError(f"{path}: this is not a lock of facevalue. {_ELSEWHERE}")
        if document.get("version") != LOCK_VERSION:
            raise InputError(
                f"{path}: the lock has version {document.get('version')!r}; this facevalue knows "
                f"version {LOCK_VERSION}. Upgrade facevalue."
            )
        audit, at = document.get("audit"), document.get("locked_at")
        versions = _texts(document.get("versions"))
        if not isinstance(audit, str) or not isinstance(at, str) or versions is None:
            raise InputError(f"{path}: the lock is incomplete. {_ELSEWHERE}")
        if _text_digest(audit) != document.get("audit_sha256"):
            raise InputError(
                f"{path}: the lock was edited: its digest is not that of the audit file in it. "
                f"{_ELSEWHERE}"
            )
        return cls(audit=audit, locked_at=at, versions=versions)


_ELSEWHERE = "Give another folder with --out, or put back the file."


@dataclass(frozen=True, slots=True)
class RunFolder:
    r"""A run folder, with the places of what is in it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as out:
    ...     run = RunFolder.begin(Path(out) / "run", audit="seed: 1\n", versions={},
    ...                           at=datetime(2026, 11, 24, tzinfo=UTC))
    ...     run.lock.locked_at, run.changed_since_lock
    ('2026-11-24T00:00:00Z', False)
    """

    path: Path

    @classmethod
    def begin(cls, path: Path, *, audit: str, at: datetime, versions: Mapping[str, str]) -> Self:
        """Begin a run at ``path``, or go on with the one that is there.

        The lock is made if there is none and kept if there is; ``audit.yaml`` is always
        what was read last, so that a change since the lock shows.

        Parameters
        ----------
        path
            The folder; made if missing.
        audit
            Text of the audit file.
        at
            The time now, with its zone.
        versions
            Versions to put into a new lock.

        Raises
        ------
        InputError
            If the folder holds something that is not a run, or cannot be written; nothing
            is written then.
        StoreError
            If another process is asking systems for this run; nothing is written then.
        """
        if at.tzinfo is None:
            raise ValueError("a time without its zone is ambiguous")
        run = cls(path)
        try:
            run._begin(audit, at, versions)
        except OSError as error:
            raise InputError(
                f"{path}: the folder cannot be made or written ({error.strerror}). "
                "Give another folder with --out."
            ) from error
        return run

    def _begin(self, audit: str, at: datetime, versions: Mapping[str, str]) -> None:
        self._refuse_foreign()
        # While another audit runs here its files are not ours to write.
        with self.open_store() if self.store_file.is_file() else nullcontext():
            if self.lock_file.exists():
                Lock.from_file(self.lock_file)
            else:
                stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                lock = Lock(audit=audit, locked_at=stamp, versions=versions)
                write_text(self.lock_file, lock.to_json())
            # After the lock, which marks the folder: a run stopped between can be gone on with.
            write_text(self.audit_file, audit)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the run that is at ``path``.

        Raises
        ------
        InputError
            If there is none.
        """
        run = cls(path)
        if not run._is_run:
            raise InputError(
                f"{path}: not a run folder. Make one: facevalue audit AUDIT.yaml --out {path}"
            )
        return run

    @property
    def audit_file(self) -> Path:
        """The audit file as it was read last."""
        return self.path / "audit.yaml"

    @property
    def lock_file(self) -> Path:
        """The lock."""
        return self.path / "lock.json"

    @property
    def predictions(self) -> Path:
        """Folder of the store and of the answer tables."""
        return self.path / "predictions"

    @property
    def store_file(self) -> Path:
        """The store."""
        return self.predictions / "store.sqlite"

    @property
    def findings_files(self) -> tuple[Path, Path]:
        """The findings, as Parquet and as JSON."""
        return self.path / "findings.parquet", self.path / "findings.json"

    @property
    def verdicts_file(self) -> Path:
        """The verdicts."""
        return self.path / "verdicts.json"

    @property
    def consequences_file(self) -> Path:
        """What would follow in the uses that the audit file names; there may be none."""
        return self.path / "consequences.json"

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.path / "figures"

    @property
    def report_file(self) -> Path:
        """The report."""
        return self.path / "report.html"

    @property
    def lock(self) -> Lock:
        """The lock, read anew.

        Raises
        ------
        InputError
            If there is none, or it cannot be used.
        """
        if not self.lock_file.exists():
            raise InputError(
                f"{self.lock_file}: the run was not locked. "
                f"Run: facevalue plan lock AUDIT.yaml --out {self.path}"
            )
        return Lock.from_file(self.lock_file)

    @property
    def changed_since_lock(self) -> bool:
        """Whether ``audit.yaml`` is not, byte for byte, what was locked."""
        if not self.audit_file.is_file():
            raise InputError(
                f"{self.audit_file}: the audit file of the run is missing. {_ELSEWHERE}"
            )
        return digest_bytes(self.audit_file.read_bytes()) != self.lock.audit_sha256

    def open_store(self) -> Store:
        """Open the store for asking; nobody else can until it is closed."""
        from facevalue.runs.store import Store

        return Store(self.store_file)

    def answers_file(self, system: str, dataset: str) -> Path:
        """Return where the answers of ``system`` on ``dataset`` are kept as Parquet."""
        return self.predictions / f"{slug(system)}--{slug(dataset)}.parquet"

    def write_answers(self, system: str, dataset: str, table: pl.DataFrame) -> Path:
        """Write an answer table in one step; equal tables give equal bytes."""
        buffer = BytesIO()
        # One chunk, whatever the table was put together from: chunks show in the bytes.
        table.rechunk().write_parquet(buffer, compression="zstd", statistics=False)
        path = self.answers_file(system, dataset)
        write_bytes(path, buffer.getvalue())
        return path

    def read_answers(self, system: str, dataset: str) -> pl.DataFrame:
        """Read back what `write_answers` wrote.

        Raises
        ------
        InputError
            If it is not there, damaged, or no answer table.
        """
        import polars as pl

        path = self.answers_file(system, dataset)
        how = f"Run: facevalue run AUDIT.yaml --out {self.path}"
        name, _, stress = dataset.partition("\n")
        if not path.is_file():
            on = f"{name!r} {stress}" if stress else repr(name)
            raise InputError(f"{path}: no answers of {system!r} on {on} here. {how}")
        try:
            table = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(f"{path}: the answers are damaged. Delete the file. {how}") from error
        texts = ("item", "label", "failure", *(("condition",) if stress else ()))
        if wrong := _wrong_columns(table, texts):
            raise InputError(
                f"{path}: the answers are damaged: {wrong}. Expected the text columns "
                f"{', '.join(texts)}; numbers in score_… and votes_…. Delete the file. {how}"
            )
        return table

    @property
    def _is_run(self) -> bool:
        if self.store_file.is_file():
            return True
        document = _json_object(self.lock_file) if self.lock_file.is_file() else None
        return document is not None and document.get("format") == _FORMAT

    def _refuse_foreign(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path}: this is a file. Give a folder with --out.")
        if not self.path.exists() or self._is_run:
            return
        # Hidden files do not count: desktops leave some everywhere, and so does a run that
        # was killed while it wrote its lock.
        foreign = sorted(
            p.name for p in self.path.iterdir() if p.is_dir() or not p.name.startswith(".")
        )
        if foreign:
            raise InputError(
                f"{self.path}: the folder is not empty ({_listed(foreign)}) and not a run folder; "
                "nothing was written. Give a new or empty folder with --out."
            )


def _wrong_columns(table: pl.DataFrame, texts: Sequence[str]) -> str:
    """Return what keeps a table from being one of answers; empty if nothing does."""
    import polars as pl

    found = dict(table.schema)
    missing = [repr(name) for name in texts if name not in found]
    if missing:
        return f"no column {', '.join(missing)}"
    # A column of nothing has no type of its own.
    wrong = [name for name in texts if found[name] not in (pl.String, pl.Null)]
    for name, kind in found.items():
        is_number = kind.is_numeric() or kind == pl.Null
        if name.startswith(("score_", "votes_")) and not is_number:
            wrong.append(name)
    if wrong:
        told = ", ".join(f"{name!r} holds {found[name]}" for name in wrong[:MAX_NAMED])
        return f"{told}{' …' if len(wrong) > MAX_NAMED else ''}"
    return "an answer without an item" if table["item"].null_count() else ""


def stress_name(dataset: str) -> str:
    r"""Return what the answers under stress are kept under; no dataset can be called so.

    Examples
    --------
    >>> stress_name("faces")
    'faces\nunder stress'
    """
    return f"{dataset}\nunder stress"


def slug(name: str) -> str:
    """Return a file name part for any name; different names give different parts.

    Only ``a-z``, ``0-9`` and single hyphens, also safe where case does not count. A name
    that is not that already gets eight digits of its digest, and so does one that looks as
    if it had them.

    Examples
    --------
    >>> slug("face-api"), slug("../Fer")
    ('face-api', 'fer-258256a1')
    """
    is_plain = len(name) <= MAX_SLUG_CHARS and _PLAIN.fullmatch(name) is not None
    if is_plain and not _ENDS_LIKE_A_DIGEST.search(name):
        return name
    stem = "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:MAX_SLUG_CHARS].strip("-")
    suffix = digest_bytes(name.encode("utf-8", "surrogatepass"))[:8]
    return f"{stem or 'unnamed'}-{suffix}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _text_digest(text: str) -> str:
    return digest_bytes(text.encode("utf-8"))


def _texts(value: object) -> dict[str, str] | None:
    if not isinstance(value, dict) or not all(isinstance(x, str) for x in value.values()):
        return None
    return value


def _json_object(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file, or `None` if there is something else."""
    try:
        if path.stat().st_size > MAX_LOCK_BYTES:
            return None
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
