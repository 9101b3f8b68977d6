"""What a claim is held against, and what a finding is about, in words."""

from __future__ import annotations

from facevalue.audits.findings import Finding, Place
from facevalue.audits.looks import LARGEST_GAP, NO_GAP_ABOVE
from facevalue.domain.claims import Comparison, Criterion, Verdict
from facevalue.report.metrics import metric_words, unit_of
from facevalue.report.model import Material
from facevalue.report.wording import Unit, exactly, listed

__all__ = ["about", "bound_words", "criterion_unit", "criterion_words"]


def criterion_unit(criterion: Criterion) -> Unit:
    """Return the unit of a criterion's bound.

    Examples
    --------
    >>> criterion_unit(Criterion(metric="mcc", comparison=Comparison.AT_LEAST, bound=0.5)).value
    'index'
    """
    reference = LARGEST_GAP if criterion.over else None
    return unit_of(
        Place(system="", dataset="", family="", metric=criterion.metric, reference=reference)
    )


def bound_words(criterion: Criterion) -> str:
    """Return the bound with the side that is claimed.

    Examples
    --------
    >>> bound_words(Criterion(metric="uar", comparison=Comparison.AT_MOST, bound=0.6))
    'at most 60 %'
    """
    side = "at least" if criterion.comparison is Comparison.AT_LEAST else "at most"
    return f"{side} {exactly(criterion.bound, criterion_unit(criterion))}"


def criterion_words(material: Material, verdict: Verdict, criterion: Criterion) -> str:
    """Return what is measured, where, and the bound: ``UAR (balanced accuracy): at least 60 %``."""
    at = Place(
        system=verdict.system, dataset=verdict.dataset or "", family="", metric=criterion.metric,
        condition=criterion.condition,
    )  # fmt: skip
    name = metric_words(criterion.metric, material.floor_words(at))
    if criterion.over:
        over = listed([" × ".join(attributes) for attributes in criterion.over])
        name = f"largest gap in {name} between groups of {over}"
    where = f", {material.condition_words(at)}" if criterion.condition is not None else ""
    wrong = "; failures count as wrong answers" if criterion.failures == "wrong" else ""
    return f"{name}{where}: {bound_words(criterion)}{wrong}"


def about(material: Material, finding: Finding) -> str:
    """Return what a finding is about, in words."""
    place = finding.place
    said = [metric_words(place.metric, material.floor_words(place))]
    if place.attribute is not None:
        said.append(f"{place.attribute}: {place.group}" if place.group else place.attribute)
    if place.reference is not None:
        is_gap = place.reference == LARGEST_GAP or place.reference.startswith(NO_GAP_ABOVE)
        said.append(place.reference if is_gap else f"minus {place.reference}")
    if place.condition is not None:
        said.append(material.condition_words(place))
    return ", ".join(said)
