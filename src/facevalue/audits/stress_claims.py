"""Which figures there are under stress, so that a claim of an audit file names no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from facevalue.audits.stress_spec import CHECKS, StressSpec
from facevalue.perturb import Role
from facevalue.perturb.pairs import PAIRS
from facevalue.perturb.scales import Scale, is_known, unknown_name

__all__ = ["never_measured", "no_condition"]

OF_CONTROLS = ("answer_rate", "mean_confidence", "confident_share[0.9]", "prediction_rate[label]")
OF_CHANGES = (
    "unchanged", "unchanged_below_floor", "accuracy", "uar", "failure_rate", "abstention_rate",
    "accuracy_change", "confidence_change", "failure_change", "prediction_rate_change[label]",
)  # fmt: skip
OF_GROUPS = ("unchanged", "accuracy_change")
AREA, FLOOR, REPEAT = "unchanged_area", "unchanged_below_floor", "repeat"
LEAST = {"image": "least-change", "sound": "least-change-sound"}
SHOWN = 10


def no_condition(given: str) -> str:
    """Say why a condition that names no group is nothing done to media either; empty if it is."""
    name, colon, severity = given.partition(":")
    if name not in CHECKS and not is_known(name):
        neither = f"{given!r} is neither attribute=group, as modality=face, nor done under stress"
        return f"{neither}: {unknown_name(name)}"
    if name in CHECKS or not colon or re.fullmatch("[1-5]", severity):
        return ""
    return f"{given!r}: a severity is a number from 1 to 5, as {name}:{Scale(name).steps[0]}"


def never_measured(
    stress: StressSpec | None, condition: str, metric: str, *, is_of_groups: bool
) -> Iterator[tuple[str, str]]:
    """Yield the key of a claim that names what is never measured under stress, and why."""
    name, _, severity = condition.partition(":")
    kind = "checks" if name in CHECKS else "perturbations"
    if stress is None:
        yield "condition", f"nothing is asked under stress; add stress: {{{kind}: [{name}]}}"
        return
    asked = {e.name: tuple(e.severities) for e in stress.entries}
    asked |= dict.fromkeys(stress.checks, ())
    if name not in asked:
        does = ", ".join(map(repr, [*asked][:SHOWN])) + (", …" if len(asked) > SHOWN else "")
        what = f"{condition!r} is none of what stress does: {does}; add {name} to stress.{kind}"
        yield "condition", what
        return
    scale = None if name in CHECKS else Scale(name, asked[name])
    if metric == AREA:
        why = _no_area(name, severity, scale)
    elif scale is not None:
        why = scale.lacks(severity)
    else:
        why = f"{name} has no severities; write condition: {name}" if condition != name else ""
    if why:
        yield "condition", why
    elif metric not in ("", AREA):
        yield from (("metric", w) for w in _lacks(name, scale, stress, metric, is_of_groups))


def _no_area(name: str, severity: str, scale: Scale | None) -> str:
    if scale is None or scale.role is not Role.NUISANCE:
        return f"{AREA} is of perturbations that should change nothing, and {name} is none"
    if len(scale.steps) < 2:
        only = f"{name}:{scale.steps[0]}"
        return f"{AREA} needs two severities, and stress asks {only} only; claim unchanged of it"
    return f"{AREA} is over all severities; write condition: {name}" if severity else ""


def _lacks(
    name: str, scale: Scale | None, stress: StressSpec, metric: str, is_of_groups: bool
) -> Iterator[str]:
    role = Role.NUISANCE if scale is None else scale.role
    all_told: Sequence[str] = OF_CONTROLS if role is Role.CONTROL else OF_CHANGES
    told = [x for x in all_told if x != "uar" or name not in PAIRS]
    if metric.partition("[")[0] not in {x.partition("[")[0] for x in told}:
        why = ", a control, which has no right answer" if role is Role.CONTROL else ""
        yield f"there is no {metric} under {name}{why}; there are {', '.join(told)}"
    elif is_of_groups and not stress.groups:
        yield "groups are not compared under stress where stress.groups is false"
    elif is_of_groups and not (metric in OF_GROUPS and role is Role.NUISANCE):
        yield (
            f"groups are not compared by {metric} under {name}, but by {' and '.join(OF_GROUPS)} "
            "under what should change nothing"
        )
    elif metric == FLOOR and REPEAT not in stress.checks:
        fits = [n for m, n in LEAST.items() if scale is None or scale.media == m]
        if not {entry.name for entry in stress.entries} & set(fits) - {name}:
            more = "" if name in fits else f", or {fits[0]} to stress.perturbations"
            yield f"nothing is asked to hold {name} against; add {REPEAT} to stress.checks{more}"
    elif metric == FLOOR and name == REPEAT:
        yield f"{REPEAT} is what others are held against; claim unchanged of it"
