"""The named datasets, on the real bytes."""

from __future__ import annotations

import hashlib
import importlib.machinery
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from facevalue.dataset import Bands, Dataset, DatasetSpec, card, named_datasets, open_dataset
from facevalue.dataset.controls import control_image
from facevalue.dataset.ferplus import majority
from facevalue.domain import Media, Taxonomy
from facevalue.errors import (
    DataUnavailableError,
    InputError,
    ManifestError,
    MissingExtraError,
)
from support import require, require_data

NAMES = [
    "crema-d",
    "emodb-2s",
    "ferplus",
    "generated-control-sounds",
    "generated-controls",
    "lfw-subset",
]


def opened(name: str, **asked: Any) -> Dataset:
    return open_dataset(DatasetSpec(id="here", name=name, **asked), base=Path())


def pictures(dataset: Dataset) -> list[np.ndarray]:
    found = dataset.media(dataset.items["item"].to_list())
    return [m.image for m in found if isinstance(m, Media) and m.image is not None]


def test_every_card_says_what_a_reader_has_to_know() -> None:
    assert [c.name for c in named_datasets()] == NAMES
    for name in NAMES:
        found = card(name)
        assert all((found.title, found.licence, found.citation, found.version, found.about))
        assert found.population
        assert all(len(file.sha256) == 64 and file.size > 0 for file in found.files)


def test_crema_d_counts_of_the_paper() -> None:
    require_data("crema-d")
    started = time.perf_counter()
    found = opened("crema-d")
    assert time.perf_counter() - started < 1.0
    items = found.items
    # 7,442 clips in three modalities.
    assert items.height == 3 * 7_442
    assert items["subject"].n_unique() == 91
    assert items["item"][0] == "1001_IEO_NEU_XX/voice"
    assert items["annotated"].null_count() == 0
    assert found.attributes == (
        "modality", "sentence", "level", "sex", "race", "ethnicity", "age",
    )  # fmt: skip
    assert sorted(items["sex"].unique()) == ["female", "male"]
    people = items.unique("subject")
    assert people["sex"].value_counts().sort("sex").rows() == [("female", 43), ("male", 48)]
    assert (people["age"].cast(int).min(), people["age"].cast(int).max()) == (20, 74)
    assert found.notes == card("crema-d").warnings
    assert not found.has_media


def test_crema_d_pooled_recognition() -> None:
    require_data("crema-d")
    items = opened("crema-d").items
    votes = [c for c in items.columns if c.startswith("votes_")]
    intended = pl.sum_horizontal(
        pl.when(pl.col("annotated") == c.removeprefix("votes_")).then(pl.col(c)).otherwise(0)
        for c in votes
    )
    pooled = items.group_by("modality").agg(
        (intended.sum() / pl.sum_horizontal(votes).sum()).alias("share")
    )
    share = dict(pooled.iter_rows())
    assert share["voice"] == pytest.approx(0.4000, abs=5e-4)
    assert share["face"] == pytest.approx(0.5744, abs=5e-4)
    assert share["both"] == pytest.approx(0.6307, abs=5e-4)


def test_crema_d_by_what_is_asked() -> None:
    require_data("crema-d")
    found = opened(
        "crema-d",
        attributes=("sex",),
        bands={"age_band": Bands(of="age", edges=(30, 45, 60))},
        where={"modality": ("voice",), "race": ("Asian",)},
    )
    assert found.attributes == ("sex", "age_band")
    assert found.items["subject"].n_unique() == 7
    assert set(found.items["item"].str.extract(r"/(\w+)$")) == {"voice"}
    with pytest.raises(ManifestError) as caught:
        opened("crema-d", where={"modality": ("vioce",)}, columns={"item": "clip"}, root="x")
    assert str(caught.value) == (
        "dataset crema-d: 2 problem(s)\n"
        "  columns: this is for manifests; a named dataset has its own [not_for_named]\n"
        "  root: this is for manifests; a named dataset has its own [not_for_named]"
    )
    with pytest.raises(ManifestError) as caught:
        opened("crema-d", where={"modality": ("vioce",)}, taxonomy=Taxonomy("one", ("anger",)))
    lines = str(caught.value).splitlines()
    # Five intended emotions and five rating counts have no word in the taxonomy.
    assert lines[0] == "dataset crema-d: 11 problem(s)"
    assert lines[1] == (
        "  column annotated: 'neutral' is not in taxonomy one (in 3,261 rows). "
        "Map it under labels, if need be to 'outside' [unknown_label]"
    )
    assert lines[-1] == (
        "  where.modality: no item has 'vioce'. Did you mean 'voice'? "
        "Values there: 'both', 'face', 'voice' [unknown_value]"
    )


def test_a_dataset_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEVALUE_DATA", str(tmp_path))
    monkeypatch.setenv("FACEVALUE_CACHE", str(tmp_path))
    with pytest.raises(DataUnavailableError) as caught:
        opened("crema-d")
    assert str(caught.value) == (
        "dataset 'crema-d' is not available here. Get it with: facevalue datasets fetch crema-d — "
        "or set FACEVALUE_DATA to a folder that holds crema-d/ with tabulatedVotes.csv and "
        "VideoDemographics.csv."
    )


def test_ferplus_counts() -> None:
    require_data("ferplus")
    found = opened("ferplus")
    items = found.items
    assert items.height == 35_887
    assert not found.subjects_declared
    assert found.vote_labels == found.taxonomy.labels
    assert items.schema["count_unknown"] == items.schema["count_not_a_face"] == pl.Int64
    # As the authors read it, by the three parts of the file.
    assert dict(items["usage"].value_counts().iter_rows()) == {
        "Training": 28_709,
        "PublicTest": 3_589,
        "PrivateTest": 3_589,
    }
    # 173 without a name, none of them a face; four names are in the file twice.
    by_line = items.filter(pl.col("item").str.starts_with("row-"))
    assert by_line.height == 173 + 4
    assert (
        by_line.filter(pl.col("annotated").is_null() & (pl.col("count_not_a_face") == 10)).height
        == 174
    )
    assert items["item"].is_unique().all()
    assert (
        "4 images have the name of an earlier one and are called by their line, too" in found.notes
    )
    first = items.row(0, named=True)
    # 4 neutral, 1 sadness, 3 anger, 2 disgust: 4 of the 9 that remain is no majority.
    assert (first["item"], first["annotated"], first["votes_neutral"]) == ("fer0000000", None, 4)
    assert items.row(1, named=True)["annotated"] == "neutral"  # 6 of 6 + 2 unknown


MAJORITIES = [
    # anger, fear, unknown, not a face → label. A single rating is set aside first.
    ((5, 3, 1, 1), "anger"),  # 5 of 5 + 3
    ((5, 5, 0, 0), None),  # half is not more than half
    ((4, 2, 2, 2), None),  # 4 of 10
    ((2, 1, 1, 1), "anger"),  # 2 of 2
    ((1, 1, 1, 1), None),  # nothing remains
    ((2, 0, 8, 0), None),  # the majority is for unknown
    ((0, 6, 4, 0), "fear"),
    ((0, 0, 0, 10), None),
]


@pytest.mark.parametrize(("votes", "label"), MAJORITIES)
def test_the_majority_as_the_authors_count_it(votes: tuple[int, ...], label: str | None) -> None:
    columns = ["votes_anger", "votes_fear", "count_unknown", "count_not_a_face"]
    frame = pl.DataFrame([votes], schema=columns, orient="row")
    assert frame.select(majority(("anger", "fear"))).item() == label


def test_lfw_subset() -> None:
    require("skimage")
    found = opened("lfw-subset")
    items = found.items
    assert items["content"].value_counts().sort("content").rows() == [
        ("face", 100),
        ("non-face", 100),
    ]
    assert items.filter(content="face")["annotated"].null_count() == 100
    assert set(items.filter(content="non-face")["annotated"]) == {"none"}
    assert (items["item"][0], items["item"][199]) == ("lfw-face-000", "lfw-nonface-099")
    assert not found.subjects_declared
    images = pictures(found)
    assert len(images) == 200
    assert {(i.shape, i.dtype.name) for i in images} == {((25, 25, 3), "uint8")}
    grey = np.load(_skimage_file(), allow_pickle=False)
    assert images[3][:, :, 0].tolist() == np.rint(255 * grey[3]).astype(int).tolist()


def _skimage_file() -> str:
    return str(Path(require("skimage").__path__[0]) / "data" / "lfw_subset.npy")


def fake_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.machinery.ModuleSpec("skimage", None, origin=str(folder / "__init__.py"))
    monkeypatch.setattr("facevalue.dataset.lfw_subset.find_spec", lambda _: spec)


def test_a_bundled_file_that_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_package(tmp_path, monkeypatch)
    with pytest.raises(InputError) as caught:
        opened("lfw-subset")
    assert str(caught.value) == (
        "dataset 'lfw-subset': the installed scikit-image does not bundle data/lfw_subset.npy. "
        "Install another version of scikit-image."
    )
    (tmp_path / "data").mkdir()
    # An array of objects would run code when unpickled: it is not even opened.
    np.save(tmp_path / "data" / "lfw_subset.npy", np.array([{}], dtype=object))
    data = (tmp_path / "data" / "lfw_subset.npy").read_bytes()
    with pytest.raises(InputError) as caught:
        opened("lfw-subset")
    assert str(caught.value) == (
        "dataset 'lfw-subset': lfw_subset.npy of the installed scikit-image is not the file it "
        "should be. Expected SHA-256 "
        "9560ec2f5edfac01973f63a8a99d00053fecd11e21877e18038fbe500f8e872c, found "
        f"{hashlib.sha256(data).hexdigest()}."
    )


def test_without_scikit_image_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facevalue.dataset.lfw_subset.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as caught:
        opened("lfw-subset")
    assert (caught.value.package, caught.value.extra) == ("scikit-image", "images")


def test_emodb_2s_carries_its_warning() -> None:
    require_data("emodb-2s")
    require("soundfile")
    found = opened("emodb-2s")
    assert found.items.height == 535
    assert found.items["subject"].n_unique() == 10
    assert found.attributes == ("sex", "age", "text")
    assert found.notes == card("emodb-2s").warnings
    assert found.notes[0].startswith("Not the original audio")
    assert found.notes[0].endswith("never publish it as EmoDB accuracy.")
    sounds = found.media(found.items["item"].to_list()[:20])
    shapes = {
        (m.sound.shape, m.rate_hz) for m in sounds if isinstance(m, Media) and m.sound is not None
    }
    assert shapes == {((1, 32_000), 16_000)}  # two seconds at 16 kHz


def test_controls_are_the_same_every_time() -> None:
    one, two = opened("generated-controls"), opened("generated-controls")
    assert one.sha256 == two.sha256
    assert one.items["control"].value_counts().sort("control").rows() == [
        ("blobs", 10),
        ("checker", 10),
        ("gradient", 10),
        ("noise", 10),
        ("uniform", 10),
    ]
    assert set(one.items["annotated"]) == {"none"}
    assert opened("generated-controls", options={"seed": 1}).sha256 != one.sha256
    images = pictures(one)
    assert {(i.shape, i.dtype.name) for i in images} == {((96, 96, 3), "uint8")}
    assert all((i[:, :, 0] == i[:, :, 1]).all() for i in images)
    assert len({i.tobytes() for i in images}) == 50
    # The bytes themselves, so that they do not change from one version of NumPy to the next.
    assert one.sha256 == CONTROLS_SHA256


CONTROLS_SHA256 = "0369b8031c22947bc359ae8d0aae9e13de0eb0809544c23359646f2359438757"


def test_asking_for_more_controls_leaves_the_first_as_they_are() -> None:
    few = opened("generated-controls", options={"n_per_kind": 2}).items
    many = opened("generated-controls", options={"n_per_kind": 4}).items
    joined = few.join(many, on="item").filter(pl.col("control") != "uniform")
    assert joined.height == 8
    assert joined["sha256"].to_list() == joined["sha256_right"].to_list()


def test_what_the_controls_look_like() -> None:
    greys = [control_image("uniform", i, n_per_kind=6)[0, 0, 0] for i in range(6)]
    assert [int(g) for g in greys] == [0, 51, 102, 153, 204, 255]  # 255 / 5 = 51
    assert len(np.unique(control_image("checker", 0))) == 2
    noise = control_image("noise", 0, size=256)[:, :, 0].astype(float)
    # Mean of 65,536 draws with σ = 48 (a little less after cutting off): s.e. below 0.2.
    assert abs(noise.mean() - 127.5) < 1.0
    blobs = control_image("blobs", 0)[:, :, 0].astype(float)
    assert (blobs.min(), blobs.max()) == (0.0, 255.0)
    step = np.abs(np.diff(blobs, axis=0)).mean()
    assert step < 0.5 * np.abs(np.diff(noise, axis=0)).mean()  # neighbours are alike


def test_options_of_the_controls_are_checked() -> None:
    with pytest.raises(ManifestError) as caught:
        opened("generated-controls", options={"sizes": 3})
    assert str(caught.value) == (
        "dataset generated-controls: 1 problem(s)\n"
        "  options.sizes: unknown option. Did you mean 'size'? "
        "There are: 'n_per_kind', 'size', 'seed', 'kinds' [unknown_option]"
    )
    with pytest.raises(ManifestError) as caught:
        opened("generated-controls", options={"size": 4_096, "seed": True, "n_per_kind": "9"})
    assert str(caught.value) == (
        "dataset generated-controls: 3 problem(s)\n"
        "  options.n_per_kind: found '9'; expected a whole number from 1 to 200 [bad_option]\n"
        "  options.size: found 4096; expected a whole number from 8 to 512 [bad_option]\n"
        "  options.seed: found True; expected a whole number from 0 to 9223372036854775807 "
        "[bad_option]"
    )
