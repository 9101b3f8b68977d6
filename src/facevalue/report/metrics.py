"""What every metric is called, which unit it has and how it is defined."""

from __future__ import annotations

import re

from facevalue.audits.findings import Place
from facevalue.audits.looks import IMPACT_RATIO_OF, LARGEST_GAP, NO_GAP_ABOVE, RATIO_OF
from facevalue.report.stress_metrics import STRESS_METRICS, Metric
from facevalue.report.wording import Unit

__all__ = ["axis_words", "bare", "base_of", "definition", "metric_words", "parts", "unit_of"]

_WITH_ARGUMENT = re.compile(r"^([^\[]+)\[(.*)\]$", re.DOTALL)


_METRICS: dict[str, Metric] = {
    "accuracy": Metric(
        "accuracy",
        "accuracy ({})",
        Unit.SHARE,
        "% of answers",
        "Share of the answers whose predicted label is the annotated label. Items the system "
        "failed on are left out; with “failures=wrong” they count as wrong answers.",
    ),
    "uar": Metric(
        "UAR (balanced accuracy)",
        "UAR ({})",
        Unit.SHARE,
        "mean recall, %",
        "Unweighted average recall: the recall of each annotated label, averaged with equal "
        "weight, so that a frequent label counts no more than a rare one.",
    ),
    "mcc": Metric(
        "MCC",
        "MCC ({})",
        Unit.INDEX,
        "Matthews correlation, −1 to 1",
        "Matthews correlation coefficient over all labels (Gorodkin 2004): 1 for complete "
        "agreement with the annotations, 0 for none beyond chance.",
    ),
    "recall": Metric(
        "recall",
        "recall of “{}”",
        Unit.SHARE,
        "% of answers to items so annotated",
        "Of the answers to items annotated with the label, the share that predict it.",
    ),
    "precision": Metric(
        "precision",
        "precision of “{}”",
        Unit.SHARE,
        "% of answers so predicted",
        "Of the answers that predict the label, the share whose items are annotated with it.",
    ),
    "f1": Metric(
        "F1",
        "F1 of “{}”",
        Unit.SHARE,
        "%",
        "Harmonic mean of the precision and the recall of the label.",
    ),
    "confusion": Metric(
        "confusion",
        "annotated → predicted “{}”",
        Unit.SHARE,
        "% of answers to items so annotated",
        "Of the answers to items annotated with the first label, the share that predict the "
        "second. Each row of the matrix adds up to 100 %.",
    ),
    "prediction_rate": Metric(
        "how often a label is predicted",
        "predicted “{}”",
        Unit.SHARE,
        "% of answers",
        "Share of all answers that predict the label, whatever the items are annotated as.",
    ),
    "standardised_prediction_rate": Metric(
        "how often a label is predicted, annotations alike",
        "predicted “{}”, annotations alike",
        Unit.SHARE,
        "% of answers",
        "Share of answers that predict the label if every group had the same mix of "
        "annotations (direct standardisation to the mix of the whole sample). A difference "
        "that remains is not due to groups showing different emotions in these data.",
    ),
    "failure_rate": Metric(
        "failure rate",
        "failure rate: {}",
        Unit.SHARE,
        "% of items",
        "Share of items for which the system gave no usable answer, in all and by kind.",
    ),
    "abstention_rate": Metric(
        "abstention rate",
        "abstention rate ({})",
        Unit.SHARE,
        "% of items",
        "Share of items to which the system answered that there is no emotion. Such items are "
        "not part of its accuracy.",
    ),
    "answer_rate": Metric(
        "answer rate",
        "answer rate ({})",
        Unit.SHARE,
        "% of items",
        "Share of the items without any emotion to find for which the system named one. The "
        "right answer to each of them is to give none.",
    ),
    "ece": Metric(
        "ECE",
        "ECE ({})",
        Unit.SHARE,
        "%",
        "Expected calibration error as others report it (Guo et al. 2017): the difference between "
        "how sure the system says it is and how often it agrees with the annotations, averaged "
        "over 15 bins of confidence. Chance adds to it. The interval is that of the error without "
        "what chance adds, wide enough to hold the number.",
    ),
    "ece_debiased": Metric(
        "calibration error without chance",
        "calibration error without chance ({})",
        Unit.SHARE,
        "%",
        "The expected calibration error over the same 15 bins among all people like these: the "
        "one under which the error found is what one expects. Its interval reaches zero where "
        "chance alone explains what was found.",
    ),
    "overconfidence": Metric(
        "overconfidence",
        "overconfidence ({})",
        Unit.POINTS,
        "mean confidence minus accuracy, points",
        "Mean confidence minus accuracy. Above zero the system is surer than it is right.",
    ),
    "confident_errors": Metric(
        "errors given with confidence",
        "errors given with a score of at least {}",
        Unit.SHARE,
        "% of wrong answers",
        "Of the answers whose label is not the annotated one, the share given with at least the "
        "score in brackets.",
    ),
    "confidence_auroc": Metric(
        "does confidence tell right from wrong",
        "does confidence tell right from wrong ({})",
        Unit.SHARE,
        "% of pairs of a right and a wrong answer",
        "How often a right answer has more confidence than a wrong one, ties counting half (area "
        "under the ROC curve): 50 % if confidence tells nothing, 100 % if every right answer "
        "has more.",
    ),
    "classwise_ece": Metric(
        "calibration error without chance, mean over labels",
        "calibration error of the score of “{}”",
        Unit.SHARE,
        "%",
        "As the calibration error without chance, but of the score of each label against how "
        "often items are annotated with it (Kull et al. 2019), and the mean over labels.",
    ),
    "brier": Metric(
        "Brier score",
        "Brier score ({})",
        Unit.INDEX,
        "0 (best) to 2",
        "Squared distance of the scores of all labels from the annotation, 1 for the annotated "
        "label and 0 for the others, summed over labels (Brier 1950). It is reliability minus "
        "resolution plus uncertainty plus what scores do within bins.",
    ),
    "brier_reliability": Metric(
        "Brier score, reliability",
        "Brier score, reliability ({})",
        Unit.INDEX,
        "smaller is better",
        "How far scores lie from how often they come true, squared, over 15 bins of each label "
        "(Murphy 1973), from products of different people’s answers only, so that chance adds "
        "nothing; it may then fall below zero.",
    ),
    "brier_resolution": Metric(
        "Brier score, resolution",
        "Brier score, resolution ({})",
        Unit.INDEX,
        "larger is better",
        "How much the bins of the scores tell annotations apart, squared (Murphy 1973), from "
        "products of different people’s answers only.",
    ),
    "brier_uncertainty": Metric(
        "Brier score, uncertainty",
        "Brier score, uncertainty ({})",
        Unit.INDEX,
        "of the annotations",
        "What a forecast of how often each label is annotated would score: no merit or fault of "
        "the system.",
    ),
    "brier_within_bins": Metric(
        "Brier score, within bins",
        "Brier score, within bins ({})",
        Unit.INDEX,
        "remainder",
        "What scores do inside their bins, which the other three parts do not see.",
    ),
    "reliability": Metric(
        "accuracy by confidence",
        "accuracy at a confidence of {}",
        Unit.SHARE,
        "% of answers in the bin",
        "Of the answers with a confidence in the bin (its upper end inside), the share whose "
        "label is the annotated one.",
    ),
    "reliability_confidence": Metric(
        "mean confidence by bin",
        "mean confidence within {}",
        Unit.SHARE,
        "%",
        "Mean confidence of the answers in the bin.",
    ),
    "mean_confidence": Metric(
        "mean confidence",
        "mean confidence ({})",
        Unit.SHARE,
        "mean score of the predicted label, %",
        "Mean of the score that the system gives to the label it predicts.",
    ),
    "confident_share": Metric(
        "share of confident answers",
        "answers with a score of at least {}",
        Unit.SHARE,
        "% of answers",
        "Share of answers whose predicted label has at least the score in brackets.",
    ),
    "krippendorff_alpha": Metric(
        "Krippendorff’s alpha",
        "Krippendorff’s alpha ({})",
        Unit.INDEX,
        "agreement beyond chance, −1 to 1",
        "How far the ratings of an item agree, beyond what chance gives (Krippendorff 2011, "
        "nominal): 1 for full agreement, 0 if ratings agree no more than if they were dealt to "
        "the items at random. Each rating counts once.",
    ),
    "fleiss_kappa": Metric(
        "Fleiss’ kappa",
        "Fleiss’ kappa ({})",
        Unit.INDEX,
        "agreement beyond chance, −1 to 1",
        "Like Krippendorff’s alpha, with each item counting once (Fleiss 1971; for unequal "
        "numbers of raters Gwet 2014).",
    ),
    "percent_agreement": Metric(
        "ratings that agree",
        "ratings that agree ({})",
        Unit.SHARE,
        "% of pairs of ratings of an item",
        "Share of the pairs of ratings of an item that are the same, averaged over items.",
    ),
    "human_accuracy": Metric(
        "accuracy of a rater",
        "accuracy of a rater ({})",
        Unit.SHARE,
        "% of items",
        "How often a rater, drawn at random from those of the item, gives the majority label of "
        "the item’s other raters, each tied label counting for an equal part; with “annotated”, "
        "the annotated label. Each item counts once. It is also the least that can be reached "
        "against one more rater: by the majority of the others.",
    ),
    "human_uar": Metric(
        "UAR of a rater",
        "UAR of a rater ({})",
        Unit.SHARE,
        "mean recall, %",
        "As the accuracy of a rater, averaged over the labels with equal weight.",
    ),
    "panel_accuracy": Metric(
        "accuracy of a panel",
        "accuracy of a panel ({})",
        Unit.SHARE,
        "% of items",
        "How often the majority of one half of an item’s raters, drawn at random, gives the "
        "majority label of the other half (of at most 16 ratings); with “annotated”, how often "
        "the majority of all raters gives the annotated label.",
    ),
    "best_possible_accuracy": Metric(
        "best possible accuracy",
        "best possible accuracy ({})",
        Unit.SHARE,
        "% of items",
        "The most that any system can be expected to score. Against the majority label: what one "
        "would score that knew every rating and guessed between tied labels. Against a fresh "
        "rater: the share of the most frequent label, which is on the high side, being the "
        "largest of several shares of few ratings.",
    ),
    "label_noise_in_errors": Metric(
        "label noise in the errors",
        "label noise in the errors ({})",
        Unit.SHARE,
        "% of errors",
        "Of the answers that are not the majority label of one half of the raters, the share "
        "where the other half gives another label than the first. Whole panels disagree less "
        "than halves, so it is at most this.",
    ),
    "cross_entropy": Metric(
        "cross-entropy",
        "cross-entropy ({})",
        Unit.BITS,
        "bits",
        "Mean surprise, in bits, at a rater’s label for one who expects the system’s scores. "
        "Scores below 0.001 count as 0.001. No scores can be lower than the entropy of the "
        "ratings (the best possible).",
    ),
    "human_cross_entropy": Metric(
        "cross-entropy of the other raters",
        "cross-entropy of the other raters ({})",
        Unit.BITS,
        "bits",
        "Mean surprise at a rater’s label for one who expects the shares of the item’s other "
        "raters, with one half added to each count (Krichevsky and Trofimov 1981).",
    ),
    "best_possible_cross_entropy": Metric(
        "best possible cross-entropy",
        "best possible cross-entropy ({})",
        Unit.BITS,
        "bits",
        "Mean entropy of an item’s ratings. It is on the low side: few ratings look more alike "
        "than many.",
    ),
    "jensen_shannon": Metric(
        "Jensen–Shannon divergence",
        "Jensen–Shannon divergence ({})",
        Unit.BITS,
        "bits, 0 to 1",
        "Distance of the system’s scores from the shares of the ratings (Lin 1991): 0 if they "
        "are the same, 1 if they have no label in common.",
    ),
    "human_jensen_shannon": Metric(
        "Jensen–Shannon divergence of a rater",
        "Jensen–Shannon divergence of a rater ({})",
        Unit.BITS,
        "bits, 0 to 1",
        "Distance of one rating from the shares of the item’s other ratings.",
    ),
    "dawid_skene_accuracy": Metric(
        "accuracy of a rater, by the model",
        "accuracy of a rater, by the model ({})",
        Unit.SHARE,
        "% of ratings",
        "Dawid and Skene’s model (1979), with one table of errors for all raters: how often a "
        "rater gives the label that the model takes to be right.",
    ),
    "dawid_skene_share": Metric(
        "how often a label is right, by the model",
        "right label is “{}”, by the model",
        Unit.SHARE,
        "% of items",
        "How often the model of Dawid and Skene takes the label to be the right one.",
    ),
    "dawid_skene_confusion": Metric(
        "what raters say, by the model",
        "right label → rating “{}”",
        Unit.SHARE,
        "% of ratings",
        "How often raters give the second label where the model of Dawid and Skene takes the "
        "first to be right.",
    ),
    "pooled_accuracy": Metric(
        "accuracy, partially pooled",
        "accuracy, partially pooled ({})",
        Unit.SHARE,
        "% of answers",
        "Accuracy of a group that borrows from the other groups of its attribute: a hierarchical "
        "logistic model (main effects of the attributes and a deviation of the group) in which "
        "answers about one person are alike. The fewer people in a group, and the more alike "
        "the groups, the more it is drawn to what the others say.",
    ),
    "pooled_recall": Metric(
        "recall, partially pooled",
        "recall of “{}”, partially pooled",
        Unit.SHARE,
        "% of answers to items so annotated",
        "Recall of a group that borrows from the other groups of its attribute, as the partially "
        "pooled accuracy does.",
    ),
    "group_spread": Metric(
        "spread between groups",
        "spread between groups ({})",
        Unit.INDEX,
        "log-odds",
        "How much groups of an attribute differ, beyond chance and the main effects of the "
        "attributes: the standard deviation of their log-odds in partial pooling. With three or "
        "four groups it is hardly known.",
    ),
    "prohibited_output": Metric(
        "prohibited output",
        "prohibited output ({})",
        Unit.SHARE,
        "% of answers",
        "An output label that names ethnicity, race or religion. It is reported and never "
        "evaluated.",
    ),
    **STRESS_METRICS,
}

_UNKNOWN = Metric("", "", Unit.INDEX, "", "")


def parts(metric: str) -> tuple[str, str]:
    """Return the base name and the argument of a metric.

    Examples
    --------
    >>> parts("recall[anger]"), parts("accuracy")
    (('recall', 'anger'), ('accuracy', ''))
    """
    found = _WITH_ARGUMENT.match(metric)
    return (found[1], found[2]) if found else (metric, "")


def _known(metric: str) -> Metric:
    return _METRICS.get(parts(bare(metric))[0], _UNKNOWN)


def bare(metric: str) -> str:
    """Return the metric that a ratio is of; any other as it is.

    Examples
    --------
    >>> bare("impact ratio of accuracy")
    'accuracy'
    """
    return metric.removeprefix(IMPACT_RATIO_OF).removeprefix(RATIO_OF)


def base_of(metric: str) -> str:
    """Return a metric without its argument: what it is explained under.

    Examples
    --------
    >>> base_of("ratio of recall[anger]")
    'ratio of recall'
    """
    for start in (IMPACT_RATIO_OF, RATIO_OF):
        if metric.startswith(start):
            return start + parts(metric.removeprefix(start))[0]
    return parts(metric)[0]


def unit_of(place: Place) -> Unit:
    """Return the unit of a finding: a comparison of shares is in points.

    Examples
    --------
    >>> unit_of(Place(system="s", dataset="d", family="f", metric="accuracy")).value
    'share'
    """
    if place.metric.startswith((RATIO_OF, IMPACT_RATIO_OF)):
        return Unit.RATIO
    unit = _known(place.metric).unit
    if place.family == "comparison" and place.reference is None:
        return Unit.POINTS
    if place.reference is None:
        return unit
    if place.reference.startswith(NO_GAP_ABOVE):
        return Unit.GAP
    if unit is Unit.INDEX:
        return Unit.INDEX if place.reference == LARGEST_GAP else Unit.INDEX_DIFFERENCE
    return Unit.GAP if place.reference == LARGEST_GAP else Unit.POINTS


def metric_words(metric: str, floor: str = "") -> str:
    """Return a metric in words.

    Parameters
    ----------
    metric
        As in findings.
    floor
        What answers under a condition are held against, where that is known.

    Examples
    --------
    >>> metric_words("recall[anger]"), metric_words("ratio of accuracy")
    ('recall of “anger”', 'ratio of accuracy')
    >>> metric_words("unchanged_below_floor", "asking again")
    'answers changed beyond asking again'
    """
    for start in (RATIO_OF, IMPACT_RATIO_OF):
        if metric.startswith(start):
            return start + metric_words(metric.removeprefix(start))
    base, argument = parts(metric)
    known = _METRICS.get(base)
    if known is None:
        return metric
    if base == "confusion":
        annotated, _, predicted = argument.partition("→")
        return f"annotated as “{annotated}”, predicted “{predicted}”"
    if base in ("accuracy", "uar") and argument == "failures=wrong":
        return f"{known.title}, failures counted as wrong"
    if base == "unchanged_below_floor" and floor:
        return known.title.replace("the floor", floor)
    return known.with_argument.format(argument) if argument else known.title


def axis_words(place: Place) -> str:
    """Return the title of an axis, with its unit."""
    unit = unit_of(place)
    if unit is Unit.SHARE:
        return _known(place.metric).of
    if unit is Unit.GAP:
        return "percentage points between the two groups furthest apart"
    if unit is Unit.POINTS and place.reference is None:
        is_change = _known(place.metric).unit is Unit.POINTS
        return (
            _known(place.metric).of
            if is_change and place.family != "comparison"
            else "percentage points, the first system minus the second"
        )
    if unit is Unit.POINTS:
        return f"percentage points of difference (this minus {place.reference})"
    return metric_words(place.metric)


def definition(base: str) -> tuple[str, str]:
    """Return a metric's title and definition, by its base name."""
    if base.startswith(RATIO_OF):
        return (
            RATIO_OF + metric_words(base.removeprefix(RATIO_OF)),
            "The group's value divided by that of the reference; 1 where they are equal.",
        )
    if base.startswith(IMPACT_RATIO_OF):
        return (
            IMPACT_RATIO_OF + metric_words(base.removeprefix(IMPACT_RATIO_OF)),
            "The lowest value of any group divided by the highest; 1 where all are equal. Below "
            "0.8 it is often read as adverse impact (the four-fifths rule).",
        )
    known = _METRICS.get(base)
    if known is None:
        return base, "Named so by the analysis that made it; facevalue holds no definition of it."
    return known.title, known.definition
