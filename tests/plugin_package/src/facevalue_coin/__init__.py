"""An adapter in thirty lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from facevalue.domain import Answer, Media, Prediction
from facevalue.systems import SystemRequest, SystemSpec

__all__ = ["Coin", "open_coin"]


class Coin:
    """Says the same of everything."""

    def __init__(self, name: str, says: str) -> None:
        self._says = says
        self.spec = SystemSpec(
            name=name, adapter="coin", labels=(says,), identity={"says": says}, media="any"
        )

    def predict(self, batch: Sequence[Media]) -> Sequence[Answer]:
        """Answer each item."""
        return [Prediction(self._says) for _ in batch]


def open_coin(request: SystemRequest, base: Path) -> Coin:
    """Open the system that an audit file asks for."""
    del base
    return Coin(request.name, str(request.options.get("says", "heads")))
