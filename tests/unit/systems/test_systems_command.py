"""A command over pipes: it may be slow, talkative, wrong, or die, and the audit goes on."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facevalue.canonical import digest_bytes
from facevalue.domain import Failure, FailureKind, Media, Prediction
from facevalue.errors import AuditSpecError, SystemUnavailableError
from facevalue.systems import command
from systems_support import LABELS, failure_of, label_of, opened, picture, program

# Reads requests; what it answers is filled in.
LOOP = """
import json, os, sys, time
def say(document): print(json.dumps(document), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    items = request["items"]
    answers = [{"label": "calm"} for _ in items]
    BODY
    say({"id": request["id"], "answers": answers})
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as stack:

        def open_with(body: str = "pass", source: str = LOOP, **options: Any) -> Any:
            argv = program(tmp_path, source.replace("BODY", body))
            system = opened(tmp_path, "command", **{"command": argv, **options})
            return stack.enter_context(closing(system))

        yield open_with


BATCH = [picture("a", 10), picture("b", 20), picture("c", 30)]


def test_one_process_answers_every_batch(start: Any) -> None:
    system = start("answers = [{'label': f'calm {os.getpid()}'} for _ in items]")
    first, second = system.predict(BATCH), system.predict(BATCH[:1])
    assert len(first) == 3
    assert label_of(first[0]) == label_of(second[0])


def test_names_of_items_are_not_shown_unless_asked_for(start: Any) -> None:
    body = "answers = [{'label': i['item']} for i in items]"
    assert label_of(start(body).predict(BATCH)[0]) == f"{10:064x}"[:16]
    assert label_of(start(body, item_names="given").predict(BATCH)[0]) == "a"


def test_every_way_of_giving_an_item(start: Any, tmp_path: Path) -> None:
    body = (
        "import base64; i = items[0]\n    "
        "answers = [{'label': ' '.join(sorted(k for k in i)) + ' ' + str({k: v for k, v in "
        "next(iter(i.values() if isinstance(i, str) else [x for x in i.values() "
        "if isinstance(x, dict)] or [{}])).items() if 'base64' not in k})}]"
    )
    sound = Media(item="s", sha256="0", sound=np.zeros((2, 5), np.float32), rate_hz=8000)
    (answer,) = start(body, gives="sound").predict([sound])
    assert label_of(answer) == "item sound {'rate_hz': 8000, 'n_channels': 2}"
    (answer,) = start(body, gives="pixels").predict([picture(size=(3, 5))])
    assert label_of(answer) == "image item {'width': 5, 'height': 3}"
    (answer,) = start(body, gives="png").predict([picture()])
    assert label_of(answer) == "image item {}"
    here = Media(item="p", sha256="0", path=str(tmp_path / "a.jpg"))
    (answer,) = start("answers = [{'label': items[0]['path'][-5:]}]", gives="path").predict([here])
    assert label_of(answer) == "a.jpg"


@pytest.mark.parametrize(
    ("gives", "detail"),
    [("pixels", "there is no image"), ("sound", "there is no sound"), ("path", "there is no file")],
)
def test_media_without_content_never_reach_the_command(start: Any, gives: str, detail: str) -> None:
    system = start("sys.exit(1)", gives=gives)
    (answer,) = system.predict([Media(item="a", sha256="0")])
    assert answer == Failure(FailureKind.UNREADABLE_MEDIA, detail)


def test_png_is_what_opencv_reads_back(start: Any) -> None:
    cv2 = pytest.importorskip("cv2")
    from facevalue.systems.wire import png_bytes

    image = np.random.default_rng(5).integers(0, 256, (7, 4, 3), dtype=np.uint8)
    read = cv2.imdecode(np.frombuffer(png_bytes(image), np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(read[:, :, ::-1], image)


def test_a_silent_process_is_ended_and_its_item_found(start: Any) -> None:
    # Grey 20 is item b; base64 of bytes 20 is "FBQU".
    body = "time.sleep(60 if any('FBQU' in i['image']['rgb_base64'] for i in items) else 0)"
    system = start(body, timeout_s=0.5)
    began = time.monotonic()
    answers = system.predict(BATCH)
    assert answers == [
        Prediction("calm"),
        Failure(FailureKind.TIMEOUT, "no answer in 0.5 s"),
        Prediction("calm"),
    ]
    assert time.monotonic() - began < 20


def test_a_dying_process_is_started_anew_and_its_item_found(start: Any) -> None:
    body = "os._exit(3) if any('FBQU' in i['image']['rgb_base64'] for i in items) else None"
    answers = start(body).predict(BATCH)
    assert answers == [
        Prediction("calm"),
        Failure(FailureKind.CRASHED, "the process ended with exit status 3"),
        Prediction("calm"),
    ]


def test_a_process_that_ended_between_batches_is_started_anew(start: Any) -> None:
    system = start(
        "say({'id': request['id'], 'answers': answers}); os._exit(0)", deterministic=False
    )
    assert system.predict(BATCH[:1]) == [Prediction("calm")]
    time.sleep(0.2)
    assert system.predict(BATCH[:1]) == [Prediction("calm")]


def test_what_the_process_started_is_ended_with_it(start: Any, tmp_path: Path) -> None:
    body = (
        "import subprocess; child = subprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(600)']); answers = [{'label': str(child.pid)}]"
    )
    system = start(body)
    child = int(label_of(system.predict(BATCH[:1])[0]))
    system.close()
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        # Ended children of children stay until their new parent reads their status.
        if "Z" in _state(child):
            return
        time.sleep(0.02)
    pytest.fail("the child of the child is still there")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return ""


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("print('not json', flush=True); continue", "the response has no list 'answers'"),
        ("print('[' * 100000, flush=True); continue", "the response has no list 'answers'"),
        ("answers = answers * 2", "2 answers to 1 items"),
        ("request['id'] = 99", "the response has no list 'answers'"),
        ("answers = 'calm'", "the response has no list 'answers'"),
        ("answers = [{'label': 'a\\nb'}]", "the label 'a b' holds control characters"),
        ("answers = [{'label': 'x' * 201}]", "a label has 201 characters, at most 200"),
        (
            "answers = [{'scores': {'calm': float('nan')}}]",
            "the score of 'calm' is nan, expected a number in [0, 1]",
        ),
        (
            "sys.stdout.buffer.write(bytes([255, 10])); sys.stdout.flush(); continue",
            "the response has no list 'answers'",
        ),
    ],
)
def test_malformed_answers(start: Any, body: str, detail: str) -> None:
    (answer,) = start(body).predict(BATCH[:1])
    assert failure_of(answer) == ("malformed_answer", detail)


def test_a_line_without_end_is_not_read_to_its_end(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MAX_LINE_BYTES", 10_000)
    system = start("sys.stdout.write('x' * 1000000); sys.stdout.flush(); time.sleep(60)")
    (answer,) = system.predict(BATCH[:1])
    assert failure_of(answer) == ("malformed_answer", "a line of more than 10,000 bytes")


def test_stderr_without_end_does_not_block(start: Any) -> None:
    system = start("sys.stderr.write('x' * 3000000 + ' last words'); sys.stderr.flush()")
    assert system.predict(BATCH[:1]) == [Prediction("calm")]
    for _ in range(200):
        if system.stderr_tail.endswith("last words"):
            break
        time.sleep(0.01)
    assert system.stderr_tail.endswith("last words")
    assert len(system.stderr_tail) <= 4096


def test_a_process_that_never_reads_does_not_block(start: Any) -> None:
    source = "import time\ntime.sleep(60)\n"
    large = picture(size=(400, 400))
    (answer,) = start(source=source, timeout_s=0.3).predict([large])
    assert failure_of(answer) == ("timeout", "no answer in 0.3 s")


def test_labels_of_the_handshake(start: Any) -> None:
    hello = 'print(\'{"facevalue": 1, "labels": ["calm", "tense"]}\', flush=True)\n'
    system = start(source=hello + LOOP.replace("BODY", "pass"), handshake=True)
    assert system.spec.labels == ("calm", "tense")
    assert system.spec.identity["labels"] == ["calm", "tense"]
    assert system.predict(BATCH[:1]) == [Prediction("calm")]
    # A handshake that nobody asked for is passed over.
    system = start(source=hello + LOOP.replace("BODY", "pass"))
    assert system.predict(BATCH[:1]) == [Prediction("calm")]
    with pytest.raises(SystemUnavailableError) as caught:
        start(source=hello, handshake=True, labels=list(LABELS))
    assert str(caught.value) == (
        "system 'mine': the command says its labels are calm, tense; "
        "the audit file says calm, angry, sad"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "import sys; sys.exit('cannot find the weights')",
            "the command gave no handshake (the process ended with exit status 1). "
            "Its last words: cannot find the weights",
        ),
        (
            "print('hello', flush=True); import time; time.sleep(60)",
            "the first line of the command is not a handshake such as "
            '{"facevalue": 1, "labels": ["calm", "angry"]}',
        ),
        (
            "import time; time.sleep(60)",
            "the command gave no handshake (no answer in 0.5 s)",
        ),
    ],
)
def test_a_handshake_that_does_not_come(start: Any, source: str, message: str) -> None:
    limit = 0.5 if "sleep" in source else 30
    with pytest.raises(SystemUnavailableError) as caught:
        start(source=source, handshake=True, start_timeout_s=limit)
    assert str(caught.value) == f"system 'mine': {message}"


def test_the_environment_is_bare_but_for_named_variables(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "tok-1234567890")
    monkeypatch.setenv("ANOTHER", "not passed on")
    body = "answers = [{'label': str(sorted(k for k in os.environ if k[:2] in ('MY', 'AN')))}]"
    assert label_of(start(body).predict(BATCH[:1])[0]) == "[]"
    named = start(body, environment=["MY_TOKEN"])
    assert label_of(named.predict(BATCH[:1])[0]) == "['MY_TOKEN']"
    # And what is passed on does not come back.
    body = "answers = [{'failed': 'refused', 'detail': 'token ' + os.environ['MY_TOKEN']}]"
    leaking = start(body, environment=["MY_TOKEN"])
    assert failure_of(leaking.predict(BATCH[:1])[0]) == (
        "refused",
        "(withheld: it repeats part of a secret)",
    )
    assert "tok-1234567890" not in str(leaking.spec)
    with pytest.raises(AuditSpecError) as caught:
        start(environment=["NO_SUCH_VARIABLE"])
    assert str(caught.value) == (
        "system 'mine': 1 problem(s)\n"
        "  option environment: the variable NO_SUCH_VARIABLE is not set [missing_variable]"
    )


def test_a_shell_is_never_involved(tmp_path: Path) -> None:
    with pytest.raises(AuditSpecError) as caught:
        opened(tmp_path, "command", command="echo x; touch y")
    assert str(caught.value) == (
        "system 'mine': 1 problem(s)\n"
        "  option command: 'echo x; touch y' is not a list of texts [bad_option]"
    )
    with pytest.raises(AuditSpecError) as caught:
        opened(tmp_path, "command", command=["no-such-program-anywhere"])
    assert str(caught.value) == (
        "system 'mine': 1 problem(s)\n"
        "  option command: there is no program 'no-such-program-anywhere' [missing_file]"
    )


def test_a_program_that_cannot_be_started_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("#!/no/such/interpreter\n")
    (tmp_path / "broken").chmod(0o755)
    with closing(opened(tmp_path, "command", command=["./broken"])) as system:
        answers = system.predict(BATCH)
        assert {failure_of(a) for a in answers} == {
            ("unavailable", "the command could not be started")
        }
    with pytest.raises(SystemUnavailableError, match="cannot be started: No such file"):
        opened(tmp_path, "command", command=["./broken"], handshake=True)


def test_identity_is_the_command_and_its_own_files(start: Any, tmp_path: Path) -> None:
    spec = start(version="7").spec
    source = digest_bytes((tmp_path / "program.py").read_bytes())
    assert spec.identity == {
        "adapter": "command",
        "command": [sys.executable, "program.py"],
        "files": {"program.py": source},
        "version": "7",
        "labels": None,
        "gives": "pixels",
        "item_names": "digest",
    }
    assert start("answers = []", version="7").spec.identity != spec.identity
