from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import polars as pl
import pytest

from facevalue.canonical import digest
from facevalue.runs import Context, plan
from runs_fakes import SPEC

TABLE = pl.DataFrame({"item": ["a", "b", "c"], "sha256": ["11", "22", "11"]})


def test_key_is_the_digest_of_fields_that_can_be_read() -> None:
    work = plan(replace(SPEC, media="none"), TABLE)
    assert json.loads(work.context.document) == {
        "format": 1,
        "adapter": "callable",
        "system": {"v": 1},
        "labels": ["calm", "anger", "fear"],
        "decoders": {},
        "perturbation": None,
    }
    context = digest(json.loads(work.context.document))
    assert work.context.key == context
    expected = digest({"context": context, "media": "22", "item": None})
    assert work.keys[1] == work.jobs[1].key == expected


def test_items_with_equal_media_share_one_job() -> None:
    work = plan(SPEC, TABLE)
    assert [job.asked_with for job in work.jobs] == ["a", "b"]
    assert work.keys == (work.jobs[0].key, work.jobs[1].key, work.jobs[0].key)


def test_a_system_that_draws_is_asked_for_every_item() -> None:
    work = plan(replace(SPEC, deterministic=False), TABLE)
    assert [(job.asked_with, job.item) for job in work.jobs] == [("a", "a"), ("b", "b"), ("c", "c")]
    assert len(set(work.keys)) == 3


@pytest.mark.parametrize(
    "change",
    [{"name": "other"}, {"batch_size": 7}, {"about": {"title": "t"}}],
)
def test_what_cannot_change_an_answer_leaves_the_keys_alone(change: dict[str, Any]) -> None:
    assert plan(replace(SPEC, **change), TABLE).keys == plan(SPEC, TABLE).keys


@pytest.mark.parametrize(
    "change",
    [{"adapter": "onnx"}, {"identity": {"v": 2}}, {"labels": None}, {"deterministic": False}],
)
def test_what_can_change_an_answer_changes_every_key(change: dict[str, Any]) -> None:
    assert not set(plan(replace(SPEC, **change), TABLE).keys) & set(plan(SPEC, TABLE).keys)


def test_versions_of_decoders_are_part_of_the_context() -> None:
    def decoders(media: Any) -> dict[str, str]:
        fields = json.loads(Context.of(replace(SPEC, media=media)).document)
        found: dict[str, str] = fields["decoders"]
        return found

    names = ("pillow", "soundfile")
    for media, wanted in [("image", names[:1]), ("sound", names[1:]), ("any", names), ("none", ())]:
        # Whatever of them is installed here, with its version; the rest is left out.
        for name, found in decoders(media).items():
            assert name in wanted
            assert found == version(name)


def test_no_items_come_to_no_jobs() -> None:
    work = plan(SPEC, TABLE.clear())
    assert (work.jobs, work.keys) == ((), ())


def test_a_decoder_that_is_not_here_decodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(package: str) -> str:
        raise PackageNotFoundError(package)

    # Not by dotted name: in the package `plan` is the function.
    monkeypatch.setattr(import_module("facevalue.runs.plan"), "version", absent)
    assert json.loads(Context.of(SPEC).document)["decoders"] == {}
