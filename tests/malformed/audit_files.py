"""Audit files that cannot be read, or hold what the format does not know."""

from __future__ import annotations

from pathlib import Path

from malformed.case import AUDIT, Case, Content, audit, lines

__all__ = ["CASES"]


def _text(text: str | bytes) -> dict[str, Content]:
    return {"audit.yaml": text}


def _folder(folder: Path) -> None:
    (folder / "audit.yaml").mkdir()


CASES = (
    Case(
        name="missing",
        files={"audit.yaml": None},
        says=lines("audit.yaml: 1 problem(s)", "  there is no such file [missing_file]"),
    ),
    Case(
        name="a folder",
        files={"audit.yaml": None},
        then=_folder,
        says=lines("audit.yaml: 1 problem(s)", "  there is no such file [missing_file]"),
    ),
    Case(
        name="empty",
        files=_text(""),
        says=lines("audit.yaml: 1 problem(s)", "  the file holds nothing [empty_file]"),
    ),
    Case(
        name="comments only",
        files=_text("# to be written\n"),
        says=lines("audit.yaml: 1 problem(s)", "  the file holds nothing [empty_file]"),
    ),
    Case(
        name="too large",
        files=_text(AUDIT + "#" * 1_000_000),
        says=lines(
            "audit.yaml: 1 problem(s)",
            "  the file has 1,000,184 bytes, at most 1,000,000 are read [too_large]",
        ),
    ),
    Case(
        name="latin-1",
        files=_text(AUDIT.replace("Faces", "Visages étudiés").encode("latin-1")),
        says=lines(
            "audit.yaml: 1 problem(s)",
            "  line 2: byte 0xe9 is not UTF-8; save the file as UTF-8 [wrong_encoding]",
        ),
    ),
    Case(
        name="utf-16",
        files=_text(AUDIT.encode("utf-16-le")),
        says=lines(
            "audit.yaml: 1 problem(s)",
            ("  line 1: the control character U+0000 is not read; take it out [control_character]"),
        ),
    ),
    Case(
        name="a pickle",
        files=_text(b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x05posix."),
        says=lines(
            "audit.yaml: 1 problem(s)",
            "  line 1: byte 0x80 is not UTF-8; save the file as UTF-8 [wrong_encoding]",
        ),
    ),
    Case(
        name="not yaml",
        files=audit(("[anger, calm]", "[anger, calm")),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 7, column 8: this is not valid here: expected ',' or ']', but got ':' "
                "[not_yaml]"
            ),
        ),
    ),
    Case(
        name="tabs",
        files=audit(("  - id: faces", "\t- id: faces")),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 4, column 1: this is not valid here: found character '\\t' that cannot "
                "start any token [not_yaml]"
            ),
        ),
    ),
    Case(
        name="two documents",
        files=_text(AUDIT + "---\n" + AUDIT),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 11, column 1: this is not valid here: expected a single document in the "
                "stream but found another document [not_yaml]"
            ),
        ),
    ),
    Case(
        name="a list",
        files=_text("- facevalue: 1\n- title: Faces\n"),
        says=lines(
            "audit.yaml: 1 problem(s)",
            "  line 1: expected keys and values (title: …), found something else [wrong_type]",
        ),
    ),
    Case(
        name="anchors that unfold",
        files=_text(
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            "b: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n"
            "c: &c [*b, *b, *b, *b, *b, *b, *b, *b]\n"
        ),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 1, column 4: this is not valid here: anchors and aliases (& and *) are not "
                "read; write the value out [not_yaml]"
            ),
        ),
    ),
    Case(
        name="a tag that runs code",
        files=audit(("Faces", "!!python/object/apply:os.system [touch run]")),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 2, column 8: this is not valid here: tags (!) are not read; write the "
                "value alone [not_yaml]"
            ),
        ),
    ),
    Case(
        name="a tag that does not fit",
        files=audit(("Faces", "!!int Faces")),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 2, column 8: this is not valid here: tags (!) are not read; write the "
                "value alone [not_yaml]"
            ),
        ),
    ),
    Case(
        name="a number without end",
        files=audit(("Faces", "9" * 5_000)),
        says=lines(
            "audit.yaml: 1 problem(s)",
            "  line 2, title: expected text, found inf; put it in quotes [wrong_type]",
        ),
    ),
    Case(
        name="too deep",
        files=audit(("Faces", "[" * 40 + "]" * 40)),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 2, column 37: this is not valid here: nested more than 30 levels deep "
                "[not_yaml]"
            ),
        ),
    ),
    Case(
        name="much too deep",
        files=_text("[" * 500_000),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 1, column 31: this is not valid here: nested more than 30 levels deep "
                "[not_yaml]"
            ),
        ),
    ),
    Case(
        name="null characters",
        files=audit(("Faces", "Fa\0ces")),
        says=lines(
            "audit.yaml: 1 problem(s)",
            ("  line 2: the control character U+0000 is not read; take it out [control_character]"),
        ),
    ),
    Case(
        name="control characters",
        files=audit(
            ("Faces", '"Faces \\ud800"'),
            ("id: faces", 'id: "fa\\u202eces"'),
            ("name: mine", 'name: "mi\\0ne"'),
            more='"\\e[2J": 1\n"seed\\n  line 1": 1\n',
        ),
        says=lines(
            "audit.yaml: 5 problem(s)",
            "  line 2: 'Faces \\ud800' holds a control character [control_character]",
            "  line 4: 'fa\\u202eces' holds a control character [control_character]",
            "  line 8: 'mi\\x00ne' holds a control character [control_character]",
            "  line 11: the key '\\x1b[2J' holds a control character [control_character]",
            "  line 12: the key 'seed\\n  line 1' holds a control character [control_character]",
        ),
    ),
    Case(
        name="keys that are no text",
        files=_text("1: a\n? [a, b]\n: c\n" + AUDIT),
        says=lines(
            "audit.yaml: 2 problem(s)",
            "  line 1: a key has to be text; put it in quotes: '1' [wrong_type]",
            "  line 2: a key has to be text, found a list or keys and values [wrong_type]",
        ),
    ),
    Case(
        name="a key to merge",
        files=_text("<<: {title: Voices}\n" + AUDIT),
        says=lines(
            "audit.yaml: 1 problem(s)",
            (
                "  line 1, <<: '<<' is not a key of the format. Known: facevalue, title, about, "
                "seed, level, datasets, systems, analyses, claims, scenarios, stress "
                "[unknown_key]"
            ),
        ),
    ),
    Case(
        name="duplicate keys",
        files=audit(more="title: Voices\nseed: 1\nseed: 2\n"),
        says=lines(
            "audit.yaml: 2 problem(s)",
            "  line 11: 'title' is given twice, first on line 2 [duplicate_key]",
            "  line 13: 'seed' is given twice, first on line 12 [duplicate_key]",
        ),
    ),
    Case(
        name="unknown keys",
        files=audit(
            ("title: Faces", "titel: Faces"),
            ("id: faces", "id: faces\n    attribute: [sex]\n    bands: {old: {off: age}}"),
            ("options:", "opts:"),
        ),
        says=lines(
            "audit.yaml: 6 problem(s)",
            "  line 1: 'title' is required [missing_key]",
            (
                "  line 2, titel: 'titel' is not a key of the format. Did you mean 'title'? "
                "[unknown_key]"
            ),
            (
                "  line 5, datasets[0].attribute: 'attribute' is not a key of the format. Did you "
                "mean 'attributes'? [unknown_key]"
            ),
            "  line 6, datasets[0].bands.old: 'of' is required [missing_key]",
            (
                "  line 6, datasets[0].bands.old.off: 'off' is not a key of the format. Did you "
                "mean 'of'? [unknown_key]"
            ),
            (
                "  line 12, systems[0].opts: 'opts' is not a key of the format. Did you mean "
                "'options'? [unknown_key]"
            ),
        ),
    ),
    Case(
        name="wrong types",
        files=audit(
            ("facevalue: 1", "facevalue: 2"),
            ("Faces", "[Faces]"),
            ("[anger, calm]", "[anger, 1]\n    groups: sex\n    where: {sex: male}"),
            ("{file: answers.csv}", "answers.csv"),
            more="seed: -1\nlevel: 95\nanalyses: {permutations: 10, shuffles: many}\n",
        ),
        says=lines(
            "audit.yaml: 10 problem(s)",
            "  line 1, facevalue: expected 1, found 2 [bad_value]",
            "  line 2, title: expected text, found ['Faces'] [wrong_type]",
            (
                "  line 6, datasets[0].taxonomy[1]: expected text, found 1; put it in quotes "
                "[wrong_type]"
            ),
            "  line 7, datasets[0].groups: expected a list, found 'sex' [wrong_type]",
            "  line 8, datasets[0].where.sex: expected a list, found 'male' [wrong_type]",
            (
                "  line 12, systems[0].options: expected keys and values, found 'answers.csv' "
                "[wrong_type]"
            ),
            "  line 13, seed: expected at least 0, found -1 [bad_value]",
            "  line 14, level: expected less than 1.0, found 95 [bad_value]",
            "  line 15, analyses.permutations: expected at least 99, found 10 [bad_value]",
            "  line 15, analyses.shuffles: expected a whole number, found 'many' [wrong_type]",
        ),
    ),
    Case(
        name="lists where mappings belong",
        files=_text("facevalue: 1\ntitle: ''\ndatasets: {id: faces}\nsystems: []\nclaims: none\n"),
        says=lines(
            "audit.yaml: 4 problem(s)",
            "  line 2, title: expected at least 1 character(s), found '' [bad_value]",
            "  line 3, datasets: expected a list, found {'id': 'faces'} [wrong_type]",
            "  line 4, systems: expected at least 1 item(s), found [] [bad_value]",
            "  line 5, claims: expected a list, found 'none' [wrong_type]",
        ),
    ),
    Case(
        name="datasets and systems that are no mappings",
        files=_text("facevalue: 1\ntitle: Faces\ndatasets: [faces]\nsystems:\n  - mine\n  - [a]\n"),
        says=lines(
            "audit.yaml: 3 problem(s)",
            "  line 3, datasets[0]: expected keys and values, found 'faces' [wrong_type]",
            "  line 5, systems[0]: expected keys and values, found 'mine' [wrong_type]",
            "  line 6, systems[1]: expected keys and values, found ['a'] [wrong_type]",
        ),
    ),
    Case(
        name="datasets without a source, with two, and bad taxonomies",
        files=_text(
            "facevalue: 1\ntitle: Faces\nsystems: [{name: fer}]\ndatasets:\n"
            "  - {id: a, manifest: a.csv}\n"
            "  - {id: b, manifest: a.csv, taxonomy: ekman7}\n"
            "  - {id: c, manifest: a.csv, taxonomy: [anger, anger]}\n"
            "  - {id: d, manifest: a.csv, taxonomy: [anger, outside]}\n"
            "  - {id: e, manifest: a.csv, taxonomy: []}\n"
            "  - {id: f, manifest: a.csv, name: crema-d}\n"
            "  - {id: g, taxonomy: ekman6}\n"
            "  - id: h\n"
            "    name: crema-d\n"
            "    bands: {old: {of: age, edges: [60, 30]}}\n"
        ),
        says=lines(
            "audit.yaml: 8 problem(s)",
            (
                "  line 5, datasets[0]: a manifest needs a taxonomy: a list of labels, or one of "
                "crema-d, ekman6, ekman6-neutral, emodb, ferplus [bad_value]"
            ),
            (
                "  line 6, datasets[1].taxonomy: unknown taxonomy 'ekman7'; known: crema-d, "
                "ekman6, ekman6-neutral, emodb, ferplus [bad_value]"
            ),
            "  line 7, datasets[2].taxonomy: a taxonomy lists its labels, each once [bad_value]",
            "  line 8, datasets[3].taxonomy: 'outside' and 'none' are reserved [bad_value]",
            "  line 9, datasets[4].taxonomy: a taxonomy lists its labels, each once [bad_value]",
            (
                "  line 10, datasets[5]: give either name (a named dataset) or manifest (a file) "
                "[bad_value]"
            ),
            (
                "  line 11, datasets[6]: give either name (a named dataset) or manifest (a file) "
                "[bad_value]"
            ),
            "  line 14, datasets[7].bands.old.edges: edges must rise, each once [bad_value]",
        ),
    ),
    Case(
        name="by plan check",
        files=_text("titel: Faces\n"),
        command=("plan", "check", "audit.yaml"),
        says=lines(
            "audit.yaml: 2 problem(s)",
            "  line 1: 'facevalue' is required [missing_key]",
            (
                "  line 1, titel: 'titel' is not a key of the format. Did you mean 'title'? "
                "[unknown_key]"
            ),
        ),
    ),
    Case(
        name="by plan lock",
        files=_text("titel: Faces\n"),
        command=("plan", "lock", "audit.yaml", "--out", "run"),
        says=lines(
            "audit.yaml: 2 problem(s)",
            "  line 1: 'facevalue' is required [missing_key]",
            (
                "  line 1, titel: 'titel' is not a key of the format. Did you mean 'title'? "
                "[unknown_key]"
            ),
        ),
    ),
)
