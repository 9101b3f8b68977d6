"""Audit files: one that uses everything, and every rule that one can break."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facevalue.audits import audit_schema, library_claims, read_audit
from facevalue.audits.spec import METRIC
from facevalue.canonical import digest_bytes
from facevalue.declared.yamlfile import MAX_BYTES, MAX_DEPTH
from facevalue.domain import Taxonomy
from facevalue.domain.labels import TAXONOMIES
from facevalue.errors import AuditSpecError

WHOLE = """\
facevalue: 1
title: "Faces: a test"
about: everything that the format knows
seed: 7
level: 0.9
datasets:
  - id: faces
    manifest: data/faces.csv
    root: media
    taxonomy: [anger, calm]
    labels: {angry: anger, bored: outside}
    columns: {item: file, subject: who}
    attributes: [sex, age]
    bands:
      age_band: {of: age, edges: [30, 44.5]}
    where: {split: [test]}
    conditions: [light]
    groups: [sex, [sex, age_band]]
    references: {sex: f}
    leave_out: {sex: [Unknown]}
  - name: crema-d
    optional: true
  - name: generated-controls
    options: {n_per_kind: 2}
systems:
  - name: mine
    adapter: callable
    labels: {furious: anger}
    datasets: [faces]
    options: {function: "mine:predict", nested: {deep: [1, 2.5, true, null]}}
  - name: fer
analyses: {permutations: 99, shuffles: 100, confident: 0.8}
claims:
  - id: good
    library: null
    says: it is good
    who: they
    source: a page
    metric: recall[anger]
    at_least: 0.5
    condition: light=day
    dataset: faces
    systems: [mine]
  - id: strict
    says: it never fails
    metric: accuracy
    at_least: 1
    failures: wrong
  - id: sure
    says: it is not sure of nothing
    metric: confident_share[0.8]
    at_most: 0.05
  - library: works-for-everyone
    metric: accuracy
    largest_gap_at_most: 0.05
    over: [sex, [sex, age_band]]
"""

SMALL = """\
facevalue: 1
title: Faces
datasets:
  - manifest: faces.csv
    taxonomy: [anger, calm]
systems:
  - name: mine
    adapter: predictions
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "audit.yaml"
    path.write_text(text, "utf-8")
    return path


def refused(folder: Path, text: str) -> str:
    """Return the message without the path of the file, which stands in front."""
    path = write(folder, text)
    with pytest.raises(AuditSpecError) as caught:
        read_audit(path)
    says = str(caught.value)
    assert says.startswith(f"{path}: ")
    return says.removeprefix(f"{path}: ")


def test_everything_is_read(tmp_path: Path) -> None:
    read = read_audit(write(tmp_path, WHOLE))
    spec = read.spec
    assert (read.base, read.text) == (tmp_path, WHOLE)
    assert read.sha256 == digest_bytes(WHOLE.encode())
    assert (spec.title, spec.seed, spec.level) == ("Faces: a test", 7, 0.9)
    faces, crema, controls = spec.datasets
    assert [d.key for d in spec.datasets] == ["faces", "crema-d", "generated-controls"]
    assert faces.own_taxonomy() == Taxonomy("faces", ("anger", "calm"))
    assert crema.own_taxonomy() is None
    assert faces.crossed == [("sex",), ("sex", "age_band")]
    assert faces.bands["age_band"].edges == [30, 44.5]
    assert (crema.optional, faces.optional) == (True, False)
    assert controls.options == {"n_per_kind": 2}
    mine, fer = spec.systems
    assert mine.options["nested"] == {"deep": [1, 2.5, True, None]}
    assert (fer.adapter, fer.options) == (None, {})
    assert spec.analyses.model_dump() == {
        "permutations": 99, "shuffles": 100, "confident": 0.8, "min_cell": 5,
        "families": [], "compare": [],
    }  # fmt: skip
    assert [c.key for c in spec.claims] == ["good", "strict", "sure", "works-for-everyone"]
    assert spec.claims[1].at_least == 1.0


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    spec = read_audit(write(tmp_path, SMALL)).spec
    assert (spec.seed, spec.level, spec.claims) == (0, 0.95, [])
    assert spec.analyses.model_dump() == {
        "permutations": 2000, "shuffles": 200, "confident": 0.9, "min_cell": 5,
        "families": [], "compare": [],
    }  # fmt: skip
    assert spec.datasets[0].key == "faces"


@pytest.mark.parametrize("name", sorted(TAXONOMIES))
def test_a_taxonomy_by_name(tmp_path: Path, name: str) -> None:
    spec = read_audit(write(tmp_path, SMALL.replace("[anger, calm]", name))).spec
    assert spec.datasets[0].own_taxonomy() == TAXONOMIES[name]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.encode())
    assert read_audit(path).text == SMALL


# What is changed in the small file, and everything that is said of it.
def test_families_and_comparisons_are_read(tmp_path: Path) -> None:
    text = """\
analyses:
  min_cell: 1
  compare: [[mine, theirs]]
  families:
  - {name: recalls, metrics: [recall], attributes: [sex × age], conditions: [all],
     references: [rest, largest gap], adjust: benjamini-hochberg}
  - {name: others}
systems:
  - name: theirs
    adapter: predictions
  - name: mine
"""
    spec = read_audit(write(tmp_path, SMALL.replace("systems:\n  - name: mine\n", text))).spec
    assert spec.analyses.min_cell == 1
    assert spec.analyses.compare == [["mine", "theirs"]]
    assert [f.model_dump() for f in spec.analyses.families] == [
        {
            "name": "recalls", "metrics": ["recall"], "attributes": ["sex × age"],
            "conditions": ["all"], "references": ["rest", "largest gap"],
            "adjust": "benjamini-hochberg",
        },
        {
            "name": "others", "metrics": [], "attributes": [], "conditions": [],
            "references": [], "adjust": "holm",
        },
    ]  # fmt: skip


EDITS: dict[str, tuple[str, str, str]] = {
    "format": (
        "facevalue: 1",
        "facevalue: 2",
        "line 1, facevalue: expected 1, found 2 [bad_value]",
    ),
    "no title": ("title: Faces\n", "", "line 1: 'title' is required [missing_key]"),
    "long title": (
        "title: Faces",
        f"title: {'x' * 201}",
        f"line 2, title: expected at most 200 characters, found '{'x' * 78}… [bad_value]",
    ),
    "seed": (
        "title: Faces",
        "title: Faces\nseed: -1",
        "line 3, seed: expected at least 0, found -1 [bad_value]",
    ),
    "level": (
        "title: Faces",
        "title: Faces\nlevel: 1.0",
        "line 3, level: expected less than 1.0, found 1.0 [bad_value]",
    ),
    "level no number": (
        "title: Faces",
        "title: Faces\nlevel: .nan",
        "line 3, level: expected less than 1.0, found nan [bad_value]",
    ),
    "draws": (
        "title: Faces",
        "title: Faces\nanalyses: {permutations: 98}",
        "line 3, analyses.permutations: expected at least 99, found 98 [bad_value]",
    ),
    "family twice": (
        "title: Faces",
        "title: Faces\nanalyses:\n  families:\n  - {name: a}\n  - {name: a}",
        "line 6, analyses.families[1]: 'a' is there already, as analyses.families[0]; give another "
        "name [bad_value]",
    ),
    "family without a name": (
        "title: Faces",
        "title: Faces\nanalyses: {families: [{metrics: [uar]}]}",
        "line 3, analyses.families[0].name: 'name' is required [missing_key]",
    ),
    "unknown adjustment": (
        "title: Faces",
        "title: Faces\nanalyses: {families: [{name: a, adjust: bonferroni}]}",
        "line 3, analyses.families[0].adjust: expected 'holm', 'benjamini-hochberg' or 'max-t', "
        "found 'bonferroni' [bad_value]",
    ),
    "max-t of a largest gap": (
        "title: Faces",
        "title: Faces\nanalyses: {families: [{name: a, adjust: max-t, references: [largest gap]}]}",
        "line 3, analyses.families[0]: max-t is for differences from the rest or from a group; a "
        "largest gap has allowed for its pairs already: leave it out, or adjust by holm "
        "[bad_value]",
    ),
    "comparison with nobody": (
        "title: Faces",
        "title: Faces\nanalyses: {compare: [[mine]]}",
        "line 3, analyses.compare[0]: expected at least 2 item(s), found ['mine'] [bad_value]",
    ),
    "comparison with itself": (
        "title: Faces",
        "title: Faces\nanalyses: {compare: [[mine, mine]]}",
        "line 3, analyses.compare[0]: a system differs from itself in nothing [bad_value]",
    ),
    "comparison told twice": (
        "systems:\n",
        "analyses:\n  compare:\n  - [mine, theirs]\n  - [mine, theirs]\n"
        "systems:\n  - {name: theirs, adapter: predictions}\n",
        "line 9, analyses.compare[1]: these two are compared already, in analyses.compare[0] "
        "[bad_value]",
    ),
    "comparison with an unknown system": (
        "title: Faces",
        "title: Faces\nanalyses: {compare: [[mine, their]]}",
        "line 3, analyses.compare[0][1]: there is no 'their' in this file. Known: 'mine' "
        "[bad_value]",
    ),
    "cells of nobody": (
        "title: Faces",
        "title: Faces\nanalyses: {min_cell: 0}",
        "line 3, analyses.min_cell: expected at least 1, found 0 [bad_value]",
    ),
    "no systems": (
        "systems:\n  - name: mine\n    adapter: predictions\n",
        "systems: []\n",
        "line 6, systems: expected at least 1 item(s), found [] [bad_value]",
    ),
    "two sources": (
        "    taxonomy",
        "    name: crema-d\n    taxonomy",
        "line 4, datasets[0]: give either name (a named dataset) or manifest (a file) [bad_value]",
    ),
    "no source": (
        "manifest: faces.csv",
        "id: faces",
        "line 4, datasets[0]: give either name (a named dataset) or manifest (a file) [bad_value]",
    ),
    "no taxonomy": (
        "    taxonomy: [anger, calm]\n",
        "",
        "line 4, datasets[0]: a manifest needs a taxonomy: a list of labels, or one of crema-d, "
        "ekman6, ekman6-neutral, emodb, ferplus [bad_value]",
    ),
    "unknown taxonomy": (
        "[anger, calm]",
        "ekman7",
        "line 5, datasets[0].taxonomy: unknown taxonomy 'ekman7'; known: crema-d, ekman6, "
        "ekman6-neutral, emodb, ferplus [bad_value]",
    ),
    "empty taxonomy": (
        "[anger, calm]",
        "[]",
        "line 5, datasets[0].taxonomy: a taxonomy lists its labels, each once [bad_value]",
    ),
    "label twice": (
        "[anger, calm]",
        "[anger, anger]",
        "line 5, datasets[0].taxonomy: a taxonomy lists its labels, each once [bad_value]",
    ),
    "reserved label": (
        "[anger, calm]",
        "[anger, none]",
        "line 5, datasets[0].taxonomy: 'outside' and 'none' are reserved [bad_value]",
    ),
    "bands": (
        "[anger, calm]",
        "[anger, calm]\n    bands: {b: {of: age, edges: [30, 30]}}",
        "line 6, datasets[0].bands.b.edges: edges must rise, each once [bad_value]",
    ),
    "bands without end": (
        "[anger, calm]",
        "[anger, calm]\n    bands: {b: {of: age, edges: [.nan]}}",
        "line 6, datasets[0].bands.b.edges: edges must rise, each once [bad_value]",
    ),
    "reserved reference": (
        "[anger, calm]",
        "[anger, calm]\n    references: {sex: rest}",
        "line 6, datasets[0].references: 'rest' is reserved: every group is compared with it "
        "anyway [bad_value]",
    ),
    "unknown key": (
        "    adapter",
        "    adaptor: x\n    adapter",
        "line 8, systems[0].adaptor: 'adaptor' is not a key of the format. Did you mean "
        "'adapter'? [unknown_key]",
    ),
    "unknown dataset": (
        "    adapter",
        "    datasets: [face]\n    adapter",
        "line 8, systems[0].datasets[0]: there is no 'face' in this file. Known: 'faces' "
        "[bad_value]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EDITS)
def test_rules(tmp_path: Path, case: str) -> None:
    old, new, says = EDITS[case]
    assert SMALL.count(old) == 1
    assert refused(tmp_path, SMALL.replace(old, new)) == f"1 problem(s)\n  {says}"


CLAIMS: dict[str, tuple[str, str]] = {
    "no words": (
        "{id: c, metric: uar, at_least: 0.5}",
        "a claim of your own needs id and says (its words)",
    ),
    "no metric": (
        "{id: c, says: s, at_least: 0.5}",
        "a claim of your own needs a metric and a bound",
    ),
    "no bound": (
        "{id: c, says: s, metric: uar}",
        "a claim needs a bound: at_least, at_most or largest_gap_at_most",
    ),
    "two bounds": (
        "{id: c, says: s, metric: uar, at_least: 0.5, at_most: 0.6}",
        "give one bound: at_least, at_most or largest_gap_at_most",
    ),
    "bound without metric": (
        "{library: accuracy-95, at_least: 0.5}",
        "a bound needs a metric, e.g. metric: accuracy",
    ),
    "gap over nothing": (
        "{id: c, says: s, metric: uar, largest_gap_at_most: 0.1}",
        "largest_gap_at_most goes with over (the attributes), and over with it",
    ),
    "over without gap": (
        "{id: c, says: s, metric: uar, at_least: 0.1, over: [sex]}",
        "largest_gap_at_most goes with over (the attributes), and over with it",
    ),
    "gap in what is not compared": (
        "{id: c, says: s, metric: mcc, largest_gap_at_most: 0.1, over: [sex]}",
        "groups are not compared by mcc, but by accuracy, uar, failure_rate, abstention_rate, "
        "recall[label] and standardised_prediction_rate[label], and under stress by unchanged "
        "and accuracy_change",
    ),
    "failures": (
        "{id: c, says: s, metric: uar, at_least: 0.5, failures: wrong}",
        "failures: wrong is defined for accuracy only",
    ),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_rules_of_claims(tmp_path: Path, case: str) -> None:
    claim, says = CLAIMS[case]
    text = f"{SMALL}claims:\n  - {claim}\n"
    assert refused(tmp_path, text) == f"1 problem(s)\n  line 10, claims[0]: {says} [bad_value]"


FIELDS: dict[str, tuple[str, str, str]] = {
    "percent": (
        "{id: c, says: s, metric: uar, at_least: 95}",
        "at_least",
        "95.0 is not a share; write 0.95 for 95 %",
    ),
    "negative": (
        "{id: c, says: s, metric: uar, at_most: -0.1}",
        "at_most",
        "-0.1 is not a share; write 0.95 for 95 %",
    ),
    "condition": (
        "{id: c, says: s, metric: uar, at_most: 0.1, condition: =day}",
        "condition",
        "'=day' is not of the form attribute=group, as modality=face",
    ),
    "confidence": (
        "{id: c, says: s, metric: 'confident_share[0.8]', at_most: 0.1}",
        "metric",
        "confident_share[0.8] is not measured; with analyses.confident it is confident_share[0.9]",
    ),
    "metric": (
        "{id: c, says: s, metric: acuracy, at_most: 0.1}",
        "metric",
        "unknown metric 'acuracy'; known: accuracy, uar, mcc, ece, failure_rate, "
        "abstention_rate, mean_confidence, answer_rate, confident_share[0.9], recall[label], "
        "precision[label], f1[label], prediction_rate[label], "
        "standardised_prediction_rate[label], and under stress unchanged, unchanged_area, "
        "unchanged_below_floor, accuracy_change, confidence_change, failure_change, "
        "prediction_rate_change[label]",
    ),
    "library": (
        "{library: accuracy-59}",
        "library",
        "unknown claim 'accuracy-59'. Did you mean 'accuracy-95'? Known: "
        + ", ".join(repr(c) for c in sorted(c.id for c in library_claims()))
        + ".",
    ),
    "dataset": (
        "{id: c, says: s, metric: uar, at_most: 0.1, dataset: x}",
        "dataset",
        "there is no 'x' in this file. Known: 'faces'",
    ),
    "system": (
        "{id: c, says: s, metric: uar, at_most: 0.1, systems: [mine, x]}",
        "systems[1]",
        "there is no 'x' in this file. Known: 'mine'",
    ),
}


@pytest.mark.parametrize("case", FIELDS)
def test_rules_of_a_claims_entries(tmp_path: Path, case: str) -> None:
    claim, place, says = FIELDS[case]
    text = f"{SMALL}claims:\n  - {claim}\n"
    assert refused(tmp_path, text) == (
        f"1 problem(s)\n  line 10, claims[0].{place}: {says} [bad_value]"
    )


def test_names_given_twice(tmp_path: Path) -> None:
    entry = "  - {id: c, says: s, metric: uar, at_least: 0.5}\n"
    text = SMALL.replace("systems:", "  - {id: faces, name: crema-d}\nsystems:")
    text += "  - {name: mine, adapter: ratings}\n"
    assert refused(tmp_path, f"{text}claims:\n{entry}{entry}") == (
        "3 problem(s)\n"
        "  line 6, datasets[1]: 'faces' is there already, as datasets[0]; give another name "
        "[bad_value]\n"
        "  line 10, systems[1]: 'mine' is there already, as systems[0]; give another name "
        "[bad_value]\n"
        "  line 13, claims[1]: 'c' is there already, as claims[0]; give another name [bad_value]"
    )


def test_every_fault_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = SMALL.replace("title: Faces", "titel: Faces").replace("[anger, calm]", "ekman7")
    assert refused(tmp_path, text) == (
        "3 problem(s)\n"
        "  line 1: 'title' is required [missing_key]\n"
        "  line 2, titel: 'titel' is not a key of the format. Did you mean 'title'? [unknown_key]\n"
        "  line 5, datasets[0].taxonomy: unknown taxonomy 'ekman7'; known: crema-d, ekman6, "
        "ekman6-neutral, emodb, ferplus [bad_value]"
    )


YAML: dict[str, tuple[str, str]] = {
    "an alias": (
        "a: &x [1]\nb: *x\n",
        "line 1, column 4: this is not valid here: anchors and aliases (& and *) are not read; "
        "write the value out [not_yaml]",
    ),
    "a tag": (
        "a: !!python/name:os.system\n",
        "line 1, column 4: this is not valid here: tags (!) are not read; write the value alone "
        "[not_yaml]",
    ),
    "a key twice": (
        "a: 1\nb: 2\na: 3\n",
        "line 3: 'a' is given twice, first on line 1 [duplicate_key]",
    ),
    "no keys": (
        "- a\n- b\n",
        "line 1: expected keys and values (title: …), found something else [wrong_type]",
    ),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        "line 2, column 1: this is not valid here: expected a single document in the stream but "
        "found another document [not_yaml]",
    ),
    "a bracket": (
        "a: [1\nb: 2\n",
        "line 2, column 2: this is not valid here: expected ',' or ']', but got ':' [not_yaml]",
    ),
    "a key that is a list": (
        "? [a]\n: 1\n",
        "line 1: a key has to be text, found a list or keys and values [wrong_type]",
    ),
    "a key that is a number": (
        "2026: 1\n",
        "line 1: a key has to be text; put it in quotes: '2026' [wrong_type]",
    ),
    "a control character": (
        "a: 1\nb: \x07\n",
        "line 2: the control character U+0007 is not read; take it out [control_character]",
    ),
    "nothing": ("# only this\n", "the file holds nothing [empty_file]"),
    "depth": (
        f"a: {'[' * MAX_DEPTH}{']' * MAX_DEPTH}\n",
        f"line 1, column {3 + MAX_DEPTH}: this is not valid here: nested more than {MAX_DEPTH} "
        "levels deep [not_yaml]",
    ),
    "size": (
        "x" * (MAX_BYTES + 1),
        "the file has 1,000,001 bytes, at most 1,000,000 are read [too_large]",
    ),
}


@pytest.mark.parametrize("case", YAML)
def test_what_is_no_plain_yaml(tmp_path: Path, case: str) -> None:
    text, says = YAML[case]
    assert refused(tmp_path, text) == f"1 problem(s)\n  {says}"


def test_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "audit.yaml"
    path.write_bytes("title: Gefühl\nabout: für\n".encode("latin-1"))
    with pytest.raises(AuditSpecError) as caught:
        read_audit(path)
    assert str(caught.value) == (
        f"{path}: 1 problem(s)\n"
        "  line 1: byte 0xfc is not UTF-8; save the file as UTF-8 [wrong_encoding]"
    )


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(AuditSpecError) as caught:
        read_audit(tmp_path / "absent.yaml")
    assert str(caught.value) == (
        f"{tmp_path / 'absent.yaml'}: 1 problem(s)\n  there is no such file [missing_file]"
    )


@pytest.mark.parametrize(
    ("metric", "known"),
    [
        ("accuracy", True),
        ("recall[anger]", True),
        ("recall[a × b]", True),
        ("standardised_prediction_rate[x]", True),
        ("confident_share[0.9]", True),
        ("abstention_rate", True),
        ("recall", False),
        ("recall[]", False),
        ("recall[a[b]]", False),
        ("accuracy[anger]", False),
        ("confident_share[1.5]", False),
        ("ratio of accuracy", False),
        ("accuracy ", False),
    ],
)
def test_metrics_of_claims(metric: str, known: bool) -> None:
    assert bool(METRIC.fullmatch(metric)) == known


def test_the_schema_knows_every_key_of_the_whole_file() -> None:
    schema = json.loads(json.dumps(audit_schema()))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"

    def keys(node: Any) -> set[str]:
        found: set[str] = set()
        for part in [schema, *schema["$defs"].values()]:
            found |= set(part.get("properties", {}))
        return found

    used = {
        line.strip(" -{").partition(":")[0]
        for line in WHOLE.splitlines()
        if ":" in line and not line.strip().startswith(("age_band", "- id: good"))
    }
    assert used - {"age_band"} <= keys(schema)
    assert schema["additionalProperties"] is False
