"""Say how much better the figures look when speakers are leaked, with an interval by speaker.

Both prediction files are stacked and the split is compared like a group. Each speaker is in
both, which the interval takes into account.

    python examples/emodb-2s/difference.py        # after baseline.py
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

import facevalue as fv
from facevalue.dataset import DatasetSpec, open_dataset
from facevalue.domain import Estimate

HERE = Path(__file__).parent
SEED = 1


def answers(split: str, items: pl.DataFrame) -> pl.DataFrame:
    """Return one row an item with the label that has the highest score."""
    table = pl.read_csv(HERE / "predictions" / f"{split}.csv")
    columns = [c for c in table.columns if c.startswith("score_")]
    names = {i: c.removeprefix("score_") for i, c in enumerate(columns)}
    highest = pl.concat_list(columns).list.arg_max().replace_strict(names)
    predicted = table.select("item", predicted=highest)
    return items.join(predicted, on="item").with_columns(split=pl.lit(split))


def main() -> None:
    """Print the difference in UAR and in accuracy."""
    dataset = open_dataset(DatasetSpec(id="emodb-2s", name="emodb-2s"), base=HERE)
    items = dataset.items.select("item", "subject", "annotated")
    found = fv.audit_table(
        pl.concat([answers("apart", items), answers("leaked", items)]),
        annotated="annotated",
        predicted="predicted",
        subject="subject",
        groups=["split"],
        references={"split": "apart"},
        metrics=["uar", "accuracy"],
        seed=SEED,
    )
    for metric in ("uar", "accuracy"):
        (finding,) = found.where(metric=metric, group="leaked", reference="apart")
        gap = finding.result
        if not isinstance(gap, Estimate):
            raise SystemExit(f"{metric}: {gap.sentence}")
        low, value, high = (100 * x for x in (gap.low, gap.value, gap.high))
        print(
            f"{metric}: leaked minus apart {value:+.1f} points "
            f"(95 % interval {low:+.1f} to {high:+.1f}; {gap.n_subjects} speakers)"
        )


if __name__ == "__main__":
    main()
