"""Two runs, or two systems of one run, held against each other on the items that both have.

Every difference is the second minus the first, taken person by person. Only stored answers are
read: nothing is asked. Under stress, a difference says how much more, or less, often the second
system keeps its answer when the same items are changed in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from facevalue import __version__, flow
from facevalue.audits import (
    CONTROLS,
    Finding,
    FindingSet,
    MeasureSpec,
    Place,
    ReadAudit,
    Sample,
    SystemEntry,
    claims_of,
    is_skill_shown,
    measure_spec,
    paired_sample,
)
from facevalue.audits.differences import Both, Differences
from facevalue.audits.paired import COMPARISON
from facevalue.audits.sample import CONTROL
from facevalue.audits.stability import stressed_pair
from facevalue.canonical import digest_bytes
from facevalue.dataset import Dataset
from facevalue.errors import InputError, UnknownNameError
from facevalue.report.comparison import Comparison, RunSheet, Versus
from facevalue.runs import RunFolder, stress_name
from facevalue.stresses import Kept, partner_codes, stress_of

__all__ = ["compare_runs", "looks_of"]

MAX_NAMED = 8


@dataclass(frozen=True)
class _Run:
    folder: RunFolder
    read: ReadAudit
    record: Mapping[str, Any]
    opened: flow.Opened
    findings: FindingSet

    @classmethod
    def open(cls, path: Path) -> _Run:
        folder = RunFolder.open(path)
        findings = FindingSet.read(folder.path)
        read = flow.read_again(folder)
        record = flow.read_record(folder)
        return cls(folder, read, record, flow.opened_again(folder, read), findings)

    @property
    def systems(self) -> dict[str, SystemEntry]:
        return {entry.name: entry for entry in self.read.spec.systems}

    def sheet(self) -> RunSheet:
        return RunSheet(
            folder=self.folder.path.resolve().name,
            title=self.read.spec.title,
            started=str(self.record.get("started", "")),
            version=str(self.record.get("versions", {}).get("facevalue", "unknown")),
            audit_sha256=self.read.sha256,
            findings_sha256=digest_bytes(self.folder.findings_files[0].read_bytes()),
        )

    def spec(self, key: str) -> MeasureSpec:
        declared = next(d for d in self.read.spec.datasets if d.key == key)
        dataset = self.opened.datasets[key]
        return measure_spec(self.read.spec, declared, dataset, claims_of(self.read.spec))

    def kept(self, system: str, dataset: str) -> Kept | None:
        """Return what is known of the conditions that a system was asked under."""
        for kept in stress_of(self.folder, self.record):
            if (kept.system, kept.dataset) == (system, dataset):
                return kept
        return None


def compare_runs(
    first: str | Path, second: str | Path, *, systems: tuple[str, str] | None = None
) -> Comparison:
    """Compare what two runs found on the items that both have; nothing is asked.

    Parameters
    ----------
    first, second
        Run folders with findings; they may be the same.
    systems
        A system of the first and one of the second. By default those of one name, or the one
        that each run has.

    Returns
    -------
    Comparison with differences, second minus first: accuracy, UAR, every recall and failure
    rate; what is answered where there is nothing to answer; under every condition that both were
    asked under the share of answers unchanged, its area, failures and their change, and the change
    of accuracy; and accuracy by group. A difference is not estimable for NO_ITEMS, UNDEFINED,
    TOO_FEW_CLUSTERS and UNSTABLE as elsewhere; between groups, NOT_IDENTIFIED where everybody in
    one of them differs by the same.

    Raises
    ------
    InputError
        If a folder is no run with findings, a system is not known, or nothing is shared.
    """
    a = _Run.open(Path(first))
    is_same = Path(first).resolve() == Path(second).resolve()
    b = a if is_same else _Run.open(Path(second))
    compared: list[_Compared] = []
    left_out = _versions(a, b)
    for one, other in _pairs(a, b, systems):
        left_out += _datasets_alone(a, b, one, other)
        for key in _datasets_of(a, one):
            if key in _datasets_of(b, other):
                compared.append(_Compared(a, b, one, other, key))
    done = [c for c in compared if c.prepare()]
    left_out += [s for c in compared for s in c.left_out]
    left_out = list(dict.fromkeys(left_out))
    if not done:
        why = "".join(f"\n  {s}" for s in left_out) or "\n  the runs have no dataset of one id"
        raise InputError(f"{first} and {second}: there is nothing to compare.{why}")
    looks = [c.measured() for c in done]
    return Comparison(
        first=a.sheet(), second=b.sheet(), pairs=tuple(c.versus() for c in done),
        findings=FindingSet(tuple(f for found, _ in looks for f in found)),
        sides={key: values for _, sides in looks for key, values in sides.items()},
        left_out=tuple(dict.fromkeys([*left_out, *(s for c in done for s in c.left_out)])),
        level=max(a.read.spec.level, b.read.spec.level),
        min_cell=max(r.read.spec.analyses.min_cell for r in (a, b)),
        version=__version__,
    )  # fmt: skip


def _pairs(
    a: _Run, b: _Run, systems: tuple[str, str] | None
) -> list[tuple[SystemEntry, SystemEntry]]:
    ours, theirs = a.systems, b.systems
    if systems is not None:
        for which, name, known in zip(
            ("first", "second"), systems, (ours, theirs), strict=True
        ):  # fmt: skip
            if name not in known:
                raise UnknownNameError(f"system of the {which} run", name, known)
        return [(ours[systems[0]], theirs[systems[1]])]
    same = [(entry, theirs[name]) for name, entry in ours.items() if name in theirs]
    if same:
        return same
    if len(ours) == len(theirs) == 1:
        return list(zip(ours.values(), theirs.values(), strict=True))
    known_words = [", ".join(f"{x!r}" for x in known) for known in (ours, theirs)]
    raise InputError(
        "the runs have no system of one name. Say which two with --systems FIRST,SECOND. "
        f"The first run has: {known_words[0]}. The second has: {known_words[1]}."
    )


def _datasets_of(run: _Run, entry: SystemEntry) -> list[str]:
    return [key for key, _ in flow.datasets_for(entry, run.opened)]


def _datasets_alone(a: _Run, b: _Run, one: SystemEntry, other: SystemEntry) -> list[str]:
    ours, theirs = _datasets_of(a, one), _datasets_of(b, other)
    said = [f"Dataset {k!r} is in the first run only." for k in ours if k not in theirs]
    return said + [f"Dataset {k!r} is in the second run only." for k in theirs if k not in ours]


def _versions(a: _Run, b: _Run) -> list[str]:
    """Say what of the two runs differs that a reader of differences has to know."""
    said = []
    versions = [a.sheet().version, b.sheet().version]
    if versions[0] != versions[1]:
        said.append(
            f"The runs were made by facevalue {versions[0]} and {versions[1]}: a condition of one "
            "name may not be the same change in both."
        )
    levels = [a.read.spec.level, b.read.spec.level]
    if levels[0] != levels[1]:
        told = f"{levels[0]:g} and {levels[1]:g}"
        said.append(f"The levels of the runs differ ({told}); {max(levels):g} is used.")
    return said


@dataclass
class _Compared:
    """Two systems on one dataset."""

    a: _Run
    b: _Run
    one: SystemEntry
    other: SystemEntry
    key: str
    left_out: list[str] = field(default_factory=list)
    samples: tuple[Sample, Sample] | None = None
    shared: Dataset | None = None
    is_of_equality: bool = False
    is_same_data: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """Names of both sides, told apart."""
        ours, theirs = self.one.name, self.other.name
        return (f"{ours} (first)", f"{theirs} (second)") if ours == theirs else (ours, theirs)

    @property
    def place(self) -> Place:
        first, second = self.names
        return Place(
            system=f"{second} − {first}", dataset=self.key, family=COMPARISON, metric="accuracy"
        )  # fmt: skip

    def prepare(self) -> bool:
        """Find what is shared; `False` if there is nothing."""
        both = [run.opened.datasets[self.key] for run in (self.a, self.b)]
        self.is_same_data = both[0].sha256 == both[1].sha256
        self.shared, said = _shared(self.key, *both)
        self.left_out += said
        if self.shared is None:
            return False
        ours, theirs = self.sample_for(self.a, self.one), self.sample_for(self.b, self.other)
        if not len(np.intersect1d(ours.item, theirs.item)):
            self.left_out.append(f"{self.key}: no item was asked of both systems.")
            return False
        self.samples = (ours, theirs)
        return True

    def sample_for(
        self, run: _Run, entry: SystemEntry, answers: pl.DataFrame | None = None
    ) -> Sample:
        assert self.shared is not None, "nothing is shared"
        if answers is None:
            answers = run.folder.read_answers(entry.name, self.key)
        used = self._spec
        named = dict.fromkeys([*used.conditions, *(x for g in used.groups for x in g)])
        return flow.sample_for(run.read, entry, self.key, self.shared, answers, list(named))

    @property
    def _spec(self) -> MeasureSpec:
        """How to measure: what both audit files ask for."""
        ours, theirs = self.a.spec(self.key), self.b.spec(self.key)
        return replace(
            ours,
            level=max(ours.level, theirs.level),
            conditions=tuple(c for c in ours.conditions if c in theirs.conditions),
            groups=tuple(g for g in ours.groups if g in theirs.groups),
            joint=(), no_gap_above=(), families=(), metrics=None,
        )  # fmt: skip

    def versus(self) -> Versus:
        assert self.shared is not None, "prepared"
        assert self.samples is not None, "prepared"
        first, second = self.names
        ours, theirs = self.samples
        items = np.intersect1d(ours.item, theirs.item)
        return Versus(
            system=self.place.system, dataset=self.key, first=first, second=second,
            n_items=len(items),
            n_subjects=len(np.unique(ours.subject[np.isin(ours.item, items)])),
            subjects_declared=self.shared.subjects_declared,
            skill=(*self._skill(), *self._redrawn(), *self._unasked()),
        )  # fmt: skip

    def _skill(self) -> Iterator[str]:
        """Yield what stands beside robustness and groups for whom skill is not shown."""
        if not self.is_of_equality:
            return
        sides = zip(self.names, (self.a, self.b), (self.one, self.other), strict=True)
        shown = {n: is_skill_shown(r.findings, e.name, self.key, None) for n, r, e in sides}
        none = " and ".join(n for n, is_shown in shown.items() if is_shown is None)
        if none:
            yield (
                f"Skill could not be measured on {self.key} ({none}): no item there has an "
                "annotated label to be right or wrong about. "
                "That answers are moved less is no merit by itself, as a system that always says "
                "the same is moved by nothing."
            )
        guesses = " and ".join(n for n, is_shown in shown.items() if is_shown is False)
        if guesses:
            yield (
                f"Not shown to beat the reference systems (majority, random, shuffled labels) on "
                f"{self.key}: {guesses}. That its answers are moved less, or are alike for groups, "
                "is then no merit, as a system that guesses may be moved by nothing and is equal "
                "for all groups."
            )

    def _redrawn(self) -> Iterator[str]:
        """Say of whom the same question gets other answers: every condition holds that as well."""
        sides = zip(self.names, (self.a, self.b), (self.one, self.other), strict=True)
        for name, run, entry in sides:
            found = run.findings.where(
                system=entry.name, dataset=self.key, metric="unchanged", condition="repeat",
                attribute=None,
            )  # fmt: skip
            same = next((f.result.value for f in found if f.result.value is not None), 1.0)
            if same < 1.0:
                yield (
                    f"Asked again about the same media, {name} keeps {100 * same:.1f} % of its "
                    f"answers on {self.key}. What it loses so is part of every difference under "
                    "another condition."
                )

    def _unasked(self) -> Iterator[str]:
        """Say what a budget left out."""
        sides = zip(self.names, (self.a, self.b), (self.one, self.other), strict=True)
        for name, run, entry in sides:
            kept = run.kept(entry.name, self.key)
            if kept is not None and kept.says:
                yield f"{name} on {self.key}: {kept.says}"

    def measured(self) -> tuple[list[Finding], dict[str, tuple[float, float]]]:
        """Return the findings, looks allowed for, and the figures of both sides."""
        assert self.samples is not None, "prepared"
        ours, theirs = self.samples
        run = Differences(self.place, self._spec)
        if not (ours.is_voted or theirs.is_voted):
            # The same rows in both, so that what differs is known item by item.
            pair = stressed_pair(theirs, ours)
            assert pair.other is not None, "just paired"
            run.whole(pair)
            theirs, ours = replace(pair, other=None), pair.other
        run.labels(paired_sample(theirs, ours))
        if run.has_nothing_annotated and not (theirs.annotated == CONTROL).all():
            self.left_out.append(
                f"{self.key}: no item with an annotated label was answered by both, so that "
                "accuracy, UAR and recalls are not compared."
            )
        findings = run.adjusted()
        under = Differences(self.place, self._spec)
        under.n_looks = self._under_stress(under)
        findings += under.adjusted(over_conditions=True)
        self.is_of_equality = bool(under.looks) or any(f.place.attribute for f in findings)
        return findings, run.sides | under.sides

    def _under_stress(self, run: Differences) -> int:
        """Take up every condition that both were asked under; return the looks."""
        kept = [r.kept(e.name, self.key) for r, e in ((self.a, self.one), (self.b, self.other))]
        told: list[dict[str, Any]] = [
            {} if k is None else {c["name"]: c for c in k.conditions if c["n_asked"]} for k in kept
        ]
        for i, words in enumerate(("first", "second")):
            alone = [name for name in told[i] if name not in told[1 - i]]
            if alone:
                self.left_out.append(_only_in(self.key, words, alone))
        if kept[0] is None or kept[1] is None:
            return 1
        run.n_looks = looks_of(
            kept[0],
            kept[1],
            # The draw hangs on the seed and on who is in the data.
            is_same_seed=self.a.read.spec.seed == self.b.read.spec.seed and self.is_same_data,
        )
        stressed = self._stressed({n: c["curve"] for n, c in told[0].items() if n in told[1]})
        steps: dict[str, list[tuple[int, Both]]] = {}
        for name, both in stressed.items():
            about = told[0][name]
            if about["family"] == CONTROLS:
                run.control(name, both)
                continue
            run.condition(name, both)
            if about["curve"] is not None and about["severity"] is not None:
                steps.setdefault(about["curve"], []).append((about["severity"], both))
        for curve, found in steps.items():
            if len(found) > 1:
                run.area(curve, sorted(found, key=lambda step: step[0]))
        return run.n_looks

    def _stressed(self, curves: Mapping[str, str | None]) -> dict[str, Both]:
        assert self.samples is not None, "prepared"
        first, second = self.samples
        tables = [
            (run, entry, run.folder.read_answers(entry.name, stress_name(self.key)))
            for run, entry in ((self.a, self.one), (self.b, self.other))
        ]
        swaps = [self._partners(run) for run in (self.a, self.b)]
        found: dict[str, Both] = {}
        for name, curve in curves.items():
            of = pl.col("condition") == name
            changed = [
                self.sample_for(run, entry, table.filter(of).drop("condition"))
                for run, entry, table in tables
            ]
            who = [swap.get(str(curve)) for swap in swaps]
            found[name] = Both.of((first, changed[0]), (second, changed[1]), who)
        return found

    def _partners(self, run: _Run) -> dict[str, dict[int, int]]:
        """Return, by swap, the code of an item → that of its partner, among what is shared.

        For a partner that is not shared another item of the same person stands, if there is one.
        """
        assert self.shared is not None, "nothing is shared"
        own = run.opened.datasets[self.key]
        swaps = partner_codes(run.read.spec.stress, own, run.read.spec.seed)
        if own.sha256 == self.shared.sha256 and len(own) == len(self.shared):
            return swaps
        runs = [r.opened.datasets[self.key] for r in (self.a, self.b)]
        ours, theirs = _people(self.shared), _people(own)
        places = {item: i for i, item in enumerate(ours)}
        person: dict[str, int] = {}
        for i, who in enumerate(ours.values()):
            person.setdefault(who, i)
        for i, who in enumerate(sorted({x for d in runs for x in _people(d).values()})):
            person.setdefault(who, len(ours) + i)
        codes = [places.get(item, person[who]) for item, who in theirs.items()]
        return {n: {codes[i]: codes[j] for i, j in who.items()} for n, who in swaps.items()}


def _people(dataset: Dataset) -> dict[str, str]:
    """Return whose each item is, in the order in which items are coded: that of their names."""
    rows = dataset.items.select("item", "subject").sort("item").rows()
    known = dataset.subjects_declared
    return {item: who if known and who is not None else item for item, who in rows}


def _shared(key: str, ours: Dataset, theirs: Dataset) -> tuple[Dataset | None, list[str]]:
    """Return the part of a dataset that both runs have, and what is left out of it."""
    if ours.sha256 == theirs.sha256:
        return ours, []
    if tuple(ours.taxonomy.labels) != tuple(theirs.taxonomy.labels):
        named = [", ".join(d.taxonomy.labels) for d in (ours, theirs)]
        return None, [f"{key}: the labels differ: {named[0]}; and {named[1]}."]
    if ours.subjects_declared != theirs.subjects_declared:
        return None, [f"{key}: only one of the runs knows which items show the same subject."]
    on = ["item", "sha256", "annotated", "subject"]
    items = ours.items.join(
        theirs.items.select(on), on=on, how="semi", nulls_equal=True, maintain_order="left"
    )
    n_left = [len(d) - items.height for d in (ours, theirs)]
    if not items.height:
        return None, [f"{key}: the runs have it with different items; none is in both."]
    attributes = tuple(x for x in ours.attributes if x in theirs.attributes)
    said = (
        f"{key}: the runs have it with different items. {items.height:,} with the same media, "
        f"subject and annotation are compared; {n_left[0]:,} of the first and {n_left[1]:,} of the "
        "second are left out."
    )
    return replace(ours, items=items, attributes=attributes), [said]


def _only_in(key: str, words: str, names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_NAMED])
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"{key}: only the {words} was asked under {shown}{more}."


def looks_of(first: Kept, second: Kept, *, is_same_seed: bool) -> int:
    """Return how many samples asking could have ended with, over both runs.

    People are drawn in an order that hangs on the seed. With one seed and as many looks the items
    that both have been asked are those of the run that stopped first.
    """
    if is_same_seed and first.n_looks == second.n_looks:
        return first.n_looks
    return first.n_looks * second.n_looks
