"""Every step of every perturbation of pictures lies in the band of its severity.

`docs/severity_images.py` measures all of it on all reference media; here fewer of them are used
where a step was put in the middle of its band.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from facevalue.perturb import PERTURBATIONS, Role
from facevalue.perturb.measure import image_similarity
from support import require

ROOT = Path(__file__).parents[3]
PICTURES = [name for name in PERTURBATIONS if PERTURBATIONS[name].media == "image"]
N_FACES, N_DRAWS = 25, 2
OUTSIDE_THE_SCALE = {"least-change"}
FAMILIES_OF_IMAGENET_C = {
    "gaussian noise", "shot noise", "impulse noise", "defocus blur", "glass blur", "motion blur",
    "zoom blur", "snow", "fog", "brightness", "contrast", "elastic transform", "pixelate",
    "JPEG compression",
}  # fmt: skip


@pytest.fixture(scope="module")
def severity_images() -> Any:
    """The script that calibrates and measures: it belongs to no package."""
    require("skimage")
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import severity_images  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(ROOT / "docs"))
    return severity_images


@cache
def measured(made: Any, name: str, severity: int) -> Any:
    one = PERTURBATIONS[name]
    n_faces = made.N_FACES if len(one.steps) == 1 else N_FACES
    return made.Measured(
        faces=made.mean_similarity(one, severity, made.faces()[:n_faces], 1),
        astronaut=made.mean_similarity(one, severity, made.astronaut(), N_DRAWS),
    )


@pytest.mark.parametrize("name", PICTURES)
def test_every_step_lies_in_its_band(name: str, severity_images: Any) -> None:
    one = PERTURBATIONS[name]
    found = {s: measured(severity_images, name, s) for s in one.severities}
    assert {s: m for s, m in found.items() if not severity_images.fits(one, s, m)} == {}


@pytest.mark.parametrize("name", PICTURES)
def test_a_higher_severity_changes_more(name: str, severity_images: Any) -> None:
    steps = PERTURBATIONS[name].severities
    for media in ("faces", "astronaut"):
        found = [getattr(measured(severity_images, name, s), media) for s in steps]
        assert found == sorted(found, reverse=True)
        # Faces of 25 pixels keep all of what two steps of resolution take from larger ones.
        if media == "astronaut":
            assert len(set(found)) == len(found)


def test_the_smallest_change_is_far_below_the_scale(severity_images: Any) -> None:
    for name in OUTSIDE_THE_SCALE:
        found = measured(severity_images, name, 1)
        assert 0.999 < min(found.faces, found.astronaut) <= max(found.faces, found.astronaut) < 1.0


# Of one size as of another: what depends on the pixels that there are is left out, and said so.
OF_PIXELS = {"least-change", "resolution-loss", "pixelate"}


@pytest.mark.parametrize(
    "name",
    [n for n in PICTURES if PERTURBATIONS[n].role is Role.NUISANCE and n not in OF_PIXELS],
)
def test_a_severity_means_the_same_for_another_size(name: str, severity_images: Any) -> None:
    from facevalue.perturb.measure import resized

    small = severity_images.astronaut()[1].image
    large = resized(small, 256, 256)
    one = PERTURBATIONS[name]
    for severity in one.severities:
        found = []
        for image in (small, large):
            values = []
            for seed in range(3):
                rng = severity_images.np.random.default_rng(seed)
                change: Any = one.steps[severity]
                values.append(image_similarity(image, change.image(image, rng)))
            found.append(sum(values) / len(values))
        assert abs(found[0] - found[1]) < 0.06, severity


def test_every_family_of_imagenet_c_is_covered_or_named_in_the_decision() -> None:
    covered = {
        family.removeprefix("ImageNet-C: ") for n in PICTURES for family in PERTURBATIONS[n].covers
    }
    assert covered >= FAMILIES_OF_IMAGENET_C
    decision = (ROOT / "docs" / "adr" / "0019-severity.md").read_text("utf-8")
    assert "frost" in decision
    assert "frost" not in covered


def test_the_page_has_every_step(severity_images: Any) -> None:
    text = severity_images.PAGE.read_text("utf-8")
    rows = {tuple(line.split(" | ")[:3]) for line in text.splitlines() if line.startswith("| `")}
    expected = {
        (f"| `{name}`", str(s), severity_images.parameters(step))
        for name in PICTURES
        for s, step in PERTURBATIONS[name].steps.items()
    }
    assert rows == expected
