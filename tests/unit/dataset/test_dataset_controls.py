"""Further kinds of control pictures."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facevalue.dataset import Dataset, DatasetSpec, open_dataset
from facevalue.dataset.controls import control_image
from facevalue.domain import Media
from facevalue.errors import ManifestError

FURTHER = (
    *("pink-noise", "brown-noise", "blue-noise"),
    *("colour", "colour-noise", "stripes", "radial", "objects"),
)


def opened(**options: Any) -> Dataset:
    return open_dataset(
        DatasetSpec(id="here", name="generated-controls", options=options), base=Path()
    )


def test_five_kinds_unless_others_are_asked_for() -> None:
    usual = ["uniform", "noise", "checker", "gradient", "blobs"]
    assert opened(n_per_kind=1).items["control"].to_list() == usual
    assert opened(n_per_kind=1).sha256 == opened(n_per_kind=1, kinds=usual).sha256
    found = opened(n_per_kind=2, kinds=["objects", "noise"])
    # In the order of the list of kinds, whatever the order asked for.
    assert found.items["control"].to_list() == ["noise", "noise", "objects", "objects"]
    assert set(found.items["annotated"]) == {"none"}
    assert found.items["item"][2] == "control-objects-000"


def test_a_kind_looks_the_same_whatever_else_is_asked_for() -> None:
    alone = opened(n_per_kind=2, kinds=["noise"]).items["sha256"].to_list()
    among = opened(n_per_kind=2).items.filter(control="noise")["sha256"].to_list()
    assert alone == among


@pytest.mark.parametrize("size", [8, 9, 96])
@pytest.mark.parametrize("kind", FURTHER)
def test_shape_and_variety(kind: str, size: int) -> None:
    pictures = [control_image(kind, i, size=size) for i in range(8)]
    assert {(p.shape, p.dtype.name) for p in pictures} == {((size, size, 3), "uint8")}
    assert len({p.tobytes() for p in pictures}) == 8
    assert (pictures[3] == control_image(kind, 3, size=size)).all()
    assert (pictures[3] != control_image(kind, 3, size=size, seed=1)).any()
    has_colour = any((p[:, :, 0] != p[:, :, 1]).any() for p in pictures)
    assert has_colour == (kind in ("colour", "colour-noise", "objects"))


@pytest.mark.parametrize(
    ("kind", "slope"), [("noise", 0.0), ("pink-noise", -1.0), ("brown-noise", -2.0)]
)
def test_noise_has_the_spectrum_of_its_name(kind: str, slope: float) -> None:
    found = []
    for i in range(4):
        values = control_image(kind, i, size=256)[:, :, 0].astype(float)
        amplitude = np.abs(np.fft.fft2(values - values.mean()))
        steps = np.fft.fftfreq(256)
        frequency = np.hypot(steps[:, None], steps[None, :])
        rings = [(f, f * 1.25) for f in np.geomspace(0.02, 0.2, 12)]
        inside = [(frequency >= low) & (frequency < high) for low, high in rings]
        mean = [np.log(amplitude[where]).mean() for where in inside]
        middle = [np.log(frequency[where]).mean() for where in inside]
        found.append(np.polyfit(middle, mean, 1)[0])
    # A Rayleigh amplitude has a log of s.d. 0.64, and the rings hold 60 to 3,000 frequencies:
    # s.e. of a slope about 0.03. Cutting off at black and white adds a little white noise, which
    # flattens the steepest a bit.
    assert np.mean(found) == pytest.approx(slope, abs=0.1)


def test_blue_noise_is_finer_than_white_and_both_are_as_strong() -> None:
    blue, white = (
        control_image(kind, 0, size=256)[:, :, 0].astype(float) for kind in ("blue-noise", "noise")
    )
    assert np.abs(np.diff(blue)).mean() > 1.1 * np.abs(np.diff(white)).mean()
    # 48 less what is cut off at 2.66 s.d.: 47.3 for a normal distribution.
    assert blue.std() == pytest.approx(white.std(), abs=0.5)


def test_what_whole_numbers_make_never_changes() -> None:
    made = b"".join(
        control_image(kind, i, size=32).tobytes()
        for kind in ("colour", "stripes", "radial", "objects")
        for i in range(4)
    )
    assert hashlib.sha256(made).hexdigest() == WHOLE_NUMBERS_SHA256


WHOLE_NUMBERS_SHA256 = "492ba069c44c25dea7df7458c4e7be07a0806b52c011f57ce34bd1c8fb3a8f51"


def test_every_second_radial_gradient_is_inverted() -> None:
    light, dark = (control_image("radial", i, size=64)[:, :, 0] for i in (0, 1))
    # From a place in the inner half, the farthest pixel is always a corner.
    assert light.min() == light[[0, 0, -1, -1], [0, -1, 0, -1]].min()
    assert dark.max() == dark[[0, 0, -1, -1], [0, -1, 0, -1]].max()


def test_objects_are_drawn_in_few_colours() -> None:
    # House: ground, wall, roof, door. Cup, tree and ladder: ground and one, with a darker stem.
    colours = [len(np.unique(control_image("objects", i).reshape(-1, 3), axis=0)) for i in range(4)]
    assert colours == [4, 2, 3, 2]


def test_kinds_are_checked() -> None:
    listed = (
        "There are: uniform, noise, checker, gradient, blobs, pink-noise, brown-noise, "
        "blue-noise, colour, colour-noise, stripes, radial, objects"
    )
    for kinds, said in (
        ("noise", [f"found 'noise'; expected a list of kinds. {listed}"]),
        ([], [f"found []; expected a list of kinds. {listed}"]),
        (
            ["noize", 3, "blobs", "blobs"],
            [
                f"found 'noize'. Did you mean 'noise'? {listed}",
                f"found 3. {listed}",
                "twice in the list: 'blobs'",
            ],
        ),
    ):
        with pytest.raises(ManifestError) as caught:
            opened(kinds=kinds)
        assert str(caught.value).splitlines() == [
            f"dataset generated-controls: {len(said)} problem(s)",
            *(f"  options.kinds: {what} [bad_option]" for what in said),
        ]


def test_pictures_reach_systems_as_they_are_made() -> None:
    found = opened(n_per_kind=1, kinds=["objects"])
    (media,) = found.media(["control-objects-000"])
    assert isinstance(media, Media)
    assert media.image is not None
    assert (media.image == control_image("objects", 0, n_per_kind=1)).all()
