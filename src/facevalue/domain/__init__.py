"""Frozen value objects that every other layer speaks in.

May import the standard library, NumPy and the layers below (`errors`,
`canonical`). Must never read a file, open a connection, log, or know about a
data frame.
"""

from facevalue.domain.claims import Claim, Comparison, Criterion, Outcome, Verdict
from facevalue.domain.estimates import Estimate, NotEstimable, Reason
from facevalue.domain.labels import NONE_LABEL, OUTSIDE, LabelMap, Taxonomy, prohibited_labels
from facevalue.domain.predictions import Answer, Failure, FailureKind, Media, Prediction

__all__ = [
    "NONE_LABEL",
    "OUTSIDE",
    "Answer",
    "Claim",
    "Comparison",
    "Criterion",
    "Estimate",
    "Failure",
    "FailureKind",
    "LabelMap",
    "Media",
    "NotEstimable",
    "Outcome",
    "Prediction",
    "Reason",
    "Taxonomy",
    "Verdict",
    "prohibited_labels",
]
