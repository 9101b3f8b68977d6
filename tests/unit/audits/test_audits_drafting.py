"""What `facevalue plan new` writes can be read, whatever was answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from facevalue.audits import ReadAudit, claims_of, read_audit
from facevalue.audits.drafting import NAMED_LABELS, OPTIONS, Draft, draft
from facevalue.domain import LabelMap
from facevalue.domain.labels import TAXONOMIES
from facevalue.errors import AuditSpecError
from facevalue.systems import ADAPTERS, NAMED_SYSTEMS


def drafted(folder: Path, **answers: object) -> ReadAudit:
    given = {"title": "Faces", "dataset": "faces.csv", "system": "ratings", **answers}
    path = folder / "audit.yaml"
    path.write_text(draft(Draft(**given)), "utf-8")  # type: ignore[arg-type]  # a test's freedom
    return read_audit(path)


OURS = [name for name in ADAPTERS if ADAPTERS.origin(name) == "facevalue"]


@pytest.mark.parametrize("system", [*OURS, *NAMED_SYSTEMS])
@pytest.mark.parametrize("dataset", ["faces.csv", "crema-d"])
def test_every_adapter_drafts_a_file_that_is_accepted(
    tmp_path: Path, system: str, dataset: str
) -> None:
    spec = drafted(tmp_path, system=system, dataset=dataset, groups=("sex", "age")).spec
    (entry,) = spec.systems
    assert system in (entry.adapter, entry.name)
    (source,) = spec.datasets
    assert dataset in (source.name, source.manifest)
    assert source.crossed == [("sex",), ("age",)]
    assert [c.id for c in claims_of(spec)] == ["accuracy-95", "works-for-everyone"]


def test_the_options_that_an_adapter_cannot_do_without_are_there() -> None:
    assert set(OPTIONS) == set(OURS) - {"ratings"}
    assert set(NAMED_LABELS) == set(NAMED_SYSTEMS)


@pytest.mark.parametrize("system", sorted(NAMED_LABELS))
def test_the_labels_of_named_systems_are_mapped_wholly(system: str) -> None:
    label_map = LabelMap(TAXONOMIES["ekman6-neutral"], NAMED_LABELS[system])
    assert label_map.unmapped(NAMED_SYSTEMS[system].labels) == ()
    assert label_map.bad_targets() == ()


def test_without_groups_nothing_is_said_of_them(tmp_path: Path) -> None:
    spec = drafted(tmp_path).spec
    assert spec.datasets[0].groups == []
    assert [c.key for c in spec.claims] == ["accuracy-95"]


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    spec = drafted(tmp_path, accuracy=0.123456789, gap=1e-7, groups=("sex",)).spec
    assert spec.claims[0].at_least == 0.123456789
    assert spec.claims[1].largest_gap_at_most == 1e-7


@pytest.mark.parametrize(
    "title", ['"quoted"', "a: b # c", "{x: [1]}", "ein Gefühl – 感情", "- &a *b !c", "back\\slash"]
)
def test_words_stay_what_they_are(tmp_path: Path, title: str) -> None:
    read = drafted(tmp_path, title=title, groups=(title,))
    assert read.spec.title == title
    assert read.spec.datasets[0].groups == [title]


def test_answers_that_make_no_audit_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AuditSpecError) as caught:
        drafted(tmp_path, title="", accuracy=95.0, gap=-1.0, groups=("sex",))
    assert str(caught.value) == (
        "your answers: 3 problem(s)\n"
        "  line 4, title: expected at least 1 character(s), found '' [bad_value]\n"
        "  line 24, claims[0].at_least: 95.0 is not a share; write 0.95 for 95 % [bad_value]\n"
        "  line 28, claims[1].largest_gap_at_most: -1.0 is not a share; write 0.95 for 95 % "
        "[bad_value]"
    )
    assert list(tmp_path.iterdir()) == []
