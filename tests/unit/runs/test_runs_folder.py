from __future__ import annotations

import hashlib
import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facevalue.errors import InputError, StoreError
from facevalue.runs import Lock, RunFolder, slug, stress_name

AUDIT = "seed: 1\nname: Gefühl\n"
AT = datetime(2026, 11, 24, 11, 30, 5, 999, tzinfo=timezone(timedelta(hours=1)))
TABLE = pl.DataFrame(
    {"item": ["a", "b"], "label": ["x", None], "failure": [None, "timeout"],
     "score_x": [0.1 + 0.2, None]}
)  # fmt: skip


def begin(path: Path, audit: str = AUDIT) -> RunFolder:
    return RunFolder.begin(path, audit=audit, at=AT, versions={"polars": "2", "facevalue": "1"})


def test_a_new_run_has_its_audit_file_and_lock(tmp_path: Path) -> None:
    run = begin(tmp_path / "new" / "run")
    assert sorted(p.name for p in run.path.iterdir()) == ["audit.yaml", "lock.json"]
    assert run.audit_file.read_bytes() == AUDIT.encode()
    assert json.loads(run.lock_file.read_text("utf-8")) == {
        "format": "facevalue-lock",
        "version": 1,
        "locked_at": "2026-11-24T10:30:05Z",  # 11:30 at one hour east of Greenwich
        "audit_sha256": hashlib.sha256(AUDIT.encode()).hexdigest(),
        "versions": {"facevalue": "1", "polars": "2"},
        "audit": AUDIT,
    }
    assert run.lock == Lock(
        audit=AUDIT,
        locked_at="2026-11-24T10:30:05Z",
        versions={"facevalue": "1", "polars": "2"},
    )
    assert not run.changed_since_lock


def test_places_are_those_of_the_public_contract(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    places = [
        *(run.audit_file, run.lock_file, run.predictions, run.store_file, *run.findings_files),
        *(run.verdicts_file, run.figures, run.report_file, run.answers_file("fer", "lfw-subset")),
    ]
    assert [p.relative_to(tmp_path).as_posix() for p in places] == [
        *("audit.yaml", "lock.json", "predictions", "predictions/store.sqlite"),
        *("findings.parquet", "findings.json", "verdicts.json", "figures", "report.html"),
        "predictions/fer--lfw-subset.parquet",
    ]


def test_a_change_after_the_lock_shows_and_the_lock_stays(tmp_path: Path) -> None:
    begin(tmp_path)
    before = (tmp_path / "lock.json").read_bytes()
    later = AT + timedelta(days=1)
    run = RunFolder.begin(tmp_path, audit=AUDIT + "#", at=later, versions={})
    assert run.changed_since_lock
    assert run.lock_file.read_bytes() == before
    assert run.audit_file.read_text("utf-8") == AUDIT + "#"
    assert not begin(tmp_path).changed_since_lock


def test_line_ends_are_kept_as_read(tmp_path: Path) -> None:
    run = begin(tmp_path, "a: 1\r\nb: 2\r")
    assert run.audit_file.read_bytes() == b"a: 1\r\nb: 2\r"
    assert not run.changed_since_lock


def test_a_time_without_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^a time without its zone is ambiguous$"):
        RunFolder.begin(tmp_path, audit="", at=datetime(2026, 1, 1), versions={})  # noqa: DTZ001
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    for name in ("audit.yaml", "notes.txt", "predictions", "zoo", "lock.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        begin(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: the folder is not empty ('audit.yaml', 'lock.json', 'notes.txt' and 2 more) "
        "and not a run folder; nothing was written. Give a new or empty folder with --out."
    )
    assert len(list(tmp_path.iterdir())) == 5
    assert (tmp_path / "audit.yaml").read_text("utf-8") == "{}"


def test_hidden_folders_count_and_hidden_files_do_not(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()
    (tmp_path / ".lock.json.x1").touch()
    assert begin(tmp_path).lock_file.is_file()
    (tmp_path / "work" / ".git").mkdir(parents=True)
    with pytest.raises(InputError) as caught:
        begin(tmp_path / "work")
    assert str(caught.value) == (
        f"{tmp_path / 'work'}: the folder is not empty ('.git') and not a run folder; "
        "nothing was written. Give a new or empty folder with --out."
    )


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.touch()
    with pytest.raises(InputError) as caught:
        begin(path)
    assert str(caught.value) == f"{path}: this is a file. Give a folder with --out."


def test_a_run_in_use_is_not_written_to(tmp_path: Path) -> None:
    run = begin(tmp_path)
    with run.open_store(), pytest.raises(StoreError) as caught:
        begin(tmp_path, "other: 1\n")
    assert str(caught.value) == (
        f"{run.store_file}: another process is using this run folder. "
        "Wait until it has ended, or give another folder with --out."
    )
    assert not run.changed_since_lock


def test_a_run_stopped_after_its_lock_can_be_gone_on_with(tmp_path: Path) -> None:
    begin(tmp_path)
    (tmp_path / "audit.yaml").unlink()
    (tmp_path / "audit.yaml.part").touch()
    assert not begin(tmp_path).changed_since_lock


def test_open_wants_a_run(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        RunFolder.open(tmp_path / "none")
    assert str(caught.value) == (
        f"{tmp_path / 'none'}: not a run folder. "
        f"Make one: facevalue audit AUDIT.yaml --out {tmp_path / 'none'}"
    )
    begin(tmp_path / "one")
    assert RunFolder.open(tmp_path / "one").lock.audit == AUDIT


def test_a_missing_lock_or_audit_file_is_said(tmp_path: Path) -> None:
    run = begin(tmp_path)
    run.audit_file.unlink()
    with pytest.raises(InputError) as caught:
        _ = run.changed_since_lock
    assert str(caught.value) == (
        f"{run.audit_file}: the audit file of the run is missing. "
        "Give another folder with --out, or put back the file."
    )
    run.lock_file.unlink()
    with pytest.raises(InputError) as caught:
        _ = run.lock
    assert str(caught.value) == (
        f"{run.lock_file}: the run was not locked. "
        f"Run: facevalue plan lock AUDIT.yaml --out {tmp_path}"
    )


ELSEWHERE = "Give another folder with --out, or put back the file."


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "other"}, f"this is not a lock of facevalue. {ELSEWHERE}"),
        (
            {"version": 2},
            "the lock has version 2; this facevalue knows version 1. Upgrade facevalue.",
        ),
        ({"versions": {"a": 1}}, f"the lock is incomplete. {ELSEWHERE}"),
        ({"versions": None}, f"the lock is incomplete. {ELSEWHERE}"),
        ({"audit": 3}, f"the lock is incomplete. {ELSEWHERE}"),
        (
            {"audit": "other"},
            "the lock was edited: its digest is not that of the audit file in it. " + ELSEWHERE,
        ),
    ],
)
def test_a_lock_that_cannot_be_used_is_said(
    tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    run = begin(tmp_path)
    document = json.loads(run.lock_file.read_text("utf-8")) | change
    run.lock_file.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        _ = run.lock
    assert str(caught.value) == f"{run.lock_file}: {sentence}"


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b"[" * 100_000, b"{}"])
def test_a_lock_that_is_no_lock_is_said(tmp_path: Path, content: bytes) -> None:
    run = begin(tmp_path)
    run.lock_file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        _ = run.lock
    assert str(caught.value) == f"{run.lock_file}: this is not a lock of facevalue. {ELSEWHERE}"


def test_answers_come_back_as_they_were(tmp_path: Path) -> None:
    run = begin(tmp_path)
    path = run.write_answers("fer", "lfw-subset", TABLE)
    assert path == run.predictions / "fer--lfw-subset.parquet"
    assert run.read_answers("fer", "lfw-subset").equals(TABLE)
    assert [p.name for p in run.predictions.iterdir()] == [path.name]


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    run = begin(tmp_path)
    first = run.write_answers("s", "d", TABLE).read_bytes()
    pieces = pl.concat([TABLE[:1], TABLE[1:]], rechunk=False)
    assert pieces.n_chunks() == 2
    assert run.write_answers("s", "d", pieces).read_bytes() == first


def test_missing_and_damaged_answers_are_said(tmp_path: Path) -> None:
    run = begin(tmp_path)
    path = run.answers_file("Fer", "d")
    with pytest.raises(InputError) as caught:
        run.read_answers("Fer", "d")
    assert str(caught.value) == (
        f"{path}: no answers of 'Fer' on 'd' here. Run: facevalue run AUDIT.yaml --out {tmp_path}"
    )
    whole = run.write_answers("Fer", "d", TABLE).read_bytes()
    for damaged in (b"", b"PAR1", whole[:-20]):
        path.write_bytes(damaged)
        with pytest.raises(InputError) as caught:
            run.read_answers("Fer", "d")
        assert str(caught.value) == (
            f"{path}: the answers are damaged. Delete the file. "
            f"Run: facevalue run AUDIT.yaml --out {tmp_path}"
        )


EXPECTED = "Expected the text columns item, label, failure{}; numbers in score_… and votes_…."


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        (TABLE.drop("label"), "no column 'label'"),
        (TABLE.select("score_x"), "no column 'item', 'label', 'failure'"),
        (TABLE.with_columns(label=pl.lit(3)), "'label' holds Int32"),
        (TABLE.with_columns(score_x=pl.lit("much")), "'score_x' holds String"),
        (
            TABLE.with_columns(**{f"votes_{i}": pl.lit("x") for i in range(4)}),
            "'votes_0' holds String, 'votes_1' holds String, 'votes_2' holds String …",
        ),
        (TABLE.with_columns(item=pl.lit(None)), "an answer without an item"),
    ],
)
def test_a_table_that_is_not_one_of_answers_is_said(
    changed: pl.DataFrame, wrong: str, tmp_path: Path
) -> None:
    run = begin(tmp_path)
    path = run.write_answers("fer", "d", changed)
    with pytest.raises(InputError) as caught:
        run.read_answers("fer", "d")
    assert str(caught.value) == (
        f"{path}: the answers are damaged: {wrong}. {EXPECTED.format('')} Delete the file. "
        f"Run: facevalue run AUDIT.yaml --out {tmp_path}"
    )


def test_answers_under_stress_are_told_in_words_and_have_a_condition(tmp_path: Path) -> None:
    run = begin(tmp_path)
    how = f"Run: facevalue run AUDIT.yaml --out {tmp_path}"
    path = run.answers_file("fer", stress_name("d"))
    with pytest.raises(InputError) as caught:
        run.read_answers("fer", stress_name("d"))
    assert str(caught.value) == f"{path}: no answers of 'fer' on 'd' under stress here. {how}"
    run.write_answers("fer", stress_name("d"), TABLE)
    with pytest.raises(InputError) as caught:
        run.read_answers("fer", stress_name("d"))
    assert str(caught.value) == (
        f"{path}: the answers are damaged: no column 'condition'. "
        f"{EXPECTED.format(', condition')} Delete the file. {how}"
    )
    whole = TABLE.with_columns(condition=pl.lit("mirror:5"))
    run.write_answers("fer", stress_name("d"), whole)
    assert run.read_answers("fer", stress_name("d")).equals(whole)


HOSTILE = [
    *("fer", "FER", "Fer", "fér", "fer ", "../fer", "/fer", "fer/", "fer\\..", "fer--x", "fer-"),
    *("", ".", "..", "\x00", "con", "a" * 40, "a" * 41, "a" * 300, "💥", "\ud800", "fer.parquet"),
    *(slug("FER"), slug(slug("FER")), "unnamed", slug(""), "<script>", "a\nb", "a b", "a-b"),
]


def test_hostile_names_give_safe_and_different_parts() -> None:
    parts = [slug(name) for name in HOSTILE]
    assert len(set(parts)) == len(set(HOSTILE)) == len(HOSTILE)
    for part in parts:
        assert len(part) <= 49
        assert "--" not in part
        assert set(part) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert part[0] != "-" != part[-1]


def test_plain_names_stay_readable() -> None:
    assert [slug(name) for name in ("fer", "face-api", "emodb-2s")] == [
        *("fer", "face-api", "emodb-2s"),
    ]
    # sha256("Face API") begins with these digits
    digits = hashlib.sha256(b"Face API").hexdigest()[:8]
    assert slug("Face API") == f"face-api-{digits}"


@given(st.text(max_size=60), st.text(max_size=60))
def test_pairs_of_names_have_files_of_their_own(system: str, dataset: str) -> None:
    run = RunFolder(Path("run"))
    pairs = set(itertools.permutations({system, dataset, f"{system}--{dataset}"}, 2))
    assert len({run.answers_file(a, b) for a, b in pairs}) == len(pairs)


def test_times_in_utc_stay_as_they_are(tmp_path: Path) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    run = RunFolder.begin(tmp_path, audit="", at=at, versions={})
    assert run.lock.locked_at == "2026-01-02T03:04:05Z"


def test_a_huge_lock_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(tmp_path)
    monkeypatch.setattr("facevalue.runs.folder.MAX_LOCK_BYTES", 10)
    with pytest.raises(InputError) as caught:
        _ = run.lock
    assert str(caught.value) == f"{run.lock_file}: this is not a lock of facevalue. {ELSEWHERE}"
