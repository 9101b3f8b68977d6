"""What the verdicts rest on: claims first, then every system on every dataset."""

from __future__ import annotations

from facevalue.report.blocks import Block, Bullets, Heading, Link, Prose, Section
from facevalue.report.model import Material, Pair
from facevalue.report.sections.calibration import calibration_blocks
from facevalue.report.sections.ceiling import ceiling_blocks
from facevalue.report.sections.compared import compared_blocks
from facevalue.report.sections.conditions import correctness_blocks
from facevalue.report.sections.controls import control_blocks, output_blocks
from facevalue.report.sections.failures import failure_blocks
from facevalue.report.sections.groups import group_blocks, over_predicted_blocks
from facevalue.report.sections.prohibited import prohibited_blocks
from facevalue.report.sections.skill import skill_blocks
from facevalue.report.sections.stress_view import views_of
from facevalue.report.sections.verdicts import claim_blocks

__all__ = ["evidence_section"]

PARTS = (
    prohibited_blocks,
    compared_blocks,
    skill_blocks,
    correctness_blocks,
    calibration_blocks,
    ceiling_blocks,
    group_blocks,
    over_predicted_blocks,
    control_blocks,
    output_blocks,
    failure_blocks,
)
"""In the order they are read; each gives nothing where nothing was found."""


def evidence_section(material: Material) -> Section:
    """Return the section; findings that no part shows are still in the full table."""
    blocks: list[Block] = []
    claims = claim_blocks(material)
    links = [Link("The claims", "#claims")] if claims else []
    links += [Link(p.title, f"#{p.anchor}") for p in material.pairs]
    if len(links) > 1:
        blocks.append(Bullets(tuple(links)))
    if claims:
        blocks += [Heading("The claims", 3, "claims"), *claims]
    for pair in material.pairs:
        blocks += _pair_blocks(material, pair)
    if not blocks:
        blocks = [Prose(("Nothing was measured in this audit.",))]
    return Section(anchor="evidence", title="What they rest on", blocks=tuple(blocks))


def _pair_blocks(material: Material, pair: Pair) -> list[Block]:
    blocks: list[Block] = [Heading(pair.title, 3, pair.anchor)]
    if not pair.subjects_declared:
        blocks.append(
            Prose(
                (
                    "These data do not say which items show the same subject. Each item is taken "
                    "as a subject of its own, so the intervals are narrower than they should be "
                    "if some show the same one.",
                )
            )
        )
    if any(view.pair == pair for view in views_of(material)):
        blocks.append(Prose((Link("What moves its answers", f"#stress-{pair.anchor}"),)))
    for part in PARTS:
        blocks += part(material, pair)
    return blocks
