"""What the record of a run keeps of changed media, in the words of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from facevalue.audits import CHECKS, ROBUSTNESS, ReadAudit
from facevalue.audits.sample import answer_labels, evaluated
from facevalue.domain.labels import prohibited_labels
from facevalue.domain.predictions import FailureKind
from facevalue.errors import InputError
from facevalue.perturb import PERTURBATIONS
from facevalue.perturb.measure_sound import BELOW_THE_SCALE
from facevalue.perturb.pairs import PAIRS
from facevalue.perturb.scales import SMALLEST
from facevalue.report.model import StressedCondition, StressSheet, WorstItem
from facevalue.runs import RunFolder, stress_name
from facevalue.runs.pictures import picture_file

if TYPE_CHECKING:
    import polars as pl

__all__ = ["stress_sheets", "worst_items", "worst_of"]

NOT_EVALUATED = "a label that is not evaluated"


def stress_sheets(
    folder: RunFolder, read: ReadAudit, record: Mapping[str, Any]
) -> tuple[StressSheet, ...]:
    """Return what is known of every system and dataset whose media were changed.

    Raises
    ------
    InputError
        If the record is damaged, or answers are asked for that are not there.
    """
    try:
        return tuple(_sheet(folder, read, told) for told in record.get("stress", ()))
    except (LookupError, TypeError, AttributeError) as error:
        raise InputError("the record of the stress in the run folder is damaged") from error


def _sheet(folder: RunFolder, read: ReadAudit, told: Mapping[str, Any]) -> StressSheet:
    system, dataset = told["system"], told["dataset"]
    conditions = tuple(_condition(c) for c in told["conditions"])
    worst = worst_of(folder, read, told)
    if read.spec.stress is not None and read.spec.stress.worst_pictures:
        worst = tuple(_with_pictures(folder, system, dataset, i, w) for i, w in enumerate(worst))
    return StressSheet(
        system=system,
        dataset=dataset,
        conditions=conditions,
        n_items=told["n_items"],
        floor=told["floor"],
        n_looks=told["n_looks"],
        stopped=tuple(told["stopped"]),
        says=told["says"],
        worst=worst,
        is_deterministic=told["is_deterministic"],
        landmarks=tuple(told.get("landmarks", ())),
    )


def worst_of(folder: RunFolder, read: ReadAudit, told: Mapping[str, Any]) -> tuple[WorstItem, ...]:
    """Return the items of one system whose answers change most, where the audit file asks for them.

    Parameters
    ----------
    told
        What the record of the run says of the system under stress.
    """
    spec, system, dataset = read.spec.stress, told["system"], told["dataset"]
    if spec is None or not spec.worst:
        return ()
    labels = next((s.labels for s in read.spec.systems if s.name == system), {})
    base = evaluated(folder.read_answers(system, dataset))
    under = evaluated(folder.read_answers(system, stress_name(dataset)))
    nuisances = [c for c in told["conditions"] if c["family"] == ROBUSTNESS]
    # The mildest first; of those without a scale (other ways of asking) before all.
    nuisances.sort(key=lambda c: c["severity"] or 0)
    return worst_items(base, under, labels, [c["name"] for c in nuisances])[: spec.worst]


def _with_pictures(
    folder: RunFolder, system: str, dataset: str, rank: int, worst: WorstItem
) -> WorstItem:
    files = [picture_file(folder, system, dataset, rank, way) for way in ("before", "after")]
    if not all(file.is_file() for file in files):
        return worst
    return replace(worst, pictures=tuple(file.read_bytes() for file in files))


def _condition(told: Mapping[str, Any]) -> StressedCondition:
    title, heading = _words(told["name"], told["curve"])
    return StressedCondition(
        name=told["name"],
        family=told["family"],
        n_asked=told["n_asked"],
        curve=told["curve"],
        severity=told["severity"],
        title=title,
        heading=heading,
        is_smallest=told["curve"] in SMALLEST,
        is_below_scale=told["curve"] in {*SMALLEST, *BELOW_THE_SCALE},
    )


def _words(name: str, curve: str | None) -> tuple[str, str]:
    """Return what is done, and its heading; the bare name of what is no longer installed."""
    if curve is None:
        return CHECKS.get(name, name), ""
    if curve in PAIRS:
        return PAIRS[curve].title, PAIRS[curve].family
    if curve in PERTURBATIONS:
        return PERTURBATIONS[curve].title, PERTURBATIONS[curve].family
    return curve, ""


def worst_items(
    base: pl.DataFrame,
    under: pl.DataFrame,
    labels: Mapping[str, str],
    conditions: Sequence[str],
) -> tuple[WorstItem, ...]:
    """Return the items whose answers change, those that change most often first.

    Parameters
    ----------
    base, under
        Answers to unchanged and to changed media: ``item``, ``label`` and, of the second,
        ``condition`` and ``failure``.
    labels
        The system's label → label of the audit, as findings are told in.
    conditions
        Those that count, the mildest first: the first that changes the answer is told.

    Examples
    --------
    >>> import polars as pl
    >>> base = pl.DataFrame({"item": ["a", "b"], "label": ["sad", "sad"]})
    >>> under = pl.DataFrame({"item": ["a", "b", "b"], "label": ["sad", "glad", None],
    ...                       "failure": [None, None, "timeout"],
    ...                       "condition": ["x:1", "x:1", "x:2"]})
    >>> (worst,) = worst_items(base, under, {}, ["x:1", "x:2"])
    >>> worst.item, worst.n_changed, worst.n_asked, worst.condition, worst.before, worst.after
    ('b', 2, 2, 'x:1', 'sad', 'glad')
    """
    import polars as pl

    bad = prohibited_labels([*answer_labels(base), *answer_labels(under)])
    to = {**labels, **dict.fromkeys(bad, NOT_EVALUATED)}
    before = base.filter(pl.col("label").is_not_null() & ~pl.col("label").is_in(bad))
    order = {name: i for i, name in enumerate(conditions)}
    # What could not be changed was not asked, as in the findings.
    now = under.filter(
        pl.col("condition").is_in(list(conditions))
        & pl.col("failure").ne_missing(str(FailureKind.UNMADE))
    )
    joined = (
        before.select("item", before=pl.col("label").replace(dict(labels)))
        .join(now.select("item", "condition", now=pl.col("label").replace(to)), on="item")
        .with_columns(order=pl.col("condition").replace_strict(order, return_dtype=pl.Int64))
        .sort("order")
    )
    changed = pl.col("before").ne_missing(pl.col("now"))
    found = (
        joined.group_by("item")
        .agg(
            n_changed=changed.sum(),
            n_asked=pl.len(),
            condition=pl.col("condition").filter(changed).first(),
            before=pl.col("before").first(),
            now=pl.col("now").filter(changed).first(),
        )
        .filter(pl.col("n_changed") > 0)
        .sort(
            pl.col("n_changed") / pl.col("n_asked"), "n_changed", "item",
            descending=[True, True, False],
        )
    )  # fmt: skip
    columns = ("item", "n_changed", "n_asked", "condition", "before", "now")
    return tuple(WorstItem(*row) for row in found.select(columns).iter_rows())
