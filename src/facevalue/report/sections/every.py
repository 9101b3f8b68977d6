"""Every finding, one row each."""

from __future__ import annotations

from typing import Literal

from facevalue.audits.findings import Finding
from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import Block, Column, EveryFinding, FindingRow, Prose, Section
from facevalue.report.figures import counted, measure_link
from facevalue.report.metrics import base_of, unit_of
from facevalue.report.model import Material
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import clean, count, level_words, p_words, quantity

__all__ = ["MAX_BYTES", "MAX_ROWS", "every_section", "method_codes"]

MAX_ROWS = 5_000
MAX_BYTES = 1_300_000
_ROW_MARKUP = 14 * 5 + 40

COLUMNS = (
    Column("Metric"),
    Column("Estimate and interval", "number"),
    Column("Condition"),
    Column("Attribute"),
    Column("Group"),
    Column("Reference"),
    Column("Items", "number"),
    Column("Subjects", "number"),
    Column("p", "number"),
    Column("p adjusted", "number"),
    Column("System"),
    Column("Dataset"),
    Column("Family"),
    Column("Method"),
    Column("Key"),
)
"""The estimate stands second, so that it is seen without a sideways scroll."""

FILTERS = (
    ("system", "System"),
    ("dataset", "Dataset"),
    ("family", "Family"),
    ("metric", "Metric"),
    ("condition", "Condition"),
    ("attribute", "Attribute"),
    ("status", "Status"),
)
ORDERS = (
    ("", "the audit"),
    ("Metric", "metric"),
    ("Estimate and interval", "estimate, lowest first"),
    ("Estimate and interval|down", "estimate, highest first"),
    ("Subjects", "subjects, fewest first"),
    ("p", "p, smallest first"),
    ("p adjusted", "p adjusted, smallest first"),
    ("Group", "group"),
)
"""Column and, for the other way round, `|down`; words of the choice."""


def method_codes(material: Material) -> dict[str, str]:
    """Return a short code for every method in the findings: ``M1`` and so on."""
    methods = {f.result.method for f in material.report.findings if isinstance(f.result, Estimate)}
    return {method: f"M{i}" for i, method in enumerate(sorted(methods), start=1)}


def every_section(material: Material) -> Section:
    """Return the table of all findings, cut where the report would grow too large."""
    findings = list(material.report.findings)
    if not findings:
        nothing: Block = Prose(("There are no findings in this audit.",))
        return Section(anchor="findings", title="Every finding", blocks=(nothing,))
    codes = method_codes(material)
    rows = _kept_rows(material, findings, codes)
    level = level_words(material.report.provenance.level)
    shown = count(len(rows), "finding")
    left_out = len(findings) - len(rows)
    cut = (
        f" {count(left_out, 'more finding')} of the finest cells are left out here to keep the "
        "report small; findings.parquet and findings.json in the run folder hold them all."
        if left_out
        else ""
    )
    said = (
        f"Passes and failures alike. Intervals are {level} intervals. A finding that could not "
        f"be estimated gives the reason instead.{cut}"
    )
    table = EveryFinding(
        caption="Every finding of this audit",
        legend=tuple((code, method) for method, code in codes.items()),
        measures=tuple(
            measure_link(base) for base in sorted({base_of(f.place.metric) for f in findings})
        ),
        columns=COLUMNS,
        rows=tuple(rows),
        filters=FILTERS,
        orders=ORDERS,
        shown=shown,
        printed=_printed(material, len(findings)),
    )
    return Section(anchor="findings", title="Every finding", blocks=(Prose((said,)), table))


def _printed(material: Material, n: int) -> str:
    digest = material.report.provenance.files.get("findings.json")
    which = f" (SHA-256 {digest})" if digest else ""
    return (
        f"The table of all {count(n, 'finding')} is not printed. It is in report.html, and in "
        f"findings.json in the run folder{which}."
    )


def _kept_rows(
    material: Material, findings: list[Finding], codes: dict[str, str]
) -> list[FindingRow]:
    """Return rows in order; if they are too many, the findings verdicts rest on stay."""
    deciding = {key for v in material.report.verdicts for key in v.finding_keys}
    by_weight = sorted(
        range(len(findings)), key=lambda i: (findings[i].key not in deciding, _depth(findings[i]))
    )
    kept: dict[int, FindingRow] = {}
    size = 0
    for i in by_weight[:MAX_ROWS]:
        row = _row(findings[i], codes)
        size += _ROW_MARKUP + sum(len(cell.encode("utf-8", "replace")) for cell in row.cells)
        if size > MAX_BYTES:
            break
        kept[i] = row
    return [kept[i] for i in sorted(kept)]


def _depth(finding: Finding) -> int:
    """Return how fine a cell is: one for an attribute, one for a condition."""
    place = finding.place
    crossed = place.attribute.count("×") if place.attribute is not None else 0
    return (place.attribute is not None) + (place.condition is not None) + crossed


def _row(finding: Finding, codes: dict[str, str]) -> FindingRow:
    place, result = finding.place, finding.result
    unit = unit_of(place)
    if isinstance(result, Estimate):
        p, method = p_words(result.p_value), codes[result.method]
    else:
        p, method = "–", "–"
    status: Literal["", "none", "few"] = (
        "few" if is_hidden(finding) else "" if finding.is_estimated else "none"
    )
    cells = (
        clean(place.metric),
        quantity(result, unit),
        clean(place.condition or "all"),
        clean(place.attribute or "all"),
        clean(place.group or "all"),
        clean(place.reference or "–"),
        counted(finding, result.n_items),
        counted(finding, result.n_subjects),
        p,
        p_words(finding.p_adjusted),
        clean(place.system),
        clean(place.dataset),
        clean(place.family),
        method,
        finding.key,
    )
    return FindingRow(finding.key, status, cells)
