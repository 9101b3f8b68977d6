"""FER+: ten crowd raters' labels for each of the 35,887 web images of FER-2013."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from facevalue.dataset.base import Card, FileCard
from facevalue.dataset.fetch import located
from facevalue.dataset.table import NamedDataset, Table
from facevalue.domain.labels import TAXONOMIES

__all__ = ["FERPLUS", "majority"]

_CARD = Card(
    name="ferplus",
    title="FER+: crowd-sourced emotion labels for FER-2013",
    licence="MIT",
    citation=(
        "Barsoum, E., Zhang, C., Canton Ferrer, C. & Zhang, Z. (2016). Training Deep Networks "
        "for Facial Expression Recognition with Crowd-Sourced Label Distribution. ICMI 2016. "
        "arXiv:1608.01041"
    ),
    url="https://github.com/microsoft/FERPlus",
    version="fer2013new.csv as published",
    files=(
        FileCard(
            name="fer2013new.csv",
            sha256="9206e20d62f56475939f516847d61753e4860caeac9718b560129541b776fc2c",
            url="https://raw.githubusercontent.com/microsoft/FERPlus/master/fer2013new.csv",
            size=1_602_762,
        ),
    ),
    about=(
        "One item is one image of FER-2013, by the ratings that ten people gave it; the images "
        "are not part of it. Raters chose one of eight emotions, 'unknown' or 'not a face'. The "
        "annotated label is the authors' 'majority': labels that a single rater chose are set "
        "aside, and the label with more than half of the ratings that remain (unknown and not a "
        "face among them) is taken, if it is an emotion. Else there is no annotated label."
    ),
    population=(
        "Faces found by web search; who they are, and how many of them are one person, is not "
        "known. Raters were ten crowd workers for each picture."
    ),
    warnings=(
        "FER+ does not say who is in the pictures: several items of one person cannot be allowed "
        "for, and no group can be compared.",
    ),
)

_OTHERS = {"unknown": "count_unknown", "NF": "count_not_a_face"}


def majority(labels: tuple[str, ...]) -> pl.Expr:
    """Return the authors' 'majority' label, null where there is none.

    References
    ----------
    Barsoum et al. (2016), ``src/ferplus.py``, ``_process_data`` in mode ``majority``.
    """
    columns = [*(f"votes_{label}" for label in labels), *_OTHERS.values()]
    without_single = {c: pl.when(pl.col(c) > 1).then(pl.col(c)).otherwise(0) for c in columns}
    total = pl.sum_horizontal(*without_single.values())
    return pl.coalesce(
        pl.when(2 * without_single[f"votes_{label}"] > total).then(pl.lit(label))
        for label in labels
    )


def _read(_: Mapping[str, Any]) -> Table:
    raw = pl.read_csv(located(_CARD) / "fer2013new.csv", infer_schema=False)
    labels = FERPLUS.taxonomy.labels
    # Images that nobody took for a face have no name, and a few that of an earlier one; their
    # line in the file names them.
    line = pl.concat_str(pl.lit("row-"), pl.int_range(2, pl.len() + 2).cast(pl.String))
    name = pl.col("Image name").str.strip_suffix(".png").fill_null("")
    is_twice = (name != "") & ~name.is_first_distinct()
    frame = raw.select(
        item=pl.when((name == "") | is_twice).then(line).otherwise(name),
        subject=pl.lit(None, pl.String),
        media=pl.lit(None, pl.String),
        usage="Usage",
        **{f"votes_{label}": pl.col(label).cast(pl.Int64) for label in labels},
        **{ours: pl.col(theirs).cast(pl.Int64) for theirs, ours in _OTHERS.items()},
    ).with_columns(annotated=majority(labels))
    twice = int(raw.select(is_twice.sum()).item())
    unnamed = int(frame.get_column("item").str.starts_with("row-").sum()) - twice
    no_vote = int((frame.select(pl.sum_horizontal(pl.col("^votes_.*$"))).to_series() == 0).sum())
    notes = (
        f"{unnamed} images without a name are called by their line in the file",
        f"{twice} images have the name of an earlier one and are called by their line, too",
        f"{no_vote} images have no rating for an emotion, only for unknown or not a face",
        "an item without an annotated label is one without a majority, as the authors count it",
    )
    return Table(frame=frame, attributes=("usage",), notes=notes, subjects_declared=False)


FERPLUS = NamedDataset(
    card=_CARD, taxonomy=TAXONOMIES["ferplus"], read=_read, locate=lambda: located(_CARD)
)
