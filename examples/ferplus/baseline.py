"""Make the prediction file of this example: the same scores for every picture.

A reference inside an audit and no recogniser: it looks at no picture. The score of each label
is its share of all ratings of FER+, so the answer is always the most frequent one, neutral.

    python examples/ferplus/baseline.py

writes ``predictions/constant.csv`` beside this file.
"""

from __future__ import annotations

import csv
from pathlib import Path

from facevalue.dataset import DatasetSpec, open_dataset

HERE = Path(__file__).parent


def main() -> None:
    """Write one row an item: ``item, score_<label> …``."""
    items = open_dataset(DatasetSpec(id="ferplus", name="ferplus"), base=HERE).items
    votes = [c for c in items.columns if c.startswith("votes_")]
    counts = [int(items[c].sum()) for c in votes]
    shares = [n / sum(counts) for n in counts]
    path = HERE / "predictions" / "constant.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["item", *(c.replace("votes_", "score_") for c in votes)])
        writer.writerows([item, *shares] for item in items["item"])
    print("predictions/constant.csv")


if __name__ == "__main__":
    main()
