"""All faults of one file, collected first and reported at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from facevalue.errors import ManifestError, Problem

__all__ = ["Faults", "guess", "listing", "quoted"]

SHOWN_CHARACTERS = 60
VALUES_SHOWN = 10

# Lower than difflib's own 0.6, so that 'hapy' still finds 'happiness'.
LIKENESS = 0.45


def quoted(text: str) -> str:
    r"""Return ``text`` as it is shown in a message: in quotes, escaped, not too long.

    Examples
    --------
    >>> quoted("a\tb")
    "'a\\tb'"
    """
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    return repr(short)


def guess(found: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean …?"`` where something known is close, else nothing.

    Examples
    --------
    >>> guess("hapy", ["anger", "happiness"])
    " Did you mean 'happiness'?"
    >>> guess("zzz", ["anger"])
    ''
    """
    close = difflib.get_close_matches(found, list(known), n=1, cutoff=LIKENESS)
    return f" Did you mean {quoted(close[0])}?" if close else ""


def listing(values: Sequence[str]) -> str:
    """Return values as they are listed in a message: quoted, the first ten, and how many more.

    Examples
    --------
    >>> listing(["a", "b"]), listing([])
    ("'a', 'b'", 'none')
    """
    shown = ", ".join(quoted(value) for value in values[:VALUES_SHOWN])
    n_more = len(values) - VALUES_SHOWN
    return (f"{shown} and {n_more} more" if n_more > 0 else shown) or "none"


class Faults:
    """Collects problems with their places; in the end raises them in the order of the file.

    Parameters
    ----------
    path
        The file as its user wrote it, for the first line of the message.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._found: list[tuple[int, int, Problem]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(
        self,
        code: str,
        what: str,
        *,
        row: int | None = None,
        column: str | None = None,
        place: str = "",
    ) -> None:
        """Note one fault; ``row`` counts as a person sees it, ``place`` is for anything else."""
        # Text from the file goes into the place too, so it is escaped like a value.
        name = None if column is None else quoted(column)[1:-1]
        parts = [f"row {row}"] if row is not None else []
        parts += [f"column {name}"] if name is not None else []
        problem = Problem(code=code, what=what, where=place or ", ".join(parts))
        self._found.append((row or 0, len(self._found), problem))

    def error(self) -> ManifestError:
        """Return the error that lists everything found so far."""
        in_order = sorted(self._found, key=lambda found: found[:2])
        return ManifestError(self.path, [problem for _, _, problem in in_order])

    def raise_if_any(self) -> None:
        """Raise what was found, if anything was.

        Raises
        ------
        ManifestError
            With every problem, in the order of the file.
        """
        if self:
            raise self.error()
