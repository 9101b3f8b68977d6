"""Changes to media that should not change the answer, or that leave nothing to answer.

Media in, media out: parameter dataclasses on one calibrated scale of severity. May import
`domain` and what lies below; knows no dataset, no system and no statistic.
"""

from facevalue.perturb.base import SEVERITIES, Applied, Perturbation, Role
from facevalue.perturb.names import PERTURBATIONS

__all__ = ["PERTURBATIONS", "SEVERITIES", "Applied", "Perturbation", "Role"]
