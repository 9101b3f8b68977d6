"""From the claims of an audit file to claims that can be judged."""

from __future__ import annotations

from facevalue.audits.library import LibraryClaim, library_claim
from facevalue.audits.spec import AuditSpec, ClaimSpec
from facevalue.domain.claims import Claim, Comparison, Criterion

__all__ = ["claims_of"]


def claims_of(spec: AuditSpec) -> list[Claim]:
    """Return the claims of an audit file, with words and source of the library filled in."""
    return [_claim(entry) for entry in spec.claims]


def _claim(entry: ClaimSpec) -> Claim:
    criterion = _criterion(entry)
    if entry.library is None:
        return Claim(
            id=entry.key, says=entry.says, who=entry.who, source=entry.source,
            systems=tuple(entry.systems), dataset=entry.dataset, criterion=criterion,
        )  # fmt: skip
    known = library_claim(entry.library)
    return Claim(
        id=entry.key,
        says=entry.says or known.says,
        who=entry.who or known.who,
        source=entry.source or "; ".join(str(s) for s in known.sources),
        url=next((s.url for s in known.sources if s.url), ""),
        kind=known.kind,
        systems=tuple(entry.systems),
        dataset=entry.dataset,
        criterion=None if known.why_untestable else criterion,
        needs=known.needs,
        settles=known.settles,
        construct=known.construct,
        law=known.law,
        untestable=_why_untestable(known, criterion),
    )


def _why_untestable(known: LibraryClaim, criterion: Criterion | None) -> str:
    if known.why_untestable:
        return known.why_untestable
    if criterion is None:
        # A library claim taken without a bound says what would settle it, and no more.
        needs = ", ".join(known.needs)
        return f"the audit file gives no metric and bound for it. It would need: {needs}"
    return ""


def _criterion(entry: ClaimSpec) -> Criterion | None:
    if entry.metric is None:
        return None
    over = tuple((g,) if isinstance(g, str) else tuple(g) for g in entry.over)
    if entry.at_least is not None:
        comparison, bound = Comparison.AT_LEAST, entry.at_least
    elif entry.at_most is not None:
        comparison, bound = Comparison.AT_MOST, entry.at_most
    elif entry.largest_gap_at_most is not None:
        comparison, bound = Comparison.AT_MOST, entry.largest_gap_at_most
    else:
        return None
    return Criterion(
        metric=entry.metric, comparison=comparison, bound=bound, condition=entry.condition,
        over=over, failures=entry.failures,
    )  # fmt: skip
