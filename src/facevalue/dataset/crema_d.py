"""CREMA-D: what 2,443 raters called 7,442 clips of 91 actors, by voice, face and both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from facevalue.dataset.base import Card, FileCard
from facevalue.dataset.fetch import located
from facevalue.dataset.table import NamedDataset, Table
from facevalue.domain.labels import TAXONOMIES

__all__ = ["CREMA_D"]

_ADDRESS = "https://raw.githubusercontent.com/CheyneyComputerScience/CREMA-D/master"

_CARD = Card(
    name="crema-d",
    title="CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset, perceptual ratings",
    licence="ODbL 1.0, contents DbCL 1.0",
    citation=(
        "Cao, H., Cooper, D. G., Keutmann, M. K., Gur, R. C., Nenkova, A. & Verma, R. (2014). "
        "CREMA-D: Crowd-sourced Emotional Multimodal Actors Dataset. IEEE Transactions on "
        "Affective Computing 5(4), 377–390. doi:10.1109/TAFFC.2014.2336244"
    ),
    url="https://github.com/CheyneyComputerScience/CREMA-D",
    version="tabulatedVotes.csv and VideoDemographics.csv as published",
    files=(
        FileCard(
            name="tabulatedVotes.csv",
            sha256="774d9d759cb5caf2542758a39eca8c0f1d2777f9987ff5d5adf8066d192f377b",
            url=f"{_ADDRESS}/processedResults/tabulatedVotes.csv",
            size=4_057_953,
        ),
        FileCard(
            name="VideoDemographics.csv",
            sha256="e33ddc8b60bedf98541735801127cbb67098b5957271adbdd5dea8a44294eec3",
            url=f"{_ADDRESS}/VideoDemographics.csv",
            size=4_033,
        ),
    ),
    about=(
        "One item is one clip in one modality: the voice alone, the face alone, or both. The "
        "annotated label is the emotion the actor was asked to show; the ratings are what the "
        "raters took it for, one of six. The clips themselves are not part of it."
    ),
    population=(
        "91 actors (48 men, 43 women, 20 to 74 years old) who each spoke twelve sentences on "
        "request, mostly in six emotions. Age, sex, race and ethnicity are as the authors "
        "recorded them. Raters were recruited on the web."
    ),
    warnings=(
        "CREMA-D is acted: how well raters or systems recognise an emotion that an actor was "
        "asked to show says nothing of what people feel.",
    ),
)

_LETTERS = {
    "A": "anger", "D": "disgust", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness",
}  # fmt: skip
_CODES = {
    "ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happiness", "NEU": "neutral",
    "SAD": "sadness",
}  # fmt: skip
_MODALITIES = {"1": "voice", "2": "face", "3": "both"}
_TRAITS = ("sex", "race", "ethnicity", "age")


def _read(_: Mapping[str, Any]) -> Table:
    folder = located(_CARD)
    votes = _votes(folder / "tabulatedVotes.csv")
    actors = pl.read_csv(folder / "VideoDemographics.csv", infer_schema=False).select(
        subject="ActorID",
        sex=pl.col("Sex").str.to_lowercase(),
        race="Race",
        ethnicity="Ethnicity",
        age="Age",
    )
    frame = votes.join(actors, on="subject", how="left", maintain_order="left")
    return Table(frame=frame, attributes=("modality", "sentence", "level", *_TRAITS))


def _votes(path: Path) -> pl.DataFrame:
    # The first column has no name; its hundred-thousands digit is the modality.
    raw = pl.read_csv(path, columns=list(range(8)), infer_schema=False)
    number, clip = pl.col(raw.columns[0]), pl.col("fileName")
    part = clip.str.split("_").list
    modality = number.str.slice(0, 1).replace_strict(_MODALITIES)
    return raw.select(
        item=pl.concat_str(clip, modality, separator="/"),
        subject=part.get(0),
        annotated=part.get(2).replace_strict(_CODES),
        media=pl.lit(None, pl.String),
        modality=modality,
        sentence=part.get(1),
        level=part.get(3),
        **{f"votes_{label}": pl.col(c).cast(pl.Int64) for c, label in _LETTERS.items()},
    )


CREMA_D = NamedDataset(
    card=_CARD, taxonomy=TAXONOMIES["crema-d"], read=_read, locate=lambda: located(_CARD)
)
