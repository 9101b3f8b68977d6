"""A Python function: ``module:attribute``, importable from the audit file's folder.

It is called with a list of `Media` (or, with ``gives: images``, of pixel arrays of shape
``(height, width, 3)``, RGB, ``uint8``) and returns a list of as many answers: a map from
label to score, a label, a `Prediction` or a `Failure`.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from facevalue.canonical import digest_bytes
from facevalue.domain.predictions import Answer, Failure, FailureKind, Media
from facevalue.errors import SystemUnavailableError
from facevalue.systems.answers import (
    Crash,
    answer_all,
    answer_from_python,
    guarded,
    malformed,
    usable_image,
)
from facevalue.systems.base import SystemRequest, SystemSpec
from facevalue.systems.options import Options

__all__ = ["CallableSystem", "open_callable"]

_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class CallableSystem:
    """A system that is a Python function.

    Parameters
    ----------
    spec
        What is known of the system.
    function
        From a list of inputs to a list of answers.
    gives_images
        Whether it is given pixels instead of `Media`.

    Examples
    --------
    >>> spec = SystemSpec(name="calm", adapter="callable", labels=("calm",),
    ...                   identity={}, media="any")
    >>> system = CallableSystem(spec, lambda batch: ["calm" for _ in batch])
    >>> system.predict([Media(item="a", sha256="0")])
    [Prediction(label='calm', scores={})]
    """

    def __init__(
        self, spec: SystemSpec, function: Callable[[list[Any]], Any], *, gives_images: bool = False
    ) -> None:
        self.spec = spec
        self._function = function
        self._gives_images = gives_images

    def predict(self, batch: Sequence[Media]) -> list[Answer]:
        """Answer each item of ``batch``, in order."""
        if not self._gives_images:
            return answer_all(self._ask, batch)
        images = [usable_image(media) for media in batch]
        usable = [
            m for m, image in zip(batch, images, strict=True) if not isinstance(image, Failure)
        ]
        answers = iter(answer_all(self._ask, usable) if usable else [])
        return [image if isinstance(image, Failure) else next(answers) for image in images]

    def _ask(self, batch: Sequence[Media]) -> list[Answer] | Failure:
        inputs: list[Any] = (
            [usable_image(media) for media in batch] if self._gives_images else list(batch)
        )
        raw = guarded(lambda: _as_list(self._function(inputs)))
        if isinstance(raw, Crash):
            return Failure(FailureKind.CRASHED, f"the function raised {raw.type}")
        if raw is None:
            return malformed("the function did not return a list of answers")
        if len(raw) != len(batch):
            return malformed(f"{len(raw)} answers to {len(batch)} items")
        return [answer_from_python(one, self.spec.labels) for one in raw]


def _as_list(raw: object) -> list[object] | None:
    if isinstance(raw, str | bytes | dict) or not isinstance(raw, Iterable):
        return None
    return list(raw)


def open_callable(request: SystemRequest, base: Path) -> CallableSystem:
    """Open a Python function with the options of an audit file."""
    options = Options(request, base)
    target = options.text("function")
    if target and not _TARGET.fullmatch(target):
        options.problem("function", f"{target!r} is not of the form 'module:attribute'")
    labels = options.labels(required=False)
    gives = options.choice("gives", ("media", "images"), "media")
    media = options.choice("media", ("image", "sound", "any"), "image")
    batch_size = options.whole("batch_size", low=1, high=4096, default=32)
    deterministic = options.flag("deterministic", True)
    version = options.text("version", "not stated")
    options.done()
    module_name, _, attribute = target.partition(":")
    module = _import(module_name, base, request.name)
    function = _attribute(module, attribute, request.name)
    source = Path(module.__file__) if module.__file__ else None
    spec = SystemSpec(
        name=request.name,
        adapter="callable",
        labels=labels,
        media=media,  # type: ignore[arg-type]  # choice() returns one of the three
        batch_size=batch_size,
        deterministic=deterministic,
        identity={
            "adapter": "callable",
            "function": target,
            "source": digest_bytes(source.read_bytes()) if source and source.is_file() else None,
            "version": version,
            "labels": list(labels) if labels else None,
            "gives": gives,
        },
        about={"title": f"Python function {target}", "version": version},
    )
    return CallableSystem(spec, function, gives_images=gives == "images")


def _import(name: str, base: Path, system: str) -> ModuleType:
    """Import a module, first from ``base``, where it never meets one of the same name."""
    folder = str(base.resolve())
    path = base.resolve().joinpath(*name.split(".")).with_suffix(".py")
    sys.path.insert(0, folder)
    try:
        found = guarded(lambda: _load_file(path) if path.is_file() else _load_name(name))
    finally:
        sys.path.remove(folder)
    if isinstance(found, Crash):
        raise SystemUnavailableError(
            f"system {system!r}: the module {name!r} cannot be imported "
            f"({found.type}: {found.said})"
        )
    return found


def _load_name(name: str) -> ModuleType:
    return importlib.import_module(name)


def _load_file(path: Path) -> ModuleType:
    # Two audit files may each have a "system.py" beside them.
    unique = f"_facevalue_callable_{digest_bytes(str(path).encode())[:16]}"
    spec = importlib.util.spec_from_file_location(unique, path)
    assert spec is not None  # the path ends in .py
    assert spec.loader is not None  # likewise
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[unique]
        raise
    return module


def _attribute(module: ModuleType, path: str, system: str) -> Callable[[list[Any]], Any]:
    found: Any = module
    for name in path.split("."):
        found = getattr(found, name, None)
    if not callable(found):
        raise SystemUnavailableError(
            f"system {system!r}: {path!r} in the module is not there or cannot be called"
        )
    return found  # type: ignore[no-any-return]  # it can be called, which is all that is asked
