"""What a run tells about its progress. The library prints nothing; the caller draws."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Advanced", "Event", "Finished", "Started"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The first event: how much there is to do.

    Parameters
    ----------
    system
        Name of the system in the audit.
    n_items
        Items of the dataset.
    n_jobs
        Questions they come to; items with equal media share one.
    n_done_before
        Jobs that were answered in an earlier run and are not asked again.
    n_retried
        Jobs that will be asked again because the system could not be reached, or gave no
        answer in time, when they were last asked.
    """

    system: str
    n_items: int
    n_jobs: int
    n_done_before: int
    n_retried: int
    n_conditions: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """Further ``n_jobs`` answers are on disk; ``n_failed`` of them are failures."""

    n_jobs: int
    n_failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The last event: every job has an answer, or the budget is spent.

    Parameters
    ----------
    n_jobs
        Jobs answered in this run.
    n_failed
        Those of them that are failures.
    seconds
        Time this run took.
    n_left
        Jobs that were not asked, because the budget was spent.
    """

    n_jobs: int
    n_failed: int
    seconds: float
    n_left: int = 0


Event = Started | Advanced | Finished
