"""From a reader's table to the `Dataset` that the audit asked for.

The same for manifests and named datasets: labels are mapped, bands derived, items filtered,
and the result is given its fingerprint. All faults are found before anything is applied.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from facevalue.canonical import canonical_json, digest, digest_bytes
from facevalue.dataset.base import Bands, Card, Dataset, DatasetSpec
from facevalue.dataset.table import OURS, RESERVED, Table
from facevalue.domain import NONE_LABEL, OUTSIDE, LabelMap, Taxonomy
from facevalue.tables.faults import Faults, guess, listing, quoted

__all__ = ["assemble"]

VOTES = "votes_"
COUNT = "count_"
FINGERPRINT_VERSION = 1


def assemble(
    spec: DatasetSpec, table: Table, taxonomy: Taxonomy, faults: Faults, card: Card | None = None
) -> Dataset:
    """Apply labels, bands and filters of ``spec`` to ``table``.

    Parameters
    ----------
    faults
        What the reader found already; reported together with what is found here.

    Raises
    ------
    ManifestError
        With every fault of the table and of what is asked of it.
    """
    asked = _Asked(spec, table, LabelMap(taxonomy, dict(spec.label_map)))
    _check_labels(asked, faults)
    _check_attributes(asked, faults)
    _check_bands(asked, faults)
    _check_where(asked, faults)
    faults.raise_if_any()
    frame, vote_notes = _with_labels(asked)
    frame = _with_bands(asked, frame)
    frame = _filtered(asked, frame)
    outside = frame.get_column("annotated") == OUTSIDE
    n_outside = int(outside.sum())
    frame = frame.filter(~outside.fill_null(value=False))
    if not frame.height:
        faults.add("nothing_left", "no item is left after 'where' and the label map", place="where")
        faults.raise_if_any()
    attributes = asked.kept
    frame, sha256 = _fingerprinted(table, frame, attributes, taxonomy)
    notes = [*table.notes, *vote_notes, *_notes(frame, table, n_outside)]
    return Dataset(
        id=spec.id,
        items=frame,
        taxonomy=taxonomy,
        attributes=attributes,
        sha256=sha256,
        card=card,
        notes=(*(card.warnings if card else ()), *notes),
        subjects_declared=table.subjects_declared,
        group_order={name: band.labels for name, band in spec.bands.items() if name in attributes},
        source=table.source,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of which table."""

    spec: DatasetSpec
    table: Table
    labels: LabelMap

    @property
    def frame(self) -> pl.DataFrame:
        return self.table.frame

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of text that are not ours: what can be an attribute or be filtered on."""
        text = (n for n, t in self.frame.schema.items() if t == pl.String)
        return tuple(name for name in text if name not in RESERVED)

    @property
    def votes(self) -> tuple[str, ...]:
        return tuple(name for name in self.frame.columns if name.startswith(VOTES))

    @property
    def kept(self) -> tuple[str, ...]:
        chosen = self.spec.attributes or self.table.attributes
        return tuple(dict.fromkeys((*chosen, *self.spec.bands)))

    def theirs(self, column: str) -> str:
        return self.table.names.get(column, column)

    def ours(self, column: str) -> str:
        """Return our name of a column that the user may know by theirs."""
        inverse = {theirs: ours for ours, theirs in self.table.names.items()}
        return inverse.get(column, column)

    def row(self, index: int) -> int | None:
        return self.table.rows[index] if self.table.rows is not None else None


# --- faults ---------------------------------------------------------------------------------


def _check_labels(asked: _Asked, faults: Faults) -> None:
    labels, name = asked.labels, asked.labels.target.name
    known = [*labels.target.labels, *labels.entries]
    for target in labels.bad_targets():
        what = (
            f"{quoted(target)} is not in taxonomy {name}; expected one of its labels or 'outside'."
        )
        hint = guess(target, labels.target.labels)
        sources = sorted(source for source, t in labels.entries.items() if t == target)
        for source in sources:
            faults.add("unknown_map_target", what + hint, place=f"labels, {quoted(source)}")
    annotated = asked.frame.get_column("annotated")
    counts = Counter(annotated.drop_nulls().to_list())
    for label in labels.unmapped(counts):
        first = (annotated == label).arg_true()[0]
        extent = f" (in {counts[label]:,} rows)" if counts[label] > 1 else ""
        what = f"{quoted(label)} is not in taxonomy {name}{extent}.{guess(label, known)}"
        hint = " Map it under labels, if need be to 'outside'"
        row, column = asked.row(first), asked.theirs("annotated")
        faults.add("unknown_label", what + hint, row=row, column=column)
    for column in asked.votes:
        label = column.removeprefix(VOTES)
        for missing in labels.unmapped([label]):
            what = f"{quoted(missing)} is not in taxonomy {name}.{guess(missing, known)}"
            hint = " Map it under labels, if need be to 'outside'"
            row = asked.table.header
            faults.add("unknown_label", what + hint, row=row, column=column)


def _check_attributes(asked: _Asked, faults: Faults) -> None:
    known = (*asked.columns, *asked.spec.bands)
    for name in asked.spec.attributes:
        if name not in known:
            _unknown_column(faults, name, known, place="attributes")


def _unknown_column(faults: Faults, name: str, known: Iterable[str], *, place: str) -> None:
    there = list(dict.fromkeys(known))
    what = f"there is no column {quoted(name)}.{guess(name, there)} There are: {listing(there)}"
    faults.add("unknown_column", what, place=place)


def _check_bands(asked: _Asked, faults: Faults) -> None:
    for name, band in asked.spec.bands.items():
        place = f"bands.{name}"
        if name in asked.frame.columns or name in RESERVED:
            faults.add("duplicate_column", "a column of this name is there already", place=place)
        if band.of not in asked.columns:
            _unknown_column(faults, band.of, asked.columns, place=place)
            continue
        for i, text in enumerate(asked.frame.get_column(band.of)):
            if text is not None and _finite(text) is None:
                what = f"{quoted(text)} is not a number, which {place} needs"
                faults.add("not_a_number", what, row=asked.row(i), column=band.of)


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _check_where(asked: _Asked, faults: Faults) -> None:
    ours = [name for name in OURS if name != "media"]
    known = [*asked.columns, *asked.spec.bands, *(asked.theirs(name) for name in ours)]
    for name, wanted in asked.spec.where.items():
        column = asked.ours(name)
        if column not in (*asked.columns, *asked.spec.bands, *ours):
            _unknown_column(faults, name, known, place=f"where.{name}")
            continue
        there = _values(asked, column)
        for value in wanted:
            if value in there:
                continue
            what = f"no item has {quoted(value)}.{guess(value, there)}"
            what += f" Values there: {listing(there)}"
            faults.add("unknown_value", what, place=f"where.{name}")


def _values(asked: _Asked, column: str) -> list[str]:
    if column in asked.spec.bands and column not in asked.columns:
        return list(asked.spec.bands[column].labels)
    values = asked.frame.get_column(column).drop_nulls().unique().to_list()
    if column == "annotated":
        known = asked.labels
        values = [known[v] for v in values if not known.unmapped([v])]
    return sorted(set(values))


# --- applying -------------------------------------------------------------------------------


def _with_labels(asked: _Asked) -> tuple[pl.DataFrame, list[str]]:
    """Rename annotated labels and rating counts into the taxonomy of the audit."""
    frame, labels = asked.frame, asked.labels
    present = frame.get_column("annotated").drop_nulls().unique().to_list()
    renamed = {label: labels[label] for label in present}
    annotated = pl.col("annotated").replace_strict(renamed, return_dtype=pl.String)
    sources: dict[str, list[str]] = {}
    for column in asked.votes:
        sources.setdefault(labels[column.removeprefix(VOTES)], []).append(column)
    order = [*labels.target.labels, NONE_LABEL, OUTSIDE]
    targets = sorted(sources, key=order.index)
    counts = [
        pl.sum_horizontal(sources[target]).cast(pl.Int64).alias(f"{VOTES}{target}")
        for target in targets
    ]
    frame = frame.select(
        "item", "subject", annotated, "media", *counts, pl.exclude(*OURS, *asked.votes)
    )
    if OUTSIDE not in sources:
        return frame, []
    n_votes = int(frame.get_column(f"{VOTES}{OUTSIDE}").sum())
    words = ", ".join(quoted(c.removeprefix(VOTES)) for c in sources[OUTSIDE])
    return frame, [f"{n_votes:,} rating(s) are outside the taxonomy ({words})"]


def _with_bands(asked: _Asked, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.Series(name, _banded(frame.get_column(band.of), band), dtype=pl.String)
        for name, band in asked.spec.bands.items()
    )


def _banded(column: pl.Series, band: Bands) -> list[str | None]:
    names = band.labels
    numbers = (None if text is None else float(text) for text in column)
    return [None if n is None else names[bisect_right(band.edges, n)] for n in numbers]


def _filtered(asked: _Asked, frame: pl.DataFrame) -> pl.DataFrame:
    for name, wanted in asked.spec.where.items():
        frame = frame.filter(pl.col(asked.ours(name)).is_in(list(wanted)))
    return frame


def _fingerprinted(
    table: Table, frame: pl.DataFrame, attributes: Sequence[str], taxonomy: Taxonomy
) -> tuple[pl.DataFrame, str]:
    """Add ``sha256`` and return the frame with the fingerprint of the whole.

    Where media lie is no part of it, what they hold is. Attributes are sorted by name, so
    that the order of columns in the file makes no difference; the order of rows does.
    """
    counts = [name for name in frame.columns if name.startswith((VOTES, COUNT))]
    counts = [name for name in counts if frame.schema[name] == pl.Int64]
    columns = ["item", "subject", "annotated", *counts, *sorted(attributes)]
    rows = [
        digest_bytes(canonical_json(list(row)).encode("utf-8"))
        for row in frame.select(columns).iter_rows()
    ]
    media: list[str | None] = [None] * frame.height
    if table.digests is not None:
        media = table.digests(frame.get_column("media").to_list())
    fingerprint = {
        "v": FINGERPRINT_VERSION,
        "taxonomy": list(taxonomy.labels),
        "columns": columns,
        "rows": rows,
        "media": media if table.digests is not None else None,
        "subjects_declared": table.subjects_declared,
    }
    sha256 = pl.Series("sha256", [m or r for m, r in zip(media, rows, strict=True)], pl.String)
    frame = frame.with_columns(sha256)
    order = ["item", "subject", "annotated", "media", "sha256", *counts, *attributes]
    return frame.select(order), digest(fingerprint)


def _notes(frame: pl.DataFrame, table: Table, n_outside: int) -> list[str]:
    notes = []
    if n_outside:
        notes.append(f"{n_outside:,} item(s) annotated outside the taxonomy are left out")
    n_null = frame.get_column("annotated").null_count()
    if n_null == frame.height:
        notes.append("no item has an annotated label: correctness cannot be measured against one")
    elif n_null:
        notes.append(f"{n_null:,} of {frame.height:,} items have no annotated label")
    n_bare = frame.get_column("media").null_count()
    if table.source is not None and n_bare:
        notes.append(f"{n_bare:,} of {frame.height:,} items have no media")
    if not table.subjects_declared:
        notes.append("there is no subject id: each item is taken as its own subject")
    return notes
