"""Make expected.json with crowd-kit. Not part of the suite: see PROVENANCE.md.

``python make.py``, in an environment of its own with ``crowd-kit`` installed.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

N_ITEMS, N_RATERS, N_LABELS, N_EACH, N_STEPS = 120, 8, 3, 5, 25


def simulated() -> pd.DataFrame:
    """Five of eight raters call each of 120 items one of three labels."""
    rng = np.random.default_rng(20261126)
    right = rng.choice(N_LABELS, N_ITEMS, p=[0.5, 0.3, 0.2])
    skill = rng.uniform(0.45, 0.95, N_RATERS)
    rows = []
    for item in range(N_ITEMS):
        for rater in rng.choice(N_RATERS, N_EACH, replace=False):
            others = [k for k in range(N_LABELS) if k != right[item]]
            answer = right[item] if rng.random() < skill[rater] else rng.choice(others)
            rows.append((item, int(rater), int(answer)))
    return pd.DataFrame(rows, columns=["task", "worker", "label"])


def fitted(data: pd.DataFrame) -> dict[str, Any]:
    # A tolerance below zero never stops early, so both sides take the same steps.
    # Here and not above: the suite collects this file without crowd-kit.
    from crowdkit.aggregation import DawidSkene  # type: ignore[import-not-found]  # PROVENANCE.md

    model = DawidSkene(n_iter=N_STEPS, tol=-1.0).fit(data)
    names = range(N_LABELS)
    full = model.errors_.reindex(
        pd.MultiIndex.from_product([sorted(data.worker.unique()), names]), fill_value=0.0
    )
    return {
        "prior": model.priors_.loc[list(names)].tolist(),
        # As ours: rater, right label, answer.
        "errors": full[list(names)]
        .to_numpy()
        .reshape(-1, N_LABELS, N_LABELS)
        .transpose(0, 2, 1)
        .tolist(),
        "posterior": model.probas_.loc[range(N_ITEMS), list(names)].to_numpy().tolist(),
    }


def seconds_for_many() -> float:
    """Time a step on as many ratings as FER+ has, without the identity of raters."""
    rng = np.random.default_rng(1)
    many = pd.DataFrame(
        {
            "task": np.repeat(np.arange(35_000), 10),
            "worker": 0,
            "label": rng.integers(0, 8, 350_000),
        }
    )
    begun = time.perf_counter()
    from crowdkit.aggregation import DawidSkene

    DawidSkene(n_iter=5, tol=-1.0).fit(many)
    return (time.perf_counter() - begun) / 5


def main() -> None:
    data = simulated()
    document = {
        "ratings": data.to_numpy().tolist(),
        "steps": N_STEPS,
        "by_rater": fitted(data),
        "shared": fitted(data.assign(worker=0)),
    }
    text = json.dumps(document, separators=(",", ":"))
    Path(__file__).with_name("expected.json").write_text(text + "\n", "utf-8")
    made = {p: version(p) for p in ("crowd-kit", "numpy", "pandas")}
    sys.stdout.write(
        f"{datetime.now(UTC).date()} {sys.version.split()[0]} {made}\n"
        f"{seconds_for_many():.2f} s a step on 350,000 ratings\n"
    )


if __name__ == "__main__":
    main()
