r"""A model card: fields of Mitchell et al. (2019), and the metadata that model hubs read.

One document for all systems of a run. The front matter is YAML with a ``model-index`` of
results; what a run cannot know of a model is said to be unknown, not left out.

References
----------
Mitchell et al. (2019), Model cards for model reporting, *Proc. FAT\* 2019*, 220–229.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

from facevalue.audits import Finding
from facevalue.domain import Estimate
from facevalue.exports.markdown import markdown
from facevalue.exports.source import Document, Source
from facevalue.exports.tables import because, is_whole, pair_tables
from facevalue.report.blocks import Block, Bullets, Facts, Heading, Prose, Section, Text, web_link
from facevalue.report.metrics import definition, metric_words, parts
from facevalue.report.model import DatasetSheet, Material, Pair, SystemSheet
from facevalue.report.sections.limits import limits_section
from facevalue.report.sections.prohibited import prohibited_words
from facevalue.report.sections.sheets import data_section
from facevalue.report.wording import clean, listed

__all__ = ["MODEL_CARD", "model_card"]

# Identifiers that hubs know; any other licence is "other" with its name.
KNOWN_LICENCES = {
    "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc-by-4.0", "cc0-1.0", "gpl-3.0", "mit",
}  # fmt: skip
INDEXED = ("accuracy", "uar", "mcc", "f1", "recall", "precision", "ece", "failure_rate")
UNKNOWN = "Not known from this run."


def model_card(source: Source) -> str:
    """Return YAML front matter and the card in Markdown."""
    material = source.material
    front = yaml.safe_dump(_metadata(material), allow_unicode=True, sort_keys=False, width=100)
    title = f"Model card, evaluation by facevalue: {material.report.title}"
    return f"---\n{front}---\n\n{markdown(title, _sections(material))}"


def _metadata(material: Material) -> dict[str, Any]:
    systems = material.report.systems
    licences = {clean(s.about.get("licence", "")) for s in systems}
    data = [clean(d.id) for d in material.report.datasets if d.missing is None]
    return {
        # Of one licence only if every system states it.
        **(_licence(licences.pop()) if len(licences) == 1 and "" not in licences else {}),
        "tags": ["emotion-recognition", "facevalue"],
        "datasets": data,
        "metrics": sorted({kind for s in systems for kind in _kinds(material, s)}),
        "model-index": [
            {"name": clean(s.name), "results": _results(material, s)}
            for s in systems
            if _results(material, s)
        ],
    }


def _licence(name: str) -> dict[str, str]:
    known = re.sub(r"\s+", "-", name.lower())
    if known in KNOWN_LICENCES:
        return {"license": known}
    return {"license": "other", "license_name": name}


def _indexed(pair: Pair) -> list[tuple[Finding, Estimate]]:
    return [
        (f, f.result)
        for f in pair.of("correctness", "calibration", "failures")
        if is_whole(f) and parts(f.place.metric)[0] in INDEXED and isinstance(f.result, Estimate)
    ]


def _kinds(material: Material, system: SystemSheet) -> set[str]:
    pairs = (p for p in material.pairs if p.system == system.name)
    return {parts(f.place.metric)[0] for pair in pairs for f, _ in _indexed(pair)}


def _results(material: Material, system: SystemSheet) -> list[dict[str, Any]]:
    sheets = {d.id: d for d in material.report.datasets}
    return [
        {
            # Hubs have no task of this name; the kind of media is not always known.
            "task": {"type": "other", "name": "label of an expression"},
            "dataset": _dataset(sheets.get(pair.dataset, DatasetSheet(id=pair.dataset))),
            "metrics": [
                {
                    "type": parts(f.place.metric)[0],
                    "name": clean(metric_words(f.place.metric)),
                    "value": estimate.value,
                    "args": {
                        "low": estimate.low,
                        "high": estimate.high,
                        "level": estimate.level,
                        "n_items": estimate.n_items,
                        **({"n_subjects": estimate.n_subjects} if pair.subjects_declared else {}),
                    },
                }
                for f, estimate in _indexed(pair)
            ],
        }
        for pair in material.pairs
        if pair.system == system.name and _indexed(pair)
    ]


def _dataset(sheet: DatasetSheet) -> dict[str, str]:
    # A revision names the content: the digest of the data.
    found = {"type": clean(sheet.id), "name": clean(sheet.title or sheet.id)}
    return found | ({"revision": clean(sheet.sha256)} if sheet.sha256 else {})


def _sections(material: Material) -> tuple[Section, ...]:
    report = material.report
    limits = tuple(b for b in limits_section(material).blocks if isinstance(b, Bullets))
    prohibited = tuple(
        prohibited_words(s.name, tuple(s.prohibited)) for s in report.systems if s.prohibited
    )
    verdicts = tuple(
        f"{v.outcome.words}: {v.claim.id}, “{v.claim.says}”, for {v.system or 'no system'}. "
        f"{v.sentence}{because(v)}"
        for v in report.verdicts
    )
    return (
        _section("Model details", _details(material)),
        _section(
            "Intended use",
            [Prose((f"{UNKNOWN} The makers have to say what uses they intend and rule out.",)),
             Heading("What is claimed of it, and the verdicts"),
             Bullets(verdicts or ("No claim was put to the test.",))],
        ),
        _section("Factors", _factors(material)),
        _section("Metrics", [Facts(tuple(_definitions(material)))]),
        _section("Evaluation data", data_section(material).blocks),
        _section("Training data", [Prose((UNKNOWN,))]),
        _section("Quantitative analyses", _analyses(material)),
        _section(
            "Ethical considerations",
            [Bullets((
                *prohibited,
                "Labels are annotations. Nobody’s feelings were measured, and a system that "
                "agrees with annotations has not been shown to know what anyone feels.",
                "Uses that act on people need more than accuracy: how rare what is looked for is, "
                "what a flag leads to, and whether the use is lawful.",
            ))],
        ),
        _section("Caveats and recommendations", limits),
    )  # fmt: skip


def _section(title: str, blocks: Iterable[Block]) -> Section:
    return Section(anchor=title.lower().replace(" ", "-"), title=title, blocks=tuple(blocks))


def _details(material: Material) -> list[Block]:
    blocks: list[Block] = []
    for s in material.report.systems:
        labels = listed([f"“{x}”" for x in s.labels or ()]) or "not declared"
        pairs: list[tuple[str, Text]] = [
            *((term, web_link(said)) for term, said in s.about.items()),
            ("Output labels", labels),
            ("Reached by", s.adapter),
            ("SHA-256 of all that can change an answer", s.identity_sha256),
            ("Skill", s.skill),
        ]
        shown = tuple((term, said) for term, said in pairs if said)
        blocks += [Heading(s.name), Facts(shown)]
    return blocks


def _factors(material: Material) -> list[Block]:
    places = [f.place for f in material.report.findings]
    groups = list(dict.fromkeys(p.attribute for p in places if p.attribute and p.group))
    parts_of = (p.condition.partition("=")[0] for p in places if p.condition)
    conditions = list(dict.fromkeys(parts_of))
    return [
        Facts(
            (
                ("Groups of people told apart", listed(groups) or "none"),
                ("Conditions told apart", listed(conditions) or "none"),
            )
        ),
        Prose(("Groups are as recorded in the data. Others were not looked at.",)),
    ]


def _definitions(material: Material) -> Iterable[tuple[str, Text]]:
    bases = {parts(f.place.metric)[0]: None for pair in material.pairs for f, _ in _indexed(pair)}
    return (definition(base) for base in bases)


def _analyses(material: Material) -> list[Block]:
    def whole(pair: Pair) -> Iterable[Finding]:
        return [f for f, _ in _indexed(pair)]

    def by_group(crossed: bool, pair: Pair) -> Iterable[Finding]:
        return [
            f
            for f in pair.of("correctness")
            if f.place.metric in ("accuracy", "uar")
            and f.place.condition is f.place.reference is None
            and f.place.attribute is not None
            and ("×" in f.place.attribute) is crossed
        ]

    def controls(pair: Pair) -> Iterable[Finding]:
        return [f for f in pair.of("controls") if f.place.attribute is f.place.reference is None]

    return [
        *pair_tables(material, "All items", whole),
        *pair_tables(material, "Items without an emotion to find, or with none left", controls),
        *pair_tables(material, "Unitary: by one attribute", lambda p: by_group(False, p)),
        *pair_tables(material, "Intersectional", lambda p: by_group(True, p)),
    ]


MODEL_CARD = Document(model_card)
"""``--as model-card``."""
