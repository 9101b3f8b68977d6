"""Laws of the statistics, in a table; one test a law, and one that nobody is missing."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import facevalue.stats
from facevalue.domain.estimates import Estimate, NotEstimable
from facevalue.stats import (
    ConfidenceTally,
    IntervalSpec,
    Metric,
    Reference,
    Replicates,
    Scale,
    Tally,
    advantage,
    against_zero,
    benjamini_hochberg,
    cell_share,
    deviations_between,
    difference,
    estimate,
    expected_calibration_error,
    expected_random,
    further_subjects,
    holm,
    interval,
    largest_gap,
    majority,
    max_t,
    mean_of,
    metric_named,
    paired_difference,
    permuted_gaps,
    ratio,
    reference_score,
    refuse,
    replicate,
    replicate_parts,
    scores_of,
    shuffled_counts,
    shuffled_items,
)
from facevalue.stats.permutation import METHOD_ALL
from facevalue.stats.tally import coded

Found = Estimate | NotEstimable
Codes = npt.NDArray[np.int64]
N_LABELS = 3
LABELS = "abc"
N_GROUPS = 3
MOST_PEOPLE = 14

laws = settings(
    derandomize=True, deadline=None, max_examples=int(os.environ.get("FACEVALUE_EXAMPLES", "25"))
)


@dataclass(frozen=True)
class Answers:
    """One row an answer: who, annotated, predicted, in which condition, how sure."""

    subject: Codes
    annotated: Codes
    predicted: Codes
    condition: Codes
    confidence: npt.NDArray[np.float64]
    group_of: dict[int, int]
    label: int = 1

    def rows(self, chosen: npt.NDArray[np.bool_] | Codes) -> Answers:
        return replace(
            self,
            subject=self.subject[chosen],
            annotated=self.annotated[chosen],
            predicted=self.predicted[chosen],
            condition=self.condition[chosen],
            confidence=self.confidence[chosen],
        )

    @property
    def group(self) -> Codes:
        return np.array([self.group_of[s] for s in self.subject.tolist()], dtype=np.int64)

    @property
    def tally(self) -> Tally:
        return Tally.from_codes(self.subject, self.annotated, self.predicted, n_labels=N_LABELS)

    @property
    def mix(self) -> npt.NDArray[np.float64]:
        return np.bincount(self.annotated, minlength=N_LABELS).astype(np.float64)

    def metric(self, head: str) -> Metric:
        one = LABELS[self.label]
        if head == "confusion":
            return cell_share(LABELS, one, LABELS[(self.label + 1) % N_LABELS])
        present = [LABELS[k] for k in sorted(set(self.annotated.tolist()))]
        name = head if head in ("accuracy", "uar", "mcc") else f"{head}[{one}]"
        return metric_named(name, LABELS, present=present, mix=self.mix)


@st.composite
def answers(draw: st.DrawFn) -> Answers:
    n_people = draw(st.integers(1, MOST_PEOPLE))
    row = st.tuples(
        st.integers(0, n_people - 1),
        st.integers(0, N_LABELS - 1),
        st.integers(0, N_LABELS),  # the last is outside the taxonomy
        st.integers(0, 1),
        st.integers(0, 20),
    )
    rows = np.array(draw(st.lists(row, min_size=1, max_size=60)), dtype=np.int64)
    # Everybody answers something, so that most draws have people enough for an interval.
    more = draw(st.lists(row, min_size=n_people, max_size=n_people))
    rows = np.concatenate([rows, np.array(more, dtype=np.int64)])
    rows[-n_people:, 0] = np.arange(n_people)
    groups = draw(st.lists(st.integers(0, N_GROUPS - 1), min_size=n_people, max_size=n_people))
    return Answers(
        subject=rows[:, 0],
        annotated=rows[:, 1],
        predicted=rows[:, 2],
        condition=rows[:, 3],
        confidence=rows[:, 4] / 20,
        group_of=dict(enumerate(groups)),
    )


def _of(head: str) -> Callable[[Answers, float], Found]:
    return lambda a, level: estimate(a.metric(head), a.tally, IntervalSpec(level))


def _side(a: Answers, group: int, *, by_condition: bool) -> Replicates:
    chosen = (a.condition if by_condition else a.group) == group
    return replicate(a.metric("accuracy"), a.rows(chosen).tally)


def _compared(
    compare: Callable[[Replicates, Replicates, IntervalSpec], Found], *, by_condition: bool
) -> Callable[[Answers, float], Found]:
    def found(a: Answers, level: float) -> Found:
        sides = [_side(a, g, by_condition=by_condition) for g in (0, 1)]
        return compare(sides[0], sides[1], IntervalSpec(level))

    return found


def _largest_gap(a: Answers, level: float, *, as_ratio: bool = False) -> Found:
    families = [
        {str(g): _side(a, g, by_condition=False) for g in range(N_GROUPS)},
        {str(c): _side(a, c, by_condition=True) for c in range(2)},
    ]
    return largest_gap(families, IntervalSpec(level), as_ratio=as_ratio).result


def _impact_ratio(a: Answers, level: float) -> Found:
    return _largest_gap(a, level, as_ratio=True)


def _system_difference(a: Answers, level: float) -> Found:
    """The system minus one that always gives the first label, person by person."""
    other = replace(a, predicted=np.zeros_like(a.predicted)).tally
    ours, theirs = (replicate(a.metric("accuracy"), t) for t in (a.tally, other))
    return against_zero(paired_difference(ours, theirs), IntervalSpec(level))


def _calibration(a: Answers, level: float) -> Found:
    t = ConfidenceTally.from_answers(a.subject, a.confidence, a.predicted == a.annotated)
    return expected_calibration_error(t, IntervalSpec(level))


def _mean_confidence(a: Answers, level: float) -> Found:
    codes, row = coded(a.subject)
    total = np.bincount(row, weights=a.confidence, minlength=len(codes)).astype(np.float64)
    n = np.bincount(row, minlength=len(codes)).astype(np.float64)
    r = mean_of(n, total, codes, len(row))
    return refuse(r) or interval(r, IntervalSpec(level), Scale.SHARE)


def _over(reference: Reference, head: str) -> Callable[[Answers, float], Found]:
    def found(a: Answers, level: float) -> Found:
        metric = a.metric(head)
        theirs = reference_score(metric, a.tally, reference)
        return advantage(replicate(metric, a.tally), theirs, IntervalSpec(level))

    return found


@dataclass(frozen=True)
class Statistic:
    """One statistic with its laws. ``uses``: public names that the laws are thereby of."""

    found: Callable[[Answers, float], Found]
    bounds: tuple[float, float]
    uses: tuple[str, ...] = ("estimate", "metric_named", "replicate", "refuse", "interval")
    label_may_be_renamed: bool = True


SHARE = (0.0, 1.0)
TABLE: dict[str, Statistic] = {
    "accuracy": Statistic(_of("accuracy"), SHARE),
    "uar": Statistic(_of("uar"), SHARE),
    "mcc": Statistic(_of("mcc"), (-1.0, 1.0)),
    "recall": Statistic(_of("recall"), SHARE),
    "precision": Statistic(_of("precision"), SHARE),
    "f1": Statistic(_of("f1"), SHARE),
    "prediction_rate": Statistic(_of("prediction_rate"), SHARE),
    "standardised_prediction_rate": Statistic(_of("standardised_prediction_rate"), SHARE),
    # Which other label it is confused with follows from the position, so it is not renamed.
    "confusion": Statistic(
        _of("confusion"), SHARE, ("cell_share",), label_may_be_renamed=False
    ),
    "calibration error": Statistic(_calibration, SHARE, ("expected_calibration_error",)),
    "mean confidence": Statistic(_mean_confidence, SHARE, ("mean_of", "refuse", "interval")),
    "difference": Statistic(_compared(difference, by_condition=False), (-1, 1), ("difference",)),
    "paired difference": Statistic(
        _compared(difference, by_condition=True), (-1, 1), ("difference",)
    ),
    "ratio": Statistic(_compared(ratio, by_condition=False), (0, math.inf), ("ratio",)),
    "paired ratio": Statistic(_compared(ratio, by_condition=True), (0, math.inf), ("ratio",)),
    "largest gap": Statistic(_largest_gap, SHARE, ("largest_gap",)),
    "impact ratio": Statistic(_impact_ratio, SHARE, ("largest_gap",)),
    # Against a system that gives the first label: names matter.
    "system difference": Statistic(
        _system_difference, (-math.inf, math.inf), ("against_zero", "paired_difference"),
        label_may_be_renamed=False
    ),
    "over random": Statistic(
        _over(expected_random, "uar"), (-2, 2), ("advantage", "expected_random", "reference_score")
    ),
    # Among labels that are equally frequent the first is taken, so names matter.
    "over majority": Statistic(
        _over(majority, "accuracy"), (-2, 2), ("advantage", "majority"),
        label_may_be_renamed=False,
    ),
}  # fmt: skip

OTHER_LAWS = {
    "coded": "test_stats_tally.py",
    "holm": "test_adjusted_p_values_keep_order_and_bounds",
    "benjamini_hochberg": "test_adjusted_p_values_keep_order_and_bounds",
    "max_t": "test_max_t_lies_between_raw_and_bonferroni",
    "deviations_between": "test_differences_are_antisymmetric_and_ratios_reciprocal",
    "replicate_parts": "test_parts_of_everybody_less_a_group_are_the_rest",
    "scores_of": "test_permuted_gaps_are_p_values",
    "further_subjects": "test_further_subjects_settle_the_claim",
    "permuted_gaps": "test_permuted_gaps_are_p_values",
    "shuffled_counts": "test_shuffling_keeps_what_was_annotated_and_predicted",
    "shuffled_items": "test_shuffling_keeps_what_was_annotated_and_predicted",
    **dict.fromkeys(
        [
            "best_possible", "cross_entropy", "dawid_skene", "fleiss_kappa", "half_panels",
            "jensen_shannon", "krippendorff_alpha", "majority_shares", "panel_score",
            "percent_agreement", "rater_cross_entropy", "rater_jensen_shannon", "rater_score",
            "rating_entropy", "shared_errors", "system_score",
        ],
        "test_ceiling_laws.py",
    ),
    "mean_over_pairs": "test_stats_shared_people.py",
    "partial_pooling": "test_pooling_laws.py",
    **dict.fromkeys(
        ["area_weights", "at_looks", "change_within", "level_of_look"], "test_stats_stability.py"
    ),
    **dict.fromkeys(
        [
            "brier_score", "calibration_error", "confidence_auroc", "debiased_calibration_error",
            "overconfidence",
        ],
        "test_calibration_laws.py",
    ),
}  # fmt: skip


def test_no_public_statistic_is_missing_from_the_table() -> None:
    public = {
        name
        for name in facevalue.stats.__all__
        if inspect.isfunction(getattr(facevalue.stats, name))
    }
    assert public == {name for s in TABLE.values() for name in s.uses} | set(OTHER_LAWS)
    for where in OTHER_LAWS.values():
        assert where.endswith(".py") or where in globals()


over_the_table = pytest.mark.parametrize("name", TABLE)


def _same(one: Found, other: Found) -> None:
    assert type(one) is type(other)
    assert (one.n_items, one.n_answers, one.n_subjects) == (
        other.n_items, other.n_answers, other.n_subjects,
    )  # fmt: skip
    assert one.value == pytest.approx(other.value, abs=1e-9)
    if isinstance(one, Estimate) and isinstance(other, Estimate):
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-7, rel=1e-7)
        assert one.p_value == pytest.approx(other.p_value, abs=1e-7)
        assert one.method == other.method
    elif isinstance(one, NotEstimable) and isinstance(other, NotEstimable):
        assert (one.reason, one.detail) == (other.reason, other.detail)


@over_the_table
@laws
@given(data=answers(), seed=st.integers(0, 2**32 - 1))
def test_invariant_to_the_order_of_answers(name: str, data: Answers, seed: int) -> None:
    mixed = data.rows(np.random.default_rng(seed).permutation(len(data.subject)))
    _same(TABLE[name].found(data, 0.95), TABLE[name].found(mixed, 0.95))


@over_the_table
@laws
@given(data=answers(), order=st.permutations(range(MOST_PEOPLE)))
def test_invariant_to_renaming_subjects(name: str, data: Answers, order: list[int]) -> None:
    new = 3 * np.array(order) + 7
    renamed = replace(
        data,
        subject=new[data.subject],
        group_of={int(new[s]): g for s, g in data.group_of.items()},
    )
    _same(TABLE[name].found(data, 0.95), TABLE[name].found(renamed, 0.95))


@pytest.mark.parametrize("name", [n for n, s in TABLE.items() if s.label_may_be_renamed])
@laws
@given(data=answers(), order=st.permutations(range(N_LABELS)))
def test_invariant_to_renaming_labels(name: str, data: Answers, order: list[int]) -> None:
    new = np.array([*order, N_LABELS])  # outside stays outside
    renamed = replace(
        data, annotated=new[data.annotated], predicted=new[data.predicted], label=order[data.label]
    )
    _same(TABLE[name].found(data, 0.95), TABLE[name].found(renamed, 0.95))


@over_the_table
@laws
@given(data=answers())
def test_bounded_and_inside_its_interval(name: str, data: Answers) -> None:
    found = TABLE[name].found(data, 0.95)
    low, high = TABLE[name].bounds
    if found.value is not None:
        assert low <= found.value <= high
    if isinstance(found, Estimate):
        assert found.low <= found.value <= found.high
        if name not in ("over random", "over majority"):  # an interval as it is, not cut
            assert low <= found.low
            assert found.high <= high
        if found.p_value is not None:
            assert 0.0 <= found.p_value <= 1.0


@over_the_table
@laws
@given(data=answers())
def test_wider_at_a_higher_level(name: str, data: Answers) -> None:
    narrow, wide = TABLE[name].found(data, 0.8), TABLE[name].found(data, 0.99)
    assert type(narrow) is type(wide)
    if isinstance(narrow, Estimate) and isinstance(wide, Estimate):
        assert wide.low <= narrow.low + 1e-12
        assert wide.high >= narrow.high - 1e-12
        assert wide.value == narrow.value


@over_the_table
@laws
@given(data=answers())
def test_unchanged_value_when_everybody_is_doubled(name: str, data: Answers) -> None:
    n = len(data.subject)
    twice = data.rows(np.concatenate([np.arange(n), np.arange(n)]))
    twice.subject[n:] += 1000
    twice = replace(twice, group_of=data.group_of | {s + 1000: g for s, g in data.group_of.items()})
    one, two = TABLE[name].found(data, 0.95), TABLE[name].found(twice, 0.95)
    # Groups that were too small take part now, also one whose share is zero and has no ratio.
    grows = name in ("largest gap", "impact ratio")
    if isinstance(one, Estimate) and name != "impact ratio":
        # More people never take a number away, and are twice as many.
        assert isinstance(two, Estimate)
    if not grows and one.value is not None:
        assert two.value == pytest.approx(one.value, abs=1e-9)
        assert two.n_subjects == 2 * one.n_subjects


@pytest.mark.parametrize("by_condition", [False, True])
@laws
@given(data=answers())
def test_differences_are_antisymmetric_and_ratios_reciprocal(
    by_condition: bool, data: Answers
) -> None:
    a, b = (_side(data, g, by_condition=by_condition) for g in (0, 1))
    spec = IntervalSpec(0.95)
    forth, back = difference(a, b, spec), difference(b, a, spec)
    assert type(forth) is type(back)
    if isinstance(forth, Estimate) and isinstance(back, Estimate):
        assert (forth.value, forth.low, forth.high) == pytest.approx(
            (-back.value, -back.high, -back.low), abs=1e-9
        )
        assert forth.p_value == pytest.approx(back.p_value)
        # What the interval says of "no difference" the p-value says, too.
        assert forth.p_value is not None
        if abs(forth.p_value - 0.05) > 1e-9:
            assert (forth.low <= 0.0 <= forth.high) == (forth.p_value > 0.05)
    over, under = ratio(a, b, spec), ratio(b, a, spec)
    # What people add has the opposite sign the other way round.
    (codes, apart), (same, turned) = deviations_between(a, b), deviations_between(b, a)
    assert codes.tolist() == same.tolist()
    assert apart == pytest.approx(-turned, nan_ok=True)
    assert type(over) is type(under)
    if isinstance(over, Estimate) and isinstance(under, Estimate):
        assert (over.value, over.low, over.high) == pytest.approx(
            (1 / under.value, 1 / under.high, 1 / under.low), rel=1e-6
        )
        assert over.p_value == pytest.approx(under.p_value)


@laws
@given(data=answers(), seed=st.integers(0, 1000))
def test_permuted_gaps_are_p_values(data: Answers, seed: int) -> None:
    t = data.tally
    member = np.array([data.group_of[int(s)] for s in t.subjects], dtype=np.int64)
    scores = [scores_of(replicate(data.metric(m), t)) for m in ("accuracy", "recall")]
    for s in scores:
        assert float(s.share.sum()) in (0.0, pytest.approx(1.0))
    # What people add to a mean adds up to nothing.
    assert float(scores[0].score.sum()) == pytest.approx(0.0, abs=1e-9)

    def p_of(codes: Codes) -> tuple[list[float | None], str]:
        return permuted_gaps(scores, t.subjects, codes, 99, np.random.default_rng(seed))

    ps, method = p_of(member)
    assert p_of(member) == (ps, method)
    for p in ps:
        assert p is None or 0.0 < p <= 1.0
    # The names of the groups do not matter.
    if method == METHOD_ALL:
        assert p_of(N_GROUPS - 1 - member)[0] == pytest.approx(ps)


@laws
@given(data=answers(), seed=st.integers(0, 1000))
def test_shuffling_keeps_what_was_annotated_and_predicted(data: Answers, seed: int) -> None:
    total, each = data.tally.total, np.eye(N_LABELS + 1)[data.predicted]
    for drawn in (
        shuffled_counts(total, 5, np.random.default_rng(seed)),
        shuffled_items(each, data.annotated, 5, np.random.default_rng(seed)),
    ):
        assert (drawn >= 0).all()
        assert (drawn.sum(axis=2) == total.sum(axis=1)).all()
        assert (drawn.sum(axis=1) == total.sum(axis=0)).all()


@laws
@given(data=answers())
def test_reference_systems_keep_what_was_annotated(data: Answers) -> None:
    counts = data.tally.counts
    for other in (majority(counts), expected_random(counts)):
        assert other.sum(axis=2) == pytest.approx(counts.sum(axis=2))
    assert expected_random(counts).sum(axis=1) == pytest.approx(counts.sum(axis=1))


@laws
@given(data=answers())
def test_parts_of_everybody_less_a_group_are_the_rest(data: Answers) -> None:
    t, inside = data.tally, data.rows(data.group == 0).tally
    for head in ("accuracy", "uar", "recall", "precision", "f1", "mcc", "prediction_rate"):
        metric = data.metric(head)
        parts = metric.parts(t.counts)
        parts[np.searchsorted(t.subjects, inside.subjects)] -= metric.parts(inside.counts)
        by_parts = replicate_parts(metric, parts, t.subjects, 7)
        directly = replicate(metric, data.rows(data.group != 0).tally)
        assert by_parts.value == pytest.approx(directly.value, nan_ok=True)
        assert by_parts.left_out == pytest.approx(directly.left_out, nan_ok=True)
        assert by_parts.subjects.tolist() == directly.subjects.tolist()


@laws
@given(data=answers())
def test_doubling_every_answer_changes_no_variance(data: Answers) -> None:
    n = len(data.subject)
    twice = data.rows(np.concatenate([np.arange(n), np.arange(n)]))
    for head in ("accuracy", "uar", "precision", "f1"):
        one, two = (replicate(d.metric(head), d.tally) for d in (data, twice))
        if np.isfinite(one.left_out).all() and np.isfinite(one.value):
            assert two.value == pytest.approx(one.value)
            assert two.variance == pytest.approx(one.variance)


@laws
@given(data=answers())
def test_doubling_everybody_about_halves_the_variance(data: Answers) -> None:
    n = len(data.subject)
    twice = data.rows(np.concatenate([np.arange(n), np.arange(n)]))
    twice.subject[n:] += 1000
    for head in ("accuracy", "recall", "precision", "prediction_rate", "confusion"):
        one, two = (replicate(d.metric(head), d.tally) for d in (data, twice))
        if np.isfinite(one.left_out).all() and np.isfinite(one.value):
            # A person with share s of a mean adds e²/(1 − s); each of two e²/4/(1 − s/2).
            least = 0.5 * (1.0 - float(one.shares.max()))
            assert least * one.variance <= two.variance + 1e-12
            assert two.variance <= 0.5 * one.variance + 1e-12


@laws
@given(data=answers(), order=st.permutations(range(N_GROUPS)), as_ratio=st.booleans())
def test_the_largest_gap_is_of_the_groups_whatever_their_order_and_names(
    data: Answers, order: list[int], as_ratio: bool
) -> None:
    sides = {str(g): _side(data, g, by_condition=False) for g in range(N_GROUPS)}
    renamed = {f"new {g}": sides[str(g)] for g in order}
    spec = IntervalSpec(0.95)
    one, other = (largest_gap([x], spec, as_ratio=as_ratio) for x in (sides, renamed))
    # The draws of the critical value fall on other groups: √(0.05·0.95/4000) of the level.
    assert type(one.result) is type(other.result)
    assert one.result.value == pytest.approx(other.result.value)
    assert {f"new {g}" for g in one.left_out} == set(other.left_out)
    if isinstance(one.result, Estimate) and isinstance(other.result, Estimate):
        assert one.result.n_subjects == other.result.n_subjects
        towards = "low" if as_ratio else "high"
        assert getattr(one.result, towards) == pytest.approx(getattr(other.result, towards))
        # It is that of the pair that drives it, the higher side first.
        assert one.pair is not None
        high, low = (sides[g].value for g in one.pair)
        assert high >= low
        assert one.result.value == pytest.approx(low / high if as_ratio else high - low)
        assert one.at(0.8) is not None
        equal = one.no_gap_above(1.0)
        assert equal is not None
        assert 0.0 < equal <= 1.0


@pytest.mark.parametrize("by_condition", [False, True])
@laws
@given(data=answers())
def test_of_two_groups_the_largest_gap_is_their_difference(
    by_condition: bool, data: Answers
) -> None:
    sides = {str(g): _side(data, g, by_condition=by_condition) for g in (0, 1)}
    for compare, as_ratio in ((difference, False), (ratio, True)):
        found = largest_gap([sides], IntervalSpec(0.95), as_ratio=as_ratio)
        names = ("0", "1") if found.pair is None else found.pair
        pair = [sides[g] for g in (reversed(names) if as_ratio else names)]
        alone = compare(pair[0], pair[1], IntervalSpec(0.95))
        assert type(found.result) is type(alone)
        if isinstance(found.result, Estimate) and isinstance(alone, Estimate):
            assert found.result.value == pytest.approx(alone.value)
            # The end away from no gap needs no allowance; the other is not past no gap.
            if as_ratio:
                assert found.result.low == pytest.approx(min(alone.low, 1.0 / alone.high))
                assert found.result.high <= 1.0
            else:
                assert found.result.high == pytest.approx(max(alone.high, -alone.low))
                assert found.result.low >= 0.0


@laws
@given(p=st.lists(st.floats(0.0, 1.0), max_size=12), data=st.data())
def test_adjusted_p_values_keep_order_and_bounds(p: list[float], data: st.DataObject) -> None:
    for adjust in (holm, benjamini_hochberg):
        adjusted = adjust(p)
        for before, after in zip(p, adjusted, strict=True):
            assert before - 1e-12 <= after <= min(1.0, before * len(p) + 1e-12)
        order = sorted(range(len(p)), key=lambda i: p[i])
        assert [adjusted[i] for i in order] == sorted(adjusted)
        mixed = data.draw(st.permutations(range(len(p))))
        assert adjust([p[i] for i in mixed]) == pytest.approx([adjusted[i] for i in mixed])
    # To control the share of false alarms asks for less than to have none.
    for fewer, none in zip(benjamini_hochberg(p), holm(p), strict=True):
        assert fewer <= none + 1e-12


@laws
@given(p=st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=5), seed=st.integers(0, 99))
def test_max_t_lies_between_raw_and_bonferroni(p: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    people = np.arange(30)
    deviations = [(people, rng.standard_normal(30)) for _ in p]
    adjusted, level = max_t(p, deviations, 0.95, rng)
    for before, after in zip(p, adjusted, strict=True):
        assert before <= after <= min(1.0, before * len(p) + 1e-12)
    # Single intervals have to be as wide as one, and no wider than by Bonferroni, but for the
    # draws: √(0.05·0.95/10,000) = 0.0022.
    assert 0.95 - 4 * 0.0022 <= level <= 1.0 - 0.05 / len(p) + 4 * 0.0022


@laws
@given(
    value=st.floats(0.05, 0.95), half=st.floats(0.01, 0.5), share=st.floats(0.01, 0.99),
    n=st.integers(5, 500), above=st.booleans(),
)  # fmt: skip
def test_further_subjects_settle_the_claim(
    value: float, half: float, share: float, n: int, above: bool
) -> None:
    found = Estimate(
        value=value, low=value - half, high=value + half, level=0.95, method="m", n_items=n,
        n_answers=n, n_subjects=n, p_value=0.5,
    )  # fmt: skip
    bound = value + (half if above else -half) * share
    more = further_subjects(found, bound)
    distance = abs(value - bound)
    if more is None:
        assert n * (half / distance) ** 2 > 1_000_000
    else:
        # With so many more, the half-width is at most the distance; with one fewer, it is not.
        assert more >= 1
        assert half * math.sqrt(n / (n + more)) <= distance * (1 + 1e-6)
        assert more == 1 or half * math.sqrt(n / (n + more - 1)) > distance * (1 - 1e-6)
