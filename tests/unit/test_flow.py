"""The whole flow on a small audit: once, twice, step by step, and after changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import facevalue
from facevalue import flow
from facevalue.audits import FindingSet, read_audit, read_verdicts
from facevalue.domain import Outcome
from facevalue.errors import (
    DataUnavailableError,
    FacevalueError,
    SystemUnavailableError,
)
from facevalue.runs import Event, RunFolder
from facevalue.systems import open_system as open_known
from flow_support import AUDIT, N_ITEMS, NOW, SECRET, asked, build, items
from support import require
from systems_support import Reply, server

OPTIONAL = """\
  - name: emodb-2s
    optional: true
"""
LISTENING = """\
  - name: listens
    adapter: predictions
    datasets: [emodb-2s]
    options: {file: nothing.csv}
"""


@pytest.fixture(autouse=True)
def decoder() -> None:
    require("PIL")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> flow.Run:
    require("PIL")
    folder = tmp_path_factory.mktemp("flow")
    return flow.audit(build(folder), folder / "run", now=NOW)


def files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of everything in a run folder but the journal of answers."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "store.sqlite"
    }


def refused(call: Any, *args: Any, **named: Any) -> str:
    with pytest.raises(FacevalueError) as caught:
        call(*args, **named)
    return str(caught.value)


def test_it_is_the_public_function() -> None:
    assert facevalue.audit is flow.audit


def test_a_run(done: flow.Run) -> None:
    # One of 40 pictures is white, to which the system gives no answer.
    (failures,) = done.findings.where(metric="failure_rate", condition=None, group=None)
    assert failures.result.value == 1 / 40
    (accuracy,) = done.findings.where(
        metric="accuracy", family="correctness", condition=None, attribute=None
    )
    assert (accuracy.result.n_items, accuracy.result.n_subjects) == (39, 10)
    # Pictures with (person + k) mod 7 = 3 are the other way round: of persons 0 to 9 and
    # pictures 0 to 3 these are 0-3, 1-2, 2-1, 3-0, 7-3, 8-2, 9-1, seven of the 39.
    assert accuracy.result.value == 32 / 39
    assert [(v.claim.id, v.outcome) for v in done.verdicts] == [
        ("good", Outcome.UPHELD),
        ("fair", Outcome.INCONCLUSIVE),
        ("ethnic-tagging", Outcome.NOT_TESTABLE),
    ]
    assert done.exit_status == 3
    assert done.report.is_file()


def test_what_is_in_the_folder(done: flow.Run) -> None:
    names = set(files(done.folder))
    assert {n for n in names if not n.startswith("figures/")} == {
        "audit.yaml", "findings.json", "findings.parquet", "lock.json",
        "predictions/mine--pictures.parquet", "report.html", "run.json", "verdicts.json",
    }  # fmt: skip
    assert {Path(n).suffix for n in names if n.startswith("figures/")} == {".svg", ".png"}
    assert FindingSet.read(done.folder) == done.findings
    assert tuple(read_verdicts(done.folder)) == done.verdicts
    assert (done.folder / "audit.yaml").read_text("utf-8") == AUDIT
    lock = json.loads((done.folder / "lock.json").read_text("utf-8"))
    assert (lock["locked_at"], lock["audit"]) == ("2026-11-24T12:00:00Z", AUDIT)


def test_answers_are_kept_in_the_systems_own_words(done: flow.Run) -> None:
    answers = pl.read_parquet(done.folder / "predictions" / "mine--pictures.parquet")
    assert answers.columns == [
        "item", "label", "failure", "detail", "score_dark", "score_light", "score_murky",
    ]  # fmt: skip
    assert answers.height == N_ITEMS
    assert answers["failure"].drop_nulls().to_list() == ["malformed_answer"]


def test_twice_asks_nothing_twice_and_writes_the_same(tmp_path: Path) -> None:
    audit = build(tmp_path)
    first = flow.audit(audit, tmp_path / "run", now=NOW)
    before = files(first.folder)
    again = flow.audit(str(audit), str(tmp_path / "run"))
    assert again.findings == first.findings
    # The time of the second run is not told: the run was begun when it was begun.
    assert files(again.folder) == before
    counts = asked(tmp_path)
    assert len(counts) == N_ITEMS
    assert set(counts.values()) == {1}


def test_step_by_step_gives_the_same_files(tmp_path: Path, done: flow.Run) -> None:
    audit = build(tmp_path)
    flow.lock_audit(read_audit(audit), tmp_path / "run", now=NOW)
    flow.run_systems(read_audit(audit), tmp_path / "run", now=NOW)
    # Each step finds what it needs in the folder.
    flow.measure_run(RunFolder.open(tmp_path / "run"))
    flow.judge_run(RunFolder.open(tmp_path / "run"))
    assert flow.report_run(RunFolder.open(tmp_path / "run")) == tmp_path / "run" / "report.html"
    assert files(tmp_path / "run") == files(done.folder)
    assert set(asked(tmp_path).values()) == {1}


def test_the_order_of_the_manifest_changes_nothing(tmp_path: Path, done: flow.Run) -> None:
    audit = build(tmp_path)
    header, *rows = (tmp_path / "pictures.csv").read_text("utf-8").splitlines()
    (tmp_path / "pictures.csv").write_text("\n".join([header, *reversed(rows)]), "utf-8")
    folder = flow.run_systems(read_audit(audit), tmp_path / "run", now=NOW)
    assert flow.measure_run(folder) == done.findings


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, str, Event]] = []
    read = read_audit(build(tmp_path))
    flow.run_systems(read, tmp_path / "run", on_event=lambda *event: told.append(event), now=NOW)
    assert {(system, dataset) for system, dataset, _ in told} == {("mine", "pictures")}
    # Begun, fourteen batches of three, done.
    assert len(told) == 16


def test_a_change_after_the_lock_shows_in_the_report(tmp_path: Path) -> None:
    audit = build(tmp_path)
    flow.lock_audit(read_audit(audit), tmp_path / "run", now=NOW)
    audit.write_text(AUDIT.replace("at_least: 0.55", "at_least: 0.50"), "utf-8")
    run = flow.audit(audit, tmp_path / "run", now=NOW)
    assert run.verdicts[0].claim.criterion is not None
    assert run.verdicts[0].claim.criterion.bound == 0.5
    page = run.report.read_text("utf-8")
    assert "2026-11-24T12:00:00Z (changed since)" in page
    lock = json.loads((run.folder / "lock.json").read_text("utf-8"))
    assert lock["audit"] == AUDIT


def test_an_unchanged_audit_file_is_not_called_changed(done: flow.Run) -> None:
    assert "changed since" not in done.report.read_text("utf-8")


@pytest.fixture
def without_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEVALUE_DATA", raising=False)
    monkeypatch.setenv("FACEVALUE_CACHE", str(tmp_path / "cache"))


WITH_OPTIONAL = AUDIT.replace("systems:\n", f"{OPTIONAL}systems:\n").replace(
    "options: {function", "datasets: [pictures]\n    options: {function"
)


@pytest.mark.usefixtures("without_data")
def test_an_optional_dataset_that_is_not_here_is_told_with_how_to_get_it(tmp_path: Path) -> None:
    about = (
        "  - id: heard\n    says: s\n    metric: uar\n    at_least: 0.5\n    dataset: emodb-2s\n"
    )
    run = flow.audit(build(tmp_path, WITH_OPTIONAL + about), tmp_path / "run", now=NOW)
    how = (
        "dataset 'emodb-2s' is not available here. It cannot be fetched: set FACEVALUE_DATA to "
        "a folder that holds emodb-2s/ with"
    )
    record = json.loads((run.folder / "run.json").read_text("utf-8"))
    assert record["missing"]["emodb-2s"].startswith(how)
    page = run.report.read_text("utf-8")
    assert "emodb-2s is not part of this report, because the data were not here." in page
    assert "set FACEVALUE_DATA to a folder that holds emodb-2s/" in page
    heard = run.verdicts[-1]
    assert (heard.claim.id, heard.outcome) == ("heard", Outcome.NOT_TESTABLE)
    assert heard.reason.startswith(how)
    # The steps alone know it as well.
    folder = RunFolder.open(run.folder)
    assert flow.measure_run(folder) == run.findings
    assert tuple(flow.judge_run(folder)) == run.verdicts
    assert flow.check_audit(read_audit(tmp_path / "audit.yaml")) == (
        1, [record["missing"]["emodb-2s"]],
    )  # fmt: skip


@pytest.mark.usefixtures("without_data")
def test_a_dataset_that_is_not_optional_ends_the_audit_before_anything_is_written(
    tmp_path: Path,
) -> None:
    audit = build(tmp_path, WITH_OPTIONAL.replace("    optional: true\n", ""))
    with pytest.raises(DataUnavailableError):
        flow.audit(audit, tmp_path / "run", now=NOW)
    assert not (tmp_path / "run").exists()
    assert not asked(tmp_path)


def test_data_that_changed_since_are_not_measured_with_old_answers(tmp_path: Path) -> None:
    audit, out = build(tmp_path), tmp_path / "run"
    folder = flow.run_systems(read_audit(audit), out, now=NOW)
    manifest = tmp_path / "pictures.csv"
    manifest.write_text(manifest.read_text("utf-8").replace("bright", "dark", 1), "utf-8")
    assert refused(flow.measure_run, folder) == (
        f"{out}: not what the systems were asked on any more: 'pictures'. Run: facevalue run "
        f"AUDIT.yaml --out {out}"
    )
    # What is advised helps, and asks nothing twice: the pictures are what they were.
    flow.run_systems(read_audit(audit), out, now=NOW)
    flow.measure_run(folder)
    assert set(asked(tmp_path).values()) == {1}


def test_steps_out_of_order_say_what_to_do(tmp_path: Path) -> None:
    audit, out = build(tmp_path), tmp_path / "run"
    folder = flow.lock_audit(read_audit(audit), out, now=NOW)
    not_run = (
        f"{out}: 1 problem(s)\n  {out / 'run.json'}: the run was locked, but no system was asked "
        f"yet. Run: facevalue run AUDIT.yaml --out {out} [nothing_run]"
    )
    for step in (flow.measure_run, flow.judge_run):
        assert refused(step, folder) == not_run
    flow.run_systems(read_audit(audit), out, now=NOW)
    assert refused(flow.judge_run, folder) == (
        f"{out / 'findings.parquet'}: no findings here. Run: facevalue measure {out}"
    )
    flow.measure_run(folder)
    assert refused(flow.report_run, folder) == (
        f"{out / 'verdicts.json'}: no verdicts here. Run: facevalue judge {out}"
    )
    flow.judge_run(folder)
    (out / "findings.json").unlink()
    assert refused(flow.report_run, folder) == (
        f"{out}: the run lacks findings.json. Run: facevalue audit AUDIT.yaml --out {out}"
    )
    answers = out / "predictions" / "mine--pictures.parquet"
    answers.unlink()
    assert refused(flow.measure_run, folder) == (
        f"{answers}: no answers of 'mine' on 'pictures' here. Run: facevalue run AUDIT.yaml "
        f"--out {out}"
    )


@pytest.mark.parametrize("text", ["", "[]", "{", '{"base": ".."}'])
def test_a_damaged_record_is_said_and_made_anew(tmp_path: Path, text: str) -> None:
    audit, out = build(tmp_path), tmp_path / "run"
    folder = flow.run_systems(read_audit(audit), out, now=NOW)
    before = (out / "run.json").read_bytes()
    (out / "run.json").write_text(text, "utf-8")
    assert refused(flow.measure_run, folder) == (
        f"{out / 'run.json'}: the record of the run is damaged. Run: facevalue run AUDIT.yaml "
        f"--out {out}"
    )
    flow.run_systems(read_audit(audit), out, now=NOW)
    assert (out / "run.json").read_bytes() == before


def test_labels_known_only_from_answers_are_asked_for_with_the_file_named(tmp_path: Path) -> None:
    audit = build(tmp_path, AUDIT.replace("labels: {light: bright, murky: outside}", "labels: {}"))
    what = "is not mapped; map it to one of 'bright', 'dark', or to 'outside' [unmapped_label]"
    assert refused(flow.audit, audit, tmp_path / "run", now=NOW) == (
        f"{audit}: 2 problem(s)\n"
        f"  system 'mine', labels: the system's label 'light' {what}\n"
        f"  system 'mine', labels: the system's label 'murky' {what}"
    )
    # Once they are mapped, nothing is asked again.
    audit.write_text(AUDIT, "utf-8")
    flow.run_systems(read_audit(audit), tmp_path / "run", now=NOW)
    assert set(asked(tmp_path).values()) == {1}


def test_labels_known_before_are_checked_before_anything_is_asked(tmp_path: Path) -> None:
    known = AUDIT.replace("batch_size: 3", "labels: [light, dark, murky, gloomy]")
    audit = build(tmp_path, known)
    assert refused(flow.audit, audit, tmp_path / "run", now=NOW) == (
        f"{audit}: 1 problem(s)\n  system 'mine', labels: the system's label 'gloomy' is not "
        "mapped; map it to one of 'bright', 'dark', or to 'outside' [unmapped_label]"
    )
    assert not (tmp_path / "run").exists()


def test_labels_of_answers_made_elsewhere_are_checked_before_anything_is_written(
    tmp_path: Path,
) -> None:
    elsewhere = "  - {name: theirs, adapter: predictions, options: {file: theirs.csv}}\n"
    audit = build(tmp_path, AUDIT.replace("analyses:", f"{elsewhere}analyses:"))
    names = [name for name, *_ in items()]
    rows = [f"{name},{('bright', 'grim')[i % 2]}" for i, name in enumerate(names)]
    (tmp_path / "theirs.csv").write_text("\n".join(["item,label", *rows]), "utf-8")
    assert refused(flow.audit, audit, tmp_path / "run", now=NOW) == (
        f"{audit}: 1 problem(s)\n  system 'theirs', labels: the system's label 'grim' is not "
        "mapped; map it to one of 'bright', 'dark', or to 'outside' [unmapped_label]"
    )
    assert not (tmp_path / "run").exists()
    assert not asked(tmp_path)


def test_a_package_that_is_not_installed_took_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "PACKAGES", ("numpy", "absent-package"))
    assert set(flow._versions()) == {"facevalue", "python", "numpy"}


def test_check_looks_up_systems_and_datasets_and_opens_no_system(tmp_path: Path) -> None:
    wrong = AUDIT.replace("adapter: callable", "adapter: calable").replace(
        "groups: [sex]", "groups: [sexx]"
    )
    audit = build(tmp_path, wrong)
    known = (
        "'callable', 'command', 'face-api', 'facex', 'fer', 'http', 'onnx', 'predictions', "
        "'ratings', 'tflite'"
    )
    assert refused(flow.check_audit, read_audit(audit)) == (
        f"{audit}: 2 problem(s)\n"
        "  datasets[0] (pictures).groups: dataset 'pictures' has no attribute 'sexx'. Did you "
        "mean 'sex'? It has: 'sex', 'light' [unknown_attribute]\n"
        f"  systems[0].adapter: unknown adapter 'calable'. Did you mean 'callable'? Known: "
        f"{known}. [unknown_name]"
    )
    # A system whose file is not there yet is fine to plan with.
    (tmp_path / "looks.py").unlink()
    (tmp_path / "audit.yaml").write_text(AUDIT, "utf-8")
    assert flow.check_audit(read_audit(audit)) == (1, [])


def test_check_names_an_unknown_system_alone(tmp_path: Path) -> None:
    audit = build(tmp_path, AUDIT.replace("    adapter: callable\n", ""))
    assert refused(flow.check_audit, read_audit(audit)) == (
        f"{audit}: 1 problem(s)\n  systems[0].name: unknown system 'mine'. Known: 'face-api', "
        "'facex', 'fer'. [unknown_name]"
    )


def test_every_system_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    wrong = AUDIT.replace("batch_size: 3", "batch_sise: 3").replace(
        "systems:\n", "systems:\n  - {name: other, adapter: calable}\n"
    )
    audit = build(tmp_path, wrong)
    says = refused(flow.audit, audit, tmp_path / "run", now=NOW)
    first, unknown, option = says.splitlines()
    assert first == f"{audit}: 2 problem(s)"
    assert unknown.startswith("  systems[0].adapter: unknown adapter 'calable'. Did you mean")
    assert option.startswith(
        "  system 'mine', option batch_sise: there is no such option. Did you mean 'batch_size'?"
    )
    assert not (tmp_path / "run").exists()


def test_an_unknown_dataset_is_told(tmp_path: Path) -> None:
    audit = build(tmp_path, AUDIT.replace("systems:\n", "  - {name: crema}\nsystems:\n"))
    says = refused(flow.audit, audit, tmp_path / "run", now=NOW)
    assert says.startswith(
        f"{audit}: 1 problem(s)\n  datasets[1].name: unknown dataset 'crema'. Did you mean "
        "'crema-d'? Known: "
    )


class Closing:
    """Stands in for a system and notes that it was closed."""

    def __init__(self, system: Any, closed: list[str]) -> None:
        self._system = system
        self._closed = closed
        self.spec = system.spec

    def predict(self, batch: Any) -> Any:
        return self._system.predict(batch)

    def close(self) -> None:
        self._closed.append(self.spec.name)


@pytest.mark.parametrize("at", ["asking", "opening"])
def test_systems_are_closed_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    closed: list[str] = []

    def open_system(request: Any, *, base: Path) -> Any:
        if request.name == "broken":
            raise SystemUnavailableError("it does not start")
        return Closing(open_known(request, base=base), closed)

    monkeypatch.setattr(flow, "open_system", open_system)
    broken = "  - {name: broken, adapter: ratings}\n" if at == "opening" else ""
    read = read_audit(build(tmp_path, AUDIT.replace("analyses:", f"{broken}analyses:")))

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, SystemUnavailableError)):
        flow.run_systems(read, tmp_path / "run", on_event=stop, now=NOW)
    assert closed == ["mine"]


def by_grey(request: dict[str, Any], headers: Any) -> Reply:
    assert headers["Authorization"] == f"Bearer {SECRET}"
    answers: list[Any] = [{"scores": {"bright": 0.75, "dark": 0.25}} for _ in request["items"]]
    # A server that says the key back must not get it written down.
    answers[0] = {"failed": "refused", "detail": f"key {SECRET} is over its limit"}
    return 200, {}, json.dumps({"answers": answers}).encode()


@pytest.fixture
def with_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    require("httpx")
    monkeypatch.setenv("VENDOR_KEY", SECRET)
    with server(by_grey) as url:
        remote = f"{{url: '{url}', key_env: VENDOR_KEY}}"
        audit = AUDIT.replace("adapter: callable", "adapter: http")
        audit = audit.replace('{function: "looks:at", batch_size: 3}', remote)
        yield build(tmp_path, audit)


def test_a_run_folder_tells_nothing_of_machine_or_key(with_key: Path, tmp_path: Path) -> None:
    run = flow.audit(with_key, tmp_path / "run", now=NOW)
    assert run.findings.where(metric="failure_rate[refused]")
    written = [path for path in run.folder.rglob("*") if path.is_file()]
    assert len(written) > 8
    for path in written:
        found = path.read_bytes()
        assert SECRET.encode() not in found, path.name
        for place in (tmp_path, Path.home(), Path.cwd()):
            assert str(place).encode() not in found, path.name


def test_two_systems_are_compared_on_the_items_that_both_answered(tmp_path: Path) -> None:
    theirs = (
        "  - {name: theirs, adapter: predictions, options: {file: theirs.csv, missing: failed}}\n"
    )
    asked_for = "analyses: {compare: [[mine, theirs]], "
    text = AUDIT.replace("analyses: {", f"{theirs}{asked_for}")
    # A list of always bright, without the pictures of person 9.
    rows = [f"{name},bright" for name, person, *_ in items() if person != 9]
    audit = build(tmp_path, text)
    (tmp_path / "theirs.csv").write_text("\n".join(["item,label", *rows]), "utf-8")
    run = flow.audit(audit, tmp_path / "run", now=NOW)
    at: dict[str, str | None] = {"metric": "accuracy", "condition": None, "attribute": None}
    (told,) = run.findings.where(system="mine − theirs", **at)
    # Of 36 pictures mine has no answer to one (person 0, annotated bright). Of the other 35 it
    # has six the other way round (1-2, 2-1, 3-0, 7-3, 8-2 and 0-3): 29 right; bright are 17.
    assert told.place.family == "comparison"
    assert told.result.value == pytest.approx(29 / 35 - 17 / 35)
    assert (told.result.n_items, told.result.n_subjects) == (35, 9)
    (by_sex,) = run.findings.where(
        system="mine − theirs", metric="uar", condition=None, reference="largest gap"
    )
    assert by_sex.place.attribute == "sex"
    # What claims ask for is told of each system, not of their difference.
    assert {f.place.system for f in run.findings.where(family="equivalence")} == {"mine", "theirs"}
    assert {v.system for v in run.verdicts if v.outcome is not Outcome.NOT_TESTABLE} == {
        "mine", "theirs",
    }  # fmt: skip
    # Measured again from the folder: the same bytes.
    before = (tmp_path / "run" / "findings.json").read_bytes()
    flow.measure_run(RunFolder.open(tmp_path / "run"))
    assert (tmp_path / "run" / "findings.json").read_bytes() == before
