"""How much may be asked: questions, calls or seconds, for endpoints that cost money or time."""

from __future__ import annotations

__all__ = ["Budget"]


class Budget:
    """A limit on asking, and the count of what was asked under it.

    One budget may be handed from run to run: what one has used up is not there for the next.
    Asking stops after the batch that reaches a limit; a batch is made smaller so that
    ``items`` is never exceeded.

    Parameters
    ----------
    items
        Most questions that are put to a system: one an item, and under stress one an item
        and condition. A question that is put again, because its batch failed, counts again.
    seconds
        Longest time that asking may take, decoding and changing media included; checked
        before each batch.
    calls
        Most calls of ``predict``. What an adapter repeats by itself, as that for endpoints
        does after a status 429, is within one call.

    Raises
    ------
    ValueError
        If a limit is not above zero.

    Examples
    --------
    >>> budget = Budget(items=100)
    >>> budget.want(250)
    >>> budget.count(items=100, seconds=8.5)
    >>> budget.settle(100)
    >>> budget.is_spent
    True
    >>> budget.sentence
    'The budget of 100 questions is spent: 100 of 250 open questions were asked, 150 were not.'
    """

    def __init__(
        self, *, items: int | None = None, seconds: float | None = None, calls: int | None = None
    ) -> None:
        for name, limit in (("items", items), ("seconds", seconds), ("calls", calls)):
            if limit is not None and not limit > 0:
                raise ValueError(f"a budget of {limit} {name} is none, expected more than 0")
        self.items = items
        self.seconds = seconds
        self.calls = calls
        self.n_items = 0
        """Questions put to systems so far."""
        self.n_calls = 0
        """Calls of ``predict`` so far."""
        self.seconds_used = 0.0
        """Time that asking took so far."""
        self.n_open = 0
        """Questions that had no lasting answer when their run began."""
        self.n_settled = 0
        """Those of them that have got one, failures included."""
        self.is_closed = False
        """Whether what is left does not last for another item."""

    def want(self, n_open: int) -> None:
        """Note that a run begins with so many open questions."""
        self.n_open += n_open

    def count(self, *, items: int = 0, calls: int = 1, seconds: float = 0.0) -> None:
        """Note what was used up."""
        self.n_items += items
        self.n_calls += calls
        self.seconds_used += seconds

    def close(self) -> None:
        """Ask no more: what is left does not last for another item under all conditions."""
        self.is_closed = True

    def settle(self, n_jobs: int) -> None:
        """Note that so many open questions have a result."""
        self.n_settled += n_jobs

    @property
    def items_left(self) -> int | None:
        """How many questions may still be put; `None` where they are not limited."""
        return None if self.items is None else max(0, self.items - self.n_items)

    @property
    def is_spent(self) -> bool:
        """Whether a limit is reached."""
        return (
            self.is_closed
            or self.items_left == 0
            or (self.calls is not None and self.n_calls >= self.calls)
            or (self.seconds is not None and self.seconds_used >= self.seconds)
        )

    @property
    def limits(self) -> str:
        """What it limits, in words: ``500 questions or 60 seconds``."""
        told = ((self.items, "questions"), (self.calls, "calls"), (self.seconds, "seconds"))
        return " or ".join(f"{limit:,} {what}" for limit, what in told if limit is not None)

    @property
    def sentence(self) -> str:
        """What was left out, for the report; empty if nothing was."""
        n_left = self.n_open - self.n_settled
        if not self.is_spent or n_left <= 0:
            return ""
        return (
            f"The budget of {self.limits} is spent: {self.n_settled:,} of {self.n_open:,} "
            f"open questions were asked, {n_left:,} were not."
        )
