"""All sections in the order they are read."""

from __future__ import annotations

from facevalue.report.blocks import Page
from facevalue.report.model import Material, ReportInput
from facevalue.report.sections.answer import answer_section
from facevalue.report.sections.consequences import consequences_section
from facevalue.report.sections.every import every_section
from facevalue.report.sections.evidence import evidence_section
from facevalue.report.sections.front import front_blocks, lead
from facevalue.report.sections.limits import limits_section
from facevalue.report.sections.methods import methods_section
from facevalue.report.sections.provenance import glossary_section, provenance_section
from facevalue.report.sections.sheets import data_section, systems_section
from facevalue.report.sections.stress import stress_section
from facevalue.report.sections.verdicts import in_one_sentence, verdicts_section

__all__ = ["page_of"]


def page_of(report: ReportInput) -> Page:
    """Return everything the page says, as plain data."""
    material = Material(report)
    sections = (
        verdicts_section(material),
        consequences_section(material),
        evidence_section(material),
        stress_section(material),
        every_section(material),
        methods_section(material),
        limits_section(material),
        data_section(material),
        systems_section(material),
        provenance_section(material),
        glossary_section(material),
    )
    return Page(
        title=material.report.title,
        lead=lead(material),
        summary=in_one_sentence(material.report.verdicts),
        version=material.report.provenance.version,
        answer=answer_section(material),
        front=front_blocks(material),
        sections=tuple(s for s in sections if s is not None),
    )
