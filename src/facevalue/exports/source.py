"""What an export is made from, and the one thing a kind of export can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from facevalue.atomic import write_text
from facevalue.errors import InputError

if TYPE_CHECKING:
    from facevalue.report.model import Material
    from facevalue.runs import RunFolder

__all__ = ["Document", "Export", "Source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A run as an export sees it.

    Parameters
    ----------
    folder
        Where its files are.
    material
        What its report says, without small cells.
    selected
        Label that counts as being selected, if one was given.
    """

    folder: RunFolder
    material: Material
    selected: str | None = None


class Export(Protocol):
    """A kind of export."""

    def send(self, source: Source, out: str | None) -> str:
        """Write the export of ``source`` to ``out`` and return what is to be printed."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """A kind of export that is one text: printed, or written to a file."""

    text: Callable[[Source], str]

    def send(self, source: Source, out: str | None) -> str:
        """Return the text, or where it was written."""
        text = self.text(source)
        if out is None:
            return text
        try:
            write_text(Path(out), text)
        except OSError as error:
            raise InputError(
                f"{out}: cannot be written ({error.strerror}). Give another file with --out."
            ) from error
        return f"Written: {out}\n"
