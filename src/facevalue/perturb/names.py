"""The registry of perturbations.

Outside packages announce theirs under the entry-point group ``facevalue.perturbations``: a
`Perturbation`. Ours are listed here, each loaded when it is first asked for.
"""

from __future__ import annotations

from facevalue.perturb.base import Perturbation
from facevalue.registry import Registry

__all__ = ["PERTURBATIONS"]

PERTURBATIONS: Registry[Perturbation] = Registry("perturbation", group="facevalue.perturbations")

_OURS: dict[str, tuple[str, ...]] = {
    "controls": (
        "phase-scramble", "box-scramble", "upside-down", "phase-scramble-sound", "reversed-speech",
    ),
    "image_geometry": (
        "shift", "scale", "stretch", "rotation", "mirror", "crop-tighter", "crop-looser", "elastic",
    ),
    "image_light": (
        "brightness-up", "brightness-down", "contrast-up", "contrast-down", "gamma-up",
        "gamma-down", "colour-cast", "grey", "backlight",
    ),
    "image_noise": (
        "gaussian-noise", "shot-noise", "impulse-noise", "low-light", "least-change",
    ),
    "image_blur": (
        "gaussian-blur", "focus-blur", "motion-blur", "zoom-blur", "glass-blur",
        "resolution-loss", "pixelate",
    ),
    "image_compression": ("jpeg", "webp", "video-compression"),
    "image_weather": ("haze", "snow"),
    "image_occlusion": ("face-mask", "sunglasses", "hand", "hair"),
    "reliance": (
        "keep-face", "keep-face-blur", "keep-background", "keep-background-blur",
        "hide-eyes", "hide-mouth", "hide-brows-and-forehead",
        *(f"hide-r{row}c{column}" for row in range(1, 5) for column in range(1, 5)),
    ),
    "reliance_sound": (
        "keep-pauses", "keep-speech", "no-pitch", "shuffled-speech",
        *(f"hide-t{n}" for n in range(1, 9)),
    ),
    "sound_channel": (
        "mu-law-phone", "a-law-phone", "low-quality-phone", "packet-loss", "lower-rate",
    ),
    "sound_filters": ("low-pass", "high-pass", "tilt-down", "tilt-up", "microphone-colour"),
    "sound_level": (
        "gain-down", "gain-up", "clipping", "dynamic-compression", "coarse-steps",
        "inverted-polarity",
    ),
    "sound_noise": (
        "white-noise", "pink-noise", "babble-noise", "music-noise", "environment-noise",
        "cough-noise", "mains-hum", "additive-tone", "least-change-sound",
    ),
    "sound_room": ("room", "far-microphone", "echo"),
    "sound_time": ("crop-start", "crop-end", "pad-start", "pad-end", "time-offset"),
}  # fmt: skip
"""Module of this package → the perturbations in it; the attribute is the name in capitals."""

for _module, _names in _OURS.items():
    for _name in _names:
        _attribute = _name.upper().replace("-", "_")
        PERTURBATIONS.add_lazy(_name, f"facevalue.perturb.{_module}:{_attribute}")
