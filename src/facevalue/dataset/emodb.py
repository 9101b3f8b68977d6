"""EmoDB as redistributed in clips of two seconds: good for trying out, not for publishing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from facevalue.dataset.base import Card, FileCard
from facevalue.dataset.fetch import located
from facevalue.dataset.media import FolderMedia
from facevalue.dataset.table import NamedDataset, Table
from facevalue.domain.labels import TAXONOMIES

__all__ = ["EMODB_2S"]

_CARD = Card(
    name="emodb-2s",
    title="Berlin database of emotional speech, cut or padded to two seconds",
    licence="CC0 1.0",
    citation=(
        "Burkhardt, F., Paeschke, A., Rolfes, M., Sendlmeier, W. & Weiss, B. (2005). A Database "
        "of German Emotional Speech. Interspeech 2005"
    ),
    url="https://doi.org/10.21437/Interspeech.2005-446",
    version="redistribution at 16 kHz, mono, FLAC",
    files=(
        FileCard(
            name="items.csv",
            sha256="9cfbb0a5d70570ed282b2d49ad7e6a161bc17661bb91761c4e66fc292cf939fa",
            size=25_247,
        ),
        # A folder: the digest of the sorted list of its files' names and digests.
        FileCard(
            name="flac",
            sha256="45d46fd16e4f664aa21e47442101b86aa68a17adab6cced4f7c066885abfa678",
            size=21_667_516,
        ),
    ),
    about=(
        "One item is one spoken sentence. The annotated label is the emotion the speaker was "
        "asked to show, kept where listeners agreed with it."
    ),
    population=(
        "Ten actors (five women, five men, 21 to 35 years old) who spoke ten German sentences in "
        "seven emotions. Of 816 recordings, the 535 that listeners recognised best were published."
    ),
    warnings=(
        "Not the original audio: in emodb-2s every clip was cut or zero-padded to 2 s (71 % of "
        "the speech survives; 93 % of disgust clips are cut, 51 % of fear clips). Good for "
        "running a speech audit end to end and as a case of bad data preparation; never publish "
        "it as EmoDB accuracy.",
    ),
)


def _read(_: Mapping[str, Any]) -> Table:
    folder = located(_CARD)
    frame = pl.read_csv(folder / "items.csv", infer_schema=False).select(
        item=pl.col("file").str.strip_suffix(".flac"),
        subject="speaker",
        annotated="emotion",
        media=pl.concat_str(pl.lit("flac/"), "file"),
        sex="sex",
        age="age",
        text="text",
    )
    media = FolderMedia(folder)
    return Table(
        frame=frame, attributes=("sex", "age", "text"), source=media, digests=media.digests
    )


EMODB_2S = NamedDataset(
    card=_CARD, taxonomy=TAXONOMIES["emodb"], read=_read, locate=lambda: located(_CARD)
)
