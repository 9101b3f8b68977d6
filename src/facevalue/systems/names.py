"""The registries of adapters and of named systems, and the one way to open a system.

Outside packages announce adapters under the entry-point group ``facevalue.systems``: a
callable that takes the `SystemRequest` and the audit file's folder and returns a `System`
or a `Recorded`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from facevalue.errors import UnknownNameError
from facevalue.registry import Registry
from facevalue.systems.base import Recorded, System, SystemRequest
from facevalue.systems.packages import NamedSystem, fetch_named

__all__ = [
    "ADAPTERS",
    "NAMED_SYSTEMS",
    "Opener",
    "fetch_system",
    "is_fetched",
    "open_system",
    "opener_of",
]

Opener = Callable[[SystemRequest, Path], System | Recorded]
"""How an adapter is opened: request and folder of the audit file in, system out."""

ADAPTERS: Registry[Opener] = Registry("adapter", group="facevalue.systems")
NAMED_SYSTEMS: Registry[NamedSystem] = Registry("system")

for _name, _target in {
    "callable": "callable:open_callable",
    "command": "command:open_command",
    "http": "http:open_http",
    "onnx": "onnx:open_onnx",
    "predictions": "recorded:open_predictions",
    "ratings": "recorded:open_ratings",
    "tflite": "tflite:open_tflite",
}.items():
    ADAPTERS.add_lazy(_name, f"facevalue.systems.{_target}")

for _name, _target in {
    "face-api": "face_api:FACE_API",
    "facex": "facex:FACEX",
    "fer": "fer:FER",
}.items():
    NAMED_SYSTEMS.add_lazy(_name, f"facevalue.systems.{_target}")


def open_system(request: SystemRequest, *, base: Path) -> System | Recorded:
    """Open the system that an audit file asks for.

    Parameters
    ----------
    request
        Name, adapter and options.
    base
        Folder of the audit file; relative paths in the options are taken from it and may
        not leave it.

    Raises
    ------
    UnknownNameError
        If there is no such adapter or named system.
    AuditSpecError
        If an option is missing, unknown or wrong, with every problem.
    InputError
        If a file is missing or refused, or a named system has not been fetched.
    SystemUnavailableError
        If the system cannot be started.

    Examples
    --------
    >>> open_system(SystemRequest(name="fre"), base=Path())
    Traceback (most recent call last):
    facevalue.errors.UnknownNameError: unknown system 'fre'. Did you mean 'fer'? Known: \
'face-api', 'facex', 'fer'.
    """
    return opener_of(request)(request, base)


def opener_of(request: SystemRequest) -> Opener:
    """Return what opens the system that is asked for; nothing is opened yet.

    Raises
    ------
    UnknownNameError
        If there is no such adapter or named system.
    """
    if request.adapter is None:
        return NAMED_SYSTEMS[request.name].open
    if request.adapter in NAMED_SYSTEMS:
        return NAMED_SYSTEMS[request.adapter].open
    if request.adapter not in ADAPTERS:
        raise UnknownNameError("adapter", request.adapter, [*ADAPTERS, *NAMED_SYSTEMS])
    return ADAPTERS[request.adapter]


def fetch_system(name: str, on_event: Callable[[str], None] = lambda _: None) -> Path:
    """Obtain the published packages of a named system and return their folder in the cache.

    Nothing is asked of the network when the system is already there.

    Parameters
    ----------
    name
        Name of the system, e.g. ``fer``.
    on_event
        Is told, in a few words, what is being done.

    Raises
    ------
    UnknownNameError
        If there is no such named system.
    SystemUnavailableError
        If the package cannot be had, or is not the one that was published.
    """
    return fetch_named(NAMED_SYSTEMS[name], on_event)


def is_fetched(name: str) -> bool:
    """Whether the packages of a named system are in the cache."""
    return NAMED_SYSTEMS[name].is_fetched()
