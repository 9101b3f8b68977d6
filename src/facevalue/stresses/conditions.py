"""Conditions: what an audit file asks for, on the media that a dataset has."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
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
from facevalue.audits.spec import ClaimSpec
from facevalue.canonical import digest
from facevalue.dataset import Dataset
from facevalue.declared import parse_yaml
from facevalue.domain import Failure, Media
from facevalue.errors import InputError, Problem
from facevalue.perturb import Perturbation, Role
from facevalue.perturb.landmarks import Landmarks, Placed, can_be_placed
from facevalue.perturb.pairs import PairPerturbation
from facevalue.perturb.partners import choose_partners
from facevalue.perturb.scales import SMALLEST, Scale, is_known, unknown_name
from facevalue.runs import (
    Condition,
)
from facevalue.stresses.landmarks import landmark_faults, landmarks_of

__all__ = ["Planned", "check_stress", "floor_of", "media_kind", "planned"]

FAMILY = {Role.NUISANCE: ROBUSTNESS, Role.CONTROL: CONTROLS, Role.RELIANCE: RELIANCE}
REPEAT = "repeat"
MADE_WITH = {"image": ("numpy", "cv2", "PIL"), "sound": ("numpy", "scipy")}
"""Modules that change media; OpenCV comes in packages of several names."""

RECORDED = ("predictions", "ratings")
"""Adapters of answers that were made elsewhere."""

Kind = Literal["image", "sound"]
_Fault = tuple[tuple[str | int, ...], Problem]
"""Path in the audit file, and what is wrong there."""


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
    """Return what is wrong with the ``stress`` of an audit file, and claims on it, all at once."""
    spec = read.spec.stress
    if spec is None:
        return []
    used = {k: d for k, d in datasets.items() if not spec.datasets or k in spec.datasets}
    kinds = {key: media_kind(dataset) for key, dataset in used.items()}
    faults = list(_cannot_be_asked(read, spec))
    if not faults and used and (spec.perturbations or spec.checks):
        faults += _fits_nothing(spec, kinds)
        faults += [*_not_asked(read, spec, kinds), *_no_labels(read, used)] if not faults else []
    faults += _no_entries(spec)
    if spec.text is not None and used and all(spec.text not in d.attributes for d in used.values()):
        faults += [(("stress", "text"), no_attribute("", spec.text, d)) for d in used.values()]
    pictures = {key: d for key, d in used.items() if kinds[key] == "image"}
    faults += landmark_faults(spec, pictures)
    file = parse_yaml(read.text, str(read.path))
    faults.sort(key=lambda fault: (file.line(fault[0]), [str(part) for part in fault[0]]))
    return [replace(problem, where=file.where(path)) for path, problem in faults]


def _cannot_be_asked(read: ReadAudit, spec: StressSpec) -> Iterator[_Fault]:
    """Tell systems that cannot be given changed media."""
    about = [
        (i, s)
        for i, s in enumerate(read.spec.systems)
        if (not spec.systems or s.name in spec.systems)
    ]
    asked = [(i, s) for i, s in about if s.adapter not in RECORDED]
    if (spec.perturbations or spec.checks) and not asked:
        what = "answers made elsewhere cannot be asked for again; name a system that can be asked"
        yield ("stress",), Problem("bad_value", what)
    elif spec.perturbations or "renamed" in spec.checks:
        for i, s in asked:
            if s.options.get("gives") == "path":
                what = (
                    f"system {s.name!r} is given paths, and changed media have no file; give it "
                    "pixels or png, or leave it out with stress.systems"
                )
                yield ("systems", i, "options", "gives"), Problem("bad_value", what)


def _no_entries(spec: StressSpec) -> Iterator[_Fault]:
    """Tell perturbations that there are not, and severities that they have not."""
    for i, entry in enumerate(spec.entries):
        path = ("stress", "perturbations", i)
        if not is_known(entry.name):
            yield path, Problem("unknown_name", unknown_name(entry.name))
            continue
        has = Scale(entry.name).severities
        missing = ", ".join(str(s) for s in entry.severities if s not in has)
        if missing:
            what = f"{entry.name} has no severity {missing}; it has {', '.join(map(str, has))}"
            yield path, Problem("bad_value", what)


def _fits_nothing(spec: StressSpec, kinds: Mapping[str, Kind | None]) -> Iterator[_Fault]:
    if not any(kinds.values()):
        named = ", ".join(map(repr, kinds))
        what = f"no dataset with media that can be changed; those asked on: {named}"
        yield ("stress",), Problem("no_media", what)
        return
    for i, entry in enumerate(spec.entries):
        if is_known(entry.name) and Scale(entry.name).media not in kinds.values():
            media = Scale(entry.name).media
            what = f"{entry.name} changes {media}s, and no dataset here has any"
            yield ("stress", "perturbations", i), Problem("bad_value", what)


def _under_stress(read: ReadAudit) -> Iterator[tuple[int, ClaimSpec, str]]:
    """Yield claims on what is done to media, with the name of it."""
    for i, claim in enumerate(read.spec.claims):
        if claim.condition is not None and "=" not in claim.condition:
            yield i, claim, claim.condition.partition(":")[0]


def _not_asked(
    read: ReadAudit, spec: StressSpec, kinds: Mapping[str, Kind | None]
) -> Iterator[_Fault]:
    """Tell claims on systems and datasets that are asked nothing, or on media of another kind."""
    pairs = [
        (s.name, d.key)
        for s in read.spec.systems
        for d in read.spec.datasets
        if s.adapter not in RECORDED and d.key in (s.datasets or [d.key])
        if spec.is_about(s.name, d.key)
    ]
    if not pairs:
        yield (
            ("stress",),
            Problem("bad_value", "none of its systems is asked about any of its datasets"),
        )
        return
    asks = f"it asks {', '.join(f'{system!r} on {dataset!r}' for system, dataset in pairs)}"
    for i, claim, name in _under_stress(read):
        about = [system for system, dataset in pairs if claim.dataset in (None, dataset)]
        on = "" if claim.dataset is None else f" on {claim.dataset!r}"
        for j, system in enumerate(claim.systems):
            if system not in about:
                what = f"stress does not ask {system!r}{on}; {asks}"
                yield ("claims", i, "systems", j), Problem("bad_value", what)
        if not about and not claim.systems:
            yield ("claims", i, "dataset"), Problem("bad_value", f"stress asks nothing{on}; {asks}")
        if claim.dataset is not None and claim.dataset in kinds:
            for what in _other_media(name, claim.dataset, kinds[claim.dataset]):
                yield ("claims", i, "condition"), Problem("bad_value", what)


def _other_media(name: str, dataset: str, kind: Kind | None) -> Iterator[str]:
    if kind is None:
        yield f"{dataset!r} has no media that can be changed"
    elif name not in CHECKS and Scale(name).media != kind:
        yield f"{name} changes {Scale(name).media}s, and {dataset!r} has {kind}s"


def _no_labels(read: ReadAudit, used: Mapping[str, Dataset]) -> Iterator[_Fault]:
    """Tell labels that no dataset under stress has; of a dataset that is named others tell it."""
    stress = read.spec.stress
    declared = (stress and stress.datasets) or [entry.key for entry in read.spec.datasets]
    if not set(declared) <= set(used):
        return  # one that is not here may have it
    known = list(dict.fromkeys(x for d in used.values() for x in d.taxonomy.labels))
    for i, claim, _ in _under_stress(read):
        kind, _, label = (claim.metric or "").removesuffix("]").partition("[")
        if kind.startswith("prediction_rate") and claim.dataset is None and label not in known:
            has = ", ".join(map(repr, known))
            what = f"{claim.metric}: {label!r} is in no taxonomy here. There are: {has}"
            yield ("claims", i, "metric"), Problem("unknown_label", what)


def planned(spec: StressSpec, dataset: Dataset, seed: int) -> list[Planned]:
    """Return the conditions that fit a dataset, in the order of the audit file; checks first."""
    kind = media_kind(dataset)
    if kind is None:
        return []
    points = landmarks_of(spec, dataset) if spec.landmarks and kind == "image" else None
    found = [_check(name, seed) for name in CHECKS if name in spec.checks]
    for entry in spec.entries:
        one = Scale(entry.name).found
        if one.media != kind:
            continue
        if isinstance(one, PairPerturbation):
            found.append(_pair(one, dataset, seed))
        else:
            found += [_step(one, s, seed, points) for s in entry.severities or one.severities]
    return found


def _step(
    one: Perturbation, severity: int, seed: int, points: Mapping[str, Landmarks] | None
) -> Planned:
    applied = one.at(severity, seed=seed)
    is_placed = points is not None and can_be_placed(applied)
    placed = Placed(applied=applied, landmarks=points or {})

    def change(media: Media, _: Media | None) -> Media | Failure:
        return placed.apply(media) if is_placed else applied.apply(media)

    identity = placed.identity if is_placed else applied.identity
    identity = {**identity, "made_with": _versions(one.media)}
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
    least = [n for n in sorted(names) if n.partition(":")[0] in SMALLEST]
    again = [n for n in names if n == REPEAT]
    return next(iter([*least, *again] if is_deterministic else [*again, *least]), None)
