"""A run logged with MLflow: parameters, estimates with their intervals, verdicts, public report.

MLflow names the run itself, with a random id; everything else comes from the run, its times
too. The findings that are logged are those the report shows.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from facevalue.domain import Estimate
from facevalue.errors import InputError, MissingExtraError
from facevalue.exports.findings_csv import findings_csv
from facevalue.exports.source import Source
from facevalue.exports.tables import is_whole
from facevalue.report import build_report
from facevalue.report.model import Material
from facevalue.report.publish import published
from facevalue.report.wording import clean, shorten, slug

__all__ = ["MLFLOW", "Mlflow"]

MAX_PARAM = 500
MAX_TAG = 5000
# MLflow keeps runs in a folder only if it is told to; whoever names a folder wants that.
FOLDER_ALLOWED = "MLFLOW_ALLOW_FILE_STORE"
# Nothing of an audit is told to anyone who was not asked for.
WANTED = (FOLDER_ALLOWED, "MLFLOW_DISABLE_TELEMETRY")


class Mlflow:
    """The kind of export that logs a run with MLflow."""

    def send(self, source: Source, out: str | None) -> str:
        """Log the run to the folder or address ``out``."""
        if not out:
            raise InputError(
                "mlflow: no place to log to. Give a folder or the address of a tracking server "
                "with --out."
            )
        is_address = len(urlsplit(out).scheme) > 1
        with _environment():
            try:
                from mlflow import MlflowClient
                from mlflow.exceptions import MlflowException
            except ImportError as error:
                raise MissingExtraError("mlflow-skinny", "mlflow") from error
            try:
                client = MlflowClient(out if is_address else Path(out).absolute().as_uri())
                run_id = _log(client, source)
            except (MlflowException, OSError) as error:
                raise InputError(f"mlflow: {out} cannot be logged to. It said: {error}") from error
        return f"Logged to {out}: MLflow run {run_id}\n"


@contextmanager
def _environment() -> Iterator[None]:
    missing = [name for name in WANTED if name not in os.environ]
    os.environ.update(dict.fromkeys(missing, "true"))
    try:
        yield
    finally:
        for name in missing:
            del os.environ[name]


def _log(client: Any, source: Source) -> str:
    from mlflow.entities import Metric, Param, RunTag

    report = source.material.report
    at = int(datetime.fromisoformat(report.provenance.started).timestamp() * 1000)
    found = client.get_experiment_by_name("facevalue")
    experiment = client.create_experiment("facevalue") if found is None else found.experiment_id
    run = client.create_run(experiment, start_time=at, run_name=shorten(report.title, MAX_PARAM))
    run_id: str = run.info.run_id
    client.log_batch(
        run_id,
        params=[Param(key, shorten(said, MAX_PARAM)) for key, said in _params(source.material)],
        tags=[RunTag(key, clean(said)[:MAX_TAG]) for key, said in _tags(source.material)],
    )
    metrics = [Metric(key, value, at, 0) for key, value in _metrics(source.material)]
    for i in range(0, len(metrics), 1000):  # no more in one batch
        client.log_batch(run_id, metrics=metrics[i : i + 1000])
    client.log_text(run_id, findings_csv(source), "findings.csv")
    # It leaves the house: nothing of single items, and no picture, goes with it.
    client.log_text(run_id, build_report(published(report)), "report.html")
    client.set_terminated(run_id, end_time=at)
    return run_id


def _params(material: Material) -> Iterator[tuple[str, str]]:
    report, made = material.report, material.report.provenance
    yield "title", report.title
    yield "seed", str(made.seed)
    yield "level", f"{made.level:g}"
    yield "facevalue", made.version
    yield "started", made.started
    yield "audit_sha256", report.audit_sha256
    systems, datasets = _names(material)
    for sheet in report.systems:
        yield f"system/{systems[sheet.name]}/name", sheet.name
        yield f"system/{systems[sheet.name]}/identity_sha256", sheet.identity_sha256
    for d in report.datasets:
        yield f"dataset/{datasets[d.id]}/name", d.id
        yield f"dataset/{datasets[d.id]}/sha256", d.sha256 or "not here"


def _tags(material: Material) -> Iterator[tuple[str, str]]:
    cases = [
        (" ".join(x for x in (v.claim.id, v.system, v.dataset) if x), v)
        for v in material.report.verdicts
    ]
    keys = _keys(words for words, _ in cases)
    for words, verdict in cases:
        yield f"verdict/{keys[words]}", f"{verdict.outcome.words}: {verdict.sentence}"


def _metrics(material: Material) -> Iterator[tuple[str, float]]:
    systems, datasets = _names(material)
    for pair in material.pairs:
        told = [
            (f.place.metric, f.result)
            for f in pair.findings
            if is_whole(f) and isinstance(f.result, Estimate)
        ]
        keys = _keys(metric for metric, _ in told)
        for metric, estimate in told:
            key = f"{systems[pair.system]}/{datasets[pair.dataset]}/{keys[metric]}"
            yield key, estimate.value
            yield f"{key}.low", estimate.low
            yield f"{key}.high", estimate.high


def _names(material: Material) -> tuple[dict[str, str], dict[str, str]]:
    """Return a key for every system and dataset, of comparisons of systems too."""
    report, pairs = material.report, material.pairs
    return (
        _keys([*(s.name for s in report.systems), *(p.system for p in pairs)]),
        _keys([*(d.id for d in report.datasets), *(p.dataset for p in pairs)]),
    )


def _keys(names: Iterable[str]) -> dict[str, str]:
    """Return a key of letters, digits and hyphens for each name; no two are the same."""
    keys: dict[str, str] = {}
    for name in dict.fromkeys(names):
        key = stem = slug(name) or "unnamed"
        n = 1
        while key in keys.values():
            n += 1
            key = f"{stem}-{n}"
        keys[name] = key
    return keys


MLFLOW = Mlflow()
"""``--as mlflow``."""
