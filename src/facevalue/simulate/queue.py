"""What flags cost the staff who have to look into them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Queue", "queue_of"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Queue:
    """Review work of a day.

    Parameters
    ----------
    hours
        Hours of work, shape ``(n_draws,)``.
    load
        Work over what the staff can do; above 1 the queue grows without end.
    wait_minutes
        Mean wait of a flagged person before a review begins; NaN where ``load >= 1``, as
        there is no mean then.
    left_over_hours
        Work that is not done by the end of the day.
    """

    hours: FloatArray
    load: FloatArray
    wait_minutes: FloatArray
    left_over_hours: FloatArray


def queue_of(flags: npt.ArrayLike, *, minutes: float, staff: int, hours: float) -> Queue:
    """Return the queue at ``staff`` reviewers with flags arriving evenly over the day.

    The M/M/c queue: arrivals at random, exponential review times, first come, first served.

    Parameters
    ----------
    flags
        Flags a day, shape ``(n_draws,)``.
    minutes
        Mean minutes of a review.
    staff
        Reviewers at a time, at least 1.
    hours
        Hours a day in which flags arrive and staff is there.

    References
    ----------
    Erlang's C formula, e.g. Kleinrock (1975), *Queueing Systems* I, eq. 3.40; Erlang B by its
    recursion, which stays exact for many servers.

    Examples
    --------
    One reviewer at half load waits as long as a review takes:

    >>> queue_of([24.0], minutes=10, staff=1, hours=8).wait_minutes.round(6).tolist()
    [10.0]
    """
    n = np.asarray(flags, dtype=np.float64)
    work = n * minutes / 60
    load = work / (staff * hours)
    busy = work / hours
    blocked = np.ones_like(n)
    for k in range(1, staff + 1):
        blocked = busy * blocked / (k + busy * blocked)
    with np.errstate(divide="ignore", invalid="ignore"):
        waits = blocked / (1 - load * (1 - blocked))
        wait = np.where(load < 1, waits * minutes / (staff * (1 - load)), np.nan)
    return Queue(work, load, wait, np.maximum(0.0, work - staff * hours))
