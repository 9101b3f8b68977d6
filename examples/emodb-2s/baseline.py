"""Make the two prediction files of this example: speakers apart, and speakers leaked.

A reference baseline inside an audit and not a recogniser to use: openSMILE's eGeMAPSv02
functionals, standardised, and scikit-learn's logistic regression, both with their defaults
(except for more iterations, so that the fit converges). Nothing is tuned and nothing is kept
but the scores.

    python examples/emodb-2s/baseline.py

writes ``predictions/apart.csv`` and ``predictions/leaked.csv`` beside this file, in half a
minute on one core. openSMILE is licensed for non-commercial use only.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import opensmile
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, LeaveOneGroupOut
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from facevalue.dataset import Dataset, DatasetSpec, open_dataset
from facevalue.domain import Failure

HERE = Path(__file__).parent
SEED = 1
N_FOLDS = 10  # as many as there are speakers: the two designs train on equally many clips

Numbers = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]
Folds = Iterable[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]


def features(dataset: Dataset) -> Numbers:
    """Return eGeMAPSv02 functionals, shape ``(n_items, 88)``."""
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    rows = []
    for media in dataset.media(dataset.items["item"].to_list()):
        if isinstance(media, Failure) or media.sound is None or media.rate_hz is None:
            raise SystemExit(f"a clip cannot be read: {media}")
        rows.append(smile.process_signal(media.sound, media.rate_hz).to_numpy()[0])
    return np.array(rows, dtype=np.float64)


def scores(x: Numbers, annotated: Texts, folds: Folds) -> tuple[Numbers, list[str]]:
    """Return the score of each label for each item, from models that did not see the item."""
    names = sorted(set(annotated.tolist()))
    found = np.zeros((len(annotated), len(names)))
    for train, test in folds:
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        model.fit(x[train], annotated[train])
        # A fold may lack a label; its score is then 0.
        columns = np.searchsorted(names, model.classes_)
        found[np.ix_(test, columns)] = model.predict_proba(x[test])
    return found, names


def write(path: Path, items: list[str], found: Numbers, names: list[str]) -> None:
    """Write one row an item: ``item, score_<label> …``."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["item", *(f"score_{name}" for name in names)])
        for item, row in zip(items, found.tolist(), strict=True):
            writer.writerow([item, *row])


def main() -> None:
    """Write both files."""
    dataset = open_dataset(DatasetSpec(id="emodb-2s", name="emodb-2s"), base=HERE)
    items = dataset.items["item"].to_list()
    annotated = dataset.items["annotated"].to_numpy().astype(str)
    speaker = dataset.items["subject"].to_numpy().astype(str)
    x = features(dataset)
    designs = {
        "apart": LeaveOneGroupOut().split(x, annotated, speaker),
        "leaked": KFold(N_FOLDS, shuffle=True, random_state=SEED).split(x),
    }
    for name, folds in designs.items():
        found, names = scores(x, annotated, folds)
        write(HERE / "predictions" / f"{name}.csv", items, found, names)
        print(f"predictions/{name}.csv")


if __name__ == "__main__":
    main()
