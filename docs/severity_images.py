"""Measures every step of every perturbation of pictures, and writes the table of severities.

The reference media are the 100 faces of the dataset lfw-subset (25 × 25 pixels, grey) and the
face of scikit-image's astronaut (public domain) at 64, 112 and 224 pixels, each with SEEDS draws.
Usage, from the repository root::

    python docs/severity_images.py               # measures, checks, writes the page
    python docs/severity_images.py --calibrate   # prints parameters in the middle of the bands
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from facevalue.atomic import write_text
from facevalue.dataset import DatasetSpec, open_dataset
from facevalue.domain import Media
from facevalue.perturb import PERTURBATIONS, Perturbation
from facevalue.perturb.measure import IMAGE_BANDS, image_band, image_similarity, import_cv2, resized

SEED = 20261130
N_FACES = 100
SIZES = (64, 112, 224)
SEEDS = 12
"""Draws for each of the few pictures of the astronaut; each of the 100 faces has one."""
PAGE = Path(__file__).parent / "simulations" / "severity-images.md"
NO_SCALE = ("least-change",)
"""Below the scale by design."""
COLOUR_ONLY = ("grey",)
"""Measured on pictures in colour: it leaves grey ones as they are."""


@dataclass(frozen=True)
class Measured:
    """The mean similarity of one step: on either set, and of the two sets together."""

    faces: float
    astronaut: float

    @property
    def mean(self) -> float:
        """Both sets with the same weight."""
        return (self.faces + self.astronaut) / 2


@cache
def faces() -> tuple[Media, ...]:
    """Return the faces of lfw-subset."""
    dataset = open_dataset(DatasetSpec(id="lfw", name="lfw-subset"), base=Path())
    items = [f"lfw-face-{i:03d}" for i in range(N_FACES)]
    return tuple(m for m in dataset.media(items) if isinstance(m, Media))


@cache
def astronaut() -> tuple[Media, ...]:
    """Return the astronaut's face at the three sizes, cropped as faces of lfw-subset are."""
    import skimage.data

    crop = np.asarray(skimage.data.astronaut())[54:194, 155:295]
    return tuple(
        Media(item=f"astronaut-{n}", sha256=f"{n:064x}", image=resized(crop, n, n)) for n in SIZES
    )


def mean_similarity(
    perturbation: Perturbation, severity: int, media: Sequence[Media], seeds: int
) -> float:
    """Return the mean similarity of one step over media and draws."""
    found = []
    for seed in range(seeds):
        applied = perturbation.at(severity, seed=SEED + seed)
        for one in media:
            assert one.image is not None
            changed = applied.apply(one).image
            assert changed is not None
            found.append(image_similarity(one.image, changed))
    return float(np.mean(found))


def measured(perturbation: Perturbation, severity: int) -> Measured:
    """Return the mean similarity of one step on the reference media."""
    return Measured(
        faces=mean_similarity(perturbation, severity, faces(), 1),
        astronaut=mean_similarity(perturbation, severity, astronaut(), SEEDS),
    )


def of_band(perturbation: Perturbation, found: Measured) -> float:
    """Return the number that has to lie inside the band.

    What has no scale, and so one step, has the severity that is measured on the many faces.
    """
    if perturbation.name in COLOUR_ONLY:
        return found.astronaut
    return found.faces if len(perturbation.steps) == 1 else found.mean


def fits(perturbation: Perturbation, severity: int, found: Measured) -> bool:
    """Tell whether a step lies in the band of its severity.

    What has no scale (one step) is of the last band also where it lies below it.
    """
    value = of_band(perturbation, found)
    if perturbation.name in NO_SCALE:
        return value >= IMAGE_BANDS[1][1]
    reached = len(perturbation.steps) == 1 or value >= IMAGE_BANDS[max(IMAGE_BANDS)][0]
    return reached and image_band(value) == severity


def pictures() -> list[Perturbation]:
    """Return the perturbations of pictures, by family and name."""
    every = [PERTURBATIONS[name] for name in PERTURBATIONS]
    return sorted((p for p in every if p.media == "image"), key=lambda p: (p.family, p.name))


PACKAGES = {"NumPy": "numpy", "OpenCV": "opencv-python-headless"}
PREAMBLE = """\
# Severities of pictures

Every step of every change of pictures, measured. Seed {seed}, {date}, {packages}.
Made by `python docs/severity_images.py`, which stops at a step outside its band. What the measure
is and why: [decision 19](../adr/0019-severity.md).

*Similarity*: mean structural similarity at 64 pixels; 1 is no change. Bands:
{bands}.
It is the mean of two sets with equal weight: the {n} *faces* of `lfw-subset` (25 × 25 pixels, grey,
one draw each) and the face of one *astronaut* (64, 112 and 224 pixels, {seeds} draws each). They
differ most for blur and resolution: faces of 25 pixels have little sharpness to lose. What has no
scale has one step, of the band that it falls into with the {n} faces, or of the last one if it lies
below; for `grey` with the astronaut, as grey pictures do not change. `least-change` lies above the
first band: it is the floor, not a step of the scale.

*µs*: microseconds of processor time for one picture of 112 × 112 pixels in colour, on one thread
and with everything that `Applied.apply` does; the least of seven means.

| name | severity | parameters | similarity | faces | astronaut | µs |
| --- | --- | --- | --- | --- | --- | --- |
"""

# What is turned to reach a band: field, from the weakest to the strongest value.
TURNED: Mapping[str, tuple[str, float, float]] = {
    "shift": ("by", 0.0005, 0.3),
    "scale": ("by", 0.0005, 0.6),
    "crop-tighter": ("cut", 0.0005, 0.3),
    "crop-looser": ("margin", 0.0005, 0.5),
    "stretch": ("by", 0.0005, 0.6),
    "rotation": ("degrees", 0.05, 45),
    "elastic": ("by", 0.0002, 0.2),
    "brightness-up": ("gain", 1.01, 8),
    "brightness-down": ("gain", 0.99, 0.02),
    "contrast-up": ("factor", 1.01, 30),
    "contrast-down": ("factor", 0.99, 0.01),
    "gamma-up": ("exponent", 1.01, 12),
    "gamma-down": ("exponent", 0.99, 0.02),
    "colour-cast": ("strength", 0.01, 1),
    "backlight": ("strength", 0.01, 1),
    "gaussian-noise": ("sigma", 0.001, 0.6),
    "shot-noise": ("photons", 1e5, 1),
    "impulse-noise": ("share", 1e-5, 0.8),
    "low-light": ("electrons", 1e5, 5),
    "gaussian-blur": ("sigma", 0.004, 0.3),
    "focus-blur": ("radius", 0.004, 0.4),
    "motion-blur": ("length", 0.004, 0.8),
    "zoom-blur": ("by", 0.004, 1.5),
    "glass-blur": ("by", 0.0005, 0.2),
    "resolution-loss": ("across", 60, 2),
    "pixelate": ("across", 60, 2),
    "jpeg": ("quality", 98, 1),
    "webp": ("quality", 98, 1),
    "video-compression": ("qp", 12, 51),
    "haze": ("density", 0.01, 1),
    "snow": ("share", 1e-5, 0.5),
    "face-mask": ("top", 0.93, 0.3),
    "sunglasses": ("lens", 0.01, 0.3),
    "hand": ("size", 0.02, 1.2),
    "hair": ("low", 0.01, 0.8),
}


def calibrated(perturbation: Perturbation, severity: int) -> tuple[float, Measured]:
    """Return the parameter whose mean similarity is the middle of a band, by bisection."""
    field, weak, strong = TURNED[perturbation.name]
    template: Any = perturbation.steps[min(perturbation.steps)]
    whole = isinstance(getattr(template, field), int) and field != "degrees"
    if perturbation.name == "low-light":
        template = perturbation.steps[severity]
    target = sum(IMAGE_BANDS[severity]) / 2

    def tried(value: float) -> tuple[float, Measured]:
        value = round(value) if whole else float(f"{value:.3g}")
        step = replace(perturbation, steps={severity: replace(template, **{field: value})})
        return value, measured(step, severity)

    geometric = field in ("photons", "electrons", "share", "across")
    for _ in range(11):
        middle = (weak * strong) ** 0.5 if geometric else (weak + strong) / 2
        value, found = tried(middle)
        if found.mean > target:
            weak = middle
        else:
            strong = middle
        if abs(found.mean - target) < 0.004:
            break
    return value, found


def calibrate(names: Sequence[str]) -> None:
    """Print a parameter for every band."""
    for perturbation in pictures():
        if perturbation.name not in TURNED or (names and perturbation.name not in names):
            continue
        told = []
        for severity in IMAGE_BANDS:
            value, found = calibrated(perturbation, severity)
            inside = "" if fits(perturbation, severity, found) else "!"
            told.append(f"{severity}: {value:g} {inside}({found.faces:.2f} {found.astronaut:.2f})")
        print(f"{perturbation.name:<18} {TURNED[perturbation.name][0]:<10}", *told, flush=True)


def _microseconds(call: Callable[[], object]) -> float:
    """Return the processor time of one call: the least of seven means."""
    call()
    best = float("inf")
    for _ in range(7):
        started = time.thread_time()
        for _ in range(15):
            call()
        best = min(best, (time.thread_time() - started) / 15)
    return best * 1e6


def cost(perturbation: Perturbation, severity: int) -> float:
    """Return the microseconds that one picture of 112 × 112 pixels takes, one thread."""
    applied, media = perturbation.at(severity, seed=SEED), astronaut()[1]
    return _microseconds(lambda: applied.apply(media))


def parameters(change: Any) -> str:
    """Return the parameters of a step as they stand on the page."""
    return ", ".join(f"{k} {v}" for k, v in asdict(change).items()) or "none"


def _row(perturbation: Perturbation, severity: int) -> str:
    found = measured(perturbation, severity)
    if not fits(perturbation, severity, found):
        sys.exit(f"{perturbation.name}:{severity} has {of_band(perturbation, found):.3f}")
    cells = (
        f"`{perturbation.name}`",
        str(severity),
        parameters(perturbation.steps[severity]),
        f"{of_band(perturbation, found):.3f}",
        f"{found.faces:.2f}",
        f"{found.astronaut:.2f}",
        f"{cost(perturbation, severity):.0f}",
    )
    return "| " + " | ".join(cells) + " |"


def page() -> str:
    """Return the page, or stop with the step that does not lie in its band."""
    packages = ", ".join(f"{n} {version(d)}" for n, d in PACKAGES.items())
    bands = ", ".join(f"{s}: {low} to {high}" for s, (low, high) in IMAGE_BANDS.items())
    today = datetime.datetime.now(tz=datetime.UTC).date()
    rows = [_row(p, s) for p in pictures() for s in p.severities]
    return PREAMBLE.format(
        bands=bands, seed=SEED, date=today, packages=packages, n=N_FACES, seeds=SEEDS
    ) + "\n".join([*rows, ""])


def main() -> None:
    """Calibrate, or measure and write."""
    import_cv2().setNumThreads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calibrate", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    if asked.calibrate is not None:
        calibrate(asked.calibrate)
        return
    write_text(PAGE, page())


if __name__ == "__main__":
    main()
