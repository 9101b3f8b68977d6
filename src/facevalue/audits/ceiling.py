"""What people score on the same items, and how far a system is from that.

Definitions: ``docs/adr/0011-human-ceiling.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from facevalue.audits.cells import Cell, groups_of
from facevalue.audits.families import annotated_mix
from facevalue.audits.findings import Finding, Place, label_of
from facevalue.audits.sample import CONTROL, Sample
from facevalue.audits.scope import MeasureSpec, stream
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.domain.labels import OUTSIDE
from facevalue.stats import (
    ExpectedScore,
    Halves,
    IntervalSpec,
    RatingTally,
    Replicates,
    Scale,
    SharedErrors,
    against_zero,
    best_possible,
    cross_entropy,
    fleiss_kappa,
    half_panels,
    interval,
    jensen_shannon,
    krippendorff_alpha,
    paired_difference,
    panel_score,
    percent_agreement,
    rater_cross_entropy,
    rater_jensen_shannon,
    rater_score,
    rating_entropy,
    refuse,
    shared_errors,
    system_score,
)
from facevalue.stats.ceiling import majority_shares
from facevalue.stats.soft_labels import has_scores
from facevalue.stats.tally import FloatArray, IntArray

__all__ = ["BEST_POSSIBLE", "HUMAN_RATERS", "ceiling_findings"]

Mask = npt.NDArray[np.bool_]

HUMAN_RATERS = "human raters"
BEST_POSSIBLE = "best possible"
ELSEWHERE = 0.05
"""Annotated labels come from elsewhere than the ratings if more of them than this are not
among the labels that most raters chose."""


@dataclass(frozen=True)
class _Rated:
    """Items with ratings and, if a system answers each of them once, its answers."""

    ratings: RatingTally
    annotated: IntArray
    predicted: IntArray
    scores: FloatArray | None

    def only(self, mask: Mask) -> _Rated:
        scores = None if self.scores is None else self.scores[mask]
        return _Rated(self.ratings.only(mask), self.annotated[mask], self.predicted[mask], scores)


def ceiling_findings(cell: Cell, at: Place, spec: MeasureSpec) -> Iterator[Finding]:
    """Yield agreement, what raters score, the best possible, and the system beside them.

    Parameters
    ----------
    cell
        Of a sample with ratings; without, nothing is yielded. Items annotated "none" are
        left out.
    at
        Where the findings belong; family and metric are filled in.
    spec
        Level, seed, and the groups that agreement is told of.
    """
    if cell.sample.ratings is not None:
        yield from (f for f in _findings(cell, at, spec) if spec.wants(f.place.metric))


def _findings(cell: Cell, at: Place, spec: MeasureSpec) -> Iterator[Finding]:
    sample, rated = cell.sample, _rated(cell)
    tell = _Teller(replace(at, family="ceiling"), IntervalSpec(spec.level))
    yield tell.one("krippendorff_alpha", krippendorff_alpha(rated.ratings))
    if not rated.ratings.n_ratings.any():
        return  # said once: without ratings nothing of the family can be told
    # Not of the system: what is told of the raters is the same beside each.
    rng = stream(spec.seed, at.dataset, at.condition, "ceiling")
    halves = half_panels(rated.ratings, rng)
    yield from _of_raters(tell, sample, rated, halves)
    yield from _of_model(tell, sample.taxonomy.labels, shared_errors(rated.ratings, rng))
    for attributes in dict.fromkeys(spec.groups):
        for group, mask in groups_of(sample, attributes, spec.leave_out).items():
            there = replace(tell.place, attribute=label_of(attributes), group=group)
            alpha = krippendorff_alpha(_rated(cell.only(mask)).ratings)
            yield replace(tell, place=there).one("krippendorff_alpha", alpha)
    if not sample.is_voted and (answered := rated.predicted >= 0).any():
        yield from _of_system(tell, sample, rated.only(answered), halves.only(answered))


@dataclass(frozen=True)
class _Teller:
    """Puts intervals around replicates, and makes findings of them."""

    place: Place
    spec: IntervalSpec

    def one(self, metric: str, r: Replicates) -> Finding:
        result = refuse(r) or interval(r, self.spec, r.scale)
        if isinstance(result, Estimate) and r.scale is Scale.DIFFERENCE:
            result = replace(result, low=max(result.low, 0.0))  # bits: none below zero
        return Finding(place=replace(self.place, metric=metric), result=result)

    def minus(self, metric: str, ours: Replicates, theirs: Replicates, reference: str) -> Finding:
        """Tell a difference on the same items, taken person by person."""
        apart = paired_difference(ours, theirs)
        place = replace(self.place, metric=metric, reference=reference)
        return Finding(place=place, result=against_zero(apart, self.spec))


def _rated(cell: Cell) -> _Rated:
    s = cell.sample
    assert s.ratings is not None
    rows = np.flatnonzero(cell.mask & (s.annotated != CONTROL))
    if s.is_voted:
        # One row a label that somebody chose: the item's own is any of them.
        rows = rows[np.unique(s.item[rows], return_index=True)[1]]
    return _Rated(
        RatingTally(s.ratings[s.item[rows]], s.subject[rows]),
        s.annotated[rows],
        s.predicted[rows],
        None if s.scores is None else s.scores[rows],
    )


def _is_from_elsewhere(sample: Sample) -> bool:
    """Whether annotated labels are not made from the ratings, as an actor's script is not."""
    assert sample.ratings is not None
    used = sample.is_annotated
    counts = sample.ratings[sample.item[used]][:, :-1]
    most = counts.max(axis=1, initial=0.0)
    own = counts[np.arange(len(counts)), sample.annotated[used]]
    return bool(np.count_nonzero(own < most) > ELSEWHERE * np.count_nonzero(most > 0))


def _labels_of_raters(sample: Sample) -> IntArray:
    """Labels that are any item's majority label, over which UAR is averaged."""
    assert sample.ratings is not None
    nobody = np.zeros(len(sample.ratings), dtype=np.int64)
    shares = majority_shares(RatingTally(sample.ratings, nobody))
    return np.flatnonzero(shares.sum(axis=0) > 0)


def _of_raters(tell: _Teller, sample: Sample, rated: _Rated, halves: Halves) -> Iterator[Finding]:
    ratings = rated.ratings
    yield tell.one("fleiss_kappa", fleiss_kappa(ratings))
    yield tell.one("percent_agreement", percent_agreement(ratings))
    score = rater_score(ratings)
    yield tell.one("human_accuracy", score.accuracy())
    yield tell.one("human_uar", score.uar(_labels_of_raters(sample)))
    yield tell.one("panel_accuracy", halves.accuracy())
    yield tell.one("best_possible_accuracy[majority]", best_possible(ratings))
    fresh = best_possible(ratings, fresh_rater=True)
    yield tell.one("best_possible_accuracy[fresh rater]", fresh)
    annotated = rated.only(rated.annotated >= 0)
    if len(annotated.annotated) and _is_from_elsewhere(sample):
        score = rater_score(annotated.ratings, annotated.annotated)
        yield tell.one("human_accuracy[annotated]", score.accuracy())
        yield tell.one("human_uar[annotated]", score.uar(np.flatnonzero(annotated_mix(sample))))
        panel = panel_score(annotated.ratings, annotated.annotated)
        yield tell.one("panel_accuracy[annotated]", panel.accuracy())


def _of_model(tell: _Teller, labels: tuple[str, ...], model: SharedErrors) -> Iterator[Finding]:
    """Tell Dawid and Skene's model; what it cannot identify comes with the reason."""
    said = (*labels, OUTSIDE)
    misnamed = {
        k: f"items it calls “{labels[k]}” are rated “{said[called]}” more often"
        for k, called in model.misnamed()
    }

    def one(metric: str, r: Replicates, doubt: str) -> Finding:
        found = tell.one(metric, r)
        result = replace(found.result, n_subjects=model.n_subjects)
        if isinstance(result, Estimate):
            # A jackknife over parts, if there are more subjects than parts.
            parts = f"over {model.n_parts} parts of the subjects"
            result = replace(result, method=result.method.replace("over subjects", parts))
            doubt = model.doubt() or doubt
            result = _not_identified(result, doubt) if doubt else result
        return replace(found, result=result)

    yield one("dawid_skene_accuracy", model.accuracy, next(iter(misnamed.values()), ""))
    for k, label in enumerate(labels):
        yield one(f"dawid_skene_share[{label}]", model.shares[k], misnamed.get(k, ""))
    if tell.place.condition is None:
        for j, annotated in enumerate(labels):
            for k, answer in enumerate(said if model.fit.errors[0, :, -1].max() > 1e-6 else labels):
                name = f"dawid_skene_confusion[{annotated}→{answer}]"
                yield one(name, model.errors[j][k], misnamed.get(j, ""))


def _not_identified(found: Estimate, detail: str) -> NotEstimable:
    return NotEstimable(
        reason=Reason.NOT_IDENTIFIED, detail=detail, value=found.value, n_items=found.n_items,
        n_answers=found.n_answers, n_subjects=found.n_subjects,
    )  # fmt: skip


def _of_system(tell: _Teller, sample: Sample, rated: _Rated, halves: Halves) -> Iterator[Finding]:
    """Tell the system's scores against the same labels, on the items that it answered."""
    ratings, predicted = rated.ratings, rated.predicted
    ours, people = system_score(ratings, predicted), rater_score(ratings)
    yield from _beside_people(tell, "[other raters]", ours, people, _labels_of_raters(sample))
    best = best_possible(ratings)
    hits = majority_shares(ratings)
    hits = np.column_stack([hits, np.zeros(len(hits))])[np.arange(len(hits)), predicted]
    accuracy = ratings.mean(hits)
    yield tell.one("accuracy[majority]", accuracy)
    yield tell.minus("accuracy[majority]", accuracy, best, BEST_POSSIBLE)
    yield tell.one("label_noise_in_errors", halves.label_noise(predicted))
    annotated = rated.only(rated.annotated >= 0)
    if len(annotated.annotated) and _is_from_elsewhere(sample):
        ours = system_score(annotated.ratings, annotated.predicted, annotated.annotated)
        people = rater_score(annotated.ratings, annotated.annotated)
        labels = np.flatnonzero(annotated_mix(sample))
        yield from _beside_people(tell, "[annotated]", ours, people, labels)
    if rated.scores is not None and (scored := has_scores(rated.scores)).any():
        yield from _of_scores(tell, rated.only(scored))


def _beside_people(
    tell: _Teller, against: str, ours: ExpectedScore, people: ExpectedScore, labels: IntArray
) -> Iterator[Finding]:
    for name, system, human in (
        ("accuracy", ours.accuracy(), people.accuracy()),
        ("uar", ours.uar(labels), people.uar(labels)),
    ):
        yield tell.one(f"{name}{against}", system)
        yield tell.minus(f"{name}{against}", system, human, HUMAN_RATERS)


def _of_scores(tell: _Teller, rated: _Rated) -> Iterator[Finding]:
    assert rated.scores is not None
    yield tell.one("cross_entropy", cross_entropy(rated.ratings, rated.scores))
    yield tell.one("human_cross_entropy", rater_cross_entropy(rated.ratings))
    yield tell.one("best_possible_cross_entropy", rating_entropy(rated.ratings))
    yield tell.one("jensen_shannon", jensen_shannon(rated.ratings, rated.scores))
    yield tell.one("human_jensen_shannon", rater_jensen_shannon(rated.ratings))
