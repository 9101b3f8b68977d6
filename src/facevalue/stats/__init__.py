"""Pure statistics: arrays in, `Estimate` or `NotEstimable` out.

May import NumPy, SciPy and the layers below. Must never read a file, know a data
frame, log, print or draw a random number that was not handed to it.
"""

from facevalue.stats.agreement import fleiss_kappa, krippendorff_alpha, percent_agreement
from facevalue.stats.brier import BRIER_PARTS, ScoreTally, brier_score
from facevalue.stats.calibration import (
    ConfidenceTally,
    calibration_error,
    overconfidence,
)
from facevalue.stats.ceiling import (
    ExpectedScore,
    Halves,
    best_possible,
    half_panels,
    majority_shares,
    panel_score,
    rater_score,
    system_score,
)
from facevalue.stats.compare import (
    against_zero,
    deviations_between,
    difference,
    paired_difference,
    ratio,
)
from facevalue.stats.discrimination import confidence_auroc
from facevalue.stats.gaps import LargestGap, largest_gap
from facevalue.stats.jackknife import (
    CAUTION,
    MIN_SUBJECTS,
    IntervalSpec,
    Replicates,
    estimate,
    interval,
    mean_of,
    refuse,
    replicate,
    replicate_parts,
)
from facevalue.stats.metrics import Metric, Scale, cell_share, metric_named
from facevalue.stats.miscalibration import (
    debiased_calibration_error,
    expected_calibration_error,
)
from facevalue.stats.multiplicity import Deviations, benjamini_hochberg, holm, max_t
from facevalue.stats.permutation import Scores, permuted_gaps, scores_of
from facevalue.stats.planning import further_subjects
from facevalue.stats.pooling import MIN_GROUPS, Pooling, partial_pooling
from facevalue.stats.rater_model import DawidSkene, SharedErrors, dawid_skene, shared_errors
from facevalue.stats.ratings import RatingTally
from facevalue.stats.shared_people import mean_over_pairs
from facevalue.stats.skill import (
    Reference,
    advantage,
    expected_random,
    majority,
    reference_score,
    shuffled_counts,
    shuffled_items,
)
from facevalue.stats.soft_labels import (
    cross_entropy,
    jensen_shannon,
    rater_cross_entropy,
    rater_jensen_shannon,
    rating_entropy,
)
from facevalue.stats.stability import area_weights, at_looks, change_within, level_of_look
from facevalue.stats.tally import Tally, coded

__all__ = [
    "BRIER_PARTS",
    "CAUTION",
    "MIN_GROUPS",
    "MIN_SUBJECTS",
    "ConfidenceTally",
    "DawidSkene",
    "Deviations",
    "ExpectedScore",
    "Halves",
    "IntervalSpec",
    "LargestGap",
    "Metric",
    "Pooling",
    "RatingTally",
    "Reference",
    "Replicates",
    "Scale",
    "ScoreTally",
    "Scores",
    "SharedErrors",
    "Tally",
    "advantage",
    "against_zero",
    "area_weights",
    "at_looks",
    "benjamini_hochberg",
    "best_possible",
    "brier_score",
    "calibration_error",
    "cell_share",
    "change_within",
    "coded",
    "confidence_auroc",
    "cross_entropy",
    "dawid_skene",
    "debiased_calibration_error",
    "deviations_between",
    "difference",
    "estimate",
    "expected_calibration_error",
    "expected_random",
    "fleiss_kappa",
    "further_subjects",
    "half_panels",
    "holm",
    "interval",
    "jensen_shannon",
    "krippendorff_alpha",
    "largest_gap",
    "level_of_look",
    "majority",
    "majority_shares",
    "max_t",
    "mean_of",
    "mean_over_pairs",
    "metric_named",
    "overconfidence",
    "paired_difference",
    "panel_score",
    "partial_pooling",
    "percent_agreement",
    "permuted_gaps",
    "rater_cross_entropy",
    "rater_jensen_shannon",
    "rater_score",
    "rating_entropy",
    "ratio",
    "reference_score",
    "refuse",
    "replicate",
    "replicate_parts",
    "scores_of",
    "shared_errors",
    "shuffled_counts",
    "shuffled_items",
    "system_score",
]
