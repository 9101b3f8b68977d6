"""A long-lived child process that is asked in lines and answers in lines.

Its output is read by a thread into a queue, its errors by another into a small buffer, and
each request is written by a third: neither a full pipe nor a silent child can block the
audit beyond the time limit. The child has a process group of its own, which is ended as a
whole.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from facevalue.errors import SystemUnavailableError

__all__ = ["LineProcess", "LineTimeout", "LineTooLong", "ProcessEnded"]

STDERR_TAIL_BYTES = 4096
GRACE_S = 2.0
_CHUNK = 1 << 16


class LineTimeout(Exception):  # noqa: N818 - not an error: one of three outcomes of asking
    """No line came within the time limit."""


class LineTooLong(Exception):  # noqa: N818 - likewise
    """A line is longer than is read."""


class ProcessEnded(Exception):  # noqa: N818 - likewise
    """The process has ended; ``status`` is its exit status, negative for a signal."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"ended with exit status {status}")


class LineProcess:
    """One running child.

    Parameters
    ----------
    argv
        Program and arguments; never given to a shell.
    cwd
        Folder it runs in.
    env
        Its whole environment.
    max_line_bytes
        Longest line that is read from it.

    Raises
    ------
    SystemUnavailableError
        If the program cannot be started.
    """

    def __init__(
        self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], max_line_bytes: int
    ) -> None:
        try:
            self._child = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SystemUnavailableError(
                f"the command {argv[0]!r} cannot be started: {reason}"
            ) from error
        stdin, stdout, stderr = self._child.stdin, self._child.stdout, self._child.stderr
        assert stdin is not None  # all three were asked for
        assert stdout is not None
        assert stderr is not None
        self._stdin, self._stdout, self._stderr = stdin, stdout, stderr
        self._max = max_line_bytes
        # Two lines: what is read ahead of us is bounded by the longest line, not by the child.
        self._lines: queue.Queue[bytes | LineTooLong | None] = queue.Queue(maxsize=2)
        self._writer: threading.Thread | None = None
        self._ended = False
        self._tail = bytearray()
        self._readers = [
            threading.Thread(target=_read_lines, args=(self._stdout, self._lines, self._max)),
            threading.Thread(target=_keep_tail, args=(self._stderr, self._tail)),
        ]
        for thread in self._readers:
            thread.daemon = True
            thread.start()
        # Ends the child also when nobody closes this object.
        self._finalizer = weakref.finalize(self, _end, self._child)

    @property
    def is_running(self) -> bool:
        """Whether the child is alive; what a dead one left behind is ended."""
        if self._child.poll() is None:
            return True
        self.end()
        return False

    @property
    def stderr_tail(self) -> str:
        """The last 4 kB of what it wrote to stderr."""
        return bytes(self._tail).decode("utf-8", "replace")

    def write(self, line: bytes) -> None:
        """Begin to send one line; does not wait for it to be taken."""
        self._writer = threading.Thread(target=_write, args=(self._stdin, line), daemon=True)
        self._writer.start()

    def read(self, timeout_s: float) -> bytes:
        """Return the next line.

        Raises
        ------
        LineTimeout, LineTooLong, ProcessEnded
            If there is none.
        """
        try:
            line = self._lines.get(timeout=max(timeout_s, 0.001))
        except queue.Empty:
            raise LineTimeout from None
        if line is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(GRACE_S)
            # The stream can end while the child lives on; it is of no use then.
            self.end()
            raise ProcessEnded(self._child.returncode)
        if isinstance(line, LineTooLong):
            raise line
        return line

    def close(self) -> None:
        """Close its input, give it two seconds to end, then end it."""
        # Closing waits for a line that is still being written, and that may never be taken.
        if self._writer is None or not self._writer.is_alive():
            with contextlib.suppress(OSError, ValueError):
                self._stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(GRACE_S)
        self.end()

    def end(self) -> None:
        """End the child and everything it started, at once. Done only once."""
        if self._ended:
            return
        self._ended = True
        self._finalizer()
        until = time.monotonic() + GRACE_S
        while any(t.is_alive() for t in self._readers) and time.monotonic() < until:
            with contextlib.suppress(queue.Empty):
                self._lines.get(timeout=0.01)
        # A grandchild outside the group may still hold a pipe, and a reader sit in it.
        if not any(t.is_alive() for t in self._readers):
            for pipe in (self._stdin, self._stdout, self._stderr):
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()


def _write(stream: IO[bytes], line: bytes) -> None:
    # A child that has ended is noticed where its answer is read.
    with contextlib.suppress(OSError, ValueError):
        stream.write(line)
        stream.flush()


def _read_lines(
    stream: IO[bytes], lines: queue.Queue[bytes | LineTooLong | None], max_bytes: int
) -> None:
    with contextlib.suppress(OSError, ValueError):
        while line := stream.readline(max_bytes + 1):
            if len(line) > max_bytes:
                lines.put(LineTooLong())
                break
            lines.put(line)
    lines.put(None)


def _keep_tail(stream: IO[bytes], tail: bytearray) -> None:
    with contextlib.suppress(OSError, ValueError):
        while data := os.read(stream.fileno(), _CHUNK):
            tail.extend(data)
            del tail[:-STDERR_TAIL_BYTES]


def _end(child: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        # The group outlives its leader: what a dead child started is ended too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    elif child.poll() is None:
        child.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE_S)
