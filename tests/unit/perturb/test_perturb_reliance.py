"""Parts of pictures taken away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facevalue.dataset import DatasetSpec, open_dataset
from facevalue.domain import Media
from facevalue.perturb import PERTURBATIONS, Role
from facevalue.perturb.base import ImageChange
from facevalue.perturb.measure import IMAGE_BANDS, image_similarity
from facevalue.perturb.reliance import FACE, OCCLUSION_GRID, Ellipse, HideBox, HideEllipse
from support import require

NAMES = [
    *("keep-face", "keep-face-blur", "keep-background", "keep-background-blur"),
    *("hide-eyes", "hide-mouth", "hide-brows-and-forehead"),
    *(f"hide-r{row}c{column}" for row in (1, 2, 3, 4) for column in (1, 2, 3, 4)),
]
SIZES = [(1, 1), (1, 6), (5, 2), (25, 25), (48, 33), (97, 64)]


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def steps(height: int, width: int) -> np.ndarray:
    """A picture of extremes, in which no pixel is like the mean of many."""
    values = np.arange(height * width * 3, dtype=np.int64) * 101 % 251
    image = values.reshape(height, width, 3).astype(np.uint8)
    return np.where(image < 100, image // 4, 255 - image // 16).astype(np.uint8)


def mean_colour(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(np.floor(pixels.mean(axis=0) + 0.5), dtype=np.uint8)


def change_of(name: str) -> ImageChange:
    (severity,) = PERTURBATIONS[name].severities
    change = PERTURBATIONS[name].steps[severity]
    assert isinstance(change, HideBox | HideEllipse)
    return change


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", SIZES)
def test_shape_is_kept_and_the_original_stays(name: str, size: tuple[int, int]) -> None:
    image = steps(*size)
    before = image.copy()
    changed = change_of(name).image(image, rng())
    assert (changed.shape, changed.dtype.name) == (image.shape, "uint8")
    assert (image == before).all()
    assert not np.shares_memory(changed, image)
    assert (changed == change_of(name).image(image, np.random.default_rng(1))).all()


def test_all_of_them_are_registered_as_reliance() -> None:
    for name in NAMES:
        found = PERTURBATIONS[name]
        assert (found.name, found.role, found.media) == (name, Role.RELIANCE, "image")
    assert [p.name for p in OCCLUSION_GRID] == NAMES[7:]


def test_a_box_is_filled_with_the_mean_colour_of_the_rest() -> None:
    # 2 × 4 pixels; the right half is hidden. Red: 0 10 20 30 / 40 50 60 70; the left half has a
    # mean of 100 / 4 = 25.
    red = np.arange(8, dtype=np.uint8).reshape(2, 4) * 10
    image = np.stack([red, np.full_like(red, 7), red // 10], axis=2)
    hidden = HideBox(left=0.5, top=0.0, right=1.0, bottom=1.0).image(image, rng())
    assert hidden[:, :, 0].tolist() == [[0, 10, 25, 25], [40, 50, 25, 25]]
    assert (hidden[:, :, 1] == 7).all()
    # Blue: 0 1 4 5, mean 2.5: halves go up.
    assert hidden[:, 2:, 2].tolist() == [[3, 3], [3, 3]]


@pytest.mark.parametrize("name", [n for n in NAMES if "blur" not in n])
def test_nothing_of_what_is_hidden_gets_through(name: str) -> None:
    image = steps(40, 30)
    hidden = (change_of(name).image(image, rng()) != image).any(axis=2)
    otherwise = image.copy()
    otherwise[hidden] = np.where(image[hidden] > 100, 3, 250)
    made = (change_of(name).image(i, rng()) for i in (image, otherwise))
    assert (next(made) == next(made)).all()


def test_where_all_is_hidden_there_is_grey() -> None:
    whole = HideBox(left=0.0, top=0.0, right=1.0, bottom=1.0)
    assert (whole.image(steps(5, 4), rng()) == 128).all()


@pytest.mark.parametrize("size", [(25, 25), (4, 4), (7, 5), (3, 64), (2, 3)])
def test_the_grid_covers_every_pixel_once(size: tuple[int, int]) -> None:
    image = steps(*size)
    times = np.zeros(size, dtype=int)
    for name in NAMES[7:]:
        changed = change_of(name).image(image, rng())
        times += (changed != image).any(axis=2)
    assert (times == 1).all()


def test_where_the_boxes_of_the_grid_lie() -> None:
    # 8 × 12: boxes of 2 × 3 pixels.
    image = steps(8, 12)
    changed = change_of("hide-r2c4").image(image, rng())
    rows, columns = np.nonzero((changed != image).any(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 3, 9, 11)


def test_named_places_do_not_overlap() -> None:
    image = steps(100, 100)
    hidden = [
        (change_of(name).image(image, rng()) != image).any(axis=2)
        for name in ("hide-brows-and-forehead", "hide-eyes", "hide-mouth")
    ]
    assert np.sum(hidden, axis=0).max() == 1
    # Rows 0–27, 28–45 and 64–87, of columns 10–89 and 22–77.
    assert [int(h.sum()) for h in hidden] == [28 * 80, 18 * 80, 24 * 56]


def test_face_and_background_are_each_others_rest() -> None:
    image = steps(50, 40)
    face, background = (change_of(n).image(image, rng()) for n in ("keep-face", "keep-background"))
    kept = (face == image).all(axis=2), (background == image).all(axis=2)
    assert (kept[0] ^ kept[1]).all()
    assert kept[0][25, 20]
    assert not kept[0][0, 0]
    # π · 0.38 · 0.48 of all, to a pixel along the edge.
    assert kept[0].mean() == pytest.approx(np.pi * 0.38 * 0.48, abs=0.02)
    assert (face[~kept[0]] == mean_colour(image[kept[0]])).all()
    assert (background[kept[0]] == mean_colour(image[~kept[0]])).all()


def test_an_ellipse_elsewhere() -> None:
    # Given with the data: a face in the left upper quarter.
    place = Ellipse(across=0.25, down=0.25, half_width=0.2, half_height=0.2)
    image = steps(40, 40)
    hidden = HideEllipse(hides="inside", ellipse=place).image(image, rng())
    rows, columns = np.nonzero((hidden != image).any(axis=2))
    # Middle 10, radius 8: pixels 2 to 17.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 17, 2, 17)
    assert place.depth(40, 40)[9, 9] > 0.9


def test_a_blur_keeps_colours_and_takes_shapes() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, ::2] = 200  # stripes about 100
    image[:, :, 1] = 50
    changed = change_of("keep-background-blur").image(image, rng())
    inside = FACE.depth(64, 64) >= 0.0
    assert (changed[~inside] == image[~inside]).all()
    assert np.abs(changed[inside][:, 0].astype(int) - 100).max() <= 4
    assert (changed[inside][:, 1] == 50).all()


@pytest.mark.parametrize("side", [48, 200])
def test_a_box_can_be_blurred_too(side: int) -> None:
    image = np.zeros((side, side, 3), np.uint8)
    image[: side // 2] = 240  # light above, dark below
    box = HideBox(left=0.25, top=0.25, right=0.75, bottom=0.75, fill="blur")
    changed = box.image(image, rng())
    kept = np.ones((side, side), dtype=bool)
    kept[side // 4 : 3 * side // 4, side // 4 : 3 * side // 4] = False
    assert (changed[kept] == image[kept]).all()
    column = changed[side // 4 : 3 * side // 4, side // 2, 0].astype(int)
    assert (np.diff(column) <= 0).all()
    # A Gaussian of a tenth of the side: one s.d. from the edge, 84 % of 240.
    assert column[round(0.15 * side)] == pytest.approx(0.84 * 240, abs=10)


def test_places_are_part_of_the_identity() -> None:
    found = PERTURBATIONS["hide-r1c2"].at(1, seed=0).identity["parameters"]
    assert found == {"left": 0.25, "top": 0.0, "right": 0.5, "bottom": 0.25, "fill": "mean"}
    nested = PERTURBATIONS["keep-face"].at(3, seed=0).identity["parameters"]
    assert nested["ellipse"] == {
        "across": 0.5, "down": 0.5, "half_width": 0.38, "half_height": 0.48,
    }  # fmt: skip


@pytest.fixture(scope="module")
def faces() -> list[np.ndarray]:
    require("skimage")
    found = open_dataset(DatasetSpec(id="faces", name="lfw-subset"), base=Path())
    media = found.media(found.items["item"].to_list()[:100])
    return [m.image for m in media if isinstance(m, Media) and m.image is not None]


@pytest.mark.parametrize("name", NAMES)
def test_severity_as_measured_on_faces(name: str, faces: list[np.ndarray]) -> None:
    change = change_of(name)
    measured = np.mean([image_similarity(face, change.image(face, rng())) for face in faces])
    (severity,) = PERTURBATIONS[name].severities
    low, high = IMAGE_BANDS[severity]
    assert low <= measured < high
