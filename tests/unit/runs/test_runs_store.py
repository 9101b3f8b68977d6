from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from facevalue.domain.predictions import Failure, FailureKind, Prediction
from facevalue.errors import StoreError
from facevalue.runs import Context, Job, Store, schema
from facevalue.runs.store import _LATEST as LATEST

HERE, ELSEWHERE = Context('{"a":1}'), Context('{"a":2}')
CALM, ANGER = Prediction("calm", {"calm": 0.1 + 0.2}), Prediction("anger")
LATE = Failure(FailureKind.TIMEOUT, "no answer in 30 s")


def job(key: str) -> Job:
    return Job(key, media=f"m{key}", asked_with="i", item=None)


def test_answers_are_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "predictions" / "store.sqlite"
    with Store(path) as store:
        store.add(HERE, [(job("1"), CALM), (job("2"), LATE)])
        store.add(ELSEWHERE, [(job("3"), ANGER)])
    with Store(path) as store:
        assert store.answers(HERE) == {
            "1": '{"label":"calm","scores":{"calm":0.30000000000000004}}',
            "2": '{"detail":"no answer in 30 s","failure":"timeout"}',
        }
        assert store.kinds(HERE) == {"1": None, "2": FailureKind.TIMEOUT}
        assert store.kinds(ELSEWHERE) == {"3": None}
        assert store.answers(Context("{}")) == {}


def test_the_last_result_of_a_job_counts_and_the_first_is_kept(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.add(HERE, [(job("1"), LATE)])
        store.add(HERE, [(job("1"), CALM)])
        assert store.kinds(HERE) == {"1": None}
    with sqlite3.connect(tmp_path / "s") as connection:
        rows = connection.execute("SELECT job, kind FROM results ORDER BY id").fetchall()
    connection.close()
    assert rows == [(1, "timeout"), (1, None)]


@pytest.mark.parametrize("table", ["contexts", "jobs", "results"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET id = 9"])
def test_nothing_kept_can_be_changed(tmp_path: Path, table: str, change: str) -> None:
    with Store(tmp_path / "s") as store:
        store.add(HERE, [(job("1"), CALM)])
    connection = sqlite3.connect(tmp_path / "s")
    with pytest.raises(sqlite3.IntegrityError, match=r"^the store is append-only$"):
        connection.execute(change.format(table))
    connection.close()


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    broken = Job("2", media=None, asked_with="i", item=None)  # type: ignore[arg-type] # refused by SQLite
    with Store(tmp_path / "s") as store:
        store.add(HERE, [(job("0"), CALM)])
        with pytest.raises(sqlite3.IntegrityError):
            store.add(HERE, [(job("1"), CALM), (broken, CALM)])
        assert set(store.answers(HERE)) == {"0"}
        store.add(HERE, [(job("1"), CALM)])
        assert set(store.answers(HERE)) == {"0", "1"}


def test_open_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Store(path), pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value) == (
        f"{path}: another process is using this run folder. "
        "Wait until it has ended, or give another folder with --out."
    )
    Store(path).close()


def test_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO schema_version VALUES (7, 'of the future')")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value) == (
        f"{path}: the store has version 7, made by a newer facevalue; this one knows versions up "
        "to 2. Upgrade facevalue, or give another folder with --out."
    )
    assert path.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value) == (
        f"{path}: this is an SQLite file, but not a store of facevalue. "
        "Move it away, or give another folder with --out."
    )


DAMAGED = (
    "{}: the store is damaged. Move the file away and run the audit again: "
    "the answers in it will be asked for anew."
)


def test_text_in_place_of_a_store_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("not a database, but long enough to have a header " * 50, encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value) == DAMAGED.format(path)


def test_an_unknown_kind_of_failure_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Store(path) as store:
        store.add(HERE, [(job("1"), CALM)])
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO results (job, kind, answer) VALUES (1, 'odd', '{}')")
    connection.close()
    with Store(path) as store, pytest.raises(StoreError) as caught:
        store.kinds(HERE)
    assert str(caught.value) == DAMAGED.format(path)


def test_a_folder_in_its_place_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Store(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: the store cannot be opened for writing. "
        "Check that the folder is yours to write to."
    )


def test_a_file_in_place_of_its_folder_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "predictions").write_text("", encoding="utf-8")
    path = tmp_path / "predictions" / "store.sqlite"
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(caught.value) == (
        f"{path}: the store cannot be opened for writing. "
        "Check that the folder is yours to write to."
    )


def test_a_full_disk_is_said_and_nothing_kept_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Store(path) as store:
        store.add(HERE, [(job("1"), CALM)])
        # Stands in for a disk: the file may not grow beyond what it has.
        store._connection.execute("PRAGMA max_page_count = 1")
        many = [(job(f"x{i}"), Prediction("calm" * 40)) for i in range(200)]
        with pytest.raises(StoreError) as caught:
            store.add(HERE, many)
        assert str(caught.value) == (
            f"{path}: no space left to keep answers. "
            "Free some and run the audit again: it goes on from here."
        )
        assert set(store.answers(HERE)) == {"1"}


def test_an_empty_file_is_a_new_store(tmp_path: Path) -> None:
    # What a run leaves that was killed before its first transaction.
    (tmp_path / "s").touch()
    with Store(tmp_path / "s") as store:
        assert store.answers(HERE) == {}


def test_writing_uses_wal_and_waits_for_the_disk(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


def add_seen(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE seen (x)")


def add_then_fail(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half (x)")
    raise KeyboardInterrupt


def tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def test_an_older_store_is_brought_up_to_date_and_keeps_its_answers(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        store.add(HERE, [(job("1"), CALM)])
        steps = [*schema.MIGRATIONS, schema.Migration(3, "seen", add_seen)]
        schema.migrate(store._connection, 2, steps)
        assert schema.version_of(store._connection) == 3
        assert "seen" in tables(store._connection)
        assert set(store.answers(HERE)) == {"1"}


def test_a_step_and_its_record_are_one_transaction(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        steps = [schema.Migration(3, "fails", add_then_fail)]
        with pytest.raises(KeyboardInterrupt):
            schema.migrate(store._connection, 2, steps)
        assert schema.version_of(store._connection) == 2
        assert "half" not in tables(store._connection)


def test_steps_are_numbered_without_gaps() -> None:
    assert [step.version for step in schema.MIGRATIONS] == [1, 2]


def test_a_store_of_version_1_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "s"
    connection = sqlite3.connect(path, isolation_level=None)
    schema.migrate(connection, 0, schema.MIGRATIONS[:1])
    connection.execute("INSERT INTO contexts (key, document) VALUES (?, ?)", (HERE.key, "{}"))
    connection.execute("INSERT INTO jobs (key, context, media) VALUES ('1', 1, 'm1')")
    connection.execute('INSERT INTO results (job, answer) VALUES (1, \'{"label":"calm"}\')')
    connection.close()
    with Store(path) as store:
        assert schema.version_of(store._connection) == 2
        assert store.answers(HERE) == {"1": '{"label":"calm"}'}
        store.add(HERE, [(job("2"), ANGER)])
        assert set(store.kinds(HERE)) == {"1", "2"}


def test_a_context_is_read_without_reading_the_others(tmp_path: Path) -> None:
    with Store(tmp_path / "s") as store:
        plan = store._connection.execute(
            "EXPLAIN QUERY PLAN SELECT jobs.key, results.answer " + LATEST, ("k",)
        ).fetchall()
    assert [step for *_, step in plan] == [
        "SEARCH contexts USING COVERING INDEX sqlite_autoindex_contexts_1 (key=?)",
        "SEARCH jobs USING INDEX jobs_of_context (context=?)",
        "SEARCH results USING INDEX results_of_job (job=?)",
    ]
