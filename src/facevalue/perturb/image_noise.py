"""Noise of sensors and of transmission, and the smallest change there is.

Strengths are those at 64 pixels, where severity is measured: in pictures of other sizes noise is
stronger by what is lost on the way there, up to a half (`image_pixels.noise_gain`).
Counts of photons are drawn from a normal distribution with the variance of the Poisson one,
which is twenty times as fast; below about ten photons the two differ in shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.image_pixels import grain, looked_up, noise_gain, shorter_side
from facevalue.perturb.measure import import_cv2

__all__ = [
    "GAUSSIAN_NOISE",
    "IMPULSE_NOISE",
    "LEAST_CHANGE",
    "LOW_LIGHT",
    "SHOT_NOISE",
    "GaussianNoise",
    "ImpulseNoise",
    "LeastChange",
    "LowLight",
    "ShotNoise",
]

_SHARES = np.arange(256, dtype=np.float64) / 255.0
_GAMMA = 2.2
_CODES = 4096  # a sensor of 12 bits


def _noise(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw normal noise that has a standard deviation of 1 where the picture is measured."""
    return grain(image, rng) * np.float32(noise_gain(shorter_side(image)))


def _added(image: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Return the sum, rounded and cut off."""
    cv2 = import_cv2()
    return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U))


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianNoise:
    """Add normal noise of the same strength everywhere.

    Parameters
    ----------
    sigma
        Standard deviation as a share of 255, at 64 pixels.

    Examples
    --------
    >>> grey = np.full((64, 64, 3), 128, np.uint8)
    >>> noisy = GaussianNoise(sigma=0.1).image(grey, np.random.default_rng(1))
    >>> round(float(noisy.std()) / 255, 2)
    0.1
    """

    sigma: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the noisy picture."""
        return _added(image, _noise(image, rng) * np.float32(255.0 * self.sigma))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShotNoise:
    """Count photons: noise that grows with the square root of the value.

    Parameters
    ----------
    photons
        How many make white, at 64 pixels; fewer are noisier.
    """

    photons: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the noisy picture."""
        sigmas = (255.0 * np.sqrt(_SHARES / self.photons)).astype(np.float32)
        return _added(image, _noise(image, rng) * looked_up(image, sigmas))


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpulseNoise:
    """Make some grains black and as many white.

    Parameters
    ----------
    share
        Share of grains that are hit, at 64 pixels.
    """

    share: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the speckled picture."""
        drawn = grain(image, rng, channels=1, uniform=True)
        half = min(1.0, self.share * noise_gain(shorter_side(image)) ** 2) / 2
        changed = image.copy()
        changed[drawn < half] = 0
        changed[drawn > 1.0 - half] = 255
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class LowLight:
    """Take the picture again with little light: darker, and with the noise of a sensor.

    Values are turned into light (power 2.2), counted as electrons with shot and read noise, and
    turned back, brighter again by what a camera makes up for.

    Parameters
    ----------
    electrons
        What white comes to in a pixel, at 64 pixels; a day's light gives 10,000.
    read
        Standard deviation of what reading out adds, in electrons.
    white
        Where white lies in the new picture, as a share of 255.
    """

    electrons: float
    white: float
    read: float = 2.5

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture taken in the dark."""
        light = _SHARES**_GAMMA * self.electrons
        sigmas = np.sqrt(light + self.read**2)
        # The ADC of the camera: 12 bits up to 1.5 times white.
        to_code = _CODES / (1.5 * self.electrons)
        signal = looked_up(image, (light * to_code).astype(np.float32))
        signal += _noise(image, rng) * looked_up(image, (sigmas * to_code).astype(np.float32))
        codes = signal.clip(0, _CODES - 1).astype(np.uint16)
        shares = (np.arange(_CODES) + 0.5) / _CODES * 1.5
        tones = np.rint(255.0 * self.white * shares ** (1.0 / _GAMMA)).clip(0, 255)
        return np.asarray(tones.astype(np.uint8).take(codes))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastChange:
    """Change a few pixels by one step of 255, up or down.

    Parameters
    ----------
    share
        Share of pixels that are changed; at least one is.
    """

    share: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the hardly changed picture."""
        n_pixels = image.shape[0] * image.shape[1]
        n = max(1, round(self.share * n_pixels))
        places = rng.choice(n_pixels, n, replace=False)
        ups = rng.random(n) < 0.5
        changed = image.reshape(n_pixels, 3).copy()
        old = changed[places].astype(np.int16)
        new = old + np.where(ups, 1, -1)[:, None]
        # Black can only get brighter and white only darker.
        new = np.where((new < 0) | (new > 255), 2 * old - new, new)
        changed[places] = new.astype(np.uint8)
        return changed.reshape(image.shape)


GAUSSIAN_NOISE = Perturbation(
    name="gaussian-noise",
    title="Normal noise",
    about="Normal noise of one strength, each channel its own: electronics.",
    media="image",
    family="noise",
    steps={
        s: GaussianNoise(sigma=x)
        for s, x in {1: 0.0197, 2: 0.0338, 3: 0.0536, 4: 0.083, 5: 0.141}.items()
    },
    covers=("ImageNet-C: gaussian noise",),
)
SHOT_NOISE = Perturbation(
    name="shot-noise",
    title="Shot noise",
    about="Few photons: noise that grows with the square root of the value.",
    media="image",
    family="noise",
    steps={s: ShotNoise(photons=x) for s, x in {1: 1330, 2: 414, 3: 168, 4: 66, 5: 22}.items()},
    covers=("ImageNet-C: shot noise", "ImageNet-C: speckle noise"),
)
IMPULSE_NOISE = Perturbation(
    name="impulse-noise",
    title="Black and white specks",
    about="Some grains black, as many white: dead pixels, faults of transmission.",
    media="image",
    family="noise",
    steps={
        s: ImpulseNoise(share=x)
        for s, x in {1: 0.004, 2: 0.0097, 3: 0.0215, 4: 0.0417, 5: 0.0845}.items()
    },
    covers=("ImageNet-C: impulse noise",),
)
LOW_LIGHT = Perturbation(
    name="low-light",
    title="Low light",
    about="Taken with little light: darker, with shot and read noise, partly made up for.",
    media="image",
    family="noise",
    steps={
        s: LowLight(electrons=x, white=w)
        for s, (x, w) in {
            1: (965, 0.9),
            2: (300, 0.85),
            3: (129, 0.8),
            4: (67, 0.7),
            5: (29, 0.6),
        }.items()
    },
    covers=("ImageNet-C: shot noise",),
)
LEAST_CHANGE = Perturbation(
    name="least-change",
    title="Smallest change",
    about=(
        "One step of 255 up or down in one percent of the pixels. Below the scale: the floor that "
        "other changes are held against."
    ),
    media="image",
    family="noise",
    steps={1: LeastChange(share=0.01)},
)
