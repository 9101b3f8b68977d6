"""Partial pooling: groups with few subjects borrow from the others.

The log-odds of a group are the main effects of its attributes (for one attribute, a common
mean) plus a deviation of its own, normal with a spread that all groups share. The answers of
a group count for as many as they are worth, since answers about one subject are alike: a
binomial likelihood over effective answers, with one intra-class correlation for all groups,
from the beta-binomial likelihood of the subjects. Spread and correlation are not plugged in
but integrated over: where a few groups happen to look alike, a plugged-in spread is zero and
the intervals are far too short. Everything is on grids; nothing is drawn at random.

A group that really is unlike all others is pulled towards them, and its interval with it.
So the raw estimate stays beside the pooled one; ``docs/adr/0014-small-cells.md`` says how
much is lost, with the simulation.

References
----------
Gelman et al. (2013), *Bayesian Data Analysis*, 3rd ed., ch. 5 (hierarchical models) and
§13.1 (a flat prior on the spread, as Gelman 2006, *Bayesian Analysis* 1(3), advises); the
priors of the main effects are those of §16.3 with normals in place of Student's t. Kish
(1965), §8.2: answers deflated by the design effect ``1 + (Σn²/Σn − 1)·ICC``. Rue, Martino and
Chopin (2009), *JRSS B* 71(2): Laplace's approximation at each node of the grid, and a
group's own likelihood taken exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, expit, gammaln, xlog1py, xlogy

from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.stats.jackknife import MIN_SUBJECTS, IntervalSpec
from facevalue.stats.metrics import Metric
from facevalue.stats.tally import FloatArray, IntArray, Tally

__all__ = ["MIN_GROUPS", "Pooling", "partial_pooling"]

MIN_GROUPS = 3
"""With fewer groups there is no spread between them to learn of."""

SPREADS = np.concatenate([[0.0], np.geomspace(0.04, 3.0, 22)])
"""Nodes of the standard deviation between groups, in log-odds."""

PRIOR_SD = 2.5
"""Of the mean and of each main effect, in log-odds: nothing is ruled out from 1 to 99 %."""

ICC_NODES, ICC_MOST, ICC_SHAPE = 9, 0.98, 4.0
"""Nodes of the correlation, the highest, and its prior Beta(1, 4), with the mean 0.2."""

THETA = np.linspace(-6.0, 6.0, 81)
"""Nodes of a group's log-odds, in standard deviations around their mean."""

NEGLIGIBLE = 1e-4
MAX_STEPS, MAX_ZOOMS = 50, 5
MANY = 10_000
LIKELY = 7.0
TINY = 1e-10
METHOD = "partial pooling of groups (hierarchical logistic), spread and ICC integrated over"
METHOD_SPREAD = "standard deviation between groups in partial pooling, in log-odds"

_Rows = tuple[FloatArray, FloatArray, IntArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Pooling:
    """Groups after pooling.

    Parameters
    ----------
    groups
        One result a group, in the order given.
    spread
        How much groups differ beyond main effects: standard deviation of their log-odds.
    icc
        Posterior mean of the intra-class correlation of answers about one subject, in [0, 1).
    """

    groups: tuple[Estimate | NotEstimable, ...]
    spread: Estimate | NotEstimable
    icc: float


def partial_pooling(
    metric: Metric, tallies: Sequence[Tally], levels: Sequence[Sequence[str]], spec: IntervalSpec
) -> Pooling:
    """Estimate ``metric`` for every group with what the other groups tell.

    Parameters
    ----------
    metric
        A mean over answers: accuracy, or the recall of a label.
    tallies
        Counts of each group. No subject may be in two groups.
    levels
        For each group its value of each attribute: ``[["female"], ["male"]]``, or
        ``[["female", "old"], ["female", "young"], …]`` for an intersection.

    Returns
    -------
    Pooling whose groups are posterior means with central posterior intervals. A group of a
    single subject has one, too; one without answers is NO_ITEMS. With fewer than three groups
    or five subjects that have answers, TOO_FEW_CLUSTERS.

    Raises
    ------
    ValueError
        If the metric is no mean over answers, the lists differ in length, or groups share a
        subject.

    Examples
    --------
    >>> from facevalue.stats.metrics import metric_named
    >>> right = [np.arange(n) % 4 > 0 for n in (12, 40, 44)]     # 3 of 4 are right
    >>> tallies = [Tally.from_codes(np.arange(len(r)) + 100 * i, 0 * r, ~r, n_labels=2)
    ...            for i, r in enumerate(right)]
    >>> found = partial_pooling(metric_named("accuracy", ["a", "b"]), tallies,
    ...                         [["x"], ["y"], ["z"]], IntervalSpec())
    >>> [f"{e.value:.2f} ({e.low:.2f} to {e.high:.2f})" for e in found.groups]
    ['0.74 (0.56 to 0.89)', '0.75 (0.63 to 0.85)', '0.75 (0.63 to 0.85)']
    """
    if not metric.is_mean or len(tallies) != len(levels):
        raise ValueError(f"{metric.name}: {len(tallies)} groups, {len(levels)} levels of them")
    cells = _Cells.of(metric, tallies)
    refused = _refuse(cells)
    if refused:
        groups = tuple(_none(c, refused if c.answers else "") for c in cells.counts)
        return Pooling(groups, _none(cells.counted, refused), 0.0)
    icc = _icc_nodes(cells)
    design = _main_effects(levels)
    nodes = _Nodes.of(cells, icc)
    fit = _fit(cells, design, nodes)
    return _told(cells, icc, nodes, fit, spec)


@dataclass(frozen=True, slots=True)
class _Counts:
    items: int
    answers: int
    subjects: int


@dataclass(frozen=True, slots=True)
class _Cells:
    """Answers and right answers by subject, and of each group.

    ``n``, ``right`` and ``cell`` have shape ``(n_subjects,)``, the others ``(n_groups,)``;
    ``mean_size`` is Σn²/Σn of the group's subjects.
    """

    n: FloatArray
    right: FloatArray
    cell: IntArray
    total: FloatArray
    rate: FloatArray
    mean_size: FloatArray
    counts: tuple[_Counts, ...]

    @classmethod
    def of(cls, metric: Metric, tallies: Sequence[Tally]) -> _Cells:
        sizes = [metric.base(t.counts) for t in tallies]
        used = [s > 0 for s in sizes]
        subjects = np.concatenate([t.subjects[u] for t, u in zip(tallies, used, strict=True)])
        if len(np.unique(subjects)) < len(subjects):
            raise ValueError("groups share subjects; they are pooled as if they were independent")
        n = np.concatenate([s[u] for s, u in zip(sizes, used, strict=True)])
        values = [metric.value(t.counts[u]) for t, u in zip(tallies, used, strict=True)]
        right = np.concatenate(values) * n
        cell = np.repeat(np.arange(len(tallies)), [int(u.sum()) for u in used])
        total, hits, squares = (
            np.bincount(cell, weights=w, minlength=len(tallies)).astype(np.float64)
            for w in (n, right, n**2)
        )
        some = np.maximum(total, TINY)
        counts = tuple(
            _Counts(t.n_items, round(float(a)), int(u.sum()))
            for t, a, u in zip(tallies, total, used, strict=True)
        )
        rate = np.where(total > 0, hits / some, 0.5)
        mean_size = np.where(total > 0, squares / some, 1.0)
        return cls(n, right, cell, total, rate, mean_size, counts)

    @property
    def counted(self) -> _Counts:
        """All groups together."""
        parts = [(c.items, c.answers, c.subjects) for c in self.counts]
        return _Counts(*(sum(column) for column in zip(*parts, strict=True)))

    def effective(self, icc: FloatArray) -> FloatArray:
        """Effective answers at each correlation, shape ``(len(icc), n_groups)``."""
        deflated: FloatArray = self.total / (1.0 + (self.mean_size - 1.0) * icc[:, None])
        return deflated

    def start(self, effective: FloatArray) -> FloatArray:
        """Rates to begin with: two effective answers at the common rate keep them off 0 and 1."""
        common = (self.right.sum() + 0.5) / (self.n.sum() + 1.0)
        begun: FloatArray = (effective * self.rate + 2.0 * common) / (effective + 2.0)
        return begun


def _refuse(cells: _Cells) -> str:
    n_groups, n_subjects = int((cells.total > 0).sum()), len(cells.n)
    if n_groups < MIN_GROUPS:
        return f"{n_groups} groups have answers, at least {MIN_GROUPS} needed"
    if n_subjects < MIN_SUBJECTS:
        return f"{n_subjects} in all groups, at least {MIN_SUBJECTS} needed"
    return ""


@dataclass(frozen=True, slots=True)
class _Icc:
    """Correlations with their log-likelihood (what the groups' own leave out) and weight."""

    value: FloatArray
    log_weight: FloatArray


def _icc_nodes(cells: _Cells) -> _Icc:
    """Find where the correlation may lie, from the likelihood of each subject's answers.

    Nodes are even in the root of the correlation, and narrowed down until most of them share
    what the data leave open. A subject with a single answer tells nothing.
    """
    rows = _merged(cells)
    roots = np.linspace(0.0, np.sqrt(ICC_MOST), ICC_NODES)
    found = _icc_likelihood(cells, rows, roots)
    for _ in range(MAX_ZOOMS):
        near = np.flatnonzero(found > found.max() - LIKELY)
        first, last = max(near[0] - 1, 0), min(near[-1] + 1, ICC_NODES - 1)
        if last - first > ICC_NODES // 2:
            break
        roots = np.linspace(roots[first], roots[last], ICC_NODES)
        found = _icc_likelihood(cells, rows, roots)
    icc = roots**2
    effective = cells.effective(icc)
    # What the groups' own likelihoods say of it comes with the fit.
    start = cells.start(effective)
    own = effective * (xlogy(cells.rate, start) + xlog1py(1.0 - cells.rate, -start))
    prior = (ICC_SHAPE - 1.0) * np.log1p(-icc)
    # d(icc) = 2·root·d(root); a node at zero stands for the first half of its step.
    width = np.maximum(2.0 * roots * _widths(roots), (roots[1] - roots[0]) ** 2 / 4.0)
    kept = found > found.max() - 2.0 * LIKELY
    return _Icc(icc[kept], (found - own.sum(axis=1) + prior + np.log(width))[kept])


def _icc_likelihood(cells: _Cells, rows: _Rows, roots: FloatArray) -> FloatArray:
    icc = roots**2
    start = cells.start(cells.effective(icc))
    return np.array([_log_beta_binomial(rows, p, r) for p, r in zip(start, icc, strict=True)])


def _merged(cells: _Cells) -> _Rows:
    """Subjects with several answers; those of one group with the same counts are one row."""
    several = cells.n > 1
    rows = np.stack([cells.cell[several], cells.n[several], cells.right[several]])
    if rows.shape[1] > MANY:
        rows, times = np.unique(rows, axis=1, return_counts=True)
    else:
        times = np.ones(rows.shape[1])
    return rows[1], rows[2], rows[0].astype(np.int64), times.astype(np.float64)


def _log_beta_binomial(rows: _Rows, rate: FloatArray, icc: float) -> float:
    n, right, cell, times = rows
    p = rate[cell]
    if icc <= 0.0:
        return float((times * (xlogy(right, p) + xlog1py(n - right, -p))).sum())
    weight = (1.0 - icc) / icc
    each = gammaln(right + p * weight) + gammaln(n - right + (1.0 - p) * weight)
    each -= gammaln(n + weight) + betaln(rate * weight, (1.0 - rate) * weight)[cell]
    return float(times @ each)


def _widths(nodes: FloatArray) -> FloatArray:
    """Weights of the trapezoid rule."""
    steps = np.diff(nodes)
    return np.concatenate([[0.0], steps]) / 2.0 + np.concatenate([steps, [0.0]]) / 2.0


@dataclass(frozen=True, slots=True)
class _Design:
    """Main effects: columns, shape ``(n_groups, n_effects)``, and their prior precision."""

    columns: FloatArray
    precision: FloatArray

    @property
    def products(self) -> FloatArray:
        """Products of every two columns, shape ``(n_groups, n_effects²)``."""
        return (self.columns[:, :, None] * self.columns[:, None, :]).reshape(len(self.columns), -1)


def _main_effects(levels: Sequence[Sequence[str]]) -> _Design:
    """One column for the mean and, for an intersection, one for each value of each attribute.

    That is one column too many an attribute, on purpose: no value is the baseline, so the
    order of the values does not matter; the priors keep the effects apart.
    """
    columns = [np.ones(len(levels))]
    for values in zip(*levels, strict=True) if len(levels[0]) > 1 else ():
        columns += [
            np.array([v == one for v in values], dtype=np.float64) for one in dict.fromkeys(values)
        ]
    return _Design(np.stack(columns, axis=1), np.full(len(columns), PRIOR_SD**-2))


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Every pair of correlation and spread, with what is known of it before groups are fitted.

    Shapes ``(n_nodes, n_groups)``, ``(n_nodes, 1)`` and ``(n_nodes,)``.
    """

    effective: FloatArray
    variance: FloatArray
    log_weight: FloatArray

    @classmethod
    def of(cls, cells: _Cells, icc: _Icc) -> _Nodes:
        n_spreads = len(SPREADS)
        flat_prior = np.log(_widths(SPREADS) / SPREADS[-1])
        return cls(
            np.repeat(cells.effective(icc.value), n_spreads, axis=0),
            np.tile(SPREADS**2, len(icc.value))[:, None],
            np.repeat(icc.log_weight, n_spreads) + np.tile(flat_prior, len(icc.value)),
        )


@dataclass(frozen=True, slots=True)
class _Fit:
    """Modes of the log-odds at each node, and what the other groups say of each group.

    ``evidence`` has shape ``(n_nodes,)``, the others ``(n_nodes, n_groups)``: mode and
    variance of the posterior, mean and precision without the group's own answers.
    """

    evidence: FloatArray
    mode: FloatArray
    variance: FloatArray
    others_mean: FloatArray
    others_precision: FloatArray


@dataclass(frozen=True, slots=True)
class _Regression:
    """A weighted regression of working responses on main effects, at each node.

    ``weight``, ``working``, ``fitted`` and ``residual`` (over its variance) have shape
    ``(n_nodes, n_groups)``, ``effects`` ``(n_nodes, n_effects)``, ``normal`` one more axis.
    """

    weight: FloatArray
    working: FloatArray
    normal: FloatArray
    effects: FloatArray
    fitted: FloatArray
    residual: FloatArray

    @classmethod
    def of(cls, theta: FloatArray, cells: _Cells, design: _Design, nodes: _Nodes) -> _Regression:
        p, x = expit(theta), design.columns
        weight = np.maximum(nodes.effective * p * (1.0 - p), TINY)
        working = theta + nodes.effective * (cells.rate - p) / weight
        inverse = weight / (1.0 + weight * nodes.variance)
        # Node by node: one large product would be split over threads, which cost more.
        normal = (inverse[:, None] @ design.products).reshape(-1, *2 * x.shape[1:])
        normal = normal + np.diag(design.precision)
        effects = np.linalg.solve(normal, ((inverse * working) @ x)[..., None])[..., 0]
        fitted = effects @ x.T
        return cls(weight, working, normal, effects, fitted, inverse * (working - fitted))


def _fit(cells: _Cells, design: _Design, nodes: _Nodes) -> _Fit:
    """Fit the hierarchical logistic model at each node, by Newton's method.

    Each step regresses working responses, whose variance is 1/weight + spread², on the main
    effects; deviations are shrunk residuals. At a spread of zero that is logistic regression.
    """
    start = cells.start(nodes.effective)
    theta = np.log(start) - np.log1p(-start)
    for _ in range(MAX_STEPS):
        at = _Regression.of(theta, cells, design, nodes)
        # Steps are cut, as a group whose answers are all right would throw them too far.
        step = np.clip(at.fitted + nodes.variance * at.residual - theta, -2.0, 2.0)
        theta = theta + step
        if np.abs(step).max() < 1e-6:
            break
    at = _Regression.of(theta, cells, design, nodes)
    p, tau2 = expit(theta), nodes.variance
    likelihood = nodes.effective * (xlogy(cells.rate, p) + xlog1py(1.0 - cells.rate, -p))
    prior = (tau2 * at.residual**2).sum(axis=1) + at.effects**2 @ design.precision
    volume = np.log1p(tau2 * at.weight).sum(axis=1) + np.linalg.slogdet(at.normal)[1]
    kept = 1.0 / (1.0 + at.weight * tau2)
    inverses = np.linalg.inv(at.normal).reshape(len(theta), 1, -1)
    of_effects = (inverses @ design.products.T)[:, 0]
    variance = tau2 * kept + kept**2 * of_effects
    precision = np.maximum(1.0 / variance - at.weight, TINY)
    return _Fit(
        evidence=nodes.log_weight + likelihood.sum(axis=1) - (prior + volume) / 2.0,
        mode=theta,
        variance=variance,
        others_mean=(theta / variance - at.weight * at.working) / precision,
        others_precision=precision,
    )


def _told(cells: _Cells, icc: _Icc, nodes: _Nodes, fit: _Fit, spec: IntervalSpec) -> Pooling:
    weight = np.exp(fit.evidence - fit.evidence.max())
    weight = weight / weight.sum()
    by_node = weight.reshape(len(icc.value), len(SPREADS))
    grid, density = _posterior(cells, nodes, fit, weight)
    rates = expit(grid)
    values = (density * rates).sum(axis=1)
    tails = (0.5 - spec.level / 2.0, 0.5 + spec.level / 2.0)
    low, high = (_quantiles(rates, density, q) for q in tails)
    effective = weight @ nodes.effective
    groups = tuple(
        Estimate(
            value=float(values[g]), low=float(low[g]), high=float(high[g]), level=spec.level,
            method=METHOD, n_items=c.items, n_answers=c.answers, n_subjects=c.subjects,
            design_effect=float(cells.total[g] / effective[g]),
        )
        if c.answers
        else _none(c, "")
        for g, c in enumerate(cells.counts)
    )  # fmt: skip
    return Pooling(
        groups, _spread(by_node.sum(axis=0), cells.counted, spec.level),
        float(by_node.sum(axis=1) @ icc.value),
    )  # fmt: skip


def _spread(mass: FloatArray, counts: _Counts, level: float) -> Estimate:
    """Return median and region of highest density: a central one could never reach to zero."""
    fine = np.linspace(0.0, SPREADS[-1], 601)
    density = np.interp(fine, SPREADS, mass / _widths(SPREADS))
    share = density / density.sum()
    likeliest = np.argsort(-share, kind="stable")
    n_needed = int(np.searchsorted(np.cumsum(share[likeliest]), level)) + 1
    inside = fine[likeliest[:n_needed]]
    return Estimate(
        value=float(np.interp(0.5, np.cumsum(share), fine)), low=float(inside.min()),
        high=float(inside.max()), level=level, method=METHOD_SPREAD,
        n_items=counts.items, n_answers=counts.answers, n_subjects=counts.subjects,
    )  # fmt: skip


def _posterior(
    cells: _Cells, nodes: _Nodes, fit: _Fit, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return nodes and masses of each group's log-odds, shape ``(n_groups, n_theta)``.

    What the others say is normal; the group's own likelihood is taken as it is, since that of
    a few answers is skewed.
    """
    kept = np.flatnonzero(weight > NEGLIGIBLE * weight.max())
    share = weight[kept] / weight[kept].sum()
    mean = share @ fit.mode[kept]
    variance = share @ (fit.variance[kept] + (fit.mode[kept] - mean) ** 2)
    grid = mean[:, None] + np.sqrt(variance)[:, None] * THETA
    log_right, log_wrong = -np.logaddexp(0.0, -grid), -np.logaddexp(0.0, grid)
    own = cells.rate[:, None] * log_right + (1.0 - cells.rate[:, None]) * log_wrong
    mixed = np.zeros_like(grid)
    for k, w in zip(kept, share, strict=True):
        distance = grid - fit.others_mean[k][:, None]
        log_density = nodes.effective[k][:, None] * own
        log_density -= fit.others_precision[k][:, None] * distance**2 / 2.0
        density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
        mixed += w * density / density.sum(axis=1, keepdims=True)
    return grid, mixed


def _quantiles(nodes: FloatArray, mass: FloatArray, share: float) -> FloatArray:
    """Return the value below which ``share`` of the mass lies, row by row.

    The mass of a node is spread evenly around it, so half of it lies below.
    """
    below = np.cumsum(mass, axis=1) - mass / 2.0
    return np.array([np.interp(share, b, x) for b, x in zip(below, nodes, strict=True)])


def _none(counts: _Counts, detail: str) -> NotEstimable:
    reason = Reason.TOO_FEW_CLUSTERS if detail else Reason.NO_ITEMS
    return NotEstimable(
        reason=reason, detail=detail,
        n_items=counts.items, n_answers=counts.answers, n_subjects=counts.subjects,
    )  # fmt: skip
