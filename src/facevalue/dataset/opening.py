"""From what an audit asks for to the dataset: by name or from a manifest."""

from __future__ import annotations

from pathlib import Path

from facevalue.dataset.assemble import assemble
from facevalue.dataset.base import Dataset, DatasetSpec
from facevalue.dataset.manifest import read_manifest
from facevalue.dataset.named import DATASETS
from facevalue.errors import InputError
from facevalue.tables.faults import Faults, guess, listing

__all__ = ["open_dataset"]


def open_dataset(spec: DatasetSpec, *, base: Path) -> Dataset:
    """Read, check and return the dataset that ``spec`` asks for.

    Parameters
    ----------
    base
        Folder that the paths in ``spec`` are relative to.

    Raises
    ------
    ManifestError
        If a manifest, or what is asked of it, has faults; all of them at once.
    DataUnavailableError
        If a named dataset is not here; the message says how to get it.
    UnknownNameError
        If there is no dataset of this name.
    InputError
        If ``spec`` contradicts itself, or a file is not the one it should be.
    MissingExtraError
        If a package is needed that is not installed.

    Examples
    --------
    >>> controls = DatasetSpec(id="blank", name="generated-controls", options={"n_per_kind": 2})
    >>> open_dataset(controls, base=Path()).items.height
    10
    """
    if (spec.name is None) == (spec.manifest is None):
        raise InputError(f"dataset {spec.id!r}: give either a name or a manifest")
    if spec.name is None:
        return read_manifest(spec, base=base)
    named = DATASETS[spec.name]
    faults = Faults(f"dataset {spec.name}")
    for field, value in (("columns", spec.columns), ("root", spec.root)):
        if value:
            what = "this is for manifests; a named dataset has its own"
            faults.add("not_for_named", what, place=field)
    for option in spec.options:
        if option not in named.options:
            known = named.options
            what = f"unknown option.{guess(option, known)} There are: {listing(known)}"
            faults.add("unknown_option", what, place=f"options.{option}")
    faults.raise_if_any()
    table = named.read(spec.options)
    return assemble(spec, table, spec.taxonomy or named.taxonomy, faults, named.card)
