"""What this audit cannot say."""

from __future__ import annotations

from facevalue.domain.estimates import Estimate
from facevalue.report.blocks import Block, Bullets, Heading, Section, Text
from facevalue.report.model import Material
from facevalue.report.small_cells import is_hidden
from facevalue.report.wording import count

__all__ = ["limits_section"]

FEW_SUBJECTS = 30

ALWAYS = (
    "Annotations are not truth. A label says what somebody was asked to act, or what raters "
    "called it; nobody’s feelings were measured. A system can agree with every annotation and "
    "say nothing about what anyone feels.",
    "A failed claim is not proof of the opposite, and an inconclusive one is not a failed one.",
    "An upheld claim holds for the people, recordings and labels of these data. It says nothing "
    "of other people, cameras, languages or uses.",
    "Groups are those that people were recorded in by whoever made the data. facevalue infers "
    "nobody’s group. A group that the data do not record was not looked at.",
    "That a gap is not shown does not mean that there is none: with few subjects in a group only "
    "large gaps can be seen.",
    "Whether a use is lawful, or right, is not a question that accuracy answers.",
)

_LEFT_OUT = (
    "This is the public version. Groups of fewer than {min_cell} are left out, and where a single "
    "one would be, the next larger with it. What is left out can still be worked out, roughly, "
    "from other tables, such as those by two attributes at once."
)

STRESS = (
    "Answers are known under the changes that the audit file names and under no others. A severity "
    "is measured on the media; how far a person would notice it is not known.",
    "What answers hang on is told by hiding parts of the media, which makes pictures and sounds "
    "that no camera takes. No face is looked for: where a part is meant to be one, it is a fixed "
    "place, or one that landmarks of the data name.",
)


def limits_section(material: Material) -> Section:
    """Return what holds for every audit, and what holds for this one."""
    own = (
        *_few_subjects(material),
        *_hidden(material),
        *_undeclared(material),
        *_warnings(material),
        *(STRESS if material.report.stressed else ()),
    )
    blocks: list[Block] = [Bullets(ALWAYS)]
    if own:
        blocks += [Heading("In this audit"), Bullets(own)]
    if material.report.notes:
        blocks += [Heading("Notes"), Bullets(tuple(material.report.notes))]
    return Section(anchor="limits", title="What this audit cannot say", blocks=tuple(blocks))


def _few_subjects(material: Material) -> tuple[Text, ...]:
    return tuple(
        f"{d.id} has {count(d.n_subjects, 'subject')}. Intervals allow for so few, and "
        "are wide; subjects who differ from all of these are not represented."
        for d in material.report.datasets
        if d.missing is None and d.subjects_declared and 0 < d.n_subjects < FEW_SUBJECTS
    ) + _small_groups(material)


def _hidden(material: Material) -> tuple[Text, ...]:
    report = material.report
    n_hidden = sum(map(is_hidden, report.findings))
    if report.is_public:
        return (_LEFT_OUT.format(min_cell=report.min_cell),)
    if not n_hidden and all(
        size.n_items is not None
        for d in report.datasets
        for groups in d.attribute_counts.values()
        for size in groups.values()
    ):
        return ()
    findings = f" ({count(n_hidden, 'finding')})" if n_hidden else ""
    return (
        f"Groups of fewer than {report.min_cell} are not shown alone, nor what compares them with "
        f"others{findings}: so few people could be recognised, and say little "
        "about anybody else. What is left out can still be worked out, roughly, from totals and "
        "the groups that are shown. The findings and data files of the run hold all of it.",
    )


def _small_groups(material: Material) -> tuple[Text, ...]:
    small = {
        (f.place.dataset, f.place.attribute, f.place.group)
        for f in material.report.findings
        if f.place.attribute is not None
        and f.place.group is not None
        and isinstance(f.result, Estimate)
        and f.result.n_subjects < FEW_SUBJECTS
    }
    if not small:
        return ()
    return (
        f"{count(len(small), 'group')} (intersections included) have fewer than {FEW_SUBJECTS} "
        "subjects behind them.",
    )


def _undeclared(material: Material) -> tuple[Text, ...]:
    return tuple(
        f"{d.id} does not say which items show the same subject. Each item is taken as "
        "a subject of its own; if some are of one person, the intervals are too narrow."
        for d in material.report.datasets
        if d.missing is None and not d.subjects_declared
    )


def _warnings(material: Material) -> tuple[Text, ...]:
    return tuple(f"{d.id}: {warning}" for d in material.report.datasets for warning in d.warnings)
