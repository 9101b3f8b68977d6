"""Conditions: what an audit file asks for, on the media that a dataset has."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from facevalue.audits import (
    CHECKS,
    CONTROLS,
    RELIANCE,
    ROBUSTNESS,
    ReadAudit,
    StressSpec,
    no_attribute,
)
from facevalue.canonical import digest
from facevalue.dataset import Dataset
from facevalue.domain import Failure, Media
from facevalue.errors import InputError, Problem, UnknownNameError
from facevalue.perturb import PERTURBATIONS, Perturbation, Role
from facevalue.perturb.pairs import PAIRS, PairPerturbation
from facevalue.perturb.partners import choose_partners
from facevalue.runs import (
    Condition,
)

__all__ = ["Planned", "check_stress", "floor_of", "media_kind", "planned"]

FAMILY = {Role.NUISANCE: ROBUSTNESS, Role.CONTROL: CONTROLS, Role.RELIANCE: RELIANCE}
FLOORS = ("least-change", "least-change-sound")
REPEAT = "repeat"
MADE_WITH = {"image": ("numpy", "cv2", "PIL"), "sound": ("numpy", "scipy")}
"""Modules that change media; OpenCV comes in packages of several names."""

RECORDED = ("predictions", "ratings")
"""Adapters of answers that were made elsewhere."""

Kind = Literal["image", "sound"]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One condition: what is asked, and how its answers are read."""

    condition: Condition
    family: str
    curve: str | None = None
    severity: int | None = None


def media_kind(dataset: Dataset) -> Kind | None:
    """Return what the items of a dataset are; `None` without media that can be read."""
    if not dataset.has_media:
        return None
    for item in dataset.items["item"].to_list():
        (media,) = dataset.media([item])
        if isinstance(media, Media):
            if media.image is not None:
                return "image"
            return None if media.sound is None else "sound"
    return None


def check_stress(read: ReadAudit, datasets: Mapping[str, Dataset]) -> list[Problem]:
    """Return what is wrong with the ``stress`` of an audit file, all at once."""
    spec = read.spec.stress
    if spec is None:
        return []
    problems = _cannot_be_asked(read, spec)
    for i, entry in enumerate(spec.entries):
        where = f"stress.perturbations[{i}]"
        try:
            found = _named(entry.name)
        except UnknownNameError as error:
            # There are more than a message should list.
            guess = str(error).partition(" Known:")[0]
            what = f"{guess} All of them: facevalue perturbations list"
            problems.append(Problem("unknown_name", what, where))
            continue
        missing = [s for s in entry.severities if s not in _severities(found)]
        if missing:
            has = ", ".join(map(str, _severities(found)))
            what = f"{entry.name} has no severity {', '.join(map(str, missing))}; it has {has}"
            problems.append(Problem("bad_value", what, where))
    used = {k: d for k, d in datasets.items() if not spec.datasets or k in spec.datasets}
    if not problems and used and spec.perturbations:
        problems += _fits_nothing(spec, used)
    if spec.text is not None and used:
        lacking = [no_attribute("stress.text", spec.text, d) for d in used.values()
                   if spec.text not in d.attributes]  # fmt: skip
        problems += lacking if len(lacking) == len(used) else []
    return problems


def _cannot_be_asked(read: ReadAudit, spec: StressSpec) -> list[Problem]:
    """Tell systems that cannot be given changed media."""
    about = [
        (i, s)
        for i, s in enumerate(read.spec.systems)
        if (not spec.systems or s.name in spec.systems)
    ]
    asked = [(i, s) for i, s in about if s.adapter not in RECORDED]
    if (spec.perturbations or spec.checks) and not asked:
        what = "answers made elsewhere cannot be asked for again; name a system that can be asked"
        return [Problem("bad_value", what, "stress")]
    if not spec.perturbations and "renamed" not in spec.checks:
        return []
    return [
        Problem(
            "bad_value",
            f"system {s.name!r} is given paths, and changed media have no file; give it pixels or "
            "png, or leave it out with stress.systems",
            f"systems[{i}].options.gives",
        )
        for i, s in asked
        if s.options.get("gives") == "path"
    ]


def _fits_nothing(spec: StressSpec, used: Mapping[str, Dataset]) -> list[Problem]:
    kinds = {media_kind(d) for d in used.values()} - {None}
    if not kinds:
        named = ", ".join(repr(k) for k in used) or "none"
        what = f"no dataset with media that can be changed; those asked on: {named}"
        return [Problem("no_media", what, "stress")]
    return [
        Problem(
            "bad_value",
            f"{entry.name} changes {_named(entry.name).media}s, and no dataset here has any",
            f"stress.perturbations[{i}]",
        )
        for i, entry in enumerate(spec.entries)
        if _named(entry.name).media not in kinds
    ]


def _named(name: str) -> Perturbation | PairPerturbation:
    if name in PAIRS:
        return PAIRS[name]
    if name not in PERTURBATIONS:
        raise UnknownNameError("perturbation", name, sorted({*PERTURBATIONS, *PAIRS}))
    return PERTURBATIONS[name]


def _severities(found: Perturbation | PairPerturbation) -> tuple[int, ...]:
    return (found.severity,) if isinstance(found, PairPerturbation) else found.severities


def planned(spec: StressSpec, dataset: Dataset, seed: int) -> list[Planned]:
    """Return the conditions that fit a dataset, in the order of the audit file; checks first."""
    kind = media_kind(dataset)
    if kind is None:
        return []
    found = [_check(name, seed) for name in CHECKS if name in spec.checks]
    for entry in spec.entries:
        one = _named(entry.name)
        if one.media != kind:
            continue
        if isinstance(one, PairPerturbation):
            found.append(_pair(one, dataset, seed))
        else:
            found += [_step(one, s, seed) for s in entry.severities or one.severities]
    return found


def _step(one: Perturbation, severity: int, seed: int) -> Planned:
    applied = one.at(severity, seed=seed)

    def change(media: Media, _: Media | None) -> Media | Failure:
        return applied.apply(media)

    identity = {**applied.identity, "made_with": _versions(one.media)}
    condition = Condition(name=applied.condition, identity=identity, change=change)
    return Planned(
        condition=condition, family=FAMILY[one.role], curve=one.name, severity=severity
    )  # fmt: skip


def _pair(one: PairPerturbation, dataset: Dataset, seed: int) -> Planned:
    applied = one.with_seed(seed)
    items = dataset.items
    partners = choose_partners(
        items["item"].to_list(), items["annotated"].to_list(), items["subject"].to_list(),
        seed=seed, label=one.partner,
    )  # fmt: skip

    def change(media: Media, other: Media | None) -> Media | Failure:
        if other is None:
            raise InputError(f"{one.name}: item {media.item!r} has no partner")
        return applied.apply(media, other)

    identity = {**applied.identity, "made_with": _versions(one.media)}
    condition = Condition(
        name=applied.condition, identity=identity, change=change, partners=partners
    )
    return Planned(condition=condition, family=RELIANCE, curve=one.name, severity=one.severity)


def _versions(kind: Kind) -> dict[str, str]:
    """Return the versions of what changes media: another one may round otherwise."""
    found = {}
    for name in MADE_WITH[kind]:
        try:
            found[name] = str(importlib.import_module(name).__version__)
        except ImportError:
            continue  # a change that needs it says so when it is made
    return found


def _check(name: str, seed: int) -> Planned:
    identity: dict[str, object] = {"check": name, "version": 1}
    if name == "shuffled":
        identity["seed"] = seed
    condition = Condition(
        name=name,
        identity=identity,
        change=_renamed if name == "renamed" else None,
        batch_size=1 if name == "alone" else None,
        order_seed=seed if name == "shuffled" else None,
    )
    return Planned(condition=condition, family=ROBUSTNESS)


def _renamed(media: Media, _: Media | None) -> Media:
    name = digest(["renamed", media.sha256])
    return replace(media, item=name[:16], sha256=name, path=None)


def floor_of(names: Iterable[str], *, is_deterministic: bool) -> str | None:
    """Return the smallest change: of a system that draws its answers, asking it again.

    Parameters
    ----------
    names
        Of all conditions.
    is_deterministic
        Whether the system declares that it answers the same media alike.

    Examples
    --------
    >>> asked = ["repeat", "least-change:1", "mirror:5"]
    >>> floor_of(asked, is_deterministic=True), floor_of(asked, is_deterministic=False)
    ('least-change:1', 'repeat')
    """
    least = [n for n in sorted(names) if n.partition(":")[0] in FLOORS]
    again = [n for n in names if n == REPEAT]
    return next(iter([*least, *again] if is_deterministic else [*again, *least]), None)
