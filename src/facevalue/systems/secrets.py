"""What must never be seen again: keys that are sent to an audited system.

A system may send a key back, whole, in part or encoded, in a label, a message or a header.
Text that repeats eight characters of a secret is withheld.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable
from urllib.parse import quote

from facevalue.domain.predictions import Answer, Failure
from facevalue.systems.answers import malformed

__all__ = ["Secrets", "WithholdFilter"]

N_CHARS = 8
WITHHELD = "(withheld: it repeats part of a secret)"


class Secrets:
    """Secrets that can be looked for but are never shown, not even by `repr`.

    Examples
    --------
    >>> keys = Secrets(["correct-horse-battery"])
    >>> keys
    Secrets(1)
    >>> keys.withheld("the key correct-horse-b… is unknown")
    '(withheld: it repeats part of a secret)'
    >>> keys.withheld("no such face")
    'no such face'
    """

    __slots__ = ("_count", "_parts", "_sizes")

    def __init__(self, values: Iterable[str]) -> None:
        secrets = [value for value in values if value]
        self._count = len(secrets)
        self._parts: frozenset[tuple[int, str]] = frozenset(
            (size, form[i : i + size])
            for secret in secrets
            for form in _forms(secret)
            for size in [min(N_CHARS, len(form))]
            for i in range(len(form) - size + 1)
        )
        self._sizes = {size for size, _ in self._parts}

    def __repr__(self) -> str:
        return f"Secrets({self._count})"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not written to disk")

    def are_in(self, text: str) -> bool:
        """Whether ``text`` repeats a secret or a part of it."""
        folded = text.casefold()
        return any(
            (size, folded[i : i + size]) in self._parts
            for size in self._sizes
            for i in range(len(folded) - size + 1)
        )

    def withheld(self, text: str) -> str:
        """Return ``text``, or a remark where it repeats a secret."""
        return WITHHELD if self.are_in(text) else text

    def checked(self, answer: Answer) -> Answer:
        """Return ``answer`` without any text that repeats a secret.

        A label cannot be replaced by a remark; an answer with such a one is malformed.
        """
        if isinstance(answer, Failure):
            return Failure(answer.kind, self.withheld(answer.detail))
        if any(self.are_in(label) for label in (answer.label, *answer.scores)):
            return malformed("a label repeats part of a secret")
        return answer


def _forms(secret: str) -> Iterable[str]:
    data = secret.encode("utf-8")
    yield secret.casefold()
    yield quote(secret, safe="").casefold()
    yield data.hex()
    # Base64 reads three bytes at a time: what surrounds the secret shifts it by 0, 1 or 2.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data).decode("ascii").rstrip("=")
        inner = encoded[-(-shift * 8 // 6) : -1]
        if len(inner) >= N_CHARS:
            yield inner.casefold()


class WithholdFilter(logging.Filter):
    """Empties log records of other libraries that repeat a secret."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, those with a secret without their text."""
        if self._secrets.are_in(record.getMessage()):
            record.msg, record.args = WITHHELD, ()
        return True
