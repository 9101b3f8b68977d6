"""Drawn patterns with a label in them, and sounds of syllables: nobody's face, nobody's voice.

A picture has two brows and a mouth that both bend by its label, stripes behind that mostly go
with the label, light from one side, and the brightness of its person; those of group b are
darker. Whether answers are hard to get about a person shows in a bar above the brows. A sound has
syllables that rise or fall in height, which is what is said, and overtones that are strong or
weak, which is the voice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from facevalue.canonical import digest
from facevalue.dataset import Dataset
from facevalue.dataset.memory import MemoryImages, MemorySounds
from facevalue.domain import Taxonomy

__all__ = [
    "INSIDE",
    "LABELS",
    "RATE_HZ",
    "SIDE",
    "Population",
    "X",
    "Y",
    "bend",
    "pictures",
    "sounds",
]

LABELS = ("joy", "sadness")
TWO = Taxonomy("two", LABELS)
SIDE = 64
RATE_HZ = 8_000
SECONDS = 2.0

Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who is asked about.

    Parameters
    ----------
    people
        How many.
    items
        Items of each, on average; from two upwards, geometric: a few people have many.
    in_b
        Share of people in group ``b``; the others are in ``a``.
    """

    people: int = 40
    items: int = 4
    in_b: float = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    name: str
    group: str
    grey: float
    is_hard: bool
    n_items: int


def _people(of: Population, rng: Rng) -> list[_Person]:
    n_b = max(5, round(of.in_b * of.people))
    people = []
    for i in range(of.people):
        group = "b" if i < n_b else "a"
        grey = float(rng.uniform(88.0, 118.0))
        if group == "b":
            grey -= 24.0
        is_hard = bool(rng.random() < 0.2)
        n_items = 1 + int(rng.geometric(1.0 / max(of.items - 1, 1)))
        people.append(
            _Person(
                name=f"p{i:02d}",
                group=group,
                grey=grey,
                is_hard=is_hard,
                n_items=min(n_items, 4 * of.items),
            )
        )
    return people


def _dataset(
    name: str, rows: list[Mapping[str, str]], source: object, digests: list[str]
) -> Dataset:
    items = pl.DataFrame(rows).with_columns(pl.Series("sha256", digests))
    order = ["item", "subject", "annotated", "media", "sha256"]
    items = items.select(*order, pl.exclude(order))
    return Dataset(
        id=name, items=items, taxonomy=TWO, attributes=("group",), sha256=digest(digests),
        source=source,  # type: ignore[arg-type]  # one of two sources in memory
    )  # fmt: skip


def pictures(of: Population, seed: int) -> Dataset:
    """Return drawn patterns of ``of.people`` people."""
    rng = np.random.default_rng([seed, 1])
    images: dict[str, np.ndarray] = {}
    rows: list[Mapping[str, str]] = []
    for person in _people(of, rng):
        for k in range(person.n_items):
            label = int(rng.integers(2))
            key = f"{person.name}-{k}-{LABELS[label]}"
            images[key] = _picture(person, label, rng)
            rows.append({"item": key, "subject": person.name, "annotated": LABELS[label],
                         "media": key, "group": person.group})  # fmt: skip
    # Not in the order of people, so that who is asked with whom says nothing.
    rows = [rows[i] for i in rng.permutation(len(rows))]
    source = MemoryImages(images.__getitem__)
    digests = [str(d) for d in source.digests([row["media"] for row in rows])]
    return _dataset("drawn", rows, source, digests)


Y, X = ((np.mgrid[0:SIDE, 0:SIDE] + 0.5) / SIDE).astype(np.float64)
INSIDE = ((X - 0.5) / 0.38) ** 2 + ((Y - 0.5) / 0.48) ** 2 < 1.0


def bend(at: float, left: float, right: float, down: float) -> np.ndarray:
    """Return a line that bends by ``down`` in its middle, a twentieth of the side strong."""
    across = (2.0 * X - left - right) / (right - left)
    height = at + down * (0.5 - across**2)
    line: np.ndarray = (np.abs(Y - height) < 0.025) & (np.abs(across) <= 1.0)
    return line


def _picture(person: _Person, label: int, rng: Rng) -> np.ndarray:
    bends = 0.055 if label == 0 else -0.055
    # Mostly the stripes go with the label: level for joy, upright for sadness.
    is_level = (label == 0) == bool(rng.random() < 0.85)
    phase = rng.uniform(0.0, 1.0)
    stripes = np.where(np.sin(2.0 * np.pi * ((Y if is_level else X) * 6.0 + phase)) > 0, 1.0, -1.0)
    strong = 24.0 if rng.random() < 0.6 else 10.0
    light = float(rng.choice([-26.0, 0.0, 26.0])) + float(rng.uniform(-4.0, 4.0))
    drawn = person.grey + np.where(INSIDE, 12.0, strong * stripes)
    drawn += light * (0.5 - X) * 2.0
    mouth = bend(0.76, 0.3, 0.7, bends)
    brows = bend(0.34, 0.18, 0.46, -0.6 * bends) | bend(0.34, 0.54, 0.82, -0.6 * bends)
    eyes = ((X - 0.34) ** 2 + (Y - 0.44) ** 2 < 0.0014) | (
        (X - 0.66) ** 2 + (Y - 0.44) ** 2 < 0.0014
    )
    drawn[mouth | brows | eyes] -= 46.0
    if person.is_hard:
        drawn[(np.abs(Y - 0.17) < 0.045) & (np.abs(X - 0.5) < 0.15)] -= 40.0
    drawn += rng.normal(0.0, 3.0, drawn.shape)
    grey = drawn.round().clip(0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def sounds(of: Population, seed: int) -> Dataset:
    """Return sounds of syllables of ``of.people`` people."""
    rng = np.random.default_rng([seed, 2])
    made: dict[str, np.ndarray] = {}
    rows: list[Mapping[str, str]] = []
    for person in _people(of, rng):
        for k in range(person.n_items):
            label, rises = int(rng.integers(2)), bool(rng.random() < 0.5)
            key = f"{person.name}-{k}"
            made[key] = _sound(label, rng, rises=rises, height=0.9 + 0.002 * person.grey)
            rows.append({"item": key, "subject": person.name, "annotated": LABELS[label],
                         "media": key, "group": person.group,
                         "text": "up" if rises else "down"})  # fmt: skip
    source = MemorySounds(sound=made.__getitem__, rate_hz=RATE_HZ)
    digests = [str(d) for d in source.digests([row["media"] for row in rows])]
    return _dataset("syllables", rows, source, digests)


def _sound(label: int, rng: Rng, *, rises: bool, height: float) -> np.ndarray:
    """Return eight syllables that go up or down; joy has strong overtones."""
    n = int(SECONDS * RATE_HZ)
    t = np.arange(n) / RATE_HZ
    step = np.minimum((t / SECONDS * 8).astype(int), 7)
    steps = step if rises else 7 - step
    hz = height * (180.0 + 18.0 * steps)
    phase = 2.0 * np.pi * np.cumsum(hz) / RATE_HZ
    over = 0.6 if label == 0 else 0.12
    voice = np.sin(phase) + over * (np.sin(6.0 * phase) + np.sin(8.0 * phase))
    loud = np.sin(np.pi * (t / SECONDS * 8 % 1.0)) ** 0.5
    samples = 0.15 * voice * loud + rng.normal(0.0, 0.003, n)
    return samples.clip(-1.0, 1.0).astype(np.float32)[None, :]
