"""The formula of every metric, who it is from, and where its intervals were put to the test.

Signs: n counts answers, N all of them; a is the annotated label, p the predicted one, K the
number of labels; s_k is the score a system gives to label k, and c the highest of them, its
confidence; r_k is the share of an item's ratings that say k.
"""

from __future__ import annotations

from dataclasses import dataclass

from facevalue.audits.looks import IMPACT_RATIO_OF, RATIO_OF
from facevalue.report.wording import slug

__all__ = ["FORMULAS", "SIGNS", "Formula", "formula_of", "measure_anchor"]

SIGNS = (
    "n counts answers, N all of them; a is the annotated label, p the predicted one, K the number "
    "of labels; s_k is the score of label k, y_k is 1 for the annotated label and 0 for others; c "
    "is the highest score, the confidence; r_k is the share of an item’s ratings that say k."
)


@dataclass(frozen=True, slots=True)
class Formula:
    """How a metric is computed.

    Parameters
    ----------
    text
        The formula, in the signs of `SIGNS`.
    source
        Who it is from.
    tested
        Page of facevalue's documentation on how well its intervals hold; empty where no
        simulation is of it alone.
    """

    text: str
    source: str
    tested: str = ""


_INTERVALS = "docs/simulations/intervals.md"
_CALIBRATION = "docs/simulations/calibration.md"
_CALIBRATION_DECISION = "docs/adr/0012-calibration.md"
_POOLING = "docs/simulations/pooling.md"
_SHARE = f"{_INTERVALS}#accuracy"
_AGREEMENT = "docs/adr/0011-human-ceiling.md"
_OURS = "facevalue"

FORMULAS: dict[str, Formula] = {
    "accuracy": Formula("Σ_a n(a, a) / N", "Sokolova and Lapalme 2009", _SHARE),
    "uar": Formula("(1/K) Σ_a n(a, a) / n(a, ·)", "Schuller et al. 2009", f"{_INTERVALS}#uar"),
    "mcc": Formula(
        "cov(A, P) / √(cov(A, A) · cov(P, P)), A and P the 0/1 tables of annotated and predicted",
        "Gorodkin 2004",
        f"{_INTERVALS}#mcc",
    ),
    "recall": Formula("n(a, a) / n(a, ·)", "Sokolova and Lapalme 2009", f"{_INTERVALS}#recall"),
    "precision": Formula(
        "n(p, p) / n(·, p)", "Sokolova and Lapalme 2009", f"{_INTERVALS}#precisionc"
    ),
    "f1": Formula("2 n(a, a) / (n(a, ·) + n(·, a))", "van Rijsbergen 1979", f"{_INTERVALS}#f1c"),
    "confusion": Formula("n(a, p) / n(a, ·)", "Sokolova and Lapalme 2009", _SHARE),
    "prediction_rate": Formula("n(·, p) / N", _OURS, _SHARE),
    "standardised_prediction_rate": Formula(
        "Σ_a w_a · n_g(a, p) / n_g(a, ·), w_a = n(a, ·) / N of the whole sample, g the group",
        "direct standardisation (Breslow and Day 1987)",
    ),
    "failure_rate": Formula("items without a usable answer / items", _OURS, _SHARE),
    "abstention_rate": Formula("items answered “none” / items", _OURS, _SHARE),
    "answer_rate": Formula(
        "items answered with an emotion / items without an emotion to find", _OURS, _SHARE
    ),
    "ece": Formula(
        "Σ_b (n_b / N) · |mean c in b − accuracy in b|, b one of 15 bins of equal width",
        "Naeini et al. 2015; Guo et al. 2017",
        _CALIBRATION,
    ),
    "ece_debiased": Formula(
        "the error e for which E[ECE | e] is the ECE found, subjects as clusters",
        "after Bröcker 2012; facevalue, ADR 12",
        _CALIBRATION,
    ),
    "overconfidence": Formula("mean c − accuracy", "Lichtenstein et al. 1982", _CALIBRATION),
    "confident_errors": Formula("answers with p ≠ a and c ≥ t / answers with p ≠ a", _OURS, _SHARE),
    "confidence_auroc": Formula(
        "P(c of a right answer > c of a wrong one) + ½ P(both equal)",
        "Hanley and McNeil 1982",
        _CALIBRATION,
    ),
    "classwise_ece": Formula(
        "(1/K) Σ_k e_k, e_k the calibration error without chance of s_k against y_k",
        "Kull et al. 2019",
        _CALIBRATION_DECISION,
    ),
    "brier": Formula("(1/N) Σ Σ_k (s_k − y_k)²", "Brier 1950", _CALIBRATION),
    "brier_reliability": Formula(
        "Σ_k Σ_b (n_b / N) · (mean s_k in b − mean y_k in b)², from different people’s products",
        "Murphy 1973; Ferro and Fricker 2012",
        _CALIBRATION_DECISION,
    ),
    "brier_resolution": Formula(
        "Σ_k Σ_b (n_b / N) · (mean y_k in b − mean y_k)², from different people’s products",
        "Murphy 1973; Ferro and Fricker 2012",
        _CALIBRATION_DECISION,
    ),
    "brier_uncertainty": Formula(
        "Σ_k ȳ_k (1 − ȳ_k), from different people’s products",
        "Murphy 1973; Ferro and Fricker 2012",
        _CALIBRATION_DECISION,
    ),
    "brier_within_bins": Formula(
        "Brier score − reliability + resolution − uncertainty",
        "Stephenson, Coelho and Jolliffe 2008",
    ),
    "reliability": Formula(
        "answers in bin b with p = a / n_b", "Murphy and Winkler 1977", _CALIBRATION
    ),
    "reliability_confidence": Formula("Σ c in bin b / n_b", "Murphy and Winkler 1977"),
    "mean_confidence": Formula("Σ c / N", _OURS),
    "confident_share": Formula("answers with c ≥ t / N", _OURS, _SHARE),
    "krippendorff_alpha": Formula(
        "1 − observed disagreement / disagreement if ratings were dealt at random",
        "Krippendorff 2011, nominal",
        _AGREEMENT,
    ),
    "fleiss_kappa": Formula(
        "(P̄ − P̄_e) / (1 − P̄_e), P̄ the agreement of pairs, P̄_e that of chance",
        "Fleiss 1971; Gwet 2014 for unequal numbers",
        _AGREEMENT,
    ),
    "percent_agreement": Formula(
        "mean over items of Σ_k m_k (m_k − 1) / (m (m − 1)), m ratings, m_k of them k",
        "Fleiss 1971",
        _AGREEMENT,
    ),
    "human_accuracy": Formula(
        "mean over items of P(a rater drawn = majority of the item’s others)",
        "Barsoum et al. 2016; Efron 1983 on leaving out",
        _AGREEMENT,
    ),
    "human_uar": Formula(
        "the accuracy of a rater by label, averaged over labels",
        "as accuracy of a rater",
        _AGREEMENT,
    ),
    "panel_accuracy": Formula(
        "mean over items of P(majority of one half = majority of the other)",
        "split halves; facevalue, ADR 11",
        _AGREEMENT,
    ),
    "best_possible_accuracy": Formula(
        "mean over items of max_k r_k, or of 1 / number of tied majority labels",
        "Bayes rate; facevalue, ADR 11",
        _AGREEMENT,
    ),
    "label_noise_in_errors": Formula(
        "errors against half A where half B has another majority / errors against half A",
        "facevalue, ADR 11",
        _AGREEMENT,
    ),
    "cross_entropy": Formula(
        "−mean Σ_k r_k log₂ max(s_k, 0.001)", "Peterson et al. 2019", _AGREEMENT
    ),
    "human_cross_entropy": Formula(
        "−mean log₂ ((m_k + ½) / (m + K/2)), m_k of the m others say k",
        "Krichevsky and Trofimov 1981",
        _AGREEMENT,
    ),
    "best_possible_cross_entropy": Formula("−mean Σ_k r_k log₂ r_k", "Shannon 1948", _AGREEMENT),
    "jensen_shannon": Formula(
        "H((r + s)/2) − (H(r) + H(s))/2, H the entropy in bits", "Lin 1991", _AGREEMENT
    ),
    "human_jensen_shannon": Formula(
        "the same, with one rating against the shares of the others", "Lin 1991", _AGREEMENT
    ),
    "dawid_skene_accuracy": Formula(
        "Σ_j π_j θ_jj, π the shares of right labels, θ the table of errors",
        "Dawid and Skene 1979",
        _AGREEMENT,
    ),
    "dawid_skene_share": Formula(
        "π_j, by expectation–maximisation", "Dawid and Skene 1979", _AGREEMENT
    ),
    "dawid_skene_confusion": Formula(
        "θ_jk = P(rating k | right label j)", "Dawid and Skene 1979", _AGREEMENT
    ),
    "pooled_accuracy": Formula(
        "logit(rate_g) = main effects + u_g, u_g normal with the spread between groups",
        "Gelman et al. 2013, ch. 5; ADR 14",
        _POOLING,
    ),
    "pooled_recall": Formula(
        "as accuracy, partially pooled, of answers to items annotated with the label",
        "Gelman et al. 2013, ch. 5; ADR 14",
        _POOLING,
    ),
    "group_spread": Formula(
        "standard deviation of u_g, in log-odds", "Gelman et al. 2013, ch. 5; ADR 14", _POOLING
    ),
    "unchanged": Formula(
        "items with p′ = p / items with an answer p, p′ the answer to the changed item",
        _OURS,
        _SHARE,
    ),
    "unchanged_area": Formula(
        "(1/s_max) Σ_i (s_i − s_j) · (u_i + u_j) / 2, u_i the answers unchanged at severity s_i, "
        "j the severity before i, u = 1 at s = 0",
        "trapezoid rule, within items; facevalue",
        _SHARE,
    ),
    "unchanged_below_floor": Formula(
        "answers unchanged under the floor − answers unchanged under this condition, within items",
        _OURS,
    ),
    "accuracy_change": Formula(
        "(items with p ≠ a and p′ = a − items with p = a and p′ ≠ a) / N",
        "McNemar 1947, with subjects as clusters",
    ),
    "confidence_change": Formula("Σ (c′ − c) / N, c′ the confidence on the changed item", _OURS),
    "failure_change": Formula(
        "(items that fail only when changed − items that fail only as they are) / items", _OURS
    ),
    "prediction_rate_change": Formula("(n′(·, p) − n(·, p)) / N, n′ on the changed items", _OURS),
    "same_answer": Formula(
        "pairs with p = p′ / pairs, p′ the answer to an item of another person with another a",
        "people left out in both roles (Aronow, Samii and Assenova 2015)",
    ),
    "same_answer_gain": Formula(
        "same answer with the same words − same answer with other words, within items",
        "people left out in both roles (Aronow, Samii and Assenova 2015)",
    ),
    "prohibited_output": Formula("answers with such a label / answers", _OURS),
}

_RATIO = Formula(
    "value of the group / value of the reference",
    "relative risk (Katz et al. 1978)",
    f"{_INTERVALS}#ratio",
)
_IMPACT = Formula(
    "lowest value of any group / highest",
    "29 CFR § 1607.4 D (four-fifths rule)",
    f"{_INTERVALS}#ratio",
)


def formula_of(base: str) -> Formula | None:
    """Return the formula of a metric by its base name; `None` for one of an outside analysis.

    Examples
    --------
    >>> formula_of("recall").text
    'n(a, a) / n(a, ·)'
    """
    if base.startswith(IMPACT_RATIO_OF):
        return _IMPACT
    return _RATIO if base.startswith(RATIO_OF) else FORMULAS.get(base)


def measure_anchor(base: str) -> str:
    """Return where the page explains a metric.

    Examples
    --------
    >>> measure_anchor("ratio of accuracy")
    'measure-ratio-of-accuracy'
    """
    return f"measure-{slug(base)}"
