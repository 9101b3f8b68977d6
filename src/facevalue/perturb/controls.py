"""Negative controls made from the items themselves, and two that only look like controls.

Scrambling keeps what a picture or a sound is made of (colours, frequencies, loudness) and
destroys what it shows or says. An answer to the scrambled item can come only from what was
kept, and the right answer is none.

An upside-down face still shows a face: it is a nuisance, far outside of what systems are made
for. Speech played backwards keeps the voice, its height, its loudness and its timbre, from
which people still hear something of an emotion: it takes away the words and the course in
time, so it tells what an answer hangs on and is no control.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facevalue.perturb.base import Perturbation, Role
from facevalue.perturb.image_pixels import rounded, shorter_side

__all__ = [
    "BOX_SCRAMBLE",
    "PHASE_SCRAMBLE",
    "PHASE_SCRAMBLE_SOUND",
    "REVERSED_SPEECH",
    "UPSIDE_DOWN",
    "BoxScramble",
    "PhaseScramble",
    "PhaseScrambleSound",
    "ReversedSpeech",
    "UpsideDown",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseScramble:
    """Every spatial frequency as strong as before, at a place of its own drawing.

    The phases of white noise are added to those of the picture, the same for red, green and
    blue, so that colours stay together. The mean colour is kept. Values that come to lie
    outside 0 to 255 are cut off and the rest rounded, which is all that alters amplitudes.
    Where opposite edges of a picture differ, that step is among its frequencies: level and
    upright streaks come from it.

    References
    ----------
    Oppenheim and Lim (1981), The importance of phase in signals, Proceedings of the IEEE
    69(5), 529–541: what a picture shows is in its phases.

    Examples
    --------
    >>> grey = np.full((8, 8, 3), 90, np.uint8)
    >>> int(PhaseScramble().image(grey, np.random.default_rng(0)).max())
    90
    """

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture with its phases scrambled."""
        height, width = image.shape[:2]
        turned = _turns(np.fft.rfft2(rng.standard_normal((height, width))))
        spectrum = np.fft.rfft2(image, axes=(0, 1)) * turned[:, :, None]
        return rounded(np.fft.irfft2(spectrum, s=(height, width), axes=(0, 1)))


def _turns(noise: np.ndarray) -> np.ndarray:
    """Return the phases of a spectrum as numbers of size 1; none for the mean."""
    # Taken from a real signal, they are conjugate where they have to be for a real result.
    turns = noise / np.abs(noise)
    turns.flat[0] = 1.0
    return np.asarray(turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxScramble:
    """The picture cut into squares, and the squares in another order.

    What remains at the right and lower edge is cut and shuffled in its own shape; the corner
    between them stays. So the pixels are the same as before, in other places. For crops of
    faces: in a picture of a whole scene, a small face can fit into one square and be left.

    Parameters
    ----------
    share
        Side of a square, as a share of the shorter side; at least one pixel.

    Examples
    --------
    >>> steps = np.arange(16, dtype=np.uint8).reshape(4, 4, 1).repeat(3, axis=2)
    >>> scrambled = BoxScramble(share=0.25).image(steps, np.random.default_rng(1))
    >>> bool((scrambled == steps).all()), sorted(scrambled[:, :, 0].flat) == list(range(16))
    (False, True)
    """

    share: float = 0.125

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture with its squares in another order."""
        side = max(1, int(shorter_side(image) * self.share))
        rows, columns = (n // side * side for n in image.shape[:2])
        scrambled = image.copy()
        # The whole squares; the strips at the right and at the bottom; and their corner stays.
        for top, left, height, width in (
            (0, 0, rows, columns),
            (0, columns, rows, image.shape[1] - columns),
            (rows, 0, image.shape[0] - rows, columns),
        ):
            if height and width:
                part = np.s_[top : top + height, left : left + width]
                cut = (min(side, height), min(side, width))
                scrambled[part] = _shuffled(image[part], cut, rng)
        return scrambled


def _shuffled(pixels: np.ndarray, tile: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return pixels with their tiles, which divide them without rest, in another order."""
    down, across = pixels.shape[0] // tile[0], pixels.shape[1] // tile[1]
    tiles = pixels.reshape(down, tile[0], across, tile[1], -1).swapaxes(1, 2)
    shape = tiles.shape
    mixed = tiles.reshape(down * across, *shape[2:])[rng.permutation(down * across)]
    return mixed.reshape(shape).swapaxes(1, 2).reshape(pixels.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsideDown:
    """The picture turned by half a turn.

    Examples
    --------
    >>> steps = np.arange(4, dtype=np.uint8).reshape(2, 2, 1).repeat(3, axis=2)
    >>> UpsideDown().image(steps, np.random.default_rng(0))[:, :, 0].tolist()
    [[3, 2], [1, 0]]
    """

    def image(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the picture upside down."""
        return image[::-1, ::-1].copy()


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseScrambleSound:
    """Every frequency as strong as before over the whole sound, at a time of its own drawing.

    Speech becomes steady noise with the long-term spectrum and the mean power of the speech:
    no pitch that moves, no syllable, no pause. All channels get the same phases. Samples
    beyond full scale are cut off.

    Examples
    --------
    >>> click = np.zeros((1, 64), np.float32)
    >>> click[0, 0] = 0.5
    >>> noise = PhaseScrambleSound().sound(click, 8000, np.random.default_rng(0))
    >>> spectra = [np.abs(np.fft.rfft(sound[0])) for sound in (click, noise)]
    >>> np.allclose(*spectra, atol=1e-6), round(float(np.abs(noise).max()), 2)
    (True, 0.14)
    """

    def sound(
        self,
        sound: np.ndarray,
        rate_hz: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return the sound with its phases scrambled."""
        n_samples = sound.shape[1]
        turned = _turns(np.fft.rfft(rng.standard_normal(n_samples)))
        spectrum = np.fft.rfft(sound.astype(np.float64), axis=1) * turned
        mixed = np.fft.irfft(spectrum, n=n_samples, axis=1)
        return np.asarray(mixed.clip(-1.0, 1.0), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversedSpeech:
    """The sound played backwards.

    Examples
    --------
    >>> sound = np.array([[0.0, 0.25, 0.5]], np.float32)
    >>> ReversedSpeech().sound(sound, 8000, np.random.default_rng(0)).tolist()
    [[0.5, 0.25, 0.0]]
    """

    def sound(
        self,
        sound: np.ndarray,
        rate_hz: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return the sound backwards."""
        return sound[:, ::-1].copy()


PHASE_SCRAMBLE = Perturbation(
    name="phase-scramble",
    title="Phases scrambled",
    about=(
        "Every spatial frequency keeps its strength and is moved to another place: colours and "
        "contrast stay, and nothing is shown. The right answer is none."
    ),
    media="image",
    family="scrambled",
    steps={5: PhaseScramble()},
    role=Role.CONTROL,
)

BOX_SCRAMBLE = Perturbation(
    name="box-scramble",
    title="Squares shuffled",
    about=(
        "The picture is cut into squares of an eighth of its side, which are shuffled: skin, "
        "hair and edges stay, and there is no face. The right answer is none; parts as small as "
        "one eye can still be told."
    ),
    media="image",
    family="scrambled",
    steps={5: BoxScramble()},
    role=Role.CONTROL,
)

UPSIDE_DOWN = Perturbation(
    name="upside-down",
    title="Upside down",
    about=(
        "The picture turned by half a turn. It still shows the same face, so it is no control: "
        "the answer should stay, or be withheld. People find it hard as well, and few systems "
        "are made for it."
    ),
    media="image",
    family="geometry",
    steps={5: UpsideDown()},
    role=Role.NUISANCE,
)

PHASE_SCRAMBLE_SOUND = Perturbation(
    name="phase-scramble-sound",
    title="Phases scrambled",
    about=(
        "Steady noise with the long-term spectrum and the mean power of the sound: what comes "
        "of microphone, room and timbre stays, and nobody speaks. The right answer is none."
    ),
    media="sound",
    family="scrambled",
    steps={5: PhaseScrambleSound()},
    role=Role.CONTROL,
)

REVERSED_SPEECH = Perturbation(
    name="reversed-speech",
    title="Played backwards",
    about=(
        "No word is left and every rise becomes a fall; height, loudness and timbre of the voice "
        "stay. Answers that stay hang on these and not on words; answers that go hang on words "
        "or on the course in time. It is no control: some of the emotion can still be heard."
    ),
    media="sound",
    family="voice",
    steps={5: ReversedSpeech()},
    role=Role.RELIANCE,
)
