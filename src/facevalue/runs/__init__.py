"""Make predictions once, keep them, go on after a crash.

Asks a system for what has no answer yet, keeps every answer on disk before the next batch
is asked for, and hands the answers back as one table. May import `dataset`, `systems`,
`domain` and the layers below; must never measure, judge, print, or look at a label,
subject or group.
"""

from facevalue.runs.budget import Budget
from facevalue.runs.conditions import Condition, open_questions
from facevalue.runs.events import Advanced, Event, Finished, Started
from facevalue.runs.execute import execute
from facevalue.runs.folder import Lock, RunFolder, slug, stress_name
from facevalue.runs.plan import Context, Items, Job, Plan, Subset, plan
from facevalue.runs.store import Store
from facevalue.runs.stress import Terms, stress
from facevalue.runs.tuning import Tuning

__all__ = [
    "Advanced",
    "Budget",
    "Condition",
    "Context",
    "Event",
    "Finished",
    "Items",
    "Job",
    "Lock",
    "Plan",
    "RunFolder",
    "Started",
    "Store",
    "Subset",
    "Terms",
    "Tuning",
    "execute",
    "open_questions",
    "plan",
    "slug",
    "stress",
    "stress_name",
]
