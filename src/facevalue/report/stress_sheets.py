"""What the record of a run keeps of changed media, in the words of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from facevalue.audits import CHECKS, ROBUSTNESS, ReadAudit
from facevalue.domain.labels import prohibited_labels
from facevalue.errors import InputError
from facevalue.perturb import PERTURBATIONS
from facevalue.perturb.pairs import PAIRS
from facevalue.report.model import StressedCondition, StressSheet, WorstItem
from facevalue.runs import RunFolder

if TYPE_CHECKING:
    import polars as pl

__all__ = ["stress_sheets", "worst_items"]

UNDER_STRESS = "{}\nunder stress"
"""What answers to changed media are kept under; a test holds it against `facevalue.stresses`."""


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
    spec = read.spec.stress
    worst: tuple[WorstItem, ...] = ()
    if spec is not None and spec.worst:
        labels = next((s.labels for s in read.spec.systems if s.name == system), {})
        base = folder.read_answers(system, dataset)
        under = folder.read_answers(system, UNDER_STRESS.format(dataset))
        nuisances = [c.name for c in conditions if c.family == ROBUSTNESS]
        worst = worst_items(base, under, labels, nuisances)[: spec.worst]
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
    )


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
        ``condition``.
    labels
        The system's label → label of the audit, as findings are told in.
    conditions
        Those that count.

    Examples
    --------
    >>> import polars as pl
    >>> base = pl.DataFrame({"item": ["a", "b"], "label": ["sad", "sad"]})
    >>> under = pl.DataFrame({"item": ["a", "b", "b"], "label": ["sad", "glad", None],
    ...                       "condition": ["x:1", "x:1", "x:2"]})
    >>> worst_items(base, under, {}, ["x:1", "x:2"])
    (WorstItem(item='b', n_changed=2, n_asked=2),)
    """
    import polars as pl

    def told(answers: pl.DataFrame, name: str) -> pl.DataFrame:
        named = answers["label"].drop_nulls().unique().to_list()
        left_out = list(prohibited_labels(named))
        # As in the findings, what is never evaluated is no answer that could change.
        kept = answers.filter(~pl.col("label").is_in(left_out) | pl.col("label").is_null())
        return kept.with_columns(pl.col("label").replace(dict(labels)).alias(name))

    before = told(base, "before").filter(pl.col("before").is_not_null())
    now = told(under.filter(pl.col("condition").is_in(list(conditions))), "now")
    found = (
        before.select("item", "before")
        .join(now.select("item", "now"), on="item")
        .group_by("item")
        .agg(
            n_changed=pl.col("before").ne_missing(pl.col("now")).sum(),
            n_asked=pl.len(),
        )
        .filter(pl.col("n_changed") > 0)
        .sort(
            pl.col("n_changed") / pl.col("n_asked"), "n_changed", "item",
            descending=[True, True, False],
        )
    )  # fmt: skip
    return tuple(WorstItem(*row) for row in found.select("item", "n_changed", "n_asked").rows())
