"""The datasets that facevalue knows by name. Each is a module of its own, loaded when used."""

from __future__ import annotations

from facevalue.dataset.base import Card
from facevalue.dataset.table import NamedDataset
from facevalue.registry import Registry

__all__ = ["DATASETS", "card", "named_datasets"]

DATASETS: Registry[NamedDataset] = Registry("dataset", group="facevalue.datasets")
DATASETS.add_lazy("crema-d", "facevalue.dataset.crema_d:CREMA_D")
DATASETS.add_lazy("emodb-2s", "facevalue.dataset.emodb:EMODB_2S")
DATASETS.add_lazy("ferplus", "facevalue.dataset.ferplus:FERPLUS")
DATASETS.add_lazy(
    "generated-control-sounds", "facevalue.dataset.control_sounds:GENERATED_CONTROL_SOUNDS"
)
DATASETS.add_lazy("generated-controls", "facevalue.dataset.controls:GENERATED_CONTROLS")
DATASETS.add_lazy("lfw-subset", "facevalue.dataset.lfw_subset:LFW_SUBSET")


def named_datasets() -> list[Card]:
    """Return the card of every named dataset, by name.

    Examples
    --------
    >>> [card.name for card in named_datasets()][:4]
    ['crema-d', 'emodb-2s', 'ferplus', 'generated-control-sounds']
    """
    return [DATASETS[name].card for name in DATASETS]


def card(name: str) -> Card:
    """Return the card of one named dataset.

    Raises
    ------
    UnknownNameError
        If there is no dataset of this name.

    Examples
    --------
    >>> card("ferplus").licence
    'MIT'
    """
    return DATASETS[name].card
