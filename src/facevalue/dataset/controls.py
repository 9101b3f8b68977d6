"""Pictures without an emotion to find, made by us: the right answer is none.

Whole-number arithmetic on draws of one seeded generator, so that the same options give the
same bytes everywhere. The noises with a spectrum of their own (`pink-noise`, `brown-noise`,
`blue-noise`) go through a Fourier transform and are then rounded to whole numbers: the same
bytes with the same NumPy, and in practice with another, where a last digit of its transform
would have to fall on a half to be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from facevalue.dataset.base import Card
from facevalue.dataset.memory import MemoryImages, MemorySounds
from facevalue.dataset.table import NamedDataset, Table
from facevalue.domain.labels import NONE_LABEL, TAXONOMIES
from facevalue.tables.faults import Faults, guess, listing

__all__ = [
    "GENERATED_CONTROLS",
    "Bounds",
    "control_image",
    "control_table",
    "kinds_option",
    "whole_options",
]

Bounds = Mapping[str, tuple[int, int, int]]
"""Option → its default, least and greatest value."""

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
        "(width and height in pixels), seed, kinds (those wanted; the five when not given). "
        "Further kinds: pink-noise, brown-noise, blue-noise and colour-noise, colour (one colour "
        "all over), stripes, radial (a gradient from the middle) and objects (drawings of a "
        "house, a cup, a tree, a ladder)."
    ),
    population="Nobody: the pictures are made by arithmetic.",
)

_BOUNDS: Bounds = {"n_per_kind": (10, 1, 200), "size": (96, 8, 512), "seed": (0, 0, 2**63 - 1)}


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


def _spectral(exponent: float) -> Callable[[_Frame, np.random.Generator], np.ndarray]:
    """Return a maker of noise whose amplitude goes with frequency to the ``exponent``."""

    def made(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
        white = rng.normal(0.0, 1.0, (frame.size, frame.size))
        down = np.fft.fftfreq(frame.size)[:, None]
        across = np.fft.rfftfreq(frame.size)[None, :]
        frequency = np.hypot(down, across)
        frequency[0, 0] = 1.0
        spectrum = np.fft.rfft2(white) * frequency**exponent
        spectrum[0, 0] = 0.0
        values = np.fft.irfft2(spectrum, s=white.shape)
        # The mean and the spread of the white noise, so that the spectrum alone differs.
        return np.asarray(np.rint(127.5 + 48.0 * values / values.std()))

    return made


def _colour(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
    """One colour all over, each channel its own draw."""
    return np.broadcast_to(rng.integers(0, 256, 3), (frame.size, frame.size, 3))


def _colour_noise(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
    """Every channel of every pixel its own draw from a normal distribution about mid-grey."""
    return np.rint(rng.normal(127.5, 48.0, (frame.size, frame.size, 3)))


def _stripes(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
    """Bars of two greys: level, upright or slanting to either side."""
    width = int(rng.integers(1, max(2, frame.size // 6 + 1)))
    dark, light = int(rng.integers(0, 112)), int(rng.integers(144, 256))
    steps = np.arange(frame.size)
    across, down = ((1, 0), (0, 1), (1, 1), (1, -1))[frame.index % 4]
    along = steps[None, :] * across + steps[:, None] * down
    return np.where(along // width % 2 == 0, dark, light)


def _radial(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
    """Lighter towards one place, and every second picture the inverse."""
    row, column = (int(n) for n in rng.integers(frame.size // 4, frame.size * 3 // 4 + 1, size=2))
    steps = np.arange(frame.size)
    values = _stretched((steps[:, None] - row) ** 2 + (steps[None, :] - column) ** 2)
    return values if frame.index % 2 else np.asarray(255 - values)


_HOUSE = (
    # What it covers, in eighths of the side: left, top, right, bottom, shade (0 dark, 7 light).
    (1, 3, 7, 7, 5),
    (2, 2, 6, 3, 2),
    (3, 1, 5, 2, 2),
    (5, 4, 6, 7, 1),
)
_CUP = ((2, 2, 5, 7, 6), (5, 3, 7, 4, 6), (6, 3, 7, 6, 6), (5, 5, 7, 6, 6))
_TREE = ((2, 1, 6, 5, 2), (1, 2, 7, 4, 2), (3, 5, 4, 7, 1))
_LADDER = (
    *((2, 1, 3, 8, 1), (5, 1, 6, 8, 1)),
    *((3, 2, 5, 3, 1), (3, 4, 5, 5, 1), (3, 6, 5, 7, 1)),
)
_OBJECTS = (_HOUSE, _CUP, _TREE, _LADDER)


def _objects(frame: _Frame, rng: np.random.Generator) -> np.ndarray:
    """Boxes before one colour, drawn as an object; nothing stands like eyes over a mouth."""
    ground = rng.integers(96, 224, 3)
    tint = rng.integers(0, 64, 3)
    picture = np.broadcast_to(ground, (frame.size, frame.size, 3)).copy()
    mirrored = bool(rng.integers(0, 2))
    for left, top, right, bottom, shade in _OBJECTS[frame.index % len(_OBJECTS)]:
        rows = slice(top * frame.size // 8, bottom * frame.size // 8)
        columns = slice(left * frame.size // 8, right * frame.size // 8)
        picture[rows, columns] = shade * 27 + tint
    return picture[:, ::-1] if mirrored else picture


def _stretched(values: np.ndarray) -> np.ndarray:
    low, high = int(values.min()), int(values.max())
    return (values - low) * 255 // max(1, high - low)


_USUAL = ("uniform", "noise", "checker", "gradient", "blobs")

# The place of a kind is part of the seed of its pictures: new ones go to the end.
_KINDS: dict[str, Callable[[_Frame, np.random.Generator], np.ndarray]] = {
    "uniform": _uniform,
    "noise": _noise,
    "checker": _checker,
    "gradient": _gradient,
    "blobs": _blobs,
    "pink-noise": _spectral(-1.0),
    "brown-noise": _spectral(-2.0),
    "blue-noise": _spectral(1.0),
    "colour": _colour,
    "colour-noise": _colour_noise,
    "stripes": _stripes,
    "radial": _radial,
    "objects": _objects,
}


def control_image(
    kind: str, index: int, *, n_per_kind: int = 10, size: int = 96, seed: int = 0
) -> np.ndarray:
    """Return one negative control.

    Parameters
    ----------
    kind
        ``uniform``, ``noise`` (white), ``checker``, ``gradient``, ``blobs``; ``pink-noise``,
        ``brown-noise`` and ``blue-noise``, whose amplitude goes with frequency to the −1 (as
        in photographs), −2 and +1; ``colour``, ``colour-noise``, ``stripes``, ``radial`` or
        ``objects``.
    index
        Which of its kind, from 0.
    n_per_kind, size, seed
        As in the options of the dataset; ``size`` in pixels.

    Returns
    -------
    numpy.ndarray
        Shape ``(size, size, 3)``, ``uint8``; three equal channels unless the kind has colours
        (``colour``, ``colour-noise``, ``objects``).

    Examples
    --------
    >>> control_image("uniform", 9)[0, 0].tolist()
    [255, 255, 255]
    """
    # A stream of its own for each picture: asking for more leaves the first ones as they are.
    rng = np.random.default_rng([seed, list(_KINDS).index(kind), index])
    made = _KINDS[kind](_Frame(index, n_per_kind, size), rng).clip(0, 255).astype(np.uint8)
    return made if made.ndim == 3 else np.repeat(made[:, :, None], 3, axis=2)


# --- shared with the control sounds ---------------------------------------------------------


def whole_options(given: Mapping[str, Any], bounds: Bounds, faults: Faults) -> dict[str, int]:
    """Return the options that are whole numbers within bounds; add a fault for each other.

    Examples
    --------
    >>> whole_options({"seed": 7}, {"seed": (0, 0, 9), "size": (8, 1, 9)}, Faults("here"))
    {'seed': 7, 'size': 8}
    """
    chosen = {}
    for name, (default, least, most) in bounds.items():
        value = given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            what = f"found {value!r}; expected a whole number from {least} to {most}"
            faults.add("bad_option", what, place=f"options.{name}")
            continue
        chosen[name] = value
    return chosen


def kinds_option(
    given: Mapping[str, Any], known: Sequence[str], usual: Sequence[str], faults: Faults
) -> tuple[str, ...]:
    """Return the kinds that are asked for, in the order of ``known``.

    Examples
    --------
    >>> kinds_option({"kinds": ["b", "a"]}, ("a", "b", "c"), ("a",), Faults("here"))
    ('a', 'b')
    """
    asked = given.get("kinds", usual)
    if not isinstance(asked, list | tuple) or not asked:
        what = f"found {asked!r}; expected a list of kinds. There are: {', '.join(known)}"
        faults.add("bad_option", what, place="options.kinds")
        return ()
    for kind in asked:
        if kind not in known:
            what = f"found {kind!r}.{guess(str(kind), known)} There are: {', '.join(known)}"
            faults.add("bad_option", what, place="options.kinds")
    twice = sorted({str(kind) for kind in asked if asked.count(kind) > 1})
    if twice:
        faults.add("bad_option", f"twice in the list: {listing(twice)}", place="options.kinds")
    return tuple(kind for kind in known if kind in asked)


def control_table(kinds: Mapping[str, str], source: MemoryImages | MemorySounds) -> Table:
    """Return the table of media that show nothing: all annotated ``none``, with their kind.

    Parameters
    ----------
    kinds
        Item → its kind, for the attribute ``control``; the item is the key of its media.
    """
    frame = pl.DataFrame(
        {
            "item": list(kinds),
            "subject": pl.Series([None] * len(kinds), dtype=pl.String),
            "annotated": [NONE_LABEL] * len(kinds),
            "media": list(kinds),
            "control": list(kinds.values()),
        }
    )
    return Table(
        frame=frame,
        attributes=("control",),
        source=source,
        digests=source.digests,
        subjects_declared=False,
    )


def _image(kind: str, index: int, options: Mapping[str, int]) -> np.ndarray:
    return control_image(kind, index, **options)


def _read(given: Mapping[str, Any]) -> Table:
    faults = Faults("dataset generated-controls")
    options = whole_options(given, _BOUNDS, faults)
    kinds = kinds_option(given, tuple(_KINDS), _USUAL, faults)
    faults.raise_if_any()
    n = options["n_per_kind"]
    keys = {f"control-{kind}-{i:03d}": (kind, i) for kind in kinds for i in range(n)}
    media = MemoryImages(lambda key: _image(*keys[key], options))
    return control_table({key: kind for key, (kind, _) in keys.items()}, media)


GENERATED_CONTROLS = NamedDataset(
    card=_CARD,
    taxonomy=TAXONOMIES["ekman6-neutral"],
    read=_read,
    options=(*_BOUNDS, "kinds"),
)
