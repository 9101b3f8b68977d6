"""Options of an audit file: everything wrong is said at once, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facevalue.errors import AuditSpecError, PluginError, UnknownNameError
from facevalue.systems import ADAPTERS, NAMED_SYSTEMS, SystemSpec
from systems_support import opened


def said(base: Path, adapter: str, **options: Any) -> str:
    with pytest.raises(AuditSpecError) as caught:
        opened(base, adapter, **options)
    return str(caught.value)


def test_every_problem_of_an_entry_is_reported_at_once(tmp_path: Path) -> None:
    message = said(
        tmp_path,
        "onnx",
        model="../outside.onnx",
        labels=["calm", "calm", "a\nb"],
        size=[0, 5000],
        channels="cmyk",
        mean=[1, 2],
        std=0,
        divide_by=True,
        softmax="yes",
        sha256="abc",
        lables=["x"],
    )
    assert message == (
        "system 'mine': 11 problem(s)\n"
        "  option model: '../outside.onnx' leaves the folder of the audit file. Write an absolute "
        "path if that is meant [outside_root]\n"
        "  option labels: the label 'a b' holds control characters [bad_option]\n"
        "  option labels: a label is named twice [bad_option]\n"
        "  option size: expected one or two whole numbers (width, height) up to 4096 [bad_option]\n"
        "  option channels: 'cmyk' is not one of 'grey', 'rgb', 'bgr' [bad_option]\n"
        "  option divide_by: True is not a number from 1e-06 to 1e+06 [bad_option]\n"
        "  option std: is zero, expected a number to divide by [bad_option]\n"
        "  option mean: [1, 2] is not 1 or 3 number(s) [bad_option]\n"
        "  option softmax: 'yes' is not true or false [bad_option]\n"
        "  option sha256: 'abc' is not a SHA-256 of 64 hexadecimal digits [bad_option]\n"
        "  option lables: there is no such option. Did you mean 'labels'? Known: 'channels', "
        "'divide_by', 'labels', 'layout', 'mean', 'model', 'resize', 'sha256', 'size', 'softmax', "
        "'std' [unknown_option]"
    )


def test_missing_options_say_what_was_expected(tmp_path: Path) -> None:
    assert said(tmp_path, "tflite") == (
        "system 'mine': 2 problem(s)\n"
        "  option model: is missing, expected a text [missing_option]\n"
        "  option labels: is missing, expected a list of texts [missing_option]"
    )


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "audit", tmp_path / "secret.csv"
    inside.mkdir()
    outside.write_text("item,label\na,calm\n")
    (inside / "link.csv").symlink_to(outside)
    assert said(inside, "predictions", file="link.csv") == (
        "system 'mine': 1 problem(s)\n"
        "  option file: 'link.csv' leaves the folder of the audit file. Write an absolute path if "
        "that is meant [outside_root]"
    )


def test_an_absolute_path_is_the_users_explicit_word(tmp_path: Path) -> None:
    inside, outside = tmp_path / "audit", tmp_path / "answers.csv"
    inside.mkdir()
    outside.write_text("item,label\na,calm\n")
    assert opened(inside, "predictions", file=str(outside)).spec.labels is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert said(tmp_path, "predictions", file="answers.csv") == (
        "system 'mine': 1 problem(s)\n  option file: there is no file 'answers.csv' [missing_file]"
    )


def test_too_many_labels_and_wrong_lists_are_refused(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"x")
    many = [f"label {i}" for i in range(1001)]
    assert said(tmp_path, "onnx", model="m.onnx", labels=many) == (
        "system 'mine': 1 problem(s)\n  option labels: 1001 labels, at most 1000 [bad_option]"
    )
    assert said(tmp_path, "onnx", model="m.onnx", labels="calm") == (
        "system 'mine': 1 problem(s)\n  option labels: 'calm' is not a list of texts [bad_option]"
    )
    assert said(tmp_path, "onnx", model="m.onnx", labels=[]) == (
        "system 'mine': 1 problem(s)\n  option labels: [] is not a list of texts [bad_option]"
    )


def test_long_values_are_cut_in_messages(tmp_path: Path) -> None:
    assert said(tmp_path, "ratings", extra=1) == (
        "system 'mine': 1 problem(s)\n"
        "  option extra: there is no such option. Known: none [unknown_option]"
    )
    assert said(tmp_path, "command", command=["true"], gives="x" * 100) == (
        "system 'mine': 1 problem(s)\n"
        f"  option gives: '{'x' * 56}… is not one of 'pixels', 'png', 'sound', 'path' [bad_option]"
    )


def test_maps_and_whole_numbers_are_checked(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("item,label\na,calm\n")
    assert said(tmp_path, "predictions", file="a.csv", scores={"calm": 1}, normalised=1) == (
        "system 'mine': 2 problem(s)\n"
        "  option scores: {'calm': 1} is not a map from text to text [bad_option]\n"
        "  option normalised: 1 is not true or false [bad_option]"
    )
    assert said(tmp_path, "http", url="https://a.example", retries=99, concurrency=0.5) == (
        "system 'mine': 2 problem(s)\n"
        "  option retries: 99 is not a whole number from 0 to 12 [bad_option]\n"
        "  option concurrency: 0.5 is not a whole number from 1 to 64 [bad_option]"
    )


def test_unknown_adapters_and_systems_come_with_a_guess(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        opened(tmp_path, "onxx")
    assert str(caught.value) == (
        "unknown adapter 'onxx'. Did you mean 'onnx'? Known: 'callable', 'command', 'face-api', "
        "'facex', 'fer', 'http', 'onnx', 'predictions', 'ratings', 'tflite'."
    )
    with pytest.raises(UnknownNameError, match="unknown system 'deepface'"):
        opened(tmp_path, None, name="deepface")


def test_every_registered_name_loads() -> None:
    assert all(callable(ADAPTERS[name]) for name in ADAPTERS)
    assert [NAMED_SYSTEMS[name].name for name in NAMED_SYSTEMS] == ["face-api", "facex", "fer"]


def test_a_specification_must_be_json_and_have_a_batch_size() -> None:
    with pytest.raises(PluginError) as caught:
        SystemSpec(name="x", adapter="y", labels=None, identity={"a": {1}}, media="any")
    assert str(caught.value) == (
        "plugin 'x' broke its contract: its identity is not JSON: "
        "Object of type set is not JSON serializable"
    )
    with pytest.raises(PluginError) as caught:
        SystemSpec(name="x", adapter="y", labels=None, identity={}, media="any", batch_size=0)
    assert str(caught.value) == "plugin 'x' broke its contract: its batch size is 0, not at least 1"
