"""Make the two prediction files of this example: speakers apart, and speakers leaked.

A small reference baseline inside an audit, not a recogniser to use: openSMILE's eGeMAPS
functionals and a logistic regression, both as they come.

    python examples/emodb-2s/baseline.py

writes ``predictions/apart.csv`` and ``predictions/leaked.csv`` beside this file. openSMILE
is licensed for non-commercial use only.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import opensmile
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from facevalue.dataset import Dataset, DatasetSpec, open_dataset
from facevalue.domain import Failure

HERE = Path(__file__).parent
SEED = 1
N_FOLDS = 10


def features(dataset: Dataset) -> np.ndarray:
    """Return eGeMAPS functionals, shape ``(n_items, 88)``."""
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    rows = []
    for media in dataset.media(dataset.items["item"].to_list()):
        if isinstance(media, Failure) or media.sound is None or media.rate_hz is None:
            raise SystemExit(f"a clip cannot be read: {media}")
        rows.append(smile.process_signal(media.sound, media.rate_hz).to_numpy()[0])
    return np.array(rows)


def scores(
    x: np.ndarray, y: np.ndarray, folds: Iterable[tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, list[str]]:
    """Return the score of each label for each item, from models that did not see the item."""
    names = sorted(set(y))
    found = np.zeros((len(y), len(names)))
    for train, test in folds:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
        model.fit(x[train], y[train])
        columns = [names.index(c) for c in model.classes_]
        found[np.ix_(test, columns)] = model.predict_proba(x[test])
    return found, names


def write(path: Path, items: list[str], found: np.ndarray, names: list[str]) -> None:
    """Write one row an item: ``item, score_<label> …``."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["item", *(f"score_{n}" for n in names)])
        for item, row in zip(items, found, strict=True):
            writer.writerow([item, *(repr(float(v)) for v in row)])


def main() -> None:
    """Write both files."""
    dataset = open_dataset(DatasetSpec(id="emodb-2s", name="emodb-2s"), base=HERE)
    items = dataset.items["item"].to_list()
    y = dataset.items["annotated"].to_numpy().astype(str)
    speaker = dataset.items["subject"].to_numpy().astype(str)
    x = features(dataset)
    apart = LeaveOneGroupOut().split(x, y, speaker)
    leaked = KFold(N_FOLDS, shuffle=True, random_state=SEED).split(x)
    for name, folds in (("apart", apart), ("leaked", leaked)):
        found, names = scores(x, y, folds)
        write(HERE / "predictions" / f"{name}.csv", items, found, names)
        print(HERE.name, "predictions", f"{name}.csv")


if __name__ == "__main__":
    main()
