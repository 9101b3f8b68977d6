"""What a YAML file is read as: plain data, by the rules of YAML 1.2."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from facevalue.declared.yamlfile import parse_yaml, read_yaml
from facevalue.errors import AuditSpecError

# What YAML 1.1 would take for true, a date, 45,045 seconds, 8 or null stays as it is written.
READ: dict[str, Any] = {
    "no": "no",
    "Yes": "Yes",
    "on": "on",
    "y": "y",
    "true": True,
    "False": False,
    "null": None,
    "~": None,
    "": None,
    "2026-01-31": "2026-01-31",
    "2026-13-45": "2026-13-45",
    "12:30:45": "12:30:45",
    "1_000": "1_000",
    "0x1F": "0x1F",
    "0b_": "0b_",
    "-7": -7,
    "+0": 0,
    "010": 10.0,
    "1e3": 1000.0,
    ".5": 0.5,
    "-.inf": -math.inf,
    "1.2.3": "1.2.3",
    "=": "=",
    "'7'": "7",
    '"a\\tb"': "a\tb",
    "|\n  a\n  b": "a\nb\n",
}


@pytest.mark.parametrize("written", READ)
def test_values(written: str) -> None:
    found = parse_yaml(f"key: {written}\n", "a.yaml").data["key"]
    assert found == READ[written]
    assert type(found) is type(READ[written])


def test_no_number_is_told_apart_from_itself() -> None:
    assert math.isnan(parse_yaml("key: .nan", "a.yaml").data["key"])


def test_places() -> None:
    file = parse_yaml("a: 1\nb:\n  - c: 2\n  - c: [3,\n      4]\n", "a.yaml")
    assert file.where(("b", 1, "c")) == "line 4, b[1].c"
    assert file.where(("b", 1, "c", 1)) == "line 5, b[1].c[1]"
    # What is not there stands where it would have to be put.
    assert file.where(("b", 0, "d")) == "line 3, b[0].d"
    assert file.where(()) == "line 1"


# As it is written in YAML, and as a message shows it.
CONTROLS = {
    "\\0": "\\x00",
    "\\a": "\\x07",
    "\\e": "\\x1b",
    "\\x7f": "\\x7f",
    "\\u2028": "\\u2028",
    "\\u202e": "\\u202e",
    "\\ud800": "\\ud800",
}


@pytest.mark.parametrize("written", CONTROLS)
def test_control_characters_are_refused_wherever_they_stand(written: str) -> None:
    shown = CONTROLS[written]
    with pytest.raises(AuditSpecError) as caught:
        parse_yaml(f'a:\n  - [x, "x{written}"]\n"y{written}": 1\n', "a.yaml")
    assert str(caught.value) == (
        "a.yaml: 2 problem(s)\n"
        f"  line 2: 'x{shown}' holds a control character [control_character]\n"
        f"  line 3: the key 'y{shown}' holds a control character [control_character]"
    )


def test_a_long_text_is_cut_in_messages() -> None:
    with pytest.raises(AuditSpecError) as caught:
        parse_yaml(f'a: "{"x" * 70}\\e"\n', "a.yaml")
    # 59 characters and the sign that says there were more.
    assert str(caught.value) == (
        "a.yaml: 1 problem(s)\n"
        f"  line 1: '{'x' * 59}…' holds a control character [control_character]"
    )


def test_a_name_that_no_file_can_have_is_told() -> None:
    with pytest.raises(AuditSpecError) as error:
        read_yaml(Path("a" * 300))
    assert str(error.value) == (
        f"{'a' * 300}: 1 problem(s)\n  the file cannot be read: File name too long [missing_file]"
    )
