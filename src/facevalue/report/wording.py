"""Numbers and outside words as they are printed. The only place where numbers are rounded."""

from __future__ import annotations

import re
from enum import StrEnum

from facevalue.domain.estimates import Estimate, NotEstimable, Reason

__all__ = [
    "Unit",
    "clean",
    "condition_words",
    "count",
    "exactly",
    "interval",
    "level_words",
    "listed",
    "number",
    "p_phrase",
    "p_words",
    "quantity",
    "shorten",
    "slug",
    "with_unit",
]

# Characters that are no text (controls, lone surrogates, non-characters) or that change
# the order of the text around them (bidirectional overrides and isolates).
_NOT_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


class Unit(StrEnum):
    """How a number is printed."""

    SHARE = "share"
    POINTS = "points"
    GAP = "gap"
    INDEX = "index"
    INDEX_DIFFERENCE = "index difference"
    RATIO = "ratio"
    BITS = "bits"

    @property
    def scale(self) -> float:
        """What a value is multiplied by before it is printed."""
        return 100.0 if self in (Unit.SHARE, Unit.POINTS, Unit.GAP) else 1.0


_SUFFIX = {Unit.SHARE: " %", Unit.POINTS: " points", Unit.GAP: " points", Unit.BITS: " bits"}
_DECIMALS = {Unit.INDEX: 3, Unit.INDEX_DIFFERENCE: 3, Unit.RATIO: 2, Unit.BITS: 3}
_SIGNED = (Unit.POINTS, Unit.INDEX_DIFFERENCE)


def clean(text: str) -> str:
    r"""Replace characters that are no text or would reorder the text around them.

    Examples
    --------
    >>> clean("an\x00ger")
    'an�ger'
    """
    return _NOT_TEXT.sub("�", text)


def number(value: float, unit: Unit) -> str:
    """Return ``value`` in its unit, without the unit's word.

    Examples
    --------
    >>> number(0.5744, Unit.SHARE), number(-0.032, Unit.POINTS), number(0.87, Unit.RATIO)
    ('57.4', '−3.2', '0.87')
    """
    decimals = _DECIMALS.get(unit, 1)
    text = f"{abs(value) * unit.scale:,.{decimals}f}"
    is_zero = not text.strip("0.,")
    if is_zero:
        return text
    if value < 0:
        return f"−{text}"
    return f"+{text}" if unit in _SIGNED else text


def with_unit(value: float, unit: Unit) -> str:
    """Return ``value`` in its unit with the unit's word: ``57.4 %``."""
    return number(value, unit) + _SUFFIX.get(unit, "")


def exactly(value: float, unit: Unit) -> str:
    """Return a number that somebody stated, such as a bound, with the digits it has.

    Examples
    --------
    >>> exactly(0.95, Unit.SHARE), exactly(0.1667, Unit.SHARE)
    ('95 %', '16.67 %')
    """
    return f"{value * unit.scale:.6g}".replace("-", "−") + _SUFFIX.get(unit, "")


def interval(low: float, high: float, unit: Unit) -> str:
    """Return an interval without the unit's word: ``56.3 to 58.5``."""
    return f"{number(low, unit)} to {number(high, unit)}"


def quantity(result: Estimate | NotEstimable, unit: Unit) -> str:
    """Return the number with its interval, or the reason why there is none.

    Examples
    --------
    >>> quantity(Estimate(value=0.5744, low=0.5631, high=0.5849, level=0.95, method="m",
    ...          n_items=10, n_answers=10, n_subjects=5), Unit.SHARE)
    '57.4 % (56.3 to 58.5)'
    """
    if isinstance(result, Estimate):
        ends = interval(result.low, result.high, unit)
        return f"{with_unit(result.value, unit)} ({ends})"
    if result.reason is Reason.SMALL_CELL:
        return f"{result.detail}: not shown"
    bare = (
        f"; the bare number is {with_unit(result.value, unit)}" if result.value is not None else ""
    )
    return f"not estimable: {result.sentence}{bare}"


def p_words(p: float | None) -> str:
    """Return a p-value as ``0.034`` or ``< 0.001``; a dash where there is none."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_phrase(p: float) -> str:
    r"""Return a p-value in a sentence, kept on one line.

    Examples
    --------
    >>> p_phrase(0.0301), p_phrase(0.0001)
    ('p\xa0=\xa00.030', 'p\xa0<\xa00.001')
    """
    return f"p {'' if p < 0.001 else '= '}{p_words(p)}".replace(" ", "\N{NO-BREAK SPACE}")


def count(n: int, noun: str) -> str:
    """Return a number of things: ``1 subject``, ``7,442 items``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def level_words(level: float) -> str:
    """Return a confidence level as ``95 %``."""
    return f"{level * 100:.6g} %"


def listed(words: list[str]) -> str:
    """Return words as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def condition_words(condition: str | None) -> str:
    """Return a condition in words: ``modality=face`` reads ``modality: face``."""
    if condition is None:
        return "all items"
    return condition.replace("=", ": ", 1)


def shorten(text: str, limit: int) -> str:
    """Return ``text`` on one line, cut to ``limit`` characters with an ellipsis."""
    flat = " ".join(clean(text).split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1].rstrip()}…"


def slug(*parts: str) -> str:
    """Return a file-name part of lower-case letters, digits and hyphens.

    Examples
    --------
    >>> slug("groups", "fer", "../LFW subset")
    'groups-fer-lfw-subset'
    """
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")[:60].strip("-")
