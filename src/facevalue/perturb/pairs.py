"""Changes that need a second item: its background behind this face, its pauses around this voice.

A swap between classes tells what the part that is swapped is worth only beside a swap within a
class, which draws the same edges and brings no other label: hence two of each, which differ in the
partner alone (`facevalue.perturb.partners`).

Nothing is cut out by recognition. The face is taken to fill the middle ellipse of an upright
crop; around it, a soft edge mixes both pictures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from facevalue.canonical import digest
from facevalue.domain.predictions import Media
from facevalue.errors import InputError
from facevalue.perturb.base import SEVERITIES
from facevalue.perturb.image_pixels import rounded
from facevalue.perturb.measure import resized
from facevalue.perturb.reliance import FACE, Ellipse
from facevalue.perturb.reliance_sound import SPEECH, Gate, fades

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "PAIRS",
    "AppliedPair",
    "ImagePairChange",
    "PairPerturbation",
    "SoundPairChange",
    "SwapBackground",
    "SwapFace",
    "SwapPauses",
]

Partner = Literal["other-label", "same-label"]


class ImagePairChange(Protocol):
    """A change of pixels by those of another picture."""

    def image_pair(
        self, image: np.ndarray, other: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return a changed copy of ``image``, of its shape; RGB, ``uint8``."""
        ...


class SoundPairChange(Protocol):
    """A change of samples by those of another sound."""

    def sound_pair(
        self,
        sound: np.ndarray,
        rate_hz: int,
        other: np.ndarray,
        other_rate_hz: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return a changed copy of ``sound``, of its shape; ``float32`` in [−1, 1]."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapBackground:
    """The middle ellipse of this picture before the other picture.

    The other picture is cut at its sides, or above and below, to the proportions of this one
    and brought to its size.

    Parameters
    ----------
    soft
        Width of the edge, as a share of the way from the middle to the edge of the ellipse;
        half of it on either side.

    Examples
    --------
    >>> this, other = (np.full((9, 9, 3), grey, np.uint8) for grey in (40, 200))
    >>> made = SwapBackground().image_pair(this, other, np.random.default_rng(0))
    >>> int(made[4, 4, 0]), int(made[0, 0, 0])
    (40, 200)
    """

    ellipse: Ellipse = FACE
    soft: float = 0.2

    def image_pair(
        self,
        image: np.ndarray,
        other: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return this face before the other background."""
        behind = _fitted(other, *image.shape[:2])
        return _before(image, behind, self.ellipse, self.soft)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapFace:
    """The middle ellipse of the other picture before this picture: the reverse.

    The answer that goes with this item's label is read from the background.

    Examples
    --------
    >>> this, other = (np.full((9, 9, 3), grey, np.uint8) for grey in (40, 200))
    >>> made = SwapFace().image_pair(this, other, np.random.default_rng(0))
    >>> int(made[4, 4, 0]), int(made[0, 0, 0])
    (200, 40)
    """

    ellipse: Ellipse = FACE
    soft: float = 0.2

    def image_pair(
        self,
        image: np.ndarray,
        other: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return the other face before this background."""
        face = _fitted(other, *image.shape[:2])
        return _before(face, image, self.ellipse, self.soft)


def _before(face: np.ndarray, behind: np.ndarray, ellipse: Ellipse, soft: float) -> np.ndarray:
    """Return the ellipse of one picture before another of its size."""
    inside = _soft(ellipse.depth(*face.shape[:2]), soft)[:, :, None]
    return rounded(inside * face + (1.0 - inside) * behind)


def _soft(depth: np.ndarray, soft: float) -> np.ndarray:
    """Return weights from 0 outside of the ellipse to 1 within, half on its edge."""
    return np.asarray((depth / max(soft, 1e-9) + 0.5).clip(0.0, 1.0))


def _fitted(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the middle of a picture in the given proportions, at the given size."""
    rows, columns = image.shape[:2]
    wanted_rows = min(rows, max(1, round(columns * height / width)))
    wanted_columns = min(columns, max(1, round(rows * width / height)))
    top, left = (rows - wanted_rows) // 2, (columns - wanted_columns) // 2
    cut = image[top : top + wanted_rows, left : left + wanted_columns]
    return resized(np.ascontiguousarray(cut), height, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapPauses:
    """The pauses of this sound filled with noise like that in the pauses of the other.

    The spectrum and the level of the other recording's background are taken from its quietest
    moments, one tenth of them; what fills the pauses of this sound is steady noise of that
    spectrum. This recording's own background goes on under its speech, where it cannot be
    taken away. A sound without pauses stays as it is. Another that begins or ends in digital
    silence has that for its background.

    Parameters
    ----------
    quietest
        Share of the other sound's moments, of 32 ms, from which its background is taken.

    Examples
    --------
    >>> speech, room = np.zeros((1, 8000), np.float32), np.full((1, 8000), 0.0, np.float32)
    >>> speech[0, 3000:5000] = 0.5
    >>> room[0] = 0.01 * np.random.default_rng(1).standard_normal(8000)
    >>> rng = np.random.default_rng(0)
    >>> made = SwapPauses(quietest=1.0).sound_pair(speech, 8000, room, 8000, rng)
    >>> round(float(made[0, :2000].std()), 3), float(made[0, 4000])
    (0.01, 0.5)
    """

    gate: Gate = SPEECH
    quietest: float = 0.1

    def sound_pair(
        self,
        sound: np.ndarray,
        rate_hz: int,
        other: np.ndarray,
        other_rate_hz: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return this speech with the other recording's background in its pauses."""
        n_samples = sound.shape[1]
        speech = fades(self.gate.loud(sound, rate_hz), rate_hz)
        hz, density = self._background(other, other_rate_hz)
        drawn = np.fft.rfft(rng.standard_normal(n_samples))
        # Where the other was recorded at a lower rate, nothing is known above half of that.
        at = np.fft.rfftfreq(n_samples, 1.0 / rate_hz)
        gain = np.sqrt(np.interp(at, hz, density, right=0.0) * rate_hz / 2.0)
        noise = np.fft.irfft(drawn * gain, n=n_samples)
        mixed = speech * sound + (1.0 - speech) * noise
        return np.asarray(mixed.clip(-1.0, 1.0), dtype=np.float32)

    def _background(self, other: np.ndarray, rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
        """Return frequencies and the power density of the quietest moments, per hertz."""
        mono = other.mean(axis=0, dtype=np.float64)
        width = max(2, round(0.032 * rate_hz))
        padded = np.pad(mono, (0, max(0, width - mono.size)))
        moments = np.lib.stride_tricks.sliding_window_view(padded, width)[:: width // 2]
        n_quiet = max(1, round(self.quietest * len(moments)))
        order = np.argsort(np.mean(moments**2, axis=1), kind="stable")
        window = np.hanning(width + 1)[:-1]
        power = np.abs(np.fft.rfft(moments[order[:n_quiet]] * window, axis=1)) ** 2
        density = 2.0 * power.mean(axis=0) / (rate_hz * np.sum(window**2))
        return np.fft.rfftfreq(width, 1.0 / rate_hz), density


@dataclass(frozen=True, kw_only=True)
class PairPerturbation:
    """A kind of change that needs a partner for every item.

    Parameters
    ----------
    partner
        Who the partner is: an item of another subject, with another annotated label or with the
        same. `facevalue.perturb.partners.choose_partners` finds them.
    severity
        Band of the measure that the change falls into.
    name, title, about, media, family, version
        As in `facevalue.perturb.base.Perturbation`.

    Examples
    --------
    >>> swap = PAIRS["swap-background"].with_seed(0)
    >>> swap.condition, swap.identity["partner"]
    ('swap-background:3', 'other-label')
    """

    name: str
    title: str
    about: str
    media: Literal["image", "sound"]
    family: str
    severity: int
    change: ImagePairChange | SoundPairChange
    partner: Partner
    version: int = 1

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"{self.name}: the severity is one from 1 to 5")

    def with_seed(self, seed: int) -> AppliedPair:
        """Return the perturbation with a seed: what is done to every item and its partner."""
        return AppliedPair(perturbation=self, seed=seed)


@dataclass(frozen=True, kw_only=True)
class AppliedPair:
    """A pair perturbation with a seed: what is done to every item and its partner."""

    perturbation: PairPerturbation
    seed: int

    @property
    def condition(self) -> str:
        """As it stands in findings: ``swap-background:3``."""
        return f"{self.perturbation.name}:{self.perturbation.severity}"

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that decides what is done, but for the partner's media."""
        return {
            "name": self.perturbation.name,
            "version": self.perturbation.version,
            "severity": self.perturbation.severity,
            "parameters": asdict(self.perturbation.change),  # type: ignore[call-overload]  # all are dataclasses
            "partner": self.perturbation.partner,
            "seed": self.seed,
        }

    def apply(self, media: Media, other_media: Media) -> Media:
        """Return the changed media: same item, another digest, no file.

        The draws depend on the seed, the name and both media, and on nothing else.

        Raises
        ------
        InputError
            If either are not of the kind that it changes.
        """
        both = [media.sha256, other_media.sha256]
        name = digest([self.perturbation.name, *both])
        rng = np.random.default_rng([self.seed, int(name[:16], 16)])
        sha256 = digest([*both, digest(self.identity)])
        change: Any = self.perturbation.change
        if self.perturbation.media == "image":
            if media.image is None or other_media.image is None:
                raise InputError(f"{self.perturbation.name} changes pictures, and this is none")
            image = change.image_pair(media.image, other_media.image, rng)
            return replace(media, image=image, sha256=sha256, path=None)
        these, others = (_samples(m, self.perturbation.name) for m in (media, other_media))
        sound = change.sound_pair(*these, *others, rng)
        return replace(media, sound=sound, sha256=sha256, path=None)


def _samples(media: Media, name: str) -> tuple[np.ndarray, int]:
    if media.sound is None or media.rate_hz is None:
        raise InputError(f"{name} changes sounds, and this is none")
    return media.sound, media.rate_hz


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """A swap before it is said whose partner is wanted."""

    name: str
    title: str
    about: str
    media: Literal["image", "sound"]
    severity: int
    change: ImagePairChange | SoundPairChange

    def between(self) -> PairPerturbation:
        about = f"{self.about} The other is of another subject and annotated with another label."
        return self._made("", "", about, "other-label")

    def within(self) -> PairPerturbation:
        about = (
            f"{self.about} The other is of another subject and annotated with the same label: "
            f"{self.name} is held against it, which does the same and brings another label."
        )
        return self._made("-same-label", ", same label", about, "same-label")

    def _made(self, name: str, title: str, about: str, partner: Partner) -> PairPerturbation:
        return PairPerturbation(
            name=self.name + name,
            title=self.title + title,
            about=about,
            media=self.media,
            family="swaps",
            severity=self.severity,
            change=self.change,
            partner=partner,
        )


_KINDS = (
    _Kind(
        name="swap-background",
        title="Another background",
        about="The middle ellipse of the picture before another picture, with a soft edge.",
        media="image",
        severity=3,
        change=SwapBackground(),
    ),
    _Kind(
        name="swap-face",
        title="Another face",
        about="The middle ellipse of another picture before this picture, with a soft edge.",
        media="image",
        severity=5,
        change=SwapFace(),
    ),
    _Kind(
        name="swap-pauses",
        title="Pauses of another recording",
        about="The pauses filled with noise like that in the pauses of another recording.",
        media="sound",
        severity=1,
        change=SwapPauses(),
    ),
)

PAIRS: Mapping[str, PairPerturbation] = {
    made.name: made for kind in _KINDS for made in (kind.between(), kind.within())
}
"""Every pair perturbation, by name."""
