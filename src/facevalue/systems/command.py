"""A command that stays running: JSON Lines in on stdin, JSON Lines out on stdout.

For each batch it gets one line ``{"facevalue": 1, "id": 7, "items": […]}`` and writes one
line ``{"id": 7, "answers": […]}``; see `facevalue.systems.wire` for both. With
``handshake: true`` its first line must be ``{"facevalue": 1, "labels": […]}``. What it
writes to stderr is read and dropped, but for the last 4 kB.

When a batch fails as a whole (the process ends, is silent beyond the time limit, writes
something else), the process is ended, started anew, and asked item by item.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from facevalue.canonical import digest_bytes
from facevalue.domain.predictions import Answer, Failure, FailureKind, Media
from facevalue.errors import SystemUnavailableError
from facevalue.systems.answers import answer_all, clean_text, label_fault
from facevalue.systems.base import SystemRequest, SystemSpec
from facevalue.systems.options import Options
from facevalue.systems.process import LineProcess, LineTimeout, LineTooLong, ProcessEnded
from facevalue.systems.secrets import Secrets
from facevalue.systems.wire import FORMAT, Encoding, read_answers, read_encoding

__all__ = ["CommandSettings", "CommandSystem", "open_command"]

_log = logging.getLogger(__name__)

MAX_LINE_BYTES = 16 << 20
# What a program needs to start at all; anything else is named in the audit file.
BARE_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SYSTEMROOT")
# Short values (a language, a number) occur in honest answers too.
MIN_SECRET_CHARS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSettings:
    """How a command is run.

    Parameters
    ----------
    argv
        Program and arguments; never given to a shell.
    cwd
        Folder it runs in.
    environment
        Names of environment variables that it sees beside the bare ones.
    timeout_s
        Longest wait for one batch, in seconds.
    start_timeout_s
        Longest wait for the handshake, in seconds.
    handshake
        Whether its first line says its labels.
    encoding
        How items are written.
    """

    argv: tuple[str, ...]
    cwd: Path
    environment: tuple[str, ...] = ()
    timeout_s: float = 60.0
    start_timeout_s: float = 60.0
    handshake: bool = False
    encoding: Encoding = field(default_factory=Encoding)


class CommandSystem:
    """A system behind a command. Started when first asked, or at once for a handshake.

    Parameters
    ----------
    spec
        What is known of the system; ``labels`` are taken from the handshake if missing.
    settings
        How the command is run.

    Raises
    ------
    SystemUnavailableError
        If there is to be a handshake and the command cannot be started or gives none.
    """

    def __init__(self, spec: SystemSpec, settings: CommandSettings) -> None:
        self._spec = spec
        self._settings = settings
        self._process: LineProcess | None = None
        self._next_id = 1
        self._secrets = Secrets(
            value
            for name in settings.environment
            if len(value := os.environ.get(name, "")) >= MIN_SECRET_CHARS
        )
        if settings.handshake:
            labels = self._start()
            if spec.labels is None:
                identity = {**spec.identity, "labels": list(labels)}
                self._spec = replace(spec, labels=labels, identity=identity)
            elif spec.labels != labels:
                self.close()
                raise SystemUnavailableError(
                    f"system {spec.name!r}: the command says its labels are {', '.join(labels)}; "
                    f"the audit file says {', '.join(spec.labels)}"
                )

    @property
    def spec(self) -> SystemSpec:
        """What is known of the system."""
        return self._spec

    @property
    def stderr_tail(self) -> str:
        """The last 4 kB that the running process wrote to stderr."""
        return self._process.stderr_tail if self._process is not None else ""

    def predict(self, batch: Sequence[Media]) -> list[Answer]:
        """Answer each item of ``batch``, in order."""
        found: dict[int, Answer] = {}
        asked: list[tuple[int, Media]] = []
        for position, media in enumerate(batch):
            item = self._settings.encoding.item(media)
            if isinstance(item, Failure):
                found[position] = item
            else:
                asked.append((position, media))
        if asked:
            answers = answer_all(self._ask, [media for _, media in asked])
            found.update(zip([position for position, _ in asked], answers, strict=True))
        return [found[position] for position in range(len(batch))]

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _start(self) -> tuple[str, ...]:
        """Start the process; return the labels of its handshake, if there is to be one."""
        settings = self._settings
        names = (*BARE_ENVIRONMENT, *settings.environment)
        self._process = LineProcess(
            settings.argv,
            cwd=settings.cwd,
            env={name: os.environ[name] for name in names if name in os.environ},
            max_line_bytes=MAX_LINE_BYTES,
        )
        if not settings.handshake:
            return ()
        try:
            line = self._process.read(settings.start_timeout_s)
        except (LineTimeout, LineTooLong, ProcessEnded) as outcome:
            raise SystemUnavailableError(
                f"system {self._spec.name!r}: the command gave no handshake "
                f"({self._describe(outcome, settings.start_timeout_s)}){self._last_words()}"
            ) from None
        labels = _handshake_labels(_parsed(line))
        if labels is None or any(self._secrets.are_in(label) for label in labels):
            self._drop()
            raise SystemUnavailableError(
                f"system {self._spec.name!r}: the first line of the command is not "
                'a handshake such as {"facevalue": 1, "labels": ["calm", "angry"]}'
            )
        return labels

    def _ask(self, batch: Sequence[Media]) -> list[Answer] | Failure:
        if self._process is None or not self._process.is_running:
            try:
                self._start()
            except SystemUnavailableError as error:
                _log.warning("%s", error)
                self._drop()
                return Failure(FailureKind.UNAVAILABLE, "the command could not be started")
        assert self._process is not None  # _start has set it
        request_id = self._next_id
        self._next_id += 1
        items = [self._settings.encoding.item(media) for media in batch]
        request = {"facevalue": FORMAT, "id": request_id, "items": items}
        self._process.write(json.dumps(request, ensure_ascii=False).encode("utf-8") + b"\n")
        try:
            answers = read_answers(self._response(request_id), len(batch), self._spec.labels)
        except (LineTimeout, LineTooLong, ProcessEnded) as outcome:
            detail = self._describe(outcome, self._settings.timeout_s)
            self._drop()
            return Failure(_KINDS[type(outcome)], detail)
        if isinstance(answers, Failure):
            # After a line that is not an answer nobody knows where the next one begins.
            self._drop()
            return answers
        return [self._secrets.checked(answer) for answer in answers]

    def _response(self, request_id: int) -> object:
        """Return the document that answers ``request_id``; a late handshake is passed over."""
        assert self._process is not None  # only called while there is one
        until = time.monotonic() + self._settings.timeout_s
        document = _parsed(self._process.read(until - time.monotonic()))
        if _handshake_labels(document) is not None:
            document = _parsed(self._process.read(until - time.monotonic()))
        if isinstance(document, dict) and document.get("id") != request_id:
            return None
        return document

    def _describe(self, outcome: Exception, timeout_s: float) -> str:
        if isinstance(outcome, LineTimeout):
            return f"no answer in {timeout_s:g} s"
        if isinstance(outcome, ProcessEnded):
            return f"the process ended with exit status {outcome.status}"
        return f"a line of more than {MAX_LINE_BYTES:,} bytes"

    def _last_words(self) -> str:
        tail = self.stderr_tail.strip().splitlines()
        self._drop()
        last = self._secrets.withheld(clean_text(tail[-1])) if tail else ""
        return f". Its last words: {last}" if last else ""

    def _drop(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


_KINDS = {
    LineTimeout: FailureKind.TIMEOUT,
    LineTooLong: FailureKind.MALFORMED_ANSWER,
    ProcessEnded: FailureKind.CRASHED,
}


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _handshake_labels(document: object) -> tuple[str, ...] | None:
    if not isinstance(document, dict) or document.get("facevalue") != FORMAT:
        return None
    labels = document.get("labels")
    if not isinstance(labels, list) or not labels or any(label_fault(x) for x in labels):
        return None
    return tuple(labels) if len(set(labels)) == len(labels) else None


def open_command(request: SystemRequest, base: Path) -> CommandSystem:
    """Open a command with the options of an audit file."""
    options = Options(request, base)
    argv = options.strings("command")
    labels = options.labels(required=False)
    encoding = read_encoding(options, ("pixels", "png", "sound", "path"))
    settings = CommandSettings(
        argv=argv,
        cwd=base,
        environment=options.strings("environment", ()),
        timeout_s=options.number("timeout_s", low=0.001, high=86_400, default=60.0),
        start_timeout_s=options.number("start_timeout_s", low=0.001, high=86_400, default=60.0),
        handshake=options.flag("handshake", False),
        encoding=encoding,
    )
    batch_size = options.whole("batch_size", low=1, high=4096, default=16)
    deterministic = options.flag("deterministic", True)
    version = options.text("version", "not stated")
    program = _program(argv, base) if argv else None
    if argv and program is None:
        options.problem("command", f"there is no program {argv[0]!r}", "missing_file")
    for name in settings.environment:
        if name not in os.environ:
            options.problem("environment", f"the variable {name} is not set", "missing_variable")
    options.done()
    settings = replace(settings, argv=(str(program), *argv[1:]))
    spec = SystemSpec(
        name=request.name,
        adapter="command",
        labels=labels,
        media="sound" if encoding.gives == "sound" else _media(encoding),
        batch_size=batch_size,
        deterministic=deterministic,
        identity={
            "adapter": "command",
            "command": list(argv),
            "files": _files(argv, base),
            "version": version,
            "labels": list(labels) if labels else None,
            "gives": encoding.gives,
            "item_names": encoding.item_names,
        },
        about={"title": f"command {argv[0]}", "version": version},
    )
    return CommandSystem(spec, settings)


def _media(encoding: Encoding) -> Any:
    return "any" if encoding.gives == "path" else "image"


def _program(argv: Sequence[str], base: Path) -> str | None:
    """Return the program: a path from ``base`` if it has a slash, else found on the PATH."""
    first = argv[0]
    if "/" in first or os.sep in first:
        return shutil.which(str((base / first).absolute()))
    return shutil.which(first)


def _files(argv: Sequence[str], base: Path) -> Mapping[str, str]:
    """Return the SHA-256 of each argument that is a file below ``base``: it is the system.

    Programs from elsewhere (an interpreter) are known by name only; ``version`` is there
    to tell two of them apart.
    """
    root = base.resolve()
    found: dict[str, str] = {}
    for argument in argv:
        path = (root / argument).resolve()
        if path.is_file() and path.is_relative_to(root):
            found[argument] = digest_bytes(path.read_bytes())
    return found
