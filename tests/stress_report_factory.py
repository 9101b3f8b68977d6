"""Inputs for tests of reports under stress: a realistic one, and one of hostile words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from facevalue.audits.findings import Finding, FindingSet
from facevalue.report import ReportInput, StressedCondition, StressSheet
from report_factory import FACES, FER, controls, estimate, finding, small

__all__ = ["conditions", "stressed", "under_stress"]


PARTS = tuple(f"hide-r{row}c{column}" for row in range(1, 5) for column in range(1, 5))


def conditions(*, n_asked: int = 200) -> tuple[StressedCondition, ...]:
    """Return ways of asking of all families: checks, floor, scales, controls and reliance."""
    asked = partial(StressedCondition, n_asked=n_asked)

    def scale(name: str, title: str, heading: str, *severities: int) -> list[StressedCondition]:
        return [
            asked(
                name=f"{name}:{s}", family="robustness", curve=name, severity=s, title=title,
                heading=heading, is_smallest=name == "least-change",
                is_below_scale=name == "least-change",
            )
            for s in severities
        ]  # fmt: skip

    def other(name: str, title: str, family: str, severity: int) -> StressedCondition:
        return asked(
            name=f"{name}:{severity}", family=family, curve=name, severity=severity, title=title,
            heading="parts",
        )  # fmt: skip

    return (
        asked(name="repeat", family="robustness", title="the same media, asked again"),
        asked(name="alone", family="robustness", title="the same media, one at a time"),
        *scale("least-change", "Smallest change", "noise", 1),
        *scale("blur", "Blurred", "blur", 1, 2, 3, 4, 5),
        *scale("jpeg", "JPEG", "compression", 1, 3),
        *scale("mirror", "Mirror image", "geometry", 5),
        other("phase-scramble", "Phases scrambled", "controls", 5),
        other("keep-background", "Background without face", "reliance", 5),
        other("swap-background-same-label", "Another background, same label", "reliance", 3),
        other("swap-background", "Another background", "reliance", 3),
        *(other(name, f"{name[5:]} hidden", "reliance", 1) for name in PARTS),
    )


def under_stress(system: str, dataset: str, *, loses: float = 0.1) -> list[Finding]:
    """Return findings under `conditions`: each step of a scale loses ``loses`` more answers."""
    at = {"system": system, "dataset": dataset}
    one = partial(estimate, n_subjects=100, n_items=200, effect=None)
    found = []
    for i, c in enumerate(conditions()):
        here = {**at, "family": c.family, "condition": c.name}
        if c.family == "controls":
            found += [finding(f.result, **{**here, "metric": f.place.metric})
                      for f in controls(system, dataset)]  # fmt: skip
            continue
        lost = loses * (c.severity or 0) * (0.5 if c.curve == "jpeg" else 1.0)
        if c.curve is None or c.curve == "least-change":
            lost = 0.01
        if c.curve in PARTS:
            lost = 0.05 * PARTS.index(c.curve)
        p = 0.0001 if lost > 0.2 else 0.6
        found += [
            finding(one(1.0 - lost, min(lost, 0.03)), metric="unchanged", **here),
            finding(
                one(lost - 0.01, 0.03, p=p), min(p * 3, 1.0), metric="unchanged_below_floor", **here
            ),
            finding(one(-lost / 2, 0.03, p=p), min(p * 3, 1.0), metric="accuracy_change", **here),
            finding(one(-lost / 4, 0.03, p=p), min(p * 3, 1.0), metric="confidence_change", **here),
            finding(one(0.0, 0.03, p=1.0), 1.0, metric="failure_change", **here),
            finding(one(0.0, 0.0), metric="failure_rate", **here),
        ]
        found += [
            finding(one(sign * lost, 0.05, p=p), min(p * 3, 1.0),
                    metric=f"prediction_rate_change[{label}]", **here)
            for label, sign in (("anger", 1), ("fear", -1))
        ]  # fmt: skip
        if c.family == "reliance":
            found.append(finding(one(0.5 - lost / 2, 0.03), metric="accuracy", **here))
        if c.curve == "blur":
            for group, n in (("female", 43), ("male", 57 - i % 2)):
                told = {**here, "attribute": "sex", "group": group}
                found.append(finding(estimate(0.6, n_subjects=n), metric="unchanged", **told))
            gap = {**here, "family": "disparity", "attribute": "sex", "group": "female − male"}
            found.append(
                finding(
                    one(0.02 * (c.severity or 0), 0.02, p=p), min(p * 3, 1.0),
                    metric="unchanged", reference="largest gap", **gap,
                )
            )  # fmt: skip
    found.append(
        finding(one(1.0 - 2.5 * loses, 0.02), metric="unchanged_area", condition="blur",
                family="robustness", **at)
    )  # fmt: skip
    found.append(
        finding(one(1.0 - loses, 0.02), metric="unchanged_area", condition="jpeg",
                family="robustness", **at)
    )  # fmt: skip
    return found


def stressed(*, systems: Sequence[str] = ("fer", "mine"), **sheet: object) -> ReportInput:
    """Return an audit under stress, of one system or of several side by side."""
    found = [finding(estimate(0.6, n_subjects=100), system="fer", dataset="faces")]
    found += controls("fer", "lfw-subset")
    for i, system in enumerate(systems):
        found += under_stress(system, "faces", loses=0.1 / (i + 1))
    given: dict[str, object] = {
        "dataset": "faces",
        "conditions": conditions(),
        "n_items": 200,
        "floor": "least-change:1",
    }
    faces = replace(FACES, id="faces", n_subjects=100)
    return small(
        findings=FindingSet(tuple(found)),
        verdicts=(),
        datasets=(faces, FACES),
        systems=(FER,),
        stressed=tuple(
            StressSheet(system=s, **(given | sheet))  # type: ignore[arg-type]  # of a known type
            for s in systems
        ),
    )
