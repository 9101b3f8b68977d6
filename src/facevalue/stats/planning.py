"""How many more people an inconclusive claim would need."""

from __future__ import annotations

import math

from facevalue.domain.estimates import Estimate

__all__ = ["MOST_SUBJECTS", "further_subjects"]

MOST_SUBJECTS = 1_000_000
"""Past this many the answer is "no realistic number"."""


def further_subjects(found: Estimate, bound: float) -> int | None:
    """Return about how many more subjects would settle on which side of ``bound`` we are.

    The half-width of an interval shrinks with the square root of the number of subjects.
    If the estimate stayed where it is, the nearer end would clear the bound once the
    half-width towards it is shorter than the distance:
    ``n · (half-width / distance)²`` subjects in all, with the same items a person and the
    same mix of groups. It is a rule for planning, not a promise: the estimate will move.

    Returns
    -------
    At least 1, or `None` if the estimate lies on the bound or more than a million would be
    needed.

    Examples
    --------
    >>> e = Estimate(value=0.6, low=0.5, high=0.7, level=0.95, method="m",
    ...              n_items=100, n_answers=100, n_subjects=25)
    >>> further_subjects(e, 0.55)   # half-width 0.10, distance 0.05: four times the people
    75
    """
    distance = abs(found.value - bound)
    half_width = (found.value - found.low) if bound < found.value else (found.high - found.value)
    if distance <= 1e-12:
        return None
    needed = found.n_subjects * (half_width / distance) ** 2
    if needed > MOST_SUBJECTS:
        return None
    # Floating error must not turn an exact multiple into one more person.
    return max(1, math.ceil(round(needed, 6)) - found.n_subjects)
