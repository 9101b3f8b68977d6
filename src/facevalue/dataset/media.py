"""Media files of a dataset: found inside their root, bounded, digested, decoded.

Nothing is followed out of the root, symbolic links included. Sizes are looked up before
anything is unpacked. A file that turns out to be damaged is a `Failure`, which is data.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

import numpy as np

from facevalue.canonical import digest_bytes, digest_stream
from facevalue.domain import Failure, FailureKind, Media
from facevalue.errors import InputError, MissingExtraError
from facevalue.tables.faults import Faults

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["IMAGES", "SOUNDS", "FolderMedia", "MediaLimits", "decode_image", "decode_sound"]

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".webp")
SOUNDS = (".wav", ".flac", ".ogg")
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
_SOUND_FORMATS = ("WAV", "WAVEX", "RF64", "FLAC", "OGG")

# What Pillow's decoders raise on damaged bytes; its own documentation names no closed list.
_DAMAGED = (OSError, ValueError, SyntaxError, struct.error, EOFError, IndexError, OverflowError)

_FILES_A_TASK = 64

# Pillow warns before we can look at the size; filters of warnings belong to the process.
_FILTERS = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """How large media may be: pixels, bytes of a file, seconds and channels of a sound."""

    max_pixels: int = 64_000_000
    max_bytes: int = 256 << 20
    max_seconds: float = 1_800.0
    max_channels: int = 8


class _DamagedError(ValueError):
    """The bytes cannot be decoded; the message says why, without naming a file."""


class _TooLargeError(_DamagedError):
    """The media would unfold to more than is allowed."""


def _pillow() -> Any:
    try:
        import PIL.Image
        import PIL.ImageOps
    except ImportError as error:
        raise MissingExtraError("pillow", "images") from error
    return PIL


def _soundfile() -> Any:
    try:
        import soundfile
    except ImportError as error:
        raise MissingExtraError("soundfile", "sound") from error
    return soundfile


def _open_image(stream: Any, limits: MediaLimits) -> Image.Image:
    """Read the header of an image and hold its size against the limit."""
    pil = _pillow()
    try:
        with _FILTERS, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image: Image.Image = pil.Image.open(stream, formats=_FORMATS)
    except pil.Image.DecompressionBombError as error:
        raise _TooLargeError(f"more than {limits.max_pixels:,} pixels") from error
    except _DAMAGED as error:
        raise _DamagedError("not a readable PNG, JPEG, BMP or WebP image") from error
    n_pixels = image.size[0] * image.size[1]
    if n_pixels > limits.max_pixels:
        what = f"{n_pixels:,} pixels; at most {limits.max_pixels:,} are read"
        raise _TooLargeError(what)
    return image


def decode_image(data: bytes, limits: MediaLimits | None = None) -> np.ndarray:
    """Decode a PNG, JPEG, BMP or WebP image; the first picture of an animation.

    The orientation in EXIF is applied. Grey becomes three equal channels, 16-bit values are
    scaled to 8 bits, transparency is dropped.

    Returns
    -------
    numpy.ndarray
        Shape ``(height, width, 3)``, RGB, ``uint8``.

    Raises
    ------
    ValueError
        If the bytes are damaged, or the image has more pixels than allowed.
    MissingExtraError
        If Pillow is not installed.

    Examples
    --------
    >>> from PIL import Image
    >>> stream = io.BytesIO()
    >>> Image.new("L", (3, 2), 7).save(stream, "PNG")
    >>> decode_image(stream.getvalue()).shape
    (2, 3, 3)
    """
    pil = _pillow()
    with _open_image(io.BytesIO(data), limits or MediaLimits()) as image:
        try:
            image.load()
            turned = pil.ImageOps.exif_transpose(image)
        except _DAMAGED as error:
            raise _DamagedError("the image is damaged") from error
    if turned.mode.startswith("I"):
        # Pillow would cut 16-bit values off at 255 instead of scaling them.
        grey = np.rint(np.asarray(turned, dtype=np.float64) / 257.0).clip(0, 255)
        return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)
    return np.array(turned.convert("RGB"), dtype=np.uint8)


def decode_sound(data: bytes, limits: MediaLimits | None = None) -> tuple[np.ndarray, int]:
    """Decode a WAV, FLAC or Ogg sound.

    Returns
    -------
    samples : numpy.ndarray
        Shape ``(n_channels, n_samples)``, ``float32``, cut off at −1 and 1.
    rate_hz : int
        Samples a second.

    Raises
    ------
    ValueError
        If the bytes are damaged, hold no sound, or last longer than allowed.
    MissingExtraError
        If soundfile is not installed.

    Examples
    --------
    >>> import soundfile
    >>> stream = io.BytesIO()
    >>> soundfile.write(stream, np.zeros((80, 2)), 8000, format="WAV")
    >>> samples, rate_hz = decode_sound(stream.getvalue())
    >>> samples.shape, rate_hz
    ((2, 80), 8000)
    """
    soundfile = _soundfile()
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            _check_sound(sound, limits or MediaLimits())
            frames = sound.read(dtype="float32", always_2d=True)
            rate_hz = int(sound.samplerate)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise _DamagedError("not a readable WAV, FLAC or Ogg sound") from error
    if not frames.size:
        raise _DamagedError("the sound has no samples")
    if not np.isfinite(frames).all():
        raise _DamagedError("the sound has samples that are no numbers")
    return np.ascontiguousarray(frames.T.clip(-1.0, 1.0)), rate_hz


def _check_sound(sound: Any, limits: MediaLimits) -> None:
    if sound.format not in _SOUND_FORMATS:
        raise _DamagedError("not a readable WAV, FLAC or Ogg sound")
    if sound.channels > limits.max_channels:
        what = f"{sound.channels} channels; at most {limits.max_channels} are read"
        raise _TooLargeError(what)
    if sound.frames > limits.max_seconds * sound.samplerate:
        seconds = sound.frames / sound.samplerate
        raise _TooLargeError(f"{seconds:,.0f} s long; at most {limits.max_seconds:,.0f} s are read")


def _is_relative(text: str) -> bool:
    """Whether a path is relative and does not climb, by the rules of either system."""
    windows = PureWindowsPath(text)
    climbs = ".." in PurePosixPath(text).parts or ".." in windows.parts
    return not (climbs or text.startswith(("/", "\\", "~")) or windows.drive or "\0" in text)


@dataclass(frozen=True, slots=True)
class FolderMedia:
    """Media files in one folder, which nothing leads out of.

    Parameters
    ----------
    root
        The folder that media paths are relative to.
    limits
        How large the files may be.
    """

    root: Path
    limits: MediaLimits = field(default_factory=MediaLimits)

    def resolve(self, media: str) -> Path:
        """Return the file that ``media`` names, with all links resolved.

        Raises
        ------
        InputError
            If the path leads out of the root.
        """
        root = os.path.realpath(self.root)
        return self._inside(root, media)

    def _inside(self, root: str, media: str) -> Path:
        # By strings and with the root resolved once: this runs for every file of a dataset.
        found = os.path.realpath(os.path.join(root, media))  # noqa: PTH118  # three times faster
        if not (_is_relative(media) and found.startswith(root.rstrip(os.sep) + os.sep)):
            raise InputError("the path leads out of the media folder")
        return Path(found)

    def check(
        self, media: Sequence[str | None], rows: Sequence[int], column: str, faults: Faults
    ) -> None:
        """Add a fault for every path that cannot be used; damage shows when decoding only."""
        if not self.root.is_dir():
            faults.add("missing_file", "there is no such media folder", place="root")
            return
        root = os.path.realpath(self.root)
        for text, row in zip(media, rows, strict=True):
            if text is None:
                continue
            problem = self._problem(root, text)
            if problem:
                faults.add(problem[0], problem[1], row=row, column=column)

    def _problem(self, root: str, text: str) -> tuple[str, str] | None:
        try:
            path = self._inside(root, text)
            status = path.stat()
            size = status.st_size if stat.S_ISREG(status.st_mode) else None
        except InputError:
            what = "the path leads out of the media folder; expected a relative path inside it"
            return ("outside_root", what)
        except (OSError, ValueError, RuntimeError):  # too long a name, a loop of links
            size = None
            path = self.root / "unknown"
        if size is None:
            return ("missing_media", "there is no such file in the media folder")
        if path.suffix.lower() not in (*IMAGES, *SOUNDS):
            listed = ", ".join((*IMAGES, *SOUNDS))
            return ("unsupported_media", f"expected a file that ends in one of {listed}")
        if size > self.limits.max_bytes:
            most = self.limits.max_bytes
            return ("media_too_large", f"the file has {size:,} bytes; at most {most:,} are read")
        return self._unfolds_too_large(path)

    def _unfolds_too_large(self, path: Path) -> tuple[str, str] | None:
        """Look at the header alone; damage is not looked for here."""
        try:
            if path.suffix.lower() in IMAGES:
                with path.open("rb") as stream, _open_image(stream, self.limits):
                    return None
            with _soundfile().SoundFile(str(path)) as sound:
                _check_sound(sound, self.limits)
        except _TooLargeError as error:
            return ("media_too_large", str(error))
        except (MissingExtraError, _DamagedError, OSError, RuntimeError):
            # Without the package nothing is unpacked either; damage becomes a failure later.
            return None
        return None

    def digests(self, media: Sequence[str | None]) -> list[str | None]:
        """Return the SHA-256 of each file, read in pieces and by several threads."""
        root = os.path.realpath(self.root)
        pieces = [media[i : i + _FILES_A_TASK] for i in range(0, len(media), _FILES_A_TASK)]
        with ThreadPoolExecutor(max_workers=min(8, 2 * (os.cpu_count() or 1))) as pool:
            done = pool.map(lambda piece: [self._digest(root, text) for text in piece], pieces)
            return [sha256 for piece in done for sha256 in piece]

    def _digest(self, root: str, media: str | None) -> str | None:
        if media is None:
            return None
        try:
            with self._inside(root, media).open("rb") as stream:
                return digest_stream(stream)
        except OSError as error:
            raise InputError(f"a media file cannot be read: {error.strerror}") from error

    def load(self, item: str, sha256: str, media: str | None) -> Media | Failure:
        """Return the decoded media of one item, or a failure where they are damaged."""
        if media is None:
            return Media(item=item, sha256=sha256)
        try:
            path = self.resolve(media)
            if path.stat().st_size > self.limits.max_bytes:
                raise _TooLargeError("the file has grown beyond what is read")
            data = path.read_bytes()
        except (OSError, InputError, _TooLargeError):
            return _unreadable(item, "the file cannot be read any more")
        if digest_bytes(data) != sha256:
            return _unreadable(item, "the file has changed since the dataset was opened")
        try:
            if path.suffix.lower() in IMAGES:
                image = decode_image(data, self.limits)
                return Media(item=item, sha256=sha256, image=image, path=str(path))
            sound, rate_hz = decode_sound(data, self.limits)
        except _DamagedError as error:
            return _unreadable(item, str(error))
        return Media(item=item, sha256=sha256, sound=sound, rate_hz=rate_hz, path=str(path))


def _unreadable(item: str, why: str) -> Failure:
    # The item is named, never the path: paths can hold the names of people.
    return Failure(FailureKind.UNREADABLE_MEDIA, f"item {item!r}: {why}")
