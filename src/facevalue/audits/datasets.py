"""From a dataset entry of an audit file to what reads it and how it is measured."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from facevalue.audits.findings import label_of
from facevalue.audits.judge import is_under_stress, metric_of
from facevalue.audits.looks import Family
from facevalue.audits.scope import ANY_OF, Equivalence, MeasureSpec
from facevalue.audits.spec import AuditSpec, DatasetEntry, FamilySpec
from facevalue.dataset import Bands, Dataset, DatasetSpec
from facevalue.domain.claims import Claim, Criterion
from facevalue.errors import Problem

__all__ = ["check_attributes", "dataset_spec", "measure_spec", "no_attribute"]


def dataset_spec(entry: DatasetEntry) -> DatasetSpec:
    """Return what the dataset layer is asked for."""
    return DatasetSpec(
        id=entry.key,
        name=entry.name,
        manifest=entry.manifest,
        taxonomy=entry.own_taxonomy(),
        label_map=entry.labels,
        columns=entry.columns,
        attributes=tuple(entry.attributes),
        bands={n: Bands(of=b.of, edges=tuple(b.edges)) for n, b in entry.bands.items()},
        where={column: tuple(values) for column, values in entry.where.items()},
        root=entry.root,
        options=entry.options,
    )


def measure_spec(
    spec: AuditSpec, entry: DatasetEntry, dataset: Dataset, claims: Sequence[Claim]
) -> MeasureSpec:
    """Return how a dataset is measured; what claims ask for is added to it."""
    conditions = list(entry.conditions)
    groups = list(entry.crossed)
    bounds: list[Equivalence] = []
    joint: list[tuple[tuple[str, ...], ...]] = []
    for claim in _about(entry, claims):
        criterion = claim.criterion
        assert criterion is not None, "_about yields claims with a criterion only"
        attribute = (criterion.condition or "").partition("=")[0]
        if attribute in dataset.attributes and attribute not in conditions:
            conditions.append(attribute)
        if all(a in dataset.attributes for g in criterion.over for a in g):
            groups += [g for g in criterion.over if g not in groups]
            if len(criterion.over) > 1 and criterion.over not in joint:
                joint.append(criterion.over)
            if criterion.over:
                name = ANY_OF.join(label_of(a) for a in criterion.over)
                # Without a failure both rules for failures have one number, under the plain name.
                bounds += [
                    Equivalence(
                        metric=metric, attribute=name, condition=criterion.condition,
                        bound=criterion.bound,
                    )
                    for metric in (metric_of(criterion), criterion.metric)
                ]  # fmt: skip
    return MeasureSpec(
        level=spec.level,
        seed=spec.seed,
        conditions=tuple(conditions),
        groups=tuple(groups),
        references=entry.references,
        leave_out=entry.leave_out,
        joint=tuple(joint),
        no_gap_above=tuple(dict.fromkeys(bounds)),
        families=tuple(_family(f) for f in spec.analyses.families),
        permutations=spec.analyses.permutations,
        shuffles=spec.analyses.shuffles,
        confident=spec.analyses.confident,
    )


def _family(f: FamilySpec) -> Family:
    return Family(
        name=f.name,
        metrics=tuple(f.metrics),
        attributes=tuple(f.attributes),
        conditions=tuple(f.conditions),
        references=tuple(f.references),
        adjust=f.adjust,
    )


def check_attributes(
    position: int, entry: DatasetEntry, dataset: Dataset, claims: Sequence[Claim]
) -> list[Problem]:
    """Return every attribute and group that an audit file names and the dataset lacks.

    Parameters
    ----------
    position
        Of the entry in the audit file, for messages.
    """
    where = f"datasets[{position}] ({entry.key})"
    problems = [no_attribute(f"{where}.{key}", a, dataset) for key, a in _named(entry, dataset)]
    for key, given in (("references", entry.references), ("leave_out", entry.leave_out)):
        for attribute, groups in given.items():
            for group in [groups] if isinstance(groups, str) else groups:
                problems += _no_group(f"{where}.{key}.{attribute}", attribute, group, dataset)
    for claim in _about(entry, claims):
        if claim.dataset == entry.key and claim.criterion is not None:
            problems += _claim_problems(f"claim {claim.id!r}", claim.criterion, dataset)
    return problems


def _claim_problems(where: str, criterion: Criterion, dataset: Dataset) -> Iterator[Problem]:
    # A group that the data lack is no fault of the file: such a claim is not testable.
    # What is done to media is no attribute, and was held against the file's stress already.
    told = criterion.condition or ""
    attribute = "" if is_under_stress(criterion.condition) else told.partition("=")[0]
    asked = [*(a for g in criterion.over for a in g), *([attribute] if attribute else [])]
    for name in dict.fromkeys(asked):
        if name not in dataset.attributes:
            yield no_attribute(where, name, dataset)
    label = criterion.metric.partition("[")[2].removesuffix("]")
    is_share = criterion.metric.startswith("confident_share")
    if label and not is_share and label not in dataset.taxonomy:
        known = ", ".join(repr(x) for x in dataset.taxonomy.labels)
        what = f"{criterion.metric}: {label!r} is not in the taxonomy. It has: {known}"
        yield Problem("unknown_label", what, where)


def _about(entry: DatasetEntry, claims: Sequence[Claim]) -> Iterator[Claim]:
    for claim in claims:
        if claim.criterion is not None and claim.dataset in (None, entry.key):
            yield claim


def _named(entry: DatasetEntry, dataset: Dataset) -> Iterator[tuple[str, str]]:
    for attribute in entry.conditions:
        if attribute not in dataset.attributes:
            yield "conditions", attribute
    for attribute in dict.fromkeys(a for g in entry.crossed for a in g):
        if attribute not in dataset.attributes:
            yield "groups", attribute
    crossed = {" × ".join(g) for g in entry.crossed}
    for attribute in entry.references:
        if attribute not in dataset.attributes and attribute not in crossed:
            yield "references", attribute
    for attribute in entry.leave_out:
        if attribute not in dataset.attributes:
            yield "leave_out", attribute


def no_attribute(where: str, attribute: str, dataset: Dataset) -> Problem:
    """Return that a dataset lacks an attribute, with those it has and a guess."""
    close = difflib.get_close_matches(attribute, dataset.attributes, n=1)
    guess = f" Did you mean {close[0]!r}?" if close else ""
    known = ", ".join(repr(a) for a in dataset.attributes) or "none"
    what = f"dataset {dataset.id!r} has no attribute {attribute!r}.{guess} It has: {known}"
    return Problem("unknown_attribute", what, where)


def _no_group(where: str, attribute: str, group: str, dataset: Dataset) -> list[Problem]:
    if attribute not in dataset.attributes:
        return []
    declared = dataset.group_order.get(attribute, ())
    known = sorted({*declared, *dataset.items[attribute].drop_nulls().unique().to_list()})
    if group in known:
        return []
    shown = ", ".join(repr(g) for g in known[:20])
    what = f"{attribute!r} has no group {group!r}. It has: {shown}"
    return [Problem("unknown_group", what, where)]
