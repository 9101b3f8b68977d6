"""How many items a system is best asked for at once, found while it is asked.

Every answer that is got while the size is being found is kept: the first batches of a run
are the measurement. Nothing here is done unless the audit asks for it, since a system that
is sensitive to the size of its batches would then answer by the speed of the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from facevalue.systems.base import SystemSpec

__all__ = ["MAX_BATCH", "MAX_BATCH_BYTES", "BatchSize", "Tuning", "tuning_for"]

BatchSize = int | Literal["auto"] | None
"""A number, the best that is found, or (`None`) what the system says it prefers."""

MAX_BATCH = 256
MAX_BATCH_BYTES = 64 << 20
"""No size is tried whose media are likely to take more than this."""
MIN_GAIN = 1.10
N_TRIALS = 3
"""Batches of each size; the fastest counts, so that a slow first call does not decide."""


class Tuning:
    """Doubles the batch from 1 while the rate grows by more than a tenth, up to 256.

    Examples
    --------
    >>> tuning = Tuning()
    >>> while not tuning.is_settled:  # a call takes 10 ms and 1 ms an item, but not beyond 8
    ...     seconds = 0.010 + 0.001 * tuning.size + 0.010 * max(0, tuning.size - 8)
    ...     tuning.tell(tuning.size, seconds)
    >>> tuning.size
    8
    """

    def __init__(self) -> None:
        self.size = 1
        """How many items to ask for next."""
        self.is_settled = False
        """Whether the size will stay."""
        self._best_rate = 0.0
        self._rate = 0.0
        self._n_trials = 0

    def tell(self, n_items: int, seconds: float, n_bytes: int = 0) -> None:
        """Take note of one batch; one of another size, as the last of a run, tells nothing.

        Parameters
        ----------
        n_items
            Items of the batch.
        seconds
            Time that the system took.
        n_bytes
            Memory of the batch's media.
        """
        if self.is_settled or n_items != self.size:
            return
        self._rate = max(self._rate, n_items / seconds if seconds > 0 else float("inf"))
        self._n_trials += 1
        if self._n_trials < N_TRIALS:
            return
        if self._rate <= MIN_GAIN * self._best_rate:
            self.size //= 2
            self.is_settled = True
        elif 2 * self.size > MAX_BATCH or 2 * n_bytes > MAX_BATCH_BYTES:
            self.is_settled = True
        else:
            self.size, self._best_rate = 2 * self.size, self._rate
            self._rate, self._n_trials = 0.0, 0


def tuning_for(spec: SystemSpec, batch_size: BatchSize) -> Tuning | None:
    """Return a tuning if ``batch_size`` asks for one and the system allows it.

    Endpoints keep the size that they are given: each may bill by call, and how many
    requests are under way at once is theirs to say.

    Examples
    --------
    >>> from facevalue.systems.base import SystemSpec
    >>> spec = SystemSpec(name="paid", adapter="http", labels=None, identity={}, media="image")
    >>> tuning_for(spec, "auto") is None
    True
    """
    return Tuning() if batch_size == "auto" and spec.adapter != "http" else None
