"""Landmarks of faces that a manifest gives, read for the places that `facevalue.perturb` hides."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from facevalue.audits import StressSpec
from facevalue.dataset import Dataset
from facevalue.errors import Problem
from facevalue.perturb import PERTURBATIONS
from facevalue.perturb.landmarks import Landmarks, can_be_placed, problem_of

__all__ = ["landmark_faults", "landmarks_of"]

MAX_NAMED = 5
PATH = ("stress", "landmarks")


def landmarks_of(spec: StressSpec, dataset: Dataset) -> dict[str, Landmarks]:
    """Return the landmarks of each item that has any.

    Raises
    ------
    ValueError
        If what a manifest gives is no number; see `landmark_faults`.
    """
    columns = sorted({name for pair in spec.landmarks.values() for name in pair})
    rows = dataset.items.select("item", *columns).iter_rows(named=True)
    found = {row["item"]: _of_row(spec, row) for row in rows}
    return {item: points for item, points in found.items() if points}


def _of_row(spec: StressSpec, row: Mapping[str, str | None]) -> Landmarks:
    points = {}
    for name, (across, down) in spec.landmarks.items():
        x, y = row[across], row[down]
        if x is not None and y is not None:
            points[str(name)] = (float(x), float(y))
    return points


def landmark_faults(
    spec: StressSpec, datasets: Mapping[str, Dataset]
) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    """Yield what is wrong with ``stress.landmarks``, with its path in the audit file.

    Parameters
    ----------
    spec
        What the audit file says under ``stress``.
    datasets
        Those of pictures that are put under stress.
    """
    if not spec.landmarks:
        return
    known = [e.name for e in spec.entries if e.name in PERTURBATIONS]
    scales = [PERTURBATIONS[name] for name in known]
    if not any(can_be_placed(p.at(p.severities[0], seed=0)) for p in scales):
        what = "landmarks place parts of a face, and none is asked about: add hide-eyes, hide-mouth"
        yield PATH, Problem("bad_value", f"{what} or keep-face to stress.perturbations")
    used = [c for pair in spec.landmarks.values() for c in pair]
    columns = dict.fromkeys(used)
    for column in columns:
        if used.count(column) > 1:
            yield PATH, Problem("bad_value", f"column {column!r} stands for two things")
    for key, dataset in datasets.items():
        lacks = [c for c in columns if c not in dataset.attributes]
        if lacks:
            named = ", ".join(map(repr, lacks))
            what = f"dataset {key!r} has no column {named}; give it there, or leave the dataset "
            yield PATH, Problem("unknown_column", f"{what}out with stress.datasets")
            continue
        if not landmarks_there(spec, dataset):
            yield PATH, Problem("bad_value", f"dataset {key!r}: no item has landmarks")
            continue
        told = [(item, why) for item, why in _unplaced(spec, dataset) if why]
        for item, why in told[:MAX_NAMED]:
            yield PATH, Problem("bad_value", f"dataset {key!r}, item {item!r}: {why}")
        if len(told) > MAX_NAMED:
            what = f"dataset {key!r}: and {len(told) - MAX_NAMED:,} more like these"
            yield PATH, Problem("bad_value", what)


def landmarks_there(spec: StressSpec, dataset: Dataset) -> bool:
    """Whether any item has a value in any column of the landmarks."""
    columns = {name for pair in spec.landmarks.values() for name in pair}
    return any(dataset.items[c].drop_nulls().len() for c in columns)


def _unplaced(spec: StressSpec, dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Yield every item with what is wrong with its landmarks."""
    columns = sorted({name for pair in spec.landmarks.values() for name in pair})
    of_picture: dict[str, Landmarks] = {}
    for row in dataset.items.select("item", "sha256", *columns).iter_rows(named=True):
        item = row["item"]
        strange = [c for c in columns if row[c] is not None and not _is_number(row[c])]
        if strange:
            yield item, f"{strange[0]} is {row[strange[0]]!r}, expected pixels, as 31.5"
            continue
        half = [n for n, (a, b) in spec.landmarks.items() if (row[a] is None) != (row[b] is None)]
        if half:
            yield item, f"{half[0]} has one coordinate of two"
            continue
        points = _of_row(spec, row)
        yield item, problem_of(points) if points else ""
        if of_picture.setdefault(row["sha256"], points) != points:
            yield item, "another item has the same picture and other landmarks"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
