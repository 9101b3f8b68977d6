"""Systems under audit: media in, `Prediction` or `Failure` out.

One adapter a module, loaded when its name is used. May import `domain` and the layers
below it; never `dataset`, `stats` or `runs`. Everything a system answers is untrusted: it
is checked here, and a bad answer becomes a `Failure`, never an exception. Nothing that can
run code when it is loaded (pickle and kin) is ever loaded.
"""

from facevalue.systems.base import MediaKind, Recorded, System, SystemRequest, SystemSpec
from facevalue.systems.names import (
    ADAPTERS,
    NAMED_SYSTEMS,
    Opener,
    fetch_system,
    is_fetched,
    open_system,
    opener_of,
)
from facevalue.systems.packages import NamedSystem

__all__ = [
    "ADAPTERS",
    "NAMED_SYSTEMS",
    "MediaKind",
    "NamedSystem",
    "Opener",
    "Recorded",
    "System",
    "SystemRequest",
    "SystemSpec",
    "fetch_system",
    "is_fetched",
    "open_system",
    "opener_of",
]
