"""Malformed manifests and media."""

from __future__ import annotations

import io
from typing import Any

from malformed.case import FACES, Case, audit, lines

__all__ = ["CASES"]


def _parquet(columns: dict[str, list[Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


_JSON_LINES = ("faces.csv", "faces.jsonl")
_PARQUET = ("faces.csv", "faces.parquet")

CASES = (
    Case(
        name="missing",
        files={"faces.csv": None},
        says=lines("faces.csv: 1 problem(s)", "  there is no such file [missing_file]"),
    ),
    Case(
        name="a folder",
        files={"faces.csv": None},
        then=lambda folder: (folder / "faces.csv").mkdir(),
        says=lines("faces.csv: 1 problem(s)", "  this is not a file [unreadable_file]"),
    ),
    Case(
        name="empty",
        files={"faces.csv": ""},
        says=lines("faces.csv: 1 problem(s)", "  the file is empty [empty_file]"),
    ),
    Case(
        name="blank",
        files={"faces.csv": " \n\n"},
        says=lines("faces.csv: 1 problem(s)", "  the file is empty [empty_file]"),
    ),
    Case(
        name="header only",
        files={"faces.csv": "item,subject,annotated\n"},
        says=lines("faces.csv: 1 problem(s)", "  there is no row of data [no_rows]"),
    ),
    Case(
        name="latin-1",
        files={"faces.csv": FACES.replace("female", "féminin").encode("latin-1")},
        says=lines(
            "faces.csv: 1 problem(s)",
            "  row 2: byte 39 (0xe9) is not UTF-8. Save the file as UTF-8 [wrong_encoding]",
        ),
    ),
    Case(
        name="utf-16",
        files={"faces.csv": FACES.encode("utf-16")},
        says=lines(
            "faces.csv: 1 problem(s)",
            "  row 1: the file is in UTF-16; expected UTF-8. Save it as UTF-8 [wrong_encoding]",
        ),
    ),
    Case(
        name="ragged",
        files={"faces.csv": FACES + "e,p3\nf,p3,calm,male,x\n"},
        says=lines(
            "faces.csv: 2 problem(s)",
            "  row 6: 2 field(s); the header has 4 [ragged_row]",
            "  row 7: 5 field(s); the header has 4 [ragged_row]",
        ),
    ),
    Case(
        name="open quote",
        files={"faces.csv": FACES + 'e,p3,"calm,male\n'},
        says=lines(
            "faces.csv: 1 problem(s)",
            "  row 6: this row cannot be read: unexpected end of data [bad_csv]",
        ),
    ),
    Case(
        name="semicolons",
        files={"faces.csv": FACES.replace(",", ";")},
        says=lines(
            "faces.csv: 1 problem(s)",
            "  row 1: the columns look separated by semicolons; expected commas [bad_csv]",
        ),
    ),
    Case(
        name="bad json lines",
        files={
            **audit(_JSON_LINES),
            "faces.jsonl": '{"item": "a", "annotated": "calm"}\n'
            '{"item": "b", \n'
            '["c", "calm"]\n'
            '{"item": "d", "item": "e"}\n'
            '{"item": "f", "annotated": NaN}\n'
            '{"item": "g", "annotated": ["calm"]}\n'
            + "[" * 100_000
            + "\n"
            + '{"item": "\\ud800"}\n',
        },
        says=lines(
            "faces.jsonl: 7 problem(s)",
            (
                "  row 2: not JSON: Expecting property name enclosed in double quotes at character "
                "14 [bad_json]"
            ),
            '  row 3: expected an object such as {"item": "a1"} [bad_json]',
            "  row 4: the key 'item' is there twice [bad_json]",
            "  row 5: NaN is not JSON; use null where there is no value [bad_json]",
            "  row 6: the value of 'annotated' is a list; expected text or a number [bad_json]",
            "  row 7: not a row: nested too deeply [bad_json]",
            "  row 8: the value of 'item' is not valid Unicode [bad_json]",
        ),
    ),
    Case(
        name="not really parquet",
        files={**audit(_PARQUET), "faces.parquet": b"PAR1" + b"\0" * 64 + b"PAR1"},
        says=lines(
            "faces.parquet: 1 problem(s)",
            "  the file cannot be read as Parquet; it may be damaged [not_parquet]",
        ),
    ),
    Case(
        name="lists in parquet",
        files={
            **audit(_PARQUET),
            "faces.parquet": _parquet({"item": ["a"], "annotated": [["calm"]]}),
        },
        says=lines(
            "faces.parquet: 1 problem(s)",
            (
                "  column annotated: values are of type List(String); expected text, numbers, "
                "booleans or dates [unsupported_type]"
            ),
        ),
    ),
    Case(
        name="a spreadsheet",
        files={**audit(("faces.csv", "faces.xlsx")), "faces.xlsx": b"PK\3\4"},
        says=lines(
            "faces.xlsx: 1 problem(s)",
            (
                "  expected a file that ends in one of .csv, .parquet, .jsonl, .ndjson "
                "[unsupported_format]"
            ),
        ),
    ),
    Case(
        name="duplicate ids",
        files={"faces.csv": FACES + "a,p3,calm,male\na,p3,calm,male\n"},
        says=lines(
            "faces.csv: 2 problem(s)",
            "  row 6: item id 'a' also on row 2 [duplicate_id]",
            "  row 7: item id 'a' also on row 2 [duplicate_id]",
        ),
    ),
    Case(
        name="unknown labels",
        files={"faces.csv": FACES + "e,p3,angry,male\nf,p3,hapy,male\ng,p3,hapy,male\n"},
        says=lines(
            "faces.csv: 2 problem(s)",
            (
                "  row 6, column annotated: 'angry' is not in taxonomy faces. Did you mean "
                "'anger'? Map it under labels, if need be to 'outside' [unknown_label]"
            ),
            (
                "  row 7, column annotated: 'hapy' is not in taxonomy faces (in 2 rows). Map it "
                "under labels, if need be to 'outside' [unknown_label]"
            ),
        ),
    ),
    Case(
        name="hostile label",
        files={"faces.csv": FACES + 'e,p3,"<script>alert(1)</script>",male\n'},
        says=lines(
            "faces.csv: 1 problem(s)",
            (
                "  row 6, column annotated: '<script>alert(1)</script>' is not in taxonomy faces. "
                "Map it under labels, if need be to 'outside' [unknown_label]"
            ),
        ),
    ),
    Case(
        name="missing columns",
        files={"faces.csv": "id,label\na,calm\n"},
        says=lines(
            "faces.csv: 2 problem(s)",
            (
                "  row 1, column item: there is no column 'item'. Say which column it is under "
                "columns: item [missing_column]"
            ),
            (
                "  row 1, column annotated: there is no column 'annotated' or rating counts "
                "'votes_<label>'. Say which column it is under columns: annotated [missing_column]"
            ),
        ),
    ),
    Case(
        name="duplicate columns",
        files={"faces.csv": "item,annotated,sex,sex\na,calm,female,male\n"},
        says=lines(
            "faces.csv: 1 problem(s)",
            "  row 1, column sex: two columns have this name [duplicate_column]",
        ),
    ),
    Case(
        name="no item",
        files={"faces.csv": FACES + ",,calm,male\n"},
        says=lines(
            "faces.csv: 2 problem(s)",
            "  row 6, column item: every row needs an item id [empty_item]",
            (
                "  row 6, column subject: no subject; give one in every row or leave the column "
                "out [empty_subject]"
            ),
        ),
    ),
    Case(
        name="control characters",
        files={"faces.csv": FACES + "e\x1b[2J,p\x003,calm,fe\u202emale\n"},
        says=lines(
            "faces.csv: 3 problem(s)",
            "  row 6, column item: 'e\\x1b[2J' holds a control character [control_character]",
            "  row 6, column subject: 'p\\x003' holds a control character [control_character]",
            "  row 6, column sex: 'fe\\u202emale' holds a control character [control_character]",
        ),
    ),
    Case(
        name="control character in a column's name",
        files={"faces.csv": "item,annotated,se\x07x\na,calm,male\n"},
        says=lines(
            "faces.csv: 1 problem(s)",
            (
                "  row 1, column se\\x07x: the name of the column holds a control character "
                "[control_character]"
            ),
        ),
    ),
    Case(
        name="too long",
        files={"faces.csv": FACES + f"e,p3,calm,{'m' * 201}\n"},
        says=lines(
            "faces.csv: 1 problem(s)",
            "  row 6, column sex: 201 characters; at most 200 are taken [too_long]",
        ),
    ),
    Case(
        name="votes that are no counts",
        files={
            "faces.csv": "item,votes_anger,votes_calm\na,-1,2\nb,1.5,2\nc,,many\nd,0,0\ne,nan,1\n"
        },
        says=lines(
            "faces.csv: 6 problem(s)",
            (
                "  row 2, column votes_anger: found '-1'; expected a whole number, 0 or more "
                "[bad_votes]"
            ),
            (
                "  row 3, column votes_anger: found '1.5'; expected a whole number, 0 or more "
                "[bad_votes]"
            ),
            (
                "  row 4, column votes_anger: found nothing; expected a whole number, 0 or more "
                "[bad_votes]"
            ),
            (
                "  row 4, column votes_calm: found 'many'; expected a whole number, 0 or more "
                "[bad_votes]"
            ),
            "  row 5: all rating counts are 0; expected at least one rating [no_votes]",
            (
                "  row 6, column votes_anger: found 'nan'; expected a whole number, 0 or more "
                "[bad_votes]"
            ),
        ),
    ),
    Case(
        name="votes for unknown labels",
        files={"faces.csv": "item,votes_anger,votes_clam\na,1,2\n"},
        says=lines(
            "faces.csv: 1 problem(s)",
            (
                "  row 1, column votes_clam: 'clam' is not in taxonomy faces. Did you mean 'calm'? "
                "Map it under labels, if need be to 'outside' [unknown_label]"
            ),
        ),
    ),
    Case(
        name="unknown columns asked for",
        files=audit(
            (
                "manifest: faces.csv",
                "manifest: faces.csv\n"
                "    columns: {person: speaker, subject: speaker}\n"
                "    attributes: [gender]\n"
                "    bands: {sex: {of: sex, edges: [30]}, old: {of: age, edges: [30]}}\n"
                "    where: {sexx: [male], sex: [men]}",
            )
        ),
        says=lines(
            "faces.csv: 11 problem(s)",
            (
                "  columns: 'person' is none of our columns. Ours: item, subject, media, annotated "
                "[unknown_column]"
            ),
            ("  attributes: there is no column 'gender'. There are: 'sex', 'old' [unknown_column]"),
            "  bands.sex: a column of this name is there already [duplicate_column]",
            "  bands.old: there is no column 'age'. There are: 'sex' [unknown_column]",
            (
                "  where.sexx: there is no column 'sexx'. Did you mean 'sex'? There are: 'sex', "
                "'old', 'item', 'speaker', 'annotated' [unknown_column]"
            ),
            (
                "  where.sex: no item has 'men'. Did you mean 'male'? Values there: 'female', "
                "'male' [unknown_value]"
            ),
            (
                "  row 1, column speaker: there is no column 'speaker'. Say which column it is "
                "under columns: subject [missing_column]"
            ),
            ("  row 2, column sex: 'female' is not a number, which bands.sex needs [not_a_number]"),
            ("  row 3, column sex: 'female' is not a number, which bands.sex needs [not_a_number]"),
            "  row 4, column sex: 'male' is not a number, which bands.sex needs [not_a_number]",
            "  row 5, column sex: 'male' is not a number, which bands.sex needs [not_a_number]",
        ),
    ),
    Case(
        name="mapped to unknown labels",
        files=audit(
            (
                "[anger, calm]",
                "[anger, calm]\n    labels: {calm: clam, angry: angr, anger: outside}",
            )
        ),
        says=lines(
            "faces.csv: 2 problem(s)",
            (
                "  labels, 'angry': 'angr' is not in taxonomy faces; expected one of its labels or "
                "'outside'. Did you mean 'anger'? [unknown_map_target]"
            ),
            (
                "  labels, 'calm': 'clam' is not in taxonomy faces; expected one of its labels or "
                "'outside'. Did you mean 'calm'? [unknown_map_target]"
            ),
        ),
    ),
    Case(
        name="nothing left",
        files=audit(
            ("[anger, calm]", "[anger, calm]\n    labels: {calm: outside, anger: outside}")
        ),
        says=lines(
            "faces.csv: 1 problem(s)",
            "  where: no item is left after 'where' and the label map [nothing_left]",
        ),
    ),
    Case(
        name="everything at once",
        files={
            "faces.csv": "item,subject,annotated,media,votes_calm\n"
            "a,p1,hapy,../a.png,1\n"
            "a,,calm,b.png,-1\n"
            "c,p1\n"
        },
        says=lines(
            "faces.csv: 7 problem(s)",
            (
                "  row 2, column media: the path leads out of the media folder; expected a "
                "relative path inside it [outside_root]"
            ),
            (
                "  row 2, column annotated: 'hapy' is not in taxonomy faces. Map it under labels, "
                "if need be to 'outside' [unknown_label]"
            ),
            (
                "  row 3, column subject: no subject; give one in every row or leave the column "
                "out [empty_subject]"
            ),
            "  row 3: item id 'a' also on row 2 [duplicate_id]",
            (
                "  row 3, column votes_calm: found '-1'; expected a whole number, 0 or more "
                "[bad_votes]"
            ),
            "  row 3, column media: there is no such file in the media folder [missing_media]",
            "  row 4: 2 field(s); the header has 5 [ragged_row]",
        ),
    ),
)
