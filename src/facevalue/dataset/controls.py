"""Pictures without an emotion to find, made by us: the right answer is none.

All of it is whole-number arithmetic on draws of one seeded generator, so that the same
options give the same bytes everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from facevalue.dataset.base import Card
from facevalue.dataset.memory import MemoryImages
from facevalue.dataset.table import NamedDataset, Table
from facevalue.domain.labels import NONE_LABEL, TAXONOMIES
from facevalue.tables.faults import Faults

__all__ = ["GENERATED_CONTROLS", "control_image"]

_CARD = Card(
    name="generated-controls",
    title="Negative controls: pictures with no emotion to find",
    licence="Apache-2.0, part of facevalue",
    citation="facevalue, dataset generated-controls",
    url=None,
    version="1",
    files=(),
    about=(
        "Uniform greys, noise, checkerboards, gradients and blurred noise. Nothing in them shows "
        "a face: each is annotated 'none'. Options: n_per_kind (pictures of each kind), size "
        "(width and height in pixels), seed."
    ),
    population="Nobody: the pictures are made by arithmetic.",
)

_BOUNDS = {"n_per_kind": (10, 1, 200), "size": (96, 8, 512), "seed": (0, 0, 2**63 - 1)}


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a picture is made in: its place among those of its kind, and its size."""

    index: int
    n_per_kind: int
    size: int


def _uniform(frame: _Frame, _: np.random.Generator) -> np.ndarray:
    """One grey from black to white, in equal steps."""
    steps = max(1, frame.n_per_kind - 1)
    return np.full((frame.size, frame.size), frame.index * 255 // steps)


def _noise(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
    """Every pixel its own draw from a normal distribution about mid-grey."""
    return np.rint(rng.normal(127.5, 48.0, (frame.size, frame.size)))


def _checker(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
    """Squares of two greys."""
    cell = int(rng.integers(2, frame.size // 2 + 1))
    dark, light = int(rng.integers(0, 112)), int(rng.integers(144, 256))
    steps = np.arange(frame.size) // cell
    return np.where((steps[:, None] + steps[None, :]) % 2 == 0, dark, light)


def _gradient(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
    """From black to white along one direction."""
    across, down = (int(n) for n in rng.integers(-8, 9, size=2))
    if across == down == 0:
        across = 1
    steps = np.arange(frame.size)
    return _stretched(steps[None, :] * across + steps[:, None] * down)


def _blobs(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
    """White noise blurred by three running sums: blobs of one scale, in no arrangement."""
    values = rng.integers(0, 256, (frame.size, frame.size))
    width = 2 * int(rng.integers(1, max(2, frame.size // 16 + 1))) + 1
    for _ in range(3):
        for axis in (0, 1):
            values = sum(
                (np.roll(values, shift, axis) for shift in range(-(width // 2), width // 2 + 1)),
                start=np.zeros_like(values),
            )
        values //= width * width
    return _stretched(values)


def _stretched(values: np.ndarray) -> np.ndarray:
    low, high = int(values.min()), int(values.max())
    return (values - low) * 255 // max(1, high - low)


_KINDS: dict[str, Callable[[_Frame, np.random.Generator], np.ndarray]] = {
    "uniform": _uniform,
    "noise": _noise,
    "checker": _checker,
    "gradient": _gradient,
    "blobs": _blobs,
}


def control_image(
    kind: str, index: int, *, n_per_kind: int = 10, size: int = 96, seed: int = 0
) -> np.ndarray:
    """Return one negative control.

    Parameters
    ----------
    kind
        ``uniform``, ``noise``, ``checker``, ``gradient`` or ``blobs``.
    index
        Which of its kind, from 0.
    n_per_kind, size, seed
        As in the options of the dataset; ``size`` in pixels.

    Returns
    -------
    numpy.ndarray
        Shape ``(size, size, 3)``, three equal channels, ``uint8``.

    Examples
    --------
    >>> control_image("uniform", 9)[0, 0].tolist()
    [255, 255, 255]
    """
    # A stream of its own for each picture: asking for more leaves the first ones as they are.
    rng = np.random.default_rng([seed, list(_KINDS).index(kind), index])
    grey = _KINDS[kind](_Frame(index, n_per_kind, size), rng).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def _image(kind: str, index: int, options: Mapping[str, int]) -> np.ndarray:
    return control_image(kind, index, **options)


def _options(given: Mapping[str, Any]) -> dict[str, int]:
    faults = Faults("dataset generated-controls")
    chosen = {}
    for name, (default, least, most) in _BOUNDS.items():
        value = given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            what = f"found {value!r}; expected a whole number from {least} to {most}"
            faults.add("bad_option", what, place=f"options.{name}")
            continue
        chosen[name] = value
    faults.raise_if_any()
    return chosen


def _read(given: Mapping[str, Any]) -> Table:
    options = _options(given)
    n = options["n_per_kind"]
    keys = {f"control-{kind}-{i:03d}": (kind, i) for kind in _KINDS for i in range(n)}
    media = MemoryImages(lambda key: _image(*keys[key], options))
    frame = pl.DataFrame(
        {
            "item": list(keys),
            "subject": pl.Series([None] * len(keys), dtype=pl.String),
            "annotated": [NONE_LABEL] * len(keys),
            "media": list(keys),
            "control": [kind for kind, _ in keys.values()],
        }
    )
    return Table(
        frame=frame,
        attributes=("control",),
        source=media,
        digests=media.digests,
        subjects_declared=False,
    )


GENERATED_CONTROLS = NamedDataset(
    card=_CARD,
    taxonomy=TAXONOMIES["ekman6-neutral"],
    read=_read,
    options=tuple(_BOUNDS),
)
