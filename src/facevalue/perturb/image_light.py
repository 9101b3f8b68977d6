"""How bright, how contrasted and of what colour the picture is: tables of 256 values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation
from facevalue.perturb.image_pixels import distance, looked_up, rounded
from facevalue.perturb.measure import import_cv2

__all__ = [
    "BACKLIGHT",
    "BRIGHTNESS_DOWN",
    "BRIGHTNESS_UP",
    "COLOUR_CAST",
    "CONTRAST_DOWN",
    "CONTRAST_UP",
    "GAMMA_DOWN",
    "GAMMA_UP",
    "GREY",
    "Backlight",
    "Brightness",
    "ColourCast",
    "Contrast",
    "Gamma",
    "Grey",
]

_VALUES = np.arange(256, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brightness:
    """Multiply every value.

    Parameters
    ----------
    gain
        Above 1 brighter, below 1 darker.

    Examples
    --------
    >>> Brightness(gain=1.5).image(np.full((1, 1, 3), 100, np.uint8), None).tolist()
    [[[150, 150, 150]]]
    """

    gain: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the brighter or darker picture."""
        return looked_up(image, rounded(_VALUES * self.gain))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Bring every value closer to the picture's mean, or further from it.

    Parameters
    ----------
    factor
        What distances from the mean are multiplied by.
    """

    factor: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture with another contrast."""
        mean = float(image.mean())
        return looked_up(image, rounded(mean + (_VALUES - mean) * self.factor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gamma:
    """Raise every value, as a share of 255, to a power.

    Parameters
    ----------
    exponent
        Above 1 the middle gets darker, below 1 brighter; black and white stay.
    """

    exponent: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture with another tone curve."""
        return looked_up(image, rounded(255.0 * (_VALUES / 255.0) ** self.exponent))


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourCast:
    """Tint the picture in a drawn hue.

    Parameters
    ----------
    strength
        The three channels are multiplied by 1 + strength × cosine of angles a third of a
        turn apart.
    """

    strength: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the tinted picture."""
        angle = rng.uniform(0.0, 2.0 * math.pi) + np.arange(3) * (2.0 * math.pi / 3.0)
        gains = 1.0 + self.strength * np.cos(angle)
        return looked_up(image, rounded(_VALUES[:, None] * gains[None, :]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grey:
    """Take the colour away; weights 0.299, 0.587, 0.114 (ITU-R BT.601)."""

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the grey picture, three equal channels."""
        cv2 = import_cv2()
        return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlight:
    """Darken the middle and flood what is about it with light, as before a window.

    Parameters
    ----------
    strength
        0 to 1: share of the light that the middle loses; the surroundings go as far to white.
    """

    strength: float

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture lit from behind."""
        # 0 on the face, 1 about it, with a soft edge; the face fills most of the crop.
        about = ((distance(image, 0.5, 0.55) - 0.38) / 0.2).clip(0.0, 1.0)[:, :, None]
        flood = about * np.float32(self.strength)
        dim = np.float32(1.0) - (1 - about) * np.float32(self.strength)
        return rounded(image * (dim * (1 - flood)) + flood * np.float32(255.0))


BRIGHTNESS_UP = Perturbation(
    name="brightness-up",
    title="Brighter",
    about="All values multiplied by one number, cut off at white: overexposed.",
    media="image",
    family="light",
    steps={s: Brightness(gain=g) for s, g in {1: 1.23, 2: 1.4, 3: 1.62, 4: 1.97, 5: 2.9}.items()},
    covers=("ImageNet-C: brightness",),
)
BRIGHTNESS_DOWN = Perturbation(
    name="brightness-down",
    title="Darker",
    about="All values multiplied by one number below 1: underexposed, without noise.",
    media="image",
    family="light",
    steps={
        s: Brightness(gain=g) for s, g in {1: 0.79, 2: 0.67, 3: 0.565, 4: 0.46, 5: 0.33}.items()
    },
    covers=("ImageNet-C: brightness",),
)
CONTRAST_UP = Perturbation(
    name="contrast-up",
    title="More contrast",
    about="Values moved away from the picture's mean, cut off at black and white.",
    media="image",
    family="light",
    steps={s: Contrast(factor=f) for s, f in {1: 1.24, 2: 1.52, 3: 1.97, 4: 3.0, 5: 13.0}.items()},
    covers=("ImageNet-C: contrast",),
)
CONTRAST_DOWN = Perturbation(
    name="contrast-down",
    title="Less contrast",
    about="Values moved towards the picture's mean.",
    media="image",
    family="light",
    steps={
        s: Contrast(factor=f) for s, f in {1: 0.775, 2: 0.605, 3: 0.455, 4: 0.3, 5: 0.14}.items()
    },
    covers=("ImageNet-C: contrast",),
)
GAMMA_UP = Perturbation(
    name="gamma-up",
    title="Darker middle tones",
    about="A tone curve that darkens the middle; black and white stay.",
    media="image",
    family="light",
    steps={s: Gamma(exponent=e) for s, e in {1: 1.35, 2: 1.6, 3: 2.0, 4: 2.5, 5: 3.5}.items()},
)
GAMMA_DOWN = Perturbation(
    name="gamma-down",
    title="Brighter middle tones",
    about="A tone curve that brightens the middle; black and white stay.",
    media="image",
    family="light",
    steps={s: Gamma(exponent=e) for s, e in {1: 0.7, 2: 0.52, 3: 0.355, 4: 0.22, 5: 0.095}.items()},
)
COLOUR_CAST = Perturbation(
    name="colour-cast",
    title="Tinted",
    about="A tint of a drawn hue: wrong white balance, or coloured light.",
    media="image",
    family="light",
    steps={s: ColourCast(strength=g) for s, g in {1: 0.32, 2: 0.505, 3: 0.705, 4: 0.95}.items()},
)
GREY = Perturbation(
    name="grey",
    title="Without colour",
    about="Brightness only. There is no scale, and grey pictures stay as they are.",
    media="image",
    family="light",
    steps={1: Grey()},
)
BACKLIGHT = Perturbation(
    name="backlight",
    title="Lit from behind",
    about="The middle darker and what is about it flooded with light: a face before a window.",
    media="image",
    family="light",
    steps={
        s: Backlight(strength=g)
        for s, g in {1: 0.135, 2: 0.235, 3: 0.335, 4: 0.455, 5: 0.6}.items()
    },
)
