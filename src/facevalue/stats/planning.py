"""How many more people an inconclusive claim would need."""

from __future__ import annotations

import math

from scipy.special import betainc

from facevalue.domain.estimates import Estimate

__all__ = ["MOST_SUBJECTS", "further_subjects"]

MOST_SUBJECTS = 1_000_000
"""Past this many the answer is "no realistic number"."""


def further_subjects(found: Estimate, bound: float) -> int | None:
    """Return about how many more subjects would settle on which side of ``bound`` we are.

    The number of subjects at which the interval would end on the bound, if the estimate
    stayed where it is, with the same items a person and the same mix of groups. A share is
    taken as one of independent trials, as many as have an exact binomial interval with that
    end; subjects are needed in proportion to trials. So it holds near 0 and 1, where an
    interval does not shrink with the root of their number. That of a comparison does:
    ``n · (half-width / distance)²``.

    What it promises is an even chance: if the true value is the estimate, an audit of so many
    is as likely to settle the claim as not. `facevalue power` plans for a better one.

    Returns
    -------
    At least 1, or `None` if the estimate lies on the bound or more than a million would be
    needed.

    References
    ----------
    Clopper and Pearson (1934), *Biometrika* 26; of an effective number of trials, Korn and
    Graubard (1998), *Survey Methodology* 24(2).

    Examples
    --------
    >>> e = Estimate(value=0.6, low=0.5, high=0.7, level=0.95, method="m",
    ...              n_items=100, n_answers=100, n_subjects=25)
    >>> further_subjects(e, 0.55)   # of 105.4 trials it ends on 0.5, of 397.7 on 0.55
    70
    """
    distance = abs(found.value - bound)
    if distance <= 1e-12:
        return None
    end = found.low if bound < found.value else found.high
    is_share = found.p_value is None and found.low >= 0.0 and found.high <= 1.0
    if is_share and 0.0 < end < 1.0:  # a p-value is what comparisons have
        needed = _trials(found.value, bound, found.level) / _trials(found.value, end, found.level)
    else:
        needed = ((end - found.value) / distance) ** 2
    needed *= found.n_subjects
    if needed > MOST_SUBJECTS:
        return None
    # Floating error must not turn an exact multiple into one more person.
    return max(1, math.ceil(round(needed, 6)) - found.n_subjects)


def _trials(p: float, end: float, level: float) -> float:
    """Return how many trials, of which a share ``p`` are hits, have an interval to ``end``."""
    if end < p:
        p, end = 1.0 - p, 1.0 - max(end, 0.0)
    few, many = 1e-6, 1e14
    for _ in range(80):
        n = math.sqrt(few * many)
        is_short = betainc(p * n + 1.0, (1.0 - p) * n, min(end, 1.0)) >= 0.5 + level / 2
        few, many = (few, n) if is_short else (n, many)
    return many
