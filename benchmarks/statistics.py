"""How fast an audit counts, against fairlearn on the same table in the same run.

    python benchmarks/statistics.py [ROWS] [DRAWS]

One table of 1,000,000 rows about 5,000 people, seven labels and 24 intersectional groups.
Timed: (a) accuracy and UAR over everybody and by group, with intervals by person, and the largest
gap with 2,000 permutations of people; and all that ``facevalue.audit_table`` tells besides;
(b) one Polars group-by count of the same rows; (c) fairlearn's ``MetricFrame`` with
``n_boot``, on a few draws, the time of one draw scaled to 2,000. fairlearn resamples rows,
not people, so it is not even the same question; it is what there is. Then 10,000 rows.

The process stands for itself: each figure is the best of three runs.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl

import facevalue as fv
from facevalue.audits.cells import Cell
from facevalue.audits.comparisons import Partition
from facevalue.audits.families import statistics_of
from facevalue.audits.sample import sample_of_counts
from facevalue.audits.table import _counted
from facevalue.domain.labels import Taxonomy
from facevalue.stats import IntervalSpec, interval, largest_gap, refuse

LABELS = np.array(["anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"])
RESAMPLES = 2000
ATTRIBUTES = {
    "sex": np.array(["female", "male"]),
    "age_band": np.array(["under 30", "30–44", "45–59", "60+"]),
    "region": np.array(["north", "south", "west"]),
}


def made(n_rows: int, n_people: int, seed: int = 1) -> pl.DataFrame:
    """Return a table of answers; nobody differs from anybody but by chance and by person."""
    rng = np.random.default_rng(seed)
    person = rng.integers(0, n_people, n_rows)
    annotated = rng.integers(0, len(LABELS), n_rows)
    right = rng.random(n_rows) < rng.beta(6, 4, n_people)[person]
    predicted = np.where(right, annotated, rng.integers(0, len(LABELS), n_rows))
    groups = {
        name: values[rng.integers(0, len(values), n_people)][person]
        for name, values in ATTRIBUTES.items()
    }
    return pl.DataFrame(
        {
            "person": np.char.add("p", person.astype(str)),
            **groups,
            "annotated": LABELS[annotated],
            "predicted": LABELS[predicted],
        }
    )


def best(what: Callable[[], object], times: int = 3) -> float:
    """Return the seconds that the fastest of some runs took."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        taken.append(time.perf_counter() - began)
    return min(taken)


def audited(table: pl.DataFrame) -> object:
    return fv.audit_table(
        table,
        annotated="annotated",
        predicted="predicted",
        subject="person",
        groups=[list(ATTRIBUTES)],
        metrics=["accuracy", "uar"],
    )


def named(table: pl.DataFrame) -> list[object]:
    """Estimates, intervals and the largest gap with its test: what fairlearn is asked for.

    `audit_table` tells more: skill, each group against the rest, ratios, families of looks.
    """
    counts = _counted(table, "annotated", "predicted", "person", list(ATTRIBUTES))
    labels = tuple(sorted(LABELS))
    sample = sample_of_counts(
        counts, Taxonomy("table", labels), list(ATTRIBUTES), subjects_declared=True
    )
    whole = Cell(sample, np.ones(len(sample.item), dtype=bool))
    parted = Partition.of(whole, tuple(ATTRIBUTES), {})
    asked = [s for s in statistics_of(sample, 0.9) if s.name in ("accuracy", "uar")]
    spec = IntervalSpec(0.95)
    permuted = parted.permuted(asked, RESAMPLES, np.random.default_rng(1))
    found: list[object] = []
    for s in asked:
        sides = [s.replicates(whole), *parted.replicates(s).values()]
        found += [refuse(r) or interval(r, spec, s.scale) for r in sides]
        p, how = permuted[s.name]
        gap = largest_gap([parted.replicates(s)], spec, p_value=p, p_method=how)
        found.append(gap.result)
    return found


def counted(table: pl.DataFrame) -> pl.DataFrame:
    return table.group_by("person", *ATTRIBUTES, "annotated", "predicted").len()


def fairlearn_draw(table: pl.DataFrame, n_draws: int) -> float:
    """Return the seconds that one bootstrap draw of fairlearn takes."""
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import accuracy_score, recall_score

    def uar(y_true: object, y_pred: object) -> float:
        return float(recall_score(y_true, y_pred, average="macro", zero_division=0))

    frame = table.to_pandas()

    def run(n_boot: int | None) -> None:
        MetricFrame(
            metrics={"accuracy": accuracy_score, "uar": uar},
            y_true=frame["annotated"],
            y_pred=frame["predicted"],
            sensitive_features=frame[list(ATTRIBUTES)],
            n_boot=n_boot,
            ci_quantiles=None if n_boot is None else [0.025, 0.975],
            random_state=None if n_boot is None else 1,
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        without = best(lambda: run(None), 1)
        return (best(lambda: run(n_draws), 1) - without) / n_draws


def peak_memory(table: pl.DataFrame) -> float:
    """Return the peak memory, in MB, of a process that reads the table and audits it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        table.write_parquet(path)
        done = subprocess.run(
            [sys.executable, __file__, "--memory", str(path)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    return float(done.stdout)


def memory(path: str) -> None:
    """Print what `peak_memory` returns, from within the process."""
    audited(pl.read_parquet(path))
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def main(n_rows: int, n_draws: int) -> int:
    table = made(n_rows, n_rows // 200)
    audited(made(1000, 50))
    ours, count = best(lambda: audited(table)), best(lambda: counted(table))
    print(f"polars {version('polars')}, fairlearn {version('fairlearn')}, one process, best of 3")
    print(f"{n_rows:,} rows, {n_rows // 200:,} people, 24 groups, 7 labels, accuracy and UAR")
    asked = best(lambda: named(table))
    print(f"{'estimates, intervals, largest gap':<44}{asked:10.3f} s   {asked / count:.1f} of it")
    print(
        f"{'audit_table: skill, rests, ratios, too':<44}{ours:10.3f} s   {ours / count:.1f} of it"
    )
    print(f"{'one Polars group-by count':<44}{count:10.3f} s")
    draw = fairlearn_draw(table, n_draws)
    theirs = draw * RESAMPLES
    print(f"{f'fairlearn, one draw (of {n_draws} timed)':<44}{draw:10.3f} s")
    print(
        f"{'fairlearn, scaled to 2,000 draws':<44}{theirs:10,.0f} s   "
        f"{theirs / ours:,.0f} times ours"
    )
    small = made(10_000, 500)
    interactive = best(lambda: audited(small), 5)
    print(f"{'audit_table, 10,000 rows of 500 people':<44}{interactive:10.3f} s")
    print(
        f"{'peak memory of a process that audits it':<44}{peak_memory(table):10.0f} MB   "
        f"the table itself is {table.estimated_size() / 1e6:.0f} MB"
    )
    misses = [
        name
        for name, holds in (
            ("5 group-by counts", asked <= 5 * count),
            ("20,000 times fairlearn", theirs >= 20_000 * ours),
            ("150 ms for 10,000 rows", interactive < 0.150),
        )
        if not holds and n_rows >= 1_000_000
    ]
    print("misses: " + (", ".join(misses) or "none"))
    return 1 if misses else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        memory(sys.argv[2])
    else:
        given = [int(x.replace(",", "")) for x in sys.argv[1:]]
        sys.exit(main(*(given + [1_000_000, 2][len(given) :])))
