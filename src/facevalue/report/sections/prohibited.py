"""Output labels that facevalue reports and never evaluates."""

from __future__ import annotations

from facevalue.domain.estimates import NotEstimable, Reason
from facevalue.report.blocks import Block, Notice
from facevalue.report.model import Material, Pair
from facevalue.report.wording import listed

__all__ = ["prohibited_blocks", "prohibited_notice", "prohibited_words"]


def prohibited_words(system: str, labels: tuple[str, ...]) -> str:
    """Return what is said of a system with such labels."""
    named = f": {listed([f'“{x}”' for x in labels])}" if labels else ""
    return (
        f"{system} has output labels that name ethnicity, race or religion{named}. Sorting people "
        "so by their biometrics is prohibited in the EU (Regulation 2024/1689, article 5). "
        "facevalue reports such outputs and does not evaluate them."
    )


def prohibited_notice(system: str, labels: tuple[str, ...]) -> Notice:
    """Return the notice of a system with such labels."""
    return Notice(title="Prohibited output", items=(prohibited_words(system, labels),))


def prohibited_blocks(material: Material, pair: Pair) -> list[Block]:
    """Return a notice where a system's output has such labels."""
    sheet = material.sheet(pair.system)
    labels = tuple(sheet.prohibited) if sheet is not None else ()
    is_found = any(
        isinstance(f.result, NotEstimable) and f.result.reason is Reason.PROHIBITED_OUTPUT
        for f in pair.findings
    )
    return [prohibited_notice(pair.system, labels)] if labels or is_found else []
