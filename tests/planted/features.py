"""What a planted system may look at in a drawn pattern or hear in a sound of syllables."""

from __future__ import annotations

import numpy as np

from planted.pictures import INSIDE, RATE_HZ, SIDE, X, Y, bend

__all__ = [
    "bar",
    "blocks",
    "brows",
    "grey",
    "light",
    "mouth",
    "overtones",
    "rising",
    "sharpness",
    "stripes",
]

Picture = np.ndarray


def _plain(picture: Picture) -> np.ndarray:
    return picture[:, :, 1].astype(np.float64)


def _at(picture: Picture, place: tuple[np.ndarray, ...]) -> float:
    return float(picture[place[0], place[1], 1].mean())


def _apart(up: np.ndarray, down: np.ndarray) -> tuple[tuple[np.ndarray, ...], ...]:
    """Return where one line is and the other is not, and the reverse."""
    return (up & ~down).nonzero(), (down & ~up).nonzero()


def _brows_bent(by: float) -> np.ndarray:
    return np.asarray(bend(0.34, 0.18, 0.46, by) | bend(0.34, 0.54, 0.82, by))


_JOY_MOUTH, _SAD_MOUTH = _apart(bend(0.76, 0.3, 0.7, 0.055), bend(0.76, 0.3, 0.7, -0.055))
_JOY_BROWS, _SAD_BROWS = _apart(_brows_bent(-0.033), _brows_bent(0.033))
_BAR = ((np.abs(Y - 0.17) < 0.045) & (np.abs(X - 0.5) < 0.15)).nonzero()
_ABOVE_EYES = ((np.abs(Y - 0.255) < 0.02) & (np.abs(X - 0.5) < 0.15)).nonzero()
_LEFT, _RIGHT = (INSIDE & (X < 0.5)).nonzero(), (INSIDE & (X > 0.5)).nonzero()


def mouth(picture: Picture) -> float:
    """Return how much darker the mouth is where that of joy would be."""
    return _at(picture, _SAD_MOUTH) - _at(picture, _JOY_MOUTH)


def brows(picture: Picture) -> float:
    """Return how much darker the brows are where those of joy would be."""
    return _at(picture, _SAD_BROWS) - _at(picture, _JOY_BROWS)


def bar(picture: Picture) -> float:
    """Return how much darker it is where the bar of a hard person would be."""
    return _at(picture, _ABOVE_EYES) - _at(picture, _BAR)


def grey(picture: Picture) -> float:
    """Return the mean of all pixels."""
    return float(picture[:, :, 1].mean())


def light(picture: Picture) -> float:
    """Return how much lighter the left half of the face is than the right."""
    return _at(picture, _LEFT) - _at(picture, _RIGHT)


def stripes(picture: Picture) -> tuple[float, float]:
    """Return how much level and how much upright stripes there are behind the face."""
    plain = _plain(picture)
    lag = SIDE // 12
    outside = ~INSIDE
    down = np.abs(plain[lag:] - plain[:-lag])[outside[lag:] & outside[:-lag]]
    across = np.abs(plain[:, lag:] - plain[:, :-lag])[outside[:, lag:] & outside[:, :-lag]]
    return float(down.mean()), float(across.mean())


def sharpness(picture: Picture) -> float:
    """Return the largest steps between neighbours within the face: edges of eyes and mouth."""
    steps = np.abs(np.diff(_plain(picture), axis=0))[INSIDE[1:]]
    return float(np.quantile(steps, 0.985))


def blocks(picture: Picture) -> float:
    """Return how many more waves are missing from blocks of 8 pixels than from blocks between.

    Compression takes waves out of blocks on one grid; everything else knows no grid.
    """
    plain = _plain(picture)
    on_grid, between = plain, plain[4:-4, 4:-4]
    return _missing(on_grid) - _missing(between)


_WAVES = np.cos(np.pi * (np.arange(8)[None, :] + 0.5) * np.arange(8)[:, None] / 8.0) / 2.0


def _missing(plain: np.ndarray) -> float:
    """Return the share of the waves in blocks of 8 pixels that are hardly there."""
    n = plain.shape[0] // 8
    of_blocks = plain.reshape(n, 8, n, 8).swapaxes(1, 2)
    waves = _WAVES @ of_blocks @ _WAVES.T
    return float((np.abs(waves) < 1.0).mean())


def _spectrum(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mono = sound.mean(axis=0).astype(np.float64)
    return np.fft.rfftfreq(mono.size, 1.0 / RATE_HZ), np.abs(np.fft.rfft(mono)) ** 2


def overtones(sound: np.ndarray) -> float:
    """Return the power of overtones against that of the tone, in dB."""
    hz, power = _spectrum(sound)
    high, low = power[(hz > 1_000) & (hz < 3_400)].sum(), power[(hz > 150) & (hz < 420)].sum()
    return float(10.0 * np.log10((high + 1e-12) / (low + 1e-12)))


def rising(sound: np.ndarray) -> float:
    """Return by how many hertz the second half is higher than the first."""
    half = sound.shape[1] // 2
    heights = []
    for part in (sound[:, :half], sound[:, half:]):
        hz, power = _spectrum(part)
        voiced = (hz > 150) & (hz < 420)
        heights.append(float((hz[voiced] * power[voiced]).sum() / max(power[voiced].sum(), 1e-12)))
    return heights[1] - heights[0]
