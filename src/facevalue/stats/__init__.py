"""Pure statistics: arrays in, `Estimate` or `NotEstimable` out.

May import NumPy, SciPy and the layers below. Must never read a file, know a data
frame, log, print or draw a random number that was not handed to it.
"""

from facevalue.stats.calibration import ConfidenceTally, expected_calibration_error
from facevalue.stats.compare import LargestGap, difference, largest_gap, permuted_gaps, ratio
from facevalue.stats.jackknife import (
    MIN_SUBJECTS,
    IntervalSpec,
    Replicates,
    estimate,
    interval,
    mean_of,
    refuse,
    replicate,
)
from facevalue.stats.metrics import Metric, Scale, cell_share, metric_named
from facevalue.stats.multiplicity import holm
from facevalue.stats.planning import further_subjects
from facevalue.stats.skill import advantage, expected_random, majority, shuffled_values
from facevalue.stats.tally import Tally, coded

__all__ = [
    "MIN_SUBJECTS",
    "ConfidenceTally",
    "IntervalSpec",
    "LargestGap",
    "Metric",
    "Replicates",
    "Scale",
    "Tally",
    "advantage",
    "cell_share",
    "coded",
    "difference",
    "estimate",
    "expected_calibration_error",
    "expected_random",
    "further_subjects",
    "holm",
    "interval",
    "largest_gap",
    "majority",
    "mean_of",
    "metric_named",
    "permuted_gaps",
    "ratio",
    "refuse",
    "replicate",
    "shuffled_values",
]
