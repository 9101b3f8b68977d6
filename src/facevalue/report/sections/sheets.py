"""Data sheets and system sheets."""

from __future__ import annotations

from collections.abc import Mapping

from facevalue.report.blocks import (
    Block,
    Bullets,
    Column,
    Facts,
    Heading,
    Notice,
    Prose,
    Section,
    Table,
    Text,
    web_link,
)
from facevalue.report.model import DatasetSheet, GroupCount, Material, SystemSheet
from facevalue.report.sections.prohibited import prohibited_notice
from facevalue.report.wording import listed

__all__ = ["data_section", "systems_section"]

MAX_GROUPS = 60


def data_section(material: Material) -> Section:
    """Return one sheet per dataset."""
    blocks: list[Block] = []
    for sheet in material.report.datasets:
        blocks += _dataset_blocks(sheet, f"fewer than {material.report.min_cell}")
    return Section(
        anchor="data",
        title="Data",
        blocks=tuple(blocks) or (Prose(("No dataset was used.",)),),
    )


def _dataset_blocks(sheet: DatasetSheet, few: str) -> list[Block]:
    title = f"{sheet.title} ({sheet.id})" if sheet.title and sheet.title != sheet.id else sheet.id
    blocks: list[Block] = [Heading(title)]
    if sheet.missing is not None:
        blocks.append(
            Notice(title="Not here", items=(f"These data were not here. {sheet.missing}",))
        )
    if sheet.warnings:
        blocks.append(Notice(title="Warning", items=tuple(sheet.warnings)))
    pairs: list[tuple[str, Text]] = [
        ("About", sheet.about),
        ("Who is in it, and how labels were made", sheet.population),
        ("Licence", sheet.licence),
        ("Citation", sheet.citation),
        ("Address", web_link(sheet.url)),
    ]
    if sheet.missing is None:
        subjects = (
            f"{sheet.n_subjects:,}"
            if sheet.subjects_declared
            else "not declared; each item is taken as its own"
        )
        pairs += [
            ("Items", f"{sheet.n_items:,}"),
            ("Subjects", subjects),
            ("SHA-256 of the content", sheet.sha256),
        ]
    blocks.append(Facts(tuple((term, said) for term, said in pairs if said)))
    if sheet.notes:
        blocks.append(Bullets(tuple(sheet.notes)))
    return [*blocks, *_count_tables(sheet, few)]


def _count_tables(sheet: DatasetSheet, few: str) -> list[Block]:
    tables: list[Block] = []
    if sheet.label_counts:
        rows = tuple((label, f"{n:,}") for label, n in sheet.label_counts.items())
        tables.append(
            Table(
                caption="Items by annotated label",
                columns=(Column("Annotated as"), Column("Items", "number")),
                rows=rows,
            )
        )
    for attribute, groups in sheet.attribute_counts.items():
        tables.append(_group_table(attribute, groups, sheet.subjects_declared, few))
    return tables


def _group_table(
    attribute: str, groups: Mapping[str, GroupCount], declared: bool, few: str
) -> Table:
    shown = list(groups.items())[:MAX_GROUPS]
    more = len(groups) - len(shown)
    caption = f"Groups of {attribute}" + (
        f", the first {MAX_GROUPS} of {len(groups)}" if more else ""
    )
    columns = [Column(attribute), Column("Items", "number")]
    columns += [Column("Subjects", "number")] if declared else []
    rows = tuple((group, *_size_words(size, declared, few)) for group, size in shown)
    return Table(caption=caption, columns=tuple(columns), rows=rows)


def _size_words(size: GroupCount, declared: bool, few: str) -> tuple[str, ...]:
    if size.n_items is None or size.n_subjects is None:
        return ("–", few) if declared else (few,)
    return (f"{size.n_items:,}", *((f"{size.n_subjects:,}",) if declared else ()))


def systems_section(material: Material) -> Section:
    """Return one sheet per audited system."""
    blocks: list[Block] = []
    for sheet in material.report.systems:
        blocks += _system_blocks(sheet)
    return Section(
        anchor="systems",
        title="Systems",
        blocks=tuple(blocks) or (Prose(("No system was audited.",)),),
    )


def _system_blocks(sheet: SystemSheet) -> list[Block]:
    blocks: list[Block] = [Heading(sheet.name)]
    if sheet.prohibited:
        blocks.append(prohibited_notice(sheet.name, tuple(sheet.prohibited)))
    labels = (
        "not declared; known from its answers only"
        if sheet.labels is None
        else listed([f"“{label}”" for label in sheet.labels])
    )
    failures = listed(
        [f"{kind.replace('_', ' ')}: {n:,}" for kind, n in sheet.failure_counts.items()]
    )
    pairs: list[tuple[str, Text]] = [
        *((_about_term(term), web_link(said)) for term, said in sheet.about.items()),
        ("Adapter", sheet.adapter),
        ("Output labels", labels),
        ("Skill", sheet.skill),
        ("Items failed on", failures or "none"),
        ("SHA-256 of all that can change an answer", sheet.identity_sha256),
    ]
    blocks.append(Facts(tuple((term, said) for term, said in pairs if said)))
    if sheet.label_map:
        blocks.append(
            Table(
                caption="How the system’s labels are read",
                columns=(Column("The system says"), Column("Read as")),
                rows=tuple(sheet.label_map.items()),
            )
        )
    return blocks


def _about_term(term: str) -> str:
    words = {"url": "Address", "licence": "Licence"}
    return words.get(term, term[:1].upper() + term[1:].replace("_", " "))
