"""A manifest, one row an item, checked from end to end before anything is made of it."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from facevalue.dataset.assemble import VOTES, assemble
from facevalue.dataset.base import Dataset, DatasetSpec
from facevalue.dataset.media import FolderMedia
from facevalue.dataset.table import OURS, RESERVED, Table
from facevalue.errors import InputError
from facevalue.tables.cells import MAX_CHARACTERS, check_text, has_refused
from facevalue.tables.faults import Faults, guess, quoted
from facevalue.tables.rows import Limits, Rows, read_rows

__all__ = ["read_manifest"]

# A count of ratings: a whole number, also where a program has written it with ".0".
_COUNT_PATTERN = r"^\d{1,9}(\.0+)?$"

_LIKELY_SUBJECT = frozenset(
    {"subjects", "subject_id", "person", "person_id", "speaker", "speaker_id", "actor", "actor_id",
     "participant", "participant_id", "user", "user_id"}
)  # fmt: skip


def read_manifest(spec: DatasetSpec, *, base: Path, limits: Limits | None = None) -> Dataset:
    r"""Read the manifest that ``spec`` names.

    Parameters
    ----------
    spec
        What is asked for; ``spec.manifest`` and ``spec.taxonomy`` are set.
    base
        Folder that ``spec.manifest`` and ``spec.root`` are relative to.

    Raises
    ------
    ManifestError
        With every problem at once, each with its row and column.
    InputError
        If the specification itself cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> from facevalue.domain import Taxonomy
    >>> two = Taxonomy("two", ("calm", "anger"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "m.csv").write_text("item,subject,annotated\na,p1,calm\n")
    ...     spec = DatasetSpec(id="mine", manifest="m.csv", taxonomy=two)
    ...     read_manifest(spec, base=Path(folder)).items["annotated"].to_list()
    ['calm']
    """
    if spec.manifest is None or spec.taxonomy is None:
        raise InputError(f"dataset {spec.id!r}: a manifest needs a taxonomy")
    if spec.options:
        listed = ", ".join(quoted(name) for name in spec.options)
        raise InputError(f"dataset {spec.id!r}: a manifest has no options, found {listed}")
    faults = Faults(spec.manifest)
    path = base / spec.manifest
    rows = read_rows(path, faults, limits)
    root = path.parent if spec.root is None else base / spec.root
    table = _table(spec, rows, FolderMedia(root), faults)
    return assemble(spec, table, spec.taxonomy, faults)


def _table(spec: DatasetSpec, rows: Rows, folder: FolderMedia, faults: Faults) -> Table:
    names = _names(spec, faults)
    missing = _missing(spec, rows, names, faults)
    votes = [name for name in rows.frame.columns if name.startswith(VOTES)]
    others, notes = _others(spec, rows, names)
    _check_header([*votes, *others], rows, faults)
    text = rows.frame.select(
        *((pl.lit(None, pl.String) if c in missing else pl.col(names[c])).alias(c) for c in OURS),
        *others,
    )
    check_text(text, {c: names.get(c, c) for c in text.columns}, rows.numbers, faults)
    _check_items(text, rows, names, missing, faults)
    counts = _counts(rows.frame.select(votes), rows, faults)
    has_media = text.get_column("media").null_count() < text.height
    if has_media:
        folder.check(text.get_column("media").to_list(), rows.numbers, names["media"], faults)
    return Table(
        frame=text.with_columns(counts.get_columns()),
        attributes=tuple(others),
        source=folder if has_media else None,
        digests=folder.digests if has_media else None,
        rows=rows.numbers,
        header=rows.header,
        names=names,
        notes=(*rows.notes, *notes, *_subject_notes(rows, missing)),
        subjects_declared="subject" not in missing,
    )


def _names(spec: DatasetSpec, faults: Faults) -> dict[str, str]:
    for ours in spec.columns:
        if ours not in OURS:
            what = (
                f"{quoted(ours)} is none of our columns.{guess(ours, OURS)} Ours: {', '.join(OURS)}"
            )
            faults.add("unknown_column", what, place="columns")
    return {ours: spec.columns.get(ours, ours) for ours in OURS}


def _missing(spec: DatasetSpec, rows: Rows, names: dict[str, str], faults: Faults) -> list[str]:
    """Return which of our columns are absent; a fault for each that has to be there."""
    there = rows.frame.columns
    missing = [ours for ours in OURS if names[ours] not in there]
    has_votes = any(name.startswith(VOTES) for name in there)
    for ours in missing:
        is_needed = ours == "item" or (ours == "annotated" and not has_votes)
        if not is_needed and ours not in spec.columns:
            continue
        instead = f" or rating counts '{VOTES}<label>'" if ours == "annotated" else ""
        free = [name for name in there if name not in names.values()]
        what = f"there is no column {quoted(names[ours])}{instead}.{guess(names[ours], free)}"
        what += f" Say which column it is under columns: {ours}"
        faults.add("missing_column", what, row=rows.header, column=names[ours])
    return missing


def _others(
    spec: DatasetSpec, rows: Rows, names: dict[str, str]
) -> tuple[list[str], tuple[str, ...]]:
    """Return the columns that are attributes or filtered on, and what is said of the rest."""
    others = [
        name
        for name in rows.frame.columns
        if name not in names.values() and not name.startswith(VOTES)
    ]
    taken = [name for name in others if name in RESERVED]
    others = [name for name in others if name not in RESERVED]
    if spec.attributes:
        derived_from = {band.of for band in spec.bands.values()}
        used = {*spec.attributes, *spec.where, *derived_from}
        others = [name for name in others if name in used]
    notes = tuple(f"column {quoted(n)} is left out: the name has a meaning here" for n in taken)
    return others, notes


def _check_header(columns: list[str], rows: Rows, faults: Faults) -> None:
    for name in columns:
        if has_refused(name):
            what = "the name of the column holds a control character"
            faults.add("control_character", what, row=rows.header, column=name)
        if len(name) > MAX_CHARACTERS:
            what = f"the name has {len(name)} characters; at most {MAX_CHARACTERS} are taken"
            faults.add("too_long", what, row=rows.header, column=name)


def _check_items(
    text: pl.DataFrame, rows: Rows, names: dict[str, str], missing: list[str], faults: Faults
) -> None:
    empty = {
        "item": ("empty_item", "every row needs an item id"),
        "subject": ("empty_subject", "no subject; give one in every row or leave the column out"),
    }
    for ours, (code, what) in empty.items():
        if ours not in missing:
            for i in text.get_column(ours).is_null().arg_true():
                faults.add(code, what, row=rows.numbers[i], column=names[ours])
    first: dict[str, int] = {}
    for item, row in zip(text.get_column("item"), rows.numbers, strict=True):
        if item is None:
            continue
        if item in first:
            what = f"item id {quoted(item)} also on row {first[item]}"
            faults.add("duplicate_id", what, row=row)
        else:
            first[item] = row


def _counts(votes: pl.DataFrame, rows: Rows, faults: Faults) -> pl.DataFrame:
    """Return rating counts as whole numbers; null where there is a fault."""
    for name in votes.columns:
        is_count = votes.get_column(name).str.contains(_COUNT_PATTERN).fill_null(value=False)
        for i in (~is_count).arg_true():
            found = votes.get_column(name)[i]
            what = f"found {'nothing' if found is None else quoted(found)}; expected a whole number"
            faults.add("bad_votes", f"{what}, 0 or more", row=rows.numbers[i], column=name)
    counts = votes.select(
        pl.when(pl.col(name).str.contains(_COUNT_PATTERN))
        .then(pl.col(name).str.extract(r"^(\d+)"))
        .cast(pl.Int64)
        .alias(name)
        for name in votes.columns
    )
    if counts.width:
        total = counts.select(pl.sum_horizontal(pl.all(), ignore_nulls=False)).to_series()
        for i in (total == 0).fill_null(value=False).arg_true():
            what = "all rating counts are 0; expected at least one rating"
            faults.add("no_votes", what, row=rows.numbers[i])
    return counts


def _subject_notes(rows: Rows, missing: list[str]) -> tuple[str, ...]:
    likely = [name for name in rows.frame.columns if name.lower() in _LIKELY_SUBJECT]
    if "subject" not in missing or not likely:
        return ()
    named = ", ".join(quoted(name) for name in likely)
    return (f"if {named} says who the person is, name it under columns: subject",)
