"""Stress: from what an audit file says to conditions, from conditions to answers and findings.

Stands between `runs`, which asks, `perturb`, which changes media, and `audits`, which measures;
none of them knows the others.
"""

from facevalue.stresses.asking import Asking, Kept, stress_of
from facevalue.stresses.conditions import Planned, check_stress, floor_of, media_kind, planned
from facevalue.stresses.findings import findings_of_stress, partner_codes
from facevalue.stresses.pictures import keep_pictures

__all__ = [
    "Asking",
    "Kept",
    "Planned",
    "check_stress",
    "findings_of_stress",
    "floor_of",
    "keep_pictures",
    "media_kind",
    "partner_codes",
    "planned",
    "stress_of",
]
