"""What is in a dataset, as plain data: for the command line and the report's data sheet."""

from __future__ import annotations

from dataclasses import asdict
from itertools import combinations, product
from typing import Any

import polars as pl

from facevalue.dataset.base import Dataset

__all__ = ["describe"]

MAX_GROUPS_CROSSED = 12
"""Attributes with more groups than this are not crossed with others."""


def describe(dataset: Dataset) -> dict[str, Any]:
    """Count items and subjects by label, attribute and pair of attributes.

    Returns
    -------
    dict
        Values that JSON can hold: ``n_items``, ``n_subjects`` (`None` where subjects are not
        declared), ``labels`` and ``ratings`` (name and count), ``n_without_label``,
        ``attributes`` and ``intersections`` (with a row for each group, an empty one too),
        ``notes``, ``card`` and the fingerprint.

    Examples
    --------
    >>> from pathlib import Path
    >>> from facevalue.dataset import DatasetSpec, open_dataset
    >>> spec = DatasetSpec(id="blank", name="generated-controls", options={"n_per_kind": 3})
    >>> found = describe(open_dataset(spec, base=Path()))
    >>> found["n_items"], found["attributes"][0]["groups"][0]
    (15, {'group': 'blobs', 'n_items': 3, 'n_subjects': None})
    """
    items = dataset.items
    annotated = items.get_column("annotated")
    counted = [c for c in items.columns if c.startswith(("votes_", "count_"))]
    counted = [c for c in counted if items.schema[c] == pl.Int64]
    groups = {name: _groups(dataset, name) for name in dataset.attributes}
    crossed = [name for name, found in groups.items() if 1 < len(found) <= MAX_GROUPS_CROSSED]
    return {
        "id": dataset.id,
        "sha256": dataset.sha256,
        "taxonomy": {"name": dataset.taxonomy.name, "labels": list(dataset.taxonomy.labels)},
        "n_items": items.height,
        "n_subjects": _n_subjects(dataset, items),
        "n_with_media": items.height - items.get_column("media").null_count(),
        "labels": _labels(dataset),
        "n_without_label": annotated.null_count(),
        "ratings": [
            {"label": c.removeprefix("votes_"), "n_ratings": int(items.get_column(c).sum())}
            for c in counted
        ],
        "attributes": [_attribute(dataset, name, groups[name]) for name in dataset.attributes],
        "intersections": [
            {"attribute": f"{a} × {b}", "groups": _cells(dataset, (a, b), (groups[a], groups[b]))}
            for a, b in combinations(crossed, 2)
        ],
        "notes": list(dataset.notes),
        "card": asdict(dataset.card) if dataset.card is not None else None,
    }


def _n_subjects(dataset: Dataset, items: pl.DataFrame) -> int | None:
    return items.get_column("subject").n_unique() if dataset.subjects_declared else None


def _labels(dataset: Dataset) -> list[dict[str, Any]]:
    counts = dict(dataset.items.get_column("annotated").drop_nulls().value_counts().iter_rows())
    names = [*dataset.taxonomy.labels, *(k for k in counts if k not in dataset.taxonomy)]
    return [{"label": name, "n_items": counts.get(name, 0)} for name in names]


def _groups(dataset: Dataset, name: str) -> list[str]:
    """Return the groups of an attribute: in their declared order, as numbers, or by name."""
    if name in dataset.group_order:
        return list(dataset.group_order[name])
    values = dataset.items.get_column(name).drop_nulls().unique().to_list()
    if all(value.isdecimal() for value in values):
        return sorted(values, key=int)
    return sorted(values)


def _attribute(dataset: Dataset, name: str, groups: list[str]) -> dict[str, Any]:
    return {
        "attribute": name,
        "n_groups": len(groups),
        "n_missing": dataset.items.get_column(name).null_count(),
        "groups": _cells(dataset, (name,), (groups,)),
    }


def _cells(
    dataset: Dataset, names: tuple[str, ...], groups: tuple[list[str], ...]
) -> list[dict[str, Any]]:
    counted = dataset.items.group_by(names).agg(
        pl.len().alias("__items"), pl.col("subject").n_unique().alias("__subjects")
    )
    found = {row[:-2]: row[-2:] for row in counted.iter_rows()}
    cells = []
    for cell in product(*groups):
        n_items, n_subjects = found.get(cell, (0, 0))
        n_declared = n_subjects if dataset.subjects_declared else None
        cells.append({"group": " × ".join(cell), "n_items": n_items, "n_subjects": n_declared})
    return cells
