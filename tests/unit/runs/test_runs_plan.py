from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import polars as pl
import pytest

from facevalue.canonical import digest
from facevalue.domain.predictions import Media
from facevalue.errors import InputError
from facevalue.runs import Context, Subset, plan
from runs_fakes import SPEC, FakeItems, sha_of

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


BLUR = {"name": "blur", "version": 1, "severity": 3, "parameters": {"by": 0.1}, "seed": 7}


def test_what_is_done_to_the_media_is_part_of_the_context_and_so_of_every_key() -> None:
    work = plan(SPEC, TABLE, BLUR)
    assert json.loads(work.context.document)["perturbation"] == BLUR
    assert not set(work.keys) & set(plan(SPEC, TABLE).keys)
    for change in ({"severity": 4}, {"version": 2}, {"parameters": {"by": 0.2}}, {"seed": 8}):
        assert not set(work.keys) & set(plan(SPEC, TABLE, {**BLUR, **change}).keys)


def test_a_partner_is_part_of_the_key_where_there_is_one() -> None:
    partners = pl.Series("partner", ["33", "33", None], dtype=pl.String)
    work = plan(SPEC, TABLE.with_columns(partners), BLUR)
    alone = plan(SPEC, TABLE, BLUR)
    fields = {"context": work.context.key, "media": "11", "item": None, "partner": "33"}
    assert work.keys[0] == digest(fields)
    assert work.keys[2] == alone.keys[2]
    assert [job.partner for job in work.jobs] == ["33", "33", None]


def test_a_subset_has_items_in_its_own_order() -> None:
    whole = FakeItems(5)
    some = Subset(whole, ["i03", "i00"])
    assert some.items["sha256"].to_list() == [sha_of("i03"), sha_of("i00")]
    assert [one.item for one in some.media(["i00"]) if isinstance(one, Media)] == ["i00"]
    with pytest.raises(InputError) as caught:
        Subset(whole, ["i03", "i05"])
    assert str(caught.value) == "the dataset has no item 'i05'"
